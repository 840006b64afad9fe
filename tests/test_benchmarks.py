"""The benchmarks run, on next to nothing; what they measure is for people to look at."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("program", "arguments", "says"),
    [
        (
            "build",
            ["--documents", "20", "--sample", "2"],
            ["documents/s", "the limit: bulk load", "Dask, 2 workers", "times rdflib", "peak memory", "all together"],
        ),
        ("query", ["--documents", "1", "--cap", "0.2"], ["01-states", "geometric mean"]),
        (
            "validation",
            ["--triples", "6000", "--pyshacl", "0", "--edits", "2"],
            ["pyshifty", "times geokg", "pyshacl was left out", "p95 ms"],
        ),
        (
            "reasoning",
            ["--triples", "9500"],
            ["times geokg", "owlrl", "100.0%", "name a Python", "20 triples that acceptance asks for", "all anew"],
        ),
    ],
)
def test_benchmark_runs_and_both_sides_agree(root, program, arguments, says):
    command = [sys.executable, str(root / "benchmarks" / f"{program}.py"), "--repeat", "1", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    for words in says:
        assert words in done.stdout


def test_drafts_are_compared_with_what_people_annotated(root):
    command = [sys.executable, str(root / "benchmarks" / "drafting.py"), "--wrong"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    for words in ("the article: 1 texts", "names", "statements", "their speakers", "their contents", "says 'promises'"):
        assert words in done.stdout


def test_the_endpoint_is_compared_with_oxigraph(root):
    command = [sys.executable, str(root / "benchmarks" / "endpoint.py")]
    command += ["--triples", "20000", "--seconds", "0.05", "--only", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "1/2 01-states\n2/2 claims by claimant\n")
    for words in (
        "1 client:",
        "8 clients:",
        "claims by claimant",
        "geokg : oxigraph: ",
        "geokg in memory : oxigraph in memory: ",
        "overhead of geokg over oxigraph",
        "times the store alone",
        "asked before",
    ):
        assert words in done.stdout
    assert "rows and geokg" not in done.stdout  # both have as many


def test_nothing_leaks_from_a_server_that_is_pestered(root):
    command = [sys.executable, str(root / "benchmarks" / "soak.py"), "--seconds", "10"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "nothing was wrong" in done.stdout
    for words in ("reader 200", "visitor 200", "writer 204", "killer killed", "leaver", "copies of the data: 1"):
        assert words in done.stdout
