"""The entities there are, and what was judged of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import IdentityConflict, ReadError
from ..judgements import Judgement, absolute, clusters, is_address
from ..vocabulary import Base
from .entity import IDENTIFIERS, REGISTERS, Candidate, Entity, Resolution, Triple, Words, described
from .naming import Naming, a, chosen

_FOLDERS = {"geokg": "entity/", "state": "state/"}


class Register:
    """The entities there are, and what was judged of them.

    Args:
        entities: each IRI once.
        superclasses: for each class IRI the IRIs of all its superclasses.
        judgements: what people decided.
        forms: for a class the ways to speak of its members by their demonym, such as ``("{} side", "en")``.
        base: where our own registers and mentions' addresses are.

    Raises:
        IdentityConflict: two judgements contradict each other.
        ReadError: a judgement names an entity of ours that does not exist.
        ValueError: an IRI stands twice.

    >>> taliban = Entity("urn:taliban", frozenset({"urn:Movement"}), ("Taliban",))
    >>> register = Register([taliban], {})
    >>> register.resolve("the Taliban", "urn:Movement").reason
    "the name is 'Taliban'"
    >>> register.resolve("the Taliban", "urn:x/State").reason
    "urn:taliban: the name is 'Taliban'; but it is a urn:Movement, not a State"
    """

    def __init__(
        self,
        entities: Iterable[Entity],
        superclasses: Mapping[str, frozenset[str]],
        *,
        judgements: Iterable[Judgement] = (),
        forms: Mapping[str, tuple[Words, ...]] | None = None,
        base: Base | None = None,
    ) -> None:
        self.base = base or Base.from_environment()
        self.entities: dict[str, Entity] = {}
        self._by_key: dict[tuple[str, str], list[str]] = {}
        for entity in sorted(entities, key=lambda entity: entity.iri):
            if entity.iri in self.entities:
                raise ValueError(f"two entities have the IRI {entity.iri}")
            self.entities[entity.iri] = entity
            for kind, key in entity.identifiers:
                self._by_key.setdefault((kind, key.casefold()), []).append(entity.iri)
        judgements = list(judgements)
        self._clusters = clusters(judgements)
        self._judged: dict[str, list[Judgement]] = {}
        self._addresses: dict[str, set[str]] = {}
        ours = tuple(self.base.data + folder for folder in (*_FOLDERS.values(), "reference/"))
        for judgement in judgements:
            for iri in (judgement.first, judgement.second):
                stands = judgement.verdict != "withdrawn"  # what was taken back may have been a slip of the pen
                if stands and iri not in self.entities and iri.startswith(ours):
                    message = f"there is no entity {iri}; add it to the entities or correct the judgement"
                    raise ReadError(message, path=judgement.path, line=judgement.line)
                self._judged.setdefault(iri, []).append(judgement)
                if is_address(iri):
                    self._addresses.setdefault(iri.partition("#")[0], set()).add(iri)
        self._naming = Naming(self.entities, superclasses, forms=forms or {}, canonical=self.canonical)

    @classmethod
    def from_quads(
        cls,
        quads: Iterable[Triple],
        superclasses: Mapping[str, frozenset[str]],
        *,
        judgements: Iterable[Judgement] = (),
        base: Base | None = None,
    ) -> Register:
        """The register of the entities that some quads or triples describe: every IRI that has a class.

        ``gk:demonymForm``, which the ontology says of a class, may stand among them.

        Raises:
            IdentityConflict: two judgements contradict each other.
            ReadError: a judgement names an entity of ours that does not exist.

        >>> import pyoxigraph as ox
        >>> quads = ox.parse(b"<urn:a> a <urn:Person> .", format=ox.RdfFormat.TURTLE)
        >>> list(Register.from_quads(quads, {}).entities)
        ['urn:a']
        """
        entities, forms = described(quads)
        return cls(entities, superclasses, judgements=judgements, forms=forms, base=base)

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

    def fits(self, iri: str, kind: str) -> bool:
        """Whether an entity may be of a kind: one of its classes is the kind, above it or below it."""
        return self._naming.fits(iri, kind)

    def judged(self, iri: str) -> list[Judgement]:
        """What was judged of an entity or a mention's address itself, in the order of the judgements."""
        return self._judged.get(iri, [])

    def addresses(self, document: str) -> list[str]:
        """The places in a document, by its IRI, that were judged, sorted."""
        return sorted(self._addresses.get(document, ()))

    def resolve(
        self,
        name: str,
        kind: str,
        *,
        address: str = "",
        alike: Iterable[str] = (),
        references: Iterable[tuple[str, str]] = (),
        path: str | Path | None = None,
        line: int | None = None,
    ) -> Resolution:
        """Find the entity that a mention stands for.

        Args:
            name: the words of the mention.
            kind: the IRI of the class that its label names.
            address: ``document/<id>#char=<start>,<end>``, or the same as a whole IRI.
            alike: the addresses of other mentions of the same thing; what was judged different from one of them is so
                from this one too.
            references: pairs of a register and a key, such as ``("Wikidata", "Q148")``.
            path: the annotation file, for the message of an error.
            line: its line.

        Raises:
            IdentityConflict: references, the mention's kind and the judgements on it contradict each other.

        >>> register = Register([Entity("urn:china", identifiers=(("wikidataId", "Q148"),))], {})
        >>> register.resolve("Beijing", "urn:State", references=[("Wikidata", "Q148")]).iri
        'urn:china'
        """

        def conflict(message: str) -> IdentityConflict:
            return IdentityConflict(f"{name!r} {message}", path=path, line=line)

        address = absolute(address, self.base) if address else ""
        doubts = self._doubts({address, *alike})
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
                if not self._naming.fits(iri, kind):
                    raise conflict(f"is labelled {a(kind)}, but {reason} names {self._described(iri)}")
            here = {self.canonical(iri): Candidate(self.canonical(iri), reason) for iri in found}
            if named and not named.keys() & here.keys():
                there = " and ".join(f"{one.iri} ({one.reason})" for one in (*named.values(), *here.values()))
                raise conflict(f"is several entities by its references: {there}")
            named = {iri: one for iri, one in here.items() if not named or iri in named}
        if decided:
            judgement = self._decision(address)
            if named and decided not in named:
                raise conflict(f"is {' or '.join(named)} by reference, but judged to be {decided}: {judgement}")
            if not self._naming.fits(decided, kind):
                raise conflict(f"is labelled {a(kind)}, but judged to be {self._described(decided)}: {judgement}")
            candidate = Candidate(decided, f"judged {judgement}")
            return Resolution(decided, candidate.reason, (candidate,), "judgement")
        for iri in named:
            if iri in doubts and doubts[iri].verdict == "different":
                raise conflict(f"is {iri} by reference ({named[iri].reason}), but judged {doubts[iri]}")
        if named:
            return chosen(name, [named[iri] for iri in sorted(named)], "reference")
        if missing:
            return Resolution(None, "; ".join(missing))
        return self._naming.resolve(name, kind, lambda iri: f"judged {doubts[iri]}" if iri in doubts else "")

    def _doubts(self, addresses: set[str]) -> dict[str, Judgement]:
        """What a mention was judged not to be, or not surely to be."""
        doubts: dict[str, Judgement] = {}
        if not self._judged:
            return doubts
        for here in sorted({here for address in addresses for here in self._clusters.get(address, {address})}):
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
        names = {name.casefold(): name for name in (*REGISTERS, *_FOLDERS)}
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
        kinds = (IDENTIFIERS[str(iri)] for iri in REGISTERS[register])
        found = sorted({iri for kind in kinds for iri in self._by_key.get((kind, key.casefold()), ())})
        return found, reference if found else f"{reference} names no entity"

    def _described(self, iri: str) -> str:
        return f"{iri}, {self._naming.classes(iri)}"
