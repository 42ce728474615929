"""Films measured: python bench/film.py [flicker] [speed] [memory] [following] [--photos DIR] [--cutouts DIR] ...

flicker: on clips of photographs in colour under a camera that pans and zooms, made gray, with grain, so that motion and
colours are known. The mean change of a*b* between neighbouring frames along the true motion; the same at the frames
that the networks looked at; the mean distance of a*b* to the truth; each carried, and frame by frame. The photographs
are the two that are shipped, or some of a folder's, chosen by a fixed seed; half of them is what the camera shows.
speed: frames a second from file to file at 854 x 480 and 1920 x 1080, by the clock and by the processor's time, on
which other programs have no bearing; and the processor's time by part, the networks and OpenCV in one thread each.
memory: after 300, 1,000 and 3,000 frames of 96 x 64, the peak and what is in use of what the C allocator holds (glibc);
and whether sound came through packet for packet.
following: the mean overlap (IoU) of the mask that follows a person and the true one, in clips of 60 frames of
360 x 240: cut-outs (PNG with alpha, of --cutouts) walk before photographs (of --photos), alone, or in front of another,
or behind one.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import av
import cv2
import numpy as np

import shots
import walks
from handtint.image.color import lab
from handtint.image.photo import Photo
from handtint.networks import Networks
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.types import Float
from handtint.video import encode, flow, predictions, render, sinks, source
from handtint.video.frame_tinting import tint_frame
from handtint.video.job import FilmJob
from handtint.video.render import Render
from handtint.video.tracker import Tracker

SIZE, FRAMES = (288, 384), 36  # of the clips for flicker
SPEEDS = {"480p": ((480, 854), 72), "1080p": ((1080, 1920), 36)}
SMALL = (64, 96)
MARKS = 300, 1000, 3000  # frames after which the memory is looked at
_MALLINFO = ["arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"]
PARTS: dict[str, list[tuple[Any, str]]] = {
    "networks": [(Networks, "colors"), (Networks, "first_look"), (Networks, "segment"), (Networks, "find_faces")],
    "motion": [(flow, "smoothed_lightness"), (flow, "motion"), (flow, "confidence")],
    "carrying": [
        (predictions, "warp_to"),
        (predictions, "blend"),
        (predictions, "fill_gaps"),
        (predictions, "warp_residual"),
    ],
    "painting": [(render, "tint_frame")],
    "decoding": [(source.Film, "_pixels")],
    "encoding": [(sinks, "to_video_frame"), (encode.Part, "add"), (encode.Part, "close")],
}


def flicker(clip: shots.Clip, tinter: Tinter, options: Options, *, carry: bool) -> dict[str, float]:
    """Means over the frames of one clip."""
    tracker, before = Tracker(tinter.networks, options, carry=carry), None
    changes, at_looks, errors, chromas = [], [], [], []
    for index in range(clip.frames):
        frame = clip.frame(index)
        seen = tracker.process(frame, index / 25)
        ab = lab.split(tint_frame(Photo(frame), tinter.networks, seen, options).photo.pixels)[1]
        errors.append(_length(ab - lab.split(clip.truth(index))[1]).mean())
        chromas.append(_length(ab).mean())
        if before is not None:
            was, inside = shots.moved(before, clip.before(index))
            changes.append(_length(ab - was)[inside].mean())
            at_looks += [changes[-1]] if seen.is_keyframe else []
        before = ab
    means = {"change": changes, "change at looks": at_looks, "error": errors, "chroma": chromas}
    return {name: float(np.mean(values)) for name, values in means.items()}


def _length(ab: Float) -> Float:
    return np.asarray(np.linalg.norm(ab, axis=2))


def flickers(photos: Path | None, count: int) -> dict[str, Any]:
    """The means over clips, each printed."""
    tinter, options, rows = Tinter(threads=1), Options(keep="all"), []
    for clip in shots.clips(photos, count, SIZE, FRAMES):
        carried, alone = (flicker(clip, tinter, options, carry=carry) for carry in (True, False))
        rows.append((carried, alone))
        share = carried["change"] / alone["change"]
        print(
            f"  {clip.name}: {share:.2f} of the change, error {carried['error']:.2f} for {alone['error']:.2f}",
            flush=True,
        )
    result: dict[str, Any] = {"clips": len(rows), "frames each": FRAMES}
    for name in rows[0][0]:
        one, other = (float(np.mean([row[i][name] for row in rows])) for i in (0, 1))
        result[name] = {"carried": one, "frame by frame": other, "share": one / other}
        print(f"flicker: mean {name}: {one:.3f} carried, {other:.3f} frame by frame: {one / other:.3f}")
    return result


def film(path: Path, size: tuple[int, int], frames: int) -> Path:
    """A film of the shipped photographs in shots of 48 frames, with sound."""
    return shots.write(path, list(shots.clips(None, 2, size, 48)), frames)


def run(path: Path, output: Path, *, threads: int, marks: tuple[int, ...] = ()) -> dict[str, Any]:
    """Tint a film; times from the first finished frame on, when the networks are loaded. Memory at the marks, in MB."""
    held, begun, count = [], (0.0, 0.0), 0
    with Render(FilmJob(source=str(path), output=str(output), options=Options(), threads=threads)) as rendering:
        for count in rendering.frames(Event()):
            if count == 1:
                begun = time.perf_counter(), time.process_time()
            held += [_held()] if count in marks else []
    wall, cpu = time.perf_counter() - begun[0], time.process_time() - begun[1]
    return {"frames": count, "wall s": wall, "cpu s": cpu, "memory MB": held}


class _Allocated(ctypes.Structure):
    """What mallinfo2 of glibc returns, in bytes."""

    _fields_ = [(name, ctypes.c_size_t) for name in _MALLINFO]


def _held() -> tuple[float, float, float]:
    """(peak of the process; in use, and free, of what the C allocator holds, 0 where it is not that of glibc) in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    mallinfo = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if mallinfo is None:
        return peak, 0.0, 0.0
    mallinfo.restype = _Allocated
    told = mallinfo()
    return peak, (told.uordblks + told.hblkhd) / 1e6, told.fordblks / 1e6


class _Busy(threading.local):
    """The parts that a thread is in, so that a function of a part within another of it does not count twice."""

    def __init__(self) -> None:
        self.parts: set[str] = set()


_BUSY = _Busy()


def profiled(path: Path, output: Path) -> dict[str, float]:
    """Milliseconds of the processor's time a frame by part; the codecs' own threads are what is left."""
    spent: dict[str, float] = defaultdict(float)
    cv2.setNumThreads(1)
    with contextlib.ExitStack() as stack:
        for part, places in PARTS.items():
            for home, name in places:
                stack.enter_context(_timed(home, name, part, spent))
        outcome = run(path, output, threads=1)
    parts = {part: 1000 * seconds / outcome["frames"] for part, seconds in spent.items()}
    parts["the rest, codecs' threads included"] = 1000 * outcome["cpu s"] / outcome["frames"] - sum(parts.values())
    return parts


@contextlib.contextmanager
def _timed(home: Any, name: str, part: str, spent: dict[str, float]) -> Iterator[None]:
    """Count the time of a function to a part."""
    inner: Callable[..., Any] = getattr(home, name)

    def outer(*args: Any, **kwargs: Any) -> Any:
        if part in _BUSY.parts:
            return inner(*args, **kwargs)
        start = time.thread_time()
        _BUSY.parts.add(part)
        try:
            return inner(*args, **kwargs)
        finally:
            _BUSY.parts.discard(part)
            spent[part] += time.thread_time() - start

    setattr(home, name, outer)
    yield
    setattr(home, name, inner)


def child(task: str, path: Path, output: Path) -> dict[str, Any]:
    """What a process of its own measures, so that nothing else counts."""
    call = [sys.executable, __file__, "--child", task, str(path), str(output)]
    return dict(json.loads(subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True).stdout))


def speed(folder: Path) -> dict[str, Any]:
    """Frames a second and times by part, for each size."""
    result = {}
    for name, (size, frames) in SPEEDS.items():
        path = film(folder / f"{name}.mp4", size, frames)
        times = child("run", path, folder / "out.mp4")
        parts = child("profile", path, folder / "out.mp4")
        done = times["frames"] - 1
        by_clock, by_cpu = done / times["wall s"], 2 * done / times["cpu s"]
        result[name] = {
            **times,
            "frames/s by the clock": by_clock,
            "frames/s of two free cores": by_cpu,
            "parts": parts,
        }
        each = 1000 * times["cpu s"] / done
        print(f"speed: {name}: {by_clock:.1f} frames/s by the clock, load {os.getloadavg()[0]:.1f};", end=" ")
        print(f"{each:.0f} ms of the processor a frame, which two free cores do {by_cpu:.1f} times a second")
        print("speed:", ", ".join(f"{part} {ms:.0f} ms" for part, ms in parts.items()), flush=True)
    return result


def memory(folder: Path) -> dict[str, Any]:
    """Peaks over many small frames, and the sound of the result."""
    path, output = film(folder / "small.mp4", SMALL, MARKS[-1]), folder / "small.out.mp4"
    outcome = child("memory", path, output)
    before, after = _sound(path), _sound(output)
    for mark, (peak, used, free) in zip(MARKS, outcome["memory MB"], strict=True):
        print(f"memory: after {mark} frames peak {peak:.0f} MB; allocator: {used:.0f} MB in use, {free:.0f} MB free")
    print(f"sound: {len(after)} packets, {'the same' if before == after else 'NOT the same'} as in the source")
    return {**outcome, "sound packets": len(after), "sound is the same": before == after}


def _sound(path: Path) -> list[tuple[int | None, int | None, bytes]]:
    with av.open(str(path)) as opened:
        return [(p.pts, p.dts, bytes(p)) for p in opened.demux(opened.streams.audio[0]) if p.size]


def following(cutouts: Path, photos: Path | None, count: int) -> dict[str, float]:
    """The mean overlap for each way to walk, and each quarter of the clips, printed."""
    networks, means = Tinter(threads=1).networks, defaultdict[str, list[float]](list)
    for walk in walks.walks(cutouts, photos or shots.SHIPPED, count, walks.SIZE, walks.FRAMES):
        found = np.array(walks.overlaps(walk, networks))
        quarters = " ".join(f"{part.mean():.2f}" for part in np.array_split(found, 4))
        print(f"  {walk.name}: {found.mean():.3f}, by quarters {quarters}", flush=True)
        means[walk.name.rpartition(" ")[0]].append(float(found.mean()))
    result = {way: float(np.mean(values)) for way, values in means.items()}
    print("following:", ", ".join(f"{way} {mean:.3f}" for way, mean in result.items()))
    return result


def _child(task: str, path: Path, output: Path) -> None:
    tasks = {
        "run": lambda: run(path, output, threads=0),
        "profile": lambda: profiled(path, output),
        "memory": lambda: run(path, output, threads=0, marks=MARKS),
    }
    print(json.dumps(tasks[task]()))


def main() -> None:
    """Measure what is asked for, print it, and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["flicker", "speed", "memory"])
    parser.add_argument("--cutouts", type=Path, help="a folder of persons cut out, for following")
    parser.add_argument("--photos", type=Path, help="a folder of photographs in colour, for flicker")
    parser.add_argument("--count", type=int, default=8, help="of them, at most")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    result: dict[str, Any] = {"machine": f"{os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()}"}
    with tempfile.TemporaryDirectory() as folder:
        for what in args.what:
            tasks = {
                "flicker": lambda: flickers(args.photos, args.count),
                "speed": lambda: speed(Path(folder)),
                "memory": lambda: memory(Path(folder)),
                "following": lambda: following(args.cutouts, args.photos, args.count),
            }
            result[what] = tasks[what]()
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _child(sys.argv[2], *map(Path, sys.argv[3:])) if sys.argv[1:2] == ["--child"] else main()
