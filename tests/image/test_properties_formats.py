"""Properties of every file of every format: the original values, or one of two errors."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pillow_heif
import pillow_jxl  # noqa: F401 - teaches Pillow to write JPEG XL
import pytest
import pyvips
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from picture_strategies import SIDES, pictures
from PIL import Image

from handtint import files, keep
from handtint.errors import InputError, LimitError
from handtint.image.arrays import samples, vips
from handtint.image.color import tone
from handtint.image.io import codec, content, decoders, formats, jxl_header, pillow, pillow_files, tiff_files
from handtint.image.io.opened import File, UnsupportedError
from handtint.image.io.pages import Page
from handtint.image.metadata import exif
from handtint.types import Array, Pixels

few_examples = settings(max_examples=30, deadline=None)
NUMBERS = st.sampled_from([np.int8, np.int16, np.uint32, np.int32, np.uint64, np.float16, np.float32, np.float64])


def encode(pixels: Pixels, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format, **options)
    return file.getvalue()


@few_examples
@given(NUMBERS.flatmap(lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=2, max_dims=3, max_side=9))))
def test_any_numbers_become_16_bits_in_order(values: Array) -> None:
    pixels, note = samples.sixteen_bits(values)
    assert (pixels.dtype, pixels.shape) == (np.uint16, values.shape)
    assert note.endswith("are read at 16 bits")
    finite = np.isfinite(values.ravel().astype(float))
    order = np.argsort(values.ravel()[finite], kind="stable")
    assert (np.diff(pixels.ravel()[finite][order].astype(int)) >= 0).all()


@few_examples
@given(pictures())
def test_stretching_preserves_the_order_and_is_idempotent(pixels: Pixels) -> None:
    out = tone.stretched(pixels)
    assert (out.dtype, out.shape) == (pixels.dtype, pixels.shape)
    order = np.argsort(pixels.ravel(), kind="stable")
    assert (np.diff(out.ravel()[order].astype(int)) >= 0).all()
    np.testing.assert_array_equal(tone.stretched(out), out)


@few_examples
@given(st.binary(max_size=40), st.integers(0, 40))
def test_an_open_file_is_read_up_to_the_limit(data: bytes, limit: int) -> None:
    if len(data) <= limit:
        assert content.read_open(io.BytesIO(data), limit) == data
        return
    with pytest.raises(LimitError):
        content.read_open(io.BytesIO(data), limit)


@settings(
    few_examples, derandomize=True
)  # noise that claims to be large may fill the memory: the same noise every time
@given(st.sampled_from(formats.FORMATS), st.binary(max_size=300))
def test_noise_raises_expected_errors_only(format_: formats.Format, noise: bytes) -> None:
    signature = format_.signatures[0] if format_.signatures else (0, b"")
    data = bytes(signature[0]) + signature[1] + noise
    raised: Exception | None = None
    try:
        for opened in decoders.openings(File(data, format_.name, Page()), []):
            image = opened.image()
            if image.width * image.height < 1e8:  # noise can claim any size; readers of files check that before
                image.avg()
    except (MemoryError, UnsupportedError, pyvips.Error, ValueError, OverflowError) as error:
        raised = error
    if isinstance(raised, UnsupportedError):
        assert decoders.missing_support(raised) == str(raised)
    assert decoders.missing_support(ValueError("noise")) is None


@few_examples
@given(pictures(bands=(1, 3)), st.sampled_from(["BMP", "PPM", "TGA", "PCX", "SGI", "JPEG2000"]))
def test_formats_of_pillow_are_decoded_exactly(pixels: Pixels, format: str) -> None:
    pixels = samples.eight_bits(pixels)
    data = encode(pixels, format)
    name = formats.recognize(data)
    opened = pillow_files.decoded(File(data, name, Page()))
    assert (opened.height, opened.width) == pixels.shape[:2]
    np.testing.assert_array_equal(vips.array(opened.image()), pixels)


@few_examples
@given(pictures(bands=(1, 3, 4)))
def test_pillow_images_are_converted_with_their_resolution(pixels: Pixels) -> None:
    picture = Image.fromarray(samples.eight_bits(pixels))
    picture.info["dpi"] = 300, 300
    image = pillow.to_vips(picture)
    np.testing.assert_array_equal(vips.array(image), samples.eight_bits(pixels))
    assert pillow.with_metadata(image, picture).xres * 25.4 == pytest.approx(300)
    np.testing.assert_array_equal(pillow.from_pillow(picture).array(), samples.eight_bits(pixels))


@settings(max_examples=10, deadline=None)
@given(st.integers(16, 80), st.integers(16, 80), st.integers(0, 255))
def test_heif_keeps_size_and_gray_level(h: int, w: int, level: int) -> None:
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (w, h), (level,) * 3)).save(file, quality=90)
    opened = pillow_files.heif(File(file.getvalue(), "heif", Page()))
    assert (opened.width, opened.height, opened.frames) == (w, h, 1)
    values = vips.array(opened.image())
    assert values.shape[:2] == (h, w)
    assert abs(float(values[..., 0].mean()) * 255 / np.iinfo(values.dtype).max - level) < 4


@few_examples
@given(SIDES, SIDES, st.integers(0, 2000))
def test_the_header_of_jpeg_xl_has_its_size(h: int, w: int, extra_width: int) -> None:
    pixels = np.full((h, w + extra_width), 90, np.uint8)
    data = encode(pixels, "JXL", lossless=True)
    assert jxl_header.size(data) == (w + extra_width, h)
    opened = pillow_files.jxl(File(data, "jxl", Page()))
    assert (opened.width, opened.height) == (w + extra_width, h)
    np.testing.assert_array_equal(vips.array(opened.image()), pixels)


@few_examples
@given(
    pictures(bands=(1, 3)),
    st.sampled_from(["zstd", "lzma", None]),
    st.sampled_from([None, "unassalpha", "unspecified"]),
)
def test_rare_tiffs_are_decoded_exactly(pixels: Pixels, compression: str | None, extra: str | None) -> None:
    color, file = pixels.ndim == 3, io.BytesIO()
    values = pixels if extra is None else np.dstack([pixels, pixels if pixels.ndim == 2 else pixels[..., 0]])
    extras = {} if extra is None else {"extrasamples": [extra], "planarconfig": "contig"}
    kind = "rgb" if color else "minisblack"
    tifffile.imwrite(file, values, photometric=kind, compression=compression, **extras)
    opened = tiff_files.decoded(File(file.getvalue(), "tiff", Page()))
    assert (opened.height, opened.width) == pixels.shape[:2]
    np.testing.assert_array_equal(vips.array(opened.image()).reshape(values.shape), values)
    assert exif.has_alpha(file.getvalue()) == (extra == "unassalpha")


@few_examples
@given(st.lists(st.binary(max_size=20), max_size=3), st.lists(st.text("abc.", min_size=1, max_size=5), max_size=3))
def test_only_partial_files_are_swept(parts: list[bytes], names: list[str]) -> None:
    with TemporaryDirectory() as folder:
        for number, part in enumerate(parts):
            (Path(folder) / f".{number:016x}.part").write_bytes(part)
        expected = {f"x{name}" for name in names}
        for name in expected:
            (Path(folder) / name).touch()
        files.sweep(folder)
        assert {path.name for path in Path(folder).iterdir()} == expected


@few_examples
@given(st.integers(0, 9), st.integers(0, 59), st.integers(0, 59))
def test_a_time_is_the_same_in_any_notation(hours: int, minutes: int, seconds: int) -> None:
    total = 3600 * hours + 60 * minutes + seconds
    assert keep.seconds(f"{hours}:{minutes:02}:{seconds:02}") == total
    assert keep.seconds(f"{total}s") == keep.seconds(str(total)) == total


def test_an_undecodable_photo_is_an_input_error() -> None:
    with pytest.raises(InputError, match="pcx"):
        codec.decode(b"\x0a\x05\x01\x08" + bytes(200))
