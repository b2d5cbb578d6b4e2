// `c` and an initial: puts the selection in a class, as soon as only one class is meant.

import { count, fill, h, key } from "./dom.js";
import { swatch } from "./colours.js";
import { show } from "./dialog.js";
import { page } from "./state.js";
import { targets } from "./selection.js";
import { putInClass, putInNewClass } from "./actions.js";

export async function pickByInitial() {
  const rows = targets();
  if (!rows.length) return;
  if (!page.state.classes.length) {
    await putInNewClass();
    return;
  }
  let typed = "";
  const name = await show({ id: "pick-dialog", title: `Put ${count(rows.length)} in …` }, (finish) => {
    const list = h("ul", { class: "options tall", id: "pick-options" });
    const fitting = () =>
      page.state.classes
        .map((entry, index) => ({ ...entry, index }))
        .filter((entry) => entry.name.toLowerCase().startsWith(typed));
    const draw = () =>
      fill(
        list,
        fitting().map((entry) => {
          const mark = h("span", { class: "swatch" }, entry.key ?? "");
          swatch(mark, entry.index);
          return h(
            "li",
            {},
            h(
              "button",
              { type: "button", "data-pick": entry.name, onclick: () => finish(entry.name) },
              key(entry.name.slice(0, typed.length + 1)),
              mark,
              h("span", { class: "value" }, entry.name),
              h("span", { class: "faint" }, count(entry.count)),
            ),
          );
        }),
      );
    draw();
    return [
      h(
        "div",
        {
          tabindex: "0",
          autofocus: true,
          class: "pick",
          onkeydown: (event) => {
            if (event.key === "Backspace") typed = typed.slice(0, -1);
            else if (event.key === "Enter" && event.target.tagName !== "BUTTON") {
              const first = fitting()[0];
              if (first) finish(first.name);
            } else if (event.key === "+") finish("");
            else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
              const before = typed;
              typed += event.key.toLowerCase();
              const left = fitting();
              if (left.length === 1) finish(left[0].name);
              if (!left.length) typed = before;
            } else return;
            event.preventDefault();
            draw();
          },
        },
        h("p", { class: "faint" }, "Type the first letters; + makes a new class."),
        list,
      ),
    ];
  });
  if (name) await putInClass(name);
  else if (name === "") await putInNewClass();
}
