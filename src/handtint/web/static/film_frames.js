// The frames of a film, tinted one after the other with the latest options, and the large one that takes hints.

import * as api from "./film_api.js";
import { showError } from "./status.js";

const byId = (id) => document.getElementById(id);

export const clock = (time) => {
  const seconds = (time % 60).toFixed(1).padStart(4, "0");
  return `${Math.floor(time / 60)}:${seconds}`;
};

export class FilmFrames {
  // onPlace(number, {x, y}): a place of a frame was clicked, shares of its sides.
  constructor(onPlace) {
    this.list = byId("film-frames");
    this.large = byId("film-large");
    this.number = 0;
    this.run = 0;
    this.large.addEventListener("click", (event) => {
      const box = this.large.getBoundingClientRect();
      onPlace(this.number, { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height });
    });
  }

  show(info, options) {
    this.info = info;
    this.number = 0;
    this.list.replaceChildren(...info.times.map((time, number) => this.item(time, number)));
    this.large.style.width = `min(100%, ${(62 * info.width) / info.height}vh)`; // no bars beside it: clicks are places
    this.choose(0);
    this.refresh(options);
  }

  item(time, number) {
    const li = document.createElement("li");
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const img = Object.assign(document.createElement("img"), { alt: "" });
    const label = document.createElement("span");
    label.textContent = clock(time);
    button.setAttribute("aria-label", `The frame at ${clock(time)}`);
    button.append(img, label);
    button.addEventListener("click", () => this.choose(number));
    li.append(button);
    return li;
  }

  choose(number) {
    this.number = number;
    [...this.list.querySelectorAll("button")].forEach((button, i) => button.setAttribute("aria-pressed", i === number));
    this.enlarge();
  }

  enlarge() {
    const { src } = this.list.querySelectorAll("img")[this.number];
    if (src) this.large.src = src;
    this.large.alt = `The frame at ${clock(this.info.times[this.number])}, tinted`;
  }

  // Tint all frames anew, the large one first; a later call takes the place of an earlier one.
  async refresh(options) {
    const run = ++this.run;
    this.list.setAttribute("aria-busy", "true");
    const order = [this.number, ...this.info.times.keys()].filter((n, i, all) => all.indexOf(n) === i);
    for (const number of order) {
      try {
        const blob = await api.frame(this.info.id, number, options);
        if (run !== this.run) return;
        this.put(number, blob);
      } catch (problem) {
        if (run === this.run) showError(problem.message);
        break;
      }
    }
    if (run !== this.run) return;
    this.list.setAttribute("aria-busy", "false");
    this.list.dataset.version = Number(this.list.dataset.version || 0) + 1;
  }

  put(number, blob) {
    const img = this.list.querySelectorAll("img")[number];
    const old = img.src;
    img.src = URL.createObjectURL(blob);
    if (number === this.number) this.enlarge();
    if (old) setTimeout(() => URL.revokeObjectURL(old), 2000);
  }
}
