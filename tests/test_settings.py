"""Settings are declared once, and checked alike wherever they come from."""

from dataclasses import dataclass, fields

import pytest

from handtint.errors import InputError, OptionError
from handtint.options import Options
from handtint.service.settings import Settings
from handtint.settings import check_names, from_text, hint, setting, validate


@dataclass
class Lamp:
    """One setting of each type."""

    on: bool = setting(False, "Whether it shines.")
    watts: int = setting(40, "Power.", low=1, high=100)
    warmth: float = setting(0.5, "Colour.", low=0, high=1)
    shade: str = setting("paper", "Material.", choices=("paper", "glass"))
    place: str | None = setting(None, "Where it stands.")


LAMP = {declared.name: declared for declared in fields(Lamp)}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("on", "true", True), ("watts", "60", 60), ("warmth", "1", 1.0), ("shade", "glass", "glass"), ("place", "a", "a")],
)
def test_a_text_becomes_a_value_that_is_valid(name: str, text: str, value: object) -> None:
    found = validate(LAMP[name], from_text(LAMP[name], text))
    assert (found, type(found)) == (value, type(value))


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
def test_a_text_that_cannot_be_used(name: str, text: str, reason: str) -> None:
    with pytest.raises(OptionError) as caught:
        validate(LAMP[name], from_text(LAMP[name], text))
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("name", "value"), [("on", 1), ("watts", True), ("watts", 4.0), ("warmth", "1"), ("place", 3), ("shade", None)]
)
def test_a_value_of_another_type(name: str, value: object) -> None:
    with pytest.raises(OptionError, match=f"^{name}: .* is not "):
        validate(LAMP[name], value)


def test_every_default_is_valid() -> None:
    for declared in (*fields(Options), *fields(Lamp)):
        assert validate(declared, declared.default) == declared.default


def test_unknown_names_are_refused_with_the_nearest() -> None:
    assert hint("wats", LAMP) == "did you mean 'watts'?"
    assert hint("zzz", ("a", "b")) == "there are: a, b"
    with pytest.raises(InputError, match="lamp: unknown key 'wats'; did you mean 'watts'"):
        check_names(["on", "wats"], LAMP, "lamp", InputError)


def test_a_service_is_checked_by_type_as_well_as_range() -> None:
    with pytest.raises(OptionError, match="jobs: 'many' is not a whole number"):
        Settings(jobs="many")  # type: ignore[arg-type]
