"""A whole graph to a service: in chunks, and from where it stopped if it was broken off.

The graphs below our base are made the same as those that are sent; all others are left alone. While it goes on, the
graph ``graph/loading`` of the service says what has arrived: a digest of all that is sent, and which chunks of each
graph are there. It goes when all is sent; then the triples are counted. The mark in ``graph/written`` becomes another,
so that a geokg that writes there reads anew what is there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from contextlib import suppress

import pyoxigraph as ox

from .. import canonical
from ..errors import GeokgError, RemoteError
from ..store import Store
from .marks import leave
from .pieces import pieces
from .store import RemoteStore

CHUNK = 10_000
"""How many triples go in one request."""
_ARRIVED = ox.NamedNode("http://purl.org/dc/terms/hasVersion")


def load(
    store: RemoteStore,
    quads: Store | Iterable[ox.Quad],
    *,
    progress: Callable[[int, int], None] | None = None,
    chunk: int = CHUNK,
) -> int:
    """Make what a service holds below our base the same as some quads.

    It is not all or nothing: who reads meanwhile sees some graphs old and some new.

    Args:
        store: the service.
        quads: what it is to hold. Of a store on this machine, which is read three times, one graph is in memory at a
            time.
        progress: called with how many triples are there, of how many.
        chunk: how many triples go in one request.

    Returns:
        How many triples were sent; those that were there from a load that was broken off are not.

    Raises:
        GeokgError: the service has no address for changes, or refuses them.
        RemoteError: it breaks off, or holds fewer triples at the end than were sent. What has arrived is kept, and the
            next load goes on from there.
    """
    graphs = _Graphs(quads, store)
    digest = hashlib.sha256(str(chunk).encode())
    sizes: dict[str | None, int] = {}
    for name in graphs.names:
        lines = graphs.lines(name)
        digest.update(f"{name}\n{''.join(lines)}".encode())
        sizes[name] = len(lines)
    marks = _Marks(store, digest.hexdigest()[:32])
    leave(store)  # who has written before, and knows what was there, sees that it is so no longer
    total, there, sent = sum(sizes.values()), 0, 0
    try:
        for name in graphs.names:
            for number, some in enumerate(pieces(graphs.lines(name), chunk)):
                if not marks.has(name, number):
                    store.put(name, some, replace=number == 0 and name is not None)
                    sent += len(some)
                    marks.add(name, number, len(some))
                there += len(some)
                if progress is not None:
                    progress(there, total)
    except GeokgError:
        with suppress(GeokgError):  # the service may be gone altogether
            marks.write()
        raise
    marks.drop()
    leave(store)
    for graph in store.graphs():
        if graph.startswith(store.base.graph) and not sizes.get(graph):
            store.drop(graph)
    held = store.sizes()
    for name, size in sizes.items():
        if name is not None and held.get(name, 0) != size:
            raise RemoteError(f"<{name}>: {size} triples were sent, and the service holds {held.get(name, 0)}")
    return sent


class _Graphs:
    """Quads by graph, as lines for a service; their blank nodes are named the same each time."""

    def __init__(self, quads: Store | Iterable[ox.Quad], there: RemoteStore) -> None:
        self._there = there
        self._store = quads if isinstance(quads, Store) and quads.is_here else None
        self._kept: dict[str | None, list[ox.Quad]] = {None: []}
        everything = quads.quads() if isinstance(quads, Store) else quads
        blank = (quad for quad in everything if _has_blank(quad)) if self._store is not None else everything
        for quad in canonical.labelled(blank):
            name = quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else None
            self._kept.setdefault(name, []).append(quad)
        graphs = {*self._kept, *(self._store.graphs() if self._store is not None else ())}
        self.names: list[str | None] = sorted(graphs, key=lambda name: name or "")

    def lines(self, name: str | None) -> list[str]:
        """The triples of a graph, sorted; ``None`` is the unnamed one."""
        quads = self._kept.get(name, [])
        if self._store is not None:
            graph = ox.DefaultGraph() if name is None else ox.NamedNode(name)
            there = self._store.ox.quads_for_pattern(None, None, None, graph)
            quads = [*quads, *(quad for quad in there if not _has_blank(quad))]
        return sorted(self._there.lines(quads))


def _has_blank(quad: ox.Quad) -> bool:
    return any(isinstance(term, ox.BlankNode | ox.Triple) for term in (quad.subject, quad.object, quad.graph_name))


class _Marks:
    """What has arrived, kept in the service itself; written now and then, since what is sent again does no harm."""

    def __init__(self, store: RemoteStore, digest: str) -> None:
        self._store = store
        self._graph = store.base.graph + "loading"
        self._digest = digest
        self._new: list[ox.Quad] = []
        self._waiting = 0
        self._known: set[tuple[str, str]] = set()
        for quad in store.quads(self._graph):
            if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.Literal):
                self._known.add((quad.subject.value, quad.object.value))
        if not all(mark.startswith(digest) for _, mark in self._known):
            self.drop()  # something else was being sent, and may be there now

    def has(self, graph: str | None, number: int) -> bool:
        """Whether a chunk of a graph has arrived."""
        return (graph, f"{self._digest}/{number}") in self._known

    def add(self, graph: str | None, number: int, size: int) -> None:
        """A chunk has arrived."""
        if graph is None:
            return
        mark = ox.Literal(f"{self._digest}/{number}")
        self._new.append(ox.Quad(ox.NamedNode(graph), _ARRIVED, mark, ox.NamedNode(self._graph)))
        self._waiting += size
        if self._waiting >= CHUNK:
            self.write()

    def write(self) -> None:
        """Keep what is new."""
        new, self._new, self._waiting = self._new, [], 0
        if new:
            self._store.extend(new)

    def drop(self) -> None:
        """Nothing counts as arrived any more."""
        self._known.clear()
        self._store.drop(self._graph)
