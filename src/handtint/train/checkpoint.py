"""Checkpoints, written completely or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from handtint import files


def save(path: Path, state: dict[str, Any]) -> None:
    """Write the state to a file; if that fails, the previous file is left unchanged. Raises OutputError."""
    files.write_with(path, lambda file: torch.save(state, file))


def load(path: Path) -> dict[str, Any] | None:
    """The state saved at path, tensors and plain values only, or None if there is no file."""
    return torch.load(path, map_location="cpu", weights_only=True) if path.exists() else None
