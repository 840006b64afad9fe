"""Queries of strangers, each in a process that can be killed.

A query runs until its deadline, until its client leaves, or until it passes a limit; then its process is killed and
another takes its place. What fails before the first byte is an error with a status. What fails later breaks the
transfer off: an answer that is not whole never looks whole. Who gets a worker is decided in ``line``; nobody waits for
one longer than two seconds.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from itertools import count

from ..errors import Busy, GeokgError
from . import worker as process
from .answer import Answer, why
from .line import Job, Line, Query, Running
from .owner import Generation, Owner, Worker
from .snapshot import FolderSnapshot, Snapshot

__all__ = ["Answer", "Job", "Pool", "Running"]

log = logging.getLogger("geokg.queries")
PATIENCE = 2.0
"""Seconds that a query waits for a worker at most."""
_LOOK = 0.25


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

    Attributes:
        generation: the number of the snapshot that queries read from now on; it grows with each.

    Raises:
        GeokgError: this is not Linux.

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
        self.lasting, self._spare = max(1, workers - reserve), max(1, reserve)
        self.per_client = per_client or max(1, self.lasting - 1)
        self.retry_after = max(1, round(deadline / 2))
        self._prefixes = dict(prefixes or {})
        self._snapshot = snapshot
        self.generation = 0
        self._ids = count(1)
        self._reset()

    def _reset(self) -> None:
        self._process = 0
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._publishing = threading.Lock()
        self._generations: list[Generation] = []
        self._idle: list[Worker] = []
        abreast = len(os.sched_getaffinity(0)) + 1
        self._line = Line(workers=self.workers, lasting=self.lasting, per_client=self.per_client, abreast=abreast)
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
            with self._lock:
                self._generations = [Generation(self._snapshot, self._owner(self._snapshot), number=self.generation)]
                self._idle = [self._fork() for _ in range(self.workers)]
                self._process = os.getpid()
            atexit.register(self.close)
            threading.Thread(target=self._watch, name="geokg-pool", daemon=True).start()

    def _owner(self, snapshot: Snapshot, *, is_connected: bool = False) -> Owner:
        about = {"memory": self.memory, "longest": self.longest, "prefixes": self._prefixes}
        return Owner(snapshot, is_connected=is_connected, **about)

    def _connect(self) -> None:
        """See that there is an owner for queries that ask other servers."""
        with self._publishing:
            newest = self._generations[-1]
            former = newest.connected
            if former is None or former.is_gone:
                newest.connected = self._owner(newest.snapshot, is_connected=True)
                if former is not None:
                    former.close()

    def publish(self, snapshot: Snapshot) -> None:
        """Let all queries from now on read another snapshot; those that run finish on the one they began with.

        Raises:
            GeokgError: it cannot be read; the former one stays.
        """
        with self._publishing:
            if self._process != os.getpid():
                former, self._snapshot = self._snapshot, snapshot
                self.generation += 1
                if former.release is not None:
                    former.release()
                return
            newest = self._generations[-1]
            is_shared = isinstance(snapshot, FolderSnapshot) and isinstance(newest.snapshot, FolderSnapshot)
            owner = newest.owner if is_shared else self._owner(snapshot)
            with self._lock:
                self._snapshot = snapshot
                self.generation += 1
                connected = newest.connected if is_shared else None
                self._generations.append(Generation(snapshot, owner, number=self.generation, connected=connected))
                idle, self._idle = self._idle, []
                for worker in idle:
                    self._dismiss(worker)
                self._fill()
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
        query = Query(next(self._ids), job, client, min(timeout or self.deadline, self.longest))
        self._admit(query, is_gone)
        try:
            self._hand_over(query)
        except BaseException:
            self.end(query, "died")
            if query.worker is not None:
                query.worker.close()
            raise
        return Answer(self, query, is_gone)

    def running(self) -> list[Running]:
        """The queries that are being answered, the oldest first."""
        with self._lock:
            now, clock = time.monotonic(), time.time()
            return [
                Running(q.id, q.client, q.job.query, clock - (now - q.started), now - q.started, q.seconds)
                for q in self._line.running
            ]

    def cancel(self, number: int) -> bool:
        """End a query; whether there was one of that number."""
        with self._lock:
            found = [query for query in self._line.running if query.id == number]
            for query in found:
                self.end(query, "cancelled")
            return bool(found)

    def close(self) -> None:
        """End all processes; queries that run are cut off."""
        if self._process != os.getpid():
            return
        with self._publishing, self._lock:
            atexit.unregister(self.close)
            self._process = 0
            for query in self._line.waiting:
                query.granted.set()
            self._line.waiting.clear()
            for query in list(self._line.running):
                self.end(query, "cancelled")
            for worker in self._idle:
                worker.close()
            generations, self._generations, self._idle = self._generations, [], []
            self._changed.notify_all()
        for owner in {owner for generation in generations for owner in generation.owners()}:
            owner.close()
        for generation in generations:
            generation.release()

    def _admit(self, query: Query, is_gone: Callable[[], bool] | None) -> None:
        """Wait until the query may run."""
        with self._lock:
            now = time.monotonic()
            self._line.join(query, now)
            if query.end < self._wakes or (self._line.waiting and self._line.due(now, ready=0)[1] < self._wakes):
                self._changed.notify_all()
        patience = time.monotonic() + PATIENCE
        while not query.granted.wait(_LOOK):
            if time.monotonic() < patience and not (is_gone is not None and is_gone()):
                continue
            with self._lock:
                if query in self._line.waiting:
                    self._line.waiting.remove(query)
                    break
        if not query.started:
            words = "all workers of this endpoint are at work; ask again in a moment"
            raise Busy(words, retry_after=self.retry_after)

    def _watch(self) -> None:
        """End what is over its time, and what must give way."""
        with self._lock:
            while self._process == os.getpid():
                self._line.grant(time.monotonic())
                ready = sum(worker.look() for worker in self._idle) if self._line.waiting else 0
                ends, self._wakes = self._line.due(time.monotonic(), ready=ready)
                for query in list(self._line.running):
                    if query.id in ends:
                        self.end(query, ends[query.id])
                if not ends:  # else others have begun
                    self._changed.wait(max(0.001, self._wakes - time.monotonic()))

    def _fork(self) -> Worker:
        generation = self._generations[-1]
        try:
            worker = generation.owner.fork(generation)
        except OSError:  # somebody has ended the owner
            log.error("the process that owns the workers is gone; another is started")
            generation.owner.close()
            generation.owner = self._owner(generation.snapshot)
            worker = generation.owner.fork(generation)
        generation.workers += 1
        return worker

    def _fork_connected(self) -> Worker:
        """A worker that may ask other servers, for one query; it may read the generation before the newest."""
        for generation in reversed(self._generations):
            if generation.connected is not None:
                worker = generation.connected.fork(generation)
                generation.workers += 1
                return worker
        raise Busy("the data have just changed; ask again in a moment", retry_after=1)

    def _fill(self) -> None:
        """Have workers ready before somebody needs them: a store on disk takes a while to open."""
        while self._process == os.getpid() and len(self._idle) < self._spare:
            self._idle.append(self._fork())

    def _hand_over(self, query: Query) -> None:
        job = vars(query.job)
        if query.job.is_federated:
            self._connect()
        while True:
            with self._lock:
                if query.reason:
                    raise why(query, None, self)
                is_warm = bool(self._idle) and not query.job.is_federated
                fork = self._fork_connected if query.job.is_federated else self._fork
                query.worker = self._take() if is_warm else fork()
                self._fill()
            try:
                query.worker.send(job)
                return
            except OSError:
                with self._lock:
                    if query.reason or not is_warm:
                        raise why(query, None, self) from None
                    self._dismiss(query.worker)  # it died while it had nothing to do
                    query.worker = None

    def _take(self) -> Worker:
        """The worker that was at work last, of those that are ready."""
        ready = [worker for worker in self._idle if worker.look()]
        worker = ready[-1] if ready else self._idle[0]
        self._idle.remove(worker)
        return worker

    def release(self, query: Query, *, own: int | None = None) -> None:
        """The answer is whole; its worker is free, and said how many bytes it has for itself, if it did."""
        with self._lock:
            if query not in self._line.running:
                return
            self._over(query)
            if query.worker is not None:
                query.worker.own = query.worker.own if own is None else own
                if query.worker.generation is self._generations[-1] and not query.job.is_federated:
                    self._idle.append(query.worker)
                    self._shrink()
                else:
                    self._dismiss(query.worker)
            self._line.grant(time.monotonic())

    def _shrink(self) -> None:
        """Dismiss workers that have nothing to do, the oldest first, as long as all have too much for themselves."""
        busy = [query.worker for query in self._line.running if query.worker is not None]
        much = sum(worker.own for worker in (*self._idle, *busy)) - self.workers * process.SHARE
        for worker in [worker for worker in self._idle if worker.own]:
            if much <= 0:
                break
            much -= worker.own
            self._idle.remove(worker)
            self._dismiss(worker)

    def end(self, query: Query, reason: str) -> None:
        """Kill the worker of a query, unless the query is over."""
        with self._lock:
            if query not in self._line.running:
                return
            is_lost = reason == "died" and query.worker is not None and query.worker.generation.owner.is_gone
            query.reason = "lost" if is_lost else reason
            self._over(query)
            if query.worker is not None:
                query.worker.kill()
                self._gone(query.worker.generation)
            self._line.grant(time.monotonic())

    def _over(self, query: Query) -> None:
        """Take a query out of those that run."""
        took = time.monotonic() - query.started
        self._line.running.remove(query)
        self._line.remember(query, took)
        if took >= self.slow or query.reason in ("deadline", "died", "large"):
            told = f"ended ({query.reason})" if query.reason else "answered"
            text = "\n    ".join(query.job.query.splitlines())  # so that no query writes lines of its own into the log
            log.warning("slow query %d of %s %s after %.1f s: %s", query.id, query.client, told, took, text)

    def _dismiss(self, worker: Worker) -> None:
        worker.close()
        self._gone(worker.generation)

    def _gone(self, generation: Generation) -> None:
        generation.workers -= 1
        self._retire()

    def _retire(self) -> None:
        """Let go of what nobody reads any more."""
        for generation in self._generations[:-1]:
            if generation.workers <= 0:
                self._generations.remove(generation)
                for owner in generation.owners().difference(*(other.owners() for other in self._generations)):
                    threading.Thread(target=owner.close, daemon=True).start()
                generation.release()
