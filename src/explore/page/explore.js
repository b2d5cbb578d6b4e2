// Sliders ask for the clusters of the patches; the colours are drawn here, one pixel per patch, stretched over the image.

import { token } from "./token.js";

const byId = (id) => document.getElementById(id);

async function ask(path, body) {
  const options =
    body === undefined
      ? {}
      : {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(body),
        };
  const answer = await fetch(path, { ...options, headers: { "X-Rails-Token": token, ...options.headers } });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error ?? answer.statusText);
  return said;
}

const canvases = [];
let overlay = null;
let asking = false;
let wanted = false;

function settings() {
  const ticked = [...document.querySelectorAll("#statistics input")].filter((box) => box.checked);
  return {
    slices: Number(byId("slices").value),
    k: Number(byId("k").value),
    statistics: ticked.map((box) => box.value),
    opacity: Number(byId("opacity").value),
  };
}

function say() {
  for (const id of ["slices", "k", "opacity"]) byId(`${id}-now`).textContent = byId(id).value;
}

/** One request at a time; what the sliders said meanwhile is asked next. */
async function update() {
  say();
  wanted = true;
  if (asking) return;
  asking = true;
  while (wanted) {
    wanted = false;
    const start = performance.now();
    try {
      overlay = await ask("/api/overlay", settings());
      draw();
      tell(performance.now() - start);
    } catch (error) {
      byId("scores").textContent = error.message;
    }
  }
  asking = false;
}

function draw() {
  const opacity = Math.round(255 * Number(byId("opacity").value));
  const n = overlay.slices;
  canvases.forEach((canvas, at) => {
    canvas.width = n;
    canvas.height = n;
    const context = canvas.getContext("2d");
    const picture = context.createImageData(n, n);
    overlay.labels[at].forEach((label, patch) => {
      const colour = label < 0 ? overlay.left_out : overlay.colours[label];
      const untinted = label >= 0 && label < overlay.background;
      picture.data.set([...colour, label < 0 ? Math.max(opacity, 60) : untinted ? 0 : opacity], 4 * patch);
    });
    context.putImageData(picture, 0, 0);
  });
}

function tell(milliseconds) {
  const number = (value) => (value === null ? "none" : value.toFixed(3));
  byId("scores").textContent =
    `silhouette ${number(overlay.silhouette)} (raw ${number(overlay.silhouette_raw)}), ${Math.round(milliseconds)} ms`;
  byId("legend").replaceChildren(
    ...overlay.sizes.map((size, id) => {
      const line = document.createElement("div");
      const swatch = document.createElement("canvas");
      [swatch.width, swatch.height] = [1, 1];
      const context = swatch.getContext("2d");
      const untinted = id < overlay.background;
      context.fillStyle = untinted ? "transparent" : `rgb(${overlay.colours[id].join(" ")})`;
      context.fillRect(0, 0, 1, 1);
      line.append(swatch, `cluster ${id}: ${size} patches${untinted ? ", background" : ""}`);
      return line;
    }),
  );
  document.body.dataset.milliseconds = String(milliseconds);
  document.body.dataset.shown = JSON.stringify(settings());
  document.body.dataset.ready = "true";
}

async function save() {
  try {
    const { path } = await ask("/api/save", { name: byId("recipe-name").value.trim(), settings: settings() });
    byId("said").textContent = `saved ${path}`;
  } catch (error) {
    byId("said").textContent = error.message;
  }
}

function show(start) {
  byId("name").textContent = start.name;
  byId("recipe-name").value = `${start.name}-mine`;
  byId("slices").max = start.most_slices;
  byId("k").max = start.most_clusters;
  for (const id of ["slices", "k", "opacity"]) byId(id).value = start.settings[id];
  byId("statistics").replaceChildren(
    ...start.statistics.map((name) => {
      const label = document.createElement("label");
      const box = document.createElement("input");
      Object.assign(box, { type: "checkbox", value: name, checked: start.settings.statistics.includes(name) });
      label.append(box, name.replaceAll("_", " "));
      return label;
    }),
  );
  const figures = start.images.map((image, at) => {
    const [figure, frame, caption] = ["figure", "div", "figcaption"].map((tag) => document.createElement(tag));
    const picture = document.createElement("img");
    Object.assign(picture, { src: `/image/${at}?token=${encodeURIComponent(token)}`, alt: image.name });
    [picture.width, picture.height] = [image.width, image.height];
    picture.className = "picture";
    const canvas = document.createElement("canvas");
    canvases.push(canvas);
    caption.textContent = `${image.name} (${image.width} × ${image.height})`;
    frame.append(picture, canvas);
    figure.append(frame, caption);
    return figure;
  });
  byId("images").replaceChildren(...figures);
}

try {
  show(await ask("/api/settings"));
} catch (error) {
  byId("scores").textContent = `The page cannot start: ${error.message}.`;
  throw error;
}
byId("settings").addEventListener("input", (event) => {
  if (event.target.id === "recipe-name") return;
  if (event.target.id === "opacity" && overlay) {
    say();
    draw();
    document.body.dataset.shown = JSON.stringify(settings());
  } else {
    update();
  }
});
byId("settings").addEventListener("submit", (event) => event.preventDefault());
byId("save").addEventListener("click", save);
await update();
