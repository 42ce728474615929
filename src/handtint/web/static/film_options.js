// The options of a film: what keeps its colour, hints, strength, light, background, and the range to render.

const byId = (id) => document.getElementById(id);
const value = (name) => byId(`film-${name}`).value;
const FIELDS = ["keep", "strength", "warmth", "background", "variant"];
const percent = (share) => `${(100 * share).toFixed(1)}%`;

// A time such as 12.5, 2:05 or 1:02:03 in seconds; null for "". Throws an Error for anything else.
function seconds(text) {
  if (!text.trim()) return null;
  const parts = text.trim().split(":").map(Number);
  if (parts.length > 3 || parts.some((part) => !(part >= 0))) throw new Error(`${text} is not a time such as 12.5 or 1:02:03`);
  return parts.reduce((sum, part) => 60 * sum + part, 0);
}

export class FilmOptions {
  // variants: [{number, name}]. onChange(): an option was changed. onRange(): the range to render was changed.
  constructor(variants, { onChange, onRange }) {
    Object.assign(this, { onChange, onRange });
    byId("film-variant").append(...variants.map(({ number, name }) => new Option(name, number)));
    this.hints = [];
    for (const name of FIELDS) byId(`film-${name}`).addEventListener("change", () => onChange());
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
    this.onChange();
  }

  checkRange() {
    const problem = byId("film-range-error");
    problem.textContent = "";
    this.onRange();
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

  // {options, start, end}: what is to be rendered, times in seconds. Throws an Error for a time that cannot be parsed.
  edit() {
    return { options: this.options, start: seconds(value("start")) ?? 0, end: seconds(value("end")) };
  }

  // The inputs as they are, for `set` after a reload.
  get inputs() {
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
      this.onChange();
    });
    const li = document.createElement("li");
    li.append(button);
    return li;
  }
}
