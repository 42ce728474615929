import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from scenes import THINGS, Scene

from handtint import keep
from handtint.errors import InputError, OptionError
from handtint.image.masks import points, selection
from handtint.types import Array, Segmentation

PEOPLE, DOG = (1, 2, 3), 4
SKY = np.arange(600)[:, None] < 420


def chosen(scene: Scene, text: str, found: Segmentation | None = None) -> selection.Selection:
    return selection.select(keep.parse(text), scene.pixels, found or scene.found)


def iou(alpha: Array, truth: Array) -> float:
    return float(((alpha > 127) & truth).sum() / ((alpha > 127) | truth).sum())


@pytest.mark.parametrize(
    ("text", "owners"),
    [
        ("subject", (1, 2, 3, 4)),
        ("person", PEOPLE),
        ("person,dog", (1, 2, 3, 4)),
        ("person:1", (1,)),
        ("person:2", (2,)),
        ("person:3", (3,)),
        ("person:1 + dog:1", (1, 4)),
        ("person - person:1", (2, 3)),
        ("subject - dog", PEOPLE),
        ("person - person:1 + person:1", PEOPLE),
        ("all - person", (0, 4)),
        ("@620,330", (1,)),
        ("@77.5%,55%", (1,)),
        ("@400,450", (3,)),
        ("@280,520", (4,)),
        ("@150,380 + @280,520", (2, 4)),
        ("@80,200,220,560", (2,)),
        ("@10%,33%,27.5%,94%", (2,)),
        ("@220,470,340,570", (4,)),
        ("@80,200,460,560 - @280,520", (2, 3)),
        ("subject - @280,520", PEOPLE),
    ],
)
def test_the_algebra(scene: Scene, text: str, owners: tuple[int, ...]) -> None:
    found = chosen(scene, text)
    assert found.alpha.dtype == np.uint8
    assert found.alpha.shape == (600, 800)
    assert iou(found.alpha, np.isin(scene.owner, owners)) > 0.97
    assert found.note == ""


@pytest.mark.parametrize(("spot", "high"), [("@100,100", True), ("@500,580", False)])
def test_a_point_on_no_object_chooses_what_is_alike(scene: Scene, spot: str, high: bool) -> None:
    truth = (scene.labels == 0) & (high == SKY)
    assert iou(chosen(scene, spot).alpha, truth) > 0.95


def test_a_strength_for_each(scene: Scene) -> None:
    alpha = chosen(scene, "person:1=1.0+person:2=0.4+dog=0").alpha
    levels = [np.median(alpha[scene.owner == i]) for i in range(5)]
    assert levels == [0, 255, 102, 0, 0]
    whole = chosen(scene, "all=0.5 - person:1=0.5 + person:2").alpha
    assert np.median(whole[scene.owner == 0]) == 128
    assert np.median(whole[scene.owner == 1]) == pytest.approx(64, abs=1)
    assert np.median(whole[scene.owner == 2]) == 255


def test_a_part_taken_away_weakly_is_said_to_be_there(scene: Scene) -> None:
    assert chosen(scene, "person=0.05").note == ""
    assert chosen(scene, "person - all").note == "nothing is left of person"


def test_what_is_not_there_is_said(scene: Scene) -> None:
    assert chosen(scene, "cat").note == "no cat found (seen: person, dog)"
    assert chosen(scene, "cat,sheep:2").note == "no cat or sheep:2 found (seen: person, dog)"
    assert chosen(scene, "dog + person:7").note == "no person:7 found (seen: 3 person)"
    assert chosen(scene, "dog - cat - person:7").note == ""
    assert not chosen(scene, "cat").alpha.any()


def test_a_subject_falls_back_and_says_so(scene: Scene) -> None:
    nothing = np.zeros_like(scene.found.foreground)
    blind = replace(scene.found, foreground=nothing)
    found = chosen(scene, "subject", blind)
    assert found.note == "no clear foreground: kept person, dog instead"
    assert iou(found.alpha, scene.labels > 0) > 0.97
    blank = scene.found.classes * 0
    blank[0] = 1
    found = chosen(scene, "subject", replace(blind, classes=blank))
    assert found.note == "no clear foreground and no known class: kept what stands out"
    assert found.alpha.any()
    assert chosen(scene, "subject", replace(blind, classes=None)).note == found.note


def test_a_guess_is_said_to_be_one(scene: Scene) -> None:
    assert chosen(scene, "subject").note == ""
    guess = chosen(scene, "subject", replace(scene.found, foreground=scene.found.foreground * np.float32(0.7)))
    assert guess.note.startswith("no clear foreground: kept the likeliest")
    assert guess.alpha.any()


def test_an_unclear_part_stands_for_the_whole_thing(scene: Scene) -> None:
    height, width = scene.found.foreground.shape
    upper = scene.found.foreground * np.float32(0.7)
    upper[height // 2 :] = 0
    upper[:, : width // 2] = 0  # the upper half of the person on the right is all that the network half sees
    guess = chosen(scene, "subject", replace(scene.found, foreground=upper))
    assert guess.note.startswith("no clear foreground: kept the likeliest")
    person = scene.owner == 1
    assert (guess.alpha > 127)[person].mean() > 0.95


def test_a_flat_photo_has_no_subject() -> None:
    nothing = np.zeros((32, 32), np.float32)
    flat = np.full((128, 128), 90, np.uint8)
    found = selection.select(keep.parse("subject"), flat, Segmentation(None, nothing, nothing[None]))
    assert found.note == "no subject found"
    assert not found.alpha.any()


def test_more_points_choose_better(scene: Scene) -> None:
    random = np.random.default_rng(1)
    blurred = np.stack([cv2.GaussianBlur(plane, (0, 0), 3) for plane in scene.found.features])
    poor = replace(
        scene.found,
        features=blurred + random.normal(0, 0.2, blurred.shape).astype(np.float32),
        classes=None,
        foreground=np.full_like(scene.found.foreground, 0.5),
    )
    truth = scene.owner == 1
    one = iou(chosen(scene, "@620,330", poor).alpha, truth)
    more = iou(chosen(scene, "@620,330 + @620,180 + @620,480 - @500,300 - @740,300 - @620,80", poor).alpha, truth)
    assert more > max(one, 0.7)


def test_the_same_words_choose_the_same(scene: Scene) -> None:
    for text in ("@620,330", "@80,200,220,560", "person:2"):
        np.testing.assert_array_equal(chosen(scene, text).alpha, chosen(scene, text).alpha)


def test_points_beyond_the_photo_are_named(scene: Scene) -> None:
    with pytest.raises(InputError, match=r"@900,20 lies outside of the photo, which is 800 x 600"):
        chosen(scene, "person + @900,20")
    with pytest.raises(InputError, match=r"@810,20,900,40 lies outside of the photo"):
        chosen(scene, "@810,20,900,40")
    assert iou(chosen(scene, "@500,90,2000,2000").alpha, scene.owner == 1) > 0.9


def test_mask_files(scene: Scene, tmp_path: Path) -> None:
    mask = np.zeros((300, 400), np.uint8)
    mask[50:100, 50:100] = 255
    name = tmp_path / "my-mask, a+b.png"
    cv2.imwrite(str(name), mask)
    steps = keep.parse(f'"{name}"=0.5 + dog')
    alpha = selection.select(steps, scene.pixels, scene.found).alpha
    assert alpha[150, 150] == 128
    assert alpha[520, 280] == 255
    with pytest.raises(InputError, match=r"nowhere\.png: no such file"):
        chosen(scene, "file:nowhere.png")


def test_hues_of_a_color_photo() -> None:
    pixels = np.full((90, 90, 3), 128, np.uint8)
    pixels[:30], pixels[30:60] = (200, 40, 30), (30, 60, 200)
    found = selection.select(keep.parse("hue:340-20"), pixels, None)
    assert (found.alpha[:30] == 255).all()
    assert not found.alpha[30:].any()
    assert selection.select(keep.parse("hue:340-20"), pixels[..., 0], None).note == "no hue:340-20 found"
    note = selection.select(keep.parse("all + hue:340-20"), pixels[..., 0], None).note
    assert note == "the photo has no colours of its own"


def test_classes_asked_of_a_network_without_them(scene: Scene) -> None:
    with pytest.raises(OptionError, match="knows no classes"):
        chosen(scene, "dog", replace(scene.found, classes=None))
    assert iou(chosen(scene, "@620,330", replace(scene.found, classes=None)).alpha, scene.owner == 1) > 0.95


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (200, 3)])
@pytest.mark.parametrize("text", ["subject", "person:1 - dog", "@0,0", "@50%,50%,100%,100%", "@0,0 - @1,1"])
def test_tiny_photos(shape: tuple[int, int], text: str) -> None:
    random = np.random.default_rng(0)
    h, w = (max(1, side // 4) for side in shape)
    classes = random.dirichlet(np.ones(21), (h, w)).astype(np.float32).transpose(2, 0, 1)
    found = Segmentation(classes, random.random((h, w), np.float32), random.random((8, h, w), np.float32))
    pixels = random.integers(0, 256, shape, dtype=np.uint8)
    assert selection.select(keep.parse(text), pixels, found).alpha.shape == shape


@pytest.mark.parametrize(
    "prompt",
    [
        points.Prompt(((0.775, 0.55),)),
        points.Prompt(((0.775, 0.55),), ((0.1, 0.1), (0.5, 0.9))),
        points.Prompt((), (), (0.1, 0.33, 0.275, 0.94)),
    ],
)
def test_points_are_fast(scene: Scene, prompt: points.Prompt) -> None:
    times = []
    for _ in range(5):
        start = time.process_time()
        points.region(scene.found, prompt)
        times.append(time.process_time() - start)
    assert min(times) < 0.1


@pytest.mark.parametrize("text", ["subject", "person:1 + @280,520=0.5 - dog", "all - person", "hue:20-50 + person,dog"])
def test_what_was_looked_for_before_is_the_same_choice(scene: Scene, text: str) -> None:
    steps = keep.parse(text)
    softs = selection.soft_layers(steps, scene.pixels, scene.found, known={})
    at_once = chosen(scene, text)
    assert np.array_equal(selection.select(steps, scene.pixels, None, layers=softs.layers).alpha, at_once.alpha)


def test_a_thing_that_is_known_is_not_looked_for(scene: Scene) -> None:
    steps = keep.parse("person:1 + @280,520@3s")
    person, dog = (step.term for step in steps)
    here = cv2.resize(np.isin(scene.owner, [2, 4]).astype(np.float32), (200, 150), interpolation=cv2.INTER_AREA)
    softs = selection.soft_layers(steps, scene.pixels, scene.found, known={person: here, dog: here})
    assert softs.objects == {person: here, dog: here}
    alpha = selection.select(steps, scene.pixels, None, layers=softs.layers).alpha
    assert iou(alpha, np.isin(scene.owner, [2, 4])) > 0.95


def with_parts(scene: Scene) -> Segmentation:
    """Upper quarters of people are hair, lower halves clothes, what is between is skin; on a finer map than classes."""
    rows = np.arange(288)[:, None] / 288 * 600 + np.zeros((1, 384))
    owner = cv2.resize(scene.owner, (384, 288), interpolation=cv2.INTER_NEAREST)
    parts = np.zeros((3, 288, 384), np.float32)
    for number, (_, (_, middle), (_, half), _) in enumerate(THINGS[:3], 1):
        for k, low, high in ((1, -2.0, -0.5), (0, -0.5, 0.0), (2, 0.0, 2.0)):
            parts[k][(owner == number) & (rows >= middle + low * half) & (rows < middle + high * half)] = 1
    return replace(scene.found, parts=parts)


@pytest.mark.parametrize(("text", "owners"), [("person.clothes", PEOPLE), ("person:1.clothes", (1,))])
def test_a_part_of_people_is_kept_alone(scene: Scene, text: str, owners: tuple[int, ...]) -> None:
    lower = np.zeros((600, 800), bool)
    for number, (_, (_, middle), _, _) in enumerate(THINGS, 1):
        lower |= (scene.owner == number) & np.isin(number, owners) & (np.arange(600)[:, None] >= middle)
    assert iou(chosen(scene, text, with_parts(scene)).alpha, lower) > 0.95


def test_all_parts_together_are_the_person(scene: Scene) -> None:
    found = with_parts(scene)
    together = chosen(scene, "person:2.skin + person:2.hair + person:2.clothes", found)
    assert iou(together.alpha, chosen(scene, "person:2", found).alpha > 127) > 0.97


def test_parts_of_nobody_are_nothing(scene: Scene) -> None:
    found = chosen(scene, "person:7.hair", with_parts(scene))
    assert not found.alpha.any()
    assert found.note == "no person:7.hair found (seen: person, dog)"


def test_a_photo_has_no_time(scene: Scene) -> None:
    with pytest.raises(OptionError, match=r"@280,520@3s has a time.*films"):
        chosen(scene, "@280,520@3s")
