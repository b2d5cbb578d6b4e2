// The top line: whether everything is saved, undo and redo, exports, and what to do when something went wrong.

import { post } from "./api.js";
import { EXPORTS } from "./definitions.js";
import { byId, fill, h } from "./dom.js";
import { turn } from "./actions.js";
import { discard, inTurn, saving, tryAgain } from "./decide.js";
import { show } from "./dialog.js";
import { page, on } from "./state.js";

let server = "here";
let isBack = false;
let away = null;

export function start() {
  byId("run-name").textContent = page.images.run;
  byId("run-name").title = page.images.run;
  byId("undo").onclick = () => turn("undo");
  byId("redo").onclick = () => turn("redo");
  byId("export").onclick = exportDialog;
  on("state", draw);
  on("saving", draw);
  on("unsaved", () => {
    const box = byId("trouble");
    box.classList.remove("again");
    requestAnimationFrame(() => box.classList.add("again"));
  });
  draw();
}

/** The events say whether the server is there. */
export function connection(is) {
  isBack = is === "here" && (isBack || server !== "here");
  server = is;
  draw();
}

/** Why nothing could be saved now, such as a run folder that was moved; `null` where all is well. */
export function trouble(text) {
  if (text === away) return;
  away = text;
  draw();
}

function draw() {
  const sign = byId("saved");
  if (!saving.failed) isBack = false;
  const offline = server !== "here" ? "offline" : away ? "away" : null;
  const phase = saving.failed ? "failed" : (offline ?? saving.phase);
  sign.dataset.phase = phase;
  sign.dataset.version = page.state.version;
  const texts = {
    saved: page.state.version ? "✓ Saved" : "Nothing decided yet",
    saving: "Saving…",
    failed: "Not saved",
    offline: "Server away",
    away: "Run not found",
  };
  sign.textContent = texts[phase];
  sign.title = phase === "saved" ? `${page.state.version} lines in decisions.jsonl, all on the disk` : "";
  byId("undo").disabled = !page.state.can_undo || phase === "saving";
  byId("redo").disabled = !page.state.can_redo || phase === "saving";
  const box = byId("trouble");
  box.hidden = !saving.message && !offline;
  const what = saving.failed
    ? "Your last decision is not saved: "
    : saving.phase === "failed"
      ? "That was not saved: "
      : "That did not work: ";
  if (saving.message) {
    fill(
      box,
      h(
        "p",
        { id: "trouble-text" },
        h("b", {}, what),
        saving.failed && isBack
          ? "the server was away and is back now: try again."
          : `${saving.message}. ${saving.advice}`,
      ),
      saving.failed ? h("button", { id: "try-again", class: "primary", onclick: tryAgain }, "Try again") : null,
      h("button", { id: "discard", onclick: () => inTurn(discard) }, saving.failed ? "Drop this decision" : "Close"),
    );
  } else if (server === "other") {
    fill(
      box,
      h(
        "p",
        { id: "trouble-text" },
        "This page belongs to a server that was stopped. Open the address that rails curate printed last; everything up to here is saved.",
      ),
    );
  } else if (server === "away") {
    fill(
      box,
      h(
        "p",
        { id: "trouble-text" },
        "The server does not answer. Everything up to here is saved; decide on when it is back, this page notices by itself.",
      ),
    );
  } else if (away) {
    fill(box, h("p", { id: "trouble-text" }, h("b", {}, "Nothing can be saved now: "), `${away}. This page notices by itself.`));
  }
}

function exportDialog() {
  show({ id: "export-dialog", title: "Export what is labelled" }, (finish) => {
    const said = h(
      "p",
      { id: "export-said", class: "said", role: "status" },
      "Written into the run's folder under curation/exports.",
    );
    const write = async (format) => {
      said.textContent = "Writing…";
      try {
        const answer = await post("/api/export", { format });
        fill(said, "Written: ", h("code", { id: "export-path" }, answer.path));
      } catch (error) {
        fill(said, h("span", { class: "wrong" }, `Not written: ${error.message}`));
      }
    };
    return [
      h(
        "ul",
        { class: "options tall" },
        EXPORTS.map(({ name, holds }) =>
          h(
            "li",
            {},
            h(
              "button",
              { type: "button", "data-format": name, onclick: () => write(name) },
              h("span", { class: "value" }, name),
              h("span", { class: "faint" }, holds),
            ),
          ),
        ),
      ),
      said,
      h("div", { class: "buttons" }, h("button", { type: "button", onclick: () => finish(null) }, "Close")),
    ];
  });
}
