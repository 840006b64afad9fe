"""What is spoken of: each event to a situation or an undertaking with its roles, as neutral as it can be said."""

from __future__ import annotations

from collections.abc import Iterator

from rdflib.namespace import RDF

from ..scheme import Property, Scheme
from ..text import Attribute, Event, Mention, Span
from ..vocabulary import GK, OA
from .writer import Writer, digest, offsets

# What reading turns into claims and evidence instead of writing it on the situation.
_CONTENT, _EVIDENCE, _CONFIDENCE = str(GK.hasContent), str(GK.isEvidencedBy), str(GK.confidence)
_DRAFTER = str(GK.draftedBy)


class Events:
    """The events of a document, looked up.

    Args:
        writer: where triples go.
        scheme: what the labels mean.
        nodes: the IRIs of mentions by id; those of events are added.

    Attributes:
        nodes: the IRIs of mentions and events by id.
        by_id: the events by id.
        arguments: for each event its roles with the ids of what plays them, in file order.

    Raises:
        UnknownTerm: a label, role or attribute that the scheme does not have.
        ReadError: an argument that cannot mean anything.
    """

    def __init__(self, writer: Writer, scheme: Scheme, nodes: dict[str, str]) -> None:
        self.writer = writer
        self.document = writer.document
        self.scheme = scheme
        self.nodes = nodes
        self.by_id = {event.id: event for event in self.document.events}
        self._classes = {
            event.id: scheme.event(event.label, path=self.document.path, line=event.line)
            for event in self.document.events
        }
        self.arguments = {event.id: list(self._arguments(event)) for event in self.document.events}
        self._relations()
        self._attributes = {event.id: dict(self._attributes_of(event)) for event in self.document.events}
        taken: set[str] = set()
        for event in self.document.events:
            nodes[event.id] = self._iri(event, taken)
            taken.add(nodes[event.id])
        self._nothing_left()

    def is_a(self, event: Event, kind: str) -> bool:
        """Whether an event is of a class."""
        return self.scheme.is_a(self._classes[event.id], str(kind))

    def targets(self, event: Event, *properties: str) -> list[str]:
        """The ids of what plays some roles."""
        return [target for role, target in self.arguments[event.id] if role.iri in properties]

    def concept(self, event: Event, predicate: str, default: str) -> str:
        """The concept that an attribute of an event names."""
        found = self._attributes[event.id].get(predicate)
        if found is None:
            return default
        role, attribute = found
        return self.scheme.value(
            role.values_from or "", attribute.value or "", path=self.document.path, line=attribute.line
        )

    def clause(self, event: Event) -> tuple[Span, ...]:
        """The evidence clause that the annotator marked for an event; empty if there is none."""
        for target in self.targets(event, _EVIDENCE):
            clause = self.document.get(target)
            if isinstance(clause, Mention):
                return clause.spans
        return ()

    def evidence(self, event: Event) -> tuple[Span, ...]:
        """The words that carry a claim: the clause that was marked, else the trigger and the arguments beside it."""
        clause = self.clause(event)
        if clause:
            return clause
        sentence = self.document.content.sentence(event.trigger.spans[0])
        spans = list(event.trigger.spans)
        for _, target in self.arguments[event.id]:
            item = self.document.get(target)
            if isinstance(item, Mention):
                # "He", said three sentences on, is no reason to quote all three.
                spans += [span for span in item.spans if sentence.start <= span.start and span.end <= sentence.end]
        return (self.document.content.span(min(s.start for s in spans), max(s.end for s in spans)),)

    def annotate(self, event: Event, node: str, spans: tuple[Span, ...]) -> None:
        """Add the evidence for a node that an event gives, with the annotator's confidence in it."""
        found = self._attributes[event.id].get(_CONFIDENCE)
        confidence = self.writer.confidence(found[1].value, found[1].line) if found else None
        annotation = self.writer.annotate(node, spans, OA.describing, confidence=confidence)
        if drafted := self._attributes[event.id].get(_DRAFTER):
            self.writer.drafted(annotation, drafted[1].value)
        self.writer.add(node, GK.isEvidencedBy, annotation)

    def write(self) -> None:
        """Add the situations and undertakings with their roles, dates and triggers."""
        for event in self.document.events:
            node = self.nodes[event.id]
            self.writer.add(node, RDF.type, self._classes[event.id])
            for role, target in self.arguments[event.id]:
                if role.iri not in (_CONTENT, _EVIDENCE):
                    self.writer.add(node, role.iri, self.nodes[target])
            for role, attribute in self._attributes[event.id].values():
                self._write_attribute(event, role, attribute)
            # A situation is named by its trigger, and its claims quote the clause; an undertaking has none of its own.
            self.annotate(
                event, node, self.evidence(event) if self.is_a(event, GK.Undertaking) else event.trigger.spans
            )

    def _write_attribute(self, event: Event, role: Property, attribute: Attribute) -> None:
        if role.iri == str(GK.edtf):
            self.writer.date(self.nodes[event.id], attribute.value or "", attribute.line)
        elif role.domain != str(GK.Claim) and role.values_from is not None:
            self.writer.add(self.nodes[event.id], role.iri, self.concept(event, role.iri, ""))

    def _arguments(self, event: Event) -> Iterator[tuple[Property, str]]:
        for argument in event.arguments:
            role = self.scheme.property(
                argument.role, self._classes[event.id], path=self.document.path, line=event.line
            )
            self._check(event.id, role, argument.target, event.line)
            yield role, argument.target

    def _check(self, source: str, role: Property, target: str, line: int) -> None:
        item = self.document.get(target)
        if item is None:
            raise self.writer.error(f"{source} {role.label}: there is no {target}", line)
        if role.literal:
            raise self.writer.error(f"{role.label} is an attribute, no role of {source}", line)
        if role.iri == _EVIDENCE and (target in self.nodes or isinstance(item, Event)):
            raise self.writer.error(f"{source} {role.label}: {target} is not labelled Evidence", line)
        if role.iri != _EVIDENCE and target not in self.nodes and not isinstance(item, Event):
            raise self.writer.error(f"{source} {role.label}: {target} is an evidence clause, nothing else", line)

    def _relations(self) -> None:
        """A relation between events is a role of the first; one between entities is no annotator's to assert."""
        for relation in self.document.relations:
            first, second = (argument.target for argument in relation.arguments[:2])
            if first not in self.by_id:
                message = (
                    f"{relation.label} links {first}, which is no event: say it as an event (Affiliation, Tenure, ...),"
                    " or let a steward put it into entities.ttl"
                )
                raise self.writer.error(message, relation.line)
            role = self.scheme.property(
                relation.label, self._classes[first], kind="relation", path=self.document.path, line=relation.line
            )
            self._check(first, role, second, relation.line)
            self.arguments[first].append((role, second))

    def _attributes_of(self, event: Event) -> Iterator[tuple[str, tuple[Property, Attribute]]]:
        seen: set[str] = set()
        for attribute in self.document.attributes_of(event.id):
            role = self.scheme.property(
                attribute.name,
                self._classes[event.id],
                kind="attribute",
                path=self.document.path,
                line=attribute.line,
            )
            if role.iri in seen:
                raise self.writer.error(f"{event.id} has two values for {attribute.name}", attribute.line)
            seen.add(role.iri)
            if not attribute.value:
                raise self.writer.error(f"{attribute.name} on {event.id} needs a value", attribute.line)
            if role.values_from is not None:
                self.scheme.value(role.values_from, attribute.value, path=self.document.path, line=attribute.line)
            elif role.iri not in (str(GK.edtf), _CONFIDENCE, _DRAFTER):
                raise self.writer.error(f"{attribute.name} is a role, no attribute of {event.id}", attribute.line)
            yield role.iri, (role, attribute)

    def _iri(self, event: Event, taken: set[str]) -> str:
        roles = sorted(f"{role.iri} {self._where(target)}" for role, target in self.arguments[event.id])
        parts = [self._classes[event.id], offsets(event.trigger.spans), *roles]
        stem = f"{self.writer.iri}/{'undertaking' if self.is_a(event, GK.Undertaking) else 'situation'}/"
        iri, again = stem + digest(*parts), 1
        while iri in taken:  # two annotations alike in all that identifies them are two all the same
            again += 1
            iri = stem + digest(*parts, str(again))
        return iri

    def _where(self, identifier: str) -> str:
        item = self.document.get(identifier)
        spans = item.trigger.spans if isinstance(item, Event) else item.spans if item else ()
        return f"{item.label if item else ''} {offsets(spans)}"

    def _nothing_left(self) -> None:
        """Each attribute stands on something that takes it."""
        takers = self.nodes.keys()
        for attribute in self.document.attributes:
            if attribute.target not in takers:
                message = (
                    f"{attribute.name} stands on {attribute.target}, which is no event and no mention of an entity"
                )
                raise self.writer.error(message, attribute.line)
