"""How long the server takes for each page: on the packaged data, and on a generated graph of a million triples.

``geokg serve`` as people start it, one client, a connection that stays open, nothing kept by the client. *First* is the
first time that the page is asked for on a new server, *then* the median of those that follow: what pages keep for each
state of the data is there by then. Sizes are of the HTML, as sent and gzipped. The report is waited for before the
clock runs, since it is made in the background.

    python benchmarks/pages.py [--triples N] [--times N]
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from urllib.parse import quote, urlsplit

import pyoxigraph as ox
from _domain import domain
from _servers import geokg as serving
from _work import machine, table

import geokg
from geokg.store import Store

MOST_SAID_OF = (
    "SELECT ?it { ?c gk:hasContent ?s . ?s ?role ?it . ?it a gk:State } GROUP BY ?it ORDER BY DESC(COUNT(?c))"
)
MOST_SAYING = "SELECT ?it { ?c gk:isClaimedBy ?it . ?it a gk:Person } GROUP BY ?it ORDER BY DESC(COUNT(?c)) ?it"
PATIENCE = 120.0
"""Seconds that the report may take."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--triples", type=int, default=1_000_000, help="how large the generated graph is")
    parser.add_argument("--times", type=int, default=10, help="how often each page is asked for")
    given = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as temporary:
        seed, large = Path(temporary) / "kg.trig", Path(temporary) / "large"
        kg = geokg.sample()
        kg.save(seed)
        measure("the packaged data", kg, seed, given.times)
        store = Store.at(large)
        store.ox.bulk_extend(domain(given.triples))
        store.ox.optimize()
        store.ox.flush()
        paths, count = list(pages(geokg.KnowledgeGraph(store))), len(store)
        del store  # only one may have it open
        print_times(f"{count:,} generated triples", paths, large, given.times)


def measure(name: str, kg: geokg.KnowledgeGraph, path: Path, times: int) -> None:
    """Serve a graph and print how long its pages take."""
    print_times(f"{name}: {len(kg):,} triples", list(pages(kg)), path, times)


def pages(kg: geokg.KnowledgeGraph) -> Iterator[tuple[str, str]]:
    """The pages: what each is, and its path; the nodes are those of which most is said."""
    yield from {
        "home": "/",
        "search": "/search?q=ta",
        "suggestions": "/suggest?q=ta",
        "claims": "/claims",
        "claims, one stance": "/claims?stance=denies",
        "commitments": "/commitments",
        "network": "/network",
        "timeline": "/timeline",
        "map": "/map",
        "query": "/sparql",
        "query, answered": "/sparql?query=" + quote("SELECT * { ?c gk:isClaimedBy ?who ; gk:hasStance ?how }"),
        "report": "/report",
    }.items()
    data = kg.base.data
    for kind, sparql in {
        "document": "SELECT ?it { ?it gk:text ?text } ORDER BY ?it",
        "claim": "SELECT ?it { ?it a gk:Claim } ORDER BY ?it",
        "state": MOST_SAID_OF,
        "person": MOST_SAYING,
        "commitment": "SELECT ?it { ?it a/rdfs:subClassOf* gk:Commitment } ORDER BY ?it",
    }.items():
        row = next(iter(kg.store.query(sparql + " LIMIT 1")), None)
        if isinstance(row, ox.QuerySolution) and isinstance(row["it"], ox.NamedNode):
            yield kind, "/data/" + row["it"].value.removeprefix(data)


def print_times(name: str, paths: list[tuple[str, str]], data: Path, times: int) -> None:
    """Serve and print how long each page takes."""
    print(f"\n{name}")
    rows = []
    with serving(data, cache=64) as server:
        connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=PATIENCE)
        wait_for_report(connection)
        for kind, path in paths:
            found = [ask(connection, path) for _ in range(times + 1)]
            seconds, body = [took for took, _ in found], found[0][1]
            sizes = f"{len(body) / 1000:.0f}", f"{len(gzip.compress(body)) / 1000:.0f}"
            rows.append((kind, f"{seconds[0] * 1000:.0f}", f"{median(seconds[1:]) * 1000:.0f}", *sizes))
        connection.close()
    table(["page", "first (ms)", "then (ms)", "kB", "kB gzipped"], rows)


def ask(connection: http.client.HTTPConnection, path: str) -> tuple[float, bytes]:
    """How long a page takes, in seconds, and the page.

    Raises:
        RuntimeError: it does not come.
    """
    began = time.perf_counter()
    connection.request("GET", path, headers={"Accept": "text/html,application/json;q=0.9"})
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"{path}: {response.status}: {body[:300]!r}")
    return time.perf_counter() - began, body


def wait_for_report(connection: http.client.HTTPConnection) -> None:
    """Ask for the report, which is then made, until it is there."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        connection.request("GET", "/report.json", headers={"Accept": "application/json"})
        response = connection.getresponse()
        response.read()
        if response.status == 200:
            return
        time.sleep(1)


if __name__ == "__main__":
    main()
