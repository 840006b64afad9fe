"""An rdflib dataset over a pyoxigraph store, as its quads were written: nothing is copied, what is asked for is read.

So an engine in Python can judge a few nodes of a large graph, in the spelling of its file.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import Any

import pyoxigraph as ox
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.store import Store
from rdflib.term import Node

from .queries import CachingDataset
from .spelling import Spelling
from .terms import from_ox, to_ox

Triple = tuple[Any, Any, Any]


class OverlayStore(Store):
    """What rdflib asks of a store, answered by pyoxigraph; it cannot be written to.

    Args:
        store: the quads.
        spelling: how they were written.
    """

    context_aware = True
    graph_aware = True
    formula_aware = False
    transaction_aware = False

    def __init__(self, store: ox.Store, spelling: Spelling | None = None) -> None:
        super().__init__()
        self._ox = store
        self._spelling = spelling or Spelling()
        self._odd = {quad.predicate for quad in self._spelling.spellings}

    def triples(self, pattern: Triple, context: Graph | None = None) -> Iterator[tuple[Triple, Iterator[Graph]]]:
        """The triples that fit, each once, in a graph or in all of them."""
        subject, predicate, value = pattern
        # A path that starts at a literal is asked for too; nothing stands there.
        if isinstance(subject, Literal) or not isinstance(predicate, (URIRef, type(None))):
            return
        graph = None if context is None else _graph(context)
        quads = self._ox.quads_for_pattern(
            None if subject is None else to_ox(subject),
            None if predicate is None else to_ox(predicate),
            None if value is None else to_ox(value),
            graph,
        )
        several = graph is None
        seen: set[Triple] = set()
        for quad in quads:
            for term in self._written(quad):
                made = from_ox(term)
                if isinstance(value, Literal) and made != value:
                    continue  # of equal value, but not the term
                triple = (from_ox(quad.subject), from_ox(quad.predicate), made)
                if several:
                    if triple in seen:
                        continue
                    seen.add(triple)
                yield triple, self._graphs(quad.graph_name, context)

    def _graphs(self, name: Any, context: Graph | None) -> Iterator[Graph]:
        """The graph that a triple was found in; made only for who asks."""
        if context is None:
            identifier = DATASET_DEFAULT_GRAPH_ID if isinstance(name, ox.DefaultGraph) else from_ox(name)
            context = Graph(self, identifier, bind_namespaces="none")
        yield context

    def _written(self, quad: ox.Quad) -> Iterable[Any]:
        return self._spelling.written(quad) if quad.predicate in self._odd else (quad.object,)

    def contexts(self, triple: Triple | None = None) -> Generator[Graph, None, None]:
        """The named graphs; those that hold a triple, if one is given."""
        for name in self._ox.named_graphs():
            made = Graph(self, from_ox(name), bind_namespaces="none")
            if triple is None or next(self.triples(triple, made), None) is not None:
                yield made

    def add_graph(self, graph: Graph) -> None:
        """Do nothing: rdflib announces a graph before it is read; it is there, or has nothing in it."""

    def __len__(self, context: Graph | None = None) -> int:
        return sum(1 for _ in self.triples((None, None, None), context))


def _graph(context: Graph) -> ox.NamedNode | ox.BlankNode | ox.DefaultGraph:
    name: Node = context.identifier
    if name == DATASET_DEFAULT_GRAPH_ID:
        return ox.DefaultGraph()
    return ox.BlankNode(str(name)) if isinstance(name, BNode) else ox.NamedNode(str(name))


def overlay(store: ox.Store, spelling: Spelling | None = None) -> CachingDataset:
    """A store as an rdflib dataset whose default graph is the union.

    >>> from .spelling import fill
    >>> store = ox.Store()
    >>> spelling = fill(store, ox.parse("<x:a> <x:b> 007 .", format=ox.RdfFormat.TURTLE))
    >>> from .terms import as_spelt
    >>> with as_spelt():
    ...     [str(value) for value in overlay(store, spelling).objects()]
    ['007']
    """
    return CachingDataset(store=OverlayStore(store, spelling), default_union=True)
