"""``judgements.jsonl``: reading it, and writing to its end."""

from __future__ import annotations

import difflib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ..errors import ReadError
from ..files import read_bytes, sync_names
from ..vocabulary import Base
from .clusters import clusters
from .judgement import VERDICTS, Judgement, absolute

_KEYS = ("judgement", "first", "second", "by", "when", "why", "words")


def read_judgements(path: str | Path, base: Base | None = None) -> tuple[Judgement, ...]:
    """Read a file of judgements.

    Args:
        path: the file; see the top of this module for its form.
        base: where relative IRIs are resolved.

    Returns:
        The judgements that stand, and the lines that take back others.

    Raises:
        ReadError: the file or a line of it is not as it should be.
        IdentityConflict: two judgements contradict each other.

    >>> from geokg.vocabulary import packaged
    >>> {judgement.verdict for judgement in read_judgements(packaged("data") / "judgements.jsonl")} <= set(VERDICTS)
    True
    """
    path = Path(path)
    return _read(read_bytes(path), path, base or Base.from_environment())


def _read(data: bytes, path: Path, base: Base) -> tuple[Judgement, ...]:
    try:
        content = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ReadError(f"is not UTF-8 ({error.reason}); save it as UTF-8", path=path, line=line) from error
    found = []
    for number, text in enumerate(content.split("\n"), start=1):
        if text.strip():
            found.append(_judgement(text, path, number, base))
    standing = _standing(found)
    clusters(standing)
    return standing


def append_judgement(path: Path, judgement: Judgement, base: Base | None = None) -> None:
    """Write a judgement at the end of a file, which need not be there yet.

    The file is whole at every moment, also for whoever is killed here, and two who write at a time wait for each other
    (where the system has ``flock``).

    Args:
        path: the file.
        judgement: what was decided; its line and path count for nothing.
        base: where data is named; IRIs below it are written without it.

    Raises:
        ReadError: the file is not as it should be, or the judgement would take back what nobody judged.
        IdentityConflict: the judgement contradicts others; nothing is written.
        OSError: it cannot be written.
    """
    base = base or Base.from_environment()
    said = {
        "judgement": judgement.verdict,
        "first": judgement.first.removeprefix(base.data),
        "second": judgement.second.removeprefix(base.data),
        "by": judgement.by,
        "when": judgement.when,
        "why": judgement.why,
        **({"words": judgement.words} if judgement.words else {}),
    }
    path = path.resolve()  # of a link, what it leads to
    with _alone(path.parent):
        before = read_bytes(path) if path.exists() else b""
        line = json.dumps(said, ensure_ascii=False) + "\n"
        after = before + (b"\n" if before and not before.endswith(b"\n") else b"") + line.encode("utf-8")
        _read(after, path, base)
        beside = path.with_name(f".{path.name}.new")
        with beside.open("wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        if before:
            shutil.copymode(path, beside)
        beside.replace(path)
        sync_names(path.parent)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else writes judgements in a folder meanwhile; who is killed holds nothing back."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _standing(judgements: list[Judgement]) -> tuple[Judgement, ...]:
    """Those that nobody took back, and those that take back others."""
    standing: list[Judgement] = []
    for judgement in judgements:
        if judgement.verdict == "withdrawn":
            back = tuple(one for one in standing if one.pair == judgement.pair and one.verdict != "withdrawn")
            if not back:
                message = f"takes nothing back: no line above judges <{judgement.first}> and <{judgement.second}>"
                raise ReadError(message, path=judgement.path, line=judgement.line)
            standing = [one for one in standing if one not in back]
            judgement = replace(judgement, withdrawn=back)
        standing.append(judgement)
    return tuple(standing)


def _judgement(text: str, path: Path, line: int, base: Base) -> Judgement:
    def wrong(message: str, column: int | None = None) -> ReadError:
        return ReadError(message, path=path, line=line, column=column)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(pairs)
        if len(table) < len(pairs):
            raise wrong("a key stands twice")
        return table

    try:
        table = json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise wrong(f"is not JSON: {error.msg}; one judgement is one line", error.colno) from error
    except (ValueError, RecursionError) as error:
        raise wrong(f"is not a judgement: {error}") from error
    if not isinstance(table, dict):
        raise wrong("a judgement is an object in braces")
    for key in table:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(_KEYS)}"
            raise wrong(f"unknown key {key!r}; {hint}")
    for key in _KEYS if "words" in table else _KEYS[:-1]:
        if not isinstance(table.get(key), str) or not table[key].strip():
            raise wrong(f"a judgement needs {key!r}, a string with something in it")
    if table["judgement"] not in VERDICTS:
        raise wrong(f"unknown judgement {table['judgement']!r}; there are: {', '.join(VERDICTS)}")
    if not _is_time(table["when"]):
        raise wrong(f"when must be a time in UTC such as 2026-11-24T09:00:00Z, not {table['when']!r}")
    try:
        first, second = absolute(table["first"], base), absolute(table["second"], base)
        # JSON can write half of a surrogate pair, which no file can hold.
        (table["by"] + table["why"]).encode("utf-8")
    except ValueError as error:
        raise wrong(str(error)) from error
    if first == second:
        raise wrong("a thing is judged against itself; name another as second")
    verdict, by, when, why = (table[key] for key in ("judgement", "by", "when", "why"))
    return Judgement(verdict, first, second, by, when, why, line, path, table.get("words", ""))


def _is_time(when: str) -> bool:
    form = "%Y-%m-%dT%H:%M:%SZ"
    try:
        return datetime.strptime(when, form).strftime(form) == when
    except ValueError:
        return False
