"""Queries in processes that can be killed: what they answer, who gets one, and that nothing of them stays behind."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from geokg.errors import Busy, GeokgError, QueryError, QuerySyntaxError, QueryTimeout, QueryTooLarge, TransferCut
from geokg.sparql import answer as answers
from geokg.sparql import worker
from geokg.sparql.line import Line, Query, household
from geokg.sparql.pool import Answer, Job, Pool
from geokg.sparql.snapshot import FolderSnapshot, MemorySnapshot
from geokg.store import Store

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the pool is for Linux")

QUICK = Job("ASK { ?s ?p ?o }", rows="csv")
LONG = Job("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }")
ENDLESS = Job("SELECT ?a ?d ?g ?j { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }", rows="csv")
HUNGRY = Job("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l } ORDER BY ?l ?i")


def filled(store: ox.Store, count: int = 300) -> ox.Store:
    name = ox.NamedNode("x:g")
    store.extend(ox.Quad(ox.NamedNode(f"x:{n}"), ox.NamedNode("x:p"), ox.Literal(str(n)), name) for n in range(count))
    return store


@pytest.fixture(scope="module")
def store() -> ox.Store:
    return filled(ox.Store())


@pytest.fixture(scope="module")
def pool(store: ox.Store) -> Iterator[Pool]:
    with Pool(MemorySnapshot(store), workers=3, memory=256 << 20, prefixes={"x": "x:"}) as pool:
        yield pool


def until(condition: Callable[[], bool]) -> None:
    """Wait for what will come; the test fails when it does not."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def whole(answer: Answer) -> bytes:
    return b"".join(answer)


def descendants(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat, threads = (folder / "stat").read_text(), len(list((folder / "task").iterdir()))
            except OSError:
                continue
            state, parent = stat.rpartition(")")[2].split()[:2]
            if int(parent) == pid and (state != "Z" or threads > 1):  # files stay open until the last thread has ended
                found += [int(folder.name), *descendants(int(folder.name))]
    return found


# -- what is answered --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["json", "xml", "csv", "tsv"])
def test_rows_are_those_of_the_store(pool: Pool, store: ox.Store, name: str) -> None:
    query = "SELECT ?s ?o { GRAPH ?g { ?s x:p ?o } } ORDER BY ?o"
    formats = ox.QueryResultsFormat
    wanted = {"json": formats.JSON, "xml": formats.XML, "csv": formats.CSV, "tsv": formats.TSV}[name]
    answer = pool.run(Job(query, rows=name))
    assert (answer.kind, answer.format) == ("rows", name)
    results = store.query(query, prefixes={"x": "x:"})
    assert isinstance(results, ox.QuerySolutions)
    assert whole(answer) == results.serialize(format=wanted)


def test_triples_and_booleans(pool: Pool) -> None:
    answer = pool.run(Job("CONSTRUCT { x:1 x:q ?o } { x:1 x:p ?o }", triples="nt"))
    assert (answer.kind, answer.format, whole(answer)) == ("triples", "nt", b'<x:1> <x:q> "1" .\n')
    answer = pool.run(Job("ASK { x:1 x:p ?o }"))
    assert (answer.kind, json.loads(whole(answer))["boolean"]) == ("boolean", True)


def test_the_dataset_is_what_the_job_says(pool: Pool) -> None:
    def count(**dataset: object) -> bytes:
        return whole(pool.run(Job("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", rows="csv", **dataset)))  # type: ignore[arg-type]

    assert count() == b"n\r\n300\r\n"
    assert count(union=False) == b"n\r\n0\r\n"
    assert count(union=False, default_graphs=("x:g",)) == b"n\r\n300\r\n"
    assert count(union=False, default_graphs=("x:other",)) == b"n\r\n0\r\n"


def test_a_kind_of_result_without_a_format_is_told_and_not_sent(pool: Pool) -> None:
    answer = pool.run(Job("ASK {}", rows=""))
    assert (answer.kind, answer.format, whole(answer)) == ("boolean", "", b"")


def test_a_page_has_the_first_rows_and_says_whether_there_are_more(pool: Pool) -> None:
    told = json.loads(whole(pool.run(Job("SELECT ?s ?nothing { ?s ?p ?o }", rows="html", page_rows=7))))
    assert (len(told["results"]["bindings"]), told["is_cut"], told["is_rdf"]) == (7, True, False)
    told = json.loads(whole(pool.run(Job("CONSTRUCT WHERE { x:1 ?p ?o }", triples="html"))))
    assert told["results"]["bindings"] == [
        {
            "subject": {"type": "uri", "value": "x:1"},
            "predicate": {"type": "uri", "value": "x:p"},
            "object": {"type": "literal", "value": "1", "datatype": "http://www.w3.org/2001/XMLSchema#string"},
        }
    ]
    assert (told["is_cut"], told["is_rdf"]) == (False, True)


def test_blank_nodes_keep_their_names_and_empty_graphs_are_there() -> None:
    store = ox.Store()
    store.add(ox.Quad(ox.BlankNode("abc"), ox.NamedNode("x:p"), ox.BlankNode("def")))
    store.add_graph(ox.NamedNode("x:empty"))
    with Pool(MemorySnapshot(store), workers=1) as pool:
        assert whole(pool.run(Job("SELECT ?s ?p ?o { ?s ?p ?o }", rows="tsv"))) == b"?s\t?p\t?o\n_:abc\t<x:p>\t_:def\n"
        assert whole(pool.run(Job("SELECT ?g { GRAPH ?g {} }", rows="csv"))) == b"g\r\nx:empty\r\n"


def test_errors_come_before_the_first_byte_and_leave_the_worker_warm(pool: Pool) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        pool.run(Job("SELECT * {\n ?s ?p }"))
    assert (caught.value.line, caught.value.status) == (2, 400)
    with pytest.raises(QueryError, match="cannot be evaluated"):
        pool.run(Job("SELECT (x:nothing(1) AS ?n) {}"))
    assert whole(pool.run(QUICK)) == b"true\n"


class _Panic(BaseException):
    """What pyo3 makes of a panic in Rust."""


_Panic.__module__ = "pyo3_runtime"


class _Panicking:
    def query(self, *_: object, **__: object) -> None:
        raise _Panic("no total order")


def test_a_panic_of_the_engine_is_told_and_its_worker_ends() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with pytest.raises(SystemExit):
            worker._answer(theirs, _Panicking(), vars(QUICK), {}, worker._Own())
        kind, length = worker.FRAME.unpack(ours.recv(worker.FRAME.size))
        assert (kind, json.loads(ours.recv(length))["words"]) == (worker.ERROR, "the engine gave up: no total order")


READING = """
import pyoxigraph as ox
from geokg.sparql import worker
from geokg.sparql.pool import Job, Pool
from geokg.sparql.snapshot import MemorySnapshot
worker.SHARE = 16 << 20
store = ox.Store()
store.bulk_extend(ox.Quad(ox.NamedNode(f"x:{n}"), ox.NamedNode("x:p"), ox.Literal(str(n))) for n in range(100_000))
ten = " ".join("'%d'" % n for n in range(10))
values = " ".join("VALUES ?%s { %s }" % (name, ten) for name in "abc")
hungry = "SELECT (COUNT(DISTINCT ?x) AS ?n) { %s BIND(CONCAT('%s', ?a, ?b, ?c) AS ?x) }" % (values, "A" * 40_000)
for workers in (1, 4):
    with Pool(MemorySnapshot(store), workers=workers) as pool:
        for query in ("ASK {}", hungry, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o FILTER(STRLEN(?o) > 9) }", "ASK {}"):
            answer = pool.run(Job(query))
            print(len(b"".join(answer)) > 0, answer._query.worker in pool._idle)
"""


def test_a_worker_that_has_much_memory_for_itself_is_replaced() -> None:
    """What a query takes comes back; of a store in memory it copies what it reads, as that is counted, and it stays.

    Where there are others who have little, it may keep that.
    """
    done = subprocess.run([sys.executable, "-c", READING], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    alone, among_others = done.stdout.splitlines()[:4], done.stdout.splitlines()[4:]
    assert alone == ["True True", "True True", "True False", "True True"]
    assert among_others == ["True True"] * 4


# -- what is ended -----------------------------------------------------------------------------------------------------


def test_a_query_over_its_time_is_ended(store: ox.Store, caplog: pytest.LogCaptureFixture) -> None:
    with Pool(MemorySnapshot(store), workers=1, deadline=0.3, longest=0.5, slow=0.2) as pool:
        with caplog.at_level(logging.WARNING, "geokg.queries"), pytest.raises(QueryTimeout, match=r"0\.3 s"):
            pool.run(replace(LONG, query=f"#\n{LONG.query}\n# slow query 7 of a friend"))
        assert [line for line in caplog.text.splitlines() if line.startswith("    ")] == [
            f"    {LONG.query}",
            "    # slow query 7 of a friend",
        ]
        with pytest.raises(QueryTimeout, match=r"0\.5 s"):  # more than it may ask for
            pool.run(LONG, timeout=100)
        with pytest.raises(QueryTimeout, match=r"0\.1 s"):
            pool.run(LONG, timeout=0.1)
        assert whole(pool.run(QUICK)) == b"true\n"


def test_an_answer_over_its_time_is_cut_off(store: ox.Store) -> None:
    with Pool(MemorySnapshot(store), workers=1, deadline=0.3) as pool:
        answer = pool.run(ENDLESS)
        assert next(answer).startswith(b"a,d,g,j")
        with pytest.raises(TransferCut, match="longer than"):
            whole(answer)
        assert pool.running() == []


def test_a_client_that_takes_nothing_holds_no_worker(store: ox.Store) -> None:
    with Pool(MemorySnapshot(store), workers=1, deadline=0.3) as pool:
        answer = pool.run(ENDLESS)
        until(lambda: pool.running() == [])  # nobody reads, and it ends all the same
        with pytest.raises(TransferCut):
            whole(answer)


def test_an_answer_that_is_too_large_is_cut_off(store: ox.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_MOMENT", 0)
    with Pool(MemorySnapshot(store), workers=1, result_bytes=2_000_000) as pool:
        answer, got = pool.run(ENDLESS), 0
        with pytest.raises(TransferCut, match="2000000 bytes"):
            for piece in answer:
                got += len(piece)
        assert 0 < got <= 2_000_000


def test_an_answer_that_is_soon_too_large_is_an_error(store: ox.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_MOMENT", 60)
    with Pool(MemorySnapshot(store), workers=1, result_bytes=100_000) as pool:
        with pytest.raises(QueryTooLarge, match="100000 bytes"):
            pool.run(ENDLESS)
        assert pool.running() == []


def test_a_short_answer_comes_whole(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_MOMENT", 60)
    rows = "SELECT ?a ?d { ?a ?b ?c . ?d ?e ?f } LIMIT 20000"
    answer = pool.run(Job(rows, rows="csv"))  # more than one piece of the worker
    assert answer.is_short
    assert len(whole(answer)) > 1 << 17
    answer = pool.run(ENDLESS)
    assert not answer.is_short
    answer.close()


def test_memory_is_bounded(pool: Pool) -> None:
    with pytest.raises(QueryTooLarge, match="memory"):
        pool.run(HUNGRY)
    assert whole(pool.run(QUICK)) == b"true\n"


def test_whoever_leaves_ends_the_query(pool: Pool) -> None:
    answer = pool.run(ENDLESS)
    next(answer)
    answer.close()
    assert pool.running() == []
    left = threading.Event()
    threading.Timer(0.1, left.set).start()
    with pytest.raises(QueryTimeout, match="left"):  # before the first byte
        pool.run(LONG, is_gone=left.is_set)
    assert pool.running() == []
    assert whole(pool.run(QUICK)) == b"true\n"


def test_running_queries_are_listed_and_can_be_cancelled(pool: Pool) -> None:
    with ThreadPoolExecutor(1) as threads:
        caught = threads.submit(pool.run, LONG, client="192.0.2.1", timeout=30)
        until(lambda: len(pool.running()) == 1)
        (running,) = pool.running()
        assert (running.client, running.query, running.deadline) == ("192.0.2.1", LONG.query, 30)
        assert not pool.cancel(running.id + 1)
        assert pool.cancel(running.id)
        assert isinstance(caught.exception(), QueryTimeout)


# -- who gets a worker -------------------------------------------------------------------------------------------------


def unlike(job: Job, number: int) -> Job:
    return Job(f"{job.query} # {number}", rows=job.rows)


def test_a_cheap_query_gets_through_whatever_else_runs(store: ox.Store) -> None:
    """Thirty-two at once, each with a text of its own, again and again."""
    with Pool(MemorySnapshot(store), workers=3, deadline=3) as pool, ThreadPoolExecutor(32) as threads:
        done = threading.Event()
        errors: list[GeokgError] = []

        def attack(number: int) -> None:
            while not done.is_set():
                try:
                    whole(pool.run(unlike(LONG, number), client="192.0.2.1"))
                except GeokgError as error:
                    errors.append(error)

        for number in range(32):
            threads.submit(attack, number)
        until(lambda: len(pool.running()) == 3)
        try:
            for _ in range(20):
                assert whole(pool.run(QUICK, client="192.0.2.2")) == b"true\n"
                assert whole(pool.run(QUICK, client="192.0.2.1")) == b"true\n"
        finally:
            done.set()
        until(lambda: any(isinstance(error, QueryTimeout) for error in errors))  # the oldest had all their time
    assert any(isinstance(error, Busy) and error.retry_after > 0 for error in errors)


def test_all_addresses_of_a_network_are_one_client() -> None:
    assert household("2001:db8::1") == household("2001:db8:0:0:ffff::2") != household("2001:db8:0:1::1")
    assert household("192.0.2.1") == household("::ffff:192.0.2.1") != household("::ffff:192.0.2.2")
    assert household("a:b") == "a:b"  # whatever a server takes for an address
    line = Line(workers=2, lasting=2, per_client=1)
    for number, client in enumerate(("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")):
        line.join(Query(number, Job(f"ASK {{}} # {number}"), client, 10.0), now=0.0)
    assert [query.id for query in line._giving_way()] == [1]


def test_no_more_begin_at_once_than_the_processor_has_room_for_but_for_quick_ones() -> None:
    line = Line(workers=4, lasting=3, per_client=3, abreast=2)
    first, second, third, quick = (Query(n, Job(f"ASK {{}} # {n}"), f"192.0.2.{n}", 10.0) for n in range(4))
    line.remember(quick, took=0.001)
    for query in (first, second, third):
        line.join(query, now=5.0)
    assert line.running == [first, second]
    assert line.due(now=5.0, ready=4) == ({}, 5.25)  # nobody gives way, as there are workers
    line.join(quick, now=5.1)
    assert line.running == [first, second, quick]
    line.running.remove(quick)
    line.grant(now=5.2)
    assert line.waiting == [third]
    line.grant(now=5.25)
    assert line.running == [first, second, third]


def test_a_query_is_quick_or_slow_as_it_was_last() -> None:
    line = Line(workers=1, lasting=1, per_client=1, abreast=0)
    query = Query(1, Job("ASK {}"), "192.0.2.1", 10.0)
    for took, reason, begins in (
        (0.001, "", True),
        (5.0, "left", False),
        (0.1, "", False),
        (0.001, "cancelled", False),
    ):
        query.reason = reason
        line.remember(query, took)
        line.join(query, now=5.0)
        assert bool(line.running) is begins, (took, reason)
        line.running.clear()
        line.waiting.clear()


def test_one_client_cannot_take_every_worker(store: ox.Store) -> None:
    with Pool(MemorySnapshot(store), workers=3, deadline=20, per_client=1) as pool, ThreadPoolExecutor(8) as threads:
        for number in range(6):
            threads.submit(pool.run, unlike(LONG, number), client="192.0.2.1")
        until(lambda: len(pool.running()) == 3)
        other = threads.submit(pool.run, unlike(LONG, 99), client="192.0.2.2")
        until(lambda: [one.client for one in pool.running()][:2] == ["192.0.2.1", "192.0.2.2"])
        until(lambda: sum(one.client == "192.0.2.1" for one in pool.running()) <= 2)
        assert not other.done()
        until(lambda: not [pool.cancel(one.id) for one in pool.running()])


def test_the_line_is_not_endless(store: ox.Store) -> None:
    with Pool(MemorySnapshot(store), workers=1, deadline=20) as pool, ThreadPoolExecutor(16) as threads:
        caught = [threads.submit(pool.run, unlike(LONG, n), client="192.0.2.1") for n in range(14)]
        until(lambda: any(isinstance(one.exception(), Busy) for one in caught if one.done()))
        until(lambda: not [pool.cancel(one.id) for one in pool.running()] and all(one.done() for one in caught))


# -- generations -------------------------------------------------------------------------------------------------------


def number(pool: Pool) -> bytes:
    return whole(pool.run(Job("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", rows="csv"))).split()[1]


def test_a_new_generation_is_read_by_whoever_asks_after_it(store: ox.Store) -> None:
    released = []
    first = MemorySnapshot(store, lambda: released.append("first"))
    with Pool(first, workers=2) as pool:
        assert number(pool) == b"300"
        old = pool.run(ENDLESS)
        next(old)
        pool.publish(MemorySnapshot(filled(ox.Store(), 400), lambda: released.append("second")))
        assert number(pool) == b"400"
        next(old)  # goes on with what it began with
        assert released == []
        old.close()
        assert released == ["first"]
    assert released == ["first", "second"]


def test_a_store_on_disk_is_opened_by_each_worker(tmp_path: Path) -> None:
    written = Store.at(tmp_path / "store")
    filled(written.ox, 10)
    written.ox.backup(str(tmp_path / "first"))
    filled(written.ox, 20)
    written.ox.backup(str(tmp_path / "second"))
    with Pool(FolderSnapshot(tmp_path / "first"), workers=2) as pool:
        assert number(pool) == b"10"
        owner = pool._generations[-1].owner.process
        pool.publish(FolderSnapshot(tmp_path / "second"))
        assert number(pool) == b"20"
        assert pool._generations[-1].owner.process == owner
        assert len(pool._generations) == 1


def test_a_folder_that_is_no_store_is_an_error(tmp_path: Path) -> None:
    with Pool(FolderSnapshot(tmp_path / "nothing"), workers=1) as pool, pytest.raises(GeokgError):
        pool.run(QUICK)


# -- what stays behind -------------------------------------------------------------------------------------------------


def test_nothing_stays_behind(store: ox.Store) -> None:
    handles = len(list(Path("/proc/self/fd").iterdir()))
    before = set(descendants(os.getpid()))
    pool = Pool(MemorySnapshot(store), workers=2, deadline=0.2)
    for job in (QUICK, LONG, QUICK):
        try:
            whole(pool.run(job))
        except QueryTimeout:
            continue
    assert len(set(descendants(os.getpid())) - before) >= 2
    pool.close()
    pool.close()
    until(lambda: set(descendants(os.getpid())) <= before)
    assert len(list(Path("/proc/self/fd").iterdir())) == handles


def test_whoever_is_killed_is_replaced(store: ox.Store) -> None:
    with Pool(MemorySnapshot(store), workers=2) as pool:
        pool.start()
        owner = pool._generations[-1].owner.process
        until(lambda: len(descendants(owner)) == 2)
        for worker in descendants(owner):
            os.kill(worker, signal.SIGKILL)
        until(lambda: descendants(owner) == [])
        assert whole(pool.run(QUICK)) == b"true\n"
        workers = descendants(owner)
        os.kill(owner, signal.SIGKILL)
        until(lambda: not any(Path(f"/proc/{process}").exists() for process in workers))
        assert whole(pool.run(QUICK)) == b"true\n"


def test_a_query_whose_processes_are_ended_from_outside_may_be_asked_again(store: ox.Store) -> None:
    with Pool(MemorySnapshot(store), workers=2) as pool, ThreadPoolExecutor(1) as threads:
        caught = threads.submit(pool.run, LONG)
        until(lambda: len(pool.running()) == 1)
        os.kill(pool._generations[-1].owner.process, signal.SIGKILL)
        error = caught.exception()
        assert isinstance(error, Busy)
        assert error.status == 503
        assert whole(pool.run(QUICK)) == b"true\n"


SHARED = """
import pyoxigraph as ox
from pathlib import Path
from geokg.sparql.pool import Job, Pool
from geokg.sparql.snapshot import MemorySnapshot
store = ox.Store()
store.extend(ox.Quad(ox.NamedNode(f"x:{n}"), ox.NamedNode("x:p"), ox.Literal(str(n))) for n in range(300))
with Pool(MemorySnapshot(store), workers=2) as pool:
    pool.start()
    for _ in range(2):
        processes = ("self", pool._generations[-1].owner.process)
        commands = [Path(f"/proc/{process}/cmdline").read_bytes() for process in processes]
        print(commands[0] == commands[1], len(b"".join(pool.run(Job("SELECT * { ?a ?b ?c }")))))
        pool.publish(MemorySnapshot(store))
"""


def test_the_store_is_shared_with_the_workers_while_it_can_be() -> None:
    """Before there are other threads; then forking is not sound, and it is copied."""
    done = subprocess.run([sys.executable, "-c", SHARED], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    first, second = (line.split() for line in done.stdout.splitlines())
    assert (first[0], second[0]) == ("True", "False")
    assert first[1] == second[1] != "0"


SERVER = """
import sys, time, pyoxigraph as ox
from geokg.sparql.pool import Job, Pool
from geokg.sparql.snapshot import MemorySnapshot
store = ox.Store()
store.extend(ox.Quad(ox.NamedNode(f"x:{n}"), ox.NamedNode("x:p"), ox.Literal(str(n))) for n in range(300))
pool = Pool(MemorySnapshot(store), workers=2)
print(next(pool.run(Job("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"))) != b"", flush=True)
time.sleep(60)
"""


def test_workers_end_with_the_server_however_it_ends() -> None:
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == b"True\n"
            processes = descendants(server.pid)
            assert len(processes) >= 2
        finally:
            server.kill()
    until(lambda: not any(Path(f"/proc/{process}").exists() for process in processes))


def test_a_worker_has_no_network_and_starts_no_program(store: ox.Store) -> None:
    """Even if the guard let it through."""
    reached = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=lambda: (listener.accept()[0].close(), reached.set()), daemon=True).start()
        with Pool(MemorySnapshot(store), workers=1) as pool:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}/sparql"
            with pytest.raises(GeokgError):
                whole(pool.run(Job(f"SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}")))
            worker, *_ = descendants(pool._generations[-1].owner.process)
            status = Path(f"/proc/{worker}/status").read_text()
            assert "Seccomp:\t2" in status
            assert "Threads:\t2" in status
        assert not reached.is_set()
        with socket.create_connection(listener.getsockname()):
            pass  # for the thread to end
