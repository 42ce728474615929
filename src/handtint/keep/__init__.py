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
    names_one,
    needs_segmentation,
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
    "names_one",
    "needs_segmentation",
    "parse",
    "seconds",
    "show",
]
