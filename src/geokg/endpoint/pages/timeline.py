"""When it was, as far as anybody says: dated situations, tenures and statements on an axis, all others in bands."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox
from flask import Blueprint, Response

from ...vocabulary import GKX
from ..formats import CSV
from ..site import Site, current
from ..wording import gettext as _
from .asking import number, rows, send_rows, text
from .axis import Axis, Time
from .filters import Chosen
from .labels import name_of
from .page import html, page
from .pictures import filters, options, part
from .reading import Reading
from .shown import Quote

DATED = "dated"
BANDS = ("before", "overlaps", "after", "undated")
"""Where situations without a date lie as seen from the text: the values of ``gk:hasTimeRelation``, and none."""
_FEW = 8
# Each OPTIONAL has one pattern only, which engines answer fastest.
_WHEN = """OPTIONAL { ?what gk:edtf ?own } OPTIONAL { ?document gk:edtf ?published }
  OPTIONAL { ?what a ?act . FILTER ( ?act = gk:Statement ) }
  BIND ( BOUND(?own) || (BOUND(?act) && BOUND(?published)) AS ?is_dated )"""
_DATES = """FILTER ( ?is_dated )
  OPTIONAL { ?what gk:validFrom ?begins } OPTIONAL { ?what gk:validTo ?ends }
  OPTIONAL { ?document gk:validFrom ?written }
  BIND ( COALESCE(?own, ?published) AS ?date ) BIND ( IF(BOUND(?own), ?what, ?document) AS ?dated )
  BIND ( IF(BOUND(?own), COALESCE(?begins, ?ends), ?written) AS ?start )"""


@dataclass(frozen=True)
class Item:
    """A situation on the timeline.

    Attributes:
        iri: the situation.
        claim: one of the claims about it.
        claims: how many claims are about it.
        document: the IRI of the document that tells of it.
        time: its date; without one, it has none.
        is_documents: whether the date is that of the document: a statement was made by then.
    """

    iri: str
    claim: str
    claims: int
    document: str
    time: Time | None = None
    is_documents: bool = False


def add_to(parts: Blueprint) -> None:
    """Add the addresses of the timeline."""
    parts.add_url_rule("/timeline", "timeline", timeline)
    parts.add_url_rule("/timeline.csv", "timeline_csv", timeline_csv)


def timeline() -> Response:
    """The page: the axis and a few of each band, or one of these whole."""
    site = current()
    chosen = _chosen(site)
    reading = Reading(site)
    counts = _counts(site, chosen)
    band = chosen.other("when", DATED)
    pages = part(counts[band], chosen)
    sparql = _query(chosen, band)
    items = _items(site, f"{sparql}\nLIMIT {pages.size} OFFSET {pages.offset}")
    bands = (
        {}
        if "when" in chosen.others
        else {one: _items(site, f"{_query(chosen, one)}\nLIMIT {_FEW}") for one in BANDS if counts[one]}
    )
    shown = [*items, *(item for some in bands.values() for item in some)]
    axis = Axis.around([item.time for item in items if item.time is not None])
    return html(
        page(
            "timeline",
            reading=reading,
            chosen=chosen,
            sparql=sparql,
            band=band,
            pages=pages,
            counts=counts,
            items=items,
            bands=bands,
            names=_names(),
            quotes=_quotes(site, reading, shown),
            name=lambda iri: name_of(reading, iri),
            axis=axis,
            options=options(site),
        )
    )


def timeline_csv() -> Response:
    """All that is on the axis, or the whole of a band."""
    chosen = _chosen(current())
    return send_rows(current(), _query(chosen, chosen.other("when", DATED)), CSV)


def _chosen(site: Site) -> Chosen:
    return Chosen.read(filters(site), others={"when": (DATED, *BANDS)})


def _names() -> dict[str, str]:
    return {
        DATED: _("With a date"),
        "before": _("Before the text was written"),
        "overlaps": _("While the text was written"),
        "after": _("After the text was written"),
        "undated": _("No time given"),
    }


def _counts(site: Site, chosen: Chosen) -> dict[str, int]:
    """How many situations there are in each band and on the axis."""
    found = rows(
        site,
        f"""SELECT ?band (COUNT(DISTINCT ?what) AS ?n) {{
  ?claim gk:hasContent ?what ; gk:isMadeIn ?document .{_wanted(chosen)}
  {_WHEN}
  OPTIONAL {{ ?what gk:hasTimeRelation ?relation }}
  BIND ( IF(?is_dated, "{DATED}", COALESCE(STRAFTER(STR(?relation), "{GKX}"), "undated")) AS ?band )
}} GROUP BY ?band""",
    )
    return dict.fromkeys((DATED, *BANDS), 0) | {text(row["band"]): number(row["n"]) for row in found}


def _query(chosen: Chosen, band: str) -> str:
    """The query of what is on the axis, by its beginning, or in a band."""
    columns = order = ""
    if band == DATED:
        where, columns, order = _DATES, "?date ?dated ?start", "?start "
    elif band == "undated":
        where = "FILTER ( ! ?is_dated ) FILTER NOT EXISTS { ?what gk:hasTimeRelation ?relation }"
    else:
        where = f"FILTER ( ! ?is_dated ) ?what gk:hasTimeRelation gkx:{band} ."
    return f"""SELECT ?what ?document {columns} (MIN(STR(?claim)) AS ?one) (COUNT(DISTINCT ?claim) AS ?claims) {{
  ?claim gk:hasContent ?what ; gk:isMadeIn ?document .{_wanted(chosen)}
  {_WHEN}
  {where}
}}
GROUP BY ?what ?document {columns}
ORDER BY {order}?document ?what"""


def _wanted(chosen: Chosen) -> str:
    return "".join(f"\n  {one}" for one in chosen.patterns())


def _items(site: Site, sparql: str) -> list[Item]:
    return [
        Item(
            iri=text(row["what"]),
            claim=text(row["one"]),
            claims=number(row["claims"]),
            document=text(row["document"]),
            time=Time.read(text(row["date"])) if "date" in row else None,
            is_documents="dated" in row and row["dated"] == row["document"],
        )
        for row in rows(site, sparql)
    ]


def _quotes(site: Site, reading: Reading, items: list[Item]) -> dict[str, Quote]:
    """The claims that are shown, by the IRIs of their situations: of an act of speech, what was said in it."""
    said = {item.iri: item.claim for item in items}
    if items:
        acts = " ".join(str(ox.NamedNode(iri)) for iri in said)
        found = rows(
            site,
            f"""SELECT ?what (MIN(STR(?claim)) AS ?one) {{
              VALUES ?what {{ {acts} }} ?claim gk:isExpressedBy ?what }} GROUP BY ?what""",
        )
        said |= {text(row["what"]): text(row["one"]) for row in found}
    reading.expect(said.values())
    quotes = {quote.claim.iri: quote for quote in reading.quotes(said.values())}
    return {iri: quotes[claim] for iri, claim in said.items() if claim in quotes}
