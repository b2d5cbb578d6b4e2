// The order of the images in a view.

import { page } from "./state.js";

export const ORDERS = {
  given: "as suggested",
  typicality: "most typical first",
  label_error_score: "highest label-error score first",
  confidence: "least certain first",
  name: "by name",
  time: "by time of the file",
};

/** The order of a kind of view, as long as nobody chooses another. */
export const USUAL_ORDER = {
  cluster: "typicality",
  class: "label_error_score",
  removed: "name",
  all: "name",
  open: "confidence",
  list: "name",
};

/** The order of a name field is `field:<name>`. */
const FIELD = "field:";

/** The name field that `order` is about; `null` for other orders. */
export const fieldOf = (order) => (order.startsWith(FIELD) ? order.slice(FIELD.length) : null);

/**
 * By row what `view` is ordered by: smaller comes first. `null` keeps the order in which the rows stand (by path, or as
 * suggested). `snapshot` holds the scores as they were when the view was opened.
 */
export function sortKey(view, snapshot) {
  const field = fieldOf(view.order);
  if (field !== null) return fieldRanks(field);
  switch (view.order) {
    case "given":
      return view.kind === "cluster" ? sampleFirst(view.suggestion) : null;
    case "typicality":
      return page.images.typicality.map((value) => -(value ?? 0));
    case "label_error_score":
      return Int32Array.from(snapshot.label_error_score, (value) => -value);
    case "confidence":
      return snapshot.confidence;
    case "time":
      return page.images.time;
    default:
      return view.kind === "list" ? Int32Array.from({ length: page.n }, (_, row) => row) : null;
  }
}

/** A cluster that is to be named begins with the images that the suggestion picked from all over it. */
function sampleFirst(suggestion) {
  const sample = new Map((suggestion?.rows ?? []).map((row, place) => [row, place]));
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
