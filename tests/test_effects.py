"""What an update does is found without comparing all: the same as the engine makes of it, whatever is written."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from geokg.endpoint import changes
from geokg.endpoint.changes import Change, carry_out, plan
from geokg.endpoint.delta import Ahead, Delta, difference, exchange, names, rewrite
from geokg.endpoint.operations import Load, Upload, operations
from geokg.endpoint.problems import ProtocolError
from geokg.errors import QueryError

BASE = "http://e.example/dir/"
PREFIXES = {"x": "x:", "xsd": "http://www.w3.org/2001/XMLSchema#"}
CONTENT = """
    INSERT DATA {
      x:a x:p 1, 2, "v", _:b . x:b x:p x:a . _:b x:q "w"@en .
      GRAPH x:g { x:a x:p 1, x:b . x:b x:q _:c, "2000-01-01T00:00:00Z"^^xsd:dateTime . _:c x:p _:c }
      GRAPH x:h { x:a x:p 1 . x:c x:p x:g, x:h , <g> }
      GRAPH <g> { x:a x:q x:a . x:b x:p <<( x:a x:p 1 )>> }
    } ; CREATE GRAPH x:empty
"""

# What is written


def some(*choices: str) -> st.SearchStrategy[str]:
    return st.sampled_from(choices)


spaces = some(" ", "\n", " # } ; DROP ALL\n", "\t")
graphs = some("x:g", "<x:g>", "<g>", "<../dir/g>", r"<x:\u0067>", "x:h", "x:empty", "x:new", "<http://e.example/new>")
variables = some("?s", "?p", "?o", "?g", "$o", "?none")
names_ = some("x:a", "<x:b>", r"<x:\u0061>", "x:c", "<c>", "x:p", "a", "x:q")
subjects = st.one_of(some("x:a", "<x:b>", "x:c", "<c>"), variables)
predicates = st.one_of(some("x:p", "x:q", "a", "<x:p>"), variables)
values = some(
    "1",
    "01",
    "1.50",
    '"2000-01-01T00:00:00+00:00"^^xsd:dateTime',
    '"w"@EN',
    r"'}\'; { ?s'",
    "'''a ' b'''",
    "true",
    "<x:\u00e9>",
    "<<( x:a x:p 01 )>>",
)
objects = st.one_of(subjects, values, variables)
blanks = some("_:n", "[]", "[ x:p 1 ]", "( 1 x:a )", "_:m")


@st.composite
def triples(draw: st.DrawFn, *, with_variables: bool = True, with_blank: bool = False) -> str:
    kinds = (subjects, predicates, objects)
    found = [draw(kind) for kind in kinds]
    if with_blank and draw(st.booleans()):
        place = draw(some("0", "2"))
        found[int(place)] = draw(some("_:n", "_:m") if place == "0" else blanks)
    if with_variables and draw(st.integers(0, 9)) == 0:
        found[2] = f"<<( {found[0] if found[0] not in ('[]',) else 'x:a'} x:p ?o )>>" if found[0][0] != "[" else "1"
    if not with_variables:
        found = [("x:a" if place != 1 else "x:p") if part[0] in "?$" else part for place, part in enumerate(found)]
    return " ".join(found) + draw(some(" ", " ; x:q 2 ", " , 3 "))


@st.composite
def quads(draw: st.DrawFn, *, with_variables: bool = True, with_blank: bool = False) -> str:
    parts = []
    for _ in range(draw(st.integers(0, 3))):
        inner = " . ".join(
            draw(st.lists(triples(with_variables=with_variables, with_blank=with_blank), min_size=0, max_size=2))
        )
        if draw(st.booleans()):
            name = draw(st.one_of(graphs, variables) if with_variables else graphs)
            parts.append(f"GRAPH {name}{draw(spaces)}{{ {inner} }}")
        elif not parts or parts[-1].startswith("GRAPH"):
            parts.append(f"{inner}{' .' if inner else ''}")
    return "{ " + draw(spaces).join(parts) + " }"


PATTERNS = (
    "{ }",
    "{ ?s ?p ?o }",
    "{ GRAPH ?g { ?s ?p ?o } }",
    "{ GRAPH x:g { ?s ?p ?o } }",
    "{ GRAPH ?g { ?s x:p ?o } FILTER(?o = 1) }",
    "{ GRAPH ?g { ?s ?p ?o FILTER(isLITERAL(?o)) } BIND(1 AS ?none) }",
    "{ { ?s ?p ?o } UNION { GRAPH ?g { ?s x:p ?o } } }",
    "{ VALUES (?s ?o) { (x:a <x:b#c>) (UNDEF '01') } }",
    "{ VALUES ?g { x:g <g> 'no graph' UNDEF } ?s ?p ?o }",
    "{ GRAPH x:h { ?s ?p ?g } OPTIONAL { GRAPH ?g { ?s ?p ?o } } }",
    '{ ?s ?p ?o BIND(IRI(CONCAT("x:", STR(?o))) AS ?g) }',
    '{ ?s ?p ?o BIND(STRDT("01", xsd:integer) AS ?none) FILTER(?s!=x:b&&?s<?o||true) }',
    "{ { SELECT ?s (COUNT(*) AS ?o) { GRAPH ?g { ?s ?p ?x } } GROUP BY ?s } BIND(x:p AS ?p) }",
    "{ _:any ?p ?o . BIND('}' AS ?s) }",
    "{ ?s ?p ?o . ?s ?p [] . FILTER(?o IN (1, 2)) } # }\n",
)


@st.composite
def one(draw: st.DrawFn) -> str:
    kind = draw(some("INSERT DATA", "DELETE DATA", "DELETE WHERE", "modify", "modify", "modify", "manage", "manage"))
    space, case = draw(spaces), draw(st.sampled_from([str.upper, str.lower, str.title]))
    if kind == "INSERT DATA":
        return f"{case('INSERT')}{space}{case('DATA')} {draw(quads(with_variables=False, with_blank=True))}"
    if kind == "DELETE DATA":
        return f"DELETE{space}DATA{draw(quads(with_variables=False))}"
    if kind == "DELETE WHERE":
        return f"DELETE {case('WHERE')} {draw(quads())}"
    if kind == "modify":
        text = f"WITH {draw(graphs)} " if draw(st.booleans()) else ""
        which = draw(some("d", "i", "di"))
        text += f"DELETE {draw(quads())}{space}" if "d" in which else ""
        text += f"{case('INSERT')} {draw(quads(with_blank=True))}" if "i" in which else ""
        text += "".join(draw(st.lists(st.builds("USING {} ".format, graphs), max_size=1)))
        text += "".join(draw(st.lists(st.builds("using named{}".format, graphs.map(" {} ".format)), max_size=1)))
        return f"{text} WHERE{space}{draw(st.sampled_from(PATTERNS))}"
    silent = draw(some(" ", " SILENT ", " silent "))
    verb = draw(some("CLEAR", "DROP", "CREATE", "COPY", "MOVE", "ADD"))
    if verb in ("CLEAR", "DROP"):
        target = draw(st.one_of(graphs.map("GRAPH {}".format), some("DEFAULT", "NAMED", "ALL")))
        return f"{case(verb)}{silent}{target}"
    if verb == "CREATE":
        return f"{verb}{silent}GRAPH {draw(graphs)}"
    ends = st.one_of(some("DEFAULT", "default"), graphs, graphs.map("GRAPH {}".format))
    return f"{verb}{silent}{draw(ends)} {case('TO')} {draw(ends)}"


@st.composite
def updates(draw: st.DrawFn) -> str:
    text = draw(some("", "PREFIX x: <x:> ", "BASE <http://e.example/> ", "base <../> prefix y: <y#> # ; {\n"))
    pieces = draw(st.lists(one(), min_size=1, max_size=4))
    between = [draw(some(" ; ", ";\n# x\n", ";")) for _ in pieces]
    return text + "".join(piece + after for piece, after in zip(pieces, between, strict=True)).rstrip(" ;")


# What the engine makes of it


def filled() -> ox.Store:
    store = ox.Store()
    store.update(CONTENT, base_iri=BASE, prefixes=PREFIXES)
    return store


def copied(store: ox.Store) -> ox.Store:
    copy = ox.Store()
    rewrite(store, Delta(), copy)
    return copy


def canonical(store: ox.Store) -> tuple[set[ox.Quad], set[str]]:
    dataset = ox.Dataset(store)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return set(dataset), names(store)


def same_as_engine(text: str) -> None:
    store = filled()
    engine = copied(store)
    change = Change("update", text=text, base_iri=BASE)
    candidate = copied(store)
    before = set(store), names(store)
    try:
        engine.update(text, base_iri=BASE, prefixes=PREFIXES)
    except (SyntaxError, RuntimeError, ValueError):
        with pytest.raises(QueryError):
            carry_out(candidate, change, PREFIXES, store)
        assert (set(candidate), names(candidate)) == before
        with suppress(QueryError):
            assert plan(store, change, PREFIXES) is None
        return
    if any(isinstance(name, ox.BlankNode) for name in engine.named_graphs()):
        return
    delta = carry_out(candidate, change, PREFIXES, store)
    assert canonical(candidate) == canonical(engine)
    assert (set(store), names(store)) == before
    exact = difference(store, candidate)
    assert [set(part) for part in (delta.removed, delta.added)] == [set(exact.removed), set(exact.added)]
    assert [set(part) for part in (delta.created, delta.dropped)] == [set(exact.created), set(exact.dropped)]
    ahead = Ahead(store, delta)
    assert all(quad in ahead for quad in candidate) and not any(quad in ahead for quad in delta.removed)
    planned = plan(store, change, PREFIXES)
    if planned is not None:
        assert (set(store), names(store)) == before
        exchange(store, planned)
        assert canonical(store) == canonical(engine)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(updates())
@example("DELETE { GRAPH ?g { ?s ?p ?o } } INSERT { GRAPH ?g { ?s ?p _:n } } WHERE { GRAPH ?g { ?s ?p ?o } }")
@example("MOVE x:g TO x:h ; DROP GRAPH x:g")
@example("INSERT { GRAPH ?g { x:a x:b x:c } } WHERE { VALUES ?g { x:new 'no' UNDEF } }")
@example("CLEAR ALL ; CREATE GRAPH x:g")
@example("DELETE WHERE { x:a x:p ?o . GRAPH x:nowhere { } }")
@example("CREATE GRAPH x:new ; PREFIX x: <x:> INSERT DATA { x:a x:p 4 }")
@example("DROP NAMED ; INSERT DATA { GRAPH x:g { x:a x:p 1 } } ; DELETE DATA { GRAPH x:g { x:a x:p 01 } }")
def test_an_update_does_what_the_engine_makes_of_it(text: str) -> None:
    same_as_engine(text)


# Where tokens and the engine part


@pytest.mark.parametrize(
    "pattern",
    [
        "{ ?s ?p ?o FILTER((?o<?s)&&?o>0) }",
        "{ ?s ?p ?o FILTER(?o<xsd:integer(#>'{\n 2)) }",
        "{ ?s ?p ?o FILTER(?o<2#>)\n) }",
    ],
)
def test_what_may_be_read_in_two_ways_is_left_to_the_engine(pattern: str) -> None:
    text = f"DELETE {{ ?s ?p ?o }} WHERE {pattern} ; DROP GRAPH <x:g>"
    ox.Store().update(f"CREATE GRAPH <x:g> ; {text}", prefixes=PREFIXES)  # it parses
    assert operations(text) is None
    same_as_engine(text)


@pytest.mark.parametrize(
    "text",
    [
        "DELETE { ?s ?p ?o } USINGx:g WHERE { ?s ?p ?o }",
        "WITHx:g DELETE { ?s ?p ?o } WHERE { ?s ?p ?o } ; CLEAR ALL",
        "INSERTDATA { x:a x:p 3 }",
        "DELETEWHERE { ?s ?p 1 }",
        "COPYx:g TOx:h",
        "DROPGRAPHx:g ; CLEARALL",
        "INSERT{GRAPH?g{?s?p?o}}WHERE{GRAPH x:g{?s?p?o}VALUES?g{x:new}}",
        "INSERT { GRAPH ?g { << ?s ?p ?o >> x:q 1 } } WHERE { GRAPH ?g { ?s ?p ?o } }",
        "DELETE WHERE { << ?s ?p ?o >> x:q 1 }",
        "DELETE { << x:a x:p ?o >> x:q 1 } WHERE { x:a x:p ?o }",
        "INSERT { ?s x:q 1 {| x:r ?o |} } WHERE { ?s x:p ?o }",
        'VERSION "1.2" INSERT DATA { x:a x:p 5 } ; DELETE WHERE { ?s ?p 1 }',
        "",
        "PREFIX x: <x:>",
        "CLEAR ALL ;",
    ],
)
def test_words_need_no_space_and_triples_may_be_terms(text: str) -> None:
    same_as_engine(text)


# What it costs


def test_nothing_is_compared_that_an_update_does_not_touch(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> Delta:
        raise AssertionError("all of it is compared")

    monkeypatch.setattr(changes, "difference", refused)
    store = filled()
    for text in (
        "DELETE { GRAPH ?g { x:a ?p ?o } } WHERE { GRAPH ?g { x:a ?p ?o } } ; CLEAR DEFAULT",
        "COPY x:g TO x:h ; WITH x:g DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    ):
        carry_out(copied(store), Change("update", text=text), PREFIXES, store)


def test_rows_are_not_held_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geokg.endpoint.effects._AT_ONCE", 2)
    same_as_engine("DELETE { ?s ?p ?o } INSERT { GRAPH x:g { ?s ?p ?o, _:n } } WHERE { GRAPH ?g { ?s ?p ?o } }")


def test_what_is_loaded_is_an_operation_like_others(tmp_path: Path) -> None:
    path = tmp_path / "a.ttl"
    path.write_text("<x:1> <x:p> '}', 01 .")
    text = "LOAD <http://x.example/a> INTO GRAPH <x:new> ; DELETE WHERE { GRAPH ?g { x:1 x:p 1 } }"
    load = Load(0, text.index(" ;"), "http://x.example/a", "<x:new>", upload=Upload(path, "text/turtle"))
    store = filled()
    delta = carry_out(copied(store), Change("update", text=text, loads=(load,)), PREFIXES, store)
    assert [quad.object for quad in delta.added] == [ox.Literal("}")]
    assert delta.created == ["x:new"]


def test_graphs_that_blank_nodes_name_are_refused() -> None:
    store = filled()
    before = set(store)
    text = "INSERT DATA { x:a x:p 9 } ; INSERT { GRAPH ?g { x:a x:p 1 } } WHERE { BIND(BNODE() AS ?g) }"
    with pytest.raises(ProtocolError, match="named by IRIs"):
        carry_out(store, Change("update", text=text), PREFIXES, filled())
    assert set(store) == before
