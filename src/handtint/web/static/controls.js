// Sliders, choices and switches, made from the settings that the server describes.

import { withOption } from "./edit.js";

const byId = (id) => document.getElementById(id);
const percent = (value) => `${Math.round(100 * value)} %`;
const BACKGROUNDS = { "": "Auto", original: "Original", gray: "Gray", sepia: "Sepia", dim: "Dim" };
const SELECTS = ["levels", "colors", "format", "metadata"];
const SWITCHES = ["invert", "matting"];

export class Controls {
  // change(edit => edit, final): a control was changed; final is false while a slider is being dragged.
  constructor(settings, change) {
    this.settings = settings;
    this.change = change;
    this.describe();
    this.slider("strength", Number, percent);
    this.slider("feather", Number, (value) => `${Math.round(value)} px`);
    this.slider("warmth", Number, warmthShown);
    this.backgrounds();
    this.gain();
    this.listen(byId("closer_look"), "change", "closer_look", (node) => (node.checked ? "auto" : "off"));
    for (const name of SELECTS) this.listen(byId(name), "change", name, (node) => node.value || null);
    for (const name of SWITCHES) this.listen(byId(name), "change", name, (node) => node.checked);
  }

  describe() {
    for (const [name, setting] of Object.entries(this.settings)) byId(name)?.setAttribute("title", setting.help);
    for (const name of ["strength", "warmth"]) {
      const { low, high } = this.settings[name];
      Object.assign(byId(name), { min: low, max: high });
    }
  }

  listen(node, event, name, read, final = true) {
    node.addEventListener(event, () => this.change((edit) => withOption(edit, name, read(node)), final));
  }

  slider(name, read, shown) {
    const node = byId(name);
    node.addEventListener("input", () => (byId(`${name}-out`).value = shown(Number(node.value))));
    this.listen(node, "input", name, () => read(node.value), false);
    this.listen(node, "change", name, () => read(node.value));
    this[`${name}Shown`] = shown;
  }

  backgrounds() {
    const labels = ["", ...this.settings.background.choices].map((value) => {
      const label = document.createElement("label");
      const radio = Object.assign(document.createElement("input"), { type: "radio", name: "background", value });
      const span = document.createElement("span");
      span.textContent = BACKGROUNDS[value] ?? value;
      label.append(radio, span);
      this.listen(radio, "change", "background", () => value || null);
      return label;
    });
    byId("background-choices").append(...labels);
  }

  // The slider shows log2 of the gain: 0 is a factor of 1.
  gain() {
    const [node, auto] = [byId("gain"), byId("gain-auto")];
    const read = () => (auto.checked ? "auto" : String(Math.round(100 * 2 ** Number(node.value)) / 100));
    node.addEventListener("input", () => {
      auto.checked = false;
      byId("gain-out").value = gainShown(read());
    });
    this.listen(node, "input", "gain", read, false);
    this.listen(node, "change", "gain", read);
    this.listen(auto, "change", "gain", read);
  }

  // Set every control to the value in the edit.
  draw(edit) {
    const valueOf = (name) => edit.options[name] ?? this.settings[name].default;
    for (const name of ["strength", "feather", "warmth"]) {
      byId(name).max = Math.max(Number(byId(name).max), valueOf(name));
      byId(name).value = valueOf(name);
      byId(`${name}-out`).value = this[`${name}Shown`](valueOf(name));
    }
    const behind = valueOf("background") ?? "";
    for (const radio of document.getElementsByName("background")) radio.checked = radio.value === behind;
    const gain = valueOf("gain");
    byId("gain-auto").checked = gain === "auto";
    if (gain !== "auto") byId("gain").value = Math.log2(gain === "off" ? 1 : Number(gain));
    byId("gain-out").value = gainShown(gain);
    byId("closer_look").checked = valueOf("closer_look") !== "off";
    for (const name of SELECTS) byId(name).value = valueOf(name) ?? "";
    for (const name of SWITCHES) byId(name).checked = valueOf(name);
  }
}

const warmthShown = (value) => (value ? `${value > 0 ? "warmer" : "cooler"} ${percent(Math.abs(value))}` : "as it is");
const gainShown = (gain) => (gain === "auto" ? "automatic" : gain === "off" ? "× 1" : `× ${gain}`);
