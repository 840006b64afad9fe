"""The quads of one document as they are found: the document itself, evidence, dates, and the recipes of IRIs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, RDF, SKOS, XSD

from ..dates import Interval
from ..errors import ReadError
from ..text import Document, Span
from ..vocabulary import GK, OA, Base

_CONTEXT = 32  # characters of prefix and suffix beside a quote; Web Annotation leaves the number open

_PLAIN = re.compile(r'[^\x00-\x1f"\\\x7f\ufffe\uffff]*').fullmatch
"""Text that stands in N-Quads as it is."""
_INTEGER = f"^^<{XSD.integer}>"
# Evidence is three quarters of a graph, so what is the same in all of it is put together once.
_IS_ANNOTATION, _IS_TARGET, _IS_POSITION, _IS_QUOTE = (
    f"<{RDF.type}> <{kind}>"
    for kind in (OA.Annotation, OA.SpecificResource, OA.TextPositionSelector, OA.TextQuoteSelector)
)
_BODY, _MOTIVE, _TARGET, _SOURCE, _SELECTOR, _START, _END, _EXACT, _PREFIX, _SUFFIX = (
    f"<{OA[name]}>"
    for name in (
        *("hasBody", "motivatedBy", "hasTarget", "hasSource", "hasSelector"),
        *("start", "end", "exact", "prefix", "suffix"),
    )
)


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
        nquads: all quads of that graph as N-Quads, each line once, sorted.
        notices: what a person should know.
    """

    document: str
    graph: str
    nquads: str
    notices: tuple[Notice, ...] = ()

    @cached_property
    def quads(self) -> tuple[ox.Quad, ...]:
        """The same as objects."""
        return tuple(ox.parse(self.nquads, format=ox.RdfFormat.N_QUADS))


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


def quoted(text: str) -> str:
    r"""A plain literal as N-Quads have it.

    >>> print(quoted('No "quote".'))
    "No \"quote\"."
    """
    return f'"{text}"' if _PLAIN(text) else str(ox.Literal(text))


@lru_cache(maxsize=10_000)
def _iri(iri: str) -> str:
    """An IRI as N-Quads have it.

    Raises:
        ValueError: it is none.
    """
    return str(ox.NamedNode(iri))


@lru_cache(maxsize=10_000)
def _interval(date: str) -> Interval:
    return Interval.from_edtf(date)


class Writer:
    """The graph of one document, growing: triples as N-Quads have them, without the graph.

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
        self._lines: list[str] = []
        self._notices: list[Notice] = []

    def population(self) -> Population:
        """All that was added, each triple once."""
        end = f" {_iri(self._graph)} .\n"
        nquads = end.join(sorted(set(self._lines))) + end
        return Population(self.iri, self._graph, nquads, tuple(self._notices))

    def add(self, subject: str, predicate: str, value: str | ox.Literal) -> None:
        """Add a triple; a plain string is an IRI.

        Raises:
            ReadError: an IRI is none.
        """
        try:
            end = _iri(value) if isinstance(value, str) else str(value)
            self._lines.append(f"{_iri(subject)} {_iri(predicate)} {end}")
        except ValueError as error:
            raise self.error(f"{subject} {predicate} {value}: is no triple: {error}", 0) from error

    def notice(self, message: str, span: Span | None = None) -> None:
        """Say something to whoever looks after the document."""
        self._notices.append(Notice(message, span))

    def error(self, message: str, line: int) -> ReadError:
        """An error at a line of the annotation file; 0 if it is at none."""
        return ReadError(message, path=self.document.path, line=line or None)

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
        """Words of the document, tagged with its language where that is known.

        Raises:
            ReadError: what is given as its language is none.
        """
        language = self.document.source.language or "und"
        try:
            return ox.Literal(text, language=language)
        except ValueError as error:
            raise self.error(f"the language of its source.toml, {language!r}, is no BCP 47 tag", 0) from error

    def date(self, node: str, date: str, line: int) -> None:
        """Add an EDTF date and its bounds.

        Raises:
            ReadError: it is no EDTF date.
        """
        try:
            interval = _interval(date)
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
        node, document, text = f"<{iri}>", f"<{self.iri}>", self.document.text
        self._lines += (
            f"{node} {_IS_ANNOTATION}",
            f"{node} {_BODY} {_iri(body)}",
            f"{node} {_MOTIVE} {_iri(motivation)}",
        )
        if confidence is not None:
            self.add(iri, GK.confidence, confidence)
        for number, span in enumerate(spans, 1):
            stem = f"{iri}/target/{number}"
            target, position, quote = f"<{stem}>", f"<{stem}/position>", f"<{stem}/quote>"
            self._lines += (
                f"{node} {_TARGET} {target}",
                f"{target} {_IS_TARGET}",
                f"{target} {_SOURCE} {document}",
                f"{target} {_SELECTOR} {position}",
                f"{target} {_SELECTOR} {quote}",
                f"{position} {_IS_POSITION}",
                f'{position} {_START} "{span.start}"{_INTEGER}',
                f'{position} {_END} "{span.end}"{_INTEGER}',
                f"{quote} {_IS_QUOTE}",
                f"{quote} {_EXACT} {quoted(span.exact)}",
                f"{quote} {_PREFIX} {quoted(text[max(0, span.start - _CONTEXT) : span.start])}",
                f"{quote} {_SUFFIX} {quoted(text[span.end : span.end + _CONTEXT])}",
            )
        return iri

    def flag(self, subject: str, predicate: str) -> None:
        """Add that something is so."""
        self.add(subject, predicate, _typed("true", XSD.boolean))

    def drafted(self, annotation: str, drafter: str | None) -> None:
        """Add the program that made an annotation, where nobody has looked at it since."""
        self.add(annotation, GK.draftedBy, ox.Literal(drafter or "a program"))

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
        return _typed(f"{number:.6f}".rstrip("0").removesuffix("."), XSD.decimal)  # as a store spells it

    def keep_notes(self, nodes: Mapping[str, str]) -> None:
        """Add annotators' remarks to what they are on, or else to the document."""
        for note in self.document.notes:
            if note.text:
                self.add(nodes.get(note.target, self.iri), SKOS.editorialNote, ox.Literal(note.text))


def _typed(value: str, datatype: str) -> ox.Literal:
    return ox.Literal(value, datatype=ox.NamedNode(datatype))


def _integer(number: int) -> ox.Literal:
    return _typed(str(number), XSD.integer)
