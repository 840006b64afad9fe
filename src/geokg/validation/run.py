"""The run: data and shapes go in, a report comes out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from rdflib import BNode, Graph, Literal
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from .. import canonical, shacl
from ..graph import KnowledgeGraph
from ..ontology import statements
from ..shacl.reading import read_model
from ..shacl.shapes import called, path_text, without_targets
from ..shacl.terms import as_spelt, dataset, extend, from_ox, quads_to_ox, to_ox
from ..store import Store, parse
from ..vocabulary import GK, GKS, Base, packaged, prefixes
from .evidence import Evidence
from .finding import SEVERITIES, Finding
from .fixes import undouble
from .lookup import Lookup
from .report import Report
from .selection import select
from .telling import Teller, n_quad, plain

ONE_GRAPH = GKS["One-graph"]
"""The shape IRI of the rule that a triple stands in one graph only, which no SHACL shape can say."""

_ONE_GRAPH_TITLE = "a triple stands in one graph only"
_CLAIM = ox.NamedNode(str(GK.Claim))
_TYPE = ox.NamedNode(str(RDF.type))


def validate(
    target: KnowledgeGraph | Graph | str | Path | Iterable[ox.Quad],
    *,
    shapes: str | Path | Sequence[str | Path] | Graph | None = None,
    paths: Mapping[str, Path] | None = None,
    language: str = "en",
    only: Sequence[str] = (),
) -> Report:
    """Judge a graph, or any RDF, by shapes.

    A graph is judged before inference: what ``graph/inferred`` holds could hide that a node has no type. The shapes
    that then have judged no node are given the inferred statements too, for some are about nothing else. The packaged
    shapes also bring the rule that a triple stands in one graph only, and the packaged ontology where the data has
    none.

    Args:
        target: a knowledge graph, an rdflib graph or dataset, the path of an RDF file, or quads.
        shapes: a file, a folder, several of them, or an rdflib graph; the packaged shapes unless given.
        paths: the text files of documents by their id or IRI; findings name these instead of the names in the data.
        language: which language messages and labels should be in, where there is a choice.
        only: the shapes to judge by, each by its IRI, short IRI, last part or label; all of them unless given.

    Returns:
        The report; it is no error that there are findings.

    Raises:
        ReadError: a file does not parse; with its line.
        ShapesError: the shapes cannot be used, or there is none of that name.
        ValidationError: the run could not be carried out to its end.

    >>> shapes = Graph().parse(
    ...     format="turtle",
    ...     data='''
    ...     @prefix sh: <http://www.w3.org/ns/shacl#> .
    ...     <urn:shape> sh:targetNode <urn:post> ; sh:property [ sh:path <urn:holder> ; sh:minCount 1 ] .''',
    ... )
    >>> for finding in validate(Graph(), shapes=shapes):
    ...     print(finding.message)
    urn:post: <urn:holder> is missing: there should be at least 1
    """
    quads, base = _quads(target)
    rules = shapes if isinstance(shapes, Graph) else _read(shapes)
    model = read_model(rules)
    names = prefixes(base)
    chosen = select(model, only, names, [str(ONE_GRAPH)] if shapes is None else []) if only else None
    later = [quad for quad in quads if _graph_name(quad).endswith("/graph/inferred")]
    raw = [quad for quad in quads if not _graph_name(quad).endswith(("/graph/inferred", "/graph/report"))]
    is_judged = shapes is None and (chosen is None or ox.NamedNode(str(ONE_GRAPH)) in chosen.told)
    doubled = list(_doubled([*raw, *later])) if is_judged else []
    if shapes is None and not any(quad.subject == _CLAIM and quad.predicate == _TYPE for quad in raw):
        raw += statements(base.graph + "ontology", base.graph + "vocab")
    judging = without_targets(rules, chosen.run) if chosen else rules
    data = dataset(raw)
    outcome = shacl.validate(data, judging)
    if later and outcome.vacuous:
        extend(data, later)
        outcome = _both(outcome, shacl.validate(data, without_targets(judging, outcome.vacuous)))
    told = _store(quads_to_ox(rules), base)
    store = target.store if isinstance(target, KnowledgeGraph) else _store(quads, base)
    teller = Teller(
        Lookup(store, told, ontology_store(), hidden=[base.graph + "report"]),
        Evidence(Lookup(store, hidden=[base.graph + "report"]), paths),
        model,
        outcome.graph,
        names,
        language,
    )
    owners = _owners(rules)
    results = [one for one in outcome.results if chosen is None or to_ox(one.shape) in chosen.told]
    found = [teller.finding(result, str(owners.get(result.shape, result.shape))) for result in results]
    found += [_double_finding(*double, outcome.graph, teller) for double in doubled]
    return Report(
        findings=tuple(sorted(found, key=_order)),
        graph=outcome.graph,
        shapes=tuple(outcome.runs),
        vacuous=tuple(iri for iri in outcome.vacuous if chosen is None or iri in chosen.run),
        notes=tuple(outcome.notes),
        texts=teller.evidence.texts,
        prefixes=names,
        titles=teller.titles | {str(ONE_GRAPH): _ONE_GRAPH_TITLE},
        digests=_digests(quads),
        base=base.iri,
    )


def _store(quads: Iterable[ox.Quad], base: Base) -> Store:
    store = Store.memory(base=base)
    store.extend(quads)
    return store


@cache
def ontology_store() -> Store:
    """What terms are called, for data that has no ontology of its own."""
    return _store(statements(), Base())


def _quads(target: KnowledgeGraph | Graph | str | Path | Iterable[ox.Quad]) -> tuple[list[ox.Quad], Base]:
    if isinstance(target, KnowledgeGraph):
        return list(target.store.quads()), target.base
    base = Base.from_environment()
    if isinstance(target, (str, Path)):
        path = Path(target)
        return list(parse(path, base_iri=path.resolve().as_uri())), base
    return list(quads_to_ox(target) if isinstance(target, Graph) else target), base


def _read(shapes: str | Path | Sequence[str | Path] | None) -> Graph:
    if shapes is None:
        return shacl.read_shapes(packaged("ontology") / "shapes")
    return shacl.read_shapes(*([shapes] if isinstance(shapes, (str, Path)) else shapes))


def _graph_name(quad: ox.Quad) -> str:
    return "" if isinstance(quad.graph_name, ox.DefaultGraph) else quad.graph_name.value


def _both(first: shacl.Outcome, second: shacl.Outcome) -> shacl.Outcome:
    """One outcome of two; the second has judged with the shapes that judged nothing in the first."""
    graph = first.graph
    root = next(graph.subjects(RDF.type, SH.ValidationReport))
    other = next(second.graph.subjects(RDF.type, SH.ValidationReport))
    for s, p, o in second.graph:
        if s != other:
            graph.add((s, p, o))
        elif p == SH.result:
            _add_result(graph, root, o)
    again = {run.shape for run in second.runs}
    return shacl.Outcome(
        results=[*first.results, *second.results],
        graph=graph,
        runs=sorted([run for run in first.runs if run.shape not in again] + second.runs, key=lambda run: run.shape),
        vacuous=[shape for shape in first.vacuous if shape in second.vacuous],
        notes=sorted({*first.notes, *second.notes}),
    )


def _add_result(graph: Graph, root: Node, result: Node) -> None:
    graph.add((root, SH.result, result))
    graph.set((root, SH.conforms, Literal(False)))


def _owners(shapes: Graph) -> dict[Node, Node]:
    """For each nameless shape the nearest shape with an IRI that calls it."""
    callers: dict[Node, Node] = {}
    for shape in sorted(set(shapes.subjects()), key=str):
        for inner in called(shapes, shape):
            callers.setdefault(inner, shape)
    owners: dict[Node, Node] = {}
    for shape in callers:
        owner: Node = shape
        while isinstance(owner, BNode) and owner in callers:
            owner = callers[owner]
        owners[shape] = owner
    return owners


def _doubled(quads: Iterable[ox.Quad]) -> Iterator[tuple[ox.Quad, ox.Quad]]:
    """Each triple that stands in a graph and again in another."""
    seen: dict[ox.Triple, ox.Quad] = {}
    for quad in quads:
        first = seen.setdefault(quad.triple, quad)
        if first != quad:
            yield first, quad


def _double_finding(first: ox.Quad, second: ox.Quad, report: Graph, teller: Teller) -> Finding:
    wording = teller.wording
    places = " and ".join(sorted(wording.short(_graph_name(quad)) or "the unnamed graph" for quad in (first, second)))
    said = f"{wording.property(first.predicate)} {wording.name(first.object)}"
    message = f"{wording.name(first.subject)}: {said} stands in two graphs, {places}"
    with as_spelt():
        focus, path, value = from_ox(first.subject), from_ox(first.predicate), from_ox(first.object)
    node = BNode()
    for predicate, term in (
        (RDF.type, SH.ValidationResult),
        (SH.focusNode, focus),
        (SH.resultPath, path),
        (SH.value, value),
        (SH.sourceShape, ONE_GRAPH),
        (SH.sourceConstraintComponent, SH.SPARQLConstraintComponent),
        (SH.resultSeverity, SH.Violation),
        (SH.resultMessage, Literal(message, lang="en")),
    ):
        report.add((node, predicate, term))
    _add_result(report, next(report.subjects(RDF.type, SH.ValidationReport)), node)
    return Finding(
        message=message,
        severity="violation",
        shape=str(ONE_GRAPH),
        path=path_text(report, path, wording.prefixes),
        value=plain(first.object),
        component=str(SH.SPARQLConstraintComponent),
        fix=undouble(first, second),
        proof=tuple(sorted((n_quad(first), n_quad(second)))),
        **teller.where(first.subject, None),
    )


def _order(finding: Finding) -> tuple[Any, ...]:
    """Document by document in the order of the text, in each last what has no words there; at the end all the rest."""
    span = finding.span
    place = (not finding.document, finding.document, span is None, (span.start, span.end) if span else ())
    return (*place, SEVERITIES.index(finding.severity), finding.shape, finding.focus, finding.path, finding.message)


def _digests(quads: Iterable[ox.Quad]) -> dict[str, str]:
    graphs: dict[str, list[ox.Quad]] = {}
    for quad in quads:
        graphs.setdefault(_graph_name(quad), []).append(quad)
    return {
        name: hashlib.sha256("".join(canonical.nquads(graphs[name])).encode("utf-8")).hexdigest()
        for name in sorted(graphs)
    }
