"""Bytes of files that people name: whole, with an error that says what is wrong, and never waiting for a pipe."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .errors import ReadError


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        ReadError: it does not exist, cannot be read, or is a pipe or a device.

    >>> read_bytes(Path("no/such.ann"))
    Traceback (most recent call last):
    geokg.errors.ReadError: no/such.ann: cannot be read: No such file or directory
    """
    return read_head(path, -1)


def read_head(path: Path, size: int) -> bytes:
    """The first bytes of a file; none of them, to hear only whether it can be read.

    Raises:
        ReadError: as ``read_bytes``.

    >>> read_head(Path("/dev/zero"), 4)
    Traceback (most recent call last):
    geokg.errors.ReadError: /dev/zero: is a pipe or a device, not a file
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise ReadError("is a pipe or a device, not a file", path=path)
        with path.open("rb") as file:
            return file.read(size)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise ReadError(f"cannot be read: {reason}", path=path) from error


def is_there(path: Path) -> bool:
    """Whether something has this name, be it a link that leads nowhere: reading that tells it, looking away would not.

    >>> is_there(Path("no/such.toml"))
    False
    """
    return os.path.lexists(path)
