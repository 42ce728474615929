// Results, masks and recipes saved, and recipes, masks and words taken in, for the photo that is shown.

import * as api from "./api.js";
import { withTerms } from "./edit.js";
import * as files from "./files.js";
import { complain, say, sentence } from "./status.js";

const byId = (id) => document.getElementById(id);

export async function saved(photo, what, label) {
  say(`${label} …`);
  try {
    files.save(await photo.picture(what));
    say(`${label}: done.`);
  } catch (problem) {
    complain(problem.message);
    say("");
  }
}

export async function saveRecipe(photo) {
  const { strokes, reference } = photo.history.now;
  await saved(photo, "recipe", "Saving the recipe");
  if (strokes.length) await saved(photo, "mask", "Saving the mask that belongs to the recipe");
  if (reference) say(`The recipe wants its reference, ${photo.files.get(reference).name}, beside it.`);
}

export async function loadRecipe(photo, list, change) {
  try {
    const { edit, note } = await files.load([...list], photo);
    change(() => edit);
    if (note) complain(sentence(note));
  } catch (problem) {
    complain(problem.message);
  }
}

// A reference was given: it stays only where a picture can be made after it.
export async function giveReference(photo, file, change) {
  say(`${file.name}: looking at it …`);
  try {
    const reference = await photo.giveFile(file);
    await photo.thumbnail({ ...photo.history.now, reference });
    change((edit) => ({ ...edit, reference }));
  } catch (problem) {
    complain(problem.message);
    say("");
  }
}

export async function typed(change) {
  const field = byId("keep");
  try {
    const terms = await api.terms(field.value);
    change((edit) => withTerms(edit, terms));
  } catch (problem) {
    byId("keep-error").textContent = problem.message;
    field.setAttribute("aria-invalid", "true");
  }
}
