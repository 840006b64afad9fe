"""What has a name is found by any part of it; a box suggests it while somebody types."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from rdflib.namespace import RDF, SKOS

import geokg
from geokg.endpoint.app import create_app
from geokg.endpoint.pages.labels import _NAMES, MOST, Fit, Labels, Name, Named, fold, labels
from geokg.graph import KnowledgeGraph
from geokg.vocabulary import GK

BROWSER = {"Accept": "text/html"}
ENTITY = "https://w3id.org/geokg/data/entity/"
ENTITIES = ox.NamedNode("https://w3id.org/geokg/graph/entities")


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app(geokg.sample()).test_client()


def found(client: FlaskClient, letters: str, **also: str) -> list[str]:
    page = client.get("/search", query_string={"q": letters, **also}, headers=BROWSER)
    assert page.status_code == 200
    return [html.unescape(name) for name in re.findall(r'<p class="name"><a [^>]*>([^<]*)</a>', page.text)]


def named(*names: str, iri: str = "", group: str = "actors", claims: int = 0) -> Named:
    return Named(
        iri or f"http://e.org/{names[0]}", group, names=[Name(one, "en", True) for one in names], claims=claims
    )


@pytest.mark.parametrize(
    ("letters", "name"),
    [
        ("Taliban", "Taliban"),
        ("tALIBAN", "Taliban"),
        ("talibans", "Taliban"),  # French
        ("طالبان", "Taliban"),
        ("طالِبان", "Taliban"),  # with a vowel point
        ("塔利班", "Taliban"),
        ("افغانستان", "Afghanistan"),  # typed without the hamza
        ("cote d'ivoire", "Côte d’Ivoire"),
        ("CÔTE D’IVOIRE", "Côte d’Ivoire"),
        ("shisheng", "Hu Shisheng"),
        ("jian", "Zhao Lijian"),  # inside a word
        ("foreign china ministry", "Ministry of Foreign Affairs of China"),  # words in any order
    ],
)
def test_a_name_is_found_in_any_script_and_case(client: FlaskClient, letters: str, name: str) -> None:
    assert fold(name) in map(fold, found(client, letters))


def test_the_whole_name_comes_first_then_its_start_then_a_word_then_the_inside() -> None:
    known = Labels([named("Anchina"), named("South China Sea"), named("Chinatown"), named("China")])
    assert [(hit.name.text, hit.fit) for hit in known.find("china")] == [
        ("China", Fit.WHOLE), ("Chinatown", Fit.START), ("South China Sea", Fit.WORD), ("Anchina", Fit.INSIDE)
    ]  # fmt: skip


def test_of_names_that_fit_alike_those_come_first_that_claims_speak_of() -> None:
    known = Labels([named("Chad", claims=1), named("Chile"), named("China", claims=9), named("chapter", group="terms")])
    assert [hit.name.text for hit in known.find("ch")] == ["China", "Chad", "Chile", "chapter"]


@given(st.lists(st.text(max_size=12), min_size=1, max_size=8), st.data())
def test_every_part_of_every_name_finds_it(names: list[str], data: st.DataObject) -> None:
    known = Labels([named(name, iri=f"http://e.org/{number}") for number, name in enumerate(names)])
    number = data.draw(st.integers(0, len(names) - 1))
    line = fold(names[number])
    start = data.draw(st.integers(0, max(0, len(line) - 1)))
    letters = line[start : data.draw(st.integers(start + 1, max(start + 1, len(line))))]
    if letters.strip():
        assert f"http://e.org/{number}" in [hit.named.iri for hit in known.find(letters)]


def test_a_misspelt_name_is_asked_back(client: FlaskClient) -> None:
    page = client.get("/search?q=Hu+Shishen", headers=BROWSER).text  # is the start of the name
    assert "Did you mean" not in page
    page = client.get("/search?q=Talbian", headers=BROWSER).text
    link = re.search(r'Did you mean <a href="([^"]*)"><strong>Taliban</strong>', page)
    assert link
    assert "Taliban" in client.get(html.unescape(link[1]), headers=BROWSER).text
    assert "Did you mean" not in client.get("/search?q=xyzzyxyzzy", headers=BROWSER).text


def test_results_stand_by_kind_and_one_kind_can_be_asked_for(client: FlaskClient) -> None:
    page = client.get("/search?q=china", headers=BROWSER).text
    groups = re.findall(r'<section aria-labelledby="(\w+)"', page)
    assert groups[:2] == ["actors", "places"]
    assert {"posts", "initiatives", "documents"} <= set(groups)
    assert found(client, "china", kind="places")[0] == "territory of China"
    assert "in 14 claims, makes 1" in page
    assert "塔利班" in client.get("/search?q=taliban", headers=BROWSER).text  # other names


def test_a_long_list_comes_in_parts(client: FlaskClient) -> None:
    first = found(client, "", kind="actors", all="yes")
    second = found(client, "", kind="actors", all="yes", page="2")
    assert len(first) == len(second) == 50
    assert not set(first) & set(second)
    page = client.get("/search?kind=actors&all=yes", headers=BROWSER).text
    assert 'href="/search?kind=actors&amp;all=yes&amp;page=2"' in page


def test_what_the_address_says_is_understood_or_refused(client: FlaskClient) -> None:
    for address in ("/search?kind=actor", "/search?query=x", "/search?page=0"):
        assert client.get(address, headers=BROWSER).status_code == 400, address


def test_an_iri_is_found_too(client: FlaskClient) -> None:
    for letters in (ENTITY + "taliban", "e:taliban"):
        page = client.get("/search", query_string={"q": letters}, headers=BROWSER).text
        assert 'href="/data/entity/taliban"' in page
    assert "knows this IRI" not in client.get("/search?q=e:nobody", headers=BROWSER).text


def test_the_query_behind_a_search_finds_the_same(client: FlaskClient) -> None:
    page = client.get("/search?q=Hua", headers=BROWSER).text
    address = html.unescape(re.findall(r'href="(/sparql\?query=[^"]*format=csv)"', page)[0])
    assert ENTITY + "hua-chunying,Hua Chunying" in client.get(address).text


def test_suggestions_are_few_and_tell_where_they_lead(client: FlaskClient) -> None:
    first = client.get("/suggest?q=tali").json[0]
    assert first == {
        "label": "Taliban",
        "language": "en",
        "direction": "ltr",
        "name": "Taliban",
        "kind": "movement",
        "address": "/data/entity/taliban",
        "iri": ENTITY + "taliban",
    }
    other = client.get("/suggest", query_string={"q": "طالب"}).json[0]
    assert (other["label"], other["name"], other["direction"]) == ("طالبان", "Taliban", "rtl")
    french = client.get("/suggest?q=tali", headers={"Accept-Language": "fr"}).json[0]
    assert (french["label"], french["kind"]) == ("Taliban", "mouvement")
    assert len(client.get("/suggest?q=a").json) == 10
    assert client.get("/suggest").json == client.get("/suggest?q=+").json == client.get("/suggest?q=%25").json == []
    places = client.get("/suggest?q=ka&kind=places").json
    assert "Kabul" in [one["name"] for one in places]
    assert "state" not in [one["kind"] for one in places]


def test_suggestions_are_not_sent_twice(client: FlaskClient) -> None:
    first = client.get("/suggest?q=tali")
    again = client.get("/suggest?q=tali", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert {"Accept-Language", "Cookie"} <= set(first.vary)


def test_names_are_read_once_for_each_state_of_the_data(fresh_kg: KnowledgeGraph) -> None:
    app = create_app(fresh_kg)
    client, site = app.test_client(), app.extensions["geokg"]
    asked: list[str] = []
    rows = site.rows
    site.rows = lambda sparql, **options: asked.append(sparql) or rows(sparql, **options)
    assert client.get("/suggest?q=newland").json == []
    first = len(asked)
    assert client.get("/suggest?q=tali").json
    assert 0 < first == len(asked) < 10
    node = ox.NamedNode(ENTITY + "newland")
    for predicate, value in ((SKOS.prefLabel, ox.Literal("Newland")), (RDF.type, ox.NamedNode(str(GK.State)))):
        fresh_kg.store.extend([ox.Quad(node, ox.NamedNode(str(predicate)), value, ENTITIES)])
    assert [one["kind"] for one in client.get("/suggest?q=newland").json] == ["state"]


def test_numbers_of_claims_are_those_of_the_graph(kg: KnowledgeGraph) -> None:
    app = create_app(kg)
    with app.test_request_context("/"):
        known = labels(app.extensions["geokg"])
    for name in ("hu-shisheng", "taliban", "hua-chunying"):
        thing, iri = known.things[ENTITY + name], ENTITY + name
        about = {
            claim.iri
            for claim in kg.claims()
            if claim.claimant.iri == iri
            or any(getattr(q.object, "value", "") == iri for q in kg.store.match(ox.NamedNode(claim.content.iri)))
        }
        assert thing.claims == len(about)
        assert thing.says == len([claim for claim in kg.claims() if claim.claimant.iri == iri])


def test_of_very_many_names_it_is_told_that_some_are_left_out(
    kg: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geokg.endpoint.pages.labels.MOST", 10)
    monkeypatch.setattr("geokg.endpoint.pages.labels._NAMES", _NAMES.replace(str(MOST), "10"))
    page = create_app(kg).test_client().get("/search?q=China", headers=BROWSER).text
    assert "only 10 of them are searched" in page


def test_an_empty_graph_says_so() -> None:
    client = create_app(KnowledgeGraph.empty()).test_client()
    assert "Nothing here has such a name" in client.get("/search?q=China", headers=BROWSER).text
    assert "Nothing is here yet" in client.get("/search?kind=actors", headers=BROWSER).text
    assert client.get("/search", headers=BROWSER).status_code == 200
    assert client.get("/suggest?q=China").json == []


def test_hostile_names_and_words_do_nothing() -> None:
    kg = KnowledgeGraph.empty()
    node = ox.NamedNode(ENTITY + "evil")
    for text in ('<script>alert(1)</script>" onload="x', "line\nbreak", "‮reversed", "", "%00 \\ ${x}"):
        label = ox.Literal(text, language="en")
        kg.store.extend([ox.Quad(node, ox.NamedNode(str(SKOS.prefLabel)), label, ENTITIES)])
    client = create_app(kg).test_client()
    page = client.get("/search?q=script", headers=BROWSER).text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert client.get("/suggest?q=line+break").json[0]["label"] == "line\nbreak"
    for letters in ('"><script>alert(2)</script>', "a" * 5000, "%", "*", "\\", "' } UNION { ?s ?p ?o", "\n", "😀", "​"):
        page = client.get("/search?q=" + quote(letters), headers=BROWSER)
        assert page.status_code == 200, letters
        assert "<script>alert" not in page.text
        assert client.get("/suggest?q=" + quote(letters)).status_code == 200


# In the browser


def test_the_box_suggests_by_keyboard_and_tells_it_aloud(visit: Callable[..., Any]) -> None:
    page = visit("/search")
    page.keyboard.press("/")
    box = page.locator("header.site").get_by_role("combobox")
    assert box.evaluate("box => box === document.activeElement")
    assert box.get_attribute("aria-expanded") == "false"
    box.press_sequentially("tali")
    options = page.get_by_role("option")
    options.first.wait_for()
    assert options.first.inner_text().startswith("Taliban")
    assert box.get_attribute("aria-expanded") == "true"
    assert page.get_by_role("status").filter(has_text="Suggestions: ").count() == 1
    page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    assert options.first.get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowUp")
    assert box.get_attribute("aria-activedescendant") is None
    page.keyboard.press("Escape")
    assert options.count() == 0
    assert box.input_value() == "tali"
    page.keyboard.press("ArrowDown")
    options.first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/data/entity/taliban")


def test_the_box_works_by_pointer_and_without_a_choice(visit: Callable[..., Any]) -> None:
    page = visit("/")
    box = page.locator("main").get_by_role("combobox")
    box.press_sequentially("胡仕")
    page.get_by_role("option").first.click()
    page.wait_for_url("**/data/entity/hu-shisheng")
    box = page.locator("header.site").get_by_role("combobox")
    box.press_sequentially("xyzzyxyzzy")
    page.get_by_role("status").filter(has_text="No suggestions").wait_for()
    box.press("Enter")
    page.wait_for_url("**/search?q=xyzzyxyzzy")


def test_without_a_script_the_box_leads_to_the_page(visit: Callable[..., Any]) -> None:
    page = visit("/", java_script_enabled=False)
    page.locator("header.site input[type=search]").fill("taliban")
    page.locator("header.site").get_by_role("button").click()
    page.wait_for_url("**/search?q=taliban")
    assert page.locator("section.best a").first.inner_text() == "Taliban"
