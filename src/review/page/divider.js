// "Everything from here on does not belong": a line in the ordered images, moved by mouse or keys.

import { byId, count, h } from "./dom.js";
import { on } from "./state.js";
import { note } from "./decide.js";
import { adjust, placeOf, view } from "./view.js";
import { divideAt, focusRow, moveTo, selection } from "./selection.js";
import { bringIntoSight, corner, layout, placeAt } from "./grid.js";

let line;
let handle;

export function start() {
  handle = h("button", {
    id: "divider-handle",
    type: "button",
    role: "slider",
    "aria-label": "Divider: from here on nothing belongs",
    "aria-valuemin": "0",
    onkeydown: keys,
    onpointerdown: drag,
  });
  line = h(
    "div",
    { id: "divider", hidden: true },
    h("span", { class: "before" }),
    h("span", { class: "upright" }),
    h("span", { class: "after" }),
    handle,
  );
  byId("canvas").append(line);
  on("selection", draw);
  on("rows", draw);
  on("size", draw);
  new ResizeObserver(draw).observe(byId("grid"));
}

/** Sets the divider before the image in focus; on the same place again it goes away. It needs an order to divide. */
export function toggleDivider() {
  const row = focusRow();
  if (view.kind === "cluster" && view.order === "given" && row !== null) {
    adjust({ order: "typicality" }, { keep: false });
    moveTo(placeOf(row));
    note("Ordered by typicality: what belongs least is at the end.");
  }
  if (selection.divider === selection.focus) divideAt(null);
  else {
    divideAt(selection.focus);
    handle.focus({ preventScroll: true });
  }
}

function draw() {
  line.hidden = selection.divider === null;
  if (line.hidden) return;
  const [left, top] = corner(selection.divider);
  const [x, y] = [left - 3, top - 3];
  const width = byId("canvas").clientWidth;
  const [before, upright, after] = line.children;
  // Under the end of the line before, up along the first image that goes, and above the rest of its line.
  before.style.transform = `translate(0px, ${y + layout.rowHeight}px)`;
  before.style.width = `${x}px`;
  upright.style.transform = `translate(${x}px, ${y}px)`;
  upright.style.height = `${layout.rowHeight}px`;
  after.style.transform = `translate(${x}px, ${y}px)`;
  after.style.width = `${width - x}px`;
  handle.style.transform = `translate(${Math.min(x, width - 118)}px, ${Math.max(0, y - 2)}px)`;
  const n = view.rows.length - selection.divider;
  handle.textContent = `✂ ${count(n)} go`;
  handle.setAttribute("aria-valuenow", selection.divider);
  handle.setAttribute("aria-valuemax", view.rows.length);
  handle.setAttribute("aria-valuetext", `${count(n)} from here on do not belong`);
}

function keys(event) {
  const steps = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -layout.columns,
    ArrowDown: layout.columns,
    Home: -Infinity,
    End: Infinity,
    PageUp: -4 * layout.columns,
    PageDown: 4 * layout.columns,
  };
  const step = steps[event.key];
  if (step === undefined || selection.divider === null) return;
  event.preventDefault();
  event.stopPropagation();
  divideAt(selection.divider + step);
  bringIntoSight(selection.divider);
}

function drag(event) {
  if (event.button !== 0) return;
  event.preventDefault();
  handle.focus({ preventScroll: true });
  handle.setPointerCapture(event.pointerId);
  const grid = byId("grid");
  const move = (moved) => {
    const bounds = byId("canvas").getBoundingClientRect();
    const place = placeAt(moved.clientX - bounds.left, moved.clientY - bounds.top, { clamp: true });
    divideAt(Math.min(place, view.rows.length - 1));
    const sight = grid.getBoundingClientRect();
    if (moved.clientY > sight.bottom - 24) grid.scrollTop += 18;
    if (moved.clientY < sight.top + 24) grid.scrollTop -= 18;
  };
  handle.addEventListener("pointermove", move);
  handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", move), { once: true });
}
