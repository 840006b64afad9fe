"""What a shape demands of a node, as an expression of SPARQL that is true where the node breaks it.

An expression may err one way, which ``over`` names: for a search it may call a node bad that is not; under a negation,
and so wherever the opposite is asked, it may call one good that is not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import combinations, count

import pyoxigraph as ox

from . import literals, model
from .model import PropertyShape, Shape, Term
from .paths import Inverse, Path, Sequence, Step, ZeroOrOne

_MANY = 4
"""So many different values are told apart by variables; a greater number is "perhaps"."""
_CHAIN = 20
"""So many literals are compared one by one."""
_XSD = literals.XSD
_SUBCLASS = "<http://www.w3.org/2000/01/rdf-schema#subClassOf>"
_CASTS = {
    _XSD + name
    for name in (
        *("boolean", "double", "float", "date", "dateTime", "time", "gYear", "gYearMonth", "gMonth", "gDay"),
        *("duration", "yearMonthDuration", "dayTimeDuration"),
    )
}
_TESTS: dict[type, str] = {ox.NamedNode: "isIRI", ox.BlankNode: "isBlank", ox.Literal: "isLiteral"}


class Expressions:
    """Makes the expressions.

    Args:
        subclasses: gives a class and all below it; what it gives goes into the expressions.
        respelt: whether the store has respelt the data, so that a literal of a shape counts as it would be respelt.
    """

    def __init__(self, subclasses: Callable[[ox.NamedNode], Collection[Term]], *, respelt: bool) -> None:
        self._subclasses = subclasses
        self._respelt = respelt
        self._numbers = count()

    def new(self) -> str:
        """A variable that nothing else uses."""
        return f"?x{next(self._numbers)}"

    def instances(self, cls: ox.NamedNode) -> list[str]:
        """Triple patterns that bind ``?this`` to the instances of a class."""
        named, blank = self._classes(cls)
        kind = self.new()
        more = [f"?this a {kind} . {kind} {_SUBCLASS}+ {cls} FILTER(isBlank({kind}))"] if blank else []
        return [f"?this a {lower}" for lower in named] + more

    def is_a(self, node: str, cls: ox.NamedNode) -> str:
        """Whether a node is an instance of a class."""
        named, blank = self._classes(cls)
        if len(named) == 1 and not blank:
            return f"EXISTS {{ {node} a {cls} }}"
        kind = self.new()
        test = f"{kind} IN ({', '.join(named)})"
        if blank:
            test += f" || (isBlank({kind}) && EXISTS {{ {kind} {_SUBCLASS}+ {cls} }})"
        return f"EXISTS {{ {node} a {kind} FILTER({test}) }}"

    def _classes(self, cls: ox.NamedNode) -> tuple[list[str], bool]:
        """A class and the named ones below it, and whether there are nameless ones, which SPARQL has no name for."""
        found = self._subclasses(cls)
        return sorted(str(lower) for lower in found if isinstance(lower, ox.NamedNode)), any(
            isinstance(lower, ox.BlankNode) for lower in found
        )

    def pattern(self, start: str, path: Path, end: str) -> str:
        """Triple patterns for a path of single steps."""
        if isinstance(path, Step):
            return f"{start} {path.predicate} {end}"
        if isinstance(path, Inverse) and isinstance(path.path, Step):
            return f"{end} {path.path.predicate} {start}"
        if isinstance(path, Sequence) and all(item.is_step for item in path.items):
            places = [start, *(self.new() for _ in path.items[1:]), end]
            return " . ".join(map(self.pattern, places, path.items, places[1:]))
        return f"{start} ({path.sparql()}) {end}"

    def bad(self, shape: Shape, node: str, over: bool) -> str:
        """Whether a node breaks a shape."""
        if shape.deactivated:
            return "false"
        if isinstance(shape, PropertyShape):
            parts = [self.all(constraint, shape.path, node, over) for constraint in shape.constraints]
        else:
            parts = [self.one(constraint, node, over) for constraint in shape.constraints]
        return either(parts)

    def one(self, constraint: model.Constraint, node: str, over: bool) -> str:
        """Whether a node, as the one value of a node shape, breaks a constraint."""
        if isinstance(constraint, model.HasValue):
            return f"!({self._same(node, constraint.value, not over)})"
        if isinstance(constraint, model.Equals):
            other = self.new()
            more = f"EXISTS {{ {node} {constraint.predicate} {other} FILTER(!sameTerm({other}, {node})) }}"
            return f"(NOT EXISTS {{ {node} {constraint.predicate} {node} }} || {more})"
        return self.value(constraint, node, node, over)

    def all(self, constraint: model.Constraint, path: Path, node: str, over: bool) -> str:
        """Whether the values of a path break a constraint."""
        number = getattr(constraint, "number", 0)
        if isinstance(constraint, (model.Sparql, model.Custom)):
            return "true" if over else "false"  # it may find something whether there are values or not
        if isinstance(constraint, model.MinCount):
            return not_(self._at_least(path, node, number, None, not over))
        if isinstance(constraint, model.MaxCount):
            return self._at_least(path, node, number + 1, None, over)
        if isinstance(constraint, model.QualifiedMin):
            return not_(self._at_least(path, node, number, constraint, not over))
        if isinstance(constraint, model.QualifiedMax):
            return self._at_least(path, node, number + 1, constraint, over)
        if isinstance(constraint, model.HasValue):
            return not_(self.reach(path, node, lambda value: self._same(value, constraint.value, not over)))
        if isinstance(constraint, model.UniqueLang):
            same = "LCASE(LANG({0})) = LCASE(LANG({1})) && !sameTerm({0}, {1})"
            return self.reach(
                path,
                node,
                lambda one: both(
                    [f'LANG({one}) != ""', self.reach(path, node, lambda two: same.format(one, two))],
                ),
            )
        if isinstance(constraint, model.Equals):
            other, predicate = self.new(), constraint.predicate
            lacks = self.reach(path, node, lambda value: f"NOT EXISTS {{ {node} {predicate} {value} }}")
            here = self.reach(path, node, lambda value: f"sameTerm({value}, {other})")
            return either([lacks, f"EXISTS {{ {node} {predicate} {other} FILTER({not_(here)}) }}"])
        return self.reach(path, node, lambda value: self.value(constraint, node, value, over))

    def _at_least(self, path: Path, node: str, number: int, what: model.Qualified | None, over: bool) -> str:
        """Whether a path has so many values (that conform to a shape); ``over``: whether it may say yes wrongly."""

        def counts(value: str) -> str:
            if what is None:
                return "true"
            siblings = [self.bad(sibling, value, over) for sibling in what.siblings]
            return both([not_(self.bad(what.shape, value, not over)), *siblings])

        def more(values: tuple[str, ...]) -> str:
            if len(values) >= min(number, _MANY):
                return "true"
            return self.reach(
                path,
                node,
                lambda value: both(
                    [*(f"!sameTerm({value}, {other})" for other in values), counts(value), more((*values, value))]
                ),
            )

        return "false" if number > _MANY and not over else more(())

    def reach(self, path: Path, start: str, test: Callable[[str], str]) -> str:
        """Whether a path leads anywhere where a test is true."""
        if isinstance(path, Sequence):
            head, *rest = path.items
            if rest:
                return self.reach(head, start, lambda middle: self.reach(Sequence(tuple(rest)), middle, test))
            return self.reach(head, start, test)
        if isinstance(path, ZeroOrOne):
            return either([test(start), self.reach(path.path, start, test)])
        end = self.new()
        wanted = test(end)
        if wanted == "false":
            return "false"
        last = "" if wanted == "true" else f" FILTER({wanted})"
        return f"EXISTS {{ {self.pattern(start, path, end)}{last} }}"

    def _same(self, node: str, value: Term, over: bool) -> str:
        """Whether a node is a term of the shapes graph, in the spelling that counts."""
        if isinstance(value, ox.BlankNode):
            return "false" if not over else f"isBlank({node})"
        if isinstance(value, ox.Literal) and not self._respelt and literals.respelt(value) != value and not over:
            return "false"
        return f"sameTerm({node}, {value})"

    def value(self, constraint: model.Constraint, node: str, value: str, over: bool) -> str:
        """Whether a value, which belongs to a focus node, breaks a constraint that looks at each value for itself."""
        make = self.VALUE.get(type(constraint))
        if make is None:
            return "true" if over else "false"  # a query of the shapes graph, inside a shape that another calls
        return make(self, constraint, node, value, over)

    def _class(self, constraint: model.Class, _: str, value: str, __: bool) -> str:
        return f"NOT {self.is_a(value, constraint.cls)}"

    def _datatype(self, constraint: model.Datatype, _: str, value: str, over: bool) -> str:
        kind = constraint.datatype.value
        differs = f"!COALESCE(DATATYPE({value}) = <{kind}>, false)"
        if kind in literals.INTEGERS:
            least, greatest = literals.INTEGERS[kind]
            fits = [f'REGEX(STR({value}), "{literals.INTEGER}")']
            fits += [
                f"<{_XSD}decimal>(STR({value})) {sign} {end}"
                for sign, end in ((">=", least), ("<=", greatest))
                if end is not None
            ]
            wrong = f"!COALESCE({both(fits)}, false)" if over else f"!COALESCE({both(fits)}, true)"
            return either([differs, wrong])
        if kind in _CASTS and over:
            return either([differs, f"!COALESCE(isLiteral(<{kind}>({value})), false)"])
        if kind in literals.FORMS and over:
            return (
                "true" if kind not in _PLAIN else either([differs, f"!REGEX(STR({value}), {ox.Literal(_PLAIN[kind])})"])
            )
        return differs

    def _kind(self, constraint: model.NodeKind, _: str, value: str, __: bool) -> str:
        tests = sorted(f"{_TESTS[kind]}({value})" for kind in constraint.kinds)
        return f"!({' || '.join(tests)})"

    def _bound(self, constraint: model.Bound, _: str, value: str, over: bool) -> str:
        if isinstance(constraint.bound, ox.BlankNode):
            return "true"
        return self._fails(value, constraint.operator, str(constraint.bound), over)

    @staticmethod
    def _fails(value: str, operator: str, other: str, over: bool) -> str:
        """Whether a comparison is false or an error; an error may be Oxigraph's alone, with very long numbers."""
        if over:
            return f"!COALESCE({literals.comparison(value, operator, other)}, false)"
        return f"!COALESCE({value} {operator} {other}, isLiteral({value}))"

    def _length(self, constraint: model.MinLength | model.MaxLength, _: str, value: str, __: bool) -> str:
        sign = "<" if isinstance(constraint, model.MinLength) else ">"
        return f"COALESCE(STRLEN(STR({value})) {sign} {constraint.number}, true)"

    def _regex(self, constraint: model.Pattern, _: str, value: str, __: bool) -> str:
        return f"!COALESCE({literals.regex(f'STR({value})', constraint.pattern, constraint.flags)}, false)"

    def _language(self, constraint: model.LanguageIn, _: str, value: str, __: bool) -> str:
        tests = [f"LANGMATCHES(LANG({value}), {ox.Literal(language)})" for language in constraint.languages]
        return f"!COALESCE({either(tests)}, false)"

    def _in(self, constraint: model.In, _: str, value: str, over: bool) -> str:
        iris = [str(term) for term in constraint.values if isinstance(term, ox.NamedNode)]
        others = [term for term in constraint.values if not isinstance(term, ox.NamedNode)]
        if len(others) > _CHAIN:
            found = self._among(value, [term for term in others if isinstance(term, ox.Literal)])
        else:
            found = either(self._same(value, term, not over) for term in others)
        return not_(either([f"{value} IN ({', '.join(iris)})" if iris else "false", found]))

    def _among(self, value: str, terms: list[ox.Literal]) -> str:
        """Whether a value is one of many literals, which as a chain of ``||`` would take Oxigraph minutes to read."""
        written = f'CONCAT(STR({value}), "^^", STR(DATATYPE({value})), "@", LANG({value}))'
        if self._respelt:
            terms = [literals.respelt(term) for term in terms]  # type: ignore[misc]
        keys = (ox.Literal(f"{term.value}^^{term.datatype.value}@{term.language or ''}") for term in terms)
        return f"COALESCE({written} IN ({', '.join(map(str, keys))}), false)"

    def _disjoint(self, constraint: model.Disjoint, node: str, value: str, _: bool) -> str:
        return f"EXISTS {{ {node} {constraint.predicate} {value} }}"

    def _less(self, constraint: model.LessThan | model.LessThanOrEquals, node: str, value: str, over: bool) -> str:
        other = self.new()
        fails = self._fails(value, constraint.operator, other, over)
        return f"EXISTS {{ {node} {constraint.predicate} {other} FILTER({fails}) }}"

    def _closed(self, constraint: model.Closed, _: str, value: str, __: bool) -> str:
        predicate, other = self.new(), self.new()
        allowed = ", ".join(sorted(map(str, constraint.allowed)))
        last = f" FILTER({predicate} NOT IN ({allowed}))" if allowed else ""
        return f"EXISTS {{ {value} {predicate} {other}{last} }}"

    def _inside(self, constraint: model.Calling, _: str, value: str, over: bool) -> str:
        return self.bad(constraint.shape, value, over)

    def _negated(self, constraint: model.Not, _: str, value: str, over: bool) -> str:
        return not_(self.bad(constraint.shape, value, not over))

    def _and(self, constraint: model.And, _: str, value: str, over: bool) -> str:
        return either([self.bad(shape, value, over) for shape in constraint.members])

    def _or(self, constraint: model.Or, _: str, value: str, over: bool) -> str:
        return both([self.bad(shape, value, over) for shape in constraint.members])

    def _xone(self, constraint: model.Xone, _: str, value: str, over: bool) -> str:
        none = both([self.bad(shape, value, over) for shape in constraint.members])
        fit = [not_(self.bad(shape, value, not over)) for shape in constraint.members]
        return either([none, *(both([one, two]) for one, two in combinations(fit, 2))])

    VALUE: dict[type[model.Constraint], Callable[..., str]] = {  # noqa: RUF012 - the methods above, by what they are for
        model.Class: _class,
        model.Datatype: _datatype,
        model.NodeKind: _kind,
        model.MinExclusive: _bound,
        model.MinInclusive: _bound,
        model.MaxExclusive: _bound,
        model.MaxInclusive: _bound,
        model.MinLength: _length,
        model.MaxLength: _length,
        model.Pattern: _regex,
        model.LanguageIn: _language,
        model.In: _in,
        model.Disjoint: _disjoint,
        model.LessThan: _less,
        model.LessThanOrEquals: _less,
        model.Closed: _closed,
        model.Node: _inside,
        model.Property: _inside,
        model.Not: _negated,
        model.And: _and,
        model.Or: _or,
        model.Xone: _xone,
    }


_PLAIN = {_XSD + "decimal": r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$"}


def not_(test: str) -> str:
    """The opposite."""
    return {"true": "false", "false": "true"}.get(test, f"!({test})")


def either(tests: Iterable[str]) -> str:
    """Any of some."""
    kept = [test for test in tests if test != "false"]
    if "true" in kept:
        return "true"
    return f"({' || '.join(kept)})" if len(kept) > 1 else "".join(kept) or "false"


def both(tests: Iterable[str]) -> str:
    """All of some."""
    kept = [test for test in tests if test != "true"]
    if "false" in kept:
        return "false"
    return f"({' && '.join(kept)})" if len(kept) > 1 else "".join(kept) or "true"
