"""One graph, one text: the canonical form reads back as the same graph, whatever order it came in."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
)

from geokg.canonical import nquads, rewrite, trig, turtle
from geokg.canonical.__main__ import main
from geokg.vocabulary import packaged

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XSD = "http://www.w3.org/2001/XMLSchema#"
PREFIXES = {"e": "http://e.org/", "deep": "http://e.org/deep/", "xsd": XSD, "rdf": RDF}

# No lone surrogates: RDF has none.
text = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("\"'\\\n\r\t\0\x07\x7f\u2028\ufeff\ufffe😀\u0301#<>"),
    max_size=12,
)
iris = st.sampled_from(
    [
        "http://e.org/a", "http://e.org/deep/b", "http://e.org/", "http://e.org/a.b", "http://e.org/a.", "http://e.org/-a",
        "http://e.org/a/b", "http://e.org/a#b?c=d&e=(f),'g';h!$*+@:~", "http://e.org/%20%41", "http://e.org/été/中国",
        "http://e.org/1", "http://e.org/_x", "urn:x:y", RDF + "type", RDF + "first", RDF + "rest", RDF + "nil", "http://e.org/a\u200d",
    ]
).map(NamedNode)  # fmt: skip
blanks = st.integers(0, 5).map(lambda number: BlankNode(f"n{number}"))
datatypes = st.sampled_from(
    [XSD + name for name in ("integer", "boolean", "decimal", "double", "dateTime", "string")] + ["http://e.org/t"]
)
spellings = st.sampled_from(
    ["01", "+1", "1", "1.", ".5", "1.50", "-0.0", "1e0", "1E+5", ".5e1", "true", "1", "TRUE", " 1", "1\n", "", "١"]
)
literals = (
    text.map(Literal)
    | st.builds(
        lambda value, language: Literal(value, language=language),
        text,
        st.sampled_from(["en", "zh-Hans", "ps-Arab-AF"]),
    )
    | st.builds(lambda value, kind: Literal(value, datatype=NamedNode(kind)), spellings | text, datatypes)
)
quoted = st.builds(Triple, iris | blanks, iris, literals | blanks)
graph_names = st.sampled_from([DefaultGraph(), NamedNode("http://e.org/g"), NamedNode("urn:g"), BlankNode("n0")])


@st.composite
def shaped(draw: st.DrawFn) -> list[Quad]:
    """Statements, and now and then a list or a long chain of blank nodes, whole or with something wrong with it."""
    quads = draw(
        st.lists(st.builds(Quad, iris | blanks, iris, iris | literals | blanks | quoted, graph_names), max_size=14)
    )
    for number in range(draw(st.integers(0, 2))):
        graph = draw(graph_names)
        cells = [BlankNode(f"l{number}x{i}") for i in range(draw(st.integers(1, 4)))]
        ends = [*cells[1:], draw(st.sampled_from([NamedNode(RDF + "nil"), cells[0], BlankNode("n0")]))]
        for cell, rest in zip(cells, ends, strict=True):
            quads += [
                Quad(cell, NamedNode(RDF + "first"), draw(iris | literals | blanks), graph),
                Quad(cell, NamedNode(RDF + "rest"), rest, graph),
            ]
        if draw(st.booleans()):
            quads.append(Quad(draw(iris | blanks), NamedNode("http://e.org/p"), cells[0], graph))
    return quads


def same(one: list[Quad], other: list[Quad]) -> bool:
    """Whether two datasets differ in no more than the names of their blank nodes."""
    datasets = [Dataset(one), Dataset(other)]
    for dataset in datasets:
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return datasets[0] == datasets[1]


def graph(triples: list[Quad]) -> list[Quad]:
    return [Quad(t.subject, t.predicate, t.object) for t in triples]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shaped(), st.randoms(use_true_random=False))
def test_a_dataset_reads_back_the_same_and_is_written_the_same(quads: list[Quad], chance: random.Random) -> None:
    written = "".join(trig(quads, PREFIXES))
    read = list(parse(written, RdfFormat.TRIG))
    assert same(quads, read)
    shuffled = [*quads, *quads[:3]]
    chance.shuffle(shuffled)
    assert "".join(trig(shuffled, PREFIXES)) == written
    assert "".join(trig(read, PREFIXES)) == written
    assert same(quads, list(parse("".join(nquads(quads)), RdfFormat.N_QUADS)))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shaped())
def test_a_graph_reads_back_the_same_as_turtle(quads: list[Quad]) -> None:
    written = turtle(quads, PREFIXES)
    assert same(graph(quads), list(parse(written, RdfFormat.TURTLE)))
    assert rewrite(written) == written
    assert written == "" or (written.endswith("\n") and not written.endswith("\n\n"))
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]", written)


def lines(source: str) -> str:
    return rewrite("@prefix e: <http://e.org/> . " + source).removeprefix("@prefix e: <http://e.org/> .\n\n")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("e:a e:p e:c, e:b; a e:Z .", "e:a\n    a e:Z ;\n    e:p\n        e:b ,\n        e:c ;\n.\n"),
        ("e:a e:p 01, true, 'x' .", 'e:a\n    e:p\n        01 ,\n        true ,\n        "x" ;\n.\n'),
        ("e:a e:p (), [] .", "e:a\n    e:p\n        () ,\n        [] ;\n.\n"),
        ("e:a e:p [ e:q [ e:r (1 (2)) ] ] .", "e:a\n    e:p [ e:q [ e:r ( 1 ( 2 ) ) ] ] ;\n.\n"),
        ("[] e:p e:b . [ e:p e:a ] .", "[]\n    e:p e:a ;\n.\n\n[]\n    e:p e:b ;\n.\n"),
        ("e:a e:p _:x . e:b e:p _:x .", "e:a\n    e:p _:c14n0 ;\n.\n\ne:b\n    e:p _:c14n0 ;\n.\n"),
        ("_:x e:p _:x .", "_:c14n0\n    e:p _:c14n0 ;\n.\n"),
        ('e:a e:p "one\\n\\"two\\"" .', 'e:a\n    e:p """one\n"two\\"""" ;\n.\n'),
        ("e:a e:p <http://e.org/x/y> .", "e:a\n    e:p <http://e.org/x/y> ;\n.\n"),
        ("e:a e:p <http://e.org/x.> .", "e:a\n    e:p <http://e.org/x.> ;\n.\n"),
    ],
)  # fmt: skip
def test_it_reads_as_people_write_turtle(source: str, expected: str) -> None:
    assert lines(source) == expected


def test_the_ontology_comes_first_and_unused_prefixes_go() -> None:
    written = rewrite(
        "@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix z: <http://z.org/> . @prefix u: <http://u.org/> ."
        "z:a a owl:Class . z:m a owl:Ontology ."
    )
    assert written.startswith(
        "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n@prefix z: <http://z.org/> .\n\nz:m\n    a owl:Ontology"
    )
    assert "u.org" not in written


def test_a_blank_node_that_two_graphs_share_keeps_a_label() -> None:
    text = "_:a <http://e.org/p> 1 . <http://e.org/g> { <http://e.org/s> <http://e.org/p> _:a }"
    assert "".join(trig(parse(text, RdfFormat.TRIG))).count("_:c14n0") == 2


def test_nesting_has_a_limit() -> None:
    p = NamedNode("http://e.org/p")
    chain = [Quad(BlankNode(f"c{i}"), p, BlankNode(f"c{i + 1}")) for i in range(120)]
    cells = [Quad(BlankNode(f"l{i}"), NamedNode(RDF + "first"), Literal(i)) for i in range(5000)]
    cells += [Quad(BlankNode(f"l{i}"), NamedNode(RDF + "rest"), BlankNode(f"l{i + 1}")) for i in range(4999)]
    cells += [
        Quad(BlankNode("l4999"), NamedNode(RDF + "rest"), NamedNode(RDF + "nil")),
        Quad(p, p, BlankNode("l0")),
    ]
    assert same(chain + cells, list(parse(turtle(chain + cells), RdfFormat.TURTLE)))


def test_the_command_checks_and_rewrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, poor, bad = (tmp_path / name for name in ("good.ttl", "poor.ttl", "bad.ttl"))
    good.write_text(rewrite("<http://e.org/a> a <http://e.org/B> ."), encoding="utf-8")
    poor.write_text("<http://e.org/a> a <http://e.org/B> . # why", encoding="utf-8")
    bad.write_text("<http://e.org/a>\n a .", encoding="utf-8")
    assert main(["--check", str(good)]) == 0
    assert main(["--check", str(good), str(poor)]) == 1
    assert "poor.ttl" in (out := capsys.readouterr().out)
    assert "good.ttl" not in out
    assert "# why" in poor.read_text(encoding="utf-8")
    assert main([str(poor)]) == 0
    assert poor.read_text(encoding="utf-8") == good.read_text(encoding="utf-8")
    assert main(["--check", str(good), str(poor)]) == 0
    assert main([str(bad)]) == 2
    assert "bad.ttl:2:" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.ttl", "good.ttl", "poor.ttl"]


def test_it_runs_as_a_module(tmp_path: Path) -> None:
    path = tmp_path / "poor.ttl"
    path.write_text("<http://e.org/a> a <http://e.org/B> .", encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "geokg.canonical", "--check", str(path)], capture_output=True, text=True
    )
    assert (ran.returncode, ran.stderr) == (1, "")
    assert "poor.ttl" in ran.stdout


def turtle_files() -> list[Path]:
    """The Turtle that stewards edit: the ontology, the entities, the reference data."""
    return sorted([*packaged("ontology").rglob("*.ttl"), *packaged("data").rglob("*.ttl")])


@pytest.mark.parametrize("path", turtle_files(), ids=lambda path: path.name)
def test_shipped_turtle_is_canonical(path: Path) -> None:
    """``python -m geokg.canonical ontology/**/*.ttl data/**/*.ttl`` puts it right."""
    assert path.read_text(encoding="utf-8") == rewrite(path.read_bytes())
