// The line above the images: what is looked at, how much of it is meant, and what Enter does.

import { byId, count, fill, h, key } from "./dom.js";
import { page, on } from "./state.js";
import { viewTitle } from "./captions.js";
import { removedFrom } from "./members.js";
import { adjust, open, view } from "./view.js";
import { selection, divideAt, targets } from "./selection.js";
import { moreLikeThis, remove } from "./actions.js";
import { enter } from "./enter.js";
import { primary } from "./primary.js";

export function start() {
  for (const topic of ["view", "state", "selection", "rows"]) on(topic, draw);
  draw();
}

function draw() {
  byId("title").textContent = viewTitle();
  byId("title").title = viewTitle();
  fill(byId("subtitle"), subtitle());
  drawActions();
  byId("nothing").textContent = view.filter
    ? "No image fits the filter."
    : (EMPTY[view.kind] ?? "Everything here is decided. Press n for the next suggestion.");
}

/** How many images, how many of them are meant, and what is not shown. */
function subtitle() {
  const total = view.rows.length;
  const shown = h("span", { id: "shown" }, count(total));
  const chosen = (text) => [shown, h("b", { id: "chosen" }, text)];
  if (selection.divider !== null) {
    return chosen(`, ${(total - selection.divider).toLocaleString("en")} behind the divider: press x or 1–9`);
  }
  const link = (id, text, run) => h("button", { class: "link", id, onclick: run }, text);
  const { about } = view;
  const more = about?.like && [
    " · ",
    link("more", `show ${about.n * 2}`, () => moreLikeThis(about.n * 2, about.seeds)),
  ];
  if (selection.rows.size) return [chosen(`, ${selection.rows.size.toLocaleString("en")} selected`), more];
  const cluster = view.kind === "cluster" ? page.state.byId.get(view.id) : null;
  const gone = view.kind === "class" ? removedFrom(view.name) : 0;
  return [
    shown,
    cluster && !cluster.name && cluster.suggested ? ` · maybe ${cluster.suggested}` : null,
    view.away
      ? [
          ` · ${view.away.toLocaleString("en")} put elsewhere `,
          link("elsewhere", view.elsewhere ? "hide" : "show", () => adjust({ elsewhere: !view.elsewhere })),
        ]
      : null,
    gone
      ? [
          ` · ${gone.toLocaleString("en")} removed `,
          link("removed-from", "show", () => open({ kind: "removed", name: view.name })),
        ]
      : null,
    more,
  ];
}

const EMPTY = {
  removed:
    "Nothing is removed. Press x on images that do not belong into a training set; they wait here with the reason and can be given back.",
  open: "Every image has a class or was removed.",
  cluster: "Nothing is left here: all its images were put elsewhere or removed. Press n for the next suggestion.",
  class: "No image has this class now.",
};

function drawActions() {
  const main = primary();
  const n = targets().length;
  const cut = selection.divider !== null;
  fill(
    byId("view-actions"),
    cut ? h("button", { id: "no-divider", onclick: () => divideAt(null) }, "No divider ", key("Esc")) : null,
    view.kind === "removed" || cut
      ? null
      : h(
          "button",
          { id: "remove", disabled: n === 0, onclick: remove, title: "Remove with a reason (x)" },
          `Remove${n > 1 ? ` ${n.toLocaleString("en")}` : ""} `,
          key("x"),
        ),
    main ? h("button", { id: "primary", class: "primary", onclick: enter }, `${main.label} `, key("⏎")) : null,
  );
}
