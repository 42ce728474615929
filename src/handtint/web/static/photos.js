// The photos of this visit: opened one after the other, shown in a list, re-opened when the server made room.

import * as api from "./api.js";
import { History, start, wire } from "./edit.js";

let number = 0;

export class Photo {
  constructor(file, options) {
    this.key = ++number;
    this.file = file;
    this.name = file.name;
    this.state = "waiting"; // working, done, failed
    this.error = "";
    this.history = new History(start(options));
    this.info = null; // what the server says about the photo
    this.before = this.after = ""; // addresses of pictures
    this.files = new Map(); // masks and references given, by sha256
  }

  async open() {
    this.info = await api.open(this.file);
    for (const file of this.files.values()) await api.giveFile(this.info.id, file);
    if (!this.before) this.before = URL.createObjectURL(await api.before(this.info.id));
  }

  // Ask something about this photo; one that the server closed to make room is opened again.
  async ask(question) {
    if (!this.info) await this.open();
    try {
      return await question(this.info.id);
    } catch (problem) {
      if (problem.status !== 410) throw problem;
      await this.open();
      return question(this.info.id);
    }
  }

  picture(what) {
    const edit = wire(this.history.now);
    return this.ask((id) => api.picture(id, what, edit));
  }

  // Show the current edit, with a longer side of so many pixels; returns whether a request was needed.
  async preview(screen) {
    const edit = wire(this.history.now, screen);
    const key = JSON.stringify(edit);
    if (key === this.previewed) return false;
    const { blob, note } = await this.ask((id) => api.picture(id, "preview", edit));
    this.previewed = key;
    this.show(blob, note);
    return true;
  }

  // A small picture of an edit, for a strip of them: {blob, note}.
  thumbnail(edit) {
    return this.ask((id) => api.picture(id, "preview", wire(edit, 160)));
  }

  palette(spot) {
    const edit = wire(this.history.now);
    return this.ask((id) => api.palette(id, edit, spot));
  }

  // The photo as it came, once it is looked at closely.
  async closely() {
    if (this.close) return;
    this.close = true;
    this.before = URL.createObjectURL(await this.ask((id) => api.before(id, true)));
  }

  panels() {
    const edit = wire(this.history.now);
    return this.ask((id) => api.panels(id, edit));
  }

  async giveFile(file) {
    const sha = await this.ask((id) => api.giveFile(id, file));
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

// The list under the picture, where there are several photos.
export class Queue {
  constructor(onChoose) {
    this.photos = [];
    this.onChoose = onChoose;
    this.section = document.getElementById("queue");
    this.list = document.getElementById("photos");
    this.count = document.getElementById("queue-count");
    this.progress = document.getElementById("queue-progress");
  }

  get ended() {
    return this.photos.filter((photo) => photo.state === "done" || photo.state === "failed").length;
  }

  next() {
    return this.photos.find((photo) => photo.state === "waiting");
  }

  draw(current) {
    const { photos, ended } = this;
    this.section.hidden = photos.length < 2;
    this.progress.max = photos.length || 1;
    this.progress.value = ended;
    this.count.textContent = `${ended} of ${photos.length} done`;
    while (this.list.children.length < photos.length) this.list.append(this.item(photos[this.list.children.length]));
    photos.forEach((photo, i) => this.dress(this.list.children[i].firstChild, photo, photo === current));
  }

  item(photo) {
    const li = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.append(document.createElement("div"), document.createElement("span"), document.createElement("span"));
    button.firstChild.className = "blank";
    button.addEventListener("click", () => this.onChoose(photo));
    li.append(button);
    return li;
  }

  dress(button, photo, current) {
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
