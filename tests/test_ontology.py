"""The ontology holds together: its style, its profile, what a reasoner makes of it, and that every term is used.

``python tests/test_ontology.py > tests/ontology/terms.txt`` writes the list of terms anew. A line that goes, or a new
domain, range or mark on an old line, is a change that can break other people's data: it needs a new major version.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterable
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, Store, parse
from rdflib import OWL, RDF, RDFS, SKOS, Graph, URIRef
from rdflib.collection import Collection

import geokg
from geokg.errors import GeokgError, UnknownTerm
from geokg.ontology import Ontology, check_consistency, load, owlready_world, reasoner_view
from geokg.vocabulary import GK, packaged

HERE = Path(__file__).parent / "ontology"
ONTOLOGY = packaged("ontology")
MODULES = [path for path in sorted(ONTOLOGY.glob("*.ttl")) if path.name != "restrictions.ttl"]
MARKS = (
    "FunctionalProperty",
    "InverseFunctionalProperty",
    "AsymmetricProperty",
    "IrreflexiveProperty",
    "SymmetricProperty",
    "TransitiveProperty",
)

needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="HermiT, the reasoner, needs Java")


@pytest.fixture(autouse=True)
def _java_starts_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty short runs of the reasoner: compiling well costs more than it saves."""
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")


def read(*paths: Path) -> list[Quad]:
    return [quad for path in paths for quad in parse(path=str(path), format=RdfFormat.TURTLE)]


def name(iri: object) -> str:
    return re.split("[/#]", str(iri))[-1]


# Style: each query finds a kind of mistake, in the whole ontology none, in its own bad example some.


def store(paths: Iterable[Path]) -> Store:
    """Files, each in a graph named by its ontology header, as the queries want it."""
    held = Store()
    for path in paths:
        quads = read(path)
        headers = [q.subject for q in quads if q.object == NamedNode(str(OWL.Ontology))]
        graph = headers[0] if headers else NamedNode("urn:file:" + path.name)
        held.extend(Quad(q.subject, q.predicate, q.object, graph) for q in quads)
    return held


@cache
def whole() -> Store:
    return store(path for path in sorted(ONTOLOGY.rglob("*.ttl")) if path.parent.name != "shapes")


def rows(held: Store, query: Path) -> list[str]:
    solutions = held.query(query.read_text(encoding="utf-8"), use_default_graph_as_union=True)
    return [" ".join(str(value) for value in solution) for solution in solutions]


QUERIES = sorted((HERE / "qc").glob("*-violation.rq"))


@pytest.mark.parametrize("query", QUERIES, ids=lambda path: path.stem.removesuffix("-violation"))
def test_style(query: Path) -> None:
    assert query.read_text(encoding="utf-8").startswith("# Finds ")
    assert rows(store([query.with_suffix(".ttl")]), query), "the query does not find its own bad example"
    assert rows(whole(), query) == []


def test_there_are_style_queries_and_each_bad_example_has_one() -> None:
    assert len(QUERIES) > 30
    assert {path.stem for path in QUERIES} == {path.stem for path in (HERE / "qc").glob("*.ttl")}


def test_shapes_and_data_use_declared_terms_only() -> None:
    files = [*ONTOLOGY.rglob("*.ttl"), *packaged("data").rglob("*.ttl")]
    assert rows(store(files), HERE / "qc" / "undeclared-term-violation.rq") == []


@pytest.mark.parametrize("path", sorted([*ONTOLOGY.rglob("*.rq"), *(HERE / "qc").glob("*.rq")]), ids=lambda p: p.name)
def test_queries_and_rules_use_declared_terms_only(path: Path) -> None:
    used = set(re.findall(r"\bgkx?:[A-Za-z][\w-]*", path.read_text(encoding="utf-8")))
    assert {term for term in used if not term.startswith("gkx:")} <= {f"gk:{name(term)}" for term in load().terms}
    assert {term for term in used if term.startswith("gkx:")} <= {f"gkx:{name(term)}" for term in load().terms}


@pytest.mark.parametrize("path", sorted(ONTOLOGY.rglob("*.ttl")), ids=lambda path: str(path.relative_to(ONTOLOGY)))
def test_no_default_prefix_and_no_base(path: Path) -> None:
    assert not re.search(r"^\s*@?(?:prefix\s+:|base\b)", path.read_text(encoding="utf-8"), re.IGNORECASE | re.MULTILINE)


def test_alignments_speak_only_of_declared_terms() -> None:
    declared = {quad.subject for quad in read(*ONTOLOGY.glob("stubs/*.ttl"), *MODULES)}
    for path in ONTOLOGY.glob("align/*.ttl"):
        quads = [q for q in read(path) if q.subject.value.startswith(str(GK))]
        assert quads, f"{path.name} aligns nothing"
        for quad in quads:
            assert quad.subject in declared, f"{path.name}: {quad.subject}"
            assert quad.object in declared, f"{path.name}: {quad.object}"


def test_the_bundle_brings_everything_that_a_user_needs() -> None:
    graph = load().graph
    bundle = URIRef("https://w3id.org/geokg/module/geokg")
    imported = set(graph.transitive_objects(bundle, OWL.imports))
    for path in [*MODULES, *ONTOLOGY.glob("vocab/*.ttl")]:
        (header,) = {q.subject.value for q in read(path) if q.object == NamedNode(str(OWL.Ontology))}
        assert URIRef(header) in imported, path.name


# Every term earns its place.


def users() -> str:
    files = [*ONTOLOGY.glob("queries/*.rq"), *ONTOLOGY.glob("shapes/*.ttl"), *ONTOLOGY.glob("rules/*.rq")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def test_every_term_is_used_by_a_question_a_shape_or_a_rule() -> None:
    used = set(re.findall(r"\bgk:(\w+)", users()))
    terms = {t.name for t in load().terms.values() if t.iri.startswith(str(GK)) and t.kind != "annotation property"}
    assert sorted(terms - used) == []


def test_every_annotation_property_is_used_by_the_ontology() -> None:
    used = {quad.predicate.value for quad in load().quads}
    assert {t.iri for t in load().terms.values() if t.kind == "annotation property"} <= used


def snapshot() -> str:
    """A line for each term: what it is, what stands above it, its domain, range and marks."""
    graph = load().graph
    lines = []
    for term in load().terms.values():
        subject = URIRef(term.iri)
        above = [*graph.objects(subject, RDFS.subClassOf), *graph.objects(subject, RDFS.subPropertyOf)]
        facts = [
            *(f"below {n}" for n in sorted(map(name, above))),
            *(f"from {n}" for n in sorted(map(name, graph.objects(subject, RDFS.domain)))),
            *(f"to {n}" for n in sorted(map(name, graph.objects(subject, RDFS.range)))),
            *(f"in {n}" for n in sorted(map(name, graph.objects(subject, SKOS.inScheme)))),
            *sorted(m.removesuffix("Property").lower() for m in MARKS if (subject, RDF.type, OWL[m]) in graph),
            *(["fact layer"] if (subject, GK.isFactLayer, None) in graph else []),
            *(["deprecated"] if term.deprecated else []),
        ]
        prefix = "gk" if term.iri.startswith(str(GK)) else "gkx"
        lines.append(f"{prefix}:{term.name}: {'; '.join([term.kind, *facts])}\n")
    return "".join(lines)


def test_the_list_of_terms_changes_only_on_purpose() -> None:
    assert snapshot() == (HERE / "terms.txt").read_text(encoding="utf-8")


# What the reasoner makes of it.


def axioms(graph: Graph) -> dict[str, set[tuple[object, object, object]]]:
    """Every axiom by which data can contradict itself: the names a file may have, and the triples that make it."""
    found: dict[str, set[tuple[object, object, object]]] = {}
    for mark, ending in zip(MARKS[:4], ("functional", "inverse-functional", "asymmetric", "irreflexive"), strict=True):
        for term in graph.subjects(RDF.type, OWL[mark]):
            found[f"{name(term)}-{ending}"] = {(term, RDF.type, OWL[mark])}
    for axiom in (OWL.disjointWith, OWL.propertyDisjointWith):
        for one, other in graph.subject_objects(axiom):
            found[f"{name(one)}-{name(other)}-disjoint"] = {(one, axiom, other)}
    for node in graph.subjects(RDF.type, OWL.AllDisjointClasses):
        pairs = combinations(Collection(graph, graph.value(node, OWL.members)), 2)
        found["|".join(f"{name(a)}-{name(b)}-disjoint" for a, b in pairs)] = {
            (node, RDF.type, OWL.AllDisjointClasses),
            (node, OWL.members, graph.value(node, OWL.members)),
        }
    return found


REJECT = sorted((HERE / "reject").glob("*.ttl"))


def test_each_axiom_has_a_file_that_breaks_it_and_each_file_an_axiom() -> None:
    files = {path.stem for path in REJECT}
    known = axioms(load(restrictions=True).graph)
    for names in known:
        assert files & set(names.split("|")), f"no tests/ontology/reject/{names.split('|')[0]}.ttl"
    assert files <= {one for names in known for one in names.split("|")}


def test_no_other_kind_of_axiom_can_contradict_unnoticed() -> None:
    """A new kind needs a new kind of test: this list, and ``axioms`` above."""
    quads = load(restrictions=True).quads
    owl = {name(term.value) for q in quads for term in (q.predicate, q.object) if isinstance(term, NamedNode)
           and term.value.startswith(str(OWL))}  # fmt: skip
    unknown = {"AllDifferent", "differentFrom", "complementOf", "AllDisjointProperties", "disjointUnionOf", "hasKey",
               "NegativePropertyAssertion", "oneOf", "Nothing", "bottomObjectProperty"}  # fmt: skip
    assert not owl & unknown


def bare(quads: Iterable[Quad]) -> list[Quad]:
    """Without labels and definitions, which make a reasoner's file long and its verdict no different."""
    return [q for q in quads if not q.predicate.value.startswith((str(SKOS), "http://purl.org/dc/terms/"))]


@needs_java
@pytest.mark.parametrize("path", REJECT, ids=lambda path: path.stem)
def test_hermit_rejects(path: Path) -> None:
    assert not check_consistency(bare(read(*MODULES)), read(path)).consistent


@needs_java
def test_hermit_rejects_them_for_these_axioms_and_nothing_else() -> None:
    """All contradictions together, held against an ontology without those axioms, are none."""
    graph = Graph() + load().graph
    for triples in axioms(graph).values():
        for triple in triples:
            graph.remove(triple)
    rest = parse(graph.serialize(format="nt"), RdfFormat.N_TRIPLES)
    examples: list[Quad] = []
    for path in REJECT:  # what is called ex:claim in two files is not one claim
        text = path.read_text(encoding="utf-8").replace("https://example.org/", f"https://example.org/{path.stem}/")
        examples += parse(text, RdfFormat.TURTLE)
    assert len(examples) > 3 * len(REJECT) / 2
    assert check_consistency(bare(rest), examples).consistent


@needs_java
def test_every_pair_of_a_disjoint_group_is_disjoint() -> None:
    """A class below both of a pair cannot have a member; one run of the reasoner tells so for all pairs."""
    below = NamedNode(str(RDFS.subClassOf))
    graph = load().graph
    groups = [
        list(Collection(graph, graph.value(n, OWL.members))) for n in graph.subjects(RDF.type, OWL.AllDisjointClasses)
    ]
    pairs = [pair for group in groups for pair in combinations(group, 2)] + list(
        graph.subject_objects(OWL.disjointWith)
    )
    probes = []
    for one, other in pairs:
        probe = NamedNode(f"https://example.org/{name(one)}-{name(other)}")
        probes.append(Quad(probe, NamedNode(str(RDF.type)), NamedNode(str(OWL.Class))))
        probes += [Quad(probe, below, NamedNode(str(one))), Quad(probe, below, NamedNode(str(other)))]
    found = check_consistency(bare(read(*MODULES)), probes)
    assert found.consistent
    assert not found
    assert set(found.unsatisfiable) == {quad.subject.value for quad in probes}
    assert len(found.unsatisfiable) > 40


@needs_java
@pytest.mark.parametrize(
    ("restrictions", "alignments"),
    [(False, False), (True, False), (True, True)],
    ids=["rl", "restrictions", "alignments"],
)
def test_the_ontology_is_consistent(restrictions: bool, alignments: bool) -> None:
    found = check_consistency(load(restrictions=restrictions, alignments=alignments).quads)
    assert found.consistent
    assert found.unsatisfiable == ()


@needs_java
def test_the_ontology_is_consistent_with_the_packaged_data() -> None:
    kg = geokg.sample()
    states = kg.base.graph + "reference/states"  # two hundred of one kind: enough are in the documents' graphs
    quads = [quad for quad in kg.store.quads() if getattr(quad.graph_name, "value", "") != states]
    used = {quad.object for quad in quads}
    quads += [quad for quad in kg.store.quads(states) if quad.subject in used]
    found = check_consistency(load(restrictions=True, alignments=True).quads, quads)
    assert found.consistent, found.explanation
    assert found.unsatisfiable == ()


@needs_java
@pytest.mark.parametrize(
    "untrue",
    [
        "state:CHN a gk:Territory .",
        "e:taliban a gk:State .",
        "e:territory-of-china gk:isTerritoryOf state:CHN, e:taliban .",
    ],
)
def test_the_packaged_data_with_something_untrue_is_inconsistent(untrue: str) -> None:
    prefixes = "".join(f"@prefix {prefix}: <{iri}> . " for prefix, iri in geokg.vocabulary.prefixes().items())
    entities = read(packaged("data") / "entities.ttl", packaged("data") / "reference" / "states.ttl")
    kept = [q for q in bare(entities) if not isinstance(q.subject, BlankNode)]
    chosen = {q.object for q in kept if q.predicate.value == str(GK.isTerritoryOf)}
    kept = [q for q in kept if "/data/state/" not in q.subject.value or q.subject in chosen]
    assert not check_consistency(bare(read(*MODULES)), kept, parse(prefixes + untrue, RdfFormat.TURTLE)).consistent


@needs_java
def test_a_failed_run_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert not check_consistency(bare(read(*MODULES)), read(REJECT[0])).consistent
    assert list(tmp_path.iterdir()) == []


def test_without_java_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda command: None)
    with pytest.raises(GeokgError, match=r"^Reasoning needs Java, .*\.$"):
        check_consistency(load().quads)


@needs_java
def test_what_hermit_cannot_read_is_an_error_of_ours() -> None:
    """Seen from here, a Java that is there and cannot run is the same."""
    chain = "@prefix gk: <https://w3id.org/geokg/ontology/> . @prefix owl: <http://www.w3.org/2002/07/owl#> . "
    refused = parse(chain + "gk:isLocatedIn a owl:FunctionalProperty .", RdfFormat.TURTLE)
    with pytest.raises(GeokgError, match=r"HermiT could not read the statements: .*isLocatedIn"):
        check_consistency(bare(read(*MODULES)), refused)


def test_the_view_for_the_reasoner_leaves_out_only_what_stops_it() -> None:
    text = (
        "@prefix e: <http://e.org/> . @prefix x: <http://www.w3.org/2001/XMLSchema#> ."
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> ."
        "e:a e:p '2021'^^x:gYear, '2021-08-15T00:00:00.5Z'^^x:dateTime, 'P1D'^^x:duration, 'x'^^x:integer,"
        "  'POINT(0 0)'^^<http://www.opengis.net/ont/geosparql#wktLiteral> ."
        "e:p rdfs:range x:date . e:q rdfs:range x:dateTime . e:r rdfs:range e:C ."
        "e:b e:p 'text', 'mot'@fr, 1, 1.5, true, 1e3, '2021-08-15T00:00:00Z'^^x:dateTime, e:a ."
    )
    kept = list(reasoner_view(parse(text, RdfFormat.TURTLE)))
    assert len(kept) == 10
    assert {name(triple.subject.value) for triple in kept} == {"b", "q", "r"}


# Look-up and views.


@pytest.mark.parametrize(
    "asked",
    ["https://w3id.org/geokg/ontology/RestraintCommitment", "gk:RestraintCommitment", "RestraintCommitment",
     "restraint commitment", "Restraint Commitment", " restraintcommitment "],
)  # fmt: skip
def test_a_term_goes_by_many_names(asked: str) -> None:
    assert load()[asked].iri == str(GK.RestraintCommitment)
    assert asked in load()


def test_a_term_is_found_by_its_label_in_any_language() -> None:
    for term in load().terms.values():
        for text, _ in term.labels:
            assert term in load().find(text)


def test_an_unknown_term_says_what_is_near() -> None:
    with pytest.raises(UnknownTerm) as caught:
        load().term("RestrantCommitment")
    assert caught.value.did_you_mean[0] == "RestraintCommitment"
    assert "xyzzy" not in load()
    with pytest.raises(UnknownTerm) as caught:
        load()["xyzzy"]
    assert caught.value.did_you_mean == ()


def test_closures_go_all_the_way_and_can_be_asked_twice() -> None:
    for _ in range(2):
        assert {name(iri) for iri in load().superclasses("RestraintCommitment")} == {
            "Commitment",
            "Undertaking",
            "SocialObject",
        }
        assert {name(iri) for iri in load().subclasses("Communication")} == {"Statement", "Meeting"}
    assert {name(iri) for iri in load().subclasses("Actor")} >= {"StateOrgan", "Official", "DocumentVoice"}


def test_properties_come_with_a_class_and_those_above_it() -> None:
    properties = {term.name for term in load().properties("RestraintCommitment")}
    assert properties >= {"hasCreditor", "hasConsequent", "isCreatedBy"}
    assert "isTenureOf" not in properties


def test_worlds_are_fresh_and_hold_individuals() -> None:
    ontology = load()
    first, second = ontology.world, ontology.world
    iri = str(GK.Commitment)
    first[iri]("mine", namespace=first.get_ontology(str(GK)))
    assert len(list(first[iri].instances())) == 1
    assert list(second[iri].instances()) == []
    classes = [term for term in ontology.terms.values() if term.kind == "class"]
    assert all(second[term.iri] is not None for term in classes)


def test_a_world_takes_data_in_python() -> None:
    text = (
        "@prefix gk: <https://w3id.org/geokg/ontology/> . @prefix e: <https://example.org/> ."
        "@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix oa: <http://www.w3.org/ns/oa#> ."
        "e:onto a owl:Ontology ; owl:imports <https://example.org/nowhere> ."
        "e:c a gk:RestraintCommitment ; gk:hasDebtor e:t ; gk:isEvidencedBy e:n . e:t a gk:Movement ."
        "e:n a oa:Annotation ."
    )
    world = owlready_world([*load().quads, *parse(text, RdfFormat.TURTLE)])
    commitment = world["https://example.org/c"]
    assert [debtor.iri for debtor in commitment.hasDebtor] == ["https://example.org/t"]
    assert isinstance(commitment, world.get_ontology(str(GK)).Undertaking)
    assert [name(thing.iri) for thing in commitment.isEvidencedBy] == ["n"]


def test_the_rdflib_view_is_the_same_ontology() -> None:
    graph = load().graph
    assert isinstance(graph, Graph)
    assert len(graph) == len(load().quads)
    assert Ontology.packaged() is load()


if __name__ == "__main__":
    sys.stdout.write(snapshot())
