"""What a change takes away and adds, as a value; and how that is put into a store in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Protocol, TypeAlias, TypeVar

import pyoxigraph as ox

from ..store import Store
from ..vocabulary import Base
from .problems import ProtocolError

Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
_Item = TypeVar("_Item")
_STEP = 1000
_OURS = "urn:geokg:row:"


@dataclass(frozen=True)
class Delta:
    """What becomes different.

    Attributes:
        removed: quads that were there and go.
        added: quads that were not there and come.
        created: graphs that are there afterwards, even if empty.
        dropped: graphs that are not there afterwards, unless something is added to them.
    """

    removed: Sequence[ox.Quad] = ()
    added: Sequence[ox.Quad] = ()
    created: Collection[str] = ()
    dropped: Collection[str] = ()

    def __len__(self) -> int:
        return len(self.removed) + len(self.added)

    @property
    def is_nothing(self) -> bool:
        """Whether all stays as it is, graphs without content too."""
        return not (len(self) or self.created or self.dropped)

    def __neg__(self) -> Delta:
        """The way back."""
        return Delta(self.added, self.removed, self.dropped, self.created)

    def __add__(self, later: Delta) -> Delta:
        """Both, one after the other; each says what was different, and nothing else.

        >>> one = Delta(created=["x:g"])
        >>> one + -one
        Delta(removed=[], added=[], created=[], dropped=[])
        """
        removed, added = dict.fromkeys(self.removed), dict.fromkeys(self.added)
        created, dropped = dict.fromkeys(self.created), dict.fromkeys(self.dropped)
        _pass(later.removed, added, removed)
        _pass(later.added, removed, added)
        _pass(later.dropped, created, dropped)
        _pass(later.created, dropped, created)
        return Delta(list(removed), list(added), sorted(created), sorted(dropped))

    def without(self, graphs: Collection[ox.NamedNode]) -> Delta:
        """The same but for some graphs.

        >>> Delta(created=["x:g", "x:h"]).without([ox.NamedNode("x:g")])
        Delta(removed=[], added=[], created=['x:h'], dropped=[])
        """
        names = {graph.value for graph in graphs}
        removed, added = ([q for q in quads if q.graph_name not in graphs] for quads in (self.removed, self.added))
        created, dropped = ([name for name in some if name not in names] for some in (self.created, self.dropped))
        return Delta(removed, added, created, dropped)


class Held(Protocol):
    """What can be asked for a quad or a graph, such as a store."""

    def __contains__(self, quad: ox.Quad, /) -> bool:
        """Whether it holds a quad."""

    def contains_named_graph(self, graph_name: ox.NamedNode, /) -> bool:
        """Whether it has a graph."""


class Ahead:
    """A store as it will be after a change.

    >>> quad = ox.Quad(ox.NamedNode("x:a"), ox.NamedNode("x:b"), ox.Literal("c"))
    >>> quad in Ahead(ox.Store(), Delta(added=[quad]))
    True
    """

    def __init__(self, store: ox.Store, delta: Delta) -> None:
        self._store = store
        self._removed, self._added = frozenset(delta.removed), frozenset(delta.added)
        self._created, self._dropped = frozenset(delta.created), frozenset(delta.dropped)

    def __contains__(self, quad: ox.Quad, /) -> bool:
        """Whether it will hold a quad."""
        return quad in self._added or (quad in self._store and quad not in self._removed)

    def contains_named_graph(self, graph_name: ox.NamedNode, /) -> bool:
        """Whether it will have a graph."""
        name = graph_name.value
        return name in self._created or (name not in self._dropped and self._store.contains_named_graph(graph_name))


def _pass(items: Iterable[_Item], undone: dict[_Item, None], done: dict[_Item, None]) -> None:
    """Note what was done last: either it undoes what was done before, or it is done now."""
    for item in items:
        if item in undone:
            del undone[item]
        else:
            done[item] = None


class Recorder(Store):
    """A store that knows what was done to it by ``extend``, ``remove`` and ``drop``.

    >>> store, quad = ox.Store(), ox.Quad(ox.NamedNode("x:a"), ox.NamedNode("x:b"), ox.Literal("c"))
    >>> recorder = Recorder(store)
    >>> recorder.extend([quad])
    >>> len(recorder.since(ox.Store()).added)
    1
    """

    def __init__(self, store: ox.Store, *, base: Base | None = None) -> None:
        super().__init__(store, base=base)
        self._quads: dict[ox.Quad, None] = {}
        self._graphs: dict[str, None] = {}

    def extend(self, quads: Iterable[ox.Quad]) -> None:
        """Add quads, all or nothing."""
        super().extend(self._noted(quads))

    def remove(self, quads: Iterable[ox.Quad]) -> None:
        """Take quads away; no error where one is not there."""
        super().remove(self._noted(quads))

    def drop(self, graph: str) -> None:
        """Remove a named graph with all that it holds."""
        self._noted(self.quads(graph))
        self._graphs[graph] = None
        super().drop(graph)

    def _noted(self, quads: Iterable[ox.Quad]) -> list[ox.Quad]:
        noted = list(quads)
        self._quads.update(dict.fromkeys(noted))
        self._graphs.update((name, None) for name in dict.fromkeys(map(name_of, noted)) if name is not None)
        return noted

    def since(self, before: Held, delta: Delta = Delta()) -> Delta:
        """What has become different.

        Args:
            before: what the store held at first.
            delta: what was done to it before anybody looked.
        """
        quads = dict.fromkeys((*delta.removed, *delta.added, *self._quads))
        graphs = sorted({*delta.created, *delta.dropped, *self._graphs})
        had = {name for name in graphs if before.contains_named_graph(ox.NamedNode(name))}
        has = {name for name in graphs if self.has_graph(name)}
        return Delta(
            [quad for quad in quads if quad in before and quad not in self.ox],
            [quad for quad in quads if quad in self.ox and quad not in before],
            sorted(has - had),
            sorted(had - has),
        )


def name_of(quad: ox.Quad) -> str | None:
    """The IRI of the graph of a quad; ``None`` for the unnamed one.

    Raises:
        ProtocolError: a blank node names it.
    """
    name = quad.graph_name
    if isinstance(name, ox.BlankNode):
        raise ProtocolError("graphs are named by IRIs here")
    return name.value if isinstance(name, ox.NamedNode) else None


def difference(before: ox.Store, after: ox.Store, graphs: Collection[str] | None = None) -> Delta:
    """What makes one store hold what another does; memory is taken for what differs alone.

    Args:
        before: the one.
        after: the other.
        graphs: the named graphs to compare; everything unless given.

    >>> before, after = ox.Store(), ox.Store()
    >>> after.add_graph(ox.NamedNode("x:g"))
    >>> difference(before, after)
    Delta(removed=[], added=[], created=['x:g'], dropped=[])
    """
    removed: dict[ox.Quad, None] = {}
    added: dict[ox.Quad, None] = {}
    # Both stores give their quads in the same order, so that what is the same meets soon.
    for old, new in zip_longest(_quads(before, graphs), _quads(after, graphs)):
        if old == new:
            continue
        for quad, own, others in ((old, removed, added), (new, added, removed)):
            if quad is None:
                continue
            if quad in others:
                del others[quad]
            else:
                own[quad] = None
    old_graphs, new_graphs = names(before, graphs), names(after, graphs)
    return Delta(list(removed), list(added), sorted(new_graphs - old_graphs), sorted(old_graphs - new_graphs))


def _quads(store: ox.Store, graphs: Collection[str] | None) -> Iterable[ox.Quad]:
    if graphs is None:
        return store
    return (quad for name in graphs for quad in store.quads_for_pattern(None, None, None, ox.NamedNode(name)))


def names(store: ox.Store, graphs: Collection[str] | None = None) -> set[str]:
    """The IRIs of a store's named graphs, or of those that are among ``graphs``."""
    found = {name.value for name in store.named_graphs() if isinstance(name, ox.NamedNode)}
    return found if graphs is None else found & set(graphs)


def exchange(store: ox.Store, delta: Delta) -> None:
    """Take quads out of a store and put others in, in one transaction, each blank node with its own identity.

    pyoxigraph's one way to do several things in one transaction is an update, and SPARQL has no way to say which blank
    node is meant. So the update numbers rows, and functions of ours say which term stands in each.

    >>> store, node, p = ox.Store(), ox.BlankNode(), ox.NamedNode("x:p")
    >>> old, new = (ox.Quad(node, p, ox.Literal(word)) for word in ("old", "new"))
    >>> store.add(old)
    >>> exchange(store, Delta([old], [new]))
    >>> list(store) == [new]
    True
    """
    groups = _by_graph(delta.added)
    if not delta.removed and not delta.dropped and all(graph in groups for graph in delta.created):
        store.extend(delta.added)  # the same at a tenth of the time
        return
    terms: list[tuple[Term, ...]] = []
    operations = []
    for verb, quads in (("DELETE", delta.removed), ("INSERT", delta.added)):
        if verb == "INSERT":
            operations += [f"DROP SILENT GRAPH <{graph}>" for graph in delta.dropped]
            operations += [f"CREATE SILENT GRAPH <{graph}>" for graph in delta.created]
        for graph, group in _by_graph(quads).items():
            first = len(terms)
            terms += [(quad.subject, quad.predicate, quad.object) for quad in group]
            where = "?s ?p ?o" if graph is None else f"GRAPH <{graph}> {{ ?s ?p ?o }}"
            operations.append(f"{verb} {{ {where} }} WHERE {{ {_rows(first, len(terms))} }}")
    functions = {ox.NamedNode(f"{_OURS}{place}"): _term(terms, place) for place in range(3)}
    store.update(" ; ".join(operations), custom_functions=functions)


def _by_graph(quads: Iterable[ox.Quad]) -> dict[str | None, list[ox.Quad]]:
    groups: dict[str | None, list[ox.Quad]] = {}
    for quad in quads:
        groups.setdefault(name_of(quad), []).append(quad)
    return groups


def _rows(first: int, end: int) -> str:
    """A pattern with a row for each number; so many numbers are not written out, but made of two parts."""
    hundreds = " ".join(str(number) for number in range(first - first % _STEP, end, _STEP))
    ones = " ".join(map(str, range(_STEP))) if end - first > 1 else str(first % _STEP)
    bound = " ".join(f"BIND(<{_OURS}{place}>(?i) AS ?{name})" for place, name in enumerate("spo"))
    return (
        f"VALUES ?m {{ {hundreds} }} VALUES ?n {{ {ones} }} BIND(?m + ?n AS ?i) "
        f"FILTER(?i >= {first} && ?i < {end}) {bound}"
    )


def _term(terms: Sequence[tuple[Term, ...]], place: int) -> Callable[..., Term | None]:
    def term(*arguments: Term) -> Term | None:
        number = arguments[0]
        return terms[int(number.value)][place] if isinstance(number, ox.Literal) else None

    return term


def rewrite(store: ox.Store, delta: Delta, target: ox.Store) -> None:
    """Write what a store holds after a change into an empty one: the fast way to a change of very much.

    >>> store, target, quad = ox.Store(), ox.Store(), ox.Quad(ox.BlankNode(), ox.NamedNode("x:p"), ox.Literal("o"))
    >>> rewrite(store, Delta(added=[quad], created=["x:g"]), target)
    >>> list(target) == [quad], sorted(names(target))
    (True, ['x:g'])
    """
    gone = frozenset(delta.removed)
    target.bulk_extend(quad for quad in store if quad not in gone)
    target.bulk_extend(delta.added)
    for name in sorted(names(store) - set(delta.dropped) | set(delta.created)):
        target.add_graph(ox.NamedNode(name))
    target.flush()
