"""Annotations that a program drafted and that nobody has looked at: what carries the attribute ``Draft``."""

from __future__ import annotations

from collections import Counter

from ..readers.converting import without
from ..scheme import Scheme
from ..text import Document
from ..vocabulary import GK
from .writer import Notice

_DRAFTER = str(GK.draftedBy)


def without_drafts(document: Document, scheme: Scheme) -> tuple[Document, list[Notice]]:
    """A document without its drafts and what hangs on them, and what a person should know of that.

    >>> from geokg.text import Attribute, Mention, Text
    >>> text = Text("demo", "One", "a.txt")
    >>> mention = Mention("T1", "Actor", (text.span(0, 3),))
    >>> draft = Document(text, (mention,), attributes=(Attribute("A1", "Draft", "T1", "geokg-suggest"),))
    >>> less, notices = without_drafts(draft, Scheme.packaged())
    >>> less.mentions, [notice.message for notice in notices]
    ((), ['1 draft by geokg-suggest left out'])
    """
    marks = {
        one.target: one.value or "a program"
        for one in document.attributes
        if any(found.iri == _DRAFTER for found in scheme.properties.get(one.name, ()))
    }
    if not marks:
        return document, []
    left = without(document, marks)
    notices = []
    for drafter, number in sorted(Counter(marks.values()).items()):
        words = "1 draft" if number == 1 else f"{number} drafts"
        notices.append(Notice(f"{words} by {drafter} left out", document.content.span(0, 0)))
    hanging = _ids(document) - _ids(left) - set(marks)
    notices += [
        Notice(f"{one} hangs on a draft, and is left out with it", document.content.span(0, 0))
        for one in sorted(hanging)
    ]
    return left, notices


def _ids(document: Document) -> set[str]:
    """Of all that has words or a place between them."""
    return {
        *(mention.id for mention in document.mentions),
        *(event.id for event in document.events),
        *(relation.id for relation in document.relations),
    }
