"""What the endpoint says of itself (SPARQL 1.1 Service Description) and of its data (VoID)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import pyoxigraph as ox
from rdflib import Namespace
from rdflib.namespace import DCTERMS, FOAF, RDF, VOID, XSD

from ..store import Store
from ..vocabulary import Base
from .formats import RDF as RDF_FORMATS
from .formats import ROWS

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")


def iri(value: str) -> ox.NamedNode:
    """An IRI as a term of the store."""
    return ox.NamedNode(str(value))


def number(value: int) -> ox.Literal:
    """A number of things."""
    return ox.Literal(str(value), datatype=iri(XSD.integer))


def service(
    sizes: Sizes, endpoint: str, *, void: str, union: bool = True, is_writable: bool = False
) -> Iterator[ox.Triple]:
    """The service description.

    Args:
        sizes: how much data there is.
        endpoint: the address of the endpoint.
        void: the address of the description of the data.
        union: whether all graphs together are the default graph; else the unnamed one is.
        is_writable: whether updates are taken from those who may.

    >>> sizes, void = Sizes(0, {}), "http://kg.example.org/.well-known/void"
    >>> any(
    ...     triple.predicate.value.endswith("#endpoint")
    ...     for triple in service(sizes, "http://kg.example.org/sparql", void=void)
    ... )
    True
    """
    node, data, default = iri(endpoint + "#service"), iri(endpoint + "#dataset"), iri(endpoint + "#default-graph")
    yield ox.Triple(node, iri(RDF.type), iri(SD.Service))
    yield ox.Triple(node, iri(SD.endpoint), iri(endpoint))
    yield ox.Triple(node, iri(SD.supportedLanguage), iri(SD.SPARQL11Query))
    if is_writable:
        yield ox.Triple(node, iri(SD.supportedLanguage), iri(SD.SPARQL11Update))
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
    unnamed = sizes.quads - sum(sizes.graphs.values())
    yield ox.Triple(default, iri(VOID.triples), number(sizes.quads if union else unnamed))
    for name, size in sizes.graphs.items():
        graph, named = iri(f"{endpoint}#graph-{_short(name)}"), iri(f"{endpoint}#named-{_short(name)}")
        yield ox.Triple(data, iri(SD.namedGraph), named)
        yield ox.Triple(iri(endpoint + "#graphs"), iri(SD.namedGraph), named)
        yield ox.Triple(named, iri(RDF.type), iri(SD.NamedGraph))
        yield ox.Triple(named, iri(SD.name), iri(name))
        yield ox.Triple(named, iri(SD.graph), graph)
        yield ox.Triple(graph, iri(RDF.type), iri(SD.Graph))
        yield ox.Triple(graph, iri(VOID.triples), number(size))


def dataset(census: Census, base: Base, address: str, *, endpoint: str, title: str) -> Iterator[ox.Triple]:
    """The data in VoID, with a partition for each class and each property, as query editors read it.

    Args:
        census: what is counted of the data.
        base: where the data is named.
        address: where this description is found.
        endpoint: the address of the SPARQL endpoint.
        title: what the data is called.

    >>> address, endpoint = "http://x.example/void", "http://x.example/sparql"
    >>> next(dataset(Census(Sizes(0, {}), 0, 0, {}, {}), Base(), address, endpoint=endpoint, title="Demo")).subject
    <NamedNode value=http://x.example/void#dataset>
    """
    node = iri(address + "#dataset")
    yield ox.Triple(node, iri(RDF.type), iri(VOID.Dataset))
    yield ox.Triple(iri(address), iri(RDF.type), iri(VOID.DatasetDescription))
    yield ox.Triple(iri(address), iri(FOAF.primaryTopic), node)
    yield ox.Triple(node, iri(DCTERMS.title), ox.Literal(title, language="en"))
    yield ox.Triple(node, iri(VOID.sparqlEndpoint), iri(endpoint))
    yield ox.Triple(node, iri(VOID.uriSpace), ox.Literal(base.data))
    for offer in RDF_FORMATS:
        if offer.iri:
            yield ox.Triple(node, iri(VOID.feature), iri(offer.iri))
    yield ox.Triple(node, iri(VOID.triples), number(census.sizes.quads))
    yield ox.Triple(node, iri(VOID.distinctSubjects), number(census.subjects))
    yield ox.Triple(node, iri(VOID.distinctObjects), number(census.objects))
    yield ox.Triple(node, iri(VOID.classes), number(len(census.classes)))
    yield ox.Triple(node, iri(VOID.properties), number(len(census.properties)))
    for name, size in sorted(census.classes.items()):
        part = iri(f"{address}#class-{_short(name)}")
        yield ox.Triple(node, iri(VOID.classPartition), part)
        yield ox.Triple(part, iri(VOID["class"]), iri(name))
        yield ox.Triple(part, iri(VOID.entities), number(size))
    for name, size in sorted(census.properties.items()):
        part = iri(f"{address}#property-{_short(name)}")
        yield ox.Triple(node, iri(VOID.propertyPartition), part)
        yield ox.Triple(part, iri(VOID.property), iri(name))
        yield ox.Triple(part, iri(VOID.triples), number(size))


@dataclass(frozen=True)
class Sizes:
    """How much data there is.

    Attributes:
        quads: all of them.
        graphs: how many triples stand in each named graph.
    """

    quads: int
    graphs: dict[str, int]


@dataclass(frozen=True)
class Census:
    """What is counted of the data.

    Attributes:
        sizes: how much there is.
        subjects: different ones.
        objects: different ones.
        classes: how many members each has.
        properties: how often each is used.
    """

    sizes: Sizes
    subjects: int
    objects: int
    classes: dict[str, int]
    properties: dict[str, int]


class Ask(Protocol):
    """What answers a ``SELECT`` query over the data."""

    def __call__(self, sparql: str, *, union: bool = True) -> Iterable[ox.QuerySolution]:
        """The rows, over all graphs together or over the unnamed one."""


def measure(store: Store, ask: Ask) -> Sizes:
    """How much a store holds.

    >>> store = Store.memory()
    >>> measure(store, lambda sparql, union=True: store.solutions(sparql))
    Sizes(quads=0, graphs={})
    """
    if not store.is_here:
        return Sizes(len(store), store.sizes())
    found = _counts(ask("SELECT ?it (COUNT(*) AS ?n) { GRAPH ?it { ?s ?p ?o } } GROUP BY ?it"))
    (unnamed,) = ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", union=False)
    return Sizes(sum(found.values()) + int(unnamed["n"].value), dict.fromkeys(store.graphs(), 0) | found)


def count(sizes: Sizes, ask: Ask) -> Census:
    """Count what a store of that size holds.

    >>> store = Store.memory()
    >>> count(Sizes(0, {}), lambda sparql, union=True: store.solutions(sparql)).classes
    {}
    """
    (row,) = ask("SELECT (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?o) AS ?objects) { ?s ?p ?o }")
    classes = _counts(ask("SELECT ?it (COUNT(DISTINCT ?s) AS ?n) { ?s a ?it } GROUP BY ?it"))
    properties = _counts(ask("SELECT ?it (COUNT(*) AS ?n) { ?s ?it ?o } GROUP BY ?it"))
    return Census(sizes, int(row["subjects"].value), int(row["objects"].value), classes, properties)


def _counts(rows: Iterable[ox.QuerySolution]) -> dict[str, int]:
    return {row["it"].value: int(row["n"].value) for row in rows if isinstance(row["it"], ox.NamedNode)}


def _short(name: str) -> str:
    """A part of an IRI that stands for another IRI."""
    return hashlib.sha256(name.encode()).hexdigest()[:12]
