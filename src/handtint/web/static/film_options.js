// The options of a film: what keeps its colour, hints, strength, light, background, and the range to render.

const byId = (id) => document.getElementById(id);
const value = (name) => byId(`film-${name}`).value;
const FIELDS = ["keep", "strength", "warmth", "background", "variant"];
const percent = (share) => `${(100 * share).toFixed(1)}%`;

// The seconds of a time such as 12.5, 2:05 or 1:02:03; null for none.
export function seconds(text) {
  if (!text.trim()) return null;
  const parts = text.trim().split(":").map(Number);
  if (parts.length > 3 || parts.some((part) => !(part >= 0))) throw new Error(`${text} is not a time as 12.5 or 1:02:03`);
  return parts.reduce((sum, part) => 60 * sum + part, 0);
}

export class FilmOptions {
  // variants: [{number, name}]. change(): some option has changed.
  constructor(variants, change) {
    this.change = change;
    byId("film-variant").append(...variants.map(({ number, name }) => new Option(name, number)));
    this.hints = [];
    for (const name of FIELDS) byId(`film-${name}`).addEventListener("change", () => change());
    for (const name of ["start", "end"]) byId(`film-${name}`).addEventListener("change", () => this.checkRange());
    byId("film-hint-add").addEventListener("click", () => this.add(byId("film-hint").value));
    byId("film-options").addEventListener("submit", (event) => event.preventDefault());
    this.draw();
  }

  addHint({ x, y }, time) {
    this.add(`@${percent(x)},${percent(y)}@${time}s=${byId("film-color").value}`);
  }

  add(text) {
    if (!text.trim()) return;
    this.hints.push(text.trim());
    byId("film-hint").value = "";
    this.draw();
    this.change();
  }

  checkRange() {
    const problem = byId("film-range-error");
    problem.textContent = "";
    this.change();
    try {
      this.edit();
    } catch (error) {
      problem.textContent = error.message;
    }
  }

  get options() {
    return {
      keep: value("keep").trim() || "subject",
      hint: this.hints,
      strength: Number(value("strength")),
      warmth: Number(value("warmth")),
      background: value("background") || null,
      variant: Number(value("variant")),
    };
  }

  // {options, start, end}: what is to be rendered. Throws where a time cannot be read.
  edit() {
    return { options: this.options, start: seconds(value("start")) ?? 0, end: seconds(value("end")) };
  }

  // All that is chosen, as it was typed; `set` chooses it again after a reload.
  get typed() {
    return { options: this.options, start: value("start"), end: value("end") };
  }

  set({ options, start, end }) {
    for (const name of FIELDS) byId(`film-${name}`).value = options[name] ?? "";
    byId("film-start").value = start;
    byId("film-end").value = end;
    this.hints = options.hint;
    this.draw();
  }

  draw() {
    byId("film-hints").replaceChildren(...this.hints.map((text, number) => this.chip(text, number)));
  }

  chip(text, number) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "chip" });
    button.textContent = `${text} ✕`;
    button.setAttribute("aria-label", `Remove the hint ${text}`);
    button.addEventListener("click", () => {
      this.hints.splice(number, 1);
      this.draw();
      this.change();
    });
    const li = document.createElement("li");
    li.append(button);
    return li;
  }
}
