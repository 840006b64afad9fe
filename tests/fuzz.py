"""Hostile input by the thousand: to the guard, to the app, and as raw bytes to a server that runs.

What is sent grows out of the cookbook, the attacks of ``test_security`` and the W3C's tests, where those are: cut,
doubled, nested, mixed, wrongly encoded, with parameters and headers that do not fit; some of it is left as it was. What
the guard lets through is given to the engine, in a process that no text may end, and that ends where it opens a socket.
What it lets through it also must let through when it is written otherwise, with other spaces, comments, letters and
escapes. An app may answer 2xx, 304, 308, 4xx or 503, errors as ``application/problem+json`` or as a page; a server may
also refuse what is no HTTP, or wait for the rest of it. Anything else is a fault, and so is an answer that takes too
long. An input that finds a fault is cut down to less that does, where that is quick.

    python tests/fuzz.py [--inputs N] [--seed S] [--target guard|spelling|app|server]
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import os
import re
import select
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote_plus, unquote_to_bytes, urlsplit

from werkzeug.test import run_wsgi_app

import geokg
from fuzz_engine import Engine, engine
from geokg.endpoint import create_app, create_pool
from geokg.endpoint.folder import FolderWriter
from geokg.endpoint.operations import loads, operations, sees_unnamed_alone, with_dataset
from geokg.endpoint.problems import ProtocolError
from geokg.errors import QueryNotAllowed, QueryTimeout, QueryTooLarge, TransferCut
from geokg.sparql import check, check_update
from geokg.sparql.tokens import tokens
from geokg.vocabulary import Base, packaged, prefixes
from processes import serving
from test_security import CRASHES, HEAVY, LAUGHS, REACHING, UPLOADS

TOKEN = "a token for the fuzzer"
SLOW = 10.0
"""Seconds that no input may take; the deadlines of queries and writes are far below."""
SHARES = {"guard": 0.4, "spelling": 0.1, "app": 0.3, "server": 0.2}
"""How the inputs are parted between the targets."""


# What it grows out of


def _peaceful() -> list[str]:
    found = sorted((packaged("ontology") / "queries").glob("*.rq"))
    shared = Path(os.environ.get("GEOKG_SHARED", Path(__file__).parents[2] / "shared"))
    found += sorted((shared / "w3c" / "sparql11").glob("*/*.r[qu]"))
    return [path.read_text("utf-8", "replace") for path in found] + UPDATES


NOWHERE = "<http://127.0.0.1:4999/>"
UPDATES = ["INSERT DATA { <x:s> <x:p> 1 }", "DELETE WHERE { ?s ?p ?o }", "DROP ALL", "CREATE GRAPH <x:n>"]
UPDATES += ["WITH <x:g> DELETE { ?s ?p ?o } INSERT { ?s <x:p> ?o } USING <x:h> WHERE { ?s ?p ?o FILTER(?o > 1) }"]
PEACEFUL = _peaceful()
HOSTILE = [*HEAVY.values(), *(crash(times) for crash in CRASHES.values() for times in (30, 99, 120))]
HOSTILE += [text.replace("<R>", NOWHERE).replace("PORT", "4999") for text in REACHING]
QUERIES = [*PEACEFUL, *HOSTILE * (1 + len(PEACEFUL) // len(HOSTILE) // 3)]
UPDATING = [text for text in QUERIES if re.search(r"\b(?:INSERT|DELETE|DROP|CLEAR|CREATE|COPY|MOVE|ADD)\b", text)]
SHORT = [text for text in QUERIES if len(text) < 400]
WORDS = r"""
SERVICE LOAD SELECT ASK WHERE FROM NAMED GRAPH OPTIONAL UNION MINUS FILTER BIND VALUES INSERT DELETE DATA USING WITH
BASE PREFIX { } ( ) [ ] << >> <<( )>> ; . , | || && ! ^ ^^ @ * + - / = < > <= 1 -1 .5 1e9 ?s $o _:b [] () a true 'x'
<x:s> <x:g> <http://127.0.0.1:4999/> <> <//[> <http://[> <?> <#> <..> <http://x:99999999/> <1<#>> x:y :x x: x:\, ' "
TRIPLE1 TRIPLE2 ` # #x %41 %ZZ % \u0053 \ud800 \uFFFF \U0010FFFF \U00110000 \ SILENT EXISTS LATERAL DISTINCT LIMIT
""".replace("TRIPLE1", "'''").replace("TRIPLE2", '""' + '"')
WRAPS = ["{ X }", "OPTIONAL { X }", "MINUS { X }", "GRAPH ?g { X }", "FILTER NOT EXISTS { X }", "{ X } UNION { X }"]
WRAPS += ["{ SELECT * { X } }", "SERVICE SILENT <http://127.0.0.1:4999/> { X }", "LATERAL { X }", "( X )", "!( X )"]
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
CHARSETS = [*[""] * 30, *["; charset=utf-8"] * 4]
CHARSETS += ["; charset=utf-16", "; charset=nonsense", "; charset=", '; charset="', "; q=0"]
CODECS = [*["utf-8"] * 30, "utf-16", "utf-16-le", "latin-1", "utf-7", "utf-8-sig", "utf-32"]
PATHS = (
    "/sparql /sparql/ /update /store /store/x /store/%2e%2e/x /data/entity/taliban /data/entity/taliban.ttl /ontology"
)
PATHS += " /shapes /.well-known/void /health /health/ready /metrics /admin/queries /admin/queries/1 / // /static/x"
PATHS += " /claims /claims.csv /claims.json /commitments /network /network.json /timeline /map.csv /search /suggest"
PATHS += (
    " /report /report.csv /report/state /sparql/terms.json /annotate/x.json /annotate/x /vocab /graph/x:g /scheme.json"
)
PATHS += " /static/../app.py /%00 /%ff /data/%ed%a0%80 /admin/queries/" + "9" * 5000
AUTHORIZATIONS = ("Bearer", "Bearer  x", "bearer wrong", "Basic YTpi", "Bearer é", "")
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
    "Accept-Language": ["fr", "fr-CA, en;q=0", "*", "x" * 300, ";;q"],
    "Accept-Encoding": ["gzip", "zstd", "br", "gzip;q=0", "*;q=0", "identity;q=0, *", "zstd;q=1e9"],
    "Content-Encoding": ["gzip", "identity", "", "zstd"],
    "If-None-Match": ["*", '"x"', 'W/"x-gzip"', '"', "x", '"a-zstd", *'],
    "If-Match": ["*", '"x"', 'W/"x"', '"', ""],
    "Access-Control-Request-Method": ["PUT", "x"],
    "Expect": ["100-continue", "x"],
    "Transfer-Encoding": ["identity", "gzip"],
    "Origin": ["null", "http://x", "http://["],
    "Sec-Fetch-Site": ["cross-site", "same-origin", "?"],
    "Host": ["x", "[", "[::1]:80", "a b", "x:99999999", "x/y", ""],
    "Range": ["bytes=0-0", "bytes=9-1", "x"],
    "X-Forwarded-For": ["1.2.3.4", "x" * 500],
    "If-Modified-Since": ["x", "Thu, 99 Foo 0000 00:00:00 GMT"],
    "Cookie": ["a=b", "language=fr", "=;=;", "x" * 1000],
}
HEADERS["Accept"] += [kind for kind, _ in RDF] + ["application/sparql-results+xml", "text/html, */*;q=0.1"]
TIMES = ["1", "2", "0.5", "5", "0", "-1", "nan", "inf", "1e999", "0.001", "x", "1_0", "٣"]


_PIECE = re.compile(r'"[^"\n]{0,60}"|<[^>\s]{0,200}>|[?$:\w]+|\s+|.', re.DOTALL)


def edited(draw: Random, text: str, fragments: Sequence[str], *, most: int = 9) -> str:
    """A text with pieces cut out, doubled, moved, wrapped, or put in from elsewhere; now and then as it was."""
    for _ in range(min(most, draw.choice((0, 0, 1, 1, 1, 1, 2, 3, 5, 9)))):
        pieces = _PIECE.findall(text)
        at, size = draw.randrange(len(pieces) + 1), draw.choice((1, 1, 1, 2, 5, 20))
        match draw.randrange(10):
            case 0:
                pieces[at : at + size] = []
            case 1:
                pieces[at:at] = pieces[at : at + size] * draw.choice((1, 1, 1, 2, 120))
            case 2:
                pieces[at : at + 1] = [draw.choice(fragments)]
            case 3:
                pieces[at:at] = [draw.choice(fragments)] * draw.choice((1, 1, 1, 2, 3, 120))
            case 4:
                other = draw.randrange(len(pieces) + 1)
                pieces[at:at] = pieces[other : other + size]
            case 5:
                strange = _PIECE.findall(draw.choice(QUERIES))
                other = draw.randrange(len(strange) + 1)
                pieces[at:at] = strange[other : other + size]
            case 6 | 7 | 8:
                pieces = wrapped(draw, pieces)
            case _:
                pieces[at:at] = [odd(draw)]
        text = "".join(pieces)[:60_000]
    return text


def wrapped(draw: Random, pieces: list[str]) -> list[str]:
    """What stands in a pair of braces in more of them, which leaves a query a query."""
    start = draw.randrange(len(pieces) + 1)
    while start < len(pieces) and pieces[start] != "{":
        start += 1
    depth = 0
    for n in range(start, len(pieces)):
        depth += (pieces[n] == "{") - (pieces[n] == "}")
        if depth == 0:
            before, _, after = draw.choice(WRAPS).partition(" X ")
            times = 1 if " X " in after else draw.choice((1, 1, 2, 40, 90, 120))
            inner = "".join(pieces[start + 1 : n])
            return [
                *pieces[: start + 1],
                before * times,
                inner,
                after.replace(" X ", f" {inner} ") * times,
                *pieces[n:],
            ]
    return pieces


def odd(draw: Random) -> str:
    """Some characters, of all that a text in UTF-8 may have."""
    ends = ((1, 0x7F), (0xA0, 0x24F), (0x2000, 0x206F), (0x4E00, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF))
    return "".join(chr(draw.randint(*draw.choice(ends))) for _ in range(draw.choice((1, 1, 2, 8))))


def soup(draw: Random) -> str:
    """Words and signs in no order."""
    return "".join(draw.choice(FRAGMENTS) + draw.choice(("", " ")) for _ in range(draw.randrange(26)))


def text(draw: Random, kind: str = "query") -> str:
    """A query or an update, or what once was one."""
    match draw.randrange(20):
        case 0:
            return soup(draw)
        case 1:
            return edited(draw, soup(draw), QUERIES, most=2)
        case 2:
            return "".join(odd(draw) for _ in range(draw.randrange(30)))
        case _:
            sources = draw.choice((SHORT, QUERIES, UPDATING if kind == "update" else QUERIES))
            return edited(draw, draw.choice(sources), FRAGMENTS)


@dataclass(frozen=True)
class Respelt:
    """A text, and the same in other letters."""

    text: str
    other: str


def respelt(draw: Random) -> Respelt:
    """A text of the first kind that may have been changed a little, and other words for it."""
    given = edited(draw, draw.choice(PEACEFUL), FRAGMENTS, most=draw.choice((0, 0, 1)))
    pieces, done = [], 0
    for token in tokens(given):
        gap, spelt = given[done : token.start], token.text
        is_apart = gap[-1:].isspace() and spelt not in ("]", ")")  # some brackets of nothing are one word
        pieces += [gap, draw.choice(("", "", " ", "\n", "\t\r\n", " # SERVICE ' { <\n")) if is_apart else ""]
        if token.kind == "word" and spelt not in ("a", "true", "false") and gap[-1:] != "\\":
            spelt = "".join(draw.choice((letter.upper(), letter.lower())) for letter in spelt)
        elif token.kind in ("string", "iri") and not draw.randrange(3):
            found = [n for n, letter in enumerate(spelt) if letter.isascii() and letter.isalnum()]
            found = [n for n in found if "\\" not in spelt and not (token.kind == "iri" and spelt[n - 1] == "%")]
            if found:
                n = draw.choice(found)
                spelt = f"{spelt[:n]}\\{draw.choice(('u', 'U0000'))}{ord(spelt[n]):04x}{spelt[n + 1 :]}"
        pieces.append(spelt)
        done = token.start + len(token.text)
    return Respelt(given, "".join([*pieces, given[done:]]))


def iri(draw: Random) -> str:
    """What is said to be an IRI."""
    return draw.choice(IRIS) if draw.randrange(3) else edited(draw, draw.choice(IRIS), FRAGMENTS, most=2)


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


_NAMES = {
    "/sparql": ["query", "default-graph-uri", "named-graph-uri", "format", "timeout"],
    "/update": ["update", "using-graph-uri", "using-named-graph-uri"],
    "/store": ["graph", "format"],
    "": ["language", "format", "who", "q", "page", "kind", "relation", "from", "to", "by", "of", "runs"],
}
_ANY = sorted({"default", *(name for names in _NAMES.values() for name in names)})


def parameters(draw: Random, path: str) -> bytes:
    """Parameters of an address or a form, mostly as they should be."""
    own, *fitting = _NAMES.get(path, _NAMES[""])
    chosen = [own] if draw.randrange(10) else []
    chosen += [draw.choice(fitting if draw.randrange(4) else _ANY) for _ in range(draw.choice((0, 0, 0, 1, 1, 2, 3)))]
    pieces = []
    for name in chosen:
        if name in ("query", "update"):
            value = text(draw, name)
        elif name.endswith(("uri", "graph", "default")):
            value = iri(draw)
        else:
            value = draw.choice(TIMES if name == "timeout" else ["json", "csv", "ttl", "html", "x", "\0", "fr"])
        sent = value.encode(draw.choice(CODECS), "replace")
        pieces.append(f"{name}={quote_plus(sent)}".encode() if draw.randrange(10) else name.encode() + b"=" + sent)
    joined = draw.choice((b"&", b"&", b"&", b"&", b";", b"&&")).join(pieces)
    return joined if draw.randrange(12) else draw.randbytes(draw.randrange(30)) + joined


def body_of(draw: Random, path: str) -> tuple[str, bytes]:
    """A body and the media type that it claims to be, mostly of one kind, and mostly of one that fits."""
    fits = {"/sparql": [FORM, QUERY], "/update": [FORM, UPDATE], "/store": ["rdf", "rdf", "multipart", UPDATE]}
    every = [FORM, QUERY, UPDATE, "rdf", "multipart", "bytes"]
    kind = draw.choice(fits.get(path, every) if draw.randrange(8) else every)
    if kind == FORM:
        body = parameters(draw, path)
    elif kind in (QUERY, UPDATE):
        body = text(draw, "update" if kind == UPDATE else "query").encode(draw.choice(CODECS), "replace")
    elif kind == "bytes":
        kind, body = draw.choice(TYPES), draw.randbytes(draw.randrange(200))
    else:
        media, rdf = draw.choice(RDF)
        body = edited(draw, rdf, FRAGMENTS).encode(draw.choice(CODECS), "replace")
        if kind == "multipart":
            head = f'--b\r\nContent-Disposition: form-data; name="f"; filename="f.ttl"\r\nContent-Type: {media}\r\n\r\n'
            part = edited(draw, head, ["\r\n", "--b", '"', ";", "filename=x"], most=2).encode() + body
            body = part * draw.choice((1, 1, 1, 2)) + b"\r\n--b--"
            media = "multipart/form-data; boundary=b"
        kind = media
    if not draw.randrange(10):
        kind = draw.choice(TYPES)
    return kind + draw.choice(CHARSETS), body


_METHODS = {"sparql": ["GET", "POST"], "update": ["POST"], "store": ["GET", "PUT", "POST", "PATCH", "DELETE"]}


def request(draw: Random, *, is_spoilt: bool = False) -> Request:
    """A request; half of them would be right but for what they carry."""
    path = draw.choice(("/sparql", "/sparql", "/update", "/store")) if draw.randrange(4) else draw.choice(PATHS.split())
    methods = _METHODS.get(path.split("/")[1], ["GET"])
    odd_ones = ["HEAD", "OPTIONS", "QUERY", "get", "TRACE", "X", *_METHODS["store"]]
    method = draw.choice(methods if draw.randrange(10) else odd_ones)
    headers = []
    if method not in ("GET", "HEAD") and path != "/sparql" and draw.randrange(8):
        headers.append(("Authorization", draw.choice((f"Bearer {TOKEN}",) * 60 + AUTHORIZATIONS)))
    for name in draw.sample(sorted(HEADERS), draw.choice((0, 0, 1, 1, 2, 3))):
        letters = "".join(chr(draw.choice((*range(32, 127), *range(160, 256)))) for _ in range(draw.randrange(20)))
        headers.append((name, draw.choice(HEADERS[name]) if draw.randrange(4) else letters))
    kind, body = body_of(draw, path) if method not in ("GET", "HEAD") else ("", b"")
    if kind:
        headers.append(("Content-Type", kind))
    if not body:  # a client must not promise a body that it has not; waitress would wait for it
        headers = [(name, value) for name, value in headers if name != "Expect"]
    has_query = method in ("GET", "HEAD") or path == "/store" or not draw.randrange(3)
    made = Request(method, path, parameters(draw, path) if has_query else b"", tuple(headers), body)
    if not is_spoilt or draw.randrange(2):
        return made
    junk = [b"\r\n", b"\n", b"\0", b"\xff" * 9, b"Transfer-Encoding: chunked\r\n", b"Content-Length: -1\r\n"]
    junk += [b"Expect: 100-continue\r\n", b"Content-Length: 5\r\n", draw.randbytes(draw.randrange(20))]
    places = [(draw.random(), draw.choice(junk)) for _ in range(draw.randrange(4))]
    return replace(made, cut=draw.choice((1.0, draw.random())), junk=tuple(places))


# What it is sent to


@contextmanager
def guard(folder: Path) -> Iterator[Callable[[str], str]]:
    """The guard, and the engine behind it."""
    with engine(_PREFIXES) as run:
        yield lambda given: f"query {query(run, given)}, update {update(run, given)}"


_PREFIXES = prefixes(Base("https://w3id.org/geokg/"))


def query(run: Engine, given: str) -> str:
    """What the guard makes of a text as a query, and what the engine of one that it lets through."""
    at = 0
    for token in tokens(given):
        assert token.start >= at and given.startswith(token.text, token.start), token
        at = token.start + len(token.text)
    try:
        check(given, base_iri="http://here/sparql", is_loaded=lambda graph: graph != "x:n")
    except (QueryNotAllowed, QueryTooLarge) as refusal:
        return type(refusal).__name__
    return run("query", given)


def update(run: Engine, given: str) -> str:
    """The same as an update, which then still is one after all that is done to it on the way."""
    other = ""
    try:
        check_update(given, base_iri="http://here/update")
        assert loads(given) == []
        other = with_dataset(given, ["x:g"], ["x:h"])
    except (QueryNotAllowed, QueryTooLarge) as refusal:
        return type(refusal).__name__
    except ProtocolError:
        pass  # it names a dataset
    said = run("update", given)
    if said == "done":
        sees_unnamed_alone(given)
        pieces = [other]
        for one in operations(given) or []:
            pieces += filter(None, (one.text, one.deleted, one.inserted, one.scope))
            if one.pattern:
                assert run("query", one.query(is_distinct=True)) != "syntax", one
        for piece in pieces:
            assert run("update", piece) != "syntax", piece
    return said


@contextmanager
def spelling(folder: Path) -> Iterator[Callable[[Respelt], str]]:
    """The guard, which must not see more in other spaces, comments, letters and escapes; and the engine beside it."""
    with engine(_PREFIXES) as run:

        def send(given: Respelt) -> str:
            for read in (query, update):
                before, after = read(run, given.text), read(run, given.other)
                assert before != "done" or after in ("done", "too long"), f"{before} before, {after} after"
                assert after != "done" or before in ("done", "too long"), f"{before} before, {after} after"
                if before == "done":
                    return read.__name__
            return "neither"

        yield send


def judge(path: str, status: int, method: str, media: str, body: bytes) -> str:
    """What an answer of the app is worth: its address and status, if it is one by design."""
    assert 200 <= status < 300 or status in (304, 308, 503) or 400 <= status < 500, (status, body[:500])
    if status >= 400 and method != "HEAD":
        assert media.partition(";")[0] in ("application/problem+json", "text/html", "text/turtle"), (status, media)
        if media == "application/problem+json":
            assert json.loads(body)["status"] == status
    name = path.strip("/")
    return f"{name if name in _METHODS else 'other'} {status}"


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
                except (QueryTimeout, QueryTooLarge, TransferCut):
                    return "cut off"
                finally:
                    close = getattr(pieces, "close", None)
                    if close is not None:
                        close()
                coded = headers.get("Content-Encoding")
                media = headers.get("Content-Type", "")
                return judge(request.path, int(status[:3]), "HEAD" if coded else request.method, media, body)

            send(FIRST)
            yield send


FIRST = Request(
    "PUT",
    "/store",
    b"graph=x:g",
    (("Authorization", f"Bearer {TOKEN}"), ("Content-Type", "text/turtle")),
    b"<x:s> <x:p> 1 , 'o' ; <x:q> [ <x:p> 2 ] .",
)
"""What is there before; the rest is written by the inputs."""


@contextmanager
def server(folder: Path) -> Iterator[Callable[[Request], str]]:
    """A server that runs; it must still run, and answer, at the end."""
    (folder / "token").write_text(TOKEN, encoding="utf-8")
    options = ["--create", "--token-file", str(folder / "token"), "--gate", "off", "--deadline", "0.5"]
    options += ["--write-deadline", "1", "--memory", "256", "--workers", "2"]
    with serving(str(folder / "store"), *options) as (told, process):
        port = urlsplit(told["address"]).port or 80

        def send(request: Request) -> str:
            is_spoilt = request.cut < 1 or bool(request.junk)
            answer = exchange(port, request.wire(), patience=_PATIENCE if is_spoilt else SLOW)
            assert process.poll() is None, f"the server has ended with {process.returncode}"
            while answer.startswith(b"HTTP/1.1 100 "):
                answer = answer.partition(b"\r\n\r\n")[2]
            if not answer and is_spoilt:
                return "waits for more"
            head, _, body = answer.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            status = int(first.split()[1])
            fields = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
            if fields.get("content-type", "").startswith("text/plain") and status in _OWN:
                return f"{status} of the HTTP server"
            is_plain = not is_spoilt and "content-encoding" not in fields
            return judge(
                request.path, status, request.method if is_plain else "HEAD", fields.get("content-type", ""), body
            )

        send(FIRST)
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


TARGETS: dict[str, Callable[[Path], Any]] = {"guard": guard, "spelling": spelling, "app": app, "server": server}
MAKERS: dict[str, Callable[[Random], object]] = {
    "guard": text,
    "spelling": respelt,
    "app": request,
    "server": lambda draw: request(draw, is_spoilt=True),
}
AT_ONCE = 4
"""As many speak to a server at once."""


class Fault(AssertionError):
    """An input that is not answered by design; ``sent`` is it, cut down where that is quick."""

    def __init__(self, sent: object, words: str) -> None:
        super().__init__(f"{words}: {sent!r}")
        self.sent = sent


def fuzz(target: str, inputs: int, start: int = 0) -> Counter[str]:
    """Send a number of inputs to a target, the same for the same start; what became of them.

    Raises:
        Fault: one of them found a fault.
    """
    seen: Counter[str] = Counter()
    make, at_once = MAKERS[target], AT_ONCE if target == "server" else 1
    with tempfile.TemporaryDirectory(prefix="geokg-fuzz-") as name, TARGETS[target](Path(name)) as send:

        def one(number: int) -> str:
            sent = make(Random(f"{target} {start} {number}"))
            began = time.perf_counter()
            try:
                outcome = str(send(sent))
                assert time.perf_counter() - began < SLOW, "it took too long"
            except Exception as error:
                is_fault = partial(_is_fault, send, type(error))
                raise Fault(sent if target == "server" else least(sent, is_fault), f"{start} {number}") from error
            return outcome

        with ThreadPoolExecutor(at_once) as threads:
            try:
                for outcome in threads.map(one, range(inputs)):
                    seen[outcome] += 1
            finally:
                threads.shutdown(cancel_futures=True)
    return seen


def _is_fault(send: Callable[[Any], str], kind: type[Exception], sent: object) -> bool:
    try:
        send(sent)
    except kind:
        return True
    except Exception:
        return False
    return False


def least(sent: object, is_fault: Callable[[object], bool], *, tries: int = 3000) -> object:
    """An input with all left out that is not needed for its fault, as far as some tries go."""
    is_less = True
    while is_less:
        is_less = False
        for candidate in smaller(sent):
            tries -= 1
            if tries < 0:
                return sent
            if is_fault(candidate):
                sent, is_less = candidate, True
                break
    return sent


def smaller(sent: Any) -> Iterator[Any]:
    """The same with some of it left out: first half, then a quarter, and so on."""
    if isinstance(sent, Request):
        for name in ("junk", "headers", "body", "query"):
            for part in smaller(getattr(sent, name)):
                yield replace(sent, **{name: part})
        return
    if isinstance(sent, Respelt):
        return
    size = len(sent)
    while size := size // 2 or int(size == 1):
        for start in range(0, len(sent), size):
            yield sent[:start] + sent[start + size :]
        if size == 1:
            return


def main() -> None:
    """Run it, and print what became of the inputs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", choices=SHARES, help="all inputs to this one; each gets its share otherwise")
    given = parser.parse_args()
    logging.disable(logging.WARNING)  # slow queries
    shares = {given.target: 1.0} if given.target else SHARES
    for target, share in shares.items():
        began = time.monotonic()
        seen = fuzz(target, round(given.inputs * share), given.seed)
        print(f"{target}: {seen.total()} inputs in {time.monotonic() - began:.0f} s, no fault")
        for outcome, count in seen.most_common():
            print(f"  {count:7} {outcome}", flush=True)


if __name__ == "__main__":
    main()
