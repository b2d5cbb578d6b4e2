// The left side: the clusters with name, size, share and label-error score.

import { thumbUrl } from "./api.js";
import { byId, count, fill, h, percent } from "./dom.js";
import { swatch } from "./colours.js";
import { page, on, remembered, classIndex } from "./state.js";
import { open, view } from "./view.js";

const COLUMNS = { size: "size", label_error_score: "label errors", name: "name" };
const sort = remembered.get("clusters", { by: "size", up: false });
let faces = new Map();
const pictures = new Map();

export function start() {
  on("state", () => {
    drawSort();
    draw();
  });
  on("view", () => {
    mark();
    document.querySelector("#clusters [aria-current]")?.scrollIntoView({ block: "nearest" });
  });
  drawSort();
  draw();
}

function drawSort() {
  const groups = page.state.clusters.filter((cluster) => cluster.merged_into === null && cluster.size > 0).length;
  fill(
    byId("cluster-sort"),
    h("h2", {}, count(groups, "cluster")),
    Object.entries(COLUMNS).map(([by, label]) =>
      h(
        "button",
        {
          "data-sort": by,
          "aria-pressed": sort.by === by,
          title: `Order the clusters by ${label}`,
          onclick: () => {
            Object.assign(sort, { up: sort.by === by ? !sort.up : by === "name", by });
            remembered.set("clusters", sort);
            drawSort();
            draw();
          },
        },
        label,
        sort.by === by ? (sort.up ? " ↑" : " ↓") : "",
      ),
    ),
  );
}

const label = (cluster) => cluster.name ?? `cluster ${cluster.id}`;

function compare(a, b) {
  const sign = sort.up ? 1 : -1;
  if (sort.by === "name") return sign * label(a).localeCompare(label(b), "en", { numeric: true }) || a.id - b.id;
  return sign * (a[sort.by] - b[sort.by]) || a.id - b.id;
}

/** The most typical image that is left in every cluster. */
function findFaces() {
  const best = new Map();
  const { cluster, removed } = page.state;
  const typicality = page.images.typicality;
  for (let row = 0; row < page.n; row++) {
    if (removed[row] >= 0) continue;
    const other = best.get(cluster[row]);
    if (other === undefined || (typicality[row] ?? 0) > (typicality[other] ?? 0)) best.set(cluster[row], row);
  }
  return best;
}

/** One picture per cluster, kept from drawing to drawing so that nothing flickers. */
function faceOf(id) {
  if (!pictures.has(id)) pictures.set(id, h("img", { alt: "", loading: "lazy", decoding: "async" }));
  const img = pictures.get(id);
  const url = faces.has(id) ? thumbUrl(page.images.id[faces.get(id)], 36) : null;
  if (url && img.getAttribute("src") !== url) img.src = url;
  return img;
}

function draw() {
  faces = findFaces();
  const alive = page.state.clusters.filter((cluster) => cluster.merged_into === null && cluster.size > 0).sort(compare);
  const total = page.n || 1;
  fill(
    byId("clusters"),
    alive.map((cluster) => {
      const named = cluster.name !== null;
      const chip = h("span", { class: "swatch" });
      if (named) swatch(chip, classIndex(cluster.name));
      else chip.classList.add("none");
      const guess = cluster.suggested ? `${cluster.suggested}?` : "no name";
      const face = faceOf(cluster.id);
      const meter = h("span", { class: "label-error" });
      meter.style.width = `${Math.max(2, cluster.label_error_score / 10)}%`;
      return h(
        "li",
        {},
        h(
          "button",
          {
            class: "cluster",
            "data-cluster": cluster.id,
            "data-name": cluster.name ?? "",
            "data-size": cluster.size,
            title: `Cluster ${cluster.id}: ${count(cluster.size)}, ${((100 * cluster.size) / total).toFixed(1)} % of all, label-error score ${percent(cluster.label_error_score)}`,
            onclick: () => open({ kind: "cluster", id: cluster.id }),
          },
          face,
          h("span", { class: named ? "name" : "name unnamed" }, chip, h("span", {}, named ? cluster.name : guess)),
          h("span", { class: "size" }, cluster.size.toLocaleString("en")),
          h(
            "span",
            { class: "under" },
            h("span", { class: "number" }, `#${cluster.id}`),
            h("span", { class: "meter", "aria-hidden": "true" }, meter),
            h("span", { class: "share" }, `${((100 * cluster.size) / total).toFixed(1)} %`),
          ),
        ),
      );
    }),
  );
  mark();
}

/** Looks at the next cluster of the list, or at the one before. */
export function goToCluster(step) {
  const buttons = [...document.querySelectorAll("#clusters button[data-cluster]")];
  const here = buttons.findIndex((button) => view.kind === "cluster" && view.id === Number(button.dataset.cluster));
  const next = buttons[here < 0 ? (step > 0 ? 0 : buttons.length - 1) : here + step];
  if (next) open({ kind: "cluster", id: Number(next.dataset.cluster) });
}

function mark() {
  for (const button of document.querySelectorAll("#clusters button[data-cluster]")) {
    const here = view.kind === "cluster" && view.id === Number(button.dataset.cluster);
    if (here) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}
