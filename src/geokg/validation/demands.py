"""What shapes demand, in plain words, told from the shapes themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox
from rdflib.namespace import RDFS

from ..shacl import model
from ..shacl.shapes import short
from .lookup import Term
from .wording import Wording

_PLACEHOLDER = re.compile(r"\{[?$]\w+\}")
_COMMENT = ox.NamedNode(str(RDFS.comment))
_COMPARED = {">": "more than", ">=": "at least", "<": "less than", "<=": "at most"}


@dataclass(frozen=True)
class Demand:
    """Something that a shape demands.

    Attributes:
        words: what it is.
        parts: what it is made of.
    """

    words: str
    parts: tuple[Demand, ...] = ()


@dataclass(frozen=True)
class Rule:
    """A shape in words.

    Attributes:
        shape: its IRI, or ``_:...``.
        short: the IRI with a prefix, where one is known.
        name: its label.
        severity: ``violation``, ``warning``, ``info`` or another, as a word.
        judges: which nodes it judges, one phrase for each target; nothing if only other shapes call it.
        demands: what it demands of them.
        says: its message, in the wanted language, with … for what is filled in.
        why: its comment.
        active: whether it judges at all.
    """

    shape: str
    short: str
    name: str
    severity: str
    judges: tuple[str, ...]
    demands: tuple[Demand, ...]
    says: str = ""
    why: str = ""
    active: bool = True


class Demands:
    """Tells what shapes demand.

    Args:
        wording: for the names of classes, properties and values.
    """

    def __init__(self, wording: Wording) -> None:
        self._wording = wording

    def rule(self, shape: model.Shape) -> Rule:
        """A shape with its targets."""
        iri = f"_:{shape.node.value}" if isinstance(shape.node, ox.BlankNode) else shape.node.value
        lookup, wording = self._wording.lookup, self._wording
        return Rule(
            shape=iri,
            short=short(iri, wording.prefixes) or iri,
            name=wording.pick(shape.names) or wording.label(shape.node),
            severity=shape.severity.value.rpartition("#")[2].lower(),
            judges=tuple(self.judged(shape.targets)),
            demands=tuple(self.of(shape)),
            says=_PLACEHOLDER.sub("…", wording.pick(shape.messages)),
            why=wording.pick(lookup.objects(shape.node, _COMMENT)),
            active=not shape.deactivated,
        )

    def judged(self, targets: model.Targets) -> Iterator[str]:
        """Which nodes are judged."""
        wording = self._wording
        for cls in targets.classes:
            yield f"every {wording.label(cls) or wording.name(cls)}"
        for node in targets.nodes:
            yield wording.name(node)
        for predicate in targets.subjects_of:
            yield f"whatever has “{wording.property(predicate)}”"
        for predicate in targets.objects_of:
            yield f"whatever something has as “{wording.property(predicate)}”"

    def of(self, shape: model.Shape) -> Iterator[Demand]:
        """What a shape demands; of a property shape as one demand with parts."""
        parts = tuple(self._merged(shape.constraints))
        if not isinstance(shape, model.PropertyShape):
            yield from parts
        elif len(parts) == 1 and not parts[0].parts:
            yield Demand(f"{self._wording.path(shape.path)}: {parts[0].words}")
        else:
            yield Demand(self._wording.path(shape.path), parts)

    def phrase(self, shape: model.Shape) -> str:
        """A shape in one line: its label, or else all that it demands."""
        return self._wording.pick(shape.names) or "; ".join(_flat(demand) for demand in self.of(shape)) or "anything"

    def _merged(self, constraints: tuple[model.Constraint, ...]) -> Iterator[Demand]:
        """Each constraint in words; a lowest and a highest count are told together."""
        low = next((one for one in constraints if isinstance(one, model.MinCount)), None)
        high = next((one for one in constraints if isinstance(one, model.MaxCount)), None)
        if low or high:
            yield Demand(_count(low.number if low else 0, high.number if high else None))
        for constraint in constraints:
            if not isinstance(constraint, model.MinCount | model.MaxCount):
                yield from self.constraint(constraint)

    def constraint(self, constraint: model.Constraint) -> Iterator[Demand]:
        """What a constraint demands; a property shape inside a node shape gives what it demands itself."""
        wording = self._wording
        match constraint:
            case model.Property():
                if not constraint.shape.deactivated:
                    yield from self.of(constraint.shape)
            case model.Class():
                yield Demand(f"is {wording.instance(constraint.cls)}")
            case model.Datatype():
                yield Demand(f"is written as {wording.datatype(constraint.datatype)}")
            case model.NodeKind():
                yield Demand(f"is {wording.node_kinds(constraint.kinds)}")
            case model.MinCount() | model.MaxCount():
                yield from self._merged((constraint,))
            case model.Bound():
                yield Demand(f"is {_COMPARED[constraint.operator]} {self.value(constraint.bound)}")
            case model.MinLength():
                yield Demand(f"has {constraint.number} or more characters")
            case model.MaxLength():
                yield Demand(f"has no more than {constraint.number} characters")
            case model.Pattern():
                flags = f" (flags {constraint.flags})" if constraint.flags else ""
                yield Demand(f"is written in the form {constraint.pattern}{flags}")
            case model.LanguageIn():
                yield Demand(f"is in one of these languages: {', '.join(constraint.languages)}")
            case model.UniqueLang():
                yield Demand("no two values are in one language")
            case model.Pair():
                yield Demand(_PAIRS[type(constraint)].format(wording.property(constraint.predicate)))
            case model.In():
                yield Demand(f"is one of: {', '.join(self.value(value) for value in constraint.values)}")
            case model.HasValue():
                yield Demand(f"one value is {self.value(constraint.value)}")
            case model.Closed():
                allowed = sorted(wording.property(predicate) for predicate in constraint.allowed)
                yield Demand(f"has no other properties than: {', '.join(allowed)}")
            case model.Qualified():
                least = isinstance(constraint, model.QualifiedMin)
                words = f"{'at least' if least else 'at most'} {constraint.number} of the values: "
                yield Demand(words + self.phrase(constraint.shape), tuple(self._inside(constraint.shape)))
            case model.Not():
                yield Demand(f"is not this: {self.phrase(constraint.shape)}", tuple(self._inside(constraint.shape)))
            case model.Node():
                yield Demand(f"fits: {self.phrase(constraint.shape)}", tuple(self._inside(constraint.shape)))
            case model.Logical():
                parts = (Demand(self.phrase(shape), tuple(self._inside(shape))) for shape in constraint.members)
                yield Demand(_LOGICAL[type(constraint)], tuple(parts))
            case _:
                yield Demand("a query of its own finds nothing wrong")

    def _inside(self, shape: model.Shape) -> Iterator[Demand]:
        """What a named shape demands in full; of a nameless one the phrase has said it."""
        if self._wording.pick(shape.names):
            yield from self.of(shape)

    def value(self, term: Term) -> str:
        """A value that a shape names: a literal as it is written, anything else by its name."""
        return term.value if isinstance(term, ox.Literal) else self._wording.name(term)


_PAIRS: dict[type[model.Constraint], str] = {
    model.Equals: "has the same values as “{}”",
    model.Disjoint: "has no value in common with “{}”",
    model.LessThan: "is less than “{}”",
    model.LessThanOrEquals: "is not more than “{}”",
}
_LOGICAL: dict[type[model.Constraint], str] = {
    model.And: "fits all of these",
    model.Or: "fits at least one of these",
    model.Xone: "fits exactly one of these",
}


def _count(low: int, high: int | None) -> str:
    if low == high:
        return f"exactly {low}" if low else "none"
    if high is None:
        return f"at least {low}"
    if high == 0:
        return "none"
    return f"at most {high}" if not low else f"{low} to {high}"


def _flat(demand: Demand) -> str:
    inside = ", ".join(_flat(part) for part in demand.parts)
    return f"{demand.words}: {inside}" if inside else demand.words
