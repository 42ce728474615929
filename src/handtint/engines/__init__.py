"""Engines that run networks: ONNX Runtime for tinting; torch only where there is no ONNX file."""

import os

# Without it, ONNX Runtime from 1.31 on reports its use to Microsoft, with an identifier that it keeps in ~/.cache.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
