"""The way that people take: from a name to a claim, its words, a question, the report, an annotation of their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import geokg
from browser import looking, mark, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TEXT = "The Taliban promised China not to threaten it.\n"


@pytest.fixture(scope="module")
def desk(_sample: geokg.KnowledgeGraph, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of the article and of a short text that nobody has annotated yet; who has the token may."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(root / "data", folder / "data")
    (folder / "data" / "wire").mkdir()
    (folder / "data" / "wire" / "note.txt").write_text(TEXT, "utf-8")
    (folder / "data" / "wire" / "note.ann").write_text("", "utf-8")
    geokg.build(folder / "data").save(folder / "kg.trig")
    options = ["--ephemeral", "--sources", str(folder / "data")]
    with serving(folder / "kg.trig", *options, token="secret") as address:
        yield address


def commitments(page: Page) -> int:
    page.goto("/commitments?debtor=entity/taliban")
    return int(page.locator("main tbody tr").count())


def test_from_a_name_to_a_commitment_of_ones_own_and_back(chromium: Browser, desk: str) -> None:
    with looking(chromium, desk) as page:
        page.goto("/")
        page.keyboard.press("/")
        page.keyboard.type("Hu Shish")
        page.get_by_role("option", name="Hu Shisheng").first.click()
        page.wait_for_url("**/data/entity/hu-shisheng")
        page.get_by_role("main").get_by_role("link", name="Hu Shisheng says").first.click()
        page.wait_for_url("**/claim/*")
        page.locator(".places a").first.click()
        page.wait_for_url("**/data/document/china-taliban/article#char=*")
        fragment = page.evaluate("decodeURIComponent(location.hash)")
        start, end = map(int, fragment.removeprefix("#char=").split(","))
        assert (Path(geokg.vocabulary.packaged("data")) / "china-taliban" / "article.txt").read_text("utf-8")[start:end]

        page.get_by_role("link", name="Query", exact=True).click()
        page.get_by_role("link", name="What was promised, by whom to whom").click()
        page.locator("#answer table").get_by_role("link", name="words").first.click()
        page.wait_for_url("**/data/document/china-taliban/article#char=*")

        page.get_by_role("link", name="Report", exact=True).click()
        page.get_by_text("The data conform").wait_for()  # the page looks again by itself until they are judged

        assert commitments(page) == 1
        page.goto("/data/document/wire/note")
        page.get_by_role("link", name="Annotate this text").click()
        page.get_by_label("Your name").fill("Ann")
        page.get_by_role("button", name="Begin").click()
        page.locator("form[data-ready]").wait_for()
        page.locator("#proposals button").first.focus()
        page.keyboard.press("Enter")  # the Taliban
        page.keyboard.press("Enter")  # China
        mark(page, 7, 1, "Event", Participant="Taliban")
        mark(page, 3, 1, "RestraintCommitment", Debtor="Taliban", Creditor="China", Consequent="threaten it")
        page.get_by_label("Token of this server").fill("secret")
        page.get_by_role("button", name="Save", exact=True).click()
        page.locator("#told", has_text="Saved.").wait_for()
        address = page.url

        assert commitments(page) == 2
        page.goto(address)
        page.locator("form[data-ready]").wait_for()
        page.get_by_role("button", name="Undo the last save").click()
        page.get_by_text("There are none yet.").wait_for()
        assert commitments(page) == 1
