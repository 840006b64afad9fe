"""The pool's side of its processes: an owner to give orders to, and the workers that it forked."""

from __future__ import annotations

import gc
import json
import math
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO

from ..errors import GeokgError
from . import worker
from .snapshot import FolderSnapshot, MemorySnapshot, Snapshot

_numbers = count(1)
_RECEIVED = 1 << 18
LOOK = 0.25
"""Seconds between two looks at whether a client is still there."""


class Owner:
    """A process that forks workers.

    One for a store in memory is forked from this process while it has no other threads, and shares the store with it;
    later, forking would not be sound, and the quads are handed over to a process of their own.

    Args:
        snapshot: what they read. An owner of workers that open folders serves any folder.
        settings: for ``Settings`` of the worker, apart from what the owner itself knows.

    Raises:
        GeokgError: it did not start.
    """

    def __init__(self, snapshot: Snapshot, **settings: object) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        told = worker.Settings(theirs.fileno(), isinstance(snapshot, MemorySnapshot), **settings)  # type: ignore[arg-type]
        self._process: subprocess.Popen[bytes] | _Forked
        with theirs:
            if isinstance(snapshot, MemorySnapshot) and is_alone():
                self._process = _Forked(lambda: worker.own(told, snapshot.store), theirs.fileno())
            else:
                self._process = subprocess.Popen(  # noqa: S603 (our own program)
                    [sys.executable, "-P", str(Path(worker.__file__)), told.to_json()],
                    stdin=subprocess.PIPE if told.in_memory else subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,  # Ctrl-C is for the server, which then ends us
                )
        try:
            if isinstance(snapshot, MemorySnapshot) and self._process.stdin is not None:
                with self._process.stdin as file:
                    snapshot.feed(file)
            if self._control.recv(16) != b"ready":
                raise OSError("it ended at once")
        except OSError as error:
            self.close()
            raise GeokgError(f"the process that queries run in did not start: {error}") from error

    def fork(self, generation: Generation) -> Worker:
        """A new worker; it is at work before it is there: what is sent to it waits.

        Raises:
            OSError: the owner is gone.
        """
        number, snapshot = next(_numbers), generation.snapshot
        ours, theirs = socket.socketpair()
        folder = str(snapshot.folder) if isinstance(snapshot, FolderSnapshot) else ""
        order = json.dumps({"do": "fork", "worker": number, "folder": folder}).encode()
        with theirs:
            try:
                socket.send_fds(self._control, [order], [theirs.fileno()])
            except OSError:
                ours.close()
                raise
        return Worker(number, ours, generation, self)

    def kill(self, number: int) -> None:
        """End a worker now; no error if it has ended."""
        try:
            self._control.send(json.dumps({"do": "kill", "worker": number}).encode())
        except OSError:
            return  # the owner is gone, and its workers with it

    @property
    def process(self) -> int:
        """The number of its process."""
        return self._process.pid

    @property
    def is_gone(self) -> bool:
        """Whether it has ended, and its workers with it."""
        try:
            return self._control.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def close(self) -> None:
        """End it and its workers."""
        self._control.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _Forked:
    """A process forked from this one, with what ``subprocess.Popen`` has for it.

    Args:
        run: what it does.
        handle: the only open file that it keeps, beside the standard ones.
    """

    stdin: IO[bytes] | None = None

    def __init__(self, run: Callable[[], object], handle: int) -> None:
        gc.collect()
        gc.freeze()  # whoever looks for garbage among what is shared would copy it
        self.pid = os.fork()
        if self.pid:
            return
        try:
            os.setsid()  # Ctrl-C is for the server, which then ends us
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.closerange(3, handle)
            os.closerange(handle + 1, os.sysconf("SC_OPEN_MAX"))
            run()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(0)

    def wait(self, seconds: float | None = None) -> None:
        """Wait for its end, if it has not been waited for.

        Raises:
            subprocess.TimeoutExpired: it does not come.
        """
        until = math.inf if seconds is None else time.monotonic() + seconds
        with suppress(ChildProcessError):
            while os.waitpid(self.pid, os.WNOHANG)[0] == 0:
                if time.monotonic() > until:
                    raise subprocess.TimeoutExpired("the owner of the workers", seconds or 0.0)
                time.sleep(0.005)

    def kill(self) -> None:
        """End it now."""
        os.kill(self.pid, signal.SIGKILL)


def is_alone() -> bool:
    """Whether this process has one thread, of Python or not, so that it may fork."""
    return len(list(Path("/proc/self/task").iterdir())) == 1


@dataclass(eq=False)
class Generation:
    """The data of one moment, and who reads it.

    Attributes:
        snapshot: the data.
        owner: forks its workers.
        workers: how many there are.
        number: later ones have higher numbers.
        connected: forks its workers for queries that ask other servers, once there has been one.
    """

    snapshot: Snapshot
    owner: Owner
    workers: int = 0
    number: int = 0
    connected: Owner | None = None

    def owners(self) -> set[Owner]:
        """All that fork workers for it."""
        return {self.owner} | ({self.connected} if self.connected is not None else set())

    def release(self) -> None:
        """Nobody reads it any more."""
        if self.snapshot.release is not None:
            self.snapshot.release()


class Worker:
    """The pool's end of one worker.

    Attributes:
        number: its number.
        generation: what it reads.
        ready_at: since when it could answer, if that is known.
        own: bytes that it has for itself, as far as it has told.
    """

    def __init__(self, number: int, channel: socket.socket, generation: Generation, owner: Owner) -> None:
        self.number = number
        self.generation = generation
        self.ready_at: float | None = None
        self.own = 0
        self._owner = owner
        self._channel = channel  # waits by itself: one call, where Python would make three
        self._channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, int(LOOK * 1e6)))
        self._poll = select.poll()
        self._poll.register(channel, select.POLLIN)
        self._held = bytearray()

    def send(self, job: dict[str, object]) -> None:
        """Give it a query.

        Raises:
            OSError: it is gone.
        """
        content = json.dumps(job).encode()
        self._channel.sendall(worker.FRAME.pack(b"Q", len(content)) + content)

    def receive(self, seconds: float = LOOK) -> tuple[bytes, bytes] | None:
        """The next frame: its kind and content; ``None`` if it did not come in time.

        Raises:
            EOFError: the worker has ended.
        """
        while True:
            if len(self._held) >= worker.FRAME.size:
                kind, length = worker.FRAME.unpack_from(self._held)
                end = worker.FRAME.size + length
                if len(self._held) >= end:
                    content = bytes(self._held[worker.FRAME.size : end])
                    del self._held[:end]
                    if kind != worker.READY:
                        return kind, content
                    self.ready_at = time.monotonic()
                    continue
            try:
                if seconds != LOOK and not self._poll.poll(1000 * seconds):
                    return None
                received = self._channel.recv(_RECEIVED)
            except BlockingIOError:
                return None
            except OSError as error:
                raise EOFError from error
            if not received:
                raise EOFError
            self._held += received

    def look(self) -> bool:
        """Whether it is ready; for a worker that has nothing to do."""
        if self.ready_at is None:
            try:
                self._channel.recv(worker.FRAME.size, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return False
            except OSError:
                return True  # it is dead, which whoever uses it will see
            self.ready_at = time.monotonic()
        return True

    def kill(self) -> None:
        """End it now, in whatever it is doing."""
        self._owner.kill(self.number)

    def close(self) -> None:
        """Let it go: it ends once it has nothing to do."""
        self._channel.close()
