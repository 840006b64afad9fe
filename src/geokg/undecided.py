"""The mentions that stand for nobody known, by how much hangs on each, for a person to decide."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox
from rdflib.namespace import RDF

from .identity import Candidate, Judgement, Register, name_key
from .scheme import Scheme
from .text import Span
from .views import Thing, Views
from .vocabulary import GK, OA

_ALIKE = 0.75  # how much of two names must be the same for one to remind of the other; difflib's own default is 0.6
_NEAR = 3
_LOCAL = "/entity/"  # in the IRI of what a document had to make for itself, behind that of the document


@dataclass(frozen=True)
class Undecided:
    """An entity of one document, of which it is not known who it is.

    Attributes:
        thing: its IRI, name and class.
        kind: the IRI of its class.
        address: that of its first mention, which a judgement is about.
        spans: its mentions, in text order.
        sentences: the sentences that they stand in.
        claims: how many claims it makes, or are about something that it has a part in.
        situations: how many situations and undertakings it has a part in.
        reason: why nobody was taken for it.
        candidates: who comes into question, and why; or why not.
        judgements: what was judged of its mentions.
    """

    thing: Thing
    kind: str
    address: str
    spans: tuple[Span, ...]
    sentences: tuple[Span, ...]
    claims: int
    situations: int
    reason: str
    candidates: tuple[Candidate, ...]
    judgements: tuple[Judgement, ...] = ()

    @property
    def is_answered(self) -> bool:
        """Whether a person has looked at it: it was judged, and nobody is left who was not."""
        judged = {iri for one in self.judgements if one.verdict != "withdrawn" for iri in one.pair}
        unsure = any(one.verdict == "unsure" for one in self.judgements)
        return unsure or (bool(judged) and all(one.iri in judged for one in self.candidates))


@dataclass(frozen=True)
class Pending:
    """An entity of one document, and how much hangs on it.

    Attributes:
        iri: its IRI.
        claims: how many claims it makes, or are about something that it has a part in.
        situations: how many situations and undertakings it has a part in.
    """

    iri: str
    claims: int
    situations: int

    @property
    def document(self) -> str:
        """The IRI of its document."""
        return self.iri.partition(_LOCAL)[0]


def pending(views: Views) -> list[Pending]:
    """The entities that documents had to make for themselves, those on which most hangs first.

    Args:
        views: the graph.
    """
    documents = views.store.base.document("")
    local = {
        quad.object.value
        for quad in views.store.match(predicate=ox.NamedNode(OA.hasBody))
        if isinstance(quad.object, ox.NamedNode)
        and quad.object.value.startswith(documents)
        and _LOCAL in quad.object.value
    }
    found = [Pending(iri, *map(len, _weight(views, iri))) for iri in local]
    return sorted(found, key=lambda one: (-one.claims, -one.situations, one.iri))


def undecided(views: Views, register: Register, *, again: bool = False) -> tuple[Iterator[Undecided], int, int]:
    """Those of them that wait for a decision.

    Args:
        views: the graph.
        register: who is who there.
        again: those too that a person has looked at.

    Returns:
        They, each looked up when it is asked for; how many they are; how many more a person has looked at.

    >>> from geokg import sample
    >>> kg = sample()
    >>> found, waiting, answered = undecided(kg.views, kg.curation.register)
    >>> list(found), waiting, answered
    ([], 0, 1)
    >>> [one.thing.label for one in undecided(kg.views, kg.curation.register, again=True)[0]]
    ['region']
    """
    every = pending(views)
    judged = {one for one in every if register.addresses(one.document)}  # most documents are not judged at all
    answered = {one for one in judged if look(views, register, one).is_answered}
    waiting = [one for one in every if again or one not in answered]
    return (look(views, register, one) for one in waiting), len(waiting), len(every) - len(waiting)


def look(views: Views, register: Register, one: Pending) -> Undecided:
    """Everything that a person needs to decide on an entity."""
    kind = str(GK) + views.kind(one.iri)
    spans = tuple(views.spans(one.iri))
    addresses = [f"{views.store.base.document(span.document)}#{span.fragment}" for span in spans]
    candidates: dict[str, Candidate] = {}
    reasons: dict[str, None] = {}
    for span, address in zip(spans, addresses, strict=True):
        found = register.resolve(span.exact, kind, address=address, alike=addresses)
        for candidate in found.candidates:
            candidates.setdefault(candidate.iri, candidate)
        reasons.setdefault(found.reason)
    sentences = [views.text(views.store.base.document(span.document)).sentence(span) for span in spans]
    return Undecided(
        thing=views.thing(one.iri),
        kind=kind,
        address=addresses[0] if addresses else one.iri,
        spans=spans,
        sentences=tuple(dict.fromkeys(sentences)),
        claims=one.claims,
        situations=one.situations,
        reason="; ".join(reasons),
        candidates=tuple(candidates.values()),
        judgements=tuple(dict.fromkeys(said for address in addresses for said in register.judged(address))),
    )


def _weight(views: Views, iri: str) -> tuple[set[str], set[str]]:
    """The claims and the situations that would be about somebody else if the entity were."""
    scheme = Scheme.packaged()
    claims = set(views.subjects(GK.isClaimedBy, iri))
    situations = set()
    for quad in views.store.match(None, None, ox.NamedNode(iri)):
        if isinstance(quad.subject, ox.NamedNode):
            node = quad.subject.value
            classes = views.iris(node, RDF.type)
            if any(scheme.is_a(one, above) for one in classes for above in (str(GK.Situation), str(GK.Undertaking))):
                situations.add(node)
    for node in situations:
        claims.update(views.subjects(GK.hasContent, node))
    return claims, situations


def remind(register: Register, names: Iterable[str], kind: str) -> list[Candidate]:
    """Entities of a class whose names are like some names, but not the same; the likest first.

    >>> from geokg.identity import Entity
    >>> register = Register([Entity("urn:taliban", frozenset({"urn:Movement"}), ("Taliban",))], {})
    >>> remind(register, ["Talibans"], "urn:Movement")
    [Candidate(iri='urn:taliban', reason="a name like it is 'Taliban'")]
    """
    labels: dict[str, tuple[str, str]] = {}
    for entity in register.entities.values():
        if entity.labels and register.fits(entity.iri, kind):
            for label in entity.labels:
                labels.setdefault(name_key(label), (entity.iri, label))
    found: dict[str, Candidate] = {}
    for name in names:
        for near in difflib.get_close_matches(name_key(name), labels, n=_NEAR, cutoff=_ALIKE):
            iri, label = labels[near]
            found.setdefault(
                register.canonical(iri), Candidate(register.canonical(iri), f"a name like it is {label!r}")
            )
    return list(found.values())[:_NEAR]
