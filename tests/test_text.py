"""Spans, lines and sentences over texts with every trap."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geokg.text import Argument, Attribute, Document, Event, Mention, Text

TRAPS = [
    "\r",
    "\n",
    "\r\n",
    "\ufeff",
    "\u00a0",
    "\u200b",
    "e\u0301",
    "😀",
    "\U0001f468\u200d\U0001f469",
    "\u2028",
    "\t",
    "。",
]
CONTENTS = st.lists(st.sampled_from([*TRAPS, "Hu said so.", " ", "U.S.", "Mr. Li", "“Yes!”", "x"])).map("".join)


@settings(max_examples=150, deadline=None)
@given(CONTENTS, st.data())
def test_lines_columns_and_spans_agree(content: str, data: st.DataObject) -> None:
    text = Text("demo", content, "demo.txt")
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    span = text.span(start, end)
    assert span.exact == content[start:end]
    before = content[:start].replace("\r\n", "\n").replace("\r", "\n")
    if content[start - 1 : start + 1] == "\r\n" and start:  # between the two, the line is not over
        before = before[:-1]
    assert span.line == before.count("\n") + 1
    assert text.line(span.line)[: max(0, span.column - 1)] == content[start - span.column + 1 : start].rstrip("\r\n")


@settings(max_examples=150, deadline=None)
@given(CONTENTS, st.data())
def test_a_sentence_holds_its_span(content: str, data: st.DataObject) -> None:
    text = Text("demo", content)
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    sentence = text.sentence(text.span(start, end))
    assert sentence.start <= start <= end <= sentence.end


@pytest.mark.parametrize(
    ("content", "words", "sentence"),
    [
        ("He came. She said so. They left.", "said", "She said so."),
        ("The U.S. envoy met Mr. Li. They left.", "Li", "The U.S. envoy met Mr. Li."),
        ("One.\nTwo", "Two", "Two"),
        ("A heading\r\nA text without an end\r\n", "heading", "A heading"),
        ("He said: “We will not.” She left.", "not", "He said: “We will not.”"),
        ("他来了。她说了。", "她", "她说了。"),
        ("One. Two. Three.", "One. Two", "One. Two."),
    ],
)
def test_sentences(content: str, words: str, sentence: str) -> None:
    text = Text("demo", content)
    start = content.index(words)
    assert text.sentence(text.span(start, start + len(words))).exact == sentence


def test_lines_end_with_lf_cr_or_both_and_with_nothing_else() -> None:
    text = Text("demo", "a\rb\r\nc\nd\u2028e\x0bf\x85g")
    assert [text.line(number) for number in (1, 2, 3, 4)] == ["a", "b", "c", "d\u2028e\x0bf\x85g"]
    with pytest.raises(IndexError, match="demo has no line 5"):
        text.line(5)
    with pytest.raises(IndexError):
        text.line(0)


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 1), (0, 8), (8, 9)])
def test_offsets_outside_the_text_are_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="do not lie inside the text of 7 characters"):
        Text("demo", "One two").span(start, end)


def test_offsets_are_code_points() -> None:
    text = Text("demo", "\ufeff😀 e\u0301 x")
    assert text.span(6, 7).exact == str(text.span(6, 7)) == "x"
    assert text.span(6, 7).column == 7


def test_the_digest_is_that_of_the_file() -> None:
    content = "\ufeffOne.\r\n😀"
    assert Document(Text("demo", content)).sha256 == hashlib.sha256(content.encode()).hexdigest()


def test_a_document_finds_what_stands_in_it() -> None:
    text = Text("demo", "Hu spoke twice.")
    hu = Mention("T1", "Person", (text.span(0, 2),))
    spoke = Mention("T2", "Statement", (text.span(3, 8), text.span(9, 14)))
    said = Event("E1", "Statement", spoke, (Argument("Actor", "T1"),))
    stance = Attribute("A1", "Stance", "E1", "asserts")
    document = Document(text, mentions=(hu,), events=(said,), attributes=(stance,))
    assert (document.get("T1"), document.get("T2"), document.get("E1"), document.get("T9")) == (hu, spoke, said, None)
    assert (spoke.text, spoke.start, spoke.end) == ("spoke twice", 3, 14)
    assert list(document.attributes_of("E1")) == [stance]
    assert list(document.attributes_of("T1")) == []
