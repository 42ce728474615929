"""Networks from the Hub, by a small Hub of our own on the loopback address."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from handtint import hub, zoo
from handtint.cli import main
from handtint.errors import OptionError, WeightsError
from handtint.image.photo import Photo
from hub_fake import Hub
from test_interfaces import of_kind

pytest.importorskip("huggingface_hub")


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    fake = Hub()
    monkeypatch.setenv("HF_ENDPOINT", fake.endpoint)
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("HF_TOKEN", "hf_test")
    monkeypatch.setenv("HANDTINT_HOME", str(tmp_path / "home"))
    file = of_kind("ddcolor", tmp_path / "net.onnx", 64).partition(":")[2]
    fake.repos["someone/nets"] = {"ddcolor_tiny.onnx": Path(file).read_bytes(), "README.md": b"words"}
    yield fake
    fake.close()


NAME = "hub:someone/nets/ddcolor_tiny.onnx"


def test_downloaded_once_then_offline(there: Hub, sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = zoo.find(NAME, "color")
    assert (model.interface, model.weights.source, len(model.weights.sha256)) == ("ddcolor", "hub", 64)
    asked = len(there.asked)
    assert asked > 0
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert zoo.find(NAME, "color").weights == model.weights
    model.engine()
    assert len(there.asked) == asked


def test_the_only_file_need_not_be_named(there: Hub) -> None:
    assert hub.weights("hub:someone/nets").file.endswith("ddcolor_tiny.onnx")
    there.repos["someone/nets"]["other.onnx"] = b"x"
    there.repos["someone/more"] = dict(there.repos["someone/nets"])
    with pytest.raises(WeightsError, match=r"which file\? there are: ddcolor_tiny.onnx, other.onnx"):
        hub.weights("hub:someone/more")


def test_a_changed_file_is_refused_ever_after(there: Hub) -> None:
    model = zoo.find(NAME, "color")
    path = model.weights.path
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(WeightsError, match="sha256"):
        zoo.find(NAME, "color").engine()
    path.unlink()
    there.repos["someone/nets"]["ddcolor_tiny.onnx"] += b"?"
    with pytest.raises(WeightsError, match=r"expected .*not kept"):
        hub.weights(NAME)
    assert not path.exists()


def test_a_known_file_is_checked_at_the_first_download(there: Hub) -> None:
    entry = hub.KNOWN[0]
    there.repos[entry.repo] = {entry.file: b"something else"}
    with pytest.raises(WeightsError, match=entry.sha256[:12]):
        hub.weights(entry.name)
    assert all(len(each.sha256) in (0, 64) for each in hub.KNOWN)


def test_what_cannot_be_had_is_one_line(there: Hub, sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, words in (
        ("hub:someone/none/ddcolor.onnx", "no such repository"),
        ("hub:someone/nets/ddcolor_large.onnx", "no such file"),
    ):
        with pytest.raises(WeightsError, match=words):
            zoo.find(name, "color")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    done = CliRunner().invoke(main, ["models", "--get", NAME])
    assert done.exit_code == 1
    assert done.output.strip().splitlines() == [f"Error: {NAME}: not here yet, and the Hub cannot be reached"]
    for name in ("hub:alone", "hub:a/../b", "hub:a//b"):
        with pytest.raises(OptionError, match="is not hub:OWNER/NAME"):
            hub.parse(name)
    with pytest.raises(OptionError, match=r"the kind of hub:a/b/net\.onnx"):
        zoo.find("hub:a/b/net.onnx", "color")


def test_the_kind_can_be_said(there: Hub) -> None:
    there.repos["someone/nets"]["net.onnx"] = there.repos["someone/nets"]["ddcolor_tiny.onnx"]
    assert zoo.find("ddcolor:hub:someone/nets/net.onnx", "color").interface == "ddcolor"
    assert zoo.find("isnet:hub:someone/nets/net.onnx", "mask").kind == "isnet"
    assert zoo.absolute("ddcolor:hub:someone/nets/net.onnx") == "ddcolor:hub:someone/nets/net.onnx"


def test_get_and_list(there: Hub) -> None:
    done = CliRunner().invoke(main, ["models", "--get", NAME])
    assert done.exit_code == 0, done.output
    assert hub.weights(NAME).sha256 in done.output
    assert "hub:toolsmonk/ddcolor-tiny" in CliRunner().invoke(main, ["models"], env={"COLUMNS": "200"}).output


def test_what_is_pushed_can_be_pulled(there: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "handtint.onnx").write_bytes(zoo.CATALOGUE["handtint"].weights.path.read_bytes())
    (folder / "README.md").write_text("a card")
    hub.push(folder, "someone/ours")
    assert set(there.repos["someone/ours"]) >= {"handtint.onnx", "README.md"}
    model = zoo.find("hub:someone/ours/handtint.onnx", "color")
    assert model.weights.sha256 == zoo.CATALOGUE["handtint"].weights.sha256
    assert model.engine()


def test_a_tint_with_it(there: Hub, sample: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    done = CliRunner().invoke(main, ["tint", str(sample), "-o", str(out), "--model", NAME, "--keep", "all"])
    assert done.exit_code == 0, done.output
    assert Photo.read(out).pixels.ndim == 3
