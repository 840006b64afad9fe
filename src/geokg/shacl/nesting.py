"""``EXISTS`` with several triple patterns, written as one inside the other.

Oxigraph plans the patterns of an ``EXISTS`` as if nothing outside gave their variables a value, and may go through the
whole graph for each row. Nested, each pattern is asked with the values that are known by then; the answer is the same.

>>> nest("SELECT ?a { ?a ?b ?c FILTER EXISTS { ?a <urn:p> ?x . ?x <urn:q> ?c } }")
'SELECT ?a { ?a ?b ?c FILTER EXISTS { ?a <urn:p> ?x FILTER EXISTS { ?x <urn:q> ?c } } }'
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

from .prebinding import Group, Query, read


class _Other(Exception):
    """The group holds something else than triple patterns and filters."""


@dataclass(frozen=True)
class _Part:
    """A triple pattern or a filter, with the variables that it names."""

    text: str
    names: frozenset[str]
    is_filter: bool


@lru_cache(maxsize=1024)
def nest(text: str) -> str:
    """A query with each such ``EXISTS`` nested; what is not understood stays as it is."""
    query = read(text)
    return _Nester(query).between(0, len(query.tokens), query.top, frozenset())


class _Nester:
    def __init__(self, query: Query) -> None:
        self._query = query
        self._at = self._end = 0
        self._numbers = count()

    def between(self, start: int, end: int, group: Group, known: frozenset[str]) -> str:
        """The text from one token to another, with the groups inside rewritten."""
        tokens, text = self._query.tokens, self._query.text
        if start >= end:
            return ""
        place = 0 if start == 0 else tokens[start].start
        pieces = []
        for child in group.children:
            if start <= child.opening < end:
                pieces += [text[place : tokens[child.opening].start], self._group(child, known)]
                place = tokens[child.closing].end
        last = len(text) if end == len(tokens) else tokens[end - 1].end
        return "".join([*pieces, text[place:last]])

    def _group(self, group: Group, known: frozenset[str]) -> str:
        inside = known.union(group.bound)
        if group.is_exists:
            try:
                return self._nested(self._parts(group, inside), known)
            except _Other:
                pass
        tokens = self._query.tokens
        return (
            "{"
            + self._query.text[tokens[group.opening].end : tokens[group.opening + 1].start]
            + self.between(group.opening + 1, group.closing + 1, group, inside)
        )

    def _nested(self, parts: list[_Part], known: frozenset[str]) -> str:
        patterns = [part for part in parts if not part.is_filter]
        filters = [part for part in parts if part.is_filter]
        given = frozenset(name for part in patterns for name in part.names)
        written, depth = "", 0
        while patterns:
            part = next((part for part in patterns if part.names & known), patterns[0])
            patterns.remove(part)
            known = known | part.names
            written += f"{{ {part.text} "
            depth += 1
            for one in [one for one in filters if one.names & given <= known]:
                filters.remove(one)
                written += f"{one.text} "
            written += "FILTER EXISTS " if patterns else ""
        if not depth:
            return "{ " + " ".join(one.text for one in filters) + " }"
        return written + " ".join("}" * depth)

    # Reading a group

    def _parts(self, group: Group, known: frozenset[str]) -> list[_Part]:
        outside = self._at, self._end
        self._at, self._end = group.opening + 1, group.closing
        try:
            return list(self._read(group, known))
        finally:
            self._at, self._end = outside

    def _read(self, group: Group, known: frozenset[str]) -> Iterator[_Part]:
        while self._at < self._end:
            if self._query.word(self._at) == "FILTER":
                yield self._filter(group, known)
            elif self._text() == ".":
                self._at += 1
            else:
                yield from self._triples()

    def _text(self) -> str:
        return self._query.tokens[self._at].text if self._at < self._end else ""

    def _filter(self, group: Group, known: frozenset[str]) -> _Part:
        start = self._at
        self._at += 1
        while self._query.word(self._at) in ("NOT", "EXISTS"):
            self._at += 1
        child = next((child for child in group.children if child.opening == self._at), None)
        if child is not None:
            self._at = child.closing + 1
        else:
            if self._text() != "(":
                self._at += 1  # the name of a function
            self._skip_brackets()
        names = frozenset(token.text for token in self._query.tokens[start : self._at] if token.kind == "variable")
        return _Part(self.between(start, self._at, group, known), names, True)

    def _skip_brackets(self) -> None:
        depth = 0
        while self._at < self._end:
            depth += {"(": 1, ")": -1}.get(self._text(), 0) if self._query.tokens[self._at].kind == "mark" else 0
            self._at += 1
            if depth == 0:
                return
        raise _Other

    def _triples(self) -> list[_Part]:
        subject = self._term()
        parts: list[_Part] = []
        while True:
            verb = self._verb()
            while True:  # each object
                parts += self._steps(subject, verb, self._term())
                if self._text() != ",":
                    break
                self._at += 1
            if self._text() != ";":
                return parts
            while self._text() == ";":
                self._at += 1
            if self._text() in ("", ".") or self._query.word(self._at) == "FILTER":
                return parts

    def _steps(self, subject: str, verb: list[str], end: str) -> Iterator[_Part]:
        """A pattern for each step of a path; between them variables that nobody else has."""
        places = [subject, *(f"?step{next(self._numbers)}_" for _ in verb[1:]), end]
        for start, step, stop in zip(places, verb, places[1:], strict=False):
            names = frozenset(text[1:] for text in (start, step, stop) if text[0] in "?$")
            yield _Part(f"{start} {step} {stop}", names, False)

    def _whole(self, start: int) -> str:
        tokens = self._query.tokens
        return self._query.text[tokens[start].start : tokens[self._at - 1].end]

    def _term(self) -> str:
        start = self._at
        if start >= self._end:
            raise _Other
        token = self._query.tokens[start]
        is_word = token.kind == "word" and token.text in ("true", "false")
        if (token.kind not in ("iri", "string", "variable", "name") and not is_word) or token.text.startswith("_:"):
            raise _Other
        self._at += 1
        if token.kind == "string":
            if self._text().startswith("@"):
                self._at += 1
            elif self._text() == "^":
                self._at += 3
        return self._whole(start)

    def _verb(self) -> list[str]:
        """A verb, or a path as its steps."""
        start = self._at
        if start < self._end and self._query.tokens[start].kind == "variable":
            self._at += 1
            return [self._whole(start)]
        steps: list[str] = []
        is_choice = False
        while True:
            begin = self._at
            self._step()
            steps.append(self._whole(begin))
            if self._text() not in ("/", "|"):
                return [self._whole(start)] if is_choice else steps
            is_choice = is_choice or self._text() == "|"
            self._at += 1

    def _step(self) -> None:
        while self._text() in ("^", "!"):
            self._at += 1
        if self._at >= self._end:
            raise _Other
        token = self._query.tokens[self._at]
        if token.text == "(":
            self._skip_brackets()
        elif token.kind in ("iri", "name") or token.text == "a":
            self._at += 1
        else:
            raise _Other
        if self._text() in ("*", "+", "?") and self._query.tokens[self._at].kind == "":
            self._at += 1
