"""From a node of the data to the words behind it, on data that may be broken.

The graph's own ``evidence`` may trust its offsets; here they are what is in question. An offset outside the text is
taken to its nearest end, one that is no number is made good by the quote, and a document without a text has no spans.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from rdflib import Dataset, Literal, URIRef
from rdflib.namespace import RDF
from rdflib.term import Node

from ..text import Span, Text
from ..vocabulary import GK, OA

_SEGMENT = "/data/document/"


class Evidence:
    """The spans behind the nodes of a dataset.

    Args:
        data: the data, broken or not.
        paths: the text files of documents, by the document's id or IRI, for people to open.

    Attributes:
        texts: the texts there are, by document id.
    """

    def __init__(self, data: Dataset, paths: Mapping[str, Path] | None = None) -> None:
        self._data = data
        self._known: dict[Node, tuple[Span, ...]] = {}
        self._by_iri: dict[Node, Text] = {}
        for document, content in sorted(data.subject_objects(GK.text), key=str):
            identifier = document_id(str(document))
            path = (paths or {}).get(identifier) or (paths or {}).get(str(document))
            file = path.as_posix() if path else self._file_name(document, identifier)
            self._by_iri.setdefault(document, Text(identifier, str(content), file))
        self.texts = {text.document: text for text in self._by_iri.values()}

    def _file_name(self, document: Node, identifier: str) -> str:
        name = self._data.value(document, GK.fileName)
        if name is None:
            return identifier
        return f"{identifier.rpartition('/')[0]}/{name}".lstrip("/") if "/" in identifier else str(name)

    def spans(self, node: Node) -> tuple[Span, ...]:
        """The words behind a node itself, in the order of the text: those of its annotations, or its own."""
        if node not in self._known:
            found = set(self._own(node))
            for annotation in {*self._data.objects(node, GK.isEvidencedBy), *self._data.subjects(OA.hasBody, node)}:
                found.update(self._own(annotation))
            self._known[node] = tuple(sorted(found))
        return self._known[node]

    def behind(self, focus: Node, value: Node | None = None) -> tuple[Span, ...]:
        """The words behind a finding: those of its node, else of its value, else of what points at the node."""
        for node in (focus, value):
            if isinstance(node, (Literal, type(None))):
                continue
            if spans := self.spans(node):
                return spans
        if isinstance(focus, Literal) or focus in self._by_iri:
            return ()
        found: set[Span] = set()
        for pointing in set(self._data.subjects(None, focus)):
            if pointing not in self._by_iri:
                found.update(self.spans(pointing))
        home = self.document(focus)
        return tuple(sorted(span for span in found if span.document == home) or sorted(found))

    def document(self, node: Node) -> str:
        """The id of the document that a node belongs to, or nothing."""
        made_in = self._data.value(node, GK.isMadeIn) if not isinstance(node, Literal) else None
        for candidate in (made_in, node):
            if candidate in self._by_iri:
                return self._by_iri[candidate].document
        for iri, text in self._by_iri.items():
            if isinstance(node, URIRef) and node.startswith(f"{iri}/"):
                return text.document
        return ""

    def _own(self, node: Node) -> Iterator[Span]:
        """The spans of an annotation, of a target or of a selector."""
        for target in {node, *self._data.objects(node, OA.hasTarget)}:
            yield from self._select(target, list(self._data.objects(target, OA.hasSelector)))
        if self._is_selector(node):
            for target in self._data.subjects(OA.hasSelector, node):
                yield from self._select(target, [node])

    def _is_selector(self, node: Node) -> bool:
        kinds = set(self._data.objects(node, RDF.type))
        return bool(kinds & {OA.TextPositionSelector, OA.TextQuoteSelector})

    def _select(self, target: Node, selectors: list[Node]) -> Iterator[Span]:
        for source in self._data.objects(target, OA.hasSource):
            text = self._by_iri.get(source)
            if text is None:
                continue
            places = [place for selector in sorted(selectors, key=str) if (place := self._position(selector, text))]
            places = places or [place for selector in selectors if (place := self._quote(selector, text))]
            for start, end in places[:1]:
                yield text.span(start, end)

    def _position(self, selector: Node, text: Text) -> tuple[int, int] | None:
        start = _number(self._data.value(selector, OA.start))
        end = _number(self._data.value(selector, OA.end))
        if start is None and end is None:
            return None
        low, high = (start if start is not None else end), (end if end is not None else start)
        assert low is not None and high is not None  # noqa: S101
        low, high = sorted(max(0, min(offset, len(text.content))) for offset in (low, high))
        return low, high

    def _quote(self, selector: Node, text: Text) -> tuple[int, int] | None:
        exact = self._data.value(selector, OA.exact)
        if not exact:
            return None
        prefix = str(self._data.value(selector, OA.prefix) or "")
        start = text.content.find(prefix + str(exact))
        start = start + len(prefix) if start >= 0 else text.content.find(str(exact))
        return (start, start + len(str(exact))) if start >= 0 else None


def document_id(iri: str) -> str:
    """The id of a document by its IRI, whatever base it is named below.

    >>> document_id("https://kg.example.org/data/document/china-taliban/article"), document_id("urn:x")
    ('china-taliban/article', 'urn:x')
    """
    _, found, rest = iri.partition(_SEGMENT)
    return unquote(rest) if found else iri


def _number(term: Node | None) -> int | None:
    """An offset, even one of the wrong datatype."""
    try:
        return int(str(term))
    except ValueError:
        return None
