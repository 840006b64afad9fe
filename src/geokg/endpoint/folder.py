"""Writing to a store on disk, through a process of its own that can be killed and started again."""

from __future__ import annotations

import contextlib
import math
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast

import pyoxigraph as ox

from ..errors import Busy, GeokgError, QueryError, QueryTimeout
from ..files import make_folder
from ..sparql.snapshot import FolderSnapshot
from ..store import Store
from ..validation import Report
from ..vocabulary import Base
from .changes import Change
from .conditions import check_conditions
from .copies import remove_copies, remove_copy
from .delta import Delta
from .problems import ProtocolError
from .runs import Runs
from .scribe import FAILED, PREPARED, READY, REPORT, Settings
from .waiting import OneByOne
from .writer import Gate, Verdict, Written

_STARTING = 60.0
"""Seconds after which a process that shows nothing, or no longer, is given up."""
_PATIENCE = 10
"""Seconds that a change waits for what is being judged; where more are to be expected, its client is sent away."""


@dataclass
class _Generation:
    """A copy, and who reads it: pools this one alone; requests this one, and whichever comes while they last."""

    folder: Path
    pools: int = 0
    requests: int = 0


class FolderWriter:
    """Writes to a store on disk; what is read is a copy of it that nobody changes, a new one after each change.

    Args:
        folder: the store; made if it is not there.
        gate: what to do with changes that add violations.
        deadline: seconds that a change may take.
        memory: bytes that the process may take for changes.
        waiting: how many changes may wait for another; more are sent away.
        is_ruled: whether accepted and inferred facts are found again after each change.
        base: where data and graphs are named.
        confirm: called with what a change makes different, before it counts; what it raises refuses the change. Not
            for a writer without gate and rules, which looks at no change before it is made.
        is_patient: wait until the store is judged; else only until it can be read, and changes are ``Busy`` meanwhile.

    Attributes:
        store: the newest copy, for reading; it changes with each change.
        on_change: called with each new copy, such as ``Pool.publish``.
        runs: what the changes did to the findings.

    Raises:
        GeokgError: the store cannot be opened for writing.
    """

    def __init__(
        self,
        folder: Path,
        *,
        gate: Gate = "refuse",
        deadline: float = 60.0,
        memory: int = 4 << 30,
        waiting: int = 4,
        is_ruled: bool = True,
        base: Base | None = None,
        confirm: Callable[[Delta], None] | None = None,
        is_patient: bool = True,
    ) -> None:
        self.store = Store.memory(base=base)
        self.on_change: Callable[[FolderSnapshot], None] | None = None
        self._folder, self._gate, self._deadline, self._memory = folder.resolve(), gate, deadline, memory
        self.runs = Runs.of(self._folder)
        self._is_ruled, self._confirm = is_ruled, confirm
        self._copies = self._folder.with_name(f".{self._folder.name}.generations")
        self._turns = OneByOne(waiting=waiting)
        self._lock = self._turns.lock
        self._bookkeeping = threading.Lock()
        self._generations: list[_Generation] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Connection | None = None
        self._is_shown = self._is_prepared = False
        self._begun = 0.0
        self._took: float | None = None
        make_folder(self._folder.parent)
        channel = self._start()
        try:
            self._await_copy(channel)
        except (EOFError, OSError) as error:
            how = self._end()
            raise GeokgError(f"{self._folder}: nobody can write there ({error if str(error) else how})") from error
        except GeokgError:
            self._end()
            raise
        try:
            if is_patient:
                self._prepare(channel, None)
        except (GeokgError, EOFError, OSError) as error:
            raise GeokgError(f"{self._folder}: cannot be judged as a whole ({self._end() or error})") from error

    def snapshot(self) -> FolderSnapshot:
        """The newest copy, for a pool to read from; the copy stays until the pool lets go of it."""
        with self._bookkeeping:
            generation = self._generations[-1]
            generation.pools += 1

        def release() -> None:
            with self._bookkeeping:
                generation.pools -= 1
                self._sweep()

        return FolderSnapshot(generation.folder, release)

    def hold(self) -> Callable[[], None]:
        """Keep what ``store`` shows now, and whatever it shows until the function that is returned is called."""
        with self._bookkeeping:
            generation = self._generations[-1]
            generation.requests += 1

        def release() -> None:
            with self._bookkeeping:
                generation.requests -= 1
                self._sweep()

        return release

    def _sweep(self) -> None:
        """Remove the copies that nobody reads any more."""
        for generation in self._generations[:-1]:
            if generation.requests:
                break  # who reads this one may read those behind it
            if not generation.pools:
                self._generations.remove(generation)
                remove_copy(generation.folder)

    def write(self, change: Change) -> Written:
        """Carry a change out, alone and whole.

        Raises:
            Busy: too many wait.
            QueryTimeout: it took too long, and is not carried out.
            QueryError: it is not carried out; the store is as it was.
        """
        with self._turns.turn():
            check_conditions(self.store, change)
            is_new, verdict = self._order(change)
            return Written(is_new, self.store.generation, verdict)

    @property
    def is_ready(self) -> bool:
        """Whether the store is judged, so that changes can be.

        Raises:
            GeokgError: it cannot be judged, or opened.
        """
        if self._is_prepared or not self._lock.acquire(blocking=False):
            return self._is_prepared
        try:
            if self._channel is None:
                raise GeokgError(f"{self._folder}: could not be opened and judged; the next change tries it again")
            return self._prepare(self._channel, 0)
        except (EOFError, OSError) as error:
            raise GeokgError(f"{self._folder}: cannot be judged as a whole ({self._end() or error})") from error
        except GeokgError:
            self._end()
            raise
        finally:
            self._lock.release()

    def report(self) -> Report | None:
        """What stands, if the gate knows it already."""
        with self._lock:
            channel = self._channel
            try:
                if channel is None or not self._prepare(channel, 0):
                    return None
                channel.send(REPORT)
                return cast("Report | None", self._receive(channel, self._deadline))
            except (EOFError, OSError):
                self._restart()
                return None
            except GeokgError:  # what there is cannot be judged: the next change is told
                self._end()
                return None

    def _order(self, change: Change) -> tuple[bool, Verdict]:
        """Hand a change to the process, and wait for what becomes of it."""
        channel = self._channel or self._start()
        self._require_prepared(channel)
        done: object = None
        is_done = False
        try:
            channel.send(change)
            done = self._receive(channel, self._deadline)
            if self._confirm is not None and isinstance(done, Delta):
                is_done = self._ask(self._confirm, done, channel)
                done = self._receive(channel, self._deadline)
            is_done = True
            self._show(cast("tuple[str, int]", self._receive(channel, _STARTING)))
        except (EOFError, OSError) as error:
            how = self._restart()
            if not is_done:
                raise self._gone(error, how) from None
            self._recover()
        return cast("tuple[bool, Verdict]", done)

    def _require_prepared(self, channel: Connection) -> None:
        try:
            is_prepared = self._prepare(channel, _PATIENCE if self._left() <= _PATIENCE else 0)
        except (GeokgError, EOFError, OSError) as error:
            how = self._end()
            raise Busy(f"the store cannot be opened and judged ({how or error})", retry_after=self._left()) from None
        if not is_prepared:
            raise Busy("what is there is still being judged as a whole", retry_after=self._left())

    def _left(self) -> int:
        """Seconds until the store is judged, by how long that took before; else as many as have passed already."""
        passed = time.monotonic() - self._begun
        return max(1, math.ceil((2 * passed if self._took is None else self._took) - passed))

    def _gone(self, error: Exception, how: str) -> QueryError:
        """What the client is told of a process that is gone, and its change with it."""
        if isinstance(error, TimeoutError):
            return QueryTimeout(f"this takes longer than {self._deadline:g} seconds; the store is as it was")
        return ProtocolError(f"this takes too much memory, or nests too deep ({how}); the store is as it was", 413)

    def _recover(self) -> None:
        """Show what the last process wrote and could not show."""
        try:
            self._await_copy(self._channel or self._start())
        except (GeokgError, EOFError, OSError) as error:
            self._end()
            raise ProtocolError(f"written, but what was read before is still shown ({error})", 500) from None

    def _ask(self, confirm: Callable[[Delta], None], delta: Delta, channel: Connection) -> bool:
        """Tell the process that a change counts; whoever is asked may refuse it."""
        try:
            confirm(delta)
        except QueryError:
            channel.send(False)
            with contextlib.suppress(QueryError):  # our own word, come back
                self._receive(channel, self._deadline)
            raise
        channel.send(True)
        return True

    def _await_copy(self, channel: Connection) -> None:
        """Wait until the process shows what the store holds."""
        while not self._is_shown:
            if not self._heed(channel, _STARTING):
                raise TimeoutError

    def _prepare(self, channel: Connection, seconds: float | None) -> bool:
        """Wait until the process has judged the store, if need be for ever; whether it has."""
        until = None if seconds is None else time.monotonic() + seconds
        while not self._is_prepared:
            if not self._heed(channel, None if until is None else max(0.0, until - time.monotonic())):
                return False
        return True

    def _heed(self, channel: Connection, seconds: float | None) -> bool:
        """Take in one thing that a process says that has just been started; whether it said one in time."""
        if not channel.poll(seconds):
            return False
        kind, content = channel.recv()
        if kind == FAILED:
            raise content
        if kind == READY:
            self._show(content)
            self._is_shown = True
        elif kind == PREPARED:
            self._is_prepared, self._took = True, content
        return True

    def _receive(self, channel: Connection, seconds: float) -> object:
        if not channel.poll(seconds):
            raise TimeoutError
        kind, content = channel.recv()
        if kind == FAILED:
            raise content
        return content

    def _restart(self) -> str:
        """Start the process anew, and wait for nothing; how the former one ended."""
        how = self._end()
        self._start()
        return how

    def _start(self) -> Connection:
        """Start the process."""
        self._is_shown = self._is_prepared = False
        self._begun = time.monotonic()
        ours, theirs = Pipe()
        settings = Settings(
            channel=theirs.fileno(),
            folder=str(self._folder),
            copies=str(self._copies),
            gate=self._gate,
            base=self.store.base.iri,
            memory=self._memory,
            is_ruled=self._is_ruled,
            is_confirmed=self._confirm is not None,
            kept=[one.folder.name for one in self._generations],
            begun=self._begun,
        )
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-c", "from geokg.endpoint.scribe import main; main()", settings.to_json()],
                stdin=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # a Ctrl-C is for us, who then end it in good order
            )
        self._channel = ours
        return ours

    def _end(self) -> str:
        """End the process at once; and how it ended, if it had already."""
        process, self._process = self._process, None
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()
        if process is None:
            return ""
        if channel is not None and process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)  # its end of the channel closes a moment before it is gone
        ended = process.poll()
        process.kill()
        process.wait()
        if process.stdin is not None:
            process.stdin.close()
        return "ended by us" if ended is None else f"exit code {ended}"

    def _show(self, published: tuple[str, int]) -> None:
        """Let everybody read a new copy, and remove those that nobody reads any more."""
        folder, generation = Path(published[0]), published[1]
        store = ox.Store.read_only(str(folder))
        with self._bookkeeping:
            self._generations.append(_Generation(folder))
        if self.on_change is not None:
            self.on_change(self.snapshot())
        self.store.ox = store  # after the pool, so that no answer from older data bears the new number
        self.store.generation = generation
        with self._bookkeeping:
            self._sweep()

    def close(self) -> None:
        """End the process when it has done what it is doing, and remove the copies; nothing can be read afterwards."""
        with self._lock:
            self._end()
            self.store.ox = ox.Store()
            remove_copies(self._copies)
            with contextlib.suppress(OSError):
                self._copies.rmdir()
