"""Random edits of a generated graph, to try the standing report with: is it what judging all again would give?

    python benchmarks/_edits.py --triples 10000 --edits 1000 --seed 1
    python benchmarks/_edits.py --sample --edits 1000 --seed 1

Each edit is carried out, then the report brought up to date and compared with a full run. It ends with how many edits
there were of each kind, and how many gave another report than the full run: there should be none.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from statistics import median
from time import perf_counter
from typing import Any

import pyoxigraph as ox
from _domain import BASE, domain, faulty
from rdflib.namespace import OWL, RDF, XSD

import geokg
from geokg.shacl.judge import Fault
from geokg.shacl.model import Model
from geokg.shacl.reading import read_model
from geokg.shacl.shapes import read_shapes
from geokg.shacl.standing import Standing
from geokg.shacl.validator import Validator
from geokg.vocabulary import GK, packaged

_TYPE = ox.NamedNode(str(RDF.type))
_MARKS = [ox.NamedNode(str(mark)) for mark in (OWL.FunctionalProperty, OWL.AsymmetricProperty, OWL.IrreflexiveProperty)]
_DATE_TIME = ox.NamedNode(str(XSD.dateTime))
_DOCUMENT = BASE.graph + "document/"

Edit = tuple[list[ox.Quad], list[ox.Quad]]
"""What goes, and what comes."""


class Editor:
    """Makes random edits of a store.

    Args:
        store: what is edited; nobody else may change it meanwhile.
        seed: the same gives the same edits.
    """

    def __init__(self, store: ox.Store, *, seed: int = 1) -> None:
        self._store, self._rng = store, random.Random(seed)
        self._quads = sorted(store, key=str)
        self._places = {quad: place for place, quad in enumerate(self._quads)}
        self._away: list[list[ox.Quad]] = []
        self._classes = sorted({q.object for q in self._quads if q.predicate == _TYPE}, key=str)

    def edit(self, kind: str) -> Edit:
        """Make one, and carry it out.

        Args:
            kind: a name in ``KINDS``.
        """
        removed, added = KINDS[kind](self)
        removed = [quad for quad in dict.fromkeys(removed) if quad in self._places]
        added = [quad for quad in dict.fromkeys(added) if quad not in self._places]
        self.carry_out(removed, added)
        return removed, added

    def carry_out(self, removed: list[ox.Quad], added: list[ox.Quad]) -> None:
        """Take quads out of the store, and put others in."""
        for quad in removed:
            self._store.remove(quad)
            place, last = self._places.pop(quad), self._quads.pop()
            if last != quad:
                self._quads[place] = last
                self._places[last] = place
        self._store.extend(added)
        for quad in added:
            if quad not in self._places:
                self._places[quad] = len(self._quads)
                self._quads.append(quad)

    def _some(self, number: int, fits: Callable[[ox.Quad], bool] = lambda _: True) -> list[ox.Quad]:
        """At most so many quads that fit, of those that can be found soon."""
        found: dict[ox.Quad, None] = {}
        for _ in range(200 * number):
            quad = self._rng.choice(self._quads)
            if len(found) < number and fits(quad):
                found[quad] = None
        return list(found)

    def _number(self) -> int:
        return self._rng.choice((1, 1, 2, 5, 20))

    def gone(self) -> Edit:
        """Triples from anywhere."""
        return self._some(self._number()), []

    def new(self) -> Edit:
        """Triples whose parts come from triples that are there."""
        made = []
        for quad in self._some(self._number()):
            other = self._rng.choice(self._quads)
            subject = other.subject if self._rng.random() < 0.5 else quad.subject
            graph = other.graph_name if self._rng.random() < 0.2 else quad.graph_name
            made.append(
                ox.Quad(subject, quad.predicate, quad.object if subject != quad.subject else other.object, graph)
            )
        return [], made

    def rewired(self) -> Edit:
        """Links that change their ends with one another."""
        old = self._some(10, lambda quad: isinstance(quad.object, ox.NamedNode) and quad.predicate != _TYPE)
        ends = [quad.object for quad in old]
        self._rng.shuffle(ends)
        return old, [_with(quad, end) for quad, end in zip(old, ends, strict=True)]

    def dates(self) -> Edit:
        """Other dates, not all of which are any."""
        words = ("2001-01-01T00:00:00Z", "2001-01-01T00:00:00", "2022-02-30T00:00:00Z", "2021-08-15T12:00:00+04:30")
        old = self._some(10, lambda q: isinstance(q.object, ox.Literal) and q.object.datatype == _DATE_TIME)
        return old, [_with(quad, ox.Literal(self._rng.choice(words), datatype=_DATE_TIME)) for quad in old]

    def words(self) -> Edit:
        """Other literals."""
        old = self._some(self._number(), lambda quad: isinstance(quad.object, ox.Literal))
        made = (ox.Literal("07", datatype=ox.NamedNode(str(XSD.integer))), ox.Literal("word", language="en"))
        return old, [_with(quad, self._rng.choice((*made, ox.Literal("")))) for quad in old]

    def classes(self) -> Edit:
        """Other classes, instead or beside."""
        old = self._some(self._number(), lambda quad: quad.predicate == _TYPE)
        new = [_with(quad, self._rng.choice(self._classes)) for quad in old]
        return (old if self._rng.random() < 0.6 else []), new

    def nameless(self) -> Edit:
        """A node that loses its IRI."""
        (quad,) = self._some(1, lambda quad: str(quad.graph_name).startswith("<" + _DOCUMENT)) or [None]
        if quad is None:
            return [], []
        node, new = quad.subject, ox.BlankNode(f"e{self._rng.randrange(2**60):x}")
        old = [*self._store.quads_for_pattern(node, None, None), *self._store.quads_for_pattern(None, None, node)]
        return old, [_renamed(quad, {node: new}) for quad in old]

    def doubled(self) -> Edit:
        """Triples that get into another graph too, or leave one of two."""
        quads = self._some(self._number())
        other = self._rng.choice(self._quads).graph_name
        return [], [ox.Quad(quad.subject, quad.predicate, quad.object, other) for quad in quads]

    def withdrawn(self) -> Edit:
        """A whole document."""
        quads = self._some(1, lambda quad: str(quad.graph_name).startswith("<" + _DOCUMENT))
        if not quads:
            return [], []
        self._away.append(list(self._store.quads_for_pattern(None, None, None, quads[0].graph_name)))
        return self._away[-1], []

    def returned(self) -> Edit:
        """A document that was withdrawn."""
        return [], self._away.pop(self._rng.randrange(len(self._away))) if self._away else []

    def commitment(self) -> Edit:
        """A commitment of a document once more, under another name, with its annotations."""
        quads = sorted(self._store.quads_for_pattern(None, ox.NamedNode(str(GK.hasConsequent)), None), key=str)
        if not quads:
            return [], []
        quad = self._rng.choice(quads)
        end = f"-{self._rng.randrange(2**40):x}"
        old = list(self._store.quads_for_pattern(quad.subject, None, None))
        for link in self._store.quads_for_pattern(quad.subject, ox.NamedNode(str(GK.isEvidencedBy)), None):
            if not isinstance(link.object, ox.Literal):  # as another edit may have left it
                old += self._store.quads_for_pattern(link.object, None, None)
        named = {q.subject for q in old if isinstance(q.subject, ox.NamedNode)}
        own: dict[Any, Any] = {node: ox.NamedNode(node.value + end) for node in named}
        return [], [
            ox.Quad(own.get(q.subject, q.subject), q.predicate, own.get(q.object, q.object), q.graph_name) for q in old
        ]

    def deletions(self) -> Edit:
        """Twenty triples of documents."""
        return self._some(20, lambda quad: str(quad.graph_name).startswith("<" + _DOCUMENT)), []

    def axioms(self) -> Edit:
        """Properties that are said to be of some kind, in a graph of their own, and some that no longer are."""
        old = self._some(2, lambda quad: quad.predicate == _TYPE and quad.object in _MARKS)
        named = [q.predicate for q in self._some(2, lambda quad: quad.predicate.value.startswith(str(GK)))]
        return old, [ox.Quad(name, _TYPE, self._rng.choice(_MARKS), ox.NamedNode("x:axioms")) for name in named]


def _with(quad: ox.Quad, value: ox.NamedNode | ox.BlankNode | ox.Literal) -> ox.Quad:
    return ox.Quad(quad.subject, quad.predicate, value, quad.graph_name)


def _renamed(quad: ox.Quad, names: Mapping[Any, Any]) -> ox.Quad:
    subject, value = names.get(quad.subject, quad.subject), names.get(quad.object, quad.object)
    return ox.Quad(subject, quad.predicate, value, quad.graph_name)


KINDS: dict[str, Callable[[Editor], Edit]] = {
    name: getattr(Editor, name)
    for name in (
        *("gone", "new", "rewired", "dates", "words", "classes", "nameless", "doubled"),
        *("withdrawn", "returned", "commitment", "deletions", "axioms"),
    )
}
MEASURED = ("commitment", "deletions", "rewired", "dates")
"""Edits of some twenty triples."""


def packaged_model() -> Model:
    """The packaged shapes."""
    return read_model(read_shapes(packaged("ontology") / "shapes"))


def filled(triples: int, *, faults: float = 0.001, seed: int = 1) -> ox.Store:
    """A store with a generated graph."""
    store = ox.Store()
    store.bulk_extend(faulty(domain(triples, seed=seed), faults, seed=seed))
    return store


def sampled() -> ox.Store:
    """A store with the packaged data, without what was inferred."""
    store, inferred = ox.Store(), ox.NamedNode(BASE.graph + "inferred")
    store.bulk_extend(quad for quad in geokg.sample().store.quads() if quad.graph_name != inferred)
    return store


def tried(store: ox.Store, model: Model, edits: int, *, seed: int = 1) -> Iterator[tuple[str, Edit, bool]]:
    """Edits, each with its kind and whether the standing report is then that of a full run."""
    standing, editor, kinds = Standing(store, model), Editor(store, seed=seed), list(KINDS)
    known = Counter(standing.results)
    random.Random(seed).shuffle(kinds)
    for number in range(edits):
        kind = kinds[number % len(kinds)]
        edit = editor.edit(kind)
        changes = standing.apply(*edit)
        found = Counter[Fault](Validator(model).validate(store).faults)
        known = known + Counter(changes.new) - Counter(changes.fixed)
        yield kind, edit, Counter(standing.results) == found == known


def timed(store: ox.Store, standing: Standing, *, repeat: int = 20, seed: int = 1) -> dict[str, list[float]]:
    """How many seconds the standing report takes to follow edits of some twenty triples, by kind; they are undone."""
    editor = Editor(store, seed=seed)
    seconds: dict[str, list[float]] = {kind: [] for kind in MEASURED}
    for _ in range(repeat):
        for kind in MEASURED:
            removed, added = editor.edit(kind)
            start = perf_counter()
            changes = standing.apply(removed, added)
            seconds[kind].append(perf_counter() - start)
            editor.carry_out(added, removed)
            standing.undo(changes)
    return seconds


def main() -> None:
    """Try the standing report."""
    parser = argparse.ArgumentParser(description="Compare the standing report with full runs, edit by edit.")
    parser.add_argument("--triples", type=int, default=10_000)
    parser.add_argument("--sample", action="store_true", help="edit the packaged data, not a generated graph")
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--time", action="store_true", help="measure instead, without comparing")
    options = parser.parse_args()
    store = sampled() if options.sample else filled(options.triples, seed=options.seed)
    model = packaged_model()
    if options.time:
        for kind, seconds in timed(store, Standing(store, model)).items():
            print(f"{kind:12} {len(store):9} triples {1000 * median(seconds):8.2f} ms")
        return
    kinds: Counter[str] = Counter()
    wrong = 0
    for kind, edit, is_same in tried(store, model, options.edits, seed=options.seed):
        kinds[kind] += 1
        if not is_same:
            wrong += 1
            print("wrong after", kind, *edit, file=sys.stderr)
    print(", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items())))
    print(f"{sum(kinds.values())} edits, {wrong} with another report than a full run")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
