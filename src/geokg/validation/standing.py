"""The report of a graph kept current: after each change what is new is told at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

import pyoxigraph as ox

from ..ontology import statements
from ..shacl.judge import Fault
from ..shacl.model import Model
from ..shacl.outcome import new_report, results_of
from ..shacl.reading import read_model
from ..shacl.shapes import read_shapes
from ..shacl.standing import Changes, Standing
from ..shacl.terms import quads_to_ox
from ..store import Store
from ..vocabulary import packaged, prefixes
from . import onegraph
from .evidence import Evidence
from .finding import Finding
from .held import Held, has_ontology
from .lookup import Lookup
from .report import Report
from .run import in_order, ontology_store
from .telling import Teller

Pair = tuple[ox.Quad, ox.Quad]


@dataclass(frozen=True)
class Kept:
    """What a change did to a report.

    Attributes:
        new: the findings that it brought.
        fixed: how many it took away.
    """

    new: tuple[Finding, ...]
    fixed: int
    _removed: list[ox.Quad] = field(repr=False, compare=False)
    _added: list[ox.Quad] = field(repr=False, compare=False)
    _changes: Changes = field(repr=False, compare=False)
    _doubled: frozenset[Pair] = field(repr=False, compare=False)


class StandingReport:
    """What the packaged shapes find in a graph, as it is at every moment.

    It has a copy of what the graph states, and is told of each change; so whoever wants to know what a change would do
    can ask before making it. What rules infer is not in it: nobody wrote that.

    Args:
        store: the graph, as it is now.

    Raises:
        ValidationError: a query of a shape cannot be run.

    >>> report = StandingReport(Store.memory())
    >>> report.report().summary
    'no findings'
    """

    def __init__(self, store: Store) -> None:
        self._model: Model = read_model(read_shapes(packaged("ontology") / "shapes"))
        self._held = Held(Store.memory(base=store.base))
        self._apart = {ox.NamedNode(self._held.inferred), ox.NamedNode(self._held.reported)}
        self._stated = self._held.store
        self._shapes = Store.memory(base=store.base)
        self._shapes.extend(quads_to_ox(self._model.graph))
        self._stated.ox.bulk_extend(self._counted(store.quads()))
        if not has_ontology(self._stated):
            self._stated.extend(statements(store.base.graph + "ontology", store.base.graph + "vocab"))
        self._standing = Standing(self._stated.ox, self._model)
        self._doubled = frozenset(onegraph.doubled(self._held))

    def apply(self, removed: Iterable[ox.Quad], added: Iterable[ox.Quad]) -> Kept:
        """Take a change into account, whether it was made already or is only thought of.

        Args:
            removed: quads that go.
            added: quads that come.

        Raises:
            ValidationError: a query of a shape cannot be run; all is then as before.
        """
        gone = [quad for quad in self._counted(removed) if quad in self._stated.ox]
        come = [quad for quad in self._counted(added) if quad not in self._stated.ox]
        self._edit(gone, come)
        try:
            changes = self._standing.apply(gone, come)
        except BaseException:
            self._edit(come, gone)
            raise
        before = self._doubled
        moved = {quad.triple for quad in (*gone, *come)}
        kept = frozenset(pair for pair in before if pair[0].triple not in moved)
        self._doubled = kept.union(*map(self._pairs, moved))
        new, pairs = self._told(changes.new, self._doubled - before), before - self._doubled
        return Kept(new.findings, len(changes.fixed) + len(pairs), gone, come, changes, before)

    def undo(self, kept: Kept) -> None:
        """Forget the last change: it was not made, or not kept."""
        self._edit(kept._added, kept._removed)
        self._standing.undo(kept._changes)
        self._doubled = kept._doubled

    def report(self) -> Report:
        """All that stands, with the words behind each finding."""
        return self._told(self._standing.results, self._doubled)

    def _told(self, faults: Iterable[Fault], pairs: Iterable[Pair]) -> Report:
        graph = new_report()
        results = results_of(faults, graph)
        lookup = Lookup(self._stated, self._shapes, ontology_store())
        names = prefixes(self._stated.base)
        teller = Teller(lookup, Evidence(Lookup(self._stated)), self._model, graph, names)
        found = [teller.finding(result) for result in results]
        found += [onegraph.finding(*pair, graph, teller) for pair in sorted(pairs, key=str)]
        return Report(
            findings=tuple(sorted(found, key=in_order)),
            graph=graph,
            notes=self._model.notes,
            texts=teller.evidence.texts,
            prefixes=names,
            titles=teller.titles | {str(onegraph.ONE_GRAPH): onegraph.TITLE},
            base=self._stated.base.iri,
        )

    def _pairs(self, triple: ox.Triple) -> Iterator[Pair]:
        """The graphs that a triple stands in, two by two, as :func:`.onegraph.doubled` has them."""
        quads = self._stated.ox.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
        return combinations(sorted(quads, key=_name), 2)

    def _counted(self, quads: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
        return (quad for quad in quads if quad.graph_name not in self._apart)

    def _edit(self, removed: Iterable[ox.Quad], added: Iterable[ox.Quad]) -> None:
        for quad in removed:
            self._stated.ox.remove(quad)
        self._stated.ox.extend(added)


def _name(quad: ox.Quad) -> str:
    return "" if isinstance(quad.graph_name, ox.DefaultGraph) else quad.graph_name.value
