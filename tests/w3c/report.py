"""Running all of it, and the numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from queue import SimpleQueue

from .client import Endpoint
from .manifests import SUITES, Case, cases
from .runner import run


@dataclass(frozen=True)
class Outcome:
    """A test and what went wrong with it; ``None`` if nothing did."""

    case: Case
    failure: str | None


def run_all(folder: Path, *endpoints: Endpoint, suites: Collection[str] = SUITES) -> list[Outcome]:
    """Run the tests of some suites; those that share their data one after another, as it is then loaded once.

    Args:
        folder: where the suites are.
        endpoints: servers that are alike, each with a store of its own; all have work at once.
        suites: which suites.
    """
    chosen = [case for case in cases(folder) if case.suite in suites]
    chosen.sort(key=_with_its_likes)
    free: SimpleQueue[Endpoint] = SimpleQueue()
    for endpoint in endpoints:
        free.put(endpoint)

    def run_likes(likes: list[Case]) -> list[Outcome]:
        endpoint = free.get()
        try:
            return [Outcome(case, run(case, endpoint)) for case in likes]
        finally:
            free.put(endpoint)

    with ThreadPoolExecutor(len(endpoints)) as threads:
        return list(chain(*threads.map(run_likes, [list(likes) for _, likes in groupby(chosen, key=_with_its_likes)])))


def _with_its_likes(case: Case) -> tuple[int, str]:
    return SUITES.index(case.suite), str(case.before)


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
