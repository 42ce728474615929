import json
from pathlib import Path

import pytest

from handtint.data.sources import Item
from handtint.data.weak_labels import read_boxes, read_labels, weakly_labelled
from handtint.errors import InputError

PERSON, HORSE, BUS = 15, 13, 6


def test_labels_are_read_from_a_table(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("file,labels,nouns\nshard-0.tar:coco/x_1.webp,person horse,person\nx_2.webp,,dog\n")
    hints = read_labels(table)
    assert set(hints) == {"x_1.webp"}, "a photograph without labels is left out"
    assert hints["x_1.webp"].classes == {PERSON, HORSE}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,labels\nx.webp,yeti\n", "'yeti' is not a class"),
        ("file,tags\nx,person\n", "not a table"),
        ("", "of them"),
    ],
)
def test_an_invalid_table_is_an_error_with_its_name(text: str, message: str, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text(text)
    if not text:
        assert read_labels(table) == {}
        return
    with pytest.raises(InputError, match=f"t.csv: .*{message}"):
        read_labels(table)


def test_boxes_are_read_from_json_and_invalid_files_are_errors(tmp_path: Path) -> None:
    file = tmp_path / "b.json"
    entries = [
        {"image": "box_images/a.webp", "cls": "bus", "box": [1, 2, 30, 40]},
        {"image": "box_images/a.webp", "cls": "ignore", "box": [5, 6, 7, 8]},
        {"image": "box_images/b.webp", "cls": "ignore", "box": [5, 6, 7, 8]},
    ]
    file.write_text(json.dumps(entries))
    hints = read_boxes(file)
    assert set(hints) == {"a.webp"}, "a photograph without boxes of classes is left out"
    assert hints["a.webp"].boxes == [(BUS, (1, 2, 30, 40))]
    assert hints["a.webp"].ignored_boxes == [(5, 6, 7, 8)]
    for invalid in ("{", '[{"image": "a"}]', '[{"image": "a", "cls": "bus", "box": [1]}]'):
        file.write_text(invalid)
        with pytest.raises(InputError, match=r"b\.json"):
            read_boxes(file)


def test_photographs_with_a_mask_are_left_out(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("file,labels\na.webp,person\nb.webp,person\nc.webp,person\n")
    items = [Item("s/images/a.webp", ""), Item("s/masks/a.png", ""), Item("s/images/b.webp", ""), Item("d.webp", "")]
    assert [(item.stem, hint.classes) for item, hint in weakly_labelled(items, read_labels(table))] == [("b", {PERSON})]
    table.write_text("file,labels\nvocanimal_2007-000175.webp,person\n")
    items = [Item("vocanimal_2007-000175.webp", "", group="voc 175"), Item("masks/voc_175.png", "", group="voc 175")]
    assert weakly_labelled(items, read_labels(table)) == [], "the same photograph in two datasets"
