"""The timeline: what lies on the axis and where, what stands in which band, and who says so."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

import geokg
from browser import NARROW, axe, serving
from geokg.endpoint import create_app
from geokg.endpoint.pages.axis import Axis, Time
from geokg.endpoint.pages.timeline import BANDS, DATED
from geokg.graph import KnowledgeGraph
from geokg.store import Store
from geokg.vocabulary import GK, GKX, packaged

EXTRA = Path(__file__).parent / "cookbook" / "extra"
PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def kg() -> KnowledgeGraph:
    """The packaged article, and two of another world, which have dates."""
    return geokg.build(EXTRA, packaged("data"))


@pytest.fixture(scope="module")
def client(kg: KnowledgeGraph) -> FlaskClient:
    return create_app(kg).test_client()


@pytest.fixture(scope="module")
def dated(kg: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of texts with dates."""
    path = tmp_path_factory.mktemp("dated") / "kg.trig"
    kg.store.save(path)
    with serving(path, "--read-only") as address:
        yield address


def rows(client: FlaskClient, query: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(f"/timeline.csv?{query}").text, newline="")))


def bands(kg: KnowledgeGraph) -> dict[str, set[str]]:
    """Where each situation stands, read one by one."""
    found: dict[str, set[str]] = {name: set() for name in (DATED, *BANDS)}
    for claim in kg.claims():
        what = claim.content.iri

        def of(iri: str, term: str) -> list[Any]:
            return [quad.object for quad in kg.store.match(ox.NamedNode(iri), ox.NamedNode(str(GK[term])))]

        if of(what, "edtf") or (claim.content.kind == "Statement" and of(claim.document, "edtf")):
            found[DATED].add(what)
        else:
            relation = of(what, "hasTimeRelation")
            found[relation[0].value.removeprefix(str(GKX)) if relation else "undated"].add(what)
    return found


def test_each_situation_stands_on_the_axis_or_in_one_band(kg: KnowledgeGraph, client: FlaskClient) -> None:
    expected = bands(kg)
    assert {name: {row["what"] for row in rows(client, f"when={name}")} for name in expected} == expected
    assert all(expected[name] for name in (DATED, "before", "overlaps", "after"))
    body = client.get("/timeline", headers=PAGE).text
    counts = dict(re.findall(r'when=(\w+)"[^>]*>[^<]*</a> <span class="count">(\d+)</span>', body))
    assert counts == {name: str(len(found)) for name, found in expected.items()}


def test_the_axis_goes_by_the_beginning_and_a_statement_by_the_date_of_its_document(client: FlaskClient) -> None:
    found = rows(client)
    starts = [row["start"] for row in found if row["start"]]
    assert starts == sorted(starts)
    assert found[0]["date"] == "../2028", "what has no beginning stands by its end"
    by_document = [row for row in found if row["dated"] == row["document"]]
    assert {row["date"] for row in by_document} == {"2030-03-01", "2030-06-01"}
    assert client.get("/timeline", headers=PAGE).text.count("date of the document") == len(by_document)


def test_each_row_says_who_says_so_and_leads_to_the_words(client: FlaskClient) -> None:
    body = client.get("/timeline", headers=PAGE).text
    cells = re.findall(r"<td>(.*?)</td>", body, re.DOTALL)
    assert len(cells) == len(rows(client))
    for cell in cells:
        assert re.search(r'<a href="/data/document/[^"]+#char=\d+,\d+"[^>]*>The article says', cell), cell
    assert "said then:</small>" in body
    assert "The article says that Northern Front promises that it is not so: hostile act" in body


@pytest.mark.parametrize(
    ("query", "is_wanted"),
    [
        ("kind=Tenure", lambda claim: claim.content.kind == "Tenure"),
        ("stance=promises", lambda claim: claim.stance == "promises"),
        ("claimant=entity/northern-front", lambda claim: claim.claimant.label == "Northern Front"),
        ("document=document/times/breach", lambda claim: claim.document.endswith("breach")),
    ],
)
@pytest.mark.parametrize("when", [DATED, "before"])
def test_a_filter_leaves_what_it_says(
    kg: KnowledgeGraph, client: FlaskClient, query: str, is_wanted: Callable[[Any], bool], when: str
) -> None:
    wanted = {claim.content.iri for claim in kg.claims() if is_wanted(claim)}
    assert {row["what"] for row in rows(client, f"{query}&when={when}")} == wanted & bands(kg)[when]


def test_time_leaves_what_may_have_been_then(client: FlaskClient) -> None:
    assert Counter(row["date"] for row in rows(client, "to=2029-06")) == {"../2028": 1, "2029/2030": 1}
    assert "2030-05-10/2030-05-20" in {row["date"] for row in rows(client, "from=2030-05-15&to=2030-05-15")}
    assert "2030-05-10/2030-05-20" not in {row["date"] for row in rows(client, "from=2030-05-21")}


def test_the_query_that_is_shown_gives_the_rows(kg: KnowledgeGraph, client: FlaskClient) -> None:
    for when in (DATED, "after"):
        body = client.get(f"/timeline?when={when}&polarity=positive", headers=PAGE).text
        sparql = unescape(re.search(r"<code>(SELECT.*?)</code>", body, re.DOTALL)[1])  # type: ignore[index]
        shown = [row["what"].value for row in kg.store.solutions(sparql)]
        assert shown == [row["what"] for row in rows(client, f"when={when}&polarity=positive")]
        assert shown


def test_without_dates_the_bands_stand_alone(kg: KnowledgeGraph) -> None:
    body = create_app(geokg.sample()).test_client().get("/timeline", headers=PAGE).text
    assert "Nobody gives a date here" in body
    assert "<rect" not in body
    assert body.count('<section class="band') == 3


def test_a_graph_without_claims_has_no_bands() -> None:
    body = create_app(KnowledgeGraph(Store.memory())).test_client().get("/timeline", headers=PAGE).text
    assert '<section class="band' not in body
    assert "Nobody gives a date here" in body


def test_a_broken_date_is_told_and_lies_nowhere() -> None:
    kg = geokg.build(EXTRA)
    (quad,) = kg.store.match(None, ox.NamedNode(str(GK.edtf)), ox.Literal("2029/2030"))
    kg.store.remove([quad])
    kg.store.extend([ox.Quad(quad.subject, quad.predicate, ox.Literal("<b>last"), quad.graph_name)])
    body = create_app(kg).test_client().get("/timeline", headers=PAGE).text
    (row,) = re.findall(r'<tr><th scope="row">&lt;b&gt;last.*?</tr>', body, re.DOTALL)
    assert "<rect" not in row


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        ("1900", "2020", ["1900", "1920", "1940", "1960", "1980", "2000", "2020"]),
        (
            "2019-01",
            "2020-03",
            ["2019-01", "2019-03", "2019-05", "2019-07", "2019-09", "2019-11", "2020-01", "2020-03"],
        ),
        ("2020-02-27", "2020-03-02", ["2020-02-26", "2020-02-27", "2020-02-28", "2020-02-29"]),
        ("2020-02-29", "2020-02-29", ["2020-02-28", "2020-02-29", "2020-03-01", "2020-03-02"]),
        ("0001", "0002", None),
        ("9998", "9999-12-31", None),
    ],
)
def test_marks_are_even_and_few(first: str, last: str, labels: list[str] | None) -> None:
    axis = Axis.around([Time.read(first), Time.read(last)])
    assert axis is not None
    places = [place for place, _ in axis.marks]
    assert places == sorted(places)
    assert 2 <= len(places) <= 9
    assert places[0] >= 0
    assert places[-1] <= 100
    if labels:
        assert [text for _, text in axis.marks][: len(labels)] == labels


def test_a_date_is_drawn_as_it_is_known() -> None:
    axis = Axis(datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
    assert axis.span(Time.read("2025/..")) == (axis.place(datetime(2025, 1, 1, tzinfo=UTC)), 100.0)
    assert axis.span(Time.read("../2024")) == (0.0, axis.place(datetime(2025, 1, 1, tzinfo=UTC)))
    assert Axis.around([Time("nonsense")]) is None


def test_a_part_that_the_list_has_not_is_told(client: FlaskClient) -> None:
    assert client.get("/timeline?page=1").status_code == 200
    answer = client.get("/timeline?page=99")
    assert (answer.status_code, answer.json["detail"][:22]) == (404, "page=99: the list has ")


# In a browser


def test_the_axis_is_looked_at_from_closer_by(visit: Callable[..., Any], dated: str) -> None:
    page = visit("/timeline?kind=Tenure", address=dated)
    rect = page.locator("tbody rect").nth(1)
    before = float(rect.get_attribute("width").rstrip("%"))
    page.get_by_role("button", name="Closer").click()
    assert float(rect.get_attribute("width").rstrip("%")) == pytest.approx(2 * before, rel=0.01)
    page.get_by_role("button", name="All of it").click()
    assert float(rect.get_attribute("width").rstrip("%")) == pytest.approx(before, rel=0.01)
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert axe(page) == []


def test_without_a_script_the_axis_stands_there_and_leads_to_the_words(visit: Callable[..., Any], dated: str) -> None:
    page = visit("/timeline?kind=Tenure", address=dated, java_script_enabled=False)
    assert page.locator("tbody rect").count() == 2
    assert page.locator("#years text").count() >= 2
    assert not page.get_by_role("button", name="Closer").is_visible()
    page.get_by_role("link", name=re.compile("tenure .holder: Ada Arn")).click()
    assert "/data/document/" in page.url
