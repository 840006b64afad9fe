"""SPARQL cut into tokens, exactly as SPARQL 1.1 section 19 has them, and never an error.

A character that starts no token is passed over: what is hidden behind it is still seen, and the parser complains later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_BASE = (
    r"A-Za-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C\u200D\u2070-\u218F"
    r"\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF"
)
_CHARS = _BASE + r"_\-0-9\u00B7\u0300-\u036F\u203F\u2040"
_NAME = rf"[{_CHARS}]*(?:\.+[{_CHARS}]+)*"  # dots inside a name, none at its end
_PLX = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_LOCAL = rf"(?:[{_BASE}_0-9:]|{_PLX})(?:[{_CHARS}:]|{_PLX}|\.+(?=[{_CHARS}:%\\]))*"
_ECHAR = r"\\[tbnrf\\\"'uU]"

_TOKEN = rf"""
      (?P<space>[ \t\r\n]+)
    | (?P<comment>\#[^\r\n]*)
    | (?P<iri><(?:[^<>"{{}}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{{4}}|\\U[0-9A-Fa-f]{{8}})*>)
    | (?P<string>\"\"\"(?:"{{0,2}}(?:[^"\\]|{_ECHAR}))*\"\"\" | '''(?:'{{0,2}}(?:[^'\\]|{_ECHAR}))*'''
               | "(?:[^"\\\r\n]|{_ECHAR})*" | '(?:[^'\\\r\n]|{_ECHAR})*')
    | (?P<variable>[?$][{_BASE}_0-9][{_BASE}_0-9\u00B7\u0300-\u036F\u203F\u2040]*)
    | (?P<blank>_:[{_BASE}_0-9]{_NAME})
    | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    | (?P<name>[{_BASE}]{_NAME}(?::(?:{_LOCAL})?)? | :(?:{_LOCAL})?)
    | (?P<signed>[+-](?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<number>(?:[0-9]+\.[0-9]*[eE][+-]?[0-9]+|\.?[0-9]+[eE][+-]?[0-9]+|[0-9]*\.[0-9]+|[0-9]+))
    | (?P<open>[({{\[])
    | (?P<close>[)}}\]])
    | (?P<operator>\|\||&&|\^\^|!=|<=|>=|[=<>!+\-*/|^])
    | (?P<mark>[.;,?$])
"""
OPERANDS = frozenset({"iri", "string", "variable", "blank", "language", "name", "signed", "number"})
"""The kinds of token that stand for a value."""


class Token(NamedTuple):
    """One token.

    Attributes:
        kind: iri, string, variable, blank, language, name, signed, number, word, open, close, operator or mark.
        text: its characters.
        start: the offset of its first character.
    """

    kind: str
    text: str
    start: int


def tokens(query: str) -> Iterator[Token]:
    """The tokens of a query, without spaces and comments.

    >>> [token.text for token in tokens("ASK { ?s ex:p <x#y> } # SERVICE")]
    ['ASK', '{', '?s', 'ex:p', '<x#y>', '}']
    """
    position, end, token = 0, len(query), _token()
    while position < end:
        match = token.match(query, position)
        if match is None:
            position += 1
            continue
        kind = match.lastgroup or ""
        if kind == "name" and ":" not in match.group():
            yield from _words(match.group(), position)
        elif kind not in ("space", "comment"):
            yield Token(kind, match.group(), position)
        position = match.end()


@cache
def _token() -> re.Pattern[str]:
    """Made for the first query: it takes a while, and most commands ask none."""
    return re.compile(_TOKEN, re.VERBOSE)


def _words(text: str, start: int) -> Iterator[Token]:
    """Keywords, apart from the dots between them: what could have been a prefix is none, for no colon follows."""
    for match in re.finditer(r"\.|[^.]+", text):
        yield Token("mark" if match.group() == "." else "word", match.group(), start + match.start())


def unescape(text: str) -> str:
    r"""The text with its codepoint escapes put in place (SPARQL 1.1 section 19.2).

    >>> unescape(r"\u0053ERVICE")
    'SERVICE'
    """
    return _ESCAPE.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    number = int(match[1] or match[2], 16)
    return chr(number) if number <= 0x10FFFF else match[0]
