"""What an operator has of the server: health, numbers, the access log, kept answers, a quiet end, other servers."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient

import processes
from geokg import KnowledgeGraph
from geokg.endpoint import cache as caching
from geokg.endpoint import create_app, create_pool
from geokg.endpoint.cache import Cache, Kept
from geokg.sparql.pool import Pool
from geokg.sparql.snapshot import MemorySnapshot

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the pool is for Linux")
CLAIM = "ASK { ?c a gk:Claim }"
LONG = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


@pytest.fixture(scope="module")
def app(_sample: KnowledgeGraph) -> Iterator[Flask]:
    pool = create_pool(_sample.store, workers=2)
    assert pool is not None
    with pool:
        yield create_app(_sample, pool=pool)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def ask(client: FlaskClient, query: str, **headers: str) -> bytes:
    with client.get("/sparql", query_string={"query": query}, headers=headers) as response:
        assert response.status_code == 200, response.text
        return response.data


# Kept answers


def test_the_same_question_has_the_same_answer_without_a_worker(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "SELECT ?c { ?c a gk:Claim } ORDER BY ?c"
    first = {kind: ask(client, rows, Accept=kind) for kind in ("text/csv", "application/sparql-results+json")}
    tag = client.get("/sparql", query_string={"query": rows}, headers={"Accept": "text/csv"}).headers["ETag"]

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a worker was asked")

    monkeypatch.setattr(Pool, "run", refuse)
    for kind, body in first.items():
        assert ask(client, rows, Accept=kind) == body
    held = client.get("/sparql", query_string={"query": rows}, headers={"Accept": "text/csv", "If-None-Match": tag})
    assert (held.status_code, held.data) == (304, b"")
    other = client.get("/sparql", query_string={"query": rows + " LIMIT 1"})
    assert (other.status_code, other.mimetype) == (500, "application/problem+json")  # that one needs one


def test_a_kept_answer_is_told_like_the_first(client: FlaskClient) -> None:
    rows = "SELECT ?c ?what { ?c a gk:Claim ; gk:hasContent ?what } ORDER BY ?c"
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        first, again = (client.get("/sparql", query_string={"query": rows}, headers=headers) for _ in range(2))
        assert (first.data, first.status) == (again.data, again.status)
        assert dict(first.headers) == dict(again.headers)
        assert again.headers.get("Content-Encoding") == headers.get("Accept-Encoding")
        head = client.head("/sparql", query_string={"query": rows}, headers=headers)
        assert (head.data, head.headers["ETag"]) == (b"", first.headers["ETag"])
    tag = first.headers["ETag"]
    held = client.get("/sparql", query_string={"query": rows}, headers={"If-None-Match": tag})
    assert (held.status_code, held.data, held.headers["ETag"]) == (304, b"", tag)
    assert "Content-Type" not in held.headers
    assert held.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "changed",
    [
        {"headers": {"Host": "other.example"}},
        {"headers": {"Accept": "text/csv"}},
        {"query_string": {"query": "BASE <x:> SELECT (<a> AS ?it) {}", "timeout": "5"}},
        {"path": "/sparql/"},
    ],
)
def test_what_an_answer_depends_on_is_asked_anew(app: Flask, client: FlaskClient, changed: dict[str, object]) -> None:
    asked = {"path": "/sparql", "query_string": {"query": "SELECT (<relative> AS ?it) {}"}}
    cache = app.extensions["geokg"].cache
    first = client.get(**asked).data
    hits = cache.hits
    assert client.get(**asked).data == first
    assert cache.hits == hits + 1
    assert client.get(**asked | changed).data
    assert cache.hits == hits + 1


def test_a_post_is_kept_by_its_body(app: Flask, client: FlaskClient) -> None:
    cache = app.extensions["geokg"].cache
    kinds = ("application/sparql-query", "application/x-www-form-urlencoded")
    for kind in kinds:
        for number in (1, 2):
            body = f"SELECT ({number} AS ?n) {{}}"
            sent = body if kind == kinds[0] else "query=" + quote(body)
            hits = cache.hits
            answers = [client.post("/sparql", data=sent, content_type=kind).data for _ in range(2)]
            assert [f'"{number}"'.encode() in answer for answer in answers] == [True, True]
            assert cache.hits == hits + 1
    refused = client.post("/sparql", data=sent, content_type=kind, headers={"Content-Encoding": "gzip"})
    assert refused.status_code == 415


def test_what_is_never_the_same_is_not_kept(client: FlaskClient) -> None:
    query = "SELECT (STRUUID() AS ?one) {}"
    assert ask(client, query) != ask(client, query)


def test_a_refused_query_stays_refused(client: FlaskClient) -> None:
    for _ in range(2):
        assert (
            client.get("/sparql", query_string={"query": "ASK { SERVICE <http://x.example/> {} }"}).status_code == 403
        )


def test_an_answer_is_kept_for_one_state_of_the_data() -> None:
    store = ox.Store()
    with Pool(MemorySnapshot(store), workers=1) as pool:
        kg = KnowledgeGraph(_store(store))
        client = create_app(kg, pool=pool).test_client()
        assert b"true" not in ask(client, "ASK { ?s ?p ?o }")
        store.add(ox.Quad(ox.NamedNode("x:s"), ox.NamedNode("x:p"), ox.NamedNode("x:o")))
        pool.publish(MemorySnapshot(store))
        assert b"true" in ask(client, "ASK { ?s ?p ?o }")


def _store(store: ox.Store):
    from geokg.store import Store

    return Store(store)


def test_an_answer_that_was_not_read_to_its_end_is_not_kept() -> None:
    cache, done = Cache(10_000), []
    pieces = cache.keep([b"a", b"b"], done.append)
    assert next(pieces) == b"a"
    pieces.close()
    assert done == []
    assert list(cache.keep([b"a", b"b"], done.append)) == [b"a", b"b"]
    assert done == [b"ab"]
    assert len(list(cache.keep([b"x" * 400] * 2, done.append))) == 2  # more than its part
    assert done == [b"ab"]


def test_the_cache_is_bounded_and_forgets_what_is_least_used() -> None:
    cache = Cache(8000)
    for name in "abcd":
        cache.put(1, (name,), Kept((), b"x" * 400))
        cache.get(1, ("a",))
    assert cache.size <= cache.limit
    assert [cache.get(1, (name,)) is not None for name in "abcd"] == [True, False, True, True]
    cache.put(1, ("e",), Kept((), b"x" * 8000))
    assert cache.get(1, ("e",)) is None
    cache.put(2, ("f",), Kept((), b""))
    assert cache.get(1, ("a",)) is None
    cache.put(1, ("a",), Kept((), b"old"))
    assert cache.get(2, ("a",)) is None
    assert cache.size < 3000
    assert caching._PART > 1


# Health and numbers


def test_live_and_ready(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for path, more in (("/health/live", {}), ("/health/ready", {"writes": "read-only"})):
        response = client.get(path)
        assert (response.status_code, response.json) == (200, {"status": "ok"} | more)
        assert response.headers["Cache-Control"] == "no-store"
    monkeypatch.setattr(app.extensions["geokg"], "is_stopping", True)
    assert (client.get("/health/live").status_code, client.get("/health/ready").status_code) == (200, 503)


def test_a_server_without_workers_is_not_ready(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from geokg.errors import Busy

    def refuse(*_: object, **__: object) -> None:
        raise Busy("all at work", retry_after=1)

    monkeypatch.setattr(Pool, "run", refuse)
    assert client.get("/health/ready").status_code == 503


def test_metrics_count_what_was_sent(client: FlaskClient) -> None:
    def value(name: str) -> float:
        with client.get("/metrics") as response:
            assert response.content_type.startswith("text/plain; version=")
            found = re.search(rf"^{re.escape(name)} (\S+)$", response.text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    name = 'geokg_requests_total{method="GET",route="sparql",status="200"}'
    before, hits = value(name), value("geokg_cache_hits_total")
    query = "ASK { ?metrics a gk:Claim }"
    for _ in range(3):
        ask(client, query)
    with client.open("/nowhere", method="BREW"):
        pass
    assert value(name) == before + 3
    assert value("geokg_cache_hits_total") == hits + 2
    assert value('geokg_requests_total{method="other",route="none",status="404"}') == 1
    assert value("geokg_workers") == 2
    assert value("process_open_fds") > 0


def test_without_prometheus_client_the_rest_works(kg: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    client = create_app(kg).test_client()
    assert client.get("/metrics").status_code == 404
    assert client.get("/health/ready").status_code == 200


# A server as operators run it


@contextmanager
def serving(trig: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [str(trig), "--read-only", *options]
    with processes.serving(*command, stderr=subprocess.PIPE, end=subprocess.Popen.kill) as (told, server):
        yield server, urlsplit(told["address"]).port or 80


@pytest.fixture(scope="module")
def trig(_sample: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("serving") / "kg.trig"
    _sample.store.save(path)
    return path


def get(port: int, path: str, **headers: str) -> int:
    """The status of an answer that is read to its end."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def test_the_access_log_is_json_whatever_clients_send(trig: Path, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    with serving(trig, "--access-log", str(log)) as (server, port):
        get(port, "/sparql?query=" + quote(CLAIM), **{"User-Agent": 'a "quoted" name'})
        get(port, "/data/%0A%7B%22status%22%3A%20200%7D")
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
    asked, forged = (json.loads(line) for line in log.read_text("utf-8").splitlines())
    assert asked["path"] == "/sparql"
    assert (asked["status"], asked["whole"], asked["agent"]) == (200, True, 'a "quoted" name')
    assert asked["bytes"] > 0
    assert (forged["status"], forged["path"]) == (404, '/data/\n{"status": 200}')


@pytest.mark.parametrize("_", range(5))
def test_told_twice_within_a_moment_it_ends_without_a_traceback(trig: Path, _: int) -> None:
    with serving(trig) as (server, port):
        assert get(port, "/sparql?query=" + quote(CLAIM)) == 200
        server.send_signal(signal.SIGTERM)
        server.send_signal(signal.SIGINT)
        code = server.wait(20)
        assert server.stderr is not None
        assert (code, server.stderr.read()) == (0, "")


def test_what_was_begun_is_answered_before_the_end(trig: Path) -> None:
    with serving(trig, "--deadline", "3", "--workers", "2") as (server, port):
        answers: list[int] = []
        thread = threading.Thread(target=lambda: answers.append(get(port, "/sparql?query=" + quote(LONG))))
        thread.start()
        time.sleep(1)  # it is running by now, and will for two seconds more
        server.send_signal(signal.SIGTERM)
        thread.join(20)
        assert answers == [503]  # its time was up: an answer, not a cut connection
        assert server.wait(20) == 0
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", port), 1)
        assert server.stderr is not None
        assert "Traceback" not in server.stderr.read()


def test_nothing_follows_the_head_that_was_asked_for(trig: Path) -> None:
    with serving(trig) as (_, port), socket.create_connection(("127.0.0.1", port), 30) as connection:
        query = quote("SELECT * { ?a ?b ?c . ?d ?e ?f }")
        connection.sendall(f"HEAD /sparql?query={query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        sent = connection.makefile("rb").read()
    assert b"\r\nTransfer-Encoding: chunked\r\n" in sent
    assert sent.endswith(b"\r\n\r\n") and not sent.endswith(b"0\r\n\r\n")


def test_an_answer_that_is_cut_is_a_line_in_the_log_and_no_traceback(trig: Path) -> None:
    with serving(trig) as (server, port):
        with pytest.raises(http.client.IncompleteRead):
            get(port, "/sparql?format=csv&timeout=1&query=" + quote("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"))
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
        assert server.stderr is not None
        told = server.stderr.read()
        assert "is cut off after" in told
        assert "Traceback" not in told


def test_a_second_signal_does_not_wait(trig: Path) -> None:
    with serving(trig, "--deadline", "60") as (server, port):
        thread = threading.Thread(target=_ask_and_be_cut_off, args=(port,))
        thread.start()
        time.sleep(1)
        server.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert server.poll() is None
        server.send_signal(signal.SIGINT)
        server.wait(20)
        thread.join(20)


def _ask_and_be_cut_off(port: int) -> None:
    try:
        get(port, "/sparql?timeout=60&query=" + quote(LONG))
    except (OSError, http.client.HTTPException):
        return


@pytest.mark.parametrize(
    "command",
    [
        ["gunicorn", "server:app", "--worker-class", "gthread", "--threads", "8", "--bind", "127.0.0.1:{port}"],
        ["gunicorn", "server:app", "--preload", "--workers", "2", "--threads", "8", "--bind", "127.0.0.1:{port}"],
        ["granian", "--interface", "wsgi", "server:app", "--host", "127.0.0.1", "--port", "{port}"],
    ],
    ids=["gunicorn", "gunicorn, loaded before it forks", "granian"],
)
def test_other_servers_serve_the_app_of_server_py(root: Path, command: list[str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    program = [str(Path(sys.executable).parent / command[0])] + [part.format(port=port) for part in command[1:]]
    log = tmp_path / "access.log"
    settings = os.environ | {"GEOKG_PROXIES": "1", "GEOKG_ACCESS_LOG": str(log)}
    with subprocess.Popen(
        program, cwd=root, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(server, f"{address}/health/ready")
            url = f"{address}/sparql?format=csv&query="
            asked = urllib.request.Request(url + quote(CLAIM), headers={"X-Forwarded-For": "192.0.2.1"})
            with urllib.request.urlopen(asked, timeout=30) as response:
                assert response.read() == b"true\n"
            with urllib.request.urlopen(url + quote("SELECT * { ?a ?b ?c . ?d ?e ?f }"), timeout=30) as response:
                assert response.read(100_000).startswith(b"a,b,c,d,e,f\r\n")  # and leaves in the middle
            with pytest.raises(urllib.error.HTTPError, match="503") as refused:
                urllib.request.urlopen(f"{url}{quote(LONG)}&timeout=1", timeout=30)
            refused.value.close()
            with urllib.request.urlopen(f"{address}/metrics", timeout=30) as response:
                assert b"geokg_requests_total" in response.read()
            server.terminate()
            assert server.wait(30) in (0, -signal.SIGTERM)
            lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
            assert "192.0.2.1" in {line["client"] for line in lines}
        finally:
            server.kill()


def _wait(server: subprocess.Popen[bytes], address: str) -> None:
    for _ in range(300):
        assert server.poll() is None, "it has ended"
        try:
            urllib.request.urlopen(address, timeout=10).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("it never answered")


def test_the_threat_model_names_tests_that_exist(root: Path) -> None:
    text = (root / "docs" / "threat-model.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| ---", "| threat"))]
    assert len(rows) > 15
    for row in rows:
        named = re.findall(r"`(tests/\w+\.py)::(\w+)`", row)
        assert named, row
        for file, function in named:
            assert f"\ndef {function}(" in (root / file).read_text(encoding="utf-8"), (file, function)
