"""The map: how many claims speak of which state or its land, and what the drawing makes of it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

import geokg
from browser import serving
from geokg.endpoint import create_app
from geokg.endpoint.pages.map import SHADES, shade_of, steps
from geokg.graph import KnowledgeGraph
from geokg.store import Store
from geokg.views import Claim
from geokg.vocabulary import packaged

EXTRA = Path(__file__).parent / "cookbook" / "extra"
DATA = "https://w3id.org/geokg/data/"
PAGE = {"Accept": "text/html"}
LAND = {
    "state/AFG": {"entity/territory-of-afghanistan"},
    "state/CHN": {"entity/territory-of-china"},
    "state/PAK": {"entity/territory-of-pakistan"},
    "entity/arland": {"entity/territory-of-arland"},
    "entity/borland": {"entity/territory-of-borland", "entity/hill-province", "entity/ridge-pass"},
    "entity/corland": set(),
}
"""What belongs to which state in the data that the tests read."""


@pytest.fixture(scope="module")
def kg() -> KnowledgeGraph:
    """The packaged article, and two of another world."""
    return geokg.build(EXTRA, packaged("data"))


@pytest.fixture(scope="module")
def client(kg: KnowledgeGraph) -> FlaskClient:
    return create_app(kg).test_client()


def table(client: FlaskClient, query: str = "") -> dict[str, int]:
    rows = csv.DictReader(io.StringIO(client.get(f"/map.csv?{query}").text, newline=""))
    return {row["state"].removeprefix(DATA): int(row["claims"]) for row in rows}


def expected(kg: KnowledgeGraph, is_wanted: Callable[[Claim], bool] = lambda claim: True) -> dict[str, int]:
    """The same, read claim by claim."""
    found: dict[str, int] = {}
    for claim in filter(is_wanted, kg.claims()):
        named = {str(quad.object.value).removeprefix(DATA) for quad in kg.store.match(ox.NamedNode(claim.content.iri))}
        for state, land in LAND.items():
            if named & ({state} | land):
                found[state] = found.get(state, 0) + 1
    return found


def test_a_claim_counts_once_for_a_state_whether_it_names_it_or_its_land(
    kg: KnowledgeGraph, client: FlaskClient
) -> None:
    found = table(client)
    assert found == expected(kg)
    assert list(found.values()) == sorted(found.values(), reverse=True)


@pytest.mark.parametrize(
    ("query", "is_wanted"),
    [
        ("stance=promises", lambda claim: claim.stance == "promises"),
        ("claimant=entity/hu-shisheng", lambda claim: claim.claimant.label == "Hu Shisheng"),
        ("polarity=negative", lambda claim: claim.polarity == "negative"),
        (
            "polarity=negative&stance=promises&stance=denies",
            lambda c: c.polarity == "negative" and c.stance in ("promises", "denies"),
        ),
    ],
)
def test_a_filter_leaves_what_it_says(
    kg: KnowledgeGraph, client: FlaskClient, query: str, is_wanted: Callable[[Claim], bool]
) -> None:
    assert table(client, query) == expected(kg, is_wanted)
    assert table(client, query)


def test_each_number_leads_to_as_many_claims(client: FlaskClient) -> None:
    for query in ("", "stance=predicts&from=2020", "polarity=negative"):
        body = client.get(f"/map?{query}", headers=PAGE).text
        links = re.findall(r'<a[^>]*href="(/claims[^"]*)"[^>]*>(\d+)</a>', body)
        assert len(links) >= len(table(client, query))
        for address, count in links:
            listed = client.get(unescape(address).replace("/claims?", "/claims.csv?")).text
            assert len(set(re.findall(r"^(\S+?/claim/\w+)", listed, re.MULTILINE))) == int(count), address


def test_the_query_that_is_shown_gives_the_table(kg: KnowledgeGraph, client: FlaskClient) -> None:
    body = client.get("/map?stance=asserts&stance=predicts", headers=PAGE).text
    sparql = unescape(re.search(r"<code>(SELECT.*?)</code>", body, re.DOTALL)[1])  # type: ignore[index]
    found = {row["state"].value.removeprefix(DATA): int(row["claims"].value) for row in kg.store.solutions(sparql)}
    assert found == table(client, "stance=asserts&stance=predicts")


def test_names_are_in_the_language_of_the_page(client: FlaskClient) -> None:
    assert ">Chine<" in client.get("/map?lang=fr", headers=PAGE).text


def test_it_says_whose_borders_these_are(client: FlaskClient) -> None:
    assert "Natural Earth" in client.get("/map", headers=PAGE).text


@pytest.mark.parametrize(
    "counts", [[1], [3, 3, 3], [1, 2], list(range(1, 8)), [55, 56, 80, 81, 99, 107], [1] * 99 + [4000]]
)
def test_each_state_is_on_one_step_and_the_most_claims_are_the_darkest(counts: list[int]) -> None:
    found = steps(counts)
    assert len(found) <= SHADES
    assert all(sum(step.least <= count <= step.most for step in found) == 1 for count in counts)
    assert all(before.most < after.least and before.shade < after.shade for before, after in pairwise(found))
    assert shade_of(found, max(counts)) == SHADES


def test_no_states_make_no_steps() -> None:
    assert steps([]) == []


def test_a_graph_without_claims_says_so() -> None:
    body = create_app(KnowledgeGraph(Store.memory())).test_client().get("/map", headers=PAGE).text
    assert "No claims speak of a state here." in body
    assert "<figure" not in body


# In a browser


def test_the_map_shows_the_numbers_of_the_table_and_a_click_leads_to_the_claims(visit: Callable[..., Any]) -> None:
    page = visit("/map")
    drawing = page.locator("#map .drawing")
    assert drawing.locator("path.shape").count() == 177
    assert drawing.locator("path.known").count() == page.locator("#states tbody tr").count() == 3
    numbers = page.locator("#states tbody td.amount").all_inner_texts()
    assert sorted(drawing.locator("text").all_text_contents()) == sorted(numbers)
    titles = drawing.locator("path.known title").all_text_contents()
    assert sorted(titles) == sorted(
        f"{name}: {n}" for name, n in zip(("China", "Afghanistan", "Pakistan"), numbers, strict=True)
    )
    page.get_by_role("button", name="Larger").click()
    assert "scale(1.6)" in drawing.locator("svg > g").get_attribute("transform")
    page.get_by_role("button", name="All of it").click()
    drawing.locator("path.known", has_text="China").click()
    page.wait_for_url(re.compile("/claims[?]subject="))


def test_small_states_are_dots_and_those_that_the_atlas_does_not_know_are_named(
    visit: Callable[..., Any], tmp_path: Path, write_source: Callable[..., Path]
) -> None:
    path = write_source(
        "Singapore, Tuvalu and Kiribati talk.",
        "T1 State Singapore\nT2 State Tuvalu\nT3 State Kiribati\n"
        "T4 ContactRelation talk\nE1 ContactRelation:T4 Participant:T1 Participant2:T2 Participant3:T3",
    )
    geokg.build(path.parent).store.save(tmp_path / "kg.trig")
    with serving(tmp_path / "kg.trig", "--read-only") as address:
        page = visit("/map", address=address)
        assert page.locator("#map circle.known").count() == 2
        assert page.locator("#map .unplaced").inner_text() == "Not on the map: Tuvalu."


def test_without_a_script_the_table_is_there(visit: Callable[..., Any]) -> None:
    page = visit("/map", java_script_enabled=False)
    assert not page.locator("#map").is_visible()
    assert page.locator("#states tbody tr").count() == 3
