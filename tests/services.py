"""SPARQL services to try remote stores on: real ones on temporary data, and one that misbehaves as it is told."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from geokg.remote import Connection, Credentials, RemoteStore
from geokg.vocabulary import Base
from processes import find, free_port, running

VIRTUOSO_ROWS = 15_000
"""Virtuoso sends no more rows than this."""
_VIRTUOSO = """
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
ServerThreads = 10
NumberOfBuffers = 10000
MaxDirtyBuffers = 6000
DirsAllowed = .
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = .
ServerThreads = 8
[SPARQL]
ResultSetMaxRows = {rows}
"""


def virtuoso_program() -> str | None:
    """Virtuoso 7: what ``GEOKG_VIRTUOSO`` names, or ``virtuoso-t`` on the path."""
    return os.environ.get("GEOKG_VIRTUOSO") or shutil.which("virtuoso-t")


@contextmanager
def virtuoso(program: str, folder: Path) -> Iterator[str]:
    """Virtuoso on a new database in a folder; its administrator is ``dba`` with the password ``dba``."""
    port = free_port()
    settings = folder / "virtuoso.ini"
    settings.write_text(_VIRTUOSO.format(sql=free_port(), http=port, rows=VIRTUOSO_ROWS), encoding="utf-8")
    before = Path.cwd()
    os.chdir(folder)  # its files are where it is started
    try:
        with running([program, "-f", "+configfile", str(settings)], port=port):
            os.chdir(before)
            yield f"http://127.0.0.1:{port}/sparql"
    finally:
        os.chdir(before)


@contextmanager
def oxigraph(folder: Path) -> Iterator[str]:
    """Oxigraph's own server on a new store in a folder."""
    program, port = find("oxigraph"), free_port()
    assert program is not None, "the package oxigraph is not installed"
    command = [program, "serve", "--location", str(folder / "store"), "--bind", f"127.0.0.1:{port}"]
    with running(command, port=port):
        yield f"http://127.0.0.1:{port}/query"


@dataclass(frozen=True)
class Service:
    """A service that runs."""

    name: str
    url: str
    user: str = ""

    def store(self, base: Base | None = None) -> RemoteStore:
        return RemoteStore(Connection(self.url, credentials=Credentials(self.user, self.user)), base=base)


@dataclass
class Reply:
    """What the service that misbehaves answers.

    Attributes:
        body: the bytes that it sends.
        status: the status.
        media: the media type.
        length: the length that it promises; that of the body unless given, none at all if negative.
        headers: more headers.
        chunked: send the body as chunks, and never the last one.
        silent: send nothing at all, until the service is stopped.
        drips: send a byte in so many seconds, from the first of the headers on.
        closes: close the connection afterwards, without having said so.
    """

    body: bytes = b""
    status: int = 200
    media: str = "application/sparql-results+json"
    length: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    chunked: bool = False
    silent: bool = False
    drips: float = 0.0
    closes: bool = False


class Misbehaving:
    """A service that gives one reply after the other, the last again and again; the first request finds a greeting.

    Args:
        host: where it listens.
        certificate: a file with its certificate and key, for https.

    Attributes:
        url: its address for queries.
        replies: what it will answer.
        seen: the method, path and headers of the requests so far, without the greeting.
    """

    def __init__(self, host: str = "127.0.0.1", *, certificate: Path | None = None) -> None:
        self.replies: list[Reply] = []
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.name = ""
        self._stopped = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                if self.headers["accept"] == "*/*" and self.command == "GET":
                    service._send(self, Reply())
                    return
                service.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
                reply = service.replies.pop(0) if len(service.replies) > 1 else service.replies[0]
                service._send(self, reply)

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

            def handle_error(self, *_: object) -> None:
                """Say nothing of clients that leave."""

        self._server = Server((host, 0), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        scheme, name = "https" if certificate else "http", f"[{host}]" if ":" in host else host
        self.url = f"{scheme}://{name}:{self._server.server_port}/sparql"

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if reply.silent:
            self._stopped.wait(30)
            handler.close_connection = True
            return
        if reply.drips:
            self._drip(handler, reply)
            return
        handler.send_response_only(reply.status)
        handler.send_header("Content-Type", reply.media)
        if self.name:
            handler.send_header("Server", self.name)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        if reply.chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        elif reply.length is None or reply.length >= 0:
            handler.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
        handler.end_headers()
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(reply.body), reply.body) if reply.chunked else reply.body)
        handler.wfile.flush()
        if reply.closes:
            handler.close_connection = True
        if reply.chunked or reply.length is not None:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_WR)

    def _drip(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {reply.media}\r\nContent-Length: {len(reply.body)}\r\n\r\n"
        with suppress(OSError):
            for byte in head.encode() + reply.body:
                if self._stopped.wait(reply.drips):
                    break
                handler.wfile.write(bytes([byte]))
        handler.close_connection = True

    def close(self) -> None:
        """Stop."""
        self._stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
