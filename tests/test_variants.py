"""Light, versions, palettes and another photo's manner: colours that a person can ask for without naming a place."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from handtint.cli import main
from handtint.errors import OptionError
from handtint.image.arrays.resize import GuidedCoefficients
from handtint.image.color import lab, light, swatches, transfer
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.types import Segmentation
from handtint.variants import VARIANTS

ALL = Options(keep="all", provenance=False)


def mean_ab(tinter: Tinter, photo: Photo, **asked: object) -> np.ndarray:
    return lab.split(tinter.run(photo, replace(ALL, **asked)).photo.pixels)[1].mean((0, 1))  # type: ignore[arg-type]


def test_warmer_is_yellower_and_cooler_bluer_and_lightness_stays(tinter: Tinter, sample: Path) -> None:
    photo = Photo.read(sample)
    cool, plain, warm = (mean_ab(tinter, photo, warmth=w)[1] for w in (-1, 0, 1))
    assert warm - plain > 3
    assert plain - cool > 3
    lit = tinter.run(photo, replace(ALL, warmth=1.0)).photo.pixels
    assert np.abs(lab.lightness(lit) - lab.lightness(photo.pixels)).max() < 0.5


def test_a_hint_is_met_in_any_light(tinter: Tinter, sample: Path) -> None:
    photo = Photo.read(sample)
    lit = tinter.run(photo, replace(ALL, hint=("@50%,30%=#5a7f3c",), warmth=1.0)).photo.pixels
    plain = tinter.run(photo, replace(ALL, hint=("@50%,30%=#5a7f3c",))).photo.pixels
    row, column = int(photo.size[0] * 0.3), int(photo.size[1] * 0.5)
    np.testing.assert_allclose(lab.split(lit)[1][row, column], lab.split(plain)[1][row, column], atol=2)


@given(st.floats(-1, 1), st.floats(-50, 50))
def test_light_of_no_warmth_changes_nothing_and_warmth_can_be_taken_back(warmth: float, a: float) -> None:
    lines = GuidedCoefficients(np.zeros((2, 3, 2), np.float32), np.full((2, 3, 2), a, np.float32))
    np.testing.assert_array_equal(light.apply_warmth(lines, 0).offset, lines.offset)
    back = light.apply_warmth(light.apply_warmth(lines, warmth), -warmth)
    np.testing.assert_allclose(back.offset, lines.offset, atol=1e-4)
    np.testing.assert_allclose(back.slope, lines.slope, atol=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=3, unique=True), st.integers(1, 4))
def test_swatches_are_colors_that_are_there(colors: list[tuple[int, int, int]], most: int) -> None:
    rgb = np.repeat(np.array(colors, np.uint8), 40, axis=0)[None]
    L, ab = lab.split(rgb)
    alpha = np.full(L.shape, 255, np.uint8)
    found = swatches.swatches(L, ab, alpha, max_count=most)
    assert 1 <= len(found) <= most
    assert found == swatches.swatches(L, ab, alpha, max_count=most)
    if most >= len(colors):
        for color in found:
            assert min(np.abs(np.array(color) - np.array(c)).max() for c in colors) < 40
    assert swatches.swatches(L, ab, alpha * 0) == []


@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=12), st.floats(5, 95))
def test_colors_at_a_lightness_are_that_light_and_distinct_ones_are_told_apart(
    colors: list[tuple[int, int, int]], L: float
) -> None:
    found = swatches.at_lightness(colors, L)
    lightness, ab = lab.split(np.array(found, np.uint8)[None])
    assert np.abs(lightness - L).max() < 1.5
    assert (
        np.linalg.norm(ab, axis=2) <= np.linalg.norm(lab.split(np.array(colors, np.uint8)[None])[1], axis=2) + 3
    ).all()
    kept = swatches.distinct(found)
    assert kept[0] == 0
    assert kept == sorted(set(kept))
    assert swatches.distinct([found[n] for n in kept]) == list(range(len(kept)))
    assert swatches.at_lightness([], L) == []


def scene(sky: tuple[float, float], earth: tuple[float, float], split: int) -> transfer.View:
    """A light sky over a dark earth."""
    upper = np.arange(32)[:, None] < np.full((1, 40), split)
    L = np.where(upper, 80, 30).astype(np.float32)
    ab = np.where(upper[..., None], np.array(sky, np.float32), np.array(earth, np.float32))
    features = np.stack([upper, ~upper, upper * 0.5]).astype(np.float32)
    return transfer.View(L, ab, Segmentation(None, (~upper).astype(np.float32), features))


@settings(max_examples=20, deadline=None)
@given(st.integers(8, 24), st.integers(8, 24), st.floats(-40, 40), st.floats(-40, 40))
def test_a_reference_gives_its_colors_to_what_is_alike(ours: int, theirs: int, sky: float, earth: float) -> None:
    photo = scene((0, 0), (5, 5), ours)
    reference = scene((0, sky), (earth, 0), theirs)
    moved = photo.ab + transfer.difference(photo, reference)
    learned = transfer.learn_shifts(photo, reference)
    np.testing.assert_array_equal(photo.ab + transfer.apply_shifts(learned, photo), moved)
    np.testing.assert_allclose(moved[2, 5], [0, sky], atol=2)
    np.testing.assert_allclose(moved[30, 5], [earth, 0], atol=2)
    assert np.abs(transfer.difference(photo, photo)).max() < 1e-3


def test_a_reference_by_the_command_line(tinter: Tinter, sample: Path, color_photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    words = ["tint", str(sample), "-o", str(out), "--keep", "all", "--reference"]
    assert CliRunner().invoke(main, [*words, str(color_photo)]).exit_code == 0
    assert (Photo.read(out).pixels != tinter.run(Photo.read(sample), ALL).photo.pixels).any()
    gray = CliRunner().invoke(main, [*words, str(sample)])
    assert gray.exit_code == 2
    assert "no colours of its own" in gray.stderr


def test_variants_differ_are_named_and_repeat(tinter: Tinter, sample: Path) -> None:
    photo = Photo.read(sample)
    seen = [tinter.run(photo, replace(ALL, variant=k)) for k in range(len(VARIANTS) + 1)]
    assert len({result.photo.pixels.tobytes() for result in seen}) == len(seen)
    for number, (result, variant) in enumerate(zip(seen[1:], VARIANTS, strict=True), 1):
        assert f"variant {number}, {variant.name}" in result.note
        assert np.abs(lab.lightness(result.photo.pixels) - lab.lightness(photo.pixels)).max() < 0.5
    again = tinter.run(photo, replace(ALL, variant=2)).photo.pixels
    np.testing.assert_array_equal(again, seen[2].photo.pixels)
    with pytest.raises(OptionError, match="variant"):
        Options(variant=9)


def test_variants_are_files_and_a_sheet(tinter: Tinter, sample: Path, tmp_path: Path) -> None:
    ran = CliRunner().invoke(main, ["tint", str(sample), "--variants", "2", "-o", f"{tmp_path}/new/"])
    assert ran.exit_code == 0, ran.stderr
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names == ["astronaut.variant-1.jpg", "astronaut.variant-2.jpg", "astronaut.variants.jpg"]
    single = tinter.tint(sample, variant=2).encode(format="jpeg", quality=95)
    assert (tmp_path / "new" / names[1]).read_bytes() == single
    assert CliRunner().invoke(main, ["tint", str(tmp_path), "--variants", "2"]).exit_code == 2


def test_variants_take_a_mask_and_write_masks_and_panels(tinter: Tinter, sample: Path, tmp_path: Path) -> None:
    mask = np.zeros(Photo.read(sample).size, np.uint8)
    mask[:, :200] = 255
    Photo(mask).write(tmp_path / "mask.png")
    words = ["tint", str(sample), "--mask", str(tmp_path / "mask.png"), "--variants", "2", "-o", f"{tmp_path}/new/"]
    ran = CliRunner().invoke(main, [*words, "--save-mask", "--panel", "--no-provenance"])
    assert ran.exit_code == 0, ran.stderr
    stems = ("mask.png", "variant-1.jpg", "variant-1.panel.png", "variant-2.jpg", "variant-2.panel.png", "variants.jpg")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [f"astronaut.{stem}" for stem in stems]
    np.testing.assert_array_equal(Photo.read(tmp_path / "new" / "astronaut.mask.png").pixels, mask)
    made = tinter.run(Photo.read(sample), Options(variant=1, provenance=False), mask=Photo(mask)).photo
    assert (tmp_path / "new" / "astronaut.variant-1.jpg").read_bytes() == made.encode(format="jpeg")


@pytest.mark.parametrize("flags", [["--watch"], ["--jobs", "2"], ["--journal", "x"], ["--engine", "ray"]])
def test_variants_refuse_what_only_runs_have(sample: Path, flags: list[str]) -> None:
    ran = CliRunner().invoke(main, ["tint", str(sample), "--variants", "2", *flags])
    assert ran.exit_code == 2
    assert f"{flags[0]} cannot be used with --variants" in ran.stderr


def test_inspect_tells_the_likeliest_colors(tinter: Tinter, sample: Path) -> None:
    said = json.loads(CliRunner().invoke(main, ["inspect", str(sample), "--palette", "--json"]).stdout)
    for thing in said[0]["found"]:
        assert 1 <= len(thing["palette"]) <= 3
        assert all(len(color) == 7 and color.startswith("#") for color in thing["palette"])
    assert "likeliest" in CliRunner().invoke(main, ["inspect", str(sample), "--palette"]).stdout
