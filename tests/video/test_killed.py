"""The command itself, killed in mid-film: given again, it makes the bytes of a run that nobody disturbed."""

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
# The command with the simple networks of the tests and short parts; it kills itself as it takes a certain frame.
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


def handtint(kill_at: int, *words: object) -> subprocess.CompletedProcess[str]:
    """The command, killed at a frame; 0 for never."""
    call = [sys.executable, "-c", COMMAND, str(kill_at), *map(str, words)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
    done = subprocess.run(call, capture_output=True, text=True, timeout=300, check=False, env=environment)
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.mark.parametrize(("codec", "ending"), [("h264", "mp4"), ("ffv1", "mkv")])
def test_killed_in_mid_film_it_goes_on_to_the_same_bytes(
    clip: Path, tmp_path: Path, codec: str, ending: str, tinter: Tinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / f"out.{ending}"
    words = "tint", clip, "-o", out, "--codec", codec
    assert handtint(13, *words).returncode == -signal.SIGKILL
    assert not out.exists()
    again = handtint(0, *words)
    assert again.returncode == 0
    assert "8 of 20 frames were done by an earlier run" in again.stderr
    monkeypatch.setattr(render, "PART_FRAMES", 8)
    whole = tmp_path / "whole" / out.name
    whole.parent.mkdir()
    with Render(FilmJob(source=str(clip), output=str(whole), options=Options(), codec=codec)) as run:
        assert list(run.frames(Event())) == list(range(1, 21))
    assert out.read_bytes() == whole.read_bytes()
    assert not Path(f"{out}.handtint").exists()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "the file is empty"),
        (b"not a film at all" * 99, "cannot be read as a film"),
        (None, "cannot be read as a film"),  # a film without its end, where an MP4 has its table
    ],
)
def test_a_bad_film_is_one_line_and_leaves_nothing(clip: Path, tmp_path: Path, content: bytes | None, why: str) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(clip.read_bytes()[:-4000] if content is None else content)
    done = handtint(0, "tint", bad, "-o", tmp_path / "out.mp4")
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if "bad.mp4" in line] == done.stderr.splitlines()
    assert f"{bad}: " in done.stderr
    assert why in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.mp4", "in.mp4"]


def test_a_part_closed_twice_is_whole(clip: Path, tmp_path: Path) -> None:
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


def test_a_film_closed_twice_and_read_after_it_is_an_error_no_crash(clip: Path) -> None:
    code = (
        "import sys; from handtint.video.source import Film\n"
        f"film = Film({str(clip)!r})\n"
        "frames = film.frames(); next(frames)\n"
        "film.__exit__(); film.__exit__()\n"
        "try: print(sum(1 for _ in frames))\n"
        "except Exception as error: print(type(error).__name__)\n"
        "frames.close(); film.__exit__(); print('alive')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["ValueError", "alive"]
