"""Hints: the hinted objects get their colours, and nothing else changes."""

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
def test_a_point_gets_the_hue_and_the_chroma_that_its_lightness_allows(
    tinter: Tinter, sample: Path, color: str, x: int, y: int
) -> None:
    photo = Photo.read(sample)
    actual, expected = tinted(tinter, photo, f"@{x}%,{y}%={color}")[pixel(photo, x, y)], ab_of(color)
    assert np.hypot(*actual) <= np.hypot(*expected) + 2
    if color == "gray":
        return
    if np.hypot(*actual) > 5:
        rotation = np.degrees(np.arctan2(actual[1], actual[0]) - np.arctan2(expected[1], expected[0]))
        assert abs((rotation + 180) % 360 - 180) < 10
    larger = np.array(actual * 1.3, np.float32)  # chroma may be missing only where the gamut does not allow it
    L = lab.lightness(photo.pixels)[pixel(photo, x, y)]
    fitted = np.hypot(*lab.fit_gamut(*(np.full(1, v, np.float32) for v in (L, *larger))))[0]
    assert (
        np.hypot(*actual) > np.hypot(*expected) - 3 or fitted < np.hypot(*larger) - 0.5 or np.hypot(*actual) > 1.5 * L
    )


def test_other_objects_change_by_less_than_2(tinter: Tinter, sample: Path) -> None:
    photo = Photo.read(sample)  # the networks predict a person in its left half, and red-brown everywhere
    before = tinted(tinter, photo)
    for color in ("navy", "#5a7f3c"):
        after = tinted(tinter, photo, f"@20%,55%={color}")
        change = np.linalg.norm(after - before, axis=2)
        assert change[pixel(photo, 20, 55)] > 20
        right_half = cv2.GaussianBlur(change, (0, 0), 4)[:, int(0.62 * photo.size[1]) :]  # without the noise of 8 bits
        assert right_half.max() < 2


PHOTOS = Path(__file__).parents[1] / "examples" / "photos"


@cache
def analysed(name: str) -> tuple[Stages, GuidedCoefficients, Segmentation]:
    """A photograph, its colours and its segmentation by the package's own networks."""
    stages = Stages(Photo.read(PHOTOS / f"{name}.jpg"), Tinter(threads=1).networks)
    return stages, stages.colors("auto", "off"), stages.segmentation("auto")


@settings(max_examples=40)
@given(
    st.sampled_from(["astronaut", "coffee", "hopper", "temple"]),
    st.lists(st.tuples(st.integers(2, 98), st.integers(2, 98), st.integers(0, 0xFFFFFF)), min_size=1, max_size=4),
)
def test_only_the_objects_at_points_change_by_more_than_2(name: str, points: list[tuple[int, int, int]]) -> None:
    stages, before, segmentation = analysed(name)
    hints = [parse_hint(f"@{x}%,{y}%=#{rgb:06x}") for x, y, rgb in points]
    after, _ = HintLayers(stages.pixels, segmentation, lambda _: Selection(np.zeros(0, np.uint8)), hints).apply(before)
    assert isinstance(after, LimitedSum)
    L = lab.lightness(stages.pixels) / np.float32(100)
    planes = [np.dstack(coefficients.planes(L, 0, len(L))) for coefficients in (before, after)]
    change = np.linalg.norm(planes[1] - planes[0], axis=2)
    within_reach = resize.enlarged_rows(after.limit, 0, len(L), L.shape) > MIN_LIMIT
    assert change[~within_reach].max(initial=0) < MIN_LIMIT + 1e-2
    if after.limit.min() < 1e-3:  # colours so far from the predicted ones that only the objects themselves get them
        prompts = [Prompt(((x / 100, y / 100),)) for x, y, _ in points]
        objects = np.max([region(segmentation, prompt) for prompt in prompts], axis=0)
        close = cv2.dilate(resize.shrink(objects, stages.photo.size), np.ones((15, 15), np.uint8)) > 0
        assert change[~close].max(initial=0) < 0.1


def test_many_points_all_get_their_colours(tinter: Tinter, sample: Path) -> None:
    photo, rng = Photo.read(sample), np.random.default_rng(1)
    places = [(int(x), int(y)) for x, y in rng.integers(5, 95, (12, 2))]
    hints = [f"@{x}%,{y}%=#{v:02x}6a7a" for (x, y), v in zip(places, range(60, 180, 10), strict=True)]
    out = tinted(tinter, photo, *hints)
    for (x, y), hint in zip(places, hints, strict=True):
        expected = lab.split(np.frombuffer(bytes.fromhex(hint[-6:]), np.uint8)[None, None])[1][0, 0]
        L = np.full(1, lab.lightness(photo.pixels)[pixel(photo, x, y)], np.float32)
        fitted = np.concatenate(lab.fit_gamut(L, *(np.full(1, v, np.float32) for v in expected)))
        if L[0] > 15:
            np.testing.assert_allclose(out[pixel(photo, x, y)], fitted, atol=4)


def test_an_object_gets_its_colour_everywhere_and_nothing_else_changes(
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
    midtones = (mask == 255) & (L > 25) & (L < 75)
    hues = np.degrees(np.arctan2(after[..., 1], after[..., 0]))[midtones]
    expected = np.degrees(np.arctan2(*lab.split(np.array([[[0x3A, 0x5F, 0x8F]]], np.uint8))[1][0, 0][::-1]))
    assert np.abs((hues - expected + 180) % 360 - 180).max() < 10


def test_a_hint_keeps_lightness_and_background_and_is_reproducible(tinter: Tinter, sample: Path) -> None:
    photo, options = Photo.read(sample), Options(hint=("@30%,50%=navy", "person:1=0.5=tan"))  # type: ignore[arg-type]
    result = tinter.run(photo, options)
    assert np.abs(lab.lightness(result.photo.pixels) - lab.lightness(photo.pixels)).max() < 0.5
    plain = tinter.run(photo, Options())
    np.testing.assert_array_equal(result.photo.pixels[result.alpha == 0], plain.photo.pixels[result.alpha == 0])
    np.testing.assert_array_equal(result.photo.pixels, tinter.run(photo, options).photo.pixels)


def test_a_point_in_a_hinted_object_changes_this_object_only(tinter: Tinter, sample: Path) -> None:
    photo = Photo.read(sample)
    hinted = tinted(tinter, photo, "person:1=#3a5f8f")
    with_point = tinted(tinter, photo, "person:1=#3a5f8f", "@20%,50%=#8f3a3a")
    alpha = tinter.run(photo, replace(ALL, keep="person:1")).alpha
    assert np.abs(with_point - hinted)[alpha == 0].max() == 0
    assert np.abs(with_point - hinted)[pixel(photo, 20, 50)].max() > 20


def test_a_preview_has_the_colours_of_the_result(tinter: Tinter, sample: Path) -> None:
    photo = Photo.read(sample)
    edit = Edit(options=replace(ALL, hint=("person:1=#3a5f8f", "@80%,20%=tan")))
    session = Session(tinter, photo)
    small, full = session.preview(edit, screen=128).photo.pixels, session.result(edit).photo.pixels
    np.testing.assert_array_equal(full, tinter.run(photo, edit.options).photo.pixels)
    step = photo.size[0] // small.shape[0]
    difference = np.abs(lab.split(small)[1] - lab.split(full)[1][step // 2 :: step, step // 2 :: step][: len(small)])
    assert np.median(difference) < 2


@pytest.mark.parametrize(
    ("hint", "message"),
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
def test_an_invalid_hint_is_an_error_in_one_line_with_status_2(
    tinter: Tinter, sample: Path, tmp_path: Path, hint: str, message: str
) -> None:
    run = CliRunner().invoke(main, ["tint", str(sample), "-o", str(tmp_path / "out.jpg"), "--hint", hint])
    assert run.exit_code == 2
    assert message in run.stderr
    assert not (tmp_path / "out.jpg").exists()
    with pytest.raises(OptionError, match=r"^hint: [^\n]*$"):
        tinter.run(Photo.read(sample), replace(ALL, hint=(hint,)))


def test_hints_are_the_same_by_command_line_recipe_and_python(tinter: Tinter, sample: Path, tmp_path: Path) -> None:
    hints = ["@30%,50%=navy", "person:1=tan"]
    out, recipe_path = tmp_path / "out.png", tmp_path / "edit.toml"
    args = ["tint", str(sample), "-o", str(out), "--save-recipe", str(recipe_path), "--no-provenance"]
    run = CliRunner().invoke(main, [*args, *(arg for hint in hints for arg in ("--hint", hint))])
    assert run.exit_code == 0, run.stderr
    assert recipe.read(recipe_path).options.hint == tuple(hints)
    repeated = tmp_path / "again.png"
    assert (
        CliRunner().invoke(main, ["tint", str(sample), "-o", str(repeated), "--recipe", str(recipe_path)]).exit_code
        == 0
    )
    assert out.read_bytes() == repeated.read_bytes()
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


def test_provenance_names_the_mask_network_of_hints(tinter: Tinter, sample: Path) -> None:
    photo, options = Photo.read(sample), Options(keep="all", closer_look="off")
    plain, hinted = (tinter.run(photo, replace(options, hint=h)).photo.metadata for h in ((), ("@30%,50%=navy",)))
    assert b"handtint-mask sha256" not in plain["xmp-data"]
    assert b"handtint-mask sha256" in hinted["xmp-data"]


def test_hints_without_full_effect_have_a_note(tinter: Tinter, sample: Path) -> None:
    photo = Photo.read(sample)
    assert "no colour is kept there" in tinter.run(photo, Options(hint=("@95%,5%=navy",))).note
    assert "paler" in tinter.run(photo, replace(ALL, hint=("@50%,30%=blue",))).note
    assert "no cat found" in tinter.run(photo, replace(ALL, hint=("cat=black",))).note
