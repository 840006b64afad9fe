"""Writing to a store on disk, through a process of its own that can be killed and started again."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast

import pyoxigraph as ox

from ..errors import Busy, GeokgError, QueryError, QueryTimeout
from ..sparql.snapshot import FolderSnapshot
from ..store import Store
from ..validation import Report
from ..vocabulary import Base
from .changes import Change
from .delta import Delta
from .problems import ProtocolError
from .runs import Runs
from .scribe import FAILED, REPORT, Settings
from .writer import Gate, Verdict, Written, check_conditions

_STARTING = 60.0


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
    ) -> None:
        self.store = Store.memory(base=base)
        self.on_change: Callable[[FolderSnapshot], None] | None = None
        self._folder, self._gate, self._deadline, self._memory = folder.resolve(), gate, deadline, memory
        self.runs = Runs.of(self._folder)
        self._is_ruled, self._confirm = is_ruled, confirm
        self._copies = self._folder.with_name(f".{self._folder.name}.generations")
        self._lock = threading.Lock()
        self._room = threading.Semaphore(waiting + 1)
        self._bookkeeping = threading.Lock()
        self._generations: list[_Generation] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Connection | None = None
        self._is_prepared = False
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        channel = self._start()
        try:
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
                shutil.rmtree(generation.folder, ignore_errors=True)

    def write(self, change: Change) -> Written:
        """Carry a change out, alone and whole.

        Raises:
            Busy: too many wait.
            QueryTimeout: it took too long, and is not carried out.
            QueryError: it is not carried out; the store is as it was.
        """
        with self._turn():
            check_conditions(self.store, change)
            is_new, verdict = self._order(change)
            return Written(is_new, self.store.generation, verdict)

    def report(self) -> Report | None:
        """What stands, if the gate knows it already."""
        with self._lock:
            channel = self._channel
            if channel is None or not self._prepare(channel, 0):
                return None
            try:
                channel.send(REPORT)
                return cast("Report | None", self._receive(channel, self._deadline))
            except (EOFError, OSError) as error:
                self._lost(error, is_done=False)
                return None

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._room.acquire(blocking=False):
            raise Busy("too many changes wait already", retry_after=5)
        try:
            with self._lock:
                yield
        finally:
            self._room.release()

    def _order(self, change: Change) -> tuple[bool, Verdict]:
        """Hand a change to the process, and wait for what becomes of it."""
        channel = self._channel or self._start()
        is_done = False
        try:
            if not self._prepare(channel, _STARTING):
                raise Busy("what is judged at the door is still being judged as a whole", retry_after=60)
            channel.send(change)
            done = self._receive(channel, self._deadline)
            if self._confirm is not None and isinstance(done, Delta):
                is_done = self._ask(self._confirm, done, channel)
                done = self._receive(channel, self._deadline)
            is_done = True
            published = self._receive(channel, _STARTING)
        except (EOFError, OSError) as error:
            raise self._lost(error, is_done=is_done) from None
        self._show(cast("tuple[str, int]", published))
        return cast("tuple[bool, Verdict]", done)

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

    def _prepare(self, channel: Connection, seconds: float | None) -> bool:
        """Wait until the process has judged the store, if need be for ever; whether it has."""
        if not self._is_prepared and channel.poll(seconds):
            self._receive(channel, 0)
            self._is_prepared = True
        return self._is_prepared

    def _receive(self, channel: Connection, seconds: float) -> object:
        if not channel.poll(seconds):
            raise TimeoutError
        kind, content = channel.recv()
        if kind == FAILED:
            raise content
        return content

    def _lost(self, error: Exception, *, is_done: bool) -> QueryError:
        """Start the process anew, and what the client is told of the one that is gone."""
        is_late = isinstance(error, TimeoutError)
        how = self._end()
        self._start()
        if is_done:
            return ProtocolError("written, but what was read before is still shown", 500)
        if is_late:
            return QueryTimeout(f"this takes longer than {self._deadline:g} seconds; the store is as it was")
        return ProtocolError(f"this takes too much memory, or nests too deep ({how}); the store is as it was", 413)

    def _start(self) -> Connection:
        """Start the process, and show what the store holds.

        Raises:
            GeokgError: the store cannot be opened for writing.
        """
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
        )
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-c", "from geokg.endpoint.scribe import main; main()", settings.to_json()],
                stdin=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # a Ctrl-C is for us, who then end it in good order
            )
        try:
            published = self._receive(ours, _STARTING)
        except (EOFError, OSError) as error:
            ours.close()
            raise GeokgError(f"{self._folder}: nobody can write there ({self._end()})") from error
        except GeokgError:
            ours.close()
            self._end()
            raise
        self._channel, self._is_prepared = ours, False
        self._show(cast("tuple[str, int]", published))
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
            shutil.rmtree(self._copies, ignore_errors=True)
