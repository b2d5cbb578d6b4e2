import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { LABEL_SOURCES } from "./definitions.js";
import { decideNow, startReview } from "./review.js";
import { divideAt, focusRow, moveTo, selection, targets, toggle } from "../../src/review/page/selection.js";
import { open } from "../../src/review/page/view.js";

beforeEach(() => {
  startReview();
  open({ kind: "list", title: "", list: [4, 5, 6, 7] });
});

test("the next decision is about the tail, else the selection, else the focus", () => {
  assert.deepEqual(targets(), [4]);
  toggle(2);
  toggle(1);
  assert.deepEqual(targets(), [5, 6]);
  divideAt(3);
  assert.deepEqual(targets(), [7]);
});

test("moving extends from the anchor and ends at the edges", () => {
  moveTo(1);
  moveTo(Infinity, { extend: true });
  assert.deepEqual([...selection.rows], [5, 6, 7]);
  moveTo(-5);
  assert.deepEqual([selection.focus, selection.rows.size], [0, 0]);
});

test("when images leave, focus and divider go to the next one that stayed", () => {
  moveTo(1);
  divideAt(2);
  decideNow((raw) => {
    for (const row of [5, 6]) {
      raw.class[row] = 1;
      raw.source[row] = LABEL_SOURCES.moved;
    }
  });
  assert.deepEqual([focusRow(), targets()], [7, [7]]);
});
