"""Which entities a name may stand for, from the surest reading of it to the least.

1. It is a label: letter for letter; but for case; but for accents and the like (``spelling``).
2. It is a word for what is of a state (``gk:demonym``), or has a form that speaks of the state by that word
   (``gk:demonymForm``: "the Chinese side"). This holds only for a mention whose class is the state's own: "Chinese" as
   an actor may as well be people. Other phrases, such as "Chinese officials", are nobody's name.
3. It is the name of a capital (``gk:hasCapital``), and the mention is of an actor: a place has no will, so its state is
   meant.

The first of these that finds an entity of the mention's class decides; of several entities none is taken. All these
words stand in the data and the ontology, none here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from ..vocabulary import GK
from .entity import Candidate, Entity, Resolution, Words
from .spelling import loose_key, name_key

Doubt = Callable[[str], str]
"""Says what was judged against an entity, by its IRI; empty if nothing was."""

_ACTOR = str(GK.Actor)


class Naming:
    """The names of entities.

    Args:
        entities: by their IRIs.
        superclasses: for each class IRI the IRIs of all its superclasses.
        forms: for a class the ways to speak of its members, where ``{}`` stands for the demonym.
        canonical: the representative of what an entity is judged the same as.
    """

    def __init__(
        self,
        entities: Mapping[str, Entity],
        superclasses: Mapping[str, frozenset[str]],
        *,
        forms: Mapping[str, tuple[Words, ...]],
        canonical: Callable[[str], str],
    ) -> None:
        self.entities = entities
        self._superclasses = superclasses
        self._canonical = canonical
        self._labels: dict[str, list[tuple[str, str]]] = {}
        self._loose: dict[str, list[tuple[str, str]]] = {}
        self._demonyms: dict[str, list[tuple[str, str]]] = {}
        self._capital_of: dict[str, list[str]] = {}
        for entity in entities.values():
            for label in entity.labels:
                self._labels.setdefault(name_key(label), []).append((entity.iri, label))
                self._loose.setdefault(loose_key(label), []).append((entity.iri, label))
            for capital in entity.capitals:
                self._capital_of.setdefault(capital, []).append(entity.iri)
            for word, language in entity.demonyms:
                spoken = [
                    form.replace("{}", word)
                    for kind in sorted(entity.types)
                    for form, tag in forms.get(kind, ())
                    if tag == language
                ]
                for words in dict.fromkeys([word, *spoken]):
                    why = f"{word!r} is the word for what is of it"
                    why += "" if words == word else f", and {words!r} a way to speak of it"
                    self._demonyms.setdefault(name_key(words), []).append((entity.iri, why))

    def resolve(self, name: str, kind: str, doubt: Doubt) -> Resolution:
        """The entity of a name, when there is but one.

        Args:
            name: the words of the mention.
            kind: the IRI of the class that its label names.
            doubt: what was judged against an entity.
        """
        refused: dict[tuple[str, str], Candidate] = {}
        for means, readings in self._readings(name, kind):
            found: dict[str, Candidate] = {}
            for iri, reason, objection in readings:
                one = Candidate(self._canonical(iri), reason)
                if not self.fits(iri, kind):
                    objection = f"it is {self.classes(iri)}, not {a(kind)}"
                objection = objection or doubt(one.iri)
                if objection:
                    refused.setdefault((one.iri, objection), Candidate(one.iri, f"{reason}; but {objection}"))
                else:
                    found.setdefault(one.iri, one)
            if found:
                return chosen(name, list(found.values()), means)
        if refused:
            against = tuple(refused.values())
            return Resolution(None, "; ".join(f"{one.iri}: {one.reason}" for one in against), against)
        return Resolution(None, f"nothing is called {name!r}")

    def _readings(self, name: str, kind: str) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
        """What a name may mean, from the surest on: by which means, and which entities, why, and what is against it."""
        exact = name_key(name, fold=False)
        if not exact:
            return
        labels = self._labels.get(name_key(name), ())
        same = [(iri, label) for iri, label in labels if name_key(label, fold=False) == exact]
        yield "name", [(iri, f"the name is {label!r}", "") for iri, label in same]
        but_for_case = [one for one in labels if one not in same]
        yield "name", [(iri, f"the name is {label!r}, but for case", "") for iri, label in but_for_case]
        loose = [one for one in self._loose.get(loose_key(name), ()) if one not in labels]
        yield "name", [(iri, f"the name is {label!r}, but for accents or marks", "") for iri, label in loose]
        yield (
            "demonym",
            [(iri, why, self._may_be_people(iri, kind)) for iri, why in self._demonyms.get(name_key(name), ())],
        )
        if kind == _ACTOR or _ACTOR in self._superclasses.get(kind, ()):
            yield (
                "metonym",
                [
                    (iri, f"{label!r} is its capital, {place}, which as an actor stands for it", "")
                    for place, label in dict(labels or loose).items()
                    for iri in self._capital_of.get(place, ())
                ],
            )

    def _may_be_people(self, iri: str, kind: str) -> str:
        types = self.entities[iri].types
        if kind in types or types & self._superclasses.get(kind, frozenset()):
            return ""
        return f"{a(kind)} of that name may be something else of it"

    def fits(self, iri: str, kind: str) -> bool:
        """Whether an entity may be of a kind: one of its classes is the kind, above it or below it."""
        types = self.entities[iri].types if iri in self.entities else frozenset()
        above = self._superclasses.get(kind, frozenset())
        return not types or any(
            one == kind or one in above or kind in self._superclasses.get(one, frozenset()) for one in types
        )

    def classes(self, iri: str) -> str:
        """The classes of an entity, in words."""
        return " and ".join(map(a, sorted(self.entities[iri].types))) if iri in self.entities else "unknown"


def chosen(name: str, candidates: list[Candidate], means: str) -> Resolution:
    """The one candidate; of several none.

    >>> chosen("Hu", [Candidate("urn:a", "the name is 'Hu'")], "name").iri
    'urn:a'
    """
    if len(candidates) == 1:
        return Resolution(candidates[0].iri, candidates[0].reason, tuple(candidates), means)
    there = ", ".join(f"{one.iri} ({one.reason})" for one in candidates)
    return Resolution(None, f"{name!r} may be any of {len(candidates)}: {there}", tuple(candidates))


def a(kind: str) -> str:
    """A class with its article.

    >>> a(str(GK.Actor)), a(str(GK.State))
    ('an Actor', 'a State')
    """
    name = re.split("[/#]", kind)[-1]
    return f"an {name}" if name[:1] in "AEIOU" else f"a {name}"
