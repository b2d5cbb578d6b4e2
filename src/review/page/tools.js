// The bar above the images: order, filter, size, and actions as buttons.

import { get } from "./api.js";
import { byId, fill, h, key } from "./dom.js";
import { page, on } from "./state.js";
import { inTurn } from "./decide.js";
import { ORDERS } from "./order.js";
import { adjust, open, view } from "./view.js";
import { layout, resize, SIZES } from "./grid.js";
import { toggleDivider } from "./divider.js";
import { merge, split } from "./groups.js";
import { currentCluster, moreLikeThis } from "./actions.js";
import { mapIsOpen, toggleMap } from "./map.js";

export function start() {
  on("view", drawTools);
  on("state", drawTools);
  on("map", drawTools);
  on("size", drawTools);
  drawTools();
}

function drawTools() {
  const given = view.kind === "cluster" ? "a sample first" : view.about?.like ? "nearest first" : ORDERS.given;
  const orders = Object.entries(ORDERS)
    .filter(([name]) => name !== "given" || view.about?.like || view.suggestion)
    .map(([name, text]) => [name, name === "given" ? given : text]);
  const fields = page.images.fieldNames.map((name) => [`field:${name}`, `by ${name}`]);
  const order = h(
    "select",
    { id: "order", "aria-label": "Order", onchange: (event) => inTurn(() => orderBy(event.target.value)) },
    [...orders, ...fields].map(([name, text]) => h("option", { value: name, selected: view.order === name }, text)),
  );
  order.value = view.order;
  const old = byId("filter");
  const filter =
    old ??
    h("input", {
      id: "filter",
      type: "search",
      placeholder: "Filter",
      title: "By file name or field (/)",
      "aria-label": "Filter by file name or field",
      oninput: (event) => adjust({ filter: event.target.value }),
      onkeydown: (event) => {
        if (event.key === "Escape") adjust({ filter: "" });
        if (event.key === "Escape" || event.key === "Enter") byId("grid").focus({ preventScroll: true });
      },
    });
  if (filter.value !== view.filter) filter.value = view.filter;
  const size =
    byId("size") ??
    h("input", {
      id: "size",
      type: "range",
      min: 0,
      max: SIZES.length - 1,
      step: 1,
      value: SIZES.indexOf(layout.size),
      "aria-label": "Size of the thumbnails",
      title: "Size of the thumbnails",
      oninput: (event) => resize(SIZES[event.target.value]),
    });
  size.value = Math.max(0, SIZES.indexOf(layout.size));
  const map = tool("show-map", "Map", "v", "The map of all images (v)", toggleMap);
  map.setAttribute("aria-pressed", mapIsOpen());
  const focused = document.activeElement;
  fill(
    byId("tools"),
    order,
    h(
      "button",
      {
        id: "reverse",
        "aria-pressed": view.reversed,
        title: "The other way round",
        onclick: () => adjust({ reversed: !view.reversed }),
      },
      "⇅",
    ),
    filter,
    size,
    parts(),
    h("span", { class: "gap" }),
    tool("divide", "Divider", "d", "Everything from the image in focus on does not belong (d)", toggleDivider),
    tool("similar", "More like", "f", "The nearest images across all clusters (f)", () => moreLikeThis()),
    wholes() && tool("merge", "Merge", "m", "This cluster is one with another (m)", () => merge(currentCluster())),
    wholes() && tool("split", "Split", "s", "Split this cluster (s)", () => split(currentCluster())),
    map,
  );
  if (focused?.id && focused !== document.activeElement) byId(focused.id)?.focus({ preventScroll: true });
}

/** Orders by `order`; when files were last written is asked once somebody wants to know. */
async function orderBy(order) {
  if (order === "time")
    page.images.time ??= Float64Array.from((await get("/api/times")).map((time) => time ?? Infinity));
  adjust({ order });
}

const tool = (id, label, shortcut, title, run) => h("button", { id, title, onclick: run }, `${label} `, key(shortcut));

/** Are clusters as wholes the matter? Elsewhere m and s mean the cluster of the image in focus. */
const wholes = () => view.kind === "cluster" && view.id >= 0;

/** Parts of a class, or reasons of removal. */
function parts() {
  const choice = (id, label, value, options, change) => {
    const select = h(
      "select",
      { id, "aria-label": label, onchange: (event) => change(event.target.value) },
      options.map(([name, text]) => h("option", { value: name }, text)),
    );
    select.value = value;
    return select;
  };
  if (view.kind === "class") {
    return choice(
      "part",
      "Part",
      view.part,
      [
        ["all", "decided + inferred"],
        ["inferred", "only inferred"],
        ["decided", "only decided"],
      ],
      (part) => adjust({ part }),
    );
  }
  if (view.kind !== "removed") return null;
  const reasons = page.state.reasons.map((reason, i) => [`=${reason}`, reason || "no reason given", i]);
  return choice(
    "reason",
    "Reason",
    view.reason === null ? "" : `=${view.reason}`,
    [["", "any reason"], ...reasons],
    (value) => open({ kind: "removed", name: view.name, reason: value ? value.slice(1) : null, order: view.order }),
  );
}
