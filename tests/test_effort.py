"""How long the networks look, and which of them an edit loads."""

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


class Lopsided:
    """A network whose answer depends on which side is which."""

    def run(self, x: Float) -> tuple[Float, ...]:
        """x times its column's number, and the same cut in half."""
        wide = x * np.arange(x.shape[3], dtype=np.float32)
        return wide, wide[..., ::2]


class Counting(dict[Task, int]):
    """The networks that were loaded, counted in the place of Networks' own loading."""

    def load(self, task: Task) -> Engine:
        """A network that answers nothing."""
        self[task] = self.get(task, 0) + 1
        return Lopsided()


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Counting:
    counting = Counting()
    monkeypatch.setattr("handtint.networks._Engines._load", lambda _, task: counting.load(task))
    return counting


def test_a_mirrored_look_knows_no_sides() -> None:
    x = RNG.normal(size=(2, 1, 4, 6)).astype(np.float32)
    answers, flipped = Mirrored(Lopsided()).run(x), Mirrored(Lopsided()).run(x[..., ::-1])
    for answer, other, width in zip(answers, flipped, (6, 3), strict=True):
        assert answer.shape == (2, 1, 4, width)
        np.testing.assert_allclose(answer, other[..., ::-1], rtol=1e-6)
    assert not np.allclose(Lopsided().run(x)[0], Lopsided().run(x[..., ::-1])[0][..., ::-1])


def test_efforts_share_what_is_loaded(loaded: Counting) -> None:
    networks = Networks("handtint", "handtint-mask")
    engine = networks.at("fast")._color_engine
    assert networks._color_engine is engine
    assert isinstance(networks.at("best")._mask_engine, Mirrored)
    assert networks.at("best").at("balanced").effort == "balanced"
    assert loaded == {"color": 1, "mask": 1}


def test_fast_looks_at_less_and_at_no_faces(loaded: Counting) -> None:
    fast, balanced = (Networks("handtint", "handtint-mask").at(effort) for effort in ("fast", "balanced"))
    assert fast._side(fast.color) < balanced._side(balanced.color)
    assert fast._side(fast.mask) < balanced._side(balanced.mask)
    assert fast.find_faces(np.zeros((40, 50), np.uint8), None) == []
    assert not loaded


@pytest.mark.parametrize(
    ("settings", "masked", "needed"),
    [
        ({}, False, {"color", "mask", "faces"}),
        ({"keep": "all"}, False, {"color", "faces"}),
        ({}, True, {"color", "faces"}),
        ({"closer_look": "off"}, False, {"color", "mask"}),
        ({"effort": "fast"}, True, {"color"}),
        ({"colors": "original"}, False, {"mask"}),
    ],
)
def test_only_what_an_edit_needs_is_loaded(
    settings: dict[str, str], masked: bool, needed: set[Task], loaded: Counting
) -> None:
    tinter = Tinter()
    tinter.prepare(Options(**settings), masked=masked)  # type: ignore[arg-type]
    tinter.prepare(Options(**settings), masked=masked)  # type: ignore[arg-type]
    for task in needed:
        assert isinstance(getattr(tinter.networks._engines, task), Lopsided)
    assert loaded == dict.fromkeys(needed, 1)


def test_a_network_that_cannot_be_loaded_is_told_of_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object, task: Task) -> Engine:
        raise WeightsError(f"{task}: gone")

    monkeypatch.setattr("handtint.networks._Engines._load", fail)
    networks = Networks("handtint", "handtint-mask")
    networks.prepare(["color"])
    for _ in range(2):
        with pytest.raises(WeightsError, match="color: gone"):
            networks.first_look(np.zeros((40, 50), np.uint8), None)


def test_an_unknown_effort_is_refused() -> None:
    with pytest.raises(OptionError, match="effort"):
        Options(effort="lazy")


class Watching:
    """A network that keeps the shapes of what it is shown."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self.seen = engine, list[tuple[int, ...]]()

    def run(self, x: Float) -> tuple[Float, ...]:
        """As the network itself."""
        self.seen.append(x.shape)
        return self._engine.run(x)


def test_the_effort_of_an_edit_reaches_both_networks(
    monkeypatch: pytest.MonkeyPatch, engines: dict[str, Engine], sample: Path
) -> None:
    watching = {task: Watching(engine) for task, engine in engines.items()}
    monkeypatch.setattr("handtint.zoo.Model.engine", lambda model, **_: watching[model.task])
    tinter, photo = Tinter(), Photo.read(sample)
    shapes = {}
    for effort in EFFORTS:
        for watched in watching.values():
            watched.seen.clear()
        Session(tinter, photo).result(Edit(options=Options(effort=effort, closer_look="off")))
        session = [watching[task].seen[0] for task in ("color", "mask")]
        tinter.run(photo, Options(effort=effort, closer_look="off"))
        shapes[effort] = [watching[task].seen[-1] for task in ("color", "mask")]
        assert shapes[effort] == session
    for fast, balanced, best in zip(*(shapes[effort] for effort in EFFORTS), strict=True):
        assert np.prod(fast) < np.prod(balanced) <= np.prod(best)
    assert shapes["best"][1][0] == 2  # a look and a mirrored one
