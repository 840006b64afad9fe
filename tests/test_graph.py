from __future__ import annotations

import shutil

import owlready2
import pytest

import geokg
from geokg.errors import GeokgError, QuerySyntaxError, UnknownTerm
from geokg.vocabulary import GK, Base, packaged

ARTICLE = "china-taliban/article"


def test_what_people_import_is_what_is_documented():
    assert sorted(geokg.__all__) == geokg.__all__
    for name in geokg.__all__:
        assert getattr(geokg, name, None) is not None, name


def test_query_knows_the_prefixes_and_names_the_columns(kg):
    rows = list(
        kg.query("SELECT ?debtor ?creditor { ?c a gk:Commitment ; gk:hasDebtor ?debtor ; gk:hasCreditor ?creditor }")
    )
    assert [(kg.label(str(row.debtor)), kg.label(str(row.creditor))) for row in rows] == [("Taliban", "China")]


def test_query_that_does_not_parse(kg):
    with pytest.raises(QuerySyntaxError, match="line 1"):
        kg.query("SELECT ?x WHERE")


def test_dataset_is_the_same_graph(fresh_kg):
    from rdflib import RDF, URIRef

    assert len(list(fresh_kg.dataset.quads())) == len(fresh_kg)
    query = "SELECT ?c { ?c a gk:RestraintCommitment }"
    assert len(list(fresh_kg.dataset.query(query))) == 1
    graph = fresh_kg.dataset.graph(URIRef("https://example.org/mine"))
    graph.add((URIRef("https://example.org/a"), RDF.type, URIRef(GK.State)))
    assert "https://example.org/mine" in fresh_kg.store.graphs()


def test_names_find_actors_in_any_language(kg):
    assert kg.commitments(debtor="Taliban") == kg.commitments(debtor="塔利班") == kg.commitments(creditor="中国")
    assert kg.commitments(debtor="e:taliban") == kg.commitments()
    assert kg.commitments(debtor="China") == []


def test_misspelt_name_suggests_the_nearest(kg):
    with pytest.raises(UnknownTerm) as caught:
        kg.commitments(debtor="Talban")
    assert "Taliban" in caught.value.did_you_mean


def test_typed_views(kg):
    assert [str(who) for who in kg.officials()] == ["Hu Shisheng", "Hua Chunying", "Zhao Lijian"]
    assert "Taliban" in map(str, kg.movements())
    assert {"China", "Afghanistan", "Pakistan", "United States"} <= set(map(str, kg.states()))
    assert "Belt and Road Initiative" in map(str, kg.initiatives())
    assert {thing.kind for thing in kg.initiatives()} >= {"Project", "DialogueMechanism"}


def test_promise_keeps_its_whole_chain(kg):
    [claim] = kg.claims(claimant="Taliban", stance="promises")
    assert [str(who) for who in claim.chain[:2]] == ["leaders of the Taliban", "Hu Shisheng"]
    assert claim.chain[2].kind == "DocumentVoice"
    assert claim.polarity == "negative"
    assert claim.content.kind == "HostileAct"
    [span] = claim.evidence
    assert kg.text(ARTICLE).content[span.start : span.end] == span.exact
    assert span.exact.startswith("not to allow any forces to use Afghan territory")


def test_claims_stand_in_the_order_of_the_text(kg):
    starts = [claim.evidence[0].start for claim in kg.claims(document=ARTICLE)]
    assert starts == sorted(starts)
    assert len(starts) == len(kg.claims())


def test_each_claim_has_words_that_stand_in_the_text(kg):
    text = kg.text(ARTICLE).content
    for claim in kg.claims():
        assert claim.evidence
        for span in claim.evidence:
            assert text[span.start : span.end] == span.exact
            assert span.file == "china-taliban/article.txt"


def test_explain_leads_to_the_sentence(kg):
    [commitment] = kg.commitments(debtor="Taliban")
    text = str(kg.explain(commitment.iri))
    assert "leaders of the Taliban <- Hu Shisheng <- the article" in text
    assert "china-taliban/article.txt:17:225 (characters 2140 to 2239)" in text
    assert "in: He added that China, by strengthening its contacts" in text


def test_explain_what_stewards_wrote(kg):
    assert "written by stewards" in str(kg.explain("e:ministry-of-foreign-affairs-of-china")) or kg.evidence(
        kg.expand("e:ministry-of-foreign-affairs-of-china")
    )
    with pytest.raises(UnknownTerm):
        kg.explain("https://example.org/nothing")


def test_retract_takes_out_the_document_and_what_rested_on_it_alone(fresh_kg):
    document = geokg.read(packaged("data") / "china-taliban" / "article.ann")
    before = set(fresh_kg.store.quads())
    fresh_kg.retract(document)
    assert not fresh_kg.claims()
    assert not fresh_kg.officials(), "facts rested on the document"
    kept = ("entities", "identity", "ontology", "vocab", "reference/states")
    for name in kept:
        graph = fresh_kg.base.graph + name
        assert {q for q in before if q.graph_name.value == graph} == set(fresh_kg.store.quads(graph))
    left = {str(q.subject) for q in fresh_kg.store.quads() if not q.graph_name.value.endswith("identity")}
    assert not [subject for subject in left if ARTICLE in subject]
    fresh_kg.add(document)
    assert set(fresh_kg.store.quads()) == before


def test_retract_what_is_not_there(fresh_kg):
    with pytest.raises(GeokgError, match=f"did you mean {ARTICLE}"):
        fresh_kg.retract("china-taliban/artikle")


def test_added_twice_is_added_once(fresh_kg):
    before = set(fresh_kg.store.quads())
    fresh_kg.add(geokg.read(packaged("data") / "china-taliban" / "article.ann"))
    assert set(fresh_kg.store.quads()) == before


def test_document_can_be_added_to_a_graph_that_was_saved(kg, tmp_path, write_source):
    kg.save(tmp_path / "kg.trig")
    again = geokg.open(tmp_path / "kg.trig")
    again.add(geokg.read(write_source("Beijing spoke.", "T1 State Beijing\nN1 Reference T1 Wikidata:Q148\n")))
    assert len(again.documents()) == 2
    assert len(again.evidence("https://w3id.org/geokg/data/state/CHN")) == len(kg.evidence(kg.expand("state:CHN"))) + 1
    again.retract("demo/note")
    again.save(tmp_path / "again.trig")
    assert (tmp_path / "again.trig").read_bytes() == (tmp_path / "kg.trig").read_bytes()


def test_same_input_same_bytes_wherever_it_stands(kg, tmp_path):
    shutil.copytree(packaged("data"), tmp_path / "elsewhere")
    geokg.build(tmp_path / "elsewhere").save(tmp_path / "one.nq")
    kg.save(tmp_path / "two.nq")
    assert (tmp_path / "one.nq").read_bytes() == (tmp_path / "two.nq").read_bytes()


def test_base_is_a_setting(tmp_path):
    moved = geokg.build(packaged("data"), base=Base("https://kg.example.org/"))
    assert moved.documents() == [f"https://kg.example.org/data/document/{ARTICLE}"]
    assert [str(who) for who in moved.commitments(creditor="China")[0].debtors] == ["Taliban"]
    moved_away = ("https://w3id.org/geokg/data/", "https://w3id.org/geokg/graph/")
    stray = [quad for quad in moved.store.quads() if any(start in str(quad) for start in moved_away)]
    assert not stray
    assert moved.validate().conforms


def test_owlready_gives_python_individuals(kg):
    world = kg.owlready()
    taliban = world["https://w3id.org/geokg/data/entity/taliban"]
    movement = world[str(GK.Movement)]
    assert isinstance(movement, owlready2.ThingClass)
    assert isinstance(taliban, movement)
    assert world["https://w3id.org/geokg/data/entity/zhao-lijian"].actsFor[0].iri.endswith("/CHN")


def test_a_second_text_annotated_by_the_guide_alone(write_source):
    """An invented text of three sentences with what the article does not have: a denial, a date, a new movement."""
    path = write_source(
        "Kenyan minister Amina Otieno promised Uganda on 3 May 2024 that Kenya will rebuild the port of Lamu.\n"
        "The Shore Front denied that it controls Lamu. Uganda probably benefits from the port.",
        """
        T1 State Kenyan
        T2 Person Amina Otieno
        T3 Position minister
        T4 Settlement Lamu
        T5 Movement The Shore Front
        T6 State Uganda
        T7 Settlement Lamu@2
        T8 State Kenya@2
        T9 State Uganda@2
        T10 Tenure minister Amina Otieno
        T11 Statement promised
        T12 PerformanceCommitment Kenya will rebuild the port of Lamu
        T13 CooperationAct rebuild
        T14 Statement denied
        T15 TerritorialControl controls
        T16 Benefit benefits
        E1 Tenure:T10 Holder:T2 Post:T3
        E2 Statement:T11 Actor:T2 Content:E3
        E3 PerformanceCommitment:T12 Debtor:T8 Creditor:T6 Consequent:E4
        E4 CooperationAct:T13 Actor:T8 Place:T4
        E5 Statement:T14 Actor:T5 Content:E6
        E6 TerritorialControl:T15 Controller:T5 ControlledPlace:T7
        E7 Benefit:T16 Beneficiary:T9
        A1 Date E2 2024-05-03
        A2 Stance E5 denies
        A3 Certainty E7 probable
        A4 TimeRelation E1 overlaps
        A5 TimeRelation E4 after
        A6 TimeRelation E5 before
        A7 TimeRelation E6 overlaps
        A8 TimeRelation E7 overlaps
        N1 Reference T1 ISO3166:KEN
        """,
        toml='title = "A port"\nlanguage = "en"\ndate = "2024-05-04"\n',
    )
    kg = geokg.build(path)
    assert {str(n).split(": ")[1].split(" is")[0] for n in kg.notices} == {
        "'Amina Otieno'",
        "'minister'",
        "'Lamu'",
        "'The Shore Front'",
    }
    assert [(str(c.claimant), c.polarity, c.content.kind) for c in kg.claims(stance="denies")] == [
        ("The Shore Front", "negative", "TerritorialControl")
    ]
    [commitment] = kg.commitments(debtor="Kenya")
    assert commitment.status == "detached"
    assert "2024-05-03" in {str(row.d) for row in kg.query("SELECT ?d { ?s a gk:Statement ; gk:edtf ?d }")}
    assert not list(kg.query("SELECT ?a { ?a gk:controls ?b }"))
    assert kg.validate().conforms, kg.validate().serialize("text")
