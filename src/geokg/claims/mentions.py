"""Who and what is spoken of: each mention to the IRI of an entity or a concept."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, partial

import pyoxigraph as ox
from rdflib.namespace import RDF, RDFS, SKOS

from ..errors import IdentityConflict, UnknownTerm
from ..identity import Register, Resolution
from ..judgements import Judgement, is_address
from ..scheme import Kind, Scheme
from ..text import Mention
from ..vocabulary import GK, OA
from .writer import Writer, digest, offsets

_EQUIVALENCE, _NAME = "Equiv", "Name"

# What a mention is by reference or judgement is so, whatever those that are marked as the same are called.
_STRENGTH = {"reference": 1, "judgement": 1, "name": 2, "demonym": 3, "metonym": 3}


def name_mentions(writer: Writer, scheme: Scheme, register: Register) -> dict[str, str]:
    """Add an identifying annotation for each mention, and find what it stands for.

    Returns:
        The IRIs by the annotator's ids; evidence clauses stand for nothing and are not among them.
    """
    return _Mentions(writer, scheme, register).run()


class _Mentions:
    def __init__(self, writer: Writer, scheme: Scheme, register: Register) -> None:
        self.writer = writer
        self.document = writer.document
        self.scheme = scheme
        self.register = register
        self.kinds: dict[str, Kind] = {
            mention.id: scheme.mention(mention.label, path=self.document.path, line=mention.line)
            for mention in self.document.mentions
        }
        self.rules: dict[str, Resolution] = {}
        self.unseen = set(register.addresses(writer.iri))
        self.references: dict[str, list[tuple[str, str]]] = {}
        self.names: dict[str, str] = {}
        """What the annotator says that mentions are called, where their words do not."""
        for one in self.document.normalizations:
            if self.kinds.get(one.target, Kind("", "evidence")).role != "entity":
                raise writer.error(f"{one.id} names an entry of a register, but {one.target} is no entity", one.line)
            if one.kind == _NAME:
                self.names[one.target] = one.text
            else:
                self.references.setdefault(one.target, []).append((one.resource, one.key))

    @cached_property
    def acting(self) -> set[str]:
        """The mentions of places that play the part of an actor, and never that of a place."""
        places = {name for name, kind in self.kinds.items() if self.scheme.is_a(kind.iri, str(GK.Place))}
        parts: dict[str, set[bool]] = {}
        for event in self.document.events:
            for argument in event.arguments:
                if argument.target in places:
                    kind = self.scheme.event(event.label, path=self.document.path, line=event.line)
                    role = self.scheme.property(argument.role, kind, path=self.document.path, line=event.line)
                    parts.setdefault(argument.target, set()).add(self.scheme.is_a(role.range or "", str(GK.Actor)))
        return {name for name, acts in parts.items() if acts == {True}}

    def run(self) -> dict[str, str]:
        nodes: dict[str, str] = {}
        for mention in self.document.mentions:
            if self.kinds[mention.id].role == "concept":
                nodes[mention.id] = self._concept(mention)
        for group in self._groups():
            iri = self._resolve(group)
            for mention in group:
                nodes[mention.id] = iri
                self._mark(mention, self.writer.annotate(iri, mention.spans, OA.identifying))
        for address in sorted(self.unseen):
            for judgement in self.register.judged(address):
                self.writer.notice(f"judged {judgement}, are words that nobody has marked: {address}; nothing follows")
        return nodes

    def _concept(self, mention: Mention) -> str:
        """The concept that a mention stands for: named by an attribute of the scheme's name, else by the words."""
        name, line = mention.text, mention.line
        for attribute in self.document.attributes_of(mention.id):
            if attribute.name != mention.label or not attribute.value:
                raise self.writer.error(
                    f"{attribute.name} cannot stand on {mention.label} {mention.id}", attribute.line
                )
            name, line = attribute.value, attribute.line
        return self.scheme.value(self.kinds[mention.id].iri, name, path=self.document.path, line=line)

    def _groups(self) -> list[list[Mention]]:
        """The mentions of entities; those that the annotator said are one thing together."""
        entities = [mention for mention in self.document.mentions if self.kinds[mention.id].role == "entity"]
        leader = {mention.id: mention.id for mention in entities}

        def find(one: str) -> str:
            while leader[one] != one:
                one = leader[one]
            return one

        for equivalence in self.document.equivalences:
            if equivalence.kind != _EQUIVALENCE:
                raise UnknownTerm(
                    equivalence.kind,
                    did_you_mean=(_EQUIVALENCE,),
                    kind="kind of equivalence",
                    path=self.document.path,
                    line=equivalence.line,
                )
            for one in equivalence.members:
                if one not in leader:
                    raise self.writer.error(f"{one} is no mention of an entity, so it equals nothing", equivalence.line)
                leader[find(one)] = find(equivalence.members[0])
        judged: dict[str, str] = {}
        for mention in entities if self.unseen else ():
            if self._judged_nobody(address := self._place(mention)):
                leader[find(mention.id)] = find(judged.setdefault(self.register.canonical(address), mention.id))
        groups: dict[str, list[Mention]] = {}
        for mention in entities:
            groups.setdefault(find(mention.id), []).append(mention)
        return list(groups.values())

    def _resolve(self, group: list[Mention]) -> str:
        """What a group stands for: by the surest means that found something for any of them; else a new thing."""
        addresses = [self._address(mention) for mention in group]
        found: list[tuple[Mention, Resolution]] = []
        doubts: list[str] = []
        for mention, address in zip(group, addresses, strict=True):
            references = self.references.get(mention.id, [])
            resolve = partial(
                self.register.resolve,
                self.names.get(mention.id, mention.text),
                address=address,
                alike=addresses,
                references=references,
                path=self.document.path,
                line=mention.line,
            )
            resolution = resolve(self.kinds[mention.id].iri)
            if mention.id in self.acting and len(group) == 1 and resolution.means in ("name", ""):
                acting = resolve(str(GK.Actor))
                if acting.iri is not None:
                    why = f"annotated as a {mention.label}, it plays the part of an actor; {acting.reason}"
                    resolution = replace(acting, reason=why)
                    self.rules[mention.id] = resolution
            if resolution.iri is not None:
                found.append((mention, resolution))
            elif resolution.candidates or references:
                doubts.append(_told(mention, resolution))
            for judgement, other in self._judged_nobody(address):
                if not other.startswith(f"{self.writer.iri}#"):
                    why = "which has no effect until both are judged the same as an entity"
                    message = f"{mention.text!r} ({mention.id}): judged {judgement}, as <{other}>, {why}"
                    self.writer.notice(message, mention.spans[0])
        best = min((_STRENGTH[resolution.means] for _, resolution in found), default=0)
        deciding = [one for one in found if _STRENGTH[one[1].means] == best]
        entities = {resolution.iri: _told(mention, resolution) for mention, resolution in reversed(deciding)}
        if len(entities) > 1:
            said = "; ".join(f"{iri}: {entities[iri]}" for iri in dict.fromkeys(one.iri for _, one in deciding))
            message = f"mentions that are marked as one thing stand for several: {said}"
            if best < _STRENGTH["metonym"]:
                raise IdentityConflict(message, path=self.document.path, line=group[-1].line)
            return self._new_entity(group, [*doubts, message])
        if not found:
            return self._new_entity(group, doubts)
        iri = next(iter(entities)) or ""
        for mention, resolution in found:
            if resolution.iri != iri:
                message = (
                    f"{_told(mention, resolution)}: {resolution.iri}; but it is marked as one with {entities[iri]}"
                )
                self.writer.notice(message, mention.spans[0])
            elif resolution.means in ("demonym", "metonym"):
                self.rules[mention.id] = resolution
        return iri

    def _address(self, mention: Mention) -> str:
        """Where a mention stands; what was judged of it must be about its words.

        Raises:
            IdentityConflict: it was judged when other words stood there.
        """
        address = self._place(mention)
        self.unseen.discard(address)
        for judgement in self.register.judged(address):
            if judgement.words and judgement.words not in (mention.text, mention.spans[0].exact):
                message = f"is about {judgement.words!r}, but {mention.text!r} stands there; judge it anew"
                raise IdentityConflict(message, path=judgement.path, line=judgement.line)
        return address

    def _place(self, mention: Mention) -> str:
        return f"{self.writer.iri}#{mention.spans[0].fragment}"

    def _judged_nobody(self, address: str) -> list[tuple[Judgement, str]]:
        """The judgements that a place is the same as another, and the other, where no entity is meant by either."""
        same = [judgement for judgement in self.register.judged(address) if judgement.verdict == "same"]
        if not same or not is_address(self.register.canonical(address)):
            return []
        return [(one, one.second if one.first == address else one.first) for one in same]

    def _new_entity(self, group: list[Mention], doubts: list[str]) -> str:
        first = group[0]
        iri = f"{self.writer.iri}/entity/{digest(first.label, offsets(first.spans))}"
        self.writer.add(iri, RDF.type, self.kinds[first.id].iri)
        self.writer.add(iri, SKOS.prefLabel, self.writer.words(self._called(group)))
        why = f" ({'; '.join(doubts)})" if doubts else ""
        message = f"{first.text!r} is nobody that is known{why}; it became a new {first.label} of this document"
        self.writer.notice(message, first.spans[0])
        return iri

    def _called(self, group: list[Mention]) -> str:
        names = [self.names[mention.id] for mention in group if mention.id in self.names]
        return max(names or [mention.text for mention in group], key=len)

    def _mark(self, mention: Mention, annotation: str) -> None:
        rule = self.rules.get(mention.id)
        if rule is not None:
            # A rule decided, and no name: so that people can see which, and disagree.
            self.writer.add(annotation, RDFS.comment, ox.Literal(f"By rule: {rule.reason}.", language="en"))
            if rule.means == "metonym":
                self.writer.flag(annotation, GK.isMetonym)
        for attribute in self.document.attributes_of(mention.id):
            found = self.scheme.property(
                attribute.name, None, kind="attribute", path=self.document.path, line=attribute.line
            )
            if found.iri == str(GK.isMetonym):
                self.writer.flag(annotation, GK.isMetonym)
            elif found.iri == str(GK.confidence):
                self.writer.add(annotation, GK.confidence, self.writer.confidence(attribute.value, attribute.line))
            elif found.iri == str(GK.draftedBy):
                self.writer.drafted(annotation, attribute.value)
            else:
                raise self.writer.error(f"{attribute.name} cannot stand on the mention {mention.id}", attribute.line)


def _told(mention: Mention, resolution: Resolution) -> str:
    return f"{mention.text!r} ({mention.id}): {resolution.reason}"
