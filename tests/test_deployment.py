"""The server as it stands on the open web: behind nginx as the docs have it, below a path, under other WSGI servers."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import inspect
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pyoxigraph as ox
import pytest
import zstandard
from flask import Flask
from flask.testing import FlaskClient

from geokg import KnowledgeGraph
from geokg.cli.serve import serve
from geokg.endpoint import create_app, create_pool, observing
from geokg.endpoint.app import MAX_BODY
from geokg.endpoint.folder import FolderWriter
from geokg.endpoint.graph_store import MAX_UPLOAD
from geokg.endpoint.pages import annotate
from geokg.endpoint.writer import StoreWriter
from geokg.sparql.pool import PATIENCE, Pool
from processes import free_port, running
from processes import serving as serving_ours

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the pool is for Linux"),
    pytest.mark.xdist_group("deployment"),  # they share servers
]
HOST, TOKEN = "kg.example.org", "a token for the tests"
HERE = f"https://{HOST}"
RELATIVE = "SELECT (<it> AS ?address) {}"
ENDLESS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
SILENT = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
WRITER = {"Authorization": f"Bearer {TOKEN}"}
STRANGER = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "666",
    "X-Forwarded-Prefix": "/evil",
    "X_Forwarded_For": "203.0.113.9",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=gopher",
}
"""What a client may say of itself."""


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


# Who is believed


@pytest.fixture(scope="module")
def apps(_sample: KnowledgeGraph) -> Iterator[dict[int, Flask]]:
    pool = create_pool(_sample.store, workers=1)
    assert pool is not None
    with pool:
        yield {proxies: create_app(_sample, pool=pool, token=TOKEN, proxies=proxies) for proxies in (0, 1, 2)}


def address(client: FlaskClient, headers: dict[str, str]) -> str:
    """What a relative IRI of a query becomes."""
    answer = client.get("/sparql", query_string={"query": RELATIVE, "format": "csv"}, headers=headers)
    return answer.text.splitlines()[1]


def told(path: str, app: Flask, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """The line in the access log for a request."""
    lines: list[str] = []
    monkeypatch.setattr(observing.log, "isEnabledFor", lambda _: True)
    monkeypatch.setattr(observing.log, "info", lambda _, line: lines.append(line))
    app.test_client().get(path, headers=headers).close()
    return json.loads(lines[0])


def test_strangers_say_nothing_of_themselves(apps: dict[int, Flask], monkeypatch: pytest.MonkeyPatch) -> None:
    client = apps[0].test_client()
    assert address(client, STRANGER) == address(client, {}) == "http://localhost/it"
    assert told("/sparql", apps[0], STRANGER, monkeypatch)["client"] == "127.0.0.1"
    page = client.get("/", headers={"Accept": "text/html"} | STRANGER).text
    assert "evil" not in page and "gopher" not in page


def test_the_proxies_that_are_there_are_believed_and_no_more(
    apps: dict[int, Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": HOST, "X-Forwarded-Prefix": "/kg"}
    chain = "203.0.113.9, 198.51.100.7, 192.0.2.4"
    for proxies, client in ((1, "192.0.2.4"), (2, "198.51.100.7")):
        assert address(apps[proxies].test_client(), said) == f"{HERE}/kg/it"
        line = told("/sparql", apps[proxies], said | {"X-Forwarded-For": chain}, monkeypatch)
        assert (line["client"], line["path"]) == (client, "/kg/sparql")
    assert told("/sparql", apps[2], {"X-Forwarded-For": "203.0.113.9"}, monkeypatch)["client"] == "127.0.0.1"


def test_kept_answers_of_other_schemes_hosts_and_paths_are_others(apps: dict[int, Flask]) -> None:
    app = apps[1]
    client, cache = app.test_client(), app.extensions["geokg"].cache
    ways = {
        "http://localhost/it": {},
        "https://localhost/it": {"X-Forwarded-Proto": "https"},
        "http://kg.example.org/it": {"X-Forwarded-Host": HOST},
        "http://localhost/kg/it": {"X-Forwarded-Prefix": "/kg"},
        "https://kg.example.org/kg/it": {
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": HOST,
            "X-Forwarded-Prefix": "/kg",
        },
    }
    for _ in range(2):
        assert [address(client, headers) for headers in ways.values()] == list(ways)
    hits = cache.hits
    assert address(client, {"X-Forwarded-For": "192.0.2.4"}) == "http://localhost/it"
    assert cache.hits == hits + 1  # who asks makes no difference


def test_pages_below_a_path_stay_there(kg: KnowledgeGraph) -> None:
    client = create_app(kg, proxies=1).test_client()
    links = re.compile(r'(?:href|src|action|data-[a-z]+)="(/[^"]*)"')
    for path in ("/claims", "/commitments", "/data/state/CHN"):
        for prefix in ("", "/kg", "/other"):  # one after the other: what is kept of one is not for the next
            page = client.get(path, headers={"Accept": "text/html", "X-Forwarded-Prefix": prefix})
            found = links.findall(page.text)
            assert len(found) > 20
            assert [link for link in found if not link.startswith(f"{prefix}/")] == []
            assert prefix or not [link for link in found if link.startswith(("/kg/", "/other/"))]
    page = client.get("/?lang=fr", headers={"X-Forwarded-Prefix": "/kg", "X-Forwarded-Proto": "https"})
    assert "; Secure; HttpOnly; Path=/kg/; " in page.headers["Set-Cookie"]


# Behind nginx


@dataclass
class Site:
    """A server behind nginx, and the addresses of both."""

    port: int
    secure: int
    plain: int
    log: Path
    certificate: Path

    def connect(self, client: str) -> http.client.HTTPConnection:
        """A connection to nginx from one of the addresses of this machine."""
        connection = http.client.HTTPConnection("127.0.0.1", self.secure, timeout=30)
        raw = socket.create_connection(("127.0.0.1", self.secure), 30, (client, 0))
        context = ssl.create_default_context(cafile=self.certificate)
        connection.sock = context.wrap_socket(raw, server_hostname=HOST)
        return connection

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: bytes | Iterator[bytes] | None = None,
        *,
        client: str = "127.0.0.1",
        **headers: str,
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """One request through nginx."""
        connection = self.connect(client)
        try:
            connection.request(method, path, body, {"Host": HOST} | dashed(headers))
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()

    def query(self, text: str, path: str = "/sparql", **headers: str) -> str:
        response, body = self.ask(f"{path}?{urlencode({'query': text, 'format': 'csv'})}", **headers)
        assert response.status == 200, body
        return body.decode()

    def lines(self) -> list[dict[str, object]]:
        """The access log."""
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]

    def running(self) -> list[dict[str, object]]:
        """The queries that run, past nginx."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", "/admin/queries", headers=WRITER)
            return list(json.loads(connection.getresponse().read())["queries"])
        finally:
            connection.close()


def dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name if name.startswith("X_") else name.replace("_", "-"): value for name, value in headers.items()}


@contextmanager
def begun(
    site: Site, query: str, *, client: str = "127.0.0.1", **parameters: str
) -> Iterator[http.client.HTTPConnection]:
    """A query that is sent, and left at the end."""
    connection = site.connect(client)
    try:
        connection.request("GET", f"/sparql?{urlencode({'query': query, **parameters})}", headers={"Host": HOST})
        yield connection
    finally:
        connection.close()


@pytest.fixture(scope="module")
def site(_sample: KnowledgeGraph, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None or shutil.which("openssl") is None:
        pytest.skip("nginx and openssl are not installed")
    folder = tmp_path_factory.mktemp("nginx")
    (folder / "token").write_text(TOKEN, "utf-8")
    _sample.store.save(folder / "kg.trig")
    log = folder / "access.log"
    options = ["--proxies", "1", "--token-file", str(folder / "token"), "--ephemeral", "--gate", "off"]
    options += ["--workers", "3", "--access-log", str(log), "--rules", "off"]
    with serving_ours(str(folder / "kg.trig"), *options) as (told, _):
        site = Site(urlsplit(told["address"]).port or 80, free_port(), free_port(), log, folder / "certificate.pem")
        configure(root / "docs" / "serving.md", folder, site)
        with running([program, "-p", str(folder), "-c", str(folder / "nginx.conf")]) as nginx:
            until(lambda: nginx.poll() is not None or can_connect(site.secure))
            assert nginx.poll() is None
            yield site


def can_connect(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


def configure(page: Path, folder: Path, site: Site) -> None:
    """What stands in the docs, with other ports and paths, in the least that nginx wants around it."""
    whole, below = re.findall(r"```nginx\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    key = folder / "key.pem"
    name = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", "-days", "2"]
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-keyout", str(key), "-out", str(site.certificate)]
    subprocess.run(["openssl", "req", *kind, *name, *files], check=True, capture_output=True)
    for there, here in {
        "listen 443": f"listen 127.0.0.1:{site.secure}",
        "listen 80": f"listen 127.0.0.1:{site.plain}",
        "127.0.0.1:8000": f"127.0.0.1:{site.port}",
        f"/etc/letsencrypt/live/{HOST}/fullchain.pem": str(site.certificate),
        f"/etc/letsencrypt/live/{HOST}/privkey.pem": str(key),
        "/var/cache/nginx/geokg": str(folder / "cache"),
    }.items():
        assert whole.count(there) == 1, there
        whole = whole.replace(there, here)
    end = whole.rindex("}")
    user = "user root;" if os.geteuid() == 0 else ""  # others may not read where tests write
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    around = f"daemon off; {user} pid {folder}/pid; error_log {folder}/error.log; events {{}} http {{ {places}\n"
    (folder / "nginx.conf").write_text(f"{around}{whole[:end]}{below}{whole[end:]}}}\n", "utf-8")


def test_addresses_are_those_that_clients_see_whatever_they_say(site: Site) -> None:
    for headers in ({}, STRANGER | {"Host": "evil.example"}):
        assert site.query(RELATIVE, **headers).splitlines()[1] == f"{HERE}/it"
        _, described = site.ask("/sparql", Accept="text/turtle", **headers)
        assert f"<{HERE}/sparql".encode() in described and b"evil" not in described
        page, text = site.ask("/sparql", Accept="text/html", **headers)
        assert page.getheader("Strict-Transport-Security")
        assert not [word for word in (b"evil", b"gopher", b"127.0.0.1") if word in text]
    response, _ = site.ask("/store", "POST", b"<x:s> <x:p> <x:o> .", Content_Type="text/turtle", **WRITER)
    assert (response.status, (response.getheader("Location") or "")[: len(HERE) + 7]) == (201, f"{HERE}/store/")
    foreign, _ = site.ask("/update", "POST", b"", Origin=f"http://{HOST}", **WRITER)
    ours, _ = site.ask("/update", "POST", b"", Origin=HERE, **WRITER)
    assert (foreign.status, ours.status) == (403, 415)


def test_each_client_is_itself_in_the_log_and_to_the_pool(site: Site) -> None:
    clients = {"127.0.0.11", "127.0.0.12"}
    for client in clients:
        site.ask(f"/data/of-{client}", client=client, **STRANGER)
    # A line is written once the answer is sent, so it may come after whoever has read that.
    until(lambda: {line["client"] for line in site.lines() if line["path"] == f"/data/of-{line['client']}"} == clients)
    assert "203.0.113.9" not in {line["client"] for line in site.lines()}
    with contextlib.ExitStack() as stack:
        for client in clients:
            stack.enter_context(begun(site, SILENT, client=client, timeout="60"))
        until(lambda: {one["client"] for one in site.running()} == clients)
    until(lambda: not site.running())  # both have left before the first byte


def test_an_answer_streams_and_who_leaves_frees_a_worker(site: Site) -> None:
    with begun(site, ENDLESS, format="csv", timeout="60") as connection:
        assert connection.getresponse().read(100_000).startswith(b"a,b,c,d,e,f,g,h,i\r\n")
        assert [one["query"] for one in site.running()] == [ENDLESS]
    until(lambda: not site.running())


def test_an_answer_that_is_cut_is_seen_to_be(site: Site) -> None:
    with begun(site, ENDLESS, format="csv", timeout="1") as connection:
        response = connection.getresponse()
        assert response.status == 200
        with pytest.raises((http.client.IncompleteRead, ConnectionError, ssl.SSLError)):
            while response.read(1 << 20):
                pass
    with socket.create_connection(("127.0.0.1", site.port), 30) as old:  # past nginx, as one that speaks HTTP/1.0
        old.sendall(f"GET /sparql?{urlencode({'query': ENDLESS, 'timeout': 1})} HTTP/1.0\r\n\r\n".encode())
        assert old.recv(15) == b"HTTP/1.0 200 OK"
        with pytest.raises(ConnectionResetError):
            while old.recv(1 << 20):
                pass
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed, which speaks HTTP/2")
    command = [
        "curl",
        "--silent",
        "--http2",
        "--cacert",
        str(site.certificate),
        "--write-out",
        "%{stderr}%{http_version}",
    ]
    command += ["--resolve", f"{HOST}:{site.secure}:127.0.0.1", f"{HERE}:{site.secure}/sparql?format=csv&"]
    for query, is_cut in (("ASK {}", False), (ENDLESS, True)):
        address = [*command[:-1], command[-1] + urlencode({"query": query, "timeout": 1})]
        done = subprocess.run(address, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, timeout=60)
        assert (done.returncode != 0, done.stderr) == (is_cut, b"2")


def test_what_takes_too_long_and_what_is_too_much_is_told(site: Site) -> None:
    response, body = site.ask(f"/sparql?timeout=1&query={quote(SILENT)}")
    assert (response.status, json.loads(body)["status"]) == (503, 503)
    with contextlib.ExitStack() as stack:
        sent = [stack.enter_context(begun(site, SILENT, timeout="1")) for _ in range(12)]
        answers = [connection.getresponse() for connection in sent]
    refused = [answer for answer in answers if answer.getheader("Retry-After")]
    assert refused and {answer.status for answer in answers} == {503}


def test_conditions_heads_and_codings_pass(site: Site) -> None:
    path = f"/sparql?format=csv&query={quote('SELECT * { ?s a ?o }')}"
    first, plain = site.ask(path)
    assert first.getheader("Content-Encoding") is None
    tag = first.getheader("ETag") or ""
    held, nothing = site.ask(path, If_None_Match=tag)
    assert (held.status, nothing, held.getheader("ETag")) == (304, b"", tag)
    head, nothing = site.ask(path, "HEAD")
    assert (head.status, nothing, head.getheader("ETag")) == (200, b"", tag)
    for coding, decode in (
        ("gzip", gzip.decompress),
        ("zstd", lambda data: zstandard.ZstdDecompressor().stream_reader(data).read()),
    ):
        for _ in range(2):  # the second one is kept
            answer, body = site.ask(path, Accept_Encoding=coding)
            assert answer.headers.get_all("Content-Encoding") == [coding]
            assert decode(body) == plain
    preflight, _ = site.ask("/sparql", "OPTIONS", Origin="https://elsewhere.example")
    assert preflight.getheader("Access-Control-Allow-Origin") == "*"


def test_a_long_query_may_stand_in_an_address(site: Site) -> None:
    values = " ".join(f"<{HERE}/{number}>" for number in range(1000))
    assert site.query(f"SELECT (COUNT(*) AS ?n) {{ VALUES ?one {{ {values} }} }}") == "n\r\n1000\r\n"


def test_uploads_are_as_large_as_they_may_be(site: Site) -> None:
    def body() -> Iterator[bytes]:
        yield b"<x:large> <x:p> <x:o> .\n"
        for _ in range(50):
            yield (b"#" * 1023 + b"\n") * 1024

    about = {"Content_Type": "application/n-triples", "Content_Length": str(24 + (50 << 20)), **WRITER}
    response, told = site.ask("/store?graph=x:large", "PUT", body(), **about)
    assert response.status in (201, 204), told
    assert site.query("ASK { GRAPH <x:large> { <x:large> ?p ?o } }") == "true\n"
    for path, size in (("/store?graph=x:large", 101), ("/sparql", 5)):
        response, _ = site.ask(path, "POST", iter(()), Content_Length=str(size << 20), **WRITER)
        assert response.status == 413


def test_what_is_for_the_operator_is_closed(site: Site) -> None:
    for path in ("/metrics", "/admin/queries", "//metrics", "/./metrics", "/x/../metrics", "/%6detrics", "/metrics/"):
        for below in ("", "/kg"):
            response, _ = site.ask(below + path, **WRITER)
            assert response.status in (403, 404), path
    with socket.create_connection(("127.0.0.1", site.plain), 10) as plain:
        plain.sendall(b"GET /sparql?query=ASK+%7B%7D HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
        told = plain.makefile("rb").read()
    assert told.startswith(b"HTTP/1.1 301 ") and f"\r\nLocation: {HERE}/sparql?query=ASK+%7B%7D\r\n".encode() in told


def test_below_a_path_everything_works(site: Site) -> None:
    for path, expected in (("/sparql", f"{HERE}/it"), ("/kg/sparql", f"{HERE}/kg/it")) * 2:
        assert site.query(RELATIVE, path).splitlines()[1] == expected
    _, page = site.ask("/kg/", Accept="text/html")
    links = sorted(set(re.findall(r'(?:href|src|action)="(/[^"]*)"', page.decode())))
    assert len(links) > 20 and all(link.startswith("/kg/") for link in links)
    static = [link for link in links if "/static/" in link]
    assert any(link.endswith(".css") for link in static)
    for link in [*static, "/kg/search?q=china", "/kg/data/state/CHN", "/kg/.well-known/void"]:
        response, body = site.ask(link.replace("&amp;", "&"), Accept="text/html, */*")
        assert (response.status, bool(body)) == (200, True), link
    _, described = site.ask("/kg/sparql", Accept="text/turtle")
    assert f"<{HERE}/kg/sparql".encode() in described
    form = {"Content_Type": "application/x-www-form-urlencoded", "Accept": "text/csv", "Origin": HERE}
    _, body = site.ask("/kg/sparql", "POST", urlencode({"query": RELATIVE}).encode(), **form)
    assert body.decode().splitlines()[1] == f"{HERE}/kg/it"
    response, _ = site.ask("/kg/store", "POST", b"<x:s> <x:p> <x:o> .", Content_Type="text/turtle", **WRITER)
    assert (response.getheader("Location") or "").startswith(f"{HERE}/kg/store/")
    written = ox.NamedNode(response.getheader("Location") or "")
    response, _ = site.ask(written.value.removeprefix(HERE), Accept="application/n-triples")
    assert response.status == 200


def test_files_are_kept_and_compressed_by_nginx(site: Site) -> None:
    first, plain = site.ask("/static/geokg.css")
    tag = first.getheader("ETag") or ""
    for _ in range(2):
        answer, packed = site.ask("/static/geokg.css", Accept_Encoding="gzip")
        assert answer.getheader("Content-Encoding") == "gzip" and gzip.decompress(packed) == plain
    held, _ = site.ask("/static/geokg.css", If_None_Match=tag)
    assert held.status == 304
    asked = [line["path"] for line in site.lines()]
    assert asked.count("/static/geokg.css") <= 2  # once for each Accept-Encoding


def test_a_flood_of_one_is_held_off_and_others_do_not_notice(site: Site) -> None:
    connection = site.connect("127.0.0.21")
    seen = set()
    for _ in range(400):
        connection.request("GET", "/health/live", headers={"Host": HOST})
        response = connection.getresponse()
        response.read()
        seen.add(response.status)
    connection.close()
    assert seen == {200, 429}
    response, _ = site.ask("/health/live", client="127.0.0.22")
    assert response.status == 200


# Under other servers, and one after the other


APP = f"""
import geokg
from geokg.endpoint import create_app, create_pool
from geokg.endpoint.observing import open_log
open_log("access.log")
kg = geokg.open("kg.trig")
app = create_app(kg, token={TOKEN!r}, pool=create_pool(kg.store, workers=3), proxies=1)
"""


@contextmanager
def serving(folder: Path, program: str, *options: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A WSGI server with the app that stands in a folder."""
    port = free_port()
    there = {"gunicorn": ["--bind", f"127.0.0.1:{port}"], "granian": ["--interface", "wsgi", "--port", str(port)]}
    command = [str(Path(sys.executable).parent / program), "app:app", *there[program], *options]
    with running(command, cwd=folder) as server:
        until(lambda: server.poll() is not None or answers(port))
        yield port, server


def answers(port: int) -> bool:
    try:
        return get(port, "/health/live").status == 200
    except OSError:
        return False


def get(port: int, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    """An answer, of which nothing is read yet but the head; and its connection, which is closed with it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, headers=dashed(headers) | {"Connection": "close"})
    return connection.getresponse()


@pytest.mark.parametrize("program", ["gunicorn", "granian"])
def test_other_servers_do_what_ours_does(program: str, _sample: KnowledgeGraph, tmp_path: Path) -> None:
    _sample.store.save(tmp_path / "kg.trig")
    (tmp_path / "app.py").write_text(APP, "utf-8")
    options = ["--threads", "16"] if program == "gunicorn" else ["--blocking-threads", "16"]
    with serving(tmp_path, program, *options) as (port, server), ThreadPoolExecutor() as threads:

        def queries() -> list[dict[str, object]]:
            return list(json.loads(get(port, "/admin/queries", **WRITER).read())["queries"])

        def clients() -> set[object]:
            return {one["client"] for one in queries()}

        def sent(query: str, seconds: int, client: str) -> socket.socket:
            """A query whose answer nobody waits for yet."""
            connection = socket.create_connection(("127.0.0.1", port), 30)
            path = f"/sparql?{urlencode({'query': query, 'timeout': seconds, 'format': 'csv'})}"
            about = f"Host: {HOST}\r\nX-Forwarded-For: {client}\r\nConnection: close"
            connection.sendall(f"GET {path} HTTP/1.1\r\n{about}\r\n\r\n".encode())
            return connection

        # Two clients of a proxy are two. Who leaves before the first byte frees a worker, where the server tells.
        waiting = [sent(SILENT, 60, f"192.0.2.{client}") for client in (1, 2)]
        until(lambda: clients() == {"192.0.2.1", "192.0.2.2"})
        for connection in waiting:
            connection.close()
        for query in queries() if program == "granian" else ():
            assert get(port, f"/admin/queries/{query['id']}", "DELETE", **WRITER).status == 204
        until(lambda: not clients())
        # Answers stream, and who leaves in the middle frees a worker.
        with sent(ENDLESS, 60, "192.0.2.3") as connection:
            assert connection.recv(1 << 16)
            assert clients() == {"192.0.2.3"}
        until(lambda: not clients())
        # One that is cut breaks off.
        response = get(port, f"/sparql?format=csv&timeout=1&query={quote(ENDLESS)}")
        assert response.status == 200
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            while response.read(1 << 20):
                pass
        # At the end, what was begun is answered.
        last = threads.submit(get, port, f"/sparql?timeout=3&query={quote(SILENT)}")
        until(lambda: bool(clients()))
        server.terminate()
        assert last.result(30).status == 503
        assert server.wait(30) == 0
    lines = [json.loads(line) for line in (tmp_path / "access.log").read_text("utf-8").splitlines()]
    cut = [line for line in lines if line["path"] == "/sparql" and line["status"] == 200]
    assert len(cut) == 2 and not any(line["whole"] for line in cut)


def test_a_writer_that_is_forked_says_so_and_answers_nothing(
    fresh_kg: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = create_pool(fresh_kg.store, workers=1)
    assert pool is not None
    with pool:
        app = create_app(fresh_kg, token=TOKEN, writer=StoreWriter(fresh_kg.store), pool=pool)
        assert app.test_client().get("/health/ready").status_code == 200
        monkeypatch.setattr(app.extensions["geokg"], "_process", 1)  # as in a process of gunicorn --preload
        for path in ("/sparql?query=ASK+%7B%7D", "/health/ready", "/"):
            response = app.test_client().get(path)
            assert response.status_code == 500
            assert "--workers 1" in response.json["detail"]


ACTIVATED = """
import os, sys
os.dup2(int(sys.argv[1]), 3, inheritable=True)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.execv(sys.executable, [sys.executable, "-m", "geokg", "serve", *sys.argv[2:]])
"""


def test_a_start_anew_refuses_nobody(_sample: KnowledgeGraph, tmp_path: Path) -> None:
    graph = tmp_path / "kg.trig"
    _sample.store.save(graph)
    with socket.create_server(("127.0.0.1", 0)) as held, ThreadPoolExecutor() as threads:
        port = held.getsockname()[1]
        activated = [sys.executable, "-c", ACTIVATED, str(held.fileno()), str(graph), "--workers", "2"]
        with running(activated, stdout=subprocess.PIPE, pass_fds=[held.fileno()]) as first:
            assert first.stdout is not None
            assert first.stdout.readline().startswith(f"http://127.0.0.1:{port}/ ")
            kept = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

            def ready() -> tuple[int, str | None]:
                kept.request("GET", "/health/ready")
                answer = kept.getresponse()
                answer.read()
                return answer.status, answer.getheader("Connection")

            assert ready() == (200, None)
            begun = threads.submit(get, port, f"/sparql?timeout=2&query={quote(SILENT)}")
            time.sleep(1)  # it is running by now
            first.terminate()
            until(lambda: ready() == (503, "close"))
            assert begun.result(30).status == 503  # its time was up
            late = threads.submit(get, port, "/sparql?query=ASK+%7B%7D")
            assert first.wait(20) == 0
        with running(activated, pass_fds=[held.fileno()]):
            assert late.result(30).status == 200


def test_what_the_docs_set_fits_what_the_server_does(root: Path) -> None:
    page = (root / "docs" / "serving.md").read_text("utf-8")

    def numbers(pattern: str) -> list[int]:
        return [int(number) for number in re.findall(pattern, page)]

    longest = inspect.signature(Pool).parameters["longest"].default
    write = next(option.default for option in serve.params if option.name == "write_deadline")
    waiting = inspect.signature(FolderWriter).parameters["waiting"].default
    ends = numbers(r"(?:TimeoutStopSec=|--stop-timeout |--graceful-timeout )(\d+)")
    assert len(ends) == 3
    assert min(ends) > max(longest, write) + 5
    asked, written, below = numbers(r"proxy_read_timeout (\d+)s")
    assert asked > longest + PATIENCE
    assert min(written, below) > (waiting + 1) * write
    bodies = [size << 20 for size in numbers(r"client_max_body_size (\d+)m")]
    assert bodies == [max(MAX_BODY, annotate.MAX_BODY), MAX_UPLOAD, MAX_UPLOAD]
