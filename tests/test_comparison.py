"""Several models on the same photographs."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from handtint import comparison
from handtint.cli import main
from handtint.image.photo import Photo
from handtint.options import Options
from test_interfaces import make_network


@pytest.fixture
def models(tmp_path: Path) -> list[str]:
    return [make_network("ddcolor", tmp_path / "one.onnx", 64), make_network("siggraph17", tmp_path / "two.onnx", 64)]


def test_each_pair_has_a_row_and_each_photo_a_column(models: list[str], sample: Path, color_photo: Path) -> None:
    photos = [Photo.read(sample), Photo.read(color_photo)]
    entries, sheet = comparison.compare(photos, models, ["handtint-mask"], Options(keep="all"))
    assert [(entry.model, entry.mask_model) for entry in entries] == [(model, "handtint-mask") for model in models]
    for entry in entries:
        assert (len(entry.seconds), len(entry.tiles), len(entry.errors)) == (2, 2, 1)
        assert entry.kept == [1.0, 1.0]
        assert len(entry.row()) == len(comparison.HEADER)
    assert np.allclose(entries[0].chroma, entries[1].chroma, atol=0.1)  # both predict the same green
    assert sheet.ndim == 3
    assert sheet.shape[0] > 4 * 0.5 * comparison.SIDE  # gray, own colours, two models


def test_the_error_is_the_distance_from_the_photos_own_colours(models: list[str], tmp_path: Path) -> None:
    """A photo of the green that the network predicts has no error; one of another colour has their distance."""
    from handtint.image.color import lab

    L = np.full((64, 64), 60, np.float32)
    same = lab.join(L, np.broadcast_to(np.float32((-30, 25)), (64, 64, 2)))
    other = lab.join(L, np.broadcast_to(np.float32((-30, -5)), (64, 64, 2)))
    options = Options(keep="all", gain="off")
    entries, _ = comparison.compare([Photo(same), Photo(other)], models[:1], ["handtint-mask"], options)
    assert entries[0].errors == pytest.approx([0, 30], abs=1)


def test_the_command_writes_a_sheet_and_a_table(models: list[str], sample: Path, tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    args = ["compare", str(sample), "--model", "handtint", "--model", models[0], "--out", str(out)]
    run = CliRunner().invoke(main, args)
    assert run.exit_code == 0, run.output
    assert Photo.read(out).pixels.shape[2] == 3
    table = out.with_suffix(".md").read_text()
    assert table in run.output
    assert f"| {models[0]} | handtint-mask |" in table
    assert len(table.splitlines()) == 4


def test_an_unknown_model_is_an_error(sample: Path) -> None:
    run = CliRunner().invoke(main, ["compare", str(sample), "--model", "nothing"])
    assert run.exit_code == 2
    assert "unknown colour model 'nothing'" in run.output
