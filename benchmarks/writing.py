"""How long a server of a store takes to start and to write: seconds of the client, processor seconds of the server.

The store is copied first, and its copy written to. What is written is about a document of it.

    geokg build data -o kg
    python benchmarks/writing.py kg

A store of a million statements is ``python benchmarks/_domain.py --triples 1000000 > graph.nq``, and in Python
``Store.load(Path("graph.nq")).save(Path("kg"))``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pyoxigraph as ox
from _servers import serving

from geokg.store import Store

TOKEN = "secret"
NEW = "https://example.org/new"
UPDATE, TRIPLES = "application/sparql-update", "application/n-triples"


def main() -> None:
    """Print a line for each thing that is measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path, help="the folder of a store; nothing is written there")
    folder = parser.parse_args().store
    if not (folder / "CURRENT").exists():
        sys.exit(f"{folder}: is no store")
    graph, triples, (subject, predicate) = chosen(Store.at(folder, read_only=True))
    many = " ".join(f"<{NEW}/{n}> <{NEW}/p> {n} ." for n in range(1000))
    label = f"{subject} {predicate} ?was"
    with tempfile.TemporaryDirectory(prefix="geokg-") as temporary:
        copy = Path(temporary) / "kg"
        shutil.copytree(folder, copy)
        (copy.parent / "token").write_text(TOKEN, encoding="utf-8")
        with served(copy) as server:
            for name, method, path, body, kind in (
                ("first write: INSERT DATA of 1", "POST", "update", insert(f"<{NEW}> <{NEW}/p> 1"), UPDATE),
                ("second write: INSERT DATA of 1", "POST", "update", insert(f"<{NEW}> <{NEW}/p> 2"), UPDATE),
                ("INSERT DATA of 1,000", "POST", "update", insert(many), UPDATE),
                (
                    "DELETE/INSERT WHERE of 1, any graph",
                    "POST",
                    "update",
                    f"DELETE {{ GRAPH ?g {{ {label} }} }} INSERT {{ GRAPH ?g {{ {subject} {predicate} ?now }} }} WHERE "
                    f"{{ GRAPH ?g {{ {label} }} BIND(STRLANG(CONCAT('New: ', STR(?was)), LANG(?was)) AS ?now) }}",
                    UPDATE,
                ),
                ("a write that is refused", "POST", "update", insert(f"<{NEW}> a gk:Claim"), UPDATE),
                (f"PUT of the same {len(triples)} statements", "PUT", store_path(graph), nt(triples), TRIPLES),
                ("DELETE of that graph", "DELETE", store_path(graph), "", TRIPLES),
                (f"PUT of {len(triples)} statements", "PUT", store_path(graph), nt(triples), TRIPLES),
            ):
                server.measure(name, method, path, body, kind)


def chosen(store: Store) -> tuple[str, list[ox.Triple], tuple[ox.NamedNode, ox.NamedNode]]:
    """The graph of a document, what it holds, and of what in it to change the name."""
    for graph in store.graphs():
        if "/document/" in graph:
            triples = [quad.triple for quad in store.quads(graph)]
            for triple in triples:
                is_word = isinstance(triple.object, ox.Literal) and triple.object.language is not None
                if is_word and isinstance(triple.subject, ox.NamedNode):
                    return graph, triples, (triple.subject, triple.predicate)
    sys.exit("the store holds no document")


def insert(triples: str) -> str:
    """An update that inserts something into a new graph."""
    return f"INSERT DATA {{ GRAPH <{NEW}> {{ {triples} }} }}"


def store_path(graph: str) -> str:
    """Where a graph is written to."""
    return f"store?graph={quote(graph, safe='')}"


def nt(triples: list[ox.Triple]) -> str:
    """Triples as N-Triples."""
    return (ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"").decode("utf-8")


class Server:
    """A server that runs.

    Args:
        process: its process.
        address: what it told.
    """

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self._process, self._address = process, address

    def send(self, method: str, path: str, body: str = "", kind: str = "") -> tuple[int, bytes]:
        """Ask for something; the status, and the body."""
        headers = {"Authorization": f"Bearer {TOKEN}"} | ({"Content-Type": kind} if kind else {})
        request = Request(self._address + path, body.encode() or None, headers, method=method)
        try:
            with urlopen(request, timeout=600) as response:
                return response.status, response.read()
        except HTTPError as error:
            return error.code, error.read()

    def measure(self, name: str, method: str, path: str, body: str, kind: str) -> None:
        """Ask for something, and print how long it took."""
        begun, before = time.perf_counter(), self.processor()
        status, _ = self.send(method, path, body, kind)
        passed = time.perf_counter() - begun
        time.sleep(0.2)  # the copy that is shown next is made, and what was before removed
        tell(name, passed, self.processor() - before, str(status))

    def processor(self) -> float:
        """Processor seconds of all its processes."""
        found, waiting = 0.0, [self._process.pid]
        while waiting:
            pid = waiting.pop()
            try:
                ticks = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
                waiting += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split())
            except FileNotFoundError:
                continue
            found += sum(map(int, ticks[11:13])) / os.sysconf("SC_CLK_TCK")
        return found


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """A server of a store, once it takes writes."""
    begun = time.perf_counter()
    options = ["--token-file", str(folder.parent / "token"), "--write-deadline", "600"]
    with serving(str(folder), *options, stderr=None) as (told, process):  # which tells why it does not start
        server = Server(process, told["address"])
        server.send("GET", "sparql?query=ASK%20%7B%7D")
        tell("start, until queries are answered", time.perf_counter() - begun, server.processor())
        while json.loads(server.send("GET", "health/ready")[1])["writes"] != "ready":
            time.sleep(0.5)
        tell("start, until writes are taken", time.perf_counter() - begun, server.processor())
        yield server


def tell(name: str, wall: float, processor: float, status: str = "") -> None:
    """Print a line of a table."""
    print(f"| {name:40} | {wall:8.2f} | {processor:8.2f} | {status:3} |", flush=True)


if __name__ == "__main__":
    main()
