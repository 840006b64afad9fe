"""Accepted facts and inference: the axioms of the ontology and the rules in ``ontology/rules/``, run on a store.

What the axioms give is found by :mod:`.closure`. A rule is a ``CONSTRUCT`` query in a file of its own; its first lines
are comments for people, one of which names the graph that its triples go to: ``# graph: inferred``, or
``# graph: accepted`` for rules that are run once for each policy, with ``?policy`` bound. What already stands in any
graph is not written again: a triple stands in one only.

The order matters where a rule asks for what is *not* there: who contradicts whom is found before anything is accepted,
and who speaks for whom before claimants are counted as independent. Policies run from the strictest on; what two of
them accept stands in the graph of the stricter one, and ``gk:isAcceptedUnder`` tells what each of them accepts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph as ox

from ..errors import GeokgError, ReadError
from ..store import Store
from ..vocabulary import GK, Base, packaged, prefixes
from .axioms import TYPE, says_axioms, signature
from .closure import Closure
from .footprint import Footprint, footprint

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
"""Which rules run when, by the beginning of their names; axioms at each ``infer``."""

_POLICY = ox.NamedNode(str(GK.AcceptancePolicy))
_GRAPH = re.compile(r"^# graph: (accepted|inferred)$", re.MULTILINE)


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        name: its file's name without the ending.
        about: its comment, for people.
        graph: ``accepted`` or ``inferred``.
        sparql: the query. Where it says ``VALUES ?policy { UNDEF }``, which by itself says nothing, the policy is put
            in; it should say so where an engine does well to know the policy first.
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

    def under(self, policy: str | None) -> str:
        """The query for one policy; as it is for none."""
        if policy is None:
            return self.sparql
        return self.sparql.replace("{ UNDEF }", f"{{ <{policy}> }}") + f"\nVALUES ?policy {{ <{policy}> }}"

    @cache  # noqa: B019  # there are few rules, and they live as long as the process
    def footprint(self, base: Base) -> Footprint | None:
        """What the rule asks for and gives; nothing if that may be anything."""
        return footprint(self.sparql, prefixes(base))


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

    Services differ in what they make of a query; what is accepted hangs on none of them. For a store on another machine
    the rules are run on a copy here, and what they give is sent where it differs.

    Args:
        store: the store, changed in place.
        rules: the packaged rules, unless given.

    Returns:
        How many triples there are then that follow.

    >>> apply(Store.memory())
    0
    """
    rules = packaged_rules() if rules is None else rules
    if not store.is_here:
        return _apply_there(store, rules)
    clear(store)
    closure = Closure(store, store.base.graph + "inferred")
    return closure.all() + _stages(store, closure, rules)


def _apply_there(store: Store, rules: tuple[Rule, ...]) -> int:
    copy = Store.memory(base=store.base)
    copy.extend(store.quads())
    former = {graph: set(copy.quads(graph)) for graph in graphs(copy)}
    total = apply(copy, rules)
    for graph in sorted({*former, *graphs(copy)}):
        now = set(copy.quads(graph))
        if now != former.get(graph):
            store.drop(graph)
            store.extend(now)
    return total


def refresh(
    store: Store,
    *,
    removed: Iterable[ox.Quad] = (),
    added: Iterable[ox.Quad] = (),
    rules: tuple[Rule, ...] | None = None,
) -> None:
    """Put right what axioms and rules give after a change: the same as ``apply`` would write, sooner.

    What follows by axioms is followed from the change alone. Where the change can touch what a rule asks for, all
    that rules wrote is taken away and found again, as it can be anywhere; so it is with all if the axioms change, or
    what rules wrote was itself meddled with.

    Args:
        store: the store after the change; before it, it held what rules and axioms gave.
        removed: the quads that went.
        added: the quads that came.
        rules: the packaged rules, unless given.

    >>> store = Store.memory()
    >>> said, hu = ox.NamedNode("x:said"), ox.NamedNode("x:hu")
    >>> quad = ox.Quad(hu, ox.NamedNode("x:knows"), ox.NamedNode("x:hua"), said)
    >>> store.extend([quad])
    >>> refresh(store, added=[quad])
    """
    rules = packaged_rules() if rules is None else rules
    went, came = list(removed), list(added)
    written, inferred = graphs(store), store.base.graph + "inferred"
    prints = [rule.footprint(store.base) for rule in rules]
    named = [mark for mark in prints if mark is not None]
    meddled = {inferred, *written}.intersection(_graph(quad) for quad in [*went, *came])
    if not store.is_here or meddled or len(named) < len(prints) or any(map(says_axioms, [*went, *came])):
        apply(store, rules)
        return
    closure = Closure(store, inferred)
    gone = [q.triple for q in went if not store.contains(q.subject, q.predicate, q.object)]
    gives = {name for mark in named for name in mark.gives}
    asks = {name for mark in named for name in mark.asks} | {_POLICY}
    touched = not closure.behind(asks | gives).isdisjoint(signature(quad) for quad in [*went, *came])
    if touched:
        ours = [q for name in gives for q in store.match(None, name, None, ox.NamedNode(inferred))]
        ours += [q for name in gives for q in store.match(None, TYPE, name, ox.NamedNode(inferred))]
        store.remove(ours)
        for graph in written:
            if graph != inferred:
                ours += store.quads(graph)
                store.drop(graph)
        gone += [q.triple for q in ours if not store.contains(q.subject, q.predicate, q.object)]
    store.remove(_in(q.triple, ox.NamedNode(inferred)) for q in came)
    closure.unfollow(gone)
    closure.follow(q.triple for q in came)
    if touched:
        _stages(store, closure, rules)


def _graph(quad: ox.Quad) -> str:
    return "" if isinstance(quad.graph_name, ox.DefaultGraph) else quad.graph_name.value


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
            turns = [(rule, policy) for rule in chosen for policy in (known if rule.graph == "accepted" else (None,))]
            found = [quad for rule, policy in turns for quad in _run(store, rule, policy, known)]
            total += len(found)
            new += found
            if stage != "infer" or not found:
                break
    return total


def _run(store: Store, rule: Rule, policy: str | None, known: tuple[str, ...]) -> list[ox.Quad]:
    """Write what a rule gives that stands nowhere yet; what only a laxer policy gave so far is this policy's now."""
    results = store.query(rule.under(policy))
    if not isinstance(results, ox.QueryTriples):
        raise GeokgError(f"a rule is a CONSTRUCT query, not this one:\n{rule.sparql}")
    triples = list(dict.fromkeys(results))
    new = [_in(triple, _written_by(store, rule, policy)) for triple in store.unknown(triples)]
    laxer = [_written_by(store, rule, one) for one in known[known.index(policy) + 1 :]] if policy else []
    moved = [quad for graph in laxer for quad in (_in(triple, graph) for triple in triples) if quad in store.ox]
    if moved:
        store.remove(moved)
        store.extend(_in(quad.triple, _written_by(store, rule, policy)) for quad in moved)
    store.extend(new)
    return new


def _written_by(store: Store, rule: Rule, policy: str | None) -> ox.NamedNode:
    return ox.NamedNode(store.base.graph + rule.graph + (f"/{policy.rpartition('/')[2]}" if policy else ""))


def _in(triple: ox.Triple, graph: ox.NamedNode) -> ox.Quad:
    return ox.Quad(triple.subject, triple.predicate, triple.object, graph)
