// An edit as the page holds it, never changed in place: terms of what is kept, options, strokes; and its history.

const START = { terms: [{ text: "subject", away: false }], automatic: true, options: {}, strokes: [], mask: null, reference: null };
const NOTHING = "all=0"; // what is kept where nothing is
const MOST = 200; // steps to go back

export const start = (options) => ({ ...START, options });

export const base = (term) => term.text.split("=")[0];

export function keepOf(terms) {
  const shown = terms.length && !terms[0].away ? terms : [{ text: NOTHING, away: false }, ...terms];
  return shown.map((term, i) => (i ? (term.away ? " - " : " + ") : "") + term.text).join("");
}

// The edit as the server expects it.
export function wire(edit, screen) {
  const { strokes, mask, reference } = edit;
  return { screen, options: { ...edit.options, keep: keepOf(edit.terms) }, strokes, mask, reference };
}

export const withOption = (edit, name, value) => ({ ...edit, options: { ...edit.options, [name]: value } });

export const withTerms = (edit, terms) => {
  const shown = terms.filter((term) => term.text !== NOTHING);
  return { ...edit, terms: shown, automatic: false, mask: null };
};

// The first thing a person keeps takes the place of what was chosen for them; further ones are added.
export function withTerm(edit, text, away) {
  const others = edit.terms.filter((term) => base(term) !== text);
  const kept = edit.automatic && !away ? [] : others;
  return withTerms(edit, [...kept, { text, away }]);
}

export const withoutTerm = (edit, text) => withTerms(edit, edit.terms.filter((term) => base(term) !== text));

export const withStroke = (edit, stroke) => ({ ...edit, strokes: [...edit.strokes, stroke] });

// ---- hints: texts WHERE=COLOUR

export const hintsOf = (edit) => edit.options.hint ?? [];

export function partsOf(hint) {
  const cut = hint.lastIndexOf("=");
  return { where: hint.slice(0, cut).trim(), color: hint.slice(cut + 1).trim() };
}

// Where a hint's point is, {x, y} as shares of the sides of a photo of that size; null for anything but a point.
export function spotOf(hint, info) {
  const match = /^@([\d.]+)(%?),([\d.]+)(%?)(?:=[\d.]+)?$/.exec(partsOf(hint).where);
  if (!match) return null;
  const share = (value, percent, side) => Number(value) / (percent ? 100 : side);
  return { x: share(match[1], match[2], info.width), y: share(match[3], match[4], info.height) };
}

const percent = (value) => `${Math.round(1000 * value) / 10}%`;

export const placeOf = ({ x, y }) => `@${percent(x)},${percent(y)}`;

// With a hint in the place of the one of that index, or after all others.
export function withHint(edit, hint, index) {
  const hints = [...hintsOf(edit)];
  hints[index ?? hints.length] = hint;
  return withOption(edit, "hint", hints);
}

export const withoutHint = (edit, index) => withOption(edit, "hint", hintsOf(edit).filter((_, i) => i !== index));

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

export class History {
  constructor(edit) {
    this.first = this.now = edit;
    this.past = [];
    this.future = [];
    this.held = null; // what was before a slider began to move
  }

  // Something that may still change: a slider on the move.
  attempt(edit) {
    this.held ??= this.now;
    this.now = edit;
  }

  set(edit) {
    const before = this.held ?? this.now;
    this.held = null;
    this.now = edit;
    if (same(before, edit)) return;
    this.past = [...this.past.slice(-MOST), before];
    this.future = [];
  }

  undo() {
    this.set(this.now);
    if (!this.past.length) return;
    this.future.push(this.now);
    this.now = this.past.pop();
  }

  redo() {
    if (this.held || !this.future.length) return;
    this.past.push(this.now);
    this.now = this.future.pop();
  }

  get changed() {
    return !same(this.now, this.first);
  }
}
