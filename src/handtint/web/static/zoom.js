// Zoom and pan by wheel, touch, mouse and keyboard.

const MAX_SCALE = 16;
const CLICK_TOLERANCE = 4; // pixels that the pointer may move during a click

export class Zoom {
  // scene: the element that is transformed. canPan(event): whether a drag pans. onChange(): after each change.
  constructor(box, scene, { canPan, onPinch, onChange }) {
    Object.assign(this, { box, scene, canPan, onPinch, onChange, scale: 1, x: 0, y: 0, moved: false });
    this.fingers = new Map();
    box.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    box.addEventListener("pointerdown", (event) => this.down(event), true);
    box.addEventListener("pointermove", (event) => this.move(event), true);
    for (const end of ["pointerup", "pointercancel"]) box.addEventListener(end, (event) => this.up(event), true);
    const two = (event) => event.touches.length > 1 && event.preventDefault();
    for (const touch of ["touchstart", "touchmove"]) box.addEventListener(touch, two, { passive: false });
  }

  // Scale by a factor; the point (x, y) of the box, 0..1, stays in place.
  zoomBy(factor, { x, y } = { x: 0.5, y: 0.5 }) {
    const before = this.scale;
    this.scale = Math.min(Math.max(before * factor, 1), MAX_SCALE);
    const { clientWidth, clientHeight } = this.box;
    const ratio = this.scale / before;
    this.moveTo(x * clientWidth - (x * clientWidth - this.x) * ratio, y * clientHeight - (y * clientHeight - this.y) * ratio);
  }

  reset() {
    this.scale = 1;
    this.moveTo(0, 0);
  }

  // Move the scene's top left corner, so that the scene still covers the box.
  moveTo(x, y) {
    const { clientWidth, clientHeight } = this.box;
    this.x = Math.min(0, Math.max(x, clientWidth * (1 - this.scale)));
    this.y = Math.min(0, Math.max(y, clientHeight * (1 - this.scale)));
    this.scene.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.scene.style.setProperty("--small", 1 / this.scale);
    this.box.classList.toggle("zoomed", this.scale > 1);
    this.onChange();
  }

  // The position in the box, in pixels, of a point {x, y}, 0..1, of the picture.
  toBox({ x, y }) {
    const { clientWidth, clientHeight } = this.box;
    return { x: this.x + x * clientWidth * this.scale, y: this.y + y * clientHeight * this.scale };
  }

  // Pan so that a point of the picture becomes visible.
  reveal(point) {
    const { clientWidth, clientHeight } = this.box;
    const at = this.toBox(point);
    const inside = (value, side) => Math.min(Math.max(value, 0.12 * side), 0.88 * side) - value;
    this.moveTo(this.x + inside(at.x, clientWidth), this.y + inside(at.y, clientHeight));
  }

  at(event) {
    const box = this.box.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  // Zooming out further than the whole picture scrolls the page instead.
  wheel(event) {
    if (this.scale === 1 && event.deltaY > 0 && !event.ctrlKey) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 20 : 1;
    this.zoomBy(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.002)), this.at(event));
  }

  down(event) {
    if (event.target.closest("button, .knob")) return;
    this.moved = false;
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.fingers.size === 2) {
      this.onPinch();
      event.stopPropagation();
    } else if (this.scale === 1 || !(event.button === 1 || this.canPan(event))) {
      if (event.pointerType !== "touch") this.fingers.delete(event.pointerId);
    } else if (event.button === 1) event.preventDefault();
  }

  move(event) {
    const from = this.fingers.get(event.pointerId);
    if (!from) return;
    const to = { x: event.clientX, y: event.clientY };
    if (this.fingers.size === 2) {
      event.stopPropagation();
      this.pinch(event.pointerId, from, to);
    } else if (this.scale > 1 && (event.buttons & 4 || this.canPan(event))) {
      if (!this.moved && Math.hypot(to.x - from.x, to.y - from.y) < CLICK_TOLERANCE) return;
      if (!this.moved) this.box.setPointerCapture(event.pointerId);
      this.moved = true;
      this.moveTo(this.x + to.x - from.x, this.y + to.y - from.y);
    }
    this.fingers.set(event.pointerId, to);
  }

  pinch(movingId, from, to) {
    const [, other] = [...this.fingers].find(([id]) => id !== movingId);
    const distance = (a) => Math.max(Math.hypot(a.x - other.x, a.y - other.y), 1);
    const middle = (a) => this.at({ clientX: (a.x + other.x) / 2, clientY: (a.y + other.y) / 2 });
    const { clientWidth, clientHeight } = this.box;
    const [before, after] = [middle(from), middle(to)];
    this.moved = true;
    this.moveTo(this.x + (after.x - before.x) * clientWidth, this.y + (after.y - before.y) * clientHeight);
    this.zoomBy(distance(to) / distance(from), after);
  }

  up(event) {
    this.fingers.delete(event.pointerId);
  }

  // Whether the current click ended a drag; reading it resets it.
  get dragged() {
    const { moved } = this;
    this.moved = false;
    return moved;
  }
}
