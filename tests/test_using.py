"""The dataset a request names for an update, against its patterns asked as queries and its templates filled here."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import pyoxigraph as ox
import pytest

from geokg.endpoint.operations import with_dataset

NAMES = ["a", "b", "c"]
GRAPHS = ["g", "h", "out"]
TRIPLES = [
    "?s ?p ?o",
    "?s <x:a> ?o",
    "?o <x:b> ?s",
    "<x:a> ?p ?o",
    "?s ?p <x:WHERE>",
    "where:a ?p ?o",
    "?s ?p 'DELETE WHERE {'",
]
ASIDE = ["", "", "", " ", "\n", " # WHERE { USING <x:h>\n", "\t# DELETE ' WHERE\r\n"]
Template = tuple[str, str, str, str]  # with the graph; nothing for the unnamed one
Row = dict[str, ox.NamedNode | ox.Literal]


@dataclass(frozen=True)
class Operation:
    """An operation with a pattern, or one without: as it is written, and what it means."""

    text: str
    pattern: str = ""
    deleted: tuple[Template, ...] = ()
    inserted: tuple[Template, ...] = ()


def pattern(draw: Random, depth: int = 2) -> str:
    parts = [f"{draw.choice(TRIPLES)} ." for _ in range(draw.randrange(3))]
    for _ in range(draw.randrange(3) if depth else 0):
        inner = pattern(draw, depth - 1)
        kind = ["GRAPH ?g { X }", "GRAPH <x:h> { X }", "OPTIONAL { X }", "FILTER NOT EXISTS { X }", "MINUS { X }"]
        kind += [
            "{ SELECT ?s ?o WHERE { X } }",
            "{ SELECT DISTINCT ?s { X } }",
            "{ X } UNION { X }",
            "FILTER('WHERE' != STR(?s))",
        ]
        parts.append(draw.choice(kind).replace(" X ", f" {inner} "))
    draw.shuffle(parts)
    return " ".join(parts)


def templates(draw: Random) -> tuple[Template, ...]:
    terms = ["?s", "?o", "<x:a>", "<x:WHERE>"]
    made = [
        (draw.choice(terms), "<x:a>", draw.choice([*terms, '"WHERE"']), draw.choice(["", "<x:out>", "<x:h>"]))
        for _ in range(2)
    ]
    return tuple(made[: draw.randrange(1, 3)])


def written(quads: tuple[Template, ...]) -> str:
    return " ".join(f"GRAPH {graph} {{ {s} {p} {o} }}" if graph else f"{s} {p} {o} ." for s, p, o, graph in quads)


def operation(draw: Random) -> Operation:
    def spelt(words: str) -> str:
        said = [draw.choice((word, word.lower(), word.capitalize())) for word in words.split()]
        return draw.choice(ASIDE) + " ".join(said) + " " + draw.choice(ASIDE)

    match draw.randrange(6):
        case 0:
            return Operation(
                f"{spelt('INSERT DATA')}{{ <x:a> <x:a> 'WHERE' }}", inserted=(("<x:a>", "<x:a>", '"WHERE"', ""),)
            )
        case 1:
            quads = (("?s", draw.choice(["?p", "<x:a>"]), "?o", draw.choice(["", "<x:h>", "?g"])),)
            return Operation(f"{spelt('DELETE WHERE')}{{ {written(quads)} }}", written(quads), quads)
        case _:
            where, deleted, inserted = pattern(draw), templates(draw), templates(draw)
            text, kinds = "", draw.choice(("D", "I", "DI"))
            text += f"{spelt('DELETE')}{{ {written(deleted)} }}" if "D" in kinds else ""
            text += f"{spelt('INSERT')}{{ {written(inserted)} }}" if "I" in kinds else ""
            text += f"{spelt('WHERE')}{{ {where} }}"
            return Operation(text, where, deleted if "D" in kinds else (), inserted if "I" in kinds else ())


def filled(store: ox.Store, quads: tuple[Template, ...], row: Row) -> list[ox.Quad]:
    """The quads of a template, without those that lack a part or would be none."""
    made = []
    for template in quads:
        terms = [row.get(term[1:]) if term[:1] == "?" else constant(term) for term in template]
        if all(terms) and not isinstance(terms[0], ox.Literal):
            made.append(ox.Quad(*terms))  # type: ignore[arg-type]
    return made


def constant(term: str) -> object:
    if not term:
        return ox.DefaultGraph()
    return ox.Literal(term[1:-1]) if term[0] == '"' else ox.NamedNode(term[1:-1])


def carried_out(store: ox.Store, prefix: str, given: Operation, default: list[str], named: list[str]) -> None:
    rows: list[Row] = [{}]
    if given.pattern:
        graphs = {
            name: [ox.NamedNode(iri) for iri in iris]
            for name, iris in (("default_graph", default), ("named_graphs", named))
        }
        found = store.query(f"{prefix} SELECT * {{ {given.pattern} }}", **graphs)  # type: ignore[arg-type]
        names = [variable.value for variable in found.variables]
        rows = [{name: row[name] for name in names if row[name] is not None} for row in found]
    for row in rows:
        for quad in filled(store, given.deleted, row):
            store.remove(quad)
    store.extend(quad for row in rows for quad in filled(store, given.inserted, row))


def data(draw: Random) -> list[ox.Quad]:
    def node() -> ox.NamedNode:
        return ox.NamedNode(f"x:{draw.choice([*NAMES, 'WHERE'])}")

    graphs = [ox.DefaultGraph(), *(ox.NamedNode(f"x:{graph}") for graph in GRAPHS)]
    return [ox.Quad(node(), node(), node(), draw.choice(graphs)) for _ in range(12)]


@pytest.mark.parametrize("seed", range(20))
def test_an_update_sees_the_dataset_of_its_request(seed: int) -> None:
    prefix, changed = "PREFIX where: <x:>", 0
    for number in range(20):
        draw = Random(f"{seed} {number}")
        start, given = data(draw), [operation(draw) for _ in range(draw.choice((1, 1, 2, 3)))]
        default = draw.sample(["x:g", "x:h", "x:none"], draw.randrange(3))
        named = draw.sample(["x:g", "x:h", "x:out"], draw.randrange(0 if default else 1, 3))
        text = f"{prefix} {' ; '.join(one.text for one in given)}"
        ours, expected = ox.Store(), ox.Store()
        for store in (ours, expected):
            store.extend(start)
        ours.update(with_dataset(text, default, named))
        for one in given:
            carried_out(expected, prefix, one, default, named)
        assert set(ours) == set(expected), (text, default, named)
        changed += set(ours) != set(start)
    assert changed > 5
