import json
from pathlib import Path

import pytest

from handtint.data.sources import Item
from handtint.data.weak_labels import read_boxes, read_labels, weakly_labelled
from handtint.errors import InputError

PERSON, HORSE, BUS = 15, 13, 6


def test_a_table_of_labels(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("file,labels,nouns\nshard-0.tar:coco/x_1.webp,person horse,person\nx_2.webp,,dog\n")
    hints = read_labels(table)
    assert set(hints) == {"x_1.webp"}, "a photograph without labels is not told of"
    assert hints["x_1.webp"].classes == {PERSON, HORSE}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("file,labels\nx.webp,yeti\n", "'yeti' is not a class"),
        ("file,tags\nx,person\n", "not a table"),
        ("", "of them"),
    ],
)
def test_a_wrong_table_is_named(text: str, why: str, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text(text)
    if not text:
        assert read_labels(table) == {}
        return
    with pytest.raises(InputError, match=f"t.csv: .*{why}"):
        read_labels(table)


def test_boxes(tmp_path: Path) -> None:
    file = tmp_path / "b.json"
    entries = [
        {"image": "box_images/a.webp", "cls": "bus", "box": [1, 2, 30, 40]},
        {"image": "box_images/a.webp", "cls": "ignore", "box": [5, 6, 7, 8]},
        {"image": "box_images/b.webp", "cls": "ignore", "box": [5, 6, 7, 8]},
    ]
    file.write_text(json.dumps(entries))
    hints = read_boxes(file)
    assert set(hints) == {"a.webp"}, "what shows no class is of no use"
    assert hints["a.webp"].boxes == [(BUS, (1, 2, 30, 40))]
    assert hints["a.webp"].ignored_boxes == [(5, 6, 7, 8)]
    for wrong in ("{", '[{"image": "a"}]', '[{"image": "a", "cls": "bus", "box": [1]}]'):
        file.write_text(wrong)
        with pytest.raises(InputError, match=r"b\.json"):
            read_boxes(file)


def test_only_photographs_without_a_mask_are_taken(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("file,labels\na.webp,person\nb.webp,person\nc.webp,person\n")
    items = [Item("s/images/a.webp", ""), Item("s/masks/a.png", ""), Item("s/images/b.webp", ""), Item("d.webp", "")]
    assert [(item.stem, hint.classes) for item, hint in weakly_labelled(items, read_labels(table))] == [("b", {PERSON})]
    table.write_text("file,labels\nvocanimal_2007-000175.webp,person\n")
    items = [Item("vocanimal_2007-000175.webp", "", group="voc 175"), Item("masks/voc_175.png", "", group="voc 175")]
    assert weakly_labelled(items, read_labels(table)) == [], "one photograph, in two sets"
