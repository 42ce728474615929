"""The settings of the service, each declared once: the flags of `handtint serve` are made from them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, fields

from handtint.errors import OptionError
from handtint.image.io import formats
from handtint.settings import setting, validate

FORMATS = tuple(known.name for known in formats.FORMATS)  # what can be read
MIN_TOKEN = 16  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of the service. Raises OptionError for an invalid value.

    token: required in requests, or "" for none, which is only allowed on this machine's loopback address.
    """

    host: str = setting(
        "127.0.0.1", "The address to listen on. Any other than this machine's own needs HANDTINT_TOKEN."
    )
    port: int = setting(8000, "The port to listen on; 0 for any free one.", low=0, high=65535)
    jobs: int = setting(0, "The number of worker processes. Default: one per core.", low=0, high=256)
    threads: int = setting(0, "The threads of each worker. Default: the cores divided by --jobs.", low=0, high=256)
    queue: int = setting(
        32, "How many requests may wait for a worker; any more are answered with status 429.", low=0, high=10_000
    )
    seconds: float = setting(30.0, "The time limit for the work on a photo, and for its upload.", low=0.1, high=3600)
    megabytes: float = setting(25.0, "The largest upload, in millions of bytes.", low=0.001, high=2000)
    megapixels: float = setting(50.0, "The largest photo, in millions of pixels.", low=0.001, high=1000)
    frames: int = setting(1, "The largest number of pages or frames of a photo.", low=1, high=1000)
    memory: int = setting(0, "Megabytes that each worker may allocate; 0 for no limit.", low=0, high=1 << 20)
    formats: tuple[str, ...] = setting(
        ("jpeg", "png", "tiff", "webp"), f"A format to accept: {', '.join(FORMATS)}. May be repeated."
    )
    origins: tuple[str, ...] = setting(
        (), "The origin of a web page that may send requests from a browser, as https://example.org. May be repeated."
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
        if self.token and (len(self.token) < MIN_TOKEN or not self.token.isascii() or not self.token.isprintable()):
            raise OptionError(f"HANDTINT_TOKEN: at least {MIN_TOKEN} printable ASCII characters are needed")
        if not self.token and not is_loopback(self.host):
            raise OptionError(
                f"host: {self.host} can be reached from other machines: set the environment variable HANDTINT_TOKEN to "
                f"a secret of at least {MIN_TOKEN} characters, which requests must then send"
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
    except ValueError:  # a name, which may resolve to any address
        return False
