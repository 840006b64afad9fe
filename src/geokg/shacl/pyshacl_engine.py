"""Runs pyshacl so that its answers can be trusted: as the data is spelt, on dirty data too, and never over the network.

pyshacl's own entry point switches rdflib's settings about and back to what it takes for the default, so its parts are
called directly here. What it would get wrong or stop at is in :mod:`.components`; what it would pass over is in
:mod:`.shapes`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from time import perf_counter
from typing import Any

import pyoxigraph as ox
from pyshacl.errors import ReportableRuntimeError
from pyshacl.pytypes import SHACLExecutor
from pyshacl.shapes_graph import ShapesGraph
from pyshacl.validator import Validator
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH
from rdflib.term import Node

from ..errors import GeokgError
from .components import OWN, Component
from .outcome import Outcome, Result, ShapeRun, order
from .queries import SHAPES_GRAPH, CachingDataset, ShapesError, ValidationError, sound_truth
from .shapes import called, check, targets
from .terms import as_spelt, dataset

_DEPTH = 30
_SHAPES_GRAPH = re.compile(r"[?$]shapesGraph\b")


class _Shapes(ShapesGraph):
    """pyshacl's shapes graph, with some components that are ours."""

    def predicate_objects(self, subject: Node) -> Iterable[tuple[Node, Node]]:
        """The parameters of a shape that pyshacl's own components shall see."""
        return (pair for pair in self.graph.predicate_objects(subject) if pair[0] not in OWN)

    @property
    def custom_constraints(self) -> set[Any]:
        """The components of the shapes graph, and ours."""
        return set(super().custom_constraints) | self._ours

    @property
    def _ours(self) -> set[Any]:
        if not hasattr(self, "_own"):
            self._own = {Component(parameter) for parameter in OWN}
        return self._own


def validate(
    data: Iterable[ox.Quad] | Graph, shapes: Graph, *, only: Mapping[Node, Iterable[Node] | None] | None = None
) -> Outcome:
    """Judge data by shapes.

    Args:
        data: quads, a graph or a dataset; a dataset is judged as the union of its graphs, which constraints can still
            name with ``GRAPH``. It holds all that counts: class hierarchies too are read from here, never fetched.
        shapes: left as they are.
        only: for some shapes the nodes that are judged where they are targets, ``None`` for all targets; all targets of
            all shapes unless given.

    Raises:
        ShapesError: the shapes cannot be used; see :func:`.shapes.check`.
        ValidationError: the run could not be carried out to its end.

    >>> shapes = Graph().parse(
    ...     format="turtle",
    ...     data='''
    ...     @prefix sh: <http://www.w3.org/ns/shacl#> .
    ...     <urn:shape> sh:targetSubjectsOf <urn:p> ; sh:property <urn:inner> .
    ...     <urn:inner> sh:path <urn:p> ; sh:maxInclusive 9 .''',
    ... )
    >>> outcome = validate(Graph().parse(data="<urn:a> <urn:p> 7 . <urn:b> <urn:p> '12' .", format="turtle"), shapes)
    >>> [(result.focus.n3(), result.value.n3()) for result in outcome.results]
    [('<urn:b>', '"12"')]
    """
    check(shapes)
    graph = data if isinstance(data, CachingDataset) else dataset(data)
    with as_spelt(), sound_truth():
        return _run(graph, shapes, only)


def _run(data: CachingDataset, shapes: Graph, only: Mapping[Node, Iterable[Node] | None] | None) -> Outcome:
    log = _Collector()
    copy = _as_pyshacl_reads_it(shapes)
    data.shapes = shapes
    runs: list[ShapeRun] = []
    reports: list[Any] = []
    executor = SHACLExecutor(max_validation_depth=_DEPTH)
    current = ""
    try:
        loaded = _Shapes(copy, False, log.logger)
        for shape in sorted(loaded.shapes, key=lambda shape: str(shape.node)):
            if shape.deactivated or next(targets(shapes, shape.node), None) is None:
                continue
            if only is not None and shape.node not in only:
                continue
            current = str(shape.node)
            start = perf_counter()
            chosen = None if only is None else only[shape.node]
            nodes = shape.focus_nodes(data) if chosen is None else _targeted(data, shapes, shape.node, chosen)
            if nodes:
                reports += shape.validate(executor, data, focus=nodes)[1]
            runs.append(ShapeRun(current, len(nodes), perf_counter() - start))
        report, _ = Validator.create_validation_report(loaded, not reports, reports)
    except ShapesError as error:
        raise error if error.shape or not current else ShapesError(str(error), shape=current) from error
    except (ReportableRuntimeError, NotImplementedError) as error:
        raise ShapesError(str(error), shape=current) from error
    except GeokgError:
        raise
    except Exception as error:
        raise ValidationError(
            f"judging by shape {current or '(none)'} stopped with {type(error).__name__}: {error}"
        ) from error
    return Outcome(_results(report), report, runs, _vacuous(shapes, runs), log.messages)


def _targeted(data: Graph, shapes: Graph, shape: Node, nodes: Iterable[Node]) -> set[Node]:
    """Those nodes that a shape targets (SHACL 2.1.3)."""
    chosen = set(nodes)
    found: set[Node] = set()
    for kind, value in targets(shapes, shape):
        if kind == SH.targetNode:
            found |= chosen & {value}
        elif kind == SH.targetClass:
            found |= {node for node in chosen if _is_instance(data, node, value)}
        elif kind == SH.targetSubjectsOf:
            found |= {node for node in chosen if (node, value, None) in data}
        else:
            found |= {node for node in chosen if (None, value, node) in data}
    return found


def _is_instance(data: Graph, node: Node, kind: Node) -> bool:
    types = data.objects(node, RDF.type)
    return any(kind in data.transitive_objects(given, RDFS.subClassOf) for given in types)


def _as_pyshacl_reads_it(shapes: Graph) -> Graph:
    """A copy that pyshacl understands as SHACL means it.

    Prefixes also reach over ``owl:imports``, where pyshacl looks at the first node alone; ``sh:uniqueLang`` counts
    only when it is ``true``, where rdflib takes ``1`` for that as well (W3C test ``uniqueLang-002``); and
    ``$shapesGraph`` gets another name, under which the dataset binds it.
    """
    copy = Graph(bind_namespaces="none")
    for s, p, o in shapes:
        if p in (SH.select, SH.ask):
            copy.add((s, p, Literal(_SHAPES_GRAPH.sub(f"${SHAPES_GRAPH}", str(o)))))
        elif p != SH.uniqueLang or str(o) == "true":
            copy.add((s, p, o))
    for node in set(shapes.objects(None, SH.prefixes)):
        for imported in shapes.transitive_objects(node, OWL.imports):
            for declaration in shapes.objects(imported, SH.declare):
                copy.add((node, SH.declare, declaration))
    return copy


class _Collector(logging.Handler):
    """Takes pyshacl's warnings: a parameter that means nothing where it stands, and so is passed over."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []
        self.logger = logging.Logger("pyshacl", logging.WARNING)
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning."""
        self.messages.append(record.getMessage())


def _results(report: Graph) -> list[Result]:
    found = [
        _result(report, node)
        for root in report.subjects(RDF.type, SH.ValidationReport)
        for node in report.objects(root, SH.result)
    ]
    return sorted(found, key=order)


def _result(report: Graph, node: Node) -> Result:
    def one(predicate: URIRef) -> Node | None:
        return report.value(node, predicate)

    messages = [message for message in report.objects(node, SH.resultMessage) if isinstance(message, Literal)]
    return Result(
        focus=one(SH.focusNode) or node,
        path=one(SH.resultPath),
        value=one(SH.value),
        shape=one(SH.sourceShape) or node,
        component=URIRef(str(one(SH.sourceConstraintComponent))),
        severity=URIRef(str(one(SH.resultSeverity))),
        messages=tuple(sorted(messages, key=lambda message: (message.language or "", str(message)))),
        constraint=one(SH.sourceConstraint),
        detail=tuple(sorted((_result(report, inner) for inner in report.objects(node, SH.detail)), key=order)),
        node=node,
    )


def _vacuous(shapes: Graph, runs: list[ShapeRun]) -> list[str]:
    """Targets that found nothing, and shapes that have no target and that no other shape calls."""
    by_others = {inner for subject in set(shapes.subjects()) for inner in called(shapes, subject)}
    unused = {run.shape for run in runs if not run.focus_nodes}
    for kind in (SH.NodeShape, SH.PropertyShape):
        for shape in set(shapes.subjects(RDF.type, kind)) - by_others:
            if next(targets(shapes, shape), None) is None and not _is_off(shapes, shape):
                unused.add(str(shape))
    return sorted(unused)


def _is_off(shapes: Graph, shape: Node) -> bool:
    return any(isinstance(value, Literal) and value.value for value in shapes.objects(shape, SH.deactivated))
