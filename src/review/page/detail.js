// The right side: the image in focus, what is known about it, what is nearest to it, and what was decided about it.

import { get, imageUrl, thumbUrl } from "./api.js";
import { breakable, byId, fill, h, key, percent, quoted } from "./dom.js";
import { swatch } from "./colours.js";
import { THUMBNAIL_SIZES } from "./definitions.js";
import { page, on, fileName, clusterTitle, isInferred, isRemoved } from "./state.js";
import { open, placeOf } from "./view.js";
import { focusRow, moveTo } from "./selection.js";
import { standing } from "./tile.js";
import { moreLikeThis } from "./actions.js";
import { enlarge } from "./large.js";

/** How long the focus must rest before the server is asked, in milliseconds. */
const REST = 120;
/** The largest thumbnail, in pixels. */
const THUMB = THUMBNAIL_SIZES.at(-1);
let timer;
let shown = null;
let known = null;

export function start() {
  on("focus", changed);
  on("state", changed);
}

function changed() {
  const row = focusRow();
  if (row !== shown) known = null;
  shown = row;
  draw();
  clearTimeout(timer);
  if (row !== null) timer = setTimeout(() => ask(row), REST);
}

async function ask(row) {
  try {
    const answer = await get(`/api/image/${row}`);
    if (row !== focusRow()) return;
    known = answer;
    draw();
    sharpen(row);
  } catch {
    // What is lost is shown beside the saved sign; here the basics stay.
  }
}

/** The thumbnail is there at once; the image itself takes its place when the focus rests. */
function sharpen(row) {
  const preview = byId("detail").querySelector(".preview img");
  if (Math.max(known.width ?? 0, known.height ?? 0) <= THUMB || preview.dataset.whole) return;
  const whole = new Image();
  whole.onload = () => {
    if (row !== focusRow()) return;
    preview.src = whole.src;
    preview.dataset.whole = "true";
  };
  whole.src = imageUrl(page.images.id[row]);
}

function fact(name, ...value) {
  return [h("dt", {}, name), h("dd", {}, ...value)];
}

function draw() {
  const side = byId("detail");
  const row = focusRow();
  if (row === null) {
    fill(side, h("p", { class: "faint" }, "No image in focus."));
    side.dataset.row = "";
    return;
  }
  const { images, state } = page;
  const same = side.dataset.row === String(row);
  const old = side.querySelector(".preview img");
  const img = same && old ? old : h("img", { src: thumbUrl(images.id[row], THUMB), alt: fileName(row) });
  side.dataset.row = row;
  const cluster = state.cluster[row];
  const mark = h("span", { class: "swatch" });
  const classed = !isRemoved(row) && state.class[row] >= 0;
  if (classed) {
    swatch(mark, state.class[row], isInferred(row));
    mark.textContent = state.classes[state.class[row]].key ?? "";
  }
  fill(
    side,
    h("button", { class: "preview", onclick: enlarge, title: "Enlarge (Space)" }, img),
    h("h2", { title: images.path[row] }, breakable(fileName(row))),
    h("p", { class: "standing" }, classed ? mark : null, h("span", {}, standing(row))),
    h(
      "dl",
      {},
      fact(
        "cluster",
        cluster < 0
          ? "none"
          : h(
              "button",
              { class: "link", onclick: () => open({ kind: "cluster", id: cluster }) },
              clusterTitle(cluster),
            ),
      ),
      fact("label-error score", percent(state.label_error_score[row])),
      images.fieldNames.map((name) => fact(name, String(images.fields[name][row] ?? ""))),
      known
        ? fact(
            "size",
            known.width ? `${known.width} × ${known.height}, ${known.bit_depth} bit` : "the file cannot be read",
          )
        : null,
    ),
    h(
      "div",
      { class: "heading" },
      h("h3", {}, "Nearest"),
      h(
        "button",
        {
          id: "more-like-this",
          onclick: () => moreLikeThis(),
          title: "Show the nearest images across all clusters (f)",
        },
        "More like this ",
        key("f"),
      ),
    ),
    h(
      "div",
      { class: "neighbours" },
      (known?.neighbours ?? []).map(({ row: other, distance }) => neighbour(other, distance)),
    ),
    known?.history?.length ? h("h3", {}, "History") : null,
    known?.history?.length
      ? h(
          "ol",
          { class: "history" },
          [...known.history]
            .reverse()
            .map((entry) =>
              h(
                "li",
                { class: entry.undone ? "undone" : "" },
                h("span", {}, quoted(entry.text)),
                h("span", { class: "faint" }, `${when(entry.at)} · ${entry.by}`),
              ),
            ),
        )
      : null,
  );
}

function neighbour(row, distance) {
  const { state, images } = page;
  const bar = h("span", { class: "swatch" });
  if (!isRemoved(row) && state.class[row] >= 0) {
    swatch(bar, state.class[row], isInferred(row));
    bar.textContent = state.classes[state.class[row]].key ?? "";
  } else if (isRemoved(row)) bar.textContent = "×";
  else bar.hidden = true;
  return h(
    "button",
    {
      class: "neighbour",
      "data-row": row,
      title: `${images.path[row]}\n${standing(row)}\ndistance ${distance.toPrecision(3)}`,
      onclick: () => visit(row),
    },
    h("img", { src: thumbUrl(images.id[row], 80), alt: fileName(row), loading: "lazy" }),
    bar,
  );
}

/** Puts another image in focus: here where the view has it, else among its own cluster. */
export function visit(row) {
  if (placeOf(row) < 0) {
    const cluster = page.state.cluster[row];
    open(isRemoved(row) ? { kind: "removed" } : { kind: "cluster", id: cluster, elsewhere: true });
  }
  if (placeOf(row) >= 0) moveTo(placeOf(row));
}

function when(at) {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? at : date.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}
