"use strict";
// Sorting tables, enlarging plots, and the interactive scatter plot. No library, no request.

// -- tables
const numeric = (text) => {
  const plain = text.replace(/[,\s%]/g, "").replace("−", "-");
  return plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : null;
};
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const text = (row, column) => row.cells[column].textContent;
  heads.forEach((head, column) => {
    const values = [...body.rows].map((row) => text(row, column)).filter((value) => value !== "" && value !== "–");
    const isNumber = values.length > 0 && values.every((value) => numeric(value) !== null);
    if (isNumber) {
      head.classList.add("number");
      for (const row of body.rows) row.cells[column].classList.add("number");
    }
    head.querySelector("button").addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const compare = (a, b) => {
        if (!isNumber) return text(a, column).localeCompare(text(b, column), undefined, { numeric: true });
        const [x, y] = [numeric(text(a, column)), numeric(text(b, column))];
        return x === null ? (y === null ? 0 : 1) : y === null ? -1 : x - y;
      };
      const rows = [...body.rows].sort((a, b) => (down ? compare(b, a) : compare(a, b)));
      body.append(...rows);
    });
  });
}

// -- plots
for (const plot of document.querySelectorAll(".plot")) {
  plot.firstElementChild.addEventListener("click", () => plot.classList.toggle("large"));
}

// -- scatter plots
const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer;
const make = (tag, name, parent) => {
  const element = document.createElement(tag);
  element.className = name;
  parent.append(element);
  return element;
};
const HIDDEN = 65535;

function scatter(root) {
  const data = JSON.parse(document.getElementById(root.id + "-data").textContent);
  const layouts = data.layouts.map((layout) => ({ ...layout, points: new Uint16Array(bytes(layout.points)) }));
  const groupings = data.groupings.map((grouping) => ({ ...grouping, of: new Uint16Array(bytes(grouping.of)) }));
  const cells = new Uint32Array(bytes(data.cells));
  if (!layouts.length || !layouts[0].points.length) {
    root.textContent = "No points.";
    return;
  }
  root.textContent = "";
  const bar = make("div", "bar", root);
  const stage = make("div", "stage", root);
  const legend = make("div", "legend", root);
  const canvas = make("canvas", "", stage);
  const context = canvas.getContext("2d");
  const axes = [make("div", "axis x", stage), make("div", "axis y", stage)];
  const tip = make("div", "tip", stage);
  const picture = make("div", "picture", tip);
  const label = make("div", "", tip);
  tip.hidden = true;

  let layout = layouts[0];
  let grouping = groupings[0] || { groups: [], rest: "", colours: [], of: new Uint16Array(layout.points.length / 2) };
  let off = new Set();
  let view = { x: 0.5, y: 0.5, zoom: 1 };
  let width = 1, height = 1, queued = false;

  const choice = (title, options, pick) => {
    if (options.length < 2) return;
    const field = make("label", "", bar);
    field.append(title + " ");
    const select = make("select", "", field);
    options.forEach((option, i) => select.add(new Option(option.name, i)));
    select.addEventListener("change", () => pick(options[select.value]));
  };
  choice("positions", layouts, (chosen) => { layout = chosen; view = { x: 0.5, y: 0.5, zoom: 1 }; name(); draw(); });
  choice("colours", groupings, (chosen) => { grouping = chosen; off = new Set(); list(); draw(); });
  make("span", "", bar).textContent =
    "Hover to see an image; wheel zooms, dragging moves, double click resets; a click in the legend hides a group.";

  const name = () => layout.axes.forEach((text, i) => { axes[i].textContent = text; });
  const colour = (group) => (group < grouping.groups.length
    ? `rgb(${grouping.colours[group].join(" ")})`
    : `rgb(${data.noise.join(" ")})`);
  const called = (group) => grouping.groups[group] ?? grouping.rest;
  const list = () => {
    legend.textContent = "";
    const counts = new Array(grouping.groups.length + 1).fill(0);
    for (const group of grouping.of) counts[Math.min(group, grouping.groups.length)] += 1;
    counts.forEach((count, group) => {
      if (!count) return;
      const entry = make("button", "", legend);
      entry.type = "button";
      make("i", "", entry).style.background = colour(group);
      make("span", "", entry).textContent = called(group);
      make("small", "", entry).textContent = count.toLocaleString("en");
      entry.setAttribute("aria-pressed", "true");
      entry.addEventListener("click", () => {
        const hide = !off.has(group);
        off[hide ? "add" : "delete"](group);
        entry.setAttribute("aria-pressed", String(!hide));
        draw();
      });
    });
  };

  // Layout units are 0 to 1 on both axes, upwards; both axes share the zoom.
  const MARGIN = 28;
  const perX = () => view.zoom * Math.max(1, width - 2 * MARGIN);
  const perY = () => view.zoom * Math.max(1, height - 2 * MARGIN);
  const toX = (x) => width / 2 + (x / 65534 - view.x) * perX();
  const toY = (y) => height / 2 - (y / 65534 - view.y) * perY();
  const shown = (i) => layout.points[2 * i] !== HIDDEN && !off.has(Math.min(grouping.of[i], grouping.groups.length));

  const measure = () => { [width, height] = [stage.clientWidth, stage.clientHeight]; };
  function paint() {
    queued = false;
    const ratio = window.devicePixelRatio || 1;
    measure();
    [canvas.width, canvas.height] = [width * ratio, height * ratio];
    context.scale(ratio, ratio);
    const n = layout.points.length / 2;
    const radius = (n > 8000 ? 2 : n > 2000 ? 2.6 : 3.6) * Math.min(2.5, Math.sqrt(view.zoom));
    context.globalAlpha = n > 8000 ? 0.65 : 0.8;
    const members = new Map();
    for (let i = 0; i < n; i++) {
      if (!shown(i)) continue;
      const group = Math.min(grouping.of[i], grouping.groups.length);
      if (!members.has(group)) members.set(group, []);
      members.get(group).push(i);
    }
    // The rest has the highest number and lies below.
    for (const group of [...members.keys()].sort((a, b) => b - a)) {
      context.fillStyle = colour(group);
      context.beginPath();
      for (const i of members.get(group)) {
        const [x, y] = [toX(layout.points[2 * i]), toY(layout.points[2 * i + 1])];
        if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue;
        context.moveTo(x + radius, y);
        context.arc(x, y, radius, 0, 2 * Math.PI);
      }
      context.fill();
    }
  }
  function draw() {
    if (!queued) requestAnimationFrame(paint);
    queued = true;
  }

  function nearest(x, y) {
    let [best, least] = [-1, 14 * 14];
    for (let i = 0; i < layout.points.length / 2; i++) {
      const [dx, dy] = [toX(layout.points[2 * i]) - x, toY(layout.points[2 * i + 1]) - y];
      if (dx * dx + dy * dy < least && shown(i)) [best, least] = [i, dx * dx + dy * dy];
    }
    return best;
  }
  const sheets = new Map();
  function sheet(number) {
    if (!sheets.has(number)) {
      const source = document.getElementById(`${root.id}-sheet${number}`);
      sheets.set(number, `url(data:image/jpeg;base64,${source.textContent})`);
    }
    return sheets.get(number);
  }
  function show(i, x, y) {
    tip.hidden = i < 0;
    if (i < 0) return;
    const perSheet = data.side * data.side;
    const cell = cells[i];
    picture.hidden = cell === undefined || cell === 0xffffffff;
    if (!picture.hidden) {
      const [column, row] = [cell % data.side, Math.floor((cell % perSheet) / data.side)];
      picture.style.backgroundImage = sheet(Math.floor(cell / perSheet));
      picture.style.backgroundSize = `${192 * data.side}px auto`;
      picture.style.backgroundPosition = `${-192 * column}px ${-192 * row}px`;
    }
    label.textContent = `${data.names[i] ?? ""}\n${grouping.name ?? ""}: ${called(grouping.of[i])}`;
    label.style.whiteSpace = "pre-line";
    tip.style.left = `${x + 16 + 212 > width ? Math.max(0, x - 16 - 212) : x + 16}px`;
    tip.style.top = `${Math.max(0, Math.min(y - 40, height - tip.offsetHeight - 4))}px`;
  }

  let drag = null;
  canvas.addEventListener("pointerdown", (event) => {
    drag = { x: event.clientX, y: event.clientY, view: { ...view } };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointerup", () => { drag = null; });
  canvas.addEventListener("pointermove", (event) => {
    if (drag && (event.buttons & 1)) {
      view.x = drag.view.x - (event.clientX - drag.x) / perX();
      view.y = drag.view.y + (event.clientY - drag.y) / perY();
      show(-1);
      draw();
      return;
    }
    show(nearest(event.offsetX, event.offsetY), event.offsetX, event.offsetY);
  });
  canvas.addEventListener("pointerleave", () => show(-1));
  canvas.addEventListener("dblclick", () => { view = { x: 0.5, y: 0.5, zoom: 1 }; draw(); });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const factor = Math.min(Math.max(view.zoom * Math.exp(-event.deltaY * 0.0015), 0.5), 200) / view.zoom;
    const [dx, dy] = [event.offsetX - width / 2, height / 2 - event.offsetY];
    view.x += (dx / perX()) * (1 - 1 / factor);
    view.y += (dy / perY()) * (1 - 1 / factor);
    view.zoom *= factor;
    draw();
  }, { passive: false });
  new ResizeObserver(draw).observe(stage);
  measure();
  name();
  list();
  draw();
}
document.querySelectorAll(".scatter").forEach(scatter);
