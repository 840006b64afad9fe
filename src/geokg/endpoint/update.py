"""SPARQL 1.1 Update by the SPARQL 1.1 Protocol: from a request to a change, and from what came of it to a response."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from flask import Request, Response, request
from werkzeug.urls import iri_to_uri

from ..sparql import check_update
from ..vocabulary import prefixes
from .access import require_token
from .changes import Change
from .fetching import fetch
from .operations import loads, sees_unnamed_alone, with_dataset
from .problems import ProtocolError, problem
from .protocol import FORM, UPDATE, form_parameters, graph_iri, utf8
from .site import Site, current
from .writer import Refused, Verdict, Writer, Written

MAX_UPDATE = 10 << 20
"""Bytes of one update; more data is for the graph store protocol."""
MAX_LOAD, LOADING = 100 << 20, 30.0
"""Bytes and seconds of all that the ``LOAD`` operations of one update fetch."""

UNNAMED = (
    "Done. A WHERE of this update names no graph: unlike a query here, it saw the triples of the unnamed graph alone."
    " Name graphs with GRAPH, WITH or USING, or in the request with using-graph-uri.\n"
)


def update() -> Response:
    """Carry an update out for who may write."""
    site = current()
    writer = writer_for(site)
    request.max_content_length = MAX_UPDATE
    change = read_update(request)
    check_update(
        change.text, prefixes=prefixes(site.base), base_iri=change.base_iri or "", allowed=site.allowed_sources
    )
    found = loads(change.text)
    with tempfile.TemporaryDirectory(prefix="geokg-load-") as folder:
        if found:
            change = replace(change, loads=fetch(found, Path(folder), seconds=LOADING, most=MAX_LOAD))
        response = told(write(writer, change))
    if site.union and response.status_code == 204 and sees_unnamed_alone(change.text):
        return Response(UNNAMED, content_type="text/plain; charset=utf-8")
    return response


def writer_for(site: Site, *, posted: str = "") -> Writer:
    """Whoever writes, for a request that may.

    Args:
        site: the site.
        posted: the token that a form of ours has in its body, if it has.

    Raises:
        ProtocolError: nobody may write here, or a page of another origin asks.
        Unauthorized: the request does not bear the token.
    """
    require_token(request, site.token if site.writer is not None else None, posted=posted)
    if site.writer is None:
        raise ProtocolError("this endpoint is read-only", 403)
    return site.writer


def read_update(request: Request) -> Change:
    """The update that a request carries, with the dataset that the request names written into it.

    Raises:
        ProtocolError: the request is not as the protocol wants it.
    """
    if request.mimetype not in (FORM, UPDATE):
        told = f"not {request.mimetype}" if request.mimetype else "and the request names none"
        raise ProtocolError(f"an update is sent as {FORM} or {UPDATE}, {told}", 415, accepted=[FORM, UPDATE])
    refuse_encodings(request)
    body = request.get_data(cache=False)
    given = form_parameters(request.query_string)
    given += form_parameters(body) if request.mimetype == FORM else [("update", utf8(body))]
    names = [name for name, _ in given]
    if "query" in names or "default-graph-uri" in names or "named-graph-uri" in names:
        raise ProtocolError("a query and its dataset are sent to another address; an update takes using-graph-uri")
    if request.mimetype == FORM and any(name == "update" for name, _ in form_parameters(request.query_string)):
        raise ProtocolError("the update stands in the body, not in the address")
    updates = [value for name, value in given if name == "update"]
    if len(updates) != 1:
        raise ProtocolError(f"a request carries one update, not {len(updates)}")
    default = tuple(graph_iri(value) for name, value in given if name == "using-graph-uri")
    named = tuple(graph_iri(value) for name, value in given if name == "using-named-graph-uri")
    text = with_dataset(updates[0], default, named) if default or named else updates[0]
    conditions = tags(request, "If-Match"), tags(request, "If-None-Match")
    return Change("update", None, text, (), request.base_url, *conditions)


def tags(request: Request, name: str) -> tuple[str, ...]:
    """The entity tags in a header; a star as one of them."""
    found = request.if_match if name == "If-Match" else request.if_none_match
    if name not in request.headers:
        return ()
    return ("*",) if found.star_tag else tuple(found.as_set(include_weak=name != "If-Match")) or ("",)


def refuse_encodings(request: Request) -> None:
    """Do nothing if a body comes in UTF-8 and as it is.

    Raises:
        ProtocolError: 415.
    """
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.lower() not in ("utf-8", "utf8"):
        raise ProtocolError(f"bodies are read in UTF-8, not in {charset}", 415)
    if request.content_encoding:
        raise ProtocolError("a body is sent as it is, without a Content-Encoding", 415)


def write(writer: Writer, change: Change) -> Written | Response:
    """Have a change carried out, or the response that says which violations it would add."""
    try:
        return writer.write(change)
    except Refused as refusal:
        return _report(422, str(refusal), refusal.verdict)


def told(written: Written | Response, *, location: str | None = None) -> Response:
    """The response to a change that was carried out."""
    if isinstance(written, Response):
        return written
    status = 201 if written.is_new else 204
    if written.verdict.added:
        response = _report(200, f"done; it added {len(written.verdict.added)} violations", written.verdict)
    else:
        response = Response(status=status)
        response.headers.remove("Content-Type")
    if location is not None and written.is_new:
        with suppress(ValueError):  # what has a host that cannot be one is the name of a graph, but no place
            response.headers["Location"] = iri_to_uri(location)
        response.autocorrect_location_header = False
    return response


def _report(status: int, detail: str, verdict: Verdict) -> Response:
    """What the gate found, as JSON or as the report that SHACL describes."""
    kinds = ["application/problem+json", "application/json", "text/turtle"]
    if request.accept_mimetypes.best_match(kinds) == "text/turtle":
        return Response(verdict.turtle, status=status, content_type="text/turtle; charset=utf-8")
    findings = [
        {
            "message": finding.message,
            "severity": finding.severity,
            "shape": finding.shape,
            "focus": finding.focus,
            "path": finding.path,
            "value": finding.value,
        }
        for finding in verdict.added
    ]
    return problem(status, detail, {"findings": findings})
