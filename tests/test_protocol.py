"""The W3C tests of the SPARQL 1.1 Protocol and of service descriptions, sent to the app as they stand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.namespace import RDF, RDFS
from rdflib.term import Node

from geokg.endpoint import create_app
from geokg.graph import KnowledgeGraph
from geokg.store import Store, parse

SHARED = Path(os.environ.get("GEOKG_SHARED") or Path(__file__).resolve().parents[2] / "shared")
SUITE = SHARED / "w3c" / "sparql11"
if not (SUITE / "protocol" / "manifest.ttl").is_file():
    pytest.skip(f"the W3C tests are not in {SUITE}; set GEOKG_SHARED to where they are", allow_module_level=True)

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
SD = "http://www.w3.org/ns/sparql-service-description#"

READ_ONLY = "this endpoint is read-only: an update is answered with 403"
EXPECTED_FAILURES = {
    "update_dataset_default_graph": READ_ONLY,
    "update_dataset_default_graphs": READ_ONLY,
    "update_dataset_named_graphs": READ_ONLY,
    "update_dataset_full": READ_ONLY,
    "update_post_form": READ_ONLY,
    "update_post_direct": READ_ONLY,
    "update_base_uri": READ_ONLY,
}
KINDS = {
    "boolean": ("application/sparql-results+json", "application/sparql-results+xml"),
    "tabular": ("application/sparql-results+json", "application/sparql-results+xml", "text/csv"),
    "RDF": ("text/turtle", "application/rdf+xml", "application/n-triples"),
}


@dataclass(frozen=True)
class Exchange:
    """One request and what is to come back."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    statuses: frozenset[str]
    kind: str | None
    answer: bool | None


@dataclass(frozen=True)
class Case:
    name: str
    graphs: tuple[tuple[str, str], ...]
    exchanges: tuple[Exchange, ...]


def _cases() -> Iterator[Case]:
    manifest = SUITE / "protocol" / "manifest.ttl"
    graph = Graph().parse(manifest, publicID=manifest.as_uri())
    for entry in Collection(graph, next(graph.objects(None, MF.entries))):
        graphs = tuple(
            (Path(str(graph.value(data, UT.graph))).name, str(graph.value(data, RDFS.label)))
            for data in graph.objects(entry, UT.graphData)
        )
        action = graph.value(entry, MF.action)
        requests = Collection(graph, graph.value(action, HT.requests))
        yield Case(str(entry).rpartition("#")[2], graphs, tuple(_exchange(graph, request) for request in requests))


def _exchange(graph: Graph, request: Node) -> Exchange:
    listed = graph.value(request, HT.headers)
    headers = tuple(
        (str(graph.value(header, HT.fieldName)), str(graph.value(header, HT.fieldValue)))
        for header in (Collection(graph, listed) if listed else ())
    )
    body = graph.value(request, HT.body)
    response = graph.value(request, HT.resp)
    answer = graph.value(response, MF.expectedBoolean)
    kind = graph.value(response, MF.expectedFormat)
    return Exchange(
        method=str(graph.value(request, HT.methodName)),
        path=str(graph.value(request, HT.absolutePath)),
        headers=headers,
        body=None
        if body is None
        else str(graph.value(body, CNT.chars)).encode(str(graph.value(body, CNT.characterEncoding))),
        statuses=frozenset(
            str(status).rpartition("StatusCode")[2] for status in graph.objects(response, MF.expectedStatus)
        ),
        kind=None if kind is None else str(kind),
        answer=answer.toPython() if isinstance(answer, Literal) else None,
    )


CASES = list(_cases())


def _client(case: Case) -> FlaskClient:
    store = Store.memory()
    for file, name in case.graphs:
        store.extend(parse(SUITE / "protocol" / file, graph=name))
    return create_app(KnowledgeGraph(store)).test_client()


def _failure(case: Case) -> str | None:
    """What came back otherwise than expected; ``None`` if all is well."""
    client = _client(case)
    for exchange in case.exchanges:
        response = client.open(
            exchange.path, method=exchange.method, headers=list(exchange.headers), data=exchange.body
        )
        got = f"{exchange.method} {exchange.path}: {response.status} {response.content_type} {response.data[:300]!r}"
        if f"{response.status_code // 100}xx" not in exchange.statuses:
            return got
        if exchange.kind is not None and response.mimetype not in KINDS[exchange.kind]:
            return got
        if exchange.answer is not None and response.get_json(force=True)["boolean"] is not exchange.answer:
            return got
    return None


def test_the_suite_is_whole() -> None:
    assert len(CASES) == 34
    assert set(EXPECTED_FAILURES) <= {case.name for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_protocol(case: Case) -> None:
    failure = _failure(case)
    if case.name in EXPECTED_FAILURES:
        assert failure is not None, f"{case.name} passes now: take it off the list"
        assert "403" in failure
    else:
        assert failure is None


@pytest.fixture(scope="module")
def described() -> Graph:
    manifest = Graph().parse(SUITE / "service-description" / "manifest.ttl")
    assert len(list(Collection(manifest, next(manifest.objects(None, MF.entries))))) == 3
    store = Store.memory()
    store.extend(
        [ox.Quad(ox.NamedNode("x:s"), ox.NamedNode("x:p"), ox.Literal("o"), ox.NamedNode("http://g.example/x"))]
    )
    response = create_app(KnowledgeGraph(store)).test_client().get("/sparql/", base_url="http://kg.example.org")
    assert response.status_code == 200
    assert response.mimetype == "text/turtle"
    return Graph().parse(data=response.data, format="turtle")


def test_service_description_has_the_endpoint(described: Graph) -> None:
    assert list(described.objects(None, URIRef(SD + "endpoint"))) == [URIRef("http://kg.example.org/sparql/")]


def test_service_description_conforms_to_its_schema(described: Graph) -> None:
    ranges = {
        "supportedLanguage": None,
        "feature": None,
        "resultFormat": None,
        "defaultDataset": "Dataset",
        "availableGraphs": "GraphCollection",
        "defaultGraph": "Graph",
        "namedGraph": "NamedGraph",
        "graph": "Graph",
    }
    for name, kind in ranges.items():
        values = list(described.objects(None, URIRef(SD + name)))
        assert values, name
        for value in values:
            assert isinstance(value, URIRef)
            assert kind is None or (value, RDF.type, URIRef(SD + kind)) in described, (name, value)
    service = next(described.subjects(RDF.type, URIRef(SD + "Service")))
    assert (service, URIRef(SD + "feature"), URIRef(SD + "UnionDefaultGraph")) in described
    assert URIRef("http://g.example/x") in set(described.objects(None, URIRef(SD + "name")))
