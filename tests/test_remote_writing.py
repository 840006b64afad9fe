"""Writing through our endpoint to stores on other machines: what a service holds afterwards is what a folder would."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

import geokg
from geokg import canonical
from geokg.endpoint.annotating import Desk
from geokg.endpoint.annotating_files import Shelf
from geokg.endpoint.changes import Change
from geokg.endpoint.remote_writer import JudgingWriter, PassingWriter
from geokg.endpoint.syntax import check_syntax
from geokg.endpoint.writer import StoreWriter, Writer
from geokg.errors import Busy, GeokgError, QueryError, QuerySyntaxError, RemoteError
from geokg.graph import KnowledgeGraph
from geokg.remote import Connection, RemoteStore, load, marks, writing
from geokg.store import Store
from processes import serving
from services import Misbehaving, Reply, Service

pytestmark = pytest.mark.xdist_group("remote")

X = "http://example.org/"
SECRET = {"Authorization": "Bearer secret"}
TURTLE, UPDATE = {"Content-Type": "text/turtle"}, {"Content-Type": "application/sparql-update"}
CHANGES: list[tuple[str, str, str, dict[str, str]]] = [
    ("POST", "/update", f"INSERT DATA {{ GRAPH <{X}g> {{ <{X}s> <{X}p> 'one', [ <{X}q> 'ä\\r\\n\"𝄞' ] }} }}", UPDATE),
    ("POST", "/update", f"INSERT DATA {{ GRAPH <{X}g> {{ <{X}s> <{X}p> 'two'@en }} }}", UPDATE),
    (
        "POST",
        "/update",
        f"DELETE {{ GRAPH ?g {{ ?s ?p ?o }} }} INSERT {{ GRAPH <{X}h> {{ ?s ?p 1.5 }} }}"
        f" WHERE {{ GRAPH ?g {{ ?s ?p ?o FILTER(?o = 'one') }} }}",
        UPDATE,
    ),
    ("PUT", f"/store?graph={X}k", f"<{X}a> <{X}b> 1, [ <{X}c> 2 ] .", TURTLE),
    ("POST", f"/store?graph={X}k", f"<{X}a> <{X}b> <../d> .", TURTLE),
    ("PATCH", f"/store?graph={X}k", f"DELETE WHERE {{ ?s <{X}c> ?o }}", UPDATE),
    ("PUT", f"/store?graph={X}m", f"<{X}a> <{X}b> 'gone' .", TURTLE),
    ("DELETE", f"/store?graph={X}m", "", {}),
    ("DELETE", f"/store?graph={X}m", "", {}),
    ("PATCH", f"/store?graph={X}k", f"INSERT DATA {{ GRAPH <{X}g> {{ <{X}a> <{X}b> 1 }} }}", UPDATE),
    ("POST", "/update", "INSERT DATA {\n <x:s> <x:p> }", UPDATE),
    ("POST", "/update", "LOAD <http://192.0.2.1/>", UPDATE),
    ("PUT", f"/store?graph={X}h", f"<{X}s> <{X}p> .", TURTLE),
]
STATUSES = [204, 204, 204, 201, 204, 204, 201, 204, 404, 400, 400, 403, 400]


def client_of(store: Store, writer: Writer) -> FlaskClient:
    return geokg.create_app(KnowledgeGraph(store), writer=writer, token="secret").test_client()


def sent(client: FlaskClient, changes: list[tuple[str, str, str, dict[str, str]]]) -> list[int]:
    """What comes of all changes, one after the other."""
    return [
        client.open(address, method=method, data=body.encode(), headers=headers | SECRET).status_code
        for method, address, body, headers in changes
    ]


def same(store: Store, other: Store) -> bool:
    return list(canonical.nquads(store.quads())) == list(canonical.nquads(other.quads()))


def quad(value: str, graph: str = "g") -> ox.Quad:
    return ox.Quad(ox.NamedNode(X + "s"), ox.NamedNode(X + "p"), ox.Literal(value), ox.NamedNode(X + graph))


def inserted(value: str, graph: str = "g") -> Change:
    return Change("update", text=f"INSERT DATA {{ GRAPH <{X}{graph}> {{ <{X}s> <{X}p> '{value}' }} }}")


@pytest.fixture
def empty(running: Callable[[str], Service]) -> Service:
    """One service, where it does not matter which; empty."""
    service = running("oxigraph")
    store = service.store()
    for graph in (*store.graphs(), store.written):
        store.drop(graph)
    return service


@pytest.fixture
def judging(service: Service, tmp_path: Path) -> Iterator[JudgingWriter]:
    """Rules are followed, and shapes not asked: a quick one."""
    with closing(JudgingWriter(service.store(), tmp_path / "copy", gate="off")) as writer:
        yield writer


# What is there afterwards


@pytest.mark.parametrize("how", ["judged", "passed on"])
def test_a_service_holds_what_a_store_here_would(service: Service, tmp_path: Path, how: str) -> None:
    here, store = Store.memory(), service.store()
    changes = CHANGES
    if how == "passed on":  # Virtuoso takes no blank nodes in an update
        changes = [
            (method, address, body.replace("[ <", f"<{X}n> . <{X}n> <").replace("] }", "}"), headers)
            if address == "/update"
            else (method, address, body, headers)
            for method, address, body, headers in CHANGES
        ]
    assert sent(client_of(here, StoreWriter(here)), changes) == STATUSES
    writer = JudgingWriter(store, tmp_path / "copy", gate="off") if how == "judged" else PassingWriter(store)
    with closing(writer):
        assert sent(client_of(store, writer), changes) == STATUSES
    assert same(service.store(), here)


def test_shapes_are_asked_and_facts_follow(empty: Service, fresh_kg: geokg.KnowledgeGraph, tmp_path: Path) -> None:
    fresh_kg.save(empty.url)
    changes = [
        ("DELETE WHERE { GRAPH ?g { ?claim gk:isClaimedBy ?who } }", 422),
        ("DELETE WHERE { GRAPH ?g { ?policy a gk:AcceptancePolicy } }", None),
        ("INSERT DATA { GRAPH <x:g> { <x:s> <x:p> 1 } }", 204),
    ]
    store = empty.store()
    with closing(JudgingWriter(store, tmp_path / "copy")) as writer:
        here, there = client_of(fresh_kg.store, StoreWriter(fresh_kg.store, gate="refuse")), client_of(store, writer)
        for update, status in changes:
            wanted, got = (
                client.post("/update", data={"update": update}, headers=SECRET | {"Accept": "application/json"})
                for client in (here, there)
            )
            assert got.status_code == wanted.status_code, got.text
            assert status in (None, got.status_code)
            if status == 422:
                assert got.json is not None
                assert got.json["findings"] == (wanted.json or {})["findings"]
        report = writer.report()
        assert report is not None
        assert report.counts == geokg.validate(fresh_kg).counts
    assert same(empty.store(), fresh_kg.store)


# Others who write


def test_what_others_write_is_seen_before_the_next_change(service: Service, judging: JudgingWriter) -> None:
    judging.write(inserted("ours"))
    service.store().extend([quad("theirs")])
    judging.write(
        Change("update", text=f"INSERT {{ GRAPH <{X}h> {{ ?s ?p ?o }} }} WHERE {{ GRAPH <{X}g> {{ ?s ?p ?o }} }}")
    )
    assert {q.object.value for q in service.store().quads(X + "h")} == {"ours", "theirs"}
    load(service.store(), [quad("loaded")])  # as many triples as before, and a mark of its own
    service.store().drop(X + "h")
    judging.write(
        Change("update", text=f"DELETE {{ GRAPH <{X}g> {{ ?s ?p 'loaded' }} }} WHERE {{ GRAPH <{X}g> {{ ?s ?p ?o }} }}")
    )
    assert "loaded" not in {q.object.value for q in service.store().quads()}


def test_of_two_that_write_at_once_one_does_nothing(
    service: Service, judging: JudgingWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    judging.write(inserted("first"))
    update = Connection.update

    def overtaken(self: Connection, sparql: str, *, is_repeatable: bool = False) -> None:
        monkeypatch.setattr(Connection, "update", update)
        other = service.store()
        writing.exchange(other, marks.read(other), [], [quad("another")])
        update(self, sparql, is_repeatable=is_repeatable)

    monkeypatch.setattr(Connection, "update", overtaken)
    with pytest.raises(Busy, match="nothing was done: send it again"):
        judging.write(inserted("late"))
    assert {q.object.value for q in service.store().quads()} == {"first", "another"}
    judging.write(inserted("late"))
    assert {q.object.value for q in service.store().quads()} == {"first", "another", "late"}


def test_a_blank_node_that_only_the_service_can_name_is_left_alone(service: Service, judging: JudgingWriter) -> None:
    nameless = f"@prefix x: <{X}> . [] <{X}p> 'nameless' .".encode()
    service.store().connection.graph("POST", X + "g", nameless).close()
    before = list(canonical.nquads(service.store().quads()))
    with pytest.raises(QueryError, match="only the service can name") as caught:
        judging.write(Change("update", text="DELETE WHERE { GRAPH ?g { ?s ?p 'nameless' } }"))
    assert caught.value.status == 409
    judging.write(inserted("beside", "h"))
    assert list(canonical.nquads(service.store().quads(X + "g"))) == before


def test_what_is_told_of_changes_of_the_same_moment_is_true(service: Service) -> None:
    stores = [service.store() for _ in range(3)]
    writing.begin(stores[0])
    for round_ in range(8):
        known, told = marks.read(stores[0]), set[str]()
        together = threading.Barrier(len(stores))

        def write(number: int, known: tuple[str, ...] = known, told: set[str] = told, round_: int = round_) -> None:
            together.wait()  # noqa: B023 (they end before the next round)
            with suppress(Busy):
                writing.exchange(stores[number], known, [], [quad(f"{round_}/{number}")])
                told.add(f"{round_}/{number}")

        threads = [threading.Thread(target=write, args=(number,)) for number in range(len(stores))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        there = {one.object.value for one in stores[0].quads(X + "g")}
        assert {one for one in there if one.startswith(f"{round_}/")} == told
        assert told
        assert len(marks.read(stores[0])) == len(told)


# Answers that are lost


def lose(monkeypatch: pytest.MonkeyPatch, *, is_done: bool) -> None:
    """Let the answer to updates be lost."""
    update = Connection.update

    def lost(self: Connection, sparql: str, *, is_repeatable: bool = False) -> None:
        if is_done:
            update(self, sparql, is_repeatable=is_repeatable)
        raise RemoteError("the connection has gone")

    monkeypatch.setattr(Connection, "update", lost)


def test_a_change_whose_answer_is_lost_is_asked_after(
    empty: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_answer(_: RemoteStore) -> tuple[str, ...]:
        raise RemoteError("no answer")

    store = empty.store()
    with closing(JudgingWriter(store, tmp_path / "copy", gate="off")) as writer:
        with monkeypatch.context() as patch:
            lose(patch, is_done=True)
            writer.write(inserted("done"))
        with monkeypatch.context() as patch:
            lose(patch, is_done=False)
            with pytest.raises(RemoteError, match="has gone"):
                writer.write(inserted("not done"))
        with monkeypatch.context() as patch:
            known = marks.read(store)
            lose(patch, is_done=True)
            patch.setattr(writing, "read", no_answer)
            with pytest.raises(RemoteError, match="nobody knows whether it was done"):
                writing.exchange(store, known, [], [quad("fate")])
        writer.write(inserted("next", "h"))  # what the lost one has done is read first
    assert {q.object.value for q in store.quads()} == {"done", "fate", "next"}


def test_steps_that_were_done_are_taken_back(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    store, update, left = service.store(), Connection.update, [3]
    writing.begin(store)
    monkeypatch.setattr(writing, "STEP", 2)
    known = writing.exchange(store, marks.read(store), [], [quad(str(n)) for n in range(5)])
    before = set(store.quads())
    assert len(before) == 5

    def failing(self: Connection, sparql: str, *, is_repeatable: bool = False) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise RemoteError("no more")
        update(self, sparql, is_repeatable=is_repeatable)

    left[0] = 2 if service.name == "virtuoso" else 1  # Oxigraph's takes all at once
    monkeypatch.setattr(Connection, "update", failing)
    with pytest.raises(RemoteError, match="no more"):
        writing.exchange(store, known, sorted(before, key=str), [quad("new")])
    assert set(store.quads()) == before


# What is refused


def test_a_service_that_is_too_large_is_not_judged(empty: Service, tmp_path: Path) -> None:
    empty.store().extend([quad("one"), quad("two")])
    with pytest.raises(GeokgError, match="--gate off --rules off"):
        JudgingWriter(empty.store(), tmp_path / "copy", most=1)


@pytest.mark.parametrize("how", ["judged", "passed on"])
def test_conditions(empty: Service, tmp_path: Path, how: str) -> None:
    store = empty.store()
    writer = JudgingWriter(store, tmp_path / "copy", gate="off") if how == "judged" else PassingWriter(store)
    with closing(writer):
        client = client_of(store, writer)

        def put(**headers: str) -> int:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return client.put(f"/store?graph={X}c", data="<x:a> <x:b> 1 .", headers=SECRET | TURTLE | named).status_code

        assert put(If_Match="*") == 412
        assert put(If_None_Match="*") == 201
        assert put(If_None_Match="*") == 412
        assert put(If_Match="*") == 204
        tag = client.get(f"/store?graph={X}c").headers["ETag"]
        assert put(If_Match=tag) == 412  # others may have written since
        assert client.post("/update", data={"update": "CLEAR ALL"}).status_code == 401
        foreign = client.post(
            "/update", data={"update": "CLEAR ALL"}, headers=SECRET | {"Origin": "http://evil.example"}
        )
        assert foreign.status_code == 403


def test_an_update_is_parsed_before_it_is_passed_on() -> None:
    for update in ("PREFIX a: <a:>\nINSERT DATA { a:b a:c ?d }", "BASE <x:> CLEAR ALL ; INSERT { ?s } WHERE {}"):
        with pytest.raises(QuerySyntaxError) as moved:
            check_syntax(update)
        with pytest.raises(SyntaxError) as itself:
            ox.Store().update(update)
        assert f"{moved.value.line}:{moved.value.column}" in str(itself.value)
    check_syntax("CREATE GRAPH <x:g> ; DROP GRAPH <x:never> ; INSERT { ?s ?p ?o } WHERE { ?s ?p ?o }")
    check_syntax("")


def test_what_goes_wrong_there_is_told_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOKG_REMOTE_TOKEN", "hidden")
    broken = Misbehaving()
    with closing(broken):
        store = RemoteStore(Connection(broken.url, silence=0.3))
        client = client_of(store, PassingWriter(store))

        def post(*replies: Reply) -> tuple[int, str, str | None]:
            broken.replies = list(replies)
            answer = client.post("/update", data={"update": "DELETE WHERE { ?s ?p ?o }"}, headers=SECRET)
            assert "hidden" not in answer.text
            assert answer.content_type == "application/problem+json"
            return answer.status_code, json.loads(answer.text)["detail"], answer.headers.get("Retry-After")

        assert post(Reply(b"oops", status=500))[0] == 502
        status, told, after = post(Reply(b"busy", status=503, headers={"Retry-After": "7"}))
        assert (status, after) == (503, "7")
        assert len(broken.seen) == 2  # neither was sent twice
        status, told, _ = post(Reply(silent=True))
        assert status == 504
        assert "it may have been done all the same" in told
        status, told, _ = post(Reply(b"x", status=302, headers={"Location": "http://elsewhere.example.org/"}))
        assert (status, "elsewhere" in told) == (502, True)


def test_an_annotation_is_kept_until_the_service_says_whether_it_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> bool:
        raise RemoteError("the service has gone")

    shelf = Shelf(tmp_path / "note.ann")
    shelf.prepare(b"T1\tState 0 5\tChina\n")
    monkeypatch.setattr(Desk, "_has", gone)
    with pytest.raises(RemoteError):
        Desk([], Store.memory(), None).mend(shelf)
    assert shelf.pending.exists()
    assert not shelf.file.exists()


# The command


def test_the_command_writes_to_a_service(service: Service, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret")
    options = ["--gate", "off", "--rules", "off"] if service.name == "virtuoso" else ["--gate", "warn"]
    with serving(service.url, "--token-file", str(token), *options) as (told, process):
        with httpx.Client(base_url=told["address"], timeout=60) as client:
            update = {"update": f"INSERT DATA {{ GRAPH <{X}g> {{ <{X}s> <{X}p> 'there' }} }}"}
            assert client.post("/update", data=update).status_code == 401
            assert client.post("/update", data=update, headers=SECRET).status_code == 204
            asked = {"query": f"ASK {{ <{X}s> <{X}p> 'there' }}"}
            assert client.get("/sparql", params=asked).json()["boolean"] is True
        process.terminate()
        assert process.wait(20) == 0
    assert list(service.store().quads()) == [quad("there")]
