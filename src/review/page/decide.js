// Decisions on their way to the log: one after the other, and "saved" only after the server has said so.

import { post } from "./api.js";
import { refresh } from "./load.js";
import { page, tell } from "./state.js";
import { count, quoted } from "./dom.js";

/** phase: "saved", "saving" or "failed"; `message`, `advice` where something went wrong, `failed` can be tried again. */
export const saving = { phase: "saved", message: "", advice: "", failed: null };

let queue = Promise.resolve();

/** Runs `work` after everything that was asked before it, so that quick keys never act on an old state. */
export function inTurn(work) {
  queue = queue.then(work).catch((error) => report(error, null));
  return queue;
}

function set(phase, message = "", advice = "", failed = null) {
  Object.assign(saving, { phase, message, advice, failed });
  tell("saving");
}

const ADVICE = {
  0: "Is rails curate still running? Start it again in the same run, then try again here; nothing that was saved is lost.",
  403: "This page belongs to a server that was stopped; open the new address, and decide this again there.",
  409: "What you see now is up to date.",
  413: "Decide on fewer images at once.",
  507: "The decision waits here until there is room on the disk of the run folder.",
};

/** `request` is the decision that was not saved; `null` where only a question went unanswered. */
export function report(error, request) {
  const advice = ADVICE[error.status] ?? "";
  const again = request && [0, 403, 500, 503, 507].includes(error.status) ? request : null;
  set(request ? "failed" : "saved", error.message, advice, again);
  if (!(error.status >= 0)) throw error;
}

/** Sends one batch; `true` once it is on the disk. */
export async function decide(decisions) {
  return send({ path: "/api/decide", body: { by: "page", decisions, version: page.state.version } });
}

async function send(request) {
  if (saving.failed) {
    tell("unsaved");
    return false;
  }
  set("saving");
  try {
    const answer = await post(request.path, request.body);
    set("saved");
    await refresh().catch((error) => report(error, null));
    tell("decided");
    return answer;
  } catch (error) {
    report(error, request);
    if (error.status === 409) await refresh().catch(() => {});
    return false;
  }
}

/** Takes back what was decided last, or does it again; `true` once that is on the disk. */
export async function step(direction) {
  const answer = await send({ path: `/api/${direction}`, body: {} });
  if (answer) note(`${direction === "undo" ? "Undone" : "Done again"}: ${quoted(answer.what)}`);
  return Boolean(answer);
}

export function tryAgain() {
  const request = saving.failed;
  if (!request) return;
  saving.failed = null;
  inTurn(() => send(request));
}

/** Lets go of a decision that could not be saved. */
export function discard() {
  set("saved");
  return refresh().catch((error) => report(error, null));
}

let clearing;

/** A short word about what just happened. */
export function note(text) {
  const toast = document.getElementById("toast");
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(clearing);
  clearing = setTimeout(() => {
    toast.hidden = true;
  }, 4000);
}

export const ids = (rows) => rows.map((row) => page.images.id[row]);

export const told = (rows) => count(rows.length);

window.addEventListener("beforeunload", (event) => {
  if (saving.phase === "saving" || saving.failed) event.preventDefault();
});
