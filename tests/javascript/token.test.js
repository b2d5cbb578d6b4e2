// The secret leaves the address bar and outlives a reload.

import assert from "node:assert/strict";
import { test } from "node:test";

const MODULE = "../../src/server/page/token.js";
let loads = 0;

/** What the page at `address` takes for its token, and where it then is; `kept` is what the tab keeps. */
async function open(address, kept) {
  globalThis.location = { href: address };
  globalThis.sessionStorage = {
    getItem: (key) => kept?.get(key) ?? null,
    setItem: (key, value) => {
      if (!kept) throw new Error("this browser keeps nothing");
      kept.set(key, value);
    },
  };
  globalThis.history = { state: null, replaceState: (_state, _title, url) => (globalThis.location.href = url.href) };
  const { token } = await import(`${MODULE}?${loads++}`);
  return { token, address: globalThis.location.href };
}

test("a token of the address is kept and leaves the address bar", async () => {
  const tab = new Map();
  assert.deepEqual(await open("http://127.0.0.1:1/?a=b&token=secret", tab), {
    token: "secret",
    address: "http://127.0.0.1:1/?a=b",
  });
  assert.equal((await open("http://127.0.0.1:1/", tab)).token, "secret", "a reload");
  assert.equal((await open("http://127.0.0.1:1/?token=newer", tab)).token, "newer", "another server at this address");
  assert.equal((await open("http://127.0.0.1:1/", new Map())).token, "", "another tab");
});

test("where nothing is kept the address keeps it", async () => {
  const address = "http://127.0.0.1:1/?token=secret";
  assert.deepEqual(await open(address, null), { token: "secret", address });
});
