"""What follows by axioms, written into one graph of a store and kept right there.

All at once, the axioms that add to one class or property are one query, in an order in which most queries find all they
need; what comes too late for an earlier one is followed up from the new triples alone (semi-naive evaluation). So is a
change. For what goes, everything that may have rested on it goes first, and what still follows comes back (delete and
rederive: Gupta, Mumick, Subrahmanian, "Maintaining views incrementally", SIGMOD 1993).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TypeAlias

import pyoxigraph as ox

from ..store import Store, Term
from .axioms import TYPE, Atom, Axiom, Bindings, Slot, axioms, signature

Name: TypeAlias = "Slot | Term"
"""A class or property, as ``signature`` gives it."""
Match: TypeAlias = "Callable[..., Iterable[ox.Quad]]"


_AT_ONCE = 20_000
"""How many triples are found before they are written, so that a large graph is not held twice."""
_UNFLUSHED = 100_000
"""After how many triples a store on disk is told to let go of what it holds of them in memory."""
_HELD = 50_000
"""How many triples that stand already are held to be compared with, which takes half the time that looking does."""


class Closure:
    """The axioms of a store, ready to be applied to it.

    Args:
        store: changed in place.
        graph: the graph for what follows.
        only: these of the store's axioms; all unless given.

    Attributes:
        axioms: what the store says of its classes and properties.

    >>> from geokg.ontology import statements
    >>> store = Store.memory()
    >>> store.extend(statements("x:ontology", "x:vocab"))
    >>> hu, iri = ox.NamedNode("x:hu"), "https://w3id.org/geokg/ontology/"
    >>> store.extend([ox.Quad(hu, TYPE, ox.NamedNode(iri + "Person"), ox.NamedNode("x:said"))])
    >>> Closure(store, "x:inferred").all() > 0
    True
    >>> store.contains(hu, TYPE, ox.NamedNode(iri + "Actor"), ox.NamedNode("x:inferred"))
    True
    """

    def __init__(self, store: Store, graph: str, only: Iterable[Axiom] | None = None) -> None:
        self.axioms = axioms(store) if only is None else tuple(only)
        self._store = store
        self._graph = ox.NamedNode(graph)
        self._makers: defaultdict[Name, list[Axiom]] = defaultdict(list)
        for axiom in self.axioms:
            self._makers[signature(axiom.head)].append(axiom)
        self._uses = _uses(self.axioms)

    def all(self) -> int:
        """Write all that follows from what the store holds; how many triples that is."""
        total = unflushed = 0
        done: list[Axiom] = []
        for name in self._order():
            done += self._makers[name]
            uses, followed = _uses(done), 0
            found = self._found(self._makers[name])
            while some := list(islice(found, _AT_ONCE)):
                if followed:  # the query does not see what came of the triples before these
                    some = list(self._store.unknown(some))
                self._write(some)
                followed += len(self._follow(some, uses))
                total += len(some)
                unflushed += len(some)
                if unflushed >= _UNFLUSHED:
                    self._store.ox.flush()
                    unflushed = 0
            total += followed
        return total

    def follow(self, new: Iterable[ox.Triple]) -> list[ox.Triple]:
        """Write what follows from triples that have come into the store; what that is."""
        return self._follow(list(new), self._uses)

    def unfollow(self, gone: Iterable[ox.Triple]) -> list[ox.Triple]:
        """Take away what no longer follows, now that the store does not hold some triples any more; what that is."""
        ghosts = Store.memory()  # what was there: two triples that led to a third may have gone together

        def match(*pattern: Term) -> Iterator[ox.Quad]:
            return chain(self._store.match(*pattern), ghosts.match(*pattern))  # type: ignore[arg-type]

        batch = list(dict.fromkeys(gone))
        doubtful = dict.fromkeys(batch)
        while batch:
            ghosts.extend(ox.Quad(t.subject, t.predicate, t.object) for t in batch)
            follows = dict.fromkeys(t for triple in batch for t in _consequences(triple, self._uses, match))
            batch = [t for t in follows if self._store.contains(t.subject, t.predicate, t.object, self._graph)]
            self._store.remove(self._quad(triple) for triple in batch)
            doubtful |= dict.fromkeys(batch)
        back = [t for t in doubtful if next(self.reasons(t), None) is not None]
        self._write(back)
        self.follow(back)
        return [t for t in doubtful if not self._store.contains(t.subject, t.predicate, t.object)]

    def reasons(self, triple: ox.Triple) -> Iterator[tuple[Axiom, tuple[ox.Triple, ...]]]:
        """By which axioms, and from which triples that the store holds, a triple follows in one step."""
        for axiom in self._makers.get(signature(triple), ()):
            bindings = _bound(axiom.head, triple, {})
            if bindings is not None and axiom.triple(bindings) == triple:
                for solution in _joined(list(axiom.body), bindings, self._store.match):
                    yield axiom, tuple(_filled(atom, solution) for atom in axiom.body)

    def behind(self, names: Iterable[Name]) -> set[Name]:
        """Those classes and properties, and all from which axioms lead to them."""
        return _reached(names, lambda name: (signature(a) for axiom in self._makers.get(name, ()) for a in axiom.body))

    def before(self, names: Iterable[Name]) -> set[Name]:
        """Those classes and properties, and all to which axioms lead from them."""
        return _reached(names, lambda name: (signature(axiom.head) for axiom, _ in self._uses.get(name, ())))

    def _order(self) -> list[Name]:
        """The classes and properties that axioms add to, each after those that it needs where there is no circle."""
        order: dict[Name, None] = {}
        begun: set[Name] = set()
        for start in list(self._makers):
            trail = [] if start in begun else [(start, self._needs(start))]
            begun.add(start)
            while trail:
                following = next(trail[-1][1], None)
                if following is None:
                    order[trail.pop()[0]] = None
                elif following not in begun:
                    begun.add(following)
                    trail.append((following, self._needs(following)))
        return list(order)

    def _needs(self, name: Name) -> Iterator[Name]:
        return (one for axiom in self._makers[name] for one in map(signature, axiom.body) if one in self._makers)

    def _found(self, makers: Sequence[Axiom]) -> Iterator[ox.Triple]:
        """What the axioms for one class or property give that stands nowhere when the first is asked for."""
        _, predicate, value = makers[0].head
        is_type = predicate == TYPE
        bodies = " UNION ".join(f"{{ {_sparql(axiom)} }}" for axiom in makers)
        known = self._store.match(None, predicate, value if is_type else None)  # type: ignore[arg-type]
        few = sum(1 for _ in islice(known, _HELD)) < _HELD
        rows = self._store.solutions(
            f"SELECT DISTINCT ?s {'' if is_type else '?o'} {{ {bodies} "
            f"{'MINUS' if few else 'FILTER NOT EXISTS'} {{ ?s {predicate} {value if is_type else '?o'} }} }}"
        )
        for row in rows:
            if not isinstance(row["s"], ox.Literal):
                yield ox.Triple(row["s"], predicate, value if is_type else row["o"])  # type: ignore[arg-type]

    def _follow(self, new: list[ox.Triple], uses: _Uses) -> list[ox.Triple]:
        total: list[ox.Triple] = []
        while new:
            follows = (t for triple in new for t in _consequences(triple, uses, self._store.match))
            new = list(self._store.unknown(follows))
            self._write(new)
            total += new
        return total

    def _write(self, triples: Iterable[ox.Triple]) -> None:
        self._store.extend(map(self._quad, triples))

    def _quad(self, triple: ox.Triple) -> ox.Quad:
        return ox.Quad(triple.subject, triple.predicate, triple.object, self._graph)


_Uses: TypeAlias = "dict[Name, list[tuple[Axiom, int]]]"
"""Which axioms ask for a class or property, and where in their bodies."""


def _uses(axioms: Iterable[Axiom]) -> _Uses:
    found: _Uses = {}
    for axiom in axioms:
        for place, atom in enumerate(axiom.body):
            found.setdefault(signature(atom), []).append((axiom, place))
    return found


def _reached(names: Iterable[Name], further: Callable[[Name], Iterable[Name]]) -> set[Name]:
    found: set[Name] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += further(name)
    return found


def _consequences(triple: ox.Triple, uses: _Uses, match: Match) -> Iterator[ox.Triple]:
    """What follows in one step from a triple, together with others."""
    for axiom, place in uses.get(signature(triple), ()):
        bindings = _bound(axiom.body[place], triple, {})
        if bindings is not None:
            rest = [atom for number, atom in enumerate(axiom.body) if number != place]
            for solution in _joined(rest, bindings, match):
                made = axiom.triple(solution)
                if made is not None:
                    yield made


def _bound(atom: Atom, triple: ox.Triple | ox.Quad, bindings: Bindings) -> Bindings | None:
    """The variables of a pattern as a triple fills them, beside those that have a value; nothing if it does not fit."""
    made = dict(bindings)
    for slot, term in zip(atom, (triple.subject, triple.predicate, triple.object), strict=True):
        if (made.setdefault(slot, term) if isinstance(slot, str) else slot) != term:
            return None
    return made


def _joined(atoms: list[Atom], bindings: Bindings, match: Match) -> Iterator[Bindings]:
    """All values of the variables for which triples stand for all patterns; those next to known things come first."""
    if not atoms:
        yield bindings
        return
    atom = min(atoms, key=lambda atom: sum(isinstance(slot, str) and slot not in bindings for slot in atom))
    rest = [other for other in atoms if other is not atom]
    pattern = [bindings.get(slot) if isinstance(slot, str) else slot for slot in atom]
    if isinstance(pattern[0], ox.Literal):
        return
    for quad in match(*pattern):
        found = _bound(atom, quad, bindings)
        if found is not None:
            yield from _joined(rest, found, match)


def _filled(atom: Atom, bindings: Bindings) -> ox.Triple:
    return ox.Triple(*(bindings[slot] if isinstance(slot, str) else slot for slot in atom))  # type: ignore[arg-type]


def _sparql(axiom: Axiom) -> str:
    """The patterns of an axiom's body, with the ends of its head called ``?s`` and ``?o``."""
    names = {axiom.head[0]: "?s", axiom.head[2]: "?o"}
    told = [" ".join(names.get(s, f"?{s}") if isinstance(s, str) else str(s) for s in atom) for atom in axiom.body]
    return " . ".join(told) + (" FILTER ( ! sameTerm(?s, ?o) )" if axiom.kind == "transitive" else "")
