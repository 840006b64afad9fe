"""What is left to the reference engine, as faults like those of our own: so a standing report holds both kinds.

>>> from rdflib import Graph
>>> from .reading import read_model
>>> text = '''@prefix sh: <http://www.w3.org/ns/shacl#> .
... <x:s> sh:targetSubjectsOf <x:p> ; sh:path <x:p> ; sh:pattern "^(?!b)" .'''
>>> store = ox.Store()
>>> store.extend(ox.Quad(ox.NamedNode("x:a"), ox.NamedNode("x:p"), ox.Literal(word)) for word in "bc")
>>> found, _ = refer(store, read_model(Graph().parse(data=text, format="turtle")), {ox.NamedNode("x:s"): None})
>>> [(fault.value.value, fault.path.sparql()) for fault in found]
[('b', '<x:p>')]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import pyoxigraph as ox
from rdflib import Graph, URIRef
from rdflib.collection import Collection
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from .judge import Fault
from .model import Model, ShapeNode, Term
from .outcome import Outcome, Result
from .overlay import overlay
from .paths import Alternative, Inverse, OneOrMore, Path, Sequence, Step, ZeroOrMore, ZeroOrOne
from .terms import from_ox, to_ox

_FORMS: dict[URIRef, Callable[[Path], Path]] = {
    SH.inversePath: Inverse,
    SH.zeroOrMorePath: ZeroOrMore,
    SH.oneOrMorePath: OneOrMore,
    SH.zeroOrOnePath: ZeroOrOne,
}


def refer(
    store: ox.Store, model: Model, only: Mapping[ShapeNode, Iterable[Term] | None]
) -> tuple[tuple[Fault, ...], frozenset[str]]:
    """Have the reference engine judge some nodes.

    Args:
        store: all its graphs count.
        model: the shapes.
        only: for some of them the focus nodes; ``None`` for all.

    Returns:
        The faults, and what the engine says beside.

    Raises:
        ShapesError: the shapes cannot be used.
        ValidationError: the run could not be carried out to its end.
    """
    from .pyshacl_engine import validate  # few runs need it

    chosen: dict[Node, Iterable[Node] | None] = {
        from_ox(shape): None if nodes is None else [from_ox(node) for node in nodes] for shape, nodes in only.items()
    }
    outcome = validate(overlay(store), model.graph, only=chosen)
    return tuple(faults_of(outcome)), frozenset(outcome.notes)


def faults_of(outcome: Outcome) -> Iterator[Fault]:
    """The results of an outcome as faults: the reverse of :func:`.outcome.results_of`.

    >>> from .outcome import new_report
    >>> list(faults_of(Outcome([], new_report(), [], [], [])))
    []
    """
    return (_fault(result, outcome.graph) for result in outcome.results)


def _fault(result: Result, report: Graph) -> Fault:
    return Fault(
        focus=to_ox(result.focus),
        value=None if result.value is None else to_ox(result.value),
        path=None if result.path is None else _path(report, result.path),
        shape=to_ox(result.shape),
        component=to_ox(result.component),
        severity=to_ox(result.severity),
        messages=tuple(map(to_ox, result.messages)),
        constraint=None if result.constraint is None else to_ox(result.constraint),
        detail=tuple(_fault(inner, report) for inner in result.detail),
    )


def _path(report: Graph, node: Node) -> Path:
    """A path of a report, from its node."""
    if isinstance(node, URIRef):
        return Step(ox.NamedNode(str(node)))
    if (node, RDF.first, None) in report:
        return Sequence(_paths(report, node))
    options = report.value(node, SH.alternativePath)
    if options is not None:
        return Alternative(_paths(report, options))
    predicate, inner = next((one, inner) for one, inner in report.predicate_objects(node) if one in _FORMS)
    return _FORMS[URIRef(str(predicate))](_path(report, inner))


def _paths(report: Graph, node: Node) -> tuple[Path, ...]:
    return tuple(_path(report, item) for item in Collection(report, node))
