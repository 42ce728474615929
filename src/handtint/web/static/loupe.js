// The loupe: a round glass over the picture that shows a small place, or a face, large.

const SIZE = 190; // pixels across
const POWER = 4; // how much larger than the picture a place is shown
const LEAST = 1.5; // how much larger a face is shown at least
const FACE = 1.7; // of a face's longer side fits into the glass

export class Loupe {
  constructor(box, image) {
    Object.assign(this, { box, image, on: false, faces: [], face: -1 });
    this.node = document.getElementById("loupe");
    this.button = document.getElementById("show-loupe");
    this.next = document.getElementById("next-face");
    this.node.width = this.node.height = SIZE * Math.min(devicePixelRatio, 2);
  }

  toggle() {
    this.on = !this.on;
    this.button.setAttribute("aria-pressed", this.on);
    this.node.hidden = true;
    this.last = null;
    this.offer(this.faces);
  }

  // The faces of this photo: [left, top, right, bottom] each, as shares of the sides.
  offer(faces) {
    if (faces !== this.faces) this.face = -1;
    this.faces = faces;
    this.next.hidden = !this.on || !faces.length;
  }

  // The middle of the next face; the glass then shows all of it.
  advance() {
    this.face = (this.face + 1) % this.faces.length;
    const [left, top, right, bottom] = this.faces[this.face];
    const { naturalWidth, naturalHeight } = this.image;
    const longer = Math.max((right - left) * naturalWidth, (bottom - top) * naturalHeight);
    this.span = Math.min(FACE * longer, (SIZE / LEAST / this.image.clientWidth) * naturalWidth) / naturalWidth;
    return { x: (left + right) / 2, y: (top + bottom) / 2 };
  }

  // Show what is round a point, shares of the picture's sides, which is at a place of the box in pixels.
  show(point, place, span) {
    if (!this.on || !this.image.naturalWidth) return;
    this.last = { point, place, span };
    const across = (span ?? SIZE / POWER / this.image.getBoundingClientRect().width) * this.image.naturalWidth;
    const { width, height } = this.node;
    const pen = this.node.getContext("2d");
    const [left, top] = [point.x * this.image.naturalWidth - across / 2, point.y * this.image.naturalHeight - across / 2];
    pen.clearRect(0, 0, width, height);
    pen.imageSmoothingQuality = "high";
    pen.drawImage(this.image, left, top, across, across, 0, 0, width, height);
    const { clientWidth, clientHeight } = this.box;
    const away = place.y > SIZE + 20 ? -SIZE - 16 : 16;
    this.node.style.left = `${Math.min(Math.max(place.x - SIZE / 2, 0), Math.max(clientWidth - SIZE, 0))}px`;
    this.node.style.top = `${Math.min(Math.max(place.y + away, 0), Math.max(clientHeight - SIZE, 0))}px`;
    this.node.hidden = false;
  }

  // The same place of another picture.
  again() {
    if (this.last && !this.node.hidden) this.show(this.last.point, this.last.place, this.last.span);
  }

  hide() {
    this.node.hidden = true;
  }
}
