"""Marks that a text could have: the names that the graph knows. They are proposed, and never saved unless accepted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..curation import Curation
from ..drafting.names import Names
from ..drafting.units import Unit
from ..readers.registers import entry
from ..scheme import Scheme
from ..store import Store
from ..text import Document

# An ending of a possessive; a sign of a script that sets no words apart; a word; anything else.
_TOKEN = re.compile(r"['’]s?\b|['’]|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+|[^\w\s]|_")


@dataclass(frozen=True)
class Proposal:
    """A mark that a text could have.

    Attributes:
        start: the offset of its first character.
        end: the offset after its last.
        label: what annotators call its class.
        reference: the IRI of the entry of a register that it stands for; empty where several could be meant.
        reason: why, for people.
        confidence: from 0 to 1.
    """

    start: int
    end: int
    label: str
    reference: str
    reason: str
    confidence: float


def known_names(store: Store) -> Names:
    """The names that a graph knows.

    >>> known_names(Store.memory()).find("China", tokens("China"))
    []
    """
    return Names(Curation(store).register, Scheme.packaged())


def proposals(document: Document, names: Names) -> list[Proposal]:
    """The names in a text that nobody has marked, in its order.

    >>> import geokg
    >>> from geokg.text import Text
    >>> names = known_names(geokg.sample().store)
    >>> [(one.label, one.reference) for one in proposals(Document(Text("demo", "The Taliban’s aim")), names)]
    [('Movement', 'https://w3id.org/geokg/register/geokg/taliban')]
    """
    marked = {(span.start, span.end) for mention in document.mentions for span in mention.spans}
    return [
        Proposal(
            one.start,
            one.end,
            one.label,
            entry(*one.reference) if one.reference else "",
            one.reason,
            one.confidence,
        )
        for one in names.find(document.text, tokens(document.text))
        if (one.start, one.end) not in marked
    ]


def tokens(text: str) -> Sequence[Unit]:
    """The words and signs of a text, near enough to find names in it.

    >>> [unit.words for unit in tokens("China’s aim: 中国.")]
    ['China', '’s', 'aim', ':', '中', '国', '.']
    """
    return [Unit(found.start(), found.end(), found.group()) for found in _TOKEN.finditer(text)]
