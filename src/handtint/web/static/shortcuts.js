// Keyboard shortcuts of the whole page, and files that are pasted or dropped on it.

// step("undo") or step("redo")
export function onUndoKeys(step) {
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.target.type === "text") return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    step(key === "y" || event.shiftKey ? "redo" : "undo");
  });
}

// onFiles(files): pictures were pasted.
export function onPaste(onFiles) {
  addEventListener("paste", (event) => {
    const pictures = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
    if (!pictures.length) return;
    event.preventDefault();
    onFiles(pictures);
  });
}

export function onDrop(onFiles) {
  const { classList } = document.body;
  addEventListener("dragover", (event) => {
    event.preventDefault();
    classList.add("dragging");
  });
  addEventListener("dragleave", (event) => event.relatedTarget || classList.remove("dragging"));
  addEventListener("drop", (event) => {
    event.preventDefault();
    classList.remove("dragging");
    onFiles([...event.dataTransfer.files]);
  });
}
