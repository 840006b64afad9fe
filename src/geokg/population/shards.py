"""From shards to a store, and to one sorted file."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

import pyoxigraph as ox

from .. import canonical
from ..store import Store
from .sorting import in_order

Places: TypeAlias = list[tuple[int, int]]
"""Where in a shard the documents that count stand: first byte and size of each."""
Shards: TypeAlias = Iterable[tuple[Path, Places]]

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


def _joined(places: Places) -> Iterator[tuple[int, int]]:
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


def bulk_load(store: Store, shards: Shards, folder: Path) -> None:
    """Load shards into a store; what is there already stays as it is. Several threads may do so at once.

    They are put into one file, which is read without the lock that Python needs to make the next shard.

    Args:
        store: where to.
        shards: what to load.
        folder: where there is room for a copy of them; what is left of it by a process that is killed is called as a
            shard that a worker left.

    Raises:
        OSError: the copy, or the store, cannot be written.
    """
    handle, name = tempfile.mkstemp(prefix=".shard-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(contents(shards))
        # What we wrote ourselves need not be checked again.
        store.ox.bulk_load(path=name, format=ox.RdfFormat.N_QUADS, lenient=True)
    finally:
        Path(name).unlink(missing_ok=True)
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
