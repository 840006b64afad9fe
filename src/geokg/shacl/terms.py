"""RDF read for judging: each literal in the spelling of its file, nothing fetched, nothing repaired.

A store merges literals of equal value (``07`` and ``7``) and rdflib rewrites them (``Z`` to ``+00:00``); a shape that
looks at the spelling would then judge something that nobody wrote. So the quads of a file, which keep its
spelling, go into rdflib under :func:`as_spelt`.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeGuard

import pyoxigraph as ox
import rdflib
from rdflib import BNode, Dataset, Graph, Literal, URIRef
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.namespace import XSD
from rdflib.term import IdentifiedNode, Node

from ..errors import ReadError
from .queries import CachingDataset

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


def to_ox(term: Node) -> Any:
    """An rdflib term as pyoxigraph writes it; which kind of term it is, the type cannot say.

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


def is_named(graph: Node | None) -> TypeGuard[IdentifiedNode]:
    """Whether this names a named graph; rdflib gives the default graph a name of its own.

    >>> is_named(URIRef("urn:g")), is_named(Dataset().default_graph.identifier), is_named(None)
    (True, False, False)
    """
    return graph is not None and graph != DATASET_DEFAULT_GRAPH_ID


def dataset(data: Iterable[ox.Quad] | Graph) -> CachingDataset:
    """A fresh rdflib dataset whose default graph is the union, from quads, a graph or a dataset.

    >>> len(dataset([ox.Quad(ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.Literal("07"))]))
    1
    """
    made = CachingDataset(default_union=True)
    if isinstance(data, Dataset):
        for s, p, o, name in data.quads():
            made.store.add((s, p, _plain(o)), made.graph(name) if is_named(name) else made.default_graph)
    elif isinstance(data, Graph):
        for s, p, o in data:
            made.store.add((s, p, _plain(o)), made.default_graph)
    else:
        _extend(made, data)
    return made


def _extend(made: CachingDataset, quads: Iterable[ox.Quad]) -> None:
    graphs: dict[str, Graph] = {"": made.default_graph}
    with as_spelt():
        for quad in quads:
            name = "" if isinstance(quad.graph_name, ox.DefaultGraph) else quad.graph_name.value
            if name not in graphs:
                graphs[name] = made.graph(URIRef(name))
            made.store.add((from_ox(quad.subject), from_ox(quad.predicate), from_ox(quad.object)), graphs[name])


def quads_to_ox(graph: Graph) -> Iterator[ox.Quad]:
    """The triples of an rdflib graph, or the quads of a dataset, as pyoxigraph writes them.

    >>> [str(quad) for quad in quads_to_ox(Graph().add((URIRef("urn:a"), URIRef("urn:b"), Literal("c"))))]
    ['<urn:a> <urn:b> "c"']
    """
    if isinstance(graph, Dataset):
        for s, p, o, name in graph.quads():
            yield ox.Quad(to_ox(s), to_ox(p), to_ox(o), to_ox(name) if is_named(name) else ox.DefaultGraph())
    else:
        for s, p, o in graph:
            yield ox.Quad(to_ox(s), to_ox(p), to_ox(o))
