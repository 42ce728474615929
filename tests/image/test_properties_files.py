"""What holds for every file: what is written is read, in every format, with whatever it says of itself."""

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
from drawn import pictures
from hypothesis import given, settings
from hypothesis import strategies as st

from handtint import files
from handtint.errors import DecodeError, InputError, LimitError, OutputError
from handtint.image.arrays import large, vips
from handtint.image.io import codec, content, develop, formats, pages, pillow
from handtint.image.metadata import exif, fields, provenance, tiff, xmp
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.types import Pixels

few = settings(max_examples=25, deadline=None)
texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), max_size=20)


@given(st.text(), st.integers(1, 133))
def test_anything_is_said_in_one_printable_line(text: str, number: int) -> None:
    line = files.one_line(text)
    assert line == "" or line.isprintable()
    assert files.one_line(line) == line
    why = files.reason(OSError(number, os.strerror(number)))
    assert why
    assert why.isprintable()


@few
@given(st.binary(max_size=300), st.binary(min_size=1, max_size=300), st.integers(0, 400))
def test_what_is_written_is_read_whole(old: bytes, data: bytes, most: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deep" / "x"
        files.write(path, old)
        files.fill(path, lambda file: file.write(data))
        assert path.read_bytes() == data
        assert os.listdir(path.parent) == ["x"]  # noqa: PTH208
        if len(data) > most:
            with pytest.raises(LimitError):
                content.read(path, most)
        else:
            assert content.read(path, most) == data


@few
@given(st.binary(max_size=50), st.integers(0, 60))
def test_standard_input_is_read_up_to_the_limit(data: bytes, most: int) -> None:
    stream = io.TextIOWrapper(io.BytesIO(data))
    if 0 < len(data) <= most:
        assert content.stream(stream, most) == data
        return
    with pytest.raises(LimitError if len(data) > most else InputError):
        content.stream(stream, most)


@few
@given(pictures(bands=(1, 3, 4)))
def test_libvips_gives_the_same_values(pixels: Pixels) -> None:
    image = vips.of(pixels)
    np.testing.assert_array_equal(vips.array(image), pixels)
    np.testing.assert_array_equal(vips.array(vips.random_access(image)), pixels)
    tagged = vips.with_icc(image, b"profile")
    assert (tagged.get(vips.ICC), image.get_typeof(vips.ICC)) == (b"profile", 0)
    develop.check_kind(image, "x")
    photo = develop.develop(image, name="x", format="png", metadata={})
    np.testing.assert_array_equal(photo.array(), pixels)


@few
@given(st.sampled_from(["complex", "dpcomplex"]), st.integers(1, 6))
def test_samples_that_are_no_light_are_refused(format: str, bands: int) -> None:
    image = pyvips.Image.black(3, 2, bands=bands).cast(format).copy(interpretation="srgb")
    with pytest.raises(DecodeError, match=r"^x: "):
        develop.check_kind(image, "x")


@few
@given(st.sampled_from(["uchar", "char", "ushort", "short", "uint", "int", "float", "double"]), st.integers(1, 6))
def test_samples_of_any_number_are_read(format: str, bands: int) -> None:
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


@few
@given(pictures(bands=(1, 3, 4)), st.sampled_from(["png", "tiff"]), metadatas)
def test_lossless_files_keep_all(pixels: Pixels, format: str, said: dict[str, Any]) -> None:
    photo = Photo.of(pixels)
    photo = Photo(photo.pixels, photo.alpha, metadata=said)
    data = codec.encode(photo, format=format)
    assert formats.recognize(data) == format
    again = codec.decode(data)
    np.testing.assert_array_equal(again.array(), pixels)
    kept = {"xmp-data", "exif-data", *(["iptc-data"] if format == "tiff" else [])} & set(said)
    assert set(again.metadata) >= kept
    assert again.metadata["xmp-data"].strip(b"\0") == said["xmp-data"].strip(b"\0")
    if "exif-data" in said:
        text = exif.read(said["exif-data"])[0x010E].value
        assert exif.read(again.metadata["exif-data"])[0x010E].value == text
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x.{format}"
        codec.write(photo, path)
        assert path.read_bytes() == data
        np.testing.assert_array_equal(codec.read(path).array(), pixels)


@few
@given(pictures(bands=(3,)), st.sampled_from(["png", "tiff"]), metadatas)
def test_an_open_file_is_finished_like_bytes(pixels: Pixels, format: str, said: dict[str, Any]) -> None:
    image = fields.attach(vips.of(pixels), said, format)
    data: bytes = pyvips.Operation.call(f"{format}save_buffer", image, keep=fields.kept(said, format))
    finished = fields.finish(data, said, format)
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        fields.finish_file(file, said, format)
        file.seek(0)
        assert file.read() == finished
    found = fields.collect(pyvips.Image.new_from_buffer(finished, ""), format, finished)
    assert found["xmp-data"].strip(b"\0") == said["xmp-data"].strip(b"\0")


@few
@given(pictures(bands=(1, 3)))
def test_pillow_images_come_and_go(pixels: Pixels) -> None:
    picture = pillow.to_pillow(Photo(pixels))
    again = Photo.from_pillow(picture)
    shown = pixels if pixels.dtype == np.uint8 else (pixels.astype(np.uint32) + 128) // 257
    np.testing.assert_array_equal(again.pixels, shown)


_NUMBERS = {1: 1, 3: 2, 4: 4, 5: 8, 7: 1, 16: 8}  # kinds of fields, bytes of one value


def _entry(kind: int, count: int, filling: int) -> tiff.Entry:
    return tiff.Entry(kind, bytes((filling + i) % 256 for i in range(_NUMBERS[kind] * count)))


entries = st.builds(_entry, st.sampled_from([1, 3, 4, 5, 7]), st.integers(1, 9), st.integers(0, 255))
tags = st.integers(0x9C9B, 0x9C9F) | st.sampled_from([0x010E, 0x010F, 0x0131, 0x013B, 0x8298])
flat = st.dictionaries(tags, entries, min_size=1, max_size=6)
layouts = st.builds(tiff.Layout, st.sampled_from("<>"), st.booleans())


def header(form: tiff.Layout) -> bytes:
    mark = b"II" if form.order == "<" else b"MM"
    number = (43 if form.big else 42).to_bytes(2, "little" if form.order == "<" else "big")
    sizes = b"\x08\0\0\0" if form.order == "<" else b"\0\x08\0\0"
    return mark + number + (sizes if form.big else b"") + form.word.pack(16 if form.big else 8)


@given(flat, st.dictionaries(st.integers(0x9000, 0x9200), entries, max_size=3), layouts)
def test_directories_are_written_and_read(plain: tiff.Directory, inner: tiff.Directory, form: tiff.Layout) -> None:
    said: tiff.Directory = {**plain, **({tiff.EXIF: tiff.Entry(4, inner)} if inner else {})}
    start = 16 if form.big else 8
    data = header(form) + tiff.written(said, start, form)
    assert tiff.layout(data) == form
    assert tiff.first(data) == start
    assert tiff.directories(data, 9) == [start]
    assert [tag for tag, *_ in tiff.rows(data, start, form)] == sorted(said)
    found = tiff.read(data, start)
    assert {tag: entry.value for tag, entry in found.items() if tag != tiff.EXIF} == {
        tag: entry.value for tag, entry in plain.items()
    }
    if inner:
        assert found[tiff.EXIF].value == inner
    assert set(tiff.read(data, start, {0x010E})) <= {0x010E}
    rows, _ = tiff.rows_of(said, 0, form)
    assert all(len(row) == form.row.size for row in rows.values())
    assert pages.find(data, 9) == [pages.Page(0, start)]


@given(st.binary(max_size=120), st.booleans())
def test_noise_is_no_directory_and_raises_value_errors_alone(noise: bytes, headed: bool) -> None:
    data = header(tiff.Layout("<", False)) + noise if headed else noise
    for read in (lambda: tiff.first(data), lambda: tiff.directories(data, 9), lambda: pages.find(data, 9)):
        try:
            read()
        except ValueError:
            continue
    assert exif.is_whole(data) in (True, False)


@few
@given(pictures(bands=(1,)), flat)
def test_entries_join_a_tiff_file_in_memory_or_on_disk(pixels: Pixels, said: tiff.Directory) -> None:
    data = codec.encode(Photo(pixels), format="tiff")
    assert exif.described(exif.read(exif.block(said))) == said
    joined = exif.into_tiff(data, said)
    found = exif.read(joined)
    assert {tag: found[tag].value for tag in said} == {tag: entry.value for tag, entry in said.items()}
    assert exif.is_whole(joined)
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        exif.into_tiff_file(file, said)
        file.seek(0)
        assert file.read() == joined


@few
@given(st.lists(pictures(bands=(1, 3)), min_size=1, max_size=4))
def test_files_are_joined_page_by_page(some: list[Pixels]) -> None:
    joined = tiff.join([codec.encode(Photo(pixels), format="tiff") for pixels in some])
    photo = codec.decode(joined)
    for page, pixels in zip((photo, *photo.pages), some, strict=True):
        np.testing.assert_array_equal(page.pixels, pixels)


@few
@given(st.sampled_from(["all", "subject", "person=0.5 - dog"]), st.floats(0, 1.5), metadatas, st.text(max_size=8))
def test_the_statement_is_there_once(keep: str, strength: float, said: dict[str, Any], model: str) -> None:
    options = Options(keep=keep, strength=strength)
    name = files.one_line(model).encode("ascii", "ignore").decode()
    once = provenance.stated(said, {name: "0" * 64}, options)
    assert once["xmp-data"].count(provenance.SOURCE_TYPE.encode()) == 1
    twice = provenance.stated(once, {name: "0" * 64}, options)
    assert twice["xmp-data"].count(provenance.SOURCE_TYPE.encode()) == 1
    assert provenance.stated(twice, {name: "0" * 64}, options) == twice
    assert {key: value for key, value in once.items() if key != "xmp-data"} == {
        key: value for key, value in said.items() if key != "xmp-data"
    }


@few
@given(pictures(bands=(1, 3)))
def test_large_arrays_keep_their_values(pixels: Pixels) -> None:
    before, turned = large.LARGE, pixels[:, ::-1]
    try:
        large.LARGE = 1
        copy = large.contiguous(turned)
        with large.releasing(copy):
            large.release(copy)
        np.testing.assert_array_equal(copy, turned)
        np.testing.assert_array_equal(vips.array(vips.of(copy)), turned)
    finally:
        large.LARGE = before


@few
@given(st.binary(min_size=1, max_size=400), st.integers(1, 500), st.integers(1, 50))
def test_files_are_the_same_in_memory_and_in_a_copy(data: bytes, size: int, rows: int) -> None:
    before = large.LARGE
    try:
        large.LARGE = 1
        with io.BytesIO(data) as raw, io.BufferedReader(raw) as file:
            found = large.content(file, size)
        assert bytes(found) == data[:size]
        assert content.digest(found) == hashlib.sha256(data[:size]).hexdigest()
        array = np.frombuffer(found, np.uint8)
        strips = list(large.strips(rows, array))
        assert b"".join(array[strip].tobytes() for strip in strips) == data[:size]
    finally:
        large.LARGE = before


@few
@given(st.sampled_from(["gif", "bmp", "", "jpeg2000", "JPG"]), pictures(bands=(1,)))
def test_formats_that_cannot_be_written_are_named(format: str, pixels: Pixels) -> None:
    try:
        data = codec.encode(Photo(pixels), format=format)
    except OutputError as error:
        assert repr(format) in str(error)  # noqa: PT017
    else:
        assert formats.recognize(data) == {"": "png", "JPG": "jpeg"}[format]
