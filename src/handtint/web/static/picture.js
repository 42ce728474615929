// The picture: before and after with a divider, and what a hand does on it.

const STEP = 0.02; // of the picture: how far an arrow key moves the cross

const byId = (id) => document.getElementById(id);

export class Picture {
  // act(kind, point): a click or a key at a point {x, y}, shares of the sides; kind "keep", "away", "add" or "erase".
  constructor({ act, brush }) {
    this.act = act;
    this.brush = brush;
    this.box = byId("picture");
    this.images = { before: byId("before"), after: byId("after") };
    this.compare = byId("compare");
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

  dressed() {
    const painting = this.mode === "add" || this.mode === "erase";
    this.box.classList.toggle("brushing", painting);
    byId("brush-size-row").hidden = !painting;
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
    this.brush.watch(this.box, (event) => this.at(event), (event) => this.meant(event), () => this.mode);
    addEventListener("resize", () => this.fit());
  }

  // The mode, or its opposite where Shift or Alt is held.
  meant(event) {
    const other = { keep: "away", away: "keep", add: "erase", erase: "add" };
    return event.shiftKey || event.altKey ? other[this.mode] : this.mode;
  }

  at(event) {
    const box = this.box.getBoundingClientRect();
    const clip = (value) => Math.min(Math.max(value, 0), 0.9999);
    return { x: clip((event.clientX - box.left) / box.width), y: clip((event.clientY - box.top) / box.height) };
  }

  clicked(event) {
    if (this.mode === "add" || this.mode === "erase") return;
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
    if (!move && event.key !== "Enter" && event.key !== " ") return;
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
    cross.node.hidden = false;
    cross.node.style.left = `${100 * cross.x}%`;
    cross.node.style.top = `${100 * cross.y}%`;
  }

  divide(percent) {
    const share = Math.min(Math.max(percent, 0), 100);
    this.compare.value = share;
    this.compare.setAttribute("aria-valuetext", `${Math.round(share)} % before`);
    this.images.before.style.clipPath = `inset(0 ${100 - share}% 0 0)`;
    byId("divider").style.left = `${share}%`;
    byId("tag-before").hidden = share < 12;
  }

  // Show a photo; its size is that of the picture from now on.
  show(photo) {
    this.ratio = photo.info.width / photo.info.height;
    this.fit();
    this.images.before.src = photo.before;
    this.images.after.src = photo.after || photo.before;
    this.box.setAttribute("aria-label", `The picture: ${photo.name}`);
  }

  update(photo) {
    this.images.after.src = photo.after;
    return this.images.after.decode().catch(() => {});
  }

  fit() {
    const room = this.box.parentElement.clientWidth - 16;
    const { clientHeight } = document.documentElement; // innerHeight changes as a phone's address bar comes and goes
    const high = Math.max(220, innerWidth > 860 ? clientHeight - 290 : 0.48 * clientHeight);
    const width = Math.min(room, high * this.ratio);
    this.box.style.width = `${Math.floor(width)}px`;
    this.box.style.height = `${Math.floor(width / this.ratio)}px`;
    this.brush.fit(width, width / this.ratio);
  }

  get pixels() {
    const longer = Math.max(parseFloat(this.box.style.width), parseFloat(this.box.style.height));
    return Math.ceil((longer || 0) * devicePixelRatio) || undefined;
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
  erase: ["Paint where no colour should be.", "Hold Shift to add."],
};

function marked(term, info) {
  const match = /^@([\d.]+)(%?),([\d.]+)(%?)(?:=.*)?$/.exec(term.text);
  if (!match) return null;
  const node = document.createElement("div");
  node.className = term.away ? "mark away" : "mark";
  node.style.left = `${match[2] ? match[1] : (100 * match[1]) / info.width}%`;
  node.style.top = `${match[4] ? match[3] : (100 * match[3]) / info.height}%`;
  return node;
}
