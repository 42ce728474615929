"""The settings of the service, each declared once: the flags of `handtint serve` are made from them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, fields

from handtint.errors import OptionError
from handtint.image.io import formats
from handtint.settings import setting, validate

FORMATS = tuple(known.name for known in formats.FORMATS)  # what can be read
SHORTEST = 16  # characters of a token


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of the service. Raises OptionError for an invalid value.

    token: required in requests, or "" for none, which is only allowed on this machine's loopback address.
    """

    host: str = setting("127.0.0.1", "The address to listen at. Any but this machine's own needs HANDTINT_TOKEN.")
    port: int = setting(8000, "The port to listen at; 0 for any that is free.", low=0, high=65535)
    jobs: int = setting(0, "Worker processes. Default: one a core.", low=0, high=256)
    threads: int = setting(0, "Threads of each worker. Default: the cores divided by --jobs.", low=0, high=256)
    queue: int = setting(32, "Requests that may wait for a worker; more are answered with 429.", low=0, high=10_000)
    seconds: float = setting(30.0, "How long a photo may take, and how long its upload.", low=0.1, high=3600)
    megabytes: float = setting(25.0, "The largest upload, in millions of bytes.", low=0.001, high=2000)
    megapixels: float = setting(50.0, "The largest photo, in millions of pixels.", low=0.001, high=1000)
    frames: int = setting(1, "The most pages or frames of a photo.", low=1, high=1000)
    memory: int = setting(0, "Megabytes that each worker may allocate; 0 for no limit.", low=0, high=1 << 20)
    formats: tuple[str, ...] = setting(
        ("jpeg", "png", "tiff", "webp"), f"Formats that are read, of {', '.join(FORMATS)}. Give it once for each."
    )
    origins: tuple[str, ...] = setting(
        (), "A web page's origin (https://example.org) that may send requests from a browser. Give it once for each."
    )
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for declared in fields(self):
            if declared.metadata and not isinstance(declared.default, tuple):
                object.__setattr__(self, declared.name, validate(declared, getattr(self, declared.name)))
        for name in self.formats:
            if name not in FORMATS:
                raise OptionError(f"formats: {name!r} is not one of {', '.join(FORMATS)}")
        for origin in self.origins:
            if "://" not in origin or origin.endswith("/"):
                raise OptionError(f"origins: {origin!r} is not an origin such as https://example.org")
        self._check_token()

    def _check_token(self) -> None:
        if self.token and (len(self.token) < SHORTEST or not self.token.isascii() or not self.token.isprintable()):
            raise OptionError(f"HANDTINT_TOKEN: at least {SHORTEST} printable ASCII characters are needed")
        if not self.token and not is_loopback(self.host):
            raise OptionError(
                f"host: {self.host} can be reached by others: set HANDTINT_TOKEN to a secret of at least {SHORTEST} "
                "characters, which requests must then bear"
            )

    @property
    def bytes(self) -> int:
        """The largest allowed body of a request, in bytes."""
        return round(self.megabytes * 1e6)

    @property
    def pixels(self) -> int:
        """The largest allowed number of pixels of a photo, all its pages together."""
        return round(self.megapixels * 1e6)


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name: who knows where it leads
        return False
