"""The page of whatever has none of its own kind: situations, undertakings, terms, and anything else."""

from __future__ import annotations

import pyoxigraph as ox
from flask import url_for
from rdflib.namespace import OWL, SKOS

from ...store import Store
from ...vocabulary import GK, GKX
from ..site import Site
from .claim_filters import words
from .dossier import Dossier
from .page import page
from .reading import Reading
from .shown import Value

_NAMES = (str(SKOS.prefLabel), str(SKOS.altLabel))


def node_page(site: Site, store: Store, iri: str) -> str:
    """The page of a node.

    Args:
        site: the graph.
        store: where the node is: the graph, or the shapes.
        iri: the node.
    """
    reading, dossier = Reading(site, store), Dossier(site, iri)
    is_here = store is site.reading
    is_term = not is_here or iri.startswith((str(GK), str(GKX)))
    names = [row for row in reading.statements(iri) if row.property.title in _NAMES]
    shown = {"reading": reading, "iri": iri, "names": names}
    if is_term and is_here:  # half the graph may point to it
        pointing = f"SELECT ?subject ?property {{ ?subject ?property {ox.NamedNode(iri)} }}\nLIMIT 1000"
        claims_at = _claims_address(site, iri)
        return page("node", record=dossier.record, claims_at=claims_at, pointing=pointing, **shown)
    if is_term:
        return page("node", record=reading.statements(iri, without=_NAMES), **shown)
    base = site.base.graph
    graphs = {quad.graph_name.value for quad in store.match(ox.NamedNode(iri)) if hasattr(quad.graph_name, "value")}
    texts = {graph for graph in graphs if graph.startswith(base + "document/")}
    derived = {graph for graph in graphs if graph.startswith((base + "accepted/", base + "inferred", base + "report"))}
    carried, said, told = reading.claims_about(iri), reading.claims_by(iri), reading.claims_of(iri)
    record = reading.statements(iri, graphs - texts - derived, without=_NAMES)
    is_told = carried or not (record or said or told)
    return page(
        "node",
        record=record,
        facts=dossier.facts,
        accepted=_things(dossier, reading, iri, str(GK.isAcceptedUnder)),
        same=_things(dossier, reading, iri, str(OWL.sameAs)),
        carried=carried,
        said=said,
        told=told,
        told_here=reading.statements(iri, texts, without=[str(GK.isEvidencedBy)]) if is_told else [],
        undertakings=reading.undertakings(iri),
        mentions=reading.mentions(iri),
        **shown,
    )


def _things(dossier: Dossier, reading: Reading, iri: str, predicate: str) -> list[Value]:
    return [dossier.name(one) for one in reading.views.iris(iri, predicate)]


def _claims_address(site: Site, iri: str) -> str | None:
    """Where the claims are listed that have a term as the kind of what they say, or as a force."""
    said = words(site)
    if iri in said.kinds:
        return url_for("geokg.claims", kind=iri.removeprefix(str(GK)))
    scheme = next((name for name, concepts in said.concepts.items() if iri in concepts), None)
    return url_for("geokg.claims", **{scheme: iri.removeprefix(str(GKX))}) if scheme else None  # type: ignore[arg-type]
