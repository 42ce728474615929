"""Settings are declared once, and validated in the same way for every source."""

from dataclasses import dataclass, fields

import pytest

from handtint.errors import InputError, OptionError
from handtint.options import Options
from handtint.service.settings import Settings
from handtint.settings import check_names, from_text, hint, setting, validate


@dataclass
class Lamp:
    """One setting of each type."""

    on: bool = setting(False, "Whether it is on.")
    watts: int = setting(40, "Power.", low=1, high=100)
    warmth: float = setting(0.5, "Colour.", low=0, high=1)
    shade: str = setting("paper", "Material.", choices=("paper", "glass"))
    place: str | None = setting(None, "Where it stands.")


LAMP = {declared.name: declared for declared in fields(Lamp)}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("on", "true", True), ("watts", "60", 60), ("warmth", "1", 1.0), ("shade", "glass", "glass"), ("place", "a", "a")],
)
def test_a_text_is_converted_to_a_valid_value(name: str, text: str, value: object) -> None:
    parsed = validate(LAMP[name], from_text(LAMP[name], text))
    assert (parsed, type(parsed)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("on", "yes", "on: 'yes' is not true or false"),
        ("watts", "9.5", "watts: '9.5' is not a whole number"),
        ("watts", "101", "watts: 101 is not between 1 and 100"),
        ("warmth", "nan", "warmth: 'nan' is not a number"),
        ("shade", "silk", "shade: 'silk' is not one of paper, glass"),
    ],
)
def test_an_invalid_text_is_an_error(name: str, text: str, reason: str) -> None:
    with pytest.raises(OptionError) as error:
        validate(LAMP[name], from_text(LAMP[name], text))
    assert str(error.value) == reason


@pytest.mark.parametrize(
    ("name", "value"), [("on", 1), ("watts", True), ("watts", 4.0), ("warmth", "1"), ("place", 3), ("shade", None)]
)
def test_a_value_of_another_type_is_an_error(name: str, value: object) -> None:
    with pytest.raises(OptionError, match=f"^{name}: .* is not "):
        validate(LAMP[name], value)


def test_every_default_is_valid() -> None:
    for declared in (*fields(Options), *fields(Lamp)):
        assert validate(declared, declared.default) == declared.default


def test_unknown_names_are_errors_with_the_nearest_name() -> None:
    assert hint("wats", LAMP) == "did you mean 'watts'?"
    assert hint("zzz", ("a", "b")) == "there are: a, b"
    with pytest.raises(InputError, match="lamp: unknown key 'wats'; did you mean 'watts'"):
        check_names(["on", "wats"], LAMP, "lamp", InputError)


def test_settings_of_the_service_are_validated_by_type() -> None:
    with pytest.raises(OptionError, match="jobs: 'many' is not a whole number"):
        Settings(jobs="many")  # type: ignore[arg-type]
