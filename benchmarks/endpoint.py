"""How fast the endpoint is beside others: ours, Oxigraph's own server and rdflib-endpoint, in turn, in one run.

All serve the same quads: the packaged data with its document's graph copied, under other names, until there are enough
triples. Each is asked the cookbook and ten questions that count and group, by 1 client and by 8, over connections that
stay open; ours without its cache. Then come what a query that asks nothing costs, and what a query costs that was
asked before, with the cache. Servers that are not here are left out; ``pip install oxigraph rdflib-endpoint uvicorn``
brings them, best into an environment of their own, as rdflib-endpoint has many needs.

    python benchmarks/endpoint.py [--triples N] [--seconds S] [--oxigraph PROGRAM] [--rdflib-python PYTHON]
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import geometric_mean, median, quantiles
from typing import TypeAlias
from urllib.parse import quote, urlsplit

import pyoxigraph as ox
from _work import machine, table
from query import questions

import geokg
from geokg.vocabulary import prefixes

Side: TypeAlias = Callable[[], AbstractContextManager[str]]
CAP = 10.0
"""Seconds after which an answer counts as not given."""
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
RDFLIB = """
import sys, uvicorn
from rdflib import Dataset
from rdflib_endpoint import SparqlEndpoint
data = Dataset(default_union=True)
data.parse(sys.argv[2], format="nquads")
uvicorn.run(SparqlEndpoint(graph=data), host="127.0.0.1", port=int(sys.argv[1]), log_level="critical")
"""


@dataclass
class Times:
    """How long the answers to one question took, and how many came in a second.

    Attributes:
        seconds: of each answer.
        rows: how many rows each had; ``None`` if one was not given.
        rate: answers in a second, of all clients together.
    """

    seconds: list[float] = field(default_factory=list)
    rows: int | None = None
    rate: float = 0.0

    @property
    def p95(self) -> float:
        """19 of 20 answers took no longer."""
        return quantiles(self.seconds, n=20)[-1] if len(self.seconds) > 1 else self.seconds[0]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--triples", type=int, default=1_000_000, help="how large the graph is")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each question is asked of each server")
    parser.add_argument("--oxigraph", default=_find("oxigraph"), help="Oxigraph's program")
    parser.add_argument("--rdflib-python", help="a Python that has rdflib-endpoint")
    parser.add_argument("--only", type=int, default=None, help="ask no more than so many questions of each kind")
    given = parser.parse_args()
    kg = geokg.sample()
    names = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in prefixes(kg.base).items())
    asked = [*itertools.islice(questions().items(), given.only), *itertools.islice(ANALYTIC.items(), given.only)]
    queries = {name: names + text for name, text in asked}
    print(machine())
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        size = multiply(kg, given.triples, folder)
        print(f"{size} quads")
        for clients in (1, 8):
            found = {}
            for name, side in sides(folder, given.oxigraph, given.rdflib_python, cache=0).items():
                found[name] = run(side, queries, clients, given.seconds)
            compare(found, clients)
        repeated(folder, given.oxigraph, queries, given.seconds)


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


def sides(folder: Path, oxigraph: str | None, python: str | None, *, cache: int) -> dict[str, Side]:
    """The servers, by name; each runs as long as its context is open, and gives its address."""
    found: dict[str, Side] = {"geokg": lambda: _geokg(folder / "store", cache)}
    if oxigraph:
        found["oxigraph"] = lambda: _oxigraph(oxigraph, folder / "store")
    if python:
        found["rdflib-endpoint"] = lambda: _rdflib(python, folder / "kg.nq")
    return found


def run(side: Side, queries: dict[str, str], clients: int, seconds: float) -> dict[str, Times]:
    """Ask one server everything; it is started anew after an answer that did not come, as it may still be at it."""
    found: dict[str, Times] = {}
    while len(found) < len(queries):
        with side() as address:
            for key, text in queries.items():
                if key not in found:
                    found[key] = ask(address, text, clients, seconds)
                    if max(found[key].seconds) >= CAP:
                        break
    return found


@contextmanager
def _geokg(store: Path, cache: int) -> Iterator[str]:
    command = [sys.executable, "-m", "geokg", "serve", str(store), "--read-only", "--port", "0", "--json"]
    command += ["--deadline", str(2 * CAP), "--cache", str(cache), "--workers", "9"]
    with _running(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        told = ""
        while not told.endswith("}\n"):
            line = server.stdout.readline()
            if not line:
                raise RuntimeError("geokg serve has ended before it listened")
            told += line
        yield json.loads(told)["sparql"]


@contextmanager
def _oxigraph(program: str, store: Path) -> Iterator[str]:
    port = _free_port()
    command = [program, "serve-read-only", "--location", str(store), "--bind", f"127.0.0.1:{port}"]
    with _running([*command, "--union-default-graph"], port=port):
        yield f"http://127.0.0.1:{port}/query"


@contextmanager
def _rdflib(python: str, quads: Path) -> Iterator[str]:
    port = _free_port()
    with _running([python, "-c", RDFLIB, str(port), str(quads)], port=port):
        yield f"http://127.0.0.1:{port}/"


@contextmanager
def _running(
    command: list[str], *, port: int | None = None, stdout: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdout=stdout, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            while port is not None and not _listens(port):
                if server.poll() is not None:
                    raise RuntimeError(f"{command[0]} has ended with {server.returncode}")
                time.sleep(0.2)
            yield server
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _find(program: str) -> str | None:
    return shutil.which(program, path=Path(sys.executable).parent) or shutil.which(program)


def ask(address: str, query: str, clients: int, seconds: float) -> Times:
    """Ask one question again and again, each client over a connection of its own."""
    times = Times()
    first = Times()
    connection = http_connection(address)
    once(connection, address, query, first)  # counts only if there will be no other
    connection.close()
    if first.seconds[0] >= CAP:
        first.rate = 1 / CAP
        return first
    began = time.perf_counter()
    threads = [threading.Thread(target=_client, args=(address, query, began + seconds, times)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.rate = len(times.seconds) / (time.perf_counter() - began)
    return times


def _client(address: str, query: str, until: float, times: Times) -> None:
    connection = http_connection(address)
    while True:
        once(connection, address, query, times)
        if time.perf_counter() >= until:
            break
    connection.close()


def http_connection(address: str) -> http.client.HTTPConnection:
    """A connection that stays."""
    return http.client.HTTPConnection(urlsplit(address).netloc, timeout=CAP)


def once(connection: http.client.HTTPConnection, address: str, query: str, times: Times) -> None:
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
    times.seconds.append(time.perf_counter() - start if response.status == 200 else CAP)
    if response.status == 200 and body[:1] == b"{":
        told = json.loads(body)
        times.rows = len(told["results"]["bindings"]) if "results" in told else int(told["boolean"])


def compare(found: dict[str, dict[str, Times]], clients: int) -> None:
    """Print one table: each question, each server, and the geometric mean of the ratios to ours."""
    ours, others = found["geokg"], [name for name in found if name != "geokg"]
    rows = []
    for key in ours:
        told = [key, "?" if ours[key].rows is None else str(ours[key].rows)]
        for name in found:
            times = found[name][key]
            told += [f"{1000 * median(times.seconds):.1f}", f"{1000 * times.p95:.1f}", f"{times.rate:.0f}"]
        rows.append([*told, *(f"{_ratio(found[name][key], ours[key]):.2f}" for name in others)])
        for name in others:
            theirs = found[name][key].rows
            if None not in (theirs, ours[key].rows) and theirs != ours[key].rows:
                print(f"{key}: {name} has {theirs} rows and geokg {ours[key].rows}")
    heads = [f"{name} {what}" for name in found for what in ("ms", "p95", "/s")]
    print(f"\n{clients} client{'s' * (clients > 1)}; x: times as fast as that server\n")
    table(["question", "rows", *heads, *(f"x {name}" for name in others)], rows)
    for name in others:
        ratios = {key: _ratio(found[name][key], ours[key]) for key in ours}
        long = [ratios[key] for key in ours if median(found[name][key].seconds) > 0.005]
        print(f"\ngeometric mean: {geometric_mean(ratios.values()):.2f} times as fast as {name}", end="")
        if long:
            print(f"; {geometric_mean(long):.2f} on the {len(long)} questions over 5 ms there", end="")
    print()


def _ratio(theirs: Times, ours: Times) -> float:
    return median(theirs.seconds) / median(ours.seconds)


def repeated(folder: Path, oxigraph: str | None, queries: dict[str, str], seconds: float) -> None:
    """Print what a question costs that asks nothing, without the cache, and what those cost that were asked before."""
    if not oxigraph:
        return
    results: dict[str, list[Times]] = {}
    for name, side, asked in (
        ("geokg", _geokg(folder / "store", 0), [TRIVIAL]),
        ("oxigraph", _oxigraph(oxigraph, folder / "store"), [TRIVIAL, *queries.values()]),
        ("geokg, kept", _geokg(folder / "store", 64), [TRIVIAL, *queries.values()]),
    ):
        with side as address:
            results[name] = [ask(address, query, 1, min(seconds, 0.5)) for query in asked]
    bare = {name: 1000 * median(times[0].seconds) for name, times in results.items()}
    print("\n" + TRIVIAL + ": " + ", ".join(f"{name} {value:.2f} ms" for name, value in bare.items()))
    print(f"overhead: {bare['geokg'] - bare['oxigraph']:.2f} ms at the median")
    ratios = [
        _ratio(theirs, ours) for theirs, ours in zip(results["oxigraph"][1:], results["geokg, kept"][1:], strict=True)
    ]
    faster = sum(ratio > 1 for ratio in ratios)
    print(f"asked before: {geometric_mean(ratios):.1f} times as fast as oxigraph; faster on {faster} of {len(ratios)}")


if __name__ == "__main__":
    main()
