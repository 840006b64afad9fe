"""How far annotators agree: published figures of alpha, F1 by hand, and the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from geokg.agreement import agreement, alpha_u, disagreements, nominal_alpha
from geokg.cli import main
from geokg.text import Document, Event, Mention, Text

# The worked example of Krippendorff (2004), "Measuring the Reliability of Qualitative Text Analysis Data": two
# observers over a continuum of 300 that begins at 150, two categories.
CATEGORY_C = [[(225, 295), (370, 400)], [(220, 300), (355, 375), (400, 420)]]
CATEGORY_K = [[(180, 240), (300, 350)], [(180, 240), (300, 350)]]


def shifted(observers: list[list[tuple[int, int]]]) -> list[list[tuple[int, int]]]:
    return [[(start - 150, end - 150) for start, end in spans] for spans in observers]


def test_alpha_for_unitizing_is_what_krippendorff_publishes() -> None:
    c, k = shifted(CATEGORY_C), shifted(CATEGORY_K)
    assert [round(value, 4) for value in disagreements(c, 300)] == [0.0144, 0.0532]
    assert [round(value, 4) for value in disagreements(k, 300)] == [0.0, 0.0490]
    assert alpha_u({"c": c}, 300) == pytest.approx(0.7286, abs=5e-5)
    assert alpha_u({"k": k}, 300) == 1.0
    assert alpha_u({"c": c, "k": k}, 300) == pytest.approx(0.8587, abs=5e-5)


# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C: nominal data, four observers, twelve
# units, some values missing.
VALUES = """\
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 ."""


def test_nominal_alpha_is_what_krippendorff_publishes() -> None:
    units = zip(*(line.split() for line in VALUES.splitlines()), strict=True)
    texts = [(1, [[(0, 1, value)] for value in unit if value != "."]) for unit in units]
    assert nominal_alpha(texts) == pytest.approx(0.743, abs=5e-4)


SPANS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 8)).map(lambda t: (t[0], min(t[0] + t[1], 30))), max_size=6
)


@settings(deadline=None)
@given(observers=st.lists(SPANS, min_size=2, max_size=3))
def test_alpha_by_the_letter_of_the_formulas(observers: list[list[tuple[int, int]]]) -> None:
    cut = [sections(spans, 30) for spans in observers]
    count = len(cut)
    observed = sum(
        squared(a, b) for i in range(count) for j in range(count) if i != j for a in cut[i] for b in cut[j]
    ) / (count * (count - 1) * 30**2)
    units = [size for one in cut for _, size, is_unit in one if is_unit]
    gaps = [size for one in cut for _, size, is_unit in one if not is_unit]
    expected = 0.0
    for size in units:
        expected += (len(units) - 1) / 3 * (2 * size**3 - 3 * size**2 + size)
        expected += size**2 * sum(gap - size + 1 for gap in gaps if gap >= size)
    below = count * 30 * (count * 30 - 1) - sum(size * (size - 1) for size in units)
    assert disagreements(observers, 30) == pytest.approx((observed, 2 / 30 * expected / below))


def sections(spans: list[tuple[int, int]], length: int) -> list[tuple[int, int, int]]:
    """Beginning, length and whether it is a unit, of each section; found character by character."""
    spans = sorted({span for span in spans if span[0] < span[1]})
    owner = [-1] * length
    number = -1
    last = 0
    for start, end in spans:
        if number < 0 or start >= last:
            number += 1
        last = max(last, end)
        for place in range(start, end):
            owner[place] = number
    found: list[tuple[int, int, int]] = []
    for place, unit in enumerate(owner):
        if place and owner[place - 1] == unit:
            begin, size, is_unit = found.pop()
            found.append((begin, size + 1, is_unit))
        else:
            found.append((place, 1, int(unit >= 0)))
    return found


def squared(a: tuple[int, int, int], b: tuple[int, int, int]) -> int:
    (start, size, unit), (other, room, also) = a, b
    if unit and also and -size < start - other < room:
        return (start - other) ** 2 + (start + size - other - room) ** 2
    if unit and not also and room - size >= start - other >= 0:
        return size**2
    if also and not unit and room - size <= start - other <= 0:
        return room**2
    return 0


@settings(deadline=None)
@given(
    observers=st.lists(
        st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9), st.sampled_from("AB")), max_size=4),
        min_size=2,
        max_size=3,
    )
)
def test_nominal_alpha_character_by_character(observers: list[list[tuple[int, int, str]]]) -> None:
    spans = [[(a, min(a + n, 10), label) for a, n, label in one] for one in observers]
    rows = [[frozenset(v for a, b, v in one if a <= place < b) for one in spans] for place in range(10)]
    values = [value for row in rows for value in row]
    apart = sum(
        sum(a != b for i, a in enumerate(row) for j, b in enumerate(row) if i != j) / (len(row) - 1) for row in rows
    )
    chance = sum(a != b for i, a in enumerate(values) for j, b in enumerate(values) if i != j)
    wanted = 1 - (len(values) - 1) * apart / chance if chance else None
    assert nominal_alpha([(10, spans)]) == (None if wanted is None else pytest.approx(wanted))


def test_nothing_to_agree_on() -> None:
    assert alpha_u({}, 10) is None
    assert alpha_u({"x": [[], []]}, 10) is None
    assert nominal_alpha([(10, [[], []])]) is None
    assert nominal_alpha([(10, [[(0, 2, "x")]])]) is None


TEXT = "Hu Shisheng said that Hu said so."


def by(who: str | None, *spans: tuple[int, int, str], text: str = TEXT, name: str = "wire/a") -> Document:
    content = Text(f"{name}/{who}" if who else name, text)
    mentions = [Mention(f"T{n}", label, (content.span(a, b),)) for n, (a, b, label) in enumerate(spans)]
    return Document(content, tuple(mentions), annotator=who)


def test_f1_of_a_pair() -> None:
    found = agreement(
        [
            by("ann", (0, 11, "Person"), (12, 16, "Said"), (22, 24, "Person"), (25, 29, "Said")),
            by("bob", (0, 11, "Person"), (12, 16, "Person"), (3, 11, "Person")),
        ]
    )
    (pair,) = found.pairs
    assert (pair.annotators, pair.texts, pair.spans) == (("ann", "bob"), 1, (4, 3))
    assert pair.exact == pytest.approx(2 * 2 / 7)
    assert pair.label == pytest.approx(2 * 1 / 7)
    assert pair.overlapping == pytest.approx(2 * (2 / 4) * (3 / 3) / (2 / 4 + 3 / 3))
    assert (found.labels["Person"][0], found.labels["Said"][0]) == (pytest.approx(2 / 5), 0.0)
    assert found.overall is not None
    assert (found.overall.exact, found.overall.alpha_u) == (pair.exact, pair.alpha_u)


def test_triggers_count_and_parts_must_all_match() -> None:
    content = Text("wire/a/ann", TEXT)
    parts = Mention("T1", "Said", (content.span(0, 2), content.span(12, 16)))
    one = Document(content, events=(Event("E1", "Said", parts), Event("E2", "Said", parts)), annotator="ann")
    (pair,) = agreement([one, by("bob", (0, 2, "Said"), (12, 16, "Said"))]).pairs
    assert (pair.spans, pair.exact, pair.overlapping, pair.alpha) == ((1, 2), 0.0, 1.0, 1.0)


def test_all_together_and_those_who_were_alone() -> None:
    found = agreement(
        [
            by("ann", (0, 2, "Person")),
            by("bob", (0, 2, "Person")),
            by("cy", (0, 11, "Person")),
            by("ann", (0, 2, "Person"), text="Hu.", name="wire/b"),
            by("bob", (0, 2, "Person"), text="Hu.", name="wire/b"),
            by("cy", text="Li.", name="wire/c"),
            by("cy", text="Hu!", name="wire/b"),
        ]
    )
    assert [(pair.annotators, pair.texts, pair.exact) for pair in found.pairs] == [
        (("ann", "bob"), 2, 1.0),
        (("ann", "cy"), 1, 0.0),
        (("bob", "cy"), 1, 0.0),
    ]
    assert found.alone == ("wire/b/cy", "wire/c/cy")
    assert found.overall is not None
    assert (found.overall.annotators, found.overall.texts, found.overall.spans) == (("ann", "bob", "cy"), 2, (2, 2, 1))
    assert found.overall.exact == pytest.approx(2 * 2 / (4 + 2 + 2))
    assert found.pairs[0].alpha == found.pairs[0].alpha_u == 1.0
    assert -1 <= (found.overall.alpha or 2) < 1


def test_folders_are_annotators_where_nobody_is_named_and_a_text_may_stand_twice() -> None:
    documents = [
        by(None, (0, 2, "Person"), name="ann/a"),
        by(None, (3, 5, "Person"), name="ann/again"),
        by(None, (0, 2, "Person"), name="bob/a"),
        by(None, (3, 5, "Person"), name="bob/again"),
    ]
    (pair,) = agreement(documents).pairs
    assert (pair.annotators, pair.texts, pair.exact) == (("ann", "bob"), 2, 1.0)


def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "wire"
    (folder / "marks").mkdir(parents=True)
    (folder / "source.toml").write_text('pairs = "marks/{stem}_*.ann"')
    for name, content in {"a": "Hu said so.", "b": "Li left."}.items():
        (folder / f"{name}.txt").write_text(content)
    for name, line in {
        "a_ann": "T1\tPerson 0 2\tHu\n",
        "a_bob": "T1\tPerson 0 2\tHu\nT2\tSaid 3 7\tsaid\n",
        "b_ann": "T1\tPerson 0 2\tLi\n",
    }.items():
        (folder / "marks" / f"{name}.ann").write_text(line)
    return folder


def test_the_command(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["agree", str(corpus(tmp_path))])
    assert result.exit_code == 0
    assert result.stderr == "wire/b/ann: only one annotated it\n"
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[1][:8] == ["ann", "and", "bob", "1", "1", "2", "0.667", "0.667"]
    assert lines[-2:] == [["Person", "1.000", "1.000"], ["Said", "0.000", lines[-1][2]]]
    told = json.loads(CliRunner().invoke(main, ["agree", str(tmp_path), "--json"]).stdout)
    assert (told["alone"], told["pairs"][0]["annotators"]) == (["wire/b/ann"], ["ann", "bob"])
    assert told["overall"]["exact"] == pytest.approx(2 / 3)
    assert told["labels"]["Person"] == {"f1": 1.0, "alpha_u": 1.0}


def test_the_command_where_nobody_agrees_with_anybody(tmp_path: Path) -> None:
    folder = corpus(tmp_path)
    (folder / "marks" / "a_bob.ann").write_text("T1\tPerson 0 2\tHa\nT2\tPerson 0 2\tHu\n")
    result = CliRunner().invoke(main, ["agree", str(folder)])
    assert (result.exit_code, "a_bob.ann:1:15: error: T1 quotes 'Ha'" in result.stderr) == (2, True)
    result = CliRunner().invoke(main, ["agree", str(folder), "--lenient"])
    assert (result.exit_code, "a_bob.ann:1:15: left out: T1 quotes 'Ha'" in result.stderr) == (0, True)
    (folder / "marks" / "a_bob.ann").unlink()
    result = CliRunner().invoke(main, ["agree", str(folder)])
    assert (result.exit_code, "no text here is annotated by more than one" in result.stderr) == (2, True)
