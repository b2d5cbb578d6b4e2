// Does what Enter means.

import { accept, giveBack, nameCluster, putInClass, putInNewClass, remove } from "./actions.js";
import { mergeThese } from "./groups.js";
import { primary } from "./primary.js";
import { skip } from "./suggestions.js";

const ACTIONS = {
  remove: () => remove(),
  giveBack: ({ rows }) => giveBack(rows),
  merge: ({ clusters }) => mergeThese(clusters),
  accept: ({ rows, name }) => accept(rows, name),
  leave: () => skip(),
  nameCluster: ({ id }) => nameCluster(id),
  putInClass: ({ name }) => putInClass(name),
  putInNewClass: ({ name }) => putInNewClass(name),
};

export function enter() {
  const meant = primary();
  if (meant) ACTIONS[meant.action](meant);
}
