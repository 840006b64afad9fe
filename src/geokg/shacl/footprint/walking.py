"""The triples that a shape reads on its way from the focus node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pyoxigraph as ox

from ..model import Class, Closed, Custom, Pair, PropertyShape, Query, Shape, Sparql
from ..prebinding import with_path
from .naming import may_read
from .patterns import ALWAYS, THIS, Beside, Edge, Either, Fresh, Read, Slot, Term, Walk, both, reads
from .queries import NotUnderstood, query_reads

_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")

Below = Callable[[ox.NamedNode], Iterable[Term]]
"""What gives a class and all classes below it."""


def classes_of(shape: Shape) -> frozenset[ox.NamedNode]:
    """The classes whose instances a shape, or one that it calls, asks for; queries ask for themselves."""
    own = (constraint.cls for constraint in shape.constraints if isinstance(constraint, Class))
    return frozenset((*shape.targets.classes, *own)).union(*map(classes_of, shape.called))


def shape_reads(shape: Shape, below: Below, about: frozenset[str] | None = None) -> Iterator[Read]:
    """What a shape can read from each of its focus nodes, and what makes a node one of these.

    Args:
        shape: a shape with targets.
        below: the class hierarchy of the data.
        about: of queries only those are read that may read triples of these properties; all unless given.
    """
    walker = _Walker(below, about, is_sure=not shape.targets.nodes)
    targets = shape.targets
    for cls in targets.classes:
        yield from walker.instance(THIS, cls, ALWAYS)
    for predicate in targets.subjects_of:
        yield Read(Edge(THIS, predicate, walker.fresh()))
    for predicate in targets.objects_of:
        yield Read(Edge(walker.fresh(), predicate, THIS))
    yield from walker.shape(shape, THIS, ALWAYS)


class _Walker:
    """Reads one shape.

    Args:
        below: the class hierarchy.
        about: the properties of which queries are read.
        is_sure: whether focus nodes are in the data, as they are unless the shape names them itself.
    """

    def __init__(self, below: Below, about: frozenset[str] | None, *, is_sure: bool) -> None:
        self._about = about
        self.fresh = Fresh()
        self._is_sure = is_sure
        self._below = below

    def instance(self, node: Slot, cls: ox.NamedNode, context: Either) -> Iterator[Read]:
        """Whether a node is an instance of a class."""
        kind = self.fresh()
        only = Beside(only={kind: frozenset(self._below(cls))})
        yield from reads(Edge(node, _TYPE, kind), both(context, (only,)), self.fresh)

    def shape(self, shape: Shape, focus: str, context: Either) -> Iterator[Read]:
        """A shape that judges a node, which was come to in a context."""
        if shape.deactivated:
            return
        value, inside, path = focus, context, ""
        if isinstance(shape, PropertyShape):
            value, path = self.fresh(), shape.path.sparql()
            way = Walk(focus, shape.path, value)
            inside = both(context, (Beside((way,)),))
            yield from reads(way, context, self.fresh, self._sure(focus))
        for constraint in shape.constraints:
            match constraint:
                case Class(cls):
                    yield from self.instance(value, cls, inside)
                case Closed():
                    yield from reads(Edge(value, self.fresh(), self.fresh()), inside, self.fresh)
                case Pair(predicate):
                    yield from reads(Edge(focus, predicate, self.fresh()), context, self.fresh)
                case Sparql(query=query):
                    yield from self._query(query, path, {"this": focus}, context)
                case Custom(query=query):
                    given: dict[str, Slot] = {"this": focus, **dict(constraint.parameters)}
                    if query.is_ask:
                        yield from self._query(query, path, given | {"value": value}, inside)
                    else:
                        yield from self._query(query, path, given, context)
                case _:
                    for inner in constraint.shapes:
                        yield from self.shape(inner, value, inside)

    def _query(self, query: Query, path: str, given: dict[str, Slot], context: Either) -> Iterator[Read]:
        text = with_path(query.text, path)
        if self._about is not None and not may_read(text, self._about):
            return
        try:
            yield from query_reads(text, given, context, self.fresh, self._sure(*given.values()))
        except NotUnderstood:
            yield Read(Edge(self.fresh(), self.fresh(), self.fresh()), all=True)

    def _sure(self, *slots: Slot) -> frozenset[Slot]:
        return frozenset(slots if self._is_sure else ())
