"""What claims can be narrowed by, on every page that shows some of them.

In their patterns ``?claim`` is the claim and ``?what`` the situation that it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pyoxigraph as ox

from ...vocabulary import GK, GKX
from ..site import Site
from ..wording import gettext as _
from ..wording import language
from .filters import Choice, Filter

DEEPEST = 3
"""How many speakers are told apart between the text and a claim; so many or more count alike."""
_DEPTH = """?claim gk:isMadeIn ?somewhere
  OPTIONAL { ?claim gk:isEmbeddedIn ?outer1 OPTIONAL { ?outer1 gk:isEmbeddedIn ?outer2
    OPTIONAL { ?outer2 gk:isEmbeddedIn ?outer3 } } }
  BIND ( IF(BOUND(?outer3), "3", IF(BOUND(?outer2), "2", IF(BOUND(?outer1), "1", "0"))) AS $it )"""
_NO_PARTS = (str(GK.Situation), str(GK.Undertaking))
"""What is told of in a situation and takes no part in it, as actors, places and the like do."""
_SCHEMES = ("stance", "polarity", "certainty", "status")


@dataclass(frozen=True)
class Words:
    """What the ontology of a graph offers to choose from.

    Attributes:
        labels: the names of terms, by their IRI and language.
        concepts: the IRIs of the concepts of each scheme, by the scheme's name.
        kinds: the IRIs of the classes of situations.
        undertakings: the IRIs of the classes of commitments.
        roles: the IRIs of the properties by which somebody or something takes part in a situation.
    """

    labels: Mapping[str, Mapping[str, str]]
    concepts: Mapping[str, tuple[str, ...]]
    kinds: tuple[str, ...]
    undertakings: tuple[str, ...]
    roles: tuple[str, ...]

    def label(self, iri: str) -> str:
        """The name of a term in the language of the page, else in English, else the end of its IRI."""
        names = self.labels.get(iri, {})
        return names.get(language()) or names.get("en") or iri.rpartition("/")[2]

    def choices(self, iris: tuple[str, ...], below: str) -> tuple[Choice, ...]:
        """Terms to choose from, by name."""
        found = [Choice(iri.removeprefix(below), self.label(iri)) for iri in iris]
        return tuple(sorted(found, key=lambda choice: choice.label.casefold()))


def words(site: Site) -> Words:
    """What the ontology of the graph offers; asked once for each state of the data."""
    return site.once(_read)


def _read(site: Site) -> Words:
    concepts = _named(site, "?it skos:inScheme ?of")
    below = {iri: _named(site, f"?it rdfs:subClassOf* {_term(iri)} BIND ( {_term(iri)} AS ?of )") for iri in _NO_PARTS}
    kinds = {row.iri for row in below[str(GK.Situation)]}
    others = {row.iri for rows in below.values() for row in rows}
    commitments = _named(site, f"?it rdfs:subClassOf* {_term(str(GK.Commitment))} BIND ( ?it AS ?of )")
    roles = site.rows(
        """SELECT ?it ?domain ?range {
          ?it gk:annotationLabel ?word ; a owl:ObjectProperty ; rdfs:domain ?domain .
          FILTER NOT EXISTS { ?it gk:valuesFrom ?scheme }
          OPTIONAL { ?it rdfs:range ?range } }"""
    )
    labels: dict[str, dict[str, str]] = {}
    for row in [*concepts, *below[str(GK.Situation)], *commitments]:
        labels.setdefault(row.iri, {})[row.language] = row.name
    return Words(
        labels=labels,
        concepts={name: tuple(sorted({row.iri for row in concepts if row.of == str(GKX) + name})) for name in _SCHEMES},
        kinds=tuple(sorted(kinds)),
        undertakings=tuple(sorted({row.iri for row in commitments})),
        roles=tuple(
            sorted(
                {
                    row["it"].value
                    for row in roles
                    if row["it"].value.startswith(str(GK))
                    and row["domain"].value in kinds
                    and (row["range"] is None or row["range"].value not in others)
                }
            )
        ),
    )


class _Named(NamedTuple):
    """A name of a term that belongs to something."""

    iri: str
    of: str
    language: str
    name: str


def _named(site: Site, pattern: str) -> list[_Named]:
    rows = site.rows(f"SELECT DISTINCT ?it ?of ?name {{ {pattern} . ?it skos:prefLabel ?name FILTER ( isIRI(?it) ) }}")
    return [_Named(row["it"].value, row["of"].value, row["name"].language or "en", row["name"].value) for row in rows]


def _term(iri: str) -> str:
    return str(ox.NamedNode(iri))


def claim_filters(site: Site) -> tuple[Filter, ...]:
    """What claims can be narrowed by, in the language of the page."""
    said, data = words(site), site.base.data
    concepts = {name: said.choices(said.concepts[name], str(GKX)) for name in _SCHEMES}
    roles = takes_part(site).replace(" ", ", ")
    return (
        Filter("claimant", _("Claimant"), "?claim gk:isClaimedBy $it .", below=data),
        Filter(
            "subject",
            _("Who or what takes part"),
            f"?claim gk:hasContent ?what . ?what ?role $it . FILTER ( ?role IN ({roles}) )",
            below=data,
        ),
        Filter(
            "kind",
            _("Kind"),
            "GRAPH ?told { ?claim gk:hasContent ?what . ?what a $it }",
            below=str(GK),
            choices=said.choices(said.kinds, str(GK)),
        ),
        Filter("stance", _("Stance"), "?claim gk:hasStance $it .", below=str(GKX), choices=concepts["stance"]),
        Filter("polarity", _("Polarity"), "?claim gk:hasPolarity $it .", below=str(GKX), choices=concepts["polarity"]),
        Filter(
            "certainty", _("Certainty"), "?claim gk:hasCertainty $it .", below=str(GKX), choices=concepts["certainty"]
        ),
        Filter("depth", _("Speakers in between"), choices=_depths(), spread=_DEPTH),
        Filter("document", _("Document"), "?claim gk:isMadeIn $it .", below=data),
        Filter(
            "since",
            _("Document since"),
            "?claim gk:isMadeIn/gk:validFrom ?dated . FILTER ( ?dated >= $it )",
            kind="since",
            is_single=True,
        ),
        Filter(
            "until",
            _("Document until"),
            "?claim gk:isMadeIn/gk:validFrom ?dated . FILTER ( ?dated < $it )",
            kind="until",
            is_single=True,
        ),
    )


def takes_part(site: Site) -> str:
    """The properties by which somebody or something takes part in a situation, as SPARQL."""
    return " ".join(f"gk:{role.removeprefix(str(GK))}" for role in words(site).roles)


def _depths() -> tuple[Choice, ...]:
    """How many speakers stand between the text and a claim."""
    labels = (_("none: the narrator’s own"), _("one"), _("two"), _("three or more"))
    found = [Choice("0", labels[0], "?claim a gk:Claim . FILTER NOT EXISTS { ?claim gk:isEmbeddedIn ?report }")]
    for depth in range(1, DEEPEST):
        steps = "/".join(["gk:isEmbeddedIn"] * depth)
        pattern = f"?claim {steps} ?report . FILTER NOT EXISTS {{ ?report gk:isEmbeddedIn ?further }}"
        found.append(Choice(str(depth), labels[depth], pattern))
    steps = "/".join(["gk:isEmbeddedIn"] * DEEPEST)
    return (*found, Choice(str(DEEPEST), labels[DEEPEST], f"?claim {steps} ?report ."))
