"""Very large photographs: the results are the same whether arrays are in memory or in a file."""

from __future__ import annotations

import io
import mmap
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from handtint.errors import OutputError
from handtint.image.arrays import large, resize
from handtint.image.io import codec, content
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter

RNG = np.random.default_rng(9)
SMOOTH = np.sin(np.arange(700)[:, None] / 50) * np.cos(np.arange(900) / 70)
GRAY8 = (SMOOTH * 120 + 128).astype(np.uint8)
GRAY16 = (SMOOTH * 30000 + 32768).astype(np.uint16)
RGB8 = np.dstack([GRAY8, GRAY8[::-1], GRAY8[:, ::-1]])
RGB16 = np.dstack([GRAY16, GRAY16[::-1], GRAY16[:, ::-1]])
RGBA8 = np.dstack([RGB8, GRAY8.max() - GRAY8])


def tiff(array: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    if array.ndim == 3 and array.shape[2] == 4:
        options |= {"extrasamples": ["unassalpha"]}
    tifffile.imwrite(file, array, photometric="rgb" if array.ndim == 3 else "minisblack", **options)
    return file.getvalue()


def swapped_profile(array: np.ndarray) -> bytes:
    """A TIFF with a profile other than sRGB: that of LittleCMS with red and blue swapped."""
    icc = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = icc.index(b"rXYZ"), icc.index(b"bXYZ")
    icc[red : red + 4], icc[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return tiff(array, iccprofile=bytes(icc))


def rotated(array: np.ndarray) -> bytes:
    return tiff(array, extratags=[(274, 3, 1, 6, True)])


FILES = {
    "gray 8": tiff(GRAY8),
    "gray 16": tiff(GRAY16),
    "rgb 8": tiff(RGB8),
    "rgb 16": tiff(RGB16),
    "rgba 8": tiff(RGBA8),
    "gray as rgb": tiff(np.dstack([GRAY8] * 3)),
    "wide gamut": swapped_profile(RGB8),
    "wide gamut 16": swapped_profile(RGB16),
    "turned": rotated(RGB8),
}


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays and files over 100 kB count as large."""
    monkeypatch.setattr(large, "LARGE", 100_000)


def tint_to_file(tinter: Tinter, data: bytes, path: Path) -> bytes:
    tinter.run(Photo.read(data), Options()).photo.write(path)
    return path.read_bytes()


@pytest.mark.parametrize("ending", [".tif", ".png", ".webp"])
@pytest.mark.parametrize("kind", FILES)
def test_large_photos_give_the_same_pixels(
    kind: str, ending: str, tinter: Tinter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = codec.decode(tint_to_file(tinter, FILES[kind], tmp_path / f"usual{ending}"))
    monkeypatch.setattr(large, "LARGE", 100_000)
    actual = codec.decode(tint_to_file(tinter, FILES[kind], tmp_path / f"large{ending}"))
    assert expected.metadata == actual.metadata
    assert expected.icc == actual.icc
    for first, second in (
        (expected.pixels, actual.pixels),
        (expected.alpha, actual.alpha),
        (expected.native, actual.native),
    ):
        assert (first is None) == (second is None)
        if first is not None and second is not None:
            assert np.abs(first.astype(int) - second).max() <= (
                40 if ending == ".webp" else 1 if first.itemsize == 1 else 257
            )


@pytest.mark.parametrize(
    ("settings", "mask"),
    [
        ({"keep": "hue:0-90"}, None),
        ({"keep": "all", "background": "sepia", "strength": 0.6}, None),
        ({"background": "original"}, Photo(RGB16)),
        ({"background": "dim"}, Photo(GRAY16, alpha=GRAY16[::-1])),
        ({"invert": True}, Photo(GRAY8)),
    ],
)
@pytest.mark.parametrize("kind", ["gray 16", "rgb 8", "rgb 16", "wide gamut 16"])
def test_large_photos_keep_their_original_colours(
    kind: str, settings: dict[str, object], mask: Photo | None, tinter: Tinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = Options(colors="original", **settings)  # type: ignore[arg-type]
    expected = tinter.run(Photo.read(FILES[kind]), options, mask=mask).photo
    monkeypatch.setattr(large, "LARGE", 100_000)
    actual = tinter.run(Photo.read(FILES[kind]), options, mask=mask).photo
    assert np.array_equal(expected.pixels, actual.pixels)
    assert (expected.native is None) == (actual.native is None)
    assert expected.native is None or np.array_equal(expected.native, actual.native)


@pytest.mark.parametrize("kind", FILES)
def test_a_large_file_is_copied_before_it_is_read(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.tif"
    path.write_bytes(FILES[kind])
    expected = codec.read(path)
    monkeypatch.setattr(large, "LARGE", 100_000)
    data = content.read(path, 1 << 30)
    path.write_bytes(b"")
    assert isinstance(data, mmap.mmap)
    assert bytes(data) == FILES[kind]
    assert content.digest(data) == content.digest(FILES[kind])
    actual = codec.decode(data, name=str(path))
    assert expected.metadata == actual.metadata
    for first, second in (
        (expected.pixels, actual.pixels),
        (expected.alpha, actual.alpha),
        (expected.native, actual.native),
    ):
        assert first is second is None or np.array_equal(first, second)  # type: ignore[arg-type]


def test_a_file_truncated_while_it_is_read_is_read_to_its_end(small_limit: None, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(FILES["rgb 8"])
    with path.open("rb") as file:
        assert large.content(file, len(FILES["rgb 8"]) + 5) == FILES["rgb 8"]


def test_metadata_is_added_to_a_tiff_on_disk(small_limit: None, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "ACME"
    metadata = {"exif-data": b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0"), "iptc-data": b"\x1c\x02\x05\0\1x"}
    codec.write(Photo(RGB8, metadata=metadata), tmp_path / "x.tif")
    with tifffile.TiffFile(tmp_path / "x.tif") as written:
        assert written.pages[0].tags["Make"].value == "ACME"
        assert np.array_equal(written.asarray(), RGB8)
    assert codec.read(tmp_path / "x.tif").metadata["iptc-data"] == metadata["iptc-data"]


def test_a_full_disk_leaves_no_files(small_limit: None, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    noise = Photo(RNG.integers(0, 256, (600, 600, 3)).astype(np.uint8))
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        for ending in (".tif", ".png", ".jpg", ".webp"):
            with pytest.raises(OutputError, match="x: file too large" if ending == "" else "file too large$"):
                codec.write(noise, tmp_path / f"x{ending}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.iterdir())


def test_without_disk_space_memory_is_used(small_limit: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "x.tif").write_bytes(FILES["rgb 16"])
    monkeypatch.setattr(large, "_mapping", fail)
    assert np.array_equal(codec.read(tmp_path / "x.tif").pixels, RGB16)


def test_a_truncated_large_file_is_an_error(small_limit: None) -> None:
    data = tiff(RGB8, compression="deflate")
    with pytest.raises(codec.DecodeError):
        codec.decode(data[: len(data) * 2 // 3])


def test_released_arrays_keep_their_values(small_limit: None) -> None:
    array = large.empty((500, 600), np.uint8)
    array[:] = GRAY8[:500, :600]
    large.release(array, None, GRAY8)
    assert np.array_equal(array, GRAY8[:500, :600])
    assert np.array_equal(large.contiguous(array[:, ::2]), GRAY8[:500, :600:2])


@given(st.integers(1, 700), st.integers(1, 3))
def test_a_function_by_rows_gives_that_of_the_whole_array(height: int, bands: int) -> None:
    array = RNG.integers(0, 256, (height, 4, bands)).astype(np.uint8)
    assert np.array_equal(large.by_rows(np.invert, (array,), large.empty(array.shape, array.dtype)), ~array)


@pytest.mark.parametrize("size", [(64, 80), (333, 41), (900, 1000)])
def test_shrinking_by_rows_equals_shrinking(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    expected = resize.shrink(RGB16, size)
    monkeypatch.setattr(large, "LARGE", 1)
    assert np.abs(resize.shrink(RGB16, size).astype(int) - expected).max() <= 2
