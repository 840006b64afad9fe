"""The end of a server: nothing new begins, what has begun is answered."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .site import Site

_LOOK = 0.05
"""Seconds between two looks at what is still being answered."""


@contextmanager
def ended_by_signals(server: Any, site: Site, *, grace: float) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C end a server of waitress in good order; a second one ends it at once.

    After the first, connections are refused, ``/health/ready`` says no, and what has been asked already is answered,
    for ``grace`` seconds at most; who keeps a connection is told with its answer that it is closed. The process is
    taken to end then: whatever it is told later, it goes on ending.

    Args:
        server: what ``waitress.server.create_server`` made; inside, it runs on the main thread.
        site: what it serves.
        grace: seconds.
    """
    from .connections import Channel, Parser, Task  # with waitress, which nobody else needs

    begun, interrupted = threading.Event(), threading.Event()

    class Last(Task):
        def build_response_header(self) -> bytes:
            if site.is_stopping:
                self.set_close_on_finish()
            return bytes(super().build_response_header())

    known = type("Known", (Parser,), {"token": site.token or ""})
    server.channel_class = type("Served", (Channel,), {"task_class": Last, "parser_class": known})

    def end(*_: object) -> None:
        if (
            interrupted.is_set()
        ):  # a second KeyboardInterrupt would break the locks of waitress, which is ending its threads
            return
        if begun.is_set():
            interrupted.set()
            raise KeyboardInterrupt
        if site.is_stopping:  # whoever ends a group of processes may tell us twice within a moment
            return
        site.is_stopping = True
        server.del_channel()
        server.socket.close()
        threading.Thread(target=_wait, args=(server, begun, time.monotonic() + grace), daemon=True).start()
        begun.set()

    former = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in former.items():
            # One told late must not make a failure of a good end.
            signal.signal(number, signal.SIG_IGN if site.is_stopping else handler)


def _wait(server: Any, begun: threading.Event, until: float) -> None:
    """Interrupt the main thread when all is answered."""
    begun.wait()
    while time.monotonic() < until:
        channels = list(server.active_channels.values())
        if not any(channel.requests or channel.total_outbufs_len for channel in channels):
            break
        time.sleep(_LOOK)
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)
        server.pull_trigger()
