import cv2
import numpy as np
import pytest
from scenes import Scene

from handtint import keep
from handtint.errors import OptionError
from handtint.image.masks import masks, matting, selection


def test_without_pymatting_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch, scene: Scene) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(OptionError, match=r"pip install 'handtint\[matting\]'"):
        selection.select(keep.parse("person"), scene.pixels, scene.segmentation, matted=True)


def draw_hair(size: tuple[int, int] = (450, 600)) -> tuple[np.ndarray, np.ndarray]:
    """A dark disc with hair on a light background: its alpha 0..1, and the picture."""
    h, w = size
    random = np.random.default_rng(3)
    alpha = np.zeros((2 * h, 2 * w), np.uint8)
    cv2.circle(alpha, (w, h), h // 2, 255, -1)
    for angle in np.linspace(0, 2 * np.pi, 120):
        x, y = np.array([np.cos(angle), np.sin(angle)]) * h * random.uniform(0.53, 0.6)
        cv2.line(alpha, (w, h), (int(w + x), int(h + y)), 255, 3, cv2.LINE_AA)
    truth = cv2.resize(alpha, (w, h), interpolation=cv2.INTER_AREA) / np.float32(255)
    background = 170 + 20 * cv2.resize(random.normal(0, 1, (15, 20)).astype(np.float32), (w, h))
    return truth, np.clip(truth * 50 + (1 - truth) * background, 0, 255).astype(np.uint8)


@pytest.mark.filterwarnings("ignore")  # warnings of numba
def test_matting_reduces_the_error_of_hair() -> None:
    pytest.importorskip("pymatting")
    truth, pixels = draw_hair()
    coarse = cv2.GaussianBlur(cv2.resize(truth, (80, 60), interpolation=cv2.INTER_AREA), (0, 0), 1)
    refined = masks.refine(coarse, pixels)
    matted = matting.matte(refined, pixels)
    before, after = (np.abs(alpha / 255 - truth).mean() for alpha in (refined, matted))
    assert after < 0.8 * before
    full = np.full_like(refined, 255)
    assert matting.matte(full, pixels) is full
    colored = np.repeat(pixels[..., None], 3, axis=2).astype(np.uint16) * 257
    assert np.abs(matting.matte(refined, colored).astype(int) - matted).mean() < 2
