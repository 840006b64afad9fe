"""brat standoff: each line kind, each trap of texts, each way to be wrong."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geokg.errors import OffsetMismatch, ReadError
from geokg.readers import documents, read
from geokg.text import Argument, Attribute, Document, Equivalence, Normalization, Note, Relation

SHARED = Path(os.environ.get("GEOKG_SHARED") or Path(__file__).parents[2] / "shared")
TUTORIAL = SHARED / "corpora" / "brat-news-tutorial"


def written(folder: Path, text: str | bytes, annotations: str | bytes) -> Path:
    path = folder / "wire" / "article.ann"
    path.parent.mkdir(exist_ok=True)
    for target, content in ((path.with_suffix(".txt"), text), (path, annotations)):
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


TEXT = "Hu said the Taliban\npromised peace. Hu left the Taliban."
ALL_KINDS = """\
E1	Statement:T2 Actor:T1 Content:E2 Content2:E2
E2	RestraintCommitment:T4 Debtor:T3\x20
T1	Person 0 2	Hu
T2	Statement 3 7	said
T3	Movement 12 19	Taliban
T4	RestraintCommitment 12 19;29 34	Taliban peace
E3	Event:T4

T5	Movement 48 55	Taliban
R1	Located Arg1:T1 Arg2:T3\t
A1	Stance E1 predicts
M1	Negation E1
A2	Date E2 2021-08 or so
N1	Reference T1 Wikidata:a:b	Hu Shisheng
N2	Reference T3 geokg:taliban
#1	AnnotatorNotes T1	who	is he?
#2	Remark
*	Equiv T3 T5
*	Alias T1 T3
"""


def test_every_kind_of_line(tmp_path: Path) -> None:
    document = read(written(tmp_path, TEXT, ALL_KINDS))
    assert document.id == "wire/article"
    assert [(m.id, m.label, m.text, m.line) for m in document.mentions] == [
        ("T1", "Person", "Hu", 3),
        ("T3", "Movement", "Taliban", 5),
        ("T5", "Movement", "Taliban", 9),
    ]
    first, second, third = document.events
    assert (first.label, first.trigger.text, first.line) == ("Statement", "said", 1)
    assert first.arguments == (Argument("Actor", "T1"), Argument("Content", "E2"), Argument("Content", "E2", 2))
    assert second.trigger is third.trigger
    assert [(span.start, span.end, span.line) for span in second.trigger.spans] == [(12, 19, 1), (29, 34, 2)]
    assert document.relations == (Relation("R1", "Located", (Argument("Arg", "T1", 1), Argument("Arg", "T3", 2)), 10),)
    assert document.attributes == (
        Attribute("A1", "Stance", "E1", "predicts", 11),
        Attribute("M1", "Negation", "E1", None, 12),
        Attribute("A2", "Date", "E2", "2021-08 or so", 13),
    )
    assert document.normalizations == (
        Normalization("N1", "Reference", "T1", "Wikidata", "a:b", "Hu Shisheng", 14),
        Normalization("N2", "Reference", "T3", "geokg", "taliban", "", 15),
    )
    assert document.notes == (
        Note("#1", "AnnotatorNotes", "T1", "who\tis he?", 16),
        Note("#2", "Remark", "", "", 17),
    )
    assert document.equivalences == (Equivalence("Equiv", ("T3", "T5"), 18), Equivalence("Alias", ("T1", "T3"), 19))


def test_line_ends_marks_and_blanks_of_the_annotation_file_change_nothing(tmp_path: Path) -> None:
    plain = read(written(tmp_path, TEXT, ALL_KINDS))
    for changed in (
        ALL_KINDS.replace("\n", "\r\n"),
        "\ufeff" + ALL_KINDS,
        ALL_KINDS.replace("\n", "  \n"),
        ALL_KINDS + "\n \t\r\n",
        ALL_KINDS.removesuffix("\n"),
    ):
        assert read(written(tmp_path, TEXT, changed)) == plain


@pytest.mark.parametrize("annotations", ["", "\n", "\ufeff", "\r\n \n"])
def test_nothing_annotated(tmp_path: Path, annotations: str) -> None:
    assert read(written(tmp_path, "One.", annotations)) == Document(
        read(written(tmp_path, "One.", "")).content, source=read(written(tmp_path, "One.", "")).source
    )


def test_the_text_is_taken_as_it_is(tmp_path: Path) -> None:
    text = "\ufeffOne\r\ntwo\rthree\u2028\u00a0e\u0301 😀\x85"
    document = read(written(tmp_path, text, "T1\tPerson 20 21\t😀\n"))
    assert document.text == text
    assert (document.mentions[0].spans[0].line, document.mentions[0].spans[0].column) == (3, 11)


@pytest.mark.parametrize("quote", ["a\r b", "a  b"])
def test_a_line_end_in_a_quote_is_a_space(tmp_path: Path, quote: str) -> None:
    assert read(written(tmp_path, "a\r\nb", f"T1\tX 0 4\t{quote}\n")).mentions[0].text == "a\r\nb"


@pytest.mark.parametrize("quote", ["a b", "ab", "a\u00a0 b", "a  B", "A  b", "a  b.", "a  "])
def test_nothing_else_is(tmp_path: Path, quote: str) -> None:
    with pytest.raises(OffsetMismatch):
        read(written(tmp_path, "a\r\nb", f"T1\tX 0 4\t{quote}\n"))


PIECES = [
    "\r",
    "\n",
    "\r\n",
    "\ufeff",
    "\u00a0",
    "\u200b",
    "e\u0301",
    "😀",
    "\u2028",
    "\x85",
    "\x0b",
    "\t",
    " ",
    "a",
    "Ωb",
    "T1\t",
]


@dataclass(frozen=True)
class Case:
    text: str
    spans: list[tuple[tuple[int, int], ...]]
    keep_cr: bool
    end: str
    mark: str

    def lines(self) -> list[str]:
        found = []
        for number, parts in enumerate(self.spans, start=1):
            words = " ".join(self.text[a:b] for a, b in parts).replace("\n", " ")
            words = words if self.keep_cr else words.replace("\r", " ")
            found.append(f"T{number}\tPerson {';'.join(f'{a} {b}' for a, b in parts)}\t{words}")
        return found

    def annotations(self, lines: list[str]) -> str:
        return self.mark + "".join(line + self.end for line in lines)


@st.composite
def cases(draw: st.DrawFn, least: int = 0) -> Case:
    text = draw(st.lists(st.sampled_from(PIECES), min_size=2, max_size=25).map("".join))
    spans = []
    for _ in range(draw(st.integers(least, 5))):
        cuts = draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=min(6, len(text) + 1)).map(sorted))
        spans.append(tuple(zip(cuts[::2], cuts[1::2], strict=False)))
    end = draw(st.sampled_from(["\n", "\r\n", " \n", "\n\n"]))
    return Case(text, spans, draw(st.booleans()), end, draw(st.sampled_from(["", "\ufeff"])))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("brat")


@settings(max_examples=200, deadline=None)
@given(case=cases())
def test_spans_come_back_as_they_were(folder: Path, case: Case) -> None:
    document = read(written(folder, case.text, case.annotations(case.lines())))
    assert document.text == case.text
    assert [tuple((span.start, span.end) for span in m.spans) for m in document.mentions] == case.spans
    assert all(span.exact == case.text[span.start : span.end] for m in document.mentions for span in m.spans)


@settings(max_examples=200, deadline=None)
@given(case=cases(least=1), data=st.data())
def test_one_thing_broken_is_found_on_its_line(folder: Path, case: Case, data: st.DataObject) -> None:
    lines = case.lines()
    broken = data.draw(st.integers(0, len(lines) - 1))
    identifier, body, words = lines[broken].split("\t", 2)
    label, offsets = body.split(" ", 1)
    change = {
        "other words": f"{identifier}\t{body}\tX{words[1:]}",
        "more words": f"{identifier}\t{body}\t{words}X",
        "behind the end": f"{identifier}\t{label} {len(case.text)} {len(case.text) + len(words)}\t{words}",
        "no label": f"{identifier}\t{offsets}\t{words}",
        "no words": f"{identifier}\t{body}",
        "id without a number": f"T\t{body}\t{words}",
        "unknown kind": f"Z{identifier}\t{body}\t{words}",
        "no tab": f"{identifier} {offsets}",
        "unknown target": "A1\tNegation T99",
        "no trigger": "E1\tStatement",
    }
    lines[broken] = change[data.draw(st.sampled_from(sorted(change)))]
    with pytest.raises(ReadError) as caught:
        read(written(folder, case.text, case.annotations(lines)))
    assert caught.value.line == broken * case.end.count("\n") + 1
    assert caught.value.column is not None


WORDS = [
    "T1",
    "T2",
    "E1",
    "E2",
    "R1",
    "A1",
    "M1",
    "N1",
    "#1",
    "#",
    "*",
    "Arg1",
    "Equiv",
    "a",
    "0 1",
    "1 2",
    "٣ ٤",
    "-1",
]
TOKENS = st.sampled_from([*WORDS, *"\t\t\t\t   ::;\r\n\n\n\ufeff\0😀", "9" * 5000])


@settings(max_examples=300, deadline=None)
@given(annotations=st.one_of(st.binary(max_size=60), st.lists(TOKENS, max_size=30).map(lambda t: "".join(t).encode())))
def test_whatever_the_bytes_only_a_read_error_comes_out(folder: Path, annotations: bytes) -> None:
    try:
        document = read(written(folder, "ab\r\n😀", annotations))
    except ReadError as error:
        assert error.path is not None
        assert error.line is not None
    else:
        assert document.text == "ab\r\n😀"


@settings(max_examples=100, deadline=None)
@given(text=st.binary(max_size=20))
def test_whatever_the_bytes_of_the_text(folder: Path, text: bytes) -> None:
    try:
        assert read(written(folder, text, "")).text.encode() == text
    except ReadError as error:
        assert error.line is not None
        with pytest.raises(UnicodeDecodeError):
            text.decode()


T1, T2 = "T1\tPerson 0 2\tHu\n", "T2\tStatement 3 7\tsaid\n"


@pytest.mark.parametrize(
    ("annotations", "place", "words"),
    [
        ("X1\tPerson 0 2\tHu", "1:1", "unknown kind of line 'X1'"),
        ("T1 Person 0 2 Hu", "1:1", "malformed line: an id such as T1 and a tab come first"),
        ("T1\tPerson 0 2 Hu", "1:4", "malformed words: after the id come a label and offsets"),
        ("T1\tPerson 0-2\tHu", "1:4", "malformed words"),
        ("T1\tPerson 0 2;\tHu", "1:4", "malformed words"),
        ("T1\tPerson -1 2\tHu", "1:4", "malformed words"),
        ("T1\tPerson 0 2", "1:14", "after the offsets come a tab and the words themselves"),
        ("T1\tPerson 0 2\r\n", "1:15", "after the offsets come a tab"),
        ("T1\tPerson 2 2\t", "1:11", "the offsets 2 2 hold no character"),
        ("T1\tPerson 0 5;3 7\tHu sa said", "1:4", "the parts of T1 overlap"),
        (T1 + "T1\tPerson 0 2\tHu", "2:1", "the id T1 is taken by line 1"),
        (T1 + "E1\tStatement", "2:4", "E1 has no trigger"),
        (T1 + "E1\tStatement:", "2:4", "E1 has no trigger"),
        (T1 + "E1\t", "2:4", "malformed event"),
        (T1 + "E1\tStatement:T2 Actor:T1", "2:14", "E1 refers to T2, which is not in this file"),
        (T1 + "E1\tA:T1\nE2\tStatement:E1", "3:14", "E2 refers to E1, an event, where words must stand"),
        (T1 + "E1\tA:T1 Actor", "2:9", "'Actor' is no argument: one is written Role:T1"),
        (T1 + "E1\tA:T1 Actor:T9", "2:15", "E1 refers to T9, which is not in this file"),
        (
            T1 + "N1\tReference T1 a:b\nE1\tA:T1 Actor:N1",
            "3:15",
            "N1, a normalization, where words or an event must stand",
        ),
        (T1 + "E1\tA:T1\tfree words", "2:9", "'free words' is too much"),
        (T1 + "R1\tLocated Arg1:T1", "2:4", "malformed relation: it is written Label Arg1:T1 Arg2:T2"),
        (T1 + T2 + "R1\tLocated Arg1:T1 Arg2:T2 Arg3:T1", "3:28", "'Arg3:T1' is too much: a relation is written"),
        (T1 + "R1\tLocated Arg1:T1 Arg2:T2", "2:25", "R1 refers to T2"),
        (T1 + "A1\tStance", "2:4", "malformed attribute"),
        (T1 + "A1\tStance E7 predicts", "2:11", "A1 refers to E7"),
        (T1 + "N1\tReference T1 Wikidata", "2:17", "'Wikidata' is no reference: one is written Resource:key"),
        (T1 + "N1\tReference T1 Wikidata:", "2:17", "'Wikidata:' is no reference"),
        (T1 + "N1\tReference T2 Wikidata:Q1", "2:14", "N1 refers to T2"),
        (T1 + "#1\tAnnotatorNotes T3\tx", "2:19", "#1 refers to T3"),
        (T1 + "# a remark by hand", "2:1", "malformed line"),
        (T1 + "*\tEquiv T1", "2:3", "malformed equivalence"),
        (T1 + "*\tEquiv T1 T1", "2:9", "a mention is named twice"),
        (T1 + "*\tEquiv T1 T9", "2:12", "\\* refers to T9"),
    ],
)
def test_what_is_wrong_is_said_with_line_and_column(tmp_path: Path, annotations: str, place: str, words: str) -> None:
    path = written(tmp_path, TEXT, annotations)
    with pytest.raises(ReadError, match=words) as caught:
        read(path)
    assert f"{caught.value.line}:{caught.value.column}" == place
    assert str(caught.value).startswith(f"{path}:{place}: ")


def test_a_mismatch_says_what_stands_there_and_where_the_words_are(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT, T1 + "T2\tMovement 44 51\tTaliban\n")
    with pytest.raises(OffsetMismatch) as caught:
        read(path)
    assert str(caught.value) == (
        f"{path}:2:19: T2 quotes 'Taliban' at 44..51, but 'the Tal' stands there (article.txt:2:25); "
        "the nearest 'Taliban' stands at 48..55 (article.txt:2:29)"
    )
    assert (caught.value.quote, caught.value.start, caught.value.end) == ("Taliban", 44, 51)


@pytest.mark.parametrize(
    ("text", "annotations", "unit"),
    [
        ("Zoë met Hu", "T1\tPerson 9 11\tHu\n", "bytes of UTF-8"),
        ("😀 Hu met Li", "T1\tPerson 3 5\tHu\nT2\tPerson 10 12\tLi", "UTF-16 units"),
        ("One.\r\nHu", "T1\tPerson 5 7\tHu\n", "each CR LF as one character"),
        ("\ufeffHu", "T1\tPerson 0 2\tHu\n", "from behind the byte-order mark"),
    ],
)
def test_offsets_that_count_something_else_are_recognised(
    tmp_path: Path, text: str, annotations: str, unit: str
) -> None:
    with pytest.raises(OffsetMismatch, match=f"all offsets of this file fit when they count {unit}"):
        read(written(tmp_path, text, annotations))
    # One that does not fit that count either takes the hint away.
    with pytest.raises(OffsetMismatch) as caught:
        read(written(tmp_path, text, annotations.rstrip() + "\nT9\tPerson 0 2\tXY"))
    assert "all offsets" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("T1\tMovement 12 17\tTaliban", "the words begin right: the end must be 19"),
        ("T1\tMovement 0 7\tKandahar", "these words stand nowhere in article.txt"),
        (
            "T1\tMovement 50 57\tTaliban",
            "but article.txt has only 56 characters; the nearest 'Taliban' stands at 48..55",
        ),
        ("T1\tX 9 16;26 31\tTaliban peace", "the nearest 'Taliban peace' stands at 12..19;29..34"),
        ("T1\tX 9 16;26 30\tTaliban peace", "these words stand nowhere"),
        ("T1\tX 0 16\tTaliban promised", "the nearest 'Taliban promised' stands at 12..28"),
    ],
)
def test_hints(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(OffsetMismatch, match=words):
        read(written(tmp_path, TEXT, line))


def test_bytes_that_are_not_utf8_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"article\.txt:2:3: byte 0xe9 at 7 is not UTF-8"):
        read(written(tmp_path, b"One\n\xc3\xa9x\xe9", ""))
    with pytest.raises(ReadError, match=r"article\.ann:1:14: byte 0xff"):
        read(written(tmp_path, "One", b"T1\tPerson 0 3\xff"))
    path = written(tmp_path, "One", "")
    path.with_suffix(".txt").unlink()
    with pytest.raises(ReadError, match=r"has no text: article\.txt should stand beside it"):
        read(path)


@pytest.mark.skipif(not TUTORIAL.is_dir(), reason=f"the corpora of real files are not at {SHARED}; set GEOKG_SHARED")
def test_the_real_tutorial_has_the_counts_that_its_source_states() -> None:
    counts: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    nested = 0
    for document in documents(TUTORIAL):
        triggers = {event.trigger.id: event.trigger for event in document.events}
        counts["T"] += len(document.mentions) + len(triggers)
        counts.update(E=len(document.events), R=len(document.relations), A=len(document.attributes))
        counts.update({"#": len(document.notes), "N": len(document.normalizations), "*": len(document.equivalences)})
        labels.update(mention.label for mention in (*document.mentions, *triggers.values()))
        nested += sum(argument.target[0] == "E" for event in document.events for argument in event.arguments)
        counts["documents"] += 1
    assert counts == {"T": 119, "E": 23, "R": 8, "A": 11, "#": 4, "N": 1, "*": 2, "documents": 13}
    assert (labels["Organization"], labels["Merge-org"], labels["Report"], nested) == (56, 14, 8, 8)


def test_many_wrong_quotes_of_a_long_text_take_no_long_time(tmp_path: Path) -> None:
    path = tmp_path / "wire" / "long.ann"
    path.parent.mkdir()
    path.with_suffix(".txt").write_bytes(b"x" * 300_000 + b"Hu\r\nLi")
    lines = [f"T{n}\tPerson {n} {n + 2}\tHu" for n in range(1000)]
    path.write_text("\n".join([*lines, "T2000\tPerson 5 11\tHu  Li", "T2001\tPerson 5 7;9 11\tHu Li"]))
    (document,) = documents(path, lenient=True)
    places = [re.sub(".* stands at ([0-9.;]+) .*", r"\1", fault.message) for fault in document.faults]
    assert places == ["300000..300002"] * 1000 + ["300000..300006", "300000..300002;300004..300006"]
