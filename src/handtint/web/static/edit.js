// An edit as the page holds it, never changed in place: terms of what is kept, options, strokes; and its history.

const START = { terms: [{ text: "subject", away: false }], automatic: true, options: {}, strokes: [], mask: null };
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
  return { screen, options: { ...edit.options, keep: keepOf(edit.terms) }, strokes: edit.strokes, mask: edit.mask };
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
