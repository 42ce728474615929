"""What ONNX Runtime would report of its use: nothing is collected for it."""

import os
import subprocess
import sys
from pathlib import Path

from handtint.weights import ASSETS

SESSION = "import sys; from handtint.engines.onnx import OnnxEngine; OnnxEngine(sys.argv[1])"


def test_nothing_is_written_for_reports(tmp_path: Path) -> None:
    """A new process, because the setting is read only once."""
    env = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    command = [sys.executable, "-c", SESSION, str(ASSETS / "handtint-faces.onnx")]
    subprocess.run(command, env=env | {"HOME": str(tmp_path)}, check=True)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
