"""Every shape against its examples: ``<Shape>-valid`` fits all shapes, ``<Shape>-invalid-NN`` fails that one alone.

The examples are found by their names. The first line of each says what is right or wrong in it.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from pyshacl import validate as meta_validate
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import RDF, RDFS, SH, SKOS, XSD

from geokg.shacl import Result, queries, read_shapes, validate
from geokg.shacl.shapes import KNOWN, TARGETS, targets
from geokg.store import parse
from geokg.vocabulary import DEFAULT_BASE, GK, GKS, GKX, packaged

EXAMPLES = sorted((Path(__file__).parent / "shapes").glob("*.t*"))
EXAMPLE = re.compile(r"(?P<shape>.+)-(?P<kind>valid|invalid)(-\d\d)?")
ONTOLOGY = DEFAULT_BASE + "graph/ontology"
DIRT = [
    ox.BlankNode("dirt"),
    ox.NamedNode("urn:dirt"),
    ox.Literal("dirt"),
    ox.Literal('C:\\dirt "\n'),
    ox.Literal("dirt", language="fr"),
    *(
        ox.Literal(text, datatype=ox.NamedNode(str(kind)))
        for text, kind in [
            ("dirt", XSD.integer),
            ("dirt", XSD.dateTime),
            ("-5", XSD.integer),
            ("99999999999999999999", XSD.integer),
            ("36.0", XSD.decimal),
            ("NaN", XSD.double),
            ("1e400", XSD.double),
            ("2021", XSD.gYear),
            ("2021-08-15", XSD.date),
            ("2021-08-15T00:00:00", XSD.dateTime),
            ("P1D", XSD.duration),
        ]
    ),
]
PROSE = {str(SKOS[term]) for term in ("definition", "editorialNote", "example", "scopeNote")}
SEVERITIES = {SH.Info, SH.Violation, SH.Warning}


def name(iri: object) -> str:
    return str(iri).removeprefix(str(GKS))


def of_kind(kind: str) -> list[Path]:
    return [file for file in EXAMPLES if EXAMPLE.fullmatch(file.stem)["kind"] == kind]


def shape_of(file: Path) -> str:
    return EXAMPLE.fullmatch(file.stem)["shape"]


@pytest.fixture(scope="module")
def shapes() -> Graph:
    return read_shapes(packaged("ontology") / "shapes")


@pytest.fixture(scope="module")
def ontology() -> list[ox.Quad]:
    files = [*packaged("ontology").glob("*.ttl"), *packaged("ontology").glob("vocab/*.ttl")]
    quads = [quad for file in files for quad in parse(file, graph=ONTOLOGY)]
    # No shape reads prose, and without it each example is judged sooner.
    return [
        quad
        for quad in quads
        if getattr(quad.object, "language", None) in (None, "en") and quad.predicate.value not in PROSE
    ]


@pytest.fixture(scope="module", autouse=True)
def parsed_once() -> Iterator[None]:
    """Each example is a dataset of its own, but their queries are the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "prepare", functools.cache(queries.prepare))
        yield


def findings(file: Path, ontology: list[ox.Quad], shapes: Graph) -> list[Result]:
    return validate([*ontology, *parse(file)], shapes).results


@pytest.mark.parametrize("file", of_kind("valid"), ids=lambda file: file.name)
def test_valid_example_fits_every_shape(file: Path, ontology: list[ox.Quad], shapes: Graph) -> None:
    assert findings(file, ontology, shapes) == []


@pytest.mark.parametrize("file", of_kind("invalid"), ids=lambda file: file.name)
def test_invalid_example_fails_its_shape_alone(file: Path, ontology: list[ox.Quad], shapes: Graph) -> None:
    found = findings(file, ontology, shapes)
    shape = GKS[shape_of(file)]
    assert {(result.shape, result.severity) for result in found} == {(shape, shapes.value(shape, SH.severity))}
    for result in found:
        assert len(result.messages) == 1
        assert not re.search(r"\{[$?]", result.messages[0]), "a variable of the message that the query does not give"


@pytest.mark.parametrize("seed", range(3))
def test_dirty_data_is_judged_to_the_end(seed: int, ontology: list[ox.Quad], shapes: Graph) -> None:
    """What stands where it should not is a finding; it never stops the run, as rdflib's arithmetic would."""
    chance = random.Random(seed)
    dirty: list[ox.Quad] = []
    for quad in (quad for file in of_kind("valid")[seed::3] for quad in parse(file)):
        dice = chance.random()
        if dice < 0.1 and quad.predicate.value != str(RDF.type):
            quad = ox.Quad(quad.subject, quad.predicate, chance.choice(DIRT), quad.graph_name)
        if dice < 0.97:
            dirty.append(quad)
    found = {name(result.shape) for result in validate([*ontology, *dirty], shapes).results}
    assert {"Claim-claimant", "Anno-offsets", "Labels-language"} <= found


def test_every_shape_has_both_examples_and_every_example_a_shape(shapes: Graph) -> None:
    names = {name(shape) for kind in (SH.NodeShape, SH.PropertyShape) for shape in shapes.subjects(RDF.type, kind)}
    assert names
    assert {shape_of(file) for file in of_kind("valid")} == names
    assert {shape_of(file) for file in of_kind("invalid")} == names


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_example_says_first_what_it_shows(file: Path) -> None:
    start = {"valid": "# As it should be: ", "invalid": "# Wrong: "}[EXAMPLE.fullmatch(file.stem)["kind"]]
    assert file.read_text(encoding="utf-8").startswith(start)


def test_shapes_and_constraints_are_named_and_explain_themselves(shapes: Graph) -> None:
    found = {node for kind in (SH.NodeShape, SH.PropertyShape) for node in shapes.subjects(RDF.type, kind)}
    found |= {subject for predicate in (SH.path, SH.sparql, *TARGETS) for subject in shapes.subjects(predicate, None)}
    for shape in found:
        assert isinstance(shape, URIRef) and shape.startswith(str(GKS)), shape
        assert any(targets(shapes, shape)), f"{name(shape)} judges nothing"
        assert shapes.value(shape, SH.severity, any=False) in SEVERITIES, name(shape)
        message = shapes.value(shape, SH.message, any=False)
        assert isinstance(message, Literal) and message.language == "en" and message.endswith("."), name(shape)
        assert not re.search(r"\b[a-z]+:\S|://", message), f"{name(shape)} speaks in terms, not words"
        assert shapes.value(shape, RDFS.label, any=False), name(shape)
    for shape, constraint in shapes.subject_objects(SH.sparql):
        assert isinstance(constraint, URIRef) and constraint.startswith(f"{shape}-"), constraint
        assert shapes.value(constraint, SH.prefixes, any=False) == GKS[""], name(constraint)
        assert (constraint, RDF.type, SH.SPARQLConstraint) in shapes, name(constraint)


def test_everything_is_said_to_belong_to_the_shapes(shapes: Graph) -> None:
    subjects = {subject for subject in shapes.subjects() if not isinstance(subject, BNode)} - {GKS[""]}
    assert {subject for subject in subjects if shapes.value(subject, RDFS.isDefinedBy) != GKS[""]} == set()


def test_only_known_shacl_terms_are_used(shapes: Graph) -> None:
    used = {term.removeprefix(str(SH)) for triple in shapes for term in triple if str(term).startswith(str(SH))}
    assert used - KNOWN == set()


def test_a_message_names_only_what_its_queries_give(shapes: Graph) -> None:
    for shape, message in shapes.subject_objects(SH.message):
        named = set(re.findall(r"\{[$?](\w+)\}", message))
        given = [
            set(re.findall(r"[$?](\w+)", shapes.value(query, SH.select).partition("WHERE")[0]))
            for query in shapes.objects(shape, SH.sparql)
        ]
        assert all(named <= names for names in given) and (given or not named), name(shape)


def test_no_shape_lists_the_concepts_of_a_scheme(shapes: Graph) -> None:
    """Stewards extend a list of values by adding a concept; a shape that repeats the list would refuse it."""
    assert set(shapes.subjects(SH["in"], None)) == set()


def test_shapes_are_shacl(shapes: Graph) -> None:
    conforms, _, text = meta_validate(shapes, shacl_graph=Graph(), meta_shacl=True)
    assert conforms, text


def test_shapes_speak_of_terms_that_exist(shapes: Graph, ontology: list[ox.Quad]) -> None:
    spaces = tuple(map(str, (GK, GKX)))
    defined = {quad.subject.value for quad in ontology if isinstance(quad.subject, ox.NamedNode)}
    used = {str(term) for triple in shapes for term in triple if isinstance(term, URIRef) and term.startswith(spaces)}
    for query in shapes.objects(None, SH.select):
        used |= {str(GK[term]) for term in re.findall(r"\bgk:(\w+)", query)}
        used |= {str(GKX[term]) for term in re.findall(r"\bgkx:([\w-]+)", query)}
    assert used - defined == set()


def test_every_fact_layer_property_is_guarded(shapes: Graph, ontology: list[ox.Quad]) -> None:
    marked = {quad.subject.value for quad in ontology if quad.predicate.value == str(GK.isFactLayer)}
    assert marked
    assert {str(node) for node in shapes.objects(GKS["Layer-facts"], SH.targetSubjectsOf)} == marked


def test_every_property_with_a_list_of_values_is_guarded(shapes: Graph, ontology: list[ox.Quad]) -> None:
    listed = {quad.subject.value for quad in ontology if quad.predicate.value == str(GK.valuesFrom)}
    assert listed
    assert {str(node) for node in shapes.objects(GKS["Value-scheme"], SH.targetSubjectsOf)} == listed


def test_every_object_property_has_its_objects_checked(shapes: Graph, ontology: list[ox.Quad]) -> None:
    """Closed world: each object property that a document may use is in the path of a shape with a class, or a list.

    A judgement may also be about some words of a text, which are described by their offsets alone.
    """
    kinds: dict[str, set[str]] = {}
    for quad in ontology:
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(str(GK)):
            kinds.setdefault(quad.subject.value, set()).add(f"{quad.predicate.value} {quad.object}")
    wanted = {
        iri
        for iri, said in kinds.items()
        if any("#ObjectProperty" in fact for fact in said) and not any(str(GK.isFactLayer) in fact for fact in said)
    }
    checked = {str(node) for node in shapes.objects(GKS["Value-scheme"], SH.targetSubjectsOf)}
    for shape in {*shapes.subjects(SH["class"], None), GKS["Typing-any"]}:
        checked |= {str(node) for node in shapes.objects(shape, SH.targetSubjectsOf)}
        checked.add(str(shapes.value(shape, SH.path)))
    assert wanted - checked == {str(GK.judgesFirst), str(GK.judgesSecond)}
