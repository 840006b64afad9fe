"""Footprints: which triples a shape can read, and so whom a change of one can touch.

A shape is walked once from its focus node, and each triple pattern that it reads on the way is kept with what leads
there. A changed triple is fitted into the patterns and the ways are walked back, to the focus nodes that must be judged
again. Whoever is not found keeps the results that he has.

>>> from rdflib import Graph
>>> from geokg.shacl.reading import read_model
>>> text = "@prefix sh: <http://www.w3.org/ns/shacl#> . <urn:s> sh:targetSubjectsOf <urn:p> ; sh:closed true ."
>>> footprint = Footprint(read_model(Graph().parse(data=text, format="turtle")).shapes, lambda cls: {cls})
>>> quad = ox.Quad(ox.NamedNode("urn:a"), ox.NamedNode("urn:q"), ox.Literal("b"))
>>> footprint.touched([quad], ox.Store())
{<NamedNode value=urn:s>: {<NamedNode value=urn:a>}}
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from ..model import Shape, ShapeNode
from .matching import Eithertime, TooMany, touched
from .patterns import Read, Term
from .walking import Below, classes_of, shape_reads

__all__ = ["Below", "Footprint", "Read", "Term"]


@dataclass(frozen=True)
class _Walked:
    """What is known of one shape; ``below`` has the classes that it names, each with all below it."""

    shape: Shape
    below: Mapping[ox.NamedNode, frozenset[Term]]
    reads: tuple[Read, ...]


class Footprint:
    """What some shapes can read.

    Args:
        shapes: those with targets.
        below: the class hierarchy of the data: what gives a class and all classes below it.
        without: graphs of the data that shapes are not shown.
        about: the properties of all triples that it will be asked about, if they are known; then it is made sooner.
        former: an earlier one; what it knows of a shape is taken from it where the shape and its classes are the same.

    Attributes:
        moved: the shapes that it has to be told of anew, each with those of its classes that have others below them
            than in ``former``.
    """

    def __init__(
        self,
        shapes: Iterable[Shape],
        below: Below,
        *,
        without: frozenset[ox.NamedNode] = frozenset(),
        about: frozenset[str] | None = None,
        former: Footprint | None = None,
    ) -> None:
        self._without = without
        self._walked: dict[ShapeNode, _Walked] = {}
        self._reads: dict[object, list[tuple[ShapeNode, Read]]] = defaultdict(list)
        self.moved: dict[ShapeNode, frozenset[ox.NamedNode]] = {}
        for shape in shapes:
            below_each = {cls: frozenset(below(cls)) for cls in classes_of(shape)}
            walked = former._walked.get(shape.node) if former else None
            if walked is None or walked.shape != shape or walked.below != below_each:
                known = walked.below if walked and walked.shape == shape else {}
                self.moved[shape.node] = frozenset(cls for cls in known if known[cls] != below_each[cls])
                walked = _Walked(shape, below_each, tuple(shape_reads(shape, below, about)))
            self._walked[shape.node] = walked
            for read in walked.reads:
                for key in _keys(read):
                    self._reads[key].append((shape.node, read))

    def below(self, shape: ShapeNode, cls: ox.NamedNode) -> frozenset[Term]:
        """A class that a shape names and all classes below it, as they were when this was made."""
        return self._walked[shape].below[cls]

    def touched(
        self,
        changed: Iterable[ox.Quad],
        store: ox.Store,
        gone: Iterable[ox.Quad] = (),
        *,
        only: Collection[ShapeNode] | None = None,
    ) -> dict[ShapeNode, set[Term] | None]:
        """The focus nodes, by shape, whose results can be other ones now.

        Args:
            changed: the quads that came or went, as a store gives them back.
            store: as it is now.
            gone: those of them that are no longer there.
            only: the shapes that are asked about; all unless given.

        Returns:
            For each shape that reads some of them its focus nodes, or ``None`` for all of them. Some may be no focus
            nodes at all.
        """
        reading: dict[ShapeNode, list[tuple[Read, ox.Quad]]] = defaultdict(list)
        for quad in changed:
            if quad.graph_name not in self._without:
                for key in (None, quad.predicate, (quad.predicate, quad.object)):
                    for shape, read in self._reads.get(key, ()):
                        if only is None or shape in only:
                            reading[shape].append((read, quad))
        gone = [quad for quad in gone if quad.graph_name not in self._without]
        state = Eithertime(store, gone, without=self._without)
        return {shape: _all_touched(some, state) for shape, some in reading.items()}


def _all_touched(reading: Iterable[tuple[Read, ox.Quad]], state: Eithertime) -> set[Term] | None:
    found: set[Term] = set()
    state.begin()
    try:
        for read, quad in reading:
            some = touched(read, quad, state)
            if some is None:
                return None
            found |= some
    except TooMany:
        return None
    return found


def _keys(read: Read) -> Iterator[object]:
    """What a quad can be looked up by to come upon a read: its predicate, or predicate and object, or nothing."""
    edge, only = read.edge, read.beside.only
    objects = only.get(edge.object) if isinstance(edge.object, str) else {edge.object}
    predicates = only.get(edge.predicate) if isinstance(edge.predicate, str) else {edge.predicate}
    if predicates is None:
        yield None
    elif objects is None:
        yield from predicates
    else:
        yield from ((predicate, object_) for predicate in predicates for object_ in objects)
