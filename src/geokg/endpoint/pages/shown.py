"""What pages show: terms with links, statements, claims with their sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from ...text import Span
from ...views import Claim

RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "prs", "sd", "ug", "ur", "yi"})


@dataclass(frozen=True)
class Value:
    """A term as a page shows it.

    Attributes:
        text: what is read.
        href: where a link leads; ``None`` for none.
        title: the whole IRI, for those who point at it.
        language: of the text, if it has one.
        datatype: of a literal that is not plain text, shortened.
        cut: how many characters are not shown.
    """

    text: str
    href: str | None = None
    title: str = ""
    language: str = ""
    datatype: str = ""
    cut: int = 0

    @property
    def direction(self) -> str:
        """``rtl`` for languages that are written so, else ``ltr``.

        >>> Value("طالبان", language="fa").direction
        'rtl'
        """
        return "rtl" if self.language.split("-")[0].lower() in RIGHT_TO_LEFT else "ltr"


@dataclass(frozen=True)
class Statement:
    """One property of the node of a page, with all its values.

    Attributes:
        property: the property.
        values: what it leads to, or comes from.
        is_backwards: whether the node of the page is the object.
    """

    property: Value
    values: tuple[Value, ...]
    is_backwards: bool = False


@dataclass(frozen=True)
class Quote:
    """A claim with the sentences that carry it.

    Attributes:
        claim: the claim.
        sentences: each sentence in pieces, each piece with whether the claim rests on it.
        places: where the words are: their address on our pages, and the offsets.
    """

    claim: Claim
    sentences: tuple[tuple[tuple[str, bool], ...], ...]
    places: tuple[tuple[str, Span], ...]


def marked(text: str, start: int, marks: Iterable[Span]) -> Iterator[tuple[str, bool]]:
    """Some characters in pieces, each with whether it is under a mark.

    Args:
        text: the characters.
        start: where they begin in their document.
        marks: spans of this document, inside or not.

    >>> from geokg.text import Text
    >>> list(marked("bcd", 1, [Text("x", "abcd").span(2, 3)]))
    [('b', False), ('c', True), ('d', False)]
    """
    spans, end = list(marks), start + len(text)
    edges = {start, end, *(edge for span in spans for edge in (span.start, span.end) if start < edge < end)}
    for low, high in pairwise(sorted(edges)):
        yield text[low - start : high - start], any(span.start <= low < span.end for span in spans)
