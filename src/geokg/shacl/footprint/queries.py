"""The triples that a SPARQL query reads, each with what else of the query must match for it to count.

Worked on is the query as it is written, not its algebra. FILTERs are dropped, but for those that say which IRIs a
variable can be. A variable is shared between two parts only where SPARQL surely shares it: what stands in an OPTIONAL
alone, or under MINUS or NOT EXISTS, is another variable outside, since a match there can take a solution away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import pyoxigraph as ox
from rdflib import BNode, URIRef, Variable
from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, SequencePath
from rdflib.plugins.sparql.algebra import translatePath, translatePName, translatePrologue, traverse
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from ..paths import Alternative, Inverse, OneOrMore, Path, Sequence, Step, ZeroOrMore, ZeroOrOne
from ..terms import as_spelt, to_ox
from .patterns import ALWAYS, Anywhere, Atom, Beside, Edge, Either, Fresh, Read, Slot, Walk, both, reads

_EXISTS = ("Builtin_EXISTS", "Builtin_NOTEXISTS")
_REPEATED: dict[str, Callable[[Path], Path]] = {"*": ZeroOrMore, "+": OneOrMore, "?": ZeroOrOne}
_WRAPPERS = (
    "ConditionalOrExpression",
    "ConditionalAndExpression",
    "RelationalExpression",
    "AdditiveExpression",
    "MultiplicativeExpression",
)


class NotUnderstood(Exception):
    """A query of which it cannot be said what it reads."""


def query_reads(
    text: str, given: Mapping[str, Slot], context: Either, fresh: Fresh, sure: frozenset[Slot] = frozenset()
) -> Iterator[Read]:
    """What a query reads.

    Args:
        text: a SELECT or ASK query, with its prefixes.
        given: the slots of the variables that have a value before it runs.
        context: what must hold for these.
        fresh: names for the query's own variables.
        sure: the given slots whose node the data surely holds.

    Raises:
        NotUnderstood: the query is not of the kinds known here; it can read anything.

    >>> text = "SELECT ?x { ?x <urn:p> ?y FILTER NOT EXISTS { ?y <urn:q> ?z } }"
    >>> for read in query_reads(text, {"x": "this"}, ALWAYS, Fresh()):
    ...     print(read.edge, len(read.beside.atoms))
    Edge(subject='this', predicate=<NamedNode value=urn:p>, object='y_1', graph=None) 0
    Edge(subject='y_1', predicate=<NamedNode value=urn:q>, object='z_2', graph=None) 1
    """
    body = _parsed(text)
    if body.name not in ("SelectQuery", "AskQuery"):
        raise NotUnderstood(body.name)
    reader = _Reader(given, fresh, sure)
    reader.select(body, context, _Scope(given, frozenset(), fresh("")), None)
    return iter(reader.found)


@lru_cache(maxsize=1024)  # rdflib takes 30 ms for each, and classes move while the queries stay
def _parsed(text: str) -> CompValue:
    with as_spelt():
        try:
            prologue, body = parseQuery(text)
            body = traverse(body, visitPost=partial(translatePName, prologue=translatePrologue(prologue, None)))
            made: CompValue = traverse(body, visitPost=translatePath)
        except Exception as error:  # whatever rdflib raises, the answer is the same
            raise NotUnderstood(str(error)) from error
    return made


@dataclass(frozen=True)
class _Scope:
    """What the variables of a part of a query are called.

    Attributes:
        outer: the scope around it, or the given slots.
        keep: which variables of the scope around are the same here.
        suffix: what the others get.
    """

    outer: _Scope | Mapping[str, Slot]
    keep: frozenset[Slot]
    suffix: str

    def __call__(self, name: str) -> Slot:
        if isinstance(self.outer, _Scope):
            slot = self.outer(name)
            return slot if slot in self.keep or not isinstance(slot, str) else name + self.suffix
        return self.outer.get(name, name + self.suffix)


class _Reader:
    """Collects the reads of one query."""

    def __init__(self, given: Mapping[str, Slot], fresh: Fresh, sure: frozenset[Slot]) -> None:
        self.found: list[Read] = []
        self._given = frozenset(given.values())
        self._fresh, self._sure = fresh, sure
        self._suffixes: dict[int, str] = {}

    def select(self, node: CompValue, outer: Either, scope: _Scope, graph: Slot | None) -> None:
        """A query, or one inside another, in the scope of its variables."""
        self.inside(node.where, outer, scope, graph)
        if _is_grouped(node):
            context, keep = outer, frozenset[Slot]()
        else:
            context = both(outer, self.holds(node.where, scope, graph))
            keep = _certain([self.holds(node.where, scope, graph)])
        for key in ("projection", "groupby", "having", "orderby"):
            self.expression(getattr(node, key), context, scope, keep, graph)

    def inside(
        self,
        node: CompValue,
        outer: Either,
        scope: _Scope,
        graph: Slot | None,
        seen: frozenset[Slot] = frozenset(),
    ) -> None:
        """What stands in braces."""
        if node.name == "SubSelect":
            is_cut = "limitoffset" in node
            self.select(node, ALWAYS if is_cut else outer, self._selected(node, scope), graph)
            return
        if node.name != "GroupGraphPatternSub":
            raise NotUnderstood(node.name)
        parts = list(node.part or ())
        holding = [self.holds(part, scope, graph) for part in parts]
        for place, part in enumerate(parts):
            rest = both(outer, *holding[:place], *holding[place + 1 :])
            before = _certain(holding[:place]) | seen
            match part.name:
                case "TriplesBlock":
                    atoms = self._atoms(part, scope, graph)
                    for number, atom in enumerate(atoms):
                        others = Beside((*atoms[:number], *atoms[number + 1 :]))
                        self.found += reads(atom, both(rest, (others,)), self._fresh, self._sure)
                case "GroupOrUnionGraphPattern":
                    for member in part.graph:
                        self.inside(member, rest, scope, graph)
                case "GraphGraphPattern":
                    name = _slot(part.term, scope)
                    if not all(beside.atoms for beside in self.holds(part.graph, scope, name)):
                        edge = Edge(self._fresh(), self._fresh(), self._fresh(), self._fresh())
                        self.found.append(Read(edge, all=True))  # it counts the graphs that there are
                    self.inside(part.graph, rest, scope, name)
                case "OptionalGraphPattern" | "MinusGraphPattern":
                    inner = self._inner(part, scope, before)
                    self.inside(part.graph, rest, inner, graph, before if part.name[0] == "O" else frozenset())
                case "Filter":
                    self.expression(part.expr, both(rest, holding[place]), scope, _certain(holding) | seen, graph)
                case "Bind":
                    self.expression(part.expr, rest, scope, before, graph)
                case _:
                    raise NotUnderstood(part.name)

    def expression(self, node: Any, context: Either, scope: _Scope, keep: frozenset[Slot], graph: Slot | None) -> None:
        """The EXISTS in an expression, wherever in it they are."""
        if isinstance(node, CompValue):
            if node.name in _EXISTS:
                self.inside(node.graph, context, self._inner(node, scope, keep), graph, keep)
                return
            node = list(node.values())
        if isinstance(node, Iterable) and not isinstance(node, str):
            for part in node:
                self.expression(part, context, scope, keep, graph)

    def holds(self, node: CompValue, scope: _Scope, graph: Slot | None) -> Either:
        """What matches whenever a part of a query does."""
        match node.name:
            case "GroupGraphPatternSub":
                return both(*(self.holds(part, scope, graph) for part in node.part or ()))
            case "TriplesBlock":
                return (Beside(tuple(self._atoms(node, scope, graph))),)
            case "GroupOrUnionGraphPattern":
                return tuple(beside for member in node.graph for beside in self.holds(member, scope, graph))
            case "GraphGraphPattern":
                return self.holds(node.graph, scope, _slot(node.term, scope))
            case "SubSelect" if "limitoffset" not in node and ("groupby" in node or not _is_grouped(node)):
                return self.holds(node.where, self._selected(node, scope), graph)
            case "Filter":
                return (Beside(only=dict(_told(node.expr, scope))),)
            case _:
                return ALWAYS

    def _selected(self, node: CompValue, scope: _Scope) -> _Scope:
        """The scope inside a sub-select: what it does not project is its own, and so is what it computes."""
        projection = node.projection
        if projection is None:  # SELECT *
            return scope
        names = {str(entry.var) for entry in projection if "var" in entry}
        if _is_grouped(node):
            keys = node.groupby.condition if "groupby" in node else ()
            names &= {str(key) for key in keys if isinstance(key, Variable)} | {
                name for name in names if scope(name) in self._given
            }
        if "limitoffset" in node:
            names = {name for name in names if scope(name) in self._given}
        return _Scope(scope, frozenset(scope(name) for name in names), self._suffix(node))

    def _inner(self, node: CompValue, scope: _Scope, keep: frozenset[Slot]) -> _Scope:
        return _Scope(scope, keep | self._given, self._suffix(node))

    def _suffix(self, node: CompValue) -> str:
        return self._suffixes.setdefault(id(node), self._fresh(""))

    def _atoms(self, node: CompValue, scope: _Scope, graph: Slot | None) -> list[Atom]:
        flat = [term for triples in node.triples for term in triples]
        return [
            _atom(flat[place], flat[place + 1], flat[place + 2], scope=scope, graph=graph)
            for place in range(0, len(flat), 3)
        ]


def _atom(subject: Any, predicate: Any, object: Any, *, scope: _Scope, graph: Slot | None) -> Atom:
    start, end = _slot(subject, scope), _slot(object, scope)
    if isinstance(predicate, (URIRef, Variable)):
        return Edge(start, _slot(predicate, scope), end, graph)
    return Walk(start, _path(predicate), end, graph)


def _slot(term: Any, scope: _Scope) -> Slot:
    if isinstance(term, (Variable, BNode)):
        return scope(str(term))
    slot: Slot = to_ox(term)
    return slot


def _path(path: Any) -> Path:
    match path:
        case URIRef():
            return Step(ox.NamedNode(str(path)))
        case InvPath():
            return Inverse(_path(path.arg))
        case SequencePath():
            return Sequence(tuple(map(_path, path.args)))
        case AlternativePath():
            return Alternative(tuple(map(_path, path.args)))
        case MulPath():
            return _REPEATED[path.mod](_path(path.path))
        case NegatedPath():
            return Alternative((Anywhere(), Inverse(Anywhere())))
    raise NotUnderstood(repr(path))


def _is_grouped(node: CompValue) -> bool:
    return "groupby" in node or "having" in node or _has_aggregate(node.projection)


def _has_aggregate(node: Any) -> bool:
    if isinstance(node, CompValue):
        if node.name.startswith("Aggregate_"):
            return True
        if node.name in _EXISTS:
            return False
        node = list(node.values())
    return isinstance(node, Iterable) and not isinstance(node, str) and any(map(_has_aggregate, node))


def _certain(parts: Iterable[Either]) -> frozenset[Slot]:
    """The variables that have a value whenever all parts match."""
    return frozenset[Slot]().union(*(frozenset.intersection(*(frozenset(b.variables) for b in one)) for one in parts))


def _told(expression: Any, scope: _Scope) -> Iterator[tuple[str, frozenset[Any]]]:
    """The variables that a FILTER says are some of a few IRIs."""
    expression = _bare(expression)
    if not isinstance(expression, CompValue):
        return
    if expression.name == "ConditionalAndExpression":
        for part in (expression.expr, *expression.other):
            yield from _told(part, scope)
    elif expression.name == "RelationalExpression" and expression.op in ("IN", "="):
        left, right = _bare(expression.expr), expression.other
        options = [_bare(option) for option in (right if expression.op == "IN" else [right])]
        if isinstance(left, URIRef) and expression.op == "=":
            left, options = options[0], [left]
        if isinstance(left, Variable):
            yield from _among(left, options, scope)


def _among(name: Variable, options: list[Any], scope: _Scope) -> Iterator[tuple[str, frozenset[Any]]]:
    slot = scope(str(name))
    if isinstance(slot, str) and all(isinstance(option, URIRef) for option in options):
        yield slot, frozenset(map(to_ox, options))


def _bare(expression: Any) -> Any:
    while isinstance(expression, CompValue) and expression.name in _WRAPPERS and "other" not in expression:
        expression = expression.expr
    return expression
