"""What is found by its name: a page, and suggestions while somebody types."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pyoxigraph as ox
from flask import Blueprint, Response, request

from ..resources import conditional
from ..site import Site, current
from ..wording import gettext as _
from ..wording import language, say_language
from .filters import Chosen, Pages
from .labels import GROUPS, Fit, Hit, Labels, Named, fold, labels, value_of
from .page import html, page
from .shown import Value

SUGGESTED = 10
"""As many names are suggested."""
_FEW = 8
_OTHER_NAMES = 6


@dataclass(frozen=True)
class Found:
    """Something that was found, as a page shows it.

    Attributes:
        name: what it is called, with its address.
        kind: what it is, in words.
        match: the name by which it was found, if that is another one.
        others: some of its other names.
        more: how many names there are beside these.
        claims: how many claims it has a part in.
        says: how many of them it makes itself.
    """

    name: Value
    kind: Value
    match: Value | None
    others: tuple[Value, ...]
    more: int
    claims: int
    says: int


@dataclass(frozen=True)
class Group:
    """What was found of one kind.

    Attributes:
        key: which, as the address has it.
        title: in words.
        count: how much there is.
        found: as much as is shown.
    """

    key: str
    title: str
    count: int
    found: tuple[Found, ...]


def add_to(parts: Blueprint) -> None:
    """Add the addresses of the page and of the suggestions."""
    parts.add_url_rule("/search", "search", search)
    parts.add_url_rule("/suggest", "suggest", suggest)


def titles() -> dict[str, str]:
    """The kinds of thing, in the words of the page's language."""
    return {
        "actors": _("Actors"),
        "places": _("Places"),
        "posts": _("Posts"),
        "initiatives": _("Initiatives"),
        "documents": _("Documents"),
        "terms": _("Concepts and terms"),
        "others": _("Other"),
    }


def search() -> Response:
    """What has a name with some letters, by kind; without letters, what there is of a kind."""
    site = current()
    chosen = Chosen.read((), others={"q": [], "kind": GROUPS, "all": ["yes"]})
    known = site.once(labels)
    letters, key, is_all = chosen.other("q"), chosen.other("kind"), bool(chosen.other("all"))
    by_group = _by_group(known, letters, is_all=is_all)
    counts = {group: len(hits) for group, hits in by_group.items() if hits}
    pages = Pages(counts.get(key, 0), chosen.page)
    groups = [
        Group(
            group,
            titles()[group],
            len(hits),
            tuple(_found(site, known, hit) for hit in (hits[pages.offset :][: pages.size] if key else hits[:_FEW])),
        )
        for group, hits in by_group.items()
        if hits and (not key or group == key)
    ]
    whole = [hit for hits in by_group.values() for hit in hits if hit.fit is Fit.WHOLE] if letters else []
    whole = [hit for hit in whole if hit.name.is_preferred] or whole
    iri = site.kg.expand(letters) if letters else None
    return html(
        page(
            "search",
            chosen=chosen,
            letters=letters,
            key=key,
            is_all=is_all,
            titles=titles(),
            counts=counts,
            groups=groups,
            pages=pages,
            best=_found(site, known, whole[0]) if len(whole) == 1 and not key else None,
            exact=_address_of(site, iri) if iri else None,
            near=known.near(letters) if letters and not counts else [],
            silent=sum(one.group == key and not one.claims for one in known.things.values()) if key else 0,
            most=known.cut_at,
            sparql=_sparql(letters) if letters else "",
        )
    )


def suggest() -> Response:
    """The names that somebody may mean, as JSON: ten at most, with where each leads."""
    site = current()
    known = site.once(labels)
    letters, group = request.args.get("q", ""), request.args.get("kind", "")
    hits = known.find(letters, group=group if group in GROUPS else "")[:SUGGESTED]
    body = [
        {
            "label": hit.name.text,
            "language": hit.name.language,
            "direction": value_of(hit.name).direction,
            "name": hit.named.name(language()).text,
            "kind": kind_of(known, hit.named).text,
            "address": site.link(hit.named.iri),
            "iri": hit.named.iri,
        }
        for hit in hits
    ]
    response = Response(json.dumps(body, ensure_ascii=False), content_type="application/json")
    say_language(response)
    return conditional(response)


def kind_of(known: Labels, named: Named) -> Value:
    """What something is, by the name of its class in the language of the page, if it has one there."""
    kind = known.things.get(named.kind)
    if kind is None:
        return Value(_("term") if named.group == "terms" else "")
    return value_of(kind.name(language()), iri=kind.iri)


def _by_group(known: Labels, letters: str, *, is_all: bool) -> dict[str, list[Hit]]:
    """What is shown of each kind: what has a name with the letters; without letters, what there is."""
    if letters:
        found: dict[str, list[Hit]] = {group: [] for group in GROUPS}
        for hit in known.find(letters):
            found[hit.named.group].append(hit)
        return found
    return {
        group: [Hit(one, one.names[0], Fit.WHOLE) for one in known.of(group, spoken_of=not is_all)] for group in GROUPS
    }


def _found(site: Site, known: Labels, hit: Hit) -> Found:
    named, called = hit.named, hit.named.name(language())
    others = [one for one in named.names if one not in (called, hit.name)]
    return Found(
        name=value_of(called, site.link(named.iri), named.iri),
        kind=kind_of(known, named),
        match=value_of(hit.name) if fold(hit.name.text) != fold(called.text) else None,
        others=tuple(map(value_of, others[:_OTHER_NAMES])),
        more=max(0, len(others) - _OTHER_NAMES),
        claims=named.claims,
        says=named.says,
    )


def _address_of(site: Site, iri: str) -> Value | None:
    """Where an IRI that somebody typed leads, if anything is known of it."""
    try:
        node = ox.NamedNode(iri)
    except ValueError:
        return None
    address = site.address(iri)
    if address is None or not any(True for _row in site.rows(f"SELECT ?p {{ {node} ?p ?o }} LIMIT 1")):
        return None
    return Value(iri, address, iri)


def _sparql(letters: str) -> str:
    """A query that finds about the same: SPARQL knows upper and lower case, but no accents."""
    return f"""SELECT DISTINCT ?it ?name {{
  ?it skos:prefLabel|skos:altLabel ?name
  FILTER ( CONTAINS(LCASE(STR(?name)), {ox.Literal(letters.casefold())}) )
}}
ORDER BY STRLEN(?name) ?name
LIMIT 100"""
