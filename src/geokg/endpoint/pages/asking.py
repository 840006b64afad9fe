"""Queries of pages: rows that are kept while the data stays as it is, and the same as a table for programs."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from threading import Lock
from typing import Any, TypeAlias, TypeVar, cast

import pyoxigraph as ox
from flask import Response, has_request_context, request
from werkzeug.datastructures import MIMEAccept

from ...errors import QueryError, TransferCut
from ...sparql.answer import Answer
from ...sparql.pool import Job, Pool
from .. import pooled
from ..formats import CSV, HTML, JSON, Format, choose
from ..protocol import QueryRequest, Term
from ..site import Site, time_left

T = TypeVar("T")
Row: TypeAlias = Mapping[str, Term | None]
_KEPT, _ROWS = 64, 50_000
"""As many answers are kept, and as many rows of them all together."""
_LEAST = 0.1
"""Seconds."""


def rows(site: Site, sparql: str) -> tuple[Row, ...]:
    """The rows of a ``SELECT`` query of a page, asked once for each state of the data.

    Raises:
        QueryError: it is not answered.
    """
    return kept(site, sparql, lambda: site.apart(partial(_asked, sparql=sparql)))


def _asked(site: Site, sparql: str) -> tuple[Row, ...]:
    found = site.rows(sparql)
    names = [variable.value for variable in found.variables]
    return tuple(dict(zip(names, row, strict=True)) for row in found)


def kept(site: Site, key: Hashable, make: Callable[[], T]) -> T:
    """What a page makes of the data, made once for each state of it, as long as others do not take its place.

    Args:
        site: the graph.
        key: what tells it from all else that is kept so.
        make: what makes it.
    """
    root = request.script_root if has_request_context() else ""  # what is made may hold addresses of ours
    return cast("T", site.once(_Shelf).get((root, key), make))


class _Shelf:
    """Room for what was asked for last."""

    def __init__(self, _site: Site) -> None:
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._rows = 0
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = make()  # two may make the same; neither waits for the other
        with self._lock:
            if key not in self._kept:
                self._kept[key] = found
                self._rows += _size(found)
            while len(self._kept) > _KEPT or self._rows > _ROWS:
                self._rows -= _size(self._kept.popitem(last=False)[1])
        return found


def _size(kept: Any) -> int:
    """How many rows something has, that is made of them."""
    return len(kept) if isinstance(kept, tuple | list) else 1


def chosen_format(ending: str = "") -> Format:
    """What a list is wanted as: a page, CSV, or the JSON of SPARQL results.

    Args:
        ending: of the address, if it says so.

    Raises:
        ProtocolError: 406; nothing that the client takes.
    """
    return choose(request.accept_mimetypes, (HTML, CSV, JSON), name=ending or None)


def send_rows(site: Site, sparql: str, chosen: Format) -> Response:
    """All rows of a query, streaming, through the pool if there is one.

    Args:
        site: the graph.
        sparql: a ``SELECT`` of our own.
        chosen: a format for rows that is no page.

    Raises:
        QueryError: it is not answered; nothing has been sent yet.
    """
    left = time_left()
    asked = QueryRequest(sparql, request.base_url, format=chosen.name, timeout=left and max(left, _LEAST))
    match = request.if_none_match.contains_weak
    if site.pool is not None:
        response = pooled.answer(site.answering, site.pool, asked, page=_no_page, match=match)
    else:
        accept = MIMEAccept([(chosen.mimetype, 1)])
        response = site.answering.answer(asked, accept, page=_no_page, match=match)
    if request.method == "HEAD":
        response.close()
    return response


def send_parts(site: Site, pool: Pool, parts: Sequence[str]) -> Response:
    """A long table in CSV, one query after the other, so that no one of them takes longer than queries may.

    All of them together take no longer than the longest query may; what is left then is cut off.

    Args:
        site: the graph.
        pool: the workers.
        parts: ``SELECT`` queries of our own, with the same variables.

    Raises:
        QueryError: the first is not answered; nothing has been sent yet.
    """
    tag = site.answering.tag(CSV.name, *parts)
    if request.if_none_match.contains_weak(tag):
        response = Response(status=304)
    else:
        client, is_gone, until = (
            request.remote_addr or "",
            pooled.watch(request.environ),
            time.monotonic() + pool.longest,
        )

        def run(job: Job) -> Answer:
            left = min(until - time.monotonic(), pool.deadline)
            return pool.run(job, client=client, timeout=max(left, _LEAST), is_gone=is_gone)

        jobs = [Job(part, rows=CSV.name) for part in parts]
        first = run(jobs[0])
        response = Response(_joined(run, first, jobs[1:]), content_type=CSV.content_type)
        response.call_on_close(first.close)  # perhaps nobody ever asks for a byte of it
        if request.method == "HEAD":
            response.close()
    response.set_etag(tag, weak=True)
    return response


def _joined(run: Callable[[Job], Answer], first: Answer, others: Iterable[Job]) -> Iterator[bytes]:
    """The bytes of all answers, with the head of the first alone."""
    yield from first
    for job in others:
        try:
            answer = run(job)
        except QueryError as error:
            raise TransferCut(f"the answer is cut off: {error}") from error
        with closing(answer):
            if answer.generation != first.generation:
                raise TransferCut("the answer is cut off: the data has changed meanwhile; ask again")
            head: bytes | None = b""
            for piece in answer:
                if head is None:
                    yield piece
                elif b"\n" in head + piece:
                    yield (head + piece).partition(b"\n")[2]
                    head = None
                else:
                    head += piece


def _no_page(_table: object) -> str:
    raise TypeError("rows for programs are no page")


def number(term: Term | None) -> int:
    """A number that a query gave; 0 where it gave none.

    >>> number(ox.Literal(3)), number(None)
    (3, 0)
    """
    return int(term.value) if isinstance(term, ox.Literal) else 0


def text(term: Term | None) -> str:
    """The text or IRI that a query gave; empty where it gave none.

    >>> text(ox.NamedNode("http://e.org/x")), text(None)
    ('http://e.org/x', '')
    """
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else ""
