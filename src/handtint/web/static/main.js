// The page: photos in, edits made, results out.

import * as api from "./api.js";
import { Brush } from "./brush.js";
import * as chips from "./chips.js";
import { Controls } from "./controls.js";
import { keepOf, placeOf, start, withStroke, withTerm, withoutTerm } from "./edit.js";
import { isRecipe } from "./files.js";
import { gallery } from "./gallery.js";
import { Hints } from "./hints.js";
import { Panels } from "./panels.js";
import { Photo, Queue } from "./photos.js";
import { Picture } from "./picture.js";
import { Reference } from "./reference.js";
import { drops, keys, pastes } from "./shortcuts.js";
import { complain, quiet, say, sentence } from "./status.js";
import { giveReference, loadRecipe, saveRecipe, saved, typed } from "./transfer.js";
import { Versions } from "./versions.js";

const byId = (id) => document.getElementById(id);
const about = await api.about().catch((problem) => {
  complain(problem.message);
  throw problem;
});

let current = null;
const queue = new Queue((photo) => choose(photo));
const brush = new Brush((stroke) => change((edit) => withStroke(edit, stroke)));
const picture = new Picture({ act, brush, closer });
const panels = new Panels();
const controls = new Controls(about.settings, change);
const hints = new Hints({ change, picture, photo: () => current });
const reference = new Reference({
  take: (file) => giveReference(current, file, change),
  drop: () => change((edit) => ({ ...edit, reference: null })),
});
const versions = new Versions(about.variants, { change, idle });

// ---- edits

function act(kind, { x, y }) {
  if (kind === "add" || kind === "erase") {
    brush.dab({ x, y }, kind === "erase");
    return;
  }
  if (kind === "hint") {
    picture.point({ x, y });
    hints.begin({ x, y });
  } else change((edit) => withTerm(edit, placeOf({ x, y }), kind === "away"));
}

function turn(text, event) {
  const away = picture.meant(event) === "away";
  const now = current.history.now.terms.find((term) => term.text.split("=")[0] === text);
  if (now && now.away === away) change((edit) => withoutTerm(edit, text));
  else change((edit) => withTerm({ ...edit, automatic: edit.automatic && text !== "subject" }, text, away));
}

function change(how, final = true) {
  if (!current?.info) return;
  const { history } = current;
  const next = how(history.now);
  if (final) history.set(next);
  else history.attempt(next);
  draw({ keepControls: !final });
  refresh();
}

function step(way) {
  if (!current?.info) return;
  hints.palette.close();
  current.history[way]();
  draw();
  refresh();
}

// ---- showing

function draw({ keepControls = false } = {}) {
  const { history, info } = current;
  if (!keepControls) controls.draw(history.now);
  chips.draw(info, history.now, { turn, drop: (text) => change((edit) => withoutTerm(edit, text)) });
  picture.mark(history.now.mask ? [] : history.now.terms, info);
  hints.draw(history.now, info);
  reference.draw(current.files.get(history.now.reference));
  versions.draw(history.now);
  byId("keep").value = keepOf(history.now.terms);
  byId("keep-error").textContent = "";
  byId("keep").removeAttribute("aria-invalid");
  byId("undo").disabled = !history.past.length && !history.held;
  byId("redo").disabled = !history.future.length;
  byId("reset").disabled = !history.changed;
  const depth = `${info.width} × ${info.height}, ${info.depth} bits a channel`;
  byId("download-note").textContent = `At full size: ${depth}${info.pages > 1 ? `, ${info.pages} pages` : ""}.`;
  queue.draw(current);
}

let wanted = null;
let running = false;

// Request the picture for the current edit. While a request is running, only the latest one waits.
async function refresh() {
  wanted = current;
  if (running) return;
  running = true;
  const timer = setTimeout(() => picture.busy(true), 250);
  while (wanted) {
    const photo = wanted;
    wanted = null;
    try {
      if ((await photo.preview(picture.pixels)) && photo === current) await shown(photo);
    } catch (problem) {
      complain(problem.message);
      brush.settled();
    }
  }
  clearTimeout(timer);
  picture.busy(false);
  running = false;
}

// The picture is looked at more closely: with all that there is to see, if that is not shown yet.
async function closer() {
  if (!current?.after) return;
  if (picture.close) await current.closely().catch(() => {});
  refresh();
}

// Until no picture is being asked for.
async function idle() {
  while (running) await new Promise((go) => setTimeout(go, 60));
}

async function shown(photo) {
  await picture.update(photo);
  if (!wanted) brush.settled();
  picture.box.dataset.version = Number(picture.box.dataset.version || 0) + 1;
  say(photo.note ? sentence(photo.note) : "Done.");
  queue.draw(current);
  if (panels.open && !wanted) await panels.show(photo);
  if (versions.open && !wanted) versions.show(photo).catch((problem) => complain(problem.message));
}

// ---- photos

function add(list) {
  const fit = [...list].filter((file) => {
    if (file.size <= about.limits.bytes) return true;
    complain(`${file.name}: larger than the limit of ${about.limits.bytes / 1e6} MB`);
    return false;
  });
  if (!fit.length) return;
  quiet();
  const photos = fit.map((file) => new Photo(file, {}));
  queue.photos.push(...photos);
  byId("start").hidden = true;
  byId("editor").hidden = byId("choose-more").hidden = false;
  if (!current || current.state === "failed") choose(photos[0]);
  else queue.draw(current);
  work();
}

let working = false;

// Open the waiting photos, one after the other.
async function work() {
  if (working) return;
  working = true;
  for (let photo = queue.next(); photo; photo = queue.next()) {
    photo.state = "working";
    queue.draw(current);
    const many = queue.photos.length > 1 ? ` ${queue.ended} of ${queue.photos.length} done.` : "";
    say(`${photo.name}: looking at it …${many}`);
    if (photo === current) picture.busy(true);
    try {
      await photo.open();
      if (photo === current) choose(photo);
      await photo.preview(picture.pixels);
      if (photo === current) await shown(photo);
    } catch (problem) {
      photo.fail(problem);
      complain(problem.message);
      if (photo === current) failed(photo);
    }
    picture.busy(false);
    queue.draw(current);
  }
  working = false;
  if (queue.photos.length > 1) say(`${queue.ended} of ${queue.photos.length} photos done.`);
}

// A photo that cannot be shown gives way to one that can, or to the start.
function failed(photo) {
  say(photo.error);
  const other = queue.photos.find((one) => one.state !== "failed");
  if (other) return choose(other);
  queue.photos.length = 0;
  current = null;
  byId("start").hidden = false;
  byId("editor").hidden = byId("choose-more").hidden = true;
  return null;
}

function choose(photo) {
  if (photo.state === "failed") {
    complain(photo.error);
    return;
  }
  const first = current !== photo;
  hints.palette.close();
  if (first) picture.zoom.reset();
  current = photo;
  byId("editor").classList.toggle("empty", !photo.info);
  byId("controls").inert = !photo.info;
  if (photo.info) {
    picture.show(photo);
    if (first) picture.divide(50);
    if (document.activeElement === document.body) picture.box.focus({ preventScroll: true });
    draw();
    say(photo.note ? sentence(photo.note) : photo.name);
    if (panels.open) panels.show(photo).catch((problem) => complain(problem.message));
  } else queue.draw(current);
}

// ---- wiring

const on = (id, event, act) => byId(id).addEventListener(event, act);
for (const id of ["choose", "choose-more"]) on(id, "click", () => byId("files").click());
on("files", "change", () => {
  add(byId("files").files);
  byId("files").value = "";
});
on("recipes", "change", () => {
  loadRecipe(current, byId("recipes").files, change);
  byId("recipes").value = "";
});
on("undo", "click", () => step("undo"));
on("redo", "click", () => step("redo"));
on("reset", "click", () => change(() => start({})));
on("download", "click", () => saved(current, "result", "Making the result at full size"));
on("download-all", "click", async () => {
  const done = queue.photos.filter((photo) => photo.state === "done");
  for (const photo of done) await saved(photo, "result", `Making ${photo.name}`);
});
on("save-recipe", "click", () => saveRecipe(current));
on("load-recipe", "click", () => byId("recipes").click());
on("save-mask", "click", () => saved(current, "mask", "Making the mask"));
on("keep", "change", () => typed(change));
on("show-versions", "click", () => versions.toggle(current));
on("controls", "submit", (event) => event.preventDefault());
on("show-panels", "click", async () => {
  panels.toggle();
  if (panels.open && current?.info) await panels.show(current).catch((problem) => complain(problem.message));
});

let resized = 0;
addEventListener("resize", () => {
  clearTimeout(resized);
  resized = setTimeout(() => current?.after && refresh(), 400);
});
keys(step);
drops((list) => (current?.info && list.some(isRecipe) ? loadRecipe(current, list, change) : add(list)));
pastes(add);
gallery(about.samples, (file) => add([file]));
document.body.dataset.ready = "true";
