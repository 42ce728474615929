// Chips: the detected objects, which can be kept or not, and the clicked points, which can be removed.

import { nameOf } from "./edit.js";

const list = document.getElementById("chips");
const others = document.getElementById("terms");

// onToggle(text, event): an object's chip was clicked. onRemove(text): a term is to be removed.
export function draw(info, edit, { onToggle, onRemove }) {
  const objects = info.found.map((object) => ({ text: object.keep, label: labelOf(object), share: object.share }));
  if (!objects.some(({ text }) => text === "subject")) objects.unshift({ text: "subject", label: "foreground" });
  objects.push({ text: "all", label: "everything" });
  const terms = edit.mask ? [] : edit.terms;
  refill(list, objects.map((object) => chip(object, stateOf(terms, object.text), onToggle)));
  const rest = terms.filter((term) => !objects.some(({ text }) => text === nameOf(term)));
  refill(others, [...rest.map((term) => removable(term, onRemove)), ...(edit.mask ? [maskChip()] : [])]);
}

const labelOf = (object) => (object.number ? `${object.class} ${object.number}` : object.class);

function stateOf(terms, text) {
  const term = terms.find((term) => nameOf(term) === text);
  return term ? (term.subtract ? "subtracted" : "kept") : "none";
}

function chip({ text, label, share }, state, onToggle) {
  const button = makeButton(`object-${text}`, label, (event) => onToggle(text, event));
  button.dataset.keep = text;
  button.dataset.state = state;
  button.setAttribute("aria-pressed", state === "kept");
  if (state === "subtracted") button.setAttribute("aria-label", `${label}, taken away`);
  if (share) {
    const part = document.createElement("small");
    part.textContent = ` ${Math.max(1, Math.round(100 * share))} %`;
    button.append(part);
  }
  return button;
}

function removable(term, onRemove) {
  const name = /^@[^,]+,[^,]+$/.test(nameOf(term)) ? "point" : /^@/.test(term.text) ? "box" : term.text;
  const label = `${term.subtract ? "−" : "+"} ${name} ✕`;
  const button = makeButton(`term-${term.text}`, label, () => onRemove(nameOf(term)));
  button.title = `${term.text}: press to remove it`;
  button.setAttribute("aria-label", `Remove ${name} ${term.text}, ${term.subtract ? "taken away" : "kept"}`);
  return button;
}

function maskChip() {
  const label = document.createElement("span");
  label.textContent = "a mask from a file";
  return label;
}

function makeButton(key, label, onClick) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "chip";
  button.dataset.key = key;
  button.textContent = label;
  button.addEventListener("click", onClick);
  return button;
}

// Replace all chips; keyboard focus stays on the same one.
function refill(box, chips) {
  const focusedKey = box.contains(document.activeElement) ? document.activeElement.dataset.key : "";
  box.replaceChildren(...chips);
  if (!focusedKey) return;
  const target = chips.find((item) => item.dataset.key === focusedKey) ?? chips[0] ?? document.getElementById("picture");
  target.focus();
}
