"""Warmth, variants, palettes and references: changes of colour that need no position."""

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


def mean_ab(tinter: Tinter, photo: Photo, **changes: object) -> np.ndarray:
    return lab.split(tinter.run(photo, replace(ALL, **changes)).photo.pixels)[1].mean((0, 1))  # type: ignore[arg-type]


def test_warmth_is_yellow_or_blue_and_keeps_the_lightness(tinter: Tinter, sample: Path) -> None:
    photo = Photo.read(sample)
    cool, neutral, warm = (mean_ab(tinter, photo, warmth=w)[1] for w in (-1, 0, 1))
    assert warm - neutral > 3
    assert neutral - cool > 3
    warm = tinter.run(photo, replace(ALL, warmth=1.0)).photo.pixels
    assert np.abs(lab.lightness(warm) - lab.lightness(photo.pixels)).max() < 0.5


def test_a_hint_has_its_colour_at_any_warmth(tinter: Tinter, sample: Path) -> None:
    photo = Photo.read(sample)
    warm = tinter.run(photo, replace(ALL, hint=("@50%,30%=#5a7f3c",), warmth=1.0)).photo.pixels
    neutral = tinter.run(photo, replace(ALL, hint=("@50%,30%=#5a7f3c",))).photo.pixels
    row, column = int(photo.size[0] * 0.3), int(photo.size[1] * 0.5)
    np.testing.assert_allclose(lab.split(warm)[1][row, column], lab.split(neutral)[1][row, column], atol=2)


@given(st.floats(-1, 1), st.floats(-50, 50))
def test_warmth_0_changes_nothing_and_warmth_can_be_inverted(warmth: float, a: float) -> None:
    coefficients = GuidedCoefficients(np.zeros((2, 3, 2), np.float32), np.full((2, 3, 2), a, np.float32))
    np.testing.assert_array_equal(light.apply_warmth(coefficients, 0).offset, coefficients.offset)
    restored = light.apply_warmth(light.apply_warmth(coefficients, warmth), -warmth)
    np.testing.assert_allclose(restored.offset, coefficients.offset, atol=1e-4)
    np.testing.assert_allclose(restored.slope, coefficients.slope, atol=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=3, unique=True), st.integers(1, 4))
def test_swatches_are_colours_of_the_picture(colors: list[tuple[int, int, int]], count: int) -> None:
    rgb = np.repeat(np.array(colors, np.uint8), 40, axis=0)[None]
    L, ab = lab.split(rgb)
    alpha = np.full(L.shape, 255, np.uint8)
    result = swatches.swatches(L, ab, alpha, max_count=count)
    assert 1 <= len(result) <= count
    assert result == swatches.swatches(L, ab, alpha, max_count=count)
    if count >= len(colors):
        for color in result:
            assert min(np.abs(np.array(color) - np.array(c)).max() for c in colors) < 40
    assert swatches.swatches(L, ab, alpha * 0) == []


@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=12), st.floats(5, 95))
def test_colours_at_a_lightness_have_it_and_distinct_ones_differ(colors: list[tuple[int, int, int]], L: float) -> None:
    result = swatches.at_lightness(colors, L)
    lightness, ab = lab.split(np.array(result, np.uint8)[None])
    assert np.abs(lightness - L).max() < 1.5
    assert (
        np.linalg.norm(ab, axis=2) <= np.linalg.norm(lab.split(np.array(colors, np.uint8)[None])[1], axis=2) + 3
    ).all()
    distinct = swatches.distinct(result)
    assert distinct[0] == 0
    assert distinct == sorted(set(distinct))
    assert swatches.distinct([result[n] for n in distinct]) == list(range(len(distinct)))
    assert swatches.at_lightness([], L) == []


def scene(sky: tuple[float, float], earth: tuple[float, float], split: int) -> transfer.View:
    """A view with a light sky over dark earth."""
    upper = np.arange(32)[:, None] < np.full((1, 40), split)
    L = np.where(upper, 80, 30).astype(np.float32)
    ab = np.where(upper[..., None], np.array(sky, np.float32), np.array(earth, np.float32))
    features = np.stack([upper, ~upper, upper * 0.5]).astype(np.float32)
    return transfer.View(L, ab, Segmentation(None, (~upper).astype(np.float32), features))


@settings(max_examples=20, deadline=None)
@given(st.integers(8, 24), st.integers(8, 24), st.floats(-40, 40), st.floats(-40, 40))
def test_a_reference_transfers_its_colours_to_similar_regions(
    photo_split: int, reference_split: int, sky: float, earth: float
) -> None:
    photo = scene((0, 0), (5, 5), photo_split)
    reference = scene((0, sky), (earth, 0), reference_split)
    transferred = photo.ab + transfer.difference(photo, reference)
    shifts = transfer.learn_shifts(photo, reference)
    np.testing.assert_array_equal(photo.ab + transfer.apply_shifts(shifts, photo), transferred)
    np.testing.assert_allclose(transferred[2, 5], [0, sky], atol=2)
    np.testing.assert_allclose(transferred[30, 5], [earth, 0], atol=2)
    assert np.abs(transfer.difference(photo, photo)).max() < 1e-3


def test_the_command_line_applies_a_reference_and_rejects_a_gray_one(
    tinter: Tinter, sample: Path, color_photo: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.png"
    args = ["tint", str(sample), "-o", str(out), "--keep", "all", "--reference"]
    assert CliRunner().invoke(main, [*args, str(color_photo)]).exit_code == 0
    assert (Photo.read(out).pixels != tinter.run(Photo.read(sample), ALL).photo.pixels).any()
    gray = CliRunner().invoke(main, [*args, str(sample)])
    assert gray.exit_code == 2
    assert "no colours of its own" in gray.stderr


def test_variants_differ_have_names_and_are_reproducible(tinter: Tinter, sample: Path) -> None:
    photo = Photo.read(sample)
    results = [tinter.run(photo, replace(ALL, variant=k)) for k in range(len(VARIANTS) + 1)]
    assert len({result.photo.pixels.tobytes() for result in results}) == len(results)
    for number, (result, variant) in enumerate(zip(results[1:], VARIANTS, strict=True), 1):
        assert f"variant {number}, {variant.name}" in result.note
        assert np.abs(lab.lightness(result.photo.pixels) - lab.lightness(photo.pixels)).max() < 0.5
    repeated = tinter.run(photo, replace(ALL, variant=2)).photo.pixels
    np.testing.assert_array_equal(repeated, results[2].photo.pixels)
    with pytest.raises(OptionError, match="variant"):
        Options(variant=9)


def test_variants_are_written_as_files_and_a_contact_sheet(tinter: Tinter, sample: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke(main, ["tint", str(sample), "--variants", "2", "-o", f"{tmp_path}/new/"])
    assert run.exit_code == 0, run.stderr
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names == ["astronaut.variant-1.jpg", "astronaut.variant-2.jpg", "astronaut.variants.jpg"]
    single = tinter.tint(sample, variant=2).encode(format="jpeg", quality=95)
    assert (tmp_path / "new" / names[1]).read_bytes() == single
    assert CliRunner().invoke(main, ["tint", str(tmp_path), "--variants", "2"]).exit_code == 2


def test_variants_take_a_mask_and_write_masks_and_panels(tinter: Tinter, sample: Path, tmp_path: Path) -> None:
    mask = np.zeros(Photo.read(sample).size, np.uint8)
    mask[:, :200] = 255
    Photo(mask).write(tmp_path / "mask.png")
    args = ["tint", str(sample), "--mask", str(tmp_path / "mask.png"), "--variants", "2", "-o", f"{tmp_path}/new/"]
    run = CliRunner().invoke(main, [*args, "--save-mask", "--panel", "--no-provenance"])
    assert run.exit_code == 0, run.stderr
    stems = ("mask.png", "variant-1.jpg", "variant-1.panel.png", "variant-2.jpg", "variant-2.panel.png", "variants.jpg")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [f"astronaut.{stem}" for stem in stems]
    np.testing.assert_array_equal(Photo.read(tmp_path / "new" / "astronaut.mask.png").pixels, mask)
    expected = tinter.run(Photo.read(sample), Options(variant=1, provenance=False), mask=Photo(mask)).photo
    assert (tmp_path / "new" / "astronaut.variant-1.jpg").read_bytes() == expected.encode(format="jpeg")


@pytest.mark.parametrize("flags", [["--watch"], ["--jobs", "2"], ["--journal", "x"], ["--engine", "ray"]])
def test_variants_reject_options_of_runs(sample: Path, flags: list[str]) -> None:
    run = CliRunner().invoke(main, ["tint", str(sample), "--variants", "2", *flags])
    assert run.exit_code == 2
    assert f"{flags[0]} cannot be used with --variants" in run.stderr


def test_inspect_lists_the_likeliest_colours(tinter: Tinter, sample: Path) -> None:
    record = json.loads(CliRunner().invoke(main, ["inspect", str(sample), "--palette", "--json"]).stdout)
    for detection in record[0]["found"]:
        assert 1 <= len(detection["palette"]) <= 3
        assert all(len(color) == 7 and color.startswith("#") for color in detection["palette"])
    assert "likeliest" in CliRunner().invoke(main, ["inspect", str(sample), "--palette"]).stdout
