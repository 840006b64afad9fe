"""One triple in a service, ``graph/written``, that names the last change that geokg made there."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

import pyoxigraph as ox

from .store import RemoteStore

_VERSION = "<http://purl.org/dc/terms/hasVersion>"


def read(store: RemoteStore) -> tuple[str, ...]:
    """What names the last change; two names where two geokg left their first at the same moment, none before that."""
    rows = store.rows(f"SELECT ?mark {{ {pattern(store, ['?mark'])} }}", "mark")
    return tuple(sorted(row["mark"].value for row in rows if isinstance(row["mark"], ox.Literal)))


def pattern(store: RemoteStore, marks: Iterable[str]) -> str:
    """The pattern of some marks, or of a variable for one."""
    node = ox.NamedNode(store.written)
    objects = ", ".join(mark if mark.startswith("?") else str(ox.Literal(mark)) for mark in marks)
    return f"GRAPH {node} {{ {node} {_VERSION} {objects} }} "


def leave(store: RemoteStore) -> None:
    """Put another in place of those that are there: who knows what was there before sees that it is so no longer."""
    mark = ox.Literal(uuid.uuid4().hex)
    store.put(store.written, [f"{ox.NamedNode(store.written)} {_VERSION} {mark} .\n"], replace=True)
