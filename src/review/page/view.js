// The view: which images are looked at, and in which order.

import { leftCluster, mark, matches, membersOf } from "./members.js";
import { sortKey, USUAL_ORDER } from "./order.js";
import { page, on, tell } from "./state.js";

/**
 * kind: "cluster" {id}, "class" {name, part}, "removed" {reason, name}, "all", "open", or "list" {list, about}.
 * `order` is a key of `ORDERS` or "field:<name>". `rows` is what the grid shows.
 */
export const view = { kind: "all", order: "name", reversed: false, filter: "", elsewhere: false, rows: [], away: 0 };

/** Position of every row in the view, -1 where it is not shown. */
let places = new Int32Array(0);
let snapshot = null;

/** The order that somebody chose for views of a kind. */
const chosen = {};

export const placeOf = (row) => places[row] ?? -1;

/** Looks at something else. */
export function open(next) {
  Object.assign(view, {
    id: null,
    name: null,
    part: "all",
    reason: null,
    list: null,
    about: null,
    suggestion: null,
    chosen: false,
  });
  Object.assign(view, { filter: "", elsewhere: false, reversed: false }, next);
  const given = next.suggestion || next.about?.like ? "given" : null;
  // A list that was found comes as it was found; elsewhere what somebody chose for such views goes first.
  view.order =
    next.order ??
    (view.kind === "list" ? given : chosen[view.kind]) ??
    chosen[view.kind] ??
    given ??
    USUAL_ORDER[view.kind];
  if (view.kind === "list") view.marks = new Map(view.list.map((row) => [row, mark(row)]));
  resort();
  tell("view");
}

/** Changes the order, the filter or what is left out; an order is kept for other views of the kind when `keep`. */
export function adjust(change, { keep = true } = {}) {
  Object.assign(view, { chosen: false }, change);
  if (change.order && keep) chosen[view.kind] = change.order;
  resort();
  tell("view");
}

function resort() {
  const { label_error_score, confidence } = page.state;
  snapshot = { label_error_score, confidence };
  settle();
}

/** What was decided as it already stood leaves a list as well. */
export function letGo(rows) {
  if (view.kind !== "list") return;
  for (const row of rows) if (view.marks.get(row) === mark(row)) view.marks.set(row, null);
  settle();
}

/** Works out `view.rows` again; the order stays as it was when the view was opened. */
function settle() {
  let rows = membersOf(view);
  view.away = 0;
  if (view.kind === "cluster") {
    view.away = rows.filter(leftCluster).length;
    if (!view.elsewhere) rows = rows.filter((row) => !leftCluster(row));
  }
  const wanted = view.filter.trim().toLowerCase();
  if (wanted) rows = rows.filter((row) => matches(row, wanted));
  const key = sortKey(view, snapshot);
  const sign = view.reversed ? -1 : 1;
  if (key) rows.sort((a, b) => sign * (key[a] - key[b]) || a - b);
  else if (view.reversed) rows.reverse();
  view.rows = rows;
  places = new Int32Array(page.n).fill(-1);
  rows.forEach((row, place) => {
    places[row] = place;
  });
  tell("rows");
}

on("state", settle);
