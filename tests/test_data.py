"""The data that comes with geokg: the article and its annotation, who is who, the states, the guide for annotators."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import importlib.util
import json
import re
from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib.namespace import RDF, SKOS

from geokg.canonical import rewrite
from geokg.claims import populate
from geokg.errors import UnknownTerm
from geokg.identity import Register
from geokg.judgements import read_judgements
from geokg.ontology import statements
from geokg.readers import read
from geokg.scheme import Scheme
from geokg.text import Document, Event, Mention
from geokg.vocabulary import GK, GKX, Base

DATA = Path(__file__).parents[1] / "data"
ARTICLE = DATA / "china-taliban" / "article.ann"
STATES = DATA / "reference" / "states.ttl"
FORMER = STATES.with_name("former-states.ttl")
ENTITIES = DATA / "entities.ttl"
JUDGEMENTS = DATA / "judgements.jsonl"
GUIDE = (DATA / "GUIDE.md").read_text(encoding="utf-8")
BASE = Base("https://w3id.org/geokg/")


def triples(path: Path) -> list[ox.Quad]:
    return list(ox.parse(path=str(path), format=ox.RdfFormat.TURTLE))


def register() -> Register:
    known = [*triples(ENTITIES), *triples(STATES)]
    judgements = read_judgements(JUDGEMENTS, BASE)
    return Register.from_quads(known, Scheme.packaged().superclasses, judgements=judgements, base=BASE)


@pytest.fixture(scope="module")
def article() -> Document:
    return read(ARTICLE)


@pytest.fixture(scope="module")
def store(article: Document) -> ox.Store:
    """The graph of the article, nothing else."""
    found = ox.Store()
    found.extend(populate(article, scheme=Scheme.packaged(), register=register(), base=BASE).quads)
    return found


def ask(store: ox.Store, query: str) -> set[tuple[str, ...]]:
    """The rows of a query, each IRI by its last part."""
    prefixes = {"gk": str(GK), "gkx": str(GKX)}
    rows = store.query(query, prefixes=prefixes, use_default_graph_as_union=True)
    assert isinstance(rows, ox.QuerySolutions)
    return {tuple(cell.value.rpartition("/")[2] for cell in row) for row in rows}


# The article


def test_the_text_is_the_one_we_were_given() -> None:
    data = ARTICLE.with_suffix(".txt").read_bytes()
    assert hashlib.sha256(data).hexdigest() == "ffbafe637f4c98c2b00fb23454ed076d969768b0c05ade27157b47e142e799a9"
    assert (len(data), len(data.decode("utf-8"))) == (2265, 2241)


def test_each_quote_stands_at_its_offsets() -> None:
    # Told apart from the reader on purpose: what it checks, this checks without it.
    text = ARTICLE.with_suffix(".txt").read_bytes().decode("utf-8")
    lines = [line for line in ARTICLE.read_text(encoding="utf-8").splitlines() if line.startswith("T")]
    assert len(lines) > 100
    before = 0
    for line in lines:
        _, place, quote = line.split("\t")
        parts = [tuple(map(int, part.split())) for part in place.split(" ", 1)[1].split(";")]
        assert " ".join(text[start:end] for start, end in parts) == quote, line
        assert parts[0][0] >= before, f"out of order: {line}"
        before = parts[0][0]


def test_no_span_starts_or_ends_in_a_blank_or_inside_a_word(article: Document) -> None:
    text = article.text
    for mention in [*article.mentions, *(event.trigger for event in article.events)]:
        for span in mention.spans:
            assert span.exact == span.exact.strip(), mention
            assert not text[span.start - 1 : span.start + 1].isalnum(), mention
            assert not text[span.end - 1 : span.end + 1].isalnum(), mention


def test_each_name_is_marked_wherever_it_stands(article: Document) -> None:
    marked = {(span.start, span.end) for mention in article.mentions for span in mention.spans}
    names = (
        "Taliban|Beijing|Kabul|Afghanistan|Hu Shisheng|Zhao Lijian|Hua Chunying|Belt and Road|Central Asia|Middle East"
    )
    for found in re.finditer(rf"\b(?:{names}|Chinese|Afghan)\b", article.text):
        inside = any(start <= found.start() and found.end() <= end for start, end in marked)
        assert found.span() in marked or (found.group() == "Taliban" and inside), found


def test_each_event_has_time_and_evidence(article: Document) -> None:
    scheme = Scheme.packaged()
    clauses = {mention.id for mention in article.mentions if mention.label == "Evidence"}
    for event in article.events:
        names = {attribute.name for attribute in article.attributes_of(event.id)}
        undertaking = scheme.is_a(scheme.event(event.label), str(GK.Undertaking))
        assert undertaking or names & {"TimeRelation", "Date"}, event
        assert [a.target for a in event.arguments if a.role == "Evidence" and a.target in clauses], event


def test_each_mention_is_known_but_the_region_that_the_text_leaves_open(article: Document) -> None:
    population = populate(article, scheme=Scheme.packaged(), register=register(), base=BASE)
    assert [notice.span and notice.span.exact for notice in population.notices] == ["region"]


def test_metonyms_stand_for_states(article: Document) -> None:
    flagged = {a.target for a in article.attributes if a.name == "Metonym"}
    mentions = {mention.text: mention.label for mention in article.mentions if mention.id in flagged}
    assert mentions == {"Beijing": "State", "Kabul": "State"}


def test_who_claims_what_of_the_world(store: ox.Store) -> None:
    """What the narrator claims in his own voice, speech acts apart, and nothing more."""
    rows = ask(
        store,
        """SELECT ?kind ?polarity ?certainty ?time { ?c gk:isClaimedBy ?v ; gk:hasContent ?s ;
             gk:hasPolarity ?polarity ; gk:hasCertainty ?certainty . ?v a gk:DocumentVoice .
             ?s a ?kind ; gk:hasTimeRelation ?time
             FILTER NOT EXISTS { ?s a gk:Statement } }""",
    )
    assert rows == {
        ("Tenure", "positive", "certain", "overlaps"),
        ("TerritorialControl", "positive", "certain", "overlaps"),
        ("Withdrawal", "positive", "certain", "before"),
        ("Affiliation", "positive", "certain", "overlaps"),
        ("Event", "positive", "certain", "overlaps"),
        ("Governance", "positive", "certain", "after"),
    }


def test_two_independent_claimants_stand_behind_the_contact_alone(store: ox.Store) -> None:
    rows = ask(
        store,
        """SELECT ?kind ?one ?other { ?c gk:hasContent ?s ; gk:isClaimedBy ?one .
             ?d gk:hasContent ?s ; gk:isClaimedBy ?other . ?s a ?kind FILTER(STR(?one) < STR(?other)) }""",
    )
    assert rows == {("ContactRelation", "hua-chunying", "taliban-leaders")}


def test_the_benefit_is_hu_s_forecast_and_reported(store: ox.Store) -> None:
    rows = ask(
        store,
        """SELECT ?who ?stance ?for ?voice { ?c gk:hasContent ?s ; gk:isClaimedBy ?who ; gk:hasStance ?stance ;
             gk:isEmbeddedIn/gk:isClaimedBy ?voice . ?s a gk:Benefit ; gk:hasBeneficiary ?for }""",
    )
    assert rows == {("hu-shisheng", "predicts", state, "voice") for state in ("CHN", "AFG")}


def test_the_promise_is_told_by_hu_about_the_leaders(store: ox.Store) -> None:
    rows = ask(
        store,
        """SELECT ?debtor ?creditor ?stance ?polarity ?promiser ?teller ?voice {
             ?u a gk:RestraintCommitment ; gk:hasDebtor ?debtor ; gk:hasCreditor ?creditor ; gk:hasConsequent ?harm .
             ?c gk:hasContent ?harm ; gk:isClaimedBy ?promiser ; gk:hasStance ?stance ; gk:hasPolarity ?polarity ;
               gk:isEmbeddedIn ?d . ?d gk:isClaimedBy ?teller ; gk:isEmbeddedIn ?n . ?n gk:isClaimedBy ?voice }""",
    )
    assert rows == {("taliban", "CHN", "promises", "negative", "taliban-leaders", "hu-shisheng", "voice")}


def test_a_decision_not_taken_is_denied_by_the_spokesman(store: ox.Store) -> None:
    rows = ask(
        store,
        """SELECT ?who ?actor ?polarity ?stance { ?c gk:hasContent ?s ; gk:isClaimedBy ?who ; gk:hasPolarity ?polarity ;
             gk:hasStance ?stance . ?s a gk:Decision ; gk:hasActor ?actor }""",
    )
    assert rows == {("zhao-lijian", "CHN", "negative", "asserts")}


def test_the_chain_of_impacts_reaches_the_belt_and_road(store: ox.Store) -> None:
    rows = ask(store, "SELECT ?cause ?end { ?s a ?cause ; gk:leadsTo+/gk:affects ?end . ?s a gk:Governance }")
    assert ("Governance", "belt-and-road-initiative") in rows
    assert {end for _, end in rows} >= {"central-asia", "territory-of-pakistan", "middle-east", "borders-of-china"}


# Entities and judgements


def test_entities_hold_no_fact_and_nothing_twice() -> None:
    facts = {quad.subject for quad in statements() if quad.predicate.value == str(GK.isFactLayer)}
    entities = triples(ENTITIES)
    assert facts
    assert not [quad for quad in entities if quad.predicate in facts]
    assert not {*entities} & {*triples(STATES)}


def test_entities_speak_of_what_exists() -> None:
    known = [*triples(ENTITIES), *triples(STATES)]
    typed = {quad.subject for quad in known if quad.predicate.value == str(RDF.type)}
    terms = {quad.subject for quad in statements()}
    for quad in triples(ENTITIES):
        assert quad.subject in typed, quad
        for term in (quad.predicate, quad.object):
            if isinstance(term, ox.NamedNode) and term.value.startswith(str(GK)):
                assert term in terms, quad
            elif isinstance(term, ox.NamedNode) and term.value.startswith(BASE.data):
                assert term in typed, quad


def test_each_entity_has_one_preferred_name_a_language_an_english_one_among_them() -> None:
    names: dict[ox.NamedNode, Counter[str | None]] = {}
    for quad in [*triples(ENTITIES), *triples(STATES)]:
        if quad.predicate.value == str(SKOS.prefLabel):
            names.setdefault(quad.subject, Counter())[quad.object.language] += 1
    typed = {quad.subject for quad in triples(ENTITIES) if quad.predicate.value == str(RDF.type)}
    assert typed <= names.keys()
    for entity, languages in names.items():
        assert languages["en"] == 1, entity
        assert set(languages.values()) == {1}, entity


def test_turtle_is_canonical() -> None:
    for path in (ENTITIES, STATES, FORMER):
        assert path.read_text(encoding="utf-8") == rewrite(path.read_bytes()), path


def test_judgements_are_well_formed_and_about_what_exists(article: Document) -> None:
    spans = {(span.start, span.end) for mention in article.mentions for span in mention.spans}
    entities = register().entities
    judgements = read_judgements(JUDGEMENTS, BASE)
    assert {judgement.verdict for judgement in judgements} == {"same", "different", "unsure"}
    for judgement in judgements:
        for iri in (judgement.first, judgement.second):
            address = re.fullmatch(rf"{re.escape(BASE.document(article.id))}#char=(\d+),(\d+)", iri)
            assert (int(address[1]), int(address[2])) in spans if address else iri in entities, judgement
    for line in JUDGEMENTS.read_text(encoding="utf-8").splitlines():
        assert list(json.loads(line)) == ["judgement", "first", "second", "by", "when", "why"]


# States


@pytest.mark.parametrize(("script", "made"), [("states", STATES), ("former_states", FORMER)])
def test_states_are_what_the_script_makes(script: str, made: Path) -> None:
    if importlib.util.find_spec("pycountry") is None:
        pytest.skip("pycountry is not installed, and it alone knows the names")
    here = made.read_text(encoding="utf-8")
    for name, made_with in re.findall(r"(pycountry|tzdata) ([0-9.]+)", here):
        if made_with != importlib.metadata.version(name):
            pytest.skip(f"another version of {name} is installed than the one that the file was made with")
    assert importlib.import_module(script).text() == here


def test_former_names_and_former_states() -> None:
    known = Register.from_quads(
        [*triples(ENTITIES), *triples(STATES), *triples(FORMER)], Scheme.packaged().superclasses, base=BASE
    )
    for name, code in {
        "Burma": "MMR",
        "Zaïre": "COD",
        "Upper Volta": "BFA",
        "Soviet Union": "SUHH",
        "苏维埃社会主义共和国联盟": "SUHH",
        "Yugoslavia": "YUCS",
        "East Germany": "DDDE",
        "Germany": "DEU",
        "Viet-Nam": "VNM",
        "Yemen": "YEM",
    }.items():
        found = known.resolve(name, str(GK.State))
        assert found.iri == f"{BASE.data}state/{code}", found
    former = {
        q.subject.value.rpartition("/")[2]: q.object for q in triples(FORMER) if q.predicate.value == str(GK.edtf)
    }
    assert former.keys() == {"CSHH", "CSXX", "DDDE", "SUHH", "VDVN", "YDYE", "YUCS"}
    assert (former["SUHH"].value, former["VDVN"].value) == ("/1992-08-30~", "/1977~")
    assert not {*triples(STATES)} & {*triples(FORMER)}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("UK", "GBR"),
        ("Britain", "GBR"),
        ("Turkey", "TUR"),
        ("Russia", "RUS"),
        ("Swaziland", "SWZ"),
        ("Macedonia", "MKD"),
        ("Cape Verde", "CPV"),
        ("East Timor", "TLS"),
        ("Vatican City", "VAT"),
    ],
)
def test_a_state_is_known_by_what_people_call_it(name: str, code: str) -> None:
    known = Register.from_quads(
        [*triples(ENTITIES), *triples(STATES), *triples(FORMER)], Scheme.packaged().superclasses, base=BASE
    )
    assert known.resolve(name, str(GK.State)).iri == f"{BASE.data}state/{code}"


def test_there_are_all_entries_of_iso_3166() -> None:
    kinds = Counter(
        quad.object.value.rpartition("/")[2]
        for quad in triples(STATES)
        if quad.predicate.value == str(RDF.type) and quad.subject.value.startswith(BASE.data)
    )
    assert kinds == {"State": 193 + 2, "Territory": 54}
    assert kinds.total() == 249


@pytest.mark.parametrize(
    ("alpha3", "alpha2", "number", "language", "name"),
    [
        ("AFG", "AF", "004", "zh", "阿富汗"),
        ("CHN", "CN", "156", "ar", "الصّين"),
        ("PAK", "PK", "586", "ru", "Пакистан"),
        ("USA", "US", "840", "fr", "États-Unis"),
        ("TUR", "TR", "792", "ar", "تركيا"),
        ("KOR", "KR", "410", "es", "Corea del Sur"),
    ],
)
def test_codes_and_names(alpha3: str, alpha2: str, number: str, language: str, name: str) -> None:
    node = ox.NamedNode(f"{BASE.data}state/{alpha3}")
    said = {(quad.predicate.value, quad.object) for quad in triples(STATES) if quad.subject == node}
    assert (str(GK.iso3166Alpha3), ox.Literal(alpha3)) in said
    assert (str(GK.iso3166Alpha2), ox.Literal(alpha2)) in said
    assert (str(GK.m49Code), ox.Literal(number)) in said
    assert (str(SKOS.prefLabel), ox.Literal(name, language=language)) in said


def test_states_are_named_in_the_languages_of_the_united_nations() -> None:
    languages: dict[str, set[str | None]] = {}
    for quad in triples(STATES):
        if quad.predicate.value == str(SKOS.prefLabel):
            languages.setdefault(quad.subject.value, set()).add(quad.object.language)
    assert len(languages) == 249
    assert all(spoken == {"ar", "en", "es", "fr", "ru", "zh"} for spoken in languages.values())


# The guide


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, flags=re.MULTILINE | re.DOTALL)


def example(folder: Path) -> Document:
    """The guide's example, read from files as any other."""
    (folder / "example.txt").write_bytes(blocks("text")[0].encode())
    (folder / "example.ann").write_bytes(blocks("brat")[-1].encode())
    return read(folder / "example.ann")


def test_the_guide_quotes_the_article_as_it_is_annotated() -> None:
    written = set(ARTICLE.read_text(encoding="utf-8").splitlines())
    quoted = [line for block in blocks("brat")[:-1] for line in block.splitlines()]
    assert len(quoted) > 50
    assert not [line for line in quoted if line not in written]


def test_the_guide_s_example_reads_as_the_guide_says(tmp_path: Path) -> None:
    document = example(tmp_path)
    population = populate(document, scheme=Scheme.packaged(), register=register(), base=BASE)
    unknown = [notice.span.exact for notice in population.notices if notice.span]
    assert unknown == ["Kenya’s foreign minister", "Amina Otieno", "spokesman", "ministry"]
    store = ox.Store()
    store.extend(population.quads)
    claims = """SELECT ?kind ?polarity ?certainty ?stance { ?c gk:hasContent/a ?kind ; gk:hasPolarity ?polarity ;
        gk:hasCertainty ?certainty ; gk:hasStance ?stance ; gk:isEmbeddedIn ?outer }"""
    assert ask(store, claims) == {
        ("HostileAct", "negative", "certain", "denies"),
        ("CooperationAct", "positive", "certain", "promises"),
        ("Meeting", "positive", "possible", "predicts"),
    }
    owed = "SELECT ?d ?c ?a { ?u gk:hasDebtor ?d ; gk:hasCreditor ?c ; gk:hasAntecedent/a ?a }"
    assert ask(store, owed) == {("KEN", "SOM", "Event")}


def tables(heading: str) -> list[list[list[list[str]]]]:
    """The guide's tables whose first head is this: rows of cells, each cell the labels that it quotes."""
    found = re.findall(rf"^\| {heading} \|.*\n\|[-|]+\n((?:\|.*\n)+)", GUIDE, flags=re.MULTILINE)
    quotes = re.compile("`([^`]+)`")
    return [[[quotes.findall(cell) for cell in row.split("|")[1:-1]] for row in rows.splitlines()] for rows in found]


def first_column(rows: list[list[list[str]]]) -> set[str]:
    return {label for row in rows for label in row[0]}


def test_the_guide_has_every_label_of_the_scheme() -> None:
    scheme = Scheme.packaged()
    mentions, events = (first_column(rows) for rows in tables("label"))
    told = re.search(
        r"^- (`Situation`.*?)are labels that the ontology knows and annotators do not use", GUIDE, re.M | re.S
    )
    assert told is not None
    unused = set(re.findall("`([^`]+)`", told[1]))
    assert mentions.isdisjoint(unused) and events.isdisjoint(unused)
    assert mentions | (unused & scheme.mentions.keys()) == scheme.mentions.keys()
    assert events | (unused & scheme.events.keys()) == scheme.events.keys()
    assert unused <= scheme.mentions.keys() | scheme.events.keys()


def test_the_guide_s_roles_fit_their_events() -> None:
    scheme = Scheme.packaged()
    roles = set()
    for label, _, cell in tables("label")[1]:
        for role in cell:
            roles.add(scheme.property(role, scheme.event(label[0])).iri)
    (anywhere,) = tables("role")
    for role in first_column(anywhere):
        roles.add(scheme.property(role, scheme.event("Event")).iri)
    (attributes,) = tables("attribute")
    for attribute in first_column(attributes):
        roles |= {found.iri for found in scheme.properties[attribute]}
    labelled = {quad.subject for quad in statements() if quad.predicate.value == str(GK.annotationLabel)}
    properties = {found.iri for group in scheme.properties.values() for found in group}
    every = {term.value for term in labelled if isinstance(term, ox.NamedNode) and term.value in properties}
    names = {str(GK.iso3166Alpha3), str(GK.wikidataId), str(GK.isEvidencedBy)}  # told in sections 7 and 8
    assert every - names - roles == set()


def test_the_guide_s_values_are_those_of_the_schemes() -> None:
    scheme = Scheme.packaged()
    (attributes,) = tables("attribute")
    listed = 0
    for (attribute,), values, *_ in attributes:
        (found, *_) = scheme.properties[attribute]
        if found.values_from is not None:
            listed += 1
            assert set(values) == set(scheme.concepts[found.values_from]), attribute
    assert listed >= 8


def test_what_the_guide_does_not_know_is_refused(tmp_path: Path) -> None:
    document = example(tmp_path)
    trigger = Mention("T99", "Treaty", (document.content.span(0, 5),))
    strange = dataclasses.replace(document, events=(*document.events, Event("E99", "Treaty", trigger, line=99)))
    with pytest.raises(UnknownTerm, match="Treaty"):
        populate(strange, scheme=Scheme.packaged(), register=register(), base=BASE)
