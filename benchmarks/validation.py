"""How fast a generated graph is validated, beside pyshacl and pyshifty on the same triples and shapes.

The graph is one as geokg builds it, with faults in it (``_domain.py``). All judge by the packaged shapes, but for those
that name graphs, which only geokg can do. Each run has a process of its own, and the engines take turns, so that a slow
minute hits all. *load* is reading the file, *validate* everything from there to the results; pyshifty does both in one
call. Memory is the most that the process held. Results may differ a little: ``docs/validation.md`` says why.

    python benchmarks/validation.py [--triples N ...] [--repeat N] [--pyshacl N] [--full]

pyshacl is measured up to 10,000 triples unless more are asked for; it takes a quarter of an hour for a million. After
each table: how long the report takes to follow an edit of twenty triples (``_edits.py``).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

import pyoxigraph as ox
from _domain import domain, faulty
from _edits import filled, packaged_model, timed
from _work import Clock, machine, table
from rdflib import Graph
from rdflib.namespace import OWL, SH

from geokg.shacl import read_shapes, validate
from geokg.shacl.reading import read_model
from geokg.shacl.shapes import without_targets
from geokg.shacl.spelling import fill
from geokg.shacl.standing import Standing
from geokg.vocabulary import packaged

FAULTS = 0.001


def write(folder: Path, triples: int, seed: int) -> None:
    """Write a graph, once with its graphs and once without, and the shapes."""
    quads = [quad for quad in domain(triples, seed=seed) if quad.predicate.value != str(OWL.imports)]
    dirty = list(faulty(quads, FAULTS, seed=seed, nameless=False))
    ox.serialize(dirty, str(folder / "data.nq"), format=ox.RdfFormat.N_QUADS)
    ox.serialize(dict.fromkeys(quad.triple for quad in dirty), str(folder / "data.nt"), format=ox.RdfFormat.N_TRIPLES)
    shapes = read_shapes(packaged("ontology") / "shapes")
    naming = {query for query, text in shapes.subject_objects(SH.select) if "GRAPH " in str(text)}
    without = {shape for shape, query in shapes.subject_objects(SH.sparql) if query in naming}
    kept = without_targets(shapes, {str(shape) for shape in set(shapes.subjects()) - without})
    kept.serialize(folder / "shapes.ttl", format="turtle", encoding="utf-8")


def ours(folder: Path, clock: Clock) -> int:
    """geokg, from a file with graphs."""
    store = ox.Store()
    with clock("load"):
        spelling = fill(store, ox.parse(path=str(folder / "data.nq"), format=ox.RdfFormat.N_QUADS))
    with clock("validate"):
        model = read_model(read_shapes(folder / "shapes.ttl"))
        return len(validate(store, model, spelling=spelling).results)


def their_pyshacl(folder: Path, clock: Clock) -> int:
    """Run pyshacl as it comes."""
    from pyshacl import validate as pyshacl_validate

    with clock("load"):
        data = Graph().parse(folder / "data.nt", format="nt")
    with clock("validate"):
        shapes = Graph().parse(folder / "shapes.ttl", format="turtle")
        _, report, _ = pyshacl_validate(data, shacl_graph=shapes)
        return sum(1 for _ in report.objects(None, SH.result))


def their_pyshifty(folder: Path, clock: Clock) -> int:
    """Run pyshifty, which reads files itself."""
    import shifty

    with clock("validate"):
        _, report, _ = shifty.validate(
            folder / "data.nt", shacl_graph=folder / "shapes.ttl", graph_mode="data", infer=False
        )
        return sum(1 for _ in report.objects(None, SH.result))


ENGINES: dict[str, Callable[[Path, Clock], int]] = {
    "geokg": ours,
    "pyshifty": their_pyshifty,
    "pyshacl": their_pyshacl,
}


def run(engine: str, folder: Path) -> dict[str, float]:
    """One run in a process of its own."""
    command = [sys.executable, __file__, "--run", engine, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{engine} stopped: {done.stderr.strip().splitlines()[-1]}")
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def run_here(engine: str, folder: Path) -> None:
    """Say what a run took."""
    clock = Clock()
    results = ENGINES[engine](folder, clock)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"load": 0.0, **clock.seconds, "results": results, "MB": peak}))


def compare(triples: int, *, repeat: int, limit: int, seed: int) -> None:
    """Print the table of one size."""
    engines = [engine for engine in ENGINES if engine != "pyshacl" or triples <= limit]
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), triples, seed)
        runs: dict[str, list[dict[str, float]]] = {engine: [] for engine in engines}
        for _ in range(repeat):
            for engine in engines:
                runs[engine].append(run(engine, Path(name)))
    middle = {engine: {key: median(one[key] for one in some) for key in some[0]} for engine, some in runs.items()}
    own = middle["geokg"]["load"] + middle["geokg"]["validate"]
    rows = []
    for engine, told in middle.items():
        both = told["load"] + told["validate"]
        rows.append(
            (
                engine,
                f"{told['load']:.2f}" if told["load"] else "",
                f"{told['validate']:.2f}",
                f"{both:.2f}",
                f"{both / own:.1f}",
                f"{told['MB']:.0f}",
                f"{told['results']:.0f}",
            )
        )
    print(f"\n{triples:,} triples, medians of {repeat}")
    table(("engine", "load s", "validate s", "both s", "times geokg", "MB", "results"), rows)
    if "pyshacl" not in engines:
        print("pyshacl was left out; --pyshacl N measures it on graphs of up to N triples")


def edits(triples: int, *, repeat: int, seed: int) -> None:
    """Print how long the report takes to follow edits of one graph."""
    store = filled(triples, faults=FAULTS, seed=seed)
    seconds = timed(store, Standing(store, packaged_model()), repeat=repeat, seed=seed)
    print(f"\nedits of some twenty triples, {len(store):,} triples, {repeat} of each kind")
    table(
        ("edit", "median ms", "p95 ms"),
        [
            (kind, f"{1000 * median(some):.1f}", f"{1000 * quantiles(some, n=20)[-1]:.1f}")
            for kind, some in seconds.items()
        ],
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="How fast a generated graph is validated.")
    parser.add_argument("--triples", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--edits", type=int, default=20, help="how many of each kind; 0 for none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pyshacl", type=int, default=10_000, help="up to how many triples pyshacl is measured")
    parser.add_argument("--full", action="store_true", help="10,000, 100,000 and a million triples, pyshacl too")
    parser.add_argument("--run", nargs=2, metavar=("ENGINE", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        run_here(options.run[0], Path(options.run[1]))
        return
    if options.full:
        options.triples, options.pyshacl = [10_000, 100_000, 1_000_000], 1_000_000
    print(machine())
    for triples in options.triples:
        compare(triples, repeat=options.repeat, limit=options.pyshacl, seed=options.seed)
        if options.edits:
            edits(triples, repeat=options.edits, seed=options.seed)


if __name__ == "__main__":
    main()
