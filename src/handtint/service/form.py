"""The form of a request: its fields are the settings of an edit, parsed and validated before any work is done."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from io import BytesIO
from typing import Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from handtint import keep, zoo
from handtint import recipe as recipes
from handtint.errors import OptionError, ServiceError
from handtint.image.io.formats import recognize
from handtint.options import MAX_HINTS, Options
from handtint.recipe import Recipe
from handtint.service.settings import Settings
from handtint.settings import boolean, from_text, hint, kind_of

MULTIPART = "multipart/form-data"
MAX_FIELD_CHARACTERS = 1000  # of a text field
MAX_RECIPE_BYTES = 64 * 1024  # of a recipe
PICTURES = ("photo", "mask", "reference")
MAX_FILES, MAX_FIELDS = 4, 32 + MAX_HINTS  # in a form
OPTIONS: Mapping[str, Field[Any]] = {setting.name: setting for setting in fields(Options)}
LISTS = {name for name, setting in OPTIONS.items() if kind_of(setting) is tuple}


@dataclass(frozen=True, slots=True)
class Form:
    """A parsed form: files, texts, and lists of texts for repeatable settings, each by the name of the field."""

    files: Mapping[str, bytes]
    texts: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def photo(self) -> bytes:
        """The bytes of the photo's file."""
        return self.files["photo"]

    def options(self) -> Options:
        """The edit: that of the recipe, if there is one, overridden by the fields. Raises OptionError."""
        settings = {name: from_text(OPTIONS[name], text) for name, text in self.texts.items() if name in OPTIONS}
        settings |= self.lists
        recorded = self._recipe()
        options = recipes.with_changes(recorded, settings) if recorded else Options(**settings)
        if "reference" in self.files:  # replaces the reference that a recipe names
            options = replace(options, reference=None)
        reject_paths(options)
        uploaded = {name: self.files[name] for name in ("mask", "reference") if name in self.files}
        current = recipes.of(options, **uploaded)
        if recorded and not boolean(self.texts.get("other_models", "false"), "other_models"):
            recipes.check(recorded, current)
        return options

    def _recipe(self) -> Recipe | None:
        if "recipe" not in self.files and "recipe" not in self.texts:
            return None
        data = self.files.get("recipe", b"") or self.texts.get("recipe", "").encode()
        if not 0 < len(data) <= MAX_RECIPE_BYTES:
            raise OptionError(f"recipe: {f'larger than the limit of {MAX_RECIPE_BYTES} bytes' if data else 'empty'}")
        try:
            return recipes.loads(data.decode())
        except (ValueError, RecursionError) as error:
            raise OptionError("recipe: not a text file of TOML") from error


def reject_paths(options: Options) -> None:
    """Raise OptionError if an edit names a file on this machine, of a mask or a model."""
    if keep.files(options.named):
        raise OptionError("keep, hint: a request cannot name a file: send the mask as the field `mask`")
    if options.reference:
        raise OptionError("reference: a request cannot name a file: send the photo as the field `reference`")
    for name, model in (("model", options.model), ("mask_model", options.mask_model)):
        if model not in zoo.CATALOGUE:
            raise OptionError(f"{name}: {model!r} is not in the catalogue; see /v1/models")
        if not zoo.CATALOGUE[model].summary()["present"]:
            raise OptionError(f"{name}: {model} is in the catalogue, but its weights are not installed; see /v1/models")


async def read(request: Request, settings: Settings, names: tuple[str, ...]) -> Form:
    """Parse the form of a request, which may have only the named fields and pictures in supported formats.

    Nothing is written to disk. Raises ServiceError, and OptionError for the fields.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MULTIPART:
        raise ServiceError("media-type", f"the body should be {MULTIPART}, with the photo's file as `photo`")
    try:
        async with asyncio.timeout(settings.seconds):
            items = await _parse(request, settings.bytes)
    except TimeoutError as error:
        raise ServiceError("upload-time", f"the upload took longer than {settings.seconds:g} s") from error
    form = _to_form(items, names)
    for name in PICTURES:
        if name in form.files:
            _check_format(name, form.files[name], settings.formats)
    return form


async def _parse(request: Request, max_bytes: int) -> list[tuple[str, str | bytes]]:
    """The parts of a form, with files as bytes in memory. Raises ServiceError."""
    parser = MultiPartParser(
        request.headers, request.stream(), max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_RECIPE_BYTES
    )
    parser.spool_max_size = max_bytes
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise ServiceError("malformed", error.message) from error
    items: list[tuple[str, str | bytes]] = []
    for name, value in form.multi_items():
        items.append((name, _content(value) if isinstance(value, UploadFile) else value))
    await form.close()
    return items


def _content(upload: UploadFile) -> bytes:
    """The bytes of an uploaded file without a copy: `read` would make one, `getvalue` returns the buffer."""
    buffer: BytesIO = upload.file._file  # type: ignore[attr-defined] # spool_max_size keeps every file in memory
    return buffer.getvalue()


def _to_form(items: list[tuple[str, str | bytes]], names: tuple[str, ...]) -> Form:
    """The parsed form of these parts. Raises OptionError for missing, unknown, repeated or mistyped fields."""
    files: dict[str, bytes] = {}
    texts: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for name, value in items:
        if name not in names:
            raise OptionError(
                f"unknown field {name[:MAX_FIELD_CHARACTERS]!r}; {hint(name[:MAX_FIELD_CHARACTERS], names)}"
            )
        if name in files or name in texts:
            raise OptionError(f"{name}: given twice")
        if isinstance(value, bytes):
            files[name] = value
        elif name in LISTS:
            lists[name] = (*lists.get(name, ()), value)
        else:
            texts[name] = value
    for name in files:
        if name not in (*PICTURES, "recipe"):
            raise OptionError(f"{name}: a text, not a file, is expected")
    for name, text in (*texts.items(), *((name, text) for name, values in lists.items() for text in values)):
        if name in PICTURES:
            raise OptionError(f"{name}: a file is expected: the part needs a file name")
        if len(text) > MAX_FIELD_CHARACTERS and name != "recipe":
            raise OptionError(f"{name}: longer than {MAX_FIELD_CHARACTERS} characters")
    if "photo" not in files:
        raise OptionError("photo: missing; send the photo's file as the field `photo`")
    return Form(files, texts, lists)


def _check_format(name: str, data: bytes, formats: tuple[str, ...]) -> None:
    if not data:
        raise ServiceError("damaged", f"{name}: the file is empty")
    kind = recognize(data)
    if kind not in formats:
        reason = f"{kind} is not accepted here" if kind else "not a photograph format"
        raise ServiceError("media-type", f"{name}: {reason}; send one of {', '.join(formats)}")
