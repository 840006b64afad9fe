"""The list of commitments: who owes what to whom, what is told of its fate, filters, orders, the same as a table."""

from __future__ import annotations

import csv
import io
import re
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
from geokg.endpoint.pages.commitments import ORDERS
from geokg.endpoint.pooled import create_pool
from geokg.graph import KnowledgeGraph
from geokg.store import Store
from geokg.views import Undertaking
from geokg.vocabulary import GK, packaged

EXTRA = Path(__file__).parent / "cookbook" / "extra"
DATA = "https://w3id.org/geokg/data/"
PAGE = {"Accept": "text/html"}
TRUCE = DATA + "document/courier/truce/undertaking/"
PLEDGE = TRUCE + "228f9288be9b9fe8"
KEEPS: dict[str, tuple[str, Callable[[Undertaking], bool]]] = {
    "debtor": ("entity/taliban", lambda it: it.debtors[0].label == "Taliban"),
    "creditor": (DATA + "entity/borland", lambda it: it.creditors[0].label == "Borland"),
    "kind": ("RestraintCommitment", lambda it: it.kind == "RestraintCommitment"),
    "teller": ("entity/hu-shisheng", lambda it: any("Hu Shisheng" in map(str, claim.chain) for claim in it.claims)),
    "document": ("document/times/breach", lambda it: "times/breach" in it.iri),
}


@pytest.fixture(scope="module")
def kg() -> KnowledgeGraph:
    """The packaged article, and two of another world, one of which tells that the promises of the other were broken."""
    return geokg.build(EXTRA, packaged("data"))


@pytest.fixture(scope="module")
def client(kg: KnowledgeGraph) -> FlaskClient:
    return create_app(kg).test_client()


def table(client: FlaskClient, query: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(f"/commitments.csv?{query}").text, newline="")))


def html(client: FlaskClient, query: str = "") -> str:
    response = client.get(f"/commitments?{query}", headers=PAGE)
    assert response.status_code == 200
    return response.text


def listed(page: str) -> list[str]:
    return [DATA + unescape(path) for path in re.findall(r'<th scope="row"[^>]*><a href="/data/([^"]+)"', page)]


def row(page: str, iri: str) -> str:
    """What is read in the row of an undertaking."""
    (found,) = [one for one in re.findall(r"<tr.*?</tr>", page, re.S) if iri.removeprefix(DATA) in one]
    return re.sub(" ([,:;])", r"\1", " ".join(unescape(re.sub("<.*?>", " ", found)).split()))


@pytest.mark.parametrize("name", KEEPS)
def test_a_filter_leaves_the_commitments_that_fit_and_no_others(
    kg: KnowledgeGraph, client: FlaskClient, name: str
) -> None:
    value, fits = KEEPS[name]
    expected = {it.iri for it in kg.commitments() if fits(it)}
    assert 0 < len(expected) < 6
    assert set(listed(html(client, f"{name}={value}"))) == expected
    assert {one["undertaking"] for one in table(client, f"{name}={value}")} == expected


def test_a_status_is_found_whether_it_is_accepted_or_told_here_or_in_another_document(client: FlaskClient) -> None:
    violated = set(listed(html(client, "status=violated")))
    assert PLEDGE in violated  # Arland says so, in the other document, and nobody has accepted it
    assert len(violated) == 4
    detached = set(listed(html(client, "status=detached")))
    assert PLEDGE in detached and not detached <= violated
    assert set(listed(html(client, "status=violated&status=detached"))) == violated | detached
    assert listed(html(client, "status=expired")) == []


def test_what_is_accepted_and_what_is_told_stand_side_by_side(client: FlaskClient) -> None:
    pledge = row(html(client), PLEDGE)
    assert "detached a fact under “standard”" in pledge
    assert "violated: Arland says so, reported by the narrator of “Front breaks its word”" in pledge
    assert "accepted" not in pledge[pledge.index("violated") :]
    promise = row(html(client), TRUCE + "ec90714ed1e0c140")
    assert "violated a fact under “standard”" in promise
    assert "made, 2030-02-01: the narrator of “Front promises peace” says so accepted under “standard”" in promise
    assert promise.index("made") < promise.index("violated, 2030-05")


def test_a_commitment_that_nobody_accepts_as_made_is_told_by_a_chain_of_speakers(client: FlaskClient) -> None:
    told = row(
        html(client, "debtor=entity/taliban"), DATA + "document/china-taliban/article/undertaking/24c975af94791646"
    )
    assert "told, not accepted as made" in told and "fact" not in told
    assert "shall not happen" in told
    chain = told[told.index("reported by") :]
    assert chain.index("the narrator") < chain.rindex("Hu Shisheng") < chain.rindex("leaders of the Taliban")


def test_a_denied_change_is_not_shown_as_if_it_were_so() -> None:
    kg = geokg.build(EXTRA)
    claim = next(one for one in kg.claims() if one.content.kind == "StatusChange" and one.claimant.label == "Arland")
    node, polarity = ox.NamedNode(claim.iri), ox.NamedNode(str(GK.hasPolarity))
    (old,) = kg.store.match(node, polarity)
    kg.store.remove([old])
    negative = ox.NamedNode("https://w3id.org/geokg/vocab/negative")
    kg.store.extend([ox.Quad(node, polarity, negative, old.graph_name)])
    client = create_app(kg).test_client()
    assert "violated: Arland says that it is not so" in row(html(client), PLEDGE)
    assert {one["polarity"] for one in table(client) if one["teller"] == "Arland"} == {"negative"}


def test_intentions_stand_apart(client: FlaskClient) -> None:
    page = html(client, "of=intentions")
    (intention,) = listed(page)
    assert intention not in listed(html(client))
    assert "To whom" not in re.sub("<nav.*?</nav>", "", page, flags=re.S)
    assert [one["debtor"] for one in table(client, "of=intentions")] == ["China"]


@pytest.mark.parametrize("sort", ORDERS)
def test_the_list_is_in_the_order_of_the_query_that_is_shown(client: FlaskClient, sort: str) -> None:
    page = html(client, f"sort={sort}")
    (shown,) = re.findall(r'<pre tabindex="0"><code>(.*?)</code></pre>', page, re.S)
    asked = client.get(f"/sparql?query={quote(unescape(shown))}", headers={"Accept": "application/json"}).json
    rows = [one["undertaking"]["value"] for one in asked["results"]["bindings"]]
    assert list(dict.fromkeys(rows)) == listed(page)
    assert len(listed(page)) == 6


@pytest.mark.parametrize("key", ["debtor", "creditor", "kind"])
def test_a_column_sorts_up_and_then_down_and_says_so(client: FlaskClient, key: str) -> None:
    up, down = html(client, f"sort={key}"), html(client, f"sort=-{key}")
    values = [one[key] for one in table(client, f"sort={key}")]
    assert values == sorted(values) != sorted(values, reverse=True)
    assert [one[key] for one in table(client, f"sort=-{key}")] == sorted(values, reverse=True)
    assert len(re.findall("aria-sort", up)) == len(re.findall("aria-sort", down)) == 1
    assert f'aria-sort="ascending"><a href="/commitments?sort=-{key}"' in up
    assert f'aria-sort="descending"><a href="/commitments?sort={key}"' in down


def test_the_words_lead_to_their_place(client: FlaskClient) -> None:
    page = html(client)
    assert '<a href="/data/document/courier/truce#char=196,229">It also pledged to Arland to free</a>' in page


def test_a_form_offers_the_values_that_there_are_with_their_counts(client: FlaskClient) -> None:
    page = html(client)
    assert '<option value="entity/northern-front">Northern Front (5)</option>' in page
    assert '<option value="violated">violated (4)</option>' in page
    assert '<option value="expired">' not in page
    assert '<option value="expired" selected>' in html(client, "status=expired")


def test_the_processes_of_a_pool_give_the_same(kg: KnowledgeGraph, client: FlaskClient) -> None:
    with create_pool(kg.store, workers=1) as pool:  # type: ignore[union-attr]
        pooled = create_app(kg, pool=pool).test_client()
        assert table(pooled) == table(client)
        assert html(pooled) == html(client)


def test_what_cannot_be_shown_is_a_problem_that_says_why(client: FlaskClient) -> None:
    for query, status, told in (
        ("status=broken", 400, "there is no such value"),
        ("debter=x", 400, "did you mean debtor"),
        ("page=2", 404, "the list has 1"),
    ):
        response = client.get(f"/commitments?{query}", headers=PAGE)
        assert response.status_code == status
        assert told in unescape(response.text)


def test_a_graph_without_commitments_says_so(client: FlaskClient) -> None:
    empty = create_app(KnowledgeGraph(Store.memory())).test_client()
    assert "No text in the graph tells of any." in html(empty)
    assert table(empty) == []
    assert "Nothing fits all that is set" in html(client, "status=expired")


def test_names_out_of_the_graph_do_nothing() -> None:
    kg = geokg.build(EXTRA)
    hostile = "<script>alert(1)</script>\"'> } DROP ALL #"
    actor = ox.NamedNode(DATA + "entity/northern-front")
    label = ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
    kg.store.remove(list(kg.store.match(actor, label)))
    kg.store.extend([ox.Quad(actor, label, ox.Literal(hostile, language="en"), ox.DefaultGraph())])
    for query in ("of=intentions", "", "debtor=entity/northern-front"):
        page = html(create_app(kg).test_client(), query)
        assert "<script>alert" not in page
    assert "<script>alert" in unescape(page)


def test_the_table_is_read_and_sorted_by_keyboard_and_is_cards_on_a_phone(visit: Callable[..., Any]) -> None:
    page = visit("/commitments")
    page.get_by_role("link", name="Kind").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/commitments?sort=kind")
    assert page.locator("[aria-sort=ascending]").inner_text().startswith("Kind")
    assert axe(page) == []
    narrow = visit("/commitments", viewport=NARROW)
    assert narrow.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    region = narrow.locator("main .wide")
    assert region.evaluate("one => one.scrollWidth <= one.clientWidth"), "each row is a card"
    assert narrow.get_by_role("cell").count() == page.get_by_role("cell").count() > 0
    assert axe(narrow) == []


def test_filters_work_without_a_script(visit: Callable[..., Any]) -> None:
    page = visit("/commitments", java_script_enabled=False)
    page.get_by_label("Who owes it").select_option(label="Taliban (1)")
    page.get_by_role("button", name="Show").click()
    assert page.get_by_role("link", name="Take away Who owes it Taliban").count() == 1
    assert page.locator("tbody tr").count() == 1
