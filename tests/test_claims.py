"""Reading rules: which annotation makes which claim, by whom, inside whose."""

from __future__ import annotations

import hashlib
import re

import pytest

import geokg
from geokg.claims import populate
from geokg.errors import IdentityConflict, ReadError, UnknownTerm
from geokg.identity import Register
from geokg.scheme import Scheme
from geokg.vocabulary import Base

TEXT = "Ann said that Bob denied that China attacked Laos. China promised aid."
PEOPLE = """
T1 Person Ann
T2 Person Bob
T3 State China
T4 State Laos
T5 Statement said
T6 Statement denied
T7 HostileAct attacked
"""


def with_people(events):
    """The annotations with whoever the text names, and the triggers that the events use."""
    lines = PEOPLE.strip().splitlines()
    used = [line for line in lines if line.split(" ")[0] < "T5" or f":{line.split(' ')[0]}" in events]
    return "\n".join(used) + "\n" + events


def read(path, **options):
    return populate(
        geokg.read(path), scheme=Scheme.packaged(), register=Register((), {}), base=options.get("base", Base())
    )


def graph_of(path):
    kg = geokg.KnowledgeGraph.empty()
    kg.add(geokg.read(path))
    return kg


def told(kg):
    return [(str(c.claimant), c.stance, c.polarity, c.content.kind, len(c.chain)) for c in kg.claims()]


def test_chain_is_as_deep_as_the_text_has_it(write_source):
    kg = graph_of(
        write_source(
            TEXT,
            with_people("""
            E1 Statement:T5 Actor:T1 Content:E2
            E2 Statement:T6 Actor:T2 Content:E3
            E3 HostileAct:T7 Actor:T3 Recipient:T4
            A1 Stance E2 denies
            """),
        )
    )
    narrator = "the narrator of “demo/note”"
    assert sorted(told(kg)) == sorted(
        [
            (narrator, "asserts", "positive", "Statement", 1),
            ("Ann", "asserts", "positive", "Statement", 2),
            ("Bob", "denies", "negative", "HostileAct", 3),
        ]
    )
    [denial] = kg.claims(stance="denies")
    assert [str(who) for who in denial.chain] == ["Bob", "Ann", narrator]
    assert [outer.content.kind for outer in (denial.outer, denial.outer.outer)] == ["Statement", "Statement"]


def test_denying_what_is_not_so_affirms_it(write_source):
    kg = graph_of(
        write_source(
            TEXT,
            with_people("""
            E2 Statement:T6 Actor:T2 Content:E3
            E3 HostileAct:T7 Actor:T3 Recipient:T4
            A1 Stance E2 denies
            A2 Polarity E3 negative
            """),
        )
    )
    assert [c.polarity for c in kg.claims(stance="denies")] == ["positive"]


def test_two_statements_share_one_content(write_source):
    kg = graph_of(
        write_source(
            TEXT,
            with_people("""
            E1 Statement:T5 Actor:T1 Content:E3
            E2 Statement:T6 Actor:T2 Content:E3
            E3 HostileAct:T7 Actor:T3 Recipient:T4
            A1 Stance E2 denies
            """),
        )
    )
    claims = [c for c in kg.claims() if c.content.kind == "HostileAct"]
    assert sorted((str(c.claimant), c.polarity) for c in claims) == [("Ann", "positive"), ("Bob", "negative")]
    assert len({c.content.iri for c in claims}) == 1
    pairs = list(kg.query("SELECT ?a ?b { ?a gk:contradicts ?b }"))
    assert len(pairs) == 2, "contradiction is symmetric"


def test_what_no_statement_contains_is_the_narrators(write_source):
    kg = graph_of(write_source(TEXT, with_people("E3 HostileAct:T7 Actor:T3 Recipient:T4\n")))
    [claim] = kg.claims()
    assert claim.outer is None
    assert claim.claimant.kind == "DocumentVoice"
    assert claim.sentence == "The article says: hostile act (actor: China; recipient: Laos)"


PROMISE = """
T3 State China@2
T8 Statement promised
T9 CooperationAct aid@2
T10 PerformanceCommitment promised aid
E1 Statement:T8 Actor:T3 Content:E2
E2 PerformanceCommitment:T10 Debtor:T3 Consequent:E3
E3 CooperationAct:T9 Actor:T3
"""


def test_promise_creates_the_commitment_and_claims_its_consequent(write_source):
    kg = graph_of(write_source(TEXT, PROMISE + "A1 TimeRelation E1 before\n"))
    [commitment] = kg.commitments()
    assert commitment.kind == "PerformanceCommitment"
    assert [who.label for who in commitment.debtors] == ["China"]
    assert [what.kind for what in commitment.statements] == ["Statement"]
    assert [(c.stance, str(c.claimant)) for c in commitment.claims] == [("promises", "China")]
    assert [span.exact for span in commitment.claims[0].evidence] == ["China promised aid"]
    assert commitment.status == "detached", "the narrator asserts that the promise was made"
    assert not [c for c in kg.claims() if c.content.kind == "CooperationAct" and c.outer is None]


def test_commitment_with_a_condition_is_conditional(write_source):
    annotations = PROMISE.replace("Consequent:E3", "Consequent:E3 Antecedent:E4") + (
        "T11 HostileAct attacked\nE4 HostileAct:T11\nA1 TimeRelation E1 before\n"
    )
    [commitment] = graph_of(write_source(TEXT, annotations)).commitments()
    assert commitment.status == "conditional"
    assert [what.kind for what in commitment.antecedents] == ["HostileAct"]


def test_promise_that_is_only_reported_has_no_status(write_source):
    annotations = PROMISE.replace("China@2", "China") + "T1 Person Ann\nT5 Statement said\n"
    annotations += "E9 Statement:T5 Actor:T1 Content:E1\nA1 TimeRelation E1 before\nA2 TimeRelation E9 before\n"
    [commitment] = graph_of(write_source(TEXT, annotations)).commitments()
    assert commitment.status is None
    assert len(commitment.claims[0].chain) == 3


def test_undertaking_that_nobody_makes_is_noticed(write_source):
    annotations = PROMISE.replace("E1 Statement:T8 Actor:T3 Content:E2\n", "").replace("T8 Statement promised\n", "")
    population = read(write_source(TEXT, annotations))
    assert any("nobody is said to have made this PerformanceCommitment" in str(n) for n in population.notices)


def test_claim_iri_follows_the_recipe(kg):
    for claim in kg.claims():
        rows = kg.query(f"SELECT ?p ?o {{ GRAPH ?g {{ <{claim.iri}> ?p ?o }} FILTER(?g != g:inferred) }}")
        said = {str(row.p).rpartition("/")[2]: str(row.o) for row in rows}
        parts = [
            said.get(name, "")
            for name in (
                "isClaimedBy",
                "hasContent",
                "hasPolarity",
                "hasCertainty",
                "hasStance",
                "isExpressedBy",
                "isEmbeddedIn",
            )
        ]
        assert claim.iri.endswith("/claim/" + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16])


def test_evidence_clause_wins_over_the_hull(write_source):
    hull = graph_of(write_source(TEXT, with_people("E3 HostileAct:T7 Actor:T3 Recipient:T4\n")))
    assert [span.exact for span in hull.claims()[0].evidence] == ["China attacked Laos"]
    clause = "T20 Evidence China attacked Laos. China\nE3 HostileAct:T7 Actor:T3 Recipient:T4 Evidence:T20\n"
    marked = graph_of(write_source(TEXT, with_people(clause), name="marked"))
    assert [span.exact for span in marked.claims()[0].evidence] == ["China attacked Laos. China"]


def test_hull_stays_in_the_sentence(write_source):
    kg = graph_of(write_source(TEXT, with_people("T9 CooperationAct aid@2\nE3 CooperationAct:T9 Actor:T1 Actor2:T3\n")))
    assert [span.exact for span in kg.claims()[0].evidence] == ["aid"]


def test_discontinuous_evidence_has_a_target_for_each_fragment(write_source, tmp_path):
    path = write_source(TEXT, with_people("E3 HostileAct:T7 Actor:T3 Recipient:T4 Evidence:T20\n"))
    start, end = TEXT.index("China"), TEXT.index("Laos")
    extra = f"T20\tEvidence {start} {start + 5};{end} {end + 4}\tChina Laos\n"
    path.write_text(path.read_text(encoding="utf-8") + extra, encoding="utf-8")
    kg = graph_of(path)
    assert [span.exact for span in kg.claims()[0].evidence] == ["China", "Laos"]
    assert kg.validate().conforms


def test_two_alike_annotations_stay_two(write_source):
    event = "HostileAct:T7 Actor:T3 Recipient:T4\n"
    kg = graph_of(write_source(TEXT, with_people(f"E3 {event}E4 {event}")))
    assert len({c.content.iri for c in kg.claims()}) == 2


def test_confidence_is_the_annotators_and_stands_on_the_evidence(write_source):
    kg = graph_of(write_source(TEXT, with_people("E3 HostileAct:T7 Actor:T3\nA1 Confidence E3 0.6\n")))
    rows = kg.query("SELECT ?n { ?claim a gk:Claim ; gk:isEvidencedBy/gk:confidence ?n }")
    assert [str(row.n) for row in rows] == ["0.6"]


def test_date_becomes_bounds_and_keeps_its_own_precision(write_source):
    kg = graph_of(write_source(TEXT, with_people("E3 HostileAct:T7 Actor:T3\nA1 Date E3 2021-08\n")))
    [row] = kg.query("SELECT ?e ?f ?t { ?s gk:edtf ?e ; gk:validFrom ?f ; gk:validTo ?t }")
    assert (str(row.e), row.f.toPython().isoformat(), row.t.toPython().isoformat()) == (
        "2021-08",
        "2021-08-01T00:00:00+00:00",
        "2021-09-01T00:00:00+00:00",
    )


def test_relation_between_events_is_a_role(write_source):
    annotations = with_people("T9 CooperationAct aid@2\nE3 HostileAct:T7 Actor:T3\nE4 CooperationAct:T9 Actor:T3\n")
    kg = graph_of(write_source(TEXT, annotations + "R1 LeadsTo Arg1:E3 Arg2:E4\n"))
    assert len(list(kg.query("SELECT ?a { ?a a gk:HostileAct ; gk:leadsTo ?b . ?b a gk:CooperationAct }"))) == 1


def test_notes_are_kept(write_source):
    kg = graph_of(write_source(TEXT, with_people("E3 HostileAct:T7 Actor:T3\n#1 AnnotatorNotes E3\thard to tell\n")))
    assert [str(row.note) for row in kg.query("SELECT ?note { ?s skos:editorialNote ?note }")] == ["hard to tell"]


def test_equivalent_mentions_share_one_entity(write_source):
    kg = graph_of(write_source(TEXT, with_people("* Equiv T1 T2\n")))
    assert len(list(kg.query("SELECT ?p { ?p a gk:Person }"))) == 1
    assert [span.exact for span in kg.evidence(str(next(iter(kg.query("SELECT ?p { ?p a gk:Person }"))).p))] == [
        "Ann",
        "Bob",
    ]


FAULTS = [
    ("E1 Statement:T5 Content:E3\nE3 HostileAct:T7 Actor:T3\n", ReadError, "E1 has Content but no Actor"),
    ("E1 Statement:T5 Actor:T1 Content:E2\nE2 Statement:T6 Actor:T2 Content:E1\n", ReadError, "inside itself"),
    ("E1 Statement:T5 Actor:T1 Content:T3\n", ReadError, "Content: T3 is no event"),
    ("E3 HostilAct:T7 Actor:T3\n", UnknownTerm, "did you mean HostileAct"),
    ("E3 HostileAct:T7 Acter:T3\n", UnknownTerm, "did you mean Actor"),
    ("E3 HostileAct:T7 Debtor:T3\n", UnknownTerm, "known for Commitment"),
    ("E3 HostileAct:T7 Actor:T3\nA1 Polarity E3 negatve\n", UnknownTerm, "did you mean negative"),
    ("E3 HostileAct:T7 Actor:T3\nA1 Polarty E3 negative\n", UnknownTerm, "did you mean Polarity"),
    ("E3 HostileAct:T7 Actor:T3\nA1 Polarity E3\n", ReadError, "needs a value"),
    ("E3 HostileAct:T7 Actor:T3\nA1 Polarity E3 negative\nA2 Polarity E3 positive\n", ReadError, "two values"),
    ("E3 HostileAct:T7 Actor:T3\nA1 Confidence E3 7\n", ReadError, "a number from 0 to 1"),
    ("E3 HostileAct:T7 Actor:T3\nA1 Date E3 someday\n", ReadError, "no EDTF date"),
    ("E3 HostileAct:T7 Actor:T3\nA1 Polarity T7 negative\n", ReadError, "no event and no mention"),
    ("A1 Stance T1 asserts\n", ReadError, "cannot stand on the mention T1"),
    ("R1 IsGroupWithin Arg1:T1 Arg2:T2\n", ReadError, "say it as an event"),
    ("T20 Area Laos\n", UnknownTerm, "value of area 'Laos'"),
    ("T20 Evidence Laos\nE3 HostileAct:T7 Actor:T20\n", ReadError, "an evidence clause"),
    ("E3 HostileAct:T7 Evidence:T1\n", ReadError, "not labelled Evidence"),
    ("* Alias T1 T2\n", UnknownTerm, "did you mean Equiv"),
]


@pytest.mark.parametrize(("annotations", "error", "words"), FAULTS)
def test_fault_names_its_line(write_source, annotations, error, words):
    path = write_source(TEXT, with_people(annotations))
    if "HostilAct" in annotations:
        path.write_text(path.read_text().replace("T7\tHostileAct", "T7\tHostilAct"))
    with pytest.raises(error, match=re.escape(words)) as caught:
        read(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert caught.value.path == path
    assert caught.value.line is not None
    assert lines[caught.value.line - 1].split("\t")[0] in annotations


def test_mentions_said_to_be_one_but_known_as_two(write_source):
    path = write_source(TEXT, with_people("* Equiv T3 T4\n"))
    with pytest.raises(IdentityConflict, match="stand for several"):
        geokg.build(path)


def test_same_text_same_quads(write_source):
    path = write_source(TEXT, with_people("E3 HostileAct:T7 Actor:T3 Recipient:T4\n"))
    assert read(path) == read(path)


def test_base_moves_data_and_graphs_but_no_terms(write_source):
    path = write_source(TEXT, with_people("E3 HostileAct:T7 Actor:T3\n"))
    population = read(path, base=Base("https://kg.example.org/"))
    assert population.graph == "https://kg.example.org/graph/document/demo/note"
    assert {q.subject.value.startswith("https://kg.example.org/data/document/demo/note") for q in population.quads} == {
        True
    }
    assert all(q.predicate.value.startswith(("https://w3id.org/geokg/ontology/", "http://")) for q in population.quads)
