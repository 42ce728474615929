"""The report: failures first, nothing in a name is taken for a page's own text."""

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


def row(name: str, state: str = "done", **words: object) -> Row:
    said = {"input": "aa", "seconds": 1.0, "error": "", "note": "", "finished": "", "thumbnail": b"", **words}
    return Row(name, f"{{out}}/{name}", state, **said)  # type: ignore[arg-type]


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
    made = report.write(str(tmp_path), rows, recipe.Recipe(options=Options()), seconds=12.34, again=1)
    assert made == str(tmp_path / "handtint-report.html")
    return tmp_path, Path(made).read_text(), json.loads((tmp_path / "handtint-report.json").read_text())


def test_figures(page: tuple[Path, str, dict]) -> None:
    _, _, said = page
    assert (said["total"], said["done"], said["failed"], said["waiting"]) == (5, 4, 1, 0)
    assert said["last_run"] == {"seconds": 12.3, "done_before": 1}
    assert said["recipe"]["options"]["keep"] == "subject"
    assert [photo["state"] for photo in said["photos"]] == ["failed"] + ["done"] * 4
    assert said["photos"][0]["output"] is None
    assert said["photos"][1]["note"] == "no dog found"


def test_the_page_is_one_file_and_says_failures_first(page: tuple[Path, str, dict]) -> None:
    _, text, _ = page
    found: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, dict(attrs)))

    Reader().feed(text)
    tags = [tag for tag, _ in found]
    assert "script" not in tags
    assert "b" not in tags
    assert tags.count("img") == 3
    assert all(str(at["src"]).startswith("data:image/jpeg;base64,") for tag, at in found if tag == "img")
    links = [at["href"] for tag, at in found if tag == "a"]
    assert "%3Cb%3E%26%27%22.jpg" in links
    assert text.index("Failed (1)") < text.index("worth a look (1)") < text.index("Done (3)")
    assert "and 1 more" in text
