"""What holds for every file of every format: the values that went in, or one of two errors."""

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
from drawn import SIDES, pictures
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
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

few = settings(max_examples=30, deadline=None)
NUMBERS = st.sampled_from([np.int8, np.int16, np.uint32, np.int32, np.uint64, np.float16, np.float32, np.float64])


def saved(pixels: Pixels, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format, **options)
    return file.getvalue()


@few
@given(NUMBERS.flatmap(lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=2, max_dims=3, max_side=9))))
def test_any_numbers_become_16_bits_in_order(values: Array) -> None:
    pixels, note = samples.sixteen_bits(values)
    assert (pixels.dtype, pixels.shape) == (np.uint16, values.shape)
    assert note.endswith("are read at 16 bits")
    known = np.isfinite(values.ravel().astype(float))
    order = np.argsort(values.ravel()[known], kind="stable")
    assert (np.diff(pixels.ravel()[known][order].astype(int)) >= 0).all()


@few
@given(pictures())
def test_levels_keep_the_order_of_values_and_are_stretched_once(pixels: Pixels) -> None:
    out = tone.stretched(pixels)
    assert (out.dtype, out.shape) == (pixels.dtype, pixels.shape)
    order = np.argsort(pixels.ravel(), kind="stable")
    assert (np.diff(out.ravel()[order].astype(int)) >= 0).all()
    np.testing.assert_array_equal(tone.stretched(out), out)


@few
@given(st.binary(max_size=40), st.integers(0, 40))
def test_an_open_file_is_read_to_its_end_or_its_limit(data: bytes, most: int) -> None:
    if len(data) <= most:
        assert content.read_open(io.BytesIO(data), most) == data
        return
    with pytest.raises(LimitError):
        content.read_open(io.BytesIO(data), most)


@settings(few, derandomize=True)  # noise that claims to be large may fill the memory: the same noise every time
@given(st.sampled_from(formats.FORMATS), st.binary(max_size=300))
def test_noise_is_opened_by_nobody(known: formats.Format, noise: bytes) -> None:
    start = known.signatures[0] if known.signatures else (0, b"")
    data = bytes(start[0]) + start[1] + noise
    raised: Exception | None = None
    try:
        for opened in decoders.openings(File(data, known.name, Page()), []):
            image = opened.image()
            if image.width * image.height < 1e8:  # noise can claim any size; readers of files check that before
                image.avg()
    except (MemoryError, UnsupportedError, pyvips.Error, ValueError, OverflowError) as error:
        raised = error
    if isinstance(raised, UnsupportedError):
        assert decoders.lacking(raised) == str(raised)
    assert decoders.lacking(ValueError("noise")) is None


@few
@given(pictures(bands=(1, 3)), st.sampled_from(["BMP", "PPM", "TGA", "PCX", "SGI", "JPEG2000"]))
def test_pillows_formats_come_exactly(pixels: Pixels, format: str) -> None:
    pixels = samples.eight_bits(pixels)
    data = saved(pixels, format)
    name = formats.recognize(data)
    opened = pillow_files.decoded(File(data, name, Page()))
    assert (opened.height, opened.width) == pixels.shape[:2]
    np.testing.assert_array_equal(vips.array(opened.image()), pixels)


@few
@given(pictures(bands=(1, 3, 4)))
def test_pillow_images_reach_libvips_with_what_they_say(pixels: Pixels) -> None:
    picture = Image.fromarray(samples.eight_bits(pixels))
    picture.info["dpi"] = 300, 300
    image = pillow.image_of(picture)
    np.testing.assert_array_equal(vips.array(image), samples.eight_bits(pixels))
    assert pillow.described(image, picture).xres * 25.4 == pytest.approx(300)
    np.testing.assert_array_equal(pillow.from_pillow(picture).array(), samples.eight_bits(pixels))


@settings(max_examples=10, deadline=None)
@given(st.integers(16, 80), st.integers(16, 80), st.integers(0, 255))
def test_heif_keeps_its_size_and_its_tone(h: int, w: int, level: int) -> None:
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (w, h), (level,) * 3)).save(file, quality=90)
    opened = pillow_files.heif(File(file.getvalue(), "heif", Page()))
    assert (opened.width, opened.height, opened.frames) == (w, h, 1)
    values = vips.array(opened.image())
    assert values.shape[:2] == (h, w)
    assert abs(float(values[..., 0].mean()) * 255 / np.iinfo(values.dtype).max - level) < 4


@few
@given(SIDES, SIDES, st.integers(0, 2000))
def test_jpeg_xl_says_its_size_in_its_header(h: int, w: int, more: int) -> None:
    pixels = np.full((h, w + more), 90, np.uint8)
    data = saved(pixels, "JXL", lossless=True)
    assert jxl_header.size(data) == (w + more, h)
    opened = pillow_files.jxl(File(data, "jxl", Page()))
    assert (opened.width, opened.height) == (w + more, h)
    np.testing.assert_array_equal(vips.array(opened.image()), pixels)


@few
@given(
    pictures(bands=(1, 3)),
    st.sampled_from(["zstd", "lzma", None]),
    st.sampled_from([None, "unassalpha", "unspecified"]),
)
def test_rare_tiffs_come_exactly(pixels: Pixels, compression: str | None, extra: str | None) -> None:
    color, file = pixels.ndim == 3, io.BytesIO()
    values = pixels if extra is None else np.dstack([pixels, pixels if pixels.ndim == 2 else pixels[..., 0]])
    extras = {} if extra is None else {"extrasamples": [extra], "planarconfig": "contig"}
    kind = "rgb" if color else "minisblack"
    tifffile.imwrite(file, values, photometric=kind, compression=compression, **extras)
    opened = tiff_files.decoded(File(file.getvalue(), "tiff", Page()))
    assert (opened.height, opened.width) == pixels.shape[:2]
    np.testing.assert_array_equal(vips.array(opened.image()).reshape(values.shape), values)
    assert exif.has_alpha(file.getvalue()) == (extra == "unassalpha")


@few
@given(st.lists(st.binary(max_size=20), max_size=3), st.lists(st.text("abc.", min_size=1, max_size=5), max_size=3))
def test_only_what_was_left_half_written_is_swept(parts: list[bytes], names: list[str]) -> None:
    with TemporaryDirectory() as folder:
        for number, part in enumerate(parts):
            (Path(folder) / f".{number:016x}.part").write_bytes(part)
        kept = {f"x{name}" for name in names}
        for name in kept:
            (Path(folder) / name).touch()
        files.sweep(folder)
        assert {path.name for path in Path(folder).iterdir()} == kept


@few
@given(st.integers(0, 9), st.integers(0, 59), st.integers(0, 59))
def test_a_time_is_the_same_however_it_is_written(hours: int, minutes: int, seconds: int) -> None:
    whole = 3600 * hours + 60 * minutes + seconds
    assert keep.seconds(f"{hours}:{minutes:02}:{seconds:02}") == whole
    assert keep.seconds(f"{whole}s") == keep.seconds(str(whole)) == whole


def test_a_photo_that_no_one_can_decode_is_an_input_error() -> None:
    with pytest.raises(InputError, match="pcx"):
        codec.decode(b"\x0a\x05\x01\x08" + bytes(200))
