"""What an operation of an update would do, found without doing it: at the cost of what it touches.

An operation with a pattern is a query for what its templates take. The engine reads the templates too, as data in which
IRIs stand for the variables, so that prefixes, escapes and abbreviations are its own affair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TypeAlias

import pyoxigraph as ox

from ..store import syntax_error
from .delta import Delta, name_of, names
from .operations import MARK, Operation
from .problems import ProtocolError

GraphName: TypeAlias = ox.NamedNode | ox.BlankNode | ox.DefaultGraph
_Values: TypeAlias = dict[object, object]
_AT_ONCE = 10_000
"""Rows of a pattern that are held at once."""


def effect(store: ox.Store, step: Operation, base_iri: str | None, prefixes: dict[str, str]) -> Delta:
    """What an operation of an update would do.

    Raises:
        ProtocolError: it cannot be carried out.

    >>> from .operations import operations
    >>> (step,) = operations("DELETE WHERE { <x:a> ?p ?o }")
    >>> len(effect(ox.Store(), step, None, {}))
    0
    """
    if step.everywhere:
        return _emptied(store, step.everywhere)
    if not (step.deleted or step.inserted):
        return _managed(store, step, base_iri, prefixes)
    scope = list(data(step.scope, base_iri, prefixes))
    default = scope[0].graph_name if scope else ox.DefaultGraph()
    gone, come = ([*_placed(data(text, base_iri, prefixes), default)] for text in (step.deleted, step.inserted))
    if step.pattern:
        blank = {term for quad in come for term in _blank(quad)}
        query = step.query(is_distinct=not blank)
        with told():
            dataset = [default] if scope and not step.using else None
            rows = store.query(query, base_iri=base_iri, prefixes=prefixes, default_graph=dataset)
            gone, come = _filled(rows, gone, come, blank)
    stays = frozenset(come)
    graphs = {name for name in map(name_of, come) if name is not None}
    return Delta(
        [quad for quad in gone if quad not in stays and quad in store],
        [quad for quad in come if quad not in store],
        sorted(name for name in graphs if not store.contains_named_graph(ox.NamedNode(name))),
    )


def _emptied(store: ox.Store, what: str) -> Delta:
    verb, which = what.split()
    removed = [quad for quad in store if which == "ALL" or not isinstance(quad.graph_name, ox.DefaultGraph)]
    return Delta(removed, dropped=sorted(names(store)) if verb == "DROP" else ())


def _managed(store: ox.Store, step: Operation, base_iri: str | None, prefixes: dict[str, str]) -> Delta:
    """What an operation on whole graphs would do: it is carried out on a copy of these."""
    graphs = {quad.graph_name for quad in data(step.scope, base_iri, prefixes)}
    before = dict.fromkeys(quad for graph in graphs for quad in store.quads_for_pattern(None, None, None, graph))
    alone = ox.Store()
    alone.bulk_extend(before)
    named = {graph for graph in graphs if isinstance(graph, ox.NamedNode)}
    had = {graph.value for graph in named if store.contains_named_graph(graph)}
    for name in had:
        alone.add_graph(ox.NamedNode(name))
    with told():
        alone.update(step.text, base_iri=base_iri, prefixes=prefixes)
    has = names(alone)
    return Delta(
        [quad for quad in before if quad not in alone],
        [quad for quad in alone if quad not in before],
        sorted(has - had),
        sorted(had - has),
    )


def data(text: str, base_iri: str | None, prefixes: dict[str, str]) -> ox.Store:
    """What an ``INSERT DATA`` inserts, each literal spelt as in any store.

    >>> len(data("INSERT DATA { x:a x:b 1, 01 }", None, {"x": "x:"}))
    1
    """
    alone = ox.Store()
    if text:
        with told():
            alone.update(text, base_iri=base_iri, prefixes=prefixes)
    return alone


def _placed(quads: Iterable[ox.Quad], default: GraphName) -> Iterator[ox.Quad]:
    """Quads of which those in the unnamed graph are moved to another."""
    for quad in quads:
        is_unnamed = isinstance(quad.graph_name, ox.DefaultGraph)
        yield ox.Quad(quad.subject, quad.predicate, quad.object, default) if is_unnamed else quad


def _blank(part: ox.Quad | ox.Triple) -> Iterator[ox.BlankNode]:
    for term in (part.subject, part.object):
        if isinstance(term, ox.BlankNode):
            yield term
        elif isinstance(term, ox.Triple):
            yield from _blank(term)


def _filled(
    rows: object, gone: list[ox.Quad], come: list[ox.Quad], blank: Iterable[ox.BlankNode]
) -> tuple[list[ox.Quad], list[ox.Quad]]:
    """What two templates give for all rows, each literal spelt as in any store."""
    assert isinstance(rows, ox.QuerySolutions)  # noqa: S101 - it is a SELECT
    found = ox.Store(), ox.Store()
    marks = [ox.NamedNode(f"{MARK}{number}") for number in range(len(rows.variables))]

    def filled(template: list[ox.Quad], values: _Values) -> Iterator[ox.Quad]:
        for quad in template:
            with suppress(TypeError):  # a literal is no subject, and so on
                terms = [_value(term, values) for term in (quad.subject, quad.predicate, quad.object, quad.graph_name)]
                if None not in terms:
                    yield ox.Quad(*terms)  # type: ignore[arg-type]

    while some := list(islice(rows, _AT_ONCE)):
        valued: list[_Values] = [dict(zip(marks, row, strict=True)) for row in some]
        for values in valued:
            values |= {node: ox.BlankNode() for node in blank}
        for store, template in zip(found, (gone, come), strict=True):
            store.bulk_extend(quad for values in valued for quad in filled(template, values))
    return list(found[0]), list(found[1])


def _value(term: object, values: _Values) -> object:
    if isinstance(term, ox.Triple):
        terms = [_value(part, values) for part in (term.subject, term.predicate, term.object)]
        return None if None in terms else ox.Triple(*terms)  # type: ignore[arg-type]
    return values.get(term, term)


@contextmanager
def told() -> Iterator[None]:
    """Tell what the engine makes of an update as an error of ours.

    Raises:
        QuerySyntaxError: it does not parse.
        ProtocolError: it cannot be carried out.

    >>> with told():
    ...     ox.Store().update("DROP GRAPH <x:g>")
    Traceback (most recent call last):
    geokg.endpoint.problems.ProtocolError: the update cannot be carried out: The graph <x:g> does not exist
    """
    try:
        yield
    except SyntaxError as error:
        raise syntax_error(str(error)) from None
    except (RuntimeError, ValueError) as error:
        status = 404 if "does not exist" in str(error) else 409  # such as a graph to be made that is there
        raise ProtocolError(f"the update cannot be carried out: {error}", status) from None
