"""What the rules find, as offsets: who says what, by which words."""

from __future__ import annotations

from dataclasses import dataclass

Stretch = tuple[int, int]
"""The offset of the first character, and that after the last."""


@dataclass(frozen=True)
class Saying:
    """Somebody says something.

    Attributes:
        trigger: the words that tell it.
        speaker: who says it.
        contents: what is said; empty where the text does not tell it here.
        stance: the name of a concept.
        confidence: from 0 to 1.
        reason: the rule, for people.
        hearer: who is spoken to.
        negative: whether it is denied that it was said.
        by_quotation: whether what is said is quoted.
    """

    trigger: Stretch
    speaker: Stretch
    contents: tuple[Stretch, ...]
    stance: str
    confidence: float
    reason: str
    hearer: Stretch | None = None
    negative: bool = False
    by_quotation: bool = False

    @property
    def extent(self) -> Stretch:
        """From its first word to its last."""
        parts = (self.trigger, self.speaker, *self.contents)
        return min(start for start, _ in parts), max(end for _, end in parts)


def within(inner: Stretch, outer: Stretch) -> bool:
    """Whether a stretch lies in another.

    >>> within((1, 2), (0, 2)), within((1, 3), (0, 2))
    (True, False)
    """
    return outer[0] <= inner[0] and inner[1] <= outer[1]
