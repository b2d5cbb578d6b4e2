// Which points a loop holds, and which is nearest to the pointer.

/** Is (x, y) inside the polygon [x0, y0, x1, y1, …]? Even-odd rule. */
export function inside(polygon, x, y) {
  let within = false;
  for (let i = 0, j = polygon.length - 2; i < polygon.length; j = i, i += 2) {
    const [xi, yi, xj, yj] = [polygon[i], polygon[i + 1], polygon[j], polygon[j + 1]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) within = !within;
  }
  return within;
}

/** Rows in boxes of the data's plane, so that the point under the mouse is found without asking all of them. */
export class Boxes {
  constructor(x, y, [x0, x1, y0, y1]) {
    this.side = Math.max(1, Math.round(Math.sqrt(x.length / 4)));
    Object.assign(this, {
      x,
      y,
      x0,
      y0,
      width: Math.max(1e-9, x1 - x0),
      height: Math.max(1e-9, y1 - y0),
      boxes: new Map(),
    });
    for (let row = 0; row < x.length; row++) {
      const box = this.box(x[row], y[row]);
      if (!this.boxes.has(box)) this.boxes.set(box, []);
      this.boxes.get(box).push(row);
    }
  }

  cell(value, from, extent) {
    return Math.max(0, Math.min(this.side - 1, Math.floor(((value - from) / extent) * this.side)));
  }

  box(x, y) {
    return this.cell(y, this.y0, this.height) * this.side + this.cell(x, this.x0, this.width);
  }

  /** The row nearest to (x, y) within `reach` that `allowed` lets pass, or `null`. */
  nearest(x, y, reach, allowed) {
    let [best, least] = [null, reach * reach];
    const [left, right] = [this.cell(x - reach, this.x0, this.width), this.cell(x + reach, this.x0, this.width)];
    const [low, high] = [this.cell(y - reach, this.y0, this.height), this.cell(y + reach, this.y0, this.height)];
    for (let line = low; line <= high; line++) {
      for (let column = left; column <= right; column++) {
        for (const row of this.boxes.get(line * this.side + column) ?? []) {
          const distance = (this.x[row] - x) ** 2 + (this.y[row] - y) ** 2;
          if (distance <= least && allowed(row)) [best, least] = [row, distance];
        }
      }
    }
    return best;
  }
}
