"""What graph/identity says of judgements."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS, SKOS, XSD

from ..vocabulary import GK, GKX, Base
from .judgement import Judgement, is_address


def judgement_quads(judgements: Iterable[Judgement], base: Base | None = None) -> tuple[ox.Quad, ...]:
    """What graph/identity says of the judgements.

    Each is a node ``data/judgement/<hash>``; the hash is the first 16 hexadecimal digits of the SHA-256 of verdict,
    first, second, author, time and reason, joined by line feeds. ``owl:sameAs`` or ``owl:differentFrom`` is said of two
    of which neither is a mention's address. Of what was taken back only a note stays, with the judgement that did so.

    >>> one = Judgement("unsure", "urn:a", "urn:b", "Ann", "2026-11-24T09:00:00Z", "Two men of one name.")
    >>> judgement_quads([one], Base())[0].subject
    <NamedNode value=https://w3id.org/geokg/data/judgement/12d020136607f67b>
    """
    base = base or Base.from_environment()
    graph = ox.NamedNode(base.graph + "identity")
    found: dict[ox.Quad, None] = {}
    for judgement in judgements:
        verdict = str(GKX[judgement.verdict])
        recipe = "\n".join((verdict, judgement.first, judgement.second, judgement.by, judgement.when, judgement.why))
        node = ox.NamedNode(f"{base.data}judgement/{hashlib.sha256(recipe.encode()).hexdigest()[:16]}")
        first, second = ox.NamedNode(judgement.first), ox.NamedNode(judgement.second)
        said: list[tuple[str, ox.NamedNode | ox.Literal]] = [
            (RDF.type, ox.NamedNode(GK.IdentityJudgement)),
            (GK.judgesFirst, first),
            (GK.judgesSecond, second),
            (GK.hasVerdict, ox.NamedNode(verdict)),
            (DCTERMS.creator, ox.Literal(judgement.by)),
            (DCTERMS.created, ox.Literal(judgement.when, datatype=ox.NamedNode(XSD.dateTime))),
            (RDFS.comment, ox.Literal(judgement.why, language="en")),
        ]
        for one in judgement.withdrawn:
            taken_back = f"{one.verdict}, by {one.by}, {one.when}: {one.why}"
            said.append((SKOS.note, ox.Literal(taken_back, language="en")))
        for predicate, value in said:
            found[ox.Quad(node, ox.NamedNode(predicate), value, graph)] = None
        link = {"same": OWL.sameAs, "different": OWL.differentFrom}.get(judgement.verdict)
        if link and not is_address(judgement.first) and not is_address(judgement.second):
            found[ox.Quad(first, ox.NamedNode(link), second, graph)] = None
    return tuple(found)


def judgements_from_quads(quads: Iterable[ox.Quad]) -> tuple[Judgement, ...]:
    """The judgements that ``judgement_quads`` wrote, in the order of their IRIs.

    >>> one = Judgement("unsure", "urn:a", "urn:b", "Ann", "2026-11-24T09:00:00Z", "Two men of one name.")
    >>> judgements_from_quads(judgement_quads([one])) == (one,)
    True
    """
    nodes: dict[str, dict[str, str]] = {}
    for quad in quads:
        if isinstance(quad.subject, ox.NamedNode) and not isinstance(quad.object, ox.Triple):
            nodes.setdefault(quad.subject.value, {})[quad.predicate.value] = quad.object.value
    parts = [str(part) for part in (GK.judgesFirst, GK.judgesSecond, DCTERMS.creator, DCTERMS.created, RDFS.comment)]
    found = []
    for _, said in sorted(nodes.items()):
        if (
            said.get(str(RDF.type)) == str(GK.IdentityJudgement)
            and str(GK.hasVerdict) in said
            and said.keys() >= {*parts}
        ):
            first, second, by, when, why = (said[part] for part in parts)
            found.append(Judgement(said[str(GK.hasVerdict)].removeprefix(str(GKX)), first, second, by, when, why))
    return tuple(found)
