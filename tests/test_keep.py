import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handtint import keep
from handtint.errors import OptionError
from handtint.keep import Box, Class, Everything, Hue, Length, MaskFile, Point, Step, Subject
from handtint.types import PARTS

P = Length


def percent(value: float) -> Length:
    return Length(value, percent=True)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("subject", [Step(Subject())]),
        ("All", [Step(Everything())]),
        ("person,dog", [Step(Class("person")), Step(Class("dog"))]),
        ("Person, DOG", [Step(Class("person")), Step(Class("dog"))]),
        ("person + dog", [Step(Class("person")), Step(Class("dog"))]),
        (
            "all-person,dog",
            [Step(Everything()), Step(Class("person"), subtract=True), Step(Class("dog"), subtract=True)],
        ),
        ("all - person + dog", [Step(Everything()), Step(Class("person"), subtract=True), Step(Class("dog"))]),
        ("person:1=1.0+person:2=0.4", [Step(Class("person", 1)), Step(Class("person", 2), 0.4)]),
        ("person : 1 = .5", [Step(Class("person", 1), 0.5)]),
        ("@10,20", [Step(Point(P(10), P(20)))]),
        ("@ 10 , 20.5", [Step(Point(P(10), P(20.5)))]),
        ("@50%,30%", [Step(Point(percent(50), percent(30)))]),
        ("@1,2,3,4", [Step(Box(P(1), P(2), P(3), P(4)))]),
        ("@10,20,dog", [Step(Point(P(10), P(20))), Step(Class("dog"))]),
        ("@10,20,@3%,40", [Step(Point(P(10), P(20))), Step(Point(percent(3), P(40)))]),
        ("@1,2,3,4,dog", [Step(Box(P(1), P(2), P(3), P(4))), Step(Class("dog"))]),
        ("@10,20-@30,40", [Step(Point(P(10), P(20))), Step(Point(P(30), P(40)), subtract=True)]),
        ("@10,20=0.5-dog", [Step(Point(P(10), P(20)), 0.5), Step(Class("dog"), subtract=True)]),
        ("@10,20@12.5s", [Step(Point(P(10), P(20), 12.5))]),
        ("@10%,20% @ 1:02:03 - dog", [Step(Point(percent(10), percent(20), 3723)), Step(Class("dog"), subtract=True)]),
        ("@1,2,3,4@0s=0.5", [Step(Box(P(1), P(2), P(3), P(4), 0), 0.5)]),
        ("hue:20-50", [Step(Hue(20, 50))]),
        ("hue: 330 - 20 - hue:90-100", [Step(Hue(330, 20)), Step(Hue(90, 100), subtract=True)]),
        ("file:old-photo.png+dog", [Step(MaskFile("old-photo.png")), Step(Class("dog"))]),
        ("file:a/b.png - dog", [Step(MaskFile("a/b.png")), Step(Class("dog"), subtract=True)]),
        ("file:b.png=0.5", [Step(MaskFile("b.png"), 0.5)]),
        ('file:"a+b, c-d=1.png"', [Step(MaskFile("a+b, c-d=1.png"))]),
        ('"my ""best"".png"=0.5', [Step(MaskFile('my "best".png'), 0.5)]),
        ("'it''s \"mine\".png'", [Step(MaskFile('it\'s "mine".png'))]),
        ("+ person", [Step(Class("person"))]),
        ("person.skin", [Step(Class("person", part="skin"))]),
        (
            "Person:2.Clothes=0.5 - person.hair",
            [
                Step(Class("person", 2, "clothes"), 0.5),
                Step(Class("person", part="hair"), subtract=True),
            ],
        ),
    ],
)
def test_terms_are_parsed_and_printed(text: str, steps: list[Step]) -> None:
    assert list(keep.parse(text)) == steps
    assert keep.parse(keep.show(steps)) == tuple(steps)


@pytest.mark.parametrize(
    ("text", "part", "position", "hint"),
    [
        ("person + dgo", "dgo", 10, "did you mean 'dog'"),
        ("persn:1", "persn", 1, "did you mean 'person'"),
        ("subjct", "subjct", 1, "did you mean 'subject'"),
        ("background", "background", 1, "any of aeroplane"),
        ("person:0", "person:0", 1, "person:1"),
        ("person:1.5", "person:1.5", 1, "person:1"),
        ("dog:first", "dog:first", 1, "person:1"),
        ("dog, @1", "@1", 6, "not 1"),
        ("@1,2,3", "@1,2,3", 1, "a box 4, not 3"),
        ("@9,9,1,1", "@9,9,1,1", 1, "upper left"),
        ("@1,-2", "-2", 4, "a number"),
        ("@1,200%", "200%", 4, "100%"),
        ("person=2", "2", 8, "between 0 and 1"),
        ("person=much", "much", 8, "between 0 and 1"),
        ("person++dog", "+dog", 8, "expected"),
        ("person dog", "dog", 8, "expected +"),
        ("@1,2@soon", "soon", 6, "a time in a film"),
        ("hue", "hue", 1, "hue:20-50"),
        ("hue:40", "hue:40", 1, "hue:20-50"),
        ("hue:40-400", "hue:40-400", 1, "360"),
        ("dog + file:", "file:", 7, "file:mask.png"),
        ('dog + "x.png', '"x.png', 7, "closing"),
        ("mask.png", "mask.png", 1, "file:mask.png"),
        ("cat.png", ".png", 4, "file:mask.png"),
        ("dog ; cat", ";", 5, "expected"),
        ("dog.skin", ".skin", 4, "a person's parts are person.skin, person.hair, person.clothes"),
        ("person:1.nose", ".nose", 9, "person.clothes"),
        ("person.", ".", 7, "person.clothes"),
    ],
)
def test_errors_name_the_part_and_its_position(text: str, part: str, position: int, hint: str) -> None:
    with pytest.raises(OptionError) as error:
        keep.parse(text)
    message = str(error.value)
    assert message.startswith(f"keep: {part!r} at character {position}: ")
    assert hint in message


@pytest.mark.parametrize("text", ["", "  ", "-dog", "- person"])
def test_nothing_to_keep_is_an_error(text: str) -> None:
    with pytest.raises(OptionError, match=r"^keep: '"):
        keep.parse(text)


number = st.floats(0, 1e6, allow_nan=False).map(abs)
length = st.one_of(number.map(Length), st.floats(0, 100).map(abs).map(percent))
near, far = st.floats(0, 40).map(abs), st.floats(50, 100).map(abs)
box = st.one_of(
    st.builds(lambda a, b, c, d: Box(P(a), P(b), P(c), P(d)), near, near, far, far),
    st.builds(lambda a, b, c, d: Box(percent(a), P(b), percent(c), P(d)), near, near, far, far),
)
path = st.text(min_size=1).filter(lambda text: "\0" not in text)
term = st.one_of(
    st.just(Subject()),
    st.just(Everything()),
    st.builds(Class, st.sampled_from(keep.CLASSES), st.none() | st.integers(1, 10**7)),
    st.builds(Class, st.just("person"), st.none() | st.integers(1, 10**7), st.sampled_from(PARTS)),
    st.builds(Point, length, length, st.none() | st.floats(0, 1e6).map(abs)),
    box,
    st.builds(Hue, st.floats(0, 360).map(abs), st.floats(0, 360).map(abs)),
    st.builds(MaskFile, path),
)
strength = st.one_of(st.just(1.0), st.floats(0, 1).map(abs))
steps = st.builds(
    lambda first, rest: (first, *rest),
    st.builds(Step, term, strength),
    st.lists(st.builds(Step, term, strength, st.booleans()), max_size=5),
)


@given(steps)
def test_printing_and_parsing_are_inverse(printed: tuple[Step, ...]) -> None:
    text = keep.show(printed)
    assert keep.parse(text) == printed
    assert keep.show(keep.parse(text)) == text


@given(st.text(alphabet=string.ascii_lowercase[:6] + "@,:+-=%'\"0123. \n"))
def test_any_text_is_parsed_or_an_error_in_one_line(text: str) -> None:
    try:
        parsed = keep.parse(text)
    except OptionError as error:
        message = str(error)
    else:
        message = "keep: " if keep.parse(keep.show(parsed)) == parsed else "parsed, not printed"
    assert message.startswith("keep: ")
    assert "\n" not in message


@given(steps)
def test_steps_know_their_files_and_networks(parsed: tuple[Step, ...]) -> None:
    assert keep.files(parsed) == [step.term.path for step in parsed if isinstance(step.term, MaskFile)]
    no_network = all(isinstance(step.term, MaskFile | Hue | Everything) for step in parsed)
    assert keep.needs_segmentation(parsed) != no_network
    assert keep.needs_parts(parsed) == any(isinstance(step.term, Class) and step.term.part in PARTS for step in parsed)


def test_terms_of_objects_need_a_segmentation() -> None:
    assert not keep.needs_segmentation(keep.parse("all - file:x.png + hue:1-2"))
    assert all(
        keep.needs_segmentation(keep.parse(f"all - {text}")) for text in ("subject", "dog", "dog:1", "@1,2", "@1,2,3,4")
    )
    assert keep.files(keep.parse("all - file:x.png + 'y z'")) == ["x.png", "y z"]


def test_lengths_are_converted_to_shares() -> None:
    assert percent(25).share(400) == P(100).share(400) == 0.25


@given(st.text(max_size=20) | st.sampled_from(["navy", "GRAY", " #8A2b22 ", "#12345", "grey", "reds"]))
def test_any_colour_is_parsed_or_an_error_in_one_line(text: str) -> None:
    try:
        rgb = keep.rgb_of(text)
    except OptionError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert all(0 <= value <= 255 for value in rgb)
        assert keep.rgb_of(f"#{bytes(rgb).hex()}") == rgb


@given(st.text(max_size=20) | st.text("@%=page:123,navy +-", max_size=20), st.sampled_from(["navy", "#8a2b22", "x"]))
def test_any_hint_is_parsed_or_an_error_in_one_line(where: str, color: str) -> None:
    try:
        hint = keep.parse_hint(f"{where}={color}")
    except OptionError as error:
        assert "\n" not in str(error)  # noqa: PT017
        assert str(error).startswith("hint: ")  # noqa: PT017
    else:
        assert keep.parse_hint(str(hint)) == hint


def test_a_hint_has_a_term_and_a_colour() -> None:
    hint = keep.parse_hint("page:2 person:1 - @3,4 = Navy")
    assert (hint.page, hint.rgb, hint.point) == (2, (0, 0, 128), None)
    assert str(hint) == "page:2 person:1 - @3,4=#000080"
    assert str(keep.parse_hint("@52%,60%=0.5=gray").point) == "@52%,60%"
