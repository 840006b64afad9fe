"""Which label means which term: the annotation scheme, read from the ontology itself.

A label of a mention or an event is the local name of a class, a role or an attribute is the local name of a property,
a value is a concept of the scheme that ``gk:valuesFrom`` names; ``gk:annotationLabel`` gives a term the word that
annotators expect instead. So a new class or property is a new label at once, without code.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal as OneOf

import pyoxigraph as ox
from rdflib.namespace import OWL, RDF, RDFS, SKOS

from .errors import UnknownTerm
from .ontology import statements
from .vocabulary import GK

_CLASS, _SUBCLASS, _LABEL, _ALT = str(OWL.Class), str(RDFS.subClassOf), str(SKOS.prefLabel), str(SKOS.altLabel)
_SUGGESTIONS = 3

Role = OneOf["entity", "concept", "evidence"]


@dataclass(frozen=True)
class Kind:
    """What a label of a mention means.

    Attributes:
        iri: the class of the thing mentioned, or the concept scheme; empty for an evidence clause.
        role: ``entity``, ``concept`` or ``evidence``.
    """

    iri: str
    role: Role


@dataclass(frozen=True)
class Property:
    """A property that annotators can write.

    Attributes:
        iri: the property.
        label: what annotators write.
        domain: the class it belongs to, if it says.
        range: the class or datatype of its values, if it says.
        values_from: the concept scheme of its values, if there is one.
        literal: its values are literals.
    """

    iri: str
    label: str
    domain: str | None = None
    range: str | None = None
    values_from: str | None = None
    literal: bool = False


class Scheme:
    """The annotation scheme of an ontology.

    Args:
        triples: the ontology and its concept schemes.

    >>> scheme = Scheme.packaged()
    >>> scheme.event("RestraintCommitment")
    'https://w3id.org/geokg/ontology/RestraintCommitment'
    >>> scheme.event("RestraintComitment", path="a.ann", line=3)
    Traceback (most recent call last):
    geokg.errors.UnknownTerm: a.ann:3: unknown event label 'RestraintComitment'; did you mean RestraintCommitment ...?
    """

    def __init__(self, triples: Iterable[ox.Quad]) -> None:
        values: dict[tuple[str, str], list[str]] = {}
        for quad in triples:
            if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode | ox.Literal):
                values.setdefault((quad.subject.value, quad.predicate.value), []).append(quad.object.value)

        def of(subject: str, predicate: str) -> list[str]:
            return values.get((subject, str(predicate)), [])

        def first(subject: str, predicate: str) -> str | None:
            return next(iter(of(subject, predicate)), None)

        def typed(kind: str) -> list[str]:
            return sorted(s for (s, p), objects in values.items() if p == str(RDF.type) and kind in objects)

        classes = [iri for iri in typed(_CLASS) if iri.startswith(str(GK))]
        self.superclasses: Mapping[str, frozenset[str]] = {
            iri: frozenset(_closure(iri, lambda one: of(one, _SUBCLASS))) for iri in classes
        }
        situations = {str(GK.Situation), str(GK.Undertaking)}
        entities = {str(GK.Actor), str(GK.Place), str(GK.Position), str(GK.Initiative), str(GK.Agreement)}
        named = {first(iri, str(GK.annotationLabel)) or iri.removeprefix(str(GK)): iri for iri in classes}
        self.names = {name: (name, *of(iri, _LABEL), *of(iri, _ALT)) for name, iri in named.items()}
        """What people call the class that a label names: the label itself, and its labels in the ontology."""
        self.events = {name: iri for name, iri in named.items() if self.superclasses[iri] & situations}
        mentions = {name: Kind(iri, "entity") for name, iri in named.items() if self.superclasses[iri] & entities}
        self.values: dict[str, dict[str, str]] = {}
        """The names of the concepts of each scheme, in lower case, with the concepts."""
        self.concepts: dict[str, tuple[str, ...]] = {}
        """The local names of the concepts of each scheme, as annotators write them."""
        for scheme in typed(str(SKOS.ConceptScheme)):
            label = first(scheme, str(GK.annotationLabel))
            if label:
                mentions[label] = Kind(scheme, "concept")
            members = [s for (s, p), objects in values.items() if p == str(SKOS.inScheme) and scheme in objects]
            self.concepts[scheme] = tuple(sorted(_local(member) for member in members))
            self.values[scheme] = {
                name.casefold(): member
                for member in sorted(members)
                for name in [*of(member, _ALT), *of(member, _LABEL), _local(member)]
            }
        mentions["Evidence"] = Kind("", "evidence")
        self.mentions = dict(sorted(mentions.items()))
        self.properties: dict[str, list[Property]] = {}
        for kind in (str(OWL.ObjectProperty), str(OWL.DatatypeProperty)):
            for iri in (iri for iri in typed(kind) if iri.startswith(str(GK))):
                label = first(iri, str(GK.annotationLabel)) or _local(iri)
                found = Property(
                    iri,
                    label,
                    first(iri, str(RDFS.domain)),
                    first(iri, str(RDFS.range)),
                    first(iri, str(GK.valuesFrom)),
                    literal=kind == str(OWL.DatatypeProperty),
                )
                for name in {label, _local(iri)}:
                    self.properties.setdefault(name, []).append(found)

    @classmethod
    def packaged(cls) -> Scheme:
        """The scheme of the ontology that comes with geokg."""
        return _packaged()

    def is_a(self, iri: str, ancestor: str) -> bool:
        """Whether a class is another, or below it.

        >>> Scheme.packaged().is_a(str(GK.State), str(GK.Actor))
        True
        """
        return iri == ancestor or ancestor in self.superclasses.get(iri, ())

    def mention(self, label: str, *, path: Path | None = None, line: int | None = None) -> Kind:
        """What a label of a mention means.

        Raises:
            UnknownTerm: nothing; with the nearest labels.
        """
        if label not in self.mentions:
            raise unknown(label, self.mentions, "mention label", path, line)
        return self.mentions[label]

    def event(self, label: str, *, path: Path | None = None, line: int | None = None) -> str:
        """The class that a label of an event names.

        Raises:
            UnknownTerm: none; with the nearest labels.
        """
        if label not in self.events:
            raise unknown(label, self.events, "event label", path, line)
        return self.events[label]

    def property(
        self, name: str, event: str | None, *, kind: str = "role", path: Path | None = None, line: int | None = None
    ) -> Property:
        """The property that a role or an attribute names on an event of a class.

        Two properties may share one label (``Holder`` of a tenure, of an intention): the one whose domain is nearest
        above the event's class is meant.

        Args:
            name: as written, without a number.
            event: the IRI of the event's class; ``None`` for what stands on a mention.
            kind: the word for messages.
            path: the annotation file, for messages.
            line: its line, for messages.

        Raises:
            UnknownTerm: there is none, or none that fits the class.

        >>> scheme = Scheme.packaged()
        >>> scheme.property("Holder", str(GK.Tenure)).iri.removeprefix(str(GK))
        'isTenureOf'
        >>> scheme.property("Holder", str(GK.Intention)).iri.removeprefix(str(GK))
        'isHeldBy'
        """
        known = self.properties.get(name, [])
        fitting = [one for one in known if self._fits(one, event)]
        if not fitting:
            if known:
                homes = " or ".join(sorted({_local(one.domain or "") for one in known}))
                raise UnknownTerm(
                    name, kind=f"{kind} for {_local(event or '')}, known for {homes}:", path=path, line=line
                )
            fits = [one.label for group in self.properties.values() for one in group if self._fits(one, event)]
            raise unknown(name, fits, kind, path, line)
        return max(fitting, key=lambda one: (len(self.superclasses.get(one.domain or "", ())), one.iri))

    def _fits(self, one: Property, event: str | None) -> bool:
        # What ends up on the claim or the annotation that reading makes of an event is written on the event.
        elsewhere = one.domain == str(GK.Claim) or one.domain not in self.superclasses
        return event is None or elsewhere or self.is_a(event, one.domain or "")

    def value(
        self, scheme: str, name: str, *, kind: str = "value", path: Path | None = None, line: int | None = None
    ) -> str:
        """The concept of a scheme that has a name: its local name or any of its labels, whatever the case.

        Raises:
            UnknownTerm: there is none; with the nearest names.

        >>> Scheme.packaged().value(str(GK).replace("ontology", "vocab") + "stance", "Predicts")
        'https://w3id.org/geokg/vocab/predicts'
        """
        known = self.values.get(scheme, {})
        found = known.get(" ".join(name.split()).casefold())
        if found is None:
            raise unknown(name, self.concepts.get(scheme, ()), f"{kind} of {_local(scheme)}", path, line)
        return found


@cache
def _packaged() -> Scheme:
    return Scheme(statements())


def _closure(start: str, step: Callable[[str], list[str]]) -> set[str]:
    found: set[str] = set()
    todo = [start]
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo.extend(step(one))
    return found


def _local(iri: str) -> str:
    return iri.replace("#", "/").rsplit("/", 1)[-1]


def unknown(name: str, known: Iterable[str], kind: str, path: Path | None, line: int | None) -> UnknownTerm:
    """The error for a name that is none of those known, with the nearest of them.

    >>> unknown("Persn", ["Person", "State"], "label", None, None).did_you_mean
    ('Person',)
    """
    lower = {one.casefold(): one for one in known}
    near = difflib.get_close_matches(name.casefold(), lower, n=_SUGGESTIONS, cutoff=0.5)
    return UnknownTerm(name, did_you_mean=tuple(lower[one] for one in near), kind=kind, path=path, line=line)
