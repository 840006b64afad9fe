"""The names that NIF files use, and how the terms of Web Annotation are spelt in RDF and in JSON."""

from __future__ import annotations

NIF = "http://persistence.uni-leipzig.org/nlp2rdf/ontologies/nif-core#"
ITSRDF = "http://www.w3.org/2005/11/its/rdf#"
OA = "http://www.w3.org/ns/oa#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
DCTERMS = "http://purl.org/dc/terms/"
FOAF = "http://xmlns.com/foaf/0.1/"
TYPE = RDF + "type"
PAGE = "http://www.w3.org/ns/activitystreams#OrderedCollectionPage"

PREFIXES = {
    "nif": NIF,
    "itsrdf": ITSRDF,
    "oa": OA,
    "rdf": RDF,
    "rdfs": RDFS,
    "dcterms": DCTERMS,
    "foaf": FOAF,
    "schema": "http://schema.org/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

KEYS = {
    "motivation": OA + "motivatedBy",
    "creator": DCTERMS + "creator",
    "nickname": FOAF + "nick",
    "name": FOAF + "name",
    "body": OA + "hasBody",
    "bodyValue": OA + "bodyValue",
    "purpose": OA + "hasPurpose",
    "value": RDF + "value",
    "label": RDFS + "label",
    "dc:type": "http://purl.org/dc/elements/1.1/type",
    "schema:position": "http://schema.org/position",
    "target": OA + "hasTarget",
    "source": OA + "hasSource",
    "selector": OA + "hasSelector",
    "refinedBy": OA + "refinedBy",
    "startSelector": OA + "hasStartSelector",
    "endSelector": OA + "hasEndSelector",
    "exact": OA + "exact",
    "prefix": OA + "prefix",
    "suffix": OA + "suffix",
    "start": OA + "start",
    "end": OA + "end",
}
"""The keys of JSON by https://www.w3.org/ns/anno.jsonld, and the properties that they stand for."""
