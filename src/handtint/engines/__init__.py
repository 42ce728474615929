"""Engines that run networks: ONNX Runtime for tinting; torch only where there is no ONNX file."""
