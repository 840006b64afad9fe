"""What a rule asks for and gives, told from its query: a change of anything else leaves alone what the rule gave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyoxigraph as ox
from pyparsing import ParseResults
from rdflib import URIRef
from rdflib.namespace import RDF
from rdflib.paths import AlternativePath, InvPath, MulPath, Path, SequencePath
from rdflib.plugins.sparql.algebra import translatePath, translatePName, translatePrologue, traverse
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue


@dataclass(frozen=True)
class Footprint:
    """The properties that a rule names, and, instead of ``rdf:type``, the classes.

    Attributes:
        asks: those that it reads, be it to see that something is not there.
        gives: those that it writes.
    """

    asks: frozenset[ox.NamedNode]
    gives: frozenset[ox.NamedNode]


def footprint(sparql: str, namespaces: Mapping[str, str]) -> Footprint | None:
    """Read a ``CONSTRUCT`` query.

    Args:
        sparql: the query; one that parses.
        namespaces: the prefixes that it need not declare.

    Returns:
        Its footprint; nothing if it may read or write anything.

    >>> query = "CONSTRUCT { ?s x:p ?o } WHERE { ?s a x:C . FILTER NOT EXISTS { ?s x:q+/^x:r ?o } }"
    >>> sorted(name.value for name in footprint(query, {"x": "urn:"}).asks)
    ['urn:C', 'urn:q', 'urn:r']
    >>> footprint("CONSTRUCT { ?s x:p ?o } WHERE { ?s ?any ?o }", {"x": "urn:"}) is None
    True
    """
    query = parsed(sparql, namespaces)
    asks, gives = _named(_patterns(query.where)), _named(chunks(query.template))
    return None if asks is None or gives is None else Footprint(asks, gives)


def parsed(sparql: str, namespaces: Mapping[str, str]) -> Any:
    """A query's parse tree, names and paths made out. Not its algebra: rdflib's loses a FILTER inside an EXISTS.

    >>> parsed("CONSTRUCT { ?s x:p ?o } WHERE { ?s x:q ?o }", {"x": "urn:"}).template
    [[rdflib.term.Variable('s'), rdflib.term.URIRef('urn:p'), rdflib.term.Variable('o')]]
    """
    tree = parseQuery(sparql)
    prologue = translatePrologue(tree[0], None, dict(namespaces))
    query = traverse(tree[1], visitPost=partial(translatePName, prologue=prologue))
    return traverse(query, visitPost=translatePath)


def _named(patterns: Iterable[tuple[Any, Any, Any]]) -> frozenset[ox.NamedNode] | None:
    found: set[ox.NamedNode] = set()
    for _, predicate, value in patterns:
        names = [value] if predicate == RDF.type else list(_walked(predicate))
        # A variable stands for anything; a path that ends in a type, for any class.
        if not all(isinstance(name, URIRef) and name != RDF.type for name in names):
            return None
        found |= {ox.NamedNode(str(name)) for name in names}
    return frozenset(found)


def _patterns(part: Any) -> Iterator[tuple[Any, Any, Any]]:
    """All triple patterns of a query, wherever they stand in it."""
    if isinstance(part, CompValue):
        for name, inner in part.items():
            yield from chunks(inner) if name == "triples" else _patterns(inner)
    elif isinstance(part, (list, tuple, ParseResults)):
        for inner in part:
            yield from _patterns(inner)


def chunks(triples: Iterable[Any]) -> Iterator[tuple[Any, Any, Any]]:
    """Patterns one by one, of which rdflib may leave several in a row."""
    for row in triples:
        yield from zip(*[iter(row)] * 3, strict=True)


def _walked(path: Any) -> Iterator[Any]:
    """The properties that a path may walk along."""
    if isinstance(path, MulPath):
        yield from _walked(path.path)
    elif isinstance(path, InvPath):
        yield from _walked(path.arg)
    elif isinstance(path, (SequencePath, AlternativePath)):
        for step in path.args:
            yield from _walked(step)
    else:
        yield None if isinstance(path, Path) else path  # a negated set walks along any other
