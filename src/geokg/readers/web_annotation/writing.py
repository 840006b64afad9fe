"""From a ``Document`` to annotations as JSON objects; the convention stands in the package's docstring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from ...errors import WriteError
from ...text import Attribute, Document, Mention, Normalization, Note, Span
from ..registers import entry
from .building import EQUIVALENCE, NOTE, REFERENCE, SAYINGS
from .parts import CONTEXT, iri_of

Json = dict[str, object]
_Said = Attribute | Normalization | Note
_AROUND = 32  # characters of prefix and suffix beside a quote; Web Annotation leaves the number open


def written(document: Document, source: str) -> Iterator[Json]:
    """The annotations that say what a document says, in the order in which they are read again.

    Args:
        document: what is said.
        source: the name of the text's file.

    Raises:
        WriteError: a relation or an equivalence is of nothing.
    """
    return _Writer(document, source).all()


def page(document: Document) -> Json:
    """A page without annotations, by whoever found nothing."""
    return {"@context": CONTEXT, "type": "AnnotationPage", **_creator(document), "items": []}


class _Writer:
    def __init__(self, document: Document, source: str) -> None:
        self._document = document
        self._source = quote(source)
        # The triggers with labels of their own, which need annotations of their own.
        self._triggers = {one.trigger.id: one.trigger for one in document.events if one.trigger.label != one.label}
        order = [*(mention.id for mention in document.mentions), *self._triggers]
        order += [*(event.id for event in document.events), *(relation.id for relation in document.relations)]
        self._items: dict[str, list[Json]] = {}
        self._taken = set(order)
        # In the order in which they will stand in the file; where the document has another, each says its place.
        place = {identifier: number for number, identifier in enumerate(order)}
        kinds: tuple[Sequence[_Said], ...] = (document.attributes, document.normalizations, document.notes)
        for items in kinds:
            places = [place.setdefault(item.target, len(place)) for item in items]
            sorted_already = places == sorted(places)
            for number, item in enumerate(items, start=1):
                self._taken.add(item.id)
                body = _body(item)
                if not sorted_already:
                    body["schema:position"] = number
                self._items.setdefault(item.target, []).append(body)

    def all(self) -> Iterator[Json]:
        document = self._document
        for mention in document.mentions:
            yield self._words(mention.id, mention.label, mention, "classifying")
        for trigger in self._triggers.values():
            yield self._words(trigger.id, trigger.label, trigger, "classifying")
        for event in document.events:
            yield self._words(event.id, event.label, event.trigger, "describing")
        for event in document.events:
            for number, argument in enumerate(event.arguments, start=1):
                label = _classifying(argument.role)
                if argument.number is not None:
                    label["schema:position"] = argument.number
                end: Json = {"type": "SpecificResource", "purpose": "linking", "source": iri_of(argument.target)}
                yield self._annotation(f"{event.id}-role-{number}", "linking", [label, end], [iri_of(event.id)])
        for relation in document.relations:
            if not relation.arguments:
                raise WriteError(f"there is no room for {relation.id}, which relates nothing", ids=(relation.id,))
            ends: list[Json] = []
            for argument in relation.arguments:
                ends.append({"type": "SpecificResource", "source": iri_of(argument.target), "label": argument.role})
                if argument.number is not None:
                    ends[-1]["schema:position"] = argument.number
            bodies = [_classifying(relation.label), *self._items.pop(relation.id, [])]
            yield self._annotation(relation.id, "linking", bodies, ends, own=True)
        for number, equivalence in enumerate(document.equivalences, start=1):
            if not equivalence.members:
                raise WriteError(f"there is no room for the {equivalence.kind} of nothing", ids=("",))
            bodies = [] if equivalence.kind == EQUIVALENCE else [_classifying(equivalence.kind)]
            members = [iri_of(member) for member in equivalence.members]
            yield self._annotation(f"equivalence-{number}", "identifying", bodies, members)
        for target, bodies in self._items.items():
            name = f"{target or 'text'}-more"
            yield self._annotation(name, "commenting", bodies, [iri_of(target) if target else self._source])

    def _words(self, identifier: str, label: str, words: Mention, motivation: str) -> Json:
        targets = [self._target(span) for span in words.spans]
        if motivation == "describing" and words.id != f"{identifier}-trigger":
            targets[0] = {"id": iri_of(words.id), **targets[0]}
        bodies = [_classifying(label), *self._items.pop(identifier, [])]
        return self._annotation(identifier, motivation, bodies, targets, own=True)

    def _target(self, span: Span) -> Json:
        text = self._document.text
        return {
            "type": "SpecificResource",
            "source": self._source,
            "selector": [
                {
                    "type": "TextQuoteSelector",
                    "exact": span.exact,
                    "prefix": text[max(0, span.start - _AROUND) : span.start],
                    "suffix": text[span.end : span.end + _AROUND],
                },
                {"type": "TextPositionSelector", "start": span.start, "end": span.end},
            ],
        }

    def _annotation(
        self, identifier: str, motivation: str, bodies: Iterable[Json], targets: Iterable[object], *, own: bool = False
    ) -> Json:
        if not own:
            # An id that nobody gave must not be one that somebody did.
            while identifier in self._taken:
                identifier += "'"
            self._taken.add(identifier)
        found: Json = {"@context": CONTEXT, "id": iri_of(identifier), "type": "Annotation", "motivation": motivation}
        found |= _creator(self._document)
        if bodies := list(bodies):
            found["body"] = bodies
        return {**found, "target": list(targets)}


def _creator(document: Document) -> Json:
    return {} if document.annotator is None else {"creator": {"type": "Person", "name": document.annotator}}


def _classifying(label: str) -> Json:
    return {"type": "TextualBody", "purpose": "classifying", "value": label}


def _body(item: _Said) -> Json:
    found: Json = {"id": iri_of(item.id)}
    if isinstance(item, Normalization):
        found |= {"type": "SpecificResource", "purpose": "identifying", "source": entry(item.resource, item.key)}
        return found | _named("label", item.text, "") | _named("dc:type", item.kind, REFERENCE)
    if isinstance(item, Note):
        saying = item.kind in SAYINGS
        found |= {"type": "TextualBody", "purpose": item.kind if saying else "commenting", "value": item.text}
        return found | ({} if saying else _named("dc:type", item.kind, NOTE))
    found |= {"type": "TextualBody", "purpose": "tagging"}
    return found | ({"value": item.name} if item.value is None else {"label": item.name, "value": item.value})


def _named(key: str, value: str, default: str) -> Json:
    return {} if value == default else {key: value}
