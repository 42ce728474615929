// The picture: before and after with a divider, and what a hand does on it.

import { spotOf } from "./edit.js";
import { Loupe } from "./loupe.js";
import { Zoom } from "./zoom.js";

const STEP = 0.02; // of the picture: how far an arrow key moves the cross

const byId = (id) => document.getElementById(id);

export class Picture {
  // act(kind, point): a click or a key at a point {x, y}, shares of the sides; kind "keep", "away", "add", "erase" or "hint".
  // closer(): the picture is looked at more closely than before.
  constructor({ act, brush, closer }) {
    this.act = act;
    this.closer = closer;
    this.brush = brush;
    this.box = byId("picture");
    this.images = { before: byId("before"), after: byId("after") };
    this.scene = byId("scene");
    this.compare = byId("compare");
    this.loupe = new Loupe(this.box, this.images.after);
    this.zoom = new Zoom(this.box, this.scene, {
      may: () => !this.painting,
      pinched: () => this.brush.cancel(),
      changed: () => this.moved(),
    });
    this.cross = { x: 0.5, y: 0.5, node: byId("crosshair") };
    this.ratio = 1;
    this.watch();
    this.divide(50);
  }

  get mode() {
    return document.querySelector('input[name="mode"]:checked').value;
  }

  set mode(value) {
    document.querySelector(`input[name="mode"][value="${value}"]`).checked = true;
    this.dressed();
  }

  get painting() {
    return this.mode === "add" || this.mode === "erase";
  }

  dressed() {
    this.box.classList.toggle("brushing", this.painting);
    byId("brush-size-row").hidden = !this.painting;
    [byId("hint").textContent, byId("hint-more").textContent] = HINTS[this.mode];
    this.brush.clear();
  }

  watch() {
    this.compare.addEventListener("input", () => this.divide(Number(this.compare.value)));
    for (const radio of document.getElementsByName("mode")) radio.addEventListener("change", () => this.dressed());
    const divider = byId("divider").firstElementChild;
    divider.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      event.stopPropagation();
      divider.setPointerCapture(event.pointerId);
    });
    divider.addEventListener("pointermove", (event) => {
      if (divider.hasPointerCapture(event.pointerId)) this.divide(100 * this.at(event).x);
    });
    divider.addEventListener("click", (event) => event.stopPropagation());
    this.box.addEventListener("click", (event) => this.clicked(event));
    this.box.addEventListener("keydown", (event) => this.pressed(event));
    this.box.addEventListener("blur", () => (this.cross.node.hidden = true));
    this.box.addEventListener("pointermove", (event) => this.loupe.show(this.at(event), this.inBox(event)));
    this.box.addEventListener("pointerleave", () => this.loupe.hide());
    const press = (id, act) => byId(id).addEventListener("click", act);
    press("zoom-in", () => this.zoom.by(1.5));
    press("zoom-out", () => this.zoom.by(1 / 1.5));
    press("zoom-reset", () => this.zoom.reset());
    press("show-loupe", () => this.look());
    press("next-face", () => this.nextFace());
    this.brush.watch(this.box, (event) => this.at(event), (event) => this.meant(event), () => this.mode);
    addEventListener("resize", () => this.fit());
  }

  // The mode, or its opposite where Shift or Alt is held.
  meant(event) {
    const other = { keep: "away", away: "keep", add: "erase", erase: "add", hint: "hint" };
    return event.shiftKey || event.altKey ? other[this.mode] : this.mode;
  }

  at(event) {
    const box = this.scene.getBoundingClientRect();
    const clip = (value) => Math.min(Math.max(value, 0), 0.9999);
    return { x: clip((event.clientX - box.left) / box.width), y: clip((event.clientY - box.top) / box.height) };
  }

  inBox(event) {
    const box = this.box.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  // Where a point of the picture is in the frame round it, in pixels.
  inFrame(point) {
    const { x, y } = this.zoom.spot(point);
    return { x: x + this.box.offsetLeft, y: y + this.box.offsetTop };
  }

  clicked(event) {
    if (this.zoom.dragged || this.painting) return;
    event.preventDefault();
    this.acted(this.meant(event), this.at(event));
  }

  acted(kind, point) {
    if (100 * point.x < Number(this.compare.value)) this.divide(0); // or the change would be hidden behind "before"
    this.act(kind, point);
  }

  pressed(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = moves[event.key];
    if (event.target === this.box && this.looked(event)) return;
    if (event.target !== this.box || !move && event.key !== "Enter" && event.key !== " ") return;
    if (event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const { cross } = this;
    if (move) {
      const step = event.shiftKey ? 5 * STEP : STEP;
      cross.x = Math.min(Math.max(cross.x + step * move[0], 0), 0.9999);
      cross.y = Math.min(Math.max(cross.y + step * move[1], 0), 0.9999);
    } else if (!cross.node.hidden) {
      this.acted(this.meant(event), { x: cross.x, y: cross.y });
    }
    this.point(cross);
    if (this.zoom.scale > 1) this.zoom.reveal(cross);
    this.loupe.show(cross, this.zoom.spot(cross));
  }

  // Put the cross on a point.
  point({ x, y }) {
    Object.assign(this.cross, { x, y });
    this.cross.node.hidden = false;
    this.cross.node.style.left = `${100 * x}%`;
    this.cross.node.style.top = `${100 * y}%`;
  }

  // Keys that look closer, or less so; whether this is one of them.
  looked(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const { x, y } = this.zoom.spot(this.cross);
    const middle = this.cross.node.hidden ? undefined : { x: x / this.box.clientWidth, y: y / this.box.clientHeight };
    const acts = {
      "+": () => this.zoom.by(1.5, middle),
      "-": () => this.zoom.by(1 / 1.5, middle),
      0: () => this.zoom.reset(),
      l: () => this.look(),
      f: () => this.nextFace(),
    };
    const act = acts[event.key === "=" ? "+" : event.key.toLowerCase()];
    if (act) event.preventDefault();
    act?.();
    return Boolean(act);
  }

  look() {
    this.loupe.toggle();
    if (this.loupe.on && !this.cross.node.hidden) this.loupe.show(this.cross, this.zoom.spot(this.cross));
    this.closer();
  }

  nextFace() {
    if (!this.loupe.on) this.look();
    if (!this.loupe.faces.length) return;
    this.point(this.loupe.advance());
    this.zoom.reveal(this.cross);
    this.loupe.show(this.cross, this.zoom.spot(this.cross), this.loupe.span);
  }

  // The scene was moved in its box.
  moved() {
    const { scale } = this.zoom;
    byId("zoom-reset").textContent = `${Math.round(100 * scale)} %`;
    byId("zoom-out").disabled = byId("zoom-reset").disabled = scale === 1;
    this.divide(Number(this.compare.value));
    clearTimeout(this.settling);
    if (scale > 1) this.settling = setTimeout(() => this.closer(), 300);
  }

  divide(percent) {
    const share = Math.min(Math.max(percent, 0), 100);
    this.compare.value = share;
    this.compare.setAttribute("aria-valuetext", `${Math.round(share)} % before`);
    this.images.before.style.clipPath = `inset(0 ${100 - share}% 0 0)`;
    const left = this.zoom.spot({ x: share / 100, y: 0 }).x;
    byId("divider").style.left = `${left}px`;
    byId("tag-before").hidden = left < 0.12 * this.box.clientWidth;
  }

  // Show a photo; its size is that of the picture from now on.
  show(photo) {
    this.ratio = photo.info.width / photo.info.height;
    this.fit();
    this.images.before.src = photo.before;
    this.images.after.src = photo.after || photo.before;
    this.loupe.offer(photo.info.faces);
    this.box.setAttribute("aria-label", `The picture: ${photo.name}`);
  }

  async update(photo) {
    this.images.after.src = photo.after;
    if (this.images.before.src !== photo.before) this.images.before.src = photo.before;
    await this.images.after.decode().catch(() => {});
    this.loupe.again();
  }

  fit() {
    const room = this.box.parentElement.clientWidth - 16;
    const { clientHeight } = document.documentElement; // innerHeight changes as a phone's address bar comes and goes
    const high = Math.max(220, innerWidth > 860 ? clientHeight - 290 : 0.48 * clientHeight);
    const width = Math.min(room, high * this.ratio);
    this.box.style.width = `${Math.floor(width)}px`;
    this.box.style.height = `${Math.floor(width / this.ratio)}px`;
    this.brush.fit(width, width / this.ratio);
    this.zoom.place(this.zoom.x, this.zoom.y);
  }

  get pixels() {
    const longer = Math.max(parseFloat(this.box.style.width), parseFloat(this.box.style.height));
    const larger = this.loupe.on ? Math.max(this.zoom.scale, 4) : this.zoom.scale;
    return Math.ceil((longer || 0) * devicePixelRatio * larger) || undefined;
  }

  // Whether more is to be seen than a preview of the whole has.
  get close() {
    return this.loupe.on || this.zoom.scale > 1;
  }

  mark(terms, info) {
    const marks = terms.map((term) => marked(term, info)).filter(Boolean);
    byId("marks").replaceChildren(...marks);
  }

  busy(on) {
    byId("busy").hidden = !on;
  }
}

const HINTS = {
  keep: ["Click what should have colour.", "Hold Shift to take away."],
  away: ["Click what should have no colour.", "Hold Shift to keep."],
  add: ["Paint where colour should be.", "Hold Shift to erase."],
  hint: ["Click a thing, and say what colour it was.", ""],
  erase: ["Paint where no colour should be.", "Hold Shift to add."],
};

function marked(term, info) {
  const spot = spotOf(`${term.text}=`, info);
  if (!spot) return null;
  const node = document.createElement("div");
  node.className = term.away ? "mark away" : "mark";
  node.style.left = `${100 * spot.x}%`;
  node.style.top = `${100 * spot.y}%`;
  return node;
}
