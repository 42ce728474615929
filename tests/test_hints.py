"""Hints: what a person knows of a photo's colours is there, and elsewhere nothing changes that should not."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from handtint import recipe
from handtint.cli import main
from handtint.errors import OptionError
from handtint.hints import HintLayers
from handtint.image.arrays import resize
from handtint.image.arrays.layers import LimitedSum
from handtint.image.arrays.resize import GuidedCoefficients
from handtint.image.color import lab
from handtint.image.color.spread import MIN_LIMIT
from handtint.image.masks.points import Prompt, region
from handtint.image.masks.selection import Selection
from handtint.image.photo import Photo
from handtint.keep import parse_hint
from handtint.options import Options
from handtint.pipeline import Stages, Tinter
from handtint.session import Edit, Session
from handtint.types import Segmentation

ALL = Options(keep="all", provenance=False)
COLORS = {"navy": "#000080", "crimson": "#dc143c", "#5a7f3c": "#5a7f3c", "goldenrod": "#daa520", "gray": "#808080"}


def ab_of(color: str) -> np.ndarray:
    return lab.split(np.frombuffer(bytes.fromhex(COLORS[color][1:]), np.uint8)[None, None])[1][0, 0]


def tinted(tinter: Tinter, photo: Photo, *hints: str, options: Options = ALL) -> np.ndarray:
    return lab.split(tinter.run(photo, replace(options, hint=hints)).photo.pixels)[1]


def pixel(photo: Photo, x: float, y: float) -> tuple[int, int]:
    return int(photo.size[0] * y / 100), int(photo.size[1] * x / 100)


@pytest.mark.parametrize("color", COLORS)
@pytest.mark.parametrize(("x", "y"), [(50, 30), (41, 72), (12, 55)])
def test_a_point_has_the_hue_and_no_more_chroma_than_its_lightness_allows(
    tinter: Tinter, sample: Path, color: str, x: int, y: int
) -> None:
    photo = Photo.read(sample)
    got, wanted = tinted(tinter, photo, f"@{x}%,{y}%={color}")[pixel(photo, x, y)], ab_of(color)
    assert np.hypot(*got) <= np.hypot(*wanted) + 2
    if color == "gray":
        return
    if np.hypot(*got) > 5:
        turned = np.degrees(np.arctan2(got[1], got[0]) - np.arctan2(wanted[1], wanted[0]))
        assert abs((turned + 180) % 360 - 180) < 10
    more = np.array(got * 1.3, np.float32)  # whatever is missing of its chroma is not to be had there
    L = lab.lightness(photo.pixels)[pixel(photo, x, y)]
    fitted = np.hypot(*lab.fit_gamut(*(np.full(1, v, np.float32) for v in (L, *more))))[0]
    assert np.hypot(*got) > np.hypot(*wanted) - 3 or fitted < np.hypot(*more) - 0.5 or np.hypot(*got) > 1.5 * L


def test_what_a_point_is_not_on_changes_by_less_than_2(tinter: Tinter, sample: Path) -> None:
    photo = Photo.read(sample)  # the networks see a person in its left half, and all of it red-brown
    before = tinted(tinter, photo)
    for color in ("navy", "#5a7f3c"):
        after = tinted(tinter, photo, f"@20%,55%={color}")
        change = np.linalg.norm(after - before, axis=2)
        assert change[pixel(photo, 20, 55)] > 20
        away = cv2.GaussianBlur(change, (0, 0), 4)[:, int(0.62 * photo.size[1]) :]  # less the grain of 8 bits
        assert away.max() < 2


PHOTOS = Path(__file__).parents[1] / "examples" / "photos"


@cache
def looked_at(name: str) -> tuple[Stages, GuidedCoefficients, Segmentation]:
    """A photograph, its colours, and what is where in it, by the package's own networks."""
    stages = Stages(Photo.read(PHOTOS / f"{name}.jpg"), Tinter(threads=1).networks)
    return stages, stages.colors("auto", "off"), stages.segmentation("auto")


@settings(max_examples=40)
@given(
    st.sampled_from(["astronaut", "coffee", "hopper", "temple"]),
    st.lists(st.tuples(st.integers(2, 98), st.integers(2, 98), st.integers(0, 0xFFFFFF)), min_size=1, max_size=4),
)
def test_nothing_outside_of_the_things_that_points_are_on_changes_by_more_than_2(
    name: str, points: list[tuple[int, int, int]]
) -> None:
    stages, before, segmentation = looked_at(name)
    hints = [parse_hint(f"@{x}%,{y}%=#{rgb:06x}") for x, y, rgb in points]
    after, _ = HintLayers(stages.pixels, segmentation, lambda _: Selection(np.zeros(0, np.uint8)), hints).apply(before)
    assert isinstance(after, LimitedSum)
    L = lab.lightness(stages.pixels) / np.float32(100)
    planes = [np.dstack(lines.planes(L, 0, len(L))) for lines in (before, after)]
    change = np.linalg.norm(planes[1] - planes[0], axis=2)
    reached = resize.enlarged_rows(after.limit, 0, len(L), L.shape) > MIN_LIMIT
    assert change[~reached].max(initial=0) < MIN_LIMIT + 1e-2
    if after.limit.min() < 1e-3:  # colours so far from the predicted ones that only the things themselves have them
        prompts = [Prompt(((x / 100, y / 100),)) for x, y, _ in points]
        things = np.max([region(segmentation, prompt) for prompt in prompts], axis=0)
        near = cv2.dilate(resize.shrink(things, stages.photo.size), np.ones((15, 15), np.uint8)) > 0
        assert change[~near].max(initial=0) < 0.1


def test_many_points_are_all_met(tinter: Tinter, sample: Path) -> None:
    photo, rng = Photo.read(sample), np.random.default_rng(1)
    places = [(int(x), int(y)) for x, y in rng.integers(5, 95, (12, 2))]
    hints = [f"@{x}%,{y}%=#{v:02x}6a7a" for (x, y), v in zip(places, range(60, 180, 10), strict=True)]
    out = tinted(tinter, photo, *hints)
    for (x, y), hint in zip(places, hints, strict=True):
        wanted = lab.split(np.frombuffer(bytes.fromhex(hint[-6:]), np.uint8)[None, None])[1][0, 0]
        L = np.full(1, lab.lightness(photo.pixels)[pixel(photo, x, y)], np.float32)
        fitted = np.concatenate(lab.fit_gamut(L, *(np.full(1, v, np.float32) for v in wanted)))
        if L[0] > 15:
            np.testing.assert_allclose(out[pixel(photo, x, y)], fitted, atol=4)


def test_a_thing_has_its_color_all_over_and_nothing_outside_of_it_changes(
    tinter: Tinter, sample: Path, tmp_path: Path
) -> None:
    photo = Photo.read(sample)
    mask = np.zeros(photo.size, np.uint8)
    mask[100:300, 80:200] = 255
    path = tmp_path / "a mask=1.png"
    Photo(mask).write(path)
    before, after = tinted(tinter, photo), tinted(tinter, photo, f'file:"{path}"=#3a5f8f', "@50%,50%=#3a5f8f")
    only = tinted(tinter, photo, f'file:"{path}"=#3a5f8f')
    assert np.abs(only - before)[mask == 0].max() == 0
    L = lab.lightness(photo.pixels)
    plain = (mask == 255) & (L > 25) & (L < 75)
    hues = np.degrees(np.arctan2(after[..., 1], after[..., 0]))[plain]
    wanted = np.degrees(np.arctan2(*lab.split(np.array([[[0x3A, 0x5F, 0x8F]]], np.uint8))[1][0, 0][::-1]))
    assert np.abs((hues - wanted + 180) % 360 - 180).max() < 10


def test_a_hint_leaves_lightness_and_background_and_repeats(tinter: Tinter, sample: Path) -> None:
    photo, options = Photo.read(sample), Options(hint=("@30%,50%=navy", "person:1=0.5=tan"))  # type: ignore[arg-type]
    result = tinter.run(photo, options)
    assert np.abs(lab.lightness(result.photo.pixels) - lab.lightness(photo.pixels)).max() < 0.5
    plain = tinter.run(photo, Options())
    np.testing.assert_array_equal(result.photo.pixels[result.alpha == 0], plain.photo.pixels[result.alpha == 0])
    np.testing.assert_array_equal(result.photo.pixels, tinter.run(photo, options).photo.pixels)


def test_a_point_in_a_hinted_thing_stays_in_it(tinter: Tinter, sample: Path) -> None:
    photo = Photo.read(sample)
    thing = tinted(tinter, photo, "person:1=#3a5f8f")
    both = tinted(tinter, photo, "person:1=#3a5f8f", "@20%,50%=#8f3a3a")
    alpha = tinter.run(photo, replace(ALL, keep="person:1")).alpha
    assert np.abs(both - thing)[alpha == 0].max() == 0
    assert np.abs(both - thing)[pixel(photo, 20, 50)].max() > 20


def test_a_preview_shows_what_the_result_has(tinter: Tinter, sample: Path) -> None:
    photo = Photo.read(sample)
    edit = Edit(options=replace(ALL, hint=("person:1=#3a5f8f", "@80%,20%=tan")))
    session = Session(tinter, photo)
    small, whole = session.preview(edit, screen=128).photo.pixels, session.result(edit).photo.pixels
    np.testing.assert_array_equal(whole, tinter.run(photo, edit.options).photo.pixels)
    step = photo.size[0] // small.shape[0]
    close = np.abs(lab.split(small)[1] - lab.split(whole)[1][step // 2 :: step, step // 2 :: step][: len(small)])
    assert np.median(close) < 2


@pytest.mark.parametrize(
    ("hint", "named"),
    [
        ("@52%,60%=nvy", "did you mean 'navy'"),
        ("@52%,60%", "WHERE=COLOUR"),
        ("=navy", "WHERE=COLOUR"),
        ("persn:1=navy", "did you mean 'person'"),
        ("@1,2@3s=navy", "has a time"),
        ("page:0 @1,2=navy", "at least 1"),
        ("@9999,20=navy", "outside of the photo"),
        ("@9999,20,99999,40=navy", "lies outside of the photo"),
        ("page:3 @1,2=navy", "is for page 3, but the photo has 1"),
    ],
)
def test_a_wrong_hint_is_one_line_and_status_2(
    tinter: Tinter, sample: Path, tmp_path: Path, hint: str, named: str
) -> None:
    ran = CliRunner().invoke(main, ["tint", str(sample), "-o", str(tmp_path / "out.jpg"), "--hint", hint])
    assert ran.exit_code == 2
    assert named in ran.stderr
    assert not (tmp_path / "out.jpg").exists()
    with pytest.raises(OptionError, match=r"^hint: [^\n]*$"):
        tinter.run(Photo.read(sample), replace(ALL, hint=(hint,)))


def test_hints_by_every_door(tinter: Tinter, sample: Path, tmp_path: Path) -> None:
    hints = ["@30%,50%=navy", "person:1=tan"]
    out, saved = tmp_path / "out.png", tmp_path / "edit.toml"
    words = ["tint", str(sample), "-o", str(out), "--save-recipe", str(saved), "--no-provenance"]
    ran = CliRunner().invoke(main, [*words, *(word for hint in hints for word in ("--hint", hint))])
    assert ran.exit_code == 0, ran.stderr
    assert recipe.read(saved).options.hint == tuple(hints)
    again = tmp_path / "again.png"
    assert CliRunner().invoke(main, ["tint", str(sample), "-o", str(again), "--recipe", str(saved)]).exit_code == 0
    assert out.read_bytes() == again.read_bytes()
    photo = tinter.tint(sample, hint=hints, provenance=False)
    np.testing.assert_array_equal(photo.pixels, Photo.read(out).pixels)
    assert Options(hint="@1,2=navy") == Options(hint=["@1,2=navy"])  # type: ignore[arg-type]


def test_a_page_has_its_own_hints(tinter: Tinter, sample: Path) -> None:
    page = Photo.read(sample)
    photo = replace(page, pages=(page,))
    result = tinter.run(photo, replace(ALL, hint=("page:2 @30%,50%=crimson",)))
    plain = tinter.run(page, ALL)
    np.testing.assert_array_equal(result.photo.pixels, plain.photo.pixels)
    assert (result.photo.pages[0].pixels != plain.photo.pixels).any()


def test_the_mask_network_is_named_where_it_told_how_far_a_color_goes(tinter: Tinter, sample: Path) -> None:
    photo, options = Photo.read(sample), Options(keep="all", closer_look="off")
    plain, hinted = (tinter.run(photo, replace(options, hint=h)).photo.metadata for h in ((), ("@30%,50%=navy",)))
    assert b"handtint-mask sha256" not in plain["xmp-data"]
    assert b"handtint-mask sha256" in hinted["xmp-data"]


def test_what_a_person_should_know_is_said(tinter: Tinter, sample: Path) -> None:
    photo = Photo.read(sample)
    assert "no colour is kept there" in tinter.run(photo, Options(hint=("@95%,5%=navy",))).note
    assert "paler" in tinter.run(photo, replace(ALL, hint=("@50%,30%=blue",))).note
    assert "no cat found" in tinter.run(photo, replace(ALL, hint=("cat=black",))).note
