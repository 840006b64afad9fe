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
    """What attributes point to; one may point to several things.

    >>> pointers(etree.fromstring('<said who="#hu  #hua"/>'), "who", "toWhom")
    ['#hu', '#hua']
    """
    return [pointer for name in names for pointer in str(element.get(name) or "").split()]
