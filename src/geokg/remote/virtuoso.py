"""What Virtuoso 7 needs, so that an answer of its means what SPARQL says.

* ``ASK`` is answered with a row or none; truth values are written as 0 and 1, computed ones as integers.
* A ``CONSTRUCT`` is cut at ``ResultSetMaxRows`` without a word; a ``SELECT`` is cut too, but says so. So it is asked
  for the rows, and the triples are made of them here.
* A ``DESCRIBE`` that names no dataset is answered with nothing, so none is sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox
from pyparsing import ParseException
from rdflib import Literal, Variable
from rdflib.namespace import RDF, XSD
from rdflib.plugins.sparql.algebra import translateQuery, traverse
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from ..errors import QueryNotPossible
from ..store import Results

NAME = "Virtuoso"
"""How such a server's name for itself begins."""
_WORDS = {"0": "false", "1": "true"}
_ROW = ox.NamedNode("urn:geokg:row")
_VARIABLE = "urn:geokg:variable:"
_SIGN = re.compile(
    r"""<[^<>"{}|^`\\\s]*>|\#[^\n\r]*|\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|\'\'\'(?:[^'\\]|\\.|'(?!''))*\'\'\'
    |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*'|[?$](?P<variable>\w+)|@\w+|[\w.-]*:[^\s;,(){}\[\]]*
    |(?P<word>[A-Za-z]+)|(?P<brace>[{}])""",
    re.VERBOSE | re.DOTALL,
)
_CHAINS = {
    "ConditionalOrExpression": True,
    "ConditionalAndExpression": True,
    "RelationalExpression": True,
    "AdditiveExpression": False,
    "MultiplicativeExpression": False,
}
"""Operators between operands, and whether what comes out is a truth value; rdflib has them around one operand too."""
_TESTS = frozenset(
    {"UnaryNot", "Builtin_EXISTS", "Builtin_NOTEXISTS", "Builtin_BOUND", "Builtin_sameTerm", "Builtin_isIRI"}
    | {"Builtin_isURI", "Builtin_isBLANK", "Builtin_isLITERAL", "Builtin_isNUMERIC", "Builtin_LANGMATCHES"}
    | {"Builtin_REGEX", "Builtin_CONTAINS", "Builtin_STRSTARTS", "Builtin_STRENDS"}
)


@dataclass(frozen=True)
class Construction:
    """A ``CONSTRUCT`` in two: a query for rows, and what makes triples of them.

    Attributes:
        select: what the service is asked.
        construct: what is asked here, of the rows.
    """

    select: str
    construct: str

    def of(self, rows: ox.QuerySolutions) -> Results:
        """The triples.

        >>> halves = construction("CONSTRUCT { ?x <x:is> 1 } WHERE { VALUES ?x { <x:a> } }")
        >>> [str(triple.subject) for triple in halves.of(ox.Store().query(halves.select))]
        ['<x:a>']
        """
        store = ox.Store()
        names = [variable.value for variable in rows.variables]
        for solution in rows:
            row = ox.BlankNode()
            store.add(ox.Quad(row, ox.NamedNode(str(RDF.type)), _ROW))
            for name, value in zip(names, solution, strict=True):
                if value is not None:
                    store.add(ox.Quad(row, ox.NamedNode(_VARIABLE + name), value))
        return store.query(self.construct)


def construction(query: str) -> Construction:
    """The two halves of a ``CONSTRUCT``. The query is known to parse.

    Raises:
        QueryNotPossible: it is a ``DESCRIBE``.

    >>> construction("CONSTRUCT { ?s a ?t } WHERE { ?s ?p ?t } LIMIT 3").select
    'SELECT ?s ?t WHERE { ?s ?p ?t } LIMIT 3'
    >>> construction("CONSTRUCT WHERE { ?s a ?t }").select
    'SELECT ?s ?t WHERE { ?s a ?t }'
    """
    start = opened = rest = -1
    is_short = False
    names: list[str] = []
    for sign in _SIGN.finditer(query):
        if start < 0:
            word = (sign["word"] or "").upper()
            if word == "DESCRIBE":
                raise QueryNotPossible(
                    "Virtuoso does not describe across graphs: ask with CONSTRUCT instead of DESCRIBE"
                )
            if word == "CONSTRUCT":
                start, rest = sign.span()
        elif sign["brace"] == "{":
            opened = sign.start()
        elif opened < 0:
            is_short = is_short or bool(sign["word"])  # WHERE or FROM, before any template
        elif sign["variable"]:
            names.append(sign["variable"])
        elif sign["brace"]:
            break
    template = query[opened : sign.end()]
    names = list(dict.fromkeys(names))
    chosen = " ".join(f"?{name}" for name in names) or "*"
    found = "".join(f" OPTIONAL {{ ?geokg_row <{_VARIABLE}{name}> ?{name} }}" for name in names)
    return Construction(
        f"{query[:start]}SELECT {chosen}{query[rest if is_short else sign.end() :]}",
        f"{query[:start]}CONSTRUCT {template} WHERE {{ ?geokg_row a {_ROW}{found} }}",
    )


def truths(query: str) -> set[str]:
    """The variables that a query binds to computed truth values, as far as rdflib's reading tells.

    >>> sorted(truths("SELECT (1 = 1 AS ?a) (1 + 1 AS ?b) ?c { BIND(EXISTS { ?s ?p ?o } AS ?c) }"))
    ['a', 'c']
    """
    # What pyparsing raises and catches outlives it, with the frames of all callers and what these hold, such as rows
    # that must end on their own thread. A thread of its own has no callers.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_truths, query).result()


def _truths(query: str) -> set[str]:
    found: set[str] = set()

    def look(node: Any) -> None:
        if isinstance(node, CompValue) and node.name == "Extend" and _is_truth(node.expr, found):
            found.add(str(node.var))

    try:
        traverse(translateQuery(parseQuery(query)).algebra, visitPost=look)
    except (ParseException, RecursionError, SyntaxError, TypeError, ValueError):  # then none is known
        return set()
    return found


def _is_truth(term: Any, known: Collection[str]) -> bool:
    if isinstance(term, Variable):
        return str(term) in known
    if isinstance(term, Literal):
        return term.datatype == XSD.boolean
    if not isinstance(term, CompValue):
        return False
    if term.name in _CHAINS:
        return _CHAINS[term.name] if term.other else _is_truth(term.expr, known)
    if term.name == "Builtin_IF":
        return _is_truth(term.arg2, known) and _is_truth(term.arg3, known)
    return term.name in _TESTS


def repaired(data: bytes, *, is_ask: bool, truths: Collection[str] = ()) -> bytes:
    """An answer as it is meant.

    Args:
        data: rows in JSON.
        is_ask: whether a truth value was asked for.
        truths: the variables that hold computed truth values.

    Raises:
        ValueError, AttributeError: it is no such answer.

    >>> repaired(b'{"head": {}, "results": {"bindings": []}}', is_ask=True)
    b'{"head": {}, "boolean": false}'
    """
    answer: dict[str, Any] = json.loads(data)
    bindings: list[dict[str, dict[str, str]]] = answer.get("results", {}).get("bindings", [])
    for row in bindings:
        for name, term in row.items():
            is_computed = name in truths and term.get("datatype") == str(XSD.integer) and term["value"] in _WORDS
            if is_computed or term.get("datatype") == str(XSD.boolean):
                term["value"] = _WORDS.get(term["value"], term["value"])
                term["datatype"] = str(XSD.boolean)
    if is_ask and "boolean" not in answer:
        answer = {"head": {}, "boolean": any(term["value"] != "0" for row in bindings for term in row.values())}
    return json.dumps(answer).encode()
