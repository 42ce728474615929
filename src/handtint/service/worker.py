"""The work on one request, in a worker process: decode, tint or inspect, encode."""

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
from handtint.workers.messages import PhotoRequest, PhotoResponse, ServiceSetup


def warm_up(setup: ServiceSetup) -> None:
    """Load the networks and libraries by tinting a small gray picture. Raises HandtintError."""
    if setup.threads:
        cv2.setNumThreads(setup.threads)
    gray = Photo.of(np.tile(np.arange(64, dtype=np.uint8) * 4, (64, 1))).encode(format="png")
    handle(setup, PhotoRequest(kind="tint", photo=gray, options=Options(), formats=("png",)))


def handle(setup: ServiceSetup, job: PhotoRequest) -> PhotoResponse:
    """Handle a request. Raises HandtintError, and any exception for a bug."""
    try:
        return _tint(setup, job) if job.kind == "tint" else _inspect(setup, job)
    except MemoryError:
        raise InputError("photo: not enough memory for this photo") from None


@cache
def _cached_tinter(model: str, mask_model: str, threads: int) -> Tinter:
    """A tinter with these networks, cached."""
    return Tinter(model, mask_model=mask_model, threads=threads)


def _decode(data: bytes, name: str, setup: ServiceSetup) -> Photo:
    limits = codec.Limits(pixels=setup.pixels, bytes=setup.bytes, pages=setup.frames, frames=setup.frames)
    return Photo.read(data, name=name, limits=limits)


def _tint(setup: ServiceSetup, job: PhotoRequest) -> PhotoResponse:
    options = job.options
    photo = _decode(job.photo, "photo", setup)
    mask = _decode(job.mask, "mask", setup) if job.mask else None
    reference = _decode(job.reference, "reference", setup) if job.reference else None
    kind = options.format or _format(photo, job.formats)
    tinter = _cached_tinter(options.model, options.mask_model, setup.threads)
    if job.json:
        return _json_response(Session(tinter, photo), Edit(options=options, mask=mask, reference=reference), job, kind)
    result = tinter.run(photo, options, mask=mask, reference=reference)
    return PhotoResponse(result.photo.encode(format=kind, quality=options.quality), MEDIA_TYPES[kind], result.note)


def _json_response(session: Session, edit: Edit, job: PhotoRequest, format: str) -> PhotoResponse:
    """The result as JSON, with its mask, the detections and the recipe; the networks run once."""
    result, options = session.result(edit), edit.options
    data = result.photo.encode(format=format, quality=options.quality)
    payload = {
        **_size(session.photo),
        "found": [detection.record for detection in session.detect(options.gain, levels=options.levels)],
        "note": result.note,
        "recipe": recipes.dumps(recipes.of(options, mask=job.mask, reference=job.reference)),
        "mask": _base64(Photo(result.alpha).encode(format="png")),
        "photo": {"media_type": MEDIA_TYPES[format], "data": _base64(data)},
    }
    return PhotoResponse(json.dumps(payload).encode(), JSON, result.note)


def _inspect(setup: ServiceSetup, job: PhotoRequest) -> PhotoResponse:
    photo, options = _decode(job.photo, "photo", setup), job.options
    detections = _cached_tinter(options.model, options.mask_model, setup.threads).inspect(photo, gain=options.gain)
    payload = {**_size(photo), "found": [detection.record for detection in detections]}
    return PhotoResponse(json.dumps(payload).encode(), JSON)


def _size(photo: Photo) -> dict[str, int]:
    height, width = photo.size
    return {"width": width, "height": height}


def _format(photo: Photo, formats: tuple[str, ...]) -> str:
    """The photo's own format, or PNG if that cannot be written, if it is acceptable; else the first acceptable one."""
    own = photo.format if photo.format in MEDIA_TYPES else "png"
    return own if own in formats or not formats else formats[0]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
