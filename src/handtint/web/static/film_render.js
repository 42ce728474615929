// The render of a film: begun, watched, cancelled, played and downloaded.

import * as api from "./film_api.js";
import { showError } from "./status.js";

const byId = (id) => document.getElementById(id);
const EVERY = 500; // milliseconds between two looks at the progress

const left = (seconds) => {
  if (seconds === null) return "";
  return seconds < 90 ? `, ${Math.ceil(seconds)} s left` : `, ${Math.ceil(seconds / 60)} minutes left`;
};

export class FilmRender {
  // edit(): {options, start, end}, what is to be rendered.
  constructor(edit) {
    this.edit = edit;
    this.timer = 0;
    byId("film-render").addEventListener("click", () => this.begin());
    byId("film-cancel").addEventListener("click", () => this.ask(() => api.cancel(this.id)));
  }

  show(info) {
    this.id = info.id;
    this.draw(info.render);
  }

  begin() {
    return this.ask(() => api.render(this.id, this.edit()));
  }

  async ask(question) {
    const { id } = this;
    try {
      const info = await question();
      if (id === this.id) this.draw(info.render);
    } catch (problem) {
      showError(problem.message);
    }
  }

  stopWatching() {
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
      this.timer = setTimeout(() => this.ask(() => api.status(this.id)), EVERY);
    } else if (render) this.drawEnd(render);
  }

  drawProgress({ state, done, total, left: time }) {
    const bar = byId("film-progress");
    if (total) Object.assign(bar, { max: total, value: done });
    else bar.removeAttribute("value");
    const waiting = state === "waiting" ? "Another film is rendered first." : "The networks are being loaded …";
    byId("film-count").textContent = total ? `${done} of ${total} frames${left(time)}` : waiting;
  }

  drawEnd({ state, done, error, notes, name }) {
    const texts = { done: `${done} frames are done.`, failed: error, cancelled: "Stopped. The same render goes on from there." };
    byId("film-outcome").textContent = [texts[state], ...notes].join(" ");
    if (state === "failed") showError(error);
    if (state !== "done") return;
    byId("film-video").src = `${api.result(this.id)}?${Date.now()}`;
    byId("film-download").href = api.result(this.id, true);
    byId("film-download").download = name;
  }
}
