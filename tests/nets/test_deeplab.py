"""torchvision's DeepLabv3 with random weights: the same class, inputs and outputs as with the published ones."""

import numpy as np
import pytest

try:
    import torchvision  # noqa: F401
except (ImportError, RuntimeError) as error:  # RuntimeError: built for another torch
    pytest.skip(f"torchvision cannot be used: {error}", allow_module_level=True)

import torch
from torchvision.models.segmentation import DeepLabV3_ResNet101_Weights

from handtint import zoo
from handtint.engines.torch import TorchEngine, deeplab_engine
from handtint.errors import WeightsError
from handtint.nets.deeplab import DeepLab, deeplab
from handtint.segmenter import segment
from handtint.types import VOC

WEIGHTS = DeepLabV3_ResNet101_Weights.COCO_WITH_VOC_LABELS_V1


@pytest.fixture(scope="module")
def net() -> DeepLab:
    torch.manual_seed(0)
    return deeplab(pretrained=False)


def test_outputs_equal_those_of_torchvision(net: DeepLab) -> None:
    rgb = torch.randn(1, 3, 64, 96)
    with torch.inference_mode():
        logits, front, features = net(rgb)
        truth = net.net(rgb)["out"]
    assert logits.shape == (1, 21, 8, 12)
    assert features.shape == (1, 256, 8, 12)
    large = torch.nn.functional.interpolate(logits, size=(64, 96), mode="bilinear", align_corners=False)
    torch.testing.assert_close(large, truth)
    torch.testing.assert_close(torch.sigmoid(front), 1 - torch.softmax(logits, dim=1)[:, :1])


def test_segmentation_of_a_photo_is_a_distribution_over_classes(net: DeepLab) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (90, 130), dtype=np.uint8)
    segmentation = segment(pixels, TorchEngine(net), side=64, kind="color")
    assert segmentation.classes is not None
    np.testing.assert_allclose(segmentation.classes.sum(axis=0), 1, rtol=1e-4)
    np.testing.assert_allclose(segmentation.foreground, 1 - segmentation.classes[0], atol=1e-5)
    assert segmentation.features.shape[0] == 256


def test_published_weights_are_downloaded_with_their_hash_checked(
    net: DeepLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision.models.segmentation import deeplabv3_resnet101

    published = deeplabv3_resnet101(weights=None, weights_backbone=None, num_classes=21, aux_loss=True).state_dict()
    calls: list[dict[str, object]] = []

    def download(url: str, **options: object) -> dict[str, torch.Tensor]:
        calls.append({"url": url, **options})
        return published

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", download)
    engine = zoo.find("deeplabv3-resnet101", "mask").engine()
    assert calls[0]["check_hash"] is True
    assert str(calls[0]["url"]).endswith(zoo.find("deeplabv3-resnet101", "mask").weights.file)
    classes, _, _ = engine.run(np.zeros((1, 3, 64, 64), np.float32))
    assert classes.shape == (1, 21, 8, 8)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", lambda *_, **__: {})
    with pytest.raises(WeightsError, match="deeplabv3-resnet101"):
        deeplab_engine()


def test_a_failed_download_is_an_error_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("no route to host\nat all")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", fail)
    with pytest.raises(WeightsError, match=r"cannot be downloaded or loaded: no route to host$"):
        deeplab_engine()


def test_the_record_has_torchvisions_metrics_and_classes() -> None:
    model = zoo.CATALOGUE["deeplabv3-resnet101"]
    metrics = WEIGHTS.meta["_metrics"]["COCO-val2017-VOC-labels"]
    assert WEIGHTS.url.endswith(f"/{model.weights.file}")
    assert model.weights.scores["voc miou"] == pytest.approx(metrics["miou"] / 100)
    assert model.weights.size == pytest.approx(WEIGHTS.meta["_file_size"] * 2**20, rel=1e-3)
    assert tuple(WEIGHTS.meta["categories"][1:]) == VOC[1:]
