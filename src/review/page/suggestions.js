// The next thing worth deciding: it comes up by itself, says what it is in a sentence, and can be skipped.

import { get } from "./api.js";
import { byId, fill, h, key } from "./dom.js";
import { page, on, byHand, isRemoved, remembered } from "./state.js";
import { open, view } from "./view.js";

let queue = [];
let current = null;
let asking = false;
let busy = 0;
let waiting = () => {};
let byItself = remembered.get("advance", true);
let skipped = [];

/** Is `a` what was asked as `b`? Screens of images count as the same while half of them are. */
function same(a, b) {
  if (a.kind !== b.kind) return false;
  if (a.kind === "name_cluster") return a.cluster === b.cluster;
  const rows = new Set(b.rows);
  return 2 * a.rows.filter((row) => rows.has(row)).length >= a.rows.length;
}

const wasSkipped = (s) => skipped.some((other) => same(s, other));

/** Is it still to be decided? The server may not have seen the last decision when it proposed this. */
function stands(s) {
  const cluster = page.state.byId.get(s.cluster);
  if (s.kind === "name_cluster")
    return Boolean(cluster) && !cluster.name && cluster.merged_into === null && cluster.size > 0;
  if (s.kind === "merge") return s.clusters.every((id) => page.state.byId.get(id)?.merged_into === null);
  return s.rows.length > 0;
}

/** Without the images that were decided on since, where the suggestion is about undecided ones. */
function undecided(s) {
  const isOpen = (row) => !isRemoved(row) && (s.kind === "duplicates" || !byHand(row));
  return s.kind === "name_cluster" || s.kind === "merge" ? s : { ...s, rows: s.rows.filter(isOpen) };
}

/** Suggestions follow a decision within a second; for that long it is better to wait than to ask about old ones. */
const PATIENCE = 900;

function fitted() {
  if (page.state.fitted >= page.state.version) return Promise.resolve();
  return new Promise((resolve) => {
    waiting = resolve;
    setTimeout(resolve, PATIENCE);
  });
}

async function ask() {
  try {
    await fitted();
    queue = (await get("/api/next?n=40")).map(undecided).filter(stands);
  } catch {
    queue = [];
  }
  const fresh = queue.filter((s) => !wasSkipped(s));
  if (!fresh.length) skipped = [];
  return fresh[0] ?? queue[0] ?? null;
}

/** Asks while nothing else may replace the answer. */
async function take() {
  asking = true;
  try {
    current = await keysWait(ask);
  } finally {
    asking = false;
  }
}

/** Does what ends with another view; keys do nothing meanwhile, so that none hits what is about to go. */
export async function keysWait(work) {
  busy++;
  document.body.dataset.busy = "true";
  try {
    return await work();
  } finally {
    busy--;
    if (!busy) delete document.body.dataset.busy;
  }
}

export const isBusy = () => busy > 0;

const isCurrent = () => current !== null && view.suggestion === current;

/** After a decision: shows the next suggestion, unless the user prefers to choose. */
export async function advance() {
  if (isCurrent()) skipped.push(current);
  await take();
  if (byItself && current) look();
  draw();
}

/** Leaves the suggestion that is shown for later; or shows it, where something else is looked at. */
export async function skip() {
  if (current && !isCurrent()) look();
  else {
    if (current) skipped.push(current);
    await take();
    if (current) look();
  }
  draw();
}

export async function start() {
  on("view", draw);
  on("fitted", async () => {
    waiting();
    if (isCurrent() || asking) return;
    const found = await ask();
    if (isCurrent() || asking) return;
    current = found;
    draw();
  });
  await advance();
  if (!current) open({ kind: "all" });
  else if (!isCurrent()) look();
}

function look() {
  if (current.kind === "name_cluster") {
    open({ kind: "cluster", id: current.cluster, suggestion: current });
    return;
  }
  const chosen = current.kind === "neighbourhood";
  open({
    kind: "list",
    title: TITLES[current.kind]?.(current) ?? "Suggested",
    list: current.rows,
    suggestion: current,
    chosen,
  });
}

const TITLES = {
  merge: () => "One cluster or two?",
  check_class: (s) => `Maybe ${s.class}`,
  suspects: (s) => (s.class ? `Looks like ${s.class}` : "Possibly labelled wrongly"),
  neighbourhood: () => "Look-alikes",
  sample: () => "A sample of everything",
  duplicates: () => "Near-duplicates",
};

function draw() {
  const bar = byId("next");
  if (!current) {
    fill(bar, h("span", { class: "faint" }, "Nothing stands out any more: train on what you have, or look around."));
    return;
  }
  const shown = isCurrent();
  bar.dataset.kind = current.kind;
  fill(
    bar,
    h("span", { class: "when" }, shown ? "Now" : "Next"),
    h("span", { id: "next-title", title: current.title }, current.title),
    h(
      "button",
      { id: "next-skip", onclick: skip, title: shown ? "Leave it for later (n)" : "Show it (n)" },
      shown ? "Skip " : "Show ",
      key("n"),
    ),
    h(
      "label",
      { title: "After a decision show the next suggestion without being asked" },
      h("input", {
        type: "checkbox",
        id: "next-auto",
        checked: byItself,
        onchange: (event) => {
          byItself = event.target.checked;
          remembered.set("advance", byItself);
        },
      }),
      "go on by itself",
    ),
  );
}
