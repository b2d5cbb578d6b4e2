// The images of the view as a grid that holds only the tiles near the window, so that 20,000 scroll like 20.

import { thumbUrl } from "./api.js";
import { byId, h, perFrame } from "./dom.js";
import { page, on, tell, remembered } from "./state.js";
import { view } from "./view.js";
import { selection, isChosen } from "./selection.js";
import { cancel, rankBy, want } from "./thumbs.js";
import { dress } from "./tile.js";

const GAP = 6;
const EDGE = 10;
const LABEL = 18;
export const SIZES = [64, 96, 128, 160, 208, 256];

/** In pixels: `size` is what was asked for, `tile` that much or more, so that whole columns fill the window. */
export const layout = { size: remembered.get("size", 128), tile: 128, columns: 1, rowHeight: 1 };

const shown = new Map();
const spare = [];
let grid;
let canvas;

export function start() {
  grid = byId("grid");
  canvas = byId("canvas");
  const redraw = perFrame(draw);
  grid.addEventListener("scroll", redraw, { passive: true });
  new ResizeObserver(() => {
    measure();
    redraw();
  }).observe(grid);
  rankBy((img) => Math.abs(Number(img.dataset.top) - grid.scrollTop - grid.clientHeight / 2));
  on("view", () => {
    grid.scrollTop = 0;
  });
  on("rows", () => {
    measure();
    redraw();
  });
  on("selection", redraw);
  on("focus", () => bringIntoSight(selection.focus));
  measure();
}

export function resize(size) {
  layout.size = size;
  remembered.set("size", size);
  measure();
  bringIntoSight(selection.focus);
  draw();
  tell("size");
}

function measure() {
  const width = grid.clientWidth - 2 * EDGE + GAP;
  layout.columns = Math.max(1, Math.floor(width / (layout.size + GAP)));
  layout.tile = Math.floor(width / layout.columns) - GAP;
  layout.rowHeight = layout.tile + LABEL + GAP;
  const lines = Math.ceil(view.rows.length / layout.columns);
  canvas.style.height = `${lines * layout.rowHeight + 2 * EDGE}px`;
}

/** Left and top of the tile at `place`, in the canvas. */
export function corner(place) {
  const line = Math.floor(place / layout.columns);
  return [EDGE + (place % layout.columns) * (layout.tile + GAP), EDGE + line * layout.rowHeight];
}

/** The place under a point of the canvas; past the end of a line it is the line's last. */
export function placeAt(x, y, { clamp = false } = {}) {
  const step = layout.tile + GAP;
  let column = Math.floor((x - EDGE + GAP / 2) / step);
  const line = Math.floor((y - EDGE + GAP / 2) / layout.rowHeight);
  if (!clamp && (column < 0 || column >= layout.columns || line < 0)) return null;
  column = Math.max(0, Math.min(layout.columns, column));
  const place = Math.max(0, line) * layout.columns + column;
  if (place < view.rows.length) return place;
  return clamp ? view.rows.length : null;
}

/** The places of all tiles that a rectangle of the canvas touches. */
export function placesIn(left, top, right, bottom) {
  const step = layout.tile + GAP;
  const first = Math.max(0, Math.ceil((left - EDGE - layout.tile) / step));
  const last = Math.min(layout.columns - 1, Math.floor((right - EDGE) / step));
  const from = Math.max(0, Math.ceil((top - EDGE - layout.tile - LABEL) / layout.rowHeight));
  const to = Math.floor((bottom - EDGE) / layout.rowHeight);
  const places = [];
  for (let line = from; line <= to; line++) {
    for (let column = first; column <= last; column++) {
      const place = line * layout.columns + column;
      if (place < view.rows.length) places.push(place);
    }
  }
  return places;
}

export function bringIntoSight(place) {
  if (!view.rows.length) return;
  const top = corner(place)[1];
  const bottom = top + layout.rowHeight;
  if (top - EDGE < grid.scrollTop) grid.scrollTop = top - EDGE;
  else if (bottom > grid.scrollTop + grid.clientHeight) grid.scrollTop = bottom - grid.clientHeight + EDGE;
}

/** Whole lines that fit into the window. */
export const linesPerPage = () => Math.max(1, Math.floor(grid.clientHeight / layout.rowHeight));

function draw() {
  const first = Math.max(0, Math.floor(grid.scrollTop / layout.rowHeight) - 1) * layout.columns;
  const lines = Math.ceil(grid.clientHeight / layout.rowHeight) + 3;
  const end = Math.min(view.rows.length, first + lines * layout.columns);
  const needed = new Set();
  for (let place = first; place < end; place++) needed.add(view.rows[place]);
  for (const [row, tile] of shown) {
    if (needed.has(row)) continue;
    shown.delete(row);
    cancel(tile.img);
    tile.root.hidden = true;
    tile.root.removeAttribute("id");
    tile.root.classList.remove("focus", "cut");
    spare.push(tile);
  }
  for (let place = first; place < end; place++) put(view.rows[place], place);
  grid.setAttribute("aria-activedescendant", view.rows.length ? `tile-${view.rows[selection.focus]}` : "");
  byId("nothing").hidden = view.rows.length > 0;
}

function put(row, place) {
  let tile = shown.get(row);
  if (!tile) {
    tile = spare.pop() ?? make();
    shown.set(row, tile);
    tile.root.hidden = false;
    tile.root.id = `tile-${row}`;
    tile.root.dataset.row = row;
    tile.root.dataset.id = page.images.id[row];
  }
  const [left, top] = corner(place);
  tile.root.style.transform = `translate(${left}px, ${top}px)`;
  tile.root.style.width = `${layout.tile}px`;
  tile.frame.style.height = `${layout.tile}px`;
  tile.img.dataset.top = top;
  tile.root.setAttribute("aria-posinset", place + 1);
  tile.root.setAttribute("aria-setsize", view.rows.length);
  tile.root.setAttribute("aria-selected", isChosen(row));
  tile.root.classList.toggle("focus", place === selection.focus);
  tile.root.classList.toggle("cut", selection.divider !== null && place >= selection.divider);
  dress(tile, row, layout.tile < 112);
  want(tile.img, thumbUrl(page.images.id[row], layout.size));
}

function make() {
  const img = h("img", { alt: "", draggable: "false", decoding: "async" });
  const badge = h("span", { class: "badge", hidden: true }, "!");
  const frame = h("div", { class: "frame" }, img, badge, h("span", { class: "tick", "aria-hidden": "true" }, "✓"));
  const chip = h("span", { class: "swatch" });
  const text = h("span", { class: "text" });
  const root = h("div", { class: "tile", role: "option" }, frame, h("div", { class: "label" }, chip, text));
  canvas.append(root);
  return { root, frame, img, badge, chip, text };
}
