"""An rdflib dataset that remembers its queries, for an engine that asks the same one again for each node.

Most of pyshacl's time goes into parsing and translating one query text for every focus node anew; rdflib can run a
prepared query any number of times. Comparisons in it are SPARQL's (:mod:`.comparing`), not rdflib's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import MethodType
from typing import Any

from pyparsing import ParseException, ParseResults
from rdflib import Dataset, Graph, Literal, URIRef
from rdflib.plugins.sparql import evalutils, operators
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue, Expr
from rdflib.plugins.sparql.sparql import FrozenBindings, Query, SPARQLError
from rdflib.query import Result
from rdflib.term import Node

from ..errors import GeokgError
from .comparing import compare
from .literals import INTEGERS, XSD

SHAPES_GRAPH = "geokgShapesGraph"
"""The variable that stands for ``$shapesGraph`` in a query, which pyshacl does not bind under its own name."""

_SHAPES = URIRef("urn:geokg:shapes")
# What the parser wraps each expression in, with nothing on the other side where there is no such operator.
_OPERATORS = {
    f"{name}Expression" for name in ("ConditionalOr", "ConditionalAnd", "Relational", "Additive", "Multiplicative")
}


_TRUTHFUL = {*INTEGERS, *(XSD + name for name in ("boolean", "decimal", "double", "float"))}


class ShapesError(GeokgError):
    """Shapes that cannot be used: not SHACL, or a part of SHACL that this engine does not do.

    Attributes:
        shape: the IRI of the shape, where it is known.
    """

    def __init__(self, message: str, *, shape: str = "") -> None:
        super().__init__(f"shape {shape}: {message}" if shape else message)
        self.shape = shape


class ValidationError(GeokgError):
    """A validation that could not be carried out to its end."""


class CachingDataset(Dataset):
    """A dataset that parses each query text once, and never follows one out to the network.

    >>> data = CachingDataset(default_union=True)
    >>> data.query("SELECT * { SERVICE <https://example.org/sparql> { ?s ?p ?o } }")
    Traceback (most recent call last):
    geokg.shacl.queries.ShapesError: SERVICE is not allowed in a shape: SELECT * { SERVICE ...
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shapes: Graph | None = None  # what GRAPH $shapesGraph sees; in no union, and no other variable finds it

    def __bool__(self) -> bool:
        """It is there; pyshacl asks for it at each result, and counting all triples would answer."""
        return True

    def get_context(self, identifier: Any, quoted: bool = False, base: str | None = None) -> Graph:
        """The graph of a name, as rdflib has it; and the shapes under a name of their own."""
        if identifier == _SHAPES and self.shapes is not None:
            return self.shapes
        return super().get_context(identifier, quoted, base)

    @property  # type: ignore[misc]
    def default_context(self) -> Graph:
        """The default graph; rdflib asks itself for it under this name, and warns itself not to."""
        graph: Graph = self.default_graph
        return graph

    def query(self, query_object: str | Query, *args: Any, **kwargs: Any) -> Result:
        """Run a query as :meth:`rdflib.Graph.query` does.

        Raises:
            ShapesError: the text does not parse, or asks for something outside this dataset.
        """
        if isinstance(query_object, str):
            if SHAPES_GRAPH in query_object:
                kwargs["initBindings"] = {**(kwargs.get("initBindings") or {}), SHAPES_GRAPH: _SHAPES}
            query_object = prepare(query_object)
        return super().query(query_object, *args, **kwargs)


@lru_cache(maxsize=1024)
def prepare(text: str) -> Query:
    """A query ready to run, once it is sure that it stays inside the dataset.

    Raises:
        ShapesError: the text does not parse, uses a prefix that was not declared, or has SERVICE or FROM.

    >>> prepare("SELECT ?x { ?x a ex:Thing }")
    Traceback (most recent call last):
    geokg.shacl.queries.ShapesError: Unknown namespace prefix : ex: SELECT ?x { ?x a ex:Thing }
    """
    try:
        tree = parseQuery(text)
        for part in _parts(tree):
            _keep_constant(part)
        query = translateQuery(tree)
    except ParseException as error:
        raise ShapesError(
            f"the query does not parse, line {error.lineno} column {error.column}: {_short(text)}"
        ) from error
    except Exception as error:  # rdflib raises the bare class for an unknown prefix
        raise ShapesError(f"{error}: {_short(text)}") from error
    for part in _parts(query.algebra):
        if part.name == "ServiceGraphPattern":
            raise ShapesError(f"SERVICE is not allowed in a shape: {_short(text)}")
        if dict.get(part, "datasetClause"):  # CompValue's own get answers with the key when there is no value
            raise ShapesError(f"FROM is not allowed in a shape: {_short(text)}")
        if isinstance(part, Expr) and part.name == "RelationalExpression" and dict.get(part, "other") is not None:
            part._evalfn = MethodType(_relational, part)
        elif isinstance(part, Expr) and part.name == "Builtin_STR":
            part._evalfn = MethodType(_text, part)
    return query


@contextmanager
def sound_truth() -> Iterator[None]:
    """Let a truth value or number whose text is none count as false (SPARQL 1.1, 17.2.2), while the block runs.

    rdflib takes an ill-typed truth value for true; how it finds out is one function for the whole process.
    """
    known = operators.EBV

    def truth(term: Any) -> bool:
        is_none = isinstance(term, Literal) and term.ill_typed and str(term.datatype) in _TRUTHFUL
        return False if is_none else known(term)

    operators.EBV = evalutils.EBV = truth  # type: ignore[assignment, attr-defined]
    try:
        yield
    finally:
        operators.EBV = evalutils.EBV = known  # type: ignore[attr-defined]


def _keep_constant(part: CompValue) -> None:
    """Keep ``FILTER (false)``, which rdflib takes for no filter at all: it asks whether the condition is true."""
    if part.name == "Filter":
        condition = dict.get(part, "expr")
        while isinstance(condition, CompValue) and condition.name in _OPERATORS and not dict.get(condition, "other"):
            condition = dict.get(condition, "expr")
        if isinstance(condition, Literal):
            part["expr"] = Expr("Constant", lambda expression, _: dict.get(expression, "constant"), constant=condition)


def _relational(expression: Expr, _: FrozenBindings) -> Literal:
    left, operator, right = expression.expr, expression.op, expression.other
    if operator not in ("IN", "NOT IN"):
        return _literal(_compared(left, operator, right))
    # SPARQL 1.1, 17.4.1.9: as if = stood between the left side and each item, with || between them; so an error
    # counts only where no item is equal.
    found = [_compared(left, "=", item) for item in (right if isinstance(right, list) else [])]
    answer = True if True in found else None if None in found else False
    return _literal(answer if answer is None or operator == "IN" else not answer)


def _text(expression: Expr, _: FrozenBindings) -> Literal:
    """SPARQL 1.1, 17.4.2.5: STR takes a literal or an IRI; what it is of a blank node, rdflib makes up."""
    term = expression.arg
    if isinstance(term, (Literal, URIRef)):
        return Literal(str(term))
    raise SPARQLError("a blank node has no text")


def _compared(left: object, operator: str, right: object) -> bool | None:
    return compare(left, operator, right) if isinstance(left, Node) and isinstance(right, Node) else None


def _literal(answer: bool | None) -> Literal:
    if answer is None:
        raise SPARQLError("these cannot be compared")
    return Literal(answer)


def _parts(node: object) -> list[CompValue]:
    found: list[CompValue] = []
    waiting, seen = [node], set()
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, CompValue):
            found.append(item)
            waiting.extend(item.values())
        elif isinstance(item, (list, tuple, set, ParseResults)):
            waiting.extend(item)
    return found


def _short(text: str) -> str:
    words = " ".join(line for line in text.splitlines() if not line.startswith("PREFIX"))
    words = " ".join(words.split())
    return words if len(words) <= 200 else words[:200] + " …"
