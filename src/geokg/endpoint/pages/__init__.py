"""What people look at: a module and a template for each page, a script and a style sheet where it needs them."""

from __future__ import annotations

from flask import Blueprint, g, request

from ..problems import ProtocolError
from ..site import current
from . import annotate, claims, commitments, home, linked, map, network, query, report, search, timeline
from .query import form, results

__all__ = ["add_to", "form", "results"]


NO_PAGES = frozenset(
    f"geokg.{name}"
    for name in ("sparql", "live", "ready", "metrics", "queries", "cancel", "static", "store", "direct_store")
)
"""What is read at other addresses: it takes no time here, or that of a worker."""

LONGEST = 16 << 10
"""Bytes; a page of a list has hundreds of links, and each holds what is chosen."""


def add_to(parts: Blueprint) -> None:
    """Add the addresses of all pages to a blueprint."""
    parts.before_request(begin)
    parts.teardown_request(end)
    for module in (annotate, claims, commitments, home, linked, query, search, report, network, timeline, map):
        module.add_to(parts)


def begin() -> None:
    """Whatever is made here to be read has its turn, and no more time than a query.

    Raises:
        Busy: there are too many.
        ProtocolError: 414, its address is so long that a page would be nothing but addresses.
    """
    if request.method in ("GET", "HEAD") and request.endpoint not in NO_PAGES:
        if len(request.query_string) > LONGEST:
            raise ProtocolError(
                f"the addresses of pages have no more than {LONGEST} bytes behind their question mark", 414
            )
        current().begin()


def end(_error: BaseException | None) -> None:
    """The page is made, or never will be."""
    if "end_turn" in g:
        g.pop("end_turn")()
