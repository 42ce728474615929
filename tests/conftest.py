"""Fixtures of many tests: the sample photographs, and networks that need no weights."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from handtint.pipeline import Tinter
from handtint.types import VOC, Engine, Float

ROOT = Path(__file__).parents[1]
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # for busy machines
settings.load_profile("patient")


@pytest.fixture(scope="session")
def samples() -> list[Path]:
    """The gray sample photographs of the repository."""
    paths = sorted((ROOT / "examples" / "photos").glob("*.jpg"))
    assert len(paths) >= 6
    return paths


@pytest.fixture(scope="session")
def sample() -> Path:
    """A gray portrait."""
    return ROOT / "examples" / "photos" / "astronaut.jpg"


@pytest.fixture(scope="session")
def color_photo() -> Path:
    """A photograph in colour."""
    return ROOT / "tests" / "photos" / "cat.jpg"


class ConstantColor:
    """A network that predicts one colour everywhere: network ab at half the input's size."""

    def __init__(self, a: float, b: float) -> None:
        self.ab = (a, b)

    def run(self, x: Float) -> tuple[Float, ...]:
        n, _, h, w = x.shape
        return (np.broadcast_to(np.array(self.ab, np.float32)[:, None, None] / 110, (n, 2, h // 2, w // 2)).copy(),)


class LeftHalf:
    """A network that predicts one class, and the foreground, in the left half of the picture."""

    def __init__(self, name: str = "person") -> None:
        self.index = VOC.index(name)

    def run(self, x: Float) -> tuple[Float, ...]:
        n, _, h, w = x.shape
        classes = np.zeros((n, 21, h // 4, w // 4), np.float32)
        classes[:, 0] = 5
        classes[:, self.index, :, : w // 8] = 15
        foreground = np.full((n, 1, h // 2, w // 2), -9, np.float32)
        foreground[..., : w // 4] = 9
        return classes, foreground, classes


class NoFaces:
    """A detector that finds no face."""

    def run(self, x: Float) -> tuple[Float, ...]:
        n, _, h, w = x.shape
        heat, size = np.full((n, 1, h // 4, w // 4), -9, np.float32), np.zeros((n, 2, h // 4, w // 4), np.float32)
        return heat, size, size


@pytest.fixture(scope="session")
def engines() -> dict[str, Engine]:
    """Simple networks by their task: everything red-brown, a person in the left half."""
    return {"color": ConstantColor(30, 20), "mask": LeftHalf(), "faces": NoFaces()}


@pytest.fixture
def tinter(monkeypatch: pytest.MonkeyPatch, engines: dict[str, Engine]) -> Tinter:
    """A tinter with the simple networks."""
    monkeypatch.setattr("handtint.zoo.Model.engine", lambda model, **_: engines[model.task])
    return Tinter()
