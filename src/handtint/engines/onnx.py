"""Networks run by ONNX Runtime on the CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort

from handtint.errors import WeightsError
from handtint.types import Float


class OnnxEngine:
    """An ONNX network with one input (n, 1, h, w) float32."""

    def __init__(self, path: Path, *, threads: int = 0) -> None:
        """Load the network; threads 0 means one for each core. Raises WeightsError."""
        settings = ort.SessionOptions()
        settings.intra_op_num_threads = threads
        settings.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime has no base class of its own for what it raises here
            raise WeightsError(
                f"{path}: not a network that ONNX Runtime can load: {str(error).splitlines()[0]}"
            ) from error
        self._input = self._session.get_inputs()[0].name

    def run(self, x: Float) -> tuple[Float, ...]:
        """(n, 1, h, w) float32 -> the network's outputs, float32."""
        return tuple(self._session.run(None, {self._input: np.ascontiguousarray(x, np.float32)}))
