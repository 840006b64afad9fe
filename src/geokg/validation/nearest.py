"""What was probably meant by a value that is not allowed: did you mean ...?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from itertools import islice

import pyoxigraph as ox
from rdflib.namespace import OWL, RDFS, SKOS

from ..shacl import model
from .lookup import TYPE, Lookup, Term

_CLOSE = 0.7
_SURE = 0.8
_APART = 0.1
_MOST = 5000
_TERMS = [ox.NamedNode(str(term)) for term in (SKOS.Concept, OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty)]
_NAMES = [ox.NamedNode(str(term)) for term in (SKOS.prefLabel, SKOS.altLabel, RDFS.label)]


class Nearest:
    """Finds the nearest of what a constraint allows.

    Args:
        lookup: the data and the ontology, for the instances of classes and their names.
    """

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._instances: dict[Term, list[Term]] = {}

    def to(self, value: Term, constraints: Iterable[model.Constraint]) -> tuple[Term | None, bool]:
        """The nearest allowed value, if one is near, and whether no other comes close to it."""
        rated: dict[Term, float] = {}
        for constraint in constraints:
            for candidate in self._candidates(constraint, value):
                if candidate != value and (near := self._likeness(value, candidate)) >= _CLOSE:
                    rated[candidate] = max(near, rated.get(candidate, 0))
        best = sorted(rated, key=lambda term: (-rated[term], str(term)))
        if not best:
            return None, False
        runner_up = rated[best[1]] if len(best) > 1 else 0.0
        return best[0], rated[best[0]] >= _SURE and rated[best[0]] - runner_up >= _APART

    def _candidates(self, constraint: model.Constraint, value: Term) -> Iterable[Term]:
        if isinstance(constraint, model.Sparql):
            return self._terms(value)
        if isinstance(constraint, model.In):
            return constraint.values
        if isinstance(constraint, model.HasValue):
            return [constraint.value]
        return self._members(constraint.cls) if isinstance(constraint, model.Class) else []

    def _terms(self, value: Term) -> Iterator[Term]:
        """The terms in the namespace of an IRI of which nothing is stated; a query does not tell what it allows."""
        if isinstance(value, ox.NamedNode) and not self._lookup.is_stated(value):
            namespace = value.value.removesuffix(local(value))
            for kind in _TERMS:
                for quad in self._lookup.quads(None, TYPE, kind):
                    if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(namespace):
                        yield quad.subject

    def _members(self, cls: Term) -> list[Term]:
        """The instances of a class; none if there are too many to compare with."""
        if cls not in self._instances:
            found = list(islice(self._walk(cls), _MOST + 1))
            self._instances[cls] = [] if len(found) > _MOST else sorted(set(found), key=str)
        return self._instances[cls]

    def _walk(self, cls: Term) -> Iterator[Term]:
        for kind in sorted(self._lookup.below(cls), key=str):
            for quad in self._lookup.quads(None, TYPE, kind):
                if isinstance(quad.subject, ox.NamedNode):
                    yield quad.subject

    def _likeness(self, value: Term, candidate: Term) -> float:
        if isinstance(value, ox.Literal) and isinstance(candidate, ox.NamedNode):
            names = {name.value for predicate in _NAMES for name in self._lookup.objects(candidate, predicate)}
            return 1.0 if value.value in names | {local(candidate)} else 0.0
        return likeness(local(value), local(candidate))


def likeness(one: str, other: str) -> float:
    """How much alike two words are, from 0 to 1; case counts for little.

    >>> likeness("negatve", "negative") > 0.9 > likeness("negative", "positive")
    True
    """
    low, high = one.casefold(), other.casefold()
    matcher = SequenceMatcher(None, low, high)
    if matcher.real_quick_ratio() < _CLOSE or matcher.quick_ratio() < _CLOSE:
        return 0.0
    return matcher.ratio() - (0.01 if one != other and low == high else 0)


def local(term: Term) -> str:
    """The last part of an IRI, the text of a literal.

    >>> local(ox.NamedNode("https://w3id.org/geokg/vocab/negative"))
    'negative'
    """
    return re.split("[/#:]", term.value.rstrip("/#"))[-1] if isinstance(term, ox.NamedNode) else term.value
