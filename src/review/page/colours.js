// The colours of classes and clusters, the same as in the plots, and a scale from faint to strong.

import { GROUP_LOOKS } from "./definitions.js";

const lookOf = (index) => GROUP_LOOKS[index % GROUP_LOOKS.length];

/** Red, green, blue of the `index`-th group. */
export const groupColour = (index) => lookOf(index).colour;

/** The number of the `index`-th group's mark on the map. */
export const groupMark = (index) => lookOf(index).mark;

export const css = ([r, g, b]) => `rgb(${r}, ${g}, ${b})`;

const mix = (a, b, share) => a.map((value, i) => Math.round(value + (b[i] - value) * share));

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
  const { colour, ink } = lookOf(index);
  element.style.borderColor = css(colour);
  element.style.backgroundColor = inferred ? "var(--panel)" : css(colour);
  element.style.color = inferred ? "var(--ink)" : css(ink);
}
