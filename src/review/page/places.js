// The left side, above the clusters: everything, what is open, what was removed and why.

import { byId, fill, h } from "./dom.js";
import { page, on, isUnlabelled } from "./state.js";
import { open, view } from "./view.js";

/** Reasons listed at most; the rest is found under "Removed". */
const REASONS = 5;

export function start() {
  on("state", draw);
  on("view", draw);
  draw();
}

function draw() {
  const { removed, cluster, reasons } = page.state;
  let [undecided, out, noise] = [0, 0, 0];
  const why = reasons.map((reason) => ({ reason, n: 0 }));
  for (let row = 0; row < page.n; row++) {
    if (removed[row] >= 0) {
      out++;
      why[removed[row]].n++;
      continue;
    }
    if (isUnlabelled(row)) undecided++;
    if (cluster[row] < 0) noise++;
  }
  const most = why
    .filter(({ n }) => n)
    .sort((a, b) => b.n - a.n)
    .slice(0, REASONS);
  fill(
    byId("places"),
    place("all", "All images", page.n - out, { kind: "all" }),
    place("open", "Not labelled yet", undecided, { kind: "open" }),
    noise ? place("noise", "In no cluster", noise, { kind: "cluster", id: -1 }) : null,
    place("removed", "Removed", out, { kind: "removed", reason: null }),
    out && most.length > 1
      ? most.map(({ reason, n }) => place("reason", reason || "no reason given", n, { kind: "removed", reason }))
      : null,
  );
}

function place(id, text, n, next) {
  const here = Object.entries(next).every(([name, value]) => view[name] === value);
  return h(
    "li",
    {},
    h(
      "button",
      { class: "place", "data-place": id, "aria-current": here ? "true" : null, onclick: () => open(next) },
      h("span", { class: "name" }, text),
      h("span", { class: "size" }, n.toLocaleString("en")),
    ),
  );
}
