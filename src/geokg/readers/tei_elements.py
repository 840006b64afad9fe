"""Elements of a TEI file as the readers of its parts see them."""

from __future__ import annotations

from typing import cast

from lxml import etree

TEI = "{http://www.tei-c.org/ns/1.0}"
ID = "{http://www.w3.org/XML/1998/namespace}id"


def local(element: etree._Element) -> str:
    """The name of an element without its namespace; empty for comments and the like.

    >>> local(etree.fromstring(f'<said xmlns="{TEI[1:-1]}"/>'))
    'said'
    """
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def line(element: etree._Element) -> int:
    """The line of the file that an element begins on."""
    return cast(int, element.sourceline) or 0


def words(element: etree._Element) -> str:
    """The words of an element, with blanks as people read them.

    >>> words(etree.fromstring("<a> Hu <b>Shi</b>sheng <!-- the director --></a>"))
    'Hu Shisheng'
    """
    return " ".join(str(element.xpath("string()")).split())


def pointers(element: etree._Element, *names: str) -> list[str]:
    """What attributes point to; one may point to several things. Words that are no pointers are one name.

    >>> pointers(etree.fromstring('<said who="#hu  #hua" toWhom="Ann Lee"/>'), "who", "toWhom")
    ['#hu', '#hua', 'Ann Lee']
    """
    found = [str(element.get(name) or "").split() for name in names]
    return [
        one
        for parts in found
        for one in (parts if any("#" in part or ":" in part for part in parts) else [" ".join(parts)] * bool(parts))
    ]
