"""The rules of `dataset.toml`, and the files that they apply to."""

import shutil
import tarfile
from pathlib import Path

import pytest

from handtint.data.dataset import Labelling
from handtint.data.sources import Item, identity, open_sources
from handtint.errors import InputError

NAMES = ("films/images/walk_01_0001.png", "films/images/walk_01_0002.png", "people/images/a.png", "b.png")
FILMS = """
[[files]]
match = "films/*"
stem = '(.+)_\\d+'
group = 'film \\1'
foreground = false
[[files]]
match = "people/*"
classes = "person"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "data"


def pack(folder: Path) -> Path:
    shard = folder.with_suffix(".tar")
    with tarfile.open(shard, "w") as tar:
        tar.add(folder, arcname=".")
    return shard


def items_of(source: Path) -> dict[str, Item]:
    return {item.name: item for item in open_sources([source])}


@pytest.mark.parametrize("location", ["folder", "shard", "companion"])
def test_rules_are_read_from_the_folder_the_shard_or_a_file_next_to_it(location: str, folder: Path) -> None:
    (folder / "dataset.toml").write_text(FILMS)
    source = folder if location == "folder" else pack(folder)
    if location == "companion":
        shutil.rmtree(folder)
        (folder.parent / "data.toml").write_text('[[files]]\nclasses = "dog"\n')
    items = items_of(source)
    if location == "companion":
        assert {item.labelling.classes for item in items.values()} == {"dog"}, "it takes precedence over the one inside"
        return
    first, second, person, other = (items[name] for name in NAMES)
    assert identity(first) == identity(second) == "film walk_01"
    assert identity(person) == "a:"
    assert first.labelling == Labelling(foreground=False)
    assert person.labelling == Labelling("person")
    assert other.labelling == Labelling()


def test_the_nearest_and_latest_rules_take_precedence(folder: Path) -> None:
    (folder / "dataset.toml").write_text(FILMS)
    (folder / "people" / "dataset.toml").write_text(
        '[[files]]\nclasses = "cat"\npaste = true\n[[files]]\nmatch = "images/*"\nclasses = "dog"\n'
    )
    items = items_of(folder)
    assert items["people/images/a.png"].labelling == Labelling("dog", paste=True)
    assert items["films/images/walk_01_0001.png"].labelling == Labelling(foreground=False)


def test_without_rules_names_have_no_effect() -> None:
    for one, other in (("davis_swan_00000", "davis_swan_00024"), ("voc_2007_1", "vocanimal_2007_1")):
        assert identity(Item(f"{one}.png", "")) != identity(Item(f"{other}.png", ""))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[files]", "not TOML"),
        ("[[filse]]", "did you mean 'files'"),
        ("files = 3", "files is 3; it has to be a list of tables"),
        ("[[files]]\nclases = 'dog'", r"files\[0\]: unknown key 'clases'; did you mean 'classes'"),
        ("[[files]]\nclasses = 'unicorn'", r"classes is 'unicorn'; it can be one of voc, unknown, aeroplane"),
        ("[[files]]\npaste = 1", "paste is 1; it has to be true or false"),
        ("[[files]]\nstem = '('", "do not go together"),
        ("[[files]]\nstem = 'a'\ngroup = '\\1'", "do not go together"),
    ],
)
def test_invalid_rules_are_errors_in_one_line(text: str, message: str, folder: Path) -> None:
    (folder / "dataset.toml").write_text(text)
    with pytest.raises(InputError, match=message) as error:
        open_sources([folder])
    assert str(folder / "dataset.toml") in str(error.value)
    assert "\n" not in str(error.value)
