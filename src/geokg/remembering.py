"""A store that is asked over a distance: what it reads of a node it reads at once, and remembers for a while."""

from __future__ import annotations

import math
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TypeAlias

import pyoxigraph as ox
from rdflib.namespace import RDFS

from .store import Node, Store, Term
from .vocabulary import Base

Key: TypeAlias = tuple[Node | None, ox.NamedNode | None, Term | None]
Found: TypeAlias = dict[ox.NamedNode, list[ox.Quad]]
"""What was read, by its predicates."""
_REMEMBERED = 10_000
_FOLLOWED = 5_000
_UPWARDS = frozenset((str(RDFS.subClassOf), str(RDFS.subPropertyOf)))


class Remembering(Store):
    """Quads elsewhere, read a node at a time.

    Whoever reads a node soon reads those that it mentions. So with each node that must be fetched others are, that have
    been mentioned and not been read: a page takes as many fetches as it follows steps, not as many as it reads nodes.

    Args:
        store: what rdflib and others find as ``ox``.
        base: where data and graphs are named.
        remember: for how many seconds what was read is good enough.
        together: how many nodes are fetched at once.
    """

    def __init__(
        self, store: ox.Store, *, base: Base | None = None, remember: float = math.inf, together: int = 1
    ) -> None:
        super().__init__(store, base=base)
        self._remember = remember
        self._together = together
        self._read: dict[Key, tuple[float, Found]] = {}
        self._mentioned: deque[Node] = deque(maxlen=_REMEMBERED)  # several threads may read at once
        self._terms = {ox.NamedNode(self.base.graph + name) for name in ("ontology", "vocab", "inferred")}

    @abstractmethod
    def fetched(self, nodes: Iterable[Node]) -> Iterator[ox.Quad]:
        """All that is said of some nodes."""

    @abstractmethod
    def pointing(self, predicate: ox.NamedNode | None, object: Term | None) -> Iterator[ox.Quad]:
        """The quads with a property, or a value, or both."""

    def expect(self, nodes: Iterable[object]) -> None:
        """These nodes will be read: fetch them with the next one."""
        if self._together > 1:
            self._mentioned.extend(node for node in nodes if isinstance(node, (ox.NamedNode, ox.BlankNode)))

    def forget(self) -> None:
        """What was read holds no longer."""
        self._read.clear()

    def match(
        self,
        subject: Node | None = None,
        predicate: ox.NamedNode | None = None,
        object: Term | None = None,
        graph: ox.NamedNode | None = None,
    ) -> Iterator[ox.Quad]:
        """The quads that fit; all that is said of a subject is read at once, and remembered."""
        if subject is None and predicate is None and object is None:
            yield from self.quads(graph.value if graph else None)
            return
        key: Key = (subject, None, None) if subject is not None else (None, predicate, object)
        found = self._remembered(key)
        for quads in found.values() if predicate is None else [found.get(predicate, [])]:
            for quad in quads:
                if (object is None or quad.object == object) and (graph is None or quad.graph_name == graph):
                    yield quad

    def _remembered(self, key: Key) -> Found:
        now = time.monotonic()
        known = self._read.get(key)
        if known is not None and now - known[0] <= self._remember:
            return known[1]
        if len(self._read) >= _REMEMBERED:
            self._read.clear()
        subject, predicate, value = key
        if subject is not None:
            return self._fetch(subject, now)
        quads = list(self.pointing(predicate, value))
        if len(quads) <= _FOLLOWED:  # else nobody will read them one by one
            self.expect(quad.subject for quad in quads)
        found: Found = {}
        for quad in quads:
            found.setdefault(quad.predicate, []).append(quad)
        self._read[key] = (now, found)
        return found

    def _fetch(self, subject: Node, now: float) -> Found:
        """Read a node, and those that were mentioned longest ago."""
        found: dict[Node, Found] = {subject: {}}
        with suppress(IndexError):
            while len(found) < self._together:
                node = self._mentioned.popleft()
                if (node, None, None) not in self._read:
                    found.setdefault(node, {})
        for quad in self.fetched(found):
            found.setdefault(quad.subject, {}).setdefault(quad.predicate, []).append(quad)
            if self._together > 1 and self.leads_on(quad):
                self.expect([quad.object])
        for node, quads in found.items():
            self._read[node, None, None] = (now, quads)
        return found[subject]

    def leads_on(self, quad: ox.Quad) -> bool:
        """Whether whoever reads a quad will soon read the node that it points to: of terms, they go upwards alone."""
        return quad.graph_name not in self._terms or quad.predicate.value in _UPWARDS
