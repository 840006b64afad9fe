"""The standing report: after every edit it is what judging all again would give."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable

import pyoxigraph as ox
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import Graph

from geokg.shacl.judge import Fault
from geokg.shacl.model import Model
from geokg.shacl.reading import read_model
from geokg.shacl.standing import Standing
from geokg.shacl.validator import Validator

HEAD = """@prefix : <x:> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
SUBCLASS = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf")

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
    st.sampled_from(["sh:nodeKind sh:IRI", "sh:datatype xsd:integer", "sh:maxInclusive 1", 'sh:pattern "a"']),
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
    return st.lists(parts, min_size=1, max_size=2, unique_by=lambda part: part.split()[0]).map(" ; ".join)


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """What shapes say of shapes."""
    shape = st.one_of(inner, st.builds("sh:path {} ; {}".format, paths, several(st.one_of(about_properties, inner))))
    return st.one_of(
        st.builds("sh:property [ sh:path {} ; {} ]".format, paths, several(st.one_of(about_properties, inner))),
        st.builds("sh:node [ {} ]".format, shape),
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


@given(shapes, st.lists(quads, min_size=4, max_size=20), changes)
@settings(max_examples=int(os.environ.get("GEOKG_EXAMPLES", "150")), deadline=None)
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
        assert same(standing.results, Validator(model).validate(store).faults)
        assert Counter(standing.results) == known + Counter(told.new) - Counter(told.fixed)
