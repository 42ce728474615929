"""Uploads that mean harm: bodies, and what is wrong with them."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

TYPE = "multipart/form-data; boundary=edge"
START = b'--edge\r\nContent-Disposition: form-data; name="photo"; filename="%s"\r\n\r\n'
END = b"\r\n--edge--\r\n"


@dataclass(frozen=True, slots=True)
class Upload:
    """One request. may_pass: whether it may turn out to be a photo after all."""

    kind: str
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": TYPE})
    may_pass: bool = False


def uploads(count: int) -> Iterator[Upload]:
    """So many uploads, of every kind in turn, the same every time."""
    from corpus import small_files

    chance, files = random.Random(7), small_files()
    names = sorted(name for name in files if name[2:] in ("jpg", "png", "tif", "webp"))
    for number in range(count):
        data = files[names[number // len(_KINDS) % len(names)]]
        yield _KINDS[number % len(_KINDS)](data, chance)


def form(photo: bytes, name: bytes = b"a.jpg") -> bytes:
    """A form with a photo in it."""
    return START % name + photo + END


def _truncated(data: bytes, chance: random.Random) -> Upload:
    return Upload("truncated", form(data[: chance.randrange(20, len(data) * 9 // 10)]))


def _flipped(data: bytes, chance: random.Random) -> Upload:
    copy = bytearray(data)
    for _ in range(chance.choice((1, 4, 32))):
        copy[chance.randrange(len(copy))] ^= 1 << chance.randrange(8)
    return Upload("flipped bits", form(bytes(copy)), may_pass=True)


def _png_bomb(data: bytes, chance: random.Random) -> Upload:  # noqa: ARG001
    side = chance.choice((8000, 30_000, 200_000, 2**31 - 1))
    rows = zlib.compress(bytes(1 << 20), 9) if side > 8000 else zlib.compress(bytes(side * (side // 8 + 1)), 9)
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    parts = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks]
    return Upload("picture bomb", form(b"\x89PNG\r\n\x1a\n" + b"".join(parts)))


def _tiff_bomb(data: bytes, chance: random.Random) -> Upload:  # noqa: ARG001
    side = chance.choice((10_000, 60_000, 2**32 - 1))
    entries = [(256, side), (257, side), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, side), (279, 4)]
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    loop = chance.choice((0, 8))  # the next directory: none, or this one again
    return Upload(
        "picture bomb", form(b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + table + bytes([loop] * 4))
    )


def _frames(data: bytes, chance: random.Random) -> Upload:  # noqa: ARG001
    from PIL import Image

    held = io.BytesIO()
    pictures = [Image.new("L", (16, 16), shade) for shade in range(0, 250, chance.choice((10, 50)))]
    pictures[0].save(held, chance.choice(("WEBP", "TIFF")), save_all=True, append_images=pictures[1:])
    return Upload("many frames", form(held.getvalue()))


def _wrong_type(data: bytes, chance: random.Random) -> Upload:
    heads = (b"%PDF-1.7\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"PK\3\4", b"\x7fELF", b"GIF89a", b"", b"\0")
    return Upload("wrong type", form(chance.choice(heads) + (data[40:] if chance.random() < 0.5 else b"")))


def _disguised(data: bytes, chance: random.Random) -> Upload:
    heads = (b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"II*\0", b"RIFF\0\0\0\0WEBP", b"MM\0+")
    return Upload("disguised", form(chance.choice(heads) + chance.randbytes(len(data))))


def _large(data: bytes, chance: random.Random) -> Upload:  # noqa: ARG001
    return Upload("too many bytes", form(b"\xff\xd8\xff" + bytes(26_000_000)))


def _huge_headers(data: bytes, chance: random.Random) -> Upload:
    size = chance.choice((5_000, 200_000))
    if chance.random() < 0.5:
        return Upload("huge headers", form(data), {"Content-Type": TYPE, "X-Long": "a" * max(size, 100_000)})
    return Upload("huge headers", b"--edge\r\n" + b"A: b\r\n" * size + form(data)[8:])


def _nested(data: bytes, chance: random.Random) -> Upload:
    body = form(data)
    for depth in range(chance.randrange(1, 60)):
        kind = b"Content-Type: multipart/mixed; boundary=edge%d" % depth
        body = (
            b'--edge\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n'
            + kind
            + b"\r\n\r\n"
            + body
            + END
        )
    return Upload("nested multipart", body)


def _many_parts(data: bytes, chance: random.Random) -> Upload:
    part = chance.choice((START % b"a" + data, b'--edge\r\nContent-Disposition: form-data; name="keep"\r\n\r\nall'))
    return Upload("many parts", b"\r\n".join([part] * 2000) + END)


def _paths(data: bytes, chance: random.Random) -> Upload:
    arguments = (
        ("keep", "file:/etc/passwd"),
        ("mask_model", "/etc/x.onnx"),
        ("model", "../assets/handtint"),
        ("keep", "\0"),
    )
    name, value = chance.choice(arguments)
    field_ = f'\r\n--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()
    return Upload("paths", START % b"../../../etc/passwd" + data + field_ + END)


def _fuzzed(data: bytes, chance: random.Random) -> Upload:
    body = bytearray(form(data))
    for _ in range(20):
        body[chance.randrange(min(120, len(body)))] = chance.randrange(256)
    kinds = (TYPE, "multipart/form-data", "multipart/form-data; boundary=\x7f", "image/jpeg", "")
    return Upload("fuzzed form", bytes(body), {"Content-Type": chance.choice(kinds)}, may_pass=True)


_KINDS = (
    _truncated,
    _flipped,
    _png_bomb,
    _wrong_type,
    _disguised,
    _tiff_bomb,
    _fuzzed,
    _frames,
    _huge_headers,
    _nested,
    _many_parts,
    _paths,
    _truncated,
    _flipped,
    _disguised,
    _fuzzed,
    _wrong_type,
    _truncated,
    _paths,
    _large,
)
