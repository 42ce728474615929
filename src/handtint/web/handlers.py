"""What the page can request for an open photo: plain functions, each run in a worker thread."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from handtint import keep
from handtint import recipe as recipes
from handtint.batch.naming import extension_of
from handtint.errors import OptionError
from handtint.image.io.formats import EXTENSIONS, MEDIA_TYPES
from handtint.image.photo import Photo
from handtint.session import Edit
from handtint.web import schemas
from handtint.web.session_store import OpenPhoto, SessionStore

PANEL = 640  # pixels: the longer side of each of the four panels
QUALITY = 88  # quality of the pictures on the page


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a response. filename: for saving it, or "". note: for the user, or ""."""

    data: bytes
    media_type: str
    filename: str = ""
    note: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """The HTTP headers; names and notes, which may hold any characters, are percent-encoded."""
        headers = {"handtint-note": quote(self.note)}
        if self.filename:
            headers |= {
                "handtint-name": quote(self.filename),
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(self.filename, safe='')}",
            }
        return headers


def describe(opened: OpenPhoto) -> dict[str, Any]:
    """The properties of a photo that was just opened: name, size, depth, detected objects and faces."""
    session = opened.session
    with opened.lock:
        detections = [detection.record for detection in session.detect()]
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


def before(opened: OpenPhoto, screen: int) -> Content:
    """The original photo as a JPEG whose longer side is `screen` pixels."""
    with opened.lock:
        return _picture(opened.session.scaled(screen))


def preview(opened: OpenPhoto, body: bytes) -> Content:
    """A preview of the edit, as a JPEG of the requested size."""
    payload = schemas.parse_object(body)
    with opened.lock:
        result = opened.session.preview(_edit(opened, payload), screen=schemas.preview_size(payload))
        return _picture(result.photo, result.note)


def palette(opened: OpenPhoto, body: bytes) -> dict[str, Any]:
    """Suggested colours for a point of the photo, the likeliest first, and the object at it."""
    payload = schemas.parse_object(body)
    point = schemas.parse_point(payload)
    with opened.lock:
        colors, name = opened.session.palette(_edit(opened, payload), point)
    return {"colors": [f"#{bytes(rgb).hex()}" for rgb in colors], "object": name}


def panels(opened: OpenPhoto, body: bytes) -> list[dict[str, str]]:
    """The four panels, gray, colourised, mask and blended, as [{"title", "jpeg" in base64}]."""
    with opened.lock:
        tiles = opened.session.preview(_edit(opened, schemas.parse_object(body)), screen=PANEL).tiles(PANEL)
    jpegs = ((title, Photo(tile).encode(format="jpeg", quality=QUALITY)) for title, tile in tiles)
    return [{"title": title, "jpeg": base64.b64encode(data).decode()} for title, data in jpegs]


def result(opened: OpenPhoto, body: bytes) -> Content:
    """The edit at full size and depth: the file that `handtint tint` writes for the same options."""
    with opened.lock:
        edit = _edit(opened, schemas.parse_object(body))
        result = opened.session.result(edit)
    ending = extension_of(opened.name, edit.options.format)
    image_format = EXTENSIONS[ending.lower()]
    data = result.photo.encode(format=image_format, quality=edit.options.quality)
    return Content(data, MEDIA_TYPES[image_format], f"{_stem(opened)}.handtint{ending}", result.note)


def mask(opened: OpenPhoto, body: bytes) -> Content:
    """The mask as a PNG for `--mask`, before inverting and feathering, which the options specify."""
    payload = schemas.parse_object(body)
    with opened.lock:
        return Content(_mask(opened, payload, chosen=True), "image/png", f"{_stem(opened)}.mask.png")


def recipe(opened: OpenPhoto, body: bytes) -> Content:
    """The edit as a recipe, as `--save-recipe` writes it."""
    payload = schemas.parse_object(body)
    with opened.lock:
        options, sha = _edit(opened, payload).options, payload.get("reference")
        reference = opened.files[sha].data if sha else b""
        recorded = recipes.of(options, mask=_mask(opened, payload), reference=reference)
    return Content(recipes.dumps(recorded).encode(), "application/toml", f"{_stem(opened)}.handtint.toml")


def load_recipe(body: bytes) -> dict[str, Any]:
    """The settings in a recipe file, in the form of the page. Raises OptionError."""
    text = body.decode("utf-8", errors="replace")
    recorded = recipes.loads(text)
    reference = recorded.reference or recorded.files.get(recorded.options.reference or "", "")
    if recorded.options.reference and not reference:
        raise OptionError("reference: the recipe does not say which photo it is; use the command line")
    options = schemas.check_options(replace(recorded.options, reference=None))
    current = recipes.of(options).models
    changed = [name for name, sha in recorded.models.items() if current.get(name, sha) != sha]
    warning = f"made with other weights of {' and '.join(changed)}: the colours may differ" if changed else ""
    settings = {name: getattr(options, name) for name in options.__slots__}
    terms = schemas.terms_json(schemas.parse_keep(options.keep))
    files = {"mask": recorded.mask or None, "reference": reference or None}
    return {"options": settings, "terms": terms, "warning": warning, **files}


def upload(store: SessionStore, opened: OpenPhoto, name: str, body: bytes) -> dict[str, str]:
    """Store a mask or a reference for a photo, and return its sha256. Raises InputError."""
    with opened.lock:
        return {"sha256": opened.add_file(body, name, store.limits)}


def parse_hint(body: bytes) -> dict[str, str]:
    """Parse a typed hint; its colour is returned as #rrggbb. Raises OptionError."""
    text = str(schemas.parse_object(body).get("hint", ""))
    parsed = keep.parse_hint(text[: schemas.MAX_KEEP_LENGTH])
    return {"where": text.rpartition("=")[0].strip(), "color": f"#{bytes(parsed.rgb).hex()}"}


def parse_keep(body: bytes) -> list[dict[str, Any]]:
    """Parse a typed `keep` into its terms. Raises OptionError."""
    return schemas.terms_json(schemas.parse_keep(str(schemas.parse_object(body).get("keep", ""))))


def _edit(opened: OpenPhoto, payload: Mapping[str, Any]) -> Edit:
    return schemas.parse_edit(payload, {key: uploaded.photo for key, uploaded in opened.files.items()})


def _mask(opened: OpenPhoto, payload: Mapping[str, Any], *, chosen: bool = False) -> bytes:
    """The mask file that a recipe refers to, b"" if there is none. chosen: return the selected mask in that case."""
    edit, uploaded = _edit(opened, payload), payload.get("mask")
    if uploaded and not edit.strokes:
        return opened.files[uploaded].data
    photo = opened.session.selected(edit) if chosen else opened.session.mask(edit)
    return photo.encode(format="png") if photo else b""


def _picture(photo: Photo, note: str = "") -> Content:
    return Content(photo.encode(format="jpeg", quality=QUALITY), MEDIA_TYPES["jpeg"], note=note)


def _stem(opened: OpenPhoto) -> str:
    return os.path.splitext(opened.name)[0] or "photo"
