// Keys that work everywhere, and files dropped anywhere.

// step("undo") or step("redo")
export function keys(step) {
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.target.type === "text") return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    step(key === "y" || event.shiftKey ? "redo" : "undo");
  });
}

// take(files): pictures were pasted.
export function pastes(take) {
  addEventListener("paste", (event) => {
    const pictures = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
    if (!pictures.length) return;
    event.preventDefault();
    take(pictures);
  });
}

export function drops(take) {
  const { classList } = document.body;
  addEventListener("dragover", (event) => {
    event.preventDefault();
    classList.add("dragging");
  });
  addEventListener("dragleave", (event) => event.relatedTarget || classList.remove("dragging"));
  addEventListener("drop", (event) => {
    event.preventDefault();
    classList.remove("dragging");
    take([...event.dataTransfer.files]);
  });
}
