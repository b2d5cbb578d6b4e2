import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { startReview } from "./review.js";
import { primary } from "../../src/review/page/primary.js";
import { chooseRows, divideAt } from "../../src/review/page/selection.js";
import { open } from "../../src/review/page/view.js";

beforeEach(startReview);

const label = () => primary()?.label;

test("a cluster is named, a named one renamed, and what is chosen in it is put elsewhere", () => {
  open({ kind: "cluster", id: 1 });
  assert.deepEqual(primary(), { label: "Name this cluster…", action: "nameCluster", id: 1 });
  open({ kind: "cluster", id: 0 });
  assert.equal(label(), "Rename this cluster…");
  chooseRows([1, 2]);
  assert.deepEqual(primary(), { label: "Put 2 images in a class…", action: "putInNewClass", name: "gravel" });
});

test("behind the divider images are removed, and removed ones are given back", () => {
  open({ kind: "cluster", id: 1 });
  divideAt(2);
  assert.deepEqual(primary(), { label: "Remove 2 images…", action: "remove" });
  open({ kind: "removed" });
  assert.deepEqual(primary(), { label: "Give back 1 image", action: "giveBack", rows: [9] });
});

test("of a suggestion everything left is accepted, or what is chosen", () => {
  const suggestion = { kind: "check_class", class: "gravel" };
  open({ kind: "list", title: "", list: [4, 5, 6], suggestion });
  assert.deepEqual(primary(), {
    label: "Accept all 3 left as gravel",
    action: "accept",
    rows: [4, 5, 6],
    name: "gravel",
  });
  chooseRows([5]);
  assert.deepEqual([label(), primary().rows], ["Accept 1 image as gravel", [5]]);
  open({ kind: "list", title: "", list: [4], suggestion: { kind: "suspects" } });
  assert.equal(label(), "Accept the one left as they are");
});

test("what a person called otherwise is changed by choosing it, never in bulk", () => {
  const suggestion = { kind: "check_class", class: "stone" };
  open({ kind: "list", title: "", list: [0, 1, 3, 4, 5], suggestion });
  assert.deepEqual([label(), primary().rows], ["Accept 3 of the 5 left as stone", [3, 4, 5]]);
  chooseRows([0]);
  assert.deepEqual([label(), primary().rows], ["Accept 1 image as stone", [0]]);
  open({ kind: "list", title: "", list: [0, 1], suggestion });
  assert.deepEqual(primary(), { label: "Leave all 2 as you called them", action: "leave" });
  open({ kind: "list", title: "", list: [0, 4, 5], suggestion: { kind: "neighbourhood", class: "stone" }, chosen: true });
  assert.deepEqual(primary().rows, [4, 5]);
});

test("clusters that may be one are merged", () => {
  open({ kind: "list", title: "", list: [4, 8], suggestion: { kind: "merge", clusters: [1, 2] } });
  assert.deepEqual(primary(), { label: "Merge 1 and 2", action: "merge", clusters: [1, 2] });
});

test("a class is accepted, and more like this is put with what it is like", () => {
  open({ kind: "class", name: "stone" });
  assert.deepEqual(primary().rows, [3, 8]);
  open({ kind: "list", title: "", list: [4, 5], about: { like: true, class: "stone" } });
  chooseRows([5]);
  assert.deepEqual(primary(), { label: "Put 1 image in stone", action: "putInClass", name: "stone" });
});

test("where nothing is shown there is nothing to do, but an empty cluster still has a name", () => {
  open({ kind: "removed", reason: "too dark" });
  assert.equal(primary(), null);
  open({ kind: "cluster", id: 7 });
  assert.equal(label(), "Name this cluster…");
});

test("images of one class propose it, of several none", () => {
  open({ kind: "all" });
  chooseRows([0, 1]);
  assert.equal(primary().name, "gravel");
  chooseRows([0, 3]);
  assert.equal(primary().name, "");
});
