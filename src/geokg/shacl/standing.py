"""Validation that keeps up: the results of a store's shapes, right after every edit, without judging all of it again.

After an edit the footprints of the shapes say which focus nodes it can have touched; these alone are judged again. A
shape is judged in full where an edit touches too many of them, or where it cannot be said whom it touches; all shapes
are when classes move in their hierarchy, and when a triple gets into a second graph that is the first to do so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import pyoxigraph as ox

from .footprint import Footprint, Term
from .judge import Fault, Judge
from .model import Model, Shape, ShapeNode
from .sources import StoreSource
from .sparql import Asker
from .validator import Validator

_SUBCLASS = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf")
_DOUBLED = (
    "SELECT ?s ?p ?o { GRAPH ?g { ?s ?p ?o } GRAPH ?h { ?s ?p ?o } FILTER(STR(?g) < STR(?h)) }",
    "SELECT ?s ?p ?o { ?s ?p ?o GRAPH ?h { ?s ?p ?o } }",
)
_MANY = 2000
"""From so many focus nodes on, judging a whole shape takes no longer."""

Found = Mapping[Any, tuple[Fault, ...]]
"""The results of one shape by focus node; who has none is not in it."""


@dataclass(frozen=True)
class _State:
    """What a standing report rests on; in ``doubled`` the triples that stand in two graphs."""

    source: StoreSource
    footprint: Footprint
    found: dict[ShapeNode, Found]
    doubled: frozenset[ox.Triple]


@dataclass(frozen=True)
class Changes:
    """What an edit did to the results.

    Attributes:
        new: results that were not there before.
        fixed: results that are no longer there.
        judged: how many focus nodes were judged again, by shape.
        whole: the shapes that were judged in full.
    """

    new: tuple[Fault, ...]
    fixed: tuple[Fault, ...]
    judged: Mapping[ShapeNode, int]
    whole: tuple[ShapeNode, ...]
    _before: _State = field(repr=False, compare=False)


class Standing:
    """The results of a store's shapes, as they are at every moment.

    Args:
        store: all its graphs count, as one. Whoever changes it says so, with :meth:`apply`.
        model: the shapes.

    Raises:
        ValidationError: a query of a shape cannot be run.

    >>> from rdflib import Graph
    >>> from .reading import read_model
    >>> text = '''@prefix sh: <http://www.w3.org/ns/shacl#> .
    ... <urn:s> sh:targetSubjectsOf <urn:p> ; sh:property [ sh:path <urn:p> ; sh:maxCount 1 ] .'''
    >>> store, shapes = ox.Store(), Graph().parse(data=text, format="turtle")
    >>> standing = Standing(store, read_model(shapes))
    >>> quads = [ox.Quad(ox.NamedNode("urn:a"), ox.NamedNode("urn:p"), ox.Literal(word)) for word in ("b", "c")]
    >>> store.extend(quads)
    >>> [fault.component.value for fault in standing.apply([], quads).new]
    ['http://www.w3.org/ns/shacl#MaxCountConstraintComponent']
    """

    def __init__(self, store: ox.Store, model: Model) -> None:
        self._store, self._model = store, model
        self._shapes: dict[ShapeNode, Shape] = {shape.node: shape for shape in model.shapes}
        self._state = self._begin(_doubled(store))

    @property
    def results(self) -> list[Fault]:
        """All that stands, shape by shape."""
        found = self._state.found
        return [fault for shape in self._shapes for faults in found[shape].values() for fault in faults]

    def touched(self, quads: Iterable[ox.Quad]) -> dict[ShapeNode, set[Term] | None]:
        """The focus nodes, by shape, that can read some quads of the store; ``None`` for all of a shape's."""
        return self._state.footprint.touched(quads, self._store)

    def apply(self, removed: Iterable[ox.Quad], added: Iterable[ox.Quad]) -> Changes:
        """Take an edit into account that the store has just had.

        Args:
            removed: what was there before and may be gone now.
            added: what may be new.

        Returns:
            What it changed.

        Raises:
            ValidationError: a query of a shape cannot be run. The results are as they were before.
        """
        gone, come = _stored(removed), _stored(added)
        before = self._state
        doubled = _doubled_now(self._store, before.doubled, (*gone, *come))
        # The judge folds equal solutions where any triple stands twice, so the first of these concerns everybody.
        if bool(doubled) != bool(before.doubled) or any(quad.predicate == _SUBCLASS for quad in (*gone, *come)):
            self._state = self._begin(doubled)
            return self._changes(before, {}, tuple(self._shapes))
        touched = before.footprint.touched([*gone, *come], self._store, gone)
        judge = Judge(before.source, Asker(before.source, self._model.graph))
        found = dict(before.found)
        judged: dict[ShapeNode, int] = {}
        whole: list[ShapeNode] = []
        for node, focus in touched.items():
            shape = self._shapes[node]
            if focus is None or len(focus) > _MANY:
                whole.append(node)
                continue
            targets = [term for term in focus if judge.is_target(shape, term)]  # type: ignore[arg-type]
            judged[node] = len(targets)
            fresh = judge.judge(shape, targets) if targets else {}  # type: ignore[arg-type]
            if fresh or not focus.isdisjoint(found[node]):
                found[node] = {**{term: some for term, some in found[node].items() if term not in focus}, **fresh}
        found.update(self._judge_all(whole))
        self._state = _State(before.source, before.footprint, found, doubled)
        return self._changes(before, judged, tuple(whole))

    def undo(self, changes: Changes) -> None:
        """Forget the last edit, which the store no longer has either."""
        self._state = changes._before

    def _begin(self, doubled: frozenset[ox.Triple]) -> _State:
        source = StoreSource(self._store)
        source.is_doubled = bool(doubled)
        footprint = Footprint(self._model.shapes, source.subclasses)
        return _State(source, footprint, self._judge_all(self._shapes), doubled)

    def _judge_all(self, nodes: Iterable[ShapeNode]) -> dict[ShapeNode, Found]:
        """The results of some shapes, from scratch."""
        shapes = tuple(self._shapes[node] for node in nodes)
        if not shapes:
            return {}
        verdict = Validator(replace(self._model, shapes=shapes)).validate(self._store)
        return dict(verdict.judged)

    def _changes(self, before: _State, judged: Mapping[ShapeNode, int], whole: tuple[ShapeNode, ...]) -> Changes:
        old, new = Counter[Fault](), Counter[Fault]()
        for node in (*judged, *whole):
            if before.found[node] is not self._state.found[node]:
                old.update(fault for some in before.found[node].values() for fault in some)
                new.update(fault for some in self._state.found[node].values() for fault in some)
        return Changes(tuple((new - old).elements()), tuple((old - new).elements()), judged, whole, before)


def _doubled(store: ox.Store) -> frozenset[ox.Triple]:
    """The triples that stand in two graphs."""
    found: set[ox.Triple] = set()
    for query in _DOUBLED:
        rows = store.query(query)
        assert isinstance(rows, ox.QuerySolutions)  # noqa: S101 - it is a SELECT
        found |= {ox.Triple(row["s"], row["p"], row["o"]) for row in rows}
    return frozenset(found)


def _doubled_now(store: ox.Store, before: frozenset[ox.Triple], changed: Iterable[ox.Quad]) -> frozenset[ox.Triple]:
    """The same after some quads came or went."""
    moved = {quad.triple for quad in changed}
    twice = {
        triple
        for triple in moved
        if len(list(islice(store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None), 2))) > 1
    }
    return before - moved | twice if moved & before or twice else before


def _stored(quads: Iterable[ox.Quad]) -> list[ox.Quad]:
    """Quads as a store gives them back, which spells some literals its own way."""
    store = ox.Store()
    store.extend(quads)
    return list(store)
