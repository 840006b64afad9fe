"""Changes wait for each other: one after the other, and of more than a few that wait the next are sent away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import Busy


class OneByOne:
    """The line of those who change something.

    Args:
        waiting: how many may wait.

    Attributes:
        lock: held by whoever has the turn.

    >>> line = OneByOne(waiting=0)
    >>> with line.turn(), line.turn():
    ...     pass
    Traceback (most recent call last):
    geokg.errors.Busy: too many changes wait already
    """

    def __init__(self, *, waiting: int = 4) -> None:
        self.lock = threading.Lock()
        self._room = threading.Semaphore(waiting + 1)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn, and have it.

        Raises:
            Busy: too many wait.
        """
        if not self._room.acquire(blocking=False):
            raise Busy("too many changes wait already", retry_after=5)
        try:
            with self.lock:
                yield
        finally:
            self._room.release()
