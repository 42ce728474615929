import numpy as np
import pytest
from scenes import Scene

from handtint.image.color import hues
from handtint.image.masks import detections, overlay, saliency


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_an_overlay_has_every_region_and_a_legend(scene: Scene, depth: type, channels: int) -> None:
    scale = 257 if depth is np.uint16 else 1
    pixels = scene.pixels.astype(depth) * depth(scale)
    if channels == 3:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    figure = overlay.draw(pixels, detections.detect(scene.segmentation, pixels))
    assert figure.dtype == np.uint8
    assert figure.shape[0] == 600
    assert figure.shape[1] > 900
    colored = np.ptp(figure[:, :800].astype(int), axis=2) > 10
    inside = scene.owner > 0
    assert colored[inside].mean() > 0.85
    assert colored[~inside].mean() < 0.03
    tints = {tuple(figure[y, x]) for y, x in ((250, 620), (300, 150), (520, 240))}
    assert len(tints) == 3
    assert (figure[:200, 800:] < 128).any()


def test_without_detections_an_overlay_is_the_photo(scene: Scene) -> None:
    figure = overlay.draw(scene.pixels, [])
    np.testing.assert_array_equal(figure[:, :800], np.repeat(scene.pixels[..., None], 3, axis=2))


def test_overlays_of_large_photos_are_smaller(scene: Scene) -> None:
    large = np.kron(scene.pixels, np.ones((4, 4), np.uint8))
    assert overlay.draw(large, detections.detect(scene.segmentation, large)).shape[0] == 960


def test_hue_ranges_wrap_and_have_soft_edges() -> None:
    degrees = np.arange(360)
    import colorsys

    pixels = np.array([[colorsys.hsv_to_rgb(d / 360, 0.8, 0.8) for d in degrees]])
    pixels = np.round(pixels * 255).astype(np.uint8)
    alpha = hues.hue_mask(pixels, 350, 20)[0]
    assert (alpha[:20] == 255).all()
    assert (alpha[351:] == 255).all()
    assert not alpha[30:340].any()
    assert 0 < alpha[24] < 255
    assert (hues.hue_mask(pixels, 0, 360) == 255).all()
    np.testing.assert_allclose(hues.hue_mask(pixels.astype(np.uint16) * 257, 350, 20)[0], alpha, atol=1)
    assert not hues.hue_mask(np.full((4, 4, 3), 99, np.uint8), 0, 360).any()


def test_saliency_is_high_in_a_contrasting_region() -> None:
    L = np.full((120, 160), 70, np.float32)
    L += np.random.default_rng(0).normal(0, 1, L.shape).astype(np.float32)
    L[40:80, 60:100] = 20
    alpha = saliency.saliency(L)
    assert alpha.shape == (64, 64)
    assert alpha[22:42, 24:40].mean() > 0.5
    assert alpha[:8].max() < 0.3
    assert not saliency.saliency(np.full((20, 20), 50, np.float32)).any()
