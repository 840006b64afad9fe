"""A change of what a service holds, made only if nobody has written since it was thought out.

One triple in the service, ``graph/written``, names the last changes that geokg made. An update of ours exchanges it for
another and does nothing where it is not there any more. So an update may be sent twice, one whose answer is lost can be
asked after, and of two geokg that write one after the other the second sees that there was a first. At the very same
moment both may write, as servers let updates that began together end together (measured): then there are two marks
afterwards. Who writes by other means leaves the mark as it is; what gives them away is the number of triples in each
graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby

import pyoxigraph as ox

from ..errors import Busy, QueryError, RemoteError
from . import virtuoso
from .marks import after, leave, names, pattern, read
from .store import RemoteStore

STEP = 500
"""Quads that Virtuoso takes in one such update: it makes SQL of them, of which it takes 10,000 lines."""
_CHANGED = "others have written to the service meanwhile; nothing was done: send it again"


@dataclass(frozen=True)
class State:
    """What a service says of the state that it is in.

    Attributes:
        marks: what names the last changes of ours.
        sizes: how many triples stand in each graph; ``None`` is the unnamed one, if the service has one.
    """

    marks: tuple[str, ...]
    sizes: dict[str | None, int]

    def after(self, marks: tuple[str, ...], removed: Iterable[ox.Quad], added: Iterable[ox.Quad]) -> State:
        """The state that a change leaves.

        >>> quad = ox.Quad(ox.NamedNode("x:s"), ox.NamedNode("x:p"), ox.Literal("o"), ox.NamedNode("x:g"))
        >>> State((), {None: 1}).after(("a",), [], [quad])
        State(marks=('a',), sizes={None: 1, 'x:g': 1})
        """
        sizes = dict(self.sizes)
        for quad, one in chain(((quad, -1) for quad in removed), ((quad, 1) for quad in added)):
            name = quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else None
            sizes[name] = sizes.get(name, 0) + one
        return State(marks, {name: size for name, size in sizes.items() if size})


def state(store: RemoteStore) -> State:
    """The state that a service is in.

    Raises:
        QueryError: it does not say.
    """
    sizes: dict[str | None, int] = {}
    sizes.update(store.sizes())
    if unnamed := store.unnamed_size():
        sizes[None] = unnamed
    return State(read(store), sizes)


def begin(store: RemoteStore) -> None:
    """Mark a service that bears no mark yet.

    Raises:
        QueryError: the service does not take it.
    """
    if not read(store):
        leave(store)


def exchange(
    store: RemoteStore, marks: tuple[str, ...], removed: Sequence[ox.Quad], added: Sequence[ox.Quad]
) -> tuple[str, ...]:
    """Take quads out of a service and put others in, if the last change of ours is the one that is meant.

    It is as whole as one update of the service is. Virtuoso takes no large ones: there it is done in steps, which are
    taken back where one fails.

    Args:
        store: the service.
        marks: what names its last changes; there are some since ``begin``.
        removed: quads that are there and go.
        added: quads that are not there and come.

    Returns:
        What names the change.

    Raises:
        Busy: somebody else has written; nothing is done.
        QueryError: the service does not do it, or nobody knows whether it did; the message says which.
    """
    done: list[tuple[Sequence[ox.Quad], Sequence[ox.Quad]]] = []
    try:
        for out, into in _steps(store, removed, added):
            marks = _step(store, marks, out, into)
            done.append((out, into))
    except QueryError as error:
        try:
            for out, into in reversed(done):
                marks = _step(store, marks, into, out)
        except QueryError:
            raise RemoteError(f"{error}; {len(done)} steps of it were done and could not be taken back") from error
        raise
    finally:
        store.forget()
    return marks


def _steps(
    store: RemoteStore, removed: Sequence[ox.Quad], added: Sequence[ox.Quad]
) -> Iterator[tuple[Sequence[ox.Quad], Sequence[ox.Quad]]]:
    number = len(removed) + len(added)
    if number <= STEP or not store.connection.service.name.startswith(virtuoso.NAME):
        yield removed, added
        return
    for start in range(0, len(removed), STEP):
        yield removed[start : start + STEP], ()
    for start in range(0, len(added), STEP):
        yield (), added[start : start + STEP]


def _step(
    store: RemoteStore, marks: tuple[str, ...], removed: Sequence[ox.Quad], added: Sequence[ox.Quad]
) -> tuple[str, ...]:
    new = (after(marks),)
    failure: QueryError | None = None
    try:
        store.connection.update(_text(store, marks, new, removed, added), is_repeatable=True)
    except QueryError as error:
        failure = error
    try:
        now = read(store)
    except QueryError as error:
        raise RemoteError(f"{failure or error}; nobody knows whether it was done: look before you repeat it") from error
    if names(now, new[0]):
        return new
    if failure is not None:
        raise failure
    raise Busy(_CHANGED)


def _text(
    store: RemoteStore,
    marks: tuple[str, ...],
    new: tuple[str, ...],
    removed: Sequence[ox.Quad],
    added: Sequence[ox.Quad],
) -> str:
    old = pattern(store, marks)
    gone, come = "".join(_groups(store, removed)), "".join(_groups(store, added))
    return f"DELETE {{ {old}{gone} }} INSERT {{ {pattern(store, new)}{come} }} WHERE {{ {old} }}"


def _groups(store: RemoteStore, quads: Sequence[ox.Quad]) -> Iterator[str]:
    for name, some in groupby(sorted(quads, key=lambda quad: str(quad.graph_name)), key=lambda quad: quad.graph_name):
        lines = "".join(store.lines(some))
        yield f"GRAPH {name} {{\n{lines}}} " if isinstance(name, ox.NamedNode) else lines
