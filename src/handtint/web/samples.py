"""Sample photographs, shipped with the page. Their sources are listed in `examples/photos/SOURCES.md`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Sample:
    """One photograph. title: what it shows. credit: its author and licence."""

    file: str
    title: str
    credit: str

    def read(self) -> bytes:
        """The bytes of its file."""
        return resources.files("handtint.web").joinpath("samples", self.file).read_bytes()


SAMPLES: Mapping[str, Sample] = {
    sample.file: sample
    for sample in (
        Sample("astronaut.jpg", "An astronaut", "NASA, public domain"),
        Sample("hopper.jpg", "Grace Hopper", "US Navy, public domain"),
        Sample("cat.jpg", "A cat", "Stefan van der Walt, CC0"),
        Sample("coffee.jpg", "A cup of coffee", "Rachel Michetti, CC0"),
        Sample("cameraman.jpg", "A photographer", "Lav Varshney, CC0"),
        Sample("rocket.jpg", "A rocket", "SpaceX, CC0"),
    )
}
