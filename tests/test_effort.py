"""Effort: input sizes and mirrored copies, and which networks an edit loads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from handtint.errors import OptionError, WeightsError
from handtint.image.photo import Photo
from handtint.model import Task
from handtint.networks import Mirrored, Networks
from handtint.options import EFFORTS, Options
from handtint.pipeline import Tinter
from handtint.session import Edit, Session
from handtint.types import Engine, Float

RNG = np.random.default_rng(11)


class AsymmetricNetwork:
    """A network whose output depends on the horizontal direction."""

    def run(self, x: Float) -> tuple[Float, ...]:
        """x times the index of the column, and every second column of that."""
        weighted = x * np.arange(x.shape[3], dtype=np.float32)
        return weighted, weighted[..., ::2]


class LoadCounter(dict[Task, int]):
    """Counts the networks that are loaded: task -> count."""

    def load(self, task: Task) -> Engine:
        """Count a load, and return a network."""
        self[task] = self.get(task, 0) + 1
        return AsymmetricNetwork()


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> LoadCounter:
    counter = LoadCounter()
    monkeypatch.setattr("handtint.networks._Engines._load", lambda _, task: counter.load(task))
    return counter


def test_mirroring_makes_the_output_symmetric() -> None:
    x = RNG.normal(size=(2, 1, 4, 6)).astype(np.float32)
    outputs, flipped = Mirrored(AsymmetricNetwork()).run(x), Mirrored(AsymmetricNetwork()).run(x[..., ::-1])
    for output, other, width in zip(outputs, flipped, (6, 3), strict=True):
        assert output.shape == (2, 1, 4, width)
        np.testing.assert_allclose(output, other[..., ::-1], rtol=1e-6)
    assert not np.allclose(AsymmetricNetwork().run(x)[0], AsymmetricNetwork().run(x[..., ::-1])[0][..., ::-1])


def test_efforts_share_loaded_networks(loads: LoadCounter) -> None:
    networks = Networks("handtint", "handtint-mask")
    engine = networks.at("fast")._color_engine
    assert networks._color_engine is engine
    assert isinstance(networks.at("best")._mask_engine, Mirrored)
    assert networks.at("best").at("balanced").effort == "balanced"
    assert loads == {"color": 1, "mask": 1}


def test_fast_has_smaller_inputs_and_no_face_detection(loads: LoadCounter) -> None:
    fast, balanced = (Networks("handtint", "handtint-mask").at(effort) for effort in ("fast", "balanced"))
    assert fast._side(fast.color) < balanced._side(balanced.color)
    assert fast._side(fast.mask) < balanced._side(balanced.mask)
    assert fast.find_faces(np.zeros((40, 50), np.uint8), None) == []
    assert not loads


@pytest.mark.parametrize(
    ("settings", "masked", "required"),
    [
        ({}, False, {"color", "mask", "faces"}),
        ({"keep": "all"}, False, {"color", "faces"}),
        ({}, True, {"color", "faces"}),
        ({"closer_look": "off"}, False, {"color", "mask"}),
        ({"effort": "fast"}, True, {"color"}),
        ({"colors": "original"}, False, {"mask"}),
    ],
)
def test_only_networks_that_an_edit_needs_are_loaded(
    settings: dict[str, str], masked: bool, required: set[Task], loads: LoadCounter
) -> None:
    tinter = Tinter()
    tinter.prepare(Options(**settings), masked=masked)  # type: ignore[arg-type]
    tinter.prepare(Options(**settings), masked=masked)  # type: ignore[arg-type]
    for task in required:
        assert isinstance(getattr(tinter.networks._engines, task), AsymmetricNetwork)
    assert loads == dict.fromkeys(required, 1)


def test_a_network_that_cannot_be_loaded_is_an_error_at_its_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object, task: Task) -> Engine:
        raise WeightsError(f"{task}: gone")

    monkeypatch.setattr("handtint.networks._Engines._load", fail)
    networks = Networks("handtint", "handtint-mask")
    networks.prepare(["color"])
    for _ in range(2):
        with pytest.raises(WeightsError, match="color: gone"):
            networks.first_look(np.zeros((40, 50), np.uint8), None)


def test_an_unknown_effort_is_an_error() -> None:
    with pytest.raises(OptionError, match="effort"):
        Options(effort="lazy")


class ShapeRecorder:
    """A network that records the shapes of its inputs."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self.shapes = engine, list[tuple[int, ...]]()

    def run(self, x: Float) -> tuple[Float, ...]:
        """As the network itself."""
        self.shapes.append(x.shape)
        return self._engine.run(x)


def test_the_effort_of_an_edit_reaches_both_networks(
    monkeypatch: pytest.MonkeyPatch, engines: dict[str, Engine], sample: Path
) -> None:
    recorders = {task: ShapeRecorder(engine) for task, engine in engines.items()}
    monkeypatch.setattr("handtint.zoo.Model.engine", lambda model, **_: recorders[model.task])
    tinter, photo = Tinter(), Photo.read(sample)
    shapes = {}
    for effort in EFFORTS:
        for recorder in recorders.values():
            recorder.shapes.clear()
        Session(tinter, photo).result(Edit(options=Options(effort=effort, closer_look="off")))
        session = [recorders[task].shapes[0] for task in ("color", "mask")]
        tinter.run(photo, Options(effort=effort, closer_look="off"))
        shapes[effort] = [recorders[task].shapes[-1] for task in ("color", "mask")]
        assert shapes[effort] == session
    for fast, balanced, best in zip(*(shapes[effort] for effort in EFFORTS), strict=True):
        assert np.prod(fast) < np.prod(balanced) <= np.prod(best)
    assert shapes["best"][1][0] == 2  # the photo and its mirrored copy
