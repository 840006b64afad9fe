"""A change of the graph as a value, and what it does to a store.

What a request asks is read into a :class:`Change` by those who know HTTP. It is carried out where the store can be
written to, which may be another process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import pyoxigraph as ox

from ..bombs import bomb
from .delta import Delta, difference, exchange, names
from .effects import data, effect, told
from .operations import Load, Operation, Upload, operations
from .problems import ProtocolError
from .syntax import check_syntax

Kind: TypeAlias = Literal["update", "put", "post", "delete", "patch"]
GraphName: TypeAlias = ox.NamedNode | ox.DefaultGraph
_ACCEPTED = ["text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json", "text/n3"]


@dataclass(frozen=True)
class Change:
    """What is to be changed.

    Attributes:
        kind: an update, or a method of the graph store protocol.
        graph: the IRI of the graph that the protocol is about; ``None`` for the unnamed graph.
        text: the update.
        loads: its ``LOAD`` operations, in their order, with what they found.
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
    loads: tuple[Load, ...] = ()

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


def plan(store: ox.Store, change: Change, prefixes: dict[str, str]) -> Delta | None:
    """What a change would do, without doing it.

    Args:
        store: the store as it is before.
        change: what is to be changed.
        prefixes: those that updates need not declare.

    Returns:
        What becomes different; ``None`` for an update that has to be carried out to know that: see :func:`carry_out`.

    Raises:
        QuerySyntaxError: the update does not parse.
        ProtocolError: the change cannot be carried out, or what was sent cannot be read.

    >>> delta = plan(ox.Store(), Change("update", text="INSERT DATA { <x:a> <x:b> 1 }"), {})
    >>> len(delta.added), plan(ox.Store(), Change("update", text="CLEAR ALL ; CREATE GRAPH <x:g>"), {}) is None
    (1, True)
    """
    name, created = change.name, [] if change.graph is None else [change.graph]
    if change.kind == "update":
        return _plan_update(store, change, prefixes)
    if change.kind == "delete":
        if not has_graph(store, name):
            raise ProtocolError(f"there is no graph <{change.graph}>", 404)
        return Delta(removed=_content(store, name), dropped=created)
    alone = ox.Store()  # where literals are spelt as in any store, and nothing stands twice
    if change.kind == "patch":
        alone.bulk_extend(_moved(_content(store, name), ox.DefaultGraph()))
        run(alone, change, prefixes)
        if next(iter(alone.named_graphs()), None) is not None:
            raise ProtocolError("a PATCH changes the graph that it is sent to, and names no other")
        after = ox.Store()
        after.bulk_extend(_moved(alone, name))
        alone = after
    else:
        for upload in change.uploads:
            alone.bulk_extend(_moved(read(upload, change.base_iri), name))
    if change.graph is not None and not has_graph(store, name):
        return Delta(added=list(alone), created=created)
    former = [] if change.kind == "post" else _content(store, name)
    return Delta([quad for quad in former if quad not in alone], [quad for quad in alone if quad not in store])


def _content(store: ox.Store, name: GraphName) -> list[ox.Quad]:
    return list(store.quads_for_pattern(None, None, None, name))


def _plan_update(store: ox.Store, change: Change, prefixes: dict[str, str]) -> Delta | None:
    """What an update would do of which no operation hangs on those before it."""
    steps = _steps(change, prefixes)
    if steps is None or (len(steps) > 1 and not all(step.is_data for step in steps)):
        return None
    if len(steps) == 1:
        return effect(store, steps[0], change.base_iri, prefixes)
    last: dict[ox.Quad, bool] = {}
    created: set[str] = set()
    for step in steps:
        alone = data(step.inserted or step.deleted, change.base_iri, prefixes)
        last |= dict.fromkeys(alone, bool(step.inserted))
        created |= names(alone) if step.inserted else set()
    return Delta(
        removed=[quad for quad, is_inserted in last.items() if not is_inserted and quad in store],
        added=[quad for quad, is_inserted in last.items() if is_inserted and quad not in store],
        created=sorted(created - names(store)),
    )


def _steps(change: Change, prefixes: dict[str, str]) -> list[Operation] | None:
    """The operations of an update, if they can be told apart.

    Raises:
        QuerySyntaxError: it does not parse.
    """
    text = with_loaded(change)
    check_syntax(text, base_iri=change.base_iri, prefixes=prefixes)
    return operations(text)


def carry_out(store: ox.Store, change: Change, prefixes: dict[str, str], before: ox.Store) -> Delta:
    """Carry out the update of a change on a store that nobody else sees, and say what became different.

    An operation with a pattern is a query for what its templates take: that costs as much as it finds.

    Args:
        store: changed in place.
        change: the update.
        prefixes: those that it need not declare.
        before: a store with the same content, which stays so.

    Raises:
        QuerySyntaxError: it does not parse.
        ProtocolError: it cannot be carried out. The store is as it was.

    >>> store = ox.Store()
    >>> text = "INSERT DATA { <x:a> <x:b> 1 } ; DELETE { ?s ?p 1 } INSERT { ?s ?p 2 } WHERE { ?s ?p 1 }"
    >>> [quad.object.value for quad in carry_out(store, Change("update", text=text), {}, ox.Store()).added]
    ['2']
    >>> len(store)
    1
    """
    steps = _steps(change, prefixes)
    if steps is None:
        run(store, change, prefixes)
        return difference(before, store)
    total = Delta()
    try:
        for step in steps:
            delta = effect(store, step, change.base_iri, prefixes)
            exchange(store, delta)
            total += delta
    except BaseException:
        exchange(store, -total)
        raise
    return total


def run(store: ox.Store, change: Change, prefixes: dict[str, str]) -> None:
    """Carry out the update of a change on a store, in one transaction.

    Raises:
        QuerySyntaxError: it does not parse.
        ProtocolError: it cannot be carried out. The store is as it was.

    >>> store = ox.Store()
    >>> run(store, Change("update", text="INSERT { <x:a> <x:b> 1 } WHERE {}"), {})
    >>> len(store)
    1
    """
    with told():
        store.update(with_loaded(change), base_iri=change.base_iri, prefixes=prefixes)


def with_loaded(change: Change) -> str:
    """The update of a change, each ``LOAD`` of it an ``INSERT DATA`` of what was fetched.

    Raises:
        ProtocolError: what was fetched cannot be read, and the update does not say ``SILENT``.
    """
    pieces: list[str] = []
    done = 0
    for load in change.loads:
        triples: bytes | None = None
        try:
            if load.upload is not None:
                found = (quad.triple for quad in read(load.upload, load.source))
                triples = ox.serialize(found, format=ox.RdfFormat.N_TRIPLES)
        except ProtocolError:
            if not load.is_silent:
                raise
        inserted = (triples or b"").decode("utf-8")
        if load.target:
            inserted = f"GRAPH {load.target} {{ {inserted} }}"
        pieces += [change.text[done : load.start], f"INSERT DATA {{ {inserted} }}"]
        done = load.end
    return "".join([*pieces, change.text[done:]])


def _moved(quads: Iterable[ox.Quad], name: GraphName) -> Iterator[ox.Quad]:
    return (ox.Quad(quad.subject, quad.predicate, quad.object, name) for quad in quads)


def read(upload: Upload, base_iri: str | None) -> Iterator[ox.Quad]:
    """The quads of RDF that was sent or fetched; nothing is fetched for it, contexts of JSON-LD neither.

    Raises:
        ProtocolError: it is no RDF for one graph, or does not parse.
    """
    rdf_format = ox.RdfFormat.from_media_type(upload.mimetype)
    if rdf_format is None or (rdf_format.supports_datasets and rdf_format != ox.RdfFormat.JSON_LD):
        said = upload.mimetype or "a body of no type"
        raise ProtocolError(f"{said} is not RDF for one graph", 415, accepted=_ACCEPTED)
    if why := bomb(upload.path.read_bytes, rdf_format):
        raise ProtocolError(why, 413 if rdf_format == ox.RdfFormat.JSON_LD else 400)
    try:
        yield from ox.parse(
            path=str(upload.path),
            format=rdf_format,
            base_iri=base_iri,
            without_named_graphs=True,
            rename_blank_nodes=True,
        )
    except SyntaxError as error:
        message = f"what was sent does not parse as {rdf_format.media_type}: {error.msg}"
        raise ProtocolError(message, 400, line=error.lineno, column=error.offset) from None
    except ValueError as error:
        raise ProtocolError(f"what was sent does not parse as {rdf_format.media_type}: {error}") from None
