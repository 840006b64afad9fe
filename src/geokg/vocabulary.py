"""The IRIs that geokg speaks with: namespaces, the usual prefixes, the base of data and graphs, the packaged files.

The terms of the ontology are fixed; where data and graphs live is a setting (environment ``GEOKG_BASE_IRI``).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from rdflib import Namespace, URIRef
from rdflib.namespace import DCTERMS, FOAF, ORG, OWL, PROV, RDF, RDFS, SDO, SH, SKOS, VOID, XSD

DEFAULT_BASE = "https://w3id.org/geokg/"
"""Where everything is named, until ``GEOKG_BASE_IRI`` moves data and graphs elsewhere."""


class Terms(Namespace):
    """A namespace that makes each of its terms once; rdflib's own makes and checks it each time it is named.

    >>> terms = Terms("http://e.org/")
    >>> terms.Claim is terms.Claim
    True
    """

    def __getattr__(self, name: str) -> URIRef:
        """The term of that name; Python asks only for what is not kept yet."""
        term = super().__getattr__(name)
        self.__dict__[name] = term
        return term


GK = Terms(DEFAULT_BASE + "ontology/")
GKX = Terms(DEFAULT_BASE + "vocab/")
GKS = Terms(DEFAULT_BASE + "shapes/")
OA = Terms("http://www.w3.org/ns/oa#")
GEO = Terms("http://www.opengis.net/ont/geosparql#")
SEM = Terms("http://semanticweb.cs.vu.nl/2009/11/sem/")


@dataclass(frozen=True)
class Base:
    """Where data and graphs live.

    Attributes:
        iri: an absolute IRI that ends in ``/`` or ``#``.

    Raises:
        ValueError: the IRI is not absolute or does not end in ``/`` or ``#``.

    >>> Base().document("china-taliban/article")
    'https://w3id.org/geokg/data/document/china-taliban/article'
    >>> Base("https://kg.example.org/").graph
    'https://kg.example.org/graph/'
    """

    iri: str = DEFAULT_BASE

    def __post_init__(self) -> None:
        if "://" not in self.iri or not self.iri.endswith(("/", "#")):
            raise ValueError(f"GEOKG_BASE_IRI must be an absolute IRI that ends in / or #, not {self.iri!r}")

    @classmethod
    def from_environment(cls) -> Base:
        """The base that ``GEOKG_BASE_IRI`` names, else the default."""
        return cls(os.environ.get("GEOKG_BASE_IRI") or DEFAULT_BASE)

    @property
    def data(self) -> str:
        """The IRI below which all data is named."""
        return self.iri + "data/"

    @property
    def graph(self) -> str:
        """The IRI below which all named graphs are named."""
        return self.iri + "graph/"

    def document(self, identifier: str) -> str:
        """The IRI of a document by its id."""
        return self.data + "document/" + quote(identifier, safe="/")

    def document_graph(self, identifier: str) -> str:
        """The IRI of the named graph that holds one document."""
        return self.graph + "document/" + quote(identifier, safe="/")

    def rebase(self, iri: str) -> str:
        """The same data or graph IRI below this base; any other IRI as it is.

        Packaged data is written below the default base; a deployment that names its data elsewhere reads it so.

        >>> Base("https://kg.example.org/").rebase("https://w3id.org/geokg/data/entity/taliban")
        'https://kg.example.org/data/entity/taliban'
        """
        for part in ("data/", "graph/"):
            if iri.startswith(DEFAULT_BASE + part):
                return self.iri + iri[len(DEFAULT_BASE) :]
        return iri


def prefixes(base: Base | None = None) -> dict[str, str]:
    """The prefixes that every query may use without declaring them.

    >>> prefixes()["gk"], prefixes(Base("https://kg.example.org/"))["e"]
    ('https://w3id.org/geokg/ontology/', 'https://kg.example.org/data/entity/')
    """
    base = base or Base.from_environment()
    return {
        "dcterms": str(DCTERMS),
        "e": base.data + "entity/",
        "foaf": str(FOAF),
        "g": base.graph,
        "geo": str(GEO),
        "gk": str(GK),
        "gks": str(GKS),
        "gkx": str(GKX),
        "oa": str(OA),
        "org": str(ORG),
        "owl": str(OWL),
        "prov": str(PROV),
        "rdf": str(RDF),
        "rdfs": str(RDFS),
        "schema": str(SDO),
        "sem": str(SEM),
        "sh": str(SH),
        "skos": str(SKOS),
        "state": base.data + "state/",
        "void": str(VOID),
        "xsd": str(XSD),
    }


@cache
def packaged(name: str) -> Path:
    """A folder that comes with geokg: ``"ontology"`` or ``"data"``.

    In a checkout they stand at the top, where stewards edit them; the wheel carries them inside the package.

    >>> (packaged("ontology") / "geokg.ttl").name
    'geokg.ttl'
    """
    here = Path(__file__).resolve().parent
    inside = here / f"{name}_files"
    return inside if inside.is_dir() else here.parents[1] / name


def is_address(source: str | Path) -> bool:
    """Whether something is the address of a service, and no path.

    >>> is_address("http://127.0.0.1:7878/query"), is_address("kg.trig")
    (True, False)
    """
    return isinstance(source, str) and source.startswith(("http://", "https://"))
