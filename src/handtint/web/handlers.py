"""What the page can request of an open photo: plain functions, each of which runs in a worker thread."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from handtint import keep
from handtint import recipe as recipes
from handtint.batch.naming import ending_of
from handtint.errors import OptionError
from handtint.image.io.formats import ENDINGS, MEDIA_TYPES
from handtint.image.photo import Photo
from handtint.session import Edit
from handtint.web import schemas
from handtint.web.session_store import OpenPhoto, SessionStore

PANEL = 640  # pixels: the longer side of each of the four panels
QUALITY = 88  # quality of the pictures on the page


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes for the page. type: media type. name: of the file to save, or "". note: for the person to read, or ""."""

    data: bytes
    type: str
    name: str = ""
    note: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """The HTTP headers; names and notes, which may hold any characters, are percent-encoded."""
        headers = {"handtint-note": quote(self.note)}
        if self.name:
            headers |= {
                "handtint-name": quote(self.name),
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(self.name, safe='')}",
            }
        return headers


def describe(opened: OpenPhoto) -> dict[str, Any]:
    """A photo that was just opened: its size, and the objects detected in it."""
    session = opened.session
    with opened.lock:
        detections = [thing.record for thing in session.detect()]
        height, width = session.photo.size
        return {
            "id": opened.key,
            "name": opened.name,
            "width": width,
            "height": height,
            "depth": session.photo.depth,
            "pages": 1 + len(session.photo.pages),
            "kind": session.kind,
            "found": detections,
            "faces": session.faces(),
        }


def before(opened: OpenPhoto, screen: int) -> Answer:
    """The photo as it came, at the size of previews."""
    with opened.lock:
        return _picture(opened.session.small(screen))


def preview(opened: OpenPhoto, body: bytes) -> Answer:
    """The edit at the size of previews."""
    payload = schemas.table(body)
    with opened.lock:
        result = opened.session.preview(_edit(opened, payload), screen=schemas.screen(payload))
        return _picture(result.photo, result.note)


def palette(opened: OpenPhoto, body: bytes) -> dict[str, Any]:
    """The colours that a place of the photo may have had, the likeliest first, and the thing that it is on."""
    payload = schemas.table(body)
    spot = schemas.spot(payload)
    with opened.lock:
        colors, thing = opened.session.palette(_edit(opened, payload), spot)
    return {"colors": [f"#{bytes(rgb).hex()}" for rgb in colors], "thing": thing}


def panels(opened: OpenPhoto, body: bytes) -> list[dict[str, str]]:
    """The four panels: gray, colourised, mask, blended."""
    with opened.lock:
        tiles = opened.session.preview(_edit(opened, schemas.table(body)), screen=PANEL).tiles(PANEL)
    made = ((title, Photo(tile).encode(format="jpeg", quality=QUALITY)) for title, tile in tiles)
    return [{"title": title, "jpeg": base64.b64encode(data).decode()} for title, data in made]


def result(opened: OpenPhoto, body: bytes) -> Answer:
    """The edit at full size and depth: the file that `handtint tint` writes for the same options."""
    with opened.lock:
        edit = _edit(opened, schemas.table(body))
        made = opened.session.result(edit)
    ending = ending_of(opened.name, edit.options.format)
    kind = ENDINGS[ending.lower()]
    data = made.photo.encode(format=kind, quality=edit.options.quality)
    return Answer(data, MEDIA_TYPES[kind], f"{_stem(opened)}.handtint{ending}", made.note)


def mask(opened: OpenPhoto, body: bytes) -> Answer:
    """The mask as a PNG for `--mask`, before it is inverted and feathered: the options do that."""
    payload = schemas.table(body)
    with opened.lock:
        return Answer(_mask(opened, payload, chosen=True), "image/png", f"{_stem(opened)}.mask.png")


def recipe(opened: OpenPhoto, body: bytes) -> Answer:
    """The edit as a recipe, as `--save-recipe` writes it."""
    payload = schemas.table(body)
    with opened.lock:
        options, sha = _edit(opened, payload).options, payload.get("reference")
        reference = opened.files[sha].data if sha else b""
        made = recipes.of(options, mask=_mask(opened, payload), reference=reference)
    return Answer(recipes.dumps(made).encode(), "application/toml", f"{_stem(opened)}.handtint.toml")


def load_recipe(body: bytes) -> dict[str, Any]:
    """The settings in a recipe file, for the page to continue from. Raises OptionError."""
    text = body.decode("utf-8", errors="replace")
    recorded = recipes.loads(text)
    reference = recorded.reference or recorded.files.get(recorded.options.reference or "", "")
    if recorded.options.reference and not reference:
        raise OptionError("reference: the recipe does not say which photo it is; use the command line")
    options = schemas.checked(replace(recorded.options, reference=None))
    here = recipes.of(options).models
    other = [name for name, sha in recorded.models.items() if here.get(name, sha) != sha]
    warning = f"made with other weights of {' and '.join(other)}: the colours may differ" if other else ""
    settings = {name: getattr(options, name) for name in options.__slots__}
    terms = schemas.terms(schemas.steps(options.keep))
    given = {"mask": recorded.mask or None, "reference": reference or None}
    return {"options": settings, "terms": terms, "warning": warning, **given}


def upload(store: SessionStore, opened: OpenPhoto, name: str, body: bytes) -> dict[str, str]:
    """Keep a mask or a reference for a photo, and return its sha256. Raises InputError."""
    with opened.lock:
        return {"sha256": opened.add_file(body, name, store.limits)}


def parse_hint(body: bytes) -> dict[str, str]:
    """A hint that was typed, with its colour as #rrggbb. Raises OptionError."""
    text = str(schemas.table(body).get("hint", ""))
    parsed = keep.parse_hint(text[: schemas.MAX_KEEP_LENGTH])
    return {"where": text.rpartition("=")[0].strip(), "color": f"#{bytes(parsed.rgb).hex()}"}


def parse_keep(body: bytes) -> list[dict[str, Any]]:
    """The terms of a `keep` that was typed. Raises OptionError."""
    return schemas.terms(schemas.steps(str(schemas.table(body).get("keep", ""))))


def _edit(opened: OpenPhoto, payload: Mapping[str, Any]) -> Edit:
    return schemas.read(payload, {key: uploaded.photo for key, uploaded in opened.files.items()})


def _mask(opened: OpenPhoto, payload: Mapping[str, Any], *, chosen: bool = False) -> bytes:
    """The mask file that goes with the options, b"" if there is none. chosen: then the selected mask."""
    edit, uploaded = _edit(opened, payload), payload.get("mask")
    if uploaded and not edit.strokes:
        return opened.files[uploaded].data
    photo = opened.session.selected(edit) if chosen else opened.session.mask(edit)
    return photo.encode(format="png") if photo else b""


def _picture(photo: Photo, note: str = "") -> Answer:
    return Answer(photo.encode(format="jpeg", quality=QUALITY), MEDIA_TYPES["jpeg"], note=note)


def _stem(opened: OpenPhoto) -> str:
    return os.path.splitext(os.path.basename(opened.name.replace("\\", "/")))[0] or "photo"
