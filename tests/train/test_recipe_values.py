"""Errors in recipes name the file, the key, the value and the possible values, in one line."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from handtint.errors import InputError, OptionError
from handtint.train import recipe
from handtint.train.recipe import Phase, Recipe

MINIMAL = 'task = "colour"\nphases = [{ size = 64, epochs = 1, batch = 4 }]\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "minimal.toml").write_text(MINIMAL)
    return tmp_path / "minimal.toml"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("lr=fast", "lr is 'fast'; it has to be a number, 0 or more"),
        ("lr=-1e-3", "lr is -0.001; it has to be a number, 0 or more"),
        ("lr=nan", "lr is nan; it has to be a number"),
        ("lr=true", "lr is True; it has to be a number"),
        ("workers=1.5", "workers is 1.5; it has to be a whole number, 0 or more"),
        ("workers=-1", "workers is -1; it has to be a whole number, 0 or more"),
        ("ema=7", "ema is 7; it has to be a number, from 0 to below 1"),
        ('pretrained="no"', "pretrained is 'no'; it has to be true or false"),
        ("betas=[0.5]", r"betas is \[0.5\]; it has to be a list of 2 numbers"),
        ("betas=[0.5, 1.0]", r"betas is \[0.5, 1.0\]; it has to be a list of 2 numbers, from 0 to below 1"),
        ("phases=3", "phases is 3; it has to be a list of tables"),
        ("phases=[3]", r"phases is \[3\]; it has to be a list of tables"),
        ("phases=[{size=64, epochs=1.5, batch=4}]", r"phases\[0\]: epochs is 1.5; it has to be a whole number"),
        ("phases=[{size=64, batch=4}]", r"phases\[0\]: epochs is missing; it has to be a whole number"),
        ("phases=[{size=64, epochs=1, batches=4}]", r"phases\[0\]: unknown key 'batches'; did you mean 'batch'"),
        ("phases=[{size=0, epochs=1, batch=4}]", r"phases\[0\]: size is 0; it has to be a whole number, 32 or more"),
        ("validation_sources=[1]", r"validation_sources is \[1\]; it has to be a list of texts"),
        ("start=3", "start is 3; it has to be text"),
        ("copy_paste_prob=1.5", "copy_paste_prob is 1.5; it has to be a number, from 0 to 1"),
        ("precision=bf16", "precision is 'bf16'; it can be '32-true' or"),
        ("sede=7", "unknown key 'sede'; did you mean 'seed'"),
    ],
)
def test_an_invalid_value_is_an_error_with_the_possible_values(path: Path, change: str, message: str) -> None:
    with pytest.raises(OptionError, match=message) as error:
        recipe.load(path, dict([change.split("=", 1)]))
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


def test_an_integer_is_accepted_for_a_float(path: Path) -> None:
    plan = recipe.load(path, {"lr": "1", "betas": "[0, 0.9]"})
    assert (plan.lr, plan.betas) == (1.0, (0.0, 0.9))
    assert isinstance(plan.lr, float)


def test_recipes_made_in_python_are_validated_too() -> None:
    plan = Recipe("colour", phases=(Phase(64, 1, 4),))
    for invalid in (replace(plan, ema=7.0), replace(plan, phases=(Phase(64, 1, 0),)), replace(plan, workers="two")):  # type: ignore[arg-type]
        with pytest.raises(OptionError, match="it has to be"):
            recipe.checked(invalid)


def test_a_file_that_is_no_recipe_is_an_error_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    for content in (b"\xff\xfe", b"task ="):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"bad\.toml"):
            recipe.load(path)
    path.write_text("seed = 1\n")
    with pytest.raises(OptionError, match="task is missing; it has to be text"):
        recipe.load(path)


def test_old_keys_are_aliases_in_files_and_on_the_command_line(tmp_path: Path) -> None:
    new = {"lr": 0.5, "degradation_prob": 0.1, "min_crop_scale": 0.2, "chroma_gain": 1.5, "cached_views": 3}
    new |= {"copy_paste_prob": 0.3, "backbone_lr": 0.25, "discriminator_lr": 0.125}
    old = {old_key: new[new_key] for old_key, new_key in recipe.ALIASES.items() if new_key in new}
    path = tmp_path / "old.toml"
    phases = "phases = [{ size = 64, " + "passes = 2, batch = 4, " + "rate = 0.1 }]\n"
    path.write_text('task = "colour"\n' + phases + "".join(f"{key} = {value}\n" for key, value in old.items()))
    plan = recipe.load(path, {"m" + "ix": "1.0", "rate": "0.75"})
    assert plan.phases == (Phase(64, 2, 4, lr=0.1),)
    assert all(getattr(plan, key) == value for key, value in (new | {"lr": 0.75}).items())
    with pytest.raises(OptionError, match="rate is the old name of lr; give one of them"):
        recipe.load(path, {"rate": "1", "lr": "1"})
    with pytest.raises(TypeError):
        Recipe("colour", rate=1.0)  # type: ignore[call-arg]


def test_recipes_of_the_package_use_no_old_keys() -> None:
    for path in (Path(recipe.__file__).parents[1] / "recipes").glob("*.toml"):
        values = tomllib.loads(path.read_text())
        for table in (values, *values["phases"]):
            assert not recipe.ALIASES.keys() & table.keys(), path
