from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from scenes import OBJECTS, Scene

from handtint import keep
from handtint.errors import InputError, OptionError
from handtint.image.masks import selection
from handtint.types import Array, Segmentation

PEOPLE, DOG = (1, 2, 3), 4
SKY = np.arange(600)[:, None] < 420


def select(scene: Scene, text: str, segmentation: Segmentation | None = None) -> selection.Selection:
    return selection.select(keep.parse(text), scene.pixels, segmentation or scene.segmentation)


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
def test_terms_are_added_and_subtracted(scene: Scene, text: str, owners: tuple[int, ...]) -> None:
    result = select(scene, text)
    assert result.alpha.dtype == np.uint8
    assert result.alpha.shape == (600, 800)
    assert iou(result.alpha, np.isin(scene.owner, owners)) > 0.97
    assert result.note == ""


@pytest.mark.parametrize(("point", "above"), [("@100,100", True), ("@500,580", False)])
def test_a_point_on_no_object_selects_a_similar_region(scene: Scene, point: str, above: bool) -> None:
    truth = (scene.labels == 0) & (above == SKY)
    assert iou(select(scene, point).alpha, truth) > 0.95


def test_each_term_has_its_strength(scene: Scene) -> None:
    alpha = select(scene, "person:1=1.0+person:2=0.4+dog=0").alpha
    levels = [np.median(alpha[scene.owner == i]) for i in range(5)]
    assert levels == [0, 255, 102, 0, 0]
    alpha = select(scene, "all=0.5 - person:1=0.5 + person:2").alpha
    assert np.median(alpha[scene.owner == 0]) == 128
    assert np.median(alpha[scene.owner == 1]) == pytest.approx(64, abs=1)
    assert np.median(alpha[scene.owner == 2]) == 255


def test_weak_terms_have_no_note_but_empty_selections_have(scene: Scene) -> None:
    assert select(scene, "person=0.05").note == ""
    assert select(scene, "person - all").note == "nothing is left of person"


def test_missing_objects_have_a_note(scene: Scene) -> None:
    assert select(scene, "cat").note == "no cat found (seen: person, dog)"
    assert select(scene, "cat,sheep:2").note == "no cat or sheep:2 found (seen: person, dog)"
    assert select(scene, "dog + person:7").note == "no person:7 found (seen: 3 person)"
    assert select(scene, "dog - cat - person:7").note == ""
    assert not select(scene, "cat").alpha.any()


def test_without_foreground_the_subject_falls_back_with_a_note(scene: Scene) -> None:
    empty = np.zeros_like(scene.segmentation.foreground)
    no_foreground = replace(scene.segmentation, foreground=empty)
    result = select(scene, "subject", no_foreground)
    assert result.note == "no clear foreground: kept person, dog instead"
    assert iou(result.alpha, scene.labels > 0) > 0.97
    background = scene.segmentation.classes * 0
    background[0] = 1
    result = select(scene, "subject", replace(no_foreground, classes=background))
    assert result.note == "no clear foreground and no known class: kept what stands out"
    assert result.alpha.any()
    assert select(scene, "subject", replace(no_foreground, classes=None)).note == result.note


def test_an_uncertain_subject_has_a_note(scene: Scene) -> None:
    assert select(scene, "subject").note == ""
    result = select(
        scene, "subject", replace(scene.segmentation, foreground=scene.segmentation.foreground * np.float32(0.7))
    )
    assert result.note.startswith("no clear foreground: kept the likeliest")
    assert result.alpha.any()


def test_an_uncertain_part_selects_the_whole_object(scene: Scene) -> None:
    height, width = scene.segmentation.foreground.shape
    upper = scene.segmentation.foreground * np.float32(0.7)
    upper[height // 2 :] = 0
    upper[:, : width // 2] = 0  # the network is half sure of the upper half of the person on the right only
    result = select(scene, "subject", replace(scene.segmentation, foreground=upper))
    assert result.note.startswith("no clear foreground: kept the likeliest")
    person = scene.owner == 1
    assert (result.alpha > 127)[person].mean() > 0.95


def test_a_constant_photo_has_no_subject() -> None:
    empty = np.zeros((32, 32), np.float32)
    flat = np.full((128, 128), 90, np.uint8)
    result = selection.select(keep.parse("subject"), flat, Segmentation(None, empty, empty[None]))
    assert result.note == "no subject found"
    assert not result.alpha.any()


def test_more_points_select_better(scene: Scene) -> None:
    random = np.random.default_rng(1)
    blurred = np.stack([cv2.GaussianBlur(plane, (0, 0), 3) for plane in scene.segmentation.features])
    noisy = replace(
        scene.segmentation,
        features=blurred + random.normal(0, 0.2, blurred.shape).astype(np.float32),
        classes=None,
        foreground=np.full_like(scene.segmentation.foreground, 0.5),
    )
    truth = scene.owner == 1
    single = iou(select(scene, "@620,330", noisy).alpha, truth)
    several = iou(select(scene, "@620,330 + @620,180 + @620,480 - @500,300 - @740,300 - @620,80", noisy).alpha, truth)
    assert several > max(single, 0.7)


def test_the_same_text_selects_the_same(scene: Scene) -> None:
    for text in ("@620,330", "@80,200,220,560", "person:2"):
        np.testing.assert_array_equal(select(scene, text).alpha, select(scene, text).alpha)


def test_points_outside_of_the_photo_are_errors(scene: Scene) -> None:
    with pytest.raises(InputError, match=r"@900,20 lies outside of the photo, which is 800 x 600"):
        select(scene, "person + @900,20")
    with pytest.raises(InputError, match=r"@810,20,900,40 lies outside of the photo"):
        select(scene, "@810,20,900,40")
    assert iou(select(scene, "@500,90,2000,2000").alpha, scene.owner == 1) > 0.9


def test_mask_files_are_scaled_and_combined(scene: Scene, tmp_path: Path) -> None:
    mask = np.zeros((300, 400), np.uint8)
    mask[50:100, 50:100] = 255
    name = tmp_path / "my-mask, a+b.png"
    cv2.imwrite(str(name), mask)
    steps = keep.parse(f'"{name}"=0.5 + dog')
    alpha = selection.select(steps, scene.pixels, scene.segmentation).alpha
    assert alpha[150, 150] == 128
    assert alpha[520, 280] == 255
    with pytest.raises(InputError, match=r"nowhere\.png: no such file"):
        select(scene, "file:nowhere.png")


def test_hues_select_colours_of_the_photo() -> None:
    pixels = np.full((90, 90, 3), 128, np.uint8)
    pixels[:30], pixels[30:60] = (200, 40, 30), (30, 60, 200)
    result = selection.select(keep.parse("hue:340-20"), pixels, None)
    assert (result.alpha[:30] == 255).all()
    assert not result.alpha[30:].any()
    assert selection.select(keep.parse("hue:340-20"), pixels[..., 0], None).note == "no hue:340-20 found"
    note = selection.select(keep.parse("all + hue:340-20"), pixels[..., 0], None).note
    assert note == "the photo has no colours of its own"


def test_classes_need_a_network_that_has_them(scene: Scene) -> None:
    with pytest.raises(OptionError, match="knows no classes"):
        select(scene, "dog", replace(scene.segmentation, classes=None))
    assert iou(select(scene, "@620,330", replace(scene.segmentation, classes=None)).alpha, scene.owner == 1) > 0.95


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (200, 3)])
@pytest.mark.parametrize("text", ["subject", "person:1 - dog", "@0,0", "@50%,50%,100%,100%", "@0,0 - @1,1"])
def test_tiny_photos_have_masks_of_their_size(shape: tuple[int, int], text: str) -> None:
    random = np.random.default_rng(0)
    h, w = (max(1, side // 4) for side in shape)
    classes = random.dirichlet(np.ones(21), (h, w)).astype(np.float32).transpose(2, 0, 1)
    result = Segmentation(classes, random.random((h, w), np.float32), random.random((8, h, w), np.float32))
    pixels = random.integers(0, 256, shape, dtype=np.uint8)
    assert selection.select(keep.parse(text), pixels, result).alpha.shape == shape


@pytest.mark.parametrize("text", ["subject", "person:1 + @280,520=0.5 - dog", "all - person", "hue:20-50 + person,dog"])
def test_given_layers_select_the_same(scene: Scene, text: str) -> None:
    steps = keep.parse(text)
    soft_layers = selection.soft_layers(steps, scene.pixels, scene.segmentation, precomputed={})
    direct = select(scene, text)
    assert np.array_equal(selection.select(steps, scene.pixels, None, layers=soft_layers.layers).alpha, direct.alpha)


def test_known_objects_are_not_searched_for(scene: Scene) -> None:
    steps = keep.parse("person:1 + @280,520@3s")
    person, dog = (step.term for step in steps)
    known = cv2.resize(np.isin(scene.owner, [2, 4]).astype(np.float32), (200, 150), interpolation=cv2.INTER_AREA)
    soft_layers = selection.soft_layers(
        steps, scene.pixels, scene.segmentation, precomputed={person: known, dog: known}
    )
    assert soft_layers.objects == {person: known, dog: known}
    alpha = selection.select(steps, scene.pixels, None, layers=soft_layers.layers).alpha
    assert iou(alpha, np.isin(scene.owner, [2, 4])) > 0.95


def with_parts(scene: Scene) -> Segmentation:
    """Parts: upper quarters of people are hair, lower halves clothes, skin between; on a finer map than classes."""
    rows = np.arange(288)[:, None] / 288 * 600 + np.zeros((1, 384))
    owner = cv2.resize(scene.owner, (384, 288), interpolation=cv2.INTER_NEAREST)
    parts = np.zeros((3, 288, 384), np.float32)
    for number, (_, (_, middle), (_, half), _) in enumerate(OBJECTS[:3], 1):
        for k, low, above in ((1, -2.0, -0.5), (0, -0.5, 0.0), (2, 0.0, 2.0)):
            parts[k][(owner == number) & (rows >= middle + low * half) & (rows < middle + above * half)] = 1
    return replace(scene.segmentation, parts=parts)


@pytest.mark.parametrize(("text", "owners"), [("person.clothes", PEOPLE), ("person:1.clothes", (1,))])
def test_parts_of_people_are_selected(scene: Scene, text: str, owners: tuple[int, ...]) -> None:
    lower = np.zeros((600, 800), bool)
    for number, (_, (_, middle), _, _) in enumerate(OBJECTS, 1):
        lower |= (scene.owner == number) & np.isin(number, owners) & (np.arange(600)[:, None] >= middle)
    assert iou(select(scene, text, with_parts(scene)).alpha, lower) > 0.95


def test_all_parts_together_are_the_whole_person(scene: Scene) -> None:
    result = with_parts(scene)
    together = select(scene, "person:2.skin + person:2.hair + person:2.clothes", result)
    assert iou(together.alpha, select(scene, "person:2", result).alpha > 127) > 0.97


def test_parts_of_a_missing_person_have_a_note(scene: Scene) -> None:
    result = select(scene, "person:7.hair", with_parts(scene))
    assert not result.alpha.any()
    assert result.note == "no person:7.hair found (seen: person, dog)"


def test_a_time_in_a_photo_is_an_error(scene: Scene) -> None:
    with pytest.raises(OptionError, match=r"@280,520@3s has a time.*films"):
        select(scene, "@280,520@3s")
