"""Lines, as many at a time as one request should have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_LONGEST = 1_000_000


def pieces(lines: Iterable[str], number: int) -> Iterator[list[str]]:
    """So many lines at a time as one request should have: no more than a number, nor than a million characters.

    >>> [len(some) for some in pieces(["x" * 400_000] * 5, 10_000)]
    [2, 2, 1]
    """
    some: list[str] = []
    length = 0
    for line in lines:
        if some and (len(some) == number or length + len(line) > _LONGEST):
            yield some
            some, length = [], 0
        some.append(line)
        length += len(line)
    if some:
        yield some
