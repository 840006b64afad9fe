"""The Graph Store Protocol beyond what the W3C tests: conditions, bombs, encodings, PATCH, and what is left alone."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from geokg.endpoint import create_app
from geokg.endpoint.changes import Change, Upload
from geokg.endpoint.folder import FolderWriter
from geokg.endpoint.writer import StoreWriter
from geokg.errors import QueryError
from geokg.graph import KnowledgeGraph
from geokg.store import Store

TOKEN = "a secret"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
TURTLE = "text/turtle"
G = {"graph": "http://x.example/g"}


@pytest.fixture
def store() -> Store:
    return Store.memory()


@pytest.fixture
def client(store: Store) -> FlaskClient:
    return create_app(KnowledgeGraph(store), writer=StoreWriter(store), token=TOKEN).test_client()


def put(client: FlaskClient, data: str | bytes, **arguments: object) -> TestResponse:
    headers = BEARER | dict(arguments.pop("headers", {}))  # type: ignore[call-overload]
    options = {"query_string": G, "content_type": TURTLE} | arguments
    return client.open("/store", method=options.pop("method", "PUT"), data=data, headers=headers, **options)


def bodies(store: Store) -> set[str]:
    return {str(quad) for quad in store.quads()}


# Reading


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        ("text/turtle", "text/turtle"),
        ("application/n-triples", "application/n-triples"),
        ("application/ld+json", "application/ld+json"),
        ("application/rdf+xml;q=0.5, text/html", "application/rdf+xml"),
        ("*/*", "text/turtle"),
    ],
)
def test_a_graph_is_sent_in_what_the_client_takes(client: FlaskClient, accept: str, mimetype: str) -> None:
    put(client, "<x:a> <x:b> 1 .")
    response = client.get("/store", query_string=G, headers={"Accept": accept})
    assert (response.status_code, response.mimetype) == (200, mimetype)
    assert len(list(ox.parse(response.data, format=ox.RdfFormat.from_media_type(mimetype)))) == 1
    head = client.head("/store", query_string=G, headers={"Accept": accept})
    assert (head.status_code, head.mimetype, head.data) == (200, mimetype, b"")
    assert head.headers["ETag"] == response.headers["ETag"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"graph": "no iri"}, 400),
        ({"graph": "http://x.example/g", "default": ""}, 400),
        ({"graph": ["http://x.example/g", "http://x.example/h"]}, 400),
        ({"grahp": "http://x.example/g"}, 400),
        ({"default": "yes"}, 400),
        ({"default": ""}, 200),
        ({"graph": "http://x.example/nowhere"}, 404),
    ],
)
def test_one_graph_is_named(client: FlaskClient, query: dict[str, str], status: int) -> None:
    assert client.get("/store", query_string=query).status_code == status


def test_reading_is_conditional_too(client: FlaskClient) -> None:
    put(client, "<x:a> <x:b> 1 .")
    tag = client.get("/store", query_string=G).headers["ETag"]
    for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):  # a proxy that compresses makes a tag weak
        assert client.get("/store", query_string=G, headers={"If-None-Match": held}).status_code == 304
    for wanted, status in ((tag, 200), ("*", 200), (f"W/{tag}", 412), ('"other"', 412)):
        assert client.get("/store", query_string=G, headers={"If-Match": wanted}).status_code == status


def test_head_of_a_graph_tells_no_length_that_get_has_not(client: FlaskClient) -> None:
    put(client, "<x:a> <x:b> 1 .")
    got, head = (client.open("/store", method=method, query_string=G) for method in ("GET", "HEAD"))
    assert (head.status_code, head.data) == (200, b"")
    assert dict(head.headers) == dict(got.headers)


def test_nothing_acceptable_is_406(client: FlaskClient) -> None:
    assert client.get("/store?default", headers={"Accept": "image/png"}).status_code == 406


def test_reading_needs_no_token_and_writing_does(client: FlaskClient, store: Store) -> None:
    assert client.get("/store?default").status_code == 200
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        response = client.open("/store?default", method=method, data="<x:a> <x:b> 1 .", content_type=TURTLE)
        assert response.status_code == 401
    assert len(store) == 0


# Conditions


def test_a_write_happens_only_in_the_state_that_was_seen(client: FlaskClient, store: Store) -> None:
    assert put(client, "<x:a> <x:b> 1 .", headers={"If-Match": "*"}).status_code == 412
    assert put(client, "<x:a> <x:b> 1 .", headers={"If-None-Match": "*"}).status_code == 201
    assert put(client, "<x:a> <x:b> 2 .", headers={"If-None-Match": "*"}).status_code == 412
    seen = client.get("/store", query_string=G).headers["ETag"]
    assert client.get("/store", query_string=G, headers={"If-None-Match": seen}).status_code == 304
    assert put(client, "<x:a> <x:b> 2 .", headers={"If-Match": f'"other", {seen}'}).status_code == 204
    assert client.get("/store", query_string=G, headers={"If-None-Match": seen}).status_code == 200
    assert put(client, "<x:a> <x:b> 3 .", headers={"If-Match": seen}).status_code == 412
    assert client.delete("/store", query_string=G, headers=BEARER | {"If-Match": seen}).status_code == 412
    assert [quad.object.value for quad in store.quads()] == ["2"]


# Writing


def test_a_graph_of_nothing_is_there(client: FlaskClient, store: Store) -> None:
    assert put(client, "").status_code == 201
    assert store.graphs() == ["http://x.example/g"]
    assert client.get("/store", query_string=G).status_code == 200
    assert client.delete("/store", query_string=G, headers=BEARER).status_code == 204
    assert client.delete("/store", query_string=G, headers=BEARER).status_code == 404
    assert store.graphs() == []


def test_put_replaces_that_graph_and_post_adds_to_it(client: FlaskClient, store: Store) -> None:
    other = ox.Quad(ox.NamedNode("x:a"), ox.NamedNode("x:b"), ox.Literal("kept"))
    store.extend([other])
    put(client, "_:a <x:b> 1 .")
    put(client, "_:a <x:b> 2 .", method="POST")
    nodes = {quad.subject for quad in store.quads(G["graph"])}
    assert len(nodes) == 2, "blank nodes of two bodies never meet"
    put(client, "<x:a> <x:b> 3 .")
    assert [quad.object.value for quad in store.quads(G["graph"])] == ["3"]
    assert other in set(store.quads())


def test_a_post_to_the_store_makes_a_graph(client: FlaskClient, store: Store) -> None:
    response = client.post("/store", data="<> <x:b> 1 .", content_type=TURTLE, headers=BEARER)
    assert response.status_code == 201
    assert store.graphs() == [response.headers["Location"]]
    assert next(store.quads()).subject.value == response.headers["Location"]
    assert client.get(response.headers["Location"]).status_code == 200


@pytest.mark.parametrize("graph", ["p://\u206d\u753f", "http://a..b/", f"http://{'x' * 64}/", "http://x:99999/"])
def test_a_graph_may_have_a_name_that_is_no_place(client: FlaskClient, store: Store, graph: str) -> None:
    response = put(client, "<x:a> <x:b> 1 .", query_string={"graph": graph})
    assert (response.status_code, "Location" in response.headers) == (201, False)
    assert len(store) == 1


def test_parts_of_a_form_are_put_together(client: FlaskClient, store: Store) -> None:
    files = {
        "a": (io.BytesIO(b"<x:a> <x:b> 1 ."), "a.ttl", TURTLE),
        "b": (io.BytesIO(b'<x:a> <x:b> "2" .'), "b.nt"),
    }
    assert put(client, files, content_type="multipart/form-data").status_code == 201
    assert len(store) == 2
    files = {"a": (io.BytesIO(b"<x:a> <x:b> 3 ."), "a.ttl"), "b": (io.BytesIO(b"<x:a> <x:b> ."), "b.ttl")}
    assert put(client, files, content_type="multipart/form-data").status_code == 400
    assert len(store) == 2
    assert put(client, {"a": "<x:a> <x:b> 3 ."}, content_type="multipart/form-data").status_code == 400


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        ("<x:a> <x:b> 1 . <x:a> <x:b>", TURTLE, 400),
        (b"<x:a> <x:b> '\xff' .", TURTLE, 400),
        ("<x:a> <x:b> 1 .", "text/turtle; charset=utf-16", 415),
        ("<x:a> <x:b> 1 .", "text/html", 415),
        ("<x:a> <x:b> 1 .", None, 415),
        ("<x:g> { <x:a> <x:b> 1 }", "application/trig", 415),
        ('{"@id": "x:g", "@graph": [{"@id": "x:a", "x:b": 1}]}', "application/ld+json", 400),
        ('{"@context": "http://127.0.0.1:9/", "@id": "x:a", "b": 1}', "application/ld+json", 400),
        ("[" * 5000 + "]" * 5000, "application/ld+json", 413),
        (
            '<!DOCTYPE r [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>'
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
            "application/rdf+xml",
            400,
        ),
        (
            '<?xml version="1.0"?><!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>'.encode("utf-16"),
            "application/rdf+xml",
            400,
        ),
    ],
)
def test_what_cannot_be_read_changes_nothing(
    client: FlaskClient, store: Store, data: str | bytes, content_type: str | None, status: int
) -> None:
    put(client, "<x:a> <x:b> 'kept' .")
    before = bodies(store)
    response = put(client, data, content_type=content_type)
    assert response.status_code == status, response.data
    assert bodies(store) == before


def test_what_is_compressed_is_refused(client: FlaskClient, store: Store) -> None:
    bomb = gzip.compress(b" " * (1 << 20))
    assert put(client, bomb, headers={"Content-Encoding": "gzip"}).status_code == 415
    assert len(store) == 0


def test_what_is_too_large_is_refused(client: FlaskClient, store: Store) -> None:
    assert put(client, b"#" * ((100 << 20) + 1)).status_code == 413
    assert len(store) == 0


# PATCH


@pytest.mark.parametrize(
    ("update", "left"),
    [
        ("INSERT DATA { <x:a> <x:b> 2 }", {"1", "2"}),
        ("DELETE WHERE { ?s ?p ?o } ; INSERT DATA { <x:a> <x:b> 3 }", {"3"}),
        ("DELETE { ?s ?p ?o } INSERT { ?s ?p ?n } WHERE { ?s ?p ?o BIND(?o + 1 AS ?n) }", {"2"}),
        ("CLEAR DEFAULT", set()),
    ],
)
def test_a_patch_sees_and_changes_one_graph(client: FlaskClient, store: Store, update: str, left: set[str]) -> None:
    other = ox.Quad(ox.NamedNode("x:a"), ox.NamedNode("x:b"), ox.Literal("kept"))
    store.extend([other])
    put(client, "_:a <x:b> 1 .")
    response = put(client, update, method="PATCH", content_type="application/sparql-update")
    assert response.status_code == 204
    assert {quad.object.value for quad in store.quads(G["graph"])} == left
    assert set(store.quads(None)) >= {other}
    assert store.graphs() == [G["graph"]]


@pytest.mark.parametrize(
    ("update", "content_type", "status"),
    [
        ("INSERT DATA { GRAPH <x:h> { <x:a> <x:b> 2 } }", "application/sparql-update", 400),
        ("LOAD <http://x.example/>", "application/sparql-update", 403),
        ("INSERT DATA { <x:a>", "application/sparql-update", 400),
        ("<x:a> <x:b> 2 .", TURTLE, 415),
    ],
)
def test_a_patch_of_another_kind_is_refused(
    client: FlaskClient, store: Store, update: str, content_type: str, status: int
) -> None:
    put(client, "<x:a> <x:b> 1 .")
    assert put(client, update, method="PATCH", content_type=content_type).status_code == status
    assert len(store) == 1


# On disk, in a process of its own


@pytest.mark.parametrize(
    ("data", "mimetype"),
    [
        (b"[" * 99 + b"]" * 99, "application/ld+json"),
        (b"<x:a> <x:b> " + b"(" * 200_000, "text/turtle"),
        (b'<?xml version="1.0"?><r>' + b"<a>" * 200_000, "application/rdf+xml"),
    ],
    ids=["jsonld", "ttl", "rdf"],  # the name of a test is handed on to processes, which take no long ones
)
def test_a_bomb_ends_no_more_than_the_process_that_reads_it(tmp_path: Path, data: bytes, mimetype: str) -> None:
    writer = FolderWriter(tmp_path / "kg", gate="off", deadline=10, memory=512 << 20)
    try:
        body = tmp_path / "body"
        body.write_bytes(data)
        try:
            writer.write(Change("put", "x:bomb", uploads=(Upload(body, mimetype),)))
        except QueryError as error:
            assert error.status in (400, 413, 503)
        body.write_bytes(b"_:a <x:p> _:b .\n" * 3000)
        assert writer.write(Change("put", "x:g", uploads=(Upload(body, "text/turtle"),))).is_new
        assert len(list(writer.store.quads("x:g"))) == 1
    finally:
        writer.close()
