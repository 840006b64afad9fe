"""The formats an answer may come in, and the choice between them (RFC 9110, section 12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pyoxigraph as ox
from werkzeug.datastructures import MIMEAccept

from .problems import ProtocolError

Engine: TypeAlias = ox.QueryResultsFormat | ox.RdfFormat | None


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        name: what ``?format=`` and the ending of an address call it.
        mimetype: what it is sent as.
        also: other media types that ask for it.
        engine: what writes it; ``None`` for a page.
        iri: its IRI in the W3C list of formats, if it has one there.
    """

    name: str
    mimetype: str
    also: tuple[str, ...] = ()
    engine: Engine = None
    iri: str = ""

    @property
    def content_type(self) -> str:
        """The media type as sent.

        >>> HTML.content_type, JSON.content_type
        ('text/html; charset=utf-8', 'application/sparql-results+json')
        """
        return f"{self.mimetype}; charset=utf-8" if self.mimetype.startswith("text/") else self.mimetype


_W3C = "http://www.w3.org/ns/formats/"
HTML = Format("html", "text/html", ("application/xhtml+xml",))
_RESULTS = ox.QueryResultsFormat
JSON = Format(
    "json", "application/sparql-results+json", ("application/json",), _RESULTS.JSON, _W3C + "SPARQL_Results_JSON"
)
XML = Format(
    "xml", "application/sparql-results+xml", ("application/xml", "text/xml"), _RESULTS.XML, _W3C + "SPARQL_Results_XML"
)
CSV = Format("csv", "text/csv", (), _RESULTS.CSV, _W3C + "SPARQL_Results_CSV")
TSV = Format("tsv", "text/tab-separated-values", (), _RESULTS.TSV, _W3C + "SPARQL_Results_TSV")
TURTLE = Format("ttl", "text/turtle", ("application/x-turtle",), ox.RdfFormat.TURTLE, _W3C + "Turtle")
NTRIPLES = Format("nt", "application/n-triples", ("text/plain",), ox.RdfFormat.N_TRIPLES, _W3C + "N-Triples")
TRIG = Format("trig", "application/trig", (), ox.RdfFormat.TRIG, _W3C + "TriG")
NQUADS = Format("nq", "application/n-quads", (), ox.RdfFormat.N_QUADS, _W3C + "N-Quads")
JSONLD = Format("jsonld", "application/ld+json", ("application/json",), ox.RdfFormat.JSON_LD, _W3C + "JSON-LD")
RDFXML = Format("rdf", "application/rdf+xml", ("application/xml", "text/xml"), ox.RdfFormat.RDF_XML, _W3C + "RDF_XML")

ROWS = (JSON, XML, CSV, TSV, HTML)
"""What the answer to ``SELECT`` and ``ASK`` may come in, what we would rather send first."""
RDF = (TURTLE, NTRIPLES, JSONLD, TRIG, NQUADS, RDFXML, HTML)
"""What RDF may come in."""
QUADS = frozenset({TRIG, NQUADS})
"""The formats that keep named graphs."""


def choose(accept: MIMEAccept, offers: Sequence[Format], *, name: str | None = None) -> Format:
    """The format to answer in.

    Args:
        accept: the client's ``Accept`` header; a missing one accepts everything.
        offers: what there is, what we would rather send first.
        name: a format by its name, which wins over ``accept``.

    Raises:
        ProtocolError: 406, nothing fits; 400, there is no format of that name.

    >>> choose(MIMEAccept([("text/csv", 1), ("*/*", 0.1)]), ROWS).name
    'csv'
    >>> choose(MIMEAccept([("image/png", 1)]), ROWS)
    Traceback (most recent call last):
    geokg.endpoint.problems.ProtocolError: none of what you accept is on offer here
    """
    if name:
        for offer in offers:
            if name in (offer.name, offer.mimetype):
                return offer
        raise ProtocolError(f"there is no format {name!r} here", 400, offers=[offer.name for offer in offers])
    if not accept:
        return offers[0]
    spellings: dict[str, Format] = {}
    for offer in offers:
        spellings.setdefault(offer.mimetype, offer)
    for offer in offers:
        spellings.setdefault(f"{offer.mimetype};charset=utf-8", offer)
        for synonym in offer.also:
            spellings.setdefault(synonym, offer)
    best = accept.best_match(spellings)
    if best is None:
        listed = [offer.mimetype for offer in offers]
        raise ProtocolError("none of what you accept is on offer here", 406, offers=listed)
    return spellings[best]


def split_ending(path: str) -> tuple[str, Format | None]:
    """An address without the ending that names a format, and that format.

    >>> split_ending("entity/taliban.ttl")[1].mimetype, split_ending("document/a.txt")[0]
    ('text/turtle', 'document/a.txt')
    """
    stem, dot, ending = path.rpartition(".")
    for offer in RDF:
        if dot and ending == offer.name:
            return stem, offer
    return path, None
