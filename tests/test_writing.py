"""Updates: who may, what is refused, what is kept, and that nothing is ever half there."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

import geokg
from geokg import rules
from geokg.cli import main, serve
from geokg.endpoint import create_app, scribe
from geokg.endpoint.changes import Change, plan
from geokg.endpoint.delta import Delta, difference, exchange
from geokg.endpoint.folder import FolderWriter
from geokg.endpoint.operations import Upload, with_dataset
from geokg.endpoint.problems import ProtocolError
from geokg.endpoint.scribe import Scribe
from geokg.endpoint.writer import Refused, StoreWriter
from geokg.errors import Busy, GeokgError, QueryError, QueryNotAllowed, QuerySyntaxError, QueryTimeout, ReadError
from geokg.graph import KnowledgeGraph
from geokg.sparql import check_update
from geokg.store import Store
from geokg.validation.standing import Kept, StandingReport
from geokg.vocabulary import prefixes
from processes import serving

TOKEN = "a secret"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
UPDATE = "application/sparql-update"
NUMBERS = " ".join(map(str, range(30)))
ENDLESS = (
    "INSERT { <x:a> <x:b> ?n } WHERE { { SELECT (COUNT(*) AS ?n) { "
    + " ".join(f"VALUES ?a{i} {{ {NUMBERS} }}" for i in range(10))
    + " } } }"
)


@pytest.fixture
def store() -> Store:
    return Store.memory()


@pytest.fixture
def client(store: Store) -> FlaskClient:
    return create_app(KnowledgeGraph(store), writer=StoreWriter(store), token=TOKEN, union=False).test_client()


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def insert(number: int) -> Change:
    return Change("update", text=f"INSERT DATA {{ <x:a> <x:b> {number} }}")


# Who may


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (BEARER, 204),
        ({"Authorization": f"bearer  {TOKEN}"}, 204),
        ({}, 401),
        ({"Authorization": f"Bearer {TOKEN}x"}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": "Bearer \xff"}, 401),
        ({"Authorization": f"Basic {TOKEN}"}, 401),
        (BEARER | {"Origin": "http://evil.example"}, 403),
        (BEARER | {"Origin": "null"}, 403),
        (BEARER | {"Sec-Fetch-Site": "cross-site"}, 403),
        (BEARER | {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, 204),
    ],
)
def test_writers_have_the_token_and_are_no_page_of_others(
    client: FlaskClient, store: Store, headers: dict[str, str], status: int
) -> None:
    response = client.post("/update", data={"update": "INSERT DATA { <x:a> <x:b> 1 }"}, headers=headers)
    assert response.status_code == status
    assert len(store) == (1 if status == 204 else 0)
    if status == 401:
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="geokg: writing"'
    assert "Access-Control-Allow-Origin" not in response.headers


def test_without_a_token_nobody_may(store: Store) -> None:
    client = create_app(KnowledgeGraph(store), writer=StoreWriter(store)).test_client()
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer None"}):
        assert client.post("/update", data={"update": "CLEAR ALL"}, headers=headers).status_code == 403


def test_without_a_writer_nobody_may(store: Store) -> None:
    client = create_app(KnowledgeGraph(store), token=TOKEN).test_client()
    assert client.post("/update", data={"update": "CLEAR ALL"}, headers=BEARER).status_code == 403


# What is sent


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"data": "CLEAR ALL", "content_type": UPDATE}, 204),
        ({"data": "CLEAR ALL", "content_type": f"{UPDATE}; charset=UTF-8"}, 204),
        ({"data": "CLEAR ALL", "content_type": f"{UPDATE}; charset=UTF-16"}, 415),
        ({"data": "CLEAR ALL", "content_type": "text/plain"}, 415),
        ({"data": "CLEAR ALL"}, 415),
        ({"data": b"\x1f\x8b", "content_type": UPDATE, "headers": {"Content-Encoding": "gzip"}}, 415),
        ({"data": b"CLEAR \xff", "content_type": UPDATE}, 400),
        ({"data": {"update": ["CLEAR ALL", "CLEAR ALL"]}}, 400),
        ({"data": {"update": "CLEAR ALL", "query": "ASK {}"}}, 400),
        ({"data": {"updates": "CLEAR ALL"}}, 400),
        ({"data": {"update": "CLEAR ALL"}, "query_string": {"update": "CLEAR ALL"}}, 400),
        ({"data": {"update": "CLEAR ALL", "using-graph-uri": "no iri"}}, 400),
        ({"data": {"update": "CLEAR"}}, 400),
        ({"data": {"update": "ASK {}"}}, 400),
        ({"data": {"update": "DROP GRAPH <x:nowhere>"}}, 404),
        ({"data": {"update": "CREATE GRAPH <x:g> ; CREATE GRAPH <x:g>"}}, 409),
        ({"data": {"update": "LOAD <http://127.0.0.1/>"}}, 403),
        ({"data": {"update": "INSERT {} WHERE { SERVICE <http://127.0.0.1/> {} }"}}, 403),
        ({"data": b"#" * (11 << 20), "content_type": UPDATE}, 413),
    ],
)
def test_what_is_sent_is_as_the_protocol_wants_it(client: FlaskClient, arguments: dict, status: int) -> None:
    headers = BEARER | arguments.pop("headers", {})
    assert client.post("/update", **arguments, headers=headers).status_code == status


def test_get_changes_nothing(client: FlaskClient, store: Store) -> None:
    response = client.get("/update", query_string={"update": "INSERT DATA { <x:a> <x:b> 1 }"}, headers=BEARER)
    assert response.status_code == 405
    assert set(response.allow) == {"POST", "OPTIONS"}
    assert len(store) == 0


@pytest.mark.parametrize(
    "update",
    [
        "LOADx:y",
        "PREFIX x: <x:> LOADx:y",
        "BASE <x:> loadx:y",
        "CLEAR ALL;LOADSILENTx:y",
        "CLEAR ALL ; LoAd <x:y>",
        r"\u004COAD <http://x.example/>",
        "INSERT DATA {} ; # comment\n LOAD SILENT <x:y>",
        "INSERT {} WHERE { { service ?s {} } }",
        "INSERT {} WHERE { SERVICEx:y {} }",
        r"INSERT {} WHERE { \u0053ERVICE <http://x.example/> {} }",
    ],
)
def test_no_other_server_is_asked_however_it_is_spelt(update: str) -> None:
    with pytest.raises(QueryNotAllowed):
        check_update(update)


@pytest.mark.parametrize(
    "update",
    [
        "INSERT DATA { <x:LOAD> <x:p> 'LOAD <x:y>' } # LOAD",
        "PREFIX LOAD: <x:> INSERT DATA { LOAD:x LOAD:y LOAD:z }",
        "INSERT {} WHERE { ?LOAD ?service '''\nLOAD''' }",
        "INSERT DATA { " + "<x:s> <x:p> <x:o> . " * 5000 + "}",
    ],
)
def test_what_only_looks_like_it_may_be_written(update: str) -> None:
    check_update(update)


# The dataset that a request names


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        ("INSERT DATA { <x:where> <x:p> 1 }", "INSERT DATA { <x:where> <x:p> 1 }"),
        (
            "DELETE { ?s ?p 'WHERE {' } INSERT {} WHERE { { ?s ?p ?o } } ; CLEAR ALL",
            "DELETE { ?s ?p 'WHERE {' } INSERT {} USING <x:g> WHERE { { ?s ?p ?o } } ; CLEAR ALL",
        ),
        (
            "PREFIX where: <x:> delete where { GRAPH where:g { ?s ?p ?o } } ; DELETE {} WHERE {}",
            "PREFIX where: <x:> delete { GRAPH where:g { ?s ?p ?o } } USING <x:g> where { GRAPH where:g { ?s ?p ?o } }"
            " ; DELETE {} USING <x:g> WHERE {}",
        ),
    ],
)
def test_the_dataset_of_a_request_is_written_into_its_update(update: str, expected: str) -> None:
    assert with_dataset(update, ["x:g"], []) == expected
    ox.Store().update(expected)


@pytest.mark.parametrize("clause", ["WITH <x:h> INSERT {} WHERE {}", "INSERT {} using named <x:h> WHERE {}"])
def test_an_update_with_two_datasets_is_refused(clause: str) -> None:
    with pytest.raises(ProtocolError):
        with_dataset(clause, [], ["x:g"])


# Whole or not at all


def test_an_update_that_fails_in_its_middle_leaves_nothing(client: FlaskClient, store: Store) -> None:
    update = "INSERT DATA { <x:a> <x:b> 1 } ; INSERT DATA { GRAPH <x:g> { <x:a> <x:b> 2 } } ; DROP GRAPH <x:nowhere>"
    before = store.generation
    assert client.post("/update", data=update, content_type=UPDATE, headers=BEARER).status_code == 404
    assert (len(store), store.graphs(), store.generation) == (0, [], before)


def test_a_change_is_seen_at_once_and_has_new_tags(client: FlaskClient) -> None:
    query = {"query": "SELECT * { ?s ?p ?o }"}
    first = client.get("/sparql", query_string=query)
    again = client.get("/sparql", query_string=query, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    for update in ("INSERT DATA { <x:a> <x:b> 1 }", "DELETE DATA { <x:a> <x:b> 1 } ; INSERT DATA { <x:a> <x:b> 2 }"):
        former = client.get("/sparql", query_string=query).headers["ETag"]
        client.post("/update", data=update, content_type=UPDATE, headers=BEARER)
        response = client.get("/sparql", query_string=query, headers={"If-None-Match": former})
        assert response.status_code == 200
    assert response.json["results"]["bindings"][0]["o"]["value"] == "2"


def test_relative_iris_are_relative_to_the_address(client: FlaskClient, store: Store) -> None:
    client.post("/update", data="INSERT DATA { <a> <b> 1 }", content_type=UPDATE, headers=BEARER)
    assert next(store.quads()).subject == ox.NamedNode("http://localhost/a")


@pytest.mark.parametrize("count", [1, 999, 1000, 2500])
def test_exchange_keeps_each_blank_node(count: int) -> None:
    p, graphs = ox.NamedNode("x:p"), (ox.NamedNode("x:g"), ox.DefaultGraph(), ox.NamedNode("x:h"))
    old = [ox.Quad(ox.BlankNode(), p, ox.Literal(str(n)), graphs[n % 3]) for n in range(count)]
    new = [ox.Quad(ox.BlankNode(), p, ox.BlankNode(), graphs[n % 2]) for n in range(count)]
    store = ox.Store()
    store.extend(old)
    exchange(store, Delta(old[::2], new, ["x:empty"]))
    assert set(store) == set(old[1::2]) | set(new)
    assert store.contains_named_graph(ox.NamedNode("x:empty"))
    other = ox.Store()
    other.add_graph(ox.NamedNode("x:other"))
    exchange(store, difference(store, other))
    assert len(store) == 0
    assert [graph.value for graph in store.named_graphs()] == ["x:other"]


# The gate

BAD = "INSERT DATA { GRAPH <x:g> { <x:claim> a gk:Claim } }"
GOOD = "INSERT DATA { GRAPH <x:g> { <x:a> <x:b> 1 } }"


def test_a_change_that_adds_violations_is_refused_with_the_report() -> None:
    kg = KnowledgeGraph.empty()
    client = create_app(kg, writer=StoreWriter(kg.store, gate="refuse"), token=TOKEN).test_client()
    before, generation = set(kg.store.quads()), kg.store.generation
    response = client.post("/update", data={"update": BAD}, headers=BEARER)
    assert response.status_code == 422
    assert response.mimetype == "application/problem+json"
    findings = response.get_json(force=True)["findings"]
    assert {(finding["severity"], finding["focus"]) for finding in findings} == {("violation", "x:claim")}
    assert set(kg.store.quads()) == before
    assert kg.store.generation == generation
    assert client.post("/update", data={"update": GOOD}, headers=BEARER).status_code == 204
    assert {quad.subject.value for quad in kg.store.quads("x:g")} == {"x:a"}
    assert set(kg.store.quads()) >= before


def test_what_was_wrong_before_keeps_nobody_out() -> None:
    kg = KnowledgeGraph.empty()
    client = create_app(kg, writer=StoreWriter(kg.store, gate="warn"), token=TOKEN).test_client()
    response = client.post("/update", data={"update": BAD}, headers=BEARER | {"Accept": "text/turtle"})
    assert response.status_code == 200
    assert b"ValidationReport" in response.data
    strict = create_app(kg, writer=StoreWriter(kg.store, gate="refuse"), token=TOKEN).test_client()
    assert strict.post("/update", data={"update": GOOD}, headers=BEARER).status_code == 204
    worse = BAD.replace("x:claim", "x:second")
    assert strict.post("/update", data={"update": worse}, headers=BEARER).status_code == 422
    assert strict.delete("/store?graph=x:g", headers=BEARER).status_code == 204


def test_what_axioms_forbid_is_refused() -> None:
    """No packaged shape says so: the ontology does."""
    kg = geokg.sample()
    client = create_app(kg, writer=StoreWriter(kg.store, gate="refuse"), token=TOKEN).test_client()
    names = " ".join(f"PREFIX {name}: <{iri}>" for name, iri in prefixes(kg.base).items())
    both = f"{names} INSERT {{ GRAPH <x:g> {{ ?who a gk:Organization }} }} WHERE {{ ?who a gk:Person }}"
    both = both.replace("WHERE { ", "WHERE { GRAPH ?g { ") + " }"
    twice = f"{names} INSERT DATA {{ GRAPH <x:g> {{ <x:a> gk:isOrganOf <x:b>, <x:c> }} }}"
    same = f"{names} INSERT DATA {{ GRAPH <x:g> {{ <x:a> gk:bordersOn <x:a> }} }}"
    before = set(kg.store.quads())
    for update, said in ((both, "Kind-disjoint"), (twice, "isOrganOf-functional"), (same, "bordersOn-irreflexive")):
        response = client.post("/update", data={"update": update}, headers=BEARER)
        assert response.status_code == 422
        assert said in " ".join(finding["shape"] for finding in response.get_json(force=True)["findings"])
        response = client.post("/update", data={"update": update}, headers=BEARER | {"Accept": "text/turtle"})
        assert (response.status_code, said in response.text) == (422, True)
    assert set(kg.store.quads()) == before
    mark = "INSERT DATA { GRAPH <x:g> { gk:claims a owl:FunctionalProperty . <x:a> <x:p> 1 , 2 } }"
    assert client.post("/update", data={"update": names + mark}, headers=BEARER).status_code == 204
    mark = "INSERT DATA { GRAPH <x:g> { <x:p> a owl:FunctionalProperty } }"
    response = client.post("/update", data={"update": names + mark}, headers=BEARER)
    assert response.status_code == 422, "an axiom that the data contradicts is a fault too"


def test_the_graph_is_copied_and_judged_before_the_first_change_and_never_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []
    for owner, name in ((StoreWriter, "copy"), (StandingReport, "__init__"), (rules, "apply")):
        monkeypatch.setattr(owner, name, _noting(getattr(owner, name), name, done))
    kg = geokg.sample()
    done.clear()
    writer = StoreWriter(kg.store, gate="refuse")
    assert "__init__" in done and "apply" in done
    done.clear()
    twice = "CREATE GRAPH <x:g>"
    for text in (GOOD, BAD, twice, GOOD.replace("x:a", "x:b"), BAD, GOOD.replace("INSERT", "DELETE")):
        with contextlib.suppress(Refused, ProtocolError):
            writer.write(Change("update", text=text))
    assert done == []
    assert {quad.subject.value for quad in kg.store.quads("x:g")} == {"x:b"}
    fresh = Store.memory(base=kg.base)
    fresh.extend(kg.store.quads())
    rules.apply(fresh)
    assert set(fresh.quads()) == set(kg.store.quads())


def _noting(function: Callable[..., object], name: str, done: list[str]) -> Callable[..., object]:
    def noted(*given: object, **more: object) -> object:
        done.append(name)
        return function(*given, **more)

    return noted


def test_chance_does_not_get_past_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept is what was judged, even where a second evaluation would give something else."""
    kg = KnowledgeGraph.empty()
    writer = StoreWriter(kg.store, gate="refuse")
    text = "INSERT { GRAPH <x:g> { ?s <x:b> ?u } } WHERE { BIND(UUID() AS ?s) BIND(STRUUID() AS ?u) }"
    seen: list[set[ox.Quad]] = []
    apply = StandingReport.apply

    def spy(self: StandingReport, old: Sequence[ox.Quad], new: Sequence[ox.Quad], **more: Any) -> Kept:
        seen.append(set(new))
        return apply(self, old, new, **more)

    monkeypatch.setattr(StandingReport, "apply", spy)
    writer.write(Change("update", text=text))
    judged = {quad for quad in seen[-1] if quad.graph_name == ox.NamedNode("x:g")}  # rules add what follows
    assert set(kg.store.quads("x:g")) == judged != set()


def test_the_gate_stands_in_the_process_that_writes(tmp_path: Path, kg: KnowledgeGraph) -> None:
    kg.store.save(tmp_path / "kg")
    writer = FolderWriter(tmp_path / "kg", gate="refuse", base=kg.base)
    try:
        names = " ".join(f"PREFIX {name}: <{iri}>" for name, iri in prefixes(kg.base).items())
        text = (
            f"{names} DELETE {{ GRAPH ?g {{ ?c gk:isClaimedBy ?w }} }} WHERE {{ GRAPH ?g {{ ?c gk:isClaimedBy ?w }} }}"
        )
        with pytest.raises(Refused) as refused:
            writer.write(Change("update", text=text))
        assert refused.value.status == 422
        assert refused.value.verdict.added[0].severity == "violation"
        assert len(writer.store) == len(kg)
        assert len(list((tmp_path / ".kg.generations").iterdir())) == 1, "the candidate is gone"
    finally:
        writer.close()


def test_the_gate_stands_again_after_its_process_was_killed(tmp_path: Path) -> None:
    writer = FolderWriter(tmp_path / "kg", gate="refuse")
    try:
        assert writer._process is not None
        writer._process.kill()
        with pytest.raises(QueryError):
            writer.write(Change("update", text=GOOD))
        write_patiently(writer, Change("update", text=GOOD))
        with pytest.raises(Refused):
            writer.write(Change("update", text=BAD))
        assert len(writer.store) == 1
    finally:
        writer.close()


def write_patiently(writer: FolderWriter, change: Change) -> None:
    """Come again when one is told to."""
    while True:
        try:
            writer.write(change)
            return
        except Busy as error:
            time.sleep(error.retry_after)


# A store on disk


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[FolderWriter]:
    writer = FolderWriter(tmp_path / "kg", gate="off", deadline=2, memory=1 << 30)
    yield writer
    writer.close()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_what_was_written_is_there_afterwards(tmp_path: Path) -> None:
    for number in range(3):
        writer = FolderWriter(tmp_path / "kg", gate="off")
        assert len(writer.store) == number
        writer.write(insert(number))
        assert len(writer.store) == number + 1
        writer.close()
    assert len(Store.at(tmp_path / "kg", read_only=True)) == 3


def test_a_change_that_takes_too_long_has_never_been(writer: FolderWriter) -> None:
    writer.write(insert(1))
    with pytest.raises(QueryTimeout):
        writer.write(Change("update", text=f"INSERT DATA {{ <x:a> <x:b> 2 }} ; {ENDLESS}"))
    assert len(writer.store) == 1
    writer.write(insert(2))
    assert len(writer.store) == 2


def test_a_change_that_takes_too_much_memory_has_never_been(tmp_path: Path) -> None:
    writer = FolderWriter(tmp_path / "kg", gate="off", deadline=30, memory=256 << 20)
    doubled = " ".join(f"BIND(CONCAT(?a{i}, ?a{i}) AS ?a{i + 1})" for i in range(28))
    try:
        with pytest.raises(QueryError) as caught:
            writer.write(
                Change(
                    "update",
                    text=f"INSERT {{ <x:a> <x:b> ?n }} WHERE {{ BIND('xxxxxxxx' AS ?a0) {doubled} "
                    "BIND(STRLEN(?a28) AS ?n) }",
                )
            )
        assert caught.value.status == 413
        writer.write(insert(1))
        assert len(writer.store) == 1
    finally:
        writer.close()


def test_a_process_that_is_killed_is_started_again(writer: FolderWriter) -> None:
    writer.write(insert(1))
    assert writer._process is not None
    os.kill(writer._process.pid, signal.SIGKILL)
    with pytest.raises(QueryError):
        writer.write(insert(2))
    writer.write(insert(3))
    assert {quad.object.value for quad in writer.store.quads()} == {"1", "3"}


def test_those_who_are_too_many_are_sent_away(tmp_path: Path) -> None:
    writer = FolderWriter(tmp_path / "kg", gate="off", waiting=0)
    try:
        with writer._turns.turn(), pytest.raises(Busy):
            writer.write(insert(1))
        writer.write(insert(1))
    finally:
        writer.close()


def test_one_store_has_one_writer(writer: FolderWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ReadError):
        Store.at(tmp_path / "kg")
    assert len(writer.store) == 0


# While what is there is being checked

CHECKING, FAILED = "what is there is still being checked", "what is there cannot be checked"


@contextlib.contextmanager
def held_up(monkeypatch: pytest.MonkeyPatch, outcome: type[Exception] | None = None) -> Iterator[None]:
    """Nobody hears that a store has been judged; or what is heard is that this cannot be done."""
    heed = FolderWriter._heed

    def deaf(self: FolderWriter, channel: Connection, seconds: float | None) -> bool:
        if not self._is_shown:
            return heed(self, channel, seconds)
        if outcome is not None:
            raise outcome
        return False

    with monkeypatch.context() as patch:
        patch.setattr(FolderWriter, "_heed", deaf)
        patch.setattr("geokg.endpoint.folder._PATIENCE", 0)
        yield


def test_who_reads_need_not_wait_until_all_is_checked_and_who_writes_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    KnowledgeGraph.empty().store.save(tmp_path / "kg")
    with held_up(monkeypatch):
        writer = FolderWriter(tmp_path / "kg", is_patient=False)
        client = create_app(KnowledgeGraph(writer.store), writer=writer, token=TOKEN).test_client()
        assert client.get("/sparql", query_string={"query": "ASK { ?s ?p ?o }"}).json["boolean"] is True
        ready = client.get("/health/ready")
        assert (ready.status_code, ready.json) == (200, {"status": "ok", "writes": CHECKING})
        response = client.post("/update", data={"update": GOOD}, headers=BEARER)
        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) >= 1
        assert writer.report() is None
    with contextlib.closing(writer):
        while not writer.is_ready:
            time.sleep(0.05)
        assert client.get("/health/ready").json["writes"] == "ready"
        assert client.post("/update", data={"update": BAD}, headers=BEARER).status_code == 422
        assert client.post("/update", data={"update": GOOD}, headers=BEARER).status_code == 204


def test_a_store_that_cannot_be_checked_is_read_and_checked_again_for_the_next_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held_up(monkeypatch, EOFError):
        writer = FolderWriter(tmp_path / "kg", is_patient=False)
        client = create_app(KnowledgeGraph(writer.store), writer=writer, token=TOKEN).test_client()
        for _ in range(2):
            assert client.get("/health/ready").json["writes"] == FAILED
        assert client.get("/sparql", query_string={"query": "ASK {}"}).status_code == 200
        with pytest.raises(GeokgError):
            assert writer.is_ready
    with contextlib.closing(writer):
        write_patiently(writer, Change("update", text=GOOD))
        assert client.get("/health/ready").json["writes"] == "ready"


@pytest.mark.parametrize("outcome", [None, "no shapes"])
def test_people_are_told_that_a_store_is_being_checked(capsys: pytest.CaptureFixture[str], outcome: str | None) -> None:
    class Slow:
        looks = 0

        @property
        def is_ready(self) -> bool:
            self.looks += 1
            if outcome is not None:
                raise GeokgError(outcome)
            return self.looks > 2

    writer = Slow()
    with serve._watched(writer):  # type: ignore[arg-type]
        while writer.looks <= (2 if outcome is None else 0):
            time.sleep(0.01)
    told = capsys.readouterr().err
    assert ("no shapes" in told) == (outcome is not None)
    with serve._watched(None):
        pass


# Backups


def test_a_backup_is_a_store_and_can_be_restored(writer: FolderWriter, tmp_path: Path) -> None:
    writer.write(insert(1))
    kept, folder = tmp_path / "kept", tmp_path / "kg"
    result = run("backup", folder, kept, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {"folder": str(kept), "quads": 1}
    assert run("backup", folder, kept).exit_code == 3
    writer.write(insert(2))
    assert run("restore", kept, folder).exit_code == 3
    assert run("restore", kept, folder, "--force").exit_code == 2, "the store is being written to"
    writer.close()
    assert len(Store.at(folder, read_only=True)) == 2
    assert run("restore", kept, folder, "--force").exit_code == 0
    assert len(Store.at(folder, read_only=True)) == 1
    assert run("backup", folder, tmp_path / "again").exit_code == 0
    assert run("backup", tmp_path / "nowhere", tmp_path / "x").exit_code == 2
    assert run("restore", tmp_path, tmp_path / "x").exit_code == 2


# Killed at any moment

CHILD = '''
import os, random, signal, sys, time
from pathlib import Path
from geokg.endpoint import scribe
from geokg.endpoint.changes import Change, plan
from geokg.endpoint.scribe import Scribe
from geokg.store import Store
from geokg.vocabulary import prefixes

folder, copies, rounds = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
chance = random.Random(7)

def triples(number):
    return " ".join(f"<x:{number}> <x:p> {n} ." for n in range(40))

def work(out):
    store = Store.at(folder)
    number = max((int(name.removeprefix("x:g")) for name in store.graphs() if name.startswith("x:g")), default=0)
    scribe = Scribe(store, folder, copies, gate="off")
    while True:
        number += 1
        scribe.change(Change("update", text=f"""
            DELETE {{ GRAPH <x:last> {{ <x:last> <x:is> ?n }} }} WHERE {{ GRAPH <x:last> {{ <x:last> <x:is> ?n }} }} ;
            INSERT DATA {{ GRAPH <x:g{number}> {{ {triples(number)} }}
                          GRAPH <x:last> {{ <x:last> <x:is> {number} }} }} ;
            DROP SILENT GRAPH <x:g{number - 10}>
        """))
        os.write(out, f"{number}\\n".encode())
        if number % 5 == 0:
            scribe.publish()

acknowledged = 0
for _ in range(rounds):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        work(writing)
    os.close(writing)
    first = os.read(reading, 1 << 16)
    time.sleep(chance.random() * 0.03)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    told = first
    while more := os.read(reading, 1 << 16):
        told += more
    os.close(reading)
    acknowledged = int(told.split()[-1])
    check = os.fork()
    if check == 0:
        store = Store.at(folder, read_only=True)
        last = [int(row["n"].value) for row in store.solutions("SELECT ?n { GRAPH <x:last> { ?s <x:is> ?n } }")]
        fits = len(last) == 1 and last[0] in (acknowledged, acknowledged + 1)
        sizes = {name: sum(1 for _ in store.quads(name)) for name in store.graphs() if name.startswith("x:g")}
        whole = sizes == {f"x:g{n}": 40 for n in range(max(1, last[0] - 9), last[0] + 1)}
        os._exit(0 if fits and whole else 1)
    if os.waitpid(check, 0)[1] != 0:
        sys.exit(f"after {acknowledged}: something is missing, too much or half there")
print(acknowledged)
'''


def test_a_hundred_kills_leave_what_was_acknowledged_and_nothing_half(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CHILD, str(tmp_path / "kg"), str(tmp_path / ".kg.generations"), "100"]
    child = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert child.returncode == 0, child.stderr
    assert int(child.stdout) >= 100


SWAPPING = """
import os, random, signal, sys, time
from pathlib import Path
from geokg.endpoint import scribe, writer
from geokg.endpoint.changes import Change
from geokg.endpoint.operations import Upload
from geokg.store import Store

folder, copies, rounds = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
scribe.LARGE = writer.LARGE = 20
chance = random.Random(7)
numbers = lambda store: [int(quad.object.value) for quad in store.quads("x:g")]

def work(out):
    store = scribe.open_patiently(folder, Store.memory().base)
    number = max(numbers(store), default=0)
    one = scribe.Scribe(store, folder, copies, gate="off")
    while True:
        number += 1
        path = copies / "sent.ttl"
        path.write_text(" ".join(f'<x:{n}> <x:is> {number} .' for n in range(40)))
        one.change(Change("put", graph="x:g", uploads=(Upload(path, "text/turtle"),)))
        os.write(out, f"{number}\\n".encode())

for _ in range(rounds):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        work(writing)
    os.close(writing)
    told = os.read(reading, 1 << 16)
    time.sleep(chance.random() * 0.3)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(reading, 1 << 16):
        told += more
    os.close(reading)
    acknowledged = int(told.split()[-1])
    check = os.fork()
    if check == 0:
        found = numbers(Store.at(folder, read_only=True))
        is_whole = len(found) == 40 and len(set(found)) == 1
        os._exit(0 if is_whole and found[0] in (acknowledged, acknowledged + 1) else 1)
    if os.waitpid(check, 0)[1] != 0:
        sys.exit(f"after {acknowledged}: something is missing, too much or half there")
print(acknowledged)
"""


def test_kills_while_the_folder_is_exchanged_leave_one_state_whole(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SWAPPING, str(tmp_path / "kg"), str(tmp_path / ".kg.generations"), "30"]
    child = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert child.returncode == 0, child.stderr
    assert int(child.stdout) >= 30


def test_a_server_that_is_killed_has_kept_what_it_acknowledged(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN, encoding="utf-8")
    options = [str(tmp_path / "kg"), "--create", "--token-file", str(tmp_path / "token")]
    options += ["--gate", "off", "--workers", "1"]
    for number in range(3):
        with serving(*options, end=subprocess.Popen.kill) as (told, _):
            assert told["quads"] == number
            assert told["read_only"] is False
            body = f"INSERT DATA {{ <x:a> <x:b> {number} }}".encode()
            headers = BEARER | {"Content-Type": UPDATE}
            request = urllib.request.Request(told["address"] + "update", data=body, headers=headers)
            with urllib.request.urlopen(request, timeout=20) as response:
                assert response.status == 204


# What becomes different


def numbered(graph: str, numbers: range) -> list[ox.Quad]:
    return [ox.Quad(ox.NamedNode(f"x:{n}"), ox.NamedNode("x:p"), ox.Literal(n), ox.NamedNode(graph)) for n in numbers]


def sent(folder: Path, quads: list[ox.Quad]) -> tuple[Upload, ...]:
    path = folder / f"{len(list(folder.iterdir()))}.nt"
    path.write_bytes(ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES) or b"")
    return (Upload(path, "application/n-triples"),)


@pytest.mark.parametrize("kind", ["put", "post", "delete", "patch"])
def test_a_change_of_a_graph_is_known_without_comparing_all(tmp_path: Path, kind: str) -> None:
    old, new = numbered("x:g", range(6)), numbered("x:g", range(4, 10))
    rest = numbered("x:other", range(3))
    store = ox.Store()
    store.extend(old + rest)
    text = "DELETE DATA { <x:0> <x:p> 0 } ; INSERT DATA { <x:9> <x:p> 09 }"
    change = Change(kind, graph="x:g", uploads=sent(tmp_path, new), text=text)
    delta = plan(store, change, {})
    assert delta is not None
    expected = {
        "put": (old[:4], new[2:]),
        "post": ([], new[2:]),
        "delete": (old, []),
        "patch": (old[:1], new[-1:]),
    }[kind]
    assert (set(delta.removed), set(delta.added)) == (set(expected[0]), set(expected[1]))
    exchange(store, delta)
    assert set(store) == set(rest) | set(old) - set(expected[0]) | set(expected[1])
    assert store.contains_named_graph(ox.NamedNode("x:g")) == (kind != "delete")


@pytest.mark.parametrize(
    ("text", "removed", "added"),
    [
        ("INSERT DATA { <x:a> <x:b> 1, 2, 002 }", [], ["2"]),
        ("DELETE DATA { <x:a> <x:b> 1, 3 }", ["1"], []),
        ("DELETE DATA { <x:a> <x:b> 1 } ; INSERT DATA { <x:a> <x:b> 1 }", [], []),
        ("INSERT DATA { <x:a> <x:b> 4 } ; DELETE DATA { <x:a> <x:b> 4, 1 }", ["1"], []),
        (
            "PREFIX x: <x:> BASE <x:y> INSERT DATA { x:a x:b 5 } ; DELETE DATA { x:a x:b 1 } ;",
            ["1"],
            ["5"],
        ),
    ],
)
def test_what_data_does_is_known_without_comparing(text: str, removed: list[str], added: list[str]) -> None:
    store, same = ox.Store(), ox.Store()
    for one in (store, same):
        one.update("INSERT DATA { <x:a> <x:b> 1 }")
    delta = plan(store, Change("update", text=text), {})
    assert delta is not None
    assert [[quad.object.value for quad in quads] for quads in (delta.removed, delta.added)] == [removed, added]
    exchange(store, delta)
    same.update(text)
    assert set(store) == set(same)


@pytest.mark.parametrize("text", ["INSERT DATA {} ; DROP ALL", "INSERT {} WHERE {} ; DELETE WHERE { ?s ?p 1 }"])
def test_what_hangs_on_operations_before_it_is_carried_out_to_know_it(text: str) -> None:
    assert plan(ox.Store(), Change("update", text=text), {}) is None


def test_data_that_does_not_parse_is_an_error_at_its_place() -> None:
    for text in ("DELETE DATA { _:b <x:p> 1 }", "INSERT DATA { _:a <x:p> 1 } ; INSERT DATA { _:a <x:p> 1 }"):
        with pytest.raises(QuerySyntaxError):
            plan(ox.Store(), Change("update", text=text), {})


def test_stores_are_compared_whatever_the_order() -> None:
    before, after = ox.Store(), ox.Store()
    before.extend(numbered("x:g", range(300)) + numbered("x:h", range(9)))
    after.extend(numbered("x:i", range(5)) + numbered("x:g", range(299, 40, -1)))
    delta = difference(before, after)
    assert set(delta.removed) == set(numbered("x:g", range(41)) + numbered("x:h", range(9)))
    assert set(delta.added) == set(numbered("x:i", range(5)))
    assert (list(delta.created), list(delta.dropped)) == (["x:i"], ["x:h"])
    assert len(difference(before, after, ["x:i"])) == 5


# Very much at once


@pytest.mark.parametrize("can_exchange", [True, False])
def test_very_much_is_written_whole_by_whichever_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, can_exchange: bool
) -> None:
    monkeypatch.setattr(scribe, "LARGE", 20)
    monkeypatch.setattr("geokg.endpoint.writer.LARGE", 20)
    if not can_exchange:
        monkeypatch.setattr(scribe, "exchange_folders", lambda *_: exec("raise OSError"))
    folder = tmp_path / "kg"
    one = Scribe(Store.at(folder), folder, tmp_path / ".kg.generations", gate="off")
    inode = folder.stat().st_ino
    one.change(insert(1))
    assert one.publish()
    assert one.change(Change("put", graph="x:g", uploads=sent(tmp_path, numbered("x:g", range(50)))))[0]
    assert (folder.stat().st_ino != inode) == can_exchange
    one.change(insert(2))
    one.change(Change("put", graph="x:g", uploads=sent(tmp_path, numbered("x:g", range(40, 45)))))
    one.change(Change("post", graph="x:h", uploads=sent(tmp_path, numbered("x:h", range(50)))))
    shown, _ = one.publish()
    for path in (folder, Path(shown)):
        store = ox.Store.read_only(str(path))
        assert set(store.quads_for_pattern(None, None, None, ox.NamedNode("x:g"))) == set(
            numbered("x:g", range(40, 45))
        )
        assert set(store.quads_for_pattern(None, None, None, ox.NamedNode("x:h"))) == set(numbered("x:h", range(50)))
        assert len(store) == 57
    assert [path.name for path in (tmp_path / ".kg.generations").iterdir() if not path.name.isdecimal()] == []


# Copies that are read


def test_a_copy_stays_as_long_as_somebody_reads_it(writer: FolderWriter, tmp_path: Path) -> None:
    def copies() -> int:
        return len([path for path in (tmp_path / ".kg.generations").iterdir() if path.name.isdecimal()])

    first, release = writer.snapshot(), writer.hold()
    for number in range(3):
        writer.write(insert(number))
    assert copies() == 4, "whoever was there at first may read any of them"
    release()
    assert copies() == 2
    assert first.folder.exists()
    assert first.release is not None
    first.release()
    assert copies() == 1


def test_a_request_keeps_what_it_reads_until_its_answer_is_sent(writer: FolderWriter, tmp_path: Path) -> None:
    writer.write(Change("update", text="INSERT DATA { GRAPH <x:g> { <x:a> <x:b> 1 } }"))
    client = create_app(KnowledgeGraph(writer.store), writer=writer, token=TOKEN).test_client()
    response = client.get("/store?graph=x:g", buffered=False)
    held = writer._generations[-1]
    writer.write(insert(2))
    assert held.folder.exists()
    assert b"<x:a>" in response.data
    response.close()
    assert not held.folder.exists()


# The state has a name


def test_a_tag_outlives_the_server_and_never_comes_back_for_something_else(tmp_path: Path) -> None:
    folder = tmp_path / "kg"
    seen: dict[int, int] = {}

    def see(store: Store) -> int:
        assert seen.setdefault(store.generation, len(store)) == len(store)
        return store.generation

    for number in range(3):
        writer = FolderWriter(folder, gate="off")
        see(writer.store)
        writer.write(insert(number))
        last = see(writer.store)
        if number == 1:
            assert writer._process is not None
            os.kill(writer._process.pid, signal.SIGKILL)
        writer.close()
        assert see(Store.at(folder, read_only=True)) == last
    Store.at(folder).ox.update("INSERT DATA { <x:other> <x:hand> 1 }")
    assert see(Store.at(folder, read_only=True)) not in (last, 0)
    writer = FolderWriter(folder, gate="off")
    assert see(writer.store) > last
    writer.close()


# Accepted and inferred facts

DROP = "DROP GRAPH <https://w3id.org/geokg/graph/inferred>"


def facts(store: Store) -> int:
    return sum(sum(1 for _ in store.quads(graph)) for graph in rules.graphs(store))


def test_accepted_and_inferred_facts_are_found_again_with_each_write() -> None:
    kg = geokg.sample()
    before = set(kg.store.quads())
    writer = StoreWriter(kg.store, gate="off")
    names = " ".join(f"PREFIX {name}: <{iri}>" for name, iri in prefixes(kg.base).items())
    writer.write(
        Change("update", text=f"{DROP} ; INSERT DATA {{ GRAPH <{kg.base.graph}inferred> {{ <x:a> <x:b> 1 }} }}")
    )
    assert set(kg.store.quads()) == before, "what others write there goes, what belongs there comes back"
    undo = "DELETE { GRAPH ?g { ?c ?p ?o } } WHERE { GRAPH ?g { ?c a gk:Claim ; ?p ?o } }"
    had = facts(kg.store)
    writer.write(Change("update", text=f"{names} {undo}"))
    assert facts(kg.store) < had
    fresh = Store.memory(base=kg.base)
    fresh.extend(kg.store.quads())
    rules.apply(fresh)
    assert set(fresh.quads()) == set(kg.store.quads())
    idle = StoreWriter(kg.store, gate="off", is_ruled=False)
    idle.write(Change("update", text=DROP))
    assert not kg.store.has_graph(f"{kg.base.graph}inferred")


def test_a_store_without_policies_gets_no_facts(store: Store) -> None:
    StoreWriter(store).write(insert(1))
    assert store.graphs() == []


# What is pending

RULED = "https://w3id.org/geokg/graph/inferred"
ACTS = (
    GOOD,
    BAD,
    "CREATE GRAPH <x:g>",
    "DELETE { GRAPH ?g { ?c gk:isClaimedBy ?w } } WHERE { GRAPH ?g { ?c gk:isClaimedBy ?w } }",
    "DELETE { GRAPH ?g { ?c ?p ?o } } WHERE { GRAPH ?g { ?c a gk:Claim ; ?p ?o } }",
    "INSERT { GRAPH <x:seen> { ?s a <x:Seen> } } WHERE { GRAPH ?g { ?s a gk:Actor } }",
    "INSERT DATA { GRAPH <x:h> { <x:hu> a gk:Person } } ; INSERT { GRAPH <x:seen> { ?s <x:q> 1 } }"
    " WHERE { GRAPH ?g { ?s a gk:Actor } }",
    f"INSERT DATA {{ GRAPH <{RULED}> {{ <x:a> a gk:Person }} GRAPH <x:h> {{ <x:hu> a gk:Person }} }}",
    f"DROP SILENT GRAPH <{RULED}> ; INSERT DATA {{ GRAPH <x:h> {{ <x:hu> a gk:Organization }} }}",
    "CLEAR GRAPH <x:h> ; DROP GRAPH <x:nowhere>",
    "DELETE WHERE { GRAPH ?g { ?p a gk:AcceptancePolicy ; gk:admitsVoice ?v } }",
)


@pytest.mark.parametrize("seed", range(4, 9))
def test_what_is_pending_comes_with_the_first_change_as_if_all_were_found_anew(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    if seed % 2:
        monkeypatch.setattr("geokg.endpoint.writer.LARGE", 5)
    kg = geokg.sample()
    names = prefixes(kg.base)
    for graph in rules.graphs(kg.store):
        if seed % 3 or graph == RULED:
            kg.store.drop(graph)
    writer = StoreWriter(kg.store, gate="off" if seed == 7 else "refuse")
    before = set(kg.store.quads())
    assert writer._door._pending.added, "all this is for what rules give and the store does not hold"
    for text in (ACTS[seed], *chance.sample(ACTS, 2)):
        fresh = Store.memory(base=kg.base)
        fresh.extend(kg.store.quads())
        for graph in kg.store.graphs():
            fresh.ox.add_graph(ox.NamedNode(graph))
        try:
            fresh.ox.update(text, prefixes=names)
        except RuntimeError:
            with pytest.raises(ProtocolError):
                writer.write(Change("update", text=text))
            assert set(kg.store.quads()) == before
            continue
        try:
            writer.write(Change("update", text=text))
        except Refused:
            assert set(kg.store.quads()) == before
            continue
        rules.apply(fresh)
        before = set(kg.store.quads())
        assert (before, kg.store.graphs()) == (set(fresh.quads()), fresh.graphs())
        candidate = writer._door.candidate
        assert candidate is not None and set(candidate) == before
    if writer._door._standing is not None:
        again = StandingReport(kg.store)
        expected = again.counts if writer._door._pending.is_nothing else None
        assert expected in (None, writer._door._standing.counts)


@pytest.mark.parametrize("acts", [[ACTS[6], ACTS[4]], ["CREATE GRAPH <x:g> ; DROP GRAPH <x:no>", BAD, ACTS[8]]])
def test_what_is_pending_comes_with_the_first_change_on_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, acts: list[str]
) -> None:
    monkeypatch.setattr(scribe, "_IN_MEMORY", 0)
    kg = geokg.sample()
    for graph in rules.graphs(kg.store):
        kg.store.drop(graph)
    kg.store.save(tmp_path / "kg")
    store, fresh = Store.at(tmp_path / "kg"), Store.memory()
    one = Scribe(store, tmp_path / "kg", tmp_path / ".kg.generations", gate="refuse")
    one._door.prepare(store, one)
    fresh.extend(kg.store.quads())
    for text in acts:
        before = set(store.quads())
        try:
            one.change(Change("update", text=text))
        except QueryError:
            assert set(store.quads()) == before == set(kg.store.quads())
            continue
        fresh.ox.update(text, prefixes=prefixes(kg.base))
        rules.apply(fresh)
        assert set(store.quads()) == set(fresh.quads())
    shown, _ = one.publish()
    assert set(Store.at(Path(shown), read_only=True).quads()) == set(fresh.quads())


def test_rules_are_not_asked_for_all_of_it_with_the_first_change(monkeypatch: pytest.MonkeyPatch) -> None:
    kg = geokg.sample()
    for graph in rules.graphs(kg.store):
        kg.store.drop(graph)
    had = len(kg.store)
    writer = StoreWriter(kg.store, gate="refuse")
    assert len(kg.store) == had, "what is pending waits for a change"
    monkeypatch.setattr(rules, "apply", lambda *_: pytest.fail("all is found anew"))
    with pytest.raises(Refused):
        writer.write(Change("update", text=BAD))
    assert len(kg.store) == had
    monkeypatch.setattr(writer, "commit", lambda *_: exec("raise OSError"))
    with pytest.raises(OSError):
        writer.write(Change("update", text=GOOD))
    assert len(kg.store) == had
    monkeypatch.undo()
    monkeypatch.setattr(rules, "apply", lambda *_: pytest.fail("all is found anew"))
    writer.write(Change("update", text=GOOD))
    monkeypatch.undo()
    fresh = Store.memory(base=kg.base)
    fresh.extend(kg.store.quads())
    assert facts(fresh) > 0
    rules.apply(fresh)
    assert set(fresh.quads()) == set(kg.store.quads())


# What an update sees


@pytest.mark.parametrize(
    ("update", "is_told"),
    [
        ("DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", True),
        ("DELETE WHERE { ?s ?p ?o }", True),
        ("INSERT { <x:a> <x:b> ?n } WHERE { { SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o } } }", True),
        ("INSERT { <x:a> <x:b> ?n } WHERE { OPTIONAL { GRAPH ?g { ?s ?p ?n } } { ?s ?p ?n } }", True),
        (
            "INSERT { <x:a> <x:b> ?n } WHERE { GRAPH ?g { ?s ?p ?n } FILTER(?n = 1) BIND(1 AS ?m) VALUES ?k { 1 2 } }",
            False,
        ),
        ("INSERT { <x:a> <x:b> 1 } USING <x:g> WHERE { ?s ?p ?o }", False),
        ("WITH <x:g> DELETE { ?s ?p 'WHERE {' } WHERE { ?s ?p ?o }", False),
        ("INSERT DATA { <x:a> <x:b> 1 }", False),
    ],
)
def test_who_may_be_surprised_by_what_an_update_sees_is_told(store: Store, update: str, is_told: bool) -> None:
    for union in (True, False):
        client = create_app(KnowledgeGraph(store), writer=StoreWriter(store), token=TOKEN, union=union).test_client()
        response = client.post("/update", data=update, content_type=UPDATE, headers=BEARER)
        assert response.status_code == (200 if is_told and union else 204)
        assert ("unnamed graph alone" in response.text) == (is_told and union)


# What the command line takes


@pytest.mark.parametrize("option", ["--create", "--ephemeral"])
@pytest.mark.parametrize(("others", "token"), [([], None), (["--read-only"], None), (["--read-only"], TOKEN), ([], "")])
def test_what_is_for_writers_needs_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, others: list[str], token: str | None
) -> None:
    monkeypatch.delenv("GEOKG_TOKEN", raising=False)
    if token is not None:
        monkeypatch.setenv("GEOKG_TOKEN", token)
    result = run("serve", tmp_path / "kg", option, *others)
    assert result.exit_code == 2
    assert "--token-file" in result.stderr
    assert not (tmp_path / "kg").exists()
