// The bar of classes: what there is, how much of it, and where the selection can go.

import { byId, count, fill, h, key } from "./dom.js";
import { swatch } from "./colours.js";
import { page, on } from "./state.js";
import { open, view } from "./view.js";
import { isAnythingChosen, selection, targets } from "./selection.js";
import { putInClass, putInNewClass } from "./actions.js";

export function start() {
  on("state", draw);
  on("view", mark);
  on("selection", explain);
  draw();
}

function draw() {
  const { classes } = page.state;
  const chips = classes.map((entry, index) => {
    const chip = h("span", { class: "swatch" }, entry.key ?? "");
    swatch(chip, index);
    return h(
      "div",
      { class: "class", "data-class": entry.name },
      h(
        "button",
        { class: "put", "data-put": entry.name, onclick: () => putOrOpen(entry.name) },
        chip,
        h("span", { class: "text" }, entry.name),
      ),
      h(
        "button",
        {
          class: "counts",
          "data-show": entry.name,
          onclick: () => open({ kind: "class", name: entry.name }),
          title: `Look at ${entry.name}: ${count(entry.count)} labelled, ${entry.propagated.toLocaleString("en")} more inferred`,
        },
        h("b", { class: "labelled" }, entry.count.toLocaleString("en")),
        entry.propagated
          ? h("span", { class: "propagated" }, ` +${entry.propagated.toLocaleString("en")}`)
          : null,
      ),
    );
  });
  fill(
    byId("classes"),
    h(
      "div",
      { id: "class-list" },
      chips,
      h(
        "button",
        { id: "new-class", onclick: () => putInNewClass(), title: "Put the selection in a new class (+)" },
        "+ class ",
        key("+"),
      ),
    ),
    progress(),
  );
  mark();
  explain();
}

/** A click assigns only what was chosen on purpose, never the image that happens to be in focus. */
function putOrOpen(name) {
  if (isAnythingChosen()) putInClass(name);
  else open({ kind: "class", name });
}

/** How far the review is: labelled, inferred, open, removed. */
function progress() {
  const { classes, removed } = page.state;
  const labelled = classes.reduce((sum, entry) => sum + entry.count, 0);
  const inferred = classes.reduce((sum, entry) => sum + entry.propagated, 0);
  const out = removed.reduce((sum, reason) => sum + (reason >= 0 ? 1 : 0), 0);
  const part = (name, n) => {
    const bar = h("span", { class: `part ${name}` });
    bar.style.flexGrow = n;
    return n ? bar : null;
  };
  return h(
    "div",
    {
      id: "progress",
      title: `${labelled.toLocaleString("en")} labelled, ${inferred.toLocaleString("en")} inferred, ${out.toLocaleString("en")} removed, of ${count(page.n)}`,
    },
    h(
      "span",
      { id: "progress-text" },
      h("b", {}, labelled.toLocaleString("en")),
      ` of ${page.n.toLocaleString("en")} labelled`,
      expected(),
    ),
    h(
      "div",
      { class: "bar", "aria-hidden": "true" },
      part("labelled", labelled),
      part("inferred", inferred),
      part("out", out),
      part("rest", page.n - labelled - inferred - out),
    ),
  );
}

/** How many images are probably right by now, labels and guesses together, and how sure that is. */
function expected() {
  const found = page.state.expected;
  if (!found) return null;
  const percent = (share) => Math.round(100 * share);
  return h(
    "span",
    {
      id: "expected",
      class: "faint",
      title: "Labels and guesses together that are probably right, by what you looked at; between these with a probability of 90 %",
    },
    `, ${percent(found.low)}–${percent(found.high)} % right with guesses`,
  );
}

function mark() {
  for (const chip of document.querySelectorAll("#class-list .class")) {
    chip.classList.toggle("current", view.kind === "class" && view.name === chip.dataset.class);
  }
}

function explain() {
  const n = targets().length;
  const which = selection.divider !== null ? "from the divider on" : "selected";
  for (const button of document.querySelectorAll("#class-list .put")) {
    const name = button.dataset.put;
    button.title = isAnythingChosen() ? `Put ${count(n)} (${which}) in ${name}` : `Look at ${name}`;
  }
  const fresh = byId("new-class");
  if (fresh) fresh.disabled = n === 0;
}
