"""Absolute paths, for workers on other machines or with other working folders."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from handtint import keep, zoo
from handtint.batch import storage
from handtint.batch.naming import STREAM
from handtint.options import Options


def path(path: str) -> str:
    """The absolute path, with its trailing slash, which marks a folder, if it has one; URLs and "-" are unchanged."""
    if path == STREAM or storage.is_url(path):
        return path
    return os.path.abspath(path) + ("/" if path.endswith("/") else "")


def options(options: Options) -> Options:
    """The same edit, with absolute paths of files of networks and masks. Raises OptionError, WeightsError."""
    model, mask_model = zoo.absolute(options.model), zoo.absolute(options.mask_model)
    hints = tuple(_hint(text) for text in options.hint)
    reference = path(options.reference) if options.reference else None
    edit = replace(options, keep=_keep(options.keep), hint=hints, reference=reference)
    return replace(edit, model=model, mask_model=mask_model)


def _keep(text: str) -> str:
    steps = keep.parse(text)
    if not keep.files(steps):
        return text
    return keep.show(_steps(steps))


def _hint(text: str) -> str:
    hint = keep.parse_hint(text)
    return str(replace(hint, where=_steps(hint.where))) if keep.files(hint.where) else text


def _steps(steps: Sequence[keep.Step]) -> tuple[keep.Step, ...]:
    return tuple(replace(step, term=_term(step.term)) for step in steps)


def _term(term: keep.Term) -> keep.Term:
    return replace(term, path=path(term.path)) if isinstance(term, keep.MaskFile) else term
