"""What both benchmarks share: texts to work on, the same quads for both sides, a fair clock, plain tables."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import pyoxigraph as ox
from rdflib import BNode, Dataset, Literal, URIRef
from rdflib.namespace import XSD

from geokg.vocabulary import packaged

Triple = tuple[Any, Any, Any]


def copies(folder: Path, number: int) -> None:
    """Write the packaged data and the article again and again, each time as a document of its own.

    Args:
        folder: where to; it must not exist.
        number: how many documents there are then.
    """
    shutil.copytree(packaged("data"), folder)
    article = folder / "china-taliban"
    for count in range(2, number + 1):
        copy = folder / f"copy-{count:04}"
        copy.mkdir()
        for name in ("article.txt", "article.ann"):
            shutil.copyfile(article / name, copy / name)


def machine() -> str:
    """The line that a table of times is worth nothing without."""
    parts = ", ".join(f"{name} {version(name)}" for name in ("geokg", "pyoxigraph", "oxrdflib", "rdflib"))
    here = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return f"Python {platform.python_version()} on {here}; {parts}"


def plain_term(term: Any) -> Any:
    """A pyoxigraph term as rdflib's, spelt the same."""
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    if term.language:
        return Literal(term.value, lang=term.language)
    if term.datatype.value == str(XSD.string):
        return Literal(term.value)  # to rdflib, "a" and "a"^^xsd:string are two
    return Literal(term.value, datatype=URIRef(term.datatype.value), normalize=False)


def plain_quads(quads: Iterable[ox.Quad]) -> list[tuple[URIRef, Triple]]:
    """Quads as rdflib has them, the graph's name first."""
    return [
        (URIRef(q.graph_name.value), (plain_term(q.subject), plain_term(q.predicate), plain_term(q.object)))
        for q in quads
    ]


def plain_dataset(quads: Iterable[tuple[URIRef, Triple]]) -> Dataset:
    """An rdflib ``Dataset`` in memory, as its own documentation fills it."""
    dataset = Dataset(default_union=True)
    for graph, triple in quads:
        dataset.graph(graph).add(triple)
    return dataset


class Late(Exception):
    """Something took longer than it may."""


@contextmanager
def cap(seconds: float) -> Iterator[None]:
    """Stop what takes longer; where the system has no timer (Windows), nothing is stopped."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def late(_number: int, _frame: object) -> None:
        raise Late

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def alternate(sides: Sequence[Callable[[], dict[str, float]]], repeat: int) -> list[dict[str, float]]:
    """Run each side in turn, so that a slow minute hits both; the median of each of their times."""
    runs: list[list[dict[str, float]]] = [[] for _ in sides]
    for _ in range(repeat):
        for side, run in zip(sides, runs, strict=True):
            run.append(side())
    return [{name: median(one[name] for one in run) for name in run[0]} for run in runs]


class Clock:
    """Seconds by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Add what happens inside to a name."""
        start = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table: the first column to the left, numbers to the right."""
    rows = [header, *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join([row[0].ljust(widths[0]), *cells]).rstrip())
