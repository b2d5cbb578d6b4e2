// Asking the server for the images, once, and for the state, whenever it changed.

import { get } from "./api.js";
import { page, take } from "./state.js";

/** Everything, once: the images and the state. */
export async function load() {
  const answer = await get("/api/images");
  page.images = { ...answer.images, run: answer.run, method: answer.method, fieldNames: answer.fields };
  page.n = answer.images.id.length;
  await refresh();
}

let running = null;
let again = false;

/** Asks for the state; calls while one is under way are answered by one more. */
export function refresh() {
  if (running) {
    again = true;
    return running;
  }
  running = (async () => {
    do {
      again = false;
      take(await get("/api/state"));
    } while (again);
  })().finally(() => {
    running = null;
  });
  return running;
}
