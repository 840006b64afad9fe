"""Servers in processes of their own, for tests and benchmarks: started, waited for, and ended."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any


def find(program: str) -> str | None:
    """A program, beside this Python or on the path."""
    return shutil.which(program, path=Path(sys.executable).parent) or shutil.which(program)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str],
    *,
    port: int | None = None,
    patience: float = 30,
    end: Callable[[subprocess.Popen[str]], None] = subprocess.Popen.terminate,
    is_cleared: bool = False,
    **settings: Any,
) -> Iterator[subprocess.Popen[str]]:
    """A program that runs until it is no longer wanted.

    Args:
        command: the program and its arguments.
        port: where it listens, if that is to be waited for.
        patience: seconds to wait for it.
        end: how it is ended; killed if it has not ended 20 seconds later.
        is_cleared: whether what it leaves behind is killed too.
        settings: for ``subprocess.Popen``; what it says is thrown away unless told otherwise.
    """
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    settings = {**streams, "encoding": "utf-8", **settings}
    with subprocess.Popen(command, start_new_session=is_cleared, **settings) as process:
        try:
            if port is not None:
                wait_for(process, port, patience)
            yield process
        finally:
            end(process)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
            if is_cleared:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def serving(*arguments: str, **settings: Any) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """``geokg serve`` with some arguments, at a free port: what it tells once it listens, and its process."""
    with telling([sys.executable, "-m", "geokg", "serve", *arguments, "--port", "0", "--json"], **settings) as told:
        yield told


@contextmanager
def telling(command: Sequence[str], **settings: Any) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """A server that tells in JSON once it listens: that, and its process."""
    with running(command, stdout=subprocess.PIPE, **settings) as server:
        assert server.stdout is not None
        told = ""
        while not told.endswith("}\n"):
            line = server.stdout.readline()
            if not line:
                raise RuntimeError("the server has ended before it listened")
            told += line
        yield json.loads(told), server


def wait_for(process: subprocess.Popen[str], port: int, patience: float) -> None:
    """Wait until a process listens at a port.

    Raises:
        RuntimeError: it has ended, or does not for so many seconds.
    """
    until = time.monotonic() + patience
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{process.args} does not listen at {port}; ended with {process.returncode}")
