from dataclasses import asdict, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handtint.errors import OptionError
from handtint.options import Options, gain_factor


def test_defaults_are_valid() -> None:
    assert Options().keep == "subject"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"keep": "dgo"}, "'dgo'"),
        ({"keep": "person,unicorn"}, "'unicorn'"),
        ({"keep": ""}, "''"),
        ({"keep": "background"}, "'background'"),
        ({"background": "pink"}, "'pink'"),
        ({"strength": 1.6}, "strength"),
        ({"strength": float("nan")}, "strength"),
        ({"feather": -1}, "feather"),
        ({"gain": "loud"}, "'loud'"),
        ({"gain": "0"}, "gain"),
        ({"gain": "nan"}, "gain"),
        ({"colors": "none"}, "'none'"),
        ({"levels": "some"}, "'some'"),
        ({"format": "gif"}, "'gif'"),
        ({"quality": 0}, "quality"),
    ],
)
def test_an_invalid_value_is_an_error_in_one_line(settings: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message) as error:
        Options(**settings)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


def test_the_nearest_name_is_suggested() -> None:
    with pytest.raises(OptionError, match="did you mean 'person'"):
        Options(keep="persn")


def test_texts_are_normalised() -> None:
    assert gain_factor("auto") is None
    assert gain_factor("off") == 1.0
    assert gain_factor("1.3") == 1.3
    assert Options(format="jpg").format == "jpeg"


def test_integers_and_floats_give_the_same_options() -> None:
    options = Options(strength=1, feather=3)
    assert repr(options) == repr(Options(strength=1.0, feather=3.0))


@given(st.text(max_size=8) | st.floats().map(str))
def test_any_gain_is_a_factor_or_an_error(gain: str) -> None:
    try:
        factor = gain_factor(gain)
    except OptionError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert factor is None or 0.1 <= factor <= 10


ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)


@given(st.sampled_from([setting.name for setting in fields(Options)]), ANYTHING)
def test_any_value_is_accepted_or_an_error_in_one_line(name: str, value: object) -> None:
    try:
        options = Options(**{name: value})  # type: ignore[arg-type]
    except OptionError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert Options(**asdict(options)) == options
