// Talking to the server: one token, JSON both ways, errors as sentences.

import { THUMBNAIL_SIZES } from "./definitions.js";
import { token } from "./token.js";

/** `status` is the HTTP status, 0 where the server did not answer at all. */
class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: { "X-Rails-Token": token, ...options.headers } });
  } catch {
    throw new ApiError(0, "the server does not answer");
  }
  const text = await response.text().catch(() => "");
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ApiError(response.ok ? 0 : response.status, text.slice(0, 300) || "the answer was cut short");
  }
  if (!response.ok) throw new ApiError(response.status, body.error ?? response.statusText);
  return body;
}

export const get = (path) => request(path);

export const post = (path, body) =>
  request(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

const withToken = (path) => `${path}${path.includes("?") ? "&" : "?"}token=${encodeURIComponent(token)}`;

/** The thumbnail whose longest side covers `pixels` on this screen. */
export function thumbUrl(id, pixels) {
  const wanted = pixels * Math.min(2, window.devicePixelRatio || 1);
  const size = THUMBNAIL_SIZES.find((side) => side >= wanted * 0.9) ?? THUMBNAIL_SIZES.at(-1);
  return withToken(`/thumb/${id}?size=${size}`);
}

export const imageUrl = (id) => withToken(`/image/${id}`);

/**
 * Calls `changed({version, fitted, trouble})` for every change, and `connection("here" | "away" | "other")` as the server comes
 * and goes; "other" is one that does not know this page's token.
 */
export function listen(changed, connection) {
  const source = new EventSource(withToken("/api/events"));
  source.addEventListener("state", (event) => changed(JSON.parse(event.data)));
  source.addEventListener("open", () => connection("here"));
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) {
      connection("away");
      return;
    }
    // A refusal closes for good, and so does a server that is away in some browsers: ask why, and try again.
    get("/api/next?n=1").then(
      () => {},
      (error) => connection(error.status === 403 ? "other" : "away"),
    );
    setTimeout(() => listen(changed, connection), 3000);
  });
}
