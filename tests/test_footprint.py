"""Footprints: who is touched by a changed triple. Nobody who is may be left out; some who are not may be named."""

from __future__ import annotations

import os
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geokg.shacl.footprint.matching import Eithertime, touched
from geokg.shacl.footprint.patterns import ALWAYS, THIS, Fresh
from geokg.shacl.footprint.queries import NotUnderstood, query_reads

NODES = [ox.NamedNode(f"x:{name}") for name in "abcd"]
PREDICATES = [ox.NamedNode(f"x:{name}") for name in "pqr"]
VALUES = [*NODES, ox.Literal("1", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer"))]
GRAPHS = [ox.DefaultGraph(), ox.NamedNode("x:g"), ox.NamedNode("x:h")]

quads = st.builds(
    ox.Quad, st.sampled_from(NODES), st.sampled_from(PREDICATES), st.sampled_from(VALUES), st.sampled_from(GRAPHS)
)

# A query is a text in which @ stands for the focus node, and %% for it where a SELECT names variables.

variables = st.sampled_from(["?u", "?v", "?w"])
slots = st.one_of(variables, st.just("@"), st.sampled_from(["<x:a>", "<x:b>"]))
steps = st.sampled_from(["<x:p>", "<x:q>", "^<x:r>", "<x:r>"])
paths = st.recursive(
    steps,
    lambda inner: st.one_of(
        st.builds("({})/({})".format, inner, inner),
        st.builds("({})|({})".format, inner, inner),
        st.builds("({}){}".format, inner, st.sampled_from(["*", "+", "?"])),
        st.just("!(<x:p>|^<x:q>)"),
    ),
    max_leaves=3,
)
triples = st.builds(
    "{} {} {} .".format, slots, st.one_of(steps.filter(lambda step: step[0] != "^"), paths, variables), slots
)
tests = st.one_of(
    st.builds("FILTER({} IN (<x:a>, <x:b>))".format, variables),
    st.builds("FILTER({} = {})".format, variables, slots),
    st.builds("FILTER(!bound({}))".format, variables),
)


def blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Groups that hold groups."""
    return st.one_of(
        st.builds("OPTIONAL {{ {} }}".format, inner),
        st.builds("{{ {} }} UNION {{ {} }}".format, inner, inner),
        st.builds("{{ {} }}".format, inner),
        st.builds("MINUS {{ {} }}".format, inner),
        st.builds("FILTER EXISTS {{ {} }}".format, inner),
        st.builds("FILTER NOT EXISTS {{ {} }}".format, inner),
        st.builds("FILTER(!bound(?u) || EXISTS {{ {} }})".format, inner),
        st.builds("GRAPH <x:g> {{ {} }}".format, inner),
        st.builds("GRAPH ?graph {{ {} }}".format, inner),
        st.builds("{{ SELECT %% {} {{ {} }} }}".format, variables, inner),
        st.builds("{{ SELECT %% {0} (COUNT(*) AS ?n) {{ {1} }} GROUP BY %% {0} }}".format, variables, inner),
        st.builds("{{ SELECT %% (COUNT(?v) AS ?n) {{ {} }} }}".format, inner),
        st.builds("BIND(EXISTS {{ {} }} AS ?bound)".format, inner),
    )


def groups(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Some parts one after the other."""
    return st.lists(st.one_of(triples, part, tests), min_size=1, max_size=3).map("\n".join)


bodies = st.recursive(triples, lambda inner: groups(blocks(inner)), max_leaves=6)


def asked(body: str, node: ox.NamedNode | None) -> str:
    """The query, with the focus node in its place or as a variable."""
    text = f"SELECT * {{ {body} }}"
    return text.replace("@", "$this" if node is None else str(node)).replace("%%", "$this" if node is None else "")


def answers(store: ox.Store, body: str) -> dict[ox.NamedNode, Any]:
    """What the query finds for each node."""
    found = {}
    for node in NODES:
        rows = store.query(asked(body, node), use_default_graph_as_union=True)
        assert isinstance(rows, ox.QuerySolutions)
        names = rows.variables
        found[node] = sorted(str([str(row[name]) for name in names]) for row in rows)
    return found


def marked(body: str, store: ox.Store, removed: set[ox.Quad], added: set[ox.Quad]) -> set[Any]:
    """Who is said to be touched by an edit that was made."""
    reads = list(query_reads(asked(body, None), {"this": THIS}, ALWAYS, Fresh()))
    state = Eithertime(store, removed)
    found: set[Any] = set()
    for quad in removed | added:
        for read in reads:
            some = touched(read, quad, state)
            found |= set(NODES) if some is None else some
    return found


@st.composite
def edits(draw: st.DrawFn) -> tuple[ox.Store, set[ox.Quad], set[ox.Quad]]:
    """A store, what is to go and what is to come."""
    store = ox.Store()
    store.extend(draw(st.lists(quads, min_size=4, max_size=20)))
    some = list(store)
    removed = {some[place % len(some)] for place in draw(st.sets(st.integers(0, 19), max_size=3))}
    added = draw(st.sets(quads, max_size=3 if removed else 4)) - set(some)
    return store, removed, added


def edit(store: ox.Store, removed: set[ox.Quad], added: set[ox.Quad]) -> None:
    """Carry it out."""
    for quad in removed:
        store.remove(quad)
    store.extend(added)


@given(bodies, edits())
@settings(max_examples=int(os.environ.get("GEOKG_EXAMPLES", "250")), deadline=None)
def test_no_focus_node_of_a_query_is_left_out(body: str, given: tuple[ox.Store, set[ox.Quad], set[ox.Quad]]) -> None:
    store, removed, added = given
    try:
        old = answers(store, body)
    except SyntaxError:  # such as a variable that is bound twice
        return
    edit(store, removed, added)
    new = answers(store, body)
    touched_nodes = {node for node in NODES if old[node] != new[node]}
    assert touched_nodes <= marked(body, store, removed, added)


def _quad(subject: str, predicate: str, object_: str, graph: str = "") -> ox.Quad:
    name = ox.NamedNode(f"x:{graph}") if graph else ox.DefaultGraph()
    return ox.Quad(ox.NamedNode(f"x:{subject}"), ox.NamedNode(f"x:{predicate}"), ox.NamedNode(f"x:{object_}"), name)


@pytest.mark.parametrize(
    ("body", "changed", "who"),
    [
        pytest.param("@ <x:p> ?u . ?u <x:q> ?v", "b q c", "a", id="a step away"),
        pytest.param("@ <x:p>/<x:q>* ?u", "d q a", "c", id="along a path"),
        pytest.param("@ <x:q> ?u FILTER NOT EXISTS { ?u <x:r> ?v }", "b r a", "", id="denied of nobody"),
        pytest.param("@ <x:p> ?u FILTER NOT EXISTS { ?u <x:r> ?v }", "b r a", "a", id="denied"),
        pytest.param("@ <x:p> ?u OPTIONAL { ?u <x:r> ?v } ?v <x:p> ?w", "b r a", "a", id="shared with an OPTIONAL"),
        pytest.param("@ <x:p> ?u { @ <x:q> ?v OPTIONAL { ?v <x:r> ?u } }", "c r d", "a", id="an OPTIONAL takes away"),
        pytest.param("@ <x:p> ?u MINUS { @ <x:q> ?v OPTIONAL { ?v <x:r> ?u } }", "c r d", "a", id="or lets stand"),
        pytest.param("?u <x:p> ?v FILTER(@ != ?u)", "a p b", "abcd", id="tied to nothing"),
        pytest.param("@ ?u ?v FILTER(?u IN (<x:p>, <x:q>))", "a r b", "", id="a predicate that cannot be"),
        pytest.param("GRAPH ?u { @ <x:p> ?v } GRAPH ?w { ?v <x:r> ?u }", "b r g h", "a", id="the name of a graph"),
    ],
)
def test_who_is_named(body: str, changed: str, who: str) -> None:
    store = ox.Store()
    store.extend([_quad("a", "p", "b", "g"), _quad("c", "p", "d"), _quad("a", "q", "c")])
    quad = _quad(*changed.split())
    store.add(quad)
    assert {node.value for node in marked(body, store, set(), {quad})} == {f"x:{name}" for name in who}


def test_what_goes_together_is_seen() -> None:
    store = ox.Store()
    removed = {_quad("a", "p", "b"), _quad("b", "q", "c")}
    assert marked("@ <x:p> ?u . ?u <x:q> ?v", store, removed, set()) == {NODES[0]}


@pytest.mark.parametrize("text", ["SELECT * { VALUES ?u { <x:a> } }", "SELECT * { ?u", "DESCRIBE <x:a>"])
def test_a_query_of_another_kind_is_not_understood(text: str) -> None:
    with pytest.raises(NotUnderstood):
        query_reads(text, {}, ALWAYS, Fresh())
