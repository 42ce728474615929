// The reference: a photo in colour after whose manner this one is coloured, chosen or dropped in.

const byId = (id) => document.getElementById(id);

export class Reference {
  // take(file): a photo was given. drop(): it is to go.
  constructor({ take, drop }) {
    const [area, input] = [byId("reference"), byId("reference-file")];
    byId("choose-reference").addEventListener("click", () => input.click());
    byId("drop-reference").addEventListener("click", () => {
      drop();
      byId("choose-reference").focus();
    });
    input.addEventListener("change", () => {
      if (input.files[0]) take(input.files[0]);
      input.value = "";
    });
    area.addEventListener("dragover", (event) => {
      event.preventDefault();
      area.classList.add("over");
    });
    area.addEventListener("dragleave", () => area.classList.remove("over"));
    area.addEventListener("drop", (event) => {
      event.preventDefault();
      event.stopPropagation();
      area.classList.remove("over");
      document.body.classList.remove("dragging");
      if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
    });
    this.shown = null;
  }

  draw(file) {
    if (file === this.shown) return;
    this.shown = file;
    byId("reference-chip").hidden = !file;
    byId("choose-reference").hidden = Boolean(file);
    const image = byId("reference-image");
    if (image.src) URL.revokeObjectURL(image.src);
    if (!file) return image.removeAttribute("src");
    image.src = URL.createObjectURL(file);
    byId("reference-name").textContent = file.name;
    byId("drop-reference").setAttribute("aria-label", `Remove the reference ${file.name}`);
    return null;
  }
}
