"""Networks from the Hugging Face Hub: downloaded once, and verified by their sha256 from then on.

`hub:OWNER/NAME/FILE` names a file of a repository; without FILE, it is the known file, or the only ONNX file there.
Downloads are stored under `home()`, each with a record, and are used from there without a connection.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from handtint.errors import OptionError, WeightsError
from handtint.weights import Weights, digest

HUB = "hub:"
RECORD = ".record.json"  # suffix of the name of a file's record


@dataclass(frozen=True, slots=True)
class KnownNetwork:
    """A file on the Hub of a known kind. size in bytes, sha256: as published; 0 and "" if they are not."""

    repo: str
    file: str
    kind: str
    licence: str
    size: int = 0
    sha256: str = ""

    @property
    def name(self) -> str:
        """Its name for --model."""
        return f"{HUB}{self.repo}/{self.file}"


KNOWN = (
    KnownNetwork(
        "toolsmonk/ddcolor-tiny",
        "ddcolor_tiny_512_int8.onnx",
        "ddcolor",
        "Apache-2.0",
        112_723_138,
        "e983347272b8e218edc974a0af2bd66f53b73212abb800e103c64806e4c14a14",
    ),
    KnownNetwork("edgetools/ddcolor", "ddcolor-tiny-fp16.onnx", "ddcolor", "Apache-2.0"),
    KnownNetwork(
        "T8RIN/ddcolor-onnx",
        "ddcolor_modelscope.onnx",
        "ddcolor",
        "Apache-2.0 (DDColor)",
        911_801_965,
        "cda896f3e61c0e489f2e11a657c6dfb711d0958364286335e3cd48fadbd621be",
    ),
    KnownNetwork(
        "T8RIN/ddcolor-onnx",
        "ddcolor_artistic.onnx",
        "ddcolor",
        "Apache-2.0 (DDColor)",
        911_801_965,
        "e7f6d8e48d609be3f2615b70637fbc7019cbad545038279a7ba26f229503d61c",
    ),
)


def home() -> Path:
    """The folder of downloads: in HANDTINT_HOME, or else in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return Path(os.environ.get("HANDTINT_HOME") or cache / "handtint") / "hub"


def known(name: str) -> KnownNetwork | None:
    """The entry of KNOWN for a name with or without a file; None if there is none."""
    repo, file = parse(name)
    entries = [entry for entry in KNOWN if entry.repo == repo and file in (entry.file, "")]
    return entries[0] if entries else None


def parse(name: str) -> tuple[str, str]:
    """("OWNER/NAME", "FILE" or "") of `hub:OWNER/NAME[/FILE]`. Raises OptionError."""
    parts = name.removeprefix(HUB).split("/")
    if len(parts) < 2 or not all(parts) or any(part in (".", "..") or "\\" in part for part in parts):
        raise OptionError(f"model: {name!r} is not hub:OWNER/NAME or hub:OWNER/NAME/FILE")
    return "/".join(parts[:2]), "/".join(parts[2:])


def weights(name: str) -> Weights:
    """The record of a file on the Hub, which is downloaded first if necessary.

    Raises OptionError for a malformed name or a missing extra; WeightsError if the download fails, or the file is not
    the recorded or known one.
    """
    repo, file = parse(name)
    entry = known(name)
    file = file or (entry.file if entry else _only_onnx_file(repo, name))
    path = home() / repo / file
    recorded = _read_record(path)
    if recorded and path.is_file():
        return recorded
    _download(repo, file, name)
    sha256 = digest(path)
    expected = recorded.sha256 if recorded else entry.sha256 if entry else ""
    if expected and sha256 != expected:
        path.unlink()
        raise WeightsError(f"{name}: sha256 is {sha256[:12]}..., expected {expected[:12]}...; the file was discarded")
    licence = entry.licence if entry else "its own"
    weights = Weights(str(path), sha256, path.stat().st_size, licence, "hub", "", "", "", 0)
    path.with_name(path.name + RECORD).write_text(json.dumps(asdict(weights), indent=2) + "\n")
    return weights


def push(folder: Path, repo: str) -> str:
    """Upload a folder to a repository on the Hub, created if necessary; returns its URL. Raises WeightsError."""
    try:
        api = _library().HfApi(endpoint=_endpoint())
        api.create_repo(repo, exist_ok=True)
        commit = api.upload_folder(repo_id=repo, folder_path=folder, commit_message="Weights, record and model card")
    except Exception as error:  # exceptions of the library, of HTTP and of the network
        raise WeightsError(f"{HUB}{repo}: cannot be written: {_line(error)}") from error
    return str(commit)


def _read_record(path: Path) -> Weights | None:
    record = path.with_name(path.name + RECORD)
    try:
        return Weights(**json.loads(record.read_text())) if record.exists() else None
    except (OSError, ValueError, TypeError) as error:
        raise WeightsError(f"{record}: {_line(error)}") from error


def _only_onnx_file(repo: str, name: str) -> str:
    """The only ONNX file of a repository, among downloaded files, or else by the Hub's listing. Raises OptionError."""
    folder = home() / repo
    downloaded = [p.relative_to(folder).as_posix().removesuffix(RECORD) for p in sorted(folder.rglob(f"*{RECORD}"))]
    files = downloaded or [file for file in _list_files(repo, name) if file.lower().endswith(".onnx")]
    if len(files) != 1:
        listing = f"there are: {', '.join(files)}" if files else "it has no ONNX file"
        raise WeightsError(f"{name}: which file? {listing}; name it as {HUB}{repo}/FILE")
    return files[0]


def _list_files(repo: str, name: str) -> list[str]:
    try:
        files: list[str] = _library().HfApi(endpoint=_endpoint()).list_repo_files(repo)
    except OptionError:
        raise
    except Exception as error:  # exceptions of the library, of HTTP and of the network
        raise WeightsError(f"{name}: {_reason(error)}") from error
    return sorted(files)


def _download(repo: str, file: str, name: str) -> None:
    try:
        _library().hf_hub_download(repo, file, local_dir=home() / repo, endpoint=_endpoint())
    except OptionError:
        raise
    except Exception as error:  # exceptions of the library, of HTTP and of the network
        raise WeightsError(f"{name}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    reasons: Mapping[str, str] = {
        "RepositoryNotFoundError": "the Hub has no such repository, or it is private",
        "EntryNotFoundError": "the repository has no such file",
        "RemoteEntryNotFoundError": "the repository has no such file",
        "GatedRepoError": "the repository asks for an account's consent first",
        "LocalEntryNotFoundError": "not here yet, and the Hub cannot be reached",
        "ConnectError": "not here yet, and the Hub cannot be reached",
        "ConnectTimeout": "not here yet, and the Hub cannot be reached",
        "OfflineModeIsEnabled": "not here yet, and HF_HUB_OFFLINE is set",
    }
    return reasons.get(type(error).__name__) or f"cannot be downloaded: {_line(error)}"


def _line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT") or None


def _library() -> Any:
    if importlib.util.find_spec("huggingface_hub") is None:
        raise OptionError("model: names on the Hub need huggingface_hub: pip install 'handtint[hub]'")
    import huggingface_hub

    return huggingface_hub
