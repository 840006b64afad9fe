"""How the findings went on, as a line in a picture for each severity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..runs import Run

ROWS = 20
"""Runs in the table."""
_DRAWN = 100
_WIDTH, _HEIGHT, _LEFT, _BELOW, _ABOVE = 640, 150, 40, 24, 10


@dataclass(frozen=True)
class Trend:
    """The last runs, drawn.

    Attributes:
        runs: all that are kept, the oldest first.

    >>> trend = Trend([Run("2026-11-26T10:00:00Z", 0, 2, 0), Run("2026-11-26T11:00:00Z", 4, 2, 0, 4, 0)])
    >>> trend.lines[0]
    ('violation', '40,126 630,126 630,10')
    """

    runs: Sequence[Run]

    @property
    def rows(self) -> list[Run]:
        """Those in the table, the newest first."""
        return list(self.runs[::-1][:ROWS])

    @property
    def drawn(self) -> Sequence[Run]:
        """Those in the picture."""
        return self.runs[-_DRAWN:]

    @property
    def most(self) -> int:
        """The most findings of one severity."""
        return max((max(run.violations, run.warnings, run.remarks) for run in self.drawn), default=0)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """For each severity that was ever found its line: what stood after a run stands until the next."""
        counts = {
            "violation": [run.violations for run in self.drawn],
            "warning": [run.warnings for run in self.drawn],
            "info": [run.remarks for run in self.drawn],
        }
        return [(severity, self._line(numbers)) for severity, numbers in counts.items() if any(numbers)]

    def _line(self, numbers: Sequence[int]) -> str:
        step = (_WIDTH - _LEFT - 10) / max(1, len(numbers) - 1)
        points: list[tuple[float, float]] = []
        for number, value in enumerate(numbers):
            x, y = _LEFT + number * step, self.height(value)
            if points and points[-1][1] != y:
                points.append((x, points[-1][1]))
            points.append((x, y))
        return " ".join(f"{x:g},{y:g}" for x, y in points)

    def height(self, value: float) -> float:
        """Where a number of findings is drawn."""
        room = _HEIGHT - _BELOW - _ABOVE
        return round(_HEIGHT - _BELOW - room * value / max(1, self.most), 1)
