"""How much of a corpus was used: each annotation is used, ignored on purpose, or unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

FATES = ("used", "ignored", "unknown")
_WORDS = {"used": "used", "ignored": "ignored on purpose", "unknown": "unknown"}
_PARTS = 100


class Kind(NamedTuple):
    """What is counted together: annotations of one kind (``label``, ``role``, ...) with one name and one fate."""

    kind: str
    name: str
    fate: str


@dataclass
class Usage:
    """Counts of annotations by what became of them; those of several documents add up.

    Attributes:
        counts: how many there are of each kind.
        first: where the first of each unknown kind stands, and what is wrong with it.

    >>> usage = Usage()
    >>> usage.count("label", "Person", "used")
    >>> usage.count("label", "Money", "unknown", "a.ann:2")
    >>> (usage + usage).summary
    'used 50 %, ignored on purpose 0 %, unknown 50 %'
    >>> usage.told()
    ["a.ann:2: unknown label 'Money' (once)"]
    """

    counts: Counter[Kind] = field(default_factory=Counter)
    first: dict[Kind, tuple[str, str]] = field(default_factory=dict)

    def count(self, kind: str, name: str, fate: str, place: str = "", why: str = "") -> None:
        """Count one annotation."""
        key = Kind(kind, name, fate)
        self.counts[key] += 1
        if fate == "unknown":
            self.first.setdefault(key, (place, why))

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.counts + other.counts, {**other.first, **self.first})

    @property
    def totals(self) -> dict[str, int]:
        """How many annotations were used, ignored on purpose, and unknown."""
        return {fate: sum(n for key, n in self.counts.items() if key.fate == fate) for fate in FATES}

    @property
    def summary(self) -> str:
        """The three figures in percent, which add up to 100; empty if nothing was counted."""
        totals = self.totals
        return (
            ", ".join(
                f"{_WORDS[fate]} {part} %" for fate, part in zip(FATES, _percent(list(totals.values())), strict=True)
            )
            if any(totals.values())
            else ""
        )

    def told(self) -> list[str]:
        """What is unknown, the most frequent first: where the first stands, what it is, and how often."""
        unknown = sorted(
            (key for key in self.counts if key.fate == "unknown"), key=lambda key: (-self.counts[key], key)
        )
        lines = []
        for key in unknown:
            place, why = self.first[key]
            often = "once" if self.counts[key] == 1 else f"{self.counts[key]} times"
            lines.append(
                f"{place + ': ' if place else ''}unknown {key.kind} {key.name!r} ({often}{why and f'; {why}'})"
            )
        return lines

    def json(self) -> dict[str, Any]:
        """The figures, in all and by name."""
        names: dict[tuple[str, str], dict[str, int]] = {}
        for key, count in sorted(self.counts.items()):
            names.setdefault((key.kind, key.name), dict.fromkeys(FATES, 0))[key.fate] = count
        by_name = [{"kind": kind, "name": name, **fates} for (kind, name), fates in names.items()]
        return {**self.totals, "by_name": by_name}


def _percent(counts: list[int]) -> list[int]:
    """Whole percents that add up: what is left goes to the largest remainders; what is there at all shows.

    >>> _percent([2, 1, 0]), _percent([999, 0, 1])
    ([67, 33, 0], [99, 0, 1])
    """
    total = sum(counts)
    parts = [max(count * _PARTS // total, int(count > 0)) for count in counts]
    order = sorted(range(len(counts)), key=lambda n: -(counts[n] * _PARTS % total))
    for number in order[: max(0, _PARTS - sum(parts))]:
        parts[number] += 1
    largest = parts.index(max(parts))
    parts[largest] -= sum(parts) - _PARTS
    return parts


def total(usages: Iterable[Usage]) -> Usage:
    """The sum of several."""
    whole = Usage()
    for usage in usages:
        whole = whole + usage
    return whole
