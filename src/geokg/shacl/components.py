"""The components of pyshacl that dirty data would stop or mislead, done again.

pyshacl stops at a blank node under ``sh:lessThan``, raises on some pairs of types, and puts values in order that have
none (a date and a dateTime, a time with and one without a zone). SHACL says that values that cannot be compared are
violations (4.3: "if v cannot be compared to the specified value ... there is a validation result"), so the six
comparing components are asked again here, with Oxigraph's operators. SPARQL constraints lose results there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

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

from .comparing import compare
from .literals import compares
from .queries import ValidationError
from .terms import to_ox

_PLACEHOLDER = re.compile(r"\{[?$](\w+)\}")


Report = tuple[bool, list[Any]]


class _Pair:
    """Each value of the path against each value of another property."""

    operator: str

    def _compare(self, values: set[Node], others: set[Node], graph: Any, focus: Node) -> Report:
        reports = [
            self.make_v_result(graph, focus, value_node=value)  # type: ignore[attr-defined]
            for value in values
            for other in others
            if not compares(to_ox(value), self.operator, to_ox(other))
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
            if not (
                compares(to_ox(bound), self.operator, to_ox(value))
                if self.above
                else compares(to_ox(value), self.operator, to_ox(bound))
            )
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
    """A SPARQL constraint with a result for each solution, and messages that take any value and keep their language.

    SHACL 5.3.2: "There is one validation result for each solution that does not have true as the binding for the
    variable failure"; pyshacl folds equal solutions into one, and drops those that bind nothing. SHACL 5.3.3: the
    message is the binding of ``?message``, else that of the constraint, else that of its shape.
    """

    def _evaluate_sparql_constraint(self, constraint: Any, data: Any, nodes: Iterable[Node]) -> Report:
        reports = []
        for focus in nodes:
            bindings, text = constraint.pre_bind_variables(focus)
            for row in data.query(constraint.apply_prefixes(text), initBindings=bindings):
                found = row.asdict()
                if compare(found.get("failure", Literal(False)), "=", Literal(True)):
                    raise ValidationError(f"the query of {constraint.node} says that it failed, for {focus}")
                reports.append(self._result(constraint, data, focus, {**found, "this": focus}))
        return bool(reports), reports

    def _result(self, constraint: Any, data: Any, focus: Any, found: dict[str, Any]) -> tuple[str, Node, list[Any]]:
        path, value, said = found.get("path"), found.get("value"), found.get("message")
        text, node, triples = self.make_v_result(
            data,
            focus,
            value_node=focus if value is None and not self.shape.is_property_shape else value,
            result_path=path if isinstance(path, URIRef) else None,
            source_constraint=constraint.node,
        )
        triples = [triple for triple in triples if triple[1] != SH.resultMessage]
        values = {name: f"_:{term}" if isinstance(term, BNode) else str(term) for name, term in found.items()}
        for message in [said] if isinstance(said, Literal) else constraint.messages or self.shape.message:
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
