"""The page to ask on: the answer is the same with and without a script, and leads to pages and to words."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

import geokg
from browser import NARROW, axe
from geokg.endpoint.pages.query import programs

PROMISE = "SELECT ?what ?who { ?what a gk:RestraintCommitment ; gk:hasDebtor ?who }"
BROWSER = {"Accept": "text/html"}


@pytest.fixture
def client(kg: geokg.KnowledgeGraph) -> FlaskClient:
    return geokg.create_app(kg).test_client()


def test_rows_lead_to_pages_and_to_the_words_they_rest_on(client: FlaskClient, kg: geokg.KnowledgeGraph) -> None:
    page = client.get("/sparql", query_string={"query": PROMISE}, headers=BROWSER).text
    (commitment,) = (one for one in kg.commitments() if one.kind == "RestraintCommitment")
    span = kg.evidence(commitment.iri)[0]
    assert f'href="/data/document/{span.document}#char={span.start},{span.end}"' in page
    assert 'href="/data/entity/taliban"' in page


def test_the_terms_for_the_editor_are_those_of_the_ontology(client: FlaskClient) -> None:
    told = client.get("/sparql/terms.json").json
    assert told["prefixes"]["gk"] == "https://w3id.org/geokg/ontology/"
    known = {term["term"]: term for term in told["terms"]}
    assert known["gk:hasDebtor"]["kind"] == "property"
    assert known["gk:Commitment"]["kind"] == "class"
    assert known["gk:Commitment"]["meaning"]
    assert known["gkx:promises"]["kind"] == "concept"


@pytest.mark.parametrize("query", [PROMISE, "ASK { ?s ?p 'it''s \"so\"\\n' }", 'ASK { ?s ?p """x""" }', 'ASK {} #"'])
def test_programs_hold_the_query_as_it_is(query: str) -> None:
    told = dict(programs("http://127.0.0.1:1/sparql", query, is_rdf=False))
    assert "query=" + query in shlex.split(told["curl"].replace("\\\n", " "))
    namespace: dict[str, Any] = {}
    call = told["Python"].splitlines(keepends=True)
    text = "".join(call)[told["Python"].index("kg.query(") + len("kg.query") :].rpartition("):\n")[0] + ")"
    exec(f"found = {text}", namespace)
    assert namespace["found"] == query


def test_the_python_program_runs(served: str) -> None:
    program = dict(programs(f"{served}/sparql", PROMISE, is_rdf=False))["Python"]
    exec(program, {"print": (printed := []).append})
    assert len(printed) == 1


def test_a_wrong_question_is_shown_with_its_place(client: FlaskClient) -> None:
    page = client.get("/sparql", query_string={"query": "SELECT ?x {\n ?x nonsense }"}, headers=BROWSER)
    assert page.status_code == 400
    assert 'id="problem"' in page.text and "nonsense }" in page.text


def test_the_editor_completes_asks_and_keeps_the_address(visit: Callable[..., Any]) -> None:
    page = visit("/sparql")
    page.locator(".CodeMirror").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("SELECT ?what { ?what gk:hasDeb")
    page.locator(".CodeMirror-hint-active", has_text="gk:hasDebtor").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.type(" ?who }")
    page.keyboard.press("Control+Enter")
    page.locator("#answer table").wait_for()
    asked = parse_qs(urlsplit(page.url).query)["query"]
    assert asked == ["SELECT ?what { ?what gk:hasDebtor ?who }"]
    assert page.locator("#told").inner_text() == "Answered."
    assert axe(page) == []
    with_script = page.locator("#answer table").inner_text()
    plain = visit(urlsplit(page.url)._replace(scheme="", netloc="").geturl(), java_script_enabled=False)
    assert plain.locator("#answer table").inner_text() == with_script
    page.get_by_role("button", name="Another question").click()
    page.locator(".CodeMirror:visible").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("SELECT nonsense")
    page.locator(".mistake").wait_for()
    page.keyboard.press("Control+Enter")
    page.locator("#answer .problem").wait_for()
    page.go_back()
    page.locator("#answer table").wait_for()


def test_the_editor_is_usable_on_a_narrow_dark_screen(visit: Callable[..., Any]) -> None:
    page = visit("/sparql?query=SELECT+*+%7B+%3Fs+gk%3AhasDebtor+%3Fo+%7D", viewport=NARROW, color_scheme="dark")
    page.locator(".CodeMirror").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert axe(page) == []


def test_the_editor_says_how_the_keyboard_leaves_it(visit: Callable[..., Any]) -> None:
    page = visit("/sparql")
    field = page.locator(".CodeMirror textarea[aria-describedby]")
    field.wait_for(state="attached")
    assert "Esc leaves" in page.locator(f"#{field.get_attribute('aria-describedby')}").inner_text()
    field.focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.localName") == "button"
