"""Entries of registers as IRIs, and back: ``("Wikidata", "Q148")`` is ``http://www.wikidata.org/entity/Q148``."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

_KNOWN = {
    "Wikidata": (r"https?://(?:www\.)?wikidata\.org/(?:entity|wiki)/([QPL][0-9]+)", "http://www.wikidata.org/entity/"),
    "GeoNames": (r"https?://(?:sws\.|www\.)?geonames\.org/([0-9]+)(?:/.*)?", "https://sws.geonames.org/"),
    "DBpedia": (r"https?://dbpedia\.org/resource/(.+)", "http://dbpedia.org/resource/"),
}
_OTHER = "https://w3id.org/geokg/register/"
"""Where the entries of registers stand that have no IRIs of their own, as far as we know."""

_PARTS = re.compile(r"(.*[/#:])([^/#:]+[/#:]?)", re.DOTALL)
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]+")


def is_iri(text: str) -> bool:
    """Whether a string is an absolute IRI, as far as its characters go.

    >>> is_iri("urn:a"), is_iri("a b"), is_iri("#a")
    (True, False, False)
    """
    return bool(_IRI.fullmatch(text))


def reference(iri: str) -> tuple[str, str]:
    """The register that an IRI is an entry of, by name or else by what comes before the key; and the key.

    >>> reference("https://www.wikidata.org/wiki/Q148"), reference("http://example.org/people#hu")
    (('Wikidata', 'Q148'), ('http://example.org/people#', 'hu'))
    """
    for name, (pattern, _) in _KNOWN.items():
        if found := re.fullmatch(pattern, iri):
            return name, found[1]
    if iri.startswith(_OTHER):
        resource, _, key = iri.removeprefix(_OTHER).partition("/")
        return unquote(resource), unquote(key)
    parts = _PARTS.fullmatch(iri)
    return (parts[1], parts[2]) if parts else ("", iri)


def entry(resource: str, key: str) -> str:
    """The IRI of an entry of a register; ``reference`` finds both again.

    >>> entry("Wikidata", "Q148"), entry("M49", "156"), entry("http://example.org/people#", "hu")
    ('http://www.wikidata.org/entity/Q148', 'https://w3id.org/geokg/register/M49/156', 'http://example.org/people#hu')
    """
    iri = (_KNOWN[resource][1] if resource in _KNOWN else resource) + key
    if is_iri(iri) and reference(iri) == (resource, key):
        return iri
    return f"{_OTHER}{quote(resource, safe='')}/{quote(key, safe='')}"


def short_name(iri: str) -> str:
    """The part of an IRI that names a class for people.

    >>> short_name("http://dbpedia.org/ontology/Person"), short_name("urn:x:Person")
    ('Person', 'Person')
    """
    parts = _PARTS.fullmatch(iri)
    return unquote(parts[2].rstrip("/#:")) if parts else iri
