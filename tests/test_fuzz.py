"""Some thousands of what ``fuzz.py`` sends, the same each time; ``make fuzz`` sends a hundred thousand."""

from __future__ import annotations

import sys

import pytest

import fuzz

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the pool is for Linux"),
    pytest.mark.xdist_group("security"),
]


@pytest.mark.parametrize(
    ("target", "inputs", "outcomes"),
    [
        ("guard", 1500, {"lets through / lets through / lets through", "QueryTooLarge / QueryTooLarge / lets through"}),
        ("app", 500, {"200", "400", "401", "403", "404", "405", "412", "415"}),
        ("server", 1000, {"200", "400", "401", "404", "415", "400 of the HTTP server", "waits for more"}),
    ],
)
def test_hostile_input_has_an_answer_by_design(target: str, inputs: int, outcomes: set[str]) -> None:
    seen = fuzz.fuzz(target, inputs)
    assert seen.total() >= inputs
    assert outcomes <= seen.keys()


def test_a_fault_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(query: str, **_: object) -> None:
        if query.count("[") == 2:
            raise IndexError(query)

    monkeypatch.setattr(fuzz, "check", check)
    with pytest.raises(IndexError) as caught:
        fuzz.fuzz("guard", 1500)
    (query,) = caught.value.args
    assert query.count("[") == 2
    assert len(query) < 100  # cut down to what it takes, or to a query that is short


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
        fuzz.judge(status, "GET", media, body)
