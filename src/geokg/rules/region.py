"""What a change can touch among what rules give, and all that this rests on: small enough to be found anew.

Two steps. Forwards: from each changed triple along the ways of axioms and rules to whatever may come or go, in the
state before the change and after it at once. Backwards: from these to all triples that a rule can read on its way
there, be it to see that something is not so. Those are copied into a store of their own, where the rules are run as
they are over the whole. A rule may write there only what was met, since for the rest the copy does not hold it all.

It costs as much as the change has neighbours, whatever the size of the graph.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

import pyoxigraph as ox

from ..store import Store
from ..vocabulary import Base
from .axioms import Atom, signature
from .closure import Name
from .joining import Pattern, View, filled, fitted
from .ways import Link


def is_ruled(graph: str, base: Base) -> bool:
    """Whether a graph is one that rules write.

    >>> [is_ruled(Base().graph + name, Base()) for name in ("inferred", "accepted/standard", "entities")]
    [True, True, False]
    """
    return graph == base.graph + "inferred" or graph.startswith(base.graph + "accepted/")


def is_given(quad: ox.Quad, base: Base) -> bool:
    """Whether a quad stands in such a graph.

    >>> node = ox.NamedNode("x:a")
    >>> is_given(ox.Quad(node, node, node, ox.NamedNode(Base().graph + "inferred")), Base())
    True
    """
    return isinstance(quad.graph_name, ox.NamedNode) and is_ruled(quad.graph_name.value, base)


class Region:
    """What a change touches.

    Args:
        store: the store after the change; what rules wrote before it still stands there.
        patterns: of the ways of the rules and of the axioms that lead to or from them.
        mixed: what these give, as ``signature`` tells it.
        gone: the triples that the store does not hold any more.
        came: the triples that it holds now.

    Attributes:
        touched: the triples that may have come, gone or moved to another graph.
        met: the same, and what rules and axioms gave that these may rest on.

    Raises:
        TooLargeError: it is not worth it.

    >>> from .ways import rule_ways
    >>> ways = rule_ways("CONSTRUCT { ?x x:b ?y } WHERE { ?x x:a ?y FILTER NOT EXISTS { ?y x:c ?z } }", {"x": "x:"})
    >>> one, other, a, b, c = (ox.NamedNode(f"x:{name}") for name in ("1", "2", "a", "b", "c"))
    >>> store = Store.memory()
    >>> store.extend([ox.Quad(one, a, other)])
    >>> gone = [ox.Triple(other, c, one)]
    >>> region = Region(store, patterns=map(Pattern, ways), mixed={b}, gone=gone, came=[])
    >>> [str(triple) for triple in region.touched], len(region.copy())
    (['<x:1> <x:b> <x:2>'], 1)
    """

    def __init__(
        self,
        store: Store,
        *,
        patterns: Iterable[Pattern],
        mixed: Collection[Name],
        gone: Iterable[ox.Triple],
        came: Iterable[ox.Triple],
    ) -> None:
        self._store = store
        self._mixed = mixed
        self._to: defaultdict[Name, list[tuple[Atom, Pattern]]] = defaultdict(list)
        self._from: defaultdict[Name, list[tuple[Link, Pattern, int]]] = defaultdict(list)
        for pattern in patterns:
            for head in pattern.way.heads:
                self._to[signature(head)].append((head, pattern))
            for mask in (0, *pattern.beside):
                for bit, link, _ in pattern.chosen(mask or pattern.core):
                    for name in link.names():
                        self._from[name].append((link, pattern, (pattern.core | mask) & ~bit))
        self._view = View(store)
        self._view.add(gone)
        changed = dict.fromkeys([*gone, *came])
        self.touched = {triple: None for triple in changed if signature(triple) in mixed}
        self._spread(changed)
        self._around: dict[ox.Quad, None] = {}
        self._done: set[tuple[object, ...]] = set()
        self.met = dict(self.touched)
        self._gather()

    def copy(self) -> Store:
        """A store of its own with all that what was met can rest on, and nothing that rules gave."""
        copy = Store.memory(base=self._store.base)
        copy.extend(self._around)
        return copy

    def given(self, triple: ox.Triple, store: Store | None = None) -> list[ox.Quad]:
        """A triple where rules or axioms wrote it."""
        quads = (self._store if store is None else store).match(triple.subject, triple.predicate, triple.object)
        return [quad for quad in quads if is_given(quad, self._store.base)]

    def _said(self, triple: ox.Triple) -> list[ox.Quad]:
        """A triple where it does not hang on rules."""
        quads = self._store.match(triple.subject, triple.predicate, triple.object)
        return [q for q in quads if signature(triple) not in self._mixed or not is_given(q, self._store.base)]

    def _spread(self, changed: Iterable[ox.Triple]) -> None:
        while changed:
            new = dict.fromkeys(made for triple in changed for made in self._led_to(triple))
            # What is said somewhere, before and after, stands there whatever rules do.
            changed = [made for made in new if made not in self.touched and not self._said(made)]
            self.touched |= dict.fromkeys(changed)
            self._view.add(changed)

    def _led_to(self, triple: ox.Triple) -> Iterator[ox.Triple]:
        for link, pattern, rest in self._from.get(signature(triple), ()):
            for values in self._view.touching(link, triple):
                for more in self._view.solutions(pattern, rest, values, pattern.heads):
                    yield from filter(None, (filled(head, values | more) for head in pattern.way.heads))

    def _gather(self) -> None:
        todo = list(self.met)
        seen: set[ox.Triple] = set()
        while todo:
            triple = todo.pop()
            said = self._said(triple)
            self._around |= dict.fromkeys(said)
            if not said:
                self._read(triple)
            for one in self._view.met():
                if one in seen:
                    continue
                seen.add(one)
                if signature(one) not in self._mixed:
                    self._around |= dict.fromkeys(self._said(one))
                elif one not in self.met:
                    self.met[one] = None
                    todo.append(one)

    def _read(self, triple: ox.Triple) -> None:
        """Meet what rules and axioms may read on their ways to a triple."""
        for head, pattern in self._to.get(signature(triple), ()):
            fitting = fitted(head, triple)
            if fitting is None:
                continue
            # Triples that come of one solution rest on the same; what they share is enough to find it, once for all.
            values = {name: fitting[name] for name in pattern.shared or fitting}
            key = (pattern, *values.items())
            if key in self._done:
                continue
            self._done.add(key)
            if not self._view.read(pattern, pattern.core, values):
                continue
            open_ = tuple(name for name in pattern.names(pattern.core) if name not in values)
            _, parts = pattern.parts(pattern.core, open_)
            groups: defaultdict[int, list[int]] = defaultdict(list)
            for mask in pattern.beside:
                groups[sum(part for part in parts if pattern.names(part) & pattern.names(mask))].append(mask)
            for tied, masks in groups.items():
                wanted = frozenset[str]().union(*map(pattern.names, masks))
                for more in self._view.solutions(pattern, tied, values, wanted):
                    for mask in masks:
                        self._view.read(pattern, mask, values | more)
