"""The list of claims: what each filter leaves, what is counted, in which order it stands, as a page and as a table."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

import geokg
from browser import NARROW, axe
from geokg.endpoint import create_app
from geokg.endpoint.pages import claims
from geokg.endpoint.pages.claims import FACETS, ORDERS
from geokg.endpoint.pages.filters import Pages
from geokg.endpoint.pooled import create_pool
from geokg.errors import TransferCut
from geokg.graph import KnowledgeGraph
from geokg.sparql.snapshot import MemorySnapshot
from geokg.store import Store
from geokg.views import Claim
from geokg.vocabulary import GK, packaged

EXTRA = Path(__file__).parent / "cookbook" / "extra"
DATA = "https://w3id.org/geokg/data/"
PAGE = {"Accept": "text/html"}
KEEPS: dict[str, tuple[str, Callable[[Claim], bool]]] = {
    "claimant": ("entity/northern-front", lambda claim: claim.claimant.label == "Northern Front"),
    "subject": ("entity/borland", lambda claim: "Borland" in claim.content.label),
    "kind": ("Tenure", lambda claim: claim.content.kind == "Tenure"),
    "stance": ("denies", lambda claim: claim.stance == "denies"),
    "polarity": ("negative", lambda claim: claim.polarity == "negative"),
    "certainty": ("certain", lambda claim: claim.certainty == "certain"),
    "depth": ("2", lambda claim: len(claim.chain) == 3),
    "document": ("document/courier/truce", lambda claim: claim.document.endswith("truce")),
    "since": ("2030-06", lambda claim: claim.document.endswith("breach")),
    "until": ("2030-05-31", lambda claim: claim.document.endswith("truce")),
}


@pytest.fixture(scope="module")
def kg() -> KnowledgeGraph:
    """The packaged article, and two of another world, which have dates."""
    return geokg.build(EXTRA, packaged("data"))


@pytest.fixture(scope="module")
def client(kg: KnowledgeGraph) -> FlaskClient:
    return create_app(kg).test_client()


def table(client: FlaskClient, query: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(f"/claims.csv?{query}").text, newline="")))


def html(client: FlaskClient, query: str = "") -> str:
    response = client.get(f"/claims?{query}", headers=PAGE)
    assert response.status_code == 200
    return response.text


def listed(page: str) -> list[str]:
    """The claims of a page, in their order."""
    found = re.findall(r'<h3 class="sentence" lang="en"><a href="/data/([^"]+)"', page)
    return [DATA + unescape(path) for path in found]


def shown_query(page: str) -> str:
    (shown,) = re.findall(r'<pre tabindex="0"><code>(.*?)</code></pre>', page, re.S)
    return unescape(shown)


def counts(page: str, facet: str) -> dict[str, int]:
    """The values of a facet with their counts."""
    (section,) = re.findall(rf'<section class="facet" aria-labelledby="facet-{facet}">(.*?)</section>', page, re.S)
    rows = re.findall(r'<li><a href="[^"]*"[^>]*>(.*?)</a> <span class="count">([\d,]+)</span>', section, re.S)
    return {unescape(re.sub("<.*?>", "", name)): int(number.replace(",", "")) for name, number in rows}


@pytest.mark.parametrize("name", KEEPS)
def test_a_filter_leaves_the_claims_that_fit_and_no_others(kg: KnowledgeGraph, client: FlaskClient, name: str) -> None:
    value, fits = KEEPS[name]
    expected = {claim.iri for claim in kg.claims() if fits(claim)}
    assert 0 < len(expected) < 67
    assert {row["claim"] for row in table(client, f"{name}={value}")} == expected
    assert len(listed(html(client, f"{name}={value}"))) == min(len(expected), Pages.size)


def test_several_values_of_a_filter_are_any_of_them_and_several_filters_are_all(
    kg: KnowledgeGraph, client: FlaskClient
) -> None:
    found = {row["claim"] for row in table(client, "stance=denies&stance=promises&depth=0&depth=1&polarity=positive")}
    expected = {
        claim.iri
        for claim in kg.claims()
        if claim.stance in ("denies", "promises") and len(claim.chain) <= 2 and claim.polarity == "positive"
    }
    assert found == expected != set()


def test_a_value_counts_what_would_be_left_if_it_were_chosen_alone(kg: KnowledgeGraph, client: FlaskClient) -> None:
    page = html(client, "polarity=positive&stance=denies")
    positive = [claim for claim in kg.claims() if claim.polarity == "positive"]
    assert counts(page, "stance") == {**Counter(claim.stance for claim in positive), "denies": 0}
    assert counts(page, "claimant") == Counter(c.claimant.label for c in positive if c.stance == "denies")
    everything = html(client)
    for name in ("polarity", "certainty", "stance"):
        assert counts(everything, name) == Counter(getattr(claim, name) for claim in kg.claims())
    assert list(counts(everything, "depth").values()) == [
        number for _, number in Counter(len(claim.chain) for claim in kg.claims()).most_common()
    ]


def test_the_counts_of_a_link_are_what_it_leads_to(client: FlaskClient) -> None:
    page = html(client, "polarity=positive")
    links = re.findall(r'<li><a href="/claims\?([^"]*)">.*?</a> <span class="count">(\d+)</span>', page)
    alone = [(query, number) for query, number in links if query.count("polarity=") == 1]
    assert len(alone) > 20
    for query, number in alone[::4]:
        assert len(table(client, unescape(query))) == int(number)


def test_a_value_that_is_set_stands_first_even_if_nothing_has_it(client: FlaskClient) -> None:
    rare = counts(html(client, "claimant=entity/ada-arn"), "claimant")
    assert next(iter(rare)) == "Ada Arn"
    none = counts(html(client, "stance=asks&claimant=entity/ada-arn"), "stance")
    assert next(iter(none.items())) == ("asks", 0)


def test_a_facet_has_ten_values_until_all_are_asked_for(kg: KnowledgeGraph, client: FlaskClient) -> None:
    first = html(client)
    assert len(counts(first, "claimant")) == 10
    assert "facet=claimant#facet-claimant" in first
    whole = counts(html(client, "facet=claimant"), "claimant")
    assert whole == Counter(claim.claimant.label for claim in kg.claims())


@pytest.mark.parametrize("sort", ORDERS)
@pytest.mark.parametrize("query", ["", "depth=0&depth=1&polarity=positive"])
def test_the_parts_of_the_list_are_the_rows_of_the_query_that_is_shown(
    client: FlaskClient, sort: str, query: str
) -> None:
    first = html(client, f"sort={sort}&{query}")
    asked = client.get(f"/sparql?query={quote(shown_query(first))}", headers={"Accept": "application/json"}).json
    rows = [row["claim"]["value"] for row in asked["results"]["bindings"]]
    pages = Pages(len(rows), 1)
    parts = [claim for n in range(1, pages.last + 1) for claim in listed(html(client, f"sort={sort}&{query}&page={n}"))]
    assert len(rows) > Pages.size
    assert parts == rows == [row["claim"] for row in table(client, f"sort={sort}&{query}")]


def test_each_order_is_what_it_says(kg: KnowledgeGraph, client: FlaskClient) -> None:
    texts = table(client)
    assert [(row["document"], int(row["start"])) for row in texts] == sorted(
        (row["document"], int(row["start"])) for row in texts
    )
    dates = [row["dated"] for row in table(client, "sort=newest")]
    assert dates == sorted(dates, reverse=True)
    assert dates[0] == "2030-06-01T00:00:00Z" and dates[-1] == ""
    for sort in ("claimant", "stance"):
        values = [row[sort] for row in table(client, f"sort={sort}")]
        assert values == sorted(values) and len(set(values)) > 5


def test_the_table_says_of_each_claim_what_the_views_say(kg: KnowledgeGraph, client: FlaskClient) -> None:
    rows = {row["claim"]: row for row in table(client)}
    for claim in kg.claims():
        row = rows.pop(claim.iri)
        assert row["claimant"] == claim.claimant.label
        assert (row["stance"], row["polarity"], row["certainty"]) == (claim.stance, claim.polarity, claim.certainty)
        assert int(row["speakers"]) == len(claim.chain) - 1
        assert row["words"] == " … ".join(span.exact for span in claim.evidence)
        assert (int(row["start"]), int(row["end"])) == (claim.evidence[0].start, claim.evidence[-1].end)
    assert rows == {}


def test_a_claim_is_never_shown_without_who_says_so_and_leads_to_its_words(client: FlaskClient) -> None:
    page = html(client, "stance=denies")
    (row,) = re.findall(r'<article class="claim.*?</article>', page, re.S)
    assert re.search(r">The article says that \S+ denies: ", row)
    assert re.search(r'href="/data/document/courier/truce#char=\d+,\d+"', row)
    assert '<time datetime="2030-03-01">' in row


def test_one_address_answers_in_the_format_that_is_asked_for(client: FlaskClient) -> None:
    rows = len(table(client, "stance=denies"))
    for accept, path in (("application/json", "/claims"), ("*/*", "/claims.json")):
        response = client.get(f"{path}?stance=denies", headers={"Accept": accept})
        assert len(response.json["results"]["bindings"]) == rows
    assert client.get("/claims", headers={"Accept": "text/csv"}).mimetype == "text/csv"
    assert client.get("/claims", headers={"Accept": "image/png"}).status_code == 406
    assert client.head("/claims.csv").status_code == 200


def test_a_table_is_not_sent_again_while_the_data_is_the_same(client: FlaskClient) -> None:
    tag = client.get("/claims.csv").headers["ETag"]
    assert client.get("/claims.csv", headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/claims.csv?stance=denies", headers={"If-None-Match": tag}).status_code == 200


def test_the_processes_of_a_pool_give_the_same(kg: KnowledgeGraph, client: FlaskClient) -> None:
    with create_pool(kg.store, workers=1) as pool:  # type: ignore[union-attr]
        pooled = create_app(kg, pool=pool).test_client()
        for query in ("", "sort=claimant&depth=1"):
            assert pooled.get(f"/claims.csv?{query}").text == client.get(f"/claims.csv?{query}").text
            assert listed(html(pooled, query)) == listed(html(client, query))


@pytest.mark.parametrize("sort", ORDERS)
def test_a_long_table_is_read_in_parts_that_join(
    kg: KnowledgeGraph, client: FlaskClient, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {query: client.get(f"/claims.csv?sort={sort}&{query}").text for query in ("", "depth=1", "stance=asks")}
    monkeypatch.setattr(claims, "AT_ONCE", 7)
    with create_pool(kg.store, workers=1) as pool:  # type: ignore[union-attr]
        pooled = create_app(kg, pool=pool).test_client()
        for query, expected in whole.items():
            assert pooled.get(f"/claims.csv?sort={sort}&{query}").text == expected
            assert pooled.head(f"/claims.csv?sort={sort}&{query}").status_code == 200
        tag = pooled.get("/claims.csv").headers["ETag"]
        assert pooled.get("/claims.csv", headers={"If-None-Match": tag}).status_code == 304
        assert pool.running() == []


def test_a_long_table_breaks_off_rather_than_mix_two_states_of_the_data(
    fresh_kg: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "AT_ONCE", 7)
    with create_pool(fresh_kg.store, workers=1) as pool:  # type: ignore[union-attr]
        pooled = create_app(fresh_kg, pool=pool).test_client()
        answer = pooled.get("/claims.csv", buffered=False)
        pool.publish(MemorySnapshot(fresh_kg.store.ox))
        with pytest.raises(TransferCut, match="the data has changed meanwhile"):
            list(answer.response)
        answer.close()


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("stance=denys", 400, "did you mean denies"),
        ("claimants=x", 400, "did you mean claimant"),
        ("sort=date", 400, "there is no such value"),
        ("page=3", 404, "the list has 2"),
        ("claimant=entity/nobody&page=2", 404, "the list has 1"),
    ],
)
def test_what_cannot_be_shown_is_a_problem_that_says_why(
    client: FlaskClient, query: str, status: int, told: str
) -> None:
    response = client.get(f"/claims?{query}", headers={"Accept": "application/json, text/html;q=0.5"})
    if status == 404:
        response = client.get(f"/claims?{query}", headers=PAGE)
    assert response.status_code == status
    assert told in unescape(response.text)


def test_counts_follow_a_change_of_the_data(fresh_kg: KnowledgeGraph) -> None:
    client = create_app(fresh_kg).test_client()
    before = counts(html(client), "polarity")
    claim = next(claim for claim in fresh_kg.claims() if claim.polarity == "positive")
    node = ox.NamedNode(claim.iri)
    (old,) = fresh_kg.store.match(node, ox.NamedNode(str(GK.hasPolarity)))
    fresh_kg.store.remove([old])
    after = counts(html(client), "polarity")
    assert after["positive"] == before["positive"] - 1


def test_a_graph_without_claims_says_so() -> None:
    client = create_app(KnowledgeGraph(Store.memory())).test_client()
    page = html(client)
    assert "The graph holds no claims yet." in page
    assert table(client) == []
    assert "No claim fits all that is set" in html(client, "claimant=entity/nobody")


def test_names_out_of_the_graph_do_nothing(fresh_kg: KnowledgeGraph) -> None:
    hostile = "<script>alert(1)</script>“'\"> \n } DROP ALL #"
    actor = ox.NamedNode(DATA + "entity/hu-shisheng")
    label = ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
    fresh_kg.store.remove(list(fresh_kg.store.match(actor, label)))
    fresh_kg.store.extend([ox.Quad(actor, label, ox.Literal(hostile, language="en"), ox.DefaultGraph())])
    page = html(create_app(fresh_kg).test_client(), "claimant=entity/hu-shisheng")
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)") > 3
    shown = shown_query(page)
    assert shown.splitlines()[0] == "# Claimant: <script>alert(1)</script>“'\"> } DROP ALL #"
    assert shown.splitlines()[1].startswith("SELECT ?claim ")


def test_the_facets_are_found_by_keyboard_and_fold_where_there_is_no_room(visit: Callable[..., Any]) -> None:
    page = visit("/claims")
    page.get_by_role("link", name="Hu Shisheng").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/claims?claimant=entity/hu-shisheng")
    assert page.get_by_role("listitem").filter(has_text="Take away").count() == 1
    assert axe(page) == []
    narrow = visit("/claims?stance=denies", viewport=NARROW)
    assert not narrow.get_by_role("heading", name="Claimant").is_visible()
    narrow.get_by_text("Narrow down").first.click()
    assert narrow.get_by_role("heading", name="Claimant").is_visible()
    assert axe(narrow) == []


def test_filters_work_without_a_script(visit: Callable[..., Any]) -> None:
    page = visit("/claims", java_script_enabled=False)
    page.get_by_label("Order").select_option("claimant")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/claims?sort=claimant")  # with its styles, without which the facets are folded
    page.get_by_role("link", name="predicts").first.click()
    page.wait_for_url("**/claims?stance=predicts&sort=claimant")
    page.get_by_role("link", name="Take away Stance predicts").click()
    page.wait_for_url("**/claims?sort=claimant")


def test_every_facet_is_a_filter_with_a_test() -> None:
    assert set(FACETS) <= set(KEEPS)
