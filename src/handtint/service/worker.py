"""The work on one request, in a process of its own: decode, tint or inspect, encode."""

from __future__ import annotations

import base64
import json
from functools import cache

import cv2
import numpy as np

from handtint import recipe as recipes
from handtint.errors import InputError
from handtint.image.io import codec
from handtint.image.io.formats import MEDIA_TYPES
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.service.accept import JSON
from handtint.session import Edit, Session
from handtint.workers.messages import Answer, PhotoRequest, ServiceSetup


def warm(setup: ServiceSetup) -> None:
    """Load what every request needs, by tinting a small gray picture. Raises HandtintError."""
    if setup.threads:
        cv2.setNumThreads(setup.threads)
    gray = Photo.of(np.tile(np.arange(64, dtype=np.uint8) * 4, (64, 1))).encode(format="png")
    do(setup, PhotoRequest(kind="tint", photo=gray, options=Options(), formats=("png",)))


def do(setup: ServiceSetup, job: PhotoRequest) -> Answer:
    """Do what a request asks for. Raises HandtintError, and whatever a fault of ours is."""
    try:
        return _tint(setup, job) if job.kind == "tint" else _inspect(setup, job)
    except MemoryError:
        raise InputError("photo: there is not enough memory for it") from None


@cache
def _tinter(model: str, mask_model: str, threads: int) -> Tinter:
    """A pair of networks, kept: the catalogue has only so many."""
    return Tinter(model, mask_model=mask_model, threads=threads)


def _decode(data: bytes, name: str, setup: ServiceSetup) -> Photo:
    limits = codec.Limits(pixels=setup.pixels, bytes=setup.bytes, pages=setup.frames, frames=setup.frames)
    return Photo.read(data, name=name, limits=limits)


def _tint(setup: ServiceSetup, job: PhotoRequest) -> Answer:
    options = job.options
    photo = _decode(job.photo, "photo", setup)
    mask = _decode(job.mask, "mask", setup) if job.mask else None
    reference = _decode(job.reference, "reference", setup) if job.reference else None
    kind = options.format or _format(photo, job.formats)
    tinter = _tinter(options.model, options.mask_model, setup.threads)
    if job.json:
        return _json_answer(Session(tinter, photo), Edit(options=options, mask=mask, reference=reference), job, kind)
    result = tinter.run(photo, options, mask=mask, reference=reference)
    return Answer(result.photo.encode(format=kind, quality=options.quality), MEDIA_TYPES[kind], result.note)


def _json_answer(session: Session, edit: Edit, job: PhotoRequest, format: str) -> Answer:
    """The same in JSON, with the mask and what was found; the networks run once."""
    result, options = session.result(edit), edit.options
    data = result.photo.encode(format=format, quality=options.quality)
    payload = {
        **_size(session.photo),
        "found": [thing.record for thing in session.detect(options.gain, levels=options.levels)],
        "note": result.note,
        "recipe": recipes.dumps(recipes.of(options, mask=job.mask, reference=job.reference)),
        "mask": _text(Photo(result.alpha).encode(format="png")),
        "photo": {"media_type": MEDIA_TYPES[format], "data": _text(data)},
    }
    return Answer(json.dumps(payload).encode(), JSON, result.note)


def _inspect(setup: ServiceSetup, job: PhotoRequest) -> Answer:
    photo, options = _decode(job.photo, "photo", setup), job.options
    detections = _tinter(options.model, options.mask_model, setup.threads).inspect(photo, gain=options.gain)
    payload = {**_size(photo), "found": [thing.record for thing in detections]}
    return Answer(json.dumps(payload).encode(), JSON)


def _size(photo: Photo) -> dict[str, int]:
    height, width = photo.size
    return {"width": width, "height": height}


def _format(photo: Photo, formats: tuple[str, ...]) -> str:
    """The photo's own format, or PNG where that cannot be written, if it is welcome; else the first that is."""
    own = photo.format if photo.format in MEDIA_TYPES else "png"
    return own if own in formats or not formats else formats[0]


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
