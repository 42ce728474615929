"""XMP packets: existing properties are preserved; properties are added and removed exactly."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handtint.image.metadata import xmp

DC, XAP, OURS = "http://purl.org/dc/elements/1.1/", "http://ns.adobe.com/xap/1.0/", "urn:x#"
RICH = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Tool 1"><rdf:RDF xmlns:rdf="{xmp.RDF}">
 <rdf:Description rdf:about="uuid:1" xmlns:dc="{DC}" xmlns:xmp="{XAP}" xmp:CreatorTool="Scanner &amp; Co">
  <dc:title><rdf:Alt><rdf:li xml:lang="x-default">Großmutter</rdf:li></rdf:Alt></dc:title>
 </rdf:Description><!-- a note --></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>""".encode()
NEW = xmp.Property(OURS, "our", "Word", "a < b & c")
LIST = xmp.Property(OURS, "our", "List", ("one", "two"))
HOSTILE = {
    "empty": b"",
    "noise": b"\x00\xff\xfe junk",
    "cut": RICH[:300],
    "no RDF": b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
    "entities": b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]>' + RICH,
    "a document type": b'<!DOCTYPE a SYSTEM "file:///etc/passwd">' + RICH,
    "deep": b"<a>" * 5000 + b"</a>" * 5000,
    "large": RICH + b" " * 3_000_000 + b"<!-- -->",
    "unbound prefix": b"<r:RDF/>",
    "unknown encoding": b"<?xml version='1.0' encoding='x-none'?>" + RICH,
}


def read(packet: bytes) -> dict[str, str]:
    """All attributes of Descriptions and the texts of all elements, read by the standard library."""
    root = ET.fromstring(packet)
    attributes = {
        key: value for element in root.iter(f"{{{xmp.RDF}}}Description") for key, value in element.attrib.items()
    }
    return attributes | {element.tag: "".join(element.itertext()).strip() for element in root.iter()}


def test_existing_properties_are_preserved() -> None:
    packet = xmp.extend(RICH, [NEW, LIST])
    before, after = read(RICH), read(packet)
    assert after[f"{{{DC}}}title"] == "Großmutter"
    assert after[f"{{{XAP}}}CreatorTool"] == "Scanner & Co"
    assert not [
        key for key in before if xmp.RDF not in key and "adobe:ns:meta" not in key and after[key] != before[key]
    ]
    assert after[f"{{{OURS}}}Word"] == "a < b & c"
    assert after[f"{{{OURS}}}List"] == "onetwo"
    for part in (b"<?xpacket begin", b'end="w"?>', b"<!-- a note -->", b'x:xmptk="Tool 1"'):
        assert part in packet
    assert packet.count(b'rdf:about="uuid:1"') == 2


def test_a_property_is_replaced_in_any_notation() -> None:
    once = xmp.extend(RICH, [NEW, LIST])
    assert xmp.extend(once, [NEW, LIST]).count(b"Word=") == 1
    element = RICH.replace(b"<dc:title>", b"<o:Word xmlns:o='urn:x#'>old</o:Word><dc:title>")
    packet = xmp.extend(element, [NEW])
    assert b"old" not in packet
    assert read(packet)[f"{{{OURS}}}Word"] == "a < b & c"


def test_defaults_are_added_only_if_missing() -> None:
    tool = xmp.Property(XAP, "xmp", "CreatorTool", "handtint")
    assert read(xmp.extend(RICH, [], defaults=[tool]))[f"{{{XAP}}}CreatorTool"] == "Scanner & Co"
    assert read(xmp.extend(b"", [], defaults=[tool]))[f"{{{XAP}}}CreatorTool"] == "handtint"


@pytest.mark.parametrize("kind", HOSTILE)
def test_unreadable_packets_are_replaced(kind: str) -> None:
    packet = xmp.extend(HOSTILE[kind], [NEW])
    assert read(packet)[f"{{{OURS}}}Word"] == "a < b & c"
    assert b"bbbb" not in packet
    assert len(packet) < 2000
    assert xmp.without_properties(HOSTILE[kind], lambda *_: False) == b""


def test_properties_are_removed_in_any_notation() -> None:
    packet = xmp.without_properties(RICH, lambda _, name: name in ("title", "CreatorTool"))
    assert re.search(b"title|CreatorTool|Gro", packet) is None
    assert b"uuid:1" in packet


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), max_size=20)


@given(TEXT, st.lists(TEXT, min_size=1, max_size=4))
def test_any_text_is_restored(text: str, items: list[str]) -> None:
    packet = xmp.extend(RICH, [xmp.Property(OURS, "o", "Word", text), xmp.Property(OURS, "o", "List", tuple(items))])
    root = ET.fromstring(packet)
    assert [d.get(f"{{{OURS}}}Word") for d in root.iter(f"{{{xmp.RDF}}}Description")][-1] == text
    assert [li.text or "" for li in root.iter(f"{{{xmp.RDF}}}li")][1:] == items


@given(st.binary(max_size=80), st.integers(0, len(RICH)))
def test_damaged_packets_are_extended_or_replaced(noise: bytes, offset: int) -> None:
    packet = RICH[:offset] + noise + RICH[offset + len(noise) :]
    assert read(xmp.extend(packet, [NEW]))[f"{{{OURS}}}Word"] == "a < b & c"
    assert isinstance(xmp.without_properties(packet, lambda *_: True), bytes)
