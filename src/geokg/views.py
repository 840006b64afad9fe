"""What a graph holds, as typed objects: things with labels, claims with their chain of speakers, commitments, evidence.

The other way round from ``claims``: from quads back to the words in the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, RDF, RDFS, SKOS

from .errors import Incomplete
from .store import Store
from .text import Span, Text
from .vocabulary import GK, OA

_Node: TypeAlias = ox.NamedNode | ox.BlankNode
_SAYS = {"asserts": "says"}  # the other stances are verbs as they stand
_LANGUAGES = ("en", "mul", "und")


@dataclass(frozen=True)
class Thing:
    """Anything with an IRI, a name and a class.

    Attributes:
        iri: its IRI.
        label: its name, in English where there is one.
        kind: the local name of its most special class; empty if it has none.
    """

    iri: str
    label: str
    kind: str = ""

    def __str__(self) -> str:
        return self.label


@dataclass(frozen=True)
class Claim:
    """Somebody's stand on a situation.

    Attributes:
        iri: its IRI.
        claimant: who makes it.
        content: the situation.
        stance: the local name of the stance, such as ``predicts``.
        polarity: ``positive`` or ``negative``.
        certainty: the claimant's own: ``certain``, ``probable``, ``possible`` or ``unspecified``.
        document: the IRI of the document.
        chain: who speaks, from the innermost speaker to the document's voice.
        evidence: the very words.
        outer: the claim that reports this one, if it is reported.
    """

    iri: str
    claimant: Thing
    content: Thing
    stance: str
    polarity: str
    certainty: str
    document: str
    chain: tuple[Thing, ...]
    evidence: tuple[Span, ...]
    outer: Claim | None = field(default=None, repr=False)

    @property
    def is_reported(self) -> bool:
        """Whether somebody else reports it; else it is the narrator's own."""
        return self.outer is not None

    @property
    def sentence(self) -> str:
        """The chain of speakers as a sentence.

        >>> from geokg import sample
        >>> next(claim for claim in sample().claims() if claim.content.kind == "Benefit").sentence
        'The article says that Hu Shisheng predicts: benefit (...)'
        """
        start = f"{self.outer.sentence.split(': ', 1)[0]} that " if self.outer else ""
        who = self.claimant.label if self.outer else "the article"
        sure = "" if self.certainty in ("certain", "unspecified") else f" ({self.certainty})"
        verb = _SAYS.get(self.stance, self.stance)
        if self.outer and self.claimant.kind == "Group":
            verb = verb.removesuffix("s")
        # Who denies something has said already that it is not so.
        negated = (self.polarity == "negative") != (self.stance == "denies")
        told = f"{start}{who} {verb}{sure}{' that it is not so' if negated else ''}: {self.content.label}"
        return told[:1].upper() + told[1:]


@dataclass(frozen=True)
class Undertaking:
    """An intention or a commitment.

    Attributes:
        iri: its IRI.
        kind: the local name of its class.
        debtors: who undertakes it; for an intention, who has it.
        creditors: to whom; none for an intention.
        antecedents: on which conditions.
        consequents: what is to happen, or not to happen.
        status: the local name of its current status, when the statement that made it is accepted; else ``None``.
        statements: the acts of speech that made it.
        claims: the claims that those acts make of its consequents.
        evidence: the very words.
    """

    iri: str
    kind: str
    debtors: tuple[Thing, ...]
    creditors: tuple[Thing, ...]
    antecedents: tuple[Thing, ...]
    consequents: tuple[Thing, ...]
    status: str | None
    statements: tuple[Thing, ...]
    claims: tuple[Claim, ...]
    evidence: tuple[Span, ...]


class Views:
    """Reads typed objects out of a store.

    Args:
        store: where to read.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._texts: dict[str, Text] = {}

    # Single values

    def objects(self, subject: str, predicate: str) -> list[_Node | ox.Literal | ox.Triple]:
        """The values of a property, sorted, each once."""
        quads = self.store.match(_node(subject), ox.NamedNode(predicate))
        return sorted({quad.object for quad in quads}, key=str)

    def iris(self, subject: str, predicate: str) -> list[str]:
        """The values of a property that are nodes."""
        return [_name(o) for o in self.objects(subject, predicate) if isinstance(o, ox.NamedNode | ox.BlankNode)]

    def instances(self, kind: str) -> list[Thing]:
        """The nodes of a class and of those below it, by name."""
        rows = self.store.solutions(f"SELECT DISTINCT ?thing {{ ?thing a/rdfs:subClassOf* <{kind}> }}")
        found = {row["thing"].value for row in rows if isinstance(row["thing"], ox.NamedNode)}
        return sorted(map(self.thing, found), key=lambda thing: (thing.label, thing.iri))

    def subjects(self, predicate: str, value: str) -> list[str]:
        """What has a node as the value of a property, sorted."""
        quads = self.store.match(None, ox.NamedNode(predicate), _node(value))
        return sorted({_name(q.subject) for q in quads if isinstance(q.subject, ox.NamedNode | ox.BlankNode)})

    def literal(self, subject: str, predicate: str) -> str | None:
        """The one literal value of a property, or the first of several."""
        return next((o.value for o in self.objects(subject, predicate) if isinstance(o, ox.Literal)), None)

    # Names

    def label(self, iri: str) -> str:
        """What a person would call a node: never a bare blank node, an IRI's end only where nothing else is known.

        Situations, claims and annotations have no names of their own; theirs is made from what they hold.
        """
        return self.called(iri).value

    def called(self, iri: str) -> ox.Literal:
        """The same with its language: what is made from what a node holds is English; an IRI's end has none."""
        named = self._named(iri)
        if named is not None:
            return named
        described = self._described(iri)
        return ox.Literal(described) if described == _local(iri) else ox.Literal(described, language="en")

    def _named(self, iri: str) -> ox.Literal | None:
        for predicate in (SKOS.prefLabel, RDFS.label, SKOS.altLabel, DCTERMS.title):
            found = [o for o in self.objects(iri, predicate) if isinstance(o, ox.Literal)]
            if found:
                order = {language: place for place, language in enumerate(_LANGUAGES)}
                return min(found, key=lambda o: (order.get(o.language or "und", len(order)), o.value))
        return None

    def _described(self, iri: str) -> str:
        quote = self.literal(iri, OA.exact)
        if quote is not None:
            return f"“{quote}”"
        contents = self.iris(iri, GK.hasContent)
        if contents:
            who = " and ".join(self.label(one) for one in self.iris(iri, GK.isClaimedBy)) or "nobody"
            return f"claim by {who}: {self.label(contents[0])}"
        if self.iris(iri, OA.hasTarget):
            return " … ".join(f"“{span.exact}”" for span in self.spans(iri)) or "annotation without words"
        kind = self.kind(iri)
        if kind:
            return self._situation(iri, kind)
        return "a node without a name" if iri.startswith("_:") else _local(iri)

    def _situation(self, iri: str, kind: str) -> str:
        """A class and who and what plays which role, situations inside apart."""
        parts = []
        inferred = ox.NamedNode(self.store.base.graph + "inferred")  # would name each actor again as a participant
        for quad in self.store.match(_node(iri)):
            if quad.graph_name == inferred:
                continue
            if isinstance(quad.object, ox.NamedNode) and quad.predicate.value in self._roles:
                named = self._named(quad.object.value)
                if named is not None:
                    parts.append((self._roles[quad.predicate.value], named.value))
        roles: dict[str, list[str]] = {}
        for role, player in sorted(set(parts)):
            roles.setdefault(role, []).append(player)
        what = "; ".join(f"{role}: {', '.join(names)}" for role, names in roles.items())
        called = self._named(str(GK) + kind)
        name = kind if called is None else called.value
        return f"{name} ({what})" if what else name

    @cached_property
    def _roles(self) -> dict[str, str]:
        """The properties that annotators write, with their words for them; those for claims and evidence apart."""
        rows = self.store.solutions(
            "SELECT ?property ?label { ?property gk:annotationLabel ?label ; a owl:ObjectProperty }"
        )
        hidden = {str(GK.hasTimeRelation), str(GK.hasEventType), str(GK.isEvidencedBy)}
        return {
            row["property"].value: _spaced(row["label"].value) for row in rows if row["property"].value not in hidden
        }

    def kind(self, iri: str) -> str:
        """The local name of a node's most special class of ours; empty if it has none."""
        classes = [c for c in self.iris(iri, RDF.type) if c.startswith(str(GK))]
        if not classes:
            return ""
        return max(classes, key=lambda c: (self._depth(c), c)).removeprefix(str(GK))

    def _depth(self, iri: str) -> int:
        """How many classes are above a class."""
        if iri not in self._depths:
            above: set[str] = set()
            todo = [iri]
            while todo:
                found = set(self.iris(todo.pop(), RDFS.subClassOf)) - above
                above |= found
                todo += found
            self._depths[iri] = len(above)
        return self._depths[iri]

    @cached_property
    def _depths(self) -> dict[str, int]:
        return {}

    def thing(self, iri: str) -> Thing:
        """A node with its name and class."""
        return Thing(iri, self.label(iri), self.kind(iri))

    def things(self, iris: list[str]) -> tuple[Thing, ...]:
        """Nodes with their names and classes."""
        return tuple(self.thing(iri) for iri in iris)

    # Words

    def text(self, document: str) -> Text:
        """The text of a document.

        Raises:
            Incomplete: the graph holds no such document.
        """
        if document not in self._texts:
            content = self.literal(document, GK.text)
            if content is None:
                raise Incomplete(f"{document}: the graph holds no text of this document")
            identifier = document.removeprefix(self.store.base.document(""))
            name = self.literal(document, GK.fileName) or identifier
            folder = identifier.rpartition("/")[0]
            self._texts[document] = Text(identifier, content, f"{folder}/{name}" if folder else name)
        return self._texts[document]

    def forget(self, document: str) -> None:
        """No longer rely on what was read of a document; it is about to change."""
        self._texts.pop(document, None)

    def spans(self, iri: str) -> list[Span]:
        """The words behind a node, in text order: those of its evidence, of its mentions, or of what it is part of.

        Offsets that do not fit the text are cut to it, so that a broken annotation can still be shown.
        """
        targets = [t for one in self.iris(iri, GK.isEvidencedBy) for t in self.iris(one, OA.hasTarget)]
        targets = targets or self.iris(iri, OA.hasTarget)  # an annotation
        if not targets and self.iris(iri, OA.hasSelector):
            targets = [iri]  # a target
        targets = targets or [t for one in self.subjects(OA.hasBody, iri) for t in self.iris(one, OA.hasTarget)]
        targets = targets or self.subjects(OA.hasSelector, iri)  # a selector
        found = {span for target in targets for span in self._target(target)}
        return sorted(found, key=lambda span: (span.document, span.start, span.end))

    def _target(self, target: str) -> Iterator[Span]:
        for document in self.iris(target, OA.hasSource):
            for selector in self.iris(target, OA.hasSelector):
                start, end = self.literal(selector, OA.start), self.literal(selector, OA.end)
                if start is not None and end is not None:
                    try:
                        text = self.text(document)
                        first = min(max(int(start), 0), len(text.content))
                        yield text.span(first, min(max(int(end), first), len(text.content)))
                    except (Incomplete, ValueError):
                        continue  # validation says what is wrong with it; there is nothing to show

    # Claims

    def claim(self, iri: str, _inside: frozenset[str] = frozenset()) -> Claim:
        """A claim by its IRI.

        Raises:
            Incomplete: there is no such claim, or it lacks what every claim has.
        """
        outer_iris = [one for one in self.iris(iri, GK.isEmbeddedIn) if one not in _inside | {iri}]
        outer = self.claim(outer_iris[0], _inside | {iri}) if outer_iris else None
        claimant = self.thing(self._one(iri, GK.isClaimedBy))
        return Claim(
            iri=iri,
            claimant=claimant,
            content=self.thing(self._one(iri, GK.hasContent)),
            stance=_local(self._one(iri, GK.hasStance)),
            polarity=_local(self._one(iri, GK.hasPolarity)),
            certainty=_local(self._one(iri, GK.hasCertainty)),
            document=self._one(iri, GK.isMadeIn),
            chain=(claimant, *(outer.chain if outer else ())),
            evidence=tuple(self.spans(iri)),
            outer=outer,
        )

    def _one(self, iri: str, predicate: str) -> str:
        found = self.iris(iri, predicate)
        if not found:
            raise Incomplete(f"{iri}: a claim without {_local(predicate)}; validate the graph")
        return found[0]

    def undertaking(self, iri: str) -> Undertaking:
        """An intention or a commitment by its IRI."""
        statements = self.iris(iri, GK.isCreatedBy)
        consequents = self.iris(iri, GK.hasConsequent)
        claims = [
            claim for one in consequents for claim in self.subjects(GK.hasContent, one)
            if set(self.iris(claim, GK.isExpressedBy)) & set(statements)
        ]  # fmt: skip
        status = self.iris(iri, GK.currentStatus)
        return Undertaking(
            iri=iri,
            kind=self.kind(iri),
            debtors=self.things(self.iris(iri, GK.hasDebtor) or self.iris(iri, GK.isHeldBy)),
            creditors=self.things(self.iris(iri, GK.hasCreditor)),
            antecedents=self.things(self.iris(iri, GK.hasAntecedent)),
            consequents=self.things(consequents),
            status=_local(status[0]) if status else None,
            statements=self.things(statements),
            claims=tuple(self.claim(one) for one in claims),
            evidence=tuple(self.spans(iri)),
        )

    def claims_about(self, iri: str) -> list[Claim]:
        """The claims that carry a node: itself, those with it as content, or those of the words that it stands in."""
        if self.iris(iri, GK.hasContent):
            return [self.claim(iri)]
        found = self.subjects(GK.hasContent, iri)
        if not found and self.iris(iri, GK.isCreatedBy):
            return list(self.undertaking(iri).claims)
        if not found:
            bodies = self.iris(iri, OA.hasBody)
            return [claim for body in bodies for claim in self.claims_about(body)]
        return sorted((self.claim(one) for one in found), key=lambda c: (len(c.chain), c.iri))


def _node(name: str) -> ox.NamedNode | ox.BlankNode:
    return ox.BlankNode(name[2:]) if name.startswith("_:") else ox.NamedNode(name)


def _name(node: _Node) -> str:
    return f"_:{node.value}" if isinstance(node, ox.BlankNode) else node.value


def _local(iri: str) -> str:
    return iri.replace("#", "/").rstrip("/").rsplit("/", 1)[-1]


def _spaced(label: str) -> str:
    """``ControlledPlace`` as people write it."""
    return "".join(f" {c.lower()}" if c.isupper() and place else c.lower() for place, c in enumerate(label))
