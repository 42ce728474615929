"""A folder of small photographs with masks, in the layout of the training data."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

torch.set_num_threads(1)  # more threads are slower for networks as small as these
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty crops of real colour photographs, 80 x 96."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    images = [cv2.imread(str(ROOT / "tests" / "photos" / name)) for name in ("cat.jpg", "astronaut.jpg")]
    for i in range(40):
        image = images[i % 2]
        y, x = rng.integers(image.shape[0] - 80), rng.integers(image.shape[1] - 96)
        cv2.imwrite(str(folder / f"crop_{i}.png"), image[y : y + 80, x : x + 96])
    return folder


@pytest.fixture(scope="session")
def masked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty drawn pictures, a light disc (dog) on dark noise, with masks."""
    folder = tmp_path_factory.mktemp("masked")
    rng = np.random.default_rng(0)
    for part in ("voc/images", "voc/masks"):
        (folder / part).mkdir(parents=True)
    for i in range(30):
        image = rng.integers(0, 90, (96, 96, 3), dtype=np.uint8)
        mask = np.zeros((96, 96), np.uint8)
        center = tuple(int(v) for v in rng.integers(25, 70, 2))
        cv2.circle(image, center, 22, (220, 220, 220), -1)
        cv2.circle(mask, center, 22, 12, -1)
        cv2.imwrite(str(folder / f"voc/images/voc_{i:06}.png"), image)
        cv2.imwrite(str(folder / f"voc/masks/voc_{i:06}.png"), mask)
    return folder
