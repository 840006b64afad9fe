"""Attacks on a running server: each is answered or cut off, and others do not notice.

The server is ``geokg serve`` with a token, so that what only writers can do is tried too. Beside every attack somebody
else asks something cheap, again and again, from the same address; a socket listens for whatever the server might be
made to fetch; and the memory of all its processes is watched. At the end the data is what it was.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pytest

from processes import serving

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the pool is for Linux"),
    pytest.mark.xdist_group("security"),  # they share a server
]

DEADLINE = 1.0
WORKERS, MEMORY = 4, 256
MOST = (WORKERS * MEMORY + 1024) << 20
"""Bytes: what the workers may take, and a fixed share for the rest, the writer's validation too."""
TOKEN = "a token for the tests"
CUT = 0
"""In place of a status: the answer began and was cut off."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
QUERY = {"Content-Type": "application/sparql-query"}
UPDATE = {"Content-Type": "application/sparql-update", "Authorization": f"Bearer {TOKEN}"}


def put(mimetype: str, **headers: str) -> dict[str, str]:
    return {"Content-Type": mimetype, "Authorization": f"Bearer {TOKEN}", **headers}


@dataclass(frozen=True)
class Got:
    status: int
    seconds: float
    body: bytes


@dataclass
class Target:
    """The server under attack, with those who watch it."""

    process: subprocess.Popen[str]
    port: int
    decoy: int
    delays: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    reached: list[object] = field(default_factory=list)
    most: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Got:
        """One request on a connection of its own, read to its end, of which the first megabyte is kept."""
        started = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        status, kept = CUT, b""
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            status = response.status
            while piece := response.read(1 << 16):
                kept += piece if len(kept) < 1 << 20 else b""
        except (http.client.HTTPException, ConnectionError):
            status = CUT
        finally:
            connection.close()
        return Got(status, time.monotonic() - started, kept)

    def query(self, text: str, **parameters: str) -> Got:
        return self.ask("POST", "/sparql", urlencode({"query": text, **parameters}).encode(), FORM)

    def watch(self) -> None:
        """Ask something cheap, as anybody would, until the end."""
        while not self.ended.wait(0.05):
            try:
                got = self.query("ASK { ?claim a gk:Claim }")
            except OSError as error:
                self.faults.append(repr(error))
                continue
            self.delays.append(got.seconds)
            if got.status != 200:
                self.faults.append(f"{got.status} {got.body[:200]!r}")
            self.most = max(self.most, memory_of(self.process.pid))

    def running(self) -> list[dict[str, object]]:
        got = self.ask("GET", "/admin/queries", headers={"Authorization": f"Bearer {TOKEN}"})
        listed = json.loads(got.body)["queries"]
        return [one for one in listed if one["query"] != "ASK { ?claim a gk:Claim }"]

    def digest(self) -> str:
        """What the data is."""
        rows = self.query("SELECT ?g ?s ?p ?o { GRAPH ?g { ?s ?p ?o } }", format="csv", timeout="30").body.splitlines()
        assert len(rows) > 1000
        return hashlib.sha256(b"\n".join(sorted(rows))).hexdigest()


def memory_of(pid: int) -> int:
    """Bytes of a process and all below it; what they share counts once."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        own = next((int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:")), 0)
        children = [
            child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
        ]
        return own + sum(memory_of(int(child)) for child in children)
    return 0


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("attacked")
    (folder / "token").write_text(TOKEN, encoding="utf-8")
    options = ["--ephemeral", "--token-file", str(folder / "token"), "--gate", "off"]
    options += ["--deadline", str(DEADLINE), "--write-deadline", str(DEADLINE)]
    options += ["--workers", str(WORKERS), "--memory", str(MEMORY)]
    with (
        (folder / "log").open("wb") as log,
        socket.create_server(("127.0.0.1", 0)) as decoy,
        serving(*options, stderr=log, cwd=folder) as (told, process),
    ):
        target = Target(process, urlsplit(told["address"]).port or 80, decoy.getsockname()[1])
        before = target.digest()
        watchers = [threading.Thread(target=run) for run in (target.watch, lambda: listen(decoy, target))]
        for watcher in watchers:
            watcher.start()
        try:
            yield target
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
            until(lambda: target.running() == [])
            assert target.digest() == before
        finally:
            target.ended.set()
            for watcher in watchers:
                watcher.join()


def listen(decoy: socket.socket, target: Target) -> None:
    decoy.settimeout(0.1)
    while not target.ended.is_set():
        with contextlib.suppress(TimeoutError):
            connection, _ = decoy.accept()
            target.reached.append(connection.recv(1000))
            connection.close()


@pytest.fixture(autouse=True)
def others_do_not_notice(target: Target) -> Iterator[None]:
    time.sleep(0.1)  # what the last attack has to answer for is over
    target.delays.clear()
    target.faults.clear()
    target.most = 0
    yield
    until(lambda: len(target.delays) >= 2 or bool(target.faults))
    assert target.faults == []
    assert max(target.delays) < 2
    assert target.reached == []
    assert target.most < MOST
    assert target.process.poll() is None


# -- queries that take all the time or memory there is -----------------------------------------------------------------

ALL = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i"
ALL_GRAPHS = "GRAPH ?x { ?a ?b ?c } GRAPH ?y { ?d ?e ?f } GRAPH ?z { ?g ?h ?i }"
DOUBLED = " ".join(f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(40))
REPLACED = " ".join(f'BIND(REPLACE(?x{n}, "a", "aaaaaaaaaa") AS ?x{n + 1})' for n in range(12))
HUNDRED = "{" + " ".join(str(n) for n in range(100)) + "}"
HEAVY = {
    "product, counted": f"SELECT (COUNT(*) AS ?n) {{ {ALL} }}",
    "product, streamed": f"SELECT * {{ {ALL} }}",
    "product, sorted": f"SELECT * {{ {ALL} }} ORDER BY ?i ?f",
    "product, sorted, first row": f"SELECT ?a {{ {ALL} }} ORDER BY RAND() LIMIT 1",
    "product, distinct": f"SELECT DISTINCT * {{ {ALL} }}",
    "product, counted apart": f"SELECT (COUNT(DISTINCT CONCAT(STR(?a), STR(?f), STR(?i))) AS ?n) {{ {ALL} }}",
    "product, grouped": f"SELECT ?a ?f ?i (COUNT(*) AS ?n) {{ {ALL} }} GROUP BY ?a ?f ?i",
    "product, into one string": f"SELECT (GROUP_CONCAT(STR(?c)) AS ?n) {{ {ALL} }}",
    "product, constructed": f"CONSTRUCT {{ ?a ?e ?i }} WHERE {{ {ALL} }}",
    "product, constructed anew": f"CONSTRUCT {{ [] ?e [] }} WHERE {{ {ALL} }}",
    "product, asked for nothing": f"ASK {{ {ALL} FILTER(?a = ?d && ?a != ?d) }}",
    "product, no row": f'SELECT * {{ {ALL} FILTER(CONCAT(STR(?c), STR(?f), STR(?i)) = "none") }}',
    "product, skipped": f"SELECT * {{ {ALL} }} OFFSET 999999999999",
    "product, taken away": f"SELECT * {{ {ALL} MINUS {{ ?a ?b ?c . ?x ?y ?z }} }} OFFSET 99999999",
    "product, hashed": f"SELECT (SHA512(CONCAT(STR(?a), STR(?f))) AS ?n) {{ {ALL} }} ORDER BY ?n",
    "product, random": f"SELECT (STRUUID() AS ?n) {{ {ALL} }} ORDER BY ?n",
    "product of values": "SELECT (SUM(?a+?b+?c+?d+?e) AS ?n) { "
    + " ".join(f"VALUES ?{name} {HUNDRED}" for name in "abcde")
    + " }",
    "product of subqueries": f"SELECT (COUNT(*) AS ?n) {{ {{ SELECT * {{ {ALL} }} }} {{ SELECT ?z {{ ?z ?y ?x }} }} }}",
    "nested exists": "SELECT * { ?a ?b ?c FILTER NOT EXISTS { ?d ?e ?f FILTER EXISTS { ?g ?h ?i FILTER(?i = 0) } } }",
    "nested stars": "SELECT (COUNT(*) AS ?n) { ?a ((((!gk:x|^!gk:x)*)*)*)* ?b . ?c (!gk:x|^!gk:x)* ?d }",
    "stars from everywhere": "SELECT (COUNT(*) AS ?n) { ?a (!gk:x|^!gk:x)+ ?b }",
    "long path": "SELECT (COUNT(*) AS ?n) { ?a " + "/".join(["(!gk:x|^!gk:x)"] * 40) + " ?b }",
    "strings that double": f'SELECT ?x40 {{ BIND("aaaaaaaaaaaaaaaa" AS ?x0) {DOUBLED} }}',
    "strings that grow by ten": f'SELECT (STRLEN(?x12) AS ?n) {{ BIND("aaaa" AS ?x0) {REPLACED} }}',
    "encoded and encoded": 'SELECT (STRLEN(ENCODE_FOR_URI("%" )) AS ?n) { '
    + " ".join(f"?s{n} ?p{n} ?o{n} ." for n in range(90))
    + " }",
    "optionals": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o "
    + "".join(f"OPTIONAL {{ ?s{n} ?p ?o{n} }} " for n in range(60))
    + "}",
    "unions": "SELECT (COUNT(*) AS ?n) { "
    + " UNION ".join("{ ?a ?b ?c . ?d ?e ?f }" for _ in range(40))
    + f" {ALL} }}",
    "evil regular expression": 'SELECT * { ?a ?b ?c . ?d ?e ?f FILTER(REGEX("aaaaaaaaaaaaaaaaaaaaaaa!", "^(a+)+$")) }',
    "huge regular expression": 'ASK { ?a ?b ?c FILTER(REGEX(STR(?c), "((a{0,500}){0,500}){0,500}")) }',
    "graphs of graphs": "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?a ?b ?c } GRAPH ?h { ?d ?e ?f } GRAPH ?i { ?j ?k ?l } }",
    "describe": "DESCRIBE * { ?a ?b ?c . ?d ?e ?f }",
}


@pytest.mark.parametrize("name", HEAVY)
def test_heavy_queries_end(target: Target, name: str) -> None:
    got = target.query(HEAVY[name])
    assert got.seconds < DEADLINE + 3
    assert got.status in (CUT, 200, 400, 413, 422, 503), got.body[:300]
    until(lambda: target.running() == [])


def test_an_answer_that_is_cut_off_never_looks_whole(target: Target) -> None:
    for name in ("product, streamed", "product, constructed"):
        for accept in ("application/sparql-results+json", "text/csv", "text/turtle", "application/n-triples"):
            body = urlencode({"query": HEAVY[name]}).encode()
            got = target.ask("POST", "/sparql", body, {**FORM, "Accept": f"{accept}, */*;q=0.1"})
            assert got.status == CUT, accept
            assert got.body


def test_a_page_says_that_it_is_cut(target: Target) -> None:
    body = urlencode({"query": HEAVY["product, streamed"]}).encode()
    got = target.ask("POST", "/sparql", body, {**FORM, "Accept": "text/html"})
    assert (got.status, b"first 300 rows of more" in got.body) == (200, True)


def test_a_cheap_query_gets_through_while_32_heavy_ones_run(target: Target) -> None:
    ended = time.monotonic() + 4 * DEADLINE
    statuses: list[int] = []

    def attack(number: int) -> None:
        while time.monotonic() < ended:
            got = target.query(f"{HEAVY['product, counted']} # {number} {time.monotonic()}")
            assert got.seconds < DEADLINE + 3
            statuses.append(got.status)

    with ThreadPoolExecutor(32) as threads:
        list(threads.map(attack, range(32)))
    assert set(statuses) == {503}
    assert len(target.delays) >= 3


def test_whoever_is_refused_is_told_when_to_come_back(target: Target) -> None:
    def attack(number: int) -> tuple[int, str | None]:
        connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=30)
        connection.request("GET", "/sparql?" + urlencode({"query": f"{HEAVY['product, counted']} # {number}"}))
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status, response.getheader("Retry-After")

    with ThreadPoolExecutor(24) as threads:
        answers = list(threads.map(attack, range(24)))
    assert {status for status, _ in answers} == {503}
    assert any(after and int(after) >= 1 for _, after in answers)


def test_clients_that_leave_before_the_first_byte_free_their_workers(target: Target) -> None:
    request = b"GET /sparql?" + urlencode({"query": HEAVY["product, counted"], "timeout": "60"}).encode()
    connections = [socket.create_connection(("127.0.0.1", target.port)) for _ in range(3)]
    for connection in connections:
        connection.sendall(request + b" HTTP/1.1\r\nHost: here\r\n\r\n")
    until(lambda: len(target.running()) >= 2)
    for connection in connections:
        connection.close()
    started = time.monotonic()
    until(lambda: target.running() == [])
    assert time.monotonic() - started < 5  # they had asked for a minute


def test_a_client_that_reads_nothing_holds_no_worker(target: Target) -> None:
    request = b"GET /sparql?" + urlencode({"query": HEAVY["product, streamed"]}).encode()
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", target.port)))
            connection.sendall(request + b" HTTP/1.1\r\nHost: here\r\n\r\n")
        until(lambda: len(target.running()) >= 1)
        until(lambda: target.running() == [])


def test_clients_that_never_finish_their_request(target: Target) -> None:
    with contextlib.ExitStack() as stack:
        for number in range(200):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", target.port)))
            connection.sendall((b"GET /sparql?query=ASK HTTP/1.1\r\nHost: h\r\nX-A: " + b"b" * 20)[: 10 + number])
        assert target.query("ASK {}").status == 200


def test_the_operator_lists_and_ends_queries(target: Target) -> None:
    with ThreadPoolExecutor(1) as threads:
        long = threads.submit(target.query, HEAVY["product, counted"] + " # to be ended", timeout="30")
        until(lambda: len(target.running()) == 1)
        (listed,) = target.running()
        assert (listed["client"], listed["deadline"]) == ("127.0.0.1", 30)
        address = f"/admin/queries/{listed['id']}"
        assert target.ask("DELETE", address).status == 401
        assert target.ask("GET", "/admin/queries", headers={"Authorization": "Bearer wrong"}).status == 401
        assert target.ask("DELETE", address, headers={"Authorization": f"Bearer {TOKEN}"}).status == 204
        assert long.result().status == 503
        assert target.ask("DELETE", address, headers={"Authorization": f"Bearer {TOKEN}"}).status == 404


# -- queries that end the process --------------------------------------------------------------------------------------


def nested(before: str, inside: str, after: str, times: int) -> str:
    return before * times + inside + after * times


CRASHES = {
    "groups": lambda n: "SELECT * " + nested("{", "?s ?p ?o", "}", n),
    "parentheses": lambda n: "ASK { FILTER(" + nested("(", "1", ")", n) + ") }",
    "nots": lambda n: "ASK { FILTER(" + "!" * n + "true) }",
    "minus signs": lambda n: "ASK { FILTER(" + "- " * n + "1) }",
    "ors": lambda n: "ASK { FILTER(" + "||".join(["?a"] * n) + ") }",
    "ands": lambda n: "ASK { FILTER(" + "&&".join(["?a"] * n) + ") }",
    "sums": lambda n: "ASK { FILTER(" + "+".join(["1"] * n) + ") }",
    "sums without a sign": lambda n: "ASK { FILTER(1" + " -1" * n + ") }",
    "products": lambda n: "ASK { FILTER(" + "*".join(["1"] * n) + ") }",
    "ifs": lambda n: "ASK { FILTER(" + nested("IF(true,", "1", ",1)", n) + ") }",
    "calls": lambda n: "ASK { FILTER(" + nested("STR(", "1", ")", n) + ") }",
    "coalesce": lambda n: "ASK { FILTER(COALESCE(" + ",".join(["?x"] * n) + ")) }",
    "in": lambda n: "ASK { FILTER(?x IN (" + ",".join(["1"] * n) + ")) }",
    "exists": lambda n: "ASK { " + nested("FILTER EXISTS { ", "?s ?p ?o", " }", n) + " }",
    "unions": lambda n: "ASK { " + " UNION ".join(["{}"] * n) + " }",
    "optionals inside": lambda n: "ASK { " + nested("OPTIONAL { ", "?s ?p ?o", " }", n) + " }",
    "optionals behind": lambda n: "ASK { " + "OPTIONAL { ?s ?p ?o } " * n + " }",
    "minus": lambda n: "ASK { " + nested("MINUS { ", "?s ?p ?o", " }", n) + " }",
    "subqueries": lambda n: nested("SELECT * { { ", "SELECT * {}", " } }", n),
    "lists": lambda n: "ASK { ?s ?p " + nested("(", "1", ")", n) + " }",
    "nodes": lambda n: "ASK { ?s ?p " + nested("[ ?p ", "1", " ]", n) + " }",
    "long list": lambda n: "ASK { ?s ?p (" + "1 " * n + ") }",
    "paths": lambda n: "ASK { ?s " + nested("(", "gk:x", ")*", n) + " ?o }",
    "path steps": lambda n: "ASK { ?s " + "/".join(["gk:x"] * n) + " ?o }",
    "path choices": lambda n: "ASK { ?s " + "|".join(["gk:x"] * n) + " ?o }",
    "path turns": lambda n: "ASK { ?s " + nested("^(", "gk:x", ")", n) + " ?o }",
    "triples": lambda n: "ASK { " + "?s ?p ?o . " * n + " }",
    "variables": lambda n: "ASK { " + " ".join(f"?s{i} ?p ?o{i} ." for i in range(n)) + " }",
    "binds": lambda n: "ASK { " + " ".join(f"BIND({i} AS ?x{i})" for i in range(n)) + " }",
    "values": lambda n: "ASK { VALUES ?x { " + "1 " * n + "} }",
    "order": lambda n: "SELECT * {} ORDER BY " + "?a " * n,
    "quoted triples": lambda n: "ASK { " + nested("<< ", "?s ?p ?o", " >> ?p ?o", n) + " }",
    "triple terms": lambda n: "ASK { ?s ?p " + nested("<<( ?s ?p ", "?o", " )>>", n) + " }",
    "graphs": lambda n: "ASK { " + nested("GRAPH ?g { ", "?s ?p ?o", " }", n) + " }",
    "brackets that never close": lambda n: "ASK " + "{" * n,
    "prefixes": lambda n: "".join(f"PREFIX p{i}: <x:> " for i in range(n)) + "ASK {}",
    "from": lambda n: "ASK " + " ".join(f"FROM <x:{i}>" for i in range(n)) + " {}",
    "long string": lambda n: "ASK { ?s ?p '" + "x" * (n * 50) + "' }",
    "long name": lambda n: "ASK { ?s ?p <x:" + "x" * (n * 50) + "> }",
    "comments": lambda n: "ASK {\n" + "#\n" * n + "}",
}


@pytest.mark.parametrize("name", CRASHES)
def test_deep_and_long_queries_end_nothing(target: Target, name: str) -> None:
    for times in (90, 20_000):  # just inside what the guard lets through, and far outside
        got = target.query(CRASHES[name](times))
        assert got.seconds < DEADLINE + 3
        assert got.status in (200, 400, 403, 413, 422, 503), (times, got.body[:300])


def test_a_query_of_many_megabytes_is_refused(target: Target) -> None:
    query = b"ASK { VALUES ?x { " + b"1 " * (6 << 20) + b"} }"
    got = target.ask("POST", "/sparql", query, QUERY)
    assert (got.status in (CUT, 413), got.seconds < DEADLINE + 3) == (True, True)


# -- queries that reach out --------------------------------------------------------------------------------------------

REACHING = [
    "ASK { SERVICE <R> { ?s ?p ?o } }",
    "ask{service<R>{?s ?p ?o}}",
    "ASK { SERVICE SILENT <R> { ?s ?p ?o } }",
    "ASK { SERVICE # }\n<R> { ?s ?p ?o } }",
    "ASK { BIND(<R> AS ?v) SERVICE ?v { ?s ?p ?o } }",
    r"ASK { \u0053ERVICE <R> { ?s ?p ?o } }",
    r"ASK { SERVICE <\u0068ttp://127.0.0.1:PORT/> { ?s ?p ?o } }",
    "PREFIX r: <R> ASK { SERVICE r: { ?s ?p ?o } }",
    "PREFIX r: <R> ASK { SERVICEr: { ?s ?p ?o } }",
    "BASE <R> ASK { SERVICE <> { ?s ?p ?o } }",
    "ASK FROM <R> { ?s ?p ?o }",
    "ASK FROM NAMED <R> { GRAPH ?g { ?s ?p ?o } }",
    "ASK FROM <file:///etc/passwd> { ?s ?p ?o }",
    "ASK { FILTER EXISTS { SERVICE <R> { ?s ?p ?o } } }",
    "LOAD <R>",
    "INSERT { ?s ?p ?o } WHERE { SERVICE <R> { ?s ?p ?o } }",
]


@pytest.mark.parametrize("text", REACHING)
def test_nothing_is_fetched(target: Target, text: str) -> None:
    text = text.replace("<R>", f"<http://127.0.0.1:{target.decoy}/>").replace("PORT", str(target.decoy))
    assert target.query(text).status in (400, 403)
    update = target.ask("POST", "/update", text.encode(), UPDATE)
    assert update.status in (400, 403)


@pytest.mark.parametrize(
    "text",
    [
        "LOAD <R>",
        "load silent <R> into graph <x:g>",
        r"LOAD <\u0068ttp://127.0.0.1:PORT/>",
        "LOAD <file:///etc/passwd>",
    ],
)
def test_nothing_is_loaded(target: Target, text: str) -> None:
    text = text.replace("<R>", f"<http://127.0.0.1:{target.decoy}/>").replace("PORT", str(target.decoy))
    assert target.ask("POST", "/update", text.encode(), UPDATE).status == 403


@pytest.mark.parametrize("name", ["default-graph-uri", "named-graph-uri"])
def test_a_dataset_is_never_fetched(target: Target, name: str) -> None:
    got = target.query("ASK { ?s ?p ?o }", **{name: f"http://127.0.0.1:{target.decoy}/"})
    assert (got.status, b"false" in got.body) == (200, True)


# -- updates and uploads -----------------------------------------------------------------------------------------------

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "haha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))
    + ']><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="x:s">'
    + "<p xmlns='x:'>&m;</p></rdf:Description></rdf:RDF>"
)
OUTSIDE = LAUGHS.replace('<!ENTITY a "haha">', '<!ENTITY m SYSTEM "URI">').replace('<!ENTITY m "', '<!ENTITY n "')
UPLOADS: dict[str, tuple[dict[str, str], bytes, set[int]]] = {
    "XML entities": (put("application/rdf+xml"), LAUGHS.encode(), {400, 413}),
    "XML entities in UTF-16": (put("application/rdf+xml"), LAUGHS.encode("utf-16"), {400, 413}),
    "XML from a file": (put("application/rdf+xml"), OUTSIDE.replace("URI", "file:///etc/passwd").encode(), {400, 413}),
    "XML from elsewhere": (put("application/rdf+xml"), OUTSIDE.replace("URI", "http://R/").encode(), {400, 413}),
    "deep JSON-LD": (put("application/ld+json"), b'{"x:p":' * 10_000 + b"1" + b"}" * 10_000, {400, 413}),
    "deep JSON": (put("application/ld+json"), b"[" * 100_000, {400, 413}),
    "a context from elsewhere": (put("application/ld+json"), b'{"@context": "http://R/", "a": 1}', {400, 403}),
    "an import from elsewhere": (
        put("application/ld+json"),
        b'{"@context": {"@import": "http://R/"}, "a": 1}',
        {400, 403},
    ),
    "a gzip bomb": (put("text/turtle", **{"Content-Encoding": "gzip"}), gzip.compress(b" " * (100 << 20)), {413, 415}),
    "broken Turtle": (put("text/turtle"), b"<x:s> <x:p> <x:o> . <x:s> <x:p> ", {400}),
    "no RDF": (put("image/png"), b"\x89PNG", {415}),
    "not UTF-8": (put("text/turtle"), b"<x:s> <x:p> '\xff\xfe' .", {400}),
}


@pytest.mark.parametrize("name", UPLOADS)
def test_uploads_that_are_bombs(target: Target, name: str) -> None:
    headers, body, statuses = UPLOADS[name]
    got = target.ask("PUT", "/store?graph=x:g", body.replace(b"//R/", f"//127.0.0.1:{target.decoy}/".encode()), headers)
    assert got.status in statuses, got.body[:300]
    assert got.seconds < DEADLINE + 3


@pytest.mark.parametrize("name", ["product, skipped", "product, no row", "strings that double"])
def test_updates_that_never_end(target: Target, name: str) -> None:
    where = HEAVY[name].partition("{")[2].rpartition("}")[0].replace(ALL, ALL_GRAPHS)
    text = f"INSERT {{ <x:s> <x:p> ?x40 }} WHERE {{ {where} }}"
    got = target.ask("POST", "/update", text.encode(), UPDATE)
    assert got.status in (CUT, 400, 413, 422, 503), got.body[:300]
    assert got.seconds < 2 * DEADLINE + 3


@pytest.mark.parametrize(
    "name", ["groups", "parentheses", "ors", "unions", "nots", "lists", "nodes", "optionals behind"]
)
def test_updates_that_end_the_process(target: Target, name: str) -> None:
    query = CRASHES[name](20_000).partition("{")[2].rpartition("}")[0]
    got = target.ask("POST", "/update", f"DELETE WHERE {{ {query} }}".encode(), UPDATE)
    assert got.status in (400, 413), got.body[:300]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": f"Bearer {TOKEN}x"}, 401),
        ({"Authorization": f"Basic {TOKEN}"}, 401),
        ({"Authorization": f"Bearer {TOKEN}", "Origin": "http://evil.example"}, 403),
        ({"Authorization": f"Bearer {TOKEN}", "Origin": "null"}, 403),
        ({"Authorization": f"Bearer {TOKEN}", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Cookie": f"token={TOKEN}"}, 401),
    ],
)
def test_nobody_else_writes(target: Target, headers: dict[str, str], status: int) -> None:
    for method, path, body, mimetype in (
        ("POST", "/update", b"INSERT DATA { <x:s> <x:p> 1 }", "application/sparql-update"),
        ("POST", "/update", urlencode({"update": "DROP ALL"}).encode(), FORM["Content-Type"]),
        ("PUT", "/store?graph=x:g", b"<x:s> <x:p> 1 .", "text/turtle"),
        ("DELETE", "/store?default", b"", "text/turtle"),
    ):
        assert target.ask(method, path, body, {"Content-Type": mimetype, **headers}).status == status


# -- requests ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/data/../../../../etc/passwd",
        "/data/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2f..%2fapp.py",
        "/store?graph=file:///etc/passwd",
        "/store/../../../etc/passwd",
        "/%00",
        "/data/%00%ff",
        "/sparql?query=" + quote(b"ASK {} \xff"),
        "/sparql?query=%ED%A0%80",
        "/sparql?query=ASK{}&format=%0d%0aX-Evil:%201",
        "/sparql?query=ASK{}&timeout=nan",
        "/sparql?query=ASK{}&timeout=-1",
        "/sparql?query=ASK{}&timeout=1e999",
        "/sparql?query=ASK{}&query=ASK{}",
        "/sparql?update=DROP+ALL",
        "/admin/queries",
        "/admin/queries/1",
    ],
)
def test_addresses_that_lead_nowhere(target: Target, path: str) -> None:
    got = target.ask("GET", path)
    assert got.status in (400, 401, 403, 404, 405), got.body[:300]
    assert b"root:" not in got.body
    assert b"import" not in got.body


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /ontology?\xff HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        b"\x00\x01\x02\x03\r\n\r\n",
        b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: a\r\n" % n for n in range(30_000)) + b"\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /",
        b"POST /sparql HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999\r\n\r\n",
    ],
)
def test_requests_that_are_none(target: Target, request_: bytes) -> None:
    with socket.create_connection(("127.0.0.1", target.port), timeout=10) as connection:
        answer = b""
        with contextlib.suppress(ConnectionError, TimeoutError):
            connection.sendall(request_)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(1 << 16):
                answer += piece
    assert not answer.startswith((b"HTTP/1.1 500", b"HTTP/1.0 500"))


def test_a_worker_that_the_system_kills_is_replaced(target: Target) -> None:
    """As the kernel does when there is no memory left."""

    def workers(pid: int) -> list[int]:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(child) for child in children]

    owners = [
        child
        for task in Path(f"/proc/{target.process.pid}/task").iterdir()
        for child in map(int, (task / "children").read_text().split())
        if b"worker.py" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]
    assert owners
    with ThreadPoolExecutor(1) as threads:
        long = threads.submit(target.query, HEAVY["product, counted"] + " # to be killed", timeout="30")
        until(lambda: len(target.running()) == 1)
        time.sleep(0.1)
        busy = max((worker for owner in owners for worker in workers(owner)), key=processor_time)
        os.kill(busy, signal.SIGKILL)
        assert long.result().status == 413


def processor_time(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11])
