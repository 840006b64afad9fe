"""From annotations of one text by one annotator to a ``Document``; the convention stands in the package's docstring."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from ...errors import ReadError
from ...text import (
    Argument,
    Attribute,
    Document,
    Equivalence,
    Event,
    Mention,
    Normalization,
    Note,
    Relation,
    Source,
    Text,
)
from ..given import Faults
from ..registers import is_iri, reference, short_name
from .parts import Body, identifier

NOTE = "AnnotatorNotes"
"""The kind of a note that is a comment and no more."""

REFERENCE = "Reference"
"""The kind of a link to a register that says no other."""

EQUIVALENCE = "Equiv"
"""The kind of an equivalence that says no other."""

SAYINGS = {
    "assessing",
    "bookmarking",
    "describing",
    "editing",
    "highlighting",
    "linking",
    "moderating",
    "questioning",
    "replying",
}
"""The purposes whose text is a note of that kind."""

_REGISTER = re.compile(r"([A-Za-z][\w.-]*):([^\s/]\S*)")


@dataclass(frozen=True)
class Part:
    """Some words that an annotation is about, with the id that the annotation gives them."""

    start: int
    end: int
    id: str | None = None


@dataclass(frozen=True)
class Link:
    """Something else that an annotation is about, by its id, and the role that it plays."""

    id: str
    label: str | None = None
    position: int | None = None


@dataclass(frozen=True)
class Piece:
    """What one annotator says in one annotation, its words found in the text.

    Attributes:
        id: the annotation's id.
        motivations: why it was made.
        bodies: what it says.
        parts: the words that it is about.
        links: what else it is about.
        line: the line of the file, from 1.
    """

    id: str
    motivations: tuple[str, ...] = ()
    bodies: tuple[Body, ...] = ()
    parts: tuple[Part, ...] = ()
    links: tuple[Link, ...] = ()
    line: int = 0

    @cached_property
    def label(self) -> Body | None:
        """The body that labels it: what classifies it, else its first tag; for a link, else any text."""
        plain = [body for body in self.bodies if body.label is None or body.iri is not None]
        choices = [
            [body for body in plain if body.purpose == "classifying"],
            [body for body in plain if body.purpose == "tagging" and body.value is not None],
            [body for body in plain if self.is_link and body.purpose in ("", "linking") and body.value is not None],
        ]
        return next((found[0] for found in choices if found), None)

    @cached_property
    def is_link(self) -> bool:
        """Whether it ties things together."""
        to = any(body.purpose == "linking" and body.iri is not None for body in self.bodies)
        return to or "linking" in self.motivations

    @property
    def is_event(self) -> bool:
        """Whether its words say that something happens."""
        return bool(self.parts) and "describing" in self.motivations and self.label is not None

    @property
    def is_equivalence(self) -> bool:
        """Whether it says that other annotations are about one thing."""
        bodies = all(body.purpose == "classifying" for body in self.bodies)
        return not self.parts and bool(self.links) and "identifying" in self.motivations and bodies


def name(body: Body) -> str:
    """The label that a body is."""
    return body.value if body.value is not None else body.label or short_name(body.iri or "")


class Builder:
    """Builds the document of one text and one annotator.

    Args:
        text: the text.
        pieces: its annotations, in file order.
        faults: what becomes of those that do not fit together.
        path: the file, for messages.
    """

    def __init__(self, text: Text, pieces: Iterable[Piece], faults: Faults, path: Path) -> None:
        self._text = text
        self._pieces = [one for piece in pieces for one in _untied(piece)]
        self._faults = faults
        self._path = path
        self._mentions: dict[str, Mention] = {}
        self._events: dict[str, tuple[Mention, list[Argument]]] = {}
        self._relations: dict[str, Relation] = {}
        self._equivalences: list[Equivalence] = []
        self._said: list[tuple[int, Attribute | Normalization | Note]] = []
        self._left_out: set[str] = set()
        self._things: set[str] = set()
        self._known: set[str] = set()
        self._roles: set[str] = set()
        self._names, self._naming = self._names_of_links()

    def document(self, source: Source, annotator: str | None) -> Document:
        """All that the annotations say.

        Raises:
            ReadError: one does not fit in with the others, unless faults are kept.
        """
        self._each(self._words, [piece for piece in self._pieces if piece.parts])
        # The words of a trigger may have an annotation of their own, with a label of its own.
        for event, (trigger, arguments) in self._events.items():
            self._events[event] = (self._mentions.get(trigger.id, trigger), arguments)
        triggers = {trigger.id for trigger, _ in self._events.values()}
        self._known = {*self._mentions, *self._events, *triggers}
        self._each(self._link, [piece for piece in self._pieces if piece.is_link])
        self._things = {*self._known, *self._relations}
        self._known |= {*self._relations, *(body.id for piece in self._pieces for body in piece.bodies if body.id)}
        self._each(self._same, [piece for piece in self._pieces if piece.is_equivalence])
        self._each(self._say, [piece for piece in self._pieces if not piece.is_equivalence])
        items = [item for _, item in sorted(self._said, key=lambda pair: pair[0])]
        events = []
        for piece in self._pieces:
            if piece.id in self._events and (label := piece.label):
                trigger, arguments = self._events[piece.id]
                events.append(Event(piece.id, name(label), trigger, tuple(arguments), piece.line))
        return Document(
            self._text,
            mentions=tuple(mention for mention in self._mentions.values() if mention.id not in triggers),
            events=tuple(events),
            relations=tuple(self._relations.values()),
            attributes=tuple(item for item in items if isinstance(item, Attribute)),
            normalizations=tuple(item for item in items if isinstance(item, Normalization)),
            notes=tuple(item for item in items if isinstance(item, Note)),
            equivalences=tuple(self._equivalences),
            source=source,
            annotator=annotator,
            faults=tuple(self._faults.found),
            path=self._path,
        )

    def _each(self, do: Callable[[Piece], None], pieces: list[Piece]) -> None:
        for piece in pieces:
            if piece.id in self._left_out:
                continue
            try:
                do(piece)
            except ReadError as error:
                self._faults.refuse(error)
                self._left_out.add(piece.id)

    def _error(self, piece: Piece, message: str) -> ReadError:
        return ReadError(f"{piece.id}: {message}", path=self._path, line=piece.line or None)

    def _names_of_links(self) -> tuple[dict[str, Body], set[str]]:
        """The labels of links that have none of their own, and the annotations about them that give these."""
        bare = {piece.id for piece in self._pieces if piece.is_link and piece.label is None}
        names: dict[str, Body] = {}
        naming: set[str] = set()
        for piece in self._pieces:
            label = None if piece.parts or piece.is_link else piece.label
            for link in piece.links if label else ():
                if label and link.id in bare:
                    names[link.id] = label
                    naming.add(piece.id)
        return names, naming

    def _words(self, piece: Piece) -> None:
        """A mention, or the trigger of an event."""
        if piece.id in self._mentions or piece.id in self._events:
            raise self._error(piece, "this id is that of other words as well; ids stand once")
        spans = tuple(self._text.span(part.start, part.end) for part in sorted(piece.parts, key=_place))
        for left, right in pairwise(spans):
            if right.start < left.end:
                raise self._error(piece, f"its parts {left.start}..{left.end} and {right.start}..{right.end} overlap")
        label = piece.label
        if not piece.is_event or label is None:
            said = name(label) if label else next((one for one in (*piece.motivations, *_purposes(piece)) if one), "")
            self._mentions[piece.id] = Mention(piece.id, said or "highlighting", spans, piece.line)
            return
        trigger = next((part.id for part in piece.parts if part.id is not None), f"{piece.id}-trigger")
        self._events[piece.id] = (Mention(trigger, name(label), spans, piece.line), [])

    def _link(self, piece: Piece) -> None:
        """A role of an event, or a relation."""
        ends = [*([Link(piece.id)] if piece.parts else []), *piece.links]
        others = [Link(identifier(body.iri or "")) for body in piece.bodies if self._is_end(body)]
        if piece.parts and not piece.links and not others:
            return
        for end in (*ends, *others):
            if end.id not in self._known:
                left_out = "was left out" if end.id in self._left_out else "is not among the annotations of this text"
                raise self._error(piece, f"links to {end.id}, which {left_out}")
        label = None if piece.parts else piece.label or self._names.get(piece.id)
        said = name(label) if label else "linking"
        if len(piece.links) == 1 and not piece.parts and others and piece.links[0].id in self._events:
            arguments = self._events[piece.links[0].id][1]
            arguments += [Argument(said, other.id, label.position if label else None) for other in others]
            self._roles.add(piece.id)
            return
        if len(ends) + len(others) < 2 and all(end.label is None for end in ends):
            if any(body.iri is not None for body in piece.bodies):
                return  # it leads out of the file, and is a note
            raise self._error(piece, "a link needs two ends: its targets, or its target and its body")
        number = f"{piece.id}-link" if piece.parts else piece.id
        self._relations[number] = Relation(
            number,
            said,
            tuple(
                Argument("Arg", end.id, place) if end.label is None else Argument(end.label, end.id, end.position)
                for place, end in enumerate((*ends, *others), start=1)
            ),
            piece.line,
        )

    def _is_end(self, body: Body) -> bool:
        """Whether a body is what a link leads to."""
        if body.iri is None or body.purpose not in ("", "linking"):
            return False
        return identifier(body.iri) in self._known or body.iri.startswith("#")

    def _same(self, piece: Piece) -> None:
        """An equivalence."""
        members = tuple(link.id for link in piece.links)
        for member in members:
            if member not in self._known:
                raise self._error(piece, f"speaks of {member}, which is not among the annotations of this text")
        label = piece.label
        self._equivalences.append(Equivalence(name(label) if label else EQUIVALENCE, members, piece.line))

    def _say(self, piece: Piece) -> None:
        """What the bodies say, but for labels and the ends of links."""
        itself = bool(piece.parts) or piece.id in self._relations
        about = [piece.id] if itself else [link.id for link in piece.links]
        label = piece.label if itself or piece.id in self._roles or piece.id in self._naming else None
        bodies = [
            (number, body)
            for number, body in enumerate(piece.bodies, start=1)
            if body is not label and not (piece.is_link and self._is_end(body))
        ]
        if not bodies:
            return
        for target in about:
            if target and target not in self._known:
                raise self._error(piece, f"speaks of {target}, which is not among the annotations of this text")
            for number, body in bodies:
                suffix = f"-{number}" if len(about) == 1 else f"-{number}-{target}"
                item = _item(body, target, body.id or piece.id + suffix)
                if isinstance(item, Note) or target in self._things:
                    self._said.append((body.position or 0, item))
                elif not target:
                    self._faults.pass_over(self._error(piece, "says more of the whole text than a note has room for"))
                else:
                    message = f"says more of {target}, which is neither words nor a link, than a note has room for"
                    self._faults.pass_over(self._error(piece, message))


def _place(part: Part) -> tuple[int, int]:
    return part.start, part.end


def _purposes(piece: Piece) -> list[str]:
    return [body.purpose for body in piece.bodies]


def _untied(piece: Piece) -> Iterator[Piece]:
    """A link between words that have no annotations of their own, with such annotations."""
    if len(piece.parts) < 2 or "linking" not in piece.motivations:
        yield piece
        return
    ids = [part.id or f"{piece.id}-{number}" for number, part in enumerate(piece.parts, start=1)]
    for one, part in zip(ids, piece.parts, strict=True):
        yield Piece(one, piece.motivations, parts=(part,), line=piece.line)
    yield replace(piece, parts=(), links=(*map(Link, ids), *piece.links))


def _item(body: Body, target: str, identifier: str) -> Attribute | Normalization | Note:
    """What a body says of a target."""
    purpose, line = body.purpose, body.line
    if body.iri is not None:
        register = reference(body.iri)
        if purpose == "identifying" or (not purpose and not register[0].endswith(("/", "#", ":"))):
            return Normalization(identifier, body.kind or REFERENCE, target, *register, body.label or "", line)
        if purpose == "classifying":
            return Attribute(identifier, name(body), target, None, line)
        if purpose == "tagging":
            return Attribute(identifier, body.label or purpose, target, body.iri, line)
        return Note(identifier, body.kind or purpose or "linking", target, body.iri, line)
    value = body.value or ""
    if purpose == "identifying" and (found := _REGISTER.fullmatch(value)):
        return Normalization(identifier, body.kind or REFERENCE, target, found[1], found[2], body.label or "", line)
    if purpose == "identifying" and is_iri(value):
        return Normalization(identifier, body.kind or REFERENCE, target, *reference(value), body.label or "", line)
    if purpose in ("classifying", "tagging"):
        return (
            Attribute(identifier, value, target, None, line)
            if body.label is None
            else Attribute(identifier, body.label, target, value, line)
        )
    if purpose in ("", "commenting"):
        return Note(identifier, body.kind or NOTE, target, value, line)
    if purpose in SAYINGS:
        return Note(identifier, body.kind or purpose, target, value, line)
    return Attribute(identifier, body.label or purpose, target, value, line)
