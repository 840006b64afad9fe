"""What data may not say by the axioms of its ontology, as shapes: a reasoner would only say that nothing makes sense.

Made are shapes for disjoint and complementary classes, for functional, inverse functional, asymmetric, irreflexive and
disjoint properties, and for ``owl:sameAs`` beside ``owl:differentFrom``. As shapes they judge what stands there: two
values of a functional property are a fault, where OWL would take the two for one and the same (decision 4); what
follows by domains and ranges is for the shapes that say what a property may lead to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import TypeAlias

import pyoxigraph as ox
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.namespace import OWL, RDF, RDFS, SH, SKOS
from rdflib.term import Node

from ..store import Store
from ..vocabulary import GKS
from .axioms import TYPE, items

_KINDS = URIRef(GKS["Kind-disjoint"])
"""The packaged shape that reads from the ontology which classes exclude one another."""
_Pair: TypeAlias = "tuple[ox.NamedNode, ox.NamedNode]"


def contradictions(store: Store, shapes: Graph | None = None, *, everywhere: bool = False) -> Graph:
    """Shapes that find where a store contradicts the axioms that it holds.

    Args:
        store: data and ontology.
        shapes: shapes that it is judged by too; what one of them demands already is not demanded twice.
        everywhere: make shapes for what the data does not speak of too, for it may yet.

    >>> quads = "@prefix o: <http://www.w3.org/2002/07/owl#> . <x:C> o:disjointWith <x:D> . <x:a> a <x:C> , <x:D> ."
    >>> store = Store.memory()
    >>> store.extend(ox.parse(quads, ox.RdfFormat.TURTLE))
    >>> print(*contradictions(store).objects(None, SH.message))
    Nothing is both a C and a D.
    """
    shapes = Graph() if shapes is None else shapes
    made = _Shapes(store, shapes, everywhere=everywhere)
    if (_KINDS, None, None) not in shapes:
        for one, other in sorted(set(_disjoint(store)), key=str):
            made.disjoint(one, other)
    for mark, make in made.marks().items():
        for quad in sorted(store.match(None, TYPE, ox.NamedNode(str(mark))), key=str):
            if isinstance(quad.subject, ox.NamedNode) and made.is_used(quad.subject):
                make(URIRef(quad.subject.value))
    for one, other in sorted(set(_pairs(store, OWL.propertyDisjointWith, OWL.AllDisjointProperties)), key=str):
        if made.is_used(one) and made.is_used(other):
            made.apart(URIRef(one.value), URIRef(other.value))
    if made.is_used(ox.NamedNode(str(OWL.differentFrom))):
        made.different()
    return made.graph


def _disjoint(store: Store) -> Iterator[_Pair]:
    yield from _pairs(store, OWL.disjointWith, OWL.AllDisjointClasses)
    yield from _pairs(store, OWL.complementOf, None)
    for quad in store.match(None, ox.NamedNode(str(OWL.disjointUnionOf))):
        yield from _ordered(items(store, quad.object))


def _pairs(store: Store, predicate: URIRef, group: URIRef | None) -> Iterator[_Pair]:
    for quad in store.match(None, ox.NamedNode(str(predicate))):
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode):
            yield from _ordered([quad.subject, quad.object])
    for quad in store.match(None, TYPE, ox.NamedNode(str(group))) if group else ():
        for members in store.match(quad.subject, ox.NamedNode(str(OWL.members))):
            yield from _ordered(items(store, members.object))


def _ordered(names: list[ox.NamedNode]) -> Iterator[_Pair]:
    yield from combinations(sorted(set(names), key=str), 2)


class _Shapes:
    """The shapes being made.

    Attributes:
        graph: all of them so far.
    """

    def __init__(self, store: Store, others: Graph, *, everywhere: bool) -> None:
        self.graph = Graph()
        self._store = store
        self._others = others
        self._everywhere = everywhere
        self._used: dict[ox.NamedNode, bool] = {}

    def is_used(self, name: ox.NamedNode) -> bool:
        """Whether the data says anything by a property."""
        return self._everywhere or self._store.contains(None, name)

    def marks(self) -> dict[URIRef, Callable[[URIRef], None]]:
        """What to make of a property with a mark of OWL."""
        return {
            OWL.FunctionalProperty: self._functional,
            OWL.InverseFunctionalProperty: self._inverse_functional,
            OWL.AsymmetricProperty: self._asymmetric,
            OWL.IrreflexiveProperty: self._irreflexive,
        }

    def disjoint(self, one: ox.NamedNode, other: ox.NamedNode) -> None:
        """Nothing is of both classes."""
        if self._has_members(one) and self._has_members(other):
            first, second = URIRef(one.value), URIRef(other.value)
            shape = self._shape(f"{_end(first)}-{_end(second)}-disjoint", SH.targetClass, first)
            self.graph.add((shape, SH["not"], inner := BNode()))
            self.graph.add((inner, SH["class"], second))
            self._say(shape, f"Nothing is both a {self._label(first)} and a {self._label(second)}.")

    def apart(self, one: URIRef, other: URIRef) -> None:
        """No value is that of both properties."""
        if not self._demanded(one, SH.disjoint, other) and not self._demanded(other, SH.disjoint, one):
            shape = self._property(f"{_end(one)}-{_end(other)}-disjoint", SH.targetSubjectsOf, one, one)
            self.graph.add((shape, SH.disjoint, other))
            self._say(shape, f"“{self._label(one)}” and “{self._label(other)}” may not be the same.")

    def different(self) -> None:
        """Nothing is the same as what it differs from."""
        either, step, path = BNode(), BNode(), BNode()
        self.graph.add((step, SH.inversePath, OWL.sameAs))
        Collection(self.graph, either, [OWL.sameAs, step])
        inner = BNode()
        self.graph.add((inner, SH.alternativePath, either))
        self.graph.add((path, SH.zeroOrMorePath, inner))  # nothing differs from itself either
        shape = self._property("same-different", SH.targetSubjectsOf, OWL.differentFrom, path)
        self.graph.add((shape, SH.disjoint, OWL.differentFrom))
        self._say(shape, "Two things are said to be the same, and to be different.")

    def _functional(self, name: URIRef) -> None:
        if not self._demanded(name, SH.maxCount):
            shape = self._property(f"{_end(name)}-functional", SH.targetSubjectsOf, name, name)
            self.graph.add((shape, SH.maxCount, Literal(1)))
            self._say(shape, f"“{self._label(name)}” can have one value only.")

    def _inverse_functional(self, name: URIRef) -> None:
        if not any(self._demanded(path, SH.maxCount) for path in self._others.subjects(SH.inversePath, name)):
            self.graph.add((path := BNode(), SH.inversePath, name))
            shape = self._property(f"{_end(name)}-inverse-functional", SH.targetObjectsOf, name, path)
            self.graph.add((shape, SH.maxCount, Literal(1)))
            self._say(shape, f"One thing only can be said to have this as “{self._label(name)}”.")

    def _asymmetric(self, name: URIRef) -> None:
        self.graph.add((path := BNode(), SH.inversePath, name))
        shape = self._property(f"{_end(name)}-asymmetric", SH.targetObjectsOf, name, path)
        self.graph.add((shape, SH.disjoint, name))
        self._say(shape, f"“{self._label(name)}” cannot hold both ways.")

    def _irreflexive(self, name: URIRef) -> None:
        shape = self._shape(f"{_end(name)}-irreflexive", SH.targetSubjectsOf, name)
        self.graph.add((shape, SH.disjoint, name))
        self._say(shape, f"“{self._label(name)}” cannot lead from a thing to itself.")

    def _shape(self, name: str, target: URIRef, value: URIRef, kind: URIRef = SH.NodeShape) -> URIRef:
        shape, number = URIRef(GKS[f"Axiom-{name}"]), 1
        while (shape, None, None) in self.graph:  # properties of two vocabularies may end alike
            number += 1
            shape = URIRef(GKS[f"Axiom-{name}-{number}"])
        self.graph.add((shape, RDF.type, kind))
        self.graph.add((shape, target, value))
        self.graph.add((shape, SH.severity, SH.Violation))
        return shape

    def _property(self, name: str, target: URIRef, value: URIRef, path: Node) -> URIRef:
        shape = self._shape(name, target, value, SH.PropertyShape)
        self.graph.add((shape, SH.path, path))
        return shape

    def _say(self, shape: URIRef, message: str) -> None:
        self.graph.add((shape, SH.message, Literal(message, lang="en")))
        self.graph.add((shape, RDFS.label, Literal(message.removesuffix("."), lang="en")))

    def _demanded(self, path: Node, demand: URIRef, value: Node | None = None) -> bool:
        return any((shape, demand, value) in self._others for shape in self._others.subjects(SH.path, path))

    def _has_members(self, name: ox.NamedNode) -> bool:
        """Whether anything is of a class, or of one below it."""
        if self._everywhere:
            return True
        if name not in self._used:
            self._used[name] = any(
                self._store.contains(None, TYPE, row["below"])
                for row in self._store.solutions(f"SELECT ?below {{ ?below rdfs:subClassOf* {name} }}")
            ) or self._store.contains(None, TYPE, name)
        return self._used[name]

    def _label(self, name: URIRef) -> str:
        labels = [quad.object for quad in self._store.match(ox.NamedNode(name), ox.NamedNode(str(SKOS.prefLabel)))]
        english = [label.value for label in labels if isinstance(label, ox.Literal) and label.language in ("en", None)]
        return min(english, default=_end(name))


def _end(name: URIRef) -> str:
    return re.split("[/#:]", name)[-1]
