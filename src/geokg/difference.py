"""What two graphs say differently: claims that are new, withdrawn, or now somebody else's.

Two claims are the same when, in the same document, the same chain of speakers says the same in the same words: with the
same stance, polarity and certainty, of a situation of the same class with the same names in the same roles. IRIs and
offsets do not count, for both move when a word is corrected further up in the text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from rdflib.namespace import RDF

from .explanation import place
from .views import Claim, Views
from .vocabulary import GK


@dataclass(frozen=True)
class Reattribution:
    """What was said stayed, and who says it changed: the claimant, or one of those who report it.

    Attributes:
        old: the claim as it was.
        new: the claim as it is.
    """

    old: Claim
    new: Claim


@dataclass(frozen=True)
class Difference:
    """What the new graph says that the old one did not, and the other way round; each in the order of the texts.

    Attributes:
        added: claims that only the new graph has.
        withdrawn: claims that only the old graph has.
        reattributed: claims with other speakers.
        unchanged: how many claims both graphs have.
    """

    added: tuple[Claim, ...] = ()
    withdrawn: tuple[Claim, ...] = ()
    reattributed: tuple[Reattribution, ...] = ()
    unchanged: int = 0

    def __bool__(self) -> bool:
        return bool(self.added or self.withdrawn or self.reattributed)

    @property
    def summary(self) -> str:
        """The difference in one line.

        >>> Difference(unchanged=36).summary
        '0 added, 0 withdrawn, 0 re-attributed, 36 unchanged'
        """
        counts = (len(self.added), len(self.withdrawn), len(self.reattributed), self.unchanged)
        words = ("added", "withdrawn", "re-attributed", "unchanged")
        return ", ".join(f"{count} {word}" for count, word in zip(counts, words, strict=True))

    def __str__(self) -> str:
        told = [(_order(claim), [f"+ {claim.sentence}", *_quotes(claim)]) for claim in self.added]
        told += [(_order(claim), [f"- {claim.sentence}", *_quotes(claim)]) for claim in self.withdrawn]
        for one in self.reattributed:
            lines = [f"~ {one.old.sentence}", f"  now: {one.new.sentence}", *_quotes(one.new)]
            told.append((_order(one.new), lines))
        told.sort(key=lambda item: item[0])
        return "\n".join([line for _, lines in told for line in lines] + [self.summary])


def difference(old: Views, new: Views) -> Difference:
    """Compare the claims of two graphs.

    Args:
        old: the graph as it was.
        new: the graph as it is.

    Raises:
        GeokgError: a claim lacks what every claim has; validate that graph.

    >>> from geokg import sample
    >>> kg = sample()
    >>> bool(difference(kg.views, kg.views))
    False
    """
    before, after = _claims(old), _claims(new)
    same = _pair(before, after, _all)
    # Told by the same words, what is left differs in its speakers alone.
    moved = _pair(before, after, _said)
    return Difference(
        added=tuple(after),
        withdrawn=tuple(before),
        reattributed=tuple(Reattribution(*pair) for pair in sorted(moved, key=lambda pair: _order(pair[1]))),
        unchanged=len(same),
    )


def _claims(views: Views) -> list[Claim]:
    return sorted(map(views.claim, views.subjects(RDF.type, GK.Claim)), key=_order)


def _order(claim: Claim) -> tuple[Hashable, ...]:
    start = claim.evidence[0].start if claim.evidence else -1
    return claim.document, start, len(claim.chain), claim.content.label, claim.iri


def _pair(before: list[Claim], after: list[Claim], key: Callable[[Claim], Hashable]) -> list[tuple[Claim, Claim]]:
    """Take out of both lists the claims that a key pairs, first with first."""
    waiting: defaultdict[Hashable, list[Claim]] = defaultdict(list)
    for claim in reversed(before):
        waiting[key(claim)].append(claim)
    pairs = [(waiting[key(claim)].pop(), claim) for claim in after if waiting[key(claim)]]
    for claims, paired in ((before, [old for old, _ in pairs]), (after, [new for _, new in pairs])):
        gone = {id(claim) for claim in paired}
        claims[:] = [claim for claim in claims if id(claim) not in gone]
    return pairs


def _said(claim: Claim) -> Hashable:
    """What is said, whoever says it."""
    words = tuple(span.exact for span in claim.evidence)
    force = claim.stance, claim.polarity, claim.certainty
    return claim.document, claim.content.label, words, force


def _all(claim: Claim) -> Hashable:
    return _said(claim), tuple(speaker.iri for speaker in claim.chain)


def _quotes(claim: Claim) -> list[str]:
    return [f"    {place(span)}: “{span.exact}”" for span in claim.evidence]
