"""Each kind of damage has the effect of its name, and is reproducible."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handtint.evaluate import damage
from handtint.image.color import lab, tone
from handtint.types import Float

Y, X = np.mgrid[0:150, 0:200].astype(np.float32)
SCENE: Float = (50 + 45 * np.sin(X / 15) * np.cos(Y / 11)).astype(np.float32)


def lightness(kind: str) -> Float:
    return lab.lightness(damage.damaged(SCENE, kind, name="x"))


@pytest.mark.parametrize("kind", damage.KINDS)
def test_every_kind_of_damage_keeps_the_size_and_is_reproducible(kind: str) -> None:
    pixels = damage.damaged(SCENE, kind, name="x")
    assert pixels.dtype == np.uint8
    assert pixels.shape[:2] == SCENE.shape
    assert np.array_equal(pixels, damage.damaged(SCENE, kind, name="x"))
    changed = np.abs(lab.lightness(pixels) - SCENE).mean()
    assert changed < 0.5 if kind == "sound" else changed > 0.05


def test_each_kind_of_damage_has_the_effect_of_its_name() -> None:
    assert np.ptp(lightness("faded")) < 45
    assert np.ptp(lightness("faded and dark")) < 45
    assert lightness("faded and dark").max() < 65
    assert (lightness("saturated") > 99).mean() > (SCENE > 99).mean() + 0.1
    assert np.abs(lightness("saturated sky") - SCENE)[SCENE < 50].max() < 0.5
    assert (lightness("saturated sky") > 99).mean() > 0.1
    assert tone.kind(damage.damaged(SCENE, "yellowed")) == "toned"
    assert 0.005 < (np.abs(lightness("scratched") - SCENE) > 2).mean() < 0.25
    assert np.abs(np.diff(lightness("blurred"), axis=1)).mean() < np.abs(np.diff(SCENE, axis=1)).mean()
    assert np.abs(np.diff(lightness("grainy"), axis=1)).mean() > np.abs(np.diff(SCENE, axis=1)).mean()


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from(sorted(damage.KINDS)), st.text(max_size=5))
def test_any_size_can_be_damaged(height: int, width: int, kind: str, name: str) -> None:
    L = np.linspace(0, 100, height * width, dtype=np.float32).reshape(height, width)
    assert damage.damaged(L, kind, name=name).shape[:2] == (height, width)
