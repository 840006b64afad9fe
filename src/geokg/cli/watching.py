"""Checking again whenever a file changes: what ``geokg check --watch`` does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ..errors import GeokgError
from ..validation import Report
from ..validation.baseline import Difference

_PAUSE = 0.5

Stamps = dict[Path, tuple[int, int]]


def stamps(places: Iterable[Path]) -> Stamps:
    """When each file was changed last, and how long it is; of a folder all files below it.

    >>> stamps([Path("no/such/file")])
    {}
    """
    found: Stamps = {}
    for place in places:
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            try:
                told = file.stat()
            except OSError:  # it went while we looked, or is not there yet
                continue
            if file.is_file():
                found[file] = (told.st_mtime_ns, told.st_size)
    return found


def changes(places: Iterable[Path], *, pause: Callable[[], None] = lambda: time.sleep(_PAUSE)) -> Iterator[list[Path]]:
    """The files that changed, came or went, each time that some did and then nothing more for a moment.

    Args:
        places: files and folders.
        pause: what is done between two looks; it ends the watch by raising.
    """
    watched = list(places)
    return _changes(watched, stamps(watched), pause)


def _changes(places: list[Path], before: Stamps, pause: Callable[[], None]) -> Iterator[list[Path]]:
    while True:
        pause()
        now = stamps(places)
        if now == before:
            continue
        pause()
        while (later := stamps(places)) != now:  # an editor still writes
            now = later
            pause()
        changed = sorted(path for path in {*before, *now} if before.get(path) != now.get(path))
        before = now
        yield changed


def reports(
    judge: Callable[[], Report], places: Iterable[Path], *, pause: Callable[[], None] | None = None
) -> Iterator[tuple[Report, Difference | None] | GeokgError]:
    """The report, and then after each change the next, with what is different; or why there is none.

    Args:
        judge: reads everything anew and judges it.
        places: what it reads.
        pause: see :func:`changes`.
    """
    told: Report | None = None
    watch = changes(places, pause=pause) if pause else changes(places)
    while True:
        try:
            report = judge()
        except GeokgError as error:
            if told is None:
                raise
            yield error
        else:
            yield report, None if told is None else report.difference(told)
            told = report
        if next(watch, None) is None:
            return
