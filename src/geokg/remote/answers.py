"""What a service answers, read whole before any of it counts: one that breaks off is an error, not a short one."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterator
from contextlib import closing
from typing import IO, cast

import httpx
import pyoxigraph as ox

from ..errors import QueryTooLarge, RemoteError, RemoteTimeout
from ..store import Results
from . import virtuoso

ROWS = "application/sparql-results+json"
"""XML would lose the carriage returns of a text, and with them its offsets."""
TRIPLES = "application/n-triples, text/turtle;q=0.9"
_FORMATS = {"application/n-triples": ox.RdfFormat.N_TRIPLES, "text/turtle": ox.RdfFormat.TURTLE}
# What Virtuoso says of an answer that is not all there is.
_PARTIAL = "x-sql-state"
_ROWS_LIMIT = "x-sparql-maxrows"
_GZIP = zlib.MAX_WBITS | 16
_PIECE = 1 << 20
_FAILED = ("error", "errors", "exception")


def read(response: httpx.Response, *, largest: int) -> bytes:
    """The whole body.

    Raises:
        QueryTooLarge: it has more than ``largest`` bytes.
        RemoteError: it breaks off, or the service says that it is not all there is.
    """
    with closing(response):
        if _PARTIAL in response.headers:
            raise RemoteError(f"{response.url}: gave up and sent a part: {response.headers[_PARTIAL]}")
        data = bytearray()
        try:
            for piece in unpacked(response):
                data += piece
                if len(data) > largest:
                    raise QueryTooLarge(f"{response.url}: the answer has more than {largest} bytes; ask for less")
        except (httpx.HTTPError, zlib.error) as error:
            raise broken(response, error) from error
        if _ROWS_LIMIT in response.headers:  # told only now, as Virtuoso stalls where its answer is not read
            limit = response.headers[_ROWS_LIMIT]
            raise QueryTooLarge(f"{response.url}: sends no more than {limit} rows (ResultSetMaxRows); ask for less")
        return bytes(data)


def unpacked(response: httpx.Response) -> Iterator[bytes]:
    """The body in pieces, none of them much larger than what it came in; one that is packed has an end of its own.

    Raises:
        httpx.HTTPError: it breaks off.
        zlib.error: it is packed, and not to its end.
    """
    if response.headers.get("content-encoding", "") in ("", "identity"):
        yield from response.iter_raw()
        return
    unpacker = zlib.decompressobj(_GZIP)
    for packed in response.iter_raw():
        while packed:
            yield unpacker.decompress(packed, _PIECE)
            packed = unpacker.unconsumed_tail
    if not unpacker.eof or unpacker.unused_data:
        raise zlib.error("it is packed, and ends elsewhere than it should")


def broken(response: httpx.Response, error: Exception) -> RemoteError:
    """The error for an answer that is not whole, or nothing that can be read."""
    if isinstance(error, httpx.TimeoutException):
        return RemoteTimeout(f"{response.url}: the answer comes too slowly or not to its end")
    return RemoteError(f"{response.url}: the answer breaks off or is broken: {error}")


def rows(
    response: httpx.Response, *, largest: int, is_ask: bool, query: str = ""
) -> ox.QuerySolutions | ox.QueryBoolean:
    """Rows, or a truth value.

    Args:
        response: the answer.
        largest: how many bytes it may have.
        is_ask: whether a truth value was asked for.
        query: what was asked, where it may compute truth values.

    Raises:
        QueryTooLarge: there are too many; also where the service itself cut them.
        RemoteError: the answer breaks off, or is none.
    """
    data = read(response, largest=largest)
    try:
        if why := _error_inside(data):
            raise RemoteError(f"{response.url}: says that it failed, with status 200: {why}")
        if response.headers.get("server", "").startswith(virtuoso.NAME):
            data = virtuoso.repaired(data, is_ask=is_ask, truths=virtuoso.truths(query) if query else ())
        is_boolean = _read_to_end(data)
    except (SyntaxError, ValueError, AttributeError) as error:
        raise broken(response, error) from error
    if is_boolean is not is_ask:
        raise RemoteError(f"{response.url}: answers with {'rows' if is_ask else 'a truth value'}")
    return ox.parse_query_results(data, format=ox.QueryResultsFormat.JSON)


def _read_to_end(data: bytes) -> bool:
    """Whether it is a truth value, or rows all of which can be read."""
    results = ox.parse_query_results(data, format=ox.QueryResultsFormat.JSON)
    try:
        if isinstance(results, ox.QueryBoolean):
            return True
        for _ in results:
            pass
        return False
    finally:
        del results  # an error keeps what stands in its frames, and rows must end on their own thread


def _error_inside(data: bytes) -> str:
    """What rows in JSON say went wrong, beside the rows or in place of them; the engine passes over such words."""
    if not any(b'"%s"' % word.encode() in data for word in _FAILED):
        return ""
    answer = json.loads(data)
    return next((str(answer[word])[:300] for word in _FAILED if answer.get(word)), "")


def triples(response: httpx.Response, *, largest: int) -> Results:
    """The triples of a ``CONSTRUCT`` or ``DESCRIBE``; they pass through a store, which spells literals as stores do.

    Raises:
        QueryTooLarge: they have too many bytes.
        RemoteError: the answer breaks off, or is none.
    """
    _ends_by_itself(response)
    store = ox.Store()
    try:
        store.load(read(response, largest=largest), format=_format(response))
    except (SyntaxError, ValueError) as error:
        raise broken(response, error) from error
    return store.query("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")


def dump(response: httpx.Response) -> Iterator[ox.Quad]:
    """The triples of a whole graph as they come, as quads of the unnamed graph.

    Raises:
        RemoteError: the answer breaks off, or is none.
    """
    if response.status_code == 404:
        response.close()
        return
    _ends_by_itself(response)
    with closing(response):
        try:
            yield from ox.parse(cast(IO[bytes], _Body(response)), format=_format(response), rename_blank_nodes=True)
        except (SyntaxError, ValueError, OSError, httpx.HTTPError, zlib.error) as error:
            raise broken(response, error) from error


def _ends_by_itself(response: httpx.Response) -> None:
    """Triples have no end mark of their own; a body that ends with its connection could end anywhere."""
    if not {"content-length", "transfer-encoding"} & set(response.headers):
        raise RemoteError(f"{response.url}: neither says how long its answer is nor marks its end")


def _format(response: httpx.Response) -> ox.RdfFormat:
    media = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in _FORMATS:
        raise RemoteError(f"{response.url}: answers with {media or 'no media type'}, not with triples")
    return _FORMATS[media]


class _Body(io.RawIOBase):
    """A body as a file."""

    def __init__(self, response: httpx.Response) -> None:
        self._pieces = unpacked(response)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = piece
        size = len(self._rest) if size < 0 else size
        data, self._rest = self._rest[:size], self._rest[size:]
        return data
