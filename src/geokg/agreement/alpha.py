"""Krippendorff's alpha: for spans that annotators cut out of a text themselves, and for its characters.

``alpha_u``: K. Krippendorff, "On the Reliability of Unitizing Continuous Data", Sociological Methodology 25 (1995),
47-76; in the form, and with the worked example, of "Measuring the Reliability of Qualitative Text Analysis Data",
Quality & Quantity 38 (2004), 787-800. A continuum of length L is cut by each of m observers into units of a category
(v = 1) and gaps (v = 0), each with a beginning b and a length l. With N units in all,

    D_o = sum over pairs of sections of two observers of d^2 / (m (m - 1) L^2)
        d^2 = (b - b')^2 + (b + l - b' - l')^2   where two units overlap,
              l^2                                where a unit lies wholly in a gap, and 0 elsewhere
    D_e = 2/L sum over units of [ (N - 1)/3 (2 l^3 - 3 l^2 + l) + l^2 sum over gaps with l' >= l of (l' - l + 1) ]
          / ( m L (m L - 1) - sum over units of l (l - 1) )
    alpha = 1 - sum over categories of D_o / sum over categories of D_e

Each category is a continuum of its own: spans of different labels may overlap. ``nominal_alpha``: K. Krippendorff,
"Computing Krippendorff's Alpha-Reliability" (2011), nominal data, any number of observers, missing data; each character
is a unit of analysis, and its value the set of labels that lie on it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

Span = tuple[int, int]
"""Offset of the first character, and behind the last."""


def alpha_u(categories: Mapping[str, Sequence[Sequence[Span]]], length: int) -> float | None:
    """Alpha for unitizing: by how far spans lie apart, against what would be by chance.

    Args:
        categories: for each label, the spans of each observer; spans of one label and observer that overlap are one.
        length: of the text, in characters.

    Returns:
        1 for perfect agreement, 0 for chance; ``None`` where there is nothing to agree on.

    >>> alpha_u({"Person": [[(0, 2)], [(0, 2)]]}, 10)
    1.0
    """
    observed = expected = 0.0
    for observers in categories.values():
        found, chance = disagreements(observers, length)
        observed += found
        expected += chance
    return 1 - observed / expected if expected else None


def disagreements(observers: Sequence[Sequence[Span]], length: int) -> tuple[float, float]:
    """The observed and the expected disagreement, D_o and D_e, on one category.

    >>> one, other = [(75, 145), (220, 250)], [(70, 150), (205, 225), (250, 270)]
    >>> [round(d, 4) for d in disagreements([one, other], 300)]
    [0.0144, 0.0532]
    """
    units = [_merged(spans) for spans in observers]
    count = len(units)
    if count < 2 or not length:
        return 0.0, 0.0
    # Each pair of sections is met from both sides.
    apart = 2 * sum(_apart(one, other) for one, other in combinations(units, 2))
    every = [end - start for spans in units for start, end in spans]
    gaps = sorted(gap for spans in units for gap in _gaps(spans, length))
    behind = [0] * (len(gaps) + 1)
    for number in range(len(gaps) - 1, -1, -1):
        behind[number] = behind[number + 1] + gaps[number]
    chance = 0.0
    for size in every:
        first = bisect_left(gaps, size)
        room = behind[first] - (len(gaps) - first) * (size - 1)
        chance += (len(every) - 1) / 3 * (2 * size**3 - 3 * size**2 + size) + size**2 * room
    pairs = count * length * (count * length - 1) - sum(size * (size - 1) for size in every)
    return apart / (count * (count - 1) * length**2), 2 / length * chance / pairs if pairs else 0.0


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _gaps(units: list[Span], length: int) -> list[int]:
    edges = [0, *(edge for unit in units for edge in unit), length]
    return [size for start, end in zip(edges[::2], edges[1::2], strict=True) if (size := end - start)]


def _apart(one: list[Span], other: list[Span]) -> float:
    """The sum of d^2 over the sections of two observers, each pair met once."""
    total = 0
    for mine, theirs, both in ((one, other, True), (other, one, False)):
        starts, ends = [start for start, _ in theirs], [end for _, end in theirs]
        for start, end in mine:
            met = range(bisect_right(ends, start), bisect_left(starts, end))
            if not met:
                total += (end - start) ** 2
            elif both:
                total += sum((start - starts[n]) ** 2 + (end - ends[n]) ** 2 for n in met)
    return total


def nominal_alpha(texts: Iterable[tuple[int, Sequence[Iterable[tuple[int, int, str]]]]]) -> float | None:
    """Alpha for nominal data with characters as units.

    Args:
        texts: for each its length, and start, end and label of the spans of each who annotated it.

    Returns:
        1 for perfect agreement, 0 for chance; ``None`` where all characters have one value.

    >>> nominal_alpha([(4, [[(0, 2, "Person")], [(0, 2, "Person")]])])
    1.0
    """
    totals: Counter[frozenset[str]] = Counter()
    apart = 0.0
    for length, annotators in texts:
        if len(annotators) < 2:
            continue
        for size, values in _runs(length, annotators):
            counts = Counter(values)
            for value, count in counts.items():
                totals[value] += size * count
            differing = len(values) ** 2 - sum(count * count for count in counts.values())
            apart += size * differing / (len(values) - 1)
    number = totals.total()
    chance = number * number - sum(count * count for count in totals.values())
    return 1 - (number - 1) * apart / chance if chance else None


def _runs(
    length: int, annotators: Sequence[Iterable[tuple[int, int, str]]]
) -> Iterable[tuple[int, tuple[frozenset[str], ...]]]:
    """The stretches of a text over which nothing changes: how long, and the labels that each annotator put on it."""
    turns: dict[int, list[tuple[int, str, int]]] = {}
    for who, spans in enumerate(annotators):
        for start, end, label in spans:
            turns.setdefault(start, []).append((who, label, 1))
            turns.setdefault(end, []).append((who, label, -1))
    lying: list[Counter[str]] = [Counter() for _ in annotators]
    place = 0
    for turn in sorted({*turns, length}):
        if turn > place:
            yield turn - place, tuple(frozenset(+labels) for labels in lying)
            place = turn
        for who, label, change in turns.get(turn, ()):
            lying[who][label] += change
