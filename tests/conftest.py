"""What all tests share: the article's graph, built once, and where the shared corpora and test suites are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import browser
import geokg

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from services import Service

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def _sample() -> geokg.KnowledgeGraph:
    return geokg.sample()


@pytest.fixture
def kg(_sample: geokg.KnowledgeGraph) -> geokg.KnowledgeGraph:
    """The article's graph, for tests that only read it."""
    return _sample


@pytest.fixture
def fresh_kg() -> geokg.KnowledgeGraph:
    """The article's graph, for tests that change it."""
    return geokg.sample()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with corpora and W3C suites; a machine without them skips these tests."""
    folder = Path(os.environ.get("GEOKG_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here; set GEOKG_SHARED to run the tests on real corpora and the W3C suites")
    return folder


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Service]]:
    """Starts a service when the first test wants it."""
    from services import Service, oxigraph, virtuoso, virtuoso_program  # which need geokg[remote]

    started: dict[str, Service] = {}
    open_services = []

    def start(name: str) -> Service:
        if name not in started:
            if name == "oxigraph":
                context, user = oxigraph(tmp_path_factory.mktemp(name)), ""
            else:
                program = virtuoso_program()
                if program is None:
                    pytest.skip("no Virtuoso 7 here: install virtuoso-opensource-7-bin, or set GEOKG_VIRTUOSO")
                context, user = virtuoso(program, tmp_path_factory.mktemp(name)), "dba"
            started[name] = Service(name, context.__enter__(), user)
            open_services.append(context)
        return started[name]

    yield start
    for context in open_services:
        context.__exit__(None, None, None)


@pytest.fixture(params=("oxigraph", "virtuoso"))
def service(
    request: pytest.FixtureRequest, running: Callable[[str], Service], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Service]:
    """Each service in turn, empty at first."""
    found = running(request.param)
    monkeypatch.setenv("GEOKG_REMOTE_USER", found.user)
    monkeypatch.setenv("GEOKG_REMOTE_PASSWORD", found.user)
    store = found.store()
    for graph in (*store.graphs(), store.written):
        store.drop(graph)
    yield found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Where everything is installed (``GEOKG_NO_SKIPS``), a skipped test is a failed one."""
    report = yield
    if os.environ.get("GEOKG_NO_SKIPS") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped where it could run: {report.longrepr}"
    return report


@pytest.fixture
def write_source(tmp_path: Path):
    """Write an annotated text as a person would say it: ``T1 State China`` finds its own offsets.

    ``China@2`` is the second place where the word stands; lines other than T are taken as they are, with the blanks
    that brat wants as tabs.
    """

    def write(text: str, annotations: str, *, name: str = "note", source: str = "demo", toml: str = "") -> Path:
        folder = tmp_path / source
        folder.mkdir(parents=True, exist_ok=True)
        lines = []
        for line in filter(None, map(str.strip, annotations.splitlines())):
            identifier, _, rest = line.partition(" ")
            if identifier.startswith("T"):
                label, _, words = rest.partition(" ")
                words, _, place = words.partition("@")
                start = -1
                for _ in range(int(place or 1)):
                    start = text.index(words, start + 1)
                lines.append(f"{identifier}\t{label} {start} {start + len(words)}\t{words}")
            elif identifier == "N":
                raise ValueError("number the N lines")
            elif identifier.startswith("N"):
                kind, target, reference = rest.split(" ")
                lines.append(f"{identifier}\t{kind} {target} {reference}\t")
            else:
                lines.append(f"{identifier}\t{rest}")
        (folder / f"{name}.txt").write_text(text, encoding="utf-8", newline="")
        (folder / f"{name}.ann").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
        if toml:
            (folder / "source.toml").write_text(toml, encoding="utf-8")
        return folder / f"{name}.ann"

    return write


# Pages in a browser


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real Chromium; a machine without one, or without Playwright, skips these tests."""
    pytest.importorskip("playwright", reason="install playwright to try the pages in a browser")
    if browser.chromium() is None:
        pytest.skip("there is no chromium on the path; install one, or name it in GEOKG_CHROMIUM")
    if not browser.AXE.exists():
        pytest.skip("axe-core is not here: the scripts of the pages could not be made (make web)")
    with browser.browser() as started:
        yield started


@pytest.fixture(scope="session")
def served(_sample: geokg.KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of the article's graph that is only read."""
    path = tmp_path_factory.mktemp("served") / "kg.trig"
    _sample.store.save(path)
    with browser.serving(path, "--read-only") as address:
        yield address


@pytest.fixture
def visit(chromium: Browser, served: str) -> Iterator[Callable[..., Page]]:
    """Open a page by its path; whatever goes wrong in it, or is asked of another host, fails the test."""
    with ExitStack() as open_pages:

        def opened(path: str, *, address: str = served, **context: Any) -> Page:
            page = open_pages.enter_context(browser.looking(chromium, address, **context))
            page.goto(path)
            return page

        yield opened
