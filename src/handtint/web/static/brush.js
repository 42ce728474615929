// The brush: strokes drawn over the picture as the hand moves, handed on when it lifts.

const INK = { add: "rgba(240, 138, 60, 0.55)", erase: "rgba(40, 90, 160, 0.55)" };

export class Brush {
  // done(stroke): {points: [[x, y], ...] as shares of the sides, radius as a share of the longer one, erase}.
  constructor(done) {
    this.done = done;
    this.canvas = document.getElementById("ink");
    this.size = document.getElementById("brush-size");
    this.stroke = null;
    this.over = null;
  }

  get radius() {
    return Number(this.size.value) / 200;
  }

  fit(width, height) {
    this.canvas.width = Math.round(width);
    this.canvas.height = Math.round(height);
  }

  watch(box, at, meant, mode) {
    const paints = () => mode() === "add" || mode() === "erase";
    box.addEventListener("pointerdown", (event) => {
      if (!paints() || event.button !== 0) return;
      event.preventDefault();
      box.focus({ preventScroll: true });
      box.setPointerCapture(event.pointerId);
      const { x, y } = at(event);
      this.stroke = { points: [[x, y]], radius: this.radius, erase: meant(event) === "erase" };
      this.draw();
    });
    box.addEventListener("pointermove", (event) => {
      if (!paints()) return;
      this.over = at(event);
      if (this.stroke) this.extend(this.over);
      this.draw();
    });
    box.addEventListener("pointerup", () => this.lift());
    box.addEventListener("pointercancel", () => this.lift());
    box.addEventListener("pointerleave", () => {
      this.over = null;
      this.draw();
    });
  }

  extend({ x, y }) {
    const { points, radius } = this.stroke;
    const [lastX, lastY] = points[points.length - 1];
    if (Math.hypot(x - lastX, y - lastY) > radius / 8) points.push([round(x), round(y)]);
  }

  lift() {
    if (!this.stroke) return;
    const stroke = this.stroke;
    this.stroke = null;
    this.shown = stroke; // stays until the picture has it
    this.draw();
    this.done(stroke);
  }

  // A stroke that turned out to be something else.
  cancel() {
    this.stroke = null;
    this.draw();
  }

  dab({ x, y }, erase) {
    this.done({ points: [[round(x), round(y)]], radius: this.radius, erase });
  }

  clear() {
    this.shown = this.over = null;
    this.draw();
  }

  // The picture has what was painted.
  settled() {
    this.shown = null;
    this.draw();
  }

  draw() {
    const { width, height } = this.canvas;
    const pen = this.canvas.getContext("2d");
    const longer = Math.max(width, height);
    pen.clearRect(0, 0, width, height);
    for (const stroke of [this.shown, this.stroke]) if (stroke) line(pen, stroke, width, height, longer);
    if (!this.over) return;
    pen.beginPath();
    pen.arc(this.over.x * width, this.over.y * height, this.radius * longer, 0, 2 * Math.PI);
    for (const [color, wide] of [["#000", 3], ["#fff", 1.5]]) {
      pen.strokeStyle = color;
      pen.lineWidth = wide;
      pen.stroke();
    }
  }
}

function line(pen, stroke, width, height, longer) {
  pen.strokeStyle = INK[stroke.erase ? "erase" : "add"];
  pen.lineWidth = 2 * stroke.radius * longer;
  pen.lineCap = pen.lineJoin = "round";
  pen.beginPath();
  stroke.points.forEach(([x, y], i) => (i ? pen.lineTo(x * width, y * height) : pen.moveTo(x * width, y * height)));
  if (stroke.points.length === 1) pen.lineTo(stroke.points[0][0] * width + 0.01, stroke.points[0][1] * height);
  pen.stroke();
}

const round = (value) => Math.round(value * 1e4) / 1e4;
