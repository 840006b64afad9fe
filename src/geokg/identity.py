"""Who is who: from the words of a mention to the IRI of an entity.

A mention is resolved, in this order, by the references that annotators gave it (``Wikidata:Q148``), by judgements on
its very words (``judgements.jsonl``, see ``geokg.judgements``), and by its name. A name that fits several entities fits
none: the candidates are handed back with their reasons, and a person decides.

What is judged the same is one cluster. Population writes all of it under its representative: its known entity with the
lowest IRI; without one, the lowest IRI that is no mention's address; else the lowest address.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyoxigraph as ox
from rdflib.namespace import RDF, SKOS

from .errors import IdentityConflict, ReadError
from .judgements import Judgement, absolute, clusters, is_address, judgement_quads, read_judgements
from .vocabulary import GK, Base

__all__ = [
    "Candidate",
    "Entity",
    "Judgement",
    "Register",
    "Resolution",
    "judgement_quads",
    "name_key",
    "read_judgements",
]

_REGISTERS = {
    "Wikidata": (GK.wikidataId,),
    "ISO3166": (GK.iso3166Alpha2, GK.iso3166Alpha3, GK.m49Code),  # ISO's numbers of states are those of M49
    "M49": (GK.m49Code,),
    "COW": (GK.cowCode,),
    "GeoNames": (GK.geonamesId,),
}
_FOLDERS = {"geokg": "entity/", "state": "state/"}
_IDENTIFIERS = {str(iri): iri.rpartition("/")[2] for iris in _REGISTERS.values() for iri in iris}


class _Triple(Protocol):
    @property
    def subject(self) -> object: ...
    @property
    def predicate(self) -> ox.NamedNode: ...
    @property
    def object(self) -> object: ...


@dataclass(frozen=True)
class Entity:
    """Something that mentions may stand for.

    Attributes:
        iri: its IRI.
        types: the IRIs of its classes, as stated.
        labels: its names in all languages, the preferred ones first.
        identifiers: pairs of a property's local name and a key, such as ``("wikidataId", "Q148")``.
    """

    iri: str
    types: frozenset[str] = frozenset()
    labels: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()


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
    """

    iri: str | None
    reason: str
    candidates: tuple[Candidate, ...] = ()


def name_key(name: str, *, fold: bool = True) -> str:
    """What two spellings of one name have in common.

    Unicode NFC, invisible characters gone, white space folded, straight apostrophes, no leading "the", no possessive
    ending; ``fold`` also drops the difference of case.

    >>> name_key("The  Taliban’s"), name_key("The Hague", fold=False), name_key("The")
    ('taliban', 'Hague', 'the')
    """
    name = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c) != "Cf")
    name = " ".join(name.replace("’", "'").split())
    name = re.sub(r"(?<=\w)'s?$", "", name)
    name = re.sub(r"^the (?=.)", "", name, flags=re.IGNORECASE)
    # Folding may decompose, so that it is composed again.
    return unicodedata.normalize("NFC", name.casefold()) if fold else name


class Register:
    """The entities there are, and what was judged of them.

    Args:
        entities: each IRI once.
        superclasses: for each class IRI the IRIs of all its superclasses.
        judgements: what people decided.
        base: where our own registers and mentions' addresses are.

    Raises:
        IdentityConflict: two judgements contradict each other.
        ReadError: a judgement names an entity of ours that does not exist.
        ValueError: an IRI stands twice.

    >>> state, taliban = str(GK.State), Entity("urn:taliban", frozenset({str(GK.Movement)}), ("Taliban",))
    >>> register = Register([taliban], {})
    >>> register.resolve("the Taliban", str(GK.Movement))
    Resolution(iri='urn:taliban', reason="the name is 'Taliban'", candidates=(Candidate(...),))
    >>> register.resolve("the Taliban", state).reason
    "urn:taliban: the name is 'Taliban'; but it is a Movement, not a State"
    """

    def __init__(
        self,
        entities: Iterable[Entity],
        superclasses: Mapping[str, frozenset[str]],
        *,
        judgements: Iterable[Judgement] = (),
        base: Base | None = None,
    ) -> None:
        self.base = base or Base.from_environment()
        self.entities: dict[str, Entity] = {}
        self._superclasses = superclasses
        self._by_key: dict[tuple[str, str], list[str]] = {}
        self._by_name: dict[str, list[tuple[str, str]]] = {}
        for entity in sorted(entities, key=lambda entity: entity.iri):
            if entity.iri in self.entities:
                raise ValueError(f"two entities have the IRI {entity.iri}")
            self.entities[entity.iri] = entity
            for kind, key in entity.identifiers:
                self._by_key.setdefault((kind, key.casefold()), []).append(entity.iri)
            for label in entity.labels:
                self._by_name.setdefault(name_key(label), []).append((entity.iri, label))
        judgements = list(judgements)
        self._clusters = clusters(judgements)
        self._judged: dict[str, list[Judgement]] = {}
        for judgement in judgements:
            for iri in (judgement.first, judgement.second):
                if iri not in self.entities and iri.startswith(tuple(self.base.data + f for f in _FOLDERS.values())):
                    message = f"there is no entity {iri}; add it to the entities or correct the judgement"
                    raise ReadError(message, path=judgement.path, line=judgement.line)
                self._judged.setdefault(iri, []).append(judgement)

    @classmethod
    def from_quads(
        cls,
        quads: Iterable[_Triple],
        superclasses: Mapping[str, frozenset[str]],
        *,
        judgements: Iterable[Judgement] = (),
        base: Base | None = None,
    ) -> Register:
        """The register of the entities that some quads or triples describe: every IRI that has a class.

        Raises:
            IdentityConflict: two judgements contradict each other.
            ReadError: a judgement names an entity of ours that does not exist.

        >>> quads = ox.parse(f'<urn:a> a <{GK.Person}> ; <{SKOS.altLabel}> "Hu" .'.encode(), format=ox.RdfFormat.TURTLE)
        >>> Register.from_quads(quads, {}).entities["urn:a"].labels
        ('Hu',)
        """
        types: dict[str, set[str]] = {}
        labels: dict[str, set[tuple[bool, str, str]]] = {}
        identifiers: dict[str, set[tuple[str, str]]] = {}
        for quad in quads:
            if not isinstance(quad.subject, ox.NamedNode):
                continue
            iri, predicate, value = quad.subject.value, quad.predicate.value, quad.object
            if predicate == str(RDF.type) and isinstance(value, ox.NamedNode):
                types.setdefault(iri, set()).add(value.value)
            elif isinstance(value, ox.Literal) and predicate in (str(SKOS.prefLabel), str(SKOS.altLabel)):
                alternative = predicate == str(SKOS.altLabel)
                labels.setdefault(iri, set()).add((alternative, value.language or "", value.value))
            elif isinstance(value, ox.Literal) and predicate in _IDENTIFIERS:
                identifiers.setdefault(iri, set()).add((_IDENTIFIERS[predicate], value.value))
        entities = [
            Entity(
                iri,
                frozenset(types[iri]),
                tuple(dict.fromkeys(label for _, _, label in sorted(labels.get(iri, ())))),
                tuple(sorted(identifiers.get(iri, ()))),
            )
            for iri in types
        ]
        return cls(entities, superclasses, judgements=judgements, base=base)

    def canonical(self, iri: str) -> str:
        """The representative of what an entity or a mention's address is judged the same as; itself if of nothing.

        >>> same = Judgement("same", "urn:b", "urn:a", "Ann", "2026-11-24T09:00:00Z", "One man.")
        >>> Register([Entity("urn:b")], {}, judgements=[same]).canonical("urn:a")
        'urn:b'
        """
        cluster = self._clusters.get(iri)
        if cluster is None:
            return iri
        return min(cluster, key=lambda member: (member not in self.entities, is_address(member), member))

    def resolve(
        self,
        name: str,
        kind: str,
        *,
        address: str = "",
        references: Iterable[tuple[str, str]] = (),
        path: str | Path | None = None,
        line: int | None = None,
    ) -> Resolution:
        """Find the entity that a mention stands for.

        Args:
            name: the words of the mention.
            kind: the IRI of the class that its label names.
            address: ``document/<id>#char=<start>,<end>``, or the same as a whole IRI.
            references: pairs of a register and a key, such as ``("Wikidata", "Q148")``.
            path: the annotation file, for the message of an error.
            line: its line.

        Raises:
            IdentityConflict: references, the mention's kind and the judgements on it contradict each other.

        >>> register = Register([Entity("urn:china", identifiers=(("wikidataId", "Q148"),))], {})
        >>> register.resolve("Beijing", str(GK.State), references=[("Wikidata", "Q148")]).iri
        'urn:china'
        """

        def conflict(message: str) -> IdentityConflict:
            return IdentityConflict(f"{name!r} {message}", path=path, line=line)

        address = absolute(address, self.base) if address else ""
        doubts = self._doubts(address)
        decided = self.canonical(address)
        decided = "" if is_address(decided) else decided
        named: dict[str, Candidate] = {}
        missing = []
        for register, key in references:
            found, reason = self._look_up(register, key)
            if not found:
                missing.append(reason)
                continue
            for iri in found:
                if not self._fits(iri, kind):
                    raise conflict(f"is labelled {_a(kind)}, but {reason} names {self._described(iri)}")
            here = {self.canonical(iri): Candidate(self.canonical(iri), reason) for iri in found}
            if named and not named.keys() & here.keys():
                there = " and ".join(f"{one.iri} ({one.reason})" for one in (*named.values(), *here.values()))
                raise conflict(f"is several entities by its references: {there}")
            named = {iri: one for iri, one in here.items() if not named or iri in named}
        if decided:
            judgement = self._decision(address)
            if named and decided not in named:
                raise conflict(f"is {' or '.join(named)} by reference, but judged to be {decided}: {judgement}")
            if not self._fits(decided, kind):
                raise conflict(f"is labelled {_a(kind)}, but judged to be {self._described(decided)}: {judgement}")
            return Resolution(decided, f"judged {judgement}", (Candidate(decided, f"judged {judgement}"),))
        for iri in named:
            if iri in doubts and doubts[iri].verdict == "different":
                raise conflict(f"is {iri} by reference ({named[iri].reason}), but judged {doubts[iri]}")
        if named:
            return _chosen(name, [named[iri] for iri in sorted(named)])
        if missing:
            return Resolution(None, "; ".join(missing))
        return self._called(name, kind, doubts)

    def _doubts(self, address: str) -> dict[str, Judgement]:
        """What a mention was judged not to be, or not surely to be."""
        doubts: dict[str, Judgement] = {}
        for here in sorted(self._clusters.get(address, {address})):
            for judgement in self._judged.get(here, ()):
                there = self.canonical(judgement.second if judgement.first == here else judgement.first)
                if judgement.verdict == "different" or (judgement.verdict == "unsure" and there not in doubts):
                    doubts[there] = judgement
        return doubts

    def _decision(self, address: str) -> Judgement:
        return next(judgement for judgement in self._judged[address] if judgement.verdict == "same")

    def _look_up(self, register: str, key: str) -> tuple[list[str], str]:
        """The entities that a reference names, and the reference; or none, and why."""
        reference = f"{register}:{key}"
        names = {name.casefold(): name for name in (*_REGISTERS, *_FOLDERS)}
        if register.casefold() not in names:
            near = difflib.get_close_matches(register.casefold(), names, 1)
            hint = f"did you mean {names[near[0]]}?" if near else f"there are: {', '.join(names.values())}"
            return [], f"{reference}: no register is called {register}; {hint}"
        register = names[register.casefold()]
        if register in _FOLDERS:
            folder = self.base.data + _FOLDERS[register]
            iri = folder + (key.upper() if register == "state" else key)
            if iri in self.entities:
                return [iri], reference
            keys = [iri.removeprefix(folder) for iri in self.entities if iri.startswith(folder)]
            near = difflib.get_close_matches(key, keys, 1)
            return [], f"{reference} names no entity" + (f"; did you mean {register}:{near[0]}?" if near else "")
        kinds = (_IDENTIFIERS[str(iri)] for iri in _REGISTERS[register])
        found = sorted({iri for kind in kinds for iri in self._by_key.get((kind, key.casefold()), ())})
        return found, reference if found else f"{reference} names no entity"

    def _called(self, name: str, kind: str, doubts: Mapping[str, Judgement]) -> Resolution:
        """The entity of this name, when there is but one."""
        exact = name_key(name, fold=False)
        found: dict[bool, dict[str, Candidate]] = {True: {}, False: {}}
        refused = []
        for iri, label in self._by_name.get(exact and name_key(name), ()):
            same_case = name_key(label, fold=False) == exact
            reason = f"the name is {label!r}" + ("" if same_case else ", but for case")
            one = Candidate(self.canonical(iri), reason)
            if not self._fits(iri, kind):
                refused.append(Candidate(one.iri, f"{reason}; but it is {self._classes(iri)}, not {_a(kind)}"))
            elif one.iri in doubts:
                refused.append(Candidate(one.iri, f"{reason}; but judged {doubts[one.iri]}"))
            else:
                found[same_case].setdefault(one.iri, one)
        candidates = list((found[True] or found[False]).values())
        if candidates:
            return _chosen(name, candidates)
        if refused:
            return Resolution(None, "; ".join(f"{one.iri}: {one.reason}" for one in refused), tuple(refused))
        return Resolution(None, f"nothing is called {name!r}")

    def _fits(self, iri: str, kind: str) -> bool:
        """Whether an entity may be of a kind: one of its classes is the kind, above it or below it."""
        types = self.entities[iri].types if iri in self.entities else frozenset()
        above = self._superclasses.get(kind, frozenset())
        return not types or any(
            one == kind or one in above or kind in self._superclasses.get(one, frozenset()) for one in types
        )

    def _classes(self, iri: str) -> str:
        return " and ".join(map(_a, sorted(self.entities[iri].types))) if iri in self.entities else "unknown"

    def _described(self, iri: str) -> str:
        return f"{iri}, {self._classes(iri)}"


def _chosen(name: str, candidates: list[Candidate]) -> Resolution:
    if len(candidates) == 1:
        return Resolution(candidates[0].iri, candidates[0].reason, tuple(candidates))
    there = ", ".join(f"{one.iri} ({one.reason})" for one in candidates)
    return Resolution(None, f"{name!r} may be any of {len(candidates)}: {there}", tuple(candidates))


def _a(kind: str) -> str:
    name = re.split("[/#]", kind)[-1]
    return f"an {name}" if name[:1] in "AEIOU" else f"a {name}"
