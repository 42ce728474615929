// The picture: before and after with a divider, and all pointer and keyboard input on it.

import { pointOf } from "./edit.js";
import { Loupe } from "./loupe.js";
import { Zoom } from "./zoom.js";

const STEP = 0.02; // of the picture: how far an arrow key moves the crosshair

const byId = (id) => document.getElementById(id);

export class Picture {
  // onAction(kind, point): a click or key at a point {x, y}, 0..1; kind "keep", "subtract", "add", "erase" or "hint".
  // onZoom(): the magnification changed.
  constructor({ onAction, brush, onZoom }) {
    this.onAction = onAction;
    this.onZoom = onZoom;
    this.brush = brush;
    this.box = byId("picture");
    this.images = { before: byId("before"), after: byId("after") };
    this.scene = byId("scene");
    this.compare = byId("compare");
    this.loupe = new Loupe(this.box, this.images.after);
    this.zoom = new Zoom(this.box, this.scene, {
      canPan: () => !this.painting,
      onPinch: () => this.brush.cancel(),
      onChange: () => this.onMove(),
    });
    this.cross = { x: 0.5, y: 0.5, node: byId("crosshair") };
    this.ratio = 1;
    this.listen();
    this.setDivider(50);
  }

  get mode() {
    return document.querySelector('input[name="mode"]:checked').value;
  }

  set mode(value) {
    document.querySelector(`input[name="mode"][value="${value}"]`).checked = true;
    this.updateMode();
  }

  get painting() {
    return this.mode === "add" || this.mode === "erase";
  }

  updateMode() {
    this.box.classList.toggle("brushing", this.painting);
    byId("brush-size-row").hidden = !this.painting;
    [byId("hint").textContent, byId("hint-more").textContent] = INSTRUCTIONS[this.mode];
    this.brush.clear();
  }

  listen() {
    this.compare.addEventListener("input", () => this.setDivider(Number(this.compare.value)));
    for (const radio of document.getElementsByName("mode")) radio.addEventListener("change", () => this.updateMode());
    const divider = byId("divider").firstElementChild;
    divider.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      event.stopPropagation();
      divider.setPointerCapture(event.pointerId);
    });
    divider.addEventListener("pointermove", (event) => {
      if (divider.hasPointerCapture(event.pointerId)) this.setDivider(100 * this.at(event).x);
    });
    divider.addEventListener("click", (event) => event.stopPropagation());
    this.box.addEventListener("click", (event) => this.onClick(event));
    this.box.addEventListener("keydown", (event) => this.onKeyDown(event));
    this.box.addEventListener("blur", () => (this.cross.node.hidden = true));
    this.box.addEventListener("pointermove", (event) => this.loupe.show(this.at(event), this.inBox(event)));
    this.box.addEventListener("pointerleave", () => this.loupe.hide());
    const press = (id, listener) => byId(id).addEventListener("click", listener);
    press("zoom-in", () => this.zoom.zoomBy(1.5));
    press("zoom-out", () => this.zoom.zoomBy(1 / 1.5));
    press("zoom-reset", () => this.zoom.reset());
    press("show-loupe", () => this.toggleLoupe());
    press("next-face", () => this.nextFace());
    this.brush.listen(this.box, (event) => this.at(event), (event) => this.modeFor(event), () => this.mode);
    addEventListener("resize", () => this.fit());
  }

  // The mode, or its opposite if Shift or Alt is held.
  modeFor(event) {
    const other = { keep: "subtract", subtract: "keep", add: "erase", erase: "add", hint: "hint" };
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

  // The position of a point of the picture in the frame around it, in pixels.
  inFrame(point) {
    const { x, y } = this.zoom.toBox(point);
    return { x: x + this.box.offsetLeft, y: y + this.box.offsetTop };
  }

  onClick(event) {
    if (this.zoom.dragged || this.painting) return;
    event.preventDefault();
    this.apply(this.modeFor(event), this.at(event));
  }

  apply(kind, point) {
    if (100 * point.x < Number(this.compare.value)) this.setDivider(0); // or the change would be hidden behind "before"
    this.onAction(kind, point);
  }

  onKeyDown(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = moves[event.key];
    if (event.target === this.box && this.onViewKey(event)) return;
    if (event.target !== this.box || !move && event.key !== "Enter" && event.key !== " ") return;
    if (event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const { cross } = this;
    if (move) {
      const step = event.shiftKey ? 5 * STEP : STEP;
      cross.x = Math.min(Math.max(cross.x + step * move[0], 0), 0.9999);
      cross.y = Math.min(Math.max(cross.y + step * move[1], 0), 0.9999);
    } else if (!cross.node.hidden) {
      this.apply(this.modeFor(event), { x: cross.x, y: cross.y });
    }
    this.setCrosshair(cross);
    if (this.zoom.scale > 1) this.zoom.reveal(cross);
    this.loupe.show(cross, this.zoom.toBox(cross));
  }

  // Move the crosshair to a point.
  setCrosshair({ x, y }) {
    Object.assign(this.cross, { x, y });
    this.cross.node.hidden = false;
    this.cross.node.style.left = `${100 * x}%`;
    this.cross.node.style.top = `${100 * y}%`;
  }

  // Handle the keys for zoom and loupe. Returns whether this was one of them.
  onViewKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const { x, y } = this.zoom.toBox(this.cross);
    const middle = this.cross.node.hidden ? undefined : { x: x / this.box.clientWidth, y: y / this.box.clientHeight };
    const acts = {
      "+": () => this.zoom.zoomBy(1.5, middle),
      "-": () => this.zoom.zoomBy(1 / 1.5, middle),
      0: () => this.zoom.reset(),
      l: () => this.toggleLoupe(),
      f: () => this.nextFace(),
    };
    const action = acts[event.key === "=" ? "+" : event.key.toLowerCase()];
    if (action) event.preventDefault();
    action?.();
    return Boolean(action);
  }

  toggleLoupe() {
    this.loupe.toggle();
    if (this.loupe.on && !this.cross.node.hidden) this.loupe.show(this.cross, this.zoom.toBox(this.cross));
    this.onZoom();
  }

  nextFace() {
    if (!this.loupe.on) this.toggleLoupe();
    if (!this.loupe.faces.length) return;
    this.setCrosshair(this.loupe.nextFace());
    this.zoom.reveal(this.cross);
    this.loupe.show(this.cross, this.zoom.toBox(this.cross), this.loupe.span);
  }

  // The scene was zoomed or panned.
  onMove() {
    const { scale } = this.zoom;
    byId("zoom-reset").textContent = `${Math.round(100 * scale)} %`;
    byId("zoom-out").disabled = byId("zoom-reset").disabled = scale === 1;
    this.setDivider(Number(this.compare.value));
    clearTimeout(this.zoomTimer);
    if (scale > 1) this.zoomTimer = setTimeout(() => this.onZoom(), 300);
  }

  setDivider(percent) {
    const share = Math.min(Math.max(percent, 0), 100);
    this.compare.value = share;
    this.compare.setAttribute("aria-valuetext", `${Math.round(share)} % before`);
    this.images.before.style.clipPath = `inset(0 ${100 - share}% 0 0)`;
    const left = this.zoom.toBox({ x: share / 100, y: 0 }).x;
    byId("divider").style.left = `${left}px`;
    byId("tag-before").hidden = left < 0.12 * this.box.clientWidth;
  }

  // Show a photo, and set the size of the picture.
  show(photo) {
    this.ratio = photo.info.width / photo.info.height;
    this.fit();
    this.images.before.src = photo.before;
    this.images.after.src = photo.after || photo.before;
    this.loupe.setFaces(photo.info.faces);
    this.box.setAttribute("aria-label", `The picture: ${photo.name}`);
  }

  async update(photo) {
    this.images.after.src = photo.after;
    if (this.images.before.src !== photo.before) this.images.before.src = photo.before;
    await this.images.after.decode().catch(() => {});
    this.loupe.redraw();
  }

  fit() {
    const available = this.box.parentElement.clientWidth - 16;
    const { clientHeight } = document.documentElement; // innerHeight changes as a phone's address bar comes and goes
    const maxHeight = Math.max(220, innerWidth > 860 ? clientHeight - 290 : 0.48 * clientHeight);
    const width = Math.min(available, maxHeight * this.ratio);
    this.box.style.width = `${Math.floor(width)}px`;
    this.box.style.height = `${Math.floor(width / this.ratio)}px`;
    this.brush.resize(width, width / this.ratio);
    this.zoom.moveTo(this.zoom.x, this.zoom.y);
  }

  get pixels() {
    const longerSide = Math.max(parseFloat(this.box.style.width), parseFloat(this.box.style.height));
    const scale = this.loupe.on ? Math.max(this.zoom.scale, 4) : this.zoom.scale;
    return Math.ceil((longerSide || 0) * devicePixelRatio * scale) || undefined;
  }

  // Whether a higher resolution is needed than that of the usual preview.
  get closeUp() {
    return this.loupe.on || this.zoom.scale > 1;
  }

  mark(terms, info) {
    const marks = terms.map((term) => markerFor(term, info)).filter(Boolean);
    byId("marks").replaceChildren(...marks);
  }

  busy(on) {
    byId("busy").hidden = !on;
  }
}

const INSTRUCTIONS = {
  keep: ["Click what should have colour.", "Hold Shift to take away."],
  subtract: ["Click what should have no colour.", "Hold Shift to keep."],
  add: ["Paint where colour should be.", "Hold Shift to erase."],
  hint: ["Click an object, and say what colour it was.", ""],
  erase: ["Paint where no colour should be.", "Hold Shift to add."],
};

function markerFor(term, info) {
  const point = pointOf(`${term.text}=`, info);
  if (!point) return null;
  const node = document.createElement("div");
  node.className = term.subtract ? "mark subtracted" : "mark";
  node.style.left = `${100 * point.x}%`;
  node.style.top = `${100 * point.y}%`;
  return node;
}
