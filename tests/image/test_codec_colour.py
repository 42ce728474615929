"""Unchanged values are preserved exactly; converted ones agree with the definition and with LittleCMS."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import numpy as np
import pytest
import pyvips
import tifffile
from PIL import Image, ImageCms

from handtint.image.io import codec, pillow
from handtint.image.metadata import profile
from handtint.image.photo import Photo
from handtint.types import Array, Pixels

Curve = Callable[[Array], Array]
SRGB = np.array(
    [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]]
)
ADOBE = np.array(
    [[0.6097559, 0.2052401, 0.1492240], [0.3111242, 0.6256560, 0.0632197], [0.0194811, 0.0608902, 0.7448387]]
)
PROPHOTO = np.array([[0.7976749, 0.1351917, 0.0313534], [0.2880402, 0.7118741, 0.0000857], [0.0, 0.0, 0.8252100]])
RNG = np.random.default_rng(11)
RGB8 = RNG.integers(0, 256, (40, 50, 3)).astype(np.uint8)
SMOOTH8 = np.broadcast_to(
    np.arange(0, 256, 4, dtype=np.uint8)[:, None, None] // np.array([1, 2, 3], np.uint8), (64, 64, 3)
)
RGB16 = RNG.integers(0, 65536, (40, 50, 3)).astype(np.uint16)
BUILT_IN: dict[str, bytes] = {name: pyvips.Operation.call("profile_load", name) for name in ("srgb", "p3", "cmyk")}


def icc(space: bytes, tags: dict[bytes, bytes], data_class: bytes = b"mntr") -> bytes:
    """A version 2 profile of the given tags."""
    offset = 132 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, tag in tags.items():
        tag += bytes(-len(tag) % 4)
        table += struct.pack(">4sII", name, offset + len(body), len(tag))
        body += tag
    header = struct.pack(">I4sI4s4s4s", offset + len(body), b"test", 0x02400000, data_class, space, b"XYZ ")
    header += struct.pack(">6H4s", 2020, 1, 1, 0, 0, 0, b"acsp")
    return header.ljust(68, b"\0") + fixed(0.9642, 1.0, 0.8249) + bytes(48) + table + body


def fixed(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(n * 65536)) for n in numbers)


def gamma(value: float) -> bytes:
    return b"curv" + struct.pack(">IIH", 0, 1, round(value * 256))


def rgb_profile(matrix: Array, curve: bytes) -> bytes:
    columns = {name: b"XYZ \0\0\0\0" + fixed(*matrix[:, i]) for i, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    white = {b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1.0, 0.8249), b"desc": b"desc" + bytes(100)}
    return icc(b"RGB ", white | columns | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def gray_profile(curve: bytes) -> bytes:
    white = {b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1.0, 0.8249), b"desc": b"desc" + bytes(100)}
    return icc(b"GRAY", white | {b"kTRC": curve})


SRGB_CURVE = b"para\0\0\0\0\0\3\0\0" + fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
ADOBE_RGB = rgb_profile(ADOBE, gamma(2.19921875))
PROPHOTO_RGB = rgb_profile(PROPHOTO, gamma(1.8))
WIDE_GAMUT = {"Adobe RGB": ADOBE_RGB, "ProPhoto": PROPHOTO_RGB, "Display P3": BUILT_IN["p3"]}
LIKE_SRGB = {
    "libvips": BUILT_IN["srgb"],
    "LittleCMS": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    "made here": rgb_profile(SRGB, SRGB_CURVE),
}


def encode_srgb(v: Array) -> Array:
    v = np.clip(v, 0, 1)
    return np.where(v <= 0.0031308, v * 12.92, 1.055 * v ** (1 / 2.4) - 0.055)


def decode_srgb(v: Array) -> Array:
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def to_srgb(pixels: Pixels, matrix: Array, exponent: float) -> Array:
    """The definition, in double precision, with the numbers of a profile: sRGB of that range, not rounded."""
    top = np.iinfo(pixels.dtype).max
    matrix, exponent = np.round(matrix * 65536) / 65536, round(exponent * 256) / 256
    return encode_srgb((pixels / top) ** exponent @ (np.linalg.inv(SRGB) @ matrix).T) * top


def file_of(pixels: Pixels, format: str, profile: bytes) -> bytes:
    file = io.BytesIO()
    if pixels.dtype == np.uint16:
        photometric = "rgb" if pixels.ndim == 3 else "minisblack"
        tifffile.imwrite(file, pixels, photometric=photometric, iccprofile=profile)
    else:
        Image.fromarray(pixels).save(file, format, icc_profile=profile)
    return file.getvalue()


@pytest.mark.parametrize("pixels", [RGB8, RGB16], ids=["8", "16"])
@pytest.mark.parametrize("name", WIDE_GAMUT)
def test_unchanged_wide_gamut_values_are_preserved_exactly(name: str, pixels: Pixels) -> None:
    photo = codec.decode(file_of(pixels, "PNG", WIDE_GAMUT[name]))
    assert photo.native is not None
    assert np.array_equal(photo.native, pixels)
    assert photo.icc == WIDE_GAMUT[name]
    assert photo.pixels.dtype == pixels.dtype
    assert not np.array_equal(photo.pixels, pixels)
    for target in ("png", "tiff"):
        decoded = codec.decode(codec.encode(photo, format=target))
        assert decoded.icc == WIDE_GAMUT[name]
        assert decoded.native is not None
        assert np.array_equal(decoded.native, pixels)


@pytest.mark.parametrize("pixels", [RGB8, RGB16], ids=["8", "16"])
@pytest.mark.parametrize(
    ("profile_bytes", "matrix", "exponent"), [(ADOBE_RGB, ADOBE, 2.19921875), (PROPHOTO_RGB, PROPHOTO, 1.8)]
)
def test_conversion_follows_the_definition(
    pixels: Pixels, profile_bytes: bytes, matrix: Array, exponent: float
) -> None:
    actual = profile.to_srgb(pixels, profile_bytes)
    error = np.abs(actual - to_srgb(pixels, matrix, exponent))
    assert error.max() <= (0.51 if pixels.dtype == np.uint8 else 2)


@pytest.mark.parametrize("name", WIDE_GAMUT)
def test_conversion_agrees_with_littlecms(name: str) -> None:
    smooth = (np.indices((16, 16, 16)).reshape(3, 64, 64).transpose(1, 2, 0) * 7 + 70).astype(np.uint8)
    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(WIDE_GAMUT[name])),
        ImageCms.createProfile("sRGB"),
        "RGB",
        "RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.NOOPTIMIZE,
    )
    oracle = np.asarray(ImageCms.applyTransform(Image.fromarray(smooth), transform))
    assert np.abs(profile.to_srgb(smooth, WIDE_GAMUT[name]).astype(int) - oracle).max() <= 1


@pytest.mark.parametrize("pixels", [RGB8, RGB16], ids=["8", "16"])
@pytest.mark.parametrize("name", ["Adobe RGB", "ProPhoto", "Display P3"])
def test_conversion_to_a_profile_and_back_is_nearly_exact(name: str, pixels: Pixels) -> None:
    converted = codec.to_profile(pixels, WIDE_GAMUT[name])
    assert converted.dtype == pixels.dtype
    error = np.abs(profile.to_srgb(converted, WIDE_GAMUT[name]).astype(int) - pixels)
    assert np.percentile(error, 99) <= (
        8 if pixels.dtype == np.uint8 else 16
    )  # one level of a wide gamut is several of sRGB
    assert error.mean() <= (1.5 if pixels.dtype == np.uint8 else 2)


@pytest.mark.parametrize("name", LIKE_SRGB)
@pytest.mark.parametrize("pixels", [RGB8, RGB16], ids=["8", "16"])
def test_values_tagged_as_srgb_are_preserved(name: str, pixels: Pixels) -> None:
    photo = codec.decode(file_of(pixels, "PNG", LIKE_SRGB[name]))
    assert np.array_equal(photo.pixels, pixels)
    assert photo.native is None
    assert photo.icc == LIKE_SRGB[name]
    assert codec.decode(codec.encode(photo)).icc == LIKE_SRGB[name]


@pytest.mark.parametrize("format", ["jpeg", "png", "tiff", "webp"])
def test_every_format_stores_the_profile(format: str) -> None:
    photo = codec.decode(file_of(SMOOTH8, "PNG", ADOBE_RGB))
    file = codec.encode(photo, format=format, quality=100)
    assert Image.open(io.BytesIO(file)).info["icc_profile"] == ADOBE_RGB
    native = codec.decode(file).native
    assert native is not None
    assert np.abs(native.astype(int) - SMOOTH8).mean() < 3


@pytest.mark.parametrize("curve", [SRGB_CURVE, gamma(2.2)], ids=["sRGB", "2.2"])
def test_common_gray_profiles_change_nothing(curve: bytes) -> None:
    gray = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    photo = codec.decode(file_of(gray, "TIFF", gray_profile(curve)))
    assert np.array_equal(photo.pixels, gray)
    assert photo.icc is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_other_gray_profiles_are_converted(dtype: type) -> None:
    top = np.iinfo(dtype).max
    gray = np.linspace(0, top, 256).astype(dtype).reshape(16, 16)
    photo = codec.decode(file_of(gray, "TIFF", gray_profile(gamma(1.0))))
    assert photo.pixels.dtype == dtype
    assert photo.pixels.ndim == 2
    assert np.abs(photo.pixels - encode_srgb(gray / top) * top).max() <= 0.51 + top / 65535
    assert photo.icc is None


def test_a_sampled_curve_is_equivalent_to_a_formula() -> None:
    values = np.round(np.linspace(0, 1, 1024) ** 2.19921875 * 65535).astype(">u2").tobytes()
    sampled = rgb_profile(ADOBE, b"curv" + struct.pack(">II", 0, 1024) + values)
    error = np.abs(profile.to_srgb(RGB8, sampled).astype(int) - profile.to_srgb(RGB8, ADOBE_RGB))
    assert error.max() <= 1


def test_a_gray_photo_keeps_an_rgb_profile_only_if_it_is_srgb() -> None:
    gray = RGB8[..., 0]
    photo = codec.decode(file_of(gray, "JPEG", BUILT_IN["srgb"]))
    assert photo.icc == BUILT_IN["srgb"]
    assert "icc_profile" not in Image.open(io.BytesIO(codec.encode(photo, format="png"))).info
    assert codec.decode(file_of(gray, "JPEG", ADOBE_RGB)).icc is None


BROKEN = {
    "noise": bytes(range(256)) * 4,
    "header alone": ADOBE_RGB[:128] + bytes(40),
    "cut": ADOBE_RGB[: len(ADOBE_RGB) // 2],
    "no curves": icc(b"RGB ", {b"rXYZ": b"XYZ \0\0\0\0" + fixed(1, 0, 0)}),
    "flat matrix": rgb_profile(np.ones((3, 3)), gamma(2.2)),
    "falling curve": rgb_profile(SRGB, b"curv" + struct.pack(">IIHH", 0, 2, 65535, 0)),
    "false tables": icc(b"RGB ", {b"A2B0": b"mft2" + bytes(40), b"B2A0": b"mft2" + bytes(40)}),
    "of gray": gray_profile(gamma(1.8)),
    "of inks": BUILT_IN["cmyk"],
}


@pytest.mark.parametrize("kind", BROKEN)
def test_damaged_and_unsuitable_profiles_are_ignored(kind: str) -> None:
    file = io.BytesIO()
    Image.fromarray(RGB8).save(file, "TIFF", icc_profile=BROKEN[kind])
    photo = codec.decode(file.getvalue())
    assert np.array_equal(photo.pixels, RGB8)
    assert photo.native is None
    assert photo.icc is None


def test_cmyk_uses_its_own_profile() -> None:
    inks = Image.new("CMYK", (20, 20), (200, 40, 90, 10))
    file = io.BytesIO()
    inks.save(file, "TIFF", icc_profile=BUILT_IN["cmyk"])
    photo = codec.decode(file.getvalue())
    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(BUILT_IN["cmyk"])), ImageCms.createProfile("sRGB"), "CMYK", "RGB", 1
    )
    oracle = np.asarray(ImageCms.applyTransform(inks, transform)).astype(int)
    assert np.abs(photo.pixels - oracle).max() <= 2
    assert "icc_profile" not in Image.open(io.BytesIO(codec.encode(photo, format="tiff"))).info


def test_pillow_images_have_the_native_values_and_the_profile() -> None:
    photo = codec.decode(file_of(RGB8, "PNG", ADOBE_RGB))
    picture = pillow.to_pillow(photo)
    assert np.array_equal(np.asarray(picture), RGB8)
    assert picture.info["icc_profile"] == ADOBE_RGB
    decoded = Photo.from_pillow(picture)
    assert decoded.native is not None
    assert np.array_equal(decoded.native, RGB8)
    assert np.array_equal(decoded.pixels, photo.pixels)


def test_a_photo_made_of_pixels_has_no_profile() -> None:
    assert "icc_profile" not in Image.open(io.BytesIO(codec.encode(Photo.of(RGB8)))).info
