// All images as points, drawn pixel by pixel in one pass, so that 50,000 follow the mouse.

import { page } from "./state.js";

/** The window onto the map: a point of the data at (x, y) is at (x · scale + left, top − y · scale) in pixels. */
export class Camera {
  constructor(x, y) {
    let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let row = 0; row < x.length; row++) {
      if (!Number.isFinite(x[row]) || !Number.isFinite(y[row])) continue;
      [x0, x1, y0, y1] = [Math.min(x0, x[row]), Math.max(x1, x[row]), Math.min(y0, y[row]), Math.max(y1, y[row])];
    }
    this.bounds = x0 <= x1 ? [x0, x1, y0, y1] : [0, 1, 0, 1];
    this.zoomed = 1;
  }

  /** Everything in a window of `width` × `height` pixels, between the tools and the hint, without `aside` pixels on the right and `above` at the top. */
  fit(width, height, aside, above) {
    const [x0, x1, y0, y1] = this.bounds;
    const [EDGE, HINT, TOOLS] = [22, 34, 46 + above];
    this.scale = Math.min(
      Math.max(1, width - aside - 2 * EDGE) / Math.max(1e-9, x1 - x0),
      Math.max(1, height - HINT - TOOLS) / Math.max(1e-9, y1 - y0),
    );
    this.left = (width - aside) / 2 - (this.scale * (x0 + x1)) / 2;
    this.top = (height + TOOLS - HINT) / 2 + (this.scale * (y0 + y1)) / 2;
    this.zoomed = 1;
    this.moved = false;
  }

  zoom(factor, x, y) {
    const allowed = Math.min(200, Math.max(0.5, this.zoomed * factor)) / this.zoomed;
    this.moved = true;
    this.zoomed *= allowed;
    this.scale *= allowed;
    this.left = x + (this.left - x) * allowed;
    this.top = y + (this.top - y) * allowed;
  }

  pan(dx, dy) {
    this.moved = true;
    this.left += dx;
    this.top += dy;
  }
}

/** How much of every pixel around a point a mark covers, 0..255, as [dx, dy, cover] triples. */
function mask(shape, radius) {
  const inside = [
    (x, y) => x * x + y * y <= radius * radius,
    (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= radius * 0.89,
    (x, y) => y <= radius * 0.8 && y >= 1.9 * Math.abs(x) - radius * 1.15,
    (x, y) => Math.abs(x) + Math.abs(y) <= radius * 1.25,
  ][shape];
  const reach = Math.ceil(radius * 1.3);
  const triples = [];
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      let hits = 0;
      for (let i = 0; i < 16; i++) if (inside(dx - 0.375 + (i % 4) / 4, dy - 0.375 + (i >> 2) / 4)) hits++;
      if (hits) triples.push(dx, dy, Math.round((hits * 255) / 16));
    }
  }
  return { triples: Int16Array.from(triples), reach };
}

const masks = new Map();

function marks(radius) {
  const rounded = Math.round(radius * 4) / 4;
  if (!masks.has(rounded))
    masks.set(
      rounded,
      [0, 1, 2, 3].map((shape) => mask(shape, rounded)),
    );
  return masks.get(rounded);
}

export const radiusFor = (n, zoomed) =>
  Math.min(6, (n > 20000 ? 1.6 : n > 4000 ? 2.2 : 3.4) * Math.max(1, zoomed) ** 0.3);

/** Of more chosen points than this the rings are one dark mass, and not worth their time. */
const RINGED = 5000;

/**
 * Draws into `image`: first what `layer(row)` calls 0 (faint), then 1 (full), then 2 (chosen: ringed, unless they are many); below 0 is left
 * out. `paint` is {colours, of, shape} from colouring.js, `ink` and `ground` are [r, g, b]. The camera and `radius`
 * count in pixels of the page, of which one is `ratio` of the image's. `faint` is how strong faint ones are, of 256.
 */
export function raster(image, camera, paint, layer, { radius, ratio, faint, ink, ground }) {
  const { x, y } = page.images;
  const { width, height, data } = image;
  new Uint32Array(data.buffer).fill((255 << 24) | (ground[2] << 16) | (ground[1] << 8) | ground[0]);
  const layers = [[], [], []];
  for (let row = 0; row < page.n; row++) {
    const which = layer(row);
    if (which < 0) continue;
    const px = (x[row] * camera.scale + camera.left) * ratio;
    const py = (camera.top - y[row] * camera.scale) * ratio;
    if (px > -9 && py > -9 && px < width + 9 && py < height + 9) layers[which].push(row, px | 0, py | 0);
  }
  const points = marks(radius * ratio);
  const rings = marks((radius + 1.1) * ratio);
  const stamp = ({ triples, reach }, px, py, colour, strength) => {
    const free = px >= reach && py >= reach && px < width - reach && py < height - reach;
    for (let i = 0; i < triples.length; i += 3) {
      const qx = px + triples[i];
      const qy = py + triples[i + 1];
      if (!free && (qx < 0 || qy < 0 || qx >= width || qy >= height)) continue;
      const at = 4 * (qy * width + qx);
      const cover = (triples[i + 2] * strength) >> 8;
      data[at] += ((colour[0] - data[at]) * cover) >> 8;
      data[at + 1] += ((colour[1] - data[at + 1]) * cover) >> 8;
      data[at + 2] += ((colour[2] - data[at + 2]) * cover) >> 8;
    }
  };
  const ringed = layers[2].length <= 3 * RINGED;
  layers.forEach((stack, which) => {
    const strength = [faint, 225, 256][which];
    for (let i = 0; i < stack.length; i += 3) {
      const shape = paint.shape[stack[i]];
      if (which === 2 && ringed) stamp(rings[shape], stack[i + 1], stack[i + 2], ink, 256);
      stamp(points[shape], stack[i + 1], stack[i + 2], paint.colours[paint.of[stack[i]]], strength);
    }
  });
}
