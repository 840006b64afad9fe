"""JSON whose objects know the line that they begin on, so that an error, or an annotation, can name it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from ..errors import ReadError

# Up to the next brace or line end that stands in no string; what was read over is never read again.
_NEXT = re.compile(r'[^"{}\n]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\n]*+)*+([{}\n])', re.DOTALL)
_HALF = re.compile("[\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")


class Placed(dict[str, object]):
    """A JSON object.

    Attributes:
        line: the line of its opening brace, from 1.
    """

    line: int = 0


def loads(content: str, path: Path) -> object:
    r"""The value that a JSON file holds, its objects as ``Placed``; a byte-order mark before it is no part of it.

    Raises:
        ReadError: it is not JSON, nests too deep, an object has one key twice, or a string is no Unicode text.

    >>> loads('[{"a": 1},\n {"b": {}}]', Path("x.json"))[1].line
    2
    >>> loads('{"a": 1,\n}', Path("x.json"))
    Traceback (most recent call last):
    geokg.errors.ReadError: x.json:2:1: is not JSON: Expecting property name enclosed in double quotes
    """
    content = content.removeprefix("\ufeff")
    # What was decoded has no halves; an escape can make one.
    escaped = _ESCAPED.search(content) is not None
    closed: list[Placed] = []
    twice: list[tuple[Placed, str]] = []
    halves: list[Placed] = []

    def made(pairs: list[tuple[str, object]]) -> Placed:
        found = Placed(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            twice.append((found, next(key for key in keys if keys.count(key) > 1)))
        if escaped and any(_HALF.search(text) for pair in pairs for text in _strings(pair)):
            halves.append(found)
        closed.append(found)
        return found

    try:
        value: object = json.loads(content, object_pairs_hook=made)
    except json.JSONDecodeError as error:
        raise ReadError(f"is not JSON: {error.msg}", path=path, line=error.lineno, column=error.colno) from error
    except (RecursionError, ValueError) as error:
        reason = "it nests too deep" if isinstance(error, RecursionError) else str(error)
        raise ReadError(f"is not JSON that can be read: {reason}", path=path) from error
    # Objects are made in the order in which they close; so are their lines found.
    line, opened, order = 1, [], iter(closed)
    place = _NEXT.match(content)
    while place:
        match place[1]:
            case "\n":
                line += 1
            case "{":
                opened.append(line)
            case "}":
                next(order).line = opened.pop()
        place = _NEXT.match(content, place.end())
    for found, key in twice:
        raise ReadError(f"the key {key!r} stands twice in one object", path=path, line=found.line)
    for found in halves:
        raise ReadError("a string has half of a surrogate pair: it was cut in two", path=path, line=found.line)
    return value


def _strings(value: object) -> list[str]:
    """The strings in a value, but for those in its objects, which were looked at when they were made."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, (list, tuple)):
        return [text for one in value for text in _strings(one)]
    return []
