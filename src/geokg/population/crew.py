"""Who does the work: this process, others beside it, or a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from ..errors import GeokgError

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")

LOCAL = "local"
"""The address that stands for a cluster of our own on this machine."""

# Ours are here, or not at all: on a machine with much to do they may take minutes to say so, and Dask waits half a one.
_PATIENCE = {
    "distributed.comm.timeouts.connect": "10 minutes",
    "distributed.comm.timeouts.tcp": "10 minutes",
    "distributed.deploy.lost-worker-timeout": "10 minutes",
}


@contextmanager
def crew(jobs: int = 1, dask: str | None = None) -> Iterator[Crew]:
    """Those who do the work.

    Args:
        jobs: how many processes on this machine.
        dask: the address of a Dask scheduler, or ``local`` to start one here with as many processes; its workers must
            see the same files under the same paths, and have the same geokg.

    Raises:
        GeokgError: Dask is not installed, or nobody answers at the address.

    >>> with crew() as workers:
    ...     list(workers.map(abs, [-1, -2]))
    [1, 2]
    """
    with ExitStack() as stack:
        if dask is not None:
            yield _cluster(jobs, dask, stack)
        elif jobs > 1:
            # Fresh processes: a copy of this one would have half of its threads' locks.
            pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)
            stack.callback(pool.shutdown, cancel_futures=True)
            yield Crew(pool, jobs)
        else:
            yield Crew()


def _begin() -> None:
    """A worker does not outlive whoever started it, and leaves it to them to mind Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


class Crew:
    """Runs one function over many tasks.

    Args:
        executor: who runs it; this process if nobody.
        size: how many tasks run at once.
        lost: the errors that say that a worker is no more.
    """

    def __init__(self, executor: Executor | None = None, size: int = 1, lost: type[Exception] = BrokenExecutor) -> None:
        self._executor = executor
        self._lost = lost
        self._waiting = 2 * size + 1  # enough that nobody is idle, and few enough that memory stays flat

    def map(self, function: Callable[[_Task], _Result], tasks: Iterable[_Task]) -> Iterator[_Result]:
        """The results, as they come: in no certain order.

        Raises:
            GeokgError: a worker ended before its work did.
        """
        if self._executor is None:
            yield from map(function, tasks)
            return
        todo = iter(tasks)
        running: set[Future[_Result]] = set()
        try:
            while True:
                for task in todo:
                    running.add(self._executor.submit(function, task))
                    if len(running) >= self._waiting:
                        break
                if not running:
                    return
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in finished)
        except self._lost as error:
            message = "a worker process ended before its work did; was it killed, or the memory used up?"
            raise GeokgError(f"{message} What is done is kept: give the command again") from error
        finally:
            for future in running:
                future.cancel()


def _cluster(jobs: int, address: str, stack: ExitStack) -> Crew:
    try:
        import dask
        import distributed
    except ImportError as error:
        raise GeokgError("Dask is not installed: pip install 'geokg[cluster]'") from error
    library: Any = distributed  # much of it has no types
    try:
        if address == LOCAL:
            stack.enter_context(dask.config.set(_PATIENCE))
            cluster = library.LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address=None)
            client = library.Client(stack.enter_context(cluster))
        else:
            client = library.Client(address, timeout="10s")
    except (OSError, ValueError) as error:
        raise GeokgError(f"{address}: no Dask scheduler answers there: {error}") from error
    stack.enter_context(client)
    size = sum(client.nthreads().values())
    if not size:
        raise GeokgError(f"{address}: this Dask cluster has no workers")
    return Crew(client.get_executor(pure=False), size, library.KilledWorker)
