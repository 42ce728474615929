"""Faces whose colours are known score what these are, with a truth and without one."""

from __future__ import annotations

import json

import numpy as np
import pytest

from handtint import closer_look
from handtint.errors import InputError
from handtint.evaluate.baselines import to_gray
from handtint.evaluate.color import ColorEvaluation, evaluate_color
from handtint.evaluate.faces import FaceEvaluation, FaceScores, face_color, is_small
from handtint.evaluate.predictors import ColorModel, Detector
from handtint.faces import Face
from handtint.image.color import lab
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter
from handtint.types import Array, Engine, Float

FACE = Face(20, 30, 40, 60, 0.9)


class OneFace:
    """Finds one face, 96 x 128 pixels about (200, 168) of what it sees, when that is as large as the first look's."""

    def run(self, x: Float) -> tuple[Float, ...]:
        h, w = x.shape[2] // 4, x.shape[3] // 4
        heat = np.full((1, 1, h, w), -9, np.float32)
        size, offset = (np.zeros((1, 2, h, w), np.float32) for _ in range(2))
        if max(h, w) > 100:
            heat[0, 0, 41, 49] = 5
            size[0, :, 41, 49] = np.log((32, 24))
        return heat, size, offset


class OneColor:
    """Answers one a*b* everywhere."""

    def __init__(self, a: float, b: float) -> None:
        self.ab = np.float32((a, b))[:, None, None] / np.float32(110)

    def run(self, x: Float) -> tuple[Float, ...]:
        n, _, h, w = x.shape
        return (np.broadcast_to(self.ab, (n, 2, h // 2, w // 2)).copy(),)


class Counted:
    """A network, and how often it has run."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.runs = engine, 0

    def run(self, x: Float) -> tuple[Float, ...]:
        self.runs += 1
        return self.engine.run(x)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch, engines: dict[str, Engine]) -> dict[str, Counted]:
    """Networks that answer one colour of skin, a person on the left, one face; and how often they ran."""
    networks = {
        "color": Counted(OneColor(14, 16)),
        "mask": Counted(engines["mask"]),
        "faces": Counted(OneFace()),
    }
    monkeypatch.setattr("handtint.zoo.Model.engine", lambda model, **_: networks[model.task])
    return networks


def photo(size: tuple[int, int] = (300, 400)) -> Photo:
    rng = np.random.default_rng(3)
    return Photo.of(rng.integers(90, 190, size, dtype=np.uint8), name="a")


def patch(a: float, b: float, L: float = 60) -> Array:
    """A bright blue picture (100, 100) with one colour in the middle of FACE."""
    ab = np.broadcast_to(np.float32((0, -40)), (100, 100, 2)).copy()
    ab[30:60, 20:40] = a, b
    return lab.join(np.full((100, 100), L, np.float32), ab)


@pytest.mark.parametrize(
    ("a", "b", "skin"),
    [(15, 15, True), (8, 3, True), (3, 20, True), (5, 4, False), (0, 0, False), (-10, 12, False), (40, 30, False)],
)
def test_a_patch_of_known_lab_is_skin_or_is_not(a: float, b: float, skin: bool) -> None:
    found = face_color(patch(a, b), FACE, (100, 100))
    assert found.chroma == pytest.approx(np.hypot(a, b), abs=0.7)
    if found.chroma > 2:
        assert found.hue == pytest.approx(np.degrees(np.arctan2(b, a)), abs=6)
    assert found.skin == skin


def test_a_face_is_found_again_in_a_smaller_picture_and_at_its_edge() -> None:
    small = face_color(patch(15, 15)[::2, ::2], FACE, (100, 100))
    assert small.chroma == pytest.approx(21.2, abs=0.7)
    tiny = face_color(patch(15, 15)[::25, ::25], Face(96, 96, 100, 100, 1.0), (100, 100))
    assert tiny.chroma == pytest.approx(40, abs=2)


def test_small_is_small_for_a_network_that_sees_the_whole() -> None:
    assert is_small(Face(0, 0, 60, 80, 1.0), (1000, 1000))
    assert not is_small(Face(0, 0, 64, 80, 1.0), (1000, 1000))
    assert not is_small(FACE, (100, 100))


def test_shares_are_of_faces_and_the_median_is_too() -> None:
    scores = FaceScores()
    for a, b in ((15, 15), (0, 0), (0, 0)):
        scores.add(patch(a, b), [FACE], (100, 100))
    found = scores.scores()
    assert (found["skin_like"], found["gray"]) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert found["chroma"] == pytest.approx(0, abs=0.2)
    assert found["skin_like_small"] is None
    assert found["colorfulness"] is not None


def test_a_model_that_answers_the_truth_scores_as_the_truth(counted: dict[str, Counted]) -> None:
    gray = photo()
    truth = lab.join(lab.lightness(gray.pixels), np.broadcast_to(np.float32((14, 16)), (300, 400, 2)).copy())
    finder = Detector()
    evaluation = FaceEvaluation({"handtint": ColorModel("handtint", finder)}, finder, sample_names=["a"])
    assert evaluation.add(gray, truth=truth, source="s")
    result = evaluation.result()
    json.dumps(result, allow_nan=False)
    assert (result["photographs"], result["with_faces"], result["faces"], result["small_faces"]) == (1, 1, 1, 0)
    assert result["detector"]["name"] == "handtint-faces"
    assert len(result["detector"]["sha256"]) == 64
    true, ours, once = (result["predictors"][name] for name in ("truth", "handtint", "handtint, one look"))
    assert once == pytest.approx(true, abs=0.3)
    assert once["chroma"] == pytest.approx(np.hypot(14, 16), abs=0.6)
    assert (ours["skin_like"], ours["gray"]) == (1, 0)
    assert ours["chroma"] == pytest.approx(closer_look.STRENGTH * np.hypot(14, 16), abs=0.6)
    assert result["sources"]["s"] == result["predictors"]
    assert set(evaluation.samples[0]) == {"photograph", "truth", "handtint", "handtint, one look"}


def test_a_model_that_answers_gray_has_gray_faces_and_needs_no_truth(
    counted: dict[str, Counted],
) -> None:
    counted["color"].engine = OneColor(0, 0)
    finder = Detector()
    evaluation = FaceEvaluation({"gray": ColorModel("handtint", finder)}, finder)
    evaluation.add(photo())
    scores = evaluation.result()["predictors"]
    assert set(scores) == {"gray", "gray, one look"}
    assert scores["gray"] == pytest.approx(
        {"colorfulness": 0, "skin_like": 0, "skin_like_small": None, "chroma": 0, "gray": 1}, abs=0.1
    )


def test_without_photographs_there_is_nothing_to_say(counted: dict[str, Counted]) -> None:
    finder = Detector()
    with pytest.raises(InputError, match="no photographs"):
        FaceEvaluation({"handtint": ColorModel("handtint", finder)}, finder).result()


def test_networks_run_once_whatever_is_asked(counted: dict[str, Counted]) -> None:
    finder = Detector()
    models = [ColorModel("handtint", finder) for _ in range(2)]
    shown = photo()
    for model in models:
        for strength in (0.5, 1.0, 1.5):
            for look in model.closer_look_settings:
                model.predictor(strength, look)(shown)
    assert counted["color"].runs == 2 * (1 + 1)  # of each model: the whole, and the face
    assert (counted["faces"].runs, counted["mask"].runs) == (2, 1)  # the detector looks at two sizes
    models[0].predictor(1.0, "off")(photo((80, 90)))
    assert counted["color"].runs == 5


@pytest.mark.parametrize("look", ["auto", "off"])
@pytest.mark.parametrize("strength", [0.4, 1.0, 1.3])
def test_a_predictor_answers_what_a_person_gets(counted: dict[str, Counted], look: str, strength: float) -> None:
    expected = (
        Tinter().run(photo(), Options(keep="all", strength=strength, background="gray", closer_look=look)).photo.pixels
    )
    found = ColorModel("handtint", Detector()).predictor(strength, look)(photo()).pixels
    np.testing.assert_array_equal(found, expected)


def test_groups_and_curves_are_what_the_same_photographs_score_alone() -> None:
    rng = np.random.default_rng(2)
    truths = {f"p{i}": rng.integers(0, 256, (16, 20, 3), dtype=np.uint8) for i in range(5)}

    def half(shown: Photo) -> Photo:
        return Photo.of(truths[shown.name] // 2)

    whole = ColorEvaluation({"half": half}, curves={"half": {0.5: half}}, sample_names=["p1"])
    for i, (name, rgb) in enumerate(truths.items()):
        whole.add(name, rgb, source="odd" if i % 2 else "even", people=i < 2)
    found = whole.result()
    for names, group in (
        (["p1", "p3"], found["sources"]["odd"]["half"]),
        (["p0", "p1"], found["people"]["half"]),
        (list(truths), found["curves"]["half"]["0.5"]),
    ):
        alone = evaluate_color([(name, truths[name]) for name in names], {"half": half})["predictors"]["half"]
        assert group["photos"] == len(names)
        for protocol, channels in (("lab", "ab"), ("report", "GB")):
            for channel in channels:
                for error in ("mae", "mse"):
                    assert group[protocol][channel][error] == pytest.approx(alone[protocol][channel][error], rel=1e-4)
        assert group["colorfulness"]["ratio"] == pytest.approx(alone["colorfulness"]["ratio"])
    assert [set(tiles) for tiles in whole.samples] == [{"gray", "half", "truth"}]
    np.testing.assert_array_equal(whole.samples[0]["gray"][..., 0], to_gray(truths["p1"]).pixels)
