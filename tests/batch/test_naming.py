import os
from pathlib import Path

import pytest

from handtint.batch.naming import plan
from handtint.errors import InputError, OptionError
from handtint.workers.messages import Job


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("a.jpg", "a.png", "b.JPG", "notes.txt", ".hidden.jpg", "deep/er/a.jpg", "deep/c.gif", ".git/d.jpg"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def targets(jobs: list[Job]) -> list[str]:
    return [job.target for job in jobs]


def test_without_output_the_result_is_next_to_the_photo(tree: Path) -> None:
    (job,) = plan(["in/a.jpg"], None)
    assert job == Job("in/a.jpg", "in/a.handtint.jpg", "in/a.mask.png", "in/a.panel.png")
    assert targets(plan([str(tree / "in/b.JPG")], None)) == [str(tree / "in/b.handtint.JPG")]


@pytest.mark.parametrize(
    ("destination", "target"),
    [("x.png", "x.png"), ("out", "out/a.jpg"), ("out/", "out/a.jpg"), ("in", "in/a.jpg.jpg"), ("-", "-")],
)
def test_the_output_of_one_photo_is_a_file_or_a_folder(tree: Path, destination: str, target: str) -> None:
    assert targets(plan(["in/a.jpg"], destination)) == [target]


def test_a_folder_keeps_its_tree_and_names(tree: Path) -> None:
    jobs = plan(["in"], "out")
    assert targets(jobs) == ["out/a.jpg", "out/a.png", "out/b.JPG", "out/deep/c.png", "out/deep/er/a.jpg"]
    assert [job.source for job in jobs] == ["in/a.jpg", "in/a.png", "in/b.JPG", "in/deep/c.gif", "in/deep/er/a.jpg"]


def test_without_output_the_results_of_a_folder_are_in_a_folder_next_to_it(tree: Path) -> None:
    assert os.path.relpath(plan(["in/deep"], None)[0].target, tree) == "in/deep.handtint/c.png"


def test_all_names_of_results_are_unique(tree: Path) -> None:
    jobs = plan(["in", "in/a.jpg", "in/deep/er/a.jpg"], "out", format="webp")
    everything = [name for job in jobs for name in (job.target, job.mask, job.panel)]
    assert len({os.path.realpath(name) for name in everything}) == len(everything) == 21
    assert "out/a.webp" in everything
    assert "out/a.png.webp" in everything


def test_results_inside_the_folder_are_not_photos(tree: Path) -> None:
    out = tree / "in" / "out"
    out.mkdir()
    (out / "a.jpg").touch()
    assert len(plan(["in"], "in/out")) == 5


def test_a_photo_is_never_overwritten(tree: Path) -> None:
    with pytest.raises(OptionError, match="overwrite"):
        plan(["in/a.jpg"], "in/a.jpg")
    (tree / "link.jpg").symlink_to(tree / "in/a.jpg")
    with pytest.raises(OptionError, match="overwrite"):
        plan(["in/a.jpg"], "link.jpg")
    sources = {os.path.realpath(job.source) for job in plan(["in"], "in")}
    assert not sources & {os.path.realpath(t) for t in targets(plan(["in"], "in"))}


def test_symlink_loops_are_not_followed(tree: Path) -> None:
    (tree / "in" / "loop").symlink_to(tree / "in")
    assert len(plan(["in"], "out")) == 5


def test_invalid_combinations_are_errors(tree: Path) -> None:
    (tree / "empty").mkdir()
    with pytest.raises(InputError, match="empty: no photographs"):
        plan(["empty"], "out")
    with pytest.raises(OptionError, match="is a file"):
        plan(["in/a.jpg", "in/a.png"], "in/b.JPG")
    with pytest.raises(OptionError, match="is the name of one photo"):
        plan(["in/a.jpg", "in/a.png"], "x.png")
    with pytest.raises(OptionError, match="only one photo"):
        plan(["in"], "-")


def test_standard_input_is_one_photo(tree: Path) -> None:
    assert plan(["-"], None) == [Job("-", "-")]
    assert targets(plan(["-"], "x.png")) == ["x.png"]
    assert targets(plan(["-", "in/a.jpg"], "out")) == ["out/stdin.png", "out/a.jpg"]


def test_a_missing_photo_is_planned_like_others(tree: Path) -> None:
    assert targets(plan(["in/gone.jpg", "in/a.jpg"], "out")) == ["out/gone.jpg", "out/a.jpg"]
