"""The language of `--keep`: its terms, its parser, its printer."""

from handtint.keep.parser import parse
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
    looks,
    show,
)

__all__ = [
    "CLASSES",
    "Box",
    "Class",
    "Everything",
    "Hue",
    "Length",
    "MaskFile",
    "Point",
    "Step",
    "Subject",
    "Term",
    "files",
    "looks",
    "parse",
    "show",
]
