"""A SPARQL service on another machine: its addresses, who we are to it, and requests that succeed or say why not.

Nothing but the operator's address is ever asked: redirects are not followed, proxies not used, and credentials taken
from nowhere but these variables.

======================= ==============================================================================
GEOKG_REMOTE_USER       a user's name, with GEOKG_REMOTE_PASSWORD; sent once the service asks, Basic or Digest
GEOKG_REMOTE_TOKEN      a bearer token, sent with each request
GEOKG_REMOTE_UPDATE     the address for updates, where it does not follow from that for queries
GEOKG_REMOTE_STORE      the address of the Graph Store Protocol, likewise
GEOKG_REMOTE_AUTHORITY  a file with the certificates of who may vouch for it, in place of the usual ones
======================= ==============================================================================
"""

from __future__ import annotations

import math
import os
import re
import ssl
import time
import weakref
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit, urlunsplit

from ..errors import GeokgError, QueryError, QueryTooLarge, RemoteBusy, RemoteError, RemoteTimeout

try:
    import httpx

    from .pace import RATE, Transport
except ImportError as error:
    raise GeokgError("a service on another machine needs httpx: pip install 'geokg[remote]'") from error

TRIES = 3
"""How often a request is sent that may be sent twice."""
_BUSY = (429, 502, 503, 504)
_LONGEST_WAIT = 10.0
_ENCODINGS = ("", "identity", "gzip")
_TAG = re.compile(r"<(style|script|title)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Service:
    """Where a SPARQL 1.1 service is.

    Attributes:
        query: the address for queries.
        update: the address for updates; ``None`` if there is none.
        graph_store: the address of the Graph Store Protocol (indirect), likewise.
        name: what the server calls itself; may be empty.
    """

    query: str
    update: str | None = None
    graph_store: str | None = None
    name: str = ""


def addresses(url: str, name: str = "", *, is_known: bool = False) -> Service:
    """The addresses of a service by one of them, after the habits of the server that it runs on.

    Args:
        url: the address that people give: for queries, or of the server as a whole.
        name: what the server calls itself in its ``Server`` header.
        is_known: whether there are credentials; some servers have other addresses for those.

    >>> addresses("http://127.0.0.1:7878", "Oxigraph/0.5.13").query
    'http://127.0.0.1:7878/query'
    >>> addresses("http://kg.example.org/sparql", "Virtuoso/07.20.3229 (Linux)", is_known=True).graph_store
    'http://kg.example.org/sparql-graph-crud-auth'
    >>> addresses("http://kg.example.org/repositories/kg").update
    'http://kg.example.org/repositories/kg/statements'
    """
    parts = urlsplit(url)
    path = parts.path.rstrip("/")

    def at(other: str) -> str:
        return urlunsplit((parts.scheme, parts.netloc, other, "", ""))

    if name.startswith("Virtuoso"):
        ending = "-auth" if is_known else ""
        query = at("/sparql" + ending) if path in ("", "/sparql") else url
        return Service(query, query, at("/sparql-graph-crud" + ending), name)
    if "/repositories/" in path:  # GraphDB and other RDF4J servers
        return Service(url, at(path + "/statements"), at(path + "/rdf-graphs/service"), name)
    if "neptune" in (parts.hostname or ""):
        return Service(at("/sparql"), at("/sparql"), at("/sparql/gsp/"), name)
    head, _, last = path.rpartition("/")
    folder = head if last in ("query", "sparql", "update", "store", "data") else path
    store = "/data" if "Fuseki" in name else "/store"
    if folder != path:
        query = url if last in ("query", "sparql") else at(folder + "/query")
    else:
        query = at(folder + ("/query" if name.startswith("Oxigraph") or "Fuseki" in name else "/sparql"))
    return Service(query, at(folder + "/update"), at(folder + store), name)


class Credentials(httpx.Auth):
    """Who we are: a token with each request, or a password, sent only in the way that the service asks for.

    Args:
        user: the user's name.
        password: the password.
        token: a bearer token, instead of both.
    """

    def __init__(self, user: str = "", password: str = "", token: str = "") -> None:
        self._token = token
        self._user, self._password = user, password
        self._digest = httpx.DigestAuth(user, password)
        self._basic = httpx.BasicAuth(user, password)
        self._chosen: httpx.Auth | None = None

    @classmethod
    def from_environment(cls) -> Credentials:
        """Those that the environment names."""
        names = ("USER", "PASSWORD", "TOKEN")
        return cls(*(os.environ.get(f"GEOKG_REMOTE_{name}", "") for name in names))

    def __bool__(self) -> bool:
        return bool(self._token or self._user)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Called by httpx for each request."""
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request
        elif not self._user:
            yield request
        elif self._chosen is not None:
            yield from self._chosen.auth_flow(request)
        else:
            response = yield request
            if response.status_code == 401:
                asked = response.headers.get("www-authenticate", "").lower()
                self._chosen = self._digest if asked.startswith("digest") else self._basic
                yield from self._chosen.auth_flow(request)


class Connection:
    """Sends requests to one service.

    Args:
        url: its address; the others follow from it, or stand in the environment.
        credentials: who we are; from the environment unless given.
        silence: after how many seconds without a byte the service is given up.

    Attributes:
        service: where it is.
        close: lets go of the sockets; called by itself at the end.

    Raises:
        RemoteError: nobody answers there.
    """

    def __init__(self, url: str, *, credentials: Credentials | None = None, silence: float = 60.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise GeokgError(f"{url}: a service has an address that begins with http:// or https://")
        if parts.username or parts.password:
            raise GeokgError(
                "a password does not belong in an address: set GEOKG_REMOTE_USER and GEOKG_REMOTE_PASSWORD"
            )
        who = Credentials.from_environment() if credentials is None else credentials
        self._client = httpx.Client(
            auth=who if who else None,
            timeout=httpx.Timeout(silence, connect=min(10.0, silence)),
            transport=Transport(_trusted(), silence=silence),
            trust_env=False,
            headers={"User-Agent": "geokg", "Accept-Encoding": "gzip"},
        )
        self.close = weakref.finalize(self, self._client.close)  # whoever only lets go of it leaves no socket open
        self.silence = silence
        with closing(self._opened("GET", url, is_repeatable=True, headers={"Accept": "*/*"}, any_status=True)) as first:
            service = addresses(url, first.headers.get("server", ""), is_known=bool(who))
        self.service = replace(
            service,
            update=os.environ.get("GEOKG_REMOTE_UPDATE") or service.update,
            graph_store=os.environ.get("GEOKG_REMOTE_STORE") or service.graph_store,
        )

    def query(self, sparql: str, fields: Iterable[tuple[str, str]] = (), *, accept: str) -> httpx.Response:
        """Send a query; the response is open, and its status is 200.

        Args:
            sparql: the query.
            fields: parameters of the protocol, such as ``default-graph-uri``.
            accept: the media types that can be read.

        Raises:
            QueryError: the service does not answer it, or not so that it can be read.
        """
        data: dict[str, list[str]] = {"query": [sparql]}
        for name, value in fields:
            data.setdefault(name, []).append(value)
        response = self._opened("POST", self.service.query, is_repeatable=True, headers={"Accept": accept}, data=data)
        media = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media not in re.split(r"(?:;[^,]*)?,\s*|;.*$", accept):
            with closing(response):
                start = _words(response)
            raise RemoteError(
                f"{self.service.query}: answers with {media or 'no media type'}, not with results: {start}"
            )
        return response

    def update(self, sparql: str, *, is_repeatable: bool = False) -> None:
        """Send an update.

        Args:
            sparql: the update.
            is_repeatable: whether doing it twice is the same as doing it once.

        Raises:
            QueryError: it was not done, or nobody knows whether it was.
        """
        if self.service.update is None:
            raise GeokgError(f"{self.service.query}: has no address for updates; set GEOKG_REMOTE_UPDATE")
        self._opened("POST", self.service.update, is_repeatable=is_repeatable, data={"update": [sparql]}).close()

    def graph(
        self,
        method: str,
        graph: str | None,
        content: bytes | None = None,
        *,
        accept: str = "*/*",
    ) -> httpx.Response:
        """Get, put, post or delete a graph; ``None`` is the unnamed one. All four may be sent twice: no blank nodes.

        Raises:
            QueryError: it was not done.
        """
        address = self.service.graph_store
        if address is None:
            raise GeokgError(f"{self.service.query}: has no address for graphs; set GEOKG_REMOTE_STORE")
        headers = {"Accept": accept} | ({} if content is None else {"Content-Type": "text/turtle"})
        return self._opened(
            method,
            address,
            is_repeatable=True,
            params={"default": ""} if graph is None else {"graph": graph},
            headers=headers,
            content=content,
            missing_is_fine=method in ("GET", "DELETE"),
        )

    def _opened(
        self,
        method: str,
        url: str,
        *,
        is_repeatable: bool,
        any_status: bool = False,
        missing_is_fine: bool = False,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, list[str]] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        target = httpx.URL(url).copy_merge_params(params) if params else httpx.URL(url)
        for wait in _waits():
            request = self._client.build_request(method, target, headers=headers, data=data, content=content)
            try:
                response = self._client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                # Nothing has been sent, so that it may be sent again whatever it is.
                is_untrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
                if wait is None or is_untrusted:
                    raise RemoteError(f"{url}: cannot be reached: {error}{_TRUST if is_untrusted else ''}") from error
            except httpx.TimeoutException as error:
                # Sent again it would only be more work for a service that has too much.
                slow = f"{url}: has been silent for {self.silence:g} seconds, or sends less than {RATE} bytes in one"
                raise RemoteTimeout(f"{slow}{'' if is_repeatable else _UNSURE}") from error
            except httpx.HTTPError as error:
                if wait is None or not is_repeatable:
                    raise RemoteError(f"{url}: breaks off: {error}{'' if is_repeatable else _UNSURE}") from error
            else:
                if (encoding := response.headers.get("content-encoding", "").lower()) not in _ENCODINGS:
                    response.close()
                    raise RemoteError(f"{url}: answers packed with {encoding}, which nobody asked for")
                if any_status or response.is_success or (missing_is_fine and response.status_code == 404):
                    return response
                asked = _asked_for(response)
                is_final = not is_repeatable or response.status_code not in _BUSY or (asked or 0) > _LONGEST_WAIT
                if wait is None or is_final:
                    raise _refusal(response, url, asked)
                wait = wait if asked is None else asked
                response.close()
            time.sleep(wait or 0)
        raise RemoteError(f"{url}: cannot be reached")


_UNSURE = "; it may have been done all the same: look before you repeat it"
_TRUST = "; if you know better, name the certificate of who vouches for it in GEOKG_REMOTE_AUTHORITY"


def _trusted() -> ssl.SSLContext:
    """Whom to trust.

    Raises:
        GeokgError: the file that says so cannot be read.
    """
    path = os.environ.get("GEOKG_REMOTE_AUTHORITY")
    try:
        return ssl.create_default_context(cafile=path) if path else httpx.create_ssl_context(trust_env=False)
    except OSError as error:
        raise GeokgError(f"GEOKG_REMOTE_AUTHORITY={path}: no file of certificates: {error}") from error


def _waits() -> Iterator[float | None]:
    """How long to wait after each try; ``None`` after the last."""
    for number in range(TRIES - 1):
        yield 0.2 * 4**number
    yield None


def _asked_for(response: httpx.Response) -> float | None:
    """For how many seconds a service asks us to wait, if it does."""
    told = response.headers.get("retry-after", "")
    if told.isdecimal():
        return float(told)
    try:
        return max(0.0, (parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):  # no date, or one of no zone
        return None


def _words(response: httpx.Response) -> str:
    """The beginning of a body, as a person would read it."""
    read = bytearray()
    try:
        for piece in response.iter_bytes():
            read += piece
            if len(read) > 8192:
                break
    except httpx.HTTPError:
        read += b" ..."
    text = " ".join(_TAG.sub(" ", read.decode("utf-8", "replace")).split())
    return text[:300] or "nothing"


def _refusal(response: httpx.Response, url: str, asked: float | None) -> QueryError:
    """The error that a status stands for; ``asked`` is for how long we are asked to wait."""
    status = response.status_code
    with closing(response):
        told = _words(response)
    if response.is_redirect:
        return RemoteError(f"{url}: has moved to {response.headers.get('location', 'somewhere')}; name that address")
    if status in (401, 403):
        return RemoteError(
            f"{url}: refuses this ({status}); set GEOKG_REMOTE_USER and GEOKG_REMOTE_PASSWORD, or GEOKG_REMOTE_TOKEN"
        )
    if status == 400:
        return QueryError(f"{url}: does not take this: {told}")
    if status == 413:
        return QueryTooLarge(f"{url}: finds this too large: {told}")
    if status in (408, 504):
        return RemoteTimeout(f"{url}: gave up: {told}")
    if status in (429, 503):
        return RemoteBusy(f"{url}: answers {status}: {told}", retry_after=math.ceil(asked or 1))
    return RemoteError(f"{url}: answers {status}: {told}")
