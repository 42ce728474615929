"""The same jobs on a real Ray cluster of two nodes, with workers and a node killed during the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from photo_runs import FAST_OPTIONS, children, contents, finish, make_photos, start, tint, until

pytest.importorskip("ray")

ACTOR = "ray::"
# In a process of its own: Ray leaves threads, warnings and signal handlers behind.
# 127.0.0.2, since Ray replaces the more usual names of this machine by its outer address.
CLUSTER = """
import sys
from ray.cluster_utils import Cluster
node = {"num_cpus": 1, "node_ip_address": "127.0.0.2", "object_store_memory": 80 << 20, "include_dashboard": False}
cluster = Cluster(initialize_head=True, head_node_args=node)
other = cluster.add_node(**node)
cluster.wait_for_nodes()
print(cluster.address, flush=True)
for line in sys.stdin:
    if line == "remove a node\\n":
        cluster.remove_node(other, allow_graceful=False)
        print("lost", flush=True)
cluster.shutdown()
"""


@dataclass
class TwoNodes:
    """A cluster of two nodes with a core each."""

    process: subprocess.Popen[str]
    address: str

    def actors(self) -> list[int]:
        """The processes of actors."""
        pids = children(self.process.pid, ACTOR)
        return [pid for pid in pids if "Actor" in Path(f"/proc/{pid}/cmdline").read_text()]

    def remove_a_node(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("remove a node\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "lost\n"


@pytest.fixture
def cluster() -> Iterator[TwoNodes]:
    process = subprocess.Popen(
        [sys.executable, "-c", CLUSTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "RAY_USAGE_STATS_ENABLED": "0"},
    )
    assert process.stdout
    address = process.stdout.readline().strip()
    assert address.startswith("127.0.0.2:")
    processes = children(process.pid)
    yield TwoNodes(process, address)
    try:
        process.communicate(timeout=60)
    finally:
        for pid in {process.pid, *processes}:
            if Path(f"/proc/{pid}").exists() and process.poll() is None:
                os.kill(pid, signal.SIGKILL)


def results(out: Path) -> int:
    return len(contents(out)) if out.exists() else 0


def test_a_run_completes_after_the_death_of_a_worker(cluster: TwoNodes, tmp_path: Path) -> None:
    photos, out = make_photos(tmp_path / "in", 36), tmp_path / "out"
    process = start("tint", photos, "-o", out, *FAST_OPTIONS, "--engine", "ray", "--address", cluster.address)
    until(lambda: results(out) >= 6)
    os.kill(cluster.actors()[0], signal.SIGKILL)
    status, stderr = finish(process)
    assert status == 0, stderr
    assert not list(out.rglob("*.part"))
    assert tint(photos, "-o", tmp_path / "whole", "--jobs", 2)[0] == 0
    assert contents(out) == contents(tmp_path / "whole")
    status, stderr = tint(photos, "-o", out)
    assert status == 0
    assert "36 of 36 photos were done by an earlier run" in stderr


@pytest.mark.slow
def test_a_run_can_be_resumed_after_the_death_of_a_node_and_the_driver(cluster: TwoNodes, tmp_path: Path) -> None:
    photos, out = make_photos(tmp_path / "in", 300), tmp_path / "out"
    args = ("tint", f"file://{photos}", "-o", out, *FAST_OPTIONS, "--engine", "ray", "--address", cluster.address)
    process = start(*args)
    until(lambda: results(out) >= 20)
    os.kill(cluster.actors()[0], signal.SIGKILL)
    until(lambda: results(out) >= 50)
    cluster.remove_a_node()
    until(lambda: results(out) >= 80)
    process.kill()
    process.communicate()
    until(lambda: not cluster.actors())
    process = start(*args)
    until(lambda: results(out) >= 120)
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 143
    status, stderr = finish(start(*args), timeout=300)
    assert status == 0, stderr
    assert tint(photos, "-o", tmp_path / "whole", "--jobs", 2)[0] == 0
    assert contents(out) == contents(tmp_path / "whole")


def test_an_address_without_cluster_is_an_error_in_one_line(tmp_path: Path) -> None:
    photos = make_photos(tmp_path / "in", 2)
    status, stderr = tint(photos, "-o", tmp_path / "out", "--engine", "ray", "--address", "127.0.0.1:1")
    assert (status, stderr.count("\n")) == (1, 1), stderr
    assert "no cluster at 127.0.0.1:1" in stderr
