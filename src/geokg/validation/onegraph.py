"""The rule that a triple stands in one graph only, which no SHACL shape can say."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox
from rdflib import BNode, Graph, Literal
from rdflib.namespace import RDF, SH

from ..shacl.terms import as_spelt, from_ox
from ..vocabulary import GKS
from .finding import Finding
from .fixes import undouble
from .held import Held
from .telling import Teller, n_quad, plain

ONE_GRAPH = GKS["One-graph"]
"""The IRI that the rule has as a shape."""

TITLE = "a triple stands in one graph only"
_QUERIES = (
    "SELECT ?s ?p ?o ?g ?h { GRAPH ?g { ?s ?p ?o } GRAPH ?h { ?s ?p ?o } FILTER (STR(?g) < STR(?h)) }",
    "SELECT ?s ?p ?o ?h { ?s ?p ?o GRAPH ?h { ?s ?p ?o } }",
)


def doubled(held: Held) -> Iterator[tuple[ox.Quad, ox.Quad]]:
    """Each triple that stands in a graph and again in another.

    >>> from .held import hold
    >>> triple = (ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.NamedNode("urn:c"))
    >>> quads = [ox.Quad(*triple), ox.Quad(*triple, ox.NamedNode("urn:g"))]
    >>> len(list(doubled(hold(quads, with_ontology=False))))
    1
    """
    reported = ox.NamedNode(held.reported)
    # What a service takes for its default graph is its own affair.
    for query in _QUERIES if held.store.is_here else _QUERIES[:1]:
        rows = held.store.query(query, union=False)
        assert isinstance(rows, ox.QuerySolutions)  # noqa: S101 - it is a SELECT
        names = [variable.value for variable in rows.variables]
        for row in rows:
            graphs = [row[name] if name in names else ox.DefaultGraph() for name in ("g", "h")]
            if reported not in graphs:
                first, second = (ox.Quad(row["s"], row["p"], row["o"], graph) for graph in graphs)
                yield first, second


def finding(first: ox.Quad, second: ox.Quad, report: Graph, teller: Teller) -> Finding:
    """A triple that stands in two graphs as a finding, which is written into the report too."""
    wording = teller.wording
    names = (quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else "" for quad in (first, second))
    places = " and ".join(sorted(wording.short(name) or "the unnamed graph" for name in names))
    said = f"{wording.property(first.predicate)} {wording.name(first.object)}"
    message = f"{wording.name(first.subject)}: {said} stands in two graphs, {places}"
    node = BNode()
    with as_spelt():
        told = [
            (RDF.type, SH.ValidationResult),
            (SH.focusNode, from_ox(first.subject)),
            (SH.resultPath, from_ox(first.predicate)),
            (SH.value, from_ox(first.object)),
            (SH.sourceShape, ONE_GRAPH),
            (SH.sourceConstraintComponent, SH.SPARQLConstraintComponent),
            (SH.resultSeverity, SH.Violation),
            (SH.resultMessage, Literal(message, lang="en")),
        ]
    for predicate, term in told:
        report.add((node, predicate, term))
    root = next(report.subjects(RDF.type, SH.ValidationReport))
    report.add((root, SH.result, node))
    report.set((root, SH.conforms, Literal(False)))
    path = first.predicate.value
    return Finding(
        message=message,
        severity="violation",
        shape=str(ONE_GRAPH),
        path=wording.short(path) if wording.short(path) != path else f"<{path}>",
        value=plain(first.object),
        value_name=wording.name(first.object),
        component=str(SH.SPARQLConstraintComponent),
        fix=undouble(first, second),
        proof=tuple(sorted((n_quad(first), n_quad(second)))),
        **teller.where(first.subject, None),
    )
