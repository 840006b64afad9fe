"""One triple in a service, ``graph/written``, that names the last changes that geokg made there, the newest first."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

import pyoxigraph as ox

from .store import RemoteStore

_KEPT = 8
_VERSION = "<http://purl.org/dc/terms/hasVersion>"


def read(store: RemoteStore) -> tuple[str, ...]:
    """What names the last changes; several where as many were made at the same moment, none before the first."""
    rows = store.rows(f"SELECT ?mark {{ {pattern(store, ['?mark'])} }}", "mark")
    return tuple(sorted(row["mark"].value for row in rows if isinstance(row["mark"], ox.Literal)))


def pattern(store: RemoteStore, marks: Iterable[str]) -> str:
    """The pattern of some marks, or of a variable for one."""
    node = ox.NamedNode(store.written)
    objects = ", ".join(mark if mark.startswith("?") else str(ox.Literal(mark)) for mark in marks)
    return f"GRAPH {node} {{ {node} {_VERSION} {objects} }} "


def after(marks: Iterable[str]) -> str:
    """A mark for a change that is made where there are others.

    >>> after(["a b c d e f g h"]).split(" ")[1:]
    ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    """
    return " ".join([uuid.uuid4().hex, *dict.fromkeys(one for mark in marks for one in mark.split(" "))][:_KEPT])


def names(marks: Iterable[str], mark: str) -> bool:
    """Whether marks that were found later name the change of a mark.

    >>> names(["b a", "c"], "a"), names(["b a", "c a"], "d a")
    (True, False)
    """
    newest = mark.partition(" ")[0]
    return any(newest in later.split(" ") for later in marks)


def leave(store: RemoteStore) -> None:
    """Put another in place of those that are there: who knows what was there before sees that it is so no longer."""
    mark = ox.Literal(uuid.uuid4().hex)
    store.put(store.written, [f"{ox.NamedNode(store.written)} {_VERSION} {mark} .\n"], replace=True)
