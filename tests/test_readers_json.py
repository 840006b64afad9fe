"""JSON as doccano and Label Studio write it: each form, what offsets count, what is broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geokg.errors import OffsetMismatch, ReadError
from geokg.readers import documents, read
from geokg.readers.registry import format_of
from geokg.readers.units import Unit, Units
from geokg.text import Argument, Document, Note, Relation

TEXT = "Hu met 😀 Li.\r\nHu left."


def put(folder: Path, *tasks: Any, name: str = "tasks.jsonl", whole: bool = False, indent: int | None = None) -> Path:
    path = folder / "wire" / name
    path.parent.mkdir(exist_ok=True)
    content = json.dumps(list(tasks), indent=indent) if whole else "\n".join(map(json.dumps, tasks)) + "\n"
    path.write_text(content)
    return path


def words(document: Document) -> list[tuple[str, str, str]]:
    return [(mention.id, mention.label, mention.text) for mention in document.mentions]


SPANS = [[0, 2, "Person"], [9, 11, "Person"]]


@pytest.mark.parametrize(
    "record",
    [
        {"id": 7, "text": TEXT, "label": SPANS},
        {"id": 7, "text": TEXT, "labels": SPANS, "meta": {}, "Comments": []},
        {"id": 7, "data": TEXT, "label": SPANS},
        {"id": 7, "text": TEXT, "entities": SPANS, "username": "admin"},
        {
            "id": 7,
            "text": TEXT,
            "entities": [
                {"id": n + 1, "label": label, "start_offset": s, "end_offset": e}
                for n, (s, e, label) in enumerate(SPANS)
            ],
        },
    ],
)
@pytest.mark.parametrize("whole", [False, True])
def test_spans_of_doccano_old_and_new(tmp_path: Path, record: dict[str, Any], whole: bool) -> None:
    path = put(tmp_path, record, whole=whole)
    assert format_of(path) == "doccano"
    (document,) = documents(path)
    assert (document.id, document.text) == ("wire/tasks/7", TEXT)
    assert (document.content.file, document.mentions[0].spans[0].file) == (f"{path.name}#7", f"{path.name}#7")
    assert words(document) == [("T1", "Person", "Hu"), ("T2", "Person", "Li")]
    assert document.faults == ()


def test_relations_comments_and_names_of_the_whole(tmp_path: Path) -> None:
    entities = [
        {"id": 50, "label": "Person", "start_offset": 0, "end_offset": 2},
        {"id": 60, "label": "Person", "start_offset": 9, "end_offset": 11},
    ]
    relations = [{"id": 50, "from_id": 60, "to_id": 50, "type": "Met"}]
    first = {"text": TEXT, "entities": entities, "relations": relations, "cats": ["news"], "Comments": ["sure?"]}
    second = {"text": "Hu.", "label": ["news", "short"]}
    one, two = documents(put(tmp_path, first, second))
    assert words(one) == [("T50", "Person", "Hu"), ("T60", "Person", "Li")]
    assert one.relations == (Relation("R50", "Met", (Argument("Arg", "T60", 1), Argument("Arg", "T50", 2)), 1),)
    assert one.notes == (Note("#1", "label", "", "news", 1), Note("#2", "Comment", "", "sure?", 1))
    assert (two.id, [note.text for note in two.notes]) == ("wire/tasks/2", ["news", "short"])


def test_users_of_one_record_stay_apart(tmp_path: Path) -> None:
    spans = [
        {"label": 4, "start_offset": 0, "end_offset": 2, "user": 1},
        {"label": 4, "start_offset": 9, "end_offset": 11, "user": 2},
    ]
    found = list(documents(put(tmp_path, {"id": 3, "text": TEXT, "annotations": spans})))
    assert [(d.id, d.annotator, words(d)) for d in found] == [
        ("wire/tasks/3/1", "1", [("T1", "4", "Hu")]),
        ("wire/tasks/3/2", "2", [("T2", "4", "Li")]),
    ]


@pytest.mark.parametrize("unit", [Unit.CODE_POINTS, Unit.UTF16, Unit.UTF8])
def test_offsets_are_what_source_toml_says(tmp_path: Path, unit: Unit) -> None:
    units = Units(TEXT, unit)
    spans = [[units.offset(start), units.offset(end), label] for start, end, label in SPANS]
    path = put(tmp_path, {"text": TEXT, "label": spans})
    names = {Unit.CODE_POINTS: "code points", Unit.UTF16: "UTF-16", Unit.UTF8: "UTF-8"}
    (path.parent / "source.toml").write_text(f'offsets = "{names[unit]}"')
    assert [mention.text for mention in read(path).mentions] == ["Hu", "Li"]
    (path.parent / "source.toml").write_text('offsets = "letters"')
    with pytest.raises(
        ReadError, match=r"source\.toml:1: offsets must be 'code points' or 'UTF-16' or 'UTF-8' or 'tokens'"
    ):
        read(path)


def test_offsets_may_count_tokens(tmp_path: Path) -> None:
    listed = {"text": "Hu's met Li.", "tokens": ["Hu", "'s", "met", "Li", "."], "label": [[0, 1, "P"], [3, 4, "P"]]}
    path = put(tmp_path, listed, {"text": "Hu met Li.", "label": [[0, 1, "P"], [1, 3, "S"]]})
    (path.parent / "source.toml").write_text('offsets = "tokens"')
    assert [[mention.text for mention in d.mentions] for d in documents(path)] == [["Hu", "Li"], ["Hu", "met Li."]]
    put(tmp_path, {**listed, "label": [[3, 7, "P"]]})
    with pytest.raises(OffsetMismatch, match=r"'P' at 3\.\.7: tokens 3\.\.7 are not among the 5 of the text"):
        read(path)
    put(tmp_path, {**listed, "tokens": ["Hu", "is"]})
    with pytest.raises(ReadError, match="token 1, 'is', is not what stands in the text at 2"):
        read(path)


@pytest.mark.parametrize(
    ("spans", "said"),
    [
        (
            [[0, 2, "P"], [10, 12, "P"]],
            "the offsets 10..12 hold 'i.' if they count code points, 'Li' if they count UTF-16",
        ),
        (
            [[0, 2, "P"], [15, 17, "P"], [18, 23, "P"]],
            "offset 23 lies outside .* all offsets .* count UTF-16 units; say offsets",
        ),
        ([[0, 2, "P"], [90, 95, "P"]], "'P' at 90..95: offset 90 lies outside the text of 22"),
        ([[0, 2, "P"], [5, 5, "P"]], "5 5 hold no character"),
        ([[0, 2, "P"], [5, "6", "P"]], "are no offsets"),
        ([[0, 2, "P"], [5, 6]], r"is not \[start, end, label\]"),
        ([[0, 2, "P"], [5, 6, ""]], "has no label"),
    ],
)
def test_offsets_of_doccano_that_do_not_fit(tmp_path: Path, spans: list[list[Any]], said: str) -> None:
    path = put(tmp_path, {"text": "One."}, {"text": TEXT, "label": spans})
    with pytest.raises(ReadError, match=said) as caught:
        list(documents(path, format="doccano"))
    assert (caught.value.path, caught.value.line) == (path, 2)
    kept = list(documents(path, format="doccano", lenient=True))[1]
    assert {mention.text for mention in kept.mentions} == (set() if "UTF-16" in said else {"Hu"})
    assert all(fault.line == 2 for fault in kept.faults)
    assert len(kept.faults) >= 1


def test_bad_lines_are_told_and_the_others_kept(tmp_path: Path) -> None:
    path = put(tmp_path, {"text": "Hu.", "label": [[0, 2, "P"]]}, {"nothing": 1}, {"text": "a\ud83d", "label": []})
    path.write_bytes(
        path.read_bytes() + b'{"text": \n\xff\n[1]\n' + b'{"id": 9, "text": "Li.", "label": []}\n{"id": 9, "text": "x"}'
    )
    with pytest.raises(ReadError, match=r"tasks\.jsonl:2: has no text"):
        list(documents(path))
    one, two = documents(path, lenient=True)
    assert (one.text, two.text) == ("Hu.", "Li.")
    assert [fault.line for fault in (*one.faults, *two.faults)] == [2, 3, 4, 5, 6, 8]
    assert "is taken by the record of line 7" in str(two.faults[-1])


def test_relations_of_doccano_that_hang_in_the_air(tmp_path: Path) -> None:
    entities = [{"id": 1, "label": "P", "start_offset": 0, "end_offset": 2}]
    path = put(
        tmp_path, {"text": TEXT, "entities": entities, "relations": [{"id": 3, "from_id": 1, "to_id": 2, "type": "x"}]}
    )
    with pytest.raises(ReadError, match="refers to the span 2, which is not there or left out"):
        read(path)
    assert (read(path, lenient=True).relations, len(read(path, lenient=True).mentions)) == ((), 1)


HOSTILE = st.lists(
    st.sampled_from(["😀", "a", " ", "\r\n", "\ufeff", "e\u0301", "א", "中", "b"]), min_size=1, max_size=9
)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("json")


@settings(max_examples=150, deadline=None)
@given(pieces=HOSTILE, data=st.data(), unit=st.sampled_from([Unit.CODE_POINTS, Unit.UTF16]))
def test_quotes_of_label_studio_tell_what_its_offsets_count(
    folder: Path, pieces: list[str], data: st.DataObject, unit: Unit
) -> None:
    text = "".join(pieces)
    cuts = data.draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(0, len(text))), max_size=4))
    spans = [(min(cut), max(cut)) for cut in cuts if cut[0] != cut[1]]
    units = Units(text, unit)
    result = [region(f"r{n}", units.offset(a), units.offset(b), text[a:b]) for n, (a, b) in enumerate(spans)]
    document = read(put(folder, task(result, text=text), name="ls.json", whole=True))
    assert document.text == text
    right = [mention.text for mention in document.mentions]
    # Where the same words stand at both places, either reading gives them.
    assert right == [text[a:b] for a, b in spans]


def region(name: str, start: int, end: int, quote: str | None, *labels: str) -> dict[str, Any]:
    value = {"start": start, "end": end, "labels": list(labels or ("Person",))}
    return {
        "id": name,
        "from_name": "label",
        "to_name": "text",
        "type": "labels",
        "value": value if quote is None else {**value, "text": quote},
    }


def task(result: list[dict[str, Any]], user: Any = 3, text: str = TEXT, **more: Any) -> dict[str, Any]:
    annotation = {"id": 11, "completed_by": user, "was_cancelled": False, "result": result}
    return {"id": 1, "data": {"text": text}, "annotations": [annotation], **more}


HU, LI = region("a", 0, 2, "Hu"), region("b", 9, 11, "Li", "Person", "Guest")


@pytest.mark.parametrize(
    ("name", "whole", "indent"), [("x.json", True, None), ("x.json", True, 2), ("x.jsonl", False, None)]
)
def test_everything_that_label_studio_says(tmp_path: Path, name: str, whole: bool, indent: int | None) -> None:
    result = [
        HU,
        {"type": "relation", "from_id": "a", "to_id": "b", "direction": "left", "labels": ["met", "saw"]},
        {"type": "relation", "from_id": "a", "to_id": "b", "direction": "bi"},
        {**LI, "meta": {"text": ["who?"]}},
        {"id": "a", "from_name": "sure", "type": "choices", "value": {"start": 0, "end": 2, "choices": ["yes"]}},
        {"id": "b", "from_name": "why", "type": "textarea", "value": {"start": 9, "end": 11, "text": ["so", "and so"]}},
        {"id": "c", "from_name": "tone", "to_name": "text", "type": "choices", "value": {"choices": ["calm"]}},
        {"id": "d", "from_name": "kind", "to_name": "text", "type": "taxonomy", "value": {"taxonomy": [["a", "b"]]}},
        {"id": "e", "from_name": "stars", "to_name": "text", "type": "rating", "value": {"rating": 4}},
    ]
    path = put(tmp_path, task(result, {"id": 3, "email": "lee@example.org"}), name=name, whole=whole, indent=indent)
    assert format_of(path) == "label-studio"
    document = read(path)
    assert (document.id, document.annotator) == ("wire/x/1/lee@example.org", "lee@example.org")
    assert words(document) == [("a", "Person", "Hu"), ("b", "Person", "Li"), ("b-2", "Guest", "Li")]
    assert [(r.id, r.label, [a.target for a in r.arguments]) for r in document.relations] == [
        ("R1", "met", ["b", "a"]),
        ("R2", "saw", ["b", "a"]),
        ("R3", "relation", ["a", "b"]),
    ]
    assert [(a.name, a.target, a.value) for a in document.attributes] == [
        ("direction", "R3", "bi"),
        ("sure", "a", "yes"),
        ("why", "b", "so"),
        ("why", "b", "and so"),
    ]
    assert [(n.kind, n.target, n.text) for n in document.notes] == [
        ("meta", "b", "who?"),
        ("tone", "", "calm"),
        ("kind", "", "a / b"),
        ("stars", "", "4"),
    ]
    assert document.faults == ()
    if indent:
        assert document.mentions[1].line > document.mentions[0].line > 1


def test_annotators_stay_apart_and_what_is_no_annotation_is_told(tmp_path: Path) -> None:
    tasks = task([HU], 3, predictions=[{"result": [LI]}])
    tasks["annotations"] += [
        {"id": 12, "completed_by": 4, "result": [LI]},
        {"id": 13, "completed_by": 4, "result": []},
        {"id": 14, "completed_by": 5, "was_cancelled": True, "result": [HU]},
    ]
    empty = {"id": 2, "data": {"text": "Nobody was here."}, "annotations": []}
    found = list(documents(put(tmp_path, tasks, empty, name="x.json", whole=True)))
    assert [(d.id, d.annotator, len(d.mentions)) for d in found] == [
        ("wire/x/1/3", "3", 1),
        ("wire/x/1/4", "4", 2),
        ("wire/x/1/4-13", "4-13", 0),
        ("wire/x/2", None, 0),
    ]
    assert [fault.message for d in found for fault in d.faults] == [
        "predictions are no annotations; those of this file are left out",
        "the annotation of task 1 by 5 was cancelled",
    ]


def test_json_min(tmp_path: Path) -> None:
    line = {
        "id": 1,
        "text": TEXT,
        "label": [HU["value"], LI["value"]],
        "tone": "calm",
        "more": {"choices": ["x", "y"]},
        "annotator": 3,
        "annotation_id": 11,
        "lead_time": 1.5,
    }
    path = put(tmp_path, line, {**line, "annotator": 4, "annotation_id": 12}, name="x.json", whole=True)
    assert format_of(path) == "label-studio"
    one, two = documents(path)
    assert (one.id, two.id) == ("wire/x/1/3", "wire/x/1/4")
    assert [label for _, label, _ in words(one)] == ["Person", "Person", "Guest"]
    assert sorted((note.kind, note.text) for note in one.notes) == [("more", "x"), ("more", "y"), ("tone", "calm")]


def test_json_min_without_any_span_is_not_taken_for_doccanos(tmp_path: Path) -> None:
    line = {"id": 1, "text": TEXT, "label": [], "annotator": 3, "annotation_id": 11, "lead_time": 1.5}
    assert format_of(put(tmp_path, line)) == "label-studio"
    assert read(put(tmp_path, line)).id == "wire/tasks/1/3"


def test_an_annotation_as_a_storage_keeps_it(tmp_path: Path) -> None:
    kept = {"id": 11, "result": [HU], "task": {"id": 5, "data": {"text": TEXT}}, "completed_by": {"id": 3}}
    path = put(tmp_path, kept, name="11.json", indent=2, whole=True)
    assert format_of(path) == "label-studio"
    document = read(path)
    assert (document.id, words(document)) == ("wire/11/5/3", [("a", "Person", "Hu")])


def test_several_texts_of_one_task(tmp_path: Path) -> None:
    left, right = {**HU, "to_name": "left"}, {**region("c", 0, 2, "Li"), "to_name": "right"}
    both = {**task([left, right]), "data": {"left": "Hu.", "right": "Li.", "url": "https://example.org"}}
    found = list(documents(put(tmp_path, both, name="x.json", whole=True)))
    assert [(d.id, d.text, words(d)) for d in found] == [
        ("wire/x/1/left/3", "Hu.", [("a", "Person", "Hu")]),
        ("wire/x/1/right/3", "Li.", [("c", "Person", "Li")]),
    ]


def test_what_is_not_over_plain_text_is_told(tmp_path: Path) -> None:
    html = {
        "id": "h",
        "type": "hypertextlabels",
        "value": {"start": "/p[1]", "end": "/p[1]", "startOffset": 0, "endOffset": 2, "hypertextlabels": ["x"]},
    }
    link = {"type": "relation", "from_id": "a", "to_id": "h", "direction": "right", "labels": []}
    blank = {**HU, "id": "z", "value": {"start": 0, "end": 2, "text": "Hu", "labels": []}}
    document = read(put(tmp_path, task([HU, html, link, blank]), name="x.json", whole=True))
    assert words(document) == [("a", "Person", "Hu")]
    assert [fault.message for fault in document.faults] == [
        "the region 'h' (hypertextlabels) is not over plain text",
        "a relation refers to the region 'h', which is not there or left out",
        "the region 'z' has no label",
    ]


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (region("b", 9, 11, "Hu"), "the region 'b' quotes 'Hu' at 9..11, but 'Li' stands there"),
        (region("b", 9, 99, "Li"), "the region 'b': offset 99 lies outside the text"),
        (region("a", 9, 11, "Li"), "the id 'a' of a region is taken"),
        (region("b", 9, 9, None), "hold no character"),
        ({"type": "relation", "from_id": "a", "to_id": "q"}, "refers to the region 'q', which is not there"),
        (
            {"id": "q", "from_name": "x", "type": "choices", "value": {"start": 0, "choices": ["y"]}},
            "'x' is said of the region 'q'",
        ),
        (
            {"id": "q", "from_name": "x", "type": "new", "value": {"unknown": 1}},
            "the result 'q' has no value that is known",
        ),
    ],
)
def test_what_is_broken_in_label_studio(tmp_path: Path, result: dict[str, Any], said: str) -> None:
    path = put(tmp_path, task([HU, result]), name="x.jsonl")
    with pytest.raises(ReadError, match=said) as caught:
        read(path)
    assert (caught.value.path, caught.value.line) == (path, 1)
    document = read(path, lenient=True)
    assert words(document) == [("a", "Person", "Hu")]
    assert len(document.faults) == 1


def test_old_offsets_with_line_ends_in_quotes(tmp_path: Path) -> None:
    result = [region("a", 7, 15, "😀 Li.\\n\\n"), region("b", 0, 2, "Hu")]
    (document,) = documents(put(tmp_path, task(result), name="x.json", whole=True))
    assert [mention.text for mention in document.mentions] == ["😀 Li.\r\n", "Hu"]


def test_offsets_without_quotes_are_not_believed_where_others_do_not_fit(tmp_path: Path) -> None:
    path = put(tmp_path, task([region("a", 15, 17, None), region("b", 18, 23, None)]), name="x.json", whole=True)
    with pytest.raises(OffsetMismatch, match="the region 'a' has no quote, and all offsets fit when they count UTF-16"):
        read(path)
    assert (read(path, lenient=True).mentions, len(read(path, lenient=True).faults)) == ((), 2)


def test_a_text_that_stands_elsewhere(tmp_path: Path) -> None:
    image = {"id": 2, "data": {"image": "https://example.org/a.jpg"}, "annotations": [{"result": []}]}
    path = put(tmp_path, task([HU]), image, name="x.json", whole=True)
    (document,) = documents(path)
    assert [fault.message for fault in document.faults] == ["task 2 has no text in this file, and nothing is fetched"]
    for text in ("https://example.org/a.txt", "s3://bucket/a.txt", "/data/upload/a.txt"):
        path = put(tmp_path, task([HU], text=text), name="x.json", whole=True)
        with pytest.raises(ReadError, match="task 1 has no text in this file, and nothing is fetched"):
            read(path)


def test_annotations_of_one_task_as_storages_keep_them(tmp_path: Path) -> None:
    inner = {"id": 5, "data": {"text": TEXT}}
    kept = [{"id": 11 + user, "result": [HU], "task": inner, "completed_by": user} for user in (1, 2)]
    assert [d.id for d in documents(put(tmp_path, *kept))] == ["wire/tasks/5/1", "wire/tasks/5/2"]


@settings(max_examples=150, deadline=None)
@given(
    value=st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-1, 9)
        | st.sampled_from(["text", "Hu", "labels", "relation", "choices", ""]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "id",
                        "text",
                        "data",
                        "label",
                        "entities",
                        "relations",
                        "annotations",
                        "result",
                        "value",
                        "start",
                        "end",
                        "labels",
                        "type",
                        "from_id",
                        "to_id",
                        "choices",
                        "completed_by",
                        "Comments",
                        "meta",
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=20,
    ),
    format=st.sampled_from(["doccano", "label-studio"]),
    lenient=st.booleans(),
)
def test_whatever_the_json_only_a_read_error_comes_out(folder: Path, value: Any, format: str, lenient: bool) -> None:
    path = put(
        folder, value, {"text": "Hu.", "data": {"text": "Hu."}, "annotations": [{"result": value}]}, name="any.jsonl"
    )
    try:
        found = list(documents(path, format=format, lenient=lenient))
    except ReadError as error:
        assert error.path == path
    else:
        assert all(m.text == d.text[m.start : m.end] for d in found for m in d.mentions)


def test_ids_of_relations_in_doccano_stand_once(tmp_path: Path) -> None:
    entities = [{"id": n, "label": "x", "start_offset": n, "end_offset": n + 1} for n in range(2)]
    relation = {"id": 3, "from_id": 0, "to_id": 1, "type": "x"}
    path = put(tmp_path, {"text": TEXT, "entities": entities, "relations": [relation, relation]})
    with pytest.raises(ReadError, match=r"tasks\.jsonl:1: the relation .* has the id 3, which is taken"):
        read(path)
    assert [one.id for one in read(path, lenient=True).relations] == ["R3"]
    path = put(tmp_path, {"text": TEXT, "entities": entities, "relations": [{**relation, "id": None}] * 2})
    assert [one.id for one in read(path).relations] == ["R1", "R2"]
    path = put(tmp_path, {"text": TEXT, "entities": [{**entities[0], "id": [1]}]})
    with pytest.raises(ReadError, match="has an id that is no number"):
        read(path)
