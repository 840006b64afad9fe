"""Whether quoted words stand at their offsets and, when they do not, what may have gone wrong."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ..text import Text
from .units import SPELT, Unit, Units

_SHOWN = 60


@dataclass(frozen=True)
class Quote:
    """Words of a text, as an annotation file has them.

    Attributes:
        parts: offsets of the first character and after the last of each part, as written.
        words: the quoted words, as written.
    """

    parts: tuple[tuple[int, int], ...]
    words: str


def fits(quote: Quote, content: str) -> bool:
    r"""Whether the words stand at their offsets.

    Parts are joined by a space. A line end inside a part may be written as a space, one for each character; blanks
    behind the words are the line's, not theirs. Nothing else may differ.

    >>> fits(Quote(((0, 7),), "one two"), "one\ntwo"), fits(Quote(((0, 3), (8, 13)), "one three"), "one two three")
    (True, True)
    >>> fits(Quote(((0, 3),), "One"), "one"), fits(Quote(((0, 3),), "one  "), "one")
    (False, True)
    """
    if len(quote.parts) == 1:  # nearly all are, and nearly all are to the letter
        start, end = quote.parts[0]
        if end <= len(content) and content[start:end] == quote.words:
            return True
    if any(end > len(content) for _, end in quote.parts):
        return False
    found = " ".join(content[start:end] for start, end in quote.parts)
    written = quote.words[: len(found)]
    if len(written) < len(found) or quote.words[len(found) :].strip(" \t\r"):
        return False
    return written == found or all(w == f or (w == " " and f in "\r\n") for w, f in zip(written, found, strict=True))


def explain(quote: Quote, text: Text, unit: Unit | None) -> tuple[str, str]:
    """What is wrong with a quote that does not fit, and what may help.

    Args:
        quote: the one that does not fit.
        text: the text.
        unit: what the offsets of the whole file count, where ``unit_of`` says so.

    >>> text = Text("demo", "One, two and two.", "demo.txt")
    >>> quote = Quote(((4, 7),), "two")
    >>> for words in explain(quote, text, None):
    ...     print(words)
    quotes 'two' at 4..7, but ' tw' stands there (demo.txt:1:5)
    the nearest 'two' stands at 5..8 (demo.txt:1:6)
    """
    words = quote.words.rstrip(" \t\r")
    offsets = ";".join(f"{start}..{end}" for start, end in quote.parts)
    start, end = quote.parts[0][0], max(end for _, end in quote.parts)
    if end > len(text.content):
        wrong = f"quotes {_short(words)} at {offsets}, but {text.file} has only {len(text.content)} characters"
    else:
        there = " ".join(text.content[start:end] for start, end in quote.parts)
        wrong = f"quotes {_short(words)} at {offsets}, but {_short(there)} stands there ({_at(text, start)})"
    if unit:
        say = f', or say offsets = "{SPELT[unit]}" in source.toml' if unit in SPELT else ""
        return wrong, f"all offsets of this file fit when they count {unit.value}: convert them to code points{say}"
    shift = _nearest(quote, words, text.content)
    if shift is None:
        return wrong, f"these words stand nowhere in {text.file}: was the text changed after it was annotated?"
    if shift == 0:
        return wrong, f"the words begin right: the end must be {start + len(words)}"
    where = ";".join(f"{a + shift}..{b + shift}" for a, b in quote.parts)
    if len(quote.parts) == 1:
        where = f"{start + shift}..{start + shift + len(words)}"
    return wrong, f"the nearest {_short(words)} stands at {where} ({_at(text, start + shift)})"


def _short(words: str) -> str:
    return repr(words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…")


def _at(text: Text, offset: int) -> str:
    line, column = text.position(offset)
    return f"{text.file}:{line}:{column}"


def _nearest(quote: Quote, words: str, content: str) -> int | None:
    """How far the words, part by part, must be moved to stand right; the shortest way."""
    if not words:
        return None
    lengths = [end - start for start, end in quote.parts]
    pieces = [words]
    if len(lengths) > 1:
        if sum(lengths) + len(lengths) - 1 != len(words):
            return None
        cuts = [sum(lengths[:number]) + number for number in range(len(lengths))]
        pieces = [words[cut : cut + length] for cut, length in zip(cuts, lengths, strict=True)]
    starts = [start for start, _ in quote.parts]
    first, flat = pieces[0], _flat(content)
    if not first:
        return None

    def stands(place: int) -> bool:
        moved = [start + place - starts[0] for start in starts]
        return min(moved) >= 0 and all(map(flat.startswith, pieces, moved))

    after = flat.find(first, starts[0])
    while after >= 0 and not stands(after):
        after = flat.find(first, after + 1)
    before = flat.rfind(first, 0, starts[0] + len(first) - 1)
    while before >= 0 and not stands(before):
        before = flat.rfind(first, 0, before + len(first) - 1)
    shifts = [place - starts[0] for place in (before, after) if place >= 0]
    return min(shifts, key=lambda shift: (abs(shift), shift)) if shifts else None


@lru_cache(maxsize=1)  # all quotes of a file are looked up in one text, which may be long
def _flat(content: str) -> str:
    """The text with a blank for each character of a line end, as quotes may have it."""
    return content.replace("\r", " ").replace("\n", " ")


def unit_of(quotes: list[Quote], content: str) -> Unit | None:
    """What offsets count, when all quotes of a file fit once they are taken to count that.

    >>> unit_of([Quote(((5, 7),), "Hu")], "Zoë, Hu"), unit_of([Quote(((6, 8),), "Hu")], "Zoë, Hu")
    (None, <Unit.UTF8: 'bytes of UTF-8'>)
    """
    for unit in (Unit.UTF8, Unit.UTF16, Unit.CRLF, Unit.MARK):
        units = Units(content, unit)
        if units.length == len(content):
            continue
        try:
            converted = [Quote(tuple(units.span(*part) for part in quote.parts), quote.words) for quote in quotes]
        except ValueError:
            continue
        if all(fits(quote, content) for quote in converted):
            return unit
    return None
