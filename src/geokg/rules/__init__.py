"""Accepted facts and inference: the rules in ``ontology/rules/``, run on a store.

A rule is a ``CONSTRUCT`` query in a file of its own; its first lines are comments for people, one of which names the
graph that its triples go to: ``# graph: inferred``, or ``# graph: accepted`` for rules that are run once for each
policy, with ``?policy`` bound. What already stands in any graph is not written again: a triple stands in one only.

The order matters where a rule asks for what is *not* there: who contradicts whom is found before anything is accepted,
and who speaks for whom before claimants are counted as independent. Policies run from the strictest on; what two of
them accept stands in the graph of the stricter one, and ``gk:isAcceptedUnder`` tells what each of them accepts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph as ox

from ..errors import GeokgError, ReadError
from ..store import Store
from ..vocabulary import packaged
from .closure import Closure

STAGES = (
    "infer",
    "claim-0",
    "accept-1",
    "fact",
    "infer",
    "claim-1",
    "accept-2",
    "fact",
    "infer",
    "commitment",
    "infer",
)
"""Which rules run when, by the beginning of their names."""

_GRAPH = re.compile(r"^# graph: (accepted|inferred)$", re.MULTILINE)


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        name: its file's name without the ending.
        about: its comment, for people.
        graph: ``accepted`` or ``inferred``.
        sparql: the query.
    """

    name: str
    about: str
    graph: str
    sparql: str

    @classmethod
    def from_file(cls, path: Path) -> Rule:
        """Read a rule.

        Raises:
            ReadError: the file does not say which graph its triples go to.
        """
        sparql = path.read_text(encoding="utf-8")
        found = _GRAPH.search(sparql)
        if found is None:
            raise ReadError("a rule needs a line '# graph: accepted' or '# graph: inferred'", path=path)
        comments = [line.removeprefix("#").strip() for line in sparql.splitlines() if line.startswith("#")]
        return cls(path.stem, " ".join(c for c in comments if not c.startswith("graph:")), found[1], sparql)


@cache
def packaged_rules() -> tuple[Rule, ...]:
    """The rules that come with geokg, by name.

    >>> [rule.name for rule in packaged_rules() if rule.name.startswith("accept")]
    ['accept-1-voice', 'accept-2-claimants']
    """
    return tuple(Rule.from_file(path) for path in sorted((packaged("ontology") / "rules").glob("*.rq")))


def policies(store: Store) -> tuple[str, ...]:
    """The IRIs of the acceptance policies that a store knows, the strictest first.

    >>> policies(Store.memory())
    ()
    """
    rows = store.solutions(
        "SELECT ?policy ?voice ?required { ?policy a gk:AcceptancePolicy ; gk:admitsVoice ?voice ;"
        " gk:requiresClaimants ?required }"
    )
    found = [(row["voice"].value == "true", -int(row["required"].value), row["policy"].value) for row in rows]
    return tuple(iri for _, _, iri in sorted(found))


def graphs(store: Store) -> list[str]:
    """The IRIs of the graphs that rules have written.

    >>> graphs(Store.memory())
    []
    """
    inferred, accepted = store.base.graph + "inferred", store.base.graph + "accepted/"
    return [graph for graph in store.graphs() if graph == inferred or graph.startswith(accepted)]


def clear(store: Store) -> None:
    """Take away all that rules have written."""
    for graph in graphs(store):
        store.drop(graph)


def apply(store: Store, rules: tuple[Rule, ...] | None = None) -> int:
    """Write anew what axioms and rules give for what the store holds now.

    Acceptance asks for what is not there (nobody disputes it), so adding a document may take a fact away: all that
    rules wrote is dropped and found again.

    Args:
        store: the store, changed in place.
        rules: the packaged rules, unless given.

    Returns:
        How many triples there are then that follow.

    >>> apply(Store.memory())
    0
    """
    clear(store)
    closure = Closure(store, store.base.graph + "inferred")
    return closure.all() + _stages(store, closure, packaged_rules() if rules is None else rules)


def _stages(store: Store, closure: Closure, rules: tuple[Rule, ...]) -> int:
    """Run the rules on a store that holds what follows by axioms alone."""
    known = policies(store)
    total = 0
    new: list[ox.Quad] = []
    for stage in STAGES:
        chosen = [rule for rule in rules if rule.name.startswith(stage)]
        while True:
            if stage == "infer":
                total += closure.follow(quad.triple for quad in new)
                new = []
            found = [quad for rule in chosen for policy in _for(rule, known) for quad in _run(store, rule, policy)]
            total += len(found)
            new += found
            if stage != "infer" or not found:
                break
    return total


def _for(rule: Rule, known: tuple[str, ...]) -> tuple[str | None, ...]:
    return known if rule.graph == "accepted" else (None,)


def _run(store: Store, rule: Rule, policy: str | None) -> list[ox.Quad]:
    graph, sparql = store.base.graph + rule.graph, rule.sparql
    if policy is not None:
        graph += "/" + policy.rsplit("/", 1)[-1]
        sparql += f"\nVALUES ?policy {{ <{policy}> }}"
    quads = list(_new(store, sparql, ox.NamedNode(graph)))
    store.extend(quads)
    return quads


def _new(store: Store, sparql: str, graph: ox.NamedNode) -> Iterator[ox.Quad]:
    results = store.query(sparql)
    if not isinstance(results, ox.QueryTriples):
        raise GeokgError(f"a rule is a CONSTRUCT query, not this one:\n{sparql}")
    for triple in store.unknown(results):
        yield ox.Quad(triple.subject, triple.predicate, triple.object, graph)
