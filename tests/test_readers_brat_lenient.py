"""brat: what leniency keeps and what it leaves out; what is written comes back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from geokg.errors import OffsetMismatch, ReadError, WriteError
from geokg.readers import documents, read
from geokg.readers.brat import write
from geokg.text import Argument, Attribute, Document, Equivalence, Event, Mention, Normalization, Note, Relation, Text
from hostile import bare, hostile

TEXT = "Hu said the Taliban\npromised peace. Hu left the Taliban."
GOOD = """\
T1\tPerson 0 2\tHu
T2\tStatement 3 7\tsaid
T3\tMovement 12 19\tTaliban
T4\tCommitment 20 28\tpromised
E1\tStatement:T2 Actor:T1 Content:E2
E2\tCommitment:T4 Debtor:T3
R1\tNear Arg1:T1 Arg2:T3
A1\tStance E1 predicts
N1\tReference T1 Wikidata:Q1\tHu
#1\tAnnotatorNotes E2\twhy
*\tAlias T1 T3
"""


def lenient(tmp_path: Path, annotations: str | bytes, text: str = TEXT) -> Document:
    path = tmp_path / "wire" / "article.ann"
    path.parent.mkdir(exist_ok=True)
    path.with_suffix(".txt").write_text(text, encoding="utf-8", newline="")
    path.write_bytes(annotations if isinstance(annotations, bytes) else annotations.encode())
    with pytest.raises(ReadError):
        read(path)
    return read(path, lenient=True)


def faults(document: Document) -> list[str]:
    return [f"{fault.line}: {fault.message}" for fault in document.faults]


def test_what_hangs_on_a_bad_line_is_bad_too(tmp_path: Path) -> None:
    document = lenient(tmp_path, GOOD.replace("20 28\tpromised", "20 28\tbroke"))
    assert [mention.id for mention in document.mentions] == ["T1", "T3"]
    assert (document.events, document.attributes, document.notes) == ((), (), ())
    assert [relation.id for relation in document.relations] == ["R1"]
    assert (len(document.normalizations), len(document.equivalences)) == (1, 1)
    assert faults(document) == [
        "2: T2 is the trigger of E1, which is left out (line 5)",
        "4: T4 quotes 'broke' at 20..28, but 'promised' stands there (article.txt:2:1); "
        "these words stand nowhere in article.txt: was the text changed after it was annotated?",
        "5: E1 refers to E2, which is left out (line 6)",
        "6: E2 refers to T4, which is left out (line 4)",
        "8: A1 refers to E1, which is left out (line 5)",
        "10: #1 refers to E2, which is left out (line 6)",
    ]
    assert isinstance(document.faults[1], OffsetMismatch)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"X1\tPerson 0 2\tHu", "unknown kind of line 'X1'"),
        (b"no line at all", "unknown kind of line 'no line at all'"),
        (b"T9\tPerson\tHu", "malformed words"),
        (b"T9\tPerson 0 3;2 4\tHu   s", "the parts of T9 overlap"),
        (b"T9\tPerson 0 3\t\xffu ", "byte 0xff is not UTF-8"),
        (b"A9\tStance E7 denies", "A9 refers to E7, which is not in this file"),
        (b"N9\tReference T1 Wikidata", "'Wikidata' is no reference"),
        (b"*\tEquiv T1", "malformed equivalence"),
    ],
)
@pytest.mark.parametrize("place", [0, 5, 11])
def test_one_bad_line_takes_nothing_else_with_it(tmp_path: Path, line: bytes, words: str, place: int) -> None:
    lines = GOOD.encode().splitlines()
    whole = lenient(tmp_path, GOOD.encode() + b"X")
    document = lenient(tmp_path, b"\n".join([*lines[:place], line, *lines[place:]]))
    assert bare(document) == bare(whole)
    (fault,) = document.faults
    assert (fault.line, fault.path) == (place + 1, document.path)
    assert words in fault.message


def test_an_id_that_stands_twice_means_neither(tmp_path: Path) -> None:
    document = lenient(tmp_path, "T1\tPerson 0 2\tHu\nT1\tPerson 36 38\tHu\nT1\tX 0 2\tHu\nA1\tSure T1\n")
    assert (document.mentions, document.attributes) == ((), ())
    assert faults(document) == [
        "1: the id T1 is taken again by line 2",
        "2: the id T1 is taken by line 1; ids stand once",
        "3: the id T1 is taken by line 1; ids stand once",
        "4: A1 refers to T1, which is left out (line 1)",
    ]


def test_words_are_no_mention_when_their_event_is_left_out(tmp_path: Path) -> None:
    lines = (
        "T1\tPerson 0 2\tHu\nT2\tStatement 3 7\tsaid\nT3\tStatement 20 28\tpromised\n"
        "E1\tStatement:T2 Actor:T9\nE2\tStatement:T3 Actor:T2\nE3\tStatement:T3 Actor:T1\nA1\tSure T2\n"
    )
    document = lenient(tmp_path, lines)
    assert ([m.id for m in document.mentions], [e.id for e in document.events]) == (["T1"], ["E3"])
    assert faults(document) == [
        "2: T2 is the trigger of E1, which is left out (line 4)",
        "4: E1 refers to T9, which is not in this file",
        "5: E2 refers to T2, which is left out (line 2)",
        "7: A1 refers to T2, which is left out (line 2)",
    ]


def test_a_long_chain_on_a_bad_one_goes_whole(tmp_path: Path) -> None:
    lines = [f"E{n}\tStatement:T2 Content:E{n + 1}" for n in range(1, 3000)] + ["E3000\tStatement:T9"]
    document = lenient(tmp_path, "\n".join(["T2\tStatement 3 7\tsaid", *lines]))
    assert (len(document.mentions), len(document.events), len(document.faults)) == (0, 0, 3001)


def test_offsets_in_another_unit_are_named_and_never_bound(tmp_path: Path) -> None:
    document = lenient(tmp_path, "T1\tX 5 6\té\nT2\tX 9 10\tb\n", "é é é b")
    assert document.mentions == ()
    assert all("all offsets" not in fault for fault in faults(document))
    document = lenient(tmp_path, "T1\tX 3 5\té\nT2\tX 9 10\tb\n", "é é é b")
    assert document.mentions == ()
    assert all("fit when they count bytes of UTF-8" in fault for fault in faults(document))


def test_source_toml_says_what_offsets_count(tmp_path: Path) -> None:
    path = tmp_path / "wire" / "article.ann"
    path.parent.mkdir()
    path.with_suffix(".txt").write_text("né 😀 Hu", encoding="utf-8")
    path.write_text("T1\tPerson 9 11\tHu\nT2\tX 4 8\t😀\n", encoding="utf-8")
    with pytest.raises(OffsetMismatch, match=r'convert them to code points, or say offsets = "UTF-8" in source\.toml'):
        read(path)
    (path.parent / "source.toml").write_text('offsets = "UTF-8"')
    assert [(mention.text, mention.start) for mention in read(path).mentions] == [("Hu", 5), ("😀", 3)]
    (path.parent / "source.toml").write_text('offsets = "tokens"')
    path.write_text("T1\tPerson 2 3\tHu\nT2\tX 0 2\tné 😀\n", encoding="utf-8")
    assert [mention.text for mention in read(path).mentions] == ["Hu", "né 😀"]
    path.write_text("T1\tPerson 9 11\tHu\n")
    (path.parent / "source.toml").write_text('offsets = "UTF-16"')
    with pytest.raises(ReadError, match=r"article\.ann:1:4: T1: offset 9 lies outside the text of 8 \(UTF-16 units\)"):
        read(path)


def test_other_files_go_on(tmp_path: Path) -> None:
    lenient(tmp_path, GOOD + "X")
    (tmp_path / "wire" / "b.txt").write_text("Hu.")
    (tmp_path / "wire" / "b.ann").write_text("T1\tPerson 0 2\tHu\n")
    assert [(d.id, len(d.faults)) for d in documents(tmp_path, lenient=True)] == [("wire/article", 1), ("wire/b", 0)]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("brat-writer") / "wire"


@settings(max_examples=200, deadline=None)
@given(document=hostile())
def test_what_is_written_is_read_again(folder: Path, document: Document) -> None:
    write(document, folder / "article.ann")
    assert bare(read(folder / "article.ann")) == bare(document)
    assert (folder / "article.txt").read_bytes() == document.text.encode()
    assert sorted(path.name for path in folder.iterdir()) == ["article.ann", "article.txt"]


def test_ids_that_are_not_brats_are_numbered_anew(tmp_path: Path) -> None:
    text = Text("wire/article", TEXT, "article.txt")
    hu, said = Mention("x:7", "Person", (text.span(0, 2),)), Mention("e", "Statement", (text.span(3, 7),))
    document = Document(
        text,
        (hu, Mention("T1", "Movement", (text.span(12, 19),))),
        (Event("e", "Statement", said, (Argument("Actor", "x:7"), Argument("Arg1", "e"))),),
        (Relation("e", "Near", (Argument("a", "x:7"), Argument("b", "e"))),),
        (Attribute("#", "Sure", "e"),),
        (Normalization("", "Reference", "x:7", "http", "//example.org/Hu"),),
        (Note("", "Comment", "e", "why?"), Note("#", "Comment", "", "so")),
        (Equivalence("Alias", ("x:7", "T1")),),
    )
    write(document, tmp_path / "wire" / "article.ann")
    assert (tmp_path / "wire" / "article.ann").read_text() == (
        "T2\tPerson 0 2\tHu\nT1\tMovement 12 19\tTaliban\nT3\tStatement 3 7\tsaid\n"
        "E1\tStatement:T3 Actor:T2 Arg1:E1\nR1\tNear a:T2 b:E1\nA1\tSure E1\n"
        "N1\tReference T2 http://example.org/Hu\t\n#1\tComment E1\twhy?\n#\tComment\tso\n*\tAlias T2 T1\n"
    )
    again = read(tmp_path / "wire" / "article.ann")
    assert (again.normalizations[0].resource, again.normalizations[0].key) == ("http://example.org/", "Hu")


PERSON = Mention("T1", "Person", (Text("wire/a", TEXT).span(0, 2),))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mentions": (replace(PERSON, label="two words"),)}, "T1: 'two words' is no single word"),
        ({"mentions": (replace(PERSON, label=""),)}, "T1: '' is no single word"),
        (
            {"mentions": (replace(PERSON, spans=(Text("wire/a", TEXT).span(2, 2),)),)},
            "T1: it has a part of no character",
        ),
        ({"mentions": (PERSON, PERSON)}, "T1: its id stands twice"),
        ({"attributes": (Attribute("A1", "x", "T1", "two\nlines"),)}, r"A1: the value 'two\\nlines' is no line"),
        ({"attributes": (Attribute("A1", "x", "T1", ""), Attribute("A2", "x", "A1"))}, "A1: .*; nor for 1 more"),
        ({"attributes": (Attribute("A1", "x", "T7"),)}, "A1: it stands on 'T7', which is nothing"),
        ({"notes": (Note("#1", "n", "T1", "two\nlines"),)}, "#1: .* is more than one line"),
        ({"relations": (Relation("R1", "x", (Argument("a", "T1"),)),)}, "R1: it is between 1, not between two"),
        ({"relations": (Relation("R1", "x", (Argument("a1", "T1", 2),) * 2),)}, "R1: the role 'a1' has a number"),
        ({"normalizations": (Normalization("N1", "x", "T1", "a:b", "c"),)}, "N1: the name of a register"),
        ({"equivalences": (Equivalence("x", ("T1", "T1")),)}, "T1 T1: an equivalence is between two or more"),
    ],
)
def test_what_brat_has_no_room_for(tmp_path: Path, change: dict[str, object], words: str) -> None:
    document = replace(Document(Text("wire/a", TEXT), (PERSON,)), **change)  # type: ignore[arg-type]
    with pytest.raises(WriteError, match=f"a.ann: brat has no room for {words}"):
        write(document, tmp_path / "a.ann")
    assert list(tmp_path.iterdir()) == []
