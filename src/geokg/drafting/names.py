"""The names that a graph knows, found in a text: the longest that fits, as identity compares names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..identity import Entity, Register, loose_key, name_key
from ..scheme import Scheme
from ..vocabulary import GK
from .units import Unit

EXACT, LOOSE, FOLDED, DOUBTFUL = 0.9, 0.7, 0.5, 0.3
"""How sure a name is: letter for letter; but for accents, or a demonym; but for case; of several entities."""

_ACTOR, _POSITION = str(GK.Actor), "Position"
_REACH = 4
"""How many more tokens than words a name may have, for what dashes and dots make of it."""


@dataclass(frozen=True)
class Known:
    """A name in a text.

    Attributes:
        start: the offset of its first character.
        end: the offset after its last.
        label: what annotators call its class.
        reference: the entry of a register that it stands for, as ``(register, key)``; ``None`` where several could be.
        confidence: from 0 to 1.
        reason: why, for people.
        is_actor: whether it can speak.
        metonym: whether the words name another thing.
    """

    start: int
    end: int
    label: str
    reference: tuple[str, str] | None
    confidence: float
    reason: str
    is_actor: bool
    metonym: bool = False


class Names:
    """The names of a register, by what identity makes of them.

    Args:
        register: who is who.
        scheme: what classes are called.

    >>> from geokg.drafting.tokens import load, units
    >>> entity = Entity("https://w3id.org/geokg/data/entity/taliban", frozenset({str(GK.Movement)}), ("Taliban",))
    >>> register = Register([entity], Scheme.packaged().superclasses)
    >>> text = "Who are the Taliban?"
    >>> found = Names(register, Scheme.packaged()).find(text, units(load("en")(text)))
    >>> [(one.label, one.reference) for one in found]
    [('Movement', ('geokg', 'taliban'))]
    """

    def __init__(self, register: Register, scheme: Scheme) -> None:
        self._register, self._scheme = register, scheme
        self._labels = {kind.iri: label for label, kind in scheme.mentions.items() if kind.role == "entity"}
        self._entities: dict[str, dict[str, Entity]] = {}
        self._spelt: dict[str, set[str]] = {}
        self._demonyms: set[str] = set()
        for entity in register.entities.values():
            if self._class(entity):
                self._demonyms |= {loose_key(word) for word, _ in entity.demonyms}
                for words in (*entity.labels, *(word for word, _ in entity.demonyms)):
                    self._add(words, entity)
        self._starts = {_start(key) for key in self._entities}
        self._longest = max((len(key.split()) for key in self._entities), default=0)

    def _add(self, words: str, entity: Entity) -> None:
        if key := loose_key(words):
            self._entities.setdefault(key, {})[entity.iri] = entity
            self._spelt.setdefault(key, set()).add(name_key(words, fold=False))

    def _class(self, entity: Entity) -> str | None:
        """The most special of its classes that a mention may have."""
        kinds = [kind for kind in entity.types if kind in self._labels]
        return max(kinds, key=lambda kind: (len(self._scheme.superclasses[kind]), kind), default=None)

    def find(self, text: str, units: Sequence[Unit], *, places: Collection[str] = ()) -> list[Known]:
        """Every name in a text, in its order; names inside a name only where they are no part of it.

        Args:
            text: the text.
            units: its tokens.
            places: the words, in lower case, behind which a name that may be a land is one.
        """
        found: list[Known] = []
        at = 0
        while at < len(units):
            known, size = self._longest_at(text, units, at, places)
            if known:
                found += [known, *self._inside(text, units[at : at + size], known)]
            at += size
        return found

    def _longest_at(
        self, text: str, units: Sequence[Unit], at: int, places: Collection[str], *, limit: int | None = None
    ) -> tuple[Known | None, int]:
        # "People's Republic" begins with "peoples", but "China's aim" with "China".
        ending = at + 2 < len(units) and units[at + 1].is_ending
        ends = (units[at], units[at + 2]) if ending else (units[at],)
        if {_start(loose_key(text[units[at].start : one.end])) for one in ends}.isdisjoint(self._starts):
            return None, 1
        for size in range(min(limit or self._longest + _REACH, len(units) - at), 0, -1):
            first, last = units[at], units[at + size - 1]
            if not last.is_word or last.is_ending:
                continue
            words = text[first.start : last.end]
            if loose_key(words) in self._entities and "\n\n" not in words:
                before = units[at - 1].lower if at else ""
                if known := self._known(words, first.start, last.end, is_place=before in places):
                    return known, size
        return None, 1

    def _inside(self, text: str, units: Sequence[Unit], outer: Known) -> list[Known]:
        """Whose the post is, and what of a state a thing is: "Chinese" in "Chinese Foreign Ministry"."""
        found: list[Known] = []
        at = 0
        while at < len(units):
            limit = len(units) - 1 if at == 0 else len(units) - at
            known, size = self._longest_at(text, units, at, (), limit=limit) if limit else (None, 1)
            of_it = outer.label == _POSITION or (known and loose_key(text[known.start : known.end]) in self._demonyms)
            if known and of_it and known.reference != outer.reference:
                found += [known, *self._inside(text, units[at : at + size], known)]
            at += size
        return found

    def _known(self, words: str, start: int, end: int, *, is_place: bool) -> Known | None:
        key = loose_key(words)
        exact = name_key(words, fold=False)
        spelt = self._spelt[key]
        if exact in spelt:
            confidence = EXACT if key not in self._demonyms else LOOSE
        elif words == words.lower() and not any(any(c.islower() for c in one) for one in spelt):
            return None  # "us" is no US, and "who" no WHO
        else:
            confidence = FOLDED if name_key(exact) in map(name_key, spelt) else LOOSE
        kinds: dict[str, list[Entity]] = {}
        for entity in self._entities[key].values():
            kinds.setdefault(self._class(entity) or "", []).append(entity)
        # What may be a state or its land is a state in doubt (data/GUIDE.md, section 2).
        kind = min(kinds, key=lambda one: (self._is_actor(one) == is_place, one))
        resolution = self._register.resolve(words, kind)
        if resolution.iri is None:
            return Known(start, end, self._labels[kind], None, DOUBTFUL, resolution.reason, self._is_actor(kind))
        return self._named(start, end, resolution.iri, kind, confidence, resolution.reason)

    def acting(self, known: Known, words: str) -> Known | None:
        """The same words where they name somebody who speaks: of a capital's name the state."""
        if known.is_actor:
            return known
        resolution = self._register.resolve(words, str(GK.State))
        if resolution.iri is None:
            return None
        metonym = resolution.means == "metonym"
        confidence = min(known.confidence, LOOSE)
        return self._named(
            known.start, known.end, resolution.iri, str(GK.State), confidence, resolution.reason, metonym=metonym
        )

    def _named(
        self, start: int, end: int, iri: str, kind: str, confidence: float, reason: str, *, metonym: bool = False
    ) -> Known:
        entity = self._register.entities.get(iri)
        kind = (self._class(entity) if entity else None) or kind
        reference = self._reference(iri, entity)
        return Known(start, end, self._labels[kind], reference, confidence, reason, self._is_actor(kind), metonym)

    def _is_actor(self, kind: str) -> bool:
        return self._scheme.is_a(kind, _ACTOR)

    def _reference(self, iri: str, entity: Entity | None) -> tuple[str, str] | None:
        """The entry of a register by which reading finds the entity again."""
        data = self._register.base.data
        for folder, register in (("entity/", "geokg"), ("state/", "state")):
            key = iri.removeprefix(data + folder)
            if key != iri and key and not any(c.isspace() for c in key):
                return register, key
        keys = dict(entity.identifiers) if entity else {}
        return ("Wikidata", keys["wikidataId"]) if "wikidataId" in keys else None


def _start(key: str) -> str:
    """What all names that begin alike have in common: the first word, or sign where words are not set apart."""
    word = key.partition(" ")[0]
    return word if word[:1] < "\u2e80" else word[:1]
