// The colours of classes and clusters, the same as in the plots (Okabe & Ito 2008; then the same hues darker, lighter).

const HUES = [
  [0, 114, 178],
  [230, 159, 0],
  [0, 158, 115],
  [213, 94, 0],
  [86, 180, 233],
  [204, 121, 167],
  [240, 228, 66],
];
export const SHAPES = ["disc", "square", "triangle", "diamond"];

const mix = (a, b, share) => a.map((value, i) => Math.round(value + (b[i] - value) * share));

/** Red, green, blue of the `index`-th group. */
export function groupColour(index) {
  const hue = HUES[index % HUES.length];
  const round = Math.floor(index / HUES.length) % 3;
  if (round === 1) return mix(hue, [0, 0, 0], 0.45);
  return round === 2 ? mix(hue, [255, 255, 255], 0.42) : hue;
}

/** The mark of the `index`-th group on the map: another one after every 21. */
export const groupShape = (index) => Math.floor(index / (3 * HUES.length)) % SHAPES.length;

export const css = ([r, g, b]) => `rgb(${r}, ${g}, ${b})`;

/** Black or white, whichever reads better on `colour`. */
const inkOn = ([r, g, b]) => (0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#222" : "#fff");

const STOPS = [
  [201, 208, 215],
  [148, 178, 206],
  [92, 144, 190],
  [33, 98, 166],
  [8, 48, 107],
];
const DARK_STOPS = [
  [88, 96, 106],
  [58, 110, 158],
  [78, 152, 208],
  [140, 200, 238],
  [235, 246, 255],
];

/** From faint to strong for `share` in 0..1; lightness changes steadily, so it also reads in grey. */
export function ramp(share, dark) {
  const stops = dark ? DARK_STOPS : STOPS;
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const below = Math.min(stops.length - 2, Math.floor(at));
  return mix(stops[below], stops[below + 1], at - below);
}

/** Paints `element` as the swatch of a class: full where somebody decided, an outline where it is only inferred. */
export function swatch(element, index, inferred = false) {
  const colour = groupColour(index);
  element.style.borderColor = css(colour);
  element.style.backgroundColor = inferred ? "var(--panel)" : css(colour);
  element.style.color = inferred ? "var(--ink)" : inkOn(colour);
}
