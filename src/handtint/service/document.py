"""The OpenAPI document, most of it made from the settings of an edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field as Setting
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field
from starlette.responses import Response

from handtint.image.io.formats import MEDIA_TYPES
from handtint.service import problems
from handtint.service.accept import JSON
from handtint.service.form import MAX_FIELD_CHARACTERS, MULTIPART, OPTIONS
from handtint.service.settings import Settings

ABOUT = "Colour for what matters in a black-and-white photograph. Errors are problem documents (RFC 9457)."
_REF = "#/components/schemas/{model}"


class Finding(BaseModel):
    """An object in a photo, or its foreground."""

    keep: str = Field(description="The term that names this object in `keep`.", examples=["person:1"])
    class_: str = Field(alias="class", examples=["person"])
    number: int | None = Field(description="By size: 1 is the largest object of its class.")
    position: int | None = Field(description="From the left: 1 is the leftmost object of its class.")
    box: list[int] = Field(description="Left, top, right, bottom in pixels.", min_length=4, max_length=4)
    share: float = Field(ge=0, le=1, description="The share of the photo that it covers.")
    confidence: float = Field(ge=0, le=1)


class Inspected(BaseModel):
    """What is in a photo."""

    width: int
    height: int
    found: list[Finding]


class Picture(BaseModel):
    """A picture's file."""

    media_type: str = Field(examples=["image/jpeg"])
    data: str = Field(description="The file in base64.")


class Tinted(Inspected):
    """A tinted photo, its mask, and what was found."""

    photo: Picture
    mask: str = Field(description="The mask as a PNG file in base64: white where colour is kept.")
    note: str = Field(description="A note for the user on the result, or nothing.")
    recipe: str = Field(description="The edit as TOML: with the same photo it gives the same bytes.")


class Network(BaseModel):
    """A network of the catalogue; those with weights have more fields."""

    name: str
    task: Literal["color", "mask", "faces", "parts"]
    network: str
    side: int
    present: bool = Field(description="Whether its weights are installed. Requests can only name such a model.")
    licence: str
    size: int = Field(description="The size of the weights, in bytes.")
    source: str
    scores: dict[str, float]


class State(BaseModel):
    """The state of the service."""

    status: Literal["alive", "ready"]
    workers: int = Field(default=0, description="The number of workers that are ready or busy.")


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str = Field(examples=["urn:handtint:problem:setting"])
    title: str = Field(examples=["A setting is not valid"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["keep: 'dgo' at character 1: unknown class; did you mean 'dog'?"])
    instance: str


_MODELS = (Finding, Inspected, Picture, Tinted, Network, State, Problem)


def _schema(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {problems.MEDIA: {"schema": _schema(Problem)}}
    responses: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        responses[status] = {"description": problems.SUMMARIES[status], "content": content}
    for status in {429, 503} & set(statuses):
        wait = {"description": "The number of seconds after which to try again.", "schema": {"type": "integer"}}
        responses[status]["headers"] = {"Retry-After": wait}
    return responses


def _json(schema: Mapping[str, Any], description: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": description, "content": {JSON: {"schema": schema}}}}


def _field(setting: Setting[Any]) -> dict[str, Any]:
    """The JSON Schema of one setting of an edit."""
    rule, default = setting.metadata, setting.default
    kinds: Mapping[type, str] = {bool: "boolean", int: "integer", float: "number"}
    if isinstance(default, tuple):
        items = {"type": "string", "minLength": 1, "maxLength": MAX_FIELD_CHARACTERS}
        return {"type": "array", "items": items, "default": [], "description": rule["help"]}
    schema: dict[str, Any] = {"type": kinds.get(type(default), "string"), "description": rule["help"]}
    if default is not None:
        schema["default"] = default
    if rule["choices"]:
        schema["enum"] = list(rule["choices"])
    elif schema["type"] == "string":
        schema |= {"minLength": 1, "maxLength": MAX_FIELD_CHARACTERS}
    if rule["low"] is not None:
        schema |= {"minimum": rule["low"], "maximum": rule["high"]}
    return schema


_FILE = {"type": "string", "format": "binary"}
_PHOTO = {**_FILE, "description": "The photo's file."}
_MASK = {**_FILE, "description": "A mask's file, used instead of `keep`: white keeps colour, black does not."}
_REFERENCE = {**_FILE, "description": OPTIONS["reference"].metadata["help"]}
_RECIPE = {**_FILE, "description": "An edit as TOML; other fields override it."}
_OTHER = {
    "type": "boolean",
    "default": False,
    "description": "Apply the recipe even if the models are not those it was made with.",
}


def _body(properties: Mapping[str, Any], examples: Mapping[str, Any]) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["photo"],
        "properties": dict(properties),
        "additionalProperties": False,
    }
    named_examples = {name: {"value": value} for name, value in examples.items()}
    return {"requestBody": {"required": True, "content": {MULTIPART: {"schema": schema, "examples": named_examples}}}}


_TINT = {"photo": _PHOTO, "mask": _MASK, "recipe": _RECIPE, "other_models": _OTHER}
_TINT |= {name: _field(setting) for name, setting in OPTIONS.items()} | {"reference": _REFERENCE}
_INSPECT = {"photo": _PHOTO, **{name: _field(OPTIONS[name]) for name in ("gain", "mask_model")}}
_ALWAYS_POSSIBLE = (401, 403, 431)
_WORK = (400, *_ALWAYS_POSSIBLE, 406, 408, 413, 415, 422, 429, 500, 503)
_EXAMPLES = {
    "the largest person": {"photo": "old.jpg", "keep": "person:1"},
    "people in full colour, the dog in pale colours": {"photo": "old.jpg", "keep": "person + dog=0.4", "feather": 2},
    "her coat was navy": {"photo": "old.jpg", "hint": ["@40%,55%=navy"]},
    "with the colours of another photograph": {"photo": "old.jpg", "reference": "the same house.jpg", "keep": "all"},
    "everything, as a PNG": {"photo": "old.jpg", "keep": "all", "format": "png"},
}
_NOTE = {"Handtint-Note": {"description": "A note for the user, percent-encoded.", "schema": {"type": "string"}}}
_PICTURE = {
    200: {
        "description": "The picture, or JSON, as the header Accept requests.",
        "headers": _NOTE,
        "content": {**{media: {"schema": _FILE} for media in MEDIA_TYPES.values()}, JSON: {"schema": _schema(Tinted)}},
    }
}

TINT: dict[str, Any] = {
    "responses": {**_PICTURE, **_problems(*_WORK)},
    "openapi_extra": _body(_TINT, _EXAMPLES),
    "response_class": Response,
}
INSPECT: dict[str, Any] = {
    "responses": {**_json(_schema(Inspected), "What is in the photo."), **_problems(*_WORK)},
    "openapi_extra": _body(_INSPECT, {"a photo": {"photo": "old.jpg"}}),
    "response_class": Response,
}
MODELS: dict[str, Any] = {
    "responses": {
        **_json({"type": "array", "items": _schema(Network)}, "The catalogue."),
        **_problems(*_ALWAYS_POSSIBLE),
    },
    "response_class": Response,
}
HEALTH: dict[str, Any] = {
    "responses": {**_json(_schema(State), "The service is alive."), **_problems(403, 431)},
    "response_class": Response,
}
READY: dict[str, Any] = {
    "responses": {**_json(_schema(State), "A worker is ready."), **_problems(403, 431, 503)},
    "response_class": Response,
}
METRICS: dict[str, Any] = {
    "responses": {
        200: {"description": "The metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}},
        **_problems(*_ALWAYS_POSSIBLE),
    },
    "response_class": Response,
}


def describe(app: FastAPI, settings: Settings) -> dict[str, Any]:
    """The OpenAPI document of the application, with its schemas, and the token where one is needed."""
    if app.openapi_schema:
        return app.openapi_schema
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas: dict[str, Any] = {}
    for model in _MODELS:
        schema = model.model_json_schema(ref_template=_REF)
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
    document["components"] = {"schemas": schemas}
    if settings.token:
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for path, methods in document["paths"].items():
            if path not in ("/healthz", "/readyz"):
                for method in methods.values():
                    method["security"] = [{"token": []}]
    app.openapi_schema = document
    return document
