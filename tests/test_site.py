"""The site: its commands exist, those of its first pages run, its code runs, it builds without warnings."""

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
RUN_PAGES = [ROOT / "docs" / name for name in ("index.md", "jobs.md", "models.md")]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)


def blocks(page: Path, *kinds: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(page.read_text()) if kind in kinds]


def commands(page: Path, *kinds: str) -> list[list[str]]:
    """The arguments of each command, without comments: text after three spaces or a #."""
    text = "".join(blocks(page, *kinds)).replace("\\\n", " ").replace(" ; ", "\n")
    lines = [line.partition("   ")[0] for line in text.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("handtint ")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_option_of_a_command_exists(page: Path) -> None:
    for args in commands(page, "", "bash", "text"):
        command: click.Command = main
        while isinstance(command, click.Group) and args and args[0] in command.list_commands(click.Context(command)):
            name = args.pop(0)
            subcommand = command.get_command(click.Context(command), name)
            assert subcommand
            command = subcommand
        flags = {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)} | {
            "--help",
            "-h",
        }
        for arg in args:
            if arg.startswith("--") and "|" not in arg:
                assert arg.split("=")[0] in flags, f"{page.name}: handtint {command.name} has no {arg}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample: Path, color_photo: Path) -> Path:
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
@pytest.mark.parametrize("page", RUN_PAGES, ids=lambda page: page.name)
def test_the_commands_of_the_first_pages_run(page: Path, folder: Path) -> None:
    for args in commands(page, "bash"):
        run = CliRunner().invoke(main, args)
        assert run.exit_code == 0, f"handtint {shlex.join(args)}: {run.output}"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_commands_of_the_training_page_run(folder: Path) -> None:
    """The page's commands, on an album of coloured clouds."""
    pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    for i in range(30):
        clouds = rng.integers(0, 256, (6, 6, 3), dtype=np.uint8).repeat(32, axis=0).repeat(32, axis=1)
        Photo(clouds).write(folder / "album" / f"cloud{i}.png")
    page = ROOT / "docs" / "afternoon.md"
    (recipe,) = blocks(page, "toml")
    (folder / "mine.toml").write_text(recipe)
    for args in commands(page, "bash"):
        run = CliRunner().invoke(main, args)
        assert run.exit_code == 0, f"handtint {shlex.join(args)}: {run.output}"
    assert (folder / "mine" / "handtint.onnx").is_file()
    assert (folder / "mine.jpg").read_bytes()


@pytest.mark.parametrize("page", [*RUN_PAGES, ROOT / "README.md"], ids=lambda page: page.name)
def test_the_python_code_runs(page: Path, folder: Path, sample: Path) -> None:
    Photo.read(sample).write(folder / "old.jpg")
    for code in blocks(page, "python"):
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=folder)


def test_the_script_tints_a_folder(folder: Path) -> None:
    args = [sys.executable, str(ROOT / "examples" / "script.py"), "album", "out"]
    subprocess.run(args, check=True, capture_output=True, cwd=folder)
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["1.jpg", "2.jpg"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # warnings of the kernel's own libraries
def test_the_notebook_runs() -> None:
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    notebook = nbformat.read(ROOT / "examples" / "notebook.ipynb", as_version=4)
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(ROOT)}}).execute()
    assert any("image/png" in output.get("data", {}) for output in notebook.cells[-1].outputs)


def test_tests_named_in_the_documents_exist() -> None:
    paths = list((ROOT / "tests").rglob("test_*.py"))
    tests = {name for path in paths for name in re.findall(r"^def (test_\w+)", path.read_text(), re.M)}
    for page in PAGES:
        text = page.read_text()
        assert set(re.findall(r"::(test_\w+)", text)) <= tests, page.name
        assert set(re.findall(r"\b(test_\w+\.py)", text)) <= {path.name for path in paths}, page.name


def test_the_version_is_the_same_everywhere() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert version == __version__
    assert f'version: "{version}"' in (ROOT / "conda" / "recipe.yaml").read_text()
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text()


def test_conda_and_pip_have_the_same_requirements() -> None:
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
    requirements = variant.recipe.requirements.to_dict()["run"]
    assert (
        f"python {tomllib.loads((ROOT / 'pyproject.toml').read_text())['project']['requires-python']}" in requirements
    )
    assert "libvips" in requirements


def test_the_extra_all_includes_the_others() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    included = set(re.findall(r"[\w-]+", extras["all"][0].partition("[")[2]))
    assert set(extras) - {"all", "docs", "test", "torchvision"} <= included


@pytest.mark.slow
def test_the_site_builds_without_warnings(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    args = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    run = subprocess.run(args, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    for page in (tmp_path / "site").rglob("*.html"):  # nothing is loaded from other servers
        external = re.findall(
            r'<(?:script|img|link rel="stylesheet")[^>]+(?:src|href)="(https?:[^"]+)"', page.read_text()
        )
        assert not external, f"{page.name}: {external}"


def test_the_gallery_has_every_photograph() -> None:
    page = (ROOT / "docs" / "gallery.md").read_text()
    for path in [*(ROOT / "examples/photos").glob("*.jpg"), *(ROOT / "examples/varied").glob("*.jpg")]:
        assert f"{path.stem}.tinted.jpg" in page
        assert np.asarray(Photo.read(ROOT / "docs" / "gallery" / f"{path.stem}.jpg").pixels).size
