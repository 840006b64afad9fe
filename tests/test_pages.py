"""What holds of every page: read without scripts, by keyboard and aloud, in two languages, and asking nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from browser import NARROW, axe

PATHS = ["/", "/sparql", "/ontology", "/data/document/china-taliban/article", "/data/state/CHN"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Callable[..., Any], path: str, scheme: str) -> None:
    assert axe(visit(path, color_scheme=scheme)) == []


@pytest.mark.parametrize("path", PATHS)
def test_a_narrow_page_does_not_scroll_sideways(visit: Callable[..., Any], path: str) -> None:
    page = visit(path, viewport=NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


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
