"""A film on the page, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import pytest
from page_actions import until
from test_films import film, tone

pytestmark = pytest.mark.usefixtures("browser")
FRAMES = 8


def wait_for_previews(page: Any, times: int = 1) -> None:
    """Wait until all preview frames have been tinted so many times."""
    until(page, lambda: int(page.get_attribute("#film-frames", "data-version") or 0) >= times)


def test_a_film_is_opened_rendered_shown_after_a_reload_and_downloaded(page: Any, tmp_path: Path) -> None:
    page.set_input_files("#files", str(film(tmp_path / "street.mp4", frames=FRAMES)))
    wait_for_previews(page)
    assert page.inner_text("#film-title") == "street.mp4"
    assert page.locator("#film-frames img[src^='blob:']").count() == 6
    page.locator("#film-keep").fill("all")
    page.get_by_label("Light, from cool to warm", exact=True).fill("0.5")
    page.get_by_role("button", name="The frame at 0:00.4").click()
    box = page.locator("#film-large").bounding_box()
    page.locator("#film-large").click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    assert "%@0.4s=#3d5a8a" in page.locator("#film-hints").inner_text()
    page.get_by_role("button", name="Render the film").focus()
    page.keyboard.press("Enter")
    until(page, lambda: page.get_attribute("#film", "data-state") in ("running", "done"))
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.inner_text("#film-title") == "street.mp4"
    assert page.locator("#film-keep").input_value() == "all"
    assert page.locator("#film-hints .chip").count() == 1
    until(page, lambda: page.get_attribute("#film", "data-state") == "done")
    assert "/result" in page.get_attribute("#film-video", "src")
    with page.expect_download() as event:
        page.get_by_role("link", name="Download the film").click()
    assert event.value.suggested_filename == "street.handtint.mp4"
    with av.open(str(event.value.path())) as result:
        assert len(list(result.decode(video=0))) == FRAMES
    page.get_by_role("button", name="Close the film").click()
    until(page, lambda: page.locator("#start").is_visible())
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.locator("#film").is_hidden()


def test_a_file_that_is_no_film_is_an_error_on_the_start_page(page: Any, tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.write_bytes(b"")
    for path, message in ((empty, "the file is empty"), (tone(tmp_path / "tone.mp4"), "contains only sound")):
        page.set_input_files("#files", str(path))
        until(page, lambda message=message: message in page.inner_text("#alerts"))
    assert page.locator("#start").is_visible()


def test_of_several_files_one_film_is_opened_with_a_message(page: Any, sample: Path, tmp_path: Path) -> None:
    page.set_input_files("#files", [str(sample), str(film(tmp_path / "street.mp4"))])
    until(page, lambda: "Only street.mp4 was opened" in page.inner_text("#alerts"))
    assert page.inner_text("#film-title") == "street.mp4"
    assert page.locator("#editor").is_hidden()


def test_an_error_in_a_typed_time_is_shown_next_to_it(page: Any, tmp_path: Path) -> None:
    page.set_input_files("#files", str(film(tmp_path / "street.mp4")))
    wait_for_previews(page)
    page.locator("#film-start").fill("soon")
    page.keyboard.press("Tab")
    until(page, lambda: "not a time" in page.inner_text("#film-range-error"))
