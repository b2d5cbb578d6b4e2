// Elements without markup strings: text is always text, so nothing a file is called can become code.

/** An element with attributes, `on…` listeners and children; `null` children are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

export const byId = (id) => document.getElementById(id);

/** Replaces what is in `parent`. */
export function fill(parent, ...children) {
  parent.replaceChildren(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
}

/** A file name that lines break in behind its underscores, dashes and dots. */
export const breakable = (name) => name.split(/(?<=[_.-])/).flatMap((part) => [part, h("wbr", {})]);

/** A sentence of the log, as it reads on a page: “gravel” for `gravel`. */
export const quoted = (text) => text.replace(/`([^`]*)`/g, "“$1”");

/** A key as it is printed on a keyboard. */
export const key = (text) => h("kbd", {}, text);

/** `1 image`, `1,204 images`. */
export function count(n, noun = "image") {
  const plural = noun.endsWith("s") ? `${noun}es` : `${noun}s`;
  return `${n.toLocaleString("en")} ${n === 1 ? noun : plural}`;
}

/** Parts of a thousand as a percentage. */
export const percent = (permille) => `${Math.round(permille / 10)} %`;

/** At most one call of `f` per frame. */
export function perFrame(f) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      f();
    });
  };
}
