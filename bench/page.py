"""The page in a real browser: milliseconds from the hand to the picture, and the pictures of docs/web.md.

python bench/page.py [--megapixels 2] [--moves 15] [--images docs/images]

Starts `handtint web`, opens a photo of that size in chromium, moves each slider, chooses colours in the palettes of
places, and prints, as JSON, the median and the largest time from the hand to the decoded picture. With --images it
writes web-desktop.jpg, web-phone.jpg and web-film.jpg there.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
from playwright.sync_api import sync_playwright

import shots

SAMPLES = Path(__file__).parents[1] / "examples" / "photos"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
MOVE = """async ([id, value]) => {
    const picture = document.getElementById('picture'), before = picture.dataset.version;
    const slider = document.getElementById(id), start = performance.now();
    slider.value = value;
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    while (picture.dataset.version === before) await new Promise((go) => setTimeout(go, 1));
    return performance.now() - start; }"""
MOVES: dict[str, Callable[[int], float]] = {"strength": lambda n: 0.4 + 0.05 * n, "feather": lambda n: 2 + n}

CHOOSE = """async (n) => {
    const picture = document.getElementById('picture'), before = picture.dataset.version;
    const swatches = document.querySelectorAll('#palette .swatch'), start = performance.now();
    swatches[n % swatches.length].click();
    while (picture.dataset.version === before) await new Promise((go) => setTimeout(go, 1));
    return performance.now() - start; }"""
OPEN = """async ([x, y]) => {
    const picture = document.getElementById('picture'), at = picture.getBoundingClientRect(), start = performance.now();
    const place = { clientX: at.left + x * at.width, clientY: at.top + y * at.height, bubbles: true };
    picture.dispatchEvent(new MouseEvent('click', place));
    while (!document.querySelector('#palette .swatch')) await new Promise((go) => setTimeout(go, 1));
    return performance.now() - start; }"""


@contextmanager
def served() -> Iterator[str]:
    """The address of a running page."""
    code = "from handtint.cli import main; main()"
    command = [sys.executable, "-c", code, "web", "--no-browser"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        try:
            yield process.stderr.readline().split()[3]
        finally:
            process.terminate()


def opened(browser: Any, address: str, photos: list[Path], width: int, height: int) -> Any:
    """The page with photos in it, all done."""
    page = browser.new_context(viewport={"width": width, "height": height}, has_touch=width < 500).new_page()
    page.set_default_timeout(120_000)
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    page.set_input_files("#files", [str(photo) for photo in photos])
    while page.locator("#photos .done, #photos .failed").count() < len(photos):
        time.sleep(0.1)
    while not page.get_attribute("#picture", "data-version"):
        time.sleep(0.1)
    return page


def timed(browser: Any, address: str, megapixels: float, moves: int) -> dict[str, Any]:
    """Each slider moved on a photo of that size."""
    picture = cv2.imread(str(SAMPLES / "astronaut.jpg"), cv2.IMREAD_GRAYSCALE)
    height = (megapixels * 1e6 * 3 / 4) ** 0.5
    large = cv2.resize(picture, (round(height * 4 / 3), round(height)), interpolation=cv2.INTER_CUBIC)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        cv2.imwrite(str(path), large)
        page = opened(browser, address, [path], 1280, 900)
        shown = page.evaluate("() => [document.getElementById('after').naturalWidth, devicePixelRatio]")
        results: dict[str, Any] = {"pixels across": shown[0]}
        for name, value in MOVES.items():
            took = [page.evaluate(MOVE, [name, value(n)]) for n in range(moves)]
            results[name] = {"median": round(statistics.median(took)), "largest": round(max(took))}
        results |= hinted(page, moves)
    return results


def hinted(page: Any, moves: int) -> dict[str, Any]:
    """The palette opened at places, and in each a colour chosen for the only hint."""
    page.get_by_role("radio", name="Colour", exact=True).check()
    opening, choosing = [], []
    for n in range(moves):
        opening.append(page.evaluate(OPEN, [0.25 + 0.03 * n, 0.3 + 0.02 * (n % 7)]))
        choosing.append(page.evaluate(CHOOSE, n + 1))
        page.locator("#palette-remove").click()  # so that each is the only one
    named = (("palette opens", opening), ("colour chosen", choosing))
    return {name: {"median": round(statistics.median(took)), "largest": round(max(took))} for name, took in named}


def pictured(browser: Any, address: str, folder: Path) -> None:
    """The page as docs/web.md shows it."""
    three = [SAMPLES / name for name in ("astronaut.jpg", "coffee.jpg", "hopper.jpg")]
    for name, photos, size in (("desktop", three, (1280, 900)), ("phone", three[:1], (390, 844))):
        page = opened(browser, address, photos, *size)
        version = page.get_attribute("#picture", "data-version")
        page.locator('[data-keep="all"]').click()
        while page.get_attribute("#picture", "data-version") == version:
            time.sleep(0.1)
        page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
        whole = name == "desktop"
        page.screenshot(path=str(folder / f"web-{name}.jpg"), type="jpeg", quality=80, full_page=whole)


def pictured_film(browser: Any, address: str, folder: Path) -> None:
    """The page with a film, as docs/film.md shows it."""
    with tempfile.TemporaryDirectory() as work:
        film = shots.write(Path(work) / "street.mp4", list(shots.clips(None, 2, (480, 854), 24)), 48)
        page = browser.new_context(viewport={"width": 1280, "height": 820}).new_page()
        page.set_default_timeout(120_000)
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        page.set_input_files("#files", str(film))
        while not page.get_attribute("#film-frames", "data-version"):
            time.sleep(0.1)
        page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
        page.screenshot(path=str(folder / "web-film.jpg"), type="jpeg", quality=80)


def main() -> None:
    """Measure, and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=float, default=2.0)
    parser.add_argument("--moves", type=int, default=15)
    parser.add_argument("--images", type=Path)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    asked = parser.parse_args()
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=asked.chromium, args=FLAGS)
        machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
        results = timed(browser, address, asked.megapixels, asked.moves) if asked.moves else {}
        if asked.images:
            pictured(browser, address, asked.images)
            pictured_film(browser, address, asked.images)
        browser.close()
    print(json.dumps({"machine": machine, "megapixels": asked.megapixels, **results}, indent=2))


if __name__ == "__main__":
    main()
