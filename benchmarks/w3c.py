"""How many of the W3C's SPARQL 1.1 tests pass over HTTP: ours, Oxigraph's own server and rdflib-endpoint in one run.

Servers that are not here are left out; ``pip install oxigraph rdflib-endpoint uvicorn`` brings them, best into an
environment of their own, as rdflib-endpoint has many needs.

    python benchmarks/w3c.py FOLDER [--oxigraph PROGRAM] [--rdflib-python PYTHON] [--suite SUITE] [--failures]

FOLDER is ``sparql/sparql11`` of the W3C's repository rdf-tests.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from contextlib import AbstractContextManager
from importlib.metadata import version
from pathlib import Path

from _work import machine

# Before this folder, where w3c is this file.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from processes import find
from w3c import servers
from w3c.client import Endpoint
from w3c.manifests import SUITES
from w3c.report import run_all, table


def main() -> None:
    """Run the suites on each server and print the numbers side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--oxigraph", default=find("oxigraph"), help="Oxigraph's program")
    parser.add_argument("--rdflib-python", default=sys.executable, help="a Python that has rdflib-endpoint")
    parser.add_argument("--suite", action="append", choices=SUITES, help="run this suite only; may be repeated")
    parser.add_argument("--failures", action="store_true", help="also print what fails, and how")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sides: dict[str, AbstractContextManager[Endpoint]] = {f"geokg {version('geokg')}": servers.geokg(Path(folder))}
        if given.oxigraph:
            sides[_version([given.oxigraph, "--version"])] = servers.oxigraph(given.oxigraph)
        asking = "from importlib.metadata import version as v; print('rdflib-endpoint', v('rdflib-endpoint'))"
        if name := _version([given.rdflib_python, "-c", asking]):
            sides[name] = servers.rdflib_endpoint(given.rdflib_python)
        found = {}
        for name, side in sides.items():
            with side as endpoint:
                found[name] = run_all(given.folder, endpoint, suites=given.suite or SUITES)
    if given.failures:
        for name, outcomes in found.items():
            print(f"\n{name} fails")
            for outcome in outcomes:
                if outcome.failure is not None:
                    print(f"  {outcome.case.name}: {' '.join(outcome.failure.split())[:160]}")
        print()
    print(machine())
    print(table(found))


def _version(command: list[str]) -> str:
    """What a program says of itself; nothing if it is not here."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


main()
