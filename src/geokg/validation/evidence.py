"""From a node of the data to the words behind it, on data that may be broken.

The graph's own ``evidence`` may trust its offsets; here they are what is in question. An offset outside the text is
taken to its nearest end, one that is no number is made good by the quote, and a document without a text has no spans.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

import pyoxigraph as ox
from rdflib.namespace import DCTERMS

from ..text import Span, Text
from ..vocabulary import GK, OA
from .lookup import TYPE, Lookup, Term

_SEGMENT = "/data/document/"
_GRAPH = "/graph/document/"
_BODY, _TARGET, _SOURCE, _SELECTOR, _START, _END, _EXACT, _PREFIX = (
    ox.NamedNode(str(OA[name]))
    for name in ("hasBody", "hasTarget", "hasSource", "hasSelector", "start", "end", "exact", "prefix")
)
_TEXT, _FILE, _EVIDENCED, _MADE_IN = (
    ox.NamedNode(str(GK[name])) for name in ("text", "fileName", "isEvidencedBy", "isMadeIn")
)
_SELECTORS = {ox.NamedNode(str(OA.TextPositionSelector)), ox.NamedNode(str(OA.TextQuoteSelector))}
_CREATOR, _CONTRIBUTOR = ox.NamedNode(str(DCTERMS.creator)), ox.NamedNode(str(DCTERMS.contributor))


class Evidence:
    """The spans behind the nodes of some data.

    Args:
        data: the data, broken or not.
        paths: the text files of documents, by the document's id or IRI, for people to open.

    Attributes:
        texts: the texts that were asked for so far, by document id.
    """

    def __init__(self, data: Lookup, paths: Mapping[str, Path] | None = None) -> None:
        self.data = data
        self.texts: dict[str, Text] = {}
        self._paths = paths or {}
        self._known: dict[Term, tuple[Span, ...]] = {}
        self._by_iri: dict[Term, Text | None] = {}
        self._documents: dict[str, Term] = {}

    def text(self, document: Term | None) -> Text | None:
        """The text of a document, if it is one and has one."""
        if not isinstance(document, ox.NamedNode | ox.BlankNode):
            return None
        if document not in self._by_iri:
            content = self.data.value(document, _TEXT)
            self._by_iri[document] = None if content is None else self._read(document, _plain(content))
        return self._by_iri[document]

    def _read(self, document: Term, content: str) -> Text:
        iri = _plain(document)
        identifier = document_id(iri)
        path = self._paths.get(identifier) or self._paths.get(iri)
        text = Text(identifier, content, path.as_posix() if path else self._file_name(document, identifier))
        self._documents.setdefault(identifier, document)
        return self.texts.setdefault(identifier, text)

    def _file_name(self, document: Term, identifier: str) -> str:
        name = self.data.value(document, _FILE)
        if name is None:
            return identifier
        folder = identifier.rpartition("/")[0]
        return f"{folder}/{_plain(name)}".lstrip("/") if folder else _plain(name)

    def spans(self, node: Term) -> tuple[Span, ...]:
        """The words behind a node itself, in the order of the text: those of its annotations, or its own."""
        if node not in self._known:
            found = set(self._own(node))
            for annotation in self.annotations(node):
                found.update(self._own(annotation))
            self._known[node] = tuple(sorted(found))
        return self._known[node]

    def annotations(self, node: Term) -> list[Term]:
        """The annotations that a node names as its evidence, and those that have it as their body."""
        return list(dict.fromkeys([*self.data.objects(node, _EVIDENCED), *self.data.subjects(_BODY, node)]))

    def behind(self, focus: Term, value: Term | None = None) -> tuple[Span, ...]:
        """The words behind a finding: those of its node, else of its value, else of what points at the node."""
        for node in (focus, value):
            if isinstance(node, ox.NamedNode | ox.BlankNode) and (spans := self.spans(node)):
                return spans
        if isinstance(focus, ox.Literal) or self.text(focus):
            return ()
        found: set[Span] = set()
        for pointing in self.data.subjects(None, focus):
            if not self.text(pointing):
                found.update(self.spans(pointing))
        home = self.document(focus)
        return tuple(sorted(span for span in found if span.document == home) or sorted(found))

    def document(self, node: Term) -> str:
        """The id of the document that a node belongs to, or nothing."""
        if isinstance(node, ox.Literal):
            return ""
        home = self.document_node(node)
        if home and (text := self.text(home)):
            return text.document
        if isinstance(node, ox.BlankNode):
            for quad in self.data.quads(node):
                _, is_document, identifier = _plain(quad.graph_name).partition(_GRAPH)
                if is_document:
                    return unquote(identifier)
        return ""

    def document_node(self, node: Term) -> Term | None:
        """The document that a node belongs to, if it has a text."""
        candidates = (self.data.value(node, _MADE_IN), node, *_ancestors(node))
        return next((one for one in candidates if self.text(one)), None)

    def annotators(self, focus: Term, document: str) -> tuple[str, ...]:
        """Who annotated: what a node's annotations say, else what the document says, as it is written there."""
        for annotation in self.annotations(focus):
            if found := self.data.objects(annotation, _CREATOR) or self.data.objects(annotation, _CONTRIBUTOR):
                return tuple(map(_plain, found))
        node = self._documents.get(document)
        return tuple(map(_plain, self.data.objects(node, _CONTRIBUTOR))) if node else ()

    def _own(self, node: Term) -> Iterator[Span]:
        """The spans of an annotation, of a target or of a selector."""
        for target in (node, *self.data.objects(node, _TARGET)):
            yield from self._select(target, self.data.objects(target, _SELECTOR))
        if _SELECTORS.intersection(self.data.objects(node, TYPE)):
            for target in self.data.subjects(_SELECTOR, node):
                yield from self._select(target, [node])

    def _select(self, target: Term, selectors: list[Term]) -> Iterator[Span]:
        for source in self.data.objects(target, _SOURCE):
            text = self.text(source)
            if text is None:
                continue
            places = [place for selector in selectors if (place := self._position(selector, text))]
            places = places or [place for selector in selectors if (place := self._quote(selector, text))]
            for start, end in places[:1]:
                yield text.span(start, end)

    def _position(self, selector: Term, text: Text) -> tuple[int, int] | None:
        start, end = _number(self.data.value(selector, _START)), _number(self.data.value(selector, _END))
        given = [offset for offset in (start, end) if offset is not None]
        if not given:
            return None
        inside = [max(0, min(offset, len(text.content))) for offset in given]
        return min(inside), max(inside)

    def _quote(self, selector: Term, text: Text) -> tuple[int, int] | None:
        exact = _plain(self.data.value(selector, _EXACT))
        if not exact:
            return None
        prefix = _plain(self.data.value(selector, _PREFIX))
        start = text.content.find(prefix + exact)
        start = start + len(prefix) if start >= 0 else text.content.find(exact)
        return (start, start + len(exact)) if start >= 0 else None


def document_id(iri: str) -> str:
    """The id of a document by its IRI, whatever base it is named below.

    >>> document_id("https://kg.example.org/data/document/china-taliban/article"), document_id("urn:x")
    ('china-taliban/article', 'urn:x')
    """
    _, found, rest = iri.partition(_SEGMENT)
    return unquote(rest) if found else iri


def _ancestors(node: Term) -> Iterator[ox.NamedNode]:
    """The IRIs that a document's part is named below, the nearest first."""
    if isinstance(node, ox.NamedNode):
        iri = node.value
        while _SEGMENT in iri and not iri.endswith(_SEGMENT):
            iri = iri.rpartition("/")[0]
            if _SEGMENT in iri:
                yield ox.NamedNode(iri)


def _plain(term: Term | ox.DefaultGraph | ox.Triple | None) -> str:
    return term.value if isinstance(term, ox.NamedNode | ox.BlankNode | ox.Literal) else ""


def _number(term: Term | None) -> int | None:
    """An offset, even one of the wrong datatype."""
    try:
        return int(_plain(term))
    except ValueError:
        return None
