import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from handtint.data.sources import open_sources
from handtint.train import checkpoint, loop, tasks
from handtint.train.recipe import Phase, Recipe
from handtint.train.stop import stop_on_signals

PLAN = Recipe(
    "colour", network="vit-tiny", augment="squash", precision="32-true", workers=1, save_every=2, sample_every=0,
    phases=(Phase(32, 3, 12),),
)  # fmt: skip


def test_the_second_signal_stops_at_once() -> None:
    before = signal.getsignal(signal.SIGINT)
    with stop_on_signals() as stop:
        assert not stop.requested
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.requested
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_saves_and_the_resumed_run_equals_an_uninterrupted_one(photos: Path, tmp_path: Path) -> None:
    examples = tasks.find("colour").examples(open_sources([photos]))
    output: list[str] = []

    def interrupt(line: str) -> None:
        output.append(line)
        if line.startswith("step 2/"):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        loop.train(PLAN, examples, tmp_path / "parts", say=interrupt)
    assert output[-1].startswith("stopped and saved at step 2 of")
    state = checkpoint.load(tmp_path / "parts" / "last.ckpt")
    assert state is not None
    assert state["step"] == 2
    resumed = loop.train(PLAN, examples, tmp_path / "parts").state_dict()
    uninterrupted = loop.train(replace(PLAN, workers=0), examples, tmp_path / "whole").state_dict()
    assert all(torch.equal(uninterrupted[name], resumed[name]) for name in uninterrupted)
