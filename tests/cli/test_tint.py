"""`handtint tint` end to end: the installed command, the shipped weights, real photographs."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from handtint.image.color import lab
from handtint.image.photo import Photo


def handtint(*args: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", "from handtint.cli import main; main()", *map(str, args)]
    run = subprocess.run(command, input=stdin, capture_output=True, timeout=120, check=False)
    assert b"Traceback" not in run.stderr, run.stderr.decode()
    return run


def test_a_portrait_has_colour_inside_the_mask_only(sample: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    run = handtint("tint", sample, "-o", out, "--save-mask", "--panel")
    assert run.returncode == 0, run.stderr.decode()
    before, after, mask = Photo.read(sample), Photo.read(out), Photo.read(tmp_path / "out.mask.png")
    assert after.size == before.size
    assert np.abs(lab.lightness(after.pixels) - lab.lightness(before.pixels)).max() < 0.5
    outside = mask.pixels == 0
    assert 0.2 < outside.mean() < 0.8
    np.testing.assert_array_equal(after.pixels[outside], np.repeat(before.pixels[..., None], 3, axis=2)[outside])
    assert np.hypot(*np.moveaxis(lab.split(after.pixels)[1], -1, 0))[mask.pixels == 255].mean() > 3
    panel = Photo.read(tmp_path / "out.panel.png").pixels
    assert panel.shape[1] > 3.9 * 512


def test_the_same_command_gives_the_same_bytes(sample: Path, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        assert handtint("tint", sample, "-o", tmp_path / name).returncode == 0
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()


def test_without_output_the_result_is_next_to_the_photo(sample: Path, tmp_path: Path) -> None:
    photo = tmp_path / "Old Photo.jpg"
    photo.write_bytes(sample.read_bytes())
    assert handtint("tint", photo).returncode == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["Old Photo.handtint.jpg", "Old Photo.jpg"]
    assert photo.read_bytes() == sample.read_bytes()


def test_photos_go_through_standard_input_and_output(sample: Path) -> None:
    run = handtint("tint", "-", "-o", "-", "--format", "png", stdin=sample.read_bytes())
    assert run.returncode == 0
    assert Photo.read(run.stdout).pixels.shape == (512, 512, 3)
    assert handtint("tint", "-", "-o", "-", stdin=b"").returncode == 1
    assert handtint("tint", "-", "-o", "-", "--panel", stdin=sample.read_bytes()).returncode == 2


def test_a_bad_photo_in_a_folder_is_reported_and_the_others_are_done(samples: list[Path], tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "good.jpg").write_bytes(samples[0].read_bytes())
    (tmp_path / "in" / "deep" / "good.jpg").write_bytes(samples[1].read_bytes())
    (tmp_path / "in" / "bad.jpg").write_bytes(samples[0].read_bytes()[:2000])
    (tmp_path / "in" / "empty.png").touch()
    run = handtint("tint", tmp_path / "in", "-o", tmp_path / "out")
    assert run.returncode == 1
    output = run.stderr.decode()
    for name in ("bad.jpg", "empty.png"):
        assert [line for line in output.splitlines() if line.startswith(f"handtint: {tmp_path}/in/{name}: ")]
    results = sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.jpg"))
    assert results == ["deep/good.jpg", "good.jpg"]


@pytest.mark.parametrize(
    ("args", "status", "message"),
    [
        (("--keep", "unicorn"), 2, "unicorn"),
        (("--keep", "person,dgo"), 2, "dgo"),
        (("--strength", "9"), 2, "strength"),
        (("--background", "pink"), 2, "pink"),
        (("--gain", "x"), 2, "gain"),
        (("--model", "mona"), 2, "mona"),
        (("--format", "bmp"), 2, "bmp"),
        (("--mask", "nowhere.png"), 1, "nowhere.png"),
        (("-o", "result.xyz"), 1, "result.xyz"),
        (("--brush",), 2, "--brush"),
    ],
)
def test_invalid_options_are_errors_that_name_them(
    sample: Path, tmp_path: Path, args: tuple[str, ...], status: int, message: str
) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(sample.read_bytes())
    run = handtint("tint", photo, *args)
    assert run.returncode == status
    assert message in run.stderr.decode()
    assert [p.name for p in tmp_path.iterdir()] == ["photo.jpg"]


def test_skipped_files_are_counted_by_ending(tmp_path: Path) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    gray = np.arange(1024, dtype=np.uint8).reshape(32, 32)
    for name in ("a.bmp", "b.pgm"):
        assert cv2.imwrite(str(photos / name), gray)
    for name in ("notes.txt", "more.TXT", "letter", "scan.zip"):
        (photos / name).write_bytes(b"x")
    run = handtint("tint", photos, "-o", out, "--keep", "all")
    assert run.returncode == 0, run.stderr.decode()
    assert "skipped 4 files that are not photos: 2 .txt, 1 without an ending, 1 .zip" in run.stderr.decode()
    assert sorted(path.name for path in out.glob("*.png")) == ["a.png", "b.png"]
    assert json.loads((out / "handtint-report.json").read_text())["skipped"] == {".txt": 2, "": 1, ".zip": 1}
    assert "2 .txt, 1 without an ending, 1 .zip" in (out / "handtint-report.html").read_text()
    for name in ("a.bmp", "b.pgm"):
        (photos / name).unlink()
    run = handtint("tint", photos, "-o", out)
    assert run.returncode != 0
    assert "no photographs in this folder (skipped: 2 .txt, 1 without an ending, 1 .zip)" in run.stderr.decode()


def test_missing_arguments_and_unknown_commands_are_wrong_usage() -> None:
    assert handtint("tint").returncode == 2
    assert handtint("paint").returncode == 2
    assert handtint().returncode in (0, 2)


def test_options_have_their_effect_on_the_colours(sample: Path, tmp_path: Path) -> None:
    def chroma(*args: str) -> np.ndarray:
        assert handtint("tint", sample, "-o", tmp_path / "x.png", *args).returncode == 0
        return np.hypot(*np.moveaxis(lab.split(Photo.read(tmp_path / "x.png").array())[1], -1, 0))

    everything = chroma("--keep", "all")
    person, inverted = chroma("--keep", "person"), chroma("--keep", "person", "--invert")
    assert everything.mean() > person.mean() > 0
    difference = np.abs(everything - (person + inverted))  # alpha and 1 - alpha, each rounded to 8 bits
    assert difference.max() < 12  # one level is several units of chroma in dark areas
    assert np.percentile(difference, 99) < 1
    assert chroma("--keep", "all", "--strength", "1.4").mean() > 1.15 * everything.mean()
    assert chroma("--strength", "0").max() < 0.01
    assert chroma("--background", "sepia")[0, -1] > 3


def test_a_mask_with_original_colours_is_a_colour_splash(color_photo: Path, tmp_path: Path) -> None:
    photo = Photo.read(color_photo)
    mask = np.zeros(photo.size, np.uint8)
    mask[50:200, 100:300] = 255
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    out = tmp_path / "out.png"
    run = handtint("tint", color_photo, "-o", out, "--mask", tmp_path / "mask.png", "--colors", "original")
    assert run.returncode == 0
    pixels = Photo.read(out).pixels
    np.testing.assert_array_equal(pixels[mask == 255], photo.pixels[mask == 255])
    assert np.ptp(pixels[mask == 0].astype(int), axis=1).max() == 0


def test_models_lists_names_licences_and_sizes() -> None:
    run = handtint("models")
    assert run.returncode == 0
    for text in (b"handtint", b"handtint-mask", b"MIT", b"MB", b"yes"):
        assert text in run.stdout
