from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

import geokg
from geokg.errors import GeokgError, QuerySyntaxError, ReadError, UnknownFormat
from geokg.store import Store, has_dataset, parse

S, P, A, B = (ox.NamedNode(f"http://e.org/{name}") for name in "spab")


@pytest.fixture
def store() -> Store:
    store = Store.memory()
    store.extend([ox.Quad(S, P, ox.Literal("one"), A), ox.Quad(S, P, ox.Literal("two"), B)])
    return store


def values(results):
    return sorted(row["o"].value for row in results)


def test_default_graph_is_the_union(store):
    assert values(store.query("SELECT ?o { ?s ?p ?o }")) == ["one", "two"]


def test_from_narrows_the_union(store):
    assert values(store.query("SELECT ?o FROM <http://e.org/a> { ?s ?p ?o }")) == ["one"]
    assert values(store.query("SELECT ?o FROM NAMED <http://e.org/b> { GRAPH ?g { ?s ?p ?o } }")) == ["two"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT * FROM <x:g> {}", True),
        ("SELECT * from named <x:g> {}", True),
        ("CONSTRUCT { ?s ?p ?o } # a comment\nFROM <x:g> { ?s ?p ?o }", True),
        ("SELECT ?from { ?s x:from 'FROM' } # FROM", False),
        ('SELECT * { ?s <http://e.org/FROM> """it\'s FROM""" }', False),
        ("SELECT * { ?s from:x $FROM }", False),
    ],
)
def test_from_is_told_from_what_looks_like_it(query, expected):
    assert has_dataset(query) is expected


def test_named_in_part_is_that_part_alone(store):
    assert values(store.query("SELECT ?o { ?s ?p ?o }", default_graph="http://e.org/a")) == ["one"]
    assert values(store.query("SELECT ?o { GRAPH ?g { ?s ?p ?o } }", default_graph="http://e.org/a")) == []
    assert values(store.query("SELECT ?o { ?s ?p ?o }", named_graphs=["http://e.org/a"])) == []


def test_syntax_error_has_its_place(store):
    with pytest.raises(QuerySyntaxError) as caught:
        store.query("SELECT ?x {\n ?x ?y }")
    assert (caught.value.line, caught.value.status) == (2, 400)
    assert len(str(caught.value)) < 200


def test_undeclared_prefix_is_said_in_words(store):
    with pytest.raises(QuerySyntaxError, match="prefix is not declared"):
        store.query("SELECT * { ?s nobody:knows ?o }")


@pytest.mark.parametrize("suffix", [".trig", ".nq", ".jsonld"])
def test_saved_twice_is_the_same_bytes_and_reads_back(kg, tmp_path, suffix):
    first, second = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
    kg.save(first)
    again = Store.memory()
    again.extend(reversed(list(kg.store.quads())))
    again.save(second)
    assert first.read_bytes() == second.read_bytes()
    assert len(geokg.open(first)) == len(kg)


def test_saved_as_a_folder_reads_back(kg, tmp_path):
    kg.save(tmp_path / "store")
    kg.save(tmp_path / "store")  # in place of the first
    assert len(geokg.open(tmp_path / "store", read_only=True)) == len(kg)
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_folder_that_is_no_store_is_left_alone(kg, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(GeokgError, match="is no store"):
        kg.save(tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_what_cannot_be_written_leaves_what_was_there(kg, tmp_path):
    with pytest.raises(GeokgError, match="cannot be written"):
        kg.save(tmp_path / "file" / "kg.trig") if (tmp_path / "file").write_text("x") else None
    with pytest.raises(UnknownFormat, match=r"\.trig"):
        kg.save(tmp_path / "kg.docx")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_namespaces_of_older_owl_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "old.rdf"
    path.write_text(
        """<?xml version="1.0"?>
<!DOCTYPE rdf:RDF [ <!ENTITY owl "http://www.w3.org/2002/07/owl#" > ]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><!-- no more -->
<rdf:Description rdf:about="http://e.org/a"><rdf:type rdf:resource="&owl;Class"/></rdf:Description></rdf:RDF>"""
    )
    (quad,) = parse(path)
    assert str(quad.object) == "<http://www.w3.org/2002/07/owl#Class>"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("bad.ttl", "<http://e.org/a>\n  <http://e.org/b> .", "bad.ttl:2"),
        ("bad.trig", "<http://e.org/g> {", "bad.trig"),
        ("bad.jsonld", '{"@context": "https://example.org/context.jsonld", "@id": "http://e.org/a"}', "bad.jsonld"),
        ("bad.rdf", "<rdf:RDF", "bad.rdf"),
        (
            "bomb.rdf",
            '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><r>&b;</r>',
            "bomb.rdf: RDF/XML with entities for more than",
        ),
        (
            "bomb.jsonld",
            '{"http://e.org/p":' * 5000 + "1" + "}" * 5000,
            "bomb.jsonld: JSON-LD that is nested more than",
        ),
    ],
)
def test_broken_file_names_its_line(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(ReadError, match=words):
        list(parse(path))


def test_open_says_what_is_not_there(tmp_path):
    with pytest.raises(ReadError, match="no such file"):
        geokg.open(tmp_path / "nothing.trig")
    (tmp_path / "kg.docx").write_text("")
    with pytest.raises(UnknownFormat, match=r"known are \.ttl"):
        geokg.open(tmp_path / "kg.docx")
