"""Reads out of the graph what pages show."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, RDF, RDFS, SH, SKOS

from ...errors import Incomplete
from ...remembering import Remembering
from ...store import Store
from ...text import Span
from ...views import Claim, Thing, Views
from ...vocabulary import GK, prefixes
from ..site import Site
from .shown import Quote, Statement, Value, marked

SHOWN = 100
"""As many claims, mentions or statements of one kind stand on a page."""
_LONG = 600
_PLAIN = ("string", "integer", "decimal", "boolean")


class Reading:
    """Reads a graph for pages.

    Args:
        site: the graph and its addresses.
        store: where the terms are, if not in the graph.
    """

    def __init__(self, site: Site, store: Store | None = None) -> None:
        self.site = site
        self.store = site.reading if store is None else store
        self.views = site.views if store is None else Views(store)
        self.prefixes = sorted(prefixes(site.base).items())
        self._longest = sorted(self.prefixes, key=lambda item: -len(item[1]))

    # Terms

    def short(self, iri: str) -> str:
        """An IRI with one of the usual prefixes, where one fits; an IRI of our data by its end."""
        for prefix, namespace in self._longest:
            local = iri.removeprefix(namespace)
            if local != iri and local and not set(local) & set("/#?"):
                return f"{prefix}:{local}"
        if not iri.startswith(self.site.base.data):
            return iri
        steps = iri.removeprefix(self.site.base.data).split("/")
        return "/".join(steps) if len(steps) <= 3 else "…/" + "/".join(steps[-2:])

    def value(self, term: object, *, is_named: bool = True) -> Value:
        """A term as a page shows it; an IRI by its name, or in short."""
        if isinstance(term, ox.NamedNode):
            if is_named and self.site.address(term.value):
                name = self.views.called(term.value)
                return Value(name.value, self.site.link(term.value), term.value, name.language or "")
            return Value(self.short(term.value), self.site.link(term.value), term.value)
        if isinstance(term, ox.Literal):
            language = term.language or ""
            plain = language or term.datatype.value.rpartition("#")[2] in _PLAIN
            cut = max(0, len(term.value) - _LONG)
            return Value(
                term.value[:_LONG] + ("…" if cut else ""),
                language=language,
                datatype="" if plain else self.short(term.datatype.value),
                cut=cut,
            )
        return Value(str(term))

    def name(self, iri: str) -> Value:
        """A node by its name."""
        return self.value(ox.NamedNode(iri))

    def meaning(self, iri: str) -> str:
        """What a term means: its definition, message or description."""
        for predicate in (SKOS.definition, SH.message, RDFS.comment, DCTERMS.description):
            found = self.views.literal(iri, str(predicate))
            if found is not None:
                return found
        return ""

    def _rows(self, sparql: str, node: str) -> ox.QuerySolutions:
        """The rows of a query with an IRI in place of ``$node``; the store's own substitution wants it projected."""
        return self.site.rows(re.sub(r"\$node\b", lambda _: str(ox.NamedNode(node)), sparql))

    def expect(self, iris: Iterable[str]) -> None:
        """These nodes will be read: where that takes a worker, they are read together."""
        if isinstance(self.store, Remembering):
            self.store.expect(map(ox.NamedNode, iris))

    # Statements

    def statements(
        self, iri: str, graphs: Iterable[str] | None = None, *, without: Iterable[str] = ()
    ) -> list[Statement]:
        """What is said of a node, one property at a time.

        Args:
            iri: the node.
            graphs: the named graphs to look in; all unless given.
            without: properties to leave out.
        """
        wanted = None if graphs is None else set(graphs)
        found: dict[str, set[object]] = {}
        for quad in self.store.match(ox.NamedNode(iri)):
            self.expect([quad.predicate.value])
            if quad.predicate.value not in without and (wanted is None or _graph(quad) in wanted):
                found.setdefault(quad.predicate.value, set()).add(quad.object)
        rows = [Statement(self.name(p), self._values(objects)) for p, objects in found.items()]
        return sorted(rows, key=lambda row: (row.property.title != str(RDF.type), row.property.text))

    def _values(self, terms: Iterable[object]) -> tuple[Value, ...]:
        return tuple(sorted(map(self.value, terms), key=lambda value: (value.text.casefold(), value.language)))

    def incoming(self, iri: str, *, limit: int = SHOWN) -> list[Statement]:
        """What points to a node, one property at a time; no more than ``limit`` of each."""
        node = ox.NamedNode(iri)
        query = f"SELECT DISTINCT ?p {{ ?s ?p {node} }}"  # much may point to it
        properties = [row["p"] for row in self.store.solutions(query)]
        parts = (f"{{ SELECT DISTINCT ({p} AS ?p) ?s {{ ?s {p} {node} }} LIMIT {limit} }}" for p in properties)
        found: dict[str, set[object]] = {}
        for row in self.store.solutions(f"SELECT ?p ?s {{ {' UNION '.join(parts)} }}") if properties else ():
            found.setdefault(row["p"].value, set()).add(row["s"])
        rows = [Statement(self.name(p), self._values(subjects), is_backwards=True) for p, subjects in found.items()]
        return sorted(rows, key=lambda row: row.property.text)

    def told(self, iri: str) -> list[Statement]:
        """What a text tells of a situation: its roles and values, without what follows by rules."""
        texts, found = self.site.base.document_graph(""), map(_graph, self.store.match(ox.NamedNode(iri)))
        graphs = {graph for graph in found if graph.startswith(texts)}
        return self.statements(iri, graphs, without=[str(GK.isEvidencedBy)])

    # Claims

    def claims(self, sparql: str, iri: str) -> list[Quote]:
        """The claims that a query finds for a node (``$node``), in text order; what is broken is left out."""
        rows = self._rows(sparql, iri)
        return self.quotes(row["claim"].value for row in rows)

    def claims_by(self, iri: str) -> list[Quote]:
        """What somebody says."""
        return self.claims(
            f"SELECT DISTINCT ?claim {{ ?claim gk:isClaimedBy $node }} ORDER BY ?claim LIMIT {SHOWN}", iri
        )

    def claims_of(self, iri: str) -> list[Quote]:
        """What others say of somebody or something; that they spoke is left to what they said."""
        return self.claims(
            f"""SELECT DISTINCT ?claim {{ ?claim gk:hasContent ?what . ?what ?role $node
                  FILTER NOT EXISTS {{ ?claim gk:isClaimedBy $node }}
                  FILTER NOT EXISTS {{ ?inner gk:isExpressedBy ?what ; gk:isClaimedBy $node }} }}
                ORDER BY ?claim LIMIT {SHOWN}""",
            iri,
        )

    def other_claims(self, claim: Claim) -> list[Quote]:
        """What else is claimed of the same situation."""
        return [quote for quote in self.claims_about(claim.content.iri) if quote.claim.iri != claim.iri]

    def inner_claims(self, iri: str) -> list[Quote]:
        """The claims that a claim reports."""
        return self.claims(
            f"SELECT DISTINCT ?claim {{ ?claim gk:isEmbeddedIn $node }} ORDER BY ?claim LIMIT {SHOWN}", iri
        )

    def claims_about(self, iri: str) -> list[Quote]:
        """The claims that carry a situation or an undertaking."""
        try:
            return self.quotes(claim.iri for claim in self.views.claims_about(iri))
        except Incomplete:
            return []  # a claim that lacks a part: validation says which

    def quotes(self, claims: Iterable[str]) -> list[Quote]:
        """Claims with their sentences, in the order of the texts; those that lack a part are left out."""
        found, wanted = [], list(claims)
        self.expect(wanted)
        for iri in wanted:
            try:
                found.append(self.quote(self.views.claim(iri)))
            except Incomplete:
                continue  # it lacks what every claim has: its own page still shows what there is
        return sorted(found, key=lambda q: (q.claim.document, q.claim.evidence[:1], len(q.claim.chain), q.claim.iri))

    def quote(self, claim: Claim) -> Quote:
        """A claim with its sentences."""
        places = tuple((f"{self.site.address(claim.document) or ''}#{span.fragment}", span) for span in claim.evidence)
        if not claim.evidence:
            return Quote(claim, (), ())
        text = self.views.text(claim.document)
        sentences = dict.fromkeys(text.sentence(span) for span in claim.evidence)
        return Quote(claim, tuple(tuple(marked(one.exact, one.start, claim.evidence)) for one in sentences), places)

    def undertakings(self, iri: str) -> list[Thing]:
        """The commitments and intentions in which somebody has a part."""
        rows = self._rows(
            "SELECT DISTINCT ?it { ?it gk:hasDebtor|gk:hasCreditor|gk:isHeldBy $node } ORDER BY ?it",
            iri,
        )
        return [self.views.thing(row["it"].value) for row in rows]

    def mentions(self, iri: str) -> list[tuple[str, Span]]:
        """The words that stand for a node, with their addresses."""
        spans = self.views.spans(iri)[:SHOWN]
        document = self.site.base.document
        return [(f"{self.site.address(document(span.document)) or ''}#{span.fragment}", span) for span in spans]

    # Kinds

    def kind(self, iri: str) -> str:
        """What a node is, in words."""
        kind = self.views.kind(iri)
        if kind:
            return self.views.label(str(GK) + kind)
        return ", ".join(self.views.label(one) for one in self.views.iris(iri, str(RDF.type)))

    def language(self, document: str) -> str:
        """The language of a document's text."""
        return self.views.literal(document, str(DCTERMS.language)) or "en"

    def is_claim(self, iri: str) -> bool:
        """Whether a node is a claim, whole enough to be shown as one."""
        try:
            return bool(self.views.claim(iri))
        except Incomplete:
            return False

    def is_document(self, iri: str) -> bool:
        """Whether a node is a document with its text."""
        return self.views.literal(iri, str(GK.text)) is not None


def _graph(quad: ox.Quad) -> str:
    return quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else ""
