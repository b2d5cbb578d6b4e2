import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { LABEL_SOURCES } from "./definitions.js";
import { decideNow, startReview } from "./review.js";
import { remark, viewTitle } from "../../src/review/page/captions.js";
import { removedFrom } from "../../src/review/page/members.js";
import { page, take } from "../../src/review/page/state.js";
import { adjust, letGo, open, placeOf, view } from "../../src/review/page/view.js";

beforeEach(() => {
  startReview();
  open({ kind: "all" });
});

test("every image is somewhere, and removed ones only among the removed", () => {
  assert.deepEqual(view.rows, [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11]);
  open({ kind: "open" });
  assert.deepEqual(
    [...view.rows].sort((a, b) => a - b),
    [4, 5, 6, 7, 10, 11],
  );
  open({ kind: "removed", reason: "blurred" });
  assert.deepEqual(view.rows, [9]);
  open({ kind: "removed", reason: "too dark" });
  assert.deepEqual(view.rows, []);
  assert.equal(removedFrom("gravel"), 0);
});

test("a cluster leaves out what was put elsewhere by hand, unless it is asked for", () => {
  open({ kind: "cluster", id: 0 });
  assert.deepEqual([view.rows, view.away], [[1, 2, 0], 1]);
  adjust({ elsewhere: true });
  assert.deepEqual(view.rows, [1, 2, 0, 3]);
  open({ kind: "cluster", id: -1 });
  assert.deepEqual(view.rows, [11]);
});

test("a class has decided and inferred parts, the highest label-error score first", () => {
  open({ kind: "class", name: "gravel" });
  assert.deepEqual(view.rows, [10, 1, 2, 0]);
  adjust({ part: "inferred" });
  assert.deepEqual(view.rows, [10]);
  adjust({ part: "decided" });
  assert.deepEqual(view.rows, [1, 2, 0]);
});

test("orders are by number where a field has numbers, and turn round", () => {
  adjust({ order: "field:depth" }, { keep: false });
  assert.deepEqual(view.rows.slice(0, 3), [11, 10, 8]);
  assert.equal(remark(11), "1");
  adjust({ reversed: true });
  assert.deepEqual(view.rows.slice(0, 3), [0, 1, 2]);
  adjust({ order: "name", reversed: false });
  assert.equal(remark(2), "image_2.png");
});

test("an order that was chosen is kept for views of the kind", () => {
  open({ kind: "class", name: "gravel" });
  adjust({ order: "name" });
  open({ kind: "class", name: "stone" });
  assert.equal(view.order, "name");
  open({ kind: "cluster", id: 1 });
  assert.equal(view.order, "typicality");
  open({ kind: "class", name: "gravel" });
  adjust({ order: "label_error_score" });
});

test("the filter looks at paths and fields, whatever the case", () => {
  adjust({ filter: " IMAGE_1 " });
  assert.deepEqual(view.rows, [1, 10, 11]);
  adjust({ filter: "12" });
  assert.deepEqual(view.rows, [0], "by the field");
});

test("a cluster to be named begins with the suggestion's sample", () => {
  open({ kind: "cluster", id: 1, suggestion: { kind: "name_cluster", cluster: 1, rows: [7, 4] } });
  assert.equal(view.order, "given");
  assert.deepEqual(view.rows, [7, 4, 5, 6]);
});

test("a list lets go of what is decided, and the order stays as it was opened", () => {
  open({ kind: "list", title: "Look-alikes", list: [6, 5, 4], suggestion: { kind: "neighbourhood" } });
  assert.deepEqual([view.rows, viewTitle()], [[6, 5, 4], "Look-alikes"]);
  decideNow((raw) => {
    raw.class[5] = 1;
    raw.source[5] = LABEL_SOURCES.moved;
  });
  assert.deepEqual(view.rows, [6, 4]);
  letGo([6]);
  assert.deepEqual(view.rows, [4]);
  assert.deepEqual([placeOf(4), placeOf(6)], [0, -1]);
});

test("an order by label-error score does not move under the hands when scores change", () => {
  open({ kind: "class", name: "gravel" });
  decideNow((raw) => {
    raw.label_error_score[0] = 1000;
  });
  assert.deepEqual(view.rows, [10, 1, 2, 0]);
  open({ kind: "class", name: "gravel" });
  assert.deepEqual(view.rows, [0, 10, 1, 2]);
});

test("an answer that was overtaken is not taken", () => {
  const { state } = page;
  take({ ...state, version: state.version - 1, clusters: [] });
  assert.equal(page.state, state);
});
