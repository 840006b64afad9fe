"""Actors, places, posts and initiatives: who or what they are, what they say, and what is said of them by whom."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from rdflib.namespace import RDF, SKOS

import geokg
from geokg.endpoint.app import create_app
from geokg.endpoint.pages.dossier import SHOWN, Dossier
from geokg.graph import KnowledgeGraph
from geokg.vocabulary import GK, GKX

BROWSER = {"Accept": "text/html"}
DATA = "https://w3id.org/geokg/data/"


@pytest.fixture(scope="module")
def extra(root: Path) -> KnowledgeGraph:
    """Two articles with dates, promises and tenures."""
    return geokg.build(root / "tests" / "cookbook" / "extra")


@pytest.fixture(scope="module")
def client(extra: KnowledgeGraph) -> FlaskClient:
    return create_app(extra).test_client()


def text(page: str) -> str:
    """What is read, without the marks."""
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", page)).split())


def section(page: str, heading: str) -> str:
    """The section under a heading."""
    start = page.index(f'<h2 id="{heading}"')
    return page[start : page.index("</section>", start)]


def table(part: str) -> list[list[str]]:
    """The rows of the first table, without its head."""
    rows = re.findall(r"(?s)<tr>(.*?)</tr>", part[part.index("<tbody>") : part.index("</tbody>")])
    return [[text(cell) for cell in re.findall(r"(?s)<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def get(client: FlaskClient, path: str) -> str:
    response = client.get(path, headers=BROWSER)
    assert response.status_code == 200
    return response.text


def dossier(kg: KnowledgeGraph, path: str) -> Dossier:
    app = create_app(kg)
    with app.test_request_context("/"):
        found = Dossier(app.extensions["geokg"], DATA + path)
        _ = found.claims, found.promises, found.offices, found.facts
    return found


def test_who_held_a_post_stands_with_dates_as_they_are_given(client: FlaskClient) -> None:
    rows = table(section(get(client, "/data/entity/spokesperson-of-arland"), "offices"))
    post = "Spokesperson of the Foreign Ministry of Arland"
    assert [row[:4] for row in rows] == [
        ["Ada Arn", post, "2029", "2030"],
        ["Bo Bey", post, "any time before", "2028"],
    ]
    assert rows[0][4].startswith("accepted: standard said by the narrator of “Front promises peace”")


@pytest.mark.parametrize("path", ["entity/ada-arn", "entity/foreign-ministry-of-arland", "entity/arland"])
def test_offices_are_seen_from_the_person_the_body_and_the_state(client: FlaskClient, path: str) -> None:
    assert "Ada Arn" in text(section(get(client, f"/data/{path}"), "offices"))


def test_a_tenure_that_is_denied_is_no_tenure(write_source: Callable[..., Path]) -> None:
    path = write_source(
        "Ada Arn is not the director of the Institute of Peace, said Bo Bey.",
        """T1 Person Ada Arn
        T2 Tenure director
        T3 Position director of the Institute of Peace
        T4 Statement said
        T5 Person Bo Bey
        E1 Tenure:T2 Holder:T1 Post:T3
        E2 Statement:T4 Actor:T5 Content:E1
        A1 Polarity E1 negative
        A2 TimeRelation E1 overlaps
        A3 TimeRelation E2 before""",
    )
    kg = geokg.build(path.parent)
    (holder,) = kg.find("Ada Arn")
    page = get(create_app(kg).test_client(), holder.removeprefix("https://w3id.org/geokg"))
    (row,) = table(section(page, "offices"))
    assert row[2].startswith("undated; to the time of the text: overlaps")
    assert row[3].startswith("denied by Bo Bey")
    assert "accepted" not in row[3]
    assert 'class="facts"' not in page


def test_what_it_says_is_folded_by_stance(extra: KnowledgeGraph) -> None:
    iri = DATA + "entity/northern-front"
    says, _ = dossier(extra, "entity/northern-front").claims
    own = [claim for claim in extra.claims() if claim.claimant.iri == iri]
    assert {part.of.text: part.count for part in says} == Counter(claim.stance for claim in own)
    assert {quote.claim.iri for part in says for quote in part.quotes} == {claim.iri for claim in own}
    documents = [quote.claim.document.rpartition("/")[2] for quote in says[0].quotes]
    assert documents == sorted(documents, key=["breach", "truce"].index), "the newest first"


def test_what_is_said_of_it_is_split_by_who_says_so(extra: KnowledgeGraph, client: FlaskClient) -> None:
    _, told = dossier(extra, "entity/northern-front").claims
    for part in told:
        assert {quote.claim.claimant.label for quote in part.quotes} == {part.of.text}
        assert part.count == len(part.quotes)
    assert {part.of.text for part in told} >= {"Arland", "Borland", "Ada Arn"}
    assert "Northern Front" not in {part.of.text for part in told}
    page = get(client, "/data/entity/northern-front")
    assert "by Arland 2" in text(section(page, "claims"))


def test_that_somebody_spoke_is_left_to_what_they_said(kg: KnowledgeGraph) -> None:
    _, told = dossier(kg, "entity/hu-shisheng").claims
    kinds = {quote.claim.content.kind for part in told for quote in part.quotes}
    assert kinds == {"Tenure"}


def test_commitments_are_told_from_both_ends_and_by_whom(kg: KnowledgeGraph) -> None:
    (made,) = dossier(kg, "entity/taliban").promises["debtor"]
    (received,) = dossier(kg, "state/CHN").promises["creditor"]
    assert made.it.href == received.it.href
    assert [value.text for value in made.creditors] == ["China"]
    assert [value.text for value in received.debtors] == ["Taliban"]
    assert [value.text for value in made.tellers] == ["Hu Shisheng"]
    assert made.statuses == [], "only the stewards’ policies say what became of it"
    assert "intends" in dossier(kg, "state/CHN").promises


def test_a_status_is_shown_as_accepted(client: FlaskClient) -> None:
    part = section(get(client, "/data/entity/northern-front"), "claims")
    rows = table(part[part.index("Commitments made") :])
    assert {row[3] for row in rows} == {"detached", "violated"}


def test_facts_name_the_policy_that_accepts_them(kg: KnowledgeGraph) -> None:
    page = get(create_app(kg).test_client(), "/data/entity/taliban")
    facts = text(section(page, "facts"))
    assert "Taliban controls territory of Afghanistan accepted under the policy standard · evidence" in facts
    assert "Taliban is in contact with China accepted under the policy corroborated" in facts
    assert facts.count("is in contact with") == 2, "a symmetric fact is told once, with the name of its evidence"


def test_facts_lead_to_the_words_that_they_rest_on(kg: KnowledgeGraph) -> None:
    client = create_app(kg).test_client()
    addresses = re.findall(r'href="(/sparql[^"]*)">evidence', get(client, "/data/entity/taliban"))
    found = "".join(client.get(html.unescape(address) + "&format=csv").text for address in addresses)
    assert "now controls most of Afghanistan" in found


def test_names_stand_by_language(kg: KnowledgeGraph) -> None:
    client = create_app(kg).test_client()
    page = get(client, "/data/entity/taliban")
    assert text(section(page, "names")).removeprefix("Names English Taliban · Afghan Taliban ") == (
        "Arabic طالبان Persian طالبان French talibans Chinese 塔利班 · 阿富汗塔利班"
    )
    french = client.get("/data/entity/taliban", headers=BROWSER | {"Accept-Language": "fr"}).text
    assert text(section(french, "names")).split()[1:3] == ["français", "talibans"]
    assert re.search(r'<h1 lang="fr">talibans</h1>', french)


def test_mentions_lead_to_their_words(kg: KnowledgeGraph) -> None:
    page = get(create_app(kg).test_client(), "/data/entity/taliban")
    links = re.findall(r'<a href="/data/document/china-taliban/article#char=(\d+),(\d+)">“([^<]*)”</a>', page)
    content = kg.text("china-taliban/article").content
    assert len(links) == 5
    assert all(content[int(start) : int(end)] == html.unescape(words) for start, end, words in links)
    assert "9 times" in section(page, "sources")


def test_the_record_tells_both_ways(kg: KnowledgeGraph) -> None:
    record = text(section(get(create_app(kg).test_client(), "/data/entity/beijing"), "record"))
    assert "Wikidata identifier Q956" in record
    assert "← has capital China" in record.replace("the other way round: ", "")


def test_what_nobody_speaks_of_has_a_page() -> None:
    client = create_app(geokg.sample()).test_client()
    page = get(client, "/data/state/ABW")
    assert "No claim is made by Aruba or about Aruba." in page
    assert 'class="facts"' not in page
    assert 'class="claims"' not in page


def test_a_state_with_thousands_of_claims_takes_no_more_questions() -> None:
    kg = geokg.sample()
    client, site = create_app(kg), None
    site, asked = client.extensions["geokg"], []
    rows = site.rows
    site.rows = lambda sparql, **options: asked.append(sparql) or rows(sparql, **options)
    browser = client.test_client()
    get(browser, "/data/state/CHN")
    asked.clear()
    get(browser, "/data/state/CHN")
    before = len(asked)
    document = kg.documents()[0]
    graph = ox.NamedNode(kg.base.document_graph("china-taliban/article"))
    template = next(claim for claim in kg.claims() if claim.claimant.label == "Hu Shisheng")
    quads = []
    for number in range(2000):
        claim = ox.NamedNode(f"{document}/claim/many{number}")
        for quad in kg.store.match(ox.NamedNode(template.iri)):
            value = ox.NamedNode(DATA + "state/CHN") if quad.predicate.value == str(GK.isClaimedBy) else quad.object
            quads.append(ox.Quad(claim, quad.predicate, value, graph))
    kg.store.extend(quads)
    get(browser, "/data/state/CHN")  # what is read once for each state of the data
    asked.clear()
    page = get(browser, "/data/state/CHN")
    assert len(asked) == before <= 16
    said = section(page, "claims")
    assert said.count('<article class="claim') <= 2 * SHOWN
    assert re.search(r"All 2,00\d of these", said)
    assert re.search(r'href="/claims\?claimant=[^"]*CHN[^"]*stance=\w+"', said)


def test_hostile_names_do_nothing() -> None:
    kg = KnowledgeGraph.empty()
    node, entities = ox.NamedNode(DATA + "entity/evil"), ox.NamedNode(kg.base.graph + "entities")
    label = ox.Literal('</script><script>alert(1)</script>" onload="x', language="en-x-evil")
    for predicate, value in (
        (RDF.type, ox.NamedNode(str(GK.Person))),
        (SKOS.prefLabel, label),
        (GK.wikidataId, ox.Literal("Q1'\"><b>")),
        ("javascript:alert(2)", ox.NamedNode("javascript:alert(3)")),
    ):
        kg.store.extend([ox.Quad(node, ox.NamedNode(str(predicate)), value, entities)])
    page = get(create_app(kg).test_client(), "/data/entity/evil")
    assert "<h1" in page
    assert "<script>alert" not in page
    assert "<b>" not in page
    assert 'href="javascript' not in page


def test_terms_lead_to_the_claims_with_them(kg: KnowledgeGraph) -> None:
    client = create_app(kg).test_client()
    for path, query in (("/ontology/Benefit", "kind=Benefit"), ("/vocab/predicts", "stance=predicts")):
        assert f'href="/claims?{query}"' in get(client, path)
    assert 'href="/claims?' not in get(client, "/ontology/hasActor").partition("<main")[2]


def test_a_situation_says_whether_a_policy_accepts_it(kg: KnowledgeGraph) -> None:
    client = create_app(kg).test_client()
    accepted = ox.NamedNode(str(GK.isAcceptedUnder))
    for claim in kg.claims():
        page = get(client, claim.content.iri.removeprefix("https://w3id.org/geokg"))
        policies = {quad.object for quad in kg.store.match(ox.NamedNode(claim.content.iri), accepted)}
        assert ("Taken as a fact under the policy" in page) == bool(policies)
        if ox.NamedNode(str(GKX.standard)) in policies:
            assert "standard" in section(page, "facts")


# In the browser


def test_from_a_search_to_a_sentence(visit: Callable[..., Any]) -> None:
    page = visit("/search?q=taliban")
    page.locator("section.best").get_by_role("link", name="Taliban", exact=True).click()
    page.get_by_role("link", name=re.compile("claims of others")).click()
    folded = page.get_by_text("by Hu Shisheng")
    folded.click()
    page.get_by_role("link", name=re.compile("Hu Shisheng")).locator("visible=true").first.click()
    assert page.get_by_role("heading", level=1).count() == 1
