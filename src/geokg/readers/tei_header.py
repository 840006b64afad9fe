"""What the header of a TEI text says of it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from lxml import etree

from ..errors import ReadError
from ..text import Source
from .given import Faults
from .tei_elements import words

_NAMESPACES = {"t": "http://www.tei-c.org/ns/1.0", "xml": "http://www.w3.org/XML/1998/namespace"}
_DATE = re.compile(r"([0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?)(?:T.*)?")
_FILE = "t:teiHeader/t:fileDesc/"
_PUBLISHED = f"{_FILE}t:publicationStmt/"
_FROM = f"{_FILE}t:sourceDesc//"


def described(source: Source, element: etree._Element, path: Path, faults: Faults) -> Source:
    """What is known of a text: what ``source.toml`` says, else what its header or that of its corpus does.

    The text that was encoded comes before its encoding: its publisher and date, where ``sourceDesc`` tells them.

    Args:
        source: what ``source.toml`` says.
        element: the ``TEI`` element.
        path: the file.
        faults: is told a date that is none.
    """
    corpus = element.getparent()

    def first(*ways: str) -> str | None:
        for holder in (element, corpus) if corpus is not None else (element,):
            for way in ways:
                for found in _every(holder, way):
                    return found
        return None

    date = first(f"{_FROM}t:date/@when", f"{_PUBLISHED}t:date/@when")
    known = _DATE.fullmatch(date or "")
    if date and not known and source.date is None:
        faults.pass_over(ReadError(f"{date!r}, which is no date of a year, month or day", path=path))
    return replace(
        source,
        title=source.title or first(f"{_FILE}t:titleStmt/t:title"),
        language=source.language
        or first("t:text/@xml:lang", "@xml:lang", "t:teiHeader/t:profileDesc/t:langUsage/t:language/@ident"),
        publisher=source.publisher
        or first(f"{_FROM}t:publisher", f"{_PUBLISHED}t:publisher", f"{_PUBLISHED}t:authority"),
        author=source.author or tuple(dict.fromkeys(_every(element, f"{_FILE}t:titleStmt/t:author"))),
        url=source.url
        or first(f'{_FROM}t:idno[@type="URL" or @type="URI"]', f'{_PUBLISHED}t:idno[@type="URL" or @type="URI"]'),
        licence=source.licence
        or first(f"{_PUBLISHED}t:availability/t:licence/@target", f"{_PUBLISHED}t:availability/t:licence"),
        date=source.date or (known[1] if known else None),
    )


def _every(element: etree._Element, way: str) -> list[str]:
    """What stands at the end of a path, as people read it."""
    found = element.xpath(way, namespaces=_NAMESPACES)
    assert isinstance(found, list)  # noqa: S101 - every path here names elements or attributes
    told = [words(one) if isinstance(one, etree._Element) else " ".join(str(one).split()) for one in found]
    return [one for one in told if one]
