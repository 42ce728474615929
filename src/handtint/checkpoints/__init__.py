"""Weights of torch networks: exported to ONNX and loaded again, and those that others publish."""
