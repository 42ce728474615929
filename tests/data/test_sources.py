import tarfile
from pathlib import Path

import pytest

from handtint.data.sources import Item, check_sources, held_out, open_sources, source_of, split
from handtint.errors import InputError, OptionError


def test_a_folder_and_a_shard_hold_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    for name in ("b.png", "a/c.webp", "a/notes.txt"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    with tarfile.open(tmp_path / "shard.tar", "w") as tar:
        tar.add(folder, arcname=".")
    for source in (folder, tmp_path / "shard.tar"):
        items = open_sources([source])
        assert [(i.name, i.read()) for i in items] == [("a/c.webp", b"a/c.webp"), ("b.png", b"b.png")]


def test_what_is_neither_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("x")
    for path in (tmp_path / "x.txt", tmp_path / "gone"):
        with pytest.raises(InputError, match="neither a folder nor a tar shard"):
            open_sources([path])


def test_the_split_is_fixed_and_about_one_in_twelve() -> None:
    items = [Item(f"x/coco40k_{i}.webp", "") for i in range(12000)]
    train, validation = split(items)
    assert 900 < len(validation) < 1100
    assert not {i.name for i in train} & {i.name for i in validation}
    assert [i for i in items[:40] if held_out(i)] == [i for i in items[:40] if i in validation]


@pytest.mark.parametrize(
    ("item", "source"),
    [
        (Item("bsds_12.webp", "/data/bsds_12.webp"), "bsds"),
        (Item("x/coco40k_1_2.jpg", "/data/x/coco40k_1_2.jpg"), "coco40k"),
        (Item("old/a.png", "/data/old/a.png"), "old"),
        (Item("a.png", "/data/old/a.png"), "old"),
        (Item("_a.png", "/data/old/_a.png"), "old"),
        (Item("a.png", "/data/shard.tar", 512, 10), "shard.tar"),
        (Item("old/a.png", "/data/shard.tar", 512, 10), "old"),
    ],
)
def test_a_source_is_the_beginning_of_a_name_or_the_folder(item: Item, source: str) -> None:
    assert source_of(item) == source


def test_whole_sources_are_held_out_by_the_beginning_of_their_names() -> None:
    items = [Item(f"x/{name}_{i}_b.webp", "") for name in ("bsds", "coco") for i in range(40)]
    check_sources(items, ("bsds", "coco"))
    assert all(held_out(item, ("bsds",)) for item in items[:40])
    assert [held_out(item, ("bsds",)) for item in items[40:]] == [held_out(item) for item in items[40:]]


@pytest.mark.parametrize("name", ["coco_", "x", ""])
def test_a_source_that_no_photograph_is_from_is_named(name: str) -> None:
    items = [Item("x/coco_1.webp", ""), Item("x/bsds_1.webp", "")]
    with pytest.raises(OptionError, match=f"validation_sources: no photograph is from '{name}'"):
        check_sources(items, ("bsds", name))
