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


class Recorder:
    """A network that remembers what it was shown and answers what it is told to."""

    def __init__(self, *outputs: Float) -> None:
        self.outputs = outputs
        self.seen = np.zeros(0, np.float32)

    def run(self, x: Float) -> tuple[Float, ...]:
        self.seen = x
        return self.outputs


def ramp(size: tuple[int, int] = (60, 90)) -> np.ndarray:
    return np.tile(np.linspace(0, 255, size[1]).astype(np.uint8), (size[0], 1))


def test_gray_goes_into_all_three_channels_normalized_as_for_imagenet() -> None:
    engine = Recorder(*(np.zeros((1, c, 8, 8), np.float32) for c in (21, 1, 4)))
    found = segment(np.full((80, 80), 255, np.uint8), engine, side=64, gain=1.0, kind="color")
    assert engine.seen.shape == (1, 3, 64, 64)
    assert engine.seen.dtype == np.float32
    white = (1 - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    np.testing.assert_allclose(engine.seen[0, :, 5, 5], white, rtol=1e-5)
    assert found.classes is not None
    assert found.classes.shape == (21, 8, 8)
    np.testing.assert_allclose(found.classes.sum(axis=0), 1, rtol=1e-5)
    assert (found.foreground == 0.5).all()


def test_color_is_seen_by_networks_trained_on_it() -> None:
    engine = Recorder(np.zeros((1, 1, 32, 32), np.float32))
    pixels = np.full((40, 40, 3), (200, 100, 20), np.uint8)
    segment(pixels, engine, side=32, gain=1.0, kind="plain")
    np.testing.assert_allclose(engine.seen[0, :, 3, 3] * 255, (200, 100, 20), atol=2)


def test_isnet_is_shown_what_it_was_trained_on() -> None:
    engine = Recorder(np.zeros((1, 1, 32, 32), np.float32))
    segment(np.full((40, 40, 3), (255, 128, 0), np.uint8), engine, side=32, gain=1.0, kind="isnet")
    np.testing.assert_allclose(engine.seen[0, :, 3, 3], (0.5, 0, -0.5), atol=0.01)


@pytest.mark.parametrize(("name", "kind"), [("isnet-x.onnx", "isnet"), ("isnet:u.onnx", "isnet"), ("u.onnx", "alpha")])
def test_isnet_by_its_name_or_by_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str) -> None:
    monkeypatch.chdir(tmp_path)
    network(tmp_path / name.removeprefix("isnet:"))
    model = zoo.find(name, "mask")
    assert (model.kind, model.name, model.classes) == (kind, name, False)
    assert Tinter(mask_model=name).segment(Photo(ramp()), gain="off").foreground.shape == (32, 32)


def test_the_gain_is_for_the_network(sample: Path) -> None:
    engine = Recorder(np.zeros((1, 1, 32, 32), np.float32))
    segment(ramp(), engine, side=32, gain=1.0, kind="plain")
    before = engine.seen.mean()
    segment(ramp(), engine, side=32, gain=0.5, kind="plain")
    assert engine.seen.mean() < 0.6 * before


def test_alpha_alone_is_a_segmentation_without_classes() -> None:
    alpha = np.random.default_rng(0).random((1, 1, 48, 48), np.float32)
    found = segment(ramp(), Recorder(alpha, alpha * 0), side=48, kind="alpha")
    assert found.classes is None
    np.testing.assert_array_equal(found.foreground, alpha[0, 0])
    assert found.features.shape == (5, 12, 12)
    assert np.isfinite(found.features).all()


def test_logits_are_brought_to_alpha() -> None:
    logits = np.linspace(-9, 9, 64, dtype=np.float32).reshape(1, 1, 8, 8)
    found = segment(ramp(), Recorder(logits), side=48, kind="alpha")
    np.testing.assert_allclose(found.foreground, 1 / (1 + np.exp(-logits[0, 0])), rtol=1e-5)


def test_an_answer_that_is_no_alpha_is_refused() -> None:
    with pytest.raises(WeightsError, match=r"\(1, 1000\)"):
        segment(ramp(), Recorder(np.zeros((1, 1000), np.float32)), side=48, kind="alpha")


def network(path: Path, *, channels: int = 3, side: int | str = 32) -> Path:
    """A network of the u2net family's form: alpha is the mean of the channels, brought to 0..1; a second output."""
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
def test_a_file_of_the_u2net_family(tmp_path: Path, side: int | str) -> None:
    path = network(tmp_path / "u2netp.onnx", side=side)
    model = zoo.find(str(path), "mask")
    assert (model.weights.source, model.weights.present, model.classes) == ("file", True, False)
    tinter = Tinter(mask_model=str(path))
    found = tinter.segment(Photo(ramp()), gain="off")
    assert found.foreground.shape == ((32, 32) if side == 32 else (320, 320))
    photo = Photo(np.where(ramp((200, 300)) > 100, 255, 0).astype(np.uint8))
    result = tinter.run(photo, Options(mask_model=str(path)))
    assert (result.alpha > 127).mean() == pytest.approx((photo.pixels > 0).mean(), abs=0.03)
    index, alpha = tinter.label(photo)
    assert not index.any()
    assert alpha.shape == photo.size
    with pytest.raises(OptionError, match="knows no classes"):
        tinter.run(photo, Options(keep="dog", mask_model=str(path)))
    assert tinter.inspect(photo)[0].term == "subject"


def test_classes_are_refused_before_any_photo_is_read(tmp_path: Path) -> None:
    path = network(tmp_path / "u2netp.onnx")
    with pytest.raises(OptionError, match=r"'dog:2' is a class, but .*u2netp\.onnx knows no classes"):
        zoo.of(Options(keep="subject - dog:2", mask_model=str(path)))
    assert zoo.of(Options(keep="subject + @1,2", mask_model=str(path)))[1].name == str(path)


def test_files_that_are_no_such_network(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="one input"):
        zoo.find(str(network(tmp_path / "one.onnx", channels=1)), "mask").engine()
    (tmp_path / "broken.onnx").write_bytes(b"not a network")
    with pytest.raises(WeightsError, match="not a network"):
        zoo.find(str(tmp_path / "broken.onnx"), "mask").engine()
    with pytest.raises(WeightsError, match=r"nowhere\.onnx: no such file"):
        zoo.find("nowhere.onnx", "mask")


def test_missing_extras_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for name, extra in (("deeplabv3-resnet101", "deeplab"), ("rembg:isnet-general-use", "rembg")):
        with pytest.raises(OptionError, match=rf"{name} needs .*: pip install 'handtint\[{extra}\]'"):
            zoo.find(name, "mask")
    with pytest.raises(OptionError, match=r"handtint\[matting\]"):
        zoo.of(Options(matting=True))


def test_unknown_mask_models_are_named() -> None:
    with pytest.raises(OptionError, match="unknown mask model 'u3net'; there are: handtint-mask, deeplabv3-resnet101"):
        zoo.find("u3net", "mask")
    with pytest.raises(OptionError, match="unknown color model 'handtint-mask'"):
        zoo.find("handtint-mask", "color")
