"""The first page: what is in the graph, in one look."""

from __future__ import annotations

from flask import Blueprint, Response
from rdflib.namespace import DCTERMS

from ...cookbook import questions
from ...vocabulary import GK
from ..site import Site, current
from .page import html, page
from .query import EXAMPLE
from .reading import Reading

FIRST_QUESTIONS = (
    "14-who-says-china-benefits",
    "15-is-it-a-fact",
    "41-the-promise",
    "11-who-speaks-for-a-state",
    "19-two-independent-claimants",
)
"""What the first page asks: the questions that show best what is kept here, by the names of their files."""


def add_to(parts: Blueprint) -> None:
    """Add the address of the first page."""
    parts.add_url_rule("/", "home", home)


def home() -> Response:
    """What is in the graph, in one look."""
    site = current()
    reading = Reading(site)
    kg = site.kg
    documents = [
        (
            reading.name(iri),
            reading.views.literal(iri, str(DCTERMS.publisher)),
            reading.views.literal(iri, str(GK.edtf)),
        )
        for iri in kg.documents()
    ]
    counts = {
        "documents": len(documents),
        "actors": _count(site, "?it a/rdfs:subClassOf* gk:Actor ; ^(oa:hasBody|gk:isClaimedBy) ?some"),
        "claims": _count(site, "?it a gk:Claim"),
        "commitments": _count(site, "?it a/rdfs:subClassOf* gk:Commitment"),
    }
    by_name = {question.name: question for question in questions(site.base)}
    first = [by_name[name] for name in FIRST_QUESTIONS if name in by_name]
    return html(page("home", query=EXAMPLE, documents=documents, counts=counts, questions=first))


def _count(site: Site, pattern: str) -> int:
    (row,) = site.rows(f"SELECT (COUNT(DISTINCT ?it) AS ?n) {{ {pattern} }}")
    return int(row["n"].value)
