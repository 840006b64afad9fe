"""A change of the graph as a value, and how it is carried out: whole or not at all.

What a request asks is read into a :class:`Change` by those who know HTTP. It is carried out where the store can be
written to, which may be another process.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import pyoxigraph as ox

from ..store import syntax_error
from .problems import ProtocolError

Kind: TypeAlias = Literal["update", "put", "post", "delete", "patch"]
Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
GraphName: TypeAlias = ox.NamedNode | ox.DefaultGraph
_JSON_DEPTH = 100
_STEP = 1000
_OURS = "urn:geokg:row:"
_JSON_SIGN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|(?P<open>[\[{])|(?P<close>[\]}])', re.DOTALL)


@dataclass(frozen=True)
class Upload:
    """RDF that a client sent.

    Attributes:
        path: the file that it was put into.
        mimetype: what the client says it is.
    """

    path: Path
    mimetype: str


@dataclass(frozen=True)
class Change:
    """What is to be changed.

    Attributes:
        kind: an update, or a method of the graph store protocol.
        graph: the IRI of the graph that the protocol is about; ``None`` for the unnamed graph.
        text: the update.
        uploads: what to put into the graph.
        base_iri: what relative IRIs are relative to.
        if_match: tags one of which the state of the store must have; ``*`` asks that the graph is there.
        if_none_match: tags none of which it may have; ``*`` asks that the graph is not there.
    """

    kind: Kind
    graph: str | None = None
    text: str = ""
    uploads: tuple[Upload, ...] = ()
    base_iri: str | None = None
    if_match: tuple[str, ...] = ()
    if_none_match: tuple[str, ...] = ()

    @property
    def name(self) -> GraphName:
        """The graph as a term."""
        return ox.DefaultGraph() if self.graph is None else ox.NamedNode(self.graph)


def has_graph(store: ox.Store, name: GraphName) -> bool:
    """Whether a graph is there; the unnamed one always is.

    >>> has_graph(ox.Store(), ox.DefaultGraph()), has_graph(ox.Store(), ox.NamedNode("x:g"))
    (True, False)
    """
    return isinstance(name, ox.DefaultGraph) or store.contains_named_graph(name)


def carry_out(store: ox.Store, change: Change, prefixes: dict[str, str]) -> bool:
    """Change a store, in one transaction.

    Args:
        store: the store.
        change: what is to be changed.
        prefixes: those that updates need not declare.

    Returns:
        Whether a graph was made by it.

    Raises:
        QuerySyntaxError: the update does not parse.
        ProtocolError: the change cannot be carried out, or what was sent cannot be read. The store is as it was.

    >>> store = ox.Store()
    >>> carry_out(store, Change("update", text="INSERT DATA { <x:a> <x:b> 1 }"), {}), len(store)
    (False, 1)
    """
    is_new = not has_graph(store, change.name)
    if change.kind == "update":
        _update(store, change, prefixes)
        return False
    if change.kind == "patch":
        _patch(store, change, prefixes)
    elif change.kind == "delete":
        if is_new:
            raise ProtocolError(f"there is no graph <{change.graph}>", 404)
        store.update("DROP DEFAULT" if change.graph is None else f"DROP GRAPH <{change.graph}>")
    else:
        quads = list(_read(change))
        old = [] if is_new or change.kind == "post" else list(store.quads_for_pattern(None, None, None, change.name))
        exchange(store, removed=old, added=quads, created=[] if change.graph is None else [change.graph])
    return is_new


def _update(store: ox.Store, change: Change, prefixes: dict[str, str]) -> None:
    try:
        store.update(change.text, base_iri=change.base_iri, prefixes=prefixes)
    except SyntaxError as error:
        raise syntax_error(str(error)) from None
    except (RuntimeError, ValueError) as error:
        status = 404 if "does not exist" in str(error) else 409  # such as a graph to be made that is there
        raise ProtocolError(f"the update cannot be carried out: {error}", status) from None


def _patch(store: ox.Store, change: Change, prefixes: dict[str, str]) -> None:
    """Run an update on one graph, as if it were the unnamed graph of a store of its own."""
    alone = ox.Store()
    before = list(store.quads_for_pattern(None, None, None, change.name))
    alone.extend(_moved(before, ox.DefaultGraph()))
    _update(alone, change, prefixes)
    if next(iter(alone.named_graphs()), None) is not None:
        raise ProtocolError("a PATCH changes the graph that it is sent to, and names no other")
    after = set(_moved(alone, change.name))
    exchange(
        store,
        removed=[quad for quad in before if quad not in after],
        added=list(after.difference(before)),
        created=[] if change.graph is None else [change.graph],
    )


def _moved(quads: Iterable[ox.Quad], name: GraphName) -> Iterator[ox.Quad]:
    return (ox.Quad(quad.subject, quad.predicate, quad.object, name) for quad in quads)


def _read(change: Change) -> Iterator[ox.Quad]:
    """The quads of what was sent, all in one graph."""
    for upload in change.uploads:
        rdf_format = ox.RdfFormat.from_media_type(upload.mimetype)
        if rdf_format is None or (rdf_format.supports_datasets and rdf_format != ox.RdfFormat.JSON_LD):
            raise ProtocolError(f"{upload.mimetype or 'a body of no type'} is not RDF for one graph", 415)
        _refuse_bombs(upload.path, rdf_format)
        try:
            parsed = ox.parse(
                path=str(upload.path),
                format=rdf_format,
                base_iri=change.base_iri,
                without_named_graphs=True,
                rename_blank_nodes=True,
            )
            yield from _moved(parsed, change.name)
        except SyntaxError as error:
            message = f"what was sent does not parse as {rdf_format.media_type}: {error.msg}"
            raise ProtocolError(message, 400, line=error.lineno, column=error.offset) from None
        except ValueError as error:
            raise ProtocolError(f"what was sent does not parse as {rdf_format.media_type}: {error}") from None


def _refuse_bombs(path: Path, rdf_format: ox.RdfFormat) -> None:
    """A few bytes of XML entities, or of nested JSON, can fill any memory."""
    if rdf_format == ox.RdfFormat.RDF_XML:
        plain = path.read_bytes().replace(b"\0", b"")  # as UTF-16 writes it, too
        if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
            raise ProtocolError("RDF/XML with a document type or entities is not read")
    elif rdf_format == ox.RdfFormat.JSON_LD and json_depth(path.read_bytes()) > _JSON_DEPTH:
        raise ProtocolError(f"JSON-LD that is nested more than {_JSON_DEPTH} deep is not read", 413)


def json_depth(data: bytes) -> int:
    r"""How deep a JSON text is nested, whether it is well-formed or not.

    >>> json_depth(b'{"a": [{"b": "[[[\\"["}]}'), json_depth(b"[" * 9)
    (3, 9)
    """
    depth = deepest = 0
    for found in _JSON_SIGN.finditer(data):
        if found["open"]:
            depth += 1
            deepest = max(deepest, depth)
        elif found["close"]:
            depth -= 1
    return deepest


def exchange(
    store: ox.Store,
    *,
    removed: Sequence[ox.Quad] = (),
    added: Sequence[ox.Quad] = (),
    created: Collection[str] = (),
    dropped: Collection[str] = (),
) -> None:
    """Take quads out of a store and put others in, in one transaction, each blank node with its own identity.

    pyoxigraph's one way to do several things in one transaction is an update, and SPARQL has no way to say which blank
    node is meant. So the update numbers rows, and functions of ours say which term stands in each.

    Args:
        store: the store.
        removed: what goes.
        added: what comes.
        created: graphs that are there afterwards, even if empty.
        dropped: graphs that are not there afterwards, unless something is added to them.

    >>> store, node, p = ox.Store(), ox.BlankNode(), ox.NamedNode("x:p")
    >>> old, new = (ox.Quad(node, p, ox.Literal(word)) for word in ("old", "new"))
    >>> store.add(old)
    >>> exchange(store, removed=[old], added=[new])
    >>> list(store) == [new]
    True
    """
    groups = _by_graph(added)
    if not removed and not dropped and all(graph in groups for graph in created):
        store.extend(added)  # the same at a tenth of the time
        return
    terms: list[tuple[Term, ...]] = []
    operations = []
    for verb, quads in (("DELETE", removed), ("INSERT", added)):
        if verb == "INSERT":
            operations += [f"DROP SILENT GRAPH <{graph}>" for graph in dropped]
            operations += [f"CREATE SILENT GRAPH <{graph}>" for graph in created]
        for graph, group in _by_graph(quads).items():
            first = len(terms)
            terms += [(quad.subject, quad.predicate, quad.object) for quad in group]
            where = "?s ?p ?o" if graph is None else f"GRAPH <{graph}> {{ ?s ?p ?o }}"
            operations.append(f"{verb} {{ {where} }} WHERE {{ {_rows(first, len(terms))} }}")
    if operations:
        functions = {ox.NamedNode(f"{_OURS}{place}"): _term(terms, place) for place in range(3)}
        store.update(" ; ".join(operations), custom_functions=functions)


def _by_graph(quads: Iterable[ox.Quad]) -> dict[str | None, list[ox.Quad]]:
    groups: dict[str | None, list[ox.Quad]] = {}
    for quad in quads:
        name = quad.graph_name
        if isinstance(name, ox.BlankNode):
            raise ProtocolError("graphs are named by IRIs here")
        groups.setdefault(name.value if isinstance(name, ox.NamedNode) else None, []).append(quad)
    return groups


def _rows(first: int, end: int) -> str:
    """A pattern with a row for each number; so many numbers are not written out, but made of two parts."""
    hundreds = " ".join(str(number) for number in range(first - first % _STEP, end, _STEP))
    ones = " ".join(map(str, range(_STEP))) if end - first > 1 else str(first % _STEP)
    bound = " ".join(f"BIND(<{_OURS}{place}>(?i) AS ?{name})" for place, name in enumerate("spo"))
    return (
        f"VALUES ?m {{ {hundreds} }} VALUES ?n {{ {ones} }} BIND(?m + ?n AS ?i) "
        f"FILTER(?i >= {first} && ?i < {end}) {bound}"
    )


def _term(terms: Sequence[tuple[Term, ...]], place: int) -> Callable[..., Term | None]:
    def term(*arguments: Term) -> Term | None:
        number = arguments[0]
        return terms[int(number.value)][place] if isinstance(number, ox.Literal) else None

    return term


def make_same(store: ox.Store, other: ox.Store) -> None:
    """Change a store, in one transaction, so that it holds what another does.

    >>> store, other = ox.Store(), ox.Store()
    >>> other.add_graph(ox.NamedNode("x:g"))
    >>> make_same(store, other)
    >>> list(store.named_graphs())
    [<NamedNode value=x:g>]
    """
    old, new = set(store), set(other)
    old_graphs, new_graphs = _names(store), _names(other)
    exchange(
        store,
        removed=list(old - new),
        added=list(new - old),
        created=sorted(new_graphs - old_graphs),
        dropped=sorted(old_graphs - new_graphs),
    )


def _names(store: ox.Store) -> set[str]:
    return {name.value for name in store.named_graphs() if isinstance(name, ox.NamedNode)}
