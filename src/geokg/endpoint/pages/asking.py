"""Queries of pages: rows that are kept while the data stays as it is, and the same as a table for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeAlias

import pyoxigraph as ox
from flask import Response, request
from werkzeug.datastructures import MIMEAccept

from .. import pooled
from ..formats import CSV, HTML, JSON, Format, choose
from ..protocol import QueryRequest, Term
from ..site import Site

Row: TypeAlias = Mapping[str, Term | None]
_KEPT = 64
"""As many answers are kept; each is of a page, so small."""


def rows(site: Site, sparql: str) -> tuple[Row, ...]:
    """The rows of a ``SELECT`` query of a page, asked once for each state of the data.

    Raises:
        QueryError: it is not answered.
    """
    return site.once(_keeping)(sparql)


def _keeping(site: Site) -> Callable[[str], tuple[Row, ...]]:
    @lru_cache(_KEPT)
    def kept(sparql: str) -> tuple[Row, ...]:
        found = site.rows(sparql)
        names = [variable.value for variable in found.variables]
        return tuple(dict(zip(names, row, strict=True)) for row in found)

    return kept


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
    asked = QueryRequest(sparql, request.base_url, format=chosen.name)
    match = request.if_none_match.contains_weak
    if site.pool is not None:
        response = pooled.answer(site.answering, site.pool, asked, page=_no_page, match=match)
    else:
        accept = MIMEAccept([(chosen.mimetype, 1)])
        response = site.answering.answer(asked, accept, page=_no_page, match=match)
    if request.method == "HEAD":
        response.close()
    return response


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
