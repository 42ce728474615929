"""An edit as a file: written, read, checked."""

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
def test_what_is_written_is_read(options: Options) -> None:
    made = recipe.Recipe(options=options, models={"handtint": "ab", "x.y": "cd"}, mask="ef")
    assert recipe.loads(recipe.dumps(made)) == made
    assert recipe.loads(recipe.dumps(made)).hash == made.hash


@given(edits, edits, st.sampled_from(["", "a" * 64, "b" * 64]))
def test_a_recipe_fits_itself_and_can_be_changed(options: Options, others: Options, mask: str) -> None:
    made = recipe.Recipe(options=options, models={"x": "ab"}, mask=mask)
    recipe.check(made, made)
    assert recipe.changed(made, {}) == options
    assert recipe.changed(made, {"strength": others.strength}).strength == others.strength
    assert recipe.settings(asdict(others) if others.background and others.format else {}, name="x")
    with tempfile.TemporaryDirectory() as folder:
        recipe.write(made, Path(folder) / "edit.toml")
        assert recipe.read(Path(folder) / "edit.toml") == made


@given(st.text(max_size=60) | st.text("[]options=\n\"'. keep1", max_size=60))
def test_any_text_is_a_recipe_or_refused_in_one_line(text: str) -> None:
    try:
        assert recipe.loads(text).options
    except OptionError as error:
        assert "\n" not in str(error)  # noqa: PT017


@settings(max_examples=10, deadline=None)
@given(st.binary(min_size=1, max_size=20))
def test_the_hash_of_a_mask_is_in_the_recipe(mask: bytes) -> None:
    made = recipe.of(Options(), mask=mask)
    assert made.mask == hashlib.sha256(mask).hexdigest()
    with pytest.raises(OptionError, match="no mask is given"):
        recipe.check(made, recipe.of(Options()))


def test_every_option_is_in_it() -> None:
    said = tomllib.loads(recipe.dumps(recipe.of(Options(background="gray", format="png", reference="photo.jpg"))))
    assert set(said["options"]) == {setting.name for setting in fields(Options)}
    assert {len(sha) for sha in said["models"].values()} == {64}
    assert "handtint" in said["models"]


def test_the_hash_tells_edits_apart() -> None:
    made = [
        recipe.Recipe(options=Options()),
        recipe.Recipe(options=Options(strength=0.9)),
        recipe.Recipe(options=Options(), models={"a": "1"}),
        recipe.Recipe(options=Options(), mask="1"),
        recipe.Recipe(options=Options(), files={"a.png": "1"}),
        recipe.Recipe(options=Options(), version="0.0.1"),
    ]
    assert len({one.hash for one in made}) == 6


def test_the_content_of_mask_files_decides_the_hash(tmp_path: Path) -> None:
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
    ("text", "said"),
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
def test_what_is_wrong_is_named_in_one_line(text: str, said: str) -> None:
    with pytest.raises(OptionError, match=said) as wrong:
        recipe.loads(text, name="edit.toml")
    assert str(wrong.value).startswith("edit.toml: ")
    assert "\n" not in str(wrong.value)


def test_a_reference_counts_by_its_content_not_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, data in (("a.jpg", b"one"), ("b.jpg", b"one"), ("c.jpg", b"other")):
        (tmp_path / name).write_bytes(data)
    paths = ("a.jpg", "./a.jpg", str(tmp_path / "a.jpg"), "b.jpg", "c.jpg", "none.jpg", "nothing.jpg")
    hashes = [recipe.of(Options(reference=path)).hash for path in paths]
    assert len(set(hashes[:4])) == 1
    assert len({recipe.of(Options()).hash, *hashes}) == 5
    assert "/" not in recipe.of(Options(reference="a.jpg")).options.reference  # type: ignore[operator]


def test_files(tmp_path: Path) -> None:
    made = recipe.Recipe(options=Options(keep="dog"))
    recipe.write(made, tmp_path / "edit.toml")
    assert recipe.read(tmp_path / "edit.toml") == made
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name, said in (("gone", "no such file"), ("binary", "not a text file")):
        with pytest.raises(OptionError, match=said):
            recipe.read(tmp_path / name)
    with pytest.raises(OutputError):
        recipe.write(made, tmp_path / "binary" / "edit.toml")


def test_other_weights_and_masks_are_told() -> None:
    made = recipe.Recipe(options=Options(), models={"handtint": "a" * 64}, mask="b" * 64)
    recipe.check(made, made)
    recipe.check(made, recipe.Recipe(options=Options(), models={"another": "c"}, mask="b" * 64))
    with pytest.raises(OptionError, match=r"handtint of sha256 aaaaaaaaaaaa.*--other-models"):
        recipe.check(made, recipe.Recipe(options=Options(), models={"handtint": "c" * 64}, mask="b" * 64))
    for mask, said in (("", "no mask"), ("c", "another mask")):
        with pytest.raises(OptionError, match=said):
            recipe.check(made, recipe.Recipe(options=Options(), models=made.models, mask=mask))


@pytest.mark.usefixtures("tinter")
def test_the_command_line_saves_and_replays(sample: Path, tmp_path: Path) -> None:
    def tint(name: str, *words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["tint", str(sample), "-o", str(tmp_path / name), *words])
        return done.exit_code, done.output

    edit = str(tmp_path / "edit.toml")
    assert tint("a.png", "--keep", "person", "--strength", "0.7", "--invert", "--save-recipe", edit)[0] == 0
    assert tint("b.png", "--recipe", edit)[0] == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    again = str(tmp_path / "again.toml")
    assert tint("c.png", "--recipe", edit, "--no-invert", "--strength", "1.0", "--save-recipe", again)[0] == 0
    assert recipe.read(again).options == Options(keep="person")
    assert Photo.read(tmp_path / "c.png").array().tobytes() != Photo.read(tmp_path / "a.png").array().tobytes()


@pytest.mark.usefixtures("tinter")
def test_a_replay_with_other_weights_is_refused_until_allowed(sample: Path, tmp_path: Path) -> None:
    edit = tmp_path / "edit.toml"
    recipe.write(recipe.Recipe(options=Options(), models={"handtint": "0" * 64}), edit)
    words = ["tint", str(sample), "-o", str(tmp_path / "a.png"), "--recipe", str(edit)]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2
    assert "sha256 000000000000" in done.output
    assert CliRunner().invoke(main, [*words, "--other-models"]).exit_code == 0
    assert CliRunner().invoke(main, [*words[:-1], str(tmp_path / "gone.toml")]).exit_code == 2
