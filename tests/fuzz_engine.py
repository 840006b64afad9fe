"""What the engine makes of texts, in a process that may be lost: the fuzzer's, which must not lose its own.

It has a worker's stack and no network, and dies where it opens a socket; what has ended it is told, and the next text
has another. On its standard input comes one text after the other, a line of JSON each; on its output goes a word each.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice

import pyoxigraph as ox

from geokg.sparql.worker import STACK, forbid_calls

SECONDS, MEMORY, ROWS = 0.4, 1 << 30, 20
KILL = 0x80000000  # SECCOMP_RET_KILL_PROCESS
DATA = list(
    ox.parse(
        "<x:s> <x:p> 1 , 'o' . GRAPH <x:g> { <x:s> <x:q> <x:o> . <x:o> <x:q> <x:s> } GRAPH <x:h> { <x:s> <x:p> 2 }",
        format=ox.RdfFormat.TRIG,
    )
)
FATES = {signal.SIGPROF: "too long", signal.SIGXCPU: "too long", signal.SIGABRT: "too much memory"}
"""What may end the process; a stack that overflows ends it by another signal, and so does a socket."""


class Died(AssertionError):
    """The process has ended by a signal that no text should bring about."""


class Engine:
    """The other end of such a process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, kind: str, text: str) -> str:
        """What becomes of a query or an update: "done", "syntax", "fails", "panics", "too long" or "too much memory".

        Raises:
            Died: the process has ended otherwise.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([kind, text]) + "\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline().strip()
        if not said.isdigit():
            return said
        if int(said) not in FATES:
            raise Died(f"{signal.Signals(int(said)).name} ended the process of this {kind}: {text}")
        return FATES[signal.Signals(int(said))]


@contextmanager
def engine(prefixes: Mapping[str, str]) -> Iterator[Engine]:
    """A process for as long as it is needed, with prefixes that need no declaration."""
    command = [sys.executable, __file__, json.dumps(dict(prefixes))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Engine(process)


def main() -> None:
    """Fork a process that answers, and another when it has ended."""
    prefixes = json.loads(sys.argv[1])
    while True:
        child = os.fork()
        if child == 0:
            threading.stack_size(STACK)
            thread = threading.Thread(target=_serve, args=(prefixes,))
            thread.start()
            thread.join()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            return
        _say(str(os.WTERMSIG(status)))


def _serve(prefixes: Mapping[str, str]) -> None:
    forbid_calls(refuse=KILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (STACK + MEMORY, STACK + MEMORY))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what is said of a panic or of memory that is not there
    while line := _line():
        kind, text = json.loads(line)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        said = _outcome(kind, text, prefixes)
        signal.setitimer(signal.ITIMER_PROF, 0)
        _say(said)


def _line() -> bytes:
    """One line and nothing of the next, which belongs to whoever comes after this process."""
    read = bytearray()
    while not read.endswith(b"\n"):
        piece = os.read(0, 1 << 16)
        if not piece:
            return b""
        read += piece
    return bytes(read)


def _say(word: str) -> None:
    os.write(1, word.encode() + b"\n")


def _outcome(kind: str, text: str, prefixes: Mapping[str, str]) -> str:
    store = ox.Store()
    store.extend(DATA)
    try:
        if kind == "update":
            store.update(text, base_iri="http://here/update", prefixes=dict(prefixes))
        else:
            results = store.query(text, base_iri="http://here/sparql", prefixes=dict(prefixes))
            if not isinstance(results, ox.QueryBoolean):
                list(islice(results, ROWS))
    except SyntaxError:
        return "syntax"
    except (RuntimeError, ValueError, OSError, MemoryError):
        return "fails"
    except BaseException:  # a panic is no Exception; a worker ends with it
        return "panics"
    return "done"


if __name__ == "__main__":
    main()
