"""Properties of every file: pixels and metadata that are written are read again, in every format."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_strategies import pictures

from handtint import files
from handtint.errors import DecodeError, InputError, LimitError, OutputError
from handtint.image.arrays import large, vips
from handtint.image.io import codec, content, develop, formats, pages, pillow
from handtint.image.metadata import exif, fields, provenance, tiff, xmp
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.types import Pixels

few_examples = settings(max_examples=25, deadline=None)
texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), max_size=20)


@given(st.text(), st.integers(1, 133))
def test_any_text_becomes_one_printable_line(text: str, number: int) -> None:
    line = files.one_line(text)
    assert line == "" or line.isprintable()
    assert files.one_line(line) == line
    reason = files.reason(OSError(number, os.strerror(number)))
    assert reason
    assert reason.isprintable()


@few_examples
@given(st.binary(max_size=300), st.binary(min_size=1, max_size=300), st.integers(0, 400))
def test_what_is_written_is_read_whole(old: bytes, data: bytes, limit: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deep" / "x"
        files.write(path, old)
        files.write_with(path, lambda file: file.write(data))
        assert path.read_bytes() == data
        assert os.listdir(path.parent) == ["x"]  # noqa: PTH208
        if len(data) > limit:
            with pytest.raises(LimitError):
                content.read(path, limit)
        else:
            assert content.read(path, limit) == data


@few_examples
@given(st.binary(max_size=50), st.integers(0, 60))
def test_standard_input_is_read_up_to_the_limit(data: bytes, limit: int) -> None:
    stream = io.TextIOWrapper(io.BytesIO(data))
    if 0 < len(data) <= limit:
        assert content.stream(stream, limit) == data
        return
    with pytest.raises(LimitError if len(data) > limit else InputError):
        content.stream(stream, limit)


@few_examples
@given(pictures(bands=(1, 3, 4)))
def test_libvips_images_have_the_same_values(pixels: Pixels) -> None:
    image = vips.of(pixels)
    np.testing.assert_array_equal(vips.array(image), pixels)
    np.testing.assert_array_equal(vips.array(vips.random_access(image)), pixels)
    tagged = vips.with_icc(image, b"profile")
    assert (tagged.get(vips.ICC), image.get_typeof(vips.ICC)) == (b"profile", 0)
    develop.check_kind(image, "x")
    photo = develop.develop(image, name="x", format="png", metadata={})
    np.testing.assert_array_equal(photo.array(), pixels)


@few_examples
@given(st.sampled_from(["complex", "dpcomplex"]), st.integers(1, 6))
def test_complex_samples_are_rejected(format: str, bands: int) -> None:
    image = pyvips.Image.black(3, 2, bands=bands).cast(format).copy(interpretation="srgb")
    with pytest.raises(DecodeError, match=r"^x: "):
        develop.check_kind(image, "x")


@few_examples
@given(st.sampled_from(["uchar", "char", "ushort", "short", "uint", "int", "float", "double"]), st.integers(1, 6))
def test_samples_of_any_type_are_read(format: str, bands: int) -> None:
    image = pyvips.Image.black(3, 2, bands=bands).cast(format).copy(interpretation="srgb")
    develop.check_kind(image, "x")
    photo = develop.develop(image, name="x", format="tiff", metadata={})
    assert photo.size == (2, 3)
    assert photo.pixels.dtype in (np.uint8, np.uint16)
    assert not photo.pixels.any()
    assert ("are read at 16 bits" in photo.note) == (format not in ("uchar", "ushort"))
    assert ("channels" in photo.note) == (bands > 4)


metadatas = st.fixed_dictionaries(
    {"xmp-data": texts.map(lambda text: xmp.extend(b"", [xmp.Property("urn:x", "x", "Word", text)]))},
    optional={
        "iptc-data": st.binary(max_size=40).map(lambda text: b"\x1c\x02\x05" + len(text).to_bytes(2, "big") + text),
        "exif-data": st.binary(min_size=5, max_size=30).map(
            lambda text: exif.block({0x010E: tiff.Entry(2, text.replace(b"\0", b"x") + b"\0")})
        ),
    },
)


@few_examples
@given(pictures(bands=(1, 3, 4)), st.sampled_from(["png", "tiff"]), metadatas)
def test_lossless_files_preserve_pixels_and_metadata(pixels: Pixels, format: str, metadata: dict[str, Any]) -> None:
    photo = Photo.of(pixels)
    photo = Photo(photo.pixels, photo.alpha, metadata=metadata)
    data = codec.encode(photo, format=format)
    assert formats.recognize(data) == format
    decoded = codec.decode(data)
    np.testing.assert_array_equal(decoded.array(), pixels)
    preserved = {"xmp-data", "exif-data", *(["iptc-data"] if format == "tiff" else [])} & set(metadata)
    assert set(decoded.metadata) >= preserved
    assert decoded.metadata["xmp-data"].strip(b"\0") == metadata["xmp-data"].strip(b"\0")
    if "exif-data" in metadata:
        text = exif.read(metadata["exif-data"])[0x010E].value
        assert exif.read(decoded.metadata["exif-data"])[0x010E].value == text
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x.{format}"
        codec.write(photo, path)
        assert path.read_bytes() == data
        np.testing.assert_array_equal(codec.read(path).array(), pixels)


@few_examples
@given(pictures(bands=(3,)), st.sampled_from(["png", "tiff"]), metadatas)
def test_metadata_is_added_to_files_as_to_bytes(pixels: Pixels, format: str, metadata: dict[str, Any]) -> None:
    image = fields.attach(vips.of(pixels), metadata, format)
    data: bytes = pyvips.Operation.call(f"{format}save_buffer", image, keep=fields.keep_flags(metadata, format))
    finished = fields.add_missing(data, metadata, format)
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        fields.add_missing_to_file(file, metadata, format)
        file.seek(0)
        assert file.read() == finished
    result = fields.collect(pyvips.Image.new_from_buffer(finished, ""), format, finished)
    assert result["xmp-data"].strip(b"\0") == metadata["xmp-data"].strip(b"\0")


@few_examples
@given(pictures(bands=(1, 3)))
def test_photos_are_converted_to_pillow_and_back(pixels: Pixels) -> None:
    picture = pillow.to_pillow(Photo(pixels))
    decoded = Photo.from_pillow(picture)
    expected = pixels if pixels.dtype == np.uint8 else (pixels.astype(np.uint32) + 128) // 257
    np.testing.assert_array_equal(decoded.pixels, expected)


_NUMBERS = {1: 1, 3: 2, 4: 4, 5: 8, 7: 1, 16: 8}  # kinds of fields, bytes of one value


def _entry(kind: int, count: int, first_value: int) -> tiff.Entry:
    return tiff.Entry(kind, bytes((first_value + i) % 256 for i in range(_NUMBERS[kind] * count)))


entries = st.builds(_entry, st.sampled_from([1, 3, 4, 5, 7]), st.integers(1, 9), st.integers(0, 255))
tags = st.integers(0x9C9B, 0x9C9F) | st.sampled_from([0x010E, 0x010F, 0x0131, 0x013B, 0x8298])
directories = st.dictionaries(tags, entries, min_size=1, max_size=6)
layouts = st.builds(tiff.Layout, st.sampled_from("<>"), st.booleans())


def header(layout: tiff.Layout) -> bytes:
    byte_order = b"II" if layout.order == "<" else b"MM"
    number = (43 if layout.big else 42).to_bytes(2, "little" if layout.order == "<" else "big")
    sizes = b"\x08\0\0\0" if layout.order == "<" else b"\0\x08\0\0"
    return byte_order + number + (sizes if layout.big else b"") + layout.word.pack(16 if layout.big else 8)


@given(directories, st.dictionaries(st.integers(0x9000, 0x9200), entries, max_size=3), layouts)
def test_directories_are_restored(simple: tiff.Directory, inner: tiff.Directory, layout: tiff.Layout) -> None:
    metadata: tiff.Directory = {**simple, **({tiff.EXIF: tiff.Entry(4, inner)} if inner else {})}
    start = 16 if layout.big else 8
    data = header(layout) + tiff.serialize(metadata, start, layout)
    assert tiff.layout(data) == layout
    assert tiff.first(data) == start
    assert tiff.directories(data, 9) == [start]
    assert [tag for tag, *_ in tiff.rows(data, start, layout)] == sorted(metadata)
    result = tiff.read(data, start)
    assert {tag: entry.value for tag, entry in result.items() if tag != tiff.EXIF} == {
        tag: entry.value for tag, entry in simple.items()
    }
    if inner:
        assert result[tiff.EXIF].value == inner
    assert set(tiff.read(data, start, {0x010E})) <= {0x010E}
    rows, _ = tiff.rows_of(metadata, 0, layout)
    assert all(len(row) == layout.row.size for row in rows.values())
    assert pages.find(data, 9) == [pages.Page(0, start)]


@given(st.binary(max_size=120), st.booleans())
def test_noise_raises_value_errors_only(noise: bytes, has_header: bool) -> None:
    data = header(tiff.Layout("<", False)) + noise if has_header else noise
    for read in (lambda: tiff.first(data), lambda: tiff.directories(data, 9), lambda: pages.find(data, 9)):
        try:
            read()
        except ValueError:
            continue
    assert exif.has_all_strips(data) in (True, False)


@few_examples
@given(pictures(bands=(1,)), directories)
def test_entries_are_added_in_memory_as_on_disk(pixels: Pixels, metadata: tiff.Directory) -> None:
    data = codec.encode(Photo(pixels), format="tiff")
    assert exif.descriptive(exif.read(exif.block(metadata))) == metadata
    joined = exif.add_to_tiff(data, metadata)
    result = exif.read(joined)
    assert {tag: result[tag].value for tag in metadata} == {tag: entry.value for tag, entry in metadata.items()}
    assert exif.has_all_strips(joined)
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        exif.add_to_tiff_file(file, metadata)
        file.seek(0)
        assert file.read() == joined


@few_examples
@given(st.lists(pictures(bands=(1, 3)), min_size=1, max_size=4))
def test_files_are_joined_page_by_page(pictures_: list[Pixels]) -> None:
    joined = tiff.join([codec.encode(Photo(pixels), format="tiff") for pixels in pictures_])
    photo = codec.decode(joined)
    for page, pixels in zip((photo, *photo.pages), pictures_, strict=True):
        np.testing.assert_array_equal(page.pixels, pixels)


@few_examples
@given(st.sampled_from(["all", "subject", "person=0.5 - dog"]), st.floats(0, 1.5), metadatas, st.text(max_size=8))
def test_the_statement_is_never_duplicated(keep: str, strength: float, metadata: dict[str, Any], model: str) -> None:
    options = Options(keep=keep, strength=strength)
    name = files.one_line(model).encode("ascii", "ignore").decode()
    once = provenance.with_statement(metadata, {name: "0" * 64}, options)
    assert once["xmp-data"].count(provenance.SOURCE_TYPE.encode()) == 1
    twice = provenance.with_statement(once, {name: "0" * 64}, options)
    assert twice["xmp-data"].count(provenance.SOURCE_TYPE.encode()) == 1
    assert provenance.with_statement(twice, {name: "0" * 64}, options) == twice
    assert {key: value for key, value in once.items() if key != "xmp-data"} == {
        key: value for key, value in metadata.items() if key != "xmp-data"
    }


@few_examples
@given(pictures(bands=(1, 3)))
def test_large_arrays_keep_their_values(pixels: Pixels) -> None:
    before, mirrored = large.LARGE, pixels[:, ::-1]
    try:
        large.LARGE = 1
        copy = large.contiguous(mirrored)
        with large.releasing(copy):
            large.release(copy)
        np.testing.assert_array_equal(copy, mirrored)
        np.testing.assert_array_equal(vips.array(vips.of(copy)), mirrored)
    finally:
        large.LARGE = before


@few_examples
@given(st.binary(min_size=1, max_size=400), st.integers(1, 500), st.integers(1, 50))
def test_files_in_memory_equal_their_copies(data: bytes, size: int, rows: int) -> None:
    before = large.LARGE
    try:
        large.LARGE = 1
        with io.BytesIO(data) as raw, io.BufferedReader(raw) as file:
            result = large.content(file, size)
        assert bytes(result) == data[:size]
        assert content.digest(result) == hashlib.sha256(data[:size]).hexdigest()
        array = np.frombuffer(result, np.uint8)
        strips = list(large.strips(rows, array))
        assert b"".join(array[strip].tobytes() for strip in strips) == data[:size]
    finally:
        large.LARGE = before


@few_examples
@given(st.sampled_from(["gif", "bmp", "", "jpeg2000", "JPG"]), pictures(bands=(1,)))
def test_formats_that_cannot_be_written_are_errors(format: str, pixels: Pixels) -> None:
    try:
        data = codec.encode(Photo(pixels), format=format)
    except OutputError as error:
        assert repr(format) in str(error)  # noqa: PT017
    else:
        assert formats.recognize(data) == {"": "png", "JPG": "jpeg"}[format]
