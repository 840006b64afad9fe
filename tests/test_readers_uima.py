"""UIMA CAS read and written: offsets in UTF-16, layers of INCEpTION, broken files, and every file of cassis's tests."""

from __future__ import annotations

import base64
import json
import re
import shutil
import sys
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cassis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geokg
from geokg.errors import ReadError, WriteError
from geokg.readers import uima
from geokg.readers.cas import Cas
from geokg.readers.cas_types import Types
from geokg.readers.given import AnnotationFile, Faults
from geokg.tagset import inception, tag_set
from geokg.text import (
    Argument,
    Attribute,
    Document,
    Equivalence,
    Event,
    Mention,
    Normalization,
    Note,
    Relation,
    Source,
    Text,
)
from hostile import PIECES, bare, hostile
from trapped import trapped

FORMS = (".xmi", ".json", ".zip")


def read(path: Path, *, lenient: bool = False) -> list[Document]:
    return list(uima.documents(AnnotationFile(path, lenient=lenient)))


def words(document: Document) -> list[tuple[str, str]]:
    return sorted((one.label, one.text) for one in (*document.mentions, *(event.trigger for event in document.events)))


# There and back


@pytest.mark.parametrize("form", FORMS)
@given(document=hostile())
@settings(max_examples=30, deadline=None)
def test_written_and_read_it_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, form: str, document: Document
) -> None:
    path = tmp_path_factory.mktemp("cas") / "wire" / f"article{form}"
    uima.write(document, path)
    [again] = read(path)
    assert bare(again) == bare(named(document, "article.xmi" if form == ".zip" else f"article{form}"))
    assert not again.faults


@pytest.mark.parametrize("form", [".xmi", ".json"])
@given(document=trapped())
@settings(max_examples=30, deadline=None)
def test_what_is_stranger_comes_back_too_or_has_no_room(
    tmp_path_factory: pytest.TempPathFactory, form: str, document: Document
) -> None:
    path = tmp_path_factory.mktemp("cas") / "wire" / f"article{form}"
    try:
        uima.write(document, path)
    except WriteError:
        strings = [document.text, *(note.text for note in document.notes)]
        assert form == ".xmi" and any(character in string for string in strings for character in "\x00\x0b")
        return
    assert [bare(one) for one in read(path)] == [bare(named(document, f"article{form}"))]


def named(document: Document, file: str) -> Document:
    """The same, out of a file of another name."""

    def moved(mention: Mention) -> Mention:
        return replace(mention, spans=tuple(replace(span, file=file) for span in mention.spans))

    return replace(
        document,
        content=replace(document.content, file=file),
        mentions=tuple(map(moved, document.mentions)),
        events=tuple(replace(event, trigger=moved(event.trigger)) for event in document.events),
    )


def small(content: str = "😀 Hu Shisheng said so.", **parts: Any) -> Document:
    text = Text("/".join(filter(None, ("wire/article", parts.get("annotator")))), content, "article.xmi")
    hu = Mention("T1", "Person", (text.span(2, 13),))
    said = Event("E1", "Statement", Mention("T2", "Statement", (text.span(14, 18),)), (Argument("Actor", "T1"),))
    known = {"mentions": (hu,), "events": (said,), "source": Source(id="wire")}
    return Document(text, **{**known, **parts})


def test_what_is_written_is_what_inception_shows(tmp_path: Path) -> None:
    document = small(
        attributes=(
            Attribute("A1", "Stance", "E1", "asserts"),
            Attribute("A2", "Metonym", "T1"),
            Attribute("A3", "TimeRelation", "E1", "before"),
            Attribute("A4", "type", "E1", "cannot be a feature"),
        ),
        normalizations=(Normalization("N1", "Reference", "T1", "Wikidata", "Q1"),),
        relations=(Relation("R1", "Near", (Argument("Arg1", "T1"), Argument("Arg2", "E1"))),),
        annotator="ann",
    )
    path = tmp_path / "wire" / "article.xmi"
    uima.write(document, path)
    assert [bare(one) for one in read(path)] == [bare(document)]
    custom = "{http:///webanno/custom.ecore}"
    root = ET.parse(path).getroot()
    mention, event, relation = (root.find(f"{custom}Geokg{name}") for name in ("Mention", "Event", "Relation"))
    link = next(one for one in root.findall(f"{custom}GeokgEventRolesLink") if one.get("role") == "Actor")
    units = document.text.encode("utf-16-le")
    assert units[2 * int(mention.get("begin")) : 2 * int(mention.get("end"))].decode("utf-16-le") == "Hu Shisheng"
    assert (mention.get("begin"), mention.get("label"), mention.get("metonym")) == ("3", "Person", "true")
    assert mention.get("reference") == "Wikidata:Q1"
    assert (event.get("stance"), event.get("timeRelation"), event.get("type")) == ("asserts", "before", None)
    assert link.get("target") == mention.get("{http://www.omg.org/XMI}id")
    assert (relation.get("Governor"), relation.get("begin")) == (link.get("target"), event.get("begin"))
    # The layers and features are those that the tag set for INCEpTION declares.
    layers = {layer["name"]: {one["name"] for one in layer["features"]} for layer in json.loads(inception(tag_set()))}
    for element in (mention, event):
        name = f"webanno.custom.{element.tag.removeprefix(custom)}"
        shown = {"stance", "timeRelation", "metonym", "label", "reference", "roles"}.intersection(element.keys())
        assert shown <= layers[name], name
    assert link.tag.removeprefix(custom) == "GeokgEventRolesLink"


@pytest.mark.parametrize("form", [".xmi", ".json"])
def test_another_program_finds_the_same_words(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"article{form}"
    uima.write(small("👩🏽\u200d🚀😀 Hu Shisheng said so."), path)
    if form == ".xmi":
        types = cassis.load_typesystem(path.with_name("TypeSystem.xml"))
        cas = cassis.load_cas_from_xmi(path, types)
    else:
        cas = cassis.load_cas_from_json(path.read_text(encoding="utf-8"))
    [mention], [event] = (cas.select(f"webanno.custom.Geokg{name}") for name in ("Mention", "Event"))
    document = small("👩🏽\u200d🚀😀 Hu Shisheng said so.")
    assert mention.get_covered_text() == document.mentions[0].text
    assert event.get_covered_text() == document.events[0].trigger.text
    assert [(link.role, link.target) for link in event.roles.elements] == [("Actor", mention)]


def test_what_inception_leaves_of_it_says_the_same(tmp_path: Path) -> None:
    """INCEpTION drops the records; labels, roles, attributes and references stand in the layers."""
    document = small(
        attributes=(Attribute("A1", "Stance", "E1", "asserts"), Attribute("A2", "Metonym", "T1")),
        normalizations=(Normalization("N1", "Reference", "T1", "Wikidata", "Q1", "a remark"),),
    )
    path = tmp_path / "wire" / "article.xmi"
    uima.write(document, path)
    path.write_text(re.sub(r"<custom:Geokg(Attribute|Normalization)[^>]*/>", "", path.read_text()))
    path.write_text(re.sub(r' members="[^"]*"', "", path.read_text()))
    [again] = read(path)
    assert [(one.name, one.target, one.value) for one in again.attributes] == [
        ("Metonym", "T1", None),
        ("Stance", "E1", "asserts"),
    ]
    assert [(one.target, one.resource, one.key) for one in again.normalizations] == [("T1", "Wikidata", "Q1")]
    assert bare(again.mentions) == document.mentions and bare(again.events) == document.events


def test_a_type_system_beside_is_joined(tmp_path: Path) -> None:
    first = small(attributes=(Attribute("A1", "Stance", "E1", "asserts"),))
    second = small(attributes=(Attribute("A1", "Polarity", "E1", "negative"),))
    uima.write(first, tmp_path / "wire" / "article.xmi")
    uima.write(second, tmp_path / "wire" / "other.xmi")
    assert [bare(one) for one in read(tmp_path / "wire" / "article.xmi")] == [bare(first)]
    types = (tmp_path / "wire" / "TypeSystem.xml").read_bytes()
    uima.write(first, tmp_path / "wire" / "article.xmi")
    assert (tmp_path / "wire" / "TypeSystem.xml").read_bytes() == types
    (tmp_path / "wire" / "TypeSystem.xml").write_text("<a/>")
    uima.write(first, tmp_path / "wire" / "article.xmi")
    assert [bare(one) for one in read(tmp_path / "wire" / "article.xmi")] == [bare(first)]
    (tmp_path / "wire" / "TypeSystem.xml").write_text("<a>")
    with pytest.raises(ReadError, match=r"TypeSystem\.xml:1:4: is not XML"):
        uima.write(first, tmp_path / "wire" / "article.xmi")


def test_what_a_json_cas_declares_goes_before_what_stands_beside(tmp_path: Path) -> None:
    document = named(small(), "article.json")
    for form in FORMS:  # each declares an array a little otherwise
        uima.write(document, tmp_path / "wire" / f"article{form}")
    assert [bare(one) for one in read(tmp_path / "wire" / "article.json")] == [bare(document)]
    bare_json = '{"%FEATURE_STRUCTURES": [{"%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaString": "Wang"}, '
    bare_json += '{"%ID": 2, "%TYPE": "webanno.custom.Claim", "@sofa": 1, "begin": 0, "end": 4}]}'
    [again] = read(put(tmp_path, bare_json, CUSTOM, "b.json"))
    assert words(again) == [("Claim", "Wang")] and not again.faults


@pytest.mark.parametrize("form", FORMS)
def test_the_same_document_makes_the_same_bytes(tmp_path: Path, form: str) -> None:
    for name in ("a", "b"):
        uima.write(small(), tmp_path / name / f"article{form}")
    assert (tmp_path / "a" / f"article{form}").read_bytes() == (tmp_path / "b" / f"article{form}").read_bytes()


@pytest.mark.parametrize(
    ("document", "ids", "reason"),
    [
        (small("a\x0cb" + " " * 20), ("the text",), "XML has no character U+000C; write .json"),
        (small(attributes=(Attribute("A1", "x", "T1", "\ufffe"),)), ("A1",), "U+FFFE"),
        (small(mentions=(Mention("T1", "Person", ()),), events=()), ("T1",), "it has no words"),
        (small(mentions=()), ("E1",), "it refers to 'T1', which is no mention and no event"),
        (small(mentions=small().mentions * 2), ("T1",), "its id stands twice"),
    ],
)
def test_what_has_no_room_is_named_and_nothing_is_written(
    tmp_path: Path, document: Document, ids: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(WriteError, match=re.escape(reason)) as caught:
        uima.write(document, tmp_path / "wire" / "article.xmi")
    assert caught.value.ids == ids and not list(tmp_path.iterdir())


def test_json_has_room_for_control_characters(tmp_path: Path) -> None:
    document = named(small("a\x0c\x00b" + " " * 20), "article.json")
    uima.write(document, tmp_path / "wire" / "article.json")
    assert [bare(one) for one in read(tmp_path / "wire" / "article.json")] == [bare(document)]


# Layers of INCEpTION


def type_system(**types: str) -> str:
    """``Name="Supertype feature:range feature:range[]"`` for each type of webanno.custom."""
    parts = []
    for name, written in types.items():
        parent, *features = written.split()
        declared = ""
        for feature in features:
            key, _, kind = feature.partition(":")
            element = f"<elementType>{kind[:-2]}</elementType>" if kind.endswith("[]") else ""
            kind = "uima.cas.FSArray" if kind.endswith("[]") else kind
            declared += (
                f"<featureDescription><name>{key}</name><rangeTypeName>{kind}</rangeTypeName>{element}"
                "</featureDescription>"
            )
        parts.append(
            f"<typeDescription><name>webanno.custom.{name}</name><supertypeName>{parent}</supertypeName>"
            f"<features>{declared}</features></typeDescription>"
        )
    return (
        '<typeSystemDescription xmlns="http://uima.apache.org/resourceSpecifier"><types>'
        + "".join(parts)
        + "</types></typeSystemDescription>"
    )


def xmi(body: str, text: str | None = "Wang met the Taliban.", *, sofa: str = "") -> str:
    """An XMI file with one text, numbered 1; the structures begin in line 2."""
    string = f' sofaString="{text}"' if text is not None else ""
    return (
        '<xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:cas="http:///uima/cas.ecore" '
        'xmlns:tcas="http:///uima/tcas.ecore" xmlns:c="http:///webanno/custom.ecore" '
        'xmlns:ner="http:///de/tudarmstadt/ukp/dkpro/core/api/ner/type.ecore" '
        'xmlns:coref="http:///de/tudarmstadt/ukp/dkpro/core/api/coref/type.ecore" '
        'xmlns:none="http:///uima/noNamespace.ecore" xmi:version="2.0">\n'
        f'{body}\n<cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView"{string}{sofa}/>\n'
        '<cas:View sofa="1" members=""/>\n</xmi:XMI>'
    )


def put(folder: Path, content: str, types: str | None = None, name: str = "a.xmi") -> Path:
    path = folder / "wire" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8", newline="")
    if types is not None:
        (path.parent / "TypeSystem.xml").write_text(types)
    return path


CUSTOM = type_system(
    Claim="uima.tcas.Annotation weight:uima.cas.Double sure:uima.cas.Boolean roles:webanno.custom.ClaimRolesLink[]"
    " topic:uima.cas.String other:uima.tcas.Annotation",
    ClaimRolesLink="uima.cas.TOP role:uima.cas.String target:uima.tcas.Annotation",
    Near="uima.tcas.Annotation Governor:uima.tcas.Annotation Dependent:uima.tcas.Annotation how:uima.cas.String",
)


def test_spans_links_relations_and_knowledge_bases(tmp_path: Path) -> None:
    content = xmi(
        """
<ner:NamedEntity xmi:id="2" sofa="1" begin="0" end="4" value="PER" identifier="http://www.wikidata.org/entity/Q1"/>
<ner:NamedEntity xmi:id="3" sofa="1" begin="9" end="20" value="ORG" identifier="http://example.org/kb#taliban"/>
<c:Claim xmi:id="4" sofa="1" begin="5" end="8" weight="1.5" sure="true" roles="5 6" other="3"
    topic="http://www.wikidata.org/entity/Q2"/>
<c:ClaimRolesLink xmi:id="5" role="who" target="2"/>
<c:ClaimRolesLink xmi:id="6" target="3"/>
<c:Near xmi:id="7" sofa="1" begin="9" end="20" Governor="2" Dependent="4" how="by words"/>
<c:Claim xmi:id="8" sofa="1" begin="5" end="5"/>"""
    )
    [document] = read(put(tmp_path, content, CUSTOM))
    assert document.id == "wire/a"
    assert [(one.id, one.label, one.text) for one in document.mentions] == [
        ("2", "NamedEntity", "Wang"),
        ("3", "NamedEntity", "the Taliban"),
        ("8", "Claim", ""),
    ]
    [event] = document.events
    assert (event.id, event.label, event.trigger.text, event.line) == ("4", "Claim", "met", 6)
    assert event.arguments == (Argument("who", "2"), Argument("roles", "3"))
    assert [
        (one.id, one.label, *(f"{end.role}:{end.target}" for end in one.arguments)) for one in document.relations
    ] == [
        ("4.other", "other", "Arg1:4", "Arg2:3"),
        ("7", "Near", "Governor:2", "Dependent:4"),
    ]
    assert [(one.name, one.target, one.value) for one in document.attributes] == [
        ("value", "2", "PER"),
        ("value", "3", "ORG"),
        ("weight", "4", "1.5"),
        ("sure", "4", "true"),
        ("how", "7", "by words"),
    ]
    assert [(one.target, one.resource, one.key) for one in document.normalizations] == [
        ("2", "Wikidata", "Q1"),
        ("3", "http://example.org/kb#", "taliban"),
        ("4", "Wikidata", "Q2"),
    ]
    assert [fault.message for fault in document.faults] == [
        "no type system declares NamedEntity: taken as DKPro Core has them"
    ]


def test_chains(tmp_path: Path) -> None:
    content = xmi(
        """
<coref:CoreferenceLink xmi:id="2" sofa="1" begin="0" end="4" next="3" referenceType="name" referenceRelation="is"/>
<coref:CoreferenceLink xmi:id="3" sofa="1" begin="9" end="12" next="4"/>
<coref:CoreferenceLink xmi:id="4" sofa="1" begin="13" end="20" referenceRelation="last"/>
<coref:CoreferenceChain xmi:id="5" first="2"/>
<coref:CoreferenceLink xmi:id="6" sofa="1" begin="0" end="1" next="7"/>
<coref:CoreferenceLink xmi:id="7" sofa="1" begin="1" end="2"/>"""
    )
    [document] = read(put(tmp_path, content))
    assert [(one.kind, one.members) for one in document.equivalences] == [("Coreference", ("2", "3", "4"))]
    assert [(one.label, *(end.target for end in one.arguments)) for one in document.relations] == [
        ("is", "2", "3"),
        ("next", "6", "7"),
    ]
    assert [(one.name, one.target, one.value) for one in document.attributes] == [
        ("referenceType", "2", "name"),
        ("referenceRelation", "4", "last"),
    ]
    loop = content.replace('end="20" referenceRelation="last"', 'end="20" next="2"')
    with pytest.raises(ReadError, match=r"a\.xmi:3: the chain CoreferenceChain 5 comes back to CoreferenceLink 2"):
        read(put(tmp_path, loop))
    [kept] = read(put(tmp_path, loop), lenient=True)
    assert kept.equivalences == document.equivalences


def test_types_that_nobody_declares(tmp_path: Path) -> None:
    content = xmi(
        """<c:Claim xmi:id="2" sofa="1" begin="0" end="4" topic="war" other="3"/>
<c:Claim xmi:id="3" sofa="1" begin="5" end="8" other=""/>
<none:Thing xmi:id="4" name="x"/>"""
    )
    [document] = read(put(tmp_path, content))
    assert words(document) == [("Claim", "Wang"), ("Claim", "met")]
    assert [(one.target, one.name, one.value) for one in document.attributes] == [
        ("2", "topic", "war"),
        ("3", "other", ""),
    ]
    assert [(fault.line, fault.message) for fault in document.faults] == [
        (4, "what Thing may refer to: the type is not known; put TypeSystem.xml beside it"),
        (
            2,
            "other of webanno.custom.Claim, which may refer to others: the type is not known; put TypeSystem.xml "
            "beside it",
        ),
        (4, "1 of Thing (4): no words of a text belong to them"),
    ]
    (tmp_path / "TypeSystem.xml").write_text(CUSTOM)  # in the folder above
    [document] = read(tmp_path / "wire" / "a.xmi")
    assert [(one.label, one.arguments[1].target) for one in document.relations] == [("other", "3")]


def test_two_types_of_one_short_name_keep_the_long_one(tmp_path: Path) -> None:
    content = xmi(
        """<c:NamedEntity xmi:id="2" sofa="1" begin="0" end="4"/>
<ner:NamedEntity xmi:id="3" sofa="1" begin="0" end="4"/>"""
    )
    [document] = read(put(tmp_path, content))
    assert [one.label for one in document.mentions] == [
        "webanno.custom.NamedEntity",
        "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity",
    ]


def test_what_is_said_of_the_whole_text_is_a_note(tmp_path: Path) -> None:
    types = type_system(Meta="uima.cas.AnnotationBase author:uima.cas.String other:uima.tcas.Annotation")
    content = xmi(
        """<tcas:DocumentAnnotation xmi:id="2" sofa="1" begin="0" end="20" language="en"/>
<c:Meta xmi:id="3" sofa="1" author="Ann"/>
<c:Meta xmi:id="4" sofa="1" other="2"/>"""
    )
    [document] = read(put(tmp_path, content, types))
    assert [(one.id, one.kind, one.target, one.text) for one in document.notes] == [
        ("2.language", "DocumentAnnotation.language", "", "en"),
        ("3.author", "Meta.author", "", "Ann"),
    ]
    assert [fault.message for fault in document.faults] == [
        "1 of webanno.custom.Meta (4): no words of a text belong to them"
    ]


def test_ids_of_ours_and_numbers_of_the_file_do_not_meet(tmp_path: Path) -> None:
    types = type_system(GeokgMention="uima.tcas.Annotation id:uima.cas.String label:uima.cas.String")
    body = """<c:GeokgMention xmi:id="3" sofa="1" begin="0" end="4" id="2" label="Person"/>
<ner:NamedEntity xmi:id="2" sofa="1" begin="5" end="8" value="x"/>
<c:GeokgMention xmi:id="4" sofa="1" begin="9" end="12"/>"""
    [document] = read(put(tmp_path, xmi(body), types))
    assert [(one.id, one.label, one.text) for one in document.mentions] == [
        ("2", "Person", "Wang"),
        ("cas 2", "NamedEntity", "met"),
        ("4", "GeokgMention", "the"),  # made in INCEpTION, where nobody chose a label
    ]
    assert [one.target for one in document.attributes] == ["cas 2"]
    twice = body.replace('end="12"', 'end="12" id="2"')
    with pytest.raises(ReadError, match=r"a\.xmi:4: GeokgMention 4 is called 2, as GeokgMention 3 is; ids stand once"):
        read(put(tmp_path, xmi(twice), types))


def test_lists_of_lists(tmp_path: Path) -> None:
    types = type_system(
        Holder="uima.tcas.Annotation all:uima.cas.FSArray numbers:uima.cas.IntegerArray chain:uima.cas.FSList"
        " names:uima.cas.StringList"
    )
    content = xmi(
        """<c:Holder xmi:id="2" sofa="1" begin="0" end="4" all="10" numbers="1 2" chain="12">
<names>a b</names><names/></c:Holder>
<c:Holder xmi:id="3" sofa="1" begin="5" end="8"/>
<cas:FSArray xmi:id="10" elements="3 11 0"/>
<cas:FSArray xmi:id="11" elements="10 3"/>
<cas:NonEmptyFSList xmi:id="12" head="2" tail="13"/>
<cas:NonEmptyFSList xmi:id="13" head="3" tail="12"/>"""
    )
    [document] = read(put(tmp_path, content, types))
    assert [(one.label, one.arguments[1].target) for one in document.relations] == [
        ("all", "3"),
        ("all", "3"),
        ("chain", "2"),
        ("chain", "3"),
    ]
    assert [(one.name, one.value) for one in document.attributes] == [
        ("numbers", "1"),
        ("numbers", "2"),
        ("names", "a b"),
        ("names", ""),
    ]
    assert not document.faults


# Texts and views


def test_each_view_is_a_document(tmp_path: Path) -> None:
    content = xmi(
        """<c:Claim xmi:id="2" sofa="1" begin="0" end="4"/>
<c:Claim xmi:id="3" sofa="9" begin="0" end="2" other="2"/>
<cas:Sofa xmi:id="9" sofaNum="2" sofaID="translation" sofaString="😀 ward"/>
<cas:Sofa xmi:id="8" sofaNum="3" sofaID="page" mimeType="text/html" sofaURI="file:/etc/passwd"/>"""
    )
    second, first = read(put(tmp_path, content, CUSTOM))
    assert (first.id, second.id) == ("wire/a", "wire/a/translation")
    assert (words(first), words(second)) == ([("Claim", "Wang")], [("Claim", "😀")])
    assert [(fault.line, fault.message) for fault in second.faults] == [
        (5, "the view page has no text: it is elsewhere, at file:/etc/passwd, and nothing is fetched"),
        (3, "Claim 3 refers in other to Claim 2, which is not words of the same text"),
    ]
    assert not first.faults


@pytest.mark.parametrize(
    ("data", "mime", "text"),
    [
        ("é\r\n".encode(), "text/plain", "é\r\n"),
        ("é".encode("latin-1"), 'text/plain; charset="latin-1"', "é"),
        ("é".encode("latin-1"), "text/plain", None),
        (b"%PDF", "application/pdf", None),
        (b"a", "text/plain; charset=rot13", None),
    ],
)
def test_texts_that_are_bytes(tmp_path: Path, data: bytes, mime: str, text: str | None) -> None:
    content = xmi(
        f'<cas:ByteArray xmi:id="2" elements="{data.hex()}"/>',
        None,
        sofa=f' sofaArray="2" mimeType="{mime.replace(chr(34), "&quot;")}"',
    )
    sofa = {"%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaID": "_InitialView", "@sofaArray": 2, "mimeType": mime}
    array = {"%ID": 2, "%TYPE": "uima.cas.ByteArray", "%ELEMENTS": base64.b64encode(data).decode()}
    for path in (
        put(tmp_path, content),
        put(tmp_path, json.dumps({"%FEATURE_STRUCTURES": [sofa, array]}), name="a.json"),
    ):
        if text is None:
            with pytest.raises(ReadError, match=r"holds no text: it is .*bytes"):
                read(path)
        else:
            [document] = read(path)
            assert document.text == text and not document.faults


def test_annotators_of_a_project_stay_apart(tmp_path: Path) -> None:
    content = xmi('<c:Claim xmi:id="2" sofa="1" begin="0" end="4"/>')
    for name in ("ann", "bob"):
        path = tmp_path / "wire" / "article.txt" / f"{name}.zip"
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w") as package:
            package.writestr(f"{name}.xmi", content)
            package.writestr("TypeSystem.xml", CUSTOM)
    first, second = geokg.readers.documents(tmp_path / "wire")
    assert [(one.id, one.annotator, one.source.id) for one in (first, second)] == [
        ("wire/article/ann", "ann", "wire"),
        ("wire/article/bob", "bob", "wire"),
    ]
    assert not first.faults
    for name in ("ann", "bob"):  # who annotated stands in the file alone
        uima.write(small(annotator=name), tmp_path / name / "wire" / "article.xmi")
    both = list(geokg.readers.documents(tmp_path / "ann", tmp_path / "bob"))
    assert [(one.id, one.annotator) for one in both] == [("wire/article/ann", "ann"), ("wire/article/bob", "bob")]
    with zipfile.ZipFile(tmp_path / "wire" / "both.zip", "w") as package:
        package.writestr("one.xmi", content)
        package.writestr("two.xmi", content)
    assert [one.id for one in read(tmp_path / "wire" / "both.zip")] == ["wire/both/one", "wire/both/two"]


# Broken files


CLAIM = '<c:Claim xmi:id="2" sofa="1"'


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        (f'{CLAIM} begin="0" end="22"/>', 2, "Claim 2 does not fit the text: offset 22 lies outside"),
        (f'\n{CLAIM} begin="0" end="1"/>', 3, "offset 1 (UTF-16 units) falls inside '😀'"),
        (f'{CLAIM} begin="3" end="2"/>', 2, "the wrong way round"),
        (f'{CLAIM} begin="-1" end="2"/>', 2, "Claim 2 has no begin and end that are numbers"),
        (f'{CLAIM} begin="0"/>', 2, "Claim 2 has no begin and end that are numbers"),
        ('<c:Claim xmi:id="2" begin="0" end="2"/>', 2, "Claim 2 has no words: it names no text"),
        ('<c:Claim xmi:id="2" sofa="7" begin="0" end="2"/>', 2, "has no words: the text 7 is not in this file"),
        ('<c:Claim sofa="1" begin="0" end="2"/>', 2, "has no xmi:id that is a number"),
        ('<c:Claim xmi:id="x" sofa="1" begin="0" end="2"/>', 2, "has no xmi:id that is a number"),
        ('<x:Claim xmlns:x="urn:x" xmi:id="2"/>', 2, "names no type of UIMA"),
        (f'{CLAIM} begin="0" end="2" other="9"/>', 2, "Claim 2 refers in other to 9, which is not in this file"),
        (f'{CLAIM} begin="0" end="2" other="x"/>', 2, "other of Claim 2 must refer to others by number, not 'x'"),
        (f'{CLAIM} begin="0" end="2" roles="3"/>\n<c:ClaimRolesLink xmi:id="3" target="0"/>', 3, "has no target"),
        ('<c:Near xmi:id="2" sofa="1" begin="0" end="2" Governor="99"/>', 2, "Near 2 has no Dependent"),
        ('<c:Near xmi:id="2" sofa="1" begin="0" end="2" Governor="99" Dependent="2"/>', 2,
         "Near 2 refers in Dependent to 2, which is not words of the same text"),
        (f'{CLAIM} begin="0" end="2"/>\n{CLAIM} begin="0" end="2"/>', 3, "the id 2 is taken; ids stand once"),
        ('<cas:View sofa="1" members="5"/>', 2, "the view of text 1 has the member 5, which is not in this file"),
        ('<cas:View sofa="4" members=""/>', 2, "a view is over the text 4, which is not in this file"),
        ('<c:GeokgAttribute xmi:id="2" sofa="1" id="A1" name="x"/>', 2, "GeokgAttribute 2 has no target"),
    ],
)  # fmt: skip
def test_what_is_broken_has_a_place(tmp_path: Path, body: str, line: int, message: str) -> None:
    types = CUSTOM.replace(
        "</types>",
        "<typeDescription><name>webanno.custom.GeokgAttribute</name>"
        "<supertypeName>uima.cas.AnnotationBase</supertypeName></typeDescription></types>",
    )
    path = put(tmp_path, xmi(f'{body}\n<c:Claim xmi:id="99" sofa="1" begin="3" end="8"/>', "😀 words and more."), types)
    with pytest.raises(ReadError) as caught:
        read(path)
    assert message in caught.value.message and (caught.value.path, caught.value.line) == (path, line)
    [document] = read(path, lenient=True)
    assert any(message in fault.message and fault.line == line for fault in document.faults)
    assert ("Claim", "words") in words(document)
    assert all(one.text == document.text[one.start : one.end] for one in document.mentions)


def test_json_may_number_structures_before_them(tmp_path: Path) -> None:
    sofa = {"%TYPE": "uima.cas.Sofa", "sofaID": "_InitialView", "sofaString": "Wang"}
    span = {"%TYPE": "uima.tcas.Annotation", "@sofa": 1, "begin": 0, "end": 4, "@same": 2, "@none": None}
    table = {"%FEATURE_STRUCTURES": {"2": span, "1": sofa}, "%VIEWS": {"_InitialView": {"%SOFA": 1, "%MEMBERS": [2]}}}
    [document] = read(put(tmp_path, json.dumps(table), name="a.json"))
    assert words(document) == [("Annotation", "Wang")] and [one.label for one in document.relations] == ["same"]
    table["%VIEWS"]["_InitialView"]["%MEMBERS"] = [2, 3]
    with pytest.raises(ReadError, match=r"a\.json: the view _InitialView has the member 3, which is not in this file"):
        read(put(tmp_path, json.dumps(table), name="a.json"))


def test_offsets_that_count_something_else_are_told(tmp_path: Path) -> None:
    content = xmi('<c:Claim xmi:id="2" sofa="1" begin="1" end="2"/>', "😀 words")
    with pytest.raises(
        ReadError, match=r"falls inside '😀'.*; all offsets of this \w+ fit when they count Unicode code"
    ):
        read(put(tmp_path, content))


@given(
    content=st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    places=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=4),
)
@settings(max_examples=40, deadline=None)
def test_words_are_the_right_ones_or_none(
    tmp_path_factory: pytest.TempPathFactory, content: str, places: list[tuple[int, int]]
) -> None:
    stored: list[Any] = [{"%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaID": "_InitialView", "sofaString": content}]
    for number, (begin, end) in enumerate(places, start=2):
        stored.append({"%ID": number, "%TYPE": "uima.tcas.Annotation", "@sofa": 1, "begin": begin, "end": end})
    path = put(tmp_path_factory.mktemp("cas"), json.dumps({"%FEATURE_STRUCTURES": stored}), name="a.json")
    units = content.encode("utf-16-le")
    expected = {}
    for number, (begin, end) in enumerate(places, start=2):
        if begin <= end <= len(units) // 2:
            try:
                units[: 2 * begin].decode("utf-16-le")
                expected[str(number)] = units[2 * begin : 2 * end].decode("utf-16-le")
            except UnicodeDecodeError:
                continue
    [document] = read(path, lenient=True)
    assert {one.id: one.text for one in document.mentions} == expected
    assert len(document.faults) == len(places) - len(expected)


ONE = '{"%ID": 2, "%TYPE": "uima.tcas.Annotation", '


@pytest.mark.parametrize(
    ("structures", "line", "message"),
    [
        (ONE + '"@sofa": 1, "begin": 0, "end": 1}', 3, "falls inside '😀'"),
        (ONE + '"@sofa": 1, "begin": 0, "end": true}', 3, "no begin and end"),
        (ONE + '"@sofa": 1, "begin": 0, "end": 1e1}', 3, "no begin and end"),
        (ONE + '"@sofa": 5, "begin": 0, "end": 2}', 3, "the text 5 is not in this file"),
        (ONE + '"@x": "y", "@sofa": 1, "begin": 0, "end": 2}', 3, "x of Annotation 2 must refer"),
        (ONE + '"@x": 7, "@sofa": 1, "begin": 0, "end": 2}', 3, "refers in x to 7"),
        ('{"%TYPE": "uima.tcas.Annotation"}', None, "structure 2 of %FEATURE_STRUCTURES has no %ID"),
        ('{"%ID": 2}', None, "structure 2 of %FEATURE_STRUCTURES has no %TYPE"),
        ("7", None, "structure 2 of %FEATURE_STRUCTURES has no %ID"),
        ('{"%ID": 9, "%TYPE": "uima.tcas.Annotation", "@sofa": 1, "begin": 3, "end": 4}', 4, "the id 9 is taken"),
    ],
)  # fmt: skip
def test_what_is_broken_in_json_has_a_place(tmp_path: Path, structures: str, line: int | None, message: str) -> None:
    sofa = '{"%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaID": "_InitialView", "sofaString": "😀 words"}'
    good = '{"%ID": 9, "%TYPE": "uima.tcas.Annotation", "@sofa": 1, "begin": 3, "end": 8}'
    content = f'{{"%FEATURE_STRUCTURES": [\n{sofa},\n{structures},\n{good}]}}'
    path = put(tmp_path, content, name="a.json")
    with pytest.raises(ReadError) as caught:
        read(path)
    assert message in caught.value.message and (caught.value.path, caught.value.line) == (path, line)
    [document] = read(path, lenient=True)
    assert any(message in fault.message for fault in document.faults)
    assert document.mentions[-1].text == ("w" if "taken" in message else "words")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xmi", "<a", r"a\.xmi:1:3: is not XML"),
        ("a.xmi", "<a/>", r"a\.xmi:1: is not XMI: it begins with <a>"),
        ("a.xmi", xmi("<c:X xmi:id='2' v='&#1;'/>").replace("<xmi:XMI", '<?xml version="1.1"?><xmi:XMI', 1),
         r"a\.xmi:2:\d+: is not XML: .*; XML 1\.1 is not read: export XML 1\.0 or JSON"),
        ("a.xmi", xmi("<c:Claim xmi:id='2'/>", None), r"a\.xmi: holds no text"),
        ("a.json", '{\n"%TYPES": {', r"a\.json:2:\d+: is not JSON"),
        ("a.json", "[]", r"a\.json: is not a JSON CAS"),
        ("a.json", '{"%TYPES": []}', r"%TYPES and %VIEWS must be objects"),
        ("a.json", '{"%TYPES": {"a.B": {}}}', r"a\.json: does not declare types as UIMA has them"),
        ("a.json", '{"%TYPES": {"a.B": {"%SUPER_TYPE": "a.C"}}}', r"does not declare types as UIMA has them: .*a\.C"),
        ("a.json", '{"%TYPES": {"a.B": {"%SUPER_TYPE": "a.B"}}}', r"does not declare types as UIMA has them"),
        ("a.json", '{"%FEATURE_STRUCTURES": 7}', r"%FEATURE_STRUCTURES must be a list or an object"),
        ("a.json", '{"%FEATURE_STRUCTURES": [{"%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaString": 7}]}',
         "the text 1 is no string"),
        ("a.json", '{"%FEATURE_STRUCTURES": [{"%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaString": "\\ud83d"}]}',
         r"a\.json:1: .*half of a surrogate pair"),
        ("a.json", '{"%FEATURE_STRUCTURES": [{"%ID": 2, "%TYPE": "uima.cas.ByteArray", "%ELEMENTS": "!"},\n'
         '{"%ID": 1, "%TYPE": "uima.cas.Sofa", "@sofaArray": 2, "mimeType": "text"}]}',
         r"a\.json:1: the bytes of the text 1 are not Base64"),
        ("a.xmi", xmi('<cas:ByteArray xmi:id="2" elements="no"/>', None, sofa=' sofaArray="2" mimeType="text"'),
         r"a\.xmi:2: the bytes of the text 1 are not hexadecimal"),
        ("a.json", '{"a":' * 100_000, r"is not JSON that can be read"),
        ("a.zip", "PK\x03\x04", r"a\.zip: is not a zip that can be read"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("lenient", [False, True])
def test_files_that_are_something_else(tmp_path: Path, name: str, content: str, message: str, lenient: bool) -> None:
    with pytest.raises(ReadError, match=message):
        read(put(tmp_path, content, name=name), lenient=lenient)


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ("<a", r"TypeSystem\.xml:1:3: is not XML"),
        (CUSTOM.replace("uima.cas.TOP", "no.such.Type"), "no.such.Type is used, but not declared"),
        (CUSTOM.replace("uima.cas.Double", "no.such.Type"), "no.such.Type is used, but not declared"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd">' + CUSTOM, r"TypeSystem\.xml:1: has a document type"),
    ],
)
def test_a_type_system_that_is_none_is_named(tmp_path: Path, types: str, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        read(put(tmp_path, xmi('<c:Claim xmi:id="2" sofa="1" begin="0" end="4"/>'), types))


# What could harm


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_neither_fetched_nor_expanded(tmp_path: Path, encoding: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    for declared, used in (
        (f'<!ENTITY l0 SYSTEM "{secret.as_uri()}">', "&l0;"),
        (f'<!ENTITY l0 "ha">{laughs}', "&l11;"),
        (f'<!ENTITY % p SYSTEM "{secret.as_uri()}"> %p;', ""),
        ('<!ENTITY l0 "ha">', "&l0;"),
    ):
        head = f"<?xml version='1.0' encoding='{encoding}'?><!DOCTYPE x [{declared}]>"
        path = put(tmp_path, "")
        path.write_bytes((head + xmi(f"<c:A xmi:id='2'><b>{used}</b></c:A>", f"a {used} b")).encode(encoding))
        with pytest.raises(ReadError) as caught:
            read(path)
        assert "secret" not in str(caught.value).replace(str(secret), "")
        assert "document type" in caught.value.message or "is not XML" in caught.value.message


def test_zips_that_hold_more_than_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uima, "MOST", 1_000_000)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("a.xmi", xmi("").replace("_InitialView", "x" * 2_000_000))
    assert path.stat().st_size < 10_000
    with pytest.raises(ReadError, match=r"bomb\.zip: unpacked it is more than 1000000 bytes"):
        read(path)
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("a.txt", "a")
    with pytest.raises(ReadError, match=r"bomb\.zip: holds no \.xmi and no \.json"):
        read(path)


def test_without_cassis_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cassis", None)
    for path in (put(tmp_path, xmi("")), put(tmp_path, '{"%TYPES": {}}', name="a.json")):
        with pytest.raises(ReadError, match=r"needs dkpro-cassis and lxml: pip install 'geokg\[formats\]'"):
            read(path)
    with pytest.raises(ReadError, match=r"geokg\[formats\]"):
        uima.write(small(), tmp_path / "b.xmi")
    assert not (tmp_path / "b.xmi").exists()


# The corpus

FOUND = {
    # text, mentions, events, relations, attributes, notes, told
    "json/casExtendingDocumentAnnotation/data.json": (16, 0, 0, 0, 0, 2, 0),
    "json/casWithBadSofaFsOrder/data-ref.json": (16, 1, 0, 0, 0, 0, 0),
    "json/casWithBadSofaFsOrder/data.json": (16, 1, 0, 0, 0, 0, 0),
    "json/casWithEmojiUnicodeTextAndAnnotations/data.json": (32, 9, 0, 0, 0, 1, 0),
    "json/casWithEmojiUnicodeTextAndAnnotations/debug.xmi": (32, 9, 0, 0, 0, 1, 0),
    "json/casWithLeftToRightTextAndAnnotations/data.json": (10, 2, 0, 0, 0, 1, 0),
    "json/casWithLeftToRightTextAndAnnotations/debug.xmi": (10, 2, 0, 0, 0, 1, 0),
    "json/casWithSofaDataArray/data.json": (14, 0, 0, 0, 0, 0, 0),
    "json/casWithSofaDataArray/debug.xmi": (14, 0, 0, 0, 0, 0, 0),
    "json/casWithText/data.json": (15, 0, 0, 0, 0, 1, 0),
    "json/casWithText/debug.xmi": (15, 0, 0, 0, 0, 1, 0),
    "json/casWithTextAndAnnotations/data.json": (14, 4, 0, 0, 0, 1, 0),
    "json/casWithTraditionalChineseTextAndAnnotations/data.json": (6, 4, 0, 0, 0, 1, 0),
    "json/casWithTraditionalChineseTextAndAnnotations/debug.xmi": (6, 4, 0, 0, 0, 1, 0),
    "json/tsv3-testSimpleSlotFeature/data-ref.json": (16, 8, 1, 0, 5, 2, 0),
    "json/tsv3-testSimpleSlotFeature/data.json": (16, 8, 1, 0, 5, 2, 0),
    "json/tsv3-testSimpleSlotFeature/debug.xmi": (16, 8, 1, 0, 5, 2, 0),
    "xmi/cas_has_fs_with_no_namespace.xmi": (9, 1, 0, 0, 0, 1, 1),
    "xmi/cas_with_collections.xmi": (47, 3, 0, 0, 15, 1, 12),
    "xmi/cas_with_empty_array_reference.xmi": (22, 10, 0, 0, 12, 7, 1),
    "xmi/cas_with_floating_point_special_values.xmi": (22, 0, 0, 0, 0, 0, 4),
    "xmi/cas_with_inheritance.xmi": (12, 5, 0, 0, 3, 1, 5),
    "xmi/cas_with_multiple_references_allowed_string_array.xmi": (47, 1, 0, 0, 0, 1, 2),
    "xmi/cas_with_nonindexed_fs.xmi": (4, 1, 0, 0, 0, 0, 2),
    "xmi/cas_with_references.xmi": (29, 10, 1, 1, 1, 1, 1),
    "xmi/cas_with_reserved_names.xmi": (47, 1, 0, 0, 0, 1, 1),
    "xmi/cas_with_smileys.xmi": (836, 160, 0, 0, 17, 7, 1),
    "xmi/cas_with_two_sofas.xmi": (47, 0, 0, 0, 0, 1, 0),
    "xmi/empty_cas.xmi": (47, 0, 0, 0, 0, 1, 0),
    "xmi/lenient_cas.xmi": (47, 14, 0, 0, 11, 1, 3),
    "xmi/small_cas.xmi": (47, 13, 0, 0, 11, 1, 2),
}
NO_TEXT = "Annotation 2 has no words: the view _InitialView has no text"
REFUSED = {
    "json/casWithSofaDataURI/data.json": (3, "holds no text: it is elsewhere, at classpath:"),
    "json/casWithSofaDataURI/debug.xmi": (3, "holds no text: it is elsewhere, at classpath:"),
    "json/casWithTextAndAnnotations/debug.xmi": (3, NO_TEXT),
    "json/casWithoutTextButWithAnnotations/data.json": (8, NO_TEXT),
    "json/casWithoutTextButWithAnnotations/debug.xmi": (3, NO_TEXT),
    "json/child_type_before_parent.json": (27, "ChildType 2 has no begin and end that are numbers"),
    "json/emptyCas/data.json": (None, "holds no text"),
    "json/emptyCas/debug.xmi": (None, "holds no text"),
    "xmi/cas_with_array_features.xmi": (19, NO_TEXT),
    "xmi/cas_with_list_features.xmi": (18, NO_TEXT),
}  # fmt: skip
TYPES = {
    "cas_has_fs_with_no_namespace": ("typesystem_has_types_with_no_namespace", (9, 1, 0, 0, 0, 1, 0)),
    "cas_with_collections": ("typesystem_with_collections", (47, 3, 0, 1, 28, 1, 13)),
    "cas_with_floating_point_special_values": ("typesystem_with_floating_points", (22, 0, 0, 0, 0, 0, 3)),
    "cas_with_inheritance": ("typesystem_with_inheritance", (12, 5, 0, 0, 3, 1, 0)),
    "cas_with_multiple_references_allowed_string_array": (
        "typesystem_with_multiple_references_allowed",
        (47, 1, 0, 0, 3, 1, 0),
    ),
    "cas_with_reserved_names": ("typesystem_with_reserved_names", (47, 1, 0, 0, 1, 1, 1)),
    "lenient_cas": ("small_typesystem", (47, 14, 0, 0, 24, 1, 1)),
    "small_cas": ("small_typesystem", (47, 13, 0, 0, 24, 1, 0)),
}


@pytest.fixture(scope="module")
def corpus(shared: Path) -> Path:
    folder = shared / "corpora" / "uima-cas-fixtures"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here")
    return folder


def figures(document: Document) -> tuple[int, ...]:
    parts = (
        document.mentions,
        document.events,
        document.relations,
        document.attributes,
        document.notes,
        document.faults,
    )
    return (len(document.text), *map(len, parts))


def plain(path: Path) -> Iterator[tuple[str, str, str]]:
    """View, type and words of every span, by nothing but a parser of XML or JSON, and UTF-16."""
    texts: dict[str, tuple[str, bytes]] = {}
    spans: list[tuple[str, str, int, int]] = []
    if path.suffix == ".json":
        for one in json.loads(path.read_text(encoding="utf-8")).get("%FEATURE_STRUCTURES", ()):
            if one["%TYPE"] == "uima.cas.Sofa":
                texts[str(one["%ID"])] = one["sofaID"], one.get("sofaString", "").encode("utf-16-le")
            elif "begin" in one:
                spans.append((str(one["@sofa"]), one["%TYPE"], one["begin"], one["end"]))
    else:
        for element in ET.parse(path).getroot():
            if element.tag.endswith("}Sofa"):
                number = element.get("{http://www.omg.org/XMI}id")
                texts[number] = element.get("sofaID"), element.get("sofaString", "").encode("utf-16-le")
            elif element.get("begin") is not None:
                spans.append((element.get("sofa"), element.tag, int(element.get("begin")), int(element.get("end"))))
    for sofa, kind, begin, end in spans:
        name = re.split(r"[.}]", kind)[-1]
        if name not in ("DocumentAnnotation", "DocumentMetaData"):
            yield texts[sofa][0], name, texts[sofa][1][2 * begin : 2 * end].decode("utf-16-le")


def test_every_file_of_the_corpus_is_in_a_table(corpus: Path) -> None:
    files = {str(path.relative_to(corpus)) for path in corpus.rglob("*") if path.suffix in (".json", ".xmi")}
    assert files == FOUND.keys() | REFUSED.keys()
    for path in corpus.rglob("*.xml"):  # type systems: read, but no texts
        assert not uima.recognizes(path.read_text(encoding="utf-8"))
        declared = re.findall(r"<typeDescription>\s*<name>([^<]+)</name>", path.read_text(encoding="utf-8"))
        types = Types(path, beside={path: path.read_bytes()})
        for name in declared:
            types.kind(name, 0, looks_like_words=False)
        cas = Cas(path, Faults())
        types.tell(cas)
        assert declared and not cas.faults.found, "each type is declared there"


@pytest.mark.parametrize("name", FOUND)
def test_a_file_of_the_corpus_is_read(corpus: Path, name: str) -> None:
    documents = read(corpus / name)
    assert figures(documents[0]) == FOUND[name]
    assert sorted(plain(corpus / name)) == sorted(
        ("_InitialView" if len(document.id.split("/")) < 3 else document.id.split("/")[2], *pair)
        for document in documents
        for pair in words(document)
    )


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_of_the_corpus_is_refused(corpus: Path, name: str) -> None:
    with pytest.raises(ReadError) as caught:
        read(corpus / name)
    line, message = REFUSED[name]
    assert (caught.value.path, caught.value.line) == (corpus / name, line)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize("name", TYPES)
def test_a_file_of_the_corpus_with_its_type_system(corpus: Path, tmp_path: Path, name: str) -> None:
    types, expected = TYPES[name]
    (tmp_path / "wire").mkdir()
    shutil.copyfile(corpus / "xmi" / f"{name}.xmi", tmp_path / "wire" / f"{name}.xmi")
    shutil.copyfile(corpus / "typesystems" / f"{types}.xml", tmp_path / "wire" / "TypeSystem.xml")
    [document] = read(tmp_path / "wire" / f"{name}.xmi")
    assert figures(document) == expected


def test_the_xmi_says_what_the_json_says(corpus: Path) -> None:
    for name in ("casWithEmojiUnicodeTextAndAnnotations", "tsv3-testSimpleSlotFeature"):
        [first] = read(corpus / "json" / name / "data.json")
        [second] = read(corpus / "json" / name / "debug.xmi")
        assert words(first) == words(second)
        assert [one.role for event in first.events for one in event.arguments] == [
            one.role for event in second.events for one in event.arguments
        ]


def test_what_the_corpus_is_said_to_hold(corpus: Path) -> None:
    [document] = read(corpus / "json" / "casWithEmojiUnicodeTextAndAnnotations" / "data.json")
    assert document.mentions[0].text == "🥳" and (document.mentions[0].start, document.mentions[0].end) == (0, 1)
    [document] = read(corpus / "xmi" / "cas_with_smileys.xmi")
    assert (len(document.text), len(document.text.encode("utf-16-le")) // 2) == (836, 839)
    first, second = read(corpus / "xmi" / "cas_with_two_sofas.xmi")
    assert (first.id, second.id) == ("xmi/cas_with_two_sofas", "xmi/cas_with_two_sofas/_SecondView")
    [document] = read(corpus / "json" / "tsv3-testSimpleSlotFeature" / "data.json")
    [event] = document.events
    assert (event.label, event.trigger.text) == ("SimpleLinkHost", "This")
    assert [(one.role, document.get(one.target).text) for one in event.arguments] == [("p1", "is"), ("p2", "a")]


@pytest.mark.parametrize("name", ["casWithBadSofaFsOrder", "tsv3-testSimpleSlotFeature"])
def test_written_it_holds_what_the_reference_holds(corpus: Path, tmp_path: Path, name: str) -> None:
    """Our layers have names of their own; labels, offsets in UTF-16 and links are those of ``data-ref.json``."""
    folder = corpus / "json" / name
    [document] = read(folder / "data.json")
    path = tmp_path / name / "data.json"
    uima.write(document, path)
    assert [bare(one) for one in read(path)] == [bare(document)]

    def held(place: Path, *, ours: bool) -> tuple[list[Any], list[Any], str]:
        stored = {one["%ID"]: one for one in json.loads(place.read_text())["%FEATURE_STRUCTURES"]}
        spans, links, text = [], [], ""
        for one in stored.values():
            kind = one["%TYPE"].rpartition(".")[2]
            if kind == "Sofa":
                text = one["sofaString"]
            elif "begin" in one and kind != "DocumentMetaData":
                spans.append((one["label"] if ours else kind, one["begin"], one["end"]))
            if "role" in one:
                links.append((one["role"], stored[one["@target"]]["begin"]))
        return sorted(spans), sorted(links), text

    assert held(path, ours=True) == held(folder / "data-ref.json", ours=False)


def test_records_about_what_is_left_out_are_left_out(tmp_path: Path) -> None:
    text = Text("wire/a", "Hu met Li.", "a.xmi")
    document = Document(
        text,
        (Mention("T1", "Person", (text.span(0, 2),)), Mention("T2", "Person", (text.span(7, 9), text.span(4, 6)))),
        attributes=(Attribute("A1", "sure", "T1", "yes"), Attribute("A2", "sure", "T2", "yes")),
        normalizations=(Normalization("N1", "Reference", "T1", "Wikidata", "Q1", "Hu"),),
        notes=(Note("#2", "AnnotatorNotes", "#1", "no"), Note("#1", "AnnotatorNotes", "T1", "sure?")),
        equivalences=(Equivalence("Equiv", ("T1", "T2")),),
        source=Source(id="wire"),
    )
    path = tmp_path / "wire" / "a.xmi"
    uima.write(document, path)
    assert [one.text for one in read(path)[0].mentions] == ["Hu", "et Li"]  # parts come in the order of the text
    path.write_text(path.read_text().replace('begin="0" end="2" id="T1"', 'id="T1"'))
    with pytest.raises(ReadError, match="has no begin and end"):
        read(path)
    [again] = read(path, lenient=True)
    assert [one.id for one in (*again.mentions, *again.attributes)] == ["T2", "A2"]
    assert not (again.normalizations or again.notes or again.equivalences)
    assert [re.sub(".*: ", "", str(fault)) for fault in again.faults if "left out" in str(fault)] == [
        "A1 is said of T1, which is not there or left out",
        "N1 is said of T1, which is not there or left out",
        "#1 is said of T1, which is not there or left out",
        "#2 is said of #1, which is not there or left out",
        "the Equiv of 2 has T1, which is not there or left out",
    ]


def test_a_feature_without_a_range_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "wire" / "a.xmi"
    text = Text("wire/a", "Hu.", "a.xmi")
    uima.write(Document(text, (Mention("T1", "Person", (text.span(0, 2),)),), source=Source(id="wire")), path)
    types = path.with_name("TypeSystem.xml")
    content = types.read_text()
    broken = "<name>label</name><rangeTypeName/>"
    types.write_text(
        re.sub("<name>label</name>.*?<rangeTypeName>[^<]*</rangeTypeName>", broken, content, flags=re.DOTALL)
    )
    assert broken in types.read_text()
    [again] = read(path)
    assert [one.text for one in again.mentions] == ["Hu"]
