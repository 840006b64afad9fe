"""Attacks on the pages, which are made in the server's own process, and on the connections that all requests come by.

As in ``test_security``: beside each attack somebody else asks something cheap, and must not notice.
"""

from __future__ import annotations

import contextlib
import random
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import g

import geokg
from geokg.endpoint import create_app
from geokg.endpoint.reading_store import PooledStore
from geokg.endpoint.site import Site
from geokg.endpoint.turns import Turns
from geokg.errors import Busy, QueryTimeout
from geokg.sparql.pool import Pool
from geokg.sparql.snapshot import MemorySnapshot
from test_security import (
    CUT,
    DEADLINE,
    TOKEN,
    Got,
    Target,
    others_do_not_notice,  # noqa: F401 (it watches here too)
    target,  # noqa: F401
    until,
)

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the pool is for Linux"),
    pytest.mark.xdist_group("security"),
]
HTML = {"Accept": "text/html"}


def files_of(target: Target) -> int:  # noqa: F811
    return sum(1 for _ in Path(f"/proc/{target.process.pid}/fd").iterdir())


def connect(target: Target, sent: bytes) -> socket.socket:  # noqa: F811
    """A connection that reads as little as the system lets it."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(10)
    connection.connect(("127.0.0.1", target.port))
    connection.sendall(sent)
    return connection


@pytest.fixture
def connections(target: Target) -> Iterator[list[socket.socket]]:  # noqa: F811
    """Connections that an attack holds; once they are closed, nothing is left of them."""
    before, held = files_of(target), []
    yield held
    for connection in held:
        connection.close()
    until(lambda: files_of(target) < before + 10)


# -- pages that take the time of the server ----------------------------------------------------------------------------


def years(chance: random.Random) -> tuple[int, int]:
    return chance.randrange(1000, 2000), chance.randrange(2001, 9999)


DEAR: list[Callable[[random.Random], str]] = [
    lambda _: "/",
    lambda chance: "/claims?sort=claimant&since={}&until={}".format(*years(chance)),
    lambda chance: "/claims.csv?since={}&until={}".format(*years(chance)),
    lambda chance: "/commitments?debtor=x{}&debtor=x{}".format(*years(chance)),
    lambda chance: "/network?from={}&to={}".format(*years(chance)),
    lambda chance: "/timeline?from={}&to={}".format(*years(chance)),
    lambda chance: "/map?from={}&to={}".format(*years(chance)),
    lambda chance: "/search?q=" + "".join(chance.choices("abcdefghij", k=12)),
    lambda chance: f"/report?document=x{years(chance)[0]}&by=kind&fold=0",
    lambda chance: f"/ontology?format={chance.choice(['ttl', 'rdf', 'trig', 'html'])}",
    lambda chance: f"/shapes?format={chance.choice(['jsonld', 'nq', 'html'])}",
    lambda chance: f"/data/entity/taliban?lang={chance.choice(['en', 'fr'])}",
    lambda _: "/data/document/china-taliban/article?lines=yes",
    lambda chance: f"/sparql?query=SELECT*%7B?s?p?o%7DLIMIT+{years(chance)[0]}",
    lambda chance: f"/graph/vocab.{chance.choice(['ttl', 'trig', 'html'])}",
]


def test_pages_by_the_dozen_keep_nobody_waiting(target: Target) -> None:  # noqa: F811
    end = time.monotonic() + 4

    def ask(number: int) -> list[tuple[Got, str]]:
        chance, found = random.Random(number), []
        while time.monotonic() < end:
            path = chance.choice(DEAR)(chance)
            found.append((target.ask("GET", path, headers=HTML), path))
            if found[-1][0].status == 503:
                time.sleep(0.2)  # else those who ask keep each other from measuring
        return found

    with ThreadPoolExecutor(48) as clients:
        answers = [got for found in clients.map(ask, range(48)) for got in found]
    assert {got.status for got, _ in answers} <= {CUT, 200, 503}  # a long table may give way after its first byte
    assert any(got.status == 200 for got, _ in answers)
    slowest, path = max(answers, key=lambda answer: answer[0].seconds)
    assert slowest.seconds < DEADLINE + 3, path


def test_a_page_is_made_again_as_soon_as_those_who_left_are_gone(
    target: Target,  # noqa: F811
    connections: list[socket.socket],
) -> None:
    chance = random.Random(1)
    for _ in range(60):
        path = DEAR[4](chance)
        connections.append(connect(target, f"GET {path} HTTP/1.1\r\nHost: h\r\nAccept: text/html\r\n\r\n".encode()))
    while connections:
        connections.pop().close()
    until(lambda: target.ask("GET", "/claims", headers=HTML).status == 200)


def test_one_client_has_not_all_turns() -> None:
    turns = Turns(at_once=3, waiting=2)
    ends = [turns.take("192.0.2.1"), turns.take("192.0.2.1")]
    with ThreadPoolExecutor(3) as others:
        waiting = [others.submit(turns.take, "192.0.2.1") for _ in range(2)]
        time.sleep(0.1)
        ends.append(turns.take("192.0.2.2"))  # while others wait
        one_more = others.submit(turns.take, "192.0.2.3")
        until(lambda: any(one.done() for one in waiting))
        refused = [one for one in waiting if one.done()]
        assert [type(one.exception()) for one in refused] == [Busy]  # whoever has most, and came last
        ends.pop()()
        assert one_more.result(10)
        ends.pop()()
        (left,) = (one for one in waiting if one not in refused)
        assert left.result(10)


def test_nobody_waits_for_a_turn_in_vain() -> None:
    turns = Turns(at_once=1)
    turns.take("192.0.2.1")
    began = time.monotonic()
    with pytest.raises(Busy):
        turns.take("192.0.2.2", is_gone=lambda: True)
    assert time.monotonic() - began < 2


def test_a_page_has_the_time_of_a_query() -> None:
    kg = geokg.sample()
    with Pool(MemorySnapshot(kg.store.ox), workers=1) as pool:
        assert PooledStore(kg.store, pool, until=time.monotonic() + 60).query("ASK {}")
        with pytest.raises(QueryTimeout):
            PooledStore(kg.store, pool, until=time.monotonic() - 1).query("ASK {}")


def test_what_pages_share_is_made_though_no_page_waits_so_long() -> None:
    kg = geokg.sample()
    client = create_app(kg)
    site: Site = client.extensions["geokg"]
    go_on = threading.Event()

    def slow(_site: Site) -> str:
        assert go_on.wait(20)
        return "made"

    with client.test_request_context("/"):
        g.until = time.monotonic() + 0.2
        with pytest.raises(Busy):
            site.once(slow)
        go_on.set()
        g.until = time.monotonic() + 20
        assert site.once(slow) == "made"
        go_on.clear()
        kg.store.generation += 1  # made anew meanwhile; the page has what there was
        g.until = time.monotonic() + 0.2
        assert site.once(slow) == "made"
        go_on.set()


# -- requests that nobody sends ----------------------------------------------------------------------------------------

BOMBS = {
    "Accept": "text/html;q=0.1," + "a/b," * 15_000,
    "Accept-Language": "fr-FR;q=0.1," * 15_000,
    "Accept-Encoding": "gzip;q=0.1," * 15_000,
    "If-None-Match": '"abc",' * 30_000,
    "If-Match": '"abc",' * 30_000,
    "Cookie": "a=b; " * 30_000,
    "Range": "bytes=" + "0-1," * 30_000,
    "X-Forwarded-For": "192.0.2.1," * 15_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_headers_that_are_lists_without_end_are_refused(target: Target, name: str) -> None:  # noqa: F811
    for path in ("/claims", "/sparql?query=ASK%7B%7D", "/static/base.css"):
        got = target.ask("GET", path, headers={name: BOMBS[name]})
        assert got.status == 431, path


def test_addresses_of_pages_without_end_are_refused(target: Target) -> None:  # noqa: F811
    for path in ("/", "/search", "/claims", "/commitments", "/network", "/timeline", "/map", "/report", "/suggest"):
        assert target.ask("GET", f"{path}?q={'x' * 100_000}", headers=HTML).status == 414
    assert target.ask("GET", "/claims?lang=" + "x" * 10_000, headers=HTML).status == 400
    for path in (
        "/data/" + "a/" * 20_000,
        "/graph/" + "x" * 60_000,
        "/annotate/" + "../" * 2000,
        "/report." + "x" * 9999,
    ):
        assert target.ask("GET", path, headers=HTML).status == 404
    assert target.ask("GET", "/claims?page=1000000000", headers=HTML).status == 400


def test_methods_and_addresses_that_nobody_knows_leave_no_traces(target: Target) -> None:  # noqa: F811
    def series() -> int:
        return target.ask("GET", "/metrics").body.count(b"geokg_requests_total{")

    for method in ("TRACE", "PROPFIND", "FOO"):
        target.ask(method, "/claims")
    target.ask("GET", "/nowhere")
    before = series()
    for number in range(40):
        assert target.ask(f"FOO{number}", "/claims").status == 405
        assert target.ask("GET", f"/nowhere/{number}").status == 404
    assert series() <= before + 1


# -- connections -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent", [b"", b"GET /claims HT", b"POST /sparql HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n"]
)
def test_connections_that_say_nothing_give_way(
    target: Target,  # noqa: F811
    connections: list[socket.socket],
    sent: bytes,
) -> None:
    """More of them than a server takes; those of whoever watches come beside them."""
    for _ in range(600):
        connections.append(connect(target, sent))
    target.delays.clear()  # to take so many at once holds nobody up for long
    assert target.query("ASK { ?claim a gk:Claim }").status == 200


@pytest.mark.parametrize(("token", "is_taken"), [("", False), ("Bearer x", False), (f"Bearer {TOKEN}", True)])
def test_who_may_not_write_sends_nothing_that_is_long(
    target: Target,  # noqa: F811
    connections: list[socket.socket],
    token: str,
    is_taken: bool,
) -> None:
    """It would lie on the disk until all of it is there."""
    head = f"PUT /store?graph=x:g HTTP/1.1\r\nHost: h\r\nAuthorization: {token}\r\nContent-Length: 900000000\r\n\r\n"
    connections.append(connect(target, head.encode()))
    connections[-1].settimeout(0.5 if is_taken else 10)
    with pytest.raises(TimeoutError) if is_taken else contextlib.nullcontext():
        assert connections[-1].recv(1000).startswith(b"HTTP/1.1 413")


def test_clients_that_read_nothing_hold_no_thread(target: Target, connections: list[socket.socket]) -> None:  # noqa: F811
    """More than there are threads, each of which would wait to write: answers that are kept cost nothing."""
    path = "/sparql?timeout=30&format=csv&query=SELECT*%7B?a?b?c.?d?e?f%7DLIMIT+15000"  # almost 4 MB
    assert target.ask("GET", path).status == 200
    sent = f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode() * 8
    for _ in range(110):
        with contextlib.suppress(OSError):  # some have given way before
            connections.append(connect(target, sent))
    end = time.monotonic() + 3
    while time.monotonic() < end:
        assert target.query("ASK { ?claim a gk:Claim }").seconds < 2
        time.sleep(0.1)
