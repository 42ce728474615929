// The reference: a photo in colour whose colours are transferred to this one.

const byId = (id) => document.getElementById(id);

export class Reference {
  // onFile(file): a photo was chosen or dropped. onRemove(): it is to be removed.
  constructor({ onFile, onRemove }) {
    const [area, input] = [byId("reference"), byId("reference-file")];
    byId("choose-reference").addEventListener("click", () => input.click());
    byId("drop-reference").addEventListener("click", () => {
      onRemove();
      byId("choose-reference").focus();
    });
    input.addEventListener("change", () => {
      if (input.files[0]) onFile(input.files[0]);
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
      if (event.dataTransfer.files[0]) onFile(event.dataTransfer.files[0]);
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
