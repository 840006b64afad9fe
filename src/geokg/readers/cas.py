"""What a UIMA CAS holds, whatever file it came in: views of a text, and structures with values and references.

XMI, JSON and WebAnno TSV are three spellings of this; ``cas_layers`` makes documents of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from ..errors import ReadError
from .given import Faults
from .units import Unit, Units, misfits

INITIAL = "_InitialView"
"""The view that a CAS has when nobody asks for another."""


class Kind(Enum):
    """What a structure is, as far as a text is concerned."""

    SPAN = "words of a text"
    DOCUMENT = "what is said of a whole text"
    LIST = "a list of others"
    OTHER = "no words"


@dataclass
class Structure:
    """One structure.

    Attributes:
        id: its number in the file.
        type: the full name of its type.
        kind: what it is.
        line: its line in the file; 0 where the file has no lines.
        sofa: the number of the text that it is over.
        begin: offset of its first character; as the file counts until ``place`` has been there, then in code points.
        end: offset after its last character, likewise.
        values: plain values by feature; a list has several.
        references: numbers of other structures by feature.
    """

    id: str
    type: str
    kind: Kind
    line: int = 0
    sofa: str = ""
    begin: int = 0
    end: int = 0
    values: dict[str, list[str]] = field(default_factory=dict)
    references: dict[str, list[str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its type and number, for people."""
        return f"{short(self.type)} {self.id}"


@dataclass
class View:
    """One text of a CAS.

    Attributes:
        name: the name of the view.
        sofa: the number of the structure that holds the text.
        text: the text, if there is one.
        reason: why there is none, if it is somewhere else.
        line: its line in the file.
    """

    name: str
    sofa: str
    text: str | None
    reason: str = ""
    line: int = 0


@dataclass
class Cas:
    """Texts and structures of one file.

    Attributes:
        path: the file, for messages.
        faults: what is left out.
        views: the texts.
        structures: everything else, by number, in the order of the file.
    """

    path: Path
    faults: Faults
    views: list[View] = field(default_factory=list)
    structures: dict[str, Structure] = field(default_factory=dict)

    def error(self, message: str, line: int = 0) -> ReadError:
        """An error in this file."""
        return ReadError(message, path=self.path, line=line or None)

    def add(self, structure: Structure) -> None:
        """Take in a structure, if its number is free.

        Raises:
            ReadError: it is not, and leniency was not asked for.
        """
        if structure.id in self.structures:
            self.faults.refuse(self.error(f"the id {structure.id} is taken; ids stand once", structure.line))
        else:
            self.structures[structure.id] = structure

    def unroll(self) -> None:
        """Put the contents of lists where the lists are referred to, and leave out references to what is not there.

        Raises:
            ReadError: there is such a reference, and leniency was not asked for.
        """
        unrolled = set()
        for structure in self.structures.values():
            if structure.kind is Kind.LIST:
                continue
            for feature, ids in list(structure.references.items()):
                values, found, lists = self._contents(structure, feature, ids)
                unrolled |= lists
                if values:
                    structure.values.setdefault(feature, []).extend(values)
                structure.references[feature] = found
        self.structures = {key: one for key, one in self.structures.items() if key not in unrolled}

    def _contents(self, owner: Structure, feature: str, ids: Iterable[str]) -> tuple[list[str], list[str], set[str]]:
        values: list[str] = []
        found: list[str] = []
        lists: set[str] = set()
        waiting = list(reversed(list(ids)))
        while waiting:
            number = waiting.pop()
            one = self.structures.get(number)
            if one is None:
                self.faults.refuse(
                    self.error(f"{owner.name} refers in {feature} to {number}, which is not in this file", owner.line)
                )
            elif one.kind is not Kind.LIST:
                found.append(one.id)
            elif one.id not in lists:  # a list of lists that holds one twice, or itself, could fill any memory
                lists.add(one.id)
                values += [value for feature in ("elements", "head") for value in one.values.get(feature, ())]
                # The last that is pushed is looked at first: the head of a list, then what follows.
                for part in ("tail", "head", "elements"):
                    waiting += reversed(one.references.get(part, ()))
        return values, found, lists

    def place(self, view: View, unit: Unit) -> list[Structure]:
        """The structures over a text, their offsets in code points.

        Raises:
            ReadError: an offset lies outside the text or inside a character, and leniency was not asked for.
        """
        content = view.text or ""
        over = [one for one in self.structures.values() if one.sofa == view.sofa]
        spans = [(one.begin, one.end) for one in over if one.kind is Kind.SPAN]
        units = Units(content, unit)
        placed = []
        for one in over:
            if one.kind is Kind.SPAN:
                try:
                    one.begin, one.end = units.span(one.begin, one.end)
                except ValueError as error:
                    # Behind the first, what would help where the whole file counts something else.
                    reason = misfits(content, [(one.begin, one.end), *spans], unit) if spans else None
                    reason, spans = reason or str(error), []
                    self.faults.refuse(self.error(f"{one.name} does not fit the text: {reason}", one.line))
                    del self.structures[one.id]
                    continue
            placed.append(one)
        return placed


def text_of_bytes(data: bytes, mime: str) -> tuple[str | None, str]:
    r"""The text that a CAS holds as bytes, or why it cannot be had.

    Args:
        data: the bytes.
        mime: what they are said to be; ``charset`` in it names the encoding, which is UTF-8 otherwise.

    >>> text_of_bytes(b"caf\xe9", "text/plain; charset=latin-1"), text_of_bytes(b"caf\xe9", "text/plain")[0]
    (('café', ''), None)
    """
    kind, *parameters = mime.split(";")
    if kind.strip().partition("/")[0].lower() != "text":
        return None, f"it is {len(data)} bytes of {mime or 'no known kind'}, not of text"
    said = dict(one.strip().split("=", 1) for one in parameters if "=" in one)
    encoding = said.get("charset", "utf-8").strip(" \"'")
    try:
        return data.decode(encoding), ""
    except (LookupError, ValueError) as error:
        return None, f"it is bytes that are not {encoding}: {error}"


def short(name: str) -> str:
    """The last part of a type's name.

    >>> short("de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity")
    'NamedEntity'
    """
    return name.rpartition(".")[2]


def labels(names: Iterable[str]) -> Callable[[str], str]:
    """How types are called in a document: by the last part of the name, where no other type has it too.

    >>> label = labels(["a.Person", "b.Person", "b.Place"])
    >>> label("b.Person"), label("b.Place")
    ('b.Person', 'Place')
    """
    counts = Counter(short(name) for name in set(names))
    return lambda name: short(name) if counts[short(name)] < 2 else name
