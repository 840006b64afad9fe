"""What goes wrong, told to programs (RFC 9457) and to people."""

from __future__ import annotations

import errno
import json
from http import HTTPStatus

from flask import Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from ..errors import Busy, QueryError, QuerySyntaxError
from .rendering import render


class ProtocolError(QueryError):
    """A request that is not as its protocol wants it.

    Attributes:
        status: the HTTP status.
        members: what the problem says beyond its sentence.
    """

    def __init__(self, message: str, status: int = 400, **members: object) -> None:
        super().__init__(message)
        self.status = status
        self.members = members


def problem(status: int, detail: str, members: dict[str, object] | None = None, *, query: str = "") -> Response:
    """A problem as ``application/problem+json``, or as a page where the client would rather read one.

    Args:
        status: the HTTP status.
        detail: one plain sentence.
        members: further members of the JSON object.
        query: the query that it is about, for a page to show again.
    """
    title = HTTPStatus(status).phrase
    accept = request.accept_mimetypes
    # A page looks there for its language, and what is wrong may be that it is not UTF-8.
    request.query_string = request.query_string.decode("utf-8", "replace").encode()
    if accept.best_match(["application/problem+json", "application/json", "text/html"]) == "text/html":
        values = {"status": status, "title": title, "detail": detail, "members": members or {}, "query": query}
        page = render("problem", site=current_app.extensions["geokg"], **values)
        response = Response(page, content_type="text/html; charset=utf-8")
        response.status_code = status
    else:
        body: dict[str, object] = {"title": title, "status": status, "detail": detail, **(members or {})}
        text = json.dumps(body, ensure_ascii=False, indent=1) + "\n"
        response = Response(text, status=status, content_type="application/problem+json")
    return response


def from_query_error(error: QueryError) -> Response:
    """A query that is not answered, as a problem; a syntax error shows its place."""
    members: dict[str, object] = dict(error.members) if isinstance(error, ProtocolError) else {}
    query = str(g.get("query", ""))
    if isinstance(error, QuerySyntaxError) and error.line is not None:
        members |= {"line": error.line, "column": error.column}
        if query:
            members["excerpt"] = excerpt(query, error.line, error.column or 1)
    response = problem(error.status, str(error), members, query=query)
    if isinstance(accepted := members.get("accepted"), list):
        name = {"POST": "Accept-Post", "PATCH": "Accept-Patch"}.get(request.method, "Accept")
        response.headers[name] = ", ".join(accepted)
    if error.status == 415 and request.content_encoding:
        response.headers["Accept-Encoding"] = "identity"
    if isinstance(error, Busy):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def from_full_disk(error: OSError) -> Response:
    """What does not fit on the server's disk, as a problem; any other error of the system is ours, and raised."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        raise error
    return problem(507, f"the server has no room for this: {error.strerror}")


def from_http_exception(error: HTTPException) -> Response:
    """What Flask and Werkzeug refuse, as a problem, with the headers that belong to it."""
    status = error.code or 500
    response = problem(status, error.description or HTTPStatus(status).phrase)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def excerpt(query: str, line: int, column: int) -> str:
    r"""The line of a query with a caret below the column.

    >>> print(excerpt("ASK {\n  ?s ?p }", 2, 9))
      ?s ?p }
            ^
    """
    lines = query.split("\n")
    words = lines[line - 1].rstrip("\r") if line <= len(lines) else ""
    before = "".join("\t" if character == "\t" else " " for character in words[: column - 1])
    return f"{words}\n{before}^"
