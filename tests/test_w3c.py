"""The W3C's SPARQL 1.1 tests, over HTTP, on a server that runs as operators run it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from w3c.client import Endpoint, Reply
from w3c.manifests import SUITES, cases
from w3c.report import Outcome, run_all, table
from w3c.runner import run
from w3c.servers import geokg

pytestmark = pytest.mark.xdist_group("w3c")  # they share what one of them sets up

SIZES = {
    "protocol": 34,
    "graph store": 13,
    "service description": 3,
    "update": 102,
    "syntax": 149,
    "results": 10,
    "query": 234,
}
FAILURES = dict(
    line.split(None, 1)
    for line in (Path(__file__).parent / "w3c_failures.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
)


@pytest.fixture(scope="module")
def suite(shared: Path) -> Path:
    return shared / "w3c" / "sparql11"


@pytest.fixture(scope="module")
def outcomes(suite: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    """An update goes through several processes, one after the other, and to the disk; others go on meanwhile."""
    folders = [tmp_path_factory.mktemp("w3c") for _ in range(3)]
    with geokg(folders[0]) as one, geokg(folders[1]) as two, geokg(folders[2]) as three:
        return run_all(suite, one, two, three)


def test_the_numbers(outcomes: list[Outcome], root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print("\n" + table({"passed": outcomes}))
    assert Counter(outcome.case.suite for outcome in outcomes) == SIZES
    passed = Counter(outcome.case.suite for outcome in outcomes if outcome.failure is None)
    page = (root / "docs" / "serving.md").read_text(encoding="utf-8")
    for name, size in SIZES.items():
        assert f"| {name} | {passed[name]}/{size} |" in page
    assert f"({passed.total()} of {len(outcomes)}," in (root / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SUITES)
def test_suite(outcomes: list[Outcome], name: str) -> None:
    failed = {
        outcome.case.name: outcome.failure
        for outcome in outcomes
        if outcome.case.suite == name and outcome.failure is not None
    }
    listed = {outcome.case.name for outcome in outcomes if outcome.case.suite == name} & FAILURES.keys()
    assert {case: why for case, why in failed.items() if case not in FAILURES} == {}, "these are not listed"
    assert sorted(listed - failed.keys()) == [], "these pass now: take them off the list"


def test_tests_that_share_a_server_stay_in_one_process(request: pytest.FixtureRequest) -> None:
    assert "PYTEST_XDIST_WORKER" not in os.environ or request.node.nodeid.endswith("@w3c")


def test_the_list_of_failures_is_about_tests_that_there_are(suite: Path) -> None:
    assert sorted(FAILURES.keys() - {case.name for case in cases(suite)}) == []
    assert all(FAILURES.values())


class Deaf(Endpoint):
    """A server that says the same to everything."""

    def __init__(self, status: int) -> None:
        super().__init__("http://x/", "http://x/", "http://x/")
        self.said = Reply(status, {"content-type": "text/plain"}, b"whatever")

    def send(self, *args: object, **more: object) -> Reply:
        return self.said


def test_a_server_that_only_nods_passes_what_asks_for_a_nod(suite: Path) -> None:
    passed = {case for case in cases(suite) if run(case, Deaf(200)) is None}
    assert {case.kind for case in passed} == {"PositiveSyntaxTest", "PositiveUpdateSyntaxTest", "ProtocolTest"}
    assert {case.name for case in passed if case.kind == "ProtocolTest"} <= {
        "protocol/update_post_form",
        "protocol/update_post_direct",
    }


def test_a_server_that_only_refuses_passes_what_asks_for_a_refusal(suite: Path) -> None:
    passed = [case for case in cases(suite) if run(case, Deaf(400)) is None]
    assert passed
    assert all(case.is_negative or case.name.startswith("protocol/bad_") for case in passed)


def test_the_same_tests_run_on_other_servers_beside_ours(root: Path, suite: Path) -> None:
    command = [sys.executable, str(root / "benchmarks" / "w3c.py"), str(suite)]
    done = subprocess.run(
        [*command, "--suite", "service description", "--suite", "results"], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    numbers = {line[:20].strip(): line.split()[-2:] for line in done.stdout.splitlines()}
    assert "oxigraph" in done.stdout
    assert numbers["service description"] == ["3/3", "3/3"]
    assert numbers["results"] == ["8/10", "8/10"]
