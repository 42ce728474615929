// The photos of this session: opened one after the other, listed, and opened again if the server closed them.

import * as api from "./api.js";
import { History, initialEdit, toPayload } from "./edit.js";

let number = 0;

export class Photo {
  constructor(file, options) {
    this.key = ++number;
    this.file = file;
    this.name = file.name;
    this.state = "waiting"; // working, done, failed
    this.error = "";
    this.history = new History(initialEdit(options));
    this.info = null; // the server's description of the photo
    this.before = this.after = ""; // URLs of pictures
    this.files = new Map(); // uploaded masks and references, by sha256
  }

  async open() {
    this.info = await api.open(this.file);
    for (const file of this.files.values()) await api.uploadFile(this.info.id, file);
    if (!this.before) this.before = URL.createObjectURL(await api.before(this.info.id));
  }

  // Make a request about this photo; if the server closed it to make room, it is opened again.
  async request(call) {
    if (!this.info) await this.open();
    try {
      return await call(this.info.id);
    } catch (problem) {
      if (problem.status !== 410) throw problem;
      await this.open();
      return call(this.info.id);
    }
  }

  picture(what) {
    const edit = toPayload(this.history.now);
    return this.request((id) => api.picture(id, what, edit));
  }

  // Load a preview of the current edit. screen: its longer side in pixels. Returns whether a request was necessary.
  async preview(screen) {
    const edit = toPayload(this.history.now, screen);
    const key = JSON.stringify(edit);
    if (key === this.previewed) return false;
    const { blob, note } = await this.request((id) => api.picture(id, "preview", edit));
    this.previewed = key;
    this.show(blob, note);
    return true;
  }

  // A thumbnail of an edit: {blob, note}.
  thumbnail(edit) {
    return this.request((id) => api.picture(id, "preview", toPayload(edit, 160)));
  }

  palette(point) {
    const edit = toPayload(this.history.now);
    return this.request((id) => api.palette(id, edit, point));
  }

  // Load the original at a higher resolution, for zooming in.
  async loadCloseUp() {
    if (this.closeUp) return;
    this.closeUp = true;
    this.before = URL.createObjectURL(await this.request((id) => api.before(id, true)));
  }

  panels() {
    const edit = toPayload(this.history.now);
    return this.request((id) => api.panels(id, edit));
  }

  async uploadFile(file) {
    const sha = await this.request((id) => api.uploadFile(id, file));
    this.files.set(sha, file);
    return sha;
  }

  show(blob, note) {
    const old = this.after;
    this.after = URL.createObjectURL(blob);
    if (old) setTimeout(() => URL.revokeObjectURL(old), 2000);
    this.note = note;
    this.state = "done";
  }

  fail(problem) {
    this.state = "failed";
    this.error = problem.message;
  }
}

const WORDS = { waiting: "waiting", working: "working …", done: "done", failed: "failed" };

// The list of photos under the picture, if there are several.
export class Queue {
  constructor(onSelect) {
    this.photos = [];
    this.onSelect = onSelect;
    this.section = document.getElementById("queue");
    this.list = document.getElementById("photos");
    this.count = document.getElementById("queue-count");
    this.progress = document.getElementById("queue-progress");
  }

  get finished() {
    return this.photos.filter((photo) => photo.state === "done" || photo.state === "failed").length;
  }

  next() {
    return this.photos.find((photo) => photo.state === "waiting");
  }

  draw(current) {
    const { photos, finished } = this;
    this.section.hidden = photos.length < 2;
    this.progress.max = photos.length || 1;
    this.progress.value = finished;
    this.count.textContent = `${finished} of ${photos.length} done`;
    while (this.list.children.length < photos.length) this.list.append(this.item(photos[this.list.children.length]));
    photos.forEach((photo, i) => this.updateItem(this.list.children[i].firstChild, photo, photo === current));
  }

  item(photo) {
    const li = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.append(document.createElement("div"), document.createElement("span"), document.createElement("span"));
    button.firstChild.className = "blank";
    button.addEventListener("click", () => this.onSelect(photo));
    li.append(button);
    return li;
  }

  updateItem(button, photo, current) {
    const [picture, name, state] = button.children;
    button.setAttribute("aria-current", current ? "true" : "false");
    button.title = photo.error || photo.name;
    name.textContent = photo.name;
    state.textContent = WORDS[photo.state];
    state.className = photo.state;
    const source = photo.after || photo.before;
    if (!source || picture.src === source) return;
    const img = picture.tagName === "IMG" ? picture : document.createElement("img");
    img.alt = "";
    img.src = source;
    if (img !== picture) picture.replaceWith(img);
  }
}
