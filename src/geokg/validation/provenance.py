"""A run of validation as PROV: what was judged, by its digest, with which shapes, by which tool, and what was found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
from rdflib import URIRef
from rdflib.namespace import DCTERMS, PROV, RDF, SDO, SH, XSD

from .. import canonical
from ..shacl.terms import quads_to_ox

if TYPE_CHECKING:
    from ..graph import KnowledgeGraph
    from .report import Report

_HASH = 16


def provenance(report: Report, *, at: datetime | None = None) -> list[ox.Quad]:
    """The run behind a report, and the report, as triples without blank nodes.

    Args:
        report: what the run gave.
        at: when it ended; without it no time is written, and one input gives one output.

    Returns:
        Triples about one ``prov:Activity``, whose IRI is a hash of all that is said about it.

    Raises:
        ValueError: a time without a zone.

    >>> from geokg.validation import Report
    >>> quads = provenance(Report(base="https://kg.example.org/"), at=datetime(2026, 11, 24, tzinfo=UTC))
    >>> [quad.object.value for quad in quads if quad.predicate.value == str(PROV.endedAtTime)]
    ['2026-11-24T00:00:00Z']
    """
    if at is not None and at.tzinfo is None:
        raise ValueError("the time of a run needs a zone, such as datetime.now(UTC)")
    time = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""
    written = "".join(canonical.nquads(quads_to_ox(report.graph)))
    recipe = [_version(), time, *(f"{name} {digest}" for name, digest in sorted(report.digests.items())), written]
    digest = hashlib.sha256("\n".join(recipe).encode("utf-8")).hexdigest()[:_HASH]
    run = ox.NamedNode(f"{report.base}data/run/{digest}")
    return sorted(_run(report, run, time, written), key=str)


def _run(report: Report, run: ox.NamedNode, time: str, written: str) -> Iterator[ox.Quad]:
    tool = ox.NamedNode(f"{run.value}/tool")
    outcome = ox.NamedNode(f"{run.value}/report")
    yield _say(run, RDF.type, PROV.Activity)
    yield _say(run, PROV.wasAssociatedWith, tool)
    yield _say(tool, RDF.type, PROV.SoftwareAgent)
    yield _say(tool, SDO.softwareVersion, ox.Literal(_version()))
    yield _say(tool, DCTERMS.title, ox.Literal("geokg"))
    yield _say(outcome, PROV.wasGeneratedBy, run)
    if time:
        yield _say(run, PROV.endedAtTime, ox.Literal(time, datatype=ox.NamedNode(str(XSD.dateTime))))
    for number, (name, digest) in enumerate(sorted(report.digests.items()), 1):
        used = ox.NamedNode(f"{run.value}/graph/{number}")
        yield _say(run, PROV.used, used)
        yield _say(used, RDF.type, PROV.Entity)
        yield _say(used, SDO.sha256, ox.Literal(digest))
        if name:
            yield _say(used, PROV.specializationOf, ox.NamedNode(name))
    for shape in report.shapes:
        if ":" in shape.shape:  # a nameless shape has no colon
            yield _say(run, PROV.used, ox.NamedNode(shape.shape))
    kind = ox.NamedNode(str(SH.ValidationReport))
    parsed = list(ox.parse(written, format=ox.RdfFormat.N_QUADS))
    roots = {quad.subject for quad in parsed if quad.object == kind}

    def named(term: Any) -> Any:
        """An IRI below the run's in place of a blank node, whose canonical label says what it is."""
        if not isinstance(term, ox.BlankNode):
            return term
        return outcome if term in roots else ox.NamedNode(f"{run.value}/node/{term.value}")

    yield from (ox.Quad(named(quad.subject), quad.predicate, named(quad.object)) for quad in parsed)


def _say(subject: ox.NamedNode, predicate: URIRef, value: ox.NamedNode | ox.Literal | URIRef) -> ox.Quad:
    return ox.Quad(
        subject, ox.NamedNode(str(predicate)), ox.NamedNode(str(value)) if isinstance(value, URIRef) else value
    )


def _version() -> str:
    try:
        return version("geokg")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "unknown"


def store_run(kg: KnowledgeGraph, report: Report, *, at: datetime | None = None) -> str:
    """Keep a run in ``graph/report``, beside those kept before; validation does not look there.

    Args:
        kg: the graph that was judged.
        report: what came of it, with the digests of what was judged.
        at: when it ended.

    Returns:
        The IRI of the run.

    Raises:
        ValueError: a time without a zone, or a report without digests.

    >>> import geokg
    >>> kg = geokg.sample()
    >>> store_run(kg, geokg.validation.Report(base=kg.base.iri)).rpartition("/")[0]
    'https://w3id.org/geokg/data/run'
    """
    if report.shapes and not report.digests:
        raise ValueError("the run took no digests of what it judged: validate(..., digests=True)")
    quads = provenance(report, at=at)
    graph = ox.NamedNode(kg.base.graph + "report")
    kg.store.extend(ox.Quad(quad.subject, quad.predicate, quad.object, graph) for quad in quads)
    activity = ox.NamedNode(str(PROV.Activity))
    return next(q.subject.value for q in quads if q.object == activity and isinstance(q.subject, ox.NamedNode))
