"""How fast the endpoint is beside others: ours, Oxigraph's own server, rdflib-endpoint and Virtuoso, in one run.

All serve the same quads: the packaged data with its document's graph copied, under other names, until there are enough
triples. Ours and Oxigraph stand twice, on the same store on disk and in memory, as a store in memory answers several
times as fast; rdflib-endpoint has its quads in memory, Virtuoso on disk, with buffers for all of them. Each question of
the cookbook, and ten that count and group, is asked of one server right after the other, so that a slow minute hits
all: by 1 client, then by 8, over connections that stay open; ours without its cache. Before the 8 are timed each of
them asks once, unless that takes the server more than a second: one that has run for a while has filled its caches.
An answer that does not come in 10 seconds counts as if it had come then, is not asked for again, and the server is made
to forget it. What a server refuses is left out of its ratios. How long a question takes is how long the other server
does with 1 client. Then come what a query costs that asks nothing, what one costs that was asked before, with the
cache, and the memory that each takes.

Servers that are not here are left out; ``pip install oxigraph rdflib-endpoint uvicorn`` brings two of them, best into
an environment of their own, as rdflib-endpoint has many needs; Virtuoso is Debian's ``virtuoso-opensource-7-bin``.

    python benchmarks/endpoint.py [--triples N] [--seconds S] [--oxigraph PROGRAM] [--rdflib-python PYTHON]
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import geometric_mean, median, quantiles
from urllib.parse import quote, urlsplit

import _servers as servers
import pyoxigraph as ox
from _servers import CAP, Served
from _work import machine, table
from query import questions

import geokg
from geokg.vocabulary import prefixes
from processes import find

TRIVIAL = "ASK {}"
ANALYTIC = {
    "claims by claimant": "SELECT ?a (COUNT(?c) AS ?n) { ?c gk:isClaimedBy ?a } GROUP BY ?a ORDER BY DESC(?n) ?a",
    "claims by stance": "SELECT ?s (COUNT(*) AS ?n) { ?c a gk:Claim ; gk:hasStance ?s } GROUP BY ?s",
    "situations by class": "SELECT ?k (COUNT(DISTINCT ?s) AS ?n) { ?c gk:hasContent ?s . ?s a ?k } GROUP BY ?k",
    "triples by property": "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p",
    "mentions by entity": "SELECT ?e (COUNT(*) AS ?n) { ?m oa:motivatedBy oa:identifying ; oa:hasBody ?e } GROUP BY ?e",
    "evidence by document": "SELECT ?d (COUNT(*) AS ?n) { ?t oa:hasSource ?d } GROUP BY ?d",
    "length of quotes": "SELECT (AVG(STRLEN(?q)) AS ?n) { ?s oa:exact ?q }",
    "quotes that name China": 'SELECT (COUNT(*) AS ?n) { ?s oa:exact ?q FILTER(CONTAINS(LCASE(?q), "china")) }',
    "claims within claims": "SELECT (COUNT(*) AS ?n) { ?c gk:isEmbeddedIn+ ?o }",
    "claimants of one situation": "SELECT (COUNT(*) AS ?n) { ?c gk:hasContent ?s ; gk:isClaimedBy ?a . "
    "?d gk:hasContent ?s ; gk:isClaimedBy ?b FILTER(?a != ?b) }",
}
CLIENTS = (1, 8)
WARM = 1.0
"""Seconds; a question that takes a server longer is timed from the first time that 8 clients ask it."""
LONG = 0.005
"""Seconds from which a question counts as one that takes its time."""


@dataclass
class Times:
    """How long the answers to one question took, and how many came in a second.

    Attributes:
        seconds: of each answer.
        rows: how many rows the last one had; ``None`` if that is not known.
        rate: answers in a second, of all clients together.
        refused: the status of an answer that was none.
    """

    seconds: list[float] = field(default_factory=list)
    rows: int | None = None
    rate: float = 0.0
    refused: int = 0

    @property
    def p95(self) -> float:
        """19 of 20 answers took no longer."""
        return quantiles(self.seconds, n=20)[-1] if len(self.seconds) > 1 else self.seconds[0]

    @property
    def is_late(self) -> bool:
        """Whether one did not come in time."""
        return max(self.seconds) >= CAP


Found = dict[str, dict[str, Times]]
"""By question, then by server."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--triples", type=int, default=1_000_000, help="how large the graph is")
    parser.add_argument("--seconds", type=float, default=0.5, help="how long each question is asked of each server")
    parser.add_argument("--oxigraph", default=find("oxigraph"), help="Oxigraph's program")
    parser.add_argument("--rdflib-python", help="a Python that has rdflib-endpoint")
    parser.add_argument("--virtuoso", default=find("virtuoso-t"), help="Virtuoso's program")
    parser.add_argument("--only", type=int, default=None, help="ask no more than so many questions of each kind")
    given = parser.parse_args()
    kg = geokg.sample()
    names = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in prefixes(kg.base).items())
    asked = [*itertools.islice(questions().items(), given.only), *itertools.islice(ANALYTIC.items(), given.only)]
    queries = {name: names + text for name, text in asked}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no server is left behind
    print(machine())
    for program in (given.oxigraph, given.virtuoso):
        if program:
            print(_version(program))
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        folder = Path(temporary)
        print(f"{multiply(kg, given.triples, folder)} quads", flush=True)
        sides = servers.sides(folder, given.oxigraph, given.rdflib_python, given.virtuoso)
        running = {name: stack.enter_context(side()) for name, side in sides.items()}
        print_memory(running, folder)
        tables = run(running, queries, given.seconds)
        for clients, found in tables.items():
            compare(found, list(running), clients, alone=tables[1])
        natives = {name: server for name, server in running.items() if name.startswith("oxigraph")}
        if natives:
            kept = stack.enter_context(servers.geokg(folder / "store", cache=64))
            trivial(running, given.seconds)
            repeated({"geokg": kept, **natives}, queries, min(given.seconds, 0.3))


def _version(program: str) -> str:
    switch = "-?" if "virtuoso" in program else "--version"
    told = subprocess.run([program, switch], capture_output=True, text=True)
    return next(line for line in (told.stdout + told.stderr).splitlines() if any(map(str.isdigit, line)))


def multiply(kg: geokg.KnowledgeGraph, triples: int, folder: Path) -> int:
    """Write the graph with copies of its document, as N-Quads and as a store; how many quads there are."""
    lines = [f"{quad} .\n" for quad in kg.store.quads()]
    (document,) = kg.documents()
    stem = str(getattr(document, "iri", document)).rpartition("/data/document/")[2] or "china-taliban/article"
    copied = [line for line in lines if stem in line]
    with (folder / "kg.nq").open("w", encoding="utf-8") as file:
        file.writelines(lines)
        written = len(lines)
        for number in itertools.count(2):
            if written >= triples:
                break
            file.writelines(line.replace(stem, f"copy-{number}/article") for line in copied)
            written += len(copied)
    store = ox.Store(str(folder / "store"))
    store.bulk_load(path=str(folder / "kg.nq"), format=ox.RdfFormat.N_QUADS)
    store.optimize()
    store.flush()
    return len(store)


def run(running: Mapping[str, Served], queries: Mapping[str, str], seconds: float) -> dict[int, Found]:
    """Ask each question of one server after the other, by so many clients and by more."""
    found: dict[int, Found] = {clients: {} for clients in CLIENTS}
    for key, text in queries.items():
        first = {name: ask(server, text, 0, seconds) for name, server in running.items()}
        for clients in CLIENTS:
            found[clients][key] = {
                name: first[name]
                if first[name].is_late or first[name].refused
                else ask(server, text, clients, seconds, warm=clients > 1 and max(first[name].seconds) < WARM)
                for name, server in running.items()
            }
        print(f"{len(found[1])}/{len(queries)} {key}", file=sys.stderr)
    return found


def ask(server: Served, query: str, clients: int, seconds: float, *, warm: bool = False) -> Times:
    """Ask one question again and again, each client over a connection of its own; with no clients, once.

    With ``warm``, each client has asked it once before.
    """
    if warm:
        ask(server, query, clients, 0)
    times = Times()
    began = time.perf_counter()
    threads = [
        threading.Thread(target=_client, args=(server.address, query, began + seconds if clients else 0, times))
        for _ in range(max(1, clients))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.rate = len(times.seconds) / (time.perf_counter() - began)
    if times.is_late and server.forget is not None:
        server.forget()
    return times


def _client(address: str, query: str, until: float, times: Times) -> None:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=CAP)
    while True:
        _once(connection, address, query, times)
        if time.perf_counter() >= until or times.refused:
            break
    connection.close()


def _once(connection: http.client.HTTPConnection, address: str, query: str, times: Times) -> None:
    """Ask once and read the answer to its end; what is not answered in time counts as the cap."""
    start = time.perf_counter()
    try:
        target = f"{urlsplit(address).path}?query={quote(query)}"
        connection.request("GET", target, headers={"Accept": "application/sparql-results+json, text/turtle;q=0.5"})
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        times.seconds.append(CAP)
        return
    times.seconds.append(min(CAP, time.perf_counter() - start))
    if response.status != 200:
        times.refused = response.status
        if response.status == 503:  # it has ended the query
            times.seconds[-1] = CAP
    elif body[:1] == b"{" or response.headers.get_content_type() == "application/sparql-results+json":
        told = json.loads(body)
        times.rows = len(told["results"]["bindings"]) if "results" in told else int(told["boolean"])


def compare(found: Found, names: list[str], clients: int, *, alone: Found) -> None:
    """Print one table: each question, each server; and how many times as fast as the others ours is."""
    rows = []
    for key, times in found.items():
        counts = {name: times[name].rows for name in names}
        told = [key, "?" if counts["geokg"] is None else str(counts["geokg"])]
        for name in names:
            one = times[name]
            told += (
                ["-", "-", f"({one.refused})"]
                if one.refused and not one.is_late
                else [f"{1000 * median(one.seconds):.1f}", f"{1000 * one.p95:.1f}", f"{one.rate:.0f}"]
            )
        rows.append(told)
        for name, count in counts.items():
            if None not in (count, counts["geokg"]) and count != counts["geokg"]:
                print(f"{key}: {name} has {count} rows and geokg {counts['geokg']}")
    heads = [f"{name} {what}" for name in names for what in ("ms", "p95", "/s")]
    print(f"\n{clients} client{'s' * (clients > 1)}: median and 95 % in milliseconds, answers a second\n")
    table(["question", "rows", *heads], rows)
    print("\ntimes as fast, geometric means")
    for ours, theirs in pairs(names):
        ratios = {key: _ratio(times[theirs], times[ours]) for key, times in found.items()}
        every = [ratio for ratio in ratios.values() if ratio]
        long = [ratio for key, ratio in ratios.items() if ratio and median(alone[key][theirs].seconds) > LONG]
        print(f"{ours} : {theirs}: {_mean(every)} on {len(every)} questions; ", end="")
        print(f"{_mean(long)} on the {len(long)} that take it over 5 ms", flush=True)


def pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    """Which of ours is set beside which other: on disk beside on disk, in memory beside in memory.

    >>> pairs(["geokg", "oxigraph", "geokg in memory", "oxigraph in memory"])
    [('geokg', 'oxigraph'), ('geokg in memory', 'oxigraph in memory')]
    """
    ours = {"oxigraph": "geokg", "virtuoso": "geokg", "rdflib-endpoint": "geokg in memory"}
    return [(ours.get(name, "geokg in memory"), name) for name in names if not name.startswith("geokg")]


def _mean(ratios: list[float]) -> str:
    return f"{geometric_mean(ratios):.2f}" if ratios else "-"


def _ratio(theirs: Times, ours: Times) -> float | None:
    """``None`` if one refuses the question, or if neither answers it."""
    if any(one.refused and not one.is_late for one in (theirs, ours)) or (theirs.is_late and ours.is_late):
        return None
    return median(theirs.seconds) / median(ours.seconds)


def trivial(running: Mapping[str, Served], seconds: float) -> None:
    """Print what a question costs that asks nothing."""
    found: dict[str, list[float]] = {name: [] for name in running}
    for _ in range(5):
        for name, server in running.items():
            found[name] += ask(server, TRIVIAL, 1, seconds / 2).seconds
    bare = {name: 1000 * median(times) for name, times in found.items()}
    print(f"\n{TRIVIAL}: " + ", ".join(f"{name} {value:.2f} ms" for name, value in bare.items()))
    for ours, theirs in pairs(running):
        if theirs.startswith("oxigraph"):
            print(f"overhead of {ours} over {theirs}: {bare[ours] - bare[theirs]:.2f} ms at the median")


def repeated(running: Mapping[str, Served], queries: Mapping[str, str], seconds: float) -> None:
    """Print what questions cost that were asked before, from the cache."""
    ratios: dict[str, dict[str, float]] = {name: {} for name in running if name != "geokg"}
    for key, text in queries.items():
        if ask(running["geokg"], text, 0, seconds).is_late:
            continue  # nothing of it is kept
        found = {name: ask(server, text, 1, seconds) for name, server in running.items()}
        for name in ratios:
            ratios[name][key] = median(found[name].seconds) / median(found["geokg"].seconds)
    for name, times in ratios.items():
        slower = [key for key, ratio in times.items() if ratio <= 1]
        told = f"asked before: {_mean(list(times.values()))} times as fast as {name}"
        print(f"{told}; faster on {len(times) - len(slower)} of {len(times)}", *slower, sep=", " if slower else "")


def print_memory(running: Mapping[str, Served], folder: Path) -> None:
    """Print what each server takes, once each has counted something, and what the store alone takes in memory."""
    if not Path("/proc/self/smaps_rollup").exists():
        return
    empty = folder / "empty.nq"
    empty.write_text(servers.EMPTY, encoding="utf-8")
    taken = {name: _taken(server) for name, server in running.items()}
    for name, side in {
        "store alone": servers.alone(folder / "kg.nq"),
        "empty store alone": servers.alone(empty),
        "geokg with nothing in it": servers.geokg(empty),
    }.items():
        with side as server:
            taken[name] = _taken(server)
    print("\nmemory in MiB, all processes together, what they share counted once")
    table(["server", "MiB"], [[name, f"{size >> 20}"] for name, size in taken.items()])
    store = taken["store alone"] - taken["empty store alone"]
    ours = (taken["geokg in memory"] - taken["geokg with nothing in it"]) / store
    share = (taken["geokg in memory"] - 1.3 * store) / servers.WORKERS / (1 << 20)
    print(f"geokg in memory: {ours:.2f} times the store alone, beside what it takes with nothing in it;", end=" ")
    print(f"or 1.3 times the store, and {share:.0f} MiB for each of {servers.WORKERS} workers")


def _taken(server: Served) -> int:
    if server.address:
        ask(server, "SELECT (COUNT(*) AS ?n) { ?s a ?o }", 8, 0.2)
    return servers.memory(server.process)


if __name__ == "__main__":
    main()
