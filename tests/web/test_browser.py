"""The page in a real browser, used as a person uses it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import numpy as np
import pytest
from page_actions import (
    SIDE,
    NewPreview,
    by_command_line,
    chroma,
    click,
    data_transfer,
    displayed,
    download,
    slide,
    until,
    upload,
)

from handtint.image.arrays import resize
from handtint.image.photo import Photo

pytestmark = pytest.mark.usefixtures("browser")


def test_the_download_is_the_file_that_the_command_line_writes(page: Any, sample: Path, tmp_path: Path) -> None:
    upload(page, sample)
    assert np.median(chroma(displayed(page))[:, : SIDE // 4]) > 20
    assert np.median(chroma(displayed(page))[:, -SIDE // 4 :]) == 0
    name, data = download(page, "Download")
    assert name == "astronaut.handtint.jpg"
    assert data == by_command_line(tmp_path, sample)


def test_the_saved_recipe_gives_the_same_file_on_the_command_line(page: Any, sample: Path, tmp_path: Path) -> None:
    upload(page, sample)
    click(page, 0.2, 0.3)
    assert page.input_value("#keep") == "@20%,30%"
    click(page, 0.8, 0.6, "Shift")
    slide(page, "Strength", 0.6)
    slide(page, "Soft edge", 7)
    with NewPreview(page):
        page.get_by_role("radio", name="Sepia").check()
    with NewPreview(page):
        page.get_by_label("Automatic").uncheck()
    page.locator("summary", has_text="More").click()
    with NewPreview(page):
        page.get_by_label("Closer look at small faces").uncheck()
    with NewPreview(page):
        page.get_by_label("File format").select_option("png")
    name, data = download(page, "Download")
    assert name == "astronaut.handtint.png"
    recipe_name, recipe = download(page, "Save recipe")
    assert recipe_name == "astronaut.handtint.toml"
    path = tmp_path / "edit.toml"
    path.write_bytes(recipe)
    text = path.read_text()
    assert 'keep = "@20%,30% - @80%,60%"' in text
    assert 'gain = "1"' in text
    assert 'closer_look = "off"' in text
    assert data == by_command_line(tmp_path, sample, "--recipe", str(path))


def test_sliders_change_the_picture_and_undo_restores_it(page: Any, sample: Path) -> None:
    upload(page, sample)
    first = displayed(page)
    slide(page, "Strength", 0)
    assert chroma(displayed(page)).max() < 10
    with NewPreview(page):
        page.get_by_role("button", name="Undo").click()
    np.testing.assert_array_equal(displayed(page), first)
    assert page.get_by_role("button", name="Undo").is_disabled()
    with NewPreview(page):
        page.keyboard.press("Control+Shift+z")
    assert chroma(displayed(page)).max() < 10
    with NewPreview(page):
        page.get_by_role("button", name="Start over").click()
    np.testing.assert_array_equal(displayed(page), first)


def test_clicks_and_chips_set_keep(page: Any, sample: Path) -> None:
    upload(page, sample)
    person = page.locator('[data-keep="person:1"]')
    assert person.get_attribute("aria-pressed") == "false"
    with NewPreview(page):
        person.click()
    assert page.input_value("#keep") == "person:1"
    assert person.get_attribute("aria-pressed") == "true"
    click(page, 0.8, 0.5)
    assert page.input_value("#keep") == "person:1 + @80%,50%"
    assert np.median(chroma(displayed(page))[:, -5:]) > 20
    with NewPreview(page):
        page.get_by_role("button", name="Remove point @80%,50%").click()
    assert np.median(chroma(displayed(page))[:, -5:]) == 0
    page.get_by_role("radio", name="Take away").check()
    click(page, 0.1, 0.5)
    assert page.input_value("#keep") == "person:1 - @10%,50%"
    with NewPreview(page):
        page.locator('[data-keep="all"]').click(modifiers=["Shift"])
    assert page.input_value("#keep") == "person:1 - @10%,50% + all"


def test_the_keyboard_sets_keep(page: Any, sample: Path) -> None:
    upload(page, sample)
    page.locator("#picture").focus()
    for key in ("ArrowLeft", "Shift+ArrowUp"):
        page.keyboard.press(key)
    with NewPreview(page):
        page.keyboard.press("Enter")
    assert page.input_value("#keep") == "@48%,40%"
    with NewPreview(page):
        page.keyboard.press("Shift+Enter")
    assert page.input_value("#keep") == "all=0 - @48%,40%"


def test_strokes_change_the_mask_and_the_saved_mask_gives_the_same_file(
    page: Any, sample: Path, tmp_path: Path
) -> None:
    upload(page, sample)

    def stroke(*points: tuple[float, float]) -> None:
        box = page.locator("#picture").bounding_box()
        start, *others = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        with NewPreview(page):
            page.mouse.move(*start)
            page.mouse.down()
            for point in others:
                page.mouse.move(*point, steps=5)
            page.mouse.up()

    page.get_by_role("radio", name="Brush").check()
    stroke((0.7, 0.4), (0.9, 0.4))
    page.get_by_role("radio", name="Eraser").check()
    stroke((0.05, 0.5), (0.3, 0.5))
    colors = chroma(displayed(page))
    assert np.median(colors[25:27, 47:56]) > 15
    assert np.median(colors[31:33, 5:18]) < 5
    _, data = download(page, "Download")
    name, mask = download(page, "Save mask")
    assert name == "astronaut.mask.png"
    path = tmp_path / "mask.png"
    path.write_bytes(mask)
    assert data == by_command_line(tmp_path, sample, "--mask", str(path))
    with page.expect_download() as first, page.expect_download(lambda d: d.suggested_filename.endswith("png")):
        page.get_by_role("button", name="Save recipe").click()
    recipe = tmp_path / "edit.toml"
    recipe.write_bytes(Path(first.value.path()).read_bytes())
    with NewPreview(page):
        page.get_by_role("button", name="Start over").click()
    with NewPreview(page):
        page.set_input_files("#recipes", [str(recipe), str(path)])
    assert download(page, "Download")[1] == data


def test_a_recipe_of_the_command_line_can_be_loaded(page: Any, sample: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "edit.toml"
    flags = ("--keep", "all - person=0.5", "--background", "dim", "--strength", "0.8", "--gain", "2")
    expected = by_command_line(tmp_path, sample, *flags, "--save-recipe", str(recipe))
    upload(page, sample)
    with NewPreview(page):
        page.set_input_files("#recipes", str(recipe))
    assert page.input_value("#keep") == "all - person=0.5"
    assert page.get_by_label("Strength", exact=True).input_value() == "0.8"
    assert page.locator("#gain-out").inner_text() == "× 2"
    assert download(page, "Download")[1] == expected


def test_a_button_shows_the_four_panels(page: Any, sample: Path) -> None:
    upload(page, sample)
    page.get_by_role("button", name="Four panels").click()
    until(page, lambda: page.locator("#panels img").count() == 4)
    captions = [caption.inner_text() for caption in page.locator("#panels figcaption").all()]
    assert captions == ["Grayscale", "Colorized", "Mask", "Blended"]
    page.get_by_role("button", name="Four panels").click()
    assert page.locator("#picture").is_visible()


def test_before_and_after_are_divided_by_a_slider_and_a_knob(page: Any, sample: Path) -> None:
    upload(page, sample)
    page.get_by_label("Before / after").fill("80")
    assert "20%" in page.locator("#before").evaluate("node => node.style.clipPath")
    knob = page.locator("#divider span").bounding_box()
    picture = page.locator("#picture").bounding_box()
    page.mouse.move(knob["x"] + 16, knob["y"] + 16)
    page.mouse.down()
    page.mouse.move(picture["x"] + picture["width"] * 0.25, knob["y"], steps=4)
    page.mouse.up()
    assert abs(float(page.get_by_label("Before / after").input_value()) - 25) < 3


def test_several_photos_are_queued_and_a_bad_file_is_named(page: Any, samples: list[Path], tmp_path: Path) -> None:
    bad = tmp_path / "letter.jpg"
    bad.write_bytes(b"Dear photo")
    upload(page, samples[0], bad, samples[1])
    until(page, lambda: page.locator("#queue-count").inner_text() == "3 of 3 done")
    assert page.get_by_role("alert").inner_text().startswith("letter.jpg: not a photograph format")
    states = [button.inner_text().split("\n")[-1] for button in page.locator("#photos button").all()]
    assert states == ["done", "failed", "done"]
    page.locator("#photos button").nth(2).click()
    assert page.get_attribute("#picture", "aria-label") == f"The picture: {samples[1].name}"
    slide(page, "Strength", 0.2)
    page.locator("#photos button").nth(0).click()
    assert page.get_by_label("Strength", exact=True).input_value() == "1"


def test_after_a_bad_first_file_the_start_page_stays(page: Any, tmp_path: Path) -> None:
    bad = tmp_path / "letter.jpg"
    bad.write_bytes(b"Dear photo")
    page.set_input_files("#files", str(bad))
    until(page, lambda: "not a photograph format" in page.get_by_role("alert").inner_text())
    assert page.get_by_role("button", name="Choose photos").is_visible()


def test_a_click_opens_a_sample(page: Any) -> None:
    assert page.locator("#samples button").count() == 6
    with NewPreview(page):
        page.get_by_role("button", name="A cat").click()
    assert page.get_attribute("#picture", "aria-label") == "The picture: cat.jpg"


def test_a_dropped_photo_is_opened(page: Any, sample: Path) -> None:
    with NewPreview(page):
        page.dispatch_event("#drop", "drop", {"dataTransfer": data_transfer(page, sample)})
    assert page.get_attribute("#picture", "aria-label") == "The picture: astronaut.jpg"


def test_a_photo_that_the_server_closed_is_opened_again(page: Any, address: str, sample: Path) -> None:
    opened: list[str] = []
    page.on("response", lambda response: opened.append(response.url) if response.url.endswith("/before") else None)
    upload(page, sample)
    first = displayed(page)
    request = Request(opened[0].removesuffix("/before"), method="DELETE")
    with build_opener(ProxyHandler({})).open(request, timeout=30) as response:
        assert response.status == 204
    slide(page, "Strength", 0)
    assert chroma(displayed(page)).max() < 10
    with NewPreview(page):
        page.get_by_role("button", name="Undo").click()
    np.testing.assert_array_equal(displayed(page), first)


def test_an_error_in_a_typed_keep_is_shown_next_to_it(page: Any, sample: Path) -> None:
    upload(page, sample)
    page.locator("summary", has_text="In words").click()
    page.fill("#keep", "persn")
    page.press("#keep", "Enter")
    until(page, lambda: "did you mean 'person'?" in page.inner_text("#keep-error"))
    assert page.get_attribute("#keep", "aria-invalid") == "true"


def test_the_page_is_not_wider_than_a_phone(phone: Any, sample: Path) -> None:
    def overflow() -> int:
        return int(phone.evaluate("() => document.documentElement.scrollWidth - innerWidth"))

    assert overflow() <= 0
    upload(phone, sample)
    for summary in ("In words", "More"):
        phone.locator("summary", has_text=summary).click()
    assert overflow() <= 0
    phone.get_by_role("button", name="Four panels").click()
    until(phone, lambda: phone.locator("#panels img").count() == 4)
    assert overflow() <= 0


def test_every_control_has_a_name(page: Any, sample: Path) -> None:
    upload(page, sample)
    script = """() => [...document.querySelectorAll('button, input:not([hidden]), select')].filter((node) =>
        !(node.innerText || node.getAttribute('aria-label') || (node.labels && node.labels.length)))
        .map((node) => node.outerHTML)"""
    assert page.evaluate(script) == []


def test_the_page_makes_no_requests_to_other_servers(browser: Any, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    context.close()
    assert urls
    assert all(url.startswith(address) for url in urls)


def test_the_preview_looks_like_the_result(page: Any, sample: Path, tmp_path: Path) -> None:
    upload(page, sample)
    _, data = download(page, "Download")
    result = resize.shrink(Photo.read(data).pixels, (SIDE, SIDE)).astype(int)
    assert np.abs(result - displayed(page)).mean() < 6
