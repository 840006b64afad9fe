"""What is seen of each request once it is over: a line in the access log, and numbers for those who watch."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROUTE = "geokg.route"
"""Under this name the environment of a request says which function answered it."""
log = logging.getLogger("geokg.access")


@dataclass
class Seen:
    """One request and what was sent.

    Attributes:
        environ: the request.
        began: when, by the clock that only goes forward.
        status: the HTTP status.
        sent: bytes of the body.
        seconds: from the request to the last byte.
        is_whole: whether the body was sent to its end.
    """

    environ: WSGIEnvironment
    began: float
    status: int = 500
    sent: int = 0
    seconds: float = 0.0
    is_whole: bool = False


class Observed:
    """A WSGI application, and those who are told of each request once it is over.

    Args:
        app: the application.
        observers: who is told.
    """

    def __init__(self, app: WSGIApplication, observers: Iterable[Callable[[Seen], object]]) -> None:
        self._app, self._observers = app, tuple(observers)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        seen = Seen(environ, time.perf_counter())

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            seen.status = int(status[:3])
            return start_response(status, headers, *error)

        try:
            return _Body(self._app(environ, start), seen, self._tell)
        except BaseException:
            self._tell(seen)
            raise

    def _tell(self, seen: Seen) -> None:
        seen.seconds = time.perf_counter() - seen.began
        for observer in self._observers:
            observer(seen)


class _Body(Iterator[bytes]):
    def __init__(self, pieces: Iterable[bytes], seen: Seen, tell: Callable[[Seen], None]) -> None:
        self._source, self._pieces, self._seen, self._tell = pieces, iter(pieces), seen, tell
        self._told = False

    def __next__(self) -> bytes:
        try:
            piece = next(self._pieces)
        except StopIteration:
            self._seen.is_whole = True
            raise
        self._seen.sent += len(piece)
        return piece

    def close(self) -> None:
        try:
            close = getattr(self._source, "close", None)
            if close is not None:
                close()
        finally:
            if not self._told:
                self._told = True
                self._tell(self._seen)


def write_line(seen: Seen) -> None:
    """Write a request into the access log: one line of JSON, whatever the client has put into its request.

    Neither the query nor a token is in it: queries may be private, and slow ones stand in the log ``geokg.queries``.
    """
    if not log.isEnabledFor(logging.INFO):
        return
    environ = seen.environ
    line = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "client": environ.get("REMOTE_ADDR", ""),
        "method": environ.get("REQUEST_METHOD", ""),
        "path": (environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""))[:500],
        "status": seen.status,
        "bytes": seen.sent,
        "seconds": round(seen.seconds, 4),
        "whole": seen.is_whole,
        "agent": environ.get("HTTP_USER_AGENT", "")[:200],
    }
    log.info("%s", json.dumps(line))


def open_log(target: str) -> None:
    """Write the access log from now on.

    Args:
        target: a file, which may be moved away while the server runs; or ``-`` for the standard error output.

    Raises:
        OSError: the file cannot be written.
    """
    handler = logging.StreamHandler(sys.stderr) if target == "-" else WatchedFileHandler(target, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
