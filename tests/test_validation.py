"""Reports: the words behind a finding, plain messages, every format, and runs kept as PROV."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import Dataset, Graph, Literal, URIRef
from rdflib.namespace import RDF, SH
from rich.cells import cell_len

import geokg
from geokg import KnowledgeGraph
from geokg.errors import InvalidGraph, ReadError
from geokg.store import Store
from geokg.text import Span, Text
from geokg.validation import Cause, Finding, Report, ShapesError, store_run, validate
from geokg.validation.evidence import Evidence, document_id
from geokg.validation.formats import FORMATS, marked
from geokg.validation.lookup import Lookup
from geokg.validation.page import pieces
from geokg.vocabulary import Base, prefixes

PREFIXES = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in prefixes().items()) + "@prefix x: <urn:x:> .\n"
TEXT = "China met them.\\nThe Taliban 🤝 promised peace.\\n"
DOCUMENT = f"""
d:article a gk:Document ; gk:text "{TEXT}" ; gk:fileName "article.txt" .
d:ann a oa:Annotation ; oa:hasBody x:claim ; oa:hasTarget d:target .
d:target a oa:SpecificResource ; oa:hasSource d:article ; oa:hasSelector d:position , d:quote .
d:position a oa:TextPositionSelector ; oa:start 20 ; oa:end 27 .
d:quote a oa:TextQuoteSelector ; oa:exact "Taliban" ; oa:prefix "The " .
x:claim a x:Claim ; gk:isEvidencedBy d:ann ; skos:prefLabel "the promise"@en , "la promesse"@fr .
x:Claim skos:prefLabel "claim"@en . x:about skos:prefLabel "about"@en .
"""
D = f"@prefix d: <{Base().document('some/')}> .\n"


def quads(text: str, graph: str | None = None) -> list[ox.Quad]:
    parsed = ox.parse(PREFIXES + D + text, format=ox.RdfFormat.TRIG)
    name = ox.NamedNode(graph) if graph else ox.DefaultGraph()
    return [ox.Quad(q.subject, q.predicate, q.object, name if graph else q.graph_name) for q in parsed]


def rules(text: str) -> Graph:
    return Graph().parse(data=PREFIXES + text, format="turtle")


ABOUT = """x:About a sh:NodeShape ; sh:targetClass x:Claim ; sh:property x:About-something .
    x:About-something a sh:PropertyShape ; sh:path x:about ; sh:minCount 1 ;
        sh:message "A claim is about something."@en ."""


def judged(data: str, shapes: str = ABOUT, **options: object) -> Report:
    return validate(quads(data), shapes=rules(shapes), **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def report() -> Report:
    """One finding of each severity; one has no words."""
    return judged(
        DOCUMENT + "x:other a x:Claim ; x:about <urn:x:y> , 'a | b' , \"<script>alert('&')</script>\" .",
        """x:About-something sh:targetClass x:Claim ; sh:path x:about ; sh:minCount 1 ;
            sh:message "<b>about</b>, 100% | of\\n`what`: \\u0007"@en .
        x:Few sh:targetClass x:Claim ; sh:severity sh:Warning ; sh:property [ sh:path x:about ; sh:maxCount 1 ;
            sh:severity sh:Warning ] .
        x:Kind sh:targetSubjectsOf gk:text ; sh:nodeKind sh:Literal ; sh:severity sh:Info .
        x:Idle a sh:NodeShape ; sh:targetClass x:Nothing ; sh:nodeKind sh:IRI .""",
    )


# The words behind a finding


def test_span_of_the_focus_node() -> None:
    (finding,) = judged(DOCUMENT)
    assert finding.span == Span("some/article", 20, 27, "Taliban", "some/article.txt", 2, 5)
    assert (finding.excerpt, finding.document) == ("The Taliban 🤝 promised peace.", "some/article")
    assert (finding.shape, finding.focus, finding.path, finding.value) == (
        "urn:x:About-something",
        "urn:x:claim",
        "<urn:x:about>",
        None,
    )


@pytest.mark.parametrize(
    "extra",
    [
        "x:claim gk:hasContent x:odd . x:odd a x:Odd .",  # what points at it
        "x:odd a x:Odd ; x:bad x:claim .",  # its value
        "x:odd a x:Odd . d:ann oa:hasBody x:odd .",  # its own annotation, which does not say so on the node
    ],
)
def test_span_found_some_other_way(extra: str) -> None:
    (finding,) = judged(
        DOCUMENT + extra,
        "x:Bad sh:targetClass x:Odd ; sh:property [ sh:path x:bad ; sh:minCount 1 ; sh:class x:Nothing ] .",
    )
    assert finding.span is not None and finding.span.exact == "Taliban"


def test_annotation_target_and_selectors_have_their_own_spans() -> None:
    store = Store.memory()
    store.extend(quads(DOCUMENT))
    evidence = Evidence(Lookup(store))
    base = Base().document("some/")
    for name in ("ann", "target", "position", "quote"):
        assert [span.exact for span in evidence.behind(ox.NamedNode(base + name))] == ["Taliban"]
    assert evidence.behind(ox.NamedNode(base + "article")) == ()
    assert evidence.document(ox.NamedNode(base + "article/voice")) == "some/article"


@pytest.mark.parametrize(
    ("position", "exact"),
    [
        ("oa:start 21 ; oa:end 27", "aliban"),
        ("oa:start -5 ; oa:end 5", "China"),
        ("oa:start 40 ; oa:end 4000", "eace.\n"),
        ("oa:start 27 ; oa:end 20", "Taliban"),
        ("oa:start '20'^^xsd:string ; oa:end '27'^^xsd:date", "Taliban"),
        ("oa:start 'twenty'", "Taliban"),
        ("oa:start 20", ""),
        ("oa:start _:x ; oa:end x:y", "Taliban"),
        ("x:nothing 1", "Taliban"),
    ],
)
def test_broken_offsets(position: str, exact: str) -> None:
    data = DOCUMENT.replace("oa:start 20 ; oa:end 27", position)
    (finding,) = judged(data)
    assert finding.span is not None and finding.span.exact == exact


def test_quote_that_is_nowhere_and_text_that_is_missing() -> None:
    data = DOCUMENT.replace("oa:start 20 ; oa:end 27", "x:nothing 1").replace('oa:exact "Taliban"', 'oa:exact "Nobody"')
    (finding,) = judged(data)
    assert finding.span is None
    (finding,) = judged(re.sub(r'gk:text ".*?"', "x:no 1", DOCUMENT, flags=re.DOTALL))
    assert (finding.span, finding.document, finding.excerpt) == (None, "", "")


def test_discontinuous_spans_come_in_order() -> None:
    extra = """d:ann oa:hasTarget d:other . d:other oa:hasSource d:article ; oa:hasSelector d:first .
        d:first a oa:TextPositionSelector ; oa:start 0 ; oa:end 5 ."""
    (finding,) = judged(DOCUMENT + extra)
    assert [span.exact for span in finding.spans] == ["China", "Taliban"]


def test_paths_replace_names_in_the_data() -> None:
    for key in ("some/article", Base().document("some/article")):
        (finding,) = judged(DOCUMENT, paths={key: Path("src") / "a.txt"})
        assert finding.span is not None and finding.span.file == "src/a.txt"
    (finding,) = judged(DOCUMENT.replace('; gk:fileName "article.txt"', ""))
    assert finding.span is not None and finding.span.file == "some/article"
    assert document_id("https://kg.example.org/data/document/a/b%20c") == "a/b c"


# Plain words


def test_messages_of_shapes() -> None:
    shapes = """x:S sh:targetClass x:Claim ; sh:sparql [
            sh:message "{?value} of {$this}, by {?who}: <{?who}>. ({?open})"@en , "{?value} de {$this}"@fr ;
            sh:select '''SELECT $this ?value ?who
            { $this <urn:x:about> ?value . $this <urn:x:who> ?who }''' ] ."""
    data = (
        DOCUMENT + "x:claim x:about x:peace ; x:who _:someone . _:someone a x:Claim . x:peace skos:prefLabel 'peace' ."
    )
    (finding,) = judged(data, shapes)
    assert (
        finding.message
        == "peace of the promise, by a nameless claim of the promise: a nameless claim of the promise. ({?open})"
    )
    assert finding.name == "the promise"


def test_messages_in_other_languages() -> None:
    shapes = """x:S sh:targetClass x:Claim ; sh:property [ sh:path x:about ; sh:minCount 1 ;
        sh:message "{$this}: {$PATH}?"@en , "{$this} : {$path} ?"@fr , "{?this}"@ar ] ."""
    assert judged(DOCUMENT, shapes).findings[0].message == "the promise: about?"
    assert judged(DOCUMENT, shapes, language="fr").findings[0].message == "la promesse : about ?"
    assert judged(DOCUMENT, shapes, language="ru").findings[0].message == "the promise: about?"


@pytest.mark.parametrize(
    ("constraint", "words"),
    [
        ("sh:minCount 3", "about is missing: there should be at least 3"),
        ("sh:maxCount 1", "no more than 1 of about"),
        ("sh:in ( x:claim 'x' )", "“war” is none of what is allowed: the promise or x"),
        ("sh:datatype xsd:date", "“war” should be written as a date such as 2021-08-20 (xsd:date)"),
        ("sh:class x:Claim", "peace should be a claim"),
        ("sh:lessThan x:other", "less than <urn:x:other>, or cannot be compared"),
        ("sh:nodeKind sh:IRI", "“war” is the wrong kind of node; it should be an IRI"),
        ("sh:pattern '^p'", "“war” is not written in the form ^p"),
        ("sh:or ( [ sh:datatype xsd:date ] )", "“war” does nothing of what it could do"),
    ],
)
def test_messages_for_shapes_without_words(constraint: str, words: str) -> None:
    data = DOCUMENT + "x:claim x:about 'war' , x:peace ; x:other 1 . x:peace skos:prefLabel 'peace' ."
    report = judged(data, f"x:S sh:targetClass x:Claim ; sh:property [ sh:path x:about ; {constraint} ] .")
    assert any(words in finding.message for finding in report), [finding.message for finding in report]
    assert all(finding.message.startswith("the promise: ") for finding in report)
    assert {finding.shape for finding in report} == {"urn:x:S"}


def test_blank_nodes_are_described() -> None:
    shapes = "x:S sh:targetSubjectsOf x:about ; sh:nodeKind sh:IRI ; sh:message 'No name: {$this}, {?value}' ."
    (finding,) = judged("x:claim x:part [ a x:Claim ; x:about 1 ] . x:Claim skos:prefLabel 'Claim' .", shapes)
    assert finding.message == "No name: a nameless claim of urn:x:claim, a nameless claim of urn:x:claim"
    assert finding.focus.startswith("_:")
    (finding,) = judged("[] x:about 1 .", shapes)
    assert finding.message == "No name: a nameless node, a nameless node"
    (finding,) = judged("g:entities { [] x:about 1 }", shapes)
    assert finding.name == "a nameless node in g:entities"


def test_nodes_without_labels_are_told_by_their_words_and_narrowest_class() -> None:
    data = (
        DOCUMENT.replace('; skos:prefLabel "the promise"@en , "la promesse"@fr', ", x:Promise ")
        + """
        x:Promise rdfs:subClassOf x:Claim ; skos:prefLabel "promise"@en ."""
    )
    (finding,) = judged(
        data.replace("x:claim a x:Claim", "x:claim a x:Claim ").replace(
            "isEvidencedBy d:ann ,", "isEvidencedBy d:ann ; a"
        )
    )
    assert finding.name == "promise “Taliban”"


def test_causes() -> None:
    shapes = ABOUT + "x:Outer sh:targetNode x:whole ; sh:property [ sh:path x:part ; sh:node x:About ] ."
    (finding,) = (finding for finding in judged(DOCUMENT + "x:whole x:part x:claim .", shapes) if finding.causes)
    assert finding.causes == (Cause("A claim is about something."),)
    assert finding.message == "urn:x:whole: the promise does not do what is asked of it"


# Reports


def test_conforms_counts_and_severities(report: Report) -> None:
    assert not report.conforms
    assert [finding.severity for finding in report] == ["violation", "info", "warning"]
    assert len(report) == 3 and report.counts == {"violation": 1, "warning": 1, "info": 1}
    assert report.summary == "1 violation, 1 warning, 1 info"
    assert [len(report.at_least(severity)) for severity in ("violation", "warning", "info")] == [1, 2, 3]
    with pytest.raises(ValueError, match="fatal"):
        report.at_least("fatal")  # type: ignore[arg-type]


def test_raise_for_findings(report: Report) -> None:
    with pytest.raises(InvalidGraph, match="1 violation") as raised:
        report.raise_for_findings()
    assert raised.value.report is report
    mild = Report(tuple(report.at_least("info")[1:2]))
    mild.raise_for_findings("warning")
    with pytest.raises(InvalidGraph):
        mild.raise_for_findings("info")


def test_warnings_conform_here_but_not_for_shacl() -> None:
    mild = judged(DOCUMENT, ABOUT.replace("sh:minCount 1 ;", "sh:minCount 1 ; sh:severity sh:Warning ;"))
    assert mild.conforms
    assert (None, SH.conforms, Literal(False)) in mild.graph


def test_vacuous_and_focus_nodes(report: Report) -> None:
    assert report.vacuous == ("urn:x:Idle",)
    assert {run.shape: run.focus_nodes for run in report.shapes}["urn:x:Few"] == 2


# What is judged


def test_refused_shapes_and_files(tmp_path: Path) -> None:
    with pytest.raises(ShapesError, match="did you mean sh:minCount"):
        judged("", "x:S sh:targetNode x:n ; sh:property [ sh:path x:p ; sh:minCuont 1 ] .")
    (tmp_path / "data.ttl").write_text("<urn:a> <urn:b> 1 .\n\n<urn:a> <urn:b .\n", "utf-8")
    with pytest.raises(ReadError) as raised:
        validate(tmp_path / "data.ttl")
    assert raised.value.line == 3


def test_files_are_judged_as_they_are_spelt(tmp_path: Path) -> None:
    (tmp_path / "data.ttl").write_text(
        "<urn:a> <urn:b> 007 , '2021-08-20T00:00:00Z'^^<http://www.w3.org/2001/XMLSchema#dateTime> .", "utf-8"
    )
    (tmp_path / "shapes.ttl").write_text(
        PREFIXES + "x:S sh:targetSubjectsOf <urn:b> ; sh:property [ sh:path <urn:b> ; sh:pattern 'Z$' ] .", "utf-8"
    )
    for shapes in (tmp_path / "shapes.ttl", str(tmp_path / "shapes.ttl"), [tmp_path / "shapes.ttl"]):
        assert [finding.value for finding in validate(str(tmp_path / "data.ttl"), shapes=shapes)] == ["007"]


@pytest.mark.parametrize("ending", ["nt", "rdf", "jsonld", "trig", "nq", "ttl"])
def test_file_formats(tmp_path: Path, ending: str) -> None:
    ox.serialize(
        [ox.Quad(ox.NamedNode("urn:x:a"), ox.NamedNode(str(RDF.type)), ox.NamedNode("urn:x:Claim"))],
        output=tmp_path / f"data.{ending}",
        format=ox.RdfFormat.from_extension(ending),
    )
    assert len(validate(tmp_path / f"data.{ending}", shapes=rules(ABOUT))) == 1


def test_rdflib_graphs_and_datasets() -> None:
    data = Dataset()
    data.graph(URIRef("urn:g")).add((URIRef("urn:x:a"), RDF.type, URIRef("urn:x:Claim")))
    data.graph(URIRef("urn:h")).add((URIRef("urn:x:b"), RDF.type, URIRef("urn:x:Claim")))
    assert {finding.focus for finding in validate(data, shapes=rules(ABOUT))} == {"urn:x:a", "urn:x:b"}
    assert len(validate(data.graph(URIRef("urn:g")), shapes=rules(ABOUT))) == 1


def test_inferred_statements_hide_nothing_but_are_judged() -> None:
    graph = Base().graph
    store = Store.memory()
    store.extend(quads("x:a x:about x:b . x:c x:about x:d .", f"{graph}entities"))
    store.extend(quads("x:b a x:Claim . x:a x:thus x:a .", f"{graph}inferred"))
    store.extend(quads("x:e a x:Claim . x:c x:about x:d .", f"{graph}report"))
    shapes = """x:Typed sh:targetSubjectsOf x:about ; sh:property x:Object .
        x:Object sh:path x:about ; sh:class x:Claim ; sh:message 'untyped' .
        x:Late sh:targetSubjectsOf x:thus ; sh:property [ sh:path x:thus ; sh:maxCount 0 ; sh:message 'late' ] .
        x:Never sh:targetSubjectsOf x:never ; sh:nodeKind sh:IRI ."""
    report = validate(KnowledgeGraph(store), shapes=rules(shapes))
    assert sorted((finding.focus, finding.message) for finding in report) == [
        ("urn:x:a", "late"),
        ("urn:x:a", "untyped"),
        ("urn:x:c", "untyped"),
    ]
    assert report.vacuous == ("urn:x:Never",)
    assert len(set(report.graph.objects(None, SH.result))) == 3
    assert (None, SH.conforms, Literal(False)) in report.graph and (
        None,
        SH.conforms,
        Literal(True),
    ) not in report.graph


# The packaged graph


@pytest.fixture(scope="module")
def kg() -> KnowledgeGraph:
    return geokg.sample()


@pytest.fixture(scope="module")
def whole(kg: KnowledgeGraph) -> Report:
    return kg.validate(digests=True)


def test_the_sample_conforms(whole: Report) -> None:
    assert whole.conforms, whole.serialize()
    whole.raise_for_findings()


def test_planted_faults_point_at_their_words() -> None:
    kg = geokg.sample()
    for update in (
        """DELETE { GRAPH ?g { ?place oa:start 1416 } } INSERT { GRAPH ?g { ?place oa:start 1415 } }
           WHERE { GRAPH ?g { ?place oa:start 1416 } }""",
        """DELETE { GRAPH ?g { ?claim gk:isClaimedBy ?who } } INSERT { GRAPH ?g { ?claim gk:isClaimedBy e:nobody } }
           WHERE { GRAPH ?g { ?claim gk:isClaimedBy ?who ; gk:hasContent ?benefit . ?benefit a gk:Benefit } }""",
        """INSERT { GRAPH g:entities { ?promise gk:hasDebtor ?who } }
           WHERE { GRAPH ?g { ?promise a gk:RestraintCommitment ; gk:hasDebtor ?who } }""",
    ):
        kg.store.ox.update(update, prefixes=prefixes())
    found = {finding.shape.rpartition("/")[2]: finding for finding in kg.validate()}
    text = kg.text("china-taliban/article")
    quote = found["Anno-quote"].span
    assert quote is not None and (quote.start, quote.line) == (1415, text.position(1415)[0])
    claim = found["Claim-claimant"]
    assert claim.span is not None and text.content[claim.span.start : claim.span.end] == claim.span.exact
    assert claim.excerpt == text.line(claim.span.line) and claim.span.exact.split("\n")[0] in claim.excerpt
    double = found["One-graph"]
    assert double.severity == "violation" and "the graph of china-taliban/article" in double.message
    assert double.span is not None and double.span.file == "china-taliban/article.txt"


def test_files_get_the_ontology_unless_they_have_it(kg: KnowledgeGraph, tmp_path: Path) -> None:
    (tmp_path / "one.ttl").write_text(PREFIXES + "e:x a gk:RestraintCommitment .", "utf-8")
    report = validate(tmp_path / "one.ttl")
    assert any(finding.focus.endswith("entity/x") and "Commitment" in finding.shape for finding in report)
    assert not any(finding.shape.endswith("One-graph") for finding in report)
    kg.save(tmp_path / "kg.trig")
    assert validate(tmp_path / "kg.trig").conforms


# Formats


def test_text(report: Report) -> None:
    assert report.serialize() == (
        "some/article.txt:2:5: violation: <b>about</b>, 100% | of `what`:   (urn:x:About-something)\n"
        "    The Taliban 🤝 promised peace.\n"
        "        ^~~~~~~\n"
        f"{Base().document('some/article')}: info: {Base().document('some/article')} is the wrong kind of node;"
        " it should be a literal (urn:x:Kind)\n"
        "urn:x:other: warning: urn:x:other: there should be no more than 1 of about (urn:x:Few)\n"
        "judged no node: urn:x:Idle\n"
        "1 violation, 1 warning, 1 info\n"
    )


@pytest.mark.parametrize(
    ("line", "column", "length", "shown"),
    [
        ("中国与塔利班", 4, 3, ("中国与塔利班", "      ^~~~~~")),
        ("cafe\u0301 noir", 7, 4, ("cafe\u0301 noir", "     ^~~~")),
        ("a\tb\x1b[31m", 3, 1, ("a b [31m", "  ^")),
        ("short", 6, 3, ("short", "     ^")),
        ("short", 3, 0, ("short", "  ^")),
        ("", 1, 0, ("", "^")),
    ],
)
def test_marks_stand_below_their_words(line: str, column: int, length: int, shown: tuple[str, str]) -> None:
    assert marked(line, column, length) == shown


@settings(max_examples=200, deadline=None)
@given(
    st.text(st.sampled_from("ab 中é\u0301🤝"), max_size=80), st.integers(1, 80), st.integers(0, 80), st.integers(10, 40)
)
def test_long_lines_are_cut_around_the_words(line: str, column: int, length: int, width: int) -> None:
    shown, mark = marked(line, column, length, width)
    assert cell_len(shown) <= width + 1 and cell_len(mark) <= width + 1
    words = line[min(column - 1, len(line)) :][:length]
    if words.strip() and cell_len(words) <= width - 2:
        below, cell = "", 0
        for character in shown:
            below += character if mark.index("^") <= cell < len(mark) else ""
            cell += cell_len(character)
        assert below.replace("\u0301", "").rstrip() == words.replace("\u0301", "").rstrip()


def test_json(report: Report) -> None:
    content = json.loads(report.serialize("json"))
    assert content["conforms"] is False and content["counts"]["violation"] == 1
    assert content["findings"][0]["spans"][0] == {
        "document": "some/article",
        "file": "some/article.txt",
        "start": 20,
        "end": 27,
        "line": 2,
        "column": 5,
        "exact": "Taliban",
    }


def test_turtle_is_the_w3c_report_and_stable(report: Report) -> None:
    text = report.serialize("turtle")
    read = Graph().parse(data=text, format="turtle")
    root = read.value(predicate=RDF.type, object=SH.ValidationReport)
    assert len(list(read.objects(root, SH.result))) == 3
    assert read.value(root, SH.conforms) == Literal(False)
    again = judged(DOCUMENT, ABOUT)
    assert again.serialize("turtle") == judged(DOCUMENT, ABOUT).serialize("turtle")


def test_sarif(report: Report) -> None:
    content = json.loads(report.serialize("sarif"))
    (run,) = content["runs"]
    assert content["version"] == "2.1.0" and run["columnKind"] == "unicodeCodePoints"
    first, *_, last = run["results"]
    assert first["level"] == "error"
    assert first["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "some/article.txt"}
    region = first["locations"][0]["physicalLocation"]["region"]
    assert region["snippet"] == {"text": "Taliban"}
    assert [
        region[key] for key in ("startLine", "startColumn", "endLine", "endColumn", "charOffset", "charLength")
    ] == [2, 5, 2, 12, 20, 7]
    assert last["locations"] == [{"logicalLocations": [{"fullyQualifiedName": "urn:x:other", "name": "urn:x:other"}]}]
    assert all(
        run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"]
    )


def test_junit(report: Report) -> None:
    suites = ElementTree.fromstring(report.serialize("junit"))
    assert (suites.tag, suites.get("tests"), suites.get("failures")) == ("testsuites", "4", "1")
    cases = {case.get("name"): case for case in suites.iter("testcase")}
    failure = cases["urn:x:About-something"].find("failure")
    assert failure is not None and (failure.text or "").startswith("some/article.txt:2:5: violation: <b>about</b>")
    assert cases["urn:x:Few"].find("failure") is None and cases["urn:x:Few"].find("system-out") is not None


def test_github(report: Report) -> None:
    first, _, last = report.serialize("github").splitlines()
    assert first.startswith(
        "::error file=some/article.txt,line=2,col=5,title=urn%3Ax%3AAbout-something::<b>about</b>, 100%25 | of"
    )
    assert last.startswith("::warning title=urn%3Ax%3AFew::urn:x:other: ")


def test_csv(report: Report) -> None:
    rows = list(csv.DictReader(io.StringIO(report.serialize("csv"))))
    assert (rows[0]["file"], rows[0]["line"], rows[0]["words"]) == ("some/article.txt", "2", "Taliban")
    assert (rows[2]["file"], rows[2]["focus"]) == ("", "urn:x:other")


def test_markdown(report: Report) -> None:
    lines = report.serialize("markdown").splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    assert len(rows) == 4
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 6 for row in rows)


def test_html_escapes_everything_and_marks_the_words(report: Report) -> None:
    page = report.serialize("html")
    assert "<b>about</b>" not in page and "&lt;b&gt;about&lt;/b&gt;" in page
    assert '<mark class="violation">Taliban</mark>' in page
    told = re.sub(r"<pre>[^<]*</pre>", "", page).replace(html.escape(Base().document("some/article")), "")
    assert "http" not in told.replace("http://www.w3.org", ""), "it needs no other file"
    article = re.search(r"<article>(.*?)</article>", page, re.DOTALL)
    assert article is not None
    assert html.unescape(re.sub(r"<sup.*?</sup>|<[^>]+>", "", article[1])) == TEXT.replace("\\n", "\n")


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), max_size=6))
def test_no_piece_of_a_text_is_lost(ranges: list[tuple[int, int]]) -> None:
    marks = [(min(pair), max(pair), number, "info") for number, pair in enumerate(ranges)]
    cut = pieces(Text("d", "abcdefghij"), marks)
    assert "".join(words for words, *_ in cut) == "abcdefghij"
    for start, end, number, _ in marks:
        assert "".join(words for words, numbers, *_ in cut if number in numbers) == "abcdefghij"[start:end]
    assert sorted(number for _, _, begun, _ in cut for number in begun) == sorted(number for *_, number, _ in marks)


def test_unknown_format(report: Report) -> None:
    with pytest.raises(ValueError, match="json"):
        report.serialize("pdf")


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_every_format_does_without_findings_and_texts(form: str) -> None:
    assert Report().serialize(form) is not None
    odd = Finding("odd\n\x00\ud800".encode("utf-8", "replace").decode(), "info", "", "_:b", value="v")
    assert "odd" in Report((odd,), prefixes=prefixes()).serialize(form) or form in ("jsonld", "turtle")


# Provenance


def test_runs_are_kept_and_not_judged(kg: KnowledgeGraph, whole: Report) -> None:
    at = datetime(2026, 11, 24, 12, 0, 0, 5, tzinfo=UTC)
    run = store_run(kg, whole, at=at)
    assert store_run(kg, whole, at=at) == run != store_run(kg, whole)
    rows = kg.store.solutions(f"SELECT ?graph {{ <{run}> prov:used/prov:specializationOf ?graph }}")
    assert f"{kg.base.graph}document/china-taliban/article" in {row["graph"].value for row in rows}
    times = kg.store.solutions(f"SELECT ?t {{ <{run}> prov:endedAtTime ?t }}")
    assert [row["t"].value for row in times] == ["2026-11-24T12:00:00Z"]
    assert kg.validate().findings == whole.findings
    kg.store.drop(kg.base.graph + "report")
    with pytest.raises(ValueError, match="zone"):
        whole.provenance(at=datetime(2026, 11, 24))
    with pytest.raises(ValueError, match="digests"):
        store_run(kg, kg.validate())


def test_provenance_has_no_blank_nodes_and_holds_the_report(report: Report) -> None:
    made = report.provenance()
    assert made == report.provenance()
    assert not any(isinstance(term, ox.BlankNode) for quad in made for term in (quad.subject, quad.object))
    results = [quad for quad in made if quad.predicate.value == str(SH.result)]
    assert len(results) == 3 and {quad.subject.value.rpartition("/")[2] for quad in results} == {"report"}


# Anything at all


TERMS = st.sampled_from(
    ["x:claim", "x:other", "_:b", "d:article", "d:ann", "d:target", "d:position", "1", "'x'", "'\\\\'", "-7", "99999"]
)
PROPERTIES = st.sampled_from(
    ["a", "x:about", "gk:text", "gk:fileName", "gk:isEvidencedBy", "gk:isMadeIn", "skos:prefLabel", "rdfs:subClassOf"]
    + [f"oa:{name}" for name in ("hasBody", "hasTarget", "hasSource", "hasSelector", "start", "end", "exact")]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(TERMS, PROPERTIES, TERMS), max_size=12))
def test_dirty_data_never_stops_a_report(statements: Iterable[tuple[str, str, str]]) -> None:
    lines = [f"{s} {p} {o} ." for s, p, o in statements if s[0] in "xd_" and (p != "a" or o[0] in "xd_")]
    report = judged(DOCUMENT + "\n".join(lines), ABOUT + "x:K sh:targetSubjectsOf x:about ; sh:nodeKind sh:Literal .")
    assert len(report) >= (0 if any("about" in line for line in lines) else 1)
    for form in FORMATS:
        report.serialize(form)
    for finding in report:
        for span in finding.spans:
            assert report.texts[span.document].content[span.start : span.end] == span.exact
