"""SPARQL with variables bound beforehand, as SHACL means it (its appendix A), in SPARQL that any engine runs.

SHACL gives ``$this`` a value everywhere in a query at once: in nested groups, in ``BIND``, under ``bound``. SPARQL has
no such thing. What comes nearest is a ``VALUES`` at the start of each group that names the variable; that works for
many values at a time. A blank node has no name that ``VALUES`` could take: Oxigraph takes it as a substitution, which
alone would not be enough, since its optimizer then holds the variable for unbound; ``VALUES ?this { UNDEF <...> }``
teaches it otherwise, and adds no row.

>>> bind("SELECT $this { FILTER(bound($this)) }", {"this": [ox.NamedNode("urn:a")]})
'SELECT $this { VALUES ?this { <urn:a> } FILTER(bound($this)) }'
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import pyoxigraph as ox

from ..store import syntax_error
from .queries import ShapesError

_TOKEN = re.compile(
    r"""(?P<skip>\s+|\#[^\n\r]*)|(?P<iri><[^<>"{}|^`\\\s]*>)
    |(?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|\'\'\'(?:[^'\\]|\\.|'(?!''))*\'\'\'
    |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')|[?$](?P<variable>\w+)|@[\w-]+
    |(?P<name>[\w.-]*:[^\s;,(){}\[\]|/^*+?!<>=&]*)|(?P<word>[A-Za-z_]\w*)|(?P<mark>[{}()])|.""",
    re.VERBOSE | re.DOTALL,
)
_FORBIDDEN = {"MINUS", "VALUES", "SERVICE", "FROM"}
_AGGREGATES = {"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT", "HAVING"}
_NOTHING = ox.Store()
_NOBODY = "<urn:geokg:nobody>"

Term = ox.NamedNode | ox.BlankNode | ox.Literal


@dataclass(frozen=True)
class Token:
    """A word, name or mark of a query; ``text`` of a variable is its name."""

    kind: str
    text: str
    start: int
    end: int


@dataclass
class Group:
    """What stands between two braces.

    Attributes:
        opening: the index of its opening brace.
        closing: that of its closing brace.
        is_exists: whether ``EXISTS`` stands before it.
        is_select: whether it holds a subquery, and so one group more.
        children: the groups inside.
        bound: variables that stand in its own triple patterns, with the index of the first place.
        used: variables in its own expressions.
    """

    opening: int
    closing: int = -1
    is_exists: bool = False
    is_select: bool = False
    children: list[Group] = field(default_factory=list)
    bound: dict[str, int] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def all(self) -> Iterator[Group]:
        """Itself, and the groups inside it at any depth."""
        yield self
        for child in self.children:
            yield from child.all()

    def names(self, variable: str) -> bool:
        """Whether it names a variable at any depth."""
        return any(variable in group.bound or variable in group.used for group in self.all())


class Query:
    """A query as tokens and groups."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [
            Token(match.lastgroup or "", match[match.lastgroup or 0], match.start(), match.end())
            for match in _TOKEN.finditer(text)
            if match.lastgroup != "skip"
        ]
        self.top = Group(-1)
        self._parse()

    def word(self, index: int) -> str:
        """The keyword at a place, or nothing."""
        if not 0 <= index < len(self.tokens) or self.tokens[index].kind != "word":
            return ""
        return self.tokens[index].text.upper()

    def _parse(self) -> None:
        stack = [self.top]
        depths = [0]
        for index, token in enumerate(self.tokens):
            if token.text == "{" and token.kind == "mark":
                group = Group(index, is_exists=self.word(index - 1) == "EXISTS")
                group.is_select = self.word(index + 1) == "SELECT"
                stack[-1].children.append(group)
                stack.append(group)
                depths.append(0)
            elif token.text == "}" and token.kind == "mark" and len(stack) > 1:
                stack.pop().closing = index
                depths.pop()
            elif token.kind == "mark":
                depths[-1] += 1 if token.text == "(" else -1
            elif token.kind == "variable":
                if depths[-1] or stack[-1].is_select:
                    stack[-1].used.add(token.text)
                else:
                    stack[-1].bound.setdefault(token.text, index)

    def undeclared(self) -> str:
        """A complaint about the first prefix that is not declared, if there is one."""
        names = [
            (index, token.text.partition(":")[0]) for index, token in enumerate(self.tokens) if token.kind == "name"
        ]
        declared = {name for index, name in names if self.word(index - 1) == "PREFIX"}
        return next((f"sh:declare knows no prefix {name}" for _, name in names if name not in declared | {"_"}), "")

    def selects(self) -> Iterator[tuple[int, int, Group]]:
        """For each SELECT the index of its keyword, that of its group's brace, and the group."""
        for index in range(len(self.tokens)):
            if self.word(index) == "SELECT":
                group = next(group for group in self.top.all() if group.opening > index)
                yield index, group.opening, group


@lru_cache(maxsize=4096)
def read(text: str) -> Query:
    """A query as tokens and groups.

    >>> [token.text for token in read("ASK { ?a <urn:p> 'b' }").tokens]
    ['ASK', '{', 'a', '<urn:p>', "'b'", '}']
    """
    return Query(text)


def check_query(text: str, *, is_ask: bool, bound: Sequence[str]) -> None:
    """Refuse a query that SHACL forbids, or that does not parse.

    Args:
        text: the query, ``$PATH`` not filled in.
        is_ask: whether it must be an ``ASK``, else a ``SELECT``.
        bound: the parameters that it is given, beside those that every query is given.

    Raises:
        ShapesError: see SHACL 5.3.1 and A.

    >>> check_query("SELECT $this { $this ?p ?o MINUS { $this ?p 1 } }", is_ask=False, bound=())
    Traceback (most recent call last):
    geokg.shacl.queries.ShapesError: MINUS is not allowed in a query of a shape: SELECT $this { $this ?p ?o MINUS { ...
    """
    query = read(text)
    always = ("this", "value") if is_ask else ("this",)
    given = {*always, *bound, "currentShape", "shapesGraph"}
    for index in range(len(query.tokens)):
        word = query.word(index)
        if word in _FORBIDDEN:
            raise ShapesError(f"{word} is not allowed in a query of a shape: {_short(text)}")
        if word == "AS" and index + 1 < len(query.tokens) and query.tokens[index + 1].text in given:
            name = query.tokens[index + 1].text
            raise ShapesError(f"${name} has a value before the query begins, and gets no other: {_short(text)}")
    try:
        kind, selected = _answered(with_path(text, "<urn:path>"))
    except SyntaxError as error:
        told = query.undeclared() if "Prefix not found" in error.msg else ""
        told = told or f"the query does not parse, {syntax_error(error.msg)}"
        raise ShapesError(f"{told}: {_short(text)}") from error
    if kind is not (ox.QueryBoolean if is_ask else ox.QuerySolutions):
        raise ShapesError(f"the query is no {'ASK' if is_ask else 'SELECT'}: {_short(text)}")
    if not is_ask and "this" not in selected:
        raise ShapesError(f"the query does not select $this: {_short(text)}")
    for number, (index, opening, group) in enumerate(query.selects()):
        if number == 0 and not is_ask:
            continue
        named = {token.text for token in query.tokens[index:opening] if token.kind == "variable"}
        if "*" in [token.text for token in query.tokens[index:opening]]:
            named |= {name for inner in group.all() for name in inner.bound}
        missing = [name for name in always if name not in named]
        missing += [name for name in bound if name not in named and group.names(name)]
        if missing:
            raise ShapesError(f"a subquery does not select ${missing[0]}: {_short(text)}")


def _answered(text: str) -> tuple[type[object], set[str]]:
    """Of what kind the answer is, and its columns. No error keeps the answer itself, which must end on this thread."""
    found = _NOTHING.query(text)
    names = found.variables if isinstance(found, ox.QuerySolutions) else ()
    return type(found), {variable.value for variable in names}


def with_path(text: str, path: str) -> str:
    """A query with ``$PATH`` filled in.

    >>> with_path("SELECT $this { $this $PATH ?value }", "^<urn:p>")
    'SELECT $this { $this ^<urn:p> ?value }'
    """
    if "PATH" not in text:
        return text
    pieces, last = [], 0
    for token in read(text).tokens:
        if token.kind == "variable" and token.text == "PATH":
            pieces += [text[last : token.start], path]
            last = token.end
    return "".join([*pieces, text[last:]])


def bind(text: str, values: Mapping[str, Sequence[Term] | None]) -> str:
    """A query whose variables have values beforehand.

    Args:
        text: the query.
        values: for each variable its values, or ``None`` for one that is given as a substitution.
    """
    query = read(text)
    clauses = {
        name: "VALUES ?{} {{ {} }} ".format(name, " ".join(map(str, some)) if some else f"UNDEF {_NOBODY}")
        for name, some in values.items()
    }
    added: dict[int, str] = {}
    for group in query.top.all():
        if group is query.top or group.is_select or group.is_exists:
            continue
        outermost = group in query.top.children
        names = [name for name in clauses if name in group.bound or name in group.used or outermost]
        if names:
            added[query.tokens[group.opening].end] = " " + "".join(clauses[name] for name in names).rstrip()
    pieces, last = [], 0
    for place in sorted(added):
        pieces += [text[last:place], added[place]]
        last = place
    return "".join([*pieces, text[last:]])


def joined(text: str, test: str) -> str | None:
    """A query for all focus nodes at once, which a test tells from other nodes; ``None`` where that is not the same.

    It is the same where the query's own patterns give ``$this`` its value before anything else needs it.

    >>> joined("SELECT $this { $this <urn:p> ?x }", "EXISTS { ?this a <urn:C> }")
    'SELECT $this { $this <urn:p> ?x FILTER(EXISTS { ?this a <urn:C> }) }'
    >>> joined("SELECT $this { BIND($this AS ?x) }", "true")
    """
    query = read(text)
    top = query.top.children[0]
    if is_alone(text) or "this" not in top.bound or not _is_settled(top, "this"):
        return None
    end = query.tokens[top.closing].start
    return f"{text[:end].rstrip()} FILTER({test}) {text[end:]}" if test else text


def _is_settled(group: Group, variable: str) -> bool:
    """Whether no group inside needs a value for a variable that it does not find itself, and none comes too early."""
    first = group.bound.get(variable)
    for child in group.children:
        if not child.names(variable):
            continue
        if not child.is_exists and not child.is_select:
            if variable in child.used and variable not in child.bound:
                return False
            if first is not None and child.opening < first:
                return False
        if not _is_settled(child, variable):
            return False
    return True


def exists(text: str) -> str | None:
    """The pattern of an ``ASK`` for use under ``EXISTS``; ``None`` where that is not the same.

    >>> exists("ASK { FILTER(?value = 1) }")
    '{ FILTER(?value = 1) }'
    """
    query = read(text)
    top = query.top.children[0]
    if is_alone(text) or not all(_is_settled(top, name) for name in ("this", "value")):
        return None
    return text[query.tokens[top.opening].start : query.tokens[top.closing].end]


def select_for_ask(text: str) -> str:
    """An ``ASK`` as a ``SELECT`` that has a row where the answer is yes.

    >>> select_for_ask("PREFIX e: <urn:ASK> ASK { FILTER(?value = 1) }")
    'PREFIX e: <urn:ASK> SELECT * WHERE { FILTER(?value = 1) }'
    """
    query = read(text)
    first = next(index for index in range(len(query.tokens)) if query.word(index) == "ASK")
    opening = next(group.opening for group in query.top.children)
    return f"{text[: query.tokens[first].start]}SELECT * WHERE {text[query.tokens[opening].start :]}"


@lru_cache(maxsize=4096)
def mentions(text: str, variable: str) -> bool:
    """Whether a query names a variable.

    >>> mentions("SELECT $this { $this ?p '$value' }", "value")
    False
    """
    return variable in text and any(token.kind == "variable" and token.text == variable for token in read(text).tokens)


@lru_cache(maxsize=4096)
def is_alone(text: str) -> bool:
    """Whether a query must be asked for one value of ``$this`` at a time, since it counts or cuts off rows.

    >>> is_alone("SELECT $this { $this ?p ?o } GROUP BY $this"), is_alone("SELECT $this { $this ?p ?o } LIMIT 1")
    (False, True)
    """
    query = read(text)
    words = {query.word(index) for index in range(len(query.tokens))}
    if words & {"LIMIT", "OFFSET"}:
        return True
    if not words & _AGGREGATES:
        return False
    grouped = 0
    for index in range(len(query.tokens)):
        if query.word(index) == "GROUP" and query.word(index + 1) == "BY":
            rest = iter(query.tokens[index + 2 :])
            names = []
            for token in rest:
                if token.kind != "variable":
                    break
                names.append(token.text)
            grouped += "this" in names
    return grouped != sum(1 for _ in query.selects())


def _short(text: str) -> str:
    words = " ".join(line for line in text.splitlines() if not line.startswith("PREFIX"))
    words = " ".join(words.split())
    return words if len(words) <= 200 else words[:200] + " …"
