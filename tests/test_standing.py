"""The standing report: after every edit it is what judging all again would give."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import Graph

import geokg
from geokg.graph import KnowledgeGraph
from geokg.shacl import validate
from geokg.shacl.judge import Fault
from geokg.shacl.model import Model
from geokg.shacl.outcome import Outcome, new_report, results_of
from geokg.shacl.queries import ValidationError
from geokg.shacl.reading import read_model
from geokg.shacl.referred import faults_of
from geokg.shacl.standing import Standing
from geokg.store import Store
from geokg.validation import ONE_GRAPH, Report
from geokg.validation.standing import StandingReport
from geokg.vocabulary import GK

HEAD = """@prefix : <x:> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
SUBCLASS = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf")

LOOKING = 'sh:pattern "^(?!x:a)"'
"""A pattern that the store does not know, so that another engine judges the shape."""

# Shapes, as Turtle

names = st.sampled_from([":p", ":q", ":r"])
classes = st.sampled_from([":C", ":D"])
nodes = st.sampled_from([":a", ":b", "1", '"word"@en'])
paths = st.recursive(
    names,
    lambda inner: st.one_of(
        st.builds("[ sh:inversePath {} ]".format, inner),
        st.builds("( {} {} )".format, inner, inner),
        st.builds("[ sh:alternativePath ( {} {} ) ]".format, inner, inner),
        st.builds("[ sh:zeroOrMorePath {} ]".format, inner),
        st.builds("[ sh:oneOrMorePath {} ]".format, inner),
        st.builds("[ sh:zeroOrOnePath {} ]".format, inner),
    ),
    max_leaves=3,
)
about_values = st.one_of(
    st.builds("sh:class {}".format, classes),
    st.sampled_from(["sh:nodeKind sh:IRI", "sh:datatype xsd:integer", "sh:maxInclusive 1", 'sh:pattern "a"', LOOKING]),
    st.builds("sh:in ( {} {} )".format, nodes, nodes),
    st.builds("sh:hasValue {}".format, nodes),
    st.builds("sh:equals {}".format, names),
    st.builds("sh:disjoint {}".format, names),
    st.builds("sh:closed true ; sh:ignoredProperties ( {} {} )".format, names, names),
)
QUERIES = [
    "SELECT $this ?value { $this :p/:q ?value FILTER NOT EXISTS { ?value :r $this } }",
    "SELECT $this ?value { $this :p ?x . ?value :p ?x . FILTER($this != ?value) }",
    "SELECT $this { $this (:p|^:q)+ $this . OPTIONAL { $this :r ?r } FILTER(!bound(?r)) }",
    "SELECT $this ?value { { $this :p ?value } UNION { ?value :q $this ; a :C } GRAPH ?g { ?value ?any ?thing } }",
    "SELECT $this ?n { { SELECT $this (COUNT(?x) AS ?n) { $this :p ?x } GROUP BY $this } $this :q ?y FILTER(?n > 1) }",
]
queries = st.sampled_from(QUERIES).map(
    lambda text: f"sh:sparql [ sh:prefixes :names ; sh:select '''{text}''' ]",
)
about_properties = st.one_of(
    about_values,
    st.builds("sh:minCount {}".format, st.integers(1, 2)),
    st.builds("sh:maxCount {}".format, st.integers(0, 2)),
    st.just("sh:uniqueLang true"),
    st.builds("sh:lessThan {}".format, names),
)


def several(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Some of them, in one shape."""
    return st.lists(parts, min_size=1, max_size=2).map(
        lambda some: " ; ".join({part.split()[0]: part for part in some}.values())
    )


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """What shapes say of shapes."""
    shape = st.one_of(inner, st.builds("sh:path {} ; {}".format, paths, several(st.one_of(about_properties, inner))))
    return st.one_of(
        st.builds("sh:property [ sh:path {} ; {} ]".format, paths, several(st.one_of(about_properties, inner))),
        st.builds("sh:node [ {} ]".format, inner),  # only of node shapes (SHACL, 4.7.1); pyshacl refuses others
        st.builds("sh:not [ {} ]".format, shape),
        st.builds("sh:or ( [ {} ] [ {} ] )".format, shape, shape),
        st.builds("sh:xone ( [ {} ] [ {} ] )".format, shape, shape),
        st.builds(
            "sh:property [ sh:path {} ; sh:qualifiedValueShape [ {} ] ; sh:{}Count 1 ]".format,
            paths,
            shape,
            st.sampled_from(["qualifiedMin", "qualifiedMax"]),
        ),
    )


constraints = st.recursive(about_values, nested, max_leaves=4)
targets = st.one_of(
    st.builds("sh:targetClass {}".format, classes),
    st.builds("sh:targetNode {}".format, nodes),
    st.builds("sh:targetSubjectsOf {}".format, names),
    st.builds("sh:targetObjectsOf {}".format, names),
)
shapes = st.lists(
    st.builds("{} ; {}".format, targets, several(st.one_of(constraints, queries))), min_size=1, max_size=3
)


def model_of(some: list[str]) -> Model:
    """The shapes, read."""
    text = "".join(f":s{number} {shape} .\n" for number, shape in enumerate(some))
    declared = ':names sh:declare [ sh:prefix "" ; sh:namespace "x:"^^xsd:anyURI ] .'
    return read_model(Graph().parse(data=HEAD + text + declared, format="turtle"))


# Data

NODES = [*(ox.NamedNode(f"x:{name}") for name in "abc"), ox.BlankNode("n")]
VALUES = [
    *NODES,
    ox.Literal("1", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
    ox.Literal("007", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
    ox.Literal("word", language="en"),
]
CLASSES = [ox.NamedNode(f"x:{name}") for name in "CDE"]
GRAPHS = [ox.DefaultGraph(), ox.NamedNode("x:g"), ox.NamedNode("x:h")]
predicates = st.sampled_from([ox.NamedNode(f"x:{name}") for name in "pqr"])
quads = st.one_of(
    st.builds(ox.Quad, st.sampled_from(NODES), predicates, st.sampled_from(VALUES), st.sampled_from(GRAPHS)),
    st.builds(ox.Quad, st.sampled_from(NODES), predicates, st.sampled_from(VALUES), st.sampled_from(GRAPHS)),
    st.builds(ox.Quad, st.sampled_from(NODES), st.just(TYPE), st.sampled_from(CLASSES), st.sampled_from(GRAPHS)),
    st.builds(ox.Quad, st.just(CLASSES[2]), st.just(SUBCLASS), st.sampled_from(CLASSES[:2]), st.sampled_from(GRAPHS)),
)
changes = st.lists(st.tuples(st.sets(st.integers(0, 30), max_size=3), st.sets(quads, max_size=3)), max_size=4)


def same(one: Iterable[Fault], other: Iterable[Fault]) -> bool:
    """Whether two runs found the same, in whatever order."""
    return Counter(one) == Counter(other)


def written(faults: Iterable[Fault]) -> Iterable[Fault]:
    """Faults as a report has them: what is inside one is sorted there."""
    report = new_report()
    return faults_of(Outcome(results_of(faults, report), report, [], [], []))


@given(shapes, st.lists(quads, min_size=4, max_size=20), changes)
@settings(max_examples=int(os.environ.get("GEOKG_EXAMPLES", "100")), deadline=None)
def test_standing_results_are_those_of_a_full_run(
    some: list[str], before: list[ox.Quad], edits: list[tuple[set[int], set[ox.Quad]]]
) -> None:
    model, store = model_of(some), ox.Store()
    store.extend(before)
    standing = Standing(store, model)
    for places, added in edits:
        known = Counter(standing.results)
        old = list(store)
        removed = {old[place % len(old)] for place in places} if old else set()
        for quad in removed:
            store.remove(quad)
        store.extend(added)
        told = standing.apply(removed, added)
        assert same(written(standing.results), faults_of(validate(store, model)))
        assert Counter(standing.results) == known + Counter(told.new) - Counter(told.fixed)


# On graphs as geokg builds them


def load(name: str) -> ModuleType:
    """A program among the benchmarks as a module."""
    path = Path(__file__).resolve().parent.parent / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


load("_domain")
edits = load("_edits")


@pytest.mark.parametrize("kind", ["generated", "packaged"])
def test_after_each_edit_of_a_graph_the_report_is_that_of_a_full_run(kind: str) -> None:
    """A share of the two thousand edits that ``benchmarks/_edits.py`` makes; ``GEOKG_EDITS`` says how many."""
    store = edits.filled(6000, faults=0.01) if kind == "generated" else edits.sampled()
    tried = list(edits.tried(store, edits.packaged_model(), int(os.environ.get("GEOKG_EDITS", "13"))))
    assert [edit for _, edit, is_same in tried if not is_same] == []
    assert {kind for kind, _, _ in tried} == set(edits.KINDS)


# What an edit does


def quad(subject: str, predicate: str | ox.NamedNode, object_: str, graph: str = "") -> ox.Quad:
    """A triple of short names."""
    s, p, o = (ox.NamedNode(f"x:{name}") if isinstance(name, str) else name for name in (subject, predicate, object_))
    return ox.Quad(s, p, o, ox.NamedNode(f"x:{graph}") if graph else ox.DefaultGraph())


def test_only_those_are_judged_again_whom_an_edit_can_touch() -> None:
    store = ox.Store()
    store.extend(quad(f"n{number}", TYPE, "C") for number in range(50))
    standing = Standing(store, model_of(["sh:targetClass :C ; sh:property [ sh:path ( :p :q ) ; sh:minCount 1 ]"]))
    assert len(standing.results) == 50
    added = [quad("n7", "p", "m"), quad("m", "q", "o"), quad("n7", "r", "m")]
    store.extend(added)
    changes = standing.apply([], added)
    assert [fault.focus.value for fault in changes.fixed] == ["x:n7"]
    assert (changes.new, list(changes.judged.values()), changes.whole) == ((), [1], ())


def test_results_inside_a_property_go_with_the_node_that_led_there() -> None:
    store = ox.Store()
    removed, kept = [quad("a", "p", "b")], quad("c", "p", "b")
    store.extend([*removed, kept])
    inner = "sh:property [ sh:path :p ; sh:property [ sh:path :q ; sh:minCount 1 ] ]"
    standing = Standing(store, model_of([f"sh:targetSubjectsOf :p ; {inner}"]))
    assert [fault.focus.value for fault in standing.results] == ["x:b", "x:b"]
    store.remove(removed[0])
    assert len(standing.apply(removed, []).fixed) == len(standing.results) == 1


def test_a_triple_that_stands_elsewhere_too_does_not_go_with_one_graph() -> None:
    store, removed = ox.Store(), [quad("a", "p", "b", "g")]
    store.extend([*removed, quad("a", "p", "b", "h")])
    standing = Standing(store, model_of(["sh:targetNode :a ; sh:property [ sh:path :p ; sh:minCount 1 ]"]))
    store.remove(removed[0])
    assert standing.apply(removed, []).new == ()


def test_classes_that_move_are_followed() -> None:
    store = ox.Store()
    store.extend([quad("a", TYPE, "E"), *(quad(f"n{number}", TYPE, "C") for number in range(50))])
    standing = Standing(store, model_of(["sh:targetClass :C ; sh:property [ sh:path :p ; sh:minCount 1 ]"]))
    assert len(standing.results) == 50
    added = [quad("E", SUBCLASS, "C")]
    store.extend(added)
    changes = standing.apply([], added)
    assert [fault.focus.value for fault in changes.new] == ["x:a"]
    assert (list(changes.judged.values()), changes.whole) == ([1], ()), "whoever was a C before is one still"
    store.remove(added[0])
    assert [fault.focus.value for fault in standing.apply(added, []).fixed] == ["x:a"]
    assert len(standing.results) == 50


def test_an_edit_that_is_not_kept_leaves_the_results_as_they_were() -> None:
    store = ox.Store()
    store.add(quad("a", "p", "b"))
    standing = Standing(store, model_of(["sh:targetSubjectsOf :p ; sh:property [ sh:path :p ; sh:maxCount 1 ]"]))
    before, added = standing.results, [quad("a", "p", "c")]
    store.extend(added)
    changes = standing.apply([], added)
    assert len(standing.results) == 1
    store.remove(added[0])
    standing.undo(changes)
    assert standing.results == before


def test_a_query_that_fails_changes_nothing() -> None:
    store = ox.Store()
    failing = "sh:targetSubjectsOf :p ; sh:sparql [ sh:prefixes :names ; sh:select '''SELECT $this ?failure"
    failing += " { $this :q ?x BIND(true AS ?failure) }''' ]"
    standing = Standing(store, model_of([failing, "sh:targetSubjectsOf :p ; sh:path :r ; sh:minCount 1"]))
    added = [quad("a", "p", "b"), quad("a", "q", "b")]
    store.extend(added)
    with pytest.raises(ValidationError):
        standing.apply([], added)
    assert standing.results == []
    store.remove(added[1])
    assert len(standing.apply([], added[:1]).new) == 1


def test_it_is_known_who_can_read_a_quad() -> None:
    store = ox.Store()
    store.extend([quad("a", "p", "b"), quad("b", "q", "c")])
    standing = Standing(store, model_of(["sh:targetSubjectsOf :p ; sh:path ( :p :q ) ; sh:maxCount 1"]))
    assert standing.touched([quad("b", "q", "c")]) == {ox.NamedNode("x:s0"): {ox.NamedNode("x:a")}}


# The report that is kept


def claim(graph: str = "x:g") -> ox.Quad:
    """A claim of which nothing else is said."""
    return ox.Quad(ox.NamedNode("x:claim"), TYPE, ox.NamedNode(str(GK.Claim)), ox.NamedNode(graph))


def test_what_a_change_brings_is_told_and_can_be_taken_back() -> None:
    report = StandingReport(Store.memory())
    kept = report.apply([], [claim()])
    assert {finding.focus for finding in kept.new} == {"x:claim"}
    assert len(report.report()) == len(kept.new) > 3
    assert b"sh:ValidationReport" in report.report().serialize("turtle").encode()
    report.undo(kept)
    assert report.report().findings == ()
    again = report.apply([], [claim()])
    assert (again.new, report.apply([claim()], []).fixed) == (kept.new, len(kept.new))


def test_a_triple_in_two_graphs_is_told_be_one_of_them_inferred() -> None:
    store = Store.memory()
    store.extend([claim()])
    report = StandingReport(store)
    for graph in ("x:h", store.base.graph + "inferred"):
        kept = report.apply([], [claim(graph)])
        assert [finding.shape for finding in kept.new] == [str(ONE_GRAPH)]
        assert report.apply([claim(graph)], []).fixed == 1
    assert report.apply([], [claim(store.base.graph + "report")]).new == ()


def same_report(report: Report, full: Report) -> bool:
    """Whether two reports tell the same."""
    return (report.findings, report.vacuous, report.notes, report.serialize()) == (
        full.findings,
        full.vacuous,
        full.notes,
        full.serialize(),
    )


def test_after_each_edit_it_tells_what_a_check_of_all_would() -> None:
    """What is inferred, what axioms forbid and what is unused included; an edit in three is taken back."""
    store = geokg.sample().store
    report, editor = StandingReport(store), edits.Editor(store.ox, seed=3)
    for number, kind in enumerate(edits.KINDS):
        removed, added = editor.edit(kind)
        kept = report.apply(removed, added, store=store)
        if number % 3 == 2:
            editor.carry_out(added, removed)
            report.undo(kept)
        assert same_report(report.report(), KnowledgeGraph(store).validate()), kind


OWN = """
:odd sh:targetSubjectsOf :p ; sh:property [ sh:path :p ; sh:pattern "^(?!bad)" ] .
:stray sh:targetNode :nobody ; sh:sparql [ sh:prefixes :names ; sh:message "reaches {?o}" ;
    sh:select "SELECT $this ?o { $this :q* ?o }" ] .
:late sh:targetClass :Inferred ; sh:property [ sh:path :p ; sh:minCount 1 ] .
:names sh:declare [ sh:prefix "" ; sh:namespace "x:"^^xsd:anyURI ] .
"""


def test_shapes_that_no_query_can_do_and_nodes_that_no_triple_has_are_judged_elsewhere() -> None:
    shapes, store = Graph().parse(data=HEAD + OWN, format="turtle"), Store.memory()
    inferred, bad = store.base.graph + "inferred", ox.Literal("bad")
    link = ox.Quad(ox.NamedNode("x:nobody"), ox.NamedNode("x:q"), ox.NamedNode("x:a"))
    typed = ox.Quad(ox.NamedNode("x:b"), TYPE, ox.NamedNode("x:Inferred"), ox.NamedNode(inferred))
    report = StandingReport(store, shapes=shapes)
    first, second = (ox.Quad(ox.NamedNode(f"x:{name}"), ox.NamedNode("x:p"), bad) for name in "ab")
    told = []
    for quad in (first, link, typed, second):
        store.extend([quad])
        told.append(len(report.apply([], [quad], store=store).new))
        assert same_report(report.report(), KnowledgeGraph(store).validate(shapes=shapes))
    assert told == [1, 1, 1, 1]
    assert any("pyshacl" in note for note in report.report().notes)
