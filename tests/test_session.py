"""A session gives the result of a run, and runs the networks once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from handtint.image.masks.strokes import Stroke
from handtint.image.photo import Photo
from handtint.networks import Networks
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.session import Edit, Session

EDITS = (
    Options(),
    Options(keep="person + @80%,50%", strength=0.7, feather=9, background="sepia"),
    Options(keep="all - @10%,50%", gain="1.5", invert=True, background="dim"),
    Options(colors="original", metadata="strip", format="png"),
    Options(strength=0),
    Options(levels="auto", keep="person"),
)


@pytest.fixture
def calls(tinter: Tinter, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls of the networks, recorded as they happen."""
    recorded: list[str] = []
    for name in ("colors", "segment"):
        original = getattr(Networks, name)

        def count(self, *args, original=original, name=name, **kwargs):  # type: ignore[no-untyped-def]
            recorded.append(name)
            return original(self, *args, **kwargs)

        monkeypatch.setattr(Networks, name, count)
    return recorded


@pytest.mark.parametrize("options", EDITS)
def test_a_result_equals_that_of_a_run_byte_for_byte(tinter: Tinter, color_photo: Path, options: Options) -> None:
    photo = Photo.read(color_photo)
    session = Session(tinter, photo)
    for other in EDITS:  # caches of other edits must have no effect
        session.preview(Edit(options=other))
    from_session, from_run = session.result(Edit(options=options)), tinter.run(photo, options)
    kind = options.format or ""
    assert from_session.photo.encode(format=kind) == from_run.photo.encode(format=kind)
    np.testing.assert_array_equal(from_session.alpha, from_run.alpha)
    assert from_session.note == from_run.note


def test_networks_run_once_and_sliders_only_blend(
    tinter: Tinter, calls: list[str], sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(tinter, Photo.read(sample))
    session.detect()
    session.preview(Edit(options=Options()))
    assert sorted(calls) == ["colors", "segment"]
    session.preview(Edit(options=Options(keep="person:1")))
    monkeypatch.setattr("handtint.image.masks.selection.select", None)  # cached masks are not selected again
    for settings in ({"strength": 0.3}, {"feather": 4.0}, {"background": "sepia"}, {"keep": "person:1"}):
        session.preview(Edit(options=Options(**settings)))
    session.result(Edit(options=Options(strength=0.3)))
    assert sorted(calls) == ["colors", "segment"]


def test_each_gain_runs_the_networks_once(tinter: Tinter, calls: list[str], sample: Path) -> None:
    session = Session(tinter, Photo.read(sample))
    for gain in ("auto", "2", "auto", "2"):
        session.preview(Edit(options=Options(gain=gain)))
    assert sorted(calls) == ["colors", "colors", "segment", "segment"]


def test_a_preview_is_the_shrunk_result(tinter: Tinter, sample: Path) -> None:
    photo = Photo.read(sample)
    edit = Edit(options=Options(feather=20, strength=0.8), strokes=(Stroke(((0.7, 0.3), (0.9, 0.6)), 0.05),))
    small = Session(tinter, photo).preview(edit, screen=128)
    assert small.photo.pixels.shape == (128, 128, 3)
    session = Session(tinter, photo)
    assert session.scaled().size == photo.size
    preview, result = session.preview(edit).photo.pixels, session.result(edit).photo.pixels
    np.testing.assert_array_equal(preview, result)
    from handtint.image.arrays.resize import shrink

    assert np.abs(shrink(result, (128, 128)).astype(int) - small.photo.pixels).mean() < 2


@pytest.mark.parametrize("invert", [False, True])
def test_the_mask_of_strokes_gives_the_same_result_in_a_run(tinter: Tinter, sample: Path, invert: bool) -> None:
    photo, options = Photo.read(sample), Options(invert=invert, feather=3)
    added, erased = Stroke(((0.8, 0.5),), 0.1), Stroke(((0.1, 0.1), (0.1, 0.9)), 0.04, erase=True)
    session = Session(tinter, photo)
    edit = Edit(options=options, strokes=(added, erased))
    mask = session.mask(edit)
    assert mask is not None
    result = session.result(edit)
    assert result.photo.encode() == tinter.run(photo, options, mask=mask).photo.encode()
    height, width = photo.size
    assert result.alpha[height // 2, int(width * 0.8)] == 255
    assert result.alpha[height // 2, int(width * 0.1)] == 0
    by_mask = session.result(replace(edit, strokes=(), mask=mask))
    assert by_mask.photo.encode() == result.photo.encode()


def test_the_result_has_all_pages(tinter: Tinter) -> None:
    page = Photo(np.tile(np.arange(0, 250, 2, dtype=np.uint8), (90, 1)), format="tiff")
    photo = replace(page, pages=(page, page))
    result = Session(tinter, photo).result(Edit(options=Options())).photo
    assert result.encode() == tinter.run(photo, Options()).photo.encode()
    assert len(result.pages) == 2


def test_sixteen_bits_and_alpha_are_preserved_and_previews_have_eight(tinter: Tinter) -> None:
    ramp = np.linspace(0, 65535, 300 * 200).astype(np.uint16).reshape(200, 300)
    session = Session(tinter, Photo(ramp, alpha=np.full((200, 300), 65535, np.uint16)))
    edit = Edit(options=Options(keep="all"))
    assert session.preview(edit, screen=100).photo.depth == 8
    assert session.preview(edit, screen=100).photo.alpha is not None
    assert session.result(edit).photo.depth == 16


def test_the_cache_of_masks_is_limited(tinter: Tinter, sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handtint.cached_stages.MAX_BYTES", 0)
    session = Session(tinter, Photo.read(sample))
    initial = session.nbytes
    for x in range(5):
        session.preview(Edit(options=Options(keep=f"@{x * 20}%,50%")))
    assert session.nbytes - initial <= 3 * session.photo.pixels.nbytes
