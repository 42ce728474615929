// Versions: plausible alternatives for ambiguous colours, as a strip of thumbnails to choose from.

import { withOption } from "./edit.js";

const byId = (id) => document.getElementById(id);

export class Versions {
  // variants: [{number, name}]. change(edit => edit). idle(): resolves when no preview is being requested.
  constructor(variants, { change, idle }) {
    Object.assign(this, { change, idle, requests: 0, button: byId("show-versions"), box: byId("versions") });
    const all = [{ number: 0, name: "likeliest" }, ...variants];
    this.items = all.map((variant) => this.item(variant));
    this.box.append(...this.items.map(({ label }) => label));
  }

  get open() {
    return !this.box.hidden;
  }

  toggle(photo) {
    this.box.hidden = this.open;
    this.button.setAttribute("aria-expanded", this.open);
    if (this.open) this.show(photo);
  }

  item({ number, name }) {
    const [label, radio, image, text] = ["label", "input", "img", "span"].map((tag) => document.createElement(tag));
    Object.assign(radio, { type: "radio", name: "variant", value: number });
    image.alt = "";
    text.textContent = name;
    label.append(radio, image, text);
    radio.addEventListener("change", () => this.change((edit) => withOption(edit, "variant", number)));
    return { number, label, radio, image };
  }

  draw(edit) {
    for (const { number, radio } of this.items) radio.checked = number === (edit.options.variant ?? 0);
  }

  // Load the thumbnails one after the other, until a newer request replaces this one.
  async show(photo) {
    const edit = photo.history.now;
    const key = JSON.stringify([photo.key, { ...edit, options: { ...edit.options, variant: 0 } }]);
    if (!this.open || key === this.shown) return;
    this.shown = key;
    const number = ++this.requests;
    this.box.setAttribute("aria-busy", "true");
    for (const item of this.items) {
      await this.idle();
      const { blob, note } = await photo.thumbnail(withOption(edit, "variant", item.number));
      if (number !== this.requests) return;
      if (item.image.src) URL.revokeObjectURL(item.image.src);
      item.image.src = URL.createObjectURL(blob);
      item.label.title = item.number ? note : "";
    }
    this.box.removeAttribute("aria-busy");
  }
}
