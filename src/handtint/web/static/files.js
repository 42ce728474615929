// Downloaded results, and loaded recipes and masks.

import * as api from "./api.js";
import { withTerms } from "./edit.js";

export function save({ blob, name }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export const isRecipe = (file) => file.name.toLowerCase().endsWith(".toml");

// The edit in files that were chosen for a photo: a recipe, a mask, or both. Returns {edit, note}.
export async function load(files, photo) {
  const pictures = files.filter((file) => !isRecipe(file));
  const recipes = files.filter(isRecipe);
  if (recipes.length > 1) throw new api.Problem("Choose one recipe, and the files that belong to it.");
  if (!recipes.length && pictures.length > 1) throw new api.Problem("Choose one mask, or a recipe with its files.");
  if (!recipes.length) return { edit: { ...photo.history.now, mask: await photo.uploadFile(pictures[0]), strokes: [] } };
  const { options, terms, mask, reference, warning } = await api.parseRecipe(recipes[0]);
  const uploaded = await Promise.all(pictures.map((file) => photo.uploadFile(file)));
  const others = uploaded.filter((sha) => sha !== mask && sha !== reference);
  check("mask", "a PNG", mask, uploaded, others);
  check("reference", "a photo", reference, uploaded, others);
  const { keep, reference: path, ...settings } = options;
  const edit = { ...withTerms(photo.history.now, terms), options: settings, strokes: [], reference };
  return { edit: { ...edit, mask: mask ?? others[0] ?? null }, note: warning };
}

// Throw a Problem if the file that a recipe requires is not among the chosen ones.
function check(role, kind, required, uploaded, others) {
  if (!required || uploaded.includes(required)) return;
  if (others.length) throw new api.Problem(`This recipe was made with another ${role} than this one.`);
  throw new api.Problem(`This recipe was made with a ${role}: choose the recipe and its ${role}, ${kind}, together.`);
}
