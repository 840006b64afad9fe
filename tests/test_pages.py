"""What holds of every page: read without scripts, by keyboard and aloud, in two languages, and asking nobody else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

import geokg
from browser import NARROW, axe, serving
from geokg.endpoint import create_app
from geokg.endpoint.pages.filters import MOST

PATHS = [
    "/",
    "/search?q=china",
    "/claims",
    "/commitments",
    "/network",
    "/timeline",
    "/map",
    "/sparql",
    "/report",
    "/ontology",
    "/data/document/china-taliban/article",
    "/data/document/china-taliban/article/claim/2059cd6d7205bfba",
    "/data/state/CHN",
]


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing_light_dark_and_narrow(visit: Callable[..., Any], path: str) -> None:
    page = visit(path)
    assert axe(page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(NARROW)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], "it scrolls sideways"


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_read_without_scripts(visit: Callable[..., Any], path: str) -> None:
    page = visit(path, java_script_enabled=False)
    assert page.locator("h1").count() == 1
    assert page.locator("main").inner_text().strip()


def test_the_language_is_chosen_by_the_browser_or_by_a_link_and_stays(visit: Callable[..., Any]) -> None:
    assert visit("/", locale="fr-CA").locator("html").get_attribute("lang") == "fr"
    page = visit("/")
    page.get_by_role("link", name="Français").click()
    assert page.locator("html").get_attribute("lang") == "fr"
    page.goto("/sparql")
    assert page.get_by_role("link", name=re.compile("Aller au contenu")).count() == 1


def test_words_of_the_graph_say_that_they_are_english_on_a_french_page(kg: geokg.KnowledgeGraph) -> None:
    client = create_app(kg).test_client()
    headers = {"Accept": "text/html", "Accept-Language": "fr"}
    claim = client.get(PATHS[-2], headers=headers).text
    assert '<h1 lang="en"' in claim and '<blockquote lang="en" dir="auto">' in claim
    term = r'<a href="/ontology/Claim" title="[^"]*" lang="en" dir="ltr">'
    assert re.search(term, client.get("/ontology", headers=headers).text)
    assert not re.search(term, client.get("/ontology", headers=headers | {"Accept-Language": "en"}).text)


HOSTILE = "\"><script>window.caught=1</script><img src=x onerror='window.caught=1'>"


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of a graph in which every name, title and word would like to be a program."""
    folder = tmp_path_factory.mktemp("evil")
    source = folder / "data" / "evil"
    source.mkdir(parents=True)
    text = f"{HOSTILE} promised Arland not to harm it."
    labels = {"T1 Movement": HOSTILE, "T2 Statement": "promised", "T3 State": "Arland"}
    labels |= {"T4 RestraintCommitment": "not to harm", "T5 HostileAct": "harm it"}
    places = {label: text.index(words) for label, words in labels.items()}
    lines = [
        *(
            f"{label.replace(' ', chr(9))} {places[label]} {places[label] + len(words)}\t{words}"
            for label, words in labels.items()
        ),
        "E1\tStatement:T2 Actor:T1 Content:E2",
        "E2\tRestraintCommitment:T4 Debtor:T1 Creditor:T3 Consequent:E3",
        "E3\tHostileAct:T5 Actor:T1 Recipient:T3",
        "A1\tStance E1 promises",
        "A2\tPolarity E3 negative",
    ]
    (source / "note.txt").write_text(text, "utf-8")
    (source / "note.ann").write_text("\n".join(lines) + "\n", "utf-8")
    (source / "source.toml").write_text(f"title = '''{HOSTILE}'''\npublisher = '''{HOSTILE}'''\n", "utf-8")
    (folder / "data" / "entities.ttl").write_text(
        f"""@prefix gk: <https://w3id.org/geokg/ontology/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
        @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix e: <https://w3id.org/geokg/data/entity/> .
        e:evil a gk:Movement ; skos:prefLabel {json.dumps(HOSTILE)}@en ; rdfs:seeAlso <javascript:window.caught=1> .
        e:arland a gk:State ; skos:prefLabel "Arland"@en .""",
        "utf-8",
    )
    geokg.build(folder / "data").save(folder / "kg.trig")
    with serving(folder / "kg.trig", "--read-only") as address:
        yield address


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/search?q=" + quote(HOSTILE), "/claims", "/commitments", "/network", "/timeline", "/map", "/report"),
        *("/data/entity/evil", "/data/document/evil/note", "/data/entity/" + quote(HOSTILE)),
        *("/sparql?query=" + quote("SELECT * { ?s ?p ?o }"), "/sparql?query=" + quote(HOSTILE)),
    ],
)
def test_words_and_addresses_of_others_do_nothing(visit: Callable[..., Any], evil: str, path: str) -> None:
    page = visit(path, address=evil)
    page.wait_for_timeout(200)  # what a script draws is there by then
    assert page.evaluate("window.caught") is None
    assert page.locator("a[href^='javascript:' i]").count() == 0


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/search", "/suggest", "/claims", "/claims.csv", "/commitments", "/commitments.json", "/network"),
        *("/network.json", "/timeline", "/timeline.csv", "/map", "/map.csv", "/report"),
        *("/data/document/china-taliban/article", "/data/state/CHN"),
    ],
)
def test_whatever_an_address_says_is_answered_or_refused(kg: geokg.KnowledgeGraph, path: str) -> None:
    client = create_app(kg).test_client()
    asked = [
        *("page=1000000000", "page=99999999", "page=-1", "q=" + "x" * 50_000, "q=%00", "nonsense=1", "format=exe"),
        *("claimant=%00", "claimant=" + quote('x:<>"{}|^`\\'), "depth=99999999", "since=2021-13-45", "from=99999"),
        *("edge=a", "edge=" + quote('says x> y" denies }'), "lang=..%2Fetc", "fold=999", "sort=nope", "facet=nope"),
        *("&".join(f"claimant=state/S{number}" for number in range(many)) for many in (150, MOST + 1, 1000)),
        *("&".join(["stance=asserts"] * 1000), "&".join(f"x{number}=1" for number in range(1000))),
    ]
    for arguments in asked:
        response = client.get(f"{path}?{arguments}")
        assert response.status_code in (200, 400, 404, 406, 414), arguments
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert b"Traceback" not in response.data
