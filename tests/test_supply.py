"""The supply chain: no pickles, pinned packages, verified weights, no network unless requested."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from handtint import weights
from handtint.errors import WeightsError
from handtint.weights import manifest
from handtint.zoo import CATALOGUE

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "bench").glob("*.py")])
PICKLES = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "jsonpickle"}
NAMES = re.compile(r"^([A-Za-z0-9._-]+)", re.ASCII)


def relative_path(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(node: ast.expr) -> str:
    """The name that is called: "torch.load", "np.load"."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([*([node.id] if isinstance(node, ast.Name) else []), *reversed(parts)])


@pytest.mark.parametrize("path", SOURCES, ids=relative_path)
def test_nothing_is_unpickled(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            assert not PICKLES - {"pickle"} & {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in PICKLES
        elif isinstance(node, ast.Attribute):  # raised by torch for a file that holds more than tensors
            assert not dotted(node).startswith("pickle.") or dotted(node) == "pickle.UnpicklingError"
        elif isinstance(node, ast.Call):
            keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            if dotted(node.func).endswith(("torch.load", "fabric.load")):
                assert keywords.get("weights_only") == "True", f"{relative_path(path)}:{node.lineno}"
            assert keywords.get("allow_pickle", "False") == "False", f"{relative_path(path)}:{node.lineno}"
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            assert called not in ("eval", "exec"), f"{relative_path(path)}:{node.lineno}"


def pinned(text: str) -> dict[str, str]:
    pins = re.findall(r"^(\S+?)==([^\s;\\]+)", text, re.M)
    return {name.lower().replace("_", "-"): version for name, version in pins}


def requirements() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    matches = [NAMES.match(line) for line in project["dependencies"]]
    return {match[0].lower().replace("_", "-") for match in matches if match}


def test_the_lock_pins_every_package_of_the_base_install_with_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text()
    locked, constraints = pinned(text), pinned((ROOT / "constraints.txt").read_text())
    assert requirements() <= set(locked)
    assert {name: constraints.get(name, version) for name, version in locked.items()} == locked
    entries = re.split(r"\n(?=\S+==)", text[text.index("\n") :])[1:]
    assert len(entries) == len(locked)
    for entry in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry.splitlines()[0]
    assert "://" not in text


def test_networks_are_loaded_from_verified_files_only() -> None:
    """Weights are loaded through `verified`; exported, filled and quantised graphs were just written.

    Sessions are made in one place, and in the benchmarks of third-party networks, exported there from random weights.
    """
    exporters = ("src/handtint/checkpoints/export.py", "src/handtint/engines/safetensors.py", "bench/int8.py")
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and dotted(node.func).endswith("OnnxEngine"):
                argument_text = ast.unparse(node.args[0])
                assert argument_text.endswith(".verified()") or relative_path(path) in exporters, argument_text
            if isinstance(node, ast.Call) and dotted(node.func).endswith("safetensors_engine"):
                assert "model.weights.verified()" in [ast.unparse(argument) for argument in node.args]
            if isinstance(node, ast.Attribute) and node.attr == "InferenceSession":
                assert relative_path(path) in ("src/handtint/engines/onnx.py", "bench/peers.py", "bench/int8.py")


@pytest.mark.parametrize("name", ["handtint", "handtint-mask", "deeplabv3-resnet101"])
def test_a_single_flipped_bit_is_detected_before_weights_are_loaded(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "deeplabv3-resnet101":
        monkeypatch.setenv("TORCH_HOME", str(tmp_path))
        data = bytearray(b"not the file of torchvision")
    else:
        if name not in manifest():
            pytest.skip("the package has no weights of it yet")
        data = bytearray(CATALOGUE[name].weights.path.read_bytes())
        data[len(data) // 2] ^= 1
        monkeypatch.setattr(weights, "ASSETS", tmp_path)
    path = CATALOGUE[name].weights.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    with pytest.raises(WeightsError, match=r"sha256 is [0-9a-f]{12}\.\.\., the manifest says"):
        CATALOGUE[name].engine()


BLOCKED_NETWORK = """
import socket, sys
def refuse(*args, **kwargs): raise SystemExit("the network was called: %r" % (args,))
for name in ("connect", "connect_ex", "sendto", "bind"):
    setattr(socket.socket, name, refuse)
socket.getaddrinfo = socket.create_connection = refuse
from handtint.cli import main; main()
"""


def test_commands_work_without_a_network(sample: Path, tmp_path: Path) -> None:
    without_network = ["unshare", "--net", "--map-root-user"]
    has_namespaces = (
        os.name == "posix"
        and subprocess.run([*without_network, "true"], capture_output=True, check=False).returncode == 0
    )
    for args in (
        ["tint", str(sample), "-o", str(tmp_path / "out.png"), "--save-mask"],
        ["inspect", str(sample)],
        ["models"],
    ):
        command = [*(without_network if has_namespaces else []), sys.executable, "-c", BLOCKED_NETWORK, *args]
        run = subprocess.run(command, capture_output=True, timeout=300, check=False)
        assert run.returncode == 0, run.stderr.decode()
    assert (tmp_path / "out.png").stat().st_size > 1000
