"""The compiled engine: its searches miss nothing, its queries mean what SHACL means, it says what it did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import BNode, Graph, URIRef
from rdflib.namespace import SH

import shacl_suite
from geokg.remote import Connection, RemoteStore
from geokg.shacl import ShapesError, ValidationError, paths, read_shapes, validate
from geokg.shacl.judge import Fault
from geokg.shacl.model import Model, PropertyShape
from geokg.shacl.nesting import nest
from geokg.shacl.paths import Alternative, Inverse, OneOrMore, Sequence, Step, ZeroOrMore, ZeroOrOne
from geokg.shacl.prebinding import bind, check_query, exists, is_alone, joined
from geokg.shacl.reading import read_model
from geokg.shacl.sources import StoreSource
from geokg.shacl.validator import Validator
from services import oxigraph
from shacl_suite import PREFIXES, graph


def model(text: str) -> Model:
    return read_model(graph(text))


def store(text: str, name: str = "") -> ox.Store:
    made = ox.Store()
    place = ox.NamedNode(name) if name else ox.DefaultGraph()
    for quad in ox.parse(PREFIXES + text, format=ox.RdfFormat.TURTLE):
        made.add(ox.Quad(quad.subject, quad.predicate, quad.object, place))
    return made


def searched(shapes: Model, data: ox.Store) -> Counter[Fault]:
    """What is found where each suspect must be found by a query."""
    return Counter(Validator(shapes, threads=1, few=0).validate(data).faults)


def judged(shapes: Model, data: ox.Store) -> Counter[Fault]:
    """What is found where every focus node is judged."""
    return Counter(Validator(shapes, threads=1, few=10**9).validate(data).faults)


# The searches find every node that the judge has something against

TARGETS = ("sh:targetClass e:C", "sh:targetSubjectsOf e:p", "sh:targetObjectsOf e:p", "sh:targetClass e:D , e:E")
PATHS = (
    *("e:p", "e:q", "[ sh:inversePath e:p ]", "( e:p e:q )", "( e:p [ sh:inversePath e:q ] )"),
    *("[ sh:alternativePath ( e:p e:q ) ]", "[ sh:zeroOrMorePath e:p ]", "[ sh:oneOrMorePath e:q ]"),
    *("[ sh:zeroOrOnePath e:p ]", "[ sh:inversePath ( e:p [ sh:zeroOrOnePath e:q ] ) ]"),
)
VALUE = (
    *("sh:class e:C", "sh:class e:D", "sh:datatype xsd:integer", "sh:datatype xsd:date", "sh:datatype xsd:string"),
    *("sh:nodeKind sh:IRI", "sh:nodeKind sh:BlankNodeOrLiteral", "sh:minExclusive 1", "sh:maxInclusive 1.5"),
    *("sh:minLength 2", "sh:maxLength 1", "sh:pattern '^a' ; sh:flags 'i'", "sh:languageIn ( 'en' 'fr' )"),
    *(
        "sh:in ( e:a 1 'a' )",
        "sh:in ( e:a e:b )",
        "sh:hasValue e:a",
        "sh:hasValue 1",
        "sh:equals e:q",
        "sh:disjoint e:q",
    ),
    "sh:closed true ; sh:ignoredProperties ( e:p rdf:type )",
    "sh:sparql [ sh:select 'SELECT $this ?value { $this <urn:e:q> ?value FILTER(isLiteral(?value)) }' ]",
    "sh:sparql [ sh:select 'SELECT $this { FILTER NOT EXISTS { $this <urn:e:q> ?x . ?x <urn:e:p> ?y } }' ]",
    "sh:sparql [ sh:select 'SELECT $this { BIND($this AS ?me) FILTER(isBlank(?me) || ?me = <urn:e:a>) }' ]",
    "sh:sparql [ sh:select 'SELECT $this { $this <urn:e:p> ?x } GROUP BY $this HAVING(COUNT(?x) > 1)' ]",
    "sh:sparql [ sh:select 'SELECT $this (COUNT(?x) AS ?n) { OPTIONAL { $this <urn:e:p> ?x } } GROUP BY $this' ]",
    *("e:longer 1", "e:linked e:q", "e:same e:q"),
)
MANY = (
    *("sh:minCount 1", "sh:minCount 2", "sh:minCount 7", "sh:maxCount 0", "sh:maxCount 1", "sh:maxCount 2"),
    *("sh:uniqueLang true", "sh:lessThan e:q", "sh:lessThanOrEquals e:q"),
    "sh:sparql [ sh:select 'SELECT $this ?value { $this $PATH ?value FILTER(isIRI(?value)) }' ]",
)
COMPONENTS = """
e:Longer a sh:ConstraintComponent ; sh:parameter [ sh:path e:longer ] ;
    sh:validator [ a sh:SPARQLAskValidator ; sh:ask 'ASK { FILTER(STRLEN(STR(?value)) > $longer) }' ] .
e:Linked a sh:ConstraintComponent ; sh:parameter [ sh:path e:linked ] ;
    sh:validator [ a sh:SPARQLAskValidator ;
        sh:ask 'ASK { { $this $linked ?value } UNION { FILTER(isLiteral($value)) } }' ] .
e:Same a sh:ConstraintComponent ; sh:parameter [ sh:path e:same ] ;
    sh:nodeValidator [ a sh:SPARQLSelectValidator ; sh:select 'SELECT $this ?value { $this $same ?value }' ] ;
    sh:propertyValidator [ a sh:SPARQLSelectValidator ;
        sh:select 'SELECT $this ?value { $this $PATH ?value . FILTER EXISTS { $this $same ?value } }' ] .
"""


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Constraints that call shapes with the given ones."""
    shape = st.one_of(
        inner.map(lambda constraint: f"[ {constraint} ]"),
        st.tuples(st.sampled_from(PATHS), st.one_of(inner, st.sampled_from(MANY))).map(
            lambda pair: f"[ sh:path {pair[0]} ; {pair[1]} ]"
        ),
    )
    several = st.lists(shape, min_size=1, max_size=3).map(" ".join)
    return st.one_of(
        shape.map(lambda one: f"sh:not {one}"),
        shape.map(lambda one: f"sh:node {one}"),
        st.tuples(st.sampled_from(("and", "or", "xone")), several).map(lambda pair: f"sh:{pair[0]} ( {pair[1]} )"),
        st.tuples(st.sampled_from(PATHS), st.one_of(inner, st.sampled_from(MANY))).map(
            lambda pair: f"sh:property [ sh:path {pair[0]} ; {pair[1]} ]"
        ),
        st.tuples(st.sampled_from(PATHS), shape, st.sampled_from(("Min", "Max")), st.integers(0, 2)).map(
            lambda part: (
                f"sh:property [ sh:path {part[0]} ; sh:qualifiedValueShape {part[1]} ; "
                f"sh:qualified{part[2]}Count {part[3]} ]"
            )
        ),
    )


CONSTRAINTS = st.recursive(st.sampled_from(VALUE), nested, max_leaves=4)
SHAPES = st.tuples(
    st.sampled_from(TARGETS),
    st.one_of(
        CONSTRAINTS,
        st.tuples(st.sampled_from(PATHS), st.one_of(CONSTRAINTS, st.sampled_from(MANY))).map(
            lambda pair: f"sh:path {pair[0]} ; {pair[1]}"
        ),
    ),
).map(lambda pair: f"e:s {pair[0]} ; {pair[1]} . {COMPONENTS}")
NODES = ("e:a", "e:b", "e:c", "_:x", "_:y")
TERMS = (
    *NODES,
    *("1", "2", "1.5", "'a'", "'b'@en", "'c'@en", "'B'@fr", "'many'^^xsd:integer", "'2021-02-29'^^xsd:date", "true"),
    *("'2021-02-28'^^xsd:date", "'abc'", "99999999999999999999999"),
)
DATA = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(NODES), st.sampled_from(("e:p", "e:q")), st.sampled_from(TERMS)),
        st.tuples(st.sampled_from(NODES), st.just("a"), st.sampled_from(("e:C", "e:D", "[ rdfs:subClassOf e:C ]"))),
    ),
    max_size=14,
).map(lambda triples: " ".join(f"{' '.join(triple)} ." for triple in triples) + " e:D rdfs:subClassOf e:C .")


@settings(max_examples=150, deadline=None)
@given(SHAPES, DATA)
def test_searches_miss_nothing(shapes: str, data: str) -> None:
    read, loaded = model(shapes), store(data)
    assert searched(read, loaded) == judged(read, loaded)


def test_the_example_that_finds_all_kinds() -> None:
    shapes = model(
        "e:s sh:targetClass e:C ; "
        + " ; ".join(f"sh:property [ sh:path e:p ; {constraint} ]" for constraint in (*VALUE, *MANY))
        + " . "
        + COMPONENTS
    )
    data = store(
        "e:a a e:C ; e:p e:b , e:c , 'x' , 'y'@en , 'z'@en , 3 ; e:q e:b , 2 , 'y'@en . e:b e:p e:a ; e:q 5 . "
        "e:c a e:C ."
    )
    found = searched(shapes, data)
    assert found == judged(shapes, data)
    kinds = {type(constraint) for shape in shapes.shapes for inner in shape.called for constraint in inner.constraints}
    wanted = {kind.component for kind in kinds if hasattr(kind, "component")}
    wanted |= {ox.NamedNode(f"urn:e:{name}") for name in ("Longer", "Linked", "Same")}
    assert {fault.component for fault in found} == wanted


@pytest.mark.parametrize("value", ["e:x", "'x'^^e:unknown", "'many'^^xsd:integer", "'1950-13-45'^^xsd:date", "'x'@en"])
def test_what_has_no_order_is_not_at_most_itself(value: str) -> None:
    shapes = model("e:s sh:targetSubjectsOf e:p ; sh:property [ sh:path e:p ; sh:lessThanOrEquals e:q ] .")
    data = store(f"e:a e:p {value} ; e:q {value} .")
    found = 0 if value == "'x'@en" else 1  # Oxigraph puts texts of one language in order
    assert len(searched(shapes, data)) == len(judged(shapes, data)) == found


# SPARQL with variables bound beforehand


def asked(
    query: str, data: str = "e:a e:p e:b . _:x e:p e:b . e:b e:q 1 .", target: str = "sh:targetSubjectsOf e:p"
) -> list[str]:
    shapes = model(f"e:s a sh:NodeShape ; {target} ; sh:sparql [ sh:select '''{query}''' ] .")
    faults = Validator(shapes).validate(store(data)).faults
    return sorted("_:" if isinstance(fault.focus, ox.BlankNode) else fault.focus.value for fault in faults)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT $this { BIND($this AS ?me) FILTER(bound(?me)) }",
        "SELECT $this { FILTER(bound($this)) }",
        "SELECT $this { { FILTER(bound($this)) } UNION { FILTER(!bound($this)) } }",
        "SELECT $this { { { FILTER(bound($this)) } } $this ?p ?o }",
        "SELECT $this { { SELECT $this { FILTER(bound($this)) } } }",
        "SELECT $this { OPTIONAL { FILTER(bound($this)) BIND(1 AS ?found) } FILTER(?found = 1) }",
        "SELECT $this { FILTER EXISTS { { FILTER(bound($this)) } ?s ?p 1 } }",
        "SELECT $this (COUNT(?o) AS ?n) { OPTIONAL { $this <urn:e:none> ?o } } GROUP BY $this HAVING(COUNT(?o) = 0)",
        "SELECT $this { $this ?p ?o } LIMIT 1",
        "SELECT $this { OPTIONAL { $this <urn:e:q> ?x } $this <urn:e:p> ?o FILTER(!bound(?x)) }",
        "SELECT DISTINCT $this { $this (<urn:e:p>|<urn:e:q>)+ 1 }",
    ],
)
def test_this_has_its_value_everywhere(query: str) -> None:
    assert asked(query) == ["_:", "urn:e:a"]


def test_a_literal_can_be_this() -> None:
    query = "SELECT $this { BIND(STRLEN($this) AS ?n) FILTER(?n = 3) ?s ?p $this }"
    assert asked(query, "e:a e:p 'two' , 'three' .", "sh:targetObjectsOf e:p") == ["two"]


@pytest.mark.parametrize("path", ["[ sh:zeroOrMorePath e:p ]", "[ sh:zeroOrOnePath e:p ]"])
def test_a_node_that_stands_in_no_triple_reaches_itself(path: str) -> None:
    """SPARQL 1.1, 18.4: a path of no steps leads from a term to itself, be it in the graph or not."""
    query = "SELECT $this ?value { $this $PATH ?value }"
    shapes = graph(f"e:s sh:targetNode e:nowhere ; sh:path {path} ; sh:sparql [ sh:select '{query}' ] .")
    assert [str(result.value) for result in validate(store("e:a e:p e:b ."), shapes).results] == ["urn:e:nowhere"]


def test_each_solution_is_a_result() -> None:
    assert asked("SELECT $this { $this <urn:e:p> ?x }", "e:a e:p 1 , 2 .") == ["urn:e:a"] * 2


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT $this { $this ?p ?o MINUS { $this ?p 1 } }", "MINUS"),
        ("SELECT $this { $this ?p ?o VALUES ?o { 1 } }", "VALUES"),
        ("SELECT $this { { SELECT ?o { $this ?p ?o } } }", "does not select $this"),
        ("SELECT $this { BIND(1 AS $this) }", "gets no other"),
        ("SELECT ?o { $this ?p ?o }", "does not select $this"),
        ("ASK { $this ?p ?o }", "is no SELECT"),
        ("CONSTRUCT { $this ?p ?o } WHERE { $this ?p ?o }", "is no SELECT"),
        ("SELECT $this { $this ?p }", "does not parse"),
    ],
)
def test_forbidden_queries(query: str, words: str) -> None:
    with pytest.raises(ShapesError) as raised:
        check_query(query, is_ask=False, bound=())
    assert words in str(raised.value)


def test_words_in_strings_and_comments_forbid_nothing() -> None:
    check_query("SELECT $this { $this <urn:MINUS> 'VALUES SERVICE' . # FROM\n }", is_ask=False, bound=())


def test_where_all_nodes_can_be_asked_at_once() -> None:
    assert joined("SELECT $this { $this <urn:p> ?x . { $this <urn:q> ?y } }", "true") is not None
    for query in (
        "SELECT $this { $this <urn:p> ?x . { FILTER($this = ?x) } }",
        "SELECT $this { OPTIONAL { $this <urn:q> ?y } $this <urn:p> ?x }",
        "SELECT $this { $this <urn:p> ?x } LIMIT 1",
        "SELECT $this { ?x <urn:p> ?y FILTER($this = ?x) }",
    ):
        assert joined(query, "true") is None
    assert is_alone("SELECT $this (MAX(?x) AS ?m) { { SELECT $this (SUM(?y) AS ?x) { ?y ?p $this } } } GROUP BY $this")
    assert exists("ASK { { FILTER(?value = 1) } }") is None
    assert bind("SELECT $this { ?a ?b ?c }", {"this": None}).count("UNDEF") == 1


def test_a_query_that_fails_stops_the_run() -> None:
    with pytest.raises(ValidationError, match="urn:e:s"):
        asked("SELECT $this ?failure { $this <urn:e:p> ?x BIND(true AS ?failure) }")


# EXISTS, nested

INNER = (
    "?x <urn:e:p> ?y . ?y <urn:e:q> ?z",
    "?z <urn:e:q> ?w ; <urn:e:p> ?x , ?y .",
    "?x (<urn:e:p>|^<urn:e:q>)* ?y . ?z <urn:e:p>/<urn:e:q>? ?y FILTER(?x != ?z)",
    "?a <urn:e:p> ?b . FILTER(?b = ?x) FILTER EXISTS { ?b <urn:e:q> ?c . ?c <urn:e:q> ?a }",
    "?a ?x ?b . ?b a <urn:e:C> . FILTER NOT EXISTS { ?a <urn:e:q> 1 . ?a <urn:e:p> 'b'@en ; <urn:e:q> ?q }",
    "?a <urn:e:p> ?y . FILTER(EXISTS { ?y <urn:e:q> ?b . ?b <urn:e:p> ?a } || !EXISTS { ?x <urn:e:q> ?a , ?y })",
    "?x ^<urn:e:q>/<urn:e:p>+/(<urn:e:p>|^<urn:e:q>) ?z . ?z <urn:e:p>|<urn:e:q>/<urn:e:q> ?y",
    "?a <urn:e:p> ?y . OPTIONAL { ?y <urn:e:q> ?b } FILTER(!bound(?b))",
    "?a <urn:e:p> [ <urn:e:q> ?y ] . ?a <urn:e:q> ?x",
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(INNER), DATA)
def test_nested_exists_says_the_same(inner: str, data: str) -> None:
    query = f"SELECT ?x ?y {{ ?x <urn:e:p> ?y FILTER EXISTS {{ {inner} }} }}"
    given = store(data)
    rows = [sorted(map(str, given.query(text))) for text in (query, nest(query))]
    assert rows[0] == rows[1]


def test_what_nests_and_what_does_not() -> None:
    nests = [
        "EXISTS" in nest(f"ASK {{ ?x ?y ?z FILTER NOT EXISTS {{ {inner} }} }}").split("EXISTS", 1)[1] for inner in INNER
    ]
    assert nests == [True, True, True, True, True, True, True, False, False]


# What is read, and what is refused


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ("e:s sh:targetNode e:n ; sh:path e:p , e:q ; sh:minCount 1 .", "one sh:path"),
        ("e:s sh:targetNode e:n ; sh:path e:p ; sh:minCount 'one' .", "sh:minCount 'one' is no integer"),
        ("e:s sh:targetNode e:n ; sh:path e:p ; sh:minCount 1 , 2 .", "more than one value"),
        ("e:s sh:targetNode e:n ; sh:in [ rdf:first e:a ] .", "no well-formed list"),
        (
            "e:s sh:targetNode e:n ; sh:path [ sh:inversePath e:p ; sh:zeroOrMorePath e:q ] .",
            "sh:path is not well-formed",
        ),
        ("e:s sh:targetNode e:n ; sh:path ( e:p ) .", "at least two"),
        ("e:s sh:targetClass 'C' .", "is no IRI"),
        ("e:s sh:targetNode e:n ; sh:closed 'yes' .", "neither true nor false"),
        ("e:s sh:targetNode e:n ; sh:nodeKind sh:Violation .", "no kind of node"),
        ("e:s a sh:NodeShape ; sh:path e:p .", "NodeShape has no sh:path"),
        ("e:s sh:targetNode e:n ; sh:severity 'bad' .", "is no IRI"),
        ("e:s sh:targetNode e:n ; sh:sparql [ sh:ask 'ASK {}' ] .", "sh:select"),
    ],
)
def test_ill_formed_shapes(shapes: str, words: str) -> None:
    with pytest.raises(ShapesError) as raised:
        model(shapes)
    assert words in str(raised.value)


def test_what_means_nothing_is_noted() -> None:
    read = model("e:s sh:targetNode e:n ; sh:minCount 1 ; sh:property [ sh:path e:p ; sh:qualifiedValueShape [] ] .")
    assert [note.partition(",")[0] for note in read.notes] == [
        "sh:minCount means nothing at shape urn:e:s",
        "sh:qualifiedValueShape at shape without an IRI has no count",
    ]


def test_closed_lists_what_properties_name() -> None:
    (shape,) = model(
        "e:s sh:targetNode e:n ; sh:closed true ; sh:property [ sh:path e:p ] , [ sh:path ( e:q e:r ) ] ."
    ).shapes
    (closed,) = (one for one in shape.constraints if hasattr(one, "allowed"))
    assert closed.allowed == {ox.NamedNode("urn:e:p")}


def test_siblings_of_qualified_shapes() -> None:
    shapes = model("""e:s sh:targetNode e:n ; sh:property e:one , e:two .
        e:one sh:path e:p ; sh:qualifiedValueShape e:A ; sh:qualifiedMinCount 1 ; sh:qualifiedValueShapesDisjoint true .
        e:two sh:path e:p ; sh:qualifiedValueShape e:B ; sh:qualifiedMinCount 1 ; sh:qualifiedValueShapesDisjoint true .
        e:A sh:class e:A . e:B sh:class e:B .""")
    data = store("e:n e:p e:x . e:x a e:A , e:B .")
    assert len(searched(shapes, data)) == len(judged(shapes, data)) == 2


@pytest.mark.parametrize(
    ("path", "forward", "backward"),
    [
        (Sequence((Step(ox.NamedNode("urn:e:p")), Inverse(Step(ox.NamedNode("urn:e:q"))))), "c", ""),
        (Alternative((Step(ox.NamedNode("urn:e:p")), Step(ox.NamedNode("urn:e:q")))), "b", "c"),
        (ZeroOrMore(Step(ox.NamedNode("urn:e:p"))), "abd", "ac"),
        (OneOrMore(Step(ox.NamedNode("urn:e:p"))), "bd", "c"),
        (ZeroOrOne(Step(ox.NamedNode("urn:e:p"))), "ab", "ac"),
        (Inverse(OneOrMore(Step(ox.NamedNode("urn:e:p")))), "c", "bd"),
    ],
)
def test_paths_are_walked_as_sparql_walks_them(path: paths.Path, forward: str, backward: str) -> None:
    data = store("e:a e:p e:b . e:b e:p e:d . e:c e:q e:b ; e:p e:a .")
    start = ox.NamedNode("urn:e:a")
    for is_back, expected in ((False, forward), (True, backward)):
        values = StoreSource(data).values(path, start, backward=is_back)
        assert "".join(sorted(value.value[-1] for value in values)) == expected
        way = f"?x {path.sparql()} {start}" if is_back else f"{start} {path.sparql()} ?x"
        assert {row["x"] for row in data.query(f"SELECT ?x {{ {way} }}")} == set(values)


# What it says


def test_details_tell_what_is_wrong_inside() -> None:
    shapes = graph("""e:s sh:targetNode e:n ; sh:or ( e:A e:B ) . e:A sh:class e:C . e:B sh:property e:inner .
        e:inner sh:path e:p ; sh:minCount 1 .""")
    (result,) = validate(store("e:n e:q 1 ."), shapes).results
    assert [str(inner.shape) for inner in result.detail] == ["urn:e:A", "urn:e:inner"]


def test_messages_are_filled_in() -> None:
    shapes = graph("""e:s a sh:NodeShape ; sh:targetSubjectsOf e:p ; sh:message '{?value} of {$this}, not {?other}'@en ;
        sh:sparql [ sh:select 'SELECT $this ?value { $this <urn:e:p> ?value }' ] .""")
    (result,) = validate(store(r"e:n e:p 'a\\1' ."), shapes).results
    assert [message.n3() for message in result.messages] == [r'"a\\1 of urn:e:n, not {?other}"@en']


def test_queries_are_told_with_their_time() -> None:
    shapes = graph("e:s sh:targetSubjectsOf e:p ; sh:path e:p ; sh:nodeKind sh:IRI ; sh:maxCount 1 .")
    outcome = validate(store(" ".join(f"e:n{number} e:p {number} ." for number in range(20))), shapes)
    assert {component for run in outcome.queries for component in run.components} == {
        str(SH.NodeKindConstraintComponent),
        str(SH.MaxCountConstraintComponent),
    }
    assert [run.rows for run in outcome.queries if str(SH.NodeKindConstraintComponent) in run.components] == [20]
    assert [(run.shape, run.focus_nodes) for run in outcome.runs] == [("urn:e:s", 20)]


def test_a_shape_that_cannot_be_compiled_goes_to_the_reference_aloud() -> None:
    shapes = graph("""e:s sh:targetSubjectsOf e:p ; sh:path e:p ; sh:pattern '^(?!a)' .
        e:t sh:targetSubjectsOf e:p ; sh:path e:p ; sh:minLength 3 .""")
    outcome = validate(store("e:n e:p 'ab' ."), shapes)
    assert [str(result.shape) for result in outcome.results] == ["urn:e:s", "urn:e:t"]
    assert "urn:e:s: judged by pyshacl" in outcome.notes[0]
    assert [run.focus_nodes for run in outcome.runs] == [1, 1]
    with pytest.raises(ShapesError, match="cannot be compiled"):
        validate(ox.Store(), shapes, engine="compiled")


def test_graphs_that_do_not_count() -> None:
    data = store("e:a e:p e:b .", "urn:g:told")
    data.extend(store("e:a a e:C .", "urn:g:inferred"))
    shapes = graph("e:s sh:targetSubjectsOf e:p ; sh:class e:C .")
    assert validate(data, shapes).results == []
    assert [result.focus for result in validate(data, shapes, without=["urn:g:inferred"]).results] == [
        URIRef("urn:e:a")
    ]
    for number in range(20):
        data.add_graph(ox.NamedNode(f"urn:g:{number}"))
    assert len(validate(data, shapes, without=["urn:g:inferred"]).results) == 1
    assert len(validate(data, shapes, without=["urn:g:inferred"], engine="pyshacl").results) == 1


def test_a_triple_in_two_graphs_counts_once() -> None:
    data = store("e:a e:p 1 .", "urn:g:1")
    data.extend(store("e:a e:p 1 .", "urn:g:2"))
    for count in (1, 2, 5):
        shapes = model(f"e:s sh:targetSubjectsOf e:p ; sh:path e:p ; sh:maxCount {count} ; sh:minCount 1 .")
        assert not searched(shapes, data) and not judged(shapes, data)
    query = "SELECT $this { $this <urn:e:p> ?x }"
    shapes = model(f"e:s a sh:NodeShape ; sh:targetSubjectsOf e:p ; sh:sparql [ sh:select '{query}' ] .")
    assert len(Validator(shapes).validate(data).faults) == 1


def test_literals_of_shapes_count_as_the_store_has_them() -> None:
    data, shapes = "e:a e:p 07 .", graph("e:s sh:targetSubjectsOf e:p ; sh:path e:p ; sh:in ( 07 ) ; sh:hasValue 07 .")
    assert validate(store(data), shapes).results == []
    assert validate(graph(data), shapes).results == []
    assert len(validate(graph("e:a e:p 7 ."), shapes).results) == 2


def test_long_lists() -> None:
    words = " ".join(f"'w{number}'" for number in range(3000))
    shapes = model(f"e:s sh:targetSubjectsOf e:p ; sh:path e:p ; sh:in ( {words} 1.0 'mot'@fr e:x ) .")
    data = store("e:a e:p 'w7' , 'mot'@fr , 1.0 , e:x . e:b e:p 'w3000' , 'w7'@en , 1 , e:y , 'mot'@en , [] .")
    assert {fault.focus.value for fault in searched(shapes, data)} == {"urn:e:b"}
    assert sum(searched(shapes, data).values()) == sum(judged(shapes, data).values()) == 6


def test_shapes_of_one_model_are_read_once() -> None:
    shapes = model(
        "e:s sh:targetNode e:n ; sh:property e:t . e:u sh:targetNode e:n ; sh:property e:t . e:t sh:path e:p ."
    )
    first, second = ([inner for inner in shape.called] for shape in shapes.shapes)
    assert first[0] is second[0] and isinstance(first[0], PropertyShape)


# Behind a service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteStore]:
    with oxigraph(tmp_path_factory.mktemp("oxigraph")) as url:
        yield RemoteStore(Connection(url), remember=0)


def put(service: RemoteStore, turtle: bytes) -> None:
    """Make the service hold this alone, its blank nodes with it."""
    address = service.connection.service.query.removesuffix("/query") + "/store?default"
    httpx.put(address, content=turtle, headers={"Content-Type": "text/turtle"}).raise_for_status()


@pytest.mark.skipif(not shacl_suite.tests(), reason=f"the W3C suite is not in {shacl_suite.SUITE}; set GEOKG_SHARED")
@pytest.mark.xdist_group("remote")
def test_the_w3c_suite_through_a_service(service: RemoteStore) -> None:
    copied = []

    def engine(data: Path, shapes: Path) -> Graph:
        base = f"@base <{data.as_uri()}> .\n".encode()
        put(service, base + data.read_bytes())
        outcome = validate(service, read_shapes(shapes), engine="compiled")
        copied.append(any("was copied" in note for note in outcome.notes))
        return outcome.graph

    assert shacl_suite.failures(engine).keys() == {
        line.split()[0]
        for line in (Path(__file__).parent / "w3c_shacl_failures.txt").read_text("utf-8").splitlines()
        if not line.startswith("#")
    }
    assert 0 < sum(copied) < len(copied) / 2


@pytest.mark.xdist_group("remote")
def test_a_service_finds_what_a_store_finds(service: RemoteStore) -> None:
    data = " ".join(f"e:n{number} a e:D ; e:p {number} ; e:q e:n{number % 7} ." for number in range(40))
    data += " e:D rdfs:subClassOf e:C . e:n3 e:p 'three'@en , 'trois'@fr . e:n5 e:q 'x' ."
    put(service, (PREFIXES + data).encode())
    rules = "e:s sh:targetClass e:C ; " + " ; ".join(
        f"sh:property [ sh:path e:p ; {constraint} ]" for constraint in (*VALUE, *MANY)
    )
    shapes = graph(f"{rules} . {COMPONENTS}")
    here, there = validate(store(data), shapes), validate(service, shapes)
    assert not any("copied" in note for note in there.notes)
    assert [result.value for result in here.results] == [result.value for result in there.results]
    assert [result.shape for result in here.results] == [result.shape for result in there.results]
    assert here.runs == there.runs


@pytest.mark.xdist_group("remote")
def test_blank_nodes_of_a_service_are_judged_in_a_copy_aloud(service: RemoteStore) -> None:
    put(service, (PREFIXES + "[] e:p [ e:q 1 ] . e:a e:p e:b .").encode())
    outcome = validate(service, graph("e:s sh:targetSubjectsOf e:p ; sh:nodeKind sh:IRI ."))
    assert [type(result.focus) for result in outcome.results] == [BNode]
    assert "the graph of the service was copied" in outcome.notes[0]
