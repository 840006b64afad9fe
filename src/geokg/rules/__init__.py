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
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

import pyoxigraph as ox

from ..errors import GeokgError, ReadError
from ..store import Store
from ..vocabulary import GK, Base, packaged, prefixes
from .axioms import Axiom, says_axioms, signature
from .closure import Closure, Name
from .footprint import Footprint, footprint
from .joining import Pattern, TooLargeError
from .region import Region, is_given, is_ruled
from .ways import axiom_way, rule_ways

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

_RANKED = [ox.NamedNode(str(name)) for name in (GK.AcceptancePolicy, GK.admitsVoice, GK.requiresClaimants)]
"""By what policies are known and ordered."""
_WORTH = 150
_FEW = 5_000
_AT_ONCE = 20_000
"""How many triples a rule gives before they are written."""
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

    @cache  # noqa: B019
    def patterns(self, base: Base) -> tuple[Pattern, ...] | None:
        """The ways to what the rule gives; nothing if it cannot be told like that."""
        ways = rule_ways(self.sparql, prefixes(base))
        return None if ways is None else tuple(map(Pattern, ways))


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
    return [graph for graph in store.graphs() if is_ruled(graph, store.base)]


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
    return closure.all() + _stages(store, closure, rules, policies(store))


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

    What follows by axioms alone is followed from the change. What rules give, and what leads to it, is found anew in
    the :class:`.Region` that the change can touch. All is found anew where the axioms or policies change, where what
    rules wrote was itself meddled with, where a rule cannot be told as ways, and where the region is too large.

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
    if not (store.is_here and _follow(store, went, came, rules)):
        apply(store, rules)


def _follow(store: Store, went: list[ox.Quad], came: list[ox.Quad], rules: tuple[Rule, ...]) -> bool:
    """Put right what a change touches; whether that could be done."""
    read = [(rule.footprint(store.base), rule.patterns(store.base)) for rule in rules]
    prints = [mark for mark, _ in read if mark is not None]
    patterns = [pattern for _, some in read for pattern in some or ()]
    quads = [*went, *came]
    if len(prints) < len(read) or any(some is None for _, some in read):
        return False
    if any(says_axioms(quad) or is_given(quad, store.base) for quad in quads):
        return False
    inferred = store.base.graph + "inferred"
    closure = Closure(store, inferred)
    gives: set[Name] = {name for mark in prints for name in mark.gives}
    asked = closure.behind(gives.union(*(mark.asks for mark in prints)))
    names = {signature(quad) for quad in quads}
    if not names.isdisjoint(closure.behind(_RANKED)):
        return False
    # A triple that rules ask for costs as much as some hundred of a graph of which all is found anew.
    enough = _WORTH * sum(signature(quad) in asked for quad in quads)
    if not _holds(store, enough):
        return False
    lost = [quad.triple for quad in went if not store.contains(quad.subject, quad.predicate, quad.object)]
    won = [quad.triple for quad in came]
    store.remove(_in(triple, ox.NamedNode(inferred)) for triple in won)
    if names.isdisjoint(asked):
        closure.unfollow(lost)
        closure.follow(won)
        return True
    # What rules give and what leads to it hangs together; what only leads to it comes first, what follows from it last.
    after = closure.before(gives)
    mixed = after & asked
    parts: tuple[list[Axiom], list[Axiom], list[Axiom]] = ([], [], [])
    for axiom in closure.axioms:
        name = signature(axiom.head)
        parts[(name in after) + (name in after - mixed)].append(axiom)
    first, last = Closure(store, inferred, parts[0]), Closure(store, inferred, parts[2])
    lost += first.unfollow(lost)
    won += first.follow(won)
    try:
        patterns += [Pattern(axiom_way(axiom)) for axiom in parts[1]]
        region = Region(store, patterns=patterns, mixed=mixed, gone=lost, came=won)
    except TooLargeError:
        return False
    copy = region.copy()
    known = policies(store)
    given = Closure(copy, inferred, parts[1])
    given.follow(quad.triple for quad in copy.quads())
    _stages(copy, given, rules, known, region.met)
    for triple in region.touched:
        before, now = set(region.given(triple)), set(region.given(triple, copy))
        if before != now:
            store.remove(before - now)
            store.extend(now - before)
            (won if now else lost).append(triple)
    last.unfollow(triple for triple in lost if not store.contains(triple.subject, triple.predicate, triple.object))
    last.follow(won)
    return True


def _holds(store: Store, number: int) -> bool:
    """Whether a store has so many quads; the engine counts all of it in the time that a hundredth takes to read."""
    if number > _FEW:
        return len(store) >= number
    return sum(1 for _ in islice(store.quads(), number)) == number


def _stages(
    store: Store,
    closure: Closure,
    rules: tuple[Rule, ...],
    known: tuple[str, ...],
    only: Collection[ox.Triple] | None = None,
) -> int:
    """Run the rules, under the known policies, on a store that holds what follows by axioms alone.

    They write nothing but ``only`` these triples, if given.
    """
    if only is not None:
        names = {signature(triple) for triple in only}
        rules = tuple(
            rule for rule in rules if (mark := rule.footprint(store.base)) and not names.isdisjoint(mark.gives)
        )
    total = 0
    new: list[ox.Quad] = []
    for stage in STAGES:
        chosen = [rule for rule in rules if rule.name.startswith(stage)]
        while True:
            if stage == "infer":
                total += len(closure.follow(quad.triple for quad in new))
                new = []
            turns = [(rule, policy) for rule in chosen for policy in (known if rule.graph == "accepted" else (None,))]
            found = [quad for rule, policy in turns for quad in _run(store, rule, policy, known, only)]
            total += len(found)
            new += found
            if stage != "infer" or not found:
                break
    return total


def _run(
    store: Store, rule: Rule, policy: str | None, known: tuple[str, ...], only: Collection[ox.Triple] | None
) -> list[ox.Quad]:
    """Write what a rule gives that stands nowhere yet; what only a laxer policy gave so far is this policy's now."""
    results = store.query(rule.under(policy))
    if not isinstance(results, ox.QueryTriples):
        raise GeokgError(f"a rule is a CONSTRUCT query, not this one:\n{rule.sparql}")
    graph = _written_by(store, rule, policy)
    laxer = [_written_by(store, rule, one) for one in known[known.index(policy) + 1 :]] if policy else []
    wanted = (triple for triple in results if only is None or triple in only)
    new: list[ox.Quad] = []
    while triples := dict.fromkeys(islice(wanted, _AT_ONCE)):
        some = [_in(triple, graph) for triple in store.unknown(triples)]
        moved = [quad for one in laxer for quad in (_in(triple, one) for triple in triples) if quad in store.ox]
        if moved:
            store.remove(moved)
            store.extend(_in(quad.triple, graph) for quad in moved)
        store.extend(some)
        new += some
    return new


def _written_by(store: Store, rule: Rule, policy: str | None) -> ox.NamedNode:
    return ox.NamedNode(store.base.graph + rule.graph + (f"/{policy.rpartition('/')[2]}" if policy else ""))


def _in(triple: ox.Triple, graph: ox.NamedNode) -> ox.Quad:
    return ox.Quad(triple.subject, triple.predicate, triple.object, graph)
