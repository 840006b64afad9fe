"""How fast annotated texts become a graph on disk: how many a second, in how much memory, and beside what.

Texts are made (`_texts.py`: the article's kind of annotation, short) and built to a store folder by one process, by
two, and by a Dask cluster of two on this machine, where Dask is installed. Beside them stand

- **the limit**: pyoxigraph's own bulk load of the finished quads, sorted N-Quads in one file, and nothing else;
- **plain rdflib**: `_plain.py`, which reads the same files and makes the same quads with rdflib alone, in memory, and
  writes them as N-Quads. Of a sample, whose rate is taken for the whole: that favours rdflib, since its memory would
  not do for the whole. That both give the same quads is checked.

What is compared is population and load: from texts to a store that can be asked. Rules and what follows by axioms run
on the whole once; they are timed apart, and the limit has none. rdflib is given the rules, not the axioms, for a few
texts, since what it takes grows with their square. Memory is the most that a process had, alone and with all that it
started, looked at ten times a second; where more documents take no more, it is flat.

    python benchmarks/build.py [--documents N] [--sample N] [--repeat N]
    python benchmarks/build.py --documents 100000 --repeat 1 --alone --ways "2 processes"     # 20 GB of disk
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
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import _plain
import pyoxigraph as ox
from _texts import texts
from _work import Clock, alternate, machine, table

from geokg import readers, rules
from geokg.claims import populate
from geokg.graph import KnowledgeGraph
from geokg.population import Builder, build
from geokg.population.shards import contents
from geokg.scheme import Scheme
from geokg.vocabulary import GK, packaged

DASK = "Dask, 2 workers"
WAYS = {
    "1 process": ["--jobs", "1"],
    "2 processes": ["--jobs", "2"],
    DASK: ["--jobs", "2", "--dask", "local"],
}
LIMIT = "the limit: bulk load"
FEW = 50
"""How many texts rdflib is given to run rules on: what it takes grows with the square of them."""


class Peak:
    """The memory of a process at its most, alone and with all that it started; only Linux tells it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.own = self.together = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look now and then."""
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            # The proportional size: what processes share counts once.
            own, *others = (_memory(pid) >> 10 for pid in _family(self.pid))
            self.own, self.together = max(self.own, own), max(self.together, own + sum(others))


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


def one_load(file: str, store: str, steps: Path) -> None:
    """What another does: the limit."""
    clock = Clock()
    with clock("load"):
        loaded = ox.Store(store)
        loaded.bulk_load(path=file, format=ox.RdfFormat.N_QUADS, lenient=True)
        loaded.flush()
    steps.write_text(json.dumps({"seconds": clock.seconds}), encoding="utf-8")


class Work:
    """Some documents, and the ways to build them."""

    def __init__(self, folder: Path, documents: int, sample: int) -> None:
        self.folder = folder
        self.data = folder / "data"
        texts(self.data, documents)
        self.some = folder / "some"
        texts(self.some, sample)
        self.sample = sample
        self.few, self.fewer = folder / "few", min(sample, FEW)
        texts(self.few, self.fewer)
        self.peaks: dict[str, tuple[int, int]] = {}
        self.told: dict[str, dict[str, object]] = {}

    def build(self, way: str) -> dict[str, float]:
        """A build in a process of its own."""
        self._empty("store", "work")
        return self._run(
            way, "--one", str(self.data), str(self.folder / "store"), *WAYS[way], "--work", str(self._work)
        )

    def limit(self) -> dict[str, float]:
        """The finished quads, from one file into an empty store."""
        finished = self.folder / "finished.nq"
        if not finished.exists():
            shards = sorted((self._work / "shards").iterdir())
            with finished.open("wb") as file:
                file.writelines(contents((shard, [(0, shard.stat().st_size)]) for shard in shards))
        self._empty("limit")
        return self._run(LIMIT, "--limit", str(finished), str(self.folder / "limit"))

    def plain(self) -> dict[str, float]:
        """The sample with rdflib; what stewards wrote it has beforehand, as we have."""
        written = self.folder / "plain.nq"
        known = _plain.entities(self.some / "entities.ttl", *(self.some / "reference").glob("*.ttl"))
        clock = Clock()
        with clock("all"):
            dataset = _plain.populate(self.some, known)
            dataset.serialize(written, format="nquads", encoding="utf-8")
        if set(ox.parse(path=written, format=ox.RdfFormat.N_QUADS)) != self._ours():
            sys.exit("plain rdflib makes other quads than geokg")
        return clock.seconds

    def plain_rules(self) -> dict[str, float]:
        """The rules on the sample with rdflib's SPARQL, without what axioms give."""
        ontology = packaged("ontology")
        files = [*ontology.glob("*.ttl"), *(ontology / "vocab").glob("*.ttl"), self.few / "entities.ttl"]
        dataset = _plain.populate(self.few, _plain.entities(*files, *(self.few / "reference").glob("*.ttl")))
        _plain.with_ontology(dataset, *files, *(self.few / "reference").glob("*.ttl"))
        clock = Clock()
        with clock("rules"):
            _plain.apply_rules(dataset, ontology / "rules", rules.STAGES)
        kg = build(self.few)
        for predicate in (GK.isAcceptedUnder, GK.isSupportedBy):
            ours = {(q.subject.value, q.object.value) for q in kg.store.match(None, ox.NamedNode(predicate))}
            if ours != {(str(one), str(other)) for one, other in dataset.subject_objects(predicate)}:
                sys.exit("plain rdflib accepts something else than geokg")
        return clock.seconds

    def _ours(self) -> set[ox.Quad]:
        kg = KnowledgeGraph.empty()
        kg.curation.add_folders([self.some])
        how = {"scheme": Scheme.packaged(), "register": kg.curation.register, "base": kg.base}
        return {quad for document in readers.documents(self.some) for quad in populate(document, **how).quads}

    @property
    def _work(self) -> Path:
        return self.folder / "work"

    def _run(self, name: str, *arguments: str) -> dict[str, float]:
        steps = self.folder / "steps.json"
        started = subprocess.Popen([sys.executable, __file__, arguments[0], str(steps), *arguments[1:]])
        peak = Peak(started.pid)
        with peak.watching():
            if started.wait():
                sys.exit(f"{name}: failed")
        own, together = self.peaks.get(name, (0, 0))
        self.peaks[name] = max(own, peak.own), max(together, peak.together)
        self.told[name] = json.loads(steps.read_text(encoding="utf-8"))
        seconds = self.told[name]["seconds"]
        assert isinstance(seconds, dict)
        return {name: float(value) for name, value in seconds.items()}

    def _empty(self, *names: str) -> None:
        for name in names:
            subprocess.run(["rm", "-rf", str(self.folder / name)], check=True)


def report(work: Work, repeat: int, ways: list[str], *, alone: bool) -> None:
    """Print the tables."""
    names = [way for way in ways if way != DASK or find_spec("distributed")]
    if len(names) < len(ways):
        print(f"{DASK}: left out, since it is not installed: pip install 'geokg[cluster]'")
    sides = [partial(work.build, way) for way in names]
    found = alternate([*sides, *(() if alone else (work.limit, work.plain))], repeat)
    first = work.told[names[0]]
    documents, quads = int(str(first["documents"])), int(str(first["quads"]))
    for way in names:
        if (work.told[way]["documents"], work.told[way]["quads"], work.told[way]["all"]) != (
            documents,
            quads,
            first["all"],
        ):
            sys.exit(f"the ways do not agree: {work.told}")
    print(f"{documents} documents, {quads} quads; {first['all']} with the ontology, names, and all that follows\n")
    times = dict(zip(names, (one["Reading"] + one.get("Loading", 0) for one in found), strict=False))
    if not alone:
        times[LIMIT] = found[-2]["load"]
        times[f"plain rdflib, from {work.sample}"] = rdflib = found[-1]["all"] * documents / work.sample
    rows = []
    for name, seconds in times.items():
        row = [name, f"{seconds:.1f} s", f"{documents / seconds:.0f}", f"{quads / seconds:.0f}"]
        row += ["", ""] if alone else [f"{times[LIMIT] / seconds:.2f}", f"{rdflib / seconds:.1f}"]
        rows.append([*row, *(f"{one} MiB" for one in work.peaks.get(name, ()))])
        rows[-1] += [""] * (8 - len(rows[-1]))
    speeds = ("documents/s", "quads/s", "of the limit", "times rdflib")
    table(("", "populate and load", *speeds, "peak memory", "all processes"), rows)
    print("\nrules and axioms, on the whole, once:")
    rules = {way: one["Applying rules"] / documents for way, one in zip(names, found, strict=False)}
    for way, each in rules.items():
        print(f"{way}: {each * documents:.1f} s, {each * 1000:.1f} ms a document")
    if not alone:
        there = work.plain_rules()["rules"] / work.fewer
        print(
            f"plain rdflib, rules alone, of {work.fewer}: {there * work.fewer:.1f} s, {there * 1000:.1f} ms a document"
        )
        ratios = [(rdflib / documents + there) / (times[way] / documents + each) for way, each in rules.items()]
        print("all together, times rdflib: " + ", ".join(f"{ratio:.1f}" for ratio in ratios))


def main() -> None:
    """Run what is asked for."""
    if sys.argv[1:2] == ["--one"]:
        one_build(sys.argv[3:], Path(sys.argv[2]))
        return
    if sys.argv[1:2] == ["--limit"]:
        one_load(sys.argv[3], sys.argv[4], Path(sys.argv[2]))
        return
    arguments = argparse.ArgumentParser(description="How fast annotated texts become a graph on disk.")
    arguments.add_argument("--documents", type=int, default=5000)
    arguments.add_argument("--sample", type=int, default=500, help="how many of them rdflib is given")
    arguments.add_argument("--repeat", type=int, default=3, help="how often each way runs; medians are printed")
    arguments.add_argument("--folder", type=Path, help="where to work; a temporary folder unless given")
    arguments.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS), help="which of ours")
    arguments.add_argument("--alone", action="store_true", help="leave out the limit and rdflib")
    options = arguments.parse_args()
    print(machine())
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        work = Work(Path(folder), options.documents, min(options.sample, options.documents))
        report(work, options.repeat, options.ways, alone=options.alone)


if __name__ == "__main__":
    main()
