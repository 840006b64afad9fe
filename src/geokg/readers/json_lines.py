"""Records in JSON: one a line, an array of them, or a single one over many lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..errors import ReadError
from ..files import read_bytes, read_head
from ..text import Document
from .given import Faults
from .placed import Placed, loads
from .source import decode


def records(path: Path, faults: Faults) -> Iterator[Placed]:
    """The objects that a file holds, each with its line; lines are read one at a time.

    Raises:
        ReadError: a line, or the file, is not JSON, or holds no objects; of lines, unless leniency was asked for.
    """
    begin = _first(path)
    if begin.lstrip()[:1] != b"[" and _is_json(begin):
        yield from _lines(path, faults)
        return
    data = read_bytes(path)
    value = loads(decode(data, path), path)
    for record in value if isinstance(value, list) else [value]:
        if isinstance(record, Placed):
            yield record
        else:
            faults.refuse(ReadError(f"an object must stand here, not {json.dumps(record)[:40]}", path=path))


def _first(path: Path) -> bytes:
    read_head(path, 0)  # says it if it cannot be read
    with path.open("rb") as file:
        for line in file:
            if line := line.removeprefix(b"\xef\xbb\xbf").strip():
                return line
    return b"{}"


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        # The first line of many may be the broken one; a record over many lines has little on its first.
        return len(line) > 2 and line.endswith(b"}")
    return True


def _lines(path: Path, faults: Faults) -> Iterator[Placed]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                record = _record(line, number, path)
            except ReadError as error:
                faults.refuse(error)
                continue
            if record is not None:
                yield record


def _record(line: bytes, number: int, path: Path) -> Placed | None:
    try:
        content = decode(line, path).removeprefix("\ufeff" if number == 1 else "")
        if not content.strip():
            return None
        value = loads(content, path)
    except ReadError as error:
        raise ReadError(error.message, path=path, line=number, column=error.column) from error
    if not isinstance(value, Placed):
        raise ReadError(f"an object must stand here, not {content.strip()[:40]}", path=path, line=number, column=1)
    value.line = number
    return value


def with_faults(documents: Iterator[Document], faults: Faults) -> Iterator[Document]:
    """Documents with the faults that were found on the way to each, the last with those behind it too.

    Raises:
        ReadError: there were faults, but no document to tell them with.
    """
    last: Document | None = None
    told = 0
    for document in documents:
        if last is not None:
            yield last
        last = replace(document, faults=tuple(faults.found[told:]))
        told = len(faults.found)
    if last is not None:
        yield replace(last, faults=last.faults + tuple(faults.found[told:]))
    elif faults.found:
        raise faults.found[0]


def name_of(record: Placed, number: int, seen: dict[str, int], path: Path) -> str:
    """The name of a record within its file: its own id where it has one, else its number from 1.

    Raises:
        ReadError: another record has it.
    """
    own = record.get("id")
    name = str(own) if isinstance(own, str | int) and not isinstance(own, bool) and str(own).strip() else str(number)
    if name in seen:
        raise ReadError(f"the id {name!r} is taken by the record of line {seen[name]}", path=path, line=record.line)
    seen[name] = record.line
    return name


def numbers(start: object, end: object) -> tuple[int, int]:
    """Two offsets that hold a character.

    Raises:
        ValueError: they are something else.
    """
    if not isinstance(start, int) or not isinstance(end, int) or isinstance(start, bool) or isinstance(end, bool):
        raise ValueError(f"{start!r} and {end!r} are no offsets")
    if start >= end:
        raise ValueError(f"the offsets {start} {end} hold no character")
    return start, end
