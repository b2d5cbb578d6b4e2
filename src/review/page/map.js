// The map beside the grid: every image a point, near where similar ones are. A loop around some selects them.

import { byId, fill, h, key } from "./dom.js";
import { colourChoice } from "./legend.js";
import { fit, map, redraw, repaint, startCanvas } from "./map_canvas.js";
import { startPointer, zoomMiddle } from "./map_pointer.js";
import { page, on, tell, remembered } from "./state.js";

let isBuilt = false;
let panning = false;

export const mapIsOpen = () => map.isOpen;

export function toggleMap() {
  map.isOpen = !map.isOpen;
  byId("map").hidden = !map.isOpen;
  byId("stage").classList.toggle("with-map", map.isOpen);
  if (map.isOpen && !isBuilt) build();
  tell("map");
  redraw();
}

function build() {
  isBuilt = true;
  const { x } = page.images;
  if (!x?.length || x.every((value) => value === null)) {
    const why = "This run has no map: cluster again with t-SNE or PCA coordinates to get one.";
    fill(byId("map"), h("p", { class: "faint", id: "no-map" }, why));
    return;
  }
  const points = h("canvas", {
    id: "map-canvas",
    tabindex: "0",
    role: "img",
    "aria-label": "Map of all images; arrows pan, + and − zoom, 0 shows everything",
  });
  const marks = h("canvas", { id: "map-marks" });
  const preview = h("figure", { id: "map-preview", hidden: true }, h("img", { alt: "" }), h("figcaption", {}));
  fill(
    byId("map"),
    points,
    marks,
    preview,
    tools(),
    h("ul", { id: "map-legend", "aria-label": "Legend" }),
    h("p", { id: "map-hint" }, "Drag a loop around points to select them, with ", key("Shift"), " to add."),
  );
  startCanvas(points, marks);
  startPointer(preview, () => panning);
  for (const topic of ["view", "rows", "selection", "focus"]) on(topic, redraw);
  on("state", repaint);
  repaint();
}

function tools() {
  const colour = colourChoice(remembered.get("colour", "class"), (by) => {
    map.by = by;
    remembered.set("colour", by);
    repaint();
  });
  map.by = colour.value;
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
  return h(
    "div",
    { id: "map-tools" },
    colour,
    pan,
    h("button", { id: "map-in", "aria-label": "Zoom in", onclick: () => zoomMiddle(1.5) }, "+"),
    h("button", { id: "map-out", "aria-label": "Zoom out", onclick: () => zoomMiddle(1 / 1.5) }, "−"),
    h("button", { id: "map-fit", onclick: fit }, "All"),
  );
}
