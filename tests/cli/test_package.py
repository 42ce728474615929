"""An installed package: types, `python -m handtint`, shell completion, descriptions of models."""

import os
import subprocess
import sys
import tomllib
from importlib import resources
from pathlib import Path

import pytest
from click.testing import CliRunner

from handtint.cli import main
from handtint.cli.completion import SHELLS
from handtint.zoo import CATALOGUE

ROOT = Path(__file__).parents[2]


def complete(*args: str) -> list[str]:
    """The completions of the last argument."""
    environment = os.environ | {
        "_HANDTINT_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("handtint", *args)),
        "COMP_CWORD": str(len(args)),
    }
    code = "from handtint.cli import main; main(prog_name='handtint')"
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    return run.stdout.split()


def test_the_package_is_typed_and_has_keywords() -> None:
    assert resources.files("handtint").joinpath("py.typed").is_file()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["keywords"]
    assert "Typing :: Typed" in project["classifiers"]


def test_the_package_runs_as_a_module() -> None:
    run = subprocess.run([sys.executable, "-m", "handtint", "--help"], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("Usage: python -m handtint ")


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_a_completion_script(shell: str) -> None:
    run = CliRunner().invoke(main, ["completion", shell])
    assert run.exit_code == 0
    assert f"_HANDTINT_COMPLETE={shell}_complete" in run.stdout


def test_commands_options_recipes_and_files_are_completed() -> None:
    assert complete("compl") == ["plain,completion"]
    assert complete("tint", "--back") == ["plain,--background"]
    assert complete("tint", "--background", "se") == ["plain,sepia"]
    assert complete("tint", "grand") == ["file,grand"]
    assert complete("train", "vit-lsgan-") == ["plain,vit-lsgan-small"]
    assert complete("train", "mine.t") == ["file,mine.t"]


def test_the_catalogue_describes_the_use_of_each_model() -> None:
    assert all(model.use for model in CATALOGUE.values())
    table = CliRunner().invoke(main, ["models"], env={"COLUMNS": "200"}).stdout
    assert all(model.use in table for model in CATALOGUE.values())
