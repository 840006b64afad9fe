"""Hostile input by the thousand: to the guard, to the app, and as raw bytes to a server that runs.

What is sent grows out of the cookbook, the attacks of ``test_security`` and the W3C's tests, where those are: cut,
doubled, mixed, wrongly encoded, with parameters and headers that do not fit. A guard may let through or refuse; an app
may answer 2xx, 304, 308, 4xx or 503, errors as ``application/problem+json`` or as a page; a server may also refuse
what is no HTTP, or wait for the rest of it. Anything else is a fault, and so is an answer that takes too long.
Hypothesis makes the inputs and cuts one that finds a fault down to the least that does.

    python tests/fuzz.py [--inputs N] [--seed S] [--target guard|app|server]
"""

from __future__ import annotations

import argparse
import io
import json
import os
import select
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote_plus, unquote_to_bytes

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from werkzeug.test import run_wsgi_app

import geokg
from geokg.endpoint import create_app, create_pool
from geokg.endpoint.folder import FolderWriter
from geokg.endpoint.operations import data_operations, loads, sees_unnamed_alone, with_dataset
from geokg.endpoint.problems import ProtocolError
from geokg.errors import QueryNotAllowed, QueryTimeout, QueryTooLarge
from geokg.sparql import check, check_update
from geokg.sparql.tokens import tokens
from geokg.vocabulary import packaged
from test_security import CRASHES, HEAVY, LAUGHS, REACHING, UPLOADS
from w3c.servers import serving

TOKEN = "a token for the fuzzer"
SLOW = 10.0
"""Seconds that no input may take; the deadlines of queries and writes are far below."""
PIECE = 2000
"""Inputs of one run of Hypothesis, which keeps all of a run in memory."""
SHARES = {"guard": 0.5, "app": 0.2, "server": 0.3}
"""How the inputs are parted between the targets."""


# What it grows out of


def _queries() -> list[str]:
    found = [path.read_text("utf-8") for path in sorted((packaged("ontology") / "queries").glob("*.rq"))]
    found += [*HEAVY.values(), *REACHING, *(crash(120) for crash in CRASHES.values())]
    suites = Path(os.environ.get("GEOKG_SHARED", Path(__file__).parents[2] / "shared")) / "w3c" / "sparql11"
    for folder in ("syntax-query", "syntax-update-1", "syntax-fed", "functions", "property-path", "basic-update"):
        paths = [path for path in sorted(suites.glob(f"{folder}/*.r[qu]"))]
        found += [path.read_text("utf-8", "replace") for path in paths]
    return [*found, "", "ASK {}", "INSERT DATA { <x:s> <x:p> 1 }", "DELETE WHERE { ?s ?p ?o }", "DROP ALL"]


QUERIES = _queries()
WORDS = r"""
SERVICE LOAD SELECT ASK WHERE FROM NAMED GRAPH OPTIONAL UNION MINUS FILTER BIND VALUES INSERT DELETE DATA USING WITH
BASE PREFIX { } ( ) [ ] << >> <<( )>> ; . , | || && ! ^ ^^ @ * + - / = < > <= 1 -1 .5 1e9 ?s $o _:b [] () a true 'x'
<x:s> <> <//[> <http://[> <?> <#> <..> <http://x:99999999/> <1<#>> x:y :x x: x:\, ' " TRIPLE1 TRIPLE2 ` # #x %41 %ZZ %
\u0053 \ud800 \uFFFF \U0010FFFF \U00110000 \ """.replace("TRIPLE1", "'''").replace("TRIPLE2", '""' + '"')
ODD = ["\n", "\r", "\t", "\0", "\ufeff", "\u00a0", "\u2028", "\U0001f600", "é", "\x7f", " ", "{" * 90, "(" * 200]
FRAGMENTS = [*WORDS.split(), *ODD]
IRIS = [
    "x:g",
    "http://[",
    "//[",
    "",
    "a b",
    "http://x/\ud7ff",
    "urn:x",
    "x:" + "y" * 5000,
    "file:///etc/passwd",
    "default",
]
RDF = [
    ("text/turtle", "<x:s> <x:p> 'o', [ <x:q> ( 1 2 ) ] ."),
    ("application/n-triples", "<x:s> <x:p> _:b .\n"),
    ("application/trig", "GRAPH <x:g> { <x:s> <x:p> 1 }"),
    ("application/n-quads", "<x:s> <x:p> 'o'@en <x:g> .\n"),
    ("application/ld+json", '{"@id": "x:s", "x:p": [{"@list": [1, 2]}]}'),
    ("application/rdf+xml", LAUGHS),
    *((headers["Content-Type"], body[:5000].decode("latin-1")) for headers, body, _ in UPLOADS.values()),
]
FORM, QUERY, UPDATE = "application/x-www-form-urlencoded", "application/sparql-query", "application/sparql-update"
TYPES = [
    FORM,
    QUERY,
    UPDATE,
    "multipart/form-data; boundary=b",
    "multipart/form-data",
    "text/plain",
    "",
    "/",
    ";;",
    "*/*",
]
TYPES += [kind for kind, _ in RDF]
CHARSETS = [
    "",
    "",
    "",
    "; charset=utf-8",
    "; charset=utf-16",
    "; charset=nonsense",
    "; charset=",
    '; charset="',
    "; q=0",
]
CODECS = ["utf-8", "utf-8", "utf-8", "utf-8", "utf-16", "utf-16-le", "latin-1", "utf-7", "utf-8-sig", "utf-32"]
PATHS = (
    "/sparql /sparql/ /update /store /store/x /store/%2e%2e/x /data/entity/taliban /data/entity/taliban.ttl /ontology"
)
PATHS += " /shapes /.well-known/void /health /health/ready /metrics /admin/queries /admin/queries/1 / // /static/x"
PATHS += " /static/../app.py /%00 /%ff /data/%ed%a0%80 /admin/queries/" + "9" * 5000
NAMES = (
    "query update default-graph-uri named-graph-uri using-graph-uri using-named-graph-uri format timeout graph default"
)
HEADERS = {
    "Accept": [
        "*/*",
        "text/html",
        "text/csv;q=nan",
        "application/json;q=2",
        "a/b/c",
        ";q=",
        "*",
        "text/turtle, */*;q=0.1",
    ],
    "Accept-Encoding": ["gzip", "zstd", "br", "gzip;q=0", "*;q=0", "identity;q=0, *", "zstd;q=1e9"],
    "Content-Encoding": ["gzip", "identity", "", "zstd"],
    "If-None-Match": ["*", '"x"', 'W/"x-gzip"', '"', "x", '"a-zstd", *'],
    "If-Match": ["*", '"x"', 'W/"x"', '"', ""],
    "Origin": ["null", "http://x", "http://["],
    "Sec-Fetch-Site": ["cross-site", "same-origin", "?"],
    "Host": ["x", "[", "[::1]:80", "a b", "x:99999999", "x/y", ""],
    "Range": ["bytes=0-0", "bytes=9-1", "x"],
    "X-Forwarded-For": ["1.2.3.4", "x" * 500],
    "If-Modified-Since": ["x", "Thu, 99 Foo 0000 00:00:00 GMT"],
    "Cookie": ["a=b", "=;=;", "x" * 1000],
}
TIMES = ["1", "0", "-1", "nan", "inf", "1e999", "0.001", "x", "1_0", "٣"]


def edited(source: st.SearchStrategy[str], fragments: list[str], *, most: int = 5) -> st.SearchStrategy[str]:
    """Texts with some pieces cut out and others put in."""
    place, length = st.floats(0, 1), st.integers(0, 30)
    piece = st.one_of(st.just(""), st.sampled_from(fragments), st.text(max_size=8))
    edits = st.lists(st.tuples(place, length, piece, st.integers(1, 3)), max_size=most)

    def apply(text: str, changes: list[tuple[float, int, str, int]]) -> str:
        for where, cut, new, times in changes:
            start = int(where * len(text))
            text = text[:start] + new * times + text[start + cut :]
        return text

    return st.builds(apply, source, edits)


SPACED = st.tuples(st.sampled_from(FRAGMENTS), st.sampled_from(["", " "])).map("".join)
SOUP = st.lists(SPACED, max_size=25).map("".join)
TEXTS = st.one_of(
    edited(st.sampled_from(QUERIES), FRAGMENTS), SOUP, edited(SOUP, QUERIES, most=2), st.text(max_size=200)
)
IRI = st.one_of(st.sampled_from(IRIS), edited(st.sampled_from(IRIS), FRAGMENTS, most=2))
LATIN = st.characters(codec="latin-1", exclude_characters="\r\n\0")


# A request, however odd


@dataclass(frozen=True)
class Request:
    """What a client sends; on the wire ``cut`` and ``junk`` spoil the bytes, in an app they mean nothing."""

    method: str
    path: str
    query: bytes
    headers: tuple[tuple[str, str], ...]
    body: bytes
    cut: float = 1.0
    junk: tuple[tuple[float, bytes], ...] = ()

    def wire(self) -> bytes:
        """As bytes on a connection that is closed afterwards."""
        target = self.path.encode("latin-1") + (b"?" + self.query if self.query else b"")
        lines = [self.method.encode("latin-1") + b" " + target + b" HTTP/1.1"]
        lines += [f"{name}: {value}".encode("latin-1") for name, value in self.headers]
        if not any(name == "Host" for name, _ in self.headers):
            lines.append(b"Host: here")
        lines += [b"Content-Length: %d" % len(self.body), b"Connection: close", b"", self.body]
        sent = b"\r\n".join(lines)
        for place, piece in self.junk:
            at = int(place * len(sent))
            sent = sent[:at] + piece + sent[at + len(piece) // 2 :]
        return sent[: int(self.cut * len(sent))]

    def environ(self) -> dict[str, object]:
        """As a WSGI server hands it over."""
        kind = [value for name, value in self.headers if name == "Content-Type"]
        environ: dict[str, object] = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": _unquoted(self.path),
            "QUERY_STRING": self.query.decode("latin-1"),
            "SERVER_NAME": "here",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "192.0.2.1",
            "CONTENT_LENGTH": str(len(self.body)),
            "CONTENT_TYPE": kind[0] if kind else "",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers:
            if name != "Content-Type":
                environ["HTTP_" + name.upper().replace("-", "_")] = value.strip()
        return environ


def _unquoted(path: str) -> str:
    return unquote_to_bytes(path).decode("latin-1")


@st.composite
def parameters(draw: st.DrawFn, names: list[str]) -> bytes:
    """Parameters of an address or a form, mostly as they should be."""
    pieces = []
    for name in draw(st.lists(st.sampled_from(names), max_size=4)):
        if name in ("query", "update"):
            value = draw(TEXTS)
        elif name.endswith(("uri", "graph", "default")):
            value = draw(IRI)
        else:
            value = draw(st.sampled_from(TIMES if name == "timeout" else ["json", "csv", "ttl", "html", "x", "\0"]))
        sent = value.encode(draw(st.sampled_from(CODECS)), "replace")
        pieces.append(f"{name}={quote_plus(sent)}".encode() if draw(st.integers(0, 9)) else name.encode() + b"=" + sent)
    joined = draw(st.sampled_from([b"&", b"&", b"&", b";", b"&&"])).join(pieces)
    return joined if draw(st.integers(0, 9)) else draw(st.binary(max_size=30)) + joined


@st.composite
def bodies(draw: st.DrawFn, names: list[str]) -> tuple[str, bytes]:
    """A body and the media type that it claims to be, mostly of one kind."""
    kind = draw(st.sampled_from([FORM, QUERY, UPDATE, "rdf", "multipart", "bytes"]))
    if kind == FORM:
        body = draw(parameters(names))
    elif kind in (QUERY, UPDATE):
        body = draw(TEXTS).encode(draw(st.sampled_from(CODECS)), "replace")
    elif kind == "bytes":
        kind, body = draw(st.sampled_from(TYPES)), draw(st.binary(max_size=200))
    else:
        media, text = draw(st.sampled_from(RDF))
        body = draw(edited(st.just(text), FRAGMENTS)).encode(draw(st.sampled_from(CODECS)), "replace")
        if kind == "multipart":
            head = f'--b\r\nContent-Disposition: form-data; name="f"; filename="f.ttl"\r\nContent-Type: {media}\r\n\r\n'
            body = (
                draw(edited(st.just(head), ["\r\n", "--b", '"', ";", "filename=x"], most=2)).encode()
                + body
                + b"\r\n--b--"
            )
            media = "multipart/form-data; boundary=b"
        kind = media
    if not draw(st.integers(0, 7)):
        kind = draw(st.sampled_from(TYPES))
    return kind + draw(st.sampled_from(CHARSETS)), body


_METHODS = {"sparql": ["GET", "POST"], "update": ["POST"], "store": ["GET", "PUT", "POST", "PATCH", "DELETE"]}


@st.composite
def requests(draw: st.DrawFn, *, is_spoilt: bool = False) -> Request:
    """A request; every other one would be right but for what it carries."""
    path = draw(st.sampled_from([*PATHS.split(), *["/sparql"] * 8, *["/update"] * 5, *["/store"] * 5]))
    names = NAMES.split()
    if draw(st.booleans()):
        names = {"/sparql": ["query"], "/update": ["update"], "/store": ["graph"]}.get(path, names)
    methods = _METHODS.get(path.split("/")[1], ["GET"])
    odd = st.sampled_from(["HEAD", "OPTIONS", "QUERY", "get", "TRACE", "X", *_METHODS["store"]])
    method = draw(st.sampled_from(methods) if draw(st.integers(0, 9)) else odd)
    headers = [("Authorization", f"Bearer {TOKEN}")] if draw(st.integers(0, 5)) else []
    for name in draw(st.lists(st.sampled_from(sorted(HEADERS)), max_size=3, unique=True)):
        headers.append((name, draw(st.one_of(st.sampled_from(HEADERS[name]), st.text(LATIN, max_size=20)))))
    kind, body = draw(bodies(names)) if method not in ("GET", "HEAD") else ("", b"")
    if kind:
        headers.append(("Content-Type", kind))
    query = (
        draw(parameters(names)) if method in ("GET", "HEAD") or not draw(st.integers(0, 2)) or path == "/store" else b""
    )
    request = Request(method, path, query, tuple(headers), body)
    if not is_spoilt or draw(st.booleans()):
        return request
    junk = st.sampled_from(
        [b"\r\n", b"\n", b"\0", b"\xff" * 9, b"Transfer-Encoding: chunked\r\n", b"Content-Length: -1\r\n"]
    )
    places = draw(st.lists(st.tuples(st.floats(0, 1), st.one_of(junk, st.binary(max_size=20))), max_size=3))
    return replace(request, cut=draw(st.one_of(st.just(1.0), st.floats(0, 1))), junk=tuple(places))


# What it is sent to


def guard(text: str) -> str:
    """What the guard makes of a text, read as a query and as an update."""
    at = 0
    for token in tokens(text):
        assert token.start >= at and text.startswith(token.text, token.start), token
        at = token.start + len(token.text)
    said = []
    for read in (
        lambda: check(text, base_iri="http://here/sparql", is_loaded=lambda graph: graph != "x:g"),
        lambda: check_update(text, base_iri="http://here/update", allowed=["http://open.example/"]),
        lambda: (with_dataset(text, ["x:g"], []), loads(text), data_operations(text), sees_unnamed_alone(text)),
    ):
        try:
            read()
            said.append("lets through")
        except (QueryNotAllowed, QueryTooLarge, ProtocolError) as refusal:
            said.append(type(refusal).__name__)
    return " / ".join(said)


def judge(status: int, method: str, media: str, body: bytes) -> str:
    """What an answer of the app is worth: its status, if it is one by design."""
    assert 200 <= status < 300 or status in (304, 308, 503) or 400 <= status < 500, (status, body[:500])
    if status >= 400 and method != "HEAD":
        assert media.partition(";")[0] in ("application/problem+json", "text/html", "text/turtle"), (status, media)
        if media == "application/problem+json":
            assert json.loads(body)["status"] == status
    return str(status)


@contextmanager
def app(folder: Path) -> Iterator[Callable[[Request], str]]:
    """The app with all that ``geokg serve`` gives it, in this process; an error that it does not answer comes out."""
    with closing(FolderWriter(folder / "store", gate="off", deadline=1, memory=512 << 20)) as writer:
        kg = geokg.KnowledgeGraph(writer.store)
        pool = create_pool(writer.store, writer=writer, workers=2, deadline=0.5, memory=256 << 20)
        assert pool is not None
        with pool:
            site = create_app(kg, token=TOKEN, pool=pool, writer=writer, TESTING=True)

            def send(request: Request) -> str:
                pieces, status, headers = run_wsgi_app(site, request.environ())
                try:
                    body = b"".join(pieces)
                except (QueryTimeout, QueryTooLarge):
                    return "cut off"
                finally:
                    close = getattr(pieces, "close", None)
                    if close is not None:
                        close()
                coded = headers.get("Content-Encoding")
                media = headers.get("Content-Type", "")
                return judge(int(status[:3]), "HEAD" if coded else request.method, media, body)

            yield send


@contextmanager
def server(folder: Path) -> Iterator[Callable[[Request], str]]:
    """A server that runs; it must still run, and answer, at the end."""
    (folder / "token").write_text(TOKEN, encoding="utf-8")
    options = ["--create", "--token-file", str(folder / "token"), "--gate", "off", "--deadline", "0.5"]
    options += ["--write-deadline", "1", "--memory", "256", "--workers", "2"]
    with serving(str(folder / "store"), *options) as (port, process):

        def send(request: Request) -> str:
            is_spoilt = request.cut < 1 or bool(request.junk)
            answer = exchange(port, request.wire(), patience=_PATIENCE if is_spoilt else SLOW)
            assert process.poll() is None, f"the server has ended with {process.returncode}"
            if not answer and is_spoilt:
                return "waits for more"
            head, _, body = answer.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            status = int(first.split()[1])
            fields = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
            if fields.get("content-type", "").startswith("text/plain") and status in _OWN:
                return f"{status} of the HTTP server"
            is_plain = not is_spoilt and "content-encoding" not in fields
            return judge(status, request.method if is_plain else "HEAD", fields.get("content-type", ""), body)

        yield send
        assert b"true" in exchange(port, Request("GET", "/sparql", b"query=ASK{}", (), b"").wire())


_OWN = (400, 413, 431, 501)
"""What waitress says of bytes that it does not take for HTTP."""


_PATIENCE = 0.02
"""Seconds to wait for more of the answer to what may be no whole request, and may not say that it is the last."""


def exchange(port: int, sent: bytes, *, patience: float = SLOW) -> bytes:
    """Send bytes, and what comes back until the other end hangs up, or until nothing has come for a while."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=SLOW) as connection, suppress(ConnectionError):
        connection.sendall(sent)
        while select.select([connection], [], [], patience)[0]:
            piece = connection.recv(1 << 16)
            if not piece:
                return answer
            answer += piece
        assert patience < SLOW, "no answer, or no end of one"
    return answer


# Running it


def fuzz(target: str, inputs: int, start: int = 0) -> Counter[str]:
    """Send a number of inputs to a target, the same for the same start; what became of them.

    Raises:
        AssertionError: one of them found a fault; the message and the notes say which, and how it can be had again.
    """
    seen: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="geokg-fuzz-") as name:
        if target == "guard":
            _run(guard, TEXTS, inputs, start, seen)
        elif target == "app":
            with app(Path(name)) as send:
                _run(send, requests(), inputs, start, seen)
        else:
            with server(Path(name)) as send:
                _run(send, requests(is_spoilt=True), inputs, start, seen)
    return seen


def _run(
    send: Callable[..., str], strategy: st.SearchStrategy[object], inputs: int, start: int, seen: Counter[str]
) -> None:
    number = 0
    while seen.total() < inputs:
        left = inputs - seen.total()

        @seed(f"{start} {number}")
        @settings(
            max_examples=min(PIECE, left),
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def one(sent: object) -> None:
            began = time.perf_counter()
            outcome = send(sent)
            assert time.perf_counter() - began < SLOW, "it took too long"
            seen[outcome] += 1

        one()
        number += 1


def main() -> None:
    """Run it, and print what became of the inputs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", choices=SHARES, help="all inputs to this one; each gets its share otherwise")
    given = parser.parse_args()
    shares = {given.target: 1.0} if given.target else SHARES
    for target, share in shares.items():
        began = time.monotonic()
        seen = fuzz(target, round(given.inputs * share), given.seed)
        print(f"{target}: {seen.total()} inputs in {time.monotonic() - began:.0f} s, no fault")
        for outcome, count in seen.most_common():
            print(f"  {count:7} {outcome}", flush=True)


if __name__ == "__main__":
    main()
