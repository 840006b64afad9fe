"""What the endpoint says of itself (SPARQL 1.1 Service Description) and of its data (VoID)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pyoxigraph as ox
from rdflib import Namespace
from rdflib.namespace import DCTERMS, FOAF, RDF, VOID, XSD

from ..store import Store
from .formats import RDF as RDF_FORMATS
from .formats import ROWS

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")


def iri(value: str) -> ox.NamedNode:
    """An IRI as a term of the store."""
    return ox.NamedNode(str(value))


def number(value: int) -> ox.Literal:
    """A number of things."""
    return ox.Literal(str(value), datatype=iri(XSD.integer))


def service(store: Store, endpoint: str, *, void: str, union: bool = True) -> Iterator[ox.Triple]:
    """The service description.

    Args:
        store: the quads that are served.
        endpoint: the address of the endpoint.
        void: the address of the description of the data.
        union: whether all graphs together are the default graph; else the unnamed one is.

    >>> triples = list(
    ...     service(Store.memory(), "http://kg.example.org/sparql", void="http://kg.example.org/.well-known/void")
    ... )
    >>> any(triple.predicate.value.endswith("#endpoint") for triple in triples)
    True
    """
    node, data, default = iri(endpoint + "#service"), iri(endpoint + "#dataset"), iri(endpoint + "#default-graph")
    yield ox.Triple(node, iri(RDF.type), iri(SD.Service))
    yield ox.Triple(node, iri(SD.endpoint), iri(endpoint))
    yield ox.Triple(node, iri(SD.supportedLanguage), iri(SD.SPARQL11Query))
    if union:
        yield ox.Triple(node, iri(SD.feature), iri(SD.UnionDefaultGraph))
    for offer in dict.fromkeys(ROWS + RDF_FORMATS):
        if offer.iri:
            yield ox.Triple(node, iri(SD.resultFormat), iri(offer.iri))
    yield ox.Triple(node, iri(SD.defaultDataset), data)
    yield ox.Triple(node, iri(SD.availableGraphs), iri(endpoint + "#graphs"))
    yield ox.Triple(iri(endpoint + "#graphs"), iri(RDF.type), iri(SD.GraphCollection))
    yield ox.Triple(data, iri(RDF.type), iri(SD.Dataset))
    told = "The default graph is the union of all graphs." if union else "The default graph is the unnamed one."
    yield ox.Triple(data, iri(DCTERMS.description), ox.Literal(told, language="en"))
    yield ox.Triple(data, iri(FOAF.isPrimaryTopicOf), iri(void))
    yield ox.Triple(data, iri(SD.defaultGraph), default)
    yield ox.Triple(default, iri(RDF.type), iri(SD.Graph))
    sizes = graph_sizes(store)
    yield ox.Triple(default, iri(VOID.triples), number(len(store) - (0 if union else sum(sizes.values()))))
    for name, count in sizes.items():
        graph, named = iri(f"{endpoint}#graph-{_short(name)}"), iri(f"{endpoint}#named-{_short(name)}")
        yield ox.Triple(data, iri(SD.namedGraph), named)
        yield ox.Triple(iri(endpoint + "#graphs"), iri(SD.namedGraph), named)
        yield ox.Triple(named, iri(RDF.type), iri(SD.NamedGraph))
        yield ox.Triple(named, iri(SD.name), iri(name))
        yield ox.Triple(named, iri(SD.graph), graph)
        yield ox.Triple(graph, iri(RDF.type), iri(SD.Graph))
        yield ox.Triple(graph, iri(VOID.triples), number(count))


def dataset(store: Store, address: str, *, endpoint: str, title: str) -> Iterator[ox.Triple]:
    """The data in VoID, with a partition for each class and each property, as query editors read it.

    Args:
        store: the quads that are served.
        address: where this description is found.
        endpoint: the address of the SPARQL endpoint.
        title: what the data is called.

    >>> list(dataset(Store.memory(), "http://x.example/void", endpoint="http://x.example/sparql", title="Demo"))[
    ...     0
    ... ].subject
    <NamedNode value=http://x.example/void#dataset>
    """
    node = iri(address + "#dataset")
    yield ox.Triple(node, iri(RDF.type), iri(VOID.Dataset))
    yield ox.Triple(iri(address), iri(RDF.type), iri(VOID.DatasetDescription))
    yield ox.Triple(iri(address), iri(FOAF.primaryTopic), node)
    yield ox.Triple(node, iri(DCTERMS.title), ox.Literal(title, language="en"))
    yield ox.Triple(node, iri(VOID.sparqlEndpoint), iri(endpoint))
    yield ox.Triple(node, iri(VOID.uriSpace), ox.Literal(store.base.data))
    for offer in RDF_FORMATS:
        if offer.iri:
            yield ox.Triple(node, iri(VOID.feature), iri(offer.iri))
    yield ox.Triple(node, iri(VOID.triples), number(len(store)))
    subjects, objects, classes, properties = _count(store)
    yield ox.Triple(node, iri(VOID.distinctSubjects), number(subjects))
    yield ox.Triple(node, iri(VOID.distinctObjects), number(objects))
    yield ox.Triple(node, iri(VOID.classes), number(len(classes)))
    yield ox.Triple(node, iri(VOID.properties), number(len(properties)))
    for name, count in sorted(classes.items()):
        part = iri(f"{address}#class-{_short(name)}")
        yield ox.Triple(node, iri(VOID.classPartition), part)
        yield ox.Triple(part, iri(VOID["class"]), iri(name))
        yield ox.Triple(part, iri(VOID.entities), number(count))
    for name, count in sorted(properties.items()):
        part = iri(f"{address}#property-{_short(name)}")
        yield ox.Triple(node, iri(VOID.propertyPartition), part)
        yield ox.Triple(part, iri(VOID.property), iri(name))
        yield ox.Triple(part, iri(VOID.triples), number(count))


def graph_sizes(store: Store) -> dict[str, int]:
    """How many triples stand in each named graph.

    >>> graph_sizes(Store.memory())
    {}
    """
    return store.sizes()


def _count(store: Store) -> tuple[int, int, dict[str, int], dict[str, int]]:
    if not store.is_here:
        return _asked(store)
    subjects: set[object] = set()
    objects: set[object] = set()
    members: dict[str, set[object]] = {}
    properties: dict[str, int] = {}
    for quad in store.quads():
        subjects.add(quad.subject)
        objects.add(quad.object)
        properties[quad.predicate.value] = properties.get(quad.predicate.value, 0) + 1
        if quad.predicate.value == str(RDF.type) and isinstance(quad.object, ox.NamedNode):
            members.setdefault(quad.object.value, set()).add(quad.subject)
    return len(subjects), len(objects), {name: len(found) for name, found in members.items()}, properties


def _asked(store: Store) -> tuple[int, int, dict[str, int], dict[str, int]]:
    """The same numbers from a service that counts itself."""
    (row,) = store.solutions("SELECT (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?o) AS ?objects) { ?s ?p ?o }")
    classes = store.solutions("SELECT ?it (COUNT(DISTINCT ?s) AS ?n) { ?s a ?it } GROUP BY ?it")
    properties = store.solutions("SELECT ?it (COUNT(*) AS ?n) { ?s ?it ?o } GROUP BY ?it")
    members, uses = (
        {one["it"].value: int(one["n"].value) for one in rows if isinstance(one["it"], ox.NamedNode)}
        for rows in (classes, properties)
    )
    return int(row["subjects"].value), int(row["objects"].value), members, uses


def _short(name: str) -> str:
    """A part of an IRI that stands for another IRI."""
    return hashlib.sha256(name.encode()).hexdigest()[:12]
