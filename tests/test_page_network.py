"""The network: which claims connect whom, what filters leave, what is drawn, and the sentences behind each line."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable
from html import unescape
from itertools import combinations
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from rdflib.namespace import RDF

import geokg
from geokg.endpoint import create_app
from geokg.endpoint.pages import network
from geokg.endpoint.pages.network import Edge, _drawn
from geokg.graph import KnowledgeGraph
from geokg.views import Claim
from geokg.vocabulary import GK, GKX, packaged

EXTRA = Path(__file__).parent / "cookbook" / "extra"
DATA = "https://w3id.org/geokg/data/"
PAGE = {"Accept": "text/html"}
HU_ON_CHINA = "says entity/hu-shisheng state/CHN predicts positive"


@pytest.fixture(scope="module")
def kg() -> KnowledgeGraph:
    """The packaged article, and two of another world, which have dates."""
    return geokg.build(EXTRA, packaged("data"))


@pytest.fixture(scope="module")
def client(kg: KnowledgeGraph) -> FlaskClient:
    return create_app(kg).test_client()


def table(client: FlaskClient, query: str = "") -> Counter[tuple[str, ...]]:
    rows = csv.DictReader(io.StringIO(client.get(f"/network.csv?{query}").text, newline=""))
    columns = ("kind", "source", "target", "stance", "polarity")
    return Counter({tuple(local(row[name]) for name in columns): int(row["claims"]) for row in rows})


def local(iri: str) -> str:
    return iri.removeprefix(DATA).removeprefix("entity/").removeprefix(str(GKX))


def expected(kg: KnowledgeGraph, wanted: Callable[[Claim], bool] = lambda claim: True) -> Counter[tuple[str, ...]]:
    """The same, read claim by claim."""
    is_actor = {quad.subject for quad in kg.store.match(None, ox.NamedNode(str(RDF.type)), ox.NamedNode(str(GK.Actor)))}
    speakers = {
        (quad.object, claim.claimant.iri)
        for claim in kg.claims()
        for quad in kg.store.match(ox.NamedNode(claim.iri), ox.NamedNode(str(GK.isExpressedBy)))
    }
    found: Counter[tuple[str, ...]] = Counter()
    for claim in filter(wanted, kg.claims()):
        what, force = ox.NamedNode(claim.content.iri), (claim.stance, claim.polarity)
        actors = {quad.object.value for quad in kg.store.match(what) if quad.object in is_actor}
        for one in actors - {claim.claimant.iri}:
            if (what, one) not in speakers:
                found["says", local(claim.claimant.iri), local(one), *force] += 1
        for pair in combinations(sorted(actors), 2):
            found["together", *map(local, pair), *force] += 1
    return found


def test_claims_connect_who_speaks_with_whom_they_speak_of_and_those_named_together(
    kg: KnowledgeGraph, client: FlaskClient
) -> None:
    found = table(client)
    assert found == expected(kg)
    assert found["says", "hu-shisheng", "state/CHN", "predicts", "positive"] == 3
    assert found["says", "taliban-leaders", "state/CHN", "promises", "negative"] == 1
    assert not any(kind == "says" and source == target for kind, source, target, *_ in found)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("stance=promises", lambda claim: claim.stance == "promises"),
        ("stance=promises&stance=denies", lambda claim: claim.stance in ("promises", "denies")),
        ("polarity=negative", lambda claim: claim.polarity == "negative"),
        ("depth=2", lambda claim: len(claim.chain) == 3),
        ("document=document/courier/truce", lambda claim: claim.document.endswith("truce")),
        ("claimant=entity/hu-shisheng", lambda claim: claim.claimant.label == "Hu Shisheng"),
    ],
)
def test_a_filter_leaves_what_it_says(
    kg: KnowledgeGraph, client: FlaskClient, query: str, wanted: Callable[[Claim], bool]
) -> None:
    found = table(client, query)
    assert found == expected(kg, wanted)
    assert found


def test_time_is_that_of_the_situation_or_else_of_the_document(kg: KnowledgeGraph, client: FlaskClient) -> None:
    dated = {
        row["what"].value: (row["from"], row["to"])
        for row in kg.store.solutions(
            "SELECT ?what ?from ?to { ?what gk:edtf ?date OPTIONAL { ?what gk:validFrom ?from } "
            "OPTIONAL { ?what gk:validTo ?to } }"
        )
    }

    def is_in_may(claim: Claim) -> bool:
        start, end = dated.get(claim.content.iri) or dated.get(claim.document) or ("", "")
        if (start, end) == ("", ""):
            return False
        return (start is None or start.value < "2030-06-01") and (end is None or end.value > "2030-05-01T00:00:00Z")

    found = table(client, "from=2030-05&to=2030-05")
    assert found == expected(kg, is_in_may)
    assert 0 < len(found) < len(table(client, "from=2030"))


def test_an_actor_in_the_centre_has_a_part_in_every_line(client: FlaskClient) -> None:
    whole = table(client)
    assert table(client, "actor=state/PAK") == {key: n for key, n in whole.items() if "state/PAK" in key[1:3]}


def test_a_line_leads_to_its_sentences_as_many_as_it_counts(client: FlaskClient) -> None:
    body = client.get("/network", headers=PAGE).text
    links = [unescape(link) for link in re.findall(r'href="([^"]*edge=[^"]*)#sentences">', body)]
    assert len(links) == 50
    for link, count in zip(links[:12], re.findall(r"#sentences\">(\d+) claim", body), strict=False):
        page = client.get(link, headers=PAGE).text
        assert page.count('<article class="claim') == int(count), link
        assert "/data/document/" in page.partition('id="sentences"')[2]


def test_the_sentences_of_a_line_stay_under_the_filters(client: FlaskClient) -> None:
    for also, count in (("", 3), ("&actor=state/CHN", 3), ("&stance=predicts&stance=asserts", 3), ("&depth=2", 0)):
        body = client.get(f"/network?edge={HU_ON_CHINA}{also}", headers=PAGE).text
        assert body.count('<article class="claim') == count, also


@pytest.mark.parametrize(
    "edge", ["x", "says state/CHN", "sings state/CHN state/AFG asserts positive", 'says a"b state/AFG asserts positive']
)
def test_an_edge_that_is_none_is_told(client: FlaskClient, edge: str) -> None:
    answer = client.get("/network", query_string={"edge": edge})
    assert answer.status_code == 400
    assert "says state/CHN state/AFG asserts positive" in answer.json["detail"]


def test_what_is_drawn_comes_as_json_under_the_same_filters(client: FlaskClient) -> None:
    told = client.get("/network.json?document=document/china-taliban/article").json
    nodes = {node["id"]: node for node in told["nodes"]}
    assert {edge[end] for edge in told["edges"] for end in ("source", "target")} == nodes.keys()
    assert nodes[DATA + "state/CHN"] == {
        "id": DATA + "state/CHN",
        "label": "China",
        "shape": "state",
        "href": "/network?document=document/china-taliban/article&actor=state/CHN",
        "claims": nodes[DATA + "state/CHN"]["claims"],
    }
    promise = next(edge for edge in told["edges"] if edge["stance"] == "promises")
    assert (promise["polarity"], promise["label"]) == ("negative", "promises: not so")
    assert client.get(promise["href"].partition("#")[0], headers=PAGE).text.count('<article class="claim') == 1
    assert [edge["claims"] for edge in told["edges"]] == sorted((e["claims"] for e in told["edges"]), reverse=True)


def test_no_more_is_drawn_than_can_be_told_apart() -> None:
    edges = [Edge("says", f"a{n}", f"b{n % 7}", "asserts", "positive", 1000 - n) for n in range(300)]
    drawn, nodes = _drawn(edges)
    assert len(nodes) == network.NODES
    assert drawn == edges[: len(drawn)]
    drawn, nodes = _drawn([Edge("says", "a", "b", "asserts", "positive", n) for n in range(300)])
    assert (len(drawn), len(nodes)) == (network.EDGES, 2)


def test_the_query_that_is_shown_gives_the_table(kg: KnowledgeGraph, client: FlaskClient) -> None:
    for query in ("", "stance=promises&stance=denies&from=2030&actor=entity/arland&depth=1"):
        body = client.get(f"/network?{query}", headers=PAGE).text
        sparql = unescape(re.search(r"<code>(SELECT.*?)</code>", body, re.DOTALL)[1])  # type: ignore[index]
        assert sum(int(row["claims"].value) for row in kg.store.solutions(sparql)) == table(client, query).total()


def test_a_graph_without_claims_says_so() -> None:
    empty = create_app(KnowledgeGraph(geokg.store.Store.memory())).test_client()
    assert "No claims connect two actors here." in empty.get("/network", headers=PAGE).text
    assert empty.get("/network.json").json == {"nodes": [], "edges": []}


def test_a_part_that_the_list_has_not_is_told(client: FlaskClient) -> None:
    assert client.get("/network?page=1").status_code == 200
    answer = client.get("/network?page=99")
    assert (answer.status_code, answer.json["detail"][:22]) == (404, "page=99: the list has ")


# In a browser


def test_the_network_is_drawn_the_same_each_time_and_a_click_leads_to_the_sentences(visit: Callable[..., Any]) -> None:
    page = visit("/network?actor=entity/taliban-leaders")
    drawing = page.locator("#network[data-drawn]")
    drawing.wait_for()
    told = page.evaluate("fetch(document.getElementById('network').dataset.source).then((one) => one.json())")
    assert drawing.get_attribute("data-drawn") == f"{len(told['nodes'])} {len(told['edges'])}"
    canvas = drawing.locator(".drawing")
    first = canvas.screenshot()
    page.reload()
    drawing.wait_for()
    assert canvas.screenshot() == first
    box = canvas.bounding_box()
    for across, down in ((x, y) for y in range(20, int(box["height"]), 12) for x in range(20, int(box["width"]), 12)):
        page.mouse.move(box["x"] + across, box["y"] + down)
        if drawing.get_attribute("data-pointed") == "edge":
            page.mouse.click(box["x"] + across, box["y"] + down)
            break
    page.wait_for_url(re.compile("edge="))
    assert page.locator("article.claim").count() >= 1


def test_without_a_script_the_table_leads_to_the_sentences(visit: Callable[..., Any]) -> None:
    page = visit("/network", java_script_enabled=False)
    assert not page.locator("#network").is_visible()
    page.get_by_role("link", name="3 claims").first.click()
    assert page.locator("article.claim").count() == 3


def test_colours_are_not_all_that_tells_lines_apart(client: FlaskClient) -> None:
    labels = {(e["stance"], e["polarity"]): e["label"] for e in client.get("/network.json").json["edges"]}
    assert len({re.sub(" ×.*", "", label) for label in labels.values()}) == len(labels)
    assert json.dumps(labels["promises", "negative"]).startswith('"promises: not so')
