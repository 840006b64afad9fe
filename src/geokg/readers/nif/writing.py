"""From a ``Document`` to the triples of a NIF graph."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from ...text import Document, Span
from ..registers import entry, is_iri
from ..web_annotation.parts import identifier, many
from ..web_annotation.writing import Json, page, written
from ..writing import NoRoom
from .graph import Literal, Term, Triple
from .names import FOAF, ITSRDF, KEYS, NIF, OA, PAGE, TYPE

_TYPES = {"Person": FOAF + "Person", "AnnotationPage": PAGE}
_WHOLE = "."
_PLACE = re.compile("^#([co])(?=har=|ffset_)")


def base_of(document: Document) -> str:
    """What the IRIs in a file are relative to."""
    return "https://w3id.org/geokg/data/document/" + quote(document.id)


def triples(document: Document, path: Path) -> list[Triple]:
    """All that a document says, in the order in which it is read again.

    Raises:
        WriteError: two of its bodies have one id.
    """
    return list(_Writer(document, path).all())


class _Writer:
    def __init__(self, document: Document, path: Path) -> None:
        self._document = document
        self._room = NoRoom("NIF", path)
        self._base = base_of(document)
        self._context = f"{self._base}#char=0,{len(document.text)}"
        self._blank = 0
        self._bodies: set[str] = set()

    def all(self) -> Iterator[Triple]:
        document = self._document
        annotations = list(written(document, _WHOLE))
        named = {str(one["id"]) for one in annotations}
        self._bodies |= named
        yield from self._place(self._context, "Context", 0, len(document.text))
        yield self._context, NIF + "isString", Literal(document.text)
        entries: dict[str, list[str]] = {}
        for one in document.normalizations:
            entries.setdefault(one.target, []).append(entry(one.resource, one.key))
        places: dict[Span, list[str]] = {}
        for item in (*document.mentions, *(event.trigger for event in document.events)):
            for span in item.spans:
                places.setdefault(span, []).extend(entries.get(item.id, []) if len(item.spans) == 1 else [])
        for span, known in places.items():
            string = self._string(span.start, span.end)
            yield from self._place(string, "Phrase", span.start, span.end)
            yield string, NIF + "anchorOf", Literal(span.exact)
            yield string, NIF + "referenceContext", self._context
            for iri in dict.fromkeys(known):
                yield string, ITSRDF + "taIdentRef", iri
        if not annotations:
            yield from self._node(page(document), f"{self._base}#page")
        for annotation in annotations:
            yield from self._node(annotation, self._iri(str(annotation["id"])))
        self._room.check()

    def _place(self, iri: str, kind: str, start: int, end: int) -> Iterator[Triple]:
        yield iri, TYPE, NIF + kind
        yield iri, TYPE, NIF + ("OffsetBasedString" if "#offset_" in iri else "RFC5147String")
        yield iri, NIF + "beginIndex", Literal(str(start), integer=True)
        yield iri, NIF + "endIndex", Literal(str(end), integer=True)

    def _string(self, start: int, end: int) -> str:
        # Words that are the whole text must not be taken for the context, which is about more than its words.
        if end - start == len(self._document.text):
            return f"{self._base}#offset_{start}_{end}"
        return f"{self._base}#char={start},{end}"

    def _iri(self, iri: str) -> str:
        # What is called like a place in the text must not be taken for it.
        return iri if is_iri(iri) else self._base + _PLACE.sub(lambda found: f"#%{ord(found[1]):x}", iri)

    def _node(self, thing: Json, subject: str) -> Iterator[Triple]:
        """What is said of a node, and then of those in it."""
        inner: list[tuple[Json, str]] = []
        for kind in many(thing.get("type")):
            yield subject, TYPE, _TYPES.get(str(kind), OA + str(kind))
        for key, predicate in KEYS.items():
            if key == "selector":
                continue
            for value in many(thing.get(key)):
                yield subject, predicate, self._value(key, value, inner)
        for one, name in inner:
            yield from self._node(one, name)

    def _value(self, key: str, value: object, inner: list[tuple[Json, str]]) -> Term:
        if isinstance(value, int):
            return Literal(str(value), integer=True)
        if isinstance(value, str):
            if key in ("motivation", "purpose"):
                return OA + value
            if key in ("source", "target"):
                return self._context if value == _WHOLE else self._iri(value)
            return Literal(value)
        thing: Json = value if isinstance(value, dict) else {}
        name = str(thing.get("id", ""))
        selectors = many(thing.get("selector"))
        if selectors:
            position = selectors[-1]
            where = position if isinstance(position, dict) else {}
            string = self._string(where["start"], where["end"])
            if not name:
                return string
            inner.append(({"type": "SpecificResource", "source": string}, self._iri(name)))
            return self._iri(name)
        if not name:
            self._blank += 1
            inner.append((thing, f"_:b{self._blank}"))
            return inner[-1][1]
        if name in self._bodies:
            self._room.none_for(identifier(name), "something else has the same id")
        self._bodies.add(name)
        inner.append(({key: one for key, one in thing.items() if key != "id"}, self._iri(name)))
        return inner[-1][1]
