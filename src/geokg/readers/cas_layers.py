"""Structures of a CAS as annotations: the layers of INCEpTION and WebAnno, and plain UIMA.

::

    a span                                  Mention; its features attributes, ``identifier`` a link to a register
    a span with links (role, target)        Event, the span its trigger, the links its arguments
    Governor and Dependent                  Relation
    a reference to other spans              Relation, named after the feature
    a chain (first, next, ...)              Equivalence; Relations where its links have labels
    what is said of a whole text            Note
    a structure without words               told

Ids are the numbers of the file; what is made of a feature has its name behind. Labels are the last parts of type names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

from ..text import (
    Argument,
    Attribute,
    Document,
    Equivalence,
    Event,
    Mention,
    Normalization,
    Note,
    Relation,
    Source,
    Span,
    Text,
)
from .cas import Cas, Kind, Structure, labels, short
from .cas_own import (
    DOCUMENT,
    EVENT,
    LAYERS,
    PART,
    PLAIN,
    RECORDS,
    RELATION,
    attribute_of,
    feature_of,
    record,
)
from .registers import is_iri, reference

_ARC = ("Governor", "Dependent")
_CHAIN = ("first", "next")
_SHOWN = 5


def annotator_of(structures: list[Structure]) -> str | None:
    """Who annotated a text, where a record of ours says so.

    >>> annotator_of([])
    """
    names = [one.values["annotator"][0] for one in structures if one.type == DOCUMENT and one.values.get("annotator")]
    return names[0] if names else None


class Layers:
    """Makes documents of the texts of one file.

    Args:
        cas: what the file holds, its lists unrolled.
    """

    def __init__(self, cas: Cas) -> None:
        self.cas = cas
        self.label = labels(one.type for one in cas.structures.values() if one.kind is Kind.SPAN)
        self._used: set[str] = set()

    def document(self, text: Text, structures: list[Structure], source: Source, annotator: str | None) -> Document:
        """The document of one text.

        Args:
            text: the text.
            structures: what stands over it, placed.
            source: what is known of it.
            annotator: who annotated it.

        Raises:
            ReadError: a structure is not what its layer must be, and leniency was not asked for.
        """
        one_text = _OneText(self.cas, text, self.label)
        one_text.take(structures)
        self._used |= one_text.used
        return Document(
            text,
            mentions=tuple(one_text.mentions),
            events=tuple(one_text.events),
            relations=tuple(one_text.relations),
            attributes=tuple(one_text.attributes),
            normalizations=tuple(one_text.normalizations),
            notes=tuple(one_text.notes),
            equivalences=tuple(one_text.equivalences),
            source=source,
            annotator=annotator,
            path=self.cas.path,
        )

    def tell(self) -> None:
        """Tell which structures are in no document, as they have no words."""
        left = defaultdict(list)
        for one in self.cas.structures.values():
            if one.id not in self._used:
                left[one.type].append(one)
        for name, several in left.items():
            numbers = ", ".join(one.id for one in several[:_SHOWN]) + (", ..." if len(several) > _SHOWN else "")
            message = f"{len(several)} of {name} ({numbers}): no words of a text belong to them"
            self.cas.faults.pass_over(self.cas.error(message, several[0].line))


class _OneText:
    def __init__(self, cas: Cas, text: Text, label: Callable[[str], str]) -> None:
        self.cas = cas
        self.text = text
        self.label = label
        self.mentions: list[Mention] = []
        self.events: list[Event] = []
        self.relations: list[Relation] = []
        self.attributes: list[Attribute] = []
        self.normalizations: list[Normalization] = []
        self.notes: list[Note] = []
        self.equivalences: list[Equivalence] = []
        self.used: set[str] = set()
        self.names: dict[str, str] = {}
        # What records say already, as features show it: target, feature and value.
        self._said: set[tuple[str, ...]] = set()

    def take(self, structures: list[Structure]) -> None:
        self._name(structures)
        for one in structures:
            if one.type in RECORDS:
                self._record(one)
            elif one.type == DOCUMENT:
                self.used.add(one.id)
        for one in structures:
            if one.kind is Kind.SPAN:
                self._span(one)
        for one in structures:
            if one.id not in self.used and one.kind is not Kind.SPAN and "first" not in one.references:
                self._whole(one)
        chained: set[str] = set()
        for one in self.cas.structures.values():
            if one.kind is Kind.OTHER and self.names.keys() & one.references.get("first", ()):
                chained |= self._chain(one)
        for one in structures:
            if one.id in self.names and one.id not in chained:
                self._refer(one, "next", one.references.get("next", ()))
        self._let_go()

    def _let_go(self) -> None:
        """Refuse records about what is not there, or was left out."""
        records: tuple[list[Any], ...] = (self.attributes, self.normalizations, self.notes)
        words: tuple[list[Any], ...] = (
            self.mentions,
            self.events,
            [event.trigger for event in self.events],
            self.relations,
        )
        there = {one.id for items in (*words, *records) for one in items}

        def hangs(one: Any) -> bool:
            return one.target not in there and not (isinstance(one, Note) and one.target == "")

        while gone := [(items, one) for items in records for one in items if hangs(one)]:
            for items, one in gone:
                message = f"{one.id} is said of {one.target}, which is not there or left out"
                self.cas.faults.refuse(self.cas.error(message, one.line))
                items.remove(one)
                there.discard(one.id)
        for chain in [one for one in self.equivalences if not there.issuperset(one.members)]:
            missing = next(name for name in chain.members if name not in there)
            message = f"the {chain.kind} of {len(chain.members)} has {missing}, which is not there or left out"
            self.cas.faults.refuse(self.cas.error(message, chain.line))
            self.equivalences.remove(chain)

    def _name(self, structures: list[Structure]) -> None:
        """Give each span its id: its own where we wrote it, else its number, if nothing of ours is called so."""
        spans = [one for one in structures if one.kind is Kind.SPAN and one.type != PART]
        taken: dict[str, Structure] = {}
        for one in spans:
            if one.type in LAYERS:
                name = one.values.get("id", [one.id])[0]
                if taken.setdefault(name, one) is not one:
                    message = f"{one.name} is called {name}, as {taken[name].name} is; ids stand once"
                    self.cas.faults.refuse(self.cas.error(message, one.line))
                    continue
                self.names[one.id] = name
        for one in spans:
            if one.type not in LAYERS:
                self.names[one.id] = f"cas {one.id}" if one.id in taken else one.id

    def _record(self, one: Structure) -> None:
        self.used.add(one.id)
        said = record(self.cas, one)
        if isinstance(said, Attribute):
            self.attributes.append(said)
            self._said.add((said.target, feature_of(said.name), "true" if said.value is None else said.value))
        elif isinstance(said, Normalization):
            self.normalizations.append(said)
            self._said.add((said.target, "reference", f"{said.resource}:{said.key}"))
        elif isinstance(said, Note):
            self.notes.append(said)
        elif isinstance(said, Equivalence):
            self.equivalences.append(said)

    def _whole(self, one: Structure) -> None:
        """What is said of the text as a whole: its language, its title, the metadata of a project."""
        if not any(one.references.values()):
            self.used.add(one.id)
        for feature, number, value in _values(one):
            self.notes.append(Note(f"{one.id}.{number}", f"{short(one.type)}.{feature}", "", value, one.line))

    def _span(self, one: Structure) -> None:
        self.used.add(one.id)
        if one.id not in self.names:
            return
        name = self.names[one.id]
        label = self.label(one.type)
        if one.type in LAYERS:
            label = one.values.get("label", [label])[0]
        links = [(feature, link) for feature in one.references for link in self._links(one, feature)]
        if _is_arc(one):
            arguments = self._arguments(one, links) if links else self._ends(one)
            if arguments is None:
                return
            self.relations.append(Relation(name, label, arguments, one.line))
        elif links or one.type == EVENT:
            trigger = one.values.get("trigger", []) if one.type == EVENT else []
            worded = one.values.get("triggerLabel", []) if one.type == EVENT else []
            words = Mention((trigger or [f"{name}.words"])[0], (worded or [label])[0], self._words(one), one.line)
            self.events.append(Event(name, label, words, self._arguments(one, links), one.line))
        else:
            self.mentions.append(Mention(name, label, self._words(one), one.line))
        self._describe(one, name)
        for feature, ids in one.references.items():
            if feature not in (*_ARC, *_CHAIN) and not (feature == "parts" and one.type in LAYERS):
                self._refer(one, feature, ids)

    def _words(self, one: Structure) -> tuple[Span, ...]:
        parts = one.references.get("parts", []) if one.type in LAYERS else []
        places = [(part.begin, part.end) for part in map(self.cas.structures.get, parts) if part is not None]
        return tuple(self.text.span(begin, end) for begin, end in sorted(places) or [(one.begin, one.end)])

    def _links(self, one: Structure, feature: str) -> Iterator[Structure]:
        """The links of a slot: structures without words that have a target."""
        if feature in _ARC:
            return
        for link in map(self.cas.structures.get, one.references[feature]):
            if link is not None and link.kind is Kind.OTHER and "target" in link.references:
                yield link

    def _arguments(self, one: Structure, links: list[tuple[str, Structure]]) -> tuple[Argument, ...]:
        arguments = []
        for feature, link in links:
            self.used.add(link.id)
            targets = list(self._there(one, feature, link.references["target"]))
            if not link.references["target"]:
                self.cas.faults.refuse(self.cas.error(f"the link {link.id} of {one.name} has no target", link.line))
            role = link.values.get("role", [feature])[0]
            number = link.values.get("number", [""])[0]
            for target in targets:
                # Words may be named by the event that they trigger; then we wrote which of the two was meant.
                name = link.values.get("name", [self.names[target.id]])[0]
                arguments.append(Argument(role, name, int(number) if number.isdecimal() else None))
        return tuple(arguments)

    def _ends(self, one: Structure) -> tuple[Argument, ...] | None:
        """The two ends of an arc."""
        arguments = []
        for feature in _ARC:
            ends = list(self._there(one, feature, one.references.get(feature, ())))
            if not ends:
                if not one.references.get(feature):
                    self.cas.faults.refuse(self.cas.error(f"{one.name} has no {feature}", one.line))
                return None
            arguments.append(Argument(feature, self.names[ends[0].id]))
        return tuple(arguments)

    def _there(self, one: Structure, feature: str, ids: Iterable[str]) -> Iterator[Structure]:
        """The spans that are referred to; one that was left out is told again where it is missed."""
        for number in ids:
            target = self.cas.structures.get(number)
            if target is not None and number in self.names and not _is_arc(target):
                yield target
                continue
            reason = "was left out" if target is None else "is not words of the same text"
            message = f"{one.name} refers in {feature} to {number}, which {reason}"
            self.cas.faults.refuse(self.cas.error(message, one.line))

    def _describe(self, one: Structure, target: str) -> None:
        """The values of a span: attributes, and links to registers."""
        ours = one.type in LAYERS
        for feature, number, value in _values(one):
            if feature == "referenceRelation" and one.references.get("next"):
                continue  # the label of the relation to the next link
            if ours and (feature in PLAIN or value == "false" or (target, feature, value) in self._said):
                continue
            if link := _register(feature, value, ours):
                self.normalizations.append(
                    Normalization(f"{target}.{number}", "Reference", target, *link, "", one.line)
                )
                continue
            name = attribute_of(feature) if ours else feature
            flag = ours and value == "true"
            self.attributes.append(Attribute(f"{target}.{number}", name, target, None if flag else value, one.line))

    def _refer(self, one: Structure, feature: str, ids: Iterable[str]) -> None:
        """A reference to words, or to other structures, as relations."""
        for number, target in enumerate(map(self.cas.structures.get, ids), start=1):
            if target is None or target.kind is Kind.OTHER:
                continue  # told where it was left out, or with all that has no words
            if target.id not in self.names or _is_arc(target):
                message = f"{one.name} refers in {feature} to {target.name}, which is not words of the same text"
                self.cas.faults.pass_over(self.cas.error(message, one.line))
                continue
            name = f"{self.names[one.id]}.{feature}" + (f".{number}" if number > 1 else "")
            arguments = (Argument("Arg1", self.names[one.id]), Argument("Arg2", self.names[target.id]))
            self.relations.append(Relation(name, feature, arguments, one.line))

    def _chain(self, one: Structure) -> set[str]:
        """An equivalence of all links of a chain, and a relation wherever a link says how the next belongs to it."""
        self.used.add(one.id)
        links: dict[str, Structure] = {}
        following = list(self._there(one, "first", one.references["first"]))
        while following:
            link = following[0]
            if link.id in links:
                self.cas.faults.refuse(self.cas.error(f"the chain {one.name} comes back to {link.name}", link.line))
                break
            links[link.id] = link
            following = list(self._there(link, "next", link.references.get("next", ())))
        kind = short(one.type).removesuffix("Chain") or short(one.type)
        self.equivalences.append(Equivalence(kind, tuple(self.names[number] for number in links), one.line))
        for link, after in pairwise(links.values()):
            for label in link.values.get("referenceRelation", ()):
                arguments = (Argument("Arg1", self.names[link.id]), Argument("Arg2", self.names[after.id]))
                self.relations.append(Relation(f"{link.id}.referenceRelation", label, arguments, link.line))
        return set(links)


def _is_arc(one: Structure) -> bool:
    """Whether a span is but the place of a relation."""
    return one.type == RELATION or any(feature in one.references for feature in _ARC)


def _register(feature: str, value: str, ours: bool) -> tuple[str, str] | None:
    """Register and key, where a value names an entry of one."""
    if ours:
        resource, _, key = value.partition(":")
        return (resource, key) if feature == "reference" and resource and key else None
    # A concept of a knowledge base is a mere IRI: one of a register that has a name, or an ``identifier``.
    if is_iri(value) and (feature == "identifier" or ":" not in reference(value)[0]):
        return reference(value)
    return None


def _values(one: Structure) -> Iterator[tuple[str, str, str]]:
    """Feature, feature with the number of the value where it has several, and value."""
    for feature, values in one.values.items():
        for number, value in enumerate(values, start=1):
            yield feature, feature if number == 1 else f"{feature}.{number}", value
