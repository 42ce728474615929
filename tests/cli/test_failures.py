"""Whatever is wrong with files, folders and disks: one line each, exit status 1, nothing half-written."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

MAIN = "from handtint.cli import main; main()"
SMALL_FILES = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)); "
linux = pytest.mark.skipif(sys.platform != "linux", reason="names as bytes, limits and links as Linux has them")


def tint(*words: object, before: str = "", wrap: tuple[str, ...] = ()) -> tuple[int, list[str]]:
    """(exit status, lines on standard error) of `handtint tint`."""
    call = [*wrap, sys.executable, "-c", before + MAIN, "tint", *map(os.fsencode, map(str, words))]
    done = subprocess.run(call, capture_output=True, timeout=300, check=False)
    said = done.stderr.decode()  # in UTF-8, whatever the names
    assert "Traceback" not in said, said
    assert "unexpected" not in said, said
    return done.returncode, [line for line in said.splitlines() if line.startswith("handtint: ")]


def bomb() -> bytes:
    """A PNG of 1.6 gigapixels in a few hundred bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 40000, 40000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(500))) + chunk(b"IEND", b"")


def lines_of(lines: list[str], path: Path) -> list[str]:
    return [line for line in lines if line.startswith(f"handtint: {path}: ")]


@linux
def test_a_folder_of_bad_files(sample: Path, tmp_path: Path) -> None:
    whole, into = sample.read_bytes(), tmp_path / "in"
    into.mkdir()
    bad = {
        "empty.jpg": (b"", "the file is empty"),
        "cut.jpg": (whole[: len(whole) // 2], "cannot be decoded as jpeg"),
        "noise.png": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "cannot be decoded as png"),
        "text.tif": (b"not a picture", "not a photograph format"),
        "drawing.png": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a photograph format (svg)"),
        "bomb.png": (bomb(), "over the limit of 300000000 pixels"),
    }
    for name, (data, _) in bad.items():
        (into / name).write_bytes(data)
    (into / "wrong ending.png").write_bytes(whole)
    (into / "loop.jpg").symlink_to("loop.jpg")
    (into / "round").symlink_to(into, target_is_directory=True)
    (into / "gone.jpg").symlink_to("nowhere")
    os.mkfifo(into / "pipe.jpg")
    (into / os.fsdecode(b"caf\xe9 \xff.jpg")).write_bytes(b"junk")
    (into / "bell\x1b[2J\a.jpg").write_bytes(b"junk")
    (into / os.fsdecode(b"good \xe9.jpg")).write_bytes(whole)
    (into / "folder.jpg").mkdir()
    status, lines = tint(into, "-o", tmp_path / "out")
    assert status == 1
    for name, (_, reason) in bad.items():
        (line,) = lines_of(lines, into / name)
        assert reason in line
    for name, reason in {
        "loop.jpg": "symbolic links",
        "gone.jpg": "no such file",
        "pipe.jpg": "the file is empty",
        r"caf\xe9 \xff.jpg": "not a photograph format",
        r"bell\x1b[2J\x07.jpg": "not a photograph format",
    }.items():
        (line,) = lines_of(lines, into / name)
        assert reason in line
    made = sorted(os.fsencode(path.name) for path in (tmp_path / "out").iterdir())
    assert [name for name in made if not name.startswith((b".", b"handtint-report."))] == [
        b"good \xe9.jpg",
        b"wrong ending.png",
    ]
    assert not [name for name in made if name.endswith(b".part")]


@linux
def test_single_failures(sample: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "folder.png").mkdir()
    for target, reason in {
        tmp_path / "file" / "out.png": "a part of the path is a file",
        "/proc/out.png": "",
    }.items():
        status, lines = tint(sample, "-o", target)
        assert (status, len(lines) or 1) == (1, 1), lines
        assert reason in "".join(lines)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.png"]


@linux
@pytest.mark.parametrize("ending", ["tif", "jpg"])
def test_a_full_disk(ending: str, sample: Path, tmp_path: Path) -> None:
    old = tmp_path / f"out.{ending}"
    old.write_bytes(b"old")
    status, lines = tint(sample, "-o", old, before=SMALL_FILES)
    assert status == 1
    assert [line for line in lines if "file too large" in line], lines
    assert old.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir() if not p.name.startswith(".handtint")] == [old.name]


@linux
@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs setpriv, to be root without root's rights")
def test_no_permission(sample: Path, tmp_path: Path) -> None:
    bare = ("setpriv", "--bounding-set", "-all", "--inh-caps", "-all") if os.geteuid() == 0 else ()
    secret, closed = tmp_path / "secret.jpg", tmp_path / "closed"
    secret.write_bytes(sample.read_bytes())
    secret.chmod(0)
    closed.mkdir(mode=0o500)
    status, lines = tint(secret, wrap=bare)
    assert (status, lines) == (1, [f"handtint: {secret}: no permission"])
    status, lines = tint(sample, "-o", closed / "out.png", wrap=bare)
    assert status == 1
    assert "no permission" in lines[-1]
    assert not list(closed.iterdir())
