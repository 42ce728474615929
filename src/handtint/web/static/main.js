// The page: photos in, edits made, results out.

import * as api from "./api.js";
import { Brush } from "./brush.js";
import * as chips from "./chips.js";
import { Controls } from "./controls.js";
import { keepOf, start, withStroke, withTerm, withTerms, withoutTerm } from "./edit.js";
import * as files from "./files.js";
import { gallery } from "./gallery.js";
import { drops, keys } from "./shortcuts.js";
import { Panels } from "./panels.js";
import { Photo, Queue } from "./photos.js";
import { Picture } from "./picture.js";
import { complain, quiet, say } from "./status.js";

const byId = (id) => document.getElementById(id);
const about = await api.about().catch((problem) => {
  complain(problem.message);
  throw problem;
});

let current = null;
const queue = new Queue((photo) => choose(photo));
const brush = new Brush((stroke) => change((edit) => withStroke(edit, stroke)));
const picture = new Picture({ act, brush });
const panels = new Panels();
const controls = new Controls(about.settings, change);

// ---- edits

function act(kind, { x, y }) {
  if (kind === "add" || kind === "erase") {
    brush.dab({ x, y }, kind === "erase");
    return;
  }
  const place = (value) => `${Math.round(1000 * value) / 10}%`;
  change((edit) => withTerm(edit, `@${place(x)},${place(y)}`, kind === "away"));
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

async function shown(photo) {
  await picture.update(photo);
  if (!wanted) brush.settled();
  picture.box.dataset.version = Number(picture.box.dataset.version || 0) + 1;
  say(photo.note ? sentence(photo.note) : "Done.");
  queue.draw(current);
  if (panels.open && !wanted) await panels.show(photo);
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;

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

// ---- out and in

async function saved(photo, what, label) {
  say(`${label} …`);
  try {
    files.save(await photo.picture(what));
    say(`${label}: done.`);
  } catch (problem) {
    complain(problem.message);
    say("");
  }
}

async function saveRecipe() {
  const { strokes } = current.history.now;
  await saved(current, "recipe", "Saving the recipe");
  if (strokes.length) await saved(current, "mask", "Saving the mask that belongs to the recipe");
}

async function loadRecipe(list) {
  try {
    const { edit, note } = await files.load([...list], current);
    change(() => edit);
    if (note) complain(sentence(note));
  } catch (problem) {
    complain(problem.message);
  }
}

async function typed() {
  const field = byId("keep");
  try {
    const terms = await api.terms(field.value);
    change((edit) => withTerms(edit, terms));
  } catch (problem) {
    byId("keep-error").textContent = problem.message;
    field.setAttribute("aria-invalid", "true");
  }
}

// ---- wiring

const on = (id, event, act) => byId(id).addEventListener(event, act);
for (const id of ["choose", "choose-more"]) on(id, "click", () => byId("files").click());
on("files", "change", () => {
  add(byId("files").files);
  byId("files").value = "";
});
on("recipes", "change", () => {
  loadRecipe(byId("recipes").files);
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
on("save-recipe", "click", saveRecipe);
on("load-recipe", "click", () => byId("recipes").click());
on("save-mask", "click", () => saved(current, "mask", "Making the mask"));
on("keep", "change", typed);
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
drops((list) => (current?.info && list.some(files.isRecipe) ? loadRecipe(list) : add(list)));
gallery(about.samples, (file) => add([file]));
document.body.dataset.ready = "true";
