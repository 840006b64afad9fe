"""Who says so, through whom, and in which words: the thread from a node of the graph back to the text."""

from __future__ import annotations

from dataclasses import dataclass

from .text import Span
from .views import Claim, Thing, Views


@dataclass(frozen=True)
class Thread:
    """One claim with its way back into the text.

    Attributes:
        claim: the claim.
        sentences: the sentences that its evidence stands in, in text order.
    """

    claim: Claim
    sentences: tuple[Span, ...]

    @property
    def chain(self) -> str:
        """The speakers, innermost first."""
        narrator = "the article"
        return " <- ".join([thing.label for thing in self.claim.chain[:-1]] + [narrator])


@dataclass(frozen=True)
class Explanation:
    """Everything that says why a node is in the graph.

    Attributes:
        thing: the node.
        threads: the claims that carry it, the least reported first; empty for what stewards wrote.
        mentions: the words that name it, or that it was read from.
    """

    thing: Thing
    threads: tuple[Thread, ...]
    mentions: tuple[Span, ...]

    def __str__(self) -> str:
        lines = [f"{self.thing.label}  <{self.thing.iri}>"]
        for thread in self.threads:
            lines += ["", f"  {thread.claim.sentence}", f"  {thread.chain}"]
            for quote in thread.claim.evidence:
                lines.append(f"  {place(quote)}: “{quote.exact}”")
            lines += [f"  in: {sentence.exact}" for sentence in thread.sentences]
        if not self.threads:
            lines += [f"  {place(span)}: “{span.exact}”" for span in self.mentions]
        if not self.threads and not self.mentions:
            lines.append("  No text says this; it was written by stewards or follows by a rule.")
        return "\n".join(lines)


def place(span: Span) -> str:
    """Where a span is, for people and for programs.

    >>> place(Span("demo", 4, 9, "words", "demo.txt", 1, 5))
    'demo.txt:1:5 (characters 4 to 9)'
    """
    return f"{span.file}:{span.line}:{span.column} (characters {span.start} to {span.end})"


def explain(views: Views, iri: str) -> Explanation:
    """Find the claims and words behind a node.

    Args:
        views: the graph.
        iri: a claim, situation, undertaking, actor, annotation, or anything else.
    """
    threads = []
    for claim in views.claims_about(iri):
        text = views.text(claim.document)
        sentences = dict.fromkeys(text.sentence(span) for span in claim.evidence)
        threads.append(Thread(claim, tuple(sentences)))
    return Explanation(views.thing(iri), tuple(threads), tuple(views.spans(iri)))
