// The bar above the images: what is shown, what Enter does, order, filter, size, and the actions as buttons.

import { byId, count, fill, h, key } from "./dom.js";
import { page, on } from "./state.js";
import { adjust, open, ORDERS, removedFrom, view, viewTitle } from "./view.js";
import { selection, chooseNone, divideAt, targets } from "./selection.js";
import { layout, resize, SIZES } from "./grid.js";
import { toggleDivider } from "./divider.js";
import { merge, split } from "./groups.js";
import { currentCluster, moreLikeThis, remove } from "./actions.js";
import { primary } from "./primary.js";
import { mapIsOpen, toggleMap } from "./map.js";

export function start() {
  on("view", drawTools);
  on("state", drawTools);
  on("map", drawTools);
  on("size", drawTools);
  on("selection", drawTitle);
  on("rows", drawTitle);
  drawTools();
}

function drawTools() {
  drawTitle();
  const orders = Object.entries(ORDERS).filter(([name]) => name !== "given" || view.kind === "list" || view.suggestion)
    .map(([name, text]) => [name, name === "given" && view.kind === "cluster" ? "a sample first" : text]);
  const fields = page.images.fieldNames.map((name) => [`field:${name}`, `by ${name}`]);
  const order = h("select", { id: "order", "aria-label": "Order", onchange: (event) => adjust({ order: event.target.value }) },
    [...orders, ...fields].map(([name, text]) => h("option", { value: name, selected: view.order === name }, text)));
  order.value = view.order;
  const old = byId("filter");
  const filter = old ?? h("input", {
    id: "filter", type: "search", placeholder: "Filter", title: "By file name or field (/)", "aria-label": "Filter by file name or field",
    oninput: (event) => adjust({ filter: event.target.value }),
    onkeydown: (event) => {
      if (event.key === "Escape") adjust({ filter: "" });
      if (event.key === "Escape" || event.key === "Enter") byId("grid").focus({ preventScroll: true });
    },
  });
  if (filter.value !== view.filter) filter.value = view.filter;
  const size = byId("size") ?? h("input", {
    id: "size", type: "range", min: 0, max: SIZES.length - 1, step: 1, value: SIZES.indexOf(layout.size), "aria-label": "Size of the thumbnails", title: "Size of the thumbnails (+ and − with Ctrl are the browser's)",
    oninput: (event) => resize(SIZES[event.target.value]),
  });
  size.value = Math.max(0, SIZES.indexOf(layout.size));
  const focused = document.activeElement;
  fill(byId("tools"),
    order,
    h("button", { id: "reverse", "aria-pressed": view.reversed, title: "The other way round", onclick: () => adjust({ reversed: !view.reversed }) }, "⇅"),
    filter, size, parts(),
    h("span", { class: "gap" }),
    h("button", { id: "divide", title: "Everything from the image in focus on does not belong (d)", onclick: toggleDivider }, "Divider ", key("d")),
    h("button", { id: "similar", title: "The nearest images across all clusters (f)", onclick: () => moreLikeThis() }, "More like ", key("f")),
    !wholes() ? null : h("button", { id: "merge", title: "This cluster is one with another (m)", onclick: () => merge(currentCluster()) }, "Merge ", key("m")),
    !wholes() ? null : h("button", { id: "split", title: "Split this cluster (s)", onclick: () => split(currentCluster()) }, "Split ", key("s")),
    h("button", { id: "show-map", "aria-pressed": mapIsOpen(), title: "The map of all images (v)", onclick: toggleMap }, "Map ", key("v")));
  if (focused?.id && focused !== document.activeElement) byId(focused.id)?.focus({ preventScroll: true });
}

/** Are clusters as wholes the matter? Elsewhere m and s mean the cluster of the image in focus. */
const wholes = () => view.kind === "cluster" && view.id >= 0;

/** Parts of a class, or reasons of removal. */
function parts() {
  const choice = (id, label, value, options, change) => {
    const select = h("select", { id, "aria-label": label, onchange: (event) => change(event.target.value) },
      options.map(([name, text]) => h("option", { value: name }, text)));
    select.value = value;
    return select;
  };
  if (view.kind === "class") {
    return choice("part", "Part", view.part, [["all", "decided + inferred"], ["inferred", "only inferred"], ["decided", "only decided"]], (part) => adjust({ part }));
  }
  if (view.kind !== "removed") return null;
  const reasons = page.state.reasons.map((reason, i) => [`=${reason}`, reason || "no reason given", i]);
  return choice("reason", "Reason", view.reason === null ? "" : `=${view.reason}`, [["", "any reason"], ...reasons],
    (value) => open({ kind: "removed", name: view.name, reason: value ? value.slice(1) : null, order: view.order }));
}

function drawTitle() {
  byId("title").textContent = viewTitle();
  const total = view.rows.length;
  const subtitle = byId("subtitle");
  const cluster = view.kind === "cluster" ? page.state.byId.get(view.id) : null;
  const gone = view.kind === "class" ? removedFrom(view.name) : 0;
  const chosen = selection.rows.size;
  if (selection.divider !== null) {
    fill(subtitle, h("span", { id: "shown" }, count(total)), h("b", { id: "chosen" }, `, ${(total - selection.divider).toLocaleString("en")} behind the divider: press x or 1–9`));
  } else if (chosen) {
    fill(subtitle, h("span", { id: "shown" }, count(total)), h("b", { id: "chosen" }, `, ${chosen.toLocaleString("en")} selected`));
  } else fill(subtitle, [
    h("span", { id: "shown" }, count(total)),
    cluster && !cluster.name && cluster.suggested ? ` · probably ${cluster.suggested}` : null,
    view.away ? [` · ${view.away.toLocaleString("en")} put elsewhere `, h("button", { class: "link", id: "elsewhere", onclick: () => adjust({ elsewhere: !view.elsewhere }) }, view.elsewhere ? "hide" : "show")] : null,
    gone ? [` · ${gone.toLocaleString("en")} removed `, h("button", { class: "link", id: "removed-from", onclick: () => open({ kind: "removed", name: view.name }) }, "show")] : null,
    view.about?.like ? [" · ", h("button", { class: "link", id: "more", onclick: () => { chooseNone(); moreLikeThis(view.about.n * 2); } }, `show ${view.about.n * 2}`)] : null,
  ].flat());
  drawActions();
  const nothing = byId("nothing");
  nothing.textContent = view.filter ? "No image fits the filter." : EMPTY[view.kind] ?? "Everything here is decided. Press n for the next suggestion.";
}

const EMPTY = {
  removed: "Nothing is removed. Press x on images that do not belong into a training set; they wait here with the reason and can be given back.",
  open: "Every image has a class or was removed.",
  cluster: "Nothing is left here: all its images were put elsewhere or removed. Press n for the next suggestion.",
  class: "No image has this class now.",
};

function drawActions() {
  const main = primary();
  const n = targets().length;
  const cut = selection.divider !== null;
  fill(byId("view-actions"),
    cut ? h("button", { id: "no-divider", onclick: () => divideAt(null) }, "No divider ", key("Esc")) : null,
    view.kind === "removed" || cut ? null : h("button", { id: "remove", disabled: n === 0, onclick: remove, title: "Remove with a reason (x)" }, `Remove${n > 1 ? ` ${n.toLocaleString("en")}` : ""} `, key("x")),
    main ? h("button", { id: "primary", class: "primary", onclick: main.run }, `${main.label} `, key("⏎")) : null);
}
