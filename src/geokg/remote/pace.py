"""Connections on which nobody is waited for too long: neither one byte nor, drop by drop, all of them."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

RATE = 1000
"""Bytes in a second that are the least, once the first is waited for."""


class Transport(httpx.HTTPTransport):
    """What httpx sends requests by.

    Args:
        context: whom to trust.
        silence: seconds that are waited for the first byte of an answer, and more than ``RATE`` allows for the others.
    """

    def __init__(self, context: ssl.SSLContext, *, silence: float) -> None:
        super().__init__(verify=context, trust_env=False)
        # httpx has no word for this, httpcore below it has.
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, max_connections=100, keepalive_expiry=5.0, network_backend=_Backend(silence)
        )


class _Backend(httpcore.SyncBackend):
    def __init__(self, silence: float) -> None:
        self._silence = silence

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = super().connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(stream, self._silence)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, silence: float) -> None:
        self._inner, self._silence = inner, silence
        self._received, self._waited = 0, 0.0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._silence + self._received / RATE - self._waited
        if left <= 0:
            raise httpcore.ReadTimeout("the answer comes too slowly")
        began = time.monotonic()
        try:
            data = self._inner.read(max_bytes, left if timeout is None else min(left, timeout))
        finally:
            self._waited += time.monotonic() - began
        self._received += len(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._received, self._waited = 0, 0.0
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._silence)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
