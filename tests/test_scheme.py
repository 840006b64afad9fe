from __future__ import annotations

import pytest

from geokg.errors import UnknownTerm
from geokg.scheme import Scheme
from geokg.vocabulary import GK, GKX


@pytest.fixture
def scheme() -> Scheme:
    return Scheme.packaged()


def test_each_event_label_is_a_situation_or_an_undertaking(scheme):
    for label, iri in scheme.events.items():
        assert scheme.event(label) == iri
        assert scheme.is_a(iri, str(GK.Situation)) or scheme.is_a(iri, str(GK.Undertaking))


def test_no_label_is_both_a_mention_and_an_event(scheme):
    assert not set(scheme.mentions) & set(scheme.events)


def test_each_concept_is_found_by_all_its_names(scheme):
    assert scheme.value(str(GKX.area), "economy") == scheme.value(str(GKX.area), "Economically") == str(GKX.economy)
    for iri, names in scheme.concepts.items():
        assert names, f"{iri} has no concepts"
        for name in names:
            assert scheme.value(iri, name).endswith("/" + name)


@pytest.mark.parametrize(
    ("role", "event", "expected"),
    [
        ("Holder", "Tenure", "isTenureOf"),
        ("Holder", "Intention", "isHeldBy"),
        ("Debtor", "RestraintCommitment", "hasDebtor"),
        ("hasDebtor", "RestraintCommitment", "hasDebtor"),
        ("Content", "Statement", "hasContent"),
        ("Evidence", "Benefit", "isEvidencedBy"),
        ("LeadsTo", "ContactRelation", "leadsTo"),
    ],
)
def test_role_is_the_property_that_fits_the_class(scheme, role, event, expected):
    assert scheme.property(role, str(GK[event])).iri == str(GK[expected])


def test_role_of_another_class_says_where_it_belongs(scheme):
    with pytest.raises(UnknownTerm, match="known for Tenure"):
        scheme.property("Post", str(GK.Benefit))


@pytest.mark.parametrize(
    ("ask", "near"),
    [
        (lambda s: s.mention("Sate"), "State"),
        (lambda s: s.event("Benifit"), "Benefit"),
        (lambda s: s.property("Beneficary", str(GK.Benefit)), "Beneficiary"),
        (lambda s: s.value(str(GKX.stance), "predict"), "predicts"),
    ],
)
def test_misspelt_label_suggests_the_nearest(scheme, ask, near):
    with pytest.raises(UnknownTerm) as caught:
        ask(scheme)
    assert caught.value.did_you_mean[0] == near
