"""Gold standard records of PLOVER: JSON, whatever the file's ending, each record a sentence with one coded event.

::

    {
        "id": "X-AGREE-1",
        "event": "AGREE",
        "text": "Japan has agreed to help.",
        "eventText": "agreed help",
        "source": [{"actorText": "Japan", "code": "JPN"}],
        "target": "",
        "date": "2000-01-01",
        "textInfo": {"markup": "(SRC: Japan) has (EVT: agreed) to (EVT: help)."},
    }

Each sentence is a text of its own. Actors and places are given as words; they are looked up in the sentence, and where
they stand in it several times, the markup says which is meant. The words of the event are those that the markup marks.
What cannot be placed is left out and told. A record whose event is "DOCUMENT" describes the file; its licence is that
of the others. The date that stands in every record is a placeholder, and never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from pathlib import Path

from ..errors import ReadError, Remark
from ..files import read_bytes
from ..text import Argument, Attribute, Document, Event, Mention, Note, Source, Span, Text
from .given import AnnotationFile, Faults
from .placed import Placed, loads
from .source import decode, embedded, identify, read_source

SUFFIXES = (".json", ".txt")
"""The endings of the files that this reader reads."""

PLACEHOLDER = "2000-01-01"
"""What every record has as its date until somebody gives it one."""

_TAG = re.compile(r"\(([A-Z]{2,5}(?:/[A-Z]{2,5})*)\s*:\s*")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TAGS = {"source": "SRC", "target": "TAR", "eventLoc": "LOC"}
_HEADER = "DOCUMENT"
_ON_EVENTS = ("context", "mode", "size", "dead")


def recognizes(head: str) -> bool:
    """Whether a file that begins like this is one of PLOVER's.

    >>> recognizes('[{"id": "X-1", "event": "AID", "eventText": "sent"}]'), recognizes('[{"text": "a"}]')
    (True, False)
    """
    return head.lstrip()[:1] in ("[", "{") and all(f'"{key}"' in head for key in ("event", "eventText"))


def documents(given: AnnotationFile) -> Iterator[Document]:
    """Yield a document for each record that has a sentence.

    Raises:
        ReadError: the file is not JSON, or a record is not as it should be, with its line.
    """
    path = given.path
    source = read_source(given.folder)
    value = loads(decode(read_bytes(path), path), path)
    records = value if isinstance(value, list) else [value]
    refused = Faults(given.lenient)
    made: dict[str, Document] = {}
    for number, record in enumerate(records, 1):
        if not isinstance(record, Placed):
            raise ReadError(f"record {number} is no object", path=path)
        if record.get("event") == _HEADER:
            licence = record.get("license")
            source = replace(source, licence=source.licence or (licence if isinstance(licence, str) else None))
            continue
        try:
            document = _Record(path, record, number).document(source, given.annotator)
            if document.id in made:
                raise ReadError(f"a second record is called {record.get('id')!r}", path=path, line=record.line)
            made[document.id] = document
        except ReadError as error:
            refused.refuse(error)
    if refused.found and not made:
        raise refused.found[0]
    for number, document in enumerate(made.values()):
        # A record that was refused is told with the first that was not.
        yield document if number else replace(document, faults=(*refused.found, *document.faults))


@dataclass(frozen=True)
class _Mark:
    """Words that the markup marks, as a part of the sentence."""

    tags: frozenset[str]
    start: int
    end: int


@dataclass
class _Record:
    """One record, piece by piece."""

    path: Path
    record: Placed
    number: int
    faults: Faults = field(default_factory=Faults)
    mentions: list[Mention] = field(default_factory=list)
    arguments: list[Argument] = field(default_factory=list)
    attributes: list[Attribute] = field(default_factory=list)

    def document(self, source: Source, annotator: str | None) -> Document:
        identifier = self._string(self.record, "id") or str(self.number)
        name = re.sub(r"[\s/#?%]+", "-", identifier)
        sentence = self._string(self.record, "text")
        line = self.record.line
        text = embedded(sentence, identify(source, self.path.stem, name, annotator), self.path, line=line)
        marks = self._marks(text)
        for role in ("source", "target"):
            for actor in self._actors(role):
                self._place(text, marks, role, actor, "actor", actor.get("actorText"))
        location = self.record.get("eventLoc")
        if isinstance(location, Placed):
            self._place(text, marks, "eventLoc", location, "location", location.get("name"))
        event = Event("E1", self._string(self.record, "event"), self._trigger(text, marks), tuple(self.arguments), line)
        for key in _ON_EVENTS:
            for value in str(self.record.get(key) or "").split(", "):
                self._attribute(key, "E1", value, line)
        notes = [
            Note(f"#{number}", key, "E1", str(self.record[key]), line)
            for number, key in enumerate((key for key in ("eventText", "comment") if self.record.get(key)), 1)
        ]
        return Document(
            text,
            mentions=tuple(self.mentions),
            events=(event,),
            attributes=tuple(self.attributes),
            notes=tuple(notes),
            source=self._source(source),
            annotator=annotator,
            faults=tuple(self.faults.found),
            path=self.path,
        )

    def _error(self, message: str, line: int = 0) -> ReadError:
        return ReadError(message, path=self.path, line=line or self.record.line)

    def _string(self, holder: Placed, key: str) -> str:
        value = holder.get(key, "")
        if not isinstance(value, str) or (not value and key != "id"):
            raise self._error(f"{key} is a string with something in it", holder.line)
        return value

    def _actors(self, role: str) -> list[Placed]:
        """The actors in a role; an empty string says that there is none."""
        value = self.record.get(role) or []
        actors = [value] if isinstance(value, Placed) else value
        if not isinstance(actors, list) or not all(isinstance(actor, Placed) for actor in actors):
            raise self._error(f"{role} is a list of objects with actorText")
        return actors

    def _source(self, source: Source) -> Source:
        """What is known of the file, and what the record says of its sentence."""
        record, coder = self.record, self.record.get("coder")
        date = record.get("date")
        if date and date != PLACEHOLDER and not (isinstance(date, str) and _DATE.fullmatch(date)):
            self.faults.pass_over(self._error(f"{date!r}, which is no date"))
        known = date if isinstance(date, str) and date != PLACEHOLDER and _DATE.fullmatch(date) else None
        return replace(
            source,
            language=source.language or str(record.get("language") or "") or None,
            publisher=source.publisher or str(record.get("publication") or "") or None,
            annotators=source.annotators or ((coder,) if isinstance(coder, str) and coder else ()),
            date=source.date or known,
        )

    def _attribute(self, name: str, target: str, value: str, line: int) -> None:
        if value:
            self.attributes.append(Attribute(f"A{len(self.attributes) + 1}", name, target, value, line))

    # Places

    def _place(self, text: Text, marks: list[_Mark], role: str, holder: Placed, label: str, words: object) -> None:
        """Add a mention for words, and let it play its role."""
        if not isinstance(words, str) or not words.strip():
            self.faults.pass_over(self._error(f"{role} without words", holder.line))
            return
        start = self._find(text, [mark for mark in marks if _TAGS[role] in mark.tags], role, words, holder.line)
        if start is None:
            return
        span = text.span(*start)
        mention = Mention(f"T{len(self.mentions) + 1}", label, (span,), holder.line)
        before = sum(one.role == role for one in self.arguments)
        self.mentions.append(mention)
        self.arguments.append(Argument(role, mention.id, before + 1 if before else None))
        for key, value in holder.items():
            if key not in ("actorText", "name"):
                self._attribute("_".join(key.split()), mention.id, str(value), holder.line)

    def _find(self, text: Text, marks: list[_Mark], role: str, words: str, line: int) -> tuple[int, int] | None:
        """Where words stand: where they stand once, or else where the markup has them in their role."""
        places = [found.span() for found in re.finditer(re.escape(words), text.content)]
        if not places:
            loose = r"\s+".join(map(re.escape, words.split()))
            places = [found.span() for found in re.finditer(loose, text.content)]
            if places:
                message = f"{role} {words!r}: the sentence has other blanks between these words"
                self.faults.pass_over(Remark(message, path=self.path, line=line or self.record.line))
            else:
                self.faults.pass_over(self._error(f"{role} {words!r}, which stands nowhere in the sentence", line))
        if len(places) > 1:
            playing = {one.target for one in self.arguments if one.role == role}
            taken = [(mention.start, mention.end) for mention in self.mentions if mention.id in playing]
            marked = [
                place
                for place in places
                if place not in taken and any(mark.start < place[1] and place[0] < mark.end for mark in marks)
            ]
            if len(marked) != 1:
                often = f"which stands {len(places)} times, and the markup does not say which is meant"
                self.faults.pass_over(self._error(f"{role} {words!r}, {often}", line))
            places = marked
        return places[0] if len(places) == 1 else None

    def _trigger(self, text: Text, marks: list[_Mark]) -> Mention:
        """The words of the event: those marked, else ``eventText`` where it stands so, else the sentence."""
        spans: list[Span] = []
        for mark in sorted((mark for mark in marks if "EVT" in mark.tags), key=lambda mark: mark.start):
            if not spans or mark.start >= spans[-1].end:
                spans.append(text.span(mark.start, mark.end))
        words = str(self.record.get("eventText") or "")
        if not spans and words and text.content.count(words) == 1:
            start = text.content.index(words)
            spans = [text.span(start, start + len(words))]
        if not spans:
            message = "the words of the event are not marked: the sentence stands for them"
            self.faults.pass_over(Remark(message, path=self.path, line=self.record.line))
            spans = [text.span(0, len(text.content))]
        return Mention("T0", self._string(self.record, "event"), tuple(spans), self.record.line)

    def _marks(self, text: Text) -> list[_Mark]:
        info = self.record.get("textInfo")
        markup = info.get("markup") if isinstance(info, Placed) else None
        return _aligned(*_plain(markup), text.content) if isinstance(markup, str) else []


def _plain(markup: str) -> tuple[str, list[_Mark]]:
    """The sentence without its marks, and where they were; they may hold each other, and brackets of the text.

    >>> plain, marks = _plain("(SRC: Ann (A.)) went (LOC:to (TAR: Rome)).")
    >>> plain, [(sorted(mark.tags), plain[mark.start : mark.end]) for mark in marks]
    ('Ann (A.) went to Rome.', [(['SRC'], 'Ann (A.)'), (['TAR'], 'Rome'), (['LOC'], 'to Rome')])
    """
    plain, marks = "", []
    open_: list[tuple[frozenset[str], int]] = []
    position = 0
    while position < len(markup):
        if found := _TAG.match(markup, position):
            open_.append((frozenset(found[1].split("/")), len(plain)))
            position = found.end()
            continue
        character = markup[position]
        position += 1
        if character == "(":
            open_.append((frozenset(), len(plain)))
        if character == ")" and open_:
            tags, start = open_.pop()
            if tags:
                marks.append(_Mark(tags, start, len(plain)))
                continue
        plain += character
    return plain, marks


def _aligned(plain: str, marks: list[_Mark], sentence: str) -> list[_Mark]:
    """The marks as parts of the sentence, which may differ from the markup elsewhere, but not in marked words.

    >>> [(mark.start, mark.end) for mark in _aligned("Ann) went", [_Mark(frozenset({"EVT"}), 5, 9)], "Ann went")]
    [(4, 8)]
    """
    blocks = SequenceMatcher(None, plain, sentence, autojunk=False).get_matching_blocks()
    return [
        replace(mark, start=mark.start - block.a + block.b, end=mark.end - block.a + block.b)
        for mark in marks
        for block in blocks
        if block.a <= mark.start < mark.end <= block.a + block.size
    ]
