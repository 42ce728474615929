"""What the page can ask for of an open photo: each a plain function, for a thread of its own."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from handtint import recipe as recipes
from handtint.batch.plan import ending_of
from handtint.image.io import codec
from handtint.image.photo import Photo
from handtint.session import Edit
from handtint.web import edits
from handtint.web.shelf import Opened, Shelf

PANEL = 640  # pixels: the longer side of each of the four panels
SHOWN = 88  # quality of the pictures on the page
TYPES = {"jpeg": "image/jpeg", "png": "image/png", "tiff": "image/tiff", "webp": "image/webp"}


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes for the page. name: what a file of them is called, or "". note: what the person should know, or ""."""

    data: bytes
    type: str
    name: str = ""
    note: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """What is said beside the bytes; names and notes may hold any letters."""
        said = {"handtint-note": quote(self.note)}
        if self.name:
            said |= {
                "handtint-name": quote(self.name),
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(self.name, safe='')}",
            }
        return said


def describe(opened: Opened) -> dict[str, Any]:
    """A photo just opened: its size, and what was found in it."""
    session = opened.session
    with opened.lock:
        found = [thing.record for thing in session.find()]
        height, width = session.photo.size
        return {
            "id": opened.key,
            "name": opened.name,
            "width": width,
            "height": height,
            "depth": session.photo.depth,
            "pages": 1 + len(session.photo.pages),
            "kind": session.kind,
            "found": found,
        }


def before(opened: Opened) -> Answer:
    """The photo as it came, at the size of previews."""
    with opened.lock:
        return _picture(opened.session.small())


def preview(opened: Opened, body: bytes) -> Answer:
    """The edit at the size of previews."""
    said = edits.table(body)
    with opened.lock:
        result = opened.session.preview(_edit(opened, said), screen=edits.screen(said))
        return _picture(result.photo, result.note)


def panels(opened: Opened, body: bytes) -> list[dict[str, str]]:
    """The four panels: gray, colourised, mask, blended."""
    with opened.lock:
        tiles = opened.session.preview(_edit(opened, edits.table(body)), screen=PANEL).tiles(PANEL)
    made = ((title, Photo(tile).encode(format="jpeg", quality=SHOWN)) for title, tile in tiles)
    return [{"title": title, "jpeg": base64.b64encode(data).decode()} for title, data in made]


def result(opened: Opened, body: bytes) -> Answer:
    """The edit at full size and depth: the file that `handtint tint` writes for the same options."""
    with opened.lock:
        edit = _edit(opened, edits.table(body))
        made = opened.session.result(edit)
    ending = ending_of(opened.name, edit.options.format)
    kind = codec.ENDINGS[ending.lower()]
    data = made.photo.encode(format=kind, quality=edit.options.quality)
    return Answer(data, TYPES[kind], f"{_stem(opened)}.handtint{ending}", made.note)


def mask(opened: Opened, body: bytes) -> Answer:
    """The mask as a PNG for `--mask`: before it is turned round and feathered, which the options say."""
    said = edits.table(body)
    with opened.lock:
        return Answer(_mask(opened, said, chosen=True), "image/png", f"{_stem(opened)}.mask.png")


def recipe(opened: Opened, body: bytes) -> Answer:
    """The edit as a recipe, as `--save-recipe` writes it."""
    said = edits.table(body)
    with opened.lock:
        made = recipes.of(_edit(opened, said).options, mask=_mask(opened, said))
    return Answer(recipes.dumps(made).encode(), "application/toml", f"{_stem(opened)}.handtint.toml")


def load(body: bytes) -> dict[str, Any]:
    """What a recipe file says, for the page to go on from. Raises OptionError."""
    text = body.decode("utf-8", errors="replace")
    said = recipes.loads(text)
    options = edits.allowed(said.options)
    here = recipes.of(options).models
    other = [name for name, sha in said.models.items() if here.get(name, sha) != sha]
    warning = f"made with other weights of {' and '.join(other)}: the colours may differ" if other else ""
    settings = {name: getattr(options, name) for name in options.__slots__}
    terms = edits.terms(edits.steps(options.keep))
    return {"options": settings, "terms": terms, "mask": said.mask or None, "warning": warning}


def give(shelf: Shelf, opened: Opened, body: bytes) -> dict[str, str]:
    """Take a mask file for a photo; its sha256."""
    with opened.lock:
        return {"mask": opened.give(body, shelf.limits)}


def words(body: bytes) -> list[dict[str, Any]]:
    """The terms of a `keep` that was typed. Raises OptionError."""
    return edits.terms(edits.steps(str(edits.table(body).get("keep", ""))))


def _edit(opened: Opened, said: Mapping[str, Any]) -> Edit:
    return edits.read(said, {key: given.photo for key, given in opened.masks.items()})


def _mask(opened: Opened, said: Mapping[str, Any], *, chosen: bool = False) -> bytes:
    """The file to give beside the options, b"" where there is none; or else, if wanted, one of what is chosen."""
    edit, given = _edit(opened, said), said.get("mask")
    if given and not edit.strokes:
        return opened.masks[given].data
    photo = opened.session.chosen(edit) if chosen else opened.session.mask(edit)
    return photo.encode(format="png") if photo else b""


def _picture(photo: Photo, note: str = "") -> Answer:
    return Answer(photo.encode(format="jpeg", quality=SHOWN), TYPES["jpeg"], note=note)


def _stem(opened: Opened) -> str:
    return os.path.splitext(os.path.basename(opened.name.replace("\\", "/")))[0] or "photo"
