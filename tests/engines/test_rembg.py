"""rembg's sessions, without its downloads: a tiny network replaces its own."""

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, save_model

from handtint import zoo
from handtint.errors import OptionError, WeightsError
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter

pytest.importorskip("rembg")
pytestmark = pytest.mark.filterwarnings("ignore")  # warnings of its own libraries


def test_a_model_of_rembg_makes_the_mask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [
        helper.make_node("ReduceMean", ["rgb"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Sigmoid", ["mean"], ["d0"]),
    ]
    values = {"rgb": [1, 3, 320, 320], "d0": [1, 1, 320, 320]}
    rgb, d0 = (helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in values.items())
    model = helper.make_model(
        helper.make_graph(nodes, "tiny", [rgb], [d0]), opset_imports=[helper.make_opsetid("", 13)], ir_version=8
    )
    for folder in (tmp_path, tmp_path / "models" / "u2netp"):
        folder.mkdir(parents=True, exist_ok=True)
        save_model(model, str(folder / "u2netp.onnx"))
    monkeypatch.setenv("U2NET_HOME", str(tmp_path))
    monkeypatch.setenv("MODEL_CHECKSUM_DISABLED", "1")
    pixels = np.zeros((120, 200), np.uint8)
    pixels[30:90, 50:150] = 255
    result = Tinter(mask_model="rembg:u2netp").run(Photo(pixels), Options(mask_model="rembg:u2netp"))
    assert ((result.alpha > 127) == (pixels > 0)).mean() > 0.97


def test_an_unknown_rembg_model_is_an_error() -> None:
    with pytest.raises(OptionError, match="rembg knows no model 'u9net'"):
        zoo.find("rembg:u9net", "mask").engine()


def test_a_failed_download_is_an_error_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise ConnectionError("no route to host\nat all")

    monkeypatch.setattr("handtint.engines.rembg.new_session", fail)
    with pytest.raises(WeightsError, match=r"rembg:u2net: cannot be downloaded: no route to host$"):
        zoo.find("rembg:u2net", "mask").engine()
