"""Networks run by ONNX Runtime on the CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort

from handtint.errors import WeightsError
from handtint.types import Float

HINTS = "hints"  # the name of the input for known colours


class OnnxEngine:
    """An ONNX network with one input (n, c, h, w) float32, or another, "hints", beside it."""

    def __init__(self, path: Path, *, threads: int = 0) -> None:
        """Load the network; threads 0 means one for each core. Raises WeightsError."""
        settings = ort.SessionOptions()
        settings.intra_op_num_threads = threads
        settings.log_severity_level = 3
        settings.enable_cpu_mem_arena = False  # it keeps 70 MB and wins no time: a photo is one run of each network
        try:
            self._session = ort.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime has no base class of its own for what it raises here
            raise WeightsError(
                f"{path}: not a network that ONNX Runtime can load: {str(error).splitlines()[0]}"
            ) from error
        self._input = self._session.get_inputs()[0].name

    @property
    def channels(self) -> int | None:
        """How many channels its input has; None where the file leaves that open or has another kind of input."""
        inputs = self._session.get_inputs()
        fits = len(inputs) == 1 and len(inputs[0].shape) == 4 and inputs[0].type == "tensor(float)"
        return inputs[0].shape[1] if fits and isinstance(inputs[0].shape[1], int) else None

    @property
    def alone(self) -> bool:
        """Whether its one input is all that it wants."""
        return len(self._session.get_inputs()) == 1

    @property
    def sides(self) -> tuple[int, int] | None:
        """(h, w) of its input, where the file fixes them."""
        h, w = (*self._session.get_inputs()[0].shape, None, None)[2:4]
        return (h, w) if isinstance(h, int) and isinstance(w, int) else None

    @property
    def takes_hints(self) -> bool:
        """Whether the network can be told colours in advance."""
        return any(i.name == HINTS for i in self._session.get_inputs())

    def run(self, x: Float, hints: Float | None = None) -> tuple[Float, ...]:
        """(n, c, h, w) float32 -> the network's outputs, float32.

        hints: (n, 3, h, w) float32, known ab / 110 and how known they are (0..1), for a network that `takes_hints`;
        None where nothing is known. Raises ValueError for any other network that is given some.
        """
        inputs = {self._input: np.ascontiguousarray(x, np.float32)}
        if self.takes_hints:
            none = np.zeros((x.shape[0], 3, *x.shape[2:]), np.float32)
            inputs[HINTS] = none if hints is None else np.ascontiguousarray(hints, np.float32)
        elif hints is not None:
            raise ValueError("this network takes no hints")
        return tuple(self._session.run(None, inputs))
