"""Whether an update parses, without doing anything that it asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress

import pyoxigraph as ox

from ..sparql.tokens import tokens
from ..store import syntax_error

_THERE = "urn:geokg:there"
_STOP = f"CREATE GRAPH <{_THERE}> ; "
_PLACE = re.compile(r"(?<=error at )(\d+):(\d+)")
_PROLOGUE = {"BASE": 1, "PREFIX": 2, "VERSION": 1}


def check_syntax(update: str, *, base_iri: str | None = None, prefixes: Mapping[str, str] | None = None) -> None:
    """Do nothing if an update parses.

    The engine parses all of it first, and then comes to an operation that was put in front of the others and fails.

    Raises:
        QuerySyntaxError: it does not parse.

    >>> check_syntax("PREFIX x: <x:> INSERT DATA { x:s x:p 1 }")
    >>> check_syntax("PREFIX x: <x:> INSERT DATA { x:s x:p ?o }")
    Traceback (most recent call last):
    geokg.errors.QuerySyntaxError: line 1, column 42: this cannot stand here
    """
    store = ox.Store()
    store.add_graph(ox.NamedNode(_THERE))
    start = _behind_prologue(update)
    with suppress(RuntimeError, ValueError):
        try:
            store.update(f"{update[:start]}{_STOP}{update[start:]}", base_iri=base_iri, prefixes=dict(prefixes or {}))
        except SyntaxError as error:
            line, column = update.count("\n", 0, start) + 1, start - update.rfind("\n", 0, start)

            def moved(place: re.Match[str]) -> str:
                is_behind = int(place[1]) == line and int(place[2]) >= column + len(_STOP)
                return f"{place[1]}:{int(place[2]) - len(_STOP) * is_behind}"

            raise syntax_error(_PLACE.sub(moved, str(error), count=1)) from None


def _behind_prologue(update: str) -> int:
    left = 0
    for token in tokens(update):
        if left:
            left -= 1
        else:
            left = _PROLOGUE.get(token.text.upper(), 0) if token.kind == "word" else 0
            if not left:
                return token.start
    return len(update)
