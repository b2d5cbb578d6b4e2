// The image in focus as large as the window allows; arrows go on to its neighbours in the view.

import { imageUrl } from "./api.js";
import { h } from "./dom.js";
import { show } from "./dialog.js";
import { page, fileName } from "./state.js";
import { focusRow, moveTo, selection } from "./selection.js";
import { standing } from "./tile.js";

export function enlarge() {
  if (focusRow() === null) return;
  show({ id: "large-dialog", title: "" }, (finish) => {
    const img = h("img", { alt: "" });
    const text = h("p", {});
    const draw = () => {
      const row = focusRow();
      img.src = imageUrl(page.images.id[row]);
      text.textContent = `${fileName(row)} · ${standing(row)}`;
    };
    draw();
    return [
      h(
        "div",
        {
          class: "large",
          tabindex: "0",
          autofocus: true,
          onkeydown: (event) => {
            const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
            if (step) {
              moveTo(selection.focus + step, { keep: true });
              draw();
            } else if ([" ", "Enter", "z"].includes(event.key)) finish(null);
            else return;
            event.preventDefault();
            event.stopPropagation();
          },
          onclick: () => finish(null),
        },
        img,
        text,
      ),
    ];
  });
}
