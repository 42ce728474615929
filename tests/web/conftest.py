"""A running page, with networks that need no weights, and a browser to open it in."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from handtint.pipeline import Tinter
from handtint.types import Engine
from handtint.web import server

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), "")
FLAGS = tuple(
    f"--{flag}"
    for flag in (
        "headless",
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
    )
)
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(autouse=True)
def _simple_networks(tinter: Tinter) -> None:
    """The simple networks for the command line in this process, too."""


@pytest.fixture(scope="session")
def address(engines: dict[str, Engine]) -> Iterator[str]:
    """The URL of a running page with the simple networks. Its tinter alone has them: no patch outlives a test."""
    tinter = Tinter()
    vars(tinter.networks._engines).update(engines)
    listener, ready = server.listen(None), threading.Event()
    serving = server.Server(tinter, ready.set)
    thread = threading.Thread(target=serving.run, kwargs={"sockets": [listener]})
    thread.start()
    assert ready.wait(60)
    yield server.address(listener)
    serving.should_exit = True
    thread.join(60)
    listener.close()
    assert not thread.is_alive()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The chromium of this machine, driven by Playwright. Without one the test is skipped, or fails where CI is set."""
    if not CHROMIUM:
        stop = pytest.fail if os.environ.get("CI") else pytest.skip
        stop("no chromium here, so the page is not tested in a browser: apt-get install chromium")
    api = pytest.importorskip("playwright.sync_api", reason="no Playwright here: pip install playwright")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """The page in a window of a desktop's size, ready for photos. An error in its scripts fails the test."""
    yield from opened_page(browser, address, DESKTOP)


@pytest.fixture
def phone(browser: Any, address: str) -> Iterator[Any]:
    """The page in a window of a phone's size."""
    yield from opened_page(browser, address, PHONE)


def opened_page(browser: Any, address: str, viewport: dict[str, int]) -> Iterator[Any]:
    context = browser.new_context(viewport=viewport, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(90_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    yield page
    context.close()
    assert not errors
