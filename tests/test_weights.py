"""The shipped networks are whole, recorded, small and alive."""

from dataclasses import replace
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
def test_each_model_has_whole_weights_and_a_full_record(model: Model) -> None:
    record = model.weights
    assert record.present
    assert record.verified() == record.path
    assert all((record.licence, record.start, record.data, record.steps, record.measured, record.scores))
    assert all((shipped.FOLDER / recipe).exists() for recipe in record.recipe.split(" + "))


def test_all_weights_stay_under_60_megabytes() -> None:
    assert sum(model.weights.size for model in SHIPPED) < 60e6


@pytest.mark.parametrize("model", SHIPPED, ids=lambda m: m.name)
@pytest.mark.parametrize("size", [(32, 32), (96, 160)])
def test_each_model_runs_at_any_size(model: Model, size: tuple[int, int]) -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (1, 1, *size)).astype(np.float32)
    outputs = model.engine().run(x)
    h, w = size
    shapes = {
        "color": [(1, 2, h // 2, w // 2)],
        "mask": [(1, 21, h // 4, w // 4), (1, 1, h // 2, w // 2), (1, 64, h // 4, w // 4)],
    }
    assert [o.shape for o in outputs] == shapes[model.task]
    assert all(np.isfinite(o).all() for o in outputs)


def test_damaged_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = CATALOGUE["handtint"].weights
    monkeypatch.setattr(weights, "ASSETS", tmp_path)
    with pytest.raises(WeightsError, match="No such file"):
        record.verified()
    (tmp_path / record.file).write_bytes(b"x")
    assert not record.present
    with pytest.raises(WeightsError, match="sha256"):
        record.verified()


def test_records_are_written_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "MANIFEST", tmp_path / "manifest.json")
    first = replace(CATALOGUE["handtint"].weights, scores={"x": 0.5})
    weights.record("one", first)
    assert weights.manifest() == {"one": first}
    weights.manifest.cache_clear()
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(WeightsError, match=r"manifest\.json"):
        weights.manifest()
    weights.manifest.cache_clear()
