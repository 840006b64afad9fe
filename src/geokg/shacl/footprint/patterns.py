"""What a shape reads, as data: triple patterns, walks along paths, and what must hold beside them.

A condition here may be met too often, never too seldom: whoever is marked in vain is only judged again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, product
from typing import TypeAlias

import pyoxigraph as ox

from ..paths import Alternative, Inverse, OneOrMore, Path, Sequence, Step, ZeroOrMore, ZeroOrOne

Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | ox.DefaultGraph
Slot: TypeAlias = Term | str
"""A term, or the name of a variable."""

THIS = "this"
"""The variable for the focus node of the shape that has the target."""

HERE = Sequence(())
"""The path that stays where it is."""

_ALTERNATIVES = 32


class Anywhere(Path):
    """Along any property, as ``!(...)`` goes along all but a few."""

    def sparql(self) -> str:
        """All but none."""
        return "!()"


def steps(path: Path) -> Iterator[tuple[Path, ox.NamedNode | None, bool, Path]]:
    """Each triple that a path can lead along.

    Yields:
        The way to it, its property (``None`` for any), whether it is walked from object to subject, the way on.

    >>> p, q = Step(ox.NamedNode("x:p")), Step(ox.NamedNode("x:q"))
    >>> for before, predicate, back, after in steps(Sequence((Inverse(p), ZeroOrMore(q)))):
    ...     print(before.sparql(), predicate, back, after.sparql())
     <x:p> True <x:q>*
    (^<x:p>)/(<x:q>*) <x:q> False <x:q>*
    """
    match path:
        case Step():
            yield HERE, path.predicate, False, HERE
        case Anywhere():
            yield HERE, None, False, HERE
        case Inverse(inner):
            for before, predicate, back, after in steps(inner):
                yield _reverse(after), predicate, not back, _reverse(before)
        case Sequence(items):
            for place, item in enumerate(items):
                for before, predicate, back, after in steps(item):
                    yield _chain(*items[:place], before), predicate, back, _chain(after, *items[place + 1 :])
        case Alternative(items):
            for item in items:
                yield from steps(item)
        case ZeroOrMore(inner) | OneOrMore(inner):
            again = ZeroOrMore(inner)
            for before, predicate, back, after in steps(inner):
                yield _chain(again, before), predicate, back, _chain(after, again)
        case ZeroOrOne(inner):
            yield from steps(inner)
        case _:
            raise TypeError(path)


def _reverse(path: Path) -> Path:
    return HERE if path == HERE else Inverse(path)


def _chain(*paths: Path) -> Path:
    rest = tuple(path for path in paths if path != HERE)
    return rest[0] if len(rest) == 1 else Sequence(rest)


def may_stay(path: Path) -> bool:
    """Whether a path can end where it starts without a triple.

    >>> may_stay(HERE), may_stay(Step(ox.NamedNode("x:p")))
    (True, False)
    """
    match path:
        case ZeroOrMore() | ZeroOrOne():
            return True
        case Sequence(items):
            return all(map(may_stay, items))
        case Alternative(items):
            return any(map(may_stay, items))
        case Inverse(inner) | OneOrMore(inner):
            return may_stay(inner)
        case _:
            return False


@dataclass(frozen=True)
class Edge:
    """A triple pattern; its graph is a slot, or ``None`` for the union of all graphs."""

    subject: Slot
    predicate: Slot
    object: Slot
    graph: Slot | None = None


@dataclass(frozen=True)
class Walk:
    """Two slots that a path joins."""

    start: Slot
    path: Path
    end: Slot
    graph: Slot | None = None


Atom: TypeAlias = Edge | Walk


def variables(atom: Atom) -> set[str]:
    """The variables of a pattern.

    >>> sorted(variables(Edge("s", ox.NamedNode("x:p"), "o", "g")))
    ['g', 'o', 's']
    """
    slots = (atom.subject, atom.predicate, atom.object) if isinstance(atom, Edge) else (atom.start, atom.end)
    return {slot for slot in (*slots, atom.graph) if isinstance(slot, str)}


@dataclass(frozen=True)
class Beside:
    """What must hold beside a triple for it to count.

    Attributes:
        atoms: the patterns.
        only: for some variables the terms that they can be.
    """

    atoms: tuple[Atom, ...] = ()
    only: Mapping[str, frozenset[Term]] = field(default_factory=dict)

    def __and__(self, other: Beside) -> Beside:
        only = dict(self.only)
        for name, terms in other.only.items():
            only[name] = only[name] & terms if name in only else terms
        return Beside((*self.atoms, *other.atoms), only)

    @property
    def variables(self) -> set[str]:
        """Those of the patterns."""
        return {name for atom in self.atoms for name in variables(atom)}


Either: TypeAlias = tuple[Beside, ...]
"""Alternatives, one of which must hold."""

ALWAYS: Either = (Beside(),)


def both(*parts: Either) -> Either:
    """All of some conditions; where that makes too many combinations, only those without alternatives.

    >>> both((Beside(), Beside()), ALWAYS) == (Beside(), Beside())
    True
    """
    made = ALWAYS
    for part in sorted(parts, key=len):
        if len(made) * len(part) > _ALTERNATIVES:
            break
        made = tuple(one & other for one, other in product(made, part))
    return made


@dataclass(frozen=True)
class Read:
    """A triple pattern that a shape reads.

    Attributes:
        edge: the pattern.
        beside: what must hold beside it for ``this`` to be touched.
        all: every focus node is touched.
    """

    edge: Edge
    beside: Beside = Beside()
    all: bool = False


class Fresh:
    """Names for variables that nobody else has.

    >>> fresh = Fresh()
    >>> fresh(), fresh("x")
    ('_1', 'x_2')
    """

    def __init__(self) -> None:
        self._numbers = count(1)

    def __call__(self, name: str = "") -> str:
        """One more."""
        return f"{name}_{next(self._numbers)}"


def reads(atom: Atom, context: Either, fresh: Fresh, sure: frozenset[Slot] = frozenset()) -> Iterator[Read]:
    """What matching a pattern reads.

    Args:
        atom: the pattern.
        context: what must hold beside it.
        fresh: names for the places between.
        sure: the slots whose node the union of all graphs surely holds.
    """
    if isinstance(atom, Edge):
        yield from (Read(atom, beside) for beside in context)
        return
    for before, predicate, back, after in steps(atom.path):
        start = atom.start if before == HERE else fresh()
        end = atom.end if after == HERE else fresh()
        near: tuple[Atom, ...] = ()
        near += () if before == HERE else (Walk(atom.start, before, start, atom.graph),)
        near += () if after == HERE else (Walk(end, after, atom.end, atom.graph),)
        ends = (end, start) if back else (start, end)
        edge = Edge(ends[0], predicate or fresh(), ends[1], atom.graph)
        yield from (Read(edge, Beside(near) & beside) for beside in context)
    if may_stay(atom.path):
        yield from _presence(atom, context, fresh, sure)


def _presence(walk: Walk, context: Either, fresh: Fresh, sure: frozenset[Slot]) -> Iterator[Read]:
    """A path that leads nowhere is walked only from a node that the graph holds, as Oxigraph has it."""
    stays = Beside((Walk(walk.start, HERE, walk.end),))
    for beside in context:
        held = set(sure if walk.graph is None else ())
        for atom in beside.atoms:
            if walk.graph in (None, atom.graph) and (isinstance(atom, Edge) or not may_stay(atom.path)):
                held |= variables(atom)
        if walk.start not in held and walk.end not in held:
            yield Read(Edge(walk.start, fresh(), fresh(), walk.graph), stays & beside)
            yield Read(Edge(fresh(), fresh(), walk.start, walk.graph), stays & beside)
