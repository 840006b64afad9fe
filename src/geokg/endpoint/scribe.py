"""The process that changes a store on disk; :class:`.folder.FolderWriter` starts it.

It alone has the store open for writing, does one change at a time, and can be killed at any moment: what is not yet
committed has then never been. A change is committed as one transaction of RocksDB; a very large one by exchanging the
folder for another that holds what is to be there. After each change it puts a copy of the store beside it (hard links,
a few milliseconds) for others to read. It ends with whoever started it, and reaches no network.
"""

from __future__ import annotations

import ctypes
import gc
import itertools
import json
import os
import resource
import shutil
import sys
import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import pyoxigraph as ox

from ..errors import GeokgError, QueryError, ReadError
from ..files import exchange_folders, make_folder, sync_file
from ..sparql.worker import STACK, forbid_calls, leave_network
from ..store import Store
from ..validation.hiding import in_memory
from ..vocabulary import Base
from .changes import Change
from .copies import remove_copies, remove_copy
from .delta import Delta, exchange, rewrite
from .problems import ProtocolError
from .runs import Runs
from .writer import LARGE, Door, Gate, Verdict

READY, PREPARED, DONE, COPIED, FAILED = "ready", "prepared", "done", "copied", "failed"
PLANNED = "planned"
"""What a change makes different, before it counts; the answer says whether it may."""
REPORT = "report"
"""What is sent in place of a change by who wants to know what stands."""
_PATIENCE = 3.0
_IN_MEMORY = 200_000
"""Quads up to which a candidate is in memory: about 100 MB."""
_EACH = 800
"""Bytes that a quad in memory takes, with what judging it needs."""
_GROWN = 1 << 20
"""Bytes from which the list of files is written afresh, after some 250 changes."""


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
        is_ruled: whether accepted and inferred facts are found again after each change.
        is_confirmed: whether whoever started it is asked before a change counts.
        kept: the copies that somebody still reads; all others are removed.
        begun: when it was started, on the clock that only goes forward.
    """

    channel: int
    folder: str
    copies: str
    gate: Gate
    base: str
    memory: int
    is_ruled: bool = True
    is_confirmed: bool = False
    kept: Sequence[str] = ()
    begun: float = 0.0

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
        folder: where it is.
        copies: the folder that copies are put into; what is in it is removed, but for those that are kept.
        gate: what to do with changes that add violations.
        is_ruled: whether accepted and inferred facts are found again after each change.
        memory: bytes that may be taken.
        confirm: called with what a change makes different, before it counts; what it raises ends the change.
        kept: names of copies that somebody still reads.

    Attributes:
        runs: what the changes did to the findings.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        copies: Path,
        *,
        gate: Gate,
        is_ruled: bool = True,
        memory: int = 4 << 30,
        confirm: Callable[[Delta], None] | None = None,
        kept: Collection[str] = (),
    ) -> None:
        self._memory, self._confirm = memory, confirm
        self._store, self._folder, self._copies = store, folder, copies
        self.runs = Runs.of(folder)
        self._door = Door(gate, is_ruled=is_ruled)
        self._numbers = itertools.count(time.time_ns())  # no name of a process before this one: its copies are let go
        self._is_open = True
        remove_copies(copies, kept)
        copies.mkdir(exist_ok=True)

    def change(self, change: Change) -> tuple[bool, Verdict]:
        """Carry a change out.

        Raises:
            QueryError: it is not carried out; the store is as it was.
        """
        try:
            self._open()
            done = self._door.pass_through(self._store, change, self)
        except QueryError:
            raise
        except MemoryError:
            raise ProtocolError("this takes more memory than a change may take", 413) from None
        except OSError as error:
            self._let_go()  # RocksDB takes no more writes once one has failed, but for who opens it anew
            raise ProtocolError(f"the store could not be written to, and is as it was: {error}", 507) from None
        except (GeokgError, RuntimeError, ValueError) as error:
            raise ProtocolError(f"the change cannot be carried out: {error}", 500) from None
        finally:
            if self._door.candidate is None:
                self._discard()
        self._store.generation += 1
        return done

    def copy(self) -> ox.Store:
        """A store of its own with the same content; in memory, where rules and shapes take a fifth of the time."""
        if len(self._store) <= _IN_MEMORY:
            candidate = ox.Store()
            rewrite(self._store.ox, Delta(), candidate)
            return candidate
        folder = self._candidate()
        self._store.ox.backup(str(folder))
        return ox.Store(str(folder))

    def empty(self) -> ox.Store:
        """A store that is still to be filled."""
        return ox.Store(str(self._candidate()))

    def scratch(self) -> ox.Store | None:
        """A copy in memory, unless that would take half of what may be taken."""
        return in_memory(self._store.ox, ()) if len(self._store) * _EACH < self._memory // 2 else None

    def without(self, store: ox.Store, graphs: Collection[ox.NamedNode]) -> ox.Store:
        """A copy of a candidate without some graphs; where the candidate is on disk, beside it: the same files."""
        beside = self._copies / f"without-{next(self._numbers)}"
        try:
            store.backup(str(beside))
        except RuntimeError:  # it is in memory
            return in_memory(store, graphs)
        copy = ox.Store(str(beside))
        for graph in graphs:
            copy.remove_graph(graph)
        return copy

    def _candidate(self) -> Path:
        self._discard()
        return self._copies / f"candidate-{next(self._numbers)}"

    def _discard(self) -> None:
        for former in self._copies.glob("candidate-*"):
            shutil.rmtree(former, ignore_errors=True)

    def commit(self, delta: Delta, candidate: ox.Store | None) -> None:
        """Make the store hold what the candidate does: whole or not at all."""
        if self._confirm is not None:
            self._confirm(delta)
        if candidate is None or len(delta) <= LARGE or not self._replace(candidate):
            exchange(self._store.ox, delta)

    def _replace(self, candidate: ox.Store) -> bool:
        """Let the folder be another that holds what the candidate does; whether the system can do that."""
        beside = self._copies / f"next-{next(self._numbers)}"
        try:
            candidate.backup(str(beside))
        except RuntimeError:  # it is in memory
            rewrite(candidate, Delta(), ox.Store(str(beside)))
        self._let_go()
        try:
            ox.Store(str(self._folder))  # fails if anything still has it open
            exchange_folders(self._folder, beside)
        except OSError:
            self._open()
            return False
        return True

    def _let_go(self) -> None:
        self._store.ox, self._is_open = ox.Store(), False
        gc.collect()

    def _open(self) -> None:
        """Open the store if it is not open.

        Raises:
            OSError: it cannot be opened now.
        """
        if not self._is_open:
            try:
                self._store.ox = open_patiently(self._folder, self._store.base).ox
            except ReadError as error:
                raise OSError(str(error)) from None
            self._is_open = True

    def publish(self) -> tuple[str, int]:
        """Put a copy of the store where others can read it; its folder, and the number of its state.

        RocksDB makes a copy of what is on disk, so that what it holds outlasts a power cut.

        Raises:
            OSError: there is no room for it; what was written stays.
        """
        self._open()
        for former in self._copies.glob("next-*"):
            shutil.rmtree(former, ignore_errors=True)
        folder = self._copies / str(next(self._numbers))
        try:
            self._store.ox.backup(str(folder))
        except OSError:
            self._let_go()
            for log in self._folder.glob("*.log"):  # the change stands there alone
                sync_file(log)
            remove_copy(folder.with_name(f"{folder.name}.tmp"))
            raise
        with suppress(GeokgError):  # without it the next who opens the store gives it a new number
            self._store.keep_generation(self._folder)
        return str(folder), self._store.generation

    def _renew(self) -> None:
        """Open the store anew where RocksDB's list of what became of its files has grown, as each copy copies it."""
        if self._is_open and max(path.stat().st_size for path in self._folder.glob("MANIFEST-*")) > _GROWN:
            self._let_go()
            with suppress(OSError, GeokgError):  # somebody makes a backup: it is opened with the next change
                self._open()
                self._store.keep_generation(self._folder)

    def serve(self, channel: Connection, begun: float) -> None:
        """Take changes, and questions for the report, from a channel until it is closed.

        Args:
            channel: the channel.
            begun: since when somebody waits for the store to be judged.
        """
        channel.send((READY, self.publish()))
        self._door.prepare(self._store, self)
        _give_back()
        channel.send((PREPARED, time.monotonic() - begun))
        while True:
            try:
                change = channel.recv()
            except EOFError:
                return
            if change == REPORT:
                channel.send((DONE, self._door.report()))
                continue
            try:
                done = self.change(change)
            except QueryError as error:
                channel.send((FAILED, error.with_traceback(None)))
                continue
            channel.send((DONE, done))  # at once: whoever waits should know that it is too late to kill
            try:
                channel.send((COPIED, self.publish()))
            except OSError as error:
                told = f"written, but it will be shown only with the next change: {error}"
                channel.send((FAILED, ProtocolError(told, 507)))
            self._renew()


def open_patiently(folder: Path, base: Base) -> Store:
    """Open a store for writing; one whose last writer is just being ended is worth some waiting.

    Raises:
        ReadError: it is no store, or somebody else keeps it open.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            store = Store.at(folder, base=base)
        except ReadError as error:
            if "lock" not in str(error).lower():
                raise
            if time.monotonic() > until:
                told = "is open for writing in another process: a store has one server that writes; end one of the two"
                raise ReadError(told, path=folder) from error
            time.sleep(0.05)
        else:
            for former in folder.glob("LOG.old.*"):  # what RocksDB told before: it would keep a thousand of them
                former.unlink(missing_ok=True)
            return store


def _give_back() -> None:
    """Give memory that is no longer needed back to the system, where its library can do that."""
    gc.collect()
    function = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if function is not None:
        function(0)


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

    def confirm(delta: Delta) -> None:
        channel.send((PLANNED, delta))
        if not channel.recv():
            raise ProtocolError("this is not to count", 409)

    try:
        folder, copies = Path(settings.folder), Path(settings.copies)
        make_folder(folder)  # RocksDB would, and a power cut take it away
        store = open_patiently(folder, Base(settings.base))
        scribe = Scribe(
            store,
            folder,
            copies,
            gate=settings.gate,
            is_ruled=settings.is_ruled,
            memory=settings.memory,
            confirm=confirm if settings.is_confirmed else None,
            kept=settings.kept,
        )
    except (GeokgError, OSError) as error:
        channel.send((FAILED, error))
        return
    if sys.platform.startswith("linux"):
        leave_network()
        forbid_calls()
        _limit(settings.memory)
    try:
        scribe.serve(channel, settings.begun)
    except (GeokgError, OSError) as error:
        channel.send((FAILED, error.with_traceback(None)))


def main() -> None:
    """Run until the channel is closed, or whoever started this is gone."""
    settings = Settings(**json.loads(sys.argv[1]))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    threading.stack_size(STACK)  # what the guard lets through nests less than needs this
    thread = threading.Thread(target=_run, args=(settings,))
    thread.start()
    thread.join()
    os._exit(0)  # the other thread still reads, and Python would complain of that
