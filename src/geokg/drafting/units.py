"""A text in the pieces that the rules walk over: words, signs, and quotations as one piece each."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ..text import Text

_PAIRS = {"“": "”", "«": "»", "„": "“”", "‘": "’", "「": "」", "『": "』", '"': '"', "‹": "›"}
"""Marks that open a quotation, each with those that close it. The straight single mark is too often an apostrophe."""

_LONGEST = 3000
"""A mark that is not closed within so many characters opens nothing."""

_SMALL = re.compile(r"\s*[a-z]")


@dataclass(frozen=True)
class Unit:
    """A word, a sign, or a whole quotation.

    Attributes:
        start: the offset of its first character.
        end: the offset after its last.
        words: the characters.
        quoted: the offsets of what stands between the marks, where it is a quotation.
    """

    start: int
    end: int
    words: str
    quoted: tuple[int, int] | None = None

    @property
    def lower(self) -> str:
        """The characters in lower case; empty for a quotation, which is none of our words."""
        return "" if self.quoted else self.words.lower()

    @property
    def is_word(self) -> bool:
        """Whether it is made of letters or digits."""
        return self.quoted is None and any(c.isalnum() for c in self.words)

    @property
    def is_ending(self) -> bool:
        """Whether it is the ending of a possessive."""
        return self.words in ("'s", "’s", "'", "’")

    @property
    def is_name(self) -> bool:
        """Whether it is a word that starts with a capital."""
        return self.is_word and self.words[:1].isupper()


def quotations(text: str, start: int, end: int) -> list[Unit]:
    """The outermost quotations of a stretch of text; none reaches over an empty line.

    >>> text = "He said “it is ‘so’, and stays”, at 5 o’clock."
    >>> [text[slice(*unit.quoted)] for unit in quotations(text, 0, len(text))]
    ['it is ‘so’, and stays']
    """
    found: list[Unit] = []
    at = start
    while at < end:
        closing = _PAIRS.get(text[at])
        close = _close(text, at, closing, end) if closing and _opens(text, at) else None
        if close is None:
            at += 1
            continue
        inner = text[at + 1 : close]
        left = at + 1 + len(inner) - len(inner.lstrip())
        found.append(Unit(at, close + 1, text[at : close + 1], (left, max(left, at + 1 + len(inner.rstrip())))))
        at = close + 1
    return [unit for unit in found if unit.quoted and unit.quoted[0] < unit.quoted[1]]


def _opens(text: str, at: int) -> bool:
    before = text[at - 1 : at]
    return text[at] not in '"‘“' or not before.isalnum()


def _close(text: str, at: int, closing: str, end: int) -> int | None:
    depth = 0
    for here in range(at + 1, min(end, at + _LONGEST)):
        sign = text[here]
        if sign in closing:
            if sign == "’" and text[here + 1 : here + 2].isalnum():
                continue  # an apostrophe
            if depth == 0:
                return here
            depth -= 1
        elif sign == text[at] and sign != '"':
            depth += 1
        elif sign == "\n" and text[here + 1 : here + 2] in ("\n", "\r"):
            return None
    return None


def sentences(text: Text, tokens: Sequence[Unit], start: int, end: int) -> Iterator[list[Unit]]:
    """The sentences of a stretch of text, as units; a quotation is never cut, and its sentence goes on behind it."""
    quotes = [unit for unit in quotations(text.content, start, end) if (unit.start, unit.end) != (start, end)]
    inside = iter(quotes)
    quote = next(inside, None)
    units: list[Unit] = []
    first = bisect_left(tokens, start, key=lambda token: token.start)
    for token in islice(tokens, first, None):
        if token.end > end:
            break
        while quote and token.start >= quote.end:
            units.append(quote)
            quote = next(inside, None)
        if quote and token.end > quote.start:
            continue
        units.append(token)
    units += [quote, *inside] if quote else []
    sentence: list[Unit] = []
    stop = -1
    for unit in units:
        if sentence and unit.start >= stop and not _goes_on(text.content, sentence[-1], unit):
            yield sentence
            sentence = []
        if not sentence or unit.start >= stop:
            stop = text.sentence(text.span(unit.start, unit.end)).end
        sentence.append(unit)
        stop = max(stop, unit.end)
    if sentence:
        yield sentence


def _goes_on(text: str, before: Unit, unit: Unit) -> bool:
    """Whether a sentence goes on behind a quotation that ends like one: “Go!” he said."""
    between = text[before.end : unit.start]
    return before.quoted is not None and "\n" not in between and bool(_SMALL.match(text, before.end))
