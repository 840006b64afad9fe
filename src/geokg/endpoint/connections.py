"""Connections of clients who only hold them: nobody can have all of them, nor all threads, nor all memory.

Waitress takes no connection beyond its limit, and a thread that writes waits for its reader, each for as long as the
clients like. Here the one that is silent longest gives way to whoever comes, and the one whose reader is behind longest
to whoever reads. What is cut so is seen to be cut.
"""

from __future__ import annotations

import socket
import struct
import time
from contextlib import suppress
from copy import copy
from typing import Any

from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask

from ..errors import TransferCut
from .access import bears

SPARE = 8
"""Connections below the limit from which one gives way to each that comes."""
ROOM = 256 << 20
"""Bytes that may wait to be read by all clients together: a thread waits for a reader that is 16 MiB behind."""
OF_STRANGERS = 8 << 20
"""Bytes of the body of whoever may not write: more than of any query or form."""
_RESET = socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
"""The option of a connection that is to be reset when it is closed, whatever is still to be sent."""
_NEAR = 1 << 16
"""Bytes; whoever is no further behind keeps up."""


class Task(WSGITask):  # type: ignore[misc]
    """The answer to a request, which is seen to be cut where it is.

    HTTP/1.0, which nginx speaks to us unless told otherwise, takes the end of a connection for the end of a streamed
    answer; so the connection of one that breaks off is reset.
    """

    def execute(self) -> None:
        """Answer the request."""
        try:
            super().execute()
        except BaseException as error:
            if self.wrote_header and self.version == "1.0":
                self.channel.socket.setsockopt(*_RESET)
            if self.wrote_header and isinstance(error, TransferCut):
                raise ClientDisconnected from error  # the log has a line on it; a traceback would say no more
            raise

    def finish(self) -> None:
        """End the answer; one to ``HEAD`` has no body that ends."""
        if not self.wrote_header:
            self.write(b"")
        if self.request.command == "HEAD":
            self.chunked_response = False
        super().finish()


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """A request whose body is taken if it is short, or from who may write: waitress puts a long one on the disk first.

    Attributes:
        token: of those who may write; empty if nobody may.
    """

    token = ""
    adj: Any

    def parse_header(self, header_plus: bytes) -> None:
        """Read what stands before the body."""
        super().parse_header(header_plus)
        if self.body_rcv is not None and not (self.token and bears(self.headers.get("AUTHORIZATION", ""), self.token)):
            self.adj = copy(self.adj)
            self.adj.max_request_body_size = OF_STRANGERS


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that gives way.

    Attributes:
        silent_since: when it was made, or was last answered.
        behind_since: since when its reader has not had all that was written.
        is_cut: whether it has given way.
    """

    task_class = Task

    def __init__(self, server: Any, *arguments: Any, **more: Any) -> None:
        super().__init__(server, *arguments, **more)
        self.silent_since = self.behind_since = time.monotonic()
        self.is_cut = False
        if len(server.active_channels) > self.adj.connection_limit - SPARE:
            silent = [one for one in server.active_channels.values() if not one.requests and one is not self]
            if silent:
                min(silent, key=lambda one: one.silent_since).handle_close()

    def service(self) -> None:
        """Answer a request."""
        super().service()
        self.silent_since = time.monotonic()

    def write_soon(self, data: Any) -> int:
        """Take bytes for the client; more than there is room for lets others give way."""
        if not self.total_outbufs_len:
            self.behind_since = time.monotonic()
        written = super().write_soon(data)
        if self.total_outbufs_len > _NEAR:
            self._make_room()
        return int(written)

    def _make_room(self) -> None:
        behind = [one for one in list(self.server.active_channels.values()) if one.total_outbufs_len and not one.is_cut]
        behind.sort(key=lambda one: one.behind_since)
        left = sum(one.total_outbufs_len for one in behind)
        for one in behind:
            if left > ROOM and one is not self:
                left -= one.total_outbufs_len
                one.cut()

    def cut(self) -> None:
        """End the connection, from any thread: the one that watches all of them then sees that it has ended."""
        self.is_cut = True
        with suppress(OSError):
            self.socket.setsockopt(*_RESET)
            self.socket.shutdown(socket.SHUT_RDWR)
        self.server.pull_trigger()
