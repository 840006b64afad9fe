"""Shapes as values: what a shapes graph says, read once, frozen, with no graph behind it.

Here are the constraints, one class for each component, in the order of the specification; shapes are in :mod:`.shape`.
Terms are pyoxigraph's, which keep each literal's spelling. A shape holds the shapes that it calls, which can be since
no shape may call itself. :func:`.reading.read_model` makes these.

>>> from rdflib import Graph
>>> from geokg.shacl.reading import read_model
>>> text = "@prefix sh: <http://www.w3.org/ns/shacl#> . <urn:s> sh:targetNode <urn:n> ; sh:nodeKind sh:IRI ."
>>> [shape.constraints for shape in read_model(Graph().parse(data=text, format="turtle")).shapes]
[(NodeKind(kinds=frozenset({<class 'pyoxigraph.NamedNode'>})),)]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyoxigraph as ox

from .shape import (
    Constraint as Constraint,
)
from .shape import (
    Model as Model,
)
from .shape import (
    NodeShape as NodeShape,
)
from .shape import (
    PropertyShape as PropertyShape,
)
from .shape import (
    Shape as Shape,
)
from .shape import (
    ShapeNode as ShapeNode,
)
from .shape import (
    Targets as Targets,
)
from .shape import (
    Term as Term,
)
from .shape import (
    sh as sh,
)

# Value types


@dataclass(frozen=True)
class Class(Constraint):
    """Each value is an instance of a class, or of a subclass that the data knows."""

    component = sh("ClassConstraintComponent")
    cls: ox.NamedNode


@dataclass(frozen=True)
class Datatype(Constraint):
    """Each value is a literal of a datatype, and well-formed."""

    component = sh("DatatypeConstraintComponent")
    datatype: ox.NamedNode


@dataclass(frozen=True)
class NodeKind(Constraint):
    """Each value is a term of one of some kinds: classes of pyoxigraph."""

    component = sh("NodeKindConstraintComponent")
    kinds: frozenset[type]


# Cardinality


@dataclass(frozen=True)
class MinCount(Constraint):
    """There are at least so many values."""

    component = sh("MinCountConstraintComponent")
    number: int


@dataclass(frozen=True)
class MaxCount(Constraint):
    """There are at most so many values."""

    component = sh("MaxCountConstraintComponent")
    number: int


# Ranges


@dataclass(frozen=True)
class Bound(Constraint):
    """Each value compares with a bound; what cannot be compared with it is a violation."""

    operator: ClassVar[str]
    bound: Term


@dataclass(frozen=True)
class MinExclusive(Bound):
    """Above."""

    component = sh("MinExclusiveConstraintComponent")
    operator = ">"


@dataclass(frozen=True)
class MinInclusive(Bound):
    """Not below."""

    component = sh("MinInclusiveConstraintComponent")
    operator = ">="


@dataclass(frozen=True)
class MaxExclusive(Bound):
    """Below."""

    component = sh("MaxExclusiveConstraintComponent")
    operator = "<"


@dataclass(frozen=True)
class MaxInclusive(Bound):
    """Not above."""

    component = sh("MaxInclusiveConstraintComponent")
    operator = "<="


# Strings


@dataclass(frozen=True)
class MinLength(Constraint):
    """Each value, as text, has at least so many characters; a blank node has no text."""

    component = sh("MinLengthConstraintComponent")
    number: int


@dataclass(frozen=True)
class MaxLength(Constraint):
    """Each value, as text, has at most so many characters."""

    component = sh("MaxLengthConstraintComponent")
    number: int


@dataclass(frozen=True)
class Pattern(Constraint):
    """Each value, as text, fits a regular expression."""

    component = sh("PatternConstraintComponent")
    pattern: str
    flags: str = ""


@dataclass(frozen=True)
class LanguageIn(Constraint):
    """Each value is text in one of some languages."""

    component = sh("LanguageInConstraintComponent")
    languages: tuple[str, ...]


@dataclass(frozen=True)
class UniqueLang(Constraint):
    """No two values are in one language."""

    component = sh("UniqueLangConstraintComponent")


# Pairs of properties


@dataclass(frozen=True)
class Pair(Constraint):
    """The values against those of another property."""

    predicate: ox.NamedNode


@dataclass(frozen=True)
class Equals(Pair):
    """The same values."""

    component = sh("EqualsConstraintComponent")


@dataclass(frozen=True)
class Disjoint(Pair):
    """No value in common."""

    component = sh("DisjointConstraintComponent")


@dataclass(frozen=True)
class LessThan(Pair):
    """Each value is below each of the other property."""

    component = sh("LessThanConstraintComponent")
    operator: ClassVar[str] = "<"


@dataclass(frozen=True)
class LessThanOrEquals(Pair):
    """Each value is not above any of the other property."""

    component = sh("LessThanOrEqualsConstraintComponent")
    operator: ClassVar[str] = "<="


# Other shapes


@dataclass(frozen=True)
class Calling(Constraint):
    """Hands each value to one shape."""

    shape: Shape

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The one."""
        return (self.shape,)


@dataclass(frozen=True)
class Not(Calling):
    """No value conforms."""

    component = sh("NotConstraintComponent")


@dataclass(frozen=True)
class Node(Calling):
    """Each value conforms."""

    component = sh("NodeConstraintComponent")


@dataclass(frozen=True)
class Property(Calling):
    """Each value is a focus node of a property shape, whose results are results of their own."""

    component = sh("PropertyShapeComponent")


@dataclass(frozen=True)
class Logical(Constraint):
    """Hands each value to several shapes."""

    members: tuple[Shape, ...]

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """All of them."""
        return self.members


@dataclass(frozen=True)
class And(Logical):
    """Each value conforms to all."""

    component = sh("AndConstraintComponent")


@dataclass(frozen=True)
class Or(Logical):
    """Each value conforms to one at least."""

    component = sh("OrConstraintComponent")


@dataclass(frozen=True)
class Xone(Logical):
    """Each value conforms to one, and only one."""

    component = sh("XoneConstraintComponent")


@dataclass(frozen=True)
class Qualified(Calling):
    """So many values conform to a shape.

    Attributes:
        number: how many.
        siblings: values that conform to one of these do not count.
    """

    number: int
    siblings: tuple[Shape, ...]

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Its own, and the siblings."""
        return (self.shape, *self.siblings)


@dataclass(frozen=True)
class QualifiedMin(Qualified):
    """At least so many."""

    component = sh("QualifiedMinCountConstraintComponent")


@dataclass(frozen=True)
class QualifiedMax(Qualified):
    """At most so many."""

    component = sh("QualifiedMaxCountConstraintComponent")


# The rest


@dataclass(frozen=True)
class Closed(Constraint):
    """A value has no other properties than these."""

    component = sh("ClosedConstraintComponent")
    allowed: frozenset[ox.NamedNode]


@dataclass(frozen=True)
class HasValue(Constraint):
    """One value is this."""

    component = sh("HasValueConstraintComponent")
    value: Term


@dataclass(frozen=True)
class In(Constraint):
    """Each value is one of these."""

    component = sh("InConstraintComponent")
    values: tuple[Term, ...]


# SPARQL


@dataclass(frozen=True)
class Query:
    """A query of a shapes graph.

    Attributes:
        text: its prefixes declared, ``$PATH`` not yet filled in.
        is_ask: an ``ASK`` of one value, which is true where the value is right; else each row of it is a violation.
    """

    text: str
    is_ask: bool = False


@dataclass(frozen=True)
class Sparql(Constraint):
    """``sh:sparql``: each row is a violation.

    Attributes:
        node: the constraint in the shapes graph.
        query: what it asks.
        messages: its own; else the shape's count.
    """

    component = sh("SPARQLConstraintComponent")
    node: ShapeNode
    query: Query
    messages: tuple[ox.Literal, ...]


@dataclass(frozen=True)
class Custom(Constraint):
    """A constraint component that the shapes graph defines.

    Attributes:
        name: the component, which is what the report calls it.
        parameters: their names and values; one that is left out is not here.
        query: its validator.
        messages: the validator's; the shape's own go before them.
    """

    name: ShapeNode
    parameters: tuple[tuple[str, Term], ...]
    query: Query
    messages: tuple[ox.Literal, ...]
