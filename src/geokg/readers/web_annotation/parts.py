"""An annotation taken apart: its bodies and targets as plain values, however its tool spells them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote, unquote

from ...errors import ReadError
from ..given import Faults
from ..placed import Placed
from ..registers import is_iri

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
_OA = re.compile(r"(?:oa:|http://www\.w3\.org/ns/oa#)")
_SETS = {"Choice", "List", "Composite", "Independents"}


@dataclass(frozen=True)
class Body:
    """What an annotation says.

    Attributes:
        purpose: why it is there; the annotation's motivation where it does not say, else empty.
        value: its text, or
        iri: the resource that it is.
        id: its own id.
        label: what the value is a value of, or what the resource is called.
        kind: what kind of note or reference it is (``dc:type``).
        position: its place among others of its kind (``schema:position``).
        creator: who wrote it, where it says.
        line: the line of the file, from 1.
    """

    purpose: str
    value: str | None = None
    iri: str | None = None
    id: str | None = None
    label: str | None = None
    kind: str | None = None
    position: int | None = None
    creator: str | None = None
    line: int = 0


@dataclass(frozen=True)
class Target:
    """What an annotation is about: words of a source, the whole of it, or something else that has an id.

    Attributes:
        iri: the source, or the id; ``None`` where the file leaves the source out.
        selectors: what selects the words; empty where nothing does.
        id: its own id.
        label: the role that it plays.
        position: the number of that role.
        line: the line of the file, from 1.
    """

    iri: str | None = None
    selectors: tuple[Placed, ...] = ()
    id: str | None = None
    label: str | None = None
    position: int | None = None
    line: int = 0


@dataclass(frozen=True)
class Annotation:
    """One annotation, as it stands in the file."""

    id: str
    motivations: tuple[str, ...] = ()
    bodies: tuple[Body, ...] = ()
    targets: tuple[Target, ...] = ()
    creator: str | None = None
    line: int = 0


def identifier(iri: str) -> str:
    """The id that an IRI stands for: what follows the ``#`` where it is relative to the file, else itself.

    >>> identifier("#T1"), identifier("#a%20b"), identifier("urn:x")
    ('T1', 'a b', 'urn:x')
    """
    return unquote(iri[1:]) if iri.startswith("#") else iri


def iri_of(name: str) -> str:
    """The IRI that stands for an id; ``identifier`` finds the id again.

    >>> iri_of("T1"), iri_of("a b"), iri_of("urn:x")
    ('#T1', '#a%20b', 'urn:x')
    """
    return name if is_iri(name) else "#" + quote(name, safe="-._~!$&'()*+,;=:@/?")


def many(value: object) -> list[object]:
    """What stands alone or in a list, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def get(thing: Placed, name: str) -> object:
    """The value of ``id`` or ``type``, also as JSON-LD spells them by itself."""
    return thing.get(name, thing.get("@" + name))


def types(thing: Placed) -> set[str]:
    """The local names of the types of an object."""
    kind = thing.get("type")
    if isinstance(kind, str) and ":" not in kind:
        return {kind}
    return {_OA.sub("", one) for one in many(get(thing, "type")) if isinstance(one, str)}


def name_of(agent: object) -> str | None:
    """Who an agent is, by the name that people know."""
    for one in many(agent):
        if isinstance(one, str) and one:
            return one
        if isinstance(one, Placed):
            names = (one.get(key) for key in ("nickname", "name", "id", "@id"))
            if found := next((name for name in names if isinstance(name, str) and name), None):
                return found
    return None


class Parser:
    """Takes the annotations of one file apart.

    Args:
        path: the file, for messages.
        faults: what becomes of those that are not as they should be.
    """

    def __init__(self, path: Path, faults: Faults) -> None:
        self._path = path
        self._faults = faults
        self._taken: dict[str, int] = {}

    def all(self, things: Iterable[Placed]) -> list[Annotation]:
        """The annotations, without those that are bad."""
        found = []
        for number, thing in enumerate(things, start=1):
            try:
                found.append(self._annotation(thing, number))
            except ReadError as error:
                self._faults.refuse(error)
        return found

    def _annotation(self, thing: Placed, number: int) -> Annotation:
        iri = get(thing, "id")
        if iri is not None and not isinstance(iri, str):
            self._wrong(thing, "its id is no string")
        name = f"annotation-{number}" if iri is None else identifier(iri)
        if name in self._taken:
            self._wrong(thing, f"the id {name} is taken by line {self._taken[name]}; ids stand once")
        self._taken[name] = thing.line
        motivations = tuple(_OA.sub("", one) for one in many(thing.get("motivation")) if isinstance(one, str))
        purpose = motivations[0] if motivations else ""
        bodies = [self._body(one, thing, purpose) for one in many(thing.get("body"))]
        values = [one for one in many(thing.get("bodyValue")) if isinstance(one, str)]
        bodies += [Body(purpose, value=one, line=thing.line) for one in values]
        if not many(thing.get("target")):
            self._wrong(thing, f"{name} has no target")
        targets = [self._target(one, thing) for one in many(thing.get("target"))]
        return Annotation(
            name,
            motivations,
            tuple(body for body in bodies if body),
            tuple(target for target in targets if target),
            name_of(thing.get("creator")),
            thing.line,
        )

    def _body(self, thing: object, around: Placed, purpose: str) -> Body | None:
        if isinstance(thing, str):
            return Body(purpose, iri=thing, line=around.line)
        if not isinstance(thing, Placed):
            self._wrong(around, "a body is neither an object nor an IRI")
        if sets := types(thing) & _SETS:
            self._pass(thing, f"a body that is a {sets.pop()} of others is left out")
            return None
        purposes = [_OA.sub("", one) for one in many(thing.get("purpose")) if isinstance(one, str)]
        source = thing.get("source")
        label = _text(thing.get("label"))
        value = thing.get("value", thing.get("rdf:value", thing.get("chars")))
        iri = _text(get(source, "id") if isinstance(source, Placed) else source)
        if isinstance(source, Placed):
            label = label or _text(source.get("label"))
        name = _text(get(thing, "id"))
        kinds = types(thing)
        if iri is None and (value is None or "SpecificResource" in kinds):
            iri, name = name, None
        if iri is None and value is None:
            if kinds and "TextualBody" not in kinds:
                self._pass(
                    thing, f"a body that is a {' and '.join(sorted(kinds))}, no text and no address, is left out"
                )
                return None
            self._wrong(thing, "a body has neither value nor source nor id")
        if iri is not None and value is not None:
            label, value = label or _text(value), None
        return Body(
            purposes[0] if purposes else purpose,
            # Some tools put whole objects there; they are kept as they are.
            value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True),
            iri,
            None if name is None else identifier(name),
            label,
            _text(thing.get("dc:type")),
            self._position(thing),
            name_of(thing.get("creator")),
            thing.line,
        )

    def _target(self, thing: object, around: Placed) -> Target | None:
        if isinstance(thing, str):
            address, _, fragment = thing.partition("#")
            if address and fragment.startswith("char="):
                selector = Placed(type="FragmentSelector", value=fragment)
                selector.line = around.line
                return Target(address, (selector,), line=around.line)
            return Target(thing, line=around.line)
        if not isinstance(thing, Placed):
            self._wrong(around, "a target is neither an object nor an IRI")
        if kinds := types(thing) & _SETS:
            self._pass(thing, f"a target that is a {kinds.pop()} of others is left out")
            return None
        source = thing.get("source")
        iri = _text(get(source, "id") if isinstance(source, Placed) else source)
        name = _text(get(thing, "id"))
        if "selector" not in thing and iri is None:
            if name is None:
                self._wrong(thing, "a target has neither source nor selector nor id")
            return Target(name, label=_text(thing.get("label")), position=self._position(thing), line=thing.line)
        selectors = []
        for one in many(thing.get("selector")):
            for choice in many(one.get("items")) if isinstance(one, Placed) and types(one) & _SETS else [one]:
                only = Placed(type="a selector that is only an address")
                selectors.append(choice if isinstance(choice, Placed) else only)
        return Target(
            iri,
            tuple(selectors),
            None if name is None else identifier(name),
            _text(thing.get("label")),
            self._position(thing),
            thing.line,
        )

    def _position(self, thing: Placed) -> int | None:
        position = thing.get("schema:position")
        if position is not None and (not isinstance(position, int) or isinstance(position, bool)):
            self._wrong(thing, f"schema:position is no whole number: {position!r}")
        return position

    def _wrong(self, thing: Placed, message: str) -> NoReturn:
        raise ReadError(message, path=self._path, line=thing.line or None)

    def _pass(self, thing: Placed, message: str) -> None:
        self._faults.pass_over(ReadError(message, path=self._path, line=thing.line or None))


def _text(value: object) -> str | None:
    """A string, also where JSON-LD gives it a language or a list."""
    for one in many(value):
        if isinstance(one, str):
            return one
        if isinstance(one, Placed) and isinstance(text := one.get("@value"), str):
            return text
    return None
