// The review page: loads what there is, starts every part, and follows what other tabs do.

import { listen } from "./api.js";
import { byId, fill, h } from "./dom.js";
import { load, refresh } from "./load.js";
import { on, page, tell } from "./state.js";
import * as grid from "./grid.js";
import * as pointer from "./pointer.js";
import * as divider from "./divider.js";
import * as places from "./places.js";
import * as clusters from "./clusters.js";
import * as classes from "./classes.js";
import * as detail from "./detail.js";
import * as session from "./session.js";
import * as heading from "./heading.js";
import * as tools from "./tools.js";
import * as keys from "./keys.js";
import * as suggestions from "./suggestions.js";
import { isAsking } from "./dialog.js";
import { startWelcome } from "./help.js";
import { open } from "./view.js";

async function start() {
  await load();
  document.title = `${page.images.run}: review`;
  open({ kind: "all" });
  for (const part of [session, grid, pointer, divider, places, clusters, classes, detail, heading, tools, keys])
    part.start();
  startWelcome();
  on("view", backToImages);
  document.addEventListener("click", (event) => {
    if (event.detail > 0 && event.target.closest("button") && event.target.id !== "divider-handle") backToImages();
  });
  listen(follow, session.connection);
  await suggestions.start();
  byId("grid").focus({ preventScroll: true });
  document.body.dataset.ready = "true";
}

/** A button that did its work gives the keys back, so that Enter means the dark button and not the same one again. */
function backToImages() {
  if (!isAsking() && ["BUTTON", "BODY"].includes(document.activeElement?.tagName))
    byId("grid").focus({ preventScroll: true });
}

/** Something changed: another tab decided, or the suggestions were worked out again. */
async function follow({ version, fitted, trouble }) {
  session.trouble(trouble);
  const { state } = page;
  const news = version > state.version || fitted > state.fitted;
  if (!news) return;
  await refresh().catch(() => {});
  tell("fitted");
}

start().catch((error) => {
  byId("saved").textContent = "";
  const box = byId("trouble");
  box.hidden = false;
  fill(
    box,
    h(
      "p",
      { id: "trouble-text" },
      h("b", {}, "The review cannot start: "),
      `${error.message}.`,
      error.status === 403
        ? " Open the whole address that rails curate printed, with everything after the question mark."
        : " Start rails curate again and open the address it prints.",
    ),
  );
  if (!(error.status >= 0)) throw error;
});
