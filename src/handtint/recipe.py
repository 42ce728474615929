"""An edit as a file: every option and the models' hashes, so that the same recipe and photo give the same bytes.

The command line, HTTP and the web page write and read the same TOML.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from handtint import __version__, files, keep, zoo
from handtint.errors import InputError, OptionError
from handtint.image.io import codec, content
from handtint.options import Options
from handtint.settings import check_names, check_type

_TITLE = "# An edit of handtint; apply it with `handtint tint SRC --recipe FILE`. Options left out are automatic.\n"
_UPLOADS = ("mask", "reference")  # files uploaded with an edit; a recipe contains their sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """An edit with the models that it was made with.

    models: name in the catalogue -> sha256 of its weights. mask, reference: sha256 of the uploaded file, or "". files:
    path of the reference, and of mask files in `keep` and hints -> sha256 of the file, "" if it cannot be read.
    version: of handtint.
    """

    options: Options
    models: Mapping[str, str] = field(default_factory=dict)
    mask: str = ""
    reference: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    version: str = __version__

    @property
    def hash(self) -> str:
        """sha256 of everything that determines the result; of a reference, the content counts, not the path."""
        hashes, path = dict(self.files), self.options.reference or ""
        options = replace(self.options, reference=hashes.pop(path, "") or self.options.reference)
        record = asdict(replace(self, options=options, models=dict(self.models), files=hashes))
        return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def of(options: Options, *, mask: bytes = b"", reference: bytes = b"") -> Recipe:
    """The recipe of an edit with the installed models.

    mask, reference: the bytes of uploaded files, or b"". Raises OptionError for an unknown model, WeightsError.
    """
    models = {model.name: model.weights.sha256 for model in zoo.of(options)}
    paths = [*keep.files(options.named), *filter(None, [options.reference])]
    hashes = {path: _digest(path) for path in paths}
    sha = {
        name: hashlib.sha256(data).hexdigest() for name, data in zip(_UPLOADS, (mask, reference), strict=True) if data
    }
    return Recipe(options=options, models=models, files=hashes, **sha)


def _digest(path: str) -> str:
    """sha256 of a mask file, "" if it cannot be read: the edit itself reports the reason."""
    try:
        return content.digest(content.read(path, codec.Limits().bytes))
    except InputError:
        return ""


def check(recorded: Recipe, current: Recipe) -> None:
    """Raise OptionError if the recipe would not give the same bytes: for another mask, reference, or other weights."""
    reference = current.reference or current.files.get(current.options.reference or "", "")
    for name, recorded_sha, current_sha in (
        ("mask", recorded.mask, current.mask),
        ("reference", recorded.reference, reference),
    ):
        if recorded_sha and recorded_sha != current_sha:
            uploaded = f"{'another' if current_sha else 'no'} {name}"
            raise OptionError(
                f"recipe: it was made with the {name} of sha256 {recorded_sha[:12]}..., {uploaded} is given"
            )
    for path, sha in current.files.items():
        if recorded.files.get(path, sha) != sha:
            raise OptionError(f"recipe: the file {files.one_line(path)} is not the one that it was made with")
    for name, sha in current.models.items():
        if recorded.models.get(name, sha) != sha:
            raise OptionError(
                f"recipe: it was made with {name} of sha256 {recorded.models[name][:12]}..., here it is {sha[:12]}...; "
                "--other-models applies it all the same"
            )


def dumps(recipe: Recipe) -> str:
    """The recipe as TOML."""
    import tomli_w

    options = {key: value for key, value in asdict(recipe.options).items() if value is not None}
    record: dict[str, Any] = {"handtint": recipe.version, "options": options, "models": dict(recipe.models)}
    if recipe.files:
        record["files"] = dict(recipe.files)
    for name, sha in (("mask", recipe.mask), ("reference", recipe.reference)):
        if sha:
            record[name] = {"sha256": sha}
    return f"{_TITLE}{tomli_w.dumps(record)}"


def loads(text: str, *, name: str = "recipe") -> Recipe:
    """Parse a recipe in TOML. Raises OptionError that names the wrong key."""
    try:
        record = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OptionError(f"{name}: not TOML: {files.one_line(str(error))}") from error
    check_names(record, ("handtint", "options", "models", "files", *_UPLOADS), name, OptionError)
    options = settings(_table(record, "options", name), name=name)
    models, hashes, *uploads = (_table(record, key, name) for key in ("models", "files", *_UPLOADS))
    version = record.get("handtint", __version__)
    for key, table in zip(_UPLOADS, uploads, strict=True):
        check_names(table, ("sha256",), f"{name}: {key}", OptionError)
    texts = (item for table in (models, hashes, *uploads) for item in table.items())
    for key, value in (*texts, ("handtint", version)):
        check_type(value, str, f"{name}: {key}")
    mask, reference = (table.get("sha256", "") for table in uploads)
    return Recipe(options=options, models=models, mask=mask, reference=reference, files=hashes, version=version)


def settings(table: Mapping[str, Any], *, name: str) -> Options:
    """The options in a table; missing ones have their defaults. Raises OptionError that names the wrong key."""
    check_names(table, [declared.name for declared in fields(Options)], name, OptionError)
    try:
        return Options(**table)
    except OptionError as error:
        raise OptionError(f"{name}: {error}") from error


def write(recipe: Recipe, path: str | Path) -> None:
    """Write the recipe to a file. Raises OutputError."""
    files.write(path, dumps(recipe).encode())


def read(path: str | Path) -> Recipe:
    """The recipe in a file. Raises OptionError."""
    try:
        return loads(Path(path).read_text(encoding="utf-8"), name=files.one_line(str(path)))
    except OSError as error:
        raise OptionError(f"{path}: {files.reason(error)}") from error
    except ValueError as error:
        raise OptionError(f"{path}: not a text file") from error


def with_changes(recipe: Recipe, settings: Mapping[str, Any]) -> Options:
    """The recipe's options with some of them replaced. Raises OptionError."""
    return replace(recipe.options, **settings)


def _table(record: Mapping[str, Any], key: str, name: str) -> dict[str, Any]:
    table = record.get(key, {})
    if not isinstance(table, dict):
        raise OptionError(f"{name}: [{key}] should be a table")
    return table
