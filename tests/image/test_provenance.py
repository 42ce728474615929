"""What outputs say of their colours, read back from the files of every format."""

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
    found = {key: value for element in root.iter() for key, value in element.attrib.items()}
    return found | {element.tag: " ".join(element.itertext()).strip() for element in root.iter()}


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_says_that_colours_are_predicted(tinter: Tinter, format: str) -> None:
    said = statement(tinter.run(GRAY, Options(strength=0.8)).photo.encode(format=format))
    assert said[f"{{{provenance.IPTC}}}DigitalSourceType"] == provenance.SOURCE_TYPE
    assert said[f"{{{provenance.IPTC}}}AISystemUsed"] == "handtint"
    assert said["{http://ns.adobe.com/xap/1.0/}CreatorTool"] == f"handtint {__version__}"
    assert '"strength": 0.8' in said[f"{{{provenance.OURS}}}Options"]
    models = said[f"{{{provenance.OURS}}}Models"]
    for model in (tinter.networks.color, tinter.networks.mask):
        assert f"{model.name} sha256:{model.weights.sha256}" in models


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_pillow_finds_the_statement(tinter: Tinter, format: str) -> None:
    picture = Image.open(io.BytesIO(tinter.run(GRAY, Options()).photo.encode(format=format)))
    picture.load()  # a PNG may say it behind the pixels
    assert provenance.SOURCE_TYPE in str(picture.getxmp())


def test_packets_are_extended(tinter: Tinter) -> None:
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
def test_without_predicted_colours_nothing_is_claimed(tinter: Tinter, settings: dict[str, object]) -> None:
    photo = replace(GRAY, metadata={"xmp-data": XMP})
    assert tinter.run(photo, Options(**settings)).photo.metadata["xmp-data"] == XMP  # type: ignore[arg-type]


def test_an_empty_mask_claims_nothing(tinter: Tinter) -> None:
    nothing = Photo(np.zeros(GRAY.size, np.uint8))
    assert not statement(tinter.run(GRAY, Options(), mask=nothing).photo.encode(format="png"))


def test_stripped_photos_still_say_so(tinter: Tinter) -> None:
    photo = replace(GRAY, metadata={"xmp-data": XMP})
    packet = tinter.run(photo, Options(metadata="strip")).photo.metadata["xmp-data"]
    assert b"album 7" not in packet
    assert provenance.SOURCE_TYPE.encode() in packet


def test_only_networks_that_took_part_are_named(tinter: Tinter) -> None:
    said = statement(tinter.run(GRAY, Options(keep="all")).photo.encode(format="png"))
    assert tinter.networks.mask.name not in said[f"{{{provenance.OURS}}}Models"]


class OneFace:
    """A detector that finds a face in the middle."""

    def run(self, x: Float) -> tuple[Float, ...]:
        h, w = x.shape[2] // 4, x.shape[3] // 4
        heat, size = np.full((1, 1, h, w), -9, np.float32), np.ones((1, 2, h, w), np.float32)
        heat[0, 0, h // 2, w // 2] = 5
        return heat, size, 0 * size


@pytest.mark.parametrize(("look", "named"), [("auto", True), ("off", False)])
def test_the_face_detector_is_named_where_faces_were_looked_at(
    look: str, named: bool, tinter: Tinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tinter.networks._engines, "faces", OneFace(), raising=False)
    said = statement(tinter.run(GRAY, Options(keep="all", closer_look=look)).photo.encode(format="png"))
    for model in (tinter.networks.faces, tinter.networks.mask):  # the latter says where people stand
        assert (f"{model.name} sha256:{model.weights.sha256}" in said[f"{{{provenance.OURS}}}Models"]) == named


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_in_it_changes_from_run_to_run(tinter: Tinter, format: str) -> None:
    first, second = (tinter.run(GRAY, Options()).photo.encode(format=format) for _ in range(2))
    assert first == second


def test_tinting_a_tinted_photo_says_it_once(tinter: Tinter) -> None:
    once = tinter.run(GRAY, Options()).photo
    twice = tinter.run(once, Options(strength=0.5)).photo.metadata["xmp-data"]
    assert twice.count(provenance.SOURCE_TYPE.encode()) == 1
    assert b"0.5" in twice


@pytest.mark.usefixtures("tinter")
@pytest.mark.parametrize("word", ["--provenance", "--no-provenance"])
def test_the_command_line_states_it_unless_told_not_to(word: str, tmp_path: Path) -> None:
    GRAY.write(tmp_path / "in.png")
    done = CliRunner().invoke(main, ["tint", str(tmp_path / "in.png"), "-o", str(tmp_path / "out.png"), word])
    assert done.exit_code == 0, done.output
    assert bool(statement((tmp_path / "out.png").read_bytes())) == (word == "--provenance")
