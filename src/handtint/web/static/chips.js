// Chips: the objects found in the photo, to keep or not, and the clicked points, to remove.

import { base } from "./edit.js";

const list = document.getElementById("chips");
const others = document.getElementById("terms");

// turn(text, event): a chip of something findable was pressed. drop(text): a term is to go.
export function draw(info, edit, { turn, drop }) {
  const things = info.found.map((thing) => ({ text: thing.keep, label: labelOf(thing), share: thing.share }));
  if (!things.some((thing) => thing.text === "subject")) things.unshift({ text: "subject", label: "foreground" });
  things.push({ text: "all", label: "everything" });
  const painted = edit.mask ? [] : edit.terms;
  refill(list, things.map((thing) => chip(thing, stateOf(painted, thing.text), turn)));
  const rest = painted.filter((term) => !things.some((thing) => thing.text === base(term)));
  refill(others, [...rest.map((term) => removable(term, drop)), ...(edit.mask ? [given()] : [])]);
}

const labelOf = (thing) => (thing.number ? `${thing.class} ${thing.number}` : thing.class);

function stateOf(terms, text) {
  const term = terms.find((one) => base(one) === text);
  return term ? (term.away ? "away" : "kept") : "none";
}

function chip({ text, label, share }, state, turn) {
  const button = make(`found-${text}`, label, (event) => turn(text, event));
  button.dataset.keep = text;
  button.dataset.state = state;
  button.setAttribute("aria-pressed", state === "kept");
  if (state === "away") button.setAttribute("aria-label", `${label}, taken away`);
  if (share) {
    const part = document.createElement("small");
    part.textContent = ` ${Math.max(1, Math.round(100 * share))} %`;
    button.append(part);
  }
  return button;
}

function removable(term, drop) {
  const name = /^@[^,]+,[^,]+$/.test(base(term)) ? "place" : /^@/.test(term.text) ? "box" : term.text;
  const label = `${term.away ? "−" : "+"} ${name} ✕`;
  const button = make(`term-${term.text}`, label, () => drop(base(term)));
  button.title = `${term.text}: press to remove it`;
  button.setAttribute("aria-label", `Remove ${name} ${term.text}, ${term.away ? "taken away" : "kept"}`);
  return button;
}

function given() {
  const label = document.createElement("span");
  label.textContent = "a mask from a file";
  return label;
}

function make(key, label, press) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "chip";
  button.dataset.key = key;
  button.textContent = label;
  button.addEventListener("click", press);
  return button;
}

// New chips in place of old ones; the one that has the keyboard keeps it.
function refill(box, chips) {
  const held = box.contains(document.activeElement) ? document.activeElement.dataset.key : "";
  box.replaceChildren(...chips);
  if (!held) return;
  const again = chips.find((one) => one.dataset.key === held) ?? chips[0] ?? document.getElementById("picture");
  again.focus();
}
