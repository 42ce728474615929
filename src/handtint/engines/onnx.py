"""Networks run by ONNX Runtime on the CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort

from handtint.errors import WeightsError
from handtint.types import Float

HINTS = "hints"  # the name of the input for colour hints


class OnnxEngine:
    """An ONNX network with one input (n, c, h, w) float32, and possibly a second one, "hints"."""

    def __init__(self, path: Path, *, threads: int = 0) -> None:
        """Load the network; threads: 0 for one per core. Raises WeightsError."""
        settings = ort.SessionOptions()
        settings.intra_op_num_threads = threads
        settings.log_severity_level = 3
        settings.enable_cpu_mem_arena = False  # it takes 70 MB and saves no time: each network runs once per photo
        try:
            self._session = ort.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's exceptions have no common base class
            raise WeightsError(
                f"{path}: not a network that ONNX Runtime can load: {str(error).splitlines()[0]}"
            ) from error
        self._input = self._session.get_inputs()[0].name

    @property
    def channels(self) -> int | None:
        """The number of channels of its input; None if the file does not fix it or has other inputs."""
        inputs = self._session.get_inputs()
        is_picture = len(inputs) == 1 and len(inputs[0].shape) == 4 and inputs[0].type == "tensor(float)"
        return inputs[0].shape[1] if is_picture and isinstance(inputs[0].shape[1], int) else None

    @property
    def single_input(self) -> bool:
        """Whether it has only one input."""
        return len(self._session.get_inputs()) == 1

    @property
    def sides(self) -> tuple[int, int] | None:
        """(h, w) of its input; None if the file does not fix them."""
        h, w = (*self._session.get_inputs()[0].shape, None, None)[2:4]
        return (h, w) if isinstance(h, int) and isinstance(w, int) else None

    @property
    def takes_hints(self) -> bool:
        """Whether it has an input for colour hints."""
        return any(i.name == HINTS for i in self._session.get_inputs())

    def run(self, x: Float, hints: Float | None = None) -> tuple[Float, ...]:
        """(n, c, h, w) float32 -> the network's outputs, float32.

        hints: (n, 3, h, w) float32, known ab / 110 and their certainty 0..1, for a network that `takes_hints`; None for
        no hints. Raises ValueError for hints to any other network.
        """
        inputs = {self._input: np.ascontiguousarray(x, np.float32)}
        if self.takes_hints:
            no_hints = np.zeros((x.shape[0], 3, *x.shape[2:]), np.float32)
            inputs[HINTS] = no_hints if hints is None else np.ascontiguousarray(hints, np.float32)
        elif hints is not None:
            raise ValueError("this network takes no hints")
        return tuple(self._session.run(None, inputs))
