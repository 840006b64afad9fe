"""Results on their way out: evaluated on a thread of their own, never whole in memory.

Oxigraph's results must stay on the thread that asked, and its optimizer recurses natively; so each query has its own
thread with a large stack, and hands its pieces over through a short queue. A client that leaves ends the evaluation.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from queue import Empty, Queue
from typing import IO, Generic, TypeVar, cast

T = TypeVar("T")
STACK = 256 << 20
"""Bytes of stack, reserved and not used: 20,000 levels of what the guard counts need less (measured)."""
_starting = threading.Lock()


class Stream(Iterator[T], Generic[T]):
    """What another thread hands over, piece by piece.

    Args:
        produce: called on the other thread with a function that hands over one piece. That function raises
            ``BrokenPipeError`` once nobody listens.

    Raises:
        Exception: whatever ``produce`` raised, at the place where its next piece would have come.

    >>> list(Stream(lambda emit: [emit(n) for n in range(3)]))
    [0, 1, 2]
    """

    def __init__(self, produce: Callable[[Callable[[T], None]], object], *, waiting: int = 16) -> None:
        self._queue: Queue[tuple[bool, T | BaseException | None]] = Queue(waiting)
        self._left = threading.Event()
        self._held: list[T] = []
        self._ended = False
        self._thread = threading.Thread(target=self._run, args=(produce,), daemon=True)
        with _starting:  # the stack size is a setting of the whole process
            before = threading.stack_size(STACK)
            try:
                self._thread.start()
            finally:
                threading.stack_size(before)

    def _run(self, produce: Callable[[Callable[[T], None]], object]) -> None:
        ending: BaseException | None = None
        try:
            produce(self._emit)
        except BaseException as error:  # it is raised again where somebody can answer for it
            ending = error.with_traceback(None)  # its frames hold what must stay on this thread
        self._queue.put((True, ending))

    def _emit(self, piece: T) -> None:
        if self._left.is_set():
            raise BrokenPipeError("nobody listens any more")
        self._queue.put((False, piece))

    def __iter__(self) -> Stream[T]:
        return self

    def __next__(self) -> T:
        if self._held:
            return self._held.pop()
        if self._ended:
            raise StopIteration
        is_end, piece = self._queue.get()
        if not is_end:
            return piece  # type: ignore[return-value]
        self._ended = True
        if isinstance(piece, BaseException):
            raise piece
        raise StopIteration

    def peek(self) -> None:
        """Wait for the next piece, and leave it where it is."""
        if not self._held:
            self._held = [piece for piece in [next(self, None)] if piece is not None]

    def close(self) -> None:
        """Leave: the evaluation ends when it next has something to hand over."""
        self._left.set()
        self._held, self._ended = [], True
        try:
            while True:
                self._queue.get_nowait()  # room for the piece it may be waiting to hand over
        except Empty:
            pass


def writer(emit: Callable[[bytes], None]) -> IO[bytes]:
    """A file that hands over what is written to it, for functions that write files.

    >>> pieces = []
    >>> writer(pieces.append).write(b"some"), pieces
    (4, [b'some'])
    """
    return cast("IO[bytes]", _Writer(emit))


class _Writer:
    def __init__(self, emit: Callable[[bytes], None]) -> None:
        self._emit = emit

    def write(self, data: bytes) -> int:
        self._emit(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""
