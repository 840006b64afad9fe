"""Answers to queries of programs, before Flask sees the request: what is asked most often should cost least.

A query by ``GET`` or by a short ``POST``, whose answer is no page, needs nothing of what Flask is for. Whatever is
unusual goes on to the app: pages, conditions, requests that are not as the protocol wants them. So does an error, for
the app to put into words. What is sent is the same either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

from werkzeug import Request
from werkzeug.http import parse_accept_header

from .cache import KEEP, PATHS
from .encoding import LEAST, choose_coding, compress, compress_pieces
from .formats import HTML
from .headers import CHANGING, PUBLIC, SECURITY, too_long
from .observing import ROUTE
from .pooled import offers, submit
from .problems import ProtocolError
from .protocol import Answering, QueryRequest, read_request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from ..sparql.pool import Pool
    from .pooled import Offered

FAILED = "geokg.failed"
"""Under this name the environment of a request has its query, and the error that came instead of an answer."""
_LONGEST = 1 << 16
"""Bytes of a body; the app reads a longer one, with its limits."""
_ALWAYS = [("Vary", "Accept, Accept-Encoding"), *SECURITY.items(), *CHANGING.items(), *PUBLIC.items()]
_OF_ADDRESS = ("wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME", "PATH_INFO")
_USUAL = 500
"""Characters; what a longer ``Accept-Encoding`` or address asks for is not remembered."""


class Direct:
    """A WSGI application before which queries of programs are answered.

    Args:
        app: the application, for all else.
        answering: knows what may be asked, and the state of the data.
        pool: the workers.
        hold: keeps what can be read now until the function that it returns is called.
    """

    def __init__(
        self, app: WSGIApplication, answering: Answering, pool: Pool, hold: Callable[[], Callable[[], None]]
    ) -> None:
        self._app, self._answering, self._pool, self._hold = app, answering, pool, hold

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        asked = _read(environ) if environ["PATH_INFO"] in PATHS else None
        if asked is None:
            return self._app(environ, start_response)
        offered = offers(environ.get("HTTP_ACCEPT", ""), asked.format)
        if HTML in offered:
            return self._app(environ, start_response)
        try:
            headers, body = self._answer(asked, offered, environ)
        except Exception as error:  # also what nobody foresaw: the app logs it, and says so in its way
            environ[FAILED] = asked.query, error
            return self._app(environ, start_response)
        environ[ROUTE] = "geokg.sparql"
        coding = _coding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if coding and isinstance(body, bytes) and len(body) >= LEAST:
            body = compress(body, coding)
        elif coding and not isinstance(body, bytes):
            body = compress_pieces(body, coding)
        else:
            coding = None
        if coding:
            headers.append(("Content-Encoding", coding))
        if isinstance(body, bytes):
            headers.append(("Content-Length", str(len(body))))
        start_response("200 OK", headers + _ALWAYS)
        return [body] if isinstance(body, bytes) else body

    def _answer(
        self, asked: QueryRequest, offered: Offered, environ: WSGIEnvironment
    ) -> tuple[list[tuple[str, str]], bytes | Iterator[bytes]]:
        """The headers of an answer, and all of it, or its pieces as they come.

        Raises:
            GeokgError: there is none.
        """
        answering = self._answering
        release = self._hold()
        try:
            checked = answering.check(asked)
        finally:
            release()
        state = answering.store.generation  # before the answer: what bears a new number is not read from older data
        found = submit(answering, self._pool, asked, checked, offered, environ)
        chosen = offered[found.kind == "triples"]
        if isinstance(chosen, ProtocolError):
            found.close()
            raise chosen
        headers = [("Content-Type", chosen.content_type)]
        if not checked.volatile:
            environ[KEEP] = found.generation
            headers.append(("ETag", f'W/"{answering.tag(chosen.name, repr(asked), "", state=state)}"'))
        return headers, b"".join(found) if found.is_short else found


def _read(environ: WSGIEnvironment) -> QueryRequest | None:
    """The query of a request; ``None`` if the app should look at it."""
    if "HTTP_IF_NONE_MATCH" in environ or too_long(environ):
        return None
    if environ["REQUEST_METHOD"] == "POST":
        length = environ.get("CONTENT_LENGTH", "")
        if not length.isdecimal() or int(length) > _LONGEST:
            return None
        environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(int(length)))
    elif environ["REQUEST_METHOD"] != "GET":
        return None
    try:
        return read_request(Request(environ), base_iri=_address(environ))
    except ProtocolError:
        return None
    finally:
        if environ["REQUEST_METHOD"] == "POST":
            environ["wsgi.input"].seek(0)


def _address(environ: WSGIEnvironment) -> str:
    """The address of a request, without what stands behind the question mark."""
    parts = tuple(environ.get(name, "") for name in _OF_ADDRESS)
    return _joined(*parts) if sum(map(len, parts)) <= _USUAL else _joined.__wrapped__(*parts)


@lru_cache(256)
def _joined(*parts: str) -> str:
    return Request({"REQUEST_METHOD": "GET", **dict(zip(_OF_ADDRESS, parts, strict=True))}).base_url


def _coding(accept: str) -> str | None:
    if not accept:
        return None
    return _chosen_coding(accept) if len(accept) <= _USUAL else _chosen_coding.__wrapped__(accept)


@lru_cache(256)
def _chosen_coding(accept: str) -> str | None:
    return choose_coding(parse_accept_header(accept))
