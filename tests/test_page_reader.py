"""The reader: a text as it is, its marks nested and overlapping, claims and findings beside it, links to any words."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from rdflib.namespace import RDF

import geokg
from browser import NARROW, axe, looking, serving
from geokg.endpoint import create_app
from geokg.endpoint.pages.reader import LISTED, SIGNS, Told, pieces
from geokg.graph import KnowledgeGraph
from geokg.text import Text
from geokg.validation import Finding
from geokg.vocabulary import GK, OA, packaged

BROWSER = {"Accept": "text/html"}
ARTICLE = "/data/document/china-taliban/article"
DATA, GRAPH = "https://w3id.org/geokg/data/", "https://w3id.org/geokg/graph/"
ODD = "\ufeffOne\r\ntwo\u00a0<b>&amp;</b> 😀 three\rfour\n\nfive 😀 six."


def told(*spans: tuple[int, int], number: int = 1) -> Told:
    return Told(number, f"x:{number}", "", "asserts", False, spans)


def document(text: str, spans: list[tuple[int, int]], name: str = "odd/note") -> KnowledgeGraph:
    """A graph with one text, and a claim on each span."""
    kg = KnowledgeGraph.empty()
    iri, graph = DATA + "document/" + name, ox.NamedNode(GRAPH + "document/" + name)
    quads = []

    def say(subject: str, predicate: str, value: str | int | ox.Literal) -> None:
        term = ox.NamedNode(value) if isinstance(value, str) else value
        term = ox.Literal(term) if isinstance(term, int) else term
        quads.append(ox.Quad(ox.NamedNode(subject), ox.NamedNode(str(predicate)), term, graph))

    say(iri, GK.text, ox.Literal(text))
    say(iri, GK.fileName, ox.Literal("note.txt"))
    say(DATA + "entity/voice", "http://www.w3.org/2004/02/skos/core#prefLabel", ox.Literal("the narrator"))
    for number, (start, end) in enumerate(spans):
        claim, annotation = f"{iri}/claim/{number}", f"{iri}/annotation/{number}"
        say(claim, RDF.type, str(GK.Claim))
        say(claim, GK.isMadeIn, iri)
        say(claim, GK.isClaimedBy, DATA + "entity/voice")
        say(claim, GK.hasContent, f"{iri}/situation/{number}")
        say(f"{iri}/situation/{number}", RDF.type, str(GK.Benefit))
        for name_, value in (("hasStance", "asserts"), ("hasPolarity", "positive"), ("hasCertainty", "certain")):
            say(claim, GK[name_], f"https://w3id.org/geokg/vocab/{value}")
        say(claim, GK.isEvidencedBy, annotation)
        say(annotation, OA.hasTarget, annotation + "/target")
        say(annotation + "/target", OA.hasSource, iri)
        say(annotation + "/target", OA.hasSelector, annotation + "/selector")
        say(annotation + "/selector", OA.start, start)
        say(annotation + "/selector", OA.end, end)
    kg.store.extend(quads)
    return kg


def get(kg: KnowledgeGraph, path: str) -> str:
    response = create_app(kg).test_client().get(path, headers=BROWSER)
    assert response.status_code == 200, response.text
    return response.text


def body(page: str) -> str:
    """What stands in the element with the text."""
    inside = page[page.index('<div class="text') :]
    return inside[inside.index(">") + 1 : inside.index("</div>")]


def characters(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"<sup>.*?</sup>", "", body(page))).replace("&#13;", "\0"))


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app(geokg.sample()).test_client()


# Pieces


def test_pieces_know_all_marks_that_lie_over_them() -> None:
    text = Text("demo", "abcdefghij")
    found = pieces(
        text,
        [told((0, 10)), told((2, 6), number=2), told((4, 8), number=3), told((0, 1), (9, 10), number=4)],
        [(2, 4, "x:name"), (2, 10, "x:wider")],
        [Finding("odd", "info", "x:s", "x:n", spans=(text.span(3, 5),), document="demo")],
    )
    assert "".join(piece.text for piece in found) == text.content
    marks = {piece.text: (piece.numbers, piece.name, piece.findings) for piece in found}
    assert marks["d"] == ("2 1", "x:name", [1])
    assert marks["e"] == ("2 3 1", "x:wider", [1])
    assert marks["gh"] == ("3 1", "x:wider", [])
    assert (marks["a"][0], marks["j"][0]) == ("4 1", "4 1")
    assert [(piece.text, [one.number for one in piece.ends]) for piece in found if piece.ends] == [
        ("f", [2]),
        ("gh", [3]),
        ("j", [1, 4]),
    ]
    assert found[0].anchors == ["char=0,1", "char=0,10"]


def test_an_empty_span_has_an_anchor_wherever_it_stands() -> None:
    found = pieces(Text("demo", "abc"), [told((1, 1)), told((3, 3), number=2)])
    assert [(piece.text, piece.anchors) for piece in found] == [("a", []), ("bc", ["char=1,1"]), ("", ["char=3,3"])]
    assert pieces(Text("demo", ""), []) == []


def test_a_long_text_comes_in_parts_that_end_with_lines() -> None:
    text = Text("demo", ("x" * 99 + "\r\n") * 200)
    found = pieces(text, [told((50, 15_000))])
    assert "".join(piece.text for piece in found) == text.content
    starts = [piece.text for piece in found if piece.begins_part]
    assert len(starts) == 4
    before = [one.text for one, other in pairwise(found) if other.begins_part]
    assert all(one.endswith("\r\n") for one in before)


def test_lines_are_numbered_as_editors_do() -> None:
    found = pieces(Text("demo", "one\r\ntwo\rthree\n\nfive"), [], lines=True)
    assert [(piece.line, piece.text) for piece in found] == [
        (1, "one\r\n"),
        (2, "two\r"),
        (3, "three\n"),
        (4, "\n"),
        (5, "five"),
    ]


# The page


def test_every_stance_but_the_plain_one_has_a_sign() -> None:
    stances = re.findall(
        r"^gkx:(\w+)$", (packaged("ontology") / "vocab" / "stance.ttl").read_text("utf-8"), re.MULTILINE
    )
    assert set(SIGNS) == set(stances) - {"asserts", "stance"}


def test_the_characters_are_those_of_the_file() -> None:
    page = get(document(ODD, [(4, 20), (10, 30)]), "/data/document/odd/note?lines=yes")
    assert characters(page) == ODD.replace("\r", "\0")
    assert "\r" not in body(page)


def test_numbers_lead_to_claims_and_claims_to_words(client: FlaskClient) -> None:
    page = client.get(ARTICLE, headers=BROWSER).text
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    numbers = re.findall(r'href="#(claim-\d+)"', body(page))
    assert len(numbers) == len(set(numbers)) == 36
    assert set(numbers) <= ids
    places = re.findall(rf'href="(?:{ARTICLE})?#(char=[^"]+)"', page)
    assert set(places) <= ids
    assert 'aria-label="Claim 2, asserts"' in page


def test_the_claims_are_narrowed_by_the_address(client: FlaskClient) -> None:
    page = client.get(ARTICLE + "?stance=predicts&claimant=entity/hu-shisheng", headers=BROWSER).text
    shown = re.findall(r'<p class="sentence">.*?<a [^>]*>(.*?)</a>', page)
    assert shown
    assert all("Hu Shisheng predicts" in one for one in shown)
    assert f"{len(shown)} of 36 are shown" in page
    query = html.unescape(re.findall(r'href="/sparql\?query=([^"]+)"', page)[0])
    rows = client.get(f"/sparql?query={query}", headers={"Accept": "text/csv"}).text.splitlines()
    assert len(rows) == len(shown) + 1
    assert client.get(ARTICLE + "?stance=shouts", headers=BROWSER).status_code == 400
    assert client.get(ARTICLE + "?stanze=predicts", headers=BROWSER).status_code == 400


def test_a_text_without_claims_says_so() -> None:
    page = get(document("Nothing.", []), "/data/document/odd/note")
    assert "No claims are annotated in this text." in page
    assert characters(page) == "Nothing."


def test_a_broken_claim_is_marked_and_named_as_such() -> None:
    kg = document("One two three.", [(0, 3), (4, 99)])
    lacking = next(kg.store.match(predicate=ox.NamedNode(str(GK.hasPolarity))))
    kg.store.remove([lacking])
    page = get(kg, "/data/document/odd/note")
    assert "A claim that lacks a part" in page
    assert page.count('<article class="claim') == 2
    assert 'id="char=4,14"' in page  # cut to the text


def test_what_is_hostile_is_text() -> None:
    text = '</div><script>alert(1)</script> "onload="x'
    page = get(document(text, [(0, 10)]), "/data/document/odd/note")
    assert characters(page) == text
    assert "<script>alert" not in page


def test_findings_stand_beside_their_words() -> None:
    kg = document("One two three.", [(0, 3)])
    app = create_app(kg)
    site = app.extensions["geokg"]
    client = app.test_client()
    first = client.get("/data/document/odd/note", headers=BROWSER).text
    assert "This text is being checked" in first or '<li id="finding-1"' in first
    found = site.findings.look(wait=60).of("odd/note")
    assert found
    page = client.get("/data/document/odd/note", headers=BROWSER).text
    assert page.count('class="finding ') == len(found)
    flags = re.findall(r'class="flag" href="#(finding-\d+)"', page)
    assert set(flags) <= set(re.findall(r'id="(finding-\d+)"', page))
    assert characters(page) == "One two three."


def test_many_claims_stand_in_parts_and_are_all_marked() -> None:
    many = LISTED + 20
    kg = document("word " * many, [(5 * n, 5 * n + 4) for n in range(many)])
    first, second = (get(kg, f"/data/document/odd/note?page={n}") for n in (1, 2))
    for page in (first, second):
        assert len(re.findall(r"<mark [^>]*data-claims", body(page))) == many
    assert (first.count('<article class="claim'), second.count('<article class="claim')) == (LISTED, 20)
    assert 'href="#claim-101"' in second
    assert 'href="#claim-101"' not in first
    assert 'href="/data/document/odd/note/claim/' in body(first)


# The page of a claim


def test_the_chain_of_a_claim_is_nested_from_the_outside_in(client: FlaskClient) -> None:
    claim = geokg.sample().claims(stance="promises")[0]
    page = client.get(claim.iri.removeprefix("https://w3id.org/geokg"), headers=BROWSER).text
    chain = page[page.index('<ol class="chain">') : page.index("</ol>")]
    assert chain.count('<ol class="chain">') == len(claim.chain) == 3
    assert chain.count('class="voice"') == 1
    said = [chain.index(word) for word in ("the narrator of", "Hu Shisheng", "leaders of the Taliban", "hostile act")]
    assert said == sorted(said)
    outer = claim.outer
    assert outer is not None
    assert f'href="{outer.iri.removeprefix("https://w3id.org/geokg")}"' in chain


def test_a_claim_shows_who_says_the_same_and_who_the_opposite() -> None:
    kg = document("One two three four.", [(0, 3), (4, 7), (8, 13)])
    graph, start = ox.NamedNode(GRAPH + "inferred"), DATA + "document/odd/note/claim/"
    one, same, opposite = (ox.NamedNode(f"{start}{n}") for n in range(3))
    kg.store.extend([ox.Quad(one, ox.NamedNode(str(GK.corroborates)), same, graph)])
    kg.store.extend([ox.Quad(opposite, ox.NamedNode(str(GK.contradicts)), one, graph)])
    page = get(kg, "/data/document/odd/note/claim/0")
    independently, against = page.index("Who says the same, independently"), page.index("Who says the opposite")
    assert independently < page.index("characters 4–7") < against < page.index("characters 8–13")
    assert "Who says" not in get(document("One.", [(0, 3)]), "/data/document/odd/note/claim/0")


# In a browser


@pytest.fixture(scope="module")
def odd(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    path = tmp_path_factory.mktemp("odd") / "kg.trig"
    many = LISTED + 20
    kg = document(ODD + "\n" + "word " * many, [(4, 20)] + [(60 + 5 * n, 64 + 5 * n) for n in range(many)])
    kg.store.save(path)
    with serving(Path(path), "--read-only") as address:
        yield lambda **context: looking(chromium, address, **context)


def highlighted(page: Any) -> str:
    return str(page.evaluate("[...(CSS.highlights.get('asked') ?? [])].map(String).join('')"))


def test_any_range_of_characters_is_found(odd: Callable[..., Any]) -> None:
    with odd() as page:
        page.goto("/data/document/odd/note")
        shown = page.evaluate(
            "(() => { const c = document.querySelector('.text').cloneNode(true);"
            " c.querySelectorAll('sup').forEach((s) => s.remove()); return c.textContent; })()"
        )
        assert shown.startswith(ODD)
        for fragment, words in {
            "char=23,24": ODD[23:24],
            "char=4,12": ODD[4:12],
            "char=22,36;length=9": ODD[22:36],
            "char=,4": ODD[:4],
            "line=1,2": "two\u00a0<b>&amp;</b> 😀 three\r",
            "char%3D4%2c12": ODD[4:12],
            "char=9,3": "",
            "%": "",
            "char=99999,100000": "",
        }.items():
            page.goto(f"/data/document/odd/note#{fragment}")
            assert highlighted(page) == words, fragment


def test_pointing_shows_the_claim_and_lights_its_words(visit: Callable[..., Any]) -> None:
    page = visit(ARTICLE)
    card = page.locator("#card")
    mark = page.locator(".text mark.promises").first
    mark.hover()
    card.wait_for()
    assert "The article says that Hu Shisheng says that leaders of the Taliban promise" in card.inner_text()
    assert "negative" in card.inner_text()
    assert "lit" in (mark.get_attribute("class") or "")
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")
    page.locator("#claim-1").hover()
    assert (
        page.locator('.text mark.lit[data-claims~="1"]').count() == page.locator('.text [data-claims~="1"]').count() > 0
    )


def test_the_keyboard_and_a_finger_do_the_same(visit: Callable[..., Any]) -> None:
    page = visit(ARTICLE, has_touch=True, viewport=NARROW)
    card = page.locator("#card")
    number = page.locator('sup a[data-claim="3"]')
    number.focus()
    card.wait_for()
    assert number.get_attribute("aria-describedby") == "card"
    assert axe(page) == []
    page.locator("h1").tap()
    card.wait_for(state="hidden")
    page.locator("mark", has_text="will benefit from").first.tap()
    card.wait_for()


def test_a_claim_on_another_part_of_the_list_is_fetched(odd: Callable[..., Any]) -> None:
    with odd() as page:
        page.goto("/data/document/odd/note")
        page.locator(f'sup a[data-claim="{LISTED + 5}"]').focus()
        page.locator("#card .claim").wait_for()
        assert page.locator("#card .number").inner_text() == str(LISTED + 5)


def test_what_is_selected_has_a_place_and_a_link(odd: Callable[..., Any]) -> None:
    with odd() as page:
        page.goto("/data/document/odd/note#char=10,13")
        page.evaluate("getSelection().addRange(CSS.highlights.get('asked').values().next().value)")
        page.locator("#place a").wait_for()
        assert page.locator("#place").inner_text().startswith("Line 2, characters 10–13")
        assert page.locator("#place a").get_attribute("href") == "#char=10,13"


def test_a_finding_stands_beside_its_words(odd: Callable[..., Any]) -> None:
    with odd() as page:
        for _ in range(40):  # the server judges its data once somebody has looked
            page.goto("/data/document/odd/note?claimant=entity/nobody")
            if page.locator(".finding").count():
                break
            page.wait_for_timeout(500)
        assert axe(page) == []
        flag = page.locator('.text [data-findings~="1"]').first.bounding_box()
        finding = page.locator("#finding-1").bounding_box()
        assert abs(flag["y"] - finding["y"]) < flag["height"]
        assert flag["x"] + flag["width"] < finding["x"]
        page.locator(".legend > summary").click()  # which moves the text down
        page.wait_for_function(
            """() => { const [flag, finding] = ['.text [data-findings~="1"]', '#finding-1'].map(
              (one) => document.querySelector(one).getBoundingClientRect().top);
              return Math.abs(flag - finding) < 30; }"""
        )


def test_without_scripts_a_link_marks_what_has_an_anchor(visit: Callable[..., Any]) -> None:
    page = visit(ARTICLE + "#char=1416,1469", java_script_enabled=False)
    assert page.locator(".text span:target").get_attribute("id") == "char=1416,1469"
    page.locator('sup a[href="#claim-2"]').click()
    assert page.locator(".claim:target").get_attribute("id") == "claim-2"
