"""The report: failures first, and names are escaped."""

import json
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from handtint import recipe
from handtint.batch import report
from handtint.batch.journal import Row
from handtint.options import Options


def row(name: str, state: str = "done", **changes: object) -> Row:
    values = {"input": "aa", "seconds": 1.0, "error": "", "note": "", "finished": "", "thumbnail": b"", **changes}
    return Row(name, f"{{out}}/{name}", state, **values)  # type: ignore[arg-type]


@pytest.fixture
def page(tmp_path: Path) -> tuple[Path, str, dict]:
    picture = cv2.imencode(".jpg", np.zeros((8, 16, 3), np.uint8))[1].tobytes()
    rows = [
        row("plain.jpg", thumbnail=picture),
        row("noted.jpg", note="no dog found", thumbnail=picture),
        row("<b>&'\".jpg", thumbnail=picture),
        row("no\udcffpicture.jpg"),
        row("bad.jpg", "failed", error="bad.jpg: <script>alert(1)</script>"),
    ]
    rows = [Row(r.source, r.target.format(out=tmp_path), *[getattr(r, n) for n in Row.__slots__[2:]]) for r in rows]
    path = report.write(str(tmp_path), rows, recipe.Recipe(options=Options()), seconds=12.34, done_before=1)
    assert path == str(tmp_path / "handtint-report.html")
    return tmp_path, Path(path).read_text(), json.loads((tmp_path / "handtint-report.json").read_text())


def test_the_json_has_counts_recipe_and_photos(page: tuple[Path, str, dict]) -> None:
    _, _, record = page
    assert (record["total"], record["done"], record["failed"], record["waiting"]) == (5, 4, 1, 0)
    assert record["last_run"] == {"seconds": 12.3, "done_before": 1}
    assert record["recipe"]["options"]["keep"] == "subject"
    assert [photo["state"] for photo in record["photos"]] == ["failed"] + ["done"] * 4
    assert record["photos"][0]["output"] is None
    assert record["photos"][1]["note"] == "no dog found"


def test_the_page_is_self_contained_escaped_and_lists_failures_first(page: tuple[Path, str, dict]) -> None:
    _, text, _ = page
    elements: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            elements.append((tag, dict(attrs)))

    Reader().feed(text)
    tags = [tag for tag, _ in elements]
    assert "script" not in tags
    assert "b" not in tags
    assert tags.count("img") == 3
    assert all(
        str(attributes["src"]).startswith("data:image/jpeg;base64,") for tag, attributes in elements if tag == "img"
    )
    links = [attributes["href"] for tag, attributes in elements if tag == "a"]
    assert "%3Cb%3E%26%27%22.jpg" in links
    assert text.index("Failed (1)") < text.index("worth checking (1)") < text.index("Done (3)")
    assert "and 1 more" in text
