"""Whose page is made now: pages are made in the server's own process, so only a few are at once.

The others wait for a moment in a short line, whoever has least before whoever has more; what is too much is refused at
once. So no number of pages keeps a query from its answer: for those there are other processes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from ..errors import Busy
from ..sparql.line import household

AT_ONCE, WAITING = 4, 12
"""Pages that are made at once, unless it is said, and how many may wait."""
PATIENCE = 4.0
"""Seconds that somebody waits at most, unless it is said."""
_LOOK = 0.25


@dataclass(eq=False)
class _Waiting:
    client: str
    called: threading.Event = field(default_factory=threading.Event)
    has_turn: bool = False


class Turns:
    """The turns of one server.

    Args:
        at_once: how many pages are made at once; all but one of them may be for one client.
        waiting: how many may wait.
        patience: seconds that somebody waits at most.

    >>> turns = Turns(at_once=1, waiting=0)
    >>> end = turns.take("192.0.2.1")
    >>> turns.take("192.0.2.2")
    Traceback (most recent call last):
    geokg.errors.Busy: too many pages are asked for at once; ask again in a moment
    >>> end()
    >>> end = turns.take("192.0.2.2")
    """

    def __init__(self, *, at_once: int = AT_ONCE, waiting: int = WAITING, patience: float = PATIENCE) -> None:
        self._at_once, self._per_client, self._most = at_once, max(1, at_once - 1), waiting
        self._patience = patience
        self._lock = threading.Lock()
        self._taken: list[str] = []
        self._line: list[_Waiting] = []

    def take(self, client: str, *, is_gone: Callable[[], bool] | None = None) -> Callable[[], None]:
        """Wait for a turn; what is returned ends it.

        Args:
            client: who asks.
            is_gone: whether the client has left; asked now and then.

        Raises:
            Busy: there are too many others, or there is nobody to make it for.
        """
        client = household(client)
        one = _Waiting(client)
        with self._lock:
            self._line.append(one)
            self._call()
            if len(self._line) > self._most:
                last = max(reversed(self._line), key=self._has)
                self._line.remove(last)
                last.called.set()
        until = time.monotonic() + self._patience
        while not one.called.wait(_LOOK) and time.monotonic() < until and not (is_gone is not None and is_gone()):
            pass
        with self._lock:
            if one in self._line:
                self._line.remove(one)
        if not one.has_turn:
            raise Busy("too many pages are asked for at once; ask again in a moment", retry_after=2)
        return partial(self._end, client)

    def _end(self, client: str) -> None:
        with self._lock:
            self._taken.remove(client)
            self._call()

    def _call(self) -> None:
        """Give the turns that are free to those who have least, the first of them first."""
        while len(self._taken) < self._at_once:
            able = [one for one in self._line if self._taken.count(one.client) < self._per_client]
            if not able:
                return
            first = min(able, key=self._has)
            self._line.remove(first)
            self._taken.append(first.client)
            first.has_turn = True
            first.called.set()

    def _has(self, one: _Waiting) -> int:
        return self._taken.count(one.client) + sum(other.client == one.client for other in self._line)
