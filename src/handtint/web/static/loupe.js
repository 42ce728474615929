// The loupe: a round magnifying glass over the picture.

const SIZE = 190; // pixels across
const MAGNIFICATION = 4;
const MIN_FACE_MAGNIFICATION = 1.5;
const FACE_MARGIN = 1.7; // times a face's longer side is the width shown

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
    this.setFaces(this.faces);
  }

  // faces: of this photo, each [left, top, right, bottom], 0..1.
  setFaces(faces) {
    if (faces !== this.faces) this.face = -1;
    this.faces = faces;
    this.next.hidden = !this.on || !faces.length;
  }

  // Select the next face. Returns its centre; `span` is the width to show.
  nextFace() {
    this.face = (this.face + 1) % this.faces.length;
    const [left, top, right, bottom] = this.faces[this.face];
    const { naturalWidth, naturalHeight } = this.image;
    const longer = Math.max((right - left) * naturalWidth, (bottom - top) * naturalHeight);
    this.span = Math.min(FACE_MARGIN * longer, (SIZE / MIN_FACE_MAGNIFICATION / this.image.clientWidth) * naturalWidth) / naturalWidth;
    return { x: (left + right) / 2, y: (top + bottom) / 2 };
  }

  // Show the surroundings of a point {x, y}, 0..1, of the picture. place: its position in the box, in pixels.
  show(point, place, span) {
    if (!this.on || !this.image.naturalWidth) return;
    this.last = { point, place, span };
    const side = (span ?? SIZE / MAGNIFICATION / this.image.getBoundingClientRect().width) * this.image.naturalWidth;
    const { width, height } = this.node;
    const context = this.node.getContext("2d");
    const [left, top] = [point.x * this.image.naturalWidth - side / 2, point.y * this.image.naturalHeight - side / 2];
    context.clearRect(0, 0, width, height);
    context.imageSmoothingQuality = "high";
    context.drawImage(this.image, left, top, side, side, 0, 0, width, height);
    const { clientWidth, clientHeight } = this.box;
    const offset = place.y > SIZE + 20 ? -SIZE - 16 : 16;
    this.node.style.left = `${Math.min(Math.max(place.x - SIZE / 2, 0), Math.max(clientWidth - SIZE, 0))}px`;
    this.node.style.top = `${Math.min(Math.max(place.y + offset, 0), Math.max(clientHeight - SIZE, 0))}px`;
    this.node.hidden = false;
  }

  // Show the same place of a new picture.
  redraw() {
    if (this.last && !this.node.hidden) this.show(this.last.point, this.last.place, this.last.span);
  }

  hide() {
    this.node.hidden = true;
  }
}
