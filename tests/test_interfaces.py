"""Third-party colour networks: ONNX graphs of each interface replace handtint's own, and nothing else changes."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from onnx import TensorProto, helper, numpy_helper, save_model

from handtint import interfaces, zoo
from handtint.cli import main
from handtint.errors import OptionError, WeightsError
from handtint.image.color import lab
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.types import Array, Float

GREEN = (-30.0, 25.0)  # a*b* that the graphs predict by default


def graph(path: Path, *, read: int, weight: Array, bias: Array, side: int | str = "side", more: int = 0) -> str:
    """An ONNX file of one 1 x 1 convolution: (1, read, side, side) -> (1, len(weight), side, side)."""
    tensors = [numpy_helper.from_array(np.asarray(v, np.float32), n) for n, v in (("w", weight), ("b", bias))]
    inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, read, side, side])]
    inputs += [helper.make_tensor_value_info(f"hint{i}", TensorProto.FLOAT, [1, 1]) for i in range(more)]
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, len(bias), side, side])
    node = helper.make_node("Conv", ["input", "w", "b"], ["output"])
    built = helper.make_graph([node], "tiny", inputs, [output], tensors)
    save_model(helper.make_model(built, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
    return str(path)


def constant(path: Path, read: int, values: tuple[float, ...], side: int | str = "side") -> str:
    """A network that predicts one value per plane."""
    return graph(path, read=read, weight=np.zeros((len(values), read, 1, 1)), bias=np.array(values), side=side)


def make_network(kind: str, path: Path, side: int | str = "side") -> str:
    """A network of this interface that predicts GREEN: its name for --model."""
    scale = 110.0 if kind in ("siggraph17", "eccv16") else 1.0
    file = constant(path, interfaces.INTERFACES[kind].channels, tuple(v / scale for v in GREEN), side)
    return f"{kind}:{file}"


@pytest.fixture
def gray() -> Photo:
    return Photo(np.tile(np.linspace(90, 160, 120).astype(np.uint8), (80, 1)))


@pytest.mark.parametrize("kind", ["ddcolor", "siggraph17", "eccv16", "lab"])
@pytest.mark.parametrize("side", ["side", 64])
def test_third_party_networks_colour_at_full_size_with_exact_lightness(
    tmp_path: Path, gray: Photo, kind: str, side: int | str
) -> None:
    name = make_network(kind, tmp_path / "peer.onnx", side)
    result = Tinter(name).run(gray, Options(keep="all", model=name, gain="off"))
    assert result.photo.pixels.shape == (80, 120, 3)
    L, ab = lab.split(result.photo.pixels)
    assert np.abs(L - lab.lightness(gray.pixels)).max() < 0.5
    assert np.abs(ab - GREEN).max() < 2


@pytest.mark.parametrize(("kind", "scale"), [("rgb", 1.0), ("rgb255", 255.0)])
def test_of_rgb_outputs_only_the_chroma_is_used(tmp_path: Path, gray: Photo, kind: str, scale: float) -> None:
    """The network darkens and reddens; the result has the photo's lightness and only the red of the network."""
    shift = np.array([0.2, -0.1, -0.1]) * scale
    name = f"{kind}:" + graph(tmp_path / "rgb.onnx", read=3, weight=np.eye(3)[..., None, None], bias=shift)
    result = Tinter(name).tint(gray, model=name, keep="all", gain="off")
    level = gray.pixels[..., None] / 255 + shift / scale
    L, ab = lab.split(result.pixels)
    assert np.abs(L - lab.lightness(gray.pixels)).max() < 0.5
    assert np.abs(ab - lab.split(level.astype(np.float32))[1])[:, 4:-4].max() < 3


def test_imagenet_normalisation_is_inverted() -> None:
    class IdentityNetwork:
        def run(self, x: Float) -> tuple[Float, ...]:
            self.input = x
            return (x,)

    engine = IdentityNetwork()
    ramp = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (64, 1))
    _, ab = interfaces.predict(ramp, engine, "rgbnorm", gain=1.0, side=64)
    white = (1 - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    assert np.allclose(engine.input[0, :, 0, -1], white - 3 / 255 / np.array([0.229, 0.224, 0.225]), atol=1e-4)
    assert np.abs(ab).max() < 0.05


class RecordingNetwork:
    """A network that records its input."""

    sides = (32, 48)

    def __init__(self, planes: int) -> None:
        self.planes = planes

    def run(self, x: Float) -> tuple[Float, ...]:
        self.input = x
        return (np.zeros((1, self.planes, 32, 48), np.float32),)


@pytest.mark.parametrize("kind", interfaces.INTERFACES)
def test_each_interface_gets_the_picture_in_its_own_units(kind: str, sample: Path) -> None:
    interface, engine = interfaces.INTERFACES[kind], RecordingNetwork(interfaces.INTERFACES[kind].planes)
    L, ab = interfaces.predict(Photo.read(sample).pixels, engine, kind, gain=1.0)
    assert engine.input.shape == (1, interface.channels, 32, 48)
    assert engine.input.dtype == np.float32
    assert (L.shape, ab.shape) == ((32, 48), (32, 48, 2))
    channel = engine.input[0, 0]
    level = lab.gray(L) / np.float32(255)
    expected = {
        "ddcolor": level,
        "siggraph17": (L - 50) / 100,
        "eccv16": (L - 50) / 100,
        "lab": L,
        "rgb": level,
        "rgb255": level * 255,
        "rgbnorm": (level - 0.485) / 0.229,
    }[kind]
    assert np.abs(channel - expected).max() <= 0.003 * np.ptp(expected)


def test_the_gain_affects_the_input_of_the_network_only() -> None:
    engine = RecordingNetwork(2)
    pixels = np.full((32, 48), 200, np.uint8)
    whole, _ = interfaces.predict(pixels, engine, "siggraph17", gain=1.0)
    before = engine.input.copy()
    half, _ = interfaces.predict(pixels, engine, "siggraph17", gain=0.5)
    assert (whole == half).all()
    assert np.allclose(engine.input + 0.5, (before + 0.5) / 2)


def test_masks_and_strength_are_those_of_the_own_network(tmp_path: Path, sample: Path) -> None:
    """Only the colours differ: the mask is the same, and outside of it the photo is unchanged."""
    photo = Photo.read(sample)
    name = make_network("ddcolor", tmp_path / "peer.onnx", 64)
    own, peer = Tinter().run(photo, Options()), Tinter(name).run(photo, Options(model=name))
    assert (own.alpha == peer.alpha).all()
    out = peer.photo.pixels[peer.alpha == 0]
    assert (out == photo.pixels[peer.alpha == 0].reshape(len(out), -1)).all()
    assert (Tinter(name).run(photo, Options(model=name, strength=0)).photo.pixels == photo.pixels).all()


def test_paths_of_networks_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert zoo.absolute("ddcolor:peer.onnx") == f"ddcolor:{tmp_path}/peer.onnx"


def test_the_recipe_has_the_hash_of_the_network(tmp_path: Path) -> None:
    from handtint import recipe

    name = make_network("eccv16", tmp_path / "peer.onnx")
    recorded = recipe.of(Options(model=name))
    assert recorded.models[name] == zoo.find(name, "color").weights.sha256
    assert len(recorded.models[name]) == 64


def test_a_network_of_another_interface_is_rejected(tmp_path: Path, gray: Photo) -> None:
    one, three = constant(tmp_path / "one.onnx", 1, GREEN), constant(tmp_path / "three.onnx", 3, (1.0, 2.0, 3.0))
    pair = graph(tmp_path / "pair.onnx", read=1, weight=np.zeros((2, 1, 1, 1)), bias=np.zeros(2), more=2)
    for name, match in (
        (f"ddcolor:{one}", r"not DDColor: expected one input of shape \(1, 3, h, w\)"),
        (f"ddcolor:{three}", r"output is \(1, 3, 512, 512\), expected \(1, 2, h, w\) of DDColor"),
        (f"siggraph17:{pair}", r"expected one input of shape \(1, 1, h, w\)"),
        (f"siggraph17:{one}", r"values up to 30: in Lab units already.*`lab:`"),
        (f"rgb:{constant(tmp_path / 'bright.onnx', 3, (200.0, 1.0, 1.0))}", r"up to 200: .*`rgb255:`"),
    ):
        with pytest.raises(WeightsError, match=match):
            Tinter(name).tint(gray, model=name, keep="all")


def test_bad_files_are_errors_in_one_line(tmp_path: Path, sample: Path) -> None:
    (tmp_path / "text.onnx").write_text("no network")
    for name, args in ((f"ddcolor:{tmp_path}/none.onnx", "no such file"), (f"rgb:{tmp_path}/text.onnx", "text.onnx")):
        run = CliRunner().invoke(main, ["tint", str(sample), "-o", str(tmp_path / "out.png"), "--model", name])
        assert run.exit_code == 1
        assert args in run.output
        assert len(run.output.strip().splitlines()) == 1
    with pytest.raises(OptionError, match=r"ddcolor:FILE.onnx"):
        zoo.find("unknown:file.onnx", "color")
    with pytest.raises(OptionError, match="unknown mask model"):
        zoo.find("ddcolor:file.txt", "mask")


def test_the_command_line_accepts_third_party_networks(tmp_path: Path, sample: Path) -> None:
    name = make_network("siggraph17", tmp_path / "peer.onnx", 256)
    args = ["tint", str(sample), "-o", str(tmp_path / "out.png"), "--model", name, "--keep", "all", "--gain", "off"]
    run = CliRunner().invoke(main, args)
    assert run.exit_code == 0, run.output
    out = Photo.read(tmp_path / "out.png")
    assert np.abs(np.median(lab.split(out.pixels)[1], axis=(0, 1)) - GREEN).max() < 2
