"""PLOVER's records: sentences with actors and events that are found by their words."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import geokg
from geokg.errors import ReadError
from geokg.mapping import Mapper, Usage
from geokg.readers import documents, plover
from geokg.readers.given import AnnotationFile
from geokg.text import Document

CORPUS = "corpora/plover-gsr-even"
EVENTS = """
AGREE 20, DEMAND 17, REJECT 17, THREATEN 14, PROTEST 14, COERCE 10, FIGHT 9, DISAPPROVE 8, RETREAT 7, ASSAULT 7,
SUPPORT 6, CONCEDE 6, SANCTION 6, CONSULT 5, AID 5, INVESTIGATE 5, MOBILIZE 3, COOPERATE 2
"""


@pytest.fixture(scope="module")
def records(shared: Path) -> list[dict[str, Any]]:
    (path,) = (shared / CORPUS).glob("*.json")
    found: list[dict[str, Any]] = json.loads(path.read_text())
    return found


@pytest.fixture(scope="module")
def read(shared: Path) -> list[Document]:
    return list(documents(shared / CORPUS))


def written(tmp_path: Path, *records: object, name: str = "gsr.json") -> Path:
    path = tmp_path / "gsr" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(list(records), indent=1), encoding="utf-8")
    return path


def record(text: str, markup: str = "", **more: object) -> dict[str, object]:
    return {"id": "X-1", "event": "AID", "eventText": "", "text": text, "textInfo": {"markup": markup}, **more}


def one(path: Path) -> Document:
    (document,) = documents(path)
    return document


def test_each_sentence_is_a_text_with_one_event(records: list[dict[str, Any]], read: list[Document]) -> None:
    sentences = [record for record in records if "text" in record]
    assert [document.text for document in read] == [record["text"] for record in sentences]
    assert [document.id.rpartition("/")[2] for document in read] == [record["id"] for record in sentences]
    wanted = {name: int(count) for name, count in (part.split() for part in EVENTS.replace("\n", " ").split(","))}
    assert Counter(event.label for document in read for event in document.events) == wanted
    assert len(read) == 161


def test_actors_are_found_as_often_as_the_source_counts_them(
    records: list[dict[str, Any]], read: list[Document]
) -> None:
    often = Counter(
        min(record["text"].count(actor["actorText"]), 2)
        for record in records
        for actor in [*(record.get("source") or []), *(record.get("target") or [])]
    )
    assert often == {1: 299, 2: 19, 0: 8}
    told = [fault.message for document in read for fault in document.faults if "eventLoc" not in fault.message]
    nowhere = [message for message in told if "nowhere in the sentence" in message]
    blanks = [message for message in told if "other blanks" in message]
    assert (len(nowhere), len(blanks), len(told)) == (3, 5, 8)
    actors = [mention for document in read for mention in document.mentions if mention.label == "actor"]
    assert len(actors) == 299 + 19 + 5
    assert sum(len(document.events[0].trigger.spans) for document in read) > 300
    for document in read:
        for mention in (*document.mentions, document.events[0].trigger):
            assert all(document.text[span.start : span.end] == span.exact != "" for span in mention.spans)


def test_no_placeholder_date_becomes_a_fact(read: list[Document]) -> None:
    assert all(document.source.date is None for document in read)
    kg, usage = geokg.KnowledgeGraph.empty(), Usage()
    mapper = Mapper("plover")
    for document in read:
        ours, found = mapper(document)
        kg.add(ours, apply_rules=False)
        usage += found
    kg.apply_rules()
    assert "2000-01-01" not in "".join(kg.store.trig())
    assert usage.totals["used"] > 1000
    assert usage.totals["unknown"] <= 10  # a second context, where one area is what an event can have
    assert {claim.content.kind for claim in kg.claims()} == {"Event", "Meeting", "CooperationAct", "HostileAct"}
    assert len(kg.query("SELECT ?e { ?e gk:hasEventType gkx:AGREE }")) == 20


def test_words_that_stand_often_are_those_of_the_markup(tmp_path: Path) -> None:
    document = one(
        written(
            tmp_path,
            record(
                "Rome said Rome (the city) helps Rome.",
                "Rome said (SRC: Rome (the city)) (EVT: helps) (TAR/LOC: Rome).",
                source=[{"actorText": "Rome", "code": "ITA"}],
                target={"actorText": "Rome", "sector": "GOV"},
                eventLoc={"name": "Rome"},
            ),
        )
    )
    assert [(mention.start, mention.label) for mention in document.mentions] == [
        (10, "actor"),
        (32, "actor"),
        (32, "location"),
    ]
    assert [(one.role, one.target) for one in document.events[0].arguments] == [
        ("source", "T1"),
        ("target", "T2"),
        ("eventLoc", "T3"),
    ]
    assert [(one.name, one.target, one.value) for one in document.attributes] == [
        ("code", "T1", "ITA"),
        ("sector", "T2", "GOV"),
    ]
    assert document.events[0].trigger.text == "helps"
    assert document.faults == ()


@pytest.mark.parametrize("markup", ["", "Rome said (SRC: Rome) helps (SRC: Rome)."])
def test_words_that_the_markup_does_not_tell_apart_are_told(tmp_path: Path, markup: str) -> None:
    path = written(
        tmp_path, record("Rome said Rome helps Rome.", markup, source=[{"actorText": "Rome"}], eventText="helps")
    )
    document = one(path)
    (fault,) = document.faults
    assert str(fault) == (f"{path}:11: source 'Rome', which stands 3 times, and the markup does not say which is meant")
    assert document.mentions == () and document.events[0].arguments == ()
    assert document.events[0].trigger.text == "helps"


def test_an_actor_without_words_is_told(tmp_path: Path) -> None:
    document = one(
        written(tmp_path, record("Rome helps.", source=[{"actorText": " ", "code": "ITA"}], eventText="helps"))
    )
    assert document.mentions == () and [fault.message for fault in document.faults] == ["source without words"]


def test_an_event_without_marked_words_is_the_sentence(tmp_path: Path) -> None:
    document = one(written(tmp_path, record("Rome helps.", "Rome EVT: helps)", eventText="is helping")))
    assert document.events[0].trigger.text == "Rome helps."
    assert [note.text for note in document.notes] == ["is helping"]
    assert "the words of the event" in document.faults[0].message


def test_what_is_known_of_a_record_is_known_of_its_text(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {"event": "DOCUMENT", "eventText": "about", "license": "CC BY-SA 4.0"},
        record("Rome helps.", "Rome (EVT: helps).", date="2016-12-19", language="en", publication="Wire", coder="Ann"),
        record("Rome waits.", "Rome (EVT: waits).", id="X 2", date="soon"),
        name="gsr.txt",
    )
    first, second = documents(path.parent)
    assert (first.id, second.id) == ("gsr/gsr/X-1", "gsr/gsr/X-2")
    source = first.source
    assert (source.date, source.language, source.publisher, source.annotators, source.licence) == (
        "2016-12-19",
        "en",
        "Wire",
        ("Ann",),
        "CC BY-SA 4.0",
    )
    assert second.source.date is None and "'soon', which is no date" in second.faults[0].message


@pytest.mark.parametrize(
    ("records", "told"),
    [
        ([1, record("a")], "record 1 is no object"),
        ([{"event": "AID", "eventText": "x"}], ":2: text is a string with something in it"),
        ([record("a", source=["Ann"])], ":2: source is a list of objects with actorText"),
        ([record("a"), record("b")], "a second record is called 'X-1'"),
    ],
)
def test_what_is_no_record_is_refused(tmp_path: Path, records: list[object], told: str) -> None:
    with pytest.raises(ReadError) as raised:
        list(plover.documents(AnnotationFile(written(tmp_path, *records))))
    assert "gsr.json" in str(raised.value) and told in str(raised.value)


def test_leniency_keeps_the_good_records(tmp_path: Path) -> None:
    path = written(tmp_path, {"event": "AID", "eventText": "x"}, record("Rome helps.", "Rome (EVT: helps)."))
    (document,) = plover.documents(AnnotationFile(path, lenient=True))
    assert document.text == "Rome helps."
    assert [fault.line for fault in document.faults] == [2]
    with pytest.raises(ReadError):
        list(plover.documents(AnnotationFile(written(tmp_path, {"event": "AID", "eventText": "x"}), lenient=True)))
