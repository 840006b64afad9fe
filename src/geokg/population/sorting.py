"""More lines than memory holds, in order: sorted runs on disk, merged."""

from __future__ import annotations

import heapq
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

RUN = 64 << 20
"""How many bytes are sorted at once."""


def in_order(lines: Iterable[bytes], folder: Path, *, run: int = RUN) -> Iterator[bytes]:
    r"""Lines in the order of their bytes, which for UTF-8 is that of their characters.

    Args:
        lines: each with its line end, in any order.
        folder: where there is room for a copy of them all.
        run: how many bytes are sorted at once.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     list(in_order([b"c\n", b"a\n", b"b\n"], Path(folder), run=4))
    [b'a\n', b'b\n', b'c\n']
    """
    place = Path(tempfile.mkdtemp(prefix="sorting-", dir=folder))
    try:
        paths = []
        for number, some in enumerate(_runs(lines, run)):
            paths.append(place / str(number))
            with paths[-1].open("wb") as file:
                file.writelines(sorted(some))
        with ExitStack() as stack:
            yield from heapq.merge(*(stack.enter_context(path.open("rb")) for path in paths))
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _runs(lines: Iterable[bytes], most: int) -> Iterator[list[bytes]]:
    some: list[bytes] = []
    size = 0
    for line in lines:
        some.append(line)
        size += len(line)
        if size >= most:
            yield some
            some, size = [], 0
    if some:
        yield some
