"""Every failure that handtint raises on purpose, as one tree.

HandtintError
|-- OptionError          a setting that cannot be used (command line: exit 2)
|-- InputError           a photo, mask or data file that cannot be used (exit 1)
|   |-- DecodeError      bytes that are not a readable picture
|   `-- LimitError       a picture larger than the limits allow
|-- OutputError          a result that cannot be written
|-- ServiceError         a request that the service does not carry out
`-- WeightsError         weights that are missing, damaged or do not fit
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class HandtintError(Exception):
    """Base of every error that handtint raises on purpose; its text is one line. It can be sent to another process."""

    def __reduce__(self) -> tuple[Any, ...]:
        """How to pickle it: without calling `__init__`, whose arguments Exception does not keep."""
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(kind: type[HandtintError], args: tuple[Any, ...], attributes: Mapping[str, Any]) -> HandtintError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(attributes)
    return error


class OptionError(HandtintError):
    """A setting that cannot be used; the text names it and what would do."""


class InputError(HandtintError):
    """A photo, mask or data file that cannot be used."""


class DecodeError(InputError):
    """Bytes that are not a readable picture."""


class LimitError(InputError):
    """A picture larger than the limits allow."""


class OutputError(HandtintError):
    """A result that cannot be written."""


class ServiceError(HandtintError):
    """A request that the service does not carry out.

    kind: why, as `handtint.service.problems.KINDS` has it. wait: seconds after which to try again; 0 where that is
    of no use.
    """

    def __init__(self, kind: str, text: str, *, wait: int = 0) -> None:
        super().__init__(text)
        self.kind, self.wait = kind, wait


class WeightsError(HandtintError):
    """Weights that are missing, damaged or do not fit their network."""
