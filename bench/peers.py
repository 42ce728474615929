"""handtint beside what people would pick instead: python bench/peers.py [--rounds 2] [--megapixels 2] [--json FILE].

In turns, each in a process of its own and one thread, after a smaller first photograph:

- handtint, from a gray JPEG to a JPEG;
- the 2022 report's way in PyTorch, from a gray JPEG to a JPEG, from random weights: ViT-B/16 generator at 224 px,
  scikit-image's Lab, its RGB resized, DeepLabv3 on ResNet-101, one hard mask. Once with the segmentation network at
  the photograph's size, as torchvision's example has it, and once at 520 px, as that network was trained;
- networks of DDColor-tiny's size at 512 px and U2-Net's at 320 px, alone, from random weights, without decoding or
  blending: in PyTorch, as DDColor's own code runs, and in ONNX Runtime, as rembg runs U2-Net.

Printed are the least CPU and clock seconds of all rounds, the peak memory, and how many times handtint's they are.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

Work = Callable[[bytes], object]
HERE = Path(__file__).parent
FIRST = 0.2  # megapixels of the photograph before
SIDES = {"DdcolorTiny": 512, "U2Net": 320}
OURS = "handtint, all of it"
MAKE = "import sys; from parts import *; sys.stdout.buffer.write(Photo(photograph({})).encode(format='jpeg'))"


def handtint(_: Path) -> Work:
    """All of it, by an open tinter."""
    import cv2

    from handtint.pipeline import Tinter

    cv2.setNumThreads(1)
    return Tinter(threads=1).tint


def report(_: Path, *, side: int | None) -> Work:
    """The report's way; the segmentation network sees the photograph at its size, or with a shorter side of `side`."""
    import torch
    from torch.nn.functional import interpolate

    from handtint.nets.vit import ViTGenerator
    from peer_nets import DeepLab

    torch.set_num_threads(1)
    generator, segmenter = ViTGenerator(768, 12, 12).eval(), DeepLab().eval()

    def mask(whole: torch.Tensor) -> Any:
        height, width = whole.shape[2:]
        scale = side / min(height, width) if side else 1
        classes = segmenter(interpolate(whole, scale_factor=scale, mode="bilinear") if side else whole)
        return interpolate(classes, (height, width), mode="bilinear")[0].argmax(0).numpy() > 0

    return partial(blended, generator, mask)


def blended(generator: Callable[[Any], Any], mask: Callable[[Any], Any], data: bytes) -> bytes:
    """mask x colour + (1 - mask) x gray, as a JPEG."""
    import numpy as np
    import torch
    from PIL import Image
    from skimage import color, transform

    gray = Image.open(io.BytesIO(data)).convert("RGB")
    lightness = color.rgb2lab(np.asarray(gray.resize((224, 224))))[..., :1]
    with torch.inference_mode():
        ab = generator(torch.from_numpy(lightness.transpose(2, 0, 1)[None] / 50 - 1).float())[0].numpy() * 110
        kept = mask(torch.from_numpy(np.array(gray)).permute(2, 0, 1)[None].float() / 255)[..., None]
    small = color.lab2rgb(np.concatenate([lightness, ab.transpose(1, 2, 0)], axis=2))
    rgb = transform.resize(small, (gray.height, gray.width))
    out = io.BytesIO()
    values = rgb * kept + np.asarray(gray) / 255 * ~kept
    Image.fromarray((values * 255).astype(np.uint8)).save(out, "JPEG", quality=95)
    return out.getvalue()


def by_torch(_: Path, *, name: str) -> Work:
    """One look of a network, whatever the photograph."""
    import torch

    import peer_nets

    torch.set_num_threads(1)
    net = getattr(peer_nets, name)().eval()
    picture = torch.rand(1, 3, SIDES[name], SIDES[name])

    def look(_: bytes) -> object:
        with torch.inference_mode():
            return net(picture)

    return look


def by_onnx(folder: Path, *, name: str) -> Work:
    """The same of an exported network."""
    import numpy as np
    import onnxruntime as ort

    settings = ort.SessionOptions()
    settings.intra_op_num_threads = 1
    session = ort.InferenceSession(str(folder / f"{name}.onnx"), settings, providers=["CPUExecutionProvider"])
    picture = np.random.default_rng(0).random((1, 3, SIDES[name], SIDES[name]), np.float32)
    return lambda _: session.run(None, {session.get_inputs()[0].name: picture})


def export(folder: Path) -> None:
    """The networks, for `by_onnx`."""
    import torch

    import peer_nets

    torch.backends.mha.set_fastpath_enabled(False)
    for name, side in SIDES.items():
        net, picture = getattr(peer_nets, name)().eval(), torch.rand(1, 3, side, side)
        torch.onnx.export(net, (picture,), str(folder / f"{name}.onnx"), opset_version=17, dynamo=False)


PEERS: dict[str, Callable[[Path], Work]] = {
    OURS: handtint,
    "the report's way": partial(report, side=None),
    "the report's way, masks at 520 px": partial(report, side=520),
    "DDColor-tiny's size, PyTorch": partial(by_torch, name="DdcolorTiny"),
    "U2-Net's size, PyTorch": partial(by_torch, name="U2Net"),
    "DDColor-tiny's size, ONNX Runtime": partial(by_onnx, name="DdcolorTiny"),
    "U2-Net's size, ONNX Runtime": partial(by_onnx, name="U2Net"),
}


def one(name: str, folder: Path) -> dict[str, float]:
    """Seconds of a photograph after a first one, and the process's peak in megabytes."""
    work, photos = PEERS[name](folder), [(folder / f"{which}.jpg").read_bytes() for which in ("first", "photo")]
    work(photos[0])
    cpu, clock = time.process_time(), time.perf_counter()
    work(photos[1])
    taken = {"CPU s": time.process_time() - cpu, "clock s": time.perf_counter() - clock}
    return {**taken, "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def measured(rounds: int, folder: Path) -> dict[str, dict[str, float]]:
    """The least of all rounds, in turns."""
    found: dict[str, dict[str, float]] = {}
    single = {**os.environ, "OMP_NUM_THREADS": "1", "VIPS_CONCURRENCY": "1"}
    for _ in range(rounds):
        for name in PEERS:
            call = [sys.executable, __file__, "--one", name, "--folder", str(folder)]
            row = json.loads(subprocess.run(call, check=True, capture_output=True, text=True, env=single).stdout)
            found[name] = {key: min(row[key], found.get(name, row)[key]) for key in row}
    return found


def paired(found: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """With both networks one after the other: seconds added, the larger of the peaks."""
    for runtime in ("PyTorch", "ONNX Runtime"):
        both = [row for name, row in found.items() if name.endswith(runtime)]
        joined = {key: (max if key == "peak MB" else sum)(row[key] for row in both) for key in both[0]}
        found = {**found, f"both, {runtime}": joined}
    return found


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--megapixels", type=float, default=2)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(one(asked.one, asked.folder)))
        return
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(
            [sys.executable, "-c", f"import peers, pathlib; peers.export(pathlib.Path({name!r}))"],
            check=True,
            cwd=HERE,
            capture_output=True,
        )
        for which, size in (("first", FIRST), ("photo", asked.megapixels)):
            made = subprocess.run([sys.executable, "-c", MAKE.format(size)], check=True, capture_output=True, cwd=HERE)
            (folder / f"{which}.jpg").write_bytes(made.stdout)
        found = paired(measured(asked.rounds, folder))
    print("| | CPU s | times | clock s | times | peak MB | times |\n| --- | --- | --- | --- | --- | --- | --- |")
    for name, row in found.items():
        cells = (f"{value:.{0 if value > 100 else 2}f} | {value / found[OURS][key]:.1f}" for key, value in row.items())
        print(f"| {name} | {' | '.join(cells)} |")
    if asked.json:
        commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
        machine = f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}"
        facts = {"machine": machine, "commit": commit, "megapixels": asked.megapixels, "found": found}
        Path(asked.json).write_text(json.dumps(facts, indent=2) + "\n")


if __name__ == "__main__":
    main()
