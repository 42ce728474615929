// Sample photographs for a first try.

import * as api from "./api.js";
import { showError } from "./status.js";

// choose(file): called with the sample that was clicked, once it is downloaded.
export function gallery(samples, choose) {
  document.getElementById("samples").append(...samples.map((sample) => item(sample, choose)));
}

function item({ file, title, credit }, choose) {
  const tags = ["li", "button", "img", "span", "small"];
  const [li, button, img, name, by] = tags.map((tag) => document.createElement(tag));
  Object.assign(img, { src: `/samples/${file}`, alt: "", loading: "lazy" });
  name.textContent = title;
  by.textContent = credit;
  button.type = "button";
  button.append(img, name, by);
  button.addEventListener("click", () =>
    api.sample(file).then(choose).catch((problem) => showError(problem.message)),
  );
  li.append(button);
  return li;
}
