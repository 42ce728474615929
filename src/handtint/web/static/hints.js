// Colour hints. Each has a chip next to the picture and, if it is for a point, a marker on it.

import * as api from "./api.js";
import { hintsOf, pointOf, splitHint, termAt, withHint, withoutHint } from "./edit.js";
import { Palette } from "./palette.js";

const STEP = 0.005; // of the picture: how far an arrow key moves a marker
const byId = (id) => document.getElementById(id);
const clamp = (value) => Math.min(Math.max(value, 0), 0.9989);

export class Hints {
  // change(edit => edit, final): changes the edit. photo(): the current photo. picture: on which markers are drawn.
  constructor({ change, photo, picture }) {
    Object.assign(this, { change, photo, picture, chips: byId("hints"), marks: byId("hint-marks") });
    this.index = null; // of the hint that the palette edits; null for a new one
    this.palette = new Palette({
      choose: (color, final) => this.set(`${this.where}=${color}`, final),
      whole: (on) => this.setWhole(on),
      remove: () => this.index !== null && this.remove(this.index),
      parseColor: (name) => api.parseHint(`@0,0=${name}`),
    });
  }

  get hints() {
    return hintsOf(this.photo().history.now);
  }

  // A point was clicked with the colour tool.
  startAt(point) {
    this.index = null;
    this.point = point;
    this.where = termAt(point);
    this.openPalette("", byId("picture"));
  }

  // A chip or a marker was clicked.
  edit(index, opener) {
    const hint = this.hints[index];
    const { where, color } = splitHint(hint);
    Object.assign(this, { index, where, point: pointOf(hint, this.photo().info) ?? { x: 0.5, y: 0.5 } });
    this.openPalette(color, opener);
  }

  openPalette(color, opener) {
    this.palette.openAt({
      color,
      opener,
      place: this.picture.inFrame(this.point),
      suggestions: this.photo().palette(this.point).then((suggestions) => {
        this.object = suggestions.object || (/^[a-z]+:\d+$/.test(this.where) ? this.where : "");
        return { ...suggestions, object: this.object };
      }),
      whole: !this.where.startsWith("@"),
    });
  }

  set(hint, final) {
    const { index } = this;
    if (index === null) this.index = this.hints.length;
    const at = this.index;
    this.change((edit) => withHint(edit, hint, at), final);
  }

  setWhole(on) {
    this.where = on ? this.object : termAt(this.point);
    if (this.index !== null) this.set(`${this.where}=${splitHint(this.hints[this.index]).color}`, true);
  }

  remove(index) {
    this.palette.close();
    this.change((edit) => withoutHint(edit, index));
    (this.chips.children[Math.min(index, this.chips.children.length - 1)]?.firstChild ?? byId("picture")).focus();
  }

  move(index, { x, y }, final) {
    const { color } = splitHint(this.hints[index]);
    this.change((edit) => withHint(edit, `${termAt({ x: clamp(x), y: clamp(y) })}=${color}`, index), final);
  }

  // Update chips and markers. Nodes are reused, so that one that is being dragged is not lost.
  draw(edit, info) {
    const hints = hintsOf(edit);
    if (this.index !== null && this.index >= hints.length) this.palette.close();
    setLength(this.chips, hints.length, (i) => this.chip(i));
    setLength(this.marks, hints.length, (i) => this.mark(i));
    byId("no-hints").hidden = hints.length > 0;
    hints.forEach((hint, i) => {
      const { where, color } = splitHint(hint);
      const [open, drop] = this.chips.children[i].children;
      open.firstChild.style.background = color;
      open.lastChild.textContent = pointOf(hint, info) ? color : `${where.replace(":", " ")} ${color}`;
      open.setAttribute("aria-label", `${where} was ${color}: change it`);
      drop.setAttribute("aria-label", `Remove ${where} was ${color}`);
      this.updateMarker(this.marks.children[i], hint, pointOf(hint, info));
    });
  }

  updateMarker(mark, hint, point) {
    const { where, color } = splitHint(hint);
    mark.hidden = !point;
    if (!point) return;
    mark.style.left = `${100 * point.x}%`;
    mark.style.top = `${100 * point.y}%`;
    mark.style.background = color;
    mark.setAttribute("aria-label", `${where} was ${color}. Arrow keys move it, Enter changes it, Delete removes it.`);
  }

  chip(index) {
    const chip = document.createElement("span");
    chip.className = "hint-chip";
    chip.setAttribute("role", "listitem");
    const [open, drop] = [button("chip"), button("chip remove")];
    open.append(document.createElement("i"), document.createElement("span"));
    drop.textContent = "✕";
    open.addEventListener("click", () => this.edit(index, open));
    drop.addEventListener("click", () => this.remove(index));
    chip.append(open, drop);
    return chip;
  }

  mark(index) {
    const mark = button("hint-mark");
    let drag = null;
    mark.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.stopPropagation();
      mark.setPointerCapture(event.pointerId);
      drag = { x: event.clientX, y: event.clientY, moved: false };
    });
    mark.addEventListener("pointermove", (event) => {
      if (!drag) return;
      drag.moved ||= Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > 3;
      if (drag.moved) this.move(index, this.picture.at(event), false);
    });
    const drop = (event) => {
      if (drag?.moved) this.move(index, this.picture.at(event), true);
      mark.dataset.dragged = drag?.moved ? "true" : "";
      drag = null;
    };
    for (const end of ["pointerup", "pointercancel"]) mark.addEventListener(end, drop);
    mark.addEventListener("click", (event) => {
      event.stopPropagation();
      if (!mark.dataset.dragged) this.edit(index, mark);
      mark.dataset.dragged = "";
    });
    mark.addEventListener("keydown", (event) => this.onKeyDown(event, index));
    return mark;
  }

  onKeyDown(event, index) {
    event.stopPropagation();
    if (event.key === "Delete" || event.key === "Backspace") this.remove(index);
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!direction) return;
    event.preventDefault();
    const point = pointOf(this.hints[index], this.photo().info);
    const step = event.shiftKey ? 5 * STEP : STEP;
    this.move(index, { x: point.x + step * direction[0], y: point.y + step * direction[1] }, true);
  }
}

function button(kind) {
  const node = document.createElement("button");
  node.type = "button";
  node.className = kind;
  return node;
}

function setLength(box, count, make) {
  while (box.children.length > count) box.lastChild.remove();
  while (box.children.length < count) box.append(make(box.children.length));
}
