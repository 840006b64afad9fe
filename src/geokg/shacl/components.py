"""The components of pyshacl that dirty data would stop or mislead, done again.

pyshacl stops at a blank node under ``sh:lessThan``, raises on some pairs of types, and puts values in order that have
none (a date and a dateTime, a time with and one without a zone). SHACL says that values that cannot be compared are
violations, so the six comparing components are asked again here, with Oxigraph's operators. And a value with a
backslash in it breaks pyshacl's filling in of messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import pyoxigraph as ox
from pyshacl.constraints.core.property_pair_constraints import (
    LessThanConstraintComponent,
    LessThanOrEqualsConstraintComponent,
)
from pyshacl.constraints.core.value_range_constraints import (
    MaxExclusiveConstraintComponent,
    MaxInclusiveConstraintComponent,
    MinExclusiveConstraintComponent,
    MinInclusiveConstraintComponent,
)
from pyshacl.constraints.sparql.sparql_based_constraints import SPARQLBasedConstraint
from rdflib import BNode, Literal, URIRef
from rdflib.namespace import SH
from rdflib.term import Node

from .terms import to_ox

_CALCULATOR = ox.Store()
_PLACEHOLDER = re.compile(r"\{[?$](\w+)\}")


def holds(left: Node, operator: str, right: Node) -> bool:
    """Whether SPARQL's comparison of two terms is true; false too when it is an error.

    Args:
        left: any term.
        operator: ``<`` or ``<=``.
        right: any term.

    >>> (
    ...     holds(Literal(2), "<", Literal(10)),
    ...     holds(Literal("a"), "<", Literal(1)),
    ...     holds(URIRef("urn:a"), "<", URIRef("urn:b")),
    ... )
    (True, False, False)
    """
    return (
        isinstance(left, Literal) and isinstance(right, Literal) and _ask(str(to_ox(left)), operator, str(to_ox(right)))
    )


@lru_cache(maxsize=65536)
def _ask(left: str, operator: str, right: str) -> bool:
    return bool(_CALCULATOR.query(f"ASK {{ FILTER({left} {operator} {right}) }}"))


Report = tuple[bool, list[Any]]


class _Pair:
    """Each value of the path against each value of another property."""

    operator: str

    def _compare(self, values: set[Node], others: set[Node], graph: Any, focus: Node) -> Report:
        reports = [
            self.make_v_result(graph, focus, value_node=value)  # type: ignore[attr-defined]
            for value in values
            for other in others
            if not holds(value, self.operator, other)
        ]
        return bool(reports), reports


class _LessThan(_Pair, LessThanConstraintComponent):
    operator = "<"
    _compare_lt = _Pair._compare


class _LessThanOrEquals(_Pair, LessThanOrEqualsConstraintComponent):
    operator = "<="
    _compare_ltoe = _Pair._compare


class _Range:
    """Each value against a bound that the shape gives."""

    operator: str
    above: bool

    def _check(self, bound: Node, graph: Any, values_of: dict[Node, set[Node]]) -> Report:
        reports = [
            self.make_v_result(graph, focus, value_node=value)  # type: ignore[attr-defined]
            for focus, values in values_of.items()
            for value in values
            if not (holds(bound, self.operator, value) if self.above else holds(value, self.operator, bound))
        ]
        return bool(reports), reports

    _evaluate_min_rule = _evaluate_max_rule = _check


class _MinExclusive(_Range, MinExclusiveConstraintComponent):
    operator, above = "<", True


class _MinInclusive(_Range, MinInclusiveConstraintComponent):
    operator, above = "<=", True


class _MaxExclusive(_Range, MaxExclusiveConstraintComponent):
    operator, above = "<", False


class _MaxInclusive(_Range, MaxInclusiveConstraintComponent):
    operator, above = "<=", False


class _Sparql(SPARQLBasedConstraint):
    """A SPARQL constraint whose messages take any value and keep their language.

    The messages are those of the constraint, else those of its shape (SHACL 5.3.2).
    """

    def make_v_result(
        self,
        *args: Any,
        extra_messages: Iterable[Literal] | None = None,
        bound_vars: Any = None,
        **kwargs: Any,
    ) -> tuple[str, Node, list[Any]]:
        """A result as pyshacl makes it, but for the messages."""
        if isinstance(bound_vars, tuple):
            this, path, value, *others = bound_vars
            bound_vars = {"this": this, "path": path, "value": value, **(others[0] if others else {})}
        values = {
            name: f"_:{term}" if isinstance(term, BNode) else str(term)
            for name, term in (bound_vars or {}).items()
            if term is not None
        }
        text, node, triples = super().make_v_result(*args, **kwargs)
        triples = [triple for triple in triples if triple[1] != SH.resultMessage]
        for message in extra_messages or self.shape.message:
            filled = _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), str(message))
            triples.append((node, SH.resultMessage, Literal(filled, lang=message.language)))
        return text, node, triples


OWN: dict[URIRef, type] = {
    SH.sparql: _Sparql,
    SH.lessThan: _LessThan,
    SH.lessThanOrEquals: _LessThanOrEquals,
    SH.minExclusive: _MinExclusive,
    SH.minInclusive: _MinInclusive,
    SH.maxExclusive: _MaxExclusive,
    SH.maxInclusive: _MaxInclusive,
}


class Component:
    """One of our components, in the form in which pyshacl takes components that a shapes graph adds."""

    def __init__(self, parameter: URIRef) -> None:
        self.parameter = parameter
        self.optional = False

    @property
    def parameters(self) -> list[Component]:
        """Its one parameter, which is itself."""
        return [self]

    def path(self) -> URIRef:
        """The property that calls for it, such as ``sh:lessThan``."""
        return self.parameter

    def make_validator_for_shape(self, shape: Any) -> Any:
        """The component bound to a shape that has the parameter."""
        return OWN[self.parameter](shape)
