"""What mentions may stand for, and what became of a mention."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import pyoxigraph as ox
from rdflib.namespace import RDF, SKOS

from ..vocabulary import GK

REGISTERS = {
    "Wikidata": (GK.wikidataId,),
    "ISO3166": (GK.iso3166Alpha2, GK.iso3166Alpha3, GK.m49Code),  # ISO's numbers of states are those of M49
    "M49": (GK.m49Code,),
    "COW": (GK.cowCode,),
    "GeoNames": (GK.geonamesId,),
}
"""The registers that references may name, with the properties that hold their keys."""

IDENTIFIERS = {str(iri): iri.rpartition("/")[2] for iris in REGISTERS.values() for iri in iris}

Words = tuple[str, str]
"""Words and the tag of their language."""


class Triple(Protocol):
    """A triple or a quad."""

    @property
    def subject(self) -> object:
        """Of what it is said."""

    @property
    def predicate(self) -> ox.NamedNode:
        """What is said of it."""

    @property
    def object(self) -> object:
        """The value."""


@dataclass(frozen=True)
class Entity:
    """Something that mentions may stand for.

    Attributes:
        iri: its IRI.
        types: the IRIs of its classes, as stated.
        labels: its names in all languages, the preferred ones first.
        identifiers: pairs of a property's local name and a key, such as ``("wikidataId", "Q148")``.
        demonyms: the words for what is of it, such as ``("Chinese", "en")``.
        capitals: the IRIs of the places whose names may stand for it.
    """

    iri: str
    types: frozenset[str] = frozenset()
    labels: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    demonyms: tuple[Words, ...] = ()
    capitals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """An entity that a mention may stand for, and why."""

    iri: str
    reason: str


@dataclass(frozen=True)
class Resolution:
    """What became of a mention.

    Attributes:
        iri: the entity; ``None`` when it is not known which, or there is none.
        reason: why, in words for people.
        candidates: the entities that came into question.
        means: what decided it: ``reference``, ``judgement``, ``name``, ``demonym``, ``metonym``; empty if nothing did.
    """

    iri: str | None
    reason: str
    candidates: tuple[Candidate, ...] = ()
    means: str = ""


def described(triples: Iterable[Triple]) -> tuple[list[Entity], dict[str, tuple[Words, ...]]]:
    """The entities that some triples describe, every IRI that has a class; and the ways to speak of a class's members.

    >>> triples = ox.parse(f'<urn:a> a <{GK.Person}> ; <{SKOS.altLabel}> "Hu" .'.encode(), format=ox.RdfFormat.TURTLE)
    >>> described(triples)[0][0].labels
    ('Hu',)
    """
    types: dict[str, set[str]] = {}
    labels: dict[str, set[tuple[bool, str, str]]] = {}
    identifiers: dict[str, set[tuple[str, str]]] = {}
    words: dict[str, dict[str, set[Words]]] = {str(GK.demonym): {}, str(GK.demonymForm): {}}
    capitals: dict[str, set[str]] = {}
    for triple in triples:
        if not isinstance(triple.subject, ox.NamedNode):
            continue
        iri, predicate, value = triple.subject.value, triple.predicate.value, triple.object
        if isinstance(value, ox.NamedNode):
            if predicate == str(RDF.type):
                types.setdefault(iri, set()).add(value.value)
            elif predicate == str(GK.hasCapital):
                capitals.setdefault(iri, set()).add(value.value)
        elif isinstance(value, ox.Literal):
            if predicate in (str(SKOS.prefLabel), str(SKOS.altLabel)):
                alternative = predicate == str(SKOS.altLabel)
                labels.setdefault(iri, set()).add((alternative, value.language or "", value.value))
            elif predicate in IDENTIFIERS:
                identifiers.setdefault(iri, set()).add((IDENTIFIERS[predicate], value.value))
            elif predicate in words:
                words[predicate].setdefault(iri, set()).add((value.value, value.language or ""))
    entities = [
        Entity(
            iri,
            frozenset(types[iri]),
            tuple(dict.fromkeys(label for _, _, label in sorted(labels.get(iri, ())))),
            tuple(sorted(identifiers.get(iri, ()))),
            tuple(sorted(words[str(GK.demonym)].get(iri, ()))),
            tuple(sorted(capitals.get(iri, ()))),
        )
        for iri in types
    ]
    return entities, {iri: tuple(sorted(forms)) for iri, forms in words[str(GK.demonymForm)].items()}
