"""The page of a claim: its words, the speakers that it came through, the situation, and who else speaks of that."""

from __future__ import annotations

from ...views import Claim
from .page import page
from .reading import SHOWN, Reading


def claim_page(reading: Reading, iri: str) -> str:
    """The page of a claim.

    Args:
        reading: the graph.
        iri: the claim.

    Raises:
        Incomplete: it lacks what every claim has.
        QueryError: nobody can read the graph now.
    """
    claim = reading.views.claim(iri)
    confirming, denying = (
        reading.claims(f"SELECT DISTINCT ?claim {{ $node {way}|^{way} ?claim }} ORDER BY ?claim LIMIT {SHOWN}", iri)
        for way in ("gk:corroborates", "gk:contradicts")
    )
    known = {quote.claim.iri for quote in (*confirming, *denying)}
    return page(
        "claim",
        reading=reading,
        iri=iri,
        quote=reading.quote(claim),
        steps=steps(claim),
        confirming=confirming,
        denying=denying,
        others=[quote for quote in reading.other_claims(claim) if quote.claim.iri not in known],
        inner=reading.inner_claims(iri),
    )


def steps(claim: Claim) -> list[Claim]:
    """A claim and those that report it, the outermost first.

    >>> from geokg import sample
    >>> claim = next(one for one in sample().claims(stance="promises"))
    >>> [one.claimant.label for one in steps(claim)]
    [..., 'Hu Shisheng', 'leaders of the Taliban']
    """
    found = [claim]
    while found[0].outer is not None:
        found.insert(0, found[0].outer)
    return found
