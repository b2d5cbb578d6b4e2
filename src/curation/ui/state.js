// What the server last said, and who wants to know when it changes.

import { get } from "./api.js";

/** Where a label comes from, as numbers in `state.source`. */
export const NONE = 0;
export const NAMED = 1;
export const MOVED = 2;
export const ACCEPTED = 3;
export const PROPAGATED = 4;

/** `images` never change; `state` is replaced as a whole. Arrays are by row. */
export const page = { images: null, n: 0, state: null };

const listeners = new Map();

export function on(topic, listener) {
  listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
}

export function tell(topic) {
  for (const listener of listeners.get(topic) ?? []) listener();
}

export async function load() {
  const answer = await get("/api/images");
  page.images = { ...answer.images, run: answer.run, method: answer.method, fieldNames: answer.fields };
  page.n = answer.images.id.length;
  await refresh();
}

let running = null;
let again = false;

/** Asks for the state; calls while one is under way are answered by one more. */
export function refresh() {
  if (running) {
    again = true;
    return running;
  }
  running = (async () => {
    do {
      again = false;
      take(await get("/api/state"));
    } while (again);
  })().finally(() => {
    running = null;
  });
  return running;
}

function take(raw) {
  if (page.state && raw.version < page.state.version) return;
  page.state = {
    ...raw,
    cluster: Int32Array.from(raw.cluster),
    class: Int32Array.from(raw.class),
    source: Uint8Array.from(raw.source),
    confidence: Uint16Array.from(raw.confidence),
    suspicion: Uint16Array.from(raw.suspicion),
    removed: Int32Array.from(raw.removed),
    byId: new Map(raw.clusters.map((cluster) => [cluster.id, cluster])),
  };
  tell("state");
}

/** Did a person decide about this very image? */
export const byHand = (row) => page.state.source[row] === MOVED || page.state.source[row] === ACCEPTED;

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
