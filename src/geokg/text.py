"""Annotated text: the words as they stand in the file, and what annotators wrote over them. Knows no RDF.

Offsets are Unicode code points from 0, end exclusive, into the text exactly as the file has it: a byte-order mark, a
carriage return, a no-break space are characters like any other. Lines and columns are counted from 1, as editors do.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .errors import ReadError

_LINE_END = re.compile(r"\r\n|\n|\r")
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s)|[。！？]+[”’」』）]*|(?:\r\n|\n|\r)+")
_ABBREVIATION = re.compile(
    r"(?:\b[A-Z]|\b(?:Mr|Mrs|Ms|Dr|Prof|Gen|Lt|Col|Sgt|St|No|vs|Jr|Sr|Gov|Sen|Rep|Pres|U\.S))\.$"
)
_LONGEST_ABBREVIATION = len("Pres.")


@dataclass(frozen=True, order=True)
class Span:
    r"""Some characters of one text.

    Attributes:
        document: the id of the document.
        start: offset of the first character, in code points from 0.
        end: offset after the last character, in code points.
        exact: the characters themselves.
        file: the name of the text's file, for people.
        line: the line of the first character, from 1.
        column: the column of the first character in its line, from 1, in code points.

    >>> Text("demo", "One.\nTwo words.").span(5, 8)
    Span(document='demo', start=5, end=8, exact='Two', file='', line=2, column=1)
    """

    document: str
    start: int
    end: int
    exact: str
    file: str = ""
    line: int = 0
    column: int = 0

    @property
    def fragment(self) -> str:
        """The span as an RFC 5147 fragment identifier.

        >>> Text("demo", "One two").span(4, 7).fragment
        'char=4,7'
        """
        return f"char={self.start},{self.end}"

    def __str__(self) -> str:
        return self.exact


@dataclass(frozen=True)
class Text:
    """The characters of one document, with a look-up from offsets to lines.

    Attributes:
        document: the id of the document.
        content: the characters, exactly as in the file.
        file: the name of the file, for people.
    """

    document: str
    content: str
    file: str = ""

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0] + [match.end() for match in _LINE_END.finditer(self.content)]

    def position(self, offset: int) -> tuple[int, int]:
        r"""Line and column, both from 1, of an offset.

        >>> Text("demo", "One.\r\nTwo.").position(6)
        (2, 1)
        """
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        r"""The characters of a line, without its end.

        Raises:
            IndexError: there is no such line.

        >>> Text("demo", "One.\nTwo.").line(2)
        'Two.'
        """
        if not 1 <= number <= len(self._line_starts):
            raise IndexError(f"{self.file or self.document} has no line {number}")
        end = self._line_starts[number] if number < len(self._line_starts) else len(self.content)
        return self.content[self._line_starts[number - 1] : end].removesuffix("\n").removesuffix("\r")

    def span(self, start: int, end: int) -> Span:
        """The span between two offsets.

        Raises:
            ValueError: the offsets do not lie inside the text, or are the wrong way round.

        >>> Text("demo", "One two").span(4, 99)
        Traceback (most recent call last):
        ValueError: offsets 4..99 do not lie inside the text of 7 characters
        """
        if not 0 <= start <= end <= len(self.content):
            raise ValueError(f"offsets {start}..{end} do not lie inside the text of {len(self.content)} characters")
        line, column = self.position(start)
        return Span(self.document, start, end, self.content[start:end], self.file, line, column)

    def sentence(self, span: Span) -> Span:
        """The sentence, or sentences, around a span; a line end always ends a sentence.

        >>> text = Text("demo", "He came. She said so. They left.")
        >>> text.sentence(text.span(13, 17)).exact
        'She said so.'
        """
        ends = self._sentence_ends
        before = bisect_right(ends, span.start)
        after = bisect_left(ends, span.end, lo=before)
        start = ends[before - 1] if before else 0
        end = ends[after] if after < len(ends) else len(self.content)
        sentence = self.content[start:end]
        # White space at its ends goes, but never a character of the span.
        left = start + len(sentence) - len(sentence.lstrip())
        right = start + len(sentence.rstrip())
        return self.span(min(left, span.start), max(right, span.end))

    @cached_property
    def _sentence_ends(self) -> list[int]:
        return [
            match.end()
            for match in _SENTENCE_END.finditer(self.content)
            if match.group().isspace()
            or not _ABBREVIATION.search(self.content, max(0, match.end() - _LONGEST_ABBREVIATION), match.end())
        ]


@dataclass(frozen=True)
class Mention:
    """Words that stand for an actor, a place, a post, or that trigger an event (brat ``T``).

    Attributes:
        id: the annotator's name for it, such as ``T12``.
        label: its label, as written.
        spans: its spans in text order; more than one when it is discontinuous.
        line: the line of the annotation file, from 1.
    """

    id: str
    label: str
    spans: tuple[Span, ...]
    line: int = 0

    @property
    def text(self) -> str:
        """The words; a discontinuous mention's parts are joined by a space."""
        return " ".join(span.exact for span in self.spans)

    @property
    def start(self) -> int:
        """The offset of its first character."""
        return self.spans[0].start

    @property
    def end(self) -> int:
        """The offset after its last character."""
        return self.spans[-1].end


@dataclass(frozen=True)
class Argument:
    """What plays a role in an event or a relation.

    Attributes:
        role: the role as written, its number (``Participant2``) apart.
        target: the id of a mention or an event.
        number: the number behind the role, if there is one.
    """

    role: str
    target: str
    number: int | None = None


@dataclass(frozen=True)
class Event:
    """Something that the text says happens, holds or is said (brat ``E``).

    Attributes:
        id: the annotator's name for it, such as ``E9``.
        label: its label, as written.
        trigger: the words that say it.
        arguments: who and what plays a role, in file order.
        line: the line of the annotation file, from 1.
    """

    id: str
    label: str
    trigger: Mention
    arguments: tuple[Argument, ...] = ()
    line: int = 0


@dataclass(frozen=True)
class Relation:
    """A labelled link between two mentions or events (brat ``R``)."""

    id: str
    label: str
    arguments: tuple[Argument, ...]
    line: int = 0


@dataclass(frozen=True)
class Attribute:
    """A value, or a mere flag, on a mention, event or relation (brat ``A`` and ``M``).

    Attributes:
        id: the annotator's name for it.
        name: the attribute's name, as written.
        target: the id of what it stands on.
        value: the value as written; ``None`` for a flag.
        line: the line of the annotation file, from 1.
    """

    id: str
    name: str
    target: str
    value: str | None = None
    line: int = 0


@dataclass(frozen=True)
class Normalization:
    """A link from a mention to an entry of a register (brat ``N``), such as ``Wikidata:Q148``.

    One whose kind is ``Name`` says what the mention is called, where its words do not; ``text`` is the name.
    """

    id: str
    kind: str
    target: str
    resource: str
    key: str
    text: str = ""
    line: int = 0


@dataclass(frozen=True)
class Note:
    """A free remark of an annotator (brat ``#``); ``target`` may be empty."""

    id: str
    kind: str
    target: str
    text: str
    line: int = 0


@dataclass(frozen=True)
class Equivalence:
    """Mentions that stand for one thing (brat ``*``)."""

    kind: str
    members: tuple[str, ...]
    line: int = 0


@dataclass(frozen=True)
class Source:
    """What ``source.toml`` says about a text; each part is optional.

    Attributes:
        id: the first part of the ids of the documents in the folder; the folder's name unless given.
        title: the headline.
        language: a BCP 47 tag.
        publisher: the outlet's name.
        author: the author's name, or names.
        url: where it was published.
        licence: an IRI or a name.
        date: when it was published, in EDTF.
        annotators: who annotated it.
    """

    id: str = ""
    title: str | None = None
    language: str | None = None
    publisher: str | None = None
    author: tuple[str, ...] = ()
    url: str | None = None
    licence: str | None = None
    date: str | None = None
    annotators: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """One text with all that annotators wrote over it, in file order.

    Attributes:
        content: the text with its line look-up; ``text`` is the plain string.
        mentions: the text-bound annotations that are not an event's trigger.
        events: what the text says happens, holds or is said.
        relations: links between mentions or events.
        attributes: values on mentions, events and relations.
        normalizations: links to registers.
        notes: remarks.
        equivalences: mentions that stand for one thing.
        source: what is known about the text.
        annotator: who wrote the annotations, where several annotate one text; part of the id then.
        faults: the annotations that were left out of it, each with place and reason; and remarks (``errors.Remark``),
            for which nothing was.
        path: the file that the annotations come from, for messages only; it never enters a graph.
    """

    content: Text
    mentions: tuple[Mention, ...] = ()
    events: tuple[Event, ...] = ()
    relations: tuple[Relation, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    normalizations: tuple[Normalization, ...] = ()
    notes: tuple[Note, ...] = ()
    equivalences: tuple[Equivalence, ...] = ()
    source: Source = field(default_factory=Source)
    annotator: str | None = None
    faults: tuple[ReadError, ...] = field(default=(), compare=False)
    path: Path | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """The id of the document: its source's id, a slash, and the text's name without its ending."""
        return self.content.document

    @property
    def text(self) -> str:
        """The text, exactly as in the file."""
        return self.content.content

    @property
    def sha256(self) -> str:
        """The SHA-256 digest of the text in UTF-8, in hexadecimal: what the file's own digest is.

        >>> Document(Text("demo", "One.")).sha256[:8]
        '70277bfc'
        """
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()

    @cached_property
    def _by_id(self) -> dict[str, Mention | Event]:
        triggers = (event.trigger for event in self.events)
        return {item.id: item for group in (self.mentions, triggers, self.events) for item in group}

    def get(self, identifier: str) -> Mention | Event | None:
        """The mention, trigger or event with this id."""
        return self._by_id.get(identifier)

    def attributes_of(self, identifier: str) -> Iterator[Attribute]:
        """The attributes that stand on a mention, event or relation, in file order."""
        return iter(self._attributes.get(identifier, ()))

    @cached_property
    def _attributes(self) -> dict[str, list[Attribute]]:
        found: dict[str, list[Attribute]] = {}
        for attribute in self.attributes:
            found.setdefault(attribute.target, []).append(attribute)
        return found
