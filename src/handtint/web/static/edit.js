// An edit, an immutable object of terms, options and strokes, and the history of edits.

const INITIAL = { terms: [{ text: "subject", subtract: false }], automatic: true, options: {}, strokes: [], mask: null, reference: null };
const KEEP_NOTHING = "all=0"; // as `keep`: nothing keeps its colour
const MAX_UNDO = 200; // steps

export const initialEdit = (options) => ({ ...INITIAL, options });

export const nameOf = (term) => term.text.split("=")[0];

export function keepOf(terms) {
  const steps = terms.length && !terms[0].subtract ? terms : [{ text: KEEP_NOTHING, subtract: false }, ...terms];
  return steps.map((term, i) => (i ? (term.subtract ? " - " : " + ") : "") + term.text).join("");
}

// The edit in the form that the server expects.
export function toPayload(edit, screen) {
  const { strokes, mask, reference } = edit;
  return { screen, options: { ...edit.options, keep: keepOf(edit.terms) }, strokes, mask, reference };
}

export const withOption = (edit, name, value) => ({ ...edit, options: { ...edit.options, [name]: value } });

export const withTerms = (edit, terms) => {
  return { ...edit, terms: terms.filter((term) => term.text !== KEEP_NOTHING), automatic: false, mask: null };
};

// The first term that the user keeps replaces the automatic choice; further ones are added.
export function withTerm(edit, text, subtract) {
  const others = edit.terms.filter((term) => nameOf(term) !== text);
  const kept = edit.automatic && !subtract ? [] : others;
  return withTerms(edit, [...kept, { text, subtract }]);
}

export const withoutTerm = (edit, text) => withTerms(edit, edit.terms.filter((term) => nameOf(term) !== text));

export const withStroke = (edit, stroke) => ({ ...edit, strokes: [...edit.strokes, stroke] });

// ---- hints: texts WHERE=COLOUR

export const hintsOf = (edit) => edit.options.hint ?? [];

export function splitHint(hint) {
  const cut = hint.lastIndexOf("=");
  return { where: hint.slice(0, cut).trim(), color: hint.slice(cut + 1).trim() };
}

// The point of a hint, {x, y}, each 0..1; null if the hint is not for a point. info: the photo's width and height.
export function pointOf(hint, info) {
  const match = /^@([\d.]+)(%?),([\d.]+)(%?)(?:=[\d.]+)?$/.exec(splitHint(hint).where);
  if (!match) return null;
  const share = (value, percent, side) => Number(value) / (percent ? 100 : side);
  return { x: share(match[1], match[2], info.width), y: share(match[3], match[4], info.height) };
}

const percent = (value) => `${Math.round(1000 * value) / 10}%`;

export const termAt = ({ x, y }) => `@${percent(x)},${percent(y)}`;

// The edit with the hint of that index replaced; without an index, the hint is appended.
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
    this.beforePreview = null; // the edit before a slider was dragged
  }

  // Set an edit that is not final yet: a slider is being dragged.
  preview(edit) {
    this.beforePreview ??= this.now;
    this.now = edit;
  }

  set(edit) {
    const before = this.beforePreview ?? this.now;
    this.beforePreview = null;
    this.now = edit;
    if (same(before, edit)) return;
    this.past = [...this.past.slice(-MAX_UNDO), before];
    this.future = [];
  }

  undo() {
    this.set(this.now);
    if (!this.past.length) return;
    this.future.push(this.now);
    this.now = this.past.pop();
  }

  redo() {
    if (this.beforePreview || !this.future.length) return;
    this.past.push(this.now);
    this.now = this.future.pop();
  }

  get changed() {
    return !same(this.now, this.first);
  }
}
