"""How fast it is found what follows, beside reasonable (Rust) and owlrl (Python); and after a change.

The graph is one as geokg builds it (``_domain.py``), with the ontology and its alignments. Each run has a process of
its own, and the engines take turns. *load* is reading the file, *reason* all from there until every triple is there
that follows. geokg writes them into the store that it has; the others hand over new ones. They do not all conclude the
same: geokg what the ontology's axioms say of the data; the others all of OWL 2 RL, most of it about the vocabulary or
that a thing is a thing, and reasonable knows no property chains. So it is counted how much of what geokg finds each has
too.

    python benchmarks/reasoning.py [--triples N ...] [--repeat N] [--peer-python PYTHON]

owlrl is measured up to 15,000 triples, unless told: a hundred thousand take it minutes. reasonable is measured where a
Python is named that has it. The second table is what it takes to be right again after a change, and to find all anew.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

import pyoxigraph as ox
from _domain import domain
from _work import Clock, machine, table
from rdflib import Graph
from rdflib.namespace import OWL, SKOS

from geokg import rules
from geokg.rules.closure import Closure
from geokg.store import Store

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


def run(engine: str, folder: Path, peer: str | None) -> dict[str, float]:
    """One run in a process of its own."""
    own = [sys.executable, __file__, "--run", engine, str(folder)]
    command = [str(peer), "-c", REASONABLE, str(folder)] if engine == "reasonable" else own
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{engine} stopped: {done.stderr.strip().splitlines()[-1]}")
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def compare(folder: Path, triples: int, repeat: int, peer: str | None, limit: int) -> None:
    """Print the table of one size."""
    engines = ["geokg", *(["reasonable"] if peer else []), *(["owlrl"] if triples <= limit else [])]
    runs: dict[str, list[dict[str, float]]] = {engine: [] for engine in engines}
    for _ in range(repeat):
        for engine in engines:
            runs[engine].append(run(engine, folder, peer))
    middle = {engine: {key: median(one[key] for one in some) for key in some[0]} for engine, some in runs.items()}
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
        )
        for engine, told in middle.items()
    ]
    print(f"\n{triples:,} triples, medians of {repeat}\n")
    table(("engine", "load s", "reason s", "times geokg", "MB", "triples found", "of geokg's"), rows)
    for engine, why in (("reasonable", "name a Python that has it"), ("owlrl", "it would take minutes")):
        if engine not in engines:
            print(f"{engine} was left out: {why}")


def follow(folder: Path, repeat: int, seed: int) -> None:
    """Print what it takes to be right again after a change."""
    store = Store.memory()
    store.ox.bulk_load(path=str(folder / "data.nq"), format=ox.RdfFormat.N_QUADS)
    for graph in rules.graphs(store):
        store.drop(graph)
    clock, anew = Clock(), Clock()
    with anew("s"):
        total = rules.apply(store)
    rules.refresh(store)  # the first time, the rules' queries are read
    rng = random.Random(seed)
    documents = rng.sample([graph for graph in store.graphs() if "/graph/document/" in graph], repeat)
    for graph in documents:
        quads = list(store.quads(graph))
        label = [ox.Quad(quads[0].subject, ox.NamedNode(str(SKOS.altLabel)), ox.Literal("x"), quads[0].graph_name)]
        store.extend(label)
        with clock("a label more"):
            rules.refresh(store, added=label)
        store.remove(label)
        store.drop(graph)
        with clock("an article less"):
            rules.refresh(store, removed=quads)
        store.extend(quads)
        with clock("an article more"):
            rules.refresh(store, added=quads)
    print(f"\nFacts and inferences, {total:,} of them, after a change: means of {repeat}\n")
    rows = [(name, f"{1000 * seconds / repeat:.0f}") for name, seconds in clock.seconds.items()]
    table(("change", "ms"), [*rows, ("all anew", f"{1000 * anew.seconds['s']:.0f}")])


def main() -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description="How fast it is found what follows.")
    arguments.add_argument("--triples", type=int, nargs="+", default=[10_000, 100_000])
    arguments.add_argument("--graph", type=Path, nargs="+", default=[], help="N-Quads files to take instead")
    arguments.add_argument("--repeat", type=int, default=3)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--owlrl", type=int, default=15_000, help="up to how many triples it is measured")
    arguments.add_argument("--peer-python", help="a Python that has the package reasonable")
    arguments.add_argument("--run", nargs=2, metavar=("ENGINE", "FOLDER"), help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.run:
        print(json.dumps(ENGINES[options.run[0]](Path(options.run[1]))))
        return
    print(machine())
    given = [ox.parse(path=str(path), format=ox.RdfFormat.N_QUADS) for path in options.graph]
    for quads in given or [domain(triples, seed=options.seed) for triples in options.triples]:
        with tempfile.TemporaryDirectory() as name:
            triples = write(Path(name), quads)
            compare(Path(name), triples, options.repeat, options.peer_python, options.owlrl)
            follow(Path(name), options.repeat, options.seed)


if __name__ == "__main__":
    main()
