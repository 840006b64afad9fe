"""NIF: what other tools write, each way to be wrong, and there and back in each format of RDF."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geokg.errors import OffsetMismatch, ReadError, WriteError
from geokg.readers import documents, read
from geokg.readers.nif import recognizes, write
from geokg.text import Attribute, Document, Event, Mention, Normalization, Note, Source, Text
from hostile import bare
from trapped import trapped

HEAD = """\
@prefix nif: <http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#> .
@prefix itsrdf: <http://www.w3.org/2005/11/its/rdf#> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix dbo: <http://dbpedia.org/ontology/> .
@prefix dbr: <http://dbpedia.org/resource/> .
@prefix e: <http://example.org/> .
"""
TEXT = "Hu said the Taliban promised peace."


def context(text: str = TEXT, iri: str = "e:doc", more: str = "") -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'{iri} a nif:Context ; nif:isString "{escaped}" {more} .\n'


def put(folder: Path, content: str, name: str = "article.ttl") -> Path:
    path = folder / "wire" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes((HEAD + content).encode() if path.suffix in (".ttl", ".nif") else content.encode())
    return path


def words(document: Document) -> list[tuple[str, str, int, int]]:
    return [(m.id, m.label, m.start, m.end) for m in document.mentions]


def told(document: Document) -> list[str]:
    return [str(fault).partition(": ")[2] for fault in document.faults]


# What others write


def test_an_answer_of_dbpedia_spotlight(tmp_path: Path) -> None:
    content = """
<http://example.org/text#offset_0_35> a nif:Context, nif:OffsetBasedString ; nif:beginIndex "0" ; nif:endIndex "35" ;
  nif:isString "Hu said the Taliban promised peace." ; nif:sourceUrl <http://example.org/text> .
<http://example.org/text#offset_12_19> a nif:Phrase, nif:OffsetBasedString ; nif:anchorOf "Taliban" ;
  nif:beginIndex "12"^^xsd:nonNegativeInteger ; nif:endIndex "19"^^xsd:nonNegativeInteger ;
  nif:referenceContext <http://example.org/text#offset_0_35> ;
  itsrdf:taIdentRef dbr:Taliban ; itsrdf:taClassRef dbo:Organisation, <http://schema.org/Organization> ;
  itsrdf:taConfidence "0.98"^^xsd:double .
"""
    document = read(put(tmp_path, content))
    name = "http://example.org/text#offset_12_19"
    assert (document.id, document.text, document.faults) == ("wire/article", TEXT, ())
    assert words(document) == [(name, "Organisation", 12, 19)]
    assert document.normalizations == (Normalization(f"{name}-3", "Reference", name, "DBpedia", "Taliban"),)
    assert [(a.name, a.value) for a in document.attributes] == [("Organization", None), ("taConfidence", "0.98")]


def test_words_sentences_and_what_is_said_of_them(tmp_path: Path) -> None:
    content = (
        context()
        + """
e:doc#char=0,35 a nif:Sentence ; nif:referenceContext e:doc ; nif:firstWord <http://example.org/doc#char=0,2> .
<http://example.org/doc#char=0,2> a nif:Word, nif:RFC5147String ; nif:referenceContext e:doc ; nif:posTag "NNP" ;
  nif:sentence <http://example.org/doc#char=0,35> ; nif:nextWord <http://example.org/doc#char=3,7> ;
  nif:oliaLink <http://purl.org/olia/penn.owl#NNP> ; nif:dependency <http://example.org/doc#char=3,7> ;
  e:node [ e:p 1 ] .
<http://example.org/doc#char=3,7> a nif:Word ; nif:anchorOf "said" .
""".replace("e:doc#char=0,35", "<http://example.org/doc#char=0,35>")
    )
    document = read(put(tmp_path, content))
    doc = "http://example.org/doc#"
    assert words(document) == [
        (f"{doc}char=0,35", "Sentence", 0, 35),
        (f"{doc}char=0,2", "Word", 0, 2),
        (f"{doc}char=3,7", "Word", 3, 7),
    ]
    assert [(a.name, a.value) for a in document.attributes] == [
        ("posTag", "NNP"),
        ("oliaLink", "http://purl.org/olia/penn.owl#NNP"),
    ]
    (relation,) = document.relations
    assert (relation.label, [a.target for a in relation.arguments]) == (
        "dependency",
        [f"{doc}char=0,2", f"{doc}char=3,7"],
    )
    assert told(document) == [f"{doc}char=0,2: its node is a node of its own, and is left out"]


def test_a_sentence_that_is_a_word_is_both(tmp_path: Path) -> None:
    content = context("Hu.") + "<http://example.org/doc#char=0,2> a nif:Word, nif:Phrase, nif:Sentence .\n"
    document = read(put(tmp_path, content))
    assert [mention.label for mention in document.mentions] == ["Sentence"]
    assert [(attribute.name, attribute.value) for attribute in document.attributes] == [("Word", None)]


def test_units_are_mentions_of_the_same_words(tmp_path: Path) -> None:
    content = (
        context()
        + """
<http://example.org/doc#offset_0_2> a nif:Phrase ; nif:referenceContext e:doc ; nif:annotationUnit
  [ a nif:AnnotationUnit ; itsrdf:taIdentRef <http://www.wikidata.org/entity/Q1> ; itsrdf:taClassRef dbo:Person ],
  [ a nif:AnnotationUnit ; itsrdf:taIdentRef <http://www.wikidata.org/entity/Q2> ; itsrdf:taConfidence 0.2 ] .
"""
    )
    document = read(put(tmp_path, content))
    name = "http://example.org/doc#offset_0_2-unit"
    assert words(document) == [(f"{name}-1", "Person", 0, 2), (f"{name}-2", "Phrase", 0, 2)]
    assert [(n.target, n.resource, n.key) for n in document.normalizations] == [
        (f"{name}-1", "Wikidata", "Q1"),
        (f"{name}-2", "Wikidata", "Q2"),
    ]


def test_strings_that_are_called_contexts_are_strings(tmp_path: Path) -> None:
    content = context(more="; nif:referenceContext e:doc") + (
        "<http://example.org/doc#char=0,2> a nif:Context, nif:Phrase ; nif:referenceContext e:doc .\n"
        '<http://example.org/doc&nif=word_3_7> a nif:Context ; nif:anchorOf "said"@en ; nif:beginIndex "3"^^xsd:int .\n'
    )
    assert [mention.text for mention in read(put(tmp_path, content)).mentions] == ["Hu", "said"]


def test_classes_of_one_name_keep_their_iris(tmp_path: Path) -> None:
    content = context() + (
        "<http://example.org/doc#char=0,2> itsrdf:taClassRef dbo:Person ; nif:referenceContext e:doc .\n"
        "<http://example.org/doc#char=3,7> itsrdf:taClassRef e:Person ; nif:referenceContext e:doc .\n"
        "<http://example.org/doc#char=8,11> itsrdf:taClassRef e:Thing ; nif:referenceContext e:doc .\n"
    )
    labels = [mention.label for mention in read(put(tmp_path, content)).mentions]
    assert labels == ["http://dbpedia.org/ontology/Person", "http://example.org/Person", "Thing"]


def test_several_contexts_are_documents_of_their_own(tmp_path: Path) -> None:
    content = (
        context("One.", "<http://example.org/a#char=0,4>")
        + context("Two.", "<http://example.org/b#char=0,4>")
        + '<http://example.org/b#char=0,3> a nif:Phrase ; nif:anchorOf "Two" .\n'
        + '<http://example.org/a#char=0,3> a nif:Phrase ; nif:anchorOf "One" .\n'
    )
    first, second = documents(put(tmp_path, content))
    assert (first.id, [m.text for m in first.mentions]) == ("wire/article/a", ["One"])
    assert (second.id, [m.text for m in second.mentions]) == ("wire/article/b", ["Two"])
    numbered = documents(put(tmp_path, context("One.", "<urn:a>") + context("Two.", "<http://example.org/x%20y>")))
    assert [document.id for document in numbered] == ["wire/article/1", "wire/article/2"]


def test_a_text_beside(tmp_path: Path) -> None:
    path = put(tmp_path, "e:doc a nif:Context .\n<http://example.org/doc#char=0,2> a nif:Phrase .\n")
    with pytest.raises(ReadError, match=r"article\.ttl: http://example\.org/doc: has no text \(nif:isString\)"):
        read(path)
    path.with_suffix(".txt").write_text(TEXT)
    assert [mention.text for mention in read(path).mentions] == ["Hu"]


def test_web_annotations_over_a_text_in_nif(tmp_path: Path) -> None:
    content = (
        context()
        + """
e:1 a oa:Annotation ; oa:motivatedBy oa:tagging ; oa:hasBody [ a oa:TextualBody ; rdf:value "Person" ] ; oa:hasTarget
  [ oa:hasSource e:doc ; oa:hasSelector [ a oa:TextPositionSelector ; oa:start 0 ; oa:end 2 ] ] .
e:2 a oa:Annotation ; oa:motivatedBy oa:identifying ; oa:hasTarget e:t ;
  oa:hasBody <http://www.wikidata.org/entity/Q8> .
e:t a oa:SpecificResource ; oa:hasSource <http://example.org/doc#char=8,19> ;
  oa:hasSelector [ a oa:TextQuoteSelector ; oa:exact "Taliban" ] .
e:3 a oa:Annotation ; oa:bodyValue "all of it" ; oa:hasTarget e:doc .
<http://example.org/doc#char=8,19> a nif:Phrase .
"""
    )
    document = read(put(tmp_path, content))
    assert words(document) == [
        ("http://example.org/1", "Person", 0, 2),
        ("http://example.org/2", "identifying", 12, 19),
    ]
    assert [(n.resource, n.key) for n in document.normalizations] == [("Wikidata", "Q8")]
    assert [(n.target, n.text) for n in document.notes] == [("", "all of it")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "article.nt",
            '<urn:d> <NIF#isString> "Hu." .\n<urn:d#char=0,2> <NIF#referenceContext> <urn:d> .\n',
        ),
        (
            "article.jsonld",
            '{"@context": {"nif": "NIF#"}, "@graph": [{"@id": "urn:d", "@type": "nif:Context", "nif:isString": "Hu."},'
            ' {"@id": "urn:d#char=0,2", "nif:referenceContext": {"@id": "urn:d"}}]}',
        ),
        (
            "article.rdf",
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:nif="NIF#">\r\n'
            '<nif:Context rdf:about="urn:d"><nif:isString>Hu.</nif:isString></nif:Context>\r\n'
            '<nif:Phrase rdf:about="urn:d#char=0,2"><nif:referenceContext rdf:resource="urn:d"/></nif:Phrase>'
            "</rdf:RDF>",
        ),
        ("article.nif", "\n" + context("Hu.", "<urn:d>") + "<urn:d#char=0,2> nif:referenceContext <urn:d> .\n"),
    ],
)
def test_each_format_of_rdf(tmp_path: Path, name: str, content: str) -> None:
    nif = "http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core"
    document = read(put(tmp_path, content.replace("NIF#", nif + "#"), name))
    assert [(m.id, m.text) for m in document.mentions] == [("urn:d#char=0,2", "Hu")]
    assert document.id == "wire/article"


def test_line_ends_in_xml_are_line_feeds_unless_they_are_escaped(tmp_path: Path) -> None:
    nif = "http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#"
    content = (
        f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:nif="{nif}">'
        '<nif:Context rdf:about="urn:d"><nif:isString>a\r\nb&#xD;c\rd</nif:isString></nif:Context></rdf:RDF>'
    )
    assert read(put(tmp_path, content, "article.rdf")).text == "a\nb\rc\nd"


def test_offsets_in_utf16_are_taken_as_what_they_are_and_told(tmp_path: Path) -> None:
    content = context("😀 Hu met 😀😀 Hua.", more="; nif:beginIndex 0 ; nif:endIndex 19") + (
        '<http://example.org/doc#char=3,5> nif:anchorOf "Hu" ; nif:referenceContext e:doc .\n'
        "<http://example.org/doc#char=10,14> a nif:Phrase ; nif:referenceContext e:doc .\n"
        '<http://example.org/doc#char=15,18> nif:anchorOf "Hua" ; nif:referenceContext e:doc .\n'
    )
    document = read(put(tmp_path, content))
    assert [mention.text for mention in document.mentions] == ["Hu", "😀😀", "Hua"]
    assert told(document) == ["its quotes fit article.ttl only where offsets count UTF-16 units: they are taken so"]


def test_a_text_that_is_longer_than_it_says_is_told(tmp_path: Path) -> None:
    document = read(put(tmp_path, context("Hu.", "<http://example.org/doc#char=0,2>")))
    assert told(document) == [
        "http://example.org/doc#char=0,2: says that it is the characters 0..2, but its text has 3"
    ]


def test_what_is_said_of_a_whole_text_is_told(tmp_path: Path) -> None:
    document = read(put(tmp_path, context(more="; nif:topic [ itsrdf:taIdentRef e:Peace ] ; nif:predLang e:en")))
    assert told(document) == [
        "http://example.org/doc: its topic is about the whole text, not words of it, and is left out"
    ]


def test_what_is_recognized(tmp_path: Path) -> None:
    nif = "<http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#"
    assert recognizes(f"<urn:a> {nif}isString> 'Hu.' .")
    assert not recognizes("")
    assert not recognizes(f"@prefix nif: {nif}> .")
    put(tmp_path, context())
    (tmp_path / "wire" / "entities.ttl").write_text(HEAD.replace("nif-core", "other"))
    (tmp_path / "wire" / "other.ttl").write_text("@prefix gk: <https://w3id.org/geokg/ontology/> .")
    assert [document.id for document in documents(tmp_path)] == ["wire/article"]


# What is wrong

DOC = "http://example.org/doc#"
STRING = f"<{DOC}char=0,2>"
BROKEN = [
    ("e:a e:b", ":9", "is not Turtle that can be read: "),
    ("e:a e:b e:c .", "", "has no text: a nif:Context with its nif:isString is wanted"),
    ('e:doc nif:isString "Ho." .', "", "http://example.org/doc: has several texts (nif:isString) that differ"),
    (f'{STRING} nif:anchorOf "Ho" .', "", f"{DOC}char=0,2: quotes 'Ho' at 0..2, but 'Hu' stands there"),
    (f'{STRING} nif:anchorOf "Ho", "Hu" .', "", f"{DOC}char=0,2: quotes both 'Ho' and 'Hu'"),
    (
        f"{STRING} nif:beginIndex 0 ; nif:endIndex 3 .",
        "",
        f"{DOC}char=0,2: its properties say 0..3, but its IRI says 0..2",
    ),
    (f"{STRING} nif:beginIndex 0, 1 .", "", f"{DOC}char=0,2: has several values of nif:beginIndex: 0, 1"),
    (f'{STRING} nif:beginIndex "a" .', "", f"{DOC}char=0,2: nif:beginIndex is 'a', no offset"),
    ("e:x nif:referenceContext e:doc .", "", "http://example.org/x: has neither offsets nor words (nif:anchorOf)"),
    (
        f"{STRING} nif:referenceContext e:other .",
        "",
        f"{DOC}char=0,2: its context, http://example.org/other, has no text in this file",
    ),
    (
        f"{STRING} nif:referenceContext e:other, e:doc .",
        "",
        f"{DOC}char=0,2: is in several contexts, http://example.org/other and http://example.org/doc",
    ),
    (
        context("A.", "e:doc2") + "<urn:x#char=0,2> a nif:Phrase .",
        "",
        "urn:x#char=0,2: does not say in which context it is (nif:referenceContext)",
    ),
    (f"<{DOC}char=0,99> a nif:Phrase .", "", f"{DOC}char=0,99: offset 99 lies outside the text of 35"),
    (
        'e:x nif:anchorOf "s" ; nif:referenceContext e:doc .',
        "",
        "http://example.org/x: the quote 's' stands 2 times in article.ttl",
    ),
    (f"<{DOC}a> a oa:Annotation .", "", "a has no target"),
    (
        "e:a a oa:Annotation ; oa:hasTarget [ oa:hasSource e:x ; oa:hasSelector [ a oa:TextQuoteSelector ] ] .",
        "",
        "http://example.org/a: is about words of http://example.org/x, which is no text of this file",
    ),
]


@pytest.mark.parametrize(("content", "line", "message"), BROKEN)
def test_what_is_wrong_is_said_with_its_iri(tmp_path: Path, content: str, line: str, message: str) -> None:
    path = put(tmp_path, content if content.startswith("e:a e:b") else context() + content)
    with pytest.raises(ReadError) as caught:
        list(documents(path, format="nif"))
    assert str(caught.value).startswith(f"{path}{line}: ")
    assert message in str(caught.value)


def test_a_context_of_json_ld_is_never_fetched(tmp_path: Path) -> None:
    path = put(tmp_path, '{"@context": "https://example.org/nif.jsonld", "@id": "urn:a"}', "article.jsonld")
    with pytest.raises(ReadError, match="its context is only an address, which is not fetched"):
        list(documents(path, format="nif"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "article.rdf",
            '<!DOCTYPE x [<!ENTITY a "aaa">]><x>&a;</x>',
            "RDF/XML with a document type or entities is not read",
        ),
        (
            "article.jsonld",
            '{"urn:p": ' * 30_000 + "1" + "}" * 30_000,
            "is not JSON that can be read: it nests too deep",
        ),
        ("article.jsonld", '{"a": 1,\n"b" 2}', "is not JSON: Expecting ':' delimiter"),
    ],
)
def test_what_would_fill_any_memory_is_not_read(tmp_path: Path, name: str, content: str, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        list(documents(put(tmp_path, content, name), format="nif"))


def test_the_good_strings_of_a_broken_file(tmp_path: Path) -> None:
    content = context() + (
        f'{STRING} nif:anchorOf "Hu" .\n'
        "<http://example.org/doc#char=3,7> nif:anchorOf 'sa' .\n"
        "<http://example.org/doc#char=8,11> nif:beginIndex 9 ; nif:endIndex 11 .\n"
    )
    path = put(tmp_path, content)
    with pytest.raises(ReadError):
        read(path)
    document = read(path, lenient=True)
    assert [mention.text for mention in document.mentions] == ["Hu"]
    assert len(document.faults) == 2
    assert any(isinstance(fault, OffsetMismatch) for fault in document.faults)


NODES = [
    "e:doc",
    STRING,
    f"<{DOC}char=3,7>",
    f"<{DOC}char=9,99>",
    "e:a",
    "e:b",
    "_:c",
    "oa:Annotation",
    "oa:describing",
]
NODES += ["nif:Word", "nif:Context", "oa:linking", "oa:SpecificResource"]
VALUES = [*NODES, '"Hu"', '"x"', "0", "2", '"-1"', '""']
PREDICATES = ["a", "nif:referenceContext", "nif:beginIndex", "nif:endIndex", "nif:anchorOf", "nif:annotationUnit"]
PREDICATES += [
    "itsrdf:taIdentRef",
    "itsrdf:taClassRef",
    "oa:hasTarget",
    "oa:hasBody",
    "oa:motivatedBy",
    "oa:hasPurpose",
]
PREDICATES += ["oa:hasSource", "oa:hasSelector", "rdf:value", "oa:start", "oa:end", "oa:exact", "nif:dependency"]
TRIPLES = st.tuples(st.sampled_from(NODES), st.sampled_from(PREDICATES), st.sampled_from(VALUES)).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(triples=st.lists(TRIPLES, max_size=25), lenient=st.booleans())
def test_whatever_the_graph_is_it_is_read_or_refused(folder: Path, triples: list[str], lenient: bool) -> None:
    path = put(folder, context() + "".join(f"{triple} .\n" for triple in triples), "junk.ttl")
    try:
        found = list(documents(path, format="nif", lenient=lenient))
    except ReadError as error:
        assert str(error).startswith(str(path))
    else:
        assert all(mention.text in document.text for document in found for mention in document.mentions)


# There and back


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nif")


def there_and_back(folder: Path, document: Document, suffix: str) -> None:
    path = folder / "wire" / f"article{suffix}"
    write(document, path)
    found = read(path)
    assert bare(found) == bare(document)
    assert found.faults == ()
    first = path.read_bytes()
    write(found, path)
    assert path.read_bytes() == first


@settings(max_examples=100, deadline=None)
@given(document=trapped(file="article.ttl"))
def test_turtle_there_and_back(folder: Path, document: Document) -> None:
    there_and_back(folder, document, ".ttl")


@settings(max_examples=40, deadline=None)
@given(document=trapped(file="article.rdf"))
def test_xml_there_and_back(folder: Path, document: Document) -> None:
    if any(
        character in words for words in (document.text, *(n.text for n in document.notes)) for character in "\x0b\x00"
    ):
        with pytest.raises(WriteError, match="XML has no room for the character"):
            write(document, folder / "wire" / "article.rdf")
    else:
        there_and_back(folder, document, ".rdf")


@settings(max_examples=40, deadline=None)
@given(data=st.data(), suffix=st.sampled_from([".nt", ".jsonld"]))
def test_the_other_formats_there_and_back(folder: Path, data: st.DataObject, suffix: str) -> None:
    there_and_back(folder, data.draw(trapped(file=f"article{suffix}")), suffix)


def test_who_found_nothing_and_who_found_something(tmp_path: Path) -> None:
    text = Text("wire/article/Ann Lee", "Hu.", "article.ttl")
    empty = Document(text, source=Source(id="wire"), annotator="Ann Lee")
    (tmp_path / "wire").mkdir()
    there_and_back(tmp_path, empty, ".ttl")
    mention = Mention("T1", "Person", (text.span(0, 2),))
    there_and_back(tmp_path, replace(empty, mentions=(mention,)), ".ttl")


def test_whoever_knows_nif_alone_sees_strings_and_what_they_name(tmp_path: Path) -> None:
    text = Text("wire/article", "😀 Hu.")
    mention = Mention("T1", "Person", (text.span(2, 4),))
    document = Document(text, (mention,), normalizations=(Normalization("N1", "Reference", "T1", "Wikidata", "Q1"),))
    write(document, tmp_path / "article.ttl")
    store = ox.Store()
    store.load(path=str(tmp_path / "article.ttl"))
    query = """PREFIX nif: <http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#>
PREFIX itsrdf: <http://www.w3.org/2005/11/its/rdf#>
SELECT ?begin ?end ?anchor ?ident { ?s nif:referenceContext/nif:isString ?text ; nif:beginIndex ?begin ;
  nif:endIndex ?end ; nif:anchorOf ?anchor ; itsrdf:taIdentRef ?ident
  FILTER ( substr(?text, ?begin + 1, ?end - ?begin) = ?anchor ) }"""
    rows = store.query(query)
    assert isinstance(rows, ox.QuerySolutions)
    assert [[str(getattr(value, "value", value)) for value in row] for row in rows] == [
        ["2", "4", "Hu", "http://www.wikidata.org/entity/Q1"]
    ]


def test_what_has_no_room(tmp_path: Path) -> None:
    text = Text("wire/article", "a\x00b")
    with pytest.raises(WriteError, match=r"XML has no room for the character '\\x00': write Turtle instead"):
        write(Document(text), tmp_path / "article.rdf")
    notes = (Note("#", "AnnotatorNotes", "", "one"), Note("#", "AnnotatorNotes", "", "two"))
    with pytest.raises(WriteError, match=r"NIF has no room for #: something else has the same id"):
        write(Document(text, notes=notes), tmp_path / "article.ttl")
    assert not list(tmp_path.iterdir())


def test_a_trigger_that_has_its_events_id(tmp_path: Path) -> None:
    text = Text("wire/article", "He said so.", "article.ttl")
    event = Event("1", "Statement", Mention("1", "Statement", (text.span(3, 7),)))
    attribute = Attribute("A1", "Stance", "1", "asserts")
    there_and_back(tmp_path, Document(text, events=(event,), attributes=(attribute,), source=Source(id="wire")), ".ttl")


def test_the_article_comes_back(tmp_path: Path, root: Path) -> None:
    document = read(root / "data" / "china-taliban" / "article.ann")
    path = tmp_path / "china-taliban" / "article.ttl"
    path.parent.mkdir()
    (path.parent / "source.toml").write_bytes((root / "data" / "china-taliban" / "source.toml").read_bytes())
    write(document, path)
    found = read(path)
    assert repr(bare(found)).replace("article.ttl", "article.txt") == repr(replace(bare(document), path=path)).replace(
        "article.ttl", "article.txt"
    )
