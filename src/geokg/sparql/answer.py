"""The answer to a query, from its worker to whoever reads it: whole, or visibly not."""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from ..errors import Busy, GeokgError, QueryError, QueryNotPossible, QueryTimeout, QueryTooLarge, TransferCut
from ..store import syntax_error
from . import worker as process
from .line import Query

log = logging.getLogger("geokg.queries")
_SHORT, _MOMENT = 1 << 20, 0.05
"""Bytes, and seconds after the first of them, within which an answer that ends is sent with its length."""


class Keeper(Protocol):
    """What an answer needs of the pool."""

    result_bytes: int
    retry_after: int

    def release(self, query: Query, *, own: int | None = None) -> None:
        """The answer is whole; its worker is free, and said how many bytes it has for itself, if it did."""

    def end(self, query: Query, reason: str) -> None:
        """Kill the worker of a query, unless the query is over."""


class Answer(Iterator[bytes]):
    """The answer to a query, as it comes.

    Attributes:
        kind: rows, boolean or triples.
        format: the one of the job's two formats that fits; empty, and nothing follows, if that one is empty.
        generation: the number of the snapshot that it was read from.

    Raises:
        QueryError: there is no answer.
        TransferCut: the answer ends here and is not whole.
    """

    def __init__(self, pool: Keeper, query: Query, is_gone: Callable[[], bool] | None) -> None:
        self.kind = self.format = ""
        self._pool, self._query, self._is_gone = pool, query, is_gone
        self._came = self._sent = 0
        self.generation = -1 if query.worker is None else query.worker.generation.number
        self._ended = False
        self._held: deque[bytes] = deque()
        told = json.loads(self._data(process.HEAD) or b"{}")
        self.kind, self.format = told["kind"], told["format"]
        self._gather()

    def _gather(self) -> None:
        """Wait for the first piece; then, for a moment, for the end: an answer with a length is easier to send."""
        piece = self._data()
        until = time.monotonic() + _MOMENT
        while piece:
            self._held.append(piece)
            left = until - time.monotonic()
            piece = self._data(seconds=left) if left > 0 and self._came < _SHORT else None

    def __iter__(self) -> Answer:
        return self

    def __next__(self) -> bytes:
        data = self._held.popleft() if self._held else self._data()
        if not data:
            raise StopIteration
        self._sent += len(data)
        return data

    @property
    def is_short(self) -> bool:
        """Whether all of it is here already."""
        return self._ended

    def _data(self, kind: bytes = process.DATA, *, seconds: float | None = None) -> bytes | None:
        """The content of the next frame: empty after the last one, ``None`` if it did not come in time."""
        if self._ended:
            return b""
        found = self._frame(seconds)
        if found is None:
            return None
        if found[0] == kind:
            self._came += len(found[1])
            if self._came > self._pool.result_bytes:
                self._pool.end(self._query, "large")
                raise self._error()
            return found[1]
        self._pool.release(self._query, own=int(found[1]) if found[1] else None)
        self._leave()
        return b""

    def _frame(self, seconds: float | None) -> tuple[bytes, bytes] | None:
        """The next frame, or the error that comes instead of it; ``None`` if it did not come in time."""
        worker = self._query.worker
        try:
            while worker is not None:
                found = worker.receive() if seconds is None else worker.receive(seconds)
                if found is None:
                    if seconds is not None:
                        return None
                    if self._is_gone is not None and self._is_gone():
                        self._pool.end(self._query, "left")
                elif found[0] == process.ERROR:
                    self._pool.release(self._query)
                    raise self._error(json.loads(found[1]))
                else:
                    return found
        except EOFError:
            self._pool.end(self._query, "died")
        raise self._error()

    def _error(self, told: Mapping[str, str] | None = None) -> GeokgError:
        self._leave()
        error = why(self._query, told, self._pool)
        if not self._sent:
            return error
        log.error("answer to query %d is cut off after %d bytes: %s", self._query.id, self._sent, error)
        return TransferCut(f"the answer is cut off: {error}")

    def close(self) -> None:
        """Leave; what is still running is killed at once."""
        if not self._ended:
            self._pool.end(self._query, "left")
            self._leave()

    def _leave(self) -> None:
        """Nothing more comes; if the worker is dead, nobody else lets go of it."""
        self._ended = True
        if self._query.reason and self._query.worker is not None:
            self._query.worker.close()


def why(query: Query, told: Mapping[str, str] | None, pool: Keeper) -> GeokgError:
    """The error for a query that ended before its answer was whole.

    Args:
        query: the query.
        told: what its worker said.
        pool: whose limits it met.
    """
    match (told or {}).get("what"), query.reason:
        case "syntax", _:
            return syntax_error((told or {})["words"])
        case "evaluation", _:
            return QueryNotPossible(f"the query cannot be evaluated: {(told or {})['words']}")
        case "reading", _:
            error = QueryError(f"the graph could not be read: {(told or {})['words']}")
            error.status = 500
            return error
        case _, "deadline":
            return QueryTimeout(f"the query took longer than {query.seconds:g} s and was ended")
        case _, "crowded":
            words = "the query was ended for others that wait; ask again when there is less to do"
            return Busy(words, retry_after=pool.retry_after)
        case _, "lost":
            return Busy("the process that ran the query was ended from outside; ask again", retry_after=1)
        case _, "cancelled":
            return QueryTimeout("the query was ended by the operator")
        case _, "left":
            return QueryTimeout("the client has left")
        case _, "large":
            return QueryTooLarge(f"the answer is larger than {pool.result_bytes} bytes")
    return QueryTooLarge("the query needed more memory than it may have, or more than the engine stands")
