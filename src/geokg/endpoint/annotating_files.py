"""The file of what somebody annotates in the browser: a version at a time, whole or not at all, and those before it.

Beside ``x.json`` stand, by names that a build passes over, ``.x.json.pending``, the next version until the store has
it, and ``.history/x.json/``, the versions that can be gone back to. No version, empty, is that there is no file.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Literal, TypeAlias

from ..files import sync_names
from .problems import ProtocolError

Way: TypeAlias = Literal["save", "undo", "redo"]
KEPT = 50
"""How many versions can be gone back to."""


class Shelf:
    """One file with its versions.

    Args:
        file: where it is, or is to be.

    >>> import tempfile
    >>> shelf = Shelf(Path(tempfile.mkdtemp()) / "a.json")
    >>> for version in (b"[1]", b"[2]"):
    ...     shelf.prepare(version)
    ...     shelf.settle("save")
    >>> shelf.prepare(shelf.former("undo") or b"")
    >>> shelf.settle("undo")
    >>> shelf.content, shelf.count("undo"), shelf.count("redo")
    (b'[1]', 1, 1)
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.pending = file.with_name(f".{file.name}.pending")
        self._history = file.parent / ".history" / file.name

    @classmethod
    def of_pending(cls, pending: Path) -> Shelf:
        """The shelf that a next version was left on."""
        return cls(pending.with_name(pending.name.removeprefix(".").removesuffix(".pending")))

    @property
    def content(self) -> bytes:
        """The version that holds."""
        try:
            return self.file.read_bytes()
        except FileNotFoundError:
            return b""

    def prepare(self, content: bytes) -> None:
        """Put the next version beside the one that holds, safe from a loss of power.

        Raises:
            ProtocolError: 507, it cannot be written.
        """
        try:
            with self.pending.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if self.file.exists():
                shutil.copymode(self.file, self.pending)
        except OSError as error:
            self.drop()
            raise ProtocolError(f"the source folder cannot be written to: {error.strerror}", 507) from error

    def drop(self) -> None:
        """Let the next version go."""
        self.pending.unlink(missing_ok=True)

    def settle(self, way: Way) -> None:
        """Let the next version hold; the one before can be gone back to.

        Ended between any two steps it leaves at worst a version in the history that is the one that holds.
        """
        following, current = self.pending.read_bytes(), self.content
        self._push("redo" if way == "undo" else "undo", current)
        if following:
            self.pending.replace(self.file)
        else:
            self.file.unlink(missing_ok=True)
            self.drop()
        sync_names(self.file.parent)
        if way == "save":
            for path in self._versions("redo"):
                path.unlink()
        else:
            self.former(way)  # it is the one that holds now

    def former(self, way: Literal["undo", "redo"]) -> bytes | None:
        """The version that undoing, or doing again, leads to; ``None`` if there is none."""
        current = self.content
        for path in reversed(self._versions(way)):
            if (version := path.read_bytes()) != current:
                return version
            path.unlink()
        return None

    def count(self, way: Literal["undo", "redo"]) -> int:
        """How often one can undo, or do again."""
        return len(self._versions(way))

    def _push(self, way: Literal["undo", "redo"], content: bytes) -> None:
        self._history.mkdir(parents=True, exist_ok=True)
        versions = self._versions(way)
        number = int(versions[-1].name.rpartition("-")[2]) + 1 if versions else 1
        beside = self._history / f".{way}"
        beside.write_bytes(content)
        beside.replace(self._history / f"{way}-{number:06d}")
        for path in versions[: max(0, len(versions) + 1 - KEPT)]:
            path.unlink()

    def _versions(self, way: str) -> list[Path]:
        return sorted(self._history.glob(f"{way}-*"), key=lambda path: int(path.name.rpartition("-")[2]))
