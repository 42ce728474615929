"""The shipped networks: verified files, complete records, size and output shapes."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from handtint import weights
from handtint.errors import WeightsError
from handtint.train import shipped
from handtint.weights import manifest
from handtint.zoo import CATALOGUE, Model

SHIPPED = [model for model in CATALOGUE.values() if model.name in manifest()]


@pytest.mark.parametrize("model", SHIPPED, ids=lambda m: m.name)
def test_each_model_has_verified_weights_and_a_complete_record(model: Model) -> None:
    record = model.weights
    assert record.present
    assert record.verified() == record.path
    assert all((record.licence, record.start, record.data, record.steps, record.measured, record.scores))
    assert all((shipped.FOLDER / recipe).exists() for recipe in record.recipe.split(" + "))


def test_all_weights_are_below_60_megabytes() -> None:
    assert sum(model.weights.size for model in SHIPPED) < 60e6


@pytest.mark.parametrize("model", SHIPPED, ids=lambda m: m.name)
@pytest.mark.parametrize("size", [(32, 32), (96, 160)])
def test_each_model_runs_at_several_sizes(model: Model, size: tuple[int, int]) -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (1, 1, *size)).astype(np.float32)
    outputs = model.engine().run(x)
    h, w = size
    shapes = {
        "color": [(1, 2, h // 2, w // 2)],
        "mask": [(1, 21, h // 4, w // 4), (1, 1, h // 2, w // 2), (1, 64, h // 4, w // 4)],
        "parts": [(1, 4, h // 4, w // 4)],
        "faces": [(1, 1, h // 4, w // 4), (1, 2, h // 4, w // 4), (1, 2, h // 4, w // 4)],
    }
    assert [o.shape for o in outputs] == shapes[model.task]
    assert all(np.isfinite(o).all() for o in outputs)


def test_damaged_weights_are_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = CATALOGUE["handtint"].weights
    monkeypatch.setattr(weights, "ASSETS", tmp_path)
    with pytest.raises(WeightsError, match="No such file"):
        record.verified()
    (tmp_path / record.file).write_bytes(b"x")
    assert not record.present
    with pytest.raises(WeightsError, match="sha256"):
        record.verified()


@pytest.mark.parametrize("last", range(5))
def test_an_interrupted_replacement_leaves_weights_with_their_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    def store(data: bytes) -> None:
        record = replace(CATALOGUE["handtint"].weights, file="x.onnx", sha256=sha256(data).hexdigest(), size=len(data))
        weights.store("x", record, data, tmp_path)

    renamed = 0

    def rename_or_stop(source: Path, target: Path, rename: Callable[[Path, Path], None] = os.replace) -> None:
        nonlocal renamed
        if renamed == last:
            raise KeyboardInterrupt
        renamed += 1
        rename(source, target)

    store(b"old")
    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(os, "replace", rename_or_stop)
        store(b"new")
    record = weights.read(tmp_path / "manifest.json")["x"]
    stored = replace(record, file=str(tmp_path / record.file)).verified().read_bytes()
    assert stored == (b"old" if last < 2 else b"new")
    assert renamed == min(last, 4)
    assert not list(tmp_path.glob("*.part"))
    store(b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.json", "x.onnx"]


def test_records_are_written_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = replace(CATALOGUE["handtint"].weights, scores={"x": 0.5})
    monkeypatch.setattr(weights, "MANIFEST", tmp_path / "manifest.json")
    weights.record("one", first)
    assert weights.manifest() == {"one": first}
    weights.manifest.cache_clear()
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(WeightsError, match=r"manifest\.json"):
        weights.manifest()
    weights.manifest.cache_clear()
