"""Damaged, hostile and missing files are errors in one line; files are written completely or not at all."""

from __future__ import annotations

import io
import os
import re
import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from handtint import files
from handtint.errors import DecodeError, InputError, LimitError, OutputError
from handtint.image.io import codec, formats
from handtint.image.photo import Photo
from handtint.image.raster import Raster

YY, XX = np.mgrid[0:120, 0:160]
PIXELS = np.dstack([np.sin(XX / 20) * 127 + 128, YY * 2, XX * YY % 255]).astype(np.uint8)


def file_of(format: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, format, **options)
    return file.getvalue()


def outcome(data: bytes) -> Raster | InputError:
    """The decoded photo, or the InputError; other exceptions are failures."""
    try:
        return codec.decode(data, name="x", limits=codec.Limits(pixels=1_000_000))
    except InputError as error:
        return error


FILES = {
    "jpeg": file_of("JPEG"),
    "progressive jpeg": file_of("JPEG", progressive=True),
    "png": file_of("PNG"),
    "tiff": file_of("TIFF"),
    "tiff lzw": file_of("TIFF", compression="tiff_lzw"),
    "tiff deflate": file_of("TIFF", compression="tiff_adobe_deflate"),
    "webp": file_of("WEBP"),
    "webp lossless": file_of("WEBP", lossless=True),
    "gif": file_of("GIF"),
    "avif": file_of("AVIF"),
    "bmp": file_of("BMP"),
    "ppm": file_of("PPM"),
    "tga": file_of("TGA"),
    "tga rle": file_of("TGA", compression="tga_rle"),
    "pcx": file_of("PCX"),
    "sgi": file_of("SGI"),
    "qoi": file_of("QOI"),
    "jpeg 2000": file_of("JPEG2000"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_truncated_file_decodes_completely_or_is_an_error(kind: str) -> None:
    data = FILES[kind]
    complete = codec.decode(data).pixels
    for cut in [*range(0, len(data), len(data) // 20), len(data) - 1]:
        result = outcome(data[:cut])
        if isinstance(result, Raster):
            assert np.array_equal(result.pixels, complete)
        else:
            assert isinstance(result, DecodeError)
            assert re.fullmatch(r"x: (no data|not a photograph format|cannot be decoded as \w+: .*)", str(result))


@pytest.mark.parametrize("kind", ["png", "tiff deflate", "avif"])
def test_damage_in_the_middle_is_an_error(kind: str) -> None:
    data = bytearray(FILES[kind])
    data[len(data) // 2 : len(data) // 2 + 8] = b"\xff\x13\x55\xaa\xff\x00\xff\x31"
    assert isinstance(outcome(bytes(data)), DecodeError)


WITHOUT_SIGNATURE = {"bmp", "ppm", "tga", "tga rle", "pcx", "sgi", "qoi"}  # their short headers accept almost any bytes


@given(st.binary(max_size=600), st.sampled_from(sorted(FILES.keys() - WITHOUT_SIGNATURE)), st.integers(0, 30))
@settings(max_examples=200, deadline=None)
def test_noise_is_a_decode_error(noise: bytes, kind: str, length: int) -> None:
    with pytest.raises(DecodeError) as error:
        codec.decode(FILES[kind][:length] + noise)
    assert "\n" not in str(error.value)


@given(st.sampled_from(sorted(FILES)), st.integers(0, 10**6), st.binary(min_size=1, max_size=8))
@settings(max_examples=200, deadline=None)
def test_a_damaged_file_decodes_or_is_an_input_error(kind: str, offset: int, noise: bytes) -> None:
    data = bytearray(FILES[kind])
    offset %= len(data)
    data[offset : offset + len(noise)] = noise
    result = outcome(bytes(data))
    assert isinstance(result, Raster) or "\n" not in str(result)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "x: no data"),
        (b"hello", "x: not a photograph format"),
        (b"1,2,3\n4,5,6\n", "x: not a photograph format"),
        (b"#matrix 2 2\n1 2\n3 4\n", "x: not a photograph format"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "x: not a photograph format (svg)"),
        (b"%PDF-1.4\n", "x: not a photograph format (pdf)"),
        (b"<!doctype html><html>", "x: not a photograph format (html)"),
        (b"\xff\x0a" + bytes(40), "x: cannot be decoded as jxl: damaged or cut short"),
    ],
)
def test_other_files_are_errors_that_name_their_kind(data: bytes, text: str) -> None:
    with pytest.raises(DecodeError) as error:
        codec.decode(data, name="x")
    assert str(error.value) == text


def test_unreadable_files_are_errors_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "line\nbreak.png").write_bytes(b"text")
    (tmp_path / "large.png").write_bytes(bytes(2000))
    cases = {
        tmp_path / "gone.jpg": ("no such file", InputError),
        tmp_path: ("is a folder, not a file", InputError),
        tmp_path / "empty.png" / "x.png": ("a part of the path is a file, not a folder", InputError),
        tmp_path / "empty.png": ("the file is empty", DecodeError),
        tmp_path / "line\nbreak.png": ("not a photograph format", DecodeError),
        tmp_path / "large.png": ("larger than the limit of 1000 bytes", LimitError),
    }
    for path, (text, kind) in cases.items():
        with pytest.raises(kind) as error:
            codec.read(path, limits=codec.Limits(bytes=1000))
        assert str(error.value) == f"{path}: {text}".replace("\n", " ")


def test_missing_permission_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", fail)
    with pytest.raises(InputError, match=r"a\.jpg: no permission$"):
        codec.read("a.jpg")


def test_a_null_in_a_path_is_an_input_error() -> None:
    with pytest.raises(InputError, match="not a path"):
        codec.read("a\0b.jpg")
    with pytest.raises(OutputError, match="not a path"):
        codec.write(Photo.of(PIXELS), "a\0b.jpg")


def test_a_read_photo_has_the_name_of_its_path(tmp_path: Path) -> None:
    path = tmp_path / "été.png"
    path.write_bytes(FILES["png"])
    photo = codec.read(str(path))
    assert photo.name == str(path)
    assert np.array_equal(photo.pixels, PIXELS)


@pytest.mark.parametrize("ending", [".jpg", ".JPEG", ".png", ".tif", ".TIFF", ".webp"])
def test_the_ending_decides_the_format(ending: str, tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / f"photo{ending}"
    codec.write(Photo.of(PIXELS), path)
    assert codec.read(path).format == formats.EXTENSIONS[ending.lower()]
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_an_unknown_ending_is_an_error_with_the_known_ones(tmp_path: Path) -> None:
    path = tmp_path / "photo.bmp"
    with pytest.raises(OutputError) as error:
        codec.write(Photo.of(PIXELS), path)
    assert str(error.value) == f"{path}: unknown ending '.bmp'; use one of .jpg, .jpeg, .png, .tif, .tiff, .webp"
    with pytest.raises(OutputError, match="unknown format 'bmp'"):
        codec.encode(Photo.of(PIXELS), format="bmp")
    codec.write(Photo.of(PIXELS), path, format="png")
    assert codec.read(path).format == "png"


def test_the_default_format_is_that_of_the_photo_or_png() -> None:
    assert codec.decode(codec.encode(codec.decode(FILES["webp"]))).format == "webp"
    assert codec.decode(codec.encode(codec.decode(FILES["gif"]))).format == "png"
    assert codec.decode(codec.encode(Photo.of(PIXELS))).format == "png"


@pytest.mark.parametrize(("format", "side"), [("webp", 16384), ("jpeg", 65501)])
def test_a_photo_too_large_for_the_format_is_an_error(format: str, side: int, tmp_path: Path) -> None:
    photo = Photo.of(np.zeros((1, side), np.uint8))
    with pytest.raises(OutputError) as error:
        codec.write(photo, tmp_path / f"wide.{format}")
    assert str(error.value).startswith(f"{tmp_path / 'wide'}.{format}: {format} holds at most {side - 1} pixels a side")
    assert not list(tmp_path.iterdir())
    assert codec.decode(codec.encode(photo, format="png")).size == (1, side)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(b"old")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError) as error:
        codec.write(Photo.of(PIXELS), path)
    assert str(error.value) == f"{path}: no space left on device"
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["photo.png"]


def test_a_failed_encoding_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "photo.webp"
    path.write_bytes(b"old")
    with pytest.raises(OutputError):
        codec.write(Photo.of(np.zeros((20000, 2), np.uint8)), path)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["photo.webp"]


def test_unwritable_paths_are_errors_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "folder.png").mkdir()
    for path, text in {
        tmp_path / "file" / "a.png": "a part of the path is a file, not a folder",
        tmp_path / "folder.png": "is a folder, not a file",
    }.items():
        with pytest.raises(OutputError) as error:
            codec.write(Photo.of(PIXELS), path)
        assert str(error.value) == f"{path}: {text}"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.png"]


def test_permissions_and_symlinks_are_preserved(tmp_path: Path) -> None:
    real, link = tmp_path / "real.png", tmp_path / "link.png"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    files.write(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    mask = os.umask(0o022)
    os.umask(mask)
    files.write(tmp_path / "fresh.png", b"new")
    assert stat.S_IMODE((tmp_path / "fresh.png").stat().st_mode) == 0o666 & ~mask
