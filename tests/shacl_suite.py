"""The W3C SHACL suite for any engine: reports must be the expected ones, literals in the very spelling.

    python tests/shacl_suite.py

prints how many of the tests each engine passes, and which it does not: geokg's (on files, on a store that is already
loaded, and its reference), and pyshacl and pyshifty as they come.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import rdflib
from rdflib import BNode, Graph, URIRef
from rdflib.namespace import RDF, SH

from geokg.errors import GeokgError
from geokg.shacl import read_shapes, validate
from geokg.shacl.terms import as_spelt, from_ox, quads_to_ox, to_ox

SHARED = Path(os.environ.get("GEOKG_SHARED") or Path(__file__).resolve().parents[2] / "shared")
SUITE = SHARED / "w3c" / "shacl"
SHT = rdflib.Namespace("http://www.w3.org/ns/shacl-test#")
MF = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
PREFIXES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix e: <urn:e:> .
"""
_GIVEN = (SH.sourceShape, SH.sourceConstraint, SH.focusNode, SH.value)

Engine = Callable[[Path, Path], Graph]
"""From the files of data and shapes to a report; whatever it raises is a failure that it signals."""


def graph(text: str) -> Graph:
    """Turtle as it is spelt."""
    made = Graph()
    with as_spelt():
        for quad in ox.parse(PREFIXES + text, format=ox.RdfFormat.TURTLE):
            made.add((from_ox(quad.subject), from_ox(quad.predicate), from_ox(quad.object)))
    return made


def tests(manifest: Path = SUITE / "manifest.ttl") -> list[Path]:
    """The test files below a manifest."""
    if not manifest.exists():
        return []
    made = read_shapes(manifest)
    if any(made.objects(None, MF.entries)):
        return [manifest]
    base = manifest.resolve().as_uri()
    included = [Path(str(item).removeprefix("file://")) for item in made.objects(URIRef(base), MF.include)]
    return [test for item in sorted(included) for test in tests(item)]


def failures(engine: Engine) -> dict[str, str]:
    """The tests that an engine does not pass, and why."""
    found = {str(path.relative_to(SUITE.resolve()).with_suffix("")): _failure(engine, path) for path in tests()}
    return {name: why for name, why in found.items() if why}


def _failure(engine: Engine, path: Path) -> str:
    """Why an engine does not pass a test; nothing if it does."""
    everything = read_shapes(path)
    action = next(everything.objects(None, MF.action))
    files = [
        Path(str(everything.value(action, part)).removeprefix("file://")) for part in (SHT.dataGraph, SHT.shapesGraph)
    ]
    expected = next(everything.objects(None, MF.result))
    try:
        report = engine(*files)
    except Exception as error:  # engines have no error in common
        return "" if expected == SHT.Failure else str(error).splitlines()[0]
    if expected == SHT.Failure:
        return "no failure was signalled"
    said = set(everything.transitive_objects(expected, SH.result))
    options = {
        "messages": any(everything.value(result, SH.resultMessage) for result in said),
        "detail": any(everything.value(result, SH.detail) for result in said),
    }
    root = report.value(predicate=RDF.type, object=SH.ValidationReport)
    same = root is not None and _canonical(everything, expected, **options) == _canonical(report, root, **options)
    return "" if same else "another report"


def _canonical(report: Graph, root: rdflib.term.Node, *, messages: bool, detail: bool) -> set[ox.Quad]:
    """A report as quads with stable names for blank nodes, without what the suite leaves to the engine.

    Each path is written out anew, whether two results share its blank node or have one each.
    """
    kept: list[ox.Quad] = []

    def copy(node: rdflib.term.Node, name: ox.NamedNode | ox.BlankNode) -> None:
        for predicate, value in report.predicate_objects(node):
            if (predicate == SH.resultMessage and not messages) or (predicate == SH.detail and not detail):
                continue
            term = to_ox(value)
            if isinstance(value, BNode) and predicate not in _GIVEN:
                term = ox.BlankNode()
                copy(value, term)
            kept.append(ox.Quad(name, to_ox(predicate), term))

    copy(root, ox.BlankNode())
    made = ox.Dataset(kept)
    made.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(made)


def compiled(data: Path, shapes: Path) -> Graph:
    """geokg, on files."""
    rules = read_shapes(shapes)
    return validate(rules if data == shapes else read_shapes(data), rules, engine="compiled").graph


def loaded(data: Path, shapes: Path) -> Graph:
    """geokg, on a store that is already loaded."""
    rules, store = read_shapes(shapes), ox.Store()
    store.extend(quads_to_ox(rules if data == shapes else read_shapes(data)))
    return validate(store, rules, engine="compiled").graph


def reference(data: Path, shapes: Path) -> Graph:
    """pyshacl, as geokg runs it."""
    rules = read_shapes(shapes)
    return validate(rules if data == shapes else read_shapes(data), rules, engine="pyshacl").graph


def pyshacl(data: Path, shapes: Path) -> Graph:
    """pyshacl, as it comes."""
    from pyshacl import validate as pyshacl_validate

    graphs = [Graph().parse(file, format="turtle", publicID=file.as_uri()) for file in (data, shapes)]
    _, report, text = pyshacl_validate(graphs[0], shacl_graph=graphs[1])
    if not isinstance(report, Graph):
        raise GeokgError(text)
    return report


def pyshifty(data: Path, shapes: Path) -> Graph:
    """pyshifty, as it comes."""
    import shifty

    with as_spelt():
        report: Graph = shifty.validate(data, shacl_graph=shapes, graph_mode="data", infer=False, base=data.as_uri())[1]
    return report


ENGINES: dict[str, Engine] = {
    "geokg, on files": compiled,
    "geokg, on a loaded store": loaded,
    "pyshacl, as geokg runs it": reference,
    "pyshacl, as it comes": pyshacl,
    "pyshifty, as it comes": pyshifty,
}


def main() -> None:
    """Print how each engine does."""
    number = len(tests())
    for name, engine in ENGINES.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            failed = failures(engine)
        print(f"{name}: {number - len(failed)} of {number}")
        for test, why in failed.items():
            print(f"    {test}: {why[:100]}")


if __name__ == "__main__":
    main()
