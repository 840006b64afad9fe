"""Shapes as SPARQL that finds, among millions of nodes, the few that may be at fault.

What a query finds is then judged exactly by :mod:`.judge`, so a query may find too many, but never too few. This is
what makes few and fast queries of every shape: all constraints on the values of a path are one query, all that ask for
a value to be there another, and what SPARQL cannot say well is "perhaps".

The forms are measured ones, and Oxigraph's planner is why: begin with the property and test the target last, since bad
values are rare; one triple pattern to an ``EXISTS``, nested where a path goes on; classes with ``IN``; equality of
terms by pattern or ``sameTerm``; a comparison that is an error is a violation.

>>> from rdflib import Graph
>>> from .reading import read_model
>>> text = '''@prefix sh: <http://www.w3.org/ns/shacl#> . <urn:s> sh:targetClass <urn:C> ; sh:path <urn:p> ; sh:nodeKind
... sh:IRI .'''
>>> (shape,) = read_model(Graph().parse(data=text, format="turtle")).shapes
>>> for search in Compiler(lambda cls: {cls}).searches(shape):
...     print(search.text)
SELECT ?this { ?this <urn:p> ?v FILTER((!(isIRI(?v)) && EXISTS { ?this a <urn:C> })) }
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from . import model
from .expressions import Expressions, both, either
from .model import PropertyShape, Shape, Targets, Term
from .paths import Inverse, Path, Sequence, Step


@dataclass(frozen=True)
class Search:
    """A query whose ``?this`` are the nodes that may be at fault.

    Attributes:
        text: SPARQL.
        kinds: the constraint components that it looks for.
    """

    text: str
    kinds: tuple[str, ...]


class Compiler:
    """Makes queries of shapes.

    Args:
        subclasses: gives a class and all below it; what it gives goes into the queries.
        respelt: whether the store has respelt the data, so that a literal of a shape counts as it would be respelt.
    """

    def __init__(self, subclasses: Callable[[ox.NamedNode], Collection[Term]], *, respelt: bool = False) -> None:
        self._tests = Expressions(subclasses, respelt=respelt)

    # Targets

    def focus(self, targets: Targets) -> str:
        """A group that binds ``?this`` to the focus nodes that the data itself names, some perhaps twice."""
        parts = [part for cls in targets.classes for part in self._tests.instances(cls)]
        parts += [f"?this {predicate} ?other" for predicate in targets.subjects_of]
        parts += [f"?other {predicate} ?this" for predicate in targets.objects_of]
        return " UNION ".join(f"{{ {part} }}" for part in parts) if len(parts) > 1 else "".join(parts)

    def is_focus(self, targets: Targets, path: Path | None = None) -> str:
        """A test whether ``?this`` is such a node; nothing where the path that led to it says so."""
        if isinstance(path, Step) and path.predicate in targets.subjects_of:
            return ""
        if isinstance(path, Inverse) and isinstance(path.path, Step) and path.path.predicate in targets.objects_of:
            return ""
        parts = [self._tests.is_a("?this", cls) for cls in targets.classes]
        parts += [f"EXISTS {{ ?this {predicate} ?other }}" for predicate in targets.subjects_of]
        parts += [f"EXISTS {{ ?other {predicate} ?this }}" for predicate in targets.objects_of]
        return " || ".join(parts) if len(parts) == 1 else f"({' || '.join(parts)})"

    # Searches

    def searches(self, shape: Shape) -> Iterator[Search]:
        """The queries that together find every node that a shape may be broken by, but for queries of its own.

        Its targets that are named one by one are left out: they are few, and are judged without a query.
        """
        if not shape.deactivated:
            yield from self._searches(shape, shape.targets)

    def _searches(self, shape: Shape, targets: Targets) -> Iterator[Search]:
        first: list[tuple[str, model.Constraint]] = []
        if isinstance(shape, PropertyShape):
            yield from self._driven(shape, targets)
            first += [
                (self._tests.all(constraint, shape.path, "?this", True), constraint)
                for constraint in shape.constraints
                if not isinstance(constraint, self._driven_kinds(shape.path))
            ]
        else:
            for constraint in shape.constraints:
                if isinstance(constraint, model.Property):
                    if not constraint.shape.deactivated:
                        yield from self._searches(constraint.shape, targets)
                elif not isinstance(constraint, (model.Sparql, model.Custom)):
                    first.append((self._tests.one(constraint, "?this", True), constraint))
        if first:
            tests = " || ".join(f"({test})" for test, _ in first)
            yield Search(
                f"SELECT ?this {{ {self.focus(targets)} FILTER({tests}) }}",
                _kinds(constraint for _, constraint in first),
            )

    @staticmethod
    def _driven_kinds(path: Path) -> tuple[type[model.Constraint], ...]:
        """The constraints that a query looks for from the path, and those that are queries themselves."""
        queries = (model.Sparql, model.Custom)
        return (*queries, *Expressions.VALUE, model.MaxCount, model.UniqueLang) if _can_drive(path) else queries

    def _driven(self, shape: PropertyShape, targets: Targets) -> Iterator[Search]:
        """The searches that begin with the path."""
        if not _can_drive(shape.path):
            return
        pattern = self._tests.pattern("?this", shape.path, "?v")
        is_focus = self.is_focus(targets, shape.path)
        bad: list[tuple[str, model.Constraint]] = []
        for constraint in shape.constraints:
            if isinstance(constraint, model.MaxCount) and constraint.number > 1:
                last = f" FILTER({is_focus})" if is_focus else ""
                having = f"HAVING(COUNT(DISTINCT ?v) > {constraint.number})"
                yield Search(f"SELECT ?this {{ {pattern}{last} }} GROUP BY ?this {having}", _kinds([constraint]))
            elif isinstance(constraint, (model.MaxCount, model.UniqueLang)):
                bad.append((self._not_alone(constraint, shape.path), constraint))
            elif type(constraint) in self._tests.VALUE:
                bad.append((self._tests.value(constraint, "?this", "?v", True), constraint))
        if bad:
            tests = both([either(test for test, _ in bad), is_focus or "true"])
            yield Search(f"SELECT ?this {{ {pattern} FILTER({tests}) }}", _kinds(constraint for _, constraint in bad))

    def _not_alone(self, constraint: model.MaxCount | model.UniqueLang, path: Path) -> str:
        """Whether ``?v`` is a value too many: there is another, be it any or one in its language."""
        if isinstance(constraint, model.MaxCount) and constraint.number == 0:
            return "true"
        if isinstance(constraint, model.MaxCount):
            return self._tests.reach(path, "?this", lambda other: f"!sameTerm(?v, {other})")
        same = "LCASE(LANG({0})) = LCASE(LANG(?v)) && !sameTerm(?v, {0})"
        return both(['LANG(?v) != ""', self._tests.reach(path, "?this", same.format)])


def _can_drive(path: Path) -> bool:
    """Whether a query can begin with a path: each step of it is a triple."""
    return path.is_step or (isinstance(path, Sequence) and all(item.is_step for item in path.items))


def _kinds(constraints: Iterable[model.Constraint]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(constraint.component.value for constraint in constraints))
