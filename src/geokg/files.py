"""Files that people name: read whole, and never waiting for a pipe; written whole, or not at all, whatever happens."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import GeokgError, ReadError

_OURS = ".geokg-new"
"""The ending of what stands beside its place until it is whole."""
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


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


# Writing


def write_beside(target: Path, chunks: Iterable[str | bytes]) -> None:
    """Write a text file whole or not at all: beside its place first, then renamed; a power cut does not undo it.

    Raises:
        GeokgError: the file cannot be written; what was there before is still there.
    """
    try:
        with beside(target) as new:
            with new.open("wb") as file:
                file.writelines(chunk.encode() if isinstance(chunk, str) else chunk for chunk in chunks)
                file.flush()
                os.fsync(file.fileno())
            umask = os.umask(0)
            os.umask(umask)
            new.chmod(0o666 & ~umask)  # it was made so that only its owner can read it
            new.replace(target)
            sync_names(target.parent)
    except OSError as error:
        raise GeokgError(f"{target}: cannot be written: {error.strerror or error}") from error


def replace_folder(new: Path, target: Path) -> None:
    """Put a folder in the place of another, which is removed; a power cut leaves the one or the other.

    They change places in one step where the system can do that. Where not, both are on the disk at any moment, or the
    new one is in its place.
    """
    _sync_tree(new)
    try:
        _exchange(new, target)
    except OSError:  # the system cannot, or there is nothing to be replaced
        with beside(target, folder=True) as aside:
            if target.exists():
                target.replace(aside / "old")
            new.replace(target)
            sync_names(target.parent)
    else:
        sync_names(target.parent)
        _remove(new)


def exchange_folders(one: Path, other: Path) -> None:
    """Let each of two folders have the name of the other, in one step, which a power cut does not undo.

    Raises:
        OSError: the system cannot do that there.

    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "one" / "file").mkdir(parents=True), (folder / "other").mkdir()
    (None, None)
    >>> exchange_folders(folder / "one", folder / "other")
    >>> (folder / "other" / "file").exists()
    True
    """
    _exchange(one, other)
    for parent in {one.parent, other.parent}:
        sync_names(parent)


def _exchange(one: Path, other: Path) -> None:
    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)  # Linux has it
    if function is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if function(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def make_folder(folder: Path) -> None:
    """Make a folder, and those that it stands in, unless it is there; a power cut does not undo it.

    Raises:
        OSError: it cannot be made.
    """
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_names(folder.parent)


def sync_names(folder: Path) -> None:
    """Let the names in a folder outlast a power cut; Windows has no way to ask for that.

    Raises:
        OSError: the disk is broken.
    """
    if sys.platform != "win32":
        with suppress(PermissionError):  # a folder may be there to be written to and not to be looked into
            sync_file(folder)


def sync_file(path: Path) -> None:
    """Let what is in a file outlast a power cut.

    Raises:
        OSError: the disk is broken, or the file is not there.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems cannot sync a folder
            raise
    finally:
        os.close(handle)


def _sync_tree(folder: Path) -> None:
    if sys.platform == "win32":
        return
    for above, _, names in os.walk(folder):
        for name in names:
            sync_file(Path(above, name))
        sync_file(Path(above))


@contextmanager
def beside(target: Path, *, folder: bool = False) -> Iterator[Path]:
    """A new file or folder beside a target, gone at the end unless it was renamed.

    What killed processes left there goes too: it has our ending, and nobody holds its lock (where the system has
    ``flock``; elsewhere it stays).

    Args:
        target: what it is to replace.
        folder: make a folder.

    Raises:
        OSError: it cannot be made.
    """
    make_folder(target.parent)
    _sweep(target.parent)
    path, lock = _made(target, folder=folder)
    try:
        yield path
    finally:
        _remove(path)
        if lock is not None:
            os.close(lock)


def _made(target: Path, *, folder: bool) -> tuple[Path, int | None]:
    """Something new, and the lock that says whose it is."""
    while True:
        if folder:
            path = Path(tempfile.mkdtemp(_OURS, f".{target.name}.", target.parent))
        else:
            handle, name = tempfile.mkstemp(_OURS, f".{target.name}.", target.parent)
            os.close(handle)
            path = Path(name)
        with suppress(FileNotFoundError):  # somebody swept between these two lines
            return path, _lock(path, wait=True)


def _sweep(folder: Path) -> None:
    found: list[Path] = []
    with suppress(OSError):  # a folder may be there to be written to and not to be looked into
        found += folder.iterdir()
    for path in found:
        if path.name.startswith(".") and path.name.endswith(_OURS):
            target = path.with_name(path.name[1:].removesuffix(_OURS).rpartition(".")[0])
            if path.is_dir() and not target.exists():
                continue  # who was killed while two folders changed places left the only copy there
            with suppress(OSError):
                lock = _lock(path, wait=False)
                if lock is not None:
                    _remove(path)
                    os.close(lock)


def _lock(path: Path, *, wait: bool) -> int | None:
    """A lock that ends with its process; nothing where there are no locks.

    Raises:
        FileNotFoundError: it is gone.
        OSError: somebody else has it, and we do not wait.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    lock = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            if not wait:
                raise
            return lock  # a file system without locks: nobody can sweep there
        if not os.path.samestat(os.fstat(lock), path.stat()):
            raise FileNotFoundError(path)
    except OSError:
        os.close(lock)
        raise
    return lock


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
