"""The first page: what is in the graph, in one look."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox
from flask import Blueprint, Response, url_for
from rdflib.namespace import DCTERMS

from ...cookbook import questions
from ..site import Site, current
from ..wording import gettext as _
from ..wording import language
from .labels import Labels, labels, value_of
from .page import html, page
from .reading import Reading
from .shown import Value

FIRST_QUESTIONS = (
    "14-who-says-china-benefits",
    "15-is-it-a-fact",
    "41-the-promise",
    "11-who-speaks-for-a-state",
    "19-two-independent-claimants",
)
"""What the first page asks: the questions that show best what is kept here, by the names of their files."""
_DOCUMENTS = 8
_CLAIMANTS = 8
_CLAIMS = 5
_COUNTS = """SELECT ?claims ?commitments {
  { SELECT (COUNT(DISTINCT ?claim) AS ?claims) { ?claim a gk:Claim } }
  { SELECT (COUNT(DISTINCT ?it) AS ?commitments) { ?kind rdfs:subClassOf* gk:Commitment . ?it a ?kind } } }"""
_NEWEST_DOCUMENTS = f"""SELECT ?document (SAMPLE(?dates) AS ?date) (SAMPLE(?publishers) AS ?publisher) {{
  ?document a gk:Document
  OPTIONAL {{ ?document gk:edtf ?dates }} OPTIONAL {{ ?document <{DCTERMS.publisher}> ?publishers }} }}
GROUP BY ?document ORDER BY DESC(?date) ?document LIMIT {_DOCUMENTS}"""
_NEWEST_CLAIMS = f"""SELECT DISTINCT ?claim ?document ?date {{
  VALUES ?document {{ $documents }} ?claim gk:isMadeIn ?document ; gk:isEmbeddedIn ?outer
  OPTIONAL {{ ?document gk:edtf ?date }} }} ORDER BY DESC(?date) ?document ?claim LIMIT {_CLAIMS}"""


@dataclass(frozen=True)
class Summary:
    """What the first page tells of the data.

    Attributes:
        claims: how many there are.
        commitments: how many there are.
        documents: the newest: IRI, date, publisher.
        newest: the newest claims that somebody is reported to have made: IRI, sentence.
    """

    claims: int
    commitments: int
    documents: tuple[tuple[str, str, str], ...]
    newest: tuple[tuple[str, str], ...]


def add_to(parts: Blueprint) -> None:
    """Add the address of the first page."""
    parts.add_url_rule("/", "home", home)


def home() -> Response:
    """What is in the graph, in one look."""
    site = current()
    known, summary = site.once(labels), site.once(summarize)
    by_name = {question.name: question for question in questions(site.base)}
    speakers = sorted(known.of("actors"), key=lambda one: (-one.says, one.names[0].text.casefold(), one.iri))
    return html(
        page(
            "home",
            counts=_counts(site, known, summary),
            documents=[
                (_name(site, known, iri), date, publisher, known.things[iri].claims if iri in known.things else 0)
                for iri, date, publisher in summary.documents
            ],
            speakers=[(_name(site, known, one.iri), one.says) for one in speakers[:_CLAIMANTS] if one.says],
            newest=summary.newest,
            questions=[by_name[name] for name in FIRST_QUESTIONS if name in by_name],
        )
    )


def summarize(site: Site) -> Summary:
    """Reads what the first page tells, for ``Site.once``."""
    (row,) = site.rows(_COUNTS)
    documents = tuple(
        (one["document"].value, one["date"].value if one["date"] else "", _text(one["publisher"]))
        for one in site.rows(_NEWEST_DOCUMENTS)
    )
    asked = _NEWEST_CLAIMS.replace("$documents", " ".join(str(ox.NamedNode(iri)) for iri, _, _ in documents))
    newest = Reading(site).quotes([one["claim"].value for one in site.rows(asked)])
    return Summary(
        claims=int(row["claims"].value),
        commitments=int(row["commitments"].value),
        documents=documents,
        newest=tuple((quote.claim.iri, quote.claim.sentence) for quote in newest),
    )


def _counts(site: Site, known: Labels, summary: Summary) -> list[tuple[str, int | None, str]]:
    """What there is, how much, and the page that lists it; ``None`` is not known yet."""
    found = site.findings.look().counts
    return [
        (_("Documents"), len(known.of("documents", spoken_of=False)), _search("documents", everything="yes")),
        (_("Actors"), len(known.of("actors")), _search("actors")),
        (_("Claims"), summary.claims, url_for("geokg.claims")),
        (_("Commitments"), summary.commitments, url_for("geokg.commitments")),
        (_("Findings"), None if found is None else sum(found.values()), url_for("geokg.report")),
    ]


def _search(kind: str, *, everything: str | None = None) -> str:
    return url_for("geokg.search", kind=kind, all=everything)


def _name(site: Site, known: Labels, iri: str) -> Value:
    named = known.things.get(iri)
    if named is None:
        return Value(iri.removeprefix(site.base.document("")), site.link(iri), iri)
    return value_of(named.name(language()), site.link(iri), iri)


def _text(term: object) -> str:
    return str(getattr(term, "value", "") or "")
