"""The scores of faces whose colours are known, with a truth and without one."""

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
    """Finds one face of 96 x 128 pixels around (200, 168), in inputs as large as those of the first look."""

    def run(self, x: Float) -> tuple[Float, ...]:
        h, w = x.shape[2] // 4, x.shape[3] // 4
        heat = np.full((1, 1, h, w), -9, np.float32)
        size, offset = (np.zeros((1, 2, h, w), np.float32) for _ in range(2))
        if max(h, w) > 100:
            heat[0, 0, 41, 49] = 5
            size[0, :, 41, 49] = np.log((32, 24))
        return heat, size, offset


class OneColor:
    """Predicts one a*b* everywhere."""

    def __init__(self, a: float, b: float) -> None:
        self.ab = np.float32((a, b))[:, None, None] / np.float32(110)

    def run(self, x: Float) -> tuple[Float, ...]:
        n, _, h, w = x.shape
        return (np.broadcast_to(self.ab, (n, 2, h // 2, w // 2)).copy(),)


class CountingEngine:
    """An engine that counts its runs."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.runs = engine, 0

    def run(self, x: Float) -> tuple[Float, ...]:
        self.runs += 1
        return self.engine.run(x)


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch, engines: dict[str, Engine]) -> dict[str, CountingEngine]:
    """Networks that predict one colour of skin, a person on the left, one face; and count their runs."""
    counting = {
        "color": CountingEngine(OneColor(14, 16)),
        "mask": CountingEngine(engines["mask"]),
        "faces": CountingEngine(OneFace()),
    }
    monkeypatch.setattr("handtint.zoo.Model.engine", lambda model, **_: counting[model.task])
    return counting


def photo(size: tuple[int, int] = (300, 400)) -> Photo:
    rng = np.random.default_rng(3)
    return Photo.of(rng.integers(90, 190, size, dtype=np.uint8), name="a")


def face_picture(a: float, b: float, L: float = 60) -> Array:
    """A bright blue picture (100, 100) with one colour in the middle of FACE."""
    ab = np.broadcast_to(np.float32((0, -40)), (100, 100, 2)).copy()
    ab[30:60, 20:40] = a, b
    return lab.join(np.full((100, 100), L, np.float32), ab)


@pytest.mark.parametrize(
    ("a", "b", "skin"),
    [(15, 15, True), (8, 3, True), (3, 20, True), (5, 4, False), (0, 0, False), (-10, 12, False), (40, 30, False)],
)
def test_a_face_of_known_lab_is_skin_or_not(a: float, b: float, skin: bool) -> None:
    color = face_color(face_picture(a, b), FACE, (100, 100))
    assert color.chroma == pytest.approx(np.hypot(a, b), abs=0.7)
    if color.chroma > 2:
        assert color.hue == pytest.approx(np.degrees(np.arctan2(b, a)), abs=6)
    assert color.skin == skin


def test_face_boxes_are_scaled_to_smaller_pictures_and_clipped() -> None:
    small = face_color(face_picture(15, 15)[::2, ::2], FACE, (100, 100))
    assert small.chroma == pytest.approx(21.2, abs=0.7)
    tiny = face_color(face_picture(15, 15)[::25, ::25], Face(96, 96, 100, 100, 1.0), (100, 100))
    assert tiny.chroma == pytest.approx(40, abs=2)


def test_a_face_is_small_relative_to_the_photo() -> None:
    assert is_small(Face(0, 0, 60, 80, 1.0), (1000, 1000))
    assert not is_small(Face(0, 0, 64, 80, 1.0), (1000, 1000))
    assert not is_small(FACE, (100, 100))


def test_shares_and_medians_are_over_faces() -> None:
    scores = FaceScores()
    for a, b in ((15, 15), (0, 0), (0, 0)):
        scores.add(face_picture(a, b), [FACE], (100, 100))
    result = scores.scores()
    assert (result["skin_like"], result["gray"]) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert result["chroma"] == pytest.approx(0, abs=0.2)
    assert result["skin_like_small"] is None
    assert result["colorfulness"] is not None


def test_a_model_that_predicts_the_truth_scores_like_the_truth(networks: dict[str, CountingEngine]) -> None:
    gray = photo()
    truth = lab.join(lab.lightness(gray.pixels), np.broadcast_to(np.float32((14, 16)), (300, 400, 2)).copy())
    detector = Detector()
    evaluation = FaceEvaluation({"handtint": ColorModel("handtint", detector)}, detector, sample_names=["a"])
    assert evaluation.add(gray, truth=truth, source="s")
    result = evaluation.result()
    json.dumps(result, allow_nan=False)
    assert (result["photographs"], result["with_faces"], result["faces"], result["small_faces"]) == (1, 1, 1, 0)
    assert result["detector"]["name"] == "handtint-faces"
    assert len(result["detector"]["sha256"]) == 64
    truth_scores, model_scores, one_look_scores = (
        result["predictors"][name] for name in ("truth", "handtint", "handtint, no closer look")
    )
    assert one_look_scores == pytest.approx(truth_scores, abs=0.3)
    assert one_look_scores["chroma"] == pytest.approx(np.hypot(14, 16), abs=0.6)
    assert (model_scores["skin_like"], model_scores["gray"]) == (1, 0)
    assert model_scores["chroma"] == pytest.approx(closer_look.STRENGTH * np.hypot(14, 16), abs=0.6)
    assert result["sources"]["s"] == result["predictors"]
    assert set(evaluation.samples[0]) == {"photograph", "truth", "handtint", "handtint, no closer look"}


def test_a_model_that_predicts_gray_has_gray_faces_without_a_truth(
    networks: dict[str, CountingEngine],
) -> None:
    networks["color"].engine = OneColor(0, 0)
    detector = Detector()
    evaluation = FaceEvaluation({"gray": ColorModel("handtint", detector)}, detector)
    evaluation.add(photo())
    scores = evaluation.result()["predictors"]
    assert set(scores) == {"gray", "gray, no closer look"}
    assert scores["gray"] == pytest.approx(
        {"colorfulness": 0, "skin_like": 0, "skin_like_small": None, "chroma": 0, "gray": 1}, abs=0.1
    )


def test_without_photographs_the_result_is_an_error(networks: dict[str, CountingEngine]) -> None:
    detector = Detector()
    with pytest.raises(InputError, match="no photographs"):
        FaceEvaluation({"handtint": ColorModel("handtint", detector)}, detector).result()


def test_networks_run_once_for_all_strengths_and_settings(networks: dict[str, CountingEngine]) -> None:
    detector = Detector()
    models = [ColorModel("handtint", detector) for _ in range(2)]
    gray = photo()
    for model in models:
        for strength in (0.5, 1.0, 1.5):
            for setting in model.closer_look_settings:
                model.predictor(strength, setting)(gray)
    assert networks["color"].runs == 2 * (1 + 1)  # for each model: the photo, and the face
    assert (networks["faces"].runs, networks["mask"].runs) == (2, 1)  # the detector runs at two sizes
    models[0].predictor(1.0, "off")(photo((80, 90)))
    assert networks["color"].runs == 5


@pytest.mark.parametrize("setting", ["auto", "off"])
@pytest.mark.parametrize("strength", [0.4, 1.0, 1.3])
def test_a_predictor_has_the_output_of_the_tinter(
    networks: dict[str, CountingEngine], setting: str, strength: float
) -> None:
    expected = (
        Tinter()
        .run(photo(), Options(keep="all", strength=strength, background="gray", closer_look=setting))
        .photo.pixels
    )
    actual = ColorModel("handtint", Detector()).predictor(strength, setting)(photo()).pixels
    np.testing.assert_array_equal(actual, expected)


def test_groups_and_curves_score_like_their_photographs_alone() -> None:
    rng = np.random.default_rng(2)
    truths = {f"p{i}": rng.integers(0, 256, (16, 20, 3), dtype=np.uint8) for i in range(5)}

    def halved(gray: Photo) -> Photo:
        return Photo.of(truths[gray.name] // 2)

    evaluation = ColorEvaluation({"half": halved}, curves={"half": {0.5: halved}}, sample_names=["p1"])
    for i, (name, rgb) in enumerate(truths.items()):
        evaluation.add(name, rgb, source="odd" if i % 2 else "even", people=i < 2)
    result = evaluation.result()
    for names, group in (
        (["p1", "p3"], result["sources"]["odd"]["half"]),
        (["p0", "p1"], result["people"]["half"]),
        (list(truths), result["curves"]["half"]["0.5"]),
    ):
        alone = evaluate_color([(name, truths[name]) for name in names], {"half": halved})["predictors"]["half"]
        assert group["photos"] == len(names)
        for protocol, channels in (("lab", "ab"), ("report", "GB")):
            for channel in channels:
                for error in ("mae", "mse"):
                    assert group[protocol][channel][error] == pytest.approx(alone[protocol][channel][error], rel=1e-4)
        assert group["colorfulness"]["ratio"] == pytest.approx(alone["colorfulness"]["ratio"])
    assert [set(tiles) for tiles in evaluation.samples] == [{"gray", "half", "truth"}]
    np.testing.assert_array_equal(evaluation.samples[0]["gray"][..., 0], to_gray(truths["p1"]).pixels)
