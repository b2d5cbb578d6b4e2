import assert from "node:assert/strict";
import { test } from "node:test";

import { Boxes, inside } from "../../src/review/page/lasso.js";
import { Camera } from "../../src/review/page/scatter.js";

test("a loop holds what lies in it, also where it is not convex", () => {
  const u = [0, 0, 9, 0, 9, 9, 6, 9, 6, 3, 3, 3, 3, 9, 0, 9];
  assert.deepEqual(
    [inside(u, 1, 8), inside(u, 4.5, 1), inside(u, 4.5, 6), inside(u, 8, 8), inside(u, 10, 5)],
    [true, true, false, true, false],
  );
});

test("what a loop crosses twice is outside, by the even-odd rule", () => {
  const star = [50, 0, 79, 90, 2, 35, 98, 35, 21, 90];
  assert.ok(!inside(star, 50, 50));
  assert.ok(inside(star, 50, 20));
});

test("the nearest point is found as by asking all of them", () => {
  const n = 500;
  const noise = (i, step) => ((i * step) % 997) / 997;
  const x = Array.from({ length: n }, (_, i) => noise(i, 331));
  const y = Array.from({ length: n }, (_, i) => noise(i, 613) * 3);
  const boxes = new Boxes(x, y, [0, 1, 0, 3]);
  const odd = (row) => row % 2 === 1;
  for (let i = 0; i < 200; i++) {
    const [px, py] = [noise(i, 17) * 1.2 - 0.1, noise(i, 29) * 3.2 - 0.1];
    const distance = (row) => (x[row] - px) ** 2 + (y[row] - py) ** 2;
    const reach = 0.2;
    let best = null;
    for (let row = 1; row < n; row += 2)
      if (distance(row) <= reach ** 2 && (best === null || distance(row) < distance(best))) best = row;
    const found = boxes.nearest(px, py, reach, odd);
    assert.equal(found === null, best === null);
    if (best !== null) assert.equal(distance(found), distance(best));
  }
});

test("the camera shows everything, and a zoom keeps the point under the pointer", () => {
  const camera = new Camera([0, 10, NaN], [-5, 5, 0]);
  camera.fit(800, 600, 100, 0);
  for (const [x, y] of [
    [0, -5],
    [10, 5],
  ]) {
    const [px, py] = [x * camera.scale + camera.left, camera.top - y * camera.scale];
    assert.ok(px >= 0 && px <= 700 && py >= 0 && py <= 600, `${px}, ${py}`);
  }
  const under = () => [(300 - camera.left) / camera.scale, (camera.top - 200) / camera.scale];
  const before = under();
  camera.zoom(3, 300, 200);
  under().forEach((value, axis) => assert.ok(Math.abs(value - before[axis]) < 1e-9));
  camera.zoom(1e9, 0, 0);
  assert.equal(camera.zoomed, 200, "up to a limit");
});
