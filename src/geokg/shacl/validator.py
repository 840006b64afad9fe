"""Validation of an open store: compiled queries find who may be at fault, the judge says what is.

>>> from rdflib import Graph
>>> from .reading import read_model
>>> text = '''@prefix sh: <http://www.w3.org/ns/shacl#> .
... <urn:s> sh:targetSubjectsOf <urn:p> ; sh:path <urn:p> ; sh:nodeKind sh:IRI .'''
>>> store = ox.Store()
>>> store.add(ox.Quad(ox.NamedNode("urn:a"), ox.NamedNode("urn:p"), ox.Literal("b")))
>>> validator = Validator(read_model(Graph().parse(data=text, format="turtle")))
>>> [fault.focus.value for fault in validator.validate(store).faults]
['urn:a']
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter

import pyoxigraph as ox

from . import model
from .compiler import Compiler, Search
from .judge import Fault, Judge
from .model import Model, NodeShape, Shape, ShapeNode, Targets, Term
from .outcome import QueryRun, ShapeRun
from .queries import ValidationError
from .sources import StoreSource
from .sparql import Asker, Asking
from .spelling import is_odd

FEW = 16
"""So many focus nodes are judged without a query that looks for suspects among them."""


@dataclass(frozen=True)
class Verdict:
    """What a run found, in pyoxigraph's terms.

    Attributes:
        judged: the results by the shape whose target it was, and by its focus node; which shape and node inside them a
            result is of, the result says.
        runs: one for each shape with targets.
        queries: what was asked, the slowest first.
    """

    judged: Mapping[ShapeNode, Mapping[Term, tuple[Fault, ...]]]
    runs: tuple[ShapeRun, ...]
    queries: tuple[QueryRun, ...]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All results."""
        return tuple(fault for judged in self.judged.values() for some in judged.values() for fault in some)


@dataclass
class _Work:
    """What is known of one shape while a run goes on."""

    shape: Shape
    number: int = 0
    suspects: dict[Term, None] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class _Task:
    """Something to ask; ``asked`` is a query of a shape that has to be asked about each node that the search finds."""

    work: _Work
    search: Search
    asked: tuple[Shape, Asking] | None = None


class Validator:
    """Judges stores by shapes.

    Args:
        shapes: the shapes.
        threads: how many queries run at a time; as many as there are processors unless given.
        few: so many focus nodes are judged one by one, without a query that looks for suspects among them.
    """

    def __init__(self, shapes: Model, *, threads: int | None = None, few: int = FEW) -> None:
        self.model = shapes
        self._threads = threads or os.cpu_count() or 1
        self._few = few

    def validate(self, store: ox.Store) -> Verdict:
        """Judge all focus nodes of all shapes, in all graphs of a store as one.

        Raises:
            ValidationError: a query of a shape cannot be run.
        """
        return self.judge(StoreSource(store))

    def judge(self, source: StoreSource, *, respelt: bool = True) -> Verdict:
        """Judge all focus nodes of all shapes.

        Args:
            source: the data.
            respelt: whether a literal of a shape counts as the store would respell it, as it did with the data.

        Raises:
            ValidationError: a query of a shape cannot be run.
        """
        return _Run(self.model, source, respelt, self._threads, self._few).verdict()


class _Run:
    """One run over one state of the data."""

    def __init__(self, shapes: Model, source: StoreSource, respelt: bool, threads: int, few: int) -> None:
        self._source = source
        self._compiler = Compiler(source.subclasses, respelt=respelt)
        self._asker = Asker(source, shapes.graph)
        self._judge = Judge(source, self._asker, respelt=respelt)
        self._respelt = respelt
        self._threads = threads
        self._few = few
        self._queries: list[QueryRun] = []
        self._work = [_Work(shape) for shape in shapes.shapes]

    def verdict(self) -> Verdict:
        with ThreadPoolExecutor(self._threads) as pool:
            counts = dict(pool.map(self._count, {work.shape.targets for work in self._work}))
            for work in self._work:
                work.number = counts[work.shape.targets]
            for work, suspects in pool.map(self._find, self._tasks()):
                work.suspects.update(suspects)
        judged: dict[ShapeNode, Mapping[Term, tuple[Fault, ...]]] = {}
        for work in self._work:
            start = perf_counter()
            judged[work.shape.node] = self._judge.judge(work.shape, sorted(work.suspects, key=str))
            work.seconds += perf_counter() - start
        return Verdict(
            judged,
            tuple(ShapeRun(work.shape.node.value, work.number, work.seconds) for work in self._work),
            tuple(sorted(self._queries, key=lambda run: -run.seconds)),
        )

    def _count(self, targets: Targets) -> tuple[Targets, int]:
        """How many focus nodes there are."""
        group = self._compiler.focus(targets)
        if not group:
            return targets, len(targets.nodes)
        (row,) = self._source.query(f"SELECT (COUNT(DISTINCT ?this) AS ?n) {{ {group} }}")
        number = int(row["n"].value)
        own = (node for node in targets.nodes if not self._judge.is_found(targets, node) or self._is_apart(node))
        return targets, number + sum(1 for _ in own)

    def _is_apart(self, node: Term) -> bool:
        """Whether a node that a shape names is another than the store has in its place, for it would be respelt."""
        return not self._respelt and is_odd(node)

    def _tasks(self) -> Iterable[_Task]:
        """What has to be asked, the longest first as far as can be told."""
        found: list[_Task] = []
        for work in self._work:
            work.suspects.update(dict.fromkeys(work.shape.targets.nodes))
            focus = f"SELECT DISTINCT ?this {{ {self._compiler.focus(work.shape.targets)} }}"
            if work.number <= len(work.shape.targets.nodes):
                continue
            if work.number <= self._few:
                found.append(_Task(work, Search(focus, ())))
            else:
                found += [_Task(work, search) for search in self._compiler.searches(work.shape)]
                found += self._queries_of(work, work.shape, focus)
        return sorted(found, key=lambda task: -task.work.number)

    def _queries_of(self, work: _Work, shape: Shape, focus: str) -> Iterator[_Task]:
        """The shape's own queries, with those of the property shapes that it calls."""
        targets = work.shape.targets
        for constraint in () if shape.deactivated else shape.constraints:
            if isinstance(constraint, (model.Sparql, model.Custom)):
                is_focus = self._compiler.is_focus(targets)
                text = self._asker.search(shape, constraint, self._compiler.focus(targets), is_focus)
                kinds = (constraint.component if isinstance(constraint, model.Sparql) else constraint.name).value
                asked = None if text else (shape, constraint)
                yield _Task(work, Search(text or focus, (kinds,)), asked)
            elif isinstance(constraint, model.Property) and isinstance(shape, NodeShape):
                yield from self._queries_of(work, constraint.shape, focus)

    def _find(self, task: _Task) -> tuple[_Work, dict[Term, None]]:
        work, search = task.work, task.search
        start = perf_counter()
        try:
            found = {row["this"]: None for row in self._source.query(search.text)}
        except (SyntaxError, ValueError, RuntimeError, OSError) as error:
            raise ValidationError(f"a query for shape {work.shape.node.value} cannot be run: {error}") from error
        self._source.nameable(found)
        if task.asked:
            found = dict.fromkeys(self._asker.suspects(*task.asked, list(found)))
        seconds = perf_counter() - start
        work.seconds += seconds
        self._queries.append(QueryRun(work.shape.node.value, search.kinds, search.text, len(found), seconds))
        return work, found
