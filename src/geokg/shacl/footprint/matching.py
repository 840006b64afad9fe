"""From a changed triple back to the focus nodes that it can touch.

All is asked of one state, that which holds what stood before the edit and what stands after it: whatever matched at
either time matches there, so what has gone and what has come need no different treatment, nor does what is denied.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

import pyoxigraph as ox

from ..paths import Alternative, Inverse, OneOrMore, Path, Sequence, Step, ZeroOrMore, ZeroOrOne
from .patterns import THIS, Anywhere, Atom, Edge, Read, Slot, Term

_PEEK = 24
_PARTS = ("subject", "predicate", "object", "graph_name")
Bound = dict[str, Term]


class TooMany(Exception):
    """It would take longer to find out who is touched than to judge everybody again."""


class Eithertime:
    """A store and what has just gone from it.

    Args:
        store: as it is after the edit.
        gone: what it held before.
        without: graphs that nobody reads.
        most: how many quads may be looked at.

    >>> quad = ox.Quad(ox.NamedNode("x:a"), ox.NamedNode("x:p"), ox.NamedNode("x:b"))
    >>> state = Eithertime(ox.Store(), [quad])
    >>> list(state.quads(quad.subject, None, None)) == [quad]
    True
    """

    def __init__(
        self,
        store: ox.Store,
        gone: Iterable[ox.Quad] = (),
        *,
        without: frozenset[ox.NamedNode] = frozenset(),
        most: int = 20_000,
    ) -> None:
        self._store, self._without, self._most, self._left = store, without, most, most
        self._gone: dict[Term, list[ox.Quad]] = defaultdict(list)
        for quad in gone:
            for term in {quad.subject, quad.predicate, quad.object}:
                self._gone[term].append(quad)

    def begin(self) -> None:
        """Count anew what is looked at."""
        self._left = self._most

    def quads(
        self, subject: Term | None, predicate: Term | None, object: Term | None, graph: Term | None = None
    ) -> Iterator[ox.Quad]:
        """Those that fit; what is not given fits all.

        Raises:
            TooMany: too many have been looked at by now.
        """
        if isinstance(subject, ox.Literal) or not isinstance(predicate, (ox.NamedNode, type(None))):
            return
        for quad in self._store.quads_for_pattern(subject, predicate, object, graph):  # type: ignore[arg-type]
            if quad.graph_name not in self._without:
                self._count()
                yield quad
        if self._gone:
            for quad in self._gone.get(subject or object or predicate, ()):  # type: ignore[arg-type]
                if (
                    (subject is None or quad.subject == subject)
                    and (predicate is None or quad.predicate == predicate)
                    and (object is None or quad.object == object)
                    and (graph is None or quad.graph_name == graph)
                ):
                    self._count()
                    yield quad

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise TooMany

    def ends(self, path: Path, start: Term, graph: Term | None = None, *, back: bool = False) -> set[Term]:
        """Where a path leads from a node, or whence it leads there.

        >>> Eithertime(ox.Store()).ends(ZeroOrMore(Step(ox.NamedNode("x:p"))), ox.NamedNode("x:a"))
        {<NamedNode value=x:a>}
        """
        match path:
            case Step(predicate):
                return self._along(start, predicate, graph, back)
            case Anywhere():
                return self._along(start, None, graph, back)
            case Inverse(inner):
                return self.ends(inner, start, graph, back=not back)
            case Sequence(items):
                nodes = {start}
                for item in reversed(items) if back else items:
                    nodes = {end for node in nodes for end in self.ends(item, node, graph, back=back)}
                return nodes
            case Alternative(items):
                return {end for item in items for end in self.ends(item, start, graph, back=back)}
            case ZeroOrOne(inner):
                return {start} | self.ends(inner, start, graph, back=back)
            case ZeroOrMore(inner) | OneOrMore(inner):
                found: set[Term] = {start} if isinstance(path, ZeroOrMore) else set()
                waiting = [start]
                while waiting:
                    new = self.ends(inner, waiting.pop(), graph, back=back) - found
                    found |= new
                    waiting += new
                return found
        raise TypeError(path)

    def _along(self, node: Term, predicate: ox.NamedNode | None, graph: Term | None, back: bool) -> set[Term]:
        if back:
            return {quad.subject for quad in self.quads(None, predicate, node, graph)}
        return {quad.object for quad in self.quads(node, predicate, None, graph)}


def touched(read: Read, quad: ox.Quad, state: Eithertime) -> set[Term] | None:
    """The focus nodes that a changed quad can touch by a read; ``None`` for all that there are.

    Whoever is come upon is taken, whether the rest of what should hold beside the quad holds or not: judging one node
    more takes no longer than asking. It is asked only where any predicate is read, for there every quad fits.

    Raises:
        TooMany: it is not worth finding out.

    >>> quad = ox.Quad(ox.NamedNode("x:a"), ox.NamedNode("x:p"), ox.NamedNode("x:b"))
    >>> touched(Read(Edge(THIS, ox.NamedNode("x:p"), "o")), quad, Eithertime(ox.Store()))
    {<NamedNode value=x:a>}
    """
    bound = _unify(read.edge, quad, read.beside.only)
    if bound is None:
        return set()
    if read.all:
        return None
    search = _Search(read.beside.only, state, is_strict=isinstance(read.edge.predicate, str))
    return search.found if search.run(read.beside.atoms, bound) else None


def _unify(edge: Edge, quad: ox.Quad, only: Mapping[str, frozenset[Term]]) -> Bound | None:
    """What the variables of a pattern are where it matches a quad."""
    open_: list[tuple[Slot | None, str]] = []
    for slot, part in zip((edge.subject, edge.predicate, edge.object, edge.graph), _PARTS, strict=True):
        if isinstance(slot, str):
            open_.append((slot, part))
        elif slot is not None and slot != getattr(quad, part):
            return None
    return _with({}, open_, quad, only)


class _Search:
    """The focus nodes for which some patterns match.

    Args:
        only: for some variables the terms that they can be.
        state: the data.
        is_strict: whether patterns are looked at that say nothing of who the focus node is.
    """

    def __init__(self, only: Mapping[str, frozenset[Term]], state: Eithertime, *, is_strict: bool) -> None:
        self.found: set[Term] = set()
        self._only, self._state, self._is_strict = only, state, is_strict

    def run(self, atoms: tuple[Atom, ...], bound: Bound) -> bool:
        """Collect those that patterns and what is known lead to; whether they could be told from all others."""
        this = bound.get(THIS)
        if this is not None and (not self._is_strict or this in self.found):
            self.found.add(this)
            return True
        place, ways = self._next(atoms, bound)
        if ways is None:  # what is left has nothing to do with what is known
            if this is not None:
                self.found.add(this)
            return this is not None
        rest = atoms[:place] + atoms[place + 1 :]
        for way in ways:
            if not self.run(rest, way):
                return False
            if this is not None and this in self.found:
                break
        return True

    def _next(self, atoms: tuple[Atom, ...], bound: Bound) -> tuple[int, Iterable[Bound] | None]:
        """The pattern to match next, with few matches as far as that is cheap to tell, and its matches."""
        forward, backward = -1, []
        for place, atom in enumerate(atoms):
            start, end = (atom.subject, atom.object) if isinstance(atom, Edge) else (atom.start, atom.end)
            has_end = not isinstance(end, str) or end in bound
            if not isinstance(start, str) or start in bound:
                if has_end:
                    return place, self._matches(atom, bound)
                if forward < 0 or isinstance(atom, Edge):
                    forward = place
            elif has_end:
                backward.append(place)
        if forward >= 0:
            return forward, self._matches(atoms[forward], bound)
        if not backward:
            return 0, None
        if len(backward) == 1:
            return backward[0], self._matches(atoms[backward[0]], bound)
        tried = [(list(islice(self._matches(atoms[place], bound), _PEEK)), place) for place in backward]
        ways, place = min(tried, key=lambda one: len(one[0]))
        return place, ways if len(ways) < _PEEK else self._matches(atoms[place], bound)

    def _matches(self, atom: Atom, bound: Bound) -> Iterator[Bound]:
        graph = _value(atom.graph, bound)
        if isinstance(atom, Edge):
            slots = (atom.subject, atom.predicate, atom.object, atom.graph)
            open_ = [(slot, part) for slot, part in zip(slots, _PARTS, strict=True) if _is_open(slot, bound)]
            subject, predicate, object_ = (_value(slot, bound) for slot in slots[:3])
            for quad in self._state.quads(subject, predicate, object_, graph):
                made = _with(bound, open_, quad, self._only)
                if made is not None:
                    yield made
            return
        start, end = _value(atom.start, bound), _value(atom.end, bound)
        if start is not None:
            nodes, slot = self._state.ends(atom.path, start, graph), atom.end
        elif end is not None:
            nodes, slot = self._state.ends(atom.path, end, graph, back=True), atom.start
        else:
            raise TypeError(atom)  # :meth:`_next` takes none that is tied to nothing
        for node in nodes:
            if not isinstance(slot, str):
                if slot == node:
                    yield bound
            elif bound.get(slot, node) == node and (slot not in self._only or node in self._only[slot]):
                yield bound | {slot: node}


def _is_open(slot: Slot | None, bound: Bound) -> bool:
    return isinstance(slot, str) and slot not in bound


def _with(
    bound: Bound, open_: list[tuple[Slot | None, str]], quad: ox.Quad, only: Mapping[str, frozenset[Term]]
) -> Bound | None:
    """What is known once some variables take the terms of a quad; nothing if they cannot."""
    made = dict(bound)
    for name, part in open_:
        term = getattr(quad, part)
        if made.setdefault(name, term) != term or (name in only and term not in only[name]):  # type: ignore[arg-type, index]
            return None
        if part == "graph_name" and isinstance(term, ox.DefaultGraph):
            return None
    return made


def _value(slot: Slot | None, bound: Bound) -> Term | None:
    return bound.get(slot) if isinstance(slot, str) else slot
