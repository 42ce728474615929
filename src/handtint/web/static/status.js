// The status line and error messages.

const line = document.getElementById("status");
const alerts = document.getElementById("alerts");

export function showStatus(text) {
  if (line.textContent !== text) line.textContent = text;
}

export function showError(text) {
  if ([...alerts.querySelectorAll("p")].some((p) => p.textContent === text)) return;
  const box = document.createElement("div");
  box.className = "alert";
  const p = document.createElement("p");
  p.textContent = text;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Close";
  button.addEventListener("click", () => box.remove());
  box.append(p, button);
  alerts.append(box);
}

export const clearErrors = () => alerts.replaceChildren();

export const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;
