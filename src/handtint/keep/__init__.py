"""The language of `--keep`: its terms, its parser, its printer."""

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
    looks,
    names_one,
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
    "names_one",
    "parse",
    "seconds",
    "show",
]
