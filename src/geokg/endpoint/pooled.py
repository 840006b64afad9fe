"""Answers from processes that can be killed: from a request to a job of the pool, and from its bytes to a response."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import pyoxigraph as ox
from flask import Response, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from ..sparql import Checked
from ..sparql.answer import Answer
from ..sparql.pool import Job, Pool
from ..sparql.snapshot import FolderSnapshot, MemorySnapshot
from ..store import Store
from ..vocabulary import prefixes
from .cache import KEEP
from .folder import FolderWriter
from .formats import HTML, QUADS, RDF, ROWS, Format, choose
from .problems import ProtocolError
from .protocol import PAGE_ROWS, Answering, QueryRequest, Table
from .wording import language

WAITRESS = {
    "threads": 96,
    "connection_limit": 500,  # of the 1024 files that a process may usually have open; see connections.py
    "asyncore_use_poll": True,
    "channel_request_lookahead": 1,
    "send_bytes": 1,  # by whoever has written it, not by a thread that must be woken first
    "ident": "geokg",
    "clear_untrusted_proxy_headers": False,  # create_app knows which proxies are trusted
}
"""Settings of waitress that go with a pool: a thread for all who wait, pages too, and word of clients that leave."""
Offered: TypeAlias = tuple[Format | ProtocolError, Format | ProtocolError]
"""The format for rows and the one for triples, or why there is none."""
_USUAL = 500
"""Characters; what a longer ``Accept`` asks for is not remembered."""


def create_pool(
    store: Store, *, folder: Path | None = None, writer: FolderWriter | None = None, **settings: Any
) -> Pool | None:
    """Processes for the queries on a store; ``None`` if there can be none: only on Linux, of what is here.

    Args:
        store: the quads.
        folder: where they are on disk, if they are, and if nobody writes there.
        writer: whoever changes them, if anybody does; the processes then read what it has written last.
        settings: for ``Pool``: ``workers``, ``deadline``, ``memory`` and the like.

    >>> pool = create_pool(Store.memory(), workers=2)  # nothing is started before the first query
    """
    if not sys.platform.startswith("linux") or not store.is_here:
        return None
    names = prefixes(store.base)
    if writer is not None:
        pool = Pool(writer.snapshot(), prefixes=names, **settings)
        writer.on_change = pool.publish
        return pool
    return Pool(MemorySnapshot(store.ox) if folder is None else FolderSnapshot(folder), prefixes=names, **settings)


def answer(
    answering: Answering,
    pool: Pool,
    asked: QueryRequest,
    *,
    page: Callable[[Table], str],
    match: Callable[[str], bool],
) -> Response:
    """Run a query in a worker and send its results, streaming.

    Args:
        answering: who answers; it knows the state of the data.
        pool: the workers.
        asked: the query with its dataset.
        page: makes a page of the first rows, for browsers.
        match: whether the client already holds the answer with this entity tag.

    Raises:
        QueryError: the query is not answered; nothing has been sent yet.
    """
    rows, triples = offers(request.headers.get("Accept", ""), asked.format)
    checked = answering.check(asked)
    tags: dict[str, str] = {}
    for chosen in (rows, triples):
        if isinstance(chosen, Format) and not checked.volatile:
            tags[chosen.name] = answering.tag(chosen.name, repr(asked), language() if chosen is HTML else "")
    for tag in tags.values():  # whoever has a tag had it from us, so the query is known to be answered like this
        if match(tag):
            response = Response(status=304)
            response.set_etag(tag, weak=True)
            return response
    found = submit(answering, pool, asked, checked, (rows, triples), request.environ)
    chosen = triples if found.kind == "triples" else rows
    if isinstance(chosen, ProtocolError):
        found.close()
        raise chosen
    if chosen is HTML:
        response = Response(page(read_table(b"".join(found))), content_type=HTML.content_type)
    else:
        # With a length, which lets a server keep the connection.
        response = Response(b"".join(found) if found.is_short else found, content_type=chosen.content_type)
        if chosen.name in tags:
            request.environ[KEEP] = found.generation
    if chosen.name in tags:
        response.set_etag(tags[chosen.name], weak=True)
    return response


def submit(
    answering: Answering, pool: Pool, asked: QueryRequest, checked: Checked, offered: Offered, environ: dict[str, Any]
) -> Answer:
    """Have a query answered that the guard has let through.

    Args:
        answering: who let it through.
        pool: the workers.
        asked: the query with its dataset.
        checked: what the guard saw in it.
        offered: the formats for rows and for triples.
        environ: the request, as WSGI has it.

    Raises:
        QueryError: the query is not answered.
    """
    dataset = asked if asked.has_dataset else checked
    rows, triples = (one.name if isinstance(one, Format) else "" for one in offered)
    job = Job(
        asked.query,
        asked.base_iri,
        default_graphs=dataset.default_graphs if dataset.has_dataset else None,
        named_graphs=dataset.named_graphs if dataset.has_dataset else None,
        union=answering.union and not dataset.has_dataset,
        rows=rows,
        triples=triples,
        page_rows=PAGE_ROWS,
        is_federated=bool(checked.services),
    )
    return pool.run(job, client=environ.get("REMOTE_ADDR", ""), timeout=asked.timeout, is_gone=watch(environ))


def send_graph(answering: Answering, pool: Pool, graph: str, chosen: Format) -> Response:
    """All triples of a named graph, streaming.

    Args:
        answering: who answers; it knows the state of the data.
        pool: the workers.
        graph: its name.
        chosen: the format.

    Raises:
        QueryError: nobody can send it now.
    """
    tag = answering.tag(chosen.name, graph)
    if request.if_none_match.contains_weak(tag):
        response = Response(status=304)
    else:
        query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH {ox.NamedNode(graph)} {{ ?s ?p ?o }} }}"
        job = Job(query, union=False, rows="", triples=chosen.name, graph=graph if chosen in QUADS else "")
        found = pool.run(job, client=request.remote_addr or "", is_gone=watch(request.environ))
        response = Response(b"".join(found) if found.is_short else found, content_type=chosen.content_type)
        if request.method == "HEAD":
            response.close()
    response.set_etag(tag, weak=True)
    return response


def read_rows(pool: Pool, query: str, *, union: bool = True) -> ox.QuerySolutions:
    """The rows of a query of our own, from a worker.

    Args:
        pool: the workers.
        query: a ``SELECT``.
        union: whether the default graph is the union of all graphs.

    Raises:
        QueryError: nobody can answer it now.
    """
    return _rows(b"".join(pool.run(Job(query, union=union), client="geokg", timeout=pool.longest)))


def _rows(data: bytes | str) -> ox.QuerySolutions:
    results = ox.parse_query_results(data, format=ox.QueryResultsFormat.JSON)
    if not isinstance(results, ox.QuerySolutions):
        raise TypeError("rows were to be read")
    return results


def offers(accept: str, name: str | None) -> Offered:
    """The formats to answer in, for rows and for triples: which kind it will be is not known before it comes.

    Args:
        accept: the ``Accept`` of the request.
        name: a format by its name, which wins over it.

    >>> [one.name for one in offers("text/csv, text/turtle", None)]
    ['csv', 'ttl']
    """
    return _choose(accept, name, is_rdf=False), _choose(accept, name, is_rdf=True)


def _choose(accept: str, name: str | None, *, is_rdf: bool) -> Format | ProtocolError:
    try:
        if len(accept) + len(name or "") > _USUAL:
            return _chosen.__wrapped__(accept, name, is_rdf=is_rdf)
        return _chosen(accept, name, is_rdf=is_rdf)
    except ProtocolError as error:
        return error


@lru_cache(256)
def _chosen(accept: str, name: str | None, *, is_rdf: bool) -> Format:
    return choose(parse_accept_header(accept, MIMEAccept), RDF if is_rdf else ROWS, name=name)


def read_table(data: bytes) -> Table:
    """The rows that a worker wrote for a page.

    >>> read_table(b'{"boolean": true}').answer
    True
    """
    told = json.loads(data)
    if "boolean" in told:
        return Table((), (), answer=bool(told["boolean"]))
    standard = json.dumps({"head": told["head"], "results": told["results"]})
    rows = tuple(tuple(solution) for solution in _rows(standard))
    return Table(tuple(told["head"]["vars"]), rows, is_cut=told["is_cut"], is_rdf=told["is_rdf"])


def watch(environ: dict[str, Any]) -> Callable[[], bool] | None:
    """What tells whether the client has left, in the way of the server at hand; ``None`` if it tells nobody.

    >>> watch({}) is None
    True
    """
    asks = environ.get("waitress.client_disconnected")
    if callable(asks):
        return lambda: bool(asks())
    connection = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        return lambda: _is_closed(connection)
    return None


def _is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
