// A film on the page: previews of some frames, the options, the render, and the result.

import * as api from "./film_api.js";
import { FilmFrames } from "./film_frames.js";
import { FilmOptions } from "./film_options.js";
import { FilmRender } from "./film_render.js";
import { showError } from "./status.js";

const byId = (id) => document.getElementById(id);
const STORAGE_KEY = "handtint-film"; // in the session storage of this tab: after a reload the film is shown again
const FILM_NAME = /\.(mp4|m4v|mov|mkv|webm|avi|mpe?g|m?ts|m2ts|vob|wmv|flv|ogv|3gp|dv)$/i;

export const isFilm = (file) => file.type.startsWith("video/") || FILM_NAME.test(file.name);

export class Film {
  // about: the server's description of itself. onClose(): the film was closed.
  constructor(about, onClose) {
    this.limits = about.films;
    this.onClose = onClose;
    this.info = null; // the server's description of the film
    this.options = new FilmOptions(about.variants, { onChange: () => this.refresh(), onRange: () => this.store() });
    this.frames = new FilmFrames((number, point) => this.options.addHint(point, this.info.times[number]));
    this.render = new FilmRender(() => this.options.edit());
    byId("film-close").addEventListener("click", () => this.close());
  }

  // Upload a film and show it. Returns whether that succeeded.
  async open(file) {
    const problem = this.problemOf(file);
    if (problem) {
      showError(problem);
      return false;
    }
    byId("film-status").textContent = `${file.name}: uploading …`;
    this.setVisible(true);
    try {
      await this.release();
      this.show(await api.open(file));
      return true;
    } catch (error) {
      showError(error.message);
      this.setVisible(false);
      return false;
    }
  }

  get isOpen() {
    return Boolean(this.info);
  }

  // Why a file cannot be uploaded, or "".
  problemOf(file) {
    if (this.limits.missing) return this.limits.missing;
    if (!file.size) return `${file.name}: the file is empty`;
    if (file.size > this.limits.bytes) return `${file.name}: larger than the limit of ${this.limits.bytes / 1e6} MB`;
    return "";
  }

  // After a reload of the page, show the same film if the server still has it. Returns whether it does.
  async restore() {
    const stored = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "null");
    if (!stored) return false;
    try {
      const info = await api.status(stored.id);
      this.options.set(stored.inputs);
      this.show(info);
      return true;
    } catch {
      sessionStorage.removeItem(STORAGE_KEY);
      return false;
    }
  }

  show(info) {
    this.info = info;
    this.setVisible(true);
    byId("film-title").textContent = info.name;
    const { width, height, seconds, rate } = info;
    byId("film-facts").textContent = `${width} × ${height}, ${seconds.toFixed(1)} s, ${Number(rate.toFixed(3))} frames per second`;
    byId("film-status").textContent = info.notes.join("; ");
    this.store();
    this.frames.show(info, this.options.options);
    this.render.show(info);
    byId("film-title").focus();
  }

  refresh() {
    if (!this.info) return;
    this.store();
    this.frames.refresh(this.options.options);
  }

  store() {
    if (this.info) sessionStorage.setItem(STORAGE_KEY, JSON.stringify({ id: this.info.id, inputs: this.options.inputs }));
  }

  async close() {
    await this.release();
    this.setVisible(false);
    this.onClose();
  }

  // Close the film on the server, too.
  async release() {
    const { info } = this;
    this.info = null;
    this.render.stopPolling();
    sessionStorage.removeItem(STORAGE_KEY);
    if (info) await api.close(info.id).catch(() => {});
  }

  setVisible(visible) {
    byId("film").hidden = !visible;
    byId("film-body").hidden = !this.info;
  }
}
