"""brat standoff (https://brat.nlplab.org/standoff.html): annotations in ``x.ann``, one a line, over ``x.txt``.

::

    T1	Movement 12 19	Taliban                      words: label, offsets, quote; parts: 0 5;16 23
    E1	Statement:T2 Actor:T1 Content:E2           an event: label:trigger, role:argument ...
    R1	Located Arg1:T1 Arg2:T3                    a relation; the line may end in a tab
    A1	Stance E1 predicts                         an attribute (also M1); a flag has no value
    N1	Reference T1 Wikidata:Q42418	Taliban      a link to a register
    #1	AnnotatorNotes T1	free words             a note
    *	Equiv T1 T4                                mentions of one thing

The text is taken as it is. In the annotation file a byte-order mark, CR LF line ends, empty lines and blanks at the end
of a line are passed over. Everything else that does not fit stops the read with its line and column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ..errors import OffsetMismatch, ReadError
from ..text import (
    Argument,
    Attribute,
    Document,
    Equivalence,
    Event,
    Mention,
    Normalization,
    Note,
    Relation,
    Text,
)
from .given import AnnotationFile
from .offsets import Quote, explain, fits
from .source import decode, read_bytes, read_source, read_text

SUFFIXES = (".ann",)
"""The endings of the files that this reader reads."""

_KINDS = {
    "T": "words",
    "E": "an event",
    "R": "a relation",
    "A": "an attribute",
    "M": "an attribute",
    "N": "a normalization",
    "#": "a note",
    "*": "an equivalence",
}
_ID = re.compile(r"[TERAMN][0-9][^\s:;]*|#[^\s:;]*|\*")
# Ten digits are more than any text has characters, and keep int() within its bounds.
_BOUND = re.compile(r"([^ ]+) +([0-9]{1,10} +[0-9]{1,10}(?:;[0-9]{1,10} +[0-9]{1,10})*)[ \r]*")
_NUMBERED = re.compile(r"(.*[^0-9])([0-9]{1,9})")
_BLANK = " \t\r"


@dataclass(frozen=True)
class _Word:
    """A word of a line, and the column where it starts."""

    text: str
    column: int


@dataclass(frozen=True)
class _Line:
    """One line: its id, what stands between the first and the second tab, and what comes after that."""

    path: Path
    number: int
    id: str
    body: str
    tail: str

    def words(self) -> list[_Word]:
        start = len(self.id) + 2
        return [_Word(match.group(), start + match.start()) for match in re.finditer("[^ ]+", self.body.rstrip(_BLANK))]

    def error(self, message: str, column: int = 1) -> ReadError:
        return ReadError(message, path=self.path, line=self.number, column=column)


def documents(given: AnnotationFile) -> Iterator[Document]:
    """Yield the one document that an annotation file and its text make.

    Raises:
        OffsetMismatch: a quote is not what stands in the text at its offsets.
        ReadError: anything else that is not as it should be.

    >>> from geokg.vocabulary import packaged
    >>> given = AnnotationFile(packaged("data") / "china-taliban" / "article.ann")
    >>> [document.source.id for document in documents(given)]
    ['china-taliban']
    """
    path = given.path
    source = read_source(given.folder)
    text_path = given.text or path.with_suffix(".txt")
    data = read_bytes(path)
    if not text_path.is_file():
        raise ReadError(f"has no text: {text_path.name} should stand beside it", path=path)
    text = read_text(text_path, source, given.annotator)
    lines = _lines(path, decode(data, path))
    mentions = _mentions(lines, text)
    events = tuple(_event(line, lines, mentions) for line in lines.values() if line.id[0] == "E")
    triggers = {event.trigger.id for event in events}

    def of(kinds: str) -> list[_Line]:
        return [line for line in lines.values() if line.id[0] in kinds]

    yield Document(
        text,
        mentions=tuple(mention for mention in mentions.values() if mention.id not in triggers),
        events=events,
        relations=tuple(_relation(line, lines) for line in of("R")),
        attributes=tuple(_attribute(line, lines) for line in of("AM")),
        normalizations=tuple(_normalization(line, lines) for line in of("N")),
        notes=tuple(_note(line, lines) for line in of("#")),
        equivalences=tuple(_equivalence(line, lines) for line in of("*")),
        source=source,
        annotator=given.annotator,
        path=path,
    )


def _lines(path: Path, content: str) -> dict[str, _Line]:
    """The lines by their ids, in file order; what has no id of its own gets its line number behind its sign."""
    lines: dict[str, _Line] = {}
    # Only \n ends a line here: a quote may hold a lone CR and any other separator that Unicode knows.
    for number, raw in enumerate(content.removeprefix("\ufeff").split("\n"), start=1):
        if not raw.strip(_BLANK):
            continue
        identifier, tab, rest = raw.partition("\t")
        if raw[0] not in _KINDS:
            kinds = " ".join(_KINDS)
            raise ReadError(
                f"unknown kind of line {identifier[:20]!r}: lines start with one of {kinds}",
                path=path,
                line=number,
                column=1,
            )
        if not _ID.fullmatch(identifier) or not tab:
            wanted = f"{raw[0]}1" if raw[0] not in "*#" else raw[0]
            raise ReadError(
                f"malformed line: an id such as {wanted} and a tab come first", path=path, line=number, column=1
            )
        body, _, tail = rest.partition("\t")
        line = _Line(path, number, identifier, body, tail)
        key = identifier if len(identifier) > 1 else f"{identifier} {number}"
        if key in lines:
            raise line.error(f"the id {identifier} is taken by line {lines[key].number}; ids stand once")
        lines[key] = line
    return lines


def _mentions(lines: dict[str, _Line], text: Text) -> dict[str, Mention]:
    """All text-bound lines, each quote compared with the text."""
    quotes = [(line, *_bound(line)) for line in lines.values() if line.id[0] == "T"]
    mentions = {}
    for line, label, quote in quotes:
        if not fits(quote, text.content):
            words, hint = explain(quote, [other for _, _, other in quotes], text)
            raise OffsetMismatch(
                f"{line.id} {words}; {hint}",
                path=line.path,
                line=line.number,
                column=len(line.id) + len(line.body) + 3,
                quote=quote.words.rstrip(_BLANK),
                start=min(start for start, _ in quote.parts),
                end=max(end for _, end in quote.parts),
            )
        spans = sorted((text.span(start, end) for start, end in quote.parts), key=lambda span: span.start)
        for left, right in pairwise(spans):
            if right.start < left.end:
                raise line.error(f"the parts of {line.id} overlap", len(line.id) + 2)
        mentions[line.id] = Mention(line.id, label, tuple(spans), line.number)
    return mentions


def _bound(line: _Line) -> tuple[str, Quote]:
    column = len(line.id) + 2
    found = _BOUND.fullmatch(line.body)
    if not found:
        raise line.error("malformed words: after the id come a label and offsets, as in 'Person 0 5;8 12'", column)
    pairs = [pair.split() for pair in found[2].split(";")]
    parts = tuple((int(start), int(end)) for start, end in pairs)
    for start, end in parts:
        if start >= end:
            raise line.error(f"the offsets {start} {end} hold no character", column + found.start(2))
    if not line.tail:
        raise line.error(
            "malformed words: after the offsets come a tab and the words themselves", column + len(line.body)
        )
    return found[1], Quote(parts, line.tail)


def _target(line: _Line, word: _Word, lines: dict[str, _Line], kinds: str, identifier: str = "") -> str:
    """The id that a word names, when there is such a line of a kind that fits."""
    identifier = identifier or word.text
    column = word.column + len(word.text) - len(identifier)
    if identifier not in lines:
        raise line.error(f"{line.id} refers to {identifier}, which is not in this file", column)
    if identifier[0] not in kinds:
        wanted = " or ".join(dict.fromkeys(_KINDS[kind] for kind in kinds))
        raise line.error(
            f"{line.id} refers to {identifier}, {_KINDS[identifier[0]]}, where {wanted} must stand", column
        )
    return identifier


def _only(line: _Line, words: list[_Word], least: int, most: int | None, form: str) -> None:
    """Refuse a line with too few or too many words, or with anything behind them."""
    if len(words) < least:
        raise line.error(f"malformed {_KINDS[line.id[0]][2:].strip()}: it is written {form}", len(line.id) + 2)
    if most is not None and len(words) > most:
        raise line.error(
            f"{words[most].text!r} is too much: {_KINDS[line.id[0]]} is written {form}", words[most].column
        )


def _no_tail(line: _Line) -> None:
    if line.tail.strip(_BLANK):
        column = len(line.id) + len(line.body) + 3
        raise line.error(f"{line.tail.strip(_BLANK)!r} is too much: nothing follows a second tab here", column)


def _argument(line: _Line, word: _Word, lines: dict[str, _Line], kinds: str) -> Argument:
    role, colon, identifier = word.text.rpartition(":")
    if not (role and colon and identifier):
        raise line.error(f"{word.text!r} is no argument: one is written Role:T1", word.column)
    target = _target(line, word, lines, kinds, identifier)
    numbered = _NUMBERED.fullmatch(role)
    return Argument(numbered[1], target, int(numbered[2])) if numbered else Argument(role, target)


def _event(line: _Line, lines: dict[str, _Line], mentions: dict[str, Mention]) -> Event:
    words = line.words()
    _only(line, words, 1, None, "Label:T1 Role:T2 ...")
    _no_tail(line)
    label, colon, trigger = words[0].text.rpartition(":")
    if not (label and colon and trigger):
        raise line.error(f"{line.id} has no trigger: an event is written Label:T1 Role:T2 ...", words[0].column)
    mention = mentions[_target(line, words[0], lines, "T", trigger)]
    arguments = tuple(_argument(line, word, lines, "TE") for word in words[1:])
    return Event(line.id, label, mention, arguments, line.number)


def _relation(line: _Line, lines: dict[str, _Line]) -> Relation:
    words = line.words()
    _only(line, words, 3, 3, "Label Arg1:T1 Arg2:T2")
    _no_tail(line)
    arguments = tuple(_argument(line, word, lines, "TE") for word in words[1:])
    return Relation(line.id, words[0].text, arguments, line.number)


def _attribute(line: _Line, lines: dict[str, _Line]) -> Attribute:
    words = line.words()
    _only(line, words, 2, None, "Name T1 value")
    _no_tail(line)
    target = _target(line, words[1], lines, "TER")
    end = words[1].column + len(words[1].text) - len(line.id) - 2
    return Attribute(line.id, words[0].text, target, line.body[end:].strip(_BLANK) or None, line.number)


def _normalization(line: _Line, lines: dict[str, _Line]) -> Normalization:
    words = line.words()
    _only(line, words, 3, 3, "Reference T1 Resource:key")
    target = _target(line, words[1], lines, "TE")
    resource, colon, key = words[2].text.partition(":")
    if not (resource and colon and key):
        raise line.error(f"{words[2].text!r} is no reference: one is written Resource:key", words[2].column)
    return Normalization(line.id, words[0].text, target, resource, key, line.tail.rstrip(_BLANK), line.number)


def _note(line: _Line, lines: dict[str, _Line]) -> Note:
    words = line.words()
    _only(line, words, 1, 2, "AnnotatorNotes T1, a tab, the note")
    target = _target(line, words[1], lines, "TERAMN#") if len(words) > 1 else ""
    return Note(line.id, words[0].text, target, line.tail.rstrip(_BLANK), line.number)


def _equivalence(line: _Line, lines: dict[str, _Line]) -> Equivalence:
    words = line.words()
    _only(line, words, 3, None, "Equiv T1 T2 ...")
    _no_tail(line)
    members = tuple(_target(line, word, lines, "TE") for word in words[1:])
    if len(set(members)) < len(members):
        raise line.error("a mention is named twice", words[1].column)
    return Equivalence(words[0].text, members, line.number)
