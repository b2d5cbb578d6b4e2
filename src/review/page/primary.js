// The one thing that Enter does in a view; the button says it, so that nobody has to remember it.

import { count } from "./dom.js";
import { className, isCalledOtherwise, page } from "./state.js";
import { isAnythingChosen, selection, targets } from "./selection.js";
import { view } from "./view.js";

/** Suggestions whose images are, all but a few, one class; the few are picked out first. */
const ACCEPTED_AT_ONCE = ["check_class", "suspects", "neighbourhood"];

/**
 * {label, action, …} of the view as it stands, `null` where there is nothing to do. `action` is a key of `ACTIONS` in
 * enter.js; the rest is what it takes: `rows`, `name`, `id`, `clusters` or nothing.
 */
export function primary() {
  if (!view.rows.length && view.kind !== "cluster") return null;
  const chosen = isAnythingChosen() ? targets() : null;
  const rows = chosen ?? view.rows;
  const { suggestion } = view;
  if (selection.divider !== null && view.kind !== "removed")
    return { label: `Remove ${count(rows.length)}…`, action: "remove" };
  if (view.kind === "removed" || view.about?.removed)
    return { label: `Give back ${count(targets().length)}`, action: "giveBack", rows: targets() };
  if (suggestion?.kind === "merge") {
    const { clusters } = suggestion;
    return { label: `Merge ${clusters.join(" and ")}`, action: "merge", clusters };
  }
  if (ACCEPTED_AT_ONCE.includes(suggestion?.kind)) {
    const name = suggestion.class ?? null;
    if (chosen) return { label: `Accept ${count(rows.length)} as ${name ?? "they are"}`, action: "accept", rows, name };
    return acceptRest(name);
  }
  if (view.kind === "cluster" && view.id >= 0) {
    if (selection.rows.size) return elsewhere(rows);
    const named = page.state.byId.get(view.id)?.name;
    return { label: named ? "Rename this cluster…" : "Name this cluster…", action: "nameCluster", id: view.id };
  }
  if (view.about?.class && chosen) {
    const name = view.about.class;
    return { label: `Put ${count(rows.length)} in ${name}`, action: "putInClass", name };
  }
  if (view.kind === "class")
    return { label: `Accept ${count(rows.length)} as ${view.name}`, action: "accept", rows, name: view.name };
  return elsewhere(targets());
}

/** All that is left as `name`, without what a person called otherwise: that is changed by choosing it, not in bulk. */
function acceptRest(name) {
  const rows = view.rows.filter((row) => !isCalledOtherwise(row, name));
  const others = view.rows.length - rows.length;
  if (!rows.length)
    return { label: others === 1 ? "Leave it as you called it" : `Leave all ${others} as you called them`, action: "leave" };
  const all = rows.length === 1 ? "the one left" : `all ${rows.length} left`;
  const which = others ? `${rows.length} of the ${view.rows.length} left` : all;
  return { label: `Accept ${which} as ${name ?? "they are"}`, action: "accept", rows, name };
}

/** Another class, which is asked for; the one that all `rows` are shown with is proposed. */
function elsewhere(rows) {
  if (!rows.length) return null;
  const names = new Set(rows.map(className));
  const name = names.size === 1 ? ([...names][0] ?? "") : "";
  return { label: `Put ${count(rows.length)} in a class…`, action: "putInNewClass", name };
}
