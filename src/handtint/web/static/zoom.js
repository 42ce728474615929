// Zoom and pan: where the picture lies in its box, moved by wheel, fingers, mouse and keys.

const MOST = 16;
const SLACK = 4; // pixels that a hand may move and still click

export class Zoom {
  // scene: what is moved in its box. may(event): whether a drag may pan. changed(): after each move.
  constructor(box, scene, { may, pinched, changed }) {
    Object.assign(this, { box, scene, may, pinched, changed, scale: 1, x: 0, y: 0, moved: false });
    this.fingers = new Map();
    box.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    box.addEventListener("pointerdown", (event) => this.down(event), true);
    box.addEventListener("pointermove", (event) => this.move(event), true);
    for (const end of ["pointerup", "pointercancel"]) box.addEventListener(end, (event) => this.up(event), true);
    const two = (event) => event.touches.length > 1 && event.preventDefault();
    for (const touch of ["touchstart", "touchmove"]) box.addEventListener(touch, two, { passive: false });
  }

  // Larger by a factor, with the point (x, y), shares of the box, where it is.
  by(factor, { x, y } = { x: 0.5, y: 0.5 }) {
    const before = this.scale;
    this.scale = Math.min(Math.max(before * factor, 1), MOST);
    const { clientWidth, clientHeight } = this.box;
    const grown = this.scale / before;
    this.place(x * clientWidth - (x * clientWidth - this.x) * grown, y * clientHeight - (y * clientHeight - this.y) * grown);
  }

  reset() {
    this.scale = 1;
    this.place(0, 0);
  }

  // Put the scene's corner there, but no side of it inside of the box.
  place(x, y) {
    const { clientWidth, clientHeight } = this.box;
    this.x = Math.min(0, Math.max(x, clientWidth * (1 - this.scale)));
    this.y = Math.min(0, Math.max(y, clientHeight * (1 - this.scale)));
    this.scene.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.scene.style.setProperty("--small", 1 / this.scale);
    this.box.classList.toggle("zoomed", this.scale > 1);
    this.changed();
  }

  // Where a point of the picture, {x, y} as shares of its sides, is in the box, in pixels.
  spot({ x, y }) {
    const { clientWidth, clientHeight } = this.box;
    return { x: this.x + x * clientWidth * this.scale, y: this.y + y * clientHeight * this.scale };
  }

  // Pan as far as is needed to see a point of the picture.
  reveal(point) {
    const { clientWidth, clientHeight } = this.box;
    const at = this.spot(point);
    const inside = (value, side) => Math.min(Math.max(value, 0.12 * side), 0.88 * side) - value;
    this.place(this.x + inside(at.x, clientWidth), this.y + inside(at.y, clientHeight));
  }

  at(event) {
    const box = this.box.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  // A wheel that would make what is whole smaller scrolls the page, as it does elsewhere.
  wheel(event) {
    if (this.scale === 1 && event.deltaY > 0 && !event.ctrlKey) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 20 : 1;
    this.by(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.002)), this.at(event));
  }

  down(event) {
    if (event.target.closest("button, .knob")) return;
    this.moved = false;
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.fingers.size === 2) {
      this.pinched();
      event.stopPropagation();
    } else if (this.scale === 1 || !(event.button === 1 || this.may(event))) {
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
    } else if (this.scale > 1 && (event.buttons & 4 || this.may(event))) {
      if (!this.moved && Math.hypot(to.x - from.x, to.y - from.y) < SLACK) return;
      if (!this.moved) this.box.setPointerCapture(event.pointerId);
      this.moved = true;
      this.place(this.x + to.x - from.x, this.y + to.y - from.y);
    }
    this.fingers.set(event.pointerId, to);
  }

  pinch(moving, from, to) {
    const [, still] = [...this.fingers].find(([id]) => id !== moving);
    const apart = (a) => Math.max(Math.hypot(a.x - still.x, a.y - still.y), 1);
    const middle = (a) => this.at({ clientX: (a.x + still.x) / 2, clientY: (a.y + still.y) / 2 });
    const { clientWidth, clientHeight } = this.box;
    const [before, after] = [middle(from), middle(to)];
    this.moved = true;
    this.place(this.x + (after.x - before.x) * clientWidth, this.y + (after.y - before.y) * clientHeight);
    this.by(apart(to) / apart(from), after);
  }

  up(event) {
    this.fingers.delete(event.pointerId);
  }

  // Whether the click that comes now ends a drag; asked once.
  get dragged() {
    const { moved } = this;
    this.moved = false;
    return moved;
  }
}
