"""The lines of a brat file: each kind, its parts, and what may be wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ..errors import ReadError
from ..text import Argument, Attribute, Equivalence, Event, Mention, Normalization, Note, Relation
from .given import Faults
from .offsets import Quote
from .registers import reference

KINDS = {
    "T": "words",
    "E": "an event",
    "R": "a relation",
    "A": "an attribute",
    "M": "an attribute",
    "N": "a normalization",
    "#": "a note",
    "*": "an equivalence",
}
"""What lines are there, by the sign that their ids begin with."""

BLANK = " \t\r"
"""What is passed over at the end of a line."""

_ID = re.compile(r"[TERAMN][0-9][^\s:;]*|#[^\s:;]*|\*")
# Ten digits are more than any text has characters, and keep int() within its bounds.
_BOUND = re.compile(r"([^ ]+) +([0-9]{1,10} +[0-9]{1,10}(?:;[0-9]{1,10} +[0-9]{1,10})*)[ \r]*")
_NUMBERED = re.compile(r"(.*[^0-9])([0-9]{1,9})")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")

Item = Event | Relation | Attribute | Normalization | Note | Equivalence
"""What a line that is not words becomes."""


class Word(NamedTuple):
    """A word of a line, and the column where it starts."""

    text: str
    column: int


class Line(NamedTuple):
    """One line: its id, what stands between the first and the second tab, and what comes after that."""

    path: Path
    number: int
    id: str
    body: str
    tail: str

    def words(self) -> list[Word]:
        """The words between the tabs."""
        column = len(self.id) + 2
        found = []
        for word in self.body.rstrip(BLANK).split(" "):
            if word:
                found.append(Word(word, column))
            column += len(word) + 1
        return found

    def error(self, message: str, column: int = 1) -> ReadError:
        """An error at this line."""
        return ReadError(message, path=self.path, line=self.number, column=column)


@dataclass
class Page:
    """The lines of one file.

    Attributes:
        lines: the good ones, by id, in file order; what has no id of its own has its line number behind its sign.
        mentions: the words among them.
        out: the lines that are left out, by id.
        faults: why.
    """

    faults: Faults
    lines: dict[str, Line] = field(default_factory=dict)
    mentions: dict[str, Mention] = field(default_factory=dict)
    out: dict[str, Line] = field(default_factory=dict)

    def refuse(self, key: str, line: Line, error: ReadError) -> None:
        """Leave a line out.

        Raises:
            ReadError: the one given, unless leniency was asked for.
        """
        self.faults.refuse(error)
        self.lines.pop(key, None)
        self.out[key] = line

    def take(self, path: Path, content: str) -> None:
        """Take in the lines of a file.

        Raises:
            ReadError: one is of no known kind, or its id is taken; unless leniency was asked for.
        """
        spoilt = bool(_NOT_UTF8.search(content))  # only where leniency let it through
        # Only \n ends a line here: a quote may hold a lone CR and any other separator that Unicode knows.
        for number, raw in enumerate(content.removeprefix("\ufeff").split("\n"), start=1):
            if not raw.strip(BLANK):
                continue
            try:
                if spoilt and (bad := _NOT_UTF8.search(raw)):
                    message = f"byte 0x{ord(bad.group()) - 0xDC00:02x} is not UTF-8"
                    raise ReadError(message, path=path, line=number, column=bad.start() + 1)
                key, line = _line(path, number, raw)
            except ReadError as error:
                self.faults.refuse(error)
                continue
            if key in self.lines or key in self.out:
                first = self.lines.get(key) or self.out[key]
                self.faults.refuse(line.error(f"the id {line.id} is taken by line {first.number}; ids stand once"))
                if key in self.lines:  # whoever refers to it might mean either
                    self.refuse(key, first, first.error(f"the id {line.id} is taken again by line {number}"))
            else:
                self.lines[key] = line


def _line(path: Path, number: int, raw: str) -> tuple[str, Line]:
    identifier, tab, rest = raw.partition("\t")
    error = None
    if raw[0] not in KINDS:
        error = f"unknown kind of line {identifier[:20]!r}: lines start with one of {' '.join(KINDS)}"
    elif not _ID.fullmatch(identifier) or not tab:
        wanted = f"{raw[0]}1" if raw[0] not in "*#" else raw[0]
        error = f"malformed line: an id such as {wanted} and a tab come first"
    if error:
        raise ReadError(error, path=path, line=number, column=1)
    body, _, tail = rest.partition("\t")
    return identifier if len(identifier) > 1 else f"{identifier} {number}", Line(path, number, identifier, body, tail)


def bound(line: Line) -> tuple[str, Quote]:
    """The label, and the quote with its offsets, of a line of words.

    Raises:
        ReadError: it is not written as such a line is.
    """
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


def _target(line: Line, word: Word, page: Page, kinds: str, identifier: str = "") -> str:
    """The id that a word names, when there is such a line of a kind that fits."""
    identifier = identifier or word.text
    column = word.column + len(word.text) - len(identifier)
    if identifier in page.out:
        left = page.out[identifier].number
        raise line.error(f"{line.id} refers to {identifier}, which is left out (line {left})", column)
    if identifier not in page.lines:
        raise line.error(f"{line.id} refers to {identifier}, which is not in this file", column)
    if identifier[0] not in kinds:
        wanted = " or ".join(dict.fromkeys(KINDS[kind] for kind in kinds))
        raise line.error(f"{line.id} refers to {identifier}, {KINDS[identifier[0]]}, where {wanted} must stand", column)
    return identifier


def _only(line: Line, words: list[Word], least: int, most: int | None, form: str) -> None:
    """Refuse a line with too few or too many words, or with anything behind them."""
    if len(words) < least:
        raise line.error(f"malformed {KINDS[line.id[0]][2:].strip()}: it is written {form}", len(line.id) + 2)
    if most is not None and len(words) > most:
        raise line.error(f"{words[most].text!r} is too much: {KINDS[line.id[0]]} is written {form}", words[most].column)


def _no_tail(line: Line) -> None:
    if line.tail.strip(BLANK):
        column = len(line.id) + len(line.body) + 3
        raise line.error(f"{line.tail.strip(BLANK)!r} is too much: nothing follows a second tab here", column)


def _argument(line: Line, word: Word, page: Page, kinds: str) -> Argument:
    role, colon, identifier = word.text.rpartition(":")
    if not (role and colon and identifier):
        raise line.error(f"{word.text!r} is no argument: one is written Role:T1", word.column)
    target = _target(line, word, page, kinds, identifier)
    numbered = _NUMBERED.fullmatch(role)
    return Argument(numbered[1], target, int(numbered[2])) if numbered else Argument(role, target)


def _event(line: Line, page: Page) -> Event:
    words = line.words()
    _only(line, words, 1, None, "Label:T1 Role:T2 ...")
    _no_tail(line)
    label, colon, trigger = words[0].text.rpartition(":")
    if not (label and colon and trigger):
        raise line.error(f"{line.id} has no trigger: an event is written Label:T1 Role:T2 ...", words[0].column)
    mention = page.mentions[_target(line, words[0], page, "T", trigger)]
    arguments = tuple(_argument(line, word, page, "TE") for word in words[1:])
    return Event(line.id, label, mention, arguments, line.number)


def _relation(line: Line, page: Page) -> Relation:
    words = line.words()
    _only(line, words, 3, 3, "Label Arg1:T1 Arg2:T2")
    _no_tail(line)
    arguments = tuple(_argument(line, word, page, "TE") for word in words[1:])
    return Relation(line.id, words[0].text, arguments, line.number)


def _attribute(line: Line, page: Page) -> Attribute:
    words = line.words()
    _only(line, words, 2, None, "Name T1 value")
    _no_tail(line)
    target = _target(line, words[1], page, "TER")
    end = words[1].column + len(words[1].text) - len(line.id) - 2
    return Attribute(line.id, words[0].text, target, line.body[end:].strip(BLANK) or None, line.number)


IRIS = ("http", "https", "urn")
"""What comes before the first colon of a reference that is an IRI, and not a register's name with a key."""


def _normalization(line: Line, page: Page) -> Normalization:
    words = line.words()
    _only(line, words, 3, 3, "Reference T1 Resource:key")
    target = _target(line, words[1], page, "TE")
    resource, colon, key = words[2].text.partition(":")
    if not (resource and colon and key):
        raise line.error(f"{words[2].text!r} is no reference: one is written Resource:key", words[2].column)
    if resource in IRIS:
        resource, key = reference(words[2].text)
    return Normalization(line.id, words[0].text, target, resource, key, line.tail.rstrip(BLANK), line.number)


def _note(line: Line, page: Page) -> Note:
    words = line.words()
    _only(line, words, 1, 2, "AnnotatorNotes T1, a tab, the note")
    target = _target(line, words[1], page, "TERAMN#") if len(words) > 1 else ""
    return Note(line.id, words[0].text, target, line.tail.rstrip(BLANK), line.number)


def _equivalence(line: Line, page: Page) -> Equivalence:
    words = line.words()
    _only(line, words, 3, None, "Equiv T1 T2 ...")
    _no_tail(line)
    members = tuple(_target(line, word, page, "TE") for word in words[1:])
    if len(set(members)) < len(members):
        raise line.error("a mention is named twice", words[1].column)
    return Equivalence(words[0].text, members, line.number)


_PARSERS: dict[str, Callable[[Line, Page], Item]] = {
    "E": _event,
    "R": _relation,
    "A": _attribute,
    "M": _attribute,
    "N": _normalization,
    "#": _note,
    "*": _equivalence,
}


def item(line: Line, page: Page) -> Item:
    """What a line that is not words says.

    Raises:
        ReadError: it is not written as such a line is, or refers to what is not there.
    """
    return _PARSERS[line.id[0]](line, page)


def targets(item: Item) -> tuple[str, ...]:
    """The ids that an item refers to.

    >>> targets(Equivalence("Equiv", ("T1", "T2")))
    ('T1', 'T2')
    """
    match item:
        case Event():
            return (item.trigger.id, *(argument.target for argument in item.arguments))
        case Relation():
            return tuple(argument.target for argument in item.arguments)
        case Equivalence():
            return item.members
        case Attribute() | Normalization() | Note():
            return (item.target,)
