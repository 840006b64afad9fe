"""The list of commitments, and of intentions: who owes what to whom, who tells so, and what is told of its fate."""

from __future__ import annotations

from flask import Blueprint, Response, request

from ...vocabulary import GK, GKX
from ..formats import HTML
from ..problems import ProtocolError
from ..site import Site, current
from ..wording import gettext as _
from ..wording import number as format_number
from .asking import chosen_format, number, rows, send_rows, text
from .claim_filters import words
from .facets import facet, headed
from .filters import IT, Choice, Chosen, Filter, Pages
from .page import html, page
from .reading import Reading
from .undertakings import entries

COMMITMENTS, INTENTIONS = "commitments", "intentions"
_WHICH = {
    COMMITMENTS: "?undertaking gk:hasDebtor ?owing .",
    INTENTIONS: f"?undertaking a <{GK.Intention}> .",
}
_HAS_STATUS = """\
{ ?undertaking gk:currentStatus $it }
    UNION { ?change gk:changesStatusOf ?undertaking . FILTER EXISTS { ?change gk:hasNewStatus $it } }
    UNION { ?undertaking (owl:sameAs|^owl:sameAs)+ ?same .
      FILTER EXISTS { ?changed gk:changesStatusOf ?same ; gk:hasNewStatus $it } }"""
"""A status is accepted or told of an undertaking, or of what stewards judge to be the same, in another document.

Each way begins at the undertaking: an engine that begins at the status goes through all that have it, for each.
"""
_STATUSES = """\
{ SELECT DISTINCT ?undertaking $it WHERE {
      { ?undertaking gk:currentStatus $it }
      UNION { ?change gk:hasNewStatus $it ; gk:changesStatusOf ?undertaking }
      UNION { ?change gk:hasNewStatus $it ; gk:changesStatusOf/(owl:sameAs|^owl:sameAs)+ ?undertaking }
    } }"""
_OPTIONS = 100
"""As many values of a filter can be chosen from, the most frequent."""
_NAME = '?party skos:prefLabel ?name . FILTER ( lang(?name) = "en" )'
_KEYS = {
    "document": "",
    "debtor": "?undertaking gk:isHeldBy|gk:hasDebtor ?party",
    "creditor": "?undertaking gk:hasCreditor ?party",
    "kind": "GRAPH ?told { ?undertaking a ?party ; gk:isCreatedBy ?act }",
    "status": "?undertaking gk:currentStatus ?party",
}
"""What a column is sorted by: the name of ``?party``."""
ORDERS = tuple(sign + key for key in _KEYS for sign in ("", "-"))
"""The orders, by their names in the address; with a minus they run backwards."""
_LIST = """\
SELECT DISTINCT ?undertaking ?kind ?debtor ?creditor ?promiser ?status ?teller ?polarity ?date ?policy
  ?document ?start ?end ?words
WHERE {
  { $keys }
  OPTIONAL { GRAPH ?graph { ?undertaking gk:isCreatedBy ?act }
    OPTIONAL { GRAPH ?graph { ?undertaking a ?class }
      OPTIONAL { ?class skos:prefLabel ?kind . FILTER ( lang(?kind) = "en" ) } }
    OPTIONAL { ?promise gk:isExpressedBy ?act
      OPTIONAL { ?promise gk:isClaimedBy ?speaker
        OPTIONAL { ?speaker skos:prefLabel ?promiser . FILTER ( lang(?promiser) = "en" ) } } } }
  OPTIONAL { ?undertaking gk:hasDebtor|gk:isHeldBy ?owes
    OPTIONAL { ?owes skos:prefLabel ?debtor . FILTER ( lang(?debtor) = "en" ) } }
  OPTIONAL { ?undertaking gk:hasCreditor ?owed
    OPTIONAL { ?owed skos:prefLabel ?creditor . FILTER ( lang(?creditor) = "en" ) } }
  OPTIONAL { SELECT * WHERE {
    {
      GRAPH ?accepted { ?undertaking gk:currentStatus ?stage }
      BIND ( STRAFTER(STR(?accepted), "/accepted/") AS ?policy )
    }
    UNION
    {
      { ?change gk:hasNewStatus ?stage ; gk:changesStatusOf ?undertaking }
      UNION { ?change gk:hasNewStatus ?stage ; gk:changesStatusOf/(owl:sameAs|^owl:sameAs)+ ?undertaking }
      OPTIONAL { ?claim gk:hasContent ?change
        OPTIONAL { ?claim gk:isClaimedBy ?by
          OPTIONAL { ?by skos:prefLabel ?teller . FILTER ( lang(?teller) = "en" ) } }
        OPTIONAL { ?claim gk:hasPolarity ?sign
          OPTIONAL { ?sign skos:prefLabel ?polarity . FILTER ( lang(?polarity) = "en" ) } } }
      OPTIONAL { ?change gk:edtf ?date }
    }
    OPTIONAL { ?stage skos:prefLabel ?status . FILTER ( lang(?status) = "en" ) }
  } }
}
ORDER BY $order ?debtor ?creditor ?promiser ?policy ?date ?status ?teller"""


def add_to(parts: Blueprint) -> None:
    """Add the addresses of the list of commitments."""
    parts.add_url_rule("/commitments", "commitments", commitments)
    parts.add_url_rule("/commitments.csv", "commitments_csv", commitments, defaults={"ending": "csv"})
    parts.add_url_rule("/commitments.json", "commitments_json", commitments, defaults={"ending": "json"})


def commitments(ending: str = "") -> Response:
    """The list of commitments or intentions, or as much of it as the filters in the address leave."""
    site = current()
    filters = undertaking_filters(site, is_owed=request.args.get("of") != INTENTIONS)
    chosen = Chosen.read(filters, others={"sort": ORDERS, "of": _WHICH})
    wanted = chosen_format(ending)
    which, sort = chosen.other("of", COMMITMENTS), chosen.other("sort", "document")
    query = listing(chosen, which, sort)
    if wanted is not HTML:
        return send_rows(site, query, wanted)
    counts = {one: _count(site, chosen, one) for one in _WHICH}
    pages = Pages(counts[which], chosen.page)
    if chosen.page > pages.last:
        raise ProtocolError(f"page={chosen.page}: the list has {pages.last}", 404)
    reading = Reading(site)
    part = f"{_keys(chosen, which, sort)}\nORDER BY {_order(sort)} LIMIT {pages.size} OFFSET {pages.offset}"
    facets = {
        one.name: facet(reading, chosen, one, it="?undertaking", where=_WHICH[which], most=_OPTIONS)
        for one in filters
        if which == COMMITMENTS or one.name not in ("creditor", "kind", "status")
    }
    return html(
        page(
            "commitments",
            reading=reading,
            chosen=chosen,
            which=which,
            counts=counts,
            sort=sort,
            shown=list(facets),
            options={
                name: [(one.value, f"{one.name.text} ({format_number(one.count)})") for one in found.counts]
                for name, found in facets.items()
            },
            entries=entries(reading, [text(row["undertaking"]) for row in rows(site, part)]),
            pages=pages,
            query=headed(reading, chosen, query),
            formats=[
                (name, chosen.address(endpoint=f"geokg.commitments_{ending}"))
                for name, ending in (("CSV", "csv"), ("JSON", "json"))
            ],
        )
    )


def undertaking_filters(site: Site, *, is_owed: bool) -> tuple[Filter, ...]:
    """What undertakings can be narrowed by, in the language of the page; they are ``?undertaking``.

    Args:
        site: the graph.
        is_owed: whether they are commitments.
    """
    said, data = words(site), site.base.data
    promise = "?undertaking gk:isCreatedBy ?act . ?promise gk:isExpressedBy ?act"
    return (
        Filter(
            "debtor",
            _("Who owes it") if is_owed else _("Who"),
            "?undertaking gk:hasDebtor|gk:isHeldBy $it .",
            below=data,
        ),
        Filter("creditor", _("To whom"), "?undertaking gk:hasCreditor $it .", below=data),
        Filter(
            "kind",
            _("Kind"),
            "GRAPH ?told { ?undertaking a $it ; gk:isCreatedBy ?act }",
            below=str(GK),
            choices=said.choices(said.undertakings, str(GK)),
        ),
        Filter(
            "status",
            _("Status, accepted or told"),
            below=str(GKX),
            choices=tuple(
                Choice(one.value, one.label, _HAS_STATUS.replace(IT, f"gkx:{one.value}"))
                for one in said.choices(said.concepts["status"], str(GKX))
            ),
            spread=_STATUSES,
        ),
        Filter("teller", _("Told by"), f"{promise} ; gk:isEmbeddedIn*/gk:isClaimedBy $it .", below=data),
        Filter("document", _("Document"), f"{promise} ; gk:isMadeIn $it .", below=data),
    )


def listing(chosen: Chosen, which: str, sort: str) -> str:
    """The query of the whole list: a row for each debtor, creditor, speaker and status that is accepted or told."""
    keys = _keys(chosen, which, sort).replace("\n", "\n    ")
    return _LIST.replace("$order", _order(sort)).replace("$keys", keys)


def _order(sort: str) -> str:
    key = {"document": "", "-document": ""}.get(sort, "DESC(?key) " if sort.startswith("-") else "?key ")
    return f"{key}{'DESC(?document)' if sort == '-document' else '?document'} ?start ?undertaking"


def _keys(chosen: Chosen, which: str, sort: str) -> str:
    """A query for undertakings with where they stand in the texts, and what they are sorted by."""
    key = _KEYS[sort.removeprefix("-")]
    named = f"\n  OPTIONAL {{ {key} OPTIONAL {{ {_NAME} }} }}" if key else ""
    patterns = "\n    ".join([_WHICH[which], *chosen.patterns()])
    return f"""\
SELECT ?undertaking (MIN(STR(?name)) AS ?key) (MIN(?in) AS ?document) (MIN(?from) AS ?start) (MAX(?to) AS ?end)
  (GROUP_CONCAT(DISTINCT ?exact; separator=" … ") AS ?words)
WHERE {{
  {{ SELECT DISTINCT ?undertaking WHERE {{
    {patterns}
  }} }}{named}
  OPTIONAL {{ ?undertaking gk:isEvidencedBy ?note OPTIONAL {{ ?note oa:hasTarget ?target
    OPTIONAL {{ ?target oa:hasSource ?in }}
    OPTIONAL {{ ?target oa:hasSelector/oa:start ?from }}
    OPTIONAL {{ ?target oa:hasSelector/oa:end ?to }}
    OPTIONAL {{ ?target oa:hasSelector/oa:exact ?exact }} }} }}
}}
GROUP BY ?undertaking"""


def _count(site: Site, chosen: Chosen, which: str) -> int:
    """How many there are with all that is set."""
    patterns = "\n".join([_WHICH[which], *chosen.patterns()])
    (row,) = rows(site, f"SELECT (COUNT(DISTINCT ?undertaking) AS ?n) {{ {patterns} }}")
    return number(row["n"])
