"""The texts of a NIF graph, and its strings: which words of which text each IRI stands for, and what is said of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ...errors import ReadError, Remark
from ..given import Faults
from ..placed import Placed
from ..registers import short_name
from ..web_annotation.parts import Annotation, Body, Target
from .graph import Graph, Literal, Term
from .names import ITSRDF, NIF, OA, RDF, TYPE

_OFFSETS = re.compile(r"(?:char=|offset_)([0-9]{1,10})[,_]([0-9]{1,10})(?:[;_,&].*)?$")
_PLACES = {NIF + name for name in ("anchorOf", "beginIndex", "endIndex", "referenceContext")}
# What offsets tell as well: which string is within, before or behind which.
_ORDER = re.compile(
    re.escape(NIF) + "(?:(?:previous|next|first|last)?(?:[sS]entence|[wW]ord|[pP]aragraph)"
    "|s(?:uper|ub)String|broaderContext|before|after)(?:Trans)?"
)
_SHAPES = ("Title", "Paragraph", "Sentence", "EntityOccurrence", "TermOccurrence", "Phrase", "Word")
_CLASS, _IDENT, _UNIT = ITSRDF + "taClassRef", ITSRDF + "taIdentRef", NIF + "annotationUnit"


def offsets_of(iri: str) -> tuple[int, int] | None:
    """The offsets that an IRI has at its end, by RFC 5147 or as ``offset_0_5``.

    >>> (
    ...     offsets_of("http://example.org/a#char=0,5"),
    ...     offsets_of("http://example.org/a#offset_0_5_Peace"),
    ...     offsets_of("urn:a"),
    ... )
    ((0, 5), (0, 5), None)
    """
    found = _OFFSETS.search(iri)
    return (int(found[1]), int(found[2])) if found else None


def stem(iri: str) -> str:
    """An IRI without the offsets at its end.

    >>> stem("http://example.org/a#char=0,5"), stem("http://example.org/a_offset_0_5")
    ('http://example.org/a', 'http://example.org/a')
    """
    return _OFFSETS.sub("", iri).rstrip("#?&_/")


class Strings:
    """The contexts and strings of a graph.

    Args:
        graph: the graph.
        path: its file, for messages.
        faults: what becomes of strings that are not as they should be.

    Attributes:
        contexts: the IRIs of the contexts, in file order.
        targets: for each string the words that it is, as a target with selectors.
    """

    def __init__(self, graph: Graph, path: Path, faults: Faults) -> None:
        self._graph = graph
        self._path = path
        self._faults = faults
        self.contexts = dict.fromkeys(one for one in graph if self._is_context(one))
        self.targets: dict[str, Target] = {}
        for one in graph:
            if one in self.contexts or not (graph.of(one).keys() & _PLACES or self._is_shape(one)):
                continue
            try:
                self.targets[one] = self._target(one)
            except ReadError as error:
                faults.refuse(error)
        self._names = self._classes()

    def error(self, iri: str, message: str) -> ReadError:
        """An error about something in the graph."""
        return ReadError(f"{iri}: {message}", path=self._path)

    def _is_context(self, iri: str) -> bool:
        """Whether a node is a whole text; some tools call any string a context."""
        if self._graph.texts(iri, NIF + "isString"):
            return True
        others = set(self._graph.nodes(iri, NIF + "referenceContext")) - {iri}
        return self._is(iri, "Context") and not others and not self._graph.texts(iri, NIF + "anchorOf")

    def _is(self, iri: str, name: str) -> bool:
        return NIF + name in self._graph.nodes(iri, TYPE)

    def _is_shape(self, iri: str) -> bool:
        types = self._graph.nodes(iri, TYPE)
        return offsets_of(iri) is not None and any(one.startswith(NIF) for one in types)

    def content(self, context: str) -> str | None:
        """The text of a context; ``None`` where it is not in the graph.

        Raises:
            ReadError: it has several.
        """
        texts = self._graph.texts(context, NIF + "isString")
        if len(set(texts)) > 1:
            raise self.error(context, "has several texts (nif:isString) that differ")
        return texts[0] if texts else None

    def check(self, context: str, content: str) -> None:
        """Tell a context whose text is not as long as it says, and what is said of the whole of a text."""
        for predicate in self._graph.of(context):
            if predicate.startswith(ITSRDF) or predicate in (NIF + "topic", _UNIT):
                message = f"its {short_name(predicate)} is about the whole text, not words of it, and is left out"
                self._faults.pass_over(self.error(context, message))
        said = self._span(context)
        units = len(content.encode("utf-16-le")) // 2
        if said is not None and (said[0] != 0 or said[1] not in (len(content), units)):
            message = f"says that it is the characters {said[0]}..{said[1]}, but its text has {len(content)}"
            self._faults.pass_over(Remark(f"{context}: {message}", path=self._path))

    def _number(self, iri: str, name: str) -> int | None:
        values = set(self._graph.texts(iri, NIF + name))
        if len(values) > 1:
            raise self.error(iri, f"has several values of nif:{name}: {', '.join(sorted(values))}")
        for value in values:
            if not re.fullmatch(r"\s*\+?[0-9]{1,10}\s*", value):
                raise self.error(iri, f"nif:{name} is {value!r}, no offset")
            return int(value)
        return None

    def _span(self, iri: str) -> tuple[int, int] | None:
        """The offsets that IRI and properties agree on."""
        begin, end, there = self._number(iri, "beginIndex"), self._number(iri, "endIndex"), offsets_of(iri)
        if begin is None or end is None:
            return there
        if there is not None and there != (begin, end):
            raise self.error(iri, f"its properties say {begin}..{end}, but its IRI says {there[0]}..{there[1]}")
        return begin, end

    def _target(self, iri: str) -> Target:
        quotes = list(dict.fromkeys(self._graph.texts(iri, NIF + "anchorOf")))
        if len(quotes) > 1:
            raise self.error(iri, f"quotes both {quotes[0]!r} and {quotes[1]!r}")
        selectors = [Placed(type="TextQuoteSelector", exact=quote) for quote in quotes]
        if (span := self._span(iri)) is not None:
            selectors.append(Placed(type="TextPositionSelector", start=span[0], end=span[1]))
        if not selectors:
            raise self.error(iri, "has neither offsets nor words (nif:anchorOf)")
        return Target(self._context(iri), tuple(selectors))

    def _context(self, iri: str) -> str:
        named = self._graph.nodes(iri, NIF + "referenceContext")
        if len(named) > 1:
            raise self.error(iri, f"is in several contexts, {named[0]} and {named[1]}")
        if named:
            if named[0] not in self.contexts:
                raise self.error(iri, f"its context, {named[0]}, has no text in this file")
            return named[0]
        near = [one for one in self.contexts if stem(one) == stem(iri)] or list(self.contexts)
        if len(near) != 1:
            raise self.error(iri, "does not say in which context it is (nif:referenceContext)")
        return near[0]

    def _classes(self) -> dict[str, str]:
        """The short names of the classes that are given to strings; the whole IRI where two would be called alike."""
        given: dict[str, set[str]] = {}
        for one in self._graph:
            for value in self._graph.nodes(one, _CLASS) + self._graph.nodes(one, TYPE):
                given.setdefault(short_name(value), set()).add(value)
        return {iri: name if len(iris) == 1 else iri for name, iris in given.items() for iri in iris}

    def annotations(self, apart: set[str]) -> Iterator[Annotation]:
        """What is said of strings, each with its units; without those that annotations of their own speak of."""
        for iri, target in self.targets.items():
            if iri in apart:
                continue
            units = self._graph.nodes(iri, _UNIT)
            bodies = list(self._bodies(iri))
            if bodies or not units:
                yield self._annotation(iri, iri, bodies, target)
            for number, unit in enumerate(units, start=1):
                name = f"{iri}-unit-{number}" if unit.startswith("_:") else unit
                yield self._annotation(name, iri, list(self._bodies(unit)), target)
            yield from self._links(iri, apart)

    def _annotation(self, name: str, string: str, bodies: list[Body], target: Target) -> Annotation:
        shapes = [Body("classifying", value=one) for one in _SHAPES if self._is(string, one)]
        if not any(body.purpose == "classifying" for body in bodies):
            bodies = [*(shapes or [Body("classifying", value="String")])[:1], *bodies]
        # That it is a phrase says nothing; that a sentence is a word as well does.
        bodies += [shape for shape in shapes if shape not in bodies and shape.value != "Phrase"]
        return Annotation(name, bodies=tuple(bodies), targets=(target,))

    def _bodies(self, iri: str) -> Iterator[Body]:
        own = [kind for kind in self._graph.nodes(iri, TYPE) if not kind.startswith((NIF, OA, RDF))]
        for kind in dict.fromkeys([*self._graph.nodes(iri, _CLASS), *own]):
            yield Body("classifying", value=self._names[kind])
        for predicate, values in self._graph.of(iri).items():
            if predicate in (_CLASS, _UNIT, TYPE) or predicate in _PLACES or _ORDER.fullmatch(predicate):
                continue
            for value in values:
                if body := self._body(iri, predicate, value):
                    yield body

    def _body(self, iri: str, predicate: str, value: Term) -> Body | None:
        name = short_name(predicate)
        if predicate == _IDENT:
            return Body("identifying", iri=value.value if isinstance(value, Literal) else value)
        if isinstance(value, Literal):
            return Body("tagging", value=value.value, label=name)
        if value.startswith("_:"):
            self._faults.pass_over(self.error(iri, f"its {name} is a node of its own, and is left out"))
            return None
        return None if value in self.targets else Body("tagging", value=value, label=name)

    def _links(self, iri: str, apart: set[str]) -> Iterator[Annotation]:
        """What ties a string to others."""
        for predicate, values in self._graph.of(iri).items():
            if predicate in _PLACES or _ORDER.fullmatch(predicate):
                continue
            for value in values:
                if isinstance(value, str) and value in self.targets and value not in apart:
                    label = Body("classifying", value=short_name(predicate))
                    ends = (Target(iri), Target(value))
                    yield Annotation(f"{iri}-{short_name(predicate)}-{value}", ("linking",), (label,), ends)
