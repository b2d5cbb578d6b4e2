// Pointer and keys on the map: a loop selects, a click visits, hovering shows the image, arrows and the wheel move.

import { thumbUrl } from "./api.js";
import { byId } from "./dom.js";
import { visit } from "./detail.js";
import { gestures } from "./gestures.js";
import { Boxes, inside } from "./lasso.js";
import { fit, isVisible, map, positionOf, redraw, trace } from "./map_canvas.js";
import { choose, selection } from "./selection.js";
import { fileName, page } from "./state.js";
import { standing } from "./tile.js";
import { open, placeOf, view } from "./view.js";

let boxes, preview;

/** Listens on the map; `shown` is the figure for the image under the pointer, `panning()` says whether a drag pans. */
export function startPointer(shown, panning) {
  preview = shown;
  boxes = new Boxes(page.images.x, page.images.y, map.camera.bounds);
  // The keys stay with the images: what a loop selects is decided on next. Tab still brings them to the map.
  map.points.addEventListener("mousedown", (event) => {
    event.preventDefault();
    byId("grid").focus({ preventScroll: true });
  });
  map.points.addEventListener("keydown", keys);
  const pan = (dx, dy) => {
    map.camera.pan(dx, dy);
    redraw();
  };
  gestures(map.points, { loop, pan, zoom, hover, click, trace, panning });
}

function zoom(factor, x, y) {
  map.camera.zoom(factor, x, y);
  redraw();
}

/** Zooms around the middle of the map. */
export const zoomMiddle = (factor) => zoom(factor, map.points.clientWidth / 2, map.points.clientHeight / 2);

function loop(path, add) {
  const rows = [];
  for (let row = 0; row < page.n; row++) if (isVisible(row) && inside(path, ...positionOf(row))) rows.push(row);
  const all = add ? [...new Set([...selection.rows, ...rows])] : rows;
  if (!all.length) return;
  open(
    view.kind === "removed"
      ? { kind: "list", title: "Selected on the map, removed", list: all, chosen: true, about: { removed: true } }
      : { kind: "list", title: "Selected on the map", list: all, chosen: true, about: { loop: true } },
  );
}

function under(x, y) {
  if (x === null) return null;
  const { left, top, scale } = map.camera;
  return boxes.nearest((x - left) / scale, (top - y) / scale, 10 / scale, isVisible);
}

function hover(x, y) {
  const row = under(x, y);
  preview.hidden = row === null;
  map.points.dataset.hover = row ?? "";
  if (row === null) return;
  const [img, caption] = preview.children;
  const url = thumbUrl(page.images.id[row], 128);
  if (img.getAttribute("src") !== url) img.src = url;
  caption.textContent = `${fileName(row)} · ${standing(row)}`;
  const [width, height] = [map.points.clientWidth, map.points.clientHeight];
  preview.style.transform = `translate(${x + 160 > width ? x - 164 : x + 14}px, ${y + 200 > height ? Math.max(4, y - 190) : y + 14}px)`;
}

function click(x, y) {
  const row = under(x, y);
  if (row === null) return;
  if (placeOf(row) < 0) visit(row);
  if (placeOf(row) >= 0) choose(placeOf(row));
}

function keys(event) {
  const pan = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
  const factor = { "+": 1.4, "-": 1 / 1.4 }[event.key];
  if (pan) map.camera.pan(...pan);
  else if (factor) zoomMiddle(factor);
  else if (event.key === "0") fit();
  else return;
  event.preventDefault();
  event.stopPropagation();
  redraw();
}
