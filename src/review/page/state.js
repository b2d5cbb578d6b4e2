// What the server last said, and who wants to know when it changes.

import { LABEL_SOURCES } from "./definitions.js";

/** `images` never change; `state` is replaced as a whole. Arrays are by row. */
export const page = { images: null, n: 0, state: null };

const listeners = new Map();

export function on(topic, listener) {
  listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
}

export function tell(topic) {
  for (const listener of listeners.get(topic) ?? []) listener();
}

/** Takes over an answer of `/api/state`, unless a later one came first. */
export function take(raw) {
  if (page.state && raw.version < page.state.version) return;
  page.state = {
    ...raw,
    cluster: Int32Array.from(raw.cluster),
    class: Int32Array.from(raw.class),
    source: Uint8Array.from(raw.source),
    confidence: Uint16Array.from(raw.confidence),
    label_error_score: Uint16Array.from(raw.label_error_score),
    removed: Int32Array.from(raw.removed),
    byId: new Map(raw.clusters.map((cluster) => [cluster.id, cluster])),
  };
  tell("state");
}

/** Did a person decide about this very image? */
export const byHand = (row) =>
  page.state.source[row] === LABEL_SOURCES.moved || page.state.source[row] === LABEL_SOURCES.accepted;

/** Is its class only predicted? */
export const isInferred = (row) => page.state.source[row] === LABEL_SOURCES.propagated;

/** Has nobody said yet what it shows? */
export const isUnlabelled = (row) => page.state.source[row] === LABEL_SOURCES.none || isInferred(row);

/** Did a person call it, or its cluster, something else than `name`? Nothing done to many images at once may change that. */
export const isCalledOtherwise = (row, name) => name !== null && !isUnlabelled(row) && className(row) !== name;

export const isRemoved = (row) => page.state.removed[row] >= 0;

export const classIndex = (name) => page.state.classes.findIndex((entry) => entry.name === name);

export const className = (row) => page.state.classes[page.state.class[row]]?.name ?? null;

/** `gravel (cluster 3)` or `Cluster 3`. */
export function clusterTitle(id) {
  if (id < 0) return "In no cluster";
  const name = page.state.byId.get(id)?.name;
  return name ? `${name} (cluster ${id})` : `Cluster ${id}`;
}

export const fileName = (row) => page.images.path[row].split(/[\\/]/).pop();

/** Something remembered in this browser from visit to visit. */
export const remembered = {
  get(name, otherwise) {
    try {
      return JSON.parse(localStorage.getItem(`rails.${name}`)) ?? otherwise;
    } catch {
      return otherwise;
    }
  },
  set(name, value) {
    try {
      localStorage.setItem(`rails.${name}`, JSON.stringify(value));
    } catch {
      // Private windows may refuse; then it lasts as long as the page.
    }
  },
};
