"""Who says so: from events and statements to claims, each embedded in the claim that reports it."""

from __future__ import annotations

from dataclasses import dataclass

from rdflib.namespace import RDF

from ..text import Event, Span
from ..vocabulary import GK, GKX
from .events import Events
from .writer import Writer, digest

_CONTENT, _ACTOR = str(GK.hasContent), str(GK.hasActor)
_ABOUT = (str(GK.hasConsequent), str(GK.hasAntecedent))


def claim(writer: Writer, events: Events) -> None:
    """Add the claims of a document.

    Raises:
        ReadError: a statement with a content but no speaker, or one that is said inside itself.
    """
    _Speech(writer, events).run()


@dataclass(frozen=True)
class _Source:
    """Who makes a claim, by which act, inside whose claim; ``inside`` are the ids of the statements around it."""

    claimant: str
    statement: Event | None = None
    outer: str = ""
    inside: tuple[str, ...] = ()


class _Speech:
    def __init__(self, writer: Writer, events: Events) -> None:
        self.writer = writer
        self.events = events
        self.reached: set[str] = set()

    def run(self) -> None:
        events = self.events
        everything = list(events.by_id.values())
        said = {target for event in everything for target in events.targets(event, _CONTENT)}
        about = {target for event in everything for target in events.targets(event, *_ABOUT)}
        for event in everything:
            if event.id in said:
                continue
            if events.is_a(event, GK.Undertaking):
                message = f"nobody is said to have made this {event.label}; make it the Content of a Statement"
                self.writer.notice(message, event.trigger.spans[0])
            elif event.id not in about:
                self._claim(event, _Source(self.writer.voice))
        for event in everything:
            if event.id in said - self.reached:
                raise self.writer.error(f"{event.id} is said only inside itself", event.line)

    def _claim(self, event: Event, source: _Source, *, undertaking: Event | None = None) -> None:
        """Add the claim that a situation obtains and, if it is a statement, the claims inside it.

        What an undertaking is about is claimed in its words, and as a promise or an intention.
        """
        self.reached.add(event.id)
        events, add = self.events, self.writer.add
        polarity = events.concept(event, str(GK.hasPolarity), str(GKX.positive))
        certainty = events.concept(event, str(GK.hasCertainty), str(GKX.certain))
        stance = str(GKX.asserts)
        if undertaking:
            stance = str(GKX.intends if events.is_a(undertaking, GK.Intention) else GKX.promises)
        if source.statement:
            stance = events.concept(source.statement, str(GK.hasStance), stance)
        if stance == str(GKX.denies):
            polarity = str(GKX.positive if polarity == str(GKX.negative) else GKX.negative)
        content = events.nodes[event.id]
        statement = events.nodes[source.statement.id] if source.statement else ""
        parts = (source.claimant, content, polarity, certainty, stance, statement, source.outer)
        iri = f"{self.writer.iri}/claim/{digest(*parts)}"
        add(iri, RDF.type, GK.Claim)
        properties = (
            GK.isClaimedBy,
            GK.hasContent,
            GK.hasPolarity,
            GK.hasCertainty,
            GK.hasStance,
            GK.isExpressedBy,
            GK.isEmbeddedIn,
        )
        for predicate, value in zip(properties, parts, strict=True):
            if value:
                add(iri, predicate, value)
        add(iri, GK.isMadeIn, self.writer.iri)
        events.annotate(event, iri, self._evidence(undertaking or event, source.statement))
        if events.targets(event, _CONTENT):
            self._inside(event, iri, (*source.inside, event.id))

    def _evidence(self, event: Event, statement: Event | None) -> tuple[Span, ...]:
        """The words of a claim: those of what is said or, where they are somebody else's, those of the statement.

        "This is confirmed by the leaders" takes up what another sentence said; the leaders' words are their own.
        """
        spans = self.events.evidence(event)
        own = self.events.clause(statement) if statement else ()
        if not own or any(one.start <= span.start and span.end <= one.end for one in own for span in spans):
            return spans
        return own

    def _inside(self, statement: Event, claim: str, inside: tuple[str, ...]) -> None:
        """Add the claims that a statement makes."""
        events = self.events
        speakers = [events.nodes[target] for target in events.targets(statement, _ACTOR)]
        if not speakers:
            message = f"{statement.id} has Content but no Actor: mark who says it, if only as a Group"
            raise self.writer.error(message, statement.line)
        for target in events.targets(statement, _CONTENT):
            content = events.by_id.get(target)
            if content is None:
                raise self.writer.error(f"{statement.id} Content: {target} is no event", statement.line)
            if content.id in inside:
                raise self.writer.error(f"{content.id} is said inside itself", content.line)
            sources = [_Source(speaker, statement, claim, inside) for speaker in speakers]
            if events.is_a(content, GK.Undertaking):
                self._undertake(content, statement, sources)
            else:
                for source in sources:
                    self._claim(content, source)

    def _undertake(self, undertaking: Event, statement: Event, sources: list[_Source]) -> None:
        """Add that a statement makes an undertaking, and the promise of what it is about."""
        events = self.events
        self.reached.add(undertaking.id)
        self.writer.add(events.nodes[undertaking.id], GK.isCreatedBy, events.nodes[statement.id])
        for target in events.targets(undertaking, str(GK.hasConsequent)):
            consequent = events.by_id.get(target)
            if consequent is None or events.is_a(consequent, GK.Undertaking):
                raise self.writer.error(f"{undertaking.id} Consequent: {target} is no situation", undertaking.line)
            for source in sources:
                self._claim(consequent, source, undertaking=undertaking)
