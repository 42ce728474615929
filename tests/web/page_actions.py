"""What a user does on the page, in a browser driven by Playwright, and what the page then shows."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner

from handtint.cli import main

SIDE = 64  # pixels: of the picture that `displayed` returns
TIMEOUT = 240  # seconds: a page that takes longer is not slow, but stuck


def until(page: Any, condition: Callable[[], bool]) -> None:
    """Wait for a condition; the page forbids the scripts that Playwright's own waiting would use."""
    end = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < end, page.inner_text("body")
        page.wait_for_timeout(40)


def version(page: Any) -> int:
    """The number of previews that the page has displayed."""
    return int(page.get_attribute("#picture", "data-version") or 0)


class NewPreview:
    """A context manager that waits at its end until the page has displayed a new preview."""

    def __init__(self, page: Any) -> None:
        self.page, self.before = page, version(page)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            until(self.page, lambda: version(self.page) > self.before)


def upload(page: Any, *paths: Path) -> None:
    with NewPreview(page):
        page.set_input_files("#files", [str(path) for path in paths])


def data_transfer(page: Any, path: Path) -> Any:
    """A DataTransfer of the browser that holds a JPEG, to be dropped or pasted."""
    script = """([data, name]) => { const transfer = new DataTransfer();
        const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
        transfer.items.add(new File([bytes], name, {type: 'image/jpeg'})); return transfer; }"""
    return page.evaluate_handle(script, [base64.b64encode(path.read_bytes()).decode(), path.name])


def displayed(page: Any) -> np.ndarray:
    """The preview in the browser, resized to (SIDE, SIDE, 3) uint8."""
    script = """(side) => { const c = document.createElement('canvas'); c.width = c.height = side;
        const context = c.getContext('2d'); context.drawImage(document.getElementById('after'), 0, 0, side, side);
        return [...context.getImageData(0, 0, side, side).data]; }"""
    return np.array(page.evaluate(script, SIDE), np.uint8).reshape(SIDE, SIDE, 4)[..., :3]


def chroma(pixels: np.ndarray) -> np.ndarray:
    """The range of R, G and B of each pixel."""
    return np.ptp(pixels.astype(int), axis=2)


def position(page: Any, x: float, y: float) -> dict[str, float]:
    """The position of a point in the picture, in pixels, for Playwright. x, y: 0..1."""
    box = page.locator("#picture").bounding_box()
    return {"x": x * box["width"], "y": y * box["height"]}


def click(page: Any, x: float, y: float, *modifiers: str) -> None:
    """Click on a point of the picture, and wait for the new preview. x, y: 0..1."""
    with NewPreview(page):
        page.locator("#picture").click(position=position(page, x, y), modifiers=list(modifiers))


def download(page: Any, button: str) -> tuple[str, bytes]:
    """(suggested file name, content) of what a button downloads."""
    with page.expect_download() as event:
        page.get_by_role("button", name=button, exact=True).click()
    return event.value.suggested_filename, Path(event.value.path()).read_bytes()


def slide(page: Any, label: str, value: float) -> None:
    """Set a slider, and wait for the new preview."""
    with NewPreview(page):
        page.get_by_label(label, exact=True).fill(str(value))


def by_command_line(folder: Path, photo: Path, *flags: str) -> bytes:
    """The file that `handtint tint` writes for a photo."""
    out = folder / "by command line"
    run = CliRunner().invoke(main, ["tint", str(photo), "-o", str(out) + "/", *flags])
    assert run.exit_code == 0, run.output
    (result,) = (path for path in out.iterdir() if path.is_file())
    return result.read_bytes()
