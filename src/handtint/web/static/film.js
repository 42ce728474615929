// A film on the page: some of its frames with the present options, the render, and the result.

import * as api from "./film_api.js";
import { FilmFrames } from "./film_frames.js";
import { FilmOptions } from "./film_options.js";
import { FilmRender } from "./film_render.js";
import { showError } from "./status.js";

const byId = (id) => document.getElementById(id);
const KEPT = "handtint-film"; // in the session storage of this tab: a reload shows the film again
const ENDINGS = /\.(mp4|m4v|mov|mkv|webm|avi|mpe?g|m?ts|m2ts|vob|wmv|flv|ogv|3gp|dv)$/i;

export const isFilm = (file) => file.type.startsWith("video/") || ENDINGS.test(file.name);

export class Film {
  // about: what the server told of itself. onClose(): the film was closed.
  constructor(about, onClose) {
    this.limits = about.films;
    this.onClose = onClose;
    this.info = null;
    this.options = new FilmOptions(about.variants, () => this.changed());
    this.frames = new FilmFrames((number, place) => this.options.addHint(place, this.info.times[number]));
    this.render = new FilmRender(() => this.options.edit());
    byId("film-close").addEventListener("click", () => this.close());
  }

  // Upload a film and show it; whether that worked.
  async open(file) {
    const problem = this.refused(file);
    if (problem) {
      showError(problem);
      return false;
    }
    byId("film-status").textContent = `${file.name}: being read …`;
    this.visible(true);
    try {
      await this.forget();
      this.show(await api.open(file));
      return true;
    } catch (error) {
      showError(error.message);
      this.visible(false);
      return false;
    }
  }

  get isOpen() {
    return Boolean(this.info);
  }

  refused(file) {
    if (this.limits.missing) return this.limits.missing;
    if (!file.size) return `${file.name}: the file is empty`;
    if (file.size > this.limits.bytes) return `${file.name}: larger than the limit of ${this.limits.bytes / 1e6} MB`;
    return "";
  }

  // The film of before a reload of the page, if the server still has it; whether there is one.
  async restore() {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    if (!kept) return false;
    try {
      const info = await api.status(kept.id);
      this.options.set(kept.typed);
      this.show(info);
      return true;
    } catch {
      sessionStorage.removeItem(KEPT);
      return false;
    }
  }

  show(info) {
    this.info = info;
    this.visible(true);
    byId("film-title").textContent = info.name;
    const { width, height, seconds, rate } = info;
    byId("film-facts").textContent = `${width} × ${height}, ${seconds.toFixed(1)} s, ${Number(rate.toFixed(3))} frames a second`;
    byId("film-status").textContent = info.notes.join("; ");
    this.keep();
    this.frames.show(info, this.options.options);
    this.render.show(info);
    byId("film-title").focus();
  }

  changed() {
    if (!this.info) return;
    this.keep();
    this.frames.refresh(this.options.options);
  }

  keep() {
    sessionStorage.setItem(KEPT, JSON.stringify({ id: this.info.id, typed: this.options.typed }));
  }

  async close() {
    await this.forget();
    this.visible(false);
    this.onClose();
  }

  async forget() {
    const { info } = this;
    this.info = null;
    this.render.stopWatching();
    sessionStorage.removeItem(KEPT);
    if (info) await api.close(info.id).catch(() => {});
  }

  visible(shown) {
    byId("film").hidden = !shown;
    byId("film-body").hidden = !this.info;
  }
}
