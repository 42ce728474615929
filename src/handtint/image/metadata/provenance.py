"""The statement in a result's XMP that its colours are predicted, with the networks, weights and options.

The picture itself is not marked. The statement is the same for every run with the same options.

Sources: IPTC Photo Metadata Standard 2025.1 (Digital Source Type, AI System Used); IPTC NewsCodes, digital source type.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from handtint import __version__
from handtint.image.metadata import xmp
from handtint.options import Options

IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
OURS = "urn:handtint:provenance:1#"
_XMP = "http://ns.adobe.com/xap/1.0/"
# A photograph of which a part, its colour, is the output of a trained model.
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
_WITHOUT_EFFECT = {"metadata", "provenance", "format", "quality"}  # options without effect on the pixels


def with_statement(metadata: Mapping[str, Any], models: Mapping[str, str], options: Options) -> dict[str, Any]:
    """The metadata of a photo, with the statement added to its XMP.

    models: name -> sha256 of the weights, for the networks that were used.
    """
    settings = {key: value for key, value in asdict(options).items() if key not in _WITHOUT_EFFECT}
    statement = [
        xmp.Property(IPTC, "Iptc4xmpExt", "DigitalSourceType", SOURCE_TYPE),
        xmp.Property(IPTC, "Iptc4xmpExt", "AISystemUsed", "handtint"),
        xmp.Property(IPTC, "Iptc4xmpExt", "AISystemVersionUsed", __version__),
        xmp.Property(OURS, "handtint", "Models", tuple(f"{name} sha256:{sha}" for name, sha in models.items())),
        xmp.Property(OURS, "handtint", "Options", json.dumps(settings, sort_keys=True)),
    ]
    tool = [xmp.Property(_XMP, "xmp", "CreatorTool", f"handtint {__version__}")]  # only if no tool is named yet
    packet = xmp.extend(metadata.get("xmp-data", b""), statement, defaults=tool)
    return {**metadata, "xmp-data": packet}
