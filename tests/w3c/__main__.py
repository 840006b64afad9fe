"""``python -m tests.w3c``: the W3C's tests against a server that runs."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

from .client import Endpoint
from .manifests import SUITES
from .report import run_all, table


def main() -> None:
    """Run the tests and print the numbers, and what failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.w3c", description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder sparql/sparql11 of the W3C's repository rdf-tests")
    parser.add_argument("--query", required=True, help="the address for queries")
    parser.add_argument("--update", help="the address for updates; that for queries, if it is the same")
    parser.add_argument("--store", help="the address of the Graph Store Protocol")
    parser.add_argument("--token", help="a bearer token for writing")
    parser.add_argument("--suite", action="append", choices=SUITES, help="run this suite only; may be repeated")
    given = parser.parse_args()
    endpoint = Endpoint(given.query, given.update or given.query, given.store or given.query, given.token)
    with closing(endpoint):
        outcomes = run_all(given.folder, endpoint, suites=given.suite or SUITES)
    for outcome in outcomes:
        if outcome.failure is not None:
            print(f"{outcome.case.name}: {outcome.failure}")
    print(table({"": outcomes}))


main()
