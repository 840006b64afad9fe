"""Who held which post when, and how surely."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, RDF, SKOS, VOID

from .dates import holds
from .names import Names
from .views import Thing, Views
from .vocabulary import GK


@dataclass(frozen=True)
class Holding:
    """Somebody's tenure of a post, seen from a day.

    Attributes:
        iri: the tenure.
        person: who.
        post: of what.
        date: from when to when, in EDTF; empty if nobody says.
        surely: ``certainly``, ``possibly``, or ``undated``: it held when the text was written that says so.
        sources: the sets of reference data that state it and the policies that accept it.
        notes: what else the set says of it.
    """

    iri: str
    person: Thing
    post: Thing
    date: str
    surely: str
    sources: tuple[Thing, ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = " and ".join(map(str, self.sources))
        return f"{self.person}, {self.post}: {self.surely}{f', {self.date}' if self.date else ''} (by {said})"


def holders(names: Names, views: Views, post: str, day: str) -> list[Holding]:
    """Who held a post on a day, the surest first.

    Args:
        names: how names are found.
        views: where tenures are read.
        post: the name or IRI of a post, or of a body: then, of the posts that lead it.
        day: EDTF: ``1942-06-15``; of a month or year, ``certainly`` means all of it.

    Raises:
        UnknownTerm: nothing has that name.
        ValueError: the day is no EDTF date.

    >>> from geokg import sample
    >>> kg = sample()
    >>> [str(one.person) for one in holders(kg.names, kg.views, "Chinese Foreign Ministry spokesman", "2021-08-20")]
    ['Hua Chunying', 'Zhao Lijian']
    """
    holds("../2000", day)
    asked = names.find(post)
    posts = dict.fromkeys([*asked, *(one for body in asked for one in views.subjects(GK.leads, body))])
    found = []
    for one in posts:
        for tenure in views.subjects(GK.isTenureIn, one):
            holding = _holding(views, tenure, one, day)
            if holding is not None:
                found.append(holding)
    order = ("certainly", "possibly", "undated")
    return sorted(found, key=lambda one: (order.index(one.surely), one.person.label, one.iri))


def _holding(views: Views, tenure: str, post: str, day: str) -> Holding | None:
    sets = [one for one in views.iris(tenure, DCTERMS.source) if str(VOID.Dataset) in views.iris(one, RDF.type)]
    sources = [*sets, *views.iris(tenure, GK.isAcceptedUnder)]
    people = views.iris(tenure, GK.isTenureOf)
    if not sources or not people:
        return None
    date = views.literal(tenure, GK.edtf) or ""
    try:
        surely = holds(date, day) if date else "undated"
    except ValueError:
        surely = "possibly"  # validation says what is wrong with the date; that somebody held the post is still said
    if surely is None:
        return None
    notes = tuple(o.value for o in views.objects(tenure, SKOS.note) if isinstance(o, ox.Literal))
    return Holding(tenure, views.thing(people[0]), views.thing(post), date, surely, views.things(sources), notes)
