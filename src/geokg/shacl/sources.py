"""Where triples come from when nodes are judged one by one: the indexes of an open store.

>>> source = StoreSource(ox.Store())
>>> source.objects(ox.NamedNode("urn:a"), ox.NamedNode("urn:p"))
()
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import pyoxigraph as ox

from .model import Term
from .paths import Alternative, Inverse, OneOrMore, Path, Step, ZeroOrMore, ZeroOrOne
from .paths import Sequence as Chain

TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_DOUBLED = (
    "SELECT ?s ?p ?o { GRAPH ?g { ?s ?p ?o } GRAPH ?h { ?s ?p ?o } FILTER(STR(?g) < STR(?h)) }",
    "SELECT ?s ?p ?o { ?s ?p ?o GRAPH ?h { ?s ?p ?o } }",
)
_SUBCLASS = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf")


class StoreSource:
    """The graphs of a pyoxigraph store as one.

    Args:
        store: any store.
        graphs: the IRIs of the graphs that count, the unnamed one as ``""``; all unless given.
        beside: the IRIs of graphs that queries can name, and that count for nothing else.
    """

    def __init__(self, store: ox.Store, graphs: Sequence[str] | None = None, beside: Sequence[str] = ()) -> None:
        self.store = store
        self.graphs: list[ox.NamedNode | ox.BlankNode | ox.DefaultGraph] | None = (
            None if graphs is None else [ox.NamedNode(iri) if iri else ox.DefaultGraph() for iri in graphs]
        )
        self._counted = None if self.graphs is None else set(self.graphs)
        self._named: list[ox.NamedNode | ox.BlankNode] = [
            graph for graph in self.graphs or () if isinstance(graph, ox.NamedNode)
        ]
        self._named += map(ox.NamedNode, beside)

    def graph_names(self) -> list[str]:
        """The IRIs of the graphs that count, the unnamed one as ``""``."""
        graphs = (
            ["", *(graph.value for graph in self.store.named_graphs())]
            if self.graphs is None
            else [graph.value if isinstance(graph, ox.NamedNode) else "" for graph in self.graphs]
        )
        return graphs

    def quads(self) -> Iterable[ox.Quad]:
        """All that counts."""
        return self._quads(None, None, None)

    def _quads(self, subject: Any, predicate: Any, object: Any) -> Iterable[ox.Quad]:
        found = self.store.quads_for_pattern(subject, predicate, object, None)
        return found if self._counted is None else (quad for quad in found if quad.graph_name in self._counted)

    def objects(self, subject: Term, predicate: ox.NamedNode) -> tuple[Term, ...]:
        """What a property of a node has, each value once."""
        if isinstance(subject, ox.Literal):
            return ()
        return tuple(dict.fromkeys(quad.object for quad in self._quads(subject, predicate, None)))  # type: ignore[misc]

    def subjects(self, predicate: ox.NamedNode, object: Term) -> tuple[Term, ...]:
        """Which nodes have a value of a property, each once."""
        return tuple(dict.fromkeys(quad.subject for quad in self._quads(None, predicate, object)))  # type: ignore[misc]

    def properties(self, subject: Term) -> Iterator[tuple[ox.NamedNode, Term]]:
        """All that a node has, each triple once."""
        if not isinstance(subject, ox.Literal):
            found = dict.fromkeys((quad.predicate, quad.object) for quad in self._quads(subject, None, None))
            yield from found  # type: ignore[misc]

    def has(self, subject: Term | None, predicate: ox.NamedNode, object: Term | None) -> bool:
        """Whether any triple fits; what is not given fits all."""
        if isinstance(subject, ox.Literal):
            return False
        return next(iter(self._quads(subject, predicate, object)), None) is not None

    def knows(self, node: Term) -> bool:
        """Whether a node stands in any triple."""
        found = None if isinstance(node, ox.Literal) else next(iter(self._quads(node, None, None)), None)
        return found is not None or next(iter(self._quads(None, None, node)), None) is not None

    def nameable(self, nodes: Iterable[Term]) -> None:
        """Refuse nodes that could not be asked for again; here there are none."""

    def query(self, text: str, substitutions: Mapping[str, Term] | None = None) -> ox.QuerySolutions:
        """The rows of a ``SELECT`` query over the graphs that count."""
        found = self.store.query(
            text,
            use_default_graph_as_union=self.graphs is None,
            default_graph=self.graphs,
            named_graphs=None if self.graphs is None else self._named,
            substitutions={ox.Variable(name): term for name, term in (substitutions or {}).items()},
        )
        assert isinstance(found, ox.QuerySolutions)  # noqa: S101 - only SELECT is asked here
        return found

    @cached_property
    def is_doubled(self) -> bool:
        """Whether any triple stands in two graphs, and so twice in the union, as queries see it."""
        asks = (
            "ASK { GRAPH ?g { ?s ?p ?o } GRAPH ?h { ?s ?p ?o } FILTER(!sameTerm(?g, ?h)) }",
            "ASK { ?s ?p ?o GRAPH ?g { ?s ?p ?o } }",
        )
        return any(bool(self.store.query(ask)) for ask in asks)

    # Classes

    @cached_property
    def _below(self) -> dict[Term, list[Term]]:
        found: dict[Term, list[Term]] = {}
        for quad in self._quads(None, _SUBCLASS, None):
            found.setdefault(quad.object, []).append(quad.subject)  # type: ignore[arg-type]
        return found

    @cached_property
    def _closures(self) -> dict[Term, frozenset[Term]]:
        return {}

    def subclasses(self, cls: Term) -> frozenset[Term]:
        """A class and all below it, as the data has them."""
        if cls not in self._closures:
            found, waiting = {cls}, [cls]
            while waiting:
                for lower in self._below.get(waiting.pop(), ()):
                    if lower not in found:
                        found.add(lower)
                        waiting.append(lower)
            self._closures[cls] = frozenset(found)
        return self._closures[cls]

    def is_instance(self, node: Term, cls: ox.NamedNode) -> bool:
        """Whether a node is an instance of a class or of one below it."""
        below = self.subclasses(cls)
        return any(kind in below for kind in self.objects(node, TYPE))

    # Paths

    def values(self, path: Path, node: Term, *, backward: bool = False) -> tuple[Term, ...]:
        """Where a path leads from a node, each place once; against its direction if so asked."""
        if isinstance(path, Step):
            return self.subjects(path.predicate, node) if backward else self.objects(node, path.predicate)
        return tuple(dict.fromkeys(self._walk(path, node, backward)))

    def _walk(self, path: Path, node: Term, backward: bool) -> Iterator[Term]:
        if isinstance(path, Inverse):
            yield from self.values(path.path, node, backward=not backward)
        elif isinstance(path, Alternative):
            for item in path.items:
                yield from self.values(item, node, backward=backward)
        elif isinstance(path, Chain):
            reached: tuple[Term, ...] = (node,)
            for item in reversed(path.items) if backward else path.items:
                reached = tuple(
                    dict.fromkeys(far for near in reached for far in self.values(item, near, backward=backward))
                )
            yield from reached
        elif isinstance(path, ZeroOrOne):
            yield node
            yield from self.values(path.path, node, backward=backward)
        elif isinstance(path, (ZeroOrMore, OneOrMore)):
            if isinstance(path, ZeroOrMore):
                yield node
            seen: set[Term] = set()
            waiting = [node]
            while waiting:
                for far in self.values(path.path, waiting.pop(), backward=backward):
                    if far not in seen:
                        seen.add(far)
                        waiting.append(far)
                        yield far


def doubled_in(store: ox.Store) -> frozenset[ox.Triple]:
    """The triples that stand in two graphs.

    >>> doubled_in(ox.Store())
    frozenset()
    """
    found: set[ox.Triple] = set()
    for query in _DOUBLED:
        rows = store.query(query)
        assert isinstance(rows, ox.QuerySolutions)  # noqa: S101 - it is a SELECT
        found |= {ox.Triple(row["s"], row["p"], row["o"]) for row in rows}
    return frozenset(found)


def doubled_since(store: ox.Store, before: frozenset[ox.Triple], changed: Iterable[ox.Quad]) -> frozenset[ox.Triple]:
    """The same after some quads came or went.

    >>> doubled_since(ox.Store(), frozenset(), [])
    frozenset()
    """
    moved = {quad.triple for quad in changed}
    twice = {
        triple
        for triple in moved
        if len(list(islice(store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None), 2))) > 1
    }
    return before - moved | twice if moved & before or twice else before
