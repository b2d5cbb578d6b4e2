// Clusters as wholes: merging two, splitting one, each with a look at what would become of them.

import { post, thumbUrl } from "./api.js";
import { count, fill, h } from "./dom.js";
import { decide, ids, inTurn, note, report } from "./decide.js";
import { buttons, show } from "./dialog.js";
import { page, clusterTitle, isRemoved } from "./state.js";
import { open } from "./view.js";
import { advance } from "./suggestions.js";

function faces(rows, n = 10) {
  return h(
    "div",
    { class: "faces" },
    rows.slice(0, n).map((row) =>
      h("img", {
        src: thumbUrl(page.images.id[row], 64),
        alt: "",
        title: page.images.path[row],
      }),
    ),
  );
}

function members(id) {
  const rows = [];
  for (let row = 0; row < page.n; row++) if (page.state.cluster[row] === id && !isRemoved(row)) rows.push(row);
  return rows.sort((a, b) => page.images.typicality[b] - page.images.typicality[a]);
}

export const mergeThese = (clusters) =>
  inTurn(async () => {
    const done = await decide([{ decision: "merge_clusters", method: page.images.method, clusters }]);
    if (!done) return;
    note(`Clusters ${clusters.join(" and ")} merged`);
    open({ kind: "cluster", id: clusters[0] });
    if (page.state.byId.get(clusters[0])?.name) await advance();
  });

/** Asks which cluster `id` is one with, those on the same place of the map first. */
export async function merge(id) {
  if (id === null || id < 0) return;
  const others = page.state.clusters.filter((c) => c.id !== id && c.merged_into === null && c.size > 0);
  if (!others.length) return;
  const [x, y] = middle(id);
  const far = new Map(others.map((c) => [c.id, Math.hypot(middle(c.id)[0] - x, middle(c.id)[1] - y)]));
  others.sort((a, b) => far.get(a.id) - far.get(b.id) || a.id - b.id);
  const other = await show({ id: "merge-dialog", title: `${clusterTitle(id)} is one with …`, wide: true }, (finish) => {
    const list = h("ul", { class: "options tall", id: "merge-options" });
    const search = h("input", {
      type: "text",
      id: "merge-input",
      placeholder: "Name or number",
      "aria-label": "Name or number",
    });
    const draw = () => {
      const wanted = search.value.trim().toLowerCase();
      const fitting = others.filter((c) =>
        `${c.name ?? ""} ${c.suggested ?? ""} ${c.id}`.toLowerCase().includes(wanted),
      );
      fill(
        list,
        fitting
          .slice(0, 40)
          .map((c) =>
            h(
              "li",
              {},
              h(
                "button",
                { type: "button", "data-merge": c.id, onclick: () => finish(c.id) },
                h("span", { class: "value" }, c.name ?? `cluster ${c.id}`),
                h("span", { class: "faint" }, `${c.name ? `#${c.id}, ` : ""}${count(c.size)}`),
                faces(members(c.id), 7),
              ),
            ),
          ),
      );
    };
    search.addEventListener("input", draw);
    draw();
    return [
      h("div", { class: "compare" }, h("span", { class: "faint" }, "This one:"), faces(members(id), 9)),
      h(
        "form",
        {
          method: "dialog",
          onsubmit: (event) => {
            event.preventDefault();
            list.querySelector("button")?.click();
          },
        },
        search,
        list,
        buttons(finish),
      ),
    ];
  });
  if (other !== null) await mergeThese([id, other]);
}

/** The middle of a cluster on the map. */
function middle(id) {
  const { x, y } = page.images;
  const rows = members(id);
  if (!x || !rows.length) return [0, 0];
  return [x, y].map((axis) => rows.reduce((sum, row) => sum + (axis[row] ?? 0), 0) / rows.length);
}

/** Proposes parts of cluster `id` and splits it so when that is what is wanted. */
export async function split(id) {
  if (id === null || id < 0) return;
  let parts = null;
  const chosen = await show({ id: "split-dialog", title: `Split ${clusterTitle(id)}`, wide: true }, (finish) => {
    const body = h(
      "div",
      { id: "split-parts", "aria-live": "polite" },
      h("p", { class: "faint" }, "Looking for parts…"),
    );
    const ok = h("button", { type: "submit", class: "primary", id: "split-ok", disabled: true }, "Split ⏎");
    const number = h("input", {
      type: "range",
      id: "split-number",
      min: "2",
      max: "8",
      value: "2",
      "aria-label": "Parts",
    });
    const said = h("span", { class: "faint" }, "2 parts");
    let asked = 0;
    const propose = async () => {
      const turn = ++asked;
      ok.disabled = true;
      said.textContent = `${number.value} parts`;
      try {
        const answer = await post("/api/split", { cluster: id, parts: Number(number.value) });
        if (turn !== asked) return;
        parts = answer.parts.filter((rows) => rows.length).sort((a, b) => b.length - a.length);
        fill(
          body,
          parts.map((rows, i) =>
            h(
              "section",
              { class: "part", "data-size": rows.length },
              h("h3", {}, `Part ${i + 1}: ${count(rows.length)}`),
              faces(rows, 18),
            ),
          ),
        );
        ok.disabled = parts.length < 2;
        ok.focus();
      } catch (error) {
        fill(body, h("p", { class: "wrong" }, error.message));
      }
    };
    number.addEventListener("input", propose);
    propose();
    return [
      h(
        "form",
        {
          method: "dialog",
          onsubmit: (event) => {
            event.preventDefault();
            if (!ok.disabled) finish(parts);
          },
        },
        h("label", { class: "row" }, "Into ", number, said),
        body,
        h(
          "p",
          { class: "said" },
          "The largest part keeps the number and the name; the others become new clusters without a name.",
        ),
        buttons(finish, ok),
      ),
    ];
  });
  if (!chosen) return;
  await inTurn(async () => {
    const first = page.state.next_cluster ?? Math.max(...page.state.clusters.map((c) => c.id)) + 1;
    const into = Object.fromEntries(chosen.slice(1).map((rows, i) => [String(first + i), ids(rows)]));
    if (!(await decide([{ decision: "split_cluster", method: page.images.method, cluster: id, into }]))) return;
    note(`${clusterTitle(id)} split into ${chosen.length}`);
    open({ kind: "cluster", id: page.state.byId.get(id)?.name ? first : id });
  }).catch((error) => report(error, null));
}
