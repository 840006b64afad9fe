"""A store without some of its graphs, for shapes that judge what was stated: queries cannot be told to look away."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import pyoxigraph as ox

Copy = Callable[[ox.Store, Collection[ox.NamedNode]], ox.Store]
"""What makes a store with the content of another, but for some graphs."""


def in_memory(store: ox.Store, without: Collection[ox.NamedNode]) -> ox.Store:
    """A copy in memory.

    >>> len(in_memory(ox.Store(), []))
    0
    """
    copy = ox.Store()
    copy.bulk_extend((quad for quad in store if quad.graph_name not in without) if without else store)
    return copy


class View:
    """What is seen of a store: the store itself where that will do, else a copy that follows it.

    Args:
        store: the store.
        without: graphs that are not seen.
        more: quads that are seen whether the store has them or not.
        copy: makes the copy.

    Attributes:
        store: what is seen.

    >>> quad = ox.Quad(ox.NamedNode("x:a"), ox.NamedNode("x:b"), ox.NamedNode("x:c"), ox.NamedNode("x:g"))
    >>> store = ox.Store()
    >>> view = View(store, {quad.graph_name})
    >>> view.store is store
    True
    >>> store.add(quad)
    >>> view.follow([], [quad], store)
    ([], [])
    >>> view.store is store, len(view.store)
    (False, 0)
    """

    def __init__(
        self,
        store: ox.Store,
        without: Collection[ox.NamedNode],
        more: Iterable[ox.Quad] = (),
        *,
        copy: Copy = in_memory,
    ) -> None:
        self._without, self._more, self._copy = frozenset(without), frozenset(more), copy
        self.store = store
        self._is_own = False
        if self._more or self._has_hidden(store):
            self._own(store)

    def follow(
        self, removed: Iterable[ox.Quad], added: Iterable[ox.Quad], store: ox.Store | None
    ) -> tuple[list[ox.Quad], list[ox.Quad]]:
        """Take a change into account.

        Args:
            removed: quads that go.
            added: quads that come.
            store: one that has the change already; without it the change is only thought of, and a copy has it.

        Returns:
            What is no longer seen, and what is newly seen.
        """
        gone = [quad for quad in removed if quad.graph_name not in self._without and quad not in self._more]
        come = [quad for quad in added if quad.graph_name not in self._without and quad not in self._more]
        if self._is_own or store is None:
            if not self._is_own:
                self._own(self.store)
            gone, come = [q for q in gone if q in self.store], [q for q in come if q not in self.store]
            self._edit(gone, come)
        elif self._has_hidden(store):
            self._own(store)
        else:
            self.store = store
        return gone, come

    def back(self, gone: Iterable[ox.Quad], come: Iterable[ox.Quad], store: ox.Store) -> None:
        """Undo a change, of which :meth:`follow` gave this; ``store`` is what was seen before."""
        if self._is_own:
            self._edit(come, gone)
        else:
            self.store = store

    def _has_hidden(self, store: ox.Store) -> bool:
        return any(map(store.contains_named_graph, self._without))

    def _own(self, store: ox.Store) -> None:
        self.store, self._is_own = self._copy(store, self._without), True
        self.store.extend(self._more)

    def _edit(self, removed: Iterable[ox.Quad], added: Iterable[ox.Quad]) -> None:
        for quad in removed:
            self.store.remove(quad)
        self.store.extend(added)
