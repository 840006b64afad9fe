"""What services do to those who ask them: each an error that names the address, and never a wait without end."""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pyoxigraph as ox
import pytest

from geokg.errors import GeokgError, QueryTooLarge, RemoteBusy, RemoteError, RemoteTimeout
from geokg.remote import Connection, Credentials, RemoteStore
from services import Misbehaving, Reply

SELECT, CONSTRUCT = "SELECT ?s { ?s ?p ?o }", "CONSTRUCT WHERE { ?s ?p ?o }"
NTRIPLES = "application/n-triples"
X = "http://example.org/"


def rows(*terms: dict[str, str], name: str = "s", **members: object) -> bytes:
    return json.dumps(
        {"head": {"vars": [name]}, "results": {"bindings": [{name: term} for term in terms]}, **members}
    ).encode()


ROW = rows({"type": "uri", "value": X + "s"})
UNION = [
    Reply(b'{"head": {"vars": ["s", "p", "o"]}, "results": {"bindings": []}}'),
    Reply(b'{"head": {}, "boolean": false}'),
]
"""What a service without triples says when it is asked which graphs it takes together."""
TRIPLE = b"<http://example.org/s> <http://example.org/p> <http://example.org/o> .\n"


@pytest.fixture
def broken() -> Iterator[Misbehaving]:
    with closing(Misbehaving()) as service:
        yield service


def store(service: Misbehaving, *, silence: float = 5, largest: int = 64 << 20) -> RemoteStore:
    return RemoteStore(Connection(service.url, credentials=Credentials(), silence=silence), largest=largest)


def asked(service: Misbehaving, sparql: str = SELECT, **options: float) -> list[object]:
    return list(store(service, **options).query(sparql, union=False))


# Slowness


@pytest.mark.parametrize(
    ("reply", "sparql"),
    [
        (Reply(ROW, drips=0.05), SELECT),  # the headers alone take three seconds
        (Reply(TRIPLE * 50, media=NTRIPLES, drips=0.002), CONSTRUCT),
    ],
)
def test_an_answer_that_drips_is_given_up(broken: Misbehaving, reply: Reply, sparql: str) -> None:
    broken.replies = [reply]
    began = time.monotonic()
    with pytest.raises(RemoteTimeout, match=broken.url):
        asked(broken, sparql, silence=0.5)
    assert time.monotonic() - began < 20  # of the ten seconds that it would take at least, whatever the machine does
    assert len(broken.seen) == 1


def test_an_answer_that_comes_in_good_time_is_taken_however_long_it_is(broken: Misbehaving) -> None:
    broken.replies = [Reply(TRIPLE * 40_000, media=NTRIPLES)]
    assert len(asked(broken, CONSTRUCT, silence=2)) == 1


def test_an_update_that_is_not_answered_may_have_been_done(broken: Misbehaving) -> None:
    broken.replies = [Reply(silent=True)]
    with pytest.raises(RemoteTimeout, match="may have been done all the same"):
        store(broken, silence=0.3).update("DELETE WHERE { ?s ?p ?o }")


# Patience


@pytest.mark.parametrize("status", [429, 503])
def test_who_asks_for_patience_is_not_pressed(broken: Misbehaving, status: int) -> None:
    def after(told: str) -> int:
        broken.seen.clear()
        broken.replies = [Reply(b"too much", status=status, headers={"Retry-After": told})]
        with pytest.raises(RemoteBusy, match=f"{status}: too much") as caught:
            asked(broken)
        return caught.value.retry_after

    assert (after("3600"), len(broken.seen)) == (3600, 1)  # more than is waited for: told, not tried
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert 3500 < after(date) <= 3600
    assert (after("0"), len(broken.seen)) == (1, 3)
    assert (after("soon"), len(broken.seen)) == (1, 3)


# What is in an answer


@pytest.mark.parametrize(
    ("reply", "sparql", "words"),
    [
        (Reply(rows(error="out of memory")), SELECT, "failed, with status 200: out of memory"),
        (Reply(b'{"exception": "no such index", "status": "ERROR"}'), SELECT, "status 200: no such index"),
        (Reply(b'{"head": {"vars": ["s"]}, "results": {"bindings": [{"s": null}]}}'), SELECT, "broken"),
        (Reply(b'{"head": {"vars": ["s"]}}'), SELECT, "broken"),
        (Reply(b"[]"), SELECT, "broken"),
        (Reply(b""), SELECT, "broken"),
        (Reply(ROW + ROW), SELECT, "broken"),
        (Reply(b"\xff\xfe" + ROW), SELECT, "broken"),
        (Reply(b"s\r\nhttp://example.org/s\r\n", media="text/csv"), SELECT, "text/csv, not with results"),
        (Reply(TRIPLE, media="application/rdf+xml"), CONSTRUCT, "application/rdf.xml, not with"),
        (Reply(b"<s> <p> <o> .", media=NTRIPLES), CONSTRUCT, "broken"),
        (Reply(b"<rdf:RDF/>", media="text/turtle"), CONSTRUCT, "broken"),
        (Reply(gzip.compress(ROW)[:-4], headers={"Content-Encoding": "gzip"}), SELECT, "broken"),
        (Reply(gzip.compress(TRIPLE)[:-4], headers={"Content-Encoding": "gzip"}, media=NTRIPLES), CONSTRUCT, "broken"),
        (Reply(gzip.compress(ROW) + b"more", headers={"Content-Encoding": "gzip"}), SELECT, "broken"),
        (Reply(ROW, headers={"Content-Encoding": "gzip"}), SELECT, "broken"),
        (Reply(ROW, headers={"Content-Encoding": "br"}), SELECT, "packed with br"),
        (Reply(ROW, headers={"Content-Encoding": "gzip, gzip"}), SELECT, "packed with gzip, gzip"),
    ],
)
def test_no_answer_looks_whole_that_is_not(broken: Misbehaving, reply: Reply, sparql: str, words: str) -> None:
    broken.replies = [reply]
    with pytest.raises(RemoteError, match=words) as caught:
        asked(broken, sparql)
    assert broken.url in str(caught.value)


def test_the_word_error_in_a_row_is_no_error(broken: Misbehaving) -> None:
    broken.replies = [Reply(rows({"type": "literal", "value": 'an "error"'}, name="error"))]
    assert len(asked(broken, "SELECT ?error { ?s ?p ?error }")) == 1


def test_bombs_go_off_elsewhere(broken: Misbehaving) -> None:
    broken.replies = [Reply(gzip.compress(b" " * (200 << 20)), headers={"Content-Encoding": "gzip"})]
    with pytest.raises(QueryTooLarge, match="more than 1000000 bytes"):
        asked(broken, largest=1_000_000)
    broken.replies = [Reply(gzip.compress(ROW), headers={"Content-Encoding": "gzip"})]
    assert len(asked(broken)) == 1
    broken.replies = [Reply(rows({"type": "literal", "value": "x" * 2_000_000}))]  # one row
    with pytest.raises(QueryTooLarge):
        asked(broken, largest=1_000_000)


def test_the_same_label_in_two_answers_is_two_nodes(broken: Misbehaving) -> None:
    def row(subject: str, predicate: str) -> dict[str, dict[str, str]]:
        names = {"s": X + subject, "p": X + predicate, "g": X + "g"}
        terms = {name: {"type": "uri", "value": value} for name, value in names.items()}
        return terms | {"o": {"type": "bnode", "value": "b0"}}

    def about(subject: str) -> Reply:
        bindings = [row(subject, "p"), row(subject, "q")]
        return Reply(json.dumps({"head": {"vars": list("spog")}, "results": {"bindings": bindings}}).encode())

    broken.replies = [*UNION, about("one"), *UNION, about("two")]
    there = store(broken)
    first, again = ([quad.object for quad in there.match(ox.NamedNode(X + name))] for name in ("one", "two"))
    assert first[0] == first[1]
    assert again[0] == again[1]
    assert first[0] != again[0]


def test_rows_of_another_query_are_no_answer(broken: Misbehaving) -> None:
    broken.replies = [Reply(ROW)]
    with pytest.raises(RemoteError, match="rows of another query"):
        store(broken).sizes()
    literal = {name: {"type": "literal", "value": name} for name in "spog"}
    answer = json.dumps({"head": {"vars": list("spog")}, "results": {"bindings": [literal]}}).encode()
    broken.replies = [*UNION, Reply(answer)]
    with pytest.raises(RemoteError, match="rows of another query"):
        list(store(broken).match(ox.NamedNode(X + "s")))


# Connections


def test_a_connection_that_was_closed_meanwhile_is_made_anew(broken: Misbehaving) -> None:
    broken.replies = [Reply(ROW, closes=True)]
    there = store(broken)
    for _ in range(3):
        assert len(list(there.query(SELECT, union=False))) == 1
        time.sleep(0.02)
    broken.replies = [Reply(b"", status=204, closes=True)]
    there.update("CLEAR ALL")
    time.sleep(0.02)
    there.update("CLEAR ALL")
    assert len(broken.seen) == 5


def test_redirects_carry_nothing_elsewhere(broken: Misbehaving) -> None:
    with closing(Misbehaving()) as elsewhere:
        elsewhere.replies = [Reply(ROW)]
        for status in (301, 302, 303, 307, 308):
            broken.replies = [Reply(b"", status=status, headers={"Location": elsewhere.url})]
            there = RemoteStore(Connection(broken.url, credentials=Credentials(token="secret")))
            with pytest.raises(RemoteError, match=f"has moved to {elsewhere.url}"):
                there.query(SELECT, union=False)
            with pytest.raises(RemoteError, match="has moved"):
                there.update("CLEAR ALL")
        assert elsewhere.seen == []


def test_names_that_nobody_knows_and_addresses_of_six_parts() -> None:
    with pytest.raises(RemoteError, match=r"nowhere\.invalid/sparql: cannot be reached"):
        Connection("http://nowhere.invalid/sparql", credentials=Credentials())
    try:
        service = Misbehaving("::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    with closing(service):
        service.replies = [Reply(ROW)]
        assert len(asked(service)) == 1
        assert store(service).connection.service.update == service.url.replace("sparql", "update")


def _certificate(folder: Path, name: str) -> Path:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("no openssl here, which makes certificates")
    key, path = folder / "key.pem", folder / "certificate.pem"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run(
        [program, "req", "-x509", *curve, "-keyout", str(key), "-out", str(path), "-days", "2", *subject],
        check=True,
        capture_output=True,
    )
    both = folder / "both.pem"
    both.write_bytes(path.read_bytes() + key.read_bytes())
    return both


def test_who_is_not_vouched_for_gets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = _certificate(tmp_path, "localhost")
    with closing(Misbehaving("127.0.0.1", certificate=certificate)) as service:
        service.replies = [Reply(ROW)]
        local = service.url.replace("127.0.0.1", "localhost")

        def ask(url: str) -> int:
            there = RemoteStore(Connection(url, credentials=Credentials(token="secret")))
            return len(list(there.query(SELECT, union=False)))

        with pytest.raises(RemoteError, match="GEOKG_REMOTE_AUTHORITY"):
            ask(local)
        assert service.seen == []
        monkeypatch.setenv("GEOKG_REMOTE_AUTHORITY", str(tmp_path / "certificate.pem"))
        assert ask(local) == 1
        with pytest.raises(RemoteError, match="CERTIFICATE_VERIFY_FAILED"):  # it is somebody else's
            ask(service.url)
        monkeypatch.setenv("GEOKG_REMOTE_AUTHORITY", str(tmp_path / "key.pem"))
        with pytest.raises(GeokgError, match="no file of certificates"):
            ask(local)


def test_what_is_no_http_at_all(running_socket: Callable[[bytes], str]) -> None:
    for said in (b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000):
        with pytest.raises(RemoteError, match="breaks off"):
            Connection(running_socket(said), credentials=Credentials(), silence=2)


@pytest.fixture
def running_socket() -> Iterator[Callable[[bytes], str]]:
    """Says some bytes to whoever comes, and hangs up."""
    import threading

    listeners: list[socket.socket] = []

    def start(said: bytes) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    client.recv(4096)
                    try:
                        client.sendall(said)
                        client.shutdown(socket.SHUT_WR)
                    except OSError:
                        continue

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/sparql"

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
