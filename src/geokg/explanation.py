"""Who says so, through whom, and in which words: the thread from a node of the graph back to the text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

import pyoxigraph as ox
from rdflib.namespace import RDF

from .rules import Rule
from .rules.axioms import Axiom
from .rules.derivation import Step, derive
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


@dataclass(frozen=True)
class Why:
    """One triple in words, and why it stands.

    Attributes:
        subject: what its subject is called.
        predicate: its property.
        value: its value.
        source: where it stands: a document's id, or the end of the graph's name.
        by: the axiom or rule that gives it, in words; empty if somebody wrote it.
        because: from what it follows.
        words: the words in the text, where a text says it.
        triple: the triple itself.
    """

    subject: str
    predicate: str
    value: str
    source: str
    by: str
    because: tuple[Why, ...]
    words: tuple[Span, ...]
    triple: ox.Triple

    def __str__(self) -> str:
        return "\n".join(_told([self], "", set()))


def _told(steps: Iterable[Why], margin: str, seen: set[ox.Triple]) -> Iterator[str]:
    """Line by line; what people and texts say of one thing is one line, what was told before is not told again."""
    for _, same in groupby(steps, key=lambda step: (step.triple.subject, step.source, step.by and step.triple)):
        group = list(same)
        first = group[0]
        again = bool(first.by) and first.triple in seen
        seen |= {step.triple for step in group}
        said = "; ".join(f"{step.predicate} {step.value}" for step in group)
        yield f"{margin}{first.subject}: {said}  [{first.source}]{' (see above)' if again else ''}"
        if again:
            continue
        if first.by:
            yield f"{margin}  {first.by}"
        for span in dict.fromkeys(span for step in group for span in step.words):
            yield f"{margin}  {place(span)}: “{span.exact}”"
        for step in group:
            yield from _told(step.because, margin + "    ", seen)


def why(views: Views, triple: ox.Triple) -> Why:
    """Find out why a triple stands, down to the words in a text.

    Args:
        views: the graph; its facts and inferences are current.
        triple: what it says.

    Raises:
        GeokgError: it does not say so.

    >>> from geokg import sample
    >>> kg = sample()
    >>> print(why(kg.views, kg.names.triple("Zhao Lijian", "actsFor", "China")))
    Zhao Lijian: acts for China  [inferred]
      since “holds post”, then “is a post in”, then “is an organ of” make “acts for”
    ...
    """
    return _worded(views, derive(views.store, triple))


def _worded(views: Views, step: Step) -> Why:
    triple = step.triple
    source = step.graph.removeprefix(views.store.base.graph).removeprefix("document/")
    is_text = step.graph.startswith(views.store.base.document_graph(""))
    # What is said before what follows, and all that is said of one thing together.
    subjects = [premise.triple.subject for premise in step.premises]
    premises = sorted(step.premises, key=lambda one: (one.by is not None, subjects.index(one.triple.subject)))
    return Why(
        _called(views, triple.subject),
        _called(views, triple.predicate),
        _called(views, triple.object),
        source or "the unnamed graph",
        "" if step.by is None else _reason(views, step.by),
        tuple(_worded(views, premise) for premise in premises),
        tuple(views.spans(_iri(triple.subject))) if is_text else (),
        triple,
    )


def _iri(term: object) -> str:
    return f"_:{term.value}" if isinstance(term, ox.BlankNode) else str(getattr(term, "value", term))


def _called(views: Views, term: object) -> str:
    if isinstance(term, ox.Literal):
        return f"“{term.value}”"
    iri = _iri(term)
    if iri == str(RDF.type):
        return "is of the kind"
    called = views.label(iri)
    return called.partition(": ")[0] if called.startswith("claim by ") else called  # its content is told beside it


def _reason(views: Views, by: Axiom | Rule) -> str:
    if isinstance(by, Rule):
        return f"by the rule {by.name}: {by.about.partition('. ')[0].removesuffix('.')}"
    given = _called(views, by.head[2] if isinstance(by.head[2], ox.NamedNode) else by.head[1])
    asked = [_called(views, atom[2] if isinstance(atom[2], ox.NamedNode) else atom[1]) for atom in by.body]
    one = asked[0]
    return {
        "subclass": f"since every “{one}” is of the kind “{given}”",
        "subproperty": f"since “{one}” is a special kind of “{given}”",
        "domain": f"since whatever “{one}” is said of is of the kind “{given}”",
        "range": f"since whatever “{one}” leads to is of the kind “{given}”",
        "inverse": f"since “{given}” is “{one}” the other way round",
        "symmetric": f"since “{given}” holds both ways",
        "transitive": f"since “{given}” reaches on",
        "chain": f"since {', then '.join(f'“{name}”' for name in asked)} make “{given}”",
    }[by.kind]
