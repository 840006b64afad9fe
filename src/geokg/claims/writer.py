"""The quads of one document as they are found: the document itself, evidence, dates, and the recipes of IRIs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, RDF, SKOS, XSD

from ..dates import Interval
from ..errors import ReadError
from ..text import Document, Span
from ..vocabulary import GK, OA, Base

_CONTEXT = 32  # characters of prefix and suffix beside a quote; Web Annotation leaves the number open

_Term: TypeAlias = ox.NamedNode | ox.Literal


@dataclass(frozen=True)
class Notice:
    """Something that a person should know about a document that was read; nothing is dropped in silence.

    Attributes:
        message: in plain words.
        span: the words that it is about.
    """

    message: str
    span: Span | None = None

    def __str__(self) -> str:
        return f"{self.span.file}:{self.span.line}:{self.span.column}: {self.message}" if self.span else self.message


@dataclass(frozen=True)
class Population:
    """What one document gives.

    Attributes:
        document: the document's IRI.
        graph: the IRI of its named graph.
        quads: all quads of that graph.
        notices: what a person should know.
    """

    document: str
    graph: str
    quads: tuple[ox.Quad, ...]
    notices: tuple[Notice, ...] = ()


def digest(*parts: str) -> str:
    r"""The last part of an IRI that is made from what identifies the thing.

    >>> digest("a", "b") == hashlib.sha256(b"a\nb").hexdigest()[:16]
    True
    """
    return hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()[:16]


def offsets(spans: Iterable[Span]) -> str:
    """Offsets as a part of a recipe.

    >>> offsets([Span("demo", 3, 5, "xx"), Span("demo", 9, 12, "yyy")])
    '3-5,9-12'
    """
    return ",".join(f"{span.start}-{span.end}" for span in spans)


class Writer:
    """The graph of one document, growing; each triple once.

    Attributes:
        document: the text and its annotations.
        iri: the document's IRI.
        voice: the IRI of its narrator.
    """

    def __init__(self, document: Document, base: Base) -> None:
        self.document = document
        self.iri = base.document(document.id)
        self.voice = self.iri + "/voice"
        self._graph = base.document_graph(document.id)
        self._triples: dict[tuple[str, str, _Term], None] = {}
        self._notices: list[Notice] = []

    def population(self) -> Population:
        """All that was added."""
        graph = ox.NamedNode(self._graph)
        quads = tuple(ox.Quad(ox.NamedNode(s), ox.NamedNode(p), o, graph) for s, p, o in self._triples)
        return Population(self.iri, self._graph, quads, tuple(self._notices))

    def add(self, subject: str, predicate: str, value: str | _Term) -> None:
        """Add a triple; a plain string is an IRI."""
        self._triples[subject, predicate, ox.NamedNode(value) if isinstance(value, str) else value] = None

    def notice(self, message: str, span: Span | None = None) -> None:
        """Say something to whoever looks after the document."""
        self._notices.append(Notice(message, span))

    def error(self, message: str, line: int) -> ReadError:
        """An error at a line of the annotation file."""
        return ReadError(message, path=self.document.path, line=line)

    def describe_document(self) -> None:
        """Add the text, its digest, its narrator, and what ``source.toml`` says of it."""
        text, source = self.document.text, self.document.source
        name = source.title or self.document.id
        self.add(self.iri, RDF.type, GK.Document)
        self.add(self.iri, SKOS.prefLabel, self.words(name))
        self.add(self.iri, GK.text, ox.Literal(text))
        self.add(self.iri, GK.textLength, _integer(len(text)))
        self.add(self.iri, GK.sha256, ox.Literal(self.document.sha256))
        self.add(self.iri, GK.fileName, ox.Literal(self.document.content.file))
        self.add(self.iri, GK.hasVoice, self.voice)
        self.add(self.voice, RDF.type, GK.DocumentVoice)
        self.add(self.voice, SKOS.prefLabel, ox.Literal(f"the narrator of “{name}”", language="en"))
        told: tuple[tuple[str, Iterable[str | None]], ...] = (
            (DCTERMS.title, [source.title]),
            (DCTERMS.language, [source.language]),
            (DCTERMS.publisher, [source.publisher]),
            (DCTERMS.creator, source.author),
            (DCTERMS.license, [source.licence]),
            (DCTERMS.source, [source.url]),
            (DCTERMS.contributor, source.annotators),
        )
        for predicate, value in ((predicate, value) for predicate, values in told for value in values if value):
            self.add(self.iri, predicate, ox.Literal(value))
        if source.date is not None:
            self.date(self.iri, source.date, 0)

    def words(self, text: str) -> ox.Literal:
        """Words of the document, tagged with its language where that is known."""
        return ox.Literal(text, language=self.document.source.language or "und")

    def date(self, node: str, date: str, line: int) -> None:
        """Add an EDTF date and its bounds.

        Raises:
            ReadError: it is no EDTF date.
        """
        try:
            interval = Interval.from_edtf(date)
        except ValueError as error:
            raise self.error(str(error), line) from error
        self.add(node, GK.edtf, ox.Literal(date))
        for predicate, moment in ((GK.validFrom, interval.start), (GK.validTo, interval.end)):
            if moment is not None:
                self.add(node, predicate, _typed(moment, XSD.dateTime))

    def annotate(
        self, body: str, spans: Iterable[Span], motivation: str, *, confidence: ox.Literal | None = None
    ) -> str:
        """Add a Web Annotation that says which words a node comes from, and return its IRI.

        Each fragment of a discontinuous span is a target of its own, with a position and a quote.
        """
        spans = tuple(spans)
        iri = f"{self.iri}/annotation/{digest(offsets(spans), body)}"
        self.add(iri, RDF.type, OA.Annotation)
        self.add(iri, OA.hasBody, body)
        self.add(iri, OA.motivatedBy, motivation)
        if confidence is not None:
            self.add(iri, GK.confidence, confidence)
        for number, span in enumerate(spans, 1):
            target = f"{iri}/target/{number}"
            self.add(iri, OA.hasTarget, target)
            self._target(target, span)
        return iri

    def _target(self, target: str, span: Span) -> None:
        text = self.document.text
        position, quotation = f"{target}/position", f"{target}/quote"
        self.add(target, RDF.type, OA.SpecificResource)
        self.add(target, OA.hasSource, self.iri)
        self.add(target, OA.hasSelector, position)
        self.add(target, OA.hasSelector, quotation)
        self.add(position, RDF.type, OA.TextPositionSelector)
        self.add(position, OA.start, _integer(span.start))
        self.add(position, OA.end, _integer(span.end))
        self.add(quotation, RDF.type, OA.TextQuoteSelector)
        self.add(quotation, OA.exact, ox.Literal(span.exact))
        self.add(quotation, OA.prefix, ox.Literal(text[max(0, span.start - _CONTEXT) : span.start]))
        self.add(quotation, OA.suffix, ox.Literal(text[span.end : span.end + _CONTEXT]))

    def flag(self, subject: str, predicate: str) -> None:
        """Add that something is so."""
        self.add(subject, predicate, _typed("true", XSD.boolean))

    def confidence(self, value: str | None, line: int) -> ox.Literal:
        """An annotator's confidence.

        Raises:
            ReadError: it is no number from 0 to 1.
        """
        try:
            number = float(value or "")
        except ValueError:
            number = -1.0
        if not 0 <= number <= 1:
            raise self.error(f"Confidence is a number from 0 to 1, not {value!r}", line)
        return _typed(f"{number:.6f}".rstrip("0").ljust(3, "0"), XSD.decimal)

    def keep_notes(self, nodes: Mapping[str, str]) -> None:
        """Add annotators' remarks to what they are on, or else to the document."""
        for note in self.document.notes:
            if note.text:
                self.add(nodes.get(note.target, self.iri), SKOS.editorialNote, ox.Literal(note.text))


def _typed(value: str, datatype: str) -> ox.Literal:
    return ox.Literal(value, datatype=ox.NamedNode(datatype))


def _integer(number: int) -> ox.Literal:
    return _typed(str(number), XSD.integer)
