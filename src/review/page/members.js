// Which images belong to a view, and which of them the filter lets pass.

import { byHand, className, isInferred, isRemoved, isUnlabelled, page } from "./state.js";

/** What a person has said about a row so far; a list lets go of a row when this changes. */
export function mark(row) {
  if (isRemoved(row)) return `removed ${page.state.reasons[page.state.removed[row]]}`;
  return byHand(row) ? `${page.state.source[row]} ${className(row)}` : "";
}

/** The name of the cluster that a row is in. */
const clusterName = (row) => page.state.byId.get(page.state.cluster[row])?.name ?? null;

/** Images of a class's clusters that were removed. */
export function removedFrom(name) {
  return rowsWhere((row) => isRemoved(row) && clusterName(row) === name).length;
}

/** Did a person give the image another class than its cluster has? */
export const leftCluster = (row) => byHand(row) && className(row) !== clusterName(row);

function rowsWhere(test) {
  const rows = [];
  for (let row = 0; row < page.n; row++) if (test(row)) rows.push(row);
  return rows;
}

const TESTS = {
  all: () => (row) => !isRemoved(row),
  open: () => (row) => !isRemoved(row) && isUnlabelled(row),
  removed({ reason, name }) {
    const index = reason === null ? -1 : page.state.reasons.indexOf(reason);
    return (row) =>
      isRemoved(row) &&
      (reason === null || page.state.removed[row] === index) &&
      (name === null || clusterName(row) === name);
  },
  cluster:
    ({ id }) =>
    (row) =>
      page.state.cluster[row] === id && !isRemoved(row),
  class({ name, part }) {
    const index = page.state.classes.findIndex((entry) => entry.name === name);
    return (row) =>
      page.state.class[row] === index &&
      !isRemoved(row) &&
      (part === "all" || (part === "inferred") === isInferred(row));
  },
};

/** The rows of `view`, in their own order, before it is filtered. */
export function membersOf(view) {
  if (view.kind === "list") return view.list.filter((row) => view.marks.get(row) === mark(row));
  return rowsWhere(TESTS[view.kind](view));
}

/** Does its path, or the value of a name field, hold `wanted`, which is in lower case? */
export function matches(row, wanted) {
  const { fields, fieldNames, path } = page.images;
  const texts = [path[row], ...fieldNames.map((name) => fields[name][row] ?? "")];
  return texts.some((text) => String(text).toLowerCase().includes(wanted));
}
