"""Why a triple stands: by which axiom or rule, from which triples, and so on down to what somebody wrote.

Nothing is kept for this. The head of a rule is bound to the triple and the body is asked what it matched; so it is with
axioms. The shortest derivation is looked for first, so none goes in a circle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, TypeAlias

import pyoxigraph as ox
from rdflib import URIRef
from rdflib.paths import AlternativePath, InvPath, MulPath, Path, SequencePath
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.parserutils import CompValue

from ..errors import GeokgError
from ..store import Store
from ..vocabulary import prefixes
from . import Rule, graphs, packaged_rules, policies, ways
from .axioms import Axiom, Bindings
from .closure import Closure
from .footprint import chunks

_DEEPEST = 40
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
_TEMPLATE = re.compile(r"\bCONSTRUCT\s*\{[^{}]*\}\s*WHERE\s*\{")
_SUBQUERY = re.compile(r"\{\s*SELECT\b[^{}]*\bWHERE\s*\{")
_ASSIGNED = re.compile(r"\bAS\s+\?(\w+)")
_Reason: TypeAlias = "tuple[Axiom | Rule, tuple[ox.Triple, ...]]"


@dataclass(frozen=True)
class Step:
    """Why one triple stands.

    Attributes:
        triple: the triple.
        graph: the IRI of the graph that it stands in; empty for the unnamed one.
        by: the axiom or rule that gives it; nothing if somebody wrote it.
        premises: from what it follows.
    """

    triple: ox.Triple
    graph: str
    by: Axiom | Rule | None = None
    premises: tuple[Step, ...] = ()


def derive(store: Store, triple: ox.Triple, rules: tuple[Rule, ...] | None = None) -> Step:
    """Find the shortest way in which a triple follows.

    Args:
        store: a store whose facts and inferences are current.
        triple: a triple that it holds.
        rules: the packaged rules, unless given.

    Raises:
        GeokgError: the store does not hold it.

    >>> from geokg import sample
    >>> from geokg.vocabulary import GK
    >>> store = sample().store
    >>> fact = next(iter(store.match(predicate=ox.NamedNode(str(GK.actsFor))))).triple
    >>> step = derive(store, fact)
    >>> step.by.kind, [premise.by.kind if premise.by else None for premise in step.premises]
    ('chain', ['chain', None, None])
    """
    if not store.contains(triple.subject, triple.predicate, triple.object):
        raise GeokgError(f"the graph does not say so: {triple}")
    return _Search(store, packaged_rules() if rules is None else rules).step(triple)


class _Search:
    """Proofs of growing depth, remembering what was proved, and what could not be within which depth."""

    def __init__(self, store: Store, rules: tuple[Rule, ...]) -> None:
        self._store = store
        self._written = set(graphs(store))
        self._closure = Closure(store, store.base.graph + "inferred")
        self._policies = policies(store)
        self._bodies = [_body(rule) for rule in rules]
        self._proved: dict[ox.Triple, Step] = {}
        self._failed: dict[ox.Triple, int] = {}

    def step(self, triple: ox.Triple) -> Step:
        found = (self._prove(triple, depth) for depth in range(_DEEPEST))
        # What nothing gives, somebody must have put there by hand.
        return next(filter(None, found), None) or Step(triple, self._place(triple))

    def _place(self, triple: ox.Triple) -> str:
        quads = self._store.match(triple.subject, triple.predicate, triple.object)
        names = sorted("" if isinstance(q.graph_name, ox.DefaultGraph) else q.graph_name.value for q in quads)
        return min(names, key=lambda name: name in self._written)

    def _prove(self, triple: ox.Triple, depth: int) -> Step | None:
        if triple in self._proved or self._failed.get(triple, -1) >= depth:
            return self._proved.get(triple)
        place = self._place(triple)
        step = Step(triple, place) if place not in self._written else None
        if step is None and depth > 0:
            for by, triples in self._reasons(triple, place):
                premises = [self._prove(one, depth - 1) for one in triples]
                if all(premises):
                    step = Step(triple, place, by, tuple(filter(None, premises)))
                    break
        if step is None:
            self._failed[triple] = depth
        else:
            self._proved[triple] = step
        return step

    def _reasons(self, triple: ox.Triple, place: str) -> Iterator[_Reason]:
        by_rules = (reason for body in self._bodies for reason in body.reasons(self._store, triple, self._under(place)))
        return chain(self._closure.reasons(triple), by_rules)

    def _under(self, place: str) -> str | None:
        return next((one for one in self._policies if one.rpartition("/")[2] == place.rpartition("/")[2]), None)


class _Body:
    """A rule's query taken apart: what it gives, and what it matches, sub-queries apart."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        query = prepareQuery(rule.sparql, initNs=prefixes()).algebra
        self._head = [tuple(map(_place, pattern)) for pattern in chunks(query.template)]
        self._groups: list[_Group] = []
        self._collect(query.p.p, _Group([], []))

    def _collect(self, part: Any, group: _Group) -> None:
        """Sort the patterns of a query by the sub-query that they stand in; what only filters is left out."""
        if group not in self._groups:
            self._groups.append(group)
        if isinstance(part, CompValue):
            if part.name == "Project":
                group = _Group([], [str(variable) for variable in part.PV])
            for name, inner in part.items():
                if name == "triples":
                    group.patterns.extend(tuple(map(_place, pattern)) for pattern in chunks(inner))
                elif name in ("p", "p1") or (name == "p2" and part.name != "Minus"):
                    self._collect(inner, group)

    def reasons(self, store: Store, triple: ox.Triple, policy: str | None) -> Iterator[_Reason]:
        """The ways in which the rule gives a triple: the triples that it matches."""
        if (self.rule.graph == "accepted") != (policy is not None):
            return
        text = _COMMENT.sub("", self.rule.sparql)
        bodies = _bodies(text)
        for pattern in self._head:
            bindings = _unified(pattern, triple)
            if bindings is None or len(bodies) != len(self._groups):
                continue
            if policy is not None:
                bindings.setdefault("policy", ox.NamedNode(policy))
            for row in _rows(store, text, bodies[0], bindings):
                found = dict.fromkeys(self._groups[0].matched(store, row))
                for body, group in zip(bodies[1:], self._groups[1:], strict=True):
                    shared = {name: row[name] for name in group.told if name in row and f"?{name}" in body}
                    for inner in _rows(store, text, body, shared):
                        found |= dict.fromkeys(group.matched(store, inner))
                yield self.rule, tuple(found)


@cache
def _body(rule: Rule) -> _Body:
    return _Body(rule)


@dataclass(frozen=True, eq=False)
class _Group:
    """The patterns of a query or sub-query, and the variables that it tells outside."""

    patterns: list[tuple[Any, ...]]
    told: list[str]

    def matched(self, store: Store, row: Bindings) -> Iterator[ox.Triple]:
        """The triples that the patterns stand for in one solution, where it has all their variables."""
        for pattern in self.patterns:
            subject, predicate, value = (row.get(slot) if isinstance(slot, str) else slot for slot in pattern)
            if subject is None or value is None or isinstance(subject, ox.Literal):
                continue
            if isinstance(predicate, Path):
                yield from next((way for way, end in _ways(store, predicate, subject) if end == value), ())
            elif isinstance(predicate, ox.NamedNode) and store.contains(subject, predicate, value):
                yield ox.Triple(subject, predicate, value)


def _place(term: Any) -> Any:
    """A term as the store has it; a variable by its name; a path as it is."""
    return term if isinstance(term, Path) else ways.place(term)


def _unified(pattern: tuple[Any, ...], triple: ox.Triple) -> Bindings | None:
    found: Bindings = {}
    for slot, term in zip(pattern, (triple.subject, triple.predicate, triple.object), strict=True):
        if (found.setdefault(slot, term) if isinstance(slot, str) else slot) != term:
            return None
    return found


def _bodies(text: str) -> list[str]:
    """The inside of the query's braces, and of each sub-query's."""
    starts = [found.end() for found in (_TEMPLATE.search(text), *_SUBQUERY.finditer(text)) if found is not None]
    return [text[start : _end(text, start)] for start in starts]


def _end(text: str, start: int) -> int:
    depth = 1
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if not depth:
            return place
    return len(text)


def _rows(store: Store, text: str, body: str, bindings: Bindings) -> Iterator[Bindings]:
    """The solutions of a body for some values of its variables, with these."""
    prologue = text.partition("CONSTRUCT")[0]
    # What the body itself assigns cannot be put in; it is compared with what comes out.
    assigned = set(_ASSIGNED.findall(body))
    given = {name: value for name, value in bindings.items() if name not in assigned}
    rows = store.solutions(f"{prologue} SELECT * WHERE {{ {body} }}", given)  # type: ignore[arg-type]
    names = [variable.value for variable in rows.variables]
    for row in rows:
        found = {name: value for name in names if (value := row[name]) is not None} | given
        if all(found.get(name) == value for name, value in bindings.items()):
            yield found


def _ways(store: Store, path: Any, start: Any) -> Iterator[tuple[tuple[ox.Triple, ...], Any]]:
    """Where a path leads to from a node, and by which triples; the shortest ways first."""
    if isinstance(path, URIRef):
        if not isinstance(start, ox.Literal):
            yield from (((q.triple,), q.object) for q in store.match(start, ox.NamedNode(str(path))))
    elif isinstance(path, InvPath):
        yield from (((q.triple,), q.subject) for q in store.match(None, ox.NamedNode(str(path.arg)), start))
    elif isinstance(path, AlternativePath):
        for option in path.args:
            yield from _ways(store, option, start)
    elif isinstance(path, SequencePath):
        ways: list[tuple[tuple[ox.Triple, ...], Any]] = [((), start)]
        for step in path.args:
            ways = [(way + more, end) for way, node in ways for more, end in _ways(store, step, node)]
        yield from ways
    elif isinstance(path, MulPath):
        if path.zero:
            yield (), start
        seen = {start}
        front: list[tuple[tuple[ox.Triple, ...], Any]] = [((), start)]
        while front:
            further = [(way + more, end) for way, node in front for more, end in _ways(store, path.path, node)]
            front = []
            for way, end in further:
                yield way, end
                if end not in seen and path.more:
                    seen.add(end)
                    front.append((way, end))
