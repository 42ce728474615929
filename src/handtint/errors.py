"""The exceptions that handtint raises on purpose.

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
    """Base class of all exceptions that handtint raises on purpose. The message is one line. It can be pickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        """How to pickle it: without calling `__init__`, whose arguments Exception does not keep."""
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(cls: type[HandtintError], args: tuple[Any, ...], attributes: Mapping[str, Any]) -> HandtintError:
    error = cls.__new__(cls, *args)
    error.__dict__.update(attributes)
    return error


class OptionError(HandtintError):
    """A setting that cannot be used; the message names it and the possible values."""


class InputError(HandtintError):
    """A photo, mask or data file that cannot be used."""


class DecodeError(InputError):
    """Bytes that are not a readable picture."""


class LimitError(InputError):
    """A picture larger than the limits allow."""


class OutputError(HandtintError):
    """A result that cannot be written."""


class ServiceError(HandtintError):
    """A request that the service rejects.

    kind: the key of the reason in `handtint.service.problems.KINDS`. wait: seconds after which to try again; 0 if that
    would not help.
    """

    def __init__(self, kind: str, text: str, *, wait: int = 0) -> None:
        super().__init__(text)
        self.kind, self.wait = kind, wait


class WeightsError(HandtintError):
    """Weights that are missing, damaged or do not fit their network."""
