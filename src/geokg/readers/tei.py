"""TEI P5 (https://tei-c.org/guidelines/p5/): speech and names in running text.

The text is all characters of ``text``, as they are in the XML once entities and line ends are read; comments and
processing instructions are none of them. Offsets count there; lines of annotations are those of the XML file.

* Names (``persName``, ``orgName``, ``placeName``, ``geogName``, ``name``, ``rs``, ``ref``) are mentions, without blanks
  at their ends. ``ref`` and ``key`` link them to registers; what points to one ``xml:id`` is one thing, and called as
  the list of persons, organizations or places in the file calls it.
* Speech (``said``, ``q``, ``quote``, ``u``) is an event with its own words as ``content``, and whoever ``who`` points
  to as ``who``: the nearest mention, or else somebody behind these words. ``next`` and ``prev`` join its parts.
* Other attributes of these elements are attributes. ``teiHeader`` tells the source, where ``source.toml`` does not.

No entity is expanded but those of XML itself, nothing is fetched, and a file that declares entities is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..errors import ReadError
from ..files import read_bytes
from ..text import Document
from .given import AnnotationFile
from .source import read_source

if TYPE_CHECKING:
    from lxml import etree

SUFFIXES = (".tei", ".xml")
"""The endings of the files that this reader reads."""

NAMESPACE = "http://www.tei-c.org/ns/1.0"
"""The namespace of all TEI elements."""


def recognizes(head: str) -> bool:
    """Whether a file that begins like this is TEI.

    >>> recognizes(f'<?xml version="1.0"?><TEI xmlns="{NAMESPACE}">'), recognizes("<xmi:XMI>")
    (True, False)
    """
    return NAMESPACE in head and ("TEI" in head or "teiCorpus" in head)


def documents(given: AnnotationFile) -> Iterator[Document]:
    """Yield a document for each ``TEI`` that has a text.

    Raises:
        ReadError: the file is not XML, declares entities, has no text, or only points to it; with its line.
    """
    path = given.path
    root = _parse(path)
    # These need lxml, which may not be installed; parsing has said so.
    from .tei_elements import line
    from .tei_text import read

    texts = [one for one in root.iter(f"{{{NAMESPACE}}}TEI") if one.find(f"{{{NAMESPACE}}}text") is not None]
    if not texts:
        raise ReadError("holds no TEI element with a text", path=path, line=line(root))
    source = read_source(given.folder)
    names = [re.sub(r"[\s/#?%]+", "-", _name(one) or str(number)) for number, one in enumerate(texts, 1)]
    for name, one in zip(names, texts, strict=True):
        if names.count(name) > 1:
            raise ReadError(f"two texts are called {name!r}", path=path, line=line(one))
        yield read(one, root, given, source, name if len(texts) > 1 else None)


def _name(element: etree._Element) -> str | None:
    found = element.get("{http://www.w3.org/XML/1998/namespace}id") or element.get("n")
    return str(found) if found else None


def _parse(path: Path) -> etree._Element:
    try:
        from lxml import etree
    except ImportError as error:
        raise ReadError(
            "TEI is read with lxml, which is not installed: pip install geokg[formats]", path=path
        ) from error
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(read_bytes(path), parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise ReadError(f"is not XML: {error.msg}", path=path, line=line, column=column + 1) from error
    declared: Any = root.getroottree().docinfo.internalDTD
    if declared is not None and (one := next(declared.iterentities(), None)) is not None:
        raise ReadError(
            f"declares the entity {one.name!r}, and entities are not expanded: write what they stand for", path=path
        )
    for entity in root.iter(etree.Entity):
        where = cast(int, entity.sourceline)
        raise ReadError(f"{entity.text} is no entity of XML's own: write the character", path=path, line=where)
    return root
