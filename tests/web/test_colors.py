"""Hints, references and versions in a real browser; zoom and loupe."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_actions import (
    SIDE,
    NewPreview,
    by_command_line,
    chroma,
    data_transfer,
    displayed,
    download,
    position,
    until,
    upload,
)

from handtint.image.color import lab
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter

pytestmark = pytest.mark.usefixtures("browser")

NAVY = "#3a5f8f"


def open_palette(page: Any, x: float, y: float) -> None:
    """Click on a point of the picture with the colour tool, and wait for the palette. x, y: 0..1."""
    page.get_by_role("radio", name="Colour", exact=True).check()
    page.locator("#picture").click(position=position(page, x, y))
    page.wait_for_selector("#palette .swatch")


def type_color(page: Any, color: str) -> None:
    """Choose a colour of the palette by its name."""
    with NewPreview(page):
        page.get_by_label("or its name").fill(color)
        page.get_by_label("or its name").press("Enter")


def add_hint(page: Any, x: float, y: float, color: str) -> None:
    """Add a hint for a point. x, y: 0..1."""
    open_palette(page, x, y)
    type_color(page, color)
    page.get_by_role("button", name="Done").click()


def keep_all(page: Any) -> None:
    """Keep the colour of everything."""
    with NewPreview(page):
        page.locator('[data-keep="all"]').click()


def hints(page: Any, folder: Path) -> tuple[str, ...]:
    """The hints in the recipe that the page saves."""
    from handtint import recipe

    path = folder / "saved.toml"
    path.write_bytes(download(page, "Save recipe")[1])
    return recipe.read(path).options.hint


def rounded(text: str) -> str:
    """Text with its percentages rounded: a click hits a pixel."""
    return re.sub(r"[0-9.]+(?=%)", lambda number: f"{float(number[0]):.0f}", text)


def rounded_hints(page: Any, folder: Path) -> list[str]:
    return [rounded(hint) for hint in hints(page, folder)]


def hue(pixels: np.ndarray) -> np.ndarray:
    """The hue angle of pixels, in degrees."""
    ab = lab.split(pixels)[1]
    return np.degrees(np.arctan2(ab[..., 1], ab[..., 0]))


def test_a_hint_colours_a_point_as_on_the_command_line(page: Any, sample: Path, tmp_path: Path) -> None:
    upload(page, sample)
    keep_all(page)
    before = displayed(page)
    assert page.locator("#hints .chip").count() == 0
    add_hint(page, 0.25, 0.8, "#3a5f8f")
    after = displayed(page)
    coat = after[int(0.8 * SIDE), int(0.25 * SIDE)]
    expected = hue(np.array([[[0x3A, 0x5F, 0x8F]]], np.uint8))[0, 0]
    assert abs((hue(coat[None, None])[0, 0] - expected + 180) % 360 - 180) < 15
    assert (before != after).any()
    (hint,) = hints(page, tmp_path)
    assert rounded(hint) == f"@25%,80%={NAVY}"
    assert download(page, "Download")[1] == by_command_line(tmp_path, sample, "--keep", "all", "--hint", hint)


def test_a_hint_can_be_changed_moved_undone_and_removed(page: Any, sample: Path, tmp_path: Path) -> None:
    upload(page, sample)
    keep_all(page)
    add_hint(page, 0.25, 0.8, "crimson")
    (first,) = hints(page, tmp_path)
    assert rounded(first) == "@25%,80%=#dc143c"
    page.get_by_role("button", name=first.replace("=", " was ") + ": change it").click()
    page.wait_for_selector("#palette .swatch")
    with NewPreview(page):
        page.locator("#palette .swatch").nth(1).click()
    color = page.locator("#palette .swatch").nth(1).get_attribute("data-color")
    assert page.locator("#palette .swatch").nth(1).get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Done").click()
    assert rounded_hints(page, tmp_path) == [f"@25%,80%={color}"]
    box, mark = page.locator("#picture").bounding_box(), page.locator(".hint-mark")
    at = mark.bounding_box()
    page.mouse.move(at["x"] + 13, at["y"] + 13)
    page.mouse.down()
    with NewPreview(page):
        page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"], steps=4)
        page.mouse.up()
    assert rounded_hints(page, tmp_path) == [f"@60%,50%={color}"]
    assert page.locator("#palette").is_hidden()
    for remaining in ([f"@25%,80%={color}"], ["@25%,80%=#dc143c"], []):
        with NewPreview(page):
            page.get_by_role("button", name="Undo").click()
        assert rounded_hints(page, tmp_path) == remaining
    with NewPreview(page):
        page.get_by_role("button", name="Redo").click()
    with NewPreview(page):
        page.get_by_role("button", name="Remove " + first.replace("=", " was ")).click()
    assert hints(page, tmp_path) == ()
    assert page.locator(".hint-mark").count() == 0


def test_hints_can_be_added_moved_and_removed_by_keyboard(page: Any, sample: Path, tmp_path: Path) -> None:
    upload(page, sample)
    page.get_by_role("radio", name="Colour", exact=True).check()
    page.locator("#picture").focus()
    for key in ("Shift+ArrowLeft", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    page.wait_for_selector("#palette .swatch:focus")
    page.keyboard.press("ArrowRight")
    with NewPreview(page):
        page.keyboard.press("Enter")
    color = page.evaluate("() => document.activeElement.dataset.color")
    page.keyboard.press("Escape")
    assert page.evaluate("() => document.activeElement.id") == "picture"
    page.locator(".hint-mark").focus()
    with NewPreview(page):
        page.keyboard.press("Shift+ArrowRight")
    assert hints(page, tmp_path) == (f"@42.5%,52%={color}",)
    page.locator(".hint-mark").focus()
    with NewPreview(page):
        page.keyboard.press("Delete")
    assert hints(page, tmp_path) == ()


def test_a_hint_can_be_for_a_whole_object(page: Any, sample: Path, tmp_path: Path) -> None:
    upload(page, sample)
    open_palette(page, 0.2, 0.5)
    type_color(page, "navy")
    with NewPreview(page):
        page.get_by_label("All of person 1").check()
    page.get_by_role("button", name="Done").click()
    assert hints(page, tmp_path) == ("person:1=#000080",)
    assert page.locator(".hint-mark").is_hidden()


def test_an_unknown_colour_name_is_an_error_in_the_palette(page: Any, sample: Path) -> None:
    upload(page, sample)
    open_palette(page, 0.2, 0.5)
    page.get_by_label("or its name").fill("nvy")
    page.get_by_label("or its name").press("Enter")
    until(page, lambda: "did you mean 'navy'?" in page.inner_text("#palette-error"))
    assert page.locator("#hints .chip").count() == 0


def test_a_dropped_reference_is_used_and_is_part_of_the_recipe(
    page: Any, sample: Path, color_photo: Path, tmp_path: Path
) -> None:
    upload(page, sample)
    with NewPreview(page):
        page.dispatch_event("#reference", "drop", {"dataTransfer": data_transfer(page, color_photo)})
    assert page.locator("#reference-name").inner_text() == "cat.jpg"
    assert page.get_attribute("#picture", "aria-label") == "The picture: astronaut.jpg"
    expected = by_command_line(tmp_path, sample, "--reference", str(color_photo))
    _, data = download(page, "Download")
    assert data == expected
    recipe = tmp_path / "edit.toml"
    recipe.write_bytes(download(page, "Save recipe")[1])
    with NewPreview(page):
        page.get_by_role("button", name="Remove the reference cat.jpg").click()
    assert download(page, "Download")[1] != expected
    with NewPreview(page):
        page.set_input_files("#recipes", [str(recipe), str(color_photo)])
    assert download(page, "Download")[1] == expected
    page.set_input_files("#recipes", [str(recipe)])
    until(page, lambda: "made with a reference" in page.get_by_role("alert").first.inner_text())


def test_a_gray_reference_is_rejected(page: Any, samples: list[Path], sample: Path) -> None:
    upload(page, sample)
    page.set_input_files("#reference-file", str(samples[1]))
    until(page, lambda: "no colours of its own" in page.get_by_role("alert").first.inner_text())
    assert page.locator("#reference-chip").is_hidden()


def test_a_version_can_be_chosen_by_its_thumbnail(page: Any, sample: Path, tinter: Tinter) -> None:
    upload(page, sample)
    keep_all(page)
    page.get_by_role("button", name="Versions").click()
    until(page, lambda: page.locator("#versions img[src]").count() == 9)
    with NewPreview(page):
        page.get_by_role("radio", name="green").check()
    result = tinter.run(Photo.read(sample), replace(Options(keep="all"), variant=3))
    assert download(page, "Download")[1] == result.photo.encode(format="jpeg")
    with NewPreview(page):
        page.get_by_role("button", name="Undo").click()
    assert page.get_by_role("radio", name="likeliest").is_checked()


def test_zoom_by_wheel_keys_and_buttons_keeps_clicks_at_their_points(page: Any, sample: Path) -> None:
    upload(page, sample)
    box = page.locator("#picture").bounding_box()
    scale = page.locator("#zoom-reset")
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"])
    page.mouse.wheel(0, -400)
    until(page, lambda: scale.inner_text() not in ("100 %", ""))
    zoomed = int(scale.inner_text().split()[0]) / 100
    page.locator("#picture").click(position={"x": 0.75 * box["width"], "y": 0.25 * box["height"]})
    assert rounded(page.input_value("#keep")) == "@75%,25%"
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
    page.mouse.up()
    assert rounded(page.input_value("#keep")) == "@75%,25%"
    page.locator("#picture").click(position={"x": 0.65 * box["width"], "y": 0.25 * box["height"]})
    terms = rounded(page.input_value("#keep")).split(" + ")
    assert set(terms) == {"@75%,25%"}  # the drag moved the point with the picture
    page.locator("#picture").focus()
    page.keyboard.press("+")
    assert abs(int(scale.inner_text().split()[0]) / 100 - 1.5 * zoomed) < 0.02
    page.keyboard.press("0")
    assert scale.inner_text() == "100 %"
    page.get_by_role("button", name="Zoom in").click()
    assert scale.inner_text() == "150 %"
    page.get_by_role("button", name="Zoom out").click()
    assert scale.inner_text() == "100 %"
    assert page.locator("#zoom-out").is_disabled()


def test_a_pinch_zooms_on_a_phone(phone: Any, sample: Path) -> None:
    upload(phone, sample)
    script = """() => { const box = document.getElementById('picture'), at = box.getBoundingClientRect();
        const send = (kind, id, x) => box.dispatchEvent(new PointerEvent(kind, {pointerId: id, pointerType: 'touch',
            bubbles: true, cancelable: true, buttons: 1, clientX: at.left + x * at.width, clientY: at.top + 99}));
        send('pointerdown', 1, 0.4); send('pointerdown', 2, 0.6);
        send('pointermove', 1, 0.3); send('pointermove', 2, 0.7);
        send('pointerup', 1, 0.3); send('pointerup', 2, 0.7); }"""
    phone.evaluate(script)
    assert phone.locator("#zoom-reset").inner_text() == "200 %"
    assert int(phone.evaluate("() => document.documentElement.scrollWidth - innerWidth")) <= 0


def test_zooming_in_loads_a_preview_of_higher_resolution(page: Any, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    Photo(np.random.default_rng(0).integers(0, 255, (1500, 2000), np.uint8)).write(path)
    upload(page, path)
    assert page.evaluate("() => document.getElementById('after').naturalWidth") <= 1280
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
    until(page, lambda: page.evaluate("() => document.getElementById('after').naturalWidth") == 2000)
    until(page, lambda: page.evaluate("() => document.getElementById('before').naturalWidth") == 2000)


def test_the_loupe_follows_the_pointer_and_the_crosshair(page: Any, sample: Path) -> None:
    upload(page, sample)
    page.get_by_role("button", name="Loupe").click()
    box = page.locator("#picture").bounding_box()
    for share in (0.29, 0.3):  # the first move may come before the page has laid out the picture
        page.locator("#picture").hover(position={"x": share * box["width"], "y": 0.6 * box["height"]}, force=True)
    page.locator("#loupe").wait_for(state="visible", timeout=5000)
    script = """() => { const c = document.getElementById('loupe');
        return [...c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data]; }"""
    center = np.array(page.evaluate(script)[:3])
    assert np.abs(center - displayed(page)[int(0.6 * SIDE), int(0.3 * SIDE)]).max() < 60
    page.locator("#picture").focus()
    page.keyboard.press("l")
    assert page.locator("#loupe").is_hidden()
    page.keyboard.press("l")
    page.keyboard.press("ArrowRight")
    page.locator("#loupe").wait_for(state="visible")


def test_a_pasted_photo_is_opened(page: Any, sample: Path) -> None:
    script = """(data) => document.dispatchEvent(
        new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}))"""
    with NewPreview(page):
        page.evaluate(script, data_transfer(page, sample))
    assert page.get_attribute("#picture", "aria-label") == "The picture: astronaut.jpg"
    assert chroma(displayed(page)).max() > 20


def test_the_palette_fits_on_a_phone_and_every_control_has_a_name(phone: Any, sample: Path) -> None:
    upload(phone, sample)
    open_palette(phone, 0.3, 0.5)
    box = phone.locator("#palette").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["y"] + box["height"] <= 844
    script = """() => [...document.querySelectorAll('button, input:not([hidden]), select, [role=dialog]')].filter((n) =>
        !(n.innerText || n.matches('[aria-label], [aria-labelledby]') || (n.labels && n.labels.length)))
        .map((node) => node.outerHTML)"""
    assert phone.evaluate(script) == []
