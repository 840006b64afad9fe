"""Stores on other machines: two real services, and one that misbehaves."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from click.testing import CliRunner

import geokg
from geokg import canonical, rules
from geokg.cli import main
from geokg.cookbook import questions
from geokg.errors import (
    GeokgError,
    QueryError,
    QueryNotPossible,
    QuerySyntaxError,
    QueryTimeout,
    QueryTooLarge,
    ReadError,
    RemoteError,
)
from geokg.remote import Connection, Credentials, RemoteStore, addresses, load
from geokg.remote.virtuoso import construction
from geokg.store import Results, Store
from geokg.vocabulary import GK, Base
from processes import serving
from services import VIRTUOSO_ROWS, Misbehaving, Reply, Service

pytestmark = pytest.mark.xdist_group("remote")  # they share what one of them sets up

X = "http://example.org/"
XSD = "http://www.w3.org/2001/XMLSchema#"


def iri(name: str) -> ox.NamedNode:
    return ox.NamedNode(X + name)


def quad(subject: str, value: object, graph: str = "g") -> ox.Quad:
    term = value if isinstance(value, ox.NamedNode | ox.BlankNode | ox.Literal) else ox.Literal(str(value))
    return ox.Quad(iri(subject), iri("p"), term, iri(graph))


def same(store: Store, other: Store) -> bool:
    return list(canonical.nquads(store.quads())) == list(canonical.nquads(other.quads()))


@pytest.fixture
def loaded(service: Service, kg: geokg.KnowledgeGraph) -> geokg.KnowledgeGraph:
    """The article's graph in each service."""
    kg.save(service.url)
    return geokg.open(service.url)


@pytest.fixture
def broken() -> Iterator[Misbehaving]:
    service = Misbehaving()
    yield service
    service.close()


# The same graph from elsewhere


def test_a_graph_comes_back_as_it_was_sent(
    loaded: geokg.KnowledgeGraph, kg: geokg.KnowledgeGraph, tmp_path: Path
) -> None:
    assert same(loaded.store, kg.store)
    assert (len(loaded), loaded.store.graphs()) == (len(kg), kg.store.graphs())
    assert loaded.store.sizes() == kg.store.sizes()
    kg.save(tmp_path / "here.trig")
    loaded.save(tmp_path / "there.trig")
    assert (tmp_path / "here.trig").read_bytes() == (tmp_path / "there.trig").read_bytes()
    loaded.save(tmp_path / "folder")
    assert same(geokg.open(tmp_path / "folder").store, kg.store)


def test_views_names_and_explanations_are_the_same(loaded: geokg.KnowledgeGraph, kg: geokg.KnowledgeGraph) -> None:
    for view in ("documents", "claims", "commitments", "officials", "states", "movements", "initiatives"):
        assert getattr(loaded, view)() == getattr(kg, view)(), view
    (commitment,) = kg.commitments()
    assert str(loaded.explain(commitment.iri)) == str(kg.explain(commitment.iri))
    assert loaded.find("塔利班") == kg.find("塔利班")
    assert loaded.validate().conforms


def test_rdflib_sees_the_same(loaded: geokg.KnowledgeGraph, kg: geokg.KnowledgeGraph) -> None:
    sparql = "SELECT ?claim ?who { ?claim a gk:Claim ; gk:isClaimedBy ?who } ORDER BY ?claim"
    assert list(loaded.query(sparql)) == list(kg.query(sparql))
    assert bool(loaded.query("ASK { ?claim a gk:Claim }").askAnswer)
    assert set(loaded.query("CONSTRUCT WHERE { ?c a gk:Claim }")) == set(kg.query("CONSTRUCT WHERE { ?c a gk:Claim }"))
    engine, statement = loaded.store.ox, quad("s", "rdflib's")
    engine.add(statement)
    assert list(engine.quads_for_pattern(None, None, statement.object, None)) == [statement]
    engine.remove(statement)
    assert not loaded.store.has_graph(X + "g")


def test_documents_go_in_and_out(
    loaded: geokg.KnowledgeGraph, fresh_kg: geokg.KnowledgeGraph, write_source: Callable[..., Path]
) -> None:
    document = geokg.read(
        write_source(
            "China said that Iran met Russia.",
            """
            T1 State China
            T2 Statement said
            T3 State Iran
            T4 Meeting met
            T5 State Russia
            T6 Evidence Iran met Russia
            E1 Statement:T2 Actor:T1 Content:E2
            E2 Meeting:T4 Participant:T3 Participant2:T5 Evidence:T6
            """,
        )
    )
    before = len(loaded)
    for graph in (loaded, fresh_kg):
        graph.add(document)
    assert same(loaded.store, fresh_kg.store)
    assert len(loaded) > before
    for graph in (loaded, fresh_kg):
        graph.retract(document)
    assert same(loaded.store, fresh_kg.store)


# Which graphs a query sees


def test_the_default_graph_is_the_union_unless_something_else_is_asked_for(service: Service) -> None:
    store = service.store()
    store.extend([quad("s", "one", "g1"), quad("s", "two", "g2")])
    sparql = f"SELECT ?o {{ <{X}s> <{X}p> ?o }}"

    def values(sparql: str, **options: object) -> set[str]:
        return {row["o"].value for row in store.query(sparql, **options)}

    assert values(sparql) == {"one", "two"}
    assert values(sparql, default_graph=X + "g1") == {"one"}
    assert values(sparql, named_graphs=[X + "g1"]) == set()
    assert values(sparql, default_graph=[], named_graphs=[]) == set()
    assert values(f"SELECT ?o FROM <{X}g2> {{ ?s ?p ?o }}") == {"two"}
    assert values("SELECT ?o { GRAPH ?g { ?s ?p ?o } }", named_graphs=[X + "g2"]) == {"two"}
    assert values("SELECT ?o { <s> <p> ?o }", base_iri=X) == {"one", "two"}
    assert values("SELECT ?o { ?s <http://example.org/p> ?o }", substitutions={"o": ox.Literal("two")}) == {"two"}


def test_the_union_is_the_list_of_graphs_where_nothing_else_helps(running: Callable[[str], Service]) -> None:
    store = running("oxigraph").store()
    store.extend([quad("s", "listed", "list")])
    store._union = "list"
    assert bool(store.query(f"ASK {{ <{X}s> <{X}p> 'listed' }}"))
    store.drop(X + "list")


def test_what_stands_in_no_named_graph_is_there_too(running: Callable[[str], Service]) -> None:
    service = running("oxigraph")
    service.store().connection.update(f"INSERT DATA {{ <{X}unnamed> <{X}p> 1 }}")
    store = service.store()
    try:
        assert [str(q.graph_name) for q in store.match(iri("unnamed"))] == ["DEFAULT"]
        assert store.contains(predicate=iri("p"), object=ox.Literal(1))
        assert any(q.subject == iri("unnamed") for q in store.quads())
        assert len(store) == len(list(store.quads()))
    finally:
        store.connection.update("DROP DEFAULT")


# Quads


def test_match_contains_and_unknown(service: Service) -> None:
    store = service.store()
    quads = [quad("s", "one", "g1"), quad("s", ox.Literal("zwei", language="de"), "g2"), quad("t", iri("s"), "g2")]
    store.extend(quads)
    assert set(store.match(iri("s"))) == set(quads[:2])
    assert list(store.match(iri("s"), iri("p"), None, iri("g2"))) == [quads[1]]
    assert list(store.match(object=iri("s"))) == [quads[2]]
    assert set(store.match(predicate=iri("p"))) == set(quads)
    assert set(store.match()) == set(quads)
    assert store.contains(object=iri("s"))
    assert store.contains(iri("s"), iri("p"), ox.Literal("one"))
    assert not store.contains(iri("s"), iri("q"))
    assert not store.contains(object=iri("s"), graph=iri("g1"))
    strange = ox.Triple(iri("s"), iri("p"), ox.Literal("zwei", language="fr"))
    assert list(store.unknown([*(q.triple for q in quads), strange, strange])) == [strange]
    assert store.has_graph(X + "g1")
    store.drop(X + "g1")
    store.drop(X + "never")
    assert store.graphs() == [X + "g2"]
    assert list(store.match(iri("s"))) == [quads[1]]  # nothing that was remembered outlives a change
    assert list(store.quads(X + "never")) == []


def test_blank_nodes_are_one_node_across_requests_and_back(service: Service) -> None:
    store = service.store()
    node, other = ox.BlankNode("a"), ox.BlankNode("b.c-d")
    quads = [ox.Quad(node, iri("p"), other, iri("g1")), ox.Quad(other, iri("p"), ox.Literal(1), iri("g2"))]
    store.extend(quads)
    assert set(store.quads()) == set(quads)
    assert list(store.match(other)) == [quads[1]]
    assert list(store.match(object=other)) == [quads[0]]
    (row,) = store.query(f"SELECT ?o {{ ?s <{X}p>/<{X}p> ?o }}")
    assert row["o"].value == "1"
    assert store.query(f"ASK {{ ?s <{X}p> ?o FILTER(isBlank(?s)) }}").__bool__() is False  # there they are IRIs


def test_texts_come_back_to_the_character(service: Service) -> None:
    text = "a\r\nb\tc \"quoted\" \\ 𝄞 ä طالبان \u0001 'x' " * 3000
    store = service.store()
    store.extend([quad("s", text)])
    assert [q.object.value for q in store.quads()] == [text]
    assert [q.object.value for q in store.match(iri("s"))] == [text]


def test_a_slip_of_the_pen_is_told_before_anything_is_sent(service: Service) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        service.store().query("SELECT *\n{ ?s ?p }")
    assert caught.value.line == 2


# Loading


def test_loading_goes_on_where_it_broke_off(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Store.memory()
    here.extend([quad(f"s{n}", n, graph) for n in range(25) for graph in ("g1", "g2")])
    store, put, left = service.store(), RemoteStore.put, [3]

    def failing(self: RemoteStore, graph: str | None, lines: list[str], *, replace: bool = False) -> None:
        if not str(graph).endswith(("/loading", "/written")):
            if not left[0]:
                raise RemoteError("the service has gone")
            left[0] -= 1
        put(self, graph, lines, replace=replace)

    monkeypatch.setattr(RemoteStore, "put", failing)
    with pytest.raises(RemoteError, match="has gone"):
        load(store, here.quads(), chunk=10)
    left[0] = 1000
    seen: list[tuple[int, int]] = []
    assert load(store, here.quads(), chunk=10, progress=lambda done, total: seen.append((done, total))) < 50
    assert same(store, here)
    assert seen[-1] == (50, 50)
    assert load(store, here.quads(), chunk=10) == 50  # nothing is left of the first load


def test_another_load_does_not_rely_on_what_was_broken_off(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    store, put = service.store(), RemoteStore.put
    first, second = Store.memory(), Store.memory()
    first.extend([quad("s", "first", "g1"), quad("s", "x", "g2")])
    second.extend([quad("s", "second", "g1"), quad("s", "x", "g2")])

    def failing(self: RemoteStore, graph: str | None, lines: list[str], *, replace: bool = False) -> None:
        if graph == X + "g2":
            raise RemoteError("the service has gone")
        put(self, graph, lines, replace=replace)

    for content in (first, second):
        with monkeypatch.context() as patch:
            patch.setattr(RemoteStore, "put", failing)
            with pytest.raises(RemoteError, match="has gone"):
                load(store, sorted(content.quads(), key=lambda q: q.graph_name.value))
    load(store, first.quads())
    assert same(store, first)


def test_loading_replaces_our_graphs_and_no_others(service: Service) -> None:
    base = Base(X + "kg/")
    store = service.store(base)
    theirs = quad("s", "theirs", "elsewhere")
    store.extend([theirs, quad("s", "old", "kg/graph/stale"), quad("s", "old", "kg/graph/kept")])
    new = quad("s", "new", "kg/graph/kept")
    load(store, [new])
    assert set(store.quads()) == {theirs, new}


def test_a_service_that_keeps_less_than_it_was_sent_is_found_out(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = RemoteStore.put
    monkeypatch.setattr(
        RemoteStore, "put", lambda self, graph, lines, **options: put(self, graph, lines[:-1], **options)
    )
    with pytest.raises(RemoteError, match="3 triples were sent, and the service holds 2"):
        load(service.store(), [quad("s", n) for n in range(3)])


# The commands


def run(*args: str) -> str:
    result = CliRunner().invoke(main, list(args))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_commands_take_an_address(service: Service, kg: geokg.KnowledgeGraph, root: Path) -> None:
    told = json.loads(run("build", str(root / "data"), "-o", service.url, "--json"))
    assert told["quads"] == len(kg)
    rows = json.loads(run("query", service.url, "SELECT (COUNT(*) AS ?n) { ?c a gk:Claim }", "--json"))
    assert rows["results"]["bindings"][0]["n"]["value"] == str(told["claims"])
    assert json.loads(run("explain", service.url, "gk:RestraintCommitment", "--json"))["claims"]
    assert json.loads(run("check", service.url, "--json"))["conforms"] is True


def test_a_service_is_served_with_pages_and_all(loaded: geokg.KnowledgeGraph) -> None:
    client = geokg.create_app(loaded).test_client()
    answer = client.get("/sparql", query_string={"query": "ASK { ?c a gk:Claim }"})
    assert answer.json == {"head": {}, "boolean": True}
    assert "text/html" in client.get("/data/entity/taliban", headers={"Accept": "text/html"}).content_type
    turtle = client.get("/data/entity/taliban", headers={"Accept": "text/turtle"})
    assert turtle.status_code == 200
    assert "塔利班" in turtle.text
    assert client.get("/.well-known/void").status_code == 200
    assert client.get("/sparql", headers={"Accept": "text/turtle"}).status_code == 200
    assert client.get("/health").json["quads"] == len(loaded)
    # What others have written meanwhile shows at once in answers.
    first = client.get("/sparql", query_string={"query": "SELECT (COUNT(*) AS ?n) { ?c a gk:Claim }"})
    loaded.store.drop(loaded.base.document_graph("china-taliban/article"))
    again = client.get(
        "/sparql",
        query_string={"query": "SELECT (COUNT(*) AS ?n) { ?c a gk:Claim }"},
        headers={"If-None-Match": first.headers.get("ETag", "")},
    )
    assert again.status_code == 200
    assert again.data != first.data


def test_the_command_serves_a_service_and_writes_nothing_there_if_it_may_not(
    loaded: geokg.KnowledgeGraph, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOKG_TOKEN", "secret")
    before = len(loaded)
    with serving(service.url, "--read-only") as (told, process):
        client = httpx.Client(base_url=told["address"], headers={"Authorization": "Bearer secret"})
        with client:
            assert client.get("/sparql", params={"query": "ASK { ?c a gk:Claim }"}).json()["boolean"] is True
            assert "塔利班" in client.get("/data/entity/taliban", headers={"Accept": "text/turtle"}).text
            federated = client.get("/sparql", params={"query": "ASK { SERVICE <http://192.0.2.1/> {} }"})
            assert federated.status_code == 403
            for answer in (
                client.post("/update", data={"update": "DROP ALL"}),
                client.put("/store?graph=x:g", content="<x:s> <x:p> 1 .", headers={"Content-Type": "text/turtle"}),
                client.delete("/store", params={"graph": loaded.store.graphs()[0]}),
            ):
                assert answer.status_code == 403
                assert "read-only" in answer.json()["detail"]
        process.terminate()
        assert process.wait(20) == 0
    assert len(loaded) == before


# Services that misbehave

_ROW = b'{"head":{"vars":["s"]},"results":{"bindings":[{"s":{"type":"uri","value":"http://example.org/s"}}]}}'
SELECT, CONSTRUCT = "SELECT ?s { ?s ?p ?o }", "CONSTRUCT WHERE { ?s ?p ?o }"
NTRIPLES = "application/n-triples"
_TRIPLE = b"<http://example.org/s> <http://example.org/p> <http://example.org/o> .\n"


def asked(service: Misbehaving, sparql: str = SELECT, *, silence: float = 5, **options: int) -> object:
    store = RemoteStore(Connection(service.url, credentials=Credentials(), silence=silence), **options)
    return store.query(sparql, union=False)


@pytest.mark.parametrize(
    ("reply", "sparql", "words"),
    [
        (
            Reply(b"<html><h1>It works!</h1></html>", media="text/html"),
            SELECT,
            "text/html, not with results: It works!",
        ),
        (Reply(b"Bad day", media="text/plain"), CONSTRUCT, "text/plain, not with results: Bad day"),
        (Reply(_ROW, media=""), SELECT, "no media type"),
        (Reply(_ROW, length=len(_ROW) + 1), SELECT, "breaks off"),
        (Reply(_ROW[:-1]), SELECT, "breaks off"),
        (Reply(_ROW[:-1] + b"\n500 out of memory"), SELECT, "breaks off"),
        (Reply(_ROW, chunked=True), SELECT, "breaks off"),
        (Reply(_TRIPLE, chunked=True, media=NTRIPLES), CONSTRUCT, "breaks off"),
        (Reply(_TRIPLE[:-9], media=NTRIPLES), CONSTRUCT, "breaks off"),
        (Reply(_TRIPLE, length=-1, media=NTRIPLES), CONSTRUCT, "marks its end"),
        (Reply(_TRIPLE, media=NTRIPLES), SELECT, "not with results"),
        (Reply(b'{"head":{},"boolean":true}'), SELECT, "truth value"),
        (Reply(_ROW), "ASK {}", "answers with rows"),
        (Reply(_ROW, headers={"X-SQL-State": "S1TAT"}), SELECT, "a part: S1TAT"),
        (
            Reply(b"", status=302, headers={"Location": "http://elsewhere.example.org/"}),
            SELECT,
            "moved to http://elsewhere",
        ),
        (Reply(b"", status=401, headers={"WWW-Authenticate": "Basic"}), SELECT, "GEOKG_REMOTE_USER"),
        (
            Reply(b"<title>x</title><p>Gone &gt; fishing</p>", status=500, media="text/html"),
            SELECT,
            "answers 500: Gone",
        ),
    ],
)
def test_what_is_no_whole_answer_is_an_error(broken: Misbehaving, reply: Reply, sparql: str, words: str) -> None:
    broken.replies = [reply]
    with pytest.raises(RemoteError, match=words):
        asked(broken, sparql)
    assert all("elsewhere" not in path for _, path, _ in broken.seen)


def test_answers_that_are_too_large_are_refused(broken: Misbehaving) -> None:
    broken.replies = [Reply(_ROW)]
    with pytest.raises(QueryTooLarge, match="more than 50 bytes"):
        asked(broken, largest=50)
    broken.replies = [Reply(_ROW, headers={"X-SPARQL-MaxRows": "1"})]
    with pytest.raises(QueryTooLarge, match="no more than 1 rows"):
        asked(broken)
    broken.replies = [Reply(b"", status=413)]
    with pytest.raises(QueryTooLarge):
        asked(broken)


def test_silence_ends(broken: Misbehaving) -> None:
    broken.replies = [Reply(silent=True)]
    with pytest.raises(QueryTimeout, match=r"silent for 0\.2 seconds"):
        asked(broken, silence=0.2)
    assert len(broken.seen) == 1  # asking a service that is too slow once more would not make it faster
    broken.replies = [Reply(b"too slow", status=504, headers={"Retry-After": "0"})]
    with pytest.raises(QueryTimeout, match="too slow"):
        asked(broken)


def test_what_may_be_sent_again_is(broken: Misbehaving) -> None:
    busy = Reply(b"busy", status=503, headers={"Retry-After": "0"})
    broken.replies = [busy, busy, Reply(_ROW)]
    assert len(list(asked(broken))) == 1
    assert len(broken.seen) == 3
    broken.replies = [busy]
    with pytest.raises(RemoteError, match="503: busy"):
        asked(broken)
    assert len(broken.seen) == 6


def test_what_may_not_be_sent_again_is_not(broken: Misbehaving) -> None:
    store = RemoteStore(Connection(broken.url, credentials=Credentials()))
    broken.replies = [Reply(b"busy", status=503, headers={"Retry-After": "0"})]
    with pytest.raises(RemoteError):
        store.update("DELETE WHERE { ?s ?p ?o }")
    assert len(broken.seen) == 1
    with pytest.raises(RemoteError):
        store.extend([quad("s", 1)])  # adding the same triples twice is adding them once
    assert len(broken.seen) == 4


def test_credentials_go_where_they_are_asked_for(broken: Misbehaving) -> None:
    def headers(credentials: Credentials, *replies: Reply) -> list[str | None]:
        broken.seen.clear()
        broken.replies = list(replies)
        connection = Connection(broken.url, credentials=credentials)
        RemoteStore(connection).query(SELECT, union=False)
        return [seen.get("authorization", "").partition(" ")[0] for _, _, seen in broken.seen]

    def challenge(how: str) -> Reply:
        return Reply(b"", status=401, headers={"WWW-Authenticate": how})

    answer = Reply(_ROW)
    assert headers(Credentials(), answer) == [""]
    assert headers(Credentials(token="t"), answer) == ["Bearer"]
    assert headers(Credentials("u", "p"), answer) == [""]
    assert headers(Credentials("u", "p"), challenge("Basic realm=x"), answer) == ["", "Basic"]
    digest = challenge('Digest realm="x", nonce="n", qop="auth", algorithm=MD5')
    assert headers(Credentials("u", "p"), digest, digest, answer)[-1] == "Digest"


def test_virtuoso_is_read_as_it_means_it(broken: Misbehaving) -> None:
    broken.name = "Virtuoso/07.20.3229 (Linux)"
    true = {"type": "typed-literal", "datatype": XSD + "boolean", "value": "1"}
    broken.replies = [Reply(json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": [{"x": true}]}}).encode())]
    (row,) = asked(broken)
    assert row["x"] == ox.Literal(True)
    assert bool(asked(broken, "ASK {}"))
    broken.replies = [Reply(b'{"head":{"vars":["__ASK_RETVAL"]},"results":{"bindings":[]}}')]
    assert not bool(asked(broken, "ASK {}"))
    broken.replies = [Reply(b"{")]
    with pytest.raises(RemoteError, match="breaks off"):
        asked(broken)


def test_addresses_that_are_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(RemoteError, match="cannot be reached"):
        geokg.open(f"http://127.0.0.1:{port}/sparql")
    with pytest.raises(GeokgError, match="GEOKG_REMOTE_USER"):
        Connection("http://me:secret@kg.example.org/sparql")
    with pytest.raises(ReadError):
        geokg.open("ftp://kg.example.org/")
    result = CliRunner().invoke(main, ["check", f"http://127.0.0.1:{port}/"])
    assert result.exit_code == 3
    assert "cannot be reached" in result.output


def test_addresses_follow_the_habits_of_servers(broken: Misbehaving, monkeypatch: pytest.MonkeyPatch) -> None:
    assert addresses(X + "ds/query", "Apache Jena Fuseki").graph_store == X + "ds/data"
    assert addresses("http://kg.example.org/").query == "http://kg.example.org/sparql"
    assert (
        addresses("https://x.neptune.amazonaws.com:8182").graph_store
        == "https://x.neptune.amazonaws.com:8182/sparql/gsp/"
    )
    monkeypatch.setenv("GEOKG_REMOTE_UPDATE", X + "u")
    monkeypatch.setenv("GEOKG_REMOTE_STORE", X + "g")
    found = Connection(broken.url).service
    assert (found.query, found.update, found.graph_store) == (broken.url, X + "u", X + "g")


def test_without_graph_store_updates_do(running: Callable[[str], Service]) -> None:
    service = running("oxigraph")
    store = service.store()
    url = service.url
    object.__setattr__(store.connection, "service", addresses(url, "").__class__(url, url.replace("query", "update")))
    node = ox.BlankNode("c14n0")  # what it is called after a load
    quads = [ox.Quad(node, iri("p"), ox.Literal("one"), iri("only-updates"))]
    load(store, [*quads, quad("s", 1, "only-updates")])
    assert set(store.quads(X + "only-updates")) == {*quads, quad("s", 1, "only-updates")}
    store.put(X + "only-updates", store.lines(quads), replace=True)
    assert list(store.quads(X + "only-updates")) == quads
    store.drop(X + "only-updates")
    assert not store.has_graph(X + "only-updates")


# What each cannot do


def _query(sparql: str, wanted: list[str]) -> Callable[[RemoteStore], bool]:
    def probe(store: RemoteStore) -> bool:
        try:
            return sorted(str(row[0]) for row in store.query(sparql)) == wanted
        except QueryError:
            return False

    return probe


def _keeps(value: str, datatype: str) -> Callable[[RemoteStore], bool]:
    def probe(store: RemoteStore) -> bool:
        sent = quad("s", ox.Literal(value, datatype=ox.NamedNode(XSD + datatype)))
        store.extend([sent])
        return list(store.quads()) == [sent]

    return probe


def _updates(sparql: str, then: Callable[[RemoteStore], bool]) -> Callable[[RemoteStore], bool]:
    def probe(store: RemoteStore) -> bool:
        with suppress(QueryError):
            store.update(sparql)
        return then(store)

    return probe


def _rules(store: RemoteStore) -> bool:
    here = geokg.sample().store
    load(store, here.quads())
    try:
        for rule in rules.packaged_rules():
            for policy in rules.policies(here) if rule.graph == "accepted" else (None,):
                sparql = rule.sparql + (f"\nVALUES ?policy {{ <{policy}> }}" if policy else "")
                if set(store.query(sparql)) != set(here.query(sparql)):
                    return False
    except QueryError:
        return False
    return True


def _cut(sparql: str) -> Callable[[RemoteStore], bool]:
    def probe(store: RemoteStore) -> bool:
        number = VIRTUOSO_ROWS + 2000
        store.extend([quad(f"s{n}", n) for n in range(number)])
        try:
            return len(list(store.query(sparql))) == number
        except QueryTooLarge:
            return True

    return probe


_TRUE, _INTEGER = f'"true"^^<{XSD}boolean>', f"^^<{XSD}integer>"
PROBES: dict[str, Callable[[RemoteStore], bool]] = {
    "takes all graphs together for the default graph": lambda store: (
        store.extend([quad("s", 1)]) is None and (store._find_union() or store._union) == "itself"
    ),
    "counts a triple that stands in two graphs once": lambda store: (
        store.extend([quad("s", 1, "g1"), quad("s", 1, "g2")]) is None
        and _query(f"SELECT ?o {{ <{X}s> <{X}p> ?o }}", ['"1"'])(store)
    ),
    "keeps `007` as an integer is written": _keeps("007", "integer"),
    "keeps `2.50` as a decimal is written": _keeps("2.50", "decimal"),
    "keeps `xsd:nonNegativeInteger` apart from `xsd:integer`": _keeps("5", "nonNegativeInteger"),
    "keeps integers of any size": _keeps("99999999999999999999999", "integer"),
    "keeps dates before our era": _keeps("-0044-03-15", "date"),
    "keeps `+00:00` apart from `Z`": _keeps("2026-01-01T10:00:00+00:00", "dateTime"),
    "gives computed truth values as `xsd:boolean`": _query("SELECT (1 = 1 AS ?x) {}", [_TRUE]),
    "leaves a function of nothing unbound": _query("SELECT ?x ?y { BIND(YEAR(?u) AS ?x) BIND(1 AS ?y) }", ["None"]),
    "counts paths that are not there as 0": _query(
        f"SELECT (COUNT(?o) AS ?n) {{ VALUES ?s {{ <{X}a> }} OPTIONAL {{ ?s <{X}q>+ ?o }} }} GROUP BY ?s",
        [f'"0"{_INTEGER}'],
    ),
    "follows a path with both ends open": _query(f"SELECT * {{ ?a <{X}q>+ ?b }}", []),
    "answers `DESCRIBE`": lambda store: (
        store.extend([quad("s", "one")]) is None and _query(f"DESCRIBE <{X}s>", [f"<{X}s>"])(store)
    ),
    "takes `VALUES` at the end of `CONSTRUCT`": lambda store: _query(
        "CONSTRUCT WHERE { ?s ?p ?o } VALUES ?s { <http://example.org/never> }", []
    )(store),
    "takes 20,000 triples in one `INSERT DATA`": _updates(
        f"INSERT DATA {{ GRAPH <{X}g> {{ {' '.join(f'<{X}s> <{X}p> {n} .' for n in range(20_000))} }} }}",
        lambda store: store.sizes().get(X + "g") == 20_000,
    ),
    "leaves nothing of an update that fails half-way": _updates(
        f"INSERT DATA {{ GRAPH <{X}g> {{ <{X}s> <{X}p> 1 }} }} ; LOAD <http://127.0.0.1:1/never> INTO GRAPH <{X}g>",
        lambda store: not store.has_graph(X + "g"),
    ),
    "sends all rows, or says that it does not": _cut("SELECT * { GRAPH <http://example.org/g> { ?s ?p ?o } }"),
    "sends all triples, or says that it does not": _cut(
        "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH <http://example.org/g> { ?s ?p ?o } }"
    ),
    "gives for every rule of geokg what is given here": _rules,
}


def _table(root: Path, start: str = "| a service |") -> dict[str, dict[str, str]]:
    """A table in the documentation: by row and by the service that heads the column."""
    text = (root / "docs" / "stores.md").read_text(encoding="utf-8")
    lines = text[text.index(start) :].partition("\n\n")[0].splitlines()
    heads, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    names = [head.split()[0].lower() for head in heads[1:]]
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}


def test_the_table_has_every_probe_and_no_other(root: Path) -> None:
    assert list(_table(root)) == list(PROBES)


@pytest.mark.parametrize("what", PROBES)
def test_the_table_says_what_a_service_does(service: Service, what: str, root: Path) -> None:
    assert _table(root)[what][service.name] == ("yes" if PROBES[what](service.store()) else "no")


# The cookbook


def test_the_table_says_which_questions_are_answered_otherwise(
    loaded: geokg.KnowledgeGraph, kg: geokg.KnowledgeGraph, service: Service, root: Path
) -> None:
    patient = RemoteStore(Connection(service.url, silence=600), base=loaded.base)

    def told(store: Store, sparql: str) -> list[str] | None:
        try:
            return sorted(map(str, store.query(sparql)))
        except QueryError:
            return None

    table = _table(root, "| question |")
    assert all(row["why"] for row in table.values())
    wrong = {}
    for question in questions():
        wanted, got = told(kg.store, question.sparql), told(patient, question.sparql)
        how = "the same" if got == wanted else "no answer" if got is None else "other rows"
        listed = table.get(question.name, {}).get(service.name, "the same")
        if how != listed:
            wrong[question.name] = how
    assert wrong == {}


@pytest.mark.parametrize(
    "sparql",
    [
        "CONSTRUCT { ?who gk:x [ gk:y ?claim ] } WHERE { ?claim gk:isClaimedBy ?who } ORDER BY ?claim LIMIT 5",
        "CONSTRUCT # {\n { ?c gk:says '{?x}' ; gk:not ?unbound } { ?c a gk:Claim }",
        "CONSTRUCT FROM <https://w3id.org/geokg/graph/entities> WHERE { ?movement a gk:Movement }",
        "CONSTRUCT {} WHERE { ?s ?p ?o }",
    ],
)
def test_a_construct_for_virtuoso_is_a_select_and_a_construct_here(kg: geokg.KnowledgeGraph, sparql: str) -> None:
    def quads(results: Results) -> set[ox.Quad]:
        return canonical.labelled(ox.Quad(*triple) for triple in results)

    sparql = f"PREFIX gk: <{GK}> {sparql}"
    halves = construction(sparql)
    assert quads(halves.of(kg.store.solutions(halves.select))) == quads(kg.store.query(sparql))


def test_virtuoso_is_not_asked_to_describe() -> None:
    with pytest.raises(QueryNotPossible, match="CONSTRUCT instead"):
        construction("PREFIX construct: <x:> DESCRIBE <x:CONSTRUCT>")
