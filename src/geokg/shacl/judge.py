"""Judges single nodes, exactly: every result, with what caused it.

The compiled queries of :mod:`.compiler` find the nodes that may be at fault among millions; this then reads the few
triples around each of them, straight from the store's indexes. A blank node is a node like any other here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyoxigraph as ox

from . import literals, model
from .model import PropertyShape, Shape, ShapeNode, Targets, Term
from .paths import Path, Step
from .queries import ValidationError
from .sources import StoreSource
from .sparql import Asker

_PLACEHOLDER = re.compile(r"\{[?$](\w+)\}")


@dataclass(frozen=True)
class Fault:
    """One validation result.

    Attributes:
        focus: the node that was judged.
        value: the value at fault, if one is.
        path: where the value stands, if anywhere.
        shape: the shape that says so.
        component: the kind of constraint.
        severity: an IRI, such as ``sh:Violation``.
        messages: what the shape says about it, filled in.
        constraint: the SPARQL constraint, for these.
        detail: what is wrong inside, for shapes that call others.
    """

    focus: Term
    value: Term | None
    path: Path | None
    shape: ShapeNode
    component: ShapeNode
    severity: ox.NamedNode
    messages: tuple[ox.Literal, ...]
    constraint: ShapeNode | None = None
    detail: tuple[Fault, ...] = field(default=())


@dataclass(frozen=True)
class _Case:
    """A shape at a focus node, with its value nodes."""

    shape: Shape
    focus: Term
    values: tuple[Term, ...]

    def fault(self, constraint: model.Constraint, value: Term | None = None, /, **more: Any) -> Fault:
        given: dict[str, Any] = {
            "focus": self.focus,
            "value": value,
            "path": self.shape.path if isinstance(self.shape, PropertyShape) else None,
            "shape": self.shape.node,
            "component": constraint.name if isinstance(constraint, model.Custom) else constraint.component,
            "severity": self.shape.severity,
            "messages": self.shape.messages,
        }
        return Fault(**{**given, **more})


class Judge:
    """Judges nodes of one state of the data.

    Args:
        source: the data; it must not change while this is in use.
        asker: runs the queries of shapes.
        respelt: whether the store has respelt the data, so that a literal of a shape counts as it would be respelt.
    """

    def __init__(self, source: StoreSource, asker: Asker, *, respelt: bool = True) -> None:
        self.source = source
        self._asker = asker
        self._respelt = respelt
        self._allowed: dict[model.In, frozenset[Term]] = {}
        self._known: dict[tuple[ShapeNode, Term], bool] = {}

    def judge(self, shape: Shape, nodes: Sequence[Term]) -> dict[Term, tuple[Fault, ...]]:
        """All results of a shape at some focus nodes, whatever its targets are; by node, with no entry for none.

        Which node is known here alone: a result inside a nested property shape has a focus of its own.

        Raises:
            ValidationError: a query of the shape reports that it failed, or cannot be run.
        """
        self._asker.prepare(shape, nodes)
        found = {node: tuple(self.faults(shape, node)) for node in nodes}
        return {node: faults for node, faults in found.items() if faults}

    def faults(self, shape: Shape, focus: Term) -> Iterator[Fault]:
        """The results of a shape at one focus node."""
        if shape.deactivated:
            return
        values = self.source.values(shape.path, focus) if isinstance(shape, PropertyShape) else (focus,)
        case = _Case(shape, focus, values)
        for constraint in shape.constraints:
            yield from _CHECKS[type(constraint)](self, case, constraint)

    def conforms(self, shape: Shape, node: Term) -> bool:
        """Whether a node has no result for a shape."""
        key = (shape.node, node)
        if key not in self._known:
            self._known[key] = next(self.faults(shape, node), None) is None
        return self._known[key]

    def is_target(self, shape: Shape, node: Term) -> bool:
        """Whether a shape's targets hold a node."""
        return node in shape.targets.nodes or self.is_found(shape.targets, node)

    def is_found(self, targets: Targets, node: Term) -> bool:
        """Whether targets hold a node, other than by its name."""
        return (
            any(self.source.has(node, predicate, None) for predicate in targets.subjects_of)
            or any(self.source.has(None, predicate, node) for predicate in targets.objects_of)
            or any(self.source.is_instance(node, cls) for cls in targets.classes)
        )

    # One method for each kind of constraint that looks at more than one value

    def _min_count(self, case: _Case, constraint: model.MinCount) -> Iterator[Fault]:
        if len(case.values) < constraint.number:
            yield case.fault(constraint)

    def _max_count(self, case: _Case, constraint: model.MaxCount) -> Iterator[Fault]:
        if len(case.values) > constraint.number:
            yield case.fault(constraint)

    def _unique_lang(self, case: _Case, constraint: model.UniqueLang) -> Iterator[Fault]:
        # tags are the same whatever their letters: RDF 1.1 gives them their value in lower case
        tags = [value.language.lower() for value in case.values if isinstance(value, ox.Literal) and value.language]
        for _ in {tag for tag in tags if tags.count(tag) > 1}:
            yield case.fault(constraint)

    def _equals(self, case: _Case, constraint: model.Equals) -> Iterator[Fault]:
        others = self.source.objects(case.focus, constraint.predicate)
        for value in dict.fromkeys((*case.values, *others)):
            if value not in case.values or value not in others:
                yield case.fault(constraint, value)

    def _disjoint(self, case: _Case, constraint: model.Disjoint) -> Iterator[Fault]:
        others = self.source.objects(case.focus, constraint.predicate)
        return (case.fault(constraint, value) for value in case.values if value in others)

    def _less_than(self, case: _Case, constraint: model.LessThan | model.LessThanOrEquals) -> Iterator[Fault]:
        for value in case.values:
            for other in self.source.objects(case.focus, constraint.predicate):
                if not literals.compares(value, constraint.operator, other):
                    yield case.fault(constraint, value)

    def _has_value(self, case: _Case, constraint: model.HasValue) -> Iterator[Fault]:
        if self._spell(constraint.value) not in case.values:
            yield case.fault(constraint)

    def _in(self, case: _Case, constraint: model.In) -> Iterator[Fault]:
        if constraint not in self._allowed:
            self._allowed[constraint] = frozenset(map(self._spell, constraint.values))
        return (case.fault(constraint, value) for value in case.values if value not in self._allowed[constraint])

    def _spell(self, term: Term) -> Term:
        return literals.respelt(term) if self._respelt else term

    def _property(self, case: _Case, constraint: model.Property) -> Iterator[Fault]:
        for value in case.values:
            yield from self.faults(constraint.shape, value)

    def _inside(self, shapes: Iterable[Shape], value: Term) -> tuple[Fault, ...]:
        return tuple(fault for shape in shapes for fault in self.faults(shape, value))

    def _not(self, case: _Case, constraint: model.Not) -> Iterator[Fault]:
        return (case.fault(constraint, value) for value in case.values if self.conforms(constraint.shape, value))

    def _all(self, case: _Case, constraint: model.Node | model.And) -> Iterator[Fault]:
        for value in case.values:
            if not all(self.conforms(shape, value) for shape in constraint.shapes):
                yield case.fault(constraint, value, detail=self._inside(constraint.shapes, value))

    def _or(self, case: _Case, constraint: model.Or) -> Iterator[Fault]:
        for value in case.values:
            if not any(self.conforms(shape, value) for shape in constraint.members):
                yield case.fault(constraint, value, detail=self._inside(constraint.members, value))

    def _xone(self, case: _Case, constraint: model.Xone) -> Iterator[Fault]:
        for value in case.values:
            number = sum(self.conforms(shape, value) for shape in constraint.members)
            if number != 1:
                detail = () if number else self._inside(constraint.members, value)
                yield case.fault(constraint, value, detail=detail)

    def _counted(self, case: _Case, constraint: model.Qualified) -> list[Term]:
        return [
            value
            for value in case.values
            if self.conforms(constraint.shape, value)
            and not any(self.conforms(sibling, value) for sibling in constraint.siblings)
        ]

    def _qualified_min(self, case: _Case, constraint: model.QualifiedMin) -> Iterator[Fault]:
        counted = self._counted(case, constraint)
        if len(counted) < constraint.number:
            rest = [value for value in case.values if value not in counted]
            detail = tuple(fault for value in rest for fault in self._inside((constraint.shape,), value))
            yield case.fault(constraint, detail=detail)

    def _qualified_max(self, case: _Case, constraint: model.QualifiedMax) -> Iterator[Fault]:
        if len(self._counted(case, constraint)) > constraint.number:
            yield case.fault(constraint)

    def _closed(self, case: _Case, constraint: model.Closed) -> Iterator[Fault]:
        for value in case.values:
            for predicate, found in self.source.properties(value):
                if predicate not in constraint.allowed:
                    yield case.fault(constraint, found, path=Step(predicate))

    # Queries of the shapes graph

    def _sparql(self, case: _Case, constraint: model.Sparql) -> Iterator[Fault]:
        for row in self._asker.rows(case.shape, constraint, case.focus):
            yield self._row_fault(case, constraint, row, constraint.messages or case.shape.messages)

    def _custom(self, case: _Case, constraint: model.Custom) -> Iterator[Fault]:
        messages = case.shape.messages or constraint.messages
        if not constraint.query.is_ask:
            for row in self._asker.rows(case.shape, constraint, case.focus):
                yield self._row_fault(case, constraint, row, messages)
            return
        for value in case.values:
            if not self._asker.holds(case.shape, constraint, case.focus, value):
                told = {**dict(constraint.parameters), "this": case.focus, "value": value}
                yield case.fault(constraint, value, messages=_filled(messages, told))

    def _row_fault(
        self,
        case: _Case,
        constraint: model.Sparql | model.Custom,
        row: dict[str, Term],
        messages: tuple[ox.Literal, ...],
    ) -> Fault:
        failure, said, path = row.get("failure"), row.get("message"), row.get("path")
        if failure == ox.Literal(True):
            raise ValidationError(f"the query of shape {case.shape.node.value} says that it failed at {case.focus}")
        more: dict[str, Any] = {}
        if isinstance(constraint, model.Sparql):
            more["constraint"] = constraint.node
        else:
            row = {**dict(constraint.parameters), **row}
        if isinstance(said, ox.Literal):
            messages = (said,)
        if isinstance(path, ox.NamedNode) and not isinstance(case.shape, PropertyShape):
            more["path"] = Step(path)
        default = None if isinstance(case.shape, PropertyShape) else case.focus
        return case.fault(constraint, row.get("value", default), messages=_filled(messages, row), **more)


def _filled(messages: tuple[ox.Literal, ...], row: dict[str, Term]) -> tuple[ox.Literal, ...]:
    """Messages with ``{?name}`` and ``{$name}`` filled in."""
    if not any("{" in message.value for message in messages):
        return messages
    words = {name: str(term) if isinstance(term, ox.BlankNode) else term.value for name, term in row.items()}
    made = []
    for message in messages:
        text = _PLACEHOLDER.sub(lambda found: words.get(found[1], found[0]), message.value)
        made.append(ox.Literal(text, language=message.language) if message.language else ox.Literal(text))
    return tuple(made)


_Check = Callable[[Judge, _Case, Any], Iterator[Fault]]


def _each(is_right: Callable[[Judge, Term, Any], bool]) -> _Check:
    """The check of a constraint that looks at each value for itself."""

    def check(judge: Judge, case: _Case, constraint: model.Constraint) -> Iterator[Fault]:
        return (case.fault(constraint, value) for value in case.values if not is_right(judge, value, constraint))

    return check


def _text(value: Term) -> str | None:
    return None if isinstance(value, ox.BlankNode) else value.value


_bound = _each(lambda _, value, c: literals.compares(value, c.operator, c.bound))
_CHECKS: dict[type[model.Constraint], _Check] = {
    model.Class: _each(lambda judge, value, c: judge.source.is_instance(value, c.cls)),
    model.Datatype: _each(
        lambda _, value, c: (
            isinstance(value, ox.Literal) and value.datatype == c.datatype and literals.is_well_formed(value)
        )
    ),
    model.NodeKind: _each(lambda _, value, c: type(value) in c.kinds),
    model.MinCount: Judge._min_count,
    model.MaxCount: Judge._max_count,
    model.MinExclusive: _bound,
    model.MinInclusive: _bound,
    model.MaxExclusive: _bound,
    model.MaxInclusive: _bound,
    model.MinLength: _each(lambda _, value, c: (text := _text(value)) is not None and len(text) >= c.number),
    model.MaxLength: _each(lambda _, value, c: (text := _text(value)) is not None and len(text) <= c.number),
    model.Pattern: _each(
        lambda _, value, c: (text := _text(value)) is not None and literals.fits(text, c.pattern, c.flags)
    ),
    model.LanguageIn: _each(lambda _, value, c: literals.in_language(value, c.languages)),
    model.UniqueLang: Judge._unique_lang,
    model.Equals: Judge._equals,
    model.Disjoint: Judge._disjoint,
    model.LessThan: Judge._less_than,
    model.LessThanOrEquals: Judge._less_than,
    model.Not: Judge._not,
    model.And: Judge._all,
    model.Node: Judge._all,
    model.Or: Judge._or,
    model.Xone: Judge._xone,
    model.Property: Judge._property,
    model.QualifiedMin: Judge._qualified_min,
    model.QualifiedMax: Judge._qualified_max,
    model.Closed: Judge._closed,
    model.HasValue: Judge._has_value,
    model.In: Judge._in,
    model.Sparql: Judge._sparql,
    model.Custom: Judge._custom,
}
