// The preview frames of a film, tinted one after the other with the latest options; the selected one is large and takes hints.

import * as api from "./film_api.js";
import { showError } from "./status.js";

const byId = (id) => document.getElementById(id);

const formatTime = (time) => {
  const seconds = (time % 60).toFixed(1).padStart(4, "0");
  return `${Math.floor(time / 60)}:${seconds}`;
};

export class FilmFrames {
  // onPoint(number, {x, y}): a point of that frame was clicked, x and y 0..1.
  constructor(onPoint) {
    this.list = byId("film-frames");
    this.large = byId("film-large");
    this.number = 0; // of the selected frame
    this.requests = 0;
    this.large.addEventListener("click", (event) => {
      const box = this.large.getBoundingClientRect();
      onPoint(this.number, { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height });
    });
  }

  show(info, options) {
    this.info = info;
    this.images.forEach((img) => URL.revokeObjectURL(img.src));
    this.list.replaceChildren(...info.times.map((time, number) => this.item(time, number)));
    this.large.style.width = `min(100%, ${(62 * info.width) / info.height}vh)`; // the frame fills it: clicks are points of it
    this.select(0);
    this.refresh(options);
  }

  get images() {
    return [...this.list.querySelectorAll("img")];
  }

  item(time, number) {
    const li = document.createElement("li");
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const img = Object.assign(document.createElement("img"), { alt: "" });
    const label = document.createElement("span");
    label.textContent = formatTime(time);
    button.setAttribute("aria-label", `The frame at ${formatTime(time)}`);
    button.append(img, label);
    button.addEventListener("click", () => this.select(number));
    li.append(button);
    return li;
  }

  select(number) {
    this.number = number;
    [...this.list.querySelectorAll("button")].forEach((button, i) => button.setAttribute("aria-pressed", i === number));
    this.enlarge();
  }

  enlarge() {
    const { src } = this.images[this.number];
    if (src) this.large.src = src;
    this.large.alt = `The frame at ${formatTime(this.info.times[this.number])}, tinted`;
  }

  // Tint all frames again, the selected one first, until a newer request replaces this one.
  async refresh(options) {
    const request = ++this.requests;
    this.list.setAttribute("aria-busy", "true");
    for (const number of new Set([this.number, ...this.info.times.keys()])) {
      try {
        const blob = await api.frame(this.info.id, number, options);
        if (request !== this.requests) return;
        this.update(number, blob);
      } catch (problem) {
        if (request === this.requests) showError(problem.message);
        break;
      }
    }
    if (request !== this.requests) return;
    this.list.setAttribute("aria-busy", "false");
    this.list.dataset.version = Number(this.list.dataset.version || 0) + 1;
  }

  update(number, blob) {
    const img = this.images[number];
    const old = img.src;
    img.src = URL.createObjectURL(blob);
    if (number === this.number) this.enlarge();
    if (old) setTimeout(() => URL.revokeObjectURL(old), 2000);
  }
}
