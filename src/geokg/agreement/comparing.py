"""Who annotated which text, and the figures of each pair."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import combinations

from ..text import Document
from .alpha import disagreements, nominal_alpha

Marked = tuple[tuple[tuple[int, int], ...], str]
"""The parts of a mention, and its label."""


@dataclass(frozen=True)
class Figures:
    """How far two annotators agree, or all of them.

    Attributes:
        annotators: who.
        texts: how many texts they have in common.
        spans: how many spans each marked there.
        exact: F1 of spans that begin and end alike, whatever their label.
        overlapping: F1 of spans that share a character with one of the other's.
        label: F1 of spans that begin, end and are called alike.
        alpha_u: Krippendorff's alpha for unitizing, over all labels; of all, over all pairs, since its authors warn of
            the form for more than two.
        alpha: Krippendorff's nominal alpha by characters.
    """

    annotators: tuple[str, ...]
    texts: int
    spans: tuple[int, ...]
    exact: float | None
    overlapping: float | None
    label: float | None
    alpha_u: float | None
    alpha: float | None


@dataclass(frozen=True)
class Agreement:
    """How far the annotators of a corpus agree.

    Attributes:
        pairs: each two who have texts in common, by name.
        overall: all together; ``None`` when no two have a text in common.
        labels: for each label F1 of exact spans and alpha for unitizing, over all pairs.
        alone: the ids of the texts that only one annotated.
    """

    pairs: tuple[Figures, ...]
    overall: Figures | None
    labels: dict[str, tuple[float | None, float | None]]
    alone: tuple[str, ...]


def agreement(documents: Iterable[Document]) -> Agreement:
    """Compare all who annotated the same texts.

    Texts are the same when their characters are. The annotator is who the document names; else the folder, or the file
    of many texts, that it stands in. Mentions and triggers are compared; where one has parts, all of them must match.

    >>> from geokg.text import Mention, Text
    >>> def marked(who, start, end):
    ...     text = Text(f"wire/a/{who}", "Hu Shisheng spoke.")
    ...     return Document(text, (Mention("T1", "Person", (text.span(start, end),)),), annotator=who)
    >>> found = agreement([marked("ann", 0, 11), marked("bob", 3, 11)])
    >>> found.overall.exact, found.overall.overlapping, found.alone
    (0.0, 1.0, ())
    """
    texts: dict[tuple[str, int], dict[str, Document]] = {}
    often: Counter[tuple[str, str]] = Counter()
    for document in documents:
        who = document.annotator or document.id.rpartition("/")[0]
        # The n-th time that somebody annotates a text goes with the n-th time of the others.
        texts.setdefault((document.sha256, often[document.sha256, who]), {})[who] = document
        often[document.sha256, who] += 1
    shared = [by for by in texts.values() if len(by) > 1]
    pairs: dict[tuple[str, str], _Pair] = {}
    spans: Counter[str] = Counter()
    for by in shared:
        marks = {who: _marks(document) for who, document in by.items()}
        spans.update({who: len(found) for who, found in marks.items()})
        for one, other in combinations(sorted(by), 2):
            pairs.setdefault((one, other), _Pair()).add(len(by[one].text), marks[one], marks[other])
    by_pair = {names: pairs[names] for names in sorted(pairs)}
    sums = _Sums()
    for pair in by_pair.values():
        sums.add(pair.sums)
    everybody = tuple(sorted({who for names in by_pair for who in names}))
    characters = [
        (len(next(iter(by.values())).text), [_flat(_marks(document)) for document in by.values()]) for by in shared
    ]
    overall = sums.figures(everybody, len(shared), nominal_alpha(characters)) if pairs else None
    if overall is not None:
        overall = replace(overall, spans=tuple(spans[who] for who in everybody))
    return Agreement(
        tuple(pair.sums.figures(names, pair.texts, nominal_alpha(pair.characters)) for names, pair in by_pair.items()),
        overall,
        {label: (sums.f1(label), sums.alpha_u(label)) for label in sorted(sums.found)},
        tuple(sorted(document.id for by in texts.values() if len(by) == 1 for document in by.values())),
    )


def _marks(document: Document) -> list[Marked]:
    triggers = {event.trigger.id: event.trigger for event in document.events}
    return [
        (tuple((span.start, span.end) for span in mention.spans), mention.label)
        for mention in (*document.mentions, *triggers.values())
    ]


def _flat(marks: Iterable[Marked]) -> list[tuple[int, int, str]]:
    return [(start, end, label) for parts, label in marks for start, end in parts if start < end]


@dataclass
class _Sums:
    """What the figures are made of; sums of two pairs are those of both."""

    spans: list[int] = field(default_factory=lambda: [0, 0])
    exact: int = 0
    met: list[int] = field(default_factory=lambda: [0, 0])
    alike: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    apart: dict[str, tuple[float, float]] = field(default_factory=dict)

    def add(self, other: _Sums) -> None:
        self.spans = [a + b for a, b in zip(self.spans, other.spans, strict=True)]
        self.met = [a + b for a, b in zip(self.met, other.met, strict=True)]
        self.exact += other.exact
        self.alike += other.alike
        self.found += other.found
        for label, (observed, expected) in other.apart.items():
            before = self.apart.get(label, (0.0, 0.0))
            self.apart[label] = (before[0] + observed, before[1] + expected)

    def f1(self, label: str) -> float | None:
        return 2 * self.alike[label] / self.found[label] if self.found[label] else None

    def alpha_u(self, *labels: str) -> float | None:
        observed = sum(self.apart[label][0] for label in labels or self.apart)
        expected = sum(self.apart[label][1] for label in labels or self.apart)
        return 1 - observed / expected if expected else None

    def figures(self, annotators: tuple[str, ...], texts: int, alpha: float | None) -> Figures:
        total = sum(self.spans)
        precision, recall = (met / spans if spans else 0.0 for met, spans in zip(self.met, self.spans, strict=True))
        return Figures(
            annotators,
            texts,
            tuple(self.spans),
            2 * self.exact / total if total else None,
            (2 * precision * recall / (precision + recall) if precision + recall else 0.0) if total else None,
            2 * self.alike.total() / total if total else None,
            self.alpha_u() if self.apart else None,
            alpha,
        )


class _Pair:
    """Two annotators, text by text; for alpha, the texts lie end to end."""

    def __init__(self) -> None:
        self.texts = 0
        self.characters: list[tuple[int, list[list[tuple[int, int, str]]]]] = []
        self._sums = _Sums()
        self._length = 0
        self._units: dict[str, tuple[list[tuple[int, int]], list[tuple[int, int]]]] = {}

    def add(self, length: int, one: list[Marked], other: list[Marked]) -> None:
        """Another text of both."""
        sums = self._sums
        self.texts += 1
        self.characters.append((length, [_flat(one), _flat(other)]))
        sums.spans = [sums.spans[0] + len(one), sums.spans[1] + len(other)]
        sums.exact += (Counter(parts for parts, _ in one) & Counter(parts for parts, _ in other)).total()
        sums.alike += Counter(label for _, label in (Counter(one) & Counter(other)).elements())
        sums.found += Counter(label for _, label in (*one, *other))
        sums.met = [sums.met[0] + _met(one, other), sums.met[1] + _met(other, one)]
        for side, marks in enumerate((one, other)):
            for start, end, label in _flat(marks):
                both = self._units.setdefault(label, ([], []))
                both[side].append((self._length + start, self._length + end))
        self._length += length

    @property
    def sums(self) -> _Sums:
        """The sums of all texts so far."""
        self._sums.apart = {label: disagreements(both, self._length) for label, both in self._units.items()}
        return self._sums


def _met(one: list[Marked], other: list[Marked]) -> int:
    """How many spans of the one share a character with a span of the other."""
    covered = sorted((start, end) for start, end, _ in _flat(other))
    union: list[list[int]] = []
    for start, end in covered:
        if union and start <= union[-1][1]:
            union[-1][1] = max(end, union[-1][1])
        else:
            union.append([start, end])
    return sum(any(_meets(start, end, union) for start, end in parts) for parts, _ in one)


def _meets(start: int, end: int, union: list[list[int]]) -> bool:
    place = bisect_right(union, [start, end]) - 1
    return any(a < end and start < b for a, b in union[max(place, 0) : place + 2])
