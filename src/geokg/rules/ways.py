"""The ways in which a rule's query may come to a triple, told so loosely that none is missed.

A query is read as patterns that must all be there, with others beside them that may change what it gives: those under
``OPTIONAL``, ``MINUS`` and ``EXISTS``, negated or not. Filters are left out, and a variable that one part of a query
cannot see in another counts as two. So whatever a triple in the store does to a solution, it does as part of a way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count, product
from typing import Any, TypeAlias

import pyoxigraph as ox
from pyparsing import ParseResults
from rdflib import BNode, Literal, URIRef, Variable
from rdflib.namespace import RDF
from rdflib.paths import AlternativePath, InvPath, MulPath, SequencePath
from rdflib.plugins.sparql.parserutils import CompValue

from ..store import Term
from .axioms import TYPE, Atom, Axiom
from .footprint import chunks, parsed

Step: TypeAlias = tuple[ox.NamedNode, bool]
"""A property, and whether it is walked forwards."""
Place: TypeAlias = "str | Term"
"""The name of a variable, or a term."""


@dataclass(frozen=True)
class Link:
    """Two places, and what ties them.

    Attributes:
        start: from where.
        steps: the properties of which one leads on.
        end: to where.
        repeated: whether any number of steps may lie between, be it none.
    """

    start: Place
    steps: frozenset[Step]
    end: Place
    repeated: bool = False

    def names(self) -> frozenset[Term]:
        """What its triples are about, as ``signature`` tells it."""
        if not isinstance(self.end, str) and any(step == TYPE for step, _ in self.steps):
            return frozenset({self.end})
        return frozenset(step for step, _ in self.steps)

    def variables(self) -> frozenset[str]:
        """The names of its variables."""
        return frozenset(place for place in (self.start, self.end) if isinstance(place, str))

    def renamed(self, name: Callable[[str], str]) -> Link:
        """The same with other variables."""
        start, end = (name(place) if isinstance(place, str) else place for place in (self.start, self.end))
        return replace(self, start=start, end=end)


Links: TypeAlias = tuple[Link, ...]


@dataclass(frozen=True)
class Way:
    """One way to what a rule or axiom gives.

    Attributes:
        heads: what comes of it.
        core: what must be there.
        beside: what may be there too and then makes a difference, each time with the core.
    """

    heads: tuple[Atom, ...]
    core: Links
    beside: tuple[Links, ...] = ()


def axiom_way(axiom: Axiom) -> Way:
    """An axiom as a way.

    >>> a, b = ox.NamedNode("x:a"), ox.NamedNode("x:b")
    >>> len(axiom_way(Axiom("subproperty", ("x", b, "y"), (("x", a, "y"),), ox.Triple(a, b, b))).core)
    1
    """
    links = tuple(_link(subject, predicate, value) for subject, predicate, value in axiom.body)
    return Way((axiom.head,), links)


def rule_ways(sparql: str, namespaces: Mapping[str, str]) -> tuple[Way, ...] | None:
    """Read a ``CONSTRUCT`` query.

    Args:
        sparql: the query; one that parses.
        namespaces: the prefixes that it need not declare.

    Returns:
        Its ways; nothing if the query has something in it that cannot be told like that.

    >>> query = "CONSTRUCT { ?s x:p ?o } WHERE { ?s x:q/x:r ?o FILTER NOT EXISTS { ?s x:t ?z FILTER(?z > 3) } }"
    >>> [way] = rule_ways(query, {"x": "urn:"})
    >>> len(way.core), [[link.start for link in links] for links in way.beside]
    (2, [['s']])
    >>> rule_ways("CONSTRUCT { ?s x:p ?o } WHERE { ?s x:q ?o } LIMIT 1", {"x": "urn:"}) is None
    True
    """
    try:
        return tuple(_Reader().ways(parsed(sparql, namespaces)))
    except _UnclearError:
        return None


class _UnclearError(Exception):
    """A query that cannot be told as ways."""


_Term: TypeAlias = "URIRef | Literal | Variable | BNode"


def place(term: Any) -> Place:
    """A term as the store has it; a variable by its name.

    >>> place(Variable("x")), place(URIRef("x:y"))
    ('x', <NamedNode value=x:y>)
    """
    if isinstance(term, URIRef):
        return ox.NamedNode(str(term))
    if isinstance(term, Literal):
        datatype = ox.NamedNode(str(term.datatype)) if term.datatype else None
        return ox.Literal(str(term), language=term.language or None, datatype=None if term.language else datatype)
    return str(term)


class _Reader:
    def __init__(self) -> None:
        self._numbers = count()
        self._bound: dict[str, Any] = {}

    def ways(self, query: Any) -> Iterator[Way]:
        if any(name in query for name in ("limitoffset", "groupby", "having", "datasetClause")):
            raise _UnclearError
        ways = self._group(query.where, frozenset())
        patterns = list(chunks(query.template))
        if any(
            isinstance(term, BNode) or not isinstance(pattern[1], URIRef) for pattern in patterns for term in pattern
        ):
            raise _UnclearError
        sure = _sure(ways)
        heads = [tuple(map(place, head)) for pattern in patterns for head in self._choices(pattern, sure)]
        for way in ways:
            sure = _variables(way.core)
            if any(isinstance(slot, str) and slot not in sure for head in heads for slot in head):
                raise _UnclearError
            yield replace(way, heads=tuple(heads))  # type: ignore[arg-type]

    def _choices(self, pattern: tuple[Any, Any, Any], sure: frozenset[str]) -> Iterator[tuple[Any, ...]]:
        """A pattern of the template, with what ``BIND`` may make of its variables."""
        bound = self._bound.keys() - sure
        return product(*(list(_values(self._bound[str(t)])) if str(t) in bound else [t] for t in pattern))

    def _group(self, part: Any, given: frozenset[str]) -> list[Way]:
        """The ways of a group, without heads; ``given`` are the variables that get their values from outside."""
        if part.name == "SubSelect":
            return self._select(part)
        ways = [Way((), ())]
        conditions = []
        for piece in part.part:
            if piece.name == "TriplesBlock":
                links = [link for pattern in chunks(piece.triples) for link in self._links(*pattern)]
                ways = _times(ways, [Way((), tuple(links))])
            elif piece.name == "GroupOrUnionGraphPattern":
                ways = _times(ways, [way for branch in piece.graph for way in self._group(branch, given)])
            elif piece.name == "OptionalGraphPattern":
                ways = _with(ways, self._apart(piece.graph, _sure(ways) | given, given))
            elif piece.name == "MinusGraphPattern":
                ways = _with(ways, self._apart(piece.graph, _sure(ways), frozenset()))
            elif piece.name == "Filter":
                conditions.append(piece.expr)
            elif piece.name == "Bind":
                self._bound[str(piece.var)] = piece.expr
                ways = self._with_exists(ways, piece.expr, given)
            elif piece.name != "InlineData":  # GRAPH, SERVICE
                raise _UnclearError
        return self._with_exists(ways, conditions, given)

    def _with_exists(self, ways: list[Way], expression: Any, given: frozenset[str]) -> list[Way]:
        seen = _sure(ways) | given
        return _with(ways, [links for part in _exists(expression) for links in self._apart(part, seen, seen)])

    def _apart(self, part: Any, shared: frozenset[str], given: frozenset[str]) -> list[Links]:
        """A group inside a group: all that may make a difference in it. What it does not share is its own."""
        ways = self._group(part, given)
        return _renamed([links for way in ways for links in (way.core, *(way.core + more for more in way.beside))],
                        shared, f"#{next(self._numbers)}")  # fmt: skip

    def _select(self, part: Any) -> list[Way]:
        told = [item for item in part.projection or () if "evar" not in item]
        computed = [part[name] for name in ("projection", "having", "groupby") if name in part]
        keys = part.groupby.condition if "groupby" in part else ()
        counts = any(name.startswith("Aggregate_") for name in _names(computed))
        if (
            "limitoffset" in part
            or any(_exists(computed))
            or (counts and not keys)
            or not all(isinstance(key, Variable) for key in keys)
        ):
            raise _UnclearError
        ways = self._group(part.where, frozenset())
        shared = frozenset(str(item.var) for item in told) if part.projection else _sure(ways)
        mark = f"#{next(self._numbers)}"
        return [
            Way((), _renamed([way.core], shared, mark)[0], tuple(_renamed(way.beside, shared, mark))) for way in ways
        ]

    def _links(self, subject: Any, predicate: Any, value: Any) -> Iterator[Link]:
        if isinstance(predicate, SequencePath):
            middle = [subject, *(Variable(f"#{next(self._numbers)}") for _ in predicate.args[1:]), value]
            for step, start, end in zip(predicate.args, middle, middle[1:], strict=False):
                yield from self._links(start, step, end)
        elif isinstance(predicate, InvPath):
            yield from self._links(value, predicate.arg, subject)
        elif isinstance(predicate, MulPath):
            yield Link(place(subject), frozenset(_steps(predicate.path)), place(value), repeated=True)
        elif predicate == RDF.type and isinstance(value, URIRef):
            yield _link(place(subject), TYPE, place(value))
        else:
            yield Link(place(subject), frozenset(_steps(predicate)), place(value))


def _link(subject: Place, predicate: Any, value: Place) -> Link:
    return Link(subject, frozenset({(predicate, True)}), value)


def _steps(path: Any) -> Iterator[Step]:
    if isinstance(path, AlternativePath):
        for option in path.args:
            yield from _steps(option)
    elif isinstance(path, InvPath):
        yield from ((step, not forwards) for step, forwards in _steps(path.arg))
    elif isinstance(path, URIRef) and path != RDF.type:
        yield ox.NamedNode(str(path)), True
    else:  # a variable, a negated set, a path of paths
        raise _UnclearError


def _times(some: list[Way], others: list[Way]) -> list[Way]:
    return [Way((), one.core + other.core, one.beside + other.beside) for one in some for other in others]


def _with(ways: list[Way], beside: list[Links]) -> list[Way]:
    return [replace(way, beside=(*way.beside, *beside)) for way in ways]


def _variables(links: Iterable[Link]) -> frozenset[str]:
    return frozenset(name for link in links for name in link.variables())


def _sure(ways: list[Way]) -> frozenset[str]:
    """The variables that have a value in each solution."""
    return frozenset.intersection(*(_variables(way.core) for way in ways))


def _renamed(groups: Iterable[Links], kept: frozenset[str], mark: str) -> list[Links]:
    def name(old: str) -> str:
        return old if old in kept else old + mark

    return [tuple(link.renamed(name) for link in links) for links in groups]


def _exists(part: Any) -> Iterator[Any]:
    """The groups in ``EXISTS`` and ``NOT EXISTS`` of an expression."""
    if isinstance(part, CompValue):
        if part.name in ("Builtin_EXISTS", "Builtin_NOTEXISTS"):
            yield part.graph
        else:
            yield from _exists(list(part.values()))
    elif isinstance(part, (list, tuple, ParseResults)):
        for inner in part:
            yield from _exists(inner)


def _names(part: Any) -> Iterator[str]:
    if isinstance(part, CompValue):
        yield part.name
        yield from _names(list(part.values()))
    elif isinstance(part, (list, tuple, ParseResults)):
        for inner in part:
            yield from _names(inner)


def _values(expression: Any) -> Iterator[Any]:
    """What an expression may come to, where it only chooses between terms and variables."""
    if isinstance(expression, (URIRef, Literal, Variable)):
        yield expression
    elif isinstance(expression, CompValue) and set(expression) == {"expr"}:
        yield from _values(expression.expr)
    elif isinstance(expression, CompValue) and expression.name == "Builtin_IF":
        yield from _values(expression.arg2)
        yield from _values(expression.arg3)
    else:
        raise _UnclearError
