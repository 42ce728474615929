"""Weights of torch networks, in and out: exported to ONNX and read back, and those that others publish."""
