"""What runs a network: ONNX Runtime for tinting; torch only to export."""
