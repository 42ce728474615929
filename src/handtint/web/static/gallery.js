// Sample photographs for a first try.

import * as api from "./api.js";
import { complain } from "./status.js";

// choose(file): a sample was chosen, and is here.
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
    api.sample(file).then(choose).catch((problem) => complain(problem.message)),
  );
  li.append(button);
  return li;
}
