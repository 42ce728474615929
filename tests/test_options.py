import pytest

from handtint.errors import OptionError
from handtint.options import Options, gain_factor


def test_defaults_are_valid() -> None:
    assert Options().keep == "subject"


@pytest.mark.parametrize(
    ("settings", "named"),
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
        ({"format": "gif"}, "'gif'"),
        ({"quality": 0}, "quality"),
    ],
)
def test_a_wrong_value_is_named(settings: dict[str, object], named: str) -> None:
    with pytest.raises(OptionError, match=named) as caught:
        Options(**settings)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_a_near_miss_is_suggested() -> None:
    with pytest.raises(OptionError, match="did you mean 'person'"):
        Options(keep="persn")


def test_readings() -> None:
    assert gain_factor("auto") is None
    assert gain_factor("off") == 1.0
    assert gain_factor("1.3") == 1.3
    assert Options(format="jpg").format == "jpeg"


def test_a_whole_number_is_the_same_edit_as_its_float() -> None:
    said = Options(strength=1, feather=3)
    assert repr(said) == repr(Options(strength=1.0, feather=3.0))
