"""The list of claims: who says what of whom, narrowed by facets, in several orders, as a page and as a table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from flask import Blueprint, Response

from ...errors import Incomplete
from ..formats import CSV, HTML
from ..problems import ProtocolError
from ..site import Site, current
from ..wording import gettext as _
from .asking import chosen_format, kept, number, rows, send_parts, send_rows, text
from .claim_filters import claim_filters
from .facets import ALL, SHOWN, facet, headed
from .filters import Chosen, Pages
from .page import html, page
from .reading import Reading
from .shown import Quote, Value

AT_ONCE = 1000
"""Claims that one query reads for a table."""
FACETS = ("claimant", "subject", "kind", "stance", "polarity", "certainty", "depth", "document")
"""The filters that have counts, in the order in which they are shown."""
_LIST = """\
SELECT ?claim ?claimant ?stance ?polarity ?certainty ?kind ?speakers ?document ?title ?dated ?start ?end ?words
WHERE {
  {
    SELECT ?claim ?document (MIN(?from) AS ?start) (MAX(?to) AS ?end) (GROUP_CONCAT(?exact; separator=" … ") AS ?words)
    WHERE { SELECT ?claim ?document ?from ?to ?exact WHERE {
      { SELECT DISTINCT ?claim ?document WHERE {$patterns
          ?claim gk:isMadeIn ?document .
      } }
      OPTIONAL { ?claim gk:isEvidencedBy ?note OPTIONAL { ?note oa:hasTarget ?target
        OPTIONAL { ?target oa:hasSelector/oa:start ?from }
        OPTIONAL { ?target oa:hasSelector/oa:end ?to }
        OPTIONAL { ?target oa:hasSelector/oa:exact ?exact } } }
    } ORDER BY ?from ?to }
    GROUP BY ?claim ?document
  }
  OPTIONAL { ?claim gk:isClaimedBy ?by OPTIONAL { ?by skos:prefLabel ?claimant . FILTER ( lang(?claimant) = "en" ) } }
  OPTIONAL { ?claim gk:hasStance ?force OPTIONAL { ?force skos:prefLabel ?stance . FILTER ( lang(?stance) = "en" ) } }
  OPTIONAL { ?claim gk:hasPolarity/skos:prefLabel ?polarity . FILTER ( lang(?polarity) = "en" ) }
  OPTIONAL { ?claim gk:hasCertainty/skos:prefLabel ?certainty . FILTER ( lang(?certainty) = "en" ) }
  OPTIONAL { GRAPH ?graph { ?claim gk:hasContent ?content } OPTIONAL { GRAPH ?graph { ?content a ?class }
    OPTIONAL { ?class skos:prefLabel ?kind . FILTER ( lang(?kind) = "en" ) } } }
  OPTIONAL { ?claim gk:isEmbeddedIn ?outer OPTIONAL { ?outer gk:isEmbeddedIn ?second
    OPTIONAL { ?second gk:isEmbeddedIn ?third } } }
  BIND ( IF(BOUND(?third), 3, IF(BOUND(?second), 2, IF(BOUND(?outer), 1, 0))) AS ?speakers )  # 3: or more
  OPTIONAL { ?document dcterms:title ?title }
  OPTIONAL { ?document gk:validFrom ?dated }
}
ORDER BY $order?document ?start ?speakers ?claim"""


@dataclass(frozen=True)
class Order:
    """An order of the list, in which claims with the same key stand as in the texts.

    Attributes:
        key: the variable of what they are first told by; empty for their documents.
        link: what a claim has to do with its key.
        rank: the variable that keys, or documents, are ordered by.
        named: what binds it.
        by: how a query is ordered by both.
    """

    key: str = ""
    link: str = ""
    rank: str = ""
    named: str = ""
    by: str = ""


ORDERS = {
    "text": Order(),
    "newest": Order(rank="?dated", named="OPTIONAL { ?document gk:validFrom ?dated }", by="DESC(?dated) "),
    "claimant": Order(
        key="?by",
        link="?claim gk:isClaimedBy ?by .",
        rank="?claimant",
        named='OPTIONAL { ?by skos:prefLabel ?claimant . FILTER ( lang(?claimant) = "en" ) }',
        by="?claimant ?by ",
    ),
    "stance": Order(
        key="?force",
        link="?claim gk:hasStance ?force .",
        rank="?stance",
        named='OPTIONAL { ?force skos:prefLabel ?stance . FILTER ( lang(?stance) = "en" ) }',
        by="?stance ?force ",
    ),
}
"""The orders, by their names in the address."""


@dataclass(frozen=True)
class Window:
    """Where a part of the list lies.

    Only the claims of a few documents must be put in order to show it.

    Attributes:
        count: how many claims the list has in all.
        groups: the keys and documents of the claims of this part, as they stand in ``VALUES``.
        offset: how many claims of these groups come before.
        size: how many claims the part has at most.
    """

    count: int
    groups: tuple[str, ...]
    offset: int
    size: int


def add_to(parts: Blueprint) -> None:
    """Add the addresses of the list of claims."""
    parts.add_url_rule("/claims", "claims", claims)
    parts.add_url_rule("/claims.csv", "claims_csv", claims, defaults={"ending": "csv"})
    parts.add_url_rule("/claims.json", "claims_json", claims, defaults={"ending": "json"})


def claims(ending: str = "") -> Response:
    """The list of claims, or as much of it as the filters in the address leave."""
    site = current()
    filters = claim_filters(site)
    chosen = Chosen.read(filters, others={"sort": ORDERS, "facet": FACETS})
    wanted = chosen_format(ending)
    order = ORDERS[chosen.other("sort", "text")]
    query = listing(chosen, order)
    if wanted is CSV and site.pool is not None:
        found = windows(site, chosen, order, AT_ONCE)
        return send_parts(site, site.pool, [listing(chosen, order, window) for window in found])
    if wanted is not HTML:
        return send_rows(site, query, wanted)
    reading, pages = Reading(site), Pages(0, chosen.page)
    window = find(site, chosen, order, pages)
    pages = Pages(window.count, chosen.page)
    if chosen.page > pages.last:
        raise ProtocolError(f"page={chosen.page}: the list has {pages.last}", 404)
    whole = chosen.other("facet")
    by_name = {one.name: one for one in filters}
    return html(
        page(
            "claims",
            reading=reading,
            chosen=chosen,
            whole=whole,
            facets=[
                facet(reading, chosen, by_name[name], it="?claim", most=ALL if name == whole else SHOWN)
                for name in FACETS
            ],
            rows=_rows(reading, listing(chosen, order, window)) if window.groups else [],
            pages=pages,
            query=headed(reading, chosen, query),
            formats=[
                (name, chosen.address(endpoint=f"geokg.claims_{ending}", facet=None))
                for name, ending in (("CSV", "csv"), ("JSON", "json"))
            ],
            orders=[
                ("text", _("as in the texts")),
                ("newest", _("newest document first")),
                ("claimant", _("by claimant")),
                ("stance", _("by stance")),
            ],
            is_dated=site.once(_is_dated),
        )
    )


def listing(chosen: Chosen, order: Order, window: Window | None = None) -> str:
    """The query that makes the list: all of it, or one part.

    Args:
        chosen: what is set.
        order: of the list.
        window: where the part lies, if it is not to be all.
    """
    patterns, part = chosen.patterns(), ""
    if window is not None:
        groups = f"VALUES ({order.key} ?document) {{ {' '.join(window.groups)} }}"
        patterns = [f"{groups} ?claim gk:isMadeIn ?document . {order.link}", *patterns]
        part = f"\nLIMIT {window.size} OFFSET {window.offset}"
    inside = "".join(f"\n          {pattern}" for pattern in patterns)
    return _LIST.replace("$order", order.by).replace("$patterns", inside) + part


def find(site: Site, chosen: Chosen, order: Order, pages: Pages) -> Window:
    """Where a part of the list lies.

    Raises:
        QueryError: it cannot be found out now.
    """
    groups: list[str] = []
    before = count = 0
    for group, size in _groups(site, chosen, order):
        if count + size > pages.offset and count < pages.offset + pages.size:
            if not groups:
                before = count
            groups.append(group)
        count += size
    return Window(count, tuple(groups), pages.offset - before, pages.size)


def windows(site: Site, chosen: Chosen, order: Order, size: int) -> list[Window]:
    """Where all parts of the list lie; at least one.

    Raises:
        QueryError: it cannot be found out now.
    """
    parts: list[tuple[int, list[str]]] = []
    count = 0
    for group, claims in _groups(site, chosen, order):
        for place in range(count // size, -(-(count + claims) // size)):
            if place == len(parts):
                parts.append((count, []))
            parts[place][1].append(group)
        count += claims
    found = [Window(count, tuple(groups), n * size - before, size) for n, (before, groups) in enumerate(parts)]
    return found or [Window(0, (), 0, size)]


def _groups(site: Site, chosen: Chosen, order: Order) -> Iterator[tuple[str, int]]:
    """The keys and documents that the list has claims of, as they stand in ``VALUES``, each with how many."""
    names = f"{order.key} {order.rank} ?document"
    patterns = "\n".join(chosen.patterns())
    found = rows(
        site,
        f"""SELECT {names} (COUNT(DISTINCT ?claim) AS ?n) {{
          {patterns}
          ?claim gk:isMadeIn ?document . {order.link} {order.named} }}
        GROUP BY {names} ORDER BY {order.by}?document""",
    )
    for row in found:
        key = [row[order.key[1:]]] if order.key else []
        yield f"({' '.join(str(term) for term in (*key, row['document']))})", number(row["n"])


@dataclass(frozen=True)
class Row:
    """A claim in the list.

    Attributes:
        quote: the claim with its sentences.
        document: where it stands.
        dated: the first day that the document may be from, if any is known.
    """

    quote: Quote
    document: Value
    dated: str


def _rows(reading: Reading, sparql: str) -> list[Row]:
    """The claims of one part of the list; those that lack a part are left out, as validation says what is wrong."""
    return kept(reading.site, ("claims", sparql), lambda: list(_read(reading, sparql)))


def _read(reading: Reading, sparql: str) -> Iterator[Row]:
    found = {text(row["claim"]): text(row["dated"])[:10] for row in rows(reading.site, sparql)}
    reading.expect(found)
    for iri, dated in found.items():
        with suppress(Incomplete):
            quote = reading.quote(reading.views.claim(iri))
            yield Row(quote, reading.name(quote.claim.document), dated)


def _is_dated(site: Site) -> bool:
    """Whether the date of any document is known."""
    return any(True for _row in site.rows("SELECT ?it { ?it a gk:Document ; gk:validFrom ?from } LIMIT 1"))
