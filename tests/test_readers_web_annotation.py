"""Web Annotation: what other tools write, each selector, each way to be wrong, and there and back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geokg.errors import OffsetMismatch, ReadError, WriteError
from geokg.readers import documents, read
from geokg.readers.web_annotation import beside, recognizes, write
from geokg.text import Argument, Document, Equivalence, Normalization, Relation, Source, Text
from hostile import bare
from trapped import trapped

ANNO = "http://www.w3.org/ns/anno.jsonld"
TEXT = "Hu said the Taliban\npromised peace. Hu left the Taliban."


def put(folder: Path, value: object, text: str | None = TEXT, name: str = "article.json") -> Path:
    path = folder / "wire" / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value, indent=0), newline="")
    if text is not None:
        path.with_suffix(".txt").write_bytes(text.encode())
    return path


def at(start: int, end: int, exact: str | None = None, **more: Any) -> dict[str, Any]:
    """A target, as most tools write it."""
    selector: list[Any] = [{"type": "TextPositionSelector", "start": start, "end": end}]
    if exact is not None:
        selector.insert(0, {"type": "TextQuoteSelector", "exact": exact})
    return {"source": "article.txt", "selector": selector, **more}


def tag(value: str, purpose: str = "tagging", **more: Any) -> dict[str, Any]:
    return {"type": "TextualBody", "purpose": purpose, "value": value, **more}


def anno(name: Any, target: Any, *bodies: Any, **more: Any) -> dict[str, Any]:
    found = {"@context": ANNO, "type": "Annotation", "body": list(bodies), "target": target, **more}
    return found if name is None else {"id": name, **found}


def told(document: Document) -> list[str]:
    return [str(fault).partition(": ")[2] for fault in document.faults]


HU = at(0, 2, "Hu")
TALIBAN = at(12, 19, "Taliban")


def words(document: Document) -> list[tuple[str, str, list[tuple[int, int]]]]:
    return [(m.id, m.label, [(span.start, span.end) for span in m.spans]) for m in document.mentions]


# Containers


PAGE = {"type": "AnnotationPage", "id": "urn:p1", "items": [anno("#T1", HU, tag("Person"))]}


@pytest.mark.parametrize(
    "value",
    [
        anno("#T1", HU, tag("Person")),
        [anno("#T1", HU, tag("Person"))],
        PAGE,
        {"@context": ANNO, "@graph": [anno("#T1", HU, tag("Person"))]},
        {"@context": ANNO, "type": "AnnotationCollection", "total": 1, "first": PAGE, "last": PAGE},
        {"type": ["AnnotationCollection"], "first": {"type": "AnnotationPage", "items": [], "next": PAGE}},
        {"type": "AnnotationCollection", "first": PAGE, "last": "urn:p1"},
        {"@id": "#T1", "@type": "oa:Annotation", "body": tag("Person", "oa:tagging"), "target": HU},
    ],
)
def test_one_list_page_and_collection(tmp_path: Path, value: object) -> None:
    document = read(put(tmp_path, value))
    assert (document.id, words(document), document.faults) == ("wire/article", [("T1", "Person", [(0, 2)])], ())


def test_what_is_only_an_address_is_told_and_never_fetched(tmp_path: Path) -> None:
    page = {**PAGE, "next": "https://example.org/page2", "@context": [ANNO, "https://example.org/more.jsonld"]}
    collection = {"type": "AnnotationCollection", "first": page, "last": "https://example.org/page9"}
    document = read(put(tmp_path, collection))
    assert [m.text for m in document.mentions] == ["Hu"]
    assert told(document) == [
        "the context https://example.org/more.jsonld is not read: its terms are taken by their names",
        "https://example.org/page2 is only an address, which is not fetched: put what stands there into the file",
    ]


def test_nothing_annotated(tmp_path: Path) -> None:
    empty = Document(Text("wire/article", TEXT, "article.txt"), source=Source(id="wire"))
    page = {"@context": ANNO, "type": "AnnotationPage", "items": []}
    assert read(put(tmp_path, page)) == read(put(tmp_path, []), format="web-annotation") == empty
    assert read(put(tmp_path, {**page, "creator": "Ann"})).id == "wire/article/Ann"


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    path = put(tmp_path, "[\n\n" + json.dumps(anno("#a", HU)) + ",\n" + json.dumps(anno("#b", TALIBAN)) + "]")
    assert [mention.line for mention in read(path).mentions] == [3, 4]


# Selectors


def fragment(value: str, **more: Any) -> dict[str, Any]:
    return {"type": "FragmentSelector", "conformsTo": "http://tools.ietf.org/rfc/rfc5147", "value": value, **more}


def quoted(exact: str, prefix: str | None = None, suffix: str | None = None, **more: Any) -> dict[str, Any]:
    around = {"prefix": prefix, "suffix": suffix}
    return {"type": "TextQuoteSelector", "exact": exact, **{k: v for k, v in around.items() if v is not None}, **more}


def position(start: Any, end: Any, **more: Any) -> dict[str, Any]:
    return {"type": "TextPositionSelector", "start": start, "end": end, **more}


MD5 = hashlib.md5(TEXT.encode()).hexdigest()


@pytest.mark.parametrize(
    ("selector", "start", "end"),
    [
        (position(12, 19), 12, 19),
        (quoted("said"), 3, 7),
        (quoted("Hu", suffix=" left"), 36, 38),
        (quoted("Taliban", prefix="left the "), 48, 55),
        (quoted("Taliban promised"), 12, 28),  # a line end in a quote may be a space
        (fragment("char=12,19"), 12, 19),
        (fragment(f"char=12,19;length={len(TEXT)},UTF-8;md5={MD5}"), 12, 19),
        (fragment("char=,2"), 0, 2),
        (fragment("char=48,"), 48, len(TEXT)),
        (fragment("char=5"), 5, 5),
        (position(0, 36, refinedBy=quoted("Taliban")), 12, 19),
        (quoted("Hu left the Taliban", refinedBy=position(3, 7)), 39, 43),
        (fragment("char=36,55", refinedBy=fragment("char=3,", refinedBy=quoted("left"))), 39, 43),
        ({"type": "RangeSelector", "startSelector": quoted("said"), "endSelector": quoted("promised")}, 3, 20),
        (
            [
                {
                    "type": "RangeSelector",
                    "startContainer": "/p[1]",
                    "startOffset": 0,
                    "endContainer": "/",
                    "endOffset": 1,
                },
                {"type": "XPathSelector", "value": "/p", "refinedBy": position(1, 2)},
                position(0, 2),
                quoted("Hu", "", " said"),
            ],
            0,
            2,
        ),
        ([fragment("char=0,2"), position(0, 2), quoted("Hu")], 0, 2),
        ({"type": "Choice", "items": [position(0, 2), quoted("Hu", suffix=" said")]}, 0, 2),
        # The quote stands once in the whole text, and so in that paragraph.
        ({"type": "FragmentSelector", "value": "para5", "refinedBy": quoted("Hu", suffix=" said")}, 0, 2),
        ({"type": "RangeSelector", "startSelector": {"type": "XPathSelector"}, "refinedBy": quoted("said")}, 3, 7),
    ],
)
def test_each_selector(tmp_path: Path, selector: Any, start: int, end: int) -> None:
    document = read(put(tmp_path, anno("#T1", {"source": "article.txt", "selector": selector}, tag("X"))))
    assert (words(document), document.faults) == ([("T1", "X", [(start, end)])], ())


def test_rfc_5147_counts_a_line_end_as_one_character_where_the_length_says_so(tmp_path: Path) -> None:
    text = "Hu\r\nsaid\r\nso."
    for value, start in (("char=3,7;length=11", 4), ("char=4,8;length=13", 4), ("char=4,8", 4)):
        document = read(put(tmp_path, anno("#T1", {"selector": fragment(value)}, tag("X")), text))
        assert words(document) == [("T1", "X", [(start, start + 4)])]


def test_a_target_that_is_an_iri_with_a_fragment(tmp_path: Path) -> None:
    assert words(read(put(tmp_path, anno("#T1", "article.txt#char=12,19", tag("X"))))) == [("T1", "X", [(12, 19)])]


def test_several_targets_are_the_parts_of_one_mention(tmp_path: Path) -> None:
    document = read(put(tmp_path, anno("#T1", [at(29, 34, "peace"), TALIBAN], tag("Commitment"))))
    assert words(document) == [("T1", "Commitment", [(12, 19), (29, 34)])]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            {"source": "a.jpg", "selector": fragment("xywh=1,2,3,4")},
            "selects no words of a text, but has FragmentSelector",
        ),
        ({"source": "a.jpg", "selector": {"type": "SvgSelector", "value": "<svg/>"}}, "but has SvgSelector"),
        ({"source": "x", "selector": {"type": "XPathSelector", "refinedBy": position(1, 2)}}, "but has XPathSelector"),
        ({"source": "x", "selector": "urn:selector"}, "but has a selector that is only an address"),
        ("http://example.org/page", "is about the whole of http://example.org/page, and selects no words of it"),
        ({"id": "http://example.org/a.mp3", "type": "Sound"}, "is about the whole of http://example.org/a.mp3"),
        ({"source": "http://example.org/page"}, "is about the whole of http://example.org/page"),
        ({"type": "Choice", "items": [HU]}, "a target that is a Choice of others is left out"),
    ],
)
def test_what_selects_no_words_is_told(tmp_path: Path, target: Any, message: str) -> None:
    document = read(put(tmp_path, [anno("#T1", HU, tag("X")), anno("#x", target, tag("Y"))]))
    assert words(document) == [("T1", "X", [(0, 2)])]
    (fault,) = told(document)
    assert message in fault


# Units


ASTRAL = "😀 Hu met 😀😀 Hua."


def test_offsets_of_browsers_are_taken_as_what_they_are_and_told(tmp_path: Path) -> None:
    found = [
        anno("#T1", at(3, 5, "Hu"), tag("X")),
        anno("#T2", at(15, 18, "Hua"), tag("X")),
        anno("#T3", at(10, 14), tag("X")),
    ]
    document = read(put(tmp_path, found, ASTRAL))
    assert [mention.text for mention in document.mentions] == ["Hu", "Hua", "😀😀"]
    assert told(document) == ["its quotes fit article.txt only where offsets count UTF-16 units: they are taken so"]


def test_where_both_units_fit_code_points_win(tmp_path: Path) -> None:
    document = read(put(tmp_path, anno("#T1", at(1, 2, "a"), tag("X")), "😀aa"))
    assert (words(document), document.faults) == ([("T1", "X", [(1, 2)])], ())


def test_line_ends_and_characters_as_browsers_count_them(tmp_path: Path) -> None:
    text = "One\r\ntwo 😀\r\nthree"
    found = [
        anno("#T1", at(4, 7, "two"), tag("X")),
        anno("#T2", at(8, 16, "😀\nthree"), tag("X")),
        anno("#T3", {"selector": quoted("two 😀\nthree")}, tag("X")),
    ]
    document = read(put(tmp_path, found, text))
    assert [mention.text for mention in document.mentions] == ["two", "😀\r\nthree", "two 😀\r\nthree"]
    (fault,) = told(document)
    assert "only where offsets count UTF-16 units, each CR LF as one" in fault


def test_offsets_without_quotes_that_fit_only_in_another_unit_are_not_believed(tmp_path: Path) -> None:
    found = [anno("#T1", at(3, 5), tag("X")), anno("#T2", at(15, 19), tag("X"))]
    path = put(tmp_path, found, ASTRAL)
    with pytest.raises(
        ReadError, match=r"T1: offset 19 lies outside .* fit when they count UTF-16 units.* no quote tells"
    ):
        read(path)
    assert (words(read(path, lenient=True)), len(read(path, lenient=True).faults)) == ([], 2)
    (path.parent / "source.toml").write_text('offsets = "UTF-16"')
    assert ([mention.text for mention in read(path).mentions], read(path).faults) == (["Hu", "Hua."], ())
    (path.parent / "source.toml").write_text('offsets = "tokens"')
    with pytest.raises(ReadError, match=r"its offsets count characters, not tokens as source\.toml says"):
        read(path)


def test_what_source_toml_says_of_offsets_is_not_guessed_otherwise(tmp_path: Path) -> None:
    path = put(tmp_path, anno("#T1", at(3, 5, "Hu"), tag("X")), ASTRAL)
    (path.parent / "source.toml").write_text('offsets = "code points"')
    with pytest.raises(OffsetMismatch, match=r"T1: quotes 'Hu' at 3\.\.5, but 'u ' stands there"):
        read(path)


def test_offsets_that_fit_in_no_unit_are_never_bound(tmp_path: Path) -> None:
    found = [anno("#T1", at(3, 5, "Hu"), tag("X")), anno("#T2", at(0, 3, "Hua"), tag("X"))]
    path = put(tmp_path, found, ASTRAL)
    with pytest.raises(
        OffsetMismatch, match=r"T2: quotes 'Hua' at 0\.\.2, .* nearest 'Hua' stands at 12\.\.15"
    ) as caught:
        read(path)
    assert (caught.value.quote, caught.value.start) == ("Hua", 0)
    document = read(path, lenient=True)
    assert [mention.text for mention in document.mentions] == ["Hu"]
    assert len(document.faults) == 2


# Bodies


def test_labels_flags_attributes_links_to_registers_and_notes(tmp_path: Path) -> None:
    bodies = [
        tag("VIP"),
        tag("Person", "classifying", id="#B1"),
        tag("yes", label="Sure", id="#A1"),
        {"type": "SpecificResource", "purpose": "identifying", "source": "https://www.wikidata.org/wiki/Q15031"},
        {"purpose": "identifying", "source": {"id": "http://example.org/people/hu", "label": "Hu"}},
        tag("GeoNames:1", "identifying"),
        tag("who?", "commenting", id="#N1"),
        tag("he", "describing"),
        tag("12", "http://example.org/age"),
        {"type": "TextualBody", "value": "no purpose"},
        {"id": "http://example.org/a.jpg", "type": "Image"},
        {"purpose": "classifying", "source": "http://dbpedia.org/ontology/Politician"},
        {"purpose": "tagging", "source": "http://example.org/tags#old", "id": "#A2"},
        {"purpose": "describing", "value": {"much": ["more"]}, "type": "TextualBody"},
    ]
    document = read(put(tmp_path, anno("#T1", HU, *bodies)))
    assert words(document) == [("T1", "Person", [(0, 2)])]
    assert [(a.id, a.name, a.value) for a in document.attributes] == [
        ("T1-1", "VIP", None),
        ("A1", "Sure", "yes"),
        ("T1-9", "http://example.org/age", "12"),
        ("T1-12", "Politician", None),
        ("A2", "tagging", "http://example.org/tags#old"),
    ]
    assert [(n.resource, n.key, n.text) for n in document.normalizations] == [
        ("Wikidata", "Q15031", ""),
        ("http://example.org/people/", "hu", "Hu"),
        ("GeoNames", "1", ""),
    ]
    assert [(n.id, n.kind, n.text) for n in document.notes] == [
        ("N1", "AnnotatorNotes", "who?"),
        ("T1-8", "describing", "he"),
        ("T1-10", "AnnotatorNotes", "no purpose"),
        ("T1-11", "linking", "http://example.org/a.jpg"),
        ("T1-14", "describing", '{"much": ["more"]}'),
    ]
    assert {item.target for item in (*document.attributes, *document.normalizations, *document.notes)} == {"T1"}


@pytest.mark.parametrize(
    ("more", "label", "notes"),
    [
        ({"motivation": "highlighting", "body": []}, "highlighting", []),
        ({"motivation": "tagging", "bodyValue": "Person"}, "Person", []),
        ({"motivation": "commenting", "bodyValue": "hm"}, "commenting", ["hm"]),
        ({"bodyValue": "hm"}, "highlighting", ["hm"]),
        ({"motivation": "tagging", "body": tag("Person")}, "Person", []),
        ({"motivation": ["oa:classifying", "linking"], "body": {"value": "Person"}}, "Person", []),
        ({}, "highlighting", []),
    ],
)
def test_the_motivation_stands_in(tmp_path: Path, more: dict[str, Any], label: str, notes: list[str]) -> None:
    document = read(put(tmp_path, {"type": "Annotation", "id": "#T1", "target": HU, **more}))
    assert [mention.label for mention in document.mentions] == [label]
    assert [note.text for note in document.notes] == notes


def test_an_iri_that_identifies_by_the_motivation(tmp_path: Path) -> None:
    one = {
        "type": "Annotation",
        "motivation": "identifying",
        "body": "http://www.wikidata.org/entity/Q148",
        "target": HU,
    }
    document = read(put(tmp_path, one))
    assert document.normalizations == (
        Normalization("annotation-1-1", "Reference", "annotation-1", "Wikidata", "Q148", "", 1),
    )
    assert document.mentions[0].label == "identifying"


# Links


def test_relations_as_the_plugins_of_recogito_write_them(tmp_path: Path) -> None:
    found = [
        anno("#meta", "#link", tag("locatedIn"), tag("sure", "commenting"), motivation="tagging"),
        anno("#1", HU, tag("Person")),
        anno("#4", TALIBAN, tag("Movement")),
        anno("#relation-1", [{"id": "#1"}, {"id": "#4"}], tag("MyTag"), motivation="linking"),
        [
            {"id": "uuid", "motivation": "linking", "body": "#4", "target": "#1"},
            {"motivation": "tagging", "body": [{"value": "near"}], "target": "uuid"},
        ],
        {"id": "#link", "type": "Annotation", "motivation": "linking", "body": "#4", "target": "#1"},
        anno("#out", "#1", "http://example.org/page", tag("see also"), motivation="linking"),
        anno("#two", [HU, at(48, 55, "Taliban")], tag("left", "linking"), motivation="linking"),
        anno("#5", HU, {"type": "SpecificResource", "purpose": "linking", "source": "#4"}, tag("Person")),
    ]
    document = read(put(tmp_path, found))
    assert [(r.id, r.label, [(a.role, a.number, a.target) for a in r.arguments]) for r in document.relations] == [
        ("relation-1", "MyTag", [("Arg", 1, "1"), ("Arg", 2, "4")]),
        ("uuid", "near", [("Arg", 1, "1"), ("Arg", 2, "4")]),
        ("link", "locatedIn", [("Arg", 1, "1"), ("Arg", 2, "4")]),
        ("two", "left", [("Arg", 1, "two-1"), ("Arg", 2, "two-2")]),
        ("5-link", "linking", [("Arg", 1, "5"), ("Arg", 2, "4")]),
    ]
    assert [(note.target, note.text) for note in document.notes] == [("link", "sure"), ("1", "http://example.org/page")]
    assert [mention.id for mention in document.mentions] == ["1", "4", "two-1", "two-2", "5"]
    assert [(attribute.name, attribute.target) for attribute in document.attributes] == [("see also", "1")]


def test_events_and_their_roles(tmp_path: Path) -> None:
    found = [
        anno("#E1", {**at(3, 7, "said"), "id": "#T9"}, tag("Statement"), motivation="describing"),
        anno("#E2", at(20, 28, "promised"), tag("Commitment"), tag("sure", label="Certainty"), motivation="describing"),
        anno("#T1", HU, tag("Person")),
        anno("#r1", "#E1", tag("Actor"), {"source": "#T1"}, motivation="linking"),
        anno("#r2", "#E1", tag("Content", **{"schema:position": 2}), "#E2", motivation="linking"),
        anno("#same", ["#T1", "#E2"], motivation="identifying"),
        anno("#n", "#T9", tag("a trigger", "commenting")),
        anno("#w", "article.txt", tag("all of it", "commenting")),
    ]
    document = read(put(tmp_path, found))
    first, second = document.events
    assert (first.id, first.label, first.trigger.id, first.trigger.text) == ("E1", "Statement", "T9", "said")
    assert first.arguments == (Argument("Actor", "T1"), Argument("Content", "E2", 2))
    assert (second.trigger.id, second.arguments) == ("E2-trigger", ())
    assert [mention.id for mention in document.mentions] == ["T1"]
    assert [(a.name, a.value, a.target) for a in document.attributes] == [("Certainty", "sure", "E2")]
    assert [(e.kind, e.members) for e in document.equivalences] == [("Equiv", ("T1", "E2"))]
    assert [(n.target, n.text) for n in document.notes] == [("T9", "a trigger"), ("", "all of it")]
    assert document.relations == document.faults == ()


# Who and where


def test_annotators_stay_apart(tmp_path: Path) -> None:
    ann, bob = {"id": "urn:ann", "name": "Ann Lee"}, "acct:bob@example.org"
    found = [
        anno("#1", HU, tag("Person"), tag("who?", "commenting", creator=bob), creator=ann),
        anno("#2", TALIBAN, tag("Movement"), creator=bob),
        anno("#3", ["#1", "#2"], tag("knows"), motivation="linking", creator=bob),
        anno("#4", ["#2"], tag("hm", "commenting"), creator=ann),
        anno("#5", "#2", tag("by whoever said so", "commenting")),
    ]
    first, second = documents(put(tmp_path, found))
    assert (first.id, first.annotator) == ("wire/article/Ann Lee", "Ann Lee")
    assert (second.id, second.annotator) == ("wire/article/acct:bob@example.org", bob)
    assert words(first) == [("1", "Person", [(0, 2)])]
    assert words(second) == [("1", "commenting", [(0, 2)]), ("2", "Movement", [(12, 19)])]
    assert [note.text for note in second.notes] == ["who?", "by whoever said so"]
    assert [relation.label for relation in second.relations] == ["knows"]
    assert told(first) == ["4: is about an annotation by acct:bob@example.org, and annotators stay apart"]


def test_the_annotator_that_a_rule_tells_is_the_only_one(tmp_path: Path) -> None:
    path = put(tmp_path, [anno("#1", HU, tag("X"), creator="Ann")], None, "article_bob.json")
    (path.parent / "article.txt").write_text(TEXT)
    (path.parent / "source.toml").write_text('pairs = "{stem}_*.json"')
    (document,) = documents(path)
    assert (document.id, document.annotator, words(document)) == ("wire/article/bob", "bob", [("1", "X", [(0, 2)])])


def test_several_texts_in_one_file(tmp_path: Path) -> None:
    (tmp_path / "wire" / "texts").mkdir(parents=True)
    (tmp_path / "wire" / "texts" / "my other.txt").write_text("One.")
    found = [
        anno("#1", {"source": "article.txt", "selector": position(0, 2)}, tag("X")),
        anno("#2", {"source": {"id": "texts/my%20other.txt"}, "selector": quoted("One")}, tag("X")),
        anno("#3", {"source": "https://example.org/a/article.html", "selector": position(3, 7)}, tag("X")),
        anno("#4", ["#1", "#2"], tag("Y"), motivation="linking"),
    ]
    path = put(tmp_path, found)
    with pytest.raises(
        ReadError, match=r"article\.json:\d+: 4: links to 2, which is not among the annotations of this text"
    ):
        list(documents(path))
    first, second = documents(put(tmp_path, found[:3]))
    assert (first.id, [m.text for m in first.mentions]) == ("wire/article", ["Hu", "said"])
    assert (second.id, [m.text for m in second.mentions]) == ("texts/my other", ["One"])
    assert [text.name for text in beside(path)] == ["article.txt", "my other.txt"]
    assert [text.name for text in beside(put(tmp_path, '{"source": "\\z", "source": "article.txt", "id":'))] == [
        "article.txt"
    ]


@pytest.mark.parametrize("source", ["../secret.txt", "/etc/hostname", "file:///etc/hostname", "texts/../../secret.txt"])
def test_no_text_outside_of_the_folder_is_read(tmp_path: Path, source: str) -> None:
    (tmp_path / "secret.txt").write_text("Hush.")
    path = put(tmp_path, anno("#1", {"source": source, "selector": position(0, 2)}, tag("X")))
    assert read(path).text == TEXT
    path.with_suffix(".txt").unlink()
    with pytest.raises(ReadError, match=r"has no text: article\.txt should stand beside it, or the file that .* names"):
        read(path)


def test_words_of_several_texts_in_one_annotation_are_told(tmp_path: Path) -> None:
    path = put(
        tmp_path, [anno("#1", [HU, {"source": "other.txt", "selector": position(0, 3)}], tag("X")), anno("#2", HU)]
    )
    (path.parent / "other.txt").write_text("One.")
    first, second = documents(path)
    assert ([m.id for m in first.mentions], second.mentions) == (["2"], ())
    assert told(first) == ["1: is about words of several texts, article.txt and other.txt"]


@pytest.mark.parametrize(
    "value",
    [
        {"type": "AnnotationPage", "items": []},
        [anno("#1", HU)],
        [anno("#1", "http://example.org/page")],
        [anno("#1", {"source": "http://[", "selector": position(0, 2)})],
        [anno("#1", {"source": f"{'x' * 999}.txt", "selector": position(0, 2)})],
    ],
)
@pytest.mark.parametrize("lenient", [False, True])
def test_a_file_without_its_text_is_refused(tmp_path: Path, value: Any, lenient: bool) -> None:
    with pytest.raises(ReadError, match=r"article\.json: has no text: article\.txt should stand beside it"):
        read(put(tmp_path, value, None), format="web-annotation", lenient=lenient)


def test_what_is_more_than_a_note_on_the_whole_text_is_told(tmp_path: Path) -> None:
    value = {"type": "TextualBody", "value": {"@value": "all", "@language": "en"}, "purpose": "commenting"}
    choice = {"type": "Choice", "items": [value]}
    document = read(put(tmp_path, [anno("#1", HU), anno("#2", "article.txt", tag("News"), tag("well"), choice)]))
    assert told(document) == [
        "a body that is a Choice of others is left out",
        "2: says more of the whole text than a note has room for",
        "2: says more of the whole text than a note has room for",
    ]


def test_a_note_on_the_whole_of_a_text_that_a_rule_pairs(tmp_path: Path) -> None:
    path = put(tmp_path, [anno("#1", "article.txt", tag("all", "commenting"))], None, "marks/article.json")
    (tmp_path / "wire" / "article.txt").write_text(TEXT)
    (tmp_path / "wire" / "source.toml").write_text('pairs = "marks/{stem}.json"')
    assert [(note.target, note.text) for note in read(path).notes] == [("", "all")]


def test_an_export_of_hypothesis(tmp_path: Path) -> None:
    row = {
        "id": "abc",
        "user": "acct:ann@hypothes.is",
        "uri": "https://example.org/news",
        "text": "A note",
        "tags": ["Person", "VIP"],
        "document": {"title": ["News"]},
        "target": [
            {
                "source": "https://example.org/news",
                "selector": [
                    {
                        "type": "RangeSelector",
                        "startContainer": "/p",
                        "endContainer": "/p",
                        "startOffset": 0,
                        "endOffset": 2,
                    },
                    position(0, 2),
                    quoted("Hu", "", " said the Taliban"),
                ],
            }
        ],
    }
    reply = {**row, "id": "def", "references": ["abc"], "text": "No", "tags": [], "target": [{"source": row["uri"]}]}
    (document,) = documents(put(tmp_path, {"total": 2, "rows": [row, reply]}))
    assert (document.annotator, words(document)) == ("acct:ann@hypothes.is", [("abc", "Person", [(0, 2)])])
    assert [(a.name, a.value) for a in document.attributes] == [("VIP", None)]
    assert [(n.kind, n.target, n.text) for n in document.notes] == [
        ("AnnotatorNotes", "abc", "A note"),
        ("replying", "abc", "No"),
    ]


def test_an_export_of_recogito_2(tmp_path: Path) -> None:
    who = {"creator": "https://recogito.example.org/ann", "modified": "2021-08-15T00:00:00Z"}
    place = {"type": "SpecificResource", "value": "https://pleiades.stoa.org/places/1", "purpose": "identifying", **who}
    person = {**place, "value": "Hu", "id": "http://www.wikidata.org/entity/Q15031"}
    area = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "purpose": "georeferencing", **who}
    target = {
        "source": "https://recogito.example.org/part/1",
        "type": "Text",
        "selector": [position(0, 2), {"type": "TextQuoteSelector", "exact": "Hu"}],
    }
    one = anno(
        "https://recogito.example.org/annotation/1", target, place, person, area, tag("Person", "classifying", **who)
    )
    (document,) = documents(put(tmp_path, [one]))
    assert words(document) == [("https://recogito.example.org/annotation/1", "Person", [(0, 2)])]
    assert [(n.resource, n.key, n.text) for n in document.normalizations] == [
        ("https://pleiades.stoa.org/places/", "1", ""),
        ("Wikidata", "Q15031", "Hu"),
    ]
    assert told(document) == ["a body that is a Feature, no text and no address, is left out"]


def test_what_is_recognized() -> None:
    assert recognizes('[{"type": "Annotation", "target": {"selector": {"type": "TextQuoteSelector"')
    assert not recognizes("")
    assert not recognizes('{"@context": "http://www.w3.org/ns/anno.jsonld", "nif": ".../ontologies/nif-core#"')
    assert not recognizes("<p>http://www.w3.org/ns/anno.jsonld</p>")


# What is wrong


def deep(times: int) -> dict[str, Any]:
    selector = position(0, 1)
    for _ in range(times):
        selector = position(0, 1, refinedBy=selector)
    return selector


BROKEN: list[tuple[Any, str]] = [
    ([anno("#1", {"selector": deep(800)})], ": its selectors or resources nest too deep to be read"),
    (
        [anno("#two", [HU, TALIBAN], motivation="linking"), anno("#two-1", HU)],
        "two-1: this id is that of other words as well; ids stand once",
    ),
    ("[1,", ":1:4: is not JSON: Expecting value"),
    ("[" * 100_000, ": is not JSON that can be read: it nests too deep"),
    ('[{"type": "Annotation", "id": "#1", "id": "#2"}]', ":1: the key 'id' stands twice in one object"),
    ('[\n{"type": "Annotation", "bodyValue": "\\ud83d"}]', ":2: a string has half of a surrogate pair"),
    (["x", 3], ": 3 stands where an annotation must stand"),
    ({"type": "Manifest"}, ":1: Manifest stands where an annotation must stand"),
    ([{"type": "Annotation", "id": "#1"}], ":2: 1 has no target"),
    ([anno("#1", [])], ":2: 1 has no target"),
    ([anno(3, HU)], ":2: its id is no string"),
    ([anno("#1", 3)], ":2: a target is neither an object nor an IRI"),
    ([anno("#1", {})], ": a target has neither source nor selector nor id"),
    ([anno("#1", HU, 3)], ":2: a body is neither an object nor an IRI"),
    ([anno("#1", HU, {"type": "TextualBody"})], ": a body has neither value nor source nor id"),
    ([anno("#1", HU, tag("x", **{"schema:position": "1"}))], ": schema:position is no whole number: '1'"),
    ([anno("#1", HU), anno("#1", HU)], ": the id 1 is taken by line 2; ids stand once"),
    (
        [anno("#1", at(1, 3, "Hu"))],
        "1: quotes 'Hu' at 1..3, but 'u ' stands there (article.txt:1:2); the nearest 'Hu' stands at 0..2",
    ),
    ([anno("#1", at(0, 99, "Hu"))], "1: offset 99 lies outside the text of 56"),
    ([anno("#1", at(5, 3))], "1: offsets 5..3 are the wrong way round"),
    ([anno("#1", at(-1, 3))], "1: offset -1 lies outside the text"),
    ([anno("#1", {"selector": position("0", 3)})], "1: start and end must be whole numbers, not '0' and 3"),
    (
        [anno("#1", {"selector": quoted("peas")})],
        "1: the quote 'peas' stands nowhere in article.txt: was the text changed",
    ),
    (
        [anno("#1", {"selector": quoted("Hu")})],
        "1: the quote 'Hu' stands 2 times in article.txt (1:1, 2:17): add a position",
    ),
    (
        [anno("#1", {"selector": quoted("Hu", "x")})],
        "1: the quote 'Hu' stands nowhere in article.txt between the words",
    ),
    ([anno("#1", {"selector": {"type": "TextQuoteSelector"}})], "1: a quote has no exact words"),
    (
        [anno("#1", {"selector": [position(0, 2), fragment("char=0,3")]})],
        "1: selects 0..3, but another selector of its target selects 0..2",
    ),
    ([anno("#1", {"selector": fragment("char=a")})], "1: 'char=a' is no fragment of RFC 5147"),
    (
        [anno("#1", {"selector": fragment("char=0,2;length=9")})],
        "1: was made over a text whose length is 9, but that of article.txt is 56",
    ),
    ([anno("#1", {"selector": fragment(f"char=0,2;md5={'0' * 32}")})], "1: was made over a text whose md5 is 0"),
    (
        [anno("#1", {"selector": position(0, 9, refinedBy=position(3, 12))})],
        "1: offsets 3..12 lie outside of the 9 characters that they refine",
    ),
    ([anno("#1", {"selector": position(0, 9, refinedBy=quoted("peace"))})], "1: the quote 'peace' stands nowhere"),
    (
        [
            anno(
                "#1",
                {"selector": {"type": "RangeSelector", "startSelector": position(5, 6), "endSelector": position(1, 2)}},
            )
        ],
        "1: its end, 1, comes before its start, 5",
    ),
    ([anno("#1", [HU, at(1, 4)])], "1: its parts 0..2 and 1..4 overlap"),
    (
        [anno("#1", {"selector": {"type": "XPathSelector", "refinedBy": quoted("Hu")}})],
        "1: the quote 'Hu' stands 2 times in article.txt",
    ),
    ([anno("#1", HU), anno("#2", "#9", motivation="linking")], "2: is about 9, which is not in this file"),
    ([anno("#1", HU), anno("#2", "#1", tag("x"), motivation="linking")], "2: a link needs two ends"),
    (
        [anno("#1", HU), anno("#2", "#1", "#9", motivation="linking")],
        "2: links to 9, which is not among the annotations",
    ),
    ([anno("#1", HU), anno("#2", ["#1", "#2"], motivation="identifying")], "2: speaks of 2, which is not among"),
    (
        [
            anno("#1", {"source": "http://a/1", "selector": position(0, 2)}),
            anno("#2", {"source": "http://a/2", "selector": position(0, 2)}),
        ],
        ": http://a/1 and http://a/2 are both no file beside it",
    ),
]


@pytest.mark.parametrize(("value", "message"), BROKEN)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, value: Any, message: str) -> None:
    path = put(tmp_path, value)
    with pytest.raises(ReadError) as caught:
        list(documents(path, format="web-annotation"))
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{path}:")


def test_the_good_annotations_of_a_broken_file(tmp_path: Path) -> None:
    found = [
        anno("#1", HU, tag("Person")),
        anno("#2", at(0, 3, "Tal"), tag("Movement")),
        anno("#3", ["#1", "#2"], tag("knows"), motivation="linking"),
        anno("#4", "#1", tag("fine", "commenting")),
    ]
    path = put(tmp_path, found)
    with pytest.raises(OffsetMismatch):
        read(path)
    document = read(path, lenient=True)
    assert words(document) == [("1", "Person", [(0, 2)])]
    assert [note.text for note in document.notes] == ["fine"]
    assert [fault.rpartition(": ")[2] for fault in told(document)][1:] == [
        "links to 2, which is not among the annotations of this text"
    ]
    assert all(fault.line for fault in document.faults)


KEYS = ["id", "type", "target", "body", "selector", "source", "refinedBy", "start", "end", "exact", "value", "purpose"]
KEYS += ["motivation", "creator", "label", "schema:position", "items", "first", "next", "tags", "rows", "startSelector"]
ATOMS = [None, True, -1, 2, 10**20, 0.5, "", "#", "#a", "linking", "describing", "Choice", "TextPositionSelector"]
ATOMS += [
    "TextQuoteSelector",
    "FragmentSelector",
    "RangeSelector",
    "char=0,1",
    "char=",
    "http://[",
    "\x00",
    "Hu",
    "x" * 300,
]
JUNK = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(value=JUNK, lenient=st.booleans())
def test_whatever_the_json_is_it_is_read_or_refused(folder: Path, value: Any, lenient: bool) -> None:
    path = put(
        folder, [{"type": "Annotation", "target": value}, {"target": HU, "body": value}, value], name="junk.json"
    )
    try:
        assert all(isinstance(document, Document) for document in read_all(path, lenient))
    except ReadError as error:
        assert str(error).startswith(str(path))


def read_all(path: Path, lenient: bool) -> list[Document]:
    return list(documents(path, format="web-annotation", lenient=lenient))


# There and back


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("web")


@settings(max_examples=150, deadline=None)
@given(document=trapped(), annotator=st.sampled_from([None, "Ann Lee", "acct:a@b"]))
def test_there_and_back(folder: Path, document: Document, annotator: str | None) -> None:
    if annotator:
        content = replace(document.content, document=f"wire/article/{annotator}")
        document = retold(replace(document, content=content, annotator=annotator))
    path = folder / "wire" / "article.json"
    write(document, path)
    found = read(path)
    assert bare(found) == bare(document)
    assert found.faults == ()
    first = path.read_bytes()
    write(found, path)
    assert path.read_bytes() == first


def retold(document: Document) -> Document:
    """The document with the spans of its own text."""

    def spans(mention: Any) -> Any:
        return replace(mention, spans=tuple(document.content.span(span.start, span.end) for span in mention.spans))

    events = tuple(replace(event, trigger=spans(event.trigger)) for event in document.events)
    return replace(document, mentions=tuple(map(spans, document.mentions)), events=events)


def test_what_has_no_room(tmp_path: Path) -> None:
    text = Text("wire/article", TEXT)
    with pytest.raises(WriteError, match="there is no room for the Equiv of nothing"):
        write(Document(text, equivalences=(Equivalence("Equiv", ()),)), tmp_path / "article.json")
    with pytest.raises(WriteError, match="there is no room for R1, which relates nothing") as caught:
        write(Document(text, relations=(Relation("R1", "X", ()),)), tmp_path / "article.json")
    assert caught.value.ids == ("R1",)
    assert not list(tmp_path.iterdir())


def test_the_article_comes_back(tmp_path: Path, root: Path) -> None:
    document = read(root / "data" / "china-taliban" / "article.ann")
    path = tmp_path / "china-taliban" / "article.json"
    path.parent.mkdir()
    (path.parent / "source.toml").write_bytes((root / "data" / "china-taliban" / "source.toml").read_bytes())
    write(document, path)
    assert bare(read(path)) == bare(document)


def test_what_says_something_of_a_link_to_a_register_is_told_and_left_out(tmp_path: Path) -> None:
    hu = anno("#T1", HU, tag("Person"), tag("Wikidata:Q1", "identifying", id="#N1"))
    document = read(
        put(
            tmp_path,
            [
                hu,
                anno("#E2", ["#N1"], {"value": 7, "purpose": "age"}, motivation="describing"),
                anno("#A1", ["#N1"], tag("Sure")),
                anno("#C1", ["#N1"], tag("is it?", "commenting")),
            ],
        )
    )
    assert document.attributes == ()
    assert [(note.id, note.target) for note in document.notes] == [("C1-1", "N1")]
    said = "says more of N1, which is neither words nor a link, than a note has room for"
    assert told(document) == [f"E2: {said}", f"A1: {said}"]
