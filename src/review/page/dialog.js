// Questions: a text with suggestions, a choice, or anything with its own body. Escape answers "no" to all of them.

import { fill, h } from "./dom.js";

export const isAsking = () => document.querySelector("dialog[open]") !== null;

/** Shows a dialog and waits; `build(finish)` gives its body, `finish(answer)` closes it. `null` when it was left. */
export function show({ id, title, wide = false }, build) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { id, class: wide ? "wide" : "", "aria-labelledby": `${id}-title` });
    let answer = null;
    const finish = (value) => {
      answer = value;
      dialog.close();
    };
    dialog.append(h("h2", { id: `${id}-title` }, title), ...build(finish));
    dialog.addEventListener("close", () => {
      dialog.remove();
      document.getElementById("grid").focus({ preventScroll: true });
      resolve(answer);
    });
    dialog.addEventListener("keydown", (event) => {
      if (!event.defaultPrevented) walk(dialog, event);
    });
    dialog.addEventListener("pointerdown", (event) => {
      if (event.target === dialog) dialog.close();
    });
    document.body.append(dialog);
    dialog.showModal();
    const input = dialog.querySelector("input[type=text]");
    input?.select();
  });
}

/** Up and down go from the text or what was chosen last to the next thing that can be chosen. */
function walk(dialog, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const choices = [...dialog.querySelectorAll(".options button")];
  if (!step || !choices.length || event.target.type === "range") return;
  event.preventDefault();
  const at = choices.indexOf(document.activeElement);
  if (at + step < 0) (dialog.querySelector("input") ?? choices[0]).focus();
  else choices[Math.min(at + step, choices.length - 1)].focus();
}

/**
 * Asks for a text. `options` are {value, detail, paint?}; what is typed is completed to the first that begins with it,
 * visibly, and Backspace drops the completion. `describe(text)` is said below. The answer is trimmed and not empty,
 * unless `optional`.
 */
export function askText({ id, title, label, value = "", options, confirm, describe, optional = false }) {
  return show({ id, title }, (finish) => {
    const input = h("input", {
      type: "text",
      id: `${id}-input`,
      value,
      autocomplete: "off",
      spellcheck: "false",
      maxlength: "200",
      role: "combobox",
      "aria-expanded": "true",
      "aria-controls": `${id}-options`,
      "aria-label": label,
    });
    const said = h("p", { class: "said", "aria-live": "polite" });
    const list = h("ul", { id: `${id}-options`, role: "listbox", class: "options" });
    const ok = h("button", { type: "submit", class: "primary", id: `${id}-ok` }, `${confirm} ⏎`);
    let at = -1;

    const draw = () => {
      const wanted = typed.trim().toLowerCase();
      const fitting = options.filter((option) => option.value.toLowerCase().includes(wanted));
      fill(
        list,
        (fitting.length ? fitting : options).map((option) => {
          const mark = h("span", { class: "swatch" });
          if (option.paint) option.paint(mark);
          return h(
            "li",
            {
              role: "option",
              "data-value": option.value,
              "aria-selected": option.value === input.value,
              onclick: () => finish(option.value),
            },
            option.paint ? mark : null,
            h("span", { class: "value" }, option.value),
            h("span", { class: "faint" }, option.detail ?? ""),
          );
        }),
      );
      said.textContent = describe ? describe(input.value.trim()) : "";
      ok.disabled = !optional && !input.value.trim();
    };
    let typed = "";

    input.addEventListener("input", (event) => {
      typed = input.value;
      at = -1;
      const adding = event.inputType === "insertText" && input.selectionStart === typed.length;
      const match =
        adding && typed && options.find((option) => option.value.toLowerCase().startsWith(typed.toLowerCase()));
      if (match && match.value.length > typed.length) {
        input.value = typed + match.value.slice(typed.length);
        input.setSelectionRange(typed.length, input.value.length);
      }
      draw();
    });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      const items = [...list.children];
      if (!items.length) return;
      at = (at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length;
      input.value = items[at].dataset.value;
      items.forEach((item, i) => item.setAttribute("aria-selected", i === at));
      items[at].scrollIntoView({ block: "nearest" });
      said.textContent = describe ? describe(input.value) : "";
      ok.disabled = false;
    });
    draw();
    return [
      h(
        "form",
        {
          method: "dialog",
          onsubmit: (event) => {
            event.preventDefault();
            const text = input.value.trim();
            if (text || optional) finish(text);
          },
        },
        input,
        said,
        list,
        buttons(finish, ok),
      ),
    ];
  });
}

/** Cancel, and what goes on. */
export function buttons(finish, ...go) {
  return h(
    "div",
    { class: "buttons" },
    h("button", { type: "button", class: "cancel", onclick: () => finish(null) }, "Cancel"),
    ...go,
  );
}
