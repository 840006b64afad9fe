"""Validation that keeps up: the results of a store's shapes, right after every edit, without judging all of it again.

After an edit the footprints of the shapes say which focus nodes it can have touched; these alone are judged again.
Where classes move in their hierarchy, their instances count as touched. A shape is judged in full where an edit touches
too many of its nodes, or where it cannot be said whom it touches; all are, where it is a large part of the store;
shapes with queries are, when a triple gets into a second graph that is the first to do so; and shapes that cannot be
compiled, whenever they are touched.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import pyoxigraph as ox

from .engine import has_queries, refusal, remarks, strays
from .footprint import Footprint, Term
from .judge import Fault, Judge
from .model import Model, Shape, ShapeNode
from .referred import faults_of, refer
from .sources import TYPE, StoreSource, doubled_in, doubled_since
from .sparql import Asker
from .spelling import Spelling, is_odd, stored
from .spelt import Spelt, judge_as_spelt
from .validator import Validator

_SUBCLASS = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf")
_MANY = 2000
"""From so many focus nodes on, judging a whole shape takes no longer."""

_FEW, _WORTH = 200, 25
"""An edit of more quads costs more than a full run where the store holds less than so many times as many (measured)."""

Found = Mapping[Any, tuple[Fault, ...]]
"""The results of one shape by focus node; who has none is not in it. What the reference engine judged in one is under
``None``."""
Touched = dict[ShapeNode, set[Term] | None]
"""Focus nodes by shape; ``None`` for all of a shape's."""


@dataclass(frozen=True)
class _Shapes:
    """The shapes, and what has to be known of each to judge by it.

    Attributes:
        model: all of them.
        by_node: the same by their nodes.
        refused: those that cannot be compiled, with the reason.
        asking: those with queries.
    """

    model: Model
    by_node: Mapping[ShapeNode, Shape]
    refused: Mapping[ShapeNode, str]
    asking: frozenset[ShapeNode]

    @classmethod
    def of(cls, model: Model) -> _Shapes:
        refused = {shape.node: reason for shape in model.shapes if (reason := refusal(shape))}
        asking = frozenset(shape.node for shape in model.shapes if has_queries(shape))
        return cls(model, {shape.node: shape for shape in model.shapes}, refused, asking)

    @property
    def compiled(self) -> Model:
        """Those that can be compiled."""
        return replace(self.model, shapes=tuple(one for one in self.model.shapes if one.node not in self.refused))


@dataclass(frozen=True)
class _State:
    """What a standing report rests on.

    Attributes:
        shapes: what is judged by.
        source: what is judged.
        footprint: who can read what.
        doubled: the triples that stand in two graphs.
        found: what was found, by shape.
        strays: the targets that the reference engine judges, by shape.
        said: what that engine said beside.
        spelling: how literals were written, if that is known.
        spelt: what was judged as it was written; its results count instead of those in ``found``.
    """

    shapes: _Shapes
    source: StoreSource
    footprint: Footprint
    doubled: frozenset[ox.Triple]
    found: Mapping[ShapeNode, Found] = field(default_factory=dict)
    strays: Mapping[ShapeNode, frozenset[Term]] = field(default_factory=dict)
    said: frozenset[str] = frozenset()
    spelling: Spelling | None = None
    spelt: Spelt | None = None

    @property
    def faults(self) -> list[Fault]:
        """All results, shape by shape."""
        spelt = self.spelt
        found = [
            fault
            for shape in self.shapes.by_node
            for focus, faults in self.found[shape].items()
            if spelt is None or not spelt.holds(shape, focus)
            for fault in faults
        ]
        return found if spelt is None else [*found, *faults_of(spelt.outcome)]


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
    _before: object = field(repr=False, compare=False)


class Standing:
    """The results of a store's shapes, as they are at every moment.

    Args:
        store: all its graphs count, as one. Whoever changes it says so, with :meth:`apply`.
        model: the shapes.
        spelling: how its literals were written, if :func:`.spelling.fill` filled it; it is then judged as spelt.
        scratch: a store with the same content that can be read faster; it is judged in its stead at first.
        doubled: the triples that stand in two graphs, if that is known.

    Raises:
        ShapesError: the reference engine cannot use a shape that is left to it.
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

    def __init__(
        self,
        store: ox.Store,
        model: Model,
        *,
        spelling: Spelling | None = None,
        scratch: ox.Store | None = None,
        doubled: frozenset[ox.Triple] | None = None,
    ) -> None:
        shapes, source = _Shapes.of(model), StoreSource(store if scratch is None else scratch)
        doubled = doubled_in(source.store) if doubled is None else doubled
        source.is_doubled = bool(doubled)
        state = _State(shapes, source, Footprint(model.shapes, source.subclasses), doubled, spelling=spelling)
        state = self._judge(state, dict.fromkeys(shapes.by_node), {})[0]
        self._state = replace(state, source=_moved(source, store))

    @property
    def results(self) -> list[Fault]:
        """All that stands, shape by shape."""
        return self._state.faults

    @property
    def notes(self) -> list[str]:
        """What was not judged as usual, or was passed over since it means nothing where it stands."""
        state = self._state
        said = state.said if state.shapes.refused or state.strays else frozenset[str]()
        more = state.spelt.outcome.notes if state.spelt else []
        told = (*state.shapes.model.notes, *remarks(state.shapes.refused, state.spelling), *said, *more)
        return sorted(set(told))

    def idle(self, nodes: Iterable[ShapeNode]) -> set[ShapeNode]:
        """Those of some shapes that judge no node."""
        shapes = self._state.shapes.by_node
        return {node for node in nodes if node in shapes and not is_aimed(shapes[node], self._state.source)}

    def touched(self, quads: Iterable[ox.Quad]) -> Touched:
        """The focus nodes, by shape, that can read some quads of the store; ``None`` for all of a shape's."""
        return self._state.footprint.touched(quads, self._state.source.store)

    def adopt(self, model: Model) -> Changes:
        """Judge by other shapes from now on; those that are the same keep their results.

        Raises:
            ShapesError: as at the start.
            ValidationError: as at the start. The results are as they were before.
        """
        before = self._state
        footprint = Footprint(model.shapes, before.source.subclasses, former=before.footprint)
        state = replace(before, shapes=_Shapes.of(model), footprint=footprint)
        return self._keep(before, state, dict.fromkeys(footprint.moved))

    def apply(
        self,
        removed: Iterable[ox.Quad],
        added: Iterable[ox.Quad],
        *,
        store: ox.Store | None = None,
        spelling: Spelling | None = None,
    ) -> Changes:
        """Take an edit into account that the store has just had.

        Args:
            removed: what was there before and may be gone now.
            added: what may be new.
            store: the store that has it now, if it is another.
            spelling: how its literals are written now, if that was said before.

        Returns:
            What it changed.

        Raises:
            ShapesError: as at the start.
            ValidationError: a query of a shape cannot be run. The results are as they were before.
        """
        gone, come = _stored(removed), _stored(added)
        moved, before = [*gone, *come], self._state
        source = _moved(before.source, store or before.source.store)
        footprint = before.footprint
        if any(quad.predicate == _SUBCLASS for quad in moved):
            source = StoreSource(source.store)
            footprint = Footprint(before.shapes.model.shapes, source.subclasses, former=footprint)
        doubled = doubled_since(source.store, before.doubled, moved)
        source.is_doubled = bool(doubled)
        if _is_large(len(moved), source.store):
            touched: Touched = dict.fromkeys(before.shapes.by_node)
        else:
            touched = footprint.touched(moved, source.store, gone)
            if footprint is not before.footprint and footprint.moved:
                touched |= _resettled(before.footprint, footprint, source.store, moved, gone)
        if bool(doubled) != bool(before.doubled):  # the judge folds equal rows of queries where any triple stands twice
            touched |= dict.fromkeys(before.shapes.asking)
        state = replace(before, source=source, footprint=footprint, doubled=doubled, spelling=spelling)
        return self._keep(before, state, touched)

    def undo(self, changes: Changes) -> None:
        """Forget the last edit, which the store no longer has either."""
        self.restore(changes._before)

    @property
    def state(self) -> object:
        """All that is known now, to come back to with :meth:`restore`."""
        return self._state

    def restore(self, state: object) -> None:
        """Know what was known at some time, and nothing else."""
        assert isinstance(state, _State)  # noqa: S101 - it comes from here
        self._state = state

    def _keep(self, before: _State, state: _State, touched: Touched) -> Changes:
        self._state, judged, whole = self._judge(state, touched, before.found)
        if before.spelt or self._state.spelt or before.shapes is not self._state.shapes:
            old, new = Counter(before.faults), Counter(self._state.faults)
        else:
            old, new = _different(before.found, self._state.found, touched)
        return Changes(tuple((new - old).elements()), tuple((old - new).elements()), judged, whole, before)

    def _judge(
        self, state: _State, touched: Touched, found: Mapping[ShapeNode, Found]
    ) -> tuple[_State, dict[ShapeNode, int], tuple[ShapeNode, ...]]:
        """What is found when some focus nodes are judged again, how many these were, and which shapes it took whole."""
        shapes, source = state.shapes, state.source
        apart = {
            node: frozenset(stray)
            for node in shapes.asking - shapes.refused.keys()
            if (stray := strays(shapes.by_node[node], source))
        }
        for node in {*apart, *state.strays} & shapes.by_node.keys():
            focus = touched.setdefault(node, set())
            if focus is not None:  # who is no stray any more has to be judged, and who has become one
                touched[node] = focus | (apart.get(node, frozenset()) ^ state.strays.get(node, frozenset()))
        now = {node: found.get(node, {}) for node in shapes.by_node}
        whole = [
            node
            for node, focus in touched.items()
            if focus is None or len(focus) > _MANY or (node in shapes.refused and focus)
        ]
        judged: dict[ShapeNode, int] = {}
        respelt = state.spelling is None
        judge = Judge(source, Asker(source, shapes.model.graph), respelt=respelt)
        for node, focus in touched.items():
            if focus is not None and node not in whole and node not in shapes.refused:
                shape = shapes.by_node[node]
                targets = [term for term in focus if judge.is_target(shape, term)]  # type: ignore[arg-type]
                judged[node] = len(targets)
                fresh = judge.judge(shape, targets) if targets else {}  # type: ignore[arg-type]
                if fresh or not focus.isdisjoint(now[node]):
                    now[node] = {**{term: some for term, some in now[node].items() if term not in focus}, **fresh}
        compiled = tuple(shapes.by_node[node] for node in whole if node not in shapes.refused)
        if compiled:
            now.update(Validator(replace(shapes.model, shapes=compiled)).judge(source, respelt=respelt).judged)
        said = state.said
        for node in whole:
            if node in shapes.refused:
                faults, said = refer(source.store, shapes.model, {node: None})
                now[node] = {None: faults}
        for node in apart.keys() & touched.keys():
            own = dict(now[node])
            for one in apart[node]:
                own[one], said = refer(source.store, shapes.model, {node: [one]})
            now[node] = own
        spelt = None if state.spelling is None else judge_as_spelt(source.store, state.spelling, shapes.compiled)
        return replace(state, found=now, strays=apart, said=said, spelt=spelt), judged, tuple(whole)


def _is_large(number: int, store: ox.Store) -> bool:
    """Whether to judge everything takes less time than to find out whom an edit of so many quads touches."""
    # The engine counts all of a store in the time that some hundredth of it takes to read.
    return number > _FEW and len(store) < _WORTH * number


def is_aimed(shape: Shape, source: StoreSource) -> bool:
    """Whether a shape has any focus node."""
    targets = shape.targets
    return bool(targets.nodes) or (
        any(source.has(None, predicate, None) for predicate in (*targets.subjects_of, *targets.objects_of))
        or any(source.has(None, TYPE, kind) for cls in targets.classes for kind in source.subclasses(cls))
    )


def _moved(source: StoreSource, store: ox.Store) -> StoreSource:
    """A source that reads a store with the same classes."""
    made = copy.copy(source)
    made.store = store
    return made


def _resettled(
    before: Footprint, now: Footprint, store: ox.Store, moved: list[ox.Quad], gone: list[ox.Quad]
) -> Touched:
    """Whom it touches that classes have got others below them: as if the instances of these had been typed anew."""
    kinds = {
        kind
        for shape, classes in now.moved.items()
        for cls in classes
        for kind in before.below(shape, cls) ^ now.below(shape, cls)
    }
    typed: list[ox.Quad] = []
    for kind in kinds:
        typed += islice(store.quads_for_pattern(None, TYPE, kind), _MANY + 1)  # type: ignore[arg-type]
    if len(typed) > _MANY:
        return dict.fromkeys(now.moved)
    found: Touched = {}
    for footprint in (before, now):
        for shape, focus in footprint.touched([*moved, *typed], store, gone, only=now.moved).items():
            known = found.get(shape, set())
            found[shape] = None if focus is None or known is None else focus | known
    return found


def _different(
    before: Mapping[ShapeNode, Found], now: Mapping[ShapeNode, Found], touched: Touched
) -> tuple[Counter[Fault], Counter[Fault]]:
    """What was found before and is found now, of what can be different."""
    counters = Counter[Fault](), Counter[Fault]()
    for node, focus in touched.items():
        if before[node] is not now[node]:
            for counter, found in zip(counters, (before[node], now[node]), strict=True):
                some = found if focus is None or None in found else focus & found.keys()
                counter.update(fault for term in some for fault in found[term])
    return counters


def _stored(quads: Iterable[ox.Quad]) -> list[ox.Quad]:
    """Quads as a store gives them back, which spells some literals its own way; each once."""
    kept = (
        ox.Quad(quad.subject, quad.predicate, stored(quad.object), quad.graph_name)
        if isinstance(quad.object, ox.Literal) and is_odd(quad.object)
        else quad
        for quad in quads
    )
    return list(dict.fromkeys(kept))
