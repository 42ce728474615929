from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from handtint import zoo
from handtint.errors import OptionError, WeightsError
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.segmenter import segment
from handtint.types import Float


class RecordingNetwork:
    """A network that records its input and returns the given outputs."""

    def __init__(self, *outputs: Float) -> None:
        self.outputs = outputs
        self.input = np.zeros(0, np.float32)

    def run(self, x: Float) -> tuple[Float, ...]:
        self.input = x
        return self.outputs


def ramp(size: tuple[int, int] = (60, 90)) -> np.ndarray:
    return np.tile(np.linspace(0, 255, size[1]).astype(np.uint8), (size[0], 1))


def test_gray_is_repeated_in_three_channels_normalised_as_for_imagenet() -> None:
    engine = RecordingNetwork(*(np.zeros((1, c, 8, 8), np.float32) for c in (21, 1, 4)))
    segmentation = segment(np.full((80, 80), 255, np.uint8), engine, side=64, gain=1.0, kind="color")
    assert engine.input.shape == (1, 3, 64, 64)
    assert engine.input.dtype == np.float32
    white = (1 - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    np.testing.assert_allclose(engine.input[0, :, 5, 5], white, rtol=1e-5)
    assert segmentation.classes is not None
    assert segmentation.classes.shape == (21, 8, 8)
    np.testing.assert_allclose(segmentation.classes.sum(axis=0), 1, rtol=1e-5)
    assert (segmentation.foreground == 0.5).all()


def test_networks_trained_on_colour_get_colour() -> None:
    engine = RecordingNetwork(np.zeros((1, 1, 32, 32), np.float32))
    pixels = np.full((40, 40, 3), (200, 100, 20), np.uint8)
    segment(pixels, engine, side=32, gain=1.0, kind="plain")
    np.testing.assert_allclose(engine.input[0, :, 3, 3] * 255, (200, 100, 20), atol=2)


def test_isnet_gets_its_own_normalisation() -> None:
    engine = RecordingNetwork(np.zeros((1, 1, 32, 32), np.float32))
    segment(np.full((40, 40, 3), (255, 128, 0), np.uint8), engine, side=32, gain=1.0, kind="isnet")
    np.testing.assert_allclose(engine.input[0, :, 3, 3], (0.5, 0, -0.5), atol=0.01)


@pytest.mark.parametrize(("name", "kind"), [("isnet-x.onnx", "isnet"), ("isnet:u.onnx", "isnet"), ("u.onnx", "alpha")])
def test_isnet_is_recognised_by_name_or_prefix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    network(tmp_path / name.removeprefix("isnet:"))
    model = zoo.find(name, "mask")
    assert (model.kind, model.name, model.classes) == (kind, name, False)
    assert Tinter(mask_model=name).segment(Photo(ramp()), gain="off").foreground.shape == (32, 32)


def test_the_gain_affects_the_input(sample: Path) -> None:
    engine = RecordingNetwork(np.zeros((1, 1, 32, 32), np.float32))
    segment(ramp(), engine, side=32, gain=1.0, kind="plain")
    before = engine.input.mean()
    segment(ramp(), engine, side=32, gain=0.5, kind="plain")
    assert engine.input.mean() < 0.6 * before


def test_a_network_of_alpha_gives_a_segmentation_without_classes() -> None:
    alpha = np.random.default_rng(0).random((1, 1, 48, 48), np.float32)
    segmentation = segment(ramp(), RecordingNetwork(alpha, alpha * 0), side=48, kind="alpha")
    assert segmentation.classes is None
    np.testing.assert_array_equal(segmentation.foreground, alpha[0, 0])
    assert segmentation.features.shape == (5, 12, 12)
    assert np.isfinite(segmentation.features).all()


def test_logits_become_alpha_by_a_sigmoid() -> None:
    logits = np.linspace(-9, 9, 64, dtype=np.float32).reshape(1, 1, 8, 8)
    segmentation = segment(ramp(), RecordingNetwork(logits), side=48, kind="alpha")
    np.testing.assert_allclose(segmentation.foreground, 1 / (1 + np.exp(-logits[0, 0])), rtol=1e-5)


def test_an_output_that_is_no_alpha_is_an_error() -> None:
    with pytest.raises(WeightsError, match=r"\(1, 1000\)"):
        segment(ramp(), RecordingNetwork(np.zeros((1, 1000), np.float32)), side=48, kind="alpha")


def network(path: Path, *, channels: int = 3, side: int | str = 32) -> Path:
    """A network like the u2net family: alpha is the sigmoid of the mean of the channels; it has a second output."""
    shape = [1, channels, side, side]
    nodes = [
        helper.make_node("ReduceMean", ["rgb"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Sigmoid", ["mean"], ["d0"]),
        helper.make_node("Neg", ["d0"], ["d1"]),
    ]
    values = {"rgb": shape, "d0": [1, 1, side, side], "d1": [1, 1, side, side]}
    rgb, d0, d1 = (helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in values.items())
    graph = helper.make_graph(nodes, "tiny", [rgb], [d0, d1])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
    return path


@pytest.mark.parametrize("side", [32, "s"])
def test_a_file_of_the_u2net_family_makes_masks(tmp_path: Path, side: int | str) -> None:
    path = network(tmp_path / "u2netp.onnx", side=side)
    model = zoo.find(str(path), "mask")
    assert (model.weights.source, model.weights.present, model.classes) == ("file", True, False)
    tinter = Tinter(mask_model=str(path))
    segmentation = tinter.segment(Photo(ramp()), gain="off")
    assert segmentation.foreground.shape == ((32, 32) if side == 32 else (320, 320))
    photo = Photo(np.where(ramp((200, 300)) > 100, 255, 0).astype(np.uint8))
    result = tinter.run(photo, Options(mask_model=str(path)))
    assert (result.alpha > 127).mean() == pytest.approx((photo.pixels > 0).mean(), abs=0.03)
    index, alpha = tinter.label(photo)
    assert not index.any()
    assert alpha.shape == photo.size
    with pytest.raises(OptionError, match="knows no classes"):
        tinter.run(photo, Options(keep="dog", mask_model=str(path)))
    assert tinter.inspect(photo)[0].term == "subject"


def test_classes_need_a_network_that_has_them(tmp_path: Path) -> None:
    path = network(tmp_path / "u2netp.onnx")
    with pytest.raises(OptionError, match=r"'dog:2' is a class, but .*u2netp\.onnx knows no classes"):
        zoo.of(Options(keep="subject - dog:2", mask_model=str(path)))
    assert zoo.of(Options(keep="subject + @1,2", mask_model=str(path)))[1].name == str(path)


def test_other_files_are_errors(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="one input"):
        zoo.find(str(network(tmp_path / "one.onnx", channels=1)), "mask").engine()
    (tmp_path / "broken.onnx").write_bytes(b"not a network")
    with pytest.raises(WeightsError, match="not a network"):
        zoo.find(str(tmp_path / "broken.onnx"), "mask").engine()
    with pytest.raises(WeightsError, match=r"nowhere\.onnx: no such file"):
        zoo.find("nowhere.onnx", "mask")


def test_missing_extras_are_errors_that_name_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for name, extra in (("deeplabv3-resnet101", "deeplab"), ("rembg:isnet-general-use", "rembg")):
        with pytest.raises(OptionError, match=rf"{name} needs .*: pip install 'handtint\[{extra}\]'"):
            zoo.find(name, "mask")
    with pytest.raises(OptionError, match=r"handtint\[matting\]"):
        zoo.of(Options(matting=True))


def test_unknown_mask_models_are_errors() -> None:
    with pytest.raises(OptionError, match="unknown mask model 'u3net'; there are: handtint-mask, deeplabv3-resnet101"):
        zoo.find("u3net", "mask")
    with pytest.raises(OptionError, match="unknown colour model 'handtint-mask'"):
        zoo.find("handtint-mask", "color")
