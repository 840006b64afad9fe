"""What all writers of annotated text share: a file comes whole or not at all, and what has no room is an error."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import WriteError


def put(path: Path, data: bytes) -> None:
    """Write a file whole: beside it first, then in its place.

    Raises:
        WriteError: it cannot be written.
    """
    beside = path.with_name(f".{path.name[:40]}.{os.getpid()}")  # a name may be as long as names can be
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(data)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise WriteError(f"cannot be written: {error.strerror}", path=path) from error


class NoRoom:
    """Gathers the annotations of one document that a format has no room for.

    >>> room = NoRoom("brat", Path("a.ann"))
    >>> room.none_for("T1", "it holds no character")
    >>> room.check()
    Traceback (most recent call last):
    geokg.errors.WriteError: a.ann: brat has no room for T1: it holds no character
    """

    def __init__(self, format: str, path: Path) -> None:
        self._format = format
        self._path = path
        self._found: dict[str, str] = {}

    def none_for(self, identifier: str, reason: str) -> None:
        """There is no room for this annotation."""
        self._found.setdefault(identifier, reason)

    def check(self) -> None:
        """Stop before anything is written.

        Raises:
            WriteError: there is an annotation without room; it has the ids of all.
        """
        if not self._found:
            return
        (first, reason), *others = self._found.items()
        more = f"; nor for {len(others)} more" if others else ""
        message = f"{self._format} has no room for {first}: {reason}{more}"
        raise WriteError(message, path=self._path, ids=tuple(self._found))
