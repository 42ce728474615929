"""handtint: colour for what matters in a black-and-white photograph.

import handtint
handtint.open().tint(handtint.Photo.read("old.jpg"), keep="person").write("tinted.jpg")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handtint.errors import HandtintError, InputError, OptionError, OutputError, WeightsError
    from handtint.image.photo import Photo
    from handtint.options import Options
    from handtint.pipeline import Result, Tinter

    open = Tinter  # noqa: A001

__version__ = "0.2.0"
__all__ = [
    "HandtintError",
    "InputError",
    "OptionError",
    "Options",
    "OutputError",
    "Photo",
    "Result",
    "Tinter",
    "WeightsError",
    "open",
]

_HOMES = {
    "Photo": "image.photo",
    "Options": "options",
    "Result": "pipeline",
    "Tinter": "pipeline",
    "open": "pipeline",
    "HandtintError": "errors",
    "InputError": "errors",
    "OptionError": "errors",
    "OutputError": "errors",
    "WeightsError": "errors",
}


def __getattr__(name: str) -> Any:
    """Names are loaded when first used, so that `import handtint` is cheap."""
    if name not in _HOMES:
        raise AttributeError(f"module 'handtint' has no attribute {name!r}")
    return getattr(import_module(f"handtint.{_HOMES[name]}"), "Tinter" if name == "open" else name)
