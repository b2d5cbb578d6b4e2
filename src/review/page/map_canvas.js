// The picture of the map: its canvases, the camera, the colours, and when they are drawn anew.

import { byId, perFrame } from "./dom.js";
import { colouring, isDark } from "./colouring.js";
import { drawLegend } from "./legend.js";
import { Camera, radiusFor, raster } from "./scatter.js";
import { isRemoved, page } from "./state.js";
import { placeOf, view } from "./view.js";
import { focusRow, isChosen } from "./selection.js";

/** `points` and `marks` are canvases of the same size: the images, and over them the focus and the loop. */
export const map = { isOpen: false, by: "class", points: null, marks: null, camera: null };

/** Pixels of the canvases per pixel of the page. */
let ratio = 1;
let paint, image;

/** Starts with two empty canvases. */
export function startCanvas(points, marks) {
  Object.assign(map, { points, marks, camera: new Camera(page.images.x, page.images.y) });
  new ResizeObserver(fitCanvas).observe(byId("map"));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
}

export const isVisible = (row) => (view.kind === "removed") === isRemoved(row) && page.images.x[row] !== null;

/** Where an image lies, in pixels of the page. */
export const positionOf = (row) => [
  page.images.x[row] * map.camera.scale + map.camera.left,
  map.camera.top - page.images.y[row] * map.camera.scale,
];

export const redraw = perFrame(() => {
  if (map.isOpen && map.camera) draw();
});

/** Colours everything anew. */
export function repaint() {
  if (!map.isOpen) return;
  paint = colouring(map.by);
  drawLegend(byId("map-legend"), paint.legend);
  if (!map.camera.moved && image) fit();
  redraw();
}

/** Shows all images. */
export function fit() {
  const legend = byId("map-legend");
  // A list of groups stands beside the points, a scale above them.
  const [aside, above] = paint?.legend.ramp ? [0, legend.offsetHeight] : [legend.offsetWidth + 8, 0];
  map.camera.fit(map.points.clientWidth, map.points.clientHeight, aside, above);
  redraw();
}

function fitCanvas() {
  const { points, marks, camera } = map;
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
  const layer = (row) => (!isVisible(row) ? -1 : isChosen(row) ? 2 : everything || placeOf(row) >= 0 ? 1 : 0);
  raster(image, map.camera, paint, layer, {
    radius: radiusFor(page.n, map.camera.zoomed),
    ratio,
    faint: dark ? 100 : 64,
    ink: dark ? [255, 255, 255] : [20, 20, 20],
    ground: dark ? [25, 25, 25] : [250, 250, 250],
  });
  map.points.getContext("2d", { alpha: false }).putImageData(image, 0, 0);
  const row = focusRow();
  const context = wipedMarks();
  if (row === null || !isVisible(row)) return;
  context.strokeStyle = dark ? "#fff" : "#111";
  context.lineWidth = 2;
  context.beginPath();
  context.arc(...positionOf(row), 9, 0, 7);
  context.stroke();
}

function wipedMarks() {
  const context = map.marks.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, map.marks.width, map.marks.height);
  return context;
}

/** Draws the loop so far, [x0, y0, x1, y1, …]. */
export function trace(path) {
  const context = wipedMarks();
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
