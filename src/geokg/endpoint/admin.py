"""What the operator sees and does: the queries that run, and their end."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Response, jsonify, request

from .access import require_token
from .problems import ProtocolError
from .site import Site, current


def queries() -> Response:
    """The queries that run, the oldest first."""
    site = _admit()
    running = site.pool.running() if site.pool is not None else []
    response = jsonify(
        queries=[
            {
                "id": one.id,
                "client": one.client,
                "query": one.query,
                "started": datetime.fromtimestamp(one.started, UTC).isoformat(timespec="milliseconds"),
                "seconds": round(one.seconds, 3),
                "deadline": one.deadline,
            }
            for one in running
        ]
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def cancel(number: int) -> Response:
    """End a query."""
    site = _admit()
    if site.pool is None or not site.pool.cancel(number):
        raise ProtocolError(f"no query {number} is running", 404)
    return Response(status=204)


def _admit() -> Site:
    site = current()
    if not site.token:
        raise ProtocolError("this is for the operator, and this server was started without a token", 403)
    require_token(request, site.token)
    return site
