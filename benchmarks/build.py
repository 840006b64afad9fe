"""How fast annotated texts become a graph, beside the same work with plain rdflib.

Both sides read the same files with geokg's reader and turn them into the same triples with geokg's population, which is
timed apart. What differs is where the triples go: geokg puts them into its store, applies the rules there and writes
sorted N-Quads; the other side adds them to an rdflib ``Dataset``, applies the same rules with rdflib's own SPARQL and
writes N-Quads as rdflib does. rdflib's terms are made before its clock starts. Both must end with as many quads.

    python benchmarks/build.py [--documents N] [--rule-documents N] [--repeat N]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from _work import Clock, alternate, copies, machine, plain_dataset, plain_quads, table
from rdflib import Dataset, URIRef

import geokg
from geokg import readers, rules
from geokg.claims import populate
from geokg.graph import KnowledgeGraph
from geokg.scheme import Scheme

AXIOMS = Path(__file__).parents[1] / "tests" / "rules"
"""What follows by the ontology's axioms as rules that read them from the data, which any SPARQL engine can run."""


def prepared(data: Path) -> KnowledgeGraph:
    """A graph with all but the documents."""
    kg = KnowledgeGraph.empty()
    kg.curation.add_reference(data / "reference" / "states.ttl")
    kg.curation.add_entities(data / "entities.ttl")
    kg.curation.add_judgements(data / "judgements.jsonl")
    return kg


class Work:
    """Some documents, read and populated, and both ways to go on from there.

    Attributes:
        quads: the quads of the documents alone.
    """

    def __init__(self, folder: Path, documents: int, *, with_rules: bool) -> None:
        self.data = folder / "data"
        self.target = folder / "out.nq"
        self.with_rules = with_rules
        copies(self.data, documents)
        kg = prepared(self.data)
        populations = [
            populate(document, scheme=Scheme.packaged(), register=kg.curation.register, base=kg.base)
            for document in readers.documents(self.data)
        ]
        self.quads = [quad for population in populations for quad in population.quads]
        self.plain = plain_quads(self.quads)
        self.plain_prepared = plain_quads(kg.store.ox)
        self.counts: dict[str, int] = {}

    def text_to_quads(self) -> dict[str, float]:
        """What both sides share."""
        clock, kg = Clock(), prepared(self.data)
        with clock("read"):
            documents = list(readers.documents(self.data))
        register = kg.curation.register
        with clock("populate"):
            for document in documents:
                populate(document, scheme=Scheme.packaged(), register=register, base=kg.base)
        return clock.seconds

    def ours(self) -> dict[str, float]:
        """From quads to a file with geokg."""
        clock, kg = Clock(), prepared(self.data)
        with clock("store"):
            kg.store.extend(self.quads)
        if self.with_rules:
            with clock("rules"):
                kg.apply_rules()
        with clock("write"):
            kg.save(self.target)
        return self._counted("geokg", clock)

    def theirs(self) -> dict[str, float]:
        """From quads to a file with plain rdflib."""
        clock, dataset = Clock(), plain_dataset(self.plain_prepared)
        with clock("store"):
            for graph, triple in self.plain:
                dataset.graph(graph).add(triple)
        if self.with_rules:
            with clock("rules"):
                apply_plainly(dataset, prepared(self.data))
        with clock("write"):
            dataset.serialize(self.target, format="nquads", encoding="utf-8")
        return self._counted("rdflib", clock)

    def _counted(self, side: str, clock: Clock) -> dict[str, float]:
        with self.target.open("rb") as file:
            self.counts[side] = sum(1 for line in file if line.strip())
        if len(set(self.counts.values())) > 1:
            sys.exit(f"the two sides do not agree: {self.counts}")
        return clock.seconds


def apply_plainly(dataset: Dataset, kg: KnowledgeGraph) -> None:
    """What ``geokg.rules.apply`` does, with rdflib alone."""
    policies = rules.policies(kg.store)
    axioms = (rules.Rule.from_file(path) for path in sorted(AXIOMS.glob("*.rq")))
    every = [*axioms, *rules.packaged_rules()]
    for stage in rules.STAGES:
        chosen = [rule for rule in every if rule.name.startswith(stage)]
        while True:
            added = 0
            for rule in chosen:
                for policy in policies if rule.graph == "accepted" else (None,):
                    name, sparql = kg.base.graph + rule.graph, rule.sparql
                    if policy:
                        name += "/" + policy.rsplit("/", 1)[-1]
                        sparql += f"\nVALUES ?policy {{ <{policy}> }}"
                    constructed = dataset.query(sparql).graph
                    new = [triple for triple in constructed or () if triple not in dataset]
                    graph = dataset.graph(URIRef(name))
                    for triple in new:
                        graph.add(triple)
                    added += len(new)
            if stage != "infer" or not added:
                break


def compare(title: str, work: Work, repeat: int) -> None:
    """Print the times of both sides."""
    ours, theirs = alternate([work.ours, work.theirs], repeat)
    ours["together"], theirs["together"] = sum(ours.values()), sum(theirs.values())
    print(f"\n{title}, {work.counts['geokg']} quads in the end\n")
    rows = [(name, f"{ours[name]:.2f} s", f"{theirs[name]:.2f} s", f"{theirs[name] / ours[name]:.1f}") for name in ours]
    table(("", "geokg", "rdflib", "times as fast"), rows)


def whole(data: Path, repeat: int) -> None:
    """Print what ``geokg.build`` does in a second, and what it needs."""
    sizes: list[tuple[int, int]] = []

    def build() -> dict[str, float]:
        clock = Clock()
        with clock("build"):
            kg = geokg.build(data)
        sizes.append((len(kg.documents()), len(kg)))
        return clock.seconds

    seconds = alternate([build], repeat)[0]["build"]
    documents, quads = sizes[0]
    print(f"geokg.build: {documents} documents, {quads} quads, {seconds:.2f} s")
    print(f"  {documents / seconds:.1f} documents/s, {quads / seconds:.0f} quads/s")


def memory(side: str, data: Path) -> str:
    """The peak of a fresh process that holds the documents on one side; only Linux tells it."""
    program = [sys.executable, __file__, "--peak", side, "--data", str(data)]
    return subprocess.run(program, check=True, capture_output=True, text=True).stdout.strip()


def peak(side: str, data: Path) -> None:
    """Hold the documents on one side and print the peak."""
    kg = prepared(data)
    dataset = plain_dataset(plain_quads(kg.store.ox)) if side == "rdflib" else None
    for document in readers.documents(data):
        quads = populate(document, scheme=Scheme.packaged(), register=kg.curation.register, base=kg.base).quads
        if dataset is None:
            kg.store.extend(quads)
        else:
            for graph, triple in plain_quads(quads):
                dataset.graph(graph).add(triple)
    # Not ru_maxrss: on Linux a process starts with the peak of the one that started it.
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    print(next((f"{int(line.split()[1]) >> 10} MiB" for line in lines if line.startswith("VmHWM:")), "not known here"))


def main() -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description="How fast annotated texts become a graph.")
    arguments.add_argument("--documents", type=int, default=50, help="for everything but the comparison of rules")
    arguments.add_argument("--rule-documents", type=int, default=2, help="rdflib needs seconds for the rules of one")
    arguments.add_argument("--repeat", type=int, default=3, help="how often each side runs; medians are printed")
    arguments.add_argument("--peak", choices=["geokg", "rdflib"], help=argparse.SUPPRESS)
    arguments.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.peak:
        peak(options.peak, options.data)
        return
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        work = Work(Path(folder), options.documents, with_rules=False)
        whole(work.data, options.repeat)
        shared = alternate([work.text_to_quads], options.repeat)[0]
        for name, seconds in shared.items():
            print(f"  of that, {name}: {seconds:.2f} s, the same for both sides below")
        compare(f"Store and write {options.documents} documents", work, options.repeat)
        print()
        table(
            ("peak memory", "geokg", "rdflib"),
            [(f"{options.documents} documents held", memory("geokg", work.data), memory("rdflib", work.data))],
        )
        del work
        few = Work(Path(folder) / "few", options.rule_documents, with_rules=True)
        compare(f"Store, apply rules, write {options.rule_documents} documents", few, options.repeat)


if __name__ == "__main__":
    main()
