"""Addresses that answer with a page or with RDF, as the client would rather have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

import pyoxigraph as ox
from flask import Blueprint, Response, request
from rdflib.namespace import OWL, SH, SKOS
from rdflib.namespace import RDF as RDF_NS

from ...store import Store
from ...vocabulary import GK, GKS, GKX
from ..formats import HTML, RDF, Format, choose, split_ending
from ..pooled import send_graph
from ..problems import ProtocolError
from ..protocol import PAGE_ROWS
from ..resources import about, conditional, send, shapes, written
from ..site import Site, current
from ..wording import gettext as _
from ..wording import language
from .asking import kept
from .claim import claim_page
from .entity import entity_page, is_entity
from .node import node_page
from .page import html, page
from .reader import document_page
from .reading import Reading
from .shown import Value

_SORTED = 5_000
"""Triples of a graph whose page shows the first ones."""


def add_to(parts: Blueprint) -> None:
    """Add the addresses of all that has an IRI of ours."""
    parts.add_url_rule("/data/<path:path>", "data", data)
    parts.add_url_rule("/graph/<path:path>", "graph", graph)
    parts.add_url_rule("/ontology", "ontology", ontology, strict_slashes=False)
    parts.add_url_rule("/ontology/<path:path>", "term", term)
    parts.add_url_rule("/vocab", "vocabulary", vocabulary, strict_slashes=False)
    parts.add_url_rule("/vocab/<path:path>", "concept", concept)
    parts.add_url_rule("/shapes", "all_shapes", all_shapes, strict_slashes=False)
    parts.add_url_rule("/shapes/<path:path>", "shape", shape)


def data(path: str) -> Response:
    """Everything below the base of the data."""
    site = current()
    return _resource(site, site.reading, site.base.data, path)


def term(path: str) -> Response:
    """A class or property of the ontology."""
    return _resource(current(), current().reading, str(GK), path)


def concept(path: str) -> Response:
    """A concept or a concept scheme."""
    return _resource(current(), current().reading, str(GKX), path)


def shape(path: str) -> Response:
    """A shape; shapes are not part of the graph."""
    return _resource(current(), shapes(), str(GKS), path)


def _resource(site: Site, store: Store, start: str, path: str) -> Response:
    """One IRI, as a page or as RDF."""
    iri, named = site.find(start, path, store), None
    if iri is None:
        stem, named = split_ending(path)
        iri = site.find(start, stem, store)
    if iri is None:
        raise ProtocolError(f"nothing is known of <{start}{path}>", 404)
    chosen = named or choose(request.accept_mimetypes, RDF, name=request.args.get("format"))
    response = (
        html(_node_page(site, store, iri)) if chosen is HTML else send(about(store, iri), chosen, store=site.store)
    )
    return _linked(response, site, iri, chosen)


def _linked(response: Response, site: Site, iri: str, chosen: Format) -> Response:
    """The response with what else there is: the IRI itself, the same in other formats."""
    response.headers.add("Link", f'<{ox.NamedNode(iri).value}>; rel="canonical"')
    for offer in RDF:
        address = site.address(iri, f".{offer.name}")
        if address and offer is not chosen:
            relation = "describedby" if offer.name == "ttl" else "alternate"
            response.headers.add("Link", f'<{address}>; rel="{relation}"; type="{offer.mimetype}"')
        elif address:
            response.headers["Content-Location"] = address
    return response


def _node_page(site: Site, store: Store, iri: str) -> str:
    reading = Reading(site, store)
    if reading.is_claim(iri):
        return claim_page(reading, iri)
    if reading.is_document(iri):
        return document_page(site, iri)
    if store is site.reading and is_entity(site, iri):
        return entity_page(site, iri)
    return node_page(site, store, iri)


def graph(path: str) -> Response:
    """One named graph."""
    site = current()
    names = {site.base.graph + path: None, site.base.graph + split_ending(path)[0]: split_ending(path)[1]}
    found = next((name for name in names if _is_graph(site.reading, name)), None)
    if found is None:
        raise ProtocolError(f"there is no graph <{site.base.graph}{path}>", 404)
    chosen = names[found] or choose(request.accept_mimetypes, RDF, name=request.args.get("format"))
    if chosen is HTML:
        count = site.sizes.graphs.get(found, 0)
        response = html(page("graph", iri=found, count=count, rows=_first_rows(site, found, count)))
    elif site.pool is not None:
        response = send_graph(site.answering, site.pool, found, chosen)
    else:
        response = send(site.store.quads(found), chosen, store=site.store)
    return _linked(response, site, found, chosen)


def _is_graph(store: Store, name: str) -> bool:
    try:
        return store.has_graph(name)
    except ValueError:  # not even an IRI
        return False


def _first_rows(site: Site, graph: str, count: int) -> list[ox.QuerySolution]:
    """Some rows of a graph: the first, unless it takes long to find out which those are."""
    order = " ORDER BY ?s ?p ?o" if count <= _SORTED else ""
    return list(site.rows(f"SELECT * {{ GRAPH {ox.NamedNode(graph)} {{ ?s ?p ?o }} }}{order} LIMIT {PAGE_ROWS // 5}"))


def ontology() -> Response:
    """All classes and properties."""
    properties = [OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty]
    kinds = {_("Classes"): [OWL.Class], _("Properties"): properties}
    return _index(_("Ontology"), current().reading, "ontology", kinds)


def vocabulary() -> Response:
    """All concepts, by scheme."""
    kinds = {_("Concept schemes"): [SKOS.ConceptScheme], _("Concepts"): [SKOS.Concept, GK.AcceptancePolicy]}
    return _index(_("Concepts"), current().reading, "vocab", kinds)


def all_shapes() -> Response:
    """All shapes."""
    return _index(_("Shapes"), shapes(), "", {_("Shapes"): [SH.NodeShape, SH.PropertyShape]})


def _index(title: str, store: Store, graph: str, kinds: Mapping[str, Iterable[str]]) -> Response:
    """Many terms: all their RDF, or a page that lists them; either is made once, as to sort so many holds up others.

    Args:
        title: of the page.
        store: where the terms are.
        graph: the graph of our base that they stand in; empty for the whole store.
        kinds: the classes whose terms the page lists, by heading.
    """
    site = current()
    chosen = choose(request.accept_mimetypes, RDF, name=request.args.get("format"))
    quads = partial(store.quads, site.base.graph + graph if graph else None)
    if chosen is not HTML:
        body = kept(site, ("index", graph, chosen.name), lambda: written(quads(), chosen, store=site.store))
        return conditional(Response(body, content_type=chosen.content_type))
    reading = Reading(site, store)
    sections = kept(site, ("index", graph, language()), lambda: _listed(reading, list(quads()), kinds))
    return html(page("index", reading=reading, title=title, sections=sections))


def _listed(
    reading: Reading, quads: list[ox.Quad], kinds: Mapping[str, Iterable[str]]
) -> dict[str, list[tuple[Value, str, str]]]:
    """Terms by heading, each with its name, in short, and what it means."""
    sections = {}
    for heading, classes in kinds.items():
        wanted = {str(one) for one in classes}
        found = {
            quad.subject.value
            for quad in quads
            if quad.predicate.value == str(RDF_NS.type)
            and isinstance(quad.subject, ox.NamedNode)
            and isinstance(quad.object, ox.NamedNode)
            and quad.object.value in wanted
            and reading.site.address(quad.subject.value)
        }
        rows = [(reading.name(iri), reading.short(iri), reading.meaning(iri)) for iri in found]
        sections[heading] = sorted(rows, key=lambda row: (row[0].text.casefold(), row[1]))
    return sections
