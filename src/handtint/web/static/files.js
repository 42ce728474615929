// Files out and in: results, masks, recipes.

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

// The edit that files say for a photo: a recipe, a mask, or both. Gives {edit, note}.
export async function load(files, photo) {
  const masks = files.filter((file) => !isRecipe(file));
  const recipes = files.filter(isRecipe);
  if (masks.length > 1 || recipes.length > 1) throw new api.Problem("Choose one recipe, one mask, or one of each.");
  let edit = photo.history.now;
  let loaded = { mask: null, warning: "" };
  if (recipes.length) {
    loaded = await api.recipe(recipes[0]);
    const { keep, ...options } = loaded.options;
    edit = { ...withTerms(edit, loaded.terms), options, strokes: [] };
  }
  if (masks.length) {
    const sha = await photo.giveMask(masks[0]);
    if (loaded.mask && loaded.mask !== sha) throw new api.Problem("This recipe was made with another mask than this one.");
    edit = { ...edit, mask: sha, strokes: [] };
  } else if (loaded.mask) {
    throw new api.Problem("This recipe was made with a mask: choose the recipe and its mask, a PNG, together.");
  }
  return { edit, note: loaded.warning };
}
