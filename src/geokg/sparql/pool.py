"""Queries of strangers, each in a process that can be killed.

A query runs until its deadline, until its client leaves, or until it passes a limit; then its process is killed and
another takes its place. What fails before the first byte is an error with a status. What fails later breaks the
transfer off: an answer that is not whole never looks whole.

**Who gets a worker.** ``workers`` queries run at once. When they all do and somebody waits, the youngest of them, and
those that their client has beyond ``per_client``, give way as soon as they have had their turn (50 ms): so ``reserve``
workers are always there for whoever asks something cheap, whatever else runs. A query that is known to have been slow
never takes a reserved worker. Nobody waits longer than two seconds, and no more than 12 for each worker wait at all;
the others are refused, those of the client that has most first.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import sys
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import count

from ..errors import Busy, GeokgError, QueryError, QueryNotPossible, QueryTimeout, QueryTooLarge, TransferCut
from ..store import syntax_error
from . import worker as process
from .owner import Owner, Worker
from .snapshot import FolderSnapshot, Snapshot

log = logging.getLogger("geokg.queries")
PATIENCE, TURN = 2.0, 0.05
"""Seconds that a query waits for a worker at most, and that it may run whoever waits."""
_LINE, _KNOWN, _LOOK = 12, 1000, 0.25


@dataclass(frozen=True)
class Job:
    """One query.

    Attributes:
        query: the query, which the guard has let through.
        base_iri: what relative IRIs are relative to.
        default_graphs: the graphs that stand for the default graph, if they are named.
        named_graphs: the graphs that ``GRAPH`` sees, if they are named.
        union: whether the default graph is the union of all graphs.
        rows: the format for rows and booleans: json, xml, csv, tsv, or html for the first rows as JSON; empty: none.
        triples: the format for triples: ttl, nt, trig, nq, jsonld, rdf, or html; empty: none.
        page_rows: how many rows ``html`` has.
    """

    query: str
    base_iri: str | None = None
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None
    union: bool = True
    rows: str = "json"
    triples: str = "ttl"
    page_rows: int = 1000


@dataclass(frozen=True)
class Running:
    """A query that is being answered.

    Attributes:
        id: its number, for ``Pool.cancel``.
        client: who asked.
        query: its text.
        started: when, in seconds since 1970.
        seconds: for how long.
        deadline: how many seconds it may take.
    """

    id: int
    client: str
    query: str
    started: float
    seconds: float
    deadline: float


@dataclass(eq=False)
class _Query:
    id: int
    job: Job
    client: str
    seconds: float
    granted: threading.Event = field(default_factory=threading.Event)
    started: float = 0.0
    reason: str = ""
    worker: Worker | None = None


@dataclass(eq=False)
class _Generation:
    snapshot: Snapshot
    owner: Owner
    workers: int = 0


class Answer(Iterator[bytes]):
    """The answer to a query, as it comes.

    Attributes:
        kind: rows, boolean or triples.
        format: the one of the job's two formats that fits; empty, and nothing follows, if that one is empty.

    Raises:
        TransferCut: the answer ends here and is not whole.
    """

    def __init__(self, pool: Pool, query: _Query, is_gone: Callable[[], bool] | None) -> None:
        self.kind = self.format = ""
        self._pool, self._query, self._is_gone = pool, query, is_gone
        self._sent = 0
        self._ended = False
        frame, content = self._frame()
        told = json.loads(content) if frame == process.HEAD else {}
        self.kind, self.format = told["kind"], told["format"]
        self._first = self._data()

    def __iter__(self) -> Answer:
        return self

    def __next__(self) -> bytes:
        data, self._first = self._first or self._data(), b""
        if not data:
            raise StopIteration
        self._sent += len(data)
        return data

    def _data(self) -> bytes:
        if self._ended:
            return b""
        frame, content = self._frame()
        if frame == process.DATA:
            if self._sent + len(content) > self._pool.result_bytes:
                self._pool._end(self._query, "large")
                raise self._error()
            return content
        self._ended = True
        self._pool._release(self._query)
        return b""

    def _frame(self) -> tuple[bytes, bytes]:
        """The next frame, or the error that comes instead of it."""
        worker = self._query.worker
        try:
            while worker is not None:
                found = worker.receive(_LOOK)
                if found is None:
                    if self._is_gone is not None and self._is_gone():
                        self._pool._end(self._query, "left")
                elif found[0] == process.ERROR:
                    self._pool._release(self._query)
                    raise self._error(json.loads(found[1]))
                else:
                    return found
        except EOFError:
            self._pool._end(self._query, "died")
        raise self._error()

    def _error(self, told: Mapping[str, str] | None = None) -> GeokgError:
        self._ended = True
        error = self._pool._why(self._query, told)
        if not self._sent:
            return error
        log.error("answer to query %d is cut off after %d bytes: %s", self._query.id, self._sent, error)
        return TransferCut(f"the answer is cut off: {error}")

    def close(self) -> None:
        """Leave; what is still running is killed at once."""
        if not self._ended:
            self._ended = True
            self._pool._end(self._query, "left")


class Pool:
    r"""Processes that answer queries over one snapshot after another.

    Started by ``start`` or by the first query, and again in a process that was forked from one that has a pool.

    Args:
        snapshot: what is read at first.
        workers: how many queries run at once.
        deadline: seconds that a query may take, its answer sent, unless it asks for another time.
        longest: seconds that a query may ask for.
        memory: bytes that one worker may take, beside the store.
        result_bytes: how large an answer may be.
        prefixes: those that queries need not declare.
        reserve: how many workers are kept free of long queries.
        per_client: how many long queries of one client go on while others wait.
        slow: seconds from which a query is logged with its text.

    >>> import pyoxigraph as ox
    >>> from .snapshot import MemorySnapshot
    >>> with Pool(MemorySnapshot(ox.Store()), workers=1) as pool:
    ...     b"".join(pool.run(Job("ASK {}", rows="csv")))
    b'true\n'
    """

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        workers: int = 4,
        deadline: float = 10.0,
        longest: float = 60.0,
        memory: int = 2 << 30,
        result_bytes: int = 1 << 30,
        prefixes: Mapping[str, str] | None = None,
        reserve: int = 1,
        per_client: int | None = None,
        slow: float = 2.0,
    ) -> None:
        if not sys.platform.startswith("linux"):
            raise GeokgError("queries run in processes of their own on Linux alone")
        self.workers, self.deadline, self.longest = workers, deadline, max(longest, deadline)
        self.memory, self.result_bytes, self.slow = memory, result_bytes, slow
        self.lasting = max(1, workers - reserve)
        self.per_client = per_client or max(1, self.lasting - 1)
        self._prefixes = dict(prefixes or {})
        self._snapshot = snapshot
        self._ids = count(1)
        self._reset()

    def _reset(self) -> None:
        self._process = 0
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._publishing = threading.Lock()
        self._generations: list[_Generation] = []
        self._idle: list[tuple[Worker, _Generation]] = []
        self._running: dict[_Query, _Generation | None] = {}
        self._waiting: list[_Query] = []
        self._known_slow: OrderedDict[str, None] = OrderedDict()
        self._wakes = 0.0

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the processes, unless they are there.

        Raises:
            GeokgError: they do not start.
        """
        if self._process == os.getpid():
            return
        if self._process:
            self._reset()  # those were started by the process that we were forked from
        with self._publishing:
            if self._process == os.getpid():
                return
            self._generations = [_Generation(self._snapshot, self._owner(self._snapshot))]
            with self._lock:
                self._idle = [self._fork() for _ in range(self.workers)]
            self._process = os.getpid()
            atexit.register(self.close)
            threading.Thread(target=self._watch, name="geokg-pool", daemon=True).start()

    def _owner(self, snapshot: Snapshot) -> Owner:
        return Owner(snapshot, memory=self.memory, longest=self.longest, prefixes=self._prefixes)

    def publish(self, snapshot: Snapshot) -> None:
        """Let all queries from now on read another snapshot; those that run finish on the one they began with.

        Raises:
            GeokgError: it cannot be read; the former one stays.
        """
        if self._process != os.getpid():
            self._snapshot = snapshot
            return
        with self._publishing:
            former = self._generations[-1]
            is_shared = isinstance(snapshot, FolderSnapshot) and isinstance(former.snapshot, FolderSnapshot)
            owner = former.owner if is_shared else self._owner(snapshot)
            with self._lock:
                self._snapshot = snapshot
                self._generations.append(_Generation(snapshot, owner))
                idle, self._idle = self._idle, []
                for worker, generation in idle:
                    worker.close()
                    self._gone(generation)
                self._retire()

    def run(
        self,
        job: Job,
        *,
        client: str = "127.0.0.1",
        timeout: float | None = None,
        is_gone: Callable[[], bool] | None = None,
    ) -> Answer:
        """Answer a query.

        Args:
            job: the query.
            client: who asks.
            timeout: seconds that it may take, up to ``longest``.
            is_gone: whether the client has left; asked now and then while nothing comes.

        Raises:
            QuerySyntaxError: it does not parse.
            QueryTimeout: it took too long.
            QueryTooLarge: it needed more memory than it may have.
            Busy: there is no worker for it.
            QueryError: it cannot be evaluated.
        """
        self.start()
        query = _Query(next(self._ids), job, client, min(timeout or self.deadline, self.longest))
        self._admit(query, is_gone)
        try:
            self._hand_over(query)
        except BaseException:
            self._end(query, "died")
            raise
        return Answer(self, query, is_gone)

    def running(self) -> list[Running]:
        """The queries that are being answered, the oldest first."""
        with self._lock:
            now, clock = time.monotonic(), time.time()
            return [
                Running(q.id, q.client, q.job.query, clock - (now - q.started), now - q.started, q.seconds)
                for q in self._running
            ]

    def cancel(self, number: int) -> bool:
        """End a query; whether there was one of that number."""
        with self._lock:
            found = [query for query in self._running if query.id == number]
            for query in found:
                self._end(query, "cancelled")
            return bool(found)

    def close(self) -> None:
        """End all processes; queries that run are cut off."""
        if self._process != os.getpid():
            return
        with self._publishing, self._lock:
            atexit.unregister(self.close)
            for query in list(self._running):
                self._end(query, "cancelled")
            for query in self._waiting:
                query.granted.set()
            self._process = 0
            for worker, _ in self._idle:
                worker.close()
            generations, self._generations, self._idle, self._waiting = self._generations, [], [], []
            self._changed.notify_all()
        for owner in {generation.owner for generation in generations}:
            owner.close()
        for generation in generations:
            if generation.snapshot.release is not None:
                generation.snapshot.release()

    # -- who gets a worker -----------------------------------------------------------------------------------------

    def _admit(self, query: _Query, is_gone: Callable[[], bool] | None) -> None:
        """Wait until the query may run."""
        refused = Busy("all workers of this endpoint are at work; ask again in a moment", retry_after=self._later())
        with self._lock:
            self._waiting.append(query)
            self._dispatch()
            if len(self._waiting) > _LINE * self.workers:
                worst = max(self._waiting, key=lambda one: (*self._rank(one), one.id))
                self._waiting.remove(worst)
                worst.granted.set()
            if query in self._waiting:
                self._changed.notify_all()
        patience = time.monotonic() + PATIENCE
        while not query.granted.wait(_LOOK):
            if time.monotonic() < patience and not (is_gone is not None and is_gone()):
                continue
            with self._lock:
                if query in self._waiting:
                    self._waiting.remove(query)
                    raise refused
        if not query.started:
            raise refused

    def _later(self) -> int:
        return max(1, round(self.deadline / 2))

    def _rank(self, query: _Query) -> tuple[bool, int]:
        """What comes first in line: what is not known to be slow, of those who have least."""
        has = Counter(one.client for one in (*self._running, *self._waiting))
        return self._is_slow(query), has[query.client]

    def _is_slow(self, query: _Query) -> bool:
        return query.job.query in self._known_slow

    def _dispatch(self) -> None:
        """Give free workers to those who wait."""
        while self._waiting and len(self._running) < self.workers and self._process == os.getpid():
            first = min(self._waiting, key=lambda one: (*self._rank(one), one.id))
            if self._is_slow(first) and len(self._running) >= self.lasting:
                return
            self._waiting.remove(first)
            first.started = time.monotonic()
            self._running[first] = None
            first.granted.set()
            if first.started + first.seconds < self._wakes:
                self._changed.notify_all()

    def _giving_way(self) -> list[_Query]:
        """The running queries that may not go on while somebody waits, the oldest first."""
        lasting: Counter[str] = Counter()
        found = []
        for query in self._running:
            if lasting.total() < self.lasting and lasting[query.client] < self.per_client:
                lasting[query.client] += 1
            else:
                found.append(query)
        return found

    def _watch(self) -> None:
        """End what is over its time, and what must give way."""
        with self._lock:
            while self._process == os.getpid():
                now = time.monotonic()
                for query in list(self._running):
                    if now >= query.started + query.seconds:
                        self._end(query, "deadline")
                times = [query.started + query.seconds for query in self._running]
                hopeful = sum(not self._is_slow(query) for query in self._waiting)
                if hopeful:
                    for query in self._giving_way():
                        if now < query.started + TURN:
                            times.append(query.started + TURN)
                        elif hopeful:
                            hopeful -= 1
                            self._end(query, "crowded")
                            times.append(now + TURN)
                self._wakes = min(times, default=now + 3600)
                self._changed.wait(max(0.001, self._wakes - time.monotonic()))

    # -- workers ---------------------------------------------------------------------------------------------------

    def _fork(self) -> tuple[Worker, _Generation]:
        generation = self._generations[-1]
        try:
            worker = generation.owner.fork(generation.snapshot)
        except OSError:  # somebody has ended the owner
            log.error("the process that owns the workers is gone; another is started")
            generation.owner.close()
            generation.owner = self._owner(generation.snapshot)
            worker = generation.owner.fork(generation.snapshot)
        generation.workers += 1
        return worker, generation

    def _hand_over(self, query: _Query) -> None:
        job = asdict(query.job)
        while True:
            with self._lock:
                if query.reason or query not in self._running:
                    raise self._why(query)
                is_warm = bool(self._idle)
                query.worker, self._running[query] = self._idle.pop() if is_warm else self._fork()
                worker = query.worker
            try:
                worker.send(job)
                return
            except OSError:
                if query.reason or not is_warm:
                    raise self._why(query) from None
                with self._lock:  # it died while it had nothing to do
                    self._gone(self._running[query])
                    worker.close()

    def _release(self, query: _Query) -> None:
        """The answer is whole; its worker is free."""
        with self._lock:
            if query not in self._running:
                return
            took = time.monotonic() - query.started
            self._remember(query, took)
            generation, worker = self._running.pop(query), query.worker
            if worker is not None and generation is not None:
                if generation is self._generations[-1] and took < 1:
                    self._idle.append((worker, generation))
                else:  # it has had much to do, and much of the memory for that never comes back
                    worker.close()
                    self._gone(generation)
            self._dispatch()

    def _end(self, query: _Query, reason: str) -> None:
        """Kill the worker of a query."""
        with self._lock:
            if query not in self._running:
                return
            query.reason = reason
            self._remember(query, time.monotonic() - query.started, reason)
            generation = self._running.pop(query)
            if query.worker is not None and generation is not None:
                query.worker.kill()
                self._gone(generation)
            self._dispatch()

    def _gone(self, generation: _Generation | None) -> None:
        if generation is not None:
            generation.workers -= 1
            self._retire()

    def _retire(self) -> None:
        """Let go of what nobody reads any more."""
        for generation in self._generations[:-1]:
            if generation.workers <= 0:
                self._generations.remove(generation)
                if all(other.owner is not generation.owner for other in self._generations):
                    threading.Thread(target=generation.owner.close, daemon=True).start()
                if generation.snapshot.release is not None:
                    generation.snapshot.release()

    def _remember(self, query: _Query, took: float, reason: str = "") -> None:
        text = query.job.query
        if took >= self.slow or reason in ("deadline", "died", "large"):
            told = f"ended ({reason})" if reason else "answered"
            log.warning("slow query %d of %s %s after %.1f s: %s", query.id, query.client, told, took, text)
        if took >= 1 or reason in ("deadline", "crowded", "died"):
            self._known_slow[text] = None
            if len(self._known_slow) > _KNOWN:
                self._known_slow.popitem(last=False)
        elif not reason:
            self._known_slow.pop(text, None)

    def _why(self, query: _Query, told: Mapping[str, str] | None = None) -> GeokgError:
        """The error for a query that ended before its answer was whole."""
        match (told or {}).get("what"), query.reason:
            case "syntax", _:
                return syntax_error((told or {})["words"])
            case "evaluation", _:
                return QueryNotPossible(f"the query cannot be evaluated: {(told or {})['words']}")
            case "reading", _:
                error = QueryError(f"the graph could not be read: {(told or {})['words']}")
                error.status = 500
                return error
            case _, "deadline":
                return QueryTimeout(f"the query took longer than {query.seconds:g} s and was ended")
            case _, "crowded":
                words = "the query was ended for others that wait; ask again when there is less to do"
                return Busy(words, retry_after=self._later())
            case _, "cancelled":
                return QueryTimeout("the query was ended by the operator")
            case _, "left":
                return QueryTimeout("the client has left")
            case _, "large":
                return QueryTooLarge(f"the answer is larger than {self.result_bytes} bytes")
        return QueryTooLarge("the query needed more memory than it may have, or more than the engine stands")
