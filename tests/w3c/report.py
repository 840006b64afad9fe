"""Running all of it, and the numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .client import Endpoint
from .manifests import SUITES, Case, cases
from .runner import run


@dataclass(frozen=True)
class Outcome:
    """A test and what went wrong with it; ``None`` if nothing did."""

    case: Case
    failure: str | None


def run_all(folder: Path, endpoint: Endpoint, suites: Collection[str] = SUITES) -> list[Outcome]:
    """Run the tests of some suites; those that share their data one after another, as it is then loaded once."""
    chosen = [case for case in cases(folder) if case.suite in suites]
    chosen.sort(key=lambda case: (SUITES.index(case.suite), str(case.before)))
    return [Outcome(case, run(case, endpoint)) for case in chosen]


def table(servers: Mapping[str, Iterable[Outcome]]) -> str:
    """Tests passed, by suite and server."""
    width = max(len(suite) for suite in SUITES)
    lines = ["".ljust(width) + "".join(name.rjust(24) for name in servers)]
    found = {name: list(outcomes) for name, outcomes in servers.items()}
    for suite in (*SUITES, "all"):
        cells = []
        for outcomes in found.values():
            some = [outcome for outcome in outcomes if suite in (outcome.case.suite, "all")]
            passed = sum(outcome.failure is None for outcome in some)
            cells.append(f"{passed}/{len(some)}".rjust(24) if some else "")
        if all(cells):  # others were not run
            lines.append(suite.ljust(width) + "".join(cells))
    return "\n".join(lines)
