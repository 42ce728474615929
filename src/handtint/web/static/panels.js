// The four panels: gray, colourised, mask, blended.

export class Panels {
  constructor() {
    this.box = document.getElementById("panels");
    this.button = document.getElementById("show-panels");
    this.open = false;
    this.requests = 0;
  }

  toggle() {
    this.open = !this.open;
    this.button.setAttribute("aria-pressed", this.open);
    this.box.hidden = !this.open;
    document.getElementById("picture").hidden = this.open;
    document.getElementById("compare-row").hidden = this.open;
    if (!this.open) dispatchEvent(new Event("resize"));
  }

  async show(photo) {
    const number = ++this.requests;
    const panels = await photo.panels();
    if (number !== this.requests) return;
    const figures = panels.map(({ title, jpeg }) => {
      const [figure, img, caption] = ["figure", "img", "figcaption"].map((tag) => document.createElement(tag));
      Object.assign(img, { src: `data:image/jpeg;base64,${jpeg}`, alt: `${title}: ${photo.name}` });
      caption.textContent = title;
      figure.append(img, caption);
      return figure;
    });
    this.box.replaceChildren(...figures);
  }
}
