"""For those who watch over servers: whether this one lives, whether it can answer, how busy it is."""

from __future__ import annotations

from flask import Response, jsonify

from ..errors import GeokgError
from ..sparql.pool import Job
from .problems import ProtocolError
from .site import Site, current

TEXT = "text/plain; version=0.0.4; charset=utf-8"
"""The text format of Prometheus."""


def health() -> Response:
    """Whether the graph answers, and how large it is."""
    sizes = current().sizes
    return _fresh(jsonify(status="ok", quads=sizes.quads, graphs=len(sizes.graphs)))


def live() -> Response:
    """Whether the process answers at all; one that does not should be started anew."""
    return _fresh(jsonify(status="ok"))


def ready() -> Response:
    """Whether a query would be answered now; if not, requests should go to another server for a while.

    Writes may have to wait for longer, until what is there has been judged; that is told beside.

    Raises:
        ProtocolError: 503, the server is about to end, or no worker answers.
    """
    site = current()
    if site.is_stopping:
        raise ProtocolError("this server is about to end", 503)
    try:
        if site.pool is not None:
            for _ in site.pool.run(Job("ASK {}", rows="csv"), client="health", timeout=2):
                pass
        else:
            site.store.query("ASK {}")
    except GeokgError as error:
        raise ProtocolError(f"no query is answered now: {error}", 503) from None
    return _fresh(jsonify(status="ok", writes=_writes(site)))


def _writes(site: Site) -> str:
    """Whether writes would be carried out now."""
    if site.writer is None:
        return "read-only"
    try:
        return "ready" if site.writer.is_ready else "what is there is still being checked"
    except GeokgError:
        return "what is there cannot be checked"


def metrics() -> Response:
    """Numbers for Prometheus.

    Raises:
        ProtocolError: 404, ``prometheus_client`` is not installed.
    """
    found = current().metrics
    if found is None:
        raise ProtocolError("nothing is counted here: prometheus_client is not installed", 404)
    return _fresh(Response(found.render(), content_type=TEXT))


def _fresh(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
