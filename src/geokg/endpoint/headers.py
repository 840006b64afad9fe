"""The headers that every answer carries, whoever gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, g, request

from .encoding import encode
from .observing import ROUTE
from .wording import say_language

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

LONGEST = 8 << 10
"""Bytes of a header that are read, as with most servers: some are lists, and each part of a list takes time."""
_DONE = "geokg.done"
ANNOTATING = frozenset({"geokg.annotate_by_form", "geokg.put_annotations", "geokg.annotations_back"})
WRITING = ANNOTATING | {"geokg.update", "geokg.store", "geokg.direct_store", "geokg.fix"}
OPERATING = frozenset({"geokg.queries", "geokg.cancel"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""What browsers are told to be strict about, with every answer."""
CHANGING = {"Cache-Control": "no-cache"}
"""What is said of answers that another state of the data would have otherwise."""
PUBLIC = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Content-Location, Retry-After",
}
"""What lets pages from elsewhere read an answer."""
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Content-Type, If-None-Match",
    "Access-Control-Max-Age": "86400",
}
"""What they may ask."""


def too_long(environ: WSGIEnvironment) -> list[str]:
    """The headers of a request that are longer than anybody's, by their names in its environment.

    >>> too_long({"HTTP_ACCEPT": "text/csv", "HTTP_COOKIE": "x" * 10_000})
    ['HTTP_COOKIE']
    """
    return [name for name, value in environ.items() if name.startswith("HTTP_") and len(value) > LONGEST]


def add_headers(response: Response) -> Response:
    """Add what every answer carries, and compress it if that is asked for."""
    is_done = request.environ.get(_DONE) is response
    if is_done:  # a blueprint and its app may both call this
        return response
    request.environ |= {_DONE: response, ROUTE: request.endpoint}
    headers = response.headers
    wanted = dict(SECURITY)
    if g.get("is_page"):
        say_language(response)
    if request.endpoint != "geokg.static":
        response.vary.add("Accept")
        wanted |= CHANGING
    is_public = request.endpoint not in WRITING or request.method in ("GET", "HEAD")
    if is_public and request.endpoint not in OPERATING:
        wanted |= PUBLIC
    if request.method == "OPTIONS":
        wanted |= PREFLIGHT
    present = {name.lower() for name, _ in headers}
    for name, value in wanted.items():
        if name.lower() not in present:
            headers.add(name, value)
    return encode(response)
