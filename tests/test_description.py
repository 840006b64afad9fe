"""What the endpoint says of itself and of its data, and that it does not count again and again."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from rdflib import Graph, URIRef
from rdflib.namespace import RDF, VOID

from geokg.endpoint import create_app, site
from geokg.endpoint.description import Ask, Sizes
from geokg.endpoint.writer import StoreWriter
from geokg.graph import KnowledgeGraph
from geokg.store import Store

SD = "http://www.w3.org/ns/sparql-service-description#"
UPDATE = {"data": "INSERT DATA { <x:new> <x:p> 1 }", "content_type": "application/sparql-update"}


@pytest.fixture
def store() -> Store:
    store = Store.memory()
    for graph in (ox.DefaultGraph(), ox.NamedNode("http://g.example/1"), ox.NamedNode("http://g.example/2")):
        store.extend([ox.Quad(ox.NamedNode("x:s"), ox.NamedNode("x:p"), ox.Literal(str(graph)), graph)])
    return store


def described(store: Store, **settings: object) -> tuple[Graph, URIRef]:
    response = create_app(KnowledgeGraph(store), **settings).test_client().get("/sparql")
    graph = Graph().parse(data=response.data, format="turtle")
    return graph, next(graph.subjects(RDF.type, URIRef(SD + "Service")))


@pytest.mark.parametrize(("union", "size"), [(True, 3), (False, 1)])
def test_which_graph_is_the_default_one(store: Store, union: bool, size: int) -> None:
    graph, service = described(store, union=union)
    assert ((service, URIRef(SD + "feature"), URIRef(SD + "UnionDefaultGraph")) in graph) is union
    default = next(graph.objects(None, URIRef(SD + "defaultGraph")))
    assert [int(value) for value in graph.objects(default, VOID.triples)] == [size]
    client = create_app(KnowledgeGraph(store), union=union).test_client()
    rows = client.get("/sparql", query_string={"query": "SELECT * { ?s ?p ?o }"}).json["results"]["bindings"]
    assert len(rows) == size


@pytest.mark.parametrize("is_writable", [True, False])
def test_updates_are_promised_where_they_are_taken(store: Store, is_writable: bool) -> None:
    graph, service = described(store, writer=StoreWriter(store) if is_writable else None, token="secret")
    assert ((service, URIRef(SD + "supportedLanguage"), URIRef(SD + "SPARQL11Update")) in graph) is is_writable


def test_each_state_of_the_data_is_counted_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = []

    def count(sizes: Sizes, ask: Ask, real=site.count):
        counted.append(sizes.quads)
        return real(sizes, ask)

    monkeypatch.setattr(site, "count", count)
    client = create_app(KnowledgeGraph(store), writer=StoreWriter(store), token="secret").test_client()
    for address in ("/sparql", "/.well-known/void", "/sparql"):
        assert client.get(address).status_code == 200
    assert counted == [3]
    assert client.post("/update", **UPDATE, headers={"Authorization": "Bearer secret"}).status_code == 204
    tags = {client.get("/.well-known/void").headers["ETag"] for _ in range(3)}
    assert (counted, len(tags)) == ([3, 4], 1)
