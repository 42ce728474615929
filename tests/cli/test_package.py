"""What a freshly installed package offers: types, `python -m handtint`, completion by the shell, hints on models."""

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


def complete(*words: str) -> list[str]:
    """What the shell offers for the last of the words."""
    environment = os.environ | {
        "_HANDTINT_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("handtint", *words)),
        "COMP_CWORD": str(len(words)),
    }
    code = "from handtint.cli import main; main(prog_name='handtint')"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    return done.stdout.split()


def test_types_are_announced_and_the_package_is_described() -> None:
    assert resources.files("handtint").joinpath("py.typed").is_file()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["keywords"]
    assert "Typing :: Typed" in project["classifiers"]


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "handtint", "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: python -m handtint ")


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_scripts(shell: str) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert f"_HANDTINT_COMPLETE={shell}_complete" in done.stdout


def test_commands_options_recipes_and_files_are_completed() -> None:
    assert complete("compl") == ["plain,completion"]
    assert complete("tint", "--back") == ["plain,--background"]
    assert complete("tint", "--background", "se") == ["plain,sepia"]
    assert complete("tint", "grand") == ["file,grand"]
    assert complete("train", "vit-lsgan-") == ["plain,vit-lsgan-small"]
    assert complete("train", "mine.t") == ["file,mine.t"]


def test_the_catalogue_says_when_to_choose_which_model() -> None:
    assert all(model.use for model in CATALOGUE.values())
    shown = CliRunner().invoke(main, ["models"], env={"COLUMNS": "200"}).stdout
    assert all(model.use in shown for model in CATALOGUE.values())
