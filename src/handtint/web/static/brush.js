// The brush: strokes are drawn over the picture while the pointer moves, and passed on when it is released.

const COLORS = { add: "rgba(240, 138, 60, 0.55)", erase: "rgba(40, 90, 160, 0.55)" };

export class Brush {
  // onStroke({points, radius, erase}): points [[x, y], ...] are relative to the sides, radius to the longer side.
  constructor(onStroke) {
    this.onStroke = onStroke;
    this.canvas = document.getElementById("ink");
    this.size = document.getElementById("brush-size");
    this.stroke = null;
    this.cursor = null;
  }

  get radius() {
    return Number(this.size.value) / 200;
  }

  resize(width, height) {
    this.canvas.width = Math.round(width);
    this.canvas.height = Math.round(height);
  }

  listen(box, at, modeFor, mode) {
    const isPainting = () => mode() === "add" || mode() === "erase";
    box.addEventListener("pointerdown", (event) => {
      if (!isPainting() || event.button !== 0) return;
      event.preventDefault();
      box.focus({ preventScroll: true });
      box.setPointerCapture(event.pointerId);
      const { x, y } = at(event);
      this.stroke = { points: [[x, y]], radius: this.radius, erase: modeFor(event) === "erase" };
      this.draw();
    });
    box.addEventListener("pointermove", (event) => {
      if (!isPainting()) return;
      this.cursor = at(event);
      if (this.stroke) this.extend(this.cursor);
      this.draw();
    });
    box.addEventListener("pointerup", () => this.finish());
    box.addEventListener("pointercancel", () => this.finish());
    box.addEventListener("pointerleave", () => {
      this.cursor = null;
      this.draw();
    });
  }

  extend({ x, y }) {
    const { points, radius } = this.stroke;
    const [lastX, lastY] = points[points.length - 1];
    if (Math.hypot(x - lastX, y - lastY) > radius / 8) points.push([round(x), round(y)]);
  }

  finish() {
    if (!this.stroke) return;
    const stroke = this.stroke;
    this.stroke = null;
    this.pending = stroke; // drawn until the next preview includes it
    this.draw();
    this.onStroke(stroke);
  }

  // Discard the current stroke: it turned out to be a pinch.
  cancel() {
    this.stroke = null;
    this.draw();
  }

  dab({ x, y }, erase) {
    this.onStroke({ points: [[round(x), round(y)]], radius: this.radius, erase });
  }

  clear() {
    this.pending = this.cursor = null;
    this.draw();
  }

  // The preview now includes the last stroke.
  clearPending() {
    this.pending = null;
    this.draw();
  }

  draw() {
    const { width, height } = this.canvas;
    const context = this.canvas.getContext("2d");
    const longer = Math.max(width, height);
    context.clearRect(0, 0, width, height);
    for (const stroke of [this.pending, this.stroke]) if (stroke) line(context, stroke, width, height, longer);
    if (!this.cursor) return;
    context.beginPath();
    context.arc(this.cursor.x * width, this.cursor.y * height, this.radius * longer, 0, 2 * Math.PI);
    for (const [color, lineWidth] of [["#000", 3], ["#fff", 1.5]]) {
      context.strokeStyle = color;
      context.lineWidth = lineWidth;
      context.stroke();
    }
  }
}

function line(context, stroke, width, height, longer) {
  context.strokeStyle = COLORS[stroke.erase ? "erase" : "add"];
  context.lineWidth = 2 * stroke.radius * longer;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  stroke.points.forEach(([x, y], i) => (i ? context.lineTo(x * width, y * height) : context.moveTo(x * width, y * height)));
  if (stroke.points.length === 1) context.lineTo(stroke.points[0][0] * width + 0.01, stroke.points[0][1] * height);
  context.stroke();
}

const round = (value) => Math.round(value * 1e4) / 1e4;
