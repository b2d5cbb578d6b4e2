// The one thing that Enter does in a view; the button says it, so that nobody has to remember it.

import { count } from "./dom.js";
import { page, className } from "./state.js";
import { selection, targets } from "./selection.js";
import { view } from "./view.js";
import { accept, giveBack, nameCluster, putInClass, putInNewClass, remove } from "./actions.js";
import { mergeThese } from "./groups.js";

/** Suggestions whose images are, all but a few, one class; the few are picked out first. */
const ACCEPTED_AT_ONCE = ["check_class", "suspects", "neighbourhood"];

/** {label, run} of the view as it stands; `null` where there is nothing to do. */
export function primary() {
  if (!view.rows.length && view.kind !== "cluster") return null;
  const chosen = selection.divider !== null || selection.rows.size ? targets() : null;
  const rows = chosen ?? view.rows;
  const suggestion = view.suggestion;
  if (selection.divider !== null && view.kind !== "removed")
    return { label: `Remove ${count(rows.length)}…`, run: remove };
  if (view.kind === "removed" || view.about?.removed) {
    return { label: `Give back ${count(targets().length)}`, run: () => giveBack(targets()) };
  }
  if (suggestion?.kind === "merge")
    return { label: `Merge ${suggestion.clusters.join(" and ")}`, run: () => mergeThese(suggestion.clusters) };
  if (ACCEPTED_AT_ONCE.includes(suggestion?.kind)) {
    const name = suggestion.class ?? null;
    const which = chosen ? count(rows.length) : rows.length === 1 ? "the one left" : `all ${rows.length} left`;
    return { label: `Accept ${which} as ${name ?? "they are"}`, run: () => accept(rows, name) };
  }
  if (view.kind === "cluster" && view.id >= 0) {
    if (selection.rows.size) return elsewhere(rows);
    const name = page.state.byId.get(view.id)?.name;
    return { label: name ? "Rename this cluster…" : "Name this cluster…", run: () => nameCluster(view.id) };
  }
  if (view.about?.class && chosen) {
    return { label: `Put ${count(rows.length)} in ${view.about.class}`, run: () => putInClass(view.about.class) };
  }
  if (view.kind === "class") {
    return { label: `Accept ${count(rows.length)} as ${view.name}`, run: () => accept(rows, view.name) };
  }
  return elsewhere(targets());
}

function elsewhere(rows) {
  const names = new Set(rows.map(className));
  const guess = names.size === 1 ? [...names][0] : null;
  return rows.length ? { label: `Put ${count(rows.length)} in a class…`, run: () => putInNewClass(guess ?? "") } : null;
}
