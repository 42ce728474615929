"""XMP packets: properties are added and removed, everything else is left unchanged.

Packets are not trusted: document types and entities are refused, so that nothing is expanded or downloaded.

Source: XMP Specification Part 1 (ISO 16684-1), sections 7.4 (rdf:Description) and 7.9 (values).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.parsers.expat import ExpatError

from defusedxml import minidom
from defusedxml.common import DefusedXmlException

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_META = "adobe:ns:meta/"
_XMLNS = "http://www.w3.org/2000/xmlns/"
_MAX_BYTES = 2_000_000  # of a packet; real ones have thousands, and a document tree takes fifty times as much memory
_EMPTY = (
    f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="{_META}">'
    f'<rdf:RDF xmlns:rdf="{RDF}"></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
).encode()


@dataclass(frozen=True, slots=True)
class Property:
    """One property: its namespace, the prefix to write it with, its name, and its text or list of texts."""

    namespace: str
    prefix: str
    name: str
    value: str | tuple[str, ...]


def extend(packet: bytes, properties: Sequence[Property], *, defaults: Sequence[Property] = ()) -> bytes:
    """The packet with properties set, and with defaults, which are only set if they are missing.

    An empty or unreadable packet is replaced by a new one.
    """
    try:
        document = _parsed(packet)
    except ValueError:
        document = _parsed(_EMPTY)
    present = set(_names(document))
    added = [*properties, *(new for new in defaults if (new.namespace, new.name) not in present)]
    names = {(new.namespace, new.name) for new in added}
    _remove(document, lambda *name: name in names)
    about = _about(document)
    _drop_empty(document)
    _describe(document, about, added)
    return _bytes(document)


def without_properties(packet: bytes, unwanted: Callable[[str, str], bool]) -> bytes:
    """The packet without the properties for which unwanted(namespace, name) is true, at any depth.

    Empty if the packet cannot be read, since it might contain anything.
    """
    try:
        document = _parsed(packet)
        _remove(document, unwanted)
        return _bytes(document)
    except ValueError:
        return b""


def _parsed(packet: bytes) -> Any:
    """The parsed document of a packet. Raises ValueError if it cannot be parsed, or could not be written again."""
    if len(packet) > _MAX_BYTES:
        raise ValueError("an XMP packet of unusual size")
    try:
        document = minidom.parseString(packet.strip(b"\0 \r\n\t"), forbid_dtd=True)
        _bytes(document)  # fails if the nesting is too deep
    except (ExpatError, DefusedXmlException, ValueError, LookupError, RecursionError, AttributeError) as error:
        raise ValueError("a damaged XMP packet") from error
    if not document.getElementsByTagNameNS(RDF, "RDF"):
        raise ValueError("an XMP packet without RDF")
    return document


def _bytes(document: Any) -> bytes:
    return "".join(node.toxml() for node in document.childNodes).encode("utf-8", "xmlcharrefreplace")


def _elements(node: Any) -> Iterator[Any]:
    for child in list(node.childNodes):
        if child.nodeType == child.ELEMENT_NODE:
            yield child
            yield from _elements(child)


def _attributes(element: Any) -> list[Any]:
    """Its attributes, without declarations of namespaces."""
    attributes = element.attributes
    all_attributes = [attributes.item(i) for i in range(attributes.length)]
    return [attribute for attribute in all_attributes if attribute.namespaceURI != _XMLNS]


def _names(document: Any) -> Iterator[tuple[str, str]]:
    for element in _elements(document):
        yield element.namespaceURI or "", element.localName
        yield from ((attribute.namespaceURI or "", attribute.localName) for attribute in _attributes(element))


def _remove(document: Any, unwanted: Callable[[str, str], bool]) -> None:
    for element in _elements(document):
        if element.parentNode is None:
            continue
        if unwanted(element.namespaceURI or "", element.localName):
            element.parentNode.removeChild(element)
            continue
        for attribute in _attributes(element):
            if unwanted(attribute.namespaceURI or "", attribute.localName):
                element.removeAttributeNode(attribute)


def _drop_empty(document: Any) -> None:
    """Remove empty descriptions, which would otherwise accumulate in a photo that is tinted repeatedly."""
    for element in document.getElementsByTagNameNS(RDF, "Description"):
        has_content = any(name.localName != "about" for name in _attributes(element)) or next(_elements(element), None)
        if not has_content and element.parentNode.localName == "RDF":
            element.parentNode.removeChild(element)


def _about(document: Any) -> str:
    """The rdf:about of the descriptions."""
    descriptions = document.getElementsByTagNameNS(RDF, "Description")
    return str(descriptions[0].getAttributeNS(RDF, "about")) if descriptions else ""


def _describe(document: Any, about: str, properties: Sequence[Property]) -> None:
    """Add one rdf:Description, about the same as the others."""
    root = document.getElementsByTagNameNS(RDF, "RDF")[0]
    new = document.createElementNS(RDF, "rdf:Description")
    new.setAttributeNS(_XMLNS, "xmlns:rdf", RDF)
    new.setAttributeNS(RDF, "rdf:about", about)
    for property_ in properties:
        new.setAttributeNS(_XMLNS, f"xmlns:{property_.prefix}", property_.namespace)
        if isinstance(property_.value, str):
            new.setAttributeNS(property_.namespace, f"{property_.prefix}:{property_.name}", property_.value)
        else:
            new.appendChild(_bag(document, property_, property_.value))
    root.appendChild(new)


def _bag(document: Any, property_: Property, texts: Sequence[str]) -> Any:
    """An unordered list."""
    element = document.createElementNS(property_.namespace, f"{property_.prefix}:{property_.name}")
    bag = element.appendChild(document.createElementNS(RDF, "rdf:Bag"))
    for text in texts:
        item = bag.appendChild(document.createElementNS(RDF, "rdf:li"))
        item.appendChild(document.createTextNode(text))
    return element
