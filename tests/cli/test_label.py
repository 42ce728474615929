"""`handtint label`: masks for training from labels, outlines and networks."""

import json
import shutil
from pathlib import Path

import numpy as np
from click.testing import CliRunner
from scipy.io import savemat

from handtint.cli import main
from handtint.data.faces import read_faces
from handtint.data.ground_truth import rgb
from handtint.data.labels import labels, mask_pairs, read_mask
from handtint.data.sources import open_sources

ROOT = Path(__file__).parents[2]


def test_a_labelled_photograph_gets_a_mask(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for name in ("astronaut.jpg", "cat.jpg"):
        shutil.copy(ROOT / "tests" / "photos" / name, tmp_path / "photos")
    (tmp_path / "labels.csv").write_text("file,labels\nastronaut.jpg,person\n")
    args = [
        "label",
        str(tmp_path / "photos"),
        "--labels",
        str(tmp_path / "labels.csv"),
        "--out",
        str(tmp_path / "out"),
    ]
    run = CliRunner().invoke(main, args)
    assert run.exit_code == 0, run.output
    assert "masks for 1 of 1 photographs" in run.output
    ((photo, mask),) = mask_pairs(open_sources([tmp_path / "out"]))
    indices = read_mask(mask)
    assert indices.shape == rgb(photo).shape[:2]
    assert set(np.unique(indices)) <= {0, 15, 255}
    height, width = indices.shape
    assert indices[height // 2, width // 2] == 15, "the astronaut is in the middle"


def test_garment_labels_become_parts_of_people(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    shutil.copy(ROOT / "tests" / "photos" / "astronaut.jpg", tmp_path / "photos")
    height, width = rgb(open_sources([tmp_path / "photos"])[0]).shape[:2]
    garments = np.zeros((height, width), np.uint8)
    garments[10:], garments[20:], garments[30:] = 19, 41, 14  # hair, skin, dress
    (tmp_path / "labels").mkdir()
    savemat(tmp_path / "labels" / "astronaut.mat", {"groundtruth": garments})
    args = ["label", str(tmp_path / "photos"), "--garments", str(tmp_path / "labels"), "--out", str(tmp_path / "out")]
    run = CliRunner().invoke(main, args)
    assert run.exit_code == 0, run.output
    ((_, mask),) = mask_pairs(open_sources([tmp_path / "out"]))
    assert read_mask(mask)[[0, 10, 20, 30], 0].tolist() == [0, 2, 1, 3]
    savemat(tmp_path / "labels" / "astronaut.mat", {"groundtruth": garments[1:]})
    failed = CliRunner().invoke(main, args)
    assert failed.exit_code == 1
    assert "astronaut.mat: labels of" in failed.output


def write_instances(tmp_path: Path, outline: object) -> Path:
    content = {
        "images": [{"id": 1, "file_name": "astronaut.jpg"}],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [{"image_id": 1, "category_id": 1, "segmentation": outline, "score": 0.9}],
    }
    (tmp_path / "found.json").write_text(json.dumps(content))
    return tmp_path / "found.json"


def test_outlines_become_a_mask_without_a_model(tmp_path: Path) -> None:
    instances = write_instances(tmp_path, [[10, 10, 200, 10, 200, 180, 10, 180]])
    args = ["label", str(ROOT / "tests" / "photos"), "--instances", str(instances), "--out", str(tmp_path / "out")]
    run = CliRunner().invoke(main, args)
    assert run.exit_code == 0, run.output
    ((photo, mask),) = mask_pairs(open_sources([tmp_path / "out"]))
    indices = read_mask(mask)
    assert indices.shape == rgb(photo).shape[:2]
    assert indices[100, 100] == 15
    assert indices[100, 210] == 0


def test_photographs_without_labels_get_a_foreground_mask(tmp_path: Path) -> None:
    shutil.copy(ROOT / "tests" / "photos" / "astronaut.jpg", tmp_path)
    args = ["label", str(tmp_path), "--foreground", "--second", "handtint-mask", "--out", str(tmp_path / "out")]
    run = CliRunner().invoke(main, args)
    assert run.exit_code == 0, run.output
    ((photo, mask),) = mask_pairs(open_sources([tmp_path / "out"]))
    classes, foreground = labels(photo, read_mask(mask))
    assert (classes == 255).all(), "the classes are unknown"
    height, width = foreground.shape
    assert foreground[height // 2, width // 2] == 1, "the astronaut is in the middle"
    assert 0 < (foreground == 0).mean() < 1


def test_an_invalid_outline_is_an_error_with_the_photograph(tmp_path: Path) -> None:
    instances = write_instances(tmp_path, {"size": [3, 3], "counts": [9]})
    args = ["label", str(ROOT / "tests" / "photos"), "--instances", str(instances), "--out", str(tmp_path / "out")]
    run = CliRunner().invoke(main, args)
    assert run.exit_code == 1
    assert "astronaut.jpg: an outline of [3, 3]" in run.output
    assert not (tmp_path / "out").exists()


def test_contradicting_options_and_unknown_photographs_are_errors(tmp_path: Path) -> None:
    photos, out = str(ROOT / "tests" / "photos"), ["--out", str(tmp_path / "out")]
    assert CliRunner().invoke(main, ["label", photos, *out]).exit_code == 2
    both = ["--instances", str(write_instances(tmp_path, [])), "--boxes", str(tmp_path / "boxes.json")]
    assert CliRunner().invoke(main, ["label", photos, *both, *out]).exit_code == 2
    assert CliRunner().invoke(main, ["label", photos, *both[:2], "--foreground", *out]).exit_code == 2
    assert CliRunner().invoke(main, ["label", photos, *both[:2], "--second", "handtint-mask", *out]).exit_code == 2
    (tmp_path / "labels.csv").write_text("file,labels\nnobody.jpg,person\n")
    run = CliRunner().invoke(main, ["label", photos, "--labels", str(tmp_path / "labels.csv"), *out])
    assert run.exit_code == 1
    assert "none of the photographs" in run.output


def test_bad_and_duplicate_photographs_are_errors_with_their_name(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.jpg").write_bytes(b"no picture")
    (tmp_path / "labels.csv").write_text("file,labels\nx.jpg,person\n")
    args = ["--labels", str(tmp_path / "labels.csv"), "--out", str(tmp_path / "out")]
    run = CliRunner().invoke(main, ["label", str(tmp_path / "one"), *args])
    assert run.exit_code == 1
    assert "x.jpg: not a photograph format" in run.output
    run = CliRunner().invoke(main, ["label", str(tmp_path), *args])
    assert run.exit_code == 1
    assert "x: two photographs have this name" in run.output
    assert not (tmp_path / "out").exists()


def test_faces_are_written_in_the_format_of_training(tmp_path: Path) -> None:
    args = ["label", str(ROOT / "tests" / "photos"), "--faces", "--out", str(tmp_path)]
    run = CliRunner().invoke(main, args)
    assert run.exit_code == 0, run.output
    assert "in 1 of 2 photographs" in run.output
    faces = read_faces(tmp_path / "faces.jsonl")
    assert set(faces) == {"astronaut", "cat"}
    assert len(faces["cat"]) == 0
    x0, y0, x1, y1, score = faces["astronaut"][0]
    height, width = rgb(open_sources([ROOT / "tests" / "photos"])[0]).shape[:2]
    assert 0 <= x0 < x1 <= width
    assert 0 <= y0 < y1 <= height
    assert 0.4 <= score <= 1


def test_faces_and_masks_need_separate_runs(tmp_path: Path) -> None:
    args = ["label", str(ROOT / "tests" / "photos"), "--faces", "--foreground", "--out", str(tmp_path)]
    assert CliRunner().invoke(main, args).exit_code == 2
