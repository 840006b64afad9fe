"""What a run of validation gives, in rdflib's terms, and the W3C report of it.

>>> report = new_report()
>>> report.value(predicate=RDF.type, object=SH.ValidationReport) is not None
True
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pyoxigraph as ox
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from .judge import Fault
from .paths import Alternative, Inverse, OneOrMore, Path, Sequence, Step, ZeroOrMore, ZeroOrOne
from .terms import as_spelt, from_ox


@dataclass(frozen=True)
class Result:
    """One validation result, with the terms of the W3C report.

    Attributes:
        focus: the node that was judged.
        path: the property path, a node of the report graph; ``None`` for a node shape.
        value: the value at fault, if one is.
        shape: the shape that it broke.
        component: the kind of constraint.
        severity: an IRI, such as ``sh:Violation``.
        messages: what the shape says about it, in every language that it says it in.
        constraint: the SPARQL constraint, for these.
        detail: the results inside it, for shapes that call others.
        node: the node of this result in the report graph.
    """

    focus: Node
    path: Node | None
    value: Node | None
    shape: Node
    component: URIRef
    severity: URIRef
    messages: tuple[Literal, ...] = ()
    constraint: Node | None = None
    detail: tuple[Result, ...] = ()
    node: Node | None = field(default=None, compare=False)


@dataclass(frozen=True)
class ShapeRun:
    """What judging with one shape came to.

    Attributes:
        shape: the shape's IRI.
        focus_nodes: how many nodes its targets found.
        seconds: how long it took; the only thing here that differs from run to run.
    """

    shape: str
    focus_nodes: int
    seconds: float = field(compare=False)


@dataclass(frozen=True)
class QueryRun:
    """What one query of a run took.

    Attributes:
        shape: the shape's IRI, or its blank node's label.
        components: the IRIs of the kinds of constraint that the query is for.
        text: SPARQL.
        rows: how many rows it gave.
        seconds: how long it took.
    """

    shape: str
    components: tuple[str, ...]
    text: str
    rows: int
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """Everything a run gives.

    Attributes:
        results: sorted, so that one input gives one order.
        graph: the W3C report.
        runs: one for each shape with targets, by IRI.
        vacuous: the IRIs of shapes that are called by no other and judged no node.
        notes: what was passed over because it means nothing where it stands, and what was not judged as usual.
        queries: the queries that were run, the slowest first.
    """

    results: list[Result]
    graph: Graph
    runs: list[ShapeRun]
    vacuous: list[str]
    notes: list[str]
    queries: list[QueryRun] = field(default_factory=list, compare=False)


def order(result: Result) -> tuple[str, ...]:
    """What results are sorted by."""
    key = (result.focus, result.shape, result.component, result.path, result.value, *result.messages)
    return tuple("" if term is None else term.n3() for term in key)


def results_of(faults: Iterable[Fault], report: Graph) -> list[Result]:
    """Faults as results, sorted, each written into a report.

    Args:
        faults: what was found.
        report: a graph with one ``sh:ValidationReport``, such as :func:`new_report` makes.

    >>> results_of([], new_report())
    []
    """
    root = report.value(predicate=RDF.type, object=SH.ValidationReport)
    writer = _Writer(report)
    with as_spelt():
        results = sorted((writer.result(fault) for fault in faults), key=order)
        for result in results:
            writer.write(result)
            if root is not None and result.node is not None:
                report.add((root, SH.result, result.node))
                report.set((root, SH.conforms, Literal(False)))
    return results


def new_report() -> Graph:
    """A W3C report without results.

    >>> len(new_report())
    2
    """
    report = Graph(bind_namespaces="none")
    report.bind("sh", SH)
    root = BNode("report")
    report.add((root, RDF.type, SH.ValidationReport))
    report.add((root, SH.conforms, Literal(True)))
    return report


def join(first: Outcome, second: Outcome) -> Outcome:
    """One outcome of two, with the report of the first, which is written on.

    >>> join(Outcome([], new_report(), [], [], ["a"]), Outcome([], new_report(), [], [], ["b"])).notes
    ['a', 'b']
    """
    report = first.graph
    root = report.value(predicate=RDF.type, object=SH.ValidationReport)
    other = second.graph.value(predicate=RDF.type, object=SH.ValidationReport)
    assert root is not None  # noqa: S101 - each outcome has its report
    for s, p, o in second.graph:
        if s != other:
            report.add((s, p, o))
        elif p == SH.result:
            report.add((root, p, o))
            report.set((root, SH.conforms, Literal(False)))
    again = {run.shape for run in second.runs}
    return Outcome(
        results=sorted([*first.results, *second.results], key=order),
        graph=report,
        runs=sorted([run for run in first.runs if run.shape not in again] + second.runs, key=lambda run: run.shape),
        vacuous=[shape for shape in first.vacuous if shape in second.vacuous],
        notes=sorted({*first.notes, *second.notes}),
        queries=sorted([*first.queries, *second.queries], key=lambda run: -run.seconds),
    )


_FORMS: dict[type[Path], URIRef] = {
    ZeroOrMore: SH.zeroOrMorePath,
    OneOrMore: SH.oneOrMorePath,
    ZeroOrOne: SH.zeroOrOnePath,
    Inverse: SH.inversePath,
}


class _Writer:
    """Writes results and paths into a report, each path once."""

    def __init__(self, report: Graph) -> None:
        self._report = report
        self._paths: dict[Path, Node] = {}

    def result(self, fault: Fault) -> Result:
        return Result(
            focus=from_ox(fault.focus),
            path=None if fault.path is None else self._path(fault.path),
            value=None if fault.value is None else from_ox(fault.value),
            shape=from_ox(fault.shape),
            component=URIRef(fault.component.value),
            severity=URIRef(fault.severity.value),
            messages=tuple(_text(message) for message in fault.messages),
            constraint=None if fault.constraint is None else from_ox(fault.constraint),
            detail=tuple(sorted(map(self.result, fault.detail), key=order)),
            node=BNode(),
        )

    def write(self, result: Result) -> None:
        """Add a result, with those inside it."""
        node = result.node
        assert node is not None  # noqa: S101 - made above
        told: list[tuple[URIRef, Node | None]] = [
            (RDF.type, SH.ValidationResult),
            (SH.focusNode, result.focus),
            (SH.resultPath, result.path),
            (SH.value, result.value),
            (SH.sourceShape, result.shape),
            (SH.sourceConstraintComponent, result.component),
            (SH.sourceConstraint, result.constraint),
            (SH.resultSeverity, result.severity),
            *((SH.resultMessage, message) for message in result.messages),
            *((SH.detail, inner.node) for inner in result.detail),
        ]
        for predicate, term in told:
            if term is not None:
                self._report.add((node, predicate, term))
        for inner in result.detail:
            self.write(inner)

    def _path(self, path: Path) -> Node:
        if path not in self._paths:
            self._paths[path] = self._new_path(path)
        return self._paths[path]

    def _new_path(self, path: Path) -> Node:
        if isinstance(path, Step):
            return URIRef(path.predicate.value)
        if isinstance(path, Sequence):
            return self._list(path)
        node = BNode()
        if isinstance(path, Alternative):
            self._report.add((node, SH.alternativePath, self._list(path)))
        else:
            self._report.add((node, _FORMS[type(path)], self._path(path.parts[0])))
        return node

    def _list(self, path: Path) -> Node:
        return Collection(self._report, BNode(), [self._path(part) for part in path.parts]).uri


def _text(message: ox.Literal) -> Literal:
    return Literal(message.value, lang=message.language)
