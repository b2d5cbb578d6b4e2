// The pointer on the map as gestures: a loop, a click, a drag, the wheel.

/**
 * Turns pointer events on `surface` into `loop(polygon, add)`, `pan(dx, dy)`, `zoom(factor, x, y)`, `hover(x, y)`,
 * `click(x, y)` and `trace(polygon)`, all in pixels of the surface. `panning()` says whether a plain drag pans.
 */
export function gestures(surface, { loop, pan, zoom, hover, click, trace, panning }) {
  let drag = null;
  const at = (event) => {
    const bounds = surface.getBoundingClientRect();
    return [event.clientX - bounds.left, event.clientY - bounds.top];
  };
  surface.addEventListener("pointerdown", (event) => {
    const [x, y] = at(event);
    drag = {
      x,
      y,
      path: [x, y],
      pan: event.button > 0 || event.altKey || panning(),
      add: event.shiftKey || event.ctrlKey || event.metaKey,
      moved: false,
    };
    surface.setPointerCapture(event.pointerId);
  });
  surface.addEventListener("pointermove", (event) => {
    const [x, y] = at(event);
    if (!drag) {
      hover(x, y);
      return;
    }
    if (!drag.moved && Math.hypot(x - drag.x, y - drag.y) < 4) return;
    drag.moved = true;
    if (drag.pan) {
      pan(x - drag.x, y - drag.y);
      [drag.x, drag.y] = [x, y];
    } else {
      drag.path.push(x, y);
      trace(drag.path);
    }
  });
  surface.addEventListener("pointerup", () => {
    if (!drag) return;
    const { path, moved, add, x, y } = drag;
    const panned = drag.pan;
    drag = null;
    trace([]);
    if (!moved) click(x, y);
    else if (!panned && path.length >= 6) loop(path, add);
  });
  surface.addEventListener("pointercancel", () => {
    drag = null;
    trace([]);
  });
  surface.addEventListener("pointerleave", () => hover(null, null));
  surface.addEventListener("contextmenu", (event) => event.preventDefault());
  surface.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const unit = event.deltaMode === 1 ? 30 : 1;
      zoom(Math.exp(-Math.max(-120, Math.min(120, event.deltaY * unit)) / 300), ...at(event));
    },
    { passive: false },
  );
}
