// The map beside the grid: every image a point, near where similar ones are. A loop around some selects them.

import { thumbUrl } from "./api.js";
import { byId, fill, h, key, perFrame } from "./dom.js";
import { colouring, isDark } from "./colouring.js";
import { colourChoice, drawLegend } from "./legend.js";
import { Boxes, gestures, inside } from "./lasso.js";
import { Camera, radiusFor, raster } from "./scatter.js";
import { page, on, tell, remembered, fileName, isRemoved } from "./state.js";
import { open, placeOf, view } from "./view.js";
import { choose, isChosen, focusRow, selection } from "./selection.js";
import { standing } from "./tile.js";
import { visit } from "./detail.js";

let isOpen = false;
let by = remembered.get("colour", "class");
let panning = false;
let ratio = 1;
let points, marks, preview, camera, boxes, paint, image;

export const mapIsOpen = () => isOpen;

export function toggleMap() {
  isOpen = !isOpen;
  byId("map").hidden = !isOpen;
  byId("stage").classList.toggle("with-map", isOpen);
  if (isOpen && !points) build();
  tell("map");
  redraw();
}

const visible = (row) => (view.kind === "removed") === isRemoved(row) && page.images.x[row] !== null;
const redraw = perFrame(() => {
  if (isOpen && camera) draw();
});

function build() {
  const { x, y } = page.images;
  if (!x?.length || x.every((value) => value === null)) {
    fill(
      byId("map"),
      h(
        "p",
        { class: "faint", id: "no-map" },
        "This run has no map: cluster again with t-SNE or PCA coordinates to get one.",
      ),
    );
    points = byId("map");
    return;
  }
  points = h("canvas", {
    id: "map-canvas",
    tabindex: "0",
    role: "img",
    "aria-label": "Map of all images; arrows pan, + and − zoom, 0 shows everything",
    onkeydown: keys,
  });
  marks = h("canvas", { id: "map-marks" });
  preview = h("figure", { id: "map-preview", hidden: true }, h("img", { alt: "" }), h("figcaption", {}));
  const colour = colourChoice(by, (next) => {
    by = next;
    remembered.set("colour", by);
    repaint();
  });
  by = colour.value;
  const pan = h(
    "button",
    {
      id: "map-pan",
      "aria-pressed": "false",
      title: "Drag to move the map instead of selecting (or drag with the right button)",
      onclick: () => {
        panning = !panning;
        pan.setAttribute("aria-pressed", panning);
        byId("map").classList.toggle("panning", panning);
      },
    },
    "Pan",
  );
  const centre = () => [points.clientWidth / 2, points.clientHeight / 2];
  fill(
    byId("map"),
    points,
    marks,
    preview,
    h(
      "div",
      { id: "map-tools" },
      colour,
      pan,
      h("button", { id: "map-in", "aria-label": "Zoom in", onclick: () => zoom(1.5, ...centre()) }, "+"),
      h("button", { id: "map-out", "aria-label": "Zoom out", onclick: () => zoom(1 / 1.5, ...centre()) }, "−"),
      h("button", { id: "map-fit", onclick: fit }, "All"),
    ),
    h("ul", { id: "map-legend", "aria-label": "Legend" }),
    h("p", { id: "map-hint" }, "Drag a loop around points to select them, with ", key("Shift"), " to add."),
  );
  // The keys stay with the images: what a loop selects is decided on next. Tab still brings them to the map.
  points.addEventListener("mousedown", (event) => {
    event.preventDefault();
    byId("grid").focus({ preventScroll: true });
  });
  camera = new Camera(x, y);
  boxes = new Boxes(x, y, camera.bounds);
  gestures(points, {
    loop,
    pan: (dx, dy) => {
      camera.pan(dx, dy);
      redraw();
    },
    zoom,
    hover,
    click,
    trace,
    panning: () => panning,
  });
  new ResizeObserver(fitCanvas).observe(byId("map"));
  for (const topic of ["view", "rows", "selection", "focus"]) on(topic, redraw);
  on("state", repaint);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  repaint();
}

function repaint() {
  if (!isOpen) return;
  paint = colouring(by);
  drawLegend(byId("map-legend"), paint.legend);
  if (!camera.moved && image) fit();
  redraw();
}

function fitCanvas() {
  const [width, height] = [byId("map").clientWidth, byId("map").clientHeight];
  if (!width || !height) return;
  const [wider, higher] = [width - points.width / ratio, height - points.height / ratio];
  ratio = Math.min(2, window.devicePixelRatio || 1);
  for (const canvas of [points, marks])
    Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
  image = points.getContext("2d", { alpha: false }).createImageData(points.width, points.height);
  if (camera.moved) camera.pan(wider / 2, higher / 2);
  else fit();
  draw();
}

function draw() {
  if (!image || !paint) return;
  const dark = isDark();
  const everything = view.kind === "all" || view.kind === "removed";
  const layer = (row) => (!visible(row) ? -1 : isChosen(row) ? 2 : everything || placeOf(row) >= 0 ? 1 : 0);
  raster(image, camera, paint, layer, {
    radius: radiusFor(page.n, camera.zoomed),
    ratio,
    faint: dark ? 100 : 64,
    ink: dark ? [255, 255, 255] : [20, 20, 20],
    ground: dark ? [25, 25, 25] : [250, 250, 250],
  });
  points.getContext("2d", { alpha: false }).putImageData(image, 0, 0);
  const row = focusRow();
  const context = marks.getContext("2d");
  wipe(context);
  if (row === null || !visible(row)) return;
  context.strokeStyle = dark ? "#fff" : "#111";
  context.lineWidth = 2;
  context.beginPath();
  context.arc(...place(row), 9, 0, 7);
  context.stroke();
}

const place = (row) => [
  page.images.x[row] * camera.scale + camera.left,
  camera.top - page.images.y[row] * camera.scale,
];

function wipe(context) {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, marks.width, marks.height);
}

function zoom(factor, x, y) {
  camera.zoom(factor, x, y);
  redraw();
}

function fit() {
  const legend = byId("map-legend");
  // A list of groups stands beside the points, a scale above them.
  const [aside, above] = paint?.legend.ramp ? [0, legend.offsetHeight] : [legend.offsetWidth + 8, 0];
  camera.fit(points.clientWidth, points.clientHeight, aside, above);
  redraw();
}

function trace(path) {
  const context = marks.getContext("2d");
  wipe(context);
  if (path.length < 4) return;
  context.beginPath();
  for (let i = 0; i < path.length; i += 2) context.lineTo(path[i], path[i + 1]);
  context.closePath();
  context.fillStyle = "rgb(128 128 128 / 18%)";
  context.strokeStyle = isDark() ? "#fff" : "#111";
  context.lineWidth = 1.5;
  context.setLineDash([5, 3]);
  context.fill();
  context.stroke();
  context.setLineDash([]);
}

function loop(path, add) {
  const rows = [];
  for (let row = 0; row < page.n; row++) if (visible(row) && inside(path, ...place(row))) rows.push(row);
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
  const [dx, dy] = [(x - camera.left) / camera.scale, (camera.top - y) / camera.scale];
  return boxes.nearest(dx, dy, 10 / camera.scale, visible);
}

function hover(x, y) {
  const row = under(x, y);
  preview.hidden = row === null;
  points.dataset.hover = row ?? "";
  if (row === null) return;
  const [img, caption] = preview.children;
  const url = thumbUrl(page.images.id[row], 128);
  if (img.getAttribute("src") !== url) img.src = url;
  caption.textContent = `${fileName(row)} · ${standing(row)}`;
  const [width, height] = [points.clientWidth, points.clientHeight];
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
  if (pan) camera.pan(...pan);
  else if (factor) camera.zoom(factor, points.clientWidth / 2, points.clientHeight / 2);
  else if (event.key === "0") fit();
  else return;
  event.preventDefault();
  event.stopPropagation();
  redraw();
}
