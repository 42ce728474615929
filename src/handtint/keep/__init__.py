"""The languages of `--keep` and `--hint`: their terms, parsers and printers."""

from handtint.keep.hints import Hint, parse_hint, rgb_of
from handtint.keep.parser import parse, seconds
from handtint.keep.terms import (
    CLASSES,
    Box,
    Class,
    Everything,
    Hue,
    Length,
    MaskFile,
    Point,
    Step,
    Subject,
    Term,
    files,
    names_one,
    needs_parts,
    needs_segmentation,
    show,
)

__all__ = [
    "CLASSES",
    "Box",
    "Class",
    "Everything",
    "Hint",
    "Hue",
    "Length",
    "MaskFile",
    "Point",
    "Step",
    "Subject",
    "Term",
    "files",
    "names_one",
    "needs_parts",
    "needs_segmentation",
    "parse",
    "parse_hint",
    "rgb_of",
    "seconds",
    "show",
]
