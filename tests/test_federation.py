"""``SERVICE`` and ``LOAD`` where the operator allows an address: that one is asked, and nothing else is."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner

from geokg.cli import main
from geokg.errors import QueryNotAllowed
from geokg.sparql import check
from processes import serving

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the pool is for Linux"),
    pytest.mark.xdist_group("federation"),  # they share a server
]

TOKEN = "a token for the tests"
ROWS = {"head": {"vars": ["x"]}, "results": {"bindings": [{"x": {"type": "literal", "value": "from there"}}]}}
CONTEXT = {"@context": "ADDRESS/elsewhere/context", "@id": "http://x.example/s", "p": "o"}
PAGES = {
    "/open/sparql": (200, "application/sparql-results+json", json.dumps(ROWS)),
    "/open/a.ttl": (200, "text/turtle", "<s> <p> 'loaded', _:b ."),
    "/open/no-type.nt": (200, "", "<http://x.example/s> <http://x.example/p> <http://x.example/o> ."),
    "/open/wrong.ttl": (200, "text/turtle", "<s> <p>"),
    "/open/inline.jsonld": (200, "application/ld+json", '{"@id": "http://x.example/s", "http://x.example/p": "o"}'),
    "/open/remote.jsonld": (200, "application/ld+json", json.dumps(CONTEXT)),
    "/open/large.nt": (200, "application/n-triples", "# " + "x" * (1 << 20) + "\n"),
}


@dataclass
class Other:
    """Another server, and the paths that it was asked for."""

    address: str
    asked: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def other() -> Iterator[Other]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            theirs.asked.append(self.path)
            if self.path.startswith("/open/moved"):
                self.send_response(302)
                self.send_header("Location", f"{theirs.address}/elsewhere/sparql")
                self.end_headers()
                return
            status, mimetype, body = PAGES.get(self.path, (404, "text/plain", "nothing"))
            self.send_response(status)
            if mimetype:
                self.send_header("Content-Type", mimetype)
            data = body.replace("ADDRESS", theirs.address).encode()
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    theirs = Other(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield theirs
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module", params=["memory", "folder"])
def ours(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, other: Other) -> Iterator[str]:
    """The address of a server of ours: on a graph in memory, and on a store on disk that is written to."""
    folder = tmp_path_factory.mktemp("federated")
    (folder / "token").write_text(TOKEN, encoding="utf-8")
    (folder / "kg.nq").write_text("<x:here> <x:p> <x:o> <x:g> .\n", encoding="utf-8")
    options = ["--workers", "2", "--allow-service", f"{other.address}/open"]
    if request.param == "memory":
        options = [str(folder / "kg.nq"), *options]
    else:
        options = [str(folder / "store"), "--create", "--token-file", str(folder / "token"), *options]
        options += ["--allow-load", f"{other.address}/open"]
    with serving(*options) as (told, _):
        yield told["address"]


def ask(address: str, **parameters: str) -> tuple[int, str]:
    """The status of an answer, and its text."""
    path = "update" if "update" in parameters else "sparql"
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "text/csv"}
    try:
        with urlopen(Request(address + path, urlencode(parameters).encode(), headers), timeout=30) as response:
            return response.status, response.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_what_is_allowed_is_asked_each_time(ours: str, other: Other) -> None:
    query = f"SELECT ?x {{ SERVICE <{other.address}/open/sparql> {{ ?s ?p ?x }} }}"
    other.asked.clear()
    for _ in range(2):
        assert ask(ours, query=query) == (200, "x\r\nfrom there\r\n")
    assert other.asked == ["/open/sparql"] * 2, "such an answer is never kept"
    assert ask(ours, query="ASK {}") == (200, "true\n")


@pytest.mark.parametrize(
    "pattern",
    [
        "SERVICE <O/elsewhere/sparql> {}",
        "SERVICE <O/opened/sparql> {}",
        "SERVICE <O/open/../elsewhere/sparql> {}",
        "SERVICE <O/open/%2e%2e/elsewhere/sparql> {}",
        "SERVICE <O/open/.%2E/elsewhere/sparql> {}",
        "SERVICE SILENT <O/elsewhere/sparql> {}",
        "SERVICE <O/open/sparql> { SERVICE <O/elsewhere/sparql> {} }",
        "SERVICE ?v { ?s ?p ?o }",
        "BIND(<O/open/sparql> AS ?v) SERVICE ?v { ?s ?p ?o }",
        "SERVICE x:sparql { ?s ?p ?o }",
        "SERVICEx:sparql { ?s ?p ?o }",
        "SERVICE <sparql> { ?s ?p ?o }",
        r"SERVICE <O/\u006Fpen/sparql> { ?s ?p ?o }",
        r"SERVICE <O/open/\u002E./elsewhere/sparql> { ?s ?p ?o }",
        r"\u0053ERVICE <O/elsewhere/sparql> { ?s ?p ?o }",
        "SERVICE # <O/open/sparql>\n <O/elsewhere/sparql> { ?s ?p ?o }",
        "FILTER EXISTS { SERVICE <O/elsewhere/sparql> { ?s ?p ?o } }",
        "trueSERVICE <O/open/sparql> { ?s ?p ?o }",
        "SERVICE",
    ],
)
def test_nothing_else_is_asked_however_it_is_spelt(other: Other, pattern: str) -> None:
    query = f"PREFIX x: <{other.address}/open/> BASE <{other.address}/open/> ASK {{ {pattern} }}"
    with pytest.raises(QueryNotAllowed):
        check(query.replace("<O/", f"<{other.address}/"), services=[f"{other.address}/open"])


def test_a_refusal_names_what_is_allowed(ours: str, other: Other) -> None:
    other.asked.clear()
    status, told = ask(ours, query=f"ASK {{ SERVICE <{other.address}/elsewhere/sparql> {{ ?s ?p ?o }} }}")
    assert status == 403
    assert f"{other.address}/open" in told
    assert other.asked == []


def test_a_service_leads_nowhere_else(ours: str, other: Other) -> None:
    other.asked.clear()
    status, _ = ask(ours, query=f"ASK {{ SERVICE <{other.address}/open/moved> {{ ?s ?p ?o }} }}")
    assert status == 422
    assert set(other.asked) == {"/open/moved"}


@pytest.mark.parametrize("word", ["INSERT { <x:a> <x:b> ?x } WHERE", "DELETE { <x:a> <x:b> ?x } WHERE"])
def test_an_update_asks_no_service(ours: str, other: Other, word: str) -> None:
    other.asked.clear()
    assert ask(ours, update=f"{word} {{ SERVICE <{other.address}/open/sparql> {{ ?s ?p ?x }} }}")[0] == 403
    assert other.asked == []


@pytest.fixture
def writable(ours: str) -> str:
    """The server on a folder, emptied."""
    assert ask(ours, update="CLEAR ALL")[0] == 204
    return ours


def graph(address: str) -> list[str]:
    _, rows = ask(address, query="SELECT ?o { GRAPH <x:loaded> { ?s ?p ?o FILTER(!isBlank(?o)) } } ORDER BY ?o")
    return rows.splitlines()[1:]


@pytest.mark.parametrize("ours", ["folder"], indirect=True)
def test_load_puts_what_it_finds_at_its_place(writable: str, other: Other) -> None:
    update = (
        f"INSERT DATA {{ GRAPH <x:loaded> {{ <x:a> <x:b> 'before' }} }} ; LOAD <{other.address}/open/a.ttl> INTO GRAPH"
        " <x:loaded> ; DELETE { GRAPH <x:loaded> { ?s ?p 'loaded' } } INSERT { GRAPH <x:loaded> { ?s ?p 'seen' } }"
        " WHERE { GRAPH <x:loaded> { ?s ?p 'loaded' } }"
    )
    assert ask(writable, update=update)[0] == 204
    assert graph(writable) == ["before", "seen"]
    subject = ask(writable, query="SELECT ?s { GRAPH ?g { ?s ?p 'seen' } }")[1].splitlines()[1]
    assert subject == f"{other.address}/open/s", "what is relative there is relative to its address"


@pytest.mark.parametrize("ours", ["folder"], indirect=True)
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("no-type.nt", 204),
        ("inline.jsonld", 204),
        ("remote.jsonld", 400),
        ("wrong.ttl", 400),
        ("nowhere", 502),
        ("moved", 502),
        ("sparql", 415),
    ],
)
def test_load_is_whole_or_not_at_all_and_reads_nothing_else(
    writable: str, other: Other, path: str, status: int
) -> None:
    other.asked.clear()
    found = 1 if status == 204 else 0
    for silent, expected in (("", status), ("SILENT ", 204)):
        text = f"INSERT DATA {{ <x:a> <x:b> 1 }} ; LOAD {silent}<{other.address}/open/{path}> INTO GRAPH <x:loaded>"
        assert ask(writable, update=text)[0] == expected
        assert len(graph(writable)) == found
    assert ask(writable, query="ASK { <x:a> <x:b> 1 }") == (200, "true\n"), "SILENT left it out alone"
    assert set(other.asked) == {f"/open/{path}"}


def test_load_takes_no_more_than_it_may(tmp_path: Path, other: Other) -> None:
    from geokg.endpoint.fetching import fetch
    from geokg.endpoint.operations import loads
    from geokg.endpoint.problems import ProtocolError

    one = f"LOAD <{other.address}/open/large.nt>"
    assert fetch(loads(one), tmp_path, seconds=20, most=2 << 20)[0].upload is not None
    for text, most in ((one, 1 << 20), (f"{one} ; {one}", 2 << 20), (one.replace("LOAD", "LOAD SILENT"), 1 << 20)):
        with pytest.raises(ProtocolError) as caught:
            fetch(loads(text), tmp_path, seconds=20, most=most)
        assert caught.value.status == 413
    with pytest.raises(ProtocolError) as caught:
        fetch(loads(one), tmp_path, seconds=0, most=2 << 20)
    assert caught.value.status == 502


@pytest.mark.parametrize(
    "address",
    ["http:", "http://", "x.example", "http://user@x.example/", "http://x.example/?q", "http://x.example/a/../b"],
)
@pytest.mark.parametrize("option", ["--allow-service", "--allow-load"])
def test_an_operator_allows_what_surely_means_one_place(option: str, address: str) -> None:
    result = CliRunner().invoke(main, ["serve", option, address])
    assert result.exit_code == 2
    assert "is no address like" in result.stderr
