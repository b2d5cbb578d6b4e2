// A small review for tests: twelve images in three clusters.

import { LABEL_SOURCES } from "./definitions.js";
import { page, take } from "../../src/review/page/state.js";

const { none, named, moved, accepted, propagated } = LABEL_SOURCES;

/**
 * Images 0 to 3 are cluster 0, named gravel; 4 to 7 cluster 1, without a name; 8 to 10 cluster 2; 11 is in none. By hand
 * image 3 was moved to stone and image 8 confirmed as stone; 9 is removed; 10 is predicted to be gravel.
 */
export function startReview(changes = {}) {
  const rows = [...Array(12).keys()];
  page.n = rows.length;
  page.images = {
    id: rows.map((row) => `id${row}`),
    path: rows.map((row) => `shelf/image_${row}.png`),
    typicality: [10, 1000, 500, 0, 1000, 750, 250, 0, 1000, 500, 0, 0],
    fieldNames: ["depth"],
    fields: { depth: rows.map((row) => String(12 - row)) },
    method: "review",
    x: rows,
    y: rows,
  };
  page.state = null;
  take({
    version: 3,
    fitted: 3,
    classes: [
      { name: "gravel", key: "1", count: 3, propagated: 1 },
      { name: "stone", key: "2", count: 2, propagated: 0 },
    ],
    clusters: [
      { id: 0, size: 4, name: "gravel", merged_into: null },
      { id: 1, size: 4, name: null, merged_into: null },
      { id: 2, size: 2, name: null, merged_into: null },
    ],
    cluster: [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, -1],
    class: [0, 0, 0, 1, -1, -1, -1, -1, 1, -1, 0, -1],
    source: [named, named, named, moved, none, none, none, none, accepted, none, propagated, none],
    confidence: [900, 800, 700, 600, 0, 0, 0, 0, 500, 0, 400, 0],
    label_error_score: [0, 300, 200, 100, 0, 0, 0, 0, 0, 0, 600, 50],
    removed: [-1, -1, -1, -1, -1, -1, -1, -1, -1, 0, -1, -1],
    reasons: ["blurred"],
    ...changes,
  });
}

/** The state as the server would send it after `change(arrays)`. */
export function decideNow(change) {
  const { state } = page;
  const arrays = ["cluster", "class", "source", "confidence", "label_error_score", "removed"];
  const raw = { ...state, ...Object.fromEntries(arrays.map((name) => [name, [...state[name]]])) };
  change(raw);
  take({ ...raw, version: state.version + 1 });
}
