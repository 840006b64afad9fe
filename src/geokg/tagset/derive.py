"""What annotators write: labels, roles and attributes, derived from the ontology."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import pyoxigraph as ox
from rdflib.namespace import OWL, RDF, SKOS

from ..ontology import statements
from ..scheme import Property, Scheme
from ..vocabulary import GK

_GROUPS = frozenset(
    {
        "Actor",
        "CollectiveActor",
        "Communication",
        "DocumentVoice",
        "Official",
        "Place",
        "Relationship",
        "Situation",
        "Undertaking",
    }
)
"""Labels that mean something and that nobody should choose: there is always a closer one, or a rule finds it."""

_EVIDENCE = "Evidence"
_EVIDENCE_DEFINITION = "A clause that carries a claim: as much as one would quote. It stands for nobody."
_SITUATION, _UNDERTAKING, _STATEMENT, _CLAIM = (
    str(term) for term in (GK.Situation, GK.Undertaking, GK.Statement, GK.Claim)
)
# What reading puts on a claim is written on the event that the claim comes from.
_ON_EVENT = {str(GK.hasContent): _STATEMENT, str(GK.hasStance): _STATEMENT}
_FREE = (str(GK.edtf), str(GK.confidence), str(GK.draftedBy))


@dataclass(frozen=True)
class Value:
    """A value that an attribute can have."""

    name: str
    definition: str


@dataclass(frozen=True)
class Role:
    """A role that mentions or events play in an event.

    Attributes:
        name: what annotators write.
        definition: what it means.
        fillers: the labels of what can play it; empty where anything can.
        repeats: whether several can.
    """

    name: str
    definition: str
    fillers: tuple[str, ...]
    repeats: bool


@dataclass(frozen=True)
class Label:
    """A label of a mention or an event.

    Attributes:
        name: what annotators write.
        definition: what it means.
        parent: the label above it; empty at the top.
        usable: whether annotators choose it; else it only groups others.
        roles: for events.
    """

    name: str
    definition: str
    parent: str = ""
    usable: bool = True
    roles: tuple[Role, ...] = ()


@dataclass(frozen=True)
class Attribute:
    """What else is said of a mention or an event.

    Attributes:
        name: what annotators write.
        definition: what it means.
        on: the labels that it stands on.
        kind: ``choice`` among values, ``flag`` without one, ``free`` text.
        values: the values of a choice.
    """

    name: str
    definition: str
    on: tuple[str, ...]
    kind: Literal["choice", "flag", "free"]
    values: tuple[Value, ...] = ()


@dataclass(frozen=True)
class TagSet:
    """All that annotators write.

    Attributes:
        mentions: labels of mentions, each below its parent.
        events: labels of events, each below its parent.
        attributes: what stands on them.
    """

    mentions: tuple[Label, ...]
    events: tuple[Label, ...]
    attributes: tuple[Attribute, ...]

    @property
    def roles(self) -> tuple[Role, ...]:
        """Every role once, by name."""
        return tuple({role.name: role for label in self.events for role in label.roles}.values())


def tag_set(triples: Iterable[ox.Quad] | None = None) -> TagSet:
    """The tag set of an ontology.

    Args:
        triples: the ontology with its concept schemes; the packaged one unless given.

    >>> [label.name for label in tag_set().mentions if label.parent == "Organization"]
    ['IntergovernmentalOrganization', 'NewsOutlet', 'ResearchOrganization', 'StateOrgan']
    """
    quads = list(statements() if triples is None else triples)
    return _Maker(quads).make()


class _Maker:
    """Derives the tag set."""

    def __init__(self, quads: list[ox.Quad]) -> None:
        self.scheme = Scheme(quads)
        self.definitions: dict[str, str] = {}
        self.functional: set[str] = set()
        for quad in quads:
            if not isinstance(quad.subject, ox.NamedNode):
                continue
            if quad.predicate.value == str(SKOS.definition) and isinstance(quad.object, ox.Literal):
                if quad.object.language in ("en", None):
                    self.definitions[quad.subject.value] = quad.object.value
            elif quad.predicate.value == str(RDF.type) and quad.object == ox.NamedNode(str(OWL.FunctionalProperty)):
                self.functional.add(quad.subject.value)
        found = [p for group in self.scheme.properties.values() for p in group if p.label != _local(p.iri)]
        self.properties = sorted({p.iri: p for p in found}.values(), key=lambda p: (p.label, p.iri))

    def make(self) -> TagSet:
        scheme = self.scheme
        entities = {name: kind.iri for name, kind in scheme.mentions.items() if kind.role == "entity"}
        mentions = list(self._labels(entities))
        mentions += [Label(n, self._define(k.iri)) for n, k in scheme.mentions.items() if k.role == "concept"]
        mentions.append(Label(_EVIDENCE, _EVIDENCE_DEFINITION))
        events = tuple(self._labels(scheme.events, self._roles))
        return TagSet(tuple(mentions), events, tuple(self._attributes(entities)))

    def _labels(
        self, named: Mapping[str, str], roles: Callable[[str], tuple[Role, ...]] = lambda _: ()
    ) -> Iterator[Label]:
        """Each label below its parent, by name."""
        by_iri = {iri: name for name, iri in named.items()}
        parents = {name: self._parent(iri, by_iri) for name, iri in named.items()}

        def below(parent: str) -> Iterator[Label]:
            for name in sorted(one for one, above in parents.items() if above == parent):
                usable = name not in _GROUPS
                yield Label(name, self._define(named[name]), parent, usable, roles(named[name]) if usable else ())
                yield from below(name)

        return below("")

    def _parent(self, iri: str, by_iri: Mapping[str, str]) -> str:
        above = [one for one in self.scheme.superclasses[iri] if one in by_iri and one != iri]
        return by_iri[max(above, key=lambda one: (len(self.scheme.superclasses[one]), one))] if above else ""

    def _roles(self, event: str) -> tuple[Role, ...]:
        found: dict[str, Role] = {}
        for one in self.properties:
            if one.literal or not self._fits(one, event) or (one.values_from and not self._mentioned(one)):
                continue
            best = self.scheme.property(one.label, event)  # two properties may share one label
            repeats = best.iri not in self.functional and best.iri != str(GK.isEvidencedBy)
            repeats = repeats or best.iri == str(GK.hasContent)  # one content for each claim that is made
            found[best.label] = Role(best.label, self._define(best.iri), self._fillers(best), repeats)
        return tuple(found.values())

    def _fits(self, one: Property, event: str) -> bool:
        home = _ON_EVENT.get(one.iri, one.domain)
        if home == _CLAIM:
            home = _SITUATION  # polarity and certainty stand on what is said
        return home is None or self.scheme.is_a(event, home)

    def _mentioned(self, one: Property) -> str:
        """The label of mentions that name a value of a property, if there is one."""
        kinds = self.scheme.mentions.items()
        return next((n for n, kind in kinds if kind.role == "concept" and kind.iri == one.values_from), "")

    def _fillers(self, one: Property) -> tuple[str, ...]:
        if one.iri == str(GK.isEvidencedBy):
            return (_EVIDENCE,)
        if one.values_from:
            return (self._mentioned(one),)
        if one.range is None:
            return ()
        # What a statement says is a situation, or an undertaking that it makes.
        ranges = (one.range, _UNDERTAKING) if one.iri == str(GK.hasContent) else (one.range,)
        entities = {n: kind.iri for n, kind in self.scheme.mentions.items() if kind.role == "entity"}
        return tuple(
            name
            for name, iri in {**entities, **self.scheme.events}.items()
            if name not in _GROUPS and any(self.scheme.is_a(iri, above) for above in ranges)
        )

    def _attributes(self, entities: Mapping[str, str]) -> Iterator[Attribute]:
        events = {name: iri for name, iri in self.scheme.events.items() if name not in _GROUPS}
        usable = tuple(name for name in entities if name not in _GROUPS)
        for one in self.properties:
            definition = self._define(one.iri)
            if one.values_from:
                mentioned = self._mentioned(one)
                on = (mentioned,) if mentioned else tuple(n for n, iri in events.items() if self._fits(one, iri))
                yield Attribute(one.label, definition, on, "choice", self._values(one.values_from))
            elif one.iri == str(GK.isMetonym):
                yield Attribute(one.label, definition, usable, "flag")
            elif one.iri in _FREE:
                on = tuple(n for n, iri in events.items() if one.domain or self.scheme.is_a(iri, _SITUATION))
                yield Attribute(one.label, definition, (*usable, *on) if one.domain else on, "free")

    def _values(self, scheme: str) -> tuple[Value, ...]:
        names = self.scheme.concepts.get(scheme, ())
        return tuple(Value(n, self._define(self.scheme.values[scheme][n.casefold()])) for n in names)

    def _define(self, iri: str) -> str:
        return " ".join(self.definitions.get(iri, "").split())


def _local(iri: str) -> str:
    return iri.rsplit("/", 1)[-1]
