"""An edit as a file: written, read, compared."""

import hashlib
import tempfile
import tomllib
from dataclasses import asdict, fields
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from handtint import recipe
from handtint.cli import main
from handtint.errors import OptionError, OutputError
from handtint.image.photo import Photo
from handtint.options import BACKGROUNDS, FORMATS, Options

edits = st.builds(
    Options,
    keep=st.sampled_from(["subject", "all", "person", "dog,cat"]),
    invert=st.booleans(),
    background=st.none() | st.sampled_from(BACKGROUNDS),
    strength=st.floats(0, 1.5),
    feather=st.integers(0, 50),
    gain=st.sampled_from(["auto", "off", "1.7"]),
    format=st.none() | st.sampled_from(FORMATS),
    quality=st.integers(1, 100),
)


@given(edits)
def test_a_recipe_is_restored_from_its_text(options: Options) -> None:
    recorded = recipe.Recipe(options=options, models={"handtint": "ab", "x.y": "cd"}, mask="ef")
    assert recipe.loads(recipe.dumps(recorded)) == recorded
    assert recipe.loads(recipe.dumps(recorded)).hash == recorded.hash


@given(edits, edits, st.sampled_from(["", "a" * 64, "b" * 64]))
def test_a_recipe_matches_itself_and_can_be_changed(options: Options, other: Options, mask: str) -> None:
    recorded = recipe.Recipe(options=options, models={"x": "ab"}, mask=mask)
    recipe.check(recorded, recorded)
    assert recipe.with_changes(recorded, {}) == options
    assert recipe.with_changes(recorded, {"strength": other.strength}).strength == other.strength
    complete = asdict(other) if other.background and other.format else {}
    assert recipe.settings(complete, name="x") == (other if complete else Options())
    with tempfile.TemporaryDirectory() as folder:
        recipe.write(recorded, Path(folder) / "edit.toml")
        assert recipe.read(Path(folder) / "edit.toml") == recorded


@given(st.text(max_size=60) | st.text("[]options=\n\"'. keep1", max_size=60))
def test_any_text_is_a_recipe_or_an_error_in_one_line(text: str) -> None:
    try:
        loaded = recipe.loads(text)
    except OptionError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert recipe.loads(recipe.dumps(loaded)) == loaded


@settings(max_examples=10, deadline=None)
@given(st.binary(min_size=1, max_size=20))
def test_the_hash_of_a_mask_is_in_the_recipe(mask: bytes) -> None:
    recorded = recipe.of(Options(), mask=mask)
    assert recorded.mask == hashlib.sha256(mask).hexdigest()
    with pytest.raises(OptionError, match="no mask is given"):
        recipe.check(recorded, recipe.of(Options()))


def test_a_recipe_has_every_option_and_the_models() -> None:
    content = tomllib.loads(recipe.dumps(recipe.of(Options(background="gray", format="png", reference="photo.jpg"))))
    assert set(content["options"]) == {setting.name for setting in fields(Options)}
    assert {len(sha) for sha in content["models"].values()} == {64}
    assert "handtint" in content["models"]


def test_the_hash_distinguishes_edits() -> None:
    recorded = [
        recipe.Recipe(options=Options()),
        recipe.Recipe(options=Options(strength=0.9)),
        recipe.Recipe(options=Options(), models={"a": "1"}),
        recipe.Recipe(options=Options(), mask="1"),
        recipe.Recipe(options=Options(), files={"a.png": "1"}),
        recipe.Recipe(options=Options(), version="0.0.1"),
    ]
    assert len({entry.hash for entry in recorded}) == 6


def test_the_hash_depends_on_the_content_of_mask_files(tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    options = Options(keep=f'file:"{path}" + dog')
    missing = recipe.of(options)
    assert missing.files == {str(path): ""}
    path.write_bytes(b"one")
    first = recipe.of(options)
    assert first.files == {str(path): hashlib.sha256(b"one").hexdigest()}
    assert recipe.loads(recipe.dumps(first)) == first
    path.write_bytes(b"two")
    second = recipe.of(options)
    assert len({missing.hash, first.hash, second.hash}) == 3
    with pytest.raises(OptionError, match=r"mask.png is not the one"):
        recipe.check(first, second)
    recipe.check(first, first)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[options]\nstrenght = 1.0", "unknown key 'strenght'; did you mean 'strength'"),
        ("[options]\nbrush = 1", "unknown key 'brush'"),
        ("[option]\n", "unknown key 'option'"),
        ("options = 3", r"\[options\] should be a table"),
        ("[options]\nstrength = 'much'", "strength: 'much' is not a number"),
        ("[options]\nstrength = true", "strength: True is not a number"),
        ("[options]\nstrength = 7", "strength: 7 is not between"),
        ("[options]\nquality = 95.5", "quality: 95.5 is not a whole number"),
        ("[options]\ninvert = 'yes'", "invert: 'yes' is not true or false"),
        ("[options]\nkeep = ['person']", "keep: .* is not text"),
        ("[options]\nkeep = 'unicorn'", "keep: 'unicorn'"),
        ("[options]\nbackground = 'pink'", "background: 'pink'"),
        ("[models]\nhandtint = 5", "handtint: 5 is not text"),
        ("[mask]\nfile = 'a'", "unknown key 'file'"),
        ("not toml", "not TOML"),
    ],
)
def test_invalid_recipes_are_errors_in_one_line(text: str, message: str) -> None:
    with pytest.raises(OptionError, match=message) as error:
        recipe.loads(text, name="edit.toml")
    assert str(error.value).startswith("edit.toml: ")
    assert "\n" not in str(error.value)


def test_the_hash_depends_on_the_content_of_the_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, data in (("a.jpg", b"one"), ("b.jpg", b"one"), ("c.jpg", b"other")):
        (tmp_path / name).write_bytes(data)
    paths = ("a.jpg", "./a.jpg", str(tmp_path / "a.jpg"), "b.jpg", "c.jpg", "none.jpg", "nothing.jpg")
    hashes = [recipe.of(Options(reference=path)).hash for path in paths]
    assert len(set(hashes[:4])) == 1
    assert len({recipe.of(Options()).hash, *hashes}) == 5
    assert "/" not in recipe.of(Options(reference="a.jpg")).options.reference  # type: ignore[operator]


def test_recipes_are_written_to_files_and_bad_files_are_errors(tmp_path: Path) -> None:
    recorded = recipe.Recipe(options=Options(keep="dog"))
    recipe.write(recorded, tmp_path / "edit.toml")
    assert recipe.read(tmp_path / "edit.toml") == recorded
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name, message in (("gone", "no such file"), ("binary", "not a text file")):
        with pytest.raises(OptionError, match=message):
            recipe.read(tmp_path / name)
    with pytest.raises(OutputError):
        recipe.write(recorded, tmp_path / "binary" / "edit.toml")


def test_other_weights_and_masks_are_errors() -> None:
    recorded = recipe.Recipe(options=Options(), models={"handtint": "a" * 64}, mask="b" * 64)
    recipe.check(recorded, recorded)
    recipe.check(recorded, recipe.Recipe(options=Options(), models={"another": "c"}, mask="b" * 64))
    with pytest.raises(OptionError, match=r"handtint of sha256 aaaaaaaaaaaa.*--other-models"):
        recipe.check(recorded, recipe.Recipe(options=Options(), models={"handtint": "c" * 64}, mask="b" * 64))
    for mask, message in (("", "no mask"), ("c", "another mask")):
        with pytest.raises(OptionError, match=message):
            recipe.check(recorded, recipe.Recipe(options=Options(), models=recorded.models, mask=mask))


@pytest.mark.usefixtures("tinter")
def test_the_command_line_saves_and_applies_recipes(sample: Path, tmp_path: Path) -> None:
    def tint(name: str, *args: str) -> tuple[int, str]:
        run = CliRunner().invoke(main, ["tint", str(sample), "-o", str(tmp_path / name), *args])
        return run.exit_code, run.output

    edit = str(tmp_path / "edit.toml")
    assert tint("a.png", "--keep", "person", "--strength", "0.7", "--invert", "--save-recipe", edit)[0] == 0
    assert tint("b.png", "--recipe", edit)[0] == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    second = str(tmp_path / "again.toml")
    assert tint("c.png", "--recipe", edit, "--no-invert", "--strength", "1.0", "--save-recipe", second)[0] == 0
    assert recipe.read(second).options == Options(keep="person")
    assert Photo.read(tmp_path / "c.png").array().tobytes() != Photo.read(tmp_path / "a.png").array().tobytes()


@pytest.mark.usefixtures("tinter")
def test_other_weights_need_permission(sample: Path, tmp_path: Path) -> None:
    edit = tmp_path / "edit.toml"
    recipe.write(recipe.Recipe(options=Options(), models={"handtint": "0" * 64}), edit)
    args = ["tint", str(sample), "-o", str(tmp_path / "a.png"), "--recipe", str(edit)]
    run = CliRunner().invoke(main, args)
    assert run.exit_code == 2
    assert "sha256 000000000000" in run.output
    assert CliRunner().invoke(main, [*args, "--other-models"]).exit_code == 0
    assert CliRunner().invoke(main, [*args[:-1], str(tmp_path / "gone.toml")]).exit_code == 2
