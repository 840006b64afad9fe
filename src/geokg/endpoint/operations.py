"""The operations of a SPARQL update, seen on its tokens: which of them load, name no dataset, or hold data alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ..sparql.tokens import OPERANDS, tokens
from .problems import ProtocolError


@dataclass(frozen=True)
class Upload:
    """RDF that a client sent, or that was fetched.

    Attributes:
        path: the file that it was put into.
        mimetype: what is said of it to be.
    """

    path: Path
    mimetype: str


@dataclass(frozen=True)
class Load:
    """A ``LOAD`` of an update.

    Attributes:
        start: the offset of its first character.
        end: the offset behind its last.
        source: the address that it reads.
        target: the graph that it writes to, as it is spelt; empty for the unnamed one.
        is_silent: whether it may fail.
        upload: what was found there.
    """

    start: int
    end: int
    source: str
    target: str = ""
    is_silent: bool = False
    upload: Upload | None = None


def loads(update: str) -> list[Load]:
    """Where an update loads, and what.

    >>> loads("LOAD SILENT <http://x.example/a> INTO GRAPH <x:g> ; CLEAR ALL")
    [Load(start=0, end=49, source='http://x.example/a', target='<x:g>', is_silent=True, upload=None)]
    """
    found: list[Load] = []
    outside = _outside(update)
    for place, token in enumerate(outside):
        if _word(token) != "LOAD":
            continue
        is_silent = _word(outside[place + 1]) == "SILENT" if place + 1 < len(outside) else False
        parts = outside[place + 1 + is_silent : place + 5 + is_silent]
        if not parts or parts[0].kind != "iri":
            raise ProtocolError("LOAD is followed by the address that it reads")
        has_target = [_word(part) for part in parts[1:3]] == ["INTO", "GRAPH"] and len(parts) > 3
        last = parts[3 if has_target else 0]
        target = last.text if has_target else ""
        found.append(Load(token.start, last.end, parts[0].text[1:-1], target, is_silent))
    return found


def data_operations(update: str) -> list[tuple[bool, str]] | None:
    """The operations of an update that inserts and deletes data, and does nothing else; ``None`` for another one.

    Returns:
        For each whether it inserts, and ``INSERT DATA`` of what it is about, with all that is declared before it.

    >>> data_operations("PREFIX x: <x:> DELETE DATA { x:a x:b 1 } ; INSERT DATA { x:a x:b 2 }")
    [(False, 'PREFIX x: <x:> INSERT DATA { x:a x:b 1 }'), (True, 'PREFIX x: <x:> INSERT DATA { x:a x:b 2 }')]
    >>> data_operations("DELETE WHERE { ?s ?p ?o }") is None
    True
    """
    found: list[tuple[bool, str]] = []
    declared = ""
    outside = _outside(update)
    place = 0
    while place < len(outside):
        token, after, last = (outside[n] if n < len(outside) else None for n in range(place, place + 3))
        words = [_word(token), _word(after)]
        if words[0] in ("PREFIX", "BASE"):
            ending = last if words[0] == "PREFIX" else after
            if ending is None or ending.kind != "iri":
                return None
            declared += update[outside[place].start : ending.end] + " "
            place += 3 if ending is last else 2
        elif words in (["INSERT", "DATA"], ["DELETE", "DATA"]) and last is not None and last.text == "{":
            found.append((words[0] == "INSERT", f"{declared}INSERT DATA {update[last.start : last.end]}"))
            place += 3
        elif outside[place].text == ";":
            place += 1
        else:
            return None
    return found


def with_dataset(update: str, default: Sequence[str], named: Sequence[str]) -> str:
    """An update whose patterns see the graphs that the protocol names (section 2.2.3).

    Raises:
        ProtocolError: the update names a dataset of its own.

    >>> with_dataset("INSERT { ?s a <x:T> } WHERE { ?s ?p ?o }", ["x:g"], [])
    'INSERT { ?s a <x:T> } USING <x:g> WHERE { ?s ?p ?o }'
    >>> with_dataset("DELETE WHERE { ?s ?p ?o }", ["x:g"], [])
    'DELETE { ?s ?p ?o } USING <x:g> WHERE { ?s ?p ?o }'
    """
    clause = "".join([f"USING <{iri}> " for iri in default] + [f"USING NAMED <{iri}> " for iri in named])
    outside = _outside(update)
    pieces: list[str] = []
    done = 0
    for before, token, after in zip([None, *outside], outside, [*outside[1:], None], strict=False):
        word = _word(token)
        if word in ("USING", "WITH"):
            raise ProtocolError(f"the request names a dataset, and so does the update, with {word}")
        if word == "WHERE":
            pattern = ""
            if before is not None and _word(before) == "DELETE" and after is not None:
                pattern = update[after.start : after.end] + " "
            pieces += [update[done : token.start], pattern, clause]
            done = token.start
    return "".join([*pieces, update[done:]])


def sees_unnamed_alone(update: str) -> bool:
    """Whether a ``WHERE`` of an update looks for triples and names no graph for them.

    >>> sees_unnamed_alone("DELETE { GRAPH <x:g> { ?s ?p ?o } } WHERE { ?s ?p ?o }")
    True
    >>> sees_unnamed_alone("WITH <x:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o } ; DELETE WHERE { GRAPH ?g { ?s ?p 1 } }")
    False
    """
    is_named = False
    outside = _outside(update)
    for part, after in pairwise(outside):
        word = _word(part)
        is_named = word in ("USING", "WITH") or (is_named and part.text != ";")
        is_pattern = word == "WHERE" and after.text == "{" and not is_named
        if is_pattern and _is_without_graph(update[after.start + 1 : after.end - 1]):
            return True
    return False


def _is_without_graph(pattern: str) -> bool:
    parts = iter(_outside(pattern))
    for part in parts:
        word = _word(part)
        if word in ("GRAPH", "VALUES", "FILTER", "BIND", "SERVICE"):
            next((inner for inner in parts if inner.kind == "open"), None)
        elif word == "SELECT":
            inner = next((inner for inner in parts if inner.text == "{"), None)
            if inner is not None and _is_without_graph(pattern[inner.start + 1 : inner.end - 1]):
                return True
        elif part.text == "{":
            if _is_without_graph(pattern[part.start + 1 : part.end - 1]):
                return True
        elif part.kind in OPERANDS or part.text in ("[", "("):
            return True
    return False


@dataclass
class _Part:
    """A token that stands in no brackets, or all from a bracket that opens to the one that closes it."""

    kind: str
    text: str
    start: int
    end: int


def _word(part: _Part | None) -> str:
    return part.text.upper() if part is not None and part.kind == "word" else ""


def _outside(update: str) -> list[_Part]:
    found: list[_Part] = []
    depth = 0
    for token in tokens(update):
        if token.kind == "close":
            depth = max(0, depth - 1)
            if depth == 0 and found:
                found[-1].end = token.start + 1
            continue
        if depth == 0:
            end = len(update) if token.kind == "open" else token.start + len(token.text)
            found.append(_Part(token.kind, token.text, token.start, end))
        if token.kind == "open":
            depth += 1
    return found
