"""Nothing that was only denied becomes a fact: one case for every kind of situation and of undertaking.

A document denies a situation of each class, with all the roles and values it can have, in the document's own voice
and in the words of somebody it quotes. Then everything that could draw a conclusion does: OWL 2 RL by owlrl, HermiT,
and our own rules. What they conclude must hold no property of the fact layer. The cases share no thing and conclusions
are drawn once for all of them together, then looked at one by one.
"""

from __future__ import annotations

import shutil
import warnings
from functools import cache
from itertools import chain

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, serialize
from rdflib import OWL, RDF, RDFS, SKOS, XSD, Graph, URIRef

from geokg import rules
from geokg.ontology import Ontology, Term, load, owlready_world, reasoner_view
from geokg.store import Store
from geokg.vocabulary import GK, GKX

ONTOLOGY: Ontology = load()
CLASSES = sorted(
    ONTOLOGY[iri].name for top in ("Situation", "Undertaking") for iri in {ONTOLOGY[top].iri, *ONTOLOGY.subclasses(top)}
)
FACTS = {str(property_) for property_ in ONTOLOGY.graph.subjects(GK.isFactLayer, None)}
ACCEPTANCE = {str(GK.isAcceptedUnder), str(GK.isSupportedBy)}  # by these, only rules say that something is a fact
VALUES = {
    str(XSD.dateTime): "2021-08-15T00:00:00Z",
    str(XSD.string): "2021-08-15",
    str(XSD.decimal): "0.5",
    str(XSD.integer): "1",
    str(XSD.boolean): "true",
}


def at(name: str, rest: str) -> NamedNode:
    return NamedNode(f"https://example.org/{name}/{rest}")


def say(subject: NamedNode, predicate: object, value: object) -> Quad:
    return Quad(
        subject, NamedNode(str(predicate)), value if isinstance(value, Literal | NamedNode) else NamedNode(str(value))
    )


def filled(name: str, subject: NamedNode, property_: Term) -> list[Quad]:
    """The subject with some value of a property, of the right kind."""
    (range_, *_) = [*ONTOLOGY.graph.objects(URIRef(property_.iri), RDFS.range), GK.Actor]
    if property_.kind == "data property":
        return [say(subject, property_.iri, Literal(VALUES[str(range_)], datatype=NamedNode(str(range_))))]
    if range_ == SKOS.Concept:
        scheme = next(ONTOLOGY.graph.objects(URIRef(property_.iri), GK.valuesFrom))
        return [say(subject, property_.iri, min(ONTOLOGY.graph.subjects(SKOS.inScheme, scheme)))]
    value = at(name, property_.name)
    quads = [say(subject, property_.iri, value), say(value, RDF.type, range_)]
    if range_ == GK.Position:  # what stewards know about posts, and what chains of facts would run through
        organ, state = at(name, "organ"), at(name, "state")
        quads += [say(value, GK.isPositionIn, organ), say(organ, RDF.type, GK.StateOrgan)]
        quads += [say(organ, GK.isOrganOf, state), say(organ, GK.isPartOfOrganization, at(name, "whole"))]
    return quads


def claim(name: str, which: str, content: NamedNode, claimant: NamedNode, *, polarity: str, stance: str) -> list[Quad]:
    subject = at(name, which)
    return [
        say(subject, RDF.type, GK.Claim),
        say(subject, GK.isClaimedBy, claimant),
        say(subject, GK.hasContent, content),
        say(subject, GK.hasPolarity, GKX[polarity]),
        say(subject, GK.hasStance, GKX[stance]),
        say(subject, GK.hasCertainty, GKX.certain),
        say(subject, GK.isMadeIn, at(name, "document")),
    ]


def case(name: str, *, polarity: str = "negative", stance: str = "denies") -> list[Quad]:
    """What a document says of one situation or undertaking of a class."""
    it, voice, speaker = at(name, "it"), at(name, "voice"), at(name, "speaker")
    quads = [say(it, RDF.type, ONTOLOGY[name].iri), say(voice, RDF.type, GK.DocumentVoice)]
    quads += [say(speaker, RDF.type, GK.Person), say(at(name, "document"), GK.hasVoice, voice)]
    for property_ in ONTOLOGY.properties(name):
        if property_.iri not in FACTS | ACCEPTANCE and property_.name != "hasTimeRelation":
            quads += filled(name, it, property_)
    undertaking = str(GK.Undertaking) in {ONTOLOGY[name].iri, *ONTOLOGY.superclasses(name)}
    said = at(name, "isCreatedBy") if undertaking else it  # an undertaking is denied by denying that it was spoken
    quads.append(say(said, GK.hasTimeRelation, GKX.overlaps))
    quads += claim(name, "claim", said, voice, polarity=polarity, stance=stance)
    quads += claim(name, "quoted", said, speaker, polarity=polarity, stance=stance)
    return [*quads, say(at(name, "quoted"), GK.isEmbeddedIn, at(name, "outer"))]


def logic() -> list[Quad]:
    """The axioms, without the words about them."""
    return [q for q in ONTOLOGY.quads if not isinstance(q.object, Literal) or q.predicate.value == str(GK.isFactLayer)]


def closed(quads: list[Quad]) -> set[tuple[str, str, str]]:
    """What OWL 2 RL makes of it, as owlrl sees it: the facts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # owlrl's own, at import
        import owlrl
    triples = (quad.triple for quad in quads)
    graph = Graph().parse(data=serialize(triples, format=RdfFormat.N_TRIPLES), format="nt")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    return {(str(s), str(p), str(o)) for s, p, o in graph if str(p) in FACTS}


@cache
def closure() -> frozenset[tuple[str, str, str]]:
    return frozenset(closed([*logic(), *chain.from_iterable(map(case, CLASSES))]))


def ruled(*cases: list[Quad]) -> Store:
    """A store with the ontology, some documents, and all that our rules make of it."""
    store = Store.memory()
    graph = NamedNode(store.base.graph + "ontology")
    store.extend(Quad(q.subject, q.predicate, q.object, graph) for q in ONTOLOGY.quads)
    for number, quads in enumerate(cases):
        name = NamedNode(store.base.document_graph(f"test/{number}"))
        store.extend(Quad(q.subject, q.predicate, q.object, name) for q in dict.fromkeys(quads))
    assert rules.apply(store)
    return store


def facts(store: Store) -> set[tuple[str, str, str]]:
    return {(q.subject.value, q.predicate.value, str(q.object)) for q in store.quads() if q.predicate.value in FACTS}


@cache
def denied() -> Store:
    return ruled(*map(case, CLASSES))


def about(name: str, found: set[tuple[str, str, str]] | frozenset[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    return sorted(triple for triple in found if f"https://example.org/{name}/" in " ".join(triple))


def test_the_cases_cover_every_class_and_use_every_role() -> None:
    assert len(CLASSES) >= 25
    assert {"Tenure", "TerritorialControl", "RestraintCommitment", "Benefit", "Situation"} <= set(CLASSES)
    used = {quad.predicate.value for name in CLASSES for quad in case(name)}
    assert {p.iri for name in CLASSES for p in ONTOLOGY.properties(name)} <= used | FACTS | ACCEPTANCE
    assert len(FACTS) >= 8


@pytest.mark.parametrize("name", CLASSES)
def test_no_axiom_makes_a_fact_of_a_denial(name: str) -> None:
    assert about(name, closure()) == []


@pytest.mark.parametrize("name", CLASSES)
def test_no_rule_makes_a_fact_of_a_denial(name: str) -> None:
    assert about(name, facts(denied())) == []
    accepted = [q for q in denied().quads() if q.predicate.value in ACCEPTANCE and f"/{name}/" in q.subject.value]
    assert accepted == []


def test_nothing_leaks_anywhere_else() -> None:
    assert closure() == frozenset()
    assert facts(denied()) == set()


LEAK = Quad(NamedNode(str(GK.hasTenure)), NamedNode(str(OWL.inverseOf)), NamedNode(str(GK.isTenureOf)))
"""The axiom that our first draft had, and that made a spokesman of somebody who was said not to be one."""


def test_a_leak_would_be_found() -> None:
    found = {triple[1] for triple in about("Tenure", closed([*logic(), LEAK, *case("Tenure")]))}
    assert found >= {str(GK.hasTenure), str(GK.holdsPosition), str(GK.actsFor), str(GK.isAffiliatedWith)}


def inferred_by_hermit(quads: list[Quad]) -> set[str]:
    """The properties of the fact layer that HermiT finds in use."""
    import owlready2

    world = owlready_world(reasoner_view(quads))
    owlready2.sync_reasoner_hermit(world, infer_property_values=True, debug=0)
    return {iri for iri in FACTS if list(world[iri].get_relations())}


@pytest.mark.skipif(shutil.which("java") is None, reason="HermiT, the reasoner, needs Java")
def test_hermit_makes_no_fact_of_a_denial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-XX:+UseSerialGC")
    assert inferred_by_hermit([*logic(), *chain.from_iterable(map(case, CLASSES))]) == set()
    assert str(GK.actsFor) in inferred_by_hermit([*logic(), LEAK, *case("Tenure")])


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Tenure", {"hasTenure", "holdsPosition", "actsFor", "isAffiliatedWith"}), ("TerritorialControl", {"controls"})],
)
def test_what_is_asserted_does_become_a_fact(name: str, expected: set[str]) -> None:
    """Or the tests above would show nothing."""
    store = ruled(case(name, polarity="positive", stance="asserts"))
    assert {ONTOLOGY[triple[1]].name for triple in facts(store)} >= expected
