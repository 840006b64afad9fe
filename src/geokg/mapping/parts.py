"""A document while it is being mapped: what annotations have become so far, and what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ..dates import Interval
from ..errors import UnknownTerm, place
from ..scheme import Kind, Property, Scheme
from ..text import Argument, Attribute, Document, Event, Mention, Normalization, Span
from ..vocabulary import GK, OA
from .rule import MISSING, AttributeRule, LabelMap, Missing, Rule, fitting, lookup
from .usage import Usage

CONTENT, ACTOR, EVIDENCE = str(GK.hasContent), str(GK.hasActor), str(GK.isEvidencedBy)
SITUATION, STATEMENT, SPEAKER = "Situation", "Statement", "Actor"
_METONYM, _CONFIDENCE, _DATE = str(GK.isMetonym), str(GK.confidence), str(GK.edtf)


@dataclass
class Draft:
    """An event in the making.

    Attributes:
        content: it is only words that are said; other events in these words are said too.
        silenced: what became of who says it, where that is left out.
    """

    id: str
    label: str
    iri: str
    trigger: Mention
    line: int
    arguments: list[tuple[Property, str]] = field(default_factory=list)
    content: bool = False
    silenced: str = ""

    def targets(self, *properties: str) -> list[str]:
        """The ids of what plays some roles."""
        return [target for role, target in self.arguments if role.iri in properties]

    def event(self) -> Event:
        """The event; fillers of one role are numbered from the second, as annotators write them."""
        counts: dict[str, int] = {}
        arguments = []
        for role, target in dict.fromkeys(self.arguments):
            counts[role.label] = counts.get(role.label, 0) + 1
            arguments.append(Argument(role.label, target, counts[role.label] if counts[role.label] > 1 else None))
        return Event(self.id, self.label, self.trigger, tuple(arguments), self.line)


class Parts:
    """What a document has become so far.

    Args:
        document: as it was read.
        labels: what its labels mean.
        scheme: the ontology's labels.

    Attributes:
        mentions: the mentions of entities, concepts and evidence, by id.
        drafts: the events, by id.
        attributes: their values.
        entries: the entries of registers that mentions stand for.
        speakers: for events that a chain of speakers tells: the rule, the chain, and its line.
        triggered: the first event of a label on some words.
        same: mentions that stand for what else is marked on their words, until that is found.
        named: for each mention with a label of ours, the name it is counted by.
        rules: the rule of each mention and event that is kept.
        splitting: the attributes that split a label, by what they stand on; they say something by that alone.
        alias: for ids that are gone, the id of what stands for the same.
        gone: for ids that stand for nothing, ``ignored`` or ``unknown``.
        usage: what became of each annotation.
    """

    def __init__(self, document: Document, labels: LabelMap, scheme: Scheme) -> None:
        self.document = document
        self.labels = labels
        self.scheme = scheme
        self.mentions: dict[str, Mention] = {}
        self.drafts: dict[str, Draft] = {}
        self.attributes: list[Attribute] = []
        self.entries: list[Normalization] = []
        self.speakers: dict[str, tuple[AttributeRule, str, int]] = {}
        self.triggered: dict[tuple[str, tuple[tuple[int, int], ...]], str] = {}
        self.same: dict[str, Mention] = {}
        self.named: dict[str, str] = {}
        self.rules: dict[str, Rule] = {}
        self.splitting: set[tuple[str, str]] = set()
        self.alias: dict[str, str] = {}
        self.gone: dict[str, str] = {}
        self.usage = Usage()
        self._set: dict[tuple[str, str], str | None] = {}

    def count(self, kind: str, name: str, fate: str, line: int, why: str = "") -> None:
        """Say what became of an annotation."""
        where = place(self.document.path, line or None).removesuffix(": ")
        self.usage.count(kind, name, fate, where or self.document.id, why)

    def find(self, identifier: str) -> str:
        """The id of what an id stands for now."""
        return self.alias.get(identifier, identifier)

    def lives(self, identifier: str) -> bool:
        """Whether there is a mention or an event of this id."""
        return identifier in self.mentions or identifier in self.drafts

    def fate(self, *identifiers: str) -> str:
        """What becomes of an annotation that stands on others of which one is gone."""
        fates = {self.gone.get(identifier, "unknown") for identifier in identifiers if not self.lives(identifier)}
        return "ignored" if fates == {"ignored"} else "unknown"

    def draft(self, identifier: str, label: str, trigger: Mention, rule: Rule, line: int) -> Draft:
        """Begin an event."""
        self.rules[identifier] = rule
        self.drafts[identifier] = Draft(identifier, label, self.scheme.events[label], trigger, line)
        return self.drafts[identifier]

    def rule(
        self, rules: Mapping[str, Rule | None], label: str, attributes: Iterable[Attribute]
    ) -> tuple[Rule | Missing | None, str]:
        """The rule for a label, split by attributes as far as it is, and the name to count it by."""
        given = {attribute.name: attribute for attribute in attributes}
        rule, name = lookup(rules, label), label
        while isinstance(rule, Rule) and rule.by is not None:
            attribute = given.get(rule.by)
            # What has no such attribute is split by the empty value.
            value = (attribute.value if attribute else "") or ""
            key = fitting(rule.split, value)
            if key is None and rule.term:
                # A value that no rule names is what the label itself is.
                rule = replace(rule, by=None)
                continue
            if attribute:
                name += f"[{rule.by}={value if key is None else key}]"
                self.splitting.add((attribute.target, attribute.name))
            rule = MISSING if key is None else rule.split[key]
        return rule, name

    def kind(self, identifier: str) -> Kind:
        """What the label of a mention means."""
        return self.scheme.mentions[self.mentions[identifier].label]

    def is_entity(self, identifier: str) -> bool:
        """Whether an id is that of a mention of an actor, a place, a post or an initiative."""
        return identifier in self.mentions and self.kind(identifier).role == "entity"

    def is_a(self, draft: Draft, kind: str) -> bool:
        """Whether an event is of a class."""
        return self.scheme.is_a(draft.iri, str(kind))

    def play(self, draft: Draft, role: str, target: str) -> str:
        """Let something play a role in an event.

        Returns:
            Why it cannot; empty if it can.
        """
        try:
            found = self.scheme.property(role, draft.iri)
        except UnknownTerm as error:
            return error.message
        if found.literal:
            return f"{role} is an attribute, no role"
        evidence = target in self.mentions and self.kind(target).role == "evidence"
        if evidence != (found.iri == EVIDENCE):
            return f"{target} is {'an' if evidence else 'no'} evidence clause"
        if found.iri == CONTENT and target in self.mentions:
            target = self.situation(self.mentions[target]).id
        if not self._fits(found, self._class(target)):
            other = self.rules.get(target, Rule()).other if target in self.mentions else None
            if other is None or not self._fits(found, self.scheme.mentions[other].iri):
                kind, wanted = self._class(target).rpartition("/")[2], (found.range or "").rpartition("/")[2]
                return f"{target} is {kind}, and {found.label} is for {wanted}"
            target = self._again(target, other)
        if target == draft.id:
            return f"{target} would play a role in itself"
        draft.arguments.append((found, target))
        return ""

    def _class(self, target: str) -> str:
        return self.drafts[target].iri if target in self.drafts else self.kind(target).iri

    def _fits(self, found: Property, kind: str) -> bool:
        """Whether something of a class may play a role; a class above or below the role's own may."""
        wanted = found.range
        if wanted is None or found.iri in (CONTENT, EVIDENCE) or wanted not in self.scheme.superclasses:
            return True
        return self.scheme.is_a(kind, wanted) or self.scheme.is_a(wanted, kind)

    def _again(self, target: str, label: str) -> str:
        """The same words once more, for the other thing that they stand for."""
        mention = self.mentions[target]
        identifier = f"{target}.{label}"
        self.mentions[identifier] = Mention(identifier, label, mention.spans, mention.line)
        return identifier

    def situation(self, mention: Mention) -> Draft:
        """What is said, where only its words are marked: a plain situation that they are the evidence of."""
        identifier = f"{mention.id}.said"
        if identifier not in self.drafts:
            trigger = Mention(f"{identifier}.words", SITUATION, mention.spans, mention.line)
            self.draft(identifier, SITUATION, trigger, Rule(SITUATION), mention.line).content = True
        return self.drafts[identifier]

    def assign(self, target: str, name: str, value: str | None, identifier: str, line: int) -> str:
        """Set an attribute.

        Returns:
            Why it cannot be; empty if it can.
        """
        draft = self.drafts.get(target)
        try:
            found = self.scheme.property(name, draft.iri if draft else None, kind="attribute")
            if found.values_from is not None and value:
                self.scheme.value(found.values_from, value)
        except UnknownTerm as error:
            return error.message
        if why := self._forbids(found, target, value):
            return why
        if (target, found.iri) in self._set:
            return "" if self._set[target, found.iri] == value else f"a second value for {name}"
        self._set[target, found.iri] = value
        self.attributes.append(Attribute(identifier, found.label, target, value, line))
        return ""

    def _forbids(self, found: Property, target: str, value: str | None) -> str:
        # What is said of the annotation itself, such as how sure it is.
        of_words = found.literal and found.domain == str(OA.Annotation)
        if target in self.mentions:
            label, role = self.mentions[target].label, self.kind(target).role
            named = role == "concept" and found.label == label and value
            if not (named or (role == "entity" and of_words)):
                return f"{found.label} cannot stand on a mention of {label}"
        elif not value:
            return f"{found.label} needs a value"
        elif found.iri == _DATE:
            try:
                Interval.from_edtf(value)
            except ValueError as error:
                return str(error)
        elif found.values_from is None and (not of_words or found.iri == _METONYM):
            return f"{found.label} is no attribute of an event"
        if found.iri == _CONFIDENCE and not _is_share(value):
            return f"Confidence is a number from 0 to 1, not {value!r}"
        return ""


def words(spans: Iterable[Span]) -> tuple[tuple[int, int], ...]:
    """The offsets of some words, to compare."""
    return tuple((span.start, span.end) for span in spans)


def _is_share(value: str | None) -> bool:
    try:
        return 0 <= float(value or "") <= 1
    except ValueError:
        return False
