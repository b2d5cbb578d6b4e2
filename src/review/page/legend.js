// Legend of the map; a click looks at that group.

import { count, fill, h } from "./dom.js";
import { choices } from "./colouring.js";
import { css } from "./colours.js";
import { open } from "./view.js";

/** Choice of what the map is coloured by; falls back to the class where `by` is not there. */
export function colourChoice(by, changed) {
  const options = choices().map(([name, text]) => h("option", { value: name }, `colour: ${text}`));
  const select = h(
    "select",
    { id: "map-colour", "aria-label": "Colour by", onchange: (event) => changed(event.target.value) },
    options,
  );
  select.value = options.some((option) => option.value === by) ? by : "class";
  return select;
}

/** Entries shown before the rest is only counted. */
const SHOWN = 18;

export function drawLegend(list, { entries, ramp, colours }) {
  if (ramp) {
    fill(
      list,
      h(
        "li",
        { class: "ramp" },
        h("span", {}, ramp[0]),
        h(
          "span",
          { class: "steps" },
          colours
            .filter((_, i) => i % 4 === 0)
            .map((colour) => {
              const step = h("i", {});
              step.style.backgroundColor = css(colour);
              return step;
            }),
        ),
        h("span", {}, ramp[1]),
      ),
    );
    return;
  }
  fill(
    list,
    entries.slice(0, SHOWN).map((entry) => {
      const dot = h("i", { class: `dot shape-${entry.shape}` });
      dot.style.backgroundColor = css(entry.colour);
      return h(
        "li",
        {},
        h(
          "button",
          {
            "data-legend": entry.label,
            disabled: !entry.next,
            title: count(entry.n),
            onclick: () => open(typeof entry.next === "function" ? entry.next() : entry.next),
          },
          dot,
          h("span", {}, entry.label),
          h("span", { class: "faint" }, entry.n.toLocaleString("en")),
        ),
      );
    }),
    entries.length > SHOWN ? h("li", { class: "faint" }, `and ${entries.length - SHOWN} more`) : null,
  );
}
