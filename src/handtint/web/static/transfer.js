// Saving results, masks and recipes of the current photo, and loading recipes, references and a typed `keep`.

import * as api from "./api.js";
import { withTerms } from "./edit.js";
import * as files from "./files.js";
import { sentence, showError, showStatus } from "./status.js";

const byId = (id) => document.getElementById(id);

export async function savePicture(photo, what, label) {
  showStatus(`${label} …`);
  try {
    files.save(await photo.picture(what));
    showStatus(`${label}: done.`);
  } catch (problem) {
    showError(problem.message);
    showStatus("");
  }
}

export async function saveRecipe(photo) {
  const { strokes, reference } = photo.history.now;
  await savePicture(photo, "recipe", "Saving the recipe");
  if (strokes.length) await savePicture(photo, "mask", "Saving the mask that belongs to the recipe");
  if (reference) showStatus(`To load the recipe, also choose its reference, ${photo.files.get(reference).name}.`);
}

export async function loadRecipe(photo, list, change) {
  try {
    const { edit, note } = await files.load([...list], photo);
    change(() => edit);
    if (note) showError(sentence(note));
  } catch (problem) {
    showError(problem.message);
  }
}

// Upload a reference; it is used only if a preview with it succeeds.
export async function uploadReference(photo, file, change) {
  showStatus(`${file.name}: uploading …`);
  try {
    const reference = await photo.uploadFile(file);
    await photo.thumbnail({ ...photo.history.now, reference });
    change((edit) => ({ ...edit, reference }));
  } catch (problem) {
    showError(problem.message);
    showStatus("");
  }
}

export async function applyKeep(change) {
  const field = byId("keep");
  try {
    const terms = await api.parseKeep(field.value);
    change((edit) => withTerms(edit, terms));
  } catch (problem) {
    byId("keep-error").textContent = problem.message;
    field.setAttribute("aria-invalid", "true");
  }
}
