// The mouse on the grid: click, Shift-click up to here, Ctrl-click to add, both to add a range, drag a rectangle, double click to enlarge.

import { byId, h } from "./dom.js";
import { view } from "./view.js";
import { choose, chooseNone, chooseRows, moveTo, selection, toggle } from "./selection.js";
import { placeAt, placesIn } from "./grid.js";
import { enlarge } from "./large.js";

const SLACK = 5;

export function start() {
  const grid = byId("grid");
  const canvas = byId("canvas");
  const box = h("div", { id: "rubber", hidden: true });
  canvas.append(box);
  let drag = null;

  const point = (event) => {
    const bounds = canvas.getBoundingClientRect();
    return [event.clientX - bounds.left, event.clientY - bounds.top];
  };

  grid.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest("#divider")) return;
    if (event.offsetX > grid.clientWidth && event.target === grid) return;
    const [x, y] = point(event);
    drag = { x, y, moved: false, add: event.ctrlKey || event.metaKey, kept: [...selection.rows], event };
    grid.focus({ preventScroll: true });
  });

  const stretch = (event) => {
    if (!drag) return;
    const [x, y] = point(event);
    if (!drag.moved && Math.hypot(x - drag.x, y - drag.y) < SLACK) return;
    if (!drag.moved) grid.setPointerCapture(event.pointerId);
    drag.moved = true;
    const [left, right] = [Math.min(x, drag.x), Math.max(x, drag.x)];
    const [top, bottom] = [Math.min(y, drag.y), Math.max(y, drag.y)];
    box.hidden = false;
    box.style.transform = `translate(${left}px, ${top}px)`;
    box.style.width = `${right - left}px`;
    box.style.height = `${bottom - top}px`;
    const rows = placesIn(left, top, right, bottom).map((place) => view.rows[place]);
    if (selection.divider !== null) chooseNone();
    chooseRows(drag.add ? [...drag.kept, ...rows] : rows);
    const bounds = grid.getBoundingClientRect();
    if (event.clientY > bounds.bottom - 24) grid.scrollTop += 18;
    if (event.clientY < bounds.top + 24) grid.scrollTop -= 18;
  };
  grid.addEventListener("pointermove", stretch);

  grid.addEventListener("pointerup", () => {
    if (!drag) return;
    const { x, y, moved, event } = drag;
    drag = null;
    box.hidden = true;
    if (moved) return;
    const place = placeAt(x, y);
    if (place === null) chooseNone();
    else if (event.shiftKey) moveTo(place, { extend: true, keep: event.ctrlKey || event.metaKey });
    else if (event.ctrlKey || event.metaKey) toggle(place);
    else choose(place);
  });
  grid.addEventListener("pointercancel", () => {
    drag = null;
    box.hidden = true;
  });

  grid.addEventListener("dblclick", (event) => {
    if (placeAt(...point(event)) !== null) enlarge();
  });
}
