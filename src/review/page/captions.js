// Captions: texts over a view and under its images.

import { clusterTitle, fileName, page } from "./state.js";
import { fieldOf } from "./order.js";
import { view } from "./view.js";

export function viewTitle() {
  switch (view.kind) {
    case "cluster":
      return clusterTitle(view.id);
    case "class":
      return view.name;
    case "removed":
      return `Removed${view.name ? ` from ${view.name}` : ""}${view.reason === null ? "" : `: ${view.reason || "no reason given"}`}`;
    case "open":
      return "Not labelled yet";
    case "list":
      return view.title;
    default:
      return "All images";
  }
}

/** Caption of a tile under its picture when the order is about it. */
export function remark(row) {
  if (view.suggestion?.kind === "merge") return `cluster ${page.state.cluster[row]}`;
  const field = fieldOf(view.order);
  if (field !== null) return String(page.images.fields[field][row] ?? "");
  if (view.order === "time" && view.kind !== "removed") return when(page.images.time[row]);
  return view.order === "name" && view.kind !== "removed" && view.kind !== "list" ? fileName(row) : null;
}

const TIME = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

const when = (seconds) => (Number.isFinite(seconds) ? TIME.format(new Date(seconds * 1000)) : "time unknown");
