"""A document as brat standoff: ``x.ann``, and the text in ``x.txt``, byte for byte.

Ids that are brat's own stay; others are numbered anew, in the order of the document. A role's number is written behind
it, and read back as its number. What brat cannot hold is an error: words of no character, labels with blanks, values
and notes of several lines, relations between more or fewer than two, attributes on attributes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from ..text import Argument, Document, Equivalence, Event, Mention, Normalization, Note, Relation
from .brat_lines import IRIS
from .registers import reference
from .writing import NoRoom, put

_WORD = re.compile(r"[^ \t\n]*[^ \t\r\n]")
_OWN = {sign: re.compile(rf"[{sign}][0-9][^\s:;]*") for sign in ("T", "E", "R", "AM", "N")}
_OWN["#"] = re.compile(r"#[^\s:;]*")


def write(document: Document, path: Path, *, text: Path | None = None) -> None:
    """Write a document as brat standoff.

    Args:
        document: what to write.
        path: the annotation file, which ends in ``.ann``.
        text: where the text goes; ``None`` for beside it.

    Raises:
        WriteError: brat has no room for an annotation, or a file cannot be written.
    """
    content = "".join(line + "\n" for line in lines(document, path))
    put(text or path.with_suffix(".txt"), document.text.encode("utf-8"))
    put(path, content.encode("utf-8"))


def lines(document: Document, path: Path) -> list[str]:
    r"""The lines of a document's annotations.

    Args:
        document: what to write.
        path: where they will stand, for messages.

    Raises:
        WriteError: brat has no room for an annotation.

    >>> from geokg.text import Text
    >>> text = Text("wire/a", "Hu waits.")
    >>> lines(Document(text, (Mention("T1", "Person", (text.span(0, 2),)),)), Path("a.ann"))
    ['T1\tPerson 0 2\tHu']
    """
    page = _Page(document, NoRoom("brat", path))
    found = page.lines()
    page.room.check()
    return found


class _Page:
    """The lines of one document, and the ids they have in brat."""

    def __init__(self, document: Document, room: NoRoom) -> None:
        self.document = document
        self.room = room
        triggers = {event.trigger.id: event.trigger for event in document.events}
        self.words: list[Mention] = [*document.mentions, *triggers.values()]
        self.names = self._names("T", (mention.id for mention in self.words))
        # A trigger may have the id of its event; whoever names that means the event.
        self.triggers = dict(self.names)
        self.events = self._names("E", (event.id for event in document.events))
        self.relations = self._names("R", (relation.id for relation in document.relations))
        self.names.update(self.events)

    def lines(self) -> list[str]:
        document = self.document
        lines = [self._mention(mention) for mention in self.words]
        lines += [self._event(event) for event in document.events]
        lines += [self._relation(relation) for relation in document.relations]
        attributes = self._names("AM", (attribute.id for attribute in document.attributes))
        targets = {**self.relations, **self.names}
        for attribute in document.attributes:
            body = (
                self._word(attribute.id, attribute.name) + " " + self._target(attribute.id, attribute.target, targets)
            )
            if attribute.value is not None:
                body += " " + self._value(attribute.id, attribute.value)
            lines.append(f"{attributes[attribute.id]}\t{body}")
        links = self._names("N", (link.id for link in document.normalizations))
        for link in document.normalizations:
            key = self._word(link.id, self._reference(link))
            body = f"{self._word(link.id, link.kind)} {self._target(link.id, link.target, self.names)} {key}"
            lines.append(f"{links[link.id]}\t{body}\t{self._line(link.id, link.text)}")
        notes = self._names("#", (note.id for note in document.notes if note.id != "#"))
        targets |= {**attributes, **links, **notes}
        lines += [self._note(note, notes, targets) for note in document.notes]
        lines += [self._equivalence(equivalence) for equivalence in document.equivalences]
        return lines

    def _reference(self, link: Normalization) -> str:
        iri = link.resource + link.key
        if link.resource.partition(":")[0] in IRIS and reference(iri) == (link.resource, link.key):
            return iri
        if ":" in link.resource:
            self.room.none_for(link.id, f"the name of a register, {link.resource!r}, must have no colon")
        return f"{link.resource}:{link.key}"

    def _mention(self, mention: Mention) -> str:
        if any(span.start == span.end for span in mention.spans) or not mention.spans:
            self.room.none_for(mention.id, "it has a part of no character")
        if any(left.end > right.start for left, right in zip(mention.spans, mention.spans[1:], strict=False)):
            self.room.none_for(mention.id, "its parts overlap")
        offsets = ";".join(f"{span.start} {span.end}" for span in mention.spans)
        # A line end inside the quote would end the line; brat writes a space for it.
        quote = mention.text.replace("\n", " ").replace("\r", " ")
        return f"{self.triggers[mention.id]}\t{self._word(mention.id, mention.label)} {offsets}\t{quote}"

    def _event(self, event: Event) -> str:
        words = [f"{self._word(event.id, event.label)}:{self.triggers[event.trigger.id]}"]
        words += [self._argument(event.id, argument) for argument in event.arguments]
        return f"{self.events[event.id]}\t{' '.join(words)}"

    def _relation(self, relation: Relation) -> str:
        if len(relation.arguments) != 2:
            self.room.none_for(relation.id, f"it is between {len(relation.arguments)}, not between two")
        words = [self._word(relation.id, relation.label)]
        words += [self._argument(relation.id, argument) for argument in relation.arguments]
        return f"{self.relations[relation.id]}\t{' '.join(words)}"

    def _argument(self, owner: str, argument: Argument) -> str:
        if argument.number is not None and argument.role[-1:].isdecimal():
            self.room.none_for(owner, f"the role {argument.role!r} has a number of its own")
        role = f"{argument.role}{'' if argument.number is None else argument.number}"
        return f"{self._word(owner, role)}:{self._target(owner, argument.target, self.names)}"

    def _note(self, note: Note, names: dict[str, str], targets: dict[str, str]) -> str:
        body = self._word(note.id, note.kind)
        if note.target:
            body += " " + self._target(note.id, note.target, targets)
        return f"{names.get(note.id, '#')}\t{body}\t{self._line(note.id, note.text)}"

    def _equivalence(self, equivalence: Equivalence) -> str:
        name = " ".join(equivalence.members)
        if len(set(equivalence.members)) < max(2, len(equivalence.members)):
            self.room.none_for(name, "an equivalence is between two or more different mentions")
        members = [self._target(name, member, self.names) for member in equivalence.members]
        return f"*\t{' '.join([self._word(name, equivalence.kind), *members])}"

    def _target(self, owner: str, identifier: str, names: dict[str, str]) -> str:
        if identifier not in names:
            self.room.none_for(owner, f"it stands on {identifier!r}, which is nothing that it may stand on")
        return names.get(identifier, identifier)

    def _word(self, owner: str, word: str) -> str:
        if not _WORD.fullmatch(word):
            self.room.none_for(owner, f"{word!r} is no single word")
        return word

    def _value(self, owner: str, value: str) -> str:
        if not value or value != value.strip(" \t\r") or "\t" in value or "\n" in value:
            self.room.none_for(owner, f"the value {value[:40]!r} is no line of words")
        return value

    def _line(self, owner: str, words: str) -> str:
        if "\n" in words or words != words.rstrip(" \t\r"):
            self.room.none_for(owner, f"{words[:40]!r} is more than one line, or ends in blanks")
        return words

    def _names(self, sign: str, identifiers: Iterable[str]) -> dict[str, str]:
        """Names for brat: those that are its own stay, the others get the next free number."""
        identifiers = list(identifiers)
        for identifier, often in Counter(identifiers).items():
            if often > 1:
                self.room.none_for(identifier, "its id stands twice")
        names = {identifier: identifier for identifier in identifiers if _OWN[sign].fullmatch(identifier)}
        taken = set(names)
        number = 0
        for identifier in identifiers:
            if identifier not in names:
                while (name := f"{sign[0]}{(number := number + 1)}") in taken:
                    pass
                names[identifier] = name
                taken.add(name)
        return names
