"""The statements that show a finding: what stands where it should not, or all that is there of what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeAlias

import pyoxigraph as ox

from ..shacl import model, paths
from .lookup import TYPE, Lookup, Term

_MOST = 10
_LOOKED_AT = 1000
_Chain: TypeAlias = tuple[tuple[ox.Quad, ...], Term]


def proof(
    data: Lookup, focus: Term, path: paths.Path | None, value: Term | None, constraints: Iterable[model.Constraint]
) -> list[ox.Quad]:
    """The statements that show a result, few enough to read.

    Args:
        data: what was judged.
        focus: the node that was judged.
        path: which way its values were looked for.
        value: the value at fault.
        constraints: those that the result may come from.

    >>> from ..store import Store
    >>> store, step = Store.memory(), paths.Step(ox.NamedNode("urn:b"))
    >>> store.extend([ox.Quad(ox.NamedNode("urn:a"), step.predicate, ox.Literal("c"))])
    >>> [str(quad) for quad in proof(Lookup(store), ox.NamedNode("urn:a"), step, ox.Literal("c"), [])]
    ['<urn:a> <urn:b> "c"']
    """
    return list(dict.fromkeys(islice(_statements(data, focus, path, value, list(constraints)), _MOST)))


def _statements(
    data: Lookup, focus: Term, path: paths.Path | None, value: Term | None, constraints: list[model.Constraint]
) -> Iterator[ox.Quad]:
    if path is not None:
        chains = list(islice(_chains(data, focus, path), _LOOKED_AT))
        for quads, end in sorted(chains, key=str):
            if value is None or end == value:
                yield from quads
    elif value is not None and value != focus:
        yield from _ordered(data.quads(focus, None, value))
        yield from _ordered(data.quads(value, None, focus))
    for constraint in constraints:
        if isinstance(constraint, model.Pair):
            yield from _ordered(data.quads(focus, constraint.predicate))
        elif isinstance(constraint, model.Class) and value is not None:
            yield from _ordered(data.quads(value, TYPE))
        elif isinstance(constraint, model.Sparql | model.Custom) and path is None:
            yield from _own(data, focus)
    if value is None or value == focus:
        yield from _ordered(data.quads(focus, TYPE))


def _own(data: Lookup, node: Term) -> Iterator[ox.Quad]:
    """What a node says of itself, and what its parts say: a query may have read any of it."""
    own = _ordered(data.quads(node))
    yield from own
    for part in (quad.object for quad in own if not isinstance(quad.object, ox.Triple)):
        named_below = isinstance(part, ox.NamedNode) and part.value.startswith(f"{node.value}/")
        if named_below or (isinstance(part, ox.BlankNode) and part != node):
            yield from _ordered(data.quads(part))


def _chains(data: Lookup, node: Term, path: paths.Path) -> Iterator[_Chain]:
    """The ways that a path leads from a node, each with its end."""
    match path:
        case paths.Step():
            for quad in data.quads(node, path.predicate):
                if not isinstance(quad.object, ox.Triple):
                    yield (quad,), quad.object
        case paths.Inverse(path=paths.Step(predicate=predicate)):
            for quad in data.quads(None, predicate, node):
                if not isinstance(quad.subject, ox.Triple):
                    yield (quad,), quad.subject
        case paths.Sequence():
            yield from _in_turn(data, node, path.items)
        case paths.Alternative():
            for item in path.items:
                yield from _chains(data, node, item)
        case paths.ZeroOrMore() | paths.OneOrMore():
            yield from _again(data, node, path.path)
        case paths.ZeroOrOne():
            yield from _chains(data, node, path.path)


def _in_turn(data: Lookup, node: Term, items: tuple[paths.Path, ...]) -> Iterator[_Chain]:
    if not items:
        yield (), node
        return
    for quads, middle in _chains(data, node, items[0]):
        for more, end in _in_turn(data, middle, items[1:]):
            yield (*quads, *more), end


def _again(data: Lookup, node: Term, path: paths.Path) -> Iterator[_Chain]:
    seen: set[Term] = {node}
    waiting: list[_Chain] = [((), node)]
    while waiting:
        before, middle = waiting.pop(0)
        for quads, end in _chains(data, middle, path):
            yield (*before, *quads), end
            if end not in seen:
                seen.add(end)
                waiting.append(((*before, *quads), end))


def _ordered(quads: Iterable[ox.Quad]) -> list[ox.Quad]:
    """In an order that does not change; what was only inferred shows least."""
    return sorted(quads, key=lambda quad: (str(quad.graph_name).endswith("/graph/inferred>"), str(quad)))
