"""One annotation more or less, as a plain form says it: for whoever annotates without a script."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from ..readers.converting import without
from ..readers.registers import is_iri, reference
from ..scheme import Scheme
from ..tagset import TagSet
from ..text import Argument, Attribute, Document, Event, Mention, Normalization
from .problems import ProtocolError
from .wording import gettext as _


@dataclass(frozen=True)
class Asked:
    """What a form asks for.

    Attributes:
        label: of the annotation.
        words: its words.
        place: at which of the places where the words stand, from 1.
        roles: for an event: a role and the id of what plays it in each line.
        reference: the IRI of an entity, or a register and a key, such as ``Wikidata:Q148``.
        attributes: what else is said, by name; a flag has no value.
    """

    label: str
    words: str
    place: int = 1
    roles: str = ""
    reference: str = ""
    attributes: Mapping[str, str | None] = field(default_factory=dict)


def added(document: Document, asked: Asked, possible: Collection[str] = ()) -> Document:
    """A document with one annotation more.

    Args:
        document: as it is.
        asked: what to add.
        possible: the attributes that can stand on its label.

    Raises:
        ProtocolError: the words do not stand there, a line of the roles is none, or an attribute cannot be said of it.

    >>> from geokg.text import Text
    >>> one = added(Document(Text("demo", "China and China")), Asked("State", "China", 2, reference="state:CHN"))
    >>> one.mentions[0].start, one.normalizations[0].key
    (10, 'CHN')
    >>> [
    ...     event.arguments[0].target
    ...     for event in added(one, Asked("ContactRelation", "and", roles="Participant T1")).events
    ... ]
    ['T1']
    """
    if wrong := sorted(asked.attributes.keys() - possible):
        told = _("%(name)s cannot be said of %(label)s.") % {"name": wrong[0], "label": asked.label or "–"}
        raise ProtocolError(told, 422)
    words = asked.words.replace("\r\n", "\n") if asked.words not in document.text else asked.words
    start = -1
    for _place in range(asked.place):
        start = document.text.find(words, start + 1) if words else -1
        if start < 0:
            raise ProtocolError(_("These words do not stand in the text so often: %(words)s") % {"words": words}, 422)
    span = document.content.span(start, start + len(words))
    taken = _ids(document)
    mention = Mention(_free("T", taken), asked.label, (span,))
    target = mention.id
    if asked.label in Scheme.packaged().events:
        target = _free("E", taken)
        event = Event(target, asked.label, mention, tuple(_arguments(asked.roles)))
        document = replace(document, events=(*document.events, event))
    else:
        document = replace(document, mentions=(*document.mentions, mention))
    attributes = list(document.attributes)
    for name, value in asked.attributes.items():
        attributes.append(Attribute(_free("A", {one.id for one in attributes}), name, target, value))
    links = document.normalizations
    if asked.reference:
        links = (*links, _link(_free("N", taken), target, asked.reference))
    return replace(document, attributes=tuple(attributes), normalizations=links)


def removed(document: Document, identifier: str) -> Document:
    """A document without one annotation, and without what hangs on it.

    Raises:
        ProtocolError: it has no such annotation.
    """
    if document.get(identifier) is None:
        raise ProtocolError(_("There is no annotation %(id)s.") % {"id": identifier}, 422)
    return without(document, [identifier])


def attributes_for(tags: TagSet, label: str) -> Collection[str]:
    """The attributes that can stand on a label."""
    return {one.name for one in tags.attributes if label in one.on}


def _arguments(roles: str) -> list[Argument]:
    found = []
    for line in filter(None, map(str.strip, roles.splitlines())):
        role, *targets = line.replace(":", " ").split()
        if not targets:
            raise ProtocolError(_("Each line of the roles is a role and an id, not %(line)s.") % {"line": line}, 422)
        found += [Argument(role, target) for target in targets]
    return found


def _link(identifier: str, target: str, given: str) -> Normalization:
    register, _colon, key = given.partition(":")
    if is_iri(given) and "/" in given:
        register, key = reference(given)
    return Normalization(identifier, "Reference", target, register, key)


def _ids(document: Document) -> set[str]:
    groups = (document.mentions, document.events, document.attributes, document.normalizations, document.relations)
    return {one.id for group in groups for one in group} | {one.trigger.id for one in document.events}


def _free(letter: str, taken: Collection[str]) -> str:
    number = 1
    while f"{letter}{number}" in taken:
        number += 1
    return f"{letter}{number}"
