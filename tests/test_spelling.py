"""As it is spelt: what a store respells is found while it is filled, and judged as the file has it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import Graph

import geokg
from geokg.shacl import read_shapes, validate
from geokg.shacl.engine import ENGINES, Engine
from geokg.shacl.footprint.naming import may_read
from geokg.shacl.footprint.patterns import ALWAYS, Fresh
from geokg.shacl.footprint.queries import NotUnderstood, query_reads
from geokg.shacl.overlay import overlay
from geokg.shacl.reading import read_model
from geokg.shacl.spelling import Odd, fill, is_odd, with_lines
from geokg.shacl.spelt import judge_as_spelt
from geokg.shacl.terms import as_spelt, dataset

XSD = "http://www.w3.org/2001/XMLSchema#"
PREFIXES = f"""
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <{XSD}> .
@prefix e: <urn:e:> .
"""


def parsed(text: str) -> list[ox.Quad]:
    """Turtle as it is spelt."""
    return list(ox.parse(PREFIXES + text, format=ox.RdfFormat.TURTLE))


def shapes(folder: Path, text: str) -> Graph:
    """Shapes as they are spelt."""
    (folder / "shapes.ttl").write_text(PREFIXES + text, "utf-8")
    return read_shapes(folder / "shapes.ttl")


def literal(written: str) -> ox.Literal:
    """``07^^integer`` as a term."""
    value, _, datatype = written.partition("^^")
    return ox.Literal(value, datatype=ox.NamedNode(XSD + datatype))


# Found while a store is filled

MERGED = {
    "07^^integer": "7^^integer",
    "+7^^integer": "7^^integer",
    "7^^int": "7^^integer",
    "7^^byte": "7^^integer",
    "7^^nonNegativeInteger": "7^^integer",
    "1.0^^decimal": "1^^decimal",
    "1.0E1^^double": "10^^double",
    "1^^boolean": "true^^boolean",
    "2021-08-20T00:00:00+00:00^^dateTime": "2021-08-20T00:00:00Z^^dateTime",
    "2021-08-20+00:00^^date": "2021-08-20Z^^date",
    "PT24H^^duration": "P1D^^duration",
}
SOUND = (
    "7^^integer",
    "true^^boolean",
    "many^^integer",
    "1950-13-45^^date",
    "a^^string",
    "99999999999999999999^^integer",
)


@pytest.mark.parametrize(("written", "kept"), MERGED.items())
def test_what_a_store_respells_is_odd(written: str, kept: str) -> None:
    store, node = ox.Store(), ox.NamedNode("urn:e:a")
    spelling = fill(store, [ox.Quad(node, node, literal(written))])
    assert [(odd.spelt.object, odd.stored.object) for odd in spelling.odd] == [(literal(written), literal(kept))]
    assert [quad.object for quad in store] == [literal(kept)]


@pytest.mark.parametrize("written", SOUND)
def test_what_a_store_keeps_is_not(written: str) -> None:
    assert not is_odd(literal(written))


def test_language_tags_are_in_lower_case_from_the_parser_on() -> None:
    """RDF 1.1 Concepts, 3.3: "Lexical representations of language tags may be converted to lower case"."""
    spelling = fill(ox.Store(), parsed("e:a e:p 'x'@EN-GB ."))
    assert not spelling
    assert [quad.object.language for quad in parsed("e:a e:p 'x'@EN-GB .")] == ["en-gb"]  # type: ignore[union-attr]


LITERALS = st.sampled_from(
    [literal(one) for one in (*MERGED, *MERGED.values(), *SOUND)] + [ox.Literal("a", language="en")]
)
QUADS = st.builds(
    ox.Quad,
    st.sampled_from([ox.NamedNode("urn:e:a"), ox.BlankNode("b")]),
    st.sampled_from([ox.NamedNode("urn:e:p"), ox.NamedNode("urn:e:q")]),
    LITERALS | st.just(ox.NamedNode("urn:e:c")),
    st.sampled_from([ox.DefaultGraph(), ox.NamedNode("urn:e:g")]),
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(QUADS, max_size=12))
def test_a_filled_store_can_be_read_as_it_was_written(quads: list[ox.Quad]) -> None:
    store = ox.Store()
    spelling = fill(store, quads)
    written = {
        ox.Quad(quad.subject, quad.predicate, term, quad.graph_name)
        for quad in store
        for term in spelling.written(quad)
    }
    assert written == set(quads)
    with as_spelt():
        lazy, copied = overlay(store, spelling), dataset(quads)
        everything = set(copied.triples((None, None, None)))
        assert Counter(lazy.triples((None, None, None))) == Counter(everything)
        for s, p, o in everything:
            for pattern in ((s, None, None), (None, p, None), (None, None, o), (s, p, o), (s, None, o)):
                assert set(lazy.triples(pattern)) == set(copied.triples(pattern))
        assert {str(graph.identifier) for graph in lazy.graphs() if len(graph)} == {
            str(graph.identifier) for graph in copied.graphs() if len(graph)
        }


# Told with its place


def test_lines_are_told_where_the_format_has_one_for_each_quad(tmp_path: Path) -> None:
    text = f'<urn:e:a> <urn:e:p> "7"^^<{XSD}integer> .\n\n# "07"\n_:b <urn:e:p> "07"^^<{XSD}integer> .\n'
    told: dict[str, list[Odd]] = {}
    for ending, rdf_format in (
        (".nt", ox.RdfFormat.N_TRIPLES),
        (".nq", ox.RdfFormat.N_QUADS),
        (".ttl", ox.RdfFormat.TURTLE),
    ):
        path = tmp_path / f"data{ending}"
        path.write_text(text, "utf-8")
        spelling = fill(ox.Store(), ox.parse(path=str(path), format=rdf_format, rename_blank_nodes=True), path=path)
        told[ending] = with_lines(spelling.odd)
    assert {ending: [odd.line for odd in some] for ending, some in told.items()} == {
        ".nt": [4],
        ".nq": [4],
        ".ttl": [None],
    }
    assert str(told[".nq"][0]).startswith(f"{tmp_path / 'data.nq'}:4: ")
    assert str(told[".ttl"][0]).startswith(f"{tmp_path / 'data.ttl'}: ")


def test_a_report_says_what_was_judged_as_it_is_spelt(tmp_path: Path) -> None:
    outcome = validate(parsed("e:a e:p 07 ."), shapes(tmp_path, "e:s sh:targetNode e:a ; sh:nodeKind sh:IRI ."))
    assert [note for note in outcome.notes if '"07"' in note and '"7"' in note]


def test_a_file_of_lines_is_told_with_the_line(tmp_path: Path) -> None:
    data = tmp_path / "data.nq"
    data.write_text(f'<urn:e:a> <urn:e:p> "8" .\n<urn:e:a> <urn:e:p> "07"^^<{XSD}integer> .\n', "utf-8")
    (note,) = geokg.validate(data, shapes=shapes(tmp_path, "e:s sh:targetNode e:a ; sh:nodeKind sh:IRI .")).notes
    assert note.startswith(f'{data}:2: "07"')


# Judged as it is spelt, by each engine


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("sh:pattern '^0'", {"7", "7^^int", "8"}),
        ("sh:maxLength 1", {"07"}),
        ("sh:datatype xsd:integer", {"7^^int"}),
        ("sh:in ( 7 8 )", {"07", "7^^int"}),
        ("sh:in ( 07 8 )", {"7", "7^^int"}),
        ("sh:not [ sh:hasValue 7 ]", {"7"}),
        ("sh:maxExclusive 8", {"8"}),
        ("sh:equals e:q", {"07", "7^^int", "8"}),
    ],
)
def test_values(engine: Engine, constraint: str, values: set[str], tmp_path: Path) -> None:
    data = parsed("e:a e:p 7 , 07 . e:b e:p '7'^^xsd:int , 8 . e:a e:q 7 . e:b e:q 9 .")
    rules = shapes(tmp_path, f"e:s sh:targetSubjectsOf e:q ; sh:property [ sh:path e:p ; {constraint} ] .")
    found = {
        str(result.value) + ("^^int" if str(getattr(result.value, "datatype", "")).endswith("#int") else "")
        for result in validate(data, rules, engine=engine).results
        if constraint != "sh:equals e:q" or str(result.value) != "9"
    }
    assert found == values


@pytest.mark.parametrize("engine", ENGINES)
def test_values_that_a_store_would_merge_are_counted_apart(engine: Engine, tmp_path: Path) -> None:
    rules = shapes(tmp_path, "e:s sh:targetSubjectsOf e:p ; sh:property [ sh:path e:p ; sh:maxCount 1 ] .")
    results = validate(parsed("e:a e:p 7 , 07 . e:b e:p 7 ."), rules, engine=engine).results
    assert [str(result.focus) for result in results] == ["urn:e:a"]


@pytest.mark.parametrize("engine", ENGINES)
def test_literals_can_be_focus_nodes(engine: Engine, tmp_path: Path) -> None:
    rules = shapes(tmp_path, "e:s a sh:NodeShape ; sh:targetObjectsOf e:p ; sh:targetNode 09 ; sh:pattern '^[^0]' .")
    results = validate(parsed("e:a e:p 7 , 07 , 8 ."), rules, engine=engine).results
    assert sorted(str(result.focus) for result in results) == ["07", "09"]


@pytest.mark.parametrize("engine", ENGINES)
def test_queries_see_the_spelling(engine: Engine, tmp_path: Path) -> None:
    data = parsed("e:a e:p 07 . e:b e:p 7 . e:c e:p 8 .")
    for condition, focus in (
        ("$this e:p 07 .", ["urn:e:a"]),
        ("$this e:p 7 .", ["urn:e:b"]),
        ("$this e:p ?v FILTER(STR(?v) = '07')", ["urn:e:a"]),
        ("$this e:p ?v FILTER(?v = 7)", ["urn:e:a", "urn:e:b"]),
    ):
        rules = shapes(
            tmp_path,
            f"""e:decl sh:declare [ sh:prefix "e" ; sh:namespace "urn:e:"^^xsd:anyURI ] .
            e:s a sh:NodeShape ; sh:targetSubjectsOf e:p ; sh:sparql [ sh:prefixes e:decl ;
            sh:select "SELECT $this {{ {condition} }}" ] .""",
        )
        assert [str(result.focus) for result in validate(data, rules, engine=engine).results] == focus


@pytest.mark.parametrize("engine", ENGINES)
def test_a_property_inside_a_property_is_judged_once(engine: Engine, tmp_path: Path) -> None:
    """Its result names the value as focus node, while it is the target that is judged as it is spelt."""
    text = "e:S sh:targetNode e:a ; sh:property [ sh:path e:q ; sh:property [ sh:path e:p ; sh:maxInclusive 5 ] ] ."
    outcome = validate(parsed("e:a e:q e:b . e:b e:p 07 ."), shapes(tmp_path, text), engine=engine)
    assert [(str(result.focus), str(result.value)) for result in outcome.results] == [("urn:e:b", "07")]


def test_a_store_is_judged_as_it_spells_its_data(tmp_path: Path) -> None:
    store = ox.Store()
    store.extend(parsed("e:a e:p 7 , 07 ."))
    rules = shapes(
        tmp_path, "e:s sh:targetSubjectsOf e:p ; sh:property [ sh:path e:p ; sh:maxCount 1 ; sh:in ( 07 ) ] ."
    )
    assert validate(store, rules).results == []


def test_only_those_who_can_see_it_are_judged_again(tmp_path: Path) -> None:
    store = ox.Store()
    spelling = fill(store, parsed("e:a e:p 07 . e:b e:p 7 . e:c e:q e:a . e:d e:q e:b ."))
    model = read_model(
        shapes(
            tmp_path,
            """e:near sh:targetSubjectsOf e:p ; sh:property [ sh:path e:p ; sh:minCount 1 ] .
            e:far sh:targetSubjectsOf e:q ; sh:property [ sh:path ( e:q e:p ) ; sh:pattern '^7' ] .
            e:elsewhere sh:targetSubjectsOf e:q ; sh:property [ sh:path e:q ; sh:nodeKind sh:IRI ] .""",
        )
    )
    spelt = judge_as_spelt(store, spelling, model)
    near, far = ox.NamedNode("urn:e:near"), ox.NamedNode("urn:e:far")
    assert spelt.nodes.keys() == {near, far}
    assert [spelt.holds(near, ox.NamedNode(f"urn:e:{node}")) for node in "ab"] == [True, False]
    assert [spelt.holds(far, ox.NamedNode(f"urn:e:{node}")) for node in "cd"] == [True, False]
    assert [str(result.focus) for result in spelt.outcome.results] == ["urn:e:c"]


# What a query says without being parsed


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("ASK { $this e:p ?o }", True),
        ("ASK { $this <urn:e:p> ?o }", True),
        ("ASK { $this e:q/^e:p ?o }", True),
        ("ASK { $this ?any ?o }", True),
        ("ASK { ?s e:q 1 ; ?any ?o }", True),
        ("ASK { ?s e:q [ ?any ?o ] }", True),
        ("ASK { $this !e:q ?o }", True),
        ("ASK { $this !(e:q|^e:q) ?o }", True),
        ("ASK { $this e:q* ?o }", True),  # no step leads from each node to itself
        ("ASK { $this e:q? ?o }", True),
        ("ASK { GRAPH ?g { $this e:q ?o } }", True),
        (r"ASK { $this e:\p ?o }", True),
        ("SELECT $this ?p ?o { $this e:q ?p , ?o FILTER (?p != ?o && !bound(?x)) } GROUP BY $this ?p ?o", False),
        ("ASK { $this e:q 'e:p' . ?o e:pp 3 FILTER EXISTS { ?o e:r ?x } } # e:p", False),
        ("ASK { $this a e:p }", True),  # it is a class here, but who knows
    ],
)
def test_which_queries_may_read_a_property(query: str, named: bool) -> None:
    assert may_read(f"PREFIX e: <urn:e:> {query}", {"urn:e:p"}) is named


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_no_query_that_reads_a_property_is_passed_over(data: st.DataObject) -> None:
    """By what the footprint of the whole query says."""
    node = st.sampled_from(["$this", "?a", "?b", "e:n", "[]", "[ e:p ?c ]", "'e:q'"])
    path = st.sampled_from(["e:p", "^e:q", "e:p/e:r", "(e:q|e:r)+", "e:q*", "e:q?", "?a", "!e:q", "a", "<urn:e:q>"])
    triple = st.builds("{} {} {}".format, node.filter(lambda one: one != "'e:q'"), path, node)
    part: st.SearchStrategy[str] = triple | st.builds("OPTIONAL {{ {} }}".format, triple)
    part |= st.builds("FILTER (?a != 3 || NOT EXISTS {{ {} ; {} ?d }})".format, triple, path)
    part |= st.builds("{{ SELECT ?a ?b {{ {} }} }} UNION {{ {} }}".format, triple, triple)
    query = "PREFIX e: <urn:e:> SELECT $this ?a {\n" + " .\n".join(data.draw(st.lists(part, min_size=1))) + " }"
    try:
        read = list(query_reads(query, {"this": "this"}, ALWAYS, Fresh()))
    except NotUnderstood:
        return
    for name in ("p", "q", "r"):
        predicate = ox.NamedNode(f"urn:e:{name}")
        if any(isinstance(one.edge.predicate, str) or one.edge.predicate == predicate for one in read):
            assert may_read(query, {predicate.value}), (name, query)


# The truth of what is none


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("written", ["none^^boolean", "x^^integer"])
def test_an_ill_typed_truth_value_or_number_is_false(engine: Engine, written: str, tmp_path: Path) -> None:
    """SPARQL 1.1, 17.2.2. To Oxigraph it is an error, which comes to the same but under ``!`` and ``IF``."""
    value, _, datatype = written.partition("^^")
    data = parsed(f"e:a e:p '{value}'^^xsd:{datatype} .")
    found = {}
    for condition in ("?value", "?value || true", "?value && true", "!?value", "IF(?value, false, true)"):
        text = f"""e:s sh:targetNode e:a ; sh:sparql [
            sh:select "SELECT $this ?value {{ $this <urn:e:p> ?value FILTER ({condition}) }}" ] ."""
        found[condition] = len(validate(data, shapes(tmp_path, text), engine=engine).results)
    turned = 1 if engine == "pyshacl" else 0
    assert found == {
        "?value": 0,
        "?value || true": 1,
        "?value && true": 0,
        "!?value": turned,
        "IF(?value, false, true)": turned,
    }
