"""The report of a graph kept current: after each change what is new is told at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, combinations
from pathlib import Path

import pyoxigraph as ox
from rdflib import Graph
from rdflib.compare import isomorphic
from rdflib.namespace import OWL, RDF, SH, SKOS

from ..ontology import statements
from ..rules.contradictions import contradictions
from ..shacl.judge import Fault
from ..shacl.model import Model, ShapeNode
from ..shacl.outcome import new_report, results_of
from ..shacl.reading import read_model
from ..shacl.sources import StoreSource
from ..shacl.spelling import Spelling
from ..shacl.standing import Changes, Standing, is_aimed
from ..shacl.terms import from_ox, quads_to_ox
from ..store import Store
from ..vocabulary import prefixes
from . import onegraph
from .evidence import Evidence
from .finding import SEVERITIES, Finding, Severity
from .held import Held, has_ontology
from .hiding import Copy, View, in_memory
from .lookup import TYPE, Lookup
from .report import Report
from .run import in_order, ontology_store, read_rules
from .selection import Selection, select
from .telling import Teller

Pair = tuple[ox.Quad, ox.Quad]

_OWL = str(OWL)
_SEVERITY: dict[ox.NamedNode, Severity] = {
    ox.NamedNode(str(SH.Warning)): "warning",
    ox.NamedNode(str(SH.Info)): "info",
}
_LABEL = ox.NamedNode(str(SKOS.prefLabel))
_LISTS = (ox.NamedNode(str(RDF.first)), ox.NamedNode(str(RDF.rest)))


@dataclass(frozen=True)
class _State:
    """What a report rests on beside what its two parts know.

    Attributes:
        whole: all that counts, what was inferred too.
        stated: the same without that.
        axioms: the shapes made from the axioms.
        model: all shapes.
        looked_up: the same, to look things up in.
        chosen: which of them were asked for.
        idle: those that judge nothing that was stated.
        doubled: the triples that stand in two graphs.
    """

    whole: View
    stated: View
    axioms: Graph
    model: Model
    looked_up: Store
    chosen: Selection | None
    idle: frozenset[ShapeNode]
    doubled: frozenset[Pair]

    @property
    def nodes(self) -> frozenset[ShapeNode]:
        """The shapes that are judged by."""
        run = None if self.chosen is None else self.chosen.run
        return frozenset(one.node for one in self.model.shapes if run is None or one.node.value in run)

    @property
    def early(self) -> Model:
        """The shapes for what was stated."""
        return _of(self.model, self.nodes)

    @property
    def late(self) -> Model:
        """The shapes that are shown what was inferred too, since they judge nothing else."""
        return _of(self.model, self.idle)


@dataclass(frozen=True)
class _Memory:
    """What it takes to forget a change: ``edits`` are what the views made of it, the whole and then the stated."""

    state: _State
    parts: tuple[tuple[Standing, object], ...]
    more: list[ox.Quad]
    stores: tuple[ox.Store, ox.Store]
    edits: list[tuple[list[ox.Quad], list[ox.Quad]]] = field(default_factory=list)


@dataclass(frozen=True)
class Kept:
    """What a change did to a report.

    Attributes:
        new: the findings that it brought, of the severities that were asked for.
        fixed: how many it took away.
        judged: how many focus nodes were judged again, those of all shapes together.
        whole: how many shapes were judged in full.
        come: how many findings it brought, of all severities.
    """

    new: tuple[Finding, ...]
    fixed: int
    judged: int
    whole: int
    _memory: _Memory = field(repr=False, compare=False)
    come: int = 0


class StandingReport:
    """What :func:`.run.validate` finds in a graph, as it is at every moment.

    It is told of each change. What was inferred is judged as there: by the shapes that judge nothing else. Where the
    store holds graphs that are not judged, it has a copy without them, and another where it is asked what a change
    would do that the store has not had.

    Args:
        store: the graph, as it is now.
        shapes: files, folders or an rdflib graph; the packaged shapes unless given.
        paths: the text files of documents by their id or IRI.
        language: which language messages and labels should be in, where there is a choice.
        only: the shapes to judge by, each by its IRI, short IRI, last part or label; all of them unless given.
        spelling: how the literals of the store were written, if :func:`.spelling.fill` filled it.
        copy: how copies are made.
        scratch: a store with the same content that can be read faster; it is used up for the first run.

    Raises:
        ShapesError: the shapes cannot be used, or there is none of that name.
        ValidationError: a query of a shape cannot be run.

    >>> report = StandingReport(Store.memory())
    >>> report.report().summary
    'no findings'
    """

    def __init__(
        self,
        store: Store,
        *,
        shapes: str | Path | Sequence[str | Path] | Graph | None = None,
        paths: Mapping[str, Path] | None = None,
        language: str = "en",
        only: Sequence[str] = (),
        spelling: Spelling | None = None,
        copy: Copy = in_memory,
        scratch: ox.Store | None = None,
    ) -> None:
        self._base, self._paths, self._language, self._only, self._copy = store.base, paths, language, only, copy
        self._is_packaged = shapes is None
        self._rules = read_rules(shapes)
        held = Held(store)
        self._inferred, self._reported = ox.NamedNode(held.inferred), ox.NamedNode(held.reported)
        self._begin(store.ox, spelling, scratch)

    def _begin(self, store: ox.Store, spelling: Spelling | None, scratch: ox.Store | None = None) -> None:
        """Judge everything."""
        is_bare = self._is_packaged and not self._has_ontology(store)
        self._more = statements(self._base.graph + "ontology", self._base.graph + "vocab") if is_bare else []
        whole = View(store, {self._reported}, self._more, copy=self._copy)
        stated = self._without_inferred(whole)
        axioms = self._axioms(whole.store)
        if scratch is not None:
            scratch.remove_graph(self._reported)
            scratch.extend(self._more)
        held = Held(Store(whole.store if scratch is None else scratch, base=self._base))
        doubled = tuple(onegraph.doubled(held)) if self._is_packaged else ()
        state = _State(whole, stated, axioms, *self._read(axioms), frozenset(), frozenset(doubled))
        source = StoreSource(stated.store)
        idle = frozenset(shape.node for shape in state.early.shapes if not is_aimed(shape, source))
        state = self._state = replace(state, idle=idle)
        twice = None if not self._is_packaged else frozenset(first.triple for first, _ in doubled)
        self._late = Standing(whole.store, state.late, spelling=spelling, scratch=scratch, doubled=twice)
        if scratch is not None:
            scratch.remove_graph(self._inferred)
        if twice is not None:  # to look for them again would take seconds
            twice = frozenset(pair[0].triple for pair in doubled if self._inferred not in map(_graph, pair))
        self._early = Standing(stated.store, state.early, spelling=spelling, scratch=scratch, doubled=twice)

    def apply(
        self,
        removed: Iterable[ox.Quad],
        added: Iterable[ox.Quad],
        *,
        store: Store | None = None,
        spelling: Spelling | None = None,
        severities: Collection[Severity] = SEVERITIES,
    ) -> Kept:
        """Take a change into account.

        Args:
            removed: quads that go.
            added: quads that come.
            store: one that has had the change; without it the change is only thought of.
            spelling: how its literals are written, if that was said before.
            severities: which of the new findings are told; to put one into words takes longer than to judge it.

        Raises:
            ShapesError: a shape that the reference engine cannot use.
            ValidationError: a query of a shape cannot be run; all is then as before.
        """
        before = self._state
        parts = tuple((part, part.state) for part in (self._early, self._late))
        memory = _Memory(before, parts, self._more, (before.whole.store, before.stated.store))
        try:
            if store is not None and self._is_packaged and bool(self._more) == self._has_ontology(store.ox):
                changes = self._anew(store.ox, spelling)  # the ontology came or went
            else:
                changes = self._follow(list(removed), list(added), store, spelling, memory)
        except BaseException:
            self._forget(memory)
            raise
        new, fixed = Counter[Fault](), Counter[Fault]()
        for one in changes:
            new.update(one.new)
            fixed.update(one.fixed)
        come = [fault for fault in (new - fixed).elements() if _SEVERITY.get(fault.severity, "violation") in severities]
        pairs = self._state.doubled - before.doubled if "violation" in severities else frozenset()
        return Kept(
            self._told(come, pairs).findings if come or pairs else (),
            (fixed - new).total() + len(before.doubled - self._state.doubled),
            sum(number for one in changes for number in one.judged.values()),
            sum(len(one.whole) for one in changes),
            memory,
            (new - fixed).total() + len(self._state.doubled - before.doubled),
        )

    def undo(self, kept: Kept) -> None:
        """Forget the last change: it was not made, or not kept."""
        self._forget(kept._memory)

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each severity; of all shapes, whichever were asked for."""
        found = Counter(_SEVERITY.get(one.severity, "violation") for one in (*self._early.results, *self._late.results))
        found["violation"] += len(self._state.doubled)
        return {severity: found[severity] for severity in SEVERITIES}

    def report(self, *, told: bool = True) -> Report:
        """All that stands.

        Args:
            told: whether it has findings, with the words behind each; else the graph alone, which takes less time.
        """
        return self._told([*self._early.results, *self._late.results], self._state.doubled, told=told)

    def _follow(
        self,
        removed: list[ox.Quad],
        added: list[ox.Quad],
        store: Store | None,
        spelling: Spelling | None,
        memory: _Memory,
    ) -> list[Changes]:
        before, after = self._state, None if store is None else store.ox
        whole, stated = before.whole, before.stated
        memory.edits.append(edit := whole.follow(removed, added, after))
        if stated is not whole:
            memory.edits.append(seen := stated.follow(removed, added, after))
        elif whole.store.contains_named_graph(self._inferred):  # the first that was ever inferred
            stated = self._without_inferred(whole)
            seen = edit[0], [quad for quad in edit[1] if quad.graph_name != self._inferred]
        else:
            seen = edit
        early = self._early.apply(*seen, store=stated.store, spelling=spelling)
        late = self._late.apply(*edit, store=whole.store, spelling=spelling)
        changes, state = [early, late], replace(before, stated=stated)
        if self._is_packaged and any(map(self._says_axioms, chain(*edit))):
            axioms = self._axioms(whole.store)
            if not isomorphic(axioms, before.axioms):
                model, looked_up, chosen = self._read(axioms)
                state = replace(state, axioms=axioms, model=model, looked_up=looked_up, chosen=chosen)
                changes.append(self._early.adopt(state.early))
        looked = {node for one in (early, *changes[2:]) for node in (*one.judged, *one.whole)}
        idle = (before.idle - looked | self._early.idle(looked)) & state.nodes
        self._state = replace(state, idle=idle, doubled=self._doubled({quad.triple for quad in chain(*edit)}))
        if idle != before.idle or state.model is not before.model:
            changes.append(self._late.adopt(self._state.late))
        return changes

    def _anew(self, store: ox.Store, spelling: Spelling | None) -> list[Changes]:
        """Judge everything again."""
        old = Counter([*self._early.results, *self._late.results])
        self._begin(store, spelling)
        new = Counter([*self._early.results, *self._late.results])
        whole = tuple(self._state.nodes)
        return [Changes(tuple((new - old).elements()), tuple((old - new).elements()), {}, whole, None)]

    def _forget(self, memory: _Memory) -> None:
        before = memory.state
        for view, store, edit in zip((before.whole, before.stated), memory.stores, memory.edits, strict=False):
            view.back(*edit, store)
        self._state, self._more = before, memory.more
        (self._early, early), (self._late, late) = memory.parts
        self._early.restore(early)
        self._late.restore(late)

    def _told(self, faults: Iterable[Fault], pairs: Iterable[Pair], *, told: bool = True) -> Report:
        graph, state = new_report(), self._state
        results = results_of(faults, graph)
        data, names = Store(state.whole.store, base=self._base), prefixes(self._base)
        teller = Teller(
            Lookup(data, state.looked_up, ontology_store()),
            Evidence(Lookup(data), self._paths),
            state.model,
            graph,
            names,
            self._language,
        )
        chosen = None if state.chosen is None else state.chosen.told
        found = [teller.finding(one) for one in results if told and (chosen is None or teller.shape(one) in chosen)]
        if chosen is None or ox.NamedNode(str(onegraph.ONE_GRAPH)) in chosen:
            found += [onegraph.finding(*pair, graph, teller) for pair in sorted(pairs, key=str)]
        idle = {*state.model.idle, *(node.value for node in self._late.idle(state.idle))}
        idle -= {str(shape) for shape in state.axioms.subjects()}  # that nobody breaks them is no news
        return Report(
            findings=tuple(sorted(found, key=in_order)),
            graph=graph,
            vacuous=tuple(sorted(idle if state.chosen is None else idle & state.chosen.run)),
            notes=tuple(sorted({*self._early.notes, *self._late.notes})),
            texts=teller.evidence.texts,
            prefixes=names,
            titles=teller.titles | {str(onegraph.ONE_GRAPH): onegraph.TITLE},
            base=self._base.iri,
        )

    # Graphs

    def _has_ontology(self, store: ox.Store) -> bool:
        return has_ontology(Store(store, base=self._base))

    def _without_inferred(self, whole: View) -> View:
        """What was stated: the same as all where nothing was inferred."""
        if not whole.store.contains_named_graph(self._inferred):
            return whole
        return View(whole.store, {self._inferred, self._reported}, copy=self._copy)

    def _doubled(self, moved: set[ox.Triple]) -> frozenset[Pair]:
        """The triples that stand in two graphs, after some came or went."""
        before = self._state.doubled
        if not self._is_packaged:
            return before
        pairs = [pair for triple in moved for pair in self._pairs(triple)]
        kept = before if moved.isdisjoint(pair[0].triple for pair in before) else None
        if kept is None:
            kept = frozenset(pair for pair in before if pair[0].triple not in moved)
        return kept.union(pairs) if pairs else kept

    def _pairs(self, triple: ox.Triple) -> Iterator[Pair]:
        """The graphs that a triple stands in, two by two, as :func:`.onegraph.doubled` has them."""
        quads = self._state.whole.store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
        return combinations(sorted(quads, key=_name), 2)

    # Shapes

    def _axioms(self, store: ox.Store) -> Graph:
        """The shapes that say what the axioms forbid."""
        if not self._is_packaged:
            return Graph()
        return contradictions(Store(store, base=self._base), self._rules, everywhere=True)

    def _read(self, axioms: Graph) -> tuple[Model, Store, Selection | None]:
        model, store = read_model(self._rules + axioms), Store.memory(base=self._base)
        store.extend(quads_to_ox(model.graph))
        more = [str(onegraph.ONE_GRAPH)] if self._is_packaged else []
        return model, store, select(model, self._only, prefixes(self._base), more) if self._only else None

    def _says_axioms(self, quad: ox.Quad) -> bool:
        """Whether a quad can be part of an axiom, or names what one is about."""
        about = quad.object if quad.predicate == TYPE else quad.predicate
        if quad.predicate == _LABEL:
            return (None, None, from_ox(quad.subject)) in self._state.axioms
        return quad.predicate in _LISTS or (isinstance(about, ox.NamedNode) and about.value.startswith(_OWL))


def _of(model: Model, nodes: frozenset[ShapeNode]) -> Model:
    return replace(model, shapes=tuple(shape for shape in model.shapes if shape.node in nodes))


def _graph(quad: ox.Quad) -> object:
    return quad.graph_name


def _name(quad: ox.Quad) -> str:
    return "" if isinstance(quad.graph_name, ox.DefaultGraph) else quad.graph_name.value
