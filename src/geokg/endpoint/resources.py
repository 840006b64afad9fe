"""What RDF there is about one IRI, and how it is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TypeVar

import pyoxigraph as ox
from flask import Response, request
from rdflib.namespace import RDF, RDFS, SKOS

from ..store import Store, parse
from ..vocabulary import OA, packaged, prefixes
from .formats import QUADS, Format
from .problems import ProtocolError

T = TypeVar("T", ox.Quad, ox.Triple)
_TYPE = ox.NamedNode(str(RDF.type))
_LABELS = tuple(ox.NamedNode(str(name)) for name in (SKOS.prefLabel, RDFS.label))


def about(store: Store, iri: str) -> Iterator[ox.Quad]:
    """All that is said of an IRI: its triples, those of its evidence and blank nodes, the names of what it points to.

    Evidence is followed from a node to its annotations, their targets and selectors; it is known by the Web Annotation
    vocabulary alone.

    >>> list(about(Store.memory(), "http://example.org/nothing"))
    []
    """
    todo: list[ox.NamedNode | ox.BlankNode] = [ox.NamedNode(iri)]
    seen = set(todo)
    named: set[ox.NamedNode] = set()
    while todo:
        for quad in store.match(todo.pop()):
            yield quad
            node = quad.object
            if not isinstance(node, ox.NamedNode | ox.BlankNode) or node in seen:
                continue
            if isinstance(node, ox.BlankNode) or _is_evidence(store, node):
                seen.add(node)
                todo.append(node)
            else:
                named.add(node)
    for node in named:
        for predicate in _LABELS:
            yield from store.match(node, predicate)


def _is_evidence(store: Store, node: ox.NamedNode) -> bool:
    types = store.match(node, _TYPE)
    return any(isinstance(quad.object, ox.NamedNode) and quad.object.value.startswith(str(OA)) for quad in types)


def send(statements: Iterable[ox.Quad | ox.Triple], chosen: Format, *, store: Store | None = None) -> Response:
    """RDF as a response, with an entity tag of its bytes; see ``written``."""
    return conditional(Response(written(statements, chosen, store=store), content_type=chosen.content_type))


def written(statements: Iterable[ox.Quad | ox.Triple], chosen: Format, *, store: Store | None = None) -> bytes:
    """RDF in a format, sorted, each triple once.

    Args:
        statements: triples or quads; the named graphs are kept where the format has room for them.
        chosen: the format.
        store: whose prefixes are used.

    >>> from .formats import NTRIPLES
    >>> written([], NTRIPLES)
    b''
    """
    if chosen in QUADS:
        wanted = {s if isinstance(s, ox.Quad) else ox.Quad(s.subject, s.predicate, s.object) for s in statements}
        return _write(_sorted(wanted), chosen, store)
    return _write(_sorted({s.triple if isinstance(s, ox.Quad) else s for s in statements}), chosen, store)


def _sorted(statements: set[T]) -> list[T]:
    """As they are written; bit by bit, as a sort that makes its keys lets no other thread go on until it is done."""
    by_text = {str(one): one for one in statements}
    return [by_text[text] for text in sorted(by_text)]


def _write(ordered: list[ox.Quad] | list[ox.Triple], chosen: Format, store: Store | None) -> bytes:
    if not isinstance(chosen.engine, ox.RdfFormat):
        raise TypeError(f"{chosen.name} is no format for RDF")
    names = prefixes(store.base if store else None)
    return ox.serialize(ordered, format=chosen.engine, prefixes=names) or b""


def conditional(response: Response) -> Response:
    """The response with an entity tag of its bytes, or 304 if the client has them.

    Raises:
        ProtocolError: 412, the client wants to have it in another state only.
    """
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
    if request.method in ("GET", "HEAD"):
        response.make_conditional(request)
    if response.status_code == 412:
        raise ProtocolError("what is here is not in the state that the request asks for", 412)
    return response


@cache
def shapes() -> Store:
    """The packaged shapes; they are not part of the graph."""
    store = Store.memory()
    for path in sorted((packaged("ontology") / "shapes").glob("*.ttl")):
        store.extend(parse(path))
    return store
