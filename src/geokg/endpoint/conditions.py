"""Whether a graph is in the state that a client wants it to be in, by ``If-Match`` and ``If-None-Match``."""

from __future__ import annotations

from ..store import Store
from .changes import Change, has_graph
from .problems import ProtocolError


def check_conditions(store: Store, change: Change) -> None:
    """Do nothing if the store is in the state that a client wants it to be in.

    Raises:
        ProtocolError: 412.
    """
    is_there = has_graph(store.ox, change.name)
    tag = state_tag(store)
    wanted = not change.if_match or ("*" in change.if_match and is_there) or _is_among(tag, change.if_match)
    unwanted = ("*" in change.if_none_match and is_there) or _is_among(tag, change.if_none_match)
    if not wanted or unwanted:
        raise ProtocolError("the graph is not in the state that the request asks for", 412)


def state_tag(store: Store) -> str:
    """What every entity tag of the present state of a store begins with."""
    return f"{store.generation:x}"


def _is_among(tag: str, tags: tuple[str, ...]) -> bool:
    return any(one.partition("-")[0] == tag for one in tags)
