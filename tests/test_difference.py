"""What two graphs say differently."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

import geokg
from geokg.difference import Difference, difference
from geokg.errors import GeokgError
from geokg.vocabulary import GK

TEXT = "China said that Iran met Russia. Pakistan said that Iran left Syria."
ANNOTATIONS = """
T1 State China
T2 Statement said
T3 State Iran
T4 Meeting met
T5 State Russia
T6 State Pakistan
T7 Statement said@2
T8 State Iran@2
T9 Withdrawal left
T10 Territory Syria
T11 Evidence Iran met Russia
T12 Evidence Iran left Syria
E1 Statement:T2 Actor:T1 Content:E2
E2 Meeting:T4 Participant:T3 Participant2:T5 Evidence:T11
E3 Statement:T7 Actor:T6 Content:E4
E4 Withdrawal:T9 Actor:T8 Place:T10 Evidence:T12
"""


@pytest.fixture
def compare(write_source: Callable[..., Path]) -> Callable[..., Difference]:
    """Build the text before and after a change of its words or annotations, and compare."""

    def run(*changes: tuple[str, str], text: str = TEXT) -> Difference:
        old = geokg.build(write_source(TEXT, ANNOTATIONS))
        changed = ANNOTATIONS
        for before, after in changes:
            assert before in changed
            changed = changed.replace(before, after)
        new = geokg.build(write_source(text, changed))
        return difference(old.views, new.views)

    return run


def test_the_same_annotations_make_no_difference(compare: Callable[..., Difference]) -> None:
    found = compare()
    assert (bool(found), found.unchanged) == (False, 4)
    assert str(found) == "0 added, 0 withdrawn, 0 re-attributed, 4 unchanged"


def test_a_word_put_in_front_moves_all_offsets_and_changes_nothing(compare: Callable[..., Difference]) -> None:
    found = compare(text="Yesterday " + TEXT.replace("Pakistan", "Then Pakistan"))
    assert not found
    assert found.unchanged == 4


def test_another_speaker_re_attributes(compare: Callable[..., Difference]) -> None:
    found = compare(("E1 Statement:T2 Actor:T1", "E1 Statement:T2 Actor:T6"))
    assert [(str(one.old.claimant), str(one.new.claimant)) for one in found.reattributed] == [("China", "Pakistan")]
    assert "meeting" in found.reattributed[0].new.content.label.casefold()
    # That China spoke was itself a claim, the narrator's; it is gone, and another has come.
    assert [claim.content.kind for claim in (*found.added, *found.withdrawn)] == ["Statement", "Statement"]
    assert found.unchanged == 2


def test_what_the_narrator_says_is_no_longer_the_speakers(compare: Callable[..., Difference]) -> None:
    found = compare(("E1 Statement:T2 Actor:T1 Content:E2", "E1 Statement:T2 Actor:T1"))
    [one] = found.reattributed
    assert (one.old.is_reported, one.new.is_reported) == (True, False)
    assert not found.added
    assert not found.withdrawn


def test_another_polarity_is_another_claim(compare: Callable[..., Difference]) -> None:
    found = compare(("E2 Meeting", "A1 Polarity E2 negative\nE2 Meeting"))
    [added], [withdrawn] = found.added, found.withdrawn
    assert (added.polarity, withdrawn.polarity) == ("negative", "positive")
    assert not found.reattributed


def test_a_withdrawn_statement_takes_its_contents_along(compare: Callable[..., Difference]) -> None:
    lines = [line for line in ANNOTATIONS.splitlines() if line.startswith(("E3", "E4", "T7", "T9"))]
    found = compare(*((line, "") for line in lines))
    assert len(found.withdrawn) == 2
    assert not found.added
    assert str(found.withdrawn[1].claimant) == "Pakistan"


def test_the_text_lists_changes_in_the_order_of_the_article(compare: Callable[..., Difference]) -> None:
    found = compare(
        ("E4 Withdrawal", "A1 Polarity E4 negative\nE4 Withdrawal"),
        ("E1 Statement:T2 Actor:T1 Content:E2", "E1 Statement:T2 Actor:T1"),
    )
    lines = str(found).splitlines()
    assert lines[0].startswith("~ The article says that China says: ")
    assert lines[1].startswith("  now: The article says: ")
    assert lines[2] == "    demo/note.txt:1:17 (characters 16 to 31): “Iran met Russia”"
    assert sorted(line[0] for line in lines[3:] if line[0] in "+-") == ["+", "-"]
    assert lines[-1] == found.summary


def test_a_claim_that_is_broken_is_named(kg: geokg.KnowledgeGraph, fresh_kg: geokg.KnowledgeGraph) -> None:
    claim = fresh_kg.claims()[0].iri
    for quad in list(fresh_kg.store.ox.quads_for_pattern(ox.NamedNode(claim), ox.NamedNode(GK.isClaimedBy), None)):
        fresh_kg.store.ox.remove(quad)
    with pytest.raises(GeokgError, match="a claim without isClaimedBy") as error:
        difference(kg.views, fresh_kg.views)
    assert claim in str(error.value)
