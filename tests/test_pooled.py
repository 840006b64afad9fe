"""An app that answers from a pool says what the same app says without one."""

from __future__ import annotations

import gc
import re
import socket
import sys
import weakref
from collections.abc import Iterator

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Client, TestResponse

import geokg
from geokg.endpoint import create_app, create_pool
from geokg.endpoint.direct import Direct
from geokg.endpoint.pooled import watch
from geokg.endpoint.protocol import QUERY
from geokg.endpoint.reading_store import TOGETHER, PooledStore
from geokg.endpoint.site import Site
from geokg.errors import Busy, QueryNotPossible
from geokg.sparql.pool import Job, Pool
from geokg.store import Store

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the pool is for Linux")

TOKEN = "a token for the tests"
CLAIMS = "SELECT ?claim ?who { ?claim a gk:Claim ; gk:isClaimedBy ?who } ORDER BY ?claim"
ARTICLE = "/data/document/china-taliban/article"
CLAIM = ARTICLE + "/claim/2059cd6d7205bfba"
COPY = "CONSTRUCT { ?claim gk:isClaimedBy ?who } WHERE { ?claim gk:isClaimedBy ?who } ORDER BY ?claim"


@pytest.fixture(scope="module")
def clients() -> Iterator[tuple[FlaskClient, FlaskClient]]:
    kg = geokg.sample()
    pool = create_pool(kg.store, workers=2)
    assert pool is not None
    with pool:
        apps = create_app(kg), create_app(kg, pool=pool, token=TOKEN)
        for app in apps:  # pages show what was found, or that it is being looked for
            assert app.extensions["geokg"].findings.look(wait=60).is_current
        yield apps[0].test_client(), apps[1].test_client()


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        (query, accept)
        for query, accepts in {
            CLAIMS: ["json", "xml", "csv", "tsv", "html"],
            COPY: ["ttl", "nt", "jsonld", "trig", "nq", "rdf", "html"],
            "ASK { ?claim a gk:Claim }": ["json", "xml", "csv", "tsv", "html"],
            "SELECT * FROM g:entities { ?s a ?class } ORDER BY ?s ?class": ["csv"],
            "SELECT (COUNT(*) AS ?n) FROM NAMED g:entities { GRAPH ?g { ?s ?p ?o } }": ["csv"],
            'SELECT ?x ?y ?z { VALUES (?x ?y) { (UNDEF "a"@en) (<x:y> "1"^^<x:z>) } }': ["json", "html"],
            "SELECT (<relative> AS ?iri) {}": ["csv"],
            "SELECT * { ?s ?p": ["json"],
            "ASK { SERVICE <http://example.org/> {} }": ["json"],
            "SELECT (<x:none>(1) AS ?x) {}": ["json"],
        }.items()
        for accept in accepts
    ],
)
def test_the_same_answers(clients: tuple[FlaskClient, FlaskClient], query: str, accept: str) -> None:
    alone, pooled = (client.get("/sparql", query_string={"query": query, "format": accept}) for client in clients)
    assert (pooled.status_code, pooled.content_type) == (alone.status_code, alone.content_type)
    if accept == "html":  # a page also says how long it took, and how long it may take
        times = re.compile(r"An answer may take [^<]*? the other formats all\.|It took \d+ ms\.")
        assert times.sub("", pooled.text).split() == times.sub("", alone.text).split()
    else:
        assert pooled.data == alone.data
    assert pooled.headers.get("ETag") == alone.headers.get("ETag")


def test_a_format_that_does_not_fit_the_result(clients: tuple[FlaskClient, FlaskClient]) -> None:
    for query, accept in ((COPY, "text/csv"), (CLAIMS, "text/turtle"), (CLAIMS, "image/png")):
        for client in clients:
            response = client.get("/sparql", query_string={"query": query}, headers={"Accept": accept})
            assert response.status_code == 406
            assert response.json["offers"]


def test_the_dataset_of_the_request_wins(clients: tuple[FlaskClient, FlaskClient]) -> None:
    count = "SELECT (COUNT(*) AS ?n) FROM <x:nothing> { ?s ?p ?o }"
    graph = geokg.Base.from_environment().graph + "entities"
    alone, pooled = (
        client.get("/sparql", query_string={"query": count, "default-graph-uri": graph, "format": "csv"})
        for client in clients
    )
    assert pooled.data == alone.data != b"n\r\n0\r\n"


def test_an_answer_that_the_client_holds_is_not_evaluated_again(clients: tuple[FlaskClient, FlaskClient]) -> None:
    _, pooled = clients
    first = pooled.get("/sparql", query_string={"query": CLAIMS})
    assert b"claim" in first.data
    tag = first.headers["ETag"]
    response = pooled.get("/sparql", query_string={"query": CLAIMS}, headers={"If-None-Match": tag})
    assert (response.status_code, response.data, response.headers["ETag"]) == (304, b"", tag)
    other = pooled.get("/sparql", query_string={"query": COPY}, headers={"If-None-Match": tag})
    assert (other.status_code, b"isClaimedBy" in other.data) == (200, True)


@pytest.mark.parametrize("name", ["ttl", "nt", "trig", "nq", "jsonld", "rdf"])
def test_a_graph_is_sent_by_a_worker(clients: tuple[FlaskClient, FlaskClient], name: str) -> None:
    alone, pooled = (client.get("/graph/entities", query_string={"format": name}) for client in clients)
    assert pooled.content_type == alone.content_type
    found = [set(ox.parse(one.data, format=ox.RdfFormat.from_media_type(one.mimetype))) for one in (alone, pooled)]
    assert found[0] == found[1] != set()
    tag = {"If-None-Match": pooled.headers["ETag"]}
    again = clients[1].get("/graph/entities", query_string={"format": name}, headers=tag)
    assert (again.status_code, again.data) == (304, b"")
    head = clients[1].head("/graph/entities", query_string={"format": name})
    assert (head.status_code, head.data) == (200, b"")


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/graph/entities", "text/html"),
        *((path, "text/html") for path in ("/", "/data/state/CHN", "/data/entity/taliban", ARTICLE, CLAIM)),
        *(
            (path, "text/html")
            for path in ("/ontology", "/ontology/Claim", "/vocab/predicts", "/shapes/Claim-claimant")
        ),
        *((path, "text/turtle") for path in ("/.well-known/void", "/sparql", "/data/state/CHN", ARTICLE, "/ontology")),
        ("/health", "*/*"),
    ],
)
def test_what_is_counted_and_read_by_workers_is_the_same(
    clients: tuple[FlaskClient, FlaskClient], path: str, accept: str
) -> None:
    alone, pooled = (client.get(path, headers={"Accept": accept}) for client in clients)
    assert alone.status_code == 200
    assert (pooled.status_code, pooled.content_type) == (alone.status_code, alone.content_type)
    assert pooled.data == alone.data


def test_head(clients: tuple[FlaskClient, FlaskClient]) -> None:
    response = clients[1].head("/sparql", query_string={"query": CLAIMS})
    assert (response.status_code, response.data) == (200, b"")


@pytest.mark.parametrize("seconds", ["", "5", "0.5", "1e3"])
def test_a_request_may_name_its_time(clients: tuple[FlaskClient, FlaskClient], seconds: str) -> None:
    response = clients[1].get("/sparql", query_string={"query": CLAIMS, "timeout": seconds})
    assert (response.status_code, b"claim" in response.data) == (200, True)


@pytest.mark.parametrize("seconds", ["soon", "0", "-1", "nan", "inf"])
def test_a_time_that_is_none_is_refused(clients: tuple[FlaskClient, FlaskClient], seconds: str) -> None:
    for client in clients:
        assert client.get("/sparql", query_string={"query": CLAIMS, "timeout": seconds}).status_code == 400


def test_a_query_over_its_time_is_a_problem(clients: tuple[FlaskClient, FlaskClient]) -> None:
    query = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    response = clients[1].get("/sparql", query_string={"query": query, "timeout": "0.2"})
    assert (response.status_code, response.content_type) == (503, "application/problem+json")
    assert "longer than 0.2 s" in response.json["detail"]


def test_the_operator_needs_a_token(clients: tuple[FlaskClient, FlaskClient]) -> None:
    alone, pooled = clients
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert alone.get("/admin/queries", headers=bearer).status_code == 403  # it has none itself
    assert pooled.get("/admin/queries").status_code == 401
    assert pooled.get("/admin/queries", headers=bearer).json == {"queries": []}
    assert pooled.delete("/admin/queries/1", headers=bearer).status_code == 404
    assert "Access-Control-Allow-Origin" not in pooled.get("/admin/queries", headers=bearer).headers


def test_how_servers_tell_that_a_client_has_left() -> None:
    asks = watch({"waitress.client_disconnected": lambda: True})
    assert asks is not None
    assert asks()
    ours, theirs = socket.socketpair()
    for name in ("gunicorn.socket", "werkzeug.socket"):
        asks = watch({name: ours})
        assert asks is not None
        assert not asks()
    theirs.close()
    assert asks()
    ours.close()
    assert asks()


# What pages read


@pytest.fixture
def read() -> Iterator[tuple[Store, PooledStore, list[str]]]:
    """A store with a chain of nodes, blank ones too, in two graphs; the same through a pool; what that was asked."""
    store = Store.memory()
    a, b, p = (ox.NamedNode(f"x:{name}") for name in "abp")
    inner, first, second = ox.BlankNode(), ox.NamedNode("x:first"), ox.NamedNode("x:second")
    quoted = ox.Triple(a, p, ox.Literal("q"))
    store.extend(
        [
            ox.Quad(a, p, b, first),
            ox.Quad(a, p, inner, second),
            ox.Quad(inner, p, ox.Literal("line\nbreak", language="en"), second),
            ox.Quad(inner, p, quoted, second),
            ox.Quad(b, p, ox.Literal("1", datatype=ox.NamedNode("x:type")), ox.DefaultGraph()),
        ]
    )
    store.ox.add_graph(ox.NamedNode("x:empty"))
    asked: list[str] = []
    pool = create_pool(store, workers=1)
    assert pool is not None
    run = pool.run

    def counted(job: Job, **settings: object) -> object:
        asked.append(job.query)
        return run(job, **settings)  # type: ignore[arg-type]

    pool.run = counted  # type: ignore[assignment, method-assign]
    with pool:
        yield store, PooledStore(store, pool), asked


def test_a_page_reads_what_is_in_the_store(read: tuple[Store, PooledStore, list[str]]) -> None:
    store, pooled, _ = read
    a, p = ox.NamedNode("x:a"), ox.NamedNode("x:p")
    everything = set(store.quads())
    assert set(pooled.quads()) == everything
    assert set(pooled.quads("x:second")) == set(store.quads("x:second"))
    assert (pooled.graphs(), pooled.sizes(), len(pooled)) == (store.graphs(), store.sizes(), len(store))
    assert [pooled.has_graph(f"x:{name}") for name in ("first", "empty", "none")] == [True, True, False]
    for quad in everything:
        graph = quad.graph_name if isinstance(quad.graph_name, ox.NamedNode) else None
        for pattern in (
            (quad.subject,),
            (quad.subject, quad.predicate, quad.object),
            (None, quad.predicate, quad.object),
            (None, None, quad.object),
            (None, None, quad.object, graph),
            (quad.subject, None, None, graph),
        ):
            assert set(pooled.match(*pattern)) == set(store.match(*pattern)), pattern
            assert pooled.contains(*pattern)
    assert not pooled.contains(a, p, ox.Literal("none"))
    assert not pooled.contains(predicate=ox.NamedNode("x:none"))
    assert not pooled.contains(None, p, None, ox.NamedNode("x:empty"))
    assert len(list(pooled.solutions("SELECT * { ?s ?p ?o }"))) == len(everything)
    for query in ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", "DESCRIBE <x:a>"):
        with pytest.raises(QueryNotPossible):
            pooled.query(query)


def test_a_blank_node_is_the_same_wherever_a_page_meets_it(read: tuple[Store, PooledStore, list[str]]) -> None:
    _, pooled, _ = read
    (met,) = (q.object for q in pooled.match(ox.NamedNode("x:a")) if isinstance(q.object, ox.BlankNode))
    assert len(list(pooled.match(met))) == 2
    (again,) = (row["o"] for row in pooled.solutions("SELECT ?o { <x:a> <x:p> ?o FILTER ( isBlank(?o) ) }"))
    assert again == met
    assert [quad.subject for quad in pooled.match(None, None, met)] == [ox.NamedNode("x:a")]


def test_what_is_read_is_remembered_and_what_it_mentions_is_read_with_it(
    read: tuple[Store, PooledStore, list[str]],
) -> None:
    _, pooled, asked = read
    a, b, p = (ox.NamedNode(f"x:{name}") for name in "abp")
    (inner,) = (quad.object for quad in pooled.match(a) if isinstance(quad.object, ox.BlankNode))
    assert len(asked) == 1
    for node in (a, b, inner, a, b):
        list(pooled.match(node, p))
    assert len(asked) == 2
    assert "1 more" in asked[1]
    pooled.expect([ox.NamedNode(f"x:{number}") for number in range(TOGETHER)])
    for number in range(TOGETHER):
        assert not pooled.contains(ox.NamedNode(f"x:{number}"))
    assert len(asked) == 3


def test_a_page_takes_few_questions(clients: tuple[FlaskClient, FlaskClient]) -> None:
    pool = clients[1].application.extensions["geokg"].pool
    asked, run = [], pool.run
    pool.run = lambda job, **settings: asked.append(job.query) or run(job, **settings)
    try:
        for path, most in ((ARTICLE, 20), (CLAIM, 25), ("/ontology/Claim", 15)):
            asked.clear()
            assert clients[1].get(path, headers={"Accept": "text/html"}).status_code == 200
            assert 0 < len(asked) <= most, (path, asked)
    finally:
        pool.run = run


@pytest.mark.parametrize("accept", ["text/html", "text/turtle"])
def test_a_page_that_nobody_can_read_now_says_so(accept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kg = geokg.sample()
    pool = create_pool(kg.store, workers=1)
    assert pool is not None
    client, run = create_app(kg, pool=pool).test_client(), Pool.run
    left = [0]

    def busy(self: Pool, job: Job, **settings: object) -> object:
        left[0] -= 1
        if left[0] < 0:
            raise Busy("all workers are at work", retry_after=3)
        return run(self, job, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(Pool, "run", busy)
    with pool:
        for number in range(8):  # whichever question is not answered: none is taken for "there is nothing"
            left[0] = number
            for path in (ARTICLE, CLAIM):
                response = client.get(path, headers={"Accept": accept})
                if response.status_code == 200:
                    assert accept == "text/turtle"  # which takes fewer questions
                else:
                    assert (response.status_code, response.headers["Retry-After"]) == (503, "3")
                    assert "workers are at work" in response.text


# -- before Flask ------------------------------------------------------------------------------------------------------

MANY = "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 3000"


@pytest.mark.parametrize(
    "asked",
    [
        *({"headers": {"Accept": accept}} for accept in ("", "*/*", "text/csv", "text/turtle;q=0.5, text/csv", "a/b")),
        *({"headers": {"Accept-Encoding": coding}} for coding in ("gzip", "zstd, gzip;q=0.5", "br", "gzip;q=0, *")),
        {"headers": {"If-None-Match": '"nothing"'}},
        {"headers": {"Cookie": "x" * 10_000}},
        {"headers": {"Origin": "http://elsewhere.example"}},
        {"headers": {"Host": "kg.example.org"}, "query_string": {"query": "SELECT (<relative> AS ?iri) {}"}},
        {"query_string": {"query": MANY, "format": "csv"}, "headers": {"Accept-Encoding": "gzip"}},
        {"query_string": {"query": COPY, "format": "nt"}},
        {"query_string": {"query": CLAIMS, "format": "ttl"}},
        {"query_string": {"query": CLAIMS, "format": "none"}},
        {"query_string": {"query": CLAIMS, "timeout": "5"}},
        {"query_string": {"query": CLAIMS, "timeout": "soon"}},
        {"query_string": {"query": "SELECT (RAND() AS ?r) { FILTER(false) }"}},
        {"query_string": {"query": CLAIMS, "default-graph-uri": "x:none"}},
        {"query_string": {"query": "SELECT * { ?s ?p"}},
        {"query_string": {"query": "ASK { SERVICE <http://example.org/> {} }"}},
        {"query_string": {"query": "SELECT * { ?a ?b ?c ; ?d ?e . ?f ?g ?h }", "timeout": "0.01"}},
        {"query_string": {"query": "((((", "format": "html"}},
        {"query_string": "query=%ff"},
        {"query_string": {"update": "CLEAR ALL"}},
        {"query_string": ""},
        {"query_string": [("query", "ASK {}"), ("query", "ASK {}")]},
        {"method": "HEAD"},
        {"method": "OPTIONS"},
        {"method": "PUT"},
        {"method": "POST", "query_string": "", "data": {"query": CLAIMS}},
        {"method": "POST", "query_string": "", "data": {"query": CLAIMS, "update": "CLEAR ALL"}},
        {"method": "POST", "query_string": "", "data": CLAIMS, "content_type": "application/sparql-query"},
        {"method": "POST", "query_string": "", "data": "ASK {}", "content_type": "text/plain"},
        {"method": "POST", "query_string": "", "data": "ASK {} #" + "x" * (1 << 17), "content_type": QUERY},
    ],
)
def test_what_is_answered_before_flask_is_what_flask_would_send(
    clients: tuple[FlaskClient, FlaskClient], asked: dict[str, object]
) -> None:
    app = clients[1].application
    request = {"path": "/sparql", "query_string": {"query": CLAIMS}, **asked}
    before, behind = (Client(one).open(**request) for one in (app, Flask.wsgi_app.__get__(app)))
    assert before.status == behind.status
    assert _headers(before) == _headers(behind)
    assert before.data == behind.data


def _headers(response: TestResponse) -> set[tuple[str, str]]:
    return {
        (name, str(sorted(value.split(", "))) if name in ("Vary", "Allow") else value)
        for name, value in response.headers
    }


def test_flask_never_sees_what_programs_ask(clients: tuple[FlaskClient, FlaskClient]) -> None:
    app = clients[1].application
    site = app.extensions["geokg"]
    assert site.pool is not None
    direct = Direct(lambda *_: pytest.fail("went on to the app"), site.answering, site.pool, site.hold)
    assert Client(direct).get("/sparql", query_string={"query": "ASK {}"}).json["boolean"] is True
    assert Client(direct).post("/sparql/", data={"query": COPY}).mimetype == "text/turtle"


def test_what_fails_holds_nothing_that_was_read() -> None:
    site, read = Site(geokg.sample()), []

    def fail(site: Site) -> None:
        store = Store.memory()
        read.append(weakref.ref(store))
        raise Busy("not now", retry_after=3)

    for _ in range(2):
        with pytest.raises(Busy, match="not now") as caught:
            site.once(fail)
        assert caught.value.retry_after == 3
    del caught
    gc.collect()
    assert [held() for held in read] == [None] * 2
