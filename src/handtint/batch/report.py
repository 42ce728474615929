"""The report of a run: JSON for programs, and an HTML page with thumbnails, failures first."""

from __future__ import annotations

import base64
import html
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from urllib.parse import quote

from handtint import __version__
from handtint.batch import storage
from handtint.batch.journal import Row
from handtint.batch.naming import format_counts
from handtint.recipe import Recipe

NAME = "handtint-report"
MAX_LISTED = 2000  # photos on the page; the JSON file has all
_ORDER = {"failed": 0, "waiting": 1, "done": 2}
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #222 }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem } .bad { color: #a11 } .dim { color: #666 }
table { border-collapse: collapse; width: 100% } td { border-top: 1px solid #ddd; padding: .3rem .6rem .3rem 0 }
td { overflow-wrap: anywhere } ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 1rem }
li { width: 20rem } img { max-width: 100%; display: block; background: #eee } code { white-space: pre-wrap }
@media (prefers-color-scheme: dark) { body { background: #1b1b1b; color: #ddd } td { border-color: #444 }
.bad { color: #f88 } .dim { color: #999 } a { color: #9cf } }
"""


def write(
    out: str,
    rows: Sequence[Row],
    recipe: Recipe,
    *,
    seconds: float,
    done_before: int,
    skipped: Mapping[str, int] | None = None,
) -> str:
    """Write both files into the folder of results; returns the path of the page.

    done_before: number of photos that an earlier run had done. skipped: numbers of files that are not photographs, by
    extension. Raises OutputError.
    """
    rows = sorted(rows, key=lambda row: (_ORDER.get(row.state, 9), not row.note))
    skipped_counts = Counter(skipped or {})
    summary = {**_figures(rows, recipe, seconds, done_before), "skipped": skipped_counts}
    photos = [_photo(row) for row in rows]
    storage.write(os.path.join(out, f"{NAME}.json"), json.dumps({**summary, "photos": photos}, indent=1).encode())
    page = os.path.join(out, f"{NAME}.html")
    storage.write(page, _page(out, rows, summary, skipped_counts).encode(errors="replace"))
    return page


def _figures(rows: Sequence[Row], recipe: Recipe, seconds: float, done_before: int) -> dict[str, object]:
    counts = {state: sum(row.state == state for row in rows) for state in _ORDER}
    edit = {"options": asdict(recipe.options), "models": dict(recipe.models), "sha256": recipe.hash}
    run = {"seconds": round(seconds, 1), "done_before": done_before}
    return {"handtint": __version__, "total": len(rows), **counts, "last_run": run, "recipe": edit}


def _photo(row: Row) -> dict[str, object]:
    return {
        "source": row.source,
        "output": row.target if row.state == "done" else None,
        "state": row.state,
        "error": row.error,
        "note": row.note,
        "seconds": round(row.seconds, 3),
        "finished": row.finished,
        "input_sha256": row.input,
    }


def _page(out: str, rows: Sequence[Row], summary: dict[str, object], skipped: Counter[str]) -> str:
    failed = [row for row in rows if row.state == "failed"]
    with_notes = [row for row in rows if row.state == "done" and row.note]
    without_notes = [row for row in rows if row.state == "done" and not row.note]
    parts = [
        f"<h1>handtint: {summary['done']} of {summary['total']} photos done"
        + (f", <span class=bad>{len(failed)} failed</span>" if failed else "")
        + "</h1>",
        _table("Failed", failed),
        _sheet("Done, but worth checking", out, with_notes),
        _sheet("Done", out, without_notes),
        _skipped(skipped),
        f"<h2>Recipe</h2><code>{html.escape(json.dumps(summary['recipe'], indent=1))}</code>",
    ]
    header = f"<!doctype html><html lang=en><meta charset=utf-8><title>handtint report</title><style>{_STYLE}</style>"
    return header + "\n".join(parts) + "</html>\n"


def _skipped(skipped: Counter[str]) -> str:
    if not skipped:
        return ""
    return f"<p class=dim>Skipped files that are not photos: {html.escape(format_counts(skipped))}</p>"


def _table(title: str, rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    lines = "\n".join(
        f"<tr><td>{html.escape(row.source)}<td class=bad>{html.escape(row.error)}</tr>" for row in rows[:MAX_LISTED]
    )
    return f"<h2>{title} ({len(rows)})</h2><table>{lines}</table>{_more(rows, MAX_LISTED)}"


def _sheet(title: str, out: str, rows: Sequence[Row]) -> str:
    """The thumbnails of photos that have one, and the number of all."""
    if not rows:
        return ""
    with_thumbnail = [row for row in rows if row.thumbnail][:MAX_LISTED]
    cells = "\n".join(_cell(out, row) for row in with_thumbnail)
    return f"<h2>{title} ({len(rows)})</h2><ul>{cells}</ul>{_more(rows, len(with_thumbnail))}"


def _cell(out: str, row: Row) -> str:
    name = row.target.removeprefix(os.path.join(out, ""))
    picture = f"<img loading=lazy alt='' src='data:image/jpeg;base64,{base64.b64encode(row.thumbnail).decode()}'>"
    note = f"<br><span class=dim>{html.escape(row.note)}</span>" if row.note else ""
    return f"<li><a href='{quote(os.fsencode(name))}'>{picture}{html.escape(name)}</a>{note}</li>"


def _more(rows: Sequence[Row], shown: int) -> str:
    more = len(rows) - shown
    return f"<p class=dim>and {more} more: see <a href='{NAME}.json'>{NAME}.json</a></p>" if more > 0 else ""
