"""The statement that colours are predicted, read from files of every format."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from handtint import __version__
from handtint.cli import main
from handtint.image.io import codec
from handtint.image.metadata import provenance
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.types import Float

FORMATS = ["jpeg", "png", "tiff", "webp"]
GRAY = Photo(np.tile(np.arange(160, dtype=np.uint8), (120, 1)))
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="album 7"/></rdf:RDF></x:xmpmeta>'
)


def statement(file: bytes) -> dict[str, str]:
    packet = codec.decode(file).metadata.get("xmp-data", b"")
    if not packet:
        return {}
    root = ET.fromstring(packet.rstrip(b"\0"))
    attributes = {key: value for element in root.iter() for key, value in element.attrib.items()}
    return attributes | {element.tag: " ".join(element.itertext()).strip() for element in root.iter()}


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_states_that_colours_are_predicted(tinter: Tinter, format: str) -> None:
    fields = statement(tinter.run(GRAY, Options(strength=0.8)).photo.encode(format=format))
    assert fields[f"{{{provenance.IPTC}}}DigitalSourceType"] == provenance.SOURCE_TYPE
    assert fields[f"{{{provenance.IPTC}}}AISystemUsed"] == "handtint"
    assert fields["{http://ns.adobe.com/xap/1.0/}CreatorTool"] == f"handtint {__version__}"
    assert '"strength": 0.8' in fields[f"{{{provenance.OURS}}}Options"]
    models = fields[f"{{{provenance.OURS}}}Models"]
    for model in (tinter.networks.color, tinter.networks.mask):
        assert f"{model.name} sha256:{model.weights.sha256}" in models


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_pillow_reads_the_statement(tinter: Tinter, format: str) -> None:
    picture = Image.open(io.BytesIO(tinter.run(GRAY, Options()).photo.encode(format=format)))
    picture.load()  # in a PNG it may be after the pixels
    assert provenance.SOURCE_TYPE in str(picture.getxmp())


def test_existing_xmp_is_extended(tinter: Tinter) -> None:
    photo = replace(GRAY, metadata={"xmp-data": XMP})
    packet = tinter.run(photo, Options()).photo.metadata["xmp-data"]
    assert b'dc:source="album 7"' in packet
    assert provenance.SOURCE_TYPE.encode() in packet


@pytest.mark.parametrize(
    "settings",
    [
        {"provenance": False},
        {"strength": 0},
        {"strength": 0, "background": "sepia"},
        {"colors": "original"},
        {"colors": "original", "background": "gray"},
    ],
)
def test_without_predicted_colours_nothing_is_stated(tinter: Tinter, settings: dict[str, object]) -> None:
    photo = replace(GRAY, metadata={"xmp-data": XMP})
    assert tinter.run(photo, Options(**settings)).photo.metadata["xmp-data"] == XMP  # type: ignore[arg-type]


def test_with_an_empty_mask_nothing_is_stated(tinter: Tinter) -> None:
    empty = Photo(np.zeros(GRAY.size, np.uint8))
    assert not statement(tinter.run(GRAY, Options(), mask=empty).photo.encode(format="png"))


def test_stripped_photos_have_the_statement(tinter: Tinter) -> None:
    photo = replace(GRAY, metadata={"xmp-data": XMP})
    packet = tinter.run(photo, Options(metadata="strip")).photo.metadata["xmp-data"]
    assert b"album 7" not in packet
    assert provenance.SOURCE_TYPE.encode() in packet


def test_only_networks_that_were_used_are_named(tinter: Tinter) -> None:
    fields = statement(tinter.run(GRAY, Options(keep="all")).photo.encode(format="png"))
    assert tinter.networks.mask.name not in fields[f"{{{provenance.OURS}}}Models"]


class OneFace:
    """A detector that finds a face in the middle."""

    def run(self, x: Float) -> tuple[Float, ...]:
        h, w = x.shape[2] // 4, x.shape[3] // 4
        heat, size = np.full((1, 1, h, w), -9, np.float32), np.ones((1, 2, h, w), np.float32)
        heat[0, 0, h // 2, w // 2] = 5
        return heat, size, 0 * size


@pytest.mark.parametrize(("closer_look", "expected"), [("auto", True), ("off", False)])
def test_the_face_detector_is_named_if_it_was_used(
    closer_look: str, expected: bool, tinter: Tinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tinter.networks._engines, "faces", OneFace(), raising=False)
    fields = statement(tinter.run(GRAY, Options(keep="all", closer_look=closer_look)).photo.encode(format="png"))
    for model in (tinter.networks.faces, tinter.networks.mask):  # the mask network finds the people
        assert (f"{model.name} sha256:{model.weights.sha256}" in fields[f"{{{provenance.OURS}}}Models"]) == expected


@pytest.mark.parametrize("format", FORMATS)
def test_the_statement_is_reproducible(tinter: Tinter, format: str) -> None:
    first, second = (tinter.run(GRAY, Options()).photo.encode(format=format) for _ in range(2))
    assert first == second


def test_tinting_again_replaces_the_statement(tinter: Tinter) -> None:
    once = tinter.run(GRAY, Options()).photo
    twice = tinter.run(once, Options(strength=0.5)).photo.metadata["xmp-data"]
    assert twice.count(provenance.SOURCE_TYPE.encode()) == 1
    assert b"0.5" in twice


@pytest.mark.usefixtures("tinter")
@pytest.mark.parametrize("flag", ["--provenance", "--no-provenance"])
def test_the_command_line_can_omit_the_statement(flag: str, tmp_path: Path) -> None:
    GRAY.write(tmp_path / "in.png")
    run = CliRunner().invoke(main, ["tint", str(tmp_path / "in.png"), "-o", str(tmp_path / "out.png"), flag])
    assert run.exit_code == 0, run.output
    assert bool(statement((tmp_path / "out.png").read_bytes())) == (flag == "--provenance")
