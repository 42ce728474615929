// The render of a film: started, polled, cancelled, played and downloaded.

import * as api from "./film_api.js";
import { showError } from "./status.js";

const byId = (id) => document.getElementById(id);
const POLL_INTERVAL = 500; // milliseconds between two requests for the progress

const remaining = (seconds) => {
  if (seconds === null) return "";
  return seconds < 90 ? `, ${Math.ceil(seconds)} s left` : `, ${Math.ceil(seconds / 60)} minutes left`;
};

export class FilmRender {
  // edit(): {options, start, end}, what is to be rendered.
  constructor(edit) {
    this.edit = edit;
    this.timer = 0;
    byId("film-render").addEventListener("click", () => this.update(() => api.render(this.id, this.edit())));
    byId("film-cancel").addEventListener("click", () => this.update(() => api.cancel(this.id)));
  }

  show(info) {
    this.id = info.id;
    this.draw(info.render);
  }

  // Make a request that returns the film, and draw its render.
  async update(request) {
    const { id } = this;
    try {
      const info = await request();
      if (id === this.id) this.draw(info.render);
    } catch (problem) {
      showError(problem.message);
    }
  }

  stopPolling() {
    clearTimeout(this.timer);
    this.id = "";
  }

  draw(render) {
    clearTimeout(this.timer);
    const active = render?.state === "waiting" || render?.state === "running";
    byId("film-render").disabled = active;
    byId("film-cancel").hidden = byId("film-progress-row").hidden = !active;
    byId("film-result").hidden = render?.state !== "done";
    byId("film").dataset.state = render?.state ?? "";
    if (active) {
      this.drawProgress(render);
      this.timer = setTimeout(() => this.update(() => api.status(this.id)), POLL_INTERVAL);
    } else if (render) this.drawOutcome(render);
  }

  drawProgress({ state, done, total, left }) {
    const bar = byId("film-progress");
    if (total) Object.assign(bar, { max: total, value: done });
    else bar.removeAttribute("value");
    const waiting = state === "waiting" ? "Waiting for the render of another film …" : "Loading the networks …";
    byId("film-count").textContent = total ? `${done} of ${total} frames${remaining(left)}` : waiting;
  }

  drawOutcome({ state, done, error, notes, name }) {
    const cancelled = "Cancelled. With the same settings, the next render continues from here.";
    const texts = { done: `${done} frames rendered.`, failed: error, cancelled };
    byId("film-outcome").textContent = [texts[state], ...notes].join(" ");
    if (state === "failed") showError(error);
    if (state !== "done") return;
    byId("film-video").src = `${api.result(this.id)}?${Date.now()}`;
    byId("film-download").href = api.result(this.id, true);
    byId("film-download").download = name;
  }
}
