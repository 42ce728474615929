"""The models of rembg, run by its own sessions and downloaded by rembg."""

from __future__ import annotations

import numpy as np
from PIL import Image
from rembg import new_session

from handtint.errors import OptionError, WeightsError
from handtint.types import Float


class RembgEngine:
    """One of rembg's models, of which only the mask is used."""

    def __init__(self, name: str) -> None:
        """Load the model, and download it the first time. Raises OptionError for an unknown one, WeightsError."""
        try:
            self._session = new_session(name)
        except (ValueError, OSError) as error:
            if isinstance(error, ValueError) and "No session class" in str(error):
                raise OptionError(f"mask-model: rembg knows no model {name!r}") from error
            raise WeightsError(f"rembg:{name}: cannot be downloaded: {str(error).splitlines()[0]}") from error

    def run(self, x: Float) -> tuple[Float, ...]:
        """(1, 3, h, w) sRGB in 0..1 -> the foreground's alpha, (1, 1, h, w) in 0..1."""
        rgb = np.round(np.moveaxis(x[0], 0, -1) * 255).astype(np.uint8)
        mask = self._session.predict(Image.fromarray(rgb))[0]
        return (np.asarray(mask, np.float32)[None, None] / np.float32(255),)
