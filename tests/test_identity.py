"""Names, references and judgements to entities; never a silent guess."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from geokg.errors import IdentityConflict, ReadError
from geokg.identity import Candidate, Entity, Judgement, Register, Resolution, name_key
from geokg.vocabulary import GK, Base

BASE = Base()
E, STATES, DOC = BASE.data + "entity/", BASE.data + "state/", BASE.document("wire/a")
PREFIXES = f"""@prefix e: <{E}> . @prefix state: <{STATES}> . @prefix gk: <{GK}> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""
DATA = """
state:CHN a gk:State ; skos:prefLabel "China"@en , "中国"@zh ; skos:altLabel "People's Republic of China"@en ;
  gk:wikidataId "Q148" ; gk:iso3166Alpha2 "CN" ; gk:iso3166Alpha3 "CHN" ; gk:m49Code "156" .
state:AFG a gk:State ; skos:prefLabel "Afghanistan"@en ; gk:iso3166Alpha3 "AFG" .
state:GEO a gk:State ; skos:prefLabel "Georgia"@en .
e:afghan-territory a gk:Territory ; skos:prefLabel "Afghanistan"@en .
e:georgia-us a gk:Region ; skos:prefLabel "Georgia"@en .
e:taliban a gk:Movement ; skos:prefLabel "Taliban"@en ; gk:wikidataId "Q42418" ; gk:geonamesId "7" .
e:hu a gk:Person ; skos:prefLabel "Hu Shisheng"@en ; skos:altLabel "Hu"@en .
e:hu-jintao a gk:Person ; skos:altLabel "Hu"@en .
e:us a gk:Group ; skos:prefLabel "us"@en .
e:us-group a gk:Group ; skos:prefLabel "US"@en .
e:cicir a gk:ResearchOrganization ; skos:prefLabel "the Institute’s"@en .
[] a gk:Person ; skos:prefLabel "Taliban"@en .
<urn:no-type> skos:prefLabel "Nothing"@en .
"""
SUPER = {
    str(GK[name]): frozenset(str(GK[above]) for above in supers.split())
    for name, supers in {
        "State": "CollectiveActor Actor",
        "Movement": "CollectiveActor Actor",
        "Group": "CollectiveActor Actor",
        "ResearchOrganization": "Organization CollectiveActor Actor",
        "Person": "Actor",
        "Official": "Person Actor",
        "Territory": "Place",
        "Region": "Place",
    }.items()
}


def register(*judgements: Judgement, more: str = "") -> Register:
    quads = ox.parse((PREFIXES + DATA + more).encode(), format=ox.RdfFormat.TURTLE)
    return Register.from_quads(quads, SUPER, judgements=judgements, base=BASE)


def judged(verdict: str, first: str, second: str, line: int = 7) -> Judgement:
    return Judgement(verdict, first, second, "Ann", "2026-11-24T09:00:00Z", "So it is.", line)


def kind(name: str) -> str:
    return str(GK[name])


def test_from_quads() -> None:
    found = register().entities
    assert "urn:no-type" not in found
    assert found[STATES + "CHN"] == Entity(
        STATES + "CHN",
        frozenset({kind("State")}),
        ("China", "中国", "People's Republic of China"),
        (("iso3166Alpha2", "CN"), ("iso3166Alpha3", "CHN"), ("m49Code", "156"), ("wikidataId", "Q148")),
    )
    triples = [
        ox.Triple(ox.NamedNode("urn:a"), ox.NamedNode(str(p)), o)
        for p, o in [
            ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", ox.NamedNode(kind("Person"))),
            ("http://www.w3.org/2004/02/skos/core#altLabel", ox.Literal("A")),
        ]
    ]
    assert Register.from_quads(triples, {}).entities == {"urn:a": Entity("urn:a", frozenset({kind("Person")}), ("A",))}


@pytest.mark.parametrize(
    ("name", "label", "iri", "reason"),
    [
        ("Taliban", "Movement", E + "taliban", "the name is 'Taliban'"),
        ("the\u00a0Taliban’s", "Movement", E + "taliban", "the name is 'Taliban'"),
        ("THE TALIBAN", "Movement", E + "taliban", "the name is 'Taliban', but for case"),
        ("Taliban", "Actor", E + "taliban", "the name is 'Taliban'"),
        ("中国", "State", STATES + "CHN", "the name is '中国'"),
        (
            "people’s republic of china",
            "State",
            STATES + "CHN",
            'the name is "People\'s Republic of China", but for case',
        ),
        ("Hu Shisheng", "Official", E + "hu", "the name is 'Hu Shisheng'"),
        ("Afghanistan", "State", STATES + "AFG", "the name is 'Afghanistan'"),
        ("Afghanistan", "Place", E + "afghan-territory", "the name is 'Afghanistan'"),
        ("US", "Group", E + "us-group", "the name is 'US'"),
        ("us", "Group", E + "us", "the name is 'us'"),
        ("Institute", "Organization", E + "cicir", "the name is 'the Institute’s'"),
    ],
)
def test_names(name: str, label: str, iri: str, reason: str) -> None:
    assert register().resolve(name, kind(label)) == Resolution(iri, reason, (Candidate(iri, reason),))


@pytest.mark.parametrize(
    ("name", "label", "candidates", "reason"),
    [
        ("Hu", "Person", [E + "hu", E + "hu-jintao"], f"'Hu' may be any of 2: {E}hu (the name is 'Hu'), {E}hu-jintao"),
        ("Us", "Group", [E + "us", E + "us-group"], "'Us' may be any of 2"),
        ("Taliban", "State", [E + "taliban"], f"{E}taliban: the name is 'Taliban'; but it is a Movement, not a State"),
        ("Talibn", "Movement", [], "nothing is called 'Talibn'"),
        ("Georgia", "Actor", [STATES + "GEO"], "the name is 'Georgia'"),
        ("", "Movement", [], "nothing is called ''"),
        ("\u200b", "Movement", [], "nothing is called"),
    ],
)
def test_names_that_do_not_tell(name: str, label: str, candidates: list[str], reason: str) -> None:
    found = register().resolve(name, kind(label))
    assert (found.iri is None) == (name != "Georgia")
    assert [one.iri for one in found.candidates] == candidates
    assert found.reason.startswith(reason)


@pytest.mark.parametrize(
    ("reference", "label", "iri"),
    [
        (("Wikidata", "Q148"), "State", STATES + "CHN"),
        (("wikidata", "q148"), "State", STATES + "CHN"),
        (("ISO3166", "CHN"), "State", STATES + "CHN"),
        (("ISO3166", "cn"), "Actor", STATES + "CHN"),
        (("ISO3166", "156"), "State", STATES + "CHN"),
        (("M49", "156"), "State", STATES + "CHN"),
        (("GeoNames", "7"), "Movement", E + "taliban"),
        (("geokg", "taliban"), "Movement", E + "taliban"),
        (("state", "chn"), "State", STATES + "CHN"),
    ],
)
def test_references(reference: tuple[str, str], label: str, iri: str) -> None:
    reason = ":".join(reference)
    found = register().resolve("Beijing", kind(label), references=[reference])
    assert found == Resolution(iri, reason, (Candidate(iri, reason),))


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (("Wikidata", "Q1"), "Wikidata:Q1 names no entity"),
        (("Wikidate", "Q148"), "Wikidate:Q148: no register is called Wikidate; did you mean Wikidata?"),
        (
            ("Zzz", "1"),
            "Zzz:1: no register is called Zzz; there are: Wikidata, ISO3166, M49, COW, GeoNames, geokg, state",
        ),
        (("geokg", "talban"), "geokg:talban names no entity; did you mean geokg:taliban?"),
        (("M49", "CHN"), "M49:CHN names no entity"),
    ],
)
def test_references_that_name_nothing_are_said_to_and_nothing_is_guessed(
    reference: tuple[str, str], reason: str
) -> None:
    assert register().resolve("Taliban", kind("Movement"), references=[reference]) == Resolution(None, reason)


def test_references_that_agree_or_narrow_down() -> None:
    both = [("Wikidata", "Q148"), ("state", "CHN")]
    assert register().resolve("Beijing", kind("State"), references=both).reason == "state:CHN"
    twice = 'e:taliban-2 a gk:Movement ; gk:wikidataId "Q42418" .'
    found = register(more=twice).resolve("x", kind("Movement"), references=[("Wikidata", "Q42418")])
    assert (found.iri, [one.iri for one in found.candidates]) == (None, [E + "taliban", E + "taliban-2"])
    narrowed = [("Wikidata", "Q42418"), ("geokg", "taliban-2")]
    assert register(more=twice).resolve("x", kind("Movement"), references=narrowed).iri == E + "taliban-2"


def test_references_that_contradict() -> None:
    with pytest.raises(
        IdentityConflict, match=r"^a\.ann:3: 'Kabul' is several entities by its references: .*CHN .*AFG"
    ):
        register().resolve(
            "Kabul", kind("State"), references=[("state", "CHN"), ("state", "AFG")], path="a.ann", line=3
        )
    with pytest.raises(IdentityConflict) as caught:
        register().resolve("Taliban", kind("Movement"), references=[("Wikidata", "Q148")], path="a.ann", line=3)
    assert str(caught.value) == (
        f"a.ann:3: 'Taliban' is labelled a Movement, but Wikidata:Q148 names {STATES}CHN, a State"
    )
    assert caught.value.line == 3


HERE, THERE = "document/wire/a#char=12,19", "document/wire/a#char=30,34"


def test_judgements_decide_what_names_do_not() -> None:
    same = judged("same", BASE.data + HERE, E + "hu")
    for address in (HERE, BASE.data + HERE):
        found = register(same).resolve("Hu", kind("Person"), address=address)
        assert (found.iri, found.reason) == (E + "hu", "judged same, by Ann (line 7)")
    assert register(same).resolve("Hu", kind("Person"), address=THERE).iri is None
    by_way = judged("same", BASE.data + THERE, BASE.data + HERE, 8)
    assert register(same, by_way).resolve("he", kind("Person"), address=THERE).iri == E + "hu"


@pytest.mark.parametrize("verdict", ["different", "unsure"])
def test_judgements_take_candidates_away(verdict: str) -> None:
    found = register(judged(verdict, E + "hu-jintao", BASE.data + HERE)).resolve("Hu", kind("Person"), address=HERE)
    assert found.iri == E + "hu"
    found = register(judged(verdict, E + "taliban", BASE.data + HERE)).resolve(
        "Taliban", kind("Movement"), address=HERE
    )
    assert found.iri is None
    assert found.reason == f"{E}taliban: the name is 'Taliban'; but judged {verdict}, by Ann (line 7)"


def test_judgements_against_references_and_kinds() -> None:
    china = [("Wikidata", "Q148")]
    with pytest.raises(IdentityConflict, match=r"by reference, but judged to be .*AFG: same, by Ann"):
        register(judged("same", BASE.data + HERE, STATES + "AFG")).resolve(
            "x", kind("State"), address=HERE, references=china
        )
    with pytest.raises(IdentityConflict, match=r"by reference \(Wikidata:Q148\), but judged different, by Ann"):
        register(judged("different", BASE.data + HERE, STATES + "CHN")).resolve(
            "x", kind("State"), address=HERE, references=china
        )
    with pytest.raises(IdentityConflict, match=r"is labelled a Person, but judged to be .*AFG, a State: same"):
        register(judged("same", BASE.data + HERE, STATES + "AFG")).resolve("x", kind("Person"), address=HERE)
    # An annotator's reference stands where a judge was not sure, and a judgement where a reference leads nowhere.
    unsure = register(judged("unsure", BASE.data + HERE, STATES + "CHN"))
    assert unsure.resolve("x", kind("State"), address=HERE, references=china).iri == STATES + "CHN"
    same = register(judged("same", BASE.data + HERE, STATES + "CHN"))
    assert same.resolve("x", kind("State"), address=HERE, references=[("Wikidata", "Q1")]).iri == STATES + "CHN"


def test_a_judgement_on_an_entity_that_is_not_there() -> None:
    with pytest.raises(ReadError, match=f"there is no entity {E}talban; add it to the entities or correct"):
        register(judged("same", BASE.data + HERE, E + "talban"))


def test_the_representative() -> None:
    local = DOC + "/entity/0123456789abcdef"
    found = register(
        judged("same", E + "hu-jintao", E + "hu"),
        judged("same", E + "hu", "https://example.org/hu"),
        judged("same", BASE.data + HERE, E + "hu-jintao"),
        judged("same", DOC + "#char=50,52", local),
        judged("same", DOC + "#char=9,10", DOC + "#char=60,62"),
    )
    for iri in (E + "hu", E + "hu-jintao", "https://example.org/hu", BASE.data + HERE):
        assert found.canonical(iri) == E + "hu"
    assert found.canonical(DOC + "#char=50,52") == local
    assert found.canonical(DOC + "#char=9,10") == DOC + "#char=60,62"
    assert found.canonical(E + "us") == E + "us"
    # Two names of one man are no ambiguity.
    assert found.resolve("Hu", kind("Person")).iri == E + "hu"
    assert found.resolve("x", kind("Person"), references=[("geokg", "hu-jintao")]).iri == E + "hu"


def test_contradictions_and_doubles_stop_the_register() -> None:
    with pytest.raises(IdentityConflict):
        register(judged("same", "urn:a", "urn:b"), judged("different", "urn:b", "urn:a"))
    with pytest.raises(ValueError, match="two entities have the IRI urn:a"):
        Register([Entity("urn:a"), Entity("urn:a")], {})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Cafe\u0301", "Café"),
        ("Hu\u00a0 Shisheng ", "Hu Shisheng"),
        ("the Taliban's", "Taliban"),
        ("diplomats’", "diplomats"),
        ("\u200eChina\u200f", "China"),
        ("STRASSE", "straße"),
        ("The Hague", "the Hague"),
    ],
)
def test_spellings_of_one_name(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Theresa", "resa"), ("Laos", "Lao"), ("the", ""), ("'s", ""), ("Niger", "Nigeria")]
)
def test_names_that_stay_apart(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)
