// Which images are looked at, and in which order.

import { get } from "./api.js";
import { byHand, className, isRemoved, page, on, tell, PROPAGATED, NONE, clusterTitle, fileName } from "./state.js";

/**
 * kind: "cluster" {id}, "class" {name, part}, "removed" {reason, name}, "all", "open", or "list" {list, about}.
 * `order` is a key of `ORDERS` or "field:<name>". `rows` is what the grid shows.
 */
export const view = { kind: "all", order: "name", reversed: false, filter: "", elsewhere: false, rows: [], away: 0 };

/** Position of every row in the view, -1 where it is not shown. */
let places = new Int32Array(0);
let snapshot = null;

export const ORDERS = {
  given: "as suggested",
  typicality: "most typical first",
  suspicion: "most doubtful first",
  confidence: "least certain first",
  name: "by name",
  time: "by time of the file",
};

const USUAL = {
  cluster: "typicality",
  class: "suspicion",
  removed: "name",
  all: "name",
  open: "confidence",
  list: "name",
};
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
    next.order ?? (view.kind === "list" ? given : chosen[view.kind]) ?? chosen[view.kind] ?? given ?? USUAL[view.kind];
  if (view.kind === "list") view.marks = new Map(view.list.map((row) => [row, mark(row)]));
  resort();
  tell("view");
}

/** Orders by `order`; when files were last written is asked once somebody wants to know. */
export async function orderBy(order) {
  if (order === "time") page.images.time ??= Float64Array.from((await get("/api/times")).map((time) => time ?? Infinity));
  adjust({ order });
}

/** Changes the order, the filter or what is left out; an order is kept for other views of the kind when `keep`. */
export function adjust(change, { keep = true } = {}) {
  Object.assign(view, { chosen: false }, change);
  if (change.order && keep) chosen[view.kind] = change.order;
  resort();
  tell("view");
}

function resort() {
  const { suspicion, confidence } = page.state;
  snapshot = { suspicion, confidence };
  settle();
}

/** What a person has said about a row so far; a list lets go of a row when this changes. */
function mark(row) {
  if (isRemoved(row)) return `removed ${page.state.reasons[page.state.removed[row]]}`;
  return byHand(row) ? `${page.state.source[row]} ${className(row)}` : "";
}

/** The name of the cluster that a row is in. */
const clusterName = (row) => page.state.byId.get(page.state.cluster[row])?.name ?? null;

/** Images of a class's clusters that were removed. */
export function removedFrom(name) {
  let n = 0;
  for (let row = 0; row < page.n; row++) if (isRemoved(row) && clusterName(row) === name) n++;
  return n;
}

/** What was decided as it already stood leaves a list as well. */
export function letGo(rows) {
  if (view.kind !== "list") return;
  for (const row of rows) if (view.marks.get(row) === mark(row)) view.marks.set(row, null);
  settle();
}

function leftCluster(row) {
  return byHand(row) && className(row) !== (page.state.byId.get(view.id)?.name ?? null);
}

function members() {
  const { state, n } = page;
  if (view.kind === "list") return view.list.filter((row) => view.marks.get(row) === mark(row));
  const reason = view.reason === null ? -1 : state.reasons.indexOf(view.reason);
  const index = state.classes.findIndex((entry) => entry.name === view.name);
  const tests = {
    all: (row) => !isRemoved(row),
    open: (row) => !isRemoved(row) && (state.source[row] === NONE || state.source[row] === PROPAGATED),
    removed: (row) =>
      isRemoved(row) &&
      (view.reason === null || state.removed[row] === reason) &&
      (view.name === null || clusterName(row) === view.name),
    cluster: (row) => state.cluster[row] === view.id && !isRemoved(row),
    class: (row) =>
      state.class[row] === index &&
      !isRemoved(row) &&
      (view.part === "all" || (view.part === "inferred") === (state.source[row] === PROPAGATED)),
  };
  const found = [];
  for (let row = 0; row < n; row++) if (tests[view.kind](row)) found.push(row);
  return found;
}

/** Works out `view.rows` again; the order stays as it was when the view was opened. */
function settle() {
  let rows = members();
  view.away = 0;
  if (view.kind === "cluster") {
    const gone = rows.filter(leftCluster).length;
    view.away = gone;
    if (!view.elsewhere && gone) rows = rows.filter((row) => !leftCluster(row));
  }
  const wanted = view.filter.trim().toLowerCase();
  if (wanted) rows = rows.filter((row) => matches(row, wanted));
  const key = sortKey();
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

function matches(row, wanted) {
  const { fields, fieldNames, path } = page.images;
  return (
    path[row].toLowerCase().includes(wanted) ||
    fieldNames.some((name) =>
      String(fields[name][row] ?? "")
        .toLowerCase()
        .includes(wanted),
    )
  );
}

/** Smaller comes first; `null` keeps the order in which the rows stand (by path, or as suggested). */
function sortKey() {
  switch (view.order) {
    case "given":
      return view.kind === "cluster" ? sampleFirst() : null;
    case "name":
      return view.kind === "list" ? Int32Array.from({ length: page.n }, (_, row) => row) : null;
    case "typicality":
      return page.images.typicality.map((value) => -(value ?? 0));
    case "suspicion":
      return Int32Array.from(snapshot.suspicion, (value) => -value);
    case "confidence":
      return snapshot.confidence;
    case "time":
      return page.images.time;
    default:
      return fieldRanks(view.order.slice("field:".length));
  }
}

/** A cluster that is to be named begins with the images that the suggestion picked from all over it. */
function sampleFirst() {
  const sample = new Map((view.suggestion?.rows ?? []).map((row, place) => [row, place]));
  return Float64Array.from(page.images.typicality, (value, row) => sample.get(row) ?? 1e6 - (value ?? 0));
}

const ranks = new Map();
const collator = new Intl.Collator("en", { numeric: true });

/** The rank of every row's value of a name field; numbers in it count as numbers. */
function fieldRanks(name) {
  if (!ranks.has(name)) {
    const values = page.images.fields[name].map((value) => String(value ?? ""));
    const rank = new Map([...new Set(values)].sort(collator.compare).map((value, place) => [value, place]));
    ranks.set(
      name,
      Int32Array.from(values, (value) => rank.get(value)),
    );
  }
  return ranks.get(name);
}

/** What a tile says under its picture when the order is about it. */
export function remark(row) {
  if (view.suggestion?.kind === "merge") return `cluster ${page.state.cluster[row]}`;
  if (view.order.startsWith("field:")) return String(page.images.fields[view.order.slice(6)][row] ?? "");
  if (view.order === "time" && view.kind !== "removed") return when(page.images.time[row]);
  return view.order === "name" && view.kind !== "removed" && view.kind !== "list" ? fileName(row) : null;
}

const TIME = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

const when = (seconds) => (Number.isFinite(seconds) ? TIME.format(new Date(seconds * 1000)) : "time unknown");

export function viewTitle() {
  switch (view.kind) {
    case "cluster":
      return clusterTitle(view.id);
    case "class":
      return view.name;
    case "removed":
      return `Removed${view.name ? ` from ${view.name}` : ""}${view.reason === null ? "" : `: ${view.reason || "no reason given"}`}`;
    case "open":
      return "Not labelled yet";
    case "list":
      return view.title;
    default:
      return "All images";
  }
}

on("state", settle);
