"""What stands beside every annotated text, whatever its format: the text itself, and ``source.toml``."""

from __future__ import annotations

import datetime
import difflib
import os
import re
import tomllib
import unicodedata
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import ReadError
from ..files import is_there, read_bytes
from ..text import Source, Text
from .units import SPELT, Unit

NAME = "source.toml"
"""The file beside a text that says what it is."""

_LISTS = ("author", "annotators")
_RULES = ("pairs", "offsets")
_UNITS = {name: unit for unit, name in SPELT.items()}
_PAIRS = re.compile(r"[^*]*\{stem\}[^*]*(?:\*(?!\*)[^*]*)?|[^*]*\*[^*]*\{stem\}[^*]*")
_HALF = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile(rb"\r\n|\n|\r")


def decode(data: bytes, path: Path) -> str:
    r"""The characters of a file: strict UTF-8, with nothing changed.

    Raises:
        ReadError: the bytes are not UTF-8, with the line and column of the first that is not.

    >>> decode("é\r\n".encode(), Path("article.txt"))
    'é\r\n'
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        starts = [0] + [match.end() for match in _LINE_END.finditer(data, 0, error.start)]
        column = len(data[starts[-1] : error.start].decode("utf-8")) + 1
        raise ReadError(
            f"byte 0x{data[error.start]:02x} at {error.start} is not UTF-8 ({error.reason}); save the file as UTF-8",
            path=path,
            line=len(starts),
            column=column,
        ) from error


def identify(source: Source, *names: str | None) -> str:
    """The id of a document: the source's id, a slash, and the names of file, text in it and annotator, as there are.

    Raises:
        ReadError: a name is not UTF-8, as names of files need not be.

    >>> identify(Source(id="wire"), "article", None, "Ann Lee")
    'wire/article/Ann Lee'
    """
    # Some systems hand file names out decomposed; the id of a document must not depend on the machine.
    found = unicodedata.normalize("NFC", "/".join([source.id, *(name.replace("/", "-") for name in names if name)]))
    if _HALF.search(found):
        raise ReadError(f"the name {found!r} has bytes that are not UTF-8; rename the file, or its folder")
    return found


def read_text(path: Path, source: Source, *names: str | None) -> Text:
    """A text file, exactly as it is; its id is the source's id, a slash, and the file's name without its ending.

    Args:
        path: the file.
        source: what is known of it.
        names: what else its id has, such as the annotator.

    Raises:
        ReadError: it does not exist, or is not UTF-8.

    >>> from geokg.vocabulary import packaged
    >>> read_text(packaged("data") / "china-taliban" / "article.txt", Source(id="wire")).document
    'wire/article'
    """
    return Text(identify(source, path.stem, *names), decode(read_bytes(path), path), path.name)


def embedded(content: str, identifier: str, path: Path, *, line: int | None = None) -> Text:
    r"""A text that stands inside another file, such as a string in JSON; among several, its file says which.

    Args:
        content: the characters.
        identifier: the id of the document, which ``identify`` made of the file's name and that of the text in it.
        path: the file.
        line: where the text stands in it.

    Raises:
        ReadError: it has half of a surrogate pair, which no text can have.

    >>> embedded("One.", "wire/a/7", Path("a.json")).file, embedded("One.", "wire/a", Path("a.json")).file
    ('a.json#7', 'a.json')
    >>> embedded("a\ud83d", "wire/1", Path("a.json"))
    Traceback (most recent call last):
    geokg.errors.ReadError: a.json: the text has half of a surrogate pair, '\ud83d' at 1: it was cut in two
    """
    if half := _HALF.search(content):
        raise ReadError(
            f"the text has half of a surrogate pair, {half.group()!r} at {half.start()}: it was cut in two",
            path=path,
            line=line,
        )
    stem = unicodedata.normalize("NFC", path.stem)
    inner = identifier.rpartition(f"/{stem}/")[2] if f"/{stem}/" in identifier else ""
    # It stands for a file beside the other, so it is one name.
    return Text(identifier, content, f"{path.name}#{inner.replace('/', ',')}" if inner else path.name)


def read_source(folder: Path) -> Source:
    """What the ``source.toml`` of a folder says; without one, the folder's name is the id.

    Raises:
        ReadError: the file is not TOML, or has a key or a kind of value that does not belong there.

    >>> read_source(Path("some/wire")).id
    'wire'
    """
    name = Path(os.path.abspath(folder)).name  # noqa: PTH100 - resolve() would follow links, and so change the name
    values = {key: value for key, value in _table(folder).items() if key not in _RULES}
    if not values and not name:
        raise ReadError("texts in the root folder need a source.toml with an id", path=folder)
    return Source(**{"id": name, **values})


def read_pairs(folder: Path) -> str | None:
    """The rule of a folder's ``source.toml`` that pairs its texts with annotation files, if there is one.

    Raises:
        ReadError: as ``read_source``.

    >>> read_pairs(Path("some/wire"))
    """
    return _table(folder).get("pairs")


def read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """The tables of a TOML file, and its characters.

    Raises:
        ReadError: it cannot be read, or is not TOML; with line and column.

    >>> read_toml(Path("no/such.toml"))
    Traceback (most recent call last):
    geokg.errors.ReadError: no/such.toml: cannot be read: No such file or directory
    """
    return _tables(path, read_bytes(path))


def _tables(path: Path, data: bytes) -> tuple[dict[str, Any], str]:
    content = decode(data, path).removeprefix("\ufeff")
    try:
        return tomllib.loads(content), content
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line, column = _place(str(error), content)
        message = re.sub(r" \(at .*\)$", "", str(error))
        raise ReadError(f"is not TOML: {message}", path=path, line=line, column=column) from error


def read_unit(folder: Path, default: Unit | None = None) -> Unit | None:
    """What the offsets of a folder's annotation files count, where its ``source.toml`` says so in ``offsets``.

    Raises:
        ReadError: as ``read_source``.

    >>> read_unit(Path("some/wire"))
    """
    return _UNITS.get(_table(folder).get("offsets", ""), default)


def _table(folder: Path) -> dict[str, Any]:
    """The keys and values of a ``source.toml``, each looked at."""
    path = folder / NAME
    return _looked_at(path, read_bytes(path)) if is_there(path) else {}


@lru_cache(maxsize=64)  # all texts of a folder ask for the same
def _looked_at(path: Path, data: bytes) -> dict[str, Any]:
    table, content = _tables(path, data)
    known = [*(field.name for field in fields(Source)), *_RULES]
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
            raise ReadError(f"unknown key {key!r}; {hint}", path=path, line=_line(key, content))
        values[key] = _value(key, value, path, content)
    return values


def _value(key: str, value: object, path: Path, content: str) -> str | tuple[str, ...]:
    if key == "date" and isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    if key in _LISTS:
        parts = value if isinstance(value, list) else [value]
        if all(isinstance(part, str) and part.strip() for part in parts):
            return tuple(parts)
        wanted = "a string or a list of strings"
    elif key == "id":
        if isinstance(value, str) and re.fullmatch(r"[^\s/#?%]+(?:/[^\s/#?%]+)*", value):
            return value
        wanted = "a string without spaces and without # ? %; slashes only inside"
    elif key == "offsets":
        if isinstance(value, str) and value in _UNITS:
            return value
        wanted = " or ".join(map(repr, _UNITS))
    elif key == "pairs":
        if isinstance(value, str) and _PAIRS.fullmatch(value) and not value.startswith("/"):
            return value
        wanted = "a path from here with {stem} for the text's name and at most one star for the annotator's"
    else:
        if isinstance(value, str) and value.strip():
            return value
        wanted = "a string with something in it"
    raise ReadError(f"{key} must be {wanted}", path=path, line=_line(key, content))


def _line(key: str, content: str) -> int | None:
    found = re.search(rf"^[ \t]*[\"'\[]*{re.escape(key)}\b", content, re.MULTILINE)
    return content.count("\n", 0, found.start()) + 1 if found else None


def _place(message: str, content: str) -> tuple[int | None, int | None]:
    """The line and column that tomllib puts into its words."""
    if found := re.search(r"\(at line (\d+), column (\d+)\)", message):
        return int(found[1]), int(found[2])
    return content.count("\n") + 1, None
