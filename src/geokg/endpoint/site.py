"""What every part of the endpoint needs to know: the graph, the settings, and which address stands for which IRI."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast
from urllib.parse import quote, unquote

import pyoxigraph as ox
from flask import (
    Response,
    after_this_request,
    copy_current_request_context,
    current_app,
    g,
    has_request_context,
    request,
    url_for,
)

from ..errors import Busy, GeokgError
from ..sparql import Limits
from ..store import Store
from ..views import Views
from ..vocabulary import GK, GKS, GKX, Base
from .cache import Cache
from .description import Census, Sizes, count, measure
from .metrics import Metrics
from .pooled import read_rows, watch
from .problems import ProtocolError
from .protocol import Answering
from .reading_store import PooledStore
from .standing import Findings
from .turns import Turns

if TYPE_CHECKING:
    from ..graph import KnowledgeGraph
    from ..sparql.pool import Pool
    from .annotating import Desk
    from .writer import Writer

T = TypeVar("T")
_LOG = logging.getLogger(__name__)
FORKED = (
    "this server writes to its data, so that it must be one process; it was forked into others after it was made:"
    " start it with one, such as gunicorn --workers 1 without --preload"
)
_SAFE = "/!$&'()*+,;=:@~"
_PATIENCE = 2.0
"""Seconds that a page waits for what is counted anew, if there is what was counted before."""


@dataclass
class Site:
    """One graph on the web.

    Attributes:
        kg: the graph.
        title: what pages and descriptions call it.
        limits: how large a query may be.
        union: whether all graphs together stand for the default graph; else the unnamed one.
        writer: whoever changes the graph; without one it is read-only.
        token: the secret that writers send; without one nobody may write.
        pool: processes that queries run in; without them they run in this one, however long it takes.
        allowed_sources: addresses that ``LOAD`` may read, each with all below it.
        allowed_services: addresses that ``SERVICE`` may ask, each with all below it.
        cache: answers of the pool that are kept.
        metrics: what is counted, if it is.
        desk: where annotators work, if the server knows where texts come from.
        is_stopping: whether the server answers no more than what it has begun.
    """

    kg: KnowledgeGraph
    title: str = "geokg"
    limits: Limits = field(default_factory=Limits)
    union: bool = True
    writer: Writer | None = None
    token: str | None = field(default=None, repr=False)
    pool: Pool | None = None
    allowed_sources: tuple[str, ...] = ()
    allowed_services: tuple[str, ...] = ()
    cache: Cache | None = None
    metrics: Metrics | None = None
    desk: Desk | None = None
    is_stopping: bool = False

    def __post_init__(self) -> None:
        self._process = os.getpid()
        self.answering = Answering(self.store, limits=self.limits, union=self.union, services=self.allowed_services)
        self.turns = Turns()
        if self.pool is not None:  # a worker is left for others, and time to make the page
            self.turns = Turns(at_once=self.pool.lasting, patience=self.pool.deadline / 2)
        self._made: dict[Callable[[Site], Any], _Counted[Any]] = {}
        self.findings = Findings(self)
        rows = self.rows if self.pool is None else partial(read_rows, self.pool)
        self._sizes = _Counted(lambda: measure(self.store, rows))
        self._census = _Counted(lambda: count(self.sizes, rows))

    @property
    def store(self) -> Store:
        """The quads."""
        return self.kg.store

    def hold(self) -> Callable[[], None]:
        """Keep what can be read now until the function that is returned is called.

        Raises:
            ProtocolError: 500, somebody writes, and this process was forked from the one that can.
        """
        if self.writer is None:
            return lambda: None
        if self._process != os.getpid():
            raise ProtocolError(FORKED, 500)
        return self.writer.hold()

    @property
    def base(self) -> Base:
        """Where data and graphs are named, whatever the address of this server is."""
        return self.kg.store.base

    def rows(self, sparql: str, *, union: bool = True) -> ox.QuerySolutions:
        """The rows of a ``SELECT`` query of our own: from a worker, if there are any.

        Args:
            sparql: the query.
            union: whether all graphs together stand for the default graph; else the unnamed one.

        Raises:
            QueryError: no worker can answer now.
        """
        results = self.reading.query(sparql, union=union)
        if not isinstance(results, ox.QuerySolutions):
            raise TypeError("rows were to be read")
        return results

    @property
    def sizes(self) -> Sizes:
        """How much data there is."""
        return self._sizes.get(self.state)

    @property
    def census(self) -> Census:
        """What is counted of the data."""
        return self._census.get(self.state)

    def once(self, work: Callable[[Site], T]) -> T:
        """What a function makes of the data, made once for each state of it; what pages share, and is not too large.

        Args:
            work: a function of a module, which is called with the site, in a thread of its own.

        Raises:
            QueryError: it cannot be made now, or not as fast as pages are, and was not before.
        """
        made = self._made.setdefault(work, _Counted(partial(self._held, work)))
        return cast("T", made.get(self.state))

    def apart(self, work: Callable[[Site], T]) -> T:
        """What a function makes with a store of its own: the page at hand would fetch every node in what it read."""
        of_page = g.pop("reading", None) if has_request_context() else None
        try:
            return work(self)
        finally:
            if has_request_context():
                g.pop("reading", None)
            if of_page is not None:
                g.reading = of_page

    def _held(self, work: Callable[[Site], T]) -> T:
        """What a function makes, while what can be read now stays."""
        release = self.writer.hold() if self.writer is not None else None
        try:
            return work(self)
        finally:
            if release is not None:
                release()

    def begin(self) -> None:
        """Begin the page of the request at hand: it gets its turn, and the time that a query has; once.

        Raises:
            Busy: too many pages are being made.
        """
        if "end_turn" not in g:
            until = None if self.pool is None else time.monotonic() + self.pool.deadline
            g.end_turn = self.turns.take(request.remote_addr or "", is_gone=watch(request.environ))
            g.until = until

    @property
    def state(self) -> int:
        """Which state the data is in. A remote store does not say when it changes: it is counted once a minute."""
        return self.store.generation if self.store.is_here else int(time.monotonic() / 60)

    @property
    def reading(self) -> Store:
        """What pages read: the quads as workers see them, remembered for this request; without workers the store."""
        if self.pool is None:
            return self.store
        if not has_request_context():
            return PooledStore(self.store, self.pool)
        if "reading" not in g:
            client, is_gone = request.remote_addr or "", watch(request.environ)
            g.reading = PooledStore(self.store, self.pool, client=client, until=g.get("until"), is_gone=is_gone)
        return cast(Store, g.reading)

    @property
    def views(self) -> Views:
        """Typed views, read afresh for each request: the graph may have changed since the last one."""
        if not has_request_context():
            return Views(self.reading)
        if "views" not in g:
            g.views = Views(self.reading)
        return cast(Views, g.views)

    @property
    def sections(self) -> dict[str, str]:
        """The IRIs below which this server answers, with the function that does."""
        return {
            self.base.data: "geokg.data",
            self.base.graph: "geokg.graph",
            str(GK): "geokg.term",
            str(GKX): "geokg.concept",
            str(GKS): "geokg.shape",
        }

    def address(self, iri: str, ending: str = "") -> str | None:
        """Where this server describes an IRI; ``None`` if it is none of ours."""
        whole, hash_sign, fragment = iri.partition("#")
        for start, function in self.sections.items():
            if whole.startswith(start) and whole != start and "?" not in iri:
                return f"{url_for(function, path=unquote(whole[len(start) :]) + ending)}{hash_sign}{fragment}"
        return None

    def link(self, iri: str) -> str | None:
        """Where a link to an IRI leads: to our page, to the web, or nowhere, for ``javascript:`` and the like."""
        return self.address(iri) or (iri if iri.startswith(("http://", "https://")) else None)

    def find(self, start: str, path: str, store: Store | None = None) -> str | None:
        """The IRI below ``start`` that an address means, percent-encoded or not; ``None`` if nothing is known of it."""
        for iri in dict.fromkeys((start + quote(path, safe=_SAFE), start + path)):
            if is_known(self.reading if store is None else store, iri):
                return iri
        return None


class _Counted(Generic[T]):
    """What is counted once for each state of the data, as it takes long; meanwhile, and if it fails, the last one.

    It is made in a thread of its own, which goes on when the page that wanted it may wait no longer.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._changed = threading.Condition()
        self._is_busy = False
        self._last: tuple[int, T] | None = None
        self._failure: Exception | None = None

    def get(self, state: int) -> T:
        with self._changed:
            last = self._last
            if last is not None and (last[0] == state or self._is_busy):
                return last[1]
            if not self._is_busy:
                self._is_busy, self._failure = True, None
                make = copy_current_request_context(self._make) if has_request_context() else self._make
                threading.Thread(target=make, args=(state,), name="counting", daemon=True).start()
            self._changed.wait_for(lambda: not self._is_busy, time_left(most=None if last is None else _PATIENCE))
            if self._last is not None:
                return self._last[1]
            raise copy(self._failure) or Busy("this is being counted for the first time; ask again in a moment")

    def _make(self, state: int) -> None:
        made: tuple[int, T] | None = None
        failure: Exception | None = None
        try:
            made = state, self._work()
        except Exception as error:  # whoever waits for it has it
            failure = copy(error)  # without the frames that it came through, which hold what they read
            if not isinstance(error, GeokgError):
                _LOG.exception("what pages need cannot be made")
        finally:
            with self._changed:
                self._last, self._failure, self._is_busy = made or self._last, failure, False
                self._changed.notify_all()


def time_left(*, most: float | None = None) -> float | None:
    """Seconds that the page at hand may still take, or as many as are given if those are fewer; ``None`` for any time.

    >>> time_left() is None, time_left(most=2.0)
    (True, 2.0)
    """
    until = g.get("until") if has_request_context() else None
    left = [] if until is None else [max(0.0, until - time.monotonic())]
    return min([*left, *([] if most is None else [most])], default=None)


def is_known(store: Store, iri: str) -> bool:
    """Whether anything is said of an IRI, or with it.

    >>> is_known(Store.memory(), "http://example.org/x"), is_known(Store.memory(), "not an IRI")
    (False, False)
    """
    try:
        node = ox.NamedNode(iri)
    except ValueError:
        return False
    return store.contains(node) or store.contains(object=node)


def current() -> Site:
    """The site that the request at hand is for; what can be read now stays until the answer is sent."""
    site = current_app.extensions["geokg"]
    if not isinstance(site, Site):
        raise TypeError("this Flask app has no geokg site: make it with create_app")
    if site.writer is not None and "is_held" not in g:
        g.is_held = True
        after_this_request(partial(_released, site.hold()))
    return site


def _released(release: Callable[[], None], response: Response) -> Response:
    response.call_on_close(release)
    return response
