"""What the offsets of a file count, told by the words that it quotes."""

from __future__ import annotations

from collections.abc import Sequence

from .offsets import Quote, fits
from .units import Unit, Units


def measure(quotes: Sequence[Quote], content: str) -> Unit:
    """The first unit in which every quote fits that fits in any; code points, when there is none.

    >>> measure([Quote(((0, 2),), "😀"), Quote(((3, 5),), "Hu")], "😀 Hu")
    <Unit.UTF16: 'UTF-16 units'>
    >>> measure([Quote(((0, 1),), "😀"), Quote(((3, 5),), "Hu")], "😀 Hu")
    <Unit.CODE_POINTS: 'Unicode code points'>
    """
    fitting: dict[Unit, set[int]] = {}
    for unit in (Unit.CODE_POINTS, Unit.UTF16, Unit.CRLF, Unit.BROWSER, Unit.MARK, Unit.UTF8):
        units = Units(content, unit)
        if unit is not Unit.CODE_POINTS and units.length == len(content):
            continue
        fitting[unit] = {number for number, quote in enumerate(quotes) if _fits(quote, units, content)}
        if len(fitting[unit]) == len(quotes):
            return unit
    anywhere = set().union(*fitting.values())
    return next((unit for unit, found in fitting.items() if found == anywhere), Unit.CODE_POINTS)


def _fits(quote: Quote, units: Units, content: str) -> bool:
    try:
        return stands(Quote(tuple(units.span(*part) for part in quote.parts), quote.words), content)
    except ValueError:
        return False


def stands(quote: Quote, content: str) -> bool:
    r"""Whether quoted words stand at their offsets, where a line end may be quoted as browsers have it.

    >>> stands(Quote(((0, 4),), "a\nb"), "a\r\nb"), stands(Quote(((0, 4),), "ab"), "a\r\nb")
    (True, False)
    """
    there = " ".join(content[start:end] for start, end in quote.parts)
    return fits(quote, content) or there.replace("\r\n", "\n") == quote.words
