"""Answers that were sent whole, kept for whoever asks the same again of the same data."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass

_PART = 16
"""No answer takes more than this part of the cache."""


@dataclass(frozen=True)
class Kept:
    """An answer.

    Attributes:
        body: all of it, not compressed.
        content_type: what it is sent as.
        tag: its entity tag.
    """

    body: bytes
    content_type: str
    tag: str


class Cache:
    """Answers by what was asked; those of one generation of the data, the least used leave first.

    Args:
        limit: bytes that all answers, and all that was asked, may take together.

    Attributes:
        hits: how often an answer was there.
        misses: how often not.
        size: bytes taken.

    >>> cache = Cache(1000)
    >>> cache.put(1, "ASK {}", Kept(b"true", "text/plain", "t"))
    >>> cache.get(1, "ASK {}").body, cache.get(2, "ASK {}")
    (b'true', None)
    """

    def __init__(self, limit: int = 64 << 20) -> None:
        self.limit = limit
        self.hits = self.misses = self.size = 0
        self._generation = -1
        self._kept: OrderedDict[Hashable, tuple[Kept, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, generation: int, asked: Hashable) -> Kept | None:
        """The answer to what is asked of one generation, if it is here."""
        with self._lock:
            found = self._kept.get(asked) if self._is_of(generation) else None
            if found is None:
                self.misses += 1
                return None
            self.hits += 1
            self._kept.move_to_end(asked)
            return found[0]

    def put(self, generation: int, asked: Hashable, answer: Kept) -> None:
        """Keep an answer, unless it is too large or is from data of the past."""
        cost = len(answer.body) + len(repr(asked)) + 500
        with self._lock:
            if cost > self.limit or not self._is_of(generation):
                return
            self.size += cost - (self._kept.pop(asked)[1] if asked in self._kept else 0)
            self._kept[asked] = answer, cost
            while self.size > self.limit:
                self.size -= self._kept.popitem(last=False)[1][1]

    def keep(self, pieces: Iterable[bytes], done: Callable[[bytes], object]) -> Iterator[bytes]:
        """The pieces of an answer; what is called once it was read whole and is small enough gets all of it."""
        return _Tee(pieces, done, self.limit // _PART)

    def _is_of(self, generation: int) -> bool:
        if generation > self._generation:
            self._kept.clear()
            self.size, self._generation = 0, generation
        return generation == self._generation


class _Tee(Iterator[bytes]):
    def __init__(self, pieces: Iterable[bytes], done: Callable[[bytes], object], most: int) -> None:
        self._source, self._pieces, self._done, self._most = pieces, iter(pieces), done, most
        self._seen: list[bytes] | None = []
        self._size = 0

    def __next__(self) -> bytes:
        try:
            piece = next(self._pieces)
        except StopIteration:
            if self._seen is not None:
                self._done(b"".join(self._seen))
                self._seen = None
            raise
        self._size += len(piece)
        if self._size > self._most:
            self._seen = None
        if self._seen is not None:
            self._seen.append(piece)
        return piece

    def close(self) -> None:
        close = getattr(self._source, "close", None)
        if close is not None:
            close()
