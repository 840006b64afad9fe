"""What data, shapes and ontology say of a node, read from their stores when somebody asks and not before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import nsmallest
from typing import TypeAlias

import pyoxigraph as ox
from rdflib.namespace import RDF, RDFS

from ..store import Store

Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal
MOST = 200
"""How many nodes that point at one node are looked at; a state may be pointed at from every document."""

TYPE = ox.NamedNode(str(RDF.type))
SUBCLASS = ox.NamedNode(str(RDFS.subClassOf))


class Lookup:
    """Triples of some stores, those of the first before those of the next.

    Args:
        stores: a store on another machine will do.
        hidden: named graphs that are passed over.

    >>> store = Store.memory()
    >>> store.extend([ox.Quad(ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.NamedNode("urn:c"))])
    >>> Lookup(store).objects(ox.NamedNode("urn:a"), ox.NamedNode("urn:b"))
    [<NamedNode value=urn:c>]
    """

    def __init__(self, *stores: Store, hidden: Iterable[str] = ()) -> None:
        self._stores = stores
        self._hidden = {ox.NamedNode(iri) for iri in hidden}

    @property
    def parts(self) -> Iterator[Lookup]:
        """Each store by itself."""
        return (Lookup(store, hidden=(name.value for name in self._hidden)) for store in self._stores)

    def quads(
        self, subject: Term | None = None, predicate: ox.NamedNode | None = None, value: Term | None = None
    ) -> Iterator[ox.Quad]:
        """The quads that fit; a literal is the subject of none."""
        if isinstance(subject, ox.Literal):
            return
        for store in self._stores:
            for quad in store.match(subject, predicate, value):
                if quad.graph_name not in self._hidden:
                    yield quad

    def is_stated(self, node: Term) -> bool:
        """Whether anything is said of a node that was not inferred: rules infer something of whatever is used."""
        return not all(map(is_inferred, self.quads(node)))

    def objects(self, subject: Term, predicate: ox.NamedNode) -> list[Term]:
        """What a node has of a property, each once, in an order that does not change."""
        return _sorted(quad.object for quad in self.quads(subject, predicate))

    def value(self, subject: Term, predicate: ox.NamedNode) -> Term | None:
        """The first of what a node has of a property."""
        return next(iter(self.objects(subject, predicate)), None)

    def subjects(self, predicate: ox.NamedNode | None, value: Term) -> list[ox.NamedNode | ox.BlankNode]:
        """The nodes that point at one, each once and :data:`MOST` of them at most."""
        found = (quad.subject for quad in self.quads(None, predicate, value))
        few = nsmallest(MOST, (node for node in found if isinstance(node, ox.NamedNode | ox.BlankNode)), key=str)
        return list(dict.fromkeys(few))

    def kinds(self, node: Term) -> set[Term]:
        """The classes of a node, without those that another of them is narrower than."""
        kinds = set(self.objects(node, TYPE))
        for kind in sorted(kinds, key=str):
            kinds -= self.above(kind) - {kind}
        return kinds

    def above(self, kind: Term) -> set[Term]:
        """A class and all that are wider."""
        return self._closed(kind, lambda node: self.objects(node, SUBCLASS))

    def below(self, kind: Term) -> set[Term]:
        """A class and all that are narrower."""
        return self._closed(kind, lambda node: (quad.subject for quad in self.quads(None, SUBCLASS, node)))

    def _closed(self, start: Term, step: Callable[[Term], Iterable[Term | ox.Triple]]) -> set[Term]:
        found, waiting = {start}, [start]
        while waiting:
            fresh = {node for node in step(waiting.pop()) if not isinstance(node, ox.Triple)} - found
            found |= fresh
            waiting += sorted(fresh, key=str)
        return found


def _sorted(terms: Iterable[Term | ox.Triple]) -> list[Term]:
    found = {term for term in terms if not isinstance(term, ox.Triple)}
    return sorted(found, key=str) if len(found) > 1 else list(found)


def is_inferred(quad: ox.Quad) -> bool:
    """Whether a quad stands in the graph of what rules infer, whatever base it is named below.

    >>> s, g = ox.NamedNode("urn:s"), ox.NamedNode("https://kg.example.org/graph/inferred")
    >>> is_inferred(ox.Quad(s, s, s, g)), is_inferred(ox.Quad(s, s, s))
    (True, False)
    """
    return isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name.value.endswith("/graph/inferred")
