"""The endpoint from outside: negotiation, refusals, caching, descriptions, linked data, and pages for people."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient
from rdflib import Graph, URIRef
from rdflib.namespace import RDF, VOID

import geokg
from geokg.cookbook import questions
from geokg.endpoint import blueprint, create_app
from geokg.endpoint.pages.home import FIRST_QUESTIONS
from geokg.endpoint.protocol import PAGE_ROWS
from geokg.endpoint.site import Site
from geokg.endpoint.streaming import Stream
from geokg.graph import KnowledgeGraph
from geokg.store import Store
from geokg.vocabulary import GK, Base

ROOT = Path(__file__).resolve().parents[1]
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SELECT = "SELECT ?it { ?it a gk:Movement } ORDER BY ?it"
CONSTRUCT = "CONSTRUCT { ?it a gk:Movement } WHERE { ?it a gk:Movement }"


@pytest.fixture(scope="module")
def kg() -> KnowledgeGraph:
    return geokg.sample()


@pytest.fixture(scope="module")
def client(kg: KnowledgeGraph) -> FlaskClient:
    return create_app(kg).test_client(use_cookies=False)  # a link to another language would else hold for all tests


def local(iri: str) -> str:
    """The address on our server of an IRI of the packaged data."""
    return iri.removeprefix("https://w3id.org/geokg")


def memory(*quads: tuple[str, str, str | ox.Literal, str], base: str = "https://w3id.org/geokg/") -> KnowledgeGraph:
    store = Store.memory(base=Base(base))
    for subject, predicate, value, graph in quads:
        term = ox.NamedNode(value) if isinstance(value, str) else value
        store.extend([ox.Quad(ox.NamedNode(subject), ox.NamedNode(predicate), term, ox.NamedNode(graph))])
    return KnowledgeGraph(store)


# Negotiation


@pytest.mark.parametrize(
    ("query", "accept", "mimetype"),
    [
        (SELECT, None, "application/sparql-results+json"),
        (SELECT, "*/*", "application/sparql-results+json"),
        (SELECT, "application/json", "application/sparql-results+json"),
        (SELECT, "application/sparql-results+xml", "application/sparql-results+xml"),
        (SELECT, "text/csv", "text/csv"),
        (SELECT, "text/csv; charset=utf-8", "text/csv"),
        (SELECT, "text/tab-separated-values, text/csv;q=0.5", "text/tab-separated-values"),
        (SELECT, "text/csv;q=0.1, application/sparql-results+xml;q=0.9", "application/sparql-results+xml"),
        (SELECT, "application/sparql-results+json;q=0, */*", "application/sparql-results+xml"),
        (SELECT, BROWSER, "text/html"),
        ("ASK {}", "text/csv", "text/csv"),
        (CONSTRUCT, None, "text/turtle"),
        (CONSTRUCT, "application/n-triples", "application/n-triples"),
        (CONSTRUCT, "application/trig", "application/trig"),
        (CONSTRUCT, "application/n-quads", "application/n-quads"),
        (CONSTRUCT, "application/ld+json", "application/ld+json"),
        (CONSTRUCT, "application/rdf+xml", "application/rdf+xml"),
        (CONSTRUCT, BROWSER, "text/html"),
        ("DESCRIBE e:taliban", "text/turtle;charset=utf-8", "text/turtle"),
    ],
)
def test_the_format_that_the_client_would_rather_have(
    client: FlaskClient, query: str, accept: str | None, mimetype: str
) -> None:
    response = client.get("/sparql", query_string={"query": query}, headers={"Accept": accept} if accept else {})
    assert response.status_code == 200
    assert response.mimetype == mimetype
    assert "Accept" in response.vary


def test_each_format_says_the_same(client: FlaskClient) -> None:
    movements = ["https://w3id.org/geokg/data/entity/pakistani-taliban", "https://w3id.org/geokg/data/entity/taliban"]
    query = {"query": SELECT}
    rows = client.get("/sparql", query_string=query).get_json(force=True)["results"]["bindings"]
    assert [row["it"]["value"] for row in rows] == movements
    assert client.get("/sparql", query_string=query | {"format": "csv"}).text.split() == ["it", *movements]
    assert client.get("/sparql", query_string=query | {"format": "tsv"}).text.split() == [
        "?it",
        *(f"<{iri}>" for iri in movements),
    ]
    assert (
        re.findall(r"<uri>(.*?)</uri>", client.get("/sparql", query_string=query | {"format": "xml"}).text) == movements
    )
    for name in ("ttl", "nt", "jsonld", "rdf", "trig", "nq"):
        response = client.get("/sparql", query_string={"query": CONSTRUCT, "format": name})
        rdf_format = ox.RdfFormat.from_media_type(response.mimetype)
        found = {quad.subject.value for quad in ox.parse(response.data, format=rdf_format)}
        assert sorted(found) == movements, name


def test_406_lists_what_is_on_offer(client: FlaskClient) -> None:
    response = client.get("/sparql", query_string={"query": SELECT}, headers={"Accept": "image/png"})
    assert response.status_code == 406
    assert response.mimetype == "application/problem+json"
    assert "text/csv" in response.get_json(force=True)["offers"]
    assert client.get("/sparql", query_string={"query": SELECT, "format": "ttl"}).status_code == 400


# Refusals


def test_a_syntax_error_shows_its_place(client: FlaskClient) -> None:
    response = client.get("/sparql", query_string={"query": "SELECT * {\n  ?s ?p }"})
    problem = response.get_json(force=True)
    assert response.status_code == problem["status"] == 400
    assert response.mimetype == "application/problem+json"
    assert (problem["line"], problem["column"]) == (2, 10)
    assert problem["excerpt"].splitlines()[0] == "  ?s ?p }"
    assert problem["excerpt"].splitlines()[1].index("^") == problem["column"] - 1
    page = client.get("/sparql", query_string={"query": "SELECT * {\n  ?s ?p }"}, headers={"Accept": BROWSER})
    assert page.status_code == 400
    assert "?s ?p }</textarea>" in page.text


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("ASK { SERVICE <http://192.0.2.1/> {} }", 403, "asks no other server"),
        ("LOAD <http://192.0.2.1/>", 403, "read-only"),
        ("INSERT DATA { <x:s> <x:p> 1 }", 403, "read-only"),
        ("ASK FROM <http://192.0.2.1/> {}", 403, "nothing is fetched"),
        ("ASK FROM NAMED <file:///etc/passwd> {}", 403, "nothing is fetched"),
        ("ASK " + "{" * 200 + "}" * 200, 413, "nested"),
        ("ASK { ?s nope:x ?o }", 400, ""),
        ("ASK { <has space> ?p ?o }", 400, ""),
    ],
)
def test_what_is_not_answered(client: FlaskClient, query: str, status: int, words: str) -> None:
    response = client.post("/sparql", data=query, content_type="application/sparql-query")
    assert response.status_code == status
    assert words in response.get_json(force=True)["detail"]


def test_updates_are_refused_everywhere(client: FlaskClient, kg: KnowledgeGraph) -> None:
    before = len(kg)
    assert client.post("/update", data={"update": "CLEAR ALL"}).status_code == 403
    assert client.get("/update").status_code == 405
    assert client.post("/sparql", data={"update": "CLEAR ALL"}).status_code == 403
    assert client.post("/sparql", data="CLEAR ALL", content_type="application/sparql-update").status_code == 403
    assert client.post("/sparql", data={"update": "CLEAR ALL", "query": "ASK {}"}).status_code == 400
    assert len(kg) == before


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"data": ""}, 415),
        ({"data": "", "content_type": "application/x-www-form-urlencoded"}, 400),
        ({"data": {"query": "ASK {}"}, "content_type": "multipart/form-data"}, 415),
        ({"data": b"ASK {}", "content_type": "application/sparql-query; charset=latin-1"}, 415),
        ({"data": b"ASK { ?s ?p '\xe9' }", "content_type": "application/sparql-query"}, 400),
        (
            {
                "data": b"query=ASK%20%7B%20%3Fs%20%3Fp%20%27%E9%27%20%7D",
                "content_type": "application/x-www-form-urlencoded",
            },
            400,
        ),
        (
            {
                "data": gzip.compress(b"ASK {}"),
                "content_type": "application/sparql-query",
                "headers": {"Content-Encoding": "gzip"},
            },
            415,
        ),
        ({"data": {"query": "ASK {}"}, "query_string": {"query": "ASK {}"}}, 400),
        ({"data": "ASK {}", "content_type": "application/sparql-query", "query_string": {"query": "ASK {}"}}, 400),
        ({"data": {"query": "ASK {}", "using-graph-uri": "http://g.example/"}}, 400),
        ({"data": {"query": "ASK {}", "default-graph-uri": "not an IRI"}}, 400),
        ({"data": "ASK {} #" + "x" * (3 << 20), "content_type": "application/sparql-query"}, 413),
    ],
)
def test_requests_that_are_not_as_the_protocol_wants_them(
    client: FlaskClient, arguments: dict[str, object], status: int
) -> None:
    response = client.post("/sparql", **arguments)  # type: ignore[arg-type]
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
    assert response.get_json(force=True)["status"] == status


def test_other_methods_are_refused_with_what_is_allowed(client: FlaskClient) -> None:
    response = client.delete("/sparql")
    assert response.status_code == 405
    assert {"GET", "HEAD", "POST"} <= set(response.allow)
    assert "GET" not in client.options("/update").allow
    assert client.get("/nothing/here").get_json(force=True)["status"] == 404


@pytest.mark.parametrize(
    ("method", "address", "status"), [("GET", "/sparql", 400), ("PUT", "/", 405), ("GET", "/x", 404)]
)
def test_an_address_that_is_not_utf_8_is_told_on_a_page(
    client: FlaskClient, method: str, address: str, status: int
) -> None:
    environ = {"QUERY_STRING": "language=fr&q=\x80"}
    response = client.open(address, method=method, headers={"Accept": BROWSER}, environ_overrides=environ)
    assert (response.status_code, response.mimetype) == (status, "text/html")


def test_a_graph_that_cannot_be_read_is_a_problem(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(Store, "query", fail)
    response = client.get("/sparql", query_string={"query": "ASK {}"})
    assert response.status_code == 500
    assert "the disk is gone" in response.get_json(force=True)["detail"]


def test_a_function_that_is_not_there_is_a_problem(client: FlaskClient) -> None:
    response = client.get("/sparql", query_string={"query": "SELECT (<http://function.example/>(1) AS ?x) {}"})
    assert response.status_code == 422
    assert "function.example" in response.get_json(force=True)["detail"]


# Datasets


def test_the_default_graph_is_the_union_and_from_narrows_it() -> None:
    kg = memory(("x:a", "x:p", "x:o", "http://g.example/1"), ("x:b", "x:p", "x:o", "http://g.example/2"))
    client = create_app(kg).test_client()

    def subjects(query: str, **parameters: object) -> list[str]:
        response = client.get("/sparql", query_string={"query": query, "format": "csv", **parameters})
        assert response.status_code == 200, response.text
        return sorted(response.text.split()[1:])

    plain = "SELECT ?s { ?s ?p ?o }"
    named = "SELECT ?s { GRAPH ?g { ?s ?p ?o } }"
    assert subjects(plain) == subjects(named) == ["x:a", "x:b"]
    assert subjects("SELECT ?s FROM <http://g.example/1> { ?s ?p ?o }") == ["x:a"]
    assert subjects("SELECT ?s FROM NAMED <http://g.example/2> { GRAPH ?g { ?s ?p ?o } }") == ["x:b"]
    assert subjects("SELECT ?s FROM NAMED <http://g.example/2> { ?s ?p ?o }") == []
    assert subjects(plain, **{"default-graph-uri": "http://g.example/2"}) == ["x:b"]
    assert subjects(named, **{"default-graph-uri": "http://g.example/2"}) == []
    assert subjects(named, **{"named-graph-uri": "http://g.example/1"}) == ["x:a"]
    both = {"default-graph-uri": ["http://g.example/1", "http://g.example/2"]}
    assert subjects(plain, **both) == ["x:a", "x:b"]
    # the request's dataset wins over the query's, which is then not even looked for
    other = "SELECT ?s FROM <http://nowhere.example/> { ?s ?p ?o }"
    assert subjects(other, **{"default-graph-uri": "http://g.example/1"}) == ["x:a"]


def test_relative_iris_are_relative_to_the_address() -> None:
    client = create_app(memory()).test_client()
    query = {"query": "CONSTRUCT { <s> <#p> <> } WHERE {}", "format": "nt"}
    response = client.get("/sparql", query_string=query, base_url="http://kg.example.org/")
    assert response.text == (
        "<http://kg.example.org/s> <http://kg.example.org/sparql#p> <http://kg.example.org/sparql> .\n"
    )


# Headers and caching


def test_an_answer_that_the_client_holds_is_not_sent_again() -> None:
    kg = memory(("x:a", "x:p", "x:o", "http://g.example/1"))
    client = create_app(kg).test_client()
    asked = {"query_string": {"query": "SELECT * { ?s ?p ?o }"}}
    first = client.get("/sparql", **asked)
    tag = first.headers["ETag"]
    again = client.get("/sparql", **asked, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert "Accept" in again.vary
    other_format = client.get("/sparql", **asked, headers={"Accept": "text/csv", "If-None-Match": tag})
    assert other_format.status_code == 200
    kg.store.extend([ox.Quad(ox.NamedNode("x:b"), ox.NamedNode("x:p"), ox.Literal("1"), ox.NamedNode("x:g"))])
    assert client.get("/sparql", **asked, headers={"If-None-Match": tag}).status_code == 200
    assert "ETag" not in client.get("/sparql", query_string={"query": "SELECT (NOW() AS ?now) {}"}).headers


@pytest.mark.parametrize("accept", [BROWSER, "text/turtle"])
def test_what_is_in_another_state_is_a_problem(client: FlaskClient, accept: str) -> None:
    response = client.get("/data/entity/taliban", headers={"Accept": accept, "If-Match": '"other"'})
    assert response.status_code == 412
    assert "the state that the request asks for" in response.text


def test_only_an_answer_is_held(client: FlaskClient) -> None:
    tag = client.get("/sparql", query_string={"query": SELECT}).headers["ETag"]
    assert client.post("/sparql", data={"query": SELECT}, headers={"If-None-Match": tag}).status_code == 200
    anything = client.get("/sparql", query_string={"query": "SELECT"}, headers={"If-None-Match": "*"})
    assert anything.status_code == 400  # RFC 9110, section 13.2.1


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (
            {"Content-Type": "text/plain"},
            {"Accept-Post": "application/x-www-form-urlencoded, application/sparql-query"},
        ),
        ({"Content-Type": "application/sparql-query", "Content-Encoding": "gzip"}, {"Accept-Encoding": "identity"}),
    ],
)
def test_415_tells_what_is_taken(client: FlaskClient, headers: dict[str, str], told: dict[str, str]) -> None:
    response = client.post("/sparql", data=b"ASK {}", headers=headers)
    assert response.status_code == 415
    assert told.items() <= dict(response.headers).items()


def test_pages_and_rdf_have_tags_too(client: FlaskClient) -> None:
    for headers in ({"Accept": BROWSER}, {"Accept": "text/turtle"}):
        tag = client.get("/data/entity/taliban", headers=headers).headers["ETag"]
        again = client.get("/data/entity/taliban", headers=headers | {"If-None-Match": tag})
        assert again.status_code == 304


def test_head_has_the_headers_and_no_body(client: FlaskClient) -> None:
    for address in (
        "/sparql?query=" + quote("SELECT * { ?s ?p ?o . ?a ?b ?c }"),
        "/data/entity/taliban",
        "/health",
        "/",
    ):
        before = set(threading.enumerate())
        response = client.head(address)
        assert (response.status_code, response.data) == (200, b"")
        for thread in set(threading.enumerate()) - before:
            thread.join(10)
            assert not thread.is_alive(), thread.name


def test_every_answer_carries_the_security_headers(client: FlaskClient) -> None:
    for address in (
        "/",
        "/sparql",
        "/nothing",
        "/sparql?query=ASK",
        "/static/geokg.css",
        "/data/entity/taliban",
        "/health",
    ):
        with client.get(address, headers={"Accept": BROWSER}) as response:
            headers = response.headers
        policy = headers["Content-Security-Policy"]
        for rule in (
            "default-src 'none'",
            "style-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ):
            assert rule in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


def test_other_sites_may_read(client: FlaskClient) -> None:
    assert client.get("/sparql?query=ASK%7B%7D").headers["Access-Control-Allow-Origin"] == "*"
    preflight = client.options(
        "/sparql", headers={"Origin": "https://other.example", "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status_code == 200
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in preflight.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in preflight.headers
    assert "Access-Control-Allow-Origin" not in client.options("/update").headers


# Streaming


def test_a_stream_ends_its_thread_when_its_reader_leaves() -> None:
    thread: list[threading.Thread] = []
    told: list[BaseException] = []

    def produce(emit: object) -> None:
        thread.append(threading.current_thread())
        try:
            while True:
                emit(b"x")  # type: ignore[operator]
        except BrokenPipeError as error:
            told.append(error)
            raise

    stream: Stream[bytes] = Stream(produce)  # type: ignore[arg-type]
    assert next(stream) == b"x"
    stream.close()
    thread[0].join(10)
    assert not thread[0].is_alive()
    assert told
    assert list(stream) == []


def test_an_error_comes_where_the_next_piece_would_have_come() -> None:
    def produce(emit: object) -> None:
        emit(1)  # type: ignore[operator]
        raise ValueError("in the middle")

    stream: Stream[int] = Stream(produce)  # type: ignore[arg-type]
    assert next(stream) == 1
    with pytest.raises(ValueError, match="in the middle"):
        next(stream)
    with pytest.raises(StopIteration):
        next(stream)


def test_a_large_result_is_not_made_before_it_is_read(client: FlaskClient) -> None:
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f }"  # 100 million rows: made whole, this test would not end
    response = client.get("/sparql", query_string={"query": query, "format": "csv"}, buffered=False)
    pieces = iter(response.response)
    assert next(pieces).startswith(b"a,b,c,d,e,f\r\n")
    assert len(next(pieces)) > 1000
    response.close()


def test_a_page_shows_the_first_rows_and_says_so(client: FlaskClient) -> None:
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
    page = client.get("/sparql", query_string={"query": query}, headers={"Accept": BROWSER}).text
    assert f"The first {PAGE_ROWS:,} rows of more" in page
    rows = page[page.index('<table class="rows">') :].partition("</table>")[0]
    assert rows.count("<tr>") == PAGE_ROWS + 1


@pytest.mark.parametrize(
    "query",
    [
        "ASK { FILTER" + ("(1" + "||1" * 480 + "||") * 19 + "1" + ")" * 19 + "}",
        "ASK { FILTER" + ("(" + "!" * 480) * 30 + "1" + ")" * 30 + "}",
        "ASK " + ("{ " + "{} UNION " * 240) * 25 + "{}" + "}" * 25,
        "ASK { ?s ?p " + "(" * 95 + "1" + ")" * 95 + "}",
        "ASK { ?s ?p ?o " + "OPTIONAL{?s ?p ?o} " * 64 + "}",
    ],
    ids=["or", "not", "union", "list", "optional"],
)
def test_the_largest_queries_that_the_guard_lets_through_do_not_end_the_process(
    client: FlaskClient, query: str
) -> None:
    assert client.post("/sparql", data=query, content_type="application/sparql-query").status_code == 200


# Descriptions


def test_the_service_description_counts_right(client: FlaskClient, kg: KnowledgeGraph) -> None:
    graph = Graph().parse(data=client.get("/sparql").data, format="turtle")
    sd = "http://www.w3.org/ns/sparql-service-description#"
    named = {
        str(graph.value(node, URIRef(sd + "name"))): int(
            graph.value(graph.value(node, URIRef(sd + "graph")), VOID.triples)
        )
        for node in graph.objects(None, URIRef(sd + "namedGraph"))
    }
    assert named == {name: sum(1 for _ in kg.store.quads(name)) for name in kg.store.graphs()}
    formats = {str(value).rpartition("/")[2] for value in graph.objects(None, URIRef(sd + "resultFormat"))}
    assert {"SPARQL_Results_JSON", "SPARQL_Results_CSV", "Turtle", "JSON-LD"} <= formats


def test_void_counts_right(client: FlaskClient, kg: KnowledgeGraph) -> None:
    response = client.get("/.well-known/void", headers={"Accept": "application/n-triples"})
    graph = Graph().parse(data=response.data, format="nt")
    dataset = next(graph.subjects(RDF.type, VOID.Dataset))
    assert int(graph.value(dataset, VOID.triples)) == len(kg)
    claims = next(graph.subjects(VOID["class"], GK.Claim))
    assert int(graph.value(claims, VOID.entities)) == len(kg.claims())
    types = next(graph.subjects(VOID.property, RDF.type))
    row = next(iter(kg.store.solutions("SELECT (COUNT(*) AS ?n) { ?s a ?o }")))
    assert int(graph.value(types, VOID.triples)) == int(row["n"].value)
    assert graph.value(dataset, VOID.sparqlEndpoint) == URIRef("http://localhost/sparql")


def test_health(client: FlaskClient, kg: KnowledgeGraph) -> None:
    assert client.get("/health").get_json() == {"status": "ok", "quads": len(kg), "graphs": len(kg.store.graphs())}


# Linked data


def test_every_iri_of_the_data_answers_with_itself(client: FlaskClient, kg: KnowledgeGraph) -> None:
    subjects = {quad.subject.value for quad in kg.store.quads() if isinstance(quad.subject, ox.NamedNode)}
    data = sorted(iri for iri in subjects if iri.startswith(kg.base.data) and "#" not in iri)
    assert len(data) > 500
    for iri in data:
        response = client.get(local(iri), headers={"Accept": "application/n-triples"})
        assert response.status_code == 200, iri
        assert f"<{iri}> <" in response.text
        assert f'<{iri}>; rel="canonical"' in response.headers.getlist("Link")
    for kind in sorted({local(iri).split("/")[-2] for iri in data}):
        iri = next(iri for iri in data if local(iri).split("/")[-2] == kind)
        page = client.get(local(iri), headers={"Accept": BROWSER})
        assert page.status_code == 200, iri
        assert iri in page.text


def test_a_claim_comes_with_its_evidence_and_the_names_of_its_neighbours(
    client: FlaskClient, kg: KnowledgeGraph
) -> None:
    claim = kg.commitments()[0].claims[0]
    graph = Graph().parse(data=client.get(local(claim.iri)).data, format="turtle")
    exact = {str(value) for value in graph.objects(None, URIRef("http://www.w3.org/ns/oa#exact"))}
    assert exact == {span.exact for span in claim.evidence}
    assert "leaders of the Taliban" in {str(value) for value in graph.objects(URIRef(claim.claimant.iri), None)}
    assert (URIRef(claim.document), GK.text, None) not in graph


def test_endings_name_formats(client: FlaskClient) -> None:
    for ending, mimetype in {"ttl": "text/turtle", "jsonld": "application/ld+json", "html": "text/html"}.items():
        response = client.get(f"/data/entity/taliban.{ending}", headers={"Accept": "image/png"})
        assert (response.status_code, response.mimetype) == (200, mimetype)
        assert response.headers["Content-Location"] == f"/data/entity/taliban.{ending}"
    assert client.get("/data/entity/taliban.exe").status_code == 404
    quads = ox.parse(client.get("/data/entity/taliban.trig").data, format=ox.RdfFormat.TRIG)
    assert "https://w3id.org/geokg/graph/entities" in {quad.graph_name.value for quad in quads}


def test_the_unknown_is_not_found(client: FlaskClient) -> None:
    for address in ("/data/entity/nobody", "/ontology/Nothing", "/vocab/nothing", "/shapes/Nothing", "/graph/nothing"):
        assert client.get(address).status_code == 404
        assert "404" in client.get(address, headers={"Accept": BROWSER}).text


def test_graphs_ontology_concepts_and_shapes(client: FlaskClient, kg: KnowledgeGraph) -> None:
    for name in kg.store.graphs():
        graph = Graph().parse(data=client.get(local(name), headers={"Accept": "text/turtle"}).data, format="turtle")
        assert len(graph) == sum(1 for _ in kg.store.quads(name)), name
    ontology = Graph().parse(data=client.get("/ontology").data, format="turtle")
    assert (GK.Claim, RDF.type, None) in ontology
    for address, words in {
        "/ontology": "who",
        "/ontology/Claim": "takes one stand",
        "/vocab": "predicts",
        "/vocab/predicts": "predicts",
        "/shapes": "gks:",
        "/graph/entities": "triples",
    }.items():
        page = client.get(address, headers={"Accept": BROWSER})
        assert (page.status_code, page.mimetype) == (200, "text/html")
        assert words in page.text
    shape = re.search(r'href="(/shapes/[^"]+)"', client.get("/shapes", headers={"Accept": BROWSER}).text)
    assert shape is not None
    turtle = client.get(shape[1], headers={"Accept": "text/turtle"})
    assert "sh:" in turtle.text or "shacl#" in turtle.text


def test_a_graph_with_another_base_is_served_under_this_address() -> None:
    base = "https://kg.example.org/x/"
    name = "http://www.w3.org/2004/02/skos/core#prefLabel"
    label = ox.Literal("塔利班", language="zh")
    kg = memory(
        (base + "data/entity/塔利班", name, label, base + "graph/entities"),
        (base + "data/entity/a%20b", name, label, base + "graph/entities"),
        base=base,
    )
    client = create_app(kg).test_client()
    for path in ("/data/entity/塔利班", "/data/entity/a%20b"):
        response = client.get(path, headers={"Accept": "application/n-triples"})
        assert response.status_code == 200
        assert response.text.startswith(f"<{base}{unquote(path[1:]) if '塔' in path else path[1:]}>")
        page = client.get(path, headers={"Accept": BROWSER})
        assert page.status_code == 200
    assert client.get("/graph/entities").status_code == 200


# Pages


class Page(HTMLParser):
    """What there is to check on a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.labelled: set[str] = set()
        self.fields: list[str] = []
        self.tags: Counter[str] = Counter()
        self.directions: dict[str, str] = {}
        self.open: list[str] = []
        self.strays: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags[tag] += 1
        if tag not in ("meta", "link", "br", "input"):
            self.open.append(tag)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a":
            self.links.append(values.get("href", ""))
        if tag == "label":
            self.labelled.add(values["for"])
        if tag in ("textarea", "select", "input"):
            self.fields.append(values["id"])
        if "lang" in values and tag != "html":
            self.directions[values["lang"]] = values.get("dir", "")
        for name in values:
            assert not name.startswith("on") and name != "style", (tag, name)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.strays.append(tag)


def _pages(kg: KnowledgeGraph) -> Iterator[str]:
    commitment = kg.commitments()[0]
    yield from (
        "/",
        "/sparql",
        "/ontology",
        "/vocab",
        "/shapes",
        "/ontology/Claim",
        "/vocab/predicts",
        "/graph/identity",
    )
    yield from ("/data/entity/taliban", "/data/entity/hu-shisheng", "/data/state/CHN", "/nothing")
    yield from map(local, (*kg.documents(), commitment.iri, commitment.claims[0].iri, commitment.consequents[0].iri))
    yield "/sparql?query=" + quote("SELECT ?s ?name { ?s a gk:State ; skos:prefLabel ?name }")
    yield "/sparql?query=" + quote("DESCRIBE e:taliban")
    yield "/sparql?query=" + quote("ASK {")


def scripts(page: str) -> set[str]:
    """The folders that the scripts of a page come from; one that stands in the page comes from nowhere."""
    found = re.findall(r"<script\b([^>]*)>(.*?)</script>", page, re.DOTALL)
    return {re.sub(r'^.*\bsrc="(/[^"]*)/[^"]*".*$', r"\1", tag) if not inside else "" for tag, inside in found}


def test_pages_are_well_made(client: FlaskClient, kg: KnowledgeGraph) -> None:
    for address in _pages(kg):
        response = client.get(address, headers={"Accept": BROWSER})
        page = Page(response.text)
        assert response.mimetype == "text/html", address
        assert page.strays == [] and page.open == [], address
        assert response.text.startswith('<!doctype html>\n<html lang="en">')
        assert [page.tags[tag] for tag in ("h1", "main", "title", "style")] == [1, 1, 1, 0], address
        assert scripts(response.text) <= {"/static/bundle"}, address
        assert [name for name, count in Counter(page.ids).items() if count > 1] == [], address
        assert set(page.fields) <= page.labelled, address
        assert "#content" in page.links
        fragments = {unquote(link[1:]) for link in page.links if link.startswith("#")}
        assert fragments <= set(page.ids), address


def test_links_on_pages_lead_somewhere(client: FlaskClient, kg: KnowledgeGraph) -> None:
    found: set[str] = set()
    for address in ("/", "/data/entity/taliban", *map(local, kg.documents())):
        page = Page(client.get(address, headers={"Accept": BROWSER}).text)
        found |= {urlsplit(link)._replace(fragment="").geturl() for link in page.links if link.startswith("/")}
    assert len(found) > 50
    for link in sorted(found):
        assert client.get(link, headers={"Accept": "text/html,*/*;q=0.5"}).status_code == 200, link


def test_places_of_quotes_are_anchors_in_the_text(client: FlaskClient, kg: KnowledgeGraph) -> None:
    document = kg.documents()[0]
    page = Page(client.get(local(document), headers={"Accept": BROWSER}).text)
    for claim in kg.claims():
        for span in claim.evidence:
            assert span.fragment in page.ids
    other = Page(client.get("/data/entity/taliban", headers={"Accept": BROWSER}).text)
    quotes = {urlsplit(link).fragment for link in other.links if link.startswith(local(document) + "#char=")}
    assert quotes
    assert quotes <= set(page.ids)


def test_the_text_of_a_document_is_shown_as_it_is(client: FlaskClient, kg: KnowledgeGraph) -> None:
    document = kg.documents()[0]
    page = client.get(local(document), headers={"Accept": BROWSER}).text
    body = page[page.index('<div class="text"') :]
    body = body[body.index(">") + 1 : body.index("</div>")]
    shown = re.sub(r"<[^>]+>", "", re.sub(r"<sup>.*?</sup>", "", body))
    for escaped, character in {"&lt;": "<", "&gt;": ">", "&#34;": '"', "&#39;": "'", "&amp;": "&"}.items():
        shown = shown.replace(escaped, character)
    assert shown == kg.text(document).content


def test_facts_stand_apart_from_claims(client: FlaskClient) -> None:
    page = client.get("/data/entity/taliban", headers={"Accept": BROWSER}).text
    facts = page[page.index('<section class="facts"') : page.index('<section class="claims"')]
    claims = page[page.index('<section class="claims"') :]
    assert "controls" in facts
    assert "article says" not in facts
    assert "The article says that Hua Chunying says" in claims
    assert "<mark>" in claims
    assert "characters 463–536" in claims
    china = client.get("/data/state/CHN", headers={"Accept": BROWSER}).text
    facts = china[china.index('<section class="facts"') : china.index('<section class="claims"')]
    assert "benefit" not in facts
    assert "benefit" in china


def test_a_claim_shows_its_chain_from_the_outside_in(client: FlaskClient, kg: KnowledgeGraph) -> None:
    claim = kg.commitments()[0].claims[0]
    page = client.get(local(claim.iri), headers={"Accept": BROWSER}).text
    chain = page[page.index('<ol class="chain">') : page.index("</ol>")]
    places = [chain.index(name) for name in ("the narrator", "Hu Shisheng", "leaders of the Taliban")]
    assert places == sorted(places)
    assert "promises" in page
    assert "negative" in page


def test_right_to_left_names_are_set_so(client: FlaskClient) -> None:
    page = Page(client.get("/data/entity/taliban", headers={"Accept": BROWSER}).text)
    assert page.directions["fa"] == page.directions["ar"] == "rtl"
    assert page.directions["zh"] == "ltr"


def test_hostile_data_does_nothing() -> None:
    label = ox.Literal('<script>alert(1)</script>" onload="x', language="en")
    node = "https://w3id.org/geokg/data/entity/evil"
    kg = memory(
        (node, "http://www.w3.org/2004/02/skos/core#prefLabel", label, "https://w3id.org/geokg/graph/entities"),
        (node, "javascript:alert(2)", "javascript:alert(3)", "https://w3id.org/geokg/graph/entities"),
        (node, "http://p.example/", "data:text/html,x", "https://w3id.org/geokg/graph/entities"),
    )
    client = create_app(kg).test_client()
    for address in ("/data/entity/evil", "/graph/entities", "/sparql?query=" + quote("SELECT * { ?s ?p ?o }")):
        text = client.get(address, headers={"Accept": BROWSER}).text
        page = Page(text)
        assert scripts(text) <= {"/static/bundle"}
        assert "alert(1)" in text
        for link in page.links:
            assert link.startswith(("/", "#", "http://", "https://")), link


def test_a_claim_that_lacks_a_part_still_has_a_page() -> None:
    data, graph = "https://w3id.org/geokg/data/", "https://w3id.org/geokg/graph/document/broken"
    kg = memory(
        (data + "document/broken/claim/1", str(RDF.type), str(GK.Claim), graph),
        (data + "document/broken/claim/1", str(GK.hasContent), data + "document/broken/situation/1", graph),
        (data + "document/broken/claim/1", str(GK.isClaimedBy), data + "entity/somebody", graph),
        (data + "document/broken/situation/1", str(RDF.type), str(GK.Benefit), graph),
        (data + "document/broken/situation/1", str(GK.hasBeneficiary), data + "entity/somebody", graph),
    )
    client = create_app(kg).test_client()
    for path in ("document/broken/claim/1", "document/broken/situation/1", "entity/somebody"):
        page = client.get("/data/" + path, headers={"Accept": BROWSER})
        assert page.status_code == 200
        assert Page(page.text).strays == []


def test_the_questions_of_the_first_page_are_in_the_cookbook(client: FlaskClient) -> None:
    assert set(FIRST_QUESTIONS) <= {question.name for question in questions()}
    page = client.get("/", headers={"Accept": BROWSER}).text
    assert page.count('href="/sparql?query=') == len(FIRST_QUESTIONS)


def test_the_cookbook_is_answered(client: FlaskClient) -> None:
    for question in questions():
        response = client.get("/sparql", query_string={"query": question.sparql}, headers={"Accept": BROWSER})
        assert response.status_code == 200, (question.name, response.text)


# The app itself


def test_the_blueprint_fits_into_another_app(kg: KnowledgeGraph) -> None:
    app = Flask("other")
    app.extensions["geokg"] = Site(kg)
    app.register_blueprint(blueprint(), url_prefix="/kg")
    client = app.test_client()
    assert client.get("/kg/data/entity/taliban").status_code == 200
    page = Page(client.get("/kg/", headers={"Accept": BROWSER}).text)
    assert all(link.startswith(("/kg/", "#")) for link in page.links)
    assert "Content-Security-Policy" in client.get("/kg/").headers


def test_settings(kg: KnowledgeGraph) -> None:
    client = create_app(kg, title="Who said what", MAX_CONTENT_LENGTH=50).test_client()
    assert "<title>Who said what</title>" in client.get("/").text
    response = client.post("/sparql", data="ASK {}" + " " * 100, content_type="application/sparql-query")
    assert response.status_code == 413


SERVE = """
import runpy, sys
from waitress.server import create_server
server = create_server(runpy.run_path(sys.argv[1])["app"], host="127.0.0.1", port=0)
print(server.effective_port, flush=True)
server.run()
"""


def test_over_http_with_the_app_of_server_py() -> None:
    with subprocess.Popen([sys.executable, "-c", SERVE, str(ROOT / "server.py")], stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            connection = http.client.HTTPConnection("127.0.0.1", int(server.stdout.readline()), timeout=60)
            connection.request("GET", "/sparql?query=" + quote("ASK { ?c a gk:Claim }"))
            assert json.load(connection.getresponse())["boolean"] is True
            connection.request("HEAD", "/data/entity/taliban")
            response = connection.getresponse()
            assert (response.status, response.read()) == (200, b"")
            connection.request("GET", "/sparql?format=csv&query=" + quote("SELECT * { ?a ?b ?c . ?d ?e ?f }"))
            response = connection.getresponse()
            assert response.getheader("Transfer-Encoding") == "chunked"
            assert response.read(100_000).startswith(b"a,b,c,d,e,f\r\n")
            connection.close()  # leaves in the middle of 100 million rows
            connection.request("GET", "/health")
            assert json.load(connection.getresponse())["status"] == "ok"
            connection.close()
        finally:
            server.kill()
