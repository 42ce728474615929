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


def inspect(*words: object, stdin: bytes = b"") -> Result:
    done = CliRunner().invoke(main, ["inspect", *map(str, words)], input=stdin)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture
def photo(tmp_path: Path, tinter: Tinter) -> Path:
    """A picture in whose left half the fake network sees a person."""
    path = tmp_path / "photo.png"
    pixels = np.full((300, 401), 90, np.uint8)
    pixels[:, :200] = 160
    Photo(pixels).write(path)
    return path


def test_a_table(photo: Path) -> None:
    done = inspect(photo)
    assert done.exit_code == 0
    assert f"{photo}: 401 x 300" in done.stdout
    lines = [line.split() for line in done.stdout.splitlines()]
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


def test_json(photo: Path) -> None:
    (told,) = json.loads(inspect(photo, "--json").stdout)
    assert (told["photo"], told["width"], told["height"]) == (str(photo), 401, 300)
    front, person = told["found"]
    assert (front["keep"], front["class"], front["number"], front["position"]) == ("subject", "foreground", None, None)
    assert (person["keep"], person["number"], person["position"]) == ("person:1", 1, 1)
    assert person["box"][:2] == [0, 0]
    assert person["share"] == pytest.approx(0.5, abs=0.04)
    assert 0.9 < person["confidence"] <= 1


def test_labels_are_the_exact_indices(photo: Path, tinter: Tinter, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "labels.png"
    assert inspect(photo, "--labels", out).exit_code == 0
    with Image.open(out) as picture:
        assert (picture.mode, picture.size) == ("P", (401, 300))
        palette = picture.getpalette() or []
        stored = np.array(picture)
    read = Photo.read(photo)
    np.testing.assert_array_equal(stored, masks.label(tinter.segment(read), read.size))
    assert set(np.unique(stored)) == {0, 15}
    assert palette[15 * 3 : 16 * 3] == [192, 128, 128]  # VOC's pink of persons
    assert palette[3:6] == [128, 0, 0]


def test_an_overlay(photo: Path, tmp_path: Path) -> None:
    assert inspect(photo, "--overlay", tmp_path / "overlay.jpg").exit_code == 0
    drawn = Photo.read(tmp_path / "overlay.jpg")
    assert drawn.size[1] > 401
    assert inspect(photo, "--overlay", tmp_path / "overlay.xyz").exit_code == 1


def test_standard_input(photo: Path) -> None:
    (told,) = json.loads(inspect("-", "--json", stdin=photo.read_bytes()).stdout)
    assert told["width"] == 401
    assert inspect("-").exit_code == 1


def test_a_bad_photo_does_not_stop_the_others(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    done = inspect(tmp_path / "bad.jpg", photo, tmp_path / "nowhere.jpg", "--json")
    assert done.exit_code == 1
    assert [told["photo"] for told in json.loads(done.stdout)] == [str(photo)]
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == [
        str(tmp_path / name) for name in ("bad.jpg", "nowhere.jpg")
    ]


@pytest.mark.parametrize("words", [("--gain", "loud"), ("--mask-model", "u9net"), ("--brush",)])
def test_wrong_usage(photo: Path, words: tuple[str, ...]) -> None:
    assert inspect(photo, *words).exit_code == 2


def test_pictures_are_for_one_photo(photo: Path) -> None:
    assert inspect(photo, photo, "--labels", "x.png").exit_code == 2
    assert inspect().exit_code == 2
