"""The guard lets ordinary queries through, refuses what could leave the machine or end the process, and never fails."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from geokg.errors import QueryNotAllowed, QueryTooLarge
from geokg.sparql import Limits, check, check_update
from geokg.sparql.tokens import tokens, unescape
from geokg.vocabulary import packaged

REMOTE = "http://192.0.2.1/"


def is_refused(query: str) -> bool:
    try:
        check(query)
    except (QueryNotAllowed, QueryTooLarge):
        return True
    return False


@pytest.mark.parametrize(
    "query",
    [
        "ASK { SERVICE <R> {} }",
        "ask{service<R>{}}",
        "ASK { SERVICE # a comment\n SILENT <R> {} }",
        "ASK { # comment\n SERVICE <R> {} }",
        "ASK { ?s ?p '# \\' \" ' SERVICE <R> {} }",
        "ASK { BIND(<R> AS ?v) SERVICE ?v {} }",
        "ASK { \\u0053ERVICE <R> {} }",
        "ASK { \\U00000053ERVICE <R> {} }",
        "PREFIX x: <R> ASK { SERVICE x:y {} }",
        "PREFIX x: <R> ASK { SERVICEx:y {} }",
        "PREFIX x: <R> ASK { SERVICESILENTx:y {} }",
        "PREFIX : <R> ASK { SERVICE:x {} }",
        "ASK { ?s ?p trueSERVICE <R> {} }",
        "ASK { ?s ?p 1SERVICE <R> {} }",
        "ASK { ?s ?p true.SERVICE <R> {} }",
        'ASK { FILTER(1<#>"""\n2) SERVICE <R> {} #"""\n}',
        "ASK { FILTER(?a<#>'''\n2) SERVICE <R> {} #'''\n}",
        "ASK { FILTER(1<'>' ) SERVICE <R> {} #'\n}",
        'ASK { VALUES ?a { "\\u0022" } SERVICE <R> { } FILTER("\\u0022"=?a) }',
        "SELECT * { { SELECT * { OPTIONAL { SERVICE <R> {} } } } }",
    ],
)
def test_service_is_refused_however_it_is_written(query: str) -> None:
    with pytest.raises(QueryNotAllowed):
        check(query.replace("<R>", f"<{REMOTE}>"))


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?service { ?service a <http://example.org/SERVICE> }",
        "ASK { ?s ?p 'SERVICE <http://192.0.2.1/> {}' }",
        'ASK { ?s ?p """\nSERVICE <http://192.0.2.1/> {}""" }',
        "ASK { # SERVICE <http://192.0.2.1/> {}\n }",
        "PREFIX service: <http://example.org/> ASK { GRAPH service:x { service:y ex:service service:z } }",
        "PREFIX service: <http://example.org/> DESCRIBE service:x { ?s ?p ?o }",
        "SELECT * { ?s ?p ?o FILTER(?s<?o && ?o > 3) FILTER(?p = <http://example.org/#x>) }",
        "SELECT * { VALUES ?n { " + "1 " * 5000 + "} }",
        "SELECT * { ?s ?p ?n FILTER(?n IN (" + "-1," * 3000 + "2)) }",
        "INSERT",
        "",
    ],
)
def test_what_only_looks_dangerous_is_let_through(query: str) -> None:
    if query == "INSERT":
        with pytest.raises(QueryNotAllowed, match="read-only"):
            check(query)
    else:
        check(query)


def test_the_cookbook_is_let_through() -> None:
    queries = sorted((packaged("ontology") / "queries").glob("*.rq"))
    for path in queries:
        check(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "word", ["INSERT DATA {}", "delete where {}", "LOAD <http://192.0.2.1/>", "PREFIX x: <y:>\nCLEAR ALL"]
)
def test_updates_are_refused(word: str) -> None:
    with pytest.raises(QueryNotAllowed, match="is an update, and this endpoint is read-only"):
        check(word)


@pytest.mark.parametrize(
    "query",
    [
        "ASK " + "{" * 101 + "}" * 101,
        "ASK { FILTER(" + "(" * 101 + "1" + ")" * 101 + ") }",
        "ASK { ?s ?p " + "[ <p> " * 101 + "]" * 101 + "}",
        "ASK { ?s ?p " + "<< ?a ?b " * 101 + "1" + ">>" * 101 + "}",
        "ASK { FILTER(1" + "||1" * 501 + ") }",
        "ASK { FILTER(1" + " +1" * 501 + ") }",
        "ASK { FILTER(1" + " + 1" * 501 + ") }",
        "ASK { FILTER(" + "!" * 501 + "1) }",
        "ASK { " + "{} UNION " * 501 + "{} }",
        "ASK { " + "FILTER(1) " * 501 + "}",
        "ASK { " + "BIND(1 AS ?x) " * 501 + "}",
        "ASK { ?s <a>" + "/<a>" * 501 + " ?o }",
        "ASK { ?s <a>" + "|<a>" * 501 + " ?o }",
        "ASK { " + "?s ?p ?o . " * 101 + "}",
        "ASK { ?s ?p ?o" + " ; ?p ?o" * 101 + "}",
        "ASK { ?s ?p (" + "1 " * 101 + ") }",
        "ASK { " + "OPTIONAL {} " * 65 + "}",
        "ASK { VALUES ?n { " + "1 " * 20_001 + "} }",
        "ASK {} #" + "x" * 500_000,
    ],
)
def test_a_query_that_is_too_large_is_refused(query: str) -> None:
    with pytest.raises(QueryTooLarge):
        check(query)


def test_limits_are_a_setting() -> None:
    check("ASK { FILTER((((1)))) }")
    with pytest.raises(QueryTooLarge, match="nested more than 3 deep"):
        check("ASK { FILTER((((1)))) }", limits=Limits(depth=3))


def test_the_dataset_of_a_query_is_made_absolute() -> None:
    query = "BASE <http://b.example/x/> PREFIX y: <y#> SELECT * FROM <a\\u0062> FROM y:c\\,d "
    query += "FROM NAMED <urn:n> FROM NAMED g:e {}"
    checked = check(query, base_iri="http://a.example/", prefixes={"g": "http://g.example/"})
    assert checked.default_graphs == ("http://b.example/x/ab", "http://b.example/x/y#c,d")
    assert checked.named_graphs == ("urn:n", "http://g.example/e")
    assert checked.has_dataset


@pytest.mark.parametrize("base_iri", ["http://a.example/", "http://["])
def test_what_cannot_be_made_absolute_is_left_to_the_parser(base_iri: str) -> None:
    assert check("ASK FROM <//[> {}", base_iri=base_iri).default_graphs == ("//[",)


def test_from_of_a_graph_that_is_not_loaded_is_refused() -> None:
    loaded = {"http://g.example/e"}.__contains__
    check("ASK FROM <http://g.example/e> {}", is_loaded=loaded)
    with pytest.raises(QueryNotAllowed, match="not loaded here, and nothing is fetched"):
        check("ASK FROM NAMED <http://g.example/f> {}", is_loaded=loaded)


def test_a_query_whose_answer_changes_by_itself_is_told_apart() -> None:
    assert check("SELECT (now() AS ?t) {}").volatile
    assert not check("SELECT ('now()' AS ?t) {}").volatile


def test_unescape_leaves_what_is_no_codepoint() -> None:
    assert unescape("\\u00e9 \\U0001F600 \\UFFFFFFFF \\u12") == "é 😀 \\UFFFFFFFF \\u12"


@pytest.fixture(scope="module")
def doorbell() -> Iterator[tuple[int, list[int]]]:
    """A port that counts who knocks."""
    knocks: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def listen() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                knocks.append(1)
                connection.close()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield port, knocks
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


WORDS = r"""
SERVICE service SeRvIcE SILENT \u0053ERVICE S <R> <R#x> x: x:y : ?v { } {} ( ) [ ] < > <#> <'> ' " LONG1 LONG2 \ \u0022
\u000A # FILTER FILTER(1 OPTIONAL UNION MINUS GRAPH BIND( AS VALUES EXISTS LATERAL true 1 1. . ; , a ?s ?p ?o @en ^^ ||
! && = SELECT * _:b ² é ·""".replace("LONG1", "'" * 3).replace("LONG2", '"' * 3)
FRAGMENTS = st.sampled_from([*WORDS.split(), "\n", "\r", " ", "\t", "\u00a0", "?s ?p ?o"])
AFTER = st.sampled_from(["", "", "", " ", " ", "\n"])


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(FRAGMENTS, AFTER), max_size=14), st.sampled_from(["{ ", "{FILTER(1", "{?s ?p 'x"]))
@example([("<#>", ""), ('"""', ""), ("\n", ""), ("2) SERVICE <R> {} #", ""), ('"""', "\n")], "{FILTER(1")
@example([("<'>", ""), ("' ) SERVICE <R> {} #'", "\n")], "{FILTER(1")
def test_nothing_that_oxigraph_takes_for_service_gets_through(
    doorbell: tuple[int, list[int]], parts: list[tuple[str, str]], start: str
) -> None:
    port, knocks = doorbell
    body = start + "".join(fragment + space for fragment, space in parts) + "}"
    query = f"PREFIX x: <R> PREFIX : <R> ASK {body}".replace("<R", f"<http://127.0.0.1:{port}/")
    if not is_refused(query):
        before = len(knocks)
        with contextlib.suppress(SyntaxError, OSError, RuntimeError, ValueError):
            ox.Store().query(query)
        assert len(knocks) == before, query


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_the_guard_never_fails_and_loses_no_place(query: str) -> None:
    is_refused(query)
    for token in tokens(query):
        assert query.startswith(token.text, token.start)


ALLOWED = ["http://data.example/open/", "http://one.example/file"]


@pytest.mark.parametrize(
    "source",
    [
        "<http://data.example/open/a.ttl>",
        "SILENT <http://data.example/open/a.ttl>",
        "silent # <http://data.example/>\n<http://one.example/file> INTO GRAPH <x:g>",
        "<http://one.example/file/below>",
    ],
)
def test_load_of_what_the_operator_allowed(source: str) -> None:
    check_update(f"DROP ALL ; LOAD {source} ; DROP ALL", allowed=ALLOWED)
    with pytest.raises(QueryNotAllowed):
        check_update(f"DROP ALL ; LOAD {source} ; DROP ALL")


@pytest.mark.parametrize(
    "update",
    [
        "LOAD <http://data.example/>",
        "LOAD <http://data.example/opening>",
        "LOAD <http://data.example/open/../closed>",
        "LOAD <http://data.example/open/%2E%2e/closed>",
        r"LOAD <http://data.example/open/\u002e\u002e/closed>",
        "LOAD <http://data.example.evil.example/open/>",
        "LOAD <http://one.example/files>",
        "LOAD SILENT <http://elsewhere.example/>",
        "LOAD <http://data.example/open/a> ; LOAD <http://elsewhere.example/>",
        "BASE <http://data.example/open/> LOAD <//elsewhere.example/>",
        "BASE <http://elsewhere.example/> LOAD <a>",
        "PREFIX x: <http://elsewhere.example/> LOAD x:a",
        "PREFIX x: <http://elsewhere.example/> LOADx:a",
        r"\u004cOAD <http://elsewhere.example/>",
        "LOAD\t<http://elsewhere.example/http://data.example/open/>",
    ],
)
def test_load_of_anything_else(update: str) -> None:
    with pytest.raises(QueryNotAllowed):
        check_update(update, allowed=ALLOWED)
