"""Every shape against its examples: ``shapes/<Shape>-valid`` fits all shapes, ``shapes/<Shape>-invalid-NN`` fails that one alone.

The examples are found by their names. Each first line says what is right or wrong in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rdflib
from pyshacl import validate
from rdflib import Dataset, Graph, Node, URIRef
from rdflib.namespace import RDF, RDFS, SH
from rdflib.plugins.sparql import processor

from geokg.vocabulary import DEFAULT_BASE, GKS, packaged

SHAPES = packaged("ontology") / "shapes"
EXAMPLES = Path(__file__).parent / "shapes"
ONTOLOGY = URIRef(DEFAULT_BASE + "graph/ontology")
EXAMPLE = re.compile(r"(?P<shape>.+)-(valid|invalid-\d\d)")
TARGETS = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)
INVALID = sorted(EXAMPLES.glob("*-invalid-*.t*"))
VALID = sorted(EXAMPLES.glob("*-valid.t*"))

# rdflib warns of names that rdflib itself and pyshacl use.
pytestmark = pytest.mark.filterwarnings("ignore:(Dataset|ConjunctiveGraph):DeprecationWarning")


def parse_shapes() -> Graph:
    graph = Graph()
    for file in sorted(SHAPES.glob("*.ttl")):
        graph.parse(data=file.read_text(encoding="utf-8"))
    return graph


def shape_names(graph: Graph) -> list[str]:
    kinds = (SH.NodeShape, SH.PropertyShape)
    return sorted(str(node).removeprefix(str(GKS)) for kind in kinds for node in graph.subjects(RDF.type, kind))


@pytest.fixture(autouse=True, scope="module")
def spelling() -> Iterator[None]:
    """A literal is judged as it is spelt: rdflib would write ``Z`` as ``+00:00`` before any shape sees it."""
    before, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    yield
    rdflib.NORMALIZE_LITERALS = before


@pytest.fixture(scope="module")
def shapes(spelling: None) -> Graph:
    return parse_shapes()


@pytest.fixture(scope="module")
def ontology(spelling: None) -> Dataset:
    dataset = Dataset(default_union=True)
    graph = dataset.graph(ONTOLOGY)
    for file in (*packaged("ontology").glob("*.ttl"), *packaged("ontology").glob("vocab/*.ttl")):
        graph.parse(data=file.read_text(encoding="utf-8"))
    return dataset


@pytest.fixture(autouse=True, scope="module")
def parsed_once() -> Iterator[None]:
    """pyshacl has rdflib parse each query again for each node; that is nearly all of its time."""
    parse, translate = processor.parseQuery, processor.translateQuery
    kept: dict[str, Any] = {}

    def translated(query: str, base: str | None = None, names: Any = None) -> Any:
        if query not in kept:
            kept[query] = translate(parse(query), base, names)
        return kept[query]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processor, "parseQuery", str)
        patch.setattr(processor, "translateQuery", translated)
        yield


def findings(file: Path, ontology: Dataset, shapes: Graph) -> set[tuple[str, Node | None]]:
    """The names of the shapes that an example fails, each with its severity."""
    example = list(Dataset().parse(data=file.read_text(encoding="utf-8"), format="trig").quads())
    for quad in example:
        ontology.add(quad)
    try:
        _, report, _ = validate(ontology, shacl_graph=shapes, inference="none")
    finally:
        for quad in example:
            ontology.remove(quad)
    return {
        (str(report.value(result, SH.sourceShape)).removeprefix(str(GKS)), report.value(result, SH.resultSeverity))
        for result in report.subjects(RDF.type, SH.ValidationResult)
    }


@pytest.mark.parametrize("file", VALID, ids=lambda file: file.name)
def test_valid_example_fits_every_shape(file: Path, ontology: Dataset, shapes: Graph) -> None:
    assert findings(file, ontology, shapes) == set()


@pytest.mark.parametrize("file", INVALID, ids=lambda file: file.name)
def test_invalid_example_fails_its_shape_alone(file: Path, ontology: Dataset, shapes: Graph) -> None:
    name = EXAMPLE.fullmatch(file.stem)["shape"]
    assert findings(file, ontology, shapes) == {(name, shapes.value(GKS[name], SH.severity))}


def test_every_shape_has_both_examples_and_every_example_a_shape(shapes: Graph) -> None:
    names = set(shape_names(shapes))
    assert names
    assert {EXAMPLE.fullmatch(file.stem)["shape"] for file in VALID} == names
    assert {EXAMPLE.fullmatch(file.stem)["shape"] for file in INVALID} == names
