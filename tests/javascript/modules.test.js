// What a browser would only notice when it opens the page.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const PAGES = ["../../src/review/page/", "../../src/explore/page/", "../../src/server/page/"];
const DEFINITIONS = new URL("./definitions.js", import.meta.url);
const SERVED = {
  "./definitions.js": DEFINITIONS,
  "./token.js": new URL("../../src/server/page/token.js", import.meta.url),
};

const read = (url) => readFileSync(url, "utf8");

function* scripts() {
  for (const page of PAGES) {
    const folder = new URL(page, import.meta.url);
    for (const name of readdirSync(folder)) if (name.endsWith(".js")) yield new URL(name, folder);
  }
}

const exportsOf = (text) => {
  const names = [...text.matchAll(/^export (?:async )?(?:const|let|function\*?|class) (\w+)/gm)].map(
    ([, name]) => name,
  );
  return new Set(names);
};

test("every name that is imported is exported, and every export is used", () => {
  const used = new Map();
  let imports = 0;
  for (const url of scripts()) {
    for (const [, names, from] of read(url).matchAll(/^import (?:\{([^}]*)\}|\* as \w+) from "(\.\/[^"]+)";/gm)) {
      const target = SERVED[from] ?? new URL(from, url);
      const exported = exportsOf(read(target));
      if (!used.has(target.href)) used.set(target.href, new Set());
      for (const name of (names ?? "start")
        .split(",")
        .map((text) => text.trim())
        .filter(Boolean)) {
        imports++;
        assert.ok(exported.has(name), `${url.pathname} wants ${name} of ${from}`);
        used.get(target.href).add(name);
      }
    }
  }
  assert.ok(imports > 100, "the pages were not read");
  for (const url of [...scripts(), DEFINITIONS]) {
    const idle = [...exportsOf(read(url))].filter((name) => !used.get(url.href)?.has(name));
    // What only main.js reaches as `part.name`.
    const known = new Set(["start", "connection", "trouble"]);
    assert.deepEqual(
      idle.filter((name) => !known.has(name)),
      [],
      `nobody imports them from ${url.pathname}`,
    );
  }
});
