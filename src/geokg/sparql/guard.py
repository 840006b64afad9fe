"""A look at a query before any parser sees it: what it asks for, and whether it would bring the process down.

Oxigraph's parser and optimizer recurse natively, so a query of a few kilobytes, nested or chained deep enough, ends the
process; and it follows ``SERVICE`` to any address. Both are seen on tokens, without parsing. Oxigraph reads queries
without a tokenizer of its own, so three readings differ from the letter of SPARQL, and the guard covers each:

* a keyword needs no space behind it: ``SERVICEx:y {}`` and ``trueSERVICE <x> {}`` call a service;
* ``1<#>`` behind an operand is "smaller than, then a comment", not an IRI;
* codepoint escapes are read inside strings and IRIs only; SPARQL 1.1 has them everywhere. Both readings are checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin

from ..errors import QueryNotAllowed, QueryTooLarge
from .tokens import OPERANDS, Token, tokens, unescape

UPDATES = frozenset({"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"})
_ELEMENTS = frozenset({"UNION", "OPTIONAL", "MINUS", "FILTER", "BIND", "VALUES", "GRAPH", "LATERAL", "AS"})
_CHAINED = frozenset({"||", "&&", "!", "+", "-", "*", "/", "|", "^"})
_START = re.compile(r"[a-z]+://(?:[\w.\-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?(?:/[^\s<>\"{}|^`\\%?#@]*)?", re.ASCII)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_NO_LOAD = "LOAD is not allowed here: this endpoint asks no other server"
_NO_SERVICE = "SERVICE is not allowed here: this endpoint asks no other server"
_NOT_THIS = "SERVICE is allowed for some addresses here, each written out in full and without escapes: {}"
_VOLATILE = frozenset({"NOW", "RAND", "UUID", "STRUUID", "BNODE"})


@dataclass(frozen=True)
class Limits:
    """How large a query may be. Each limit is far below what was measured to end the process on a stack of 8 MiB.

    Attributes:
        characters: of the whole query.
        tokens: of the whole query.
        depth: brackets of all kinds, one inside the other.
        chain: operators and group elements (``||``, ``+``, ``!``, ``UNION``, ``FILTER``, ...) inside one bracket.
        patterns: triple patterns, path steps or list items inside one bracket; ordering joins takes cubic time.
        optionals: ``OPTIONAL`` in the whole query; memory grows with their square.
    """

    characters: int = 500_000
    tokens: int = 20_000
    depth: int = 100
    chain: int = 500
    patterns: int = 100
    optionals: int = 64


OF_UPDATES = Limits(characters=10_000_000, tokens=500_000)
"""What an update may have; more is for the graph store protocol, which reads files as streams."""


@dataclass(frozen=True)
class Checked:
    """What the guard saw in a query that it let through.

    Attributes:
        default_graphs: the graphs of ``FROM``, as absolute IRIs.
        named_graphs: the graphs of ``FROM NAMED``, as absolute IRIs.
        volatile: whether the same query may give another answer on the same data.
        services: the addresses that it asks, all of them allowed.
    """

    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    volatile: bool = False
    services: tuple[str, ...] = ()

    @property
    def has_dataset(self) -> bool:
        """Whether the query names its own dataset."""
        return bool(self.default_graphs or self.named_graphs)


def check(
    query: str,
    *,
    limits: Limits | None = None,
    prefixes: Mapping[str, str] | None = None,
    base_iri: str = "",
    is_loaded: Callable[[str], bool] | None = None,
    services: Sequence[str] = (),
) -> Checked:
    """Let a query through, or say why not.

    Args:
        query: the query, as received.
        limits: how large it may be.
        prefixes: those that are declared without the query's doing.
        base_iri: what relative IRIs are relative to.
        is_loaded: whether a graph is there; ``FROM`` of another one is refused. Without it ``FROM`` is not judged.
        services: addresses that ``SERVICE`` may ask, each with all below it. Other spellings of them are refused.

    Raises:
        QueryNotAllowed: an update, ``SERVICE`` of anything else, or ``FROM`` of a graph that is not loaded.
        QueryTooLarge: a limit is passed.

    >>> check("SELECT * FROM g:entities { ?s ?p ?o }", prefixes={"g": "https://kg.example.org/graph/"}).default_graphs
    ('https://kg.example.org/graph/entities',)
    >>> check("ASK { service <http://example.org/> {} }")
    Traceback (most recent call last):
    geokg.errors.QueryNotAllowed: SERVICE is not allowed here: this endpoint asks no other server
    """
    limits = limits or Limits()
    if len(query) > limits.characters:
        raise QueryTooLarge(f"the query has {len(query)} characters; {limits.characters} are allowed")
    checked = _Pass(query, limits, dict(prefixes or {}), base_iri, services=tuple(services)).run()
    decoded = unescape(query)
    if decoded != query:
        _Pass(decoded, limits, dict(prefixes or {}), base_iri, services=tuple(services)).run()
    if is_loaded is not None:
        for graph in checked.default_graphs + checked.named_graphs:
            if not is_loaded(graph):
                raise QueryNotAllowed(f"FROM <{graph}>: this graph is not loaded here, and nothing is fetched")
    return checked


def check_update(
    update: str,
    *,
    limits: Limits | None = None,
    prefixes: Mapping[str, str] | None = None,
    base_iri: str = "",
    allowed: Sequence[str] = (),
) -> None:
    """Let an update through, or say why not.

    Data may be long, so how many patterns a group has is not limited: a join that takes too long is for the one who
    runs updates to end.

    Args:
        update: the update, as received.
        limits: how large it may be; :data:`OF_UPDATES` unless given.
        prefixes: those that are declared without the update's doing.
        base_iri: what relative IRIs are relative to.
        allowed: addresses that ``LOAD`` may read, each with all below it. What a document there asks for is read too.

    Raises:
        QueryNotAllowed: ``LOAD`` of anything else, or ``SERVICE``.
        QueryTooLarge: a limit is passed.

    >>> check_update("INSERT DATA { <x:a> <x:b> 'LOAD' }")
    >>> check_update("DROP ALL ; load <http://example.org/>")
    Traceback (most recent call last):
    geokg.errors.QueryNotAllowed: LOAD is not allowed here: this endpoint asks no other server
    """
    limits = limits or OF_UPDATES
    if len(update) > limits.characters:
        raise QueryTooLarge(f"the update has {len(update)} characters; {limits.characters} are allowed")
    for reading in dict.fromkeys((update, unescape(update))):
        _Pass(reading, limits, dict(prefixes or {}), base_iri, is_update=True, allowed=tuple(allowed)).run()


def check_start(address: str) -> str:
    """An address below which an operator allows all, if it says surely what that is.

    Raises:
        ValueError: it does not: it has no scheme and host, or more than a path behind them.

    >>> check_start("https://sparql.example/")
    'https://sparql.example/'
    >>> check_start("https:")
    Traceback (most recent call last):
    ValueError: https: is no address like https://host/path, with nothing in it that could be read otherwise
    """
    if not _START.fullmatch(address) or "/." in address:
        raise ValueError(
            f"{address} is no address like https://host/path, with nothing in it that could be read otherwise"
        )
    return address


def _is_below(iri: str, start: str) -> bool:
    """Whether an address is another one or below it, with no step up on the way and nothing disguised.

    >>> _is_below("http://x.example/a/b", "http://x.example/a"), _is_below("http://x.example/ab", "http://x.example/a")
    (True, False)
    >>> _is_below("http://x.example/a/%2e./b", "http://x.example/a")
    False
    """
    if iri != start and not iri.startswith(start if start.endswith("/") else f"{start}/"):
        return False
    rest = iri[len(start.rstrip("/")) :].lower()
    return "/." not in rest and "%2e" not in rest and "\\" not in rest


@dataclass
class _Frame:
    """What was counted inside one bracket."""

    bracket: str = "{"
    chain: int = 0
    patterns: int = 0


@dataclass
class _Pass:
    """One reading of a query, token by token."""

    query: str
    limits: Limits
    prefixes: dict[str, str]
    base: str
    is_update: bool = False
    allowed: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    loading: bool = False
    calling: bool = False
    frames: list[_Frame] = field(default_factory=lambda: [_Frame()])
    count: int = 0
    optionals: int = 0
    triple_terms: int = 0
    volatile: bool = False
    form: str = ""
    line_of_doubt: int | None = None
    default_graphs: list[str] = field(default_factory=list)
    named_graphs: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)

    def run(self) -> Checked:
        before: list[Token] = []
        for token in tokens(self.query):
            self.count += 1
            if self.count > self.limits.tokens:
                raise QueryTooLarge(f"the query has more than {self.limits.tokens} words and signs")
            self._doubtful(token, before[-1] if before else None)
            if self.loading:
                self._source(token)
            if self.calling:
                self._service(token)
            if token.kind == "word":
                self._word(token.text.upper())
            elif token.kind in OPERANDS:
                self._operand(token, before)
            else:
                self._sign(token, before)
            before = [*before[-2:], token]
        if self.calling:
            raise QueryNotAllowed(_NO_SERVICE)
        is_volatile = self.volatile or bool(self.called)
        return Checked(tuple(self.default_graphs), tuple(self.named_graphs), is_volatile, tuple(self.called))

    def _word(self, word: str) -> None:
        if "SERVICE" in word:
            if word != "SERVICE" or not self.services:
                raise QueryNotAllowed(_NO_SERVICE)
            self.calling = True
        if "LOAD" in word and self.is_update:
            if word != "LOAD" or not self.allowed:
                raise QueryNotAllowed(_NO_LOAD)
            self.loading = True
        if not self.form and not self.is_update and word not in ("PREFIX", "BASE", "VERSION"):
            self.form = word
            if word in UPDATES:
                raise QueryNotAllowed(f"{word} is an update, and this endpoint is read-only")
        if word in _ELEMENTS:
            self._chain(self.frames[-1])
        if word == "OPTIONAL":
            self.optionals += 1
            if self.optionals > self.limits.optionals:
                raise QueryTooLarge(f"the query has more than {self.limits.optionals} OPTIONALs")
        self.volatile = self.volatile or word in _VOLATILE

    def _operand(self, token: Token, before: list[Token]) -> None:
        self._hidden_load(token, before)
        last = [item.text.upper() for item in before]
        if self.frames[-1].bracket == "(":
            self._pattern(self.frames[-1], 1)
            if token.kind == "signed" and before and before[-1].kind in (*OPERANDS, "close"):
                self._chain(self.frames[-1])  # 1 -1 -1 is a chain of subtractions
        if token.kind == "iri" and last[-2:-1] == ["PREFIX"] and before[-1].kind == "name":
            self.prefixes[before[-1].text[:-1]] = self._iri(token)
        elif token.kind == "iri" and last[-1:] == ["BASE"]:
            self.base = self._iri(token)
        elif token.kind in ("iri", "name") and last[-1:] == ["FROM"]:
            self.default_graphs.append(self._iri(token))
        elif token.kind in ("iri", "name") and last[-2:] == ["FROM", "NAMED"]:
            self.named_graphs.append(self._iri(token))

    def _sign(self, token: Token, before: list[Token]) -> None:
        frame = self.frames[-1]
        if token.text == "<" and before and before[-1].text == "<":
            self.triple_terms += 1  # << nests without a bracket that is one
            if self.triple_terms > self.limits.depth:
                raise QueryTooLarge(f"the query is nested more than {self.limits.depth} deep")
        if token.kind == "open":
            self._hidden_service(token, before)
            if token.text == "{":
                self._chain(frame)
            elif token.text == "[":
                self._pattern(frame, 1)
            # What stands in [ ] belongs to the join around it.
            self.frames.append(frame if token.text == "[" else _Frame(token.text))
            if len(self.frames) > self.limits.depth:
                raise QueryTooLarge(f"the query is nested more than {self.limits.depth} deep")
        elif token.kind == "close":
            if len(self.frames) > 1:
                self.frames.pop()
        elif frame.bracket == "(":
            self._pattern(frame, -1)  # a comma or an operator parts two operands
            if token.text in _CHAINED:
                self._chain(frame)
        elif token.kind == "mark" or token.text == "/":
            self._pattern(frame, 1)
            if token.text == "/":
                self._chain(frame)
        elif token.text in _CHAINED:
            self._chain(frame)

    def _hidden_service(self, token: Token, before: list[Token]) -> None:
        """``SERVICEx:y {`` looks like a prefixed name."""
        if token.text != "{" or not before or before[-1].kind != "name" or len(self.frames) == 1:
            return
        is_graph = len(before) > 1 and before[-2].text.upper() == "GRAPH"
        if "SERVICE" in before[-1].text.partition(":")[0].upper() and not is_graph:
            raise QueryNotAllowed(_NO_SERVICE)

    def _hidden_load(self, token: Token, before: list[Token]) -> None:
        """``LOADx:y`` looks like a prefixed name, where an operation begins."""
        if not self.is_update or token.kind != "name" or len(self.frames) > 1:
            return
        begins = not before or before[-1].text in (";", "}") or before[-1].kind == "iri"
        if begins and "LOAD" in token.text.partition(":")[0].upper():
            raise QueryNotAllowed(_NO_LOAD)

    def _source(self, token: Token) -> None:
        """What ``LOAD`` is to read stands in full and without escapes, or is refused."""
        if token.text.upper() != "SILENT":
            self.loading = False
            if token.kind != "iri" or not any(_is_below(token.text[1:-1], start) for start in self.allowed):
                raise QueryNotAllowed(_NO_LOAD)

    def _service(self, token: Token) -> None:
        """What ``SERVICE`` is to ask stands in full and without escapes, or is refused."""
        if token.text.upper() != "SILENT":
            self.calling = False
            if token.kind != "iri" or not any(_is_below(token.text[1:-1], start) for start in self.services):
                raise QueryNotAllowed(_NOT_THIS.format(", ".join(self.services)))
            self.called.append(token.text[1:-1])

    def _doubtful(self, token: Token, before: Token | None) -> None:
        """``1<#>`` and ``1<'>``, where an operator and an IRI can hide what follows from one another."""
        if token.kind == "iri" and self.frames[-1].bracket == "(" and before is not None:
            follows = before.kind in OPERANDS or before.kind == "close" or before.text.upper() in ("TRUE", "FALSE")
            if follows and "'" in token.text:
                raise QueryNotAllowed(f"{token.text}: put a space behind < if it means smaller than")
            if follows and "#" in token.text:
                self.line_of_doubt = self._line(token.start)
        of_lines = token.kind == "string" and ("\n" in token.text or "\r" in token.text)
        if of_lines and self.line_of_doubt == self._line(token.start):
            raise QueryNotAllowed("put the string of several lines on a line of its own")

    def _line(self, offset: int) -> int:
        return max(self.query.rfind("\n", 0, offset), self.query.rfind("\r", 0, offset))

    def _chain(self, frame: _Frame) -> None:
        frame.chain += 1
        if frame.chain > self.limits.chain:
            raise QueryTooLarge(f"the query chains more than {self.limits.chain} operators or groups")

    def _pattern(self, frame: _Frame, step: int) -> None:
        frame.patterns = max(0, frame.patterns + step)
        if not self.is_update and frame.patterns > self.limits.patterns:
            raise QueryTooLarge(f"the query has more than {self.limits.patterns} patterns or list items in one group")

    def _iri(self, token: Token) -> str:
        if token.kind == "name":
            prefix, _, local = token.text.partition(":")
            return self.prefixes.get(prefix, f"{prefix}:") + local.replace("\\", "")
        iri = unescape(token.text[1:-1])
        if _SCHEME.match(iri) or not self.base:
            return iri
        try:
            joined = urljoin(self.base, iri)
        except ValueError:
            return iri  # such as //[; it names nothing, and the parser says so
        return joined.rstrip("#") + ("#" if iri.endswith("#") else "")  # urljoin loses that of a namespace
