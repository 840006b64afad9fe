"""Pages in a real Chromium, on a server as people start it: what was asked for, what went wrong, and what axe finds."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import processes

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = Path(__file__).parents[1] / "web" / "node_modules" / "axe-core" / "axe.min.js"
NARROW, WIDE = {"width": 360, "height": 800}, {"width": 1280, "height": 900}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def chromium() -> str | None:
    """What ``GEOKG_CHROMIUM`` names, or Chromium on the path."""
    return os.environ.get("GEOKG_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def browser() -> Iterator[Browser]:
    """The browser that is installed; nothing is downloaded."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        try:
            yield started
        finally:
            started.close()


@contextmanager
def serving(graph: Path | str, *options: str, token: str | None = None) -> Iterator[str]:
    """``geokg serve`` on a free port; gives its address, without a slash at the end."""
    environment = {name: value for name, value in os.environ.items() if name != "GEOKG_TOKEN"}
    if token is not None:
        environment["GEOKG_TOKEN"] = token
    with processes.serving(str(graph), *options, env=environment) as (told, _):
        yield told["address"].rstrip("/")


@contextmanager
def looking(started: Browser, address: str, **context: Any) -> Iterator[Page]:
    """A page in a context of its own; ends with an error if anything was asked of another host or went wrong in it.

    Args:
        started: the browser.
        address: of the server; addresses of pages are below it.
        context: for Playwright, such as ``java_script_enabled=False`` or ``color_scheme="dark"``.
    """
    settings = {"base_url": address, "viewport": WIDE, "locale": "en-GB", "reduced_motion": "reduce"} | context
    troubles: list[str] = []
    inside = started.new_context(**settings)
    host = urlsplit(address).netloc

    def asked(request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != host:
            troubles.append(f"asked another host: {request.url}")

    def said(message: Any) -> None:
        is_refusal = "the server responded with a status of 4" in message.text  # Chromium tells of every one
        if message.type in ("error", "warning") and not is_refusal:
            troubles.append(f"console: {message.text} ({message.location})")

    inside.on("request", asked)
    inside.on("weberror", lambda error: troubles.append(f"error: {error.error}"))
    inside.on("console", said)
    try:
        yield inside.new_page()
    finally:
        inside.close()
    assert not troubles, "\n".join(troubles)


def axe(page: Page, *, without: Sequence[str] = ()) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA, a line each: the rule, the place, what is wrong.

    Args:
        page: as it is now.
        without: selectors of what is not ours to mend; say why where you name them.
    """
    page.evaluate(AXE.read_text("utf-8"))
    program = "([rules, exclude]) => axe.run({ exclude }, { runOnly: rules, resultTypes: ['violations'] })"
    found = page.evaluate(program, [RULES, [[one] for one in without]])
    return [
        f"{violation['id']}: {node['target']}: {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def mark(page: Page, place: int, more: int, label: str, **roles: str) -> None:
    """Mark words by keys alone: how many words into the text, how many more; then say what they are."""
    page.locator("#text").focus()
    page.keyboard.press("Home")
    for _ in range(place - 1):
        page.keyboard.press("ArrowRight")
    for _ in range(more):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_label("Class", exact=True).select_option(label)
    for role, words in roles.items():
        field = page.get_by_label(f"Role: {role}").first
        field.select_option(label=field.locator("option", has_text=words).first.inner_text())
    page.get_by_role("button", name="Apply").click()
