"""The first page: what there is, in one look, and the way to each of it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import geokg
from geokg.endpoint.app import create_app
from geokg.endpoint.pages.home import FIRST_QUESTIONS
from geokg.graph import KnowledgeGraph

BROWSER = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def extra(root: Path) -> KnowledgeGraph:
    """Two articles with dates, promises and tenures."""
    return geokg.build(root / "tests" / "cookbook" / "extra")


def sums(page: str) -> dict[str, tuple[str, str]]:
    """The numbers of the page with where they lead, by what they count."""
    rows = re.findall(r'<li><a href="([^"]*)"><strong>([^<]*)</strong> <span>([^<]*)</span>', page)
    return {name: (number, html.unescape(href)) for href, number, name in rows}


def items(page: str, heading: str) -> list[str]:
    """The words of the list under a heading."""
    section = page[page.index(f'<h2 id="{heading}">') :]
    section = section[: section.index("</section>")]
    return [" ".join(re.sub("<[^>]*>", " ", item).split()) for item in re.findall(r"(?s)<li>(.*?)</li>", section)]


def test_each_number_is_right_and_leads_to_its_list(kg: KnowledgeGraph) -> None:
    client = create_app(kg).test_client()
    found = sums(client.get("/", headers=BROWSER).text)
    assert list(found) == ["Documents", "Actors", "Claims", "Commitments", "Findings"]
    assert found["Documents"][0] == str(len(kg.documents()))
    assert found["Claims"][0] == str(len(kg.claims()))
    assert found["Commitments"][0] == str(len(kg.commitments()))
    for name in ("Documents", "Actors"):
        number, href = found[name]
        page = client.get(href, headers=BROWSER).text
        assert page.count('<p class="name">') == int(number)
    for _, href in found.values():
        assert client.get(href, headers=BROWSER).status_code == 200


def test_findings_are_counted_as_soon_as_they_are_known(kg: KnowledgeGraph) -> None:
    app = create_app(kg)
    client, site = app.test_client(), app.extensions["geokg"]
    assert sums(client.get("/", headers=BROWSER).text)["Findings"][0] == "…"
    counts = site.findings.look(wait=20).counts
    assert sums(client.get("/", headers=BROWSER).text)["Findings"][0] == str(sum(counts.values()))


def test_five_questions_lead_to_their_answers(kg: KnowledgeGraph) -> None:
    client = create_app(kg).test_client()
    page = client.get("/", headers=BROWSER).text
    links = re.findall(r'<li><a href="(/sparql\?query=[^"]*)"', page)
    assert len(links) == len(FIRST_QUESTIONS) == 5
    for link in links:
        assert client.get(html.unescape(link), headers=BROWSER).status_code == 200
    assert "<textarea" not in page


def test_the_newest_document_comes_first_and_its_claims_are_told(extra: KnowledgeGraph) -> None:
    page = create_app(extra).test_client().get("/", headers=BROWSER).text
    assert [item.partition(" The ")[0] for item in items(page, "documents")] == [
        "Front breaks its word",
        "Front promises peace",
    ]
    assert "The Borland Times, 2030-06-01, 14 claims" in items(page, "documents")[0]
    newest = items(page, "newest")
    assert len(newest) == 5
    told = {claim.sentence for claim in extra.claims(document="times/breach") if claim.is_reported}
    assert set(newest) <= told


def test_those_who_say_most_come_first(extra: KnowledgeGraph) -> None:
    page = create_app(extra).test_client().get("/", headers=BROWSER).text
    claimants = [claim.claimant for claim in extra.claims() if claim.claimant.kind != "DocumentVoice"]
    counts = {one.label: len([other for other in claimants if other == one]) for one in claimants}
    first = sorted(counts.items(), key=lambda item: (-item[1], item[0].casefold()))
    assert [item.rsplit(" ", 2)[0] for item in items(page, "speakers")] == [name for name, _ in first]
    assert items(page, "speakers")[0] == f"{first[0][0]} {first[0][1]} claims"


def test_an_empty_graph_has_a_first_page() -> None:
    client = create_app(KnowledgeGraph.empty()).test_client()
    page = client.get("/", headers=BROWSER).text
    assert [number for number, _ in sums(page).values()][:4] == ["0", "0", "0", "0"]
    assert page.count("None yet.") == 2
    assert "Nobody has said anything yet." in page


def test_the_first_page_is_in_the_language_of_its_reader(kg: KnowledgeGraph) -> None:
    page = create_app(kg).test_client().get("/?lang=fr", headers=BROWSER).text
    assert '<html lang="fr">' in page
    assert re.search('lang="en"[^>]*>Hu Shisheng<', page)  # has no French name
    assert re.search('lang="fr"[^>]*>Chine<', page)


def test_numbers_lead_on_in_the_browser(visit: Callable[..., Any]) -> None:
    page = visit("/", java_script_enabled=False)
    page.get_by_role("list", name="What is in the graph").get_by_role("link", name="Actors").click()
    page.get_by_role("link", name="Taliban", exact=True).click()
    assert page.get_by_role("heading", level=1).inner_text() == "Taliban"
