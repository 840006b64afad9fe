"""judgements.jsonl: reading it, contradictions, and what graph/identity says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geokg.errors import IdentityConflict, ReadError
from geokg.judgements import (
    Judgement,
    absolute,
    append_judgement,
    clusters,
    is_address,
    judgement_quads,
    judgements_from_quads,
    read_judgements,
)
from geokg.vocabulary import Base

BASE = Base()
ONE = {
    "judgement": "same",
    "first": "document/wire/a#char=12,19",
    "second": "entity/taliban",
    "by": "Ann Lee",
    "when": "2026-11-24T09:00:00Z",
    "why": "The sentence before names them.",
}


def file(tmp_path: Path, *lines: object) -> Path:
    path = tmp_path / "judgements.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def judged(verdict: str, first: str, second: str, line: int = 0) -> Judgement:
    return Judgement(verdict, first, second, "Ann", "2026-11-24T09:00:00Z", "So it is.", line)


def test_a_file_with_blank_lines_mark_and_crlf(tmp_path: Path) -> None:
    path = file(tmp_path, "\ufeff", ONE, "", {**ONE, "judgement": "unsure", "first": "https://example.org/x"})
    first, second = read_judgements(path, BASE)
    assert first == Judgement(
        "same",
        "https://w3id.org/geokg/data/document/wire/a#char=12,19",
        "https://w3id.org/geokg/data/entity/taliban",
        "Ann Lee",
        "2026-11-24T09:00:00Z",
        "The sentence before names them.",
        2,
    )
    assert (second.verdict, second.first, second.line, second.path) == ("unsure", "https://example.org/x", 4, path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_judgements(path, BASE) == (first, second)


def test_an_empty_file_and_no_file(tmp_path: Path) -> None:
    assert read_judgements(file(tmp_path), BASE) == ()
    with pytest.raises(ReadError, match="cannot be read: No such file"):
        read_judgements(tmp_path / "no.jsonl", BASE)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "is not JSON"),
        ("3", "a judgement is an object in braces"),
        ("[" * 100_000, "is not a judgement"),
        ("9" * 5_000, "is not a judgement"),
        ('{"by": "a", "by": "b"}', "a key stands twice"),
        ({**ONE, "wy": "x"}, "unknown key 'wy'; did you mean why"),
        ({**ONE, "zzzzz": "x"}, "unknown key 'zzzzz'; there are: judgement, first"),
        ({**ONE, "why": " "}, "a judgement needs 'why', a string"),
        ({**ONE, "by": 3}, "a judgement needs 'by', a string"),
        ({**ONE, "judgement": "maybe"}, "unknown judgement 'maybe'; there are: same, different, unsure"),
        ({**ONE, "when": "2026-11-24"}, "when must be a time in UTC"),
        ({**ONE, "when": "2026-1-2T9:0:0Z"}, "when must be a time in UTC"),
        ({**ONE, "when": "2026-11-31T09:00:00Z"}, "when must be a time in UTC"),
        ({**ONE, "when": "2026-11-24T09:00:00.5Z"}, "when must be a time in UTC"),
        ({**ONE, "first": "e:taliban"}, "'e:taliban' is no IRI; write it whole or below the base"),
        ({**ONE, "first": "entity/a b"}, "Invalid IRI"),
        ({**ONE, "first": "entity/taliban"}, "a thing is judged against itself"),
        ({**ONE, "why": "\ud800"}, "surrogates not allowed"),
    ],
)
def test_a_line_that_is_wrong(tmp_path: Path, line: object, words: str) -> None:
    path = file(tmp_path, ONE, line)
    with pytest.raises(ReadError, match=words) as caught:
        read_judgements(path, BASE)
    assert (caught.value.path, caught.value.line) == (path, 2)


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "judgements.jsonl"
    path.write_bytes(b"\n\n\xff")
    with pytest.raises(ReadError, match=r"judgements\.jsonl:3: is not UTF-8"):
        read_judgements(path, BASE)


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=50),
        st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps).map(str.encode),
    )
)
def test_whatever_the_bytes_only_a_read_error_comes_out(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.jsonl"
    path.write_bytes(data)
    try:
        assert read_judgements(path, BASE) == ()
    except ReadError as error:
        assert error.line is not None


def test_iris() -> None:
    other = Base("https://kg.example.org/")
    assert absolute("entity/taliban", other) == "https://kg.example.org/data/entity/taliban"
    assert absolute("https://w3id.org/geokg/data/entity/x", other) == "https://kg.example.org/data/entity/x"
    assert absolute("document/été/a#char=1,2", BASE) == BASE.document("été/a") + "#char=1,2"
    assert absolute(BASE.document("été/a"), BASE) == BASE.document("été/a")
    assert not is_address(BASE.document("wire/char=1,2"))


def test_a_contradiction_names_both_lines(tmp_path: Path) -> None:
    path = file(tmp_path, ONE, {**ONE, "judgement": "different", "by": "Bo"})
    with pytest.raises(IdentityConflict) as caught:
        read_judgements(path, BASE)
    assert (caught.value.path, caught.value.line) == (path, 2)
    assert "Bo judges <https://w3id.org/geokg/data/document/wire/a#char=12,19> and" in str(caught.value)
    assert "the same by line 1 (Ann Lee); withdraw or delete one of these lines" in str(caught.value)


def test_a_contradiction_by_way_of_others_names_every_line() -> None:
    lines = [
        judged("different", "urn:a", "urn:d", 1),
        judged("same", "urn:b", "urn:a", 2),
        judged("same", "urn:x", "urn:a", 3),
        judged("same", "urn:c", "urn:d", 4),
        judged("same", "urn:c", "urn:b", 5),
    ]
    with pytest.raises(
        IdentityConflict, match=r"the same by line 2 \(Ann\) and line 4 \(Ann\) and line 5 \(Ann\); withdraw or delete"
    ):
        clusters(lines)
    for needed in (lines[1], lines[3], lines[4]):
        clusters(line for line in lines if line is not needed)


def test_unsure_contradicts_nobody() -> None:
    lines = [
        judged("same", "urn:a", "urn:b"),
        judged("unsure", "urn:b", "urn:a"),
        judged("different", "urn:a", "urn:c"),
    ]
    assert clusters(lines) == dict.fromkeys(("urn:a", "urn:b"), frozenset({"urn:a", "urn:b"}))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")).filter(lambda pair: pair[0] != pair[1]))
)
def test_clusters_are_the_smallest_equivalence(pairs: list[tuple[str, str]]) -> None:
    classes = [{name} for name in "abcdef"]
    for first, second in pairs:
        one, two = (next(c for c in classes if name in c) for name in (first, second))
        if one is not two:
            classes.remove(two)
            one |= two
    wanted = {f"urn:{name}": frozenset(f"urn:{n}" for n in c) for c in classes if len(c) > 1 for name in c}
    assert clusters([judged("same", f"urn:{a}", f"urn:{b}") for a, b in pairs]) == wanted


def test_quads() -> None:
    address = BASE.document("wire/a") + "#char=1,2"
    lines = [
        judged("same", "urn:a", "urn:b"),
        judged("different", "urn:a", "urn:c"),
        judged("unsure", "urn:a", "urn:d"),
        judged("same", address, "urn:b"),
        judged("same", "urn:a", "urn:b"),
    ]
    quads = judgement_quads(lines, Base("https://kg.example.org/"))
    assert len(quads) == len(set(quads)) == 4 * 7 + 2
    assert {quad.graph_name for quad in quads} == {ox.NamedNode("https://kg.example.org/graph/identity")}
    links = [
        (q.subject.value, q.predicate.value.partition("#")[2], q.object.value)
        for q in quads
        if "owl#" in q.predicate.value
    ]
    assert links == [("urn:a", "sameAs", "urn:b"), ("urn:a", "differentFrom", "urn:c")]
    store = ox.Store()
    store.extend(quads)
    rows = store.query(
        """PREFIX gk: <https://w3id.org/geokg/ontology/> PREFIX dcterms: <http://purl.org/dc/terms/>
        PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        SELECT ?verdict ?by ?when ?why { ?j a gk:IdentityJudgement ; gk:judgesFirst ?first ; gk:judgesSecond <urn:b> ;
          gk:hasVerdict ?verdict ; dcterms:creator ?by ; dcterms:created ?when ; rdfs:comment ?why
          FILTER(CONTAINS(STR(?first), "#char=") && STRSTARTS(STR(?j), "https://kg.example.org/data/judgement/")) }""",
        use_default_graph_as_union=True,
    )
    assert isinstance(rows, ox.QuerySolutions)
    assert [str(value) for row in rows for value in row] == [
        "<https://w3id.org/geokg/vocab/same>",
        '"Ann"',
        '"2026-11-24T09:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime>',
        '"So it is."@en',
    ]


def test_quads_there_and_back() -> None:
    lines = [
        judged("same", "urn:a", "urn:b"),
        judged("different", "urn:a", "urn:c"),
        judged("unsure", "urn:a", "urn:d"),
    ]
    quads = judgement_quads(lines, BASE)
    assert sorted(judgements_from_quads(quads), key=lambda judgement: judgement.second) == lines
    # What is no whole judgement is left alone.
    assert judgements_from_quads(quad for quad in quads if "hasVerdict" not in quad.predicate.value) == ()


# Taking back, and on which words


def test_a_judgement_is_taken_back_and_leaves_its_trace(tmp_path: Path) -> None:
    turned = {**ONE, "first": ONE["second"], "second": ONE["first"]}
    back = {**turned, "judgement": "withdrawn", "by": "Bo", "when": "2026-11-25T09:00:00Z", "why": "They are two."}
    (stands,) = read_judgements(file(tmp_path, ONE, back), BASE)
    assert (stands.verdict, stands.by, [one.line for one in stands.withdrawn]) == ("withdrawn", "Bo", [1])
    quads = judgement_quads([stands], BASE)
    said = {quad.predicate.value.replace("#", "/").rpartition("/")[2]: quad.object for quad in quads}
    assert said["note"] == ox.Literal(
        "same, by Ann Lee, 2026-11-24T09:00:00Z: The sentence before names them.", language="en"
    )
    assert said["hasVerdict"] == ox.NamedNode("https://w3id.org/geokg/vocab/withdrawn")
    assert said["comment"] == ox.Literal("They are two.", language="en")
    # It may be judged anew, and the other way round.
    again = {**ONE, "judgement": "different", "when": "2026-11-26T09:00:00Z"}
    assert [one.verdict for one in read_judgements(file(tmp_path, ONE, back, again), BASE)] == [
        "withdrawn",
        "different",
    ]
    assert clusters(read_judgements(file(tmp_path, ONE, back), BASE)) == {}


def test_what_takes_nothing_back_is_an_error(tmp_path: Path) -> None:
    back = {**ONE, "judgement": "withdrawn"}
    with pytest.raises(ReadError, match=r"judgements\.jsonl:1: takes nothing back: no line above judges"):
        read_judgements(file(tmp_path, back, ONE), BASE)
    with pytest.raises(ReadError, match=r"judgements\.jsonl:3: takes nothing back"):
        read_judgements(file(tmp_path, ONE, back, back), BASE)


def test_words_are_kept(tmp_path: Path) -> None:
    (one,) = read_judgements(file(tmp_path, {**ONE, "words": "Taliban"}), BASE)
    assert one.words == "Taliban"
    with pytest.raises(ReadError, match="a judgement needs 'words', a string with something in it"):
        read_judgements(file(tmp_path, {**ONE, "words": ""}), BASE)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["same", "unsure", "withdrawn"]), st.sampled_from("abc"), st.sampled_from("abc")
        ).filter(lambda drawn: drawn[1] != drawn[2]),
        max_size=8,
    )
)
def test_what_stands_is_what_was_not_taken_back(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[str, str, str]]
) -> None:
    standing: list[int] = []
    right = True
    for line, (verdict, one, two) in enumerate(drawn, 1):
        if verdict == "withdrawn":
            back = [n for n in standing if {*drawn[n - 1][1:]} == {one, two} and drawn[n - 1][0] != "withdrawn"]
            right = right and bool(back)
            standing = [n for n in standing if n not in back]
        standing.append(line)
    lines = [{**ONE, "judgement": v, "first": f"urn:{a}", "second": f"urn:{b}"} for v, a, b in drawn]
    path = file(tmp_path_factory.getbasetemp(), *lines)
    if not right:
        with pytest.raises(ReadError, match="takes nothing back"):
            read_judgements(path, BASE)
    else:
        assert [one.line for one in read_judgements(path, BASE)] == standing


# Writing to the end


def test_a_judgement_is_added_as_people_write_it(tmp_path: Path) -> None:
    path = tmp_path / "judgements.jsonl"
    address, taliban = BASE.document("wire/a") + "#char=12,19", BASE.data + "entity/taliban"
    one = Judgement("same", address, taliban, "Änn", "2026-11-24T09:00:00Z", "So.", words="Taliban")
    append_judgement(path, one, BASE)
    first = path.read_text(encoding="utf-8")
    assert json.loads(first) == {
        "judgement": "same",
        "first": "document/wire/a#char=12,19",
        "second": "entity/taliban",
        "by": "Änn",
        "when": "2026-11-24T09:00:00Z",
        "why": "So.",
        "words": "Taliban",
    }
    path.write_text(first.rstrip("\n"), encoding="utf-8")  # as some editors leave it
    append_judgement(path, Judgement("unsure", taliban, "urn:x", "Bo", "2026-11-24T09:00:00Z", "Hm."), BASE)
    assert [(one.verdict, one.line) for one in read_judgements(path, BASE)] == [("same", 1), ("unsure", 2)]
    assert path.read_text(encoding="utf-8").startswith(first)


def test_what_cannot_be_is_not_written(tmp_path: Path) -> None:
    path = file(tmp_path, ONE)
    before = path.read_bytes()
    one = Judgement("different", ONE["first"], ONE["second"], "Bo", ONE["when"], "No.")
    with pytest.raises(IdentityConflict, match=r"judgements\.jsonl:2: Bo judges"):
        append_judgement(path, one, BASE)
    with pytest.raises(ReadError, match="takes nothing back"):
        append_judgement(path, Judgement("withdrawn", "urn:a", "urn:b", "Bo", ONE["when"], "No."), BASE)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(ReadError, match="is not JSON"):
        append_judgement(path, one, BASE)
    assert path.read_text() == "{"
    path.write_bytes(before)
    assert [entry.name for entry in tmp_path.iterdir()] == ["judgements.jsonl"]


def test_who_is_killed_while_writing_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = file(tmp_path, ONE)
    before = path.read_bytes()

    def killed(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        append_judgement(path, Judgement("unsure", "urn:a", "urn:b", "Bo", ONE["when"], "Hm."), BASE)
    assert path.read_bytes() == before
    monkeypatch.undo()
    append_judgement(path, Judgement("unsure", "urn:a", "urn:b", "Bo", ONE["when"], "Hm."), BASE)
    assert len(read_judgements(path, BASE)) == 2


def test_two_who_write_at_a_time_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "judgements.jsonl"
    program = (
        "import sys; from pathlib import Path; from geokg.judgements import Judgement, append_judgement\n"
        "for n in range(20):\n"
        "    append_judgement(Path(sys.argv[1]), Judgement('unsure', f'urn:{sys.argv[2]}{n}', 'urn:x', sys.argv[2],"
        " '2026-11-24T09:00:00Z', 'Hm.'))\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", program, str(path), name]) for name in ("a", "b")]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    found = read_judgements(path, BASE)
    assert {one.first for one in found} == {f"urn:{name}{n}" for name in "ab" for n in range(20)}
    assert len(found) == 40
