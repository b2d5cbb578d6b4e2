// Colouring of the map: a colour and a mark for every image, and a legend that says which.

import { groupColour, groupMark, ramp } from "./colours.js";
import { GROUP_LOOKS } from "./definitions.js";
import { page, clusterTitle } from "./state.js";

/** More values than this and a name field of numbers is coloured by size instead of by value. */
const FEW = 12;
/** Groups beyond this are all grey: nobody can tell more apart. */
const MANY = GROUP_LOOKS.length;
const GREY = [150, 150, 150];

/** Dark hues a little lighter on a dark ground; nothing else changes. */
function legible(colour, dark) {
  const light = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2];
  return dark && light < 80 ? colour.map((value) => Math.round(value + (255 - value) * 0.32)) : colour;
}

export const isDark = () => window.matchMedia("(prefers-color-scheme: dark)").matches;

export function choices() {
  return [
    ["class", "class"],
    ["cluster", "cluster"],
    ["label_error_score", "label-error score"],
    ["confidence", "confidence"],
    ...page.images.fieldNames.map((name) => [`field:${name}`, name]),
  ];
}

/**
 * `colours` is a list of [r, g, b], `of[row]` the place in it, `shape[row]` the number of its mark. `legend` is
 * {entries: [{label, colour, shape, n, next}]} or {ramp: [low, high]}; `next` is what to open for an entry.
 */
export function colouring(by) {
  const { state, images } = page;
  if (by === "label_error_score") return graded(state.label_error_score, 0, 1000, ["low", "high"]);
  if (by === "confidence") return graded(state.confidence, 0, 1000, ["uncertain", "certain"]);
  if (by === "class") {
    const names = state.classes.map((entry) => entry.name);
    return grouped(
      state.class,
      names.map((name, index) => ({ label: name, index, next: { kind: "class", name } })),
      "no class yet",
    );
  }
  if (by === "cluster") {
    const ids = state.clusters
      .filter((cluster) => cluster.size > 0 && cluster.merged_into === null)
      .map((cluster) => cluster.id);
    const place = new Map(ids.map((id, index) => [id, index]));
    const of = Int32Array.from(state.cluster, (id) => place.get(id) ?? -1);
    return grouped(
      of,
      ids.map((id, index) => ({ label: clusterTitle(id), index, next: { kind: "cluster", id } })),
      "in no cluster",
    );
  }
  return field(images.fields[by.slice("field:".length)]);
}

function field(values) {
  const texts = values.map((value) => String(value ?? ""));
  const distinct = [...new Set(texts)].sort(new Intl.Collator("en", { numeric: true }).compare);
  const numbers = texts.map(Number);
  if (distinct.length > FEW && numbers.every((number, row) => texts[row] !== "" && Number.isFinite(number))) {
    const [low, high] = [Math.min(...distinct.map(Number)), Math.max(...distinct.map(Number))];
    return graded(numbers, low, high, [String(low), String(high)]);
  }
  const place = new Map(distinct.map((text, index) => [text, index]));
  const groups = distinct.map((text, index) => ({
    label: text || "empty",
    index,
    next: () => ({
      kind: "list",
      title: text || "empty",
      list: [...texts.keys()].filter((row) => texts[row] === text),
    }),
  }));
  return grouped(
    Int32Array.from(texts, (text) => place.get(text)),
    groups,
    "none",
  );
}

function grouped(of, groups, rest) {
  const n = of.length;
  const counts = new Int32Array(groups.length + 1);
  const shape = new Uint8Array(n);
  const place = new Uint16Array(n);
  for (let row = 0; row < n; row++) {
    const group = of[row] >= 0 && of[row] < MANY ? of[row] : -1;
    if (page.state.removed[row] < 0) counts[of[row] >= 0 ? of[row] : groups.length]++;
    place[row] = group < 0 ? 0 : group + 1;
    shape[row] = group < 0 ? 0 : groupMark(group);
  }
  const dark = isDark();
  const colours = [GREY, ...groups.slice(0, MANY).map((group) => legible(groupColour(group.index), dark))];
  const entries = groups
    .map((group, i) => ({
      ...group,
      n: counts[i],
      colour: colours[i + 1] ?? GREY,
      shape: i < MANY ? groupMark(group.index) : 0,
    }))
    .filter((entry) => entry.n)
    .sort((a, b) => b.n - a.n);
  if (counts[groups.length])
    entries.push({ label: rest, n: counts[groups.length], colour: GREY, shape: 0, next: null });
  return { colours, of: place, shape, legend: { entries } };
}

function graded(values, low, high, labels) {
  const STEPS = 64;
  const dark = isDark();
  const colours = Array.from({ length: STEPS + 1 }, (_, i) => ramp(i / STEPS, dark));
  const of = Uint16Array.from(values, (value) => Math.round((STEPS * (value - low)) / Math.max(1e-12, high - low)));
  return { colours, of, shape: new Uint8Array(values.length), legend: { ramp: labels, colours } };
}
