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
            ["--documents", "2", "--rule-documents", "1"],
            ["documents/s", "times as fast", "peak memory", "rules"],
        ),
        ("query", ["--documents", "1", "--cap", "0.2"], ["01-states", "geometric mean"]),
    ],
)
def test_benchmark_runs_and_both_sides_agree(root, program, arguments, says):
    command = [sys.executable, str(root / "benchmarks" / f"{program}.py"), "--repeat", "1", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    for words in says:
        assert words in done.stdout
