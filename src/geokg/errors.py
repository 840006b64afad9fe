"""Every error that geokg raises on purpose, in one tree.

::

    GeokgError
    ├── ReadError(path, line)          a file could not be read as what it claims to be
    │   ├── OffsetMismatch             a quote is not what stands in the text at its offsets
    │   ├── UnknownFormat              no reader knows this kind of file
    │   └── Remark                     what a person should know, never raised: nothing is left out for it
    ├── WriteError(ids)                annotations that a format has no room for
    ├── UnknownTerm(did_you_mean)      a label, role or IRI that the ontology does not have
    ├── IdentityConflict               two decisions about who is who contradict each other
    ├── Incomplete                     a node of the graph lacks what all of its kind have
    ├── QueryError(status)             a query that is not answered; ``status`` is the HTTP status
    │   ├── QuerySyntaxError           400, with line and column
    │   ├── QueryNotAllowed            403
    │   ├── QueryNotPossible           422, well-formed and not to be carried out
    │   ├── QueryTimeout               503
    │   ├── Busy(retry_after)          503, nobody is free to answer it
    │   ├── TransferCut                the answer breaks off after its first byte
    │   ├── QueryTooLarge              413
    │   └── RemoteError                502, from a service on another machine
    │       ├── RemoteTimeout          504, it is silent or too slow
    │       └── RemoteBusy             503, it asks for patience
    └── InvalidGraph(report)           a graph that does not conform, raised only on request

Each carries the file, line, offset or IRI that it is about as attributes, and says in its text what to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .validation import Report


class GeokgError(Exception):
    """The root of all errors that geokg raises on purpose."""


def place(path: str | Path | None, line: int | None = None, column: int | None = None) -> str:
    """Where something is, as compilers write it.

    Args:
        path: the file, if there is one.
        line: counted from 1.
        column: counted from 1, in code points.

    >>> place("article.ann", 12), place("article.txt", 3, 7), place(None)
    ('article.ann:12: ', 'article.txt:3:7: ', '')
    """
    if path is None:
        return ""
    return ":".join([str(path)] + [str(n) for n in (line, column) if n is not None]) + ": "


class _Placed(GeokgError):
    """An error about a place in a file.

    Attributes:
        path: the file.
        line: the line in that file, counted from 1, where it is known.
        column: the column in that line, counted from 1 in code points, where it is known.
    """

    def __init__(
        self, message: str, *, path: str | Path | None = None, line: int | None = None, column: int | None = None
    ) -> None:
        super().__init__(place(path, line, column) + message)
        self.message = message
        self.path = path
        self.line = line
        self.column = column


class ReadError(_Placed):
    """A file that could not be read as what it claims to be, with its path, line and column where they are known."""


class OffsetMismatch(ReadError):
    """A quoted text that is not what stands in the text at its offsets.

    Attributes:
        quote: the quoted words, as the annotation file has them.
        start: the offset of the first character, as the annotation file has it.
        end: the offset after the last character, as the annotation file has it.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | Path | None = None,
        line: int | None = None,
        column: int | None = None,
        quote: str = "",
        start: int = 0,
        end: int = 0,
    ) -> None:
        super().__init__(message, path=path, line=line, column=column)
        self.quote = quote
        self.start = start
        self.end = end


class UnknownFormat(ReadError):
    """A file of a kind that no reader knows."""


class Remark(ReadError):
    """What a person should know of a file that was read; nothing is left out for it, and nobody raises it."""


class WriteError(_Placed):
    """Annotations that a format has no room for; nothing was written.

    Attributes:
        ids: the ids of these annotations.
    """

    def __init__(self, message: str, *, path: str | Path | None = None, ids: tuple[str, ...] = ()) -> None:
        super().__init__(message, path=path)
        self.ids = ids


class UnknownTerm(_Placed):
    """A label, role, value or IRI that the ontology does not have.

    Attributes:
        term: what was asked for.
        did_you_mean: the nearest terms there are, best first; may be empty.
    """

    def __init__(
        self,
        term: str,
        *,
        did_you_mean: tuple[str, ...] = (),
        kind: str = "term",
        path: str | Path | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        hint = f"; did you mean {' or '.join(did_you_mean)}?" if did_you_mean else ""
        super().__init__(f"unknown {kind} {term!r}{hint}", path=path, line=line, column=column)
        self.term = term
        self.did_you_mean = did_you_mean


class IdentityConflict(_Placed):
    """Two decisions about who is who that contradict each other."""


class Incomplete(GeokgError):
    """A claim or a document in the graph that lacks what every one has; validation says which."""


class QueryError(GeokgError):
    """A query that is not answered.

    Attributes:
        status: the HTTP status that the endpoint answers with.
    """

    status: int = 400


class QuerySyntaxError(QueryError):
    """A query that does not parse.

    Attributes:
        line: counted from 1, where it is known.
        column: counted from 1, where it is known.
    """

    status = 400

    def __init__(self, message: str, *, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class QueryNotAllowed(QueryError):
    """A query that asks for something that this endpoint does not do for this client."""

    status = 403


class QueryNotPossible(QueryError):
    """A query or update that is well-formed and cannot be carried out: a function or a graph that is not there."""

    status = 422


class QueryTimeout(QueryError):
    """A query that took longer than it was allowed to."""

    status = 503


class Busy(QueryError):
    """A query for which nobody is free just now.

    Attributes:
        retry_after: in how many seconds it is worth another try.
    """

    status = 503

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TransferCut(QueryError):
    """An answer that breaks off after its first byte; whoever sends it must break off too, so that it looks broken.

    503 where nothing of it was sent.
    """

    status = 503


class QueryTooLarge(QueryError):
    """A query, or a result, that is larger than what is allowed."""

    status = 413


class RemoteError(QueryError):
    """A service on another machine that cannot be reached, refuses, breaks off, or whose answer cannot be read."""

    status = 502


class RemoteTimeout(RemoteError, QueryTimeout):
    """A service on another machine that is silent, or sends too slowly."""

    status = 504


class RemoteBusy(RemoteError, Busy):
    """A service on another machine that has too much to do, and may have said for how long."""

    status = 503


class InvalidGraph(GeokgError):
    """A graph that does not conform to its shapes; raised by ``Report.raise_for_findings``.

    Attributes:
        report: the whole report.
    """

    def __init__(self, report: Report) -> None:
        super().__init__(report.summary)
        self.report = report
