"""The ontology's axioms as small rules: this triple follows from those.

Read is what OWL 2 RL calls cax-sco, cax-eqc, prp-spo1, prp-eqp, prp-dom, prp-rng, prp-inv, prp-symp, prp-trp and
prp-spo2, between named classes and properties. Left out on purpose: ``owl:sameAs`` and whatever merges things (keys,
functional properties; decision 4), restrictions and other classes without a name, and what says nothing (``owl:Thing``,
a class below itself, that a thing comes back to itself by a transitive property).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import pyoxigraph as ox
from rdflib import OWL, RDF, RDFS

from ..store import Node, Store, Term

Slot: TypeAlias = "str | ox.NamedNode"
"""A place in a pattern: the name of a variable, or a term."""
Atom: TypeAlias = "tuple[Slot, Slot, Slot]"
Bindings: TypeAlias = "dict[str, Term]"

TYPE = ox.NamedNode(str(RDF.type))
_FIRST, _REST, _NIL = (ox.NamedNode(str(term)) for term in (RDF.first, RDF.rest, RDF.nil))
_MARKS = [ox.NamedNode(str(mark)) for mark in (OWL.SymmetricProperty, OWL.TransitiveProperty, OWL.ObjectProperty)]
_SYMMETRIC, _TRANSITIVE, _OBJECT = _MARKS
_SUBCLASS, _EQUIVALENT_CLASS, _SUBPROPERTY, _EQUIVALENT_PROPERTY, _DOMAIN, _RANGE, _INVERSE, _CHAIN = (
    ox.NamedNode(str(term))
    for term in (
        RDFS.subClassOf,
        OWL.equivalentClass,
        RDFS.subPropertyOf,
        OWL.equivalentProperty,
        RDFS.domain,
        RDFS.range,
        OWL.inverseOf,
        OWL.propertyChainAxiom,
    )
)
_SAYING = {_SUBCLASS, _EQUIVALENT_CLASS, _SUBPROPERTY, _EQUIVALENT_PROPERTY, _DOMAIN, _RANGE, _INVERSE, _CHAIN}
_SAYING |= {_FIRST, _REST}
_RESERVED = (str(RDF), str(RDFS), str(OWL))


@dataclass(frozen=True)
class Axiom:
    """A triple that follows from one, two or more others.

    Attributes:
        kind: ``subclass``, ``subproperty``, ``domain``, ``range``, ``inverse``, ``symmetric``, ``transitive`` or
            ``chain``; of an equivalence, both halves.
        head: what follows.
        body: from what.
        stated: the triple of the ontology that says so.
    """

    kind: str
    head: Atom
    body: tuple[Atom, ...]
    stated: ox.Triple

    def triple(self, bindings: Bindings) -> ox.Triple | None:
        """What follows for these values; nothing where that would be no triple, or would tell a thing of itself."""
        subject, predicate, value = (bindings[slot] if isinstance(slot, str) else slot for slot in self.head)
        if isinstance(subject, ox.Literal) or (self.kind == "transitive" and subject == value):
            return None
        return ox.Triple(subject, predicate, value)  # type: ignore[arg-type]  # predicates are never variables


def signature(triple: Atom | ox.Triple | ox.Quad) -> Slot | Term:
    """What a triple, or a pattern, is about: the class if it tells a type, else the property."""
    _, predicate, value = triple if isinstance(triple, tuple) else (None, triple.predicate, triple.object)
    return value if predicate == TYPE else predicate


def says_axioms(triple: ox.Triple | ox.Quad) -> bool:
    """Whether a triple may be part of an axiom that is compiled here.

    >>> below = ox.NamedNode(str(RDFS.subClassOf))
    >>> says_axioms(ox.Triple(ox.NamedNode("x:a"), below, ox.NamedNode("x:b")))
    True
    """
    return triple.predicate in _SAYING or (triple.predicate == TYPE and triple.object in _MARKS)


def axioms(store: Store) -> tuple[Axiom, ...]:
    """The axioms that a store holds, in whichever graph, sorted.

    >>> from geokg.ontology import statements
    >>> store = Store.memory()
    >>> store.extend(statements("x:ontology", "x:vocab"))
    >>> {axiom.kind for axiom in axioms(store)} >= {"subclass", "domain", "chain", "transitive"}
    True
    """
    return tuple(sorted(set(_read(store)), key=lambda axiom: (axiom.kind, str(axiom.head), str(axiom.body))))


def _read(store: Store) -> Iterator[Axiom]:
    for predicate in (_SUBCLASS, _EQUIVALENT_CLASS):
        for stated, one, other in _named(store, predicate):
            for below, above in ((one, other), (other, one))[: 1 if predicate == _SUBCLASS else 2]:
                if below != above and above.value != str(OWL.Thing):
                    yield Axiom("subclass", ("x", TYPE, above), (("x", TYPE, below),), stated)
    for predicate in (_SUBPROPERTY, _EQUIVALENT_PROPERTY):
        for stated, one, other in _named(store, predicate):
            for below, above in ((one, other), (other, one))[: 1 if predicate == _SUBPROPERTY else 2]:
                if below != above and _usable(below, above):
                    yield Axiom("subproperty", ("x", above, "y"), (("x", below, "y"),), stated)
    for stated, one, other in _named(store, _INVERSE):
        if _usable(one, other):
            yield Axiom("inverse", ("y", other, "x"), (("x", one, "y"),), stated)
            yield Axiom("inverse", ("y", one, "x"), (("x", other, "y"),), stated)
    for stated, property_, class_ in _named(store, _DOMAIN):
        if _usable(property_):
            yield Axiom("domain", ("x", TYPE, class_), (("x", property_, "y"),), stated)
    for stated, property_, class_ in _named(store, _RANGE):
        if _usable(property_) and store.contains(property_, TYPE, _OBJECT):
            yield Axiom("range", ("y", TYPE, class_), (("x", property_, "y"),), stated)
    for stated, property_, _ in _named(store, TYPE, _SYMMETRIC):
        yield Axiom("symmetric", ("y", property_, "x"), (("x", property_, "y"),), stated)
    for stated, property_, _ in _named(store, TYPE, _TRANSITIVE):
        yield Axiom("transitive", ("x", property_, "z"), (("x", property_, "y"), ("y", property_, "z")), stated)
    for quad in store.match(None, _CHAIN):
        steps = items(store, quad.object)
        if isinstance(quad.subject, ox.NamedNode) and len(steps) > 1 and _usable(quad.subject, *steps):
            places = [f"x{number}" for number in range(len(steps) + 1)]
            body = tuple(zip(places, steps, places[1:], strict=False))
            yield Axiom("chain", (places[0], quad.subject, places[-1]), body, quad.triple)


def _named(
    store: Store, predicate: ox.NamedNode, value: ox.NamedNode | None = None
) -> Iterator[tuple[ox.Triple, ox.NamedNode, ox.NamedNode]]:
    for quad in store.match(None, predicate, value):
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode):
            yield quad.triple, quad.subject, quad.object


def _usable(*properties: object) -> bool:
    """Whether all have a name, and none belongs to the language itself, of which OWL 2 lets nobody say anything."""
    return all(isinstance(one, ox.NamedNode) and not one.value.startswith(_RESERVED) for one in properties)


def items(store: Store, start: Term) -> list[ox.NamedNode]:
    """A list of names; empty if it is broken, runs in a circle or holds something else."""
    found: list[ox.NamedNode] = []
    seen: set[Term] = set()
    while start != _NIL:
        if start in seen or isinstance(start, ox.Literal):
            return []
        seen.add(start)
        first, rest = (_value(store, start, predicate) for predicate in (_FIRST, _REST))
        if not isinstance(first, ox.NamedNode) or rest is None:
            return []
        found.append(first)
        start = rest
    return found


def _value(store: Store, subject: Node, predicate: ox.NamedNode) -> Term | None:
    return next((quad.object for quad in store.match(subject, predicate)), None)
