"""What a person knows of a photo's colours, told in a real browser; and looking closely."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_browser import SIDE, Changing, by_command_line, chroma, download, shown, until, upload

from handtint.image.color import lab
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter

pytestmark = pytest.mark.usefixtures("browser")

NAVY = "#3a5f8f"


def begin(page: Any, x: float, y: float) -> None:
    """Click on the picture with the tool for colours, and wait for the palette."""
    page.get_by_role("radio", name="Colour", exact=True).check()
    box = page.locator("#picture").bounding_box()
    page.locator("#picture").click(position={"x": x * box["width"], "y": y * box["height"]})
    page.wait_for_selector("#palette .swatch")


def name(page: Any, color: str) -> None:
    with Changing(page):
        page.get_by_label("or its name").fill(color)
        page.get_by_label("or its name").press("Enter")


def tell(page: Any, x: float, y: float, color: str) -> None:
    begin(page, x, y)
    name(page, color)
    page.get_by_role("button", name="Done").click()


def everything(page: Any) -> None:
    with Changing(page):
        page.locator('[data-keep="all"]').click()


def hints(page: Any, folder: Path) -> tuple[str, ...]:
    """The hints in the recipe that the page saves."""
    from handtint import recipe

    path = folder / "saved.toml"
    path.write_bytes(download(page, "Save recipe")[1])
    return recipe.read(path).options.hint


def whole(text: str) -> str:
    """Text with its percentages in whole numbers: a click hits a pixel, not a share."""
    return re.sub(r"[0-9.]+(?=%)", lambda found: f"{float(found[0]):.0f}", text)


def told(page: Any, folder: Path) -> list[str]:
    return [whole(hint) for hint in hints(page, folder)]


def hue(pixels: np.ndarray) -> np.ndarray:
    ab = lab.split(pixels)[1]
    return np.degrees(np.arctan2(ab[..., 1], ab[..., 0]))


def test_a_coat_is_colored_by_a_hint(page: Any, sample: Path, tmp_path: Path) -> None:
    upload(page, sample)
    everything(page)
    before = shown(page)
    assert page.locator("#hints .chip").count() == 0
    tell(page, 0.25, 0.8, "#3a5f8f")
    after = shown(page)
    coat = after[int(0.8 * SIDE), int(0.25 * SIDE)]
    wanted = hue(np.array([[[0x3A, 0x5F, 0x8F]]], np.uint8))[0, 0]
    assert abs((hue(coat[None, None])[0, 0] - wanted + 180) % 360 - 180) < 15
    assert (before != after).any()
    (hint,) = hints(page, tmp_path)
    assert whole(hint) == f"@25%,80%={NAVY}"
    made = by_command_line(tmp_path, sample, "--keep", "all", "--hint", hint)
    assert download(page, "Download")[1] == made


def test_a_chip_is_changed_moved_undone_and_removed(page: Any, sample: Path, tmp_path: Path) -> None:
    upload(page, sample)
    everything(page)
    tell(page, 0.25, 0.8, "crimson")
    (first,) = hints(page, tmp_path)
    assert whole(first) == "@25%,80%=#dc143c"
    page.get_by_role("button", name=first.replace("=", " was ") + ": change it").click()
    page.wait_for_selector("#palette .swatch")
    with Changing(page):
        page.locator("#palette .swatch").nth(1).click()
    color = page.locator("#palette .swatch").nth(1).get_attribute("data-color")
    assert page.locator("#palette .swatch").nth(1).get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Done").click()
    assert told(page, tmp_path) == [f"@25%,80%={color}"]
    box, mark = page.locator("#picture").bounding_box(), page.locator(".hint-mark")
    at = mark.bounding_box()
    page.mouse.move(at["x"] + 13, at["y"] + 13)
    page.mouse.down()
    with Changing(page):
        page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"], steps=4)
        page.mouse.up()
    assert told(page, tmp_path) == [f"@60%,50%={color}"]
    assert page.locator("#palette").is_hidden()
    for left in ([f"@25%,80%={color}"], ["@25%,80%=#dc143c"], []):
        with Changing(page):
            page.get_by_role("button", name="Undo").click()
        assert told(page, tmp_path) == left
    with Changing(page):
        page.get_by_role("button", name="Redo").click()
    with Changing(page):
        page.get_by_role("button", name="Remove " + first.replace("=", " was ")).click()
    assert hints(page, tmp_path) == ()
    assert page.locator(".hint-mark").count() == 0


def test_colors_are_told_by_keyboard(page: Any, sample: Path, tmp_path: Path) -> None:
    upload(page, sample)
    page.get_by_role("radio", name="Colour", exact=True).check()
    page.locator("#picture").focus()
    for key in ("Shift+ArrowLeft", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    page.wait_for_selector("#palette .swatch:focus")
    page.keyboard.press("ArrowRight")
    with Changing(page):
        page.keyboard.press("Enter")
    color = page.evaluate("() => document.activeElement.dataset.color")
    page.keyboard.press("Escape")
    assert page.evaluate("() => document.activeElement.id") == "picture"
    page.locator(".hint-mark").focus()
    with Changing(page):
        page.keyboard.press("Shift+ArrowRight")
    assert hints(page, tmp_path) == (f"@42.5%,52%={color}",)
    page.locator(".hint-mark").focus()
    with Changing(page):
        page.keyboard.press("Delete")
    assert hints(page, tmp_path) == ()


def test_a_whole_thing_is_told(page: Any, sample: Path, tmp_path: Path) -> None:
    upload(page, sample)
    begin(page, 0.2, 0.5)
    name(page, "navy")
    with Changing(page):
        page.get_by_label("All of person 1").check()
    page.get_by_role("button", name="Done").click()
    assert hints(page, tmp_path) == ("person:1=#000080",)
    assert page.locator(".hint-mark").is_hidden()


def test_a_name_that_is_no_color_is_said(page: Any, sample: Path) -> None:
    upload(page, sample)
    begin(page, 0.2, 0.5)
    page.get_by_label("or its name").fill("nvy")
    page.get_by_label("or its name").press("Enter")
    until(page, lambda: "did you mean 'navy'?" in page.inner_text("#palette-error"))
    assert page.locator("#hints .chip").count() == 0


def file_at(page: Any, path: Path) -> Any:
    script = """([data, name]) => { const held = new DataTransfer();
        const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
        held.items.add(new File([bytes], name, {type: 'image/jpeg'})); return held; }"""
    return page.evaluate_handle(script, [base64.b64encode(path.read_bytes()).decode(), path.name])


def test_a_reference_is_dropped_in_and_is_in_the_recipe(
    page: Any, sample: Path, color_photo: Path, tmp_path: Path
) -> None:
    upload(page, sample)
    with Changing(page):
        page.dispatch_event("#reference", "drop", {"dataTransfer": file_at(page, color_photo)})
    assert page.locator("#reference-name").inner_text() == "cat.jpg"
    assert page.get_attribute("#picture", "aria-label") == "The picture: astronaut.jpg"
    made = by_command_line(tmp_path, sample, "--reference", str(color_photo))
    _, data = download(page, "Download")
    assert data == made
    recipe = tmp_path / "edit.toml"
    recipe.write_bytes(download(page, "Save recipe")[1])
    with Changing(page):
        page.get_by_role("button", name="Remove the reference cat.jpg").click()
    assert download(page, "Download")[1] != made
    with Changing(page):
        page.set_input_files("#recipes", [str(recipe), str(color_photo)])
    assert download(page, "Download")[1] == made
    page.set_input_files("#recipes", [str(recipe)])
    until(page, lambda: "made with a reference" in page.get_by_role("alert").first.inner_text())


def test_a_gray_reference_is_refused(page: Any, samples: list[Path], sample: Path) -> None:
    upload(page, sample)
    page.set_input_files("#reference-file", str(samples[1]))
    until(page, lambda: "no colours of its own" in page.get_by_role("alert").first.inner_text())
    assert page.locator("#reference-chip").is_hidden()


def test_a_version_is_picked_from_the_strip(page: Any, sample: Path, tinter: Tinter) -> None:
    upload(page, sample)
    everything(page)
    page.get_by_role("button", name="Versions").click()
    until(page, lambda: page.locator("#versions img[src]").count() == 9)
    with Changing(page):
        page.get_by_role("radio", name="green").check()
    result = tinter.run(Photo.read(sample), replace(Options(keep="all"), variant=3))
    assert download(page, "Download")[1] == result.photo.encode(format="jpeg")
    with Changing(page):
        page.get_by_role("button", name="Undo").click()
    assert page.get_by_role("radio", name="likeliest").is_checked()


def test_zoom_by_wheel_keys_and_buttons_and_a_click_still_hits_its_place(page: Any, sample: Path) -> None:
    upload(page, sample)
    box = page.locator("#picture").bounding_box()
    scale = page.locator("#zoom-reset")
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"])
    page.mouse.wheel(0, -400)
    until(page, lambda: scale.inner_text() not in ("100 %", ""))
    zoomed = int(scale.inner_text().split()[0]) / 100
    page.locator("#picture").click(position={"x": 0.75 * box["width"], "y": 0.25 * box["height"]})
    assert whole(page.input_value("#keep")) == "@75%,25%"
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
    page.mouse.up()
    assert whole(page.input_value("#keep")) == "@75%,25%"
    page.locator("#picture").click(position={"x": 0.65 * box["width"], "y": 0.25 * box["height"]})
    kept = whole(page.input_value("#keep")).split(" + ")
    assert set(kept) == {"@75%,25%"}  # the drag took the place along
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


def test_two_fingers_zoom_on_a_phone(phone: Any, sample: Path) -> None:
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


def test_a_closer_look_has_more_pixels(page: Any, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    Photo(np.random.default_rng(0).integers(0, 255, (1500, 2000), np.uint8)).write(path)
    upload(page, path)
    assert page.evaluate("() => document.getElementById('after').naturalWidth") <= 1280
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
    until(page, lambda: page.evaluate("() => document.getElementById('after').naturalWidth") == 2000)
    until(page, lambda: page.evaluate("() => document.getElementById('before').naturalWidth") == 2000)


def test_the_loupe_follows_the_hand_and_the_cross(page: Any, sample: Path) -> None:
    upload(page, sample)
    page.get_by_role("button", name="Loupe").click()
    box = page.locator("#picture").bounding_box()
    for share in (0.29, 0.3):  # the first move may come before the page has laid out the picture
        page.locator("#picture").hover(position={"x": share * box["width"], "y": 0.6 * box["height"]}, force=True)
    page.locator("#loupe").wait_for(state="visible", timeout=5000)
    seen = """() => { const c = document.getElementById('loupe');
        return [...c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data]; }"""
    center = np.array(page.evaluate(seen)[:3])
    assert np.abs(center - shown(page)[int(0.6 * SIDE), int(0.3 * SIDE)]).max() < 60
    page.locator("#picture").focus()
    page.keyboard.press("l")
    assert page.locator("#loupe").is_hidden()
    page.keyboard.press("l")
    page.keyboard.press("ArrowRight")
    page.locator("#loupe").wait_for(state="visible")


def test_a_photo_is_pasted(page: Any, sample: Path) -> None:
    script = """(held) => document.dispatchEvent(
        new ClipboardEvent('paste', {clipboardData: held, bubbles: true, cancelable: true}))"""
    with Changing(page):
        page.evaluate(script, file_at(page, sample))
    assert page.get_attribute("#picture", "aria-label") == "The picture: astronaut.jpg"
    assert chroma(shown(page)).max() > 20


def test_the_palette_fits_on_a_phone_and_every_control_has_a_name(phone: Any, sample: Path) -> None:
    upload(phone, sample)
    begin(phone, 0.3, 0.5)
    box = phone.locator("#palette").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["y"] + box["height"] <= 844
    script = """() => [...document.querySelectorAll('button, input:not([hidden]), select, [role=dialog]')].filter((n) =>
        !(n.innerText || n.matches('[aria-label], [aria-labelledby]') || (n.labels && n.labels.length)))
        .map((node) => node.outerHTML)"""
    assert phone.evaluate(script) == []
