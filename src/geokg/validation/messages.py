"""Findings in plain words: the shape's own message with names filled in, else one made from the constraint."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyoxigraph as ox
from rdflib import Graph, URIRef
from rdflib.term import Node

from ..shacl import Result, model, paths
from ..shacl.shapes import path_text
from ..shacl.terms import to_ox
from .demands import Demands
from .finding import Cause
from .lookup import Term
from .wording import Wording

_PLACEHOLDER = re.compile(r"\{[?$](this|value|path|PATH)\}")
_FEW = 8
_CORE = {
    "And": "{value} does not do all that is asked of it",
    "Class": "{value} should be {a}{is}",
    "Closed": "{focus} has {path}, which has no place there",
    "Datatype": "{value} should be written as {a}",
    "Disjoint": "{value} may not be both {path} and {a}",
    "Equals": "{path} and {a} should be the same, but {value} is only one of them",
    "HasValue": "{path} should be {a}",
    "In": "{value} is none of what is allowed: {a}",
    "LanguageIn": "{value} should be in one of these languages: {a}",
    "LessThan": "{value} should be less than {a}, or cannot be compared with it",
    "LessThanOrEquals": "{value} should not be more than {a}, or cannot be compared with it",
    "MaxCount": "there should be no more than {a} of {path}",
    "MaxExclusive": "{value} should be less than {a}",
    "MaxInclusive": "{value} should not be more than {a}",
    "MaxLength": "{value} should not be longer than {a} characters",
    "MinCount": "{path} is missing: there should be at least {a}",
    "MinExclusive": "{value} should be more than {a}",
    "MinInclusive": "{value} should not be less than {a}",
    "MinLength": "{value} should have at least {a} characters",
    "Node": "{value} does not do what is asked of it",
    "NodeKind": "{value} is the wrong kind of node; it should be {a}",
    "Not": "{value} is what it may not be",
    "Or": "{value} does nothing of what it could do to be right",
    "Pattern": "{value} is not written in the form {a}",
    "QualifiedMaxCount": "more than {a} of {path} are of the kind of which no more should stand there",
    "QualifiedMinCount": "fewer than {a} of {path} are of the kind that is asked for",
    "UniqueLang": "{path} has more than one text in one language",
    "Xone": "{value} should do exactly one of several things, and does not",
}


class Messages:
    """Says what results mean.

    Args:
        wording: what things are called.
        shapes: what was judged by.
        report: the W3C report, which results' paths are nodes of.
    """

    def __init__(self, wording: Wording, shapes: model.Model, report: Graph) -> None:
        self._wording = wording
        self._demands = Demands(wording)
        self._report = report
        self._shapes = {shape.node: shape for shape in every(shapes)}
        self._constraints: dict[tuple[Node, Node], list[model.Constraint]] = {}
        self._allowed: dict[tuple[Node, Node], tuple[str, ...]] = {}

    def message(self, result: Result) -> str:
        """What a result says, from its shape's message or else from its constraint."""
        wording = self._wording
        if result.messages and self._speaks(result):
            values = {"this": to_ox(result.focus), "value": None if result.value is None else to_ox(result.value)}
            filled = _PLACEHOLDER.sub(
                lambda match: (
                    self.path(result) if match[1].lower() == "path" else wording.name(values[match[1]]) or match[0]
                ),
                wording.pick(to_ox(message) for message in result.messages),
            )
            return wording.with_names(filled)
        return self._composed(result)

    def path(self, result: Result) -> str:
        """What a result's path is called."""
        way = self.way(result)
        return self._wording.path(way) if way else path_text(self._report, result.path, self._wording.prefixes)

    def way(self, result: Result) -> paths.Path | None:
        """A result's path, if it is one property or its shape's own."""
        shape = self.shape(result)
        if isinstance(result.path, URIRef):
            return paths.Step(to_ox(result.path))
        return shape.path if result.path is not None and isinstance(shape, model.PropertyShape) else None

    def shape(self, result: Result) -> model.Shape | None:
        """The shape that a result comes from."""
        return self._shapes.get(to_ox(result.shape))

    def constraints(self, result: Result) -> list[model.Constraint]:
        """The constraints that a result can come from: those of its shape that are of its kind."""
        key = (result.shape, result.component)
        if key not in self._constraints:
            shape = self.shape(result)
            found = shape.constraints if shape else ()
            self._constraints[key] = [one for one in found if kind_of(one).value == str(result.component)]
        return self._constraints[key]

    def allowed(self, result: Result) -> tuple[str, ...]:
        """What the shape would take instead."""
        key = (result.shape, result.component)
        if key not in self._allowed:
            words = (word for one in self.constraints(result) for word in self._asked(one))
            self._allowed[key] = tuple(dict.fromkeys(words))
        return self._allowed[key]

    def causes(self, result: Result) -> tuple[Cause, ...]:
        """Why a result that comes from other shapes is one: what fails in each of them."""
        for constraint in self.constraints(result):
            if isinstance(constraint, model.Logical):
                return tuple(self._branches(constraint, result))
            if isinstance(constraint, model.Not):
                return (Cause(f"it may not be this: {self._demands.phrase(constraint.shape)}"),)
            if isinstance(constraint, model.Qualified):
                counted = Cause(f"counted is what fits this: {self._demands.phrase(constraint.shape)}")
                return (counted, *self._inner(result.detail))
        return tuple(self._inner(result.detail))

    def _inner(self, results: tuple[Result, ...]) -> Iterator[Cause]:
        for result in results:
            yield Cause(self.message(result), self.causes(result))

    def _branches(self, constraint: model.Logical, result: Result) -> Iterator[Cause]:
        """Each branch with what fails in it; one that the engine tells nothing of is told by what it demands."""
        rest = list(result.detail)
        for member in constraint.members:
            nodes = {shape.node for shape in closure(member)}
            inside = [one for one in rest if to_ox(one.shape) in nodes]
            rest = [one for one in rest if one not in inside]
            phrase = self._demands.phrase(member)
            if inside:
                yield Cause(f"this fails: {phrase}", tuple(self._inner(tuple(inside))))
            elif not result.detail:
                yield Cause(f"asked for: {phrase}")
            elif not isinstance(constraint, model.And):
                yield Cause(f"this fits: {phrase}")
        yield from self._inner(tuple(rest))

    def _speaks(self, result: Result) -> bool:
        shape = self.shape(result)
        own = [one for one in self.constraints(result) if isinstance(one, model.Sparql | model.Custom)]
        return bool(shape is None or shape.messages or own)

    def _composed(self, result: Result) -> str:
        wording = self._wording
        kind = str(result.component).rpartition("#")[2].removesuffix("ConstraintComponent")
        template = _CORE.get(kind, "{focus} breaks a rule")
        value = None if result.value is None else to_ox(result.value)
        is_a = wording.kind(value) if kind == "Class" and value is not None else ""
        told = template.format(
            focus=wording.name(to_ox(result.focus)),
            value=wording.name(value),
            path=self.path(result),
            a=_few(sorted(self.allowed(result))) or "something else",
            **{"is": f"; it is called {is_a}" if is_a else ""},
        )
        whole = "{focus}" in template or result.value == result.focus or isinstance(to_ox(result.focus), ox.Literal)
        return told if whole else f"{wording.name(to_ox(result.focus))}: {told}"

    def _asked(self, constraint: model.Constraint) -> Iterator[str]:
        """What a constraint asks for, each possible answer apart."""
        wording, value = self._wording, self._demands.value
        match constraint:
            case model.Class():
                yield wording.instance(constraint.cls)
            case model.Datatype():
                yield wording.datatype(constraint.datatype)
            case model.NodeKind():
                yield wording.node_kinds(constraint.kinds)
            case model.MinCount() | model.MaxCount() | model.MinLength() | model.MaxLength() | model.Qualified():
                yield str(constraint.number)
            case model.Bound():
                yield value(constraint.bound)
            case model.Pattern():
                yield constraint.pattern
            case model.LanguageIn():
                yield from constraint.languages
            case model.Pair():
                yield wording.property(constraint.predicate)
            case model.HasValue():
                yield value(constraint.value)
            case model.In():
                yield from (value(one) for one in constraint.values)
            case model.Closed():
                yield from sorted(wording.property(predicate) for predicate in constraint.allowed)


def _few(words: list[str]) -> str:
    """As many as a message can bear."""
    rest = len(words) - _FEW
    return " or ".join([*words[:_FEW], *([f"one of {rest} more"] if rest > 0 else [])])


def kind_of(constraint: model.Constraint) -> Term:
    """What a report calls the kind of a constraint."""
    return constraint.name if isinstance(constraint, model.Custom) else constraint.component


def every(shapes: model.Model) -> Iterator[model.Shape]:
    """All shapes, those too that only others call, each once."""
    yield from closure(*shapes.shapes)


def closure(*shapes: model.Shape) -> Iterator[model.Shape]:
    """Shapes and all that they call, down to the last, each once."""
    seen: set[Term] = set()
    waiting = list(reversed(shapes))
    while waiting:
        shape = waiting.pop()
        if shape.node not in seen:
            seen.add(shape.node)
            yield shape
            waiting += reversed(list(shape.called))
