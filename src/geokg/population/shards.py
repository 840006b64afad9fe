"""From shards to a store, and to one sorted file."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, cast

import pyoxigraph as ox

from .. import canonical
from ..store import Store
from .sorting import in_order

Shards = Iterable[tuple[Path, list[tuple[int, int]]]]
"""Shards, and where in each the documents that count stand: first byte and size."""

_CHUNK = 1 << 20


def contents(shards: Shards) -> Iterator[bytes]:
    """What stands in the shards, in pieces that need not end with a line."""
    for path, places in shards:
        with path.open("rb") as shard:
            for start, size in _joined(places):
                shard.seek(start)
                while size:
                    chunk = shard.read(min(size, _CHUNK))
                    if not chunk:
                        raise OSError(f"{path}: is shorter than it was")
                    size -= len(chunk)
                    yield chunk


def _joined(places: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same bytes in as few places as can be."""
    begin, end = 0, 0
    for start, size in places:
        if start != end:
            if end > begin:
                yield begin, end - begin
            begin = start
        end = start + size
    if end > begin:
        yield begin, end - begin


class _Stream(io.RawIOBase):
    """Pieces of bytes as a file to read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def bulk_load(store: Store, shards: Shards) -> None:
    """Load shards into a store; what is there already stays as it is."""
    # What we wrote ourselves need not be checked again.
    stream = cast("IO[bytes]", _Stream(contents(shards)))
    store.ox.bulk_load(input=stream, format=ox.RdfFormat.N_QUADS, lenient=True)
    store.generation += 1


def lines(shards: Shards, store: Store, folder: Path) -> Iterator[bytes]:
    """All lines of a graph in order: those of the documents from the shards, all others from the store.

    Args:
        shards: with the documents.
        store: with everything.
        folder: where there is room for a copy of them all.
    """
    yield from in_order(_unsorted(shards, store), folder)


def _unsorted(shards: Shards, store: Store) -> Iterator[bytes]:
    for path, places in shards:
        with path.open("rb") as shard:
            for start, size in places:
                shard.seek(start)
                yield from io.BytesIO(shard.read(size))
    blank: list[ox.Quad] = []
    documents = store.base.document_graph("")
    for graph in store.graphs():
        if not graph.startswith(documents):
            for quad in store.quads(graph):
                if any(isinstance(term, ox.BlankNode | ox.Triple) for term in (quad.subject, quad.object)):
                    blank.append(quad)
                else:
                    yield f"{quad} .\n".encode()
    yield from (f"{quad} .\n".encode() for quad in canonical.labelled(blank))
