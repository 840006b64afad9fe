"""What claims can be narrowed by, on every page that shows some of them.

In their patterns ``?claim`` is the claim and ``?what`` the situation that it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rdflib.namespace import RDFS, SKOS

from ...vocabulary import GK, GKX
from ..site import Site
from ..wording import gettext as _
from ..wording import language
from .filters import Choice, Filter

DEEPEST = 3
"""How many speakers are told apart between the text and a claim; so many or more count alike."""
_SCHEMES = ("stance", "polarity", "certainty")


@dataclass(frozen=True)
class Words:
    """What the ontology of a graph offers to choose from.

    Attributes:
        labels: the names of terms, by their IRI and language.
        concepts: the IRIs of the concepts of each scheme, by the scheme's name.
        kinds: the IRIs of the classes of situations.
        roles: the IRIs of the properties by which somebody or something takes part in a situation.
    """

    labels: Mapping[str, Mapping[str, str]]
    concepts: Mapping[str, tuple[str, ...]]
    kinds: tuple[str, ...]
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
    concepts = _pairs(site, "?it skos:inScheme ?of")
    kinds = _pairs(site, f"?it <{RDFS.subClassOf}>* <{GK.Situation}> BIND ( ?it AS ?of )")
    roles = site.rows(
        f"""SELECT DISTINCT ?it {{
          ?it gk:annotationLabel ?word ; a owl:ObjectProperty ; rdfs:domain/rdfs:subClassOf* <{GK.Situation}> .
          FILTER NOT EXISTS {{ ?it gk:valuesFrom ?scheme }}
          FILTER NOT EXISTS {{
            VALUES ?other {{ <{GK.Situation}> <{GK.Undertaking}> }} ?it rdfs:range/rdfs:subClassOf* ?other
          }} }} ORDER BY ?it"""
    )
    labels: dict[str, dict[str, str]] = {}
    for row in [*concepts, *kinds]:
        labels.setdefault(row[0], {})[row[2]] = row[3]
    return Words(
        labels=labels,
        concepts={name: tuple(sorted({row[0] for row in concepts if row[1] == str(GKX) + name})) for name in _SCHEMES},
        kinds=tuple(sorted({row[0] for row in kinds})),
        roles=tuple(row["it"].value for row in roles),
    )


def _pairs(site: Site, pattern: str) -> list[tuple[str, str, str, str]]:
    """IRIs, each with what it belongs to and one of its names."""
    rows = site.rows(
        f"SELECT DISTINCT ?it ?of ?name {{ {pattern} . ?it <{SKOS.prefLabel}> ?name FILTER ( isIRI(?it) ) }}"
    )
    return [(row["it"].value, row["of"].value, row["name"].language or "en", row["name"].value) for row in rows]


def claim_filters(site: Site) -> tuple[Filter, ...]:
    """What claims can be narrowed by, in the language of the page."""
    said, data = words(site), site.base.data
    concepts = {name: said.choices(said.concepts[name], str(GKX)) for name in _SCHEMES}
    return (
        Filter("claimant", _("Claimant"), "?claim gk:isClaimedBy $it .", below=data),
        Filter(
            "subject",
            _("Who or what takes part"),
            f"VALUES ?role {{ {takes_part(site)} }} ?claim gk:hasContent ?what . ?what ?role $it .",
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
        Filter("depth", _("Speakers in between"), choices=_depths()),
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
    """The properties by which somebody or something takes part in a situation, for ``VALUES``."""
    return " ".join(
        f"gk:{role.removeprefix(str(GK))}" if role.startswith(str(GK)) else f"<{role}>" for role in words(site).roles
    )


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
