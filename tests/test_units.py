"""Offsets in bytes, UTF-16 units and tokens: there and back, or an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geokg.readers.units import Tokens, Unit, Units, counting, misfits, rival

HOSTILE = st.text(st.sampled_from("ab \r\n\ufeff\u00a0\u200b\u200d\u0301é中א😀𝔸"), max_size=12)


def width(content: str, unit: Unit) -> int:
    match unit:
        case Unit.UTF8:
            return len(content.encode())
        case Unit.UTF16:
            return len(content.encode("utf-16-le")) // 2
        case Unit.CRLF:
            return len(content.replace("\r\n", "\n"))
        case Unit.MARK:
            return len(content.removeprefix("\ufeff"))
        case Unit.BROWSER:
            return width(content.replace("\r\n", "\n"), Unit.UTF16)
        case _:
            return len(content)


@pytest.mark.parametrize("unit", [unit for unit in Unit if unit is not Unit.TOKENS])
@given(content=HOSTILE)
def test_offsets_are_what_the_encoding_says(unit: Unit, content: str) -> None:
    units = Units(content, unit)
    assert units.length == width(content, unit)
    points = range(len(content) + 1)
    # A CR before LF is as wide as both; so the cut between the two counts as one behind it.
    wanted = [
        width(content[:point], unit)
        - (unit in (Unit.CRLF, Unit.BROWSER) and content[point - 1 : point + 1] == "\r\n" and point > 0)
        for point in points
    ]
    assert [units.offset(point) for point in points] == wanted
    for offset in range(units.length + 1):
        places = [point for point in points if wanted[point] == offset]
        if places:
            assert (units.point(offset, end=True), units.point(offset)) == (places[0], places[-1])
        else:
            with pytest.raises(ValueError, match=f"offset {offset} .* falls inside"):
                units.point(offset)


@pytest.mark.parametrize("offset", [-1, 4])
def test_outside_the_text(offset: int) -> None:
    units = Units("abc", Unit.UTF8)
    with pytest.raises(ValueError, match=rf"offset {offset} lies outside the text of 3 \(bytes of UTF-8\)"):
        units.point(offset)
    with pytest.raises(ValueError, match="lies outside"):
        units.offset(offset)
    with pytest.raises(ValueError, match=r"2\.\.1 are the wrong way round"):
        units.span(2, 1)


def test_many_offsets_into_a_long_text_are_one_pass() -> None:
    content = "né 😀 中" * 100_000
    units = Units(content, Unit.UTF8)
    spans = [units.span(start, start + 2) for start in range(1, units.length, 12)]
    assert {content[start:end] for start, end in spans} == {"é"}
    assert len(spans) == 100_000


def test_offsets_without_quotes_that_cannot_be() -> None:
    assert misfits("a😀b", [(0, 1), (1, 3)], Unit.UTF16) is None
    assert misfits("a😀b", [(0, 1), (2, 4)], Unit.UTF16) == (
        "offset 2 (UTF-16 units) falls inside '😀', which stands at 1..3"
    )
    assert misfits("a😀b", [(0, 4), (0, 9)], Unit.CODE_POINTS) == (
        "offset 4 lies outside the text of 3 (Unicode code points)"
    )
    assert str(misfits("a😀b", [(1, 3), (3, 4)], Unit.CODE_POINTS)).endswith("when they count UTF-16 units")
    assert rival("a😀b", [(1, 3), (3, 4)], Unit.CODE_POINTS) is Unit.UTF16
    assert rival("a😀b", [(1, 3)], Unit.CODE_POINTS) is None
    assert rival("a😀b", [(0, 9)], Unit.CODE_POINTS) is None


def test_tokens() -> None:
    tokens = Tokens.of("Hu\u00a0said\r\n«so».", ["Hu", "said", "«", "so", "»", "."])
    assert tokens.span(1, 4) == (3, 12)
    assert [tokens.tokens(*tokens.span(a, b)) for a in range(5) for b in range(a + 1, 6)] == [
        (a, b) for a in range(5) for b in range(a + 1, 6)
    ]
    with pytest.raises(ValueError, match=r"token 1, 'sad', is not what stands in the text at 3"):
        Tokens.of("Hu said", ["Hu", "sad"])
    with pytest.raises(ValueError, match=r"token 2, 'x', is not"):
        Tokens.of("a b", ["a", "b", "x"])
    with pytest.raises(ValueError, match=r"tokens 2\.\.2 are not among the 6"):
        tokens.span(2, 2)
    with pytest.raises(ValueError, match=r"token 1 at 2\.\.5 begins before"):
        Tokens([(0, 3), (2, 5)])


@given(content=HOSTILE)
def test_tokens_are_what_white_space_separates(content: str) -> None:
    words = content.split()
    tokens = counting(content, Unit.TOKENS)
    assert [content[slice(*tokens.span(n, n + 1))] for n in range(len(words))] == words
    assert misfits(content, [(0, len(words))] if words else [], Unit.TOKENS) is None
    assert "are not among the" in str(misfits(content, [(0, len(words) + 1)], Unit.TOKENS))
