"""From selectors to offsets: position, quote, fragment, range, and one within another. Never the wrong place."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import NoReturn

from ...errors import OffsetMismatch, ReadError
from ...text import Text
from ..measuring import measure, stands
from ..offsets import Quote, explain
from ..placed import Placed
from ..units import Unit, Units, misfits, rival
from .parts import Target, many, types

_CHAR = re.compile(r"char=([0-9]{0,10})(,?)([0-9]{0,10})((?:;(?:length=[0-9]+|md5=[0-9A-Fa-f]{32})(?:,[^;]*)?)*)")
_CHECK = re.compile(r";(length|md5)=([0-9A-Fa-f]+)")
_Span = tuple[int, int]


def selects_words(target: Target) -> bool:
    """Whether a target has a selector that selects words of a text."""
    return any(map(_selects_words, target.selectors))


def _selects_words(selector: object) -> bool:
    if not isinstance(selector, Placed):
        return False
    inner = many(selector.get("refinedBy"))
    own = types(selector) & {"TextPositionSelector", "TextQuoteSelector"} or _is_char(selector) or _is_range(selector)
    # What stands in a paragraph, which a plain text has not, stands in the whole text: once, or it is not taken.
    quotes = bool(inner) and all(isinstance(one, Placed) and "TextQuoteSelector" in types(one) for one in inner)
    return bool(own or quotes) and all(map(_selects_words, inner))


def _is_char(selector: Placed) -> bool:
    return "FragmentSelector" in types(selector) and str(selector.get("value")).startswith("char=")


def _is_range(selector: Placed) -> bool:
    """Whether it is a range of which both ends are words."""
    ends = (many(selector.get(key)) for key in ("startSelector", "endSelector"))
    return "RangeSelector" in types(selector) and all(any(map(_selects_words, end)) for end in ends)


def kinds_of(target: Target) -> str:
    """The types of a target's selectors, for messages."""
    return " and ".join(sorted({kind for one in target.selectors for kind in types(one)}))


def quotes_of(targets: Iterable[Target]) -> list[Quote]:
    """The quotes that stand beside offsets into the whole text: what tells the unit of the offsets."""
    found = []
    for target in targets:
        exact = next((words for one in target.selectors if (words := _exact(one)) is not None), None)
        spans = [span for one in target.selectors if "refinedBy" not in one and (span := _written(one))]
        if exact is not None and spans:
            found.append(Quote((spans[0],), exact))
    return found


def _exact(selector: Placed) -> str | None:
    exact = selector.get("exact")
    return exact if "TextQuoteSelector" in types(selector) and isinstance(exact, str) else None


def _written(selector: Placed) -> _Span | None:
    """The offsets of a position selector or of a fragment that has both, if they are such."""
    if "TextPositionSelector" in types(selector):
        start, end = selector.get("start"), selector.get("end")
        return (start, end) if isinstance(start, int) and isinstance(end, int) and start <= end else None
    found = _CHAR.fullmatch(str(selector.get("value"))) if "FragmentSelector" in types(selector) else None
    return (int(found[1]), int(found[3])) if found and found[1] and found[3] else None


class Selection:
    """What selectors select in one text.

    Args:
        text: the text.
        targets: all targets that are words of it; their quotes tell what offsets count.
        path: the file of annotations, for messages.
        unit: what offsets count, where ``source.toml`` says so.

    Attributes:
        unit: what offsets count in this file.

    Raises:
        ReadError: they are said to count tokens.
    """

    def __init__(self, text: Text, targets: Iterable[Target], path: Path, unit: Unit | None = None) -> None:
        if unit is Unit.TOKENS:
            raise ReadError("its offsets count characters, not tokens as source.toml says", path=path)
        self._text = text
        self._path = path
        self._name = ""
        targets = list(targets)
        quotes = quotes_of(targets)
        self.unit: Unit = unit or measure(quotes, text.content)
        self._units = Units(text.content, self.unit)
        # Without quotes nothing tells the unit; where the offsets fit in another one, none of them may be believed.
        spans = [span for target in targets for one in target.selectors if (span := _written(one))]
        suspect = unit is None and not quotes and rival(text.content, spans, Unit.CODE_POINTS)
        self._doubt = misfits(text.content, spans, Unit.CODE_POINTS) if suspect else None

    def span(self, name: str, target: Target) -> _Span:
        """The offsets of the words that a target is, in code points.

        Args:
            name: the id of its annotation, for messages.
            target: what has selectors.

        Raises:
            OffsetMismatch: quoted words stand elsewhere, nowhere, or more than once.
            ReadError: a selector is malformed, or two select different words.
        """
        self._name = name
        # All selectors of a target select the same words: those with offsets say which, the others must agree.
        found: list[tuple[Placed, _Span]] = []
        quotes = []
        whole = (0, len(self._text.content))
        for selector in filter(_selects_words, target.selectors):
            if _exact(selector) is not None and "refinedBy" not in selector:
                quotes.append(selector)
            else:
                found.append((selector, self._find(selector, whole)))
        for quote in quotes:
            if found:
                self._agree(found[0], quote)
            else:
                found.append((quote, self._quoted(quote, whole)))
        for selector, span in found[1:]:
            if span != found[0][1]:
                self._wrong(
                    selector,
                    f"selects {span[0]}..{span[1]}, but another selector of its target "
                    f"selects {found[0][1][0]}..{found[0][1][1]}",
                )
        return found[0][1]

    def _find(self, selector: Placed, within: _Span) -> _Span:
        """The offsets that a selector of words selects inside others."""
        kinds = types(selector)
        if "TextPositionSelector" in kinds:
            span = self._position(selector, within)
        elif "TextQuoteSelector" in kinds:
            span = self._quoted(selector, within)
        elif _is_range(selector):
            # The end is where the end selector begins: https://www.w3.org/TR/annotation-model/#range-selector
            start, end = (self._end(selector.get(key), within)[0] for key in ("startSelector", "endSelector"))
            if start > end:
                self._wrong(selector, f"its end, {end}, comes before its start, {start}")
            span = start, end
        else:
            span = self._fragment(selector, within) if _is_char(selector) else within
        for inner in many(selector.get("refinedBy")):
            if isinstance(inner, Placed):
                span = self._find(inner, span)
        return span

    def _end(self, selectors: object, within: _Span) -> _Span:
        """What the first of some selectors selects that selects words."""
        words = (one for one in many(selectors) if isinstance(one, Placed) and _selects_words(one))
        return self._find(next(words), within)

    def _position(self, selector: Placed, within: _Span) -> _Span:
        start, end = selector.get("start"), selector.get("end")
        if not isinstance(start, int) or not isinstance(end, int) or isinstance(start, bool) or isinstance(end, bool):
            self._wrong(selector, f"start and end must be whole numbers, not {start!r} and {end!r}")
        return self._measured(selector, start, end, within, self._units)

    def _measured(self, selector: Placed, start: int, end: int, within: _Span, units: Units) -> _Span:
        """Offsets as written, counted from the beginning of what is selected so far."""
        if self._doubt and units is self._units:
            self._wrong(selector, f"{self._doubt}; no quote tells, so say offsets = ... in source.toml")
        before = units.offset(within[0])
        try:
            span = units.span(before + start, before + end)
        except ValueError as error:
            self._wrong(selector, str(error))
        if start < 0 or span[1] > within[1]:
            length = units.offset(within[1]) - before
            self._wrong(selector, f"offsets {start}..{end} lie outside of the {length} characters that they refine")
        return span

    def _fragment(self, selector: Placed, within: _Span) -> _Span:
        """RFC 5147: ``char=3,9``, also with a length or a digest of the whole text."""
        value = str(selector.get("value"))
        found = _CHAR.fullmatch(value)
        if not found or not (found[1] or found[3]):
            self._wrong(selector, f"{value!r} is no fragment of RFC 5147: one is written char=3,9")
        units = self._units
        for name, wanted in _CHECK.findall(found[4]):
            if name == "length" and wanted == str(self._crlf.length) != self._checks[name]:
                units = self._crlf  # RFC 5147 counts a line end as one character; this length tells that it was done so
            elif wanted.lower() != self._checks[name]:
                there = f"that of {self._text.file} is {self._checks[name]}"
                self._wrong(selector, f"was made over a text whose {name} is {wanted}, but {there}")
        start = int(found[1] or 0)
        length = units.offset(within[1]) - units.offset(within[0])
        end = start if not found[2] else int(found[3]) if found[3] else length
        return self._measured(selector, start, end, within, units)

    @cached_property
    def _crlf(self) -> Units:
        return Units(self._text.content, Unit.CRLF)

    @cached_property
    def _checks(self) -> dict[str, str]:
        """What RFC 5147 lets a fragment say of the text that it was made over."""
        digest = hashlib.md5(self._text.content.encode(), usedforsecurity=False).hexdigest()
        return {"length": str(len(self._text.content)), "md5": digest}

    def _quoted(self, selector: Placed, within: _Span) -> _Span:
        """Where a quote stands, when it does so once."""
        exact = _exact(selector)
        if exact is None:
            self._wrong(selector, "a quote has no exact words")
        around = [one if isinstance(one := selector.get(key), str) else "" for key in ("prefix", "suffix")]
        before, after = (_pattern(words) for words in around)
        pattern = re.compile(f"(?={before}(?P<exact>{_pattern(exact)}){after})")
        found = (match.span("exact") for match in pattern.finditer(self._text.content))
        spans = [span for span in found if within[0] <= span[0] and span[1] <= within[1]]
        if len(spans) == 1:
            return spans[0]
        where = " between the words before and after it" if any(around) else ""
        if not spans:
            problem = f"stands nowhere in {self._text.file}{where}: was the text changed after it was annotated?"
        else:
            places = ", ".join("{}:{}".format(*self._text.position(start)) for start, _ in spans[:3])
            problem = f"stands {len(spans)} times in {self._text.file}{where} ({places}): add a position"
        self._mismatch(selector, f"the quote {exact!r} {problem}", exact)

    def _agree(self, position: tuple[Placed, _Span], quote: Placed) -> None:
        """Refuse a quote that does not stand at the offsets beside it."""
        exact = _exact(quote) or ""
        span = position[1]
        if stands(Quote((span,), exact), self._text.content):
            return
        counted = "" if self.unit is Unit.CODE_POINTS else f"; {self.unit.value} are counted here as code points"
        message = "; ".join(explain(Quote((span,), exact), self._text, None)) + counted
        self._mismatch(quote, message, exact, span)

    def _wrong(self, selector: Placed, message: str) -> NoReturn:
        raise ReadError(f"{self._name}: {message}", path=self._path, line=selector.line or None)

    def _mismatch(self, selector: Placed, message: str, exact: str, span: _Span = (0, 0)) -> NoReturn:
        raise OffsetMismatch(
            f"{self._name}: {message}",
            path=self._path,
            line=selector.line or None,
            quote=exact,
            start=span[0],
            end=span[1],
        )


def _pattern(words: str) -> str:
    """The words as a regular expression, where a line end may be a space, or one character as browsers have it."""
    line_ends = {" ": "[ \\r\\n]", "\n": "\\r?\\n"}
    return "".join(line_ends.get(character) or re.escape(character) for character in words)
