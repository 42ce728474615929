"""A session gives what a run gives, and asks the networks once."""

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
def counted(tinter: Tinter, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the networks are asked, as it happens."""
    asked: list[str] = []
    for name in ("colors", "segment"):
        before = getattr(Networks, name)

        def count(self, *words, before=before, name=name, **more):  # type: ignore[no-untyped-def]
            asked.append(name)
            return before(self, *words, **more)

        monkeypatch.setattr(Networks, name, count)
    return asked


@pytest.mark.parametrize("options", EDITS)
def test_a_result_is_what_a_run_gives_byte_for_byte(tinter: Tinter, color_photo: Path, options: Options) -> None:
    photo = Photo.read(color_photo)
    session = Session(tinter, photo)
    for other in EDITS:  # nothing remembered of other edits may show
        session.preview(Edit(options=other))
    here, run = session.result(Edit(options=options)), tinter.run(photo, options)
    kind = options.format or ""
    assert here.photo.encode(format=kind) == run.photo.encode(format=kind)
    np.testing.assert_array_equal(here.alpha, run.alpha)
    assert here.note == run.note


def test_the_networks_are_asked_once_and_sliders_only_blend(
    tinter: Tinter, counted: list[str], sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(tinter, Photo.read(sample))
    session.detect()
    session.preview(Edit(options=Options()))
    assert sorted(counted) == ["colors", "segment"]
    session.preview(Edit(options=Options(keep="person:1")))
    monkeypatch.setattr("handtint.image.masks.selection.select", None)  # what is remembered is not chosen again
    for changed in ({"strength": 0.3}, {"feather": 4.0}, {"background": "sepia"}, {"keep": "person:1"}):
        session.preview(Edit(options=Options(**changed)))
    session.result(Edit(options=Options(strength=0.3)))
    assert sorted(counted) == ["colors", "segment"]


def test_another_gain_is_another_look(tinter: Tinter, counted: list[str], sample: Path) -> None:
    session = Session(tinter, Photo.read(sample))
    for gain in ("auto", "2", "auto", "2"):
        session.preview(Edit(options=Options(gain=gain)))
    assert sorted(counted) == ["colors", "colors", "segment", "segment"]


def test_a_preview_is_the_result_made_small(tinter: Tinter, sample: Path) -> None:
    photo = Photo.read(sample)
    edit = Edit(options=Options(feather=20, strength=0.8), strokes=(Stroke(((0.7, 0.3), (0.9, 0.6)), 0.05),))
    small = Session(tinter, photo).preview(edit, screen=128)
    assert small.photo.pixels.shape == (128, 128, 3)
    full = Session(tinter, photo)
    assert full.scaled().size == photo.size
    shown, made = full.preview(edit).photo.pixels, full.result(edit).photo.pixels
    np.testing.assert_array_equal(shown, made)
    from handtint.image.arrays.resize import shrink

    assert np.abs(shrink(made, (128, 128)).astype(int) - small.photo.pixels).mean() < 2


@pytest.mark.parametrize("invert", [False, True])
def test_strokes_make_a_mask_that_a_run_can_be_given(tinter: Tinter, sample: Path, invert: bool) -> None:
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
    again = session.result(replace(edit, strokes=(), mask=mask))
    assert again.photo.encode() == result.photo.encode()


def test_all_pages_are_in_the_result(tinter: Tinter) -> None:
    page = Photo(np.tile(np.arange(0, 250, 2, dtype=np.uint8), (90, 1)), format="tiff")
    photo = replace(page, pages=(page, page))
    made = Session(tinter, photo).result(Edit(options=Options())).photo
    assert made.encode() == tinter.run(photo, Options()).photo.encode()
    assert len(made.pages) == 2


def test_sixteen_bits_and_alpha_are_kept_in_the_result_and_shown_in_eight(tinter: Tinter) -> None:
    ramp = np.linspace(0, 65535, 300 * 200).astype(np.uint16).reshape(200, 300)
    session = Session(tinter, Photo(ramp, alpha=np.full((200, 300), 65535, np.uint16)))
    edit = Edit(options=Options(keep="all"))
    assert session.preview(edit, screen=100).photo.depth == 8
    assert session.preview(edit, screen=100).photo.alpha is not None
    assert session.result(edit).photo.depth == 16


def test_only_so_many_choices_are_remembered(tinter: Tinter, sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handtint.cached_stages.MAX_BYTES", 0)
    session = Session(tinter, Photo.read(sample))
    held = session.nbytes
    for x in range(5):
        session.preview(Edit(options=Options(keep=f"@{x * 20}%,50%")))
    assert session.nbytes - held <= 3 * session.photo.pixels.nbytes
