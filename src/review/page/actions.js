// Actions of a person, each ending in a decision of the log.

import { post } from "./api.js";
import { count } from "./dom.js";
import { swatch } from "./colours.js";
import { decide, ids, inTurn, note, report, step, told } from "./decide.js";
import { askText } from "./dialog.js";
import { LABEL_SOURCES } from "./definitions.js";
import { page, byHand, className, isCalledOtherwise, isRemoved, remembered } from "./state.js";
import { chooseRows, divideAt, focusRow, selection, targets } from "./selection.js";
import { letGo, open, placeOf, view } from "./view.js";
import { advance, keysWait } from "./suggestions.js";

const classOptions = () =>
  page.state.classes.map((entry, index) => ({
    value: entry.name,
    detail: count(entry.count),
    paint: (element) => {
      swatch(element, index);
      element.textContent = entry.key ?? "";
    },
  }));

const newOrOld = (text) => {
  const known = page.state.classes.find((entry) => entry.name === text);
  if (!text) return "";
  return known ? `A class with ${count(known.count)}.` : "A new class.";
};

/** Sends, lets go of the selection, and goes on where the view is finished or `done` says so. */
async function carryOut(decisions, said, { rows = [], done = false } = {}) {
  const work = async () => {
    if (!(await decide(decisions))) return;
    letGo(rows);
    selection.rows.clear();
    divideAt(null);
    note(said);
    if (done || !view.rows.length) await advance();
  };
  await (done ? keysWait(work) : work());
}

/** The tail of a divider, the selection or the image in focus becomes `name`. */
export const putInClass = (name) =>
  inTurn(async () => {
    const rows = targets();
    if (!rows.length || !name) return;
    await carryOut([{ decision: "move", images: ids(rows), class: name }], `${told(rows)} put in ${name}`, { rows });
  });

export async function putInNewClass(value = "") {
  const rows = targets();
  if (!rows.length) return;
  const name = await askText({
    id: "class-dialog",
    title: `Put ${told(rows)} in a class`,
    label: "Class",
    value,
    options: classOptions(),
    confirm: "Put there",
    describe: newOrOld,
  });
  if (name) await putInClass(name);
}

export async function nameCluster(id) {
  const cluster = page.state.byId.get(id);
  if (!cluster) return;
  const name = await askText({
    id: "name-dialog",
    title: `What do the ${count(cluster.size)} of cluster ${id} show?`,
    label: "Class",
    value: cluster.name ?? cluster.suggested ?? (view.suggestion?.cluster === id ? view.suggestion.class : null) ?? "",
    options: classOptions(),
    confirm: "Name it",
    describe: newOrOld,
  });
  if (!name) return;
  await inTurn(() =>
    carryOut(
      [{ decision: "name_cluster", method: page.images.method, cluster: id, class: name }],
      `Cluster ${id} named ${name}: ${count(cluster.size)}`,
      { done: true },
    ),
  );
}

const USUAL_REASONS = ["blurred", "too dark", "too bright", "not the subject", "duplicate"];

export async function remove() {
  const rows = targets().filter((row) => !isRemoved(row));
  if (!rows.length) return;
  const known = [...page.state.reasons].reverse().filter(Boolean);
  const recent = [...new Set([...remembered.get("reasons", []), ...known, ...USUAL_REASONS])].slice(0, 12);
  const reason = await askText({
    id: "remove-dialog",
    title: `Remove ${told(rows)}: why?`,
    label: "Reason",
    value: recent[0],
    confirm: "Remove",
    options: recent.map((value) => ({ value })),
    optional: true,
    describe: () => "They are kept with the reason and can be given back.",
  });
  if (reason === null) return;
  if (reason) remembered.set("reasons", [reason, ...recent.filter((other) => other !== reason)].slice(0, 8));
  await inTurn(() =>
    carryOut([{ decision: "remove", images: ids(rows), reason }], `${told(rows)} removed: ${reason || "no reason"}`, {
      rows,
    }),
  );
}

export const giveBack = (rows) =>
  inTurn(async () => {
    if (rows.length) await carryOut([{ decision: "restore", images: ids(rows) }], `${told(rows)} given back`, { rows });
  });

/** Decisions about a row, without what is inferred. */
function saidOf({ cluster, source, class: index, classes, removed }, row) {
  const decided = source[row] !== LABEL_SOURCES.none && source[row] !== LABEL_SOURCES.propagated;
  return `${cluster[row]} ${removed[row] >= 0} ${decided ? source[row] + classes[index[row]].name : ""}`;
}

/** Undo, redo: looks at what changed by it, unless it is in sight. */
export const turn = (direction) =>
  inTurn(async () => {
    const before = page.state;
    if (!(await step(direction))) return;
    const after = page.state;
    const rows = [...page.images.id.keys()].filter((row) => saidOf(before, row) !== saidOf(after, row));
    if (!rows.length || rows.some((row) => placeOf(row) >= 0)) return;
    const clusters = new Set(rows.map((row) => after.cluster[row]));
    const [id] = clusters;
    if (clusters.size === 1 && id >= 0 && !rows.some(isRemoved)) open({ kind: "cluster", id });
    else open({ kind: "list", title: direction === "undo" ? "Undone" : "Done again", list: rows });
  });

/** Confirms the classes that `rows` are shown with; `name` where all are taken for one class. */
export const accept = (rows, name = null) =>
  inTurn(async () => {
    const groups = new Map();
    for (const row of rows) {
      const group = name ?? className(row);
      if (group !== null && !isRemoved(row)) groups.set(group, [...(groups.get(group) ?? []), row]);
    }
    if (!groups.size) {
      note("None of these images has a class yet: press a class key or c.");
      return;
    }
    const decisions = [...groups].map(([group, some]) => ({ decision: "accept", images: ids(some), class: group }));
    const said = [...groups].map(([group, some]) => `${told(some)} accepted as ${group}`).join(", ");
    await carryOut(decisions, said, { rows, done: rows.length === view.rows.length });
  });

/** Looks at what is nearest to the chosen images across all clusters; what is open is selected, to be accepted at once. */
export const moreLikeThis = (n = 60, from = null) =>
  inTurn(async () => {
    const seeds = from ?? targets();
    if (!seeds.length) return;
    try {
      const answer = await post("/api/similar", { rows: seeds, n });
      const names = new Set(seeds.map(className));
      const name = names.size === 1 ? [...names][0] : null;
      open({
        kind: "list",
        title: `More like ${seeds.length === 1 ? "this image" : `these ${seeds.length}`}`,
        list: answer.rows,
        about: { like: true, seeds, n, class: name },
      });
      // What somebody decided otherwise is shown, but not overwritten by the way.
      chooseRows(answer.rows.filter((row) => !(name ? isCalledOtherwise(row, name) : byHand(row))));
    } catch (error) {
      report(error, null);
    }
  });

/** The cluster that cluster actions are about: the one looked at, else that of the image in focus. */
export function currentCluster() {
  if (view.kind === "cluster") return view.id;
  if (view.suggestion?.kind === "name_cluster") return view.suggestion.cluster;
  const row = focusRow();
  return row === null || page.state.cluster[row] < 0 ? null : page.state.cluster[row];
}
