from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import handtint
from handtint.errors import OptionError
from handtint.image.color import lab
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter


def gray_photo() -> Photo:
    ramp = np.tile(np.linspace(30, 220, 160).astype(np.uint8), (120, 1))
    ramp[:, 80:] = 255 - ramp[:, 80:]
    return Photo(ramp)


def test_the_subject_has_color_and_the_rest_is_the_photo(tinter: Tinter) -> None:
    photo = gray_photo()
    result = tinter.run(photo, Options(gain="off"))
    out, outside = result.photo.pixels, result.alpha == 0
    assert out.shape == (120, 160, 3)
    assert outside[:, 120:].all()
    assert (result.alpha[:, :40] == 255).all()
    np.testing.assert_array_equal(out[outside], np.repeat(photo.pixels[..., None], 3, axis=2)[outside])
    assert np.abs(lab.lightness(out) - lab.lightness(photo.pixels)).max() < 0.5
    _, ab = lab.split(out)
    np.testing.assert_allclose(np.median(ab[:, :40], axis=(0, 1)), [30, 20], atol=1)


def test_inverting_swaps_mask_and_background(tinter: Tinter) -> None:
    selected, inverted = (tinter.run(gray_photo(), Options(invert=i)).alpha for i in (False, True))
    np.testing.assert_array_equal(selected, 255 - inverted)


def test_all_keeps_every_colour(tinter: Tinter) -> None:
    assert (tinter.run(gray_photo(), Options(keep="all")).alpha == 255).all()


def test_a_class_selects_its_objects_and_a_missing_one_has_a_note(tinter: Tinter) -> None:
    assert tinter.run(gray_photo(), Options(keep="person,dog")).note == ""
    result = tinter.run(gray_photo(), Options(keep="cat"))
    assert result.note == "no cat found (seen: person)"
    np.testing.assert_array_equal(result.photo.pixels, np.repeat(gray_photo().pixels[..., None], 3, axis=2))


@pytest.mark.parametrize(
    "photo", [gray_photo(), Photo(np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8))]
)
def test_strength_0_returns_the_photo(tinter: Tinter, photo: Photo) -> None:
    assert tinter.run(photo, Options(strength=0)).photo is photo


def test_a_mask_is_used_unchanged(tinter: Tinter) -> None:
    mask = np.zeros((120, 160), np.uint8)
    mask[30:60, 90:140] = 255
    result = tinter.run(gray_photo(), Options(), mask=Photo(mask))
    np.testing.assert_array_equal(result.alpha, mask)


def test_a_color_photo_gets_a_gray_background_and_can_keep_its_own_colors(tinter: Tinter, color_photo: Path) -> None:
    photo = Photo.read(color_photo)
    result = tinter.run(photo, Options(colors="original"))
    inside, outside = result.alpha == 255, result.alpha == 0
    np.testing.assert_array_equal(result.photo.pixels[inside], photo.pixels[inside])
    assert np.ptp(result.photo.pixels[outside].astype(int), axis=1).max() == 0
    original = tinter.run(photo, Options(background="original")).photo.pixels
    np.testing.assert_array_equal(original[outside], photo.pixels[outside])


def test_gray_stored_as_rgb_is_treated_as_gray(tinter: Tinter) -> None:
    photo = gray_photo()
    rgb = Photo(np.repeat(photo.pixels[..., None], 3, axis=2))
    np.testing.assert_array_equal(tinter.run(photo, Options()).photo.pixels, tinter.run(rgb, Options()).photo.pixels)


def test_sixteen_bits_are_preserved(tinter: Tinter) -> None:
    ramp = np.linspace(0, 65535, 400 * 100).astype(np.uint16).reshape(100, 400)
    out = tinter.run(Photo(ramp), Options(keep="all")).photo
    assert out.depth == 16
    levels = np.unique(np.round(lab.lightness(out.pixels), 3)).size
    assert levels > 0.99 * np.unique(np.round(lab.lightness(ramp), 3)).size


def test_alpha_and_metadata_are_preserved(tinter: Tinter) -> None:
    photo = replace(
        gray_photo(), alpha=np.full((120, 160), 7, np.uint8), metadata={"xres": 12.0}, name="x", format="png"
    )
    out = tinter.run(photo, Options(provenance=False)).photo
    assert out.alpha is photo.alpha
    assert (out.metadata, out.name, out.format) == (photo.metadata, "x", "png")


def test_the_result_has_the_type_of_the_source(tinter: Tinter, sample: Path) -> None:
    photo = tinter.tint(sample)
    assert isinstance(photo, Photo)
    data = tinter.tint(sample.read_bytes(), format="png")
    assert isinstance(data, bytes)
    assert data.startswith(b"\x89PNG")
    array = tinter.tint(Photo.read(sample).pixels)
    assert isinstance(array, np.ndarray)
    np.testing.assert_array_equal(array, photo.pixels)
    picture = tinter.tint(Image.open(sample))
    assert isinstance(picture, Image.Image)
    np.testing.assert_array_equal(np.asarray(picture), photo.pixels)


def test_tiles_are_the_four_panels(tinter: Tinter, sample: Path) -> None:
    tiles = tinter.run(Photo.read(sample), Options()).tiles(200)
    assert [name for name, _ in tiles] == ["Grayscale", "Colorized", "Mask", "Blended"]
    assert {tile.shape for _, tile in tiles} == {(200, 200, 3)}
    assert {tile.dtype for _, tile in tiles} == {np.dtype(np.uint8)}


def test_unknown_names_are_errors() -> None:
    with pytest.raises(OptionError, match="unknown colour model 'mona'"):
        Tinter("mona")
    with pytest.raises(AttributeError, match="no attribute 'paint'"):
        handtint.paint  # noqa: B018


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (2, 3), (7, 9000)])
def test_any_shape_is_tinted(tinter: Tinter, shape: tuple[int, int]) -> None:
    photo = Photo(np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8))
    assert tinter.run(photo, Options()).photo.size == shape
