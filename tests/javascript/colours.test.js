import assert from "node:assert/strict";
import { test } from "node:test";

import { GROUP_LOOKS } from "./definitions.js";
import { groupColour, groupMark, ramp } from "../../src/review/page/colours.js";

test("groups look different from each other, then begin again", () => {
  const looks = GROUP_LOOKS.map((_, index) => `${groupColour(index)} ${groupMark(index)}`);
  assert.equal(new Set(looks).size, looks.length);
  assert.deepEqual(groupColour(GROUP_LOOKS.length), groupColour(0));
});

test("the scale goes steadily from faint to strong, and ends at its ends", () => {
  const light = ([r, g, b]) => 0.299 * r + 0.587 * g + 0.114 * b;
  for (const [dark, sign] of [
    [false, -1],
    [true, 1],
  ]) {
    const lights = Array.from({ length: 21 }, (_, i) => light(ramp(i / 20, dark)));
    assert.ok(lights.every((value, i) => i === 0 || sign * (value - lights[i - 1]) > 0));
    assert.deepEqual([ramp(-1, dark), ramp(2, dark)], [ramp(0, dark), ramp(1, dark)]);
  }
});
