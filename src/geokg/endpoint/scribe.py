"""The process that changes a store on disk; :class:`.folder.FolderWriter` starts it.

It alone has the store open for writing, does one change at a time, and can be killed at any moment: what is not yet
committed has then never been. After each change it puts a copy of the store beside it (hard links, a few milliseconds)
for others to read. It ends with whoever started it.
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import shutil
import sys
import threading
import time
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import pyoxigraph as ox

from ..errors import GeokgError, QueryError, ReadError
from ..sparql.worker import STACK, forbid_calls, leave_network
from ..store import Store
from ..vocabulary import Base
from .changes import Change
from .problems import ProtocolError
from .writer import Door, Gate, Verdict

READY, DONE, COPIED, FAILED = "ready", "done", "copied", "failed"
_PATIENCE = 10.0


@dataclass(frozen=True)
class Settings:
    """What the process is told when it starts.

    Attributes:
        channel: the number of the socket that changes come in on.
        folder: the store.
        copies: the folder that copies are put into, on the same file system.
        gate: what to do with changes that add violations.
        base: where data and graphs are named.
        memory: bytes that it may take beyond what it starts with.
        network: whether it may ask other servers, for ``LOAD`` where the operator allowed that.
    """

    channel: int
    folder: str
    copies: str
    gate: Gate
    base: str
    memory: int
    network: bool = False

    def to_json(self) -> str:
        """As it is handed over.

        >>> Settings(3, "kg", ".kg.generations", "off", "https://kg.example.org/", 1 << 30).to_json()
        '{"channel": 3, "folder": "kg", ...}'
        """
        return json.dumps(asdict(self))


class Scribe:
    """Changes one store.

    Args:
        store: the store, open for writing.
        copies: the folder that copies are put into; what is in it is removed.
        gate: what to do with changes that add violations.
    """

    def __init__(self, store: Store, copies: Path, *, gate: Gate) -> None:
        self._store, self._copies, self._door = store, copies, Door(gate)
        self._numbers = itertools.count()
        shutil.rmtree(copies, ignore_errors=True)
        copies.mkdir()

    def change(self, change: Change) -> tuple[bool, Verdict]:
        """Carry a change out.

        Raises:
            QueryError: it is not carried out; the store is as it was.
        """
        candidate = self._copies / f"candidate-{next(self._numbers)}"

        def copy() -> ox.Store:
            self._store.ox.backup(str(candidate))
            return ox.Store(str(candidate))

        try:
            return self._door.pass_through(self._store, change, copy)
        except QueryError:
            raise
        except MemoryError:
            raise ProtocolError("this takes more memory than a change may take", 413) from None
        except OSError as error:
            raise ProtocolError(f"the store could not be written to: {error}", 507) from None
        except (GeokgError, RuntimeError, ValueError) as error:
            raise ProtocolError(f"the change cannot be carried out: {error}", 500) from None
        finally:
            shutil.rmtree(candidate, ignore_errors=True)

    def copy(self) -> str:
        """Put a copy of the store where others can read it."""
        folder = str(self._copies / str(next(self._numbers)))
        self._store.ox.backup(folder)
        return folder

    def serve(self, channel: Connection) -> None:
        """Take changes from a channel until it is closed."""
        channel.send((READY, self.copy()))
        while True:
            try:
                change = channel.recv()
            except EOFError:
                return
            try:
                done = self.change(change)
            except QueryError as error:
                channel.send((FAILED, error.with_traceback(None)))
                continue
            channel.send((DONE, done))  # at once: whoever waits should know that it is too late to kill
            try:
                channel.send((COPIED, self.copy()))
            except OSError as error:
                channel.send((FAILED, ProtocolError(f"written, but it cannot be shown: {error}", 507)))


def open_patiently(folder: Path, base: Base) -> Store:
    """Open a store for writing; one whose last writer is just being ended is worth some waiting.

    Raises:
        ReadError: it is no store, or somebody else keeps it open.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return Store.at(folder, base=base)
        except ReadError as error:
            if "lock" not in str(error).lower() or time.monotonic() > until:
                raise
            time.sleep(0.05)


def _limit(memory: int) -> None:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    most = int(pages) * resource.getpagesize() + STACK + memory
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def _run(settings: Settings) -> None:
    channel = Connection(settings.channel)
    try:
        store = open_patiently(Path(settings.folder), Base(settings.base))
        scribe = Scribe(store, Path(settings.copies), gate=settings.gate)
    except (GeokgError, OSError) as error:
        channel.send((FAILED, error))
        return
    if sys.platform.startswith("linux"):
        if not settings.network:
            leave_network()
            forbid_calls()
        _limit(settings.memory)
    scribe.serve(channel)


def main() -> None:
    """Run until the channel is closed, or whoever started this is gone."""
    settings = Settings(**json.loads(sys.argv[1]))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    threading.stack_size(STACK)  # what the guard lets through nests less than needs this
    thread = threading.Thread(target=_run, args=(settings,))
    thread.start()
    thread.join()
