"""Bodies that are sent compressed to those who ask for it (RFC 9110, section 8.4), as they come: nothing waits."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Protocol

from flask import Response, request
from werkzeug.datastructures import Accept

try:
    import zstandard
except ImportError:  # it comes with geokg[serve]; without it there is gzip
    zstandard = None  # type: ignore[assignment]

LEAST = 1000
"""Bytes; fewer are sent as they are."""
_LEVEL = 4
_HELD = "geokg.coding"
_MARK = re.compile(r'-(?:gzip|zstd)"')


class Coder(Protocol):
    """What compresses, piece by piece."""

    def add(self, piece: bytes) -> bytes:
        """Compress a piece; what comes out can be read at once."""

    def end(self) -> bytes:
        """What comes after the last piece; without it the whole is seen to be cut."""


class _Gzip:
    def __init__(self) -> None:
        self._coder = zlib.compressobj(_LEVEL, wbits=31)

    def add(self, piece: bytes) -> bytes:
        return self._coder.compress(piece) + self._coder.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        return self._coder.flush()


class _Zstd:
    def __init__(self) -> None:
        self._coder = zstandard.ZstdCompressor().compressobj()

    def add(self, piece: bytes) -> bytes:
        return self._coder.compress(piece) + self._coder.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def end(self) -> bytes:
        return self._coder.flush()


_CODERS: dict[str, type[Coder]] = {"gzip": _Gzip} if zstandard is None else {"zstd": _Zstd, "gzip": _Gzip}


def choose_coding(accept: Accept) -> str | None:
    """How a body is to be compressed: only in a way that the client names, and likes as much as any other.

    >>> choose_coding(Accept([("gzip", 1), ("zstd", 1)])), choose_coding(Accept([("identity", 1), ("gzip", 0.5)]))
    ('zstd', None)
    """
    liked = {name.lower(): quality for name, quality in accept}
    best = max(_CODERS, key=lambda name: liked.get(name, 0))
    quality = liked.get(best, 0)
    return best if quality > 0 and quality >= liked.get("identity", 0) else None


def compress(body: bytes, coding: str) -> bytes:
    """A whole body, compressed.

    >>> len(compress(b"a" * 1000, "gzip")) < 100
    True
    """
    coder = _CODERS[coding]()
    return coder.add(body) + coder.end()


def compress_pieces(pieces: Iterable[bytes], coding: str, *, source: object = None) -> Iterator[bytes]:
    """A body that comes piece by piece, each compressed as it comes.

    Args:
        pieces: the body.
        coding: how it is compressed.
        source: what is to be closed when somebody leaves, unless that is ``pieces``.
    """
    return _Encoded(pieces, pieces if source is None else source, _CODERS[coding]())


class _Encoded(Iterator[bytes]):
    """Pieces as they come out of a coder. An error on the way leaves the end out; that somebody leaves is passed on."""

    def __init__(self, pieces: Iterable[bytes], source: object, coder: Coder) -> None:
        self._pieces, self._source, self._coder = iter(pieces), source, coder
        self._ended = False

    def __next__(self) -> bytes:
        if self._ended:
            raise StopIteration
        for piece in self._pieces:
            if piece:
                return self._coder.add(piece)
        self._ended = True
        return self._coder.end()

    def close(self) -> None:
        close = getattr(self._source, "close", None)
        if close is not None:
            close()


def encode(response: Response) -> Response:
    """The response, compressed if the client asks for that and if it is worth it."""
    response.vary.add("Accept-Encoding")
    coding = choose_coding(request.accept_encodings)
    held = request.environ.pop(_HELD, None)  # once: a blueprint and its app may both call this
    if response.status_code == 304 and held:
        _mark(response, held)
    if (
        coding is None
        or response.status_code in (204, 304)
        or response.direct_passthrough
        or "Content-Encoding" in response.headers
        or (not response.is_streamed and len(response.get_data()) < LEAST)
    ):
        return response
    if response.is_streamed:
        response.response = compress_pieces(response.iter_encoded(), coding, source=response.response)
        response.headers.pop("Content-Length", None)
    else:
        response.set_data(compress(response.get_data(), coding))
    response.headers["Content-Encoding"] = coding
    _mark(response, coding)
    return response


def _mark(response: Response, coding: str) -> None:
    """Other bytes need another strong entity tag; a weak one is for all bytes that say the same."""
    tag, is_weak = response.get_etag()
    if tag and not is_weak:
        response.set_etag(f"{tag}-{coding}")


def unmark_conditions() -> None:
    """Let whoever looks at the conditions of a request see the tags as they were before the body was compressed."""
    for name in ("HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH"):
        given = request.environ.get(name, "")
        found = _MARK.search(given)
        if found:
            request.environ[name] = _MARK.sub('"', given)
            request.environ[_HELD] = found[0][1:-1]
