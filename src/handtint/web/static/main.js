// The page: opens photos, applies edits, and downloads results.

import * as api from "./api.js";
import { Brush } from "./brush.js";
import * as chips from "./chips.js";
import { Controls } from "./controls.js";
import { initialEdit, keepOf, termAt, withStroke, withTerm, withoutTerm } from "./edit.js";
import { isRecipe } from "./files.js";
import { Film, isFilm } from "./film.js";
import { gallery } from "./gallery.js";
import { Hints } from "./hints.js";
import { Panels } from "./panels.js";
import { Photo, Queue } from "./photos.js";
import { Picture } from "./picture.js";
import { Reference } from "./reference.js";
import { onDrop, onPaste, onUndoKeys } from "./shortcuts.js";
import { clearErrors, sentence, showError, showStatus } from "./status.js";
import { applyKeep, loadRecipe, savePicture, saveRecipe, uploadReference } from "./transfer.js";
import { Versions } from "./versions.js";

const byId = (id) => document.getElementById(id);
const about = await api.about().catch((problem) => {
  showError(problem.message);
  throw problem;
});

let current = null;
const queue = new Queue((photo) => choose(photo));
const brush = new Brush((stroke) => change((edit) => withStroke(edit, stroke)));
const picture = new Picture({ onAction, brush, onZoom });
const panels = new Panels();
const controls = new Controls(about.settings, change);
const hints = new Hints({ change, picture, photo: () => current });
const reference = new Reference({
  onFile: (file) => uploadReference(current, file, change),
  onRemove: () => change((edit) => ({ ...edit, reference: null })),
});
const versions = new Versions(about.variants, { change, idle });
const film = new Film(about, () => (byId(current ? "editor" : "start").hidden = false));

// ---- edits

function onAction(kind, { x, y }) {
  if (kind === "add" || kind === "erase") {
    brush.dab({ x, y }, kind === "erase");
    return;
  }
  if (kind === "hint") {
    picture.setCrosshair({ x, y });
    hints.startAt({ x, y });
  } else change((edit) => withTerm(edit, termAt({ x, y }), kind === "subtract"));
}

function toggleTerm(text, event) {
  const subtract = picture.modeFor(event) === "subtract";
  const now = current.history.now.terms.find((term) => term.text.split("=")[0] === text);
  if (now && now.subtract === subtract) change((edit) => withoutTerm(edit, text));
  else change((edit) => withTerm({ ...edit, automatic: edit.automatic && text !== "subject" }, text, subtract));
}

function change(update, final = true) {
  if (!current?.info) return;
  const { history } = current;
  const next = update(history.now);
  if (final) history.set(next);
  else history.preview(next);
  draw({ keepControls: !final });
  refresh();
}

function step(direction) {
  if (!current?.info) return;
  hints.palette.close();
  current.history[direction]();
  draw();
  refresh();
}

// ---- showing

function draw({ keepControls = false } = {}) {
  const { history, info } = current;
  if (!keepControls) controls.draw(history.now);
  chips.draw(info, history.now, { onToggle: toggleTerm, onRemove: (text) => change((edit) => withoutTerm(edit, text)) });
  picture.mark(history.now.mask ? [] : history.now.terms, info);
  hints.draw(history.now, info);
  reference.draw(current.files.get(history.now.reference));
  versions.draw(history.now);
  byId("keep").value = keepOf(history.now.terms);
  byId("keep-error").textContent = "";
  byId("keep").removeAttribute("aria-invalid");
  byId("undo").disabled = !history.past.length && !history.beforePreview;
  byId("redo").disabled = !history.future.length;
  byId("reset").disabled = !history.changed;
  const depth = `${info.width} × ${info.height}, ${info.depth} bits a channel`;
  byId("download-note").textContent = `At full size: ${depth}${info.pages > 1 ? `, ${info.pages} pages` : ""}.`;
  queue.draw(current);
}

let pending = null;
let running = false;

// Request the preview of the current edit. While a request is running, only the latest edit waits.
async function refresh() {
  pending = current;
  if (running) return;
  running = true;
  const timer = setTimeout(() => picture.busy(true), 250);
  while (pending) {
    const photo = pending;
    pending = null;
    try {
      if ((await photo.preview(picture.pixels)) && photo === current) await display(photo);
    } catch (problem) {
      showError(problem.message);
      brush.clearPending();
    }
  }
  clearTimeout(timer);
  picture.busy(false);
  running = false;
}

// The user zoomed in: show previews at a higher resolution.
async function onZoom() {
  if (!current?.after) return;
  if (picture.closeUp) await current.loadCloseUp().catch(() => {});
  refresh();
}

// Resolves when no preview is being requested.
async function idle() {
  while (running) await new Promise((go) => setTimeout(go, 60));
}

async function display(photo) {
  await picture.update(photo);
  if (!pending) brush.clearPending();
  picture.box.dataset.version = Number(picture.box.dataset.version || 0) + 1;
  showStatus(photo.note ? sentence(photo.note) : "Done.");
  queue.draw(current);
  if (panels.open && !pending) await panels.show(photo);
  if (versions.open && !pending) versions.show(photo).catch((problem) => showError(problem.message));
}

// ---- photos

// Photos join the queue; a film replaces them on the page until it is closed.
async function add(files) {
  const list = [...files]; // the input's own list is emptied meanwhile
  const films = list.filter(isFilm);
  if (films.length) {
    byId("start").hidden = byId("editor").hidden = true;
    const opened = await film.open(films[0]);
    if (opened && list.length > 1) showError(`Only ${films[0].name} was opened: a film is edited alone.`);
    if (opened) return;
    byId(current ? "editor" : "start").hidden = false;
  }
  const photos = list.filter((file) => !isFilm(file));
  if (photos.length && film.isOpen) showError("Close the film before you open photos.");
  else addPhotos(photos);
}

function addPhotos(list) {
  const fit = list.filter((file) => {
    if (file.size <= about.limits.bytes) return true;
    showError(`${file.name}: larger than the limit of ${about.limits.bytes / 1e6} MB`);
    return false;
  });
  if (!fit.length) return;
  clearErrors();
  const photos = fit.map((file) => new Photo(file, {}));
  queue.photos.push(...photos);
  byId("start").hidden = true;
  byId("editor").hidden = byId("choose-more").hidden = false;
  if (!current || current.state === "failed") choose(photos[0]);
  else queue.draw(current);
  openPhotos();
}

let working = false;

// Open the waiting photos, one after the other.
async function openPhotos() {
  if (working) return;
  working = true;
  for (let photo = queue.next(); photo; photo = queue.next()) {
    photo.state = "working";
    queue.draw(current);
    const many = queue.photos.length > 1 ? ` ${queue.finished} of ${queue.photos.length} done.` : "";
    showStatus(`${photo.name}: opening …${many}`);
    if (photo === current) picture.busy(true);
    try {
      await photo.open();
      if (photo === current) choose(photo);
      await photo.preview(picture.pixels);
      if (photo === current) await display(photo);
    } catch (problem) {
      photo.fail(problem);
      showError(problem.message);
      if (photo === current) onFailure(photo);
    }
    picture.busy(false);
    queue.draw(current);
  }
  working = false;
  if (queue.photos.length > 1) showStatus(`${queue.finished} of ${queue.photos.length} photos done.`);
}

// If a photo cannot be opened, show another one, or the start page.
function onFailure(photo) {
  showStatus(photo.error);
  const next = queue.photos.find((one) => one.state !== "failed");
  if (next) return choose(next);
  queue.photos.length = 0;
  current = null;
  byId("start").hidden = false;
  byId("editor").hidden = byId("choose-more").hidden = true;
  return null;
}

function choose(photo) {
  if (photo.state === "failed") {
    showError(photo.error);
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
    if (first) picture.setDivider(50);
    if (document.activeElement === document.body) picture.box.focus({ preventScroll: true });
    draw();
    showStatus(photo.note ? sentence(photo.note) : photo.name);
    if (panels.open) panels.show(photo).catch((problem) => showError(problem.message));
  } else queue.draw(current);
}

// ---- wiring

const on = (id, event, listener) => byId(id).addEventListener(event, listener);
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
on("reset", "click", () => change(() => initialEdit({})));
on("download", "click", () => savePicture(current, "result", "Making the result at full size"));
on("download-all", "click", async () => {
  const done = queue.photos.filter((photo) => photo.state === "done");
  for (const photo of done) await savePicture(photo, "result", `Making ${photo.name}`);
});
on("save-recipe", "click", () => saveRecipe(current));
on("load-recipe", "click", () => byId("recipes").click());
on("save-mask", "click", () => savePicture(current, "mask", "Making the mask"));
on("keep", "change", () => applyKeep(change));
on("show-versions", "click", () => versions.toggle(current));
on("controls", "submit", (event) => event.preventDefault());
on("show-panels", "click", async () => {
  panels.toggle();
  if (panels.open && current?.info) await panels.show(current).catch((problem) => showError(problem.message));
});

let resized = 0;
addEventListener("resize", () => {
  clearTimeout(resized);
  resized = setTimeout(() => current?.after && refresh(), 400);
});
onUndoKeys(step);
onDrop((list) => (current?.info && list.some(isRecipe) ? loadRecipe(current, list, change) : add(list)));
onPaste(add);
gallery(about.samples, (file) => add([file]));
if (await film.restore()) byId("start").hidden = true;
document.body.dataset.ready = "true";
