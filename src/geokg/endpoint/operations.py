"""The operations of a SPARQL update, seen on its tokens: which of them load or name no dataset; what each may do."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ..sparql.tokens import OPERANDS, Token, tokens
from .problems import ProtocolError

MARK = f"urn:uuid:{uuid.uuid4()}:"
"""What stands for a variable in a template that is read as data, with its number behind."""
_UNASKED = "geokg"
"""The variable that is asked for where templates have none."""
_MISREAD = frozenset("()[]'#")


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


@dataclass(frozen=True)
class Operation:
    """One operation of an update, in pieces that the engine can read: prefixes and escapes are for it to make out.

    Attributes:
        text: the operation alone, with all that is declared before it.
        deleted: ``INSERT DATA`` of what it takes away, each variable an IRI of :data:`MARK`; empty for nothing.
        inserted: the same of what it adds.
        scope: ``INSERT DATA`` of something in each graph that it names outside of these; empty for none.
        variables: the variables, by their numbers.
        using: the dataset of its pattern, as a query has it.
        pattern: its ``WHERE``; empty for data.
        declared: what is declared before it.
        everywhere: ``CLEAR`` or ``DROP`` of ``ALL`` graphs or of the ``NAMED`` ones, as these two words; else empty.
    """

    text: str
    deleted: str = ""
    inserted: str = ""
    scope: str = ""
    variables: tuple[str, ...] = ()
    using: str = ""
    pattern: str = ""
    declared: str = ""
    everywhere: str = ""

    @property
    def is_data(self) -> bool:
        """Whether it inserts or deletes data."""
        return bool(self.deleted or self.inserted) and not self.pattern

    def query(self, *, is_distinct: bool) -> str:
        """A query for the values of the variables."""
        names = " ".join(f"?{name}" for name in self.variables or (_UNASKED,))
        return f"{self.declared}SELECT {'DISTINCT ' if is_distinct else ''}{names} {self.using}WHERE {self.pattern}"


def operations(update: str) -> list[Operation] | None:
    """The operations of an update that parses, and loads nothing; ``None`` if they cannot be told apart for sure.

    >>> found = operations(
    ...     "PREFIX x: <x:> DELETE DATA { x:a x:b 1 } ; INSERT { GRAPH ?g { x:a x:b 2 } } WHERE { x:a x:b ?g }"
    ... )
    >>> [(one.deleted, one.pattern) for one in found]
    [('PREFIX x: <x:> INSERT DATA { x:a x:b 1 }', ''), ('', '{ x:a x:b ?g }')]
    >>> found[1].query(is_distinct=True)
    'PREFIX x: <x:> SELECT DISTINCT ?g WHERE { x:a x:b ?g }'
    """
    found: list[Operation] = []
    declared = ""
    for parts in _statements(update):
        place = 0
        while (length := _declaration(parts[place : place + 3])) > 0:
            declared += update[parts[place].start : parts[place + length - 1].end] + " "
            place += length
        if place < len(parts):
            operation = _operation(update, declared, parts[place:])
            if operation is None:
                return None
            found.append(operation)
    return found


def _statements(update: str) -> Iterator[list[_Part]]:
    parts: list[_Part] = []
    for part in _outside(update):
        if part.text == ";":
            yield parts
            parts = []
        else:
            parts.append(part)
    yield parts


def _declaration(parts: Sequence[_Part]) -> int:
    """How many parts a declaration at the beginning of some takes; none if there is none."""
    length = {"PREFIX": 3, "BASE": 2, "VERSION": 2}.get(_word(parts[0]), 0) if parts else 0
    return length if len(parts) >= length > 0 and parts[length - 1].kind in ("iri", "string") else 0


def _operation(update: str, declared: str, parts: Sequence[_Part]) -> Operation | None:
    words = [_word(part) or part.kind for part in parts]
    texts = [update[part.start : part.end] for part in parts]
    text = f"{declared}{update[parts[0].start : parts[-1].end]}"
    if words[0] in ("INSERT", "DELETE") and words[1:] == ["DATA", "open"]:
        data = f"{declared}INSERT DATA {texts[2]}"
        return Operation(text, inserted=data) if words[0] == "INSERT" else Operation(text, deleted=data)
    if words[0] in ("INSERT", "DELETE", "WITH"):
        return _modification(text, declared, words, texts)
    rest = [word for word in words[1:] if word != "SILENT"]
    if words[0] in ("CLEAR", "DROP") and rest in (["ALL"], ["NAMED"]):
        return Operation(text, everywhere=f"{words[0]} {rest[0]}")
    named = [texts[number] for number, word in enumerate(words) if word in ("iri", "name")]
    shape = " ".join("iri" if word == "name" else word for word in rest if word != "GRAPH")
    wanted = {"CLEAR": ("iri", "DEFAULT"), "DROP": ("iri", "DEFAULT"), "CREATE": ("iri",)}
    pairs = ("iri TO iri", "iri TO DEFAULT", "DEFAULT TO iri", "DEFAULT TO DEFAULT")
    if shape not in wanted.get(words[0], pairs if words[0] in ("COPY", "MOVE", "ADD") else ()):
        return None
    return Operation(text, scope=_scope(declared, named, with_unnamed="DEFAULT" in rest))


def _modification(text: str, declared: str, words: list[str], texts: list[str]) -> Operation | None:
    """An operation with a ``WHERE``."""
    scope, place = "", 0
    if words[0] == "WITH" and words[1:2] in (["iri"], ["name"]):
        scope, place = _scope(declared, [texts[1]]), 2
    templates = {"DELETE": "", "INSERT": ""}
    if words == ["DELETE", "WHERE", "open"]:
        if any(f"{one.text}{two.text}" == "{}" for one, two in pairwise(tokens(texts[2]))):
            return None  # of GRAPH <x> {} the engine asks nothing here, and elsewhere that there is the graph
        templates["DELETE"], place = texts[2], 1
    for verb in templates:
        if words[place : place + 2] == [verb, "open"]:
            templates[verb], place = texts[place + 1], place + 2
    using: list[str] = []
    while words[place : place + 1] == ["USING"]:
        length = 3 if words[place + 1 : place + 2] == ["NAMED"] else 2
        using += ["FROM", *texts[place + 1 : place + length]]
        if words[place + length - 1 : place + length] not in (["iri"], ["name"]):
            return None
        place += length
    if not any(templates.values()) or words[place:] != ["WHERE", "open"] or _is_misread(texts[-1]):
        return None
    numbers: dict[str, int] = {}
    read = {verb: f"{declared}INSERT DATA {_marked(one, numbers)}" if one else "" for verb, one in templates.items()}
    dataset = " ".join([*using, ""]) if using else ""
    return Operation(text, read["DELETE"], read["INSERT"], scope, tuple(numbers), dataset, texts[-1], declared)


def _scope(declared: str, graphs: Sequence[str], *, with_unnamed: bool = False) -> str:
    something = "<x:> <x:> <x:>"
    data = [f"GRAPH {graph} {{ {something} }}" for graph in graphs] + [something] * with_unnamed
    return f"{declared}INSERT DATA {{ {' '.join(data)} }}"


def _marked(template: str, numbers: dict[str, int]) -> str:
    """A template with an IRI for each variable; ``numbers`` has those of the variables that were met."""
    pieces: list[str] = []
    done = 0
    for token in tokens(template):
        if token.kind == "variable":
            number = numbers.setdefault(token.text[1:], len(numbers))
            pieces += [template[done : token.start], f"<{MARK}{number}>"]
            done = token.start + len(token.text)
    return "".join([*pieces, template[done:]])


def _is_misread(pattern: str) -> bool:
    """Whether what looks like an IRI may be "smaller than" to the engine, and hide a bracket, a quote or a comment."""
    opened: list[str] = []
    before: Token | None = None
    is_values = False
    for token in tokens(pattern):
        is_behind = before is not None and (before.kind in OPERANDS or before.text == ")")
        if token.kind == "iri" and opened[-1:] == ["("] and is_behind and not _MISREAD.isdisjoint(token.text):
            if "rows" not in opened:  # where nothing is compared
                return True
        elif token.kind == "open":
            is_rows = is_values and token.text == "{"
            opened.append("rows" if is_rows else token.text)
            is_values = is_values and not is_rows
        elif token.kind == "close" and opened:
            opened.pop()
        elif token.kind == "word" and token.text.upper() == "VALUES":
            is_values = True
        before = token
    return False


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
