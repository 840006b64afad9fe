"""What a shape is, as a value: its targets, its messages, and demands, whose kinds are in :mod:`.model`.

>>> sh("path")
<NamedNode value=http://www.w3.org/ns/shacl#path>
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import pyoxigraph as ox
from rdflib import Graph

from .paths import Path

Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal
ShapeNode: TypeAlias = ox.NamedNode | ox.BlankNode

SH = "http://www.w3.org/ns/shacl#"


def sh(name: str) -> ox.NamedNode:
    """A term of SHACL.

    >>> sh("path")
    <NamedNode value=http://www.w3.org/ns/shacl#path>
    """
    return ox.NamedNode(SH + name)


@dataclass(frozen=True)
class Targets:
    """Where a shape's focus nodes come from: the union of all these.

    Attributes:
        classes: instances of these, or of a subclass that the data knows; the shape itself where it is a class.
        nodes: these, whether the data has them or not.
        subjects_of: the subjects of these properties.
        objects_of: the objects of these properties.
    """

    classes: tuple[ox.NamedNode, ...] = ()
    nodes: tuple[ox.NamedNode | ox.Literal, ...] = ()
    subjects_of: tuple[ox.NamedNode, ...] = ()
    objects_of: tuple[ox.NamedNode, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.classes or self.nodes or self.subjects_of or self.objects_of)


@dataclass(frozen=True)
class Constraint:
    """One demand of a shape; ``component`` is what the report calls its kind."""

    component: ClassVar[ox.NamedNode]

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes that it hands nodes to."""
        return ()


@dataclass(frozen=True)
class Shape:
    """A shape.

    Attributes:
        node: its IRI, or its blank node in the shapes graph.
        targets: empty for a shape that others call.
        constraints: its demands, those that are deactivated left out; in an order that does not change.
        severity: an IRI, such as ``sh:Violation``.
        messages: what it says of its findings, in every language that it says it in.
        deactivated: every node conforms to it.
        names: ``sh:name``, or else ``rdfs:label``.
        order: ``sh:order``, or nothing.
    """

    node: ShapeNode
    targets: Targets
    constraints: tuple[Constraint, ...]
    severity: ox.NamedNode
    messages: tuple[ox.Literal, ...]
    deactivated: bool
    names: tuple[ox.Literal, ...]
    order: float | None

    @property
    def called(self) -> Iterator[Shape]:
        """The shapes that it hands nodes to, one by one as they are called."""
        for constraint in self.constraints:
            yield from constraint.shapes


@dataclass(frozen=True)
class NodeShape(Shape):
    """A shape whose value node is the focus node."""


@dataclass(frozen=True)
class PropertyShape(Shape):
    """A shape whose value nodes a path leads to.

    Attributes:
        path: from the focus node to the value nodes.
        path_node: the path in the shapes graph.
    """

    path: Path
    path_node: ShapeNode


@dataclass(frozen=True)
class Model:
    """All shapes of a shapes graph.

    Attributes:
        shapes: those with targets, sorted by name.
        called: the nodes of the shapes that another calls.
        idle: the IRIs of the shapes that have no target and that no other calls.
        notes: what means nothing where it stands, and is passed over.
        graph: the shapes graph, for paths in reports and for ``$shapesGraph``.
    """

    shapes: tuple[Shape, ...]
    called: frozenset[ShapeNode]
    idle: tuple[str, ...]
    notes: tuple[str, ...]
    graph: Graph
