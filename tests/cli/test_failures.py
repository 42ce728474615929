"""Errors of files, folders and disks: one line each, exit status 1, and no partial results."""

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
CLEAN_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": os.environ.get("HOME", "/"),
}  # without PYTHON*
PRINTING_COMMANDS = [  # every command, for each way of printing
    "--help", "--version", "models", "models --json", "train --list", "inspect {photo}", "inspect {photo} --json",
    "label --help", "evaluate --help", "evaluate colour --help", "evaluate masks --help", "study --help",
    "export --help", "serve --help", "web --help", "completion bash",
]  # fmt: skip
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs byte file names, resource limits and links of Linux")


def tint(*args: object, preamble: str = "", wrap: tuple[str, ...] = ()) -> tuple[int, list[str]]:
    """(exit status, lines on standard error) of `handtint tint`."""
    command = [*wrap, sys.executable, "-c", preamble + MAIN, "tint", *map(os.fsencode, map(str, args))]
    run = subprocess.run(command, capture_output=True, timeout=300, check=False)
    output = run.stderr.decode()  # in UTF-8 for all names
    assert "Traceback" not in output, output
    assert "unexpected" not in output, output
    return run.returncode, [line for line in output.splitlines() if line.startswith("handtint: ")]


def bomb() -> bytes:
    """A PNG of 1.6 gigapixels in a few hundred bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 40000, 40000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(500))) + chunk(b"IEND", b"")
    )


def lines_about(lines: list[str], path: Path) -> list[str]:
    return [line for line in lines if line.startswith(f"handtint: {path}: ")]


@linux
def test_bad_files_of_a_folder_are_each_one_line_and_the_others_are_done(sample: Path, tmp_path: Path) -> None:
    photo, folder = sample.read_bytes(), tmp_path / "in"
    folder.mkdir()
    bad = {
        "empty.jpg": (b"", "the file is empty"),
        "cut.jpg": (photo[: len(photo) // 2], "cannot be decoded as jpeg"),
        "noise.png": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "cannot be decoded as png"),
        "text.tif": (b"not a picture", "not a photograph format"),
        "drawing.png": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a photograph format (svg)"),
        "bomb.png": (bomb(), "over the limit of 300000000 pixels"),
    }
    for name, (data, _) in bad.items():
        (folder / name).write_bytes(data)
    (folder / "wrong ending.png").write_bytes(photo)
    (folder / "loop.jpg").symlink_to("loop.jpg")
    (folder / "round").symlink_to(folder, target_is_directory=True)
    (folder / "gone.jpg").symlink_to("nowhere")
    os.mkfifo(folder / "pipe.jpg")
    (folder / os.fsdecode(b"caf\xe9 \xff.jpg")).write_bytes(b"junk")
    (folder / "bell\x1b[2J\a.jpg").write_bytes(b"junk")
    (folder / os.fsdecode(b"good \xe9.jpg")).write_bytes(photo)
    (folder / "folder.jpg").mkdir()
    status, lines = tint(folder, "-o", tmp_path / "out")
    assert status == 1
    for name, (_, reason) in bad.items():
        (line,) = lines_about(lines, folder / name)
        assert reason in line
    for name, reason in {
        "loop.jpg": "symbolic links",
        "gone.jpg": "no such file",
        "pipe.jpg": "the file is empty",
        r"caf\xe9 \xff.jpg": "not a photograph format",
        r"bell\x1b[2J\x07.jpg": "not a photograph format",
    }.items():
        (line,) = lines_about(lines, folder / name)
        assert reason in line
    results = sorted(os.fsencode(path.name) for path in (tmp_path / "out").iterdir())
    assert [name for name in results if not name.startswith((b".", b"handtint-report."))] == [
        b"good \xe9.jpg",
        b"wrong ending.png",
    ]
    assert not [name for name in results if name.endswith(b".part")]


@linux
def test_an_unwritable_target_is_an_error_in_one_line(sample: Path, tmp_path: Path) -> None:
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
def test_a_full_disk_is_one_line_and_leaves_the_old_file(ending: str, sample: Path, tmp_path: Path) -> None:
    old = tmp_path / f"out.{ending}"
    old.write_bytes(b"old")
    status, lines = tint(sample, "-o", old, preamble=SMALL_FILES)
    assert status == 1
    assert [line for line in lines if "file too large" in line], lines
    assert old.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir() if not p.name.startswith(".handtint")] == [old.name]


@linux
@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs setpriv, to drop the privileges of root")
def test_missing_permission_is_an_error_in_one_line(sample: Path, tmp_path: Path) -> None:
    unprivileged = ("setpriv", "--bounding-set", "-all", "--inh-caps", "-all") if os.geteuid() == 0 else ()
    unreadable, read_only = tmp_path / "secret.jpg", tmp_path / "closed"
    unreadable.write_bytes(sample.read_bytes())
    unreadable.chmod(0)
    read_only.mkdir(mode=0o500)
    status, lines = tint(unreadable, wrap=unprivileged)
    assert (status, lines) == (1, [f"handtint: {unreadable}: no permission"])
    status, lines = tint(sample, "-o", read_only / "out.png", wrap=unprivileged)
    assert status == 1
    assert "no permission" in lines[-1]
    assert not list(read_only.iterdir())


UNSHARE = ("unshare", "--map-root-user", "--mount")


def may_mount() -> bool:
    """Whether a private file system may be mounted here."""
    return bool(shutil.which("unshare")) and not subprocess.run([*UNSHARE, "true"], capture_output=True).returncode


@linux
@pytest.mark.skipif(not may_mount(), reason="needs permission to mount a private file system")
@pytest.mark.parametrize("source", ["a photo", "a folder"])
def test_a_disk_without_space_is_an_error_in_one_line(source: str, sample: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    script = 'mount -t tmpfs -o size=96k none "$0" && "$@"; status=$?; ls -A "$0" | grep part$; exit $status'
    photos, target = (sample, disk / "out.png") if source == "a photo" else (sample.parent, f"{disk}/")
    status, lines = tint(photos, "-o", target, wrap=(*UNSHARE, "sh", "-c", script, str(disk)))
    assert status == 1
    assert "no space left on device" in "".join(lines)
    assert len(lines) == 1 or lines[-1] == "handtint: stopped; run the same command again to continue"


@linux
@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ("tint {photo} -o - > /dev/full", "standard output: No space left on device"),
        ("tint {photo} -o - >&-", "standard output: closed"),
        ("tint - -o out.png <&-", "standard input: closed"),
        ("tint - -o out.png < /dev/null", "standard input: empty"),
        ("inspect - <&-", "standard input: closed"),
        *((f"{args} > /dev/full", "standard output: No space left on device") for args in PRINTING_COMMANDS),
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
def test_errors_of_streams_devices_and_links_are_one_line(
    args: str, reason: str, unbuffered: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "loop.png").symlink_to("loop.png")
    name = "a" * 250 + ".png"
    Photo(np.full((20, 30), 99, np.uint8)).write(tmp_path / name)
    command = f"exec '{sys.executable}' -c '{MAIN}' {args.format(photo=name)}"
    environment = CLEAN_ENVIRONMENT | unbuffered
    run = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, env=environment, capture_output=True, timeout=300, check=False
    )
    output = run.stderr.decode().splitlines()
    assert run.returncode == 1, output
    assert len(output) == 1
    assert output[0].endswith(reason)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["loop.png", name])


@linux
def test_a_closed_pipe_is_no_traceback(sample: Path) -> None:
    command = f"'{sys.executable}' -c '{MAIN}' tint {sample} -o - | head -c 10"
    run = subprocess.run(["sh", "-c", command], capture_output=True, timeout=300, check=False)
    assert len(run.stdout) == 10
    assert b"Traceback" not in run.stderr


@linux
def test_file_names_of_any_bytes_work_in_the_c_locale(sample: Path, tmp_path: Path) -> None:
    environment = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PATH": os.environ["PATH"]}
    good, bad = (os.path.join(os.fsencode(tmp_path), name) for name in (b"caf\xe9.jpg", "été \N{CAT}.jpg".encode()))
    shutil.copy(sample, good)
    Path(os.fsdecode(bad)).write_bytes(b"junk")
    command = [sys.executable, "-c", MAIN, "tint", good, bad, "-o", f"{tmp_path}/out/"]
    run = subprocess.run(command, env=environment, capture_output=True, timeout=300, check=False)
    assert run.returncode == 1
    (line,) = [line for line in run.stderr.decode("ascii").splitlines() if "not a photograph format" in line]
    assert r"\xc3\xa9t\xc3\xa9" in line
    assert Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), b"out", b"caf\xe9.jpg"))).exists()
