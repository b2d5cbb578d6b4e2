// Which images are chosen, which one is in focus, and the divider from which on nothing belongs.

import { isCalledOtherwise, on, tell } from "./state.js";
import { placeOf, view } from "./view.js";

/** `rows` are chosen; `focus`, `anchor` and `divider` are places in the view. `tail` starts at the divider. */
export const selection = { rows: new Set(), focus: 0, anchor: 0, divider: null };

let before = [];

export const focusRow = () => view.rows[selection.focus] ?? null;

export const isChosen = (row) => selection.rows.has(row);

/** Was anything chosen on purpose, or is there only the image in focus? */
export const isAnythingChosen = () => selection.divider !== null || selection.rows.size > 0;

/** The images that the next decision is about: the tail behind the divider, the selection, or the one in focus. */
export function targets() {
  if (selection.divider !== null) return view.rows.slice(selection.divider);
  if (selection.rows.size) return view.rows.filter(isChosen);
  return focusRow() === null ? [] : [focusRow()];
}

const clamp = (place) => Math.max(0, Math.min(view.rows.length - 1, place));

/** Moves the focus; `extend` selects everything between the anchor and it. */
export function moveTo(place, { extend = false, keep = false } = {}) {
  selection.focus = clamp(place);
  if (extend) {
    const range = between(selection.anchor, selection.focus);
    selection.rows = new Set(keep ? [...selection.rows, ...range] : range);
  } else {
    selection.anchor = selection.focus;
    if (!keep) selection.rows.clear();
  }
  tell("selection");
  tell("focus");
}

function between(a, b) {
  return view.rows.slice(Math.min(a, b), Math.max(a, b) + 1);
}

export function choose(place) {
  moveTo(place, { keep: true });
  selection.rows = new Set([focusRow()]);
  tell("selection");
}

export function toggle(place) {
  moveTo(place, { keep: true });
  const row = focusRow();
  if (!selection.rows.delete(row)) selection.rows.add(row);
  tell("selection");
}

/** Selects exactly `rows`, or these as well. */
export function chooseRows(rows, { add = false } = {}) {
  selection.rows = new Set(add ? [...selection.rows, ...rows] : rows);
  tell("selection");
}

export const chooseAll = () => chooseRows(view.rows);

export function chooseNone() {
  selection.rows.clear();
  selection.divider = null;
  tell("selection");
}

/** Puts the divider before the image at `place`; `null` takes it away. */
export function divideAt(place) {
  selection.divider = place === null || !view.rows.length ? null : clamp(place);
  if (place !== null) selection.rows.clear();
  tell("selection");
}

on("view", () => {
  Object.assign(selection, { focus: 0, anchor: 0, divider: null });
  const name = view.suggestion?.class ?? null;
  selection.rows = new Set(view.chosen ? view.rows.filter((row) => !isCalledOtherwise(row, name)) : []);
  before = view.rows;
  tell("selection");
  tell("focus");
});

// When images leave the view the focus goes to the next one that stayed.
on("rows", () => {
  const next = before.slice(selection.focus).find((row) => placeOf(row) >= 0);
  const was = before[selection.focus];
  const tailStart =
    selection.divider === null ? undefined : before.slice(selection.divider).find((row) => placeOf(row) >= 0);
  selection.focus = next === undefined ? clamp(view.rows.length - 1) : placeOf(next);
  selection.anchor = clamp(selection.anchor);
  if (selection.divider !== null) selection.divider = tailStart === undefined ? null : placeOf(tailStart);
  selection.rows = new Set([...selection.rows].filter((row) => placeOf(row) >= 0));
  before = view.rows;
  tell("selection");
  if (was !== focusRow()) tell("focus");
});
