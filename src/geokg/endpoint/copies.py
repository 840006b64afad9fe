"""Copies of a store, which stand beside it while somebody reads them."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path


def remove_copies(folder: Path, kept: Collection[str] = ()) -> None:
    """Remove what is in a folder of copies, but for those that are kept.

    >>> remove_copies(Path("no/such.generations"))
    """
    for path in list(folder.glob("*")):
        if path.name not in kept:
            remove_copy(path)


def remove_copy(folder: Path) -> None:
    """Remove a copy; it loses its name first, so that nobody takes half of it for a store.

    >>> remove_copy(Path("no/such.generations/1"))
    """
    gone = folder.with_name(f"gone-{folder.name}")
    with suppress(OSError):
        folder.replace(gone)
    shutil.rmtree(gone, ignore_errors=True)
