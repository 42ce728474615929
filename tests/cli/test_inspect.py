import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from handtint.cli import main
from handtint.image.masks import masks
from handtint.image.photo import Photo
from handtint.pipeline import Tinter


def inspect(*args: object, stdin: bytes = b"") -> Result:
    run = CliRunner().invoke(main, ["inspect", *map(str, args)], input=stdin)
    assert run.exception is None or isinstance(run.exception, SystemExit), run.exception
    return run


@pytest.fixture
def photo(tmp_path: Path, tinter: Tinter) -> Path:
    """A picture in whose left half the fake network detects a person."""
    path = tmp_path / "photo.png"
    pixels = np.full((300, 401), 90, np.uint8)
    pixels[:, :200] = 160
    Photo(pixels).write(path)
    return path


def test_the_table_lists_objects_with_boxes_and_shares(photo: Path) -> None:
    run = inspect(photo)
    assert run.exit_code == 0
    assert f"{photo}: 401 x 300" in run.stdout
    lines = [line.split() for line in run.stdout.splitlines()]
    subject, person = (next(line for line in lines if line and line[0] == name) for name in ("subject", "person:1"))
    assert subject[1] == "foreground"
    assert person[1:4] == ["person", "1", "1"]
    left, top, right, bottom = map(int, person[4].split(","))
    assert (left, top, bottom) == (0, 0, 300)
    assert right == pytest.approx(200, abs=16)  # the fake network halves the padded picture
    assert 48 < float(person[5].rstrip("%")) < 54


def test_a_narrow_terminal_cuts_nothing(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = inspect(photo).stdout
    monkeypatch.setenv("COLUMNS", "40")
    assert inspect(photo).stdout == wide
    assert "…" not in wide


def test_json_has_the_objects_and_their_boxes(photo: Path) -> None:
    (record,) = json.loads(inspect(photo, "--json").stdout)
    assert (record["photo"], record["width"], record["height"]) == (str(photo), 401, 300)
    foreground, person = record["found"]
    assert (foreground["keep"], foreground["class"], foreground["number"], foreground["position"]) == (
        "subject",
        "foreground",
        None,
        None,
    )
    assert (person["keep"], person["number"], person["position"]) == ("person:1", 1, 1)
    assert person["box"][:2] == [0, 0]
    assert person["share"] == pytest.approx(0.5, abs=0.04)
    assert 0.9 < person["confidence"] <= 1


def test_labels_are_written_as_palette_indices(photo: Path, tinter: Tinter, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "labels.png"
    assert inspect(photo, "--labels", out).exit_code == 0
    with Image.open(out) as picture:
        assert (picture.mode, picture.size) == ("P", (401, 300))
        palette = picture.getpalette() or []
        indices = np.array(picture)
    decoded = Photo.read(photo)
    np.testing.assert_array_equal(indices, masks.label(tinter.segment(decoded), decoded.size))
    assert set(np.unique(indices)) == {0, 15}
    assert palette[15 * 3 : 16 * 3] == [192, 128, 128]  # VOC's colour of persons
    assert palette[3:6] == [128, 0, 0]


def test_the_overlay_has_a_legend_and_needs_a_known_format(photo: Path, tmp_path: Path) -> None:
    assert inspect(photo, "--overlay", tmp_path / "overlay.jpg").exit_code == 0
    overlay = Photo.read(tmp_path / "overlay.jpg")
    assert overlay.size[1] > 401
    assert inspect(photo, "--overlay", tmp_path / "overlay.xyz").exit_code == 1


def test_a_photo_is_read_from_standard_input(photo: Path) -> None:
    (record,) = json.loads(inspect("-", "--json", stdin=photo.read_bytes()).stdout)
    assert record["width"] == 401
    assert inspect("-").exit_code == 1


def test_a_bad_photo_does_not_stop_the_others(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    run = inspect(tmp_path / "bad.jpg", photo, tmp_path / "nowhere.jpg", "--json")
    assert run.exit_code == 1
    assert [record["photo"] for record in json.loads(run.stdout)] == [str(photo)]
    assert [line.split(": ")[1] for line in run.stderr.splitlines()] == [
        str(tmp_path / name) for name in ("bad.jpg", "nowhere.jpg")
    ]


@pytest.mark.parametrize("args", [("--gain", "loud"), ("--mask-model", "u9net"), ("--brush",)])
def test_unknown_options_are_wrong_usage(photo: Path, args: tuple[str, ...]) -> None:
    assert inspect(photo, *args).exit_code == 2


def test_labels_need_exactly_one_photo(photo: Path) -> None:
    assert inspect(photo, photo, "--labels", "x.png").exit_code == 2
    assert inspect().exit_code == 2
