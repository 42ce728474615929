// The palette: the likeliest colours of a place, a free picker, and names; it stays while colours are tried.

const byId = (id) => document.getElementById(id);

export class Palette {
  // choose(color, final): a colour, #rrggbb or a name. whole(on): all of the thing, or the place alone.
  constructor({ choose, whole, remove, read }) {
    Object.assign(this, { choose, read, node: byId("palette"), from: null, requests: 0 });
    this.list = byId("palette-colors");
    this.free = byId("palette-free");
    this.name = byId("palette-name");
    this.node.addEventListener("keydown", (event) => this.pressed(event));
    this.free.addEventListener("input", () => this.chosen(this.free.value, false));
    this.free.addEventListener("change", () => this.chosen(this.free.value, true));
    this.name.addEventListener("change", () => this.named());
    byId("palette-whole").addEventListener("change", (event) => whole(event.target.checked));
    byId("palette-remove").addEventListener("click", () => {
      remove();
      this.close();
    });
    byId("palette-done").addEventListener("click", () => this.close());
  }

  get open() {
    return !this.node.hidden;
  }

  // Ask for a colour at a place of the frame, {x, y} in pixels. offer: a promise of {colors, thing}.
  async ask({ place, offer, color, whole, from }) {
    const number = ++this.requests;
    this.from = from;
    this.color = color;
    this.list.replaceChildren();
    this.node.setAttribute("aria-busy", "true");
    byId("palette-error").textContent = this.name.value = "";
    byId("palette-remove").hidden = !color;
    byId("palette-whole-row").hidden = true;
    this.node.hidden = false;
    this.put(place);
    this.node.focus({ preventScroll: true });
    const { colors, thing } = await offer.catch((problem) => {
      byId("palette-error").textContent = problem.message;
      return { colors: [], thing: "" };
    });
    if (number !== this.requests || !this.open) return;
    this.node.removeAttribute("aria-busy");
    this.list.replaceChildren(...colors.map((one, i) => this.swatch(one, i)));
    this.free.value = /^#[0-9a-f]{6}$/.test(color) ? color : (colors[0] ?? "#808080");
    byId("palette-whole-row").hidden = !thing;
    byId("palette-whole-label").textContent = `All of ${thing.replace(":", " ")}`;
    byId("palette-whole").checked = whole;
    this.mark();
    this.put(place);
    if (document.activeElement === this.node) this.list.firstElementChild?.focus({ preventScroll: true });
  }

  // Beside the place, inside of the frame as far as there is room.
  put({ x, y }) {
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
    button.addEventListener("click", () => this.chosen(color, true));
    return button;
  }

  chosen(color, final) {
    this.color = color;
    byId("palette-error").textContent = "";
    byId("palette-remove").hidden = false;
    this.mark();
    this.choose(color, final);
  }

  async named() {
    if (!this.name.value.trim()) return;
    try {
      const { color } = await this.read(this.name.value);
      this.free.value = color;
      this.chosen(color, true);
    } catch (problem) {
      byId("palette-error").textContent = problem.message;
    }
  }

  mark() {
    for (const one of this.list.children) one.setAttribute("aria-pressed", one.dataset.color === this.color);
  }

  pressed(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      this.close();
    }
    const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const at = [...this.list.children].indexOf(document.activeElement);
    if (!way || at < 0) return;
    event.preventDefault();
    this.list.children[(at + way + this.list.children.length) % this.list.children.length].focus();
  }

  close() {
    if (!this.open) return;
    this.requests++;
    const held = this.node.contains(document.activeElement);
    this.node.hidden = true;
    if (held) (this.from?.isConnected ? this.from : byId("picture")).focus({ preventScroll: true });
  }
}
