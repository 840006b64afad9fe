"""Ways walked in a store: which values fit all their links, and which triples show it.

What hangs together by nothing that is still open is looked for apart, and nothing is looked for twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import accumulate, chain, islice, pairwise
from typing import TypeAlias

import pyoxigraph as ox

from ..store import Store, Term
from .axioms import Atom
from .ways import Link, Place, Step, Way

_FREE = 4096
"""How many looks into the store nobody asks about."""
_PER_LOOK = 8
"""Of how many triples all is found anew in the time that a look takes."""
_FIRST_LOOK = 4

Values: TypeAlias = "dict[str, Term]"
_Pair: TypeAlias = tuple[Term, Term, tuple[ox.Triple, ...]]
"""The ends of a link, and the triples that lie between."""
_Ends: TypeAlias = "tuple[frozenset[Step], bool, Term | None, Term | None]"
_Numbered: TypeAlias = tuple[int, Link, frozenset[str]]


class TooLargeError(Exception):
    """So much is touched that all may as well be found anew."""


class Pattern:
    """The links of a way, by numbers: a set of them is the bits of one.

    Attributes:
        way: the way.
        links: its links, those of the core first.
        core: these.
        beside: each group of the others.
        heads: the variables of what comes of it.
        shared: those that each triple has that comes of it.
        steps: the properties that it walks along.

    >>> from .ways import rule_ways
    >>> [way] = rule_ways("CONSTRUCT { ?x x:p ?y } WHERE { ?x x:q ?y OPTIONAL { ?x x:r ?z } }", {"x": "x:"})
    >>> pattern = Pattern(way)
    >>> bin(pattern.core), [bin(mask) for mask in pattern.beside], sorted(pattern.heads)
    ('0b1', ['0b10'], ['x', 'y'])
    """

    def __init__(self, way: Way) -> None:
        self.way = way
        self.links = (*way.core, *chain.from_iterable(way.beside))
        self.core = (1 << len(way.core)) - 1
        starts = [*accumulate(map(len, way.beside), initial=len(way.core))]
        self.beside = [(1 << end) - (1 << start) for start, end in pairwise(starts)]
        heads = [frozenset(slot for slot in head if isinstance(slot, str)) for head in way.heads]
        self.heads = frozenset[str]().union(*heads)
        self.shared = heads[0].intersection(*heads)
        self.steps = frozenset(step for link in self.links for step, _ in link.steps)
        self.chosen: Callable[[int], tuple[_Numbered, ...]] = cache(self._chosen)
        self.names: Callable[[int], frozenset[str]] = cache(self._names)
        self.parts: Callable[[int, tuple[str, ...]], tuple[tuple[Link, ...], tuple[int, ...]]] = cache(self._parts)

    def _chosen(self, mask: int) -> tuple[_Numbered, ...]:
        """Some links, each with its bit and its variables."""
        return tuple((1 << n, link, link.variables()) for n, link in enumerate(self.links) if mask >> n & 1)

    def _names(self, mask: int) -> frozenset[str]:
        """The variables of some links."""
        return frozenset(name for _, _, names in self.chosen(mask) for name in names)

    def _parts(self, mask: int, open_: tuple[str, ...]) -> tuple[tuple[Link, ...], tuple[int, ...]]:
        """Of some links, those without open variables; and what of the others hangs together by these."""
        closed: list[Link] = []
        parts: list[tuple[int, frozenset[str]]] = []
        for bit, link, variables in self.chosen(mask):
            names = variables.intersection(open_)
            if not names:
                closed.append(link)
                continue
            tied = [part for part in parts if part[1] & names]
            parts = [part for part in parts if part not in tied]
            parts.append((bit | sum(part[0] for part in tied), names.union(*(part[1] for part in tied))))
        return tuple(closed), tuple(part for part, _ in parts)


class View:
    """A store and, with it, what it does not hold any more or may be about to hold.

    All its methods raise ``TooLargeError`` when they have looked at too much together for such a store.

    >>> from .ways import rule_ways
    >>> [way] = rule_ways("CONSTRUCT { ?x x:p ?y } WHERE { ?x x:q/x:q ?y }", {"x": "x:"})
    >>> pattern, (one, two, q) = Pattern(way), (ox.NamedNode(f"x:{name}") for name in ("1", "2", "q"))
    >>> store = Store.memory()
    >>> store.extend([ox.Quad(one, q, two)])
    >>> view = View(store)
    >>> view.add([ox.Triple(two, q, one)])
    >>> view.solutions(pattern, pattern.core, {"x": two}, frozenset({"y"}))
    ({'y': <NamedNode value=x:2>},)
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ghosts = Store.memory()
        self._names: set[ox.NamedNode] = set()
        self._looks = 0
        self._asked = _FREE
        self._solved: defaultdict[Pattern, dict[object, tuple[Values, ...]]] = defaultdict(dict)
        self._read: defaultdict[Pattern, dict[object, bool]] = defaultdict(dict)
        self._paired: dict[_Ends, tuple[int, list[_Pair]]] = {}
        self._met: dict[ox.Triple, None] = {}

    def add(self, triples: Iterable[ox.Triple]) -> None:
        """Let triples be there."""
        new = [ox.Quad(triple.subject, triple.predicate, triple.object) for triple in triples]
        self._ghosts.extend(new)
        names = {quad.predicate for quad in new}
        self._names |= names
        for pattern in [pattern for pattern in self._solved if not names.isdisjoint(pattern.steps)]:
            del self._solved[pattern]
        stale = [key for key in self._paired if any(step in names for step, _ in key[0])]
        for key in stale:
            del self._paired[key]

    def met(self) -> list[ox.Triple]:
        """The triples that were read since this was last asked."""
        met, self._met = list(self._met), {}
        return met

    def touching(self, link: Link, triple: ox.Triple) -> Iterator[Values]:
        """The values of a link's variables where a triple is its step, or one of them."""
        for step, forwards in link.steps:
            if step == triple.predicate:
                one, other = (triple.subject, triple.object) if forwards else (triple.object, triple.subject)
                starts, ends = {one}, {other}
                if link.repeated:
                    starts, ends = set(self._reach(link, one, back=True)[0]), set(self._reach(link, other)[0])
                for start in starts:
                    for end in ends:
                        values = _bound(link, start, end, {})
                        if values is not None:
                            yield values

    def solutions(self, pattern: Pattern, mask: int, values: Values, wanted: frozenset[str]) -> tuple[Values, ...]:
        """What else the wanted variables can be, each time once, where some links of a pattern are there."""
        if not mask:
            return ({},)
        kept = self._solved[pattern]
        key = (mask, wanted, *map(values.get, pattern.names(mask)))
        if key not in kept:
            kept[key] = self._solve(pattern, mask, values, wanted)
        return kept[key]

    def read(self, pattern: Pattern, mask: int, values: Values) -> bool:
        """Meet the triples by which some links of a pattern are there; whether they are."""
        if not mask:
            return True
        kept = self._read[pattern]
        key = (mask, *map(values.get, pattern.names(mask)))
        if key not in kept:
            kept[key] = self._collect(pattern, mask, values)
        return kept[key]

    def _solve(self, pattern: Pattern, mask: int, values: Values, wanted: frozenset[str]) -> tuple[Values, ...]:
        open_ = tuple(name for name in pattern.names(mask) if name not in values)
        closed, parts = pattern.parts(mask, open_)
        if not all(self._some(link, _value(link.start, values), _value(link.end, values), 1) for link in closed):
            return ()
        if len(parts) != 1:
            together: list[Values] = [{}]
            for part in parts:
                more = self.solutions(pattern, part, values, wanted)
                together = [one | other for one in together for other in more]
                if not together:
                    break
            return tuple(together)
        told = [name for name in open_ if name in wanted]
        found: dict[tuple[Term, ...], Values] = {}
        bit, link, pairs = self._best(pattern, parts[0], values)
        for start, end, _ in pairs:
            bound = _bound(link, start, end, values)
            if bound is not None:
                for rest in self.solutions(pattern, parts[0] & ~bit, bound, wanted):
                    solution = {name: rest[name] if name in rest else bound[name] for name in told}
                    found[tuple(solution.values())] = solution
                    if not told:
                        return (solution,)
        return tuple(found.values())

    def _collect(self, pattern: Pattern, mask: int, values: Values) -> bool:
        closed, parts = pattern.parts(mask, tuple(name for name in pattern.names(mask) if name not in values))
        for link in closed:
            pairs = self._some(link, _value(link.start, values), _value(link.end, values), _FIRST_LOOK)
            if not pairs:
                return False
            self._meet(pairs)
        if len(parts) != 1:
            return all(self.read(pattern, part, values) for part in parts)
        bit, link, pairs = self._best(pattern, parts[0], values)
        fitting = []
        for pair in pairs:
            bound = _bound(link, pair[0], pair[1], values)
            if bound is not None and self.read(pattern, parts[0] & ~bit, bound):
                fitting.append(pair)
        self._meet(fitting)
        return bool(fitting)

    def _meet(self, pairs: Iterable[_Pair]) -> None:
        for _, _, triples in pairs:
            self._met.update(dict.fromkeys(triples))

    def _best(self, pattern: Pattern, mask: int, values: Values) -> tuple[int, Link, list[_Pair]]:
        """The link with the fewest pairs, with its bit and these; no more are counted than it takes to tell."""
        chosen = pattern.chosen(mask)
        # What hangs on nothing yet waits: names alone are shared by too many.
        tied = [one for one in chosen if not one[2].isdisjoint(values)] or chosen
        limit = _FIRST_LOOK
        while True:
            best: tuple[int, Link, list[_Pair]] | None = None
            for bit, link, _ in tied:
                pairs = self._some(link, _value(link.start, values), _value(link.end, values), limit)
                if len(pairs) < limit and (best is None or len(pairs) < len(best[2])):
                    best = bit, link, pairs
                    if len(pairs) < 2:
                        return best
            if best is not None:
                return best
            limit *= 8

    def _some(self, link: Link, start: Term | None, end: Term | None, limit: int) -> list[_Pair]:
        key = (link.steps, link.repeated, start, end)
        counted, pairs = self._paired.get(key, (0, []))
        if counted < limit and len(pairs) == counted:  # there may be more
            pairs = list(islice(self._pairs(link, start, end), limit))
            self._look(len(pairs) + 1)
            self._paired[key] = limit, pairs
        return pairs

    def _pairs(self, link: Link, start: Term | None, end: Term | None) -> Iterator[_Pair]:
        if link.repeated:
            if start is None and end is None:
                raise TooLargeError
            nodes, triples = self._reach(link, end if start is None else start, back=start is None)  # type: ignore[arg-type]
            for node in nodes:
                if start is None:
                    yield node, end, triples  # type: ignore[misc]
                elif end in (None, node):
                    yield start, node, triples
        else:
            for step, forwards in link.steps:
                for triple in self._match(*((start, step, end) if forwards else (end, step, start))):
                    pair = (triple.subject, triple.object) if forwards else (triple.object, triple.subject)
                    yield *pair, (triple,)

    def _reach(self, link: Link, start: Term, *, back: bool = False) -> tuple[list[Term], tuple[ox.Triple, ...]]:
        """The nodes that any number of steps lead to, or come from, and the triples on the way."""
        nodes = {start: None}
        triples: dict[ox.Triple, None] = {}
        todo = [start]
        while todo:
            node = todo.pop()
            for step, forwards in link.steps:
                ahead = forwards != back
                for triple in self._match(*((node, step, None) if ahead else (None, step, node))):
                    self._look()
                    triples[triple] = None
                    other = triple.object if ahead else triple.subject
                    if other not in nodes:
                        nodes[other] = None
                        todo.append(other)
        return list(nodes), tuple(triples)

    def _look(self, times: int = 1) -> None:
        self._looks += times
        if self._looks > self._asked:
            enough = _PER_LOOK * self._looks
            if sum(1 for _ in islice(self._store.quads(), enough)) < enough:
                raise TooLargeError
            self._asked = 2 * self._looks

    def _match(self, subject: Term | None, predicate: ox.NamedNode, value: Term | None) -> Iterator[ox.Triple]:
        if isinstance(subject, ox.Literal):
            return iter(())
        stores = (self._store, self._ghosts) if predicate in self._names else (self._store,)
        found = chain.from_iterable(store.match(subject, predicate, value) for store in stores)
        return (quad.triple for quad in found)


def fitted(head: Atom, triple: ox.Triple) -> Values | None:
    """The values of a pattern's variables for a triple; nothing if it does not fit.

    >>> node = ox.NamedNode("x:a")
    >>> fitted(("x", node, "x"), ox.Triple(node, node, node))
    {'x': <NamedNode value=x:a>}
    """
    found: Values = {}
    for slot, term in zip(head, (triple.subject, triple.predicate, triple.object), strict=True):
        if (found.setdefault(slot, term) if isinstance(slot, str) else slot) != term:
            return None
    return found


def filled(head: Atom, values: Values) -> ox.Triple | None:
    """A pattern's triple; nothing where that would be none.

    >>> node = ox.NamedNode("x:a")
    >>> filled(("x", node, node), {"x": ox.Literal("no subject")}) is None
    True
    """
    subject, predicate, value = (values[slot] if isinstance(slot, str) else slot for slot in head)
    return None if isinstance(subject, ox.Literal) else ox.Triple(subject, predicate, value)  # type: ignore[arg-type]


def _value(place: Place, values: Values) -> Term | None:
    return values.get(place) if isinstance(place, str) else place


def _bound(link: Link, start: Term, end: Term, values: Values) -> Values | None:
    found = dict(values)
    for place, term in ((link.start, start), (link.end, end)):
        if (found.setdefault(place, term) if isinstance(place, str) else place) != term:
            return None
    return found
