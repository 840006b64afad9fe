"""What the network, the timeline and the map share: which claims they show, and by which names.

In the queries ``?claim`` is a claim and ``?what`` the situation that it is about.
"""

from __future__ import annotations

from ...vocabulary import GK
from ..problems import ProtocolError
from ..site import Site
from ..wording import gettext as _
from ..wording import language
from .claim_filters import claim_filters, words
from .filters import Chosen, Filter, Pages
from .labels import labels

OFFERED = 100
"""So many actors or documents can be picked from a list; any other by its address."""
# When it was, or else when it was written of. Engines find the few that have a date first, and answer fast.
_WHEN = """{{ SELECT DISTINCT ?claim WHERE {{
    {{ ?it gk:edtf ?date . OPTIONAL {{ ?it {bound} ?bound }} FILTER ( ! BOUND(?bound) || ?bound {order} $it )
      ?claim gk:hasContent ?it }}
    UNION {{ ?text gk:edtf ?date . OPTIONAL {{ ?text {bound} ?bound }} FILTER ( ! BOUND(?bound) || ?bound {order} $it )
      ?claim gk:isMadeIn ?text ; gk:hasContent ?it . OPTIONAL {{ ?it gk:edtf ?own }} FILTER ( ! BOUND(?own) ) }}
  }} }}"""


def filters(site: Site) -> tuple[Filter, ...]:
    """What pictures of claims may be narrowed by: as all claims, but with the time of what they are about."""
    others = (one for one in claim_filters(site) if one.name not in ("since", "until"))
    return (
        *others,
        Filter("from", _("From"), _WHEN.format(bound="gk:validTo", order=">"), kind="since", is_single=True),
        Filter("to", _("To"), _WHEN.format(bound="gk:validFrom", order="<"), kind="until", is_single=True),
    )


def roles(site: Site, mark: str, *, of_actors: bool = False) -> str:
    """The properties by which somebody or something has a part in a situation, with a mark between them.

    Args:
        site: whose ontology says so.
        mark: ``|`` makes them a path, ``,`` what may stand after ``IN``: which of both is faster hangs on the query.
        of_actors: only those that may lead to an actor.
    """
    left_out = site.once(_never_actors) if of_actors else frozenset()
    found = [role.removeprefix(str(GK)) for role in words(site).roles if role not in left_out]
    return mark.join(f"gk:{role}" for role in found) or "gk:hasParticipant"


def _never_actors(site: Site) -> frozenset[str]:
    found = site.rows(
        """SELECT DISTINCT ?role { ?role gk:annotationLabel ?label ; rdfs:range ?range .
          FILTER NOT EXISTS { ?range rdfs:subClassOf* gk:Actor } }"""
    )
    return frozenset(row["role"].value for row in found)


def actors(site: Site) -> str:
    """The classes of actors, for ``IN``; a graph need not have been reasoned over."""
    return site.once(_actors)


def _actors(site: Site) -> str:
    found = site.rows("SELECT DISTINCT ?kind { ?kind rdfs:subClassOf* gk:Actor } ORDER BY ?kind")
    return ", ".join(f"gk:{row['kind'].value.removeprefix(str(GK))}" for row in found)


def options(site: Site) -> dict[str, list[tuple[str, str]]]:
    """Whom and what one can pick from lists, by the names of the filters: those with the most claims."""
    things = site.once(labels)
    said = sorted((one for one in things.things.values() if one.says), key=lambda one: (-one.says, one.iri))
    lists = {"actor": things.of("actors"), "claimant": said, "document": things.of("documents")}
    return {
        name: [(one.iri.removeprefix(site.base.data), one.name(language()).text) for one in found[:OFFERED]]
        for name, found in lists.items()
    }


def part(count: int, chosen: Chosen) -> Pages:
    """The part of a list that an address asks for.

    Raises:
        ProtocolError: 404; the list has fewer.
    """
    pages = Pages(count, chosen.page)
    if chosen.page > pages.last:
        raise ProtocolError(f"page={chosen.page}: the list has {pages.last}", 404)
    return pages


def named(variable: str) -> str:
    """What a query says for a variable to have its name beside it."""
    name = f"{variable}_name"
    return f'OPTIONAL {{ {variable} skos:prefLabel {name} . FILTER ( lang({name}) = "en" ) }}'
