"""Answers to queries that were sent whole, kept for whoever asks the same again of the same data.

A small cache in the sense of RFC 9111, before Flask sees the request: an answer is found by all that it depends on, and
only those are kept that say of which data they are. A new state of the data empties it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from werkzeug.http import parse_etags

from .observing import ROUTE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

KEEP = "geokg.keep"
"""Under this name the environment of a request has the generation of the data, if its answer may be kept."""
PATHS = ("/sparql", "/sparql/")
_ASKED = (
    *("wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING"),
    *("CONTENT_TYPE", "HTTP_CONTENT_ENCODING", "HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING"),
    *("HTTP_ACCEPT_LANGUAGE", "HTTP_COOKIE"),  # the language of a page
)
"""What an answer depends on, beside the body of the request."""
_OF_BODY = frozenset({"Content-Type", "Content-Length", "Content-Encoding"})
_LONGEST = 1 << 16
"""Bytes; an answer to a longer request is not kept."""
_BESIDE = 2000
"""Bytes that an answer takes beside its body, about."""
_PART = 16
"""No answer takes more than this part of the cache."""


@dataclass(frozen=True)
class Kept:
    """An answer.

    Attributes:
        headers: those it was sent with.
        body: all of it, as it was sent.
        route: the function that gave it.
    """

    headers: tuple[tuple[str, str], ...]
    body: bytes
    route: str = ""

    @property
    def tag(self) -> str:
        """Its entity tag, bare."""
        tags = [value for name, value in self.headers if name == "ETag"]
        return tags[0].removeprefix("W/").strip('"') if tags else ""


class Cache:
    """Answers by what was asked; those of one generation of the data, the least used leave first.

    Args:
        limit: bytes that all answers, and all that was asked, may take together.

    Attributes:
        hits: how often an answer was there.
        misses: how often not.
        size: bytes taken.

    >>> cache = Cache()
    >>> cache.put(1, ("ASK {}",), Kept((), b"true"))
    >>> cache.get(1, ("ASK {}",)).body, cache.get(2, ("ASK {}",))
    (b'true', None)
    """

    def __init__(self, limit: int = 64 << 20) -> None:
        self.limit = limit
        self.hits = self.misses = self.size = 0
        self._generation = -1
        self._kept: OrderedDict[Hashable, tuple[Kept, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, generation: int, asked: tuple[Hashable, ...]) -> Kept | None:
        """The answer to what is asked of one generation, if it is here."""
        with self._lock:
            found = self._kept.get(asked) if self._is_of(generation) else None
            if found is None:
                self.misses += 1
                return None
            self.hits += 1
            self._kept.move_to_end(asked)
            return found[0]

    def put(self, generation: int, asked: tuple[Hashable, ...], answer: Kept) -> None:
        """Keep an answer, unless it is too large or is from data of the past."""
        cost = len(answer.body) + sum(len(str(part)) for part in asked) + _BESIDE
        with self._lock:
            if cost > self.limit or not self._is_of(generation):
                return
            self.size += cost - (self._kept.pop(asked)[1] if asked in self._kept else 0)
            self._kept[asked] = answer, cost
            while self.size > self.limit:
                self.size -= self._kept.popitem(last=False)[1][1]

    def keep(self, pieces: Iterable[bytes], done: Callable[[bytes], object]) -> Iterator[bytes]:
        """The pieces of an answer; what is called once it was read whole and is small enough gets all of it."""
        return _Tee(pieces, done, self.limit // _PART)

    def _is_of(self, generation: int) -> bool:
        if generation > self._generation:
            self._kept.clear()
            self.size, self._generation = 0, generation
        return generation == self._generation


class Caching:
    """A WSGI application whose answers to queries are kept.

    Args:
        app: the application; it marks in the environment (``KEEP``) what may be kept.
        cache: where.
        generation: tells which data is read now.
    """

    def __init__(self, app: WSGIApplication, cache: Cache, generation: Callable[[], int]) -> None:
        self._app, self._cache, self._generation = app, cache, generation

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        asked = _asked(environ) if environ["PATH_INFO"] in PATHS else None
        if asked is None:
            return self._app(environ, start_response)
        kept = self._cache.get(self._generation(), asked)
        if kept is not None:
            return _send(kept, environ, start_response)
        if environ["REQUEST_METHOD"] == "HEAD":
            return self._app(environ, start_response)
        sent: list[Any] = []

        def start(*answer: Any) -> Callable[[bytes], object]:
            sent[:] = answer
            return start_response(*answer)

        pieces = self._app(environ, start)
        generation = environ.pop(KEEP, None)
        if generation is None or not sent[0].startswith("200 "):
            return pieces

        def done(body: bytes) -> None:
            headers = [header for header in sent[1] if header[0] != "Content-Length"]
            headers.append(("Content-Length", str(len(body))))
            self._cache.put(generation, asked, Kept(tuple(headers), body, environ.get(ROUTE, "")))

        return self._cache.keep(pieces, done)


def _asked(environ: WSGIEnvironment) -> tuple[Hashable, ...] | None:
    """What the answer to a request depends on; ``None`` if it is not to be kept."""
    body = b""
    if environ["REQUEST_METHOD"] == "POST":
        length = environ.get("CONTENT_LENGTH", "")
        if not length.isdecimal() or int(length) > _LONGEST:
            return None
        body = environ["wsgi.input"].read(int(length))
        environ["wsgi.input"] = BytesIO(body)
    elif environ["REQUEST_METHOD"] not in ("GET", "HEAD") or len(environ.get("QUERY_STRING", "")) > _LONGEST:
        return None
    return body, *map(environ.get, _ASKED)


def _send(kept: Kept, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    environ[ROUTE] = kept.route
    held = environ.get("HTTP_IF_NONE_MATCH")
    if held and environ["REQUEST_METHOD"] != "POST" and parse_etags(held).contains_weak(kept.tag):
        start_response("304 NOT MODIFIED", [header for header in kept.headers if header[0] not in _OF_BODY])
        return []
    start_response("200 OK", list(kept.headers))
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [kept.body]


class _Tee(Iterator[bytes]):
    def __init__(self, pieces: Iterable[bytes], done: Callable[[bytes], object], most: int) -> None:
        self._source, self._pieces, self._done, self._most = pieces, iter(pieces), done, most
        self._seen: list[bytes] | None = []
        self._size = 0

    def __next__(self) -> bytes:
        try:
            piece = next(self._pieces)
        except StopIteration:
            if self._seen is not None:
                self._done(b"".join(self._seen))
                self._seen = None
            raise
        self._size += len(piece)
        if self._size > self._most:
            self._seen = None
        if self._seen is not None:
            self._seen.append(piece)
        return piece

    def close(self) -> None:
        close = getattr(self._source, "close", None)
        if close is not None:
            close()
