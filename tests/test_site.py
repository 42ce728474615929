"""The site: every command in it exists, those of its first pages run, its code runs, it builds without a warning."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

from handtint import __version__
from handtint.cli import main
from handtint.image.photo import Photo

ROOT = Path(__file__).parents[1]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md"])
RUN = [ROOT / "docs" / name for name in ("index.md", "jobs.md", "models.md")]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)


def blocks(page: Path, *kinds: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(page.read_text()) if kind in kinds]


def commands(page: Path, *kinds: str) -> list[list[str]]:
    """The words of each command; what stands three spaces behind it, or behind a #, tells of it."""
    text = "".join(blocks(page, *kinds)).replace("\\\n", " ").replace(" ; ", "\n")
    lines = [line.partition("   ")[0] for line in text.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("handtint ")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_flag_of_a_command_exists(page: Path) -> None:
    for words in commands(page, "", "bash", "text"):
        command: click.Command = main
        while isinstance(command, click.Group) and words and words[0] in command.list_commands(click.Context(command)):
            name = words.pop(0)
            found = command.get_command(click.Context(command), name)
            assert found
            command = found
        flags = {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)} | {
            "--help",
            "-h",
        }
        for word in words:
            if word.startswith("--") and "|" not in word:
                assert word.split("=")[0] in flags, f"{page.name}: handtint {command.name} has no {word}"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample: Path, color_photo: Path) -> Path:
    """A folder with small photographs of the names that the pages use."""
    small = Photo(Photo.read(sample).pixels[::2, ::2].copy())
    color = Photo(Photo.read(color_photo).pixels[::2, ::2].copy())
    for name in ("grandmother.jpg", "wedding.jpg", "still.png", "album/1.jpg", "album/2.jpg", "archive/old/1.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        small.write(tmp_path / name)
    color.write(tmp_path / "splash.jpg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_the_commands_run(page: Path, room: Path) -> None:
    for words in commands(page, "bash"):
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, f"handtint {shlex.join(words)}: {done.output}"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_an_afternoon_of_training(room: Path) -> None:
    """The page's commands, on an album of coloured clouds."""
    pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    for i in range(30):
        clouds = rng.integers(0, 256, (6, 6, 3), dtype=np.uint8).repeat(32, axis=0).repeat(32, axis=1)
        Photo(clouds).write(room / "album" / f"cloud{i}.png")
    page = ROOT / "docs" / "afternoon.md"
    (recipe,) = blocks(page, "toml")
    (room / "mine.toml").write_text(recipe)
    for words in commands(page, "bash"):
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, f"handtint {shlex.join(words)}: {done.output}"
    assert (room / "mine" / "handtint.onnx").is_file()
    assert (room / "mine.jpg").read_bytes()


@pytest.mark.parametrize("page", [*RUN, ROOT / "README.md"], ids=lambda page: page.name)
def test_the_code_runs(page: Path, room: Path, sample: Path) -> None:
    Photo.read(sample).write(room / "old.jpg")
    for code in blocks(page, "python"):
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=room)


def test_the_script_tints_a_folder(room: Path) -> None:
    words = [sys.executable, str(ROOT / "examples" / "script.py"), "album", "out"]
    subprocess.run(words, check=True, capture_output=True, cwd=room)
    assert sorted(path.name for path in (room / "out").iterdir()) == ["1.jpg", "2.jpg"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the kernel's own libraries
def test_the_notebook_runs() -> None:
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    notebook = nbformat.read(ROOT / "examples" / "notebook.ipynb", as_version=4)
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(ROOT)}}).execute()
    assert any("image/png" in output.get("data", {}) for output in notebook.cells[-1].outputs)


def test_the_versions_are_one() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert version == __version__
    assert f'version: "{version}"' in (ROOT / "conda" / "recipe.yaml").read_text()
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text()


def test_conda_wants_what_pip_wants() -> None:
    names = {
        re.split(r"[>=\[]", line)[0]
        for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    }
    recipe = (ROOT / "conda" / "recipe.yaml").read_text()
    for name in names:
        assert f"- {name.removesuffix('-python-headless')} >=" in recipe


def test_the_conda_recipe_is_valid() -> None:
    rattler_build = pytest.importorskip("rattler_build")
    (variant,) = rattler_build.Stage0Recipe.from_file(ROOT / "conda" / "recipe.yaml").render()
    run = variant.recipe.requirements.to_dict()["run"]
    assert f"python {tomllib.loads((ROOT / 'pyproject.toml').read_text())['project']['requires-python']}" in run
    assert "libvips" in run


def test_all_means_all() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = set(re.findall(r"[\w-]+", extras["all"][0].partition("[")[2]))
    assert set(extras) - {"all", "docs", "test", "torchvision"} <= named


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for page in (tmp_path / "site").rglob("*.html"):  # nothing is loaded from elsewhere
        loaded = re.findall(
            r'<(?:script|img|link rel="stylesheet")[^>]+(?:src|href)="(https?:[^"]+)"', page.read_text()
        )
        assert not loaded, f"{page.name}: {loaded}"


def test_the_gallery_has_every_photograph() -> None:
    page = (ROOT / "docs" / "gallery.md").read_text()
    for path in [*(ROOT / "examples/photos").glob("*.jpg"), *(ROOT / "examples/varied").glob("*.jpg")]:
        assert f"{path.stem}.tinted.jpg" in page
        assert np.asarray(Photo.read(ROOT / "docs" / "gallery" / f"{path.stem}.jpg").pixels).size
