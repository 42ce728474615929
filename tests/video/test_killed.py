"""The command, killed during a film: resumed, it writes the bytes of an uninterrupted run."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from clips import frames

from handtint.errors import OutputError
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.video import codecs, render
from handtint.video.encode import Part, to_video_frame
from handtint.video.job import FilmJob
from handtint.video.render import Render
from handtint.video.source import Film

TESTS = Path(__file__).parents[1]
# The command with the simple networks of the tests and short parts; it kills itself at a given frame.
COMMAND = """
import os, signal, sys
from conftest import ConstantColor, LeftHalf, NoFaces
from handtint import zoo
from handtint.cli import main
from handtint.video import render, sinks
engines = {"color": ConstantColor(30, 20), "mask": LeftHalf(), "faces": NoFaces()}
zoo.Model.engine = lambda model, **_: engines[model.task]
render.PART_FRAMES, left, add = 8, [int(sys.argv.pop(1))], sinks.FilmSink.add
def killing(sink, frame):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    add(sink, frame)
sinks.FilmSink.add = killing
main()
"""


def handtint(kill_at: int, *args: object) -> subprocess.CompletedProcess[str]:
    """The command, killed at a frame; 0 for never."""
    command = [sys.executable, "-c", COMMAND, str(kill_at), *map(str, args)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)
    assert "Traceback" not in result.stderr, result.stderr
    return result


@pytest.mark.parametrize(("codec", "ending"), [("h264", "mp4"), ("ffv1", "mkv")])
def test_a_killed_film_is_resumed_to_the_same_bytes(
    clip: Path, tmp_path: Path, codec: str, ending: str, tinter: Tinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / f"out.{ending}"
    args = "tint", clip, "-o", out, "--codec", codec
    assert handtint(13, *args).returncode == -signal.SIGKILL
    assert not out.exists()
    resumed = handtint(0, *args)
    assert resumed.returncode == 0
    assert "8 of 20 frames were done by an earlier run" in resumed.stderr
    monkeypatch.setattr(render, "PART_FRAMES", 8)
    uninterrupted = tmp_path / "whole" / out.name
    uninterrupted.parent.mkdir()
    with Render(FilmJob(source=str(clip), output=str(uninterrupted), options=Options(), codec=codec)) as run:
        assert list(run.frames(Event())) == list(range(1, 21))
    assert out.read_bytes() == uninterrupted.read_bytes()
    assert not Path(f"{out}.handtint").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"not a film at all" * 99, "cannot be read as a film"),
        (None, "cannot be read as a film"),  # a film without its end, where an MP4 has its index
    ],
)
def test_a_bad_film_is_an_error_in_one_line_without_output(
    clip: Path, tmp_path: Path, content: bytes | None, message: str
) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(clip.read_bytes()[:-4000] if content is None else content)
    result = handtint(0, "tint", bad, "-o", tmp_path / "out.mp4")
    assert result.returncode == 1
    assert [line for line in result.stderr.splitlines() if "bad.mp4" in line] == result.stderr.splitlines()
    assert f"{bad}: " in result.stderr
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.mp4", "in.mp4"]


def test_a_part_closed_twice_is_complete(clip: Path, tmp_path: Path) -> None:
    with Film(str(clip)) as film:
        info = film.info
    part = Part(str(tmp_path / "part.mkv"), info, codecs.CODECS["h264"], 18, b_frames=True)
    for pts in (0, 512, 1024):
        part.add(to_video_frame(np.full((*info.size, 3), 90, np.uint8), pts, info, "yuv420p"))
    part.close()
    part.abort()
    with pytest.raises(OutputError, match="part"):
        part.close()
    assert len(frames(tmp_path / "part.mkv")) == 3


def test_reading_a_closed_film_is_an_error_not_a_crash(clip: Path) -> None:
    code = (
        "import sys; from handtint.video.source import Film\n"
        f"film = Film({str(clip)!r})\n"
        "frames = film.frames(); next(frames)\n"
        "film.__exit__(); film.__exit__()\n"
        "try: print(sum(1 for _ in frames))\n"
        "except Exception as error: print(type(error).__name__)\n"
        "frames.close(); film.__exit__(); print('alive')\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["ValueError", "alive"]
