// Where modules of the pages are found: `definitions.js` is written by the program, and so is its copy here, which a
// test of the program (src/review/page/definitions.rs) keeps up to date. `token.js` is one for all pages.

const SERVED = {
  "./definitions.js": new URL("./definitions.js", import.meta.url).href,
  "./token.js": new URL("../../src/server/page/token.js", import.meta.url).href,
};

export async function resolve(specifier, context, next) {
  const url = SERVED[specifier];
  if (url) return { url, format: "module", shortCircuit: true };
  const found = await next(specifier, context);
  // No package.json stands beside the pages that would say so.
  return found.url.includes("/src/") && found.url.endsWith(".js") ? { ...found, format: "module" } : found;
}
