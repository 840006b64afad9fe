"""SPARQL's comparison of two terms, as Oxigraph does it.

rdflib puts any two literals in some order (a date before a dateTime, a time without a zone beside one with), where
SPARQL 1.1, 17.3, knows an operator for few pairs of types and has a type error for all others.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pyoxigraph as ox
from rdflib import Literal
from rdflib.term import Node

_CALCULATOR = ox.Store()


def compare(left: Node, operator: str, right: Node) -> bool | None:
    """What an operator of SPARQL says of two terms; ``None`` where it is an error.

    Args:
        left: any term.
        operator: ``=``, ``!=``, ``<``, ``<=``, ``>`` or ``>=``.
        right: any term.

    >>> from rdflib import URIRef
    >>> (
    ...     compare(Literal(2), "<", Literal(10)),
    ...     compare(Literal("a"), "<", Literal(1)),
    ...     compare(Literal("a"), "=", URIRef("x:a")),
    ... )
    (True, None, False)
    """
    if isinstance(left, Literal) and isinstance(right, Literal):
        return _evaluated(left.n3(), operator, right.n3())
    # SPARQL 1.1, 17.4.1.7: RDFterm-equal "returns TRUE if term1 and term2 are the same RDF term"; only two literals
    # that are not the same give an error. No other operator takes anything but literals.
    return {"=": left == right, "!=": left != right}.get(operator)


@lru_cache(maxsize=65536)
def _evaluated(left: str, operator: str, right: str) -> bool | None:
    solutions: Any = _CALCULATOR.query(f"SELECT ({left} {operator} {right} AS ?it) {{}}")
    (row,) = solutions
    value = row["it"]
    return None if value is None else bool(value.value == "true")
