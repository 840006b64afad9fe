"""The servers that are compared, each over the same quads, and the memory that they take."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from math import inf
from pathlib import Path
from typing import TypeAlias

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
from processes import free_port, running, serving, wait_for

WORKERS = 9
CAP = 10.0
"""Seconds after which an answer counts as not given."""
EMPTY = "<x:s> <x:p> <x:o> <x:g> .\n"
RDFLIB = """
import gc, os, sys, uvicorn
from rdflib import Dataset
from rdflib_endpoint import SparqlEndpoint
data = Dataset(default_union=True)
data.parse(sys.argv[2], format="nquads")
gc.freeze()
while True:  # what is loaded stays when the server is ended
    server = os.fork()
    if server == 0:
        uvicorn.run(SparqlEndpoint(graph=data), host="127.0.0.1", port=int(sys.argv[1]), log_level="critical")
        os._exit(0)
    os.waitpid(server, 0)
"""
ALONE = """
import sys, pyoxigraph as ox
store = ox.Store()
store.bulk_load(path=sys.argv[1], format=ox.RdfFormat.N_QUADS)
print(len(store), flush=True)
sys.stdin.read()
"""
VIRTUOSO = """
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
ServerThreads = 20
NumberOfBuffers = 170000
MaxDirtyBuffers = 130000
DirsAllowed = .
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = .
ServerThreads = 16
MaxKeepAlives = 16
KeepAliveTimeout = 60
[SPARQL]
MaxQueryExecutionTime = {cap}
"""
LOADING = "ld_dir('.', 'kg.nq', 'urn:x'); rdf_loader_run(); checkpoint;"


_started = partial(running, patience=inf, is_cleared=True)


@dataclass(frozen=True)
class Served:
    """A server that runs.

    Attributes:
        address: where it takes queries.
        process: its number; other processes may be below it.
        forget: makes it end what nobody waits for any more; ``None`` if it does so by itself.
    """

    address: str
    process: int
    forget: Callable[[], None] | None = None


Side: TypeAlias = Callable[[], AbstractContextManager[Served]]


def sides(folder: Path, oxigraph: str | None, python: str | None, virtuoso: str | None) -> dict[str, Side]:
    """The servers that are here, by name, each as what starts it.

    Args:
        folder: holds ``kg.nq`` and the same as a store in ``store``.
        oxigraph: Oxigraph's program.
        python: a Python that has rdflib-endpoint.
        virtuoso: Virtuoso's program.
    """
    store, quads = folder / "store", folder / "kg.nq"
    found: dict[str, Side] = {"geokg": lambda: geokg(store)}
    if oxigraph:
        found["oxigraph"] = lambda: on_disk(oxigraph, store)
    found["geokg in memory"] = lambda: geokg(quads)
    if oxigraph:
        found["oxigraph in memory"] = lambda: in_memory(oxigraph, quads)
    if python:
        found["rdflib-endpoint"] = lambda: rdflib(python, quads)
    if virtuoso:
        found["virtuoso"] = lambda: of_virtuoso(virtuoso, folder)
    return found


@contextmanager
def geokg(data: Path, *, cache: int = 0) -> Iterator[Served]:
    """Ours: on a store on disk, or on quads from a file, in memory; without its cache unless told otherwise."""
    options = ["--read-only", "--deadline", str(2 * CAP), "--cache", str(cache), "--workers", str(WORKERS)]
    with serving(str(data), *options, is_cleared=True) as (told, server):
        yield Served(told["sparql"], server.pid)


@contextmanager
def on_disk(program: str, store: Path) -> Iterator[Served]:
    """Oxigraph's own server on the store on disk."""
    port = free_port()
    command = [program, "serve-read-only", "--location", str(store), "--bind", f"127.0.0.1:{port}"]
    with ExitStack() as stack:
        start = partial(_started, [*command, "--union-default-graph"], port=port)
        server = stack.enter_context(start())

        def forget() -> None:
            stack.close()
            stack.enter_context(start())

        yield Served(f"http://127.0.0.1:{port}/query", server.pid, forget)


@contextmanager
def in_memory(program: str, quads: Path) -> Iterator[Served]:
    """Oxigraph's own server on a store in memory."""
    port = free_port()
    with ExitStack() as stack:

        def start() -> int:
            command = [program, "serve", "--bind", f"127.0.0.1:{port}", "--union-default-graph"]
            server = stack.enter_context(_started(command, port=port))
            _load(port, quads)
            return server.pid

        def forget() -> None:
            stack.close()
            start()

        yield Served(f"http://127.0.0.1:{port}/query", start(), forget)


def _load(port: int, quads: Path) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    with quads.open("rb") as file:
        headers = {"Content-Type": "application/n-quads", "Content-Length": str(quads.stat().st_size)}
        connection.request("POST", "/store", file, headers)
        response = connection.getresponse()
        told = response.read()
    connection.close()
    if response.status >= 300:
        raise RuntimeError(f"oxigraph does not take the quads: {told!r}")


@contextmanager
def rdflib(python: str, quads: Path) -> Iterator[Served]:
    """rdflib-endpoint."""
    port = free_port()
    with _started([python, "-c", RDFLIB, str(port), str(quads)], port=port) as server:

        def forget() -> None:
            for child in children(server.pid):
                os.kill(child, signal.SIGKILL)
            time.sleep(0.2)
            wait_for(server, port, inf)

        yield Served(f"http://127.0.0.1:{port}/", server.pid, forget)


@contextmanager
def of_virtuoso(program: str, folder: Path) -> Iterator[Served]:
    """Virtuoso 7 on a new database."""
    place = folder / "virtuoso"
    place.mkdir()
    (place / "kg.nq").symlink_to(folder / "kg.nq")
    http_port, sql_port = free_port(), free_port()
    settings = VIRTUOSO.format(sql=sql_port, http=http_port, cap=round(CAP))
    (place / "virtuoso.ini").write_text(settings, encoding="utf-8")
    with _started([program, "-f", "+configfile", "virtuoso.ini"], port=http_port, cwd=place) as server:
        client = next(found for name in ("isql-vt", "isql") if (found := shutil.which(name)))
        subprocess.run([client, str(sql_port), "dba", "dba", f"exec={LOADING}"], check=True, stdout=subprocess.DEVNULL)
        yield Served(f"http://127.0.0.1:{http_port}/sparql", server.pid)


@contextmanager
def alone(quads: Path) -> Iterator[Served]:
    """No server: a process that holds the store in memory and does nothing with it."""
    with _started([sys.executable, "-c", ALONE, str(quads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield Served("", process.pid)


def memory(process: int) -> int:
    """Bytes that a process takes and those below it; what several share counts once."""
    taken = 0
    for one in (process, *children(process, deep=True)):
        try:
            told = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue  # it has ended
        taken += next(int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:")) << 10
    return taken


def children(process: int, *, deep: bool = False) -> list[int]:
    """The processes that one has started; those that these have started too, if asked for."""
    try:
        found = [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()]
    except OSError:
        return []
    return found + [below for one in found for below in children(one, deep=True)] if deep else found
