"""Graphs of any size as geokg builds them, for benchmarks and tests; and the same with faults in them.

Articles are composed from sentences with their annotations, and go through geokg's own population and rules: so each
triple is one that real annotated text gives. Who is who is generated too; states and ontology are the packaged ones.
What is inferred is left out, as validation leaves it out. The clean graph fits the packaged shapes.

    python benchmarks/_domain.py --triples 100000 --faults 0.001 --seed 1 > graph.nq
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any

import pyoxigraph as ox
from rdflib.namespace import RDF, SKOS, XSD

from geokg.claims import populate
from geokg.dates import Interval
from geokg.graph import KnowledgeGraph
from geokg.scheme import Scheme
from geokg.store import Store
from geokg.text import Argument, Attribute, Document, Event, Mention, Normalization, Source, Text
from geokg.vocabulary import GK, OA, Base, packaged

BASE = Base()
_ACCEPTED = f"<{BASE.graph}accepted/"
_CURATED = ox.NamedNode(BASE.graph + "entities")
_OPEN = re.compile(r"\[(\w+) (\w+) |\]")

# Each sentence with its mentions in brackets (name, label, words), then its events: label, trigger, roles; attributes.
SENTENCES = (
    """[e Evidence [f Evidence [p Position {organ} [t Tenure spokesperson]] [x Person {person}]] [s Statement said] that
    [g Evidence [a State {state}] [c ContactRelation keeps in touch] with [m Movement {movement}]]].
    Tenure t Holder:x Post:p Evidence:f TimeRelation=overlaps
    Statement s Actor:x Content:c Evidence:e TimeRelation=before Stance=asserts
    ContactRelation c Participant:a Participant:m Evidence:g TimeRelation=overlaps EventType=CONSULT""",
    """[e Evidence [x Person {person}] [s Statement denied] that [g Evidence [a State {state}] [h HostileAct attacked]
    [b State {other}] from [l Territory {land}]]].
    Statement s Actor:x Content:h Evidence:e TimeRelation=before Stance=denies
    HostileAct h Actor:a Recipient:b Place:l Evidence:g TimeRelation=before Confidence=0.8""",
    """[e Evidence [m Movement {movement}] now [c TerritorialControl controls] parts of [l Territory {land}]].
    TerritorialControl c Controller:m ControlledPlace:l Evidence:e TimeRelation=overlaps ControlExtent=partial""",
    """[e Evidence [x Person {person}] [s Statement added] that [g Evidence [k Group {group}] [q Statement promised]
    [h Evidence [r RestraintCommitment not to] let anybody [n HostileAct harm] [b State {other}]]]].
    Statement s Actor:x Content:q Evidence:e TimeRelation=before Stance=asserts
    Statement q Actor:k Content:r Evidence:g TimeRelation=before Stance=promises EventType=AGREE
    RestraintCommitment r Debtor:k Creditor:b Consequent:n Evidence:h Confidence=0.6
    HostileAct n Recipient:b Evidence:h TimeRelation=after Polarity=negative""",
    """[e Evidence [a State {state}] [s Statement declared] that [g Evidence it [i Intention means] to [w CooperationAct
    help] [b State {other}]]].
    Statement s Actor:a Content:i Evidence:e TimeRelation=before Stance=intends
    Intention i Holder:a Consequent:w Evidence:g
    CooperationAct w Actor:a Recipient:b Evidence:g TimeRelation=after EventType=AID""",
    """[e Evidence [x Person {person}] was [t Tenure at the head] as [p Position {post}] until {until}].
    Tenure t Holder:x Post:p Evidence:e Date={since}/{until}""",
    """[e Evidence [o ResearchOrganization {institute}] [s Statement expects] that [g Evidence [a State {state}] will
    [w Benefit profit] in [y Area politics] and [z Area economy], which may [v Impact change] [l Territory {land}]]].
    Statement s Actor:o Content:w Content:v Evidence:e TimeRelation=overlaps Stance=predicts
    Benefit w Beneficiary:a Area:y Area:z LeadsTo:v Evidence:g TimeRelation=after Certainty=probable
    Impact v Affected:l Evidence:g TimeRelation=after Certainty=possible Confidence=0.75""",
    """[e Evidence On {day} [a State {state}] and [b State {other}] [w Meeting met] and [j Participation joined]
    [n Project {project}]].
    Meeting w Participant:a Participant:b Evidence:e Date={day} EventType=CONSULT
    Participation j Participant:a Participant:b Initiative:n Evidence:e Date={day}""",
    """[e Evidence If [g Evidence the fighting [i Event stops]], [a State {state}] [r PerformanceCommitment will]
    [w CooperationAct send food] to [b State {other}]], [x Person {person}] [s Statement told] reporters.
    Statement s Actor:a Content:r Evidence:e TimeRelation=before Stance=promises
    PerformanceCommitment r Debtor:a Creditor:b Antecedent:i Consequent:w Evidence:e
    Event i Evidence:g TimeRelation=after
    CooperationAct w Actor:a Recipient:b Evidence:e TimeRelation=after EventType=AID""",
    """[e Evidence [a State {state}] [s Statement promised] [b State {other}] [r PerformanceCommitment to] [w Withdrawal
    leave] [l Territory {land}]], and [f Evidence on {day} it [d Withdrawal left] and [u StatusChange kept] its word].
    Statement s Actor:a Recipient:b Content:r Evidence:e TimeRelation=before Stance=promises
    PerformanceCommitment r Debtor:a Creditor:b Consequent:w Evidence:e
    Withdrawal w Actor:a Place:l Evidence:e TimeRelation=after
    Withdrawal d Actor:a Place:l Realizes:w Evidence:f Date={day} EventType=RETREAT
    StatusChange u ChangesStatusOf:r TriggeredBy:d Evidence:f Date={day} NewStatus=satisfied""",
)
_PER_ARTICLE = 14
_BATCH = 20
_CAST = {
    "person": "Person",
    "movement": "Movement",
    "group": "Group",
    "organ": "StateOrgan",
    "post": "Position",
    "institute": "ResearchOrganization",
    "project": "Project",
    "land": "Territory",
}


def domain(triples: int, *, seed: int = 1) -> Iterator[ox.Quad]:
    """The quads of a graph with at least so many triples, where there are more than the ontology and the states have.

    Args:
        triples: how large the graph is to be; an article more or less.
        seed: the same gives the same graph.
    """
    rng = random.Random(seed)
    kg = KnowledgeGraph.empty(base=BASE)
    kg.curation.add_reference(packaged("data") / "reference" / "states.ttl")
    cast = _Cast(kg, rng, actors=max(4, (triples - len(kg.store)) // 4000))
    kg.store.extend(cast.quads)
    curated = list(kg.store.quads())
    yield from curated
    register, scheme = kg.curation.register, Scheme.packaged()
    numbers, done = count(1), len(curated)
    while done < triples:
        # The rules look at no two articles together, and at many at once they take longer than at each.
        batch = KnowledgeGraph(Store.memory(base=BASE))
        batch.store.extend(curated)
        written: list[ox.Quad] = []
        for number in islice(numbers, _BATCH):
            article = _article(number, cast, rng)
            written += populate(article, scheme=scheme, register=register, base=BASE).quads
            if done + len(written) >= triples:
                break
        batch.store.extend(written)
        batch.apply_rules()
        written += [quad for quad in batch.store.quads() if str(quad.graph_name).startswith(_ACCEPTED)]
        yield from written
        done += len(written)


class _Cast:
    """Who and what articles speak of, as stewards would write it down."""

    def __init__(self, kg: KnowledgeGraph, rng: random.Random, *, actors: int) -> None:
        self.quads: list[ox.Quad] = []
        self.names: dict[str, list[tuple[str, str, str]]] = {}
        self._rng = rng
        self.states = [
            (f"ISO3166:{row['iri'].value[-3:]}", row["name"].value, row["iri"].value)
            for row in kg.store.solutions(
                "SELECT ?iri ?name { ?iri a gk:State ; skos:prefLabel ?name FILTER(lang(?name) = 'en') } ORDER BY ?iri"
            )
        ]
        self._shuffled = rng.sample(self.states, len(self.states))
        for number in range(actors):
            self._add_some(number)

    def _add_some(self, number: int) -> None:
        state = self._shuffled[number % len(self._shuffled)]
        organ = self._add("organ", number, f"Ministry {number} of {state[1]}", isOrganOf=state[2])
        if number < len(self._shuffled):  # a state has one territory
            self._add("land", number, f"Province {number} of {state[1]}", isTerritoryOf=state[2])
        post = self._add("post", number, f"minister {number} of {state[1]}", isPositionIn=organ, leads=organ)
        self._write(post, GK.seats, _literal("3", XSD.integer))
        movement = self._add("movement", number, f"Movement {number} “Dawn”")
        self._write(movement, GK.wikidataId, ox.Literal(f"Q{900000000 + number}"))
        self._add("group", number, f"leaders of Movement {number}", isGroupWithin=movement)
        self._add("institute", number, f"Institute {number} of Studies")
        self._add("project", number, f"Corridor {number}", hasParty=state[2], isInitiatedBy=state[2])
        person = self._add("person", number, f"Amina Otieno the {number}th")
        born = f"{self._rng.randrange(1940, 1970)}/.."
        self._write(person, GK.edtf, ox.Literal(born))
        self._write(person, GK.validFrom, _literal(str(Interval.from_edtf(born).start), XSD.dateTime))

    def _add(self, kind: str, number: int, name: str, **links: str) -> str:
        slug = f"{kind}-{number}"
        iri = f"{BASE.data}entity/{slug}"
        self.names.setdefault(kind, []).append((f"geokg:{slug}", name, iri))
        self._write(iri, RDF.type, ox.NamedNode(GK[_CAST[kind]]))
        self._write(iri, SKOS.prefLabel, ox.Literal(name, language="en"))
        self._write(iri, SKOS.prefLabel, ox.Literal(f"« {name} »", language="fr"))
        for name, value in links.items():
            self._write(iri, GK[name], ox.NamedNode(value))
        return iri

    def _write(self, iri: str, predicate: str, value: ox.NamedNode | ox.Literal) -> None:
        self.quads.append(ox.Quad(ox.NamedNode(iri), ox.NamedNode(predicate), value, _CURATED))

    def draw(self) -> dict[str, tuple[str, str]]:
        """One of each kind, as its name in a register and its words; of states two that differ."""
        one, other = self._rng.sample(self.states, 2)
        chosen = {kind: self._rng.choice(names) for kind, names in self.names.items()}
        chosen["group"] = self.names["group"][self.names["movement"].index(chosen["movement"])]
        return {kind: entry[:2] for kind, entry in {**chosen, "state": one, "other": other}.items()}


@dataclass
class _Page:
    """An article on its way: words, and what annotators wrote over them."""

    words: str = ""
    labels: list[tuple[str, str, int, int]] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    references: dict[str, str] = field(default_factory=dict)

    def add(self, sentence: str, drawn: dict[str, tuple[str, str]], plain: dict[str, str], number: int) -> None:
        """Append a sentence of ``SENTENCES``; its names get a number of their own."""
        marked, events = re.split(r"\n(?=\s+(?:Tenure|Statement|TerritorialControl|Meeting) \w )", sentence, maxsplit=1)
        marked = " ".join(marked.split())
        place = 0
        open_: list[tuple[str, str, int]] = []
        for found in _OPEN.finditer(marked):
            self.words += self._filled(marked[place : found.start()], drawn, plain, open_[-1:])
            place = found.end()
            if found[1]:
                open_.append((f"{found[1]}{number}", found[2], len(self.words)))
            else:
                name, label, start = open_.pop()
                self.labels.append((name, label, start, len(self.words)))
        self.words += marked[place:] + "\n\n"
        for line in events.strip().splitlines():
            self.events.append(re.sub(r"(?<=[ :])([a-z])(?=[ ]|$)", rf"\g<1>{number}", line.format(**plain).strip()))

    def _filled(
        self, words: str, drawn: dict[str, tuple[str, str]], plain: dict[str, str], open_: list[tuple[str, str, int]]
    ) -> str:
        for kind in re.findall(r"{(\w+)}", words):
            if kind in drawn and open_[0][1] in ("State", _CAST.get(kind)):
                self.references[open_[0][0]] = drawn[kind][0]
        return words.format(**plain, **{kind: entry[1] for kind, entry in drawn.items()})

    def document(self, number: int, date: str) -> Document:
        """The article, read."""
        text = Text(f"generated/{number:06}", self.words, "article.txt")
        mentions = {
            name: Mention(name, label, (text.span(start, end),)) for name, label, start, end in sorted(self.labels)
        }
        events: list[Event] = []
        attributes: list[Attribute] = []
        triggers = {line.split()[1] for line in self.events}
        names = {trigger: f"E{place}" for place, trigger in enumerate(sorted(triggers))}
        for line in self.events:
            label, trigger, *rest = line.split()
            roles = [part.split(":") for part in rest if "=" not in part]
            arguments = tuple(Argument(role, names.get(target, target)) for role, target in roles)
            events.append(Event(names[trigger], label, mentions[trigger], arguments))
            for name, value in (part.split("=") for part in rest if "=" in part):
                attributes.append(Attribute(f"A{len(attributes)}", name, names[trigger], value))
        return Document(
            text,
            mentions=tuple(mention for name, mention in mentions.items() if name not in triggers),
            events=tuple(events),
            attributes=tuple(attributes),
            normalizations=tuple(
                Normalization(f"N{place}", "Reference", name, key.partition(":")[0], key.partition(":")[2])
                for place, (name, key) in enumerate(sorted(self.references.items()))
            ),
            source=Source("generated", f"Article {number}", "en", "The Daily Example", ("A. Writer",), date=date),
        )


def _article(number: int, cast: _Cast, rng: random.Random) -> Document:
    page = _Page()
    for place in range(_PER_ARTICLE):
        since = rng.randrange(1995, 2010)
        plain = {
            "day": f"{rng.randrange(2011, 2024)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
            "since": str(since),
            "until": str(since + rng.randrange(1, 8)),
        }
        page.add(rng.choice(SENTENCES), cast.draw(), plain, place)
    return page.document(number, f"2024-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}")


# Faults

_KEPT = tuple("<" + BASE.graph + name for name in ("ontology", "vocab", "reference/"))
_NUMBERS = {str(XSD.integer), str(XSD.decimal)}
Change = Callable[[ox.Quad, random.Random], Iterable[ox.Quad]]


def faulty(
    quads: Iterable[ox.Quad],
    rate: float,
    *,
    seed: int = 1,
    without: Collection[str] = (),
    nameless: bool = True,
) -> Iterator[ox.Quad]:
    """The same quads with faults of all kinds that fit, in what is no reference data.

    Args:
        quads: a graph, in any order.
        rate: how many quads get a fault, as a fraction.
        seed: the same gives the same faults.
        without: names in ``FAULTS`` that are left out.
        nameless: whether some things, as many as the rate says, lose their IRIs and become blank nodes.
    """
    kinds = [fault for name, fault in FAULTS.items() if name not in without]
    for quad in quads:
        if str(quad.graph_name).startswith(_KEPT):
            yield quad
            continue
        kept = _nameless(quad, rate, seed) if nameless and rate else quad
        chance = zlib.crc32(f"{seed} {quad}".encode())
        if chance < rate * 2**32:
            rng = random.Random(chance)
            yield from rng.choice([change for fits, change in kinds if fits(kept)])(kept, rng)
        else:
            yield kept


def _nameless(quad: ox.Quad, rate: float, seed: int) -> ox.Quad:
    """The same without the names of some things; a name meets the same fate wherever it stands."""

    def turned(term: Any) -> Any:
        if isinstance(term, ox.NamedNode) and term.value.startswith(BASE.data):
            chance = zlib.crc32(f"{seed} {term.value}".encode())
            return ox.BlankNode(f"b{chance:08x}") if chance < rate * 2**32 else term
        return term

    return ox.Quad(turned(quad.subject), quad.predicate, turned(quad.object), quad.graph_name)


def _iri(quad: ox.Quad) -> bool:
    return isinstance(quad.object, ox.NamedNode) and quad.predicate.value != str(RDF.type)


def _typed(*datatypes: str) -> Callable[[ox.Quad], bool]:
    chosen = set(map(str, datatypes))
    return lambda quad: isinstance(quad.object, ox.Literal) and quad.object.datatype.value in chosen


def _literal(value: str, datatype: str | None = None) -> ox.Literal:
    return ox.Literal(value, datatype=ox.NamedNode(datatype or XSD.string))


def _with(change: Callable[[str], ox.Literal | ox.NamedNode | ox.BlankNode], *, keep: bool = False) -> Change:
    """A change of the object, by its text; ``keep`` leaves the old one beside the new."""

    def made(quad: ox.Quad, _: random.Random) -> Iterable[ox.Quad]:
        if keep:
            yield quad
        yield ox.Quad(quad.subject, quad.predicate, change(getattr(quad.object, "value", "")), quad.graph_name)

    return made


def _blank(quad: ox.Quad, rng: random.Random) -> Iterable[ox.Quad]:
    yield ox.Quad(quad.subject, quad.predicate, ox.BlankNode(f"f{rng.randrange(2**40):x}"), quad.graph_name)


def _swapped(quad: ox.Quad, _: random.Random) -> Iterable[ox.Quad]:
    other = {GK.validFrom: GK.validTo, OA.start: OA.end}
    turned = {str(key): str(value) for key, value in [*other.items(), *((b, a) for a, b in other.items())]}
    yield ox.Quad(quad.subject, ox.NamedNode(turned[quad.predicate.value]), quad.object, quad.graph_name)


def _datatype(name: str) -> Callable[[str], ox.Literal]:
    return lambda value: _literal(value, XSD[name])


def _is_language(quad: ox.Quad) -> bool:
    return isinstance(quad.object, ox.Literal) and bool(quad.object.language)


_NUMBER, _TIME, _WORDS = _typed(*_NUMBERS), _typed(XSD.dateTime), _typed(XSD.string)
_ENDS = {str(GK.validFrom), str(GK.validTo), str(OA.start), str(OA.end)}

FAULTS: dict[str, tuple[Callable[[ox.Quad], bool], Change]] = {
    "dropped": (lambda _: True, lambda _quad, _rng: ()),
    "misspelt": (_iri, _with(lambda value: ox.NamedNode(value + "x"))),
    "text for a thing": (_iri, _with(_literal)),
    "blank": (_iri, _blank),
    "twice": (_iri, _with(lambda _: ox.NamedNode(GK.Nothing), keep=True)),
    "another class": (
        lambda quad: quad.predicate.value == str(RDF.type),
        _with(lambda _: ox.NamedNode(GK.Settlement), keep=True),
    ),
    "turned round": (lambda quad: quad.predicate.value in _ENDS, _swapped),
    "not a number": (_NUMBER, _with(lambda _: _literal("many", XSD.integer))),
    "negative": (_NUMBER, _with(lambda value: _literal("-" + value, XSD.integer))),
    "number as text": (_NUMBER, _with(_literal)),
    "number twice": (_NUMBER, _with(lambda value: _literal("1" + value, XSD.integer), keep=True)),
    "zero in front": (_typed(XSD.integer), _with(lambda value: _literal("0" + value, XSD.integer))),
    "another number": (_typed(XSD.integer), _with(_datatype("int"), keep=True)),
    "no such day": (_TIME, _with(lambda _: _literal("1950-13-45T00:00:00Z", XSD.dateTime))),
    "naive": (_TIME, _with(lambda value: _literal(value.removesuffix("Z"), XSD.dateTime))),
    "another zone": (_TIME, _with(lambda value: _literal(value.replace("Z", "+00:00"), XSD.dateTime))),
    "a day": (_TIME, _with(lambda value: _literal(value[:10], XSD.date))),
    "time twice": (_TIME, _with(lambda value: _literal("2" + value[1:], XSD.dateTime), keep=True)),
    "other words": (_WORDS, _with(lambda value: _literal(value[:-1] + "?"))),
    "words in a language": (_WORDS, _with(lambda value: ox.Literal(value, language="en"))),
    "no language": (_is_language, _with(_literal)),
    "unknown language": (_is_language, _with(lambda value: ox.Literal(value, language="xx"))),
    "language twice": (_is_language, _with(lambda value: ox.Literal(value + "!", language="en"), keep=True)),
}
"""Each kind of fault: which quads it fits, and what it makes of one."""


def main() -> None:
    """Write a graph as N-Quads."""
    parser = argparse.ArgumentParser(description="Write a generated graph as N-Quads.")
    parser.add_argument("--triples", type=int, default=10_000)
    parser.add_argument("--faults", type=float, default=0.0, help="how many quads get a fault, as a fraction")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    quads = faulty(domain(options.triples, seed=options.seed), options.faults, seed=options.seed)
    ox.serialize(quads, sys.stdout.buffer, format=ox.RdfFormat.N_QUADS)


if __name__ == "__main__":
    main()
