"""How fast annotated texts become a graph on disk: how many a second, in how much memory, and beside what.

Texts are made (`_texts.py`: the article's kind of annotation, short) and built to a store folder by one process, by
two, and by a Dask cluster of two on this machine. Beside them stand

- **the limit**: pyoxigraph's own bulk load of the finished quads, sorted N-Quads in one file, and nothing else;
- **plain rdflib**: the same texts, read and understood by geokg's reader and population, whose quads are put into an
  rdflib ``Dataset`` term by term and written as N-Quads. Of a sample, whose rate is taken for the whole: that favours
  rdflib, since its memory would not do for the whole.

What is compared is population and load: from texts to a store that can be asked. Rules and what follows by axioms run
on the whole once; they are timed apart, and the limit has none. Memory is the most that all processes of a build had
together, looked at ten times a second; where more documents take no more, it is flat.

    python benchmarks/build.py [--documents N] [--sample N] [--repeat N]
    python benchmarks/build.py --documents 100000 --repeat 1        # some twenty minutes, 20 GB of disk
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyoxigraph as ox
from _texts import texts
from _work import Clock, alternate, machine, plain_dataset, plain_quads, table

from geokg import readers
from geokg.claims import populate
from geokg.graph import KnowledgeGraph
from geokg.population import Builder
from geokg.population.shards import contents
from geokg.scheme import Scheme

WAYS = {
    "1 process": ["--jobs", "1"],
    "2 processes": ["--jobs", "2"],
    "Dask, 2 workers": ["--jobs", "2", "--dask", "local"],
}


class Peak:
    """The memory of a process with all that it started, at its most; only Linux tells it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.mebibytes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look now and then."""
        self._thread.start()
        yield
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            # The proportional size: what processes share counts once.
            self.mebibytes = max(self.mebibytes, sum(map(_memory, _family(self.pid))) >> 10)


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in _family(int(child)))]


def _memory(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def one_build(arguments: list[str], steps: Path) -> None:
    """What a process of its own does: a build, with its seconds by step as JSON."""
    options = argparse.ArgumentParser()
    options.add_argument("source")
    options.add_argument("target")
    options.add_argument("--jobs", type=int)
    options.add_argument("--dask")
    options.add_argument("--work", type=Path)
    given = options.parse_args(arguments)
    seconds: dict[str, float] = {}
    last = ["Starting", time.perf_counter()]

    def report(doing: str, _done: int, _total: int) -> None:
        if doing != last[0]:
            now = time.perf_counter()
            seconds[str(last[0])] = now - float(last[1])
            last[:] = [doing, now]

    with Builder(
        [given.source], given.target, jobs=given.jobs, dask=given.dask, work=given.work, report=report
    ) as builder:
        builder.run()
        report("", 0, 0)
        totals = builder.manifest.totals()
        told = {"documents": totals.documents, "quads": totals.quads, "all": builder.quads, "seconds": seconds}
    steps.write_text(json.dumps(told), encoding="utf-8")


class Work:
    """Some documents, and the ways to build them."""

    def __init__(self, folder: Path, documents: int, sample: int) -> None:
        self.folder = folder
        self.data = folder / "data"
        texts(self.data, documents)
        self.some = folder / "some"
        texts(self.some, sample)
        self.sample = sample
        self.peaks: dict[str, int] = {}
        self.told: dict[str, dict[str, object]] = {}

    def build(self, way: str) -> dict[str, float]:
        """A build in a process of its own."""
        steps = self.folder / "steps.json"
        arguments = [str(self.data), str(self.folder / "store"), *WAYS[way], "--work", str(self.folder / "work")]
        self._empty("store", "work")
        started = subprocess.Popen([sys.executable, __file__, "--one", str(steps), *arguments])
        peak = Peak(started.pid)
        with peak.watching():
            if started.wait():
                sys.exit("the build failed")
        self.peaks[way] = max(self.peaks.get(way, 0), peak.mebibytes)
        self.told[way] = json.loads(steps.read_text(encoding="utf-8"))
        seconds = self.told[way]["seconds"]
        assert isinstance(seconds, dict)
        return {name: float(value) for name, value in seconds.items()}

    def limit(self) -> dict[str, float]:
        """The finished quads, from one file into an empty store."""
        finished = self.folder / "finished.nq"
        if not finished.exists():
            shards = sorted((self.folder / "work" / "shards").iterdir())
            with finished.open("wb") as file:
                file.writelines(contents((shard, [(0, shard.stat().st_size)]) for shard in shards))
        self._empty("limit")
        clock = Clock()
        with clock("load"):
            store = ox.Store(str(self.folder / "limit"))
            store.bulk_load(path=str(finished), format=ox.RdfFormat.N_QUADS, lenient=True)
            store.flush()
        return clock.seconds

    def plain(self) -> dict[str, float]:
        """The sample with rdflib."""
        clock = Clock()
        kg = KnowledgeGraph.empty()
        kg.curation.add_folders([self.some])
        scheme, register = Scheme.packaged(), kg.curation.register
        with clock("all"):
            dataset = plain_dataset([])
            for document in readers.documents(self.some):
                quads = populate(document, scheme=scheme, register=register, base=kg.base).quads
                for graph, triple in plain_quads(quads):
                    dataset.graph(graph).add(triple)
            dataset.serialize(self.folder / "plain.nq", format="nquads", encoding="utf-8")
        return clock.seconds

    def _empty(self, *names: str) -> None:
        for name in names:
            subprocess.run(["rm", "-rf", str(self.folder / name)], check=True)


def report(work: Work, repeat: int) -> None:
    """Print the tables."""
    sides = [*(lambda way=way: work.build(way) for way in WAYS), work.limit, work.plain]
    *ways, limit, plain = alternate(sides, repeat)
    first = work.told["1 process"]
    documents, quads = int(str(first["documents"])), int(str(first["quads"]))
    for told in work.told.values():
        if (told["documents"], told["quads"], told["all"]) != (documents, quads, first["all"]):
            sys.exit(f"the ways do not agree: {work.told}")
    print(f"{documents} documents, {quads} quads; {first['all']} with the ontology, names, and all that follows\n")
    rdflib = plain["all"] * documents / work.sample
    rows = []
    for way, seconds in zip(WAYS, ways, strict=True):
        together = seconds["Reading"] + seconds["Loading"]
        rows.append(
            (
                way,
                f"{seconds['Reading']:.1f} s",
                f"{seconds['Loading']:.1f} s",
                f"{documents / together:.0f}",
                f"{quads / together:.0f}",
                f"{limit['load'] / together:.2f}",
                f"{rdflib / together:.1f}",
                f"{work.peaks[way]} MiB",
            )
        )
    rows.append(
        (
            "the limit: bulk load",
            "",
            f"{limit['load']:.1f} s",
            f"{documents / limit['load']:.0f}",
            f"{quads / limit['load']:.0f}",
            "1.00",
            f"{rdflib / limit['load']:.1f}",
            "",
        )
    )
    rows.append(
        (
            f"plain rdflib, from {work.sample}",
            "",
            f"{rdflib:.1f} s",
            f"{documents / rdflib:.0f}",
            f"{quads / rdflib:.0f}",
            f"{limit['load'] / rdflib:.2f}",
            "1.0",
            "",
        )
    )
    header = ("", "populate", "load", "documents/s", "quads/s", "of the limit", "times rdflib", "peak memory")
    table(header, rows)
    rules, write = ways[1]["Applying rules"], ways[1]["Writing"]
    print(f"\nrules and axioms on the whole, once: {rules:.1f} s; to its place: {write:.1f} s")


def main() -> None:
    """Run what is asked for."""
    if sys.argv[1:2] == ["--one"]:
        one_build(sys.argv[3:], Path(sys.argv[2]))
        return
    arguments = argparse.ArgumentParser(description="How fast annotated texts become a graph on disk.")
    arguments.add_argument("--documents", type=int, default=5000)
    arguments.add_argument("--sample", type=int, default=500, help="how many of them rdflib is given")
    arguments.add_argument("--repeat", type=int, default=3, help="how often each way runs; medians are printed")
    arguments.add_argument("--folder", type=Path, help="where to work; a temporary folder unless given")
    options = arguments.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        report(Work(Path(folder), options.documents, min(options.sample, options.documents)), options.repeat)


if __name__ == "__main__":
    main()
