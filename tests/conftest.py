"""What all tests share: the article's graph, built once, and where the shared corpora and test suites are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import geokg

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
