"""How fast the questions of the cookbook are answered, beside plain rdflib on the same quads.

Each question in ``ontology/queries`` is asked in turn of ``kg.query`` and of an rdflib ``Dataset`` in memory that holds
the very same quads, on the article alone and on copies of it. Both give rdflib's results, which are read to the end.
The last lines give the geometric mean of the ratios. What takes longer than the cap is stopped, and counts as the cap.

    python benchmarks/query.py [--documents N] [--repeat N] [--cap SECONDS]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import geometric_mean, median

from _work import Late, cap, copies, machine, plain_dataset, plain_quads, table
from rdflib.query import Result

import geokg
from geokg.vocabulary import packaged, prefixes


def questions() -> dict[str, str]:
    """The cookbook, by name."""
    files = sorted((packaged("ontology") / "queries").glob("*.rq"))
    return {file.stem: file.read_text(encoding="utf-8") for file in files}


def ask(query: Callable[[str], Result], sparql: str, limit: float) -> tuple[float, int | None]:
    """Ask once; the seconds, and how many rows there were, or ``None`` if it was stopped."""
    start = time.perf_counter()
    try:
        with cap(limit):
            rows = len(list(query(sparql)))
    except Late:
        return limit, None
    return time.perf_counter() - start, rows


def compare(kg: geokg.KnowledgeGraph, repeat: int, limit: float) -> None:
    """Print the times of both sides for every question."""
    dataset = plain_dataset(plain_quads(kg.store.ox))
    known = prefixes(kg.base)
    sides: list[Callable[[str], Result]] = [kg.query, lambda sparql: dataset.query(sparql, initNs=known)]
    rows, ratios, stopped = [], [], 0
    for name, sparql in questions().items():
        times: list[list[float]] = [[], []]
        counts: list[int | None] = [None, None]
        for _ in range(repeat):
            for side, query in enumerate(sides):
                if counts[side] is None and times[side]:
                    continue  # it was stopped, and would be again
                seconds, counts[side] = ask(query, sparql, limit)
                times[side].append(seconds)
        ours, theirs = median(times[0]), median(times[1])
        if None not in counts and counts[0] != counts[1]:
            sys.exit(f"{name}: the two sides do not agree: {counts[0]} rows and {counts[1]}")
        stopped += counts[1] is None
        ratios.append(theirs / ours)
        found = next((str(count) for count in counts if count is not None), "?")
        told = [
            f"{1000 * seconds:.1f}" + (" +" if counts[side] is None else "")
            for side, seconds in enumerate((ours, theirs))
        ]
        rows.append((name, found, *told, f"{theirs / ours:.1f}"))
    print(f"\n{len(kg.documents())} documents, {len(kg)} quads\n")
    table(("question", "rows", "geokg ms", "rdflib ms", "times as fast"), rows)
    print(f"\ngeometric mean: {geometric_mean(ratios):.1f} times as fast", end="")
    print(f"; {stopped} of {len(rows)} stopped in rdflib after {limit:g} s (+)" if stopped else "")


def main() -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description="How fast the cookbook is answered.")
    arguments.add_argument("--documents", type=int, default=20, help="how large the larger graph is")
    arguments.add_argument(
        "--repeat", type=int, default=3, help="how often each question is asked; medians are printed"
    )
    arguments.add_argument("--cap", type=float, default=1.0, help="seconds after which a question is stopped")
    options = arguments.parse_args()
    print(machine())
    compare(geokg.sample(), options.repeat, options.cap)
    if options.documents > 1:
        with tempfile.TemporaryDirectory() as folder:
            copies(Path(folder) / "data", options.documents)
            kg = geokg.build(Path(folder) / "data")
        compare(kg, options.repeat, options.cap)


if __name__ == "__main__":
    main()
