"""Networks from the Hub, with a fake Hub on the loopback address."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from handtint import hub, zoo
from handtint.cli import main
from handtint.errors import OptionError, WeightsError
from handtint.image.photo import Photo
from hub_fake import Hub
from test_interfaces import make_network

pytest.importorskip("huggingface_hub")


@pytest.fixture
def fake_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    server = Hub()
    monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("HF_TOKEN", "hf_test")
    monkeypatch.setenv("HANDTINT_HOME", str(tmp_path / "home"))
    file = make_network("ddcolor", tmp_path / "net.onnx", 64).partition(":")[2]
    server.repos["someone/nets"] = {"ddcolor_tiny.onnx": Path(file).read_bytes(), "README.md": b"words"}
    yield server
    server.close()


NAME = "hub:someone/nets/ddcolor_tiny.onnx"


def test_a_network_is_downloaded_once_and_then_used_offline(
    fake_hub: Hub, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = zoo.find(NAME, "color")
    assert (model.interface, model.weights.source, len(model.weights.sha256)) == ("ddcolor", "hub", 64)
    requests = len(fake_hub.requests)
    assert requests > 0
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert zoo.find(NAME, "color").weights == model.weights
    model.engine()
    assert len(fake_hub.requests) == requests


def test_the_file_of_a_repository_may_be_omitted_if_there_is_one(fake_hub: Hub) -> None:
    assert hub.weights("hub:someone/nets").file.endswith("ddcolor_tiny.onnx")
    fake_hub.repos["someone/nets"]["other.onnx"] = b"x"
    fake_hub.repos["someone/more"] = dict(fake_hub.repos["someone/nets"])
    with pytest.raises(WeightsError, match=r"which file\? there are: ddcolor_tiny.onnx, other.onnx"):
        hub.weights("hub:someone/more")


def test_a_changed_file_is_an_error_from_the_first_download_on(fake_hub: Hub) -> None:
    model = zoo.find(NAME, "color")
    path = model.weights.path
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(WeightsError, match="sha256"):
        zoo.find(NAME, "color").engine()
    path.unlink()
    fake_hub.repos["someone/nets"]["ddcolor_tiny.onnx"] += b"?"
    with pytest.raises(WeightsError, match=r"expected .*discarded"):
        hub.weights(NAME)
    assert not path.exists()


def test_a_known_file_is_verified_at_the_first_download(fake_hub: Hub) -> None:
    entry = hub.KNOWN[0]
    fake_hub.repos[entry.repo] = {entry.file: b"something else"}
    with pytest.raises(WeightsError, match=entry.sha256[:12]):
        hub.weights(entry.name)
    assert all(len(known.sha256) in (0, 64) for known in hub.KNOWN)


def test_missing_repositories_and_files_are_errors_in_one_line(
    fake_hub: Hub, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, message in (
        ("hub:someone/none/ddcolor.onnx", "no such repository"),
        ("hub:someone/nets/ddcolor_large.onnx", "no such file"),
    ):
        with pytest.raises(WeightsError, match=message):
            zoo.find(name, "color")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    run = CliRunner().invoke(main, ["models", "--get", NAME])
    assert run.exit_code == 1
    assert run.output.strip().splitlines() == [f"Error: {NAME}: not here yet, and the Hub cannot be reached"]
    for name in ("hub:alone", "hub:a/../b", "hub:a//b"):
        with pytest.raises(OptionError, match="is not hub:OWNER/NAME"):
            hub.parse(name)
    with pytest.raises(OptionError, match=r"the kind of hub:a/b/net\.onnx"):
        zoo.find("hub:a/b/net.onnx", "color")


def test_the_kind_of_a_network_can_be_given(fake_hub: Hub) -> None:
    fake_hub.repos["someone/nets"]["net.onnx"] = fake_hub.repos["someone/nets"]["ddcolor_tiny.onnx"]
    assert zoo.find("ddcolor:hub:someone/nets/net.onnx", "color").interface == "ddcolor"
    assert zoo.find("isnet:hub:someone/nets/net.onnx", "mask").kind == "isnet"
    assert zoo.absolute("ddcolor:hub:someone/nets/net.onnx") == "ddcolor:hub:someone/nets/net.onnx"


def test_models_downloads_and_lists_networks(fake_hub: Hub) -> None:
    run = CliRunner().invoke(main, ["models", "--get", NAME])
    assert run.exit_code == 0, run.output
    assert hub.weights(NAME).sha256 in run.output
    assert "hub:toolsmonk/ddcolor-tiny" in CliRunner().invoke(main, ["models"], env={"COLUMNS": "200"}).output


def test_a_pushed_network_can_be_downloaded(fake_hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "handtint.onnx").write_bytes(zoo.CATALOGUE["handtint"].weights.path.read_bytes())
    (folder / "README.md").write_text("a card")
    hub.push(folder, "someone/ours")
    assert set(fake_hub.repos["someone/ours"]) >= {"handtint.onnx", "README.md"}
    model = zoo.find("hub:someone/ours/handtint.onnx", "color")
    assert model.weights.sha256 == zoo.CATALOGUE["handtint"].weights.sha256
    assert model.engine()


def test_a_photo_is_tinted_with_a_network_of_the_hub(fake_hub: Hub, sample: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    run = CliRunner().invoke(main, ["tint", str(sample), "-o", str(out), "--model", NAME, "--keep", "all"])
    assert run.exit_code == 0, run.output
    assert Photo.read(out).pixels.ndim == 3
