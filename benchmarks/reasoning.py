"""How fast it is found what follows, beside reasonable (Rust) and owlrl (Python); and after a change.

The graph is one as geokg builds it (``_domain.py``), with the ontology and its alignments. Each run has a process of
its own, and the engines take turns. *load* is reading the file, *reason* all from there until every triple is there
that follows. geokg writes them into the store that it has; the others hand over new ones. They do not all conclude the
same: geokg what the ontology's axioms say of the data; the others all of OWL 2 RL, most of it about the vocabulary or
that a thing is a thing, and reasonable knows no property chains. So it is counted how much of what geokg finds each has
too.

    python benchmarks/reasoning.py [--triples N ...] [--peer-python PYTHON] [--gigabytes N] [--minutes N]

A run is stopped when it takes too much memory or time, which the table tells, and so is the same engine at any larger
graph. What takes a minute is run once, the rest some times. reasonable is measured where a Python is named that has it;
`--triples 1000000` takes a quarter of an hour. The second table is what it takes to be right again after a change, and
to find all anew.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

import pyoxigraph as ox
from _domain import domain
from _work import Clock, machine, table
from rdflib import Graph
from rdflib.namespace import OWL

from geokg import rules
from geokg.rules.closure import Closure
from geokg.store import Store
from geokg.vocabulary import GK

CLAIMED = {
    str(name)
    for name in (GK.hasContent, GK.hasPolarity, GK.hasStance, GK.hasCertainty, GK.hasTimeRelation, GK.isClaimedBy)
}
REASONABLE = """
import json, resource, sys, time
import reasonable
start = time.perf_counter()
reasoner = reasonable.PyReasoner()
reasoner.load_file(sys.argv[1] + "/data.ttl")
loaded = time.perf_counter()
triples = reasoner.reason()
done = time.perf_counter()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
with open(sys.argv[1] + "/data.ttl", encoding="utf-8") as file:
    known = {line.removesuffix(" .\\n") for line in file}
with open(sys.argv[1] + "/ours.txt", encoding="utf-8") as file:
    ours = {line.strip() for line in file}
found = shared = 0
while triples:  # there may be millions: one by one
    triple = " ".join(term.n3() for term in triples.pop())
    found += triple not in known
    shared += triple in ours
print(json.dumps({"load": loaded - start, "reason": done - loaded, "found": found, "shared": shared, "MB": peak}))
"""


def write(folder: Path, quads: Iterable[ox.Quad]) -> int:
    """Write a graph, and what geokg finds to follow, for the others to be held against; how large the graph is."""
    store = Store.memory()
    store.ox.bulk_extend(quad for quad in quads if quad.predicate.value != str(OWL.imports))
    size = len(store)
    ox.serialize(store.quads(), str(folder / "data.nq"), format=ox.RdfFormat.N_QUADS)
    # reasonable tells formats by their endings; N-Triples is Turtle too.
    ox.serialize({q.triple for q in store.quads()}, str(folder / "data.ttl"), format=ox.RdfFormat.N_TRIPLES)
    Closure(store, store.base.graph + "inferred").all()
    follows = store.quads(store.base.graph + "inferred")
    lines = [f"{quad.subject} {quad.predicate} {quad.object}\n" for quad in follows]
    (folder / "ours.txt").write_text("".join(lines), encoding="utf-8")
    return size


def ours(folder: Path) -> dict[str, float]:
    """geokg, from a file with graphs."""
    clock, store = Clock(), Store.memory()
    with clock("load"):
        store.ox.bulk_load(path=str(folder / "data.nq"), format=ox.RdfFormat.N_QUADS)
    with clock("reason"):
        found = Closure(store, store.base.graph + "inferred").all()
    return {**clock.seconds, "found": found, "shared": found, "MB": peak()}


def owlrl(folder: Path) -> dict[str, float]:
    """owlrl, on rdflib's graph."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own, at import
        from owlrl import DeductiveClosure, OWLRL_Semantics
    clock = Clock()
    with clock("load"):
        graph = Graph().parse(folder / "data.ttl", format="nt")
    before = len(graph)
    with clock("reason"):
        DeductiveClosure(OWLRL_Semantics).expand(graph)
    found = {" ".join(term.n3() for term in triple) for triple in graph}
    lines = (folder / "ours.txt").read_text(encoding="utf-8").splitlines()
    return {**clock.seconds, "found": len(graph) - before, "shared": sum(line in found for line in lines), "MB": peak()}


def peak() -> float:
    """The most memory that this process held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


ENGINES: dict[str, Callable[[Path], dict[str, float]]] = {"geokg": ours, "owlrl": owlrl}


class StoppedError(Exception):
    """A run that took too much, and of what."""


class Runner:
    """Runs each in a process of its own, and stops what takes too much.

    Args:
        peer: a Python that has reasonable.
        gigabytes: of memory, as far as the system tells how much a process holds (Linux).
        minutes: of time.
    """

    def __init__(self, peer: str | None, gigabytes: float, minutes: float) -> None:
        self.engines = ["geokg", *(["reasonable"] if peer else []), "owlrl"]
        self.stopped: dict[str, str] = {}
        self._peer = peer
        self._gigabytes = gigabytes
        self._minutes = minutes

    def __call__(self, engine: str, folder: Path) -> dict[str, float]:
        """What one run tells.

        Raises:
            StoppedError: it took too much.
        """
        own = [sys.executable, __file__, "--run", engine, str(folder)]
        command = [str(self._peer), "-c", REASONABLE, str(folder)] if engine == "reasonable" else own
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            child = subprocess.Popen(command, stdout=out, stderr=err, text=True)
            try:
                self._watch(child)
            finally:
                child.kill()
                child.wait()
            out.seek(0)
            err.seek(0)
            if child.returncode:
                sys.exit(f"{engine} stopped: {err.read().strip().splitlines()[-1:]}")
            told: dict[str, float] = json.loads(out.read().splitlines()[-1])
            return told

    def _watch(self, child: subprocess.Popen[str]) -> None:
        start = time.monotonic()
        while child.poll() is None:
            if time.monotonic() - start > 60 * self._minutes:
                raise StoppedError(f"stopped after {self._minutes:g} minutes")
            if held(child.pid) > self._gigabytes * 1e9:
                raise StoppedError(f"stopped at {self._gigabytes:g} GB")
            time.sleep(0.1)


def held(process: int) -> float:
    """The bytes of memory that a process holds; none where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * resource.getpagesize()


def compare(folder: Path, triples: int, repeat: int, runner: Runner) -> None:
    """Print the table of one size."""
    runs: dict[str, list[dict[str, float]]] = {engine: [] for engine in runner.engines}
    for number in range(repeat):
        for engine, some in runs.items():
            if engine in runner.stopped or (number and some[0]["load"] + some[0]["reason"] > 60):
                continue
            try:
                some.append(runner(engine, folder))
            except StoppedError as stop:
                runner.stopped[engine] = f"{stop}, with {triples:,} triples"
    middle = {
        engine: {key: median(one[key] for one in some) for key in some[0]} for engine, some in runs.items() if some
    }
    own = middle["geokg"]
    rows = [
        (
            engine,
            f"{told['load']:.2f}",
            f"{told['reason']:.2f}",
            f"{told['reason'] / own['reason']:.1f}",
            f"{told['MB']:.0f}",
            f"{told['found']:,.0f}",
            f"{told['shared'] / own['found']:.1%}",
            str(len(runs[engine])),
        )
        for engine, told in middle.items()
    ]
    print(f"\n{triples:,} triples, medians\n")
    table(("engine", "load s", "reason s", "times geokg", "MB", "triples found", "of geokg's", "runs"), rows)
    for engine, why in runner.stopped.items():
        print(f"{engine}: {why}")
    if "reasonable" not in runner.engines:
        print("reasonable was left out: name a Python that has it")
    sys.stdout.flush()


def follow(folder: Path, repeat: int, seed: int) -> None:
    """Print what it takes to be right again after a change."""
    store = Store.memory()
    store.ox.bulk_load(path=str(folder / "data.nq"), format=ox.RdfFormat.N_QUADS)
    for graph in rules.graphs(store):
        store.drop(graph)
    start = time.perf_counter()
    total = rules.apply(store)
    anew = time.perf_counter() - start
    rules.refresh(store)  # the first time, the rules' queries are read
    seconds: dict[str, list[float]] = {}

    def changed(name: str, removed: list[ox.Quad], added: list[ox.Quad]) -> None:
        store.remove(removed)
        store.extend(added)
        start = time.perf_counter()
        rules.refresh(store, removed=removed, added=added)
        seconds.setdefault(name, []).append(time.perf_counter() - start)

    rng = random.Random(seed)
    for graph in rng.sample([graph for graph in store.graphs() if "/graph/document/" in graph], repeat):
        quads = sorted(store.quads(graph), key=str)
        resting = [quad for quad in quads if quad.predicate.value in CLAIMED]
        claim = rng.choice([quad.subject for quad in quads if quad.predicate.value == str(GK.isClaimedBy)])
        for name, edit in (
            ("a claim", [quad for quad in quads if quad.subject == claim]),
            ("20 triples", rng.sample(quads, 20)),
            ("20 triples that acceptance asks for", rng.sample(resting, 20)),
            ("an article", quads),
        ):
            changed(name, edit, [])
            changed(name, [], edit)
    print(f"\nFacts and inferences, {total:,} of them, after a change: medians of {2 * repeat}, there and back\n")
    rows = [(name, f"{1000 * median(some):.0f}", f"{1000 * max(some):.0f}") for name, some in seconds.items()]
    table(("change", "ms", "at most"), [*rows, ("all anew", f"{1000 * anew:.0f}", "")])


def main() -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description="How fast it is found what follows.")
    arguments.add_argument("--triples", type=int, nargs="+", default=[10_000, 100_000])
    arguments.add_argument("--graph", type=Path, nargs="+", default=[], help="N-Quads files to take instead")
    arguments.add_argument("--repeat", type=int, default=3)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--gigabytes", type=float, default=8, help="of memory that a run may take")
    arguments.add_argument("--minutes", type=float, default=10, help="that a run may take")
    arguments.add_argument("--peer-python", help="a Python that has the package reasonable")
    arguments.add_argument("--run", nargs=2, metavar=("ENGINE", "FOLDER"), help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.run:
        print(json.dumps(ENGINES[options.run[0]](Path(options.run[1]))))
        return
    print(machine())
    runner = Runner(options.peer_python, options.gigabytes, options.minutes)
    given = [ox.parse(path=str(path), format=ox.RdfFormat.N_QUADS) for path in options.graph]
    for quads in given or [domain(triples, seed=options.seed) for triples in options.triples]:
        with tempfile.TemporaryDirectory() as name:
            triples = write(Path(name), quads)
            compare(Path(name), triples, options.repeat, runner)
            follow(Path(name), options.repeat, options.seed)


if __name__ == "__main__":
    main()
