"""Some thousands of what ``fuzz.py`` sends, the same each time; ``make fuzz`` sends a hundred thousand."""

from __future__ import annotations

import sys
from typing import Any

import pytest

import fuzz

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the pool is for Linux"),
    pytest.mark.xdist_group("security"),
]


@pytest.mark.parametrize(
    ("target", "inputs", "outcomes"),
    [
        ("guard", 1000, {"query done, update syntax", "query QueryNotAllowed, update done"}),
        ("spelling", 300, {"query", "update", "neither"}),
        ("app", 1200, {"sparql 200", "sparql 400", "sparql 403", "sparql 413", "store 200", "store 404", "update 204"}),
        ("server", 800, {"sparql 200", "update 401", "store 415", "400 of the HTTP server", "waits for more"}),
    ],
)
def test_hostile_input_has_an_answer_by_design(target: str, inputs: int, outcomes: set[str]) -> None:
    seen = fuzz.fuzz(target, inputs)
    assert seen.total() >= inputs
    assert outcomes <= seen.keys()


def test_a_fault_is_found_and_cut_down(monkeypatch: pytest.MonkeyPatch) -> None:
    original = fuzz.check

    def check(query: str, **arguments: Any) -> None:
        if query.count("[") == 2:
            raise IndexError(query)
        original(query, **arguments)

    monkeypatch.setattr(fuzz, "check", check)
    with pytest.raises(fuzz.Fault) as caught:
        fuzz.fuzz("guard", 1500)
    assert caught.value.sent == "[["
    assert isinstance(caught.value.__cause__, IndexError)


def test_a_request_is_cut_down_to_what_its_fault_needs() -> None:
    sent = fuzz.Request(
        "POST", "/sparql", b"a=b", (("Accept", "x"), ("Origin", "y")), b"query=ASK", junk=((0.5, b"!"),)
    )
    found = fuzz.least(sent, lambda less: "Origin" in dict(less.headers) and b"K" in less.body)
    assert found == fuzz.Request("POST", "/sparql", b"", (("Origin", "y"),), b"K")


@pytest.mark.parametrize(
    "text",
    ["ASK { FILTER(" + "(" * 400_000, "ASK { SERVICE SILENT <http://127.0.0.1:4999/> {} }"],
    ids=["deep", "service"],  # the name of a test is handed on to processes, which take no long ones
)
def test_what_would_end_a_worker_or_leave_it_is_a_fault(text: str) -> None:
    with fuzz.engine({}) as run:
        with pytest.raises(AssertionError, match=r"SIGSEGV|SIGSYS"):
            run("query", text)
        assert run("query", "ASK {}") == "done"


@pytest.mark.parametrize(
    ("status", "media", "body"),
    [
        (500, "text/html", b""),
        (302, "text/html", b""),
        (400, "text/plain", b"no"),
        (400, "application/problem+json", b'{"status": 500}'),
    ],
)
def test_what_is_no_answer_by_design(status: int, media: str, body: bytes) -> None:
    with pytest.raises(AssertionError):
        fuzz.judge("/sparql", status, "GET", media, body)
