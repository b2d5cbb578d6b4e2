// Marks of a tile: class and key, whether it is decided or inferred, and its label-error score.

import { LABEL_SOURCES } from "./definitions.js";
import { page, fileName, isInferred, isRemoved } from "./state.js";
import { percent } from "./dom.js";
import { swatch } from "./colours.js";
import { remark } from "./captions.js";
import { view } from "./view.js";

/** From here on an image is marked as suspect, in parts of a thousand. */
const SUSPECT = 600;
const ORIGINS = {
  [LABEL_SOURCES.named]: "named with its cluster",
  [LABEL_SOURCES.moved]: "put there by hand",
  [LABEL_SOURCES.accepted]: "confirmed by hand",
  // No percentage: how sure an early guess is, nobody knows; it cannot tell of classes that have no name yet.
  [LABEL_SOURCES.propagated]: "a guess, not decided yet",
};

/** In words: how an image got its class, or that it has none. */
export function standing(row) {
  const { state } = page;
  if (isRemoved(row)) return `removed: ${state.reasons[state.removed[row]] || "no reason given"}`;
  const entry = state.classes[state.class[row]];
  if (!entry) return "no class yet";
  return `${entry.name}: ${ORIGINS[state.source[row]]}`;
}

/** Fits `tile` to `row`; a small one says less. */
export function dress(tile, row, small) {
  const { state } = page;
  const index = state.class[row];
  const removed = isRemoved(row);
  const inferred = isInferred(row);
  const entry = removed ? null : state.classes[index];
  tile.chip.hidden = !entry;
  if (entry) {
    swatch(tile.chip, index, inferred);
    tile.chip.textContent = entry.key ?? "";
  }
  const note = remark(row);
  const said = removed ? state.reasons[state.removed[row]] || "removed" : entry?.name;
  tile.text.textContent =
    note ?? (inferred ? `${small ? "" : "maybe "}${said}?` : (said ?? ""));
  tile.text.classList.toggle("inferred", inferred && note === null);
  tile.badge.hidden = removed || state.label_error_score[row] < SUSPECT || view.kind === "removed";
  tile.badge.title = `label-error score ${percent(state.label_error_score[row])}`;
  tile.root.setAttribute("aria-label", `${fileName(row)}, ${standing(row)}`);
  tile.root.title = `${page.images.path[row]}\n${standing(row)}`;
  tile.root.dataset.class = entry?.name ?? "";
}
