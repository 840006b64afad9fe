"""Which engine judges what: the compiled one wherever it can, the reference where it cannot, and that is said.

>>> outcome = validate([], Graph(), engine="pyshacl")
>>> outcome.results
[]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Literal, TypeAlias

import pyoxigraph as ox
from rdflib import Graph
from rdflib.term import Node

from ..store import Store
from . import model
from .literals import is_pattern
from .model import Model, Shape, ShapeNode, Term
from .outcome import Outcome, join, new_report, results_of
from .overlay import overlay
from .queries import ShapesError
from .reading import read_model
from .service import NeedsCopy, ServiceSource
from .sources import StoreSource
from .spelling import Spelling, fill, with_lines
from .spelt import judge_as_spelt
from .terms import dataset, from_ox, quads_to_ox
from .validator import Validator

Engine: TypeAlias = Literal["auto", "compiled", "pyshacl"]
ENGINES: tuple[Engine, ...] = ("auto", "compiled", "pyshacl")

_SHOWN = 20
_GRAPHS = 16
"""So many graphs can be told to each query; with more of them a copy without the others is faster."""


def validate(
    data: Store | ox.Store | Iterable[ox.Quad] | Graph,
    shapes: Graph | Model,
    *,
    engine: Engine = "auto",
    without: Iterable[str] = (),
    spelling: Spelling | None = None,
) -> Outcome:
    """Judge data by shapes.

    Args:
        data: a store, here or behind a SPARQL service, or what is first loaded into one: quads, a graph or a dataset.
            All its graphs count as one, which constraints can still name with ``GRAPH``; class hierarchies too are
            read from here, never fetched. What is loaded is judged as it is spelt, what a store holds as it spells it.
        shapes: left as they are.
        engine: ``compiled`` runs inside the store; ``pyshacl`` is the reference, slow; ``auto`` is the first, with the
            second for shapes that it cannot do.
        without: the IRIs of graphs of the data that do not count.
        spelling: how a store's literals were written, if :func:`.spelling.fill` filled it; it is then judged as spelt.

    Raises:
        ShapesError: the shapes cannot be used; see :func:`.reading.read_model`.
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
    out = frozenset(without)
    if isinstance(data, Store) and data.is_here:
        data = data.ox
    if engine == "pyshacl":
        from . import pyshacl_engine  # few runs need it

        rules = shapes.graph if isinstance(shapes, Model) else shapes
        return pyshacl_engine.validate(data if isinstance(data, Graph) and not out else _counted(data, out), rules)
    read = shapes if isinstance(shapes, Model) else read_model(shapes)
    if isinstance(data, Store):
        return _judge_service(data, read, out, engine)
    if isinstance(data, ox.Store):
        return _judge(_source(data, out), read, spelling, engine)
    store = ox.Store()
    spelling = fill(store, _counted(data, out))
    return _judge(StoreSource(store), read, spelling, engine)


def _counted(data: Store | ox.Store | Iterable[ox.Quad] | Graph, out: frozenset[str]) -> Iterator[ox.Quad]:
    """The quads that count."""
    quads = quads_to_ox(data) if isinstance(data, Graph) else iter(data.quads() if isinstance(data, Store) else data)
    return (quad for quad in quads if _name(quad.graph_name) not in out) if out else quads


def _name(graph: ox.NamedNode | ox.BlankNode | ox.DefaultGraph) -> str:
    return "" if isinstance(graph, ox.DefaultGraph) else graph.value


def _source(store: ox.Store, out: frozenset[str]) -> StoreSource:
    """A store without some of its graphs: as it is where it has none of them, else by the fastest way there is."""
    if not any(store.contains_named_graph(ox.NamedNode(name)) for name in out):
        return StoreSource(store)
    names = [name for graph in store.named_graphs() if (name := _name(graph)) not in out]
    if len(names) < _GRAPHS:
        return StoreSource(store, ["", *names])
    copy = ox.Store()
    copy.bulk_extend(_counted(store, out))
    return StoreSource(copy)


def _judge_service(service: Store, shapes: Model, out: frozenset[str], engine: Engine) -> Outcome:
    """Judge what a service holds, there if that can be, else a copy of it."""
    reason = "" if service.reads_alike else "a service of this kind reads queries in its own way"
    reason = reason or ("graphs of it do not count" if any(map(service.has_graph, out)) else "")
    if not reason:
        try:
            return _judge(ServiceSource(service), shapes, None, engine)
        except NeedsCopy:
            reason = "blank nodes are to be judged, which a service has no names for"
    copy = ox.Store()
    copy.bulk_extend(_counted(service, out))
    outcome = _judge(StoreSource(copy), shapes, None, engine)
    return replace(outcome, notes=[*outcome.notes, f"the graph of the service was copied to be judged here: {reason}"])


def _judge(source: StoreSource, shapes: Model, spelling: Spelling | None, engine: Engine) -> Outcome:
    refused = {shape.node: reason for shape in shapes.shapes if (reason := refusal(shape))}
    if refused and engine == "compiled":
        shape, reason = next(iter(refused.items()))
        raise ShapesError(f"cannot be compiled: {reason}", shape=shape.value)
    compiled = replace(shapes, shapes=tuple(shape for shape in shapes.shapes if shape.node not in refused))
    verdict = Validator(compiled).judge(source, respelt=spelling is None)
    notes = [*shapes.notes, *remarks(refused, spelling)]
    elsewhere: list[Callable[[ox.NamedNode | ox.BlankNode, Term], bool]] = []  # which focus nodes another engine judges
    others: list[Outcome] = []
    if spelling is not None:
        spelt = judge_as_spelt(source.store, spelling, compiled)
        elsewhere.append(spelt.holds)
        others.append(replace(spelt.outcome, runs=[]))
    apart = {shape.node: nodes for shape in compiled.shapes if (nodes := strays(shape, source))}
    if refused or apart:
        from . import pyshacl_engine

        elsewhere.append(lambda shape, node: node in apart.get(shape, ()))
        is_whole = isinstance(source.store, ox.Store) and source.graphs is None
        view = overlay(source.store) if is_whole else dataset(source.quads())
        only: dict[Node, Iterable[Node] | None] = {from_ox(node): None for node in refused}
        for shape, nodes in apart.items():
            only[from_ox(shape)] = [from_ox(node) for node in nodes]
        done = pyshacl_engine.validate(view, shapes.graph, only=only)
        others.append(replace(done, runs=[run for run in done.runs if run.shape in {node.value for node in refused}]))
    report = new_report()
    faults = [
        fault
        for shape, judged in verdict.judged.items()
        for node, some in judged.items()
        if not any(is_judged(shape, node) for is_judged in elsewhere)
        for fault in some
    ]
    results = results_of(faults, report)
    runs = sorted([*verdict.runs, *(run for other in others for run in other.runs)], key=lambda run: run.shape)
    vacuous = sorted({*shapes.idle, *(run.shape for run in runs if not run.focus_nodes)})
    own = Outcome(results, report, runs, vacuous, [], list(verdict.queries))
    for other in others:
        own = join(own, other)
    return replace(own, runs=runs, vacuous=vacuous, notes=sorted({*notes, *own.notes}))


def remarks(refused: Mapping[ShapeNode, str], spelling: Spelling | None) -> Iterator[str]:
    """What is not judged as usual, for people: shapes that cannot be compiled, with why, and respelt literals.

    >>> list(remarks({ox.NamedNode("x:s"): "it is odd"}, None))
    ['x:s: judged by pyshacl, for it is odd']
    """
    odd = spelling.odd if spelling else ()
    yield from map(str, with_lines(odd[:_SHOWN]))
    if len(odd) > _SHOWN:
        yield f"and {len(odd) - _SHOWN} more literals that a store would respell"
    yield from (f"{node.value}: judged by pyshacl, for {reason}" for node, reason in refused.items())


def strays(shape: Shape, source: StoreSource) -> list[Term]:
    """The targets that stand in no triple, where a query might begin at them with a path of no steps.

    Such a path leads to the node itself (SPARQL 1.1, 18.4), which Oxigraph overlooks for a node that it does not have.
    """
    if not shape.targets.nodes or not has_queries(shape):
        return []
    return [node for node in shape.targets.nodes if not source.knows(node)]


def has_queries(shape: Shape) -> bool:
    """Whether a shape, or one that it calls, has a query of its own."""
    return any(isinstance(one, (model.Sparql, model.Custom)) for one in shape.constraints) or any(
        map(has_queries, shape.called)
    )


def refusal(shape: Shape) -> str:
    """Why a shape cannot be compiled, if it cannot."""
    for constraint in shape.constraints:
        if isinstance(constraint, model.Pattern) and not is_pattern(constraint.pattern, constraint.flags):
            return f"the store knows no such pattern as {constraint.pattern!r}"
        for inner in constraint.shapes:
            if reason := refusal(inner):
                return reason
    return ""
