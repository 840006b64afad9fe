"""What offsets count: code points here; elsewhere bytes, UTF-16 units or tokens. There and back, exactly or not at all.

``Units`` passes once over the text, remembers where characters stand that are not one unit wide, and finds each offset
by bisection. An offset that falls inside a character, or outside the text, is an error, never rounded.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import cached_property


class Unit(Enum):
    """What an offset counts; the value is its name for people."""

    CODE_POINTS = "Unicode code points"
    UTF8 = "bytes of UTF-8"
    UTF16 = "UTF-16 units"
    CRLF = "each CR LF as one character"
    MARK = "from behind the byte-order mark"
    BROWSER = "UTF-16 units, each CR LF as one"
    TOKENS = "tokens"


SPELT = {Unit.CODE_POINTS: "code points", Unit.UTF16: "UTF-16", Unit.UTF8: "UTF-8", Unit.TOKENS: "tokens"}
"""How people name units in ``source.toml``."""

_ODD: dict[Unit, tuple[str, Callable[[str], int]]] = {
    Unit.CODE_POINTS: (r"(?!)", len),
    Unit.UTF8: (r"[^\x00-\x7f]", lambda c: 2 if c < "\u0800" else 3 if c < "\U00010000" else 4),
    Unit.UTF16: (r"[\U00010000-\U0010ffff]", lambda _: 2),
    Unit.CRLF: (r"\r(?=\n)", lambda _: 0),
    Unit.MARK: (r"\A\ufeff", lambda _: 0),
    Unit.BROWSER: (r"[\U00010000-\U0010ffff]|\r(?=\n)", lambda c: 2 if c > "\uffff" else 0),
}
"""The characters that are not one unit wide, and how wide they are."""


class Units:
    """Offsets into one text: from a unit to code points, and back.

    Args:
        content: the text.
        unit: what the offsets count; anything but tokens.

    >>> units = Units("a😀é", Unit.UTF16)
    >>> [units.point(offset) for offset in (0, 1, 3, 4)], [units.offset(point) for point in range(4)], units.length
    ([0, 1, 2, 3], [0, 1, 3, 4], 4)
    >>> units.span(2, 4)
    Traceback (most recent call last):
    ValueError: offset 2 (UTF-16 units) falls inside '😀', which stands at 1..3
    """

    def __init__(self, content: str, unit: Unit) -> None:
        pattern, width = _ODD[unit]
        self.unit = unit
        self._content = content
        # The place behind each odd character, in code points and in units.
        self._points, self._offsets = array("Q", [0]), array("Q", [0])
        extra = 0
        for match in re.finditer(pattern, content):
            extra += width(match.group()) - 1
            self._points.append(match.end())
            self._offsets.append(match.end() + extra)
        self.length = len(content) + extra
        """How long the text is, in units."""

    def point(self, offset: int, *, end: bool = False) -> int:
        """An offset, given in units, in code points.

        Args:
            offset: in units.
            end: whether it ends a span: that tells apart the two sides of a character of no width.

        Raises:
            ValueError: it falls inside a character, or outside the text.
        """
        if not 0 <= offset <= self.length:
            raise ValueError(f"offset {offset} lies outside the text of {self.length} ({self.unit.value})")
        last = bisect_right(self._offsets, offset) - 1
        point = self._points[last] + offset - self._offsets[last]
        if last + 1 < len(self._points) and point >= self._points[last + 1]:
            odd = self._points[last + 1] - 1
            stands = f"{self.offset(odd)}..{self.offset(odd + 1)}"
            character = self._content[odd]
            raise ValueError(
                f"offset {offset} ({self.unit.value}) falls inside {character!r}, which stands at {stands}"
            )
        if end and last and point == self._points[last] and self.offset(point - 1) == offset:
            return point - 1
        return point

    def offset(self, point: int) -> int:
        """An offset, given in code points, in units.

        Raises:
            ValueError: it lies outside the text.
        """
        if not 0 <= point <= len(self._content):
            raise ValueError(f"offset {point} lies outside the text of {len(self._content)} (Unicode code points)")
        last = bisect_right(self._points, point) - 1
        return self._offsets[last] + point - self._points[last]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Two offsets, given in units, in code points.

        Raises:
            ValueError: one falls inside a character or outside the text, or they are the wrong way round.
        """
        if start > end:
            raise ValueError(f"offsets {start}..{end} are the wrong way round")
        first, last = self.point(start), self.point(end, end=True)
        return min(first, last), last


def misfits(content: str, spans: Iterable[tuple[int, int]], unit: Unit) -> str | None:
    """Why offsets that have no quotes cannot be what they are said to be; ``None`` when they can.

    Args:
        content: the text.
        spans: start and end of each, in the order of the file.
        unit: what the format says that they count.

    Returns:
        What is wrong with the first that does not fit, and in which other unit all would fit, if they would.

    >>> print(misfits("né à", [(0, 3), (4, 6)], Unit.CODE_POINTS))
    offset 6 lies outside the text of 4 (Unicode code points); all offsets of this text fit when they count bytes of
    UTF-8
    """
    spans = list(spans)
    wrong = _wrong(counting(content, unit), spans)
    if wrong is None:
        return None
    other = rival(content, spans, unit)
    return f"{wrong}; all offsets of this text fit when they count {other.value}" if other else wrong


def rival(content: str, spans: Iterable[tuple[int, int]], unit: Unit) -> Unit | None:
    """The other unit that all offsets fit in, when they do not all fit in the one that they are said to count.

    Then none of them may be believed, not even those that happen to lie inside the text.
    """
    spans = list(spans)
    if unit is Unit.TOKENS or _wrong(Units(content, unit), spans) is None:
        return None
    others = (Unit.UTF16, Unit.UTF8, Unit.CODE_POINTS)
    return next((one for one in others if one is not unit and _wrong(Units(content, one), spans) is None), None)


def _wrong(units: Units | Tokens, spans: Iterable[tuple[int, int]]) -> str | None:
    try:
        for start, end in spans:
            units.span(start, end)
    except ValueError as error:
        return str(error)
    return None


class Tokens:
    """Offsets that count the tokens of a text, to code points and back.

    Args:
        spans: start and end of each token, in code points, in text order.

    >>> tokens = Tokens.of("Hu  said so.", ["Hu", "said", "so", "."])
    >>> tokens.span(1, 3), tokens.tokens(4, 11)
    ((4, 11), (1, 3))
    >>> tokens.tokens(5, 11)
    Traceback (most recent call last):
    ValueError: 5..11 does not begin and end where tokens do
    """

    def __init__(self, spans: Sequence[tuple[int, int]]) -> None:
        self.spans = list(spans)
        place = 0
        for number, (start, end) in enumerate(self.spans):
            if start < place or end < start:
                raise ValueError(f"token {number} at {start}..{end} begins before the last one ends, at {place}")
            place = end

    @classmethod
    def of(cls, content: str, words: Iterable[str]) -> Tokens:
        """The tokens of a text that are given as words; nothing but white space may stand between two.

        Raises:
            ValueError: a word is not what comes next in the text.
        """
        spans: list[tuple[int, int]] = []
        place = 0
        for number, word in enumerate(words):
            start = place
            while not content.startswith(word, start):
                if not content[start : start + 1].isspace():
                    raise ValueError(f"token {number}, {word!r}, is not what stands in the text at {start}")
                start += 1
            place = start + len(word)
            spans.append((start, place))
        return cls(spans)

    def span(self, first: int, behind: int) -> tuple[int, int]:
        """From the first token to the one that is no longer meant, in code points.

        Raises:
            ValueError: there are no such tokens.
        """
        if not 0 <= first < behind <= len(self.spans):
            raise ValueError(f"tokens {first}..{behind} are not among the {len(self.spans)} of the text")
        return self.spans[first][0], self.spans[behind - 1][1]

    def tokens(self, start: int, end: int) -> tuple[int, int]:
        """The tokens, from the first to the one behind the last, that a span of code points is.

        Raises:
            ValueError: it does not begin and end where tokens do.
        """
        first, last = bisect_left(self._starts, start), bisect_left(self._ends, end)
        if self._starts[first : first + 1] != [start] or self._ends[last : last + 1] != [end] or last < first:
            raise ValueError(f"{start}..{end} does not begin and end where tokens do")
        return first, last + 1

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _ in self.spans]

    @cached_property
    def _ends(self) -> list[int]:
        return [end for _, end in self.spans]


def counting(content: str, unit: Unit) -> Units | Tokens:
    """What turns offsets into code points; tokens are what white space separates.

    >>> counting("Hu  said so.", Unit.TOKENS).span(1, 3), counting("né so", Unit.UTF8).span(4, 6)
    ((4, 12), (3, 5))
    """
    if unit is Unit.TOKENS:
        return Tokens([match.span() for match in re.finditer(r"\S+", content)])
    return Units(content, unit)
