// The map beside the grid: open or not. (Drawn by scatter.js, steered by lasso.js.)

import { byId } from "./dom.js";
import { page, tell } from "./state.js";

let isOpen = false;

export const mapIsOpen = () => isOpen;

export const hasMap = () => Boolean(page.images.x?.length) && page.images.x.some((value) => value !== null);

export function toggleMap() {
  isOpen = !isOpen;
  byId("map").hidden = !isOpen;
  byId("stage").classList.toggle("with-map", isOpen);
  tell("map");
}
