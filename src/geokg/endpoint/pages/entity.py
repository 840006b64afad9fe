"""The page of an actor, a place, a post or an initiative."""

from __future__ import annotations

from functools import partial

import pyoxigraph as ox
from babel import Locale, UnknownLocaleError
from flask import url_for

from ...vocabulary import GK
from ..site import Site
from ..wording import gettext as _
from ..wording import language
from .dossier import Dossier
from .labels import labels
from .page import page
from .search import kind_of

_GROUPS = ("actors", "places", "posts", "initiatives")


def is_entity(site: Site, iri: str) -> bool:
    """Whether a node is an actor, a place, a post or an initiative with a name."""
    named = site.once(labels).things.get(iri)
    return named is not None and (named.group in _GROUPS or named.kind == str(GK.DocumentVoice))


def entity_page(site: Site, iri: str) -> str:
    """The page of an actor, a place, a post or an initiative."""
    dossier, node = Dossier(site, iri), ox.NamedNode(iri)
    return page(
        "entity",
        iri=iri,
        reading=dossier.reading,
        it=dossier,
        name=dossier.name(iri),
        kind=kind_of(dossier.labels, dossier.named),
        meaning=dossier.reading.meaning(iri),
        language_name=language_name,
        claims_with=partial(url_for, "geokg.claims"),
        commitments_with=partial(url_for, "geokg.commitments"),
        everything=f"SELECT ?property ?value ?graph {{ GRAPH ?graph {{ {node} ?property ?value }} }}",
        pointing=f"SELECT ?subject ?property ?graph {{ GRAPH ?graph {{ ?subject ?property {node} }} }}\nLIMIT 1000",
    )


def language_name(tag: str) -> str:
    """A language in the language of the page; its tag where nobody knows a name for it.

    >>> language_name("ar"), language_name("xx-unknown"), language_name("")
    ('Arabic', 'xx-unknown', 'no language')
    """
    if not tag:
        return _("no language")
    try:
        return Locale.parse(tag, sep="-").get_display_name(language()) or tag
    except (UnknownLocaleError, ValueError):
        return tag
