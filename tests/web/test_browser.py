"""The page in a real browser, used as a person uses it."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import numpy as np
import pytest
from click.testing import CliRunner

from handtint.cli import main
from handtint.image.arrays import resize
from handtint.image.photo import Photo

pytestmark = pytest.mark.usefixtures("browser")

SIDE = 64
SLOW = 90  # seconds: longer is not slow, but stuck


def until(page: Any, true: Callable[[], bool]) -> None:
    """Wait; the page forbids the scripts that Playwright's own waiting would use."""
    end = time.monotonic() + SLOW
    while not true():
        assert time.monotonic() < end, page.inner_text("body")
        page.wait_for_timeout(40)


def version(page: Any) -> int:
    """How many pictures it has shown."""
    return int(page.get_attribute("#picture", "data-version") or 0)


class Changing:
    """Wait at the end for the picture to be another."""

    def __init__(self, page: Any) -> None:
        self.page, self.before = page, version(page)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            until(self.page, lambda: version(self.page) > self.before)


def upload(page: Any, *paths: Path) -> None:
    with Changing(page):
        page.set_input_files("#files", [str(path) for path in paths])


def shown(page: Any) -> np.ndarray:
    """The picture as the browser has it, brought to (SIDE, SIDE, 3) uint8."""
    script = """(side) => { const c = document.createElement('canvas'); c.width = c.height = side;
        const pen = c.getContext('2d'); pen.drawImage(document.getElementById('after'), 0, 0, side, side);
        return [...pen.getImageData(0, 0, side, side).data]; }"""
    return np.array(page.evaluate(script, SIDE), np.uint8).reshape(SIDE, SIDE, 4)[..., :3]


def chroma(pixels: np.ndarray) -> np.ndarray:
    return np.ptp(pixels.astype(int), axis=2)


def click(page: Any, x: float, y: float, *modifiers: str) -> None:
    """Click on the picture, x and y shares of its sides."""
    box = page.locator("#picture").bounding_box()
    with Changing(page):
        place = {"x": x * box["width"], "y": y * box["height"]}
        page.locator("#picture").click(position=place, modifiers=list(modifiers))


def download(page: Any, button: str) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button, exact=True).click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def slide(page: Any, name: str, value: float) -> None:
    with Changing(page):
        page.get_by_label(name, exact=True).fill(str(value))


def by_command_line(folder: Path, photo: Path, *flags: str) -> bytes:
    out = folder / "by command line"
    done = CliRunner().invoke(main, ["tint", str(photo), "-o", str(out) + "/", *flags])
    assert done.exit_code == 0, done.output
    (made,) = (path for path in out.iterdir() if path.is_file())
    return made.read_bytes()


def test_a_photo_comes_out_tinted_and_its_download_is_the_command_lines(
    page: Any, sample: Path, tmp_path: Path
) -> None:
    upload(page, sample)
    assert np.median(chroma(shown(page))[:, : SIDE // 4]) > 20
    assert np.median(chroma(shown(page))[:, -SIDE // 4 :]) == 0
    name, data = download(page, "Download")
    assert name == "astronaut.handtint.jpg"
    assert data == by_command_line(tmp_path, sample)


def test_an_edit_by_hand_is_the_same_on_the_command_line(page: Any, sample: Path, tmp_path: Path) -> None:
    upload(page, sample)
    click(page, 0.2, 0.3)
    assert page.input_value("#keep") == "@20%,30%"
    click(page, 0.8, 0.6, "Shift")
    slide(page, "Strength", 0.6)
    slide(page, "Soft edge", 7)
    with Changing(page):
        page.get_by_role("radio", name="Sepia").check()
    with Changing(page):
        page.get_by_label("Automatic").uncheck()
    page.locator("summary", has_text="More").click()
    with Changing(page):
        page.get_by_label("Look again at small faces").uncheck()
    with Changing(page):
        page.get_by_label("File format").select_option("png")
    name, data = download(page, "Download")
    assert name == "astronaut.handtint.png"
    recipe_name, recipe = download(page, "Save recipe")
    assert recipe_name == "astronaut.handtint.toml"
    path = tmp_path / "edit.toml"
    path.write_bytes(recipe)
    words = path.read_text()
    assert 'keep = "@20%,30% - @80%,60%"' in words
    assert 'gain = "1"' in words
    assert 'closer_look = "off"' in words
    assert data == by_command_line(tmp_path, sample, "--recipe", str(path))


def test_sliders_change_the_picture_and_undo_takes_it_back(page: Any, sample: Path) -> None:
    upload(page, sample)
    first = shown(page)
    slide(page, "Strength", 0)
    assert chroma(shown(page)).max() < 10
    with Changing(page):
        page.get_by_role("button", name="Undo").click()
    np.testing.assert_array_equal(shown(page), first)
    assert page.get_by_role("button", name="Undo").is_disabled()
    with Changing(page):
        page.keyboard.press("Control+Shift+z")
    assert chroma(shown(page)).max() < 10
    with Changing(page):
        page.get_by_role("button", name="Start over").click()
    np.testing.assert_array_equal(shown(page), first)


def test_clicking_chooses_and_chips_say_what(page: Any, sample: Path) -> None:
    upload(page, sample)
    person = page.locator('[data-keep="person:1"]')
    assert person.get_attribute("aria-pressed") == "false"
    with Changing(page):
        person.click()
    assert page.input_value("#keep") == "person:1"
    assert person.get_attribute("aria-pressed") == "true"
    click(page, 0.8, 0.5)
    assert page.input_value("#keep") == "person:1 + @80%,50%"
    assert np.median(chroma(shown(page))[:, -5:]) > 20
    with Changing(page):
        page.get_by_role("button", name="Remove place @80%,50%").click()
    assert np.median(chroma(shown(page))[:, -5:]) == 0
    page.get_by_role("radio", name="Take away").check()
    click(page, 0.1, 0.5)
    assert page.input_value("#keep") == "person:1 - @10%,50%"
    with Changing(page):
        page.locator('[data-keep="all"]').click(modifiers=["Shift"])
    assert page.input_value("#keep") == "person:1 - @10%,50% + all"


def test_the_keyboard_chooses_too(page: Any, sample: Path) -> None:
    upload(page, sample)
    page.locator("#picture").focus()
    for key in ("ArrowLeft", "Shift+ArrowUp"):
        page.keyboard.press(key)
    with Changing(page):
        page.keyboard.press("Enter")
    assert page.input_value("#keep") == "@48%,40%"
    with Changing(page):
        page.keyboard.press("Shift+Enter")
    assert page.input_value("#keep") == "all=0 - @48%,40%"


def test_the_brush_paints_and_erases_and_its_mask_serves_the_command_line(
    page: Any, sample: Path, tmp_path: Path
) -> None:
    upload(page, sample)
    box = page.locator("#picture").bounding_box()

    def stroke(*places: tuple[float, float]) -> None:
        spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
        with Changing(page):
            page.mouse.move(*spots[0])
            page.mouse.down()
            for spot in spots[1:]:
                page.mouse.move(*spot, steps=5)
            page.mouse.up()

    page.get_by_role("radio", name="Brush").check()
    box = page.locator("#picture").bounding_box()
    stroke((0.7, 0.4), (0.9, 0.4))
    page.get_by_role("radio", name="Eraser").check()
    stroke((0.05, 0.5), (0.3, 0.5))
    seen = chroma(shown(page))
    assert np.median(seen[25:27, 47:56]) > 15
    assert np.median(seen[31:33, 5:18]) < 5
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
    with Changing(page):
        page.get_by_role("button", name="Start over").click()
    with Changing(page):
        page.set_input_files("#recipes", [str(recipe), str(path)])
    assert download(page, "Download")[1] == data


def test_a_recipe_of_the_command_line_is_loaded(page: Any, sample: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "edit.toml"
    flags = ("--keep", "all - person=0.5", "--background", "dim", "--strength", "0.8", "--gain", "2")
    made = by_command_line(tmp_path, sample, *flags, "--save-recipe", str(recipe))
    upload(page, sample)
    with Changing(page):
        page.set_input_files("#recipes", str(recipe))
    assert page.input_value("#keep") == "all - person=0.5"
    assert page.get_by_label("Strength", exact=True).input_value() == "0.8"
    assert page.locator("#gain-out").inner_text() == "× 2"
    assert download(page, "Download")[1] == made


def test_the_four_panels_are_one_click_away(page: Any, sample: Path) -> None:
    upload(page, sample)
    page.get_by_role("button", name="Four panels").click()
    until(page, lambda: page.locator("#panels img").count() == 4)
    captions = [caption.inner_text() for caption in page.locator("#panels figcaption").all()]
    assert captions == ["Grayscale", "Colorized", "Mask", "Blended"]
    page.get_by_role("button", name="Four panels").click()
    assert page.locator("#picture").is_visible()


def test_before_and_after_are_divided_by_a_slider(page: Any, sample: Path) -> None:
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


def test_several_photos_queue_and_one_that_is_none_is_named(page: Any, samples: list[Path], tmp_path: Path) -> None:
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


def test_a_first_photo_that_is_none_leaves_the_start(page: Any, tmp_path: Path) -> None:
    bad = tmp_path / "letter.jpg"
    bad.write_bytes(b"Dear photo")
    page.set_input_files("#files", str(bad))
    until(page, lambda: "not a photograph format" in page.get_by_role("alert").inner_text())
    assert page.get_by_role("button", name="Choose photos").is_visible()


def test_a_sample_is_one_click_away(page: Any) -> None:
    assert page.locator("#samples button").count() == 6
    with Changing(page):
        page.get_by_role("button", name="A cat").click()
    assert page.get_attribute("#picture", "aria-label") == "The picture: cat.jpg"


def test_a_photo_is_dropped(page: Any, sample: Path) -> None:
    script = """(data) => { const held = new DataTransfer();
        const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
        held.items.add(new File([bytes], 'dropped.jpg', {type: 'image/jpeg'})); return held; }"""
    held = page.evaluate_handle(script, base64.b64encode(sample.read_bytes()).decode())
    with Changing(page):
        page.dispatch_event("#drop", "drop", {"dataTransfer": held})
    assert page.get_attribute("#picture", "aria-label") == "The picture: dropped.jpg"


def test_a_photo_that_was_closed_to_make_room_is_opened_again(page: Any, address: str, sample: Path) -> None:
    opened: list[str] = []
    page.on("response", lambda answer: opened.append(answer.url) if answer.url.endswith("/before") else None)
    upload(page, sample)
    first = shown(page)
    request = Request(opened[0].removesuffix("/before"), method="DELETE")
    with build_opener(ProxyHandler({})).open(request, timeout=30) as answer:
        assert answer.status == 204
    slide(page, "Strength", 0)
    assert chroma(shown(page)).max() < 10
    with Changing(page):
        page.get_by_role("button", name="Undo").click()
    np.testing.assert_array_equal(shown(page), first)


def test_what_is_wrong_with_words_is_said_beside_them(page: Any, sample: Path) -> None:
    upload(page, sample)
    page.locator("summary", has_text="In words").click()
    page.fill("#keep", "persn")
    page.press("#keep", "Enter")
    until(page, lambda: "did you mean 'person'?" in page.inner_text("#keep-error"))
    assert page.get_attribute("#keep", "aria-invalid") == "true"


def test_a_phone_scrolls_in_one_direction_only(phone: Any, sample: Path) -> None:
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


def test_the_page_asks_nobody_else(browser: Any, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    context.close()
    assert asked
    assert all(url.startswith(address) for url in asked)


def test_the_picture_is_the_result(page: Any, sample: Path, tmp_path: Path) -> None:
    upload(page, sample)
    _, data = download(page, "Download")
    made = resize.shrink(Photo.read(data).pixels, (SIDE, SIDE)).astype(int)
    assert np.abs(made - shown(page)).mean() < 6
