"""RDF read for judging: each literal in the spelling of its file, nothing fetched, nothing repaired.

A store merges literals of equal value (``07`` and ``7``) and rdflib rewrites them (``Z`` to ``+00:00``); a shape that
looks at the spelling would then judge something that nobody wrote. So files go through ``pyoxigraph.parse``, which
keeps the spelling, and into rdflib under :func:`as_spelt`.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyoxigraph as ox
import rdflib
from rdflib import BNode, Dataset, Graph, Literal, URIRef
from rdflib.namespace import XSD
from rdflib.term import Node

from ..errors import ReadError, UnknownFormat

_SPELLING = threading.RLock()


@contextmanager
def as_spelt() -> Iterator[None]:
    """Keep rdflib from rewriting literals while the block runs.

    The switch is one for the whole process, so blocks wait for each other, and a literal that another thread makes in
    the meantime keeps its spelling too.

    >>> with as_spelt():
    ...     str(Literal("07", datatype=XSD.integer))
    '07'
    """
    log = logging.getLogger("rdflib.term")
    with _SPELLING, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # rdflib takes any word for a boolean, with a warning; as an error the literal stays ill-typed, as it is.
        warnings.filterwarnings("error", "Parsing weird boolean")
        before = rdflib.NORMALIZE_LITERALS
        rdflib.NORMALIZE_LITERALS = False
        log.addFilter(_is_no_news)  # an ill-typed literal is a finding, not a traceback on the screen
        try:
            yield
        finally:
            log.removeFilter(_is_no_news)
            rdflib.NORMALIZE_LITERALS = before


def _is_no_news(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("Failed to convert Literal")


def from_ox(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> URIRef | BNode | Literal:
    """A pyoxigraph term as rdflib writes it; an ``xsd:string`` is a plain literal, as RDF 1.1 has it.

    Raises:
        ReadError: a quoted triple, which rdflib cannot hold.

    >>> from_ox(ox.Literal("one"))
    rdflib.term.Literal('one')
    """
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    if isinstance(term, ox.Literal):
        if term.language:
            return Literal(term.value, lang=term.language)
        return Literal(term.value, datatype=_datatype(term.datatype.value))
    raise ReadError("a triple inside a triple (RDF 1.2) cannot be validated")


def to_ox(term: Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """An rdflib term as pyoxigraph writes it.

    >>> to_ox(URIRef("urn:a"))
    <NamedNode value=urn:a>
    """
    if isinstance(term, Literal):
        if term.language:
            return ox.Literal(str(term), language=term.language)
        return ox.Literal(str(term), datatype=ox.NamedNode(str(term.datatype or XSD.string)))
    return ox.BlankNode(str(term)) if isinstance(term, BNode) else ox.NamedNode(str(term))


def _datatype(iri: str) -> URIRef | None:
    return None if iri == str(XSD.string) else URIRef(iri)


def _plain(term: Node) -> Node:
    if isinstance(term, Literal) and term.datatype == XSD.string:
        return Literal(str(term))
    return term


def parse(path: str | Path) -> Iterator[ox.Quad]:
    """The quads of a file, by its ending: Turtle, N-Triples, N-Quads, TriG, JSON-LD, RDF/XML.

    Raises:
        UnknownFormat: the ending is none of these.
        ReadError: the file is missing or does not parse; with line and column where the parser knows them.

    >>> from geokg.vocabulary import packaged
    >>> len(list(parse(packaged("ontology") / "core.ttl"))) > 10
    True
    """
    path = Path(path)
    form = ox.RdfFormat.from_extension(path.suffix.lstrip(".").lower())
    if form is None:
        raise UnknownFormat(f"no RDF format has the ending {path.suffix!r}", path=path)
    try:
        # Relative IRIs need some base; names of blank nodes must not clash with another file's.
        yield from ox.parse(path=str(path), format=form, base_iri=path.resolve().as_uri(), rename_blank_nodes=True)
    except SyntaxError as error:
        line = error.lineno or None
        raise ReadError(error.msg, path=path, line=line, column=error.offset if line else None) from error
    except (OSError, ValueError) as error:
        raise ReadError(str(error), path=path) from error


def dataset(data: Iterable[ox.Quad] | Graph) -> Dataset:
    """A fresh rdflib dataset whose default graph is the union, from quads, a graph or a dataset.

    >>> len(dataset([ox.Quad(ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.Literal("07"))]))
    1
    """
    from .queries import CachingDataset

    made = CachingDataset(default_union=True)
    if isinstance(data, Graph):
        if isinstance(data, Dataset):
            for s, p, o, g in data.quads():
                name = None if g is None else URIRef(str(g))
                made.store.add((s, p, _plain(o)), made.get_context(name) if name else made.default_graph)
        else:
            for s, p, o in data:
                made.store.add((s, p, _plain(o)), made.default_graph)
        return made
    with as_spelt():
        contexts: dict[str, Graph] = {}
        for quad in data:
            graph = quad.graph_name
            key = "" if isinstance(graph, ox.DefaultGraph) else graph.value
            if key not in contexts:
                contexts[key] = made.graph(URIRef(key)) if key else made.default_graph
            made.store.add((from_ox(quad.subject), from_ox(quad.predicate), from_ox(quad.object)), contexts[key])
    return made
