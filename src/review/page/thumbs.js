// Thumbnails come in the order of how near they are to the middle of what is seen, a few at a time.
//
// Browsers open six connections to a server; one carries the events and one must stay free for decisions.

const AT_ONCE = 4;
const wanted = new Map();
const underway = new Map();
let nearness = () => 0;

/** Which of the waiting pictures matters most is asked at the last moment: `distance(img)`, smallest first. */
export function rankBy(distance) {
  nearness = distance;
}

/** Shows `url` in `img` as soon as its turn comes. */
export function want(img, url) {
  if (img.dataset.url === url) return;
  cancel(img);
  img.dataset.url = url;
  wanted.set(img, url);
  queueMicrotask(pump);
}

/** Forgets what `img` was to show. */
export function cancel(img) {
  wanted.delete(img);
  if (underway.delete(img)) queueMicrotask(pump);
  delete img.dataset.url;
  if (img.hasAttribute("src")) img.removeAttribute("src");
  img.parentElement?.classList.remove("broken");
}

function pump() {
  while (underway.size < AT_ONCE && wanted.size) {
    let best = null;
    let least = Infinity;
    for (const img of wanted.keys()) {
      const distance = nearness(img);
      if (distance < least) [best, least] = [img, distance];
    }
    best ??= wanted.keys().next().value;
    load(best, wanted.get(best));
  }
}

function load(img, url) {
  wanted.delete(img);
  underway.set(img, url);
  const done = (broken) => () => {
    if (underway.get(img) !== url) return;
    underway.delete(img);
    img.parentElement?.classList.toggle("broken", broken);
    pump();
  };
  img.onload = done(false);
  img.onerror = done(true);
  img.src = url;
}
