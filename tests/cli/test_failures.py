"""Whatever is wrong with files, folders and disks: one line each, exit status 1, nothing half-written."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from handtint.image.photo import Photo

MAIN = "from handtint.cli import main; main()"
SMALL_FILES = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)); "
BARE = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}  # an environment with no PYTHON* in it
PRINTING = [  # every command, each at a way out of its own
    "--help", "--version", "models", "models --json", "train --list", "inspect {photo}", "inspect {photo} --json",
    "label --help", "evaluate --help", "evaluate colour --help", "evaluate masks --help", "study --help",
    "export --help", "serve --help", "web --help", "completion bash",
]  # fmt: skip
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


ALONE = ("unshare", "--map-root-user", "--mount")


def may_mount() -> bool:
    """Whether a file system of one's own may be mounted here, seen by nobody else."""
    return bool(shutil.which("unshare")) and not subprocess.run([*ALONE, "true"], capture_output=True).returncode


@linux
@pytest.mark.skipif(not may_mount(), reason="needs the right to mount a file system of its own")
@pytest.mark.parametrize("source", ["a photo", "a folder"])
def test_a_disk_with_no_room(source: str, sample: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    script = 'mount -t tmpfs -o size=96k none "$0" && "$@"; status=$?; ls -A "$0" | grep part$; exit $status'
    photos, target = (sample, disk / "out.png") if source == "a photo" else (sample.parent, f"{disk}/")
    status, lines = tint(photos, "-o", target, wrap=(*ALONE, "sh", "-c", script, str(disk)))
    assert status == 1
    assert "no space left on device" in "".join(lines)
    assert len(lines) == 1 or lines[-1] == "handtint: stopped; run the same command again to continue"


@linux
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("tint {photo} -o - > /dev/full", "standard output: No space left on device"),
        ("tint {photo} -o - >&-", "standard output: closed"),
        ("tint - -o out.png <&-", "standard input: closed"),
        ("tint - -o out.png < /dev/null", "standard input: empty"),
        ("inspect - <&-", "standard input: closed"),
        *((f"{words} > /dev/full", "standard output: No space left on device") for words in PRINTING),
        ("tint --help > /dev/full", "standard output: No space left on device"),
        ("tint /dev/zero -o out.png", "/dev/zero: is a device, not a file"),
        ("tint {photo} -o loop.png", "loop.png: too many levels of symbolic links"),
        ("tint {photo} -o loop.png/out.png", "loop.png/out.png: a part of the path is a file, not a folder"),
        ("tint {photo} -o out.png --mask .", ".: is a folder, not a file"),
        ("tint {photo} -o out.png --mask loop.png", "loop.png: too many levels of symbolic links"),
        ("tint {photo} -o out.png --keep file:.", ".: is a folder, not a file"),
        ("tint {photo}", "file name too long"),
    ],
)
@pytest.mark.parametrize("unbuffered", [{}, {"PYTHONUNBUFFERED": "1"}], ids=["buffered", "unbuffered"])
def test_streams_devices_and_loops(words: str, reason: str, unbuffered: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "loop.png").symlink_to("loop.png")
    name = "a" * 250 + ".png"
    Photo(np.full((20, 30), 99, np.uint8)).write(tmp_path / name)
    command = f"exec '{sys.executable}' -c '{MAIN}' {words.format(photo=name)}"
    environment = BARE | unbuffered
    call = ["sh", "-c", command]
    done = subprocess.run(call, cwd=tmp_path, env=environment, capture_output=True, timeout=300, check=False)
    said = done.stderr.decode().splitlines()
    assert done.returncode == 1, said
    assert len(said) == 1
    assert said[0].endswith(reason)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["loop.png", name])


@linux
def test_a_reader_that_goes_away(sample: Path) -> None:
    command = f"'{sys.executable}' -c '{MAIN}' tint {sample} -o - | head -c 10"
    done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=300, check=False)
    assert len(done.stdout) == 10
    assert b"Traceback" not in done.stderr


@linux
def test_names_in_a_locale_without_letters(sample: Path, tmp_path: Path) -> None:
    plain = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PATH": os.environ["PATH"]}
    good, bad = (os.path.join(os.fsencode(tmp_path), name) for name in (b"caf\xe9.jpg", "été \N{CAT}.jpg".encode()))
    shutil.copy(sample, good)
    Path(os.fsdecode(bad)).write_bytes(b"junk")
    call = [sys.executable, "-c", MAIN, "tint", good, bad, "-o", f"{tmp_path}/out/"]
    done = subprocess.run(call, env=plain, capture_output=True, timeout=300, check=False)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.decode("ascii").splitlines() if "not a photograph format" in line]
    assert r"\xc3\xa9t\xc3\xa9" in line
    assert Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), b"out", b"caf\xe9.jpg"))).exists()
