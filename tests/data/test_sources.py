import tarfile
from pathlib import Path

import pytest

from handtint.data.sources import Item, check_sources, held_out, open_sources, source_of, split
from handtint.errors import InputError, OptionError


def test_a_folder_and_its_shard_have_the_same_items(tmp_path: Path) -> None:
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


def test_other_files_are_rejected(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("x")
    for path in (tmp_path / "x.txt", tmp_path / "gone"):
        with pytest.raises(InputError, match="neither a folder nor a tar shard"):
            open_sources([path])


def test_one_photograph_in_twelve_is_held_out() -> None:
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
def test_a_source_is_the_prefix_of_a_name_or_the_folder(item: Item, source: str) -> None:
    assert source_of(item) == source


def test_whole_sources_can_be_held_out_by_their_prefix() -> None:
    items = [Item(f"x/{name}_{i}_b.webp", "") for name in ("bsds", "coco") for i in range(40)]
    check_sources(items, ("bsds", "coco"))
    assert all(held_out(item, ("bsds",)) for item in items[:40])
    assert [held_out(item, ("bsds",)) for item in items[40:]] == [held_out(item) for item in items[40:]]


@pytest.mark.parametrize("name", ["coco_", "x", ""])
def test_an_unknown_source_is_an_error(name: str) -> None:
    items = [Item("x/coco_1.webp", ""), Item("x/bsds_1.webp", "")]
    with pytest.raises(OptionError, match=f"validation_sources: no photograph is from '{name}'"):
        check_sources(items, ("bsds", name))
