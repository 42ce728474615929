"""What int8 networks lose and save: python bench/int8.py --colour DIR|SHARD... --masks DIR|SHARD... [--limit 150].

The networks of colours and masks, quantised by ONNX Runtime (static, QDQ, a scale for each output channel), calibrated
on aged copies of training photographs, beside the shipped ones: size, the CPU time of a look in one thread, the least
of all, and the errors of `bench/effort.py` on held-out photographs. The files go to --out, for a look at pictures.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from effort import chosen, colours, outlines
from handtint.data import augment, ground_truth, sources
from handtint.data.labels import mask_pairs
from handtint.engines.onnx import HINTS, OnnxEngine
from handtint.image.color import lab
from handtint.image.color.view import network_view
from handtint.zoo import find

KINDS = ["Conv", "MatMul"]


class Calibration(CalibrationDataReader):
    """What a network is given for aged photographs, one after the other."""

    def __init__(self, items: Sequence[Any], side: int, *, hints: bool) -> None:
        self._inputs = self._made(items, side, hints)

    def get_next(self) -> dict[str, Any] | None:
        """The inputs of the next photograph by their names; None after the last."""
        return next(self._inputs, None)

    @staticmethod
    def _made(items: Sequence[Any], side: int, hints: bool) -> Iterator[dict[str, Any]]:
        rng = np.random.default_rng(0)
        for item in items:
            L = augment.degrade(rng, lab.lightness(ground_truth.rgb(item)), prob=0.5)
            x = network_view(lab.gray(L), side, None)[1]
            yield {"L": x, **({HINTS: np.zeros((1, 3, *x.shape[2:]), np.float32)} if hints else {})}


def quantised(source: Path, out: Path, calibration: Calibration) -> Path:
    """The network of a file with int8 convolutions and products, written as another."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"  # weights of half size widened, constants folded, no fused operators
        settings = ort.SessionOptions()
        settings.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        settings.optimized_model_filepath = str(plain)
        ort.InferenceSession(str(source), settings, providers=["CPUExecutionProvider"])
        quantize_static(
            str(plain),
            str(out),
            calibration,
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=KINDS,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
    return out


def row(name: str, path: Path, figures: str) -> str:
    """A line of the table."""
    return f"| {name} | {path.stat().st_size / 1e6:.1f} | {figures} |"


def main() -> None:
    """Print two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--colour", nargs="+", required=True)
    parser.add_argument("--masks", nargs="*", default=[])
    parser.add_argument("--limit", type=int, default=150)
    parser.add_argument("--calibrate", type=int, default=100, help="photographs to calibrate on")
    parser.add_argument("--out", type=Path, default=Path("int8"))
    asked = parser.parse_args()
    asked.out.mkdir(exist_ok=True)
    training, held_out = sources.split(sources.open_sources(asked.colour))
    aged = chosen(training, asked.calibrate)
    model = find("handtint", "color")
    small = quantised(model.weights.path, asked.out / "colour.onnx", Calibration(aged, model.side, hints=True))
    photos = [ground_truth.rgb(item) for item in chosen(held_out, asked.limit)]
    print(f"\n| {len(photos)} photographs | MB | CPU ms | a / b MAE | colourfulness |\n| --- | --- | --- | --- | --- |")
    for name, path in (("colours", model.weights.path), ("colours, int8", small)):
        print(row(name, path, colours(photos, OnnxEngine(path, threads=1), model.side)), flush=True)
    if asked.masks:
        pairs = [pair for pair in mask_pairs(sources.open_sources(asked.masks)) if sources.held_out(pair[0])]
        some, model = chosen(pairs, asked.limit), find("handtint-mask", "mask")
        small = quantised(model.weights.path, asked.out / "mask.onnx", Calibration(aged, model.side, hints=False))
        print(f"\n| {len(some)} photographs | MB | CPU ms | foreground IoU | mIoU |\n| --- | --- | --- | --- | --- |")
        for name, path in (("masks", model.weights.path), ("masks, int8", small)):
            engine = OnnxEngine(path, threads=1)
            print(row(name, path, outlines(lambda: ground_truth.masks(some), engine, model.side)), flush=True)


if __name__ == "__main__":
    main()
