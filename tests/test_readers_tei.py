"""TEI: the characters of a text as they are in the XML, its names and its speech, and what its header says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import geokg
from geokg.errors import ReadError
from geokg.mapping import Mapper
from geokg.readers import documents, tei
from geokg.readers.given import AnnotationFile
from geokg.text import Document

HEADER = """<teiHeader><fileDesc><titleStmt><title>A <hi>visit</hi></title><author>Ann Lee</author></titleStmt>
<publicationStmt><publisher>The Daily</publisher><date when="2021-08-20T10:00:00">Friday</date>
<availability><licence target="https://example.org/licence">free</licence></availability></publicationStmt>
<sourceDesc><p>Born digital.</p></sourceDesc></fileDesc></teiHeader>"""
LISTS = """<standOff><listPerson>
<person xml:id="hu"><persName><surname>Hu</surname> <forename>Shisheng</forename></persName>
<idno type="Wikidata">Q1</idno></person>
<person xml:id="zhao" sameAs="https://www.wikidata.org/wiki/Q2"><persName>Zhao Lijian</persName></person>
</listPerson><listOrg><org xml:id="un"><orgName>United Nations</orgName></org></listOrg></standOff>"""


def text(body: str, *, lists: str = "", header: str = HEADER, attributes: str = "") -> str:
    return f'<TEI xmlns="{tei.NAMESPACE}" {attributes}>{header}{lists}<text><body>{body}</body></text></TEI>'


def corpus(*parts: str) -> str:
    return f'<teiCorpus xmlns="{tei.NAMESPACE}">{"".join(parts)}</teiCorpus>'


def written(tmp_path: Path, xml: str | bytes, name: str = "a.xml") -> Path:
    path = tmp_path / "wire" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(xml if isinstance(xml, bytes) else xml.encode())
    return path


def one(tmp_path: Path, body: str, **parts: str) -> Document:
    (document,) = documents(written(tmp_path, text(body, **parts)))
    return document


def chains(path: Path) -> list[tuple[str, str]]:
    kg, mapper = geokg.KnowledgeGraph.empty(), Mapper("tei")
    for document in documents(path):
        ours, usage = mapper(document)
        kg.add(ours)
        assert usage.totals["unknown"] == 0
    return [
        (" > ".join(str(speaker) for speaker in reversed(claim.chain[:-1])), claim.evidence[0].exact)
        for claim in kg.claims()
        if claim.content.kind == "Situation"
    ]


# The text


def test_the_text_is_what_stands_in_the_xml(tmp_path: Path) -> None:
    body = "\n <p>A &amp; B<!-- not this -->,\u00a0<?nor this?>C&#x1F600;</p>\r\n<![CDATA[<D>]]> <note>n</note>"
    assert one(tmp_path, body).text == "\n A & B,\u00a0C😀\n<D> n"


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.sampled_from("\n\t"), max_size=20)


@st.composite
def _element(draw: st.DrawFn) -> etree._Element:
    name = draw(st.sampled_from(["p", "said", "q", "persName", "rs", "hi"]))
    element = etree.Element(f"{{{tei.NAMESPACE}}}{name}")
    element.text = draw(TEXTS)
    for _ in range(draw(st.integers(0, 3))):
        child = draw(_element() | st.just(None) if draw(st.booleans()) else st.just(None))
        child = etree.Comment(" c ") if child is None else child
        child.tail = draw(TEXTS)
        element.append(child)
    return element


@settings(max_examples=60, deadline=None)
@given(_element())
def test_every_span_is_the_words_of_its_element(tmp_path_factory: pytest.TempPathFactory, body: etree._Element) -> None:
    root = etree.Element(f"{{{tei.NAMESPACE}}}TEI")
    etree.SubElement(root, f"{{{tei.NAMESPACE}}}text").append(body)
    path = written(tmp_path_factory.mktemp("tei"), etree.tostring(root, encoding="utf-8"))
    (document,) = documents(path)
    assert document.text == str(body.xpath("string()"))
    names = [
        words
        for element in body.iter(f"{{{tei.NAMESPACE}}}persName", f"{{{tei.NAMESPACE}}}rs")
        if (words := str(element.xpath("string()")).strip())
    ]
    assert [mention.text for mention in document.mentions if mention.label in ("persName", "rs")] == names
    for mention in document.mentions:
        for span in mention.spans:
            assert document.text[span.start : span.end] == span.exact


@pytest.mark.parametrize(
    ("xml", "told"),
    [
        ("<TEI", "is not XML: "),
        (text("<p>\n&nobody;</p>"), "Entity 'nobody' not defined"),
        (
            '<!DOCTYPE TEI [<!ENTITY a "b">]>' + text("<p>&a;</p>"),
            "declares the entity 'a', and entities are not expanded",
        ),
        ('<!DOCTYPE TEI [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + text("<p>&a;</p>"), "declares the entity 'a'"),
        ('<!DOCTYPE TEI SYSTEM "no-such.dtd">' + text("<p>\n&a;</p>"), "&a; is no entity of XML's own"),
        (
            text('<ab>\n<seg ana="#A1"><ptr target="catma://D#char=0,2" type="inclusion"/></seg></ab>'),
            ": its text is not in this file, which points to catma://D#char=0,2",
        ),
        (corpus("<TEI/>"), ":1: holds no TEI element with a text"),
        (
            corpus(text("a", attributes='n="1"'), text("b"), text("c", attributes='n="2"')),
            "two texts are called '2'",
        ),
    ],
)
def test_what_is_no_tei_is_refused(tmp_path: Path, xml: str, told: str) -> None:
    path = written(tmp_path, xml)
    with pytest.raises(ReadError) as raised:
        list(tei.documents(AnnotationFile(path)))
    assert str(raised.value).startswith(f"{path}:") and told in str(raised.value)


def test_no_bomb_goes_off(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY e{n} "' + 10 * f"&e{n - 1};" + '">' for n in range(1, 12))
    bomb = f'<!DOCTYPE TEI [<!ENTITY e0 "boom">{entities}]>' + text('<p n="&e11;">&e11;</p>')
    with pytest.raises(ReadError):
        list(tei.documents(AnnotationFile(written(tmp_path, bomb))))


def test_without_lxml_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, text("a"))
    monkeypatch.setitem(sys.modules, "lxml", None)
    with pytest.raises(ReadError, match=r"pip install geokg\[formats\]"):
        list(tei.documents(AnnotationFile(path)))


# What is known of it


def test_the_header_tells_the_source(tmp_path: Path) -> None:
    document = one(tmp_path, "a", attributes='xml:lang="en"')
    assert document.id == "wire/a"
    source = document.source
    assert (source.title, source.author, source.publisher) == ("A visit", ("Ann Lee",), "The Daily")
    assert (source.language, source.date, source.licence) == ("en", "2021-08-20", "https://example.org/licence")
    (document.path.parent / "source.toml").write_text('publisher = "Ours"\ndate = "2020"\n')
    (again,) = documents(document.path)
    assert (again.source.publisher, again.source.date, again.source.title) == ("Ours", "2020", "A visit")


def test_what_is_no_date_is_told(tmp_path: Path) -> None:
    document = one(tmp_path, "a", header=HEADER.replace("2021-08-20T10:00:00", "--08-20"))
    assert document.source.date is None
    assert "'--08-20', which is no date" in document.faults[0].message


def test_each_text_of_a_corpus_is_a_document(tmp_path: Path) -> None:
    named = text('<persName ref="#hu">Hu</persName>', attributes='xml:id="first"', header="")
    first, second = documents(written(tmp_path, corpus(HEADER, LISTS, named, text("b", header=""))))
    assert (first.id, second.id) == ("wire/a/first", "wire/a/2")
    assert first.source.title == second.source.title == "A visit"
    assert [one.text or one.key for one in first.normalizations] == ["Hu Shisheng", "Q1"]


# Names


def test_names_are_mentions_and_pointers_say_whose(tmp_path: Path) -> None:
    body = """<p><persName ref="#hu" cert="high"> Hu </persName> met <rs ref="#hu #zhao">both</rs> in
        <placeName key="CHN">China</placeName>, <orgName ref="https://www.wikidata.org/entity/Q1065">UN</orgName>
        and <rs ref="#nobody">one</rs>. <name/></p>"""
    document = one(tmp_path, body, lists=LISTS)
    assert [(mention.label, mention.text) for mention in document.mentions] == [
        ("persName", "Hu"),
        ("rs", "both"),
        ("rs", "both"),
        ("placeName", "China"),
        ("orgName", "UN"),
        ("rs", "one"),
    ]
    assert [(one.target, one.kind, one.resource, one.text or one.key) for one in document.normalizations] == [
        ("T1", "Name", "name", "Hu Shisheng"),
        ("T1", "Reference", "Wikidata", "Q1"),
        ("T2", "Name", "name", "Hu Shisheng"),
        ("T2", "Reference", "Wikidata", "Q1"),
        ("T3", "Name", "name", "Zhao Lijian"),
        ("T3", "Reference", "Wikidata", "Q2"),
        ("T4", "Reference", "key", "CHN"),
        ("T5", "Reference", "Wikidata", "Q1065"),
    ]
    assert [group.members for group in document.equivalences] == [("T1", "T2")]
    assert [(one.name, one.value) for one in document.attributes] == [("cert", "high")]
    assert [fault.message for fault in document.faults] == [
        "#nobody, which is in no list of persons, organizations or places",
        "name without words",
    ]
    lines = document.path.read_text().splitlines()
    assert all(mention.label in lines[mention.line - 1] for mention in document.mentions)


# Speech


def test_speech_in_speech_is_a_chain_of_claims(tmp_path: Path) -> None:
    body = """<p><persName ref="#hu">Hu</persName> told us: <said who="#hu">The movement promised
        <said who="#taliban">no attack</said></said>. <said who="#zhao">So it is.</said>
        <q>so-called</q> <said>Ah.</said></p>"""
    assert chains(written(tmp_path, text(body, lists=LISTS))) == [
        ("Hu Shisheng", "The movement promised\n        no attack"),
        ("Hu Shisheng > #taliban", "no attack"),
        ("Zhao Lijian", "So it is."),
        ("[unnamed]", "Ah."),
    ]


def test_the_speaker_is_the_nearest_mention_outside_what_is_said(tmp_path: Path) -> None:
    body = (
        '<p><rs ref="#hu">The director</rs> came. <said who="#hu" toWhom="#us" direct="true">I, '
        '<persName ref="#hu">Hu</persName>, go</said>, <rs ref="#hu">he</rs> said. '
        '<said who="#hu #zhao Ann">We stay.</said></p>'
    )
    document = one(tmp_path, body, lists=LISTS)
    first, second = document.events
    assert [(one.role, document.get(one.target).text) for one in first.arguments] == [
        ("who", "he"),
        ("toWhom", "I, Hu, go"),
        ("content", "I, Hu, go"),
    ]
    assert [(one.role, one.number) for one in second.arguments] == [
        ("who", None),
        ("who", 2),
        ("who", 3),
        ("content", None),
    ]
    assert {(one.name, one.value) for one in document.attributes_of("E1")} == {("who", "#hu"), ("direct", "true")}
    assert [one.text for one in document.normalizations if one.target == second.arguments[2].target] == ["Ann"]


def test_whoever_speaks_is_called_as_the_file_calls_them(tmp_path: Path) -> None:
    cast = """<teiHeader><fileDesc><titleStmt><title>A play</title></titleStmt></fileDesc></teiHeader>"""
    body = """<list><item xml:id="a"><name>Ann Lee</name></item></list><castItem><role xml:id="b">Bob</role></castItem>
        <u who="#a" toWhom="#b">One.</u> <said who="Carol Day">Two.</said>"""
    assert chains(written(tmp_path, text(body, header=cast))) == [("Ann Lee", "One."), ("Carol Day", "Two.")]


def test_parts_of_one_speech_are_one(tmp_path: Path) -> None:
    body = """<said xml:id="a" next="#b" who="#hu">I go</said>, he said, <said xml:id="b" prev="#a" next="#c">and</said>
        added: <said xml:id="c">stay</said>"""
    document = one(tmp_path, body, lists=LISTS)
    (event,) = document.events
    assert event.trigger.text == "I go and stay"
    assert [speaker for speaker, _ in chains(document.path)] == ["Hu Shisheng"]


def test_somebody_in_the_register_is_found_by_the_name_that_the_list_has(tmp_path: Path) -> None:
    body = '<p><said who="#hu">Yes.</said> <rs type="person" ref="#hu">He</rs> left.</p>'
    path = written(tmp_path, text(body, lists=LISTS.replace('<idno type="Wikidata">Q1</idno>', "")))
    (document,) = documents(path)
    kg = geokg.sample()
    kg.add(Mapper("tei")(document)[0])
    (claim,) = [claim for claim in kg.claims(document="wire/a") if claim.content.kind == "Situation"]
    assert claim.claimant.iri.endswith("/entity/hu-shisheng")
