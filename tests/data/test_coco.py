"""The report's sample of COCO, and lists of the chosen photographs."""

import tarfile
from pathlib import Path

import pytest

from handtint.data import coco, lists
from handtint.data.sources import Item, open_sources
from handtint.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sample = tmp_path / "data" / "coco_sample" / "train_sample"
    sample.mkdir(parents=True)
    for i in range(12):
        (sample / f"{i:012}.jpg").write_bytes(b"x%d" % i)
    (tmp_path / "data" / "coco_sample" / "annotations.json").write_text("{}")
    return tmp_path / "data"


@pytest.mark.skipif(not hasattr(tarfile, "data_filter"), reason="Python before 3.11.4 cannot unpack safely")
def test_folder_and_archive_give_the_same_sorted_photographs(folder: Path, tmp_path: Path) -> None:
    archive = tmp_path / "coco_sample.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder / "coco_sample", arcname="coco_sample")
    names = [f"{i:012}.jpg" for i in range(12)]
    for path in (folder, folder / "coco_sample", folder / "coco_sample" / "train_sample", archive, archive):
        items = coco.open_sample(path)
        assert [item.name for item in items] == names
        assert items[3].read() == b"x3"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["coco_sample", "coco_sample.tgz", "data"]


def test_the_sample_is_downloaded_on_request_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    urls: list[str] = []

    def fail(url: str, timeout: float) -> None:
        urls.append(url)
        raise OSError("no network")

    monkeypatch.setattr("urllib.request.urlopen", fail)
    with pytest.raises(InputError, match="no COCO sample"):
        coco.open_sample(tmp_path / "coco.tgz")
    assert urls == []
    with pytest.raises(InputError, match="no network"):
        coco.open_sample(tmp_path / "coco.tgz", download=True)
    assert urls == [coco.URL]
    (tmp_path / "broken.tgz").write_bytes(b"x")
    with pytest.raises(InputError, match="not an archive"):
        coco.open_sample(tmp_path / "broken.tgz")
    assert not list(tmp_path.glob("*.part"))


def test_the_choice_depends_on_the_seed_alone() -> None:
    items = [Item(f"{i:05}.jpg", "") for i in range(11_000)]
    training, validation = coco.choose(items, 1)
    assert (len(training), len(validation)) == (8000, 2000)
    assert not set(training) & set(validation)
    assert coco.choose(items, 1) == (training, validation)
    assert coco.choose(items, 2)[0] != training
    assert training == sorted(training, key=lambda item: item.name)
    assert [len(part) for part in coco.choose(items[:100], 1)] == [80, 20]


def test_a_list_restores_a_choice(folder: Path, tmp_path: Path) -> None:
    items = coco.open_sample(folder)
    path = tmp_path / "run" / "training.txt"
    lists.write_or_check(path, items[2:5])
    assert path.read_text().splitlines() == [item.name for item in items[2:5]]
    assert lists.select(items, path) == items[2:5]
    lists.write_or_check(path, items[2:5])
    with pytest.raises(InputError, match="other photographs"):
        lists.write_or_check(path, items[2:6])
    with pytest.raises(InputError, match=r"1 of its photographs are missing, for example 0+4\.jpg"):
        lists.select(items[:4], path)
    with pytest.raises(InputError, match="not a list of photographs"):
        lists.select(items, tmp_path / "gone.txt")


def test_a_list_selects_from_shards_as_from_folders(folder: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "shard.tar", "w") as tar:
        tar.add(folder / "coco_sample" / "train_sample", arcname=".")
    path = tmp_path / "some.txt"
    lists.write(path, coco.open_sample(folder)[:2])
    assert [item.read() for item in lists.select(open_sources([tmp_path / "shard.tar"]), path)] == [b"x0", b"x1"]
