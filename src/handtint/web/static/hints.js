// Hints: what colour something was. Each is a chip beside the picture, and a marker on it where it is a point.

import * as api from "./api.js";
import { hintsOf, partsOf, placeOf, spotOf, withHint, withoutHint } from "./edit.js";
import { Palette } from "./palette.js";

const STEP = 0.005; // of the picture: how far an arrow key moves a marker
const byId = (id) => document.getElementById(id);
const inside = (value) => Math.min(Math.max(value, 0), 0.9989);

export class Hints {
  // change(edit => edit, final). photo(): the one that is shown. picture: where markers are.
  constructor({ change, photo, picture }) {
    Object.assign(this, { change, photo, picture, chips: byId("hints"), marks: byId("hint-marks") });
    this.index = null; // of the hint that the palette is open for; null for one that is yet to be
    this.palette = new Palette({
      choose: (color, final) => this.set(`${this.where}=${color}`, final),
      whole: (on) => this.widen(on),
      remove: () => this.index !== null && this.remove(this.index),
      read: (name) => api.hint(`@0,0=${name}`),
    });
  }

  get hints() {
    return hintsOf(this.photo().history.now);
  }

  // A place was clicked with the tool for colours.
  begin(point) {
    this.index = null;
    this.spot = point;
    this.where = placeOf(point);
    this.ask("", byId("picture"));
  }

  // A chip or a marker was pressed.
  reopen(index, from) {
    const hint = this.hints[index];
    const { where, color } = partsOf(hint);
    Object.assign(this, { index, where, spot: spotOf(hint, this.photo().info) ?? { x: 0.5, y: 0.5 } });
    this.ask(color, from);
  }

  ask(color, from) {
    this.asked = this.palette.ask({
      color,
      from,
      place: this.picture.inFrame(this.spot),
      offer: this.photo().palette(this.spot).then((offer) => {
        this.thing = offer.thing || (/^[a-z]+:\d+$/.test(this.where) ? this.where : "");
        return { ...offer, thing: this.thing };
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

  widen(on) {
    this.where = on ? this.thing : placeOf(this.spot);
    if (this.index !== null) this.set(`${this.where}=${partsOf(this.hints[this.index]).color}`, true);
  }

  remove(index) {
    this.palette.close();
    this.change((edit) => withoutHint(edit, index));
    (this.chips.children[Math.min(index, this.chips.children.length - 1)]?.firstChild ?? byId("picture")).focus();
  }

  move(index, { x, y }, final) {
    const { color } = partsOf(this.hints[index]);
    this.change((edit) => withHint(edit, `${placeOf({ x: inside(x), y: inside(y) })}=${color}`, index), final);
  }

  // Chips and markers for an edit; nodes stay where they are, so that one in the hand is not lost.
  draw(edit, info) {
    const hints = hintsOf(edit);
    if (this.index !== null && this.index >= hints.length) this.palette.close();
    fill(this.chips, hints.length, (i) => this.chip(i));
    fill(this.marks, hints.length, (i) => this.mark(i));
    byId("no-hints").hidden = hints.length > 0;
    hints.forEach((hint, i) => {
      const { where, color } = partsOf(hint);
      const [open, drop] = this.chips.children[i].children;
      open.firstChild.style.background = color;
      open.lastChild.textContent = spotOf(hint, info) ? color : `${where.replace(":", " ")} ${color}`;
      open.setAttribute("aria-label", `${where} was ${color}: change it`);
      drop.setAttribute("aria-label", `Remove ${where} was ${color}`);
      this.dress(this.marks.children[i], hint, spotOf(hint, info));
    });
  }

  dress(mark, hint, spot) {
    const { where, color } = partsOf(hint);
    mark.hidden = !spot;
    if (!spot) return;
    mark.style.left = `${100 * spot.x}%`;
    mark.style.top = `${100 * spot.y}%`;
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
    open.addEventListener("click", () => this.reopen(index, open));
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
      if (!mark.dataset.dragged) this.reopen(index, mark);
      mark.dataset.dragged = "";
    });
    mark.addEventListener("keydown", (event) => this.pressed(event, index));
    return mark;
  }

  pressed(event, index) {
    event.stopPropagation();
    if (event.key === "Delete" || event.key === "Backspace") this.remove(index);
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way) return;
    event.preventDefault();
    const spot = spotOf(this.hints[index], this.photo().info);
    const step = event.shiftKey ? 5 * STEP : STEP;
    this.move(index, { x: spot.x + step * way[0], y: spot.y + step * way[1] }, true);
  }
}

function button(kind) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = kind;
  return made;
}

function fill(box, count, make) {
  while (box.children.length > count) box.lastChild.remove();
  while (box.children.length < count) box.append(make(box.children.length));
}
