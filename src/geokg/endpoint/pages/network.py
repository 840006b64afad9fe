"""Who speaks of whom, and who is spoken of together: a drawing, a table, and the sentences behind each line."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox
from flask import Blueprint, Response

from ...vocabulary import GKX
from ..formats import CSV
from ..problems import ProtocolError
from ..resources import conditional
from ..site import Site, current
from ..wording import gettext as _
from ..wording import say_language
from .asking import number, rows, send_rows, text
from .claim_filters import words
from .filters import Chosen, Filter
from .labels import name_of
from .page import html, page
from .pictures import actors, filters, named, options, part, roles
from .reading import SHOWN, Reading
from .shown import Quote

NODES, EDGES = 60, 200
"""So much is drawn; more cannot be told apart."""
MOST = 1000
"""So many rows has the table; the CSV and the query have them all."""
SAYS, TOGETHER = "says", "together"
_ORDER = "ORDER BY DESC(?claims) ?kind ?source ?target ?stance ?polarity"
_SHAPES = {"State": "state", "Person": "person", "Official": "person", "DocumentVoice": "voice"}


@dataclass(frozen=True)
class Edge:
    """Two actors that claims connect.

    Attributes:
        kind: ``says``, the first speaks of the second; ``together``, somebody speaks of both in one breath.
        source: the IRI of the one.
        target: the IRI of the other.
        stance: the local name of the stance of the claims.
        polarity: ``positive`` or ``negative``.
        claims: how many there are.
    """

    kind: str
    source: str
    target: str
    stance: str
    polarity: str
    claims: int = 0

    def address(self, base: str) -> str:
        """What stands for it in an address.

        >>> Edge("says", "http://e.org/x", "http://e.org/y", "denies", "negative").address("http://e.org/")
        'says x y denies negative'
        """
        ends = (self.source.removeprefix(base), self.target.removeprefix(base))
        return " ".join((self.kind, *ends, self.stance, self.polarity))


def add_to(parts: Blueprint) -> None:
    """Add the addresses of the network: the page, and what it shows as JSON and CSV."""
    parts.add_url_rule("/network", "network", network)
    parts.add_url_rule("/network.json", "network_json", network_json)
    parts.add_url_rule("/network.csv", "network_csv", network_csv)


def network() -> Response:
    """The page."""
    site = current()
    chosen = _chosen(site)
    reading = Reading(site)
    edges = _edges(site, chosen)
    drawn, nodes = _drawn(edges)
    pages = part(min(len(edges), MOST), chosen)
    listed = edges[pages.offset : pages.offset + pages.size]
    picked = _picked(site, chosen.other("edge"))
    reading.expect({end for edge in [*listed, *([picked] if picked else [])] for end in (edge.source, edge.target)})
    return html(
        page(
            "network",
            reading=reading,
            chosen=chosen,
            sparql=_named_query(site, chosen),
            rows=listed,
            pages=pages,
            is_cut=len(edges) > MOST,
            drawn=drawn,
            nodes=nodes,
            picked=picked,
            quotes=_quotes(site, reading, chosen, picked) if picked else [],
            stance=lambda edge: words(site).label(str(GKX) + edge.stance),
            options=options(site),
            name=lambda iri: name_of(reading, iri),
            base=site.base.data,
        )
    )


def network_json() -> Response:
    """What is drawn: actors and the edges between them, those with the most claims first."""
    site = current()
    chosen = _chosen(site)
    reading = Reading(site)
    edges = _edges(site, chosen)
    drawn, nodes = _drawn(edges)
    reading.expect(nodes)
    body = {
        "nodes": [
            {
                "id": node,
                "label": name_of(reading, node).text,
                "shape": _SHAPES.get(reading.views.kind(node), "other"),
                "href": chosen.address(endpoint="geokg.network", edge=None, actor=node.removeprefix(site.base.data)),
                "claims": claims,
            }
            for node, claims in nodes.items()
        ],
        "edges": [
            {
                "id": f"edge {place}",
                "source": edge.source,
                "target": edge.target,
                "kind": edge.kind,
                "stance": edge.stance,
                "polarity": edge.polarity,
                "claims": edge.claims,
                "label": _label(site, edge),
                "href": chosen.address(endpoint="geokg.network", edge=edge.address(site.base.data)) + "#sentences",
            }
            for place, edge in enumerate(drawn)
        ],
    }
    response = Response(json.dumps(body, ensure_ascii=False), content_type="application/json")
    say_language(response)
    return conditional(response)


def network_csv() -> Response:
    """The whole table."""
    site = current()
    return send_rows(site, _named_query(site, _chosen(site)), CSV)


def _chosen(site: Site) -> Chosen:
    centre = Filter(
        "actor", _("In the centre"), "FILTER ( $it IN (?source, ?target) )", below=site.base.data, is_single=True
    )
    return Chosen.read([centre, *filters(site)], others={"edge": ()})


def _query(patterns: Iterable[str], chosen: Chosen) -> str:
    """The query of the edges that claims make in some ways."""
    return f"""SELECT ?kind ?source ?target ?stance ?polarity (COUNT(DISTINCT ?claim) AS ?claims) WHERE {{
{_union(patterns, chosen)}
}}
GROUP BY ?kind ?source ?target ?stance ?polarity"""


def _named_query(site: Site, chosen: Chosen) -> str:
    """The query of the edges with the names of the actors, those with the most claims first."""
    return f"""SELECT ?kind ?source ?source_name ?target ?target_name ?stance ?polarity ?claims WHERE {{
{{ {_query(_patterns(site), chosen)} }}
{named("?source")}
{named("?target")}
}}
{_ORDER}"""


def _union(patterns: Iterable[str], chosen: Chosen) -> str:
    """Each way in which claims connect, under all that is chosen."""
    wanted = "".join(f"\n  {one}" for one in chosen.patterns())
    return "\nUNION\n".join(f"{{ {one}{wanted}\n}}" for one in patterns)


def _patterns(site: Site) -> tuple[str, str]:
    """How claims connect two actors. That somebody speaks is left to what is said."""
    among = roles(site, ", ", of_actors=True)
    claim = "?claim gk:hasContent ?what ; gk:hasStance ?stance ; gk:hasPolarity ?polarity"

    def is_actor(variable: str) -> str:
        return f"FILTER EXISTS {{ {variable} a ?actor . FILTER ( ?actor IN ({actors(site)}) ) }}"

    return (
        f"""{claim} ; gk:isClaimedBy ?source .
  ?what {roles(site, "|", of_actors=True)} ?target . FILTER ( ?source != ?target )
  {is_actor("?target")}
  FILTER NOT EXISTS {{ ?reported gk:isExpressedBy ?what ; gk:isClaimedBy ?target }}
  BIND ( "{SAYS}" AS ?kind )""",
        f"""{claim} .
  ?what ?part ?source ; ?other ?target .
  FILTER ( ?part IN ({among}) && ?other IN ({among}) && STR(?source) < STR(?target) )
  {is_actor("?source")}
  {is_actor("?target")}
  BIND ( "{TOGETHER}" AS ?kind )""",
    )


def _edges(site: Site, chosen: Chosen) -> list[Edge]:
    """The edges with the most claims, more than the table has if there are more; each way has its query."""
    asked = [f"{_query([pattern], chosen)}\n{_ORDER}\nLIMIT {MOST + 1}" for pattern in _patterns(site)]
    found = [
        Edge(
            text(row["kind"]),
            text(row["source"]),
            text(row["target"]),
            text(row["stance"]).removeprefix(str(GKX)),
            text(row["polarity"]).removeprefix(str(GKX)),
            number(row["claims"]),
        )
        for sparql in asked
        for row in rows(site, sparql)
    ]
    return sorted(found, key=lambda edge: -edge.claims)


def _drawn(edges: list[Edge]) -> tuple[list[Edge], dict[str, int]]:
    """The edges that are drawn, and their actors with how many claims each has there."""
    drawn: list[Edge] = []
    nodes: Counter[str] = Counter()
    for edge in edges:
        ends = {edge.source, edge.target}
        if len(drawn) < EDGES and len(nodes.keys() | ends) <= NODES:
            drawn.append(edge)
            nodes.update(dict.fromkeys(ends, edge.claims))
    return drawn, dict(nodes)


def _picked(site: Site, given: str) -> Edge | None:
    """The edge that an address names, whose sentences are shown.

    Raises:
        ProtocolError: 400; it names none.
    """
    if not given:
        return None
    kind, *ends_and_force = given.split(" ")
    try:
        source, target, stance, polarity = ends_and_force
        ends = [one if "://" in one else site.base.data + one for one in (source, target)]
        for iri in (*ends, str(GKX) + stance, str(GKX) + polarity):
            ox.NamedNode(iri)
    except ValueError:
        kind = ""
    if kind not in (SAYS, TOGETHER):
        example = Edge(SAYS, "state/CHN", "state/AFG", "asserts", "positive").address("")
        told = f"edge={given}: a kind, two actors, a stance and a polarity are wanted, such as {example}"
        raise ProtocolError(told, parameter="edge")
    return Edge(kind, ends[0], ends[1], stance, polarity)


def _quotes(site: Site, reading: Reading, chosen: Chosen, edge: Edge) -> list[Quote]:
    """The sentences behind an edge."""
    terms = {
        "source": edge.source,
        "target": edge.target,
        "stance": GKX[edge.stance],
        "polarity": GKX[edge.polarity],
    }
    pattern = re.sub(
        rf"\?({'|'.join(terms)})\b",
        lambda found: str(ox.NamedNode(terms[found[1]])),
        _patterns(site)[edge.kind == TOGETHER],
    )
    wanted = " ".join([pattern, *chosen.patterns(without="actor")])
    found = rows(site, f"SELECT DISTINCT ?claim {{ {wanted} }} ORDER BY ?claim LIMIT {SHOWN}")
    return reading.quotes(text(row["claim"]) for row in found)


def _label(site: Site, edge: Edge) -> str:
    """What is written on an edge."""
    said = words(site).label(str(GKX) + edge.stance)
    if (edge.polarity == "negative") != (edge.stance == "denies"):  # who denies has said already that it is not so
        said = _("%(stance)s: not so") % {"stance": said}
    return f"{said} ×{edge.claims}" if edge.claims > 1 else said
