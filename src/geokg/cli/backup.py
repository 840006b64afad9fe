"""``geokg backup`` and ``geokg restore``."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from ..errors import GeokgError, ReadError
from ..files import beside, replace_folder
from ..store import Store
from .common import Command, busy, json_option, tell, tell_json

_TRIES = 5


@click.command(cls=Command)
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@json_option("Print what the copy holds as JSON.")
def backup(folder: Path, target: Path, *, as_json: bool) -> None:
    """Copy the store in FOLDER to the new folder TARGET, also while it is served and written to.

    The copy is the store as it was after some write, never half of one, and is a store itself: any command takes it.

    Example:
      geokg backup kg backups/2026-11-24
    """
    _require_store(folder)
    _require_nothing(target)
    with busy("Copying"), _told(target):
        for _ in range(_TRIES):
            with beside(target, folder=True) as new, suppress(FileNotFoundError):
                _copy_now(folder, new / "copy")
                size = _size(new / "copy")
                replace_folder(new / "copy", target)
                break  # else the generation that was copied made room for a newer one meanwhile
        else:
            raise GeokgError(f"{folder}: changes faster than it can be copied; try again")
    _tell(target, size, as_json=as_json)


@click.command(cls=Command)
@click.argument("copy", type=click.Path(path_type=Path), metavar="BACKUP")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace the store that is in FOLDER.")
@json_option("Print what the store holds as JSON.")
def restore(copy: Path, folder: Path, *, force: bool, as_json: bool) -> None:
    """Make FOLDER the store that was copied to BACKUP.

    The copy is read first; a store that is served at the moment is left alone.

    Example:
      geokg restore backups/2026-11-24 kg --force
    """
    _require_store(copy)
    size = _size(copy)
    if not force:
        _require_nothing(folder)
    elif folder.exists():
        _require_store(folder)
    with busy("Copying"), _told(folder), _closed(folder), beside(folder, folder=True) as new:
        _copy_files(copy, new)
        replace_folder(new, folder)
    _tell(folder, size, as_json=as_json)


def _copy_now(folder: Path, target: Path) -> None:
    """Copy a store that nobody changes; else the newest generation that its server shows. Nothing is written to it."""
    target.mkdir()
    try:
        with _closed(folder):
            _copy_files(folder, target)
    except ReadError:
        generations = folder.resolve().with_name(f".{folder.resolve().name}.generations")
        numbers = [int(one.name) for one in generations.glob("*") if one.name.isdecimal()]
        if not numbers:
            raise
        _copy_files(generations / str(max(numbers)), target)


def _copy_files(folder: Path, target: Path) -> None:
    """Copy the files of a store.

    Raises:
        FileNotFoundError: the store is gone, or goes meanwhile.
    """
    for path in folder.iterdir():
        if path.is_file():
            shutil.copyfile(path, target / path.name)
    folder.stat()  # who removes a generation renames it first, so all of it was there


@contextmanager
def _closed(folder: Path) -> Iterator[None]:
    """Keep everybody from opening a store, by RocksDB's own lock.

    Raises:
        ReadError: somebody has it open.
    """
    if sys.platform == "win32" or not folder.exists():  # Windows renames no folder that is open
        yield
        return
    import fcntl

    with (folder / "LOCK").open("a") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ReadError("is open in another process, such as geokg serve; end that first", path=folder) from error
        yield


@contextmanager
def _told(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise GeokgError(f"{target}: cannot be written: {error.strerror or error}") from error


def _size(folder: Path) -> int:
    return len(Store.at(folder, read_only=True))


def _require_store(folder: Path) -> None:
    if not (folder / "CURRENT").exists():  # RocksDB's own sign
        raise ReadError("is no store", path=folder)


def _require_nothing(folder: Path) -> None:
    if folder.exists():
        raise GeokgError(f"{folder}: is there already; choose another name or remove it")


def _tell(folder: Path, size: int, *, as_json: bool) -> None:
    if as_json:
        tell_json({"folder": str(folder), "quads": size})
    else:
        tell(f"{folder} holds {size} quads\n")
