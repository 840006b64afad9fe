"""The SHACL engine: the W3C suite, data as it is spelt, dirty data, and shapes that must be refused."""

from __future__ import annotations

import warnings
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import Dataset, Graph, Literal, URIRef
from rdflib.namespace import RDF, SH, XSD

import shacl_suite
from geokg.errors import ReadError
from geokg.shacl import ShapesError, ValidationError, read_shapes, validate
from geokg.shacl.engine import ENGINES, Engine
from geokg.shacl.queries import prepare
from geokg.shacl.shapes import path_text
from geokg.shacl.terms import as_spelt, dataset, from_ox, quads_to_ox, to_ox
from shacl_suite import PREFIXES, graph


def found(data: str, shapes: str) -> list[tuple[str, str | None]]:
    """Focus and value of each result."""
    results = validate(graph(data), graph(shapes)).results
    return [(result.focus.n3(), result.value.n3() if result.value is not None else None) for result in results]


# The W3C suite

KNOWN_FAILURES = dict(
    line.split(None, 1)
    for line in (Path(__file__).parent / "w3c_shacl_failures.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
)


@pytest.mark.skipif(not shacl_suite.tests(), reason=f"the W3C suite is not in {shacl_suite.SUITE}; set GEOKG_SHARED")
@pytest.mark.parametrize("engine", [shacl_suite.compiled, shacl_suite.reference, shacl_suite.loaded])
def test_w3c_suite(engine: shacl_suite.Engine) -> None:
    assert len(shacl_suite.tests()) == 120
    failed = shacl_suite.failures(engine)
    assert failed.keys() == (KNOWN_FAILURES.keys() if engine is shacl_suite.loaded else set()), failed


# As it is spelt


def test_spelling_is_judged_not_value() -> None:
    shapes = "e:s sh:targetSubjectsOf e:p ; sh:property [ sh:path e:p ; sh:pattern 'Z$' ] ."
    data = "e:right e:p '2021-08-20T00:00:00Z'^^xsd:dateTime . e:wrong e:p '2021-08-20T00:00:00+00:00'^^xsd:dateTime ."
    assert found(data, shapes) == [
        ("<urn:e:wrong>", '"2021-08-20T00:00:00+00:00"^^<http://www.w3.org/2001/XMLSchema#dateTime>')
    ]


def test_rdflib_is_left_as_it_was() -> None:
    assert rdflib.NORMALIZE_LITERALS is True
    with pytest.raises(ShapesError):
        validate(Graph(), graph("e:s sh:path e:p ; sh:mincount 1 ."))
    validate(Graph(), graph("e:s sh:targetNode e:n ; sh:nodeKind sh:Literal ."))
    assert rdflib.NORMALIZE_LITERALS is True
    assert str(Literal("07", datatype=XSD.integer)) == "7"


def test_ill_typed_literals_are_findings_and_no_noise(caplog: pytest.LogCaptureFixture) -> None:
    shapes = """e:s sh:targetSubjectsOf e:p ;
        sh:property [ sh:path e:p ; sh:or ( [ sh:datatype xsd:boolean ] [ sh:datatype xsd:integer ] ) ] ."""
    assert found("e:a e:p 'none'^^xsd:boolean . e:b e:p 'many'^^xsd:integer . e:c e:p true , 07 .", shapes) == [
        ("<urn:e:a>", '"none"^^<http://www.w3.org/2001/XMLSchema#boolean>'),
        ("<urn:e:b>", '"many"^^<http://www.w3.org/2001/XMLSchema#integer>'),
    ]
    assert not caplog.records


def test_plain_and_xsd_string_are_one() -> None:
    given = Graph().add((URIRef("urn:e:a"), URIRef("urn:e:p"), Literal("x", datatype=XSD.string)))
    assert (
        validate(
            given, graph("e:s sh:targetNode e:a ; sh:property [ sh:path e:p ; sh:in ( 'x' ) ; sh:minCount 1 ] .")
        ).results
        == []
    )


def test_terms_go_there_and_back() -> None:
    with as_spelt():
        for term in (
            ox.NamedNode("urn:a"),
            ox.BlankNode("b"),
            ox.Literal("07", datatype=ox.NamedNode(str(XSD.integer))),
            ox.Literal("mot", language="fr"),
            ox.Literal("x"),
        ):
            assert to_ox(from_ox(term)) == term
    with pytest.raises(ReadError):
        from_ox(ox.Triple(ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.Literal("c")))


def test_graphs_can_be_named_in_constraints() -> None:
    data = Dataset()
    data.graph(URIRef("urn:g:1")).add((URIRef("urn:e:a"), URIRef("urn:e:p"), Literal(1)))
    data.graph(URIRef("urn:g:2")).add((URIRef("urn:e:b"), URIRef("urn:e:p"), Literal(1)))
    shapes = graph("""e:s a sh:NodeShape ; sh:targetSubjectsOf e:p ; sh:sparql [ a sh:SPARQLConstraint ;
        sh:select "SELECT $this { GRAPH <urn:g:2> { $this <urn:e:p> ?x } }" ] .""")
    assert [str(result.focus) for result in validate(data, shapes).results] == ["urn:e:b"]


def test_the_default_graph_is_no_named_graph() -> None:
    data = Dataset()
    data.default_graph.add((URIRef("urn:e:a"), URIRef("urn:e:p"), Literal(1)))
    shapes = graph("""e:s a sh:NodeShape ; sh:targetSubjectsOf e:p ; sh:sparql [ a sh:SPARQLConstraint ;
        sh:select "SELECT $this { GRAPH ?g { $this <urn:e:p> ?x } }" ] .""")
    assert validate(data, shapes).results == []
    assert [quad.graph_name for quad in quads_to_ox(data)] == [ox.DefaultGraph()]


# Comparisons


@pytest.mark.parametrize(
    "value",
    [
        "_:blank",
        "e:iri",
        "'text'",
        "'2021-08-20'^^xsd:date",
        "'2021-08-20T00:00:00'^^xsd:dateTime",
        "'soon'^^xsd:dateTime",
        "true",
    ],
)
def test_what_cannot_be_compared_is_a_violation(value: str) -> None:
    late = "'2021-08-20T01:00:00Z'^^xsd:dateTime"
    data = f"e:x e:from {value} ; e:to {late} . e:y e:from '2021-08-20T00:00:00Z'^^xsd:dateTime ; e:to {late} ."
    for constraint in (
        "sh:lessThan e:to",
        "sh:lessThanOrEquals e:to",
        f"sh:maxInclusive {late}",
        f"sh:maxExclusive {late}",
    ):
        results = found(data, f"e:s sh:targetSubjectsOf e:from ; sh:property [ sh:path e:from ; {constraint} ] .")
        assert [focus for focus, _ in results] == ["<urn:e:x>"]


def test_bounds() -> None:
    data = "e:a e:p 1 . e:b e:p 2.0 . e:c e:p 3 ."
    for constraint, wrong in (
        ("sh:minInclusive 2", "a"),
        ("sh:minExclusive 2", "ab"),
        ("sh:maxInclusive 2", "c"),
        ("sh:maxExclusive 2", "bc"),
    ):
        results = found(data, f"e:s sh:targetSubjectsOf e:p ; sh:property [ sh:path e:p ; {constraint} ] .")
        assert [focus for focus, _ in results] == [f"<urn:e:{letter}>" for letter in wrong]


def test_comparisons_count_inside_other_constraints() -> None:
    shapes = "e:s sh:targetSubjectsOf e:p ; sh:not [ sh:property [ sh:path e:p ; sh:minInclusive 5 ] ] ."
    assert found("e:a e:p 7 . e:b e:p 3 .", shapes) == [("<urn:e:a>", "<urn:e:a>")]


# Queries, by each engine


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT $this ?value { $this e:p ?value }", 2),
        ("SELECT DISTINCT $this { $this e:p ?x }", 1),
        # SPARQL 1.1, 17.2: "FILTERs eliminate any solutions that ... result in an error"; by 17.3 < and > take two
        # numbers, strings, booleans or dateTimes, and XPath cannot tell whether a time without a zone comes before one
        # near it that has one.
        ("SELECT $this { FILTER('2021-08-20'^^xsd:date < '2021-08-21T00:00:00Z'^^xsd:dateTime) }", 0),
        ("SELECT $this { FILTER('2021-08-20T00:00:00'^^xsd:dateTime < '2021-08-20T01:00:00Z'^^xsd:dateTime) }", 0),
        ("SELECT $this { FILTER('a' < 1 || 1 < 'a') }", 0),
        ("SELECT $this { FILTER(e:a < e:b || e:b < e:a) }", 0),
        ("SELECT $this { FILTER('many'^^xsd:integer < 1 || 'many'^^xsd:integer >= 1) }", 0),
        # 17.4.1.7: RDFterm-equal is false for two terms that are not the same, unless both are literals; != turns it.
        ("SELECT $this { FILTER(e:a != 'a') }", 1),
        ("SELECT $this { FILTER(!(e:a = 1)) }", 1),
        ("SELECT $this { FILTER('x'^^e:own != 'y'^^e:own || 'x'^^e:own = 'y'^^e:own) }", 0),
        # 17.4.1.9: IN is = to any of them, and an error only if none is.
        ("SELECT $this { FILTER(1 IN ('x'^^e:own, 1.0)) }", 1),
        ("SELECT $this { FILTER(1 NOT IN ('x'^^e:own, 2)) }", 0),
        # 17.4.2.5: STR takes a literal or an IRI, and so has an error for a blank node.
        ("SELECT $this { $this e:q ?b FILTER(STR(?b) = STR(?b)) }", 0),
        ("SELECT $this { FILTER(false) }", 0),
    ],
)
def test_queries_mean_what_the_specifications_say(engine: Engine, query: str, rows: int) -> None:
    rules = f"""e:decl sh:declare [ sh:prefix 'e' ; sh:namespace 'urn:e:'^^xsd:anyURI ] ,
        [ sh:prefix 'xsd' ; sh:namespace 'http://www.w3.org/2001/XMLSchema#'^^xsd:anyURI ] .
        e:s a sh:NodeShape ; sh:targetSubjectsOf e:p ; sh:sparql [ sh:prefixes e:decl ; sh:select \"{query}\" ] ."""
    results = validate(graph("e:a e:p 1 , 2 ; e:q [] ."), graph(rules), engine=engine).results
    assert [str(result.focus) for result in results] == ["urn:e:a"] * rows


def test_equal_solutions_are_not_folded() -> None:
    """SHACL 5.3.2: "There is one validation result for each solution"."""
    rules = graph("e:s a sh:NodeShape ; sh:targetNode e:a ; sh:sparql [ sh:select 'SELECT $this { $this ?p ?x }' ] .")
    assert len(validate(graph("e:a e:p 1 , 2 ."), rules, engine="pyshacl").results) == 2
    assert len(validate(graph("e:a e:p 1 , 2 ."), rules, engine="compiled").results) == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_a_query_can_say_that_it_failed_and_why_not(engine: Engine) -> None:
    """SHACL 5.3.2: "A failure MUST be reported" where ``?failure`` is true; 5.3.3: ``?message`` is the message."""
    query = "SELECT $this ?failure ?message { $this <urn:e:p> ?failure BIND('so it is'@en AS ?message) }"
    rules = graph(
        f"e:s a sh:NodeShape ; sh:targetSubjectsOf e:p ; sh:sparql [ sh:message 'no' ; sh:select \"{query}\" ] ."
    )
    with pytest.raises(ValidationError):
        validate(graph("e:a e:p true ."), rules, engine=engine)
    (result,) = validate(graph("e:a e:p false ."), rules, engine=engine).results
    assert result.messages == (Literal("so it is", lang="en"),)


@pytest.mark.parametrize("engine", ENGINES)
def test_tags_of_one_language_are_one(engine: Engine) -> None:
    """SHACL 4.4.5 asks for values with one tag; RDF 1.1 Concepts, 3.3: tags have their value in lower case."""
    rules = graph("e:s sh:targetSubjectsOf e:p ; sh:property [ sh:path e:p ; sh:uniqueLang true ] .")
    data = graph("e:a e:p 'one'@en , 'two'@EN . e:b e:p 'one'@en , 'un'@fr .")
    assert [str(result.focus) for result in validate(data, rules, engine=engine).results] == ["urn:e:a"]


VALUES = st.sampled_from(
    ["_:x", "e:a", "'a'", "'a'@en", "1", "01", "1.5", "true", "'none'^^xsd:boolean", "'x'^^xsd:integer", "'\\\\d'"]
    + [f"'{day}'^^xsd:date" for day in ("1950-13-45", "2021-08-20")]
    + [f"'{day}'^^xsd:dateTime" for day in ("2021-08-20T00:00:00", "2021-08-20T00:00:00Z", "soon")]
    + ["'2021'^^xsd:gYear", "'P1D'^^xsd:duration"]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["e:p", "e:q", "a"]), VALUES), min_size=1, max_size=6))
def test_dirty_data_never_stops_it(statements: list[tuple[str, str]]) -> None:
    data = " ".join(
        f"e:node {predicate} {value} ." for predicate, value in statements if not (predicate == "a" and "'" in value)
    )
    data += " e:node e:p e:node ."
    query = """SELECT $this ?value { $this <urn:e:p> ?value . ?x ?y ?z
        FILTER(?value < 3 || ?value > ?z || STRLEN(?z) = ?value || !BOUND(?nothing)) }"""
    shapes = f"""e:s sh:targetSubjectsOf e:p ; sh:class e:C ; sh:closed true ; sh:ignoredProperties ( e:p ) ;
        sh:property [ sh:path e:p ; sh:lessThan e:q ; sh:equals e:q ; sh:maxInclusive 1 ; sh:datatype xsd:date ] ,
        [ sh:path ( e:p e:q ) ; sh:pattern '^a' ; sh:minLength 1 ; sh:languageIn ( 'en' ) ; sh:uniqueLang true ] .
        e:t a sh:NodeShape ; sh:targetSubjectsOf e:p ; sh:sparql e:query .
        e:query a sh:SPARQLConstraint ; sh:message 'not {{?value}}' ; sh:select '''{query}''' ."""
    results = validate(graph(data), graph(shapes)).results
    assert any(result.focus == URIRef("urn:e:node") for result in results)


# Shapes that must be refused


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        (
            "e:s a sh:NodeShape ; sh:property [ sh:path e:p ; sh:mincount 1 ] .",
            "unknown term sh:mincount; did you mean sh:minCount?",
        ),
        ("e:s sh:targetNode e:n ; sh:nodeKind sh:Iri .", "did you mean sh:IRI?"),
        ("e:s sh:targetNode e:n ; sh:rule [ a sh:TripleRule ] .", "sh:rule (rules) is not supported"),
        ("e:s sh:target [ a sh:SPARQLTarget ] .", "not supported"),
        ("<urn:g> sh:entailment <http://www.w3.org/ns/entailment/RDFS> .", "not supported"),
        ("e:s sh:targetNode e:n ; sh:node e:t . e:t sh:property [ sh:path e:p ; sh:node e:s ] .", "calls itself"),
        ("e:s sh:targetNode e:n ; sh:property [ sh:minCount 1 ] .", "PropertyShape"),
        (
            "e:s sh:targetNode e:n ; sh:sparql [ sh:select 'SELECT $this { $this ex:p ?x }' ] .",
            "sh:declare knows no prefix ex",
        ),
        ("e:s sh:targetNode e:n ; sh:sparql [ sh:select 'SELECT $this { $this <urn:p ?x }' ] .", "does not parse"),
        (
            "e:s sh:targetNode e:n ; sh:sparql [ sh:select 'SELECT $this FROM <http://x.org/> { $this ?p ?x }' ] .",
            "FROM",
        ),
        (
            "e:s sh:targetNode e:n ; sh:sparql [ sh:select 'SELECT $this { SERVICE <urn:x> { $this ?p ?x } }' ] .",
            "SERVICE",
        ),
        ("e:s sh:targetNode e:n ; sh:property [ sh:path e:p ; sh:pattern '(' ] .", ""),
    ],
)
def test_refused_shapes(shapes: str, words: str) -> None:
    with pytest.raises((ShapesError, ValidationError)) as raised:
        validate(graph("e:n e:p 'x' ."), graph(shapes))
    assert words in str(raised.value)


def test_nothing_is_fetched() -> None:
    shapes = graph(
        "<urn:g> <http://www.w3.org/2002/07/owl#imports> <http://127.0.0.1:9/> . e:s sh:targetNode e:n ; sh:class e:C ."
    )
    assert (
        len(validate(graph("<urn:g> <http://www.w3.org/2002/07/owl#imports> <http://127.0.0.1:9/> ."), shapes).results)
        == 1
    )


def test_prefixes_reach_over_imports() -> None:
    shapes = """e:far sh:declare [ sh:prefix 'e' ; sh:namespace 'urn:e:'^^xsd:anyURI ] .
        e:near <http://www.w3.org/2002/07/owl#imports> e:far .
        e:s sh:targetNode e:n ; sh:sparql [ sh:prefixes e:near ;
            sh:select 'SELECT $this ?value { $this e:p ?value }' ] ."""
    assert found("e:n e:p 1 .", shapes) == [("<urn:e:n>", '"1"^^<http://www.w3.org/2001/XMLSchema#integer>')]


# What a run tells


def test_focus_nodes_vacuous_and_notes() -> None:
    shapes = graph("""
        e:met sh:targetClass e:C ; sh:nodeKind sh:IRI .
        e:empty a sh:NodeShape ; sh:targetClass e:D ; sh:nodeKind sh:IRI .
        e:aimless a sh:NodeShape ; sh:nodeKind sh:IRI .
        e:called a sh:NodeShape ; sh:nodeKind sh:IRI .
        e:off a sh:NodeShape ; sh:targetClass e:D ; sh:deactivated true .
        e:caller sh:targetNode e:x ; sh:node e:called ; sh:qualifiedValueShape e:called ; sh:qualifiedMinCount 1 .""")
    outcome = validate(graph("e:x a e:Sub . e:Sub rdfs:subClassOf e:C ."), shapes)
    assert {run.shape: run.focus_nodes for run in outcome.runs} == {"urn:e:caller": 1, "urn:e:empty": 0, "urn:e:met": 1}
    assert outcome.vacuous == ["urn:e:aimless", "urn:e:empty"]
    assert any("QualifiedValueShape" in note for note in outcome.notes)
    assert (URIRef("urn:e:met"), SH.nodeKind, SH.IRI) in shapes and (None, RDF.type, RDF.Property) not in shapes


def test_details_and_order() -> None:
    shapes = graph("""e:s sh:targetNode e:b , e:a ; sh:node e:t . e:t sh:property e:inner .
        e:inner sh:path e:p ; sh:minCount 1 ; sh:message 'no p'@en , 'kein p'@de ; sh:severity sh:Warning .""")
    first, second = validate(Graph(), shapes).results
    assert [str(result.focus) for result in (first, second)] == ["urn:e:a", "urn:e:b"]
    assert [(str(inner.shape), str(inner.severity)) for inner in first.detail] == [("urn:e:inner", str(SH.Warning))]
    assert [str(message) for message in first.detail[0].messages] == ["kein p", "no p"]


def test_queries_are_parsed_once() -> None:
    made = dataset(graph("e:a e:p 1 ."))
    before = prepare.cache_info().misses
    with as_spelt():
        for _ in range(3):
            assert len(made.query("SELECT ?once { ?once <urn:e:p> ?y }")) == 1
    assert prepare.cache_info().misses == before + 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("e:p", "e:p"),
        ("( e:p e:q )", "e:p/e:q"),
        ("[ sh:inversePath ( e:p <urn:q> ) ]", "^(e:p/<urn:q>)"),
        ("[ sh:alternativePath ( e:p [ sh:oneOrMorePath e:q ] ) ]", "e:p|e:q+"),
        ("( [ sh:zeroOrMorePath [ sh:alternativePath ( e:p e:q ) ] ] [ sh:zeroOrOnePath e:p ] )", "(e:p|e:q)*/e:p?"),
    ],
)
def test_paths_in_words(path: str, text: str) -> None:
    shapes = graph(f"e:s sh:path {path} .")
    assert path_text(shapes, shapes.value(URIRef("urn:e:s"), SH.path), {"e": "urn:e:"}) == text


# Files


def test_syntax_errors_name_the_line(tmp_path: Path) -> None:
    (tmp_path / "bad.ttl").write_text("<urn:a> <urn:b> 1 .\n<urn:a> <urn:b> ?? .\n", "utf-8")
    with pytest.raises(ReadError) as raised:
        read_shapes(tmp_path)
    assert (raised.value.line, raised.value.path) == (2, tmp_path / "bad.ttl")


def test_shapes_from_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(ReadError):
        read_shapes(tmp_path)
    (tmp_path / "a.ttl").write_text(PREFIXES + "e:a sh:targetNode [] .", "utf-8")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.ttl").write_text(PREFIXES + "e:b sh:maxInclusive 07 .", "utf-8")
    (tmp_path / "c.ttl").write_text(PREFIXES + "_:x sh:name 'one' .", "utf-8")
    (tmp_path / "d.ttl").write_text(PREFIXES + "_:x sh:name 'two' .", "utf-8")
    made = read_shapes(tmp_path)
    assert len(made) == 4
    assert len(set(made.subjects(SH.name))) == 2
    assert "07" in {str(value) for value in made.objects()}


def test_warnings_are_not_let_through() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        validate(
            graph("e:a e:p 'none'^^xsd:boolean ."),
            graph("e:s sh:targetSubjectsOf e:p ; sh:property [ sh:path e:p ; sh:datatype xsd:boolean ] ."),
        )
