"""What a set of reference data says, as it is found: people, bodies, posts, and who held which post when.

Everything is named below ``data/reference/<name>/`` and stands in ``graph/reference/<name>``, which says of itself
where it comes from. Tenures are situations like those of texts: the set states them, and no rule takes them for facts.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, RDF, SKOS, VOID, XSD

from ..dates import Interval
from ..errors import ReadError, Remark
from ..vocabulary import GK, Base
from .about import About

_Value: TypeAlias = str | ox.Literal


class Statements:
    """The graph of one set of reference data, growing; each triple once.

    Args:
        about: what the set is.
        base: where data and graphs are named.

    Attributes:
        graph: the IRI of the graph, which is that of the set too.
        remarks: what a person should know.

    >>> from .about import About
    >>> said = Statements(About("officials", title="Officials of Kenya"), Base())
    >>> said.node("person", "amina otieno")
    'https://w3id.org/geokg/data/reference/officials/person/amina%20otieno'
    >>> len(said.quads())
    2
    """

    def __init__(self, about: About, base: Base) -> None:
        self.about = about
        self.base = base
        self.graph = f"{base.graph}reference/{quote(about.name, safe='')}"
        self.remarks: list[Remark] = []
        self._preferred: dict[str, str] = {}
        self._root = f"{base.data}reference/{quote(about.name, safe='')}/"
        self._triples: dict[tuple[str, str, ox.NamedNode | ox.Literal], None] = {}
        self.add(self.graph, RDF.type, VOID.Dataset)
        for predicate, value in (
            (DCTERMS.title, about.title or about.name),
            (DCTERMS.publisher, about.publisher),
            (DCTERMS.source, about.source or about.url),
            (DCTERMS.license, about.licence),
            (DCTERMS.description, about.description),
        ):
            if value:
                self.add(self.graph, predicate, ox.Literal(value))

    def quads(self) -> tuple[ox.Quad, ...]:
        """All that was said."""
        graph = ox.NamedNode(self.graph)
        return tuple(ox.Quad(ox.NamedNode(s), ox.NamedNode(p), o, graph) for s, p, o in self._triples)

    def node(self, kind: str, *keys: str) -> str:
        """The IRI of something of the set."""
        return self._root + "/".join(quote(part, safe="") for part in (kind, *keys))

    def add(self, subject: str, predicate: str, value: _Value) -> None:
        """Add a triple; a plain string is an IRI."""
        self._triples[subject, str(predicate), ox.NamedNode(value) if isinstance(value, str) else value] = None

    def words(self, text: str) -> ox.Literal:
        """Words of the set, on one line and tagged with its language."""
        return ox.Literal(" ".join(text.split()), language=self.about.language)

    def thing(self, iri: str, kind: str, name: str, *others: str) -> str:
        """Say what something is and what it is called, at first and besides; gives its IRI back."""
        self.add(iri, RDF.type, kind)
        preferred = self._preferred.setdefault(iri, name)
        self.add(iri, SKOS.prefLabel, self.words(preferred))
        for other in (name, *others):
            if other.strip() and other != preferred:
                self.add(iri, SKOS.altLabel, self.words(other))
        return iri

    def note(self, subject: str, *notes: str) -> None:
        """Keep what the fields of the ontology have no room for."""
        for note in notes:
            if note.strip():
                self.add(subject, SKOS.note, self.words(note))

    def date(self, subject: str, start: str, end: str, *, path: Path, line: int | None = None) -> None:
        """Say from when to when something is, as exactly or vaguely as the set does.

        Args:
            subject: whatever it is.
            start: EDTF; empty if it is not known, ``..`` if there is none.
            end: likewise; ``..`` for what still goes on.
            path: the file, for the message of an error.
            line: its line.

        Raises:
            ReadError: it is no EDTF, or the end is before the start.
        """
        if start in ("", "..") and end in ("", ".."):
            return
        date = f"{start}/{end}"
        try:
            interval = Interval.from_edtf(date)
        except ValueError as error:
            raise ReadError(str(error), path=path, line=line) from error
        self.add(subject, GK.edtf, ox.Literal(date))
        for predicate, moment in ((GK.validFrom, interval.start), (GK.validTo, interval.end)):
            if moment is not None:
                self.add(subject, predicate, ox.Literal(moment, datatype=ox.NamedNode(XSD.dateTime)))

    def tenure(self, iri: str, person: str, post: str, sources: Iterable[str] = ()) -> str:
        """Say that somebody held a post; gives the tenure's IRI back."""
        self.add(iri, RDF.type, GK.Tenure)
        self.add(iri, GK.isTenureOf, person)
        self.add(iri, GK.isTenureIn, post)
        self.stated(iri, sources)
        return iri

    def stated(self, situation: str, sources: Iterable[str] = ()) -> None:
        """Say that the set states a situation, and on whose word."""
        self.add(situation, DCTERMS.source, self.graph)
        for source in sources:
            if source.strip():
                self.add(situation, DCTERMS.source, ox.Literal(source.strip()))

    def remark(self, message: str, path: Path, line: int | None = None) -> None:
        """Tell whoever looks after the set."""
        self.remarks.append(Remark(message, path=path, line=line))
