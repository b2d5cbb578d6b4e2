// All keys in one table: what they do, and what the help says about them.

import { byId } from "./dom.js";
import { isAsking } from "./dialog.js";
import { page } from "./state.js";
import { chooseAll, chooseNone, moveTo, selection, toggle } from "./selection.js";
import { layout, linesPerPage } from "./grid.js";
import { currentCluster, moreLikeThis, nameCluster, putInClass, putInNewClass, remove, turn } from "./actions.js";
import { merge, split } from "./groups.js";
import { enter } from "./enter.js";
import { toggleDivider } from "./divider.js";
import { isBusy, skip } from "./suggestions.js";
import { enlarge } from "./large.js";
import { toggleMap } from "./map.js";
import { goToCluster } from "./clusters.js";
import { help } from "./help.js";
import { pickByInitial } from "./pick.js";

/** `keys` as `event.key`, "Ctrl+" and "Shift+" written out; `show` is how the help prints them. */
const KEYS = [
  {
    group: "Decide",
    show: "1 – 9",
    what: "put the selection in that class; with nothing selected, the image in focus",
  },
  {
    group: "Decide",
    show: "c",
    keys: ["c"],
    what: "then the class's initial: any class, also beyond nine",
    run: pickByInitial,
  },
  {
    group: "Decide",
    show: "+",
    keys: ["+", "0"],
    what: "put the selection in a new class",
    run: () => putInNewClass(),
  },
  {
    group: "Decide",
    show: "Enter",
    keys: ["Enter"],
    what: "what the dark button says: name the cluster, accept what is shown, give back",
    run: enter,
  },
  {
    group: "Decide",
    show: "Shift+Enter",
    keys: ["Shift+Enter"],
    what: "name the cluster, whatever is selected",
    run: () => nameCluster(currentCluster()),
  },
  {
    group: "Decide",
    show: "x",
    keys: ["x", "Delete"],
    what: "remove, with a reason; Enter repeats the last one",
    run: remove,
  },
  {
    group: "Decide",
    show: "d",
    keys: ["d"],
    what: "divider: everything from here on does not belong; arrows move it, then x or 1 – 9",
    run: toggleDivider,
  },
  {
    group: "Decide",
    show: "m",
    keys: ["m"],
    what: "merge the cluster with another",
    run: () => merge(currentCluster()),
  },
  { group: "Decide", show: "s", keys: ["s"], what: "split the cluster", run: () => split(currentCluster()) },
  {
    group: "Decide",
    show: "u   Ctrl+Z",
    keys: ["u", "Ctrl+z"],
    what: "undo, also what was decided yesterday",
    run: () => turn("undo"),
  },
  { group: "Decide", show: "Ctrl+Shift+Z", keys: ["Ctrl+Shift+z", "Ctrl+y"], what: "do it again", run: () => turn("redo") },
  { group: "Select", show: "Arrows", what: "move; with Shift they select, with Ctrl they keep what is selected" },
  { group: "Select", show: "Space", keys: [" "], what: "enlarge the image", run: enlarge },
  {
    group: "Select",
    show: "t",
    keys: ["t"],
    what: "select or deselect the image in focus",
    run: () => toggle(selection.focus),
  },
  { group: "Select", show: "a", keys: ["a", "Ctrl+a"], what: "select all", run: chooseAll },
  { group: "Select", show: "Esc", keys: ["Escape"], what: "select none, no divider", run: chooseNone },
  { group: "Look", show: "n", keys: ["n"], what: "next suggestion, or skip the one shown", run: skip },
  {
    group: "Look",
    show: "j   k",
    keys: ["j"],
    what: "the next cluster on the left, the one before",
    run: () => goToCluster(1),
  },
  { group: "Look", keys: ["k"], run: () => goToCluster(-1) },
  {
    group: "Look",
    show: "f",
    keys: ["f"],
    what: "more like this: the nearest images across all clusters",
    run: () => moreLikeThis(),
  },
  {
    group: "Look",
    show: "v",
    keys: ["v"],
    what: "map of all images; drag a loop around some to select them",
    run: toggleMap,
  },
  { group: "Look", show: "/", keys: ["/"], what: "filter by file name or field", run: () => byId("filter").select() },
  { group: "Look", show: "?", keys: ["?"], what: "this help", run: () => help(KEYS) },
];

const table = new Map(KEYS.flatMap((entry) => (entry.keys ?? []).map((name) => [name, entry.run])));

function nameOf(event) {
  const ctrl = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  const named = event.key.length > 1 || ctrl;
  // Caps Lock is not Shift.
  const plain = event.key.length === 1 && (ctrl || !event.shiftKey) ? event.key.toLowerCase() : event.key;
  return `${ctrl}${named && event.shiftKey ? "Shift+" : ""}${plain}`;
}

function arrow(event) {
  const screen = layout.columns * linesPerPage();
  const distance = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -layout.columns,
    ArrowDown: layout.columns,
    PageUp: -screen,
    PageDown: screen,
    Home: -Infinity,
    End: Infinity,
  }[event.key];
  if (distance === undefined) return false;
  moveTo(selection.focus + distance, { extend: event.shiftKey, keep: event.ctrlKey || event.metaKey });
  return true;
}

export function start() {
  byId("help").onclick = () => help(KEYS);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || isAsking() || event.altKey) return;
    if (isBusy() || event.target.closest("input[type=search], select, input[type=range]")) return;
    const name = nameOf(event);
    const onButton = event.target.closest("button");
    if (onButton && onButton.id !== "divider-handle" && [" ", "Enter"].includes(event.key)) return;
    if (onMapKey(event)) return;
    const digit = /^[1-9]$/.test(event.key) && !event.ctrlKey && !event.metaKey ? Number(event.key) : 0;
    if (digit) putDigit(digit);
    else if (table.has(name)) table.get(name)();
    else if (!arrow(event)) return;
    event.preventDefault();
  });
}

/** Arrows belong to the map while it has the focus. */
const onMapKey = (event) => event.target.id === "map-canvas" && /^Arrow|^[+\-0]$/.test(event.key);

function putDigit(digit) {
  const entry = page.state.classes.find((other) => other.key === String(digit));
  if (entry) putInClass(entry.name);
  else putInNewClass();
}
