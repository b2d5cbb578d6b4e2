// Help: what the page is for, in a few sentences, and every key.

import { byId, fill, h, key } from "./dom.js";
import { show } from "./dialog.js";
import { page, on, remembered } from "./state.js";
import { view } from "./view.js";

export function help(keys) {
  const groups = [...new Set(keys.map((entry) => entry.group))];
  return show({ id: "help-dialog", title: "Keys", wide: true }, (finish) => [
    h("div", { class: "help" }, [
      ...groups.map((group) =>
        h(
          "section",
          {},
          h("h3", {}, group),
          h(
            "dl",
            {},
            keys
              .filter((entry) => entry.group === group && entry.show)
              .map((entry) => [
                h(
                  "dt",
                  {},
                  entry.show.split(/ {3}/).map((part) => key(part)),
                ),
                h("dd", {}, entry.what),
              ]),
          ),
        ),
      ),
      h(
        "section",
        {},
        h("h3", {}, "Mouse"),
        h(
          "dl",
          {},
          h("dt", {}, "click"),
          h("dd", {}, "select; with Shift up to here, with Ctrl this one as well, with both all up to here as well"),
          h("dt", {}, "drag"),
          h("dd", {}, "select a rectangle"),
          h("dt", {}, "double click"),
          h("dd", {}, "enlarge"),
        ),
      ),
      h(
        "section",
        {},
        h("h3", {}, "Signs"),
        h(
          "dl",
          {},
          h("dt", {}, h("span", { class: "swatch sample" }, "1")),
          h("dd", {}, "decided by a person, here or with its cluster"),
          h("dt", {}, h("span", { class: "swatch sample outline" }, "1")),
          h("dd", {}, "inferred from what was decided; grows surer as you go on"),
          h("dt", {}, h("span", { class: "badge sample" }, "!")),
          h("dd", {}, "may be wrong: its looks and its label disagree"),
        ),
      ),
    ]),
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "button", class: "primary", autofocus: true, onclick: () => finish(null) }, "Close"),
    ),
  ]);
}

let hidden = remembered.get("welcome", false);

/** Two sentences for who sees this for the first time; gone after the first decision. */
export function startWelcome() {
  on("state", draw);
  on("view", draw);
  draw();
}

function draw() {
  const box = byId("welcome");
  box.hidden = hidden || page.state.version > 0 || view.suggestion?.kind !== "name_cluster";
  if (box.hidden) return;
  fill(
    box,
    h(
      "p",
      {},
      "Below is a group of images that look alike: press ",
      key("Enter"),
      " and say what they show, and take out what does not belong with ",
      key("x"),
      " or a class key. Then the next group comes by itself; ",
      key("u"),
      " takes back any step and ",
      key("?"),
      " lists all keys.",
    ),
    h(
      "button",
      {
        id: "welcome-close",
        "aria-label": "Close",
        onclick: () => {
          hidden = true;
          remembered.set("welcome", true);
          draw();
        },
      },
      "×",
    ),
  );
}
