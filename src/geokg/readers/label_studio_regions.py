"""What one annotator said of one text in Label Studio: regions, relations between them, and words about both."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import OffsetMismatch, ReadError
from ..text import Argument, Attribute, Mention, Note, Relation, Text
from .given import Faults
from .json_lines import numbers
from .offsets import Quote, explain
from .placed import Placed
from .units import Unit, Units, counting, misfits, rival

_VALUES = ("choices", "textarea", "text", "taxonomy", "rating", "number", "datetime", "pairwise", "selected")
_SPACE = " \t\r\n\u00a0"


class Regions:
    """The annotations over one text.

    Args:
        path: the file.
        text: the text.
        faults: what is left out of the file.
    """

    def __init__(self, path: Path, text: Text, faults: Faults) -> None:
        self._path, self._text, self._faults = path, text, faults
        self.mentions: list[Mention] = []
        self.relations: list[Relation] = []
        self.attributes: list[Attribute] = []
        self.notes: list[Note] = []
        self._aside: set[str] = set()

    def take(self, results: list[Placed], stated: Unit | None) -> None:
        """Take in all results.

        Raises:
            OffsetMismatch: a quote is not what stands in the text at its offsets; unless leniency was asked for.
            ReadError: anything else that is not as it should be; unless leniency was asked for.
        """
        plain = [result for result in results if result.get("type") == "relation" or self._is_plain(result)]
        self._place([result for result in plain if _labels(result)], stated)
        for result in plain:
            if result.get("type") == "relation":
                self._relate(result)
            elif not _labels(result):
                self._say(result)
            for words in _values(result.get("meta")):
                self.notes.append(Note(f"#{len(self.notes) + 1}", "meta", _name(result), words, result.line))

    def _is_plain(self, result: Placed) -> bool:
        value = result.get("value")
        kind = str(result.get("type", ""))
        place = value.get("start") if isinstance(value, dict) else None
        if kind.startswith(("hypertext", "paragraph")) or isinstance(place, str) or _drawn(value):
            self._aside.add(_name(result))
            self._pass_over(f"the region {_name(result)!r} ({kind or 'of no type'}) is not over plain text", result)
            return False
        return True

    def _place(self, regions: list[Placed], stated: Unit | None) -> None:
        found: list[tuple[Placed, int, int]] = []
        for region in regions:
            value = region["value"]
            try:
                start, end = (
                    numbers(*(value.get(key) for key in ("start", "end"))) if isinstance(value, dict) else (0, 0)
                )
            except ValueError as error:
                self._refuse(f"the region {_name(region)!r}: {error}", region)
                continue
            found.append((region, start, end))
        unit = stated or self._unit(found)
        units = counting(self._text.content, unit)
        pairs = [(start, end) for _, start, end in found]
        hint = misfits(self._text.content, pairs, unit)
        other = rival(self._text.content, pairs, unit)
        names = {mention.id for mention in self.mentions}
        for region, start, end in found:
            quote = _quote(region)
            try:
                first, last = units.span(start, end)
            except ValueError as error:
                self._mismatch(f"the region {_name(region)!r}: {hint or error}", region, start, end)
                hint = None
                continue
            if quote is None and other:
                message = (
                    f"the region {_name(region)!r} has no quote, and all offsets fit when they count {other.value}"
                )
                self._mismatch(message, region, start, end)
                continue
            if quote is not None and not _alike(quote, self._text.content[first:last]):
                words, help_ = explain(Quote(((first, last),), quote), self._text, None)
                self._mismatch(f"the region {_name(region)!r} {words}; {help_}", region, start, end)
                continue
            name = _name(region) or f"T{len(self.mentions) + 1}"
            span = self._text.span(first, last)
            for number, label in enumerate(_labels(region)):
                identifier = name if not number else f"{name}-{number + 1}"
                if identifier in names:
                    self._refuse(f"the id {identifier!r} of a region is taken", region)
                    continue
                names.add(identifier)
                self.mentions.append(Mention(identifier, label, (span,), region.line))

    def _unit(self, found: list[tuple[Placed, int, int]]) -> Unit:
        """Code points, unless all quotes stand right as UTF-16 units, and only so."""
        content = self._text.content
        quoted = [(start, end, quote) for region, start, end in found if (quote := _quote(region)) is not None]

        def right(unit: Unit, like: Callable[[str, str], bool]) -> bool:
            units = Units(content, unit)
            try:
                spans = [(*units.span(start, end), quote) for start, end, quote in quoted]
            except ValueError:
                return False
            return all(like(quote, content[start:end]) for start, end, quote in spans)

        for like in (str.__eq__, _alike):  # to the letter first
            for unit in (Unit.CODE_POINTS, Unit.UTF16):
                if right(unit, like):
                    return unit
        return Unit.CODE_POINTS

    def _relate(self, result: Placed) -> None:
        names = {mention.id for mention in self.mentions}
        ends = [str(result.get(key)) for key in ("from_id", "to_id")]
        if missing := [end for end in ends if end not in names]:
            tell = self._pass_over if self._aside.intersection(missing) else self._refuse
            tell(f"a relation refers to the region {missing[0]!r}, which is not there or left out", result)
            return
        direction = result.get("direction")
        if direction == "left":
            ends.reverse()
        labels = result.get("labels")
        arguments = tuple(Argument("Arg", end, number) for number, end in enumerate(ends, start=1))
        for label in labels if isinstance(labels, list) and labels else ["relation"]:
            identifier = f"R{len(self.relations) + 1}"
            self.relations.append(Relation(identifier, str(label), arguments, result.line))
            if direction == "bi":
                self._attribute("direction", identifier, "bi", result.line)

    def _say(self, result: Placed) -> None:
        """What is said of a region, or of the whole text."""
        kind = str(result.get("from_name") or result.get("type") or "value")
        values = list(_values(result.get("value")))
        if not values and str(result.get("type")).endswith("labels"):
            self._pass_over(f"the region {_name(result)!r} has no label", result)
            return
        if not values:
            self._refuse(f"the result {_name(result) or kind!r} has no value that is known: {_shown(result)}", result)
        value = result.get("value")
        whole = not (isinstance(value, dict) and "start" in value)
        target = _name(result)
        if whole:
            for words in values:
                self.notes.append(Note(f"#{len(self.notes) + 1}", kind, "", words, result.line))
        elif target in {mention.id for mention in self.mentions}:
            for words in values:
                self._attribute(kind, target, words, result.line)
        else:
            self._refuse(f"{kind!r} is said of the region {target!r}, which is not there or left out", result)

    def _attribute(self, name: str, target: str, value: str, line: int) -> None:
        self.attributes.append(Attribute(f"A{len(self.attributes) + 1}", name, target, value, line))

    def _pass_over(self, message: str, result: Placed) -> None:
        self._faults.pass_over(ReadError(message, path=self._path, line=result.line))

    def _refuse(self, message: str, result: Placed) -> None:
        self._faults.refuse(ReadError(message, path=self._path, line=result.line))

    def _mismatch(self, message: str, result: Placed, start: int, end: int) -> None:
        quote = _quote(result) or ""
        error = OffsetMismatch(message, path=self._path, line=result.line, quote=quote, start=start, end=end)
        self._faults.refuse(error)


def _name(result: Placed) -> str:
    return str(result.get("id", ""))


def _labels(result: Placed) -> list[str]:
    value = result.get("value")
    if not isinstance(value, dict):
        return []
    key = next((key for key in value if key.endswith("labels")), "")
    labels = value.get(key)
    return [str(label) for label in labels] if isinstance(labels, list) else []


def _quote(result: Placed) -> str | None:
    value = result.get("value")
    quote = value.get("text") if isinstance(value, dict) else None
    return quote if isinstance(quote, str) and quote else None


def _drawn(value: object) -> bool:
    return isinstance(value, dict) and any(key in value for key in ("x", "points", "rle", "startOffset", "channel"))


def _alike(quote: str, found: str) -> bool:
    r"""Whether a quote is what stands there; Label Studio writes line ends as ``\n`` with two characters, too."""
    if len(quote) != len(found):
        quote = quote.replace("\\n", "\n")
    if len(quote) != len(found):
        return False
    return all(a == b or (a in _SPACE and b in _SPACE) for a, b in zip(quote, found, strict=True))


def _values(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key in _VALUES:
            if key != "text" or "start" not in value or isinstance(value.get(key), list):
                yield from _values(value.get(key))
        yield from (str(value[key]) for key in ("left", "right") if isinstance(value.get(key), str))
    elif isinstance(value, list):
        for one in value:
            if isinstance(one, list):
                yield " / ".join(map(str, one))
            else:
                yield from _values(one)
    elif isinstance(value, str):
        yield value
    elif value is not None:
        yield json.dumps(value)


def _shown(value: object) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"
