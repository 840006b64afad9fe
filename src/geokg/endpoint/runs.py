"""How the findings went on: a line for each change that altered them, kept beside the store."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..errors import GeokgError
from ..files import write_beside

MOST = 1000
"""Runs that are kept."""


@dataclass(frozen=True)
class Run:
    """What stood after a change.

    Attributes:
        at: when, in UTC.
        violations: how many findings of that severity there were.
        warnings: the same.
        remarks: the same.
        new: how many the change brought; ``None`` for what was found when all was judged for the first time.
        fixed: how many it took away.
    """

    at: str
    violations: int
    warnings: int
    remarks: int
    new: int | None = None
    fixed: int | None = None

    @classmethod
    def now(cls, counts: Mapping[str, int], new: int | None = None, fixed: int | None = None) -> Run:
        """A run that ends now.

        Args:
            counts: findings by severity, as a report counts them.
            new: how many are new, if that is known.
            fixed: how many are no more.

        >>> Run.now({"violation": 2, "warning": 0, "info": 1}, 1, 0).total
        3
        """
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return cls(at, counts["violation"], counts["warning"], counts["info"], new, fixed)

    @property
    def total(self) -> int:
        """All findings."""
        return self.violations + self.warnings + self.remarks

    @property
    def _counts(self) -> tuple[int, int, int]:
        return self.violations, self.warnings, self.remarks

    def continues(self, last: Run | None) -> bool:
        """Whether it tells nothing that the last one did not.

        >>> run = Run.now({"violation": 2, "warning": 0, "info": 1})
        >>> run.continues(run), run.continues(None)
        (True, False)
        """
        return last is not None and self.new is None and self._counts == last._counts


class Runs:
    """The runs of one store, the last ones.

    Args:
        path: the file, a line of JSON for each; without one they are kept in memory.

    >>> runs = Runs()
    >>> runs.add(Run.now({"violation": 2, "warning": 0, "info": 1}))
    >>> [run.total for run in runs.read()]
    [3]
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._kept: list[Run] = []

    @classmethod
    def of(cls, folder: Path) -> Runs:
        """The runs of a store on disk; they stand beside its folder, whose content a large change exchanges."""
        return cls(folder.with_name(f"{folder.name}.runs.jsonl"))

    def read(self) -> list[Run]:
        """All runs that are kept, the oldest first; a line that was not written whole is passed over."""
        if self._path is None:
            return list(self._kept)
        return list(self._lines())

    def _lines(self) -> Iterator[Run]:
        content = b""
        if self._path is not None:
            with suppress(OSError):
                content = self._path.read_bytes()
        for line in content.splitlines()[-MOST:]:
            with suppress(ValueError, TypeError):
                yield Run(**json.loads(line))

    def add(self, run: Run) -> None:
        """Keep a run, unless it only says again what the last one did.

        What cannot be written is not kept: the change that it is about has been made already.
        """
        before = self.read()
        if run.continues(before[-1] if before else None):
            return
        kept = [*before, run][-MOST:]
        if self._path is None:
            self._kept = kept
            return
        with suppress(GeokgError):
            write_beside(self._path, (json.dumps(asdict(one)) + "\n" for one in kept))
