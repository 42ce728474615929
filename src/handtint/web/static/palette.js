// The palette: suggested colours for a point, a colour picker, and colours by name. It stays open while colours are tried.

const byId = (id) => document.getElementById(id);

export class Palette {
  // choose(color, final): a colour, #rrggbb or a name, was chosen. whole(on): it applies to the whole object, or to the point.
  constructor({ choose, whole, remove, parseColor }) {
    Object.assign(this, { choose, parseColor, node: byId("palette"), opener: null, requests: 0 });
    this.list = byId("palette-colors");
    this.free = byId("palette-free");
    this.name = byId("palette-name");
    this.node.addEventListener("keydown", (event) => this.onKeyDown(event));
    this.free.addEventListener("input", () => this.pick(this.free.value, false));
    this.free.addEventListener("change", () => this.pick(this.free.value, true));
    this.name.addEventListener("change", () => this.pickByName());
    byId("palette-whole").addEventListener("change", (event) => whole(event.target.checked));
    byId("palette-remove").addEventListener("click", () => {
      remove();
      this.close();
    });
    byId("palette-done").addEventListener("click", () => this.close());
  }

  get isOpen() {
    return !this.node.hidden;
  }

  // Open the palette next to a place of the frame, {x, y} in pixels. suggestions: a promise of {colors, object}.
  async openAt({ place, suggestions, color, whole, opener }) {
    const number = ++this.requests;
    this.opener = opener;
    this.color = color;
    this.list.replaceChildren();
    this.node.setAttribute("aria-busy", "true");
    byId("palette-error").textContent = this.name.value = "";
    byId("palette-remove").hidden = !color;
    byId("palette-whole-row").hidden = true;
    this.node.hidden = false;
    this.moveTo(place);
    this.node.focus({ preventScroll: true });
    const { colors, object } = await suggestions.catch((problem) => {
      byId("palette-error").textContent = problem.message;
      return { colors: [], object: "" };
    });
    if (number !== this.requests || !this.isOpen) return;
    this.node.removeAttribute("aria-busy");
    this.list.replaceChildren(...colors.map((choice, i) => this.swatch(choice, i)));
    this.free.value = /^#[0-9a-f]{6}$/.test(color) ? color : (colors[0] ?? "#808080");
    byId("palette-whole-row").hidden = !object;
    byId("palette-whole-label").textContent = `All of ${object.replace(":", " ")}`;
    byId("palette-whole").checked = whole;
    this.mark();
    this.moveTo(place);
    if (document.activeElement === this.node) this.list.firstElementChild?.focus({ preventScroll: true });
  }

  // Move the palette next to a place, inside the frame if possible.
  moveTo({ x, y }) {
    const { offsetParent, offsetWidth, offsetHeight } = this.node;
    if (!offsetParent) return;
    const left = x + 24 + offsetWidth < offsetParent.clientWidth ? x + 24 : x - 24 - offsetWidth;
    this.node.style.left = `${Math.max(4, Math.min(left, offsetParent.clientWidth - offsetWidth - 4))}px`;
    this.node.style.top = `${Math.max(4, Math.min(y - 40, offsetParent.clientHeight - offsetHeight - 4))}px`;
  }

  swatch(color, i) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "swatch";
    button.dataset.color = color;
    button.style.background = color;
    button.title = i ? color : `${color}, as predicted`;
    button.setAttribute("aria-label", `${i ? "Colour" : "As predicted,"} ${color}`);
    button.addEventListener("click", () => this.pick(color, true));
    return button;
  }

  pick(color, final) {
    this.color = color;
    byId("palette-error").textContent = "";
    byId("palette-remove").hidden = false;
    this.mark();
    this.choose(color, final);
  }

  async pickByName() {
    if (!this.name.value.trim()) return;
    try {
      const { color } = await this.parseColor(this.name.value);
      this.free.value = color;
      this.pick(color, true);
    } catch (problem) {
      byId("palette-error").textContent = problem.message;
    }
  }

  mark() {
    for (const button of this.list.children) button.setAttribute("aria-pressed", button.dataset.color === this.color);
  }

  onKeyDown(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      this.close();
    }
    const direction = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const at = [...this.list.children].indexOf(document.activeElement);
    if (!direction || at < 0) return;
    event.preventDefault();
    this.list.children[(at + direction + this.list.children.length) % this.list.children.length].focus();
  }

  close() {
    if (!this.isOpen) return;
    this.requests++;
    const hadFocus = this.node.contains(document.activeElement);
    this.node.hidden = true;
    if (hadFocus) (this.opener?.isConnected ? this.opener : byId("picture")).focus({ preventScroll: true });
  }
}
