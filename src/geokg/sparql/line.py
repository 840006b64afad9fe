"""Who gets a worker, and who must give one back: decided without processes or clocks.

``workers`` queries run at once. When they all do and somebody waits, the youngest of them, and those that their client
has beyond ``per_client``, give way as soon as they have had their turn (100 ms): so the workers beyond ``lasting`` are
always there for whoever asks something cheap, whatever else runs. A query that is known to have been slow never takes
one of those.

No more than ``abreast`` begin within a quarter of a second, but for those that are known to be quick: where there is no
processor for more, more at once take longer, all of them, and each worker reads the same data once more.

Among those that wait, whoever has least goes first, then whatever has fewest variables. No more than 12 for each worker
wait; the others are refused, those of the client that has most first.
"""

from __future__ import annotations

import math
import re
import sys
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .owner import Worker

TURN = 0.1
"""Seconds that a query may run whoever waits."""
_FOR_EACH, _KNOWN = 12, 1000
_LOOK = 0.02
_SOON = 0.25
"""Seconds from which a query no longer keeps others from beginning."""
_VARIABLE = re.compile(r"[?$]\w+")
QUICK, SLOW = 0.01, 1.0
"""Seconds up to which a query is known to be quick, and from which it is known to be slow."""


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
        graph: the named graph that triples are sent as those of, where the format has room for it.
        is_federated: whether it asks other servers, which the guard has let through.
        quads: patterns in N-Quads, of ours: the quads that fit are sent instead, with their graphs, and the query is
            there for people to read.
    """

    query: str
    base_iri: str | None = None
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None
    union: bool = True
    rows: str = "json"
    triples: str = "ttl"
    page_rows: int = 1000
    graph: str = ""
    is_federated: bool = False
    quads: str = ""


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
class Query:
    """A query on its way.

    Attributes:
        id: its number.
        job: what is asked.
        client: who asks.
        seconds: how long it may take.
        granted: set once it has a worker or is refused.
        started: when it got a worker; 0 if it got none.
        reason: why it was ended, if it was.
        worker: who answers it.
    """

    id: int
    job: Job
    client: str
    seconds: float
    granted: threading.Event = field(default_factory=threading.Event)
    started: float = 0.0
    reason: str = ""
    worker: Worker | None = None

    @cached_property
    def household(self) -> str:
        """Whom it counts for."""
        return household(self.client)

    @cached_property
    def variables(self) -> int:
        """How many variables it has: nothing tells better, before it is run, that a query will be cheap."""
        return len(set(_VARIABLE.findall(self.job.query)))

    @property
    def turn(self) -> float:
        """When it has had its turn."""
        if self.worker is None or self.worker.ready_at is None:
            return math.inf
        return max(self.started, self.worker.ready_at) + TURN

    @property
    def end(self) -> float:
        """When its time is over."""
        return self.started + self.seconds


def household(client: str) -> str:
    """Whom an address belongs to: with IPv6, whoever has one has a network of 2^64 of them (RFC 6177).

    >>> household("192.0.2.1"), household("2001:db8::1") == household("2001:db8:0:0:ffff::2")
    ('192.0.2.1', True)
    """
    if ":" not in client:
        return client
    try:
        address = IPv6Address(client)
    except ValueError:
        return client
    return str(address.ipv4_mapped or f"{int(address) >> 64:x}")


class Line:
    """The queries that run and those that wait.

    Args:
        workers: how many run at once.
        lasting: how many of them may take their time while others wait.
        per_client: how many of those one client may have.
        abreast: how many may begin at about the same time.

    >>> line = Line(workers=1, lasting=1, per_client=1)
    >>> one, other = (Query(n, Job(f"ASK {{}} # {n}"), "192.0.2.1", 10.0) for n in (1, 2))
    >>> line.join(one, now=5.0), line.join(other, now=5.0)
    (None, None)
    >>> one.granted.is_set(), other.granted.is_set(), line.due(now=15.0, ready=0)[0]
    (True, False, {1: 'deadline'})
    """

    def __init__(self, *, workers: int, lasting: int, per_client: int, abreast: int = sys.maxsize) -> None:
        self.workers, self.lasting, self.per_client, self.abreast = workers, lasting, per_client, abreast
        self.running: list[Query] = []
        self.waiting: list[Query] = []
        self._slow: OrderedDict[str, None] = OrderedDict()
        self._quick: OrderedDict[str, None] = OrderedDict()

    def join(self, query: Query, now: float) -> None:
        """Let a query run, or wait; or refuse it or another, if too many wait."""
        self.waiting.append(query)
        self.grant(now)
        if len(self.waiting) > _FOR_EACH * self.workers:
            worst = max(self.waiting, key=self._rank)
            self.waiting.remove(worst)
            worst.granted.set()

    def grant(self, now: float) -> None:
        """Give free workers to those who wait."""
        while len(self.running) < self.workers:
            is_full = len(self._young(now)) >= self.abreast
            if not (able := [query for query in self.waiting if not is_full or query.job.query in self._quick]):
                return
            first = min(able, key=self._rank) if len(able) > 1 else able[0]
            if self._is_slow(first) and len(self.running) >= self.lasting:
                return
            self.waiting.remove(first)
            first.started = now
            self.running.append(first)
            first.granted.set()

    def due(self, now: float, *, ready: int) -> tuple[dict[int, str], float]:
        """What must end now, and when to ask again.

        Args:
            now: the time.
            ready: how many workers could take over; without one it is of no use that somebody gives way.

        Returns:
            The numbers of the queries that must end, each with the reason; and a time.
        """
        ends = {query.id: "deadline" for query in self.running if now >= query.end}
        times = [query.end for query in self.running if query.id not in ends]
        if self.waiting and len(self.running) < self.workers:
            times += [query.started + _SOON for query in self._young(now)]
            return ends, min(times, default=now + 3600)
        hopeful = sum(not self._is_slow(query) for query in self.waiting) - len(ends)
        if hopeful > 0:
            times.append(now + _LOOK)
            for query in self._giving_way():
                if ready > 0 and hopeful > 0 and query.id not in ends and now >= query.turn:
                    ready, hopeful = ready - 1, hopeful - 1
                    ends[query.id] = "crowded"
        return ends, min(times, default=now + 3600)

    def remember(self, query: Query, took: float) -> None:
        """Whether a query turned out to be quick, or slow."""
        text = query.job.query
        is_slow = took >= SLOW or query.reason in ("deadline", "crowded", "died")
        for known, is_so in ((self._slow, is_slow), (self._quick, took <= QUICK and not query.reason)):
            if is_so:
                known[text] = None
                if len(known) > _KNOWN:
                    known.popitem(last=False)
            elif is_slow or not query.reason:
                known.pop(text, None)

    def _rank(self, query: Query) -> tuple[bool, int, int, int]:
        """What comes first: what is not known to be slow, of those who have least."""
        has = Counter(one.household for one in (*self.running, *self.waiting))
        return self._is_slow(query), has[query.household], query.variables, query.id

    def _is_slow(self, query: Query) -> bool:
        return query.job.query in self._slow

    def _young(self, now: float) -> list[Query]:
        """The running queries that have begun just now."""
        return [query for query in self.running if now < query.started + _SOON]

    def _giving_way(self) -> list[Query]:
        """The running queries that may not go on while somebody waits, the oldest first."""
        lasting: Counter[str] = Counter()
        found = []
        for query in self.running:
            if lasting.total() < self.lasting and lasting[query.household] < self.per_client:
                lasting[query.household] += 1
            else:
                found.append(query)
        return found
