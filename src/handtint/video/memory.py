"""What is remembered between frames, and its form as bytes, so that a stopped film continues unchanged."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from handtint import keep
from handtint.image.color import tone
from handtint.keep import Point, Term
from handtint.types import Array, Float
from handtint.video.answers import Answers
from handtint.video.hinted import Spots


@dataclass(frozen=True, slots=True)
class Key:
    """A frame that the networks looked at. view: its L* (h, w). move: from the newest frame to it. age: in frames.

    lag: what it showed beyond the answers, so that the picture did not jump; None for the first of a scene.
    told: what hints change of its colours, (h', w', 4); None without hints. spots: where their points are in it.
    """

    view: Float
    answers: Answers
    move: Float
    age: int = 0
    lag: Answers | None = None
    told: Float | None = None
    spots: Spots = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known before a frame comes.

    key: the frame to carry from, None at the start. last: L* (h, w) of the frame before. before: the key of the scene
    before this one, as long as that may come back; since: frames since the cut. kind: of the scene. named: the points
    and boxes that have been looked for.
    """

    key: Key | None = None
    last: Float | None = None
    before: Key | None = None
    since: int = 0
    kind: tone.Kind = "gray"
    named: tuple[Term, ...] = ()


def dump(memory: Memory) -> bytes:
    """The memory as an NPZ file."""
    facts: dict[str, Any] = {"since": memory.since, "kind": memory.kind, "named": list(map(str, memory.named))}
    arrays: dict[str, Any] = {} if memory.last is None else {"last": memory.last}
    for name, key in (("key", memory.key), ("before", memory.before)):
        if key is not None:
            things = list(map(str, key.answers.things))
            facts[name] = {"age": key.age, "layers": len(key.answers.layers), "things": things, "lag": bool(key.lag)}
            facts[name]["spots"] = [[str(point), *place] for point, place in key.spots.items()]
            arrays |= {f"{name}.{part}": array for part, array in _parts(key)}
    file = io.BytesIO()
    np.savez(file, facts=np.frombuffer(json.dumps(facts).encode(), np.uint8), **arrays)
    return file.getvalue()


def load(data: bytes) -> Memory:
    """The memory that `dump` wrote."""
    with np.load(io.BytesIO(data)) as file:
        arrays = dict(file)
    facts = json.loads(arrays["facts"].tobytes())
    key, before = (_key(name, facts[name], arrays) if name in facts else None for name in ("key", "before"))
    named = tuple(map(_term, facts["named"]))
    return Memory(key, arrays.get("last"), before, facts["since"], facts["kind"], named)


def _parts(key: Key) -> Iterator[tuple[str, Array]]:
    yield from (("view", key.view), ("move", key.move), ("count", key.answers.count))
    if key.answers.colors is not None:
        yield "colors", key.answers.colors
    yield from ((f"layer{i}", layer) for i, layer in enumerate(key.answers.layers))
    yield from ((f"thing{i}", thing) for i, thing in enumerate(key.answers.things.values()))
    if key.told is not None:
        yield "told", key.told
    if key.lag is not None:
        yield "lag.count", key.lag.count
        if key.lag.colors is not None:
            yield "lag.colors", key.lag.colors
        yield from ((f"lag.layer{i}", layer) for i, layer in enumerate(key.lag.layers))


def _key(name: str, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Key:
    def part(what: str) -> Array:
        return arrays[f"{name}.{what}"]

    answers = Answers(
        arrays.get(f"{name}.colors"),
        tuple(part(f"layer{i}") for i in range(facts["layers"])),
        part("count"),
        {_term(term): part(f"thing{i}") for i, term in enumerate(facts["things"])},
    )
    lag = None
    if facts["lag"]:
        layers = tuple(part(f"lag.layer{i}") for i in range(facts["layers"]))
        lag = Answers(arrays.get(f"{name}.lag.colors"), layers, part("lag.count"))
    return Key(
        part("view"), answers, part("move"), facts["age"], lag, arrays.get(f"{name}.told"), _spots(facts["spots"])
    )


def _spots(rows: Iterable[tuple[str, float, float]]) -> Spots:
    return {point: (x, y) for name, x, y in rows if isinstance(point := _term(name), Point)}


def _term(text: str) -> Term:
    return keep.parse(text)[0].term
