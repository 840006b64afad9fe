"""JSON lines as doccano (https://github.com/doccano/doccano) writes them, old and new.

::

    {"id": 1, "text": "Hu said so.", "label": [[0, 2, "Person"]], "Comments": ["sure?"]}
    {"text": "Hu said so.", "labels": [[0, 2, "Person"]]}
    {
        "text": "Hu met Li.",
        "entities": [{"id": 5, "label": "Person", "start_offset": 0, "end_offset": 2}, ...],
        "relations": [{"id": 7, "from_id": 5, "to_id": 6, "type": "Met"}],
    }

(the last in two lines for the page). ``label``, ``labels`` and ``entities`` hold spans; names among them, and ``cats``,
are of the whole text and become notes, as comments do; ``data`` may stand for ``text``, and ``annotations`` for
``entities``. Other keys say nothing about the words.

The files do not say what offsets count. doccano 0.1 to 1.0 wrote code points; since then it is UTF-16 units unless the
project asks for something else. Code points are taken, as most programs write them, unless that cuts words in two where
UTF-16 units would not: then the file is refused until ``offsets`` in ``source.toml`` says which.
Where that says tokens, they are those that a record lists in ``tokens``, else what white space separates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import OffsetMismatch, ReadError
from ..text import Argument, Document, Mention, Note, Relation, Text
from .given import AnnotationFile, Faults
from .json_lines import name_of, numbers, records, with_faults
from .placed import Placed
from .source import embedded, identify, read_source, read_unit
from .units import Tokens, Unit, Units, counting, misfits, rival

SUFFIXES = (".jsonl", ".json", ".json1")
"""The endings of the files that this reader reads."""

_TEXT = ("text", "data")
_SPANS = ("label", "labels", "entities", "annotations")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_BEGIN = re.compile(
    r'\[?\s*\{\s*(?:"(?:id|doc_id)"\s*:\s*\w+\s*,\s*)?"(?:text|data)"\s*:\s*"(?:[^"\\]|\\.)*', re.DOTALL
)


def recognizes(head: str) -> bool:
    """Whether a file that begins like this is doccano's: a text, and spans or names beside it.

    >>> recognizes('{"text": "Hu.", "label": [[0, 2, "Person"]]}'), recognizes('{"text": "Hu."}')
    (True, False)
    """
    start = head.lstrip().removeprefix("[").lstrip()
    try:
        record, _ = json.JSONDecoder().raw_decode(start)
    except (ValueError, RecursionError):
        found = _BEGIN.match(start)  # a record that is longer than what we see of it, and not yet past its text
        return found is not None and found.end() == len(start)
    if not isinstance(record, dict) or not any(isinstance(record.get(key), str) for key in _TEXT):
        return False
    if "annotation_id" in record:  # Label Studio's
        return False
    for key in (*_SPANS, "cats"):
        value = record.get(key)
        if isinstance(value, list) and all(_is_span(one) or isinstance(one, str) for one in value):
            return True
    return False


def _is_span(value: object) -> bool:
    if isinstance(value, list):
        return len(value) == 3 and [type(part) for part in value] == [int, int, str]
    return isinstance(value, dict) and "start_offset" in value and "end_offset" in value


def documents(given: AnnotationFile) -> Iterator[Document]:
    """Yield a document for each record of a file, or for each user in it, where spans say whose they are.

    Raises:
        OffsetMismatch: offsets do not lie in their text, or seem to count something else than what is taken.
        ReadError: anything else that is not as it should be.
    """
    faults = Faults(given.lenient)
    return with_faults(_documents(given, faults), faults)


def _documents(given: AnnotationFile, faults: Faults) -> Iterator[Document]:
    source = read_source(given.folder)
    unit = read_unit(given.folder)
    seen: dict[str, int] = {}
    for number, record in enumerate(records(given.path, faults), start=1):
        try:
            content = next((value for key in _TEXT if isinstance(value := record.get(key), str)), None)
            if content is None:
                raise ReadError("has no text: a record has one in 'text'", path=given.path, line=record.line)
            names = (given.path.stem, name_of(record, number, seen, given.path), given.annotator)
            text = embedded(content, identify(source, *names), given.path, line=record.line)
        except ReadError as error:
            faults.refuse(error)
            continue
        page = _Page(given.path, record.line, text, faults)
        page.take(record, unit)
        for user in page.users:
            whose = replace(text, document=identify(source, *names, user)) if user else text
            yield Document(
                whose,
                mentions=tuple(page.mentions_of(user, whose)),
                relations=tuple(page.relations_of(user)),
                notes=tuple(page.notes),
                source=source,
                annotator=user or given.annotator,
                path=given.path,
            )


@dataclass(frozen=True)
class _Found:
    """A span as it is written, and who wrote it, where that is said."""

    id: str
    label: str
    start: int
    end: int
    user: str | None


class _Page:
    """What is found in one record."""

    def __init__(self, path: Path, line: int, text: Text, faults: Faults) -> None:
        self._path, self._line, self._text, self._faults = path, line, text, faults
        self._spans: dict[str, _Found] = {}
        self._relations: dict[str, Relation] = {}
        self.notes: list[Note] = []
        self.users: list[str | None] = [None]

    def take(self, record: Placed, unit: Unit | None) -> None:
        """Take in all that a record says."""
        found: list[_Found] = []
        for key in _SPANS:
            for value in self._list(record, key):
                if isinstance(value, str) and key != "annotations":
                    self._note("label", value)
                    continue
                try:
                    found.append(_span(value, len(found) + 1))
                except ValueError as error:
                    self._refuse(f"the span {_shown(value)} {error}")
        for value in self._list(record, "cats"):
            self._note("label", value)
        for key in ("Comments", "comments"):
            for value in self._list(record, key):
                self._note("Comment", value.get("text") if isinstance(value, dict) else value)
        self._place(found, unit, self._tokens(record) if unit is Unit.TOKENS else None)
        if users := sorted({span.user for span in self._spans.values() if span.user is not None}):
            self.users = [*users, *([None] if any(span.user is None for span in self._spans.values()) else [])]
        for value in self._list(record, "relations"):
            try:
                relation = self._relation(value)
                self._relations[relation.id] = relation
            except ValueError as error:
                self._refuse(f"the relation {_shown(value)} {error}")

    def mentions_of(self, user: str | None, text: Text) -> Iterator[Mention]:
        """The words that one user marked."""
        for span in self._spans.values():
            if span.user == user:
                yield Mention(span.id, span.label, (text.span(span.start, span.end),), self._line)

    def relations_of(self, user: str | None) -> Iterator[Relation]:
        """The relations between words that one user marked."""
        for relation in self._relations.values():
            if self._spans[relation.arguments[0].target].user == user:
                yield relation

    def _list(self, record: Placed, key: str) -> list[object]:
        value = record.get(key)
        if value is None or isinstance(value, list):
            return value or []
        if isinstance(value, str):
            return [value] if value else []
        self._refuse(f"{key!r} must be a list, not {_shown(value)}")
        return []

    def _tokens(self, record: Placed) -> Tokens | Units:
        """The tokens that a record lists, else what white space separates."""
        words = record.get("tokens")
        if not isinstance(words, list):
            return counting(self._text.content, Unit.TOKENS)
        try:
            return Tokens.of(self._text.content, [word if isinstance(word, str) else "" for word in words])
        except ValueError as error:
            self._refuse(str(error))
            return Tokens([])

    def _place(self, found: list[_Found], stated: Unit | None, tokens: Tokens | Units | None) -> None:
        content = self._text.content
        unit = stated or Unit.CODE_POINTS
        pairs = [(span.start, span.end) for span in found]
        if stated is None and (doubt := _doubt(content, pairs)):
            self._refuse(doubt, found)
            return
        units = tokens or Units(content, unit)
        hint = None if tokens else misfits(content, pairs, unit)
        if rival(content, pairs, unit):
            self._refuse(f"{hint}; say offsets = ... in source.toml", found)
            return
        for span in found:
            try:
                start, end = units.span(span.start, span.end)
            except ValueError as error:
                self._refuse(f"{span.label!r} at {span.start}..{span.end}: {hint or error}", [span])
                hint = None
                continue
            if span.id in self._spans:
                self._refuse(f"the id {span.id[1:]} of {span.label!r} at {span.start}..{span.end} is taken")
                continue
            self._spans[span.id] = replace(span, start=start, end=end)

    def _relation(self, value: object) -> Relation:
        if not isinstance(value, dict):
            raise ValueError("is no object")
        ends = [f"T{value.get(key)}" for key in ("from_id", "to_id")]
        for end in ends:
            if end not in self._spans:
                raise ValueError(f"refers to the span {end[1:]}, which is not there or left out")
        if self._spans[ends[0]].user != self._spans[ends[1]].user:
            raise ValueError("is between spans of two users")
        arguments = tuple(Argument("Arg", end, number) for number, end in enumerate(ends, start=1))
        label = value.get("type", value.get("label"))
        if not isinstance(label, str) or not label:
            raise ValueError("has no type")
        identifier = f"R{_id(value, len(self._relations) + 1)}"
        if identifier in self._relations:
            raise ValueError(f"has the id {identifier[1:]}, which is taken")
        return Relation(identifier, label, arguments, self._line)

    def _note(self, kind: str, value: object) -> None:
        if isinstance(value, str):
            self.notes.append(Note(f"#{len(self.notes) + 1}", kind, "", value, self._line))
        else:
            self._refuse(f"{kind} {_shown(value)} is no string")

    def _refuse(self, message: str, found: list[_Found] | None = None) -> None:
        if found:
            start, end = found[0].start, found[0].end
            self._faults.refuse(OffsetMismatch(message, path=self._path, line=self._line, start=start, end=end))
        else:
            self._faults.refuse(ReadError(message, path=self._path, line=self._line))


def _span(value: object, number: int) -> _Found:
    user = None
    if isinstance(value, list) and len(value) == 3:
        identifier: object = number
        start, end = numbers(value[0], value[1])
        label = value[2]
    elif isinstance(value, dict):
        identifier, label, user = _id(value, number), value.get("label"), value.get("user")
        start, end = numbers(value.get("start_offset"), value.get("end_offset"))
    else:
        raise ValueError("is not [start, end, label]")
    if not isinstance(label, str | int) or isinstance(label, bool) or label == "":
        raise ValueError("has no label")
    return _Found(f"T{identifier}", str(label), start, end, None if user is None else str(user))


def _id(value: dict[str, object], number: int) -> object:
    """The id of a span or a relation; its number where it has none."""
    identifier = value.get("id")
    if isinstance(identifier, list | dict):
        raise ValueError("has an id that is no number")
    return number if identifier is None else identifier


def _doubt(content: str, pairs: list[tuple[int, int]]) -> str | None:
    """Why offsets that could be code points more likely are UTF-16 units, if they are."""
    if not _ASTRAL.search(content):
        return None
    units = Units(content, Unit.UTF16)
    try:
        others = [units.span(*pair) for pair in pairs]
    except ValueError:
        return None
    if any(end > len(content) for _, end in pairs):
        return None  # what does not fit is said where spans are placed
    cuts = [pair for pair in pairs if _cuts(content, *pair)]
    if len(cuts) <= sum(_cuts(content, *pair) for pair in others):
        return None
    start, end = cuts[0]
    first, last = units.span(start, end)
    return (
        f"the offsets {start}..{end} hold {content[start:end]!r} if they count code points, {content[first:last]!r} if "
        'they count UTF-16 units; say offsets = "UTF-16" or "code points" in source.toml'
    )


def _cuts(content: str, start: int, end: int) -> bool:
    """Whether a span begins or ends within a word, or with white space."""
    inside = any(
        content[max(place - 1, 0) : place + 1].isalnum() and 0 < place < len(content) for place in (start, end)
    )
    return inside or content[start:end] != content[start:end].strip()


def _shown(value: object) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"
